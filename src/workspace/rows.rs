//! The working rows: every shard of the checked-out branch in one embedded database, kept in step with the worktree's
//! definitions and with HEAD's rows.
//!
//! The database remembers, in its own metadata, which committed rows it started from (*base*) and, per table, the trees
//! that its rows make at a change count (*snapshot*). A table is compared with a commit by tree id; its rows are written
//! as chunks only when they changed since the last snapshot. Deleting the database loses uncommitted rows, nothing else.

mod aside;
mod committed;
mod follow;
mod notes;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Error, Workspace, place};
use crate::catalog::{Catalog, Table, files};
use crate::engine::Order;
use crate::relation::{Row, Schema};
use crate::shard::{Embedded, TableId};
use crate::store::{CommitId, Revision, ShardRows, StateFile, TreeId};

pub(super) use committed::{canonical, table_schema, widened};
pub(super) use follow::{Broken, follow_catalog, follow_changes};
use follow::{is_renamed, note_identities, stored_definition};
use notes::{BASE, STAGED};

/// Committed rows by place.
pub(super) type Trees = BTreeMap<ShardRows, TreeId>;

/// A keyspace and a table.
pub(super) type TableKey = (String, String);

/// Reads the rows of a tree under a schema.
type ReadRows<'a> = dyn Fn(Option<TreeId>, &Arc<Schema>) -> Result<Vec<(Row, u64)>, Error> + 'a;

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
            (None, Some(commit)) => detached(commit),
            (None, None) => "detached".to_owned(),
        };
        let path = self.rows_path_of(&name);
        Ok((name, path))
    }

    /// Takes the working rows of a detached HEAD along to the commit that was made there.
    pub(super) fn take_detached_rows(&self) -> Result<(), Error> {
        let head = self.store.head()?;
        let (None, Some(commit)) = (head.branch, head.commit) else {
            return Ok(());
        };
        let here = self.rows_path_of(&detached(commit));
        let parents = self.store.commit(commit)?.parents;
        let left = parents.first().map(|id| self.rows_path_of(&detached(*id)));
        match left {
            Some(left) if left.exists() && !here.exists() => std::fs::rename(&left, &here)
                .map_err(|source| super::files::io("rename", &left, source)),
            _ => Ok(()),
        }
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
        let broken = match self.store.state(StateFile::Operation)? {
            Some(_) => Broken::Kept,
            None => Broken::Refused,
        };
        match done.and_then(|()| follow_catalog(&mut rows.shards, working, broken)) {
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

    /// Returns the working rows of a branch as they are, if there are any.
    pub(super) fn rows_of_branch(&self, branch: &str) -> Result<Option<WorkingRows>, Error> {
        let path = self.rows_path_of(branch);
        Ok(if path.exists() {
            Some(WorkingRows {
                shards: Embedded::open(&path)?,
                branch: branch.to_owned(),
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

    /// Replaces the working rows of tables by rows written before, under the working definitions; what they started from
    /// stays.
    pub(super) fn take_trees(&self, keys: &BTreeSet<TableKey>, trees: &Trees) -> Result<(), Error> {
        let mut working = self.working_rows(&self.catalog(&Revision::Working)?)?;
        working.all_or_none(|rows| rows.load_tables(self, &Revision::Working, keys, trees))
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
        let mut rows = self.working_rows(working)?.snapshot(self, working)?;
        let merged = self.rows_merged_by_git(&rows)?;
        if !merged.is_empty() {
            let staged = self.store.table_rows_trees(&Revision::Staged)?;
            rows.retain(|place, _| !merged.contains(&table_key(place)));
            rows.extend(
                staged
                    .into_iter()
                    .filter(|(p, _)| merged.contains(&table_key(p))),
            );
        }
        Ok(rows)
    }

    /// Returns the tables whose rows plain git has merged in the index and that are HEAD's in the working rows: they are
    /// what the index has, and are taken from the merge once it is committed.
    fn rows_merged_by_git(&self, working: &Trees) -> Result<BTreeSet<TableKey>, Error> {
        if !self.is_git_merging()? {
            return Ok(BTreeSet::new());
        }
        let Some(rows) = self.existing_rows()? else {
            return Ok(BTreeSet::new());
        };
        let head = self.committed_trees()?;
        let index = self.store.table_rows_trees(&Revision::Staged)?;
        // What was staged from here is in the index by a choice of its own.
        let staged = rows.noted(STAGED)?.unwrap_or_default();
        let mut merged = differing(&head, &index);
        merged.retain(|key| {
            trees_of(working, key) == trees_of(&head, key)
                && trees_of(&staged, key) != trees_of(&index, key)
        });
        Ok(merged)
    }

    /// Notes what was staged from here: of what plain git merges, these places alone.
    pub(super) fn note_staged_rows(
        &self,
        changes: &[(ShardRows, Option<TreeId>)],
    ) -> Result<(), Error> {
        let Some(rows) = self.existing_rows()? else {
            return Ok(());
        };
        let mut staged = self.store.table_rows_trees(&Revision::Staged)?;
        if self.is_git_merging()? {
            let is_from_here = |place: &ShardRows| changes.iter().any(|(other, _)| other == place);
            let before = rows.noted(STAGED)?.unwrap_or_default().into_iter();
            staged.retain(|place, _| is_from_here(place));
            staged.extend(before.filter(|(place, _)| !is_from_here(place)));
        }
        rows.note_staged(&staged)
    }

    /// As [`Workspace::rows_merged_by_git`], of the working rows as they are.
    pub(super) fn rows_awaiting_merge(&self) -> Result<BTreeSet<TableKey>, Error> {
        let (_, path) = self.rows_path()?;
        if !path.exists() || !self.is_git_merging()? {
            return Ok(BTreeSet::new());
        }
        let working = self.catalog(&Revision::Working)?;
        let rows = self.working_rows(&working)?.snapshot(self, &working)?;
        self.rows_merged_by_git(&rows)
    }
}

/// Names the working rows of a HEAD that is on no branch.
fn detached(commit: CommitId) -> String {
    format!("detached@{commit}")
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

    /// Replaces a table's rows by committed ones, under the definition they were written with.
    fn load_table(
        &mut self,
        workspace: &Workspace,
        catalog: &Catalog,
        key: &TableKey,
        committed: &Trees,
    ) -> Result<(), Error> {
        let trees = trees_of(committed, key);
        let as_defined: &ReadRows<'_> = &|tree, schema| workspace.rows_as_defined(tree, schema);
        let loaded = self.load_trees(catalog, key, &trees, as_defined);
        let (Err(Error::Rows { .. }), Some(table)) = (&loaded, catalog.definition(&key.0, &key.1))
        else {
            return loaded;
        };
        let schema = Arc::new(table_schema(catalog, &key.0, table));
        match workspace.otherwise_written(trees.values().copied(), &schema)? {
            Some(older) => self.load_trees(&older, key, &trees, &|tree, schema| {
                workspace.read_rows(tree, schema)
            }),
            None => loaded,
        }
    }

    fn load_trees(
        &mut self,
        catalog: &Catalog,
        key: &TableKey,
        trees: &BTreeMap<&String, TreeId>,
        read: &ReadRows<'_>,
    ) -> Result<(), Error> {
        let (keyspace, name) = key;
        self.shards.drop_table(keyspace, name)?;
        let Some(table) = catalog.definition(keyspace, name) else {
            return Ok(());
        };
        let schema = Arc::new(table_schema(catalog, keyspace, table));
        let mut shards: BTreeSet<String> = catalog.shards(keyspace).into_iter().collect();
        shards.extend(trees.keys().map(|shard| (*shard).clone()));
        let shards: Vec<String> = shards.into_iter().collect();
        self.shards.create_table(keyspace, &shards, table)?;
        note_identities(&self.shards, catalog, keyspace, name)?;
        for (shard, tree) in trees {
            let rows = read(Some(*tree), &schema)?;
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
        self.note_snapshot(key, trees)
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

    /// Returns the tables whose rows no longer make the trees that they were noted to make, though no statement has
    /// changed them since.
    pub(super) fn changed_by_nobody(
        &self,
        workspace: &Workspace,
        catalog: &Catalog,
    ) -> Result<Vec<TableKey>, Error> {
        let mut found = Vec::new();
        for (keyspace, name, definition) in catalog.definitions() {
            let key = (keyspace.to_owned(), name.to_owned());
            let stored = stored_definition(&self.shards, keyspace, name);
            // Rows of another definition are brought in step by the next command that reads them.
            let Some(table) = stored.filter(|stored| stored == definition.as_ref()) else {
                continue;
            };
            if is_renamed(&self.shards, catalog, keyspace, name)? {
                continue;
            }
            if let Some(noted) = self.noted_snapshot(&key)?
                && self.make_trees(workspace, catalog, &key, &table)? != noted
            {
                found.push(key);
            }
        }
        Ok(found)
    }

    /// Writes the trees that a table's rows make.
    fn make_trees(
        &self,
        workspace: &Workspace,
        catalog: &Catalog,
        (keyspace, name): &TableKey,
        table: &Table,
    ) -> Result<BTreeMap<String, TreeId>, Error> {
        let schema = Arc::new(table_schema(catalog, keyspace, table));
        let mut made = BTreeMap::new();
        for shard in self.shards.shards_of(keyspace, name) {
            let rows = canonical(&schema, self.read_table(&schema, table, keyspace, &shard)?);
            let rows = rows.into_iter().map(Ok);
            if let Some(tree) = workspace.store.write_rows(&schema, rows)? {
                made.insert(shard, tree);
            }
        }
        Ok(made)
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
                    let made = self.make_trees(workspace, working, key, &table)?;
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
