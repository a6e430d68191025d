//! The promises of worker-core, on real threads.

mod captured_output;
mod environment;
mod panics;
mod real;
mod simulated;
mod trace;
