//! How far a point of a program has each thread behind it: vector clocks (Fidge, 1988;
//! Mattern, 1989).

/// All vector clocks of a program.
///
/// A clock shares with those that it comes from what is the same in them, so that many
/// of them take little room; and where one has as much everywhere as another anywhere,
/// they are joined without a look at each thread.
pub(crate) struct VectorClocks {
    /// The number of threads, rounded up to a power of two.
    width: usize,
    nodes: Vec<Halves>,
}

/// For each thread how many of its lines come before a point; or for some threads
/// beside each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum VectorClock {
    /// Each has so many lines.
    All(usize),
    /// The place of their halves among the nodes.
    Halves(usize),
}

struct Halves {
    fewest: usize,
    most: usize,
    lines: usize,
    halves: [VectorClock; 2],
}

impl Default for VectorClock {
    /// That of the beginning of a program.
    fn default() -> VectorClock {
        VectorClock::All(0)
    }
}

impl VectorClocks {
    /// None yet, of a program with so many threads.
    pub(crate) fn new(threads: usize) -> VectorClocks {
        VectorClocks {
            width: threads.next_power_of_two(),
            nodes: Vec::new(),
        }
    }

    /// How many lines there are of a thread.
    pub(crate) fn of(&self, mut clock: VectorClock, mut thread: usize) -> usize {
        let mut width = self.width;
        loop {
            match clock {
                VectorClock::All(lines) => return lines,
                VectorClock::Halves(node) => {
                    width /= 2;
                    clock = self.nodes[node].halves[thread / width];
                    thread %= width;
                }
            }
        }
    }

    /// How many lines there are of all threads.
    pub(crate) fn lines(&self, clock: VectorClock) -> usize {
        self.lines_of(clock, self.width)
    }

    /// The clock that has so many lines of a thread, and of all others as many as this.
    pub(crate) fn with(&mut self, clock: VectorClock, thread: usize, lines: usize) -> VectorClock {
        self.with_one_of(clock, thread, lines, self.width)
    }

    /// The clock behind both.
    pub(crate) fn join(&mut self, one: VectorClock, other: VectorClock) -> VectorClock {
        self.join_of(one, other, self.width)
    }

    fn fewest(&self, clock: VectorClock) -> usize {
        match clock {
            VectorClock::All(lines) => lines,
            VectorClock::Halves(node) => self.nodes[node].fewest,
        }
    }

    fn most(&self, clock: VectorClock) -> usize {
        match clock {
            VectorClock::All(lines) => lines,
            VectorClock::Halves(node) => self.nodes[node].most,
        }
    }

    fn lines_of(&self, clock: VectorClock, width: usize) -> usize {
        match clock {
            VectorClock::All(lines) => lines * width,
            VectorClock::Halves(node) => self.nodes[node].lines,
        }
    }

    fn halves(&self, clock: VectorClock) -> [VectorClock; 2] {
        match clock {
            VectorClock::All(_) => [clock; 2],
            VectorClock::Halves(node) => self.nodes[node].halves,
        }
    }

    /// That of so many threads, of these halves.
    fn of_halves(&mut self, halves: [VectorClock; 2], width: usize) -> VectorClock {
        let [one, other] = halves;
        let fewest = self.fewest(one).min(self.fewest(other));
        let most = self.most(one).max(self.most(other));
        if fewest == most {
            return VectorClock::All(most);
        }
        self.nodes.push(Halves {
            fewest,
            most,
            lines: self.lines_of(one, width / 2) + self.lines_of(other, width / 2),
            halves,
        });
        VectorClock::Halves(self.nodes.len() - 1)
    }

    fn with_one_of(
        &mut self,
        clock: VectorClock,
        thread: usize,
        lines: usize,
        width: usize,
    ) -> VectorClock {
        if width == 1 {
            return VectorClock::All(lines);
        }
        let width_of_half = width / 2;
        let mut halves = self.halves(clock);
        let half = &mut halves[thread / width_of_half];
        *half = self.with_one_of(*half, thread % width_of_half, lines, width_of_half);
        self.of_halves(halves, width)
    }

    fn join_of(&mut self, one: VectorClock, other: VectorClock, width: usize) -> VectorClock {
        if one == other || self.most(other) <= self.fewest(one) {
            return one;
        }
        if self.most(one) <= self.fewest(other) {
            return other;
        }
        let ([one, two], [one_of_other, two_of_other]) = (self.halves(one), self.halves(other));
        let halves = [
            self.join_of(one, one_of_other, width / 2),
            self.join_of(two, two_of_other, width / 2),
        ];
        self.of_halves(halves, width)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;

    proptest! {
        #[test]
        fn a_clock_knows_what_a_list_of_numbers_knows(
            threads in 1..10_usize,
            changes in vec((0..3_usize, 0..3_usize, any::<Index>(), 0..4_usize), 0..30),
        ) {
            let mut all = VectorClocks::new(threads);
            let mut clocks = [VectorClock::default(); 3];
            let mut lists = vec![vec![0; threads]; 3];
            for (one, other, thread, lines) in changes {
                // One that joins itself is set instead.
                if one == other {
                    let thread = thread.index(threads);
                    clocks[one] = all.with(clocks[one], thread, lines);
                    lists[one][thread] = lines;
                } else {
                    let list = lists[other].clone();
                    clocks[one] = all.join(clocks[one], clocks[other]);
                    for (lines, other) in lists[one].iter_mut().zip(list) {
                        *lines = other.max(*lines);
                    }
                }
                for (&clock, list) in clocks.iter().zip(&lists) {
                    let known: Vec<_> = (0..threads).map(|thread| all.of(clock, thread)).collect();
                    prop_assert_eq!(&known, list);
                    prop_assert_eq!(all.lines(clock), list.iter().sum());
                }
            }
        }
    }

    #[test]
    fn a_clock_takes_no_more_room_than_what_is_new_in_it() {
        let (halvings, threads) = (10, 1 << 10);
        let mut all = VectorClocks::new(threads);
        let mut joined = VectorClock::default();
        // Every second thread, so that as few as possible stand side by side with as many lines.
        for thread in (0..threads).step_by(2) {
            let own = all.with(VectorClock::default(), thread, 1);
            all.join(own, joined);
            joined = all.join(joined, own);
            let behind = all.with(joined, thread, 2);
            all.join(behind, joined);
        }
        let clocks = 5 * threads / 2;
        assert!(all.nodes.len() <= clocks * halvings, "{}", all.nodes.len());
    }
}
