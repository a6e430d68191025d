//! `cargo xtask timeline`: a picture of a lesson, one row a thread.

use std::{ffi::OsString, fs, path::absolute, process::ExitCode};

use crate::{
    cli::{self, Failure},
    lesson::workspace::Lesson,
    timeline::{chrome, picture::Picture, svg, text},
};

pub(crate) const HELP: &str = "\
Draw what the threads of a lesson do, one row a thread.

Usage: cargo xtask timeline LESSON [--svg FILE] [--trace FILE]

Arguments:
  LESSON          the lesson, by name

Options:
      --svg FILE    draw the picture into an SVG file
      --trace FILE  write a trace in the Chrome trace-event format, which
                    https://ui.perfetto.dev opens
  -h, --help      print this help

Without an option the picture is drawn as text, as wide as the terminal. It is
made from a run on the simulated clock, and it is the same on every run: what
happens at the same time stands in the order that start and join give it. That
takes no time but room, so the picture is not to scale; in a trace its steps
are 10 ms apart.

Examples:
  cargo xtask timeline daemon
  cargo xtask timeline join-loop --svg picture.svg --trace picture.json

Exit status: 0 if all went well, 1 if the lesson does not run or a file cannot
be written, 2 for wrong usage.
";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, the lesson does not build or run, or a file cannot be
/// written.
pub(crate) fn timeline(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    let mut lesson = None;
    let mut svg = None;
    let mut trace = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("svg") => svg = Some(arguments.value()?),
            Long("trace") => trace = Some(arguments.value()?),
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let lesson = lesson.ok_or_else(|| Failure::Usage("name a lesson".to_owned()))?;
    if let (Some(svg), Some(trace)) = (&svg, &trace)
        && absolute(svg).ok() == absolute(trace).ok()
    {
        let words = "--svg and --trace take two files, for each would be written over the other";
        return Err(Failure::Usage(words.to_owned()));
    }
    let (_, lesson) = Lesson::build(lesson)?;
    let picture = Picture::of(&lesson.trace()?);
    if svg.is_none() && trace.is_none() {
        cli::print(text::draw(&picture, cli::width()))?;
    }
    if let Some(file) = svg {
        write(file, &svg::draw(&picture, &lesson.name, svg::WIDE))?;
    }
    if let Some(file) = trace {
        write(file, &chrome::write(&picture, &lesson.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(file: OsString, content: &str) -> Result<(), Failure> {
    fs::write(&file, content).map_err(|reason| {
        Failure::Failed(format!(
            "`{}` cannot be written: {reason}; name a file that can",
            file.display()
        ))
    })
}
