//! Operands of instructions: the numbers that name things, and what all kinds of operands have in common.
//! It does not know the instructions.

use syntax::intern::Symbol;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            /// No such thing.
            pub const NONE: $name = $name(u32::MAX);
            /// The index as a `usize`.
            #[inline(always)]
            pub fn index(self) -> usize { self.0 as usize }
            /// Whether it is [`Self::NONE`].
            #[inline(always)]
            pub fn is_none(self) -> bool { self.0 == u32::MAX }
        }
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                if self.is_none() { f.write_str(concat!($prefix, "-")) } else { write!(f, concat!($prefix, "{}"), self.0) }
            }
        }
    )*};
}

ids! {
    /// An SSA value of a function.
    Val "%",
    /// A block of a function.
    Block "bb",
    /// An edge of a function: target block and arguments.
    EdgeId "edge",
    /// A source variable of a function before SSA construction.
    Var "v",
    /// A scope of a function before ownership is placed.
    Scope "s",
    /// A conditional part of an expression before ownership is placed.
    Cond "c",
    /// A function of the program.
    FuncId "@",
    /// A class of the program (builtin classes are [`Builtin`]).
    ClassIx "class",
    /// A global variable of the program.
    Global "$",
    /// A builtin class or builtin function, by the number the runtime gave it.
    Builtin "builtin",
}

/// A consumed operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Own(pub Val);

/// A list of borrowed operands: an index into `Func::lists`, where the length stands before the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vals(pub u32);

/// A list of consumed operands, stored like [`Vals`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owns(pub u32);

/// A list of edges, stored like [`Vals`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edges(pub u32);

/// An operand of any kind, for code that treats all instructions alike.
pub trait Operand {
    /// What kind it is, with its value.
    fn get(&self) -> OperandRef;
    /// Replaces the value; the kind must be the same, otherwise nothing happens.
    fn set(&mut self, to: OperandRef);
}

/// A value of that kind which means nothing yet.
pub trait Blank {
    /// It.
    const BLANK: Self;
}

/// Reads operands from text.
pub trait ReadOperand {
    /// What is wrong with the text.
    type Error;
    /// Reads one operand of the kind that `operand` has.
    fn operand(&mut self, operand: &mut dyn Operand) -> Result<(), Self::Error>;
}

macro_rules! operand_kinds {
    ($($(#[$doc:meta])* $kind:ident($ty:ty) = $blank:expr;)*) => {
        /// An operand with its kind.
        #[derive(Clone, Copy, PartialEq, Debug)]
        pub enum OperandRef { $($(#[$doc])* $kind($ty)),* }
        $(
            impl Operand for $ty {
                #[inline]
                fn get(&self) -> OperandRef { OperandRef::$kind(*self) }
                fn set(&mut self, to: OperandRef) { if let OperandRef::$kind(x) = to { *self = x; } }
            }
            impl Blank for $ty { const BLANK: $ty = $blank; }
        )*
    };
}

operand_kinds! {
    /// Borrowed value.
    Val(Val) = Val::NONE;
    /// Consumed value.
    Own(Own) = Own(Val::NONE);
    /// Borrowed values.
    Vals(Vals) = Vals(0);
    /// Consumed values.
    Owns(Owns) = Owns(0);
    /// Edge.
    Edge(EdgeId) = EdgeId::NONE;
    /// Edges.
    Edges(Edges) = Edges(0);
    /// Name or text.
    Name(Symbol) = Symbol(0);
    /// Function.
    Func(FuncId) = FuncId::NONE;
    /// Class of the program.
    Class(ClassIx) = ClassIx::NONE;
    /// Global variable.
    Global(Global) = Global::NONE;
    /// Builtin class or function.
    Builtin(Builtin) = Builtin::NONE;
    /// Integer.
    Int(i64) = 0;
    /// Float.
    Float(f64) = 0.0;
    /// Small number.
    Index(u32) = 0;
    /// Truth value.
    Bool(bool) = false;
    /// Variable.
    Var(Var) = Var::NONE;
    /// Scope.
    Scope(Scope) = Scope::NONE;
    /// Conditional part.
    Cond(Cond) = Cond::NONE;
    /// Block.
    Block(Block) = Block::NONE;
}
