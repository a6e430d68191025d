//! The guarantees of a lesson as a text that can be accepted, and what has changed in
//! it.

use std::collections::{HashMap, HashSet};

use fixedbitset::FixedBitSet;
use worker_core::lines::{END, START};

use crate::order::{
    count::{Count, count},
    description::listed,
    happens_before::{Guarantee, HappensBefore, Line},
    partial_order::PartialOrder,
};

const BEFORE: &str = " → ";
const PROMISE: &str = ": ";
const QUOTE: char = '`';

/// The guaranteed pairs of lines, one a line, each with its promise. What a daemon may
/// not get to is left out: whether a run has it is luck.
pub fn text(order: &HappensBefore) -> String {
    let certain = order.guaranteed.certain();
    let always = |pair: &&Guarantee| pair.after.is_none_or(|after| certain.contains(after));
    let pairs = order.guarantees.iter().filter(always).map(|pair| {
        let before = written(&order.lines[pair.before].name);
        let after = written(&order.name(pair.after));
        format!("{before}{BEFORE}{after}{PROMISE}{}\n", pair.reason())
    });
    pairs.collect()
}

/// Says how the guarantees of `order` differ from an accepted text: which are lost and
/// which are new, which workers the end of the program waits for now or no longer, and
/// what became of the number of orders, each in a sentence. A pair that others imply
/// is neither lost nor new; nor is one with a line that only one of the two has.
pub fn changes(accepted: &str, order: &HappensBefore) -> Vec<String> {
    let now = text(order);
    let (accepted, now) = (Pairs::of(accepted), Pairs::of(&now));
    let lines = order.lines.iter().zip(0..);
    let numbers: HashMap<_, usize> = lines.map(|(it, line)| (written(&it.name), line)).collect();
    let placed = |name: &str| order.placed_name(numbers.get(name).copied());
    let lost = accepted.pairs.iter().filter(|pair| now.lacks(pair));
    let lost = lost.map(|(before, after, _)| {
        let [before, after] = [before, after].map(|name| placed(name));
        format!("nothing makes {before} come before {after} any more")
    });
    let gained = now.pairs.iter().filter(|pair| accepted.lacks(pair));
    let gained = gained.map(|(before, after, promise)| {
        let [before, after] = [before, after].map(|name| placed(name));
        format!("{before} always comes before {after} now: {promise}")
    });
    let mut changes: Vec<_> = lost.chain(gained).collect();
    changes.extend(waits(&accepted, order));
    if let (Some(then), Some(now)) = (accepted.orders(), now.orders())
        && then.to_string() != now.to_string()
    {
        changes.push(became(then, now));
    }
    changes
}

/// Says what became of the number of orders.
pub fn became(then: Count, now: Count) -> String {
    format!("{} by start and join became {now}", then.orders())
}

/// Which lines of workers the end of the program waits for now, and which no longer.
fn waits(accepted: &Pairs<'_>, order: &HappensBefore) -> Vec<String> {
    let is_accepted = |line: &Line| accepted.lines.contains_key(written(&line.name).as_str());
    let accepted_lines = order.lines.iter().filter(|line| is_accepted(line));
    let known_threads: HashSet<_> = accepted_lines.map(|line| line.thread).collect();
    let sides = [(true, "now waits for"), (false, "no longer waits for")];
    let sentences = sides.into_iter().filter_map(|(is_certain, waits)| {
        let lines = (0..).zip(&order.lines).filter(|&(number, line)| {
            line.thread > 0
                && known_threads.contains(&line.thread)
                && order.guaranteed.certain().contains(number) == is_certain
                && is_accepted(line) != is_certain
        });
        let names: Vec<_> = lines.map(|(_, line)| line.name.clone()).collect();
        let is_some = !names.is_empty();
        is_some.then(|| format!("the end of the program {waits} {}", listed(&names)))
    });
    sentences.collect()
}

/// A name as it is written: each backquote in its text is doubled, so that it is known where
/// it ends, whatever stands in a line.
fn written(name: &str) -> String {
    match name.split_once(QUOTE) {
        Some((which, text)) => {
            let text = text.strip_suffix(QUOTE).unwrap_or(text);
            format!("{which}{QUOTE}{}{QUOTE}", text.replace(QUOTE, "``"))
        }
        None => name.to_owned(),
    }
}

/// What comes before what, directly, and by which promise.
type Pair<'a> = (&'a str, &'a str, &'a str);

struct Pairs<'a> {
    pairs: Vec<Pair<'a>>,
    lines: HashMap<&'a str, usize>,
    /// The order of the lines, the end of the program being the last of them.
    order: PartialOrder,
}

impl<'a> Pairs<'a> {
    /// The pairs of a text.
    fn of(text: &'a str) -> Pairs<'a> {
        let pairs = text.lines().filter_map(|line| {
            let (pair, promise) = line.rsplit_once(PROMISE)?;
            // An arrow within a name has an odd number of quotes before it.
            let is_between = |arrow: &usize| pair[..*arrow].matches(QUOTE).count() % 2 == 0;
            let mut arrows = pair.match_indices(BEFORE).map(|(arrow, _)| arrow);
            let arrow = arrows.find(is_between)?;
            Some((&pair[..arrow], &pair[arrow + BEFORE.len()..], promise))
        });
        let pairs: Vec<_> = pairs.collect();
        let mut lines = HashMap::new();
        for &(before, after, _) in &pairs {
            for line in [before, after] {
                let next = lines.len();
                lines.entry(line).or_insert(next);
            }
        }
        let mut covered = vec![Vec::new(); lines.len()];
        for (before, after, _) in &pairs {
            covered[lines[after]].push(lines[before]);
        }
        let all: FixedBitSet = (0..lines.len()).collect();
        Pairs {
            pairs,
            lines,
            order: PartialOrder::new(covered, all.clone(), all),
        }
    }

    /// How many orders of these lines there are, if they are all lines of the lesson, that
    /// is to say if none is a daemon's, and they can be counted.
    fn orders(&self) -> Option<Count> {
        let has_its_end = |name: &&str| self.lines.contains_key(name.replace(START, END).as_str());
        let is_all = self.lines.keys().all(has_its_end);
        let count = is_all.then(|| count(&self.order));
        count.filter(|&count| count != Count::TooMany)
    }

    /// Whether these have both lines of a pair, but nothing that puts them in order.
    fn lacks(&self, (before, after, _): &Pair<'_>) -> bool {
        match (self.lines.get(before), self.lines.get(after)) {
            (Some(&before), Some(&after)) => !self.order.is_before(before, after),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{happens_before::Promises, trace::Trace};

    /// A lesson whose main thread starts two workers, joins some of them, and prints a
    /// line.
    fn lesson(daemons: bool, joined: &[usize]) -> HappensBefore {
        of(
            if daemons { "daemon" } else { "worker" },
            &["1", "2"],
            joined,
        )
    }

    /// The same, in which the second worker has this name.
    fn named(second: &str, joined: &[usize]) -> HappensBefore {
        of("worker", &["1", second], joined)
    }

    fn of(kind: &str, names: &[&str], joined: &[usize]) -> HappensBefore {
        let mut events = vec!["0|main.rs:1|line|main thread start".to_owned()];
        for (worker, name) in (1..).zip(names) {
            events.push(format!("0|-|start|{worker}|{kind}|{name}"));
            events.push(format!("{worker}|-|line|{START}{name}"));
            events.push(format!("0|-|started|{worker}"));
        }
        for (worker, name) in (1..).zip(names) {
            events.push(format!("{worker}|-|line|{END}{name}"));
            events.push(format!("{worker}|-|end"));
        }
        events.extend(joined.iter().map(|worker| format!("0|-|joined|{worker}")));
        events.push("0|main.rs:9|line|main thread post job".to_owned());
        events.extend(["0|-|end", "0|-|exit"].map(str::to_owned));
        let events: Vec<_> = events.iter().map(|event| format!("0|0|{event}")).collect();
        HappensBefore::of(&Trace::of(&events), Promises::WorkerCore)
    }

    #[test]
    fn what_is_lost_and_gained_is_said_with_the_line_of_the_source_and_the_number_of_orders() {
        let (joined, unjoined) = (lesson(false, &[1, 2]), lesson(false, &[1]));
        assert_eq!(changes(&text(&joined), &joined), [""; 0]);
        assert_eq!(
            changes(&text(&joined), &unjoined),
            [
                "nothing makes `sub thread end  2` come before `main thread post job` (main.rs:9) any \
                 more",
                "3 orders by start and join became 5"
            ]
        );
        assert_eq!(
            changes(&text(&unjoined), &joined),
            [
                "`sub thread end  2` always comes before `main thread post job` (main.rs:9) now: join",
                "5 orders by start and join became 3"
            ]
        );
    }

    #[test]
    fn a_number_of_orders_that_is_said_in_the_same_words_has_not_changed() {
        let names: Vec<_> = (1..=60).map(|name| name.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let all: Vec<_> = (1..=60).collect();
        let lost = changes(
            &text(&of("worker", &names, &all)),
            &of("worker", &names, &all[1..]),
        );
        assert_eq!(lost.len(), 1, "{lost:?}");
    }

    #[test]
    fn an_arrow_or_a_quote_in_a_name_changes_nothing() {
        for name in ["a` → `b", "a` → b", "`", "``", "a`: b", "→"] {
            let joined = named(name, &[1, 2]);
            let line = format!("`sub thread end  {name}`");
            let lost = format!(
                "nothing makes {line} come before `main thread post job` (main.rs:9) any more"
            );
            let orders = "3 orders by start and join became 5".to_owned();
            assert_eq!(changes(&text(&joined), &named(name, &[1])), [lost, orders]);
            assert_eq!(changes(&text(&joined), &joined), [""; 0]);
        }
    }

    #[test]
    fn the_lines_are_named_that_the_end_of_the_program_waits_for_now_or_no_longer() {
        let (workers, daemons) = (lesson(false, &[]), lesson(true, &[]));
        let both = "`sub thread end  1` and `sub thread end  2`";
        for (accepted, now, waits) in [
            (&daemons, &workers, "now waits for"),
            (&workers, &daemons, "no longer waits for"),
        ] {
            // How many orders daemons have is not known from what is accepted.
            let sentence = format!("the end of the program {waits} {both}");
            assert_eq!(changes(&text(accepted), now), [sentence]);
        }
        // A line of the main thread is none of these, whatever it is called.
        let renamed = text(&workers).replace("main thread start", "main thread begin");
        assert_eq!(changes(&renamed, &workers), [""; 0]);
    }
}
