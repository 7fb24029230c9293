//! Trees to functions: every piece of sugar of the language ends here.
//!
//! It resolves names, closures, boxes and control flow and gives functions over variables; [`crate::own`]
//! and [`crate::ssa`] finish them. It does not know what operators mean.
//!
//! Order: `declare` collects what the files declare, `class` checks boxes and builds their members, `func`
//! builds a function, `stmt`, `expr` and `exits` what is in it, `late` what comes in a later input.

mod call;
mod class;
mod declare;
mod exits;
mod expr;
mod func;
mod late;
mod member;
mod scan;
mod state;
mod stmt;

use hashbrown::{HashMap, HashSet};
use syntax::ast::{Ast, BoxId};
use syntax::codes::Code;
use syntax::diag::Diagnostic;
use syntax::intern::Symbol;
use syntax::span::{SourceMap, Span};

use crate::inst::{Builtin, ClassIx, FuncId};
use crate::program::Program;
use state::FnState;

/// One source file to build.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'a> {
    /// Its tree.
    pub ast: &'a Ast,
    /// What it is.
    pub kind: UnitKind,
    /// Which unit each `include` and file-loading `using` of this file means: position of the first byte of the
    /// statement's path literal or dotted name, index into the units of the same [`build`] call.
    pub links: &'a [(u32, usize)],
}

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnitKind {
    /// The program's file: `Main.main` is started after its top-level code.
    Main,
    /// Included or used by another unit.
    Part,
    /// The runtime's own Nyash code: may extend builtin boxes and call builtin functions named `__...`.
    Prelude,
    /// One input of a REPL: top-level `local` makes a global, the last expression is the result.
    Repl,
}

/// What the runtime offers by name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Builtin boxes that `new`, `from` and `is` may name.
    pub boxes: Vec<(String, Builtin)>,
    /// Builtin functions by name: `isType`, `string.create` (opened by `using nyashstd`), `__sort` (prelude only)...
    pub functions: Vec<KnownFunction>,
    /// `NYASH_LAX_LOCALS`: an assignment to an undeclared name in a function declares a variable of the function.
    pub lax_locals: bool,
}

/// A builtin function.
#[derive(Clone, Debug)]
pub struct KnownFunction {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: Builtin,
    /// Fewest arguments.
    pub min: u32,
    /// Most arguments.
    pub max: u32,
}

/// The result of [`build`].
#[derive(Debug, Default)]
pub struct Built {
    /// Top-level function of each unit, in order.
    pub tops: Vec<FuncId>,
    /// Compile errors and warnings. With an error nothing may be run.
    pub diagnostics: Vec<Diagnostic>,
    /// What is certain to fail at run time if it is reached; `nyash check` reports it.
    pub lints: Vec<Diagnostic>,
}

/// Names that mean something to the builder.
struct Words {
    main_box: Symbol,
    main: Symbol,
    fini: Symbol,
    env: Symbol,
    console: Symbol,
    assert: Symbol,
    constructors: [Symbol; 4],
    catch_all: [Symbol; 4],
    nyashstd: Symbol,
    main_args: Symbol,
    to_string: Symbol,
}

/// A box declaration of this build.
#[derive(Clone, Copy)]
struct Declared {
    unit: usize,
    decl: BoxId,
    class: ClassIx,
}

struct Builder<'a> {
    program: &'a mut Program,
    sources: &'a SourceMap,
    units: &'a [Unit<'a>],
    boxes: HashMap<Symbol, Builtin>,
    builtin_names: HashMap<Builtin, Symbol>,
    functions: HashMap<Symbol, KnownFunction>,
    words: Words,
    declared: Vec<Declared>,
    /// Methods and constructors whose code is still to be built.
    pending: Vec<class::Pending>,
    /// Per unit, where `me.f = e` stands.
    stores: Vec<Option<Vec<class::MeStore>>>,
    /// Boxes by where their name stands.
    by_place: HashMap<u32, ClassIx>,
    /// First parts of the names of `using nyashstd` helpers.
    helpers: HashSet<Symbol>,
    console: Option<Builtin>,
    lax_locals: bool,
    /// Where the function literals of each unit begin, in order.
    literals: Vec<Vec<u32>>,
    /// Names of all fields and methods of the program.
    members: HashSet<Symbol>,
    /// Some box has a builtin parent, so the members are not all known.
    open_members: bool,
    tops: Vec<FuncId>,
    fns: Vec<FnState>,
    unit: usize,
    diagnostics: Vec<Diagnostic>,
    lints: Vec<Diagnostic>,
    /// Names that were reported once.
    reported: HashSet<(Symbol, u32)>,
}

/// Builds all units of a program (or one more input of a REPL) into `program`.
pub fn build(program: &mut Program, sources: &SourceMap, units: &[Unit<'_>], known: &Known) -> Built {
    let names = &mut program.names;
    let words = Words {
        main_box: names.intern("Main"),
        main: names.intern("main"),
        fini: names.intern("fini"),
        env: names.intern("env"),
        console: names.intern("console"),
        assert: names.intern("assert"),
        constructors: ["birth", "init", "pack", "constructor"].map(|w| names.intern(w)),
        catch_all: ["Exception", "Error", "ErrorBox", "Any"].map(|w| names.intern(w)),
        nyashstd: names.intern("nyashstd"),
        main_args: names.intern("__args"),
        to_string: names.intern("toString"),
    };
    let boxes: HashMap<Symbol, Builtin> = known.boxes.iter().map(|(n, id)| (names.intern(n), *id)).collect();
    let builtin_names = known.boxes.iter().map(|(n, id)| (*id, names.intern(n))).collect();
    let functions = known.functions.iter().map(|f| (names.intern(&f.name), f.clone())).collect();
    let helpers =
        known.functions.iter().filter_map(|f| f.name.split_once('.')).map(|(n, _)| names.intern(n)).collect();
    let console = known.boxes.iter().find(|(n, _)| n == "ConsoleBox").map(|(_, id)| *id);
    let literals = units
        .iter()
        .map(|u| {
            let mut at: Vec<u32> =
                u.ast.funcs.iter().filter(|f| f.name.is_none()).map(|f| f.span.lo).collect();
            at.sort_unstable();
            at
        })
        .collect();
    program.has_outbox |= units.iter().any(|u| {
        u.ast.stmts.iter().any(|s| matches!(s.kind, syntax::ast::StmtKind::Local { outbox: true, .. }))
    });
    let mut builder = Builder {
        program,
        sources,
        units,
        boxes,
        builtin_names,
        functions,
        words,
        declared: Vec::new(),
        pending: Vec::new(),
        stores: Vec::new(),
        by_place: HashMap::new(),
        helpers,
        console,
        literals,
        members: HashSet::new(),
        open_members: false,
        lax_locals: known.lax_locals,
        tops: Vec::new(),
        fns: Vec::new(),
        unit: 0,
        diagnostics: Vec::new(),
        lints: Vec::new(),
        reported: HashSet::new(),
    };
    builder.declare_units();
    builder.check_classes();
    builder.build_pending();
    for unit in 0..units.len() {
        builder.build_top(unit);
    }
    Built { tops: builder.tops, diagnostics: builder.diagnostics, lints: builder.lints }
}

impl<'a> Builder<'a> {
    /// The innermost function that is being built.
    fn f(&mut self) -> &mut FnState {
        let last = self.fns.len() - 1;
        &mut self.fns[last]
    }

    fn ast(&self) -> &'a Ast {
        self.units[self.unit].ast
    }

    fn text(&self, name: Symbol) -> &str {
        self.program.names.text(name)
    }

    fn intern(&mut self, text: &str) -> Symbol {
        self.program.names.intern(text)
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Something that is certain to fail at run time.
    fn lint(&mut self, code: Code, span: Span, title: String, hint: Option<String>) {
        let mut d = Diagnostic::new(code, span, title);
        d.hint = hint;
        self.lints.push(d);
    }

    fn prelude(&self) -> bool {
        self.units[self.unit].kind == UnitKind::Prelude
    }

    /// The class that a name means.
    fn class_named(&self, name: Symbol) -> Option<ClassIx> {
        let name = self.program.aliases.get(&name).copied().unwrap_or(name);
        self.program.class_names.get(&name).copied()
    }

    /// "Did you mean" among names.
    fn nearest(&self, name: Symbol, among: impl Iterator<Item = Symbol>) -> Option<String> {
        let text = self.text(name);
        syntax::hints::nearest(text, among.map(|n| self.program.names.text(n))).map(str::to_owned)
    }
}

/// What to do about a name that nothing has: what the word of another language is called here, what it probably
/// misspells, or how it is declared.
fn undefined(name: &str, near: Option<String>, declare: String) -> String {
    let foreign = syntax::hints::foreign_word(name).map(|word| word.hint.to_owned());
    foreign.or_else(|| near.map(|near| format!("did you mean '{near}'?"))).unwrap_or(declare)
}
