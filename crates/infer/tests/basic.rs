//! Facts about small programs; what is expected follows from reading them.

mod common;

use common::analyse;
use infer::{Kinds, Slot};
use mir::func::{FuncKind, Rep};

#[test]
fn arithmetic_keeps_kinds() {
    let k = analyse(
        "function int(a, b) { return a * b + 1 }
         function mixed(a, b) { return a + b }
         function text(a) { return \"n\" + a }
         function half(a) { return a / 2.0 }
         print(int(2, 3)) print(mixed(1, 2.5)) print(text(3)) print(half(3))",
    );
    assert_eq!(k.ret("int"), Kinds::INT);
    assert_eq!(k.ret("mixed"), Kinds::FLOAT);
    assert_eq!(k.ret("text"), Kinds::STR);
    assert_eq!(k.ret("half"), Kinds::FLOAT);
    assert_eq!(k.param("int", 0), Kinds::INT);
}

#[test]
fn fields_that_the_constructor_assigns_are_never_void() {
    let k = analyse(
        "box Point {
             x y late
             birth(a) { me.x = a  me.y = 0.5 }
             move() { me.late = \"moved\" }
         }
         local p = new Point(3)
         p.move()
         print(p.late)",
    );
    assert_eq!(k.field("Point", "x").kinds, Kinds::INT);
    assert_eq!(k.field("Point", "y").kinds, Kinds::FLOAT);
    assert_eq!(k.field("Point", "late").kinds, Kinds::STR | Kinds::VOID);
    assert_eq!(k.facts.layout(&k.program, k.class("Point"), 0), Slot::I64);
    assert_eq!(k.facts.layout(&k.program, k.class("Point"), 1), Slot::F64);
    assert_eq!(k.facts.layout(&k.program, k.class("Point"), 2), Slot::RefOrVoid);
    assert!(k.facts.quiet(k.class("Point")));
}

#[test]
fn a_field_read_before_it_is_assigned_may_be_void() {
    let k = analyse(
        "box A {
             x
             birth() { me.show()  me.x = 1 }
             show() { print(me.x) }
         }
         box B {
             x
             birth(list) { list.push(me)  me.x = 1 }
         }
         box C {
             x
             birth(deep) { if deep { me.x = 1 } else { me.x = 2 } }
         }
         box D {
             x
             birth(deep) { if deep { me.x = 1 } }
         }
         new A() new B([]) new C(true) new D(false)",
    );
    for (class, kinds) in [
        ("A", Kinds::INT | Kinds::VOID),
        ("B", Kinds::INT | Kinds::VOID),
        ("C", Kinds::INT),
        ("D", Kinds::INT | Kinds::VOID),
    ] {
        assert_eq!(k.field(class, "x").kinds, kinds, "{class}");
    }
}

#[test]
fn parents_fields_are_shared() {
    let k = analyse(
        "box P { x birth(a) { me.x = a } get_x() { return me.x } }
         box C from P { y birth(a) { from P.birth(a)  me.y = me } }
         print(new P(1).get_x()) print(new C(2).get_x())",
    );
    assert_eq!(k.field("C", "x").kinds, Kinds::INT);
    assert_eq!(k.field("P", "x").kinds, Kinds::INT);
    let y = k.field("C", "y");
    assert_eq!(k.classes(y), ["C"]);
    assert_eq!(k.classes(k.facts.param(k.func("P.get_x"), 0)), ["P", "C"]);
}

#[test]
fn dispatch_reaches_only_what_can_be_called() {
    let k = analyse(
        "box A { m() { return 1 } unused() { return 2 } }
         box B { m() { return 2.5 } }
         box Never { m() { return null } }
         function call(o) { return o.m() }
         print(call(new A())) print(call(new B()))",
    );
    assert_eq!(k.ret("call"), Kinds::INT | Kinds::FLOAT);
    assert!(!k.facts.reached(k.func("A.unused")));
    assert!(!k.facts.reached(k.func("Never.m")));
    assert_eq!(k.facts.rep(k.facts.ret(k.func("call"))), Rep::Any);
}

#[test]
fn elements_of_arrays_by_place() {
    let k = analyse(
        "function ints() { local a = new ArrayBox()  a.push(1)  return a }
         function texts() { local a = [\"x\"]  return a }
         function first(a) { return a[0] }
         function last() { return texts().pop() }
         first(ints()) last()
         local m = new MapBox()
         m.set(\"k\", 2.5)
         function value(m) { return m.get(\"k\") }
         value(m)",
    );
    assert_eq!(k.ret("first"), Kinds::INT | Kinds::NULL);
    assert_eq!(k.ret("last"), Kinds::STR | Kinds::NULL);
    assert_eq!(k.ret("value"), Kinds::FLOAT | Kinds::NULL);
}

#[test]
fn closures_are_known_exactly() {
    let k = analyse(
        "function apply(f, x) { return f(x) }
         local sum = 0
         apply(fn(x) { sum = sum + x  return sum }, 3)",
    );
    assert_eq!(k.ret("apply"), Kinds::INT);
    let f = k.facts.param(k.func("apply"), 0);
    assert_eq!(k.facts.closures(f).map(|c| c.len()), Some(1));
    let cell = k.facts.capture(k.func("<function>"), 0);
    assert_eq!(k.facts.cell(cell).kinds, Kinds::INT);
}

#[test]
fn tests_narrow() {
    let k = analyse(
        "box Node { next value birth(n, v) { me.next = n  me.value = v } }
         function sum(node) {
             if node == null { return 0 }
             return tail(node)
         }
         function tail(node) { return node.value + sum(node.next) }
         function kind(x) {
             if x.is(\"Integer\") { return id_int(x) }
             return id_rest(x)
         }
         function id_int(x) { return x }
         function id_rest(x) { return x }
         sum(new Node(new Node(null, 1), 2))
         kind(1) kind(\"a\") kind(true)",
    );
    assert_eq!(k.ret("sum"), Kinds::INT);
    assert_eq!(k.param("sum", 0), Kinds::USER | Kinds::NULL);
    assert_eq!(k.param("tail", 0), Kinds::USER);
    assert_eq!(k.param("id_int", 0), Kinds::INT);
    assert_eq!(k.param("id_rest", 0), Kinds::STR | Kinds::BOOL);
}

#[test]
fn caught_values_and_globals() {
    let k = analyse(
        "box Oops { code birth(c) { me.code = c } }
         counter = 0
         function risky(n) { counter = counter + 1  if n > 1 { throw new Oops(n) } return n }
         function guard(n) {
             try { return risky(n) } catch (Oops e) { return handle(e) } catch (e) { return any(e) }
         }
         function handle(e) { return e.code }
         function any(e) { return e }
         guard(2)",
    );
    assert_eq!(k.classes(k.facts.param(k.func("handle"), 0)), ["?"]);
    assert_eq!(k.ret("handle") & Kinds::INT, Kinds::INT);
    let counter = k.program.find_global(k.program.names.find("counter").expect("a name")).expect("a global");
    assert_eq!(k.facts.global(counter).kinds, Kinds::INT);
    assert_eq!(k.param("any", 0), Kinds::ANY);
}

#[test]
fn loud_and_quiet() {
    let k = analyse(
        "box File { name birth(n) { me.name = n } fini() { print(\"closed\") } }
         box Holder { file birth(f) { me.file = f } }
         box Parent { kids birth() { me.kids = new ArrayBox() } }
         box Kid { weak parent birth(p) { me.parent = p } }
         box Plain { x birth() { me.x = [1] } }
         new Holder(new File(\"a\"))
         local p = new Parent()
         p.kids.push(new Kid(p))
         new Plain()",
    );
    for (class, quiet) in
        [("File", false), ("Holder", false), ("Parent", false), ("Kid", true), ("Plain", true)]
    {
        assert_eq!(k.facts.quiet(k.class(class)), quiet, "{class}");
    }
    assert_eq!(k.field("Kid", "parent").kinds, Kinds::USER | Kinds::NULL);
    assert!(!k.facts.may_be_dead(k.class("File")));
}

#[test]
fn unknown_documents_spoil_only_what_is_in_them() {
    let k = analyse(
        "function read(j) { return j.get(\"a\") }
         function own() { local a = [1, 2]  return a[2] }
         print(read(new JSONBox(\"{}\"))) print(own())",
    );
    assert_eq!(k.ret("read"), Kinds::ANY);
    assert_eq!(k.ret("own"), Kinds::INT | Kinds::NULL);
}

#[test]
fn methods_read_without_a_call_are_exact() {
    let k = analyse(
        "box A { x birth() { me.x = 1 } get_x() { return me.x } }
         function take(o) { return o.size }
         function call(f) { return f() }
         print(call(new A().get_x)) print(call(take([1.5])))
         function other() { local a = [\"t\"]  return a[1] }
         other()",
    );
    assert_eq!(k.ret("call"), Kinds::INT);
    assert_eq!(k.ret("other"), Kinds::STR | Kinds::NULL);
    assert!(!k.facts.may_be_dead(k.class("A")));
}

#[test]
fn containers_are_copied_for_what_they_hold() {
    let text = "box List {
             items
             birth() { me.items = new ArrayBox() }
             add(x) { me.items.push(x)  return me }
             first() { return me.items[0] }
         }
         function ints() { return new List().add(1).first() }
         function texts() { return new List().add(\"a\").first() }
         print(ints()) print(texts())";
    let (mut program, top) = common::build(text);
    let world = infer::World { entries: vec![top] };
    let before = infer::analyse(&program, &world);
    let func = |program: &mir::program::Program, name: &str| {
        let found = program.funcs.iter().position(|f| program.names.text(f.name) == name);
        mir::inst::FuncId(found.expect("a function of that name") as u32)
    };
    let (ints, texts) = (func(&program, "ints"), func(&program, "texts"));
    let mixed = Kinds::INT | Kinds::STR | Kinds::NULL;
    assert_eq!((before.ret(ints).kinds, before.ret(texts).kinds), (mixed, mixed));
    let after = infer::specialize(&mut program, &world);
    assert_eq!(after.ret(ints).kinds, Kinds::INT | Kinds::NULL);
    assert_eq!(after.ret(texts).kinds, Kinds::STR | Kinds::NULL);
    mir::verify::verify_program(&program).expect("a valid program");
}

/// Specializes a program; gives it with its facts, and how many copies there are of a class.
fn specialized(text: &str, class: &str) -> (common::Known, usize) {
    let (mut program, top) = common::build(text);
    let facts = infer::specialize(&mut program, &infer::World { entries: vec![top] });
    mir::verify::verify_program(&program).expect("a valid program");
    let count = program.classes.iter().filter(|c| program.names.text(c.name) == class).count();
    (common::Known { program, facts }, count)
}

#[test]
fn a_class_is_not_copied_when_copies_of_functions_are_enough() {
    let (k, count) = specialized(
        "function filled(value) { local all = new ArrayBox()  all.push(value)  return all }
         box Numbers {
             all
             birth(n) { me.all = filled(n)  me.all.set(0, me.all[0])  me.all.push(n + 1) }
             first() { return me.all[0] }
         }
         box Flags { all birth() { me.all = filled(false) } first() { return me.all[0] } }
         function number() { return new Numbers(1).first() }
         function flag() { return new Flags().first() }
         print(number()) print(new Numbers(2).first()) print(flag()) print(new Flags().first())",
        "Numbers",
    );
    assert_eq!(count, 1);
    assert_eq!(k.ret("number"), Kinds::INT | Kinds::NULL);
    assert_eq!(k.ret("flag"), Kinds::BOOL | Kinds::NULL);
}

#[test]
fn a_class_that_waited_for_copies_of_functions_is_copied_when_they_are_not_enough() {
    let (k, count) = specialized(
        "function filled(value) { local all = new ArrayBox()  all.push(value)  return all }
         box List { all birth() { me.all = filled(null) } first() { return me.all[0] } }
         box Flags { all birth() { me.all = filled(false) } first() { return me.all[0] } }
         function number() { local l = new List()  l.all.push(1)  return l.first() }
         function text() { local l = new List()  l.all.push(\"a\")  return l.first() }
         function flag() { return new Flags().first() }
         print(number()) print(text()) print(flag())",
        "List",
    );
    assert_eq!(count, 2);
    assert_eq!(k.ret("number"), Kinds::INT | Kinds::NULL);
    assert_eq!(k.ret("text"), Kinds::STR | Kinds::NULL);
}

#[test]
fn what_is_only_called_before_there_are_copies_is_forgotten() {
    // With one box for both bags, `first` gives a `Maker`, too, whose `go` makes most of the arrays of the program.
    let arrays: Vec<String> = (0..60).map(|i| format!("[{i}]")).collect();
    let text = format!(
        "box Bag {{ all birth() {{ me.all = [] }} add(x) {{ me.all.push(x) return me }} first() {{ return me.all[0] }} }}
         box Plain {{ go() {{ return 1 }} }}
         box Maker {{ go() {{ return [{}] }} }}
         function plain() {{ return new Bag().add(new Plain()).first().go() }}
         function other() {{ return new Bag().add(new Maker()).add(1).first() }}
         print(plain()) print(other())",
        arrays.join(", ")
    );
    let (k, count) = specialized(&text, "Bag");
    assert_eq!(count, 2);
    assert_eq!(k.ret("plain"), Kinds::INT);
}

#[test]
fn boxes_of_a_tree_are_not_copied() {
    // What one of them makes is put where all others are, whoever made those.
    let shape = |name: &str| {
        format!(
            "box {name} {{ parts birth() {{ me.parts = [] }} add(part) {{ me.parts.push(part) return me }} }}\n"
        )
    };
    let text = shape("Group")
        + &shape("Layer")
        + "function first() { return new Group().add(new Group()).add(new Layer()) }
           function second() { return new Group().add(new Layer()).add(first()) }
           print(second().parts[0]) print(first().parts[1])";
    assert_eq!(specialized(&text, "Group").1, 1);
}

#[test]
fn there_are_half_as_many_copies_as_functions() {
    // Each place hands its bag on, so that nothing says what fills it.
    let bags = |count: usize| {
        let place = |i: usize| {
            format!(
                "function f{i}() {{ local b = new Bag().add({}) return [b][0].first() }}\n",
                i.is_multiple_of(2)
            )
        };
        let call = |i: usize| format!("print(f{i}())\n");
        let bag = "box Bag { all birth() { me.all = [] } add(x) { me.all.push(x) return me } first() { return me.all[0] } }\n";
        let numbers = "print(new Bag().add(1).first())\n";
        let (places, calls): (String, String) =
            ((0..count).map(place).collect(), (0..count).map(call).collect());
        specialized(&(bag.to_owned() + &places + &calls + numbers), "Bag").1 - 1
    };
    assert_eq!(bags(10), 10);
    // The functions of the places, the top level, three of the box and some of the runtime.
    let copies = bags(400);
    assert!((200..210).contains(&copies), "{copies}");
}

#[test]
fn the_widest_function_that_calls_come_back_to() {
    let sum = |n: &str, times: i32| (1..times).map(|i| format!("{n} * {i} + ")).collect::<String>() + n;
    let (wider, wide) = (|n| sum(n, 30), |n| sum(n, 20));

    // `once` and the top level are on the stack once.
    let k = analyse(&format!(
        "function once(a) {{ return {} }}
         function down(n) {{ if n == 0 {{ return 0 }}  return down(n - 1) + {} }}
         print(once(2) + down(5))",
        wider("a"),
        wide("n")
    ));
    assert!(k.values("once") > k.values("down"));
    assert_eq!(k.facts.widest_recursive(), k.values("down"));

    // `walk` comes back through a finalizer.
    let k = analyse(&format!(
        "box A {{ n fini() {{ walk(me.n) }} }}
         function walk(n) {{ if n {{ new A().n = n - 1 }}  return {} }}
         walk(3)",
        wide("n")
    ));
    assert_eq!(k.facts.widest_recursive(), k.values("walk"));

    // It comes back through the text that `print` asks for.
    let k = analyse(&format!(
        "box A {{ n toString() {{ return walk(me.n) }} }}
         function walk(n) {{ local a = new A()  print(a)  return {} }}
         walk(3)",
        wide("n")
    ));
    assert_eq!(k.facts.widest_recursive(), k.values("walk"));

    // What comes out of `catch` may be any function, which may call anything but the top level.
    let k = analyse(&format!(
        "function once(a) {{ return {} }}
         function down(n) {{ if n == 0 {{ return 0 }}  return down(n - 1) }}
         local n = once(2)
         try {{ throw down }} catch (f) {{ print(f(n) + {}) }}",
        wide("a"),
        wider("n")
    ));
    assert!(k.program.funcs.iter().any(|f| f.kind == FuncKind::Top && f.values > k.values("once")));
    assert_eq!(k.facts.widest_recursive(), k.values("once"));
}

#[test]
fn containers_in_containers_are_followed_so_far() {
    // Each function gives the array that it makes or the one that it was given; what is in them is another set for each
    // depth and each function.
    let func = |i: u32| match i {
        0 => "function f0(a) { return [a] }\n".to_owned(),
        _ => format!(
            "function f{i}(a) {{ local d = [f{}([a]), {i}]\n if d.length() > 5 {{ return a }} return d }}\n",
            i - 1
        ),
    };
    let known = analyse(&((0..120).map(func).collect::<String>() + "f119(1)"));
    let mut ty = known.facts.ret(known.func("f119"));
    let mut depth = 0;
    while ty != infer::Ty::ANY && depth < 200 {
        ty = known.facts.elem(ty);
        depth += 1;
    }
    assert!((3..60).contains(&depth), "{depth}");
}
