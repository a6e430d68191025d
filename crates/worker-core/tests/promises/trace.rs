//! The format of a trace.

use std::time::Duration;

use proptest::prelude::*;
use worker_core::trace::{Event, EventKind, Place};

/// Any text that makes one line.
const TEXT: &str = "\\PC*";

/// The same, with what separates the parts of an event.
const PARTS: &str = "(\\PC|\t)*";

fn kind() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        (any::<usize>(), any::<bool>(), PARTS).prop_map(|(worker, daemon, name)| {
            EventKind::Start {
                worker,
                daemon,
                name,
            }
        }),
        any::<usize>().prop_map(EventKind::Started),
        PARTS.prop_map(EventKind::Line),
        Just(EventKind::Sleep),
        Just(EventKind::Wake),
        any::<usize>().prop_map(EventKind::Join),
        any::<usize>().prop_map(EventKind::Joined),
        Just(EventKind::End),
        Just(EventKind::Exit),
        Just(EventKind::Endless),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    (TEXT, any::<u32>()).prop_map(|(file, line)| Place { file, line })
}

fn event() -> impl Strategy<Value = Event> {
    let times = (any::<Duration>(), any::<Duration>());
    (times, any::<usize>(), proptest::option::of(place()), kind()).prop_map(
        |((time, elapsed), thread, place, kind)| Event {
            time,
            elapsed,
            thread,
            place,
            kind,
        },
    )
}

/// A line that has the look of an event.
const LIKE_AN_EVENT: &str = "[0-9]{0,40}\t[0-9]{0,40}\t[0-9+-]{0,30}\t(-|[^\t]*:[0-9]{0,12})\t(start|line|join)?(\t.*){0,3}";

proptest! {
    #[test]
    fn an_event_is_read_back_as_it_was_written(event in event()) {
        let line = event.to_string();
        prop_assert_eq!(line.lines().count(), 1);
        prop_assert_eq!(line.parse(), Ok(event));
    }

    #[test]
    fn a_place_is_read_back_as_it_was_written(place in place()) {
        prop_assert_eq!(place.to_string().parse(), Ok(place));
    }

    #[test]
    fn what_is_read_at_all_is_read_as_it_is_written(
        line in prop_oneof![any::<String>(), LIKE_AN_EVENT],
    ) {
        if let Ok(event) = line.parse::<Event>() {
            prop_assert_eq!(event.to_string().parse(), Ok(event));
        }
        if let Ok(place) = line.parse::<Place>() {
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }
    }
}

#[test]
fn a_line_that_is_no_event_is_refused_with_what_cannot_be_read() {
    let longest = u128::MAX.to_string();
    for (line, error) in [
        ("", "\"\" is not a time in nanoseconds"),
        (
            &format!("{longest}\t0\t0\t-\tend"),
            &*format!("{longest:?} is not a time in nanoseconds"),
        ),
        (
            "0\t0\tmain\t-\tend",
            "\"main\" is not the number of a thread",
        ),
        (
            "0\t0\t0\tmain.rs\tend",
            "\"main.rs\" is not a file and a line, such as `main.rs:24`",
        ),
        ("0\t0\t0\t-", "\"\" is not an event"),
        ("0\t0\t0\t-\tsleep\t3", "\"sleep\\t3\" is not an event"),
        ("0\t0\t0\t-\tline", "\"line\" is not an event"),
        ("0\t0\t0\t-\tjoin\tx", "\"x\" is not the number of a thread"),
        (
            "0\t0\t0\t-\tstart\t1\tdemon\tx",
            "\"start\\t1\\tdemon\\tx\" is not an event",
        ),
    ] {
        assert_eq!(line.parse::<Event>().unwrap_err().to_string(), error);
    }
}
