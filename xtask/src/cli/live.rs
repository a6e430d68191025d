//! Lines that show on a terminal what goes on, below all that is printed.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use console::{Term, truncate_str};

use super::{human, in_ci};

/// How often they are drawn. What is done sooner shows nothing.
const TICK: Duration = Duration::from_millis(200);

/// The lines, until this is dropped. A thread of its own draws them, so that a terminal
/// that stands still holds up nobody else.
pub(crate) struct LiveLines(Arc<Mutex<Lines>>);

impl LiveLines {
    pub(crate) fn new() -> LiveLines {
        let live = LiveLines(Arc::default());
        if Term::stderr().is_term() && !in_ci() {
            let lines = Arc::downgrade(&live.0);
            let draw = move || {
                loop {
                    thread::sleep(TICK);
                    let Some(lines) = lines.upgrade() else {
                        return;
                    };
                    // What the terminal does not take is not shown.
                    let _ = lock(&lines).draw();
                }
            };
            // Where no thread can be started, nothing is shown.
            let _ = thread::Builder::new().spawn(draw);
        }
        live
    }

    /// Adds a line that says this, as long as it says anything.
    pub(crate) fn add(&self, line: impl Fn() -> Option<String> + Send + 'static) {
        lock(&self.0).lines.push(Box::new(line));
    }

    /// Prints something while none of them is shown.
    pub(crate) fn print<T>(&self, print: impl FnOnce() -> T) -> T {
        let mut lines = lock(&self.0);
        let _ = lines.clear(&Term::stderr());
        print()
    }
}

impl Drop for LiveLines {
    fn drop(&mut self) {
        self.print(|| {});
    }
}

/// Does something that may take long, and shows meanwhile what it is.
pub(crate) fn live<T>(what: String, work: impl FnOnce() -> T) -> T {
    let lines = LiveLines::new();
    let start = Instant::now();
    lines.add(move || Some(format!("{:>6}  {what}", human(start.elapsed()))));
    work()
}

#[derive(Default)]
struct Lines {
    lines: Vec<Box<dyn Fn() -> Option<String> + Send>>,
    /// How many are on the terminal.
    shown: usize,
}

impl Lines {
    fn draw(&mut self) -> io::Result<()> {
        let term = Term::buffered_stderr();
        self.clear(&term)?;
        let (height, width) = term.size();
        let lines = self.lines.iter().filter_map(|line| line());
        for line in lines.take(usize::from(height).saturating_sub(1)) {
            term.write_line(&truncate_str(&line, width.into(), "…"))?;
            self.shown += 1;
        }
        term.flush()
    }

    fn clear(&mut self, term: &Term) -> io::Result<()> {
        let shown = std::mem::take(&mut self.shown);
        term.clear_last_lines(shown)
    }
}

fn lock(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
