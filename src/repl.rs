//! `nyash repl`: reads statements, runs each and shows its value. It knows no tier and keeps no program
//! state (`engine::Session` does).
//!
//! On a terminal it edits lines with history, completion and colour; otherwise it reads plain lines, so that
//! a session can be piped in.

mod complete;
mod highlight;
mod lines;

use syntax::intern::Interner;

use crate::cli::Status;
use crate::engine::{self, Session, Value};
use crate::report::{self, Finding};
use crate::settings::Id;
pub(crate) use complete::Known;
use complete::Names;
use lines::{Line, Lines};

const HELP: &str = "\
Type statements; the value of the last expression is shown. A block may go on over several lines.
  :type EXPR           show the type of a value
  :dump [WHAT] [CODE]  show tokens, ast or mir of CODE, or of the last input
  :help                show this
  :quit                leave; so does the end of input (Ctrl-D)
";

/// What can be typed after a colon.
const COMMANDS: &[&str] = &["type", "dump", "help", "quit"];

/// Runs the prompt until its input ends.
pub(crate) fn repl(flags: Vec<(Id, String)>) -> Status {
    let mut session = match Session::new(&flags) {
        Ok(session) => session,
        Err(status) => return status,
    };
    let names = Names::default();
    let mut lines = Lines::open(names.clone(), session.history_file());
    if lines.is_terminal() && !say(&format!("nyash {}, :help for help\n", env!("CARGO_PKG_VERSION"))) {
        return Status::PIPE;
    }
    let mut last = String::new();
    loop {
        // Only for who types; a long session has many.
        if lines.is_terminal() {
            names.update(session.names());
        }
        let input = match lines.next() {
            Line::Input(input) => input,
            Line::Broken(bytes) => {
                session.refuse(&bytes);
                continue;
            }
            Line::Cancelled => continue,
            Line::End => return session.end(),
        };
        let trimmed = input.trim();
        if trimmed.is_empty() {
            continue;
        }
        let going_on = match trimmed.strip_prefix(':') {
            Some(command) => match self::command(&mut session, command, &last) {
                Some(going_on) => going_on,
                None => return session.end(),
            },
            None => {
                last.clone_from(&input);
                show(session.run(&input))
            }
        };
        match going_on {
            Going::On => {}
            Going::Closed => return Status::PIPE,
            Going::Stopped(status) => return status,
        }
    }
}

/// Whether the session goes on.
enum Going {
    On,
    /// Nobody reads the answers any more.
    Closed,
    /// The program cannot go on after a limit.
    Stopped(Status),
}

fn said(well: bool) -> Going {
    if well { Going::On } else { Going::Closed }
}

/// Runs a `:command`; `None` ends the session.
fn command(session: &mut Session, text: &str, last: &str) -> Option<Going> {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    Some(match name {
        "quit" | "q" | "exit" => return None,
        "help" | "h" | "?" => said(say(HELP)),
        "type" if rest.is_empty() => mistake("`:type` needs an expression", "for example `:type [1, 2]`"),
        "type" => match session.type_of(rest) {
            engine::Ran::Value(Some(Value { text, .. })) => said(say(&format!("{text}\n"))),
            other => show(other),
        },
        "dump" => dump(session, rest, last),
        _ => {
            let hint = match syntax::hints::nearest(name, COMMANDS.iter().copied()) {
                Some(near) => format!("did you mean `:{near}`?"),
                None => "`:help` lists the commands".to_string(),
            };
            mistake(&format!("there is no command `:{name}`"), &hint)
        }
    })
}

fn dump(session: &mut Session, rest: &str, last: &str) -> Going {
    let (what, code) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (what, code) = match what {
        "tokens" | "ast" | "mir" => (what, code.trim()),
        _ => ("mir", rest),
    };
    let code = if code.is_empty() { last } else { code };
    if code.is_empty() {
        return mistake("there is nothing to show yet", "`:dump ast 1 + 2` shows the tree of `1 + 2`");
    }
    if what == "mir" {
        return match session.mir_of(code, code == last) {
            Some(text) => said(say(&text)),
            None => Going::On,
        };
    }
    let mut names = Interner::new();
    let parsed = syntax::parse(code, 1, &mut names);
    said(say(&if what == "tokens" {
        syntax::dump::tokens(&parsed.tokens, code, 1)
    } else {
        syntax::dump::tree(&parsed.ast, &names)
    }))
}

fn mistake(what: &str, hint: &str) -> Going {
    report::emit_plain(&Finding::error(what).hint(hint));
    Going::On
}

fn show(ran: engine::Ran) -> Going {
    match ran {
        engine::Ran::Value(None) | engine::Ran::Failed => Going::On,
        engine::Ran::Value(Some(value)) => said(say(&format!("{}\n", value.shown()))),
        engine::Ran::Stopped(status) => Going::Stopped(status),
    }
}

fn say(text: &str) -> bool {
    report::emit_answer(text)
}
