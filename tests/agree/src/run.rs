//! Runs a program and says what was seen: in a process that runs many (`worker`), or with the `nyash` command of its
//! own. The output of the command goes through files, so that one thread is enough for it.

use crate::config::Config;
use crate::generate::Program;
use crate::worker::{Answer, Worker};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Far above what any program needs.
const DEADLINE: Duration = Duration::from_secs(60);

/// The program in the folder of a runner.
const FILE: &str = "p.nyash";

/// Many times what a program needs that does not ask for a huge text: one of those in a thousand programs took as long
/// as all others together to fill four gigabytes.
const MAX_HEAP: &str = "64M";

/// Most bytes of a stream that are looked at.
const MAX_OUTPUT: usize = 8 << 20;

/// What is seen of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// Standard output.
    pub out: String,
    /// Standard error without statistics.
    pub err: String,
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// What the heap says at the end.
    pub heap: Option<HeapSeen>,
    /// It did not end by itself.
    pub late: bool,
}

/// What `--gc-stats` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HeapSeen {
    /// Objects that were alive at the end.
    pub live: u64,
    /// Cells of cyclic garbage.
    pub garbage: u64,
    /// Finalizers that cyclic garbage had.
    pub finalizers: u64,
}

/// Runs programs in a folder of its own, which is removed at the end.
pub struct Runner {
    nyash: PathBuf,
    folder: PathBuf,
    /// Absent after a run that took it along, and before the first one.
    worker: Option<Worker>,
    /// What the file and the worker hold.
    text: String,
}

impl Runner {
    /// A runner of a `nyash` executable.
    pub fn new(nyash: &Path) -> io::Result<Runner> {
        // Several runners of one process must not meet in a folder.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("nyash-agree-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Runner { nyash: nyash.to_path_buf(), folder, worker: None, text: String::new() })
    }

    /// Runs a program; `number` stands for the `@` of the configuration.
    pub fn run(&mut self, program: &Program, config: &Config, number: u64) -> io::Result<Seen> {
        if self.text != program.text {
            fs::write(self.folder.join(FILE), &program.text)?;
            self.text.clone_from(&program.text);
            // One that is gone is replaced when it is needed.
            if self.worker.as_mut().is_some_and(|worker| worker.read(FILE).is_err()) {
                self.worker = None;
            }
        }
        let mut seen = match config.apart {
            true => self.command(&variables(program, config, number))?,
            false => self.ask(&variables(program, config, number))?,
        };
        if let Some(alter) = config.alter {
            alter(&mut seen);
        }
        Ok(seen)
    }

    fn ask(&mut self, variables: &[(&'static str, String)]) -> io::Result<Seen> {
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => {
                let mut worker = Worker::start(&self.nyash, &self.folder, DEADLINE)?;
                worker.read(FILE)?;
                worker
            }
        };
        Ok(match worker.run(variables) {
            Answer::Done(code, out, err) => {
                self.worker = Some(worker);
                Seen::new(Some(code), out, err)
            }
            Answer::Died => Seen::default(),
            Answer::Late => Seen { late: true, ..Seen::default() },
        })
    }

    fn command(&self, variables: &[(&'static str, String)]) -> io::Result<Seen> {
        let path = |name: &str| self.folder.join(name);
        let mut command = Command::new(&self.nyash);
        command.args(["run", FILE]).current_dir(&self.folder);
        command.env_clear().envs(variables.iter().cloned()).stdin(Stdio::null());
        command.stdout(File::create(path("out"))?).stderr(File::create(path("err"))?);
        let mut child = command.spawn()?;
        let (start, mut pause) = (Instant::now(), Duration::from_micros(400));
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if start.elapsed() > DEADLINE {
                child.kill()?;
                child.wait()?;
                break None;
            }
            std::thread::sleep(pause);
            pause = (pause * 3 / 2).min(Duration::from_millis(5));
        };
        let seen = Seen::new(status.and_then(|s| s.code()), fs::read(path("out"))?, fs::read(path("err"))?);
        Ok(Seen { late: status.is_none(), ..seen })
    }
}

impl Seen {
    fn new(code: Option<i32>, out: Vec<u8>, err: Vec<u8>) -> Seen {
        let text = |mut bytes: Vec<u8>| {
            bytes.truncate(MAX_OUTPUT);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (err, heap) = statistics(&text(err));
        Seen { out: text(out), err, code, heap, late: false }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // Left-over files do no harm.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn variables(program: &Program, config: &Config, number: u64) -> Vec<(&'static str, String)> {
    let limits = [
        ("NYASH_GC_STATS", "1".to_owned()),
        ("NYASH_FUEL", program.fuel.to_string()),
        ("NYASH_MAX_DEPTH", program.depth.to_string()),
        ("NYASH_MAX_HEAP", MAX_HEAP.to_owned()),
    ];
    let own = config.env.iter().map(|(name, value)| (*name, value.replace('@', &number.to_string())));
    limits.into_iter().chain(own).collect()
}

/// The command line of a run, for people.
pub fn shown(program: &Program, config: &Config, number: u64, file: &str) -> String {
    let variables = variables(program, config, number);
    let words: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect();
    format!("{}nyash run {file}", words.concat())
}

/// Takes what `--gc-stats` says out of the errors.
fn statistics(err: &str) -> (String, Option<HeapSeen>) {
    let mut heap = None;
    let mut rest = String::new();
    for line in err.split_inclusive('\n') {
        match line.strip_prefix("gc: ") {
            Some(words) => {
                let number = |name: &str| {
                    words.split_ascii_whitespace().find_map(|w| w.strip_prefix(name)?.parse::<u64>().ok())
                };
                heap = number("live=").map(|live| HeapSeen {
                    live,
                    garbage: number("garbage=").unwrap_or(0),
                    finalizers: number("finalizers=").unwrap_or(0),
                });
            }
            None => rest.push_str(line),
        }
    }
    (rest, heap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_no_error_text() {
        let (err, heap) = statistics("error: x\ngc: garbage=2 finalizers=1 live=12\nafter\n");
        assert_eq!(err, "error: x\nafter\n");
        assert_eq!(heap, Some(HeapSeen { live: 12, garbage: 2, finalizers: 1 }));
    }
}
