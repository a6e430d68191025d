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
    possible: FixedBitSet,
    certain: FixedBitSet,
}

impl PartialOrder {
    /// From what each line covers, which is what comes before it with no line between,
    /// the lines that are possible, and some that are certain: what comes before a
    /// certain line is certain too.
    ///
    /// Where all of some lines come before all others, there may be a *moment* between
    /// them: a number behind those of the lines, which covers some and is covered by
    /// others. What comes before a possible line has to be possible, and nothing may come
    /// before one that is not.
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
        let mut order = PartialOrder {
            covered,
            covering,
            possible,
            certain,
        };
        let mut before = order.none();
        for line in order.certain.ones() {
            reach(&order.covered, line, &mut before);
        }
        order.certain.union_with(&order.lines_of(&before));
        order
    }

    /// How many lines there are, possible or not.
    pub fn lines(&self) -> usize {
        self.possible.len()
    }

    /// The lines that come before this one, directly or not.
    pub fn before(&self, line: usize) -> FixedBitSet {
        let mut before = self.none();
        reach(&self.covered, line, &mut before);
        self.lines_of(&before)
    }

    /// Whether one line comes before another, directly or not.
    pub fn is_before(&self, line: usize, other: usize) -> bool {
        self.covered[other].contains(&line) || self.before(other).contains(line)
    }

    /// The lines that may be printed.
    pub fn possible(&self) -> &FixedBitSet {
        &self.possible
    }

    /// The lines that are printed in every output.
    pub fn certain(&self) -> &FixedBitSet {
        &self.certain
    }

    /// The lines that come before this one with no line between.
    pub fn covered_by(&self, line: usize) -> Vec<usize> {
        let mut lines = Vec::new();
        let mut left = self.covered[line].clone();
        while let Some(node) = left.pop() {
            if node < self.lines() {
                lines.push(node);
            } else {
                left.extend(&self.covered[node]);
            }
        }
        lines.sort_unstable();
        lines
    }

    /// The first of these lines that comes before one that it should follow, by its
    /// place, and the first line that it should.
    pub(crate) fn too_early(&self, output: &[usize]) -> Option<(usize, usize)> {
        let mut progress = Progress::of(self);
        let mut printed = FixedBitSet::with_capacity(self.lines());
        let place = output.iter().position(|&line| {
            let is_early = progress.waits_for[line] > 0;
            if !is_early && !printed.put(line) {
                progress.print(line, &mut |_| {});
            }
            is_early
        })?;
        let covered = self.covered_by(output[place]);
        let missing = covered.into_iter().find(|&line| !printed.contains(line))?;
        Some((place, missing))
    }

    /// Whether these lines are an allowed output.
    pub fn allows(&self, output: &[usize]) -> bool {
        let mut printed = FixedBitSet::with_capacity(self.lines());
        let fits = |&line: &usize| self.possible.contains(line) && !printed.put(line);
        output.iter().all(fits)
            && self.certain.is_subset(&printed)
            && self.too_early(output).is_none()
    }

    /// All possible lines, each as early as `preferred` has it and the order allows.
    pub(crate) fn extension(&self, preferred: &[usize]) -> Vec<usize> {
        let mut outputs = self.outputs(preferred);
        while outputs.go_on(0).is_some() {}
        outputs.lines()
    }

    /// The allowed outputs, one at a time: those that begin with a line that stands
    /// earlier in `preferred` come first, and so on line by line.
    pub fn outputs(&self, preferred: &[usize]) -> Outputs<'_> {
        let mut preferred = preferred.to_vec();
        preferred.retain(|&line| self.possible.contains(line));
        let mut places = vec![0; self.lines()];
        for (place, &line) in preferred.iter().enumerate() {
            places[line] = place;
        }
        let progress = Progress::of(self);
        let is_first = |place: &usize| progress.waits_for[preferred[*place]] == 0;
        Outputs {
            ready: (0..preferred.len()).filter(is_first).collect(),
            missing: self.certain.count_ones(..),
            progress,
            preferred,
            places,
            output: Vec::new(),
            begun: false,
        }
    }

    /// The parts that the order falls into, all of each before all of the next.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let nodes = self.sorted();
        let mut parts = vec![Vec::new()];
        // The edges that lead from what has come to what is still to come, if there were
        // a beginning below all and an end above all. Where they all meet, all that has
        // come is before all that is still to come.
        let is_first = |node: &&usize| self.covered[**node].is_empty();
        let mut edges = nodes.iter().filter(is_first).count();
        for node in nodes {
            let [below, above] =
                [&self.covered, &self.covering].map(|edges| edges[node].len().max(1));
            let lines = (node < self.lines()).then_some(node);
            if edges == below {
                parts.extend([Vec::from_iter(lines), Vec::new()]);
            } else if let Some(part) = parts.last_mut() {
                part.extend(lines);
            }
            edges = edges - below + above;
        }
        parts.retain(|lines| !lines.is_empty());
        // The numbers that the lines have in their parts.
        let mut numbers = vec![None; self.covered.len()];
        let parts = parts.into_iter().map(|lines| {
            let mut covered = Vec::with_capacity(lines.len());
            for (number, &line) in lines.iter().enumerate() {
                numbers[line] = Some(number);
                // Those of other parts come before all of this one.
                covered.push(Vec::from_iter(self.covered[line].iter().filter_map(
                    |&earlier| {
                        numbers[earlier].filter(|&number| lines.get(number) == Some(&earlier))
                    },
                )));
            }
            let mut possible = FixedBitSet::with_capacity(lines.len());
            let mut certain = possible.clone();
            possible.insert_range(..);
            certain.extend((0..lines.len()).filter(|&number| self.certain.contains(lines[number])));
            let order = PartialOrder::new(covered, possible, certain);
            Part { lines, order }
        });
        parts.collect()
    }

    /// The lines that come before or after this one.
    pub(crate) fn comparable(&self, line: usize) -> FixedBitSet {
        let mut reached = self.none();
        reach(&self.covered, line, &mut reached);
        reach(&self.covering, line, &mut reached);
        reached
    }

    /// For each line its place beside a chain: how many lines of the chain come before it,
    /// and how many do not come after it.
    pub(crate) fn places_in(&self, chain: &[usize]) -> Vec<(usize, usize)> {
        let mut number = vec![None; self.covered.len()];
        for (place, &line) in chain.iter().enumerate() {
            number[line] = Some(place);
        }
        let nodes = self.sorted();
        let mut places = vec![(0, chain.len()); number.len()];
        for &node in &nodes {
            let before = number[node].map_or(places[node].0, |place| place + 1);
            for &later in &self.covering[node] {
                places[later].0 = places[later].0.max(before);
            }
        }
        for &node in nodes.iter().rev() {
            let after = number[node].unwrap_or(places[node].1);
            for &earlier in &self.covered[node] {
                places[earlier].1 = places[earlier].1.min(after);
            }
        }
        places.truncate(self.lines());
        places
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

    /// The possible lines and the moments, each after what it covers.
    fn sorted(&self) -> Vec<usize> {
        let mut waits_for = Progress::of(self).waits_for;
        let is_first = |&line: &usize| waits_for[line] == 0;
        let mut nodes: Vec<_> = self.possible.ones().filter(is_first).collect();
        let mut next = 0;
        while let Some(&node) = nodes.get(next) {
            next += 1;
            for &later in &self.covering[node] {
                waits_for[later] -= 1;
                if waits_for[later] == 0 {
                    nodes.push(later);
                }
            }
        }
        nodes
    }

    fn none(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.covered.len())
    }

    fn lines_of(&self, nodes: &FixedBitSet) -> FixedBitSet {
        let mut lines = FixedBitSet::with_capacity(self.lines());
        lines.extend(nodes.ones().take_while(|&node| node < self.lines()));
        lines
    }
}

/// A part of a partial order.
pub(crate) struct Part {
    /// Its lines, each after those that come before it.
    pub(crate) lines: Vec<usize>,
    /// Their order. Their numbers in it are their places in `lines`.
    pub(crate) order: PartialOrder,
}

/// Adds to `reached` what is to be reached by these edges. What is in it already is
/// taken to be there with all that is to be reached from it.
fn reach(edges: &[Vec<usize>], from: usize, reached: &mut FixedBitSet) {
    let mut left = vec![from];
    while let Some(node) = left.pop() {
        left.extend(edges[node].iter().filter(|&&next| !reached.put(next)));
    }
}

/// How far an output has come.
struct Progress<'a> {
    order: &'a PartialOrder,
    /// For each line and moment how many that it covers are still to come.
    waits_for: Vec<usize>,
}

impl<'a> Progress<'a> {
    fn of(order: &'a PartialOrder) -> Progress<'a> {
        Progress {
            order,
            waits_for: order.covered.iter().map(Vec::len).collect(),
        }
    }

    /// Prints a line, and passes on those that can be printed now.
    fn print(&mut self, node: usize, ready: &mut impl FnMut(usize)) {
        for &later in &self.order.covering[node] {
            self.waits_for[later] -= 1;
            if self.waits_for[later] > 0 {
                continue;
            }
            if later < self.order.lines() {
                ready(later);
            } else {
                self.print(later, ready);
            }
        }
    }

    /// Takes a line back, and passes on those that can no longer be printed.
    fn take_back(&mut self, node: usize, blocked: &mut impl FnMut(usize)) {
        for &later in &self.order.covering[node] {
            self.waits_for[later] += 1;
            if self.waits_for[later] > 1 {
                continue;
            }
            if later < self.order.lines() {
                blocked(later);
            } else {
                self.take_back(later, blocked);
            }
        }
    }
}

/// The outputs that a partial order allows. No more than one of them is in memory.
pub struct Outputs<'a> {
    progress: Progress<'a>,
    preferred: Vec<usize>,
    /// For each line its place in `preferred`.
    places: Vec<usize>,
    /// The places of the lines that can be printed next.
    ready: BTreeSet<usize>,
    /// Places in `preferred`.
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
        while self.missing > 0 {
            self.advance()?;
        }
        Some(self.lines())
    }
}

impl Outputs<'_> {
    fn lines(&self) -> Vec<usize> {
        let lines = self.output.iter().map(|&place| self.preferred[place]);
        lines.collect()
    }

    /// Goes to the next node of the tree, depth first.
    fn advance(&mut self) -> Option<()> {
        let mut from = 0;
        while self.go_on(from).is_none() {
            let place = self.output.pop()?;
            let line = self.preferred[place];
            let blocked = &mut |line: usize| {
                self.ready.remove(&self.places[line]);
            };
            self.progress.take_back(line, blocked);
            self.ready.insert(place);
            self.missing += usize::from(self.progress.order.certain.contains(line));
            from = place + 1;
        }
        Some(())
    }

    /// Prints the next line that can be, from this place in `preferred` on.
    fn go_on(&mut self, from: usize) -> Option<()> {
        let place = *self.ready.range(from..).next()?;
        let line = self.preferred[place];
        self.ready.remove(&place);
        self.output.push(place);
        let ready = &mut |line: usize| {
            self.ready.insert(self.places[line]);
        };
        self.progress.print(line, ready);
        self.missing -= usize::from(self.progress.order.certain.contains(line));
        Some(())
    }
}
