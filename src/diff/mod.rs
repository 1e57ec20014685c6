//! What changed between two values: pure functions, no git, no disk, no clock.

use std::sync::Arc;

use crate::relation::{Row, Schema};

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
}
