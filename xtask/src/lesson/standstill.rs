//! Simulated time that stands still: noticing it, and saying where each thread is.

use std::{fs, time::Duration};

use worker_core::trace::{Event, EventKind};
use xtask::order::trace::Trace;

use crate::cli::{number_of, seconds};

/// How often in a row a lesson may be found to do nothing.
const PATIENCE: u32 = 40;

/// The same where the OS does not say whether it computes.
const BLIND_PATIENCE: u32 = 300;

/// How many threads are told of.
const MOST_THREADS: usize = 20;

/// Whether a lesson on the simulated clock does anything.
///
/// On that clock nothing but computing takes time, so a lesson that neither computes nor
/// writes anything is not going to. One that computes for long does no wrong: it uses the
/// processor, or waits for it or for the disk, however slow or busy the machine is.
#[derive(Default)]
pub(super) struct IdleTime {
    written: u64,
    computed: Option<u64>,
    idle: u32,
}

impl IdleTime {
    /// Looks at it again, and says whether it has done nothing for long enough. So much it
    /// has `written` so far.
    pub(super) fn finds_standstill(&mut self, process: u32, written: u64) -> bool {
        // The OS asks each thread, so it is asked only where that has to tell.
        let is_silent = written == self.written;
        let computed = is_silent.then(|| ticks(process)).flatten();
        if !is_silent || computed != self.computed {
            *self = IdleTime {
                written,
                computed,
                idle: 0,
            };
            return false;
        }
        self.idle += 1;
        let patience = if computed.is_some() {
            PATIENCE
        } else {
            BLIND_PATIENCE
        };
        if self.idle < patience {
            return false;
        }
        self.idle = 0;
        threads_wait(process)
    }
}

/// How long a process has computed, in the OS's ticks, where there is a `/proc` to ask.
fn ticks(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = after_name(&stat)?.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Whether every thread of a process waits for something, as far as the OS says: one that
/// is stopped does not, nor one whose turn it is.
fn threads_wait(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    let mut threads = threads.into_iter().flatten().flatten();
    threads.all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).ok();
        let state = stat.as_deref().and_then(after_name);
        state.is_none_or(|state| state.starts_with('S'))
    })
}

/// What follows the name, in which there may be anything.
fn after_name(stat: &str) -> Option<&str> {
    stat.rsplit_once(") ").map(|(_, rest)| rest)
}

/// The time that a lesson's trace has come to, and where each of its threads is then that
/// has not ended.
pub(super) fn whereabouts(trace: &str) -> String {
    // Its last line may have been cut off with the lesson.
    let whole_lines = &trace[..trace.rfind('\n').unwrap_or_default()];
    let trace = match Trace::parse_begun(whole_lines) {
        Ok(trace) => trace,
        Err(reason) => return reason,
    };
    let mut last: Vec<Option<&Event>> = vec![None; trace.threads.len()];
    for event in &trace.events {
        last[event.thread] = Some(event);
        if let EventKind::Start { worker, .. } = event.kind {
            last[worker] = Some(event);
        }
    }
    let threads = last.iter().enumerate().filter_map(|(thread, last)| {
        // Where one is that waits is known; one that does not may be further on by now.
        let (waits, does) = match last.map(|event| &event.kind) {
            Some(EventKind::End | EventKind::Exit | EventKind::Endless) => return None,
            Some(EventKind::Sleep) => (true, "sleeps".to_owned()),
            Some(EventKind::Join(worker)) => (true, format!("joins {}", trace.who(*worker))),
            _ => (false, "has neither slept, joined nor ended".to_owned()),
        };
        let since = seconds(last.map_or(Duration::ZERO, |event| event.time));
        let place = last.and_then(|event| event.place.as_ref());
        let seen = if waits { "" } else { "last seen in " };
        let place = place
            .map(|place| format!(" ({seen}{place})"))
            .unwrap_or_default();
        let words = format!("{} {does} since {since}{place}", trace.who(thread));
        Some((waits, words))
    });
    // Those first that time waits for.
    let (waiting, others): (Vec<_>, Vec<_>) = threads.partition(|(waits, _)| *waits);
    let threads = others.into_iter().chain(waiting);
    let mut words: Vec<_> = threads.map(|(_, words)| words).collect();
    let more = words.len().saturating_sub(MOST_THREADS);
    if more > 0 {
        words.truncate(MOST_THREADS);
        words.push(format!("and {} more", number_of(more, "thread")));
    }
    let time = trace
        .events
        .last()
        .map_or(Duration::ZERO, |event| event.time);
    format!("{}: {}", seconds(time), words.join("; "))
}
