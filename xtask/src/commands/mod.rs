//! The commands, one file each.

pub(crate) mod bench;
pub(crate) mod book;
pub(crate) mod check;
pub(crate) mod model;
pub(crate) mod orders;
pub(crate) mod run_all;
pub(crate) mod timeline;
pub(crate) mod watch;
