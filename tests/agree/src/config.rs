//! Under what a program is run. The first configuration is the reference; what the others have to do is the same.

use crate::run::Seen;

/// One way to run a program.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Short, for reports.
    pub name: &'static str,
    /// Variables that set the switches; `@` in a value stands for a number that depends on the program.
    pub env: &'static [(&'static str, &'static str)],
    /// What is compared.
    pub checks: Checks,
    /// Run for one of so many programs.
    pub one_in: u64,
    /// Run with a command of its own.
    pub apart: bool,
    /// Changes what was seen: only to show that differences are found.
    pub alter: Option<fn(&mut Seen)>,
}

/// What is compared with the reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checks {
    /// Output, errors, exit code, live objects.
    Same,
    /// The same, but not for programs that notice when the collector runs.
    SameButCollections,
    /// Only that the end is a proper one: the program may end early.
    ProperEnd,
}

const PLAIN: Config =
    Config { name: "", env: &[], checks: Checks::Same, one_in: 1, apart: false, alter: None };

/// Every configuration. A new tier gets its rows here.
pub const CONFIGS: &[Config] = &[
    Config { name: "interp", env: &[("NYASH_TIER", "interp")], ..PLAIN },
    Config { name: "auto", env: &[("NYASH_TIER", "auto")], one_in: 4, ..PLAIN },
    Config { name: "vm", env: &[("NYASH_TIER", "vm")], ..PLAIN },
    Config { name: "auto after 1", env: &[("NYASH_TIER", "auto"), ("NYASH_VM_THRESHOLD", "1")], ..PLAIN },
    // These programs are short: with the default few of their functions move.
    Config { name: "auto after 3", env: &[("NYASH_TIER", "auto"), ("NYASH_VM_THRESHOLD", "3")], ..PLAIN },
    Config {
        name: "vm, never specialized",
        env: &[("NYASH_TIER", "vm"), ("NYASH_SPECIALIZE", "never")],
        one_in: 2,
        ..PLAIN
    },
    Config { name: "promoted now and then", env: &[("NYASH_STRESS", "promote-every=@")], one_in: 3, ..PLAIN },
    Config {
        name: "vm, counts as written",
        env: &[("NYASH_TIER", "vm"), ("NYASH_STRESS", "early-drop=off")],
        one_in: 4,
        ..PLAIN
    },
    Config {
        name: "vm, whole fields",
        env: &[("NYASH_TIER", "vm"), ("NYASH_STRESS", "any-fields")],
        one_in: 5,
        ..PLAIN
    },
    Config {
        name: "promoted now and then, counts audited",
        env: &[("NYASH_STRESS", "rc-audit,promote-every=@")],
        one_in: 20,
        ..PLAIN
    },
    Config {
        name: "vm, counts audited",
        env: &[("NYASH_TIER", "vm"), ("NYASH_STRESS", "rc-audit")],
        one_in: 20,
        ..PLAIN
    },
    Config {
        name: "interp, counts audited",
        env: &[("NYASH_TIER", "interp"), ("NYASH_STRESS", "rc-audit")],
        one_in: 20,
        ..PLAIN
    },
    Config {
        name: "interp, cycles collected always",
        env: &[("NYASH_TIER", "interp"), ("NYASH_STRESS", "cycle=always")],
        checks: Checks::SameButCollections,
        one_in: 2,
        ..PLAIN
    },
    Config {
        name: "interp, no memory once",
        env: &[("NYASH_TIER", "interp"), ("NYASH_STRESS", "alloc-fail=@")],
        checks: Checks::ProperEnd,
        one_in: 2,
        ..PLAIN
    },
    Config {
        name: "vm, cycles collected always",
        env: &[("NYASH_TIER", "vm"), ("NYASH_STRESS", "cycle=always")],
        checks: Checks::SameButCollections,
        one_in: 4,
        ..PLAIN
    },
    Config {
        name: "vm, no memory once",
        env: &[("NYASH_TIER", "vm"), ("NYASH_STRESS", "alloc-fail=@")],
        checks: Checks::ProperEnd,
        one_in: 2,
        ..PLAIN
    },
    Config { name: "vm, as a command", env: &[("NYASH_TIER", "vm")], one_in: 50, apart: true, ..PLAIN },
];

impl Config {
    /// Whether it is run for a program.
    pub fn takes(&self, index: u64) -> bool {
        index.is_multiple_of(self.one_in)
    }
}
