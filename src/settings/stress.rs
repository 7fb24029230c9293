//! The modes of `NYASH_STRESS`, which look for faults of nyash: what they are called and what values they take. It
//! does not know what they do.

use super::parse_count;
use syntax::hints::nearest;

/// What is made harder than usual. Programs mean the same under all of it, as long as the memory suffices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stress {
    /// `rc-audit`: as `NYASH_AUDIT=1`.
    pub rc_audit: bool,
    /// `cycle=always`: every candidate makes a collection due.
    pub cycle_always: bool,
    /// `alloc-fail=N`: there is no memory for the N-th allocation.
    pub alloc_fail: Option<u64>,
    /// `promote-every=N`: every N-th call or loop round moves its function to the next tier, warm or not.
    pub promote_every: Option<u64>,
    /// `early-drop=off`: typed functions count as the program is written.
    pub no_early_drop: bool,
    /// `any-fields`: fields hold whole values, as in the REPL, whatever is known of them.
    pub any_fields: bool,
}

/// What can be said.
const MODES: &[&str] =
    &["rc-audit", "cycle=always", "alloc-fail=N", "promote-every=N", "early-drop=off|on", "any-fields"];

/// Reads a list of modes, separated by commas.
pub(crate) fn parse(text: &str) -> Result<Stress, String> {
    let mut stress = Stress::default();
    for mode in text.split(',').map(str::trim).filter(|m| !m.is_empty()) {
        let (name, value) = mode.split_once('=').unwrap_or((mode, ""));
        match (name, value) {
            ("rc-audit", "") => stress.rc_audit = true,
            ("cycle", "always") => stress.cycle_always = true,
            ("alloc-fail", n) => {
                stress.alloc_fail = Some(parse_count(n).map_err(|e| format!("alloc-fail: {e}"))?);
            }
            ("promote-every", n) => {
                stress.promote_every = Some(parse_count(n).map_err(|e| format!("promote-every: {e}"))?);
            }
            ("early-drop", "off" | "on") => stress.no_early_drop = value == "off",
            ("early-drop", _) => return Err("early-drop takes the values `off` and `on`".into()),
            ("any-fields", "") => stress.any_fields = true,
            ("any-fields", _) => return Err("any-fields takes no value".into()),
            ("rc-audit", _) => return Err("rc-audit takes no value".into()),
            ("cycle", _) => return Err("cycle takes the value `always`".into()),
            _ => return Err(unknown(name)),
        }
    }
    Ok(stress)
}

fn unknown(name: &str) -> String {
    let names = MODES.iter().map(|m| m.split('=').next().unwrap_or(m));
    match nearest(name, names) {
        Some(near) => format!("there is no mode `{name}`; did you mean `{near}`?"),
        None => format!("there is no mode `{name}`; there are {}", MODES.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_separated_by_commas() {
        let all = Stress {
            rc_audit: true,
            cycle_always: true,
            alloc_fail: Some(100),
            promote_every: Some(7),
            no_early_drop: true,
            any_fields: true,
        };
        let text = "cycle=always, alloc-fail=100,rc-audit,promote-every=7,early-drop=off,any-fields";
        assert_eq!(parse(text), Ok(all));
        assert_eq!(parse("early-drop=off,early-drop=on"), Ok(Stress::default()));
        assert_eq!(parse(""), Ok(Stress::default()));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for wrong in ["cycles=always", "cycle=never", "alloc-fail", "alloc-fail=0", "rc-audit=1", "x", "=1"]
            .into_iter()
            .chain(["promote-every", "promote-every=0", "early-drop", "early-drop=never", "any-fields=1"])
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
