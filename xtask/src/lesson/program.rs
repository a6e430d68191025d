//! Running a lesson's program to its end, or to a time limit, and keeping all it
//! wrote.

use std::{
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, PipeWriter, Read},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use worker_core::Clock;
use xtask::order::{
    line::{lessons_lines, shortened},
    trace::Trace,
};

use crate::{
    cli::{Work, lock, number_of, plain_lines},
    lesson::{
        process::{Process, StartError, no_room_for_trace},
        standstill::{self, IdleTime},
    },
};

/// How long a program may run, if nobody says otherwise.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// More than any lesson writes, in bytes. A program that writes without end is killed
/// there, before it fills the memory.
pub(crate) const MOST_OUTPUT: u64 = 16 << 20;

/// More than the trace of any lesson has, in bytes. One that never ends would fill the disk.
const MOST_TRACE: u64 = 64 << 20;

/// How many lines are shown of the beginning of what is too long, and how many of its end.
pub(crate) const MOST_LINES: usize = 10;

/// How often a program is looked at that runs.
const LOOK: Duration = Duration::from_millis(100);

/// How often the pipes are looked at that stay open after the program has ended.
const LOOKS_AFTER_END: u32 = 10;

/// What is shown each piece of a program's standard output as it comes.
pub(crate) type Seen = Box<dyn FnMut(&[u8]) + Send>;

/// What a program wrote, how it ended, and how long it took.
pub(crate) struct Run {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// The clock that it went by, if it is a lesson's.
    clock: Option<Clock>,
    /// Its trace, which is empty if it wrote none, or why it cannot be had.
    trace: Result<String, String>,
    pub(crate) end: End,
    pub(crate) time: Duration,
}

impl Run {
    /// What it printed, without the line that was cut off when it was killed.
    pub(crate) fn whole_lines(&self) -> &[u8] {
        if matches!(self.end, End::Ended(_) | End::LeftOpen) {
            return &self.stdout;
        }
        let last = self.stdout.iter().rposition(|&byte| byte == b'\n');
        &self.stdout[..last.map_or(0, |last| last + 1)]
    }

    /// What it printed; if that is more than a lesson may, its first and last lines.
    pub(crate) fn shown(&self) -> String {
        let lines = match self.end {
            End::TooMuch { to_stdout: true } => excerpt(&self.stdout, MOST_LINES, MOST_LINES),
            _ => return plain_lines(&String::from_utf8_lossy(&self.stdout)),
        };
        plain_lines(&lines.join("\n"))
    }

    /// What is wrong with a run, whatever it should have printed.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let end = &self.end;
        let trace = self.trace.as_deref().unwrap_or_default();
        let mut complaints = match end {
            End::Ended(status) if status.success() => Vec::new(),
            End::Ended(_) => vec![format!("{end}; a lesson that went well ends with status 0")],
            End::StoodStill => vec![format!(
                "{end} at {}; it goes on only when every thread sleeps, joins or has ended, so let \
                 none wait for a lock or a message of one that does, nor sleep with anything but \
                 `worker_core::sleep`",
                standstill::whereabouts(trace)
            )],
            End::TimedOut(_) | End::TraceTooLarge
                if self.clock == Some(Clock::Simulated) && self.trace.is_ok() =>
            {
                let whereabouts = standstill::whereabouts(trace);
                let time = format!("simulated time had come to {whereabouts}");
                vec![end.to_string(), time]
            }
            _ => vec![end.to_string()],
        };
        complaints.extend(self.trace.as_ref().err().cloned());
        if self.stdout.is_empty() {
            complaints.push("it printed nothing".to_owned());
        }
        if !self.stderr.is_empty() {
            let excerpt = excerpt(&self.stderr, MOST_LINES, MOST_LINES);
            complaints.push(format!(
                "it wrote to standard error, where a lesson writes only what went wrong:\n    {}",
                excerpt.join("\n    ")
            ));
        }
        complaints
    }

    /// Its trace.
    ///
    /// # Errors
    ///
    /// Why there is none, or it is not that of the lines that were printed.
    pub(crate) fn trace(&self) -> Result<Trace, String> {
        let text = self.trace.as_ref().map_err(String::clone)?;
        let trace = if text.is_empty() {
            let words = "it wrote no trace, which tells the order of its lines; run it with \
                         `worker_core::run`";
            Err(words.to_owned())
        } else {
            Trace::parse(text)
        };
        let printed: Vec<_> = trace.iter().flat_map(Trace::printed).collect();
        let mut stray = None;
        // What one thread has printed as one line is no tear, whatever its name is.
        let lines = lessons_lines(&self.stdout, |line| printed.contains(&line));
        for (place, line) in lines.enumerate() {
            let number = place + 1;
            // A line that no lesson prints tells more than a trace that lacks one.
            let text = line.map_err(|fault| format!("line {number} {fault}"))?;
            if printed.get(place) != Some(&text) {
                stray = stray.or(Some((number, text)));
            }
        }
        match stray {
            Some((number, text)) if trace.is_ok() => Err(format!(
                "line {number} is not in its trace: {:?}; let only `main_thread.print` and the \
                 workers themselves print",
                shortened(text)
            )),
            _ => trace,
        }
    }
}

/// The `first` and the `last` lines of what a program wrote, and how many are left out
/// between.
pub(crate) fn excerpt(written: &[u8], first: usize, last: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(written);
    let left_out = text.lines().count().saturating_sub(first + last);
    let note = (left_out > 0).then(|| format!("… {} left out …", number_of(left_out, "line")));
    let begin = text.lines().take(first);
    let end = text.lines().skip(first + left_out);
    begin
        .map(shortened)
        .chain(note)
        .chain(end.map(shortened))
        .collect()
}

/// How a program ended.
pub(crate) enum End {
    /// By itself or by a signal, its pipes closed.
    Ended(ExitStatus),
    /// It was killed at this time limit.
    TimedOut(Duration),
    /// It was killed because simulated time stood still.
    StoodStill,
    /// Its trace has more than [`MOST_TRACE`], and it was killed for that if it still ran.
    TraceTooLarge,
    /// It ended, but another process that it started still holds its pipes.
    LeftOpen,
    /// It wrote more than [`MOST_OUTPUT`] to one of them, and was killed for that if it
    /// still ran; the rest is lost.
    TooMuch {
        /// Or to standard error.
        to_stdout: bool,
    },
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            End::Ended(status) => format!("it ended with {}", in_words(status)),
            End::TimedOut(limit) => {
                let limit = limit.as_secs();
                format!("it still ran at the time limit of {limit} s and was killed")
            }
            End::StoodStill => "simulated time stands still".to_owned(),
            End::TraceTooLarge => format!(
                "its trace is larger than {} MiB; let its threads do less",
                MOST_TRACE >> 20
            ),
            End::LeftOpen => {
                "it ended, but left a process behind that still holds its output; wait \
                              for every process that it starts"
                    .to_owned()
            }
            End::TooMuch { to_stdout } => format!(
                "it wrote more than {} MiB{}, more than a lesson may; what came after that is lost",
                MOST_OUTPUT >> 20,
                if *to_stdout { "" } else { " to standard error" }
            ),
        })
    }
}

/// What a program ended with.
pub(crate) fn in_words(status: &ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("status {code}"),
        None => status.to_string(),
    }
}

/// Runs a program until it ends, but no longer than `timeout`, and shows `seen` each piece
/// of its standard output as it comes. If it is a lesson's, it goes by this clock. Nothing
/// that it has started is left then, nor when the tool is ended meanwhile.
///
/// # Errors
///
/// Why it cannot be run.
pub(crate) fn run(
    mut command: Command,
    clock: Option<Clock>,
    timeout: Duration,
    seen: Seen,
) -> Result<Run, StartError> {
    let start = Instant::now();
    if let Some(clock) = clock {
        command.env(Clock::VARIABLE, clock.name());
    }
    let failed = StartError::Program;
    let (stdout, output) = Pipe::drain(seen).map_err(failed)?;
    let (stderr, errors) = Pipe::drain(Box::new(|_| {})).map_err(failed)?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut process = Process::start(command)?;

    let too_much = || {
        let [stdout, stderr] = [&stdout, &stderr].map(|pipe| pipe.size() > MOST_OUTPUT);
        (stdout || stderr).then_some(End::TooMuch { to_stdout: stdout })
    };
    let mut idle_time = IdleTime::default();
    let mut left = timeout;
    let cut_off = loop {
        let look = left.min(LOOK);
        let has_ended = process.ends_within(look);
        let traced = fs::metadata(process.trace()).map_or(0, |trace| trace.len());
        if traced > MOST_TRACE {
            break Some(End::TraceTooLarge);
        }
        if let Some(end) = too_much() {
            break Some(end);
        }
        if has_ended {
            break None;
        }
        // What counts is how often it was looked at, not the time: while the tool is
        // suspended, so is the lesson.
        left -= look;
        if left.is_zero() {
            break Some(End::TimedOut(timeout));
        }
        if clock == Some(Clock::Simulated) {
            let written = traced + stdout.size() + stderr.size();
            if idle_time.finds_standstill(process.id(), written) {
                break Some(End::StoodStill);
            }
        }
    };
    if cut_off.is_some() {
        process.kill();
    }
    let closes = |pipe: &Pipe| (0..LOOKS_AFTER_END).any(|_| pipe.reader.ends_within(LOOK));
    let closed = closes(&stdout) && closes(&stderr);
    let time = start.elapsed();
    // It may have ended meanwhile by itself.
    let cut_off = too_much().or(cut_off);
    let mut stderr = stderr.bytes();
    let trace = match take_trace_error(&mut stderr, process.trace()) {
        Some(reason) => Err(no_room_for_trace(&reason)),
        None => read_trace(process.trace()),
    };
    let status = process.end().map_err(failed)?;
    let end = match cut_off {
        Some(end) => end,
        None if closed => End::Ended(status),
        None => End::LeftOpen,
    };
    Ok(Run {
        stdout: stdout.bytes(),
        stderr,
        clock,
        trace,
        end,
        time,
    })
}

/// Why the program could not write its trace, if it says so on standard error. It names a
/// variable there that no user has set, so that is not to be passed on.
fn take_trace_error(stderr: &mut Vec<u8>, trace: &Path) -> Option<String> {
    let text = String::from_utf8_lossy(stderr).into_owned();
    let words = format!("the trace `{}` cannot be written: ", trace.display());
    let line = text.lines().find(|line| line.contains(&words))?;
    let (_, reason) = line.split_once(&words)?;
    let reason = reason.split(';').next().unwrap_or_default();
    *stderr = text.replacen(&format!("{line}\n"), "", 1).into_bytes();
    Some(reason.to_owned())
}

/// A trace as far as it can be read.
fn read_trace(path: &Path) -> Result<String, String> {
    let mut trace = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_TRACE).read_to_end(&mut trace));
    match read {
        Ok(_) => Ok(String::from_utf8_lossy(&trace).into_owned()),
        Err(reason) => Err(format!(
            "its trace cannot be read: {reason}; leave the file alone that LESSON_TRACE names"
        )),
    }
}

/// What has come out of a pipe so far.
struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Ends when it is closed.
    reader: Work,
}

impl Pipe {
    /// Reads what a program writes to its end on a thread of its own, so that the program
    /// never waits for us.
    fn drain(mut seen: Seen) -> io::Result<(Pipe, PipeWriter)> {
        let (mut pipe, writer) = io::pipe()?;
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bytes);
        let reader = Work::begin(move || {
            let mut buffer = [0; 8192];
            loop {
                match pipe.read(&mut buffer) {
                    Ok(count @ 1..) => {
                        let mut kept = lock(&kept);
                        // Of a program that writes on and on, the rest is read and lost, so
                        // that it does not complain before it is killed.
                        if kept.len() as u64 > MOST_OUTPUT {
                            continue;
                        }
                        kept.extend(&buffer[..count]);
                        drop(kept);
                        seen(&buffer[..count]);
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => return,
                }
            }
        })?;
        Ok((Pipe { bytes, reader }, writer))
    }

    fn size(&self) -> u64 {
        lock(&self.bytes).len() as u64
    }

    fn bytes(&self) -> Vec<u8> {
        let bytes = lock(&self.bytes);
        bytes[..bytes.len().min(MOST_OUTPUT as usize)].to_vec()
    }
}
