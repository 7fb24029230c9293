//! The command line: verbs and flags. Each verb has its file; none of them knows a tier.

mod bench;
mod check;
mod dump;
mod env;
mod explain;
mod run;
mod serve;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsString;
use std::io::IsTerminal;

use crate::report::{self, Finding};
use crate::settings::{self, Id};

/// How a verb ended: the exit code of the process. DESIGN section 6.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Status(pub u8);

impl Status {
    /// All is well.
    pub(crate) const OK: Status = Status(0);
    /// An exception left the program.
    pub(crate) const UNCAUGHT: Status = Status(1);
    /// The command line or the program is wrong; nothing has run.
    pub(crate) const WRONG: Status = Status(2);
    /// A limit ended the program.
    pub(crate) const LIMIT: Status = Status(6);
    /// A bug of nyash.
    pub(crate) const INTERNAL: Status = Status(70);
    /// Whoever read standard output is gone. As if ended by SIGPIPE (128 + 13), so that pipelines see
    /// what they see of other programs.
    pub(crate) const PIPE: Status = Status(141);

    /// What the program gave back: language section 3.
    pub(crate) fn of_result(result: Option<i64>) -> Status {
        Status(result.map_or(0, |r| (r & 255) as u8))
    }
}

/// Nyash: run programs of the Nyash language.
#[derive(Parser, Debug)]
#[command(
    name = "nyash",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    override_usage = "nyash [OPTIONS] FILE [ARGS]...\n       nyash [OPTIONS] -e CODE [ARGS]...\n       nyash COMMAND ...",
    after_help = "FILE may be `-` for standard input. Everything after FILE belongs to the program.\n\
                  Without arguments: the repl on a terminal, else the program on standard input.\n\n\
                  Exit codes: 0 success, or the integer `main` returns; 1 uncaught error; 2 usage or compile error;\n\
                  5 permission denied; 6 limit hit; 70 internal error; 141 standard output was closed."
)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    run: RunArgs,
}

/// What `nyash` can do.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Run a program (the default)
    #[command(
        override_usage = "nyash run [OPTIONS] FILE [ARGS]...\n       nyash run [OPTIONS] -e CODE [ARGS]..."
    )]
    Run(RunArgs),
    /// Report what is wrong with a program without running it
    Check(CheckArgs),
    /// Type statements and see their results
    Repl(ReplArgs),
    /// Explain a code or an error kind: E0301, TypeError
    Explain(ExplainArgs),
    /// List every NYASH_* switch with its value and who set it
    Env(EnvArgs),
    /// Measure programs in tiers and beside other languages
    Bench(bench::BenchArgs),
    /// Print a script that completes nyash command lines
    Completions(CompletionArgs),
    /// Run programs again and again as standard input asks for (for tests/agree)
    #[command(hide = true)]
    Serve,
}

/// Arguments of `run`.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Run this text instead of a file
    #[arg(short = 'e', long = "eval", value_name = "CODE", allow_hyphen_values = true)]
    eval: Option<String>,
    #[command(flatten)]
    settings: SettingArgs,
    /// Print what the program, or the functions named behind it, becomes instead of running it
    #[arg(long, value_name = "WHAT", value_enum)]
    dump: Option<Dump>,
    /// How errors are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    error_format: ErrorFormat,
    /// The program and its arguments
    #[arg(value_name = "FILE [ARGS]", trailing_var_arg = true)]
    program: Vec<OsString>,
}

/// Flags that set switches.
#[derive(Args, Debug, Default)]
pub(crate) struct SettingArgs {
    /// Most memory the program's boxes may take: 256M, 2G
    #[arg(long, value_name = "SIZE", value_parser = value(settings::Kind::Size))]
    max_heap: Option<String>,
    /// How deep calls may nest
    #[arg(long, value_name = "N", value_parser = value(settings::Kind::Count))]
    max_depth: Option<String>,
    /// End the program after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = value(settings::Kind::Seconds))]
    timeout: Option<String>,
    /// End the program after so many calls and loop rounds
    #[arg(long, value_name = "N", value_parser = value(settings::Kind::Count))]
    fuel: Option<String>,
    /// Which tier runs the program: auto, interp, vm
    #[arg(long, value_name = "TIER", value_parser = value(settings::Kind::Tier))]
    tier: Option<String>,
    /// Print what the tiers did when the program ends: text or json
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "text",
          value_parser = value(settings::Kind::Stats))]
    stats: Option<String>,
    /// Print what the cycle collector did when the program ends
    #[arg(long)]
    gc_stats: bool,
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Write the findings as JSON to standard output
    #[arg(long)]
    json: bool,
    /// Print what is known of boxes, functions and values of programs without errors, or of one function: `Box.method`
    #[arg(long, value_name = "FUNCTION", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    #[arg(conflicts_with = "json")]
    facts: Option<String>,
    /// The programs; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,
}

/// Arguments of `repl`.
#[derive(Args, Debug, Default)]
pub(crate) struct ReplArgs {
    #[command(flatten)]
    settings: SettingArgs,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The code or kind; without it all are listed
    code: Option<String>,
}

/// Arguments of `env`.
#[derive(Args, Debug)]
pub(crate) struct EnvArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingArgs,
}

/// Arguments of `completions`.
#[derive(Args, Debug)]
struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Stages that can be looked at.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum Dump {
    /// The tokens, one per line
    Tokens,
    /// The tree
    Ast,
    /// The middle language
    Mir,
    /// What is known of boxes, functions and values before the program runs
    Facts,
    /// The middle language under these facts, from which the tiers above the interpreter are made
    Typed,
    /// The instructions of the VM
    Bytecode,
}

/// Forms of error messages.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum ErrorFormat {
    /// For people
    Text,
    /// One JSON document per line
    Json,
}

/// Checks the text of a flag with the table of switches, so that flag, variable and file take the same.
fn value(kind: settings::Kind) -> impl Fn(&str) -> Result<String, String> + Clone {
    move |text| settings::check(kind, text).map(|()| text.to_string())
}

impl SettingArgs {
    /// The given flags.
    fn given(self) -> Vec<(Id, String)> {
        let gc_stats = self.gc_stats.then(|| "1".to_string());
        let all = [
            (Id::MaxHeap, self.max_heap),
            (Id::MaxDepth, self.max_depth),
            (Id::Timeout, self.timeout),
            (Id::Fuel, self.fuel),
            (Id::Tier, self.tier),
            (Id::GcStats, gc_stats),
            (Id::Stats, self.stats),
        ];
        all.into_iter().filter_map(|(id, value)| value.map(|v| (id, v))).collect()
    }
}

/// Does what the command line says.
pub(crate) fn main() -> Status {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are answers, everything else is a mistake; clap writes each where it belongs.
            let _ = e.print();
            return Status(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    for finding in settings::unknown_variables() {
        report::emit_plain(&finding);
    }
    match cli.verb {
        Some(Verb::Run(args)) => run::run(args),
        Some(Verb::Check(args)) => check::check(&args),
        Some(Verb::Repl(args)) => crate::repl::repl(args.settings.given()),
        Some(Verb::Explain(args)) => explain::explain(args.code.as_deref()),
        Some(Verb::Env(args)) => env::env(args.json, args.settings.given()),
        Some(Verb::Bench(args)) => bench::bench(args),
        Some(Verb::Completions(args)) => completions(args.shell),
        Some(Verb::Serve) => serve::serve(),
        None if cli.run.program.is_empty() && cli.run.eval.is_none() && std::io::stdin().is_terminal() => {
            crate::repl::repl(cli.run.settings.given())
        }
        None => run::run(cli.run),
    }
}

fn completions(shell: Shell) -> Status {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "nyash", &mut script);
    answer(&String::from_utf8_lossy(&script))
}

/// Writes what was asked for to standard output.
fn answer(text: &str) -> Status {
    if report::emit_answer(text) { Status::OK } else { Status::PIPE }
}

/// Writes findings about the command's own input and gives the status for them.
fn refuse(sources: &syntax::span::SourceMap, findings: &[Finding], format: ErrorFormat) -> Status {
    match format {
        ErrorFormat::Text => report::emit(&report::findings(sources, findings, false)),
        ErrorFormat::Json => {
            for f in findings {
                report::emit(&report::envelope("error", report::finding_json(sources, f)));
            }
        }
    }
    Status::WRONG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_follows_the_file_belongs_to_the_program() {
        let cli = Cli::try_parse_from(["nyash", "--fuel", "3", "x.nyash", "--fuel", "-h", "--", "run"])
            .expect("parses");
        assert_eq!(cli.run.program, ["x.nyash", "--fuel", "-h", "--", "run"]);
        assert_eq!(cli.run.settings.fuel.as_deref(), Some("3"));
    }
}
