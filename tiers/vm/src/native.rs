//! Builtins that were found when lowering, and arrays, closures and variable cells of values: what takes its operands from
//! the words behind the instruction. It knows neither builtins nor the heap's objects.

use machine::Machine;
use mir::inst::FuncId;
use nyrt::builtin::{self, BuiltinId};
use nyrt::value::Value;
use smallvec::SmallVec;

use crate::cold::{Step, by_field, done, trapped, write_field};
use crate::op::{Inst, Word};
use crate::operands::{MOST_NATIVE_ARGS, made};
use crate::regs::Regs;

/// How many words a call of a builtin with so many arguments takes.
#[inline(always)]
pub(crate) fn words(args: u16) -> usize {
    2 + (args as usize).div_ceil(2)
}

/// A builtin that was found when lowering.
#[inline(never)]
pub(crate) fn call(m: &mut Machine, regs: Regs, inst: Inst, at: *const Word) -> Step {
    let mut args = [Value::VOID; MOST_NATIVE_ARGS];
    let count = inst.b as usize;
    for (n, arg) in args.iter_mut().take(count).enumerate() {
        // SAFETY: the code of a call of a builtin with so many arguments.
        *arg = unsafe { operand(m, regs, at, n) };
    }
    // SAFETY: the word behind the instruction holds the number.
    let id = BuiltinId(unsafe { (*at.add(1)).bits } as u16);
    match builtin::call_all(&mut m.rt, id, args.get(..count).unwrap_or(&[])) {
        Ok(value) => {
            write_field(regs, inst.a, inst.c, value);
            done(m)
        }
        Err(trap) => trapped(m, trap),
    }
}

/// The n-th operand of a builtin or of what is made.
///
/// # Safety
/// `at` is where such an instruction stands that has more than `n` operands.
#[inline(always)]
pub(crate) unsafe fn operand(m: &Machine, regs: Regs, at: *const Word, n: usize) -> Value {
    // SAFETY: the encoder writes a word for every two operands; all bits of a word are good numbers.
    let word = unsafe { (*at.add(2 + n / 2)).bits } >> (32 * (n % 2));
    by_field(m, regs, word as u16, (word >> 16) as u16)
}

/// An array, a closure or a variable cell of values that stay with their owners.
#[inline(never)]
pub(crate) fn make(m: &mut Machine, regs: Regs, inst: Inst, at: *const Word) -> Step {
    let mut items: SmallVec<[Value; 8]> = SmallVec::new();
    // Not collected: the list would be moved.
    for n in 0..inst.b as usize {
        // SAFETY: the code of an instruction with so many operands.
        items.push(unsafe { operand(m, regs, at, n) });
    }
    let heap = &mut m.rt.heap;
    let made = match (inst.c, items.first()) {
        (made::CLOSURE, _) => {
            // SAFETY: the word behind the instruction holds the function.
            let func = FuncId(unsafe { (*at.add(1)).bits } as u32);
            heap.func_new(link::func_id(func), Value::VOID, &items)
        }
        (made::CELL, Some(item)) => {
            let item = heap.own(*item);
            heap.cell_new(item).inspect_err(|_| m.rt.heap.release(item))
        }
        _ => heap.arr_from(&items),
    };
    match made {
        Ok(value) => {
            regs.set(inst.a, value.payload());
            Step::Next
        }
        Err(_) => {
            let trap = m.out_of_memory();
            trapped(m, trap)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_builtin_has_more_arguments_than_a_call_has_room_for() {
        for (_, row) in builtin::rows() {
            let all = row.max() + usize::from(row.has_receiver());
            assert!(all <= MOST_NATIVE_ARGS, "{}", row.title());
        }
    }
}
