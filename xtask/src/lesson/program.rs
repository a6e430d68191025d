//! Running a lesson's program to its end, or to a time limit, and keeping all it
//! wrote.

use std::{
    env,
    fmt::Write as _,
    fs::File,
    io::{self, ErrorKind, Read},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use tempfile::NamedTempFile;
use wait_timeout::ChildExt;
use worker_core::{Clock, trace::VARIABLE};

use xtask::order::{line::lines, trace::Trace};

use crate::cli::human;

/// More than any lesson writes, in bytes. Beyond it nobody reads, so a program that
/// writes without end fails there instead of filling the memory.
pub(crate) const MOST_OUTPUT: u64 = 16 << 20;

/// More than the trace of any lesson has, in bytes.
const MOST_TRACE: u64 = 64 << 20;

/// How long the pipes may stay open after the program has ended.
const GRACE: Duration = Duration::from_secs(1);

/// What a program wrote, how it ended, and how long it took.
pub(crate) struct Run {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Its trace; empty, if it wrote none.
    pub(crate) trace: String,
    pub(crate) end: End,
    pub(crate) time: Duration,
}

impl Run {
    /// What is wrong with a run, whatever it should have printed.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        match &self.end {
            End::Ended(status) if status.success() => {}
            End::Ended(status) => {
                let status = match status.code() {
                    Some(code) => format!("status {code}"),
                    None => status.to_string(),
                };
                complaints.push(format!(
                    "it ended with {status}; a lesson that went well ends with status 0"
                ));
            }
            End::TimedOut => complaints.push(format!(
                "it still ran after {} and was killed",
                human(self.time)
            )),
            End::LeftOpen => complaints.push(
                "it ended, but left a process behind that still holds its output; wait for every \
                 process that it starts"
                    .to_owned(),
            ),
            End::TooMuch => complaints.push(format!(
                "it wrote more than {} MiB; what came after that is lost",
                MOST_OUTPUT >> 20
            )),
        }
        if self.stdout.is_empty() {
            complaints.push("it printed nothing".to_owned());
        }
        if !self.stderr.is_empty() {
            let mut complaint =
                "it wrote to standard error, where a lesson writes only what went wrong:"
                    .to_owned();
            for line in String::from_utf8_lossy(&self.stderr).lines() {
                let _ = write!(complaint, "\n    {line}");
            }
            complaints.push(complaint);
        }
        complaints
    }

    /// Its trace.
    ///
    /// # Errors
    ///
    /// Why there is none, or it is not that of the lines that were printed.
    pub(crate) fn trace(&self) -> Result<Trace, String> {
        if self.trace.is_empty() {
            return Err(
                "it wrote no trace, which tells the order of its lines; run it with \
                 `worker_core::run`"
                    .to_owned(),
            );
        }
        let trace = Trace::parse(&self.trace)?;
        let mut traced = trace.printed();
        for (number, line) in (1..).zip(lines(&self.stdout)) {
            let line = line.map_err(|bad_line| bad_line.to_string())?;
            if traced.next() != Some(line) {
                return Err(format!(
                    "line {number} is not in its trace: {line:?}; let only `main_thread.print` and \
                     the workers themselves print"
                ));
            }
        }
        drop(traced);
        Ok(trace)
    }
}

/// How a program ended.
pub(crate) enum End {
    /// By itself or by a signal, its pipes closed.
    Ended(ExitStatus),
    /// It was killed at the time limit.
    TimedOut,
    /// It ended, but another process that it started still holds its pipes.
    LeftOpen,
    /// It wrote more than [`MOST_OUTPUT`], and the rest is lost.
    TooMuch,
}

/// Runs a lesson's program until it ends, but no longer than `timeout`, and shows
/// `seen` each piece of its standard output as it comes.
///
/// # Errors
///
/// If the OS will not start it, or a thread that reads what it writes, or there is no
/// room for its trace.
pub(crate) fn run(
    program: &Path,
    clock: Clock,
    timeout: Duration,
    seen: impl FnMut(&[u8]) + Send + 'static,
) -> io::Result<Run> {
    let trace = NamedTempFile::new().map_err(|error| {
        let folder = env::temp_dir();
        io::Error::other(format!(
            "no trace can be written to {}: {error}",
            folder.display()
        ))
    })?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .env(Clock::VARIABLE, clock.name())
        .env(VARIABLE, trace.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let pipes = child.stdout.take().zip(child.stderr.take());
    let run = pipes
        .ok_or_else(|| io::Error::other("no pipes"))
        .and_then(|(stdout, stderr)| {
            let stdout = Pipe::drain(stdout, seen)?;
            let stderr = Pipe::drain(stderr, |_| {})?;
            let status = child.wait_timeout(timeout)?;
            if status.is_none() {
                child.kill()?;
                child.wait()?;
            }
            let closed = stdout.is_closed_within(GRACE) && stderr.is_closed_within(GRACE);
            let end = match status {
                _ if stdout.is_full() || stderr.is_full() => End::TooMuch,
                None => End::TimedOut,
                Some(status) if closed => End::Ended(status),
                Some(_) => End::LeftOpen,
            };
            let time = start.elapsed();
            Ok(Run {
                stdout: stdout.bytes(),
                stderr: stderr.bytes(),
                trace: read_trace(trace.path())?,
                end,
                time,
            })
        });
    if run.is_err() {
        let _ = child.kill();
    }
    run
}

/// A trace as far as it can be read.
fn read_trace(path: &Path) -> io::Result<String> {
    let mut trace = Vec::new();
    let size = File::open(path)?
        .take(MOST_TRACE + 1)
        .read_to_end(&mut trace)?;
    if size as u64 > MOST_TRACE {
        return Err(io::Error::other(format!(
            "its trace is larger than {} MiB; let its threads do less",
            MOST_TRACE >> 20
        )));
    }
    Ok(String::from_utf8_lossy(&trace).into_owned())
}

/// What has come out of a pipe so far.
struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    closed: mpsc::Receiver<()>,
}

impl Pipe {
    /// Reads the pipe to its end on a thread of its own, so that the program
    /// never waits for us.
    fn drain(
        pipe: impl Read + Send + 'static,
        mut seen: impl FnMut(&[u8]) + Send + 'static,
    ) -> io::Result<Pipe> {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (open, closed) = mpsc::channel::<()>();
        let kept = Arc::clone(&bytes);
        thread::Builder::new().spawn(move || {
            let _open = open;
            let mut pipe = pipe.take(MOST_OUTPUT + 1);
            let mut buffer = [0; 8192];
            loop {
                let count = match pipe.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(&buffer[..count]);
                seen(&buffer[..count]);
            }
        })?;
        Ok(Pipe { bytes, closed })
    }

    fn is_closed_within(&self, time: Duration) -> bool {
        self.closed.recv_timeout(time) != Err(mpsc::RecvTimeoutError::Timeout)
    }

    fn is_full(&self) -> bool {
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len() as u64
            > MOST_OUTPUT
    }

    fn bytes(&self) -> Vec<u8> {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes[..bytes.len().min(MOST_OUTPUT as usize)].to_vec()
    }
}
