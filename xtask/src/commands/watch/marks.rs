//! What was gained and lost of a lesson's order, marked where it is listed.

use std::{collections::HashMap, iter::repeat_n};

use xtask::order::{
    description::{Description, Relation},
    happens_before::Guarantee,
};

use crate::commands::orders;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Same,
    Gained,
    Lost,
}

/// What may be missing, is guaranteed, likely and luck, each with its title: first what is
/// so now, then what was so only `then`. A pair that others imply is not lost, nor gained
/// if they implied it.
pub(super) fn sections(
    then: &Description,
    now: &Description,
    width: usize,
) -> impl Iterator<Item = (&'static str, Vec<(Mark, String)>)> {
    let old = marked(then, now, Mark::Lost, width);
    let sections = marked(now, then, Mark::Gained, width).zip(old);
    sections.map(|((title, mut rows), (_, old))| {
        rows.extend(old.into_iter().filter(|(mark, _)| *mark == Mark::Lost));
        (title, rows)
    })
}

/// The rows of an order, those with this mark that are not so in the other one.
fn marked(
    order: &Description,
    other: &Description,
    mark: Mark,
    width: usize,
) -> impl Iterator<Item = (&'static str, Vec<(Mark, String)>)> {
    let sections = orders::sections(order, width).into_iter();
    let sections = sections.zip(are_so_in(other, order));
    sections.map(move |((title, rows), are_so)| {
        // What is left out of a list has a last row of its own.
        let are_so = are_so.into_iter().chain([true]);
        let marks = are_so.map(|is_so| if is_so { Mark::Same } else { mark });
        (title, marks.zip(rows).collect())
    })
}

/// Whether what each row says of `order` is so in the other one.
fn are_so_in(other: &Description, order: &Description) -> [Vec<bool>; 4] {
    let lines = other.happens_before.lines.iter().zip(0..);
    let lines: HashMap<_, _> = lines.map(|(line, number)| (&line.name, number)).collect();
    let relation = |before: usize, after: Option<usize>| {
        let number = |line: usize| lines.get(&order.happens_before.lines[line].name);
        let after = match after {
            Some(after) => Some(*number(after)?),
            None => None,
        };
        other.relation(*number(before)?, after)
    };
    let missing = other.missing_lines();
    let is_missing = |row: &String| missing.contains(row);
    let is_guaranteed =
        |pair: &Guarantee| relation(pair.before, pair.after) == Some(Relation::Guaranteed);
    let is_likely = |&(before, after)| relation(before, Some(after)) == Some(Relation::Likely);
    let is_luck = |lines: &Vec<usize>| {
        lines.iter().enumerate().all(|(place, &one)| {
            let mut others = lines[place + 1..].iter();
            others.all(|&other| relation(one, Some(other)) == Some(Relation::Luck))
        })
    };
    let guarantees = order.happens_before.guarantees.iter();
    let antichains = order.antichains();
    [
        order.missing_lines().iter().map(is_missing).collect(),
        guarantees.map(is_guaranteed).collect(),
        order
            .likely_covering_pairs()
            .iter()
            .map(is_likely)
            .collect(),
        // A row says that its lines come in any order, and one names each.
        antichains
            .iter()
            .flat_map(|lines| repeat_n(is_luck(lines), lines.len() + 1))
            .collect(),
    ]
}

#[cfg(test)]
mod tests {
    use xtask::order::{happens_before::Promises, trace::Trace};

    use super::*;

    /// A lesson that starts two workers, which sleep, joins some of them and then prints
    /// these lines.
    fn lesson(joined: &[usize], lines: &[&str]) -> Description {
        let mut events = vec!["0|0|line|main thread start".to_owned()];
        for worker in [1, 2] {
            events.push(format!("0|0|start|{worker}|worker|{worker}"));
            events.push(format!("0|{worker}|line|sub thread start  {worker}"));
            events.push(format!("0|0|started|{worker}"));
        }
        for worker in [1, 2] {
            events.push(format!("5|{worker}|line|sub thread end  {worker}"));
            events.push(format!("5|{worker}|end"));
        }
        events.extend(joined.iter().map(|worker| format!("5|0|joined|{worker}")));
        events.extend(lines.iter().map(|line| format!("5|0|line|{line}")));
        events.extend(["5|0|line|main thread end", "5|0|end", "5|0|exit"].map(str::to_owned));
        let events = events.iter().map(|event| {
            let fields: Vec<_> = event.splitn(3, '|').collect();
            let time = fields[0].parse::<u64>().unwrap() * 1_000_000_000;
            let rest = fields[2].replace('|', "\t");
            format!("{time}\t0\t{}\t-\t{rest}\n", fields[1])
        });
        let trace = Trace::parse(&events.collect::<String>()).unwrap();
        Description::of(&trace, Promises::WorkerCore).unwrap()
    }

    /// The marked rows from `then` to `now`, with one space between the words.
    fn changes(then: &Description, now: &Description) -> Vec<(Mark, String)> {
        let rows = sections(then, now, 80).flat_map(|(_, rows)| rows);
        let rows = rows.filter(|(mark, _)| *mark != Mark::Same);
        rows.map(|(mark, row)| {
            let words: Vec<_> = row.split_whitespace().collect();
            (mark, words.join(" "))
        })
        .collect()
    }

    #[test]
    fn what_is_so_only_now_or_no_longer_is_marked() {
        let (both, one) = (lesson(&[1, 2], &[]), lesson(&[1], &[]));
        let join = "`sub thread end 2` → `main thread end` join";
        let luck = ["any order of", "`main thread end`", "`sub thread end 2`"];
        let marked = |join_mark, luck_mark| {
            let luck = luck.map(|row| (luck_mark, row.to_owned()));
            [vec![(join_mark, join.to_owned())], luck.to_vec()].concat()
        };
        assert_eq!(changes(&both, &both), []);
        assert_eq!(changes(&both, &one), marked(Mark::Lost, Mark::Gained));
        assert_eq!(changes(&one, &both), marked(Mark::Gained, Mark::Lost));
    }

    #[test]
    fn a_pair_that_others_imply_is_neither_lost_nor_gained() {
        let (short, long) = (
            lesson(&[1, 2], &[]),
            lesson(&[1, 2], &["main thread post job"]),
        );
        let is_new = |(_, row): &(Mark, String)| row.contains("main thread post job");
        let changes = [changes(&short, &long), changes(&long, &short)].concat();
        assert!(changes.iter().all(is_new), "{changes:?}");
        assert_eq!(changes.len(), 6);
    }
}
