//! What every back end of typed MIR must do: functions with arguments and the answers that are right, made without any
//! code of ours that computes. A back end implements [`Backend`] and is put through [`check`] and [`compare`].
//!
//! It knows the text of MIR and how to put arguments into a heap ([`world`]); it knows no back end.

#![forbid(unsafe_code)]

pub mod corner;
pub mod generate;
pub mod generic;
pub mod numbers;
pub mod pure;
pub mod things;
pub mod world;

use std::rc::Rc;

use mir::func::{Func, Rep};
use mir::inst::FuncId;
use mir::program::Program;
use mir::types::{Signature, Signatures, Slot};

/// What a value is, without a heap.
#[derive(Clone, PartialEq, Debug)]
pub enum Datum {
    /// `void`.
    Void,
    /// `null`, and a reference that is zero.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float by its bits; every NaN counts as the same one ([`float`]).
    Float(u64),
    /// A string.
    Str(String),
    /// An array.
    Array(Vec<Datum>),
    /// A map: its keys and values in order.
    Map(Vec<(Datum, Datum)>),
    /// An instance of a class of the program with its fields in the order of the class's layout.
    Object(u32, Vec<Datum>),
    /// An instance that was finalized.
    Dead(u32),
    /// A variable cell.
    Cell(Box<Datum>),
    /// A function value with captured values.
    Closure(u32, Vec<Datum>),
    /// As an argument: the same object as the n-th argument.
    Same(usize),
    /// Something that is none of these.
    Other(String),
}

/// A float as a datum.
pub fn float(x: f64) -> Datum {
    Datum::Float(if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() })
}

/// A string as a datum.
pub fn text(s: &str) -> Datum {
    Datum::Str(s.into())
}

/// How a call ended.
#[derive(Clone, PartialEq, Debug)]
pub enum End {
    /// With a result.
    Value(Datum),
    /// With an ErrorBox of this kind and message, or another value whose text is the message.
    Threw(String, String),
    /// The back end has not got what the function needs.
    NotHere(String),
    /// A limit was hit.
    Limit,
    /// The back end says that a rule is broken.
    Fault(String),
}

/// What a call did.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// How it ended.
    pub end: End,
    /// What the arguments were afterwards.
    pub after: Vec<Datum>,
    /// How many objects there were more than before, when arguments and result were released.
    pub left: i64,
}

/// Typed functions to run.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its text, for whoever needs a program of his own.
    pub source: String,
    /// The program; functions without representations are not called by typed ones.
    pub program: Rc<Program>,
    /// Signatures by function.
    pub signatures: Vec<Option<Signature>>,
    /// How the fields that each class declares are stored.
    pub fields: Vec<Vec<Slot>>,
    /// Most activations.
    pub max_depth: u32,
}

fn parse(text: &str) -> Program {
    match mir::text::parse(text) {
        Ok(program) => program,
        Err(error) => panic!("{error}: {:?}", text.lines().nth(error.line as usize - 1)),
    }
}

impl Unit {
    /// The program once more.
    pub fn fresh(&self) -> Program {
        parse(&self.source)
    }

    /// Reads functions; signatures say what the functions say, zero is `null`, captured values are `captures`.
    ///
    /// # Panics
    /// When the text is no program: the suite itself is wrong.
    pub fn read(text: &str, captures: &[Rep], fields: &[&[Rep]]) -> Unit {
        let program = parse(text);
        let slot = |rep: &Rep| Slot { rep: *rep, void: false };
        let signature = |func: &Func| {
            let types = func.types.as_ref()?;
            Some(Signature {
                params: types.reps.iter().take(func.params as usize).map(slot).collect(),
                result: slot(&types.result),
                captures: captures.iter().take(func.captures as usize).map(slot).collect(),
            })
        };
        let signatures = program.funcs.iter().map(signature).collect();
        let fields = fields.iter().map(|class| class.iter().map(slot).collect()).collect();
        let unit = Unit { source: text.into(), program: Rc::new(program), signatures, fields, max_depth: 50 };
        for (i, func) in unit.program.funcs.iter().enumerate() {
            let id = FuncId(i as u32);
            let checked = match func.types {
                Some(_) => mir::verify::verify_typed_as(&unit.program, id, func, &unit),
                None => mir::verify::verify(&unit.program, func),
            };
            if let Err(faults) = checked {
                panic!("{}\n{}", faults[0], mir::text::print_func(&unit.program, id, func, None));
            }
        }
        unit
    }

    /// How an argument of a function is represented.
    pub fn rep(&self, func: FuncId, arg: usize) -> Rep {
        let signature = self.signatures.get(func.index()).and_then(Option::as_ref);
        signature.and_then(|s| s.params.get(arg)).map_or(Rep::Any, |slot| slot.rep)
    }
}

impl Signatures for Unit {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.signatures.get(func.index())?.as_ref()
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.program.funcs.get(func.index()).map_or(0, Func::takes)
    }
}

/// Something that runs typed functions.
pub trait Backend {
    /// Forgets what there was and makes the functions ready.
    fn load(&mut self, unit: &Unit);
    /// Calls a function. Arguments are borrowed; `closure` is the function value that is called, for functions with
    /// captured values.
    fn run(&mut self, func: FuncId, args: &[Datum], closure: Option<&Datum>) -> Answer;
}

/// A call with the answer that is right.
#[derive(Clone, Debug)]
pub struct Case {
    /// The row of the table that it is about.
    pub row: &'static str,
    /// The function.
    pub func: FuncId,
    /// Its arguments.
    pub args: Vec<Datum>,
    /// The function value that is called.
    pub closure: Option<Datum>,
    /// What is right.
    pub right: Answer,
}

/// Functions with calls of them.
#[derive(Debug)]
pub struct Suite {
    /// The functions.
    pub unit: Unit,
    /// The calls, in the order in which they have to be made.
    pub cases: Vec<Case>,
}

/// All suites: together they have every typed row of the table.
pub fn suites() -> Vec<Suite> {
    vec![pure::suite(), things::suite()]
}

/// Puts a back end through a suite and gives what it did wrong, at most `most` texts.
pub fn check(backend: &mut dyn Backend, suite: &Suite, most: usize) -> Vec<String> {
    backend.load(&suite.unit);
    let mut wrong = Vec::new();
    for case in &suite.cases {
        let answer = backend.run(case.func, &case.args, case.closure.as_ref());
        if answer != case.right && wrong.len() < most {
            let Case { row, args, right, .. } = case;
            wrong.push(format!("{row} of {args:?}\n  must be {right:?}\n  and was {answer:?}"));
        }
    }
    wrong
}

/// Compares two back ends on the same calls of functions that must mean the same; what one of them has not got is left
/// out. Gives what differs, at most `most` texts, and the number of calls that were compared.
pub fn compare(
    one: (&mut dyn Backend, &Unit),
    other: (&mut dyn Backend, &Unit),
    calls: &[(FuncId, Vec<Datum>)],
    most: usize,
) -> (Vec<String>, usize) {
    one.0.load(one.1);
    other.0.load(other.1);
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (func, args) in calls {
        let (a, b) = (one.0.run(*func, args, None), other.0.run(*func, args, None));
        if matches!(a.end, End::NotHere(_)) || matches!(b.end, End::NotHere(_)) {
            continue;
        }
        compared += 1;
        if a != b && wrong.len() < most {
            let name = one.1.program.names.text(one.1.program.funcs[func.index()].name);
            wrong.push(format!("{name} of {args:?}\n  one: {a:?}\n  other: {b:?}"));
        }
    }
    (wrong, compared)
}
