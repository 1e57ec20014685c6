//! A comparison in one line for each object: how it changed, and whether its rows or its definition did.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::grid::{Align, Cell, Column, Grid};
use crate::cli::color::Palette;
use crate::diff::summary::summarize;
use crate::diff::{ObjectChange, ObjectKind, RelationDiff};
use crate::workspace::DiffReport;

/// What a comparison says of one object.
struct Line {
    change: ObjectChange,
    data: bool,
    schema: bool,
}

impl Line {
    fn change(&self) -> &'static str {
        match self.change {
            ObjectChange::Added => "added",
            ObjectChange::Removed => "removed",
            ObjectChange::Modified => "modified",
            ObjectChange::Renamed { .. } => "renamed",
        }
    }
}

/// Returns the objects by name; a renamed one has both its names.
fn lines(report: &DiffReport) -> BTreeMap<String, Line> {
    let (rows, catalog): (Vec<RelationDiff>, Vec<RelationDiff>) = report
        .relations
        .iter()
        .cloned()
        .partition(|relation| relation.name().contains('.'));
    let mut lines = BTreeMap::new();
    for object in summarize(&catalog) {
        let name = match (object.kind, object.keyspace.as_str()) {
            (ObjectKind::Keyspace | ObjectKind::Rules, _) | (_, "") => object.name,
            (_, keyspace) => format!("{keyspace}.{}", object.name),
        };
        let shown = match &object.change {
            ObjectChange::Renamed { from } => format!("{}.{from} -> {name}", object.keyspace),
            _ => name,
        };
        lines.insert(
            shown,
            Line {
                change: object.change,
                data: false,
                schema: true,
            },
        );
    }
    for relation in rows {
        let name = relation.name();
        let now = |known: &String| known == name || known.ends_with(&format!(" -> {name}"));
        let known = lines.keys().find(|known| now(known)).cloned();
        let line = lines.entry(known.unwrap_or_else(|| name.to_owned()));
        let line = line.or_insert(Line {
            change: ObjectChange::Modified,
            data: true,
            schema: false,
        });
        line.data = true;
    }
    lines
}

/// Writes a table of the objects.
pub(super) fn write(out: &mut dyn Write, report: &DiffReport, palette: Palette) -> io::Result<()> {
    let lines = lines(report);
    if lines.is_empty() {
        return Ok(());
    }
    let titles = ["Object", "Diff type", "Data change", "Schema change"];
    let columns = titles.map(|title| Column {
        title: title.to_owned(),
        align: Align::Left,
        meaning: None,
    });
    let rows = lines.iter().map(|(name, line)| {
        let cells = [
            name.clone(),
            line.change().to_owned(),
            line.data.to_string(),
            line.schema.to_string(),
        ];
        cells.map(Cell::plain).to_vec()
    });
    let grid = Grid {
        columns: columns.into(),
        rows: rows.collect(),
    };
    grid.write(out, palette)
}

/// Writes the names alone, a line each.
pub(super) fn write_names(out: &mut dyn Write, report: &DiffReport) -> io::Result<()> {
    for name in lines(report).keys() {
        writeln!(out, "{name}")?;
    }
    Ok(())
}

/// Returns the objects as JSON.
pub(super) fn json(report: &DiffReport) -> serde_json::Value {
    let objects = lines(report).into_iter().map(|(name, line)| {
        serde_json::json!({
            "name": name,
            "diff_type": line.change(),
            "data_change": line.data,
            "schema_change": line.schema,
        })
    });
    serde_json::json!({
        "from": report.from,
        "to": report.to,
        "objects": objects.collect::<Vec<_>>(),
    })
}
