//! The working set of a branch that no worktree is on: index and files of its own, hidden under `.git/vrev/branches/`.
//!
//! It is laid out as git lays out a linked worktree, but not registered as one: a private folder `git` (`HEAD`, `index`,
//! `commondir`) and the files beside it. So it is opened by the same code as any worktree, while plain git neither lists
//! it nor takes its branch for checked out. Invariants: `VREV_BASE` names the commit that index and files started from and
//! is written after the branch moved, so a branch that another program moved is noticed and followed; what is staged but
//! not committed is named by `refs/vrev/staged/<branch>`, so that `git gc` keeps it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::index::{Index, IndexEntry};
use super::refs::Expected;
use super::state::StateFile;
use super::tree::MODE_TREE;
use super::{CommitId, Error, LocalChanges, Revision, Store, TreeId};
use crate::catalog::files;

/// The file in a private folder that names the commit its index started from; it also tells such a folder.
pub(super) const BASE: &str = "VREV_BASE";
/// Texts that lead between a private folder, its files and the shared folder.
pub(super) const COMMON_DIR: &str = "../../../..\n";
pub(super) const GIT_DIR: &str = "../files/.git\n";
pub(super) const GIT_FILE: &str = "gitdir: ../git\n";
/// Files of a private folder that are not part of what moves with a working set.
const OWN: [&str; 5] = [BASE, "HEAD", "index", "commondir", "gitdir"];

impl Store {
    /// Opens the working set of a branch: the worktree that is on it, or a hidden one, made from the branch's tip if
    /// there is none. A hidden one follows a branch that was moved meanwhile.
    ///
    /// # Errors
    /// [`Error::NoSuchReference`] without such a branch; [`Error::LocalChanges`] when the branch was moved over what is
    /// changed in its working set.
    pub fn on_branch(&self, branch: &str) -> Result<Self, Error> {
        if self.head()?.branch.as_deref() == Some(branch) {
            return Ok(self.clone());
        }
        if let Some(worktree) = self.worktree_on(branch) {
            return Self::open(&worktree);
        }
        let Some(tip) = self.branch(branch)? else {
            return Err(Error::NoSuchReference {
                kind: "branch",
                name: branch.to_owned(),
            });
        };
        let folder = self.hidden_folder(branch);
        if !folder.exists() {
            self.lay_down(branch, &folder)?;
        }
        let store = Self::open(&folder.join("files"))?;
        store.follow(tip)?;
        Ok(store)
    }

    /// Opens the worktree that holds the repository.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn main_worktree(&self) -> Result<Self, Error> {
        let common = self
            .common_dir()
            .canonicalize()
            .map_err(Error::io("read", self.common_dir()))?;
        Self::open(common.parent().unwrap_or(&common))
    }

    /// Returns the hidden working set of a branch, if it has one, as it is.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn hidden_working_set(&self, branch: &str) -> Result<Option<Self>, Error> {
        let folder = self.hidden_folder(branch);
        if folder.exists() {
            Self::open(&folder.join("files")).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Gives up the hidden working set of a branch; nothing happens if it has none.
    ///
    /// # Errors
    /// When files cannot be removed.
    pub fn drop_working_set(&self, branch: &str) -> Result<(), Error> {
        let folder = self.hidden_folder(branch);
        match fs::remove_dir_all(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("remove", &folder)(error)),
        }
        let name = staged_ref(branch);
        match self.ref_commit(&name)? {
            Some(id) => self.delete_ref(&name, id.0),
            None => Ok(()),
        }
    }

    /// Renames a branch's hidden working set with the branch; nothing happens if it has none.
    ///
    /// # Errors
    /// When files cannot be moved.
    pub fn rename_working_set(&self, from: &str, to: &str) -> Result<(), Error> {
        let (old, new) = (self.hidden_folder(from), self.hidden_folder(to));
        if !old.exists() {
            return Ok(());
        }
        self.drop_working_set(to)?;
        fs::rename(&old, &new).map_err(Error::io("rename", &old))?;
        let head = new.join("git").join("HEAD");
        fs::write(&head, format!("ref: refs/heads/{to}\n")).map_err(Error::io("write", &head))?;
        let name = staged_ref(from);
        if let Some(id) = self.ref_commit(&name)? {
            self.set_ref(&staged_ref(to), Expected::Any, id.0, "branch renamed")?;
            self.delete_ref(&name, id.0)?;
        }
        Ok(())
    }

    /// Takes over what a hidden working set has staged and changed. This worktree must be clean and on the same commit.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub fn take_working_set(&self, hidden: &Self) -> Result<(), Error> {
        let committed = match hidden.head()?.commit {
            Some(commit) => hidden.files(&Revision::Commit(commit), "")?,
            None => Vec::new(),
        };
        let working = hidden.files(&Revision::Working, "")?;
        for (path, _) in working.iter().filter(|file| !committed.contains(file)) {
            if let Some(bytes) = hidden.read_path(&Revision::Working, path)? {
                self.write_file(path, &bytes)?;
            }
        }
        let kept = |path: &String| working.iter().any(|(other, _)| other == path);
        for (path, _) in committed.iter().filter(|(path, _)| !kept(path)) {
            self.remove_file(path)?;
        }
        let theirs = Arc::unwrap_or_clone(hidden.index()?);
        let mut locked = self.lock_index()?;
        let ours = std::mem::take(&mut locked.index.entries);
        for (path, entry) in theirs.entries.iter() {
            let same = ours.get(path).filter(|own| {
                (own.mode, own.id, own.intent_to_add) == (entry.mode, entry.id, entry.intent_to_add)
            });
            let taken = same.unwrap_or(IndexEntry {
                skip_worktree: entry.mode == MODE_TREE,
                intent_to_add: entry.intent_to_add,
                ..IndexEntry::unchecked(entry.mode, entry.id)
            });
            locked.index.entries.insert(path, taken);
        }
        locked.index.unmerged = theirs.unmerged;
        locked.index.shown = theirs.shown;
        self.refresh_cone(locked.index.paths())?;
        locked.save()?;
        self.take_state(hidden)
    }

    /// Takes over the files that tell a merge in progress.
    fn take_state(&self, hidden: &Self) -> Result<(), Error> {
        let folder = hidden.git_dir();
        for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
            let entry = entry.map_err(Error::io("read", folder))?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && !OWN.iter().any(|own| entry.file_name() == *own) {
                let to = self.git_dir().join(entry.file_name());
                fs::copy(entry.path(), &to).map_err(Error::io("write", &to))?;
            }
        }
        Ok(())
    }

    /// Tells whether this is a hidden working set.
    pub fn is_hidden(&self) -> bool {
        self.git_dir().join(BASE).exists()
    }

    /// Notes where a hidden working set's branch is now, after index and files were brought there.
    pub(super) fn note_base(&self) -> Result<(), Error> {
        if !self.is_hidden() {
            return Ok(());
        }
        let path = self.git_dir().join(BASE);
        let head = self.head()?;
        let (Some(branch), Some(commit)) = (head.branch, head.commit) else {
            return Ok(());
        };
        fs::write(&path, format!("{commit}\n")).map_err(Error::io("write", &path))?;
        let name = staged_ref(&branch);
        match self.ref_commit(&name)? {
            Some(held) if held.0 == self.tree_of(commit)?.0 => self.delete_ref(&name, held.0),
            _ => Ok(()),
        }
    }

    /// Names what a hidden working set has staged, so that `git gc` keeps it; no more once it is committed.
    pub(super) fn hold_staged(&self, staged: &Index) -> Result<(), Error> {
        if !self.is_hidden() {
            return Ok(());
        }
        let Some(branch) = self.head()?.branch else {
            return Ok(());
        };
        let name = staged_ref(&branch);
        let tree = self.write_trees(staged)?;
        let committed = match self.head()?.commit {
            Some(commit) => Some(self.tree_of(commit)?),
            None => None,
        };
        let held = self.ref_commit(&name)?;
        if committed != Some(tree) && tree != TreeId::EMPTY {
            if held.map(|id| id.0) != Some(tree.0) {
                self.set_ref(&name, Expected::Any, tree.0, "staged")?;
            }
        } else if let Some(id) = held {
            self.delete_ref(&name, id.0)?;
        }
        Ok(())
    }

    fn hidden_folder(&self, branch: &str) -> PathBuf {
        let name = files::encode(branch, "branches/")
            .unwrap_or_else(|_| branch.bytes().map(|byte| format!("%{byte:02X}")).collect());
        self.whole_common_dir()
            .join("vrev")
            .join("branches")
            .join(name)
    }

    /// The shared folder without `..` in its path: seen from a hidden working set it leads up through others, which may
    /// be gone, and has no parent by name.
    pub(super) fn whole_common_dir(&self) -> PathBuf {
        let common = self.common_dir();
        fs::canonicalize(common).unwrap_or_else(|_| common.to_owned())
    }

    /// Makes the folders of a hidden working set, beside their place and then renamed.
    fn lay_down(&self, branch: &str, folder: &Path) -> Result<(), Error> {
        let above = folder.parent().unwrap_or(folder);
        fs::create_dir_all(above).map_err(Error::io("create", above))?;
        let mut name = folder.as_os_str().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = PathBuf::from(name);
        let (git, files) = (new.join("git"), new.join("files"));
        for folder in [&git.join("info"), &files] {
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let texts = [
            (git.join("HEAD"), format!("ref: refs/heads/{branch}\n")),
            (git.join("commondir"), COMMON_DIR.to_owned()),
            (git.join("gitdir"), GIT_DIR.to_owned()),
            (git.join(BASE), String::new()),
            (files.join(".git"), GIT_FILE.to_owned()),
        ];
        for (path, text) in texts {
            fs::write(&path, text).map_err(Error::io("write", &path))?;
        }
        match fs::rename(&new, folder) {
            // Another process was first: its folder serves as well.
            Err(_) if folder.exists() => {
                fs::remove_dir_all(&new).map_err(Error::io("remove", &new))
            }
            other => other.map_err(Error::io("write", folder)),
        }
    }

    /// Brings index and files from the commit they started from to the branch's tip.
    fn follow(&self, tip: CommitId) -> Result<(), Error> {
        let path = self.git_dir().join(BASE);
        let noted = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        let base: Option<CommitId> = noted.trim_end().parse().ok();
        if base == Some(tip) {
            return Ok(());
        }
        let to = self.tree_of(tip)?;
        match base {
            Some(base) => self.checkout_tree(self.tree_of(base)?, to, LocalChanges::Keep)?,
            None => self.checkout_tree(TreeId::EMPTY, to, LocalChanges::Discard)?,
        }
        self.note_base()
    }

    /// Tells whether a worktree is on a branch.
    pub fn is_checked_out(&self, branch: &str) -> bool {
        self.worktree_on(branch).is_some()
    }

    /// Returns the worktree that is on a branch: the main one or a linked one.
    pub(super) fn worktree_on(&self, branch: &str) -> Option<PathBuf> {
        self.worktree_where(|place| place.head().as_deref() == Some(branch))
    }

    /// Returns the worktree that goes back to a branch when what it is doing ends: a rebase, or a bisection.
    pub(super) fn worktree_returning_to(&self, branch: &str) -> Option<PathBuf> {
        self.worktree_where(|place| place.left().iter().any(|left| left == branch))
    }

    fn worktree_where(&self, is_it: impl Fn(&Linked) -> bool) -> Option<PathBuf> {
        let place = self.worktrees().into_iter().find(is_it)?;
        Some(place.root.unwrap_or_else(|| self.root.clone()))
    }

    /// Returns the main worktree and the linked ones.
    pub(super) fn worktrees(&self) -> Vec<Linked> {
        let common = self.whole_common_dir();
        let root = common.parent().map(Path::to_owned);
        let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten();
        let linked: Vec<PathBuf> = linked.flatten().map(|entry| entry.path()).collect();
        let mut all = vec![Linked {
            git_dir: common,
            root,
        }];
        all.extend(linked.into_iter().map(|git_dir| {
            let root = fs::read_to_string(git_dir.join("gitdir")).ok();
            let root =
                root.and_then(|text| Path::new(text.trim_end()).parent().map(Path::to_owned));
            Linked { git_dir, root }
        }));
        all
    }
}

/// A worktree of the repository: where its HEAD is, and its files.
pub(super) struct Linked {
    pub(super) git_dir: PathBuf,
    root: Option<PathBuf>,
}

impl Linked {
    /// Returns the branch that it is on.
    pub(super) fn head(&self) -> Option<String> {
        let head = fs::read_to_string(self.git_dir.join("HEAD")).ok()?;
        Some(head.trim_end().strip_prefix("ref: refs/heads/")?.to_owned())
    }

    /// Returns the branches that it goes back to: git's notes of a rebase and of a bisection, and vrev's of a rebase.
    fn left(&self) -> Vec<String> {
        let read = |name: &str| fs::read_to_string(self.git_dir.join(name)).ok();
        let full = |text: String| Some(text.trim_end().strip_prefix("refs/heads/")?.to_owned());
        let rebases = ["rebase-merge/head-name", "rebase-apply/head-name"];
        let mut left: Vec<String> = rebases
            .into_iter()
            .filter_map(read)
            .filter_map(full)
            .collect();
        left.extend(read("BISECT_START").map(|text| text.trim_end().to_owned()));
        let operation = read(StateFile::Operation.name());
        let operation = operation.and_then(|text| serde_json::from_str(&text).ok());
        let operation: serde_json::Value = operation.unwrap_or_default();
        left.extend(operation["branch"].as_str().map(str::to_owned));
        left
    }
}

fn staged_ref(branch: &str) -> String {
    format!("refs/vrev/staged/{branch}")
}
