//! How far a point of a program has each thread behind it: vector clocks (Fidge, 1988;
//! Mattern, 1989).

use std::rc::Rc;

/// For each of some threads side by side how many of its lines come before a point.
///
/// A clock shares with those that it comes from what is the same in them, so that many
/// of them take little room; and where one has as much everywhere as another anywhere,
/// they are joined without a look at each thread.
#[derive(Clone)]
pub(crate) struct VectorClock {
    /// How many threads there are, rounded up to a power of two.
    threads: usize,
    /// How many lines there are of the thread with the fewest.
    fewest: usize,
    /// Of the thread with the most.
    most: usize,
    /// Of all of them.
    all: usize,
    /// The clock of each half of them, where not all have as many.
    halves: Option<Rc<[VectorClock; 2]>>,
}

impl VectorClock {
    /// That of the beginning of a program with so many threads.
    pub(crate) fn new(threads: usize) -> VectorClock {
        VectorClock::of_each(threads.next_power_of_two(), 0)
    }

    /// How many lines there are of a thread.
    pub(crate) fn of(&self, thread: usize) -> usize {
        let half = self.threads / 2;
        match &self.halves {
            Some(halves) => halves[thread / half].of(thread % half),
            None => self.most,
        }
    }

    /// How many lines there are of all threads.
    pub(crate) fn lines(&self) -> usize {
        self.all
    }

    /// Has so many lines of a thread.
    pub(crate) fn set(&mut self, thread: usize, lines: usize) {
        *self = if self.threads == 1 {
            VectorClock::of_each(1, lines)
        } else {
            let mut halves = self.halves();
            let half = self.threads / 2;
            halves[thread / half].set(thread % half, lines);
            VectorClock::of_halves(halves)
        };
    }

    /// Comes behind another point too.
    pub(crate) fn join(&mut self, other: &VectorClock) {
        let both = self.halves.as_ref().zip(other.halves.as_ref());
        let is_same = both.is_some_and(|(one, other)| Rc::ptr_eq(one, other));
        if is_same || self.fewest >= other.most {
            return;
        }
        *self = if other.fewest >= self.most {
            other.clone()
        } else {
            let ([mut one, mut two], [other_one, other_two]) = (self.halves(), other.halves());
            one.join(&other_one);
            two.join(&other_two);
            VectorClock::of_halves([one, two])
        };
    }

    /// So many lines of each thread.
    fn of_each(threads: usize, lines: usize) -> VectorClock {
        VectorClock {
            threads,
            fewest: lines,
            most: lines,
            all: threads * lines,
            halves: None,
        }
    }

    fn of_halves(halves: [VectorClock; 2]) -> VectorClock {
        let [one, other] = &halves;
        let (fewest, most) = (one.fewest.min(other.fewest), one.most.max(other.most));
        VectorClock {
            threads: 2 * one.threads,
            fewest,
            most,
            all: one.all + other.all,
            halves: (fewest < most).then(|| Rc::new(halves)),
        }
    }

    fn halves(&self) -> [VectorClock; 2] {
        let half = || VectorClock::of_each(self.threads / 2, self.most);
        let halves = self.halves.as_deref().cloned();
        halves.unwrap_or_else(|| [half(), half()])
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
                    prop_assert!(!are_alike || clock.halves.is_none());
                }
            }
        }
    }

    /// Adds the nodes of a clock.
    fn add_nodes(clock: &VectorClock, nodes: &mut HashSet<*const [VectorClock; 2]>) {
        if let Some(halves) = &clock.halves
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
            add_nodes(clock, &mut nodes);
        }
        let most = clocks.len() * halvings;
        assert!(nodes.len() <= most, "{} of {most}", nodes.len());
    }
}
