//! The function that is being built: current block, scopes, variables, captures; and how a name is found.

use std::rc::Rc;

use hashbrown::HashMap;
use syntax::intern::Symbol;
use syntax::span::Span;

use super::scan::Scan;
use crate::draft::{Draft, DraftVar, EXCEPTION_VAR, Home};
use crate::func::FuncKind;
use crate::inst::{Block, ClassIx, EdgeId, FuncId, Gives, Inst, Op, Own, Scope, Val, Vals, Var};

/// What a name of a function stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binding {
    /// A value that never changes (a parameter).
    Val(Val),
    /// A variable.
    Var(Var),
    /// A variable that holds a cell.
    Cell(Var),
    /// A captured value.
    Capture(u32),
    /// A captured cell.
    CaptureCell(u32),
}

/// How a function gets at the variables around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Around {
    /// Not at all.
    Nothing,
    /// A function literal: by reference.
    ByReference,
    /// The expression of `nowait`: values as they are when it starts.
    ByValue,
}

/// Something captured, in the order of capture indices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Captured {
    /// `None` is `me`.
    pub(super) name: Option<Symbol>,
    /// Captured as a cell.
    pub(super) cell: bool,
}

/// Where a jump out of nested scopes goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exit {
    Break,
    Continue,
    Return,
}

/// A `finally` (or `fini` block) that is open.
#[derive(Clone, Debug)]
pub(super) struct Finally {
    /// Which way to go on after the block; set before jumping to it.
    pub(super) way: Var,
    /// The exception that is on its way.
    pub(super) exception: Var,
    /// The value that is being returned.
    pub(super) result: Var,
    /// The block's code.
    pub(super) entry: Block,
    /// Exits that pass through it; their number is 2 plus the index.
    pub(super) exits: Vec<Exit>,
}

/// A variable that was made before its declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hoisted {
    pub(super) var: Var,
    /// It holds a cell, and the declaration stores into that.
    pub(super) in_cell: bool,
}

#[derive(Clone, Debug)]
pub(super) enum ScopeKind {
    Plain,
    Statement,
    /// Body of a loop (one turn).
    Loop {
        next: Block,
        done: Block,
    },
    /// Body of a `try` whose exceptions go to a handler.
    Try,
    /// What a `finally` protects; the index is into `FnState::finallys`.
    Protected(usize),
}

#[derive(Clone, Debug)]
pub(super) struct ScopeEntry {
    pub(super) scope: Scope,
    pub(super) names: Vec<(Symbol, Binding)>,
    pub(super) kind: ScopeKind,
}

/// A function under construction.
pub(super) struct FnState {
    pub(super) id: FuncId,
    pub(super) draft: Draft,
    pub(super) block: Block,
    pub(super) span: Span,
    pub(super) scopes: Vec<ScopeEntry>,
    pub(super) finallys: Vec<Finally>,
    pub(super) around: Around,
    pub(super) captures: Vec<Captured>,
    pub(super) scan: Rc<Scan>,
    pub(super) class: ClassIx,
    pub(super) me: Option<Val>,
    pub(super) unit: usize,
    /// Top-level code: assignments make globals.
    pub(super) top: bool,
    /// Holds the result while scopes are left.
    pub(super) result: Var,
    /// Variables made beforehand for the declarations that follow a `fini` block in a scope.
    pub(super) hoisted: Vec<(Scope, HashMap<Symbol, Hoisted>)>,
}

impl FnState {
    pub(super) fn new(id: FuncId, name: Symbol, span: Span, params: u32, kind: FuncKind) -> FnState {
        let mut draft = Draft::new(name, span, params);
        draft.func.kind = kind;
        let mut f = FnState {
            id,
            draft,
            block: Block(0),
            span,
            scopes: Vec::new(),
            finallys: Vec::new(),
            around: Around::Nothing,
            captures: Vec::new(),
            scan: Rc::new(Scan::default()),
            class: ClassIx::NONE,
            me: None,
            unit: 0,
            top: false,
            result: EXCEPTION_VAR,
            hoisted: Vec::new(),
        };
        let root = f.enter(ScopeKind::Plain);
        f.result = f.draft.new_var(DraftVar::new(Home::Scope(root)).movable());
        f
    }

    // ---- instructions

    pub(super) fn emit(&mut self, op: Op) -> Val {
        let inst = self.draft.inst(op);
        self.place(inst);
        inst.dst
    }

    fn place(&mut self, inst: Inst) {
        let span = self.span;
        self.draft.blocks[self.block.index()].push((inst, span));
    }

    pub(super) fn vals(&mut self, list: &[Val]) -> Vals {
        Vals(self.draft.func.push_list(list.iter().map(|v| v.0)))
    }

    pub(super) fn new_block(&mut self) -> Block {
        self.draft.new_block()
    }

    fn edge(&mut self, to: Block) -> EdgeId {
        self.draft.new_edge(to)
    }

    /// Ends the block; what follows stands in a block that nothing reaches until it is entered.
    pub(super) fn end(&mut self, op: Op) {
        self.emit(op);
        self.block = self.new_block();
    }

    pub(super) fn jump(&mut self, to: Block) {
        let to = self.edge(to);
        self.end(Op::Jump { to });
    }

    pub(super) fn branch(&mut self, cond: Val, then: Block, els: Block) {
        let then = self.edge(then);
        let els = self.edge(els);
        self.end(Op::Branch { cond, then, els });
    }

    pub(super) fn switch(&mut self, on: Val, targets: &[Block]) {
        let edges: Vec<u32> = targets.iter().map(|b| self.draft.new_edge(*b).0).collect();
        let to = crate::inst::Edges(self.draft.func.push_list(edges));
        self.end(Op::Switch { on, to });
    }

    pub(super) fn go(&mut self, block: Block) {
        self.block = block;
    }

    pub(super) fn void(&mut self) -> Val {
        self.emit(Op::Void {})
    }

    // ---- scopes

    pub(super) fn enter(&mut self, kind: ScopeKind) -> Scope {
        let scope = self.draft.new_scope();
        self.emit(Op::Enter { scope });
        self.scopes.push(ScopeEntry { scope, names: Vec::new(), kind });
        scope
    }

    pub(super) fn enter_try(&mut self, kind: ScopeKind, handler: Block) -> Scope {
        let scope = self.draft.new_scope();
        self.emit(Op::EnterTry { scope, handler });
        self.scopes.push(ScopeEntry { scope, names: Vec::new(), kind });
        scope
    }

    /// Leaves the innermost scope.
    pub(super) fn leave(&mut self) {
        if let Some(entry) = self.scopes.pop() {
            self.emit(Op::Leave { scope: entry.scope });
        }
    }

    /// The innermost scope in which names are declared.
    pub(super) fn block_scope(&self) -> Scope {
        self.scopes
            .iter()
            .rev()
            .find(|s| matches!(s.kind, ScopeKind::Plain | ScopeKind::Loop { .. }))
            .map_or(Scope(0), |s| s.scope)
    }

    fn names_mut(&mut self) -> Option<&mut Vec<(Symbol, Binding)>> {
        self.scopes
            .iter_mut()
            .rev()
            .find(|s| matches!(s.kind, ScopeKind::Plain | ScopeKind::Loop { .. }))
            .map(|s| &mut s.names)
    }

    pub(super) fn bind(&mut self, name: Symbol, binding: Binding) {
        if let Binding::Var(var) | Binding::Cell(var) = binding {
            self.draft.vars[var.index()].name = Some(name);
        }
        if let Some(names) = self.names_mut() {
            names.push((name, binding));
        }
    }

    /// The binding that the innermost naming scope itself has for a name.
    pub(super) fn bound_here(&self, name: Symbol) -> Option<Binding> {
        let scope = self.block_scope();
        let entry = self.scopes.iter().rev().find(|s| s.scope == scope)?;
        entry.names.iter().rev().find(|(n, _)| *n == name).map(|(_, b)| *b)
    }

    pub(super) fn find(&self, name: Symbol) -> Option<Binding> {
        self.scopes.iter().rev().find_map(|s| s.names.iter().rev().find(|(n, _)| *n == name).map(|(_, b)| *b))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.scopes.iter().flat_map(|s| s.names.iter().map(|(n, _)| *n))
    }

    // ---- variables

    pub(super) fn new_var(&mut self, scope: Scope) -> Var {
        self.draft.new_var(DraftVar::new(Home::Scope(scope)))
    }

    pub(super) fn new_movable(&mut self, scope: Scope) -> Var {
        self.draft.new_var(DraftVar::new(Home::Scope(scope)).movable())
    }

    pub(super) fn new_scalar(&mut self) -> Var {
        self.draft.new_var(DraftVar { scalar: true, ..DraftVar::new(Home::Exception) })
    }

    pub(super) fn init(&mut self, var: Var, value: Val) {
        self.emit(Op::VarInit { var, value });
    }

    pub(super) fn set(&mut self, var: Var, value: Val) {
        self.emit(Op::VarSet { var, value });
    }

    pub(super) fn get(&mut self, var: Var) -> Val {
        let v = self.emit(Op::VarGet { var });
        if self.draft.vars[var.index()].scalar {
            self.draft.gives[v.index()] = Gives::Scalar;
        }
        v
    }

    /// A variable of the innermost naming scope, as a cell if function literals may see it change.
    pub(super) fn declare(&mut self, name: Symbol, value: Val, cell: bool) {
        let scope = self.block_scope();
        let var = self.new_var(scope);
        if cell {
            let made = self.emit(Op::NewCell { value: Own(value) });
            self.init(var, made);
            self.bind(name, Binding::Cell(var));
        } else {
            self.init(var, value);
            self.bind(name, Binding::Var(var));
        }
    }

    pub(super) fn read(&mut self, binding: Binding) -> Val {
        match binding {
            Binding::Val(v) => v,
            Binding::Var(var) => {
                let v = self.get(var);
                if self.scan.block_arm {
                    // An arm of a `match` later in the statement may assign the variable.
                    return self.emit(Op::Retain { a: v });
                }
                v
            }
            Binding::Cell(var) => {
                let cell = self.get(var);
                self.emit(Op::GetCell { cell })
            }
            Binding::Capture(index) => self.emit(Op::Capture { index }),
            Binding::CaptureCell(index) => {
                let cell = self.emit(Op::Capture { index });
                self.emit(Op::GetCell { cell })
            }
        }
    }

    pub(super) fn write(&mut self, binding: Binding, value: Val) {
        match binding {
            Binding::Var(var) => self.set(var, value),
            Binding::Cell(var) => {
                let cell = self.get(var);
                self.emit(Op::SetCell { cell, value: Own(value) });
            }
            Binding::CaptureCell(index) => {
                let cell = self.emit(Op::Capture { index });
                self.emit(Op::SetCell { cell, value: Own(value) });
            }
            // The scan makes every assigned parameter a variable and every assigned capture a cell.
            Binding::Val(_) | Binding::Capture(_) => debug_assert!(false, "assignment to a constant binding"),
        }
    }

    /// Whether a declared name must live in a cell: function literals use it and its value can change after
    /// they were made.
    pub(super) fn needs_cell(&self, name: Symbol, own_literal: bool) -> bool {
        self.scan.captured.contains(&name) && (own_literal || self.scan.assigned.contains(&name))
    }
}
