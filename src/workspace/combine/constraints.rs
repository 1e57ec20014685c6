//! `dolt_verify_constraints`: rows of the working set that break a constraint, looked for on request (reference: Dolt's
//! page of the procedure). Rows get there with `foreign_key_checks = 0`, or by a merge whose violations were accepted.
//!
//! What was asked is noted beside the working rows, not what was found: the violations are found again whenever they are
//! read, so one that was mended is none any more.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::rows::{TableKey, Trees, table_schema};
use super::check;
use crate::catalog::{Catalog, Table};
use crate::merge::{RowViolation, RowViolationKind, TableViolations};
use crate::relation::{Row, Schema};
use crate::sql::ddl::ForeignKey;
use crate::store::{CommitId, Revision, ShardRows};
use crate::workspace::conflicts::row_id;
use crate::workspace::{Error, Object, Workspace};

/// What was asked to be verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workspace) struct Verified {
    /// The tables; none for all.
    pub(in crate::workspace) tables: Vec<TableKey>,
    /// The commit whose rows were not looked at; absent for none.
    pub(in crate::workspace) since: Option<CommitId>,
    /// Violations that were taken for settled, by their ids.
    #[serde(default)]
    pub(in crate::workspace) dismissed: Vec<String>,
}

/// How to verify constraints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerifyOptions {
    /// Whether rows count that HEAD has, too.
    pub all: bool,
    /// Whether nothing is noted.
    pub output_only: bool,
}

/// The working set's tables, as they are.
struct Working {
    catalog: Arc<Catalog>,
    trees: Trees,
}

impl Workspace {
    /// Finds the rows of the working set that break a constraint of their tables.
    pub(in crate::workspace) fn broken_rows(
        &self,
        asked: &Verified,
    ) -> Result<Vec<TableViolations>, Error> {
        let catalog = Arc::new(self.catalog(&Revision::Working)?);
        let trees = self.trees_of(&catalog)?;
        let working = Working { catalog, trees };
        let mut found = Vec::new();
        for (keyspace, name, table) in working.catalog.definitions() {
            let key = (keyspace.to_owned(), name.to_owned());
            if asked.tables.is_empty() || asked.tables.contains(&key) {
                found.extend(self.broken_rows_of(&working, &key, table, asked)?);
            }
        }
        Ok(found)
    }

    /// Finds the rows of the working set that break a constraint, of these tables and keyspaces or of all: among rows that
    /// HEAD does not have, or among all rows (Dolt's `constraints verify`). What was asked is noted if something is found,
    /// unless it is for `output_only`: the system tables of violations tell it then.
    ///
    /// # Errors
    /// [`Error::UnknownObject`] for what is no table or keyspace; when the catalog does not build or rows cannot be read.
    pub fn verify_constraints(
        &self,
        objects: &[Object],
        options: VerifyOptions,
    ) -> Result<Vec<TableViolations>, Error> {
        self.adopt()?;
        let catalog = self.catalog(&Revision::Working)?;
        let since = match (options.all, self.head_commit()?) {
            (false, Some(Revision::Commit(head))) => Some(head),
            _ => None,
        };
        let mut asked = Verified {
            since,
            ..Verified::default()
        };
        for object in objects {
            let before = asked.tables.len();
            match object {
                Object::Table { keyspace, table }
                    if catalog.definition(keyspace, table).is_some() =>
                {
                    asked.tables.push((keyspace.clone(), table.clone()));
                }
                Object::Keyspace(keyspace) => {
                    let tables = catalog.definitions().filter(|(of, ..)| of == keyspace);
                    let tables = tables.map(|(of, name, _)| (of.to_owned(), name.to_owned()));
                    asked.tables.extend(tables);
                }
                _ => {}
            }
            if asked.tables.len() == before {
                return Err(Error::UnknownObject {
                    name: object.name(),
                    revision: "WORKING".to_owned(),
                });
            }
        }
        let found = self.broken_rows(&asked)?;
        if !found.is_empty() && !options.output_only {
            self.note_verified(&asked)?;
        }
        Ok(found)
    }

    fn broken_rows_of(
        &self,
        working: &Working,
        key: &TableKey,
        table: &Table,
        asked: &Verified,
    ) -> Result<Vec<TableViolations>, Error> {
        let (keyspace, name) = key;
        let schema = Arc::new(table_schema(&working.catalog, keyspace, table));
        let references = self.references(working, keyspace, table, &schema, asked.since)?;
        let before = match asked.since {
            Some(commit) => self
                .store
                .table_rows(&Revision::Commit(commit), keyspace, name)?,
            None => std::collections::BTreeMap::new(),
        };
        let mut found = Vec::new();
        for (place, tree) in &working.trees {
            if (&place.keyspace, &place.table) != (keyspace, name) {
                continue;
            }
            let old = self.read_rows(before.get(&place.shard).copied(), &schema)?;
            let old: BTreeSet<Row> = old.into_iter().map(|(row, _)| row).collect();
            let changed = |row: &Row| !old.contains(row);
            let rows = self.read_rows(Some(*tree), &schema)?;
            let mut broken = Vec::new();
            for reference in &references {
                let rows = rows.iter().map(|(row, _)| row);
                let rows =
                    rows.filter(|row| changed(row) || reference.lost_its_parent(&schema, row));
                broken.extend(reference.orphans(&schema, rows));
            }
            broken.extend(check::rows(table, &schema, rows, &[], &changed)?.violations);
            broken.retain(|violation| {
                !asked
                    .dismissed
                    .contains(&row_id(&schema, &place.shard, violation))
            });
            if !broken.is_empty() {
                found.push(TableViolations {
                    keyspace: keyspace.clone(),
                    table: name.clone(),
                    shard: place.shard.clone(),
                    schema: Arc::clone(&schema),
                    rows: broken,
                });
            }
        }
        Ok(found)
    }

    /// Returns a table's foreign keys with what their parents hold, over all shards, and what they held at a commit.
    fn references(
        &self,
        working: &Working,
        keyspace: &str,
        table: &Table,
        schema: &Schema,
        since: Option<CommitId>,
    ) -> Result<Vec<Reference>, Error> {
        let mut references = Vec::new();
        for key in &table.definition.foreign_keys {
            let parent = &key.referenced_table;
            let of = parent.keyspace.as_deref().unwrap_or(keyspace);
            let Some(definition) = working.catalog.definition(of, &parent.name) else {
                continue;
            };
            let parent_schema = Arc::new(table_schema(&working.catalog, of, definition));
            let Some(mut reference) =
                Reference::new(table, schema, definition, &parent_schema, key)
            else {
                continue;
            };
            let is_parent = |place: &ShardRows| place.keyspace == of && place.table == parent.name;
            for (_, tree) in working.trees.iter().filter(|(place, _)| is_parent(place)) {
                for (row, _) in self.read_rows(Some(*tree), &parent_schema)? {
                    reference
                        .parents
                        .extend(check::key_cells(&row, &parent_schema, &reference.to));
                }
            }
            if let Some(commit) = since {
                let before = Revision::Commit(commit);
                let before = self.store.table_rows(&before, of, &parent.name)?;
                for tree in before.into_values() {
                    for (row, _) in self.read_rows(Some(tree), &parent_schema)? {
                        let cells = check::key_cells(&row, &parent_schema, &reference.to);
                        let cells = cells.filter(|cells| !reference.parents.contains(cells));
                        reference.gone.extend(cells);
                    }
                }
            }
            references.push(reference);
        }
        Ok(references)
    }

    /// Notes what is to be verified whenever violations are read.
    pub(in crate::workspace) fn note_verified(&self, asked: &Verified) -> Result<(), Error> {
        match self.existing_rows()? {
            Some(rows) => rows.note_verified(asked),
            None => Ok(()),
        }
    }

    /// Returns the violations among what was asked to be verified.
    pub(in crate::workspace) fn verified_violations(&self) -> Result<Vec<TableViolations>, Error> {
        match self.noted_verified()? {
            Some(asked) => self.broken_rows(&asked),
            None => Ok(Vec::new()),
        }
    }

    fn noted_verified(&self) -> Result<Option<Verified>, Error> {
        match self.existing_rows()? {
            Some(rows) => rows.noted_verified(),
            None => Ok(None),
        }
    }

    /// Takes violations that were found on request, by their ids, for settled.
    pub(in crate::workspace) fn dismiss_verified(&self, ids: Vec<String>) -> Result<(), Error> {
        match self.noted_verified()? {
            Some(mut asked) => {
                asked.dismissed.extend(ids);
                self.note_verified(&asked)
            }
            None => Ok(()),
        }
    }
}

/// A foreign key, and the keys that its parent has.
struct Reference {
    from: Vec<usize>,
    to: Vec<usize>,
    parents: BTreeSet<Vec<String>>,
    /// Keys that it had before.
    gone: BTreeSet<Vec<String>>,
    info: String,
}

impl Reference {
    /// `None` where it names a column that is not there.
    fn new(
        child: &Table,
        schema: &Schema,
        parent: &Table,
        parent_schema: &Schema,
        key: &ForeignKey,
    ) -> Option<Self> {
        Some(Self {
            from: check::key_places(schema, &key.columns)?,
            to: check::key_places(parent_schema, &key.referenced_columns)?,
            parents: BTreeSet::new(),
            gone: BTreeSet::new(),
            info: check::reference_info(child.name(), child, parent, key),
        })
    }

    fn lost_its_parent(&self, schema: &Schema, row: &Row) -> bool {
        let cells = check::key_cells(row, schema, &self.from);
        cells.is_some_and(|cells| self.gone.contains(&cells))
    }

    fn orphans<'r>(
        &self,
        schema: &Schema,
        rows: impl Iterator<Item = &'r Row>,
    ) -> Vec<RowViolation> {
        let is_orphan = |row: &&Row| {
            let cells = check::key_cells(row, schema, &self.from);
            cells.is_some_and(|cells| !self.parents.contains(&cells))
        };
        let violation = |row: &Row| RowViolation {
            kind: RowViolationKind::ForeignKey,
            row: row.clone(),
            info: self.info.clone(),
        };
        rows.filter(is_orphan).map(violation).collect()
    }
}
