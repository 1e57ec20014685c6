//! Violations as values: what a merge made that cannot stand, although no cell clashes.

use std::fmt;
use std::sync::Arc;

use crate::relation::{Row, Schema};

/// What is wrong with the merged catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CatalogViolation {
    /// `dangling column`, `dangling vindex`, `unrouted table`, `changed sharding function`, `resharding needed`,
    /// `foreign key`, `dangling rule`, `ambiguous name`, or `catalog` for what keeps it from being built.
    pub kind: &'static str,
    /// `<keyspace>.<table>`, or the vindex or rule.
    pub object: String,
    /// What is wrong, as one sentence without its end.
    pub message: String,
}

/// Which constraint a row breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowViolationKind {
    /// A child row without its parent.
    ForeignKey,
    /// Two rows with one unique key; both are told.
    UniqueIndex,
    /// A row that fails a CHECK.
    CheckConstraint,
    /// NULL in a column that takes none.
    NotNull,
    /// A row in a shard to which its keyspace id does not lead.
    MisplacedRow,
    /// A value that does not fit the type that its column has now.
    OutOfRange,
}

impl RowViolationKind {
    /// Every kind with its name.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::ForeignKey, "foreign key"),
        (Self::UniqueIndex, "unique index"),
        (Self::CheckConstraint, "check constraint"),
        (Self::NotNull, "not null"),
        (Self::MisplacedRow, "misplaced row"),
        (Self::OutOfRange, "out of range"),
    ];
}

impl fmt::Display for RowViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(kind, _)| kind == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// One row that breaks a constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct RowViolation {
    /// Which.
    pub kind: RowViolationKind,
    /// The row, under the merged table's schema.
    pub row: Row,
    /// The constraint and what it is about, as a JSON object.
    pub info: String,
}

/// The violations among a table's rows in one shard.
#[derive(Debug, Clone, PartialEq)]
pub struct TableViolations {
    /// Keyspace.
    pub keyspace: String,
    /// Table.
    pub table: String,
    /// Shard.
    pub shard: String,
    /// The schema of the rows.
    pub schema: Arc<Schema>,
    /// Violations in key order.
    pub rows: Vec<RowViolation>,
}

/// What a merge made that cannot stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Violations {
    /// Of the catalog, sorted.
    pub catalog: Vec<CatalogViolation>,
    /// Of rows, by table and shard.
    pub tables: Vec<TableViolations>,
}

impl Violations {
    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.catalog.is_empty() && self.tables.iter().all(|table| table.rows.is_empty())
    }
}
