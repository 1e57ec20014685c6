//! Uncommitted rows that go along to another branch, as changed files do in git: a table goes along where both branches have
//! the same of it, definition and rows; where they differ the switch is refused, and nothing is changed.

use std::collections::BTreeSet;
use std::path::Path;

use super::rows::{TableKey, Trees, differing, remove_database};
use super::{Error, Side, Workspace, place};
use crate::store::{CommitId, Revision};

/// Rows that are taken along.
#[derive(Debug, Default)]
pub(super) struct Carried {
    tables: BTreeSet<TableKey>,
    working: Trees,
    staged: Trees,
}

impl Workspace {
    /// Returns the uncommitted rows, of which all can be taken along to a commit of a branch.
    ///
    /// # Errors
    /// [`Error::Dirty`] where that has another definition or other rows of a changed table, or where the branch has
    /// uncommitted rows itself.
    pub(super) fn carried_rows(&self, to: &str, target: CommitId) -> Result<Carried, Error> {
        let committed = self.committed_trees()?;
        let working = self.working_trees()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let mut tables = differing(&committed, &working);
        tables.extend(differing(&committed, &staged));
        if tables.is_empty() {
            return Ok(Carried::default());
        }
        let own = self.store.branch(to)?.is_some() && self.is_branch_dirty(to)?;
        let changed: BTreeSet<TableKey> = match own {
            true => tables.clone(),
            false => {
                let theirs = self.store.table_rows_trees(&Revision::Commit(target))?;
                let rows = differing(&committed, &theirs);
                let redefined = self.redefined_tables(target)?;
                let differs = |key: &&TableKey| rows.contains(*key) || redefined.contains(*key);
                tables.iter().filter(differs).cloned().collect()
            }
        };
        if !changed.is_empty() {
            let name = |(keyspace, table): &TableKey| format!("rows of {keyspace}.{table}");
            return Err(Error::Dirty {
                to: to.to_owned(),
                changed: changed.iter().map(name).collect(),
            });
        }
        Ok(Carried {
            tables,
            working,
            staged,
        })
    }

    /// Returns the tables that HEAD and another commit define differently.
    pub(super) fn redefined_tables(&self, target: CommitId) -> Result<BTreeSet<TableKey>, Error> {
        let side = |revision: Option<Revision>| Side {
            name: String::new(),
            revision,
        };
        let (from, to) = (
            side(self.head_commit()?),
            side(Some(Revision::Commit(target))),
        );
        let changes = self.changes(&from, &to)?;
        let paths = changes.paths.iter();
        Ok(paths
            .filter_map(|change| place::table_of(&change.path))
            .collect())
    }

    /// Brings rows that were taken along into the working set of the branch that is checked out by now, and takes them away
    /// from `left`, the database of the branch they were changed on.
    pub(super) fn take_carried(&self, carried: &Carried, left: &Path) -> Result<(), Error> {
        if carried.tables.is_empty() {
            return Ok(());
        }
        self.take_trees(&carried.tables, &carried.working)?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        self.stage_rows(&carried.tables, &staged, &carried.staged)?;
        let (_, here) = self.rows_path()?;
        match here == left {
            true => Ok(()),
            false => remove_database(left),
        }
    }
}
