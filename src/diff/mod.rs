//! What changed between two values: pure functions, no git, no disk, no clock.
//!
//! Rows are compared by [`rows::diff`], two catalogs by [`catalog::diff`]; both give [`RelationDiff`]s, which
//! [`stat`] counts, [`report`] makes serialisable and [`row_sql`] turns into statements.

pub mod catalog;
pub mod columns;
pub mod migration;
pub mod narrow;
pub mod plan;
pub mod rename;
pub mod report;
pub mod row_sql;
pub mod rows;
pub mod stat;
pub mod summary;
pub mod text;

use std::sync::Arc;

use crate::relation::{Row, Schema};

pub use columns::{ColumnPair, changed_cells};
pub use summary::{ObjectChange, ObjectKind};

/// One change of a relation.
#[derive(Debug, Clone)]
pub enum Change {
    /// A row of `to` only. The count is above 1 only for keyless relations.
    Added(Row, u64),
    /// A row of `from` only.
    Removed(Row, u64),
    /// A keyed row in both with at least one cell changed.
    Modified {
        /// The row before, under the from-schema.
        from: Row,
        /// The row after, under the to-schema.
        to: Row,
    },
}

impl Change {
    /// Returns how many equal rows the change is about.
    pub fn count(&self) -> u64 {
        match self {
            Self::Added(_, count) | Self::Removed(_, count) => *count,
            Self::Modified { .. } => 1,
        }
    }
}

/// How one relation differs between two revisions.
#[derive(Debug, Clone)]
pub struct RelationDiff {
    /// Schema before; absent if the relation did not exist.
    pub from: Option<Arc<Schema>>,
    /// Schema after; absent if the relation is gone.
    pub to: Option<Arc<Schema>>,
    /// Changes in key order.
    pub changes: Vec<Change>,
    /// Set when the primary key changed between the revisions, so rows are compared as keyless.
    pub key_changed: bool,
    /// Set when rows are matched by content: the relation is keyless, its key changed, or it was asked for.
    pub keyless: bool,
}

impl RelationDiff {
    /// Returns the relation's name after, or before if it is gone.
    pub fn name(&self) -> &str {
        self.to
            .as_ref()
            .or(self.from.as_ref())
            .map_or("", |schema| &schema.name)
    }
}

/// How rows are matched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Matching {
    /// By primary key where there is one.
    #[default]
    ByKey,
    /// By content: a keyed relation is shown as if it were keyless.
    ByContent,
}

/// What to compare and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// How rows are matched.
    pub matching: Matching,
}
