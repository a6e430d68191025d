//! The tool as a user meets it: what it says, and with which status it ends.

mod book;
mod check;
mod docs;
mod failures;
mod lessons;
mod mutants;
mod orders;
mod standstill;
mod stopping;
mod timeline;
mod workspace;
