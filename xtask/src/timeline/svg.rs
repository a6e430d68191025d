//! The picture as SVG. What differs in meaning differs in shape, not in colour alone,
//! and the picture brings its own ground for light and for dark pages.

use console::measure_text_width;
use xtask::order::happens_before::EdgeKind;

use crate::{
    cli::seconds,
    timeline::picture::{Arrow, Bar, Picture},
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
    let widths = picture.rows.iter().map(|row| measure_text_width(&row.name));
    let left = MARGIN + widths.max().unwrap_or_default() as f64 * LETTER + 12.0;
    let places = picture
        .places(width - MARGIN - 10.0 - left, 26.0)
        .into_iter();
    let columns: Vec<_> = places
        .map(|place| ((left + place) * 10.0).round() / 10.0)
        .chain([width - MARGIN])
        .collect();
    let below = y(picture.rows.len());
    let (legend, height) = legend(picture, below + 8.0, width);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>The threads of {}</title>\n<desc>{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n",
        escaped(lesson),
        escaped(&describe(picture)),
        width - 1.0,
        height - 1.0,
    );
    let mut free_from = 0.0;
    for (time, column) in picture.moments() {
        let x = columns[column];
        svg += &line("time", (x, TOP - 18.0), (x, below - 10.0));
        if x >= free_from {
            svg += &label(x - 4.0, TOP - 26.0, &seconds(time));
            free_from = x + 50.0;
        }
    }
    let exit = columns[picture.exit];
    svg += &line("end", (exit, TOP), (exit, below - 10.0));
    for (number, row) in picture.rows.iter().enumerate() {
        let y = y(number);
        svg += &label(MARGIN, y + 4.5, &row.name);
        for (range, bar) in &row.bars {
            let class = match bar {
                Bar::Works => "works",
                Bar::Waits => "waits",
                Bar::Lost => "lost",
            };
            svg += &line(class, (columns[range.start], y), (columns[range.end], y));
        }
    }
    for arrow in &picture.arrows {
        svg += &draw_arrow(arrow, &columns);
    }
    for (number, row) in picture.rows.iter().enumerate() {
        for (column, text) in &row.lines {
            let is_lost = *column > picture.exit;
            let class = if is_lost { "lost-line" } else { "line" };
            svg += &dot(class, columns[*column], y(number), text);
        }
        if row.is_cut_off {
            svg += &cross(exit, y(number));
        }
    }
    svg + &square(exit, y(0)) + &legend + "</svg>\n"
}

fn y(row: usize) -> f64 {
    TOP + ROW * row as f64
}

/// What is to be seen, for who cannot see it.
fn describe(picture: &Picture) -> String {
    let rows = picture.rows.iter().map(|row| {
        let printed = picture.printed(row);
        let printed: Vec<_> = printed.map(|(_, line)| line.as_str()).collect();
        let cut_off = match row.is_cut_off {
            true => " The end of the program cuts it off.",
            false => "",
        };
        let printed = match &printed[..] {
            [] => " nothing".to_owned(),
            lines => format!(": {}", lines.join(", ")),
        };
        format!("{} prints{printed}.{cut_off}", row.name)
    });
    rows.collect::<Vec<_>>().join(" ")
}

fn draw_arrow(arrow: &Arrow, columns: &[f64]) -> String {
    let (from, to) = (y(arrow.from), y(arrow.to));
    let (left, arrived) = (columns[arrow.left], columns[arrow.arrived]);
    // It ends above or below the row that it points to.
    let tip = if from < to { to - 5.0 } else { to + 5.0 };
    let way = path("edge", &format!("M{left} {from}H{arrived}"));
    vertical(arrived, from, tip) + &way
}

/// An arrow straight up or down.
fn vertical(x: f64, from: f64, tip: f64) -> String {
    let back = tip + if tip > from { -7.0 } else { 7.0 };
    let (left, right) = (x - 4.0, x + 4.0);
    let head = format!("M{x} {tip}L{left} {back}L{right} {back}z");
    line("edge", (x, from), (x, back)) + &path("head", &head)
}

/// What each sign that is drawn means, from `y` on in rows of this width, and where the last
/// row ends.
fn legend(picture: &Picture, y: f64, width: f64) -> (String, f64) {
    let bar = |class: &str| line(class, (0.0, 0.0), (26.0, 0.0));
    let mut bars = picture.rows.iter().flat_map(|row| &row.bars);
    let waits = bars.any(|(_, bar)| matches!(bar, Bar::Waits));
    let joins = picture.arrows.iter().any(|it| it.kind == EdgeKind::Join);
    let cuts_off = picture.cuts_off();
    let lost = "a line that it would have printed";
    let signs = [
        (true, dot("line", 5.0, 0.0, ""), 10.0, "prints a line"),
        (true, bar("works"), 26.0, "works"),
        (waits, bar("waits"), 26.0, "waits"),
        (true, square(5.0, 0.0), 10.0, "the program ends"),
        (true, vertical(4.0, -8.0, 8.0), 8.0, "start"),
        (joins, vertical(4.0, 8.0, -8.0), 8.0, "join"),
        (true, String::new(), 0.0, "(not to scale)"),
        (
            cuts_off,
            cross(5.0, 0.0),
            10.0,
            "the daemon is cut off there",
        ),
        (cuts_off, dot("lost-line", 5.0, 0.0, ""), 10.0, lost),
    ];
    let (mut x, mut y) = (MARGIN, y);
    let mut legend = String::new();
    for (_, sign, wide, words) in signs.into_iter().filter(|(is_drawn, ..)| *is_drawn) {
        let taken = wide + 8.0 + words.len() as f64 * LETTER;
        if x + taken > width - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 22.0);
        }
        let words = label(wide + 8.0, 4.5, words);
        legend += &format!("<g transform=\"translate({x} {y})\">\n{sign}{words}</g>\n");
        x += taken + 16.0;
    }
    (legend, y + 18.0)
}

fn label(x: f64, y: f64, words: &str) -> String {
    format!("<text x=\"{x}\" y=\"{y}\">{}</text>\n", escaped(words))
}

fn line(class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\n")
}

/// A dot that says these words where one points at it.
fn dot(class: &str, x: f64, y: f64, words: &str) -> String {
    let words = escaped(words);
    format!(
        "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"4.5\"><title>{words}</title></circle>\n"
    )
}

fn square(x: f64, y: f64) -> String {
    let (left, top) = (x - 5.0, y - 5.0);
    format!("<rect class=\"exit\" x=\"{left}\" y=\"{top}\" width=\"10\" height=\"10\"/>\n")
}

fn cross(x: f64, y: f64) -> String {
    let (left, top) = (x - 5.0, y - 5.0);
    path("cut", &format!("M{left} {top}l10 10m0 -10l-10 10"))
}

fn path(class: &str, way: &str) -> String {
    format!("<path class=\"{class}\" d=\"{way}\"/>\n")
}

fn escaped(text: &str) -> String {
    // No page can show these two.
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::picture::tests::{ENDLESS, picture};

    #[test]
    fn what_is_lost_of_a_daemon_that_prints_no_more_is_drawn() {
        let svg = draw(&picture(&ENDLESS), "endless", WIDE);
        assert!(svg.contains("<line class=\"lost\""), "{svg}");
        // Its reader is told that the main thread prints nothing at all.
        assert!(svg.contains(">main thread prints nothing."), "{svg}");
    }

    #[test]
    fn a_long_name_or_a_sign_that_no_page_can_show_spoils_no_picture() {
        let name = "n".repeat(200);
        let picture = picture(&[
            (0, &format!("start\t1\tworker\t{name}")),
            (1, &format!("line\tsub thread end  {name}")),
            (1, "end"),
            (0, "line\tmain thread \u{fffe}<&>"),
            (0, "exit"),
        ]);
        let svg = draw(&picture, "long", WIDE);
        assert!(svg.contains("main thread \u{fffd}&lt;&amp;&gt;"), "{svg}");
        for part in svg.split(" x1=\"").skip(1) {
            let number = |text: &str| text.split('"').next().unwrap().parse::<f64>().unwrap();
            let (from, to) = (number(part), number(part.split("x2=\"").nth(1).unwrap()));
            assert!(from <= to && to <= WIDE, "{from} {to}");
        }
    }
}
