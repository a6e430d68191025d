//! `cargo xtask bench`: what the lessons, a worker and the tool cost.

use std::process::{Command, ExitCode, Stdio};

use crate::{
    cli::{self, Failure},
    lesson::cargo::{cannot_run_cargo, cargo, child, json, text},
};

pub(crate) const HELP: &str = "\
Measure what a worker, a lesson and the tool cost, beside something comparable.

Usage: cargo xtask bench [PART]... [--accept]

Arguments:
  [PART]...    what to measure; all of it if nothing is named:
                 workers      starting and joining up to 10,000 workers
                 lessons      the lessons, and run-all, which runs them
                 simulated    run-all on the simulated clock
                 first-run    the first run-all, which compiles everything
                 tests        cargo test
                 normal-form  the normal form of up to 10,000 lines
                 orders       counting and listing orders
                 large        the commands with 1,000 and 10,000 workers
                 watch        from a save to the screen, beside rustlings
                 size         the lessons' programs

Options:
      --accept  keep the figures for the book, in docs/measured.tsv
  -h, --help    print this help

A figure is a ratio of two measurements that are taken in turn, several times
where they vary; only the times of counting orders are in seconds. The table
says the median and the least and most of them, and what the median should be
at most. All parts together take some twenty minutes, in which the machine
should have nothing else to do. It needs python3, and takes the peak of memory
and a command's own processor time from /proc, where there is one. What is
measured beside rustlings is left out where no rustlings is on the PATH.

Exit status: 0 if everything could be measured, whatever the figures are, 1 if
not, 2 for wrong usage.
";

/// The program that measures, in `xtask/benches`.
const PROGRAM: &str = "processes";

/// Runs the command.
///
/// It is a program of its own, so that nobody compiles it who only runs the lessons.
///
/// # Errors
///
/// If it is used wrongly, or cargo cannot be run.
pub(crate) fn bench(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    let mut options = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("accept") => options.push("--accept".into()),
            Value(part) => options.push(part),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    // Cargo would say on its own how a program ended that it runs.
    let build = cargo()
        .args("bench --quiet --no-run --profile dev --package xtask --bench".split(' '))
        .args([PROGRAM, "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(cannot_run_cargo)?;
    let mut messages = build.stdout.split(|&byte| byte == b'\n').filter_map(json);
    let program = messages.find_map(|message| {
        let name = text(child(&message, "target")?, "name")?;
        let program = text(&message, "executable").filter(|_| name == PROGRAM);
        program.map(str::to_owned)
    });
    let program = program
        .ok_or_else(|| "what measures does not build; see cargo's message above".to_owned())?;
    let status = Command::new(&program).args(options).status();
    let status = status.map_err(|error| format!("`{program}` cannot be run: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
