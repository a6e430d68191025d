//! What every command needs: how it fails, how it prints, and whether CI runs it.

pub(crate) mod live;
#[cfg_attr(unix, path = "cli/terminal/unix.rs")]
#[cfg_attr(windows, path = "cli/terminal/windows.rs")]
pub(crate) mod terminal;

use std::{
    env, fs,
    io::{self, ErrorKind, Write},
    panic,
    path::{MAIN_SEPARATOR_STR, Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use console::{Term, measure_text_width};
use lexopt::ValueExt;

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

/// How many of these things an option asks for, `least` or more.
pub(crate) fn number(
    arguments: &mut lexopt::Parser,
    option: &str,
    things: &str,
    least: u32,
) -> Result<u32, Failure> {
    let value = arguments.value()?.string()?;
    let number = value.parse().ok().filter(|&number| number >= least);
    number.ok_or_else(|| {
        let most = u32::MAX;
        Failure::Usage(format!(
            "{option} takes a whole number of {things} from {least} to {most}, not `{value}`"
        ))
    })
}

/// The time that `--timeout` takes.
pub(crate) fn time_limit(arguments: &mut lexopt::Parser) -> Result<Duration, Failure> {
    let seconds = number(arguments, "--timeout", "seconds", 1)?;
    Ok(Duration::from_secs(seconds.into()))
}

/// Prints to standard output.
pub(crate) fn print(text: impl AsRef<str>) -> Result<(), Failure> {
    written(io::stdout().write_all(text.as_ref().as_bytes()))
}

/// How wide the terminal is, if there is one.
pub(crate) fn terminal_width() -> Option<usize> {
    let size = Term::stdout().size_checked();
    size.map(|(_, width)| width.into())
}

/// How wide a line may be that is printed.
pub(crate) fn width() -> usize {
    terminal_width().unwrap_or(80)
}

/// Lines, each in as many as it takes to be no wider than `width`, broken between words.
pub(crate) fn wrapped(lines: &str, width: usize) -> String {
    let mut wrapped = String::new();
    for line in lines.lines() {
        let indent = line.len() - line.trim_start().len() + 4;
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            if column > indent && column + measure_text_width(word.trim_end()) > width {
                wrapped.truncate(wrapped.trim_end().len());
                wrapped += &format!("\n{:indent$}", "");
                column = indent;
            }
            wrapped += word;
            column += measure_text_width(word);
        }
        wrapped.push('\n');
    }
    wrapped
}

/// What came of writing to standard output; a reader who has seen enough is no failure.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("standard output cannot be written: {error}").into())
        }
        _ => Ok(()),
    }
}

/// Says something that is no error.
pub(crate) fn note(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Says what went wrong, in words that may come from anywhere.
pub(crate) fn complain(message: &str) {
    // Standard error is the last resort: there is nowhere to say that it failed.
    let _ = write!(io::stderr(), "error: {}", plain_lines(message));
}

/// A line without what a terminal would take for more than text.
pub(crate) fn plain(line: &str) -> String {
    let mut plain = String::new();
    for character in line.chars() {
        if character.is_control() {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// The same of each line of a text, with its end.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(|line| plain(line) + "\n").collect()
}

/// The exit status of a check.
pub(crate) fn status(passed: bool) -> ExitCode {
    ExitCode::from(u8::from(!passed))
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

/// What a thread of its own does.
pub(crate) struct Work(Receiver<()>);

impl Work {
    pub(crate) fn begin(work: impl FnOnce() + Send + 'static) -> io::Result<Work> {
        let (open, ended) = mpsc::channel();
        // All work is of one type for what begins a thread, which is much to compile.
        let work: Box<dyn FnOnce() + Send> = Box::new(move || {
            let _open: mpsc::Sender<()> = open;
            work();
        });
        thread::Builder::new().spawn(work)?;
        Ok(Work(ended))
    }

    pub(crate) fn ends_within(&self, time: Duration) -> bool {
        self.0.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
    }
}

/// What to say where the OS starts no thread, for this reason.
pub(crate) fn no_thread(reason: io::Error) -> String {
    format!("the OS starts no more threads: {reason}; run less at a time, or raise the limit")
}

/// What came of a thread, which may be a panic.
pub(crate) fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    let joined = thread.join();
    joined.unwrap_or_else(|panic| panic::resume_unwind(panic))
}

/// What a thread that panicked has held is still of use.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is in a folder, by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("{} cannot be read: {error}", folder.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        all.push(entry.map_err(failed)?.path());
    }
    all.sort();
    Ok(all)
}

/// The files below a folder, if there is one; or the file of this name. What a system
/// hides there is its own. The reason why a folder cannot be read stands for what is in it.
pub(crate) fn files(path: &Path) -> Vec<Result<PathBuf, String>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !path.is_dir() {
        let is_there = path.exists() && !name.starts_with('.');
        return Vec::from_iter(is_there.then(|| Ok(path.to_owned())));
    }
    let mut entries = match entries(path) {
        Ok(entries) => entries,
        Err(reason) => return vec![Err(reason)],
    };
    // A link may lead back.
    entries.retain(|entry| !entry.is_symlink() || entry.is_file());
    entries.iter().flat_map(|entry| files(entry)).collect()
}

/// A path as it is said on every system, from the workspace's root.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let path = path.display().to_string();
    path.replace(MAIN_SEPARATOR_STR, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words_and_goes_on_further_to_the_right() {
        let line = "  `sub thread end  1`  missing or not, by luck\n";
        assert_eq!(wrapped(line, 80), line);
        let narrow = "  `sub thread end  1`  missing\n      or not, by luck\n";
        assert_eq!(wrapped(line, 30), narrow);
        // Each for itself.
        assert_eq!(wrapped(&line.repeat(2), 30), narrow.repeat(2));
        // A word is whole, however narrow it gets.
        let words = "  `sub\n      thread\n      end\n      1`\n      missing\n      or\n      not,\n      by\n      luck\n";
        assert_eq!(wrapped(line, 7), words);
        // Nor is a line begun for the first one.
        assert_eq!(wrapped("  `sub thread", 3), "  `sub\n      thread\n");
    }
}
