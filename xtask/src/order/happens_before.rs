//! Which lines of a lesson come before which, from its trace.
//!
//! Between two events, happens-before is what Lamport ("Time, clocks, and the ordering
//! of events in a distributed system", 1978) made of it: each thread's own order, and
//! an edge for each start, join and end. The lines inherit it.

use std::{
    collections::{HashMap, VecDeque},
    fmt, mem,
    time::Duration,
};

use fixedbitset::FixedBitSet;
use worker_core::trace::{EventKind, Place};

use crate::order::{partial_order::PartialOrder, trace::Trace, vector_clock::VectorClock};

/// The lines of a lesson, and what start, join and the end of the program say of their
/// order.
pub struct HappensBefore {
    /// The main thread's lines first, then each worker's.
    pub lines: Vec<Line>,
    /// The order that start, join and the end of the program give them.
    pub guaranteed: PartialOrder,
    /// Its covering pairs, each behind those of all that comes before its line, in an order
    /// that does not depend on luck.
    pub guarantees: Vec<Guarantee>,
    exit: Duration,
    /// The place of the end of the program among the events of the trace.
    exit_event: usize,
    /// Whether daemons may print more lines than these.
    pub is_endless: bool,
}

/// A line of a lesson.
pub struct Line {
    /// The line as it is printed.
    pub text: String,
    /// Its text in quotes, and if another line has the same text, which of them it is.
    /// It is the same on every run.
    pub name: String,
    /// The thread that prints it.
    pub thread: usize,
    /// How many lines of the thread come before it.
    earlier: usize,
    /// Where the lesson's source prints it; a worker's own lines stand nowhere there.
    pub place: Option<Place>,
    /// Its place among the events of the trace.
    pub event: usize,
    time: Duration,
}

/// A pair of lines of which one is guaranteed to come before the other, with none
/// between them; or the end of the program in place of the other.
pub struct Guarantee {
    /// The line that comes before.
    pub before: usize,
    /// The line that comes after it, or nothing for the end of the program.
    pub after: Option<usize>,
    /// What says so: all of these, one after another.
    pub edges: Vec<EdgeKind>,
}

/// What puts one event before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// One thread does both.
    ProgramOrder,
    /// A thread starts another, and goes on once that has printed its first line.
    Start,
    /// A thread goes on once another has ended.
    Join,
    /// The program ends once another thread has.
    End,
}

impl fmt::Display for EdgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EdgeKind::ProgramOrder => "program order",
            EdgeKind::Start => "start",
            EdgeKind::Join => "join",
            EdgeKind::End => "end",
        })
    }
}

/// Whose promises count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promises {
    /// `start` returns after the worker's first line.
    WorkerCore,
    /// `start` may return before it. What the end of the lesson waits for is the
    /// lesson's meaning, and counts here too.
    Std,
    /// As with std, and a line may be torn.
    Python,
}

impl fmt::Display for Promises {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Promises::WorkerCore => "worker-core",
            Promises::Std => "std",
            Promises::Python => "Python",
        })
    }
}

impl HappensBefore {
    /// The order of a trace's lines.
    pub fn of(trace: &Trace, promises: Promises) -> HappensBefore {
        let lines = lines(trace);
        let mut line_of = vec![None; trace.events.len()];
        for (number, line) in lines.iter().enumerate() {
            line_of[line.event] = Some(number);
        }
        let edges = edges(trace, promises);
        let sources = edges.iter().flatten().map(|&(source, _)| source);
        let sources: FixedBitSet = sources.collect();

        let mut guarantees = Vec::new();
        let mut covered = vec![Vec::new(); lines.len()];
        // How many lines come before each.
        let mut earlier = vec![0; lines.len()];
        // Before each thread's next event, and behind each event that an edge leaves.
        let beginning = CausalPast {
            covered: VectorClock::new(trace.threads.len()),
            frontier: Vec::new(),
        };
        let mut reached = vec![beginning; trace.threads.len()];
        let mut behind = vec![None; trace.events.len()];
        for (number, event) in trace.events.iter().enumerate() {
            let reached = &mut reached[event.thread];
            if let Some((source, kind)) = edges[number]
                && let Some(past) = behind[source].take()
            {
                reached.reach(past, kind);
            }
            if let Some(line) = line_of[number] {
                for pair in reached.print(line, &lines) {
                    covered[line].push(pair.before);
                    guarantees.push(pair);
                }
                earlier[line] = reached.covered.lines();
            }
            if sources.contains(number) {
                reached.forget_what_is_covered(&lines);
                behind[number] = Some(reached.clone());
            }
        }

        let mut all = FixedBitSet::with_capacity(lines.len());
        let mut certain = all.clone();
        all.insert_range(..);
        let awaited = awaited(trace, &edges);
        certain.extend((0..lines.len()).filter(|&line| awaited.contains(lines[line].event)));
        let guaranteed = PartialOrder::new(covered, all, certain);
        in_order(&mut guarantees, &guaranteed, &earlier);
        HappensBefore {
            lines,
            guaranteed,
            guarantees,
            exit: trace.exit_time(),
            exit_event: trace.exit,
            is_endless: trace.is_endless,
        }
    }

    /// The lines that were printed, in the order of the run that was traced.
    pub fn printed(&self) -> Vec<usize> {
        let is_printed = |line: &usize| self.lines[*line].event < self.exit_event;
        let mut printed: Vec<_> = (0..self.lines.len()).filter(is_printed).collect();
        printed.sort_unstable_by_key(|&line| self.lines[line].event);
        printed
    }

    /// The order in which a line of an earlier time comes before one of a later time
    /// too, and a daemon's lines are cut off where it is at the end of the program.
    pub fn with_the_sleeps(&self) -> PartialOrder {
        let order = &self.guaranteed;
        let time = |line: usize| self.lines[line].time;
        let (mut possible, mut certain) = (order.certain().clone(), order.certain().clone());
        possible.extend((0..self.lines.len()).filter(|&line| time(line) <= self.exit));
        certain.extend((0..self.lines.len()).filter(|&line| time(line) < self.exit));
        let mut by_time: Vec<_> = possible.ones().collect();
        by_time.sort_by_key(|&line| time(line));
        let mut covered = vec![Vec::new(); self.lines.len()];
        // Those that no other line of the same time covers.
        let mut last_lines = possible.clone();
        // What the lines of the next time come after.
        let mut moment = None;
        for same_time in by_time.chunk_by(|&one, &other| time(one) == time(other)) {
            for &line in same_time {
                let mut covers = order.covered_by(line);
                covers.retain(|&earlier| time(earlier) == time(line));
                for &earlier in &covers {
                    last_lines.set(earlier, false);
                }
                if covers.is_empty() {
                    covers.extend(moment);
                }
                covered[line] = covers;
            }
            moment = Some(covered.len());
            let lines = same_time.iter().copied();
            covered.push(lines.filter(|&line| last_lines.contains(line)).collect());
        }
        PartialOrder::new(covered, possible, certain)
    }

    /// These lines, if the output of a program tells them apart.
    ///
    /// # Errors
    ///
    /// If two threads print the same line.
    pub(crate) fn require_distinct_lines(self) -> Result<HappensBefore, String> {
        let by_text = self.by_text();
        let first = |line: &Line| &self.lines[by_text[line.text.as_str()][0]];
        let mut lines = self.lines.iter();
        let alike = lines.find(|line| first(line).thread != line.thread);
        match alike.map(|line| &line.text) {
            Some(text) => Err(format!(
                "two of its threads print `{text}`; give each worker a name of its own, and the \
                 main thread other lines"
            )),
            None => Ok(self),
        }
    }

    /// The lines of each text, thread by thread. A thread's own lines come in their order,
    /// so that the same text a second time is its next line of that text.
    pub(crate) fn by_text(&self) -> HashMap<&str, VecDeque<usize>> {
        let mut lines = HashMap::<_, VecDeque<_>>::with_capacity(self.lines.len());
        for (number, line) in self.lines.iter().enumerate() {
            let same = lines.entry(line.text.as_str()).or_default();
            same.push_back(number);
        }
        lines
    }

    /// The lines of an output by their numbers; none, if it has another line, or one
    /// too often.
    pub fn numbers(&self, output: &str) -> Option<Vec<usize>> {
        let mut lines = self.by_text();
        let numbers = output.lines().map(|line| lines.get_mut(line)?.pop_front());
        numbers.collect()
    }

    /// The output of these lines, of which [`numbers`](HappensBefore::numbers) are these.
    pub fn output(&self, lines: &[usize]) -> String {
        let lines = lines.iter().map(|&line| &self.lines[line].text);
        lines.map(|text| format!("{text}\n")).collect()
    }

    /// All lines in one order that the sleeps make likely, as if no daemon were cut
    /// off. It does not depend on luck.
    pub fn likely_output(&self) -> Vec<usize> {
        let mut left: Vec<_> = (0..self.lines.len()).collect();
        left.sort_by_key(|&line| {
            let line = &self.lines[line];
            (line.time, line.thread > 0, line.earlier, line.thread)
        });
        self.guaranteed.extension(&left)
    }

    /// What a line, or the end of the program, is called.
    pub fn name(&self, line: Option<usize>) -> String {
        match line {
            Some(line) => self.lines[line].name.clone(),
            None => "the end of the program".to_owned(),
        }
    }

    /// The same, with the place in the lesson's source that prints the line.
    pub(crate) fn placed_name(&self, line: Option<usize>) -> String {
        let place = line.and_then(|line| self.lines[line].place.as_ref());
        let place = place.map(|place| format!(" ({place})"));
        self.name(line) + &place.unwrap_or_default()
    }
}

impl Guarantee {
    /// What says so, in words.
    pub fn reason(&self) -> String {
        let edges: Vec<_> = self.edges.iter().map(EdgeKind::to_string).collect();
        edges.join(", ")
    }
}

/// The lines of a trace, thread by thread.
fn lines(trace: &Trace) -> Vec<Line> {
    let mut threads_of = HashMap::<_, usize>::new();
    for thread in &trace.threads[1..] {
        *threads_of.entry(&thread.name).or_default() += 1;
    }
    let mut printed = vec![Vec::new(); trace.threads.len()];
    for (number, event) in trace.events.iter().enumerate() {
        if let EventKind::Line(text) = &event.kind {
            printed[event.thread].push((number, text));
        }
    }
    let mut lines = Vec::new();
    // How often the last thread that has printed a text has done so.
    let mut times_seen = HashMap::with_capacity(trace.events.len());
    for (thread, printed) in printed.into_iter().enumerate() {
        // Which lines another thread has printed may be luck; what it is called is not.
        let is_one_of_many = thread > 0 && threads_of[&trace.threads[thread].name] > 1;
        for (earlier, (number, text)) in printed.into_iter().enumerate() {
            let (last, seen) = times_seen.entry(text).or_insert((thread, 0));
            if *last != thread {
                (*last, *seen) = (thread, 0);
            }
            *seen += 1;
            let which = match *seen {
                1 if is_one_of_many => format!("worker no. {thread}'s "),
                1 if thread == 0 && text.starts_with("sub thread ") => {
                    "the main thread's ".to_owned()
                }
                1 => String::new(),
                seen => format!("no. {seen} of "),
            };
            let event = &trace.events[number];
            lines.push(Line {
                text: text.clone(),
                name: format!("{which}`{text}`"),
                thread,
                earlier,
                place: event.place.clone(),
                event: number,
                time: event.time,
            });
        }
    }
    lines
}

/// The edges between threads: for each event the one of another thread that it comes
/// after, and the kind of the edge. No two come after the same one.
pub type Edges = Vec<Option<(usize, EdgeKind)>>;

/// The edges between the threads of a trace.
pub fn edges(trace: &Trace, promises: Promises) -> Edges {
    let mut edges = vec![None; trace.events.len()];
    let mut start = vec![None; trace.threads.len()];
    let mut first_line = start.clone();
    let mut end = start.clone();
    let edge = |source: Option<usize>, kind| source.map(|source| (source, kind));
    for (number, event) in trace.events.iter().enumerate() {
        edges[number] = match event.kind {
            // The first that a worker does.
            _ if start[event.thread].is_some() => edge(start[event.thread].take(), EdgeKind::Start),
            EventKind::Started(worker) if promises == Promises::WorkerCore => {
                edge(first_line[worker], EdgeKind::Start)
            }
            EventKind::Joined(worker) => edge(end[worker], EdgeKind::Join),
            _ => None,
        };
        match event.kind {
            EventKind::Start { worker, .. } => start[worker] = Some(number),
            EventKind::Line(_) => {
                first_line[event.thread] = first_line[event.thread].or(Some(number));
            }
            EventKind::End => end[event.thread] = Some(number),
            _ => {}
        }
    }
    edges
}

/// The events that the end of the program waits for, and those that have to come before
/// them.
pub fn awaited(trace: &Trace, edges: &Edges) -> FixedBitSet {
    let mut awaited = FixedBitSet::with_capacity(trace.events.len());
    // Whether something awaited comes after what a thread has done so far.
    let threads = trace.threads.iter().map(|thread| !thread.daemon);
    let mut is_awaited: Vec<_> = threads.collect();
    for (number, event) in trace.events.iter().enumerate().rev() {
        is_awaited[event.thread] |= awaited.contains(number);
        if is_awaited[event.thread] {
            awaited.insert(number);
            awaited.extend(edges[number].map(|(source, _)| source));
        }
    }
    awaited
}

/// What comes before a point in a thread.
#[derive(Clone)]
struct CausalPast {
    /// The lines that come before another of them.
    covered: VectorClock,
    /// Those that come before none, and the edges on the way from there; and some that
    /// have been covered, or reached in two ways.
    frontier: Vec<(usize, Vec<EdgeKind>)>,
}

impl CausalPast {
    /// Comes behind another point too, by this edge.
    fn reach(&mut self, mut other: CausalPast, edge: EdgeKind) {
        for (_, edges) in &mut other.frontier {
            if edges.last() != Some(&edge) {
                edges.push(edge);
            }
        }
        if edge == EdgeKind::Start {
            // A worker has done nothing before its start, nor has its starter since, and
            // what that had done comes before the worker's first line.
            *self = other;
        } else {
            self.covered.join(&other.covered);
            self.frontier.extend(other.frontier);
        }
    }

    fn forget_what_is_covered(&mut self, lines: &[Line]) {
        self.frontier.retain(|&(line, _)| {
            let line = &lines[line];
            self.covered.of(line.thread) <= line.earlier
        });
        self.frontier.sort_by_key(|&(line, _)| line);
        self.frontier.dedup_by_key(|&mut (line, _)| line);
    }

    /// Comes behind a line of the same thread, and returns the guarantees for it.
    fn print(&mut self, line: usize, lines: &[Line]) -> impl Iterator<Item = Guarantee> {
        self.forget_what_is_covered(lines);
        let frontier = mem::replace(&mut self.frontier, vec![(line, Vec::new())]);
        for (before, _) in &frontier {
            let before = &lines[*before];
            self.covered.set(before.thread, before.earlier + 1);
        }
        frontier.into_iter().map(move |(before, mut edges)| {
            if edges.is_empty() {
                edges.push(EdgeKind::ProgramOrder);
            }
            Guarantee {
                before,
                after: Some(line),
                edges,
            }
        })
    }
}

/// Puts the guarantees in an order that does not depend on luck, and adds those for
/// the end of the program. `earlier` has for each line how many come before it.
fn in_order(guarantees: &mut Vec<Guarantee>, order: &PartialOrder, earlier: &[usize]) {
    let rank = |line: usize| (earlier[line], line);
    guarantees.sort_by_key(|pair| (pair.after.map(rank), rank(pair.before)));
    let mut last_lines = order.certain().clone();
    for pair in guarantees.iter() {
        if pair
            .after
            .is_some_and(|after| order.certain().contains(after))
        {
            last_lines.set(pair.before, false);
        }
    }
    guarantees.extend(last_lines.ones().map(|before| Guarantee {
        before,
        after: None,
        edges: vec![EdgeKind::End],
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(events: &[&str]) -> HappensBefore {
        let exit = ["0|-|end", "0|-|exit"];
        let events = events
            .iter()
            .chain(&exit)
            .map(|event| format!("0|0|{event}"));
        HappensBefore::of(
            &Trace::of(&events.collect::<Vec<_>>()),
            Promises::WorkerCore,
        )
    }

    #[test]
    fn a_line_is_named_by_its_text_and_where_another_has_the_same_by_which_it_is() {
        let order = order(&[
            "0|main.rs:2|line|main thread start",
            "0|-|start|1|worker|a",
            "1|-|line|sub thread start  a",
            "0|-|started|1",
            "0|-|start|2|worker|a",
            "2|-|line|sub thread start  a",
            "0|-|started|2",
            "0|-|start|3|worker|b",
            "3|-|line|sub thread start  b",
            "3|-|line|sub thread start  b",
            "0|-|started|3",
            "0|main.rs:5|line|main thread start",
            "0|-|line|sub thread start  a",
        ]);
        let names: Vec<_> = (0..order.lines.len())
            .map(|line| order.placed_name(Some(line)))
            .collect();
        assert_eq!(
            names,
            [
                "`main thread start` (main.rs:2)",
                "no. 2 of `main thread start` (main.rs:5)",
                "the main thread's `sub thread start  a`",
                "worker no. 1's `sub thread start  a`",
                "worker no. 2's `sub thread start  a`",
                "`sub thread start  b`",
                "no. 2 of `sub thread start  b`",
            ]
        );
        assert_eq!(order.placed_name(None), "the end of the program");
        let words = "two of its threads print `sub thread start  a`; give each worker a name of its own, and the \
             main thread other lines";
        assert_eq!(order.require_distinct_lines().err().unwrap(), words);
    }

    #[test]
    fn what_is_printed_in_every_output_comes_before_the_end_of_the_program() {
        let order = order(&[
            "0|-|line|main thread a",
            "0|-|start|1|worker|1",
            "1|-|line|sub thread start  1",
            "0|-|started|1",
            "0|-|start|2|daemon|2",
            "2|-|line|sub thread start  2",
            "0|-|started|2",
            "0|-|line|main thread b",
            "1|-|line|sub thread end  1",
            "1|-|end",
            "2|-|line|sub thread end  2",
            "2|-|end",
        ]);
        let at_the_end = order.guarantees.iter().filter(|pair| pair.after.is_none());
        let last: Vec<_> = at_the_end
            .map(|pair| (order.lines[pair.before].text.as_str(), &pair.edges[..]))
            .collect();
        let end = &[EdgeKind::End][..];
        assert_eq!(last, [("main thread b", end), ("sub thread end  1", end)]);
    }

    #[test]
    fn an_output_is_read_as_the_numbers_of_its_lines_in_the_order_of_their_thread() {
        let order = order(&[
            "0|-|line|main thread a",
            "0|-|start|1|worker|b",
            "1|-|line|sub thread start  b",
            "0|-|started|1",
            "0|-|line|main thread a",
        ]);
        let order = order.require_distinct_lines().unwrap();
        let [main, worker] = ["main thread a\n", "sub thread start  b\n"];
        let numbers = |lines: &[&str]| order.numbers(&lines.concat());
        assert_eq!(numbers(&[main, worker, main]), Some(vec![0, 2, 1]));
        assert_eq!(order.output(&[0, 2, 1]), [main, worker, main].concat());
        assert_eq!(numbers(&[worker]), Some(vec![2]));
        assert_eq!(numbers(&[main, "x\n"]), None);
        assert_eq!(numbers(&[worker, main, worker]), None);
    }

    #[test]
    fn promises_are_called_by_who_makes_them() {
        let promises = [Promises::WorkerCore, Promises::Std, Promises::Python];
        let names = promises.map(|promises| promises.to_string());
        assert_eq!(names, ["worker-core", "std", "Python"]);
    }
}
