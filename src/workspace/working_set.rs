//! A branch's working set: staged and changed files and rows belong to the branch, as in Dolt.
//!
//! One branch is checked out in a worktree; every other one that a session works on has a hidden working set
//! ([`Store::on_branch`](crate::store::Store::on_branch)), so that each verb does there what it does in a worktree. When
//! a worktree switches to such a branch, its working set comes along.

use super::{Error, Workspace};
use crate::store;

impl Workspace {
    /// Opens the working set of a branch, wherever it is.
    ///
    /// # Errors
    /// When there is no such branch, or it was moved over what is changed in its working set.
    pub fn on_branch(&self, branch: &str) -> Result<Self, Error> {
        match self.store.on_branch(branch) {
            Ok(store) => Ok(Self { store }),
            Err(store::Error::LocalChanges { paths }) => Err(Error::BranchMoved {
                branch: branch.to_owned(),
                changed: paths,
            }),
            Err(other) => Err(other.into()),
        }
    }

    /// Opens the repository's own worktree, of which a hidden working set may have gone.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn home(&self) -> Result<Self, Error> {
        if !self.store.is_hidden() && self.store.root().exists() {
            return Ok(self.clone());
        }
        Ok(Self {
            store: self.store.main_worktree()?,
        })
    }

    /// Tells whether a branch's working set differs from its tip. A branch that nobody has worked on has none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn is_branch_dirty(&self, branch: &str) -> Result<bool, Error> {
        let here = self.store.head()?.branch.as_deref() == Some(branch);
        let workspace = match (here, self.store.hidden_working_set(branch)?) {
            (true, _) => self.clone(),
            (false, Some(_)) => self.on_branch(branch)?,
            (false, None) if self.store.is_checked_out(branch) => self.on_branch(branch)?,
            (false, None) => {
                return Ok(self.rows_path_of(branch).exists() && {
                    let workspace = self.on_branch(branch)?;
                    !workspace.is_unchanged()?
                });
            }
        };
        Ok(!workspace.is_unchanged()?)
    }

    fn is_unchanged(&self) -> Result<bool, Error> {
        Ok(self.store.status()?.entries.is_empty()
            && self.committed_trees()? == self.working_trees()?)
    }

    /// Tells whether a branch that no worktree is on has something staged or changed; rows are not looked at.
    pub(super) fn hidden_changes(&self, branch: &str) -> Result<Vec<String>, Error> {
        let Some(hidden) = self.store.hidden_working_set(branch)? else {
            return Ok(Vec::new());
        };
        let status = hidden.status()?;
        Ok(status.entries.into_iter().map(|entry| entry.path).collect())
    }

    /// Brings the hidden working set of the branch that this worktree is on into the worktree. While the worktree holds
    /// changes of its own the two are not mixed: the hidden one waits.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub(super) fn take_working_set(&self) -> Result<(), Error> {
        let Some(branch) = self.store.head()?.branch else {
            return Ok(());
        };
        if self.store.is_hidden() {
            return Ok(());
        }
        let Some(hidden) = self.store.hidden_working_set(&branch)? else {
            return Ok(());
        };
        if !hidden.status()?.entries.is_empty() {
            if !self.store.status()?.entries.is_empty() {
                return Ok(());
            }
            self.store.take_working_set(&hidden)?;
        }
        Ok(self.store.drop_working_set(&branch)?)
    }
}
