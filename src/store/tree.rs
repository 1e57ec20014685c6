//! Trees: paths and ids of a revision, and what differs between two, without opening what is equal.
//!
//! Entries are sorted as git sorts them (a folder as if its name ended in `/`). A tree read from the repository is
//! checked before use: a name that would leave its folder or hide as `.git` is refused (gitformat-tree; git's fsck
//! messages `hasDot`, `hasDotdot`, `hasDotgit`, `treeNotSorted`, `duplicateEntries`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::object::{RawId, hash, hex};
use super::status::Content;
use super::{BlobId, CommitId, Error, ROWS, Revision, Store, TreeId};

/// Folders may nest this deep.
const DEPTH_LIMIT: usize = 64;

pub(super) const MODE_TREE: u32 = 0o040_000;
pub(super) const MODE_FILE: u32 = 0o100_644;
pub(super) const MODE_EXECUTABLE: u32 = 0o100_755;
pub(super) const MODE_LINK: u32 = 0o120_000;
pub(super) const MODE_SUBMODULE: u32 = 0o160_000;

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: u32,
    pub(super) name: String,
    pub(super) id: RawId,
}

impl Entry {
    pub(super) fn is_tree(&self) -> bool {
        self.mode == MODE_TREE
    }
}

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
            for (path, entry) in index
                .entries
                .iter()
                .filter(|(path, entry)| wanted(path) && !entry.skip_worktree)
            {
                match self.compare(path, entry, &index)? {
                    None => {}
                    Some(Content::Changed { mode, id }) => {
                        _ = found.insert(path.clone(), (mode, id))
                    }
                    Some(Content::Absent | Content::Foreign) => _ = found.remove(path),
                }
            }
            for path in self
                .untracked(&index)?
                .into_iter()
                .filter(|path| wanted(path))
            {
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
        for (old, new) in pair(self.tree(from)?, self.tree(to)?) {
            if old == new {
                continue;
            }
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
        }
        Ok(())
    }

    /// Returns all files under `prefix`, and `rows` as one entry unless `prefix` is in it.
    pub(super) fn tree_files(
        &self,
        root: TreeId,
        prefix: &str,
    ) -> Result<BTreeMap<String, (u32, RawId)>, Error> {
        let mut found = BTreeMap::new();
        if prefix.is_empty() {
            self.collect_files(root, "", 0, &mut found)?;
        } else {
            match self.find_entry(root, prefix)? {
                Some(entry) if entry.is_tree() => {
                    self.collect_files(TreeId(entry.id), prefix, 1, &mut found)?
                }
                Some(entry) => _ = found.insert(prefix.to_owned(), (entry.mode, entry.id)),
                None => {}
            }
        }
        Ok(found)
    }

    fn collect_files(
        &self,
        tree: TreeId,
        parent: &str,
        depth: usize,
        found: &mut BTreeMap<String, (u32, RawId)>,
    ) -> Result<(), Error> {
        check_depth(depth, parent)?;
        for entry in self.tree(tree)? {
            let path = join(parent, &entry.name);
            if entry.is_tree() && path != ROWS {
                self.collect_files(TreeId(entry.id), &path, depth + 1, found)?;
            } else {
                found.insert(path, (entry.mode, entry.id));
            }
        }
        Ok(())
    }

    /// Finds the entry at a path below a tree.
    pub(super) fn find_entry(&self, root: TreeId, path: &str) -> Result<Option<Entry>, Error> {
        let mut components = path.split('/').peekable();
        let mut tree = root;
        while let Some(name) = components.next() {
            let Some(entry) = self
                .tree(tree)?
                .into_iter()
                .find(|entry| entry.name == name)
            else {
                return Ok(None);
            };
            if components.peek().is_none() {
                return Ok(Some(entry));
            }
            if !entry.is_tree() {
                return Ok(None);
            }
            tree = TreeId(entry.id);
        }
        Ok(None)
    }

    /// Returns a root tree like `base` but with a regular file at `path` (`None`: removed).
    ///
    /// # Errors
    /// When the path is unsafe or a tree is damaged. A file on the way gives place to a folder.
    pub fn set_file(
        &self,
        base: TreeId,
        path: &str,
        file: Option<BlobId>,
    ) -> Result<TreeId, Error> {
        check_path(path)?;
        match self.set_entry(base, path, file)? {
            Some(id) => Ok(id),
            None => self.write_object(Kind::Tree, &[]).map(TreeId),
        }
    }

    /// Edits the trees on the way to a path; `None` when nothing is left.
    fn set_entry(
        &self,
        tree: TreeId,
        path: &str,
        file: Option<BlobId>,
    ) -> Result<Option<TreeId>, Error> {
        let (name, rest) = match path.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let mut entries = self.tree(tree)?;
        let old = entries
            .iter()
            .position(|entry| entry.name == name)
            .map(|at| entries.remove(at));
        let new = match rest {
            None => file.map(|id| (MODE_FILE, id.0)),
            Some(rest) => {
                let below = old
                    .filter(Entry::is_tree)
                    .map_or(TreeId::EMPTY, |entry| TreeId(entry.id));
                self.set_entry(below, rest, file)?
                    .map(|id| (MODE_TREE, id.0))
            }
        };
        entries.extend(new.map(|(mode, id)| Entry {
            mode,
            name: name.to_owned(),
            id,
        }));
        self.write_tree(entries)
    }

    /// Reads a tree's entries, in git's order.
    pub(super) fn tree(&self, id: TreeId) -> Result<Vec<Entry>, Error> {
        decode(&id, &self.object(&id.0, Kind::Tree)?)
    }

    /// Writes a tree; `None` for no entries, since a tree of ours is never empty.
    pub(super) fn write_tree(&self, mut entries: Vec<Entry>) -> Result<Option<TreeId>, Error> {
        if entries.is_empty() {
            return Ok(None);
        }
        entries.sort_by(order);
        self.write_object(Kind::Tree, &encode(&entries))
            .map(|id| Some(TreeId(id)))
    }

    /// Writes the trees of a set of files; entries that are trees are taken as they are. Empty for no files.
    pub(super) fn write_tree_of(
        &self,
        files: &BTreeMap<String, (u32, RawId)>,
    ) -> Result<TreeId, Error> {
        let mut levels: Vec<(String, Vec<Entry>)> = vec![(String::new(), Vec::new())];
        for (path, (mode, id)) in files {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            while !is_within(folder, &levels.last().expect("the root stays").0) {
                self.close_level(&mut levels)?;
            }
            while levels.last().expect("the root stays").0 != folder {
                let current = levels.last().expect("the root stays").0.clone();
                let rest = if current.is_empty() {
                    folder
                } else {
                    &folder[current.len() + 1..]
                };
                let next = rest.split('/').next().unwrap_or(rest);
                levels.push((join(&current, next), Vec::new()));
            }
            let entry = Entry {
                mode: *mode,
                name: name.to_owned(),
                id: *id,
            };
            levels.last_mut().expect("the root stays").1.push(entry);
        }
        while levels.len() > 1 {
            self.close_level(&mut levels)?;
        }
        let (_, entries) = levels.pop().expect("the root stays");
        match self.write_tree(entries)? {
            Some(id) => Ok(id),
            None => self.write_object(Kind::Tree, &[]).map(TreeId),
        }
    }

    fn close_level(&self, levels: &mut Vec<(String, Vec<Entry>)>) -> Result<(), Error> {
        let (path, entries) = levels
            .pop()
            .expect("only folders below the root are closed");
        let name = path
            .rsplit_once('/')
            .map_or(path.as_str(), |(_, name)| name)
            .to_owned();
        if let (Some(id), Some((_, parent))) = (self.write_tree(entries)?, levels.last_mut()) {
            parent.push(Entry {
                mode: MODE_TREE,
                name,
                id: id.0,
            });
        }
        Ok(())
    }
}

fn is_within(folder: &str, parent: &str) -> bool {
    parent.is_empty()
        || folder == parent
        || (folder.starts_with(parent) && folder.as_bytes().get(parent.len()) == Some(&b'/'))
}

fn check_depth(depth: usize, path: &str) -> Result<(), Error> {
    if depth > DEPTH_LIMIT {
        return Err(Error::UnsafePath {
            path: path.escape_debug().to_string(),
            reason: format!("folders nest deeper than {DEPTH_LIMIT}"),
        });
    }
    Ok(())
}

/// Puts a name below a folder; the root is empty.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}/{name}")
    }
}

/// Git's order of entries in a tree.
pub(super) fn order(a: &Entry, b: &Entry) -> Ordering {
    let byte = |entry: &Entry, at: usize| match entry.name.as_bytes().get(at) {
        Some(byte) => *byte,
        None if entry.is_tree() => b'/',
        None => 0,
    };
    let common = a.name.len().min(b.name.len());
    a.name.as_bytes()[..common]
        .cmp(&b.name.as_bytes()[..common])
        .then_with(|| byte(a, common).cmp(&byte(b, common)))
        .then_with(|| a.name.len().cmp(&b.name.len()))
}

/// Pairs the entries of two trees by name.
fn pair(from: Vec<Entry>, to: Vec<Entry>) -> Vec<(Option<Entry>, Option<Entry>)> {
    let mut pairs: BTreeMap<String, (Option<Entry>, Option<Entry>)> = BTreeMap::new();
    for entry in from {
        let name = entry.name.clone();
        pairs.entry(name).or_default().0 = Some(entry);
    }
    for entry in to {
        let name = entry.name.clone();
        pairs.entry(name).or_default().1 = Some(entry);
    }
    pairs.into_values().collect()
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

pub(super) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 48);
    for entry in entries {
        bytes.extend(format!("{:o} ", entry.mode).as_bytes());
        bytes.extend(entry.name.as_bytes());
        bytes.push(0);
        bytes.extend(entry.id);
    }
    bytes
}

pub(super) fn decode(id: &TreeId, mut data: &[u8]) -> Result<Vec<Entry>, Error> {
    let damaged = |reason: &str| Error::DamagedObject {
        id: hex(&id.0),
        reason: reason.to_owned(),
    };
    let mut entries: Vec<Entry> = Vec::new();
    while !data.is_empty() {
        let (mode, rest) = data
            .split_once_str(" ")
            .ok_or_else(|| damaged("a tree entry has no mode"))?;
        let (name, rest) = rest
            .split_once_str("\0")
            .ok_or_else(|| damaged("a tree entry has no name"))?;
        let (raw, rest) = rest
            .split_first_chunk::<20>()
            .ok_or_else(|| damaged("a tree entry has no id"))?;
        let mode = std::str::from_utf8(mode)
            .ok()
            .and_then(|text| u32::from_str_radix(text, 8).ok())
            .and_then(known_mode)
            .ok_or_else(|| damaged("a tree entry has an unknown mode"))?;
        let entry = Entry {
            mode,
            name: component(name)?,
            id: *raw,
        };
        if entries
            .last()
            .is_some_and(|last| order(last, &entry) != Ordering::Less)
        {
            return Err(damaged("its entries are not in order"));
        }
        let same_name = |other: &&Entry| other.name.starts_with(&entry.name);
        if entries
            .iter()
            .rev()
            .take_while(same_name)
            .any(|other| other.name == entry.name)
        {
            return Err(damaged("two of its entries have one name"));
        }
        entries.push(entry);
        data = rest;
    }
    Ok(entries)
}

fn known_mode(mode: u32) -> Option<u32> {
    match mode {
        MODE_TREE | MODE_FILE | MODE_EXECUTABLE | MODE_LINK | MODE_SUBMODULE => Some(mode),
        0o100_664 => Some(MODE_FILE), // written by early gits, accepted by all
        _ => None,
    }
}

/// Checks one component of a path, as git does before it writes one to disk, on every file system's terms.
pub(super) fn component(name: &[u8]) -> Result<String, Error> {
    let refuse = |reason: String| Error::UnsafePath {
        path: name.escape_bytes().to_string(),
        reason,
    };
    let options = gix::validate::path::component::Options {
        protect_windows: cfg!(windows),
        protect_hfs: true,
        protect_ntfs: true,
    };
    gix::validate::path::component(name.as_bstr(), None, options)
        .map_err(|error| refuse(error.to_string()))?;
    std::str::from_utf8(name)
        .map(ToOwned::to_owned)
        .map_err(|_| refuse("it is not UTF-8".to_owned()))
}

/// Checks every component of a path.
pub(super) fn check_path(path: &str) -> Result<(), Error> {
    path.split('/')
        .try_for_each(|name| component(name.as_bytes()).map(drop))
        .map_err(|error| match error {
            Error::UnsafePath { reason, .. } => Error::UnsafePath {
                path: path.escape_debug().to_string(),
                reason,
            },
            other => other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: u32, name: &str) -> Entry {
        Entry {
            mode,
            name: name.to_owned(),
            id: [7; 20],
        }
    }

    #[test]
    fn trees_encode_and_decode_in_git_order() {
        let mut entries = vec![
            entry(MODE_TREE, "a"),
            entry(MODE_FILE, "a.b"),
            entry(MODE_FILE, "a0"),
            entry(MODE_LINK, "z"),
        ];
        entries.sort_by(order);
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a.b", "a", "a0", "z"]);
        assert_eq!(decode(&TreeId::EMPTY, &encode(&entries)).unwrap(), entries);
    }

    #[test]
    fn bad_trees_are_refused() {
        let check = |bytes: &[u8], expected: &str| {
            let error = decode(&TreeId::EMPTY, bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let id = [7_u8; 20];
        let with = |text: &[u8]| [text, &id].concat();
        check(b"100644", "no mode");
        check(b"100644 a", "no name");
        check(b"100644 a\0short", "no id");
        check(&with(b"100600 a\0"), "unknown mode");
        check(&with(b"99999999999999 a\0"), "unknown mode");
        check(&with(b"100644 ..\0"), "`..`");
        check(&with(b"100644 a/b\0"), "a/b");
        check(&with(b"40000 .GIT\0"), ".GIT");
        check(&with(b"40000 git~1\0"), "git~1");
        check(&with(b"100644 \xff\0"), "UTF-8");
        check(
            &[with(b"100644 b\0"), with(b"100644 a\0")].concat(),
            "not in order",
        );
        check(
            &[with(b"100644 a\0"), with(b"100644 a\0")].concat(),
            "not in order",
        );
        check(
            &[
                with(b"100644 a\0"),
                with(b"100644 a.b\0"),
                with(b"40000 a\0"),
            ]
            .concat(),
            "one name",
        );
    }
}
