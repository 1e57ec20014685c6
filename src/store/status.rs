//! What is staged, what is changed in the worktree, and what is untracked: the same answer as `git status`.
//!
//! A file is opened only where its size and times do not settle the question (racy entries included).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gix::index::entry::{Stat, stat};

use super::index::{Index, IndexEntry, is_in_rows};
use super::object::{RawId, hash};
use super::scan::Seen;
use super::tree::{MODE_EXECUTABLE, MODE_FILE, MODE_LINK, MODE_TREE};
use super::{Error, ROWS, RowsChange, Store, TreeId};

/// The id of the blob without bytes.
const EMPTY_BLOB: RawId = [
    0xe6, 0x9d, 0xe2, 0x9b, 0xb2, 0xd1, 0xd6, 0x43, 0x4b, 0x8b, 0x29, 0xae, 0x77, 0x5a, 0xd8, 0xc2,
    0xe4, 0x8c, 0x53, 0x91,
];

/// How a path differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// On the newer side only.
    Added,
    /// On both with other content or another mode.
    Modified,
    /// A file on one side, a symbolic link or submodule on the other.
    TypeChanged,
    /// On the older side only.
    Deleted,
}

/// A path that is not the same in HEAD, index and worktree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatusEntry {
    /// The path from the root.
    pub path: String,
    /// From HEAD to the index.
    pub staged: Option<ChangeKind>,
    /// From the index to the worktree.
    pub worktree: Option<ChangeKind>,
    /// In the worktree only, and not ignored.
    pub untracked: bool,
    /// Left in conflict by a merge.
    pub unmerged: bool,
}

/// What differs between HEAD, index and worktree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Files, sorted by path.
    pub entries: Vec<StatusEntry>,
    /// Staged rows that differ from HEAD's.
    pub rows: Vec<RowsChange>,
}

impl Status {
    /// Tells whether nothing differs, untracked files aside.
    pub fn is_clean(&self) -> bool {
        self.rows.is_empty() && self.entries.iter().all(|entry| entry.untracked)
    }
}

/// How a file of the worktree differs from its index entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// There is none.
    Absent,
    /// Another content or mode; the id of what is there.
    Changed { mode: u32, id: RawId },
    /// A folder or something that git cannot hold.
    Foreign,
}

impl Store {
    /// Returns what differs between HEAD, index and worktree.
    ///
    /// # Errors
    /// When the index or a tree is damaged, or the worktree cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        let index = self.index()?;
        if self.is_sparse() {
            // A repository that cannot be written can still be looked at.
            let _ = self.refresh_cone(index.paths());
        }
        let head_tree = match self.head()?.commit {
            Some(commit) => self.tree_of(commit)?,
            None => TreeId::EMPTY,
        };
        let mut entries: BTreeMap<String, StatusEntry> = BTreeMap::new();
        let mut note = |path: &str, change: &dyn Fn(&mut StatusEntry)| {
            change(
                entries
                    .entry(path.to_owned())
                    .or_insert_with(|| StatusEntry {
                        path: path.to_owned(),
                        staged: None,
                        worktree: None,
                        untracked: false,
                        unmerged: false,
                    }),
            );
        };
        let mut rows = Vec::new();
        // Equal trees are never opened.
        let is_staged = !index.unmerged.is_empty() || index.tree_id()? != head_tree;
        let staged = if is_staged {
            self.staged_files(head_tree, &index, &mut rows)?
        } else {
            BTreeMap::new()
        };
        for (path, change) in staged {
            if !index.unmerged.contains_key(&(path.clone(), 2)) {
                note(&path, &|entry| entry.staged = Some(change));
            }
        }
        let scan = self.scan(&index)?;
        for (path, content) in &scan.changed {
            let change = index
                .entries
                .get(path)
                .map(|entry| worktree_change(&entry, content));
            note(path, &|entry| entry.worktree = change);
        }
        for (path, _) in index.unmerged.keys() {
            note(path, &|entry| {
                entry.unmerged = true;
                entry.staged = None;
            });
        }
        for path in &scan.untracked {
            note(path, &|entry| entry.untracked = true);
        }
        rows.sort();
        Ok(Status {
            entries: entries.into_values().collect(),
            rows,
        })
    }

    /// Returns the files that the index has otherwise than a tree, and notes the rows.
    fn staged_files(
        &self,
        head_tree: TreeId,
        index: &Index,
        rows: &mut Vec<RowsChange>,
    ) -> Result<BTreeMap<String, ChangeKind>, Error> {
        let mut head = self.tree_files(head_tree, "")?;
        let mut staged = index.files();
        let old = match head.get(ROWS) {
            Some((MODE_TREE, id)) => TreeId(*id),
            _ => TreeId::EMPTY,
        };
        let new = self.staged_rows(index)?.unwrap_or(TreeId::EMPTY);
        self.compare_rows(old, new, rows)?;
        // Rows are told by shard, whether the index has them as one entry, as files or as folders beside files.
        let is_rows =
            |path: &str, mode: u32| is_in_rows(path) && (path != ROWS || mode == MODE_TREE);
        head.retain(|path, (mode, _)| !is_rows(path, *mode));
        staged.retain(|path, (mode, _)| !is_rows(path, *mode));
        Ok(compare_files(&head, &staged))
    }

    /// Compares a file of the worktree with its index entry; `None` if it is the same.
    pub(super) fn compare(
        &self,
        path: &str,
        entry: &IndexEntry,
        index: &Index,
    ) -> Result<Option<Content>, Error> {
        self.compare_seen(path, entry, index, self.stat(path)?)
    }

    /// As [`Store::compare`], for a file whose stat was taken.
    pub(super) fn compare_seen(
        &self,
        path: &str,
        entry: &IndexEntry,
        index: &Index,
        seen: Option<Seen>,
    ) -> Result<Option<Content>, Error> {
        let Some((stat, mode)) = seen else {
            return Ok(Some(Content::Absent));
        };
        let Some(mode) = mode else {
            return Ok(Some(Content::Foreign));
        };
        let judge = self.stat_judge();
        if judge.is_unchanged(entry, index, &(stat, Some(mode))) {
            return Ok(None);
        }
        let mode = judge.trusted_mode(mode, entry.mode);
        let id = hash(gix::objs::Kind::Blob, &self.worktree_bytes(path, mode)?)?;
        let unchanged = id == entry.id && mode == entry.mode && !entry.intent_to_add;
        Ok((!unchanged).then_some(Content::Changed { mode, id }))
    }

    /// Returns a path's stat and its mode (`None` for a folder or a special file); `None` if there is nothing, or its
    /// parent is not a real folder.
    pub(super) fn stat(&self, path: &str) -> Result<Option<Seen>, Error> {
        use std::io::ErrorKind;
        if !self.parent_is_real(path) {
            return Ok(None);
        }
        let full = self.worktree_path(path);
        let metadata = match gix::index::fs::Metadata::from_path_no_follow(&full) {
            Ok(metadata) => metadata,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(Error::io("read", &full)(error)),
        };
        let mode = if metadata.is_symlink() {
            Some(MODE_LINK)
        } else if metadata.is_file() {
            Some(if metadata.is_executable() {
                MODE_EXECUTABLE
            } else {
                MODE_FILE
            })
        } else {
            None
        };
        Ok(Some((Stat::from_fs(&metadata).unwrap_or_default(), mode)))
    }

    /// Tells whether every folder above a path is a folder and no symbolic link, which would lead outside.
    fn parent_is_real(&self, path: &str) -> bool {
        path.match_indices('/').all(|(at, _)| {
            fs::symlink_metadata(self.worktree_path(&path[..at]))
                .is_ok_and(|metadata| metadata.is_dir())
        })
    }

    pub(super) fn worktree_path(&self, path: &str) -> PathBuf {
        path.split('/')
            .fold(self.root.clone(), |folder, name| folder.join(name))
    }

    /// Reads what a blob of this file would hold.
    pub(super) fn worktree_bytes(&self, path: &str, mode: u32) -> Result<Vec<u8>, Error> {
        content(&self.worktree_path(path), mode == MODE_LINK)
    }

    /// Returns the rules by which stats are judged in this repository.
    pub(super) fn stat_judge(&self) -> StatJudge {
        StatJudge {
            options: self.known.stat_options(&self.repo),
            trusts_mode: self.known.trusts_mode(&self.repo),
        }
    }

    /// Returns untracked files, sorted; those that git's rules ignore if asked for.
    ///
    /// # Errors
    /// When the index or the worktree cannot be read.
    pub fn untracked_files(&self, ignored: bool) -> Result<Vec<String>, Error> {
        self.untracked_and(&*self.index()?, ignored)
    }

    /// Returns untracked files that are not ignored, sorted. A repository inside of this one is left out.
    pub(super) fn untracked(&self, index: &Index) -> Result<Vec<String>, Error> {
        self.untracked_and(index, false)
    }
}

/// Judges by its stat alone whether a file is as the index has it.
#[derive(Clone, Copy)]
pub(super) struct StatJudge {
    options: stat::Options,
    trusts_mode: bool,
}

impl StatJudge {
    /// Tells whether a file is certainly unchanged; otherwise it must be read.
    pub(super) fn is_unchanged(&self, entry: &IndexEntry, index: &Index, seen: &Seen) -> bool {
        let (stat, Some(mode)) = seen else {
            return false;
        };
        // A size of 0 beside another content marks an entry that must be read.
        let unsure = entry.stat.size == 0 && entry.id != EMPTY_BLOB;
        !unsure
            && stat.matches(&entry.stat, self.options)
            && self.trusted_mode(*mode, entry.mode) == entry.mode
            && !index.is_racy(entry)
            && !entry.intent_to_add
    }

    /// Takes the executable bit from the index where the file system has none (`core.fileMode`).
    pub(super) fn trusted_mode(&self, found: u32, indexed: u32) -> u32 {
        let regular = |mode| matches!(mode, MODE_FILE | MODE_EXECUTABLE);
        if !self.trusts_mode && regular(found) && regular(indexed) {
            indexed
        } else {
            found
        }
    }
}

/// Reads a file, or where a link leads to.
pub(super) fn content(path: &Path, is_link: bool) -> Result<Vec<u8>, Error> {
    if !is_link {
        return fs::read(path).map_err(Error::io("read", path));
    }
    let target = fs::read_link(path).map_err(Error::io("read", path))?;
    let target = gix::path::into_bstr(target)
        .map_err(Error::git(format!("read the link `{}`", path.display())))?;
    Ok(target.into_owned().into())
}

pub(super) fn is_excluded(
    excludes: &mut gix::AttributeStack<'_>,
    path: &str,
    mode: Option<gix::index::entry::Mode>,
) -> Result<bool, Error> {
    let platform = excludes
        .at_path(Path::new(path), mode)
        .map_err(Error::git("read the ignore rules"))?;
    Ok(platform.is_excluded())
}

/// Compares two sets of files.
fn compare_files(
    from: &BTreeMap<String, (u32, RawId)>,
    to: &BTreeMap<String, (u32, RawId)>,
) -> BTreeMap<String, ChangeKind> {
    let mut changes = BTreeMap::new();
    for (path, old) in from {
        match to.get(path) {
            Some(new) if new == old => {}
            Some(new) => _ = changes.insert(path.clone(), changed_kind(old.0, new.0)),
            None => _ = changes.insert(path.clone(), ChangeKind::Deleted),
        }
    }
    for path in to.keys().filter(|path| !from.contains_key(*path)) {
        changes.insert(path.clone(), ChangeKind::Added);
    }
    changes
}

fn worktree_change(entry: &IndexEntry, content: &Content) -> ChangeKind {
    match content {
        Content::Absent | Content::Foreign => ChangeKind::Deleted,
        Content::Changed { .. } if entry.intent_to_add => ChangeKind::Added,
        Content::Changed { mode, .. } => changed_kind(entry.mode, *mode),
    }
}

fn changed_kind(from: u32, to: u32) -> ChangeKind {
    let kind = |mode: u32| mode & 0o170_000;
    if kind(from) == kind(to) {
        ChangeKind::Modified
    } else {
        ChangeKind::TypeChanged
    }
}
