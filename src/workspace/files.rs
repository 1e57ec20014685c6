//! The catalog's files of a revision, and writing them to the worktree all or none.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Error, Workspace, place};
use crate::catalog::files;
use crate::store::Revision;

impl Workspace {
    /// Returns every catalog file of a revision with its content, sorted by path.
    pub(super) fn catalog_files(
        &self,
        revision: &Revision,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        if *revision == Revision::Working {
            return Ok(self.store.working_files(place::is_catalog_path)?);
        }
        let mut found = Vec::new();
        for (path, id) in self.store.files(revision, "")? {
            if place::is_catalog_path(&path) {
                found.push((path, self.store.read(id)?));
            }
        }
        Ok(found)
    }

    /// Returns those of `paths` that the revision has, with their content.
    pub(super) fn files_at(
        &self,
        revision: &Revision,
        paths: &BTreeSet<String>,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut found = Vec::new();
        for path in paths {
            if let Some(bytes) = self.store.read_path(revision, path)? {
                found.push((path.clone(), bytes));
            }
        }
        Ok(found)
    }

    /// Writes files into the worktree; `None` removes one. Each is replaced as a whole.
    pub(super) fn write_files(&self, changes: &[(String, Option<Vec<u8>>)]) -> Result<(), Error> {
        for (path, content) in changes {
            match content {
                Some(bytes) => self.store.write_file(path, bytes)?,
                None => self.store.remove_file(path)?,
            }
        }
        Ok(())
    }

    /// Rewrites catalog files to canonical form; what does not parse, or is no catalog file, stays as it is. Returns the
    /// paths rewritten.
    pub(super) fn format_paths(&self, paths: &BTreeSet<String>) -> Result<Vec<String>, Error> {
        let mut rewritten = Vec::new();
        for path in paths {
            let Some(bytes) = self.store.read_path(&Revision::Working, path)? else {
                continue;
            };
            if let Ok(Some(canonical)) = files::canonical_text(path, &bytes)
                && canonical != bytes
            {
                self.store.write_file(path, &canonical)?;
                rewritten.push(path.clone());
            }
        }
        Ok(rewritten)
    }

    /// Rewrites every catalog file of the worktree to canonical form (`fmt`); with `check`, only says which are not.
    ///
    /// # Errors
    /// When a file does not parse: every problem is told, and nothing is rewritten.
    pub fn format(&self, check: bool) -> Result<Vec<String>, Error> {
        let (mut problems, mut unclean) = (Vec::new(), BTreeSet::new());
        let files = self.catalog_files(&Revision::Working)?;
        let is_unclean = |(path, bytes): &(String, Vec<u8>)| {
            let canonical = files::canonical_text(path, bytes)?;
            Ok(canonical.is_some_and(|canonical| canonical != *bytes))
        };
        let judged = files::each(&files, is_unclean);
        for ((path, _), judged) in files.into_iter().zip(judged) {
            match judged {
                Ok(true) => _ = unclean.insert(path),
                Ok(false) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(Error::Catalog {
                revision: "WORKING".to_owned(),
                problems,
            });
        }
        if check {
            Ok(unclean.into_iter().collect())
        } else {
            self.format_paths(&unclean)
        }
    }
}

pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
