//! Makes a failing input small: removes lines, bracketed groups, words, characters, as long as it fails in the
//! same way.

use super::{Failure, scratch, wait, worker_command};
use crate::Target;
use std::fs;
use std::ops::Range;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// While an input that hangs is made small, this long is long enough.
const HANG: Duration = Duration::from_secs(5);

/// Says how an input fails.
pub(super) type Check<'a> = &'a mut dyn FnMut(&[u8]) -> std::io::Result<Option<Failure>>;

/// The smallest input that was found in the time, and its failure.
pub(super) fn minimize(
    target: &Target,
    input: Vec<u8>,
    failure: Failure,
    time: Duration,
) -> std::io::Result<(Vec<u8>, Failure)> {
    let end = Instant::now() + time;
    if !matches!(failure, Failure::Panic(..)) {
        return shrink(input, failure, end, &mut |candidate| outside(target, candidate));
    }
    // Panics can be caught, so one process tries all candidates. It leaves the best one in the file.
    let file = scratch("shrunk")?;
    fs::write(&file, &input)?;
    let mut command = worker_command()?;
    command.arg("--shrink").arg(target.name).arg(&file).arg(time.as_secs_f64().to_string());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    wait(child, &mut || Instant::now() > end + HANG)?;
    let input = fs::read(&file)?;
    let again = outside(target, &input)?;
    Ok((input, again.unwrap_or(failure)))
}

/// Runs a body in a process of its own.
fn outside(target: &Target, input: &[u8]) -> std::io::Result<Option<Failure>> {
    let file = scratch("candidate")?;
    fs::write(&file, input)?;
    let mut command = worker_command()?;
    command.arg("--input").arg(target.name).arg(&file).stdout(Stdio::piped()).stderr(Stdio::null());
    let start = Instant::now();
    Ok(wait(command.spawn()?, &mut || start.elapsed() > HANG)?.failure())
}

/// Removes what is not needed for the failure.
pub(super) fn shrink(
    input: Vec<u8>,
    failure: Failure,
    end: Instant,
    check: Check<'_>,
) -> std::io::Result<(Vec<u8>, Failure)> {
    let mut best = Best { input, failure, end, check };
    loop {
        let before = best.input.len();
        best.remove_runs(lines)?;
        best.remove_brackets()?;
        best.remove_runs(words)?;
        best.remove_runs(characters)?;
        if best.input.len() == before || Instant::now() > end {
            return Ok((best.input, best.failure));
        }
    }
}

struct Best<'a> {
    input: Vec<u8>,
    failure: Failure,
    end: Instant,
    check: Check<'a>,
}

impl Best<'_> {
    /// Takes a candidate when it fails like the input before.
    fn take(&mut self, candidate: Vec<u8>) -> std::io::Result<bool> {
        match (self.check)(&candidate)? {
            Some(failure) if failure.is_like(&self.failure) => {
                (self.input, self.failure) = (candidate, failure);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Removes runs of pieces, long ones first.
    fn remove_runs(&mut self, split: fn(&[u8]) -> Vec<Vec<u8>>) -> std::io::Result<()> {
        let mut size = split(&self.input).len().div_ceil(2);
        while size > 0 {
            let (mut at, mut removed) = (0, false);
            loop {
                let pieces = split(&self.input);
                if at >= pieces.len() || Instant::now() > self.end {
                    break;
                }
                let to = (at + size).min(pieces.len());
                if self.take([pieces[..at].concat(), pieces[to..].concat()].concat())? {
                    removed = true;
                } else {
                    at += size;
                }
            }
            size = if removed && size == 1 { 1 } else { size / 2 };
        }
        Ok(())
    }

    /// Removes bracketed groups, or only their brackets, or everything but what is in them.
    fn remove_brackets(&mut self) -> std::io::Result<()> {
        let mut at = 0;
        while let Some(group) = groups(&self.input).get(at).cloned() {
            if Instant::now() > self.end {
                break;
            }
            let (before, after) = (&self.input[..group.start], &self.input[group.end..]);
            let inside = &self.input[group.start + 1..group.end - 1];
            let line =
                before.iter().rposition(|b| matches!(b, b'\n' | b';' | b'{' | b'}')).map_or(0, |i| i + 1);
            let candidates = [
                [&before[..line], after].concat(),
                [before, after].concat(),
                [&before[..line], inside, after].concat(),
                [before, inside, after].concat(),
            ];
            let mut taken = false;
            for candidate in candidates {
                if !taken && candidate.len() < self.input.len() {
                    taken = self.take(candidate)?;
                }
            }
            at += usize::from(!taken);
        }
        Ok(())
    }
}

/// Matching brackets.
fn groups(input: &[u8]) -> Vec<Range<usize>> {
    let (mut open, mut out) = (Vec::new(), Vec::new());
    for (i, b) in input.iter().enumerate() {
        match b {
            b'(' | b'[' | b'{' => open.push(i),
            b')' | b']' | b'}' => out.extend(open.pop().map(|start| start..i + 1)),
            _ => {}
        }
    }
    out.sort_by_key(|g| g.start);
    out
}

fn lines(input: &[u8]) -> Vec<Vec<u8>> {
    input.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

fn words(input: &[u8]) -> Vec<Vec<u8>> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    input.chunk_by(|a, b| is_word(*a) && is_word(*b)).map(<[u8]>::to_vec).collect()
}

/// Characters, so that UTF-8 stays what it is.
fn characters(input: &[u8]) -> Vec<Vec<u8>> {
    input.chunk_by(|_, b| b & 0xC0 == 0x80).map(<[u8]>::to_vec).collect()
}
