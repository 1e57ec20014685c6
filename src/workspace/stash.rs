//! `stash`: changes put away and taken out again, rows included, in the form in which plain git keeps stashes.
//!
//! Taking out merges what was put away with what is there, by the same rules as a merge; where the two clash nothing is
//! changed and the stash stays. What was added to the index before is in it again, all else is a change of the worktree,
//! unless the index is asked for, too: then what was staged is merged with what is staged.

use std::collections::BTreeSet;

use super::operation::Unresolved;
use super::report::ChangedObject;
use super::{Error, Side, Workspace, place};
use crate::store::{BlobId, CommitId, NewCommit, Revision, ShardRows, Stash, TreeId};

/// What of the untracked objects is put away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Untracked {
    /// Nothing.
    #[default]
    Stay,
    /// All of them.
    Taken,
}

/// What becomes of the index when a stash is taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StashedIndex {
    /// It gets what was new; all else is a change of the worktree.
    #[default]
    Additions,
    /// It gets what was staged, as it was (`git stash pop --index`).
    Restored,
}

/// How to put changes away.
#[derive(Debug, Clone, Default)]
pub struct StashOptions {
    /// What they are; absent for `WIP on <branch>: <commit>`.
    pub message: Option<String>,
    /// Whether new files and tables that are not staged go, too.
    pub untracked: Untracked,
    /// The list on which they are put; absent for git's own.
    pub name: Option<String>,
}

/// One stash of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StashEntry {
    /// The list; absent for git's own.
    pub name: Option<String>,
    /// Its place, 0 for the newest.
    pub index: usize,
    /// Its commit.
    pub commit: CommitId,
    /// What git shows: `WIP on main: 1a2b3c4 subject`.
    pub message: String,
    /// The branch on which it was made, as the message says; empty when HEAD was detached.
    pub branch: String,
    /// HEAD when it was made.
    pub base: CommitId,
    /// The subject of that commit.
    pub base_subject: String,
}

impl Workspace {
    /// Puts local changes away: files, rows and index are HEAD's afterwards.
    ///
    /// # Errors
    /// [`Error::NothingToStash`] without changes; when something is in progress or HEAD has no commit.
    pub fn stash(&self, options: &StashOptions) -> Result<StashEntry, Error> {
        self.adopt()?;
        self.refuse_operation("stash")?;
        let (head, id) = self.head_of()?;
        self.stage_renames()?;
        let commit = self.store.commit(id)?;
        let branch = head.branch.as_deref().unwrap_or("(no branch)");
        let message = match &options.message {
            Some(message) => format!("On {branch}: {}", message.trim()),
            None => format!(
                "WIP on {branch}: {} {}",
                id.abbreviated(7),
                commit.subject()
            ),
        };
        let kept = self.keep_working_set(&message)?;
        let untracked = match options.untracked {
            Untracked::Stay => None,
            Untracked::Taken => self.keep_untracked(&message)?,
        };
        let found = self.store.commit(kept)?;
        let index = found.parents.get(1).map(|id| self.store.commit(*id));
        let staged = index.transpose()?.map(|index| index.tree);
        let same = found.tree == commit.tree && staged == Some(commit.tree);
        if same && untracked.is_none() {
            return Err(Error::NothingToStash);
        }
        let kept = match untracked {
            None => kept,
            Some(untracked) => {
                let mut parents = found.parents.clone();
                parents.push(untracked);
                self.store.write_commit(&NewCommit {
                    message: found.message.clone(),
                    tree: found.tree,
                    parents,
                    author: found.author.clone(),
                    committer: found.committer.clone(),
                })?
            }
        };
        self.store
            .push_stash(options.name.as_deref(), kept, &message)?;
        // From here on everything is in the stash.
        self.store.restore_trees(commit.tree, commit.tree)?;
        if let Some(untracked) = untracked {
            for (path, _) in self.store.files(&Revision::Commit(untracked), "")? {
                self.store.remove_file(&path)?;
            }
        }
        self.restore_rows(id)?;
        self.entry(
            options.name.as_deref(),
            0,
            Stash {
                commit: kept,
                message,
            },
        )
    }

    /// Returns the stashes of a list, newest first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn stashes(&self, name: Option<&str>) -> Result<Vec<StashEntry>, Error> {
        let stashes = self.store.stashes(name)?.into_iter().enumerate();
        stashes
            .map(|(at, stash)| self.entry(name, at, stash))
            .collect()
    }

    /// Takes a stash out and keeps it.
    ///
    /// # Errors
    /// [`Error::NoStash`] if there are not so many; [`Error::StashClash`] when what is there clashes with it, or
    /// [`Error::StashIndexClash`] with what was staged: nothing is changed then.
    pub fn apply_stash(
        &self,
        name: Option<&str>,
        at: usize,
        staged: StashedIndex,
    ) -> Result<StashEntry, Error> {
        self.adopt()?;
        self.refuse_operation("stash")?;
        let entry = self.stash_at(name, at)?;
        let stash = self.store.commit(entry.commit)?;
        let base = self.store.commit(entry.base)?.tree;
        let untracked = stash.parents.get(2).copied();
        let mine = self.keep_working_set("before taking a stash out")?;
        let ours = self.store.commit(mine)?.tree;
        let combined = self.combine_trees([base, ours, stash.tree], "stash")?;
        let mut clash = Unresolved::of(&combined).all();
        clash.extend(self.in_the_way(combined.tree, untracked)?);
        if !clash.is_empty() {
            clash.sort();
            return Err(Error::StashClash { at, objects: clash });
        }
        let index = match (staged, stash.parents.get(1)) {
            (StashedIndex::Restored, Some(index)) => {
                let theirs = self.store.commit(*index)?.tree;
                let ours = self.store.write_tree_from_index()?;
                let combined = self.combine_trees([base, ours, theirs], "stash")?;
                let objects = Unresolved::of(&combined).all();
                if !objects.is_empty() {
                    return Err(Error::StashIndexClash { at, objects });
                }
                combined.tree
            }
            _ => self.index_with_additions(base, stash.tree)?,
        };
        let merged = self.unnamed_commit(combined.tree, mine)?;
        self.store.restore_trees(index, combined.tree)?;
        if let Some(untracked) = untracked {
            let tree = self.store.commit(untracked)?.tree;
            self.store.write_files_of(tree)?;
        }
        self.take_stashed_rows(merged, untracked)?;
        Ok(entry)
    }

    /// Takes a stash out and drops it.
    ///
    /// # Errors
    /// As [`Workspace::apply_stash`]; the stash stays then.
    pub fn pop_stash(
        &self,
        name: Option<&str>,
        at: usize,
        staged: StashedIndex,
    ) -> Result<StashEntry, Error> {
        let entry = self.apply_stash(name, at, staged)?;
        self.drop_stash(name, at)?;
        Ok(entry)
    }

    /// Drops a stash.
    ///
    /// # Errors
    /// [`Error::NoStash`] if there are not so many.
    pub fn drop_stash(&self, name: Option<&str>, at: usize) -> Result<StashEntry, Error> {
        let entry = self.stash_at(name, at)?;
        self.store.drop_stash(name, at)?;
        Ok(entry)
    }

    /// Drops all stashes of a list.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn clear_stashes(&self, name: Option<&str>) -> Result<(), Error> {
        Ok(self.store.clear_stashes(name)?)
    }

    /// Returns the sides whose difference a stash is, and the objects that differ.
    ///
    /// # Errors
    /// [`Error::NoStash`] if there are not so many.
    pub fn stash_change(
        &self,
        name: Option<&str>,
        at: usize,
    ) -> Result<(Side, Side, Vec<ChangedObject>), Error> {
        let entry = self.stash_at(name, at)?;
        let side = |id: CommitId, name: String| Side {
            name,
            revision: Some(Revision::Commit(id)),
        };
        let from = side(entry.base, entry.base.to_string());
        let to = side(entry.commit, format!("stash@{{{at}}}"));
        let changed = self.changed_between(&from, &to)?;
        Ok((from, to, changed))
    }

    fn stash_at(&self, name: Option<&str>, at: usize) -> Result<StashEntry, Error> {
        let stashes = self.store.stashes(name)?;
        let count = stashes.len();
        match stashes.into_iter().nth(at) {
            Some(stash) => self.entry(name, at, stash),
            None => Err(Error::NoStash { at, count }),
        }
    }

    fn entry(&self, name: Option<&str>, index: usize, stash: Stash) -> Result<StashEntry, Error> {
        let parents = self.store.commit(stash.commit)?.parents;
        let Some(base) = parents.first().copied() else {
            return Err(Error::PickRoot {
                verb: "stash apply",
                commit: stash.commit,
            });
        };
        let (before, _) = stash.message.split_once(':').unwrap_or_default();
        let branch = before
            .strip_prefix("WIP on ")
            .or_else(|| before.strip_prefix("On "))
            .filter(|branch| *branch != "(no branch)");
        Ok(StashEntry {
            name: name.map(str::to_owned),
            index,
            commit: stash.commit,
            branch: branch.unwrap_or_default().to_owned(),
            base,
            base_subject: self.store.commit(base)?.subject(),
            message: stash.message,
        })
    }

    /// Keeps untracked files, and the rows of untracked tables, as a commit without parents.
    fn keep_untracked(&self, message: &str) -> Result<Option<CommitId>, Error> {
        let mut tables = BTreeSet::new();
        let untracked = self.store.untracked_files(false)?;
        let ignored = self.ignored_tables(untracked.iter().map(String::as_str))?;
        let tree = self.store.write_tree_of_untracked(|path| {
            let taken = !ignored.has_path(path);
            tables.extend(place::table_of(path).filter(|_| taken));
            taken
        })?;
        let Some(tree) = tree else {
            return Ok(None);
        };
        let rows: Vec<(ShardRows, Option<TreeId>)> = self
            .working_trees()?
            .into_iter()
            .filter(|(place, _)| tables.contains(&(place.keyspace.clone(), place.table.clone())))
            .map(|(place, tree)| (place, Some(tree)))
            .collect();
        let tree = if rows.is_empty() {
            tree
        } else {
            self.store.set_rows(tree, &rows)?
        };
        let committer = self.store.committer()?;
        Ok(Some(self.store.write_commit(&NewCommit {
            message: format!("untracked files: {message}\n"),
            tree,
            parents: Vec::new(),
            author: committer.clone(),
            committer,
        })?))
    }

    /// Returns the files on disk that git does not know and that would be overwritten.
    fn in_the_way(&self, tree: TreeId, untracked: Option<CommitId>) -> Result<Vec<String>, Error> {
        let tracked = self.store.files(&Revision::Staged, "")?;
        let tracked: BTreeSet<String> = tracked.into_iter().map(|(path, _)| path).collect();
        let mut wanted = self.store.changed_tree_paths(None, Some(tree))?.paths;
        if let Some(untracked) = untracked {
            let tree = self.store.commit(untracked)?.tree;
            wanted.extend(self.store.changed_tree_paths(None, Some(tree))?.paths);
        }
        let mut found = Vec::new();
        for change in wanted {
            let (false, Some(id)) = (tracked.contains(&change.path), change.to) else {
                continue;
            };
            let on_disk = self.store.read_path(&Revision::Working, &change.path)?;
            if on_disk.is_some_and(|bytes| !is_blob(&bytes, id)) {
                found.push(place::object_of(&change.path).1);
            }
        }
        Ok(found)
    }

    /// Returns the index's tree with what a stash has added: it was staged, since it was tracked.
    fn index_with_additions(&self, base: TreeId, stash: TreeId) -> Result<TreeId, Error> {
        let mut index = self.store.write_tree_from_index()?;
        let changes = self.store.changed_tree_paths(Some(base), Some(stash))?;
        let mut tables = BTreeSet::new();
        for change in changes.paths.iter().filter(|change| change.from.is_none()) {
            index = self.store.set_file(index, &change.path, change.to)?;
            tables.extend(place::table_of(&change.path));
        }
        let rows: Vec<(ShardRows, Option<TreeId>)> = changes
            .rows
            .into_iter()
            .filter(|row| tables.contains(&(row.place.keyspace.clone(), row.place.table.clone())))
            .map(|row| (row.place, row.to))
            .collect();
        if rows.is_empty() {
            return Ok(index);
        }
        Ok(self.store.set_rows(index, &rows)?)
    }

    fn unnamed_commit(&self, tree: TreeId, parent: CommitId) -> Result<CommitId, Error> {
        let committer = self.store.committer()?;
        Ok(self.store.write_commit(&NewCommit {
            message: "working set\n".to_owned(),
            tree,
            parents: vec![parent],
            author: committer.clone(),
            committer,
        })?)
    }

    /// Brings the working rows to a stash's, those of untracked tables, too.
    fn take_stashed_rows(
        &self,
        merged: CommitId,
        untracked: Option<CommitId>,
    ) -> Result<(), Error> {
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let wanted = self.store.table_rows_trees(&Revision::Commit(merged))?;
        let beside = match untracked {
            Some(id) => self.store.table_rows_trees(&Revision::Commit(id))?,
            None => super::rows::Trees::new(),
        };
        if staged != wanted || !beside.is_empty() {
            // Without a database the rows are the index's; these are not.
            self.working_rows(&self.catalog(&Revision::Working)?)?;
        }
        self.restore_rows(merged)?;
        if let Some(untracked) = untracked {
            let keys = beside
                .keys()
                .map(|place| (place.keyspace.clone(), place.table.clone()))
                .collect();
            self.take_rows(&keys, untracked)?;
        }
        Ok(())
    }
}

fn is_blob(bytes: &[u8], id: BlobId) -> bool {
    crate::store::Store::blob_id(bytes).is_ok_and(|found| found == id)
}
