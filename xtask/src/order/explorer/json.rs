//! An explorer as a page reads it.

use tinyjson::JsonValue;

use crate::order::explorer::{
    Explorer, Next, Standing, State, Step, Unlikely, practice::Challenge,
};

impl Explorer {
    /// All that a page needs, as a JSON object, from the text of the lesson's `main.rs`
    /// and what the reader is asked.
    ///
    /// A state has what is `left` and `likely`, whether it is `over`, and for each thread
    /// the line that it stands `at`, and the state that it steps `to`, with the `line`
    /// that it prints and why that is `unlikely`, or the kind of its `wait` and for what.
    pub fn json(&self, source: &str, challenges: &[Challenge], questions: &[Vec<usize>]) -> String {
        let threads = self.threads.iter().map(|name| quoted(name));
        let lines = self.order.lines.iter().map(|line| {
            let text = quoted(&line.text);
            format!(r#"{{"thread":{},"text":{text}}}"#, line.thread)
        });
        let (first, listing) = self.listing(source);
        let listing = listing.iter().map(|line| quoted(line));
        let questions = questions.iter().map(|lines| format!("{lines:?}"));
        let list = |items: Vec<String>| match &items[..] {
            [] => "[]".to_owned(),
            items => format!("[\n{}\n]", items.join(",\n")),
        };
        format!(
            "{{\"threads\":{},\n\"lines\":{},\n\"first\":{first},\n\"listing\":{},\n\
             \"challenges\":{},\n\"questions\":{},\n\"states\":{}}}",
            list(threads.collect()),
            list(lines.collect()),
            list(listing.collect()),
            list(challenges.iter().map(challenge).collect()),
            list(questions.collect()),
            list(self.states.iter().map(state).collect()),
        )
    }

    /// The source from the function on that the threads are in, and the number of its
    /// first line.
    fn listing<'a>(&self, source: &'a str) -> (usize, Vec<&'a str>) {
        let threads = self.states.iter().flat_map(|state| &state.threads);
        let first = threads.filter_map(|standing| standing.at).min();
        let first = first.unwrap_or(1) as usize;
        let lines: Vec<_> = source.lines().collect();
        let head = lines[..first.min(lines.len())].iter();
        let start = head.clone().rposition(|line| line.starts_with("fn "));
        let start = start.unwrap_or_default();
        (start + 1, lines[start..].to_vec())
    }
}

fn challenge(challenge: &Challenge) -> String {
    let mut json = format!(r#"{{"line":{}"#, challenge.line);
    if let Some(before) = challenge.before {
        json += &format!(r#","before":{before}"#);
    }
    if let Some((state, thread)) = challenge.forbidden {
        json += &format!(r#","forbidden":{{"state":{state},"thread":{thread}}}"#);
    }
    json + "}"
}

fn state(state: &State) -> String {
    let threads: Vec<_> = state.threads.iter().map(standing).collect();
    let over = if state.is_over { r#""over":true,"# } else { "" };
    // JavaScript's own numbers are not exact.
    format!(
        r#"{{"left":"{}","likely":"{}",{over}"threads":[{}]}}"#,
        state.left,
        state.likely,
        threads.join(",")
    )
}

fn standing(Standing { at, next }: &Standing) -> String {
    let at = at.map(|line| format!(r#""at":{line},"#));
    let next = match next {
        Next::Step(step) => self::step(step),
        Next::ToBeStarted(thread) => format!(r#""wait":"toBeStarted","for":{thread}"#),
        Next::Start(line) => format!(r#""wait":"start","for":{line}"#),
        Next::Join(line) => format!(r#""wait":"join","for":{line}"#),
        Next::End(line) => format!(r#""wait":"end","for":{line}"#),
        Next::Ended => r#""wait":"ended""#.to_owned(),
        Next::CutOff => r#""wait":"cutOff""#.to_owned(),
    };
    format!("{{{}{next}}}", at.unwrap_or_default())
}

fn step(step: &Step) -> String {
    let mut json = format!(r#""to":{}"#, step.state);
    if let Some(line) = step.line {
        json += &format!(r#","line":{line}"#);
    }
    let unlikely = step.unlikely.map(|why| match why {
        Unlikely::CutOff => r#""why":"cutOff""#.to_owned(),
        Unlikely::Follows(line) => format!(r#""why":"follows","line":{line}"#),
        Unlikely::Missing(line) => format!(r#""why":"missing","line":{line}"#),
    });
    if let Some(unlikely) = unlikely {
        json += &format!(r#","unlikely":{{{unlikely}}}"#);
    }
    json
}

fn quoted(text: &str) -> String {
    let text = JsonValue::from(text.to_owned());
    text.stringify().unwrap_or_default()
}
