//! Programs with many of one thing, made from numbers: what they do is what a few of it do, in every tier. None of them
//! is about time, but each once took longer than anybody waits, or more of the stack than there is.

mod common;

use common::{TIERS, nyash, proper_end, run};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// What a program prints, in every tier.
fn prints(text: &str, expected: &str) {
    for tier in TIERS {
        let mut command = nyash(Path::new(env!("CARGO_MANIFEST_DIR")));
        command.args([&format!("--tier={tier}"), "-"]);
        let ended = run(&mut command, text.as_bytes(), Duration::from_secs(120));
        proper_end(&ended).unwrap_or_else(|e| panic!("{tier}: {e}"));
        assert!(ended.out() == expected, "{tier}: {} {}", ended.out(), ended.err());
    }
}

/// The text of lines made from numbers.
fn lines(numbers: impl Iterator<Item = usize>, line: impl Fn(usize) -> String) -> String {
    numbers.fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "{}", line(i));
        text
    })
}

const TOLD: &str = "box R { n birth(n) { me.n = n } fini() { print(\"r\" + me.n) } }\n";

/// A function with so many `fini` blocks and variables between them; in front of the last of `before` there is `also`.
fn with_finis(many: usize, also: &str) -> String {
    let body = lines(0..many, |i| {
        let also = if i + 1 == many { also } else { "" };
        format!(
            "{also}\nlocal r{i} = new R({i})\nlocal get{i} = fn() {{ return r{i}.n }}\nfini {{ print(\"f{i}\") }}"
        )
    });
    format!("{TOLD}function f(a) {{\n{body}print(get0() + get{}())\nr0 = null\nreturn r1.n\n}}\n", many - 1)
}

#[test]
fn fini_blocks_with_variables_behind_them() {
    // The variables of the shorter one are told to every block, those of the longer one are cells.
    for many in [6, 60] {
        let text = with_finis(many, "") + "print(f(1))\n";
        let blocks = lines((0..many).rev(), |i| format!("f{i}"));
        let deaths = lines((1..many).rev(), |i| format!("r{i}"));
        prints(&text, &format!("{}\nr0\n{blocks}{deaths}1\n", many - 1));
    }
}

#[test]
fn an_exception_behind_many_fini_blocks() {
    for many in [6, 60] {
        let text = with_finis(many, "if a { throw \"out\" }") + "try { f(true) } catch (e) { print(e) }\n";
        let blocks = lines((0..many - 1).rev(), |i| format!("f{i}"));
        let deaths = lines((0..many - 1).rev(), |i| format!("r{i}"));
        prints(&text, &format!("{blocks}{deaths}out\n"));
    }
}

#[test]
fn a_return_behind_many_fini_blocks() {
    for many in [6, 60] {
        let text = with_finis(many, "if a { return \"back\" }") + "print(f(true))\n";
        let blocks = lines((0..many - 1).rev(), |i| format!("f{i}"));
        let deaths = lines((0..many - 1).rev(), |i| format!("r{i}"));
        prints(&text, &format!("{blocks}{deaths}back\n"));
    }
}

#[test]
fn two_parents_each() {
    // As many ways up as there are Fibonacci numbers.
    let boxes =
        lines(2..80, |i| format!("box B{i} from B{}, B{} {{ m{i}() {{ return {i} }} }}", i - 1, i - 2));
    let text = format!(
        "box B0 {{ v m0() {{ return 0 }} }}\nbox B1 from B0 {{ }}\n{boxes}local b = new B79()\nb.v = 7\n\
         print(b.m0() + b.m2() + b.m40() + b.m79() + b.v)\nprint(b.is(\"B1\"))\n"
    );
    prints(&text, "128\ntrue\n");
}

#[test]
fn a_long_line_of_parents() {
    let boxes = lines(1..600, |i| format!("box B{i} from B{} {{ g{i} }}", i - 1));
    let text = format!("{boxes}box B0 {{ v m() {{ return me.v }} }}\nlocal b = new B599()\n");
    prints(&(text + "b.v = 3\nb.g1 = 4\nb.g599 = 5\nprint(b.m() + b.g1 + b.g599)\n"), "12\n");
}

#[test]
fn constructors_that_make_each_other() {
    let boxes = lines(1..6000, |i| format!("box B{i} {{ v birth() {{ me.v = new B{}() }} }}", i - 1));
    let text =
        format!("box B0 {{ v birth() {{ me.v = 1 }} }}\n{boxes}print(new B5999().v.v.is(\"B5997\"))\n");
    prints(&text, "true\n");
}

#[test]
fn many_fields() {
    let (fields, assigned) =
        (lines(0..3000, |i| format!("f{i}")), lines(0..3000, |i| format!("me.f{i} = {i}")));
    let text = format!("box W {{\n{fields}birth() {{\n{assigned}}} }}\nlocal w = new W()\nw.f9 = \"x\"\n");
    prints(&(text + "print(\"\" + w.f0 + w.f9 + w.f2999)\n"), "0x2999\n");
}

#[test]
fn functions_that_call_each_other_in_a_long_chain() {
    let chain = lines(0..4000, |i| format!("function f{}(x) {{ return f{i}(x) + 1 }}", i + 1));
    let program = format!("function f0(x) {{ return x }}\n{chain}local i = 0\nlocal s = 0\n");
    prints(&format!("{program}loop(i < 100) {{ s = s + f4000(i) i = i + 1 }}\nprint(s)\n"), "404950\n");
}

#[test]
fn closures_that_call_each_other_in_a_long_chain() {
    let chain = lines(0..2000, |i| {
        format!("function f{}(x) {{ return (fn(y) {{ return f{i}(y) + 1 }})(x) }}", i + 1)
    });
    prints(&format!("function f0(x) {{ return x }}\n{chain}print(f2000(1))\n"), "2001\n");
}

#[test]
fn calls_of_a_wide_function_nest_a_thousand_deep() {
    let values = lines(0..2000, |i| format!("local v{i} = n + {i}"));
    let sum: Vec<String> = (0..2000).map(|i| format!("v{i}")).collect();
    let body = format!(
        "{values}if n == 0 {{ return 0 }}\nlocal r = f(n - 1) + 1\nif r < 0 {{ return {} }}\nreturn r",
        sum.join(" + ")
    );
    prints(&format!("function f(n) {{\n{body}\n}}\nprint(f(990))\n"), "990\n");
}

#[test]
fn calls_with_many_variables_nest_equally_deep_in_every_tier() {
    // The limit is memory here, and the tiers do not need the same for an activation.
    let variables = |n: &str| lines(0..60, |i| format!("local v{i} = {n} + {i}"));
    let sum = (0..60).map(|i| format!("v{i}")).collect::<Vec<_>>().join(" + ");
    let text = format!(
        "static box At {{ init {{ deepest }} }}
         function leaf(n) {{ return n + 1 }}
         function straight(n) {{
             At.deepest = n
             {v}
             return straight(leaf(n)) + {sum}
         }}
         box Walker {{
             around(n, back) {{
                 At.deepest = n
                 {v}
                 return back(me, leaf(n)) + {sum}
             }}
         }}
         function often(n) {{
             At.deepest = n
             local i = 0
             loop (i < 3) {{ i = leaf(i) }}
             {v}
             return often(n + 1) + {sum}
         }}
         try {{ straight(1) }} catch (e) {{ print(e.message()) }}
         print(At.deepest)
         function again(walker, n) {{ return walker.around(n, again) }}
         try {{ new Walker().around(1, again) }} catch (e) {{ print(e.message()) }}
         print(At.deepest)
         try {{ often(1) }} catch (e) {{ print(e.message()) }}
         print(At.deepest)
         straight(1)\n",
        v = variables("n"),
    );
    let mut first = None;
    for tier in TIERS {
        let mut command = nyash(Path::new(env!("CARGO_MANIFEST_DIR")));
        command.args([&format!("--tier={tier}"), "-"]);
        let ended = run(&mut command, text.as_bytes(), Duration::from_secs(120));
        let said = (ended.out().to_string(), ended.err().to_string());
        assert!(said.1.contains("deep here, where the widest function"), "{tier}: {}", said.1);
        let deepest = said.0.lines().nth(1).and_then(|line| line.parse::<usize>().ok());
        assert!(deepest.is_some_and(|n| (1_000..99_000).contains(&n)), "{tier}: {}", said.0);
        assert!(*first.get_or_insert(said.clone()) == said, "{tier}: {said:?}, not {first:?}");
    }
}
