//! The measurements of `cargo xtask bench`.

mod parts;
mod rounds;
#[cfg(unix)]
mod watch;

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    thread,
};

use parts::PARTS;

/// What Python is called.
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// One line of the table.
struct Row {
    /// What the book knows it by.
    name: String,
    what: String,
    beside: String,
    /// One from each round.
    figures: Vec<f64>,
    unit: &'static str,
    /// What the median must not exceed.
    most: Option<f64>,
}

impl Row {
    fn ratio(
        name: impl Into<String>,
        what: impl Into<String>,
        beside: &str,
        figures: Vec<f64>,
    ) -> Row {
        Row {
            name: name.into(),
            what: what.into(),
            beside: beside.to_owned(),
            figures,
            unit: "×",
            most: None,
        }
    }

    fn at_most(self, most: f64) -> Row {
        Row {
            most: Some(most),
            ..self
        }
    }

    /// The median, the least and the most.
    fn summary(&self) -> [f64; 3] {
        let mut figures = self.figures.clone();
        figures.sort_by(f64::total_cmp);
        let last = figures.len().saturating_sub(1);
        [last / 2, 0, last].map(|place| figures.get(place).copied().unwrap_or(f64::NAN))
    }
}

/// Where things are.
struct Place {
    root: PathBuf,
    /// The folder of what cargo builds.
    target: PathBuf,
    /// A folder of our own.
    scratch: PathBuf,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err((status, message)) => {
            eprintln!("error: {message}");
            ExitCode::from(status)
        }
    }
}

fn run() -> Result<(), (u8, String)> {
    // `cargo bench` adds an option of its own.
    let mut named: BTreeSet<_> = env::args()
        .skip(1)
        .filter(|name| name != "--bench")
        .collect();
    let accept = named.remove("--accept");
    let known: Vec<_> = PARTS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = named.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        return Err((
            2,
            format!("there is no part `{unknown}`; the parts are {known}"),
        ));
    }
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = Place {
        root: root.parent().unwrap_or(root).to_owned(),
        target: scratch.parent().unwrap_or(scratch).to_owned(),
        scratch: scratch.join("bench"),
    };
    let machine = machine();
    print(&format!("{machine}\n"))?;
    let mut rows = Vec::new();
    for (name, measure) in PARTS {
        if named.is_empty() || named.contains(*name) {
            eprintln!("measuring: {name}");
            let measured = measure(&place).map_err(|message| (1, message))?;
            print(&table(&measured))?;
            rows.extend(measured);
        }
    }
    if accept {
        let file = place.root.join("docs/measured.tsv");
        let known = fs::read_to_string(&file).unwrap_or_default();
        let kept = kept(&known, &rows, &machine).map_err(|message| (1, message))?;
        fs::write(&file, kept)
            .map_err(|error| (1, format!("{} cannot be written: {error}", file.display())))?;
    }
    Ok(())
}

/// Prints to standard output; a reader who has seen enough is no failure.
fn print(text: &str) -> Result<(), (u8, String)> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err((1, format!("the table cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// What the figures were taken on.
fn machine() -> String {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").output();
        let words = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        words.unwrap_or_default().trim().to_owned()
    };
    let processors = thread::available_parallelism().map_or(1, Into::into);
    format!(
        "{} on {}, {processors} processors, {}, {}",
        env::consts::OS,
        env::consts::ARCH,
        version("rustc"),
        version(PYTHON)
    )
}

/// The rows as a reader sees them.
fn table(rows: &[Row]) -> String {
    let width = |text: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| text(row).chars().count());
        widths.max().unwrap_or_default()
    };
    let (what, beside) = (width(|row| &row.what), width(|row| &row.beside));
    let mut table = "\n".to_owned();
    for row in rows {
        let [median, least, most] = row.summary();
        let limit = row.most.map_or(String::new(), |limit| {
            let verdict = if median > limit { "missed: " } else { "" };
            format!("  {verdict}at most {limit} {}", row.unit)
        });
        let figure = if median.is_nan() {
            "cannot be measured on this system".to_owned()
        } else {
            format!(
                "{median:>7.3} {}  ({least:.3} to {most:.3}){limit}",
                row.unit
            )
        };
        table += &format!("{:what$}  {:beside$}  {figure}\n", row.what, row.beside);
    }
    table
}

/// The rows as the book reads them, in the place of those of the same name.
///
/// # Errors
///
/// If the others were measured on another machine.
fn kept(known: &str, rows: &[Row], machine: &str) -> Result<String, String> {
    let machine = format!("machine\t{machine}");
    let name = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    let measured = rows.iter().map(|row| {
        let [median, least, most] = row.summary();
        format!("{}\t{median:.3}\t{least:.3}\t{most:.3}", row.name)
    });
    let mut lines: Vec<String> = known.lines().map(str::to_owned).collect();
    for line in measured {
        match lines.iter_mut().find(|known| name(known) == name(&line)) {
            Some(known) => *known = line,
            None => lines.push(line),
        }
    }
    let others = lines.iter().any(|line| {
        let is_new = rows.iter().any(|row| row.name == name(line));
        !is_new && name(line) != "machine"
    });
    if others && lines.first() != Some(&machine) {
        return Err(
            "docs/measured.tsv has figures of another machine, and not all of them were measured \
             now; name no part, and install what was missing"
                .to_owned(),
        );
    }
    lines.retain(|line| name(line) != "machine");
    Ok(format!("{machine}\n{}\n", lines.join("\n")))
}
