//! An end for tests that wait for what does not come.

use std::{
    io::{self, Write},
    process,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// How often it is looked whether a program has ended, and how long one look takes. On a
/// busy machine the looks are late too.
pub const LOOKS: u32 = 3000;
pub const LOOK: Duration = Duration::from_millis(10);

/// Runs a program that has to end. If it does not, nothing can end its threads but the end
/// of all tests: this says which of them has waited for it, and ends them.
pub fn run_to_its_end<T>(program: impl FnOnce() -> T) -> T {
    let (ended, has_ended) = mpsc::channel::<()>();
    let test = thread::current().name().unwrap_or_default().to_owned();
    thread::spawn(move || {
        let goes_on = |_| has_ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout);
        if (0..LOOKS).all(goes_on) {
            let limit = (LOOK * LOOKS).as_secs();
            let words = format!("{test}: its program has not ended after {limit} s\n");
            // Nobody would show what is printed on behalf of a test that does not end.
            let _ = io::stderr().write_all(words.as_bytes());
            process::exit(101);
        }
    });
    let value = program();
    drop(ended);
    value
}
