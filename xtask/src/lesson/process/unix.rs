//! On Unix a lesson is a process group, which the tool ends when a signal ends the tool.
//!
//! Two things it cannot do: end a process that leaves its group to form one of its own,
//! and end anything once it is itself killed by SIGKILL, which no program can handle.

use std::{
    fs, io, mem,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    sync::Mutex,
    time::Duration,
};

use rustix::{
    io::retry_on_intr,
    process::{
        Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getrlimit, kill_process_group,
        setrlimit, waitid,
    },
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN},
    iterator::Signals,
    low_level::{emulate_default_handler, raise},
};
use tempfile::{NamedTempFile, TempPath};
use worker_core::trace::VARIABLE;

use super::StartError;
use crate::cli::{Work, lock, terminal};

/// How many files macOS lets a program open at most, whatever its limit says.
const MOST_FILES: u64 = 10_240;

/// How long a terminal may take to be left when a signal ends the tool.
const LEAVE: Duration = Duration::from_secs(5);

/// From now on a signal that stops or ends the tool does the same to the lessons first,
/// and leaves the terminal as it was.
pub(crate) fn heed_signals() -> io::Result<()> {
    let ignored = ignored_signals();
    let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];
    let mut signals = Signals::new(signals.iter().filter(|signal| !ignored.contains(signal)))?;
    Work::begin(move || {
        for signal in &mut signals {
            if signal == SIGTSTP {
                lock(&RUNNING).stop();
            } else {
                lock(&RUNNING).end(signal);
            }
        }
    })?;
    Ok(())
}

/// Kills all lessons that run.
pub(crate) fn kill_all() {
    lock(&RUNNING).signal(Signal::KILL);
}

/// Kills all lessons that run, removes their files, and lets none begin any more.
pub(crate) fn end_all() {
    let mut running = lock(&RUNNING);
    running.end_groups();
    mem::forget(running);
}

pub(in crate::lesson) struct Process {
    leader: Child,
    trace: PathBuf,
    /// Waits for the leader.
    wait: Work,
    is_over: bool,
}

impl Process {
    /// Starts a program, with a file for its trace.
    pub(in crate::lesson) fn start(mut command: Command) -> Result<Process, StartError> {
        let mut running = lock(&RUNNING);
        allow_many_files();
        let trace = NamedTempFile::new().map_err(StartError::Trace)?;
        let trace = trace.into_temp_path();
        let path = trace.to_path_buf();
        command.env(VARIABLE, &path).process_group(0);
        let mut leader = command.spawn().map_err(StartError::Program)?;
        let pid = Pid::from_child(&leader);
        let wait = Work::begin(move || wait_for(pid)).map_err(|reason| {
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = leader.wait();
            StartError::Program(reason)
        })?;
        running.0.push((pid, trace));
        Ok(Process {
            leader,
            trace: path,
            wait,
            is_over: false,
        })
    }

    pub(in crate::lesson) fn id(&self) -> u32 {
        self.leader.id()
    }

    pub(in crate::lesson) fn trace(&self) -> &Path {
        &self.trace
    }

    /// Whether the program ends within this time.
    pub(in crate::lesson) fn ends_within(&mut self, time: Duration) -> bool {
        self.wait.ends_within(time)
    }

    /// Kills the program and all that it has started.
    pub(in crate::lesson) fn kill(&mut self) {
        let pid = Pid::from_child(&self.leader);
        // As long as nobody has asked for its status, its number is no other's.
        let _ = kill_process_group(pid, Signal::KILL);
        wait_for(pid);
    }

    /// Ends it, and says how the program ended. Its trace is gone then.
    pub(in crate::lesson) fn end(&mut self) -> io::Result<ExitStatus> {
        let mut running = lock(&RUNNING);
        self.kill();
        let pid = Pid::from_child(&self.leader);
        running.0.retain(|&(leader, _)| leader != pid);
        drop(running);
        self.is_over = true;
        self.leader.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.end();
        }
    }
}

/// All lessons that run. Whoever starts or ends one holds the lock meanwhile, and whoever
/// ends the tool never gives it back: no lesson is started then, and no file made.
static RUNNING: Mutex<Running> = Mutex::new(Running(Vec::new()));

/// Their leaders, each with the file of its trace, which is removed when it is dropped.
struct Running(Vec<(Pid, TempPath)>);

impl Running {
    fn signal(&self, signal: Signal) {
        for (leader, _) in &self.0 {
            let _ = kill_process_group(*leader, signal);
        }
    }

    /// Stops the lessons and the tool, until a shell lets the tool go on.
    fn stop(&self) {
        self.signal(Signal::STOP);
        let was_taken = terminal::leave();
        // Unlike SIGSTOP, the OS ignores this one where no shell could let the tool go on,
        // as in `ssh -t HOST COMMAND`.
        let _ = raise(SIGTTIN);
        if was_taken {
            terminal::take_again();
        }
        self.signal(Signal::CONT);
    }

    /// Ends the lessons, and then the tool by the signal that it was sent.
    fn end(&mut self, signal: i32) {
        self.end_groups();
        // A terminal that takes nothing does not keep the tool from its end.
        if let Ok(leave) = Work::begin(|| _ = terminal::leave()) {
            leave.ends_within(LEAVE);
        }
        let _ = emulate_default_handler(signal);
    }

    fn end_groups(&mut self) {
        self.signal(Signal::KILL);
        for (leader, _trace) in self.0.drain(..) {
            // Only then it makes no file any more.
            wait_for(leader);
        }
    }
}

/// Lets the tool open as many files as it may. Many lessons run side by side, and a shell of
/// macOS lets a program open 256 unless it asks for more.
fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(MOST_FILES).min(MOST_FILES);
    if limit.current.is_some_and(|current| current < most) {
        let current = Some(most);
        let _ = setrlimit(Resource::Nofile, Rlimit { current, ..limit });
    }
}

/// Waits until a child has ended, and leaves its status for others to ask for.
fn wait_for(child: Pid) {
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let _ = retry_on_intr(|| waitid(WaitId::Pid(child), ended));
}

/// The signals that the tool was started to ignore, as by `nohup`, where the OS says which.
fn ignored_signals() -> Vec<i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let mask = mask.unwrap_or_default();
    (1..=64)
        .filter(|signal| mask >> (signal - 1) & 1 == 1)
        .collect()
}
