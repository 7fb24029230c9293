//! A `nyash serve` process that runs programs one after another. It knows how to ask and when to give up waiting,
//! not what is run.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a run in a worker ended.
pub(crate) enum Answer {
    /// With an exit code, output and errors.
    Done(i32, Vec<u8>, Vec<u8>),
    /// It took the process with it.
    Died,
    /// It was ended after the time for one run.
    Late,
}

pub(crate) struct Worker {
    child: Arc<Mutex<Child>>,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    run: Arc<Mutex<Run>>,
    /// The watch goes on as long as this is there.
    _watched: Sender<()>,
}

/// What the watch looks at now and then: runs are so short that waking it for each would be felt.
enum Run {
    /// There is none.
    Idle,
    /// There is one since then.
    Since(Instant),
    /// It took too long.
    Late,
}

impl Worker {
    /// Starts a process in a folder; no run in it may take longer than `deadline`.
    pub(crate) fn start(nyash: &Path, folder: &Path, deadline: Duration) -> io::Result<Worker> {
        let mut command = Command::new(nyash);
        command.arg("serve").current_dir(folder).env_clear();
        // What it says there besides answers is for nobody: the end of the answers tells that something is wrong.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (child, run) = (Arc::new(Mutex::new(child)), Arc::new(Mutex::new(Run::Idle)));
        let (_watched, end) = mpsc::channel();
        let (watched, seen) = (Arc::clone(&child), Arc::clone(&run));
        std::thread::spawn(move || end_late(&end, deadline, &watched, &seen));
        Ok(Worker { child, requests, answers: BufReader::new(answers), run, _watched })
    }

    /// Reads a program, for the runs that follow.
    pub(crate) fn read(&mut self, file: &str) -> io::Result<()> {
        writeln!(self.requests, "read {file}")
    }

    /// Runs the program that was read last. After anything but [`Answer::Done`] the process is gone.
    pub(crate) fn run(&mut self, variables: &[(&'static str, String)]) -> Answer {
        self.now(Run::Since(Instant::now()));
        let answer = self.ask(variables);
        match (answer, self.now(Run::Idle)) {
            (_, Run::Late) => Answer::Late,
            (Ok((code, out, err)), _) => Answer::Done(code, out, err),
            (Err(_), _) => Answer::Died,
        }
    }

    fn now(&self, run: Run) -> Run {
        std::mem::replace(&mut *self.run.lock().unwrap_or_else(PoisonError::into_inner), run)
    }

    fn ask(&mut self, variables: &[(&'static str, String)]) -> io::Result<(i32, Vec<u8>, Vec<u8>)> {
        let words: Vec<String> = variables.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        self.requests.write_all(format!("run{}\n", words.concat()).as_bytes())?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let mut numbers = head.split_ascii_whitespace().map(str::parse::<usize>);
        let mut number = || numbers.next().and_then(Result::ok).ok_or(io::ErrorKind::InvalidData);
        let (code, out, err) = (number()?, number()?, number()?);
        let mut bytes = |len| -> io::Result<Vec<u8>> {
            let mut bytes = vec![0; len];
            self.answers.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        Ok((code as i32, bytes(out)?, bytes(err)?))
    }
}

/// Ends the process when a run takes longer than `deadline`, by a tenth at most. It goes with the worker.
fn end_late(end: &Receiver<()>, deadline: Duration, child: &Mutex<Child>, run: &Mutex<Run>) {
    while end.recv_timeout(deadline / 10) == Err(RecvTimeoutError::Timeout) {
        let mut run = run.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*run, Run::Since(start) if start.elapsed() > deadline) {
            *run = Run::Late;
            // When it ended by itself just now there is nothing to end.
            let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that waits for requests, or none.
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// What a run in a process is like that does this after both requests.
    fn answer(script: &str) -> Answer {
        let folder = std::env::temp_dir().join(format!("nyash-agree-worker-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder is writable");
        let path = folder.join("nyash");
        fs::write(&path, format!("#!/bin/sh\nread a\nread b\n{script}\n")).expect("the folder is writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the file is ours");
        let mut worker = Worker::start(&path, &folder, Duration::from_millis(300)).expect("there is a shell");
        worker.read("p.nyash").expect("the shell reads");
        let answer = worker.run(&[("NYASH_TIER", "vm".to_owned())]);
        drop(worker);
        fs::remove_dir_all(&folder).expect("nobody else removes it");
        answer
    }

    #[test]
    fn an_answer_a_crash_and_a_run_without_end_are_told_apart() {
        let done = answer("printf '3 2 1\\nab!'; read c");
        assert!(matches!(done, Answer::Done(3, out, err) if out == b"ab" && err == b"!"));
        assert!(matches!(answer("kill -9 $$"), Answer::Died));
        assert!(matches!(answer("printf '3 2'"), Answer::Died));
        assert!(matches!(answer("exec sleep 60"), Answer::Late));
        let asked = answer("printf \"0 ${#b} 0\\n$b\"; read c");
        assert!(matches!(asked, Answer::Done(0, out, _) if out == b"run NYASH_TIER=vm"));
    }
}
