//! Faults as data, and their text.

use core::fmt;

use syntax::intern::Symbol;

use crate::func::{Func, Rep};
use crate::inst::{Block, ClassIx, EXCEPTION, EdgeId, FuncId, Global, Val};
use crate::program::Program;
use crate::text::print_inst;
use crate::types::Want;

/// A broken rule and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Name of the function; empty for a fault of the program's tables.
    pub func: String,
    /// The block, [`Block::NONE`] when it is not about one.
    pub block: Block,
    /// The instruction, counted from the start of the block.
    pub inst: Option<u32>,
    /// Text of the instruction, or the row of a table.
    pub text: String,
    /// The rule.
    pub what: What,
}

/// A broken rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A function without blocks.
    NoBlocks,
    /// Not as many spans as instructions.
    Spans,
    /// The instructions of the blocks do not follow each other.
    Layout,
    /// The block does not end with an instruction that ends blocks.
    NoEnd,
    /// Such an instruction stands before the end.
    EndInside,
    /// An instruction that exists only before SSA construction.
    Early,
    /// An instruction of typed MIR in a function without representations.
    Typed,
    /// No such list.
    BadList(u32),
    /// No such edge.
    BadEdge(EdgeId),
    /// No such block.
    BadBlock(Block),
    /// No such value.
    BadVal(Val),
    /// No such function.
    BadFunc(FuncId),
    /// No such class.
    BadClass(ClassIx),
    /// No such global.
    BadGlobal(Global),
    /// No such name.
    BadName(Symbol),
    /// The entry block has parameters.
    EntryParams,
    /// An edge leads to the entry block.
    EntryTarget,
    /// An edge with too many or few arguments.
    EdgeArgs {
        /// Its target.
        to: Block,
        /// Number of its arguments.
        given: u32,
        /// Number of the block's parameters.
        wanted: u32,
    },
    /// A switch without ways.
    NoWays,
    /// The thrown value is used elsewhere than on an unwind edge.
    ExceptionHere,
    /// An unwind edge on an instruction that never throws.
    UnwindOnQuiet,
    /// An instruction that gives something has no result.
    NoResult,
    /// An instruction that gives nothing has a result.
    Result,
    /// A call with too many or few arguments.
    Arity {
        /// Number of arguments.
        given: u32,
        /// Number of parameters.
        wanted: u32,
    },
    /// A closure with too many or few captured values.
    Captures {
        /// Number given.
        given: u32,
        /// Number its function has.
        wanted: u32,
    },
    /// No such captured value.
    BadCapture(u32),
    /// A call does not bring the counts that its function takes.
    Taken {
        /// The arguments that bring theirs, as bits.
        given: u32,
        /// The parameters that the function takes.
        wanted: u32,
    },
    /// A parameter is taken elsewhere than at the beginning of the function, or not in its turn.
    TakenHere(Val),
    /// A parameter is used beside what was made of it by taking it.
    TakenElsewhere(Val),
    /// A method without parameters.
    NoMe,
    /// The number of values is far above what is defined.
    Sparse,
    /// A value is defined more than once.
    DefinedTwice(Val),
    /// A value is used that is nowhere defined.
    Undefined(Val),
    /// A value is used where its definition may not have run.
    NotDominated(Val),
    /// The condition of a branch is no Bool.
    NotBool(Val),
    /// A switch is on something else than an integer constant.
    NotInt(Val),
    /// Not as many representations as values.
    Reps {
        /// Number of representations.
        given: u32,
        /// Number of values.
        wanted: u32,
    },
    /// An operand or result has the wrong representation.
    Rep {
        /// The value.
        value: Val,
        /// Its representation.
        given: Rep,
        /// What the instruction or signature wants.
        wanted: Want,
    },
    /// `null` or `void` in a representation that does not have them.
    NothingRep {
        /// The value.
        value: Val,
        /// Its representation.
        given: Rep,
    },
    /// An edge argument has another representation than the parameter.
    EdgeRep {
        /// The argument.
        arg: Val,
        /// Its representation.
        given: Rep,
        /// The parameter.
        param: Val,
        /// Its representation.
        wanted: Rep,
    },
    /// The function's result is represented in another way than its signature says.
    ResultRep {
        /// The function's.
        given: Rep,
        /// The signature's.
        wanted: Rep,
    },
    /// A typed call of a function that has no signature.
    NoSignature(FuncId),
    /// The class has no such field.
    NoField(Symbol, ClassIx),
    /// A number that stands for no action of `check`.
    BadAction(u32),
    /// A borrowed value is consumed.
    NotOwned(Val),
    /// An owned value is used after it was consumed.
    Consumed(Val),
    /// An instruction consumes a value and uses it once more.
    ConsumedHere(Val),
    /// An edge passes an owned value twice.
    PassedTwice(Val),
    /// An edge passes a borrowed value to a parameter that is owned.
    BorrowedArg {
        /// The argument.
        arg: Val,
        /// The parameter.
        param: Val,
    },
    /// An owned value is never consumed on this path.
    Lost(Val),
    /// An owned value is lost if this throws.
    LostOnThrow(Val),
    /// The thrown value is not passed on by an unwind edge.
    ExceptionLost,
    /// On this way into a block a value is owned, on another it is not.
    OwnedHere {
        /// The value.
        value: Val,
        /// The block.
        to: Block,
    },
    /// On another way into a block a value is owned, on this one it is not.
    OwnedElsewhere {
        /// The value.
        value: Val,
        /// The block.
        to: Block,
    },
}

impl Fault {
    pub(super) fn new(program: &Program, func: &Func, block: Block, inst: Option<u32>, what: What) -> Fault {
        let name = func.name;
        let name = if (name.0 as usize) < program.names.len() { program.names.text(name) } else { "?" };
        let at = inst.zip(func.blocks.get(block.index())).map(|(i, b)| b.start as usize + i as usize);
        let inst_at = at.and_then(|at| func.insts.get(at));
        let text = inst_at.map(|inst| print_inst(program, func, inst)).unwrap_or_default();
        Fault { func: name.into(), block, inst, text, what }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.func.is_empty() {
            write!(f, "{}: ", self.func)?;
        }
        if !self.block.is_none() {
            write!(f, "{:?}", self.block)?;
            if let Some(inst) = self.inst {
                write!(f, " instruction {inst}")?;
            }
            f.write_str(if self.text.is_empty() { ": " } else { " " })?;
        }
        if !self.text.is_empty() {
            write!(f, "`{}`: ", self.text)?;
        }
        write!(f, "{}", self.what)
    }
}

impl core::error::Error for Fault {}

/// A value as the text of MIR has it.
struct Shown(Val);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == EXCEPTION { f.write_str("exc") } else { write!(f, "{:?}", self.0) }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::NoBlocks => write!(f, "the function has no blocks"),
            What::Spans => write!(f, "there must be one span for each instruction"),
            What::Layout => write!(f, "the instructions of the blocks must follow each other"),
            What::NoEnd => write!(f, "the block must end with an instruction that ends blocks"),
            What::EndInside => write!(f, "this may only stand at the end of a block"),
            What::Early => write!(f, "this instruction exists only before SSA construction"),
            What::Typed => write!(f, "this instruction exists only in typed functions"),
            What::BadList(x) => write!(f, "there is no list {x}"),
            What::BadEdge(x) => write!(f, "there is no {x:?}"),
            What::BadBlock(x) => write!(f, "there is no block {x:?}"),
            What::BadVal(x) => write!(f, "there is no value {}", Shown(*x)),
            What::BadFunc(x) => write!(f, "there is no function {x:?}"),
            What::BadClass(x) => write!(f, "there is no class {x:?}"),
            What::BadGlobal(x) => write!(f, "there is no global {x:?}"),
            What::BadName(x) => write!(f, "there is no name {}", x.0),
            What::EntryParams => write!(f, "the entry block must not have parameters"),
            What::EntryTarget => write!(f, "no edge may lead to the entry block"),
            What::EdgeArgs { to, given, wanted } => {
                write!(f, "{given} arguments for {to:?}, which has {wanted} parameters")
            }
            What::NoWays => write!(f, "a switch needs at least one way"),
            What::ExceptionHere => write!(f, "exc may only be an argument of an unwind edge"),
            What::UnwindOnQuiet => write!(f, "an unwind edge on an instruction that does not throw"),
            What::NoResult => write!(f, "the instruction gives a value, which needs a number"),
            What::Result => write!(f, "the instruction gives nothing"),
            What::Arity { given, wanted } => {
                write!(f, "{given} arguments for a function with {wanted} parameters")
            }
            What::Captures { given, wanted } => {
                write!(f, "{given} captured values for a function that has {wanted}")
            }
            What::Taken { given, wanted } => {
                write!(f, "the call gives arguments {given:#b}, the function takes {wanted:#b}")
            }
            What::TakenHere(v) => write!(f, "{v:?} is not taken in its turn at the beginning"),
            What::TakenElsewhere(v) => write!(f, "{v:?} was taken and is used beside that"),
            What::BadCapture(x) => write!(f, "there is no captured value {x}"),
            What::NoMe => write!(f, "a function with `me` must have a parameter"),
            What::Sparse => write!(f, "the number of values is far above what is defined"),
            What::DefinedTwice(v) => write!(f, "{} is defined more than once", Shown(*v)),
            What::Undefined(v) => write!(f, "{} is nowhere defined", Shown(*v)),
            What::NotDominated(v) => write!(f, "{} may not be defined here", Shown(*v)),
            What::NotBool(v) => write!(f, "{} must be a Bool", Shown(*v)),
            What::NotInt(v) => write!(f, "{} must be made by `int`", Shown(*v)),
            What::Reps { given, wanted } => {
                write!(f, "{given} representations for {wanted} values")
            }
            What::Rep { value, given, wanted } => {
                let wanted = match wanted {
                    Want::Rep(rep) => rep.word(),
                    Want::Counted => "ref or any",
                    Want::Free => "anything",
                };
                write!(f, "{} is {} and must be {wanted}", Shown(*value), given.word())
            }
            What::NothingRep { value, given } => {
                write!(f, "{} is {} and must be unit, ref or any", Shown(*value), given.word())
            }
            What::EdgeRep { arg, given, param, wanted } => {
                let (arg, param) = (Shown(*arg), Shown(*param));
                write!(f, "{arg} is {} and passed to {param}, which is {}", given.word(), wanted.word())
            }
            What::ResultRep { given, wanted } => {
                write!(f, "the function gives {} and its signature says {}", given.word(), wanted.word())
            }
            What::NoSignature(x) => write!(f, "{x:?} has no signature"),
            What::NoField(_, class) => write!(f, "{class:?} and its parents have no such field"),
            What::BadAction(x) => write!(f, "there is no action {x}"),
            What::NotOwned(v) => write!(f, "{} is borrowed and must not be consumed", Shown(*v)),
            What::Consumed(v) => write!(f, "{} is used after it was consumed", Shown(*v)),
            What::ConsumedHere(v) => write!(f, "{} is consumed and used once more here", Shown(*v)),
            What::PassedTwice(v) => write!(f, "{} is owned and passed twice", Shown(*v)),
            What::BorrowedArg { arg, param } => {
                write!(f, "{} is borrowed and passed to {}, which is owned", Shown(*arg), Shown(*param))
            }
            What::Lost(v) => write!(f, "{} is owned and not consumed on this path", Shown(*v)),
            What::LostOnThrow(v) => write!(f, "{} is owned and lost if this throws", Shown(*v)),
            What::ExceptionLost => write!(f, "the unwind edge does not pass exc on"),
            What::OwnedHere { value, to } => {
                write!(f, "{} is owned on this way into {to:?} and not on another", Shown(*value))
            }
            What::OwnedElsewhere { value, to } => {
                write!(f, "{} is not owned on this way into {to:?} and is on another", Shown(*value))
            }
        }
    }
}
