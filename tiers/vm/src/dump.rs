//! Code as text, for `--dump=bytecode` and tests.

use std::fmt::Write;

use syntax::intern::Interner;

use crate::code::VmCode;
use crate::op::{Code, Field, Inst};

/// The code of a function. Data behind instructions is shown with them where it means something to a reader.
pub(crate) fn print(code: &VmCode, names: &Interner) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "func {:?} {:?}: {} registers, {} words",
        code.head.func,
        names.text(code.head.name),
        code.head.words,
        code.words.len()
    );
    let mut next = 0;
    for &(at, _) in &code.marks {
        if at < next {
            continue;
        }
        // SAFETY: marks are at instructions.
        let inst = unsafe { code.words[at as usize].inst };
        let _ = write!(out, "{at:5}  {}", inst.op.row().name);
        fields(&mut out, at, inst);
        data(&mut out, code, at, inst);
        out.push('\n');
        next = at + 1 + u32::from(inst.op.row().data);
    }
    out
}

fn fields(out: &mut String, at: u32, inst: Inst) {
    let mut separator = " ";
    let kinds = inst.op.row().fields;
    for (kind, value) in kinds.into_iter().zip([inst.a, inst.b, inst.c]) {
        let text = match kind {
            Field::No => continue,
            Field::Reg => format!("r{value}"),
            Field::Pair => format!("r{value}:{}", u32::from(value) + 1),
            Field::Imm => format!("{}", value as i16),
            Field::Num => format!("{value}"),
            Field::Rel => format!("-> {}", i64::from(at) + i64::from(value as i16)),
            Field::Far => format!("-> {}", i64::from(at) + i64::from(inst.wide() as i32)),
            Field::Wide => format!("{}", inst.wide() as i32),
            Field::Site => format!("#{}", inst.wide()),
        };
        let _ = write!(out, "{separator}{text}");
        separator = ", ";
    }
}

fn data(out: &mut String, code: &VmCode, at: u32, inst: Inst) {
    let word = |n: usize| code.words.get(at as usize + n).copied();
    // SAFETY: all bits of a word are good numbers.
    let bits = |n: usize| word(n).map_or(0, |w| unsafe { w.bits });
    let _ = match inst.op {
        Code::Const => write!(out, ", {:#x}", bits(1)),
        Code::Const2 => write!(out, ", {:#x} {:#x}", bits(1), bits(2)),
        Code::Call1 | Code::Call2 | Code::CallN | Code::CallClosure | Code::ClosureIs => {
            write!(out, ", @{}", bits(1) as u32)
        }
        Code::Call4 => {
            write!(out, ", r{}, r{}, @{}", bits(1) >> 32 & 0xffff, bits(1) >> 48, bits(1) as u32)
        }
        Code::Skip => {
            let mut regs = (1..=inst.a as usize).flat_map(|n| (0..4).map(move |k| (n, k)));
            regs.try_for_each(|(n, k)| write!(out, " r{}", bits(n) >> (16 * k) & 0xffff))
        }
        Code::CallNative | Code::Make => {
            let _ = match inst.op {
                Code::Make => write!(out, ", @{}", bits(1)),
                _ => write!(out, ", builtin{}", bits(1)),
            };
            let args = (0..inst.b as usize).map(|n| bits(2 + n / 2) >> (32 * (n % 2)) & 0xffff);
            args.into_iter().try_for_each(|reg| write!(out, " r{reg}"))
        }
        Code::GlobalGet | Code::GlobalSet | Code::GetStatic => write!(out, ", #{}", bits(1)),
        Code::Switch => (1..=inst.wide() as usize)
            .try_for_each(|n| write!(out, ", -> {}", i64::from(at) + bits(n) as i64)),
        Code::Perform | Code::GetField | Code::SetField | Code::CallMethod | Code::CallValue | Code::End => {
            match code.sites.get(inst.wide() as usize) {
                Some(site) => write!(out, " {}", site.op.row().mnemonic),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    };
}
