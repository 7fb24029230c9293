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

#[test]
fn many_classes_called_in_several_places() {
    // The third place sees one class more, and `late` is what none of them is at first.
    let boxes: String = (0..7).map(|i| format!("box B{i} {{ take(x) {{ return x }} }}\n")).collect();
    let k = analyse(&format!(
        "{boxes}box Late {{ take(x) {{ return [x] }} }}
         global all = [{}]
         function one(i) {{ return all[i].take(1) }}
         function two(i) {{ return all[i].take(\"a\") }}
         function three(i) {{ local more = [all[i], new Late()]  return more[1].take(0.5) }}
         function four(i) {{ return all[i].take(true) }}
         print(one(0)) print(two(0)) print(three(0)) print(four(0))",
        (0..7).map(|i| format!("new B{i}()")).collect::<Vec<_>>().join(", ")
    ));
    let given = Kinds::INT | Kinds::STR | Kinds::FLOAT | Kinds::BOOL;
    for class in 0..7 {
        let method = k.program.class(k.class(&format!("B{class}"))).methods[0].func;
        assert_eq!(k.facts.param(method, 1).kinds, given, "B{class}");
    }
    let late = k.program.class(k.class("Late")).methods[0].func;
    assert_eq!(k.facts.param(late, 1).kinds, Kinds::FLOAT);
    for func in ["one", "two", "four"] {
        assert_eq!(k.ret(func), given, "{func}");
    }
    assert_eq!(k.ret("three"), given | Kinds::ARR);
}
