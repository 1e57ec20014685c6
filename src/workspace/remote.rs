//! Working with other repositories: what is fetched is merged by the same rules as a local branch.

use std::path::Path;

use super::report::Tracking;
use super::{Error, Workspace};
use crate::store::{CloneOptions, CommitId, Head, Said, Store, WalkOptions};

impl Workspace {
    /// Copies a repository and checks out a branch of it; its rows are read when they are first asked for.
    ///
    /// # Errors
    /// When git fails, or `directory` holds something. Nothing is left behind then.
    pub fn clone_from(
        url: &str,
        directory: &Path,
        options: &CloneOptions,
    ) -> Result<(Self, Said), Error> {
        let (store, said) = Store::clone_from(url, directory, options)?;
        Ok((Self { store }, said))
    }

    /// Tells how HEAD's branch stands to the remote branch that it follows.
    pub(super) fn tracking(&self, head: &Head) -> Result<Option<Tracking>, Error> {
        let (Some(branch), Some(ours)) = (&head.branch, head.commit) else {
            return Ok(None);
        };
        let Some(upstream) = self.store.upstream(branch)? else {
            return Ok(None);
        };
        let count = |tip: CommitId, hidden: CommitId| -> Result<usize, Error> {
            let mut walk = self.store.walk(&[tip], &[hidden], WalkOptions::default())?;
            Ok(walk.try_fold(0, |count, commit| commit.map(|_| count + 1))?)
        };
        let counts = match upstream.commit {
            Some(theirs) => Some((count(ours, theirs)?, count(theirs, ours)?)),
            None => None,
        };
        Ok(Some(Tracking {
            upstream: upstream.name(),
            ahead: counts.map(|(ahead, _)| ahead),
            behind: counts.map(|(_, behind)| behind),
        }))
    }
}
