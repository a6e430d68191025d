//! The normal form: the one output that stands for all that differ from it only
//! by luck.

use std::{cmp::Ordering, collections::HashMap, fmt, str};

/// What a line of the main thread begins with.
const MAIN: &str = "main thread ";
/// What the two lines of a worker begin with; its name follows.
const START: &str = "sub thread start  ";
const END: &str = "sub thread end  ";

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
pub(crate) fn normal_form(output: &[u8]) -> Result<String, BadLine> {
    let mut normal = String::with_capacity(output.len());
    let mut stretch = Stretch::default();
    for (index, bytes) in output.split_inclusive(|&byte| byte == b'\n').enumerate() {
        match parse(bytes).map_err(|fault| BadLine {
            number: index + 1,
            fault,
        })? {
            Line::Main(line) => {
                stretch.write_to(&mut normal);
                normal.push_str(line);
                normal.push('\n');
            }
            Line::Worker { name, line } => stretch.push(name, line),
        }
    }
    stretch.write_to(&mut normal);
    Ok(normal)
}

/// The workers' lines between two fences.
#[derive(Default)]
struct Stretch<'a> {
    /// For each line its rank among its worker's lines, the worker's name, and
    /// the whole line.
    lines: Vec<(usize, &'a str, &'a str)>,
    lines_of: HashMap<&'a str, usize>,
}

impl<'a> Stretch<'a> {
    fn push(&mut self, name: &'a str, line: &'a str) {
        let rank = self.lines_of.entry(name).or_default();
        self.lines.push((*rank, name, line));
        *rank += 1;
    }

    fn write_to(&mut self, normal: &mut String) {
        self.lines
            .sort_by(|(rank, name, _), (other_rank, other_name, _)| {
                rank.cmp(other_rank)
                    .then_with(|| natural_order(name, other_name))
            });
        for (_, _, line) in self.lines.drain(..) {
            normal.push_str(line);
            normal.push('\n');
        }
        self.lines_of.clear();
    }
}

/// One whole line of a lesson, without its line break.
enum Line<'a> {
    Main(&'a str),
    Worker { name: &'a str, line: &'a str },
}

fn parse(bytes: &[u8]) -> Result<Line<'_>, Fault> {
    let text = str::from_utf8(bytes).map_err(|error| Fault::NotUtf8 {
        column: error.valid_up_to() + 1,
    })?;
    let Some(line) = text.strip_suffix('\n') else {
        return Err(Fault::NoLineBreak(text.to_owned()));
    };
    // A tear puts one line's beginning behind another's: even the words that
    // begin a line must not stand anywhere else in it.
    if [MAIN, "sub thread "]
        .iter()
        .any(|words| line.rfind(words).is_some_and(|at| at > 0))
    {
        return Err(Fault::TwoInOne(line.to_owned()));
    }
    let name = line.strip_prefix(START).or_else(|| line.strip_prefix(END));
    match name.or_else(|| line.strip_prefix(MAIN)) {
        Some(rest) if is_whole(rest) => Ok(match name {
            Some(name) => Line::Worker { name, line },
            None => Line::Main(line),
        }),
        _ => Err(Fault::Unknown(line.to_owned())),
    }
}

/// Whether this can be all of a worker's name or of what the main thread says.
fn is_whole(rest: &str) -> bool {
    !rest.is_empty() && rest.trim() == rest && !rest.contains(char::is_control)
}

/// The order of names in which a number in a name counts as a number.
///
/// Names that differ only in leading zeros are told apart as text.
fn natural_order(a: &str, b: &str) -> Ordering {
    // A longer number is a larger one once its leading zeros are gone; the 1
    // puts every number behind every text.
    fn parts(name: &str) -> impl Iterator<Item = (usize, &[u8])> {
        let same_kind = |a: &u8, b: &u8| a.is_ascii_digit() == b.is_ascii_digit();
        name.as_bytes().chunk_by(same_kind).map(|part| {
            if part[0].is_ascii_digit() {
                let zeros = part.iter().take_while(|&&digit| digit == b'0').count();
                (1 + part.len() - zeros, &part[zeros..])
            } else {
                (0, part)
            }
        })
    }
    parts(a).cmp(parts(b)).then_with(|| a.cmp(b))
}

/// A line that no lesson prints, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// Counted from 1.
    pub(crate) number: usize,
    fault: Fault,
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    NotUtf8 { column: usize },
    NoLineBreak(String),
    TwoInOne(String),
    Unknown(String),
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} ", self.number)?;
        match &self.fault {
            Fault::NotUtf8 { column } => {
                write!(
                    f,
                    "is not UTF-8, from its byte {column} on; print text only"
                )
            }
            Fault::NoLineBreak(line) => write!(
                f,
                "is torn: {line:?} has no line break at its end; print it with its line break, in \
                 one piece"
            ),
            Fault::TwoInOne(line) => write!(
                f,
                "is torn: in {line:?} one line begins inside another; print each in one piece"
            ),
            Fault::Unknown(line) => write!(
                f,
                "is unknown: {line:?} is neither `{MAIN}...` nor `{START}NAME` nor `{END}NAME`"
            ),
        }
    }
}
