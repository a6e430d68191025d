//! `cargo xtask orders`: every output that a lesson can have.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, BufWriter, ErrorKind, Write},
    num::NonZero,
    process::ExitCode,
    thread,
};

use console::{measure_text_width, style};
use fixedbitset::FixedBitSet;

use crate::{
    Failure,
    count::{TooLarge, count},
    happens_before::{HappensBefore, Threads},
    normal_form::normal_order,
    partial_order::PartialOrder,
    simulate::Lesson,
};

pub(crate) const HELP: &str = "\
List and count every output that a lesson can have, and say what is guaranteed.

Usage: cargo xtask orders LESSON [--limit N] [--observe N]

Arguments:
  LESSON         the lesson, by name

Options:
      --limit N    list at most so many orders [default: 20]
      --observe N  run the lesson so many times more, on the simulated clock, and
                   say how many of its orders were seen
  -h, --help       print this help

One run on the simulated clock tells what comes before what. A pair of lines is
guaranteed if start, join or the end of the program puts it in order; only likely if
nothing but the sleeps does; and else left to the scheduler.

Examples:
  cargo xtask orders threads --limit 120
  cargo xtask orders join-loop --observe 300

Exit status: 0 if all went well, 1 if the lesson does not run or was observed to print
what is not one of its orders, 2 for wrong usage.
";

/// How many groups of free lines are shown.
const MOST_GROUPS: usize = 20;

/// What `orders` was asked to do.
struct Options {
    lesson: String,
    limit: usize,
    observe: usize,
}

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, or the lesson does not build or run.
pub(crate) fn run(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    let Some(options) = parse(arguments)? else {
        return crate::print(HELP);
    };
    let lesson = Lesson::build(options.lesson)?;
    let orders = Orders::of(&lesson)?;
    let mut out = BufWriter::new(io::stdout());
    let written = orders
        .write(&lesson.name, options.limit, &mut out)
        .and_then(|()| out.flush());
    if !written_or_closed(written)? || options.observe == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let seen = observe(&lesson, options.observe)?;
    let (report, outside) = orders.tally(&seen, options.observe);
    crate::print(&report)?;
    Ok(if outside {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Whether there is still somebody who reads.
fn written_or_closed(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Failed(format!(
            "standard output cannot be written: {error}"
        ))),
    }
}

/// The options, or nothing if help is asked for.
fn parse(arguments: &mut lexopt::Parser) -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;

    let mut lesson = None;
    let mut limit = 20;
    let mut observe = 0;
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("limit") => limit = number("--limit", &arguments.value()?.string()?)?,
            Long("observe") => observe = number("--observe", &arguments.value()?.string()?)?,
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let lesson = lesson.ok_or_else(|| Failure::Usage("name a lesson".to_owned()))?;
    Ok(Some(Options {
        lesson,
        limit,
        observe,
    }))
}

fn number(option: &str, value: &str) -> Result<usize, Failure> {
    value
        .parse()
        .map_err(|_| Failure::Usage(format!("{option} takes a whole number, not `{value}`")))
}

/// The outputs of many runs, and how often each was seen.
fn observe(lesson: &Lesson, runs: usize) -> Result<BTreeMap<String, usize>, Failure> {
    let runners = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(runs);
    thread::scope(|scope| {
        let mut running = Vec::new();
        for runner in 0..runners {
            let mine = runs / runners + usize::from(runner < runs % runners);
            let runner = thread::Builder::new().spawn_scoped(scope, move || {
                let outputs = (0..mine).map(|_| {
                    let stdout = lesson.run()?.stdout;
                    Ok(String::from_utf8_lossy(&stdout).into_owned())
                });
                outputs.collect::<Result<Vec<_>, Failure>>()
            });
            running.push(
                runner.map_err(|error| lesson.failed(&format!("it could not be run: {error}")))?,
            );
        }
        let mut seen = BTreeMap::new();
        for runner in running {
            let outputs = runner
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            for output in outputs {
                *seen.entry(output).or_default() += 1;
            }
        }
        Ok(seen)
    })
}

/// The orders of a lesson.
struct Orders {
    happens_before: HappensBefore,
    with_the_sleeps: PartialOrder,
    /// The lines in the order of the normal form of a likely output.
    preferred: Vec<usize>,
    likely: Count,
    guaranteed: Count,
}

impl Orders {
    fn of(lesson: &Lesson) -> Result<Orders, Failure> {
        let trace = lesson.trace()?;
        let happens_before = HappensBefore::of(&trace, Threads::WorkerCore)
            .and_then(HappensBefore::told_apart)
            .map_err(|reason| lesson.failed(&reason))?;
        let with_the_sleeps = happens_before.with_the_sleeps();
        Ok(Orders {
            preferred: preferred(&happens_before).map_err(|reason| lesson.failed(&reason))?,
            likely: Count(count(&with_the_sleeps)),
            guaranteed: Count(count(&happens_before.guaranteed)),
            happens_before,
            with_the_sleeps,
        })
    }

    fn write(&self, name: &str, limit: usize, out: &mut impl Write) -> io::Result<()> {
        self.write_lines(out)?;
        self.write_pairs(out)?;
        self.write_orders(limit, out)?;
        writeln!(
            out,
            "{}",
            style(format!(
                "{name}: {} with its sleeps, {} by start and join alone",
                self.likely.orders(),
                self.guaranteed
            ))
            .bold()
        )
    }

    fn write_lines(&self, out: &mut impl Write) -> io::Result<()> {
        heading(out, "its lines")?;
        for (number, &line) in (1..).zip(&self.preferred) {
            writeln!(out, "{number:>4}  {}", self.happens_before.lines[line].text)?;
        }
        writeln!(out)?;

        let certain = self.happens_before.guaranteed.certain();
        let missing: Vec<_> = self
            .preferred
            .iter()
            .filter(|&&line| !certain.contains(line))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        heading(
            out,
            "may be missing: the end of the program cuts daemons off",
        )?;
        for &line in missing {
            let likely = match &self.with_the_sleeps {
                with if with.certain().contains(line) => "hardly ever is, with the sleeps",
                with if with.possible().contains(line) => "is or is not, with the sleeps",
                _ => "nearly always is, with the sleeps",
            };
            writeln!(out, "  {}  {likely}", self.happens_before.name(Some(line)))?;
        }
        writeln!(out)
    }

    fn write_pairs(&self, out: &mut impl Write) -> io::Result<()> {
        let order = &self.happens_before;
        heading(out, "guaranteed on every run, and why")?;
        let pairs: Vec<_> = order
            .guarantees
            .iter()
            .map(|pair| {
                let names = [order.name(Some(pair.before)), order.name(pair.after)];
                (names, pair.promises())
            })
            .collect();
        write_table(out, &pairs)?;

        let mut likely = Vec::new();
        let with = &self.with_the_sleeps;
        for &after in &self.preferred {
            if with.possible().contains(after) {
                let covered = with.covered_by(after);
                let only_likely = |before: &usize| order.guaranteed.is_free(*before, after);
                let pairs = covered.ones().filter(only_likely);
                likely.extend(pairs.map(|before| {
                    let names = [order.name(Some(before)), order.name(Some(after))];
                    (names, String::new())
                }));
            }
        }
        if !likely.is_empty() {
            heading(out, "likely, not guaranteed: only the sleeps arrange it")?;
            write_table(out, &likely)?;
        }

        let groups = self.free_groups();
        if !groups.is_empty() {
            heading(out, "left to the scheduler")?;
            for group in groups.iter().take(MOST_GROUPS) {
                writeln!(out, "  any order of")?;
                for &line in group {
                    writeln!(out, "    {}", order.name(Some(line)))?;
                }
            }
            if groups.len() > MOST_GROUPS {
                writeln!(out, "  and more")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// Groups of lines of which each can come before or after each other one, until
    /// every such pair is in a group, or there are more than [`MOST_GROUPS`].
    fn free_groups(&self) -> Vec<Vec<usize>> {
        let order = &self.with_the_sleeps;
        let possible = |line: &&usize| order.possible().contains(**line);
        let lines: Vec<_> = self.preferred.iter().filter(possible).copied().collect();
        let mut groups: Vec<FixedBitSet> = Vec::new();
        'pairs: for (place, &one) in lines.iter().enumerate() {
            for &other in &lines[place + 1..] {
                let is_known = |group: &FixedBitSet| group.contains(one) && group.contains(other);
                if !order.is_free(one, other) || groups.iter().any(is_known) {
                    continue;
                }
                let mut group = FixedBitSet::with_capacity(order.len());
                group.extend([one, other]);
                for &line in &lines {
                    let is_free = |of: usize| of != line && order.is_free(of, line);
                    if group.ones().all(is_free) {
                        group.insert(line);
                    }
                }
                groups.push(group);
                if groups.len() > MOST_GROUPS {
                    break 'pairs;
                }
            }
        }
        let in_order = |group: FixedBitSet| {
            let is_in = |line: &usize| group.contains(*line);
            lines.iter().copied().filter(is_in).collect()
        };
        groups.into_iter().map(in_order).collect()
    }

    fn write_orders(&self, limit: usize, out: &mut impl Write) -> io::Result<()> {
        let mut number = vec![0; self.preferred.len()];
        for (place, &line) in (1..).zip(&self.preferred) {
            number[line] = place;
        }
        let mut left = limit;
        let mut list =
            |title: String, count: Option<u128>, orders: &mut dyn Iterator<Item = Vec<usize>>| {
                if count == Some(0) {
                    return Ok(());
                }
                heading(out, &title)?;
                let mut listed = 0;
                for order in orders.take(left) {
                    let numbers = order.iter().map(|&line| format!("{:>4}", number[line]));
                    writeln!(out, "{}", numbers.collect::<String>())?;
                    listed += 1;
                }
                left -= listed;
                if count != Some(listed as u128) {
                    let none = if listed == 0 {
                        "none listed"
                    } else {
                        "and more"
                    };
                    writeln!(out, "  {none}; --limit N lists as many as you like")?;
                }
                writeln!(out)
            };
        let likely = format!(
            "{} with its sleeps, by the numbers above",
            self.likely.orders()
        );
        let mut with = self.with_the_sleeps.outputs(&self.preferred);
        list(likely, self.likely.0.as_ref().ok().copied(), &mut with)?;

        let (title, more) = match (&self.guaranteed.0, &self.likely.0) {
            (Ok(all), Ok(likely)) => (
                format!("{} more without them", all - likely),
                Some(all - likely),
            ),
            _ => ("others without them".to_owned(), None),
        };
        let unlikely = |order: &Vec<usize>| !self.with_the_sleeps.allows(order);
        let mut rest = self.happens_before.guaranteed.outputs(&self.preferred);
        list(title, more, &mut rest.by_ref().filter(unlikely))
    }

    /// What has been seen, in words, and whether some of it is outside of the orders.
    fn tally(&self, seen: &BTreeMap<String, usize>, runs: usize) -> (String, bool) {
        let is_inside = |output: &str| {
            let lines = self.happens_before.numbers(output);
            lines.is_some_and(|lines| self.with_the_sleeps.allows(&lines))
        };
        let outside: Vec<_> = seen
            .iter()
            .filter(|(output, _)| !is_inside(output))
            .collect();
        let inside = seen.len() - outside.len();
        let mut report = String::new();
        for (output, times) in &outside {
            report += &format!("not one of its orders, seen {times} times:\n{output}\n");
        }
        report += &format!(
            "saw {inside} of {} in {runs} runs; {} outside\n",
            self.likely.orders(),
            match outside.len() {
                0 => "none".to_owned(),
                some => some.to_string(),
            }
        );
        (report, !outside.is_empty())
    }
}

/// The lines in the order in which a likely output has them in its normal form.
pub(crate) fn preferred(order: &HappensBefore) -> Result<Vec<usize>, String> {
    let likely = order.likely_output();
    let text: String = likely
        .iter()
        .map(|&line| format!("{}\n", order.lines[line].text))
        .collect();
    let places = normal_order(text.as_bytes()).map_err(|bad_line| bad_line.to_string())?;
    Ok(places.into_iter().map(|place| likely[place]).collect())
}

fn heading(out: &mut impl Write, words: &str) -> io::Result<()> {
    writeln!(out, "{}", style(words).bold())
}

fn write_table(out: &mut impl Write, pairs: &[([String; 2], String)]) -> io::Result<()> {
    let widest = |column: usize| {
        let widths = pairs
            .iter()
            .map(|(names, _)| measure_text_width(&names[column]));
        widths.max().unwrap_or_default()
    };
    let widths = [widest(0), widest(1)];
    for ([before, after], promise) in pairs {
        let gap = |name: &str, column: usize| " ".repeat(widths[column] - measure_text_width(name));
        let row = format!(
            "  {before}{} → {after}{}  {promise}",
            gap(before, 0),
            gap(after, 1)
        );
        writeln!(out, "{}", row.trim_end())?;
    }
    writeln!(out)
}

/// How many orders there are, as far as they can be counted.
struct Count(Result<u128, TooLarge>);

impl Count {
    /// The number with its noun.
    fn orders(&self) -> String {
        match self.0 {
            Ok(1) => "1 order".to_owned(),
            Err(TooLarge::Order) => "too many orders to count".to_owned(),
            _ => format!("{self} orders"),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(number) => write!(f, "{number}"),
            Err(TooLarge::Number) => f.write_str("more than 10^38"),
            Err(TooLarge::Order) => f.write_str("too many to count"),
        }
    }
}
