//! `dolt_diff`: which tables each commit changed, against its first parent; what is staged and what is not come first.

use super::computed::{Computed, equal_text};
use super::define::{date, define, text};
use super::delta::{Delta, deltas, without_ignored};
use super::reader::Reader;
use super::state::State;
use super::{Found, Warnings};
use crate::engine::Comparison;
use crate::relation::Row;
use crate::sql::SqlError;
use crate::store::{Commit, Revision};
use crate::value::Value;

const COLUMNS: &str = "
    commit_hash text not null, table_name text not null, committer text, email text, date datetime(6), message text,
    data_change boolean not null, schema_change boolean not null, author text, author_email text,
    author_date datetime(6), primary key (commit_hash, table_name)";

/// `dolt_diff`.
pub(super) fn table(reader: &Reader) -> Result<Found, SqlError> {
    let reader = reader.clone();
    let warnings = Warnings::default();
    let told = warnings.clone();
    let compute = move |comparisons: &[Comparison]| {
        let wanted = equal_text(comparisons, 0);
        let mut rows = Vec::new();
        each(&reader, wanted.as_deref(), &told, |name, commit, delta| {
            let (data, schema) = (delta.data_change(&reader)?, delta.schema_change());
            if data || schema {
                rows.push(row(&reader, name, commit, delta, data, schema));
            }
            Ok(())
        })?;
        Ok(rows)
    };
    Ok(Found::source(
        define("diff", COLUMNS),
        Computed::new(vec![0], compute),
        warnings,
    ))
}

/// Visits each table that a step of history changed: the step's name, its commit, the table. A commit that cannot be read
/// is left out with a warning.
pub(super) fn each(
    reader: &Reader,
    wanted: Option<&str>,
    warnings: &Warnings,
    mut visit: impl FnMut(&str, Option<&Commit>, &Delta) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name));
    let head = match reader.head {
        Some(id) => reader.state_of(Revision::Commit(id)),
        None => State::nothing(),
    };
    if reader.is_working() {
        let staged = reader.state_of(Revision::Staged);
        let steps = [
            ("WORKING", &staged, reader.working_state()),
            ("STAGED", &head, staged.clone()),
        ];
        for (name, from, to) in steps {
            if is_wanted(name) {
                let found = deltas(reader, from, &to)?;
                for delta in without_ignored(reader, (from, &to), found)? {
                    visit(name, None, &delta)?;
                }
            }
        }
    }
    for node in reader.history(reader.head.as_slice())? {
        let name = node.commit.id.to_string();
        if !is_wanted(&name) {
            continue;
        }
        let from = match node.commit.parents.first() {
            Some(parent) => reader.state_of(Revision::Commit(*parent)),
            None => State::nothing(),
        };
        let to = reader.state_of(Revision::Commit(node.commit.id));
        let visited = deltas(reader, &from, &to).and_then(|deltas| {
            let mut deltas = deltas.iter();
            deltas.try_for_each(|delta| visit(&name, Some(&node.commit), delta))
        });
        if let Err(error) = visited {
            warnings.unreadable(&name, &error);
        }
    }
    Ok(())
}

/// Cells about a commit's committer, or its author; NULL where there is no commit.
pub(super) fn signature(commit: Option<&Commit>, author: bool) -> [Value; 3] {
    let Some(commit) = commit else {
        return [Value::Null, Value::Null, Value::Null];
    };
    let of = match author {
        true => &commit.author,
        false => &commit.committer,
    };
    [
        text(of.name.as_str()),
        text(of.email.as_str()),
        date(of.seconds),
    ]
}

/// The message as a cell.
pub(super) fn message(commit: Option<&Commit>) -> Value {
    commit.map_or(Value::Null, |commit| text(commit.message.trim_end()))
}

fn row(
    reader: &Reader,
    name: &str,
    commit: Option<&Commit>,
    delta: &Delta,
    data: bool,
    schema: bool,
) -> Row {
    let mut row = vec![text(name), text(delta.name(reader))];
    row.extend(signature(commit, false));
    row.push(message(commit));
    row.extend([Value::Int(i64::from(data)), Value::Int(i64::from(schema))]);
    row.extend(signature(commit, true));
    row
}
