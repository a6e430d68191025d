//! How many outputs a partial order allows, without making them.
//!
//! Counting linear extensions is hard in general (Brightwell and Winkler, "Counting
//! linear extensions", 1991), but the orders of lessons fall apart. Where no line of
//! one part is ordered with any of the other, the outputs of both are counted and
//! interleaved; where every line of one part comes before every line of the other,
//! they are multiplied. A forest, in which no line covers two, falls apart into its
//! lines, however many they are. What does not fall apart is counted by its first
//! lines, or by its last, and what is then left falls apart in its turn.

use std::{collections::HashMap, fmt, iter::repeat_n};

use fixedbitset::FixedBitSet;

use crate::order::partial_order::PartialOrder;

/// More lines than any lesson has that somebody wants to count, if they are no forest.
const MOST_LINES: usize = 500;

/// How many parts are looked at before counting is given up, after some seconds.
const MOST_PARTS: usize = 20_000;

/// How many numbers are multiplied for a forest before that is given up.
const MOST_PRODUCTS: usize = 5_000_000;

/// How many digits of a number count that is not exact.
const DIGITS: f64 = 15.0;

/// How many outputs there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Count {
    /// So many.
    Exact(u128),
    /// More than fit into 128 bits: about ten to the power of this.
    About(f64),
    /// Their order has more lines, or falls apart into more parts, than can be looked at
    /// in some seconds.
    TooMany,
}

impl Count {
    /// The number with its noun.
    pub fn orders(&self) -> String {
        match self {
            Count::Exact(1) => "1 order".to_owned(),
            Count::TooMany => "too many orders to count".to_owned(),
            _ => format!("{self} orders"),
        }
    }

    fn plus(self, other: Count) -> Count {
        if let (Count::Exact(one), Count::Exact(other)) = (self, other)
            && let Some(sum) = one.checked_add(other)
        {
            return Count::Exact(sum);
        }
        let (one, other) = (self.logarithm(), other.logarithm());
        let share = 10_f64.powf(one.min(other) - one.max(other));
        Count::About(one.max(other) + share.ln_1p() / std::f64::consts::LN_10)
    }

    fn times(self, other: Count) -> Count {
        if let (Count::Exact(one), Count::Exact(other)) = (self, other)
            && let Some(product) = one.checked_mul(other)
        {
            return Count::Exact(product);
        }
        if [self, other].contains(&Count::Exact(0)) {
            return Count::Exact(0);
        }
        Count::About(self.logarithm() + other.logarithm())
    }

    fn logarithm(self) -> f64 {
        match self {
            Count::Exact(number) => (number as f64).log10(),
            Count::About(logarithm) => logarithm,
            Count::TooMany => f64::INFINITY,
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Count::Exact(number) => write!(f, "{number}"),
            Count::About(logarithm) => write!(f, "about 10^{logarithm:.0}"),
            Count::TooMany => f.write_str("too many to count"),
        }
    }
}

/// Counts the outputs that `order` allows.
///
/// # Examples
///
/// ```
/// use fixedbitset::FixedBitSet;
/// use xtask::order::{
///     count::{Count, count},
///     partial_order::PartialOrder,
/// };
///
/// // 0 is always printed first, and 1 and 2 may be cut off.
/// let (all, certain): (FixedBitSet, FixedBitSet) = ((0..3).collect(), (0..1).collect());
/// let order = PartialOrder::new(vec![vec![], vec![0], vec![0]], all, certain);
/// assert_eq!(count(&order), Count::Exact(5));
/// ```
pub fn count(order: &PartialOrder) -> Count {
    let mut products_left = MOST_PRODUCTS;
    let mut parts_left = MOST_PARTS;
    let counts = in_a_row(order.parts().into_iter().map(|part| {
        forest(&part.order, &mut products_left)
            .or_else(|| Counter::of(&part.order, &mut parts_left))
    }));
    match counts {
        Some(ByLength { counts, .. }) => counts.into_iter().fold(Count::Exact(0), Count::plus),
        None => Count::TooMany,
    }
}

/// Counts the outputs of parts of which each comes after all of the one before.
fn in_a_row(parts: impl IntoIterator<Item = Option<ByLength>>) -> Option<ByLength> {
    let mut all = ByLength::of_nothing();
    for part in parts {
        all.go_on_with(&part?);
    }
    Some(all)
}

/// Counts the outputs of a forest, in which no line covers two. None, if it is no forest
/// or too large a one.
fn forest(order: &PartialOrder, products_left: &mut usize) -> Option<ByLength> {
    // Behind all lines, and for each line the trees that grow from it. It comes before them.
    let mut all = ByLength::of_nothing();
    let mut trees = vec![all.clone(); order.lines()];
    while let Some(trees_of_line) = trees.pop() {
        let line = trees.len();
        let tree = trees_of_line.behind_a_line(order.certain().contains(line));
        let beside = match order.covered_by(line)[..] {
            [] => &mut all,
            [root] => &mut trees[root],
            _ => return None,
        };
        *products_left = products_left.checked_sub(tree.products(beside))?;
        *beside = tree.beside(beside);
    }
    Some(all)
}

/// How many outputs some lines have of each length.
#[derive(Clone)]
struct ByLength {
    /// The length of the first of them. What is shorter does not count.
    shortest: usize,
    /// The last of them has all lines.
    counts: Vec<Count>,
}

impl ByLength {
    fn of_nothing() -> ByLength {
        ByLength {
            shortest: 0,
            counts: vec![Count::Exact(1)],
        }
    }

    /// Puts a line before all of these.
    fn behind_a_line(mut self, is_certain: bool) -> ByLength {
        if !is_certain && self.shortest == 0 {
            self.counts.insert(0, Count::Exact(1));
        } else {
            self.shortest += 1;
        }
        self
    }

    /// Puts all of these before others.
    fn go_on_with(&mut self, others: &ByLength) {
        // An output that ends behind all of these ends before the others.
        let whole = self.counts.pop().unwrap_or(Count::Exact(0));
        if self.counts.is_empty() {
            self.shortest += others.shortest;
        } else {
            self.counts
                .extend(repeat_n(Count::Exact(0), others.shortest));
        }
        let longer = others.counts.iter().map(|&count| whole.times(count));
        self.counts.extend(longer);
    }

    /// Adds those of as many lines.
    fn add(&mut self, mut other: ByLength) {
        if self.counts.len() < other.counts.len() {
            std::mem::swap(self, &mut other);
        }
        let pairs = self.counts.iter_mut().rev().zip(other.counts.iter().rev());
        for (count, &other) in pairs {
            *count = count.plus(other);
        }
    }

    /// Interleaves these with lines that have nothing to do with them.
    fn beside(&self, other: &ByLength) -> ByLength {
        let mut counts = vec![Count::Exact(0); self.counts.len() + other.counts.len() - 1];
        for (i, &one) in self.counts.iter().enumerate() {
            for (j, &of_other) in other.counts.iter().enumerate() {
                let both = one.times(of_other);
                if both != Count::Exact(0) {
                    let (length, others) = (self.shortest + i, other.shortest + j);
                    let ways = choices(length + others, length);
                    counts[i + j] = counts[i + j].plus(both.times(ways));
                }
            }
        }
        let mut shortest = self.shortest + other.shortest;
        // The longer an output is, the more ways there are to interleave it with others,
        // so that what is negligible and shorter remains so.
        let largest = counts.iter().copied().map(Count::logarithm);
        let largest = largest.fold(0.0, f64::max);
        if counts.iter().any(|count| matches!(count, Count::About(_))) {
            let is_negligible = |count: &&Count| count.logarithm() < largest - DIGITS;
            let negligible = counts.iter().take_while(is_negligible).count();
            counts.drain(..negligible);
            shortest += negligible;
        }
        ByLength { shortest, counts }
    }

    /// How many numbers are multiplied to interleave these with others.
    fn products(&self, other: &ByLength) -> usize {
        let [lines, other_lines] =
            [self, other].map(|by_length| by_length.shortest + by_length.counts.len());
        self.counts.len() * other.counts.len() * lines.min(other_lines)
    }
}

struct Counter<'a> {
    certain: &'a FixedBitSet,
    before: Vec<FixedBitSet>,
    after: Vec<FixedBitSet>,
    /// The counts of the parts that have been looked at.
    known: HashMap<FixedBitSet, ByLength>,
    parts_left: &'a mut usize,
}

impl Counter<'_> {
    /// Counts the outputs of an order. None, if it is too large.
    fn of(order: &PartialOrder, parts_left: &mut usize) -> Option<ByLength> {
        if order.lines() > MOST_LINES {
            return None;
        }
        let before: Vec<_> = (0..order.lines()).map(|line| order.before(line)).collect();
        let mut after = vec![FixedBitSet::with_capacity(order.lines()); order.lines()];
        for (line, before) in before.iter().enumerate() {
            for earlier in before.ones() {
                after[earlier].insert(line);
            }
        }
        let mut counter = Counter {
            certain: order.certain(),
            before,
            after,
            known: HashMap::new(),
            parts_left,
        };
        counter.count(order.possible())
    }

    /// Counts the outputs of a part, which has a line.
    fn count(&mut self, part: &FixedBitSet) -> Option<ByLength> {
        if part.count_ones(..) == 1 {
            let is_certain = part.is_subset(self.certain);
            return Some(ByLength::of_nothing().behind_a_line(is_certain));
        }
        if let Some(known) = self.known.get(part) {
            return Some(known.clone());
        }
        *self.parts_left = self.parts_left.checked_sub(1)?;
        let counts = self.take_apart(part)?;
        self.known.insert(part.clone(), counts.clone());
        Some(counts)
    }

    fn take_apart(&mut self, part: &FixedBitSet) -> Option<ByLength> {
        let side_by_side = components(part, |line, related| {
            related.union_with(&self.before[line]);
            related.union_with(&self.after[line]);
        });
        if side_by_side.len() > 1 {
            let mut all = ByLength::of_nothing();
            for part in side_by_side {
                all = all.beside(&self.count(&part)?);
            }
            return Some(all);
        }
        // A line's number is larger than those of the lines before it, so these come in order.
        let rows = components(part, |line, free| {
            let mut others = part.clone();
            others.difference_with(&self.before[line]);
            others.difference_with(&self.after[line]);
            free.union_with(&others);
        });
        if rows.len() > 1 {
            return in_a_row(rows.iter().map(|part| self.count(part)));
        }

        let first = extremes(part, &self.before);
        let last = extremes(part, &self.after);
        // An output can end before a last line that is not certain, so only its first line
        // tells outputs apart then.
        let ends = if part.is_subset(self.certain) && last.len() < first.len() {
            last
        } else {
            first
        };
        let mut rests = ByLength {
            shortest: part.count_ones(..) - 1,
            counts: vec![Count::Exact(0)],
        };
        for line in ends {
            let mut rest = part.clone();
            rest.remove(line);
            rests.add(self.count(&rest)?);
        }
        Some(rests.behind_a_line(!part.is_disjoint(self.certain)))
    }
}

/// The parts of `part` that are connected by `neighbours`, which adds those of a line
/// to a set. They come in the order of their first lines.
fn components(
    part: &FixedBitSet,
    neighbours: impl Fn(usize, &mut FixedBitSet),
) -> Vec<FixedBitSet> {
    let mut left = part.clone();
    let mut components = Vec::new();
    while let Some(line) = left.minimum() {
        let mut component = FixedBitSet::with_capacity(part.len());
        let mut reached = component.clone();
        reached.insert(line);
        while let Some(line) = reached.minimum() {
            left.remove(line);
            component.insert(line);
            neighbours(line, &mut reached);
            reached.intersect_with(&left);
        }
        components.push(component);
    }
    components
}

/// The lines of `part` with none in it that `beyond` has for them.
fn extremes(part: &FixedBitSet, beyond: &[FixedBitSet]) -> Vec<usize> {
    let is_extreme = |&line: &usize| beyond[line].is_disjoint(part);
    part.ones().filter(is_extreme).collect()
}

/// In how many ways `some` of `all` places can be chosen.
fn choices(all: usize, some: usize) -> Count {
    let some = some.min(all - some);
    (1..=some).fold(Count::Exact(1), |ways, n| {
        let factor = all - some + n;
        match ways {
            // The product is a multiple of `n`. Divided first, it is no larger than what comes
            // of it.
            Count::Exact(ways) => {
                let (factor, n) = (factor as u128, n as u128);
                let rest = Count::Exact(ways % n * factor / n);
                Count::Exact(ways / n)
                    .times(Count::Exact(factor))
                    .plus(rest)
            }
            ways => Count::About(ways.logarithm() + (factor as f64 / n as f64).log10()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_fits_is_counted_however_near_it_is() {
        // From Pascal's rule, which only adds.
        let mut row = vec![1_u128];
        for _ in 0..128 {
            let next = row.windows(2).map(|pair| pair[0] + pair[1]);
            row = [1].into_iter().chain(next).chain([1]).collect();
        }
        for (some, &ways) in row.iter().enumerate() {
            assert_eq!(choices(128, some), Count::Exact(ways));
        }
    }

    #[test]
    fn none_of_many_is_none() {
        for many in [Count::Exact(7), Count::About(40.2)] {
            assert_eq!(Count::Exact(0).times(many), Count::Exact(0));
            assert_eq!(many.times(Count::Exact(0)), Count::Exact(0));
        }
    }

    #[test]
    fn a_number_of_orders_is_said_with_its_noun() {
        for (count, words) in [
            (Count::Exact(1), "1 order"),
            (Count::Exact(2), "2 orders"),
            (Count::About(40.2), "about 10^40 orders"),
            (Count::TooMany, "too many orders to count"),
        ] {
            assert_eq!(count.orders(), words);
        }
    }

    /// An order by what each line covers, of which the first lines are certain.
    fn order(covered: Vec<Vec<usize>>, certain: usize) -> PartialOrder {
        let mut all = FixedBitSet::with_capacity(covered.len());
        all.insert_range(..);
        let mut certain_lines = all.clone();
        certain_lines.set_range(certain.., false);
        PartialOrder::new(covered, all, certain_lines)
    }

    /// A line of starts, with an end of its own behind each.
    fn starts_and_ends(workers: usize, is_daemon: bool) -> PartialOrder {
        let covered = (0..2 * workers).map(|line| match line {
            0 => vec![],
            start if start < workers => vec![start - 1],
            end => vec![end - workers],
        });
        let certain = if is_daemon { workers } else { 2 * workers };
        order(covered.collect(), certain)
    }

    /// Two lines side by side, of so many lines each.
    fn two_chains(lines: usize, certain: usize) -> PartialOrder {
        let covered = (0..2 * lines).map(|line| match line {
            0 | 1 => vec![],
            line => vec![line - 2],
        });
        order(covered.collect(), certain)
    }

    /// Two lines side by side, of which each of the one comes before its like in the other.
    fn ladder(lines: usize) -> PartialOrder {
        let covered = (0..lines).map(|line| match line {
            0 => vec![],
            1 => vec![0],
            line if line % 2 == 0 => vec![line - 2],
            line => vec![line - 2, line - 1],
        });
        order(covered.collect(), lines)
    }

    /// Lines in fours, of which each is no forest but has five orders: the third comes after
    /// the first, and the fourth after the first and the second.
    fn fours(lines: usize) -> Vec<Vec<usize>> {
        let covered = (0..lines).map(|line| match line % 4 {
            0 | 1 => vec![],
            2 => vec![line - 2],
            _ => vec![line - 3, line - 2],
        });
        covered.collect()
    }

    /// The logarithm of the number of orders that fours have.
    fn of_fours(lines: usize) -> f64 {
        let factorial = |n: usize| (1..=n).map(|n| (n as f64).log10()).sum::<f64>();
        factorial(lines) + (lines / 4) as f64 * (5.0_f64 / 24.0).log10()
    }

    #[test]
    fn a_part_that_is_met_again_is_not_counted_again() {
        // These are the Catalan numbers, and more ways than could be gone one by one.
        assert_eq!(count(&ladder(40)), Count::Exact(6_564_120_420));
    }

    #[track_caller]
    fn assert_about(count: Count, expected: f64) {
        assert!(
            matches!(count, Count::About(about) if (about - expected).abs() < 1e-6),
            "{count:?} {expected}"
        );
    }

    #[test]
    fn of_a_number_that_does_not_fit_it_is_known_how_large_it_is() {
        // Behind its own start, each end finds two places more than the one before.
        let places = |workers: u32| (1..=workers).map(|worker| f64::from(2 * worker - 1).log10());
        for workers in [30, 10_000] {
            let order = starts_and_ends(workers as usize, false);
            assert_about(count(&order), places(workers).sum());
        }
        // So many do fit.
        let fits = places(26).sum::<f64>();
        let counted = count(&starts_and_ends(26, false));
        assert!(matches!(counted, Count::Exact(_)), "{counted:?}");
        assert!(
            (counted.logarithm() - fits).abs() < 1e-6,
            "{counted:?} {fits}"
        );
        assert_eq!(
            count(&starts_and_ends(30, false)).to_string(),
            "about 10^40"
        );
    }

    #[test]
    fn what_is_negligible_of_the_outputs_of_daemons_is_negligible_in_the_end() {
        // So many that they are counted only if what is negligible is left out.
        let workers = 3_000;
        // Those of 0, 1, 2, ... lines, of the last worker, the last two, and so on. All of
        // them begin with a start; its end may follow in any place, or not at all.
        let mut counts = vec![1.0];
        let mut scale = 0.0;
        for _ in 0..workers {
            let mut longer = vec![0.0; counts.len() + 2];
            for (length, count) in counts.iter().enumerate() {
                longer[length + 1] += count;
                longer[length + 2] += count * (length + 1) as f64;
            }
            let sum: f64 = longer.iter().sum();
            scale += sum.log10();
            counts = longer.iter().map(|count| count / sum).collect();
        }
        assert_about(count(&starts_and_ends(workers, true)), scale);
    }

    #[test]
    fn an_order_that_falls_apart_is_counted_however_many_outputs_it_has() {
        // Two chains have as many as there are choices of the places of one.
        let choices: f64 = (1..=200)
            .map(|n| f64::from(200 + n).log10() - f64::from(n).log10())
            .sum();
        assert_about(count(&two_chains(200, 400)), choices);
        // As many lines as are looked at, if they are no forest.
        let most = MOST_LINES;
        assert_about(count(&order(fours(most), most)), of_fours(most));
        // Twenty lines before twenty others, twice side by side.
        let mut covered = fours(80);
        for line in (20..40).chain(60..80).filter(|line| line % 4 < 2) {
            covered[line] = (line / 20 * 20 - 20..line / 20 * 20)
                .filter(|line| line % 4 > 1)
                .collect();
        }
        let choices: f64 = (1..=40)
            .map(|n| f64::from(40 + n).log10() - f64::from(n).log10())
            .sum();
        assert_about(count(&order(covered, 80)), choices + 4.0 * of_fours(20));
    }

    #[test]
    fn outputs_that_end_behind_many_lines_are_as_long_as_those_and_more() {
        // Those of 0, 1, 2, ... lines that ten times four daemons' lines have, each divided
        // by the orders of so many lines.
        let mut shares = vec![1.0];
        for _ in 0..10 {
            let mut longer = vec![0.0; shares.len() + 4];
            for (length, share) in shares.iter().enumerate() {
                for (more, of_four) in [1.0, 2.0, 3.0 / 2.0, 5.0 / 6.0, 5.0 / 24.0]
                    .iter()
                    .enumerate()
                {
                    longer[length + more] += share * of_four;
                }
            }
            shares = longer;
        }
        let factorial = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
        let counts = (0..=40).map(|length| shares[length] * factorial(length));
        let counts: Vec<_> = counts.collect();
        // As many lines behind all of those, and beside them all one that is certain, which
        // goes into any place.
        let mut covered = fours(80);
        for line in (40..80).filter(|line| line % 4 < 2) {
            covered[line] = (0..40).filter(|line| line % 4 > 1).collect();
        }
        covered.insert(0, Vec::new());
        for line in &mut covered[1..] {
            line.iter_mut().for_each(|earlier| *earlier += 1);
        }
        let ends_before = (0..40).map(|length| counts[length] * (length + 1) as f64);
        let goes_on = (0..=40).map(|length| counts[40] * counts[length] * (40 + length + 1) as f64);
        let all: f64 = ends_before.chain(goes_on).sum();
        assert_about(count(&order(covered, 1)), all.log10());
    }

    /// Of lines that are all certain.
    fn upside_down(upright: &PartialOrder) -> PartialOrder {
        let mut covered = vec![Vec::new(); upright.lines()];
        for line in 0..upright.lines() {
            for earlier in upright.covered_by(line) {
                covered[earlier].push(line);
            }
        }
        order(covered, upright.lines())
    }

    #[test]
    fn an_order_upside_down_has_as_many_outputs() {
        let forest = starts_and_ends(100, false);
        let expected = count(&forest).logarithm();
        assert_about(count(&upside_down(&forest)), expected);
    }

    #[test]
    fn what_does_not_fall_apart_is_counted_from_where_fewer_lines_are() {
        let forest = starts_and_ends(100, false);
        let expected = count(&forest).logarithm();
        // Where the first two starts come in any order, there are twice as many. It falls
        // apart behind either of them, but not behind any number of the ends.
        let mut covered: Vec<_> = (0..200).map(|line| forest.covered_by(line)).collect();
        (covered[1], covered[2]) = (vec![], vec![0, 1]);
        let either = order(covered, 200);
        for order in [&upside_down(&either), &either] {
            assert_about(count(order), expected + 2.0_f64.log10());
        }
    }

    #[test]
    fn what_may_be_cut_off_is_counted_where_fewer_lines_come_last_than_first() {
        let covered = [vec![], vec![], vec![], vec![0, 1], vec![1, 2]];
        for certain in 0..=covered.len() {
            let order = order(covered.to_vec(), certain);
            let listed = order.outputs(&[0, 1, 2, 3, 4]).count();
            assert_eq!(count(&order), Count::Exact(listed as u128), "{certain}");
        }
    }

    #[test]
    fn an_order_that_is_too_large_is_given_up() {
        assert_eq!(count(&ladder(4_000)), Count::TooMany);
        let lines = MOST_LINES + 4;
        assert_eq!(count(&order(fours(lines), lines)), Count::TooMany);
        // Each of fifteen lines comes after all of fifteen others but one.
        let crown = (0..30).map(|line: usize| match line.checked_sub(15) {
            None => vec![],
            Some(other) => (0..15).filter(|&earlier| earlier != other).collect(),
        });
        assert_eq!(count(&order(crown.collect(), 30)), Count::TooMany);
        // Two daemons that may be cut off behind any of their many lines.
        assert_eq!(count(&two_chains(300, 0)), Count::TooMany);
    }
}
