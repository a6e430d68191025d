//! Two thousand workers without work, or more, so many at a time, to see what they cost.
//!
//! `many WAY WORKERS` starts and joins them by worker-core, or in one of the ways that
//! one would use instead; `many.py` does it in Python. `cargo bench -p worker-core` and
//! `cargo xtask bench` measure them.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam::sync::WaitGroup;
use worker_core::{Clock, MainThread, Worker, run_to, sleep};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [way, workers] = &arguments[..] else {
        return wrong_usage();
    };
    let workers = workers.parse().unwrap_or_default();
    let rounds = match workers {
        0 => 0,
        _ => (2_000 / workers).max(1),
    };
    for _ in 0..rounds {
        let out = io::stdout();
        let done = match way.as_str() {
            "worker-core" => worker_core(workers, out),
            "simulated" => simulated(workers, out),
            "spawn" => spawn(workers, out),
            "alive" => alive(workers, out),
            "scope" => scope(workers, out),
            _ => return wrong_usage(),
        };
        if let Err(reason) = done {
            eprintln!("error: {workers} workers at a time: {reason}; start fewer");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn wrong_usage() -> ExitCode {
    eprintln!(
        "error: say `many WAY WORKERS`, where WAY is worker-core, simulated, spawn, alive or scope"
    );
    ExitCode::from(2)
}

/// By worker-core.
pub(crate) fn worker_core(workers: usize, out: impl Write + Send + 'static) -> io::Result<()> {
    run(workers, Clock::Real, Duration::ZERO, out)
}

/// By worker-core, each with a sleep on the simulated clock.
pub(crate) fn simulated(workers: usize, out: impl Write + Send + 'static) -> io::Result<()> {
    run(workers, Clock::Simulated, Duration::from_secs(3), out)
}

fn run(
    workers: usize,
    clock: Clock,
    time: Duration,
    out: impl Write + Send + 'static,
) -> io::Result<()> {
    let status = run_to(clock, out, |main_thread: &MainThread| {
        let mut handles = Vec::new();
        for n in 0..workers {
            let worker = Worker::new(n.to_string(), move || {
                if !time.is_zero() {
                    sleep(time);
                }
            });
            handles.push(main_thread.start(worker)?);
        }
        handles.into_iter().try_for_each(|handle| handle.join())
    });
    if status == ExitCode::SUCCESS {
        Ok(())
    } else {
        Err(io::Error::other("see above"))
    }
}

/// By std's threads, with the same wait for a thread's first line.
pub(crate) fn spawn(workers: usize, out: impl Write + Send + 'static) -> io::Result<()> {
    let out = Arc::new(Mutex::new(out));
    let handles: io::Result<Vec<_>> = (0..workers).map(|n| started(n, &out, None)).collect();
    handles?.into_iter().try_for_each(joined)
}

/// By std's threads, none of which ends before all have started.
pub(crate) fn alive(workers: usize, out: impl Write + Send + 'static) -> io::Result<()> {
    let out = Arc::new(Mutex::new(out));
    let all = WaitGroup::new();
    let handles: io::Result<Vec<_>> = (0..workers).map(|n| started(n, &out, Some(&all))).collect();
    drop(all);
    handles?.into_iter().try_for_each(joined)
}

/// By std's scoped threads, which do not wait for a first line.
pub(crate) fn scope(workers: usize, out: impl Write + Send + 'static) -> io::Result<()> {
    let out = &Mutex::new(out);
    thread::scope(|scope| {
        let start = |n| {
            let work = move || print(out, &start_line(n)).and_then(|()| print(out, &end_line(n)));
            thread::Builder::new().spawn_scoped(scope, work)
        };
        let handles: io::Result<Vec<_>> = (0..workers).map(start).collect();
        let mut handles = handles?.into_iter();
        handles.try_for_each(|handle| handle.join().unwrap_or_else(|_| Err(panicked())))
    })
}

/// A thread that has printed its first line, and goes on when `all` have.
fn started(
    n: usize,
    out: &Arc<Mutex<impl Write + Send + 'static>>,
    all: Option<&WaitGroup>,
) -> io::Result<JoinHandle<io::Result<()>>> {
    let (out, all) = (Arc::clone(out), all.cloned());
    let first_line = WaitGroup::new();
    let printed = first_line.clone();
    let thread = thread::Builder::new().name(n.to_string()).spawn(move || {
        let start_line = print(&out, &start_line(n));
        drop(printed);
        if let Some(all) = all {
            all.wait();
        }
        start_line.and_then(|()| print(&out, &end_line(n)))
    })?;
    first_line.wait();
    Ok(thread)
}

fn joined(thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
    thread.join().unwrap_or_else(|_| Err(panicked()))
}

fn panicked() -> io::Error {
    io::Error::other("a thread panicked")
}

fn start_line(n: usize) -> String {
    format!("sub thread start  {n}\n")
}

fn end_line(n: usize) -> String {
    format!("sub thread end  {n}\n")
}

fn print(out: &Mutex<impl Write>, line: &str) -> io::Result<()> {
    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
    out.write_all(line.as_bytes()).and_then(|()| out.flush())
}
