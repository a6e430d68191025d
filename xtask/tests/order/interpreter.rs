//! The engine against an interpreter that runs small lessons in every way that there is.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Write as _,
    time::Duration,
};

use fixedbitset::FixedBitSet;
use proptest::{collection::vec, prelude::*, sample::Index};
use worker_core::trace::{Event, EventKind};
use xtask::order::{
    count::{Count, count},
    description::Description,
    guarantees,
    happens_before::{HappensBefore, Line, Promises, edges},
    judgement::{Judge, Verdict},
    normal_form::{normal_form, race},
    partial_order::PartialOrder,
    trace::Trace,
};

/// What the main thread of a small lesson does.
#[derive(Clone, Debug)]
pub enum Step {
    Print,
    Sleep(u32),
    /// Starts a worker that sleeps for so long, and may then join another.
    Start {
        daemon: bool,
        sleep: u32,
        joins: bool,
    },
    /// Joins one of the workers that have not been joined, if there are any.
    Join(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Print),
        1 => (0..3_u32).prop_map(Step::Sleep),
        3 => (any::<bool>(), 0..3_u32, any::<bool>())
            .prop_map(|(daemon, sleep, joins)| Step::Start { daemon, sleep, joins }),
        2 => (0..3_usize).prop_map(Step::Join),
    ]
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 0..7).prop_filter("too many workers to try all orders", |steps| {
        let workers = steps
            .iter()
            .filter(|step| matches!(step, Step::Start { .. }));
        workers.count() <= 3
    })
}

/// One thing that a thread does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Prints the line of this number.
    Print(u8),
    Sleep(u32),
    Start(usize),
    /// Goes on once a worker has printed its first line.
    Started(usize),
    Join(usize),
    Joined(usize),
    /// Comes to its end. A worker does so with its last line.
    End,
}

/// A lesson, thread by thread.
#[derive(Debug)]
pub struct Script {
    pub acts: Vec<Vec<Act>>,
    daemons: Vec<bool>,
    pub lines: Vec<String>,
}

impl Script {
    pub fn of(steps: &[Step]) -> Script {
        let mut main = Vec::new();
        let mut lesson = Script {
            acts: vec![vec![]],
            daemons: vec![false],
            lines: vec![],
        };
        let mut joinable = Vec::new();
        for step in steps {
            match step {
                Step::Print => {
                    let line = format!("main thread {}", lesson.lines.len());
                    main.push(lesson.print(line));
                }
                Step::Sleep(time) => main.push(Act::Sleep(*time)),
                Step::Start {
                    daemon,
                    sleep,
                    joins,
                } => {
                    let worker = lesson.acts.len();
                    // By name, they come the other way round than by their starts.
                    let name = 100 - worker;
                    main.extend([Act::Start(worker), Act::Started(worker)]);
                    let mut acts = vec![
                        lesson.print(format!("sub thread start  {name}")),
                        Act::Sleep(*sleep),
                    ];
                    if let Some(other) = joinable.pop_if(|_| *joins) {
                        acts.extend([Act::Join(other), Act::Joined(other)]);
                    }
                    acts.push(lesson.print(format!("sub thread end  {name}")));
                    lesson.acts.push(acts);
                    lesson.daemons.push(*daemon);
                    joinable.push(worker);
                }
                Step::Join(one) => {
                    if !joinable.is_empty() {
                        let worker = joinable.remove(one % joinable.len());
                        main.extend([Act::Join(worker), Act::Joined(worker)]);
                    }
                }
            }
        }
        main.push(Act::End);
        lesson.acts[0] = main;
        lesson
    }

    fn print(&mut self, line: String) -> Act {
        self.lines.push(line);
        Act::Print(self.lines.len() as u8 - 1)
    }

    /// The same lesson, in which no sleep takes any time.
    pub fn without_sleeps(mut self) -> Script {
        for acts in &mut self.acts {
            acts.retain(|act| !matches!(act, Act::Sleep(_)));
        }
        self
    }
}

/// How far a lesson has got.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// How much each thread has done; nothing, if it has not been started.
    pub done: Vec<Option<usize>>,
    now: u32,
    /// Until when each thread sleeps.
    asleep: Vec<u32>,
    pub output: Vec<u8>,
}

impl State {
    pub fn begin(lesson: &Script) -> State {
        let mut done = vec![None; lesson.acts.len()];
        done[0] = Some(0);
        State {
            asleep: vec![0; done.len()],
            done,
            now: 0,
            output: Vec::new(),
        }
    }

    fn has_ended(&self, lesson: &Script, thread: usize) -> bool {
        self.done[thread] == Some(lesson.acts[thread].len())
    }

    /// Whether the program can end now.
    pub fn can_exit(&self, lesson: &Script) -> bool {
        let waited_for = |&thread: &usize| !lesson.daemons[thread] && self.done[thread].is_some();
        let mut waited_for = (0..self.done.len()).filter(waited_for);
        waited_for.all(|thread| self.has_ended(lesson, thread))
    }

    /// The threads that can do something at this time.
    pub fn can_act(&self, lesson: &Script, promises: Promises) -> Vec<usize> {
        let can_act = |&thread: &usize| {
            let Some(act) = self.done[thread].and_then(|done| lesson.acts[thread].get(done)) else {
                return false;
            };
            match *act {
                _ if self.asleep[thread] > self.now => false,
                Act::Started(worker) if promises == Promises::WorkerCore => {
                    self.done[worker] > Some(0)
                }
                Act::Joined(worker) => self.has_ended(lesson, worker),
                _ => true,
            }
        };
        (0..self.done.len()).filter(can_act).collect()
    }

    /// Lets a thread do its next thing.
    pub fn act(&mut self, lesson: &Script, thread: usize) {
        let done = self.done[thread].unwrap();
        self.done[thread] = Some(done + 1);
        match lesson.acts[thread][done] {
            Act::Print(line) => self.output.push(line),
            Act::Sleep(time) => self.asleep[thread] = self.now + time,
            Act::Start(worker) => self.done[worker] = Some(0),
            Act::Started(_) | Act::Join(_) | Act::Joined(_) | Act::End => {}
        }
    }

    /// The same, written to the trace.
    fn act_traced(&mut self, lesson: &Script, thread: usize, trace: &mut String) {
        let kind = match lesson.acts[thread][self.done[thread].unwrap()] {
            Act::Print(line) => EventKind::Line(lesson.lines[line as usize].clone()),
            Act::Sleep(_) => EventKind::Sleep,
            Act::Start(worker) => EventKind::Start {
                worker,
                daemon: lesson.daemons[worker],
                name: (100 - worker).to_string(),
            },
            Act::Started(worker) => EventKind::Started(worker),
            Act::Join(worker) => EventKind::Join(worker),
            Act::Joined(worker) => EventKind::Joined(worker),
            Act::End => EventKind::End,
        };
        self.record(thread, kind, trace);
        self.act(lesson, thread);
        if thread > 0 && self.has_ended(lesson, thread) {
            self.record(thread, EventKind::End, trace);
        }
    }

    /// Writes what a thread does to the trace.
    fn record(&self, thread: usize, kind: EventKind, trace: &mut String) {
        let event = Event {
            time: Duration::from_nanos(self.now.into()),
            elapsed: Duration::ZERO,
            thread,
            place: None,
            kind,
        };
        writeln!(trace, "{event}").unwrap();
    }

    /// Lets time go on to when the next thread wakes, if one sleeps.
    pub fn wake(&mut self) -> bool {
        let next = self.asleep.iter().filter(|&&until| until > self.now).min();
        let next = next.copied();
        self.now = next.unwrap_or(self.now);
        next.is_some()
    }
}

/// Every output of a lesson, by trying all that can happen.
pub fn outputs(lesson: &Script, promises: Promises) -> BTreeSet<Vec<String>> {
    let mut outputs = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut left = vec![State::begin(lesson)];
    while let Some(state) = left.pop() {
        if !seen.insert(state.clone()) {
            continue;
        }
        let can_exit = state.can_exit(lesson);
        if can_exit {
            let lines = state.output.iter();
            outputs.insert(
                lines
                    .map(|&line| lesson.lines[line as usize].clone())
                    .collect(),
            );
        }
        let can_act = state.can_act(lesson, promises);
        for &thread in &can_act {
            let mut next = state.clone();
            next.act(lesson, thread);
            left.push(next);
        }
        // The end of the program is due at once, so no time goes by before it.
        if can_act.is_empty() && !can_exit {
            let mut next = state;
            if next.wake() {
                left.push(next);
            }
        }
    }
    outputs
}

/// The trace of one run on the simulated clock, on which luck decides by `picks`.
pub fn run(lesson: &Script, picks: &[Index]) -> String {
    let mut picks = picks.iter().cycle();
    let mut state = State::begin(lesson);
    let mut trace = String::new();
    let mut exited = false;
    loop {
        let can_act = state.can_act(lesson, Promises::WorkerCore);
        let can_exit = !exited && state.can_exit(lesson);
        let choices = can_act.len() + usize::from(can_exit);
        if choices == 0 {
            if state.wake() {
                continue;
            }
            return trace;
        }
        // Without picks, the first that can.
        let pick = picks.next().map_or(0, |pick| pick.index(choices));
        match can_act.get(pick) {
            Some(&thread) => state.act_traced(lesson, thread, &mut trace),
            None => {
                state.record(0, EventKind::Exit, &mut trace);
                exited = true;
            }
        }
    }
}

fn order(trace: &str, promises: Promises) -> HappensBefore {
    HappensBefore::of(&Trace::parse(trace).unwrap(), promises)
}

/// The outputs that an order allows, as the lines that they consist of.
pub fn listed(happens_before: &HappensBefore, order: &PartialOrder) -> BTreeSet<Vec<String>> {
    let normal_order = happens_before.likely_output();
    let text = |output: Vec<usize>| {
        let lines = output.into_iter();
        lines
            .map(|line| happens_before.lines[line].text.clone())
            .collect()
    };
    order.outputs(&normal_order).map(text).collect()
}

/// The events of a trace that are lines, the main thread's first.
fn lines(trace: &Trace) -> Vec<usize> {
    let is_line = |&number: &usize| matches!(trace.events[number].kind, EventKind::Line(_));
    let mut lines: Vec<_> = (0..trace.events.len()).filter(is_line).collect();
    lines.sort_by_key(|&number| trace.events[number].thread);
    lines
}

/// For each line of a trace those that come before it, straight from the definition.
fn before(trace: &Trace, promises: Promises) -> Vec<FixedBitSet> {
    let edges = edges(trace, promises);
    let mut before = vec![FixedBitSet::with_capacity(trace.events.len()); trace.events.len()];
    for (number, event) in trace.events.iter().enumerate() {
        let own = (0..number).rfind(|&other| trace.events[other].thread == event.thread);
        let across = edges[number].map(|(source, _)| source);
        for earlier in own.into_iter().chain(across) {
            let all = before[earlier].clone();
            before[number].union_with(&all);
            before[number].insert(earlier);
        }
    }
    let lines = lines(trace);
    let of_lines = lines.iter().map(|&line| {
        let mut earlier = FixedBitSet::with_capacity(lines.len());
        earlier.extend((0..lines.len()).filter(|&other| before[line].contains(lines[other])));
        earlier
    });
    of_lines.collect()
}

/// The workers' lines before each line of the main thread, and behind the last.
fn stretches(order: &HappensBefore, output: &[usize]) -> Vec<BTreeSet<usize>> {
    let stretches = output.split(|&line| order.lines[line].thread == 0);
    stretches
        .map(|lines| lines.iter().copied().collect())
        .collect()
}

/// For each worker's line of an output how many of its worker's stand before it since the
/// last line of the main thread, and the number that is its worker's name.
fn by_name(order: &HappensBefore, output: &[usize]) -> Vec<(usize, u32)> {
    let stretches = output.split(|&line| order.lines[line].thread == 0);
    let keys = stretches.flat_map(|stretch| {
        (0..stretch.len()).map(move |place| {
            let line = &order.lines[stretch[place]];
            let earlier = stretch[..place].iter();
            let earlier = earlier.filter(|&&other| order.lines[other].thread == line.thread);
            let name = line.text.rsplit(' ').next().unwrap();
            (earlier.count(), name.parse().unwrap())
        })
    });
    keys.collect()
}

pub fn picks() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn one_run_tells_every_output_that_a_lesson_can_have(steps in steps(), picks in picks()) {
        let lesson = Script::of(&steps);
        let trace = run(&lesson, &picks);
        for sleeps in [false, true] {
            let lesson = Script::of(&steps);
            let lesson = if sleeps { lesson } else { lesson.without_sleeps() };
            // Threads of Python do what those of std do.
            let [ours, plain] = [Promises::WorkerCore, Promises::Std]
                .map(|promises| outputs(&lesson, promises));
            for (promises, tried) in [
                (Promises::WorkerCore, &ours),
                (Promises::Std, &plain),
                (Promises::Python, &plain),
            ] {
                let order = order(&trace, promises);
                let with_the_sleeps = order.with_the_sleeps();
                let order_of = if sleeps { &with_the_sleeps } else { &order.guaranteed };
                prop_assert_eq!(count(order_of), Count::Exact(tried.len() as u128));
                prop_assert_eq!(&listed(&order, order_of), tried);
            }
        }
    }

    #[test]
    fn what_comes_before_what_is_the_transitive_closure_of_each_threads_order_and_the_edges(
        steps in vec(step(), 0..40), picks in picks(),
    ) {
        let trace = Trace::parse(&run(&Script::of(&steps), &picks)).unwrap();
        for promises in [Promises::WorkerCore, Promises::Std] {
            let order = HappensBefore::of(&trace, promises);
            let before = before(&trace, promises);
            let with_the_sleeps = order.with_the_sleeps();
            let lines = lines(&trace);
            let time = |line: usize| trace.events[lines[line]].time;
            for line in 0..order.lines.len() {
                prop_assert_eq!(order.guaranteed.before(line), before[line].clone());

                let is_between = |&earlier: &usize| before[line].ones().any(|other| before[other].contains(earlier));
                let covered: Vec<_> = before[line].ones().filter(|earlier| !is_between(earlier)).collect();
                let pairs = order.guarantees.iter().filter(|pair| pair.after == Some(line));
                let pairs: BTreeSet<_> = pairs.map(|pair| pair.before).collect();
                prop_assert_eq!(pairs, covered.iter().copied().collect());
                prop_assert_eq!(order.guaranteed.covered_by(line), covered);

                if with_the_sleeps.possible().contains(line) {
                    let mut before = before[line].clone();
                    before.extend((0..order.lines.len()).filter(|&other| time(other) < time(line)));
                    prop_assert_eq!(with_the_sleeps.before(line), before);
                }
            }
        }
    }

    #[test]
    fn a_guarantee_is_listed_behind_those_of_all_that_comes_before_its_line(
        steps in vec(step(), 0..12), picks in picks(),
    ) {
        let order = order(&run(&Script::of(&steps), &picks), Promises::WorkerCore);
        let after: Vec<_> = order.guarantees.iter().map(|pair| pair.after).collect();
        for (place, &line) in after.iter().enumerate() {
            // All lines come before the end of the program.
            let is_earlier = |&other: &usize| line.is_none_or(|line| order.guaranteed.is_before(other, line));
            prop_assert!(!after[place..].iter().flatten().any(is_earlier));
        }
    }

    #[test]
    fn a_likely_output_has_every_line_as_soon_as_the_sleeps_and_then_the_main_thread_have_it(
        steps in vec(step(), 0..12), picks in picks(),
    ) {
        let trace = Trace::parse(&run(&Script::of(&steps), &picks)).unwrap();
        let order = HappensBefore::of(&trace, Promises::WorkerCore);
        let likely = order.likely_output();
        prop_assert!(order.guaranteed.allows(&likely));
        prop_assert_eq!(likely.len(), order.lines.len());
        let key = |line: usize| {
            let Line { thread, event, .. } = order.lines[line];
            let earlier = order.lines[..line].iter().filter(|it| it.thread == thread);
            (trace.events[event].time, thread > 0, earlier.count(), thread)
        };
        for pair in likely.windows(2) {
            let follows = order.guaranteed.before(pair[1]).contains(pair[0]);
            prop_assert!(follows || key(pair[0]) < key(pair[1]));
        }
    }

    #[test]
    fn what_the_sleeps_make_unlikely_is_a_line_before_one_that_it_follows_with_them(
        steps in vec(step(), 0..12), picks in picks(), order_of_lines in vec(any::<u32>(), 64),
    ) {
        let trace = Trace::parse(&run(&Script::of(&steps), &picks)).unwrap();
        let order = HappensBefore::of(&trace, Promises::WorkerCore);
        let judge = Judge::of(&trace, "tried", Promises::WorkerCore).unwrap();
        let sleeps = order.with_the_sleeps();
        let mut preferred: Vec<_> = (0..order.lines.len()).collect();
        preferred.sort_by_key(|&line| order_of_lines.get(line));
        for output in order.guaranteed.outputs(&preferred).take(8) {
            if output.iter().any(|&line| !sleeps.possible().contains(line)) {
                continue;
            }
            let judged = judge.judge(order.output(&output).as_bytes()).verdict;
            let early = (0..output.len()).find_map(|place| {
                let follows = sleeps.covered_by(output[place]);
                let missing = follows.into_iter().find(|line| !output[..place].contains(line));
                missing.map(|missing| (place, missing))
            });
            let unlikely = match judged {
                Verdict::Possible => String::new(),
                Verdict::Unlikely(why) => why,
                other => panic!("{other:?}"),
            };
            let words = early.map(|(place, missing)| {
                let [line, missing] = [output[place], missing].map(|line| order.name(Some(line)));
                format!("line {}, {line}, nearly always follows {missing}, ", place + 1)
            });
            prop_assert_eq!(unlikely.contains(" nearly always follows "), words.is_some());
            prop_assert!(unlikely.starts_with(&words.unwrap_or_default()), "{}", unlikely);
        }
    }

    #[test]
    fn what_is_likely_and_what_is_left_to_the_scheduler_is_all_that_is_not_guaranteed(
        steps in vec(step(), 0..12), picks in picks(),
    ) {
        let trace = Trace::parse(&run(&Script::of(&steps), &picks)).unwrap();
        let described = Description::of(&trace, Promises::WorkerCore).unwrap();
        let (order, guaranteed) = (&described.with_the_sleeps, &described.happens_before.guaranteed);
        let before: Vec<_> = (0..order.lines()).map(|line| order.before(line)).collect();
        let comparable = |one: usize, other: usize| before[one].contains(other) || before[other].contains(one);
        let lines = &described.happens_before.lines;
        let number = |name: &str| lines.iter().position(|line| line.name == name).unwrap();

        let mut likely = BTreeSet::new();
        for after in order.possible().ones() {
            let not_guaranteed = |before: &usize| !guaranteed.before(after).contains(*before);
            let pairs = order.covered_by(after).into_iter().filter(not_guaranteed);
            likely.extend(pairs.map(|before| (before, after)));
        }
        let pairs = described.likely_pairs(usize::MAX);
        let pairs = pairs.iter().map(|pair| pair.split_once(" → ").unwrap());
        let pairs: BTreeSet<_> = pairs.map(|(before, after)| (number(before.trim()), number(after))).collect();
        prop_assert_eq!(pairs, likely);
        for after in 0..order.lines() {
            let is_certain = described.happens_before.guaranteed.certain().contains(after);
            prop_assert_eq!(described.is_guaranteed(after, None), is_certain);
            for before in 0..order.lines() {
                let is_guaranteed = guaranteed.before(after).contains(before);
                prop_assert_eq!(described.is_guaranteed(before, Some(after)), is_guaranteed);
                let is_likely = !is_guaranteed && order.before(after).contains(before);
                prop_assert_eq!(described.is_likely(before, after), is_likely);
            }
        }

        let first = order.outputs(&described.normal_order).next().unwrap();
        let mut numbered = described.numbered();
        prop_assert_eq!(&numbered[..first.len()], &first[..]);
        numbered.sort_unstable();
        prop_assert_eq!(numbered, (0..order.lines()).collect::<Vec<_>>());

        let groups = described.incomparable_lines();
        let groups: Vec<Vec<_>> = groups
            .split(|line| line == "any order of")
            .skip(1)
            .map(|names| names.iter().filter(|name| *name != "and more").map(|name| number(name.trim())).collect())
            .collect();
        let together = |one: usize, other: usize| groups.iter().any(|group| group.contains(&one) && group.contains(&other));
        prop_assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), groups.len());
        for group in &groups {
            prop_assert!(described.is_antichain(&FixedBitSet::from_iter(group.iter().copied())));
            for line in order.possible().ones() {
                let free = group.iter().filter(|&&other| other == line || !comparable(line, other));
                prop_assert_eq!(free.count() == group.len(), group.contains(&line));
            }
        }
        for one in 0..order.lines() {
            for other in one + 1..order.lines() {
                let is_possible = [one, other].iter().all(|&line| order.possible().contains(line));
                let is_antichain = is_possible && !comparable(one, other);
                prop_assert!(!is_antichain || together(one, other) || groups.len() == 20);
                prop_assert_eq!(described.is_antichain(&FixedBitSet::from_iter([one, other])), is_antichain);
            }
        }
    }

    #[test]
    fn the_normal_form_is_the_first_output_by_name_between_the_same_fences(
        steps in steps(), picks in picks(),
    ) {
        let lesson = Script::of(&steps);
        let happens_before = order(&run(&lesson, &picks), Promises::WorkerCore);
        let order = &happens_before.guaranteed;
        let outputs: Vec<_> = order.outputs(&happens_before.likely_output()).collect();
        for output in &outputs {
            // What stands before each line of the main thread, in any order.
            let fenced = stretches(&happens_before, output);
            let alike = outputs.iter().filter(|other| stretches(&happens_before, other) == fenced);
            let first = alike.min_by_key(|other| by_name(&happens_before, other));
            let normal_form = normal_form(&happens_before, output);
            prop_assert_eq!(first, Some(&normal_form));
        }
    }

    #[test]
    fn there_is_one_normal_form_and_it_is_listed_first_unless_lines_race(
        steps in steps(), picks in picks(), other in picks(),
    ) {
        let lesson = Script::of(&steps);
        let happens_before = order(&run(&lesson, &picks), Promises::WorkerCore);
        let with_the_sleeps = happens_before.with_the_sleeps();
        let preferred = normal_form(&happens_before, &happens_before.likely_output());
        let outputs = with_the_sleeps.outputs(&preferred);
        let normal: HashSet<_> = outputs.map(|output| normal_form(&happens_before, &output)).collect();
        prop_assert_eq!(race(&happens_before).is_none(), normal.len() == 1);
        if race(&happens_before).is_none() {
            let normal = normal_form(&happens_before, &happens_before.printed());
            // The sleeps may speak against it.
            if with_the_sleeps.allows(&normal) {
                let first = with_the_sleeps.outputs(&preferred).next();
                prop_assert_eq!(first.as_ref(), Some(&normal));
            }
            let other = order(&run(&lesson, &other), Promises::WorkerCore);
            let text = |of: &HappensBefore| -> Vec<String> {
                let lines = normal_form(of, &of.printed()).into_iter();
                lines.map(|line| of.lines[line].text.clone()).collect()
            };
            prop_assert_eq!(text(&other), text(&happens_before));
        }
    }

    #[test]
    fn the_guarantees_do_not_depend_on_luck(
        steps in steps(), one in picks(), other in picks(),
    ) {
        let lesson = Script::of(&steps);
        let (one, other) = (run(&lesson, &one), run(&lesson, &other));
        let guarantees = |trace: &str| guarantees::text(&order(trace, Promises::WorkerCore));
        prop_assert_eq!(guarantees(&one), guarantees(&other));
        let likely = |trace: &str| {
            let order = order(trace, Promises::WorkerCore);
            let lines = order.likely_output().into_iter();
            lines.map(|line| order.lines[line].text.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(likely(&one), likely(&other));
        // On the real clock nothing is known of what was cut off.
        let exit = EventKind::Exit.to_string();
        let cut_off = other.split_inclusive(&format!("{exit}\n")).next().unwrap();
        prop_assert_eq!(guarantees(&one), guarantees(cut_off));
    }
}

/// What the main thread of one of the four lessons does.
fn steps_of(workers: usize, daemon: bool, joins: bool) -> Vec<Step> {
    let start = Step::Start {
        daemon,
        sleep: 3,
        joins: false,
    };
    let mut steps = vec![Step::Print];
    steps.extend(vec![start; workers]);
    if joins {
        steps.extend(vec![Step::Join(0); workers]);
        steps.push(Step::Print);
    }
    steps.push(Step::Print);
    steps
}

/// The four lessons, with the number of their outputs with the sleeps and without.
pub fn four_lessons() -> [(Vec<Step>, usize, usize); 4] {
    [
        (steps_of(5, false, false), 120, 3840),
        (steps_of(5, true, false), 1, 7916),
        (steps_of(2, false, true), 2, 3),
        (steps_of(3, false, true), 6, 15),
    ]
}

#[test]
fn the_four_lessons_have_as_many_outputs_as_trying_finds() {
    for (steps, likely, guaranteed) in four_lessons() {
        assert_tried(&steps, Promises::WorkerCore, likely, guaranteed);
    }
    for promises in [Promises::Std, Promises::Python] {
        assert_tried(&steps_of(2, false, true), promises, 4, 6);
        assert_tried(&steps_of(3, false, true), promises, 36, 90);
    }
}

#[track_caller]
fn assert_tried(steps: &[Step], promises: Promises, likely: usize, guaranteed: usize) {
    let tried = |lesson: Script| outputs(&lesson, promises).len();
    let lesson = Script::of(steps);
    assert_eq!(tried(lesson), likely, "{promises}: {steps:?}");
    let lesson = Script::of(steps).without_sleeps();
    assert_eq!(tried(lesson), guaranteed, "{promises}: {steps:?}");
}

#[test]
fn twenty_workers_are_counted_exactly() {
    // The end lines can go in one after another, the last worker's first: behind its
    // own start line each finds two places more than the one before.
    let places: u128 = (1..=20).map(|worker| 2 * worker).product();
    let factorial: u128 = (1..=20).product();
    for (steps, likely, guaranteed) in [
        (steps_of(20, false, false), factorial, places),
        (
            steps_of(20, false, true),
            factorial,
            (1..=20).map(|worker| 2 * worker - 1).product(),
        ),
    ] {
        let lesson = Script::of(&steps);
        let trace = run(&lesson, &[]);
        let order = order(&trace, Promises::WorkerCore);
        assert_eq!(count(&order.with_the_sleeps()), Count::Exact(likely));
        assert_eq!(count(&order.guaranteed), Count::Exact(guaranteed));
    }
}

#[test]
fn the_normal_form_is_listed_first_whatever_order_the_workers_are_started_in() {
    let start = Step::Start {
        daemon: false,
        sleep: 1,
        joins: false,
    };
    let steps = [start.clone(), Step::Print, start, Step::Print];
    let happens_before = order(&run(&Script::of(&steps), &[]), Promises::WorkerCore);
    let normal = normal_form(&happens_before, &happens_before.likely_output());
    let order = happens_before.with_the_sleeps();
    assert_eq!(order.outputs(&normal).next(), Some(normal));
}
