//! `TABLE_CONSTRAINTS`, `KEY_COLUMN_USAGE`, `REFERENTIAL_CONSTRAINTS`, `CHECK_CONSTRAINTS` (MySQL manual, pages of these
//! names).

use super::{maybe, number, text};
use crate::catalog::{Catalog, Table, column_names};
use crate::relation::Row;
use crate::sql::ddl::{ForeignKey, Index, IndexKind, ReferenceAction};
use crate::sql::print;
use crate::value::Value;

pub(super) const CONSTRAINTS: &str = "CONSTRAINT_CATALOG varchar(64), CONSTRAINT_SCHEMA varchar(64) collate utf8mb4_bin, \
    CONSTRAINT_NAME varchar(64), TABLE_SCHEMA varchar(64) collate utf8mb4_bin, \
    TABLE_NAME varchar(64) collate utf8mb4_bin, CONSTRAINT_TYPE varchar(11), ENFORCED varchar(3)";

pub(super) const USAGE: &str = "CONSTRAINT_CATALOG varchar(64), CONSTRAINT_SCHEMA varchar(64) collate utf8mb4_bin, \
    CONSTRAINT_NAME varchar(64), TABLE_CATALOG varchar(64), TABLE_SCHEMA varchar(64) collate utf8mb4_bin, \
    TABLE_NAME varchar(64) collate utf8mb4_bin, COLUMN_NAME varchar(64), ORDINAL_POSITION int unsigned, \
    POSITION_IN_UNIQUE_CONSTRAINT int unsigned, REFERENCED_TABLE_SCHEMA varchar(64) collate utf8mb4_bin, \
    REFERENCED_TABLE_NAME varchar(64) collate utf8mb4_bin, REFERENCED_COLUMN_NAME varchar(64)";

pub(super) const REFERENTIAL: &str = "CONSTRAINT_CATALOG varchar(64), CONSTRAINT_SCHEMA varchar(64) collate utf8mb4_bin, \
    CONSTRAINT_NAME varchar(64), UNIQUE_CONSTRAINT_CATALOG varchar(64), \
    UNIQUE_CONSTRAINT_SCHEMA varchar(64) collate utf8mb4_bin, UNIQUE_CONSTRAINT_NAME varchar(64), \
    MATCH_OPTION varchar(64), UPDATE_RULE varchar(64), DELETE_RULE varchar(64), \
    TABLE_NAME varchar(64) collate utf8mb4_bin, REFERENCED_TABLE_NAME varchar(64) collate utf8mb4_bin";

pub(super) const CHECKS: &str = "CONSTRAINT_CATALOG varchar(64), CONSTRAINT_SCHEMA varchar(64) collate utf8mb4_bin, \
    CONSTRAINT_NAME varchar(64), CHECK_CLAUSE longtext";

pub(super) fn constraints(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (keyspace, name, table) in catalog.definitions() {
        let mut add = |constraint: &str, kind: &str, enforced: bool| {
            let enforced = if enforced { "YES" } else { "NO" };
            rows.push(vec![
                text("def"),
                text(keyspace),
                text(constraint),
                text(keyspace),
                text(name),
                text(kind),
                text(enforced),
            ]);
        };
        for index in unique(table) {
            let kind = match index.kind {
                IndexKind::Primary => "PRIMARY KEY",
                _ => "UNIQUE",
            };
            add(name_of(index), kind, true);
        }
        for key in &table.definition.foreign_keys {
            add(key.name.as_deref().unwrap_or_default(), "FOREIGN KEY", true);
        }
        for check in &table.definition.checks {
            let name = check.name.as_deref().unwrap_or_default();
            add(name, "CHECK", check.enforced);
        }
    }
    rows
}

pub(super) fn usage(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (keyspace, name, table) in catalog.definitions() {
        let mut add = |constraint: &str, at: usize, column: &str, referenced: [Value; 4]| {
            let own = [
                text("def"),
                text(keyspace),
                text(constraint),
                text("def"),
                text(keyspace),
                text(name),
                text(column),
                number(at + 1),
            ];
            rows.push(own.into_iter().chain(referenced).collect());
        };
        for index in unique(table) {
            for (at, column) in column_names(index).into_iter().enumerate() {
                add(name_of(index), at, column, Default::default());
            }
        }
        for key in &table.definition.foreign_keys {
            let (schema, parent) = key.referenced_table.within(keyspace);
            let columns = key.columns.iter().zip(&key.referenced_columns);
            for (at, (column, other)) in columns.enumerate() {
                let referenced = [
                    number(at + 1),
                    text(schema),
                    text(parent),
                    text(other.as_str()),
                ];
                let constraint = key.name.as_deref().unwrap_or_default();
                add(constraint, at, column, referenced);
            }
        }
    }
    rows
}

pub(super) fn referential(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (keyspace, name, table) in catalog.definitions() {
        for key in &table.definition.foreign_keys {
            let (schema, parent) = key.referenced_table.within(keyspace);
            let unique = catalog.definition(schema, parent);
            let unique = unique.and_then(|parent| rests_on(parent, key));
            rows.push(vec![
                text("def"),
                text(keyspace),
                maybe(key.name.clone()),
                text("def"),
                text(schema),
                maybe(unique),
                text("NONE"),
                text(rule(key.on_update)),
                text(rule(key.on_delete)),
                text(name),
                text(parent),
            ]);
        }
    }
    rows
}

pub(super) fn checks(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (keyspace, _, table) in catalog.definitions() {
        for check in &table.definition.checks {
            rows.push(vec![
                text("def"),
                text(keyspace),
                maybe(check.name.clone()),
                text(print::expression(&check.expression.0)),
            ]);
        }
    }
    rows
}

fn unique(table: &Table) -> impl Iterator<Item = &Index> {
    let indexes = table.definition.indexes.iter();
    indexes.filter(|index| matches!(index.kind, IndexKind::Primary | IndexKind::Unique))
}

fn name_of(index: &Index) -> &str {
    index.name.as_deref().unwrap_or("PRIMARY")
}

/// The unique key that has exactly the columns that a foreign key refers to.
fn rests_on(parent: &Table, key: &ForeignKey) -> Option<String> {
    let same = |index: &&Index| {
        let columns = column_names(index);
        columns.len() == key.referenced_columns.len()
            && columns
                .iter()
                .zip(&key.referenced_columns)
                .all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    unique(parent)
        .find(same)
        .map(|index| name_of(index).to_owned())
}

fn rule(action: Option<ReferenceAction>) -> &'static str {
    match action {
        None | Some(ReferenceAction::NoAction) => "NO ACTION",
        Some(ReferenceAction::Restrict) => "RESTRICT",
        Some(ReferenceAction::Cascade) => "CASCADE",
        Some(ReferenceAction::SetNull) => "SET NULL",
        Some(ReferenceAction::SetDefault) => "SET DEFAULT",
    }
}
