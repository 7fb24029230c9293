//! Functions: blocks of instructions over values, with block parameters and source spans.

use syntax::intern::Symbol;
use syntax::span::Span;

use crate::inst::{Block, ClassIx, EdgeId, Edges, FuncId, Inst, Op, OperandRef, Owns, Val, Vals};

/// A function of a program.
#[derive(Clone, Debug)]
pub struct Func {
    /// As traces show it, e.g. `Main.main`, `fib`, `<top>`.
    pub name: Symbol,
    /// The class in whose text it stands (visibility, `from`); [`ClassIx::NONE`] otherwise.
    pub class: ClassIx,
    /// The function in whose text a closure or task stands.
    pub outer: FuncId,
    /// Number of parameters (with `me`, which is the first when [`Func::has_me`]); they are the values `%0..`.
    pub params: u32,
    /// Whether the first parameter is the receiver.
    pub has_me: bool,
    /// Number of captured values.
    pub captures: u32,
    /// Whether the user wrote it; traces show only such functions.
    pub kind: FuncKind,
    /// The declaration.
    pub span: Span,
    /// Number of values.
    pub values: u32,
    /// The blocks; the first one is the entry and has no parameters.
    pub blocks: Vec<BlockData>,
    /// The instructions of all blocks, block by block.
    pub insts: Vec<Inst>,
    /// Where each instruction comes from.
    pub spans: Vec<Span>,
    /// Target and arguments of every edge.
    pub edges: Vec<Edge>,
    /// Pool of operand lists; each is its length followed by the entries.
    pub lists: Vec<u32>,
    /// How values are represented, when this is typed MIR.
    pub types: Option<Types>,
    /// What the source calls values: parameters, and the first variable that holds a value; by value, ascending. For those
    /// who show values to people: it means nothing, and typed MIR and MIR that was read from text have none.
    pub names: Vec<(Val, Symbol)>,
}

/// How a value of typed MIR is represented.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rep {
    /// Nothing: the value is always the one of `null` and `void` that its signature or field says. It takes no place.
    Unit,
    /// A 64-bit integer.
    I64,
    /// A 64-bit float.
    F64,
    /// 0 or 1.
    Bool,
    /// A reference, counted; zero stands for the one of `null` and `void` that the value may also be.
    Ref,
    /// A value with its class and kind.
    Any,
}

/// Whether the bit of a position is set.
pub fn is_bit(bits: u32, position: usize) -> bool {
    position < u32::BITS as usize && bits >> position & 1 == 1
}

impl Rep {
    /// All of them.
    pub const ALL: [Rep; 6] = [Rep::Unit, Rep::I64, Rep::F64, Rep::Bool, Rep::Ref, Rep::Any];
    /// Its word in MIR text.
    pub fn word(self) -> &'static str {
        match self {
            Rep::Unit => "unit",
            Rep::I64 => "i64",
            Rep::F64 => "f64",
            Rep::Bool => "bool",
            Rep::Ref => "ref",
            Rep::Any => "any",
        }
    }
    /// Whether values may hold a counted reference.
    pub fn counts(self) -> bool {
        matches!(self, Rep::Ref | Rep::Any)
    }
}

/// What makes a function typed MIR.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Types {
    /// Representation of every value; the function's parameters come first.
    pub reps: Vec<Rep>,
    /// Representation of the result.
    pub result: Rep,
}

/// What a function is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FuncKind {
    /// Function, method, constructor or closure of the program.
    User,
    /// Top-level code of a file.
    Top,
    /// Initial values of fields, or the `static { }` block.
    Init,
    /// The body of a `nowait`.
    Task,
    /// Part of the prelude.
    Prelude,
}

impl FuncKind {
    /// Whether its activations count where it is said how deep calls may nest: many of them may be on one stack, and it may
    /// be wide. Top-level code and tasks are at most once on theirs, and the functions of the prelude are narrow.
    pub fn may_nest(self) -> bool {
        matches!(self, FuncKind::User | FuncKind::Init)
    }
}

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BlockData {
    /// Parameters: a list in `Func::lists`.
    pub params: u32,
    /// First instruction.
    pub start: u32,
    /// One past the last instruction, which is the only one that ends a block.
    pub end: u32,
    /// Where control is said to be that has just come here by a step: the place of the first instruction that the
    /// source had here, whether or not a pass has taken it away.
    pub span: Span,
}

/// Where control goes and with which arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The block.
    pub to: Block,
    /// Its arguments: a list in `Func::lists`.
    pub args: u32,
}

impl Func {
    /// An empty function. The list with index 0 is the empty list.
    pub fn new(name: Symbol, span: Span) -> Func {
        Func {
            name,
            class: ClassIx::NONE,
            outer: FuncId::NONE,
            params: 0,
            has_me: false,
            captures: 0,
            kind: FuncKind::User,
            span,
            values: 0,
            blocks: Vec::new(),
            insts: Vec::new(),
            spans: Vec::new(),
            edges: Vec::new(),
            lists: vec![0],
            types: None,
            names: Vec::new(),
        }
    }

    /// How a value is represented; [`Rep::Any`] in generic MIR.
    pub fn rep(&self, v: Val) -> Rep {
        self.types.as_ref().and_then(|t| t.reps.get(v.index())).copied().unwrap_or(Rep::Any)
    }

    /// What the source calls a value.
    pub fn name_of(&self, v: Val) -> Option<Symbol> {
        let at = self.names.binary_search_by_key(&v.0, |(v, _)| v.0).ok()?;
        self.names.get(at).map(|(_, name)| *name)
    }

    /// Stores a list and gives its index.
    pub fn push_list(&mut self, items: impl IntoIterator<Item = u32>) -> u32 {
        let at = self.lists.len();
        self.lists.push(0);
        self.lists.extend(items);
        let len = self.lists.len() - at - 1;
        if len == 0 {
            self.lists.truncate(at);
            return 0;
        }
        self.lists[at] = len as u32;
        at as u32
    }

    /// The entries of a list.
    #[inline]
    pub fn list(&self, at: u32) -> &[u32] {
        let at = at as usize;
        &self.lists[at + 1..at + 1 + self.lists[at] as usize]
    }

    /// The values of a list.
    pub fn vals(&self, at: u32) -> impl DoubleEndedIterator<Item = Val> + ExactSizeIterator + '_ {
        self.list(at).iter().map(|v| Val(*v))
    }

    /// Parameters of a block.
    pub fn block_params(
        &self,
        block: Block,
    ) -> impl DoubleEndedIterator<Item = Val> + ExactSizeIterator + '_ {
        self.vals(self.blocks[block.index()].params)
    }

    /// Instructions of a block.
    pub fn block_insts(&self, block: Block) -> &[Inst] {
        let b = &self.blocks[block.index()];
        &self.insts[b.start as usize..b.end as usize]
    }

    /// All blocks in order.
    pub fn block_ids(&self) -> impl DoubleEndedIterator<Item = Block> + ExactSizeIterator + use<> {
        (0..self.blocks.len() as u32).map(Block)
    }

    /// Calls `f` with every value that an instruction uses and whether it consumes it; edge arguments
    /// are not included.
    #[inline]
    pub fn uses(&self, op: &Op, mut f: impl FnMut(Val, bool)) {
        if let Op::CallGiving { args, given, .. } = *op {
            return self.vals(args.0).enumerate().for_each(|(i, v)| f(v, is_bit(given, i)));
        }
        op.visit(|operand| match operand {
            OperandRef::Val(v) => f(v, false),
            OperandRef::Own(v) => f(v.0, true),
            OperandRef::Vals(Vals(at)) => self.vals(at).for_each(|v| f(v, false)),
            OperandRef::Owns(Owns(at)) => self.vals(at).for_each(|v| f(v, true)),
            _ => {}
        });
    }

    /// The parameters that come with counts, as bits: those of the [`Op::Take`] with which the function begins.
    pub fn takes(&self) -> u32 {
        let first = self.blocks.first().map_or(0, |b| b.start as usize);
        let insts = self.insts.get(first..).unwrap_or_default();
        insts
            .iter()
            .map_while(|inst| match inst.op {
                Op::Take { a } => 1u32.checked_shl(a.0),
                _ => None,
            })
            .fold(0, |all, bit| all | bit)
    }

    /// Calls `f` with every edge by which an instruction may leave its block, the unwind edge last.
    #[inline]
    pub fn edges_of(&self, inst: &Inst, mut f: impl FnMut(EdgeId)) {
        // Most instructions are not looked at further.
        if inst.op.row().effects.ends_block() {
            inst.op.visit(|operand| match operand {
                OperandRef::Edge(e) => f(e),
                OperandRef::Edges(Edges(at)) => self.list(at).iter().for_each(|e| f(EdgeId(*e))),
                _ => {}
            });
        }
        if !inst.unwind.is_none() {
            f(inst.unwind);
        }
    }
}
