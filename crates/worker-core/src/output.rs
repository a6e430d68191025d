//! Where a lesson's lines go, one whole line at a time.

use std::{
    fmt::{Arguments, Write as _},
    io::{self, Write},
    panic::{self, AssertUnwindSafe, Location},
    sync::{Arc, OnceLock},
};

use crate::{
    error::{Error, end_panic},
    simulated_clock::SimulatedClock,
    sync::{Mutex, lock},
    trace::EventKind,
    trace_file::TraceFile,
};

/// The lines of all threads on their way to one sink, and the trace.
pub(crate) struct Output {
    lines: Mutex<Lines>,
    /// Why a line could not be written. Who asks does not wait for a thread that
    /// writes one.
    broken: OnceLock<Arc<io::Error>>,
    /// Whether there is a trace. A thread that has no line to write does not take
    /// the lock for nothing.
    traced: bool,
}

/// The order of the events of a trace agrees with that of the lines, because both
/// are written under one lock.
struct Lines {
    sink: Box<dyn Write + Send>,
    /// The line that is being written; its room is used again for the next.
    line: String,
    trace: Option<TraceFile>,
}

impl Output {
    pub(crate) fn new(
        sink: Box<dyn Write + Send>,
        mut trace: Option<TraceFile>,
        clock: Option<Arc<SimulatedClock>>,
    ) -> Output {
        if let Some(trace) = &mut trace {
            trace.clock = clock;
        }
        Output {
            traced: trace.is_some(),
            broken: OnceLock::new(),
            lines: Mutex::new(Lines {
                sink,
                line: String::new(),
                trace,
            }),
        }
    }

    /// Writes `text` and a line break for this thread, in one piece and at once.
    ///
    /// The lock keeps other threads' lines out even when the sink takes a line
    /// in several bites. After the first line that could not be written there
    /// are no more: what came after a gap would look like another order.
    pub(crate) fn print(
        &self,
        thread: usize,
        call: Option<&Location<'_>>,
        text: Arguments<'_>,
    ) -> Result<(), Error> {
        // ANCHOR: whole-line
        let lines = &mut *lock(&self.lines);
        self.check()?;
        if let Err(reason) = lines.write(text) {
            let _ = self.broken.set(Arc::new(reason));
        }
        // ANCHOR_END: whole-line
        self.check()?;
        if let Some(trace) = &mut lines.trace {
            let text = lines.line.trim_end_matches('\n').to_owned();
            trace.write(thread, call, EventKind::Line(text));
        }
        Ok(())
    }

    /// Writes to the trace, if there is one, what this thread does, and returns
    /// whether anything more is to be expected of the thread.
    pub(crate) fn record(
        &self,
        thread: usize,
        call: Option<&Location<'_>>,
        kind: impl FnOnce() -> EventKind,
    ) -> bool {
        if self.traced
            && let Some(trace) = &mut lock(&self.lines).trace
        {
            trace.write(thread, call, kind());
            return !trace.has_enough_of(thread);
        }
        true
    }

    /// Whether every line so far has been written.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.broken.get() {
            Some(reason) => Err(Error::Output {
                reason: Arc::clone(reason),
            }),
            None => Ok(()),
        }
    }

    /// Ends the output: what a daemon writes from now on goes nowhere, and no
    /// daemon is in the middle of a line. In the trace it comes after the end of
    /// the program.
    pub(crate) fn end(&self) {
        let mut lines = lock(&self.lines);
        lines.sink = Box::new(io::sink());
        if let Some(trace) = &mut lines.trace {
            trace.write(0, None, EventKind::Exit);
        }
    }

    /// Ends the trace.
    ///
    /// # Errors
    ///
    /// If not all of it could be written.
    pub(crate) fn end_trace(&self) -> Result<(), String> {
        let trace = lock(&self.lines).trace.take();
        trace.map_or(Ok(()), |trace| trace.check())
    }

    pub(crate) fn is_traced(&self) -> bool {
        self.traced
    }
}

impl Lines {
    fn write(&mut self, text: Arguments<'_>) -> io::Result<()> {
        let Lines { sink, line, .. } = self;
        line.clear();
        let _ = writeln!(line, "{text}");
        let written = panic::catch_unwind(AssertUnwindSafe(|| {
            sink.write_all(line.as_bytes()).and_then(|()| sink.flush())
        }));
        written.unwrap_or_else(|payload| {
            end_panic(payload);
            Err(io::Error::other("the sink panicked inside a line"))
        })
    }
}
