//! The table of programs that `nyash bench` knows, and how they are chosen. It does not know where their files are nor in
//! which languages they exist.

use std::path::{Path, PathBuf};
use syntax::hints::nearest;

use crate::report::Finding;

/// Where a program comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Group {
    /// `benches/programs/kernels`
    Kernels,
    /// `benches/programs/awfy`
    Awfy,
    /// A file of the user's.
    File,
}

impl Group {
    /// The name that chooses all of its programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Group::Kernels => "kernels",
            Group::Awfy => "awfy",
            Group::File => "file",
        }
    }
}

/// How much a program does: what one iteration gets, and how many there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Amount {
    /// SIZE of a kernel, INNER of the are-we-fast-yet harness.
    pub size: u64,
    /// How many iterations one process does.
    pub iterations: u64,
}

/// A program to measure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Program {
    /// Its name, or the file as it was named.
    pub name: String,
    /// Where it comes from.
    pub group: Group,
    /// How much it does; files decide that themselves.
    pub amount: Option<Amount>,
    /// The file of [`Group::File`].
    pub file: PathBuf,
}

impl Program {
    /// The name as it can be typed: `fib=30x10`.
    pub(crate) fn label(&self) -> String {
        match self.amount {
            Some(a) => format!("{}={}x{}", self.name, a.size, a.iterations),
            None => self.name.clone(),
        }
    }
}

/// A row of the table. Sizes of the suite's programs are such that the suite knows the result.
struct Known {
    name: &'static str,
    group: Group,
    amount: Amount,
    /// With `--quick`; without it the program cannot be quick.
    quick: Option<Amount>,
}

macro_rules! programs {
    ($($group:ident $name:literal $size:literal x $iterations:literal, $(quick $quick:literal x $few:literal)?;)*) => {
        const PROGRAMS: &[Known] = &[$(Known {
            name: $name,
            group: Group::$group,
            amount: Amount { size: $size, iterations: $iterations },
            quick: [$(Amount { size: $quick, iterations: $few },)?].first().copied(),
        }),*];
    };
}

// One process takes 0.2 to 1 s where calls and loops cost a few nanoseconds.
programs! {
    Kernels "fib" 30 x 10, quick 22 x 3;
    Kernels "loop" 10_000_000 x 10, quick 200_000 x 3;
    Kernels "mandelbrot" 250 x 8, quick 40 x 3;
    Kernels "sieve" 500_000 x 8, quick 20_000 x 3;
    Kernels "strings" 20_000 x 6, quick 1_000 x 3;
    Kernels "map" 300_000 x 10, quick 20_000 x 3;
    Kernels "dispatch" 1_000_000 x 6, quick 30_000 x 3;
    Kernels "trees" 12 x 4, quick 8 x 3;
    Awfy "Richards" 1 x 10, quick 1 x 2;
    Awfy "DeltaBlue" 500 x 10, quick 50 x 2;
    Awfy "Json" 2 x 10, quick 1 x 2;
    Awfy "CD" 10 x 4, quick 2 x 2;
    Awfy "Havlak" 1 x 1,;
    Awfy "Bounce" 50 x 10, quick 2 x 2;
    Awfy "List" 50 x 10, quick 2 x 2;
    Awfy "Permute" 20 x 10, quick 1 x 2;
    Awfy "Queens" 50 x 10, quick 2 x 2;
    Awfy "Sieve" 100 x 10, quick 5 x 2;
    Awfy "Storage" 20 x 10, quick 1 x 2;
    Awfy "Towers" 20 x 10, quick 1 x 2;
    Awfy "NBody" 250_000 x 2, quick 1 x 2;
    Awfy "Mandelbrot" 500 x 3, quick 1 x 2;
}

/// The names of all programs.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    PROGRAMS.iter().map(|p| p.name)
}

/// The programs that cannot be quick.
pub(crate) fn slow() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().filter(|p| p.quick.is_none()).map(|p| p.name)
}

impl Known {
    fn program(&self, amount: Amount) -> Program {
        Program { name: self.name.into(), group: self.group, amount: Some(amount), file: PathBuf::new() }
    }
}

/// The programs that are named, each once, in the order of their naming; all when none is. With `quick`, programs that
/// cannot be quick are left out unless they are named themselves.
pub(crate) fn select(words: &[String], quick: bool) -> Result<Vec<Program>, Finding> {
    let mut chosen: Vec<Program> = Vec::new();
    let mut add = |p: Program| {
        if !chosen.contains(&p) {
            chosen.push(p);
        }
    };
    let whole = |group: Option<Group>| {
        PROGRAMS.iter().filter(move |p| group.is_none_or(|g| p.group == g)).filter_map(move |p| {
            if quick { p.quick.map(|amount| p.program(amount)) } else { Some(p.program(p.amount)) }
        })
    };
    if words.is_empty() {
        whole(None).for_each(&mut add);
    }
    for word in words {
        match [Group::Kernels, Group::Awfy].into_iter().find(|g| g.name() == word) {
            Some(group) => whole(Some(group)).for_each(&mut add),
            None => add(one(word, quick)?),
        }
    }
    Ok(chosen)
}

fn one(word: &str, quick: bool) -> Result<Program, Finding> {
    if word.ends_with(".nyash") || word.contains(['/', '\\']) {
        let file = PathBuf::from(word);
        return match std::fs::metadata(&file) {
            Ok(m) if m.is_file() => Ok(Program { name: word.into(), group: Group::File, amount: None, file }),
            Ok(_) => Err(Finding::error(format!("`{word}` is not a file"))),
            Err(e) => Err(Finding::error(format!("cannot read `{word}`: {}", crate::load::io_reason(&e)))),
        };
    }
    let (name, amount) = match word.split_once('=') {
        Some((name, amount)) => (name, Some(amount)),
        None => (word, None),
    };
    let Some(known) = PROGRAMS.iter().find(|p| p.name == name) else { return Err(unknown(name)) };
    let usual = known.quick.filter(|_| quick).unwrap_or(known.amount);
    let amount = match amount {
        Some(text) => parse(text, usual).ok_or_else(|| {
            Finding::error(format!("`{word}` does not say how much to do")).hint(format!(
                "write `{name}=SIZE` or `{name}=SIZExITERATIONS`, as in `{}`",
                known.program(usual).label()
            ))
        })?,
        None => usual,
    };
    Ok(known.program(amount))
}

/// `SIZE` or `SIZExITERATIONS`, numbers above zero.
fn parse(text: &str, usual: Amount) -> Option<Amount> {
    let number = |t: &str| crate::settings::parse_count(t).ok().filter(|n| i64::try_from(*n).is_ok());
    match text.split_once('x') {
        Some((size, iterations)) => Some(Amount { size: number(size)?, iterations: number(iterations)? }),
        None => Some(Amount { size: number(text)?, ..usual }),
    }
}

fn unknown(name: &str) -> Finding {
    let finding = Finding::error(format!("there is no benchmark `{name}`"));
    let known = names().chain(["kernels", "awfy"]);
    match nearest(name, known) {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None if Path::new(name).is_file() => finding.hint(format!("to run a file, write `./{name}`")),
        None => finding.hint("`nyash bench --help` lists them; the name of a file needs a `/` or `.nyash`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(words: &[&str], quick: bool) -> Vec<String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        select(&words, quick).expect("known programs").iter().map(Program::label).collect()
    }

    #[test]
    fn there_are_eight_kernels_and_fourteen_programs() {
        assert_eq!(labels(&["kernels"], false).len(), 8);
        assert_eq!(labels(&["awfy"], false).len(), 14);
        assert_eq!(labels(&[], false).len(), 22);
    }

    #[test]
    fn sizes_can_be_given() {
        assert_eq!(labels(&["fib=35"], false), ["fib=35x10"]);
        assert_eq!(labels(&["fib=35x1", "fib=35x1"], false), ["fib=35x1"]);
        assert_eq!(labels(&["loop=100_000_000x1"], true), ["loop=100000000x1"]);
    }

    #[test]
    fn what_cannot_be_quick_is_left_out_unless_it_is_named() {
        assert_eq!(labels(&["awfy"], true).len(), 13);
        assert_eq!(labels(&["Havlak"], true), ["Havlak=1x1"]);
        assert_eq!(slow().collect::<Vec<_>>(), ["Havlak"]);
    }

    #[test]
    fn bad_names_and_sizes_are_refused() {
        let wrong = |word: &str| select(&[word.to_string()], false).expect_err("refused");
        assert_eq!(wrong("fbi").hints, ["did you mean `fib`?"]);
        assert_eq!(wrong("awyf").hints, ["did you mean `awfy`?"]);
        for word in [
            "fib=",
            "fib=0",
            "fib=3x",
            "fib=3x0",
            "fib=-1",
            "fib=99999999999999999999",
            "fib=18446744073709551615",
        ] {
            assert!(wrong(word).title.contains("does not say how much to do"), "{word}");
        }
        assert!(wrong("no/such.nyash").title.starts_with("cannot read `no/such.nyash`"));
    }
}
