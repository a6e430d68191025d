//! Lines that show on a terminal what goes on, below all that is printed.

use std::{
    io,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use console::{Term, is_dumb, truncate_str};

use super::{Failure, Work, human, in_ci, lock, plain, print};

/// How often they are drawn. What is done sooner shows nothing.
const TICK: Duration = Duration::from_millis(200);

/// No terminal is wider.
const LONGEST: usize = 1000;

/// The lines, until this is dropped. A thread of its own draws them, while others work.
pub(crate) struct LiveLines(Arc<Mutex<Lines>>);

impl LiveLines {
    pub(crate) fn new() -> LiveLines {
        let live = LiveLines(Arc::default());
        if Term::stderr().is_term() && !is_dumb() && !in_ci() {
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
            let _ = Work::begin(draw);
        }
        live
    }

    /// Adds a line for something that begins now. The time that it takes stands behind
    /// `name`, and then what is said of it.
    pub(crate) fn add(&self, name: String, what: String) -> LiveLine {
        let line = LiveLine(Arc::new(Mutex::new(State {
            name,
            what,
            start: Instant::now(),
            ended: None,
        })));
        lock(&self.0).lines.push(line.clone());
        line
    }

    /// Prints to standard output what came of the first of them, which is not shown any
    /// more.
    pub(crate) fn print_first(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        let mut lines = lock(&self.0);
        let _ = lines.clear(&Term::stderr());
        lines.lines.remove(0);
        print(text)
    }
}

impl Drop for LiveLines {
    fn drop(&mut self) {
        let mut lines = lock(&self.0);
        let _ = lines.clear(&Term::stderr());
        // Who draws them may still be about to.
        lines.lines.clear();
    }
}

/// Does something that may take long, and shows meanwhile what it is.
pub(crate) fn live<T>(what: String, work: impl FnOnce(&LiveLine) -> T) -> T {
    let lines = LiveLines::new();
    work(&lines.add(String::new(), what))
}

#[derive(Default)]
struct Lines {
    lines: Vec<LiveLine>,
    /// How many are on the terminal.
    shown: usize,
}

impl Lines {
    fn draw(&mut self) -> io::Result<()> {
        let term = Term::buffered_stderr();
        self.clear(&term)?;
        let (height, width) = term.size();
        let lines = self.lines.iter().map(LiveLine::text);
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

/// One of the lines. Whoever has something to say only leaves word, and does not wait for
/// the terminal.
#[derive(Clone)]
pub(crate) struct LiveLine(Arc<Mutex<State>>);

struct State {
    name: String,
    what: String,
    start: Instant,
    /// How long it took, if it has ended.
    ended: Option<Duration>,
}

impl LiveLine {
    pub(crate) fn say(&self, what: &str) {
        lock(&self.0).what = what.to_owned();
    }

    /// Takes the pieces of a program's output as they come, and says the last whole line.
    pub(crate) fn show_last(&self) -> impl FnMut(&[u8]) + Send + 'static {
        let live = self.clone();
        let mut line = Vec::new();
        move |bytes| {
            for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
                line.extend(&piece[..piece.len().min(LONGEST.saturating_sub(line.len()))]);
                if piece.ends_with(b"\n") {
                    live.say(&String::from_utf8_lossy(line.trim_ascii_end()));
                    line.clear();
                }
            }
        }
    }

    /// Says that what it is about has ended.
    pub(crate) fn end(&self) {
        let mut state = lock(&self.0);
        state.ended = Some(state.start.elapsed());
        state.what = "ended".to_owned();
    }

    fn text(&self) -> String {
        let state = lock(&self.0);
        let time = human(state.ended.unwrap_or_else(|| state.start.elapsed()));
        plain(&format!("{}{time:>6}  {}", state.name, state.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_moves_no_cursor_in_a_live_line() {
        let lines = LiveLines::new();
        let line = lines.add("name ".to_owned(), String::new());
        line.show_last()(b"\x1b[2Jall\rgone\n");
        let text = line.text();
        assert!(text.ends_with(r"  \u{1b}[2Jall\rgone"), "{text:?}");
    }

    #[test]
    fn nothing_is_drawn_any_more_once_the_lines_are_gone() {
        let lines = LiveLines::new();
        lines.add("name ".to_owned(), "goes on".to_owned());
        // Who draws has these in its hands.
        let drawn = Arc::clone(&lines.0);
        drop(lines);
        assert!(lock(&drawn).lines.is_empty());
    }
}
