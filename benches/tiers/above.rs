//! A program in the tiers above the interpreter, put together of the same crates as in `src/engine/compile.rs`, which adds
//! switches and statistics. It measures nothing.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use infer::{Facts, World};
use link::Linked;
use lower::{Bodies, Context, Known, Layouts, Lowered, Names, Place, SignatureTable};
use machine::{Machine, Promoter};
use mir::func::{Func, Rep};
use mir::inst::{Block, ClassIx, FuncId, Val};
use mir::program::Program;
use mir::types::{Signature, Signatures, Slot};
use nyrt::heap::SlotType;
use profiler::{Decision, Declined, Step, Thresholds, Warmth, Work, decide, first_patience};
use syntax::intern::Symbol;
use vm::Vm;

/// What is known of a program before it runs.
pub(crate) struct Closed {
    facts: Facts,
    signatures: SignatureTable,
    known: Known,
    bodies: Bodies,
    names: Names,
}

impl Closed {
    /// Analyses a program that starts with this function, and copies boxes that hold things for what they are used for.
    pub(crate) fn new(program: &mut Program, top: FuncId) -> Closed {
        let facts = infer::specialize(program, &World { entries: vec![top] });
        let find = |text| program.names.find(text);
        Closed {
            signatures: SignatureTable::new(program, &facts),
            facts,
            known: Known::default(),
            bodies: Bodies::default(),
            names: Names { get: find("get"), set: find("set"), fini: find("fini") },
        }
    }

    /// How the fields of all classes lie in their instances.
    pub(crate) fn slots(&self, program: &Program) -> Vec<Vec<SlotType>> {
        let slot = |class: ClassIx, field: usize| match self.facts.layout(program, class, field) {
            infer::Slot::Bool => SlotType::Bool,
            infer::Slot::I64 => SlotType::I64,
            infer::Slot::F64 => SlotType::F64,
            infer::Slot::Ref => SlotType::Ref,
            infer::Slot::RefOrVoid => SlotType::RefOrVoid,
            infer::Slot::Any => SlotType::Any,
        };
        let classes = program.classes.iter().enumerate();
        classes.map(|(i, c)| (0..c.fields.len()).map(|f| slot(ClassIx(i as u32), f)).collect()).collect()
    }

    /// A function in typed form.
    pub(crate) fn lower(
        &self,
        linked: &Linked,
        rt: &nyrt::rt::Rt,
        func: FuncId,
    ) -> Result<Lowered, Declined> {
        let context = Context {
            program: &linked.program,
            facts: &self.facts,
            signatures: &self.signatures,
            layouts: &Fields { linked, rt },
            known: &self.known,
            names: self.names,
            bodies: &self.bodies,
            early_drop: true,
        };
        lower::lower(context, func)
    }

    /// All functions that have a typed form.
    pub(crate) fn lower_all(&self, linked: &Linked, rt: &nyrt::rt::Rt) -> Vec<(FuncId, Lowered)> {
        let all = (0..linked.program.funcs.len() as u32).map(FuncId);
        all.filter_map(|func| Some((func, self.lower(linked, rt, func).ok()?))).collect()
    }
}

impl Signatures for Closed {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.signatures.signature(func)
    }
    fn takes(&self, func: FuncId) -> u32 {
        self.bodies.takes(func)
    }
}

impl vm::Source for Closed {
    fn typed(&self, machine: &Machine, func: FuncId) -> Result<Func, Declined> {
        self.lower(&machine.linked, &machine.rt, func).map(|lowered| lowered.func)
    }
}

/// The layouts of a linked program.
struct Fields<'a> {
    linked: &'a Linked,
    rt: &'a nyrt::rt::Rt,
}

impl Layouts for Fields<'_> {
    fn place(&self, class: ClassIx, field: Symbol) -> Option<Place> {
        let name = self.rt.names.find(self.linked.program.names.text(field))?;
        let layout = self.rt.heap.layouts.get(self.linked.class_or_none(class)?);
        let field = layout.fields().iter().find(|f| f.name == name)?;
        let (rep, void) = match field.slot {
            SlotType::Bool => (Rep::Bool, false),
            SlotType::I64 => (Rep::I64, false),
            SlotType::F64 => (Rep::F64, false),
            SlotType::Ref => (Rep::Ref, false),
            SlotType::RefOrVoid => (Rep::Ref, true),
            SlotType::Any => (Rep::Any, false),
            SlotType::I32 | SlotType::Str => return None,
        };
        Some(Place { offset: field.offset, slot: Slot { rep, void }, weak: field.weak })
    }

    fn visible(&self, class: ClassIx, field: Symbol, from: ClassIx) -> bool {
        let name = self.rt.names.find(self.linked.program.names.text(field));
        match (self.linked.class_or_none(class), name) {
            (Some(class), Some(name)) => {
                self.rt.classes.field_visible(class, name, self.linked.class_or_none(from))
            }
            _ => false,
        }
    }
}

/// Moves warm functions to the VM.
struct Promotion {
    closed: Rc<Closed>,
    vm: Rc<Vm>,
    thresholds: Thresholds,
    /// What warm functions have executed; here each call and each round counts as all of a function, which is so in kernels,
    /// nearly.
    work: RefCell<Work>,
    /// What became of functions about which it was decided: nothing for those that stay.
    made: RefCell<HashMap<FuncId, Option<Rc<Places>>>>,
}

/// Where a function in the VM has the places of its generic form.
struct Places {
    blocks: Vec<Block>,
    values: Vec<Val>,
}

/// Adds the VM, to which functions move after so many calls.
pub(crate) fn add_vm(machine: &mut Machine, closed: Closed, calls: u32) {
    let closed = Rc::new(closed);
    let vm = Rc::new(Vm::new(closed.clone()));
    machine.add_tier(vm.clone());
    let (work, made) = Default::default();
    let thresholds = Thresholds { vm: Some(calls) };
    machine.set_promoter(Rc::new(Promotion { closed, vm, thresholds, work, made }));
}

impl Promotion {
    fn promote(&self, machine: &mut Machine, func: FuncId) -> Option<Rc<Places>> {
        let Lowered { func: typed, blocks, values } =
            self.closed.lower(&machine.linked, &machine.rt, func).ok()?;
        let body = self.vm.prepare_typed(machine, func, typed).ok()?;
        let code = machine.keep(body);
        machine.set_entry(func, code);
        Some(Rc::new(Places { blocks, values }))
    }

    /// What became of a function that is warm; nothing when it is asked again later.
    fn decided(&self, machine: &mut Machine, func: FuncId, in_loop: bool) -> Option<Rc<Places>> {
        if let Some(made) = self.made.borrow().get(&func) {
            return made.clone();
        }
        let size = machine.linked.program.func(func).insts.len() as u32;
        let instructions = u64::from(size);
        let step = match in_loop {
            true => Step::Round { instructions, calls_values: false },
            false => Step::Call { instructions },
        };
        let work = self.work.borrow_mut().add(self.thresholds, func.index(), step, 0);
        let warmth = Warmth { size, work, declined: false, steps: machine.steps() };
        match decide(self.thresholds, warmth) {
            Decision::Promote => {
                let made = self.promote(machine, func);
                self.made.borrow_mut().insert(func, made.clone());
                made
            }
            Decision::Later(patience) => {
                if let Some(code) = machine.entry(func) {
                    code.set_patience(patience);
                }
                None
            }
            Decision::Never => None,
        }
    }
}

impl Promoter for Promotion {
    fn patience(&self, _: FuncId) -> i32 {
        first_patience(self.thresholds)
    }

    fn warm(&self, machine: &mut Machine, func: FuncId, at_back_edge: bool) {
        let places = self.decided(machine, func, at_back_edge);
        if let (true, Some(places), Some(code)) = (at_back_edge, places, machine.entry(func)) {
            vm::enter_loop(machine, code, &places.blocks, &places.values);
        }
    }
}
