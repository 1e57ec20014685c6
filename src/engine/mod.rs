//! SQLite made to answer as MySQL: the one evaluator, under the embedded shards and above the routes.
//!
//! Four layers: static MySQL types for every expression ([`types`]), one exact and order-preserving storage form per type
//! ([`storage`]), translation of the syntax tree by type ([`translate`]) with MySQL's functions registered in Rust
//! ([`function`]), and MySQL's errors ([`error`]). What SQLite cannot be made to answer as MySQL is refused by name.

use std::collections::BTreeMap;

use crate::sql::TableName;
use crate::sql::ddl::CreateTable;
use crate::vindex::BindValue;

/// Bind variables by name, without the colon.
pub type Binds = BTreeMap<String, BindValue>;

/// Where a statement's table names lead: the stored table and its definition.
pub trait Tables {
    /// Returns the SQLite table name and the canonical definition of a table, or `None` if there is no such table.
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)>;
}
