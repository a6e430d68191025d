//! The format of a lesson's trace: what happened, one event a line.
//!
//! The section "The trace" of [`run`](crate::run) says what the events mean.

use std::{fmt, panic::Location, str::FromStr, time::Duration};

/// The environment variable that names the file of a lesson's trace.
pub const VARIABLE: &str = "LESSON_TRACE";

/// One event of a trace. Its [`Display`](fmt::Display) is its line, without the line
/// break, which [`FromStr`] reads back.
///
/// # Examples
///
/// ```
/// use worker_core::trace::{Event, EventKind, Place};
///
/// let line = "3000000000\t81250\t1\tmain.rs:24\twake";
/// let event: Event = line.parse()?;
/// assert_eq!((event.time.as_secs(), event.thread), (3, 1));
/// assert_eq!(event.place, Some(Place { file: "main.rs".to_owned(), line: 24 }));
/// assert_eq!(event.kind, EventKind::Wake);
/// assert_eq!(event.to_string(), line);
/// # Ok::<(), worker_core::trace::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The time by the lesson's clock, since the beginning of the program.
    pub time: Duration,
    /// The real time since then.
    pub elapsed: Duration,
    /// The main thread is 0, and the workers count from 1 in the order of their
    /// starts.
    pub thread: usize,
    /// The place in the lesson's source that the event comes from, if it is a call
    /// there.
    pub place: Option<Place>,
    /// What the thread does.
    pub kind: EventKind,
}

/// What a thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Is about to start a worker.
    Start {
        /// The worker's number among the threads.
        worker: usize,
        /// Whether it is a daemon.
        daemon: bool,
        /// Its name.
        name: String,
    },
    /// Goes on after starting this worker: the start line has been written.
    Started(usize),
    /// Has printed this line.
    Line(String),
    /// Begins a sleep.
    Sleep,
    /// Ends a sleep.
    Wake,
    /// Waits for the end of this thread.
    Join(usize),
    /// Goes on after that.
    Joined(usize),
    /// Has come to its end.
    End,
    /// Ends the program. What comes after it is cut off.
    Exit,
    /// Goes on after the end of the program, for so long that what it would still do is
    /// not known.
    Endless,
}

/// A line of the lesson's source, as `main.rs:24`.
///
/// # Examples
///
/// ```
/// use worker_core::trace::Place;
///
/// let place: Place = "main.rs:24".parse()?;
/// assert_eq!((place.file.as_str(), place.line), ("main.rs", 24));
/// assert_eq!(place.to_string(), "main.rs:24");
/// # Ok::<(), worker_core::trace::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file: `main.rs` for a package's `src/main.rs`, and `examples/plain.rs` for
    /// its `examples/plain.rs`, with slashes on every system.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// Why a text is no [`Event`] or no [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    text: String,
    expected: &'static str,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, elapsed) = (self.time.as_nanos(), self.elapsed.as_nanos());
        write!(f, "{time}\t{elapsed}\t{}\t", self.thread)?;
        match &self.place {
            Some(place) => write!(f, "{place}")?,
            None => f.write_str("-")?,
        }
        write!(f, "\t{}", self.kind)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventKind::Start {
                worker,
                daemon,
                name,
            } => {
                let kind = if *daemon { "daemon" } else { "worker" };
                write!(f, "start\t{worker}\t{kind}\t{name}")
            }
            EventKind::Started(worker) => write!(f, "started\t{worker}"),
            EventKind::Line(text) => write!(f, "line\t{text}"),
            EventKind::Sleep => f.write_str("sleep"),
            EventKind::Wake => f.write_str("wake"),
            EventKind::Join(worker) => write!(f, "join\t{worker}"),
            EventKind::Joined(worker) => write!(f, "joined\t{worker}"),
            EventKind::End => f.write_str("end"),
            EventKind::Exit => f.write_str("exit"),
            EventKind::Endless => f.write_str("endless"),
        }
    }
}

impl FromStr for Event {
    type Err = ParseError;

    fn from_str(line: &str) -> Result<Event, ParseError> {
        let mut fields = line.splitn(5, '\t');
        let mut field = || fields.next().unwrap_or_default();
        Ok(Event {
            time: duration(field())?,
            elapsed: duration(field())?,
            thread: thread(field())?,
            place: match field() {
                "-" => None,
                place => Some(place.parse()?),
            },
            kind: field().parse()?,
        })
    }
}

impl FromStr for EventKind {
    type Err = ParseError;

    fn from_str(event: &str) -> Result<EventKind, ParseError> {
        // What follows is the text, whatever it holds.
        if let Some(text) = event.strip_prefix("line\t") {
            return Ok(EventKind::Line(text.to_owned()));
        }
        let fields: Vec<&str> = event.splitn(4, '\t').collect();
        Ok(match fields[..] {
            ["start", worker, kind @ ("worker" | "daemon"), name] => EventKind::Start {
                worker: thread(worker)?,
                daemon: kind == "daemon",
                name: name.to_owned(),
            },
            ["started", worker] => EventKind::Started(thread(worker)?),
            ["sleep"] => EventKind::Sleep,
            ["wake"] => EventKind::Wake,
            ["join", worker] => EventKind::Join(thread(worker)?),
            ["joined", worker] => EventKind::Joined(thread(worker)?),
            ["end"] => EventKind::End,
            ["exit"] => EventKind::Exit,
            ["endless"] => EventKind::Endless,
            _ => return Err(unreadable(event, "an event")),
        })
    }
}

impl Place {
    /// The place that a call comes from, if it is in a package's own source.
    pub(crate) fn of(call: &Location<'_>) -> Option<Place> {
        Some(Place {
            file: within_package(call.file())?,
            line: call.line(),
        })
    }
}

/// The path of a source file within its package, from one that the compiler knows:
/// relative to the workspace or absolute, in the manner of any system. A call that the
/// standard library makes, of a function that it was given, is in no package.
fn within_package(path: &str) -> Option<String> {
    let path = path.replace('\\', "/").replace(char::is_control, " ");
    let library = ["core", "alloc", "std"].map(|name| format!("/library/{name}/src/"));
    if library.iter().any(|library| path.contains(library)) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').collect();
    let (_, folders) = parts.split_last()?;
    let is_targets = |folder: &&str| ["src", "examples", "tests", "benches"].contains(folder);
    Some(match folders.iter().rposition(is_targets) {
        Some(n) if folders[n] == "src" => parts[n + 1..].join("/"),
        Some(n) => parts[n..].join("/"),
        None => path,
    })
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl FromStr for Place {
    type Err = ParseError;

    fn from_str(place: &str) -> Result<Place, ParseError> {
        let unreadable = || unreadable(place, "a file and a line, such as `main.rs:24`");
        let (file, line) = place.rsplit_once(':').ok_or_else(unreadable)?;
        Ok(Place {
            file: file.to_owned(),
            line: line.parse().map_err(|_| unreadable())?,
        })
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not {}", self.text, self.expected)
    }
}

impl std::error::Error for ParseError {}

fn unreadable(text: &str, expected: &'static str) -> ParseError {
    ParseError {
        text: text.to_owned(),
        expected,
    }
}

fn duration(nanoseconds: &str) -> Result<Duration, ParseError> {
    const SECOND: u128 = 1_000_000_000;
    let read = nanoseconds.parse::<u128>().ok().and_then(|nanoseconds| {
        let seconds = u64::try_from(nanoseconds / SECOND).ok()?;
        Some(Duration::new(seconds, (nanoseconds % SECOND) as u32))
    });
    read.ok_or_else(|| unreadable(nanoseconds, "a time in nanoseconds"))
}

fn thread(number: &str) -> Result<usize, ParseError> {
    let read = number.parse();
    read.map_err(|_| unreadable(number, "the number of a thread"))
}

#[cfg(test)]
mod tests {
    use super::within_package;

    #[test]
    fn a_place_is_relative_to_its_package_on_every_system() {
        for (path, file) in [
            ("src/main.rs", "main.rs"),
            ("crates/threads/src/main.rs", "main.rs"),
            (r"crates\threads\src\a\b.rs", "a/b.rs"),
            (r"C:\lessons\crates/threads/src/main.rs", "main.rs"),
            ("/home/src/lessons/crates/threads/src/main.rs", "main.rs"),
            ("/home/src/lessons/examples/plain.rs", "examples/plain.rs"),
            ("crates/threads/tests/src.rs", "tests/src.rs"),
            ("build.rs", "build.rs"),
            ("src/two\nlines.rs", "two lines.rs"),
        ] {
            assert_eq!(within_package(path).as_deref(), Some(file), "{path}");
        }
        for path in [
            "/rustc/0123abcd/library/core/src/ops/function.rs",
            r"C:\toolchain\lib/rustlib/src/rust\library\core\src\ops\function.rs",
        ] {
            assert_eq!(within_package(path), None, "{path}");
        }
    }
}
