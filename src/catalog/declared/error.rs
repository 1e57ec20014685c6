//! Why a declared schema is no schema, or a change cannot be applied to it, in schemadiff's words (Vitess
//! `go/vt/schemadiff/errors.go`): people and programs that use it know them.

use crate::sql::name::quote;

/// What is wrong with a declaration or a change. Names are as written; each text quotes them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each text says what its fields are")]
pub enum Error {
    #[error("unsupported statement: {statement}")]
    UnsupportedStatement { statement: String },
    #[error("unsupported operation: {statement}")]
    UnsupportedOperation { statement: String },
    #[error("duplicate entity {}", quote(entity))]
    DuplicateEntity { entity: String },
    #[error("table {} not found", quote(table))]
    TableNotFound { table: String },
    #[error("view {} not found", quote(view))]
    ViewNotFound { view: String },

    // One table.
    #[error("duplicate column {} in table {}", quote(column), quote(table))]
    DuplicateColumn { table: String, column: String },
    #[error("column {} not found in table {}", quote(column), quote(table))]
    ColumnNotFound { table: String, column: String },
    #[error(
        "column {} can't be after non-existing column {} in table {}",
        quote(column),
        quote(after),
        quote(table)
    )]
    AfterNotFound {
        table: String,
        column: String,
        after: String,
    },
    #[error("key {} not found in table {}", quote(key), quote(table))]
    KeyNotFound { table: String, key: String },
    #[error("duplicate key {} in table {}", quote(key), quote(table))]
    DuplicateKey { table: String, key: String },
    #[error(
        "key {} needed by a foreign key constraint in table {}",
        quote(key),
        quote(table)
    )]
    KeyNeeded { table: String, key: String },
    #[error("constraint {} not found in table {}", quote(constraint), quote(table))]
    ConstraintNotFound { table: String, constraint: String },
    #[error("duplicate constraint {} in table {}", quote(constraint), quote(table))]
    DuplicateConstraint { table: String, constraint: String },
    #[error("no partitions in table {}", quote(table))]
    NoPartitions { table: String },
    #[error("partition {} not found in table {}", quote(partition), quote(table))]
    PartitionNotFound { table: String, partition: String },
    #[error("duplicate partition {} in table {}", quote(partition), quote(table))]
    DuplicatePartition { table: String, partition: String },
    #[error(
        "invalid column {} referenced by key {} in table {}",
        quote(column),
        quote(key),
        quote(table)
    )]
    ColumnInKey {
        table: String,
        column: String,
        key: String,
    },
    #[error(
        "invalid column {} referenced by generated column {} in table {}",
        quote(column),
        quote(generated),
        quote(table)
    )]
    ColumnInGenerated {
        table: String,
        column: String,
        generated: String,
    },
    #[error(
        "invalid column {} referenced by partition in table {}",
        quote(column),
        quote(table)
    )]
    ColumnInPartition { table: String, column: String },
    #[error(
        "invalid column {} referenced by unique key {} in table {}",
        quote(column),
        quote(key),
        quote(table)
    )]
    PartitionColumnNotInKey {
        table: String,
        column: String,
        key: String,
    },
    #[error(
        "invalid column {} referenced by check constraint {} in table {}",
        quote(column),
        quote(check),
        quote(table)
    )]
    ColumnInCheck {
        table: String,
        column: String,
        check: String,
    },
    #[error(
        "charset \"{charset}\" and collation \"{collation}\" do not match for column {}",
        quote(column)
    )]
    CollationMismatch {
        column: String,
        charset: String,
        collation: String,
    },
    #[error(
        "unable to determine charset for column {} with collation \"{collation}\"",
        quote(column)
    )]
    UnknownCollation { column: String, collation: String },
    #[error(
        "unable to determine collation for column {} with charset \"{charset}\"",
        quote(column)
    )]
    UnknownCharset { column: String, charset: String },

    // Foreign keys.
    #[error(
        "invalid column {} covered by foreign key constraint {} in table {}",
        quote(column),
        quote(constraint),
        quote(table)
    )]
    ColumnInForeignKey {
        table: String,
        column: String,
        constraint: String,
    },
    #[error(
        "mismatching column count {referenced} referenced by foreign key constraint {} in table {}. Expected {expected}",
        quote(constraint),
        quote(table)
    )]
    ForeignKeyColumnCount {
        table: String,
        constraint: String,
        referenced: usize,
        expected: usize,
    },
    #[error(
        "table {} foreign key references nonexistent table {}",
        quote(table),
        quote(referenced)
    )]
    NoReferencedTable { table: String, referenced: String },
    #[error("table {} foreign key references view {}", quote(table), quote(view))]
    ReferencedView { table: String, view: String },
    #[error(
        "invalid column {}.{} referenced by foreign key constraint {} in table {}",
        quote(referenced),
        quote(column),
        quote(constraint),
        quote(table)
    )]
    NoReferencedColumn {
        table: String,
        constraint: String,
        referenced: String,
        column: String,
    },
    #[error(
        "mismatching column type {}.{} and {}.{} referenced by foreign key constraint {} in table {}",
        quote(referenced),
        quote(referenced_column),
        quote(table),
        quote(column),
        quote(constraint),
        quote(table)
    )]
    ForeignKeyColumnType {
        table: String,
        constraint: String,
        column: String,
        referenced: String,
        referenced_column: String,
    },
    #[error(
        "missing index in referenced table {} for foreign key constraint {} in table {}",
        quote(referenced),
        quote(constraint),
        quote(table)
    )]
    NoReferencedIndex {
        table: String,
        constraint: String,
        referenced: String,
    },
    #[error(
        "duplicate foreign key constraint name {} in table {}",
        quote(constraint),
        quote(table)
    )]
    DuplicateForeignKeyName { table: String, constraint: String },
    #[error(
        "duplicate check constraint name {} in table {}",
        quote(constraint),
        quote(table)
    )]
    DuplicateCheckName { table: String, constraint: String },

    // Views.
    #[error(
        "view {} has unresolved/loop dependencies: {}",
        quote(view),
        quoted(missing)
    )]
    ViewUnresolved { view: String, missing: Vec<String> },
    #[error(
        "view {} references unqualified but non-existent column {}",
        quote(view),
        quote(column)
    )]
    ViewColumn { view: String, column: String },
    #[error(
        "view {} references unqualified but non unique column {}",
        quote(view),
        quote(column)
    )]
    ViewColumnAmbiguous { view: String, column: String },
    #[error("view {} has invalid star expression", quote(view))]
    ViewStar { view: String },
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
    names.join(", ")
}
