//! Running a program to its end, or to a time limit, and keeping all it wrote.

use std::{
    io::{self, ErrorKind, Read},
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use wait_timeout::ChildExt;

/// More than any lesson writes, in bytes. Beyond it nobody reads, so a program that
/// writes without end fails there instead of filling the memory.
pub(crate) const MOST_OUTPUT: u64 = 16 << 20;

/// How long the pipes may stay open after the program has ended.
const GRACE: Duration = Duration::from_secs(1);

/// What a program wrote, how it ended, and how long it took.
pub(crate) struct Run {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) end: End,
    pub(crate) time: Duration,
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

/// Runs `command` until it ends, but no longer than `timeout`, and shows `seen`
/// each piece of its standard output as it comes.
///
/// # Errors
///
/// If the OS will not start it, or a thread that reads what it writes.
pub(crate) fn run(
    mut command: Command,
    timeout: Duration,
    seen: impl FnMut(&[u8]) + Send + 'static,
) -> io::Result<Run> {
    let start = Instant::now();
    let mut child = command
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
            Ok(Run {
                stdout: stdout.bytes(),
                stderr: stderr.bytes(),
                end,
                time: start.elapsed(),
            })
        });
    if run.is_err() {
        let _ = child.kill();
    }
    run
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
