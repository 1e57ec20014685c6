//! Cells in columns between `+---+` borders, as the mysql client draws them.
//!
//! A column is as wide as its widest cell on the screen; a cell with line ends counts whole, as in mysql, where such
//! cells push the border far out and run over the lines below.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::cli::color::{Meaning, Palette};

/// On which side a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A column's title and form.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) align: Align,
    pub(super) meaning: Option<Meaning>,
}

/// A cell's text and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) meaning: Option<Meaning>,
}

impl Cell {
    /// Returns a cell without a meaning.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            meaning: None,
        }
    }

    /// Returns a cell with a meaning.
    pub(super) fn with(meaning: Meaning, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            meaning: Some(meaning),
        }
    }
}

/// Titles and rows; every row has one cell per column.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// Writes the grid with its borders.
    pub(super) fn write(&self, out: &mut dyn Write, palette: Palette) -> io::Result<()> {
        let widths = self.widths();
        let border = border(&widths);
        out.write_all(border.as_bytes())?;
        for (column, width) in self.columns.iter().zip(&widths) {
            let title = Cell {
                text: column.title.clone(),
                meaning: column.meaning,
            };
            write_cell(out, palette, &title, Align::Left, *width)?;
        }
        out.write_all(b"|\n")?;
        out.write_all(border.as_bytes())?;
        for row in &self.rows {
            for ((cell, column), width) in row.iter().zip(&self.columns).zip(&widths) {
                write_cell(out, palette, cell, column.align, *width)?;
            }
            out.write_all(b"|\n")?;
        }
        out.write_all(border.as_bytes())
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|c| c.title.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        widths
    }
}

fn border(widths: &[usize]) -> String {
    let mut text = String::from("+");
    for width in widths {
        text.extend(std::iter::repeat_n('-', width + 2));
        text.push('+');
    }
    text.push('\n');
    text
}

fn write_cell(
    out: &mut dyn Write,
    palette: Palette,
    cell: &Cell,
    align: Align,
    width: usize,
) -> io::Result<()> {
    let padding = " ".repeat(width.saturating_sub(cell.text.width()));
    let text = match cell.meaning {
        Some(meaning) => palette.paint(meaning, &cell.text),
        None => cell.text.clone(),
    };
    match align {
        Align::Left => write!(out, "| {text}{padding} "),
        Align::Right => write!(out, "| {padding}{text} "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &str, align: Align) -> Column {
        Column {
            title: title.into(),
            align,
            meaning: None,
        }
    }

    fn check(grid: &Grid, palette: Palette, expected: &str) {
        let mut out = Vec::new();
        grid.write(&mut out, palette).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn numbers_stand_right_and_text_left() {
        let grid = Grid {
            columns: vec![column("id", Align::Right), column("name", Align::Left)],
            rows: vec![
                vec![Cell::plain("100"), Cell::plain("a")],
                vec![Cell::plain("7"), Cell::plain("NULL")],
            ],
        };
        check(
            &grid,
            Palette::PLAIN,
            "+-----+------+\n| id  | name |\n+-----+------+\n| 100 | a    |\n|   7 | NULL |\n+-----+------+\n",
        );
    }

    #[test]
    fn width_is_measured_on_the_screen() {
        let grid = Grid {
            columns: vec![column("c", Align::Left)],
            rows: vec![vec![Cell::plain("日本")], vec![Cell::plain("é")]],
        };
        check(
            &grid,
            Palette::PLAIN,
            "+------+\n| c    |\n+------+\n| 日本 |\n| é    |\n+------+\n",
        );
    }

    #[test]
    fn a_cell_with_line_ends_counts_whole() {
        let grid = Grid {
            columns: vec![column("c", Align::Left)],
            rows: vec![vec![Cell::plain("ab\ncd")]],
        };
        check(
            &grid,
            Palette::PLAIN,
            "+-------+\n| c     |\n+-------+\n| ab\ncd |\n+-------+\n",
        );
    }

    #[test]
    fn colour_does_not_count() {
        let grid = Grid {
            columns: vec![column("cc", Align::Left)],
            rows: vec![vec![Cell::with(Meaning::Added, "a")]],
        };
        check(
            &grid,
            Palette::COLORED,
            "+----+\n| cc |\n+----+\n| \x1b[32ma\x1b[0m  |\n+----+\n",
        );
    }
}
