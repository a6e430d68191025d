//! The picture as text.

use console::{measure_text_width, truncate_str};

use crate::{
    cli::seconds,
    timeline::picture::{Bar, Picture, Row},
};

/// A longer name is cut.
const LONGEST_NAME: usize = 24;

/// Narrower than this, nothing can be seen any more.
const NARROWEST: usize = 20;

const LEGEND: [&str; 6] = [
    "● prints a line",
    "━ works",
    "┄ waits",
    "│ start or join",
    "■ the program ends",
    "(not to scale)",
];
const CUT_OFF: [&str; 2] = [
    "╳ a daemon is cut off",
    "○ a line that it would have printed",
];

/// Draws the picture in lines of at most `width` columns, or of few more where the
/// names leave no room.
pub(crate) fn draw(picture: &Picture, width: usize) -> String {
    let names: Vec<_> = picture.rows.iter().map(name).collect();
    let name_width = names.iter().map(|name| measure_text_width(name)).max();
    let name_width = name_width.unwrap_or_default() + 2;
    let room = width.saturating_sub(name_width + 1).max(NARROWEST);
    let places: Vec<_> = picture
        .places((room - 1) as f64, 4.0)
        .into_iter()
        .map(|place| place.round() as usize)
        .collect();
    let mut grid = Grid {
        cells: vec![vec![Cell::default(); room]; picture.rows.len()],
    };
    for (row, thread) in picture.rows.iter().enumerate() {
        for (columns, bar) in &thread.bars {
            let line = match bar {
                Bar::Works => Horizontal::Works,
                Bar::Waits => Horizontal::Waits,
            };
            grid.horizontal(row, places[columns.start], places[columns.end], line);
        }
    }
    for edge in &picture.edges {
        let (left, arrived) = (places[edge.left], places[edge.arrived]);
        grid.horizontal(edge.from, left, arrived, Horizontal::Passes);
        grid.vertical(edge.from, edge.to, arrived);
    }
    let exit = places[picture.exit];
    for (row, thread) in picture.rows.iter().enumerate() {
        for (column, _) in &thread.lines {
            grid.mark(row, places[*column], '●');
        }
        if let Some(lost) = &thread.cut_off {
            let until = lost.last().map_or(room - 1, |(column, _)| places[*column]);
            for place in exit..until {
                grid.mark(row, place, '·');
            }
            for (column, _) in lost {
                grid.mark(row, places[*column], '○');
            }
            grid.mark(row, exit, '╳');
        }
    }
    grid.mark(0, exit, '■');

    let indent = " ".repeat(name_width);
    let mut text = format!("{indent}{}\n", times(picture, &places, room));
    for (name, cells) in names.iter().zip(grid.rows()) {
        let gap = " ".repeat(name_width - measure_text_width(name));
        text += &format!("{name}{gap}{}\n", cells.trim_end());
    }
    let mut legend = LEGEND.to_vec();
    if picture.rows.iter().any(|row| row.cut_off.is_some()) {
        legend.extend(CUT_OFF);
    }
    let mut used = width;
    for words in legend {
        let wide = measure_text_width(words);
        if used + 2 + wide > width {
            text += "\n";
            used = wide;
        } else {
            text += "  ";
            used += 2 + wide;
        }
        text += words;
    }
    text + "\n"
}

/// What a thread is called, where there is little room.
pub(crate) fn name(row: &Row) -> String {
    let daemon = if row.daemon { " (daemon)" } else { "" };
    format!("{}{daemon}", truncate_str(&row.name, LONGEST_NAME, "…"))
}

/// A line with each time above its first column, where there is room for it.
fn times(picture: &Picture, places: &[usize], room: usize) -> String {
    let mut line = String::new();
    for (time, columns) in &picture.times {
        let time = seconds(*time);
        // At the right edge it ends there.
        let place = places[columns.start].min(room.saturating_sub(time.len()));
        if line.is_empty() || line.len() + 2 <= place {
            line += &" ".repeat(place - line.len());
            line += &time;
        }
    }
    line
}

/// What is drawn, one cell a character.
struct Grid {
    cells: Vec<Vec<Cell>>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    horizontal: Option<Horizontal>,
    /// How many vertical lines begin here on their way down, less those that end.
    verticals: isize,
    mark: Option<char>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Horizontal {
    Works,
    Waits,
    /// The way from the end of a thread to its join.
    Passes,
    /// The end of such a way, on its left.
    Arrives,
}

impl Grid {
    fn horizontal(&mut self, row: usize, from: usize, to: usize, line: Horizontal) {
        for place in from..to {
            self.cells[row][place].horizontal = Some(line);
        }
        if line == Horizontal::Passes && from <= to {
            self.cells[row][to]
                .horizontal
                .get_or_insert(Horizontal::Arrives);
        }
    }

    fn vertical(&mut self, from: usize, to: usize, place: usize) {
        self.cells[from.min(to)][place].verticals += 1;
        self.cells[from.max(to)][place].verticals -= 1;
    }

    fn mark(&mut self, row: usize, place: usize, mark: char) {
        self.cells[row][place].mark = Some(mark);
    }

    /// The rows as text.
    fn rows(&self) -> impl Iterator<Item = String> {
        let mut verticals = vec![0; self.cells.first().map_or(0, Vec::len)];
        self.cells.iter().map(move |row| {
            let cells = row.iter().zip(&mut verticals).map(|(cell, verticals)| {
                let up = *verticals > 0;
                *verticals += cell.verticals;
                cell.character(up, *verticals > 0)
            });
            cells.collect()
        })
    }
}

impl Cell {
    /// How it looks, if vertical lines lead up and down from it.
    fn character(self, up: bool, down: bool) -> char {
        use Horizontal::{Arrives, Passes, Waits, Works};

        if let Some(mark) = self.mark {
            return mark;
        }
        match (self.horizontal, up, down) {
            (None, false, false) => ' ',
            (None, _, _) => '│',
            (Some(Works), false, false) => '━',
            (Some(Works), true, false) => '┷',
            (Some(Works), false, true) => '┯',
            (Some(Works), true, true) => '┿',
            (Some(Waits), false, false) => '┄',
            (Some(Waits | Passes), true, false) => '┴',
            (Some(Waits | Passes), false, true) => '┬',
            (Some(Waits | Passes), true, true) => '┼',
            (Some(Passes | Arrives), false, false) => '─',
            (Some(Arrives), true, false) => '╯',
            (Some(Arrives), false, true) => '╮',
            (Some(Arrives), true, true) => '┤',
        }
    }
}
