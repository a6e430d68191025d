//! Counting, listing and judging against the definition, on small partial orders.

use std::collections::HashSet;

use fixedbitset::FixedBitSet;
use proptest::{collection::vec, prelude::*};
use xtask::order::{
    count::{Count, count},
    partial_order::PartialOrder,
};

/// Partial orders of up to six lines, of which some may be missing, and for each line
/// those that come before it.
fn partial_order() -> impl Strategy<Value = (PartialOrder, Vec<FixedBitSet>)> {
    (0..=6_usize).prop_flat_map(|lines| {
        let pairs = vec(any::<bool>(), lines * lines);
        let certain = prop_oneof![
            vec(any::<bool>(), lines),
            any::<bool>().prop_map(move |certain| vec![certain; lines]),
        ];
        // All lines before this one may come before all others.
        let moment = proptest::option::of(0..=lines);
        // A line may have a smaller number than one that comes before it.
        let sorted = Just(Vec::from_iter(0..lines)).prop_shuffle();
        (pairs, certain, moment, sorted).prop_map(move |(pairs, certain, moment, sorted)| {
            let mut before = vec![FixedBitSet::with_capacity(lines); lines];
            for after in 0..lines {
                let is_apart = |earlier| moment.is_some_and(|at| earlier < at && at <= after);
                for earlier in (0..after).filter(|&n| pairs[after * lines + n] || is_apart(n)) {
                    let all = before[sorted[earlier]].clone();
                    before[sorted[after]].union_with(&all);
                    before[sorted[after]].insert(sorted[earlier]);
                }
            }
            let mut possible = FixedBitSet::with_capacity(lines);
            possible.insert_range(..);
            let mut set = FixedBitSet::with_capacity(lines);
            for line in (0..lines).filter(|&line| certain[line]) {
                set.insert(line);
                set.union_with(&before[line]);
            }
            let moment = moment.map(|at| sorted.split_at(at));
            let covered = covered(&before, moment);
            (PartialOrder::new(covered, possible, set), before)
        })
    })
}

/// What each line covers, straight from the definition. A moment between two lines stands
/// for all pairs across it.
fn covered(before: &[FixedBitSet], moment: Option<(&[usize], &[usize])>) -> Vec<Vec<usize>> {
    let mut covered: Vec<Vec<_>> = (0..before.len()).map(|line| pairs(before, line)).collect();
    if let Some((first, others)) =
        moment.filter(|(first, others)| !first.is_empty() && !others.is_empty())
    {
        let is_last = |&&line: &&usize| !first.iter().any(|&later| before[later].contains(line));
        covered.push(first.iter().filter(is_last).copied().collect());
        for &line in others {
            if covered[line].iter().any(|earlier| first.contains(earlier)) {
                covered[line] = vec![before.len()];
            }
        }
    }
    covered
}

/// What a line covers: what comes before it with no line between.
fn pairs(before: &[FixedBitSet], line: usize) -> Vec<usize> {
    let is_between = |earlier: usize| {
        before[line]
            .ones()
            .any(|other| before[other].contains(earlier))
    };
    let earlier = before[line].ones();
    earlier.filter(|&earlier| !is_between(earlier)).collect()
}

/// All sequences of some of these lines.
fn sequences(lines: usize) -> Vec<Vec<usize>> {
    let mut sequences = vec![vec![]];
    let mut next = 0;
    while next < sequences.len() {
        for line in 0..lines {
            if !sequences[next].contains(&line) {
                let mut longer = sequences[next].clone();
                longer.push(line);
                sequences.push(longer);
            }
        }
        next += 1;
    }
    sequences
}

/// Whether a sequence is an output, straight from the definition.
fn is_output(order: &PartialOrder, sequence: &[usize]) -> bool {
    let printed_before = |line: usize, other: usize| {
        let place = |wanted| sequence.iter().position(|&line| line == wanted);
        place(line).is_some_and(|place_of_line| place(other) < Some(place_of_line))
            && place(other).is_some()
    };
    let in_order = sequence.iter().all(|&line| {
        order
            .before(line)
            .ones()
            .all(|other| printed_before(line, other))
    });
    in_order && order.certain().ones().all(|line| sequence.contains(&line))
}

proptest! {
    #[test]
    fn the_covering_pairs_tell_all_that_comes_before((order, before) in partial_order()) {
        for line in 0..order.lines() {
            prop_assert_eq!(order.before(line), before[line].clone());
            prop_assert_eq!(order.covered_by(line), pairs(&before, line));
        }
    }

    #[test]
    fn counting_listing_and_judging_agree_with_trying_all((order, _) in partial_order()) {
        let tried = sequences(order.lines());
        let outputs: Vec<_> = tried.iter().filter(|tried| is_output(&order, tried)).collect();
        prop_assert_eq!(count(&order), Count::Exact(outputs.len() as u128));

        let mut preferred: Vec<_> = (0..order.lines()).collect();
        for _ in 0..2 {
            let listed: Vec<_> = order.outputs(&preferred).collect();
            let distinct: HashSet<_> = listed.iter().collect();
            prop_assert_eq!(distinct.len(), listed.len());
            prop_assert_eq!(distinct, outputs.iter().copied().collect());
            let rank = |line: &usize| preferred.iter().position(|known| known == line);
            let by_rank = |output: &Vec<usize>| output.iter().map(rank).collect::<Vec<_>>();
            prop_assert!(listed.is_sorted_by_key(by_rank));
            preferred.reverse();
        }
        for tried in &tried {
            prop_assert_eq!(order.allows(tried), is_output(&order, tried));
        }
    }
}
