//! Moves an activation of generic code that stands at the beginning of a loop into the code of the same function here.
//! It does not decide that.

use machine::{CodePtr, Machine, TierId};
use mir::inst::{Block, Val};
use mir::verify;
use nyrt::value::Value;

use crate::code::{VmCode, unboxed};
use crate::slots::{NONE, width};

/// Lets the newest activation, which stands at the beginning of a loop of generic code, go on in `code`, a code of this
/// tier for the same function. `blocks` and `values` say by the numbers of the generic function which block does
/// the same and which value holds the same. False, and nothing has happened, if that is not possible at this place.
///
/// Both forms of the function may differ in who owns what: what only the typed one owns is retained, what only the
/// generic one owns is released.
pub fn enter_loop(machine: &mut Machine, code: CodePtr, blocks: &[Block], values: &[Val]) -> bool {
    match plan(machine, code, blocks, values) {
        Some(Entry { pc, window, gain, lose }) => {
            // First what is needed, then what is not: the same object may be among both.
            gain.iter().for_each(|v| machine.rt.heap.retain(*v));
            machine.replace_newest(code, pc, &window);
            lose.into_iter().for_each(|v| machine.rt.heap.release(v));
            true
        }
        None => false,
    }
}

/// What an activation becomes.
struct Entry {
    pc: *const (),
    window: Vec<u64>,
    gain: Vec<Value>,
    lose: Vec<Value>,
}

fn plan(machine: &mut Machine, code: CodePtr, blocks: &[Block], values: &[Val]) -> Option<Entry> {
    if code.tier != TierId::VM {
        return None;
    }
    // SAFETY: all codes of this tier are made as `VmCode`.
    let vm: &VmCode = unsafe { code.cast() };
    let (rt, program) = (&machine.rt, &machine.linked.program);
    let frame = machine.task.frames.last()?;
    let body = frame.code().body();
    let generic = program.funcs.get(code.func.index())?;
    let position = body.position(frame)?;
    let from = generic.blocks.iter().position(|b| b.start as usize == position)?;
    let at = *blocks.get(from)?;
    let (_, live) = vm.loops.iter().find(|l| l.0 == at)?;

    // The other way round: the generic value of each typed one. Of several, copies among them, the one that has kept its
    // number or else the first one was defined before the others: a later copy may not have been made yet.
    let mut origin = vec![Val::NONE; vm.func.values as usize];
    for (i, v) in values.iter().enumerate() {
        let itself = v.index() == i;
        if let Some(origin) = origin.get_mut(v.index()).filter(|o| o.is_none() || itself) {
            *origin = Val(i as u32);
        }
    }
    let mut window = vec![0u64; vm.head.words as usize];
    let mut set = |slot: u16, words: [u64; 2], width: u32| {
        if slot != NONE {
            window[slot as usize] = words[0];
            if width == 2 {
                window[slot as usize + 1] = words[1];
            }
        }
    };
    for &(slot, konst) in &vm.hoisted {
        set(slot, konst.words(), konst.width());
    }
    for i in 0..vm.func.params {
        let rep = vm.func.rep(Val(i));
        set(vm.slots[i as usize], unboxed(rep, body.param(rt, frame, i as usize)), width(rep));
    }
    for v in live {
        // Made before the loop and read behind it.
        if let Some(konst) = vm.konst[v.index()] {
            set(vm.slots[v.index()], konst.words(), konst.width());
            continue;
        }
        let origin = origin[v.index()];
        if origin.is_none() {
            return None;
        }
        let rep = vm.func.rep(*v);
        set(vm.slots[v.index()], unboxed(rep, body.get(rt, frame, origin)), width(rep));
    }

    let own = verify::owned_at(program, generic).ok()?.at_entry(Block(from as u32));
    let wanted = vm.owned(program)?.at_entry(at);
    let wanted: Option<Vec<Val>> = wanted
        .into_iter()
        .filter(|v| vm.func.rep(*v).counts())
        .map(|v| Some(origin[v.index()]).filter(|origin| !origin.is_none()))
        .collect();
    let wanted = wanted?;
    let get = |v: &Val| body.get(rt, frame, *v);
    let gain = wanted.iter().filter(|v| !own.contains(v)).map(get).collect();
    let lose = own.iter().filter(|v| !wanted.contains(v)).map(get).collect();
    let start = *vm.starts.get(at.index())?;
    let pc = (&raw const *vm.words.get(start as usize)?).cast();
    Some(Entry { pc, window, gain, lose })
}
