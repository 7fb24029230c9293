//! Runs one process and measures it: CPU time and peak memory as the operating system counts them for that process, wall
//! time, and the microseconds per iteration that harnesses print. It does not know what it runs.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use wait4::Wait4;

/// More output than this is not kept, nor is the program one to compare.
const MAX_OUTPUT: u64 = 16 << 20;
/// The longest reason that is reported.
const REASON_CHARS: usize = 200;

/// What one process took and said.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// User and system time of the process and of those it waited for.
    pub cpu: Duration,
    /// From its start to its end.
    pub wall: Duration,
    /// The most memory it had at once, if that can be told: see [`floor`].
    pub peak_bytes: Option<u64>,
    /// What the harness says about its iterations, in their order.
    pub iterations_us: Vec<f64>,
    /// What it printed, without its times.
    pub answer: String,
}

/// Runs a command to its end. Otherwise says why there is no sample.
pub(super) fn run(command: &mut Command, deadline: Duration) -> Result<Sample, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|e| format!("it does not start: {e}"))?;
    let (done, ended) = mpsc::channel();
    let output = collect(child.stdout.take(), Some(done));
    let errors = collect(child.stderr.take(), None);
    // A program closes its output at its end. Asking the process itself again and again would cost what is measured.
    let late = ended.recv_timeout(deadline) == Err(mpsc::RecvTimeoutError::Timeout);
    if late {
        // It may have ended in this moment.
        let _ = child.kill();
    }
    let used = child.wait4().map_err(|e| format!("it cannot be waited for: {e}"))?;
    let wall = start.elapsed();
    if late {
        return Err(format!("still running after {} s", deadline.as_secs_f64()));
    }
    let (output, errors) = (output.join().unwrap_or_default(), errors.join().unwrap_or_default());
    if !used.status.success() {
        return Err(failure(used.status, &errors, &output));
    }
    let (iterations_us, answer) = read(&output);
    let cpu = used.rusage.utime + used.rusage.stime;
    let peak_bytes = Some(used.rusage.maxrss).filter(|peak| *peak > floor());
    Ok(Sample { cpu, wall, peak_bytes, iterations_us, answer })
}

/// Peaks up to this one say nothing about a child: Linux counts what its process had before it became another program,
/// and that was our own memory.
pub(super) fn floor() -> u64 {
    // The kernel gathers its counts in steps.
    const SLACK: u64 = 256 << 10;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    peak.map_or(0, |kib| (kib << 10) + SLACK)
}

/// Reads a stream to its end, and drops `done` then.
fn collect(
    from: Option<impl Read + Send + 'static>,
    done: Option<mpsc::Sender<()>>,
) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from.by_ref().take(MAX_OUTPUT).read_to_end(&mut bytes);
            // A full pipe would stop the program.
            let _ = std::io::copy(&mut from, &mut std::io::sink());
        }
        drop(done);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Why a process failed, in one line: what it said first about an error, else the first thing it said.
fn failure(status: ExitStatus, errors: &str, output: &str) -> String {
    let lines = || errors.lines().chain(output.lines()).map(str::trim).filter(|l| !l.is_empty());
    let about = |l: &&str| {
        let l = l.to_lowercase();
        l.contains("error") || l.contains("incorrect") || l.contains("wrong")
    };
    let said = lines().find(about).or_else(|| lines().next()).unwrap_or("it says nothing");
    let said: String = said.chars().filter(|c| !c.is_control()).take(REASON_CHARS).collect();
    let status = status.code().map_or("ended by a signal".to_string(), |c| format!("exit code {c}"));
    format!("{status}: {said}")
}

/// Takes the times out of what a harness printed.
fn read(output: &str) -> (Vec<f64>, String) {
    let mut times = Vec::new();
    let mut answer = String::new();
    for line in output.lines() {
        match time(line) {
            Some(Some(us)) => times.push(us),
            Some(None) => {}
            None => {
                answer.push_str(line);
                answer.push('\n');
            }
        }
    }
    // The programs of the suite check their result themselves, and every language prints other words around it.
    let is_suite = output.lines().any(|l| l.contains(": iterations=") && l.contains(" average: "));
    (times, if is_suite { String::new() } else { answer })
}

/// Whether a line is about time, and the microseconds of one iteration if it says them:
/// `Bounce: iterations=1 runtime: 970us`.
fn time(line: &str) -> Option<Option<f64>> {
    let (head, tail) = line.split_once(": iterations=")?;
    if head.contains(char::is_whitespace) {
        return None;
    }
    let runtime = tail.split_once(" runtime: ").and_then(|(_, t)| t.trim().strip_suffix("us"));
    Some(runtime.and_then(|t| t.parse().ok()).filter(|us: &f64| us.is_finite() && *us >= 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_out_of_the_answer() {
        let (times, answer) =
            read("fib: iterations=1 runtime: 120us\nfib: iterations=1 runtime: 80us\nresult: 8\n");
        assert_eq!(times, [120.0, 80.0]);
        assert_eq!(answer, "result: 8\n");
    }

    #[test]
    fn the_suite_has_no_answer() {
        let lua = "Starting List benchmark ...\nList: iterations=1 runtime: 1065us\n\
                   List: iterations=1 average: 1065us total: 1065us\n\nTotal Runtime: 1065us\n";
        assert_eq!(read(lua), (vec![1065.0], String::new()));
    }

    #[test]
    fn other_programs_are_left_as_they_are() {
        assert_eq!(
            read("a line\nanother: iterations\n"),
            (Vec::new(), "a line\nanother: iterations\n".into())
        );
        assert_eq!(read("x: iterations=1 runtime: infus\n").0, Vec::<f64>::new());
    }

    #[cfg(unix)]
    #[test]
    fn processes_are_measured_and_their_failures_explained() {
        let shell = |script: &str, deadline: Duration| {
            let mut command = Command::new("sh");
            run(command.args(["-c", script]), deadline)
        };
        let minute = Duration::from_secs(60);
        let sample = shell("echo 'x: iterations=1 runtime: 5us'; echo done", minute).expect("a sample");
        assert_eq!((sample.iterations_us, sample.answer), (vec![5.0], "done\n".to_string()));
        assert!(sample.wall > Duration::ZERO);
        let said = |script: &str| shell(script, minute).expect_err("fails");
        assert_eq!(said("echo a >&2; echo 'b: an error' >&2; exit 3"), "exit code 3: b: an error");
        assert_eq!(said("exit 4"), "exit code 4: it says nothing");
        assert_eq!(said("kill -9 $$"), "ended by a signal: it says nothing");
        let late = shell("exec sleep 60", Duration::from_millis(20)).expect_err("is ended");
        assert_eq!(late, "still running after 0.02 s");
    }
}
