//! On Unix the terminal is taken by its settings, in which a key is read at once.

use std::{
    env,
    io::{self, IsTerminal, Write},
    panic,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::{
    io::retry_on_intr,
    termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr},
};

/// Another screen than the shell's, no cursor, and no line that goes on in the next.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// The terminal, taken until this is dropped.
pub(crate) struct Terminal(());

impl Terminal {
    /// Takes the terminal, if standard input and output are one that can show more than
    /// text.
    pub(crate) fn take() -> Option<Terminal> {
        let mut taken = taken();
        taken.before = Some(settings()?);
        taken.enter();
        drop(taken);
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            leave();
            hook(panic);
        }));
        Some(Terminal(()))
    }

    /// Shows these lines, as many as it has, in the place of all that is shown, unless the
    /// terminal is left.
    ///
    /// # Errors
    ///
    /// If it cannot be written to.
    pub(crate) fn draw(&self, lines: &[String]) -> io::Result<()> {
        let taken = taken();
        if !taken.is_entered {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        // Behind a line that is as wide as the terminal, its last column would be cleared.
        write!(out, "\x1b[H\x1b[K{}", lines.join("\r\n\x1b[K"))?;
        out.flush()
    }

    /// How often it has been taken: if more often than before, it shows nothing.
    pub(crate) fn times_taken(&self) -> usize {
        taken().times
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
        taken().before = None;
    }
}

/// Leaves the terminal as it was, if it is taken.
pub(crate) fn leave() {
    let mut taken = taken();
    if taken.is_entered {
        taken.is_entered = false;
        write(LEAVE);
        if let Some(before) = &taken.before {
            set(before);
        }
    }
}

/// Takes the terminal again that was left, if there is one.
pub(crate) fn take_again() {
    let mut taken = taken();
    if taken.before.is_some() && !taken.is_entered {
        taken.enter();
    }
}

static TAKEN: Mutex<Taken> = Mutex::new(Taken {
    before: None,
    is_entered: false,
    times: 0,
});

struct Taken {
    /// Its settings before.
    before: Option<Termios>,
    is_entered: bool,
    times: usize,
}

impl Taken {
    fn enter(&mut self) {
        if let Some(before) = &self.before {
            set(&without_lines(before));
        }
        write(ENTER);
        self.is_entered = true;
        self.times += 1;
    }
}

fn taken() -> MutexGuard<'static, Taken> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write(sequence: &str) {
    // A terminal that is closed needs none of it.
    let mut out = io::stdout().lock();
    let _ = out
        .write_all(sequence.as_bytes())
        .and_then(|()| out.flush());
}

/// The settings of the terminal, if standard input and output are one that can show more
/// than text.
fn settings() -> Option<Termios> {
    let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    (is_terminal && !is_dumb)
        .then(|| tcgetattr(io::stdin()).ok())
        .flatten()
}

fn set(settings: &Termios) {
    // A terminal that is closed has none.
    let _ = retry_on_intr(|| tcsetattr(io::stdin(), OptionalActions::Now, settings));
}

/// Settings by which a key is read at once and not shown. Ctrl-C and Ctrl-Z stay signals.
fn without_lines(before: &Termios) -> Termios {
    let mut settings = before.clone();
    settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    settings.special_codes[SpecialCodeIndex::VMIN] = 1;
    settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    settings
}
