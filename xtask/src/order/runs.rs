//! Several runs of one lesson on the simulated clock: that they do the same, and where
//! they spend real time.

use std::{collections::BTreeMap, time::Duration};

use worker_core::trace::{Event, EventKind};

use crate::order::{description::listed, trace::Trace};

/// More real time than a thread needs for anything but computing and sleeping. A busy
/// machine may take as much once, but not each time at the same place.
const PAUSE: Duration = Duration::from_millis(50);

/// How two runs differ in what one of their threads does, in half a sentence. The
/// scheduler alone makes no such difference where nothing but start and join lets a
/// thread know of another.
pub fn difference(one: &Trace, other: &Trace) -> Option<String> {
    let [acts, other_acts] = [one, other].map(by_thread);
    // A thread of one of them alone was started by one that differs, or that has no end.
    let mut threads = acts.iter().zip(&other_acts).enumerate();
    threads.find_map(|(thread, (acts, other_acts))| {
        // How far a daemon was followed that has no end is luck.
        let is_endless = one.threads[thread].daemon && (one.is_endless || other.is_endless);
        let differ = |place: &usize| match (acts.get(*place), other_acts.get(*place)) {
            (Some(act), Some(other_act)) => {
                (&act.kind, act.time) != (&other_act.kind, other_act.time)
            }
            _ => !is_endless,
        };
        let place = (0..acts.len().max(other_acts.len())).find(differ)?;
        let does = one.does(acts.get(place).copied());
        let does_otherwise = other.does(other_acts.get(place).copied());
        Some(format!(
            "in one {} {does}, in another it {does_otherwise}",
            one.who(thread)
        ))
    })
}

/// What each thread does, but that it goes on without end.
fn by_thread(trace: &Trace) -> Vec<Vec<&Event>> {
    let mut acts = vec![Vec::new(); trace.threads.len()];
    let events = trace.events.iter();
    for event in events.filter(|event| event.kind != EventKind::Endless) {
        acts[event.thread].push(event);
    }
    acts
}

/// Which threads spend real time in every one of these runs while nothing else happens,
/// in a sentence. The simulated clock does not know of it.
pub fn pauses(runs: &[Trace]) -> Option<String> {
    let (first, others) = runs.split_first()?;
    let mut pauses = pauses_of(first);
    for pauses_too in others.iter().map(pauses_of) {
        pauses.retain(|at, pause| {
            let other = pauses_too.get(at);
            *pause = (*pause).min(other.copied().unwrap_or_default());
            other.is_some()
        });
    }
    let shortest = pauses.values().min()?.as_secs_f64();
    let mut threads: Vec<_> = pauses
        .keys()
        .map(|(thread, _)| first.who(*thread))
        .collect();
    threads.dedup();
    let spend = match threads[..] {
        [_] => "spends",
        _ => "spend",
    };
    let threads = listed(&threads);
    Some(format!(
        "{threads} {spend} {shortest:.1} s of real time or more while simulated time stands still, \
         and no order knows of it; if that is a sleep, let it be `worker_core::sleep`"
    ))
}

/// The pauses in which nothing at all happens: for each thread that could have gone on and
/// for each number of things that it had done before, the longest.
fn pauses_of(trace: &Trace) -> BTreeMap<(usize, usize), Duration> {
    let mut goes_on = vec![false; trace.threads.len()];
    goes_on[0] = true;
    let mut done = vec![0; trace.threads.len()];
    let mut pauses = BTreeMap::<_, Duration>::new();
    let mut before = Duration::ZERO;
    for event in &trace.events {
        let pause = event.elapsed.saturating_sub(before);
        if pause >= PAUSE {
            for thread in (0..goes_on.len()).filter(|&thread| goes_on[thread]) {
                let longest = pauses.entry((thread, done[thread])).or_default();
                *longest = pause.max(*longest);
            }
        }
        before = event.elapsed;
        done[event.thread] += 1;
        goes_on[event.thread] = !matches!(
            event.kind,
            EventKind::Start { .. }
                | EventKind::Sleep
                | EventKind::Join(_)
                | EventKind::End
                | EventKind::Exit
                | EventKind::Endless
        );
        if let EventKind::Start { worker, .. } = event.kind {
            goes_on[worker] = true;
        }
    }
    pauses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run in which a worker prints and sleeps, and after so many milliseconds goes on.
    fn run(line: &str, sleeps: bool, pause: u64) -> Trace {
        let late = pause * 1_000_000;
        let (sleep, wake) = match sleeps {
            true => (
                "0|0|1|main.rs:7|sleep".to_owned(),
                format!("5|{late}|1|main.rs:7|wake"),
            ),
            false => (String::new(), String::new()),
        };
        let events = [
            "0|0|0|main.rs:3|start|1|worker|a".to_owned(),
            format!("0|0|1|-|line|{line}"),
            "0|0|0|main.rs:3|started|1".to_owned(),
            "0|0|0|main.rs:4|join|1".to_owned(),
            sleep,
            wake,
            format!("5|{late}|1|-|line|sub thread end  a"),
            format!("5|{late}|1|-|end"),
            format!("5|{late}|0|main.rs:4|joined|1"),
            format!("5|{late}|0|-|end"),
            format!("5|{late}|0|-|exit"),
        ];
        Trace::of(&events)
    }

    #[test]
    fn runs_that_luck_tells_apart_in_what_a_thread_does_are_told_apart_by_it() {
        let one = run("sub thread start  a", true, 0);
        assert_eq!(
            difference(&one, &run("sub thread start  a", true, 90)),
            None
        );
        for (other, words) in [
            (
                run("sub thread start  b", true, 0),
                "in one worker `a` prints `sub thread start  a` at 0 s, in another it prints `sub \
                 thread start  b` at 0 s",
            ),
            (
                run("sub thread start  a", false, 0),
                "in one worker `a` sleeps (main.rs:7) at 0 s, in another it prints `sub thread end  a` \
                 at 0.000000005 s",
            ),
        ] {
            assert_eq!(difference(&one, &other).as_deref(), Some(words));
        }
    }

    #[test]
    fn how_far_a_daemon_was_followed_that_has_no_end_is_no_difference() {
        let followed = |sleeps: u64| {
            let mut events = vec![
                "0|0|0|main.rs:3|start|1|daemon|a".to_owned(),
                "0|0|1|-|line|sub thread start  a".to_owned(),
                "0|0|0|main.rs:3|started|1".to_owned(),
                "0|0|0|-|end".to_owned(),
                "0|0|0|-|exit".to_owned(),
            ];
            for second in 0..sleeps {
                events.push(format!("{second}|0|1|main.rs:4|sleep"));
                events.push(format!("{}|0|1|main.rs:4|wake", second + 1));
            }
            events.push(format!("{sleeps}|0|1|main.rs:4|endless"));
            Trace::of(&events)
        };
        assert_eq!(difference(&followed(3), &followed(4)), None);
        assert_eq!(difference(&followed(4), &followed(3)), None);
        // Nor is it, if only one of them was given up.
        let mut ended = followed(3);
        ended
            .events
            .retain(|event| event.kind != EventKind::Endless);
        ended.is_endless = false;
        assert_eq!(difference(&followed(4), &ended), None);
        assert_eq!(difference(&ended, &followed(4)), None);
        // What is awaited has no excuse.
        let [one, other] = [3, 4].map(|sleeps| {
            let mut followed = followed(sleeps);
            followed.threads[1].daemon = false;
            followed
        });
        let words = "in one worker `a` does nothing more, in another it sleeps (main.rs:4) at \
                     0.000000003 s";
        assert_eq!(difference(&one, &other).as_deref(), Some(words));
    }

    #[test]
    fn a_thread_that_spends_real_time_in_every_run_is_named() {
        let text = "sub thread start  a";
        let quick = run(text, false, 10);
        let words = "worker `a` spends 0.1 s of real time or more while simulated time stands still, \
                     and no order knows of it; if that is a sleep, let it be `worker_core::sleep`";
        for lengths in [[80, 300], [300, 80]] {
            let slow = lengths.map(|pause| run(text, false, pause));
            assert_eq!(pauses(&slow).as_deref(), Some(words));
        }
        // One that does so once may have waited for a processor.
        assert_eq!(pauses(&[run(text, false, 300), quick]), None);
        // Or at one place in one run, and at another place in another.
        let elsewhere = || {
            let mut elsewhere = run(text, false, 80);
            for event in &mut elsewhere.events[1..] {
                event.elapsed = Duration::from_millis(80);
            }
            elsewhere
        };
        assert_eq!(pauses(&[run(text, false, 80), elsewhere()]), None);
        // That may be before its first line.
        assert_eq!(pauses(&[elsewhere(), elsewhere()]).as_deref(), Some(words));
        // In its own sleep the machine was busy.
        assert_eq!(pauses(&[run(text, true, 300)]), None);
    }
}
