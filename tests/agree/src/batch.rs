//! Many programs: made, run under every configuration, compared; differences are made small and written to a folder.

use crate::config::Config;
use crate::generate::{self, Program};
use crate::judge::{self, Difference, End};
use crate::reduce;
use crate::run::{self, Runner};
use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is run.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The `nyash` executable.
    pub nyash: &'a Path,
    /// The first one is the reference.
    pub configs: &'a [Config],
    /// Of the programs.
    pub seed: u64,
    /// Their numbers.
    pub programs: Range<u64>,
    /// Where findings are written.
    pub findings: &'a Path,
    /// Programs at once.
    pub jobs: usize,
    /// Time to make a finding small.
    pub reducing: Duration,
}

/// A program whose runs differ.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its number, for programs of a series.
    pub index: u64,
    /// The configuration that differs.
    pub config: &'static str,
    /// How, for the small program.
    pub difference: Difference,
    /// The small program.
    pub small: String,
    /// Where it was written.
    pub folder: PathBuf,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "program {} under `{}`: {}",
            self.index,
            self.config,
            judge::first_line(&self.difference)
        )?;
        writeln!(f, "{}", self.folder.display())?;
        f.write_str(&self.small)
    }
}

/// What a run of many programs brought.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Programs.
    pub programs: u64,
    /// Runs of them.
    pub runs: u64,
    /// How the reference ended: normally, by an uncaught error, by fuel, at another limit, wrongly.
    pub ends: [u64; 5],
    /// Lines of all programs.
    pub lines: u64,
    /// Lines that the reference printed, and those of them that finalizers printed.
    pub printed: u64,
    /// See above.
    pub finalizers: u64,
    /// The time it took.
    pub time: Duration,
    /// What differs. Only the first ones are kept.
    pub findings: Vec<Finding>,
    /// How many programs differ.
    pub differing: u64,
}

/// How many findings are made small and kept.
const KEPT: usize = 8;

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |n: u64| n as f64 * 100.0 / self.programs.max(1) as f64;
        let [normal, uncaught, fuel, limit, wrong] = self.ends;
        let mean = |n: u64| n as f64 / self.programs.max(1) as f64;
        write!(
            f,
            "{} programs, {} runs in {:.1} s, {} differ\nends: {:.1} % normal, {:.1} % uncaught error, {:.1} % fuel, \
             {:.1} % other limits, {wrong} wrong\non average {:.0} lines, {:.1} lines of output, {:.1} of finalizers",
            self.programs,
            self.runs,
            self.time.as_secs_f64(),
            self.differing,
            percent(normal),
            percent(uncaught),
            percent(fuel),
            percent(limit),
            mean(self.lines),
            mean(self.printed),
            mean(self.finalizers),
        )
    }
}

impl Batch<'_> {
    /// Runs all programs. `progress` is told now and then how many are done.
    pub fn run(&self, progress: &(dyn Fn(&Summary) + Sync)) -> io::Result<Summary> {
        let start = Instant::now();
        let next = AtomicU64::new(self.programs.start);
        let summary = Mutex::new(Summary::default());
        let failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                let (next, summary, failure) = (&next, &summary, &failure);
                scope.spawn(move || {
                    if let Err(e) = self.work(next, summary, start, progress) {
                        next.store(self.programs.end, Ordering::Relaxed);
                        if let Ok(mut first) = failure.lock() {
                            first.get_or_insert(e);
                        }
                    }
                });
            }
        });
        if let Some(e) = failure.into_inner().unwrap_or(None) {
            return Err(e);
        }
        let mut summary = summary.into_inner().unwrap_or_default();
        summary.time = start.elapsed();
        summary.findings.sort_by_key(|f| f.index);
        Ok(summary)
    }

    fn work(
        &self,
        next: &AtomicU64,
        summary: &Mutex<Summary>,
        start: Instant,
        progress: &(dyn Fn(&Summary) + Sync),
    ) -> io::Result<()> {
        let mut runner = Runner::new(self.nyash)?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= self.programs.end {
                return Ok(());
            }
            let program = generate::program(self.seed, index);
            let (found, one) = self.compare(&mut runner, &program)?;
            let kept = summary.lock().map(|mut all| {
                all.add(&one);
                all.differing += u64::from(found.is_some());
                all.time = start.elapsed();
                if all.programs.is_multiple_of(1000) {
                    progress(&all);
                }
                all.findings.len()
            });
            if let Some((config, difference)) = found
                && kept.is_ok_and(|n| n < KEPT)
            {
                let finding = self.finding(&mut runner, &program, &config, difference)?;
                if let Ok(mut all) = summary.lock() {
                    all.findings.push(finding);
                }
            }
        }
    }

    /// Runs one program under every configuration. Gives the first difference.
    pub fn compare(
        &self,
        runner: &mut Runner,
        program: &Program,
    ) -> io::Result<(Option<(Config, Difference)>, Summary)> {
        let mut one =
            Summary { programs: 1, lines: program.text.lines().count() as u64, ..Summary::default() };
        let Some(first) = self.configs.first() else { return Ok((None, one)) };
        let reference = runner.run(program, first, number(program.index))?;
        one.runs += 1;
        one.printed = reference.out.lines().count() as u64;
        one.finalizers = reference.out.lines().filter(|l| l.starts_with('~')).count() as u64;
        let place = match judge::end(&reference) {
            End::Normal => 0,
            End::Uncaught => 1,
            End::Fuel => 2,
            End::Limit => 3,
            End::Wrong => 4,
        };
        one.ends[place] += 1;
        if let Some(wrong) = judge::improper(&reference) {
            return Ok((Some((*first, wrong)), one));
        }
        for config in self.configs.iter().skip(1).filter(|c| c.takes(program.index)) {
            let seen = runner.run(program, config, number(program.index))?;
            one.runs += 1;
            if let Some(difference) = judge::compare(program, config, &reference, &seen) {
                return Ok((Some((*config, difference)), one));
            }
        }
        Ok((None, one))
    }

    /// Makes a program small that keeps its difference, and writes everything to a folder.
    pub fn finding(
        &self,
        runner: &mut Runner,
        program: &Program,
        config: &Config,
        difference: Difference,
    ) -> io::Result<Finding> {
        let mut best = difference;
        let what = best.what;
        let mut check = |text: &str| {
            let candidate = Program { text: text.to_owned(), ..program.clone() };
            match self.differs(runner, &candidate, config) {
                Ok(Some(d)) if d.what == what => {
                    best = d;
                    true
                }
                _ => false,
            }
        };
        let small = reduce::reduce(&program.text, Instant::now() + self.reducing, &mut check);
        let folder = self.findings.join(format!("{}-{}", self.seed, program.index));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("original.nyash"), &program.text)?;
        fs::write(folder.join("small.nyash"), &small)?;
        fs::write(folder.join("expected.txt"), &best.expected)?;
        fs::write(folder.join("found.txt"), &best.found)?;
        let mut commands = String::new();
        for config in self.configs.first().into_iter().chain([config]) {
            commands.push_str(&run::shown(program, config, number(program.index), "small.nyash"));
            commands.push('\n');
        }
        fs::write(folder.join("commands.txt"), commands)?;
        Ok(Finding { index: program.index, config: config.name, difference: best, small, folder })
    }

    /// How a program differs under one configuration.
    fn differs(
        &self,
        runner: &mut Runner,
        program: &Program,
        config: &Config,
    ) -> io::Result<Option<Difference>> {
        let Some(first) = self.configs.first() else { return Ok(None) };
        let reference = runner.run(program, first, number(program.index))?;
        if config.name == first.name {
            return Ok(judge::improper(&reference));
        }
        if judge::improper(&reference).is_some() {
            return Ok(None);
        }
        let seen = runner.run(program, config, number(program.index))?;
        Ok(judge::compare(program, config, &reference, &seen))
    }
}

/// What stands for `@` in a configuration: which allocation fails, or how rarely functions are promoted.
fn number(index: u64) -> u64 {
    1 + index.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 700
}

impl Summary {
    fn add(&mut self, one: &Summary) {
        self.programs += one.programs;
        self.runs += one.runs;
        self.lines += one.lines;
        self.printed += one.printed;
        self.finalizers += one.finalizers;
        for (all, more) in self.ends.iter_mut().zip(one.ends) {
            *all += more;
        }
    }
}
