//! Tests of what is said of an output.

use proptest::{collection::vec, prelude::*};
use worker_core::lines::END;

use super::{
    faults::{LONGEST_COMPARED, MOST_COMPARED, MOST_COMPARISONS},
    *,
};

/// A lesson in which the main thread starts two workers and joins them.
fn fork_join() -> Vec<String> {
    let events = [
        "0|0|0|-|line|main thread start",
        "0|0|0|-|start|1|worker|1",
        "0|0|1|-|line|sub thread start  1",
        "0|0|0|-|started|1",
        "0|0|0|-|start|2|worker|2",
        "0|0|2|-|line|sub thread start  2",
        "0|0|0|-|started|2",
        "5|0|2|-|line|sub thread end  2",
        "5|0|2|-|end",
        "5|0|1|-|line|sub thread end  1",
        "5|0|1|-|end",
        "5|0|0|-|joined|1",
        "5|0|0|-|joined|2",
        "5|0|0|main.rs:28|line|main thread post job",
        "5|0|0|-|end",
        "5|0|0|-|exit",
    ];
    events.map(str::to_owned).to_vec()
}

/// Judges an output of fork-join by its lines: S and P of the main thread, a worker's
/// name for its start line and doubled for its end line.
fn judge(lines: &str, promises: Promises) -> Judgement {
    let lines = lines.split(' ').map(|line| match line {
        "S" => "main thread start\n",
        "P" => "main thread post job\n",
        "1" => "sub thread start  1\n",
        "2" => "sub thread start  2\n",
        "3" => "sub thread start  3\n",
        "11" => "sub thread end  1\n",
        "22" => "sub thread end  2\n",
        "33" => "sub thread end  3\n",
        "1122" => "sub thread end  1sub thread end  2\n\n",
        "S1" => "main thread startsub thread start  1\n\n",
        "12" => "sub thread start  1sub thread start  2\n\n",
        other => other,
    });
    judge_bytes(lines.collect::<String>().as_bytes(), promises)
}

fn judge_bytes(output: &[u8], promises: Promises) -> Judgement {
    let judge = Judge::of(&Trace::of(&fork_join()), "fork-join", promises).unwrap();
    judge.judge(output)
}

const ALL: [Promises; 3] = [Promises::WorkerCore, Promises::Std, Promises::Python];

#[test]
fn an_output_is_possible_if_every_line_follows_what_has_to_come_before_it() {
    for output in ["S 1 2 11 22 P", "S 1 2 22 11 P"] {
        for promises in ALL {
            let Judgement { verdict, faults } = judge(output, promises);
            assert_eq!((verdict, faults), (Verdict::Possible, vec![]), "{promises}");
        }
    }
    let judgement = judge("S 1 11 2 22 P", Promises::WorkerCore);
    let words = "line 3, `sub thread end  1`, nearly always follows `sub thread start  2`, which \
                 stands in line 4";
    assert_eq!(judgement.verdict, Verdict::Unlikely(words.to_owned()));
}

#[test]
fn the_same_line_a_second_time_is_the_next_that_its_thread_prints() {
    let mut events = fork_join();
    events.insert(4, "0|0|0|-|line|main thread post job".to_owned());
    let twice = Judge::of(&Trace::of(&events), "twice", Promises::WorkerCore).unwrap();
    let between = "sub thread start  2\nsub thread end  2\nsub thread end  1\n";
    let output = format!(
        "main thread start\nsub thread start  1\nmain thread post job\n{between}main thread post job\n"
    );
    let Judgement { verdict, faults } = twice.judge(output.as_bytes());
    assert_eq!((verdict, faults), (Verdict::Possible, vec![]));
}

#[test]
fn each_fault_is_named_by_its_line_and_what_is_wrong_in_the_order_of_the_lines() {
    for (output, faults) in [
        (
            "S 1 2 22 P 11",
            &[
                "line 5 is too early: `main thread post job` (main.rs:28 of the lesson) has to follow `sub thread end  1`, which stands in line 6 (join)",
            ][..],
        ),
        (
            "S 1 2 11 22",
            &[
                "a line is missing: `main thread post job` has to come before the program ends (end)",
            ],
        ),
        (
            "S 1 11",
            &[
                "3 lines are missing: `main thread post job`, `sub thread start  2` and `sub thread end  2` have to come before the program ends (end)",
            ],
        ),
        (
            "S 1 2 11 22 P P",
            &[
                "line 7 is repeated: `main thread post job` stands in line 6 already, and `fork-join` prints it no more often",
            ],
        ),
        (
            "S 1\n 2 11 22 P",
            &[
                "line 2 is unknown: \"1\" is no line of `fork-join`; `cargo xtask orders fork-join` lists them",
            ],
        ),
        (
            "x\n S 1 2 22 P 11 P",
            &[
                "line 1 is unknown",
                "line 6 is too early",
                "line 8 is repeated",
            ],
        ),
    ] {
        for promises in ALL {
            let judgement = judge(output, promises);
            assert_eq!(judgement.verdict, Verdict::Impossible, "{output}");
            let found = judgement.faults;
            assert_eq!(found.len(), faults.len(), "{output}: {found:?}");
            for (found, fault) in found.iter().zip(faults) {
                assert!(found.starts_with(fault), "{output}: {found}");
            }
        }
    }
}

#[test]
fn only_worker_core_promises_a_start_line_before_start_returns() {
    for output in ["S 2 1 11 22 P", "S 2 22 1 11 P"] {
        let judgement = judge(output, Promises::WorkerCore);
        let because = "start may return before the worker's first line";
        let verdict = Verdict::PossibleForStd(because);
        assert_eq!(judgement.verdict, verdict, "{output}");
        let words = "line 2 is too early: `sub thread start  2` has to follow `sub thread start  \
                     1`, which stands in line ";
        assert!(judgement.faults[0].starts_with(words), "{judgement:?}");
        assert!(judgement.faults[0].ends_with(" (start)"), "{judgement:?}");
        for promises in [Promises::Std, Promises::Python] {
            let verdict = judge(output, promises).verdict;
            assert!(verdict.is_possible(), "{output}: {promises}");
        }
    }
    // With another fault, it is not only that one.
    for output in [
        "S 2 1 11 22",
        "S 2 1 11 P 22",
        "S 2 1 11 22 P x\n",
        "1 S 2 11 22 P",
    ] {
        for promises in ALL {
            let judgement = judge(output, promises);
            assert_eq!(judgement.verdict, Verdict::Impossible, "{output}");
        }
    }
}

#[test]
fn only_python_promises_no_whole_lines() {
    for promises in [Promises::WorkerCore, Promises::Std] {
        let judgement = judge("S 1 2 1122 P", promises);
        assert_eq!(judgement.verdict, Verdict::Impossible, "{promises}");
    }
    let judgement = judge("S 1 2 1122 P", Promises::Python);
    assert_eq!(judgement.verdict, Verdict::CannotBeJudged);
    for (output, promises, says_how) in [
        ("S 1 2 1122 P", Promises::Python, true),
        ("S 1 2 1122 P", Promises::Std, false),
        ("S 1 2 11 22\t\n P", Promises::Python, false),
    ] {
        let faults = judge(output, promises).faults;
        let words = "in Python with `sys.stdout.write(line + \"\\n\")`";
        assert_eq!(faults[0].contains(words), says_how, "{faults:?}");
    }
    // Whoever forgets to say that it was Python learns of it, but only there.
    for (output, promises, says_so) in [
        ("S 1 2 1122 P", Promises::WorkerCore, true),
        ("S 1 2 1122 P", Promises::Std, true),
        ("S 1 2 1122 P", Promises::Python, false),
        ("S 1 2 11 22 main", Promises::Std, false),
    ] {
        let faults = judge(output, promises).faults;
        let words = "of Python's `print` this proves nothing: see --python";
        assert_eq!(faults[0].contains(words), says_so, "{faults:?}");
    }
    // Where a line is printed twice and one is torn, nobody knows which.
    let mut events = fork_join();
    events.insert(4, "0|0|0|-|line|main thread post job".to_owned());
    let twice = Judge::of(&Trace::of(&events), "twice", Promises::Python).unwrap();
    let output = "main thread start\nsub thread start  1\nmain thread post jobsub thread end  1\n\n\
                  sub thread start  2\nsub thread end  2\nmain thread post job\n";
    let judgement = twice.judge(output.as_bytes());
    assert_eq!(judgement.verdict, Verdict::CannotBeJudged, "{judgement:?}");
    // What is no piece of a line that is missing, is no tear.
    let judgement = judge("S 1 2 1122 P P", Promises::Python);
    assert_eq!(judgement.verdict, Verdict::Impossible);
    // Nor is what has more letters than they have.
    let judgement = judge("S 1 2 1122 1122 P", Promises::Python);
    assert_eq!(judgement.verdict, Verdict::Impossible);
}

#[test]
fn the_line_break_of_a_daemons_line_may_be_cut_off_beside_a_torn_line() {
    let events = [
        "0|0|0|-|start|1|worker|1",
        "0|0|1|-|line|sub thread start  1",
        "0|0|0|-|started|1",
        "0|0|0|-|line|main thread end",
        "0|0|0|-|start|2|daemon|d",
        "0|0|2|-|line|sub thread start  d",
        "0|0|0|-|started|2",
        "0|0|0|-|end",
        "1|0|1|-|line|sub thread end  1",
        "1|0|1|-|end",
        "1|0|0|-|exit",
    ];
    let trace = Trace::of(&events.map(str::to_owned));
    let judge = Judge::of(&trace, "it", Promises::Python).unwrap();
    // The last line break is the worker's.
    let output = "sub thread start  1\nmain thread endsub thread end  1\nsub thread start  d\n";
    let judgement = judge.judge(output.as_bytes());
    assert_eq!(judgement.verdict, Verdict::CannotBeJudged, "{judgement:?}");
}

/// What is written at once of a worker's first line.
fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    let line = "sub thread start  1\n";
    let letters = (1..=line.len()).prop_map(|length| {
        let starts = (0..line.len()).step_by(length);
        let piece = |start: usize| &line[start..line.len().min(start + length)];
        starts.map(piece).collect::<Vec<_>>()
    });
    let by_name = Just(vec!["sub thread start ", " ", "1", "\n"]);
    let words = Just(vec![
        "sub", " ", "thread", " ", "start", " ", "", " ", "1", "\n",
    ]);
    prop_oneof![letters, by_name, words]
}

proptest! {
    #[test]
    fn what_pythons_print_tears_wherever_it_does_proves_nothing(
        pieces in pieces(), turns in vec(any::<bool>(), 40),
    ) {
        let pieces = |name| -> VecDeque<String> {
            let pieces = pieces.iter().copied();
            pieces.map(|piece| piece.replace('1', name)).collect()
        };
        let [mut one, mut other] = [pieces("1"), pieces("2")];
        let mut lines = String::new();
        for turn in turns {
            let (first, second) = if turn { (&mut one, &mut other) } else { (&mut other, &mut one) };
            lines += &first.pop_front().or_else(|| second.pop_front()).unwrap_or_default();
        }
        let output = format!(
            "main thread start\n{lines}sub thread end  1\nsub thread end  2\nmain thread post job\n"
        );
        let judgement = judge_bytes(output.as_bytes(), Promises::Python);
        prop_assert_ne!(judgement.verdict, Verdict::Impossible, "{:?}", judgement.faults);
    }
}

#[test]
fn what_python_tears_has_every_letter_of_the_lines_that_it_lacks() {
    let starts = "main thread start\nsub thread start  1\nsub thread start  2\n";
    let ends = "sub thread end  1\nsub thread end  2\nmain thread post job\n";
    for (output, may_be_torn) in [
        // Two threads print word by word.
        (
            format!("main thread start\nsub sub thread thread start start  1 2\n\n{ends}"),
            true,
        ),
        // What one line has lost, another has.
        (
            format!("{starts}sub thread end  1sub thread end  2\n\nmain thread post job\n"),
            true,
        ),
        (
            format!("{starts}sub thread end  1sub thread end  2\r\n\r\nmain thread post job\n"),
            true,
        ),
        // Line breaks too.
        (
            format!("{starts}sub thread end  1sub thread end  2\nmain thread post job\n"),
            false,
        ),
        // A line that is not there is in none.
        (
            "main thread start\nsub thread start  1sub thread start  2\n\nmain thread post job\n"
                .to_owned(),
            false,
        ),
        // One line with its letters in another order is no mixture of two.
        (
            starts.to_owned() + " sub thread end 1\nsub thread end  2\nmain thread post job\n",
            false,
        ),
    ] {
        let Judgement { verdict, faults } = judge_bytes(output.as_bytes(), Promises::Python);
        let found = verdict == Verdict::CannotBeJudged;
        assert_eq!(found, may_be_torn, "{output}: {faults:?}");
    }
}

#[test]
fn a_wrong_order_is_a_proof_even_beside_a_torn_line() {
    for (output, fault) in [
        (
            "1 S 2 1122 P",
            "line 1 is too early: `sub thread start  1` has to follow `main thread start`, which stands in line 2 (start)",
        ),
        // What is torn may be where it has to be.
        (
            "S1 2 P 11 22",
            "line 4 is too early: `main thread post job` (main.rs:28 of the lesson) has to follow `sub thread end  1`, which stands in line 5 (join)",
        ),
        (
            "22 11 S1 2 P",
            "line 1 is too early: `sub thread end  2` has to follow `sub thread start  2`, which stands in line 5 (program order)",
        ),
        // And still is between what comes before and behind it.
        (
            "11 12 22 P S",
            "line 1 is too early: `sub thread end  1` has to follow `main thread start`, which stands in line 6",
        ),
    ] {
        let Judgement { verdict, faults } = judge(output, Promises::Python);
        assert_eq!(verdict, Verdict::Impossible, "{output}: {faults:?}");
        assert!(faults.iter().any(|found| found == fault), "{faults:?}");
    }
    for output in ["S1 2 11 22 P", "S 12 22 11 P"] {
        let judgement = judge(output, Promises::Python);
        assert_eq!(judgement.verdict, Verdict::CannotBeJudged, "{judgement:?}");
    }
}

#[test]
fn a_daemon_prints_or_not_but_the_sleeps_say_which_is_likely() {
    let trace = |end: &str| {
        let events = [
            "0|0|0|-|line|main thread start",
            "0|0|0|-|start|1|daemon|1",
            "0|0|1|-|line|sub thread start  1",
            "0|0|0|-|started|1",
            "2|0|0|-|end",
            "2|0|0|-|exit",
        ];
        let mut events = events.map(str::to_owned).to_vec();
        let place = if end < "2" { 4 } else { events.len() };
        events.insert(place, format!("{end}|0|1|-|line|sub thread end  1"));
        Trace::of(&events)
    };
    let main = "main thread start\n";
    let started = format!("{main}sub thread start  1\n");
    let ended = format!("{started}sub thread end  1\n");
    for (end, likely, unlikely, words) in [
        (
            "1",
            &ended,
            &started,
            "`sub thread end  1`, which is missing, is nearly always printed",
        ),
        (
            "3",
            &started,
            &ended,
            "line 3, `sub thread end  1`, is nearly always cut off by the end of the program",
        ),
    ] {
        for promises in ALL {
            let judge = Judge::of(&trace(end), "daemon", promises).unwrap();
            assert_eq!(judge.judge(likely.as_bytes()).verdict, Verdict::Possible);
            let unlikely = judge.judge(unlikely.as_bytes()).verdict;
            assert_eq!(unlikely, Verdict::Unlikely(words.to_owned()));
            // Of several lines that are missing, the first is named.
            let words = "`sub thread start  1`, which is missing, is nearly always printed";
            let of_main = judge.judge(main.as_bytes()).verdict;
            let is_possible = of_main == Verdict::Unlikely(words.to_owned());
            assert_eq!(is_possible, promises != Promises::WorkerCore, "{promises}");
        }
    }
}

#[test]
fn a_program_that_does_not_wait_gets_one_sentence() {
    for (output, last) in [
        ("S P", "`main thread post job`"),
        ("S 1 2 P", "`main thread post job`"),
        ("S 1 P 2", "`sub thread start  2`"),
    ] {
        for promises in [Promises::Std, Promises::Python] {
            let judgement = judge(output, promises);
            assert_eq!(judgement.verdict, Verdict::Impossible, "{output}");
            let words = format!(
                "the program ended before its workers' last lines: they print nothing after {last}; \
                 see whether it joins them, and whether they print those lines"
            );
            assert_eq!(judgement.faults, [words], "{output}: {promises}");
        }
    }
    // What is wrong with the main thread's lines is said besides.
    let faults = judge("1 2 P", Promises::Std).faults;
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[0].ends_with("`main thread start`, which is missing (start)"),
        "{faults:?}"
    );
    let words = "the program ended before its workers' last lines";
    assert!(faults[1].starts_with(words), "{faults:?}");
    // Of one that was stopped nobody knows whom it would have waited for.
    let judge_of = |promises| Judge::of(&Trace::of(&fork_join()), "fork-join", promises);
    let judge_of = judge_of(Promises::Std).unwrap();
    let faults = |output: &str| judge_of.faults_of_beginning(output.as_bytes());
    assert_eq!(faults(""), [""; 0]);
    assert_eq!(faults("main thread start\n"), [""; 0]);
    let faults = faults("main thread start\nmain thread post job\n");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("line 2 is too early"), "{faults:?}");
    // One that does not wait for one gets that one.
    let output = "sub thread start  1\nmain thread end\n";
    let faults = judge_of_one("worker", "1", output, Promises::Std).faults;
    let words = "a line is missing: `sub thread end  1` has to come before the program ends (end)";
    assert_eq!(faults, [words]);
    // One that waits for some gets what it has not waited for.
    let faults = judge("S 1 2 11 P", Promises::Std).faults;
    let words = "line 5 is too early: `main thread post job` (main.rs:28 of the lesson) has to follow `sub thread end  2`, \
                 which is missing (join)";
    assert_eq!(faults, [words]);
}

#[test]
fn a_fault_of_many_lines_is_said_once_with_their_numbers() {
    let faults = judge("a\n S a\n b\n c\n 1 2 d\n 11 22 P", Promises::Std).faults;
    let words = "line 1 is unknown: \"a\" is no line of `fork-join`; `cargo xtask orders fork-join` \
                 lists them; likewise lines 3 to 5 and 8";
    assert_eq!(faults, [words]);
    let faults = judge("S 1 2 11 22 P P P", Promises::Std).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].ends_with("; likewise line 8"), "{faults:?}");
    let faults = judge("S \t\n 1 2 1122 \t\n P", Promises::Std).faults;
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].ends_with("; likewise line 7"), "{faults:?}");
    let faults = judge(&"x\n S ".repeat(30), Promises::Std).faults;
    let words = "; likewise lines 3, 5, 7, 9, 11, 13, 15, 17, 19, 21 and 19 more";
    assert!(faults[0].ends_with(words), "{faults:?}");
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn a_line_with_other_blanks_is_not_called_unknown() {
    let output = "main thread start\nsub thread start 1\n sub thread start  2\n";
    let judgement = judge_bytes(output.as_bytes(), Promises::Std);
    let words = "line 2 has other blanks than the lesson's: \"sub thread start 1\"; did you mean \
                 \"sub thread start  1\"?; likewise line 3";
    assert_eq!(judgement.faults, [words]);
}

#[test]
fn an_output_with_any_line_of_the_lesson_is_told_from_one_with_none() {
    let judge = Judge::of(&Trace::of(&fork_join()), "fork-join", Promises::Std).unwrap();
    for (output, knows) in [
        ("", false),
        ("fn main() {}\nmain thread\n", false),
        ("fn main() {}\nmain thread start\n", true),
        ("main thread start", true),
        (" main thread start\n", true),
        ("main thread start\t\n", false),
        ("main thread sta", true),
    ] {
        assert_eq!(judge.knows_a_line(output.as_bytes()), knows, "{output:?}");
    }
}

#[test]
fn a_judge_knows_how_long_the_lesson_takes() {
    let judge = Judge::of(&Trace::of(&fork_join()), "fork-join", Promises::Std).unwrap();
    assert_eq!(judge.time(), Duration::from_nanos(5));
}

#[test]
fn an_empty_output_is_called_empty() {
    for empty in ["", "\u{feff}"] {
        let judgement = judge(empty, Promises::WorkerCore);
        assert_eq!(judgement.verdict, Verdict::Impossible);
        let words = "it is empty, and `fork-join` prints 6 lines at least";
        assert_eq!(judgement.faults, [words]);
    }
}

#[test]
fn an_output_may_be_in_utf_16() {
    let text = "\u{feff}main thread start\r\nsub thread start  1\r\nsub thread start  2\r\n\
                sub thread end  1\r\nsub thread end  2\r\nmain thread post job\r\n";
    let bytes = |of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of).collect::<Vec<_>>();
    let [little, big] = [bytes(u16::to_le_bytes), bytes(u16::to_be_bytes)];
    // With its mark and without it.
    for output in [&little[..], &big, &little[2..], &big[2..]] {
        let judgement = judge_bytes(output, Promises::WorkerCore);
        assert_eq!(judgement.verdict, Verdict::Possible, "{judgement:?}");
        // Half a character at its end is none of a line's.
        let judgement = judge_bytes(&output[..output.len() - 1], Promises::WorkerCore);
        assert_eq!(judgement.verdict, Verdict::Impossible, "{judgement:?}");
    }
    // One letter that is zero is none of its marks.
    let judgement = judge_bytes(b"\0main thread start\n", Promises::WorkerCore);
    assert!(
        judgement.faults[0].starts_with("line 1 holds a control character"),
        "{judgement:?}"
    );
}

#[test]
fn of_the_beginning_of_an_output_whole_lines_are_judged_in_any_encoding() {
    let judge = Judge::of(&Trace::of(&fork_join()), "fork-join", Promises::Std).unwrap();
    let [right, wrong, short] = [
        "main thread start\nsub thread start  1\nx",
        "sub thread start  1\nmain thread start\nx",
        // The end of the program would have cut off its line break too.
        "main thread start\nsub\nx",
    ];
    for end in ["\n", "\r\n", "\r"] {
        for (text, faults) in [(right, 0), (wrong, 1), (short, 1)] {
            let text = text.replace('\n', end);
            let utf_16 = text.encode_utf16().flat_map(u16::to_le_bytes);
            for output in [text.as_bytes(), &utf_16.collect::<Vec<_>>()] {
                let found = judge.faults_of_beginning(output);
                assert_eq!(found.len(), faults, "{text:?}: {found:?}");
            }
        }
    }
}

#[test]
fn a_last_line_break_that_is_missing_and_blank_lines_at_the_end_tell_of_nothing() {
    let right = "main thread start\nsub thread start  1\nsub thread start  2\nsub thread end  1\n\
                 sub thread end  2\nmain thread post job";
    let torn = right.replace("1\nsub thread start  2\n", "1sub thread start  2\n\n");
    let verdict = |output: &str, promises| judge_bytes(output.as_bytes(), promises).verdict;
    for end in ["", "\n", "\r", "\n\n", "\r\n\r\n\r\n"] {
        for promises in ALL {
            let verdict = verdict(&format!("{right}{end}"), promises);
            assert_eq!(verdict, Verdict::Possible, "{end:?}: {promises}");
        }
        let verdict = verdict(&format!("{torn}{end}"), Promises::Python);
        assert_eq!(verdict, Verdict::CannotBeJudged, "{end:?}");
    }
    // Both line breaks of a tear may be at the end.
    let torn = right.replace("2\nmain", "2main");
    for end in ["", "\n", "\n\n", "\r\n\r\n\r\n"] {
        let verdict = verdict(&format!("{torn}{end}"), Promises::Python);
        assert_eq!(verdict, Verdict::CannotBeJudged, "{end:?}");
    }
    // What stands behind them, is not whole, or stands there already does.
    for end in [
        "\n\nx\n",
        "\n\n \n",
        "\n\nmain thread p",
        "\nmain thread post job",
        " ",
    ] {
        let verdict = verdict(&format!("{right}{end}"), Promises::Std);
        assert_eq!(verdict, Verdict::Impossible, "{end:?}");
    }
    let faults = judge("\n\n", Promises::Std).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("6 lines are missing"), "{faults:?}");
}

#[test]
fn a_tear_leaves_line_breaks_behind_that_are_no_lines() {
    let faults = judge("S 1 2 1122 P", Promises::Std).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("line 4 is torn"), "{faults:?}");
    let faults = judge("S 1 \n 2 11 22 P", Promises::Std).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].starts_with("line 3 is unknown: \"\""),
        "{faults:?}"
    );
}

/// Judges an output of a lesson that starts a worker or a daemon, which sleeps, and
/// does not join it.
fn judge_of_one(kind: &str, name: &str, output: &str, promises: Promises) -> Judgement {
    let exit = if kind == "daemon" { 0 } else { 5 };
    let mut events = vec![
        format!("0|0|0|-|start|1|{kind}|{name}"),
        format!("0|0|1|-|line|sub thread start  {name}"),
        "0|0|0|-|started|1".to_owned(),
        "0|0|0|-|line|main thread end".to_owned(),
        "0|0|0|-|end".to_owned(),
        format!("5|0|1|-|line|sub thread end  {name}"),
        "5|0|1|-|end".to_owned(),
    ];
    let place = if kind == "daemon" { 5 } else { 7 };
    events.insert(place, format!("{exit}|0|0|-|exit"));
    let judge = Judge::of(&Trace::of(&events), "one", promises).unwrap();
    judge.judge(output.as_bytes())
}

#[test]
fn the_end_may_cut_off_the_line_that_a_worker_is_about_to_print_but_not_of_worker_core() {
    let both = "sub thread start  1\nmain thread end\n";
    for (output, is_possible) in [
        (format!("{both}sub thread e"), true),
        (format!("{both}sub thread end  1x"), false),
        // The program waits for its main thread.
        ("sub thread start  1\nmain thr".to_owned(), false),
        // What comes before is not there, or the line is there already.
        ("main thread end\nsub thread e".to_owned(), false),
        ("main thread end\nsub thread s".to_owned(), true),
        (format!("{both}sub thread end  1\nsub thread e"), false),
        (format!("x\n{both}sub thread e"), false),
        (format!("{both}\nsub thread e"), false),
    ] {
        let verdict = |promises| judge_of_one("daemon", "1", &output, promises).verdict;
        for promises in [Promises::Std, Promises::Python] {
            assert_eq!(
                verdict(promises).is_possible(),
                is_possible,
                "{output}: {promises}"
            );
        }
        let because = "end may cut off a line that is being printed";
        let expected = match is_possible {
            true => Verdict::PossibleForStd(because),
            false => Verdict::Impossible,
        };
        assert_eq!(verdict(Promises::WorkerCore), expected, "{output}");
    }
    // A line that is awaited is missing then, or lacks its line break.
    for (output, words) in [
        (
            format!("{both}sub thread e"),
            "a line is missing: `sub thread end  1`",
        ),
        (
            "sub thread start  1\nmain thr".to_owned(),
            "line 2 is torn: \"main thr\" has no line break",
        ),
    ] {
        let faults = judge_of_one("worker", "1", &output, Promises::Std).faults;
        assert!(faults[0].starts_with(words), "{faults:?}");
    }
    // Beside a line that is wrong, it is none that is too.
    let output = format!("x\n{both}sub thread e");
    let faults = judge_of_one("daemon", "1", &output, Promises::Std).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("line 1 is unknown"), "{faults:?}");
}

#[test]
fn a_last_line_that_may_be_whole_or_cut_off_is_what_makes_the_output_possible() {
    let mut events = Vec::new();
    for (thread, name) in [(1, "1"), (2, "10")] {
        events.push(format!("0|0|0|-|start|{thread}|daemon|{name}"));
        events.push(format!("0|0|{thread}|-|line|sub thread start  {name}"));
        events.push(format!("0|0|0|-|started|{thread}"));
    }
    events.extend(["0|0|0|-|line|main thread end", "0|0|0|-|end"].map(str::to_owned));
    events.push("0|0|0|-|exit".to_owned());
    for (thread, name) in [(1, "1"), (2, "10")] {
        events.push(format!("5|0|{thread}|-|line|sub thread end  {name}"));
        events.push(format!("5|0|{thread}|-|end"));
    }
    let verdict = |output: &str, promises| {
        let judge = Judge::of(&Trace::of(&events), "two", promises).unwrap();
        judge.judge(output.as_bytes()).verdict
    };
    for promises in [Promises::Std, Promises::Python] {
        // Of which worker it is can only be told by what has come before.
        for started in ["1", "10"] {
            let output = format!("sub thread start  {started}\nmain thread end\nsub thread end  1");
            assert!(
                verdict(&output, promises).is_possible(),
                "{output}: {promises}"
            );
        }
        let neither = "main thread end\nsub thread end  1";
        assert_eq!(
            verdict(neither, promises),
            Verdict::Impossible,
            "{promises}"
        );
    }
    // worker-core cuts no line off, and both have started there.
    let output = "sub thread start  1\nsub thread start  10\nmain thread end\nsub thread end  1";
    let found = verdict(output, Promises::WorkerCore);
    assert!(found.is_possible(), "{found:?}");
}

#[test]
fn a_worker_of_another_name_is_told_the_names_that_there_are() {
    for promises in ALL {
        let faults = judge("S 1 3 11 33 P", promises).faults;
        let words = "line 3 is unknown: no worker of `fork-join` is called \"3\", only `1` and `2`; \
                     likewise line 5";
        assert_eq!(faults, [words]);
        // Nobody is who the main thread speaks of.
        let spoken = fork_join()[0].replace("main thread start", "sub thread start  3");
        let events = [&[spoken], &fork_join()[1..]].concat();
        let judge_of = Judge::of(&Trace::of(&events), "fork-join", promises).unwrap();
        assert_eq!(
            judge_of.judge(b"\n\nsub thread end  3\n").faults[1],
            words.replace("; likewise line 5", "")
        );
        // Nobody is called nothing.
        let faults = judge_bytes(b"sub thread start  \n", promises).faults;
        let words = "line 1 is unknown: \"sub thread start  \" is no line of `fork-join`; ";
        assert!(faults[0].starts_with(words), "{faults:?}");
    }
}

#[test]
fn the_last_line_is_torn_only_if_it_begins_one_of_the_lessons() {
    for promises in ALL {
        let faults = judge("S 1 2 11 22 P Press\u{a0}Enter", promises).faults;
        assert_eq!(faults.len(), 1, "{faults:?}");
        let words = "line 7 is unknown: \"Press\\u{a0}Enter\" is no line of `fork-join`; ";
        assert!(faults[0].starts_with(words), "{faults:?}");
        let faults = judge("S 1 2 11 22 main", promises).faults;
        assert!(faults[0].starts_with("line 6 is torn"), "{faults:?}");
        // Anything else is what it is with its line break.
        let faults = judge("S 1 2 11 22 P \u{1b}[0m", promises).faults;
        assert!(
            faults[0].starts_with("line 7 holds a control"),
            "{faults:?}"
        );
        let both = "main thread start\nsub thread start  1\nsub thread start  2\nsub thread end  1\n\
                    sub thread end  2main thread post job";
        let faults = judge_bytes(both.as_bytes(), promises).faults;
        assert!(
            faults[0].contains("one line begins inside another"),
            "{faults:?}"
        );
    }
}

#[test]
fn beside_another_fault_it_is_said_what_only_worker_core_promises() {
    let words = "std and Python do not promise this";
    for (output, says_so) in [
        ("S 2 1 11 22 P x\n", true),
        ("S 2 1 11 22", true),
        // The verdict says so.
        ("S 2 1 11 22 P", false),
        ("S 1 2 22 P 11 x\n", false),
    ] {
        let faults = judge(output, Promises::WorkerCore).faults.concat();
        assert_eq!(faults.contains(words), says_so, "{faults}");
        let faults = judge(output, Promises::Std).faults.concat();
        assert!(!faults.contains(words), "{faults}");
    }
}

#[test]
fn of_a_torn_output_it_is_said_which_lines_are_in_no_piece_of_it() {
    let lacking = |output| {
        let judgement = judge(output, Promises::Python);
        let words = "this is more than a tear: no torn line holds ";
        let names = judgement.faults.last()?.strip_prefix(words)?;
        assert_eq!(judgement.verdict, Verdict::Impossible);
        Some(names.to_owned())
    };
    let names = "`main thread post job`, `sub thread end  1` and `sub thread end  2`, to come before \
                 the program ends (end)";
    assert_eq!(lacking("S 12").unwrap(), names);
    assert_eq!(lacking("S 12 11 22 P"), None);
    assert_eq!(lacking("S 12 11 22 P P"), None);
    assert_eq!(lacking("S 1 2 11 22 x\n"), None);
    assert_eq!(lacking("S 1 2 11 \t\n"), None);
    // All letters are there, and others.
    assert_eq!(lacking("S 12 11 22 P x\n"), None);
}

#[test]
fn the_line_is_named_that_an_unknown_one_is_probably_meant_to_be() {
    let hint = |name: &str, misspelt: &str| {
        let judgement = judge_of_one("worker", name, &format!("{misspelt}\n"), Promises::Std);
        let fault = judgement.faults[0].clone();
        fault
            .split_once("did you mean ")
            .map(|(_, meant)| meant.to_owned())
    };
    assert_eq!(
        hint("1", "main thraed edn").unwrap(),
        "\"main thread end\"?"
    );
    assert_eq!(hint("1", "main thraed den!"), None);
    // A word is left out, or all of them are others.
    assert_eq!(
        hint("1", "thread end  1").unwrap(),
        "\"sub thread end  1\"?"
    );
    assert_eq!(hint("1", "worker 1 is done"), None);
    // Two letters less, of three bytes each.
    assert_eq!(
        hint("a\u{ac00}\u{b098}", "Sub thread end  a\u{ac00}").unwrap(),
        "\"sub thread end  a\u{ac00}\u{b098}\"?"
    );
    // A line that is there already is not meant.
    let faults = |lines| judge(lines, Promises::Std).faults.concat();
    let fault = faults("S 1 subthreadstart2\n 11 22 P");
    assert!(
        fault.contains("did you mean \"sub thread start  2\"?"),
        "{fault}"
    );
    let fault = faults("S 1 2 subthreadstart2\n 11 22 P");
    assert!(
        fault.ends_with("`cargo xtask orders fork-join` lists them"),
        "{fault}"
    );
    // Longer lines are not compared, nor are more.
    for length in [LONGEST_COMPARED - 1, LONGEST_COMPARED] {
        let name = "x".repeat(length - END.len());
        let misspelt = format!("S{}{name}", &END[1..]);
        assert_eq!(hint(&name, &misspelt).is_some(), length < LONGEST_COMPARED);
    }
    let misspelt = |number: usize| format!("main thread en{number}\n");
    let faults = |lines: usize| {
        let output = (0..lines).map(misspelt).collect::<String>();
        let output = output.replace("en1\n", "en0\n");
        judge_of_one("worker", "1", &output, Promises::Std).faults
    };
    // The same line twice is compared once.
    assert_eq!(faults(MOST_COMPARED + 1).len(), 1);
    let faults = faults(MOST_COMPARED + 2);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[1].ends_with("`cargo xtask orders one` lists them"),
        "{faults:?}"
    );
}

#[test]
fn the_more_lines_a_lesson_has_the_fewer_unknown_ones_are_compared_with_them() {
    let lines = (0..MOST_COMPARISONS / 10).map(|line| format!("0|0|0|-|line|main thread {line}"));
    let events = lines.chain(["0|0|0|-|end", "0|0|0|-|exit"].map(str::to_owned));
    let trace = Trace::of(&events.collect::<Vec<_>>());
    let judge = Judge::of(&trace, "long", Promises::WorkerCore).unwrap();
    for misspelt in [10, 11] {
        let output = (0..misspelt).map(|line| format!("main thraed {line}\n"));
        let faults = judge.judge(output.collect::<String>().as_bytes()).faults;
        assert!(
            faults[0].contains("did you mean \"main thread 0\"?"),
            "{faults:?}"
        );
        assert_eq!(faults.len() == 2, misspelt > 10, "{faults:?}");
    }
}

#[test]
fn what_a_daemon_without_end_might_have_printed_cannot_be_judged() {
    let mut events = vec![
        "0|0|0|-|start|1|daemon|1".to_owned(),
        "0|0|1|-|line|sub thread start  1".to_owned(),
        "0|0|0|-|started|1".to_owned(),
        "0|0|0|-|end".to_owned(),
        "0|0|0|-|exit".to_owned(),
        "0|0|1|-|endless".to_owned(),
    ];
    let judge = |events: &[String], output: &str| {
        let judge = Judge::of(&Trace::of(events), "endless", Promises::WorkerCore).unwrap();
        judge.judge(output.as_bytes())
    };
    let output = "sub thread start  1\nsub thread end  1\n";
    let judgement = judge(&events, output);
    assert_eq!(judgement.verdict, Verdict::CannotBeJudged);
    let words = "a daemon of the lesson goes on for too long to know all its lines";
    assert_eq!(judgement.faults.len(), 2, "{judgement:?}");
    assert_eq!(judgement.faults[1], words);
    assert_eq!(judge(&events, "sub thread start  1\n").faults, [""; 0]);
    events.pop();
    let judgement = judge(&events, output);
    assert_eq!(judgement.verdict, Verdict::Impossible);
    assert_eq!(judgement.faults.len(), 1, "{judgement:?}");
}
