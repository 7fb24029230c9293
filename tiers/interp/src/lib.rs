//! Tier 0: runs generic MIR. It is the executable specification of the instructions: what an instruction means is done by
//! `nyrt`, what happens between instructions by `machine`; here is the loop, in the plainest way that is not slow.
//!
//! It knows no syntax and no other tier, and it makes no OS call.
//!
//! Reading order: `exec` (the loop), `code`.

mod code;
mod exec;
#[cfg(feature = "observe")]
pub mod observe;

use machine::{Body, Config, Flow, Machine, NotReady, Tier, TierId};
use mir::inst::{FuncId, Op};
use nyrt::rt::Rt;
use std::rc::Rc;

use code::Prepared;

/// The tier.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interp;

impl Interp {
    /// A machine whose only tier this is, so far.
    pub fn machine(rt: Rt, linked: link::Linked, config: Config) -> Machine {
        let mut machine = Machine::new(rt, linked, config);
        machine.add_tier(Rc::new(Interp));
        machine
    }
}

impl Tier for Interp {
    fn id(&self) -> TierId {
        TierId::INTERP
    }

    fn prepare(&self, machine: &mut Machine, func: FuncId) -> Result<Box<dyn Body>, NotReady> {
        let f = &machine.linked.program.funcs[func.index()];
        let prepared = Prepared::prepare(func, f).map_err(NotReady::Malformed)?;
        // A literal cannot fail where it stands: there is no unwind edge.
        for inst in &prepared.insts {
            if let Op::Str { text } = inst.op {
                machine.linked.text(&mut machine.rt, text).map_err(NotReady::Trap)?;
            }
        }
        Ok(Box::new(prepared))
    }

    fn run(&self, machine: &mut Machine) -> Flow {
        exec::run(machine)
    }
}
