//! A comparison as tables, one per relation: key columns first, a column of markers, changed cells in colour.
//!
//! Markers are those of Dolt's diff: `+` added, `-` removed, `<` and `>` a modified row before and after, `*` both in one. A keyless
//! relation has additions and removals only, with a count where rows are equal. Columns of a catalog relation that
//! none of the shown rows fills are left out; those of users' tables never are.

use std::io::{self, Write};

use super::cell;
use super::grid::{Align, Cell, Column, Grid};
use crate::cli::color::{Meaning, Palette};
use crate::diff::columns::{Comparison, pair};
use crate::diff::{Change, ColumnPair, RelationDiff, text};
use crate::relation::{Role, Row, Schema};
use crate::value::{ColumnType, TypeKind, Value};
use crate::workspace::DiffReport;

/// How a modified row is shown (Dolt's `--diff-mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// As two rows, before and after
    Row,
    /// As one row, its changed cells line by line
    Line,
    /// As one row, what differs in a cell as `[-before-]{+after+}`
    InPlace,
    /// By lines where a changed cell has several, as two rows elsewhere
    #[default]
    Context,
}

/// Writes every relation that differs.
pub(super) fn write(
    out: &mut dyn Write,
    report: &DiffReport,
    mode: Mode,
    palette: Palette,
) -> io::Result<()> {
    for relation in &report.relations {
        write_relation(out, relation, mode, palette)?;
    }
    Ok(())
}

fn write_relation(
    out: &mut dyn Write,
    diff: &RelationDiff,
    mode: Mode,
    palette: Palette,
) -> io::Result<()> {
    let name = diff.name();
    let from_name = diff.from.as_ref().map_or(name, |schema| &schema.name);
    let heading = |out: &mut dyn Write, text: String| {
        writeln!(out, "{}", palette.paint(Meaning::Heading, &text))
    };
    heading(out, format!("diff --vrev a/{from_name} b/{name}"))?;
    match (&diff.from, &diff.to) {
        (None, _) => heading(out, "added relation".to_owned())?,
        (_, None) => heading(out, "removed relation".to_owned())?,
        _ => {
            heading(out, format!("--- a/{from_name}"))?;
            heading(out, format!("+++ b/{name}"))?;
        }
    }
    if diff.key_changed {
        writeln!(out, "the primary key changed: rows are compared as keyless")?;
    }
    if !diff.changes.is_empty() {
        grid(diff, mode).write(out, palette)?;
    }
    Ok(())
}

fn grid(diff: &RelationDiff, mode: Mode) -> Grid {
    let columns = Columns::of(diff);
    let counted = diff.changes.iter().any(|change| change.count() > 1);
    let mut titles = vec![plain_column(" ", None)];
    titles.extend(columns.shown.iter().map(|&pair| {
        let meaning = columns.is_key(pair).then_some(Meaning::Key);
        plain_column(&columns.title(pair), meaning)
    }));
    if counted {
        titles.push(plain_column("(count)", None));
    }
    let mut rows = Vec::new();
    for change in &diff.changes {
        let mut lines = columns.lines(change, mode);
        if counted {
            lines
                .iter_mut()
                .for_each(|line| line.push(Cell::plain(change.count().to_string())));
        }
        rows.append(&mut lines);
    }
    Grid {
        columns: titles,
        rows,
    }
}

fn plain_column(title: &str, meaning: Option<Meaning>) -> Column {
    Column {
        title: title.to_owned(),
        align: Align::Left,
        meaning,
    }
}

/// The columns of a diff in the order in which they are shown.
struct Columns<'a> {
    from: Option<&'a Schema>,
    to: Option<&'a Schema>,
    shown: Vec<ColumnPair>,
    comparison: Option<Comparison>,
}

impl<'a> Columns<'a> {
    fn of(diff: &'a RelationDiff) -> Self {
        let (from, to) = (diff.from.as_deref(), diff.to.as_deref());
        let mut columns = Self {
            from,
            to,
            shown: Vec::new(),
            comparison: None,
        };
        let mut shown: Vec<ColumnPair> = pair(from, to)
            .into_iter()
            .filter(|pair| columns.role(*pair) != Role::Identity)
            .collect();
        if is_catalog(diff.name()) {
            shown.retain(|pair| columns.is_key(*pair) || is_filled(*pair, &diff.changes));
        }
        if !diff.keyless {
            // A stable sort: keys in key order, the others as they stand in the table.
            shown.sort_by_key(|pair| columns.key_place(*pair).unwrap_or(usize::MAX));
        }
        columns.shown = shown;
        columns.comparison = from.zip(to).map(|(from, to)| Comparison::new(from, to));
        columns
    }

    fn role(&self, pair: ColumnPair) -> Role {
        match (pair.to.zip(self.to), pair.from.zip(self.from)) {
            (Some((at, schema)), _) | (None, Some((at, schema))) => schema.columns[at].role,
            (None, None) => Role::Cell,
        }
    }

    /// The place of a column among those that show the key.
    fn key_place(&self, pair: ColumnPair) -> Option<usize> {
        match (pair.to.zip(self.to), pair.from.zip(self.from)) {
            (Some((at, schema)), _) | (None, Some((at, schema))) => {
                schema.shown_key().position(|key| key == at)
            }
            (None, None) => None,
        }
    }

    fn is_key(&self, pair: ColumnPair) -> bool {
        self.key_place(pair).is_some()
    }

    fn title(&self, pair: ColumnPair) -> String {
        let name = |at: Option<usize>, schema: Option<&Schema>| {
            at.zip(schema)
                .map(|(at, schema)| schema.columns[at].name.clone())
        };
        match (name(pair.from, self.from), name(pair.to, self.to)) {
            (Some(from), Some(to)) if from != to => format!("{from} -> {to}"),
            (_, Some(name)) | (Some(name), None) => name,
            (None, None) => String::new(),
        }
    }

    /// The lines of one change.
    fn lines(&self, change: &Change, mode: Mode) -> Vec<Vec<Cell>> {
        match change {
            Change::Added(row, _) => vec![self.line("+", Meaning::Added, row, Side::To)],
            Change::Removed(row, _) => vec![self.line("-", Meaning::Removed, row, Side::From)],
            Change::Modified { from, to } => {
                let changed = self
                    .comparison
                    .as_ref()
                    .map_or_else(Vec::new, |c| c.changed(from, to));
                let rows = [from, to];
                match mode {
                    Mode::InPlace => vec![self.in_place(rows, &changed)],
                    Mode::Line => self.by_lines(rows, &changed),
                    Mode::Context if self.has_lines(rows, &changed) => {
                        self.by_lines(rows, &changed)
                    }
                    Mode::Row | Mode::Context => self.before_and_after(rows, &changed),
                }
            }
        }
    }

    fn before_and_after(&self, [from, to]: [&Row; 2], changed: &[ColumnPair]) -> Vec<Vec<Cell>> {
        let line = |marker, meaning, row, side| {
            let mut cells = vec![Cell::with(Meaning::Modified, marker)];
            for &pair in &self.shown {
                let text = self.text(pair, row, side);
                let is_changed = changed.contains(&pair);
                cells.push(if is_changed {
                    Cell::with(meaning, text)
                } else {
                    Cell::plain(text)
                });
            }
            cells
        };
        vec![
            line("<", Meaning::CellFrom, from, Side::From),
            line(">", Meaning::CellTo, to, Side::To),
        ]
    }

    /// Tells whether a changed cell has several lines.
    fn has_lines(&self, [from, to]: [&Row; 2], changed: &[ColumnPair]) -> bool {
        let has = |pair: &ColumnPair, row, side| self.whole(*pair, row, side).contains('\n');
        changed
            .iter()
            .filter(|pair| self.shown.contains(pair))
            .any(|pair| has(pair, from, Side::From) || has(pair, to, Side::To))
    }

    fn in_place(&self, [from, to]: [&Row; 2], changed: &[ColumnPair]) -> Vec<Cell> {
        let mut cells = vec![Cell::with(Meaning::Modified, "*")];
        cells.extend(self.shown.iter().map(|&pair| {
            let after = self.text(pair, to, Side::To);
            if changed.contains(&pair) {
                let before = self.text(pair, from, Side::From);
                Cell::with(Meaning::Modified, text::in_place(&before, &after))
            } else {
                Cell::plain(after)
            }
        }));
        cells
    }

    /// One line of cells for each line of the changed cell that has most.
    fn by_lines(&self, [from, to]: [&Row; 2], changed: &[ColumnPair]) -> Vec<Vec<Cell>> {
        let cells = self.shown.iter().map(|&pair| {
            if !changed.contains(&pair) {
                return vec![Cell::plain(self.text(pair, to, Side::To))];
            }
            let before = self.whole(pair, from, Side::From);
            let lines = text::lines(&before, &self.whole(pair, to, Side::To));
            let line = |(sign, line): (char, String)| {
                let text = format!("{sign}{}", cell::escaped(&line));
                match sign {
                    '-' => Cell::with(Meaning::CellFrom, text),
                    '+' => Cell::with(Meaning::CellTo, text),
                    _ => Cell::plain(text),
                }
            };
            lines.into_iter().map(line).collect()
        });
        let cells: Vec<Vec<Cell>> = cells.collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let row = |at: usize| {
            let marker = match at {
                0 => Cell::with(Meaning::Modified, "*"),
                _ => Cell::plain(""),
            };
            let cell = |column: &Vec<Cell>| column.get(at).cloned();
            let cells = cells.iter().map(|c| cell(c).unwrap_or(Cell::plain("")));
            std::iter::once(marker).chain(cells).collect()
        };
        (0..height).map(row).collect()
    }

    fn line(&self, marker: &str, meaning: Meaning, row: &Row, side: Side) -> Vec<Cell> {
        let mut cells = vec![Cell::with(meaning, marker)];
        cells.extend(
            self.shown
                .iter()
                .map(|&pair| Cell::with(meaning, self.text(pair, row, side))),
        );
        cells
    }

    /// A cell's text on one line.
    fn text(&self, pair: ColumnPair, row: &Row, side: Side) -> String {
        cell::escaped(&self.whole(pair, row, side)).into_owned()
    }

    /// A cell's text as it is.
    fn whole(&self, pair: ColumnPair, row: &Row, side: Side) -> String {
        let (at, schema) = match side {
            Side::From => (pair.from, self.from),
            Side::To => (pair.to, self.to),
        };
        let (value, column_type) = match at.zip(schema) {
            Some((at, schema)) => (
                row.get(at),
                schema.columns.get(at).map(|c| c.column_type.clone()),
            ),
            None => (None, None),
        };
        let column_type = column_type.unwrap_or_else(|| ColumnType::new(TypeKind::Null));
        cell::text(value.unwrap_or(&Value::Null), &column_type).into_owned()
    }
}

#[derive(Debug, Clone, Copy)]
enum Side {
    From,
    To,
}

/// Users' tables are named `<keyspace>.<table>`, catalog relations by one word.
fn is_catalog(name: &str) -> bool {
    !name.contains('.')
}

fn is_filled(pair: ColumnPair, changes: &[Change]) -> bool {
    let fills = |value: &Value| {
        !matches!(value, Value::Null) && !matches!(value, Value::Text(text) if text.is_empty())
    };
    changes.iter().any(|change| match change {
        Change::Added(row, _) => fills(pair.to_cell(row)),
        Change::Removed(row, _) => fills(pair.from_cell(row)),
        Change::Modified { from, to } => fills(pair.from_cell(from)) || fills(pair.to_cell(to)),
    })
}

/// Returns the report as JSON: the sides' names beside [`crate::diff::report`]'s relations.
pub(super) fn json(report: &DiffReport) -> serde_json::Value {
    let mut document = serde_json::json!({ "from": report.from, "to": report.to });
    // A report holds nothing that JSON cannot.
    if let Ok(serde_json::Value::Object(fields)) =
        serde_json::to_value(crate::diff::report::report(&report.relations))
        && let Some(document) = document.as_object_mut()
    {
        document.extend(fields);
    }
    document
}

/// Returns a line diff in colour.
pub(super) fn paint_unified(text: &str, palette: Palette) -> String {
    let paint = |line: &str| {
        let meaning = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Meaning::Heading,
            [b'-', ..] => Meaning::Removed,
            [b'+', ..] => Meaning::Added,
            [b'@', ..] => Meaning::Hint,
            _ => return line.to_owned(),
        };
        match line.strip_suffix('\n') {
            Some(line) => palette.paint(meaning, line) + "\n",
            None => palette.paint(meaning, line),
        }
    };
    text.split_inclusive('\n').map(paint).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::stat;
    use super::*;

    fn schema(name: &str, columns: &[&str], key: &[usize]) -> Arc<Schema> {
        let columns = columns
            .iter()
            .map(|name| crate::relation::Column::new(*name, ColumnType::new(TypeKind::Int)));
        Arc::new(Schema {
            name: name.to_owned(),
            columns: columns.collect(),
            key: key.to_vec(),
        })
    }

    fn row(cells: &[i64]) -> Row {
        cells
            .iter()
            .map(|cell| {
                if *cell < 0 {
                    Value::Null
                } else {
                    Value::Int(*cell)
                }
            })
            .collect()
    }

    fn report(relation: RelationDiff) -> DiffReport {
        DiffReport {
            from: "HEAD".into(),
            to: "WORKING".into(),
            relations: vec![relation],
        }
    }

    fn keyed() -> RelationDiff {
        RelationDiff {
            from: Some(schema("s.test", &["c1", "pk", "c2"], &[1])),
            to: Some(schema("s.test", &["c1", "pk", "c3"], &[1])),
            changes: vec![
                Change::Removed(row(&[2, 1, 3]), 1),
                Change::Modified {
                    from: row(&[5, 4, 6]),
                    to: row(&[100, 4, -1]),
                },
                Change::Added(row(&[8, 7, 9]), 1),
            ],
            key_changed: false,
            keyless: false,
        }
    }

    fn text(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_keyed_relation_shows_its_key_first_and_both_versions_of_a_row() {
        let report = report(keyed());
        assert_eq!(
            text(|out| write(out, &report, Mode::Row, Palette::PLAIN)),
            "\
diff --vrev a/s.test b/s.test
--- a/s.test
+++ b/s.test
+---+----+-----+------+------+
|   | pk | c1  | c2   | c3   |
+---+----+-----+------+------+
| - | 1  | 2   | 3    | NULL |
| < | 4  | 5   | 6    | NULL |
| > | 4  | 100 | NULL | NULL |
| + | 7  | 8   | NULL | 9    |
+---+----+-----+------+------+
"
        );
    }

    #[test]
    fn only_changed_cells_of_a_modified_row_are_coloured() {
        let mut relation = keyed();
        relation.changes = vec![Change::Modified {
            from: row(&[5, 4, -1]),
            to: row(&[6, 4, -1]),
        }];
        let report = report(relation);
        let text = text(|out| write(out, &report, Mode::Row, Palette::COLORED));
        assert!(
            text.contains("| \x1b[33m<\x1b[0m | 4  | \x1b[1;31m5\x1b[0m  | NULL |"),
            "{text}"
        );
        assert!(
            text.contains("| \x1b[33m>\x1b[0m | 4  | \x1b[1;32m6\x1b[0m  | NULL |"),
            "{text}"
        );
    }

    #[test]
    fn a_keyless_relation_counts_equal_rows() {
        let schema = schema("s.t", &["a"], &[]);
        let report = report(RelationDiff {
            from: Some(schema.clone()),
            to: Some(schema),
            changes: vec![Change::Removed(row(&[1]), 1), Change::Added(row(&[2]), 3)],
            key_changed: true,
            keyless: true,
        });
        assert_eq!(
            text(|out| write(out, &report, Mode::Row, Palette::PLAIN)),
            "\
diff --vrev a/s.t b/s.t
--- a/s.t
+++ b/s.t
the primary key changed: rows are compared as keyless
+---+---+---------+
|   | a | (count) |
+---+---+---------+
| - | 1 | 1       |
| + | 2 | 3       |
+---+---+---------+
"
        );
    }

    #[test]
    fn empty_columns_of_a_catalog_relation_are_left_out() {
        let schema = schema("columns", &["table", "default", "type"], &[0]);
        let report = report(RelationDiff {
            from: Some(schema.clone()),
            to: Some(schema),
            changes: vec![Change::Added(row(&[1, -1, 2]), 1)],
            key_changed: false,
            keyless: false,
        });
        let text = text(|out| write(out, &report, Mode::Row, Palette::PLAIN));
        assert!(text.contains("|   | table | type |\n"), "{text}");
    }

    #[test]
    fn a_relation_of_one_side_says_so() {
        let report = report(RelationDiff {
            from: None,
            to: Some(schema("s.t", &["a"], &[0])),
            changes: Vec::new(),
            key_changed: false,
            keyless: false,
        });
        let text = text(|out| write(out, &report, Mode::Row, Palette::PLAIN));
        assert_eq!(text, "diff --vrev a/s.t b/s.t\nadded relation\n");
    }

    #[test]
    fn stat_counts_rows_and_scales_its_bars() {
        let mut other = keyed();
        other.changes = vec![Change::Added(row(&[1, 2, 3]), 400)];
        let mut report = report(keyed());
        assert_eq!(
            text(|out| stat::write(out, &report, Palette::PLAIN)),
            " s.test | 3 +*-\n 1 relation changed, 1 row added(+), 1 row modified(*), 1 row removed(-)\n"
        );
        report.relations.push(other);
        let text = text(|out| stat::write(out, &report, Palette::PLAIN));
        assert_eq!(
            text.lines()
                .map(|line| line.matches('+').count())
                .collect::<Vec<_>>(),
            [1, 40, 1]
        );
    }

    #[test]
    fn json_names_the_sides_and_the_changed_cells() {
        let json = json(&report(keyed()));
        assert_eq!(
            (&json["from"], &json["to"]),
            (&"HEAD".into(), &"WORKING".into())
        );
        let change = &json["relations"][0]["changes"][1];
        assert_eq!(
            change["cells"]["c1"],
            serde_json::json!({ "from": 5, "to": 100 })
        );
    }

    #[test]
    fn a_line_diff_is_coloured_line_by_line() {
        let text = "--- a\n+++ b\n@@ -1 +1 @@\n x\n-y\n+z\n";
        assert_eq!(paint_unified(text, Palette::PLAIN), text);
        let painted = paint_unified(text, Palette::COLORED);
        assert!(
            painted.ends_with(" x\n\x1b[31m-y\x1b[0m\n\x1b[32m+z\x1b[0m\n"),
            "{painted}"
        );
    }
}
