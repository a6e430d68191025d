//! `cargo xtask model`: tries worker-core in the orders that its threads can run
//! in.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{ExitCode, Stdio},
};

use crate::{
    cli::{self, Failure},
    lesson::{
        cargo::{cannot_run_cargo, cargo},
        workspace::Workspace,
    },
};

pub(crate) const HELP: &str = "\
Try the promises of worker-core and its simulated clock in the orders that the
main thread and two workers can run in, and say how many there were: all there
are, or where those are too many, all with few preemptions.

Usage: cargo xtask model

Options:
  -h, --help  print this help

The first time, this builds the model checker loom.

Exit status: 0 if every order keeps every promise, 1 if one does not, 2 for
wrong usage.
";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, cargo cannot be run, or an order breaks a promise.
pub(crate) fn model(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    if let Some(argument) = arguments.next()? {
        return Err(cli::unexpected(argument));
    }
    let root = Workspace::find(&[])?.root;
    let mut command = cargo();
    for (variable, _) in env::vars_os() {
        // What loom reads could end a model early, and pass.
        if variable.to_string_lossy().starts_with("LOOM_") {
            command.env_remove(variable);
        }
    }
    let mut cargo = command
        .current_dir(root)
        .args("test --quiet --package worker-core --lib --release".split(' '))
        .args("--target-dir target/loom -- --nocapture --test-threads 1".split(' '))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "--cfg loom --cfg crossbeam_loom")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(cannot_run_cargo)?;
    let mut models = 0;
    let mut rest = String::new();
    let output = cargo.stdout.take().into_iter();
    for line in output.flat_map(|output| BufReader::new(output).split(b'\n')) {
        let line = line.map_err(cannot_run_cargo)?;
        let line = String::from_utf8_lossy(&line) + "\n";
        if line.contains(" interleavings, ") {
            // The test harness puts a dot for each test that passed.
            cli::print(line.trim_start_matches('.'))?;
            models += 1;
        } else {
            rest += &line;
        }
    }
    let status = cargo.wait().map_err(cannot_run_cargo)?;
    if !status.success() {
        cli::print(&rest)?;
        let words = "a model does not keep its promise, or does not build; see above which";
        return Err(words.to_owned().into());
    }
    if models == 0 {
        let words = "no model was run; is worker-core built with `--cfg loom`?";
        return Err(words.to_owned().into());
    }
    Ok(ExitCode::SUCCESS)
}
