//! What a reader is asked to bring about in an explorer, and which outputs to judge.

use fixedbitset::FixedBitSet;

use crate::order::{explorer::Explorer, happens_before::EdgeKind};

/// To have one line printed before another.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The line.
    pub line: usize,
    /// The other; nothing, if the line only has to be printed at all.
    pub before: Option<usize>,
    /// If it cannot be done, the furthest state without the other line and the thread
    /// that cannot go on there to the first.
    pub forbidden: Option<(usize, usize)>,
}

/// A line, and the other that it is to come before, by their texts.
pub type Pair = (String, Option<String>);

impl Explorer {
    /// The challenge to have the first line of a pair before the other; nothing, if the
    /// program lacks one of them.
    pub fn challenge(&self, (line, before): &Pair) -> Option<Challenge> {
        let number = |text: &String| {
            let mut lines = self.order.lines.iter();
            lines.position(|line| line.text == *text)
        };
        let line = number(line)?;
        let before = match before {
            Some(before) => Some(number(before)?),
            None => None,
        };
        let is_open = |printed: &FixedBitSet| before.is_none_or(|it| !printed.contains(it));
        let open = self.states.iter().enumerate();
        let open = open.filter(|(_, state)| is_open(&state.printed));
        let is_done = open.clone().any(|(_, state)| state.printed.contains(line));
        let furthest = open.max_by_key(|(_, state)| state.printed.count_ones(..));
        let thread = self.order.lines[line].thread;
        Some(Challenge {
            line,
            before,
            forbidden: furthest
                .filter(|_| !is_done)
                .map(|(state, _)| (state, thread)),
        })
    }

    /// The first pair that only the sleeps arrange, the other way round; or else the
    /// first line that they leave out.
    pub fn arranged_by_the_sleeps(&self) -> Option<Pair> {
        let with_the_sleeps = self.order.with_the_sleeps();
        let text = |line: usize| self.order.lines[line].text.clone();
        self.order.likely_output().into_iter().find_map(|line| {
            if !with_the_sleeps.possible().contains(line) {
                return Some((text(line), None));
            }
            let is_likely = |&before: &usize| !self.order.guaranteed.is_before(before, line);
            let before = with_the_sleeps
                .covered_by(line)
                .into_iter()
                .find(is_likely)?;
            Some((text(line), Some(text(before))))
        })
    }

    /// The first guarantee that a changed program has lost, the other way round.
    pub fn lost_in(&self, changed: &Explorer) -> Option<Pair> {
        self.order.guarantees.iter().find_map(|pair| {
            let text = |line: usize| self.order.lines[line].text.clone();
            let pair = (text(pair.after?), Some(text(pair.before)));
            let challenge = changed.challenge(&pair)?;
            challenge.forbidden.is_none().then_some(pair)
        })
    }

    /// Some outputs to judge: one that a guarantee forbids, one that the sleeps make
    /// unlikely, one that lacks a line, and one that is likely.
    pub fn questions(&self) -> Vec<Vec<usize>> {
        let guaranteed = &self.order.guaranteed;
        let with_the_sleeps = self.order.with_the_sleeps();
        let mut preferred = self.order.likely_output();
        // The book shows a likely output, so this one has what can be last first.
        preferred.reverse();
        let likely = with_the_sleeps.outputs(&preferred).next();
        let likely = likely.unwrap_or_default();
        let mut unlikely = guaranteed.outputs(&preferred).take(1000);
        let unlikely = unlikely.find(|output| !with_the_sleeps.allows(output));
        let is_workers = |line: &usize| self.order.lines[*line].thread > 0;
        let is_certain = |line: &usize| guaranteed.certain().contains(*line);
        let mut lines = preferred.iter().copied();
        let lost = lines.find(|line| is_workers(line) && is_certain(line));
        let lacking = lost.map(|lost| {
            let lines = likely.iter().copied();
            lines.filter(|&line| line != lost).collect()
        });
        let questions = [self.swapped(&likely), unlikely, lacking, Some(likely)];
        questions.into_iter().flatten().collect()
    }

    /// An output with one guaranteed pair of its lines the other way round: one that
    /// rests on a join, if there is one, or else on a start.
    fn swapped(&self, output: &[usize]) -> Option<Vec<usize>> {
        let place = |line: usize| output.iter().position(|&it| it == line);
        let pairs = self.order.guarantees.iter().filter_map(|pair| {
            let (before, after) = (place(pair.before)?, place(pair.after?)?);
            let rank = [EdgeKind::Join, EdgeKind::Start].map(|kind| pair.edges.contains(&kind));
            Some((rank, before, after))
        });
        let (_, before, after) = pairs.max_by_key(|&(rank, ..)| rank)?;
        let guaranteed = &self.order.guaranteed;
        // What stands between the two and comes after the first follows it.
        let mut swapped = output.to_vec();
        swapped[before..=after].sort_by_key(|&line| match line {
            _ if line == output[after] => 1,
            _ if line == output[before] || guaranteed.is_before(output[before], line) => 2,
            _ => 0,
        });
        Some(swapped)
    }
}
