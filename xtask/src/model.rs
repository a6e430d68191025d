//! `cargo xtask model`: tries worker-core in every order that its threads can run
//! in.

use std::process::{Command, ExitCode};

use crate::{
    Failure,
    lessons::{self, cannot_run_cargo, cargo},
};

pub(crate) const HELP: &str = "\
Try the promises of worker-core and its simulated clock in every order that the
main thread and two workers can run in, and say how many there were.

Usage: cargo xtask model

Options:
  -h, --help  print this help

The first time, this builds the model checker loom. Exit status: 0 if every order
keeps every promise, 1 if one does not, 2 for wrong usage.
";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, cargo cannot be run, or an order breaks a promise.
pub(crate) fn run(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    match arguments.next()? {
        None => {}
        Some(Short('h') | Long("help")) => return crate::print(HELP),
        Some(argument) => return Err(argument.unexpected().into()),
    }
    let models = Command::new(cargo())
        .current_dir(lessons::find()?.root)
        .args("test --quiet --package worker-core --lib --release".split(' '))
        .args("--target-dir target/loom -- --nocapture --test-threads 1".split(' '))
        .env("RUSTFLAGS", "--cfg loom --cfg crossbeam_loom")
        .status()
        .map_err(cannot_run_cargo)?;
    if !models.success() {
        return Err(Failure::Failed(
            "an order of the threads breaks a promise; see above which".to_owned(),
        ));
    }
    Ok(ExitCode::SUCCESS)
}
