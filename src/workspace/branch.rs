//! Branches, tags and moving between them: git's verbs with the working rows in step.

use super::report::{ChangedObject, CommitReport};
use super::rows::differing;
use super::status::changed_objects;
use super::{Error, Side, Workspace};
use crate::store::{
    self, Branch, Commit, CommitId, Force, LocalChanges, ResetMode, Revision, SwitchTo, Tag,
};

impl Workspace {
    /// Returns the local branches, sorted by name.
    ///
    /// # Errors
    /// When the references cannot be read.
    pub fn branches(&self) -> Result<Vec<Branch>, Error> {
        Ok(self.store.branches()?)
    }

    /// Makes a branch at a revision (HEAD if none is given).
    ///
    /// # Errors
    /// When the name is invalid or taken, or the revision names no commit.
    pub fn create_branch(
        &self,
        name: &str,
        start: Option<&str>,
        force: Force,
    ) -> Result<CommitId, Error> {
        let start = start.unwrap_or("HEAD");
        let commit = self.store.resolve_commit(start)?;
        let known = self.store.branch(name)?;
        if known.is_none() {
            // A branch of this name that plain git deleted may have left some.
            self.forget_branch(name)?;
        }
        self.store.create_branch(name, commit, start, force)?;
        if known.is_some() {
            // It begins anew, its working set too.
            self.forget_branch(name)?;
        }
        Ok(commit)
    }

    /// Deletes a branch and its working rows; returns where it was.
    ///
    /// # Errors
    /// When it does not exist, is checked out, or has commits that HEAD has not (unless forced).
    pub fn delete_branch(&self, name: &str, force: Force) -> Result<CommitId, Error> {
        let commit = self.store.delete_branch(name, force)?;
        self.forget_branch(name)?;
        Ok(commit)
    }

    /// Gives up the working set of a branch that is no more.
    fn forget_branch(&self, name: &str) -> Result<(), Error> {
        self.store.drop_working_set(name)?;
        super::rows::remove_database(&self.rows_path_of(name))
    }

    /// Makes a branch where another one is.
    ///
    /// # Errors
    /// When there is no such branch, or the new name is invalid or taken.
    pub fn copy_branch(&self, from: &str, to: &str, force: Force) -> Result<CommitId, Error> {
        let Some(tip) = self.store.branch(from)? else {
            return Err(Error::Store(store::Error::NoSuchReference {
                kind: "branch",
                name: from.to_owned(),
            }));
        };
        self.store.create_branch(to, tip, from, force)?;
        Ok(tip)
    }

    /// Renames a branch; its working rows follow.
    ///
    /// # Errors
    /// When the old one does not exist, or the new name is invalid or taken.
    pub fn rename_branch(&self, from: &str, to: &str, force: Force) -> Result<(), Error> {
        if from == to && self.store.branch(from)?.is_some() {
            return Ok(());
        }
        self.store.rename_branch(from, to, force)?;
        self.store.rename_working_set(from, to)?;
        let (old, new) = (self.rows_path_of(from), self.rows_path_of(to));
        if old.exists() {
            std::fs::rename(&old, &new)
                .map_err(|source| super::files::io("rename", &old, source))?;
        }
        Ok(())
    }

    /// Checks out a branch, making it first if `create` says where.
    ///
    /// # Errors
    /// When it does not exist, or local changes (files or rows) would be lost: they go along where both branches have the
    /// same of what is changed. Nothing is changed then.
    pub fn switch(&self, branch: &str, create: Option<&str>) -> Result<(), Error> {
        self.adopt()?;
        let head = self.store.head()?;
        if create.is_none() && head.branch.as_deref() == Some(branch) {
            return Ok(());
        }
        if let (Some("HEAD"), None, Some(unborn)) = (create, head.commit, &head.branch) {
            // Nothing is committed yet: HEAD alone has the name.
            return self.rename_branch(unborn, branch, Force::No);
        }
        self.refuse_operation("switch")?;
        let target = match create {
            Some(start) => self.store.resolve_commit(start)?,
            None => {
                self.store.check_not_checked_out(branch)?;
                let tip = self.store.branch(branch)?;
                tip.ok_or_else(|| store::Error::NoSuchReference {
                    kind: "branch",
                    name: branch.to_owned(),
                })?
            }
        };
        let carried = self.carried_rows(branch, target)?;
        let (_, left) = self.rows_path()?;
        if !self.hidden_changes(branch)?.is_empty() {
            self.refuse_dirty(branch)?;
            self.store.on_branch(branch)?;
        }
        if let Some(start) = create {
            self.store.create_branch(branch, target, start, Force::No)?;
        }
        let switched = self.check_out(&SwitchTo::Branch(branch.to_owned()), branch);
        match switched {
            Ok(()) => {
                self.take_working_set()?;
                self.take_carried(&carried, &left)
            }
            Err(_) if create.is_some() => {
                self.store.delete_branch(branch, Force::Yes)?;
                switched
            }
            Err(_) => switched,
        }
    }

    /// Checks out a commit without a branch.
    ///
    /// # Errors
    /// When it names no commit, or local changes would be lost.
    pub fn switch_detached(&self, revision: &str) -> Result<CommitId, Error> {
        self.adopt()?;
        let commit = self.store.resolve_commit(revision)?;
        self.refuse_operation("switch")?;
        let carried = self.carried_rows(revision, commit)?;
        let (_, left) = self.rows_path()?;
        self.check_out(&SwitchTo::Detached(commit, revision.to_owned()), revision)?;
        self.take_carried(&carried, &left)?;
        Ok(commit)
    }

    fn check_out(&self, to: &SwitchTo, name: &str) -> Result<(), Error> {
        match self.store.switch(to, LocalChanges::Keep) {
            Err(store::Error::LocalChanges { paths }) => Err(Error::Dirty {
                to: name.to_owned(),
                changed: paths,
            }),
            other => Ok(other?),
        }
    }

    /// Moves HEAD to a revision; how far index, files and rows follow is the mode's.
    ///
    /// # Errors
    /// When the revision names no commit, or files cannot be written.
    pub fn reset(&self, revision: &str, mode: ResetMode) -> Result<CommitId, Error> {
        self.adopt()?;
        let target = self.store.resolve_commit(revision)?;
        if mode == ResetMode::Soft {
            // What is staged is half a merge.
            self.refuse_unmerged("reset --soft")?;
        }
        let rows = self.store.table_rows_trees(&Revision::Commit(target))?;
        if mode != ResetMode::Hard && rows != self.committed_trees()? {
            // The rows stay as they are while HEAD moves under them.
            self.working_rows(&self.catalog(&Revision::Working)?)?;
        }
        if mode == ResetMode::Hard {
            // The files of renamed tables go with what they were; a state that does not build is left all the same.
            let _ = self.stage_renames();
        }
        self.store.reset(target, mode, revision)?;
        match mode {
            ResetMode::Hard => self.restore_rows(target)?,
            ResetMode::Soft | ResetMode::Mixed => {
                if let Some(working) = self.existing_rows()? {
                    working.set_base(&rows)?;
                }
            }
        }
        // What was in progress is gone with what it had staged; a rebase goes on elsewhere.
        if mode != ResetMode::Soft
            && self
                .operation()?
                .is_none_or(|operation| operation.rebased.is_none())
        {
            self.end_operation()?;
        }
        Ok(target)
    }

    /// Returns the tags, sorted by name.
    ///
    /// # Errors
    /// When the references cannot be read.
    pub fn tags(&self) -> Result<Vec<Tag>, Error> {
        Ok(self.store.tags()?)
    }

    /// Makes a tag; annotated if there is a message.
    ///
    /// # Errors
    /// When the name is invalid or taken, or the revision names no commit.
    pub fn create_tag(
        &self,
        name: &str,
        revision: &str,
        message: Option<&str>,
        force: Force,
    ) -> Result<(), Error> {
        self.create_tag_by(name, revision, message, None, force)
    }

    /// Makes a tag; annotated if there is a message, by `Name <address>` or by who commits here.
    ///
    /// # Errors
    /// When the name is invalid or taken, or the revision names no commit.
    pub fn create_tag_by(
        &self,
        name: &str,
        revision: &str,
        message: Option<&str>,
        tagger: Option<&str>,
        force: Force,
    ) -> Result<(), Error> {
        let commit = self.store.resolve_commit(revision)?;
        let tagger = match (message, tagger) {
            (None, _) => None,
            (Some(_), None) => Some(self.store.committer()?),
            (Some(_), typed) => Some(self.store.author_of(typed, None)?),
        };
        let annotation = tagger.as_ref().zip(message);
        Ok(self.store.create_tag(name, commit, annotation, force)?)
    }

    /// Deletes a tag and returns what it led to.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_tag(&self, name: &str) -> Result<CommitId, Error> {
        Ok(self.store.delete_tag(name)?)
    }

    /// Refuses to go on while files or rows are changed.
    pub(super) fn refuse_dirty(&self, to: &str) -> Result<(), Error> {
        let status = self.store.status()?;
        let mut changed: Vec<String> = status
            .entries
            .iter()
            .filter(|entry| !entry.untracked)
            .map(|entry| entry.path.clone())
            .collect();
        changed.extend(
            differing(&self.committed_trees()?, &self.working_trees()?)
                .into_iter()
                .map(|(keyspace, table)| format!("rows of {keyspace}.{table}")),
        );
        if changed.is_empty() {
            Ok(())
        } else {
            Err(Error::Dirty {
                to: to.to_owned(),
                changed,
            })
        }
    }

    /// Returns what a commit changed against its first parent.
    pub(super) fn commit_report(&self, id: CommitId) -> Result<CommitReport, Error> {
        let commit = self.store.commit(id)?;
        let sides = self.sides_of(&commit);
        self.report_between(&commit, sides)
    }

    /// Returns what HEAD's commit changed against an earlier one.
    pub(super) fn commit_report_since(
        &self,
        id: CommitId,
        since: CommitId,
    ) -> Result<CommitReport, Error> {
        let commit = self.store.commit(id)?;
        let (_, to) = self.sides_of(&commit);
        let from = Side {
            name: since.to_string(),
            revision: Some(Revision::Commit(since)),
        };
        self.report_between(&commit, (from, to))
    }

    fn report_between(
        &self,
        commit: &Commit,
        (from, to): (Side, Side),
    ) -> Result<CommitReport, Error> {
        Ok(CommitReport {
            id: commit.id,
            branch: self.store.head()?.branch,
            subject: commit.subject(),
            root: commit.parents.is_empty(),
            changed: self.changed_between(&from, &to)?,
        })
    }

    /// Returns the objects that differ between two sides.
    pub(super) fn changed_between(
        &self,
        from: &Side,
        to: &Side,
    ) -> Result<Vec<ChangedObject>, Error> {
        Ok(changed_objects(&self.changes(from, to)?))
    }
}
