//! Less of a comparison: changes of one kind, or only the columns in which something changed.

use std::sync::Arc;

use super::columns::{ColumnPair, Comparison, pair};
use super::{Change, RelationDiff};
use crate::relation::{Role, Row, Schema};

/// The kind of a change, in the words of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What exists only afterwards.
    Added,
    /// What exists only before.
    Removed,
    /// What exists on both sides, with other cells.
    Modified,
    /// What exists on both sides, with another name.
    Renamed,
}

impl RelationDiff {
    /// Keeps the changes of one kind.
    pub fn keep_kind(&mut self, kind: Kind) {
        let (from_schema, to_schema) = (self.from.clone(), self.to.clone());
        self.changes.retain(|change| match change {
            Change::Added(..) => kind == Kind::Added,
            Change::Removed(..) => kind == Kind::Removed,
            Change::Modified { from, to } => match (&from_schema, &to_schema) {
                (Some(old), Some(new)) if is_renamed(old, new, from, to) => {
                    matches!(kind, Kind::Renamed | Kind::Modified)
                }
                _ => kind == Kind::Modified,
            },
        });
    }

    /// Leaves out the columns in which no row differs; keys stay, and so do the columns named `kept`. A whole row is a
    /// difference in all its cells but NULL.
    pub fn keep_changed_columns(&mut self, kept: &[String]) {
        let (from, to) = (self.from.as_deref(), self.to.as_deref());
        let comparison = from.zip(to).map(|(from, to)| Comparison::new(from, to));
        let mut wanted: Vec<ColumnPair> = Vec::new();
        for pair in pair(from, to) {
            let column = match (pair.to.zip(to), pair.from.zip(from)) {
                (Some((at, schema)), _) | (None, Some((at, schema))) => {
                    (schema.key.contains(&at), &schema.columns[at])
                }
                (None, None) => continue,
            };
            let (is_key, column) = column;
            let is_kept = is_key
                || !matches!(column.role, Role::Cell | Role::Generated)
                || kept
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(&column.name));
            let changes = |change: &Change| match change {
                Change::Added(row, _) => *pair.to_cell(row) != crate::value::Value::Null,
                Change::Removed(row, _) => *pair.from_cell(row) != crate::value::Value::Null,
                Change::Modified { from, to } => comparison
                    .as_ref()
                    .is_some_and(|comparison| comparison.changed(from, to).contains(&pair)),
            };
            if is_kept || self.changes.iter().any(changes) {
                wanted.push(pair);
            }
        }
        let places = |of: fn(&ColumnPair) -> Option<usize>| -> Vec<usize> {
            let mut places: Vec<usize> = wanted.iter().filter_map(of).collect();
            places.sort_unstable();
            places
        };
        let (from_places, to_places) = (places(|pair| pair.from), places(|pair| pair.to));
        for change in &mut self.changes {
            *change = match change {
                Change::Added(row, count) => Change::Added(picked(row, &to_places), *count),
                Change::Removed(row, count) => Change::Removed(picked(row, &from_places), *count),
                Change::Modified { from, to } => Change::Modified {
                    from: picked(from, &from_places),
                    to: picked(to, &to_places),
                },
            };
        }
        self.from = self
            .from
            .take()
            .map(|schema| narrowed(&schema, &from_places));
        self.to = self.to.take().map(|schema| narrowed(&schema, &to_places));
    }
}

/// Tells whether the column that names an object has another value.
fn is_renamed(from_schema: &Schema, to_schema: &Schema, from: &Row, to: &Row) -> bool {
    let name = |schema: &Schema, row: &Row| {
        let own = schema
            .columns
            .iter()
            .position(|column| matches!(column.role, Role::Name(_)));
        own.and_then(|at| row.get(at).cloned())
    };
    let before = name(from_schema, from);
    before.is_some() && before != name(to_schema, to)
}

fn picked(row: &Row, places: &[usize]) -> Row {
    places
        .iter()
        .filter_map(|&at| row.get(at).cloned())
        .collect()
}

/// A schema of some of the columns; those left out are neither keys nor pointed at.
fn narrowed(schema: &Schema, places: &[usize]) -> Arc<Schema> {
    let moved = |at: usize| places.iter().position(|&place| place == at);
    let columns = places.iter().map(|&at| {
        let mut column = schema.columns[at].clone();
        column.role = match column.role {
            Role::Name(at) => moved(at).map_or(Role::Cell, Role::Name),
            Role::Reference(at) => moved(at).map_or(Role::Cell, Role::Reference),
            other => other,
        };
        column
    });
    Arc::new(Schema {
        name: schema.name.clone(),
        columns: columns.collect(),
        key: schema.key.iter().filter_map(|&at| moved(at)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relation::Column;
    use crate::value::{ColumnType, TypeKind, Value};

    fn diff() -> RelationDiff {
        let columns = ["a", "id", "b", "c"];
        let columns = columns.map(|name| Column::new(name, ColumnType::new(TypeKind::Int)));
        let schema = Arc::new(Schema {
            name: "s.t".into(),
            columns: columns.to_vec(),
            key: vec![1],
        });
        let row = |cells: [i64; 4]| cells.map(Value::Int).to_vec();
        RelationDiff {
            from: Some(schema.clone()),
            to: Some(schema),
            changes: vec![
                Change::Modified {
                    from: row([1, 1, 1, 1]),
                    to: row([1, 1, 2, 1]),
                },
                Change::Removed(
                    vec![Value::Null, Value::Int(2), Value::Int(1), Value::Null],
                    1,
                ),
            ],
            key_changed: false,
            keyless: false,
        }
    }

    #[test]
    fn columns_without_a_change_are_left_out() {
        let names = |kept: &[String]| {
            let mut diff = diff();
            diff.keep_changed_columns(kept);
            let schema = diff.to.clone().expect("a schema");
            assert_eq!(schema.columns[schema.key[0]].name, "id");
            let names = schema.columns.iter().map(|column| column.name.clone());
            let cells = match &diff.changes[0] {
                Change::Modified { to, .. } => to.clone(),
                other => panic!("{other:?}"),
            };
            (names.collect::<Vec<_>>().join(" "), cells)
        };
        assert_eq!(
            names(&[]),
            ("id b".into(), vec![Value::Int(1), Value::Int(2)])
        );
        assert_eq!(names(&["C".into()]).0, "id b c");
    }

    #[test]
    fn changes_of_one_kind_are_kept() {
        let count = |kind: Kind| {
            let mut diff = diff();
            diff.keep_kind(kind);
            diff.changes.len()
        };
        let kinds = [Kind::Added, Kind::Removed, Kind::Modified, Kind::Renamed];
        assert_eq!(kinds.map(count), [0, 1, 1, 0]);
    }
}
