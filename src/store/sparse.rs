//! `rows/` in every commit but not in the worktree: a cone-mode sparse checkout of every top-level folder but `rows`
//! (git-sparse-checkout(1), "Internals - Cone Mode Handling", and "sparse index").
//!
//! The cone is written whenever top-level folders appear, since git hides folders outside of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::index::set_staged_rows;
use super::status::Content;
use super::tree::MODE_SUBMODULE;
use super::{Error, ROWS, Store};

/// Folders that are in the cone even before they exist, so that plain `git add` takes them.
const EXPECTED_FOLDERS: [&str; 2] = ["keyspaces", "workload"];

/// What makes a checkout sparse, in git's configuration.
const SETTINGS: [(&str, &str); 3] = [
    ("core", "sparseCheckout"),
    ("core", "sparseCheckoutCone"),
    ("index", "sparse"),
];

impl Store {
    /// Tells whether `rows/` stays out of the worktree. A clone made by plain git has it there until
    /// [`Store::adopt_sparse`].
    pub fn is_sparse(&self) -> bool {
        self.sparse.load(Ordering::Relaxed)
    }

    pub(super) fn configured_sparse(repo: &gix::Repository) -> bool {
        let config = repo.config_snapshot();
        SETTINGS
            .iter()
            .all(|(section, key)| config.boolean(&format!("{section}.{key}")) == Some(true))
    }

    /// Makes a full checkout sparse: writes the configuration, removes unchanged files below `rows/` from the worktree
    /// and keeps the folder as one entry of the index. In a sparse checkout, too, plain git brings files there that it
    /// merges: they go once they are merged.
    ///
    /// # Errors
    /// [`Error::LocalChanges`] when a file below `rows/` differs from the index (nothing is changed then).
    pub fn adopt_sparse(&self) -> Result<(), Error> {
        if self.is_sparse() && !self.index()?.has_rows_in_worktree() {
            return Ok(());
        }
        let mut locked = self.lock_index_as_it_is()?;
        locked.index.check_merged()?;
        let files = locked.index.entries.below(ROWS);
        let files: Vec<_> = files
            .map(|(path, entry)| (path.to_owned(), entry))
            .collect();
        let mut changed = Vec::new();
        for (path, entry) in &files {
            let unchanged = entry.mode != MODE_SUBMODULE
                && (entry.skip_worktree
                    || matches!(
                        self.compare(path, entry, &locked.index)?,
                        None | Some(Content::Absent)
                    ));
            if !unchanged {
                changed.push(path.clone());
            }
        }
        if !changed.is_empty() {
            return Err(Error::LocalChanges { paths: changed });
        }
        let rows = self.staged_rows(&locked.index)?;
        set_staged_rows(&mut locked.index, rows);
        self.configure_sparse()?;
        self.refresh_cone(locked.index.paths())?;
        locked.save()?;
        for (path, _) in &files {
            self.remove_worktree_file(path)?;
        }
        Ok(())
    }

    /// Switches sparse checkout on in the repository's configuration.
    pub(super) fn configure_sparse(&self) -> Result<(), Error> {
        if !Self::configured_sparse(&self.repo) {
            let settings = SETTINGS.iter();
            let settings = settings.map(|(section, key)| format!("[{section}]\n\t{key} = true\n"));
            self.append_to_config(&settings.collect::<String>())?;
        }
        self.sparse.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Adds sections to the repository's own configuration.
    pub(super) fn append_to_config(&self, sections: &str) -> Result<(), Error> {
        let path = self.common_dir().join("config");
        self.rewrite(&path, |old| {
            let mut text = old.unwrap_or_default().to_owned();
            if !text.is_empty() && !text.ends_with(b"\n") {
                text.push(b'\n');
            }
            text.extend(sections.bytes());
            (Some(text), false)
        })
    }

    fn cone_path(&self) -> PathBuf {
        self.git_dir().join("info").join("sparse-checkout")
    }

    /// Rewrites the cone if a top-level folder (of the worktree or of `paths`) is missing from it.
    pub(super) fn refresh_cone<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
    ) -> Result<(), Error> {
        let mut folders: BTreeSet<String> =
            EXPECTED_FOLDERS.iter().map(ToString::to_string).collect();
        let mut last = "";
        for (folder, _) in paths.filter_map(|path| path.split_once('/')) {
            if folder != last {
                folders.insert(folder.to_owned());
                last = folder;
            }
        }
        for entry in fs::read_dir(&self.root)
            .map_err(Error::io("read", &self.root))?
            .flatten()
        {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.extend(entry.file_name().into_string());
            }
        }
        folders.retain(|folder| folder != ROWS && !folder.eq_ignore_ascii_case(".git"));
        let path = self.cone_path();
        let old = fs::read_to_string(&path).unwrap_or_default();
        let lines: BTreeSet<&str> = old.lines().collect();
        let excludes_rows = !lines.contains("/rows/") && lines.contains("!/*/");
        if excludes_rows
            && folders
                .iter()
                .all(|folder| lines.contains(pattern(folder).as_str()))
        {
            return Ok(());
        }
        let mut text = "/*\n!/*/\n".to_owned();
        for folder in &folders {
            text.push_str(&pattern(folder));
            text.push('\n');
        }
        let mut lock = self.lock(&path)?;
        lock.write(text.as_bytes(), self.durability)?;
        lock.commit(self.durability)
    }
}

/// The cone's line for a top-level folder; glob characters are escaped.
fn pattern(folder: &str) -> String {
    let mut text = String::from("/");
    for c in folder.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text + "/"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_escape_globs() {
        assert_eq!(pattern("keyspaces"), "/keyspaces/");
        assert_eq!(pattern("a*b[c]?\\"), "/a\\*b\\[c]\\?\\\\/");
    }
}
