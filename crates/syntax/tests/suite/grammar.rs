//! The grammar: which texts are right, which mean the same, and what the tree looks like. Sections 1, 2
//! and 21 of the language page.

use crate::common::{differ, right, same, tree, wrong};

#[test]
fn precedence() {
    let table = [
        ("a or b and c", "a or (b and c)"),
        ("a || b or c", "(a || b) || c"),
        ("a and b & c", "a and (b & c)"),
        ("a & b | c ^ d", "((a & b) | c) ^ d"),
        ("a | b == c", "a | (b == c)"),
        ("a == b != c", "(a == b) != c"),
        ("a == b < c", "a == (b < c)"),
        ("a < b << c", "a < (b << c)"),
        ("a << b + c", "a << (b + c)"),
        ("a >> b >> c", "(a >> b) >> c"),
        ("a + b * c - d", "(a + (b * c)) - d"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c % d", "((a / b) * c) % d"),
        ("-a * b", "(-a) * b"),
        ("!a == b", "(!a) == b"),
        ("not a == b", "(not a) == b"),
        ("not a and b", "(not a) and b"),
        ("-a.b", "-(a.b)"),
        ("-a[0]()", "-((a[0])())"),
        ("await f.g + 1", "(await (f.g)) + 1"),
        ("weak a.b", "weak (a.b)"),
        ("~-!a", "~(-(!a))"),
        ("a && b", "a and b"),
        ("a || b", "a or b"),
        ("!a", "not a"),
        ("this.x", "me.x"),
        ("((a))", "a"),
        ("[a, b,]", "[a, b]"),
        ("f(a, b,)", "f(a, b)"),
        ("%{ a => b, }", "%{ a => b }"),
        ("fn(a) { }", "function(a) { }"),
        ("'a'", "\"a\""),
    ];
    for (a, b) in table {
        let (a, b) = (format!("box T {{ m() {{ x = {a} }} }}"), format!("box T {{ m() {{ x = {b} }} }}"));
        same(&a, &b);
    }
}

#[test]
fn a_called_field_in_parentheses_is_no_method() {
    differ("(a.b)(c)", "a.b(c)");
    assert!(tree("(a.b)(c)").contains("Call\n"));
    assert!(tree("a.b(c)").contains("MethodCall b\n"));
}

#[test]
fn line_ends_and_statements() {
    // Each pair: a text with line ends, and what it means.
    let table = [
        ("x = a\n+ b", "x = a + b"),
        ("x = a\n- b", "x = a; -b"),
        ("x = a +\nb", "x = a + b"),
        ("x = a -\nb", "x = a - b"),
        ("x = a\n(b)", "x = a; (b)"),
        ("x = a\n[b]", "x = a; [b]"),
        ("x = a(\nb\n)", "x = a(b)"),
        ("x = a[\nb\n]", "x = a[b]"),
        ("x = (a\n- b)", "x = (a - b)"),
        ("x = (a\n(b))", "x = (a(b))"),
        ("x = [a\n[0], b]", "x = [a[0], b]"),
        ("x = %{ a\n=>\nb\n}", "x = %{ a => b }"),
        ("a\n.b()\n.c", "a.b().c"),
        ("a.\nb", "a.b"),
        ("x =\na", "x = a"),
        ("x = a\nand b", "x = a and b"),
        ("x = a\n&& b\n|| c", "x = a && b || c"),
        ("x = a\n== b", "x = a == b"),
        ("x = a\n% b", "x = a % b"),
        ("x = a\n!b", "x = a; !b"),
        ("x = a\n~b", "x = a; ~b"),
        ("x = a\n%{ }", "x = a; %{ }"),
        ("f(fn() { x = a\n- b })", "f(fn() { x = a; -b })"),
        ("f(match a { 1 => b\n- 1 => c })", "f(match a { 1 => b, -1 => c })"),
        ("local a,\nb", "local a, b"),
        ("local a =\n1", "local a = 1"),
        ("return\na", "return; a"),
        ("if a\n{ b() }", "if a { b() }"),
        ("if a { }\nelse { }", "if a { } else { }"),
        ("if a { }\nelse\nif b { }", "if a { } else if b { }"),
        ("try { }\ncatch e { }\nfinally { }", "try { } catch e { } finally { }"),
        ("x = 1 y = 2 print(x)", "x = 1; y = 2; print(x)"),
        ("if a { b() } c()", "if a { b() }; c()"),
        ("x = not a not b", "x = not a; not b"),
        ("x = a; ", "x = a"),
        ("x = a;\ny = b;", "x = a\ny = b"),
        ("f(fn() { return }, 1)", "f(fn() { return\n}, 1)"),
        ("return local x = 1", "return; local x = 1"),
        ("fini { a() }", "fini {\n a()\n}"),
        ("x = a\n.5.abs", "x = a\n.5.abs"),
    ];
    for (a, b) in table {
        if a == b {
            wrong(a);
        } else {
            same(a, b);
        }
    }
}

#[test]
fn missing_separators() {
    for text in
        ["x = 1 2", "x = 1 \"a\"", "a (b) 1", "x = a %{ }", "x = a ~b", "print(a) [b]", "a = 1 = 2", "x\n= 1"]
    {
        wrong(text);
    }
}

#[test]
fn empty_statements() {
    same(";", "\n;");
    assert_eq!(tree("a;;b").matches("Empty").count(), 1);
    assert_eq!(tree("a;\n;b").matches("Empty").count(), 1);
    assert_eq!(tree("a\n;b").matches("Empty").count(), 1);
    assert_eq!(tree("{ ; }").matches("Empty").count(), 1);
}

#[test]
fn fini_stands_on_one_line_with_its_brace() {
    assert!(tree("fini { a() }").starts_with("Fini"));
    assert!(tree("fini\n{ a() }").starts_with("Expr\n  Name fini\nBlock"));
    assert!(tree("local x = a fini { b() }").starts_with("Local x\n  Name a\n  fini: Block"));
    assert!(tree("local x = a\nfini { b() }").contains("\nFini\n"));
    same("local x = a, y = b fini { c() }", "local x = a\nlocal y = b fini { c() }");
    right("fini = 1\nfini.fini = fini(fini)");
}

#[test]
fn contextual_keywords_are_names() {
    for word in ["init", "pack", "birth", "fini", "constructor", "public", "private", "as", "implements"] {
        right(&format!(
            "local {word} = 1\n{word} = {word} + {word}(1)[{word}]\nfunction {word}({word}) {{ return {word} }}"
        ));
        right(&format!("box {word} from {word} {{ {word}, m({word}) {{ }} }}\nnew {word}()"));
    }
}

#[test]
fn every_word_is_a_name_after_a_dot_and_as_a_member() {
    for word in syntax::token::KEYWORDS {
        right(&format!("a.{word}\na.{word}(1).{word}\na.{word} = a.{word}"));
        right(&format!("box B {{ {word} }}"));
        right(&format!("box B {{ {word}, x }}"));
        right(&format!("box B {{ {word} = 1 }}"));
        right(&format!("box B {{ {word}: T\n x }}"));
        right(&format!("box B {{ weak {word} }}"));
        right(&format!("box B {{ init {{ {word}, b {word} }} public {{ weak {word} }} }}"));
        right(&format!("box B {{ {word}(a) {{ }} override {word}() {{ }} static {word}() {{ }} }}"));
        right(&format!("box B from A {{ m() {{ from A.{word}() }} }}"));
        right(&format!("interface box I {{ {word}(a) {word}() }}"));
        right(&format!("static function B.{word}() {{ }}"));
        right(&format!("using a.{word}.b"));
        if !["me", "this", "true", "false", "null", "void"].contains(word) {
            wrong(&format!("local {word} = 1"));
            wrong(&format!("{word} = 1"));
            wrong(&format!("f({word}, 1)"));
        }
        wrong(&format!("function {word}() {{ }}"));
        wrong(&format!("function f({word}) {{ }}"));
        wrong(&format!("box {word} {{ }}"));
    }
}

#[test]
fn variables() {
    same("local a = 1, b, c = 2", "local a = 1; local b; local c = 2");
    same("outbox a, b", "outbox a\noutbox b");
    differ("outbox a", "local a");
    same("local a: T = 1", "local a = 1");
    same("local a: x.y.Z<A, B<C>> = 1", "local a = 1");
    same("local a: A<B<C>>= 1", "local a = 1");
    same("local a: A<B>= 1", "local a = 1");
    same("local a: A<B<C<D>>>= 1", "local a = 1");
    assert_eq!(tree("global g = 1"), "Global g\n  Int 1\n");
    assert_eq!(tree("nowait f = g()"), "Nowait f\n  Call\n    Name g\n");
    for text in ["global g", "nowait f()", "local", "local 1", "local a b = 1 = 2", "local [a] = b"] {
        wrong(text);
    }
}

#[test]
fn assignments() {
    assert_eq!(
        tree("a.b[1].c = 2"),
        "Assign\n  Field c\n    Index\n      Field b\n        Name a\n      Int 1\n  Int 2\n"
    );
    for (op, name) in [("+", "Add"), ("-", "Sub"), ("*", "Mul"), ("/", "Div"), ("%", "Rem")] {
        assert_eq!(tree(&format!("a {op}= 1")), format!("Assign {name}\n  Name a\n  Int 1\n"));
    }
    right("f().x = 1");
    right("(a).b = 1");
    right("new A().x = 1");
    for text in
        ["f() = 1", "1 = a", "(a) = 1", "a + b = 1", "\"a\" = 1", "null = 1", "me = 1", "a = b = c", "a &= 1"]
    {
        wrong(text);
    }
}

#[test]
fn control_flow() {
    same("while a { b() }", "loop a { b() }");
    same("loop (a) { }", "loop a { }");
    same("loop { }", "loop() { }");
    same("while() { }", "loop { }");
    same("if (a) { }", "if a { }");
    assert_eq!(tree("loop (a)(b) { }"), "Loop\n  Call\n    Name a\n    arg: Name b\n  Block\n");
    same("if a { } else if b { } else { c() }", "if a { } else { if b { } else { c() } }");
    right("if match a { 1 => b } { c() }");
    right("if fn() { }() { }");
    right("loop %{ } { }");
    for text in
        ["if { }", "if a b()", "else { }", "if a { } else b()", "loop a b()", "if a { } else { } else { }"]
    {
        wrong(text);
    }
    assert_eq!(tree("return"), "Return\n");
    assert_eq!(tree("if a { return } b()"), tree("if a { return\n} b()"));
    right("throw\n1");
    wrong("throw");
    wrong("return )");
}

#[test]
fn print_is_a_statement() {
    assert_eq!(tree("print(a)"), "Print\n  Name a\n");
    assert_eq!(tree("print()"), "Print\n");
    assert_eq!(tree("print (a)"), "Print\n  Name a\n");
    right("console.print(a, b)");
    for text in [
        "print(a, b)",
        "print a",
        "print",
        "x = print(a)",
        "f(print(a))",
        "match a { 1 => print(b) }",
        "print(a).b",
    ] {
        wrong(text);
    }
}

#[test]
fn catch_forms() {
    let shown = tree("try { } catch (T e) { } catch (e) { } catch () { } catch e { } catch { } finally { }");
    assert_eq!(
        shown,
        "Try\n  Block\n  Catch T as e\n    Block\n  Catch as e\n    Block\n  Catch\n    Block\n  Catch as e\n    Block\n  Catch\n    Block\n  finally: Block\n"
    );
    right("try { }");
    right("try { } finally { }");
    for text in [
        "catch e { }",
        "finally { }",
        "try { } catch (e: T) { }",
        "try { } catch (a b c) { }",
        "try { } finally { } catch { }",
        "try a()",
    ] {
        wrong(text);
    }
}

#[test]
fn modules() {
    assert_eq!(tree("include \"a/b.nyash\""), "Include \"a/b.nyash\"\n");
    assert_eq!(tree("using a.b.c as X"), "Using a.b.c as X\n");
    assert_eq!(tree("using a . b"), "Using a.b\n");
    assert_eq!(tree("using \"f\" as X"), "Using \"f\" as X\n");
    same("using a\nas = 1", "using a; as = 1");
    for text in ["include a", "include", "using 1", "using a.", "using a as"] {
        wrong(text);
    }
}

#[test]
fn match_arms() {
    let shown = tree("x = match a { 1 | \"b\" | c.d => 2, -3 if e => { f() } _ if g => 4\n _ => 5 }");
    let expected = "Assign\n  Name x\n  Match\n    Name a\n    Arm\n      pattern: Int 1\n      pattern: Str \"b\"\n      \
pattern: Field d\n        Name c\n      value: Int 2\n    Arm\n      pattern: Unary Neg\n        Int 3\n      \
guard: Name e\n      Block\n        Expr\n          Call\n            Name f\n    Arm _\n      guard: Name g\n      \
value: Int 4\n    Arm _\n      value: Int 5\n";
    assert_eq!(shown, expected);
    // Patterns are expressions up to `==`; `|` separates them, weaker operators need parentheses.
    same("match a { b == c => 1 }", "match a { (b == c) => 1 }");
    differ("match a { b | c => 1 }", "match a { (b | c) => 1 }");
    right("match a { (b & c) => 1, (b or c) => 2 }");
    right("match a { }");
    right("match a { 1 => b 2 => c }");
    right("match a { _ + 1 => b }");
    right("match a.b(c)[0] { 1 => b }");
    for text in [
        "match a { 1 }",
        "match a { 1, 2 => 3 }",
        "match a { => 1 }",
        "match a { b & c => 1 }",
        "match a { b or c => 1 }",
        "match { }",
        "match a { 1 -> 2 }",
    ] {
        wrong(text);
    }
}

#[test]
fn boxes() {
    let shown = tree("box B<T, U> from A<T>, C.x { }".replace(".x", "").as_str());
    assert_eq!(shown, "Box B <2> from A <1>, C\n");
    same("box B : A interface I, J { }", "box B from A implements I, J { }");
    same("box B { a b, c\nd }", "box B { a, b, c, d }");
    same("box B { init { a, weak b: T c } }", "box B { a\nweak b\nc }");
    same("box B { a: T = 1 }", "box B { a = 1 }");
    differ("box B { public { a } }", "box B { a }");
    differ("box B { public { } a }", "box B { a }");
    differ("box B { public { a } }", "box B { private { a } }");
    same("box B\nfrom A\n{\n}", "box B from A { }");
    right("box B { a = 1 b = 2, m() { } c }");
    right("box B { m(): T<U> { } init\n{ a } }");
    right("static box B { static { me.x = 1 } static = 1 override m() { } static main() { } }");
    for text in [
        "box B",
        "box { }",
        "box B { m() }",
        "box B { 1 }",
        "box B { a; b }",
        "box B { birth { } }",
        "box B from { }",
        "box B { static { } }",
        "box B { a() { }; }",
        "static B { }",
        "interface B { }",
        "box B { public { m() { } } }",
        "interface box I { m() { } }",
        "interface box I { a }",
        "interface box I from J { m() }",
        "box B { override birth() { } }",
        "box B<> { }",
        "box B { init { a = 1 } }",
    ] {
        wrong(text);
    }
}

#[test]
fn members_and_constructors() {
    let shown = tree(
        "box B { birth(a) { } init() { } pack(a, b) { } constructor(a, b, c) { } B(a, b, c, d) { } fini() { } main() { } }",
    );
    assert_eq!(shown.matches("Constructor").count(), 5, "{shown}");
    assert_eq!(shown.matches("Method").count(), 2, "{shown}");
    assert_eq!(
        tree("box B { override m(a) { } static n() { } weak w\npublic { p } private { q } }"),
        "Box B groups\n  Override Method\n    Func m(a)\n  Static Method\n    Func n()\n  Weak Field w\n  Public Field p\n  Private Field q\n"
    );
    assert_eq!(tree("interface box I { m(a, b) n() }"), "Interface I\n  Signature m/2\n  Signature n/0\n");
    assert_eq!(
        tree("static box S { static { a() } }"),
        "Static Box S\n  StaticBlock\n    Expr\n      Call\n        Name a\n"
    );
    // On a line of its own such a word is a field.
    assert_eq!(tree("box B { weak\nx }"), "Box B\n  Field weak\n  Field x\n");
    assert_eq!(tree("box B { override\nm() { } }"), "Box B\n  Field override\n  Method\n    Func m()\n");
}

#[test]
fn functions() {
    same("function f(a, b) { }", "fn f(a, b) { }");
    same("function f(a: T, b: U<V>) { }", "function f(a, b) { }");
    same("f = fn(a) { return a }", "f = function (a) { return a }");
    assert_eq!(tree("static function B.f(a) { }"), "StaticFunction B\n  Func f(a)\n");
    right("fn() { }()");
    right("{ function f() { } box B { } }");
    for text in [
        "function f { }",
        "function f(a b) { }",
        "function f(a = 1) { }",
        "function f(a,) { }",
        "x = fn f() { }",
        "{ static function B.f() { } }",
        "static function f() { }",
        "function f()",
    ] {
        wrong(text);
    }
}

#[test]
fn new_and_from() {
    assert_eq!(tree("new A<B, C<D>>(1)"), "Expr\n  New A <2>\n    arg: Int 1\n");
    assert_eq!(tree("from A.m(1)"), "Expr\n  From A.m\n    arg: Int 1\n");
    right("new A().b(new C<D>())[0]");
    right("x = from A.birth() + 1");
    for text in
        ["new A", "new A<>()", "new A<B(1)", "new 1()", "from A(1)", "from A.m", "from A", "new A\n(1)"]
    {
        wrong(text);
    }
}

#[test]
fn collections() {
    assert_eq!(
        tree("%{ \"a\" => 1, b => [2] }"),
        "Expr\n  Map\n    key: Str \"a\"\n    value: Int 1\n    key: Name b\n    value: Array\n      Int 2\n"
    );
    right("[]");
    right("%{}");
    right("%{ a => fn() { } }.b");
    for text in [
        "[1 2]",
        "[1,,2]",
        "[,]",
        "%{ a }",
        "%{ a: 1 }",
        "x = { a => 1 }",
        "a[]",
        "a[1, 2]",
        "(1, 2)",
        "()",
        "(1,)",
        "f(,)",
    ] {
        wrong(text);
    }
}

#[test]
fn spans_exclude_parentheses() {
    let s = crate::common::parse("x = (a) + (b * c)");
    let texts: Vec<&str> = s
        .parsed
        .ast
        .exprs
        .iter()
        .map(|e| {
            &s.text[(e.span.lo - crate::common::BASE) as usize..(e.span.hi - crate::common::BASE) as usize]
        })
        .collect();
    assert_eq!(texts, ["x", "a", "b", "c", "b * c", "(a) + (b * c)"]);
}
