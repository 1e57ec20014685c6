//! What happened to each object of a catalog, counted from its relations: for `--stat`, `status` and commit messages.

use std::collections::BTreeMap;

use super::columns::ColumnPair;
use super::{Change, RelationDiff};
use crate::relation::{Role, Row, Schema};
use crate::value::Value;

/// The kinds of objects, in the order of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A keyspace: its settings and shards.
    Keyspace,
    /// A table: its definition and VSchema entry.
    Table,
    /// A view.
    View,
    /// A vindex.
    Vindex,
    /// The rules of one rule file.
    Rules,
}

/// How an object differs between two catalogs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectChange {
    /// It exists only afterwards.
    Added,
    /// It exists only before.
    Removed,
    /// Its definition differs.
    Modified,
    /// It had another name before; it may be modified too.
    Renamed {
        /// That name.
        from: String,
    },
}

/// Rows of one relation that changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// `columns`, `indexes`, `column_vindexes`, …
    pub relation: String,
    /// Rows added.
    pub added: u64,
    /// Rows removed.
    pub removed: u64,
    /// Rows modified.
    pub modified: u64,
}

/// One object that changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ObjectSummary {
    /// What it is.
    pub kind: ObjectKind,
    /// Its keyspace; empty for rules.
    pub keyspace: String,
    /// Its name, afterwards or, if removed, before. A keyspace's name, and `routing_rules` and the like for rules.
    pub name: String,
    /// How it changed.
    pub change: ObjectChange,
    /// How many rows of which relations changed, in the relations' order.
    pub parts: Vec<Part>,
}

/// Summarises a diff of catalogs made by key; ordered by kind, keyspace and name.
pub fn summarize(diffs: &[RelationDiff]) -> Vec<ObjectSummary> {
    let mut objects: BTreeMap<(ObjectKind, Vec<Value>), ObjectSummary> = BTreeMap::new();
    for diff in diffs {
        let Some((kind, level)) = owner(diff.name()) else {
            continue;
        };
        for change in &diff.changes {
            let identity = key(diff, change, kind);
            let object = objects
                .entry((kind, identity))
                .or_insert_with(|| unnamed(diff, change, kind));
            count(object, diff.name(), change);
            if level == Level::Object {
                object.change = object_change(diff, change);
            }
        }
    }
    let mut objects: Vec<ObjectSummary> = objects.into_values().collect();
    objects.sort_by(|a, b| (a.kind, &a.keyspace, &a.name).cmp(&(b.kind, &b.keyspace, &b.name)));
    objects
}

/// Whether a row of a relation is the object or belongs to it.
#[derive(PartialEq, Eq)]
enum Level {
    Object,
    Part,
}

fn owner(relation: &str) -> Option<(ObjectKind, Level)> {
    Some(match relation {
        "keyspaces" => (ObjectKind::Keyspace, Level::Object),
        "shards" => (ObjectKind::Keyspace, Level::Part),
        "tables" => (ObjectKind::Table, Level::Object),
        "columns" | "indexes" | "foreign_keys" | "checks" | "partitions" | "column_vindexes"
        | "vschema_columns" => (ObjectKind::Table, Level::Part),
        "views" => (ObjectKind::View, Level::Object),
        "vindexes" => (ObjectKind::Vindex, Level::Object),
        "routing_rules" | "shard_routing_rules" | "keyspace_routing_rules" | "mirror_rules" => {
            (ObjectKind::Rules, Level::Part)
        }
        _ => return None,
    })
}

/// The side of a change that names the object: the later one.
fn latest<'d>(diff: &'d RelationDiff, change: &'d Change) -> Option<(&'d Schema, &'d Row)> {
    Some(match change {
        Change::Added(row, _) | Change::Modified { to: row, .. } => (diff.to.as_deref()?, row),
        Change::Removed(row, _) => (diff.from.as_deref()?, row),
    })
}

/// The identity of the object that a row is or belongs to.
fn key(diff: &RelationDiff, change: &Change, kind: ObjectKind) -> Vec<Value> {
    let columns = match kind {
        ObjectKind::Rules => return vec![Value::from(diff.name())],
        ObjectKind::Keyspace => 1,
        ObjectKind::Table | ObjectKind::View | ObjectKind::Vindex => 2,
    };
    latest(diff, change).map_or_else(Vec::new, |(schema, row)| {
        schema
            .key
            .iter()
            .take(columns)
            .map(|&at| row[at].clone())
            .collect()
    })
}

fn unnamed(diff: &RelationDiff, change: &Change, kind: ObjectKind) -> ObjectSummary {
    let names: Vec<String> = latest(diff, change).map_or_else(Vec::new, |(schema, row)| {
        schema
            .shown_key()
            .map(|at| row[at].to_text().unwrap_or_default().into_owned())
            .collect()
    });
    let name = |at: usize| names.get(at).cloned().unwrap_or_default();
    let (keyspace, name) = match kind {
        ObjectKind::Rules => (String::new(), diff.name().to_owned()),
        ObjectKind::Keyspace => (name(0), name(0)),
        ObjectKind::Table | ObjectKind::View | ObjectKind::Vindex => (name(0), name(1)),
    };
    ObjectSummary {
        kind,
        keyspace,
        name,
        change: ObjectChange::Modified,
        parts: Vec::new(),
    }
}

fn count(object: &mut ObjectSummary, relation: &str, change: &Change) {
    if object
        .parts
        .last()
        .is_none_or(|part| part.relation != relation)
    {
        object.parts.push(Part {
            relation: relation.to_owned(),
            added: 0,
            removed: 0,
            modified: 0,
        });
    }
    let part = object.parts.last_mut().expect("one was just pushed");
    match change {
        Change::Added(_, count) => part.added += count,
        Change::Removed(_, count) => part.removed += count,
        Change::Modified { .. } => part.modified += 1,
    }
}

fn object_change(diff: &RelationDiff, change: &Change) -> ObjectChange {
    let (Change::Modified { from, to }, Some(schema)) = (change, &diff.to) else {
        return if matches!(change, Change::Added(..)) {
            ObjectChange::Added
        } else {
            ObjectChange::Removed
        };
    };
    let own_name = schema
        .columns
        .iter()
        .position(|column| matches!(column.role, Role::Name(_)));
    let pair = ColumnPair {
        from: own_name,
        to: own_name,
    };
    match (pair.from_cell(from), pair.to_cell(to)) {
        (Value::Text(from), Value::Text(to)) if from != to => {
            ObjectChange::Renamed { from: from.clone() }
        }
        _ => ObjectChange::Modified,
    }
}
