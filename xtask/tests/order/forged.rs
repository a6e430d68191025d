//! Traces that no lesson writes: each is refused, or all can be said of it.

use proptest::{collection::vec, prelude::*, sample::Index};
use xtask::order::{
    description::Description,
    explorer::Explorer,
    guarantees,
    happens_before::{HappensBefore, Promises},
    judgement::Judge,
    normal_form::{normal_form, race},
    runs,
    trace::Trace,
};

use crate::interpreter::{Script, picks, run, steps};

/// Changes some lines of a trace, each by one of five ways to forge it.
fn forge(trace: &str, changes: &[(u8, Index, Index)]) -> String {
    let mut lines: Vec<_> = trace.lines().map(str::to_owned).collect();
    for (way, one, other) in changes {
        if lines.is_empty() {
            break;
        }
        let (one, other) = (one.index(lines.len()), other.index(lines.len()));
        match way {
            0 => drop(lines.remove(one)),
            1 => lines.swap(one, other),
            2 => lines.insert(other, lines[one].clone()),
            3 => lines.truncate(one),
            _ => {
                let fields = |line: &String| line.split('\t').map(str::to_owned).collect();
                let (mut fields_of_one, fields_of_other): (Vec<_>, Vec<_>) =
                    (fields(&lines[one]), fields(&lines[other]));
                // The time, the thread, or what it does.
                let field = [0, 2, 4][(one + other) % 3];
                fields_of_one.truncate(if field == 4 { 4 } else { usize::MAX });
                match field {
                    4 => fields_of_one.extend_from_slice(&fields_of_other[4..]),
                    field => fields_of_one[field].clone_from(&fields_of_other[field]),
                }
                lines[one] = fields_of_one.join("\t");
            }
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_forged_trace_is_refused_or_all_can_be_said_of_it(
        steps in steps(), picks in picks(),
        changes in vec((0..5_u8, any::<Index>(), any::<Index>()), 1..4),
    ) {
        let whole = run(&Script::of(&steps), &picks);
        let Ok(trace) = Trace::parse(&forge(&whole, &changes)) else {
            return Ok(());
        };
        let whole = Trace::parse(&whole).unwrap();
        runs::difference(&trace, &whole);
        runs::pauses(&[trace.clone(), whole.clone()]);
        for promises in [Promises::WorkerCore, Promises::Std, Promises::Python] {
            let order = HappensBefore::of(&trace, promises);
            normal_form(&order, &order.printed());
            race(&order);
            guarantees::changes(&guarantees::text(&HappensBefore::of(&whole, promises)), &order);
            if let Ok(description) = Description::of(&trace, promises) {
                description.numbered();
                description.holds_in(&Description::of(&whole, promises).unwrap());
                description.guaranteed_pairs(80);
            }
            if let Ok(judge) = Judge::of(&trace, "forged", promises) {
                let output: String = whole.printed().map(|line| format!("{line}\n")).collect();
                judge.judge(output.as_bytes());
                judge.judge(&output.as_bytes()[..output.len() / 2]);
            }
        }
        if let Ok(explorer) = Explorer::of(&trace) {
            let questions = explorer.questions();
            explorer.arranged_by_the_sleeps();
            explorer.json("fn main() {\n}\n", &[], &questions);
        }
    }
}
