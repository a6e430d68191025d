//! A thread to be, and a thread that has been started.

use std::{
    fmt,
    panic::{self, AssertUnwindSafe, Location},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    context::{Context, Program},
    error::{Error, end_panic},
    lines,
    simulated_clock::EndOf,
    sync::{Latch, WaitGroup, spawn},
    trace::EventKind,
};

/// A thread to be: its name, its work, and whether it is a daemon.
///
/// A worker does nothing until [`MainThread::start`](crate::MainThread::start)
/// starts it. Then it writes `sub thread start  NAME`, does its work, and writes
/// `sub thread end  NAME`. Whoever joins it gets the value that its work returned.
///
/// # What cannot go wrong
///
/// These four do not compile. Python finds three of them when the program runs,
/// and lets a second join pass.
///
/// Starting a worker twice, because `start` consumes it:
///
/// ```compile_fail,E0382
/// # use worker_core::{Error, MainThread, Worker};
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     let worker = Worker::new("1", || {});
///     main_thread.start(worker)?;
///     main_thread.start(worker)?; // error: use of moved value
///     Ok(())
/// }
/// ```
///
/// Joining a worker twice, because `join` consumes its handle:
///
/// ```compile_fail,E0382
/// # use worker_core::{Error, MainThread, Worker};
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     let handle = main_thread.start(Worker::new("1", || {}))?;
///     handle.join()?;
///     handle.join()?; // error: use of moved value
///     Ok(())
/// }
/// ```
///
/// Joining a worker before it has been started, because only a handle can be
/// joined:
///
/// ```compile_fail,E0599
/// # use worker_core::{Error, MainThread, Worker};
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     let worker = Worker::new("1", || {});
///     worker.join()?; // error: no method named `join`
///     Ok(())
/// }
/// ```
///
/// Making a daemon of a worker that runs, because only a worker can become one:
///
/// ```compile_fail,E0599
/// # use worker_core::{Error, MainThread, Worker};
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     let handle = main_thread.start(Worker::new("1", || {}))?;
///     handle.daemon(); // error: no method named `daemon`
///     Ok(())
/// }
/// ```
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use worker_core::{Worker, sleep};
///
/// let worker = Worker::new("thread 0", || sleep(Duration::from_secs(3)));
/// let daemon = Worker::new("thread 1", || sleep(Duration::from_secs(3))).daemon();
/// ```
///
/// Two workers that each return a value:
///
/// ```
/// use worker_core::{Error, MainThread, Worker};
///
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     let first = main_thread.start(Worker::new("1", || (1..=50).sum::<u32>()))?;
///     let second = main_thread.start(Worker::new("2", || (51..=100).sum::<u32>()))?;
///     let sum = first.join()? + second.join()?;
///     main_thread.print(&format!("main thread has {sum}"))
/// }
/// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
/// ```
#[must_use = "a worker does nothing until it is started"]
pub struct Worker<T = ()> {
    name: String,
    work: Box<dyn FnOnce() -> T + Send>,
    daemon: bool,
}

impl<T: Send + 'static> Worker<T> {
    /// A worker of this name that will do `work`. It is not a daemon.
    ///
    /// The thread carries the name too, as the OS and a debugger see it; Linux
    /// shows its first 15 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use worker_core::Worker;
    ///
    /// let numbers = vec![3, 4];
    /// let worker = Worker::new("sum", move || assert_eq!(numbers.iter().sum::<i32>(), 7));
    /// # let status = worker_core::run(|main_thread| main_thread.start(worker)?.join());
    /// # assert_eq!(status, std::process::ExitCode::SUCCESS);
    /// ```
    pub fn new(name: impl Into<String>, work: impl FnOnce() -> T + Send + 'static) -> Worker<T> {
        Worker {
            name: name.into(),
            work: Box::new(work),
            daemon: false,
        }
    }

    /// Makes the worker a daemon: the end of the program does not wait for it,
    /// but cuts it off. It can still be joined, as long as the program runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{process::ExitCode, time::Duration};
    ///
    /// use worker_core::{Worker, sleep};
    ///
    /// let status = worker_core::run(|main_thread| {
    ///     let worker = Worker::new("1", || sleep(Duration::from_secs(3600)));
    ///     main_thread.start(worker.daemon())?;
    ///     main_thread.print("main thread end")
    /// });
    /// // Less than an hour later:
    /// assert_eq!(status, ExitCode::SUCCESS);
    /// ```
    pub fn daemon(self) -> Worker<T> {
        Worker {
            daemon: true,
            ..self
        }
    }

    /// Refuses a name that does not make a whole line.
    pub(crate) fn check_name(&self) -> Result<(), Error> {
        let name = &self.name;
        if name.is_empty() || name.trim() != name || name.contains(char::is_control) {
            return Err(Error::Name {
                worker: name.clone(),
            });
        }
        Ok(())
    }
}

/// A worker that has been started.
///
/// Dropping the handle changes nothing for the worker: the end of the program
/// waits for it all the same, unless it is a daemon.
///
/// A value that nobody joins is dropped by the worker itself before it ends, or with
/// the handle if that is dropped later. If its drop panics, that counts as a panic of the
/// worker: it is one line on standard error and exit status 1, and whoever drops the handle
/// goes on.
///
/// # Examples
///
/// ```
/// use worker_core::{Error, MainThread, Worker, WorkerHandle};
///
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     let handles = ["1", "2"].map(|name| main_thread.start(Worker::new(name, || {})));
///     handles.into_iter().try_for_each(|handle| handle?.join())
/// }
/// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
/// ```
pub struct WorkerHandle<T = ()> {
    name: String,
    worker: Context,
    left: Arc<Left<T>>,
    ended: Arc<Latch>,
}

impl<T> WorkerHandle<T> {
    /// Waits until the worker's end line has been written, and returns the value of
    /// its work. Two workers that join each other wait for ever.
    ///
    /// # Errors
    ///
    /// [`Error::Panicked`] if the worker panicked, [`Error::Output`] if its end
    /// line could not be written. The worker is over in either case.
    ///
    /// # Panics
    ///
    /// If a worker has got hold of its own handle and joins itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use worker_core::{Error, MainThread, Worker};
    ///
    /// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    ///     let handle = main_thread.start(Worker::new("1", || 6 * 7))?;
    ///     let answer = handle.join()?;
    ///     main_thread.print(&format!("main thread post job: {answer}"))
    /// }
    /// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
    /// ```
    #[track_caller]
    pub fn join(self) -> Result<T, Error> {
        let worker = &self.worker;
        // A thread of no lesson, or of another, can join too. The clock does not
        // count it, and the trace does not know it.
        let joiner =
            Context::current().filter(|joiner| Arc::ptr_eq(&joiner.program, &worker.program));
        let call = Some(Location::caller());
        if let Some(joiner) = &joiner {
            let name = &self.name;
            assert!(
                joiner.thread != worker.thread,
                "worker `{name}` joins itself"
            );
            joiner.record(call, || EventKind::Join(worker.thread));
            if let Some(clock) = &worker.program.clock {
                clock.wait_for(EndOf::Worker(worker.thread));
            }
        }
        self.ended.wait();
        if let Some(joiner) = &joiner {
            joiner.go_on();
            joiner.record(call, || EventKind::Joined(worker.thread));
        }
        let left = self.left.outcome().take();
        left.expect("a worker that has ended has left its value or its error")
    }
}

impl<T> fmt::Debug for WorkerHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerHandle")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Starts `worker`, whose name has been checked, as the thread of this `number` and waits
/// for its start line; the end of the program waits for `running`.
#[track_caller]
pub(crate) fn start<T: Send + 'static>(
    worker: Worker<T>,
    main: &Context,
    number: usize,
    running: &WaitGroup,
) -> Result<WorkerHandle<T>, Error> {
    let Worker { name, work, daemon } = worker;
    let call = Some(Location::caller());
    let program = &main.program;
    let worker = Context {
        program: Arc::clone(program),
        thread: number,
    };
    // ANCHOR: wait-groups
    let started = WaitGroup::new();
    let running = (!daemon).then(|| running.clone());
    // ANCHOR_END: wait-groups
    let ended = Arc::new(Latch::default());
    let left = Arc::new(Left {
        outcome: Mutex::default(),
        program: Arc::clone(program),
    });
    main.record(call, || EventKind::Start {
        worker: number,
        daemon,
        name: name.clone(),
    });
    if let Some(clock) = &program.clock {
        clock.start(number, daemon);
    }
    let thread = {
        let guard = ThreadGuard {
            worker: worker.clone(),
            ended: Arc::clone(&ended),
            running,
        };
        let (name, left, started) = (name.clone(), Arc::clone(&left), started.clone());
        move || {
            // All of it, not only the field that is named here: it lives as long
            // as the thread.
            let guard = guard;
            let worker = &guard.worker;
            Context::enter(Some(worker.clone()));
            let life = || live(worker, &name, started, work);
            let whole = panic::catch_unwind(AssertUnwindSafe(life));
            let outcome = whole.unwrap_or_else(|payload| {
                worker.program.note_panic();
                Err(Error::Panicked {
                    worker: name,
                    message: end_panic(payload),
                })
            });
            *left.outcome() = Some(outcome);
            // If nobody can join any more, the value is dropped here.
            drop(left);
            // What the thread drops at its very end is no part of the lesson.
            Context::enter(None);
            worker.record(None, || EventKind::End);
        }
    };
    if let Err(reason) = spawn(&name, Box::new(thread)) {
        return Err(Error::Start {
            worker: name,
            reason,
        });
    }
    started.wait();
    main.record(call, || EventKind::Started(number));
    program.output.check()?;
    Ok(WorkerHandle {
        name,
        worker,
        left,
        ended,
    })
}

// ANCHOR: live
/// What a worker's thread does, from the start line to the end line.
fn live<T>(
    worker: &Context,
    name: &str,
    started: WaitGroup,
    work: impl FnOnce() -> T,
) -> Result<T, Error> {
    let start_line = worker.print(None, format_args!("{}{name}", lines::START));
    drop(started);
    start_line?;
    let value = work();
    worker.print(None, format_args!("{}{name}", lines::END))?;
    Ok(value)
}
// ANCHOR_END: live

/// What a worker leaves to whoever joins it.
struct Left<T> {
    outcome: Mutex<Option<Result<T, Error>>>,
    program: Arc<Program>,
}

impl<T> Left<T> {
    fn outcome(&self) -> MutexGuard<'_, Option<Result<T, Error>>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Left<T> {
    fn drop(&mut self) {
        // On a thread that unwinds already, another panic would abort the program.
        let dropped = panic::catch_unwind(AssertUnwindSafe(|| drop(self.outcome().take())));
        if let Err(payload) = dropped {
            end_panic(payload);
            self.program.note_panic();
        }
    }
}

/// What lives as long as the worker's thread runs.
struct ThreadGuard {
    worker: Context,
    /// Tells whoever joins.
    ended: Arc<Latch>,
    /// Tells the end of the program, which waits for no daemon.
    running: Option<WaitGroup>,
}

impl Drop for ThreadGuard {
    fn drop(&mut self) {
        // The clock counts whoever joins before they go on.
        if let Some(clock) = &self.worker.program.clock {
            clock.end(self.worker.thread, self.running.is_none());
        }
        self.ended.open();
    }
}
