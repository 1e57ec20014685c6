//! `COLUMNS` (MySQL manual, "The INFORMATION_SCHEMA COLUMNS Table"); columns of views are not among its rows.

use super::{maybe, number, text};
use crate::catalog::{Catalog, Table};
use crate::relation::Row;
use crate::sql::ddl::Column;
use crate::sql::print;
use crate::value::{TypeKind, Value};
use crate::workspace::show::{default_of, extra, key_of};

pub(super) const COLUMNS: &str = "TABLE_CATALOG varchar(64), TABLE_SCHEMA varchar(64) collate utf8mb4_bin, \
    TABLE_NAME varchar(64) collate utf8mb4_bin, COLUMN_NAME varchar(64), ORDINAL_POSITION int unsigned, \
    COLUMN_DEFAULT text, IS_NULLABLE varchar(3), DATA_TYPE longtext, CHARACTER_MAXIMUM_LENGTH bigint, \
    CHARACTER_OCTET_LENGTH bigint, NUMERIC_PRECISION bigint unsigned, NUMERIC_SCALE bigint unsigned, \
    DATETIME_PRECISION int unsigned, CHARACTER_SET_NAME varchar(64), COLLATION_NAME varchar(64), \
    COLUMN_TYPE mediumtext, COLUMN_KEY varchar(3), EXTRA varchar(256), PRIVILEGES varchar(154), COLUMN_COMMENT text, \
    GENERATION_EXPRESSION longtext, SRS_ID int unsigned";

pub(super) fn columns(catalog: &Catalog) -> Vec<Row> {
    let tables = catalog.definitions();
    let rows = tables.flat_map(|(keyspace, _, table)| {
        let columns = table.definition.columns.iter().enumerate();
        columns.map(move |(at, column)| column_row(keyspace, table, at, column))
    });
    rows.collect()
}

fn column_row(keyspace: &str, table: &Table, at: usize, column: &Column) -> Row {
    let mut shown = column.column_type.clone();
    (shown.charset, shown.collation) = (None, None);
    let set = table.column_character_set(column);
    let (characters, bytes) = lengths(table, column);
    let (precision, scale) = precision(column);
    let generated = column.generated.as_ref();
    vec![
        text("def"),
        text(keyspace),
        text(table.name()),
        text(column.name.as_str()),
        number(at + 1),
        maybe(default_of(column)),
        text(match column.nullable {
            Some(false) => "NO",
            _ => "YES",
        }),
        text(column.column_type.kind.name()),
        characters,
        bytes,
        precision,
        scale,
        match column.column_type.kind {
            TypeKind::Time | TypeKind::DateTime | TypeKind::Timestamp => {
                number(column.column_type.length.unwrap_or(0))
            }
            _ => Value::Null,
        },
        maybe(set.as_ref().map(|set| set.charset.clone())),
        maybe(set.map(|set| set.collation)),
        text(shown.to_string()),
        text(key_of(table, &column.name)),
        text(extra(column)),
        text("select,insert,update,references"),
        text(column.comment.as_str()),
        text(generated.map_or_else(String::new, |generated| {
            print::expression(&generated.expression.0)
        })),
        column.srid.map_or(Value::Null, number),
    ]
}

/// Returns the longest value in characters and in bytes (MySQL manual, "String Data Type Syntax").
fn lengths(table: &Table, column: &Column) -> (Value, Value) {
    let column_type = &column.column_type;
    let set = table.column_character_set(column);
    let width = set.map_or(1, |set| u64::from(set.max_bytes()));
    let characters = |count: u64| (number(count), number(count * width));
    let bytes = |count: u64| (number(count), number(count));
    let members = column_type.members.iter();
    let members = members.map(|member| member.chars().count() as u64);
    match column_type.kind {
        TypeKind::Char | TypeKind::VarChar => characters(column_type.length.unwrap_or(1).into()),
        TypeKind::Binary | TypeKind::VarBinary => bytes(column_type.length.unwrap_or(1).into()),
        TypeKind::TinyText | TypeKind::TinyBlob => bytes(255),
        TypeKind::Text | TypeKind::Blob => bytes(65_535),
        TypeKind::MediumText | TypeKind::MediumBlob => bytes(16_777_215),
        TypeKind::LongText | TypeKind::LongBlob => bytes(4_294_967_295),
        TypeKind::Enum => characters(members.max().unwrap_or(0)),
        TypeKind::Set => {
            let count = column_type.members.len() as u64;
            characters(members.sum::<u64>() + count.saturating_sub(1))
        }
        _ => (Value::Null, Value::Null),
    }
}

/// Returns the digits of a number and those after its point (MySQL manual, "Numeric Data Type Syntax").
fn precision(column: &Column) -> (Value, Value) {
    let column_type = &column.column_type;
    let integer = |digits: u32| (number(digits), number(0));
    let real = |digits: u32| {
        let digits = column_type.length.unwrap_or(digits);
        (
            number(digits),
            column_type.scale.map_or(Value::Null, number),
        )
    };
    match column_type.kind {
        TypeKind::TinyInt => integer(3),
        TypeKind::SmallInt => integer(5),
        TypeKind::MediumInt => integer(7),
        TypeKind::Int => integer(10),
        TypeKind::BigInt if column_type.unsigned => integer(20),
        TypeKind::BigInt => integer(19),
        TypeKind::Decimal => (
            number(column_type.length.unwrap_or(10)),
            number(column_type.scale.unwrap_or(0)),
        ),
        TypeKind::Float => real(12),
        TypeKind::Double => real(22),
        TypeKind::Bit => (number(column_type.length.unwrap_or(1)), Value::Null),
        _ => (Value::Null, Value::Null),
    }
}
