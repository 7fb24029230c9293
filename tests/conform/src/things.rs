//! The rows about references, boxes, variables and calls: each with functions written by hand, calls at the corners, and
//! what the language says must happen.

use mir::func::Rep;
use mir::inst::FuncId;
use nyrt::builtin::find_method;
use nyrt::value::ClassId;

use crate::{Answer, Case, Datum, End, Suite, Unit, float, text};

mod arrays;
mod maps;
mod objects;
mod texts;
mod values;

/// Classes, variables and functions that all others may use. Captured values are an I64 and a reference.
const COMMON: &str = r#"
global $0 "never"
global $1 "number"
global $2 "box"
class class0 "Thing" { field "n" field "x" field "b" field "next" field "any" }
class class1 "Derived" { parent class0 field "extra" }
func @0 "half" user params 1 typed (i64) f64 {
bb0: %1:f64 = itof %0 %2:f64 = float 0.5 %3:f64 = fmul %1, %2 return move %3 }
func @1 "adder" user params 1 captures 2 typed (i64) i64 {
bb0: %1:i64 = capture_get 0 %2:i64 = iadd %0, %1 return move %2 }
func @2 "second" user params 0 captures 2 typed () ref {
bb0: %0:ref = capture_get 1 %1:ref = retain %0 return move %1 }
func @3 "down" user params 1 typed (i64) i64 {
bb0: %1:i64 = int 0 %2:bool = ieq %0, %1 branch %2, bb1, bb2
bb1: return move %1
bb2: %3:i64 = int 1 %4:i64 = isub %0, %3 %5:i64 = call_direct @3 (%4) %6:i64 = iadd %5, %3 return move %6 }
func @4 "below" user params 1 typed (i64) i64 {
bb0: %1:i64 = int 0 %2:bool = ieq %0, %1 branch %2, bb1, bb2
bb1: inlined @4 return move %1
bb2: %3:i64 = int 1 %4:i64 = isub %0, %3 %5:i64 = call_direct @4 (%4) return move %5 }
func @5 "fails" user params 1 typed (ref) ref {
bb0: %1:ref = retain %0 %2:i64 = int 0 %3:i64 = idiv %2, %2 unwind bb1(exc, %1) return move %1
bb1(%4:any, %5:ref): release_unwinding move %5 rethrow move %4 }
"#;

/// The representations of the fields that the classes of the suite declare.
pub const FIELDS: [&[Rep]; 2] = [&[Rep::I64, Rep::F64, Rep::Bool, Rep::Ref, Rep::Any], &[Rep::Any]];

/// Collects functions and cases.
struct Maker {
    source: String,
    next: u32,
    cases: Vec<Case>,
}

impl Maker {
    /// Another function about a row; its signature as in MIR text, with the number of parameters in front.
    fn func(&mut self, row: &'static str, params: u32, signature: &str, body: &str) -> About {
        let id = FuncId(self.next);
        self.next += 1;
        self.source +=
            &format!("func @{} \"{row}\" user params {params} typed {signature} {{ bb0: {body} }}\n", id.0);
        About { row, func: id }
    }

    fn case(&mut self, about: About, args: Vec<Datum>, end: End, after: Vec<Datum>) {
        let right = Answer { end, after, left: 0 };
        self.cases.push(Case { row: about.row, func: about.func, args, closure: None, right });
    }

    /// A call that gives this and leaves its arguments as they are.
    fn gives(&mut self, about: About, args: Vec<Datum>, result: Datum) {
        let after = unchanged(&args);
        self.case(about, args, End::Value(result), after);
    }

    /// A call that throws this and leaves its arguments as they are.
    fn throws(&mut self, about: About, args: Vec<Datum>, kind: &str, message: &str) {
        let after = unchanged(&args);
        self.case(about, args, End::Threw(kind.into(), message.into()), after);
    }

    /// A call of a function value.
    fn closure(&mut self, about: About, closure: Datum, args: Vec<Datum>, result: Datum) {
        let right = Answer { end: End::Value(result), after: unchanged(&args), left: 0 };
        self.cases.push(Case { row: about.row, func: about.func, args, closure: Some(closure), right });
    }
}

/// A function and the row that it is about.
#[derive(Clone, Copy)]
struct About {
    row: &'static str,
    func: FuncId,
}

fn unchanged(args: &[Datum]) -> Vec<Datum> {
    let same = |d: &Datum| match d {
        Datum::Same(n) => args[*n].clone(),
        other => other.clone(),
    };
    args.iter().map(same).collect()
}

fn ints<const N: usize>(all: [i64; N]) -> Datum {
    Datum::Array(all.map(Datum::Int).to_vec())
}

/// An instance of `Thing`.
fn thing(n: i64, x: f64, b: bool, next: Datum, any: Datum) -> Datum {
    Datum::Object(0, vec![Datum::Int(n), float(x), Datum::Bool(b), next, any])
}

/// An instance of `Thing` in which everything has another value than a new one.
fn some_thing() -> Datum {
    thing(i64::MIN, -0.0, true, text("next"), Datum::Array(vec![]))
}

/// The number of a builtin method.
fn builtin(class: ClassId, name: &str) -> u16 {
    match find_method(class, name) {
        Some(id) => id.0,
        None => panic!("there is no builtin method {name}"),
    }
}

/// The suite.
pub fn suite() -> Suite {
    let mut maker = Maker { source: String::new(), next: 6, cases: Vec::new() };
    values::add(&mut maker);
    objects::add(&mut maker);
    arrays::add(&mut maker);
    maps::add(&mut maker);
    texts::add(&mut maker);
    let source = format!("{COMMON}{}", maker.source);
    Suite { unit: Unit::read(&source, &[Rep::I64, Rep::Ref], &FIELDS), cases: maker.cases }
}
