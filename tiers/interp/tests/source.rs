//! Small programs in source form through builder and interpreter, in audit mode: what the tests of the language
//! do not reach because it needs options, several runs or a look at the exit.

mod support;

use machine::{Exit, LimitKind};
use support::{Options, World, check, run, run_with};

#[test]
fn functions_and_loops() {
    check(
        "function fib(n) { if n < 2 { return n } return fib(n - 1) + fib(n - 2) }
         local i = 0
         loop (i < 10) { print(fib(i)) i = i + 1 }",
        "0\n1\n1\n2\n3\n5\n8\n13\n21\n34",
    );
}

#[test]
fn an_uncaught_error_has_a_trace() {
    let ran = run("function inner(x) { return x / 0 }
        function outer(x) { return inner(x) }
        print(1)
        outer(2)");
    assert_eq!((ran.out.as_str(), ran.exit().as_str()), ("1\n", "uncaught DivisionByZero: Division by zero"));
    let Exit::Uncaught(problem) = &ran.exit else { panic!() };
    let names: Vec<_> =
        problem.trace.first().iter().map(|e| ran.interp.linked.program.names.text(e.func)).collect();
    assert_eq!(names, ["inner", "outer", "<top>"]);
}

#[test]
fn cleanup_keeps_the_trace() {
    let ran = run("box R { fini() { try { throw 1 } catch (e) { print(\"in fini\") } } }
        function inner() { throw \"oops\" }
        function outer() {
            local r = new R()
            try { inner() } finally { try { throw 2 } catch (e) { print(\"in finally\") } }
        }
        outer()");
    assert_eq!(ran.out, "in finally\nin fini\n");
    let Exit::Uncaught(problem) = &ran.exit else { panic!("{}", ran.exit()) };
    let names: Vec<_> =
        problem.trace.first().iter().map(|e| ran.interp.linked.program.names.text(e.func)).collect();
    assert_eq!((problem.message.as_str(), names), ("oops", vec!["inner", "outer", "<top>"]));
}

#[test]
fn the_text_of_a_thrown_box() {
    let ran = run("box Oops { toString() { return \"my \" + \"text\" } }\nthrow new Oops()");
    assert_eq!(ran.exit(), "uncaught -: my text");
    assert!(ran.ended.leaked.is_empty(), "{:?}", ran.ended);
    let ran = run("box Oops { toString() { throw 1 } }\nthrow new Oops()");
    assert!(ran.exit().starts_with("uncaught -: <Oops instance #"), "{}", ran.exit());
    assert!(ran.ended.leaked.is_empty(), "{:?}", ran.ended);
}

#[test]
fn recursion_ends_in_an_error_everywhere() {
    for body in [
        "function f(n) { return f(n + 1) }\nf(0)",
        "box A { next toString() { return \"A\" + me } }\nprint(new A())",
        "box A { equals(o) { return me.equals(o) } }\nnew A().equals(1)",
        "box A { fini() { local a = new A() } }\nfunction f() { local a = new A() }\nf()",
        "box A { toString() { return \"x\" + [1, new A()].toString() } }\n[new A(), new A()].sort()",
        "local f = 0\nf = fn(n) { return f(n) }\nf(1)",
    ] {
        let ran = run(body);
        assert!(matches!(ran.exit, Exit::Limit(LimitKind::Depth, _)), "{body}: {}", ran.exit());
        let Exit::Limit(_, problem) = &ran.exit else { panic!() };
        assert_eq!(problem.trace.first().len(), 64, "{body}");
        let caught = run(&format!("try {{ {body} }} catch (StackOverflow e) {{ print(\"caught\") }}"));
        assert!(caught.out.ends_with("caught\n"), "{body}: {}", caught.exit());
    }
}

#[test]
fn fuel_is_deterministic() {
    let text = "local i = 0\nloop (true) { i = i + 1 print(i) }";
    let outs: Vec<_> = [false, true]
        .map(|audit| {
            let ran = run_with(text, Options { fuel: 5000, audit, ..Options::default() });
            assert!(matches!(ran.exit, Exit::Limit(LimitKind::Fuel, _)), "{}", ran.exit());
            ran.out
        })
        .into();
    assert_eq!(outs[0], outs[1]);
    // The call of the top-level code takes one step, every further round of the loop another one.
    assert_eq!(outs[0].lines().count(), 4999);
}

#[test]
fn a_time_limit_ends_loops_and_sleepers() {
    let options = Options { deadline_ns: 5_000_000, audit: false, ..Options::default() };
    for text in ["loop (true) { }", "new TimeBox().sleep(100000)"] {
        let ran = run_with(text, options);
        assert!(matches!(ran.exit, Exit::Limit(LimitKind::Timeout, _)), "{text}: {}", ran.exit());
    }
}

#[test]
fn a_full_heap_is_an_error() {
    let options = Options { max_heap: 2 << 20, audit: false, ..Options::default() };
    let text = "local a = []\nloop (true) { a.push(\"text \" + a.length()) }";
    let ran = run_with(text, options);
    assert!(matches!(ran.exit, Exit::Limit(LimitKind::Heap, _)), "{}", ran.exit());
    let ran = run_with(&format!("try {{ {text} }} catch (OutOfMemory e) {{ print(e.kind()) }}"), options);
    assert_eq!((ran.out.as_str(), ran.exit().as_str()), ("OutOfMemory\n", "void"));
}

/// A store whose old value fails to die has stored; what it took must be counted right on the way out.
#[test]
fn failing_finalizers_of_overwritten_values() {
    check(
        "box Bad { name birth(n) { me.name = n } fini() { throw \"bad \" + me.name } }
         box Holder { field }
         global g = new Bad(\"g\")
         function overwrite() {
             local h = new Holder()
             h.field = new Bad(\"field\")
             try { h.field = new Holder() } catch (e) { print(e + \" \" + h.field.type_name()) }
             try { g = [h] } catch (e) { print(e + \" \" + g.type_name()) }
             local c = new Bad(\"cell\")
             local f = fn() { return c }
             try { c = [f.type_name()] } catch (e) { print(e + \" \" + c) }
             local a = [new Bad(\"element\")]
             try { a[0] = [1] } catch (e) { print(e + \" \" + a) }
             a[0] = new Bad(\"popped\")
             try { a.clear() } catch (e) { print(e + \" \" + a) }
             local m = %{1 => new Bad(\"value\")}
             try { print(m.remove(1)) } catch (e) { print(e + \" \" + m) }
         }
         overwrite()
         g = null",
        "bad field Holder\nbad g ArrayBox\nbad cell [FunctionBox]\nbad element [[1]]\nbad popped []\nbad value MapBox(size=0)",
    );
}

#[test]
fn a_finalizer_may_wait() {
    check(
        "box R { name birth(n) { me.name = n }
             fini() { print(\"begin \" + me.name) new TimeBox().sleep(5) print(\"end \" + me.name) } }
         function work(n) { local r = new R(n) local s = new R(n + n) return n }
         nowait a = work(\"a\")
         nowait b = work(\"b\")
         print(await b)
         print(await a)",
        "begin aa\nbegin bb\nend aa\nbegin a\nend bb\nbegin b\nend a\nend b\nb\na",
    );
}

#[test]
fn values_handed_over_die_with_the_statement() {
    check(
        "box R { name birth(n) { me.name = n } fini() { print(\"fini \" + me.name) } }
         function inner(n) { outbox x = new R(n) return 1 }
         function outer() { print(inner(\"a\") + inner(\"b\")) print(\"next\") throw 2 }
         try { outer() } catch (e) { print(e) }
         inner(\"c\")
         function fails() { inner(\"d\") + [].nothing() }
         try { fails() } catch (e) { print(e.kind()) }
         print(\"end\")",
        "2\nfini b\nfini a\nnext\n2\nfini c\nNoMethod\nfini d\nend",
    );
}

#[test]
fn tasks_report_what_nobody_awaits() {
    let ran = run("function f() { throw new ErrorBox(\"Lost\", \"gone\") }\nnowait t = f()\nprint(\"end\")");
    assert_eq!((ran.out.as_str(), ran.exit().as_str()), ("end\n", "void"));
    assert!(ran.err.contains("Lost: gone"), "{}", ran.err);
    assert!(ran.ended.leaked.is_empty(), "{:?}", ran.ended);
}

#[test]
fn an_awaited_error_keeps_its_trace() {
    let ran = run("function f() { throw \"oops\" }\nfunction g() { nowait t = f() return await t }\ng()");
    let Exit::Uncaught(problem) = &ran.exit else { panic!("{}", ran.exit()) };
    let names: Vec<_> =
        problem.trace.first().iter().map(|e| ran.interp.linked.program.names.text(e.func)).collect();
    assert_eq!(names.first(), Some(&"f"));
    assert_eq!(names[names.len() - 2..], ["g", "<top>"]);
}

#[test]
fn cycles_are_found_while_running() {
    let ran = run("box N { other fini() { count = count + 1 } }
        global count = 0
        local i = 0
        loop (i < 30000) {
            local a = new N()
            local b = new N()
            a.other = b
            b.other = a
            i = i + 1
        }
        print(count > 0)");
    assert_eq!(ran.out, "true\n", "{}", ran.exit());
    assert!(ran.ended.leaked.is_empty(), "{:?}", ran.ended);
}

#[test]
fn bound_methods_of_all_kinds() {
    check(
        "box P from ArrayBox { n birth(n) { me.n = n } get_n(k) { return me.n + k } static twice(x) { return 2 * x } }
         local p = new P(40)
         local m = p.get_n
         local t = p.twice
         local u = \"abc\".toUpper
         local push = p.push
         local fini = p.fini
         print(m(2)) print(t(21)) print(u())
         push(1) push(2)
         print(p.length())
         try { m() } catch (e) { print(e.kind()) }
         fini()
         try { m(1) } catch (e) { print(e.kind()) }",
        "42\n42\nABC\n2\nArityError\nUseAfterFini",
    );
}

#[test]
fn several_runs_in_one_interpreter() {
    let mut world = World::new();
    let first = world.repl("x = [1, 2]\nfunction f(a) { return a.length() }");
    let (interp, written) = world.interp();
    let mut interp = interp;
    assert!(matches!(interp.run(first), Exit::Value(_)));
    let mut grow = |interp: &mut machine::Machine, text: &str| {
        world.program = std::mem::take(&mut interp.linked.program);
        let top = world.repl(text);
        interp.linked.program = std::mem::take(&mut world.program);
        interp.linked.link_more(&mut interp.rt);
        interp.run(top)
    };
    let Exit::Value(v) = grow(&mut interp, "box B { toString() { return \"B\" + f(x) } }\nnew B()") else {
        panic!()
    };
    assert_eq!(interp.call_text(v).unwrap(), "B2");
    interp.release(v);
    assert!(matches!(grow(&mut interp, "f(1)"), Exit::Uncaught(_)));
    let Exit::Value(v) = grow(&mut interp, "x.push(new B()) print(x) x") else { panic!() };
    assert_eq!(interp.call_text(v).unwrap(), "[1, 2, B3]");
    interp.release(v);
    assert_eq!(written.out(), "[1, 2, B3]\n");
    assert!(interp.finish().leaked.is_empty());
}

#[test]
fn errors_at_the_end_of_the_program() {
    let ran = run("box Bad { n birth(n) { me.n = n } fini() { print(me.n) throw \"bad \" + me.n } }
        global a = new Bad(\"a\")
        global b = new Bad(\"b\")");
    assert_eq!((ran.out.as_str(), ran.exit().as_str()), ("b\na\n", "void"));
    assert_eq!(ran.ended.error.as_ref().map(|e| e.message.as_str()), Some("bad b"));
    assert!(ran.err.contains("bad a") && ran.err.contains("bad b"), "{}", ran.err);
}
