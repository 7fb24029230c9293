//! Checks that functions keep the rules of MIR: shape, definitions before uses, and that on every path each
//! owned value is consumed exactly once.
//!
//! The phases run in this order, each only when the one before found nothing: `shape` (numbers in range,
//! blocks and edges), `dominance` (definitions), `types` (representations, in typed functions), `ownership`
//! (counts). Nothing here trusts its input: a function with numbers out of range gives faults, never a panic. It
//! does not know what values are at run time, and it does not know which builtins exist.
//!
//! Rules of ownership. A value is *owned* when its instruction gives it so, or when it is a block parameter
//! that receives an owned value on some edge (the thrown value `exc` is one). Passing an owned value to a
//! block moves it into the parameter. *Scalars* may be consumed freely; parameters that receive nothing else
//! are scalars too, and so is in typed functions every value that is not represented by a reference or an Any,
//! whatever gives it. Everything else is *borrowed*: parameters of the function, captured values, static boxes.
//! An instruction that throws has consumed nothing, except those that end a block and `release`, whose
//! operand is gone in any case.

mod dominance;
mod fault;
mod ownership;
mod sets;
mod shape;
mod types;

pub use fault::{Fault, What};
pub use ownership::OwnedAt;

use crate::func::Func;
use crate::inst::{Block, EdgeId, FuncId, Val};
use crate::program::{Parent, Program};
use crate::types::{Signature, Signatures};

/// Checks one function, which need not be among those of the program.
pub fn verify(program: &Program, func: &Func) -> Result<(), Vec<Fault>> {
    owned_at(program, func).map(drop)
}

/// Checks one function as [`verify`] does, and typed calls against the signatures of their callees.
pub fn verify_typed(program: &Program, func: &Func, signatures: &dyn Signatures) -> Result<(), Vec<Fault>> {
    phases(program, func, None, Some(signatures)).map(drop)
}

/// Checks the typed function with this number as [`verify_typed`] does, and its parameters, captured values and
/// result against its own signature.
pub fn verify_typed_as(
    program: &Program,
    id: FuncId,
    func: &Func,
    signatures: &dyn Signatures,
) -> Result<(), Vec<Fault>> {
    let Some(own) = signatures.signature(id) else {
        let what = What::NoSignature(id);
        return Err(vec![Fault::new(program, func, Block::NONE, None, what)]);
    };
    phases(program, func, Some(own), Some(signatures)).map(drop)
}

/// Checks one function and says which values are owned where.
pub fn owned_at(program: &Program, func: &Func) -> Result<OwnedAt, Vec<Fault>> {
    phases(program, func, None, None)
}

fn phases(
    program: &Program,
    func: &Func,
    own: Option<&Signature>,
    signatures: Option<&dyn Signatures>,
) -> Result<OwnedAt, Vec<Fault>> {
    let mut faults = Faults { program, func, list: Vec::new() };
    let defs = shape::check(&mut faults);
    faults.done()?;
    dominance::check(&mut faults, &defs);
    faults.done()?;
    // Before counts, which go by representations.
    if let Some(types) = &func.types {
        types::check(&mut faults, &defs, types, own, signatures);
        faults.done()?;
    }
    let owned = ownership::check(&mut faults, &defs);
    faults.done()?;
    Ok(owned)
}

/// Checks all functions of a program and its tables.
pub fn verify_program(program: &Program) -> Result<(), Vec<Fault>> {
    let mut all = Vec::new();
    tables(program, &mut |place, what| {
        all.push(Fault { func: String::new(), block: Block::NONE, inst: None, text: place, what });
    });
    for func in &program.funcs {
        if all.len() >= MOST {
            break;
        }
        all.extend(verify(program, func).err().unwrap_or_default());
    }
    if all.is_empty() { Ok(()) } else { Err(all) }
}

/// After so many faults the rest follows from the first ones.
const MOST: usize = 50;

/// Where the values of a function come from.
struct Defs {
    /// Number of function parameters, the values below are those.
    params: u32,
    /// Of every other value.
    of: Vec<Def>,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Def {
    /// Nowhere.
    Never,
    /// Parameter of a block.
    Param(Block),
    /// Result of the instruction with this position in the function.
    Inst(u32),
}

impl Defs {
    /// Position of a value that is no function parameter, in tables about such values.
    fn slot(&self, v: Val) -> Option<usize> {
        let slot = v.0.checked_sub(self.params)? as usize;
        (slot < self.of.len()).then_some(slot)
    }
}

/// The faults of one function.
struct Faults<'a> {
    program: &'a Program,
    func: &'a Func,
    list: Vec<Fault>,
}

impl Faults<'_> {
    /// A fault of the function as a whole.
    fn whole(&mut self, what: What) {
        self.add(Block::NONE, None, what);
    }

    /// A fault of the `inst`-th instruction of a block, or of the block.
    fn add(&mut self, block: Block, inst: Option<u32>, what: What) {
        if self.list.len() < MOST {
            self.list.push(Fault::new(self.program, self.func, block, inst, what));
        }
    }

    fn done(&mut self) -> Result<(), Vec<Fault>> {
        let list = core::mem::take(&mut self.list);
        if list.is_empty() { Ok(()) } else { Err(list) }
    }
}

/// Calls `f` with the edges of an instruction that are not for exceptions.
fn ways_on(func: &Func, at: usize, mut f: impl FnMut(EdgeId)) {
    let inst = &func.insts[at];
    let mut op = *inst;
    op.unwind = EdgeId::NONE;
    func.edges_of(&op, &mut f);
}

/// The rules about classes, globals and exports.
fn tables(program: &Program, wrong: &mut dyn FnMut(String, What)) {
    let known = |name: syntax::intern::Symbol| (name.0 as usize) < program.names.len();
    // A function of the program with as many parameters.
    let code = |func: FuncId, params: u32| match program.funcs.get(func.index()) {
        None => Some(What::BadFunc(func)),
        Some(f) if f.params != params => Some(What::Arity { given: params, wanted: f.params }),
        Some(_) => None,
    };
    for (i, name) in program.globals.iter().enumerate() {
        if !known(*name) {
            wrong(format!("global ${i}"), What::BadName(*name));
        }
    }
    for (i, class) in program.classes.iter().enumerate() {
        let mut wrong = |what| wrong(format!("class{i}"), what);
        let names = [class.name].into_iter().chain(class.fields.iter().map(|f| f.name));
        names
            .chain(class.methods.iter().map(|m| m.name))
            .filter(|n| !known(*n))
            .for_each(|n| wrong(What::BadName(n)));
        let users = class.parents.iter().filter_map(|p| match p {
            Parent::User(c) => Some(*c),
            Parent::Builtin(_) => None,
        });
        for other in users.chain(class.interfaces.iter().copied()) {
            if other.index() >= program.classes.len() {
                wrong(What::BadClass(other));
            }
        }
        for method in class.methods.iter().filter(|m| !(class.is_interface && m.func.is_none())) {
            let params = method.arity.saturating_add(u32::from(!method.is_static));
            code(method.func, params).into_iter().for_each(&mut wrong);
        }
        for (args, func) in &class.constructors {
            code(*func, args.saturating_add(1)).into_iter().for_each(&mut wrong);
        }
        for func in class.init.iter().chain(&class.static_init) {
            code(*func, 1).into_iter().for_each(&mut wrong);
        }
    }
    for (class, method) in &program.builtin_methods {
        let params = method.arity.saturating_add(u32::from(!method.is_static));
        if let Some(what) = code(method.func, params) {
            wrong(format!("builtin_method {class:?}"), what);
        }
    }
    let mut exports: Vec<_> = program.functions.values().copied().collect();
    exports.sort_unstable();
    for func in exports.into_iter().filter(|f| f.index() >= program.funcs.len()) {
        wrong("export".into(), What::BadFunc(func));
    }
    let mut exports: Vec<_> = program.class_names.values().copied().collect();
    exports.sort_unstable();
    for class in exports.into_iter().filter(|c| c.index() >= program.classes.len()) {
        wrong("export".into(), What::BadClass(class));
    }
}
