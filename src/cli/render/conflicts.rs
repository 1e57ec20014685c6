//! Conflicts and violations: how many of which object, or each with its three versions.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::merge::{Conflict, RelationConflicts, TableViolations, Version};
use crate::relation::{Role, Schema};
use crate::value::{ColumnType, Field, ResultSet, TypeKind, Value};
use crate::workspace::{OpenConflicts, Unresolved};

/// Counts by object and relation.
pub(super) fn summary(open: &OpenConflicts) -> ResultSet {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for relation in &open.conflicts.relations {
        for conflict in &relation.rows {
            let object = relation.object_of(conflict);
            let what = match relation.shard {
                Some(_) => "rows".to_owned(),
                None => relation.relation.clone(),
            };
            *counts.entry((object, what)).or_default() += 1;
        }
    }
    for file in &open.conflicts.files {
        *counts
            .entry((file.path.clone(), "file".to_owned()))
            .or_default() += 1;
    }
    for violation in &open.violations.catalog {
        let what = format!("violation: {}", violation.kind);
        *counts.entry((violation.object.clone(), what)).or_default() += 1;
    }
    for table in &open.violations.tables {
        for row in &table.rows {
            let object = format!("{}.{}", table.keyspace, table.table);
            *counts
                .entry((object, format!("violation: {}", row.kind)))
                .or_default() += 1;
        }
    }
    let rows = counts.into_iter().map(|((object, what), count)| {
        vec![Value::Text(object), Value::Text(what), Value::UInt(count)]
    });
    ResultSet {
        fields: vec![
            text("object"),
            text("in"),
            Field {
                name: "conflicts".to_owned(),
                column_type: ColumnType::new(TypeKind::BigInt),
            },
        ],
        rows: rows.collect(),
    }
}

fn text(name: &str) -> Field {
    Field {
        name: name.to_owned(),
        column_type: ColumnType::new(TypeKind::VarChar),
    }
}

/// The columns to show of a relation: those of ours, then what only the other versions have.
fn columns(relation: &RelationConflicts) -> Vec<(String, String)> {
    let mut columns: Vec<(String, String)> = Vec::new();
    for version in [Version::Ours, Version::Theirs, Version::Base] {
        let shown = relation
            .schema(version)
            .into_iter()
            .flat_map(|schema| &schema.columns);
        for column in shown.filter(|column| column.role != Role::Identity) {
            if !columns
                .iter()
                .any(|(identity, _)| *identity == column.identity)
            {
                columns.push((column.identity.clone(), column.name.clone()));
            }
        }
    }
    columns
}

fn cell(schema: &Schema, row: &[Value], identity: &str) -> Value {
    let at = schema.position(identity);
    at.and_then(|at| row.get(at)).cloned().unwrap_or_default()
}

/// The three versions of every conflict of one relation.
pub(super) fn in_full(relation: &RelationConflicts) -> ResultSet {
    let columns = columns(relation);
    let mut fields = vec![text("conflict"), text("version")];
    fields.extend(columns.iter().map(|(_, name)| text(name)));
    let mut rows = Vec::new();
    for conflict in &relation.rows {
        for version in Version::ALL {
            let mut cells = vec![
                Value::Text(conflict.kind.to_string()),
                Value::Text(version.to_string()),
            ];
            match (conflict.version(version), relation.schema(version)) {
                (Some((row, _)), Some(schema)) => {
                    cells.extend(
                        columns
                            .iter()
                            .map(|(identity, _)| cell(schema, row, identity)),
                    );
                }
                _ => cells.extend(columns.iter().map(|_| Value::Null)),
            }
            rows.push(cells);
        }
    }
    ResultSet { fields, rows }
}

/// Everything as one document.
pub(super) fn json_of(open: &OpenConflicts) -> Json {
    let row = |relation: &RelationConflicts, conflict: &Conflict, version: Version| {
        let (Some((row, count)), Some(schema)) =
            (conflict.version(version), relation.schema(version))
        else {
            return Json::Null;
        };
        let mut object = serde_json::Map::new();
        for (identity, name) in columns(relation) {
            let value = cell(schema, row, &identity);
            object.insert(
                name,
                value
                    .to_text()
                    .map_or(Json::Null, |text| Json::from(text.as_ref())),
            );
        }
        if !schema.is_keyed() {
            object.insert("count".to_owned(), json!(count));
        }
        Json::Object(object)
    };
    let conflicts = open.conflicts.relations.iter().flat_map(|relation| {
        relation.rows.iter().map(move |conflict| {
            json!({
                "object": relation.object_of(conflict),
                "relation": relation.relation,
                "shard": relation.shard,
                "kind": conflict.kind.to_string(),
                "columns": conflict.columns,
                "base": row(relation, conflict, Version::Base),
                "ours": row(relation, conflict, Version::Ours),
                "theirs": row(relation, conflict, Version::Theirs),
            })
        })
    });
    let files = open.conflicts.files.iter();
    let catalog = open.violations.catalog.iter();
    let rows = broken_json(&open.violations.tables);
    let catalog = catalog.map(|violation| {
        json!({"kind": violation.kind, "object": violation.object, "message": violation.message})
    });
    json!({
        "verb": open.verb,
        "source": open.source,
        "conflicts": conflicts.collect::<Vec<_>>(),
        "files": files.map(|file| json!({"path": file.path, "kind": file.kind.to_string()})).collect::<Vec<_>>(),
        "violations": catalog.chain(rows).collect::<Vec<_>>(),
    })
}

/// Rows that break a constraint, each as an object.
pub(super) fn broken_json(tables: &[TableViolations]) -> impl Iterator<Item = Json> {
    tables.iter().flat_map(|table| {
        table.rows.iter().map(move |row| {
            json!({
                "kind": row.kind.to_string(),
                "object": format!("{}.{}", table.keyspace, table.table),
                "shard": table.shard,
                "info": serde_json::from_str::<Json>(&row.info).unwrap_or_default(),
            })
        })
    })
}

/// A table's rows that break a constraint, with its name where it has one.
pub(super) fn broken(table: &TableViolations) -> ResultSet {
    let mut fields = vec![text("violation"), text("constraint")];
    let columns = table.schema.columns.iter();
    fields.extend(columns.map(|column| Field {
        name: column.name.clone(),
        column_type: column.column_type.clone(),
    }));
    let rows = table.rows.iter().map(|violation| {
        let info: Json = serde_json::from_str(&violation.info).unwrap_or_default();
        let name = info.get("ForeignKey").or_else(|| info.get("Name"));
        let name = name.and_then(Json::as_str);
        let mut cells = vec![
            Value::Text(violation.kind.to_string()),
            name.map_or(Value::Null, Value::from),
        ];
        cells.extend(violation.row.iter().cloned());
        cells
    });
    ResultSet {
        rows: rows.collect(),
        fields,
    }
}

/// What is left after something was settled.
pub(super) fn left_text(left: &Unresolved) -> String {
    if left.is_empty() {
        return "Everything is resolved; commit the result.\n".to_owned();
    }
    let names = left.schema.iter().chain(&left.data).chain(&left.violations);
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.dedup();
    format!("Left to resolve: {}\n", names.join(", "))
}
