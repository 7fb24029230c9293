//! The tree: what the parser builds and `mir::build` reads.
//!
//! Nodes live in vectors of [`Ast`] and refer to each other by index, so a tree of any depth is
//! freed without recursion and costs few bytes per node. It does not know tokens' trivia (those stay
//! in `Parsed::tokens`, found by span), scopes, or types.

use crate::intern::Symbol;
use crate::span::Span;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);
        impl $name {
            /// The index as a `usize`.
            #[inline]
            pub fn index(self) -> usize { self.0 as usize }
        }
    )*};
}

ids! {
    /// Index into [`Ast::exprs`].
    ExprId,
    /// Index into [`Ast::stmts`].
    StmtId,
    /// Index into [`Ast::blocks`].
    BlockId,
    /// Index into [`Ast::funcs`].
    FuncId,
    /// Index into [`Ast::boxes`].
    BoxId,
    /// Index into [`Ast::matches`].
    MatchId,
    /// Index into [`Ast::tries`].
    TryId,
}

/// A run of entries in one of the list pools of [`Ast`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct List {
    /// First entry.
    pub start: u32,
    /// Number of entries.
    pub len: u32,
}

/// A name and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ident {
    /// The interned name.
    pub name: Symbol,
    /// Where it stands.
    pub span: Span,
}

/// The tree of one source file.
#[derive(Debug, Default)]
pub struct Ast {
    /// All expressions.
    pub exprs: Vec<Expr>,
    /// All statements.
    pub stmts: Vec<Stmt>,
    /// All blocks; a block is a run in `stmt_lists` and its span with braces.
    pub blocks: Vec<Block>,
    /// All functions, methods, constructors and function literals.
    pub funcs: Vec<Func>,
    /// All box declarations, interfaces included.
    pub boxes: Vec<BoxDecl>,
    /// All `match` expressions.
    pub matches: Vec<Match>,
    /// All `try` statements.
    pub tries: Vec<Try>,
    /// Pool of expression lists.
    pub expr_lists: Vec<ExprId>,
    /// Pool of statement lists.
    pub stmt_lists: Vec<StmtId>,
    /// The items of the file, a run in `stmt_lists`.
    pub items: List,
}

impl Ast {
    /// The expressions of a list.
    pub fn expr_list(&self, list: List) -> &[ExprId] {
        &self.expr_lists[list.start as usize..(list.start + list.len) as usize]
    }
    /// The statements of a list.
    pub fn stmt_list(&self, list: List) -> &[StmtId] {
        &self.stmt_lists[list.start as usize..(list.start + list.len) as usize]
    }
    /// An expression.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }
    /// A statement.
    pub fn stmt(&self, id: StmtId) -> &Stmt {
        &self.stmts[id.index()]
    }
    /// A block.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }
    /// A function.
    pub fn func(&self, id: FuncId) -> &Func {
        &self.funcs[id.index()]
    }
}

/// `{ ... }`, or an expression arm of `match` never (that is an expression).
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The statements, a run in `Ast::stmt_lists`.
    pub stmts: List,
    /// With the braces.
    pub span: Span,
}

/// An expression and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, parentheses excluded.
    pub span: Span,
}

/// What an expression is. Lists are runs in `Ast::expr_lists`.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind {
    /// Could not be parsed; a diagnostic was reported.
    Error,
    /// Integer literal; `-9223372036854775808` arrives as one literal.
    Int(i64),
    /// Float literal.
    Float(f64),
    /// String literal, escapes resolved.
    Str(Symbol),
    /// `true`, `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `void`.
    Void,
    /// A name.
    Name(Symbol),
    /// `me`, `this`.
    Me,
    /// `- ! ~ e`.
    Unary(UnaryOp, ExprId),
    /// Every binary operator except the two logical ones.
    Binary(BinaryOp, ExprId, ExprId),
    /// `a && b`, `a and b`.
    And(ExprId, ExprId),
    /// `a || b`, `a or b`.
    Or(ExprId, ExprId),
    /// `await e`.
    Await(ExprId),
    /// `weak e`.
    Weak(ExprId),
    /// `e.name` without call.
    Field(ExprId, Ident),
    /// `e[i]`.
    Index(ExprId, ExprId),
    /// `e(args)` where `e` is not `x.name`.
    Call(ExprId, List),
    /// `e.name(args)`.
    MethodCall(ExprId, Ident, List),
    /// `new Name<targs>(args)`.
    New {
        /// The box.
        name: Ident,
        /// Number of type arguments.
        targs: u32,
        /// The arguments.
        args: List,
    },
    /// `from Parent.method(args)`.
    From {
        /// The parent.
        parent: Ident,
        /// The method.
        method: Ident,
        /// The arguments.
        args: List,
    },
    /// `[a, b]`.
    Array(List),
    /// `%{k => v}`: keys and values alternate.
    Map(List),
    /// `fn(a) { ... }`.
    Function(FuncId),
    /// `match e { ... }`.
    Match(MatchId),
}

/// Unary operators with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!`, `not`
    Not,
    /// `~`
    BitNot,
}

/// Binary operators with a value on both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// `match subject { arms }`.
#[derive(Clone, Debug)]
pub struct Match {
    /// The value that is compared.
    pub subject: ExprId,
    /// In source order.
    pub arms: Vec<Arm>,
}

/// `patterns [if guard] => body`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Alternatives compared by `==`; empty for `_`.
    pub patterns: List,
    /// The guard.
    pub guard: Option<ExprId>,
    /// What runs.
    pub body: ArmBody,
    /// The whole arm.
    pub span: Span,
}

/// The right side of an arm.
#[derive(Clone, Copy, Debug)]
pub enum ArmBody {
    /// Gives its value.
    Expr(ExprId),
    /// Gives `void`.
    Block(BlockId),
}

/// A statement and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it stands.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Copy, Debug)]
pub enum StmtKind {
    /// Could not be parsed; a diagnostic was reported.
    Error,
    /// `;`
    Empty,
    /// `{ ... }`
    Block(BlockId),
    /// One declarator of `local`/`outbox` (a list of them becomes several statements).
    Local {
        /// The variable.
        name: Ident,
        /// Its first value; `void` when absent.
        value: Option<ExprId>,
        /// Declared by `outbox`.
        outbox: bool,
        /// `local x = e fini { ... }`.
        fini: Option<BlockId>,
    },
    /// `global x = e`
    Global {
        /// The variable.
        name: Ident,
        /// Its value.
        value: ExprId,
    },
    /// `if`; an `else if` is a block with one `If` statement.
    If {
        /// The condition.
        cond: ExprId,
        /// When true.
        then: BlockId,
        /// When false.
        els: Option<BlockId>,
    },
    /// `loop`, `while`.
    Loop {
        /// Absent: endless.
        cond: Option<ExprId>,
        /// What runs.
        body: BlockId,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return [e]`
    Return(Option<ExprId>),
    /// `throw e`
    Throw(ExprId),
    /// `print(e)`, `print()`
    Print(Option<ExprId>),
    /// `try ...`
    Try(TryId),
    /// `nowait f = e`
    Nowait {
        /// The variable.
        name: Ident,
        /// What the task evaluates.
        value: ExprId,
    },
    /// `fini { ... }`
    Fini(BlockId),
    /// `include "path"`
    Include {
        /// The text of the literal.
        path: Symbol,
        /// The literal.
        path_span: Span,
    },
    /// `using a.b.c [as X]`, `using "file" [as X]`
    Using {
        /// Dotted name, or the text of the literal.
        target: Symbol,
        /// Where it stands.
        target_span: Span,
        /// Whether the target is a string literal.
        is_file: bool,
        /// `as X`
        alias: Option<Ident>,
    },
    /// A box declaration (also `interface box`).
    Box(BoxId),
    /// `function f(a) { }`
    Function(FuncId),
    /// `static function B.f(a) { }`
    StaticFunction {
        /// The box.
        target: Ident,
        /// The function; its name is the method's.
        func: FuncId,
    },
    /// `place = e`, `place += e`
    Assign {
        /// Name, Field or Index expression.
        place: ExprId,
        /// `None` for `=`.
        op: Option<BinaryOp>,
        /// The right side.
        value: ExprId,
    },
    /// An expression for its effect.
    Expr(ExprId),
}

/// `try body catch ... finally ...`.
#[derive(Clone, Debug)]
pub struct Try {
    /// What is tried.
    pub body: BlockId,
    /// In source order.
    pub catches: Vec<Catch>,
    /// Runs on every way out.
    pub finally: Option<BlockId>,
}

/// `catch (T e) { }` in all its forms.
#[derive(Clone, Debug)]
pub struct Catch {
    /// What it takes; `None` takes everything.
    pub class: Option<Ident>,
    /// The variable.
    pub name: Option<Ident>,
    /// What runs.
    pub body: BlockId,
    /// From `catch` to the closing brace.
    pub span: Span,
}

/// A function, method, constructor or function literal.
#[derive(Clone, Debug)]
pub struct Func {
    /// `None` for a function literal.
    pub name: Option<Ident>,
    /// In order.
    pub params: Vec<Ident>,
    /// What runs.
    pub body: BlockId,
    /// The whole declaration.
    pub span: Span,
}

/// A box or interface declaration.
#[derive(Clone, Debug)]
pub struct BoxDecl {
    /// The box.
    pub name: Ident,
    /// `static box`
    pub is_static: bool,
    /// `interface box`
    pub is_interface: bool,
    /// Number of type parameters.
    pub tparams: u32,
    /// `from A, B<X>`
    pub parents: Vec<Parent>,
    /// `interface I, J` / `implements I`
    pub interfaces: Vec<Ident>,
    /// Whether there is a `public { }` or `private { }` group, be it empty.
    pub has_groups: bool,
    /// In source order.
    pub members: Vec<Member>,
    /// The whole declaration.
    pub span: Span,
}

/// One entry of the `from` list.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// The box.
    pub name: Ident,
    /// Number of type arguments.
    pub targs: u32,
}

/// How open a field is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// Declared bare or in `init { }`.
    Plain,
    /// In `public { }`.
    Public,
    /// In `private { }`.
    Private,
}

/// A member of a box body.
#[derive(Clone, Debug)]
pub enum Member {
    /// A field.
    Field {
        /// Its name.
        name: Ident,
        /// Declared `weak`.
        weak: bool,
        /// The group it stands in.
        visibility: Visibility,
        /// `= e`
        value: Option<ExprId>,
    },
    /// `static { ... }`
    StaticBlock(BlockId),
    /// A constructor in any of its five spellings; `func.name` is the spelling.
    Constructor(FuncId),
    /// A method.
    Method {
        /// The function; its name is the method's.
        func: FuncId,
        /// `override`, and where.
        is_override: Option<Span>,
        /// `static` method of a plain box.
        is_static: bool,
    },
    /// `m(a)` of an interface.
    Signature {
        /// The method.
        name: Ident,
        /// Number of parameters.
        arity: u32,
    },
}
