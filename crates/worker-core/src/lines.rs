//! The beginnings of the lines that a lesson prints.

/// What the main thread's lines begin with. `MainThread::print` lets it print others, but
/// they make no lesson.
pub const MAIN: &str = "main thread ";

/// What a worker's first line begins with; its name follows.
pub const START: &str = "sub thread start  ";

/// What a worker's last line begins with; its name follows.
pub const END: &str = "sub thread end  ";
