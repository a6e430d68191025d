//! The tool of this workspace: `cargo xtask`.

mod cli;
mod commands;
mod lesson;
mod timeline;

use std::process::ExitCode;

use cli::Failure;
use commands::{bench, book, check, model, orders, run_all, timeline as draw, watch};
use lesson::process;

/// A command: its name, what it does in half a line, its help, and the function that
/// runs it.
struct Command {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    function: fn(&mut lexopt::Parser) -> Result<ExitCode, Failure>,
}

const COMMANDS: [Command; 8] = [
    Command {
        name: "run-all",
        summary: "run lessons side by side, and prove what they print",
        help: run_all::HELP,
        function: run_all::run_all,
    },
    Command {
        name: "watch",
        summary: "show what a lesson does, anew each time that it is saved",
        help: watch::HELP,
        function: watch::watch,
    },
    Command {
        name: "orders",
        summary: "list and count every output that a lesson can have",
        help: orders::HELP,
        function: orders::orders,
    },
    Command {
        name: "check",
        summary: "say whether a lesson could have printed an output",
        help: check::HELP,
        function: check::check,
    },
    Command {
        name: "timeline",
        summary: "draw what the threads of a lesson do",
        help: draw::HELP,
        function: draw::timeline,
    },
    Command {
        name: "book",
        summary: "build the book, with what it shows of the lessons",
        help: book::HELP,
        function: book::book,
    },
    Command {
        name: "bench",
        summary: "measure what a worker, a lesson and the tool cost",
        help: bench::HELP,
        function: bench::bench,
    },
    Command {
        name: "model",
        summary: "try worker-core in the orders that its threads can run in",
        help: model::HELP,
        function: model::model,
    },
];

fn main() -> ExitCode {
    let mut help = help();
    match dispatch(&mut lexopt::Parser::from_env(), &mut help) {
        Ok(status) => return status,
        Err(Failure::Help) => match cli::print(&help) {
            Err(Failure::Failed(message)) => cli::complain(&message),
            _ => return ExitCode::SUCCESS,
        },
        Err(Failure::Usage(message)) => {
            let usage = help.lines().find(|line| line.starts_with("Usage:"));
            let usage = usage.unwrap_or_default();
            cli::complain(&format!("{message}\n\n{usage}\nFor more, add --help."));
            return ExitCode::from(2);
        }
        Err(Failure::Failed(message)) => cli::complain(&message),
    }
    ExitCode::FAILURE
}

/// Runs the command that the arguments name, and leaves its help in `help`.
fn dispatch(arguments: &mut lexopt::Parser, help: &mut String) -> Result<ExitCode, Failure> {
    let name = match arguments.next()? {
        None => return Err(Failure::Help),
        Some(lexopt::Arg::Value(name)) => name,
        Some(argument) => return Err(cli::unexpected(argument)),
    };
    let Some(command) = COMMANDS.iter().find(|command| name == command.name) else {
        let names = COMMANDS.map(|command| command.name);
        return Err(Failure::Usage(format!(
            "there is no command `{}`; the commands are {}",
            name.display(),
            names.join(", ")
        )));
    };
    *help = command.help.to_owned();
    let heeded = process::heed_signals();
    heeded.map_err(|reason| format!("the OS passes no signals on: {reason}"))?;
    (command.function)(arguments)
}

/// The help of the tool itself.
fn help() -> String {
    let widest = COMMANDS.iter().map(|command| command.name.len()).max();
    let width = widest.unwrap_or_default();
    let commands: String = COMMANDS
        .iter()
        .map(|command| format!("  {:width$}  {}\n", command.name, command.summary))
        .collect();
    format!(
        "Run the lessons and prove what they print.\n\n\
         Usage: cargo xtask COMMAND\n\n\
         Commands:\n{commands}\n\
         Options:\n  -h, --help  print this help, or behind a command, the help of that\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_help_is_wider_than_a_terminal_of_80_columns() {
        for help in COMMANDS
            .iter()
            .map(|command| command.help)
            .chain([&*help()])
        {
            for line in help.lines() {
                assert!(line.chars().count() < 80, "{line}");
            }
        }
    }
}
