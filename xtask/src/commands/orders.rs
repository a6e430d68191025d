//! `cargo xtask orders`: every output that a lesson can have.

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use console::{StyledObject, style};
use xtask::order::{count::Count, description::Description, happens_before::Promises};

use crate::{
    cli::{self, Failure, live::live, number_of, plain_lines, wrapped},
    lesson::{built::BuiltLesson, program::TIME_LIMIT, repeat::side_by_side, workspace::Lesson},
};

pub(crate) const HELP: &str = "\
List and count every output that a lesson can have, and say what is guaranteed.

Usage: cargo xtask orders LESSON [--std | --python] [--limit N] [--observe N]

Arguments:
  LESSON         the lesson, by name

Options:
      --std        go by what the threads of plain Rust promise: `spawn` may
                   return before the new thread has printed its first line
      --python     go by what the threads of Python promise: `start` may return
                   before it too
      --limit N    list at most so many orders [default: 20]
      --observe N  run the lesson so many times more, on the simulated clock,
                   and say how many of its orders were seen
  -h, --help       print this help

A few runs on the simulated clock, which have to do the same, tell what comes
before what. A pair of lines is guaranteed if one thread prints both (program
order), or if start, join or the end of the program puts them in order; a pair
that follows from two others is not shown. It is only likely if nothing but the
sleeps puts it in order, and else left to the scheduler. Beyond 10^38, orders
are counted as `about 10^N`, where their order falls apart far enough for that.

A lesson is made of start, join, print and sleep. What it decides by anything
else is noticed where its runs differ; a channel or a lock guarantees more than
is known here, so that some of these orders may be impossible.

Examples:
  cargo xtask orders threads --limit 120
  cargo xtask orders fork-join --std
  cargo xtask orders join-loop --observe 300

Exit status: 0 if all went well, 1 if the lesson does not run or was observed
to print what is not one of its orders, 2 for wrong usage.
";

/// What stands below a heading begins with it.
const INDENT: &str = "  ";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, or the lesson does not build or run.
pub(crate) fn orders(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    let mut lesson = None;
    let mut promises = Promises::WorkerCore;
    let mut limit = 20;
    let mut runs = 0;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("std") => promises = one_of(promises, Promises::Std)?,
            Long("python") => promises = one_of(promises, Promises::Python)?,
            Long("limit") => limit = cli::number(arguments, "--limit", "orders", 0)? as usize,
            Long("observe") => runs = cli::number(arguments, "--observe", "runs", 0)? as usize,
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let lesson = lesson.ok_or_else(|| Failure::Usage("name a lesson".to_owned()))?;
    let (_, lesson) = Lesson::build(lesson)?;
    let trace = lesson.trace()?;
    let what = format!("counting the orders of `{}`", lesson.name);
    let orders = live(what, |_| Description::of(&trace, promises));
    let orders = orders.map_err(|reason| lesson.failed(&reason))?;
    let name = match promises {
        Promises::WorkerCore => lesson.name.clone(),
        promises => format!("{} ({promises})", lesson.name),
    };
    let mut out = BufWriter::new(io::stdout());
    let written = write(&orders, &name, limit, &mut out).and_then(|()| out.flush());
    cli::written(written)?;
    if runs == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let status = observe(&orders, &lesson, runs)?;
    if promises != Promises::WorkerCore {
        let words = format!(
            "worker-core promises more: what only {promises} allows, the lesson never prints"
        );
        cli::print(wrapped(&words, cli::width()))?;
    }
    Ok(status)
}

/// The promises that an option names, if no other has named some.
pub(crate) fn one_of(named: Promises, promises: Promises) -> Result<Promises, Failure> {
    if named == Promises::WorkerCore {
        Ok(promises)
    } else {
        let words = "--std and --python are two ways to judge; say one of them, once";
        Err(Failure::Usage(words.to_owned()))
    }
}

fn write(orders: &Description, name: &str, limit: usize, out: &mut dyn Write) -> io::Result<()> {
    let width = cli::width();
    write!(out, "{}", numbered_lines(orders))?;
    for (title, rows) in sections(orders, width) {
        if !rows.is_empty() {
            let lines = rows.iter().flat_map(|row| row.lines());
            let lines = lines.map(|line| format!("{INDENT}{line}"));
            write!(out, "{}", section(title, lines))?;
        }
    }
    if orders.happens_before.is_endless {
        let words = "a daemon went on for too long after the end of the program: lines that it \
                     would print after that are not in these orders";
        writeln!(out, "{}", wrapped(words, width))?;
    }
    write_orders(orders, limit, out)?;
    // One line, unless somebody reads it on a terminal.
    let width = cli::terminal_width().unwrap_or(usize::MAX);
    let summary = wrapped(&orders.summary(name), width);
    writeln!(out, "{}", style(summary.trim_end()).bold())
}

/// The lines, with the numbers by which orders are listed.
pub(super) fn numbered_lines(orders: &Description) -> String {
    let numbered = (1..).zip(orders.numbered());
    let lines = numbered.map(|(number, line)| {
        let name = &orders.happens_before.lines[line].name;
        format!("{number:>4}  {name}")
    });
    section("its lines", lines)
}

fn section(title: &str, lines: impl Iterator<Item = String>) -> String {
    let width = cli::width();
    let lines = lines.map(|line| wrapped(&line, width));
    format!("{}\n{}\n", heading(title), lines.collect::<String>())
}

fn heading(words: &str) -> StyledObject<String> {
    let words = wrapped(words, cli::width());
    style(words.trim_end().to_owned()).bold()
}

/// What may be missing, what is guaranteed, what is likely and what is luck, each with
/// its title.
pub(super) fn sections(orders: &Description, width: usize) -> [(&'static str, Vec<String>); 4] {
    let room = width.saturating_sub(INDENT.len());
    [
        (
            "may be missing: the end of the program cuts daemons off",
            orders.missing_lines(),
        ),
        (
            "guaranteed on every run, and why",
            orders.guaranteed_pairs(room),
        ),
        (
            "likely, not guaranteed: only the sleeps arrange it",
            orders.likely_pairs(room),
        ),
        ("left to the scheduler", orders.incomparable_lines()),
    ]
}

/// At most `limit` of the orders.
pub(super) fn write_orders(
    orders: &Description,
    limit: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let likely = format!(
        "{} with its sleeps, by the numbers above",
        orders.likely.orders()
    );
    let with = orders.with_the_sleeps.outputs(&orders.normal_order);
    let exact = |count| match count {
        Count::Exact(number) => Some(number),
        _ => None,
    };
    let (with_sleeps, all) = (exact(orders.likely), exact(orders.guaranteed));
    let listed = list(orders, &likely, with_sleeps, with.take(limit), out)?;

    let more = all.zip(with_sleeps).map(|(all, likely)| all - likely);
    let title =
        more.map_or("others".to_owned(), |more| format!("{more} more")) + " without its sleeps";
    let unlikely = |order: &Vec<usize>| !orders.with_the_sleeps.allows(order);
    let all = orders
        .happens_before
        .guaranteed
        .outputs(&orders.normal_order);
    let others = all.filter(unlikely).take(limit - listed);
    list(orders, &title, more, others, out).map(drop)
}

/// Lists orders by the numbers of their lines, and returns how many there were of all,
/// as far as they can be counted.
fn list(
    orders: &Description,
    title: &str,
    all: Option<u128>,
    outputs: impl Iterator<Item = Vec<usize>>,
    out: &mut dyn Write,
) -> io::Result<usize> {
    if all == Some(0) {
        return Ok(0);
    }
    writeln!(out, "{}", heading(title))?;
    let mut number = vec![0; orders.normal_order.len()];
    for (place, &line) in (1..).zip(&orders.numbered()) {
        number[line] = place;
    }
    let mut listed = 0;
    let column = 4.max(number.len().to_string().len() + 1);
    let columns = (cli::width() / column).saturating_sub(1).max(1);
    for order in outputs {
        let rows = order.chunks(columns).map(|row| {
            let numbers = row.iter().map(|&line| format!("{:>column$}", number[line]));
            numbers.collect::<String>()
        });
        let rows: Vec<_> = rows.collect();
        writeln!(out, "{}", rows.join(&format!("\n{:column$}", "")))?;
        listed += 1;
    }
    if all != Some(listed as u128) {
        let none = match listed {
            0 => "none listed",
            _ => "and more",
        };
        writeln!(out, "  {none}; --limit N lists as many as you like")?;
    }
    writeln!(out)?;
    Ok(listed)
}

/// Runs the lesson so often, and says which of its orders were seen, and what is none.
fn observe(orders: &Description, lesson: &BuiltLesson, runs: usize) -> Result<ExitCode, Failure> {
    let times = number_of(runs, "time");
    let what = format!("running `{}` {times}", lesson.name);
    let once = || {
        let run = lesson.run_well(TIME_LIMIT);
        let run = run.map_err(|reason| lesson.failed(&reason))?;
        Ok::<_, Failure>(String::from_utf8_lossy(&run.stdout).into_owned())
    };
    let mut seen = BTreeMap::<_, usize>::new();
    for output in live(what, |_| side_by_side(runs, 1, once))? {
        *seen.entry(output).or_default() += 1;
    }
    let is_outside = |output: &String| {
        let lines = orders.happens_before.numbers(output);
        !lines.is_some_and(|lines| orders.with_the_sleeps.allows(&lines))
    };
    let outside: Vec<_> = seen
        .iter()
        .filter(|(output, _)| is_outside(output))
        .collect();
    for (output, times) in &outside {
        let times = number_of(**times, "run");
        let output = plain_lines(output);
        cli::print(format!(
            "not one of its orders, seen in {times}:\n{output}\n"
        ))?;
    }
    let how_many = match outside.len() {
        0 => "none".to_owned(),
        some => some.to_string(),
    };
    cli::print(format!(
        "saw {} of {} in {}; {how_many} outside\n",
        seen.len() - outside.len(),
        orders.likely.orders(),
        number_of(runs, "run")
    ))?;
    Ok(cli::status(outside.is_empty()))
}
