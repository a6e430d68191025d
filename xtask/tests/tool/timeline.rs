//! `timeline`: the pictures.

use std::{collections::HashSet, fs};

use tinyjson::JsonValue;

use crate::workspace::{Report, report, xtask};

const LESSONS: [&str; 4] = ["threads", "daemon", "fork-join", "join-loop"];

fn timeline(arguments: &[&str]) -> Report {
    let report = report(xtask().arg("timeline").args(arguments));
    assert_eq!(report.status, Some(0), "{report}");
    report
}

/// What the tool writes into a file with this option.
fn written(lesson: &str, option: &str) -> String {
    let file = format!("{}/{lesson}{option}", env!("CARGO_TARGET_TMPDIR"));
    let report = timeline(&[lesson, option, &file]);
    assert_eq!(report.stdout, "", "{report}");
    fs::read_to_string(file).unwrap()
}

#[test]
fn forks_lead_down_joins_lead_up_and_waiting_is_not_working() {
    let picture = "             0 s                                              5 s
main thread  ●━━━┯━━━┯━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┯━━━●━━━●━━━■
1                ●━━━┿━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━●───┤
2                    ●━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━●───╯

● prints a line  ━ works  ┄ waits  │ start or join  ■ the program ends
(not to scale)
";
    assert_eq!(timeline(&["fork-join"]).stdout, picture);
}

#[test]
fn a_daemon_is_cut_off_where_the_program_ends() {
    let report = timeline(&["daemon"]);
    let place = |line: &str, mark: char| line.chars().position(|character| character == mark);
    let lines: Vec<_> = report.stdout.lines().collect();
    let exit = place(lines[1], '■');
    assert!(exit.is_some(), "{report}");
    for daemon in &lines[2..7] {
        assert_eq!(place(daemon, '╳'), exit, "{report}");
        assert!(place(daemon, '○') > exit, "{report}");
    }
}

#[test]
fn a_picture_is_the_same_on_every_run() {
    // Of the four, the one in which most is left to luck.
    let mut pictures = HashSet::new();
    for _ in 0..5 {
        let picture = [
            timeline(&["threads"]).stdout,
            written("threads", "--svg"),
            written("threads", "--trace"),
        ];
        pictures.insert(picture);
    }
    assert_eq!(pictures.len(), 1, "{pictures:?}");
}

#[test]
fn the_svg_says_its_text_as_text() {
    for lesson in LESSONS {
        let svg = written(lesson, "--svg");
        assert!(svg.starts_with("<svg "), "{svg}");
        assert!(
            svg.contains(&format!("<title>The threads of {lesson}</title>")),
            "{svg}"
        );
        for words in ["\nmain thread\n", "\n0 s\n", "\nworks\n", "\nwaits\n"] {
            assert!(svg.contains(words), "{words:?} is missing in {svg}");
        }
    }
}

#[test]
fn the_trace_is_a_chrome_trace_with_an_arrow_for_each_start_and_join() {
    for (lesson, starts, joins) in [
        ("threads", 5, 0),
        ("daemon", 5, 0),
        ("fork-join", 2, 2),
        ("join-loop", 3, 3),
    ] {
        let trace: JsonValue = written(lesson, "--trace").parse().unwrap();
        let events: &Vec<JsonValue> = trace["traceEvents"].get().unwrap();
        let text = |event: &JsonValue, key: &str| event[key].get::<String>().unwrap().clone();
        let number = |event: &JsonValue, key: &str| *event[key].get::<f64>().unwrap();
        for (name, expected) in [("start", starts), ("join", joins)] {
            let flows = |kind: &str| {
                let is_one =
                    |event: &&JsonValue| text(event, "ph") == kind && text(event, "name") == name;
                events.iter().filter(is_one).collect::<Vec<_>>()
            };
            let (from, to) = (flows("s"), flows("f"));
            assert_eq!((from.len(), to.len()), (expected, expected), "{lesson}");
            for event in from.iter().chain(&to) {
                // An arrow's end that is on no bar is not drawn.
                let on_a_bar = events.iter().any(|bar| {
                    text(bar, "ph") == "X"
                        && number(bar, "tid") == number(event, "tid")
                        && number(bar, "ts") <= number(event, "ts")
                        && number(event, "ts") < number(bar, "ts") + number(bar, "dur")
                });
                assert!(on_a_bar, "{lesson} {name}");
            }
        }
    }
}

#[test]
fn a_picture_that_cannot_be_written_is_an_error() {
    let report = report(xtask().args(["timeline", "daemon", "--svg", "no/such/folder/x.svg"]));
    assert_eq!(report.status, Some(1), "{report}");
    let words = "error: `no/such/folder/x.svg` cannot be written: ";
    assert!(report.stderr.contains(words), "{report}");
}
