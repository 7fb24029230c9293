//! What places that are not static saw, for `--stats`: the numbers of a profile as names and lines of the program. It reads
//! a profile as a later tier does: by the instructions of the typed function, which is lowered once more.

use machine::Machine;
use mir::inst::Op;
use nyrt::value::ClassId;
use profiler::{KindSet, Seen};
use syntax::span::{SourceMap, Span};
use vm::Vm;

use super::compile::ClosedProgram;

/// Kinds of values by their numbers, [`nyrt::value::Kind`]; those in between mean nothing.
const KINDS: [&str; 16] = [
    "void", "null", "Bool", "Integer", "Float", "", "", "", "String", "Array", "Map", "box", "function",
    "Future", "weak", "",
];

fn kinds(set: KindSet) -> Vec<&'static str> {
    set.kinds().filter_map(|kind| KINDS.get(usize::from(kind)).copied()).collect()
}

/// All of it: places with receivers first, those that saw most in front.
pub(super) fn seen(core: &Machine, closed: &ClosedProgram, vm: &Vm, sources: &SourceMap) -> Vec<Seen> {
    let names = &core.linked.program.names;
    let (mut members, mut operators) = (Vec::new(), Vec::new());
    for (func, profile) in vm.profiles() {
        let Ok(lowered) = closed.lower(core, func) else { continue };
        let typed = lowered.func;
        let place = |at: u32| {
            let op = typed.insts.get(at as usize)?.op;
            let span: Span = typed.spans.get(at as usize).copied().unwrap_or_default();
            let mut what = op.row().mnemonic.to_owned();
            if let Op::GetField { name, .. } | Op::SetField { name, .. } | Op::CallMethod { name, .. } = op {
                what = format!("{what} {}", names.text(name));
            }
            Some(Seen {
                function: names.text(typed.name).to_owned(),
                line: sources.locate(span.lo).map_or(0, |place| place.line),
                what,
                receivers: Vec::new(),
                operands: Default::default(),
            })
        };
        for receivers in &profile.receivers {
            let named =
                |(class, count): &(u32, u32)| (core.rt.class_name(ClassId(*class)).to_owned(), *count);
            let Some(place) = place(receivers.at) else { continue };
            members.push(Seen { receivers: receivers.classes.iter().map(named).collect(), ..place });
        }
        for operands in &profile.operands {
            let Some(place) = place(operands.at) else { continue };
            operators.push(Seen { operands: [kinds(operands.left), kinds(operands.right)], ..place });
        }
    }
    let count = |seen: &Seen| seen.receivers.iter().map(|r| u64::from(r.1)).sum::<u64>();
    members.sort_by_key(|seen| std::cmp::Reverse(count(seen)));
    members.append(&mut operators);
    members
}
