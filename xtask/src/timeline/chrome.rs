//! The picture as a trace in the Chrome trace-event format, as its document describes
//! it (Duca and Sinclair, "Trace Event Format").

use std::time::Duration;

use tinyjson::JsonValue;
use xtask::order::happens_before::EdgeKind;

use crate::timeline::picture::{Bar, Picture};

/// The time between two steps of the same simulated time, in which nothing passes, so
/// that there is something to see; or less, where the next time is not that far off.
const STEP: Duration = Duration::from_millis(10);

/// The process; no thread has this number, nor 0, which Perfetto takes for it.
const PROCESS: usize = 1;
const FIRST_THREAD: usize = PROCESS + 1;

/// How far a mark on a thread reaches.
const ON_ITS_THREAD: &str = r#","s":"t""#;

/// Writes the trace of this lesson.
pub(crate) fn write(picture: &Picture, lesson: &str) -> String {
    let times = microseconds(picture);
    let mut events = vec![event("M", 0, 0.0, "process_name", &args("name", lesson))];
    for (thread, row) in picture.rows.iter().enumerate() {
        let name = args("name", &row.name);
        events.push(event("M", thread, 0.0, "thread_name", &name));
        let order = format!(r#","args":{{"sort_index":{thread}}}"#);
        events.push(event("M", thread, 0.0, "thread_sort_index", &order));
        for (columns, bar) in &row.bars {
            let what = match bar {
                Bar::Works => "works",
                Bar::Waits => "waits",
                Bar::Lost => continue,
            };
            let (from, to) = (times[columns.start], times[columns.end]);
            let length = format!(r#","dur":{}"#, to - from);
            events.push(event("X", thread, from, what, &length));
        }
        for (column, line) in picture.printed(row) {
            events.push(event("i", thread, times[*column], line, ON_ITS_THREAD));
        }
        if row.is_cut_off {
            let exit = times[picture.exit];
            events.push(event("i", thread, exit, "cut off", ON_ITS_THREAD));
        }
    }
    // Each end of an arrow hangs on what began last on its thread, a bar or a mark: the
    // start line and the end line of a worker, and the bar behind a join.
    for (number, arrow) in picture.arrows.iter().enumerate() {
        let (left, arrived) = (times[arrow.left], times[arrow.arrived]);
        let what = if arrow.kind == EdgeKind::Join {
            "join"
        } else {
            let start = format!("start {}", picture.rows[arrow.to].name);
            events.push(event("i", arrow.from, left, &start, ON_ITS_THREAD));
            "start"
        };
        let id = format!(r#","cat":"happens-before","id":{number}"#);
        let arrives = format!(r#"{id},"bp":"e""#);
        events.push(event("s", arrow.from, left, what, &id));
        events.push(event("f", arrow.to, arrived, what, &arrives));
    }
    let exit = times[picture.exit];
    events.push(event("i", 0, exit, "the program ends", r#","s":"p""#));
    format!("{{\"traceEvents\":[\n{}\n]}}\n", events.join(",\n"))
}

/// When each column is.
fn microseconds(picture: &Picture) -> Vec<f64> {
    let mut columns = Vec::new();
    let mut moments = picture.times.chunk_by(PartialEq::eq).peekable();
    while let Some(steps) = moments.next() {
        let next = moments.peek().map_or(Duration::MAX, |next| next[0]);
        let step = STEP.min((next - steps[0]) / (steps.len() as u32 + 1));
        let at = |behind| (steps[0] + step * behind).as_nanos() as f64 / 1e3;
        columns.extend((0..steps.len() as u32).map(at));
    }
    columns
}

/// An event; `more` is what only some kinds of it have.
fn event(kind: &str, thread: usize, time: f64, name: &str, more: &str) -> String {
    let name = quoted(name);
    let thread = FIRST_THREAD + thread;
    format!(r#"{{"ph":"{kind}","pid":{PROCESS},"tid":{thread},"ts":{time},"name":{name}{more}}}"#)
}

fn args(key: &str, value: &str) -> String {
    format!(r#","args":{{"{key}":{}}}"#, quoted(value))
}

fn quoted(text: &str) -> String {
    let text = JsonValue::from(text.to_owned());
    text.stringify().unwrap_or_default()
}
