//! What this tool knows of the order of a lesson's lines.
//!
//! It reads no file, starts no process and knows of no terminal, so that tests,
//! benchmarks and other tools can use it.

pub mod order;
