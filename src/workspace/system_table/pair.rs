//! Rows of two states side by side: `to_…`, `to_commit`, `to_commit_date`, `from_…`, `from_commit`, `from_commit_date`,
//! `diff_type`.

use std::sync::Arc;

use super::Warnings;
use super::define::{column, date_type, name_type, of_columns, prefixed};
use super::state::{State, TableVersion, VersionRows, under};
use crate::diff::{Change, Options, RelationDiff, rows};
use crate::relation::{Row, Schema};
use crate::sql::SqlError;
use crate::sql::ddl::CreateTable;
use crate::value::Value;

/// The definition of a table of changes; each half has its own columns.
pub(super) fn definition(name: &str, to: &Schema, from: &Schema) -> CreateTable {
    let mut columns = prefixed(to, "to_");
    columns.push(column("to_commit", name_type()));
    columns.push(column("to_commit_date", date_type()));
    columns.extend(prefixed(from, "from_"));
    columns.push(column("from_commit", name_type()));
    columns.push(column("from_commit_date", date_type()));
    columns.push(column("diff_type", name_type()));
    of_columns(name, columns)
}

/// The word for a change, and its rows before and after.
pub(super) fn parts(change: &Change) -> (&'static str, Option<&Row>, Option<&Row>) {
    match change {
        Change::Added(row, _) => ("added", None, Some(row)),
        Change::Removed(row, _) => ("removed", Some(row), None),
        Change::Modified { from, to } => ("modified", Some(from), Some(to)),
    }
}

/// Two halves of a table of changes, each with the schema that it is shown under.
pub(super) struct Halves<'s> {
    pub(super) to: &'s Schema,
    pub(super) from: &'s Schema,
}

impl Halves<'_> {
    /// Adds the rows of a difference.
    pub(super) fn push(
        &self,
        diff: &RelationDiff,
        (from, to): (&State, &State),
        found: &mut Vec<Row>,
        warnings: &Warnings,
    ) {
        for change in &diff.changes {
            let (word, before, after) = parts(change);
            let mut cells = side(self.to, diff.to.as_ref(), after, warnings);
            cells.extend([to.cell(), to.date_cell()]);
            cells.extend(side(self.from, diff.from.as_ref(), before, warnings));
            cells.extend([from.cell(), from.date_cell()]);
            cells.push(Value::Text(word.to_owned()));
            for _ in 0..change.count() {
                found.push(cells.clone());
            }
        }
    }
}

/// One half of a row of changes.
pub(super) fn side(
    shown: &Schema,
    schema: Option<&Arc<Schema>>,
    row: Option<&Row>,
    warnings: &Warnings,
) -> Row {
    match (schema, row) {
        (Some(schema), Some(row)) => under(shown, schema, row, warnings),
        _ => shown.shown().map(|_| Value::Null).collect(),
    }
}

/// Compares two versions of a relation of the catalog.
pub(super) fn diff_described(
    from: Option<&TableVersion>,
    to: Option<&TableVersion>,
) -> Result<RelationDiff, SqlError> {
    let side = |version: Option<&TableVersion>| {
        let version = version?;
        let VersionRows::Described(described) = &version.rows else {
            return None;
        };
        let all: Vec<(Row, u64)> = (**described).clone();
        Some(rows::Side {
            schema: Arc::clone(&version.schema),
            rows: all.into_iter().map(Ok),
        })
    };
    rows::diff::<SqlError, _, _>(side(from), side(to), &Options::default())
}
