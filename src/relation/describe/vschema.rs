//! VSchema documents, shards and rules as relations.

use super::shape::{Shape, flag, mark, number, optional, some_text, text};
use super::{keyspaces as keyspaces_of, list};
use crate::catalog::vschema::{ColumnVindex, ForeignKeyMode, Table};
use crate::catalog::{Catalog, Keyspace};
use crate::relation::Relation;
use crate::value::{TypeKind, Value};

pub(super) fn keyspaces(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("keyspaces").key("keyspace").text(&[
        "sharded",
        "foreign_key_mode",
        "require_explicit_routing",
        "tenant_column",
        "tenant_column_type",
    ]);
    for keyspace in keyspaces_of(catalog) {
        let document = &keyspace.vschema;
        let tenant = document.multi_tenant.as_ref();
        shape.add(vec![
            text(&keyspace.name),
            flag(document.sharded),
            optional(foreign_key_mode(document.foreign_key_mode)),
            mark(document.require_explicit_routing),
            optional(tenant.map(|tenant| &tenant.column)),
            optional(tenant.map(|tenant| &tenant.column_type)),
        ]);
    }
    shape.finish()
}

/// The mode's name; none where the document does not say.
fn foreign_key_mode(mode: ForeignKeyMode) -> Option<&'static str> {
    match mode {
        ForeignKeyMode::Unspecified => None,
        ForeignKeyMode::Disallow => Some("disallow"),
        ForeignKeyMode::Unmanaged => Some("unmanaged"),
        ForeignKeyMode::Managed => Some("managed"),
    }
}

pub(super) fn shards(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("shards").key("keyspace").key("shard");
    for keyspace in keyspaces_of(catalog) {
        for shard in &keyspace.shards {
            shape.add(vec![text(&keyspace.name), text(shard)]);
        }
    }
    shape.finish()
}

pub(super) fn vindexes(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("vindexes")
        .key("keyspace")
        .key("vindex")
        .text(&["type", "owner"])
        .cell("params", TypeKind::Json);
    for keyspace in keyspaces_of(catalog) {
        for (name, vindex) in &keyspace.vschema.vindexes {
            let params = match vindex.params.is_empty() {
                true => Value::Null,
                false => Value::Json(serde_json::json!(vindex.params).to_string()),
            };
            shape.add(vec![
                text(&keyspace.name),
                text(name),
                text(&vindex.vindex_type),
                some_text(&vindex.owner),
                params,
            ]);
        }
    }
    shape.finish()
}

fn entries(catalog: &Catalog) -> impl Iterator<Item = (&Keyspace, &String, &Table)> {
    keyspaces_of(catalog).flat_map(|keyspace| {
        keyspace
            .vschema
            .tables
            .iter()
            .map(move |(name, table)| (keyspace, name, table))
    })
}

pub(super) fn column_vindexes(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("column_vindexes")
        .key("keyspace")
        .owner_key("table")
        .number_key("position")
        .text(&["vindex", "columns"]);
    for (keyspace, name, table) in entries(catalog) {
        for (at, vindex) in table.column_vindexes.iter().enumerate() {
            shape.add(vec![
                text(&keyspace.name),
                text(keyspace.identities.table(name)),
                text(name),
                number(at + 1),
                text(&vindex.name),
                text(list::print(vindex_columns(vindex))),
            ]);
        }
    }
    shape.finish()
}

/// The columns, whichever way they are spelled.
fn vindex_columns(vindex: &ColumnVindex) -> Vec<&str> {
    let single = Some(vindex.column.as_str()).filter(|column| !column.is_empty());
    single
        .into_iter()
        .chain(vindex.columns.iter().map(String::as_str))
        .collect()
}

pub(super) fn columns(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("vschema_columns")
        .key("keyspace")
        .owner_key("table")
        .name_key("column")
        .position()
        .text(&["type", "invisible", "default", "collation"])
        .cell("size", TypeKind::Int)
        .cell("scale", TypeKind::Int)
        .text(&["nullable", "values"]);
    for (keyspace, name, table) in entries(catalog) {
        for (at, column) in table.columns.iter().enumerate() {
            shape.add(vec![
                text(&keyspace.name),
                text(keyspace.identities.table(name)),
                text(name),
                text(keyspace.identities.column(name, &column.name)),
                text(&column.name),
                Value::Null,
                number(at + 1),
                text(&column.column_type),
                mark(column.invisible),
                some_text(&column.default),
                some_text(&column.collation),
                number(column.size),
                number(column.scale),
                column.nullable.map_or(Value::Null, flag),
                some_text(&list::print(&column.values)),
            ]);
        }
    }
    shape.finish()
}

pub(super) fn routing_rules(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("routing_rules")
        .key("from_table")
        .text(&["to_tables"]);
    for (from, to) in &catalog.rules.routing {
        shape.add(vec![text(from), text(list::print(to))]);
    }
    shape.finish()
}

pub(super) fn shard_routing_rules(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("shard_routing_rules")
        .key("from_keyspace")
        .key("shard")
        .text(&["to_keyspace"]);
    for (from, to, shard) in &catalog.rules.shard {
        shape.add(vec![text(from), text(shard), text(to)]);
    }
    shape.finish()
}

pub(super) fn keyspace_routing_rules(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("keyspace_routing_rules")
        .key("from_keyspace")
        .text(&["to_keyspace"]);
    for (from, to) in &catalog.rules.keyspace {
        shape.add(vec![text(from), text(to)]);
    }
    shape.finish()
}

pub(super) fn mirror_rules(catalog: &Catalog) -> Relation {
    let mut shape = Shape::new("mirror_rules")
        .key("from_table")
        .text(&["to_table"])
        .cell("percent", TypeKind::Float);
    for (from, to, percent) in &catalog.rules.mirror {
        shape.add(vec![text(from), text(to), Value::Float(*percent)]);
    }
    shape.finish()
}
