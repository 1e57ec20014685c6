//! Whether a commit changed a subject against one of its parents, where the units that changed hold more than it; and
//! the names a subject had before that commit.

use std::collections::BTreeSet;

use super::subject::{KeyValue, MARK, table_path, view_path, vschema_path};
use super::version::{self, NamedKey, TableVersion, key_values};
use super::{Error, Subject, units};
use crate::catalog::Catalog;
use crate::diff::columns::Comparison;
use crate::diff::{self, Change, RelationDiff};
use crate::relation::{Row, Schema, encode};
use crate::store::{self, Commit, Store, TreeId};
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
        renamed = key_before(store, subject, renamed, commit, parent, renames)?;
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
    renames: bool,
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
    if !renames && definition(commit, table)? == definition(parent, table)? {
        return Ok(renamed);
    }
    let then = match readable(TableVersion::read(store, parent, keyspace, old_table))? {
        Some(Some(then)) => then,
        // What an older table of this name had is another row.
        Some(None) => return Ok(Subject::nothing()),
        None => return Ok(renamed),
    };
    let old: NamedKey = then
        .schema
        .key
        .iter()
        .map(|&at| {
            (
                then.schema.columns[at].identity.clone(),
                KeyValue(Value::Null),
            )
        })
        .collect();
    let is_old =
        |(identity, _): &(String, KeyValue)| old.iter().any(|(known, _)| known == identity);
    if old.is_empty() || (old.len() == key.len() && key.iter().all(is_old)) {
        return Ok(renamed);
    }
    let now = readable(TableVersion::read(store, commit, keyspace, table))?.flatten();
    let carried = match &now {
        Some(now) => legible(now.find(store, key, &commit.id.to_string()))?
            .and_then(|rows| rows.into_values().next())
            .and_then(|row| {
                let cell = |(identity, _): &(String, KeyValue)| {
                    let at = now.schema.position(identity)?;
                    Some((identity.clone(), KeyValue(row.get(at)?.clone())))
                };
                old.iter().map(cell).collect()
            }),
        None => None,
    };
    let found = match carried {
        Some(key) => Some(key),
        None => legible(then.search(store, key, &parent.id.to_string()))?
            .flatten()
            .map(|row| then.named_key(&row)),
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
        Subject::Row { .. } => row_changed(store, parent, commit, new),
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

/// Takes rows that are not of their table's form for an answer of its own: `None`.
fn legible<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    let error = match read {
        Ok(read) => return Ok(Some(read)),
        Err(error) => error,
    };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(known) = cause {
        if let Some(store::Error::MalformedRows { .. }) = known.downcast_ref() {
            return Ok(None);
        }
        cause = known.source();
    }
    Err(error)
}

fn whole(store: &Store, commit: &Commit) -> Result<Option<Catalog>, Error> {
    let mut found = Vec::new();
    for (path, id) in store.files(&store::Revision::Commit(commit.id), "")? {
        if matches!(crate::catalog::files::Place::of(&path), Ok(Some(_))) {
            found.push((path, store.read(id)?));
        }
    }
    Ok(crate::catalog::files::read(found).ok())
}

/// A row of a table as one commit has it, whose id is given.
struct RowAt<'r> {
    version: TableVersion,
    key: &'r NamedKey,
    revision: String,
}

impl<'r> RowAt<'r> {
    /// Finds where a row is at a commit; absent where its table is, or where it is nothing, an inner `None` where the
    /// table's definition cannot be read.
    fn read(
        store: &Store,
        commit: &Commit,
        row: &'r Subject,
    ) -> Result<Option<Option<Self>>, Error> {
        let Subject::Row {
            keyspace,
            table,
            key,
            ..
        } = row
        else {
            return Ok(Some(None));
        };
        let version = readable(TableVersion::read(store, commit, keyspace, table))?;
        Ok(version.map(|version| {
            version.map(|version| Self {
                version,
                key,
                revision: commit.id.to_string(),
            })
        }))
    }

    fn shards(&self) -> impl Iterator<Item = &String> {
        self.version.trees.keys()
    }

    fn tree(&self, shard: &str) -> Option<TreeId> {
        self.version.trees.get(shard).copied()
    }

    /// Returns the row in a shard; an outer `None` where the shard's rows cannot be read.
    fn get(&self, store: &Store, shard: &str) -> Result<Option<Option<Row>>, Error> {
        match self.tree(shard) {
            Some(tree) => legible(self.version.find_in(store, tree, self.key, &self.revision)),
            None => Ok(Some(None)),
        }
    }
}

fn row_changed(
    store: &Store,
    parent: Option<(&Commit, &Subject)>,
    commit: &Commit,
    row: &Subject,
) -> Result<bool, Error> {
    let Subject::Row { column, .. } = row else {
        return Ok(true);
    };
    let then = match parent {
        Some((parent, old)) => RowAt::read(store, parent, old)?,
        None => Some(None),
    };
    let (Some(then), Some(now)) = (then, RowAt::read(store, commit, row)?) else {
        // What cannot be read may well have changed.
        return Ok(true);
    };
    let comparison = match (&then, &now) {
        (Some(then), Some(now)) => Some(Comparison::new(&then.version.schema, &now.version.schema)),
        _ => None,
    };
    let sides = [&then, &now];
    let shards: BTreeSet<&String> = sides
        .into_iter()
        .flatten()
        .flat_map(RowAt::shards)
        .collect();
    for shard in shards {
        let differs = match (&then, &now, &comparison) {
            (Some(then), Some(now), Some(comparison)) => {
                differs_in(store, (then, now), comparison, shard, column.as_deref())?
            }
            (Some(one), None, _) | (None, Some(one), _) => {
                one.get(store, shard)?.is_none_or(|row| row.is_some())
            }
            _ => false,
        };
        if differs {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells whether a row, or one cell of it, differs in a shard.
fn differs_in(
    store: &Store,
    (then, now): (&RowAt<'_>, &RowAt<'_>),
    comparison: &Comparison,
    shard: &str,
    column: Option<&str>,
) -> Result<bool, Error> {
    let (old_schema, new_schema) = (&*then.version.schema, &*now.version.schema);
    let trees = (then.tree(shard), now.tree(shard));
    let is_alike = old_schema.columns == new_schema.columns
        && old_schema.key == new_schema.key
        && then.key == now.key;
    if is_alike && trees.0 == trees.1 {
        return Ok(false);
    }
    let (Some(old), Some(new)) = (then.get(store, shard)?, now.get(store, shard)?) else {
        // Rows that are not in the order of their key: the lines tell as much as can be told.
        return match key_values(new_schema, now.key) {
            Some(key) if is_alike => {
                let key = encode::key_prefix_bytes(new_schema, &key);
                let keys = changed_keys(store, new_schema, trees)?;
                Ok(keys.is_none_or(|keys| keys.contains(&key)))
            }
            _ => Ok(!is_alike),
        };
    };
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => return Ok(old.is_some() != new.is_some()),
    };
    let Some(column) = column else {
        return Ok(comparison.differs(&old, &new));
    };
    let of = |schema: &Schema, at: Option<usize>| {
        at.is_some_and(|at| schema.columns[at].identity == column)
    };
    let changed = comparison.changed(&old, &new);
    Ok(changed
        .iter()
        .any(|pair| of(old_schema, pair.from) || of(new_schema, pair.to)))
}

/// Returns the keys, as bytes, of the rows in which two trees of rows of one schema differ; `None` where lines that differ
/// are no rows of it.
pub(super) fn changed_keys(
    store: &Store,
    schema: &Schema,
    (from, to): (Option<TreeId>, Option<TreeId>),
) -> Result<Option<BTreeSet<Vec<u8>>>, Error> {
    let side = |tree: Option<TreeId>| tree.map(|tree| (tree, schema));
    let differing = match store.diff_rows(side(from), side(to)) {
        Ok(differing) => differing,
        Err(store::Error::MalformedRows { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let layout = encode::Layout::new(schema);
    let rows = differing.from.iter().chain(&differing.to);
    Ok(Some(rows.map(|(row, _)| layout.key_bytes(row)).collect()))
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
