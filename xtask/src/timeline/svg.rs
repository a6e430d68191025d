//! The picture as SVG. What differs in meaning differs in shape, not in colour alone,
//! and the picture brings its own ground for light and for dark pages.

use console::measure_text_width;
use svg::{
    Document,
    node::element::{
        Circle, Description, Group, Line, Path, Rectangle, Style, Text, Title, path::Data,
    },
};

use crate::{
    cli::seconds,
    timeline::{
        picture::{Arrow, ArrowKind, Bar, Picture, Row},
        text::name,
    },
};

/// How wide a picture is, in pixels.
pub(crate) const WIDE: f64 = 700.0;
/// The same where there is no more room than on a phone.
pub(crate) const NARROW: f64 = 340.0;
const MARGIN: f64 = 16.0;
/// Of a letter.
const LETTER: f64 = 7.5;
const ROW: f64 = 28.0;
/// Where the first row is.
const TOP: f64 = 52.0;

const STYLE: &str = "
.ground { fill: #ffffff; stroke: #b0b0b0; }
text { font: 13px system-ui, sans-serif; fill: #1a1a1a; }
.works { stroke: #2f6fb3; stroke-width: 7; }
.waits { stroke: #6b6b6b; stroke-width: 2; stroke-dasharray: 2 4; }
.lost { stroke: #6b6b6b; stroke-width: 1.5; stroke-dasharray: 1 5; }
.time { stroke: #d8d8d8; }
.end { stroke: #1a1a1a; stroke-width: 1.5; stroke-dasharray: 6 3; }
.edge { stroke: #1a1a1a; stroke-width: 1.25; fill: none; }
.head, .line, .exit { fill: #1a1a1a; }
.lost-line { fill: #ffffff; stroke: #1a1a1a; stroke-width: 1.5; }
.cut { stroke: #b3410e; stroke-width: 3; fill: none; }
@media (prefers-color-scheme: dark) {
.ground { fill: #1c1e22; stroke: #5a5a5a; }
text { fill: #ececec; }
.works { stroke: #6ea8e6; }
.waits, .lost { stroke: #a8a8a8; }
.time { stroke: #3a3d42; }
.end, .edge { stroke: #ececec; }
.head, .line, .exit { fill: #ececec; }
.lost-line { fill: #1c1e22; stroke: #ececec; }
.cut { stroke: #ff9c66; }
}
";

/// Draws the picture of this lesson, so wide.
pub(crate) fn draw(picture: &Picture, lesson: &str, width: f64) -> String {
    let names = picture.rows.iter().map(name);
    let widest = names.map(|name| measure_text_width(&name)).max();
    let left = MARGIN + widest.unwrap_or_default() as f64 * LETTER + 12.0;
    let columns: Vec<_> = picture
        .places(width - MARGIN - 10.0 - left, 26.0)
        .into_iter()
        .map(|place| ((left + place) * 10.0).round() / 10.0)
        .collect();
    let below = y(picture.rows.len());
    let (legend, height) = legend(picture, below + 8.0, width);

    let mut document = Document::new()
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .set("role", "img")
        .add(Title::new(format!("The threads of {lesson}")))
        .add(Description::new().add(svg::node::Text::new(describe(picture))))
        .add(Style::new(STYLE))
        .add(
            Rectangle::new()
                .set("class", "ground")
                .set("x", 0.5)
                .set("y", 0.5)
                .set("width", width - 1.0)
                .set("height", height - 1.0)
                .set("rx", 6),
        );
    let mut free_from = 0.0;
    for (time, range) in &picture.times {
        let x = columns[range.start];
        document = document.add(line("time", (x, TOP - 18.0), (x, below - 10.0)));
        if x >= free_from {
            document = document.add(label(x - 4.0, TOP - 26.0, &seconds(*time)));
            free_from = x + 50.0;
        }
    }
    let exit = columns[picture.exit];
    document = document.add(line("end", (exit, TOP), (exit, below - 10.0)));
    for (number, row) in picture.rows.iter().enumerate() {
        document = document.add(draw_row(row, number, &columns, exit, width - MARGIN));
    }
    for edge in &picture.edges {
        document = document.add(draw_edge(edge, &columns));
    }
    for (number, row) in picture.rows.iter().enumerate() {
        document = document.add(draw_lines(row, number, &columns, exit));
    }
    document = document.add(square(exit, y(0))).add(legend);
    format!("{document}\n")
}

fn y(row: usize) -> f64 {
    TOP + ROW * row as f64
}

fn is_cut_off(picture: &Picture) -> bool {
    picture.rows.iter().any(|row| row.cut_off.is_some())
}

/// What is to be seen, for who cannot see it.
fn describe(picture: &Picture) -> String {
    let mut text = String::new();
    for row in &picture.rows {
        let lines: Vec<_> = row.lines.iter().map(|(_, line)| line.as_str()).collect();
        text += &format!("{} prints: {}. ", name(row), lines.join(", "));
        if row.cut_off.is_some() {
            text += "The end of the program cuts it off. ";
        }
    }
    text.trim_end().to_owned()
}

fn draw_row(row: &Row, number: usize, columns: &[f64], exit: f64, right: f64) -> Group {
    let y = y(number);
    let mut group = Group::new().add(label(MARGIN, y + 4.5, &name(row)));
    for (range, bar) in &row.bars {
        let class = match bar {
            Bar::Works => "works",
            Bar::Waits => "waits",
        };
        group = group.add(line(
            class,
            (columns[range.start], y),
            (columns[range.end], y),
        ));
    }
    if let Some(lost) = &row.cut_off {
        let until = lost.last().map_or(right, |(column, _)| columns[*column]);
        group = group.add(line("lost", (exit, y), (until, y)));
    }
    group
}

/// The lines of a thread, and where it is cut off.
fn draw_lines(row: &Row, number: usize, columns: &[f64], exit: f64) -> Group {
    let y = y(number);
    let mut group = Group::new();
    for (column, text) in &row.lines {
        group = group.add(dot("line", columns[*column], y).add(Title::new(text)));
    }
    for (column, text) in row.cut_off.iter().flatten() {
        group = group.add(dot("lost-line", columns[*column], y).add(Title::new(text)));
    }
    if row.cut_off.is_some() {
        group = group.add(cross(exit, y));
    }
    group
}

fn draw_edge(edge: &Arrow, columns: &[f64]) -> Group {
    let (from, to) = (y(edge.from), y(edge.to));
    let (left, arrived) = (columns[edge.left], columns[edge.arrived]);
    // The arrow ends above or below the row that it points to.
    let tip = match edge.kind {
        ArrowKind::Fork => to - 5.0,
        ArrowKind::Join => to + 5.0,
    };
    let way = Data::new().move_to((left, from)).line_to((arrived, from));
    let way = Path::new().set("class", "edge").set("d", way);
    arrow((arrived, from), (arrived, tip)).add(way)
}

/// An arrow straight up or down.
fn arrow((x, from): (f64, f64), (_, tip): (f64, f64)) -> Group {
    let back = tip + if tip > from { -7.0 } else { 7.0 };
    let head = Data::new()
        .move_to((x, tip))
        .line_to((x - 4.0, back))
        .line_to((x + 4.0, back))
        .close();
    Group::new()
        .add(line("edge", (x, from), (x, back)))
        .add(Path::new().set("class", "head").set("d", head))
}

/// What each sign means, from `y` on in rows of this width, and where the last row ends.
fn legend(picture: &Picture, y: f64, width: f64) -> (Group, f64) {
    let bar = |class: &str| Group::new().add(line(class, (0.0, 0.0), (26.0, 0.0)));
    let mut signs = vec![
        (
            Group::new().add(dot("line", 5.0, 0.0)),
            10.0,
            "prints a line",
        ),
        (bar("works"), 26.0, "works"),
        (bar("waits"), 26.0, "waits"),
        (Group::new().add(square(5.0, 0.0)), 10.0, "the program ends"),
        (arrow((4.0, -8.0), (4.0, 8.0)), 8.0, "start"),
        (arrow((4.0, 8.0), (4.0, -8.0)), 8.0, "join"),
        (Group::new(), 0.0, "(not to scale)"),
    ];
    if is_cut_off(picture) {
        let cut = "the daemon is cut off there";
        let lost = "a line that it would have printed";
        signs.push((Group::new().add(cross(5.0, 0.0)), 10.0, cut));
        signs.push((Group::new().add(dot("lost-line", 5.0, 0.0)), 10.0, lost));
    }
    let (mut x, mut y) = (MARGIN, y);
    let mut group = Group::new();
    for (sign, wide, words) in signs {
        let taken = wide + 8.0 + words.len() as f64 * 6.5;
        if x + taken > width - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 22.0);
        }
        let place = format!("translate({x} {y})");
        let words = label(wide + 8.0, 4.5, words);
        group = group.add(sign.add(words).set("transform", place));
        x += taken + 16.0;
    }
    (group, y + 18.0)
}

fn label(x: f64, y: f64, words: &str) -> Text {
    Text::new(words).set("x", x).set("y", y)
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Line {
    Line::new()
        .set("class", class)
        .set("x1", from.0)
        .set("y1", from.1)
        .set("x2", to.0)
        .set("y2", to.1)
}

fn dot(class: &str, x: f64, y: f64) -> Circle {
    Circle::new()
        .set("class", class)
        .set("cx", x)
        .set("cy", y)
        .set("r", 4.5)
}

fn square(x: f64, y: f64) -> Rectangle {
    Rectangle::new()
        .set("class", "exit")
        .set("x", x - 5.0)
        .set("y", y - 5.0)
        .set("width", 10)
        .set("height", 10)
}

fn cross(x: f64, y: f64) -> Path {
    let data = Data::new()
        .move_to((x - 5.0, y - 5.0))
        .line_by((10, 10))
        .move_by((0, -10))
        .line_by((-10, 10));
    Path::new().set("class", "cut").set("d", data)
}
