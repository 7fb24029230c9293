//! ConsoleBox and the externals of `env.console`: text to the standard streams, lines from standard input. It has
//! no state.

use super::access::{arg, made, make_object};
use crate::builtin::{Owner, builtins};
use crate::host::{Closed, Stream};
use crate::ops::text;
use crate::rt::{Rt, Stop};
use crate::trap::{Outcome, Trap};
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::CONSOLE) => {
        /// The standard streams. A bare `console` is one.
        "ConsoleBox" () ALLOCATES -> Instance(CONSOLE) => new;
    }
    Owner::Method(class_id::CONSOLE) => {
        /// Writes the text of a value and a newline to standard output.
        "log" "println" "print" "info" (value: Any) OUTSIDE | USER_CODE -> Void via Print => log;
        /// Writes the text of a value and a newline to standard error.
        "error" "warn" (value: Any) OUTSIDE | USER_CODE -> Void via Print => error;
        /// Clears the terminal.
        "clear" () OUTSIDE -> Void => clear;
        /// The next line of standard input without its end; `null` at the end of input.
        "readLine" () OUTSIDE | ALLOCATES -> Str | Null => read_line;
    }
    Owner::Function => {
        /// Writes the text of a value and a newline to standard output.
        "console.log" (value: Any) OUTSIDE | USER_CODE -> Void via Print => log;
    }
    Owner::External => {
        /// Writes the text of a value and a newline to standard output.
        "env.console.log" "env.console.println" "env.console.print" "env.console.info" (value: Any)
            OUTSIDE | USER_CODE -> Void via Print => log;
        /// Writes the text of a value and a newline to standard error.
        "env.console.error" "env.console.warn" (value: Any) OUTSIDE | USER_CODE -> Void via Print => error;
        /// The next line of standard input without its end; `null` at the end of input.
        "env.console.readLine" () OUTSIDE | ALLOCATES -> Str | Null => read_line;
    }
} }

/// The result of writing: when nobody reads standard output any more the program ends quietly. Standard error is
/// written as far as somebody reads it.
pub(crate) fn wrote(rt: &mut Rt, stream: Stream, written: Result<(), Closed>) -> Outcome {
    if written.is_err() && stream == Stream::Out {
        rt.stop = Some(Stop::Closed);
        return Err(Trap::Stop);
    }
    Ok(Value::VOID)
}

fn new(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    make_object(rt, class_id::CONSOLE, &[])
}

fn log(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    text::print(rt, Stream::Out, arg(args, 0))
}

fn error(rt: &mut Rt, _: Value, args: &[Value]) -> Outcome {
    text::print(rt, Stream::Err, arg(args, 0))
}

fn clear(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    let written = rt.host.write(Stream::Out, b"\x1b[2J\x1b[H");
    wrote(rt, Stream::Out, written)
}

fn read_line(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    // A question printed before must be seen; when nobody reads it any more the line is still wanted.
    let _ = rt.host.flush();
    match rt.host.read_line() {
        Some(line) => made(rt, |heap| heap.str_new(&line)),
        None => Ok(Value::NULL),
    }
}
