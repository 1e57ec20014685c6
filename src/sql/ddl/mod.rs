//! MySQL table, view and index DDL: syntax trees, parser and canonical printer.
//!
//! The trees carry what a statement says and nothing that it leaves to defaults; [`crate::catalog`] makes the implied
//! explicit (names, key order, nullability, charsets), so that `print(canonical(parse(text)))` is what
//! `SHOW CREATE TABLE` of MySQL 8.0 prints.

mod object;
mod parse;
mod statement;
mod table;

pub use object::Object;
pub use statement::{
    AlterClause, AlterTable, AlterView, ColumnPosition, CreateTableStatement, CreateView, Ddl,
    PartitionChange,
};
pub use table::{
    Check, Column, ColumnDefault, CreateTable, Expression, ForeignKey, Generated, Index, IndexKind,
    IndexPart, Partition, PartitionBound, PartitionKind, Partitioning, ReferenceAction,
    TableOption,
};

pub(super) use parse::parse;

/// The collation of `CHAR(n) BINARY` without a charset: `_bin` of the charset that the table has.
pub const BINARY_COLLATION: &str = "_bin";

#[cfg(test)]
mod tests;
