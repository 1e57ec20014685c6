//! Tables that differ between two states, renamed ones paired by identity.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::{Reader, failed};
use super::state::{State, TableVersion};
use crate::sql::{SqlError, TableName};
use crate::store::Revision;
use crate::workspace::place;

/// A table at two states; one of them may lack it.
pub(super) struct Delta {
    pub(super) from: Option<TableVersion>,
    pub(super) to: Option<TableVersion>,
}

impl Delta {
    /// `added`, `dropped`, `renamed` or `modified`.
    pub(super) fn kind(&self) -> &'static str {
        match (&self.from, &self.to) {
            (None, _) => "added",
            (_, None) => "dropped",
            (Some(from), Some(to)) if from.name != to.name => "renamed",
            _ => "modified",
        }
    }

    /// The name shown: the new one, or the old one of a table that is gone.
    pub(super) fn name(&self, reader: &Reader) -> String {
        let version = self.to.as_ref().or(self.from.as_ref());
        version.map_or_else(String::new, |version| {
            reader.shown_name(&version.keyspace, &version.name)
        })
    }

    /// One side's name; empty where there is none.
    pub(super) fn side(reader: &Reader, version: Option<&TableVersion>) -> String {
        version.map_or_else(String::new, |version| {
            reader.shown_name(&version.keyspace, &version.name)
        })
    }

    /// Whether the definition differs; that of a table that came or went does.
    pub(super) fn schema_change(&self) -> bool {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => from.create_text() != to.create_text(),
            _ => true,
        }
    }

    /// Whether primary keys cannot be compared.
    pub(super) fn key_changed(&self) -> bool {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => !crate::diff::rows::same_key(&from.schema, &to.schema),
            _ => false,
        }
    }

    /// Whether rows differ.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub(super) fn data_change(&self, reader: &Reader) -> Result<bool, SqlError> {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from.schema == to.schema => Ok(!from.same_rows(to)),
            (Some(from), Some(to)) if self.key_changed() => Ok(!from.same_rows(to)),
            (Some(_), Some(_)) => {
                let diff = reader.diff(self.from.as_ref(), self.to.as_ref())?;
                Ok(!diff.changes.is_empty())
            }
            (one, other) => Ok(one
                .as_ref()
                .or(other.as_ref())
                .is_some_and(|version| !version.is_empty())),
        }
    }
}

/// Returns the tables that differ between two states, by new name, then by old.
///
/// # Errors
/// When files or rows cannot be read.
pub(super) fn deltas(reader: &Reader, from: &State, to: &State) -> Result<Vec<Delta>, SqlError> {
    if from.revision == to.revision {
        return Ok(Vec::new());
    }
    let changed = changed_tables(reader, from, to)?;
    let is_equal = |key: &(String, String)| {
        changed
            .as_ref()
            .is_some_and(|changed| !changed.contains(key))
    };
    let versions = |state: &State| -> Result<BTreeMap<(String, String), TableVersion>, SqlError> {
        let mut found = BTreeMap::new();
        for (keyspace, name) in reader.tables(state)? {
            if is_equal(&(keyspace.clone(), name.clone())) {
                continue;
            }
            let table = TableName::qualified(keyspace.as_str(), name.as_str());
            if let Some(version) = reader.version(state, &table)? {
                found.insert((keyspace, name), version);
            }
        }
        Ok(found)
    };
    let (mut old, mut new) = (versions(from)?, versions(to)?);
    let mut found = Vec::new();
    let both: Vec<_> = old
        .keys()
        .filter(|key| new.contains_key(*key))
        .cloned()
        .collect();
    for key in both {
        let (from, to) = (old.remove(&key), new.remove(&key));
        if let (Some(from), Some(to)) = (from, to)
            && !from.is_same(&to)
        {
            found.push(Delta {
                from: Some(from),
                to: Some(to),
            });
        }
    }
    for (key, to) in new {
        let matched = old
            .iter()
            .find(|((keyspace, _), from)| *keyspace == key.0 && is_renamed(from, &to))
            .map(|(key, _)| key.clone());
        let from = matched.and_then(|key| old.remove(&key));
        found.push(Delta { from, to: Some(to) });
    }
    found.extend(old.into_values().map(|from| Delta {
        from: Some(from),
        to: None,
    }));
    found.sort_by_key(|delta| {
        let name = |side: &Option<TableVersion>| side.as_ref().map(|side| side.name.clone());
        (name(&delta.to).or(name(&delta.from)), name(&delta.from))
    });
    Ok(found)
}

/// Leaves out new tables that `dolt_ignore` names, where a side is not committed.
///
/// # Errors
/// Where patterns contradict each other.
pub(super) fn without_ignored(
    reader: &Reader,
    (from, to): (&State, &State),
    deltas: Vec<Delta>,
) -> Result<Vec<Delta>, SqlError> {
    if from.commit().is_some() && to.commit().is_some() {
        return Ok(deltas);
    }
    let rules = super::reserved::ignored(reader)?;
    let mut kept = Vec::with_capacity(deltas.len());
    for delta in deltas {
        let is_new = matches!(delta.kind(), "added" | "dropped");
        if !(is_new && super::reserved::is_ignored(&rules, &delta.name(reader))?) {
            kept.push(delta);
        }
    }
    Ok(kept)
}

/// Returns the tables whose files or rows differ between two commits, told by the ids of their trees alone; `None` where a
/// state is not committed.
fn changed_tables(
    reader: &Reader,
    from: &State,
    to: &State,
) -> Result<Option<BTreeSet<(String, String)>>, SqlError> {
    let (Some(from @ Revision::Commit(_)), Some(to @ Revision::Commit(_))) =
        (&from.revision, &to.revision)
    else {
        return Ok(None);
    };
    let changes = reader.store().changed_paths(from, to).map_err(failed)?;
    let paths = changes.paths.iter().map(|change| change.path.as_str());
    let mut changed: BTreeSet<_> = paths.filter_map(place::table_of).collect();
    let rows = changes.rows.into_iter();
    changed.extend(rows.map(|rows| (rows.place.keyspace, rows.place.table)));
    for path in changes.paths.iter().map(|change| change.path.as_str()) {
        // What was renamed stands in one file for all tables of a keyspace.
        if place::is_identities_path(path)
            && let Some(keyspace) = place::keyspace_of(path)
        {
            for revision in [from, to] {
                let tables = reader.table_names(revision)?.into_iter();
                changed.extend(tables.filter(|(of, _)| *of == keyspace));
            }
        }
    }
    Ok(Some(changed))
}

/// Whether two tables of different names are one that was renamed: its identity tells, or, where nobody recorded one, that
/// definition and rows are the same.
fn is_renamed(from: &TableVersion, to: &TableVersion) -> bool {
    from.identity == to.identity
        || (from.schema.columns == to.schema.columns
            && from.schema.key == to.schema.key
            && !from.is_empty()
            && from.same_rows(to))
}

/// Returns one table at two states, found under its old or its new name; `None` where neither has it.
///
/// # Errors
/// When files or rows cannot be read.
pub(super) fn delta_of(
    reader: &Reader,
    from: &State,
    to: &State,
    name: &TableName,
) -> Result<Option<Delta>, SqlError> {
    let (old, new) = (reader.version(from, name)?, reader.version(to, name)?);
    match (old, new) {
        (None, None) => Ok(None),
        (Some(old), Some(new)) => Ok(Some(Delta {
            from: Some(old),
            to: Some(new),
        })),
        (old, new) => {
            let is_it = |side: &Option<TableVersion>| {
                side.as_ref()
                    .is_some_and(|side| side.name.eq_ignore_ascii_case(&name.name))
            };
            let renamed = deltas(reader, from, to)?
                .into_iter()
                .find(|delta| is_it(&delta.from) || is_it(&delta.to));
            Ok(Some(renamed.unwrap_or(Delta { from: old, to: new })))
        }
    }
}
