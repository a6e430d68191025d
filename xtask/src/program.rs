//! Running a program to its end, or to a time limit, and keeping all it wrote.

use std::{
    io::{self, ErrorKind, Read},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use wait_timeout::ChildExt;

/// More than any lesson prints. A program that prints without end stops here
/// instead of filling the memory.
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
    /// The OS would not start it or wait for it.
    Failed(io::Error),
}

/// Runs `program` until it ends, but no longer than `timeout`, and shows `seen`
/// each piece of its standard output as it comes.
pub(crate) fn run(
    program: &Path,
    timeout: Duration,
    seen: impl FnMut(&[u8]) + Send + 'static,
) -> Run {
    let start = Instant::now();
    let mut stdout = Pipe::default();
    let mut stderr = Pipe::default();
    let end = run_into(program, timeout, seen, &mut stdout, &mut stderr);
    Run {
        end: end.unwrap_or_else(End::Failed),
        stdout: stdout.bytes(),
        stderr: stderr.bytes(),
        time: start.elapsed(),
    }
}

fn run_into(
    program: &Path,
    timeout: Duration,
    seen: impl FnMut(&[u8]) + Send + 'static,
    stdout: &mut Pipe,
    stderr: &mut Pipe,
) -> io::Result<End> {
    let mut child = Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(pipe) = child.stdout.take() {
        stdout.drain(pipe, seen);
    }
    if let Some(pipe) = child.stderr.take() {
        stderr.drain(pipe, |_| {});
    }
    let status = child.wait_timeout(timeout)?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let closed = stdout.is_closed_within(GRACE) && stderr.is_closed_within(GRACE);
    Ok(match status {
        None => End::TimedOut,
        Some(status) if closed => End::Ended(status),
        Some(_) => End::LeftOpen,
    })
}

/// What has come out of a pipe so far.
#[derive(Default)]
struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    closed: Option<mpsc::Receiver<()>>,
}

impl Pipe {
    /// Reads the pipe to its end on a thread of its own, so that the program
    /// never waits for us.
    fn drain(
        &mut self,
        pipe: impl Read + Send + 'static,
        mut seen: impl FnMut(&[u8]) + Send + 'static,
    ) {
        let bytes = Arc::clone(&self.bytes);
        let (open, closed) = mpsc::channel();
        self.closed = Some(closed);
        thread::spawn(move || {
            let _open: mpsc::Sender<()> = open;
            let mut pipe = pipe.take(MOST_OUTPUT);
            let mut buffer = [0; 8192];
            loop {
                let count = match pipe.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend(&buffer[..count]);
                drop(bytes);
                seen(&buffer[..count]);
            }
        });
    }

    fn is_closed_within(&self, time: Duration) -> bool {
        let timed_out = Err(mpsc::RecvTimeoutError::Timeout);
        self.closed
            .as_ref()
            .is_none_or(|closed| closed.recv_timeout(time) != timed_out)
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
