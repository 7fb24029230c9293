//! Tier 1: typed MIR as register bytecode. Values of a known kind are words of 8 bytes in registers of their own, so that
//! no tag is tested or written where the kind is known; fields are at fixed offsets; calls between functions of this
//! tier copy words. What is not about types happens in `machine`, as for every tier, and values of unknown kind go
//! through the same functions of `nyrt` as in the interpreter.
//!
//! It knows no syntax and no analysis: typed functions come from a [`Source`].
//!
//! Reading order: `op` (the instructions), `exec` (the loop), `cold`, `native`, `by_name`, `by_value`, `sides`, `code`; then the encoding:
//! `check`, `thread`, `needed`, `plan`, `live`, `slots`, `layout`, `encode`, `rows`, `operands`.

mod by_name;
mod by_value;
mod check;
mod code;
mod cold;
mod dump;
mod encode;
mod enter;
mod exec;
mod flow;
mod layout;
mod live;
mod moves;
mod native;
mod needed;
mod op;
mod operands;
mod ops;
mod plan;
mod regs;
mod rows;
mod sides;
mod slots;
mod stats;
mod thread;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use link::Linked;
use machine::{Body, Flow as Next, Machine, Malformed, NotReady, Tier, TierId};
use mir::func::Func;
use mir::inst::{ClassIx, FuncId};
use mir::types::{Signature, Signatures};
use nyrt::heap::Field;
use nyrt::rt::Rt;
use nyrt::trap::Trap;
use profiler::{Declined, Profile};
use syntax::intern::Symbol;

use code::VmCode;
use flow::Flow;
use sides::Sides;
use stats::Counts;

pub use enter::enter_loop;
pub use stats::Executed;

/// Where typed functions come from.
pub trait Source: Signatures {
    /// The function in typed form, or why there is none.
    fn typed(&self, machine: &Machine, func: FuncId) -> Result<Func, Declined>;
}

/// The tier.
pub struct Vm {
    source: Rc<dyn Source>,
    counts: Rc<Counts>,
    counting: Cell<bool>,
    /// What the functions that were made ready saw.
    sides: RefCell<Vec<(FuncId, Rc<Sides>)>>,
}

impl Vm {
    /// A tier for the functions of a source.
    pub fn new(source: Rc<dyn Source>) -> Vm {
        Vm { source, counts: Rc::new(Counts::new()), counting: Cell::new(false), sides: RefCell::default() }
    }

    /// A tier for the functions of another source, whose instructions are counted together with this one's.
    pub fn with_source(&self, source: Rc<dyn Source>) -> Vm {
        let (counts, counting) = (self.counts.clone(), self.counting.clone());
        Vm { source, counts, counting, sides: RefCell::default() }
    }

    /// Counts instructions from now on, which makes them slower.
    pub fn count(&self) {
        self.counting.set(true);
    }

    /// Sums of what was executed while counting.
    pub fn executed(&self) -> Executed {
        self.counts.sums()
    }

    /// How often each instruction was executed while counting, most often first.
    pub fn executed_by_name(&self) -> Vec<(&'static str, u64)> {
        self.counts.executed()
    }

    /// How often the runtime did each instruction while counting, most often first; those that the loop does not have go by
    /// their names in MIR.
    pub fn runtime_by_name(&self) -> Vec<(&'static str, u64)> {
        self.counts.runtime()
    }

    /// What the places of functions that are not static saw so far, by function.
    pub fn profiles(&self) -> Vec<(FuncId, Profile)> {
        let sides = self.sides.borrow();
        let seen = sides.iter().map(|(func, sides)| (*func, sides.profile()));
        seen.filter(|(_, profile)| !profile.is_empty()).collect()
    }

    /// The bytecode of a function as text.
    pub fn dump(&self, machine: &mut Machine, func: FuncId) -> Result<String, NotReady> {
        let code = self.make(machine, func)?;
        Ok(dump::print(&code, &machine.linked.program.names))
    }

    /// Makes a function of this typed form ready; it must be the one that [`Source::typed`] would give.
    pub fn prepare_typed(
        &self,
        machine: &mut Machine,
        func: FuncId,
        typed: Func,
    ) -> Result<Box<dyn Body>, NotReady> {
        Ok(Box::new(self.encode(machine, func, typed)?))
    }

    fn make(&self, machine: &mut Machine, func: FuncId) -> Result<VmCode, NotReady> {
        let typed = self.source.typed(machine, func).map_err(NotReady::Declined)?;
        self.encode(machine, func, typed)
    }

    fn encode(&self, machine: &mut Machine, id: FuncId, mut f: Func) -> Result<VmCode, NotReady> {
        let Some(signature) = self.source.signature(id).cloned() else {
            return Err(NotReady::Malformed(Malformed { func: id, at: 0 }));
        };
        check::check(id, &f, &signature, &*self.source).map_err(NotReady::Malformed)?;
        let mut flow = Flow::new(&f);
        thread::shorten(&mut f, &mut flow);
        let (linked, rt) = (&mut machine.linked, &mut machine.rt);
        let mut env = Env { linked, rt, source: &*self.source, shapes: Vec::new(), trap: None };
        let encoded = encode::encode(id, &f, &flow, &signature, &mut env);
        let Env { shapes, trap, .. } = env;
        if let Some(trap) = trap {
            return Err(NotReady::Trap(trap));
        }
        let audited = machine.audits();
        let encoded = encoded?;
        if !machine.has_room_for(id, encoded.slots.words) {
            return Err(encode::TOO_MANY_REGISTERS);
        }
        let code = VmCode::new(id, f, signature, encoded, shapes, self.source.clone(), audited);
        self.sides.borrow_mut().push((id, code.sides.clone()));
        Ok(code)
    }
}

impl Tier for Vm {
    fn id(&self) -> TierId {
        TierId::VM
    }

    fn prepare(&self, machine: &mut Machine, func: FuncId) -> Result<Box<dyn Body>, NotReady> {
        Ok(Box::new(self.make(machine, func)?))
    }

    fn run(&self, machine: &mut Machine) -> Next {
        if self.counting.get() {
            exec::run::<true>(machine, &self.counts)
        } else {
            exec::run::<false>(machine, &self.counts)
        }
    }
}

/// The program as the encoding asks about it.
struct Env<'a> {
    linked: &'a mut Linked,
    rt: &'a mut Rt,
    source: &'a dyn Source,
    shapes: code::Shapes,
    /// A literal could not be made.
    trap: Option<Trap>,
}

impl plan::Facts for Env<'_> {
    fn literal(&mut self, text: Symbol) -> u64 {
        match self.linked.text(self.rt, text) {
            Ok(value) => value.payload(),
            Err(trap) => {
                self.trap = Some(trap);
                0
            }
        }
    }
    fn class(&self, class: ClassIx) -> Option<u16> {
        self.linked.class_or_none(class).and_then(|id| u16::try_from(id.0).ok())
    }
}

impl rows::Env for Env<'_> {
    fn signature(&self, func: FuncId) -> Option<Signature> {
        self.source.signature(func).cloned()
    }
    fn field(&mut self, class: ClassIx, name: Symbol) -> Option<Field> {
        self.linked.field(self.rt, class, name)
    }
    fn shape(&mut self, class: ClassIx) -> Option<u64> {
        let shape = Box::new(self.rt.heap.shape(self.linked.class_or_none(class)?));
        let address = &raw const *shape as u64;
        self.shapes.push(shape);
        Some(address)
    }
}
