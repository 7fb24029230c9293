//! Every row over numbers, made from the table: one function each, called with the cross product of corner values.

use std::fmt::Write;

use mir::func::{Func, Rep};
use mir::inst::{EdgeId, FuncId, Gives, Inst, Op, Operand, OperandRef, Own, ReadOperand, TABLE, Val};
use mir::types::Want;

use crate::{Answer, Case, Datum, Suite, Unit, corner, numbers};

/// Gives every operand the next number.
#[derive(Default)]
struct Numbered(u32);

impl ReadOperand for Numbered {
    type Error = ();
    fn operand(&mut self, operand: &mut dyn Operand) -> Result<(), ()> {
        let next = Val(self.0);
        match operand.get() {
            OperandRef::Val(_) => operand.set(OperandRef::Val(next)),
            OperandRef::Own(_) => operand.set(OperandRef::Own(Own(next))),
            // Not a row over numbers only.
            _ => return Err(()),
        }
        self.0 += 1;
        Ok(())
    }
}

/// The rows whose operands are all numbers, with the representations of operands and result.
pub(crate) fn rows() -> Vec<(&'static str, Vec<Rep>, Rep)> {
    let blank = Unit::read("func @0 \"blank\" user params 0 typed () unit { bb0: unreachable }", &[], &[]);
    let blank: &Func = &blank.program.funcs[0];
    let mut rows = Vec::new();
    for row in TABLE.iter().filter(|row| row.effects.is_typed() && row.gives == Gives::Scalar) {
        let Some(Ok(op)) = Op::read(row.mnemonic, &mut Numbered::default()) else { continue };
        let mut reps = Vec::new();
        mir::types::operands(blank, &op, |_, want| {
            if let Want::Rep(rep @ (Rep::I64 | Rep::F64 | Rep::Bool)) = want {
                reps.push(rep);
            }
        });
        let result = mir::types::result(&Inst { op, dst: Val(0), unwind: EdgeId::NONE });
        if let (true, Some(result)) = (reps.len() == row.operands.len(), result) {
            rows.push((row.mnemonic, reps, result));
        }
    }
    rows
}

/// The lists of one value of each representation.
fn product(reps: &[Rep]) -> Vec<Vec<Datum>> {
    let mut all = vec![Vec::new()];
    for rep in reps {
        let values = corner::of(*rep);
        let longer = |list: &Vec<Datum>| {
            let list = list.clone();
            values
                .clone()
                .into_iter()
                .map(move |v| list.iter().cloned().chain([v]).collect())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// The suite.
///
/// # Panics
/// When the table has a row over numbers that [`numbers`] does not know.
pub fn suite() -> Suite {
    let rows = rows();
    let mut source = String::new();
    for (i, (row, reps, result)) in rows.iter().enumerate() {
        let words: Vec<_> = reps.iter().map(|rep| rep.word()).collect();
        let operands: Vec<_> = (0..reps.len()).map(|n| format!("%{n}")).collect();
        let (n, words, operands, result) = (reps.len(), words.join(", "), operands.join(", "), result.word());
        let _ = writeln!(
            source,
            "func @{i} \"{row}\" user params {n} typed ({words}) {result} {{
             bb0: %{n}:{result} = {row} {operands} return move %{n} }}"
        );
    }
    let mut cases = Vec::new();
    for (i, (row, reps, _)) in rows.iter().enumerate() {
        for args in product(reps) {
            let Some(end) = numbers::answer(row, &args) else { panic!("nobody has said what {row} means") };
            let right = Answer { end, after: args.clone(), left: 0 };
            cases.push(Case { row, func: FuncId(i as u32), args, closure: None, right });
        }
    }
    Suite { unit: Unit::read(&source, &[], &[]), cases }
}

/// The same rows in the surroundings that tiers have short ways for: with each operand written down in the function, and with
/// truth values that are only branched on. Arguments and answers are the same.
///
/// # Panics
/// As [`suite`].
pub fn with_constants() -> Suite {
    let (mut source, mut cases, mut next) = (String::new(), Vec::new(), 0);
    for (row, reps, result) in rows() {
        let all = product(&reps);
        for fixed in (0..reps.len()).map(Some).chain([None]) {
            let values = fixed.map_or(vec![None], |at| corner::of(reps[at]).into_iter().map(Some).collect());
            for value in values {
                for branches in [false, true] {
                    if branches && result != Rep::Bool || !branches && fixed.is_none() {
                        continue;
                    }
                    source += &function(next, row, &reps, result, fixed.zip(value.clone()), branches);
                    let fits = |args: &&Vec<Datum>| match (fixed, &value) {
                        (Some(at), Some(value)) => args[at] == *value,
                        _ => true,
                    };
                    for all_args in all.iter().filter(fits) {
                        let Some(end) = numbers::answer(row, all_args) else {
                            panic!("nobody has said what {row} means")
                        };
                        let mut args = all_args.clone();
                        fixed.map(|at| args.remove(at));
                        let right = Answer { end, after: args.clone(), left: 0 };
                        cases.push(Case { row, func: FuncId(next), args, closure: None, right });
                    }
                    next += 1;
                }
            }
        }
    }
    Suite { unit: Unit::read(&source, &[], &[]), cases }
}

/// The text of a function of [`with_constants`].
fn function(
    id: u32,
    row: &str,
    reps: &[Rep],
    result: Rep,
    fixed: Option<(usize, Datum)>,
    branches: bool,
) -> String {
    let given = |at: usize| fixed.as_ref().is_none_or(|f| f.0 != at);
    let words: Vec<_> = (0..reps.len()).filter(|at| given(*at)).map(|at| reps[at].word()).collect();
    // Parameters come first, then the constant.
    let mut param = 0;
    let operands: Vec<String> = (0..reps.len())
        .map(|at| {
            param += u32::from(given(at));
            if given(at) { format!("%{}", param - 1) } else { format!("%{}", reps.len() - 1) }
        })
        .collect();
    let (n, operands, word) = (reps.len(), operands.join(", "), result.word());
    let constant = fixed.as_ref().map_or(String::new(), |(at, value)| {
        format!("%{}:{} = {} ", n - 1, reps[*at].word(), literal(value))
    });
    let end = if branches {
        format!(
            "branch %{n}, bb1, bb2 bb1: %{0}:bool = bool true return move %{0} bb2: %{1}:bool = bool false return move %{1}",
            n + 1,
            n + 2
        )
    } else {
        format!("return move %{n}")
    };
    let (params, words) = (words.len(), words.join(", "));
    format!(
        "func @{id} \"{row}\" user params {params} typed ({words}) {word} {{
         bb0: {constant}%{n}:{word} = {row} {operands} {end} }}\n"
    )
}

/// A number as an instruction.
pub(crate) fn literal(value: &Datum) -> String {
    match value {
        Datum::Int(n) => format!("int {n}"),
        Datum::Bool(b) => format!("bool {b}"),
        Datum::Float(bits) => match f64::from_bits(*bits) {
            x if x.is_nan() => "float nan".into(),
            x => format!("float {x:?}"),
        },
        other => panic!("{other:?} is no number"),
    }
}
