//! Source texts as closed programs in both tiers, with a change planted between the lowering and the encoding.

use std::rc::Rc;

use infer::{Facts, World as Entries};
use interp::Interp;
use link::Linked;
use lower::{Bodies, Context, Known, Layouts, Names, Place, SignatureTable};
use machine::{Config, Exit, Machine, Trace};
use mir::build::{self, Unit, UnitKind};
use mir::func::Func;
use mir::inst::{ClassIx, FuncId};
use mir::program::Program;
use mir::types::{Signature, Signatures};
use nyrt::heap::SlotType;
use nyrt::prelude::{BOX, Prelude, PreludeFn};
use profiler::Declined;
use syntax::intern::Symbol;
use syntax::span::SourceMap;
use vm::{Source, Vm};

use super::{First, runtime};

/// A change of typed functions.
pub(crate) type Plant = fn(&mut Func);

/// A program with its facts.
pub(crate) struct Closed {
    text: String,
    program: Program,
    top: FuncId,
    facts: Facts,
}

/// A program, the same for the same text.
fn built(text: &str) -> (Program, FuncId) {
    let (mut program, mut sources) = (Program::new(), SourceMap::new());
    link::build_prelude(&mut program, &mut sources).expect("a prelude without errors");
    let file = sources.add("main.nyash", text).expect("a small file");
    let source = sources.file(file);
    let parsed = syntax::parse(&source.text, source.base, &mut program.names);
    assert!(parsed.diagnostics.is_empty(), "{:?}\n{text}", parsed.diagnostics);
    let unit = Unit { ast: &parsed.ast, kind: UnitKind::Main, links: &[] };
    let made = build::build(&mut program, &sources, &[unit], &link::known(false));
    (program, made.tops[0])
}

impl Closed {
    /// Builds and analyses a program without errors.
    pub(crate) fn new(text: &str) -> Closed {
        let (program, top) = built(text);
        let facts = infer::analyse(&program, &Entries { entries: vec![top] });
        Closed { text: text.to_owned(), program, top, facts }
    }

    fn slot(&self, class: ClassIx, field: usize) -> SlotType {
        match self.facts.layout(&self.program, class, field) {
            infer::Slot::Bool => SlotType::Bool,
            infer::Slot::I64 => SlotType::I64,
            infer::Slot::F64 => SlotType::F64,
            infer::Slot::Ref => SlotType::Ref,
            infer::Slot::RefOrVoid => SlotType::RefOrVoid,
            infer::Slot::Any => SlotType::Any,
        }
    }

    /// The functions of the program in typed form.
    fn typed(self: &Rc<Closed>, plant: Option<Plant>) -> Typed {
        let find = |text| self.program.names.find(text);
        Typed {
            signatures: SignatureTable::new(&self.program, &self.facts),
            known: Known::default(),
            bodies: Bodies::default(),
            names: Names { get: find("get"), set: find("set"), fini: find("fini") },
            plant,
            closed: self.clone(),
        }
    }

    /// Lowers every function and gives the first fault that the verifier finds.
    pub(crate) fn verified(self: &Rc<Closed>, plant: Plant) -> Option<String> {
        let typed = self.typed(Some(plant));
        (0..self.program.funcs.len() as u32).map(FuncId).find_map(|id| {
            let func = typed.lower(id)?;
            let faults = mir::verify::verify_typed_as(&self.program, id, &func, &typed).err()?;
            Some(faults.first().map_or(String::new(), ToString::to_string))
        })
    }

    /// Everything that the program shows: in the interpreter, or in the VM as far as there are typed functions.
    pub(crate) fn run(self: &Rc<Closed>, tier: Option<Option<Plant>>, options: Limits) -> String {
        let (mut rt, written) = runtime(options.audit);
        rt.limits.max_depth = options.depth;
        rt.limits.fuel = options.fuel;
        rt.prelude = prelude(&self.program);
        let slot = |class: ClassIx, field: usize| self.slot(class, field);
        let linked = Linked::with_layouts(&mut rt, built(&self.text).0, &slot);
        let config = Config { audit: options.audit, ..Config::default() };
        let mut machine = match tier {
            None => Interp::machine(rt, linked, config),
            Some(plant) => {
                let vm = Rc::new(Vm::new(Rc::new(self.typed(plant))));
                let mut machine = Machine::new(rt, linked, config);
                machine.add_tier(Rc::new(First(vm.clone())));
                machine.add_tier(vm);
                machine
            }
        };
        let exit = machine.run(self.top);
        let (how, trace) = shown(&exit);
        if let Exit::Value(value) = exit {
            machine.release(value);
        }
        let ended = machine.finish();
        // A limit gives activations up with what they own.
        let live = if how.starts_with("limit") { 0 } else { machine.rt.heap.live_objects() };
        let out = String::from_utf8_lossy(&written.0.borrow()).into_owned();
        format!("{out}\n{how} {trace:?}\n{:?} {:?} alive {live}", ended.error, ended.stopped)
    }
}

/// Under what a program is run.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) fuel: u64,
    pub(crate) depth: u32,
    pub(crate) audit: bool,
}

fn shown(exit: &Exit) -> (String, Trace) {
    match exit {
        Exit::Value(v) if v.is_ref() => ("value".into(), Trace::default()),
        Exit::Value(v) => (format!("{v:?}"), Trace::default()),
        Exit::Uncaught(u) => (format!("uncaught {:?}: {}", u.kind, u.message), u.trace.clone()),
        Exit::Limit(kind, u) => (format!("limit {kind:?}"), u.trace.clone()),
        other => (format!("{other:?}"), Trace::default()),
    }
}

/// The functions of the prelude that the runtime calls.
fn prelude(program: &Program) -> Prelude {
    let class = program.names.find(BOX).and_then(|name| program.class_names.get(&name));
    let methods = class.map_or(&[][..], |c| &program.class(*c).methods);
    Prelude::new(PreludeFn::ALL.iter().filter_map(|f| {
        let name = program.names.find(f.name())?;
        methods.iter().find(|m| m.name == name).map(|m| link::func_id(m.func))
    }))
}

/// Typed functions of a program, with a change in each of them.
struct Typed {
    closed: Rc<Closed>,
    signatures: SignatureTable,
    known: Known,
    bodies: Bodies,
    names: Names,
    plant: Option<Plant>,
}

impl Typed {
    fn lower(&self, func: FuncId) -> Option<Func> {
        let context = Context {
            program: &self.closed.program,
            facts: &self.closed.facts,
            signatures: &self.signatures,
            layouts: self,
            known: &self.known,
            names: self.names,
            bodies: &self.bodies,
            early_drop: true,
        };
        let mut typed = lower::lower(context, func).ok()?.func;
        if let Some(plant) = self.plant {
            plant(&mut typed);
        }
        Some(typed)
    }
}

impl Layouts for Typed {
    fn place(&self, class: ClassIx, field: Symbol) -> Option<Place> {
        let (program, facts) = (&self.closed.program, &self.closed.facts);
        // Any numbers do that tell places apart: the encoder asks the heap.
        let offset = facts.place(class, field)? * 16 + 8;
        let classes = program.ancestors_first(class).into_iter().map(|c| program.class(c));
        let weak = classes.flat_map(|c| &c.fields).any(|f| f.name == field && f.weak);
        Some(Place { offset, slot: lower::field_slot(facts.field(class, field)?), weak })
    }
    fn visible(&self, class: ClassIx, _: Symbol, from: ClassIx) -> bool {
        let program = &self.closed.program;
        let declared = program.ancestors_first(class).into_iter().map(|c| program.class(c));
        // Where nothing is public everything can be seen; else this says no more often than it has to.
        let public = declared.flat_map(|c| &c.fields).any(|f| f.public);
        !public || from == class
    }
}

impl Signatures for Typed {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.signatures.signature(func)
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.bodies.takes(func)
    }
}

impl Source for Typed {
    fn typed(&self, _: &Machine, func: FuncId) -> Result<Func, Declined> {
        self.lower(func).ok_or(Declined::NotReached)
    }
}
