//! Where a lesson's lines go, one whole line at a time.

use std::{
    io::{self, Write},
    sync::Arc,
};

use crate::{
    Error,
    sync::{Mutex, MutexGuard},
    trace::{Event, Trace},
};

/// The lines of all threads on their way to one sink, and the trace.
pub(crate) struct Output {
    lines: Mutex<Lines>,
    /// Whether there is a trace. A thread that has no line to write does not take
    /// the lock for nothing.
    traced: bool,
}

struct Lines {
    sink: Box<dyn Write + Send>,
    broken: Option<Arc<io::Error>>,
    trace: Option<Trace>,
}

impl Output {
    pub(crate) fn new(sink: impl Write + Send + 'static, trace: Option<Trace>) -> Output {
        Output {
            traced: trace.is_some(),
            lines: Mutex::new(Lines {
                sink: Box::new(sink),
                broken: None,
                trace,
            }),
        }
    }

    /// Writes `text` and a line break for this thread, in one piece and at once.
    ///
    /// The lock keeps other threads' lines out even when the sink takes a line
    /// in several bites. After the first line that could not be written there
    /// are no more: what came after a gap would look like another order.
    pub(crate) fn print(&self, thread: u64, text: &str) -> Result<(), Error> {
        let mut lines = self.lock()?;
        if lines.broken.is_none() {
            let line = format!("{text}\n");
            let written = lines
                .sink
                .write_all(line.as_bytes())
                .and_then(|()| lines.sink.flush());
            lines.broken = written.err().map(Arc::new);
        }
        lines.check()?;
        if let Some(trace) = &mut lines.trace {
            for line in text.split('\n') {
                trace.write(thread, Event::Line(line));
            }
        }
        Ok(())
    }

    /// Writes to the trace, if there is one, what this thread does, and returns
    /// whether anything more is to be expected of the thread.
    pub(crate) fn record(&self, thread: u64, event: Event<'_>) -> bool {
        if self.traced
            && let Ok(mut lines) = self.lock()
            && let Some(trace) = &mut lines.trace
        {
            trace.write(thread, event);
            return !trace.has_enough_of(thread);
        }
        true
    }

    /// Whether every line so far has been written.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.lock()?.check()
    }

    /// Ends the output: what a daemon writes from now on goes nowhere, and no
    /// daemon is in the middle of a line. In the trace it comes after the end of
    /// the program.
    pub(crate) fn end(&self) {
        if let Ok(mut lines) = self.lock() {
            lines.sink = Box::new(io::sink());
            if let Some(trace) = &mut lines.trace {
                trace.write(0, Event::Exit);
            }
        }
    }

    /// Ends the trace.
    ///
    /// # Errors
    ///
    /// If not all of it could be written.
    pub(crate) fn end_trace(&self) -> Result<(), Error> {
        let trace = self.lock().ok().and_then(|mut lines| lines.trace.take());
        trace.map_or(Ok(()), |trace| trace.check())
    }

    pub(crate) fn is_traced(&self) -> bool {
        self.traced
    }

    fn lock(&self) -> Result<MutexGuard<'_, Lines>, Error> {
        self.lines.lock().map_err(|_| Error::Output {
            reason: Arc::new(io::Error::other("the sink panicked inside a line")),
        })
    }
}

impl Lines {
    fn check(&self) -> Result<(), Error> {
        match &self.broken {
            Some(reason) => Err(Error::Output {
                reason: Arc::clone(reason),
            }),
            None => Ok(()),
        }
    }
}
