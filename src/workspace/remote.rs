//! Working with other repositories: what is fetched is merged by the same rules as a local branch.

use std::path::Path;

use super::report::Tracking;
use super::{Error, MergeOptions, MergeReport, Workspace};
use crate::store::{CloneOptions, CommitId, Head, Said, Store, Talk, WalkOptions};

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

    /// Fetches a branch of a remote (what HEAD's branch follows, if none is named) and returns its commit with git's words
    /// for it.
    ///
    /// # Errors
    /// When git fails, or nothing or more than one branch would be merged.
    pub fn fetch_for_merge(
        &self,
        words: &[String],
        talk: Talk,
    ) -> Result<(CommitId, String, Said), Error> {
        let arguments: Vec<String> = std::iter::once("--".to_owned())
            .chain(words.iter().cloned())
            .collect();
        let said = self.store.fetch(&arguments, talk)?;
        match self.store.fetched()?.as_slice() {
            [(commit, what)] => Ok((*commit, what.clone(), said)),
            [] => Err(Error::NothingToPull {
                branch: self.store.head()?.branch,
            }),
            several => Err(Error::Usage(format!(
                "one branch can be merged at a time, not {}",
                several.len()
            ))),
        }
    }

    /// Merges what was fetched; `what` says in the message where it came from.
    ///
    /// # Errors
    /// As [`Workspace::merge`].
    pub fn merge_fetched(
        &self,
        commit: CommitId,
        what: &str,
        options: MergeOptions,
    ) -> Result<MergeReport, Error> {
        let branch = self.store.head()?.branch;
        let into = branch.as_deref().unwrap_or("HEAD");
        self.merge(&MergeOptions {
            revision: commit.to_string(),
            message: Some(format!("Merge {what} into {into}\n")),
            ..options
        })
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
