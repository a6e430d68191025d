//! Where a lesson's lines go, one whole line at a time.

use std::{
    io::{self, Write},
    sync::Arc,
};

use crate::{
    Error,
    sync::{Mutex, MutexGuard},
};

/// The lines of all threads on their way to one sink.
pub(crate) struct Output(Mutex<Lines>);

struct Lines {
    sink: Box<dyn Write + Send>,
    broken: Option<Arc<io::Error>>,
}

impl Output {
    pub(crate) fn new(sink: impl Write + Send + 'static) -> Output {
        Output(Mutex::new(Lines {
            sink: Box::new(sink),
            broken: None,
        }))
    }

    /// Writes `text` and a line break, in one piece and at once.
    ///
    /// The lock keeps other threads' lines out even when the sink takes a line
    /// in several bites. After the first line that could not be written there
    /// are no more: what came after a gap would look like another order.
    pub(crate) fn print(&self, text: &str) -> Result<(), Error> {
        let mut lines = self.lock()?;
        if lines.broken.is_none() {
            let line = format!("{text}\n");
            let written = lines
                .sink
                .write_all(line.as_bytes())
                .and_then(|()| lines.sink.flush());
            lines.broken = written.err().map(Arc::new);
        }
        lines.check()
    }

    /// Whether every line so far has been written.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.lock()?.check()
    }

    /// Ends the output: what a daemon writes from now on goes nowhere, and no
    /// daemon is in the middle of a line.
    pub(crate) fn end(&self) {
        if let Ok(mut lines) = self.lock() {
            lines.sink = Box::new(io::sink());
        }
    }

    fn lock(&self) -> Result<MutexGuard<'_, Lines>, Error> {
        self.0.lock().map_err(|_| Error::Output {
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
