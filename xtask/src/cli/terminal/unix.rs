//! The terminal as one screen that is redrawn, and its keys, which come without Enter.
//! However the tool ends or is suspended, the terminal is left as it was.
//!
//! On Unix it is taken by its settings, in which a key is read at once.

use std::{
    io::{self, IsTerminal, Write},
    mem, panic,
    sync::Mutex,
};

use console::is_dumb;
use rustix::{
    io::retry_on_intr,
    termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr},
};

use crate::cli::lock;

/// Another screen than the shell's, no cursor, and no line that goes on in the next.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// Takes the terminal, if standard input and output are one that can show more than text,
/// and says whether they are.
pub(crate) fn take() -> bool {
    if is_dumb() || !io::stdout().is_terminal() {
        return false;
    }
    let Ok(before) = tcgetattr(io::stdin()) else {
        return false;
    };
    let mut taken = lock(&TAKEN);
    taken.before = Some(before);
    taken.enter();
    drop(taken);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        leave();
        hook(panic);
    }));
    true
}

/// Shows these lines, as many as the terminal has, in the place of all that is shown; or if
/// it is left, once it is taken again.
///
/// # Errors
///
/// If it cannot be written to.
pub(crate) fn draw(lines: &[String]) -> io::Result<()> {
    let mut taken = lock(&TAKEN);
    // Behind a line that is as wide as the terminal, its last column would be cleared.
    taken.shown = format!("\x1b[H\x1b[K{}", lines.join("\r\n\x1b[K"));
    if taken.is_entered {
        return write(&taken.shown);
    }
    Ok(())
}

/// Leaves the terminal as it was, and says whether it was taken.
pub(crate) fn leave() -> bool {
    let mut taken = lock(&TAKEN);
    let was_entered = mem::take(&mut taken.is_entered);
    if was_entered {
        // A terminal that is closed needs none of it.
        let _ = write(LEAVE);
        taken.before.as_ref().map(set);
    }
    was_entered
}

/// Takes the terminal again that was left.
pub(crate) fn take_again() {
    lock(&TAKEN).enter();
}

static TAKEN: Mutex<Taken> = Mutex::new(Taken {
    before: None,
    is_entered: false,
    shown: String::new(),
});

struct Taken {
    /// The settings before of a terminal that has been taken.
    before: Option<Termios>,
    is_entered: bool,
    /// What it shows while it is entered.
    shown: String,
}

impl Taken {
    fn enter(&mut self) {
        if let Some(before) = &self.before {
            // A key is read at once and not shown. Ctrl-C and Ctrl-Z stay signals.
            let mut settings = before.clone();
            settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            settings.special_codes[SpecialCodeIndex::VMIN] = 1;
            settings.special_codes[SpecialCodeIndex::VTIME] = 0;
            set(&settings);
            // A terminal that is closed needs none of it.
            let _ = write(ENTER).and_then(|()| write(&self.shown));
            self.is_entered = true;
        }
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn set(settings: &Termios) {
    // A terminal that is closed has none.
    let _ = retry_on_intr(|| tcsetattr(io::stdin(), OptionalActions::Now, settings));
}
