//! The normal form: the one output that stands for all that differ from it only by luck.

use std::collections::BTreeSet;

use crate::order::{
    happens_before::HappensBefore,
    line::{Printer, printer},
};

/// Rewrites an output, one that `order` allows, into its normal form.
///
/// The main thread's lines are fences: they stay where they are, and no line passes
/// one. Of all outputs that are left and that happens-before allows, the normal form is
/// the first by the names of the workers, `thread 2` before `thread 10`; between two
/// fences each worker's first line comes before any worker's second, and so on, wherever
/// both are allowed.
pub fn normal_form(order: &HappensBefore, output: &[usize]) -> Vec<usize> {
    let mut after = vec![Vec::new(); order.lines.len()];
    let mut waits_for = vec![0; order.lines.len()];
    for pair in &order.guarantees {
        if let Some(later) = pair.after {
            after[pair.before].push(later);
            waits_for[later] += 1;
        }
    }
    let keys = keys(order, output);
    let ready = output.iter().filter(|&&line| waits_for[line] == 0);
    let mut ready: BTreeSet<_> = ready.map(|&line| (keys[line], line)).collect();
    let mut normal = Vec::with_capacity(output.len());
    while let Some((_, line)) = ready.pop_first() {
        normal.push(line);
        for &later in &after[line] {
            waits_for[later] -= 1;
            if waits_for[later] == 0 && keys[later].is_some() {
                ready.insert((keys[later], later));
            }
        }
    }
    normal
}

/// How many fences a line has before it, how many lines of its own worker since, and its
/// worker's place by name.
type Key = (usize, usize, usize);

/// The keys of the lines that are printed. A fence has the last one before it.
fn keys(order: &HappensBefore, output: &[usize]) -> Vec<Option<Key>> {
    let places = places_by_name(order);
    let mut keys = vec![None; order.lines.len()];
    let mut fences = 0;
    // For each thread, behind how many fences, and how many lines since.
    let mut printed = vec![(0, 0); places.len()];
    for &line in output {
        let thread = order.lines[line].thread;
        if thread == 0 {
            keys[line] = Some((fences, usize::MAX, 0));
            fences += 1;
            continue;
        }
        let (since, earlier) = &mut printed[thread];
        if *since < fences {
            (*since, *earlier) = (fences, 0);
        }
        keys[line] = Some((fences, *earlier, places[thread]));
        *earlier += 1;
    }
    keys
}

/// For each thread its place by name.
fn places_by_name(order: &HappensBefore) -> Vec<usize> {
    let by_thread = order.lines.chunk_by(|one, next| one.thread == next.thread);
    let mut firsts: Vec<_> = by_thread.filter_map(|lines| lines.first()).collect();
    let threads = firsts.last().map_or(0, |line| line.thread + 1);
    firsts.sort_by_cached_key(|line| match printer(&line.text) {
        Ok(Printer::Worker(name)) => (natural_key(name), line.thread),
        _ => (natural_key(&line.text), line.thread),
    });
    let mut places = vec![0; threads];
    for (place, line) in firsts.iter().enumerate() {
        places[line.thread] = place;
    }
    places
}

/// What brings names into the order in which a number in a name counts as a number.
///
/// Names that differ only in leading zeros are told apart as text.
fn natural_key(name: &str) -> (Vec<u8>, &str) {
    let mut key = Vec::with_capacity(name.len() + 16);
    let mut rest = name.as_bytes();
    while let Some(first) = rest.first() {
        let is_number = first.is_ascii_digit();
        let length = rest
            .iter()
            .position(|byte| byte.is_ascii_digit() != is_number)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        rest = after;
        if is_number {
            // A longer number is a larger one once its leading zeros are gone, and every
            // number comes before every text.
            let zeros = part.iter().take_while(|&&digit| digit == b'0').count();
            key.push(1);
            key.extend((part.len() - zeros).to_be_bytes());
            key.extend(&part[zeros..]);
        } else {
            // A name has no control character, so this ends a text that another begins
            // with before the other.
            key.push(2);
            key.extend(part);
            key.push(0);
        }
    }
    (key, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{happens_before::Promises, trace::Trace};

    /// The order of a lesson, of which each event is given by its thread, place and kind.
    fn order(events: &[String]) -> HappensBefore {
        let lines = events
            .iter()
            .map(|event| format!("0|0|{event}\n").replace('|', "\t"));
        let trace = Trace::parse(&lines.collect::<String>()).unwrap();
        HappensBefore::of(&trace, Promises::WorkerCore).unwrap()
    }

    fn start(worker: usize, name: &str) -> [String; 3] {
        [
            format!("0|-|start|{worker}|worker|{name}"),
            format!("{worker}|-|line|sub thread start  {name}"),
            format!("0|-|started|{worker}"),
        ]
    }

    fn end(worker: usize, name: &str) -> [String; 2] {
        [
            format!("{worker}|-|line|sub thread end  {name}"),
            format!("{worker}|-|end"),
        ]
    }

    fn main(events: &[&str]) -> Vec<String> {
        events.iter().map(|event| format!("0|-|{event}")).collect()
    }

    /// The normal form of what a run has printed.
    #[track_caller]
    fn assert_normal(events: &[Vec<String>], expected: &[&str]) {
        let order = order(&[&events.concat()[..], &main(&["end", "exit"])].concat());
        let normal = normal_form(&order, &order.printed());
        let texts: Vec<_> = normal.iter().map(|&line| &order.lines[line].text).collect();
        assert_eq!(texts, expected);
        assert!(order.guaranteed.allows(&normal));
    }

    #[test]
    fn workers_come_by_name_and_a_number_in_a_name_counts_as_a_number() {
        let names = [
            "thread 10",
            "thread 2b",
            "thread 2",
            "thread 02",
            "thread",
            "10",
            "2",
        ];
        let mut events = Vec::new();
        for (worker, name) in (1..).zip(names) {
            events.push(start(worker, name).to_vec());
        }
        events.push(main(&["line|main thread end"]));
        for (worker, name) in (1..).zip(names) {
            events.push(end(worker, name).to_vec());
        }
        let by_name = [
            "2",
            "10",
            "thread",
            "thread 02",
            "thread 2",
            "thread 2b",
            "thread 10",
        ];
        // The starts come in their own order, which `start` promises.
        let starts = names.map(|name| format!("sub thread start  {name}"));
        let ends = by_name.map(|name| format!("sub thread end  {name}"));
        let mut expected: Vec<&str> = starts.iter().map(String::as_str).collect();
        expected.push("main thread end");
        expected.extend(ends.iter().map(String::as_str));
        assert_normal(&events, &expected);
    }

    #[test]
    fn a_workers_first_line_comes_before_any_workers_second_where_both_are_allowed() {
        let two = [
            start(1, "1").to_vec(),
            end(1, "1").to_vec(),
            start(2, "2").to_vec(),
            end(2, "2").to_vec(),
        ];
        let firsts_first = [
            "sub thread start  1",
            "sub thread start  2",
            "sub thread end  1",
            "sub thread end  2",
        ];
        assert_normal(&two, &firsts_first);
        let [start_1, end_1, start_2, end_2] = two;
        let joined = [
            start_1,
            end_1,
            main(&["join|1", "joined|1"]),
            start_2,
            end_2,
        ];
        let one_by_one = [
            "sub thread start  1",
            "sub thread end  1",
            "sub thread start  2",
            "sub thread end  2",
        ];
        assert_normal(&joined, &one_by_one);
    }

    #[test]
    fn no_line_passes_a_fence_and_behind_it_the_lines_are_counted_anew() {
        assert_normal(
            &[
                start(1, "1").to_vec(),
                main(&["line|main thread end"]),
                start(2, "2").to_vec(),
                end(1, "1").to_vec(),
                end(2, "2").to_vec(),
            ],
            &[
                "sub thread start  1",
                "main thread end",
                "sub thread end  1",
                "sub thread start  2",
                "sub thread end  2",
            ],
        );
    }
}
