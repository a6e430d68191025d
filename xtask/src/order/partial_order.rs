//! A partial order of lines, and the outputs that it allows.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

/// A partial order of the lines 0, 1, 2, ..., of which some may be missing.
///
/// An output that it allows is some of the possible lines, all the certain ones
/// among them, each after every line that comes before it: a linear extension of the
/// lines that are printed.
///
/// It is kept as its Hasse diagram, and takes as much room as that has edges.
#[derive(Debug)]
pub struct PartialOrder {
    /// What each line covers, and behind the lines what each moment covers.
    covered: Vec<Vec<usize>>,
    /// What covers each.
    covering: Vec<Vec<usize>>,
    /// The possible lines and the moments, each after what it covers.
    sorted: Vec<usize>,
    /// The place of each in `sorted`.
    places: Vec<usize>,
    possible: FixedBitSet,
    certain: FixedBitSet,
}

impl PartialOrder {
    /// From what each line covers, which is what comes before it with no line between,
    /// the lines that are possible, and those that are certain, with all that comes
    /// before them.
    ///
    /// Where all of some lines come before all others, there may be a *moment* between
    /// them: a number behind those of the lines, which covers some of the first and is
    /// covered by some of the others. What comes before a possible line has to be
    /// possible, and nothing may come before one that is not.
    ///
    /// # Panics
    ///
    /// If there are fewer covered sets than lines, or one names what there is not.
    ///
    /// # Examples
    ///
    /// ```
    /// use fixedbitset::FixedBitSet;
    /// use xtask::order::partial_order::PartialOrder;
    ///
    /// // 0 comes before 1 and 2.
    /// let all: FixedBitSet = (0..3).collect();
    /// let order = PartialOrder::new(vec![vec![], vec![0], vec![0]], all.clone(), all);
    /// let outputs: Vec<_> = order.outputs(&[0, 1, 2]).collect();
    /// assert_eq!(outputs, [[0, 1, 2], [0, 2, 1]]);
    /// assert!(!order.allows(&[1, 0, 2]));
    /// ```
    pub fn new(
        covered: Vec<Vec<usize>>,
        possible: FixedBitSet,
        certain: FixedBitSet,
    ) -> PartialOrder {
        let mut covering = vec![Vec::new(); covered.len()];
        for (node, covered) in covered.iter().enumerate() {
            for &earlier in covered {
                covering[earlier].push(node);
            }
        }
        let sorted = sorted(&covered, &covering, &possible);
        let mut places = vec![0; covered.len()];
        for (place, &node) in sorted.iter().enumerate() {
            places[node] = place;
        }
        PartialOrder {
            covered,
            covering,
            sorted,
            places,
            possible,
            certain,
        }
    }

    /// How many lines there are, possible or not.
    pub fn lines(&self) -> usize {
        self.possible.len()
    }

    /// The lines that come before this one, directly or not.
    pub fn before(&self, line: usize) -> FixedBitSet {
        let mut reached = self.none();
        reach(&self.covered, line, &mut reached);
        let mut before = FixedBitSet::with_capacity(self.lines());
        before.extend(reached.ones().take_while(|&node| node < self.lines()));
        before
    }

    /// Whether one line comes before another, directly or not.
    pub fn is_before(&self, line: usize, other: usize) -> bool {
        let mut reached = self.none();
        let mut left = vec![line];
        while let Some(node) = left.pop() {
            // What has its place behind the other leads only further on.
            let later = self.covering[node].iter().copied();
            let later = later.filter(|&later| self.places[later] <= self.places[other]);
            left.extend(later.filter(|&later| !reached.put(later)));
        }
        reached.contains(other)
    }

    /// The lines that may be printed.
    pub fn possible(&self) -> &FixedBitSet {
        &self.possible
    }

    /// The lines that are printed in every output.
    pub fn certain(&self) -> &FixedBitSet {
        &self.certain
    }

    /// The lines that come before this one with no line between, the smallest first.
    pub fn covered_by(&self, line: usize) -> Vec<usize> {
        let mut lines = Vec::new();
        for &node in &self.covered[line] {
            if node < self.lines() {
                lines.push(node);
            } else {
                lines.extend(&self.covered[node]);
            }
        }
        lines.sort_unstable();
        lines
    }

    /// The first of these lines that comes before one that it should follow, by its
    /// place, and the first line that it should. Each of those that are `unseen` may have
    /// come wherever it had to.
    pub(crate) fn too_early(
        &self,
        output: &[usize],
        unseen: &FixedBitSet,
    ) -> Option<(usize, usize)> {
        let is_seen = |node: usize| node < self.lines() && !unseen.contains(node);
        let mut places = vec![output.len(); self.covered.len()];
        for (place, &line) in output.iter().enumerate() {
            places[line] = place;
        }
        // What is not seen comes with the last that it covers.
        for &node in self.sorted.iter().filter(|&&node| !is_seen(node)) {
            let covered = self.covered[node].iter().map(|&earlier| places[earlier]);
            places[node] = covered.max().unwrap_or_default();
        }
        let later_than = |place: usize, node: usize| {
            let covered = self.covered[node].iter().copied();
            covered.filter(|&earlier| places[earlier] > place).min()
        };
        let mut lines = output.iter().enumerate();
        lines.find_map(|(place, &line)| {
            let mut missing = later_than(place, line)?;
            while !is_seen(missing) {
                missing = later_than(place, missing)?;
            }
            Some((place, missing))
        })
    }

    /// Whether these lines are an allowed output.
    pub fn allows(&self, output: &[usize]) -> bool {
        let mut printed = FixedBitSet::with_capacity(self.lines());
        let fits = |&line: &usize| self.possible.contains(line) && !printed.put(line);
        output.iter().all(fits)
            && self.certain.is_subset(&printed)
            && self.too_early(output, &FixedBitSet::new()).is_none()
    }

    /// All possible lines, each as early as `preferred` has it and the order allows.
    pub(crate) fn extension(&self, preferred: &[usize]) -> Vec<usize> {
        let mut outputs = self.outputs(preferred);
        while outputs.go_on(0).is_some() {}
        outputs.lines()
    }

    /// The allowed outputs, one at a time: those that begin with a line that stands
    /// earlier in `preferred`, which has every possible line, come first, and so on line by
    /// line.
    pub fn outputs(&self, preferred: &[usize]) -> Outputs<'_> {
        let mut preferred = preferred.to_vec();
        preferred.retain(|&line| self.possible.contains(line));
        // When a moment can come, nothing else can.
        preferred.extend(self.lines()..self.covered.len());
        let mut places = vec![0; self.covered.len()];
        for (place, &node) in preferred.iter().enumerate() {
            places[node] = place;
        }
        let is_first = |place: &usize| self.covered[preferred[*place]].is_empty();
        Outputs {
            order: self,
            ready: (0..preferred.len()).filter(is_first).collect(),
            waits_for: self.covered.iter().map(Vec::len).collect(),
            missing: self.certain.count_ones(..),
            preferred,
            places,
            output: Vec::new(),
            begun: false,
        }
    }

    /// The parts that the order falls into, all of each before all of the next.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let mut cuts = vec![0];
        // The edges that lead from what has come to what is still to come, if there were
        // a beginning below all and an end above all. Where they all meet, all that has
        // come is before all that is still to come.
        let is_first = |node: &&usize| self.covered[**node].is_empty();
        let mut edges = self.sorted.iter().filter(is_first).count();
        for (place, &node) in self.sorted.iter().enumerate() {
            let [below, above] =
                [&self.covered, &self.covering].map(|edges| edges[node].len().max(1));
            if edges == below {
                cuts.extend([place, place + 1]);
            }
            edges = edges - below + above;
        }
        cuts.push(self.sorted.len());
        let parts = cuts.windows(2).map(|cut| {
            let lines = self.sorted[cut[0]..cut[1]].iter().copied();
            let lines: Vec<_> = lines.filter(|&node| node < self.lines()).collect();
            let covered = lines.iter().map(|&line| {
                // What is of another part comes before all of this one.
                let places = self.covered[line]
                    .iter()
                    .map(|&earlier| self.places[earlier]);
                places
                    .filter_map(|place| place.checked_sub(cut[0]))
                    .collect()
            });
            let is_certain = |number: &usize| self.certain.contains(lines[*number]);
            let order = PartialOrder::new(
                covered.collect(),
                (0..lines.len()).collect(),
                (0..lines.len()).filter(is_certain).collect(),
            );
            Part { lines, order }
        });
        parts.filter(|part| !part.lines.is_empty()).collect()
    }

    /// The lines that come before or after this one.
    pub(crate) fn comparable(&self, line: usize) -> FixedBitSet {
        let mut reached = self.none();
        reach(&self.covered, line, &mut reached);
        reach(&self.covering, line, &mut reached);
        reached
    }

    /// Those of some lines that are incomparable with all that are taken before them.
    pub(crate) fn antichain(&self, lines: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let (mut before, mut after) = (self.none(), self.none());
        let mut taken = self.none();
        let is_taken = |&line: &usize| {
            let is_free = !before.contains(line) && !after.contains(line) && !taken.put(line);
            if is_free {
                reach(&self.covered, line, &mut before);
                reach(&self.covering, line, &mut after);
            }
            is_free
        };
        lines.into_iter().filter(is_taken).collect()
    }

    fn none(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.covered.len())
    }
}

/// A part of a partial order.
pub(crate) struct Part {
    /// Its lines, each after those that come before it.
    pub(crate) lines: Vec<usize>,
    /// Their order. Their numbers in it are their places in `lines`.
    pub(crate) order: PartialOrder,
}

/// The possible lines and the moments, each after what it covers.
fn sorted(covered: &[Vec<usize>], covering: &[Vec<usize>], possible: &FixedBitSet) -> Vec<usize> {
    let mut waits_for: Vec<_> = covered.iter().map(Vec::len).collect();
    let is_first = |&line: &usize| waits_for[line] == 0;
    let mut nodes: Vec<_> = possible.ones().filter(is_first).collect();
    let mut next = 0;
    while let Some(&node) = nodes.get(next) {
        next += 1;
        for &later in &covering[node] {
            waits_for[later] -= 1;
            if waits_for[later] == 0 {
                nodes.push(later);
            }
        }
    }
    nodes
}

/// Adds to `reached` what is to be reached by these edges. What is in it already is
/// taken to be there with all that is to be reached from it.
fn reach(edges: &[Vec<usize>], from: usize, reached: &mut FixedBitSet) {
    let mut left = vec![from];
    while let Some(node) = left.pop() {
        left.extend(edges[node].iter().filter(|&&next| !reached.put(next)));
    }
}

/// The outputs that a partial order allows. No more than one of them is in memory.
pub struct Outputs<'a> {
    order: &'a PartialOrder,
    /// The possible lines and the moments.
    preferred: Vec<usize>,
    /// For each line and moment its place in `preferred`.
    places: Vec<usize>,
    /// For each line and moment how many that it covers are still to come.
    waits_for: Vec<usize>,
    /// The places of those that can come next.
    ready: BTreeSet<usize>,
    /// The places of those that have come.
    output: Vec<usize>,
    /// How many certain lines are not in it.
    missing: usize,
    begun: bool,
}

impl Iterator for Outputs<'_> {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        // Every output can be gone on with until no line is left, so no way into the
        // tree of outputs is in vain. Its root is the empty output.
        if self.begun {
            self.advance()?;
        }
        self.begun = true;
        while self.missing > 0 || self.ends_with_a_moment() {
            self.advance()?;
        }
        Some(self.lines())
    }
}

impl Outputs<'_> {
    fn lines(&self) -> Vec<usize> {
        let nodes = self.output.iter().map(|&place| self.preferred[place]);
        nodes.filter(|&node| node < self.order.lines()).collect()
    }

    /// Whether the output is the same as the one before, but for a moment.
    fn ends_with_a_moment(&self) -> bool {
        let last = self.output.last();
        last.is_some_and(|&place| self.preferred[place] >= self.order.lines())
    }

    /// Goes to the next node of the tree, depth first.
    fn advance(&mut self) -> Option<()> {
        let mut from = 0;
        while self.go_on(from).is_none() {
            let place = self.output.pop()?;
            let node = self.preferred[place];
            for &later in &self.order.covering[node] {
                if self.waits_for[later] == 0 {
                    self.ready.remove(&self.places[later]);
                }
                self.waits_for[later] += 1;
            }
            self.ready.insert(place);
            self.missing += usize::from(self.order.certain.contains(node));
            from = place + 1;
        }
        Some(())
    }

    /// Goes on with the next that can come, from this place in `preferred` on.
    fn go_on(&mut self, from: usize) -> Option<()> {
        let place = *self.ready.range(from..).next()?;
        let node = self.preferred[place];
        self.ready.remove(&place);
        self.output.push(place);
        for &later in &self.order.covering[node] {
            self.waits_for[later] -= 1;
            if self.waits_for[later] == 0 {
                self.ready.insert(self.places[later]);
            }
        }
        self.missing -= usize::from(self.order.certain.contains(node));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn what_a_line_covers_comes_in_order_from_whichever_side_of_a_moment() {
        let all = FixedBitSet::from_iter(0..4);
        let covered = vec![vec![], vec![], vec![], vec![4, 1], vec![2, 0]];
        let order = PartialOrder::new(covered, all.clone(), all);
        assert_eq!(order.covered_by(3), [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn what_is_seen_comes_too_early_if_it_does_wherever_the_unseen_lines_have_come(
            covered in vec(vec(any::<bool>(), 5), 5),
            lines in Just(Vec::from_iter(0..5_usize)).prop_shuffle(),
            is_unseen in vec(any::<bool>(), 5),
        ) {
            // A moment before the last line, too.
            let earlier = |line: usize| (0..line).filter(|&it| covered[line][it]).collect();
            let mut covered: Vec<Vec<_>> = (0..5).map(earlier).collect();
            covered[4] = vec![5];
            covered.push(vec![0, 1, 2, 3]);
            let all = FixedBitSet::from_iter(0..5);
            let order = PartialOrder::new(covered, all.clone(), all);
            let seen = |lines: &[usize]| -> Vec<_> {
                lines.iter().copied().filter(|&line| !is_unseen[line]).collect()
            };
            let output = seen(&lines);
            let unseen = (0..5).filter(|&line| is_unseen[line]).collect();
            let early = order.too_early(&output, &unseen);
            let mut outputs = order.outputs(&lines);
            prop_assert_eq!(early.is_none(), outputs.any(|whole| seen(&whole) == output));
            if let Some((place, missing)) = early {
                prop_assert!(order.is_before(missing, output[place]));
                prop_assert!(output[place..].contains(&missing));
                prop_assert!(order.too_early(&output[..place], &unseen).is_none());
            }
        }
    }
}
