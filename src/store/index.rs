//! The index file: what the next commit holds, and what the worktree looked like when it was compared last.
//!
//! Invariants: the file ([`super::index_file`]) is replaced whole under git's `index.lock`; an entry whose file may have
//! changed in the same tick of the clock as the index was written is never taken for unchanged ("racy git", git's
//! `Documentation/technical/racy-git.txt`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use gix::index::entry::Stat;

use super::entries::Entries;
use super::known::Stamp;
use super::lock::LockFile;
use super::object::RawId;
use super::tree::{MODE_SUBMODULE, MODE_TREE};
use super::{Error, ROWS, ShardRows, Store, TreeId};

/// Names in the path of a shard's rows: `rows/<keyspace>/<table>/<shard>`.
const SHARD_DEPTH: usize = 4;

/// Mode and id of what stands at a path.
type Held = (u32, RawId);

/// One entry. A sparse directory has [`MODE_TREE`] and its path no trailing `/` here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) mode: u32,
    pub(super) id: RawId,
    pub(super) stat: Stat,
    /// Whether the entry's file is deliberately not in the worktree.
    pub(super) skip_worktree: bool,
    pub(super) assume_valid: bool,
    pub(super) intent_to_add: bool,
    /// Whether the stat was taken by this process, after the content was read.
    pub(super) fresh: bool,
}

impl IndexEntry {
    /// An entry whose file has not been looked at.
    pub(super) fn unchecked(mode: u32, id: RawId) -> Self {
        Self {
            mode,
            id,
            stat: Stat::default(),
            skip_worktree: mode == MODE_TREE,
            assume_valid: false,
            intent_to_add: false,
            fresh: false,
        }
    }
}

/// The index in memory: merged entries by path, and the paths that have unmerged ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    pub(super) entries: Entries,
    pub(super) unmerged: BTreeMap<(String, u8), IndexEntry>,
    /// Unmerged paths that vrev has merged: git sees their stages, vrev their merged entries (none: the merge removed them).
    pub(super) shown: BTreeSet<String>,
    /// When the file was written: seconds and nanoseconds.
    pub(super) timestamp: (u32, u32),
    /// The trees of the entries, once they are made.
    trees: OnceLock<Arc<Trees>>,
}

impl Index {
    /// Tells whether a file with this stat may have changed since without the stat showing it.
    pub(super) fn is_racy(&self, entry: &IndexEntry) -> bool {
        (entry.stat.mtime.secs, entry.stat.mtime.nsecs) >= self.timestamp
    }

    /// Refuses to go on while paths are unmerged that plain git left so.
    pub(super) fn check_merged(&self) -> Result<(), Error> {
        let paths = self.unmerged.keys().map(|(path, _)| path);
        let mut paths: Vec<String> = paths
            .filter(|path| !self.shown.contains(*path))
            .cloned()
            .collect();
        if paths.is_empty() {
            return Ok(());
        }
        paths.dedup();
        Err(Error::Unmerged { paths })
    }

    /// Returns the paths of the entries.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.paths()
    }

    /// Returns the entries as a tree's content.
    pub(super) fn files(&self) -> BTreeMap<String, (u32, RawId)> {
        self.listed()
            .map(|(path, file)| (path.to_owned(), file))
            .collect()
    }

    /// Returns the entries as a tree's content, in order.
    pub(super) fn listed(&self) -> impl Iterator<Item = (&str, (u32, RawId))> {
        let kept = self.entries.iter();
        let kept = kept.filter(|(_, entry)| !entry.intent_to_add);
        kept.map(|(path, entry)| (path, (entry.mode, entry.id)))
    }

    /// Returns the id of the tree that the entries make, without writing it.
    pub(super) fn tree_id(&self) -> Result<TreeId, Error> {
        Ok(self.trees()?.root)
    }

    fn trees(&self) -> Result<&Trees, Error> {
        if let Some(trees) = self.trees.get() {
            return Ok(trees);
        }
        let mut all = Vec::new();
        let root = super::tree::tree_from(self.listed(), &mut |bytes| {
            let id = super::object::hash(gix::objs::Kind::Tree, &bytes)?;
            all.push((TreeId(id), Arc::new(bytes)));
            Ok(id)
        })?;
        Ok(self.trees.get_or_init(|| Arc::new(Trees { root, all })))
    }

    /// Marks entries whose file may have changed in the tick of the clock in which the index was written, so that they are
    /// read next time: by a size that no file with content has.
    fn mark_racy(&mut self) {
        let is_doubtful = |entry: &IndexEntry| {
            self.is_racy(entry) && !entry.fresh && entry.mode != MODE_SUBMODULE
        };
        let doubtful = self.entries.iter().filter(|(_, entry)| is_doubtful(entry));
        let doubtful: Vec<_> = doubtful
            .map(|(path, entry)| (path.to_owned(), entry))
            .collect();
        for (path, mut entry) in doubtful {
            entry.stat.size = 0;
            self.entries.insert(&path, entry);
        }
    }

    /// Puts an entry at a path, removing those that it turns into a folder or that its folder was.
    pub(super) fn insert(&mut self, path: &str, entry: IndexEntry) {
        for (at, _) in path.match_indices('/') {
            self.entries.remove(&path[..at]);
        }
        let below: Vec<String> = self.below(path).collect();
        for other in below {
            self.entries.remove(&other);
        }
        let folder = format!("{path}/");
        let unmerged = &mut self.unmerged;
        unmerged.retain(|(other, _), _| !other.starts_with(&folder));
        self.resolve(path);
        self.entries.insert(path, entry);
    }

    /// Takes the stat of a path's file, whose content is its entry's.
    pub(super) fn looked_at(&mut self, path: &str, stat: Stat) {
        if let Some(entry) = self.entries.get(path) {
            let fresh = true;
            self.entries.insert(
                path,
                IndexEntry {
                    stat,
                    fresh,
                    ..entry
                },
            );
        }
    }

    /// Removes a path, unmerged entries too.
    pub(super) fn remove(&mut self, path: &str) {
        self.entries.remove(path);
        self.resolve(path);
    }

    /// Tells whether rows are unmerged, which only plain git leaves so.
    pub(super) fn has_unmerged_rows(&self) -> bool {
        self.unmerged_rows().next().is_some()
    }

    /// Returns the unmerged paths below `rows/`.
    fn unmerged_rows(&self) -> impl Iterator<Item = &str> {
        let paths = self.unmerged.keys().map(|(path, _)| path.as_str());
        paths.filter(|path| is_in_rows(path))
    }

    /// Tells whether rows are files of the worktree that can give place to the one entry of `rows/`.
    pub(super) fn has_rows_in_worktree(&self) -> bool {
        let mut rows = self.entries.below(ROWS);
        rows.any(|(_, entry)| !entry.skip_worktree) && !self.has_unmerged_rows()
    }

    /// Makes a path merged: its entry, if it has one, is what git sees.
    pub(super) fn resolve(&mut self, path: &str) {
        self.unmerged.retain(|(other, _), _| other != path);
        self.shown.remove(path);
    }

    /// Returns the paths below a folder.
    pub(super) fn below(&self, folder: &str) -> impl Iterator<Item = String> {
        let below = self.entries.below(folder);
        let below: Vec<String> = below.map(|(path, _)| path.to_owned()).collect();
        below.into_iter()
    }
}

/// Trees that entries make.
#[derive(Debug)]
struct Trees {
    root: TreeId,
    /// Each with its bytes, the deepest first.
    all: Vec<(TreeId, Arc<Vec<u8>>)>,
}

/// The index, locked against other writers until it is saved or dropped.
pub(super) struct LockedIndex<'a> {
    store: &'a Store,
    pub(super) index: Index,
    lock: LockFile,
}

impl LockedIndex<'_> {
    /// Writes the index. Objects it names are made durable first; in a command's staging it waits for them.
    pub(super) fn save(mut self) -> Result<(), Error> {
        self.store.collapse_rows(&mut self.index)?;
        self.index.mark_racy();
        self.store.save_index(self.index, self.lock)
    }
}

impl Store {
    fn index_path(&self) -> PathBuf {
        self.repo.index_path()
    }

    /// Reads the index, if it is not the one that was read last; empty if there is none.
    pub(super) fn index(&self) -> Result<Arc<Index>, Error> {
        if let Some(index) = self.staging.index() {
            return Ok(index);
        }
        let path = self.index_path();
        let absent = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        let stamp = match fs::metadata(&path) {
            Err(error) if absent(&error) => return Ok(Arc::default()),
            Err(error) => return Err(Error::io("read", &path)(error)),
            Ok(metadata) => Stamp::of(&metadata),
        };
        if let Some(index) = self.known.index(stamp) {
            return Ok(index);
        }
        let mut index = super::index_file::read(&path)?;
        self.recall_merged(&mut index)?;
        let index = Arc::new(index);
        let now = fs::metadata(&path).ok();
        if now.as_ref().and_then(Stamp::of) == stamp {
            self.known.keep_index(stamp, &index);
        }
        Ok(index)
    }

    /// Keeps the index that was just written.
    pub(super) fn remember_index(&self, mut index: Index) {
        let written = fs::metadata(self.index_path()).ok();
        let Some(time) = written
            .as_ref()
            .and_then(|metadata| metadata.modified().ok())
        else {
            return;
        };
        index.timestamp = super::index_file::timestamp(time);
        index.entries.for_each_changed(|entry| entry.fresh = false);
        let stamp = written.as_ref().and_then(Stamp::of);
        self.known.keep_index(stamp, &Arc::new(index));
    }

    /// Locks and reads the index. Rows that are in the worktree are taken out of it first.
    pub(super) fn lock_index(&self) -> Result<LockedIndex<'_>, Error> {
        self.adopt_sparse()?;
        self.lock_index_as_it_is()
    }

    /// Locks and reads the index. One that waits is published first: only one save can.
    pub(super) fn lock_index_as_it_is(&self) -> Result<LockedIndex<'_>, Error> {
        self.publish_staged(self.durability)?;
        let lock = self.lock(&self.index_path())?;
        let index = self.index()?;
        // What is about to change need not be kept, nor copied.
        self.known.forget_index();
        let mut index = Arc::unwrap_or_clone(index);
        index.trees = OnceLock::new();
        Ok(LockedIndex {
            store: self,
            index,
            lock,
        })
    }

    /// Writes the tree of what is staged.
    ///
    /// # Errors
    /// When paths are unmerged or objects cannot be written.
    pub fn write_tree_from_index(&self) -> Result<TreeId, Error> {
        let index = self.index()?;
        index.check_merged()?;
        self.write_trees(&index)
    }

    /// Writes the trees of an index's entries.
    pub(super) fn write_trees(&self, index: &Index) -> Result<TreeId, Error> {
        let trees = index.trees()?;
        for (id, bytes) in &trees.all {
            self.write_hashed_tree(*id, bytes)?;
        }
        Ok(trees.root)
    }

    /// Returns the tree of staged rows. A shard with unmerged rows has HEAD's until they are settled.
    pub(super) fn staged_rows(&self, index: &Index) -> Result<Option<TreeId>, Error> {
        if let Some(entry) = index.entries.get(ROWS) {
            return Ok((entry.mode == MODE_TREE).then_some(TreeId(entry.id)));
        }
        let below = index.entries.below(ROWS);
        let files = below.map(|(path, entry)| {
            let rest = &path[ROWS.len() + 1..];
            (rest.to_owned(), (entry.mode, entry.id))
        });
        let mut files: BTreeMap<_, _> = files.collect();
        for (shard, ours) in self.ours_of_unmerged(index)? {
            let below = format!("{shard}/");
            files.retain(|path, _| *path != shard && !path.starts_with(&below));
            files.extend(ours.map(|ours| (shard, ours)));
        }
        if files.is_empty() {
            Ok(None)
        } else {
            self.write_tree_of(&files).map(Some)
        }
    }

    /// Returns the shards with unmerged rows, as paths below `rows/`, and what HEAD has there.
    fn ours_of_unmerged(&self, index: &Index) -> Result<BTreeMap<String, Option<Held>>, Error> {
        let mut shards = BTreeMap::new();
        for path in index.unmerged_rows() {
            let names: Vec<&str> = path.split('/').take(SHARD_DEPTH).collect();
            let shard = names[1..].join("/");
            if shards.contains_key(&shard) {
                continue;
            }
            let ours = match self.head()?.commit {
                Some(head) => self.find_entry(self.tree_of(head)?, &names.join("/"))?,
                None => None,
            };
            shards.insert(shard, ours.map(|ours| (ours.mode, ours.id)));
        }
        Ok(shards)
    }

    /// Stages committed rows: the next commit holds these trees at these places (`None`: no rows there).
    ///
    /// # Errors
    /// [`Error::Unmerged`] while plain git has left rows unmerged; when a tree is damaged or the index cannot be written.
    pub fn stage_rows(&self, changes: &[(ShardRows, Option<TreeId>)]) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        if locked.index.has_unmerged_rows() {
            locked.index.check_merged()?;
        }
        let rows = self.edit_rows(self.staged_rows(&locked.index)?, changes)?;
        set_staged_rows(&mut locked.index, rows);
        locked.save()
    }

    /// Replaces entries below `rows/` that are not in the worktree by one for the folder.
    fn collapse_rows(&self, index: &mut Index) -> Result<(), Error> {
        let mut below = index.entries.below(ROWS).map(|(_, entry)| entry).peekable();
        if below.peek().is_none() || below.any(|entry| !entry.skip_worktree) {
            return Ok(());
        }
        drop(below);
        if index.has_unmerged_rows() {
            return Ok(());
        }
        let rows = self.staged_rows(index)?;
        set_staged_rows(index, rows);
        Ok(())
    }
}

/// Tells whether a path is `rows/` or below it.
pub(super) fn is_in_rows(path: &str) -> bool {
    let rest = path.strip_prefix(ROWS);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Makes `rows/` one entry, or none.
pub(super) fn set_staged_rows(index: &mut Index, rows: Option<TreeId>) {
    let below: Vec<String> = index.below(ROWS).collect();
    for path in below {
        index.remove(&path);
    }
    match rows {
        Some(id) => index.insert(ROWS, IndexEntry::unchecked(MODE_TREE, id.0)),
        None => index.remove(ROWS),
    }
}
