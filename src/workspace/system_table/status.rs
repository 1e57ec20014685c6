//! `dolt_status`, `dolt_status_ignored`: tables that differ between HEAD, what is staged and the working set.

use std::collections::BTreeSet;

use super::Found;
use super::define::{define, text};
use super::delta::{Delta, deltas};
use super::reader::{Reader, failed};
use super::reserved::{ignored as ignore_rules, is_ignored};
use super::state::State;
use crate::relation::Row;
use crate::sql::SqlError;
use crate::store::Revision;
use crate::value::Value;
use crate::workspace::{Error, place};

const COLUMNS: &str = "
    table_name text not null, staged tinyint(1) not null, status text not null,
    primary key (table_name, staged, status)";

const IGNORED: &str = "
    table_name text not null, staged tinyint(1) not null, status text not null, ignored tinyint(1) not null,
    primary key (table_name, staged, status)";

/// One changed thing.
struct Entry {
    name: String,
    staged: bool,
    status: &'static str,
    ignored: bool,
}

/// `dolt_status`.
pub(super) fn status(reader: &Reader) -> Result<Found, SqlError> {
    let rows = entries(reader)?
        .into_iter()
        .filter(|entry| !entry.ignored)
        .map(|entry| row(&entry));
    Ok(Found::rows(define("status", COLUMNS), rows.collect()))
}

/// `dolt_status_ignored`.
pub(super) fn ignored(reader: &Reader) -> Result<Found, SqlError> {
    let rows = entries(reader)?.into_iter().map(|entry| {
        let mut row = row(&entry);
        row.push(Value::Int(i64::from(entry.ignored)));
        row
    });
    Ok(Found::rows(
        define("status_ignored", IGNORED),
        rows.collect(),
    ))
}

fn row(entry: &Entry) -> Row {
    vec![
        text(entry.name.as_str()),
        Value::Int(i64::from(entry.staged)),
        text(entry.status),
    ]
}

fn entries(reader: &Reader) -> Result<Vec<Entry>, SqlError> {
    if !reader.is_working() {
        return Ok(Vec::new());
    }
    let everywhere = Reader {
        keyspace: None,
        ..reader.clone()
    };
    let head = match reader.head {
        Some(id) => reader.state_of(Revision::Commit(id)),
        None => State::nothing(),
    };
    let staged = reader.state_of(Revision::Staged);
    let working = reader.working_state();
    let rules = ignore_rules(reader)?;
    let mut found = Vec::new();
    for (is_staged, from, to) in [(true, &head, &staged), (false, &staged, &working)] {
        for delta in deltas(&everywhere, from, to)? {
            let status = match delta.kind() {
                "added" => "new table",
                "dropped" => "deleted",
                "renamed" => "renamed",
                _ => "modified",
            };
            let name = match status {
                "renamed" => format!(
                    "{} -> {}",
                    Delta::side(reader, delta.from.as_ref()),
                    Delta::side(reader, delta.to.as_ref())
                ),
                _ => delta.name(reader),
            };
            let is_new = !is_staged && status == "new table";
            found.push(Entry {
                name,
                staged: is_staged,
                status,
                ignored: is_new && is_ignored(&rules, &delta.name(reader))?,
            });
        }
    }
    found.extend(others(reader)?);
    unsettled(reader, found)
}

/// Adds what a merge left to be settled: tables with conflicts or violations are not staged, as long as they have them.
fn unsettled(reader: &Reader, mut found: Vec<Entry>) -> Result<Vec<Entry>, SqlError> {
    let open = reader.workspace.conflicts().map_err(Error::into_sql)?;
    let Some(open) = open else { return Ok(found) };
    let entry = |name: &str, status: &'static str| Entry {
        name: name.to_owned(),
        staged: false,
        status,
        ignored: false,
    };
    let mut first = Vec::new();
    let tables = open
        .violations
        .tables
        .iter()
        .filter(|table| !table.rows.is_empty());
    let broken: BTreeSet<String> = tables
        .map(|table| reader.shown_name(&table.keyspace, &table.table))
        .collect();
    first.extend(
        broken
            .iter()
            .map(|name| entry(name, "constraint violation")),
    );
    let (mut rows, mut definitions) = (BTreeSet::new(), BTreeSet::new());
    for relation in &open.conflicts.relations {
        let is_table = relation.shard.is_some();
        for conflict in &relation.rows {
            let object = match is_table {
                true => relation.relation.clone(),
                false => relation.object_of(conflict),
            };
            let (keyspace, table) = object.split_once('.').unwrap_or(("", &object));
            let name = reader.shown_name(keyspace, table);
            match is_table {
                true => rows.insert(name),
                false => definitions.insert(name),
            };
        }
    }
    first.extend(
        definitions
            .iter()
            .map(|name| entry(name, "schema conflict")),
    );
    first.extend(rows.iter().map(|name| entry(name, "conflict")));
    found.retain(|entry| !broken.contains(&entry.name) || rows.contains(&entry.name));
    for entry in found.iter_mut().filter(|entry| rows.contains(&entry.name)) {
        entry.staged = false;
    }
    first.extend(found);
    let mut seen = BTreeSet::new();
    first.retain(|entry| seen.insert((entry.name.clone(), entry.staged, entry.status)));
    Ok(first)
}

/// Files of the catalog that are no table's: views and VSchemas by their object's name, others by their path.
fn others(reader: &Reader) -> Result<Vec<Entry>, SqlError> {
    let mut found = BTreeSet::new();
    for entry in reader.store().status().map_err(failed)?.entries {
        if place::table_of(&entry.path).is_some() || entry.path.ends_with("/identities.json") {
            continue;
        }
        let (kind, object) = place::object_of(&entry.path);
        let name = match kind {
            "view" => object
                .split_once('.')
                .map_or(object.clone(), |(keyspace, view)| {
                    reader.shown_name(keyspace, view)
                }),
            _ => entry.path.clone(),
        };
        let word = |change: crate::store::ChangeKind| match change {
            crate::store::ChangeKind::Added => "new schema",
            crate::store::ChangeKind::Deleted => "deleted schema",
            _ => "modified",
        };
        if entry.untracked {
            found.insert((false, name, "new schema"));
            continue;
        }
        if let Some(change) = entry.staged {
            found.insert((true, name.clone(), word(change)));
        }
        if let Some(change) = entry.worktree {
            found.insert((false, name, word(change)));
        }
    }
    let entry = |(staged, name, status)| Entry {
        name,
        staged,
        status,
        ignored: false,
    };
    // Staged things come first.
    Ok(found.into_iter().rev().map(entry).collect())
}
