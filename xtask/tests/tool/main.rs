//! The tool as a user meets it: what it says, and with which status it ends.

mod failures;
mod lessons;
mod mutants;
mod workspace;
