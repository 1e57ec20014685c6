//! `squash_history`: a branch's commits from one on become one, with the same state (Dolt's `dolt_squash_history`).

use super::{Error, Workspace};
use crate::store::{CommitId, Expected, NewCommit, WalkOptions, clean_message};

impl Workspace {
    /// Replaces the commits of HEAD's branch from `first` on by one with HEAD's state; without `first` all but the initial
    /// commit. Files and rows stay as they are.
    ///
    /// # Errors
    /// When something is in progress, there is nothing to squash, or where to begin is not clear.
    pub fn squash_history(&self, message: &str, first: Option<&str>) -> Result<CommitId, Error> {
        self.adopt()?;
        self.refuse_operation("squash")?;
        let message = clean_message(message);
        if message.trim().is_empty() {
            return Err(Error::EmptyMessage);
        }
        let (head, tip) = self.head_of()?;
        let first = match first {
            Some(typed) => self.store.resolve_commit(typed)?,
            None => self.second_commit(tip)?,
        };
        if !self.store.is_ancestor(first, tip)? {
            return Err(Error::Squash {
                reason: format!("{first} is not in the history of HEAD"),
            });
        }
        let new = NewCommit {
            message,
            tree: self.store.commit(tip)?.tree,
            parents: self.store.commit(first)?.parents,
            author: self.store.author()?,
            committer: self.store.committer()?,
        };
        let id = self.store.write_commit(&new)?;
        let subject = self.store.commit(id)?.subject();
        let log = format!("squash: {subject}");
        self.store.move_head(&head, id, Expected::At(tip), &log)?;
        Ok(id)
    }

    /// Returns the only child of the initial commit in a history.
    fn second_commit(&self, tip: CommitId) -> Result<CommitId, Error> {
        let refused = |reason: &str| Error::Squash {
            reason: reason.to_owned(),
        };
        let mut children = Vec::new();
        let mut initial = Vec::new();
        for commit in self.store.walk(&[tip], &[], WalkOptions::default())? {
            let commit = commit?;
            match commit.parents.as_slice() {
                [] => initial.push(commit.id),
                parents => children.push((commit.id, parents.to_vec())),
            }
        }
        let [initial] = initial.as_slice() else {
            return Err(refused(
                "there are several initial commits; name the first one to squash",
            ));
        };
        let mut seconds = children
            .iter()
            .filter(|(_, parents)| parents.contains(initial))
            .map(|(id, _)| *id);
        match (seconds.next(), seconds.next()) {
            (Some(second), None) => Ok(second),
            (None, _) => Err(refused("the branch contains only the initial commit")),
            (Some(_), Some(_)) => Err(refused(
                "the initial commit has multiple children; name the first one to squash",
            )),
        }
    }
}
