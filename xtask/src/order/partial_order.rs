//! A partial order of lines, and the outputs that it allows.

use fixedbitset::FixedBitSet;

/// A partial order of the lines 0, 1, 2, ..., of which some may be missing.
///
/// An output that it allows is some of the possible lines, all the certain ones
/// among them, each after every line that comes before it: a linear extension of the
/// lines that are printed.
#[derive(Debug)]
pub struct PartialOrder {
    before: Vec<FixedBitSet>,
    possible: FixedBitSet,
    certain: FixedBitSet,
}

impl PartialOrder {
    /// From the lines that come before each line, directly or not, those that are
    /// possible, and some that are certain: what comes before a certain line is
    /// certain too, and what comes before a possible line has to be possible.
    pub fn new(
        before: Vec<FixedBitSet>,
        possible: FixedBitSet,
        mut certain: FixedBitSet,
    ) -> PartialOrder {
        for line in certain.clone().ones() {
            certain.union_with(&before[line]);
        }
        PartialOrder {
            before,
            possible,
            certain,
        }
    }

    /// How many lines there are, possible or not.
    pub fn lines(&self) -> usize {
        self.before.len()
    }

    /// The lines that come before this one, directly or not.
    pub fn before(&self, line: usize) -> &FixedBitSet {
        &self.before[line]
    }

    /// For each line the lines that come after it, directly or not.
    pub fn after(&self) -> Vec<FixedBitSet> {
        let mut after = vec![FixedBitSet::with_capacity(self.lines()); self.lines()];
        for (line, before) in self.before.iter().enumerate() {
            for earlier in before.ones() {
                after[earlier].insert(line);
            }
        }
        after
    }

    /// The lines that may be printed.
    pub fn possible(&self) -> &FixedBitSet {
        &self.possible
    }

    /// The lines that are printed in every output.
    pub fn certain(&self) -> &FixedBitSet {
        &self.certain
    }

    /// The possible lines that come before this one and before no other such line.
    pub fn covered_by(&self, line: usize) -> FixedBitSet {
        let mut covered = self.before[line].clone();
        for earlier in self.before[line].ones().rev() {
            // What comes before one that is out is out already.
            if covered.contains(earlier) {
                covered.difference_with(&self.before[earlier]);
            }
        }
        covered
    }

    /// Whether two possible lines can come in either order.
    pub fn incomparable(&self, one: usize, other: usize) -> bool {
        !self.before[one].contains(other) && !self.before[other].contains(one)
    }

    /// Whether these lines are an allowed output.
    pub fn allows(&self, output: &[usize]) -> bool {
        let mut printed = FixedBitSet::with_capacity(self.lines());
        let fits = output.iter().all(|&line| {
            let fits = self.possible.contains(line) && self.before[line].is_subset(&printed);
            fits && !printed.put(line)
        });
        fits && self.certain.is_subset(&printed)
    }

    /// The allowed outputs, one at a time: those that begin with a line that stands
    /// earlier in `preferred` come first, and so on line by line.
    pub fn outputs(&self, preferred: &[usize]) -> Outputs<'_> {
        let mut preferred = preferred.to_vec();
        preferred.retain(|&line| self.possible.contains(line));
        Outputs {
            order: self,
            preferred,
            printed: FixedBitSet::with_capacity(self.lines()),
            output: Vec::new(),
            begun: false,
        }
    }
}

/// The outputs that a partial order allows. No more than one of them is in memory.
pub struct Outputs<'a> {
    order: &'a PartialOrder,
    preferred: Vec<usize>,
    printed: FixedBitSet,
    /// Places in `preferred`.
    output: Vec<usize>,
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
        while !self.order.certain.is_subset(&self.printed) {
            self.advance()?;
        }
        Some(
            self.output
                .iter()
                .map(|&place| self.preferred[place])
                .collect(),
        )
    }
}

impl Outputs<'_> {
    /// Goes to the next node of the tree, depth first.
    fn advance(&mut self) -> Option<()> {
        let mut from = 0;
        loop {
            let fits = |place: &usize| {
                let line = self.preferred[*place];
                !self.printed.contains(line) && self.order.before[line].is_subset(&self.printed)
            };
            if let Some(place) = (from..self.preferred.len()).find(fits) {
                self.output.push(place);
                self.printed.insert(self.preferred[place]);
                return Some(());
            }
            let place = self.output.pop()?;
            self.printed.remove(self.preferred[place]);
            from = place + 1;
        }
    }
}
