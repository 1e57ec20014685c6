//! Whether a commit changed a subject against one of its parents, where the units that changed hold more than it; and
//! the names a subject had before that commit.

use super::subject::{KeyValue, MARK, table_path, view_path, vschema_path};
use super::version::{self, TableVersion};
use super::{Error, Subject, units};
use crate::catalog::Catalog;
use crate::diff::{self, Change, RelationDiff};
use crate::relation::{Row, Schema};
use crate::store::{Commit, Store};
use crate::value::Value;

/// Returns the subject by the names it had in `parent`, a parent of `commit`. `renames` tells whether the commit changed
/// the identities of its keyspace against this parent.
pub(super) fn before(
    store: &Store,
    subject: &Subject,
    commit: &Commit,
    parent: &Commit,
    renames: bool,
) -> Result<Subject, Error> {
    let Some((keyspace, table)) = subject.table() else {
        return Ok(subject.clone());
    };
    let mut renamed = subject.clone();
    if renames {
        let now = version::identities(store, commit.tree, keyspace)?;
        let then = version::identities(store, parent.tree, keyspace)?;
        let identity = now.table(table);
        let named = then.tables.iter().find(|(_, known)| *known == identity);
        let name = named.map_or(identity, |(name, _)| name);
        // A name that stands for another table there is not this one's.
        if name != table && then.table(name) == identity && exists(store, parent, keyspace, name)? {
            renamed = subject.with_table(name.to_owned());
        }
    }
    if let Subject::Row { .. } = subject {
        renamed = key_before(store, subject, renamed, commit, parent)?;
    }
    Ok(renamed)
}

fn exists(store: &Store, commit: &Commit, keyspace: &str, table: &str) -> Result<bool, Error> {
    for path in [table_path(keyspace, table), view_path(keyspace, table)] {
        if store.object_at(commit.tree, &path)?.is_some() {
            return Ok(true);
        }
    }
    let unit = super::subject::entry_unit(&vschema_path(keyspace), "tables", table);
    units::differs(store, &unit, None, commit.tree)
}

/// Follows a row across a change of its table's primary key: by the old key's cells in the row, or, where the old key
/// is gone, by the row that has the new key's values.
fn key_before(
    store: &Store,
    subject: &Subject,
    mut renamed: Subject,
    commit: &Commit,
    parent: &Commit,
) -> Result<Subject, Error> {
    let (
        Subject::Row {
            keyspace,
            table,
            key,
            ..
        },
        Some((_, old_table)),
    ) = (subject, renamed.table())
    else {
        return Ok(renamed);
    };
    let definition =
        |commit: &Commit, table: &str| store.object_at(commit.tree, &table_path(keyspace, table));
    if table == old_table && definition(commit, table)? == definition(parent, table)? {
        return Ok(renamed);
    }
    let now = readable(TableVersion::read(store, commit, keyspace, table))?;
    let then = readable(TableVersion::read(store, parent, keyspace, old_table))?;
    let (now, then) = match (now, then) {
        (Some(Some(now)), Some(Some(then))) => (now, then),
        // What an older table of this name had is another row.
        (_, Some(None)) => return Ok(Subject::nothing()),
        _ => return Ok(renamed),
    };
    let identities = |schema: &Schema| -> Vec<String> {
        let key = schema.key.iter();
        key.map(|&at| schema.columns[at].identity.clone()).collect()
    };
    let old = identities(&then.schema);
    if old.is_empty() || old.iter().eq(key.iter().map(|(identity, _)| identity)) {
        return Ok(renamed);
    }
    let row = now
        .find(store, key, &commit.id.to_string())?
        .into_values()
        .next();
    let carried: Option<Vec<(String, KeyValue)>> = row.and_then(|row| {
        let cell = |identity: &String| {
            let at = now.schema.position(identity)?;
            Some((identity.clone(), KeyValue(row.get(at)?.clone())))
        };
        old.iter().map(cell).collect()
    });
    let found = match carried {
        Some(key) => Some(key),
        None => {
            let rows = then.find(store, key, &parent.id.to_string())?;
            rows.into_values().next().map(|row| then.named_key(&row))
        }
    };
    match (found, &mut renamed) {
        (Some(found), Subject::Row { key, .. }) => *key = found,
        // No row there is this one.
        _ => renamed = Subject::nothing(),
    }
    Ok(renamed)
}

/// Tells whether the commit changed the subject against a parent, in which it is `old`; `None` for a root.
pub(super) fn changed(
    store: &Store,
    parent: Option<(&Commit, &Subject)>,
    commit: &Commit,
    new: &Subject,
) -> Result<bool, Error> {
    match new {
        Subject::Path(path) => {
            let old = parent.map(|(parent, _)| store.object_at(parent.tree, path));
            Ok(old.transpose()?.flatten() != store.object_at(commit.tree, path)?)
        }
        Subject::Part {
            keyspace,
            table,
            relation,
            identity,
        } => part_changed(
            store,
            parent.map(|(parent, old)| (parent, old.table().map_or(table.as_str(), |at| at.1))),
            commit,
            (keyspace, table),
            (relation, identity),
        ),
        Subject::Row {
            keyspace,
            table,
            key,
            column,
        } => {
            let now = readable(rows(store, commit, keyspace, table, key))?;
            let then = match parent {
                Some((parent, Subject::Row { table, key, .. })) => {
                    readable(rows(store, parent, keyspace, table, key))?
                }
                _ => Some(None),
            };
            let (Some(then), Some(now)) = (then, now) else {
                // What cannot be read may well have changed.
                return Ok(true);
            };
            Ok(rows_differ(then, now, column.as_deref()))
        }
        Subject::Relation(relation) => {
            let old = match parent {
                Some((parent, _)) => whole(store, parent)?,
                None => Some(Catalog::default()),
            };
            let (Some(old), Some(new)) = (old, whole(store, commit)?) else {
                // What cannot be read may well have changed.
                return Ok(true);
            };
            let diffs = diff::catalog::diff(&old, &new, &diff::Options::default());
            Ok(diffs.iter().any(|diff| diff.name() == *relation))
        }
        Subject::Keyspace(_) | Subject::Table { .. } | Subject::Vindex { .. } => Ok(true),
    }
}

/// Takes what cannot be read as a definition for an answer of its own: `None`.
fn readable<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Error::Unreadable { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn whole(store: &Store, commit: &Commit) -> Result<Option<Catalog>, Error> {
    let mut found = Vec::new();
    for (path, id) in store.files(&crate::store::Revision::Commit(commit.id), "")? {
        if matches!(crate::catalog::files::Place::of(&path), Ok(Some(_))) {
            found.push((path, store.read(id)?));
        }
    }
    Ok(crate::catalog::files::read(found).ok())
}

type Found = Option<(TableVersion, std::collections::BTreeMap<String, Row>)>;

fn rows(
    store: &Store,
    commit: &Commit,
    keyspace: &str,
    table: &str,
    key: &version::NamedKey,
) -> Result<Found, Error> {
    let Some(version) = TableVersion::read(store, commit, keyspace, table)? else {
        return Ok(None);
    };
    let found = version.find(store, key, &commit.id.to_string())?;
    Ok(Some((version, found)))
}

/// Tells whether a row, or one cell of it, differs in any shard.
fn rows_differ(then: Found, now: Found, column: Option<&str>) -> bool {
    let none = std::collections::BTreeMap::new();
    let (old_schema, old) = match &then {
        Some((version, rows)) => (Some(&version.schema), rows),
        None => (None, &none),
    };
    let (new_schema, new) = match &now {
        Some((version, rows)) => (Some(&version.schema), rows),
        None => (None, &none),
    };
    if old.keys().ne(new.keys()) {
        return true;
    }
    let (Some(old_schema), Some(new_schema)) = (old_schema, new_schema) else {
        return false;
    };
    let comparison = diff::columns::Comparison::new(old_schema, new_schema);
    old.iter()
        .zip(new)
        .any(|((_, old), (_, new))| match column {
            None => comparison.differs(old, new),
            Some(column) => comparison.changed(old, new).iter().any(|pair| {
                let of = |schema: &Schema, at: Option<usize>| {
                    at.is_some_and(|at| schema.columns[at].identity == column)
                };
                of(old_schema, pair.from) || of(new_schema, pair.to)
            }),
        })
}

fn part_changed(
    store: &Store,
    parent: Option<(&Commit, &str)>,
    commit: &Commit,
    (keyspace, table): (&str, &str),
    (relation, identity): (&str, &str),
) -> Result<bool, Error> {
    // The VSchema is read only where the table's entry in it differs.
    let entry = |table: &str| {
        let unit = super::subject::entry_unit(&vschema_path(keyspace), "tables", table);
        units::differs(
            store,
            &unit,
            parent.map(|(parent, _)| parent.tree),
            commit.tree,
        )
    };
    let vschema = relation == "columns" && entry(table)?;
    let read =
        |commit: &Commit, table: &str| version::partial(store, commit, keyspace, &[table], vschema);
    let old = parent.map_or(Ok(Catalog::default()), |(parent, table)| {
        read(parent, table)
    });
    let (Ok(old), Ok(new)) = (old, read(commit, table)) else {
        return Ok(true);
    };
    let table_identity = new
        .keyspaces
        .get(keyspace)
        .map_or(table, |keyspace| keyspace.identities.table(table))
        .to_owned();
    let diffs = diff::catalog::diff(&old, &new, &diff::Options::default());
    Ok(diffs
        .iter()
        .any(|diff| concerns(diff, keyspace, &table_identity, relation, identity)))
}

/// Tells whether a diff of a catalog relation has a change of one part of one table.
fn concerns(
    diff: &RelationDiff,
    keyspace: &str,
    table: &str,
    relation: &str,
    identity: &str,
) -> bool {
    let by = match (relation, diff.name()) {
        (wanted, found) if wanted == found => OWN_KEY,
        // A column's routing is part of it.
        ("columns", "vschema_columns") => OWN_KEY,
        ("columns", "column_vindexes") => "columns identity",
        _ => return false,
    };
    let sides = |change: &Change| -> Vec<(bool, Row)> {
        match change {
            Change::Added(row, _) => vec![(true, row.clone())],
            Change::Removed(row, _) => vec![(false, row.clone())],
            Change::Modified { from, to } => vec![(false, from.clone()), (true, to.clone())],
        }
    };
    diff.changes.iter().flat_map(sides).any(|(is_new, row)| {
        let schema = if is_new { &diff.to } else { &diff.from };
        let Some(schema) = schema else { return false };
        let key = |at: usize| {
            let value = schema.key.get(at).and_then(|&at| row.get(at));
            value.and_then(Value::to_text).unwrap_or_default()
        };
        if key(0) != keyspace || key(1) != table {
            return false;
        }
        if by == OWN_KEY {
            return key(2) == identity;
        }
        let cell = schema.position(by).and_then(|at| row.get(at));
        let names = cell.and_then(Value::to_text).unwrap_or_default();
        names
            .split(", ")
            .any(|name| name.trim_matches('`') == identity)
    })
}

/// The third part of a row's key.
const OWN_KEY: &str = "";

/// Returns the unit that changes whenever a table or a part of it is renamed.
pub(super) fn renames_unit(subject: &Subject) -> Option<String> {
    let (keyspace, _) = subject.table()?;
    let path = super::subject::identities_path(keyspace);
    debug_assert!(!path.contains(MARK), "a path has no mark");
    Some(path)
}
