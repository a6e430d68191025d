//! The normal form: the one output that stands for all that differ from it only in
//! the order of the workers between two lines of the main thread.

use std::collections::HashMap;

use crate::order::line::{BadLine, Printer, lines, printer};

/// Rewrites a lesson's output into its normal form.
///
/// The main thread's lines are fences and stay where they are. Between two
/// fences the workers' lines may come in any order as long as each worker's own
/// lines keep theirs, so each such stretch is rewritten: every worker's first
/// line in it before every worker's second, and so on, and among those by name,
/// `thread 2` before `thread 10`.
///
/// # Errors
///
/// The first line that is none of the three that a lesson prints.
pub fn normal_form(output: &[u8]) -> Result<String, BadLine> {
    let lines = parse_all(output)?;
    let mut normal = String::with_capacity(output.len());
    for place in order(&lines) {
        normal.push_str(lines[place].text);
        normal.push('\n');
    }
    Ok(normal)
}

/// The places of a lesson's lines in the order of its normal form.
///
/// # Errors
///
/// As [`normal_form`].
pub fn normal_places(output: &[u8]) -> Result<Vec<usize>, BadLine> {
    parse_all(output).map(|lines| order(&lines))
}

fn parse_all(output: &[u8]) -> Result<Vec<Line<'_>>, BadLine> {
    let parsed = (1..).zip(lines(output)).map(|(number, text)| {
        let text = text?;
        let printer = printer(text).map_err(|fault| BadLine { number, fault })?;
        Ok(Line { text, printer })
    });
    parsed.collect()
}

/// One whole line of a lesson.
struct Line<'a> {
    text: &'a str,
    printer: Printer<'a>,
}

fn order(lines: &[Line<'_>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(lines.len());
    let mut stretch = Stretch::default();
    for (place, line) in lines.iter().enumerate() {
        match line.printer {
            Printer::Main => {
                stretch.move_to(&mut order);
                order.push(place);
            }
            Printer::Worker(name) => stretch.push(name, place),
        }
    }
    stretch.move_to(&mut order);
    order
}

/// The workers' lines between two fences: for each worker the places of its own, in
/// their order.
#[derive(Default)]
struct Stretch<'a>(HashMap<&'a str, Vec<usize>>);

impl<'a> Stretch<'a> {
    fn push(&mut self, name: &'a str, place: usize) {
        self.0.entry(name).or_default().push(place);
    }

    fn move_to(&mut self, order: &mut Vec<usize>) {
        let mut workers: Vec<_> = self.0.drain().collect();
        workers.sort_by_cached_key(|(name, _)| natural_key(name));
        let mut workers: Vec<_> = workers
            .into_iter()
            .map(|(_, places)| places.into_iter())
            .collect();
        while !workers.is_empty() {
            workers.retain_mut(|places| {
                order.extend(places.next());
                places.len() > 0
            });
        }
    }
}

/// What brings names into the order in which a number in a name counts as a number.
///
/// Names that differ only in leading zeros are told apart as text.
fn natural_key(name: &str) -> (Vec<u8>, &str) {
    let mut key = Vec::with_capacity(name.len() + 16);
    let mut rest = name.as_bytes();
    while let Some(first) = rest.first() {
        let is_number = first.is_ascii_digit();
        let length = rest
            .iter()
            .position(|byte| byte.is_ascii_digit() != is_number)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        rest = after;
        if is_number {
            // A longer number is a larger one once its leading zeros are gone, and every
            // number comes before every text.
            let zeros = part.iter().take_while(|&&digit| digit == b'0').count();
            key.push(1);
            key.extend((part.len() - zeros).to_be_bytes());
            key.extend(&part[zeros..]);
        } else {
            // A name has no control character, so this ends a text that another begins
            // with before the other.
            key.push(2);
            key.extend(part);
            key.push(0);
        }
    }
    (key, name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use worker_core::lines::{END, MAIN, START};

    fn normal(lines: &[String]) -> String {
        normal_form(text(lines).as_bytes()).unwrap()
    }

    fn text(lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// What one worker of a lesson prints between two fences.
    type WorkersLines = Vec<String>;

    /// A lesson: stretches of workers' lines, with a fence behind each.
    fn lesson() -> impl Strategy<Value = Vec<Vec<WorkersLines>>> {
        let worker = |n: usize| {
            vec(prop_oneof![Just(START), Just(END)], 0..3).prop_map(move |lines| {
                lines
                    .into_iter()
                    .map(|words| format!("{words}thread {n}"))
                    .collect()
            })
        };
        let stretch = (0..12_usize)
            .prop_flat_map(move |workers| (0..workers).map(worker).collect::<Vec<_>>());
        vec(stretch, 1..4)
    }

    /// One of the outputs that a lesson can have, picked by `picks`.
    fn interleave(lesson: &[Vec<WorkersLines>], picks: &[prop::sample::Index]) -> Vec<String> {
        let mut output = Vec::new();
        let mut picks = picks.iter().cycle();
        for stretch in lesson {
            let mut left: Vec<_> = stretch.iter().map(|lines| lines.iter()).collect();
            left.retain(|lines| lines.len() > 0);
            while !left.is_empty() {
                let at = picks.next().unwrap().index(left.len());
                output.extend(left[at].next().cloned());
                left.retain(|lines| lines.len() > 0);
            }
            output.push(format!("{MAIN}goes on"));
        }
        output
    }

    fn picks() -> impl Strategy<Value = Vec<prop::sample::Index>> {
        vec(any::<prop::sample::Index>(), 1..40)
    }

    /// The lines of each worker, and of the main thread, in their order.
    fn by_thread(output: &str) -> BTreeMap<&str, Vec<&str>> {
        let mut lines = BTreeMap::<_, Vec<_>>::new();
        for line in output.lines() {
            let name = line.strip_prefix(START).or_else(|| line.strip_prefix(END));
            lines.entry(name.unwrap_or(MAIN)).or_default().push(line);
        }
        lines
    }

    /// How many lines of the main thread stand above each line.
    fn fences_above(output: &str) -> Vec<(usize, &str)> {
        let mut fences = 0;
        let mut lines: Vec<_> = output
            .lines()
            .map(|line| {
                fences += usize::from(line.starts_with(MAIN));
                (fences, line)
            })
            .collect();
        lines.sort_unstable();
        lines
    }

    proptest! {
        #[test]
        fn every_interleaving_has_the_same_normal_form(
            lesson in lesson(), one in picks(), other in picks(),
        ) {
            let (one, other) = (interleave(&lesson, &one), interleave(&lesson, &other));
            prop_assert_eq!(normal(&one), normal(&other));
        }

        #[test]
        fn the_normal_form_is_its_own(lesson in lesson(), picks in picks()) {
            let once = normal(&interleave(&lesson, &picks));
            prop_assert_eq!(normal_form(once.as_bytes()), Ok(once));
        }

        #[test]
        fn each_workers_lines_keep_their_order(lesson in lesson(), picks in picks()) {
            let output = interleave(&lesson, &picks);
            let (before, after) = (text(&output), normal(&output));
            prop_assert_eq!(by_thread(&before), by_thread(&after));
        }

        #[test]
        fn no_line_passes_a_fence(lesson in lesson(), picks in picks()) {
            let output = interleave(&lesson, &picks);
            let (before, after) = (text(&output), normal(&output));
            prop_assert_eq!(fences_above(&before), fences_above(&after));
        }

        #[test]
        fn a_torn_line_is_found_wherever_the_tear_is(
            lesson in lesson(), picks in picks(),
            line in any::<prop::sample::Index>(), tear in any::<prop::sample::Index>(),
            torn_again in proptest::option::of(any::<prop::sample::Index>()),
        ) {
            // Another thread's line comes between two pieces of a line, whole or
            // torn itself.
            let mut output = interleave(&lesson, &picks);
            let line = line.index(output.len());
            let torn = format!("{}\n", output.remove(line));
            let (head, tail) = torn.split_at(1 + tear.index(torn.len() - 1));
            let other = format!("{START}other\n");
            let at = torn_again.map_or(other.len(), |again| 1 + again.index(other.len() - 1));
            let (other_head, other_tail) = other.split_at(at);
            let above = text(&output[..line]);
            let below = text(&output[line..]);
            let whole = format!("{above}{head}{other_head}{tail}{other_tail}{below}");

            let found = normal_form(whole.as_bytes()).map_err(|bad| bad.number);
            let first = line + 1;
            prop_assert!(found == Err(first) || found == Err(first + 1), "{:?} in {}", found, whole);
        }

        #[test]
        fn a_line_cut_off_at_the_end_is_found(lesson in lesson(), picks in picks()) {
            let output = interleave(&lesson, &picks);
            let whole = text(&output);
            let longest = whole.len() - output.last().unwrap().len();
            for end in longest..whole.len() {
                let found = normal_form(&whole.as_bytes()[..end]).map_err(|bad| bad.number);
                prop_assert_eq!(found, Err(output.len()));
            }
        }
    }

    /// Whether the normal form of these lines is these others.
    fn assert_normal<const N: usize>(lines: [&str; N], expected: [&str; N]) {
        assert_eq!(
            normal(&lines.map(str::to_owned)),
            text(&expected.map(str::to_owned))
        );
    }

    #[test]
    fn workers_come_by_name_and_a_number_in_a_name_counts_as_a_number() {
        assert_normal(
            [
                "sub thread start  thread 10",
                "sub thread start  thread 2b",
                "sub thread start  thread 2",
                "sub thread start  thread 02",
                "sub thread start  thread",
                "sub thread start  10",
                "sub thread start  2",
            ],
            [
                "sub thread start  2",
                "sub thread start  10",
                "sub thread start  thread",
                "sub thread start  thread 02",
                "sub thread start  thread 2",
                "sub thread start  thread 2b",
                "sub thread start  thread 10",
            ],
        );
    }

    #[test]
    fn a_workers_first_line_comes_before_any_workers_second() {
        assert_normal(
            [
                "sub thread start  2",
                "sub thread end  2",
                "sub thread start  1",
                "sub thread end  1",
            ],
            [
                "sub thread start  1",
                "sub thread start  2",
                "sub thread end  1",
                "sub thread end  2",
            ],
        );
    }

    #[test]
    fn a_workers_lines_are_counted_anew_behind_each_fence() {
        assert_normal(
            [
                "sub thread start  1",
                "main thread end",
                "sub thread start  2",
                "sub thread end  1",
            ],
            [
                "sub thread start  1",
                "main thread end",
                "sub thread end  1",
                "sub thread start  2",
            ],
        );
    }

    #[test]
    fn a_lesson_that_changed_has_another_normal_form() {
        let joined = "main thread start\nsub thread start  1\nsub thread end  1\nmain thread end\n";
        for changed in [
            "main thread start\nsub thread start  1\nmain thread end\nsub thread end  1\n",
            "main thread start\nsub thread start  1\nmain thread end\n",
            "main thread start\nmain thread end\n",
            "main thread start\nsub thread end  1\nsub thread start  1\nmain thread end\n",
            "sub thread start  1\nsub thread end  1\nmain thread start\nmain thread end\n",
        ] {
            assert_ne!(
                normal_form(changed.as_bytes()),
                normal_form(joined.as_bytes())
            );
        }
    }

    #[test]
    fn a_line_that_no_lesson_prints_is_found_by_its_number() {
        for (line, reason) in [
            (&b"\n"[..], "is unknown: \"\""),
            (b"hello\n", "is unknown: \"hello\""),
            (b"main thread \n", "is unknown"),
            (b"sub thread start  \n", "is unknown"),
            (b"sub thread start 1\n", "is unknown"),
            (b"sub thread start   1\n", "is unknown"),
            (b"sub thread start  1\t\n", "holds a control character"),
            (b"Main thread end\n", "is unknown"),
            (b"sub thread end  1main thread end\n", "is torn: in "),
            (
                b"main thread end",
                "is torn: \"main thread end\" has no line break",
            ),
            (
                b"sub thread end  \xff\n",
                "is not UTF-8, from its byte 17 on",
            ),
        ] {
            let output = [b"main thread start\n", line].concat();
            let message = normal_form(&output).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("line 2 {reason}")),
                "{message}"
            );
        }
    }
}
