//! `dolt_patch(from, to[, table])`: the statements that turn one state into the other, table by table: the definition
//! first, then the rows.

use std::collections::BTreeSet;

use super::arguments::{Table, range, texts};
use super::define::{define, text};
use super::delta::{Delta, delta_of, deltas};
use super::reader::Reader;
use super::state::State;
use super::{Call, Found, Warnings};
use crate::catalog::Catalog;
use crate::diff::{migration, row_sql};
use crate::sql::{SqlError, TableName};
use crate::value::Value;
use crate::workspace::{Error, place};

const COLUMNS: &str = "
    statement_order bigint unsigned not null, from_commit_hash text not null, to_commit_hash text not null,
    table_name text not null, diff_type text not null, statement text not null, primary key (statement_order)";

/// `dolt_patch`.
pub(super) fn function(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let range = range(reader, call, &texts(call)?, Table::Optional)?;
    let deltas = match &range.table {
        Some(name) => vec![
            delta_of(reader, &range.from, &range.to, name)?
                .ok_or_else(|| reader.no_such_table(name))?,
        ],
        None => deltas(reader, &range.from, &range.to)?,
    };
    let warnings = Warnings::default();
    let hash = |state: &State| match state.commit() {
        Some(id) => id.to_string(),
        None => state.name.to_ascii_uppercase(),
    };
    let (from, to) = (hash(&range.from), hash(&range.to));
    let mut rows = Vec::new();
    let mut number = 0;
    for delta in &deltas {
        let name = delta.name(reader);
        let schema = schema_statements(reader, delta, &range.from, &range.to)?;
        let data = data_statements(reader, delta, &name, &warnings)?;
        let kinds = schema
            .into_iter()
            .map(|statement| ("schema", statement))
            .chain(data.into_iter().map(|statement| ("data", statement)));
        for (kind, statement) in kinds {
            number += 1;
            rows.push(vec![
                Value::UInt(number),
                text(from.as_str()),
                text(to.as_str()),
                text(name.as_str()),
                text(kind),
                text(format!("{statement};")),
            ]);
        }
    }
    let mut found = Found::rows(define("patch", COLUMNS), rows);
    found.warnings = warnings;
    Ok(found)
}

/// The statements that change a table's definition.
fn schema_statements(
    reader: &Reader,
    delta: &Delta,
    from: &State,
    to: &State,
) -> Result<Vec<String>, SqlError> {
    let quote = |version: &super::state::TableVersion| {
        crate::sql::name::quote_table(&TableName::new(version.name.as_str()))
    };
    match (&delta.from, &delta.to) {
        (None, Some(to)) => Ok(vec![to.create_text()]),
        (Some(from), None) => Ok(vec![format!("DROP TABLE {}", quote(from))]),
        (Some(old), Some(new)) if delta.schema_change() => {
            let mut statements = Vec::new();
            if old.name != new.name {
                statements.push(format!("RENAME TABLE {} TO {}", quote(old), quote(new)));
            }
            statements.extend(migrated(reader, delta, from, to)?);
            Ok(statements)
        }
        _ => Ok(Vec::new()),
    }
}

/// What the planner of migrations says for this table alone.
fn migrated(
    reader: &Reader,
    delta: &Delta,
    from: &State,
    to: &State,
) -> Result<Vec<String>, SqlError> {
    let partial = |state: &State| -> Result<Catalog, SqlError> {
        let mut paths = BTreeSet::new();
        for version in [&delta.from, &delta.to].into_iter().flatten() {
            paths.insert(place::table_path(&version.keyspace, &version.name));
            paths.insert(place::identities_path(&version.keyspace));
            paths.insert(place::shards_path(&version.keyspace));
        }
        match &state.revision {
            Some(revision) => reader
                .workspace
                .read_catalog(revision, &paths)
                .map_err(Error::into_sql),
            None => Ok(Catalog::default()),
        }
    };
    let steps = migration::migration(&partial(from)?, &partial(to)?)
        .map_err(|error| SqlError::unknown(error.to_string()))?;
    let is_rename = |sql: &String| sql.starts_with("RENAME TABLE");
    let keyspace = delta.to.as_ref().map(|version| version.keyspace.clone());
    let prefix = keyspace.map_or_else(String::new, |keyspace| {
        format!("{}.", crate::sql::name::quote(&keyspace))
    });
    Ok(steps
        .iter()
        .map(migration::Step::sql)
        .filter(|sql| !sql.starts_with("--"))
        .map(|sql| sql.replacen(&prefix, "", 1))
        .filter(|sql| !is_rename(sql))
        .collect())
}

/// The statements that change a table's rows.
fn data_statements(
    reader: &Reader,
    delta: &Delta,
    name: &str,
    warnings: &Warnings,
) -> Result<Vec<String>, SqlError> {
    let Some(to) = &delta.to else {
        return Ok(Vec::new());
    };
    if delta.key_changed() {
        if delta.data_change(reader)? {
            warnings.push(
                1105,
                format!(
                    "Primary key sets differ between revisions for table '{name}', skipping data diff"
                ),
            );
        }
        return Ok(Vec::new());
    }
    let diff = reader.diff(delta.from.as_ref(), delta.to.as_ref())?;
    row_sql::statements(&diff, &TableName::new(to.name.as_str()))
        .map_err(|error| SqlError::unknown(error.to_string()))
}
