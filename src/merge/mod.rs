//! Three values into one: what one side changed is taken, what both changed differently is a conflict. Pure functions,
//! no git, no disk, no clock.
//!
//! A conflict is a value, kept beside an intact `ours`: the cells of a conflicting row that do not clash are merged, the
//! clashing ones are ours. What merges cleanly and still cannot stand (a vindex on a column that is gone, a child row
//! without its parent) is a *violation*, found by looking at the result alone and kept apart from conflicts.

pub mod catalog;
mod cells;
mod conflict;
mod json;
pub mod rows;
mod violation;

pub use cells::{Convert, Shape};
pub use conflict::{Conflict, Conflicts, FileConflict, Kind, RelationConflicts, Version};
pub use violation::{
    CatalogViolation, RowViolation, RowViolationKind, TableViolations, Violations,
};

/// How rows of a relation without a key are merged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeylessMode {
    /// Counts that both sides changed are a conflict, even changed alike: nobody knows if the same copies are meant.
    #[default]
    Conflict,
    /// Counts changed alike are changed once; counts changed differently are a conflict.
    Same,
    /// Both changes are applied, and there is never a conflict.
    Union,
}

/// How to merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Rows without a key.
    pub keyless: KeylessMode,
    /// Whether JSON objects are merged key by key.
    pub json: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keyless: KeylessMode::default(),
            json: true,
        }
    }
}
