//! How many outputs a partial order allows, without making them.
//!
//! Counting linear extensions is hard in general (Brightwell and Winkler, "Counting
//! linear extensions", 1991), but the orders of lessons fall apart. Where no line of
//! one part is ordered with any of the other, the outputs of both are counted and
//! interleaved; where every line of one part comes before every line of the other,
//! they are multiplied. What does not fall apart is counted by its first lines, or
//! by its last, and what is then left falls apart in its turn.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;

use crate::order::partial_order::PartialOrder;

/// More lines than any lesson has that somebody wants to count.
const MOST_LINES: usize = 500;

/// How many parts are looked at before counting is given up, after some seconds.
const MOST_PARTS: usize = 20_000;

/// Why outputs could not be counted.
#[derive(Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// There are more than fit into 128 bits.
    Number,
    /// Their order has more lines, or falls apart into more parts, than can be
    /// looked at in some seconds.
    Order,
}

/// Counts the outputs that `order` allows.
///
/// # Errors
///
/// If there are too many, or their order is too large.
pub fn count(order: &PartialOrder) -> Result<u128, TooLarge> {
    if order.possible().count_ones(..) > MOST_LINES {
        return Err(TooLarge::Order);
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
    };
    let by_length = counter.count(order.possible())?;
    by_length.into_iter().try_fold(0, add)
}

struct Counter<'a> {
    certain: &'a FixedBitSet,
    before: Vec<FixedBitSet>,
    after: Vec<FixedBitSet>,
    /// The counts of the parts that have been looked at.
    known: HashMap<FixedBitSet, Vec<u128>>,
}

impl Counter<'_> {
    /// Counts the outputs of a part, those of 0, 1, 2, ... lines each. If not all lines
    /// of a part are certain, its outputs are of different lengths, and the length is
    /// what it takes to interleave them with others.
    fn count(&mut self, part: &FixedBitSet) -> Result<Vec<u128>, TooLarge> {
        let lines = part.count_ones(..);
        if lines == 0 {
            return Ok(vec![1]);
        }
        if lines == 1 {
            let is_certain = part.is_subset(self.certain);
            return Ok(vec![u128::from(!is_certain), 1]);
        }
        if let Some(known) = self.known.get(part) {
            return Ok(known.clone());
        }
        if self.known.len() >= MOST_PARTS {
            return Err(TooLarge::Order);
        }
        let counts = self.take_apart(part)?;
        self.known.insert(part.clone(), counts.clone());
        Ok(counts)
    }

    fn take_apart(&mut self, part: &FixedBitSet) -> Result<Vec<u128>, TooLarge> {
        let side_by_side = components(part, |line, related| {
            related.union_with(&self.before[line]);
            related.union_with(&self.after[line]);
        });
        if side_by_side.len() > 1 {
            let mut counts = vec![1];
            for part in side_by_side {
                counts = interleave(&counts, &self.count(&part)?)?;
            }
            return Ok(counts);
        }
        let mut in_a_row = components(part, |line, free| {
            let mut others = part.clone();
            others.difference_with(&self.before[line]);
            others.difference_with(&self.after[line]);
            free.union_with(&others);
        });
        if in_a_row.len() > 1 {
            in_a_row.sort_by_cached_key(|component| {
                let line = component.minimum().unwrap_or_default();
                self.before[line].intersection_count(part)
            });
            return self.in_a_row(&in_a_row);
        }

        let first = extremes(part, |line| &self.before[line]);
        let last = extremes(part, |line| &self.after[line]);
        let mut counts = vec![0; part.count_ones(..) + 1];
        if part.is_subset(self.certain) {
            let fewest = if last.len() < first.len() {
                last
            } else {
                first
            };
            let whole = counts.len() - 1;
            for line in fewest {
                let rest = self.count(&without(part, line))?;
                counts[whole] = add(counts[whole], rest[whole - 1])?;
            }
        } else {
            // An output can end before its last line, so only its first line tells
            // outputs apart.
            counts[0] = u128::from(part.is_disjoint(self.certain));
            for line in first {
                let rest = self.count(&without(part, line))?;
                for (count, rest) in counts[1..].iter_mut().zip(rest) {
                    *count = add(*count, rest)?;
                }
            }
        }
        Ok(counts)
    }

    /// Counts the outputs of parts of which each comes after all of the one before.
    fn in_a_row(&mut self, parts: &[FixedBitSet]) -> Result<Vec<u128>, TooLarge> {
        let mut counts = Vec::new();
        let mut whole = 1;
        for part in parts {
            let part = self.count(part)?;
            // An output that ends behind a whole part ends before the next.
            let (last, shorter) = part.split_last().unwrap_or((&1, &[]));
            for &count in shorter {
                counts.push(multiply(whole, count)?);
            }
            whole = multiply(whole, *last)?;
        }
        counts.push(whole);
        Ok(counts)
    }
}

/// The parts of `part` that are connected by `neighbours`, which adds those of a line
/// to a set.
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

/// The lines of `part` with none of `beyond` them in it.
fn extremes<'a>(part: &FixedBitSet, beyond: impl Fn(usize) -> &'a FixedBitSet) -> Vec<usize> {
    let is_extreme = |&line: &usize| beyond(line).is_disjoint(part);
    part.ones().filter(is_extreme).collect()
}

fn without(part: &FixedBitSet, line: usize) -> FixedBitSet {
    let mut part = part.clone();
    part.remove(line);
    part
}

/// Counts the outputs of two parts that have nothing to do with each other.
fn interleave(one: &[u128], other: &[u128]) -> Result<Vec<u128>, TooLarge> {
    let mut counts = vec![0; one.len() + other.len() - 1];
    for (i, &of_one) in one.iter().enumerate().filter(|&(_, &count)| count > 0) {
        for (j, &of_other) in other.iter().enumerate().filter(|&(_, &count)| count > 0) {
            let both = multiply(multiply(of_one, of_other)?, choices(i + j, i)?)?;
            counts[i + j] = add(counts[i + j], both)?;
        }
    }
    Ok(counts)
}

/// In how many ways `some` of `all` places can be chosen.
fn choices(all: usize, some: usize) -> Result<u128, TooLarge> {
    let some = some.min(all - some);
    (1..=some).try_fold(1, |ways, n| {
        // The product is a multiple of `n`, and dividing first keeps it small.
        let (factor, n) = ((all - some + n) as u128, n as u128);
        let common = greatest_common_divisor(ways, n);
        multiply(ways / common, factor / (n / common))
    })
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

fn add(a: u128, b: u128) -> Result<u128, TooLarge> {
    a.checked_add(b).ok_or(TooLarge::Number)
}

fn multiply(a: u128, b: u128) -> Result<u128, TooLarge> {
    a.checked_mul(b).ok_or(TooLarge::Number)
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
            assert_eq!(choices(128, some), Ok(ways));
        }
    }
}
