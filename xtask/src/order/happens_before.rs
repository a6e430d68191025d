//! Which lines of a lesson come before which, from its trace.
//!
//! Between two events, happens-before is what Lamport ("Time, clocks, and the ordering
//! of events in a distributed system", 1978) made of it: each thread's own order, and
//! an edge for each start, join and end. The lines inherit it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    fmt,
    time::Duration,
};

use fixedbitset::FixedBitSet;
use worker_core::trace::{Event, EventKind, Place};

use crate::order::{partial_order::PartialOrder, trace::Trace, vector_clock::VectorClock};

/// The lines of a lesson, and what start, join and the end of the program say of their
/// order.
pub struct HappensBefore {
    /// The main thread's lines first, then each worker's.
    pub lines: Vec<Line>,
    /// The order that start, join and the end of the program give them.
    pub guaranteed: PartialOrder,
    /// Its covering pairs, in an order that does not depend on luck.
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
        for (line, &(_, _, event)) in lines.iter().enumerate() {
            line_of[event] = Some(line);
        }
        let edges = edges(trace, promises);
        // How many edges that leave an event are still to arrive.
        let mut leaving = vec![0; trace.events.len()];
        for &(source, _) in edges.values() {
            leaving[source] += 1;
        }

        let mut guarantees = Vec::new();
        // How many lines come before each.
        let mut earlier = vec![0; lines.len()];
        // Before each thread's next event, and behind each event that an edge leaves.
        let mut reached = vec![CausalPast::new(trace.threads.len()); trace.threads.len()];
        let mut behind = HashMap::new();
        for (number, event) in trace.events.iter().enumerate() {
            let reached = &mut reached[event.thread];
            if let Some(&(source, kind)) = edges.get(&number)
                && let Some(past) = behind.get(&source)
            {
                reached.reach(past, kind, &lines);
                leaving[source] -= 1;
                if leaving[source] == 0 {
                    behind.remove(&source);
                }
            }
            if let Some(line) = line_of[number] {
                earlier[line] = reached.lines.lines();
                guarantees.extend(reached.print(line, &lines));
            }
            if leaving[number] > 0 {
                reached.forget_what_is_covered(&lines);
                behind.insert(number, reached.clone());
            }
        }

        let mut all = FixedBitSet::with_capacity(lines.len());
        all.insert_range(..);
        // The end of the program waits for these threads, and with them for all that has
        // to come before their ends.
        let mut certain = FixedBitSet::with_capacity(lines.len());
        for (thread, reached) in trace.threads.iter().zip(&reached) {
            if !thread.daemon {
                certain.extend(reached.frontier.iter().map(|&(line, _)| line));
            }
        }
        let mut covered = vec![Vec::new(); lines.len()];
        for pair in &guarantees {
            if let Some(after) = pair.after {
                covered[after].push(pair.before);
            }
        }
        let guaranteed = PartialOrder::new(covered, all, certain);
        in_order(&mut guarantees, &guaranteed, &earlier);
        HappensBefore {
            lines: named(trace, &lines),
            guaranteed,
            guarantees,
            exit: trace.exit,
            exit_event: events_before_exit(trace),
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
        let set = |is_in: &dyn Fn(usize) -> bool| {
            let mut set = FixedBitSet::with_capacity(self.lines.len());
            set.extend((0..self.lines.len()).filter(|&line| is_in(line)));
            set
        };
        let time = |line: usize| self.lines[line].time;
        let is_certain = |line: usize| order.certain().contains(line);
        let possible = set(&|line| is_certain(line) || time(line) <= self.exit);
        let certain = set(&|line| is_certain(line) || time(line) < self.exit);
        let mut by_time: Vec<_> = possible.ones().collect();
        by_time.sort_by_key(|&line| time(line));
        let mut covered = vec![Vec::new(); self.lines.len()];
        // What the lines of the next time come after.
        let mut moment = None;
        for same_time in by_time.chunk_by(|&one, &other| time(one) == time(other)) {
            let mut last_lines: BTreeSet<_> = same_time.iter().copied().collect();
            for &line in same_time {
                let mut covers = order.covered_by(line);
                covers.retain(|&earlier| time(earlier) == time(line));
                for earlier in &covers {
                    last_lines.remove(earlier);
                }
                if covers.is_empty() {
                    covers.extend(moment);
                }
                covered[line] = covers;
            }
            moment = Some(covered.len());
            covered.push(last_lines.into_iter().collect());
        }
        PartialOrder::new(covered, possible, certain)
    }

    /// The events of the trace that are lines which every output has.
    pub fn certain_events(&self) -> HashSet<usize> {
        let certain = self.guaranteed.certain().ones();
        certain.map(|line| self.lines[line].event).collect()
    }

    /// These lines, if the output of a program tells them apart.
    ///
    /// # Errors
    ///
    /// If two threads print the same line.
    pub fn require_distinct_lines(self) -> Result<HappensBefore, String> {
        let mut thread_of = HashMap::new();
        for line in &self.lines {
            if *thread_of.entry(&line.text).or_insert(line.thread) != line.thread {
                return Err(format!(
                    "two of its threads print `{}`; give each worker a name of its own",
                    line.text
                ));
            }
        }
        Ok(self)
    }

    /// The lines of each text, if they can be told apart. A thread's own lines come in
    /// their order, so that the same text a second time is its next line of that text.
    pub fn by_text(&self) -> HashMap<&str, VecDeque<usize>> {
        let mut lines = HashMap::<_, VecDeque<_>>::new();
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

    /// All lines in one order that the sleeps make likely, as if no daemon were cut
    /// off. It does not depend on luck.
    pub fn likely_output(&self) -> Vec<usize> {
        let mut place = vec![0; self.lines.len()];
        for line in 1..self.lines.len() {
            if self.lines[line].thread == self.lines[line - 1].thread {
                place[line] = place[line - 1] + 1;
            }
        }
        let mut left: Vec<_> = (0..self.lines.len()).collect();
        left.sort_by_key(|&line| {
            let line_of = &self.lines[line];
            (
                line_of.time,
                line_of.thread > 0,
                place[line],
                line_of.thread,
            )
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
    pub fn placed_name(&self, line: Option<usize>) -> String {
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

fn events_before_exit(trace: &Trace) -> usize {
    let is_exit = |event: &Event| event.kind == EventKind::Exit;
    let exit = trace.events.iter().position(is_exit);
    exit.unwrap_or(trace.events.len())
}

/// The thread of a line, how many lines of it are earlier, and the line's event.
type PlacedLine = (usize, usize, usize);

fn lines(trace: &Trace) -> Vec<PlacedLine> {
    let mut printed = vec![0; trace.threads.len()];
    let mut lines = Vec::new();
    for (number, Event { thread, kind, .. }) in trace.events.iter().enumerate() {
        if let EventKind::Line(_) = kind {
            lines.push((*thread, printed[*thread], number));
            printed[*thread] += 1;
        }
    }
    lines.sort_unstable();
    lines
}

fn named(trace: &Trace, lines: &[PlacedLine]) -> Vec<Line> {
    let mut threads_of = HashMap::<_, usize>::new();
    for thread in &trace.threads[1..] {
        *threads_of.entry(&thread.name).or_default() += 1;
    }
    let mut times_seen = HashMap::<_, usize>::new();
    let named = lines.iter().filter_map(|&(thread, _, number)| {
        let event = &trace.events[number];
        let EventKind::Line(text) = &event.kind else {
            return None;
        };
        let seen = times_seen.entry((thread, text)).or_default();
        *seen += 1;
        // Which lines another thread has printed may be luck; what it is called is not.
        let is_one_of_many = thread > 0 && threads_of[&trace.threads[thread].name] > 1;
        let which = match *seen {
            1 if is_one_of_many => format!("worker no. {thread}'s "),
            1 if thread == 0 && text.starts_with("sub thread ") => "the main thread's ".to_owned(),
            1 => String::new(),
            seen => format!("no. {seen} of "),
        };
        Some(Line {
            text: text.clone(),
            name: format!("{which}`{text}`"),
            thread,
            place: event.place.clone(),
            event: number,
            time: event.time,
        })
    });
    named.collect()
}

/// The edges between threads: for an event the one that it comes after, and the kind of
/// the edge.
pub type Edges = BTreeMap<usize, (usize, EdgeKind)>;

/// The edges between the threads of a trace.
pub fn edges(trace: &Trace, promises: Promises) -> Edges {
    let mut edges = Edges::new();
    let mut start = vec![None; trace.threads.len()];
    let mut first_line = start.clone();
    let mut end = start.clone();
    let mut begun = vec![false; trace.threads.len()];
    for (number, event) in trace.events.iter().enumerate() {
        let after = match event.kind {
            _ if !begun[event.thread] => start[event.thread],
            EventKind::Started(worker) if promises == Promises::WorkerCore => first_line[worker],
            EventKind::Joined(worker) => end[worker],
            _ => None,
        };
        let kind = match event.kind {
            EventKind::Joined(_) => EdgeKind::Join,
            _ => EdgeKind::Start,
        };
        edges.extend(after.map(|after| (number, (after, kind))));
        begun[event.thread] = true;
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

/// What comes before a point in a thread.
#[derive(Clone)]
struct CausalPast {
    lines: VectorClock,
    /// Those of the lines that come before another of them.
    covered: VectorClock,
    /// Those that come before none, and the edges on the way from there; and some that
    /// have been covered meanwhile.
    frontier: Vec<(usize, Vec<EdgeKind>)>,
}

impl CausalPast {
    fn new(threads: usize) -> CausalPast {
        CausalPast {
            lines: VectorClock::new(threads),
            covered: VectorClock::new(threads),
            frontier: Vec::new(),
        }
    }

    /// Comes behind another point too, by this edge.
    fn reach(&mut self, other: &CausalPast, edge: EdgeKind, lines: &[PlacedLine]) {
        for (line, edges) in &other.frontier {
            if has(&self.lines, lines[*line]) {
                continue;
            }
            let mut edges = edges.clone();
            if edges.last() != Some(&edge) {
                edges.push(edge);
            }
            self.frontier.push((*line, edges));
        }
        self.lines.join(&other.lines);
        self.covered.join(&other.covered);
    }

    fn forget_what_is_covered(&mut self, lines: &[PlacedLine]) {
        self.frontier
            .retain(|&(line, _)| !has(&self.covered, lines[line]));
    }

    /// Comes behind a line of the same thread, and returns the guarantees for it.
    fn print(&mut self, line: usize, lines: &[PlacedLine]) -> impl Iterator<Item = Guarantee> {
        self.forget_what_is_covered(lines);
        let frontier = std::mem::replace(&mut self.frontier, vec![(line, Vec::new())]);
        self.covered = self.lines.clone();
        let (thread, earlier, _) = lines[line];
        self.lines.set(thread, earlier + 1);
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

fn has(clock: &VectorClock, (thread, earlier, _): PlacedLine) -> bool {
    clock.of(thread) > earlier
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
