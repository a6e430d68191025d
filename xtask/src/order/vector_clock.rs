//! How far a point of a program has each thread behind it: vector clocks (Fidge, 1988;
//! Mattern, 1989).

/// For each thread how many of its lines come before a point.
///
/// Threads that stand side by side with as many lines are one run, so that a clock is short
/// as long as a program treats its threads alike, however many they are.
#[derive(Clone)]
pub(crate) struct VectorClock {
    /// Behind which thread each run ends, and how many lines its threads have.
    runs: Vec<(usize, usize)>,
}

impl VectorClock {
    /// That of the beginning of a program with so many threads.
    pub(crate) fn new(threads: usize) -> VectorClock {
        VectorClock {
            runs: vec![(threads, 0)],
        }
    }

    /// How many lines there are of a thread.
    pub(crate) fn of(&self, thread: usize) -> usize {
        self.runs[self.runs.partition_point(|&(end, _)| end <= thread)].1
    }

    /// How many lines there are of all threads.
    pub(crate) fn lines(&self) -> usize {
        let mut begin = 0;
        let lines = self.runs.iter().map(|&(end, lines)| {
            let threads = end - begin;
            begin = end;
            threads * lines
        });
        lines.sum()
    }

    /// Comes behind so many lines of a thread.
    pub(crate) fn go_on(&mut self, thread: usize, lines: usize) {
        let runs = [(thread, 0), (thread + 1, lines), (usize::MAX, 0)];
        // No thread stands before the first.
        let runs = runs[usize::from(thread == 0)..].to_vec();
        self.join(&VectorClock { runs });
    }

    /// Comes behind another point too.
    pub(crate) fn join(&mut self, other: &VectorClock) {
        let mut joined = Vec::<(usize, usize)>::new();
        let [mut one, mut other] = [&self.runs, &other.runs].map(|runs| runs.iter().peekable());
        while let (Some(&&(one_end, lines)), Some(&&(other_end, other_lines))) =
            (one.peek(), other.peek())
        {
            let end = one_end.min(other_end);
            let most = lines.max(other_lines);
            match joined.last_mut() {
                Some(last) if last.1 == most => last.0 = end,
                _ => joined.push((end, most)),
            }
            one.next_if(|run| run.0 == end);
            other.next_if(|run| run.0 == end);
        }
        self.runs = joined;
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
                let (clock, list) = (clocks[other].clone(), lists[other].clone());
                // One that would join itself goes on instead.
                if one == other {
                    let thread = thread.index(threads);
                    clocks[one].go_on(thread, lines);
                    lists[one][thread] = lines.max(list[thread]);
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
                    // It takes no more room than it has to.
                    let runs = list.chunk_by(|one, next| one == next);
                    prop_assert_eq!(clock.runs.len(), runs.count());
                }
            }
        }
    }
}
