//! On Windows a lesson is a job, which the OS ends when the tool comes to its end in any
//! way.

use std::{
    fs::File,
    io,
    os::windows::fs::OpenOptionsExt,
    path::Path,
    process::{Command, ExitStatus},
    time::Duration,
};

use command_group::{CommandGroup, GroupChild};
use tempfile::NamedTempFile;
use wait_timeout::ChildExt;
use worker_core::trace::VARIABLE;

use super::StartError;

/// Nothing: the OS ends the jobs with the tool.
pub(crate) fn heed_signals() -> io::Result<()> {
    Ok(())
}

/// Nothing: a lesson runs to its end here, or to its time limit.
pub(crate) fn kill_all() {}

/// Nothing: the OS ends the jobs with the tool.
pub(crate) fn end_all() {}

pub(in crate::lesson) struct Process {
    job: GroupChild,
    trace: NamedTempFile,
}

impl Process {
    /// Starts a program, with a file for its trace.
    pub(in crate::lesson) fn start(mut command: Command) -> Result<Process, StartError> {
        let trace = tempfile::Builder::new().make(|path| {
            const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
            let mut options = File::options();
            options.write(true).create_new(true);
            options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE).open(path)
        });
        let trace = trace.map_err(StartError::Trace)?;
        command.env(VARIABLE, trace.path());
        let job = command.group().kill_on_drop(true).spawn();
        Ok(Process {
            job: job.map_err(StartError::Program)?,
            trace,
        })
    }

    pub(in crate::lesson) fn id(&self) -> u32 {
        self.job.id()
    }

    pub(in crate::lesson) fn trace(&self) -> &Path {
        self.trace.path()
    }

    /// Whether the program ends within this time.
    pub(in crate::lesson) fn ends_within(&mut self, time: Duration) -> bool {
        !matches!(self.job.inner().wait_timeout(time), Ok(None))
    }

    /// Kills the program and all that it has started.
    pub(in crate::lesson) fn kill(&mut self) {
        let _ = self.job.kill();
        let _ = self.job.inner().wait();
    }

    /// Ends it, and says how the program ended.
    pub(in crate::lesson) fn end(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        self.job.inner().wait()
    }
}
