//! The files of a revision, and what differs between two revisions, without opening what is equal.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use gix::objs::Kind;

use super::object::{RawId, hash};
use super::status::Content;
use super::tree::{
    Entry, MODE_SUBMODULE, MODE_TREE, RawEntries, RawEntry, check_depth, check_path, join,
};
use super::{BlobId, CommitId, Error, ROWS, Revision, Store, TreeId};

/// A path that differs between two revisions. Equal ids mean that only the mode changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathChange {
    /// The path from the root, `/` between components.
    pub path: String,
    /// The content before; absent if the path did not exist. Of `WORKING` it may not be in the repository: read the path.
    pub from: Option<BlobId>,
    /// The content after; absent if the path is gone.
    pub to: Option<BlobId>,
}

/// Where committed rows belong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardRows {
    /// Keyspace.
    pub keyspace: String,
    /// Table.
    pub table: String,
    /// Shard.
    pub shard: String,
}

/// A shard's rows of a table that differ between two revisions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowsChange {
    /// Where.
    pub place: ShardRows,
    /// The rows before; absent if there were none.
    pub from: Option<TreeId>,
    /// The rows after.
    pub to: Option<TreeId>,
}

/// What differs between two revisions, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeChanges {
    /// Files outside `rows/`.
    pub paths: Vec<PathChange>,
    /// Committed rows, per shard and table.
    pub rows: Vec<RowsChange>,
}

impl Store {
    /// Returns the files of a revision under `prefix` (a path, or empty for all), sorted by path. Submodules are left
    /// out; `rows/` too unless `prefix` is in it. For `WORKING` these are tracked files and untracked ones that are not
    /// ignored, and ids need not be in the repository.
    ///
    /// # Errors
    /// When a tree is damaged or holds an unsafe path, or the worktree cannot be read.
    pub fn files(&self, revision: &Revision, prefix: &str) -> Result<Vec<(String, BlobId)>, Error> {
        let prefix = prefix.trim_end_matches('/');
        let found = match revision {
            Revision::Commit(id) => self.tree_files(self.tree_of(*id)?, prefix)?,
            _ => self.local_files(revision, prefix)?,
        };
        Ok(found
            .into_iter()
            .filter(|(_, (mode, _))| !matches!(*mode, MODE_SUBMODULE | MODE_TREE))
            .map(|(path, (_, id))| (path, BlobId(id)))
            .collect())
    }

    /// Returns the files of index or worktree below `prefix`.
    fn local_files(
        &self,
        revision: &Revision,
        prefix: &str,
    ) -> Result<BTreeMap<String, (u32, RawId)>, Error> {
        let index = self.index()?;
        let rows = self.staged_rows(&index)?;
        if prefix == ROWS || prefix.starts_with("rows/") {
            let root: Vec<Entry> = rows
                .map(|id| Entry {
                    mode: MODE_TREE,
                    name: ROWS.to_owned(),
                    id: id.0,
                })
                .into_iter()
                .collect();
            let root = self.write_tree(root)?.unwrap_or(TreeId::EMPTY);
            return self.tree_files(root, prefix);
        }
        let below = format!("{prefix}/");
        let wanted = |path: &str| {
            path != ROWS
                && !path.starts_with("rows/")
                && (prefix.is_empty() || path == prefix || path.starts_with(&below))
        };
        let mut found = index.files();
        if *revision == Revision::Working {
            let scan = self.scan(&index)?;
            for (path, content) in scan.changed.into_iter().filter(|(path, _)| wanted(path)) {
                match content {
                    Content::Changed { mode, id } => _ = found.insert(path, (mode, id)),
                    Content::Absent | Content::Foreign => _ = found.remove(&path),
                }
            }
            for path in scan.untracked.into_iter().filter(|path| wanted(path)) {
                if let Some((_, Some(mode))) = self.stat(&path)? {
                    let id = hash(Kind::Blob, &self.worktree_bytes(&path, mode)?)?;
                    found.insert(path, (mode, id));
                }
            }
        }
        found.retain(|path, _| wanted(path));
        Ok(found)
    }

    /// Returns the content of a file of a revision; `None` if the revision has no such file.
    ///
    /// # Errors
    /// When an object is damaged or missing, or the file cannot be read.
    pub fn read_path(&self, revision: &Revision, path: &str) -> Result<Option<Vec<u8>>, Error> {
        match revision {
            Revision::Commit(id) => match self.find_entry(self.tree_of(*id)?, path)? {
                Some(entry) if !entry.is_tree() && entry.mode != MODE_SUBMODULE => {
                    self.read(BlobId(entry.id)).map(Some)
                }
                _ => Ok(None),
            },
            Revision::Staged => match self.index()?.entries.get(path) {
                Some(entry) if !matches!(entry.mode, MODE_TREE | MODE_SUBMODULE) => {
                    self.read(BlobId(entry.id)).map(Some)
                }
                _ => Ok(None),
            },
            Revision::Working => {
                check_path(path)?;
                match self.stat(path)? {
                    Some((_, Some(mode))) => self.worktree_bytes(path, mode).map(Some),
                    _ => Ok(None),
                }
            }
        }
    }

    /// Tells whether a revision has a file at a path, without reading it.
    ///
    /// # Errors
    /// When a tree is damaged, or the worktree cannot be read.
    pub fn has_path(&self, revision: &Revision, path: &str) -> Result<bool, Error> {
        Ok(match revision {
            Revision::Commit(id) => self
                .find_entry(self.tree_of(*id)?, path)?
                .is_some_and(|entry| !entry.is_tree()),
            Revision::Staged => self.index()?.entries.contains(path),
            Revision::Working => {
                check_path(path)?;
                matches!(self.stat(path)?, Some((_, Some(_))))
            }
        })
    }

    /// Returns the id of the file or folder at a path below a root tree: equal ids are equal content. `None` where there is
    /// none.
    ///
    /// # Errors
    /// When a tree is damaged.
    pub fn object_at(&self, root: TreeId, path: &str) -> Result<Option<[u8; 20]>, Error> {
        Ok(self.find_entry(root, path)?.map(|entry| entry.id))
    }

    /// Returns the content of a file below a root tree; `None` where there is none.
    ///
    /// # Errors
    /// When an object is damaged or missing.
    pub fn read_below(&self, root: TreeId, path: &str) -> Result<Option<Vec<u8>>, Error> {
        match self.find_entry(root, path)? {
            Some(entry) if !entry.is_tree() && entry.mode != MODE_SUBMODULE => {
                self.read(BlobId(entry.id)).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the root tree of a commit.
    pub(super) fn tree_of(&self, id: CommitId) -> Result<TreeId, Error> {
        Ok(self.commit(id)?.tree)
    }

    /// Returns what differs between two revisions; equal trees are never opened.
    ///
    /// # Errors
    /// When a tree is damaged or holds an unsafe path, or the worktree cannot be read.
    pub fn changed_paths(&self, from: &Revision, to: &Revision) -> Result<TreeChanges, Error> {
        match (from, to) {
            (Revision::Commit(from), Revision::Commit(to)) => {
                self.changed_tree_paths(Some(self.tree_of(*from)?), Some(self.tree_of(*to)?))
            }
            (Revision::Commit(from), Revision::Staged) if self.index()?.check_merged().is_ok() => {
                let to = self.write_tree_from_index()?;
                self.changed_tree_paths(Some(self.tree_of(*from)?), Some(to))
            }
            _ => {
                let mut paths = Vec::new();
                for (path, (old, new)) in pair_files(self.all_files(from)?, self.all_files(to)?) {
                    if old != new {
                        let id = |side: Option<(u32, RawId)>| side.map(|(_, id)| BlobId(id));
                        paths.push(PathChange {
                            path,
                            from: id(old),
                            to: id(new),
                        });
                    }
                }
                let mut rows = Vec::new();
                let tree =
                    |revision| Ok::<_, Error>(self.rows_tree(revision)?.unwrap_or(TreeId::EMPTY));
                self.compare_rows(tree(from)?, tree(to)?, &mut rows)?;
                rows.sort();
                Ok(TreeChanges { paths, rows })
            }
        }
    }

    /// Returns the files of a revision with their modes, `rows/` left out.
    fn all_files(&self, revision: &Revision) -> Result<BTreeMap<String, (u32, RawId)>, Error> {
        let mut files = match revision {
            Revision::Commit(id) => self.tree_files(self.tree_of(*id)?, "")?,
            _ => self.local_files(revision, "")?,
        };
        files.remove(ROWS);
        Ok(files)
    }

    /// Returns the file at a path of a root tree; `None` where there is none.
    ///
    /// # Errors
    /// When a tree is damaged.
    pub fn tree_file(&self, root: TreeId, path: &str) -> Result<Option<BlobId>, Error> {
        let entry = self.find_entry(root, path)?;
        let file = entry.filter(|entry| !entry.is_tree() && entry.mode != MODE_SUBMODULE);
        Ok(file.map(|entry| BlobId(entry.id)))
    }

    /// Returns what differs between two root trees; `None` is the empty tree.
    ///
    /// # Errors
    /// When a tree is damaged or holds an unsafe path.
    pub fn changed_tree_paths(
        &self,
        from: Option<TreeId>,
        to: Option<TreeId>,
    ) -> Result<TreeChanges, Error> {
        let mut changes = TreeChanges::default();
        let (from, to) = (from.unwrap_or(TreeId::EMPTY), to.unwrap_or(TreeId::EMPTY));
        self.compare_trees(from, to, "", 0, &mut changes)?;
        changes.paths.sort();
        changes.rows.sort();
        Ok(changes)
    }

    fn compare_trees(
        &self,
        from: TreeId,
        to: TreeId,
        parent: &str,
        depth: usize,
        changes: &mut TreeChanges,
    ) -> Result<(), Error> {
        if from == to {
            return Ok(());
        }
        check_depth(depth, parent)?;
        let (from_bytes, to_bytes) = (self.tree_bytes(from)?, self.tree_bytes(to)?);
        let mut from_entries = RawEntries::new(from, &from_bytes);
        let mut to_entries = RawEntries::new(to, &to_bytes);
        let (mut old, mut new) = (None, None);
        // Both are in git's order, so what is equal is passed over as it comes.
        loop {
            if old.is_none() && new.is_none() {
                RawEntries::skip_equal(&mut [&mut from_entries, &mut to_entries]);
            }
            old = old.map_or_else(|| from_entries.next(), |entry| Ok(Some(entry)))?;
            new = new.map_or_else(|| to_entries.next(), |entry| Ok(Some(entry)))?;
            let order = match (&old, &new) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.order(new),
            };
            let before = if order == Ordering::Greater {
                None
            } else {
                old.take()
            };
            let after = if order == Ordering::Less {
                None
            } else {
                new.take()
            };
            if before != after {
                let checked =
                    |entry: Option<RawEntry<'_>>| entry.map(|entry| entry.checked()).transpose();
                self.compare_entries(checked(before)?, checked(after)?, parent, depth, changes)?;
            }
        }
    }

    /// Compares what stands under one name on both sides, of which one may have nothing.
    fn compare_entries(
        &self,
        old: Option<Entry>,
        new: Option<Entry>,
        parent: &str,
        depth: usize,
        changes: &mut TreeChanges,
    ) -> Result<(), Error> {
        let name = old
            .as_ref()
            .or(new.as_ref())
            .map_or("", |entry| entry.name.as_str());
        let path = join(parent, name);
        let subtree = |entry: &Option<Entry>| match entry {
            Some(entry) if entry.is_tree() => Some(TreeId(entry.id)),
            _ => None,
        };
        let blob = |entry: &Option<Entry>| match entry {
            Some(entry) if !entry.is_tree() => Some(BlobId(entry.id)),
            _ => None,
        };
        let (old_tree, new_tree) = (subtree(&old), subtree(&new));
        if old_tree.is_some() || new_tree.is_some() {
            let (from, to) = (
                old_tree.unwrap_or(TreeId::EMPTY),
                new_tree.unwrap_or(TreeId::EMPTY),
            );
            if path == ROWS {
                self.compare_rows(from, to, &mut changes.rows)?;
            } else {
                self.compare_trees(from, to, &path, depth + 1, changes)?;
            }
        }
        let (old_blob, new_blob) = (blob(&old), blob(&new));
        if old_blob.is_some() || new_blob.is_some() {
            changes.paths.push(PathChange {
                path,
                from: old_blob,
                to: new_blob,
            });
        }
        Ok(())
    }
}

type Side = Option<(u32, RawId)>;

/// Pairs two sets of files by path.
fn pair_files(
    from: BTreeMap<String, (u32, RawId)>,
    to: BTreeMap<String, (u32, RawId)>,
) -> BTreeMap<String, (Side, Side)> {
    let mut pairs: BTreeMap<String, (Side, Side)> = BTreeMap::new();
    for (path, file) in from {
        pairs.entry(path).or_default().0 = Some(file);
    }
    for (path, file) in to {
        pairs.entry(path).or_default().1 = Some(file);
    }
    pairs
}
