//! Where rows live: one trait, two engines (embedded SQLite; a MySQL server).

mod embedded;
pub mod mysql;

#[cfg(test)]
mod conformance;

pub use embedded::{Embedded, EmbeddedShard, Mark, TableId};

use crate::engine::Binds;
use crate::sql::{SqlError, ast};
use crate::value::QueryResult;

/// One shard of one keyspace. Statements are whole MySQL statements for this shard alone: table names unqualified (or
/// qualified by the shard's own keyspace), bind variables as `:name` and `::name` placeholders.
///
/// Shards of one embedded database share its transaction, so a statement that touches several commits atomically or
/// not at all.
pub trait Shard {
    /// Runs a statement.
    ///
    /// # Errors
    /// As MySQL would answer: number, SQLSTATE, text.
    fn execute(&self, statement: &ast::Statement, binds: &Binds) -> Result<QueryResult, SqlError>;
    /// Opens a transaction.
    ///
    /// # Errors
    /// When the database cannot begin.
    fn begin(&self) -> Result<(), SqlError>;
    /// Commits this shard's part.
    ///
    /// # Errors
    /// When the database cannot commit; then nothing of this shard's part is kept.
    fn commit(&self) -> Result<(), SqlError>;
    /// Rolls back this shard's part.
    ///
    /// # Errors
    /// When the database cannot roll back.
    fn rollback(&self) -> Result<(), SqlError>;
    /// Marks a point that a failed statement inside a transaction rolls back to.
    ///
    /// # Errors
    /// When there is no transaction.
    fn savepoint(&self, name: &str) -> Result<(), SqlError>;
    /// Undoes everything since a savepoint.
    ///
    /// # Errors
    /// When there is no such savepoint.
    fn rollback_to(&self, name: &str) -> Result<(), SqlError>;
}

/// The shards of every keyspace, by name.
pub trait Cluster {
    /// Returns the shard, or `None` if the keyspace or the shard is unknown.
    fn shard(&self, keyspace: &str, shard: &str) -> Option<&dyn Shard>;
}
