//! How far a point of a program has each thread behind it: a vector clock (Fidge, 1988;
//! Mattern, 1989).

use std::rc::Rc;

/// For each thread how many of its lines come before a point.
///
/// A clock shares with those that it comes from what is the same in them, so that many
/// of them take little room; and where one has as much everywhere as another anywhere,
/// they are joined without a look at each thread.
#[derive(Clone)]
pub(crate) struct VectorClock {
    /// The number of threads, rounded up to a power of two.
    width: usize,
    threads: Threads,
}

/// Some threads beside each other.
#[derive(Clone)]
enum Threads {
    /// Each has so many lines.
    All(usize),
    Halves(Rc<Halves>),
}

struct Halves {
    fewest: usize,
    most: usize,
    lines: usize,
    halves: [Threads; 2],
}

impl VectorClock {
    /// That of the beginning of a program with so many threads.
    pub(crate) fn new(threads: usize) -> VectorClock {
        VectorClock {
            width: threads.next_power_of_two(),
            threads: Threads::All(0),
        }
    }

    /// How many lines there are of a thread.
    pub(crate) fn of(&self, thread: usize) -> usize {
        let (mut threads, mut thread, mut width) = (&self.threads, thread, self.width);
        loop {
            match threads {
                Threads::All(lines) => return *lines,
                Threads::Halves(node) => {
                    width /= 2;
                    threads = &node.halves[thread / width];
                    thread %= width;
                }
            }
        }
    }

    /// How many lines there are of all threads.
    pub(crate) fn lines(&self) -> usize {
        self.threads.lines(self.width)
    }

    /// Sets how many lines there are of a thread.
    pub(crate) fn set(&mut self, thread: usize, lines: usize) {
        self.threads = self.threads.with(self.width, thread, lines);
    }

    /// Comes behind another point too.
    pub(crate) fn join(&mut self, other: &VectorClock) {
        self.threads = self.threads.joined(&other.threads, self.width);
    }
}

impl Threads {
    fn fewest(&self) -> usize {
        match self {
            Threads::All(lines) => *lines,
            Threads::Halves(node) => node.fewest,
        }
    }

    fn most(&self) -> usize {
        match self {
            Threads::All(lines) => *lines,
            Threads::Halves(node) => node.most,
        }
    }

    fn lines(&self, width: usize) -> usize {
        match self {
            Threads::All(lines) => lines * width,
            Threads::Halves(node) => node.lines,
        }
    }

    fn halves(&self) -> [&Threads; 2] {
        match self {
            Threads::All(_) => [self, self],
            Threads::Halves(node) => node.halves.each_ref(),
        }
    }

    /// Two halves of so many threads.
    fn of(halves: [Threads; 2], width: usize) -> Threads {
        let [one, other] = &halves;
        let fewest = one.fewest().min(other.fewest());
        let most = one.most().max(other.most());
        if fewest == most {
            return Threads::All(most);
        }
        Threads::Halves(Rc::new(Halves {
            fewest,
            most,
            lines: one.lines(width / 2) + other.lines(width / 2),
            halves,
        }))
    }

    fn with(&self, width: usize, thread: usize, lines: usize) -> Threads {
        if width == 1 {
            return Threads::All(lines);
        }
        let [one, other] = self.halves();
        let half = width / 2;
        let halves = if thread < half {
            [one.with(half, thread, lines), other.clone()]
        } else {
            [one.clone(), other.with(half, thread - half, lines)]
        };
        Threads::of(halves, width)
    }

    fn joined(&self, other: &Threads, width: usize) -> Threads {
        if other.most() <= self.fewest() {
            return self.clone();
        }
        if self.most() <= other.fewest() {
            return other.clone();
        }
        if let (Threads::Halves(one), Threads::Halves(other)) = (self, other)
            && Rc::ptr_eq(one, other)
        {
            return self.clone();
        }
        let ([one, two], [one_of_other, two_of_other]) = (self.halves(), other.halves());
        let halves = [
            one.joined(one_of_other, width / 2),
            two.joined(two_of_other, width / 2),
        ];
        Threads::of(halves, width)
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
            let mut clocks = vec![VectorClock::new(threads); 3];
            let mut lists = vec![vec![0; threads]; 3];
            for (one, other, thread, lines) in changes {
                // One that joins itself is set instead.
                if one == other {
                    let thread = thread.index(threads);
                    clocks[one].set(thread, lines);
                    lists[one][thread] = lines;
                } else {
                    let (joined, list) = (clocks[other].clone(), lists[other].clone());
                    clocks[one].join(&joined);
                    for (lines, other) in lists[one].iter_mut().zip(list) {
                        *lines = other.max(*lines);
                    }
                }
                for (clock, list) in clocks.iter().zip(&lists) {
                    let known: Vec<_> = (0..threads).map(|thread| clock.of(thread)).collect();
                    prop_assert_eq!(&known, list);
                    prop_assert_eq!(clock.lines(), list.iter().sum());
                }
            }
        }
    }
}
