//! `gc` and `migrate`: a repository kept small, and brought to the form that this version writes.

use std::collections::BTreeSet;

use super::{Error, Workspace};
use crate::catalog::files::{Config, FORMAT};
use crate::store::{Expected, NewCommit, Packed, Revision, TreeId};

/// The reference that keeps what no commit names yet: working rows and the state before an operation.
const KEPT: &str = "refs/vrev/kept";

/// What `gc` did.
#[derive(Debug, Clone)]
pub struct GcReport {
    /// The objects before.
    pub before: Packed,
    /// The objects afterwards.
    pub after: Packed,
    /// Branches that are gone and whose working rows were removed, sorted.
    pub removed: Vec<String>,
}

impl Workspace {
    /// Packs objects and removes what nothing names, through the user's git. Working rows, stashes and the state before an
    /// operation in progress are kept. `prune` is a date in git's words.
    ///
    /// # Errors
    /// When git is missing or fails.
    pub fn gc(&self, prune: Option<&str>) -> Result<GcReport, Error> {
        self.adopt()?;
        let before = self.store.packed()?;
        self.keep_unnamed()?;
        self.store.collect_garbage(prune)?;
        let removed = self.remove_stray_rows()?;
        Ok(GcReport {
            before,
            after: self.store.packed()?,
            removed,
        })
    }

    /// Gives a name to what the working state needs and no commit has: git's gc asks only references and the index.
    fn keep_unnamed(&self) -> Result<(), Error> {
        let mut parents = Vec::new();
        if let Some(operation) = self.operation()? {
            parents.push(operation.before);
            parents.extend(operation.step.map(|step| step.to));
        }
        let mut kept: BTreeSet<TreeId> = BTreeSet::new();
        for branch in self.branches_with_rows()? {
            kept.extend(self.noted_trees(&branch)?);
        }
        kept.retain(|tree| self.store.has_whole_tree(*tree));
        let committer = self.store.committer()?;
        let commit = self.store.write_commit(&NewCommit {
            message: "what the working state needs\n".to_owned(),
            tree: self.store.folder_of(&kept)?,
            parents,
            author: committer.clone(),
            committer,
        })?;
        Ok(self.store.update_ref(KEPT, Expected::Any, commit, "gc")?)
    }

    /// Removes the working rows of branches that are gone.
    fn remove_stray_rows(&self) -> Result<Vec<String>, Error> {
        let mut removed = Vec::new();
        for branch in self.branches_with_rows()? {
            if branch.starts_with("detached") || self.store.branch(&branch)?.is_some() {
                continue;
            }
            super::rows::remove_database(&self.rows_path_of(&branch))?;
            removed.push(branch);
        }
        removed.sort();
        Ok(removed)
    }

    /// Brings the repository to the format that this version writes, and returns the format. There has been one so far, so
    /// there is nothing to rewrite; a step from it to a later one belongs here, before `vrev.toml` names the later one.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`] when `vrev.toml` names another one, or cannot be read.
    pub fn migrate(&self) -> Result<u32, Error> {
        let bytes = self.store.read_path(&Revision::Working, "vrev.toml")?;
        let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
        match Config::parse(&text) {
            Ok(config) => Ok(config.format),
            Err(error) => Err(Error::UnknownFormat {
                known: FORMAT,
                reason: error.message,
            }),
        }
    }
}
