//! `dolt_constraint_violations` and `dolt_constraint_violations_<table>`: rows that a merge left breaking a constraint.
//! Deleting one means that it was looked at.

use std::collections::BTreeMap;

use super::define::{column, define, name_type, of_columns, prefixed, text};
use super::reader::Reader;
use super::{Found, Writer};
use crate::merge::{RowViolationKind, TableViolations};
use crate::relation::{Row, Schema};
use crate::sql::{SqlError, TableName};
use crate::value::{ColumnType, TypeKind, Value};
use crate::workspace::Error;
use crate::workspace::conflicts::row_id;
use crate::workspace::session::Session;

fn failed(error: Error) -> SqlError {
    error.into_sql()
}

const SUMMARY: &str =
    "`table` text not null, num_violations bigint unsigned not null, primary key (`table`(100))";

fn open(reader: &Reader) -> Result<Vec<TableViolations>, SqlError> {
    if !reader.is_working() {
        return Ok(Vec::new());
    }
    let open = reader.workspace.conflicts().map_err(failed)?;
    let mut tables = open.map(|open| open.violations.tables).unwrap_or_default();
    // What was asked for may be what a merge left: it is told once.
    for mut found in reader.workspace.verified_violations().map_err(failed)? {
        let is_same = |known: &&mut TableViolations| {
            (&known.keyspace, &known.table, &known.shard)
                == (&found.keyspace, &found.table, &found.shard)
        };
        match tables.iter_mut().find(is_same) {
            Some(known) => {
                found.rows.retain(|row| !known.rows.contains(row));
                known.rows.append(&mut found.rows);
            }
            None => tables.push(found),
        }
    }
    Ok(tables)
}

/// `dolt_constraint_violations`.
pub(super) fn table(reader: &Reader) -> Result<Found, SqlError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for found in open(reader)? {
        let name = match reader.keyspace.as_ref() == Some(&found.keyspace) {
            true => found.table.clone(),
            false => format!("{}.{}", found.keyspace, found.table),
        };
        *counts.entry(name).or_default() += u64::try_from(found.rows.len()).unwrap_or(u64::MAX);
    }
    let rows = counts
        .into_iter()
        .map(|(name, count)| vec![text(name), Value::UInt(count)]);
    Ok(Found::rows(
        define("constraint_violations", SUMMARY),
        rows.collect(),
    ))
}

/// `dolt_constraint_violations_<table>`.
pub(super) fn of_table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    Ok(lines(reader, name)?.0)
}

fn lines(reader: &Reader, name: &TableName) -> Result<(Found, Vec<String>), SqlError> {
    let keyspace = name.keyspace.as_ref().or(reader.keyspace.as_ref());
    let declared = keyspace.and_then(|keyspace| reader.catalog.keyspaces.get(keyspace));
    let (keyspace, table) = keyspace
        .zip(declared)
        .and_then(|(keyspace, declared)| {
            let mut tables = declared.tables.iter();
            let (_, table) = tables.find(|(known, _)| known.eq_ignore_ascii_case(&name.name))?;
            Some((keyspace, table))
        })
        .ok_or_else(|| reader.no_such_table(name))?;
    let schema = crate::workspace::rows::table_schema(&reader.catalog, keyspace, table);
    let others = (0..schema.columns.len()).filter(|at| !schema.key.contains(at));
    let order: Vec<usize> = schema.key.iter().copied().chain(others).collect();
    let ordered = Schema {
        columns: order.iter().map(|&at| schema.columns[at].clone()).collect(),
        ..schema.clone()
    };
    let kinds = ColumnType {
        members: RowViolationKind::ALL
            .iter()
            .map(|(_, name)| (*name).to_owned())
            .collect(),
        ..ColumnType::new(TypeKind::Enum)
    };
    let mut columns = vec![
        column("from_root_ish", name_type()),
        column("violation_type", kinds),
    ];
    if !schema.is_keyed() {
        columns.push(column("dolt_row_hash", ColumnType::new(TypeKind::Blob)));
    }
    columns.extend(prefixed(&ordered, ""));
    columns.push(column("violation_info", ColumnType::new(TypeKind::Json)));
    let operation = reader.workspace.operation().map_err(failed)?;
    let from = operation
        .and_then(|operation| operation.step)
        .map(|step| step.source.to_string());
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for found in open(reader)? {
        if found.keyspace != *keyspace || found.table != table.name() {
            continue;
        }
        for violation in &found.rows {
            let mut row = vec![
                from.clone().map_or(Value::Null, text),
                text(violation.kind.to_string()),
            ];
            if !schema.is_keyed() {
                row.push(Value::Bytes(crate::relation::encode::key_bytes(
                    &found.schema,
                    &violation.row,
                )));
            }
            row.extend(
                order
                    .iter()
                    .map(|&at| violation.row.get(at).cloned().unwrap_or_default()),
            );
            row.push(Value::Json(violation.info.clone()));
            rows.push(row);
            ids.push(row_id(&found.schema, &found.shard, violation));
        }
    }
    Ok((
        Found::rows(of_columns("constraint_violations", columns), rows),
        ids,
    ))
}

/// The table, and what carries changes of it out.
pub(super) fn writer(
    reader: &Reader,
    name: &TableName,
) -> Result<(Found, Box<dyn Writer>), SqlError> {
    let (found, ids) = lines(reader, name)?;
    Ok((found, Box::new(Dismissing { ids })))
}

struct Dismissing {
    ids: Vec<String>,
}

impl Writer for Dismissing {
    fn write(&self, session: &mut Session, before: &[Row], after: &[Row]) -> Result<(), SqlError> {
        let mut left: Vec<&Row> = after.iter().collect();
        let mut dismissed = Vec::new();
        for (row, id) in before.iter().zip(&self.ids) {
            match left.iter().position(|known| *known == row) {
                Some(at) => _ = left.remove(at),
                None => dismissed.push(id.clone()),
            }
        }
        if !left.is_empty() {
            return Err(SqlError::unknown(
                "rows of a violation table are deleted only",
            ));
        }
        let workspace = session.workspace();
        workspace
            .dismiss_verified(dismissed.clone())
            .map_err(failed)?;
        workspace.dismiss(dismissed).map(drop).map_err(failed)
    }
}
