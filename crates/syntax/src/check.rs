//! Checks that need only the tree: `break` and `continue` outside loops, ways out of `fini` blocks,
//! `me` where no method can be. It does not resolve names. The walk keeps its own stack, since chains
//! of operators and calls are as deep as the source is long.

use crate::ast::*;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::span::Span;

/// Where a node stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// In a loop of the same function.
    in_loop: bool,
    /// In a `fini` block of the same function; then its span begins here.
    fini: Option<Span>,
    /// In a loop inside that `fini` block.
    loop_in_fini: bool,
    /// In the body of a `try` with `catch` inside that `fini` block.
    try_in_fini: bool,
    me: Me,
}

/// Whether code can have a receiver.
#[derive(Clone, Copy, Default)]
enum Me {
    /// It stands outside of boxes.
    #[default]
    Outside,
    /// It is part of a method that is called without one.
    Static,
    Receiver,
}

impl Place {
    fn function(self) -> Place {
        Place { me: self.me, ..Place::default() }
    }

    fn fini(self, span: Span) -> Place {
        Place { fini: Some(span), loop_in_fini: false, try_in_fini: false, ..self }
    }
}

enum Node {
    Expr(ExprId),
    Block(BlockId),
    Stmt(StmtId),
}

struct Walk<'a> {
    ast: &'a Ast,
    work: Vec<(Node, Place)>,
    out: &'a mut Vec<Diagnostic>,
}

/// Adds what is wrong in a tree without syntax errors.
pub(crate) fn check(ast: &Ast, out: &mut Vec<Diagnostic>) {
    let mut walk = Walk { ast, work: Vec::new(), out };
    for s in ast.stmt_list(ast.items) {
        walk.work.push((Node::Stmt(*s), Place::default()));
    }
    while let Some((node, place)) = walk.work.pop() {
        match node {
            Node::Expr(e) => walk.expr(e, place),
            Node::Stmt(s) => walk.stmt(s, place),
            Node::Block(b) => {
                for s in ast.stmt_list(ast.block(b).stmts) {
                    walk.work.push((Node::Stmt(*s), place));
                }
            }
        }
    }
}

impl Walk<'_> {
    fn push(&mut self, e: ExprId, place: Place) {
        self.work.push((Node::Expr(e), place));
    }

    fn push_all(&mut self, list: List, place: Place) {
        for e in self.ast.expr_list(list) {
            self.work.push((Node::Expr(*e), place));
        }
    }

    fn block(&mut self, b: BlockId, place: Place) {
        self.work.push((Node::Block(b), place));
    }

    fn func(&mut self, f: FuncId, place: Place) {
        self.block(self.ast.func(f).body, place.function());
    }

    fn expr(&mut self, id: ExprId, place: Place) {
        let e = self.ast.expr(id);
        match e.kind {
            ExprKind::Me => self.receiver(e.span, place),
            ExprKind::Error
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Bool(_)
            | ExprKind::Null
            | ExprKind::Void
            | ExprKind::Name(_) => {}
            ExprKind::Unary(_, a) | ExprKind::Await(a) | ExprKind::Weak(a) | ExprKind::Field(a, _) => {
                self.push(a, place);
            }
            ExprKind::Binary(_, a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Index(a, b) => {
                self.push(a, place);
                self.push(b, place);
            }
            ExprKind::Call(a, list) | ExprKind::MethodCall(a, _, list) => {
                self.push(a, place);
                self.push_all(list, place);
            }
            ExprKind::New { args, .. } | ExprKind::From { args, .. } => self.push_all(args, place),
            ExprKind::Array(list) | ExprKind::Map(list) => self.push_all(list, place),
            ExprKind::Function(f) => self.func(f, place),
            ExprKind::Match(m) => {
                let Some(m) = self.ast.matches.get(m.index()) else { return };
                self.push(m.subject, place);
                for arm in &m.arms {
                    self.push_all(arm.patterns, place);
                    if let Some(g) = arm.guard {
                        self.push(g, place);
                    }
                    match arm.body {
                        ArmBody::Expr(e) => self.push(e, place),
                        ArmBody::Block(b) => self.block(b, place),
                    }
                }
            }
        }
    }

    fn stmt(&mut self, id: StmtId, place: Place) {
        let s = *self.ast.stmt(id);
        match s.kind {
            StmtKind::Error | StmtKind::Empty | StmtKind::Include { .. } | StmtKind::Using { .. } => {}
            StmtKind::Block(b) => self.block(b, place),
            StmtKind::Local { value, fini, .. } => {
                if let Some(e) = value {
                    self.push(e, place);
                }
                if let Some(b) = fini {
                    self.block(b, place.fini(s.span));
                }
            }
            StmtKind::Fini(b) => self.block(b, place.fini(s.span)),
            StmtKind::Global { value, .. } | StmtKind::Nowait { value, .. } => self.push(value, place),
            StmtKind::If { cond, then, els } => {
                self.push(cond, place);
                self.block(then, place);
                if let Some(b) = els {
                    self.block(b, place);
                }
            }
            StmtKind::Loop { cond, body } => {
                let inside = Place { in_loop: true, loop_in_fini: place.fini.is_some(), ..place };
                if let Some(e) = cond {
                    self.push(e, inside);
                }
                self.block(body, inside);
            }
            StmtKind::Break => self.jump("break", s.span, place),
            StmtKind::Continue => self.jump("continue", s.span, place),
            StmtKind::Return(value) => {
                if let Some(fini) = place.fini {
                    self.leaves_fini("return", s.span, fini);
                }
                if let Some(e) = value {
                    self.push(e, place);
                }
            }
            StmtKind::Throw(e) => {
                if let Some(fini) = place.fini.filter(|_| !place.try_in_fini) {
                    self.leaves_fini("throw", s.span, fini);
                }
                self.push(e, place);
            }
            StmtKind::Print(value) => {
                if let Some(e) = value {
                    self.push(e, place);
                }
            }
            StmtKind::Try(t) => {
                let Some(t) = self.ast.tries.get(t.index()) else { return };
                let caught = place.try_in_fini || (place.fini.is_some() && !t.catches.is_empty());
                self.block(t.body, Place { try_in_fini: caught, ..place });
                for c in &t.catches {
                    self.block(c.body, place);
                }
                if let Some(b) = t.finally {
                    self.block(b, place);
                }
            }
            StmtKind::Box(b) => self.members(b, place),
            StmtKind::Function(f) => self.func(f, place),
            // It needs no instance, whatever box it is added to.
            StmtKind::StaticFunction { func, .. } => self.func(func, Place { me: Me::Static, ..place }),
            StmtKind::Assign { place: target, value, .. } => {
                self.push(target, place);
                self.push(value, place);
            }
            StmtKind::Expr(e) => self.push(e, place),
        }
    }

    fn members(&mut self, id: BoxId, place: Place) {
        let inside = Place { me: Me::Receiver, ..place.function() };
        let Some(decl) = self.ast.boxes.get(id.index()) else { return };
        for member in &decl.members {
            match *member {
                Member::Field { value: Some(e), .. } => self.push(e, inside),
                Member::Field { .. } | Member::Signature { .. } => {}
                Member::StaticBlock(b) => self.block(b, inside),
                // A static box has its one instance: there `static` takes nothing away.
                Member::Method { func, is_static: true, .. } if !decl.is_static => {
                    self.func(func, Place { me: Me::Static, ..inside });
                }
                Member::Constructor(f) | Member::Method { func: f, .. } => self.func(f, inside),
            }
        }
    }

    fn receiver(&mut self, span: Span, place: Place) {
        let d = match place.me {
            Me::Receiver => return,
            Me::Outside => Diagnostic::new(Code::E0303, span, "`me` outside a method")
                .label("there is no receiver here")
                .hint("only methods and constructors of a box have `me`; pass the box as a parameter"),
            Me::Static => Diagnostic::new(Code::E0303, span, "`me` in a static method")
                .label("there is no receiver here")
                .hint("a static method is called without an instance; make it an ordinary one, or pass the box as a parameter"),
        };
        self.out.push(d);
    }

    fn jump(&mut self, word: &str, span: Span, place: Place) {
        match place.fini {
            Some(fini) if place.in_loop && !place.loop_in_fini => self.leaves_fini(word, span, fini),
            _ if place.in_loop => {}
            _ => {
                let mut d = Diagnostic::new(Code::E0304, span, format!("`{word}` outside a loop"))
                    .label("no loop of this function is around it");
                d = d.hint(if word == "break" {
                    "a function is left with `return`"
                } else {
                    "`continue` goes to the next round of a `loop`; to skip code use `if`"
                });
                self.out.push(d);
            }
        }
    }

    fn leaves_fini(&mut self, word: &str, span: Span, fini: Span) {
        let start = Span::new(fini.lo, fini.lo.saturating_add(4).min(fini.hi));
        let d = Diagnostic::new(Code::E0305, span, format!("`{word}` leaves a `fini` block"))
            .label("not allowed here")
            .other(start, "the statement with the `fini` block begins here")
            .hint("a `fini` block runs while its surroundings are being left; let it end normally, with `if` around the rest");
        self.out.push(d);
    }
}
