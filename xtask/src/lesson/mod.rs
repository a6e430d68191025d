//! A lesson of the workspace: found, built, run, judged, reported.

pub(crate) mod built;
pub(crate) mod cargo;
pub(crate) mod changed;
pub(crate) mod outcome;
pub(crate) mod patch;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod repeat;
pub(crate) mod report;
pub(crate) mod snapshot;
mod standstill;
pub(crate) mod workspace;
