//! A lesson's process with all that it starts, and the file of its trace: begun and
//! ended together.

use std::{env, fmt, io};

#[cfg_attr(unix, path = "process/unix.rs")]
#[cfg_attr(windows, path = "process/windows.rs")]
mod system;

pub(super) use system::Process;
pub(crate) use system::{end_all, heed_signals, kill_all};

/// Why a lesson could not be started.
pub(crate) enum StartError {
    /// There is no file for its trace.
    Trace(io::Error),
    /// The OS does not start its program, or what the tool needs to end it.
    Program(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Trace(reason) => f.write_str(&no_room_for_trace(&reason.to_string())),
            StartError::Program(reason) => write!(
                f,
                "the OS does not start it: {reason}; see whether you may run its program, and \
                 whether there is room for one more process with its threads and files"
            ),
        }
    }
}

/// What to say of a trace that could not be written, for this reason.
pub(super) fn no_room_for_trace(reason: &str) -> String {
    let variable = if cfg!(windows) { "TMP" } else { "TMPDIR" };
    format!(
        "its trace cannot be written to the folder for temporary files, `{}`: {reason}; make room \
         there, or name another folder in {variable}",
        env::temp_dir().display()
    )
}
