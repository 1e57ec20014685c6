//! `status`: what differs between HEAD, the index and the working set, by object, and what is wrong or unclear.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::with_causes;
use super::report::{ChangedObject, ObjectChange, RenameQuestion, Status};
use super::rows::{TableKey, Trees, differing};
use super::{Error, Object, Workspace, place};
use crate::catalog::Catalog;
use crate::diff::rename::{self, Rename};
use crate::store::{ChangeKind, Revision, StatusEntry, TreeChanges};

impl Workspace {
    /// Returns the state of the working set.
    ///
    /// # Errors
    /// When git's files cannot be read. A catalog that does not build is told in the status, not an error.
    pub fn status(&self) -> Result<Status, Error> {
        let head = self.store.head()?;
        let mut status = Status {
            tracking: self.tracking(&head)?,
            branch: head.branch,
            head: head.commit,
            operation: self.operation()?,
            git_merge: self.git_merge()?,
            ..Status::default()
        };
        for entry in self.store.status()?.entries {
            if entry.untracked {
                status
                    .untracked
                    .push(object_of(&entry.path, ObjectChange::Added));
            }
            if let Some(change) = entry.staged {
                status
                    .staged
                    .push(object_of(&entry.path, change_of(change)));
            }
            if let (Some(change), false) = (entry.worktree, entry.untracked) {
                status
                    .unstaged
                    .push(object_of(&entry.path, change_of(change)));
            }
        }
        let committed = self.committed_trees()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        status.staged.extend(rows_changes(&committed, &staged));
        match self.status_catalog(&status) {
            Ok(catalog) => {
                let working = self.trees_of(&catalog)?;
                // Rows of a table that is not tracked are as new as it is.
                let new: BTreeSet<TableKey> = status
                    .untracked
                    .iter()
                    .filter_map(|object| place::table_of(&object.path))
                    .collect();
                let is_new = |object: &ChangedObject| {
                    new.iter().any(|(keyspace, table)| {
                        object.name.strip_prefix(keyspace.as_str())
                            == Some(format!(".{table}").as_str())
                    })
                };
                let (of_new, others) = rows_changes(&staged, &working)
                    .into_iter()
                    .partition::<Vec<_>, _>(is_new);
                status.untracked.extend(of_new);
                status.unstaged.extend(others);
                if !(status.unstaged.is_empty() && status.untracked.is_empty()) {
                    status.questions = self.rename_questions(&status, &catalog)?;
                }
            }
            Err(Error::Catalog { problems, .. }) => {
                status.problems = problems
                    .iter()
                    .map(|problem| with_causes(problem))
                    .collect();
            }
            Err(error) => return Err(error),
        }
        let untracked = status.untracked.iter();
        let ignored = self.ignored_tables(untracked.map(|object| object.path.as_str()))?;
        let hidden = |object: &ChangedObject| match object.kind {
            "rows" => object
                .name
                .split_once('.')
                .is_some_and(|(keyspace, table)| {
                    ignored.has(&(keyspace.to_owned(), table.to_owned()))
                }),
            _ => ignored.has_path(&object.path),
        };
        (status.ignored, status.untracked) = std::mem::take(&mut status.untracked)
            .into_iter()
            .partition(hidden);
        self.pair_renames(&mut status.staged)?;
        for list in [
            &mut status.staged,
            &mut status.unstaged,
            &mut status.untracked,
            &mut status.ignored,
        ] {
            list.sort_by(|one, other| (&one.path, one.kind).cmp(&(&other.path, other.kind)));
        }
        Ok(status)
    }

    /// Makes one renamed table of a removed one and an added one that has its identity.
    fn pair_renames(&self, staged: &mut Vec<ChangedObject>) -> Result<(), Error> {
        let tables = |staged: &[ChangedObject], wanted: &ObjectChange| -> BTreeSet<TableKey> {
            let tables = staged
                .iter()
                .filter(|object| object.kind == "table" && object.change == *wanted);
            tables
                .filter_map(|object| place::table_of(&object.path))
                .collect()
        };
        let added = tables(staged, &ObjectChange::Added);
        let removed = tables(staged, &ObjectChange::Removed);
        if added.is_empty() || removed.is_empty() {
            return Ok(());
        }
        let Some(head) = self.head_commit()? else {
            return Ok(());
        };
        // A staged definition that does not parse is told by what wants to read it, not here.
        let pairs = self.renamed_tables((&head, &removed), (&Revision::Staged, &added));
        for (former, key) in pairs.unwrap_or_default() {
            let (from, to) = (
                format!("{}.{}", former.0, former.1),
                format!("{}.{}", key.0, key.1),
            );
            staged.retain(|object| object.name != from);
            staged.retain(|object| !(object.kind == "identities" && object.name == key.0));
            staged.retain(|object| !(object.kind == "rows" && object.name == to));
            for object in staged.iter_mut().filter(|object| object.name == to) {
                object.change = ObjectChange::Renamed { from: from.clone() };
            }
        }
        Ok(())
    }

    /// Returns the working catalog as far as a status needs it: the changed tables alone where the rest is known to build
    /// and there are no working rows to be compared.
    fn status_catalog(&self, status: &Status) -> Result<Catalog, Error> {
        let (_, rows) = self.rows_path()?;
        let changed = status.unstaged.iter().chain(&status.untracked);
        let changed: BTreeSet<String> = changed.map(|object| object.path.clone()).collect();
        let is_changed = !changed.is_empty();
        if !rows.exists() && self.are_files_known_good(changed)? {
            let objects = [&status.staged, &status.unstaged, &status.untracked];
            let objects = objects.into_iter().flatten();
            let keys = objects.filter_map(|object| place::table_of(&object.path));
            return self.catalog_of_tables(&Revision::Working, &keys.collect());
        }
        let catalog = self.catalog(&Revision::Working)?;
        if !is_changed && let Ok(tree) = self.store.root_tree(&Revision::Staged) {
            self.note_built(&catalog, tree, false);
        }
        Ok(catalog)
    }

    /// Returns the tracked tables that have another name in the worktree, which git takes for removed and untracked ones.
    pub(super) fn unstaged_renames(
        &self,
        status: &[StatusEntry],
    ) -> Result<Vec<(TableKey, TableKey)>, Error> {
        let (mut removed, mut added) = (BTreeSet::new(), BTreeSet::new());
        for entry in status {
            let table = place::table_of(&entry.path);
            match entry.worktree {
                _ if entry.untracked => added.extend(table),
                Some(ChangeKind::Deleted) => removed.extend(table),
                _ => {}
            }
        }
        self.renamed_tables((&Revision::Staged, &removed), (&Revision::Working, &added))
    }

    /// Stages renamed tables under their new names: what becomes of a table becomes of it under each of its names.
    /// Returns what git then tells of the worktree.
    pub(super) fn stage_renames(&self) -> Result<Vec<StatusEntry>, Error> {
        let status = self.store.status()?.entries;
        let renamed = self.unstaged_renames(&status)?.into_iter();
        let tables: Vec<Object> = renamed
            .map(|(_, (keyspace, table))| Object::Table { keyspace, table })
            .collect();
        match tables.as_slice() {
            [] => Ok(status),
            tables => {
                self.add(tables)?;
                Ok(self.store.status()?.entries)
            }
        }
    }

    /// Returns which of the tables that one state has are which of those that another has, by identity.
    pub(super) fn renamed_tables(
        &self,
        (before, removed): (&Revision, &BTreeSet<TableKey>),
        (now, added): (&Revision, &BTreeSet<TableKey>),
    ) -> Result<Vec<(TableKey, TableKey)>, Error> {
        if removed.is_empty() || added.is_empty() {
            return Ok(Vec::new());
        }
        let old = self.catalog_of_tables(before, removed)?;
        let new = self.catalog_of_tables(now, added)?;
        Ok(renamed((&old, removed), (&new, added)))
    }

    /// Columns and tables dropped and added with equal definitions look like renames.
    fn rename_questions(
        &self,
        status: &Status,
        working: &Catalog,
    ) -> Result<Vec<RenameQuestion>, Error> {
        let Some(head) = self.head_commit()? else {
            return Ok(Vec::new());
        };
        let lists = [&status.staged, &status.unstaged, &status.untracked];
        let keys: BTreeSet<TableKey> = lists
            .into_iter()
            .flatten()
            .filter_map(|object| place::table_of(&object.path))
            .collect();
        let committed = self.catalog_of_tables(&head, &keys)?;
        let mut changed = working.clone();
        for (name, keyspace) in &mut changed.keyspaces {
            let is_changed = |table: &String| keys.contains(&(name.clone(), table.clone()));
            Arc::make_mut(keyspace)
                .tables
                .retain(|table, _| is_changed(table));
        }
        let questions = rename::look_alikes(&committed, &changed).into_iter();
        Ok(questions.map(question).collect())
    }
}

fn question(rename: Rename) -> RenameQuestion {
    let within = match rename.kind {
        rename::Kind::Table => rename.keyspace.clone(),
        _ => format!("{}.{}", rename.keyspace, rename.table),
    };
    RenameQuestion {
        kind: rename.kind.name(),
        within,
        from: rename.from,
        to: rename.to,
    }
}

/// Returns the objects that a comparison of two trees names, sorted by path.
pub(super) fn changed_objects(changes: &TreeChanges) -> Vec<ChangedObject> {
    let mut objects: Vec<ChangedObject> = changes
        .paths
        .iter()
        .map(|change| {
            let kind = match (change.from.is_some(), change.to.is_some()) {
                (false, _) => ObjectChange::Added,
                (_, false) => ObjectChange::Removed,
                _ => ObjectChange::Modified,
            };
            object_of(&change.path, kind)
        })
        .collect();
    let tables: BTreeSet<TableKey> = changes
        .rows
        .iter()
        .map(|rows| (rows.place.keyspace.clone(), rows.place.table.clone()))
        .collect();
    for (keyspace, table) in tables {
        let of_table = || {
            changes
                .rows
                .iter()
                .filter(|r| r.place.keyspace == keyspace && r.place.table == table)
        };
        let change = match (
            of_table().any(|rows| rows.from.is_some()),
            of_table().any(|rows| rows.to.is_some()),
        ) {
            (false, _) => ObjectChange::Added,
            (_, false) => ObjectChange::Removed,
            _ => ObjectChange::Modified,
        };
        objects.push(rows_object(&keyspace, &table, change));
    }
    objects.sort_by(|one, other| one.path.cmp(&other.path));
    objects
}

fn rows_changes(from: &Trees, to: &Trees) -> Vec<ChangedObject> {
    let has = |trees: &Trees, key: &TableKey| {
        trees
            .keys()
            .any(|p| p.keyspace == key.0 && p.table == key.1)
    };
    differing(from, to)
        .into_iter()
        .map(|key| {
            let change = match (has(from, &key), has(to, &key)) {
                (false, _) => ObjectChange::Added,
                (_, false) => ObjectChange::Removed,
                _ => ObjectChange::Modified,
            };
            rows_object(&key.0, &key.1, change)
        })
        .collect()
}

fn rows_object(keyspace: &str, table: &str, change: ObjectChange) -> ChangedObject {
    ChangedObject {
        kind: "rows",
        name: format!("{keyspace}.{table}"),
        path: place::rows_path(keyspace, table),
        change,
    }
}

fn object_of(path: &str, change: ObjectChange) -> ChangedObject {
    let (kind, name) = place::object_of(path);
    ChangedObject {
        kind,
        name,
        path: path.to_owned(),
        change,
    }
}

fn change_of(kind: ChangeKind) -> ObjectChange {
    match kind {
        ChangeKind::Added => ObjectChange::Added,
        ChangeKind::Deleted => ObjectChange::Removed,
        ChangeKind::Modified | ChangeKind::TypeChanged => ObjectChange::Modified,
    }
}

/// Returns which tables of one catalog are which of another one, by identity.
pub(super) fn renamed(
    (old, removed): (&Catalog, &BTreeSet<TableKey>),
    (new, added): (&Catalog, &BTreeSet<TableKey>),
) -> Vec<(TableKey, TableKey)> {
    let identity = |catalog: &Catalog, (keyspace, table): &TableKey| -> Option<String> {
        let keyspace = catalog.keyspaces.get(keyspace)?;
        Some(keyspace.identities.table(table).to_owned())
    };
    let pair = |key: &TableKey| {
        let of = identity(new, key)?;
        let is_former =
            |former: &&TableKey| former.0 == key.0 && identity(old, former).as_ref() == Some(&of);
        Some((removed.iter().find(is_former)?.clone(), key.clone()))
    };
    added.iter().filter_map(pair).collect()
}
