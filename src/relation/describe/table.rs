//! What table and view definitions declare, as relations.

use std::collections::BTreeSet;

use super::shape::{Shape, flag, mark, number, optional, some_text, text};
use super::{keyspaces, list, text as cell};
use crate::catalog::{Catalog, Identities, Keyspace, Table};
use crate::relation::Relation;
use crate::sql::ddl::{Column, ForeignKey, Index, IndexKind, Partition};
use crate::sql::print::{self, query::Quoting};
use crate::value::Value;

/// Options with a cell of their own.
const SHOWN_OPTIONS: [&str; 4] = ["ENGINE", "CHARSET", "COLLATE", "COMMENT"];

pub(super) fn tables(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("tables")
        .key("keyspace")
        .name_key("table")
        .text(&["in_schema", "in_vschema", "kind"])
        .reference("primary_key")
        .text(&[
            "engine",
            "charset",
            "collation",
            "comment",
            "options",
            "partitioning",
        ])
        .text(&[
            "auto_increment",
            "sequence",
            "pinned",
            "source",
            "column_list_authoritative",
        ]);
    for keyspace in keyspaces(catalog) {
        let names: BTreeSet<&String> = keyspace
            .tables
            .keys()
            .chain(keyspace.vschema.tables.keys())
            .collect();
        for name in names {
            shape.add(table(keyspace, name));
        }
    }
    shape.finish()
}

fn table(keyspace: &Keyspace, name: &str) -> Vec<Value> {
    let identities = &keyspace.identities;
    let table = keyspace.tables.get(name);
    let entry = keyspace.vschema.tables.get(name);
    let option = |option| optional(table.and_then(|table| table.option(option)));
    let primary_key = table.and_then(|table| table.primary_key());
    let kind = match entry.map(|entry| entry.table_type.as_str()) {
        Some("") => Value::from("table"),
        kind => optional(kind),
    };
    let definition = table.map(|table| &table.definition);
    let options = definition.map_or(String::new(), |definition| {
        cell::options(&definition.options, &SHOWN_OPTIONS)
    });
    let partitioning = definition.and_then(|definition| definition.partitioning.as_ref());
    let auto_increment = entry.and_then(|entry| entry.auto_increment.as_ref());
    let identity = |column| identities.column(name, column);
    vec![
        text(&keyspace.name),
        text(identities.table(name)),
        text(name),
        flag(table.is_some()),
        flag(entry.is_some()),
        kind,
        optional(primary_key.map(|key| cell::index_parts(key, identity))),
        optional(primary_key.map(|key| cell::index_parts(key, |column| column))),
        option("ENGINE"),
        option("CHARSET"),
        option("COLLATE"),
        option("COMMENT"),
        some_text(&options),
        optional(partitioning.map(cell::partitioning)),
        optional(auto_increment.map(|auto| &auto.column)),
        optional(auto_increment.map(|auto| &auto.sequence)),
        some_text(entry.map_or("", |entry| &entry.pinned)),
        some_text(entry.map_or("", |entry| &entry.source)),
        mark(entry.is_some_and(|entry| entry.column_list_authoritative)),
    ]
}

fn all_tables(catalog: &Catalog) -> impl Iterator<Item = (&Keyspace, &String, &Table)> {
    keyspaces(catalog).flat_map(|keyspace| {
        keyspace
            .tables
            .iter()
            .map(move |(name, table)| (keyspace, name, &**table))
    })
}

/// The cells that say whose row it is: keyspace, table identity, table.
fn owner(keyspace: &Keyspace, table: &str) -> [Value; 3] {
    [
        text(&keyspace.name),
        text(keyspace.identities.table(table)),
        text(table),
    ]
}

pub(super) fn columns(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("columns")
        .key("keyspace")
        .owner_key("table")
        .name_key("column")
        .position()
        .text(&[
            "type",
            "nullable",
            "default",
            "on_update",
            "auto_increment",
            "generated",
            "stored",
        ])
        .text(&[
            "charset",
            "collation",
            "comment",
            "invisible",
            "srid",
            "column_format",
            "storage",
        ])
        .text(&["engine_attribute", "secondary_engine_attribute"]);
    for (keyspace, name, table) in all_tables(catalog) {
        for (at, column) in table.definition.columns.iter().enumerate() {
            let identity = keyspace.identities.column(name, &column.name);
            let mut row = owner(keyspace, name).to_vec();
            row.extend([
                text(identity),
                text(&column.name),
                Value::Null,
                number(at + 1),
            ]);
            row.extend(column_cells(column));
            shape.add(row);
        }
    }
    shape.finish()
}

fn column_cells(column: &Column) -> [Value; 16] {
    let generated = column.generated.as_ref();
    [
        text(column.column_type.to_string()),
        column.nullable.map_or(Value::Null, flag),
        optional(column.default.as_ref().map(cell::default)),
        optional(column.on_update.map(cell::timestamp)),
        mark(column.auto_increment),
        optional(generated.map(|generated| cell::expression(&generated.expression))),
        generated.map_or(Value::Null, |generated| flag(generated.stored)),
        optional(column.column_type.charset.as_ref()),
        optional(column.column_type.collation.as_ref()),
        some_text(&column.comment),
        mark(column.invisible),
        optional(column.srid.map(|srid| srid.to_string())),
        optional(column.column_format.as_ref()),
        optional(column.storage.as_ref()),
        optional(column.engine_attribute.as_ref()),
        optional(column.secondary_engine_attribute.as_ref()),
    ]
}

pub(super) fn indexes(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("indexes")
        .key("keyspace")
        .owner_key("table")
        .name_key("index")
        .text(&["kind"])
        .reference("parts")
        .text(&[
            "using",
            "key_block_size",
            "parser",
            "comment",
            "invisible",
            "engine_attribute",
        ]);
    for (keyspace, name, table) in all_tables(catalog) {
        for index in &table.definition.indexes {
            let mut row = owner(keyspace, name).to_vec();
            row.extend(index_cells(&keyspace.identities, name, index));
            shape.add(row);
        }
    }
    shape.finish()
}

fn index_cells(identities: &Identities, table: &str, index: &Index) -> [Value; 11] {
    let name = match index.kind {
        IndexKind::Primary => "PRIMARY",
        _ => index.name.as_deref().unwrap_or_default(),
    };
    [
        text(identities.index(table, name)),
        text(name),
        text(cell::index_kind(index.kind)),
        text(cell::index_parts(index, |column| {
            identities.column(table, column)
        })),
        text(cell::index_parts(index, |column| column)),
        optional(index.using.as_ref()),
        optional(index.key_block_size.map(|size| size.to_string())),
        optional(index.parser.as_ref()),
        some_text(&index.comment),
        mark(index.invisible),
        optional(index.engine_attribute.as_ref()),
    ]
}

pub(super) fn foreign_keys(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("foreign_keys")
        .key("keyspace")
        .owner_key("table")
        .key("constraint")
        .reference("columns")
        .text(&["referenced_keyspace"])
        .reference("referenced_table")
        .reference("referenced_columns")
        .text(&["on_delete", "on_update", "match"]);
    for (keyspace, name, table) in all_tables(catalog) {
        for key in &table.definition.foreign_keys {
            let mut row = owner(keyspace, name).to_vec();
            row.extend(foreign_key_cells(catalog, keyspace, name, key));
            shape.add(row);
        }
    }
    shape.finish()
}

fn foreign_key_cells(
    catalog: &Catalog,
    keyspace: &Keyspace,
    table: &str,
    key: &ForeignKey,
) -> [Value; 11] {
    let parent = &key.referenced_table;
    let none = Identities::default();
    let parent_identities = match &parent.keyspace {
        Some(other) => catalog
            .keyspaces
            .get(other)
            .map_or(&none, |keyspace| &keyspace.identities),
        None => &keyspace.identities,
    };
    let identities = |identities: &Identities, table: &str, columns: &[String]| {
        text(list::print(
            columns
                .iter()
                .map(|column| identities.column(table, column)),
        ))
    };
    [
        some_text(key.name.as_deref().unwrap_or_default()),
        identities(&keyspace.identities, table, &key.columns),
        text(list::print(&key.columns)),
        text(parent.keyspace.as_ref().unwrap_or(&keyspace.name)),
        text(parent_identities.table(&parent.name)),
        text(&parent.name),
        identities(parent_identities, &parent.name, &key.referenced_columns),
        text(list::print(&key.referenced_columns)),
        optional(key.on_delete.map(cell::action)),
        optional(key.on_update.map(cell::action)),
        optional(key.match_type.as_ref()),
    ]
}

pub(super) fn checks(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("checks")
        .key("keyspace")
        .owner_key("table")
        .key("check")
        .text(&["expression", "enforced"]);
    for (keyspace, name, table) in all_tables(catalog) {
        for check in &table.definition.checks {
            let mut row = owner(keyspace, name).to_vec();
            let check_name = text(check.name.as_deref().unwrap_or_default());
            row.extend([
                check_name,
                text(cell::expression(&check.expression)),
                flag(check.enforced),
            ]);
            shape.add(row);
        }
    }
    shape.finish()
}

pub(super) fn partitions(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("partitions")
        .key("keyspace")
        .owner_key("table")
        .key("partition")
        .position()
        .text(&["part_of", "values", "options"]);
    for (keyspace, name, table) in all_tables(catalog) {
        let Some(partitioning) = &table.definition.partitioning else {
            continue;
        };
        let mut at = 0;
        let mut add = |partition: &Partition, whole: Option<&Partition>| {
            at += 1;
            let mut row = owner(keyspace, name).to_vec();
            row.extend([text(&partition.name), Value::Null, number(at)]);
            row.push(optional(whole.map(|whole| &whole.name)));
            row.push(some_text(&cell::partition_bound(partition)));
            row.push(some_text(&cell::options(&partition.options, &[])));
            shape.add(row);
        };
        for partition in &partitioning.partitions {
            add(partition, None);
            for part in &partition.subpartitions {
                add(part, Some(partition));
            }
        }
    }
    shape.finish()
}

pub(super) fn views(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("views").key("keyspace").name_key("view").text(&[
        "definition",
        "columns",
        "algorithm",
        "definer",
        "security",
        "check_option",
    ]);
    for keyspace in keyspaces(catalog) {
        for (name, view) in &keyspace.views {
            shape.add(vec![
                text(&keyspace.name),
                text(keyspace.identities.table(name)),
                text(name),
                text(print::query::query(&view.query, Quoting::Always)),
                some_text(&list::print(&view.columns)),
                optional(view.algorithm.as_ref()),
                optional(view.definer.as_ref()),
                optional(view.security.as_ref()),
                optional(view.check_option.as_ref()),
            ]);
        }
    }
    shape.finish()
}
