//! What plain git is shown of a stopped merge, pick or revert, and what is settled by staging it.
//!
//! Files in which conflicts stand are unmerged in git's index. A file that is staged since (`git add`, `vrev add`,
//! `git rm`) settles its conflicts: by the version whose merge it is, or whose file; else as it stands. Rows that waited
//! for a definition are merged with it then. Rows have no file, so theirs are settled by `vrev resolve` alone.

use std::collections::{BTreeMap, BTreeSet};

use super::combine::{Combined, Placed};
use super::conflicts::Decided;
use super::operation::{Operation, Step, Unresolved};
use super::{Error, Workspace};
use crate::merge::Version;
use crate::store::{TreeId, UnmergedPaths};

/// Conflicts that were settled by staging their files.
pub(super) struct SettledByStaging {
    /// All decisions, those among them.
    pub(super) decided: Vec<Decided>,
    /// The merge before.
    pub(super) before: Combined,
    /// The merge after.
    pub(super) after: Combined,
    /// The merged tree with the staged files left aside: what else follows from the decisions.
    pub(super) rest: TreeId,
}

impl Workspace {
    /// Returns what was settled by staging files since the operation was last looked at; `None` if nothing was.
    pub(super) fn settled_by_staging(
        &self,
        operation: &Operation,
        step: &Step,
    ) -> Result<Option<SettledByStaging>, Error> {
        let known = &step.unresolved.unmerged;
        if known.is_empty() || !step.applied {
            return Ok(None);
        }
        let left = self.store.unmerged_paths()?;
        let staged: BTreeSet<&String> = known.keys().filter(|path| !left.contains(*path)).collect();
        if staged.is_empty() {
            return Ok(None);
        }
        let before = self.combine_again(operation, step, &step.unresolved.decided)?;
        let is_settled = |placed: &&Placed| {
            !placed.files.is_empty() && placed.files.keys().all(|path| staged.contains(path))
        };
        let settled: Vec<&Placed> = before.placed.iter().filter(is_settled).collect();
        if settled.is_empty() {
            return Ok(None);
        }
        let versions = [Version::Ours, Version::Theirs, Version::Base];
        let by = |version: Version, placed: &[&Placed]| {
            let mut decided = step.unresolved.decided.clone();
            decided.extend(placed.iter().map(|placed| decision(placed, version)));
            decided
        };
        let mut made = BTreeMap::new();
        for version in versions {
            let merged = self.combine_again(operation, step, &by(version, &settled))?;
            made.insert(version, merged.tree);
        }
        let index = self.store.write_tree_from_index()?;
        let mut decided = step.unresolved.decided.clone();
        for placed in &settled {
            let mut held = Version::Ours;
            for version in versions.into_iter().rev() {
                if self.is_staged_as(index, placed, made[&version], step, version)? {
                    held = version;
                }
            }
            decided.push(decision(placed, held));
        }
        let after = self.combine_again(operation, step, &decided)?;
        let mut files = BTreeMap::new();
        for path in staged {
            files.insert(path.clone(), self.store.tree_file(before.tree, path)?);
        }
        let rest = self.store.set_files(after.tree, &files)?;
        Ok(Some(SettledByStaging {
            decided,
            before,
            after,
            rest,
        }))
    }

    /// Tells whether a conflict's files are staged as a version has them: as merged with it, or as its own.
    fn is_staged_as(
        &self,
        index: TreeId,
        placed: &Placed,
        merged: TreeId,
        step: &Step,
        version: Version,
    ) -> Result<bool, Error> {
        let side = [step.base, step.ours, step.theirs][version as usize];
        for (path, own) in &placed.files {
            let staged = self.store.tree_file(index, path)?;
            let own = match &own[version as usize] {
                Some(own) => self.store.tree_file(side, own)?,
                None => None,
            };
            if staged != own && staged != self.store.tree_file(merged, path)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Leaves out of an operation's account what was settled by staging; nothing is written.
    pub(super) fn follow_index(&self, operation: &mut Operation) -> Result<(), Error> {
        let Some(step) = &operation.step else {
            return Ok(());
        };
        let Some(settled) = self.settled_by_staging(operation, step)? else {
            return Ok(());
        };
        let violations = self.left_of(settled.after.violations.clone(), &step.unresolved)?;
        let left = Unresolved::of(&Combined {
            violations,
            ..settled.after
        });
        if let Some(step) = &mut operation.step {
            step.unresolved.data = left.data;
            step.unresolved.schema = left.schema;
            step.unresolved.violations = left.violations;
        }
        Ok(())
    }

    /// Settles what was settled by staging for good, and merges the rows that waited for it.
    pub(super) fn settle_staged(&self, operation: &mut Operation) -> Result<(), Error> {
        let Some(mut step) = operation.step.clone() else {
            return Ok(());
        };
        let Some(settled) = self.settled_by_staging(operation, &step)? else {
            return Ok(());
        };
        self.carry(settled.before.tree, settled.rest)?;
        step.unresolved.decided = settled.decided;
        self.note_left(operation, step, settled.after).map(drop)
    }

    /// Refuses a commit of plain git's while rows wait to be merged with a definition that was settled by staging it.
    pub(super) fn refuse_waiting_rows(&self, operation: &Operation) -> Result<(), Error> {
        let Some(step) = &operation.step else {
            return Ok(());
        };
        let Some(settled) = self.settled_by_staging(operation, step)? else {
            return Ok(());
        };
        let changes = self
            .store
            .changed_tree_paths(Some(settled.before.tree), Some(settled.rest))?;
        let tables = changes.rows.into_iter().map(|row| row.place);
        let tables: BTreeSet<String> = tables
            .map(|place| format!("{}.{}", place.keyspace, place.table))
            .collect();
        if tables.is_empty() {
            return Ok(());
        }
        Err(Error::RowsWait {
            verb: operation.kind.verb(),
            tables: tables.into_iter().collect(),
        })
    }

    /// Shows git the files in which conflicts are left. One that was staged meanwhile is not shown again.
    pub(super) fn show_unmerged(&self, step: &Step, left: &UnmergedPaths) -> Result<(), Error> {
        let now = self.store.unmerged_paths()?;
        let known = &step.unresolved.unmerged;
        let mut shown = left.clone();
        shown.retain(|path, _| now.contains(path) || !known.contains_key(path));
        let trees = [step.base, step.ours, step.theirs];
        Ok(self.store.set_unmerged(trees, &shown)?)
    }
}

fn decision(placed: &Placed, version: Version) -> Decided {
    Decided {
        relation: placed.relation.clone(),
        shard: None,
        key: placed.key.clone(),
        version,
    }
}
