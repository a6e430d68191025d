//! The tool as a user meets it: what it says, and with which status it ends.

// The test harness begins them by their names. Those that wait the longest do not come last.
mod adding;
mod book;
mod builds;
mod check;
mod clock;
#[cfg(unix)]
mod commands;
mod docs;
mod ending;
mod examples;
mod explorers;
mod failures;
mod from_python;
mod house;
mod lessons;
mod luck;
mod mutants;
mod orders;
#[cfg(unix)]
#[path = "../../src/lesson/patch.rs"]
mod patch;
mod repository;
mod timeline;
mod tool;
mod watch;
mod workspace;
