//! Working with other repositories: what is fetched is merged by the same rules as a local branch.

use std::path::Path;

use super::{Error, Workspace};
use crate::store::{CloneOptions, Said, Store};

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
}
