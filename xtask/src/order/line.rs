//! What a line is: the one reading of an output that every command goes by.

use std::{fmt, str};

use worker_core::lines::{END, MAIN, START};

/// How many letters are shown of a line.
const MOST_SHOWN: usize = 300;

/// What the lines of a lesson begin with.
const BEGINNINGS: [&str; 3] = [MAIN, START, END];

/// The same without the blanks, which a program may print as a piece of their own.
const WORDS: [&str; 3] = [
    MAIN.trim_ascii_end(),
    START.trim_ascii_end(),
    END.trim_ascii_end(),
];

/// The lines of an output, without their ends, which may be those of any system: a
/// line feed, a carriage return, or both. What `is_known` to be one line is one, even if
/// it looks as if another began in it.
///
/// # Errors
///
/// Each line that is torn, no text, or holds a control character is an error in its
/// place.
///
/// # Examples
///
/// ```
/// use xtask::order::line::lines;
///
/// let texts: Vec<_> = lines(b"main thread start\r\nmain thread end\n", |_| false)
///     .collect::<Result<_, _>>()
///     .unwrap();
/// assert_eq!(texts, ["main thread start", "main thread end"]);
/// ```
pub fn lines(
    output: &[u8],
    is_known: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Result<&str, Fault<'_>>> {
    let pieces = output
        .split_inclusive(|&byte| byte == b'\n')
        .flat_map(|piece| {
            let (mut text, is_ended) = match piece {
                [text @ .., b'\n'] => (text, true),
                text => (text, false),
            };
            // Some programs have their own line feeds translated once more.
            while is_ended && let [shorter @ .., b'\r'] = text {
                text = shorter;
            }
            let lone = text.iter().filter(|&&byte| byte == b'\r').count();
            let lines = text.split(|&byte| byte == b'\r').enumerate();
            let lines = lines.map(move |(number, line)| (line, is_ended || number < lone));
            lines.filter(|&(line, is_ended)| is_ended || !line.is_empty())
        });
    pieces.map(move |(line, is_ended)| whole(line, is_ended, &is_known))
}

/// A line, if it is whole.
pub(super) fn whole(
    line: &[u8],
    is_ended: bool,
    is_known: impl Fn(&str) -> bool,
) -> Result<&str, Fault<'_>> {
    let line = str::from_utf8(line).map_err(|error| Fault::NotUtf8 {
        column: error.valid_up_to() + 1,
    })?;
    if !is_ended {
        return Err(Fault::NoLineBreak(line));
    }
    if has_control_character(line) {
        return Err(Fault::Control(line));
    }
    if is_two(line.trim_start()) && !is_known(line) {
        return Err(Fault::TwoInOne(line));
    }
    Ok(line)
}

/// Whether a text holds a character that does not print.
pub(super) fn has_control_character(text: &str) -> bool {
    // Most hold none, and their bytes tell so before they are read as characters.
    let begins_one = |byte: &u8| matches!(byte, ..0x20 | 0x7f | 0xc2);
    text.as_bytes().iter().any(begins_one) && text.chars().any(char::is_control)
}

/// Whether one line begins in another, of which there is at least the beginning of its
/// own beginning. A tear that leaves less of it leaves the rest of a line as the next.
fn is_two(line: &str) -> bool {
    if let Some(rest) = WORDS.iter().find_map(|words| line.strip_prefix(words)) {
        return WORDS.iter().any(|words| rest.contains(words));
    }
    let inner = WORDS.iter().filter_map(|words| line.find(words)).min();
    inner.is_some_and(|inner| WORDS.iter().any(|words| words.starts_with(&line[..inner])))
}

/// The lines of an output, as [`lines`] reads them, if a lesson can have printed them.
///
/// # Errors
///
/// Each line that is none of the three that a lesson prints is an error in its place.
pub fn lessons_lines(
    output: &[u8],
    is_known: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Result<&str, Fault<'_>>> {
    lines(output, is_known).map(|line| {
        let line = line?;
        let mut beginnings = BEGINNINGS.iter();
        match beginnings.find_map(|words| line.strip_prefix(words)) {
            Some(rest) if !rest.is_empty() && rest.trim() == rest => Ok(line),
            _ => Err(Fault::Unknown(line)),
        }
    })
}

/// What is wrong with a line that no lesson prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault<'a> {
    /// It is no text from this byte on, counted from 1.
    NotUtf8 {
        /// The byte.
        column: usize,
    },
    /// Its end is missing.
    NoLineBreak(&'a str),
    /// Another line begins in it.
    TwoInOne(&'a str),
    /// It holds a character that does not print.
    Control(&'a str),
    /// It is none of the three that a lesson prints.
    Unknown(&'a str),
}

impl<'a> Fault<'a> {
    /// Whether another thread may have come between two pieces of the line.
    pub fn is_torn(self) -> bool {
        matches!(self, Fault::NoLineBreak(_) | Fault::TwoInOne(_))
    }

    /// The line, which is empty if it is no text.
    pub fn text(self) -> &'a str {
        match self {
            Fault::NotUtf8 { .. } => "",
            Fault::NoLineBreak(line)
            | Fault::TwoInOne(line)
            | Fault::Control(line)
            | Fault::Unknown(line) => line,
        }
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = shortened(self.text());
        match self {
            Fault::NotUtf8 { column } => {
                write!(
                    f,
                    "is not UTF-8, from its byte {column} on; print text only"
                )
            }
            Fault::NoLineBreak(_) => write!(
                f,
                "is torn: {line:?} has no line break at its end; print it with its line break, in \
                 one piece"
            ),
            Fault::TwoInOne(_) => write!(
                f,
                "is torn: in {line:?} one line begins inside another; print each in one piece"
            ),
            Fault::Control(_) => write!(
                f,
                "holds a control character: {line:?}; print plain text, without tabs and colours"
            ),
            Fault::Unknown(_) if line.ends_with(char::is_whitespace) => write!(
                f,
                "is unknown: {line:?} ends with a blank, and no line of a lesson does; print it without"
            ),
            Fault::Unknown(_) if has_a_blank_too_many(&line) => write!(
                f,
                "is unknown: {line:?} has a blank too many behind its first words; print it without"
            ),
            Fault::Unknown(_) => write!(
                f,
                "is unknown: {line:?} is neither `{MAIN}...`, which a lesson prints with \
                 `main_thread.print`, nor `{START}NAME` nor `{END}NAME`, which its workers print"
            ),
        }
    }
}

/// Whether a line has more blanks behind its first words than a lesson's.
fn has_a_blank_too_many(line: &str) -> bool {
    let mut rests = BEGINNINGS.iter().filter_map(|it| line.strip_prefix(it));
    rests.any(|rest| rest.starts_with(char::is_whitespace))
}

/// No more of a line than somebody reads.
pub fn shortened(line: &str) -> String {
    match line.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::Index};

    use super::*;

    fn read(output: &[u8]) -> Vec<Result<&str, Fault<'_>>> {
        lines(output, |_| false).collect()
    }

    /// The number of the first line that no lesson prints.
    fn bad_line(output: &[u8]) -> Option<usize> {
        let place = lessons_lines(output, |_| false).position(|line| line.is_err());
        place.map(|place| place + 1)
    }

    /// Some lines that a lesson may print.
    fn good_lines() -> impl Strategy<Value = Vec<String>> {
        let words = prop_oneof![Just(MAIN), Just(START), Just(END)];
        let line = (words, 0..12_u32).prop_map(|(words, n)| format!("{words}thread {n}"));
        vec(line, 1..12)
    }

    fn text(lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    proptest! {
        #[test]
        fn a_torn_line_is_found_wherever_the_tear_is(
            output in good_lines(), line in any::<Index>(), tear in any::<Index>(),
            torn_again in option::of(any::<Index>()),
        ) {
            prop_assert_eq!(bad_line(text(&output).as_bytes()), None);
            // Another thread's line comes between two pieces of a line, whole or
            // torn itself.
            let mut output = output;
            let line = line.index(output.len());
            let torn = format!("{}\n", output.remove(line));
            let (head, tail) = torn.split_at(1 + tear.index(torn.len() - 1));
            let other = format!("{START}other\n");
            let at = torn_again.map_or(other.len(), |again| 1 + again.index(other.len() - 1));
            let (other_head, other_tail) = other.split_at(at);
            let above = text(&output[..line]);
            let below = text(&output[line..]);
            let whole = format!("{above}{head}{other_head}{tail}{other_tail}{below}");

            let found = bad_line(whole.as_bytes());
            let first = line + 1;
            prop_assert!(found == Some(first) || found == Some(first + 1), "{:?} in {}", found, whole);
        }

        #[test]
        fn a_line_cut_off_at_the_end_is_found(output in good_lines()) {
            let whole = text(&output);
            let longest = whole.len() - output.last().unwrap().len();
            for end in longest..whole.len() {
                prop_assert_eq!(bad_line(&whole.as_bytes()[..end]), Some(output.len()));
            }
        }
    }

    #[test]
    fn a_line_that_no_lesson_prints_is_found() {
        for (line, reason) in [
            (&b"\n"[..], "is unknown: \"\""),
            (
                b"hello\n",
                "is unknown: \"hello\" is neither `main thread ...`",
            ),
            (
                b"main thread end \n",
                "is unknown: \"main thread end \" ends with a blank",
            ),
            (b"main thread \n", "is unknown"),
            (b"sub thread start  \n", "is unknown"),
            (b"sub thread start 1\n", "is unknown"),
            (
                b"sub thread start   1\n",
                "is unknown: \"sub thread start   1\" has a blank too many",
            ),
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
            let lines: Vec<_> = lessons_lines(&output, |_| false).collect();
            assert_eq!(lines[0], Ok("main thread start"));
            let message = lines[1].as_ref().unwrap_err().to_string();
            assert!(message.starts_with(reason), "{message}");
        }
    }

    #[test]
    fn what_stands_before_a_line_makes_it_no_torn_one_unless_it_begins_another() {
        fn fault(line: &str) -> Fault<'_> {
            let mut lines = lessons_lines(line.as_bytes(), |_| false);
            lines.next().unwrap().unwrap_err()
        }
        for head in ["INFO ", "[t1] ", "1"] {
            let line = format!("{head}{MAIN}end\n");
            assert!(matches!(fault(&line), Fault::Unknown(_)), "{line}");
        }
        for head in ["m", "sub thread st", "main thread ", "sub thread end  1"] {
            // And others may begin behind it.
            for tail in ["end", "main thread end", "sub thread end  1"] {
                let line = format!("{head}{MAIN}{tail}\n");
                assert!(matches!(fault(&line), Fault::TwoInOne(_)), "{line}");
            }
        }
        assert!(matches!(
            fault("\u{1b}[31mmain thread end\n"),
            Fault::Control(_)
        ));
    }

    #[test]
    fn a_line_ends_as_on_any_system() {
        let expected = [Ok("main thread a"), Ok(""), Ok("main thread b")];
        for end in ["\n", "\r\n", "\r\r\n", "\r"] {
            // Two carriage returns alone are two ends.
            let output = ["main thread a", "", "main thread b", ""].join(end);
            assert_eq!(read(output.as_bytes()), expected, "{end:?}");
        }
        assert_eq!(read(b""), []);
        // To look at the rest again for each of these would take minutes.
        assert_eq!(lines(&[b'\r'; 1 << 17], |_| false).count(), 1 << 17);
    }

    #[test]
    fn a_control_character_makes_no_line() {
        for control in ["\t", "\0", "\u{85}", "\u{1b}[0m"] {
            let output = format!("main thread a\nmain thread {control}\n");
            let fault = read(output.as_bytes()).remove(1).unwrap_err();
            assert!(matches!(fault, Fault::Control(_)), "{fault}");
            assert!(!fault.is_torn(), "{fault}");
        }
    }
}
