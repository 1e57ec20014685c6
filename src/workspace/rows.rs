//! The working rows: every shard of the checked-out branch in one embedded database, kept in step with the worktree's
//! definitions and with HEAD's rows.
//!
//! The database remembers, in its own metadata, which committed rows it started from (*base*) and, per table, the trees
//! that its rows make at a change count (*snapshot*). A table is compared with a commit by tree id; its rows are written
//! as chunks only when they changed since the last snapshot. Deleting the database loses uncommitted rows, nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::{Error, Workspace, place};
use crate::catalog::alter::Change;
use crate::catalog::{Catalog, Table, files};
use crate::engine::Order;
use crate::relation::{self, Row, Schema, encode};
use crate::shard::{Embedded, TableId};
use crate::sql::ddl::Column;
use crate::store::{CommitId, Revision, ShardRows, TreeId};

/// Committed rows by place.
pub(super) type Trees = BTreeMap<ShardRows, TreeId>;

/// A keyspace and a table.
pub(super) type TableKey = (String, String);

const BASE: &str = "base";
const STAGED: &str = "staged";
const SNAPSHOTS: &str = "snapshots";
const IDENTITIES: &str = "identities";

/// The open working rows of a branch.
#[derive(Debug)]
pub(super) struct WorkingRows {
    pub(super) shards: Embedded,
    branch: String,
}

impl Workspace {
    /// Returns the file that holds the working rows of the checked-out branch.
    pub(super) fn rows_path(&self) -> Result<(String, PathBuf), Error> {
        let head = self.store.head()?;
        let name = match (&head.branch, head.commit) {
            (Some(branch), _) => branch.clone(),
            (None, Some(commit)) => format!("detached@{commit}"),
            (None, None) => "detached".to_owned(),
        };
        let path = self.rows_path_of(&name);
        Ok((name, path))
    }

    pub(super) fn rows_path_of(&self, branch: &str) -> PathBuf {
        self.store
            .vrev_dir()
            .join("working")
            .join(format!("{}.db", encoded(branch)))
    }

    /// Opens the working rows, making them from HEAD's if there are none, and brings them in step with HEAD and with
    /// the working catalog.
    pub(super) fn working_rows(&self, working: &Catalog) -> Result<WorkingRows, Error> {
        let (branch, path) = self.rows_path()?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| super::files::io("create", folder, source))?;
        }
        let mut rows = WorkingRows {
            shards: Embedded::open(&path)?,
            branch,
        };
        rows.shards.begin()?;
        rows.shards.connection().tighten()?;
        let done = rows.follow_head(self, working);
        match done.and_then(|()| follow_catalog(&mut rows.shards, working)) {
            Ok(()) => rows.shards.commit()?,
            Err(error) => {
                rows.shards.rollback()?;
                return Err(error);
            }
        }
        Ok(rows)
    }

    /// Returns the working rows as they are, if there are any, without bringing them in step with anything.
    pub(super) fn existing_rows(&self) -> Result<Option<WorkingRows>, Error> {
        let (branch, path) = self.rows_path()?;
        Ok(if path.exists() {
            Some(WorkingRows {
                shards: Embedded::open(&path)?,
                branch,
            })
        } else {
            None
        })
    }

    /// Replaces the working rows of these tables by a commit's, all or none.
    pub(super) fn take_rows(&self, keys: &BTreeSet<TableKey>, from: CommitId) -> Result<(), Error> {
        let Some(mut working) = self.existing_rows()? else {
            return Ok(());
        };
        if keys.is_empty() {
            return Ok(());
        }
        let revision = Revision::Commit(from);
        let trees = self.store.table_rows_trees(&revision)?;
        working.all_or_none(|rows| rows.load_tables(self, &revision, keys, &trees))
    }

    /// Makes the working rows those of a commit, as far as it declares the tables; the others stay as they are. What they
    /// started from is HEAD.
    pub(super) fn restore_rows(&self, from: CommitId) -> Result<(), Error> {
        let Some(mut working) = self.existing_rows()? else {
            return Ok(());
        };
        let revision = Revision::Commit(from);
        let trees = self.store.table_rows_trees(&revision)?;
        let declared = self.store.files(&revision, "keyspaces")?;
        let declared: BTreeSet<TableKey> = declared
            .iter()
            .filter_map(|(path, _)| place::table_of(path))
            .collect();
        let mut moved = BTreeSet::new();
        for key in declared {
            let wanted: BTreeMap<String, TreeId> = trees_of(&trees, &key)
                .into_iter()
                .map(|(shard, tree)| (shard.clone(), tree))
                .collect();
            if working.noted_snapshot(&key)? != Some(wanted) {
                moved.insert(key);
            }
        }
        let committed = self.committed_trees()?;
        working.all_or_none(|rows| {
            rows.load_tables(self, &revision, &moved, &trees)?;
            rows.set_base(&committed)
        })
    }

    /// Replaces the working rows of tables by those of a revision; without working rows there is nothing to replace.
    pub(super) fn restore_tables(
        &self,
        revision: &Revision,
        tables: &BTreeSet<TableKey>,
    ) -> Result<(), Error> {
        let Some(mut rows) = self.existing_rows()? else {
            return Ok(());
        };
        let trees = self.store.table_rows_trees(revision)?;
        rows.shards.begin()?;
        match rows.load_tables(self, revision, tables, &trees) {
            Ok(()) => Ok(rows.shards.commit()?),
            Err(error) => {
                rows.shards.rollback()?;
                Err(error)
            }
        }
    }

    /// Returns the branches that have working rows, sorted.
    pub(super) fn branches_with_rows(&self) -> Result<Vec<String>, Error> {
        let folder = self.store.vrev_dir().join("working");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry.map_err(|source| super::files::io("read", &folder, source))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(name) = name.strip_suffix(".db") {
                found.push(files::decode(name, "working/").unwrap_or_else(|_| name.to_owned()));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Returns the trees that a branch's working rows are noted to make, and those that they started from.
    pub(super) fn noted_trees(&self, branch: &str) -> Result<BTreeSet<TreeId>, Error> {
        let path = self.rows_path_of(branch);
        if !path.exists() {
            return Ok(BTreeSet::new());
        }
        let rows = WorkingRows {
            shards: Embedded::open(&path)?,
            branch: branch.to_owned(),
        };
        let mut trees = BTreeSet::new();
        for note in [BASE, STAGED] {
            trees.extend(rows.noted(note)?.unwrap_or_default().into_values());
        }
        let tables = rows.shards.tables().into_iter();
        let keys: BTreeSet<TableKey> = tables.map(|id| (id.keyspace, id.table)).collect();
        for key in keys {
            trees.extend(rows.noted_snapshot(&key)?.unwrap_or_default().into_values());
        }
        Ok(trees)
    }

    /// Returns the trees that the working rows make. Without a database they are the index's.
    pub(super) fn working_trees(&self) -> Result<Trees, Error> {
        let (_, path) = self.rows_path()?;
        if !path.exists() {
            return Ok(self.store.table_rows_trees(&Revision::Staged)?);
        }
        self.trees_of(&self.catalog(&Revision::Working)?)
    }

    /// As [`Workspace::working_trees`], for who has built the working catalog already.
    pub(super) fn trees_of(&self, working: &Catalog) -> Result<Trees, Error> {
        let (_, path) = self.rows_path()?;
        if !path.exists() {
            return Ok(self.store.table_rows_trees(&Revision::Staged)?);
        }
        self.working_rows(working)?.snapshot(self, working)
    }

    /// Returns a catalog of these tables alone, as far as the revision has them.
    pub(super) fn catalog_of_tables(
        &self,
        revision: &Revision,
        keys: &BTreeSet<TableKey>,
    ) -> Result<Catalog, Error> {
        let mut paths = BTreeSet::new();
        for (keyspace, table) in keys {
            paths.insert(place::table_path(keyspace, table));
            paths.insert(place::identities_path(keyspace));
            paths.insert(place::shards_path(keyspace));
        }
        self.read_catalog(revision, &paths)
    }

    /// Returns a partial catalog: what these files of a revision declare.
    pub(super) fn read_catalog(
        &self,
        revision: &Revision,
        paths: &BTreeSet<String>,
    ) -> Result<Catalog, Error> {
        files::read(self.files_at(revision, paths)?).map_err(|problems| Error::Catalog {
            revision: revision.to_string(),
            problems,
        })
    }

    /// Returns the rows of a table in a tree, in canonical order.
    pub(super) fn read_rows(
        &self,
        tree: Option<TreeId>,
        schema: &Arc<Schema>,
    ) -> Result<Vec<(Row, u64)>, Error> {
        let Some(tree) = tree else {
            return Ok(Vec::new());
        };
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Rows {
            table: schema.name.clone(),
            revision: tree.to_string(),
            source,
        };
        let source = self.store.rows_of_tree(Some(tree), schema.clone());
        let rows = relation::RowSource::range(
            &source,
            std::ops::Bound::Unbounded,
            std::ops::Bound::Unbounded,
        )
        .map_err(|error| failed(Box::new(error)))?;
        rows.collect::<Result<_, _>>()
            .map_err(|error| failed(Box::new(error)))
    }
}

impl WorkingRows {
    /// Returns what SQLite finds wrong with the file.
    pub(super) fn check(&self) -> Result<Vec<String>, Error> {
        Ok(self.shards.connection().check()?)
    }

    /// Makes a change in one transaction.
    fn all_or_none(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.shards.begin()?;
        match change(self) {
            Ok(()) => Ok(self.shards.commit()?),
            Err(error) => {
                self.shards.rollback()?;
                Err(error)
            }
        }
    }

    /// Wraps the rows of a revision, which follow nothing.
    pub(super) fn past(shards: Embedded) -> Self {
        Self {
            shards,
            branch: String::new(),
        }
    }

    /// Takes HEAD's rows of the tables that are unchanged here; tables changed here and moved by HEAD are refused.
    fn follow_head(&mut self, workspace: &Workspace, working: &Catalog) -> Result<(), Error> {
        let head = workspace.head_commit()?;
        let committed = match &head {
            Some(revision) => workspace.store.table_rows_trees(revision)?,
            None => Trees::new(),
        };
        let base = self.noted(BASE)?;
        if base.as_ref() == Some(&committed) {
            return Ok(());
        }
        let index = workspace.store.table_rows_trees(&Revision::Staged)?;
        let Some(base) = base else {
            // The first time the rows are what is staged: HEAD's, but after a soft reset.
            let tables = index.keys().map(table_key).collect();
            self.load_tables(workspace, &Revision::Staged, &tables, &index)?;
            return self.set_base(&committed);
        };
        let moved = differing(&base, &committed);
        let mine = self.snapshot_of(workspace, &moved, working)?;
        let staged = self.noted(STAGED)?.unwrap_or_default();
        let (mut reload, mut clash) = (BTreeSet::new(), Vec::new());
        for key in &moved {
            let (mine, head) = (trees_of(&mine, key), trees_of(&committed, key));
            if mine == head || mine == trees_of(&index, key) {
                // HEAD has them, or moved back (`git reset --soft`) and left them staged.
                continue;
            }
            if trees_of(&base, key) == mine {
                reload.insert(key.clone());
            } else if trees_of(&staged, key) != head {
                // Changed here, and HEAD has not just taken what was staged here.
                clash.push(format!("{}.{}", key.0, key.1));
            }
        }
        if !clash.is_empty() {
            return Err(Error::RowsMoved {
                branch: self.branch.clone(),
                tables: clash,
            });
        }
        if let Some(revision) = &head {
            self.load_tables(workspace, revision, &reload, &committed)?;
        }
        self.set_base(&committed)
    }

    fn load_tables(
        &mut self,
        workspace: &Workspace,
        revision: &Revision,
        tables: &BTreeSet<TableKey>,
        trees: &Trees,
    ) -> Result<(), Error> {
        let catalog = workspace.catalog_of_tables(revision, tables)?;
        for key in tables {
            self.load_table(workspace, &catalog, key, trees)?;
        }
        Ok(())
    }

    /// Replaces a table's rows by committed ones, under the definition they were committed with.
    fn load_table(
        &mut self,
        workspace: &Workspace,
        catalog: &Catalog,
        key: &TableKey,
        committed: &Trees,
    ) -> Result<(), Error> {
        let (keyspace, name) = key;
        self.shards.drop_table(keyspace, name)?;
        let Some(table) = catalog.definition(keyspace, name) else {
            return Ok(());
        };
        let schema = Arc::new(table_schema(catalog, keyspace, table));
        let trees = trees_of(committed, key);
        let mut shards: BTreeSet<String> = catalog.shards(keyspace).into_iter().collect();
        shards.extend(trees.keys().map(|shard| (*shard).clone()));
        let shards: Vec<String> = shards.into_iter().collect();
        self.shards.create_table(keyspace, &shards, table)?;
        note_identities(&self.shards, catalog, keyspace, name)?;
        for (shard, tree) in &trees {
            let rows = workspace.read_rows(Some(*tree), &schema)?;
            let id = TableId::new(keyspace, *shard, name);
            match self
                .shards
                .load_rows(&id, widened(&schema, table, rows.clone()))
            {
                // What a merge left broken, or somebody committed so on purpose.
                Err(error) if matches!(error.errno, 1062 | 3819) => {
                    let rows = widened(&schema, table, rows);
                    self.shards.load_broken_rows(&id, rows)?;
                }
                loaded => _ = loaded?,
            }
        }
        self.note_snapshot(key, &trees)
    }

    /// Returns the trees that the rows of every table make, writing chunks for those that changed.
    pub(super) fn snapshot(
        &self,
        workspace: &Workspace,
        working: &Catalog,
    ) -> Result<Trees, Error> {
        let keys = working
            .definitions()
            .map(|(keyspace, name, _)| (keyspace.to_owned(), name.to_owned()))
            .collect();
        self.snapshot_of(workspace, &keys, working)
    }

    fn snapshot_of(
        &self,
        workspace: &Workspace,
        keys: &BTreeSet<TableKey>,
        working: &Catalog,
    ) -> Result<Trees, Error> {
        let base = self.noted(BASE)?;
        let mut trees = Trees::new();
        for key in keys {
            let (keyspace, name) = key;
            let Some(table) = stored_definition(&self.shards, keyspace, name) else {
                continue;
            };
            let noted = self.noted_snapshot(key)?;
            let based = base.as_ref().map(|base| trees_of(base, key));
            let is_whole = |noted: &BTreeMap<String, TreeId>| {
                // What a commit has is there; the rest git's gc may have removed.
                based
                    .as_ref()
                    .is_some_and(|based| based.values().eq(noted.values()))
                    || noted
                        .values()
                        .all(|tree| workspace.store.has_whole_tree(*tree))
            };
            let found = match noted.filter(is_whole) {
                Some(noted) => noted,
                None => {
                    let schema = Arc::new(table_schema(working, keyspace, &table));
                    let mut made = BTreeMap::new();
                    for shard in self.shards.shards_of(keyspace, name) {
                        let rows =
                            canonical(&schema, self.read_table(&schema, &table, keyspace, &shard)?);
                        if let Some(tree) = workspace
                            .store
                            .write_rows(&schema, rows.into_iter().map(Ok))?
                        {
                            made.insert(shard, tree);
                        }
                    }
                    workspace.store.sync()?;
                    let noted = made.iter().map(|(shard, tree)| (shard, *tree)).collect();
                    // A note that another session's transaction keeps from being written is written next time.
                    match self.note_snapshot(key, &noted) {
                        Ok(()) | Err(Error::Sql(_)) => made,
                        Err(error) => return Err(error),
                    }
                }
            };
            for (shard, tree) in found {
                trees.insert(
                    ShardRows {
                        keyspace: keyspace.clone(),
                        table: name.clone(),
                        shard,
                    },
                    tree,
                );
            }
        }
        Ok(trees)
    }

    /// Reads a shard's rows under the schema that is committed: virtual columns are not stored.
    fn read_table(
        &self,
        schema: &Schema,
        table: &Table,
        keyspace: &str,
        shard: &str,
    ) -> Result<Vec<Row>, Error> {
        let places: Vec<usize> = schema
            .columns
            .iter()
            .filter_map(|column| {
                table
                    .definition
                    .columns
                    .iter()
                    .position(|defined| defined.name == column.name)
            })
            .collect();
        let mut rows = Vec::new();
        let id = TableId::new(keyspace, shard, table.name());
        self.shards.read_rows(&id, Order::Canonical, &mut |row| {
            rows.push(
                places
                    .iter()
                    .map(|&at| row.get(at).cloned().unwrap_or_default())
                    .collect(),
            );
            Ok(())
        })?;
        Ok(rows)
    }

    /// Returns a number that grows with every change of a table in any shard.
    fn change_count(&self, keyspace: &str, table: &str) -> Result<u64, Error> {
        let mut count = 0;
        for shard in self.shards.shards_of(keyspace, table) {
            count += self
                .shards
                .change_count(&TableId::new(keyspace, shard, table))?;
        }
        Ok(count)
    }

    /// Notes that the working rows were committed, or taken from a commit.
    pub(super) fn set_base(&self, committed: &Trees) -> Result<(), Error> {
        self.note(BASE, committed)
    }

    /// Notes what was staged, so that a commit by plain git is known to be of rows from here.
    pub(super) fn note_staged(&self, staged: &Trees) -> Result<(), Error> {
        self.note(STAGED, staged)
    }

    fn note(&self, name: &str, trees: &Trees) -> Result<(), Error> {
        let entry = |(place, tree): (&ShardRows, &TreeId)| {
            json!([place.keyspace, place.table, place.shard, tree.to_string()])
        };
        let text = json!(trees.iter().map(entry).collect::<Vec<_>>()).to_string();
        Ok(self.shards.connection().set_meta(name, &text)?)
    }

    fn noted(&self, name: &str) -> Result<Option<Trees>, Error> {
        let Some(text) = self.shards.connection().meta(name)? else {
            return Ok(None);
        };
        let entries: Vec<(String, String, String, String)> =
            serde_json::from_str(&text).unwrap_or_default();
        let trees = entries
            .into_iter()
            .filter_map(|(keyspace, table, shard, tree)| {
                Some((
                    ShardRows {
                        keyspace,
                        table,
                        shard,
                    },
                    tree.parse().ok()?,
                ))
            });
        Ok(Some(trees.collect()))
    }

    fn note_snapshot(
        &self,
        (keyspace, table): &TableKey,
        trees: &BTreeMap<&String, TreeId>,
    ) -> Result<(), Error> {
        let mark = self.change_count(keyspace, table)?;
        let trees: BTreeMap<&String, String> = trees
            .iter()
            .map(|(shard, tree)| (*shard, tree.to_string()))
            .collect();
        let text = json!([mark, trees]).to_string();
        Ok(self
            .shards
            .connection()
            .set_meta(&format!("{SNAPSHOTS}/{keyspace}/{table}"), &text)?)
    }

    /// Returns the trees noted for a table, if its rows and definition have not changed since.
    fn noted_snapshot(
        &self,
        (keyspace, table): &TableKey,
    ) -> Result<Option<BTreeMap<String, TreeId>>, Error> {
        let Some(text) = self
            .shards
            .connection()
            .meta(&format!("{SNAPSHOTS}/{keyspace}/{table}"))?
        else {
            return Ok(None);
        };
        let Ok((mark, trees)) = serde_json::from_str::<(u64, BTreeMap<String, String>)>(&text)
        else {
            return Ok(None);
        };
        if mark != self.change_count(keyspace, table)? {
            return Ok(None);
        }
        Ok(trees
            .into_iter()
            .map(|(shard, tree)| Some((shard, tree.parse().ok()?)))
            .collect())
    }
}

/// A branch's name as a file's: a name that is none is spelt in hexadecimal.
fn encoded(branch: &str) -> String {
    files::encode(branch, "working/")
        .unwrap_or_else(|_| branch.bytes().map(|byte| format!("%{byte:02X}")).collect())
}

/// Removes a database and what SQLite keeps beside it.
pub(super) fn remove_database(path: &Path) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(super::files::io("remove", file.as_ref(), source)),
        }
    }
    Ok(())
}

/// Returns the schema of a user's table as a relation.
pub(super) fn table_schema(catalog: &Catalog, keyspace: &str, table: &Table) -> Schema {
    let none = crate::catalog::Identities::default();
    let identities = catalog
        .keyspaces
        .get(keyspace)
        .map_or(&none, |keyspace| &keyspace.identities);
    relation::table_schema(keyspace, table, identities)
}

/// Sorts rows as they are committed, and counts equal rows of a keyless table.
pub(super) fn canonical(schema: &Schema, rows: Vec<Row>) -> Vec<(Row, u64)> {
    let mut sorted: Vec<(Vec<u8>, String, Row)> = rows
        .into_iter()
        .map(|row| {
            let key = encode::key_bytes(schema, &row);
            let text = if schema.is_keyed() {
                String::new()
            } else {
                encode::row_text(schema, &row, 1)
            };
            (key, text, row)
        })
        .collect();
    sorted.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    let mut counted: Vec<(Row, u64)> = Vec::with_capacity(sorted.len());
    let mut last: Option<(Vec<u8>, String)> = None;
    for (key, text, row) in sorted {
        match counted.last_mut() {
            Some((_, count))
                if !schema.is_keyed()
                    && last.as_ref().is_some_and(|l| l.0 == key && l.1 == text) =>
            {
                *count += 1;
            }
            _ => {
                counted.push((row, 1));
                last = Some((key, text));
            }
        }
    }
    counted
}

/// Returns committed rows as a table takes them: one value per column, generated ones left to the database.
pub(super) fn widened(
    schema: &Schema,
    table: &Table,
    rows: Vec<(Row, u64)>,
) -> impl Iterator<Item = Row> {
    let columns = table.definition.columns.iter();
    let places: Vec<Option<usize>> = columns
        .map(|column| {
            let mut committed = schema.columns.iter();
            committed.position(|committed| committed.name == column.name)
        })
        .collect();
    rows.into_iter().flat_map(move |(row, count)| {
        let cell = |place: &Option<usize>| {
            place
                .and_then(|at| row.get(at).cloned())
                .unwrap_or_default()
        };
        let wide: Row = places.iter().map(cell).collect();
        std::iter::repeat_n(wide, usize::try_from(count).unwrap_or(usize::MAX))
    })
}

fn table_key(place: &ShardRows) -> TableKey {
    (place.keyspace.clone(), place.table.clone())
}

fn trees_of<'a>(trees: &'a Trees, (keyspace, table): &TableKey) -> BTreeMap<&'a String, TreeId> {
    trees
        .iter()
        .filter(|(place, _)| place.keyspace == *keyspace && place.table == *table)
        .map(|(place, tree)| (&place.shard, *tree))
        .collect()
}

/// Returns the tables whose rows differ between two sets of trees.
pub(super) fn differing(from: &Trees, to: &Trees) -> BTreeSet<TableKey> {
    let changed = |one: &Trees, other: &Trees| {
        one.iter()
            .filter(|(place, tree)| other.get(place) != Some(tree))
            .map(|(place, _)| table_key(place))
            .collect()
    };
    let mut keys: BTreeSet<TableKey> = changed(from, to);
    keys.extend::<BTreeSet<TableKey>>(changed(to, from));
    keys
}

/// Carries out on the rows what DDL did to the catalog: renames above all, which definitions alone do not tell.
pub(super) fn follow_changes(
    shards: &mut Embedded,
    after: &Catalog,
    changes: &[Change],
) -> Result<(), Error> {
    for change in changes {
        match change {
            Change::TableAltered {
                keyspace,
                from,
                to,
                columns,
            } => {
                if let Some(table) = after.definition(keyspace, to) {
                    shards.alter_table(keyspace, from, table, &sources(table, columns))?;
                    note_altered(shards, after, keyspace, to)?;
                }
            }
            Change::TableTruncated { keyspace, table } => shards.truncate(keyspace, table)?,
            Change::TableDropped { keyspace, table } => shards.drop_table(keyspace, table)?,
            Change::TableCreated { .. }
            | Change::ReferencesFollowed { .. }
            | Change::ViewDefined { .. }
            | Change::ViewRenamed { .. }
            | Change::ViewDropped { .. } => {}
        }
    }
    Ok(())
}

/// Creates, alters and drops tables so that the database has the catalog's definitions. Columns are matched by identity.
pub(super) fn follow_catalog(shards: &mut Embedded, catalog: &Catalog) -> Result<(), Error> {
    let mut present: BTreeSet<TableKey> = shards
        .tables()
        .into_iter()
        .map(|id| (id.keyspace, id.table))
        .collect();
    for (keyspace, name, table) in catalog.definitions() {
        let listed = catalog.shards(keyspace);
        let stored = present
            .remove(&(keyspace.to_owned(), name.to_owned()))
            .then(|| stored_definition(shards, keyspace, name))
            .flatten();
        match stored {
            None => match former_name(shards, catalog, keyspace, table, &present) {
                Some(old) => {
                    present.remove(&(keyspace.to_owned(), old.clone()));
                    let columns = table.definition.columns.iter();
                    let columns: Vec<_> = columns
                        .map(|column| (column.name.clone(), Some(column.name.clone())))
                        .collect();
                    shards.alter_table(keyspace, &old, table, &sources(table, &columns))?;
                    note_altered(shards, catalog, keyspace, name)?;
                }
                None => {
                    shards.create_table(keyspace, &listed, table)?;
                    note_identities(shards, catalog, keyspace, name)?;
                }
            },
            Some(stored) => {
                follow_shards(shards, keyspace, name, &listed, &stored)?;
                if stored != **table {
                    let columns = matched_columns(shards, catalog, keyspace, &stored, table)?;
                    shards.alter_table(keyspace, name, table, &sources(table, &columns))?;
                    note_altered(shards, catalog, keyspace, name)?;
                } else if is_renamed(shards, catalog, keyspace, name)? {
                    note_altered(shards, catalog, keyspace, name)?;
                }
            }
        }
    }
    for (keyspace, name) in present {
        shards.drop_table(&keyspace, &name)?;
    }
    for (keyspace, declared) in &catalog.keyspaces {
        shards.add_shards(keyspace, &declared.shards);
    }
    Ok(())
}

/// Adds shards that the list has gained; a shard that it lost must be empty.
fn follow_shards(
    shards: &mut Embedded,
    keyspace: &str,
    name: &str,
    listed: &[String],
    stored: &Table,
) -> Result<(), Error> {
    let present = shards.shards_of(keyspace, name);
    for shard in present.iter().filter(|shard| !listed.contains(shard)) {
        let id = TableId::new(keyspace, shard, name);
        let rows = shards.count_rows(&id)?;
        if rows > 0 {
            return Err(Error::StrandedRows {
                keyspace: keyspace.to_owned(),
                table: name.to_owned(),
                shard: shard.clone(),
                rows,
            });
        }
        shards.drop_shard_table(&id)?;
    }
    let added: Vec<String> = listed
        .iter()
        .filter(|shard| !present.contains(shard))
        .cloned()
        .collect();
    if !added.is_empty() {
        shards.create_table(keyspace, &added, stored)?;
    }
    Ok(())
}

/// Returns the name under which a table is stored that got its present one in the files alone: one that is no more, has
/// the table's identity or is the only one like it, and has its columns. Nothing is lost should it be another table.
fn former_name(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &Table,
    present: &BTreeSet<TableKey>,
) -> Option<String> {
    let identities = &catalog.keyspaces.get(keyspace)?.identities;
    let gone = present
        .iter()
        .filter(|(holder, name)| holder == keyspace && catalog.definition(holder, name).is_none());
    let alike: Vec<&String> = gone
        .map(|(_, name)| name)
        .filter(|name| {
            let stored = stored_definition(shards, keyspace, name);
            stored.is_some_and(|stored| stored.definition.columns == table.definition.columns)
        })
        .collect();
    let identity = identities.table(table.name());
    let declared = alike.iter().find(|name| **name == identity);
    match (declared, alike.as_slice()) {
        (Some(name), _) | (None, [name]) => Some((*name).clone()),
        _ => None,
    }
}

/// Returns every column of the new definition with its name in the stored one, matched by identity; a new column that is
/// like the only one that went takes its values, for a person may yet say that it is the same.
fn matched_columns(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    stored: &Table,
    table: &Table,
) -> Result<Vec<(String, Option<String>)>, Error> {
    let noted = shards
        .connection()
        .meta(&format!("{IDENTITIES}/{keyspace}/{}", table.name()))?;
    let noted: BTreeMap<String, String> = noted
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let identities = identities_of(catalog, keyspace, table.name());
    let identity = |names: &BTreeMap<String, String>, column: &str| {
        names
            .get(column)
            .cloned()
            .unwrap_or_else(|| column.to_owned())
    };
    let columns = table.definition.columns.iter().map(|column| {
        let wanted = identity(&identities, &column.name);
        let mut old = stored.definition.columns.iter().map(|column| &column.name);
        (
            column.name.clone(),
            old.find(|old| identity(&noted, old) == wanted).cloned(),
        )
    });
    let mut matched: Vec<(String, Option<String>)> = columns.collect();
    let taken: BTreeSet<String> = matched.iter().filter_map(|(_, old)| old.clone()).collect();
    let gone = |column: &&Column| !taken.contains(&column.name);
    for (name, old) in matched.iter_mut().filter(|(_, old)| old.is_none()) {
        let alike = stored
            .definition
            .columns
            .iter()
            .filter(gone)
            .filter(|before| {
                let mut renamed = (*before).clone();
                renamed.name.clone_from(name);
                table.column(name) == Some(&renamed)
            });
        if let [one] = alike.collect::<Vec<_>>().as_slice() {
            *old = Some(one.name.clone());
        }
    }
    Ok(matched)
}

/// Tells whether columns of a table were declared to be others since its identities were noted.
fn is_renamed(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &str,
) -> Result<bool, Error> {
    let identities = identities_of(catalog, keyspace, table);
    if identities.is_empty() {
        return Ok(false);
    }
    let noted = shards
        .connection()
        .meta(&format!("{IDENTITIES}/{keyspace}/{table}"))?;
    Ok(noted.as_deref() != Some(json!(identities).to_string().as_str()))
}

/// Notes that a table has another definition: its identities, and that its rows make other trees, for their lines name
/// the columns.
fn note_altered(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &str,
) -> Result<(), Error> {
    shards
        .connection()
        .set_meta(&format!("{SNAPSHOTS}/{keyspace}/{table}"), "")?;
    note_identities(shards, catalog, keyspace, table)
}

fn note_identities(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &str,
) -> Result<(), Error> {
    let identities = json!(identities_of(catalog, keyspace, table)).to_string();
    Ok(shards
        .connection()
        .set_meta(&format!("{IDENTITIES}/{keyspace}/{table}"), &identities)?)
}

fn identities_of(catalog: &Catalog, keyspace: &str, table: &str) -> BTreeMap<String, String> {
    let keyspace = catalog.keyspaces.get(keyspace);
    keyspace
        .and_then(|keyspace| keyspace.identities.columns.get(table))
        .cloned()
        .unwrap_or_default()
}

/// Returns, for each column of a definition, the name of the stored column that it continues.
fn sources(table: &Table, columns: &[(String, Option<String>)]) -> Vec<Option<String>> {
    let source = |name: &String| {
        columns
            .iter()
            .find(|(new, _)| new == name)
            .and_then(|(_, old)| old.clone())
    };
    table
        .definition
        .columns
        .iter()
        .map(|column| source(&column.name))
        .collect()
}

/// Returns a table's definition as the database has it.
fn stored_definition(shards: &Embedded, keyspace: &str, table: &str) -> Option<Table> {
    let shard = shards.shards_of(keyspace, table).into_iter().next()?;
    shards.definition(&TableId::new(keyspace, shard, table))
}
