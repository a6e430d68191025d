//! Every state that a program can be in between two of its lines, and which thread can
//! go on from there: what a reader plays with who is the scheduler.
//!
//! A state is a set of lines that have been printed. What threads do without printing
//! is done as soon as it can be, since it only lets others go on. The end of the program
//! is the exception: it cuts daemons off, so it is a step of the main thread.

mod json;
pub mod practice;

use std::collections::HashMap;

use fixedbitset::FixedBitSet;
use worker_core::trace::EventKind;

use crate::order::{
    happens_before::{Edges, HappensBefore, Promises, edges},
    partial_order::PartialOrder,
    trace::Trace,
};

/// More states than a page can hold.
const MOST_STATES: usize = 1000;

/// The states of a program, from a trace of it.
pub struct Explorer {
    /// The names of its threads, the main thread's first.
    pub threads: Vec<String>,
    /// Its lines, and what is guaranteed of their order.
    pub order: HappensBefore,
    /// The first is the one in which nothing has been printed, and every other comes
    /// after those that lead to it.
    pub states: Vec<State>,
}

/// What a program has done so far.
#[derive(Debug)]
pub struct State {
    /// The lines that have been printed.
    pub printed: FixedBitSet,
    /// Whether the program has ended.
    pub is_over: bool,
    /// Where each thread stands.
    pub threads: Vec<Standing>,
    /// How many outputs can still come of this.
    pub left: u128,
    /// How many of them the sleeps make likely, if they make likely what has been
    /// printed.
    pub likely: u128,
}

/// Where a thread stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Standing {
    /// The line of `main.rs`, once it is known.
    pub at: Option<u32>,
    /// What it can do from there.
    pub next: Next,
}

/// What a thread can do next, or has to wait for.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// It can go on.
    Step(Step),
    /// This thread has to start it.
    ToBeStarted(usize),
    /// It has started a worker, which has to print this line, its first.
    Start(usize),
    /// It joins a thread, which has to print this line, its last.
    Join(usize),
    /// It would end the program, before which this line has to be printed.
    End(usize),
    /// It has come to its end.
    Ended,
    /// The end of the program has cut it off.
    CutOff,
}

/// A step of a thread.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The line that it prints; nothing, if it ends the program.
    pub line: Option<usize>,
    /// The state that this leads to.
    pub state: usize,
    /// Why it is unlikely, if the sleeps say so.
    pub unlikely: Option<Unlikely>,
}

/// Why the sleeps make a step unlikely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlikely {
    /// The end of the program nearly always comes before the line.
    CutOff,
    /// This line nearly always comes before.
    Follows(usize),
    /// This line is nearly always printed before the program ends.
    Missing(usize),
}

impl Explorer {
    /// The states of the program that this is a trace of, by the promises of
    /// `worker-core`.
    ///
    /// # Errors
    ///
    /// If its lines cannot be told apart or are not all known, or there is more of them
    /// than a page can show.
    pub fn of(trace: &Trace) -> Result<Explorer, String> {
        let order = HappensBefore::of(trace, Promises::WorkerCore).require_distinct_lines()?;
        if order.is_endless {
            return Err("a daemon of it goes on for too long to know all its lines".to_owned());
        }
        let lines = order.lines.iter().zip(0..);
        let mut program = Program {
            trace,
            edges: edges(trace, Promises::WorkerCore),
            order: &order,
            line_of: lines.map(|(line, number)| (line.event, number)).collect(),
            with_the_sleeps: order.with_the_sleeps(),
            points: Vec::new(),
            number_of: HashMap::new(),
        };
        program.come_to(FixedBitSet::with_capacity(order.lines.len()), false);
        let mut states = Vec::new();
        // Breadth first, so that each state comes after all that lead to it.
        while let Some(point) = program.points.get(states.len()).cloned() {
            states.push(program.state(point));
            if program.points.len() > MOST_STATES {
                return Err(format!(
                    "it can be in more than {MOST_STATES} states, too many for a page; start fewer \
                     workers"
                ));
            }
        }
        count(&mut states).ok_or("it has more than 10^38 outputs, too many to count")?;
        Ok(Explorer {
            threads: trace.threads.iter().map(|it| it.name.clone()).collect(),
            states,
            order,
        })
    }
}

/// Counts the outputs that can come of each state; nothing, if they are too many.
fn count(states: &mut [State]) -> Option<()> {
    for number in (0..states.len()).rev() {
        let state = &states[number];
        let (mut left, mut likely) = (u128::from(state.is_over), u128::from(state.is_over));
        for standing in &state.threads {
            if let Next::Step(step) = &standing.next {
                left = left.checked_add(states[step.state].left)?;
                if step.unlikely.is_none() {
                    likely = likely.checked_add(states[step.state].likely)?;
                }
            }
        }
        (states[number].left, states[number].likely) = (left, likely);
    }
    Some(())
}

/// The lines that have been printed, and whether the program has ended.
type Point = (FixedBitSet, bool);

struct Program<'a> {
    trace: &'a Trace,
    edges: Edges,
    order: &'a HappensBefore,
    /// The line that an event is.
    line_of: HashMap<usize, usize>,
    with_the_sleeps: PartialOrder,
    /// The states that have been come to.
    points: Vec<Point>,
    number_of: HashMap<Point, usize>,
}

impl Program<'_> {
    /// The number of the state where these lines have been printed. Where nothing is left to
    /// print, the program ends by itself.
    fn come_to(&mut self, printed: FixedBitSet, is_over: bool) -> usize {
        let is_over = is_over || printed.is_full();
        let number = self.number_of.entry((printed, is_over));
        *number.or_insert_with_key(|point| {
            self.points.push(point.clone());
            self.points.len() - 1
        })
    }

    fn state(&mut self, (printed, is_over): Point) -> State {
        let (undone, at) = self.undone(&printed);
        let threads = (0..undone.len()).map(|thread| Standing {
            at: at[thread],
            next: match undone[thread] {
                _ if is_over && thread == 0 => Next::Ended,
                Some(_) if is_over => Next::CutOff,
                Some(event) => self.next(event, &undone, &printed),
                None if thread == 0 => self.end(&printed),
                None => Next::Ended,
            },
        });
        State {
            threads: threads.collect(),
            printed,
            is_over,
            left: 0,
            likely: 0,
        }
    }

    /// The first event of each thread that has not happened when these lines have been
    /// printed, and all that could without a line has; and where the thread stands: in the
    /// call that it is in or comes to next, or else in the one that it has come from or
    /// was started in.
    fn undone(&self, printed: &FixedBitSet) -> (Vec<Option<usize>>, Vec<Option<u32>>) {
        let mut undone = vec![None; self.trace.threads.len()];
        let mut at = vec![None; self.trace.threads.len()];
        for (number, event) in self.trace.events.iter().enumerate() {
            let place = event.place.as_ref().filter(|it| it.file == "main.rs");
            let line = place.map(|place| place.line);
            if let EventKind::Start { worker, .. } = event.kind {
                at[worker] = line;
            }
            if undone[event.thread].is_some() {
                continue;
            }
            at[event.thread] = line.or(at[event.thread]);
            let happens = match event.kind {
                EventKind::Line(_) => printed.contains(self.line_of[&number]),
                _ => self.waits_for(number, &undone).is_none(),
            };
            if !happens {
                undone[event.thread] = Some(number);
            }
        }
        (undone, at)
    }

    /// The event that this one comes after, if that has not happened.
    fn waits_for(&self, event: usize, undone: &[Option<usize>]) -> Option<usize> {
        let (source, _) = self.edges[event]?;
        let first = undone[self.trace.events[source].thread]?;
        (first <= source).then_some(source)
    }

    /// What a thread can do that has come to this event.
    fn next(&mut self, event: usize, undone: &[Option<usize>], printed: &FixedBitSet) -> Next {
        let Some(source) = self.waits_for(event, undone) else {
            let line = self.line_of[&event];
            let unlikely = self.unlikely(line, printed);
            let mut printed = printed.clone();
            printed.insert(line);
            return Next::Step(Step {
                line: Some(line),
                state: self.come_to(printed, false),
                unlikely,
            });
        };
        let other = self.trace.events[source].thread;
        match self.trace.events[source].kind {
            EventKind::Line(_) => Next::Start(self.line_of[&source]),
            EventKind::End => {
                let mut lines = self.order.lines.iter();
                match (lines.rposition(|line| line.thread == other), undone[other]) {
                    (Some(last), _) => Next::Join(last),
                    // It prints nothing, so what it waits for is waited for.
                    (None, Some(event)) => self.next(event, undone, printed),
                    (None, None) => Next::Ended,
                }
            }
            _ => Next::ToBeStarted(other),
        }
    }

    /// What is left of a main thread that has come to its end.
    fn end(&mut self, printed: &FixedBitSet) -> Next {
        let missing = |order: &PartialOrder| order.certain().difference(printed).next();
        if let Some(line) = missing(&self.order.guaranteed) {
            return Next::End(line);
        }
        let unlikely = missing(&self.with_the_sleeps).map(Unlikely::Missing);
        Next::Step(Step {
            line: None,
            state: self.come_to(printed.clone(), true),
            unlikely,
        })
    }

    /// Why a line is unlikely to be the next, if the sleeps say so.
    fn unlikely(&self, line: usize, printed: &FixedBitSet) -> Option<Unlikely> {
        if !self.with_the_sleeps.possible().contains(line) {
            return Some(Unlikely::CutOff);
        }
        let before = self.with_the_sleeps.covered_by(line).into_iter();
        let mut missing = before.filter(|&line| !printed.contains(line));
        missing.next().map(Unlikely::Follows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that starts a worker and a daemon, and joins the worker.
    const TRACE: &str = "\
0\t0\t0\tmain.rs:20\tline\tmain thread start
0\t0\t0\tmain.rs:22\tstart\t1\tworker\t1
0\t0\t1\t-\tline\tsub thread start  1
0\t0\t1\tmain.rs:21\tsleep
0\t0\t0\tmain.rs:22\tstarted\t1
0\t0\t0\tmain.rs:23\tstart\t2\tdaemon\t2
0\t0\t2\t-\tline\tsub thread start  2
0\t0\t2\tmain.rs:21\tsleep
0\t0\t0\tmain.rs:23\tstarted\t2
0\t0\t0\tmain.rs:25\tjoin\t1
5\t0\t1\tmain.rs:21\twake
5\t0\t1\t-\tline\tsub thread end  1
5\t0\t1\t-\tend
5\t0\t0\tmain.rs:25\tjoined\t1
5\t0\t0\tmain.rs:26\tline\tmain thread end
5\t0\t0\t-\tend
5\t0\t0\t-\texit
9\t0\t2\tmain.rs:21\twake
9\t0\t2\t-\tline\tsub thread end  2
9\t0\t2\t-\tend
";

    #[test]
    fn of_a_daemon_that_goes_on_for_too_long_there_is_no_explorer() {
        let endless = TRACE.replace("line\tsub thread end  2", "endless");
        let endless = endless.replace("9\t0\t2\t-\tend\n", "");
        let explorer = Explorer::of(&Trace::parse(&endless).unwrap());
        let words = "a daemon of it goes on for too long to know all its lines";
        assert_eq!(explorer.err().as_deref(), Some(words));
    }

    /// Where the threads stand once these of them have gone on, one after another.
    fn behind(steps: &[usize]) -> Vec<String> {
        let explorer = Explorer::of(&Trace::parse(TRACE).unwrap()).unwrap();
        let mut state = &explorer.states[0];
        for &thread in steps {
            let Next::Step(step) = &state.threads[thread].next else {
                panic!("thread {thread} cannot go on: {state:?}");
            };
            state = &explorer.states[step.state];
        }
        let name = |line: usize| explorer.order.lines[line].name.clone();
        let words = state.threads.iter().map(|Standing { at, next }| {
            let next = match next {
                Next::Step(step) => {
                    let unlikely = step.unlikely.map(|why| match why {
                        Unlikely::Follows(line) => format!("mostly after {}", name(line)),
                        other => format!("{other:?}"),
                    });
                    let unlikely = unlikely.unwrap_or_default();
                    format!(
                        "prints {} {unlikely}",
                        step.line.map(name).unwrap_or_default()
                    )
                }
                Next::ToBeStarted(thread) => format!("is started by {thread}"),
                Next::Start(line) => format!("starts until {}", name(*line)),
                Next::Join(line) => format!("joins until {}", name(*line)),
                Next::End(line) => format!("ends after {}", name(*line)),
                end => format!("{end:?}"),
            };
            format!("{} {}", at.unwrap(), next.trim_end())
        });
        words.collect()
    }

    #[test]
    fn a_thread_stands_at_the_call_that_it_is_in_or_comes_to_next() {
        let start = "20 prints `main thread start`";
        assert_eq!(
            behind(&[]),
            [start, "22 is started by 0", "23 is started by 0"]
        );
        let start = "22 starts until `sub thread start  1`";
        let first = "22 prints `sub thread start  1`";
        assert_eq!(behind(&[0]), [start, first, "23 is started by 0"]);
        let start = "23 starts until `sub thread start  2`";
        let first = "21 prints `sub thread end  1` mostly after `sub thread start  2`";
        assert_eq!(behind(&[0, 1])[..2], [start, first]);
        let join = "25 joins until `sub thread end  1`";
        let first = "21 prints `sub thread end  1`";
        assert_eq!(
            behind(&[0, 1, 2]),
            [join, first, "21 prints `sub thread end  2` CutOff"]
        );
        let last = "26 prints `main thread end`";
        assert_eq!(behind(&[0, 1, 2, 1])[..2], [last, "21 Ended"]);
        let end = "26 prints";
        let cut_off = "21 prints `sub thread end  2` CutOff";
        assert_eq!(behind(&[0, 1, 2, 1, 0]), [end, "21 Ended", cut_off]);
        assert_eq!(
            behind(&[0, 1, 2, 1, 0, 0]),
            ["26 Ended", "21 Ended", "21 CutOff"]
        );
        // Nothing is left to print, so the program ends by itself.
        assert_eq!(
            behind(&[0, 1, 2, 1, 0, 2]),
            ["26 Ended", "21 Ended", "21 Ended"]
        );
    }

    #[test]
    fn a_page_shows_the_function_that_the_threads_are_in_and_what_is_asked() {
        let explorer = Explorer::of(&Trace::parse(TRACE).unwrap()).unwrap();
        let source = "fn other() {}\n\nfn main() {\n".to_owned() + &"    // ...\n".repeat(20);
        let source = source + "}\n\nfn last() {}\n";
        let pair = |line: &str, before: Option<&str>| (line.to_owned(), before.map(str::to_owned));
        let challenges = [
            pair("sub thread end  1", Some("sub thread start  2")),
            pair("main thread end", Some("sub thread end  1")),
            pair("sub thread end  2", None),
        ];
        let challenges = challenges.map(|pair| explorer.challenge(&pair).unwrap());
        let json = explorer.json(&source, &challenges, &[vec![0, 2], vec![]]);
        let parts = [
            "\"threads\":[\n\"main thread\",\n\"1\",\n\"2\"\n]",
            "\"first\":3,\n\"listing\":[\n\"fn main() {\",\n",
            "\"}\",\n\"\",\n\"fn last() {}\"\n]",
            "\"challenges\":[\n{\"line\":3,\"before\":4},\n\
             {\"line\":1,\"before\":3,\"forbidden\":{\"state\":6,\"thread\":0}},\n{\"line\":5}\n]",
            "\"questions\":[\n[0, 2],\n[]\n]",
        ];
        for part in parts {
            assert!(json.contains(part), "{part} in {json}");
        }
    }

    #[test]
    fn a_join_of_a_worker_that_prints_nothing_waits_for_what_that_waits_for() {
        let trace = "\
0\t0\t0\t-\tstart\t1\tworker\t1
0\t0\t0\t-\tstart\t2\tworker\t2
0\t0\t2\t-\tline\tsub thread start  2
0\t0\t2\t-\tend
0\t0\t1\t-\tjoin\t2
0\t0\t1\t-\tjoined\t2
0\t0\t1\t-\tend
0\t0\t0\t-\tjoined\t1
0\t0\t0\t-\tline\tmain thread end
0\t0\t0\t-\texit
";
        let explorer = Explorer::of(&Trace::parse(trace).unwrap()).unwrap();
        let main_thread = &explorer.states[0].threads[0];
        let last = explorer.order.lines.len() - 1;
        assert!(
            matches!(main_thread.next, Next::Join(line) if line == last),
            "{main_thread:?}"
        );
    }

    #[test]
    fn a_program_of_more_states_than_a_page_can_hold_is_none_to_explore() {
        let explorer = |lines_before: usize| {
            let mut trace = "0\t0\t0\t-\tline\tmain thread start\n".repeat(lines_before);
            for worker in 1..=3 {
                trace += &format!("0\t0\t0\t-\tstart\t{worker}\tworker\t{worker}\n");
                trace += &format!("0\t0\t{worker}\t-\tline\tsub thread start  {worker}\n");
                trace += &format!("0\t0\t{worker}\t-\tline\tsub thread end  {worker}\n");
                trace += &format!("0\t0\t{worker}\t-\tend\n");
                trace += &format!("0\t0\t0\t-\tstarted\t{worker}\n");
            }
            trace += &"0\t0\t0\t-\tline\tmain thread end\n".repeat(123);
            trace += "0\t0\t0\t-\tend\n0\t0\t0\t-\texit\n";
            Explorer::of(&Trace::parse(&trace).unwrap())
        };
        // One, two and four until the workers have started, and eight with each line behind.
        assert_eq!(explorer(1).unwrap().states.len(), MOST_STATES);
        let error = explorer(2).err().unwrap();
        assert!(
            error.starts_with("it can be in more than 1000 states"),
            "{error}"
        );
    }
}
