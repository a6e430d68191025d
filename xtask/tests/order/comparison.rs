//! What one lesson has in common with another against all outputs of the other.

use std::collections::BTreeSet;

use proptest::prelude::*;
use xtask::order::{description::Description, happens_before::Promises, trace::Trace};

use crate::interpreter::{Script, outputs, picks, run, steps};

type Outputs = BTreeSet<Vec<String>>;

fn place(output: &[String], line: &str) -> Option<usize> {
    output.iter().position(|other| other == line)
}

/// Whether one line comes before the other in every output that has the other, of which
/// there are some; or for no other, whether every output has it.
fn comes_before(outputs: &Outputs, before: &str, after: Option<&str>) -> bool {
    let Some(after) = after else {
        return outputs.iter().all(|output| place(output, before).is_some());
    };
    let mut with = outputs
        .iter()
        .filter(|output| place(output, after).is_some());
    let first = |output: &Vec<String>| {
        place(output, before).is_some_and(|place_before| Some(place_before) < place(output, after))
    };
    with.clone().next().is_some() && with.all(first)
}

proptest! {
    #[test]
    fn what_is_said_of_one_lesson_is_so_in_another_if_all_outputs_of_that_say_so(
        one in steps(), lost in any::<prop::sample::Index>(), picks in picks(),
    ) {
        let mut other = one.clone();
        if !other.is_empty() {
            other.remove(lost.index(other.len()));
        }
        let described = |steps: &[_]| {
            let trace = Trace::parse(&run(&Script::of(steps), &picks)).unwrap();
            Description::of(&trace, Promises::WorkerCore).unwrap()
        };
        let all = outputs(&Script::of(&other).without_sleeps(), Promises::WorkerCore);
        let likely = outputs(&Script::of(&other), Promises::WorkerCore);
        let known = Script::of(&other).lines;
        let order = described(&one);
        let text = |line: usize| order.happens_before.lines[line].text.as_str();
        let [_, guaranteed_rows, likely_rows, luck_rows] = order.holds_in(&described(&other));

        let pairs = order.happens_before.guarantees.iter().map(|pair| {
            let (before, after) = (text(pair.before), pair.after.map(text));
            let mut lines = after.into_iter().chain([before]);
            lines.all(|line| known.iter().any(|it| it == line)) && comes_before(&all, before, after)
        });
        prop_assert_eq!(guaranteed_rows, pairs.collect::<Vec<_>>());

        let pairs = order.likely_covering_pairs().map(|(before, after)| {
            let (before, after) = (text(before), Some(text(after)));
            comes_before(&likely, before, after) && !comes_before(&all, before, after)
        });
        prop_assert_eq!(likely_rows, pairs.collect::<Vec<_>>());

        let in_any_order = |lines: &[usize]| lines.iter().all(|&one| lines.iter().all(|&other| {
            let (one, other) = (text(one), text(other));
            one == other || likely.iter().any(|output| {
                place(output, one).zip(place(output, other)).is_some_and(|(one, other)| one < other)
            })
        }));
        let antichains = order.antichains().into_iter();
        let rows = antichains.flat_map(|lines| vec![in_any_order(&lines); lines.len() + 1]);
        prop_assert_eq!(luck_rows, rows.collect::<Vec<_>>());
    }

    #[test]
    fn all_that_is_said_of_a_lesson_is_so_in_the_same_lesson(steps in steps(), picks in picks()) {
        let trace = Trace::parse(&run(&Script::of(&steps), &picks)).unwrap();
        let order = Description::of(&trace, Promises::WorkerCore).unwrap();
        let rows = [
            order.missing_lines(),
            order.guaranteed_pairs(80),
            order.likely_pairs(80),
            order.incomparable_lines(),
        ];
        let rows = rows.map(|rows| vec![true; rows.len()]);
        prop_assert_eq!(order.holds_in(&order), rows);
    }
}
