//! `dolt_commit_diff_<table>`: what changed between two states that the query names by `to_commit` and `from_commit`.

use std::sync::Arc;

use super::computed::{Computed, equal_text};
use super::diff_table::present;
use super::pair::{self, Halves};
use super::reader::Reader;
use super::{Found, Warnings};
use crate::engine::Comparison;
use crate::sql::{SqlError, TableName};

/// `dolt_commit_diff_<table>`.
pub(super) fn table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    let shown = present(reader, name)?;
    let schema = Arc::clone(&shown.schema);
    let definition = pair::definition(&name.name, &schema, &schema);
    let position = |column: &str| definition.columns.iter().position(|c| c.name == column);
    let (to_commit, from_commit) = (position("to_commit"), position("from_commit"));
    let warnings = Warnings::default();
    let (reader, told) = (reader.clone(), warnings.clone());
    let table = TableName {
        keyspace: (!shown.keyspace.is_empty()).then(|| shown.keyspace.clone()),
        name: shown.name.clone(),
    };
    let compute = move |comparisons: &[Comparison]| {
        let to = to_commit.and_then(|at| equal_text(comparisons, at));
        let from = from_commit.and_then(|at| equal_text(comparisons, at));
        let (Some(to), Some(from)) = (to, from) else {
            return Err(SqlError::unknown(format!(
                "error querying table dolt_commit_diff_{}: dolt_commit_diff_* tables must be filtered to a single 'to_commit'",
                table.name
            )));
        };
        let (to, from) = (reader.state(&to)?, reader.state(&from)?);
        let old = reader.version(&from, &table)?;
        let new = reader.version(&to, &table)?;
        let comparable = match (&old, &new) {
            (Some(old), Some(new)) => crate::diff::rows::same_key(&old.schema, &new.schema),
            (None, None) => false,
            _ => true,
        };
        if !comparable {
            told.push(
                1105,
                format!(
                    "cannot render full diff between commits {} and {} due to primary key set change",
                    from.name, to.name
                ),
            );
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let diff = reader.diff(old.as_ref(), new.as_ref())?;
        let halves = Halves {
            to: &schema,
            from: &schema,
        };
        halves.push(&diff, (&from, &to), &mut found, &told);
        Ok(found)
    };
    let narrowing = [to_commit, from_commit].into_iter().flatten().collect();
    Ok(Found::source(
        definition,
        Computed::new(narrowing, compute),
        warnings,
    ))
}
