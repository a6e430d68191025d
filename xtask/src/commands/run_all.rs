//! `cargo xtask run-all`: runs the lessons and proves what they print.

use std::{process::ExitCode, thread, time::Instant};

use console::style;
use worker_core::Clock;

use crate::{
    cli::{self, Failure, human, in_ci, joined, live::LiveLines, no_thread, number_of, relative},
    lesson::{
        outcome::prove,
        program::TIME_LIMIT,
        report::report,
        snapshot::{self, Update},
        workspace::Workspace,
    },
};

pub(crate) const HELP: &str = "\
Run lessons side by side and compare what they print with their snapshots.

Usage: cargo xtask run-all [OPTION]... [LESSON]...

Arguments:
  [LESSON]...      the lessons to run, by name; all of them if none is named

Options:
      --simulated  run on the simulated clock, on which a sleep takes no time
      --accept     accept what differs from the snapshots
      --timeout SECONDS
                   stop a lesson that still runs after this time [default: 60]
  -h, --help       print this help

A lesson has two snapshots, in the folder `snapshots/` of its own: `output`,
the normal form of what it prints, which stands for all outputs that differ
only in the order that luck gives to the workers between two lines of the main
thread; and `guarantees`, the pairs of lines of which one comes before the
other on every run, which the lesson's trace tells. With the variable CI set,
nothing is written. To see what luck decides, each lesson is run a few times
more on the simulated clock.

Examples:
  cargo xtask run-all --simulated
  cargo xtask run-all fork-join join-loop --simulated

Exit status: 0 if all lessons passed, 1 if one failed, 2 for wrong usage.
";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, or the lessons cannot be found or built at all.
pub(crate) fn run_all(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    let mut names = Vec::new();
    let mut clock = Clock::Real;
    let mut update = if in_ci() {
        Update::Nothing
    } else {
        Update::Pending
    };
    let mut timeout = TIME_LIMIT;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("accept") if in_ci() => {
                return Err(Failure::Usage(
                    "--accept writes snapshots, and nothing is written with CI set; accept \
                     without CI and commit the snapshot"
                        .to_owned(),
                ));
            }
            Long("simulated") => clock = Clock::Simulated,
            Long("accept") => update = Update::Accept,
            Long("timeout") => timeout = cli::time_limit(arguments)?,
            Value(lesson) => names.push(lesson.string()?),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let workspace = Workspace::build(&names)?;
    let lessons = &workspace.lessons;
    let strays = if names.is_empty() {
        snapshot::strays(&workspace)?
    } else {
        Vec::new()
    };

    let live = LiveLines::new();
    let start = Instant::now();
    let failed = thread::scope(|scope| {
        let mut running = Vec::new();
        for lesson in lessons {
            let line = live.add(format!("{:12} ", lesson.name), String::new());
            let prove = move || {
                let seen = Box::new(line.show_last());
                let outcome = prove(lesson, clock, timeout, seen, update);
                line.end();
                outcome
            };
            let runner = thread::Builder::new().spawn_scoped(scope, prove);
            running.push((lesson, runner.map_err(no_thread)?));
        }
        let mut failed = Vec::new();
        for (lesson, runner) in running {
            let outcome = joined(runner);
            live.print_first(report(lesson, &outcome))?;
            if !outcome.passed() {
                failed.push(lesson.name.as_str());
            }
        }
        Ok::<_, Failure>(failed)
    })?;
    let time = human(start.elapsed());
    for stray in &strays {
        let stray = relative(stray, &workspace.root);
        cli::print(format!("{stray} is the snapshot of no lesson; delete it\n"))?;
    }
    let all = number_of(lessons.len(), "lesson");
    let passed = failed.is_empty() && strays.is_empty();
    let summary = if passed {
        style(format!("{all} passed in {time}")).green()
    } else if failed.is_empty() {
        let strays = number_of(strays.len(), "snapshot");
        style(format!("{strays} without a lesson")).red()
    } else {
        style(format!(
            "{} of {all} failed: {}",
            failed.len(),
            failed.join(", ")
        ))
        .red()
    };
    cli::print(format!("{}\n", summary.bold()))?;
    Ok(cli::status(passed))
}
