//! What was gained and lost of a lesson's order, marked where it is listed.

use std::{collections::HashMap, iter::repeat_n, ptr};

use fixedbitset::FixedBitSet;
use xtask::order::description::Description;

use crate::commands::orders;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Same,
    Gained,
    Lost,
}

/// A title, and the rows below it.
type Section = (&'static str, Vec<(Mark, String)>);

/// What may be missing, is guaranteed, likely and luck: in each first what is so now, then
/// what was so only `then`. A pair that others imply is not lost, nor gained if they
/// implied it.
pub(super) fn sections(then: &Description, now: &Description, width: usize) -> [Section; 4] {
    if ptr::eq(then, now) {
        let same = |row| (Mark::Same, row);
        return orders::sections(now, width)
            .map(|(title, rows)| (title, rows.into_iter().map(same).collect()));
    }
    let mut sections = marked(now, then, Mark::Gained, width);
    let old = marked(then, now, Mark::Lost, width);
    for ((_, rows), (_, old)) in sections.iter_mut().zip(old) {
        rows.extend(old.into_iter().filter(|(mark, _)| *mark == Mark::Lost));
    }
    sections
}

/// What is to be said of an order, with this mark where it is not so in the other one.
fn marked(order: &Description, other: &Description, mark: Mark, width: usize) -> [Section; 4] {
    let lines = other.happens_before.lines.iter().zip(0..);
    let lines: HashMap<_, usize> = lines.map(|(line, number)| (&line.name, number)).collect();
    let in_other = |line: usize| {
        let name = &order.happens_before.lines[line].name;
        lines.get(name).copied()
    };
    let missing_in_other = other.missing_lines();
    let is_missing = |row: String| missing_in_other.contains(&row);
    let is_guaranteed = |before: usize, after: Option<usize>| {
        let after = after.map(in_other);
        // A line that is not there is not guaranteed to come after anything.
        let before = in_other(before).filter(|_| after != Some(None));
        before.is_some_and(|before| other.is_guaranteed(before, after.flatten()))
    };
    let is_likely = |before: usize, after: usize| {
        let pair = in_other(before).zip(in_other(after));
        pair.is_some_and(|(before, after)| other.is_likely(before, after))
    };
    let is_luck = |lines: &[usize]| {
        let lines: Option<FixedBitSet> = lines.iter().map(|&line| in_other(line)).collect();
        lines.is_some_and(|lines| other.is_antichain(&lines))
    };
    let [missing, guaranteed, likely, luck] = orders::sections(order, width);
    let lines = order.missing_lines().into_iter();
    let guarantees = order.happens_before.guarantees.iter();
    let likely_pairs = order.likely_covering_pairs();
    let antichains = order.antichains().into_iter();
    // A row says of an antichain that its lines come in any order, and one names each.
    let rows_of = |lines: Vec<usize>| repeat_n(is_luck(&lines), lines.len() + 1);
    [
        with_marks(missing, mark, lines.map(is_missing)),
        with_marks(
            guaranteed,
            mark,
            guarantees.map(|pair| is_guaranteed(pair.before, pair.after)),
        ),
        with_marks(
            likely,
            mark,
            likely_pairs.map(|(before, after)| is_likely(before, after)),
        ),
        with_marks(luck, mark, antichains.flat_map(rows_of)),
    ]
}

/// Marks the rows that are not so.
fn with_marks(
    (title, rows): (&'static str, Vec<String>),
    mark: Mark,
    are_so: impl Iterator<Item = bool>,
) -> Section {
    // A last row may say that there are more.
    let marks = are_so.map(|is_so| if is_so { Mark::Same } else { mark });
    let marks = marks.chain([Mark::Same]);
    (title, marks.zip(rows).collect())
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
        let rows = sections(then, now, 80)
            .into_iter()
            .flat_map(|(_, rows)| rows);
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
