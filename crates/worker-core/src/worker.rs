//! A thread to be, and a thread that has been started.

use std::{
    fmt,
    panic::{self, AssertUnwindSafe},
};

use crate::{
    Error,
    error::end_panic,
    program::Member,
    simulated,
    sync::{
        Arc, WaitGroup,
        atomic::Ordering,
        thread::{Builder, JoinHandle},
    },
    trace::Event,
};

/// A thread to be: its name, its work, and whether it is a daemon.
///
/// A worker does nothing until [`MainThread::start`](crate::MainThread::start)
/// starts it. Then it writes `sub thread start  NAME`, does its work, and writes
/// `sub thread end  NAME`.
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
#[must_use = "a worker does nothing until it is started"]
pub struct Worker {
    name: String,
    work: Box<dyn FnOnce() + Send>,
    daemon: bool,
}

impl Worker {
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
    pub fn new(name: impl Into<String>, work: impl FnOnce() + Send + 'static) -> Worker {
        Worker {
            name: name.into(),
            work: Box::new(work),
            daemon: false,
        }
    }

    /// Makes the worker a daemon: the end of the program does not wait for it,
    /// but cuts it off. It can still be joined.
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
    pub fn daemon(self) -> Worker {
        Worker {
            daemon: true,
            ..self
        }
    }
}

/// A worker that has been started.
///
/// Dropping the handle changes nothing for the worker: the end of the program
/// waits for it all the same, unless it is a daemon.
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
pub struct WorkerHandle {
    thread: JoinHandle<Result<(), Error>>,
    name: String,
    worker: Member,
    /// What the clock has to know of a join, if it is simulated.
    end: Option<simulated::End>,
}

impl WorkerHandle {
    /// Waits until the worker's end line has been written.
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
    ///     let handle = main_thread.start(Worker::new("1", || {}))?;
    ///     handle.join()?;
    ///     main_thread.print("main thread post job")
    /// }
    /// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
    /// ```
    pub fn join(self) -> Result<(), Error> {
        // A thread of no lesson, or of another, can join too. The clock does not
        // count it, and the trace does not know it.
        let joiner =
            Member::current().filter(|joiner| Arc::ptr_eq(&joiner.program, &self.worker.program));
        if let Some(joiner) = &joiner {
            joiner.record(Event::Join(self.worker.number));
            if let Some(end) = self.end {
                end.wait();
            }
        }
        let ended = self.thread.join();
        if let Some(joiner) = &joiner {
            joiner.record(Event::Joined(self.worker.number));
        }
        match ended {
            Ok(last_line) => last_line,
            // A panic of its work has been caught on its own thread; what else
            // may end a thread is told in the same way.
            Err(payload) => Err(Error::Panicked {
                worker: self.name,
                message: end_panic(payload),
            }),
        }
    }
}

impl fmt::Debug for WorkerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerHandle")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Starts `worker` as the thread of this `number` and waits for its start line; the
/// end of the program waits for `running`.
pub(crate) fn start(
    worker: Worker,
    main: &Member,
    number: u64,
    running: &WaitGroup,
) -> Result<WorkerHandle, Error> {
    let Worker { name, work, daemon } = worker;
    if name.is_empty() || name.trim() != name || name.contains(char::is_control) {
        return Err(Error::Name { worker: name });
    }
    let program = &main.program;
    let worker = Member {
        program: Arc::clone(program),
        number,
    };
    let counted = program.simulated.as_ref().map(|clock| clock.worker(daemon));
    let end = counted.as_ref().map(simulated::Thread::end);
    let started = WaitGroup::new();
    main.record(Event::Start {
        worker: number,
        daemon,
        name: &name,
    });
    let thread = {
        let life = Life {
            worker: worker.clone(),
            _counted: counted,
            _running: (!daemon).then(|| running.clone()),
        };
        let (name, started) = (name.clone(), started.clone());
        Builder::new().name(name.clone()).spawn(move || {
            // All of it, not only the field that is named here: it lives as long
            // as the thread.
            let life = life;
            let worker = &life.worker;
            Member::enter(Some(worker.clone()));
            let whole = panic::catch_unwind(AssertUnwindSafe(|| {
                let start_line = worker.print(&format!("sub thread start  {name}"));
                drop(started);
                start_line?;
                work();
                worker.print(&format!("sub thread end  {name}"))
            }));
            Member::enter(None);
            worker.record(Event::End);
            whole.unwrap_or_else(|payload| {
                worker.program.panicked.store(true, Ordering::Release);
                Err(Error::Panicked {
                    worker: name,
                    message: end_panic(payload),
                })
            })
        })
    };
    let thread = match thread {
        Ok(thread) => thread,
        Err(reason) => {
            return Err(Error::Start {
                worker: name,
                reason,
            });
        }
    };
    started.wait();
    main.record(Event::Started(number));
    program.output.check()?;
    Ok(WorkerHandle {
        thread,
        name,
        worker,
        end,
    })
}

/// What lives as long as the worker's thread runs.
struct Life {
    worker: Member,
    /// Tells the simulated clock of the thread's end.
    _counted: Option<simulated::Thread>,
    /// Nobody waits for a daemon.
    _running: Option<WaitGroup>,
}
