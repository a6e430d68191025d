//! What every command needs: how it fails, how it prints, and whether CI runs it.

pub(crate) mod live;
pub(crate) mod terminal;

use std::{
    env,
    io::{self, ErrorKind, Write},
    path::{MAIN_SEPARATOR_STR, Path},
    process::ExitCode,
    time::Duration,
};

/// Why a command did not come to its end.
pub(crate) enum Failure {
    /// Its help was asked for instead: exit status 0.
    Help,
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

impl From<String> for Failure {
    fn from(reason: String) -> Failure {
        Failure::Failed(reason)
    }
}

/// What an argument comes to that a command has no use for.
pub(crate) fn unexpected(argument: lexopt::Arg<'_>) -> Failure {
    match argument {
        lexopt::Arg::Short('h') | lexopt::Arg::Long("help") => Failure::Help,
        _ => argument.unexpected().into(),
    }
}

/// The whole number that an option takes.
pub(crate) fn number(option: &str, value: &str) -> Result<usize, Failure> {
    value
        .parse()
        .map_err(|_| Failure::Usage(format!("{option} takes a whole number, not `{value}`")))
}

/// The time that `--timeout` takes.
pub(crate) fn time_limit(value: &str) -> Result<Duration, Failure> {
    match value.parse::<u32>() {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds.into())),
        _ => Err(Failure::Usage(format!(
            "--timeout takes a whole number of seconds from 1 to {}, not `{value}`",
            u32::MAX
        ))),
    }
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    written(io::stdout().write_all(text.as_bytes()))
}

/// How wide a line may be that is printed: as wide as the terminal, if there is one.
pub(crate) fn width() -> usize {
    let size = console::Term::stdout().size_checked();
    size.map_or(80, |(_, width)| width.into())
}

/// What came of writing to standard output; a reader who has seen enough is no failure.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Failed(format!(
            "standard output cannot be written: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Says something that is no error.
pub(crate) fn note(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Says what went wrong.
pub(crate) fn complain(message: &str) {
    // Standard error is the last resort: there is nowhere to say that it failed.
    let _ = writeln!(io::stderr(), "error: {message}");
}

/// The exit status of a check.
pub(crate) fn status(passed: bool) -> ExitCode {
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether a CI service runs this, by the variable that insta goes by too.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "0" && ci != "false")
}

pub(crate) fn human(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A time in seconds, as short as it can be said.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

pub(crate) fn number_of(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// A path as it is said on every system, from the workspace's root.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let path = path.display().to_string();
    path.replace(MAIN_SEPARATOR_STR, "/")
}
