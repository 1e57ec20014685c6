//! `add` and `commit`: files are staged in git's index in canonical form, rows as trees; a commit is the index's tree.

use std::collections::BTreeSet;

use super::report::CommitReport;
use super::rows::{TableKey, Trees, differing};
use super::status::changed_objects;
use super::{Error, Object, Workspace, place};
use crate::store::{NewCommit, Revision, ShardRows, TreeId, clean_message};

/// How to commit.
#[derive(Debug, Clone, Default)]
pub struct CommitOptions {
    /// The message; blank lines at its ends are dropped.
    pub message: String,
    /// Stage what changed first.
    pub stage: Stage,
    /// Commit even if nothing changed.
    pub allow_empty: bool,
    /// Commit even if the catalog does not build.
    pub no_verify: bool,
    /// Refuse what brings findings of severity error, unless `no_verify`.
    pub judged: bool,
}

/// What a commit stages by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing: the index is committed as it is.
    #[default]
    Nothing,
    /// Changes of what git knows (`-a`): files, and rows of tables that are committed.
    Tracked,
    /// Everything, new files too.
    All,
}

impl Workspace {
    /// Stages objects: their files in canonical form, and their working rows. Without objects, everything.
    ///
    /// # Errors
    /// When an object names nothing, or a file or rows cannot be read or written.
    pub fn add(&self, objects: &[Object]) -> Result<(), Error> {
        self.adopt()?;
        let status = self.store.status()?.entries;
        let known: BTreeSet<String> = self
            .store
            .files(&Revision::Staged, "")?
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        let mut paths = BTreeSet::new();
        for entry in &status {
            if objects.is_empty() || objects.iter().any(|object| object.may_concern(&entry.path)) {
                paths.insert(entry.path.clone());
            }
        }
        let working = self.working_trees()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let rows: BTreeSet<TableKey> = differing(&staged, &working)
            .into_iter()
            .filter(|(keyspace, table)| {
                objects.is_empty()
                    || objects
                        .iter()
                        .any(|object| object.concerns_rows(keyspace, table))
            })
            .collect();
        for object in objects {
            let exists = known
                .iter()
                .chain(&paths)
                .any(|path| object.may_concern(path))
                || working
                    .keys()
                    .any(|place| object.concerns_rows(&place.keyspace, &place.table));
            if !exists {
                return Err(Error::UnknownObject {
                    name: object.name(),
                    revision: "WORKING".to_owned(),
                });
            }
        }
        self.stage_paths(&paths)?;
        self.stage_rows(&rows, &staged, &working)
    }

    /// Takes objects out of the index again: HEAD's state is staged. Without objects, everything.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn unstage(&self, objects: &[Object]) -> Result<(), Error> {
        self.adopt()?;
        let paths: Vec<String> = self
            .store
            .status()?
            .entries
            .into_iter()
            .map(|entry| entry.path)
            .filter(|path| {
                objects.is_empty() || objects.iter().any(|object| object.may_concern(path))
            })
            .collect();
        self.store
            .unstage(&paths.iter().map(String::as_str).collect::<Vec<_>>())?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let head = self.committed_trees()?;
        let rows = differing(&staged, &head)
            .into_iter()
            .filter(|(keyspace, table)| {
                objects.is_empty()
                    || objects
                        .iter()
                        .any(|object| object.concerns_rows(keyspace, table))
            })
            .collect();
        self.stage_rows(&rows, &staged, &head)
    }

    /// Commits the index as a child of HEAD.
    ///
    /// # Errors
    /// When there is nothing to commit, the message is empty, the catalog does not build or brings findings (unless `no_verify`), nobody is
    /// known to sign it, or another process moved the branch meanwhile. Nothing is changed then.
    pub fn commit(&self, options: &CommitOptions) -> Result<CommitReport, Error> {
        self.adopt()?;
        let message = clean_message(&options.message);
        if message.trim().is_empty() {
            return Err(Error::EmptyMessage);
        }
        let (author, committer) = (self.store.author()?, self.store.committer()?);
        let head = self.store.head()?;
        match options.stage {
            Stage::Nothing => {}
            Stage::Tracked => self.stage_tracked()?,
            Stage::All => self.add(&[])?,
        }
        let tree = self.store.write_tree_from_index()?;
        let parent_tree = head
            .commit
            .map(|id| self.store.commit(id).map(|commit| commit.tree))
            .transpose()?;
        if !options.allow_empty && parent_tree.unwrap_or(TreeId::EMPTY) == tree {
            return Err(Error::NothingToCommit {
                unstaged: self.has_unstaged()?,
            });
        }
        if !options.no_verify {
            self.verify_staged(options.judged)?;
        }
        let parents = head.commit.into_iter().collect();
        let new = NewCommit {
            message,
            tree,
            parents,
            author,
            committer,
        };
        let id = self.store.commit_to_head(&head, &new, "commit")?;
        self.note_committed()?;
        let commit = self.store.commit(id)?;
        let (from, to) = self.sides_of(&commit);
        Ok(CommitReport {
            id,
            branch: head.branch,
            subject: commit.subject(),
            root: commit.parents.is_empty(),
            changed: changed_objects(&self.changes(&from, &to)?),
        })
    }

    fn stage_tracked(&self) -> Result<(), Error> {
        let paths = self
            .store
            .status()?
            .entries
            .into_iter()
            .filter(|entry| !entry.untracked)
            .map(|entry| entry.path)
            .collect();
        let tracked: BTreeSet<String> = self
            .store
            .files(&Revision::Staged, "")?
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        let working = self.working_trees()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let rows = differing(&staged, &working)
            .into_iter()
            .filter(|(keyspace, table)| {
                tracked.contains(&place::table_path(keyspace, table))
                    || staged
                        .keys()
                        .any(|place| place.keyspace == *keyspace && place.table == *table)
            })
            .collect();
        self.stage_paths(&paths)?;
        self.stage_rows(&rows, &staged, &working)
    }

    /// Rewrites catalog files to canonical form where they parse, and stages the paths.
    fn stage_paths(&self, paths: &BTreeSet<String>) -> Result<(), Error> {
        self.format_paths(paths)?;
        if paths.is_empty() {
            return Ok(());
        }
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        Ok(self.store.stage(&paths)?)
    }

    fn stage_rows(
        &self,
        keys: &BTreeSet<TableKey>,
        staged: &Trees,
        wanted: &Trees,
    ) -> Result<(), Error> {
        let places: BTreeSet<&ShardRows> = staged
            .keys()
            .chain(wanted.keys())
            .filter(|place| keys.contains(&(place.keyspace.clone(), place.table.clone())))
            .collect();
        let changes: Vec<(ShardRows, Option<TreeId>)> = places
            .into_iter()
            .filter(|place| staged.get(place) != wanted.get(place))
            .map(|place| (place.clone(), wanted.get(place).copied()))
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        self.store.stage_rows(&changes)?;
        match self.existing_rows()? {
            Some(rows) => rows.note_staged(&self.store.table_rows_trees(&Revision::Staged)?),
            None => Ok(()),
        }
    }

    fn has_unstaged(&self) -> Result<bool, Error> {
        if self
            .store
            .status()?
            .entries
            .iter()
            .any(|entry| entry.worktree.is_some())
        {
            return Ok(true);
        }
        Ok(self.working_trees()? != self.store.table_rows_trees(&Revision::Staged)?)
    }

    /// Rows of HEAD by place.
    pub(super) fn committed_trees(&self) -> Result<Trees, Error> {
        match self.head_commit()? {
            Some(revision) => Ok(self.store.table_rows_trees(&revision)?),
            None => Ok(Trees::new()),
        }
    }

    /// Tells the working rows, if there are any, that HEAD's rows are what they started from.
    pub(super) fn note_committed(&self) -> Result<(), Error> {
        match self.existing_rows()? {
            Some(rows) => rows.set_base(&self.committed_trees()?),
            None => Ok(()),
        }
    }
}
