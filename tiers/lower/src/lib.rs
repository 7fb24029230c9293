//! Generic MIR to typed MIR under the facts of the analysis. It happens once, for every tier that is not the
//! interpreter: what a back end gets is machine-like rows where types are known, exhaustive class tests where a
//! few classes are possible, and the generic row (a call of the runtime) everywhere else, so that every program
//! can be lowered and progress is a number of generic rows going down.
//!
//! It does not know what operators do: where a fast row restates a case of one, the row's definition in the table
//! says so and the conformance suite compares it with the runtime. It knows no back end and no heap.
//!
//! Reading order: [`lower`], `body` (blocks, values, edges), `convert` (representations), then the families
//! `operators`, `members`, `calls`, `guards`; `inline`,
//! `unneeded`, `forward`, `lent`, `elide`, `handover`, `owned` and `exchange` work on typed MIR, in this order.
//! [`Stage`] names what they make; behind each the function is one that the verifier accepts.

#![forbid(unsafe_code)]

mod body;
mod calls;
mod convert;
mod effects;
mod elide;
mod exchange;
mod forward;
mod guards;
mod handover;
mod inline;
mod known;
mod lent;
mod members;
mod operators;
mod owned;
mod rewrite;
mod unneeded;

use infer::Facts;
use mir::func::{Func, Rep};
use mir::inst::{Block, ClassIx, FuncId, Val};
use mir::program::Program;
use mir::types::{Signature, Signatures, Slot};
use profiler::Declined;
use syntax::intern::Symbol;

pub use inline::Bodies;
pub use known::Known;

/// Where a field is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Bytes from the start of the object.
    pub offset: u32,
    /// How it is stored; [`Rep::Unit`] does not occur.
    pub slot: Slot,
    /// It does not keep its target alive.
    pub weak: bool,
}

/// The layouts of the program's classes.
pub trait Layouts {
    /// Where an instance of a class has a field.
    fn place(&self, class: ClassIx, field: Symbol) -> Option<Place>;
    /// Whether code in the text of class `from` ([`ClassIx::NONE`]: outside of all) may touch it.
    fn visible(&self, class: ClassIx, field: Symbol, from: ClassIx) -> bool;
}

/// Everything that lowering a function needs to know.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The program.
    pub program: &'a Program,
    /// What the analysis has found.
    pub facts: &'a Facts,
    /// How functions are called.
    pub signatures: &'a SignatureTable,
    /// Where fields are.
    pub layouts: &'a dyn Layouts,
    /// Builtin methods that have rows of their own.
    pub known: &'a Known,
    /// Names that errors of indexing mention.
    pub names: Names,
    /// Bodies of small functions.
    pub bodies: &'a Bodies,
    /// Counting that nobody can observe is taken out. Without it everything is retained and released where the program
    /// says so: for tests, and for whoever looks for the fault of a count.
    pub early_drop: bool,
}

/// The program's symbols of names that the lowering itself brings up, where the program has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// `get`
    pub get: Option<Symbol>,
    /// `set`
    pub set: Option<Symbol>,
    /// `fini`
    pub fini: Option<Symbol>,
}

/// Most instructions of a function that is lowered.
const LARGEST: usize = 200_000;

/// A typed function and where the parts of the generic one are in it: what a running activation needs to go on there.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The function.
    pub func: Func,
    /// By number of a value of the generic function: the value that holds the same, in its own representation.
    pub values: Vec<Val>,
    /// By number of a block of the generic function: the block that does the same; [`Block::NONE`] when nothing does.
    pub blocks: Vec<Block>,
}

/// A step of the lowering, in the order in which they are taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// Typed, with representations and guards.
    Translated,
    /// Small bodies stand for calls.
    Inlined,
    /// Nothing is carried only to be forgotten.
    Uncarried,
    /// Nothing is done twice on one path.
    Forwarded,
    /// Results are given back without counts.
    Lent,
    /// Parameters are taken over from callers. They are released nowhere until they are [`Stage::Placed`].
    Taken,
    /// Values that are alive anyway have no counts.
    Borrowed,
    /// What is released behind a use goes along with it.
    HandedOver,
    /// Owned values end at their last use.
    Placed,
    /// What is overwritten where it was read gives its count.
    Exchanged,
}

/// Translates a function; not one that the analysis has not reached, of which nothing is known, nor one with more
/// instructions than the tiers above take.
pub fn lower(context: Context<'_>, func: FuncId) -> Result<Lowered, Declined> {
    check(context, func)?;
    // It may have been lowered to find that out.
    if context.early_drop
        && inline::takes(context, func) != 0
        && let Some(mut typed) = context.bodies.lowered(func)
    {
        exchange::exchange(context, &mut typed);
        return Ok(typed);
    }
    lower_watched(context, func, |_, _| {})
}

/// Does the same and shows the function as it is behind each stage, for whoever looks for the one that is wrong.
pub fn lower_watched(
    context: Context<'_>,
    func: FuncId,
    mut watch: impl FnMut(Stage, &Func),
) -> Result<Lowered, Declined> {
    check(context, func)?;
    let mut typed = translate(context, func, &mut watch);
    if context.early_drop {
        if inline::lends(context, func, FuncId::NONE) {
            lent::lend(&mut typed);
            watch(Stage::Lent, &typed.func);
        }
        count(context, func, &mut typed, inline::takes(context, func), &mut watch);
        exchange::exchange(context, &mut typed);
        watch(Stage::Exchanged, &typed.func);
    }
    Ok(typed)
}

/// Whether a function is one to be lowered.
fn check(context: Context<'_>, func: FuncId) -> Result<(), Declined> {
    if !context.facts.reached(func) {
        return Err(Declined::NotReached);
    }
    if context.program.func(func).insts.len() > LARGEST {
        return Err(Declined::TooLarge);
    }
    Ok(())
}

/// The function with every count that the program says.
fn translate(context: Context<'_>, func: FuncId, watch: &mut impl FnMut(Stage, &Func)) -> Lowered {
    let mut typed = context.bodies.translated(func).unwrap_or_else(|| body::translate(context, func));
    watch(Stage::Translated, &typed.func);
    inline::small_calls(context, func, &mut typed);
    watch(Stage::Inlined, &typed.func);
    unneeded::drop_carried(&mut typed);
    watch(Stage::Uncarried, &typed.func);
    forward::forward(context, &mut typed);
    watch(Stage::Forwarded, &typed.func);
    typed
}

/// Takes out the counts that nobody can observe, when the function takes these parameters.
fn count(
    context: Context<'_>,
    func: FuncId,
    typed: &mut Lowered,
    takes: u32,
    watch: &mut impl FnMut(Stage, &Func),
) {
    owned::take(typed, takes);
    watch(Stage::Taken, &typed.func);
    elide::borrow(context, func, typed);
    watch(Stage::Borrowed, &typed.func);
    handover::hand_over(context, typed);
    watch(Stage::HandedOver, &typed.func);
    owned::place(context, typed);
    watch(Stage::Placed, &typed.func);
}

/// The signatures of all functions, taken from the facts once.
#[derive(Debug, Default)]
pub struct SignatureTable {
    all: Vec<Signature>,
}

impl SignatureTable {
    /// The signatures under these facts.
    pub fn new(program: &Program, facts: &Facts) -> SignatureTable {
        let all = program.funcs.iter().enumerate().map(|(i, func)| {
            let id = FuncId(i as u32);
            if !facts.reached(id) {
                return Signature::generic(func);
            }
            Signature {
                params: (0..func.params).map(|i| convert::slot(facts.param(id, i))).collect(),
                result: convert::slot(facts.ret(id)),
                captures: (0..func.captures).map(|i| convert::slot(facts.capture(id, i))).collect(),
            }
        });
        SignatureTable { all: all.collect() }
    }

    /// The signature of a function of the program.
    pub fn of(&self, func: FuncId) -> &Signature {
        &self.all[func.index()]
    }
}

impl Signatures for SignatureTable {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.all.get(func.index())
    }
}

/// How a field of this type is kept; as its object holds it ([`infer::Ty::slot`]).
pub fn field_slot(ty: infer::Ty) -> Slot {
    let (rep, void) = match ty.slot() {
        infer::Slot::Bool => (Rep::Bool, false),
        infer::Slot::I64 => (Rep::I64, false),
        infer::Slot::F64 => (Rep::F64, false),
        infer::Slot::Ref => (Rep::Ref, false),
        infer::Slot::RefOrVoid => (Rep::Ref, true),
        infer::Slot::Any => (Rep::Any, false),
    };
    Slot { rep, void }
}

/// Whether two places are the same for compiled code.
fn same_place(a: Place, b: Place) -> bool {
    a.offset == b.offset && a.slot == b.slot && !a.weak && !b.weak && a.slot.rep != Rep::Unit
}
