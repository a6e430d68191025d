//! On Windows no terminal is taken, and plain text is printed.

use std::io;

pub(crate) fn take() -> bool {
    false
}

pub(crate) fn draw(_: &[String]) -> io::Result<()> {
    Ok(())
}

pub(crate) fn leave() -> bool {
    false
}
