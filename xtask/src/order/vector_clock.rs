//! How far a point of a program has each thread behind it: vector clocks (Fidge, 1988;
//! Mattern, 1989).

use std::rc::Rc;

/// For each thread how many of its lines come before a point.
///
/// A clock shares with those that it comes from what is the same in them, so that many
/// of them take little room; and where one has as much everywhere as another anywhere,
/// they are joined without a look at each thread.
#[derive(Clone)]
pub(crate) struct VectorClock {
    /// How many threads there are, rounded up to a power of two.
    threads: usize,
    lines: Lines,
}

/// How many lines there are of some threads side by side.
#[derive(Clone)]
struct Lines {
    /// Of the thread with the fewest.
    fewest: usize,
    /// Of the thread with the most.
    most: usize,
    /// Of all of them.
    all: usize,
    /// Of each half of them, where not all have as many.
    halves: Option<Rc<[Lines; 2]>>,
}

impl VectorClock {
    /// That of the beginning of a program with so many threads.
    pub(crate) fn new(threads: usize) -> VectorClock {
        VectorClock {
            threads: threads.next_power_of_two(),
            lines: Lines::of_one(0),
        }
    }

    /// How many lines there are of a thread.
    pub(crate) fn of(&self, mut thread: usize) -> usize {
        let (mut threads, mut lines) = (self.threads, &self.lines);
        while let Some(halves) = &lines.halves {
            threads /= 2;
            lines = &halves[thread / threads];
            thread %= threads;
        }
        lines.most
    }

    /// How many lines there are of all threads.
    pub(crate) fn lines(&self) -> usize {
        self.lines.all
    }

    /// Has so many lines of a thread.
    pub(crate) fn set(&mut self, thread: usize, lines: usize) {
        self.lines = self.lines.with(thread, lines, self.threads);
    }

    /// Comes behind another point too.
    pub(crate) fn join(&mut self, other: &VectorClock) {
        self.lines = self.lines.join(&other.lines);
    }
}

impl Lines {
    /// So many of one thread, or none of any.
    fn of_one(lines: usize) -> Lines {
        Lines {
            fewest: lines,
            most: lines,
            all: lines,
            halves: None,
        }
    }

    /// So many of one of the threads, and of all others as many as these.
    fn with(&self, thread: usize, lines: usize, threads: usize) -> Lines {
        if threads == 1 {
            return Lines::of_one(lines);
        }
        let threads = threads / 2;
        let mut halves = self.halves();
        let half = &mut halves[thread / threads];
        *half = half.with(thread % threads, lines, threads);
        Lines::of_halves(halves)
    }

    fn of_halves(halves: [Lines; 2]) -> Lines {
        let [one, other] = &halves;
        let (fewest, most) = (one.fewest.min(other.fewest), one.most.max(other.most));
        Lines {
            fewest,
            most,
            all: one.all + other.all,
            halves: (fewest < most).then(|| Rc::new(halves)),
        }
    }

    fn halves(&self) -> [Lines; 2] {
        if let Some(halves) = &self.halves {
            return halves.as_ref().clone();
        }
        let half = Lines {
            all: self.all / 2,
            ..self.clone()
        };
        [half.clone(), half]
    }

    /// The more of each thread.
    fn join(&self, other: &Lines) -> Lines {
        let both = self.halves.as_ref().zip(other.halves.as_ref());
        let is_same = both.is_some_and(|(one, other)| Rc::ptr_eq(one, other));
        if is_same || self.fewest >= other.most {
            return self.clone();
        }
        if other.fewest >= self.most {
            return other.clone();
        }
        let ([one, two], [other_one, other_two]) = (self.halves(), other.halves());
        Lines::of_halves([one.join(&other_one), two.join(&other_two)])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

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
                let (clock, list) = (clocks[other].clone(), lists[other].clone());
                // One that would join itself is set instead.
                if one == other {
                    let thread = thread.index(threads);
                    clocks[one].set(thread, lines);
                    lists[one][thread] = lines;
                } else {
                    clocks[one].join(&clock);
                    for (lines, other) in lists[one].iter_mut().zip(list) {
                        *lines = other.max(*lines);
                    }
                }
                for (clock, list) in clocks.iter().zip(&lists) {
                    let known: Vec<_> = (0..threads).map(|thread| clock.of(thread)).collect();
                    prop_assert_eq!(&known, list);
                    prop_assert_eq!(clock.lines(), list.iter().sum());
                    // Where all have as many, there is nothing to tell apart.
                    let are_alike = threads.is_power_of_two() && list.iter().all(|it| *it == list[0]);
                    prop_assert!(!are_alike || clock.lines.halves.is_none());
                }
            }
        }
    }

    /// Adds the nodes of some lines.
    fn add_nodes(lines: &Lines, nodes: &mut HashSet<*const [Lines; 2]>) {
        if let Some(halves) = &lines.halves
            && nodes.insert(Rc::as_ptr(halves))
        {
            halves.iter().for_each(|half| add_nodes(half, nodes));
        }
    }

    #[test]
    fn clocks_take_no_more_room_than_what_is_new_in_each() {
        let (halvings, threads) = (10, 1 << 10);
        let mut joined = VectorClock::new(threads);
        let mut clocks = Vec::new();
        // Every second thread, so that as few as possible stand side by side with as many lines.
        for thread in (0..threads).step_by(2) {
            let mut own = VectorClock::new(threads);
            own.set(thread, 1);
            joined.join(&own);
            own.join(&joined);
            let mut behind = joined.clone();
            behind.set(thread, 2);
            behind.join(&joined);
            clocks.extend([own, joined.clone(), behind]);
        }
        let mut nodes = HashSet::new();
        for clock in &clocks {
            add_nodes(&clock.lines, &mut nodes);
        }
        let most = clocks.len() * halvings;
        assert!(nodes.len() <= most, "{} of {most}", nodes.len());
    }
}
