//! The promises of worker-core, on real threads.

mod kept;
mod panics;
mod real;
mod simulated;
