//! SQLite made to answer as MySQL: the one evaluator, under the embedded shards and above the routes.
//!
//! Four layers: static MySQL types for every expression (`types`), one exact and order-preserving storage form per type
//! (`storage`), translation of the syntax tree by type (`translate`) with MySQL's functions registered in Rust
//! (`function`), and MySQL's errors (`error`). What SQLite cannot be made to answer as MySQL is refused by name.
//!
//! A [`Connection`] is one SQLite database. Queries are translated and run by SQLite; INSERT, UPDATE and DELETE decide
//! row by row in Rust, where conversions, defaults, keys and foreign keys follow MySQL, and store finished rows.

mod assign;
mod collation;
mod connection;
mod convert;
mod delete;
mod error;
mod foreign_key;
mod function;
mod insert;
mod meta;
mod number;
mod probe;
mod schema;
mod session;
mod source;
mod storage;
mod stored;
mod translate;
mod types;
mod update;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::sql::TableName;
use crate::sql::ddl::{CreateTable, CreateView};
use crate::vindex::BindValue;

pub use connection::{Connection, ForeignKeyChecks, LOCK_WAIT};
pub use probe::Probe;
pub use source::{CommittedRows, Comparison, HeldRows, Operator, Scan, Source};

/// Bind variables by name, without the colon.
pub type Binds = BTreeMap<String, BindValue>;

/// Where a statement's table names lead: the stored table and its definition.
pub trait Tables {
    /// Returns the SQLite table name and the canonical definition of a table, or `None` if there is no such table.
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)>;

    /// Returns a view's definition, or `None` if there is no such view. Views are read, not written.
    fn view(&self, name: &TableName) -> Option<&CreateView> {
        let _ = name;
        None
    }
}

/// In which order rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they are stored: by primary key under its collations; keyless tables in order of insertion.
    Stored,
    /// By primary key in the total order of [`crate::value::Value`], as committed rows are; keyless tables as stored.
    Canonical,
}

/// No tables at all: for expressions over constants.
struct NoTables;

impl Tables for NoTables {
    fn resolve(&self, _: &TableName) -> Option<(String, &CreateTable)> {
        None
    }
}
