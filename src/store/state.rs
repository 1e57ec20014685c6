//! Git's notes of an operation in progress (`MERGE_HEAD`, `CHERRY_PICK_HEAD`, …), so that plain git knows of it too, and
//! the trees of index and worktree as they are, from which an operation can be taken back.
//!
//! The files are those of gitrepository-layout and `git status`'s "You have not concluded your merge"; each is replaced
//! as a whole and is durable when a call returns.

use std::fs;
use std::path::PathBuf;

use gix::objs::Kind;

use super::status::Content;
use super::tree::{MODE_SUBMODULE, MODE_TREE};
use super::{BlobId, CommitId, Error, Expected, LocalChanges, ROWS, Revision, Store, TreeId};

/// A note of git's in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFile {
    /// Commits being merged.
    MergeHead,
    /// The message of the commit to come.
    MergeMsg,
    /// How it is merged: `no-ff` or nothing.
    MergeMode,
    /// The commit being picked.
    CherryPickHead,
    /// The commit being reverted.
    RevertHead,
    /// The message of a squashed merge.
    SquashMsg,
    /// Where HEAD was before the last large step.
    OrigHead,
    /// vrev's own note: what is being done, and from where.
    Operation,
    /// vrev's own note: what unmerged paths of the index are merged to.
    Unmerged,
}

impl StateFile {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MergeHead => "MERGE_HEAD",
            Self::MergeMsg => "MERGE_MSG",
            Self::MergeMode => "MERGE_MODE",
            Self::CherryPickHead => "CHERRY_PICK_HEAD",
            Self::RevertHead => "REVERT_HEAD",
            Self::SquashMsg => "SQUASH_MSG",
            Self::OrigHead => "ORIG_HEAD",
            Self::Operation => "vrev-operation",
            Self::Unmerged => "vrev-unmerged",
        }
    }
}

impl Store {
    pub(super) fn state_path(&self, file: StateFile) -> PathBuf {
        self.git_dir().join(file.name())
    }

    /// Returns what a note holds; `None` if there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn state(&self, file: StateFile) -> Result<Option<String>, Error> {
        let path = self.state_path(file);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    /// Replaces a note.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_state(&self, file: StateFile, text: &str) -> Result<(), Error> {
        self.sync_objects()?;
        let mut lock = self.lock(&self.state_path(file))?;
        lock.write(text.as_bytes(), self.durability)?;
        lock.commit(self.durability)
    }

    /// Makes a note unless there is one already; tells whether it was made. Of two that try, one does.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make_state(&self, file: StateFile, text: &str) -> Result<bool, Error> {
        self.sync_objects()?;
        let path = self.state_path(file);
        let mut lock = self.lock(&path)?;
        if path.exists() {
            return Ok(false);
        }
        lock.write(text.as_bytes(), self.durability)?;
        lock.commit(self.durability).map(|()| true)
    }

    /// Removes notes that are there.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn clear_state(&self, files: &[StateFile]) -> Result<(), Error> {
        for file in files {
            let path = self.state_path(*file);
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("remove", &path)(error)),
            }
        }
        Ok(())
    }

    /// Returns the commits of a note that names some, one a line.
    ///
    /// # Errors
    /// When it cannot be read or holds no ids.
    pub fn state_commits(&self, file: StateFile) -> Result<Vec<CommitId>, Error> {
        let text = self.state(file)?.unwrap_or_default();
        let damaged = |_| Error::UnusableRepository {
            path: self.state_path(file),
            reason: "this file of git's holds no commit ids".to_owned(),
        };
        text.split_whitespace()
            .map(|id| id.parse().map_err(damaged))
            .collect()
    }

    /// Writes the tree that tracked files make as they are in the worktree; `rows/` is the index's.
    ///
    /// # Errors
    /// When paths are unmerged, or files cannot be read.
    pub fn write_tree_from_worktree(&self) -> Result<TreeId, Error> {
        let index = self.index()?;
        index.check_merged()?;
        let mut files = index.files();
        for (path, content) in self.scan(&index)?.changed {
            match content {
                Content::Changed { mode, .. } => {
                    let id = self.write_object(Kind::Blob, &self.worktree_bytes(&path, mode)?)?;
                    files.insert(path, (mode, id));
                }
                Content::Absent | Content::Foreign => _ = files.remove(&path),
            }
        }
        self.write_tree_of(&files)
    }

    /// Writes the tree of untracked files, chosen by path; `None` if there are none.
    ///
    /// # Errors
    /// When files cannot be read.
    pub fn write_tree_of_untracked(
        &self,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<Option<TreeId>, Error> {
        let mut files = std::collections::BTreeMap::new();
        for path in self.untracked(&*self.index()?)? {
            if let (true, Some((_, Some(mode)))) = (wanted(&path), self.stat(&path)?) {
                let id = self.write_object(Kind::Blob, &self.worktree_bytes(&path, mode)?)?;
                files.insert(path, (mode, id));
            }
        }
        if files.is_empty() {
            return Ok(None);
        }
        self.write_tree_of(&files).map(Some)
    }

    /// Makes the worktree's tracked files those of one tree and the index another, whatever is there; untracked files
    /// stay unless one is in the way.
    ///
    /// # Errors
    /// When a tree is damaged or files cannot be written.
    pub fn restore_trees(&self, index: TreeId, worktree: TreeId) -> Result<(), Error> {
        self.checkout_tree(worktree, worktree, LocalChanges::Discard)?;
        if index != worktree {
            self.reset_index(index)?;
        }
        Ok(())
    }

    /// Writes files of a tree into the worktree, replacing what is there; the index stays.
    ///
    /// # Errors
    /// When a tree is damaged or files cannot be written.
    pub fn write_files_of(&self, tree: TreeId) -> Result<(), Error> {
        for (path, (mode, id)) in self.tree_files(tree, "")? {
            if path != ROWS && !matches!(mode, MODE_TREE | MODE_SUBMODULE) {
                self.write_worktree_file(&path, mode, &self.read(BlobId(id))?)?;
            }
        }
        Ok(())
    }

    /// Points a branch or another reference at a commit if it holds what is expected; `message` is its reflog line.
    ///
    /// # Errors
    /// [`Error::RefMoved`] when it holds something else.
    pub fn update_ref(
        &self,
        name: &str,
        expected: Expected,
        new: CommitId,
        message: &str,
    ) -> Result<(), Error> {
        self.set_ref(name, expected, new.0, message)
    }

    /// Returns the root tree of a revision; of `WORKING` the index's.
    ///
    /// # Errors
    /// When it cannot be read, or paths are unmerged.
    pub fn root_tree(&self, revision: &Revision) -> Result<TreeId, Error> {
        match revision {
            Revision::Commit(id) => self.tree_of(*id),
            Revision::Staged | Revision::Working => self.write_tree_from_index(),
        }
    }
}
