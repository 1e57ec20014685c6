//! A table as one commit has it: its definition under its names, its identities, and its rows by shard.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::Error;
use super::subject::{KeyValue, identities_path, table_path, vschema_path};
use crate::catalog::{Catalog, Identities, files};
use crate::relation::{Row, RowSource, Schema, SourceError, table_schema};
use crate::store::{Commit, Store, TreeId};
use crate::value::Value;

/// A row's key as identities of columns and their values.
pub type NamedKey = Vec<(String, KeyValue)>;

/// A table's rows at one commit.
#[derive(Debug, Clone)]
pub struct TableVersion {
    /// The schema of its rows, columns by identity.
    pub schema: Arc<Schema>,
    /// The trees of its rows by shard.
    pub trees: BTreeMap<String, TreeId>,
}

/// Reads the identities of a keyspace at a commit; none where the file is absent or unreadable.
pub(super) fn identities(store: &Store, tree: TreeId, keyspace: &str) -> Result<Identities, Error> {
    let bytes = store.read_below(tree, &identities_path(keyspace))?;
    Ok(bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default())
}

/// Reads one table's part of a catalog: its definition, the identities, and, where asked for, the VSchema.
pub(super) fn partial(
    store: &Store,
    commit: &Commit,
    keyspace: &str,
    tables: &[&str],
    vschema: bool,
) -> Result<Catalog, Error> {
    let mut paths: Vec<String> = tables
        .iter()
        .map(|table| table_path(keyspace, table))
        .collect();
    paths.push(identities_path(keyspace));
    if vschema {
        paths.push(vschema_path(keyspace));
    }
    let mut found = Vec::new();
    for path in paths {
        if let Some(bytes) = store.read_below(commit.tree, &path)? {
            found.push((path, bytes));
        }
    }
    files::read(found).map_err(|problems| {
        let first = problems.into_iter().next();
        Error::Unreadable {
            revision: commit.id.to_string(),
            path: first
                .as_ref()
                .map_or(String::new(), |problem| problem.path().to_owned()),
            reason: first.map_or(String::new(), |problem| problem.to_string()),
        }
    })
}

impl TableVersion {
    /// Reads a table's definition at a commit and where its rows are; `None` where there is no such table.
    ///
    /// # Errors
    /// When objects are damaged or the definition cannot be read.
    pub fn read(
        store: &Store,
        commit: &Commit,
        keyspace: &str,
        table: &str,
    ) -> Result<Option<Self>, Error> {
        let catalog = partial(store, commit, keyspace, &[table], false)?;
        let Some(definition) = catalog.definition(keyspace, table) else {
            return Ok(None);
        };
        let identities = &catalog.keyspaces[keyspace].identities;
        Ok(Some(Self {
            schema: Arc::new(table_schema(keyspace, definition, identities)),
            trees: store.table_rows_of_tree(commit.tree, keyspace, table)?,
        }))
    }

    /// Returns the key of a row of this version by identities.
    pub fn named_key(&self, row: &Row) -> NamedKey {
        let cell = |&at: &usize| {
            let value = row.get(at).cloned().unwrap_or(Value::Null);
            (self.schema.columns[at].identity.clone(), KeyValue(value))
        };
        self.schema.key.iter().map(cell).collect()
    }

    /// Returns the rows with this key, by shard: those of one shard, or of every shard of a reference table. A key of
    /// other columns than this version's primary key is no row's.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub fn find(
        &self,
        store: &Store,
        key: &NamedKey,
        revision: &str,
    ) -> Result<BTreeMap<String, Row>, Error> {
        let mut found = BTreeMap::new();
        for (shard, tree) in &self.trees {
            let row = self.find_in(store, *tree, key, revision)?;
            found.extend(row.map(|row| (shard.clone(), row)));
        }
        Ok(found)
    }

    /// As [`Self::find`], in one tree of rows.
    pub(super) fn find_in(
        &self,
        store: &Store,
        tree: TreeId,
        key: &NamedKey,
        revision: &str,
    ) -> Result<Option<Row>, Error> {
        let Some(values) = key_values(&self.schema, key) else {
            return Ok(None);
        };
        let source = store.rows_of_tree(Some(tree), Arc::clone(&self.schema));
        source
            .get(&values)
            .map_err(|error| self.unread(revision, error))
    }

    /// Returns the first row whose cells are these, whatever its key.
    pub(super) fn search(
        &self,
        store: &Store,
        cells: &NamedKey,
        revision: &str,
    ) -> Result<Option<Row>, Error> {
        let places: Option<Vec<(usize, &KeyValue)>> = cells
            .iter()
            .map(|(identity, value)| Some((self.schema.position(identity)?, value)))
            .collect();
        let Some(places) = places else {
            return Ok(None);
        };
        for tree in self.trees.values() {
            let source = store.rows_of_tree(Some(*tree), Arc::clone(&self.schema));
            let rows = source
                .range(Bound::Unbounded, Bound::Unbounded)
                .map_err(|error| self.unread(revision, error))?;
            for row in rows {
                let (row, _) = row.map_err(|error| self.unread(revision, error))?;
                if places
                    .iter()
                    .all(|(at, wanted)| KeyValue(row[*at].clone()) == **wanted)
                {
                    return Ok(Some(row));
                }
            }
        }
        Ok(None)
    }

    fn unread(&self, revision: &str, error: SourceError) -> Error {
        Error::Rows {
            table: self.schema.name.clone(),
            revision: revision.to_owned(),
            source: Box::new(error),
        }
    }
}

/// Returns the values of a key as a schema's primary key has them; `None` where the primary key is of other columns.
pub(super) fn key_values(schema: &Schema, key: &NamedKey) -> Option<Vec<Value>> {
    if !schema.is_keyed() || schema.key.len() != key.len() {
        return None;
    }
    let cast = |&at: &usize| {
        let column = &schema.columns[at];
        let (_, KeyValue(value)) = key.iter().find(|(known, _)| *known == column.identity)?;
        Some(value.cast(&column.column_type))
    };
    schema.key.iter().map(cast).collect()
}
