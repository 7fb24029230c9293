//! What the tiers did, as text and as JSON. It is filled by those who know.

use std::fmt::Write;
use std::time::Duration;

use crate::reasons::Declined;

/// A tier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tier {
    /// The interpreter.
    Interp,
    /// The bytecode VM.
    Vm,
}

impl Tier {
    /// All of them.
    pub const ALL: [Tier; 2] = [Tier::Interp, Tier::Vm];
    /// As `--tier` names it.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Interp => "interp",
            Tier::Vm => "vm",
        }
    }
}

/// Work besides running the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Facts about the program.
    Analyse,
    /// Generic to typed MIR.
    Lower,
    /// Typed MIR to bytecode.
    Encode,
}

impl Phase {
    /// All of them.
    pub const ALL: [Phase; 3] = [Phase::Analyse, Phase::Lower, Phase::Encode];
    fn name(self) -> &'static str {
        match self {
            Phase::Analyse => "analyse",
            Phase::Lower => "lower",
            Phase::Encode => "encode",
        }
    }
}

/// How many instructions [`Stats::text`] names.
const SHOWN: usize = 20;

/// How many places [`Stats::text`] names.
const PLACES: usize = 20;

/// What a place that is not static saw, in the words of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Its function.
    pub function: String,
    /// Its line.
    pub line: u32,
    /// The instruction.
    pub what: String,
    /// Classes of receivers with how often they came by; nothing for an operator.
    pub receivers: Vec<(String, u32)>,
    /// Kinds of the left and the right operand of an operator.
    pub operands: [Vec<&'static str>; 2],
}

impl Seen {
    fn text(&self) -> String {
        let Seen { function, line, what, receivers, operands: [left, right] } = self;
        let saw = if left.is_empty() {
            let each: Vec<String> = receivers.iter().map(|(class, n)| format!("{class} {n}")).collect();
            each.join(", ")
        } else {
            format!("{} and {}", left.join(" or "), right.join(" or "))
        };
        format!("{function}:{line} {what}: {saw}")
    }

    fn json(&self) -> String {
        let Seen { function, line, what, receivers, operands: [left, right] } = self;
        let saw = if left.is_empty() {
            let each: Vec<String> = receivers.iter().map(|(class, n)| format!("\"{class}\":{n}")).collect();
            format!("\"receivers\":{{{}}}", each.join(","))
        } else {
            format!("\"operands\":[[\"{}\"],[\"{}\"]]", left.join("\",\""), right.join("\",\""))
        };
        format!("{{\"function\":\"{function}\",\"line\":{line},\"what\":\"{what}\",{saw}}}")
    }
}

/// The statistics of one run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Functions that ran, by tier: activations of them began in it or came into it in a loop.
    pub functions: [u64; 2],
    promoted_calls: u64,
    promoted_loops: u64,
    declined: Vec<(Declined, u64)>,
    run_ns: [u64; 2],
    phase_ns: [u64; 3],
    /// Bytecode instructions executed; calls of the runtime are among them.
    pub instructions: u64,
    /// Those with an operand or result of unknown type.
    pub any: u64,
    /// Counts changed: retains and releases executed by the VM.
    pub counts: u64,
    /// How often each instruction was executed, the most frequent first.
    pub executed: Vec<(&'static str, u64)>,
    /// How often the runtime did each instruction, the most frequent first; by its name in MIR when the VM has none for it.
    pub runtime: Vec<(&'static str, u64)>,
    /// What places that are not static saw; those that saw most receivers first, then the operators.
    pub seen: Vec<Seen>,
    /// Objects and other cells allocated.
    pub allocations: u64,
    /// Most bytes in use at once.
    pub peak_bytes: u64,
}

impl Stats {
    /// A function moved to the next tier, at a call or in a running loop.
    pub fn promoted(&mut self, in_loop: bool) {
        *(if in_loop { &mut self.promoted_loops } else { &mut self.promoted_calls }) += 1;
    }
    /// A function stayed where it was.
    pub fn declined(&mut self, why: Declined) {
        match self.declined.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, count)) => *count += 1,
            None => {
                self.declined.push((why, 1));
                self.declined.sort_unstable();
            }
        }
    }
    /// Time spent running code of a tier, nanoseconds.
    pub fn ran(&mut self, tier: Tier, ns: u64) {
        self.run_ns[tier as usize] += ns;
    }
    /// Time spent on something else, nanoseconds.
    pub fn spent(&mut self, phase: Phase, ns: u64) {
        self.phase_ns[phase as usize] += ns;
    }

    /// Time spent on making code, nanoseconds: functions are lowered and encoded while the program runs.
    pub fn making_ns(&self) -> u64 {
        self.phase_ns[Phase::Lower as usize] + self.phase_ns[Phase::Encode as usize]
    }

    /// The program ran so long, functions being lowered and encoded meanwhile: what was not spent elsewhere is this tier's.
    pub fn ran_rest(&mut self, tier: Tier, all: Duration) {
        let elsewhere = self.making_ns() + self.run_ns.iter().sum::<u64>();
        self.ran(tier, u64::try_from(all.as_nanos()).unwrap_or(u64::MAX).saturating_sub(elsewhere));
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::from("stats:\n");
        // Writing to a String does not fail.
        for tier in Tier::ALL {
            let (functions, ns) = (self.functions[tier as usize], self.run_ns[tier as usize]);
            let _ = writeln!(
                out,
                "  {:<7} functions run {functions:>7} {:>12.3} ms",
                tier.name(),
                milliseconds(ns)
            );
        }
        for phase in Phase::ALL {
            let ms = milliseconds(self.phase_ns[phase as usize]);
            let _ = writeln!(out, "  {:<7} {ms:>34.3} ms", phase.name());
        }
        let (calls, loops) = (self.promoted_calls, self.promoted_loops);
        let _ = writeln!(out, "  promoted {calls} at calls, {loops} in loops");
        for (why, count) in &self.declined {
            let _ = writeln!(out, "  declined {count}: {}", why.text());
        }
        let _ = writeln!(out, "  vm instructions {}", self.instructions);
        let _ = writeln!(out, "    on values of unknown type {} ({:.2} %)", self.any, self.any_percent());
        let _ =
            writeln!(out, "    counts changed {} ({:.1} of 1000)", self.counts, self.counts_per_thousand());
        for (name, count) in self.executed.iter().take(SHOWN) {
            let _ = writeln!(out, "    {name} {count}");
        }
        let calls: u64 = self.runtime.iter().map(|(_, count)| count).sum();
        let _ = writeln!(out, "  calls of the runtime {calls}");
        for (name, count) in self.runtime.iter().take(SHOWN) {
            let _ = writeln!(out, "    {name} {count}");
        }
        let _ = writeln!(out, "  places that are not static {}", self.seen.len());
        for seen in self.seen.iter().take(PLACES) {
            let _ = writeln!(out, "    {}", seen.text());
        }
        let _ = writeln!(out, "  allocations {}, peak {} bytes", self.allocations, self.peak_bytes);
        out
    }

    /// For programs; docs/json.md describes it.
    pub fn json(&self) -> String {
        let mut out = String::from("{\"tiers\":{");
        for (i, tier) in Tier::ALL.into_iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let (functions, ns) = (self.functions[tier as usize], self.run_ns[tier as usize]);
            let _ = write!(out, "{comma}\"{}\":{{\"functions\":{functions},\"ns\":{ns}}}", tier.name());
        }
        out.push_str("},\"phases\":{");
        for (i, phase) in Phase::ALL.into_iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(out, "{comma}\"{}\":{}", phase.name(), self.phase_ns[phase as usize]);
        }
        let (calls, loops) = (self.promoted_calls, self.promoted_loops);
        let _ = write!(out, "}},\"promoted\":{{\"calls\":{calls},\"loops\":{loops}}},\"declined\":{{");
        for (i, (why, count)) in self.declined.iter().enumerate() {
            let _ = write!(out, "{}\"{}\":{count}", if i == 0 { "" } else { "," }, why.text());
        }
        let (instructions, any, counts) = (self.instructions, self.any, self.counts);
        let _ = write!(
            out,
            "}},\"vm\":{{\"instructions\":{instructions},\"any\":{any},\"counts\":{counts},\"executed\":{{"
        );
        for (i, (name, count)) in self.executed.iter().enumerate() {
            let _ = write!(out, "{}\"{name}\":{count}", if i == 0 { "" } else { "," });
        }
        out.push_str("},\"runtime\":{");
        for (i, (name, count)) in self.runtime.iter().enumerate() {
            let _ = write!(out, "{}\"{name}\":{count}", if i == 0 { "" } else { "," });
        }
        let seen: Vec<String> = self.seen.iter().map(Seen::json).collect();
        let (allocations, peak) = (self.allocations, self.peak_bytes);
        let _ = write!(out, "}},\"seen\":[{}]", seen.join(","));
        let _ = write!(out, "}},\"heap\":{{\"allocations\":{allocations},\"peak_bytes\":{peak}}}}}");
        out
    }

    /// Share of the VM's instructions that work on values of unknown type.
    pub fn any_percent(&self) -> f64 {
        share(self.any, self.instructions) * 100.0
    }
    /// Changes of counts for every 1,000 instructions.
    pub fn counts_per_thousand(&self) -> f64 {
        share(self.counts, self.instructions) * 1000.0
    }
}

fn milliseconds(ns: u64) -> f64 {
    ns as f64 / 1e6
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        let stats = Stats { instructions: 2000, any: 50, counts: 30, ..Stats::default() };
        assert!((stats.any_percent() - 2.5).abs() < 1e-9);
        assert!((stats.counts_per_thousand() - 15.0).abs() < 1e-9);
        assert!(Stats::default().any_percent().abs() < 1e-9);
    }

    #[test]
    fn both_forms_say_every_reason() {
        let mut stats = Stats::default();
        Declined::ALL.iter().for_each(|why| stats.declined(*why));
        let (text, json) = (stats.text(), stats.json());
        for why in Declined::ALL {
            assert!(text.contains(&format!("  declined 1: {}\n", why.text())), "{why:?}\n{text}");
            assert!(json.contains(&format!("\"{}\":1", why.text())), "{why:?}\n{json}");
        }
    }

    #[test]
    fn both_forms_say_everything() {
        let place = |line, what: &str| Seen {
            function: "Box.method".into(),
            line,
            what: what.into(),
            receivers: Vec::new(),
            operands: Default::default(),
        };
        let seen = vec![
            Seen { receivers: vec![("A".into(), 4), ("B".into(), 1)], ..place(3, "call_method size") },
            Seen { operands: [vec!["Integer", "null"], vec!["Float"]], ..place(5, "add") },
        ];
        let mut stats =
            Stats { executed: vec![("add", 7)], runtime: vec![("new_map", 3)], seen, ..Stats::default() };
        stats.functions = [0, 1];
        stats.promoted(true);
        stats.declined(Declined::TooLarge);
        stats.declined(Declined::TooLarge);
        stats.ran(Tier::Vm, 1_500_000);
        stats.spent(Phase::Lower, 2_000_000);
        let (text, json) = (stats.text(), stats.json());
        for part in [
            "vm      functions run       1        1.500 ms",
            "0 at calls, 1 in loops",
            "declined 2: too many instructions",
            "add 7",
            "calls of the runtime 3",
            "new_map 3",
            "places that are not static 2",
            "Box.method:3 call_method size: A 4, B 1",
            "Box.method:5 add: Integer or null and Float",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        for part in [
            "\"vm\":{\"functions\":1,\"ns\":1500000}",
            "\"lower\":2000000",
            "\"too many instructions\":2",
            "\"add\":7",
            "\"runtime\":{\"new_map\":3},\"seen\":[{",
            "\"line\":3,\"what\":\"call_method size\",\"receivers\":{\"A\":4,\"B\":1}}",
            "\"line\":5,\"what\":\"add\",\"operands\":[[\"Integer\",\"null\"],[\"Float\"]]}]}",
        ] {
            assert!(json.contains(part), "{part}\n{json}");
        }
    }
}
