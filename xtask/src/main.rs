//! The tool of this workspace: `cargo xtask`.

mod account;
mod bench;
mod book;
#[cfg(test)]
mod brute_force;
mod check;
mod count;
mod guarantees;
mod happens_before;
mod lessons;
mod memory;
mod model;
mod normal_form;
mod orders;
mod partial_order;
mod program;
mod report;
mod run_all;
mod simulate;
mod snapshot;
mod timeline;
mod trace;

use std::{
    env,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

const HELP: &str = "\
Run the lessons and prove what they print.

Usage: cargo xtask COMMAND

Commands:
  run-all   run lessons side by side and compare what they print with their snapshots
  orders    list and count every output that a lesson can have
  check     say whether a lesson could have printed an output
  timeline  draw what the threads of a lesson do
  book      build the book, with what it shows of the lessons
  bench     measure what a worker, a lesson and the tool cost
  model     try worker-core in the orders that its threads can run in

Options:
  -h, --help  print this help; `cargo xtask COMMAND --help` says more of a command
";

/// Why a command did not come to its end.
enum Failure {
    /// It was used wrongly: exit status 2.
    Usage(String),
    /// It could not do its work: exit status 1.
    Failed(String),
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Failure {
        Failure::Usage(error.to_string())
    }
}

fn main() -> ExitCode {
    let mut help = HELP;
    match run(&mut lexopt::Parser::from_env(), &mut help) {
        Ok(status) => status,
        Err(Failure::Usage(message)) => {
            let usage = help
                .lines()
                .find(|line| line.starts_with("Usage:"))
                .unwrap_or(help);
            complain(&format!("{message}\n\n{usage}\nFor more, add --help."));
            ExitCode::from(2)
        }
        Err(Failure::Failed(message)) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

/// Runs the command that the arguments name, and says in `help` whose usage an
/// error is about.
fn run(arguments: &mut lexopt::Parser, help: &mut &'static str) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    match arguments.next()? {
        None | Some(Short('h') | Long("help")) => print(HELP),
        Some(Value(command)) => match command.string()?.as_str() {
            "run-all" => {
                *help = run_all::HELP;
                run_all::run(arguments)
            }
            "orders" => {
                *help = orders::HELP;
                orders::run(arguments)
            }
            "check" => {
                *help = check::HELP;
                check::run(arguments)
            }
            "timeline" => {
                *help = timeline::HELP;
                timeline::run(arguments)
            }
            "book" => {
                *help = book::HELP;
                book::run(arguments)
            }
            "bench" => {
                *help = bench::HELP;
                bench::run(arguments)
            }
            "model" => {
                *help = model::HELP;
                model::run(arguments)
            }
            snapshot::ASSERT => {
                let name = arguments.value()?.string()?;
                snapshot::assert(&name, arguments.value()?)
            }
            unknown => Err(Failure::Usage(format!(
                "there is no command `{unknown}`; the commands are run-all, orders, check, timeline, book, bench, model"
            ))),
        },
        Some(argument) => Err(argument.unexpected().into()),
    }
}

/// Prints to standard output.
fn print(text: &str) -> Result<ExitCode, Failure> {
    written(io::stdout().write_all(text.as_bytes()))?;
    Ok(ExitCode::SUCCESS)
}

/// What came of writing to standard output; a reader who has seen enough is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Failed(format!(
            "standard output cannot be written: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Whether a CI service runs this, by the variable that insta goes by too.
fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "0" && ci != "false")
}

/// Says something that is no error.
fn note(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

fn complain(message: &str) {
    // Standard error is the last resort: there is nowhere to say that it failed.
    let _ = writeln!(io::stderr(), "error: {message}");
}
