//! `cargo xtask watch`: what a change of a lesson does, as it is saved.

mod changes;
mod look;
mod marks;
mod screen;

use std::{
    io::{self, ErrorKind, Read, Write},
    mem,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use console::Term;
use worker_core::Clock;

use crate::{
    cli::{self, Failure, in_ci, no_thread, terminal::Terminal},
    lesson::{process, report::report, verdict::Verdict, workspace::Workspace},
};

use self::{
    changes::{Changes, Saved},
    look::{Look, look},
    screen::{Screen, View},
};

pub(crate) const HELP: &str = "\
Show what a lesson does, anew each time that it is saved.

Usage: cargo xtask watch [LESSON]

Arguments:
  [LESSON]    the lesson, by name; if none is named, the one that was saved
              last, beginning with that of chapter 1

Options:
  -h, --help  print this help

On a terminal, one screen shows whether the lesson is as accepted, how many
orders it has now and had then, its output, its picture, and what is
guaranteed, likely and luck. It is redrawn when a source of the lesson or of
what it is made with is saved. What does not fit is cut. The lesson runs on the
simulated clock. The keys:

  a  accept what differs from the snapshots; it asks first
  d  the difference, and back
  o  the orders, and back
  r  run it again
  t  run it on the real clock
  q  quit

Elsewhere, on Windows and with the variable CI set, it prints what `run-all
LESSON --simulated` prints, once for each save, until standard input ends.
Nothing is written but a snapshot that you accept.

Examples:
  cargo xtask watch threads

Exit status: 0 when you quit or standard input ends, 1 if it cannot go on, 2
for wrong usage.
";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, there is no lesson, or it cannot go on.
pub(crate) fn watch(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find(parse(arguments)?.as_slice())?;
    process::heed_signals()
        .map_err(|reason| Failure::Failed(format!("the OS passes no signals on: {reason}")))?;
    let (sender, events) = mpsc::channel();
    read_input(sender.clone())?;
    let mut watch = Watch {
        changes: Changes::of(&workspace),
        screen: Screen::of(&workspace.lessons[0].name),
        workspace,
        lesson: 0,
        terminal: if in_ci() { None } else { Terminal::take() },
        sender,
        next: Some(Clock::Simulated),
        runs: false,
        is_stopped: false,
        asks: false,
        drawn: None,
    };
    let result = watch.until_it_ends(&events);
    process::end_all();
    result.map(|()| ExitCode::SUCCESS)
}

fn parse(arguments: &mut lexopt::Parser) -> Result<Option<String>, Failure> {
    use lexopt::prelude::*;

    let mut lesson = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    Ok(lesson)
}

/// What happens, besides a save.
enum Event {
    Key(u8),
    InputEnded,
    /// The lesson has printed this.
    Printed(Vec<u8>),
    /// A look has come to its end, by a panic if there is nothing of it.
    Looked(Option<Box<Look>>),
}

/// Reads standard input on a thread of its own.
fn read_input(events: Sender<Event>) -> Result<(), Failure> {
    let read = move || {
        let mut key = [0];
        loop {
            let event = match io::stdin().read(&mut key) {
                Ok(1..) => Event::Key(key[0]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => Event::InputEnded,
            };
            let is_last = matches!(event, Event::InputEnded);
            if events.send(event).is_err() || is_last {
                return;
            }
        }
    };
    begin_thread(read)
}

fn begin_thread(work: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let begun = thread::Builder::new().spawn(work);
    begun.map(drop).map_err(|reason| no_thread(reason).into())
}

struct Watch {
    workspace: Workspace,
    /// The lesson that is shown, by its place in the workspace.
    lesson: usize,
    changes: Changes,
    screen: Screen,
    /// None where plain text is printed.
    terminal: Option<Terminal>,
    sender: Sender<Event>,
    /// The clock of the next run, if there is to be one.
    next: Option<Clock>,
    runs: bool,
    /// Whether the run that goes on was stopped for the next one.
    is_stopped: bool,
    /// Whether the next key says if what differs is to be accepted.
    asks: bool,
    /// How often the terminal was taken and its size when the screen was drawn, if that is
    /// still what it should show.
    drawn: Option<(usize, (u16, u16))>,
}

impl Watch {
    fn until_it_ends(&mut self, events: &Receiver<Event>) -> Result<(), Failure> {
        let mut input_ended = false;
        loop {
            self.begin_next()?;
            self.draw()?;
            if input_ended && !self.runs {
                return Ok(());
            }
            let first = events.recv_timeout(self.changes.pause());
            for event in first.into_iter().chain(events.try_iter()) {
                match event {
                    Event::Key(key) if self.terminal.is_some() => {
                        if matches!(key, b'q' | END_OF_INPUT) {
                            return Ok(());
                        }
                        self.key(key);
                    }
                    Event::Key(_) => {}
                    Event::InputEnded if self.terminal.is_some() => return Ok(()),
                    Event::InputEnded => input_ended = true,
                    Event::Printed(bytes) => self.screen.print(&bytes),
                    Event::Looked(look) => self.show(*look.ok_or_else(lost)?)?,
                }
                self.drawn = None;
            }
            if !input_ended && let Some(saved) = self.changes.look() {
                if let Saved::Lesson(lesson) = saved
                    && lesson != self.lesson
                {
                    self.lesson = lesson;
                    self.screen = Screen::of(&self.workspace.lessons[lesson].name);
                }
                self.next = Some(Clock::Simulated);
            }
        }
    }

    /// Begins the next run, if there is to be one. A run that goes on is of no use then,
    /// and might never end.
    fn begin_next(&mut self) -> Result<(), Failure> {
        let Some(clock) = self.next else {
            return Ok(());
        };
        if self.runs {
            self.is_stopped |= process::kill_all();
            return Ok(());
        }
        self.next = None;
        self.runs = true;
        self.asks = false;
        self.drawn = None;
        self.screen.begin(clock);
        let name = self.workspace.lessons[self.lesson].name.clone();
        let (sender, printed) = (self.sender.clone(), self.sender.clone());
        begin_thread(move || {
            let seen = move |bytes: &[u8]| {
                if clock == Clock::Real {
                    // Nobody listens any more when the tool ends.
                    let _ = printed.send(Event::Printed(bytes.to_owned()));
                }
            };
            let look = panic::catch_unwind(AssertUnwindSafe(|| look(&name, clock, seen)));
            let _ = sender.send(Event::Looked(look.ok().map(Box::new)));
        })
    }

    /// Shows what a look has come to, unless it was stopped.
    fn show(&mut self, look: Look) -> Result<(), Failure> {
        self.runs = false;
        if mem::take(&mut self.is_stopped) {
            return Ok(());
        }
        if self.terminal.is_none() {
            return self.tell(&look);
        }
        self.screen.show(look);
        Ok(())
    }

    /// Tells of it as `run-all` does, and how many orders there are.
    fn tell(&self, look: &Look) -> Result<(), Failure> {
        let lesson = &self.workspace.lessons[self.lesson];
        let _ = io::stderr().write_all(look.said.as_bytes());
        cli::print(match &look.run {
            None => report(lesson, &Verdict::not_built()),
            Some(run) => report(lesson, &run.verdict),
        })?;
        match look.run.as_ref().map(|run| &run.order) {
            Some(Ok(order)) => {
                let summary = order.description.summary(&lesson.name);
                cli::print(format!("{summary}\n\n"))
            }
            _ => Ok(()),
        }
    }

    fn key(&mut self, key: u8) {
        self.screen.note = None;
        if mem::take(&mut self.asks) {
            if key == b'a' {
                self.screen.accept();
                self.changes.skip_snapshots();
            }
            return;
        }
        match key {
            b'a' if self.runs => self.screen.note = Some("it still runs"),
            b'a' if !self.screen.differs() => {
                self.screen.note = Some("there is nothing that can be accepted");
            }
            b'a' => {
                self.asks = true;
                self.screen.note = Some("accept what differs? a yes, any other key no");
            }
            b'd' => self.screen.toggle(View::Difference),
            b'o' => self.screen.toggle(View::Orders),
            b'r' => self.next = Some(Clock::Simulated),
            b't' => self.next = Some(Clock::Real),
            _ => {}
        }
    }

    /// Draws the screen, if it is not what the terminal shows.
    fn draw(&mut self) -> Result<(), Failure> {
        let Some(terminal) = &self.terminal else {
            return Ok(());
        };
        let (height, width) = Term::stdout().size();
        let now = Some((terminal.times_taken(), (height, width)));
        if self.drawn == now {
            return Ok(());
        }
        self.drawn = now;
        let drawn = terminal.draw(&self.screen.lines(height.into(), width.into()));
        drawn.map_err(|reason| Failure::Failed(format!("the terminal cannot be written: {reason}")))
    }
}

/// What Ctrl-D types.
const END_OF_INPUT: u8 = 4;

fn lost() -> Failure {
    Failure::Failed("the lesson could not be looked at; see the message above".to_owned())
}
