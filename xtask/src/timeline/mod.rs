//! A picture of a lesson, one row a thread.

pub(crate) mod chrome;
pub(crate) mod picture;
pub(crate) mod svg;
pub(crate) mod text;
