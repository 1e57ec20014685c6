//! `dolt_history_<table>`: the table's whole content at every commit that HEAD reaches, newest commit first.

use std::sync::Arc;

use super::computed::{Computed, equal_text};
use super::define::{column, date, of_columns, prefixed};
use super::reader::Reader;
use super::{Found, Warnings};
use crate::engine::Comparison;
use crate::relation::{Row, Schema};
use crate::sql::{SqlError, TableName};
use crate::store::Revision;
use crate::value::{ColumnType, TypeKind, Value};

/// `dolt_history_<table>`.
pub(super) fn table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    let shown = reader
        .version(&reader.working_state(), name)?
        .ok_or_else(|| reader.no_such_table(name))?;
    let mut columns = prefixed(&shown.schema, "");
    let commit_hash = columns.len();
    columns.push(column(
        "commit_hash",
        ColumnType::with_length(TypeKind::VarChar, 40),
    ));
    columns.push(column(
        "committer",
        ColumnType::with_length(TypeKind::VarChar, 1024),
    ));
    columns.push(column(
        "commit_date",
        ColumnType::with_length(TypeKind::DateTime, 3),
    ));
    let definition = of_columns(&name.name, columns);
    let warnings = Warnings::default();
    let (reader, told) = (reader.clone(), warnings.clone());
    let table = TableName {
        keyspace: (!shown.keyspace.is_empty()).then(|| shown.keyspace.clone()),
        name: shown.name.clone(),
    };
    let compute = move |comparisons: &[Comparison]| {
        let wanted = equal_text(comparisons, commit_hash);
        let mut found = Vec::new();
        for node in reader.history(reader.head.as_slice())? {
            let id = node.commit.id.to_string();
            if wanted.as_ref().is_some_and(|wanted| *wanted != id) {
                continue;
            }
            let state = reader.state_of(Revision::Commit(node.commit.id));
            let read = reader.version(&state, &table).and_then(|version| {
                let rows = version.as_ref().map(|version| reader.rows(version));
                Ok(version.zip(rows.transpose()?))
            });
            let (version, rows) = match read {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(error) => {
                    told.unreadable(&id, &error);
                    continue;
                }
            };
            let columns = Columns::new(&shown.schema, &version.schema, &told);
            for (row, count) in rows {
                let mut cells = columns.cells(&row);
                cells.extend([
                    Value::Text(id.clone()),
                    Value::Text(node.commit.committer.name.clone()),
                    date(node.commit.committer.seconds),
                ]);
                for _ in 0..count {
                    found.push(cells.clone());
                }
            }
        }
        Ok(found)
    };
    Ok(Found::source(
        definition,
        Computed::new(vec![commit_hash], compute),
        warnings,
    ))
}

/// Where the columns that are shown are in a version's rows.
struct Columns(Vec<Option<usize>>);

impl Columns {
    /// Matches columns by identity; one of another type is not shown, and a warning says so.
    fn new(shown: &Arc<Schema>, version: &Schema, warnings: &Warnings) -> Self {
        let place = |at: usize| {
            let column = &shown.columns[at];
            let there = version.position(&column.identity)?;
            let old = &version.columns[there].column_type;
            if old.kind == column.column_type.kind && old.unsigned == column.column_type.unsigned {
                return Some(there);
            }
            warnings.push(
                1246,
                format!(
                    "Unable to convert field {} in historical rows because its type ({}) doesn't match current schema's type ({})",
                    column.name,
                    Reader::type_text(old),
                    Reader::type_text(&column.column_type)
                ),
            );
            None
        };
        Self(shown.shown().map(place).collect())
    }

    fn cells(&self, row: &Row) -> Row {
        let cell = |place: &Option<usize>| {
            place
                .and_then(|at| row.get(at).cloned())
                .unwrap_or_default()
        };
        self.0.iter().map(cell).collect()
    }
}
