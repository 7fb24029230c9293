//! Small programs in source form through builder and interpreter, in audit mode.

mod support;

use support::{check, run};

#[test]
fn hello() {
    check("print(\"hello \" + 1)", "hello 1");
}

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
fn uncaught() {
    let ran = run("print(1)\nthrow \"oops\"");
    assert_eq!((ran.out.as_str(), ran.exit().as_str()), ("1\n", "uncaught -: oops"));
}
