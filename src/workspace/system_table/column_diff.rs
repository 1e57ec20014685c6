//! `dolt_column_diff`: which columns each commit changed: added, removed, or modified in a row at least.

use std::collections::BTreeSet;

use super::computed::{Computed, equal_text};
use super::define::{define, text};
use super::delta::Delta;
use super::diff_tables::{each, message, signature};
use super::reader::Reader;
use super::{Found, Warnings};
use crate::diff::{Change, columns};
use crate::engine::Comparison;
use crate::relation::{Role, Schema};
use crate::sql::SqlError;

const COLUMNS: &str = "
    commit_hash text not null, table_name text not null, column_name text not null, committer text, email text,
    date datetime, message text, diff_type text not null, author text, author_email text, author_date datetime,
    primary key (commit_hash, table_name, column_name)";

/// `dolt_column_diff`.
pub(super) fn table(reader: &Reader) -> Result<Found, SqlError> {
    let reader = reader.clone();
    let warnings = Warnings::default();
    let told = warnings.clone();
    let compute = move |comparisons: &[Comparison]| {
        let wanted = equal_text(comparisons, 0);
        let mut rows = Vec::new();
        each(&reader, wanted.as_deref(), &told, |name, commit, delta| {
            for (column, kind) in changed(&reader, delta)? {
                let mut row = vec![text(name), text(delta.name(&reader)), text(column)];
                row.extend(signature(commit, false));
                row.extend([message(commit), text(kind)]);
                row.extend(signature(commit, true));
                rows.push(row);
            }
            Ok(())
        })?;
        Ok(rows)
    };
    Ok(Found::source(
        define("column_diff", COLUMNS),
        Computed::new(vec![0], compute),
        warnings,
    ))
}

/// Returns the columns that differ with the kind of their difference, in table order, removed ones last.
fn changed(reader: &Reader, delta: &Delta) -> Result<Vec<(String, &'static str)>, SqlError> {
    let all = |schema: &Schema, kind: &'static str| {
        schema
            .columns
            .iter()
            .map(|column| (column.name.clone(), kind))
            .collect()
    };
    let (from, to) = match (&delta.from, &delta.to) {
        (Some(from), Some(to)) => (from, to),
        (None, Some(to)) => return Ok(all(&to.schema, "added")),
        (Some(from), None) => return Ok(all(&from.schema, "removed")),
        (None, None) => return Ok(Vec::new()),
    };
    let diff = reader.diff(Some(from), Some(to))?;
    let pairs = columns::pair(Some(&from.schema), Some(&to.schema));
    let mut touched: BTreeSet<usize> = BTreeSet::new();
    for change in &diff.changes {
        for (at, pair) in pairs.iter().enumerate() {
            let is = match change {
                Change::Added(row, _) => !pair.to_cell(row).is_null(),
                Change::Removed(row, _) => !pair.from_cell(row).is_null(),
                Change::Modified { from, to } => pair.from_cell(from) != pair.to_cell(to),
            };
            if is {
                touched.insert(at);
            }
        }
    }
    let mut found = Vec::new();
    let mut removed = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        match (pair.from, pair.to) {
            (None, Some(new)) => found.push((to.schema.columns[new].name.clone(), "added")),
            (Some(old), None) => removed.push((from.schema.columns[old].name.clone(), "removed")),
            (Some(_), Some(new)) => {
                let column = &to.schema.columns[new];
                if touched.contains(&at) && column.role != Role::Identity {
                    found.push((column.name.clone(), "modified"));
                }
            }
            (None, None) => {}
        }
    }
    found.append(&mut removed);
    Ok(found)
}
