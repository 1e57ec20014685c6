//! Definitions of system tables: written as SQL, or made of a user table's columns.

use crate::catalog::Table;
use crate::relation::Schema;
use crate::sql::ddl::{Column, CreateTable, Ddl, TableOption};
use crate::sql::{self, Statement, TableName};
use crate::value::{ColumnType, DateTime, Field, TypeKind, Value};

/// Returns the definition that the columns' SQL says. Text compares byte by byte.
pub(super) fn define(name: &str, columns: &str) -> CreateTable {
    define_text(name, columns, "utf8mb4_0900_bin")
}

/// Returns the definition that the columns' SQL says, texts compared by a collation where they do not say it.
pub(in crate::workspace) fn define_text(name: &str, columns: &str, collation: &str) -> CreateTable {
    let text = format!(
        "create table {} ({columns}) default charset=utf8mb4 collate={collation}",
        sql::name::quote(name)
    );
    match sql::parse_statement(&text) {
        Ok(Statement::Ddl(Ddl::CreateTable(create))) => create.table,
        // The texts are this program's own; one that did not parse would be a table without columns, which tests see.
        _ => empty(name),
    }
}

fn empty(name: &str) -> CreateTable {
    CreateTable {
        name: TableName::new(name),
        columns: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        options: Vec::new(),
        partitioning: None,
    }
}

/// Returns a definition of plain columns.
pub(in crate::workspace) fn definition_of(name: &str, fields: &[Field]) -> CreateTable {
    CreateTable {
        columns: fields
            .iter()
            .map(|field| Column::plain(&field.name, field.column_type.clone()))
            .collect(),
        options: binary_text(),
        ..empty(name)
    }
}

fn binary_text() -> Vec<TableOption> {
    define("x", "a int").options
}

/// Returns a user table's columns without what only a stored table has: keys, generation, constraints.
pub(in crate::workspace) fn plain(table: &Table) -> CreateTable {
    let columns = table.definition.columns.iter().map(|column| {
        let mut column_type = column.column_type.clone();
        if let Some(text) = table.column_character_set(column) {
            column_type.charset = Some(text.charset);
            column_type.collation = Some(text.collation);
        }
        Column {
            invisible: column.invisible,
            ..Column::plain(&column.name, column_type)
        }
    });
    CreateTable {
        columns: columns.collect(),
        ..empty(table.name())
    }
}

/// Returns the columns of a relation, each name with a prefix.
pub(super) fn prefixed(schema: &Schema, prefix: &str) -> Vec<Column> {
    let shown = schema.shown().map(|at| &schema.columns[at]);
    shown
        .map(|column| {
            Column::plain(
                format!("{prefix}{}", column.name),
                column.column_type.clone(),
            )
        })
        .collect()
}

/// A column of a definition.
pub(super) fn column(name: &str, column_type: ColumnType) -> Column {
    Column::plain(name, column_type)
}

/// `VARCHAR(1023)`: names of commits and kinds of changes in tables of changes.
pub(super) fn name_type() -> ColumnType {
    ColumnType::with_length(TypeKind::VarChar, 1023)
}

/// `DATETIME(6)`.
pub(super) fn date_type() -> ColumnType {
    ColumnType::with_length(TypeKind::DateTime, 6)
}

/// Returns a definition of these columns.
pub(super) fn of_columns(name: &str, columns: Vec<Column>) -> CreateTable {
    CreateTable {
        columns,
        options: binary_text(),
        ..empty(name)
    }
}

/// A time as SQL shows it: in UTC.
pub(super) fn date(seconds: i64) -> Value {
    DateTime::from_unix_seconds(seconds).map_or(Value::Null, Value::DateTime)
}

/// A text, or NULL.
pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}
