//! `timeline`: the pictures.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::LazyLock,
};

use tinyjson::JsonValue;

use crate::{
    repository::{lessons, read, root},
    tool::{Report, report},
    workspace::LESSONS,
};

fn timeline(arguments: &[&str]) -> Report {
    let report = report(LESSONS.xtask().arg("timeline").args(arguments));
    assert_eq!(report.status, Some(0), "{report}");
    report
}

/// A lesson's picture and its trace in the Chrome trace-event format.
fn written(lesson: &str) -> [String; 2] {
    let folder = tempfile::tempdir().unwrap();
    let files = ["svg", "trace"].map(|kind| folder.path().join(kind));
    let [svg, trace] = files.each_ref().map(|file| file.to_str().unwrap());
    let report = timeline(&[lesson, "--svg", svg, "--trace", trace]);
    assert_eq!(report.stdout, "", "{report}");
    files.map(|file| read(&file))
}

/// Those of every lesson, by name.
static WRITTEN: LazyLock<BTreeMap<String, [String; 2]>> = LazyLock::new(|| {
    let lessons = lessons(root()).into_iter();
    lessons
        .map(|lesson| (lesson.clone(), written(&lesson)))
        .collect()
});

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
    let crosses = |lesson: &str| WRITTEN[lesson][0].matches("class=\"cut\"").count();
    assert_eq!((crosses("daemon"), crosses("threads")), (6, 0));
    // The legend says what is drawn, and nobody waits here.
    let says = |lesson: &str, words: &str| WRITTEN[lesson][0].contains(&format!(">{words}<"));
    for words in ["waits", "join"] {
        assert!(
            !says("daemon", words) && says("fork-join", words),
            "{words}"
        );
    }
}

#[test]
fn a_picture_is_the_same_on_every_run() {
    // Much of this one is left to luck.
    for _ in 0..4 {
        assert_eq!(written("threads"), WRITTEN["threads"]);
    }
}

#[test]
fn the_svg_says_its_text_as_text() {
    for (lesson, [svg, _]) in &*WRITTEN {
        assert!(svg.starts_with("<svg "), "{svg}");
        assert!(
            svg.contains(&format!("<title>The threads of {lesson}</title>")),
            "{svg}"
        );
        for words in [">main thread<", ">0 s<", ">works<"] {
            assert!(svg.contains(words), "{words:?} is missing in {svg}");
        }
    }
}

/// An event of a trace in the Chrome trace-event format.
struct ChromeEvent {
    kind: String,
    process: f64,
    thread: f64,
    time: f64,
    length: f64,
    name: String,
    /// If it is about the name of a thread: the name.
    thread_name: String,
    is_on_its_thread: bool,
}

fn chrome_events(trace: &JsonValue) -> Vec<ChromeEvent> {
    let events: &Vec<JsonValue> = trace["traceEvents"].get().unwrap();
    let events = events.iter().map(|event| {
        let members: &HashMap<String, JsonValue> = event.get().unwrap();
        let number = |key: &str| members.get(key).map_or(0.0, |it| *it.get().unwrap());
        let text = |key: &str| {
            members
                .get(key)
                .map(|it| it.get::<String>().unwrap().clone())
        };
        let name = text("name").unwrap();
        ChromeEvent {
            kind: text("ph").unwrap(),
            process: number("pid"),
            thread: number("tid"),
            time: number("ts"),
            length: number("dur"),
            thread_name: match name.as_str() {
                "thread_name" => event["args"]["name"].get::<String>().unwrap().clone(),
                _ => String::new(),
            },
            name,
            is_on_its_thread: text("s").is_none_or(|scope| scope == "t"),
        }
    });
    events.collect()
}

/// The ends of the arrows of this name, in their order, and what Perfetto hangs each on.
///
/// It reads the events by their times, bars before all others and longer ones first. An
/// arrow hangs on the last bar or mark that has begun on its thread, a mark being a bar
/// of no length. Whatever begins takes away the bars that have ended, but a mark leaves
/// a mark of its own time.
fn hangs<'a>(
    events: &'a [ChromeEvent],
    kind: &str,
    name: &str,
) -> Vec<(&'a ChromeEvent, Option<&'a ChromeEvent>)> {
    let mut in_order: Vec<_> = events.iter().collect();
    in_order.sort_by(|one, other| {
        let length = |event: &ChromeEvent| match event.kind.as_str() {
            "X" => event.length,
            _ => -1.0,
        };
        let by_time = one.time.total_cmp(&other.time);
        by_time.then(length(other).total_cmp(&length(one)))
    });
    let mut begun = HashMap::<u64, Vec<&ChromeEvent>>::new();
    let mut hangs = Vec::new();
    for event in in_order {
        let begun = begun.entry(event.thread.to_bits()).or_default();
        match event.kind.as_str() {
            "X" | "i" if event.is_on_its_thread => {
                begun.retain(|bar| {
                    let end = bar.time + bar.length;
                    let are_marks = bar.length == 0.0 && event.length == 0.0;
                    end > event.time || end == event.time && are_marks
                });
                begun.push(event);
            }
            this if this == kind && event.name == name => {
                hangs.push((event, begun.last().copied()));
            }
            _ => {}
        }
    }
    hangs
}

#[test]
fn each_thread_of_a_trace_has_a_number_that_is_not_taken_for_the_process() {
    for (lesson, [_, trace]) in &*WRITTEN {
        let trace = trace.parse().unwrap();
        let events = chrome_events(&trace);
        let threads = events.iter().filter(|event| event.name == "thread_name");
        let mut numbers = HashSet::new();
        for thread in threads {
            let number = thread.thread;
            assert!(numbers.insert(number.to_bits()), "{lesson} {number}");
            assert!(
                number != 0.0 && number != thread.process,
                "{lesson} {number}"
            );
        }
    }
}

#[test]
fn perfetto_shows_the_threads_in_the_order_in_which_they_start() {
    for (lesson, [_, trace]) in &*WRITTEN {
        let trace: JsonValue = trace.parse().unwrap();
        let events: &Vec<JsonValue> = trace["traceEvents"].get().unwrap();
        let about = |what: &str| {
            let is_it =
                |event: &&JsonValue| event["name"].get().is_some_and(|it: &String| it == what);
            events.iter().filter(is_it).collect::<Vec<_>>()
        };
        let number = |value: &JsonValue| value.get::<f64>().copied().unwrap();
        let threads = about("thread_name")
            .into_iter()
            .map(|event| number(&event["tid"]));
        let places = about("thread_sort_index").into_iter();
        let places =
            places.map(|event| (number(&event["tid"]), number(&event["args"]["sort_index"])));
        let expected: Vec<_> = threads.zip((0..).map(f64::from)).collect();
        assert_eq!(places.collect::<Vec<_>>(), expected, "{lesson}");
    }
}

#[test]
fn an_arrow_leads_from_each_start_to_a_start_line_and_from_an_end_line_to_each_join() {
    for (lesson, [_, trace]) in &*WRITTEN {
        let trace = trace.parse().unwrap();
        let events = chrome_events(&trace);
        let name_of = |number: f64| {
            let is_its =
                |event: &&ChromeEvent| event.name == "thread_name" && event.thread == number;
            let name = &events.iter().find(is_its).unwrap().thread_name;
            name.trim_end_matches(" (daemon)")
        };
        let hang = |kind: &str, name: &str| -> Vec<_> {
            let hangs = hangs(&events, kind, name).into_iter();
            hangs
                .map(|(arrow, on)| {
                    let on = on.unwrap_or_else(|| panic!("{lesson}: a {name} hangs on nothing"));
                    assert!(
                        on.time == arrow.time,
                        "{lesson}: a {name} hangs on {}",
                        on.name
                    );
                    (name_of(on.thread), on.name.trim_end_matches(" (daemon)"))
                })
                .collect()
        };
        let starts = hang("s", "start");
        let begun = hang("f", "start");
        let started: Vec<_> = starts
            .iter()
            .map(|(_, on)| on.strip_prefix("start "))
            .collect();
        let workers: Vec<_> = begun.iter().map(|(worker, _)| Some(*worker)).collect();
        assert_eq!(started, workers, "{lesson}");
        for (worker, on) in &begun {
            assert_eq!(*on, format!("sub thread start  {worker}"), "{lesson}");
        }
        let start_lines = events
            .iter()
            .filter(|event| event.name.starts_with("sub thread start"));
        assert_eq!(starts.len(), start_lines.count(), "{lesson}");

        let ends = hang("s", "join");
        for (worker, on) in &ends {
            assert_eq!(*on, format!("sub thread end  {worker}"), "{lesson}");
        }
        let joins = hang("f", "join");
        assert_eq!(joins.len(), ends.len(), "{lesson}");
        for (_, on) in joins {
            assert!(
                ["works", "waits"].contains(&on),
                "{lesson}: a join leads to {on}"
            );
        }
    }
}

#[test]
fn a_picture_that_cannot_be_written_is_an_error() {
    for file in ["no/such/folder/x.svg", ""] {
        let arguments = ["timeline", "daemon", "--svg", file];
        let report = report(LESSONS.xtask().args(arguments));
        assert_eq!(report.status, Some(1), "{report}");
        let words = format!("error: `{file}` cannot be written: ");
        assert!(report.stderr.contains(&words), "{report}");
    }
}
