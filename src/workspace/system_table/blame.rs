//! `dolt_blame_<table>`: the commit that gave each row the content it has.
//!
//! As in Dolt it is computed from the table's changes: of each key the one with the latest date counts, and a key that
//! was removed, or is changed and not committed, is not shown.

use std::collections::BTreeMap;

use super::define::{column, date, of_columns};
use super::diff_table::{present, rows_of, walk};
use super::reader::{Reader, failed};
use super::{Found, Warnings};
use crate::relation::{Row, encode};
use crate::sql::{SqlError, TableName};
use crate::value::{ColumnType, TypeKind, Value};

/// What is known last of a key.
struct Last {
    key: Row,
    commit: Option<crate::store::CommitId>,
    removed: bool,
}

/// `dolt_blame_<table>`.
pub(super) fn table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    let shown = present(reader, name)?;
    if !shown.schema.is_keyed() {
        return Err(SqlError::unknown(
            "unable to generate blame view for table without primary key",
        ));
    }
    let warnings = Warnings::default();
    let mut keys: BTreeMap<Vec<u8>, Last> = BTreeMap::new();
    let schema = shown.schema.clone();
    walk(reader, &shown, &warnings, |_, to, diff| {
        let diff = diff()?;
        for (_, before, after) in rows_of(&diff) {
            let (row, of) = match (after, before) {
                (Some(row), _) => (row, diff.to.as_ref()),
                (None, Some(row)) => (row, diff.from.as_ref()),
                (None, None) => continue,
            };
            let Some(of) = of else { continue };
            // The walk goes back in time: what is seen first is the latest.
            let key = encode::key_bytes(of, row);
            let cells = of.shown_key().map(|at| row[at].clone()).collect();
            keys.entry(key).or_insert(Last {
                key: cells,
                commit: to.0.commit(),
                removed: after.is_none(),
            });
        }
        Ok(())
    })?;
    let mut columns: Vec<_> = schema
        .shown_key()
        .map(|at| {
            let key = &schema.columns[at];
            column(&key.name, key.column_type.clone())
        })
        .collect();
    let text = || ColumnType::new(TypeKind::Text);
    columns.push(column("commit", text()));
    columns.push(column(
        "commit_date",
        ColumnType::with_length(TypeKind::DateTime, 3),
    ));
    for name in ["committer", "email", "message"] {
        columns.push(column(name, text()));
    }
    let mut rows = Vec::new();
    for last in keys.into_values().filter(|last| !last.removed) {
        let Some(id) = last.commit else { continue };
        let commit = reader.store().commit(id).map_err(failed)?;
        let mut cells = last.key;
        cells.extend([
            Value::Text(id.to_string()),
            date(commit.committer.seconds),
            Value::Text(commit.committer.name.clone()),
            Value::Text(commit.committer.email.clone()),
            Value::Text(commit.message.trim_end().to_owned()),
        ]);
        rows.push(cells);
    }
    let mut found = Found::rows(of_columns(&name.name, columns), rows);
    found.warnings = warnings;
    Ok(found)
}
