//! `SCHEMATA`, `TABLES`, `VIEWS`, `STATISTICS` (MySQL manual, pages of these names). Rows are not counted here: `SHOW TABLE
//! STATUS` does.

use super::{maybe, number, text};
use crate::catalog::{Catalog, Table};
use crate::relation::Row;
use crate::sql::ddl::{IndexKind, IndexPart};
use crate::sql::print;
use crate::sql::print::query::Quoting;
use crate::value::Value;
use crate::workspace::show::index_type;

pub(super) const SCHEMATA: &str = "CATALOG_NAME varchar(64), SCHEMA_NAME varchar(64) collate utf8mb4_bin, \
    DEFAULT_CHARACTER_SET_NAME varchar(64), DEFAULT_COLLATION_NAME varchar(64), SQL_PATH binary(0), \
    DEFAULT_ENCRYPTION varchar(3)";

pub(super) const TABLES: &str = "TABLE_CATALOG varchar(64), TABLE_SCHEMA varchar(64) collate utf8mb4_bin, \
    TABLE_NAME varchar(64) collate utf8mb4_bin, TABLE_TYPE varchar(11), ENGINE varchar(64), VERSION int, \
    ROW_FORMAT varchar(10), TABLE_ROWS bigint unsigned, AVG_ROW_LENGTH bigint unsigned, DATA_LENGTH bigint unsigned, \
    MAX_DATA_LENGTH bigint unsigned, INDEX_LENGTH bigint unsigned, DATA_FREE bigint unsigned, \
    AUTO_INCREMENT bigint unsigned, CREATE_TIME timestamp null, UPDATE_TIME datetime, CHECK_TIME datetime, \
    TABLE_COLLATION varchar(64), CHECKSUM bigint, CREATE_OPTIONS varchar(256), TABLE_COMMENT text";

pub(super) const VIEWS: &str = "TABLE_CATALOG varchar(64), TABLE_SCHEMA varchar(64) collate utf8mb4_bin, \
    TABLE_NAME varchar(64) collate utf8mb4_bin, VIEW_DEFINITION longtext, CHECK_OPTION varchar(8), \
    IS_UPDATABLE varchar(3), DEFINER varchar(288), SECURITY_TYPE varchar(7), CHARACTER_SET_CLIENT varchar(64), \
    COLLATION_CONNECTION varchar(64)";

pub(super) const STATISTICS: &str = "TABLE_CATALOG varchar(64), TABLE_SCHEMA varchar(64) collate utf8mb4_bin, \
    TABLE_NAME varchar(64) collate utf8mb4_bin, NON_UNIQUE int, INDEX_SCHEMA varchar(64) collate utf8mb4_bin, \
    INDEX_NAME varchar(64), SEQ_IN_INDEX int unsigned, COLUMN_NAME varchar(64), COLLATION varchar(1), \
    CARDINALITY bigint, SUB_PART bigint, PACKED binary(0), NULLABLE varchar(3), INDEX_TYPE varchar(11), \
    COMMENT varchar(8), INDEX_COMMENT varchar(2048), IS_VISIBLE varchar(3), EXPRESSION longtext";

pub(super) fn schemata(catalog: &Catalog) -> Vec<Row> {
    let names = catalog.keyspaces.keys();
    let row = |name: &String| {
        vec![
            text("def"),
            text(name.as_str()),
            text("utf8mb4"),
            text("utf8mb4_0900_ai_ci"),
            Value::Null,
            text("NO"),
        ]
    };
    names.map(row).collect()
}

pub(super) fn tables(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, keyspace) in &catalog.keyspaces {
        rows.extend(keyspace.tables.values().map(|table| table_row(name, table)));
        rows.extend(keyspace.views.keys().map(|view| {
            let mut row = vec![
                text("def"),
                text(name.as_str()),
                text(view.as_str()),
                text("VIEW"),
            ];
            row.resize(20, Value::Null);
            row.push(text("VIEW"));
            row
        }));
    }
    rows
}

fn table_row(keyspace: &str, table: &Table) -> Row {
    let mut row = vec![
        text("def"),
        text(keyspace),
        text(table.name()),
        text("BASE TABLE"),
        text(table.option("ENGINE").unwrap_or("InnoDB")),
        number(10),
        text(table.option("ROW_FORMAT").unwrap_or("Dynamic")),
    ];
    row.resize(17, Value::Null);
    let partitioned = table.definition.partitioning.is_some();
    row.extend([
        text(table.character_set().collation),
        Value::Null,
        text(if partitioned { "partitioned" } else { "" }),
        text(table.comment()),
    ]);
    row
}

pub(super) fn views(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, keyspace) in &catalog.keyspaces {
        for (view, definition) in &keyspace.views {
            rows.push(vec![
                text("def"),
                text(name.as_str()),
                text(view.as_str()),
                text(print::query::query(&definition.query, Quoting::Canonical)),
                text(definition.check_option.as_deref().unwrap_or("NONE")),
                text("NO"),
                text(definition.definer.as_deref().unwrap_or_default()),
                text(definition.security.as_deref().unwrap_or("DEFINER")),
                text("utf8mb4"),
                text("utf8mb4_0900_ai_ci"),
            ]);
        }
    }
    rows
}

pub(super) fn statistics(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (keyspace, name, table) in catalog.definitions() {
        for index in &table.definition.indexes {
            let unique = matches!(index.kind, IndexKind::Primary | IndexKind::Unique);
            for (at, part) in index.parts.iter().enumerate() {
                let (column, length, descending, expression) = match part {
                    IndexPart::Column {
                        name,
                        length,
                        descending,
                    } => (Some(name.as_str()), *length, *descending, None),
                    IndexPart::Expression {
                        expression,
                        descending,
                    } => (
                        None,
                        None,
                        *descending,
                        Some(print::expression(&expression.0)),
                    ),
                };
                let found = column.and_then(|column| table.column(column));
                let nullable = found.is_some_and(|column| column.nullable != Some(false));
                rows.push(vec![
                    text("def"),
                    text(keyspace),
                    text(name),
                    number(u8::from(!unique)),
                    text(keyspace),
                    text(index.name.as_deref().unwrap_or("PRIMARY")),
                    number(at + 1),
                    maybe(column),
                    text(if descending { "D" } else { "A" }),
                    Value::Null,
                    length.map_or(Value::Null, number),
                    Value::Null,
                    text(if nullable { "YES" } else { "" }),
                    text(index_type(index.kind)),
                    text(""),
                    text(index.comment.as_str()),
                    text(if index.invisible { "NO" } else { "YES" }),
                    maybe(expression),
                ]);
            }
        }
    }
    rows
}
