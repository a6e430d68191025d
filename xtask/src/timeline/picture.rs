//! What a picture of a lesson shows, and in which column. How wide a column is, is up
//! to who draws it.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use console::truncate_str;
use fixedbitset::FixedBitSet;
use worker_core::trace::{Event, EventKind};
use xtask::order::{
    happens_before::{EdgeKind, Edges, Promises, awaited, edges},
    trace::{Thread, Trace},
};

/// A longer name is cut.
const LONGEST_NAME: usize = 24;

/// A picture: rows for threads, and columns from left to right. What happens at the
/// same time has a column for each step that start and join make of it.
pub(crate) struct Picture {
    pub(crate) rows: Vec<Row>,
    pub(crate) arrows: Vec<Arrow>,
    /// The time of each column.
    pub(crate) times: Vec<Duration>,
    /// The column of the end of the program.
    pub(crate) exit: usize,
}

/// A thread.
pub(crate) struct Row {
    /// What it is called, where there is little room.
    pub(crate) name: String,
    /// From which column to which it does something, in their order. Behind the last
    /// column is the right edge.
    pub(crate) bars: Vec<(Range<usize>, Bar)>,
    /// The columns of its lines, and what they say. It does not get to those behind the
    /// end of the program.
    pub(crate) lines: Vec<(usize, String)>,
    /// Whether the end of the program cuts it off.
    pub(crate) is_cut_off: bool,
}

/// What a thread does for a while.
pub(crate) enum Bar {
    Works,
    /// Waits for the end of another thread, or of all.
    Waits,
    /// Would go on, if the end of the program did not cut it off.
    Lost,
}

/// A start or a join.
pub(crate) struct Arrow {
    pub(crate) kind: EdgeKind,
    /// The rows that it leads from and to.
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Where it leaves and where it arrives.
    pub(crate) left: usize,
    pub(crate) arrived: usize,
}

impl Picture {
    pub(crate) fn of(trace: &Trace) -> Picture {
        let edges = edges(trace, Promises::WorkerCore);
        let lost = lost(trace, &edges);
        let mut moments = moments(trace, &edges);
        let exit = moments[trace.exit];
        for number in lost.ones() {
            moments[number] = moments[number].max((exit.0, exit.1 + 1));
        }
        let is_shown = |number: &usize| match trace.events[*number].kind {
            EventKind::Line(_) => true,
            EventKind::Sleep | EventKind::Wake | EventKind::Endless => false,
            _ => !lost.contains(*number),
        };
        let shown: Vec<_> = (0..trace.events.len()).filter(is_shown).collect();
        let columns: BTreeSet<_> = shown.iter().map(|&number| moments[number]).collect();
        let columns = Vec::from_iter(columns);
        let column_of = |moment: Moment| columns.partition_point(|&column| column < moment);
        let exit = column_of(exit);

        let mut rows: Vec<_> = trace.threads.iter().map(Row::of).collect();
        for number in shown {
            let event = &trace.events[number];
            let row = &mut rows[event.thread];
            let column = column_of(moments[number]);
            if let EventKind::Line(text) = &event.kind {
                row.lines.push((column, text.clone()));
            }
            if !lost.contains(number) {
                row.go_on(event, trace.exit_time(), column..exit);
            }
        }
        for row in &mut rows {
            if row.is_cut_off {
                let last = row.lines.last().map(|&(column, _)| column);
                let last = last.filter(|&column| column > exit);
                // If it prints no more, nobody knows until when: up to the right edge.
                let end = last.unwrap_or(columns.len());
                row.bars.push((exit..end, Bar::Lost));
            }
            row.bars.retain(|(columns, _)| !columns.is_empty());
        }
        // The starter of a worker only goes on once that has begun: nothing arrives there.
        let goes_on = |to: usize| matches!(trace.events[to].kind, EventKind::Started(_));
        let is_drawn = |to: &usize| !lost.contains(*to) && !goes_on(*to);
        let arrows = (0..edges.len()).filter(is_drawn).filter_map(|to| {
            let (from, kind) = edges[to]?;
            Some(Arrow {
                kind,
                from: trace.events[from].thread,
                to: trace.events[to].thread,
                left: column_of(moments[from]),
                arrived: column_of(moments[to]),
            })
        });
        let mut arrows: Vec<_> = arrows.collect();
        arrows.sort_by_key(|arrow| (arrow.left, arrow.from, arrow.to));
        Picture {
            rows,
            arrows,
            times: columns.into_iter().map(|(time, _)| time).collect(),
            exit,
        }
    }

    /// Where each column stands if there are `width` units from the first to the last,
    /// and no more than `step` of them between two columns of the same time.
    pub(crate) fn places(&self, width: f64, step: f64) -> Vec<f64> {
        let pairs = || self.times.iter().zip(&self.times[1..]);
        let steps = pairs().filter(|(before, time)| before == time).count() as f64;
        let gaps = pairs().count() as f64 - steps;
        // Most of the room is for the time that passes, if any does.
        let room = if gaps > 0.0 { 0.6 * width } else { width };
        let step = step.min(room / steps);
        let passing = width - step * steps;
        let whole = self.times[self.times.len() - 1];
        let mut places = vec![0.0];
        let mut place = 0.0;
        for (before, time) in pairs() {
            place += if before == time {
                step
            } else {
                let share = (*time - *before).div_duration_f64(whole);
                passing * (0.4 / gaps + 0.6 * share)
            };
            places.push(place);
        }
        places
    }

    /// The times at which something happens, and the first column of each.
    pub(crate) fn moments(&self) -> impl Iterator<Item = (Duration, usize)> {
        let columns = self.times.iter().copied().zip(0..);
        columns.filter(|&(time, column)| column == 0 || self.times[column - 1] < time)
    }

    /// The columns of the lines that a thread gets to, and what they say.
    pub(crate) fn printed<'a>(&self, row: &'a Row) -> impl Iterator<Item = &'a (usize, String)> {
        row.lines.iter().filter(|(column, _)| *column < self.exit)
    }

    /// Whether the end of the program cuts a thread off.
    pub(crate) fn cuts_off(&self) -> bool {
        self.rows.iter().any(|row| row.is_cut_off)
    }
}

impl Row {
    /// The row of a thread that has done nothing yet, and never comes to its end.
    fn of(thread: &Thread) -> Row {
        let daemon = if thread.daemon { " (daemon)" } else { "" };
        Row {
            name: format!("{}{daemon}", truncate_str(&thread.name, LONGEST_NAME, "…")),
            bars: Vec::new(),
            lines: Vec::new(),
            is_cut_off: true,
        }
    }

    /// Ends what the thread does in the first of these columns, and begins what it does
    /// from there until the last, if its next event does not end it before.
    fn go_on(&mut self, event: &Event, exit: Duration, columns: Range<usize>) {
        let does = match event.kind {
            EventKind::Join(_) => Some(Bar::Waits),
            EventKind::Joined(_) => Some(Bar::Works),
            EventKind::End if event.thread == 0 && event.time < exit => Some(Bar::Waits),
            // It goes on at once if there is nothing to wait for any more.
            EventKind::End if event.thread == 0 => Some(Bar::Works),
            EventKind::End | EventKind::Exit => None,
            _ if self.bars.is_empty() => Some(Bar::Works),
            _ => return,
        };
        if let Some((before, _)) = self.bars.last_mut() {
            before.end = columns.start;
        }
        self.is_cut_off = does.is_some();
        self.bars.extend(does.map(|bar| (columns, bar)));
    }
}

/// The events that a daemon does not get to before the end of the program. Whether it
/// gets to one at the very time of the end is luck; the picture shows that it does not.
fn lost(trace: &Trace, edges: &Edges) -> FixedBitSet {
    let awaited = awaited(trace, edges);
    let exit = trace.exit_time();
    let is_lost = |&number: &usize| !awaited.contains(number) && trace.events[number].time >= exit;
    (0..trace.events.len()).filter(is_lost).collect()
}

/// A time, and how many steps something is behind the beginning of it, by the longest way
/// that start and join and the threads' own order lead to it.
type Moment = (Duration, usize);

/// When each event happens.
fn moments(trace: &Trace, edges: &Edges) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    let mut last = vec![None; trace.threads.len()];
    for (number, event) in trace.events.iter().enumerate() {
        let across = edges[number].map(|(source, _)| source);
        let mut before: Vec<usize> = last[event.thread].into_iter().chain(across).collect();
        if event.kind == EventKind::Exit {
            let threads = trace.threads.iter().zip(&last);
            before.extend(threads.filter_map(|(thread, last)| last.filter(|_| !thread.daemon)));
        }
        last[event.thread] = Some(number);
        let behind = before.into_iter().map(|earlier| {
            let (time, step) = moments[earlier];
            let is_step = match (&trace.events[earlier].kind, &event.kind) {
                // A thread ends with its last line.
                (EventKind::Line(_), EventKind::End) => false,
                (EventKind::Line(_) | EventKind::End, _) => true,
                (EventKind::Joined(_), EventKind::Line(_)) => true,
                _ => false,
            };
            (time, step + usize::from(is_step))
        });
        moments.push(behind.fold((event.time, 0), Ord::max));
    }
    moments
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;
    use crate::timeline::{chrome, svg, text};

    /// A daemon that prints no more when it is cut off, but would go on.
    pub(in crate::timeline) const ENDLESS: [(usize, &str); 6] = [
        (0, "start\t1\tdaemon\t1"),
        (1, "line\tsub thread start  1"),
        (0, "started\t1"),
        (0, "end"),
        (0, "exit"),
        (1, "endless"),
    ];

    /// The picture of a program in which all of this happens at once, each by a thread.
    pub(in crate::timeline) fn picture(events: &[(usize, &str)]) -> Picture {
        let event = |(thread, event): &(usize, &str)| format!("0\t0\t{thread}\t-\t{event}\n");
        let trace: String = events.iter().map(event).collect();
        Picture::of(&Trace::parse(&trace).unwrap())
    }

    proptest! {
        #[test]
        fn a_trace_is_refused_or_drawn_whatever_was_done_to_it(
            changes in vec((0..4_u8, any::<Index>(), any::<Index>()), 1..5),
        ) {
            let mut lines: Vec<_> = [
                "0\t0\t0\t-\tstart\t1\tworker\ta",
                "0\t0\t1\t-\tline\tsub thread start  a",
                "0\t0\t0\t-\tstarted\t1",
                "0\t0\t0\t-\tstart\t2\tdaemon\tb",
                "0\t0\t2\t-\tline\tsub thread start  b",
                "0\t0\t0\t-\tstarted\t2",
                "0\t0\t0\t-\tjoin\t1",
                "3\t0\t1\t-\tline\tsub thread end  a",
                "3\t0\t1\t-\tend",
                "3\t0\t0\t-\tjoined\t1",
                "3\t0\t0\t-\tend",
                "3\t0\t0\t-\texit",
                "5\t0\t2\t-\tline\tsub thread end  b",
            ].map(str::to_owned).into();
            for (way, one, other) in changes {
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                match way {
                    0 if lines.len() > 1 => drop(lines.remove(one)),
                    1 => lines.swap(one, other),
                    2 => lines.insert(other, lines[one].clone()),
                    _ => {
                        let (_, what) = lines[other].split_once('-').unwrap();
                        lines[one] = format!("{}-{what}", lines[one].split_once('-').unwrap().0);
                    }
                }
            }
            if let Ok(trace) = Trace::parse(&lines.join("\n")) {
                draw(&Picture::of(&trace));
            }
        }
    }

    fn draw(picture: &Picture) {
        text::draw(picture, 80);
        svg::draw(picture, "lesson", svg::WIDE);
        chrome::write(picture, "lesson");
    }

    #[test]
    fn the_program_ends_behind_all_that_it_waits_for_though_all_happens_at_once() {
        let line = (1, "line\tsub thread end  1");
        let begun = [
            (0, "start\t1\tworker\t1"),
            (1, "line\tsub thread start  1"),
            (0, "started\t1"),
        ];
        let ends = [(1, "end"), (0, "end"), (0, "exit")];
        let picture = picture(&[&begun[..], &[line; 5], &ends].concat());
        let (last, _) = picture.rows[1].lines.last().unwrap();
        assert!(picture.exit > *last);
    }

    #[test]
    fn the_longest_sleep_of_all_is_drawn_with_what_comes_behind() {
        let last = Duration::MAX.as_nanos();
        let events = ["line\tmain thread a", "line\tmain thread b", "exit"];
        let events = events.map(|event| format!("{last}\t0\t0\t-\t{event}\n"));
        draw(&Picture::of(&Trace::parse(&events.concat()).unwrap()));
    }
}
