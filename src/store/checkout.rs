//! From a commit to the worktree: switch, checkout, restore, reset. Nothing is touched unless all of a change can be made
//! without losing what is not committed.
//!
//! The rules are those of git's two-way merge (git-read-tree(1), "Two Tree Merge"). Neither hooks nor filters run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use super::index::{Index, IndexEntry, set_staged_rows};
use super::object::{RawId, hash};
use super::stage::chosen;
use super::status::Content;
use super::tree::{Entry, MODE_SUBMODULE, MODE_TREE, check_path};
use super::{BlobId, CommitId, Error, Expected, ROWS, Revision, Store, TreeId, TreeMerge};

/// What [`Store::reset`] moves besides the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResetMode {
    /// Nothing.
    Soft,
    /// The index.
    #[default]
    Mixed,
    /// Index and worktree; local changes are lost.
    Hard,
}

/// What happens to local changes in a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LocalChanges {
    /// They are carried over where the two commits agree; elsewhere the checkout is refused.
    #[default]
    Keep,
    /// They are lost.
    Discard,
}

/// Where [`Store::restore`] puts content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RestoreTo {
    /// Into the worktree.
    #[default]
    Worktree,
    /// Into index and worktree.
    Both,
    /// Into the index.
    Index,
}

/// What HEAD is to be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchTo {
    /// A branch.
    Branch(String),
    /// A commit, HEAD detached; the text is what the user typed.
    Detached(CommitId, String),
}

type Files = BTreeMap<String, (u32, RawId)>;

/// Changes to be made to the worktree, all found possible.
#[derive(Default)]
struct Plan {
    write: BTreeMap<String, (u32, RawId)>,
    remove: BTreeSet<String>,
}

impl Store {
    /// Checks out a branch or a commit and puts HEAD there.
    ///
    /// # Errors
    /// [`Error::LocalChanges`] when they would be overwritten; nothing is changed then.
    pub fn switch(&self, to: &SwitchTo, changes: LocalChanges) -> Result<(), Error> {
        let head = self.head()?;
        let (commit, name) = match to {
            SwitchTo::Branch(name) => match self.branch(name)? {
                Some(commit) => (commit, name.clone()),
                None => {
                    return Err(Error::NoSuchReference {
                        kind: "branch",
                        name: name.clone(),
                    });
                }
            },
            SwitchTo::Detached(commit, typed) => (*commit, typed.clone()),
        };
        self.checkout(commit, changes)?;
        let from = head
            .branch
            .or(head.commit.map(|id| id.to_string()))
            .unwrap_or_default();
        let message = format!("checkout: moving from {from} to {name}");
        match to {
            SwitchTo::Branch(name) => self.set_head_to_branch(name, &message),
            SwitchTo::Detached(commit, _) => self.set_head_detached(*commit, &message),
        }
    }

    /// Makes index and worktree those of a commit; HEAD stays. Staged and unstaged changes are kept where HEAD and the
    /// commit agree.
    ///
    /// # Errors
    /// [`Error::LocalChanges`] when changes or untracked files would be overwritten; nothing is changed then.
    pub fn checkout(&self, commit: CommitId, changes: LocalChanges) -> Result<(), Error> {
        let from = match self.head()?.commit {
            Some(head) => self.tree_of(head)?,
            None => TreeId::EMPTY,
        };
        self.checkout_tree(from, self.tree_of(commit)?, changes)
    }

    /// Takes index and worktree from one tree to another.
    ///
    /// # Errors
    /// As [`Store::checkout`].
    pub fn checkout_tree(
        &self,
        from: TreeId,
        to: TreeId,
        changes: LocalChanges,
    ) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        let (from, to) = (self.tree_files(from, "")?, self.tree_files(to, "")?);
        let mut index = locked.index.clone();
        let plan = match changes {
            LocalChanges::Keep => {
                index.check_merged()?;
                self.plan_keeping(&from, &to, &mut index)?
            }
            LocalChanges::Discard => self.plan_discarding(&to, &mut index)?,
        };
        self.apply(&plan, &mut index)?;
        locked.index = index;
        self.refresh_cone(locked.index.paths())?;
        locked.save()
    }

    fn plan_keeping(&self, from: &Files, to: &Files, index: &mut Index) -> Result<Plan, Error> {
        let before = index.clone();
        let mut plan = Plan::default();
        let mut conflicts = BTreeSet::new();
        let paths: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for path in paths {
            let (old, new) = (from.get(path), to.get(path));
            let staged = before.entries.get(path);
            let held = match path == ROWS {
                true => self.held_rows(&before)?,
                false => staged.map(|entry| (entry.mode, entry.id)),
            };
            if old == new || held == new.copied() {
                continue;
            }
            if held != old.copied() {
                if path == ROWS {
                    // Rows staged here and rows that move are carried table by table.
                    match self.carry_rows(old.copied(), held, new.copied())? {
                        Ok(rows) => set_staged_rows(index, rows),
                        Err(tables) => conflicts.extend(tables),
                    }
                    continue;
                }
                conflicts.insert(path.clone());
                continue;
            }
            let no_file = |mode: u32| matches!(mode, MODE_TREE | MODE_SUBMODULE);
            if let Some(entry) = staged
                && !no_file(entry.mode)
            {
                // What is there already, perhaps from a checkout that was cut short, is no local change.
                let arrived = |mode, id| new == Some(&(mode, id));
                match self.compare(path, &entry, &before)? {
                    None | Some(Content::Absent) => {}
                    Some(Content::Changed { mode, id }) if arrived(mode, id) => {}
                    Some(Content::Changed { .. } | Content::Foreign) => {
                        conflicts.insert(path.clone());
                        continue;
                    }
                }
            }
            match new {
                Some((mode, id)) => {
                    index.insert(path, IndexEntry::unchecked(*mode, *id));
                    if !no_file(*mode) {
                        if staged.is_none_or(|entry| no_file(entry.mode)) {
                            self.check_untracked(
                                path,
                                (*mode, *id),
                                &before,
                                from,
                                to,
                                &mut conflicts,
                            )?;
                        }
                        plan.write.insert(path.clone(), (*mode, *id));
                    }
                }
                None => index.remove(path),
            }
            if staged.is_some_and(|entry| !no_file(entry.mode))
                && new.is_none_or(|(mode, _)| no_file(*mode))
            {
                plan.remove.insert(path.clone());
            }
        }
        if conflicts.is_empty() {
            Ok(plan)
        } else {
            Err(Error::LocalChanges {
                paths: conflicts.into_iter().collect(),
            })
        }
    }

    /// Returns what the index has at `rows`, as one entry.
    fn held_rows(&self, index: &Index) -> Result<Option<(u32, RawId)>, Error> {
        let file = index.entries.get(ROWS);
        match file.filter(|entry| entry.mode != MODE_TREE) {
            Some(file) => Ok(Some((file.mode, file.id))),
            None => Ok(self.staged_rows(index)?.map(|rows| (MODE_TREE, rows.0))),
        }
    }

    /// Takes staged rows from one commit's to another's; the places in the way if both moved them.
    fn carry_rows(
        &self,
        from: Option<(u32, RawId)>,
        held: Option<(u32, RawId)>,
        to: Option<(u32, RawId)>,
    ) -> Result<Result<Option<TreeId>, Vec<String>>, Error> {
        let root = |rows: Option<(u32, RawId)>| {
            let entries = rows.map(|(mode, id)| Entry {
                mode,
                name: ROWS.to_owned(),
                id,
            });
            let tree = self.write_tree(entries.into_iter().collect())?;
            Ok::<_, Error>(tree.unwrap_or(TreeId::EMPTY))
        };
        let merged = match self.merge_trees(root(from)?, root(held)?, root(to)?)? {
            TreeMerge::Clean(tree) => tree,
            TreeMerge::Conflicts(places) => return Ok(Err(places)),
        };
        let rows = self.find_entry(merged, ROWS)?.filter(Entry::is_tree);
        Ok(Ok(rows.map(|entry| TreeId(entry.id))))
    }

    /// Tells which local changes are in the way of going from one tree to another; nothing is changed.
    ///
    /// # Errors
    /// [`Error::LocalChanges`] with the paths that are in the way.
    pub fn check_carry(&self, from: TreeId, to: TreeId) -> Result<(), Error> {
        let mut index = Arc::unwrap_or_clone(self.index()?);
        index.check_merged()?;
        let (from, to) = (self.tree_files(from, "")?, self.tree_files(to, "")?);
        self.plan_keeping(&from, &to, &mut index).map(drop)
    }

    /// Notes untracked files that writing a new file would overwrite: at its place, at a folder above, or below.
    fn check_untracked(
        &self,
        path: &str,
        new: (u32, RawId),
        before: &Index,
        from: &Files,
        to: &Files,
        conflicts: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        let leaving = |path: &str| from.contains_key(path) && !to.contains_key(path);
        for (at, _) in path.match_indices('/') {
            let above = &path[..at];
            if let Some((_, Some(_))) = self.stat(above)?
                && !leaving(above)
            {
                conflicts.insert(above.to_owned());
                return Ok(());
            }
        }
        match self.stat(path)? {
            None => {}
            Some((_, Some(mode))) => {
                let tracked = before.entries.contains(path);
                let found = || hash(gix::objs::Kind::Blob, &self.worktree_bytes(path, mode)?);
                if !tracked && (mode, found()?) != new {
                    conflicts.insert(path.to_owned());
                }
            }
            Some((_, None)) => {
                for file in self.files_on_disk(path)? {
                    if !leaving(&file) || !before.entries.contains(&file) {
                        conflicts.insert(file);
                    }
                }
            }
        }
        Ok(())
    }

    fn plan_discarding(&self, to: &Files, index: &mut Index) -> Result<Plan, Error> {
        let mut plan = Plan::default();
        let before = index.clone();
        for (path, entry) in before.entries.iter() {
            if !to.contains_key(path) {
                index.remove(path);
                if !matches!(entry.mode, MODE_TREE | MODE_SUBMODULE) && !entry.skip_worktree {
                    plan.remove.insert(path.to_owned());
                }
            }
        }
        for (path, _) in before.unmerged.keys() {
            if !to.contains_key(path) {
                index.remove(path);
                plan.remove.insert(path.clone());
            }
        }
        index.unmerged.clear();
        index.shown.clear();
        for (path, (mode, id)) in to {
            let held = before.entries.get(path);
            let same = held.is_some_and(|entry| {
                (entry.mode, entry.id) == (*mode, *id) && !entry.intent_to_add
            });
            if !same {
                index.insert(path, IndexEntry::unchecked(*mode, *id));
            }
            if matches!(*mode, MODE_TREE | MODE_SUBMODULE) {
                continue;
            }
            let clean = match held {
                Some(entry) if same => self.compare(path, &entry, &before)?.is_none(),
                _ => false,
            };
            if !clean {
                plan.write.insert(path.clone(), (*mode, *id));
            }
        }
        Ok(plan)
    }

    /// Makes planned changes. All contents are read and checked before the first file changes.
    fn apply(&self, plan: &Plan, index: &mut Index) -> Result<(), Error> {
        let mut contents = Vec::with_capacity(plan.write.len());
        for (path, (mode, id)) in &plan.write {
            check_path(path)?;
            contents.push((path, *mode, self.read(BlobId(*id))?));
        }
        for path in &plan.remove {
            self.remove_worktree_file(path)?;
        }
        for (path, mode, bytes) in contents {
            self.write_worktree_file(path, mode, &bytes)?;
            if let Some((stat, _)) = self.stat(path)? {
                index.looked_at(path, stat);
            }
        }
        Ok(())
    }

    /// Gives files or folders the content that a revision has; those that it lacks are removed. Changes there are lost.
    ///
    /// # Errors
    /// [`Error::NoSuchPath`] when a path names nothing in the revision, index or worktree.
    pub fn restore(&self, paths: &[&str], revision: &Revision, to: RestoreTo) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        let source = match revision {
            Revision::Commit(id) => self.tree_files(self.tree_of(*id)?, "")?,
            Revision::Staged | Revision::Working => {
                locked.index.check_merged()?;
                locked.index.files()
            }
        };
        let mut index = locked.index.clone();
        let mut plan = Plan::default();
        let source_paths = source.keys().map(String::as_str);
        let known: BTreeSet<&str> = source_paths.chain(locked.index.paths()).collect();
        for path in paths {
            let wanted = chosen(path, known.iter().copied());
            if wanted.is_empty() {
                return Err(Error::NoSuchPath {
                    path: (*path).to_owned(),
                    place: revision.to_string(),
                });
            }
            for path in wanted {
                let content = source.get(&path).copied();
                let is_file = |mode: u32| !matches!(mode, MODE_TREE | MODE_SUBMODULE);
                if to != RestoreTo::Index {
                    match content {
                        Some((mode, id)) if is_file(mode) => {
                            _ = plan.write.insert(path.clone(), (mode, id))
                        }
                        Some(_) => {}
                        None => _ = plan.remove.insert(path.clone()),
                    }
                }
                if to != RestoreTo::Worktree {
                    match content {
                        Some((mode, id)) => index.insert(&path, IndexEntry::unchecked(mode, id)),
                        None => index.remove(&path),
                    }
                }
            }
        }
        if to == RestoreTo::Worktree {
            // The stat is taken only where the content now is the entry's.
            self.apply(&plan, &mut Index::default())?;
        } else {
            self.apply(&plan, &mut index)?;
        }
        locked.index = index;
        for path in plan.write.keys() {
            self.touch(path, &mut locked.index)?;
        }
        locked.save()
    }

    /// Moves HEAD's branch (or a detached HEAD) to a commit, and with it the index or index and worktree. `typed` is what
    /// the user typed for the commit.
    ///
    /// # Errors
    /// [`Error::RefMoved`] when the branch moved meanwhile.
    pub fn reset(&self, commit: CommitId, mode: ResetMode, typed: &str) -> Result<(), Error> {
        let head = self.head()?;
        let tree = self.tree_of(commit)?;
        match mode {
            ResetMode::Soft => {}
            ResetMode::Mixed => self.reset_index(tree)?,
            ResetMode::Hard => self.checkout_tree(tree, tree, LocalChanges::Discard)?,
        }
        let expected = head.commit.map_or(Expected::Nothing, Expected::At);
        if let Some(old) = head.commit {
            let path = self.git_dir().join("ORIG_HEAD");
            fs::write(&path, format!("{old}\n")).map_err(Error::io("write", &path))?;
        }
        self.move_head(
            &head,
            commit,
            expected,
            &format!("reset: moving to {typed}"),
        )
    }

    /// Makes the whole index that of a tree, `rows/` included.
    pub(super) fn reset_index(&self, tree: TreeId) -> Result<(), Error> {
        self.reset_index_paths(tree, &[".", ROWS])
            .or_else(|error| match error {
                Error::NoSuchPath { .. } => self.reset_index_paths(tree, &["."]),
                other => Err(other),
            })
    }
}
