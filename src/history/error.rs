//! Why a history could not be read.

use crate::store;

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// git storage said no.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The index was lost while it was read, again and again.
    #[error("the history's index cannot be used: delete `.git/vrev/history`")]
    IndexLost,
    /// A name that stands for nothing at the revision.
    #[error("`{revision}` has no `{name}`")]
    Unknown {
        /// What was named.
        name: String,
        /// Where it was looked for.
        revision: String,
    },
    /// A row was named by the wrong number of values.
    #[error("`{table}` has {expected} primary key columns, and {found} values are given")]
    KeyLength {
        /// The table.
        table: String,
        /// Columns of its primary key.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A row of a table without primary key was named.
    #[error("`{table}` has no primary key, so its rows have no history of their own")]
    Keyless {
        /// The table.
        table: String,
    },
    /// The files of a revision could not be read as a catalog.
    #[error("`{path}` of {revision} cannot be read: {reason}")]
    Unreadable {
        /// The commit.
        revision: String,
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Committed rows could not be read.
    #[error("cannot read the rows of `{table}` at {revision}")]
    Rows {
        /// The table.
        table: String,
        /// The commit.
        revision: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A search pattern is no regular expression.
    #[error("`{pattern}` is no regular expression: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        reason: String,
    },
}
