//! Which of what is said of an order is so in another order too.

use std::{
    collections::{HashMap, HashSet},
    iter::repeat_n,
};

use fixedbitset::FixedBitSet;

use crate::order::description::{Description, MOST_ANTICHAINS, MOST_PAIRS};

impl Description {
    /// Row by row of [`missing_lines`](Description::missing_lines),
    /// [`guaranteed_pairs`](Description::guaranteed_pairs),
    /// [`likely_pairs`](Description::likely_pairs) and
    /// [`incomparable_lines`](Description::incomparable_lines): whether it is so in the
    /// other order too, which knows the lines by the same names. A pair that others imply
    /// is so. A row that says that there are more has no answer.
    pub fn holds_in(&self, other: &Description) -> [Vec<bool>; 4] {
        let lines = other.happens_before.lines.iter().zip(0..);
        let numbers: HashMap<_, usize> = lines.map(|(line, number)| (&line.name, number)).collect();
        let in_other = |line: usize| numbers.get(&self.happens_before.lines[line].name).copied();
        let missing_in_other = HashSet::<_>::from_iter(other.missing_lines());
        let missing = self.missing_lines().into_iter();
        let guarantees = self.happens_before.guarantees.iter();
        let guaranteed = guarantees.map(|pair| {
            let after = match pair.after {
                Some(line) => in_other(line).map(Some),
                None => Some(None),
            };
            let pair = in_other(pair.before).zip(after);
            pair.is_some_and(|(before, after)| other.is_guaranteed(before, after))
        });
        let likely = self.likely_covering_pairs().map(|(before, after)| {
            let pair = in_other(before).zip(in_other(after));
            pair.is_some_and(|(before, after)| other.is_likely(before, after))
        });
        let antichains = self.antichains().into_iter().take(MOST_ANTICHAINS);
        let luck = antichains.flat_map(|lines| {
            let in_other: Option<FixedBitSet> = lines.iter().map(|&line| in_other(line)).collect();
            let is_so = in_other.is_some_and(|lines| other.is_antichain(&lines));
            // One row says that they come in any order, and one names each.
            repeat_n(is_so, lines.len() + 1)
        });
        [
            missing.map(|row| missing_in_other.contains(&row)).collect(),
            guaranteed.take(MOST_PAIRS).collect(),
            likely.take(MOST_PAIRS).collect(),
            luck.collect(),
        ]
    }
}
