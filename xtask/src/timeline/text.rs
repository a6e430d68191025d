//! The picture as text.

use console::{Alignment, measure_text_width, pad_str};

use crate::{
    cli::seconds,
    timeline::picture::{Bar, Picture},
};

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

/// What a cell shows alone, with a vertical line that leads up, with one that leads down,
/// and with both.
type Line = [char; 4];

const NOTHING: Line = [' ', '│', '│', '│'];
const WORKS: Line = ['━', '┷', '┯', '┿'];
const WAITS: Line = ['┄', '┴', '┬', '┼'];
/// The way from the end of a thread to its join.
const PASSES: Line = ['─', '┴', '┬', '┼'];
/// The end of such a way, on its left.
const ARRIVES: Line = ['─', '╯', '╮', '┤'];

const LOST: Line = ['·'; 4];

/// What is drawn in the place of one character.
#[derive(Clone, Copy)]
struct Cell {
    line: Line,
    /// How many vertical lines begin here on their way down, less those that end.
    verticals: isize,
    mark: Option<char>,
}

/// Draws the picture in lines of at most `width` columns, or of few more where the
/// names leave no room.
pub(crate) fn draw(picture: &Picture, width: usize) -> String {
    let widths = picture.rows.iter().map(|row| measure_text_width(&row.name));
    let name_width = widths.max().unwrap_or_default() + 2;
    let room = width.saturating_sub(name_width + 1).max(NARROWEST);
    let places = picture.places((room - 1) as f64, 4.0).into_iter();
    let places = places.map(|place| place.round() as usize);
    let places: Vec<_> = places.chain([room - 1]).collect();
    let mut text = format!("{:name_width$}{}\n", "", times(picture, &places, room));
    for (row, cells) in picture.rows.iter().zip(cells(picture, &places, room)) {
        let name = pad_str(&row.name, name_width, Alignment::Left, None);
        text += &format!("{name}{}\n", cells.trim_end());
    }
    let mut legend = LEGEND.to_vec();
    if picture.cuts_off() {
        legend.extend(CUT_OFF);
    }
    let mut used = width;
    for words in legend {
        let wide = 2 + measure_text_width(words);
        if used + wide > width {
            text += "\n";
            used = wide - 2;
        } else {
            text += "  ";
            used += wide;
        }
        text += words;
    }
    text + "\n"
}

/// A line with each time above its first column, where there is room for it.
fn times(picture: &Picture, places: &[usize], room: usize) -> String {
    let mut line = String::new();
    for (time, column) in picture.moments() {
        let time = seconds(time);
        // At the right edge it ends there.
        let place = places[column].min(room.saturating_sub(time.len()));
        if line.is_empty() || line.len() + 2 <= place {
            line = format!("{line:place$}{time}");
        }
    }
    line
}

/// What stands behind the name of each thread.
fn cells(picture: &Picture, places: &[usize], room: usize) -> impl Iterator<Item = String> {
    let nothing = Cell {
        line: NOTHING,
        verticals: 0,
        mark: None,
    };
    let mut grid = vec![vec![nothing; room]; picture.rows.len()];
    let exit = places[picture.exit];
    for (row, cells) in picture.rows.iter().zip(&mut grid) {
        for (columns, bar) in &row.bars {
            let line = match bar {
                Bar::Works => WORKS,
                Bar::Waits => WAITS,
                Bar::Lost => LOST,
            };
            for cell in &mut cells[places[columns.start]..places[columns.end]] {
                cell.line = line;
            }
        }
        for (column, _) in &row.lines {
            let is_lost = *column > picture.exit;
            cells[places[*column]].mark = Some(if is_lost { '○' } else { '●' });
        }
        if row.is_cut_off {
            cells[exit].mark = Some('╳');
        }
    }
    for arrow in &picture.arrows {
        let (left, arrived) = (places[arrow.left], places[arrow.arrived]);
        let cells = &mut grid[arrow.from];
        for cell in &mut cells[left..arrived] {
            cell.line = PASSES;
        }
        if cells[arrived].line == NOTHING {
            cells[arrived].line = ARRIVES;
        }
        grid[arrow.from.min(arrow.to)][arrived].verticals += 1;
        grid[arrow.from.max(arrow.to)][arrived].verticals -= 1;
    }
    grid[0][exit].mark = Some('■');

    let mut verticals = vec![0; room];
    grid.into_iter().map(move |cells| {
        let cells = cells.into_iter().zip(&mut verticals);
        let characters = cells.map(|(cell, verticals)| {
            let up = usize::from(*verticals > 0);
            *verticals += cell.verticals;
            let down = usize::from(*verticals > 0);
            cell.mark.unwrap_or(cell.line[up + 2 * down])
        });
        characters.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::picture::tests::{ENDLESS, picture};

    #[test]
    fn a_line_at_the_very_end_of_the_program_is_drawn_behind_it() {
        let picture = picture(&[
            (0, "line\tmain thread start"),
            (0, "start\t1\tdaemon\t워커 1"),
            (1, "line\tsub thread start  워커 1"),
            (0, "started\t1"),
            (0, "end"),
            (0, "exit"),
            (1, "line\tsub thread end  워커 1"),
        ]);
        let drawn = draw(&picture, 80);
        let rows: Vec<_> = drawn.lines().skip(1).take(2).collect();
        // A Korean letter is two columns wide.
        assert_eq!(rows[0].split('●').next().unwrap().len(), 17, "{drawn}");
        assert!(rows[1].starts_with("워커 1 (daemon)  "), "{drawn}");
        let place = |mark: char| rows[1].find(mark);
        assert!(place('╳').is_some() && place('╳') < place('○'), "{drawn}");
    }

    #[test]
    fn what_is_lost_of_a_daemon_that_prints_no_more_is_drawn_up_to_the_right_edge() {
        let drawn = draw(&picture(&ENDLESS), 80);
        let row = drawn.lines().nth(2).unwrap();
        assert!(row.contains("╳·") && row.chars().count() > 70, "{drawn}");
    }
}
