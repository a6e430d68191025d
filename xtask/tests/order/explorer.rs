//! The states that a reader can go through against the interpreter.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use proptest::prelude::*;
use tinyjson::JsonValue;
use xtask::order::{
    explorer::{Explorer, Next, practice::Pair},
    happens_before::Promises,
    judgement::{Judge, Verdict},
    trace::Trace,
};

use crate::interpreter::{
    Act, Script, State, Step, four_lessons, listed, outputs, picks, run, steps,
};

/// The lines that have been printed, and whether the program has ended.
type Point = (BTreeSet<String>, bool);

/// What a thread can do, in words.
type Choices = Vec<String>;

/// The states of an explorer as far as likely steps lead, or all, and what each thread
/// can do there.
fn explored(explorer: &Explorer, only_likely: bool) -> BTreeMap<Point, Choices> {
    let text = |line: usize| explorer.order.lines[line].text.clone();
    let mut found = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut left = vec![0];
    while let Some(number) = left.pop() {
        if !seen.insert(number) {
            continue;
        }
        let state = &explorer.states[number];
        let printed = state.printed.ones().map(text);
        let choices = state.threads.iter().map(|standing| match &standing.next {
            Next::Step(step) if only_likely && step.unlikely.is_some() => String::new(),
            Next::Step(step) => {
                left.push(step.state);
                let printed = &explorer.states[step.state].printed;
                let new = printed.difference(&state.printed).collect::<Vec<_>>();
                assert_eq!(new, step.line.into_iter().collect::<Vec<_>>());
                step.line.map_or("ends the program".to_owned(), text)
            }
            _ if only_likely => String::new(),
            Next::ToBeStarted(thread) => format!("is started by {thread}"),
            Next::Start(line) => format!("starts until {}", text(*line)),
            Next::Join(line) => format!("joins until {}", text(*line)),
            Next::End(line) => {
                assert!(!state.printed.contains(*line));
                "waits for the end".to_owned()
            }
            Next::Ended => "has ended".to_owned(),
            Next::CutOff => "is cut off".to_owned(),
        });
        let choices = choices.collect();
        found.insert((printed.collect(), state.is_over), choices);
    }
    found
}

/// The same by trying.
fn tried(lesson: &Script, only_likely: bool) -> BTreeMap<Point, Choices> {
    let mut found = BTreeMap::<_, Choices>::new();
    let mut seen = HashSet::new();
    let mut left = vec![(State::begin(lesson), false)];
    while let Some((mut state, mut is_over)) = left.pop() {
        if !is_over {
            settle(lesson, &mut state, only_likely);
            is_over = state.output.len() == lesson.lines.len();
        }
        // What can happen next does not depend on the order of what has been printed.
        state.output.sort_unstable();
        if !seen.insert((state.clone(), is_over)) {
            continue;
        }
        let text = |line: &u8| lesson.lines[*line as usize].clone();
        let can_act = state.can_act(lesson, Promises::WorkerCore);
        let choices = (0..lesson.acts.len()).map(|thread| {
            let act = state.done[thread].map(|done| lesson.acts[thread].get(done));
            match act {
                _ if is_over && thread == 0 => "has ended".to_owned(),
                Some(None) if thread > 0 => "has ended".to_owned(),
                _ if is_over => "is cut off".to_owned(),
                Some(Some(Act::Print(line))) if can_act.contains(&thread) => {
                    let mut next = state.clone();
                    next.act(lesson, thread);
                    left.push((next, false));
                    text(line)
                }
                Some(None) if state.can_exit(lesson) => {
                    left.push((state.clone(), true));
                    "ends the program".to_owned()
                }
                Some(None) => "waits for the end".to_owned(),
                Some(Some(Act::Started(worker))) => {
                    format!("starts until {}", first_and_last(lesson, *worker)[0])
                }
                Some(Some(Act::Joined(worker))) => {
                    format!("joins until {}", first_and_last(lesson, *worker)[1])
                }
                Some(Some(act)) => format!("{act:?}"),
                None => format!("is started by {}", starter(lesson, thread)),
            }
        });
        let mut choices: Choices = choices.collect();
        let printed: BTreeSet<_> = state.output.iter().map(text).collect();
        if only_likely {
            for choice in choices.iter_mut().filter(|it| !is_step(lesson, it)) {
                choice.clear();
            }
        }
        // In which of several ways one comes here does not count, except that time may
        // have gone on in one of them.
        let known = found
            .entry((printed, is_over))
            .or_insert_with(|| choices.clone());
        for (known, choice) in known.iter_mut().zip(choices) {
            if known.is_empty() {
                *known = choice;
            } else {
                assert!(choice.is_empty() || *known == choice);
            }
        }
    }
    found
}

/// Does all that prints nothing, and lets time go on where nobody can do anything else.
fn settle(lesson: &Script, state: &mut State, with_the_sleeps: bool) {
    loop {
        let can_act = state.can_act(lesson, Promises::WorkerCore);
        let silent = can_act.iter().find(|&&thread| {
            let done = state.done[thread].unwrap();
            !matches!(lesson.acts[thread][done], Act::Print(_))
        });
        match silent {
            Some(&thread) => state.act(lesson, thread),
            None if with_the_sleeps && can_act.is_empty() && !state.can_exit(lesson) => {
                assert!(state.wake());
            }
            None => return,
        }
    }
}

fn is_step(lesson: &Script, choice: &String) -> bool {
    choice == "ends the program" || lesson.lines.contains(choice)
}

fn first_and_last(lesson: &Script, thread: usize) -> [String; 2] {
    let line = |act: &Act| match act {
        Act::Print(line) => Some(lesson.lines[*line as usize].clone()),
        _ => None,
    };
    let lines: Vec<_> = lesson.acts[thread].iter().filter_map(line).collect();
    [lines[0].clone(), lines[lines.len() - 1].clone()]
}

fn starter(lesson: &Script, thread: usize) -> usize {
    let starts = |acts: &Vec<Act>| acts.contains(&Act::Start(thread));
    lesson.acts.iter().position(starts).unwrap()
}

/// The states that likely steps lead to, or all, and what has been printed then.
fn next(
    explorer: &Explorer,
    number: usize,
    output: &[String],
    only_likely: bool,
) -> Vec<(usize, Vec<String>)> {
    let steps = explorer.states[number].threads.iter();
    let steps = steps.filter_map(|standing| match &standing.next {
        Next::Step(step) if !only_likely || step.unlikely.is_none() => Some(step),
        _ => None,
    });
    let next = steps.map(|step| {
        let text = |line: usize| explorer.order.lines[line].text.clone();
        let output = output.iter().cloned().chain(step.line.map(text));
        (step.state, output.collect())
    });
    next.collect()
}

/// The outputs that likely steps lead to, or all.
fn finished(explorer: &Explorer, only_likely: bool) -> BTreeSet<Vec<String>> {
    let mut outputs = BTreeSet::new();
    let mut left = vec![(0, Vec::new())];
    while let Some((number, output)) = left.pop() {
        let state = &explorer.states[number];
        left.extend(next(explorer, number, &output, only_likely));
        if state.is_over {
            outputs.insert(output);
        }
    }
    outputs
}

fn explorer(trace: &str) -> Explorer {
    Explorer::of(&Trace::parse(trace).unwrap()).unwrap()
}

/// Everything that is known of a lesson's states against all that can happen in it.
fn assert_tried(lesson: impl Fn() -> Script, explorer: &Explorer) -> [usize; 6] {
    let order = &explorer.order;
    let mut figures = Vec::new();
    for only_likely in [false, true] {
        let (order_of, lesson) = match only_likely {
            true => (&order.with_the_sleeps(), lesson()),
            false => (&order.guaranteed, lesson().without_sleeps()),
        };
        let explored = explored(explorer, only_likely);
        assert_eq!(explored, tried(&lesson, only_likely));
        let outputs = outputs(&lesson, Promises::WorkerCore);
        assert_eq!(finished(explorer, only_likely), outputs);
        assert_eq!(listed(order, order_of), outputs);
        assert_counted(explorer, only_likely, &outputs);
        let choices = explored.values().flatten();
        let steps = choices.filter(|choice| is_step(&lesson, choice)).count();
        figures.extend([explored.len(), steps, outputs.len()]);
    }
    figures.try_into().unwrap()
}

/// Holds the number of outputs that can come of each state to those that begin with what
/// leads there.
fn assert_counted(explorer: &Explorer, only_likely: bool, outputs: &BTreeSet<Vec<String>>) {
    let mut seen = BTreeSet::new();
    let mut left = vec![(0, Vec::new())];
    while let Some((number, output)) = left.pop() {
        if !seen.insert(number) {
            continue;
        }
        let state = &explorer.states[number];
        let count = match only_likely {
            true => state.likely,
            false => state.left,
        };
        let begin_so = outputs.iter().filter(|it| it.starts_with(&output)).count();
        assert_eq!(count, if state.is_over { 1 } else { begin_so as u128 });
        left.extend(next(explorer, number, &output, only_likely));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn who_is_the_scheduler_can_do_all_that_can_happen_and_no_more(
        steps in steps(), picks in picks(),
    ) {
        let lesson = || Script::of(&steps);
        assert_tried(lesson, &explorer(&run(&lesson(), &picks)));
    }

    #[test]
    fn an_output_to_judge_is_possible_if_there_is_a_way_to_it_and_there_is_one_of_each_kind(
        steps in steps(), picks in picks(),
    ) {
        let trace = run(&Script::of(&steps), &picks);
        let explorer = explorer(&trace);
        let trace = Trace::parse(&trace).unwrap();
        let judge = Judge::of(&trace, "lesson", Promises::WorkerCore).unwrap();
        let outputs = finished(&explorer, false);
        let questions = explorer.questions();
        let verdicts = questions.iter().map(|question| {
            let lines = question.iter().map(|&line| explorer.order.lines[line].text.clone());
            let lines: Vec<_> = lines.collect();
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let verdict = judge.judge(text.as_bytes()).verdict;
            assert_eq!(verdict.is_possible(), outputs.contains(&lines), "{text}");
            verdict
        });
        let mut verdicts: Vec<_> = verdicts.collect();
        let mut questions = questions;
        let likely = questions.pop().unwrap();
        prop_assert_eq!(verdicts.pop(), Some(Verdict::Possible));
        let of_the_same = |output: &Vec<usize>| {
            likely.len() == output.len() && likely.iter().all(|line| output.contains(line))
        };
        // It is not the one that the book shows, if there is another of its lines.
        let with_the_sleeps = explorer.order.with_the_sleeps();
        let preferred = explorer.order.likely_output();
        let mut alike = with_the_sleeps.outputs(&preferred).filter(|it| of_the_same(it));
        if alike.nth(1).is_some() {
            let shown = with_the_sleeps.outputs(&preferred).next();
            prop_assert_ne!(shown.as_ref(), Some(&likely));
        }

        // One in which a single guaranteed pair stands the other way round.
        let guaranteed = &explorer.order.guaranteed;
        let is_before = |before: usize, after: usize| guaranteed.before(after).contains(before);
        let turned = |output: &[usize]| {
            let pairs = (0..output.len()).flat_map(|at| output[..at].iter().map(move |&it| (it, at)));
            pairs.filter(|&(earlier, at)| is_before(output[at], earlier)).count()
        };
        let swapped: Vec<_> = questions.iter().filter(|it| of_the_same(it) && turned(it) > 0).collect();
        let can_be = likely.iter().any(|&line| likely.iter().any(|&other| is_before(line, other)));
        prop_assert_eq!(swapped.len(), usize::from(can_be));
        prop_assert!(swapped.iter().all(|it| turned(it) == 1));

        // One that lacks a line of a worker that every output has.
        let lacks = |question: &Vec<usize>, lost: usize| {
            likely.iter().filter(|&&line| line != lost).eq(question)
        };
        let of_workers = |&line: &usize| explorer.order.lines[line].thread > 0;
        let certain: Vec<_> = guaranteed.certain().ones().filter(of_workers).collect();
        let lacking = questions.iter().filter(|it| certain.iter().any(|&lost| lacks(it, lost))).count();
        prop_assert_eq!(lacking, usize::from(!certain.is_empty()));

        // And one that the sleeps make unlikely.
        let is_unlikely = |it: &&Verdict| matches!(it, Verdict::Unlikely(_));
        let unlikely = verdicts.iter().filter(is_unlikely).count();
        if outputs.len() <= 1000 {
            prop_assert_eq!(unlikely, usize::from(outputs != finished(&explorer, true)));
        }
        prop_assert_eq!(questions.len(), swapped.len() + lacking + unlikely);
    }

    #[test]
    fn a_challenge_can_be_met_unless_the_other_line_always_comes_first(
        steps in steps(), picks in picks(),
    ) {
        let explorer = explorer(&run(&Script::of(&steps), &picks));
        let outputs = finished(&explorer, false);
        let texts: Vec<_> = explorer.order.lines.iter().map(|line| line.text.clone()).collect();
        for line in &texts {
            for before in texts.iter().filter(|before| *before != line) {
                let challenge = explorer.challenge(&(line.clone(), Some(before.clone())));
                let place = |output: &[String], line| output.iter().position(|it| it == line);
                let is_met = |output: &Vec<String>| {
                    let (line, before) = (place(output, line), place(output, before));
                    line.is_some_and(|line| before.is_none_or(|before| line < before))
                };
                let can_be_met = challenge.unwrap().forbidden.is_none();
                prop_assert_eq!(can_be_met, outputs.iter().any(is_met));
            }
        }
        if let Some(pair) = explorer.arranged_by_the_sleeps() {
            prop_assert_eq!(explorer.challenge(&pair).unwrap().forbidden, None);
            for output in finished(&explorer, true) {
                let place = |line: &String| output.iter().position(|it| it == line);
                let (line, before) = (place(&pair.0), pair.1.as_ref().and_then(place));
                prop_assert!(line.is_none_or(|line| before.is_some_and(|before| before < line)));
            }
        } else {
            let (all, likely) = (finished(&explorer, false), finished(&explorer, true));
            prop_assert!(all.iter().all(|it| it.len() < texts.len() || likely.contains(it)));
        }
    }

    #[test]
    fn a_change_that_loses_a_guarantee_is_told_by_a_pair_that_only_it_lets_turn_round(
        steps in steps(), picks in picks(),
    ) {
        let explorer_of = |steps: &[Step]| explorer(&run(&Script::of(steps), &picks));
        let lesson = explorer_of(&steps);
        prop_assert_eq!(lesson.lost_in(&lesson), None);
        let is_kept = |step: &&Step| !matches!(step, Step::Join(_));
        let without_joins: Vec<_> = steps.iter().filter(is_kept).cloned().collect();
        let changed = explorer_of(&without_joins);
        let can = |explorer: &Explorer, pair: &Pair| {
            explorer.challenge(pair).is_some_and(|it| it.forbidden.is_none())
        };
        let pairs = lesson.order.guarantees.iter().filter_map(|pair| {
            let text = |line: usize| lesson.order.lines[line].text.clone();
            Some((text(pair.after?), Some(text(pair.before))))
        });
        let lost: Vec<_> = pairs.filter(|pair| can(&changed, pair)).collect();
        prop_assert_eq!(lesson.lost_in(&changed), lost.first().cloned());
        prop_assert!(lost.iter().all(|pair| !can(&lesson, pair)));
    }

    #[test]
    fn a_page_reads_every_state_and_every_count(steps in steps(), picks in picks()) {
        let explorer = explorer(&run(&Script::of(&steps), &picks));
        let json = explorer.json("fn main() {\n\t\"\u{1b}\"\n}\n", &[], &explorer.questions());
        let page: JsonValue = json.parse().unwrap();
        let states: &Vec<JsonValue> = page["states"].get().unwrap();
        prop_assert_eq!(states.len(), explorer.states.len());
        for (state, read) in explorer.states.iter().zip(states) {
            for (name, count) in [("left", state.left), ("likely", state.likely)] {
                let count = count.to_string();
                prop_assert_eq!(read[name].get(), Some(&count));
            }
            let threads: &Vec<JsonValue> = read["threads"].get().unwrap();
            prop_assert_eq!(threads.len(), state.threads.len());
            for (standing, read) in state.threads.iter().zip(threads) {
                let read: &HashMap<String, JsonValue> = read.get().unwrap();
                let number = |name: &str| read.get(name).and_then(|it| it.get::<f64>()).copied();
                let step = match &standing.next {
                    Next::Step(step) => Some(step),
                    _ => None,
                };
                prop_assert_eq!(number("to"), step.map(|it| it.state as f64));
                prop_assert_eq!(number("line"), step.and_then(|it| it.line).map(|it| it as f64));
                let is_unlikely = step.is_some_and(|it| it.unlikely.is_some());
                prop_assert_eq!(read.contains_key("unlikely"), is_unlikely);
                prop_assert_eq!(read.contains_key("wait"), step.is_none());
            }
        }
    }
}

#[test]
fn a_worker_has_to_be_started_whatever_it_does_first() {
    for first in ["joined|1", "started|1", "end"] {
        let events = [
            "0|-|start|1|worker|1",
            "1|-|line|sub thread start  1",
            "0|-|started|1",
            "1|-|end",
            "0|-|start|2|worker|2",
            &format!("2|-|{first}"),
            "2|-|line|sub thread start  2",
            "0|-|started|2",
            "0|-|end",
            "0|-|exit",
        ];
        let trace = events.map(|event| format!("0|0|{event}\n").replace('|', "\t"));
        let explorer = explorer(&trace.concat());
        let worker = &explorer.states[0].threads[2];
        assert_eq!(worker.next, Next::ToBeStarted(0), "{first}");
    }
}

#[test]
fn the_states_of_the_four_lessons_are_those_that_trying_finds() {
    let figures = four_lessons().map(|(steps, ..)| {
        let lesson = || Script::of(&steps);
        let explorer = explorer(&run(&lesson(), &[]));
        assert_tried(lesson, &explorer)
    });
    // States, steps and outputs: all, and those that the sleeps make likely.
    assert_eq!(
        figures,
        [
            [96, 273, 3840, 39, 87, 120],
            [127, 304, 7916, 9, 8, 1],
            [10, 11, 3, 9, 9, 2],
            [18, 27, 15, 14, 18, 6],
        ]
    );
}
