//! The table of switches: every `NYASH_*` variable, the flag and the `nyash.toml` key that set the same
//! thing, default and stability. A switch that is not in this table does not exist.
//!
//! Precedence: flag over environment over file over default. It does not know what a setting does.

use nyrt::rt::SMALLEST_HEAP;
use std::ffi::OsString;
use std::num::{IntErrorKind, ParseIntError};
use std::time::Duration;
use syntax::hints::nearest;
use syntax::span::Span;

use crate::report::Finding;

mod stress;
pub(crate) use stress::Stress;

/// What `--tier` takes: the first one chooses among the others.
pub(crate) const TIERS: &[&str] = &["auto", "interp", "vm"];
/// Tiers that people ask for and this build does not have.
const ABSENT_TIERS: &[&str] = &["jit"];

/// How long a switch will be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stability {
    /// Kept.
    Stable,
    /// For old programs only.
    Compatibility,
    /// For those who work on nyash; may go at any time.
    Internal,
}

/// Which texts a switch takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `0`, `1`.
    Flag,
    /// Bytes: `256M`.
    Size,
    /// A whole number above zero.
    Count,
    /// Seconds above zero, with fraction.
    Seconds,
    /// One of the tiers.
    Tier,
    /// A whole number.
    Calls,
    /// How statistics are shown: `text`, `json`, or `off`.
    Stats,
    /// `always` or `never`.
    Specialize,
    /// A file name.
    Path,
    /// Modes that look for faults.
    Stress,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switch {
    /// Which one.
    pub id: Id,
    /// The variable.
    pub name: &'static str,
    /// The flag that sets it.
    pub flag: Option<&'static str>,
    /// Section and key in `nyash.toml`.
    pub key: Option<(&'static str, &'static str)>,
    /// What it takes.
    pub kind: Kind,
    /// Its value when nobody sets it; empty for none.
    pub default: &'static str,
    /// How long it will be there.
    pub stability: Stability,
    /// One line.
    pub about: &'static str,
}

macro_rules! switches {
    ($($id:ident $name:literal $flag:expr, $key:expr, $kind:ident, $default:literal, $stability:ident, $about:literal;)*) => {
        /// The rows of the table by name.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Id { $(#[doc = $about] $id),* }
        /// Every switch.
        pub(crate) const SWITCHES: &[Switch] = &[$(Switch {
            id: Id::$id, name: $name, flag: $flag, key: $key, kind: Kind::$kind, default: $default,
            stability: Stability::$stability, about: $about,
        }),*];
    };
}

switches! {
    Tier "NYASH_TIER" Some("--tier"), Some(("tiers", "tier")), Tier, "auto", Stable,
        "which tier runs the program: auto, interp, vm";
    VmThreshold "NYASH_VM_THRESHOLD" None, Some(("tiers", "vm-threshold")), Calls, "50", Stable,
        "calls that make a function warm enough for --tier=auto to move it; a loop round counts a tenth";
    Specialize "NYASH_SPECIALIZE" None, Some(("tiers", "specialize")), Specialize, "always", Stable,
        "copy containers for what they hold: always, never";
    Stats "NYASH_STATS" Some("--stats"), None, Stats, "off", Stable,
        "print what the tiers did when the program ends: off, text, json";
    MaxHeap "NYASH_MAX_HEAP" Some("--max-heap"), Some(("limits", "max-heap")), Size, "4G", Stable,
        "most memory the program's boxes may take";
    MaxDepth "NYASH_MAX_DEPTH" Some("--max-depth"), Some(("limits", "max-depth")), Count, "100000", Stable,
        "how deep calls may nest";
    Timeout "NYASH_TIMEOUT" Some("--timeout"), Some(("limits", "timeout")), Seconds, "", Stable,
        "seconds after which the program is ended";
    Fuel "NYASH_FUEL" Some("--fuel"), Some(("limits", "fuel")), Count, "", Stable,
        "calls and loop rounds after which the program is ended";
    GcStats "NYASH_GC_STATS" Some("--gc-stats"), None, Flag, "0", Stable,
        "print what the cycle collector did when the program ends";
    LaxLocals "NYASH_LAX_LOCALS" None, None, Flag, "0", Compatibility,
        "assignment to an undeclared name in a function declares it";
    History "NYASH_HISTORY" None, None, Path, "", Stable,
        "file of the repl's history; empty: in the XDG state folder";
    Audit "NYASH_AUDIT" None, None, Flag, "0", Internal,
        "recompute all counts at safepoints and require an empty heap at the end";
    Stress "NYASH_STRESS" None, None, Stress, "", Internal,
        "look for faults of nyash: a list of rc-audit, cycle=always, alloc-fail=N, promote-every=N, early-drop=off, any-fields";
}

/// Who set a switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// Nobody.
    Default,
    /// `nyash.toml`.
    File,
    /// The environment.
    Env,
    /// A flag.
    Flag,
}

impl Origin {
    /// As `nyash env` prints it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::File => "file",
            Origin::Env => "env",
            Origin::Flag => "flag",
        }
    }
}

/// A switch set in `nyash.toml`.
#[derive(Clone, Debug)]
pub(crate) struct FileSetting {
    /// Which one.
    pub id: Id,
    /// The value as text.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}

/// What is set, as text, for `nyash env`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The switch.
    pub switch: &'static Switch,
    /// Its value.
    pub value: String,
    /// Who set it.
    pub origin: Origin,
}

/// How statistics are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StatsForm {
    /// Not at all.
    Off,
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The settings of a run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Every row in the order of the table.
    pub rows: Vec<Row>,
    /// `--max-heap` in bytes.
    pub max_heap: u64,
    /// `--max-depth`
    pub max_depth: u32,
    /// `--timeout`
    pub timeout: Option<Duration>,
    /// `--fuel`
    pub fuel: Option<u64>,
    /// `--gc-stats`
    pub gc_stats: bool,
    /// `--stats`
    pub stats: StatsForm,
    /// `NYASH_SPECIALIZE`: whether containers are copied for what they hold.
    pub specialize: bool,
    /// `NYASH_LAX_LOCALS`
    pub lax_locals: bool,
    /// `NYASH_AUDIT`, or `rc-audit` of `NYASH_STRESS`
    pub audit: bool,
    /// `NYASH_STRESS`
    pub stress: Stress,
}

impl Settings {
    /// Calls after which a function moves to the VM; `None`: never. The tier `vm` is `auto` with 0.
    pub(crate) fn vm_threshold(&self) -> Option<u32> {
        match self.row(Id::Tier).value.as_str() {
            "interp" => None,
            "vm" => Some(0),
            _ => Some(parse_calls(&self.row(Id::VmThreshold).value).unwrap_or(u32::MAX)),
        }
    }
    /// A row.
    pub(crate) fn row(&self, id: Id) -> &Row {
        // ORDER: rows and the variants of `Id` come from the same table.
        &self.rows[id as usize]
    }
}

/// Settles every switch. `flags` are the texts of given flags, which the command line has checked.
pub(crate) fn resolve(flags: &[(Id, String)], file: &[FileSetting]) -> (Settings, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut rows = Vec::new();
    for switch in SWITCHES {
        rows.push(settle(switch, flags, file, &mut findings));
    }
    let text = |id: Id| rows.get(id as usize).map_or("", |r: &Row| r.value.as_str());
    let on = |id: Id| text(id) == "1";
    let stress = stress::parse(text(Id::Stress)).unwrap_or_default();
    let settings = Settings {
        max_heap: parse_size(text(Id::MaxHeap)).unwrap_or(u64::from(u32::MAX) + 1),
        max_depth: parse_count(text(Id::MaxDepth)).ok().and_then(|n| n.try_into().ok()).unwrap_or(u32::MAX),
        timeout: parse_seconds(text(Id::Timeout)).ok(),
        fuel: parse_count(text(Id::Fuel)).ok(),
        gc_stats: on(Id::GcStats),
        specialize: text(Id::Specialize) != "never",
        stats: match text(Id::Stats) {
            "text" => StatsForm::Text,
            "json" => StatsForm::Json,
            _ => StatsForm::Off,
        },
        lax_locals: on(Id::LaxLocals),
        audit: on(Id::Audit) || stress.rc_audit,
        stress,
        rows,
    };
    (settings, findings)
}

fn settle(
    switch: &'static Switch,
    flags: &[(Id, String)],
    file: &[FileSetting],
    findings: &mut Vec<Finding>,
) -> Row {
    if let Some((_, value)) = flags.iter().find(|(id, _)| *id == switch.id) {
        return Row { switch, value: value.clone(), origin: Origin::Flag };
    }
    if let Some(value) = std::env::var_os(switch.name).filter(|v| !v.is_empty()) {
        let checked = value.to_str().ok_or_else(|| "the value is not UTF-8".to_string());
        match checked.and_then(|v| check(switch.kind, v).map(|()| v)) {
            Ok(value) => return Row { switch, value: normal(switch.kind, value), origin: Origin::Env },
            Err(why) => findings.push(
                Finding::error(format!("{} is set to `{}`: {why}", switch.name, value.to_string_lossy()))
                    .hint(format!("{}: {}", switch.name, switch.about)),
            ),
        }
    } else if let Some(setting) = file.iter().find(|s| s.id == switch.id) {
        match check(switch.kind, &setting.value) {
            Ok(()) => {
                return Row { switch, value: normal(switch.kind, &setting.value), origin: Origin::File };
            }
            Err(why) => findings.push(
                Finding::error(format!("bad value for `{}`", switch.key.map_or("", |k| k.1)))
                    .at(setting.span, why)
                    .hint(format!("this key sets {}", switch.about)),
            ),
        }
    }
    Row { switch, value: switch.default.to_string(), origin: Origin::Default }
}

/// A switch and its value from `NAME=VALUE`, for those who set variables of one run and not of the process.
pub(crate) fn given(text: &str) -> Result<(Id, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let switch = SWITCHES.iter().find(|s| s.name == name).ok_or_else(|| format!("there is no {name}"))?;
    check(switch.kind, value).map_err(|why| format!("{name} is set to `{value}`: {why}"))?;
    Ok((switch.id, normal(switch.kind, value)))
}

/// Warnings about variables that look like switches and are none.
pub(crate) fn unknown_variables() -> Vec<Finding> {
    let strange = |name: OsString| {
        let name = name.to_str()?.to_string();
        (name.starts_with("NYASH_") && !SWITCHES.iter().any(|s| s.name == name)).then_some(name)
    };
    let mut names: Vec<String> = std::env::vars_os().filter_map(|(name, _)| strange(name)).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let known = SWITCHES.iter().map(|s| s.name);
            let finding = Finding::warning(format!("the environment variable {name} means nothing to nyash"));
            match nearest(&name, known) {
                Some(near) => finding.hint(format!("did you mean {near}?")),
                None => finding.hint("`nyash env` lists the switches there are"),
            }
        })
        .collect()
}

/// One form per value, so that `nyash env` and comparisons see one.
fn normal(kind: Kind, value: &str) -> String {
    match (kind, value.to_ascii_lowercase().as_str()) {
        (Kind::Flag, "1" | "true" | "on" | "yes") => "1".into(),
        (Kind::Flag, _) => "0".into(),
        _ => value.to_string(),
    }
}

/// Whether a text is a value of a kind; else what is wrong with it.
pub(crate) fn check(kind: Kind, value: &str) -> Result<(), String> {
    match kind {
        Kind::Flag => match value.to_ascii_lowercase().as_str() {
            "0" | "1" | "true" | "false" | "on" | "off" | "yes" | "no" => Ok(()),
            _ => Err("expected 0 or 1".into()),
        },
        Kind::Size => parse_size(value).map(drop),
        Kind::Count => parse_count(value).map(drop),
        Kind::Seconds => parse_seconds(value).map(drop),
        Kind::Tier if TIERS.contains(&value) => Ok(()),
        Kind::Tier if ABSENT_TIERS.contains(&value) => {
            Err(format!("this build has no tier `{value}`; it has {}", words(TIERS, "and")))
        }
        Kind::Tier => Err(format!("expected a tier: {}", words(TIERS, "or"))),
        Kind::Calls => parse_calls(value).map(drop),
        Kind::Specialize => match value {
            "always" | "never" => Ok(()),
            _ => Err("expected always or never".into()),
        },
        Kind::Stats => match value {
            "off" | "text" | "json" => Ok(()),
            _ => Err("expected off, text or json".into()),
        },
        Kind::Path => Ok(()),
        Kind::Stress => stress::parse(value).map(drop),
    }
}

/// `a, b and c`.
fn words(list: &[&str], last: &str) -> String {
    match list {
        [] => String::new(),
        [one] => (*one).to_string(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}

/// Bytes: a whole number with K, M or G (powers of 1024), optionally followed by `B` or `iB`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || "expected a size such as 256M or 2G".to_string();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return Err(wrong()),
    };
    let bytes = match digits.parse::<u64>() {
        Ok(n) => n.saturating_mul(1 << shift),
        Err(e) if is_large(&e) => u64::MAX,
        Err(_) => return Err(wrong()),
    };
    match bytes {
        0 => Err("the heap needs more than nothing; try 16M".into()),
        b if b < SMALLEST_HEAP => Err(format!("the smallest heap is {}K", SMALLEST_HEAP >> 10)),
        b if b > 1 << 32 => Err("the largest heap is 4G".into()),
        b => Ok(b),
    }
}

/// A whole number above zero.
pub(crate) fn parse_count(text: &str) -> Result<u64, String> {
    match whole(text)? {
        0 => Err("expected a number above zero".into()),
        n => Ok(n),
    }
}

/// A whole number of calls.
fn parse_calls(text: &str) -> Result<u32, String> {
    u32::try_from(whole(text)?).map_err(|_| too_large())
}

/// A whole number, with `_` between digits where somebody wants it.
fn whole(text: &str) -> Result<u64, String> {
    text.replace('_', "").parse().map_err(|e| match is_large(&e) {
        true => too_large(),
        false => "expected a whole number".into(),
    })
}

fn is_large(e: &ParseIntError) -> bool {
    *e.kind() == IntErrorKind::PosOverflow
}

fn too_large() -> String {
    "the number is too large".into()
}

/// Seconds above zero.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected seconds such as 2 or 0.5".to_string())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(d) if !d.is_zero() => Ok(d),
        // `inf` is no number of seconds at all.
        Err(_) if seconds > 0.0 && text.contains(|c: char| c.is_ascii_digit()) => Err(too_large()),
        _ => Err("expected a number of seconds above zero".into()),
    }
}
