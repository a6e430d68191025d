//! `cargo xtask run-all`, as a program.

mod failures;
mod lessons;
mod mutants;
mod workspace;
