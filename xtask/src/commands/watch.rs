//! `cargo xtask watch`: what a change of a lesson does, as it is saved.

mod changes;
mod look;
mod screen;

use std::{
    io::{self, Read, Write},
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::mpsc::{self, Receiver, Sender},
    time::Instant,
};

use console::{Term, style};
use worker_core::Clock;

use crate::{
    cli::{self, Failure, Work, in_ci, no_thread, terminal},
    lesson::{outcome::Outcome, process, report::report, workspace::Workspace},
};

use self::{
    changes::{Changes, LOOK},
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
what it is made with is saved. The lesson runs on the simulated clock. The
keys:

  a  accept what differs from the snapshots; it asks first
  d  the difference, and back
  m  more: all of it page by page, and back
  o  the orders, and back
  p  only what is guaranteed, likely and luck, and back
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
    use lexopt::prelude::*;

    let mut names = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) if names.is_empty() => names.push(name.string()?),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let workspace = Workspace::find(&names)?;
    let (sender, events) = mpsc::channel();
    let lessons = workspace.lessons.iter();
    let screens = lessons.map(|lesson| Screen::of(&lesson.name));
    let mut watch = Watch {
        changes: Changes::of(&workspace),
        screens: screens.collect(),
        lesson: 0,
        unseen: (1..workspace.lessons.len()).rev().collect(),
        workspace,
        is_on_terminal: !in_ci() && terminal::take(),
        sender,
        next: Some(Clock::Simulated),
        doing: None,
        cargo: String::new(),
        drawn: None,
    };
    let result = watch.until_it_ends(&events);
    terminal::leave();
    process::end_all();
    result.map(|()| ExitCode::SUCCESS)
}

/// What happens, besides a save.
enum Event {
    Key(u8),
    InputEnded,
    /// Cargo has said this.
    Said(String),
    /// This lesson has printed this.
    Printed(usize, Vec<u8>),
    /// A look at this lesson has come to its end, by a panic if there is nothing of it.
    Looked(usize, Option<Box<Look>>),
}

/// Reads standard input on a thread of its own, of which only a terminal has keys.
fn read_input(events: Sender<Event>, has_keys: bool) -> Result<(), Failure> {
    let read = move || {
        let mut input = io::stdin().lock();
        if has_keys {
            for key in input.bytes().map_while(Result::ok) {
                if events.send(Event::Key(key)).is_err() {
                    return;
                }
            }
        } else {
            let _ = io::copy(&mut input, &mut io::sink());
        }
        // Nobody listens any more when the tool ends.
        let _ = events.send(Event::InputEnded);
    };
    Work::begin(read).map_err(no_thread)?;
    Ok(())
}

struct Watch {
    workspace: Workspace,
    /// The lesson that is shown, by its place in the workspace.
    lesson: usize,
    /// The lessons that nobody has looked at: to say what a save has changed, they are
    /// looked at while nothing else goes on.
    unseen: Vec<usize>,
    changes: Changes,
    /// Of each lesson.
    screens: Vec<Screen>,
    /// Whether there is a screen and keys; else plain text is printed.
    is_on_terminal: bool,
    sender: Sender<Event>,
    /// The clock of the next run, if there is to be one.
    next: Option<Clock>,
    /// The look that goes on: its lesson, its clock, and since when it does.
    doing: Option<(usize, Clock, Instant)>,
    /// What cargo says meanwhile.
    cargo: String,
    /// The size of the terminal when the screen was drawn, and what went on, if that is
    /// still what it should show.
    drawn: Option<((u16, u16), String)>,
}

impl Watch {
    fn until_it_ends(&mut self, events: &Receiver<Event>) -> Result<(), Failure> {
        read_input(self.sender.clone(), self.is_on_terminal)?;
        let mut input_ended = false;
        loop {
            self.begin_next()?;
            self.draw()?;
            if input_ended && self.doing.is_none() {
                return Ok(());
            }
            // Whatever goes on, nothing is asked over and over without a pause.
            let first = events.recv_timeout(LOOK);
            for event in first.into_iter().chain(events.try_iter()) {
                match event {
                    Event::Key(b'q' | END_OF_INPUT) => return Ok(()),
                    Event::Key(key) => self.key(key),
                    Event::InputEnded if self.is_on_terminal => return Ok(()),
                    Event::InputEnded => input_ended = true,
                    Event::Said(words) => self.cargo = words,
                    Event::Printed(lesson, bytes) => self.screens[lesson].printed.extend(bytes),
                    Event::Looked(lesson, look) => self.show(lesson, look)?,
                }
                self.drawn = None;
            }
            let saved = self.changes.look(self.lesson);
            if let Some(lesson) = saved.filter(|_| !input_ended) {
                self.lesson = lesson;
                self.next = Some(Clock::Simulated);
            }
        }
    }

    /// Begins the next look, if there is to be one. A run that goes on is of no use then,
    /// and might never end.
    fn begin_next(&mut self) -> Result<(), Failure> {
        if self.next.is_some() && self.doing.is_some() {
            process::kill_all();
            return Ok(());
        }
        let (lesson, clock) = if let Some(clock) = self.next.take() {
            (self.lesson, clock)
        } else if self.is_on_terminal
            && self.doing.is_none()
            && let Some(lesson) = self.unseen.pop()
        {
            (lesson, Clock::Simulated)
        } else {
            return Ok(());
        };
        self.unseen.retain(|&unseen| unseen != lesson);
        self.doing = Some((lesson, clock, Instant::now()));
        self.screens[lesson].note = None;
        self.screens[lesson].printed.clear();
        let name = self.workspace.lessons[lesson].name.clone();
        let sender = self.sender.clone();
        // Nobody listens any more when the tool ends.
        let tell = move |event| drop(sender.send(event));
        let (hear, print) = (tell.clone(), tell.clone());
        let work = move || {
            let hear = |words: &str| hear(Event::Said(words.to_owned()));
            let print = Box::new(move |bytes: &[u8]| {
                if clock == Clock::Real {
                    print(Event::Printed(lesson, bytes.to_owned()));
                }
            });
            let look = panic::catch_unwind(AssertUnwindSafe(|| look(&name, clock, hear, print)));
            tell(Event::Looked(lesson, look.ok().map(Box::new)));
        };
        Work::begin(work).map_err(no_thread)?;
        Ok(())
    }

    /// Shows what a look has come to, unless the next one is due: it may have been stopped
    /// for that.
    fn show(&mut self, lesson: usize, look: Option<Box<Look>>) -> Result<(), Failure> {
        let look = look
            .ok_or_else(|| "the lesson could not be looked at; see the message above".to_owned())?;
        self.doing = None;
        if self.next.is_some() {
            if lesson != self.lesson {
                // It was not seen after all.
                self.unseen.push(lesson);
            }
            return Ok(());
        }
        if !self.is_on_terminal {
            return self.tell(&look);
        }
        self.screens[lesson].show(*look);
        Ok(())
    }

    /// Tells of it as `run-all` does, and how many orders there are.
    fn tell(&self, look: &Look) -> Result<(), Failure> {
        let lesson = &self.workspace.lessons[self.lesson];
        let _ = io::stderr().write_all(look.said.as_bytes());
        let Some(run) = &look.run else {
            return cli::print(report(lesson, &Outcome::not_built()));
        };
        cli::print(report(lesson, &run.outcome))?;
        let Ok(order) = &run.order else {
            return Ok(());
        };
        let summary = order.description.summary(&lesson.name);
        cli::print(format!("{summary}\n\n"))
    }

    fn key(&mut self, key: u8) {
        let still_runs = self.doing_here().is_some();
        let screen = &mut self.screens[self.lesson];
        if screen.note.take() == Some(QUESTION) {
            if key == b'a' {
                screen.accept(&self.workspace.lessons[self.lesson]);
                self.changes.skip_snapshots();
            }
            return;
        }
        match key {
            b'a' if still_runs => screen.note = Some("it still runs"),
            b'a' if screen.differs() => screen.note = Some(QUESTION),
            b'a' => screen.note = Some("there is nothing that can be accepted"),
            b'm' => screen.more(),
            b'd' => screen.toggle(View::Difference),
            b'o' => screen.toggle(View::Orders),
            b'p' => screen.toggle(View::Pairs),
            b'r' => self.next = Some(Clock::Simulated),
            b't' => self.next = Some(Clock::Real),
            _ => {}
        }
    }

    /// The look that goes on, if it is one at the lesson that is shown.
    fn doing_here(&self) -> Option<(Clock, Instant)> {
        let (lesson, clock, since) = self.doing?;
        (lesson == self.lesson).then_some((clock, since))
    }

    /// What goes on, and if that takes long, for how long and what cargo waits for.
    fn doing(&self) -> String {
        let Some((clock, since)) = self.doing_here() else {
            return String::new();
        };
        let what = match clock {
            Clock::Simulated => "… is built and run",
            Clock::Real => "… is run on the real clock",
        };
        let seconds = since.elapsed().as_secs();
        if seconds == 0 {
            return style(what).dim().to_string();
        }
        let what = style(format!("{what}, {seconds} s so far")).dim();
        match self.cargo.as_str() {
            "" => what.to_string(),
            cargo => format!("{what}\n  cargo: {cargo}"),
        }
    }

    /// Draws the screen, if it is not what the terminal shows.
    fn draw(&mut self) -> Result<(), Failure> {
        let now = (Term::stdout().size(), self.doing());
        if !self.is_on_terminal || self.drawn.as_ref() == Some(&now) {
            return Ok(());
        }
        let lines = self.screens[self.lesson].lines(&now.1, now.0);
        let drawn = terminal::draw(&lines);
        self.drawn = Some(now);
        drawn.map_err(|reason| Failure::Failed(format!("the terminal cannot be written: {reason}")))
    }
}

const QUESTION: &str = "accept? a again: yes, any other key: no";

/// What Ctrl-D types.
const END_OF_INPUT: u8 = 4;
