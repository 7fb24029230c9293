//! The standard streams of a run: those of the process, or buffers of the calling thread while a run is captured.
//! Everything that a program or `nyash` says on its behalf goes through here. It does not know what is said.

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Write};

/// What a captured run wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Captured {
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
}

thread_local! {
    static CAPTURED: RefCell<Option<Captured>> = const { RefCell::new(None) };
}

/// Ends the capture, also when the run panics.
struct Ending;

impl Drop for Ending {
    fn drop(&mut self) {
        CAPTURED.set(None);
    }
}

/// Does something whose streams are buffers; its standard input is empty.
pub fn captured<T>(run: impl FnOnce() -> T) -> (T, Captured) {
    CAPTURED.set(Some(Captured::default()));
    let ending = Ending;
    let result = run();
    let written = CAPTURED.take().unwrap_or_default();
    drop(ending);
    (result, written)
}

/// Whether the streams of this thread are buffers.
pub fn are_captured() -> bool {
    CAPTURED.with_borrow(Option::is_some)
}

/// Whether somebody watches standard output.
pub(crate) fn out_is_terminal() -> bool {
    !are_captured() && io::stdout().is_terminal()
}

/// Writes to standard output at once.
pub(crate) fn write_out(bytes: &[u8]) -> io::Result<()> {
    if into_buffer(|c| &mut c.out, bytes) {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}

/// Writes to standard error at once.
pub fn write_err(bytes: &[u8]) -> io::Result<()> {
    if into_buffer(|c| &mut c.err, bytes) {
        return Ok(());
    }
    io::stderr().lock().write_all(bytes)
}

/// A line of standard input with its end; empty at the end.
pub(crate) fn read_line() -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    if !are_captured() {
        io::stdin().lock().read_until(b'\n', &mut line)?;
    }
    Ok(line)
}

fn into_buffer(which: impl FnOnce(&mut Captured) -> &mut Vec<u8>, bytes: &[u8]) -> bool {
    CAPTURED.with_borrow_mut(|captured| match captured {
        Some(captured) => {
            which(captured).extend_from_slice(bytes);
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Console;
    use nyrt::host::{Host, Stream};

    #[test]
    fn what_a_captured_run_says_is_in_the_buffers() {
        let (line, written) = captured(|| {
            let mut console = Console::new();
            console.write(Stream::Out, b"a").expect("nobody closes a buffer");
            write_err(b"b").expect("nobody closes a buffer");
            console.write(Stream::Err, b"c").expect("nobody closes a buffer");
            console.read_line()
        });
        assert_eq!((line, are_captured()), (None, false));
        assert_eq!(written, Captured { out: b"a".to_vec(), err: b"bc".to_vec() });
    }

    #[test]
    fn a_panic_ends_the_capture() {
        let run =
            std::panic::catch_unwind(|| captured(|| assert!(!are_captured(), "the streams are captured")));
        assert!(run.is_err() && !are_captured());
    }
}
