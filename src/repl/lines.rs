//! Where the inputs of the REPL come from: a terminal with line editing, or plain lines.

use reedline::{
    ColumnarMenu, DefaultHinter, EditCommand, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder,
    Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal,
    ValidationResult, Validator, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use syntax::intern::Interner;

use super::complete::{NameCompleter, Names};
use super::highlight::Colours;
use crate::report::{self, Finding};

/// How many inputs the history keeps.
const HISTORY: usize = 5000;
const MENU: &str = "names";

/// What came in.
pub(super) enum Line {
    /// A complete input, possibly of several lines.
    Input(String),
    /// Lines that are not UTF-8 up to here.
    Broken(Vec<u8>),
    /// The user dropped the input.
    Cancelled,
    /// There is no more.
    End,
}

/// A source of inputs.
pub(super) enum Lines {
    /// Somebody types.
    Terminal(Box<Reedline>),
    /// A pipe or a file.
    Plain,
}

impl Lines {
    /// The terminal if there is one.
    pub(super) fn open(names: Names, history: Option<PathBuf>) -> Lines {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Lines::Plain;
        }
        let mut keys = default_emacs_keybindings();
        let complete =
            ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.into()), ReedlineEvent::MenuNext]);
        keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
        let newline = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
        keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, newline);
        let mut editor = Reedline::create()
            .with_highlighter(Box::new(Colours::from_environment()))
            .with_validator(Box::new(WholeInput))
            .with_completer(Box::new(NameCompleter(names)))
            .with_hinter(Box::new(DefaultHinter::default()))
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(ColumnarMenu::default().with_name(MENU))))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_edit_mode(Box::new(Emacs::new(keys)));
        if let Some(file) = history {
            match FileBackedHistory::with_file(HISTORY, file.clone()) {
                Ok(history) => editor = editor.with_history(Box::new(history)),
                Err(e) => report::emit_plain(
                    &Finding::warning(format!("the history `{}` cannot be used: {e}", file.display()))
                        .hint("set NYASH_HISTORY to a file that can be written"),
                ),
            }
        }
        Lines::Terminal(Box::new(editor))
    }

    /// Whether somebody types.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Lines::Terminal(_))
    }

    /// The next input.
    pub(super) fn next(&mut self) -> Line {
        match self {
            Lines::Terminal(editor) => match editor.read_line(&Mark) {
                Ok(Signal::Success(text)) => Line::Input(text),
                Ok(Signal::CtrlD) | Err(_) => Line::End,
                Ok(_) => Line::Cancelled,
            },
            Lines::Plain => plain(),
        }
    }
}

/// Reads lines until they make a whole input.
fn plain() -> Line {
    let mut bytes = Vec::new();
    loop {
        // A line at a time, so that the program's own `readLine` finds what follows.
        let read = std::io::stdin().lock().read_until(b'\n', &mut bytes);
        let is_last = matches!(read, Ok(0) | Err(_));
        if is_last && bytes.is_empty() {
            return Line::End;
        }
        match String::from_utf8(std::mem::take(&mut bytes)) {
            Ok(input) if !is_last && is_incomplete(&input) => bytes = input.into_bytes(),
            Ok(input) => return Line::Input(input),
            Err(broken) => return Line::Broken(broken.into_bytes()),
        }
    }
}

/// Whether more lines may complete the input.
fn is_incomplete(input: &str) -> bool {
    !input.trim_start().starts_with(':') && syntax::parse(input, 1, &mut Interner::new()).is_incomplete()
}

struct WholeInput;

impl Validator for WholeInput {
    fn validate(&self, line: &str) -> ValidationResult {
        if is_incomplete(line) { ValidationResult::Incomplete } else { ValidationResult::Complete }
    }
}

/// `> `, and `| ` on the lines that follow.
struct Mark;

impl Prompt for Mark {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }
    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("| ")
    }
    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("search `{}`: ", search.term))
    }
}
