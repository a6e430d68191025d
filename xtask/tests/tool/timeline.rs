//! `timeline`: the pictures.

use std::{collections::HashSet, fs};

use tinyjson::JsonValue;

use crate::{
    repository::{lessons, root},
    tool::{Report, report, xtask},
    workspace::Workspace,
};

fn timeline(arguments: &[&str]) -> Report {
    let report = report(xtask().arg("timeline").args(arguments));
    assert_eq!(report.status, Some(0), "{report}");
    report
}

/// What the tool writes into a file with this option.
fn written(lesson: &str, option: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(lesson);
    let report = timeline(&[lesson, option, file.to_str().unwrap()]);
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
    // One more is in the legend.
    let crosses = |lesson: &str| written(lesson, "--svg").matches("class=\"cut\"").count();
    assert_eq!((crosses("daemon"), crosses("threads")), (6, 0));
}

#[test]
fn a_picture_is_the_same_on_every_run() {
    // Much of this one is left to luck.
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
    for lesson in lessons(root()) {
        let svg = written(&lesson, "--svg");
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
fn a_line_at_the_very_end_of_the_program_is_drawn_behind_it() {
    let body = r#"
        say("main thread start\n");
        trace("start\t1\tdaemon\t워커 1");
        println!("sub thread start  워커 1");
        trace_of(1, "line\tsub thread start  워커 1");
        trace("started\t1");
        trace("end");
        trace("exit");
        trace_of(1, "line\tsub thread end  워커 1");
        std::process::exit(0);"#;
    let workspace = Workspace::new("at-the-end").lesson("tie", 1, body);
    let report = report(workspace.xtask().args(["timeline", "tie"]));
    let rows: Vec<_> = report.stdout.lines().skip(1).take(2).collect();
    // A Korean letter is two columns wide.
    assert_eq!(rows[0].split('●').next().unwrap().len(), 17, "{report}");
    assert!(rows[1].starts_with("워커 1 (daemon)  "), "{report}");
    let place = |mark: char| rows[1].find(mark);
    assert!(place('╳').is_some() && place('╳') < place('○'), "{report}");
}

#[test]
fn a_long_name_or_a_sign_that_no_page_can_show_spoils_no_picture() {
    let name = "n".repeat(200);
    let body = format!(
        "trace(\"start\t1\tworker\t{name}\");
        println!(\"sub thread end  {name}\");
        trace_of(1, \"line\tsub thread end  {name}\");
        trace_of(1, \"end\");
        say(\"main thread \\u{{fffe}}<&>\n\");"
    );
    let workspace = Workspace::new("long-name").lesson("long", 1, &body);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.svg");
    let mut xtask = workspace.xtask();
    let report = report(xtask.args(["timeline", "long", "--svg"]).arg(&file));
    assert_eq!(report.status, Some(0), "{report}");
    let svg = fs::read_to_string(file).unwrap();
    assert!(svg.contains("main thread \u{fffd}&lt;&amp;&gt;"), "{svg}");
    for part in svg.split(" x1=\"").skip(1) {
        let from: f64 = part.split('"').next().unwrap().parse().unwrap();
        let to: f64 = part
            .split("x2=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(from <= to && to <= 700.0, "{from} {to}");
    }
}

#[test]
fn the_trace_is_a_chrome_trace_with_an_arrow_for_each_start_and_join() {
    for lesson in lessons(root()) {
        let trace: JsonValue = written(&lesson, "--trace").parse().unwrap();
        let events: &Vec<JsonValue> = trace["traceEvents"].get().unwrap();
        let text = |event: &JsonValue, key: &str| event[key].get::<String>().unwrap().clone();
        let starts = events.iter().filter(|event| {
            text(event, "ph") == "i" && text(event, "name").starts_with("sub thread start")
        });
        let starts = starts.count();
        let number = |event: &JsonValue, key: &str| *event[key].get::<f64>().unwrap();
        for name in ["start", "join"] {
            let flows = |kind: &str| {
                let is_one =
                    |event: &&JsonValue| text(event, "ph") == kind && text(event, "name") == name;
                events.iter().filter(is_one).collect::<Vec<_>>()
            };
            let (from, to) = (flows("s"), flows("f"));
            assert_eq!(from.len(), to.len(), "{lesson} {name}");
            match (name, lesson.as_str()) {
                ("start", _) => assert_eq!(from.len(), starts, "{lesson}"),
                // It joins all that it starts.
                (_, "join-loop") => assert_eq!(from.len(), starts, "{lesson}"),
                _ => {}
            }
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
