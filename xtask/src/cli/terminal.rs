//! The terminal as one screen that is redrawn, and its keys, which come without Enter.
//! However the tool ends or is suspended, the terminal is left as it was.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{draw, is_dumb, leave, take, take_again};
#[cfg(windows)]
pub(crate) use windows::{draw, is_dumb, leave, take};
