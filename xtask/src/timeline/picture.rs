//! What a picture of a lesson shows, and in which column. How wide a column is, is up
//! to who draws it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use worker_core::trace::{Event, EventKind};
use xtask::order::{
    happens_before::{Edges, HappensBefore, Promises, edges},
    trace::Trace,
};

/// A picture: rows for threads, and columns from left to right. What happens at the
/// same time has a column for each step that start and join make of it.
pub(crate) struct Picture {
    pub(crate) rows: Vec<Row>,
    pub(crate) edges: Vec<Arrow>,
    /// The times at which something happens, and the columns of each.
    pub(crate) times: Vec<(Duration, Range<usize>)>,
    /// The column of the end of the program.
    pub(crate) exit: usize,
}

/// A thread.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) daemon: bool,
    /// From which column to which it does something, in their order.
    pub(crate) bars: Vec<(Range<usize>, Bar)>,
    /// The columns of its lines, and what they say.
    pub(crate) lines: Vec<(usize, String)>,
    /// If the end of the program cuts it off: the lines that it does not get to.
    pub(crate) cut_off: Option<Vec<(usize, String)>>,
}

/// What a thread does for a while.
pub(crate) enum Bar {
    Works,
    /// Waits for the end of another thread, or of all.
    Waits,
}

/// A fork or a join.
pub(crate) struct Arrow {
    pub(crate) kind: ArrowKind,
    /// The rows that it leads from and to.
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Where it leaves and where it arrives.
    pub(crate) left: usize,
    pub(crate) arrived: usize,
}

pub(crate) enum ArrowKind {
    Fork,
    Join,
}

impl Picture {
    pub(crate) fn of(trace: &Trace) -> Picture {
        let order = HappensBefore::of(trace, Promises::WorkerCore);
        let edges = edges(trace, Promises::WorkerCore);
        let mut steps = steps(trace, &edges);
        let cut_off = cut_off(trace, &order);
        // What does not come before the end comes after it.
        let exit = trace
            .events
            .iter()
            .position(|event| event.kind == EventKind::Exit);
        for &lost in &cut_off {
            if trace.events[lost].time == trace.exit {
                let exit = exit.map_or(0, |exit| steps[exit]);
                steps[lost] = steps[lost].max(exit + 1);
            }
        }
        let shown = |number: usize| {
            let what = &trace.events[number].kind;
            let is_line = matches!(what, EventKind::Line(_));
            is_line
                || !(cut_off.contains(&number)
                    || matches!(
                        what,
                        EventKind::Sleep | EventKind::Wake | EventKind::Endless
                    ))
        };
        let mut last_step = BTreeMap::<Duration, usize>::new();
        for (number, event) in trace.events.iter().enumerate().filter(|(n, _)| shown(*n)) {
            let last = last_step.entry(event.time).or_default();
            *last = steps[number].max(*last);
        }
        let mut times = Vec::new();
        let mut columns = 0;
        for (time, last) in last_step {
            times.push((time, columns..columns + last + 1));
            columns += last + 1;
        }
        let column = |number: usize| {
            let time = trace.events[number].time;
            let place = times.partition_point(|(known, _)| *known < time);
            times
                .get(place)
                .map_or(columns, |(_, columns)| columns.start + steps[number])
        };
        let exit = exit.map_or(columns, column);
        let mut events = vec![Vec::new(); trace.threads.len()];
        for number in (0..trace.events.len()).filter(|&number| shown(number)) {
            events[trace.events[number].thread].push((column(number), number));
        }
        let rows = events.iter().enumerate();
        let rows = rows.map(|(thread, events)| row(trace, thread, events, &cut_off, exit));
        Picture {
            rows: rows.collect(),
            edges: arrows(trace, &edges, &cut_off, column),
            exit,
            times,
        }
    }

    /// How many columns there are.
    pub(crate) fn columns(&self) -> usize {
        self.times.last().map_or(0, |(_, columns)| columns.end)
    }

    /// Where each column stands if there are `width` units from the first to the last,
    /// and no more than `step` of them between two columns of the same time.
    pub(crate) fn places(&self, width: f64, step: f64) -> Vec<f64> {
        let gaps = self.times.len().saturating_sub(1) as f64;
        let steps = self.columns() as f64 - 1.0 - gaps;
        // Most of the room is for the time that passes, if any does.
        let room = if gaps > 0.0 { 0.6 * width } else { width };
        let step = if steps > 0.0 {
            step.min(room / steps)
        } else {
            0.0
        };
        let passing = width - step * steps;
        let whole = self.times.last().map_or(Duration::ZERO, |(time, _)| *time);
        let mut places = Vec::new();
        let mut place = 0.0;
        let mut before = Duration::ZERO;
        for (number, (time, columns)) in self.times.iter().enumerate() {
            if number > 0 {
                let share = (*time - before).div_duration_f64(whole);
                place += passing * (0.4 / gaps + 0.6 * share);
            }
            before = *time;
            places.extend(
                columns
                    .clone()
                    .map(|column| place + step * (column - columns.start) as f64),
            );
            place += step * (columns.len() as f64 - 1.0);
        }
        places
    }
}

/// The events that a daemon does not get to before the end of the program. Whether it
/// gets to one at the very time of the end is luck; the picture shows that it does not.
fn cut_off(trace: &Trace, order: &HappensBefore) -> BTreeSet<usize> {
    let certain = order.certain_events();
    let mut events = vec![Vec::new(); trace.threads.len()];
    for (number, event) in trace.events.iter().enumerate() {
        events[event.thread].push(number);
    }
    let mut cut_off = BTreeSet::new();
    let daemons = trace.threads.iter().zip(&events);
    for (_, events) in daemons.filter(|(thread, _)| thread.daemon) {
        let is_line = |n: &&usize| matches!(trace.events[**n].kind, EventKind::Line(_));
        let lines = events.iter().filter(is_line);
        let (certain, uncertain): (Vec<_>, Vec<_>) = lines.partition(|line| certain.contains(line));
        let ends = events
            .iter()
            .any(|&number| trace.events[number].kind == EventKind::End);
        if ends && uncertain.is_empty() {
            continue;
        }
        let behind = |n: &usize| certain.last().is_none_or(|&last| n > last);
        let is_late = |n: &usize| behind(n) && trace.events[*n].time >= trace.exit;
        cut_off.extend(events.iter().copied().filter(is_late));
    }
    cut_off
}

/// How many steps each event is behind the beginning of its time, by the longest way
/// that start and join and the threads' own order lead to it.
fn steps(trace: &Trace, edges: &Edges) -> Vec<usize> {
    let mut steps = vec![0; trace.events.len()];
    let mut last = vec![None; trace.threads.len()];
    for (number, event) in trace.events.iter().enumerate() {
        let across = edges.get(&number).map(|&(source, _)| source);
        let mut before: Vec<usize> = last[event.thread].into_iter().chain(across).collect();
        if event.kind == EventKind::Exit {
            let waited_for =
                |other: &Event| other.kind == EventKind::End && !trace.threads[other.thread].daemon;
            before.extend((0..number).filter(|&other| waited_for(&trace.events[other])));
        }
        last[event.thread] = Some(number);
        let behind = before.into_iter().map(|earlier| {
            let from = &trace.events[earlier];
            let is_step = match (&from.kind, &event.kind) {
                // A thread ends with its last line.
                (EventKind::Line(_), EventKind::End) => 0,
                (EventKind::Line(_), _) | (EventKind::Joined(_), EventKind::Line(_)) => 1,
                (EventKind::End, EventKind::Joined(_) | EventKind::Exit) => 1,
                _ => 0,
            };
            if from.time == event.time {
                steps[earlier] + is_step
            } else {
                0
            }
        });
        steps[number] = behind.max().unwrap_or_default();
    }
    steps
}

fn row(
    trace: &Trace,
    thread: usize,
    events: &[(usize, usize)],
    cut_off: &BTreeSet<usize>,
    exit: usize,
) -> Row {
    let about = &trace.threads[thread];
    let mut bars: Vec<(Range<usize>, Bar)> = Vec::new();
    let mut lines = Vec::new();
    let mut lost = Vec::new();
    let mut since = events.first().map_or(0, |&(column, _)| column);
    let mut since_time = Duration::ZERO;
    let mut ended = false;
    for &(column, number) in events {
        let time = trace.events[number].time;
        if let EventKind::Line(text) = &trace.events[number].kind {
            let lines = if cut_off.contains(&number) {
                &mut lost
            } else {
                &mut lines
            };
            lines.push((column, printable(text)));
        }
        let did = match trace.events[number].kind {
            EventKind::Join(_) => Bar::Works,
            EventKind::End => {
                ended = true;
                Bar::Works
            }
            // It goes on at once if there is nothing to wait for any more.
            EventKind::Exit if time == since_time => Bar::Works,
            EventKind::Joined(_) | EventKind::Exit => Bar::Waits,
            _ => continue,
        };
        bars.push((since..column, did));
        (since, since_time) = (column, time);
    }
    if !ended {
        let waits = matches!(
            events
                .iter()
                .rev()
                .map(|&(_, number)| &trace.events[number].kind)
                .find(|what| { matches!(what, EventKind::Join(_) | EventKind::Joined(_)) }),
            Some(EventKind::Join(_))
        );
        bars.push((since..exit, if waits { Bar::Waits } else { Bar::Works }));
    }
    bars.retain(|(columns, _)| !columns.is_empty());
    Row {
        name: printable(&about.name),
        daemon: about.daemon,
        bars,
        lines,
        cut_off: (!ended).then_some(lost),
    }
}

/// A text without what no page and no terminal can show.
fn printable(text: &str) -> String {
    let is_shown =
        |character: char| !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}');
    let shown = text.chars().map(|character| match is_shown(character) {
        true => character,
        false => char::REPLACEMENT_CHARACTER,
    });
    shown.collect()
}

fn arrows(
    trace: &Trace,
    edges: &Edges,
    cut_off: &BTreeSet<usize>,
    column: impl Fn(usize) -> usize,
) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for (&to, &(from, _)) in edges {
        let kind = match (&trace.events[from].kind, &trace.events[to].kind) {
            _ if cut_off.contains(&to) => continue,
            (EventKind::Start { .. }, _) => ArrowKind::Fork,
            (EventKind::End, EventKind::Joined(_)) => ArrowKind::Join,
            _ => continue,
        };
        arrows.push(Arrow {
            kind,
            from: trace.events[from].thread,
            to: trace.events[to].thread,
            left: column(from),
            arrived: column(to),
        });
    }
    arrows.sort_by_key(|edge| (edge.left, edge.from, edge.to));
    arrows
}
