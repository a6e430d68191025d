//! The promises of worker-core, on real threads.

mod captured_output;
mod environment;
mod panics;
mod real;
mod simulated;
mod time_limit;
mod trace;

use std::{
    io::Write,
    process::{Command, ExitCode, Output, Stdio},
    thread,
};

use worker_core::{Clock, Error, MainThread};

use time_limit::{LOOK, LOOKS};

/// What [`worker_core::run_to`] does, if it ends.
fn run_to(
    clock: Clock,
    sink: impl Write + Send + 'static,
    lesson: impl FnOnce(&MainThread) -> Result<(), Error>,
) -> ExitCode {
    time_limit::run_to_its_end(|| worker_core::run_to(clock, sink, lesson))
}

/// The output of a program that writes little, if it ends.
fn output(program: &mut Command) -> Output {
    let program = program.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let has_ended = (0..LOOKS).any(|_| {
        thread::sleep(LOOK);
        child.try_wait().unwrap().is_some()
    });
    if !has_ended {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert!(
        has_ended,
        "{program:?} has not ended, but printed {output:?}"
    );
    output
}
