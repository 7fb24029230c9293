//! What an instruction of typed MIR may change that a borrowed value depends on. It knows instructions and what the
//! analysis says about functions; it does not know who depends on what.

use infer::{Does, Effects};
use mir::inst::{Builtin, FuncId, Inst, Op};
use nyrt::builtin::{self, BuiltinId};

use crate::Context;

/// What a borrowed value depends on: while none of it changes, the value stays alive.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Needs {
    /// Fields, by place ([`infer::Facts::place`]), in any object.
    pub(crate) fields: Vec<u32>,
    /// Elements of arrays.
    pub(crate) arrays: bool,
    /// Values of maps.
    pub(crate) maps: bool,
    /// Contents of variable cells.
    pub(crate) cells: bool,
    /// Globals.
    pub(crate) globals: bool,
    /// Something that cannot be said: everything disturbs it.
    pub(crate) unknown: bool,
}

impl Needs {
    /// Adds what another value depends on; whether there was something new.
    pub(crate) fn join(&mut self, other: &Needs) -> bool {
        let before = (self.fields.len(), self.arrays, self.maps, self.cells, self.globals, self.unknown);
        for field in &other.fields {
            if !self.fields.contains(field) {
                self.fields.push(*field);
            }
        }
        self.arrays |= other.arrays;
        self.maps |= other.maps;
        self.cells |= other.cells;
        self.globals |= other.globals;
        self.unknown |= other.unknown;
        before != (self.fields.len(), self.arrays, self.maps, self.cells, self.globals, self.unknown)
    }
}

fn of_function(needs: &Needs, effects: &Effects) -> bool {
    effects.unknown()
        || (needs.arrays && effects.does.contains(Does::ARRAYS))
        || (needs.maps && effects.does.contains(Does::MAPS))
        || (needs.cells && effects.does.contains(Does::CELLS))
        || (needs.globals && effects.writes_globals())
        || needs.fields.iter().any(|field| effects.writes_field(*field))
}

/// Whether something that dies may change what is needed: any `fini` may run.
fn deaths_disturb(cx: Context<'_>, needs: &Needs) -> bool {
    cx.facts.finalizers().is_some_and(|effects| of_function(needs, effects))
}

/// Whether an instruction may change something that is needed.
pub(crate) fn disturbs(cx: Context<'_>, inst: &Inst, needs: &Needs) -> bool {
    if needs.unknown {
        return true;
    }
    let dies_loudly = || deaths_disturb(cx, needs);
    let callee = |f: FuncId| cx.facts.effects(f).is_none_or(|effects| of_function(needs, effects));
    match inst.op {
        Op::Release { .. } | Op::ReleaseUnwinding { .. } => dies_loudly(),
        Op::ReleaseQuiet { .. } | Op::Forget { .. } | Op::Retain { .. } => false,
        Op::Discard { .. } => dies_loudly(),
        Op::Store { class, field, .. } => {
            dies_loudly() || cx.facts.place(class, field).is_none_or(|place| needs.fields.contains(&place))
        }
        Op::Swap { class, field, .. } => {
            cx.facts.place(class, field).is_none_or(|place| needs.fields.contains(&place))
        }
        Op::StoreRaw { .. } | Op::ArrPush { .. } | Op::ArrPushMove { .. } => false,
        Op::ArrSet { .. } => dies_loudly() || needs.arrays,
        Op::ArrSetMove { .. } | Op::ArrSwap { .. } => needs.arrays,
        Op::MapSet { .. } => dies_loudly() || needs.maps,
        Op::CellSet { .. } => dies_loudly() || needs.cells,
        Op::GlobalSet { .. } => dies_loudly() || needs.globals,
        Op::CallDirect { func, .. }
        | Op::CallLent { func, .. }
        | Op::CallGiving { func, .. }
        | Op::CallClosure { func, .. } => callee(func),
        Op::CallNative { builtin, .. } | Op::CallBuiltin { builtin, .. } => native(cx, builtin, needs),
        Op::GetStatic { class } => cx.program.class(class).static_init.is_some_and(callee),
        // Nothing of it is changed where the value may still be used.
        Op::Return { .. }
        | Op::ReturnLent { .. }
        | Op::Throw { .. }
        | Op::Rethrow { .. }
        | Op::Raise { .. } => false,
        Op::Append { .. } => false,
        // It may make a bound method, but nothing of the program runs.
        Op::GetField { .. } => false,
        op => op.row().effects.runs_user_code(),
    }
}

/// Whether no instruction of a function can change what is needed: none does more than all of them together, also
/// where the instruction alone says nothing, as a method by name does.
pub(crate) fn never_disturbs(cx: Context<'_>, id: FuncId, needs: &Needs) -> bool {
    !needs.unknown
        && !deaths_disturb(cx, needs)
        && cx.facts.effects(id).is_some_and(|effects| !of_function(needs, effects))
}

fn native(cx: Context<'_>, id: Builtin, needs: &Needs) -> bool {
    let effects = builtin::row(BuiltinId(id.0 as u16)).effects;
    if effects.intersects(builtin::Effects::USER_CODE | builtin::Effects::SUSPENDS) {
        return true;
    }
    effects.contains(builtin::Effects::WRITES) && (needs.arrays || needs.maps || deaths_disturb(cx, needs))
}
