//! `nyash bench`: programs measured in tiers and beside other languages, each run in a process of its own, all columns
//! in turn so that what disturbs the machine disturbs all of them.
//!
//! [`programs`] is the table of programs, [`columns`] the tiers and peers, [`measure`] runs one process, [`stats`] makes
//! figures of its samples; [`table`], [`document`] and [`plot`] show them. It knows no tier but by name, and decides
//! nothing about a program but whether its columns agree.

pub(crate) mod columns;
pub(crate) mod document;
mod measure;
pub(crate) mod plot;
pub(crate) mod programs;
mod stats;
pub(crate) mod table;

use std::time::Duration;

use columns::{Column, Places};
use measure::Sample;
use programs::{Group, Program};

const MIB: f64 = (1 << 20) as f64;

/// A cell that has taken so long is not measured again.
const ENOUGH: Duration = Duration::from_secs(5);

/// What is to be measured.
#[derive(Debug)]
pub(crate) struct Job {
    /// The rows.
    pub programs: Vec<Program>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The column that ratios refer to.
    pub base: usize,
    /// How often every cell is measured.
    pub runs: u32,
    /// How long one process may take.
    pub deadline: Duration,
    /// Where files are.
    pub places: Places,
}

/// One program in one column.
#[derive(Debug)]
pub(crate) enum Cell {
    /// The program does not exist in that language, or its suite was not named.
    None,
    /// It did not run, and why.
    Problem(String),
    /// What was measured.
    Samples(Vec<Sample>),
}

/// The cells of a program, in the order of the columns.
#[derive(Debug)]
pub(crate) struct Row {
    /// The program.
    pub program: Program,
    /// One per column.
    pub cells: Vec<Cell>,
}

/// Everything that was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// One per program.
    pub rows: Vec<Row>,
    /// What did not run or was wrong, one line each.
    pub problems: Vec<String>,
    /// What is worth knowing and no error.
    pub notes: Vec<String>,
}

/// Something that can be asked of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Metric {
    /// CPU time of the whole process, user and system
    Cpu,
    /// Wall time of the whole process
    Wall,
    /// The first iteration: what a cold program needs
    First,
    /// One iteration of a warm program: the median of the last half
    Steady,
    /// Peak of the resident memory
    Rss,
}

impl Metric {
    /// All of them, in the order of the report.
    pub(crate) const ALL: &[Metric] =
        &[Metric::Cpu, Metric::Wall, Metric::First, Metric::Steady, Metric::Rss];

    /// The name in options and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Metric::Cpu => "cpu",
            Metric::Wall => "wall",
            Metric::First => "first",
            Metric::Steady => "steady",
            Metric::Rss => "rss",
        }
    }

    /// In words, without unit.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Metric::Cpu => "CPU time of the process",
            Metric::Wall => "Wall time of the process",
            Metric::First => "First iteration",
            Metric::Steady => "Steady state: one iteration, median of the last half",
            Metric::Rss => "Peak memory of the process",
        }
    }

    /// The unit of its values.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Metric::Rss => "MiB",
            _ => "ms",
        }
    }

    /// The value of one run.
    fn of_sample(self, sample: &Sample) -> Option<f64> {
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        match self {
            Metric::Cpu => Some(ms(sample.cpu)),
            Metric::Wall => Some(ms(sample.wall)),
            Metric::First => sample.iterations_us.first().map(|us| us / 1e3),
            Metric::Steady => stats::steady(&sample.iterations_us).map(|us| us / 1e3),
            Metric::Rss => sample.peak_bytes.map(|b| b as f64 / MIB),
        }
    }
}

impl Cell {
    /// The median over the runs.
    pub(crate) fn value(&self, metric: Metric) -> Option<f64> {
        let Cell::Samples(samples) = self else { return None };
        let values: Vec<f64> = samples.iter().filter_map(|s| metric.of_sample(s)).collect();
        stats::median(&values)
    }
}

impl Row {
    /// How a column compares with another one. Nothing when one of them has no value or took no time that the clock
    /// could see.
    pub(crate) fn ratio(&self, metric: Metric, column: usize, base: usize) -> Option<f64> {
        let value = |c: usize| self.cells.get(c)?.value(metric).filter(|v| *v > 0.0);
        Some(value(column)? / value(base)?)
    }
}

/// The geometric mean of a column's ratios over rows, and of how many rows.
pub(crate) fn mean<'r>(
    rows: impl Iterator<Item = &'r Row>,
    metric: Metric,
    column: usize,
    base: usize,
) -> Option<(f64, usize)> {
    let ratios: Vec<f64> = rows.filter_map(|r| r.ratio(metric, column, base)).collect();
    Some((stats::geometric_mean(&ratios)?, ratios.len()))
}

/// Measures everything. `progress` is told what is about to run.
pub(crate) fn run(job: &Job, mut progress: impl FnMut(&str)) -> Found {
    let mut found = Found { rows: Vec::new(), problems: Vec::new(), notes: Vec::new() };
    for (at, program) in job.programs.iter().enumerate() {
        let mut cells: Vec<Cell> = job.columns.iter().map(|_| Cell::None).collect();
        for round in 0..job.runs {
            for turn in 0..job.columns.len() {
                // Every round begins with another column: no column always follows the same one.
                let ix = (turn + round as usize) % job.columns.len();
                let (Some(column), Some(cell)) = (job.columns.get(ix), cells.get_mut(ix)) else { continue };
                if is_done(cell) {
                    continue;
                }
                let Some(command) = columns::command(program, column, &job.places) else { continue };
                progress(&format!(
                    "{}, {}, round {} of {} (program {} of {})",
                    program.label(),
                    column.name,
                    round + 1,
                    job.runs,
                    at + 1,
                    job.programs.len()
                ));
                match command.and_then(|mut c| measure::run(&mut c, job.deadline)) {
                    Ok(sample) => match cell {
                        Cell::Samples(samples) => samples.push(sample),
                        _ => *cell = Cell::Samples(vec![sample]),
                    },
                    Err(why) => *cell = Cell::Problem(why),
                }
            }
        }
        judge(program, &mut cells, job, &mut found);
        found.rows.push(Row { program: program.clone(), cells });
    }
    found.notes.extend(waited(&found.rows));
    let unseen = |c: &Cell| matches!(c, Cell::Samples(s) if s.iter().any(|s| s.peak_bytes.is_none()));
    if found.rows.iter().any(|r| r.cells.iter().any(unseen)) {
        let floor = measure::floor() as f64 / MIB;
        found.notes.push(format!(
            "peak memory below {floor:.1} MiB cannot be told: the measuring process has as much"
        ));
    }
    found
}

/// A sentence when processes had no processor for much of their time: then wall times say more about the machine than
/// about the programs. Most harnesses measure iterations in wall time, those of Lua in CPU time.
fn waited(rows: &[Row]) -> Option<String> {
    const MUCH: f64 = 0.2;
    let (mut cpu, mut wall) = (Duration::ZERO, Duration::ZERO);
    for cell in rows.iter().flat_map(|r| &r.cells) {
        if let Cell::Samples(samples) = cell {
            // Of a process with several threads no more than its wall time counts: the rest hides no waiting of others.
            cpu += samples.iter().map(|s| s.cpu.min(s.wall)).sum::<Duration>();
            wall += samples.iter().map(|s| s.wall).sum::<Duration>();
        }
    }
    let share = 1.0 - cpu.as_secs_f64() / wall.as_secs_f64();
    (share > MUCH).then(|| {
        format!(
            "for {:.0} % of the time processes waited, mostly for a busy machine: compare cpu, not wall, first and steady",
            share * 100.0
        )
    })
}

/// Whether another run would tell nothing more, or take too long.
fn is_done(cell: &Cell) -> bool {
    match cell {
        Cell::None => false,
        Cell::Problem(_) => true,
        Cell::Samples(samples) => samples.iter().map(|s| s.wall).sum::<Duration>() > ENOUGH,
    }
}

/// Compares the answers of all columns and collects what did not run.
fn judge(program: &Program, cells: &mut [Cell], job: &Job, found: &mut Found) {
    let mut right: Option<(&str, String)> = None;
    for (column, cell) in job.columns.iter().zip(cells) {
        let wrong = match &*cell {
            Cell::None => None,
            Cell::Problem(why) => Some(why.clone()),
            Cell::Samples(samples) => samples.iter().find_map(|s| match &right {
                None => {
                    right = Some((&column.name, s.answer.clone()));
                    None
                }
                Some((_, answer)) if *answer == s.answer => None,
                Some((who, answer)) => Some(difference(program, who, answer, &s.answer)),
            }),
        };
        let Some(why) = wrong else { continue };
        let line = format!("{} in {}: {why}", program.label(), column.name);
        // What a program of the user's prints may depend on the time of day; the benchmarks print one number.
        if matches!((&*cell, program.group), (Cell::Samples(_), Group::File)) {
            found.notes.push(line);
        } else {
            found.problems.push(line);
            *cell = Cell::Problem(why);
        }
    }
}

fn difference(program: &Program, who: &str, expected: &str, answer: &str) -> String {
    if program.group == Group::File {
        return format!("it prints something else than in {who}");
    }
    let shown = |text: &str| text.trim().chars().take(100).collect::<String>();
    format!("wrong: `{}`, but `{}` in {who}", shown(answer), shown(expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use columns::Kind;

    fn column(name: &str) -> Column {
        Column {
            name: name.into(),
            kind: Kind::Tier,
            program: "nyash".into(),
            args: Vec::new(),
            version: String::new(),
        }
    }

    fn sample(answer: &str, cpu_ms: u64, iterations_us: &[f64]) -> Sample {
        Sample {
            cpu: Duration::from_millis(cpu_ms),
            wall: Duration::from_millis(2 * cpu_ms),
            peak_bytes: Some(3 << 20),
            iterations_us: iterations_us.to_vec(),
            answer: answer.into(),
        }
    }

    fn judged(name: &str, answers: &[&str]) -> (Vec<Cell>, Found) {
        let programs = programs::select(&[name.to_string()], false).expect("a program");
        let program = programs.first().expect("one").clone();
        let columns: Vec<Column> =
            answers.iter().enumerate().map(|(i, _)| column(&format!("c{i}"))).collect();
        let mut cells: Vec<Cell> = answers.iter().map(|a| Cell::Samples(vec![sample(a, 1, &[])])).collect();
        let job = Job {
            programs,
            columns,
            base: 0,
            runs: 1,
            deadline: Duration::from_secs(1),
            places: Places::default(),
        };
        let mut found = Found { rows: Vec::new(), problems: Vec::new(), notes: Vec::new() };
        judge(&program, &mut cells, &job, &mut found);
        (cells, found)
    }

    #[test]
    fn equal_answers_are_right() {
        let (_, found) = judged("fib", &["result: 8", "result: 8"]);
        assert!(found.problems.is_empty());
    }

    #[test]
    fn a_column_that_differs_from_the_first_is_wrong_and_has_no_figures() {
        let (cells, found) = judged("fib=6x1", &["result: 8", "result: 9", "result: 8"]);
        assert_eq!(found.problems, ["fib=6x1 in c1: wrong: `result: 9`, but `result: 8` in c0"]);
        assert!(matches!(cells[1], Cell::Problem(_)));
        assert!(matches!(cells[2], Cell::Samples(_)));
    }

    #[test]
    fn cells_give_the_median_of_their_runs() {
        let cell = Cell::Samples(vec![
            sample("", 30, &[9000.0, 2000.0]),
            sample("", 10, &[7000.0, 1000.0]),
            sample("", 20, &[8000.0, 4000.0]),
        ]);
        assert_eq!(cell.value(Metric::Cpu), Some(20.0));
        assert_eq!(cell.value(Metric::Wall), Some(40.0));
        assert_eq!(cell.value(Metric::First), Some(8.0));
        assert_eq!(cell.value(Metric::Steady), Some(2.0));
        assert_eq!(cell.value(Metric::Rss), Some(3.0));
    }

    #[test]
    fn a_busy_machine_is_noticed() {
        let program = programs::select(&["fib".to_string()], false).expect("a program").remove(0);
        let row = |cpu_ms: u64, wall_ms: u64| Row {
            program: program.clone(),
            cells: vec![Cell::Samples(vec![Sample {
                wall: Duration::from_millis(wall_ms),
                ..sample("", cpu_ms, &[])
            }])],
        };
        assert_eq!(waited(&[]), None);
        assert_eq!(waited(&[row(90, 100)]), None);
        assert_eq!(waited(&[row(300, 100)]), None);
        let note = waited(&[row(300, 100), row(20, 100)]).expect("a note");
        assert!(note.starts_with("for 40 % of the time"), "{note}");
    }

    #[test]
    fn ratios_need_two_values() {
        let program = programs::select(&["fib".to_string()], false).expect("a program").remove(0);
        let cells = vec![
            Cell::Samples(vec![sample("", 10, &[])]),
            Cell::Samples(vec![sample("", 25, &[])]),
            Cell::None,
        ];
        let row = Row { program, cells };
        assert_eq!(row.ratio(Metric::Cpu, 1, 0), Some(2.5));
        assert_eq!(row.ratio(Metric::Cpu, 2, 0), None);
        assert_eq!(row.ratio(Metric::Steady, 1, 0), None);
        assert_eq!(mean([&row].into_iter(), Metric::Cpu, 1, 0), Some((2.5, 1)));
    }
}
