//! Runs a program with the `nyash` command and says what was seen. Output goes through files, so that one thread is
//! enough for a process.

use crate::config::Config;
use crate::generate::Program;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Far above what any program needs.
const DEADLINE: Duration = Duration::from_secs(60);

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
}

impl Runner {
    /// A runner of a `nyash` executable.
    pub fn new(nyash: &Path) -> io::Result<Runner> {
        // Several runners of one process must not meet in a folder.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("nyash-agree-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Runner { nyash: nyash.to_path_buf(), folder })
    }

    /// Runs a program; `number` stands for the `@` of the configuration.
    pub fn run(&self, program: &Program, config: &Config, number: u64) -> io::Result<Seen> {
        let path = |name: &str| self.folder.join(name);
        fs::write(path("p.nyash"), &program.text)?;
        let mut command = Command::new(&self.nyash);
        command.args(arguments(program, config)).arg("p.nyash").current_dir(&self.folder);
        command.env_clear().envs(variables(config, number)).stdin(Stdio::null());
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
        let text = |name: &str| -> io::Result<String> {
            let mut bytes = fs::read(path(name))?;
            bytes.truncate(MAX_OUTPUT);
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let (err, heap) = statistics(&text("err")?);
        let code = status.and_then(|s| s.code());
        let mut seen = Seen { out: text("out")?, err, code, heap, late: status.is_none() };
        if let Some(alter) = config.alter {
            alter(&mut seen);
        }
        Ok(seen)
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // Left-over files do no harm.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn arguments(program: &Program, config: &Config) -> Vec<String> {
    let mut list = vec!["run".to_owned(), "--gc-stats".to_owned()];
    list.push(format!("--fuel={}", program.fuel));
    list.push(format!("--max-depth={}", program.depth));
    list.extend(config.flags.iter().map(|f| (*f).to_owned()));
    list
}

fn variables(config: &Config, number: u64) -> Vec<(&'static str, String)> {
    config.env.iter().map(|(name, value)| (*name, value.replace('@', &number.to_string()))).collect()
}

/// The command line of a run, for people.
pub fn shown(program: &Program, config: &Config, number: u64, file: &str) -> String {
    let mut out = String::new();
    for (name, value) in variables(config, number) {
        out.push_str(&format!("{name}={value} "));
    }
    format!("{out}nyash {} {file}", arguments(program, config).join(" "))
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
