//! The normal form: the one output that stands for all that differ from it only by luck.

use worker_core::lines::START;

use crate::order::{happens_before::HappensBefore, partial_order::Part};

/// Rewrites an output, one that `order` allows, into its normal form.
///
/// The main thread's lines are fences: they stay where they are, and no line passes
/// one. Of all outputs that are left and that happens-before allows, the normal form is
/// the first by the names of the workers, `thread 2` before `thread 10`; between two
/// fences each worker's first line comes before any worker's second, and so on, wherever
/// both are allowed.
pub fn normal_form(order: &HappensBefore, output: &[usize]) -> Vec<usize> {
    let keys = keys(order, output);
    let mut preferred: Vec<_> = (0..order.lines.len()).collect();
    preferred.sort_by_key(|&line| keys[line]);
    let mut normal = order.guaranteed.extension(&preferred);
    normal.truncate(output.len());
    normal
}

/// Why the outputs of a lesson have several normal forms, in a sentence, if they have: the
/// sleeps leave it to luck on which side of a fence, or of the end of the program, a
/// worker's line falls.
pub fn race(order: &HappensBefore) -> Option<String> {
    let with_the_sleeps = order.with_the_sleeps();
    let is_fence = |&line: &usize| order.lines[line].thread == 0;
    // A fence that no line races with is a part of its own.
    let mut parts = with_the_sleeps.parts().into_iter();
    let at_a_fence = parts.find_map(|Part { lines, order }| {
        let fence = lines.iter().position(is_fence)?;
        let comparable = order.comparable(fence);
        let others = comparable.zeroes().filter(|&other| other != fence);
        let first = others.map(|other| lines[other]).min()?;
        Some((first, Some(lines[fence])))
    });
    let at_the_end = || {
        let uncertain = with_the_sleeps
            .possible()
            .difference(with_the_sleeps.certain());
        uncertain.map(|line| (line, None)).next()
    };
    let (line, other) = at_a_fence.or_else(at_the_end)?;
    let [line, other] = [Some(line), other].map(|line| order.placed_name(line));
    Some(format!(
        "{line} and {other} race: neither start and join nor the sleeps say which comes first, so no \
         snapshot can hold the output; join the worker, or let \
         one of the two sleep longer"
    ))
}

/// The keys of the lines: how many fences there are up to a line, how many lines of its own
/// thread since, and its thread's place by name, in one number. That of the main thread is the
/// first. Those that are not printed have the last of all.
fn keys(order: &HappensBefore, output: &[usize]) -> Vec<u128> {
    let key = |fences: usize, earlier: usize, place: usize| {
        (fences as u128) << 80 | (earlier as u128) << 40 | place as u128
    };
    let places = places_by_name(order);
    let mut keys = vec![u128::MAX; order.lines.len()];
    let mut fences = 0;
    // For each thread, behind how many fences, and how many lines since.
    let mut printed = vec![(0, 0); places.len()];
    for &line in output {
        let thread = order.lines[line].thread;
        fences += usize::from(thread == 0);
        let (since, earlier) = &mut printed[thread];
        if *since < fences {
            (*since, *earlier) = (fences, 0);
        }
        keys[line] = key(fences, *earlier, places[thread]);
        *earlier += 1;
    }
    keys
}

/// For each thread its place by name.
fn places_by_name(order: &HappensBefore) -> Vec<usize> {
    let by_thread = order.lines.chunk_by(|one, next| one.thread == next.thread);
    let mut firsts: Vec<_> = by_thread.filter_map(|lines| lines.first()).collect();
    let threads = firsts.last().map_or(0, |line| line.thread + 1);
    // Each worker's first line is its start line.
    firsts.sort_by_cached_key(|line| {
        let name = line.text.strip_prefix(START);
        (name.map(natural_key), line.thread)
    });
    let mut places = vec![0; threads];
    for (place, line) in firsts.iter().enumerate() {
        places[line.thread] = place;
    }
    places
}

/// A part of a name, as long as it is all number or all text. A number comes before a text,
/// and a longer one behind a shorter one once their leading zeros are gone.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum NamePart<'a> {
    Number(usize, &'a [u8]),
    Text(&'a [u8]),
}

/// What brings names into the order in which a number in a name counts as a number.
///
/// Names that differ only in leading zeros are told apart as text.
fn natural_key(name: &str) -> (Vec<NamePart<'_>>, &str) {
    let is_one = |one: &u8, next: &u8| one.is_ascii_digit() == next.is_ascii_digit();
    let parts = name.as_bytes().chunk_by(is_one).map(|part| {
        if !part[0].is_ascii_digit() {
            return NamePart::Text(part);
        }
        let zeros = part.iter().take_while(|&&digit| digit == b'0').count();
        NamePart::Number(part.len() - zeros, &part[zeros..])
    });
    (parts.collect(), name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{happens_before::Promises, trace::Trace};

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
        let events = [&events.concat()[..], &main(&["end", "exit"])].concat();
        let events: Vec<_> = events.iter().map(|event| format!("0|0|{event}")).collect();
        let order = HappensBefore::of(&Trace::of(&events), Promises::WorkerCore);
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
            "b",
            "aa",
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
            "aa",
            "b",
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
    fn a_line_stays_between_the_lines_of_the_main_thread_between_which_it_was_printed() {
        let first = main(&["line|main thread a"]);
        let last = main(&["line|main thread b"]);
        let worker = [&start(1, "1")[..], &end(1, "1")].concat();
        let [began, ended] = ["sub thread start  1", "sub thread end  1"];
        assert_normal(
            &[first.clone(), worker, last.clone()],
            &["main thread a", began, ended, "main thread b"],
        );
        assert_normal(
            &[first, start(1, "1").to_vec(), last, end(1, "1").to_vec()],
            &["main thread a", began, "main thread b", ended],
        );
    }

    #[test]
    fn two_lines_race_that_even_the_sleeps_leave_to_luck() {
        let end_of = |is_daemon: &str, exit: u64| {
            let mut events = [
                format!("0|0|0|-|start|1|{is_daemon}|1"),
                "0|0|1|-|line|sub thread start  1".to_owned(),
                "0|0|0|-|started|1".to_owned(),
                "3|0|1|-|line|sub thread end  1".to_owned(),
                "3|0|1|-|end".to_owned(),
                format!("{exit}|0|0|main.rs:9|line|main thread end"),
                format!("{exit}|0|0|-|end"),
                format!("{}|0|0|-|exit", exit.max(3)),
            ];
            events.sort_by_key(|event| event.as_bytes()[0]);
            Trace::of(&events)
        };
        let words = |is_daemon: &str, exit: u64| {
            let order = HappensBefore::of(&end_of(is_daemon, exit), Promises::WorkerCore);
            race(&order).map(|words| words.split(" race: ").next().unwrap().to_owned())
        };
        for exit in [2, 4] {
            assert_eq!(words("worker", exit), None);
        }
        assert_eq!(words("daemon", 4), None);
        let end = "`sub thread end  1`";
        let fence = format!("{end} and `main thread end` (main.rs:9)");
        assert_eq!(words("worker", 3), Some(fence.clone()));
        assert_eq!(words("daemon", 3), Some(fence));
        // What it prints is not awaited, and nothing else is printed then.
        let end_alone = format!("{end} and the end of the program");
        assert_eq!(words("daemon", 2), Some(end_alone));
    }

    #[test]
    fn of_several_lines_that_race_the_first_are_named() {
        for (main_thread, other) in [
            (
                &["line|main thread a", "line|main thread b", "end", "exit"][..],
                "`main thread a`",
            ),
            (&["end", "exit"], "the end of the program"),
        ] {
            let daemons = [start(1, "1").to_vec(), start(2, "2").to_vec()];
            let ends = [end(1, "1").to_vec(), end(2, "2").to_vec()];
            let events = [daemons.concat(), ends.concat(), main(main_thread)].concat();
            let events = events.iter().map(|event| format!("0|0|{event}"));
            let events: Vec<_> = events.map(|it| it.replace("worker", "daemon")).collect();
            let order = HappensBefore::of(&Trace::of(&events), Promises::WorkerCore);
            let words = race(&order).unwrap();
            let expected = format!("`sub thread end  1` and {other} race: ");
            assert!(words.starts_with(&expected), "{words}");
        }
    }
}
