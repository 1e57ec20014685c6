//! A diff as one serialisable report: the contract of `--format json`, and what text is rendered from.
//!
//! ```json
//! {"relations":[{"name":"shop.t","key":["id"],"keyed":true,"changes":[
//!   {"type":"modified","key":{"id":1},"cells":{"note":{"from":null,"to":"x"}}}]}]}
//! ```
//!
//! A modified row has the cells that changed, both sides, NULL as `null`; an added or removed row has all its cells
//! outside the key, on the side that exists. Rows matched by content have no key, and a count.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;

use super::columns::{ColumnPair, Comparison, pair};
use super::{Change, RelationDiff};
use crate::relation::encode::cell_json;
use crate::relation::{Role, Row, Schema};

/// What differs between two revisions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// One entry per relation that differs, in the diff's order.
    pub relations: Vec<RelationReport>,
}

/// How one relation differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RelationReport {
    /// The relation's name, afterwards or, if it is gone, before.
    pub name: String,
    /// Its name before, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Names of the key's columns; empty where rows are matched by content.
    pub key: Vec<String>,
    /// Whether rows are matched by key.
    pub keyed: bool,
    /// Whether the primary key changed, which is why rows are matched by content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub key_changed: bool,
    /// Columns that exist only afterwards.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added_columns: Vec<String>,
    /// Columns that exist only before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed_columns: Vec<String>,
    /// Renamed columns: name after, by name before.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub renamed_columns: IndexMap<String, String>,
    /// The changes, in the diff's order.
    pub changes: Vec<ChangeReport>,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeType {
    /// The row exists only afterwards.
    Added,
    /// The row exists only before.
    Removed,
    /// A cell changed.
    Modified,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeReport {
    /// What happened.
    #[serde(rename = "type")]
    pub change: ChangeType,
    /// The key's cells by column; absent where rows are matched by content.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub key: IndexMap<String, Json>,
    /// How many equal rows; absent where rows are matched by key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Cells by column: names afterwards, or before where the column is gone.
    pub cells: IndexMap<String, CellReport>,
}

/// A cell: both sides of a modified one, the only side of an added or removed one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CellReport {
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Json>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Json>,
}

/// Makes the report of a diff.
pub fn report(diffs: &[RelationDiff]) -> Report {
    Report {
        relations: diffs.iter().map(relation).collect(),
    }
}

fn relation(diff: &RelationDiff) -> RelationReport {
    let (from, to) = (diff.from.as_deref(), diff.to.as_deref());
    let mut report = RelationReport {
        name: diff.name().to_owned(),
        renamed_from: from
            .map(|schema| schema.name.clone())
            .filter(|name| name != diff.name()),
        key: Vec::new(),
        keyed: !diff.keyless,
        key_changed: diff.key_changed,
        added_columns: Vec::new(),
        removed_columns: Vec::new(),
        renamed_columns: IndexMap::new(),
        changes: Vec::new(),
    };
    let (Some(from), Some(to)) = (from.or(to), to.or(from)) else {
        return report;
    };
    if report.keyed {
        report.key = to
            .shown_key()
            .map(|at| to.columns[at].name.clone())
            .collect();
    }
    for pair in pair(Some(from), Some(to)) {
        match (pair.from, pair.to) {
            (Some(old), Some(new)) if from.columns[old].name != to.columns[new].name => {
                report
                    .renamed_columns
                    .insert(from.columns[old].name.clone(), to.columns[new].name.clone());
            }
            (Some(old), None) => report.removed_columns.push(from.columns[old].name.clone()),
            (None, Some(new)) => report.added_columns.push(to.columns[new].name.clone()),
            _ => {}
        }
    }
    let reporter = Reporter {
        from,
        to,
        comparison: Comparison::new(from, to),
        keyless: diff.keyless,
    };
    report.changes = diff
        .changes
        .iter()
        .map(|change| reporter.change(change))
        .collect();
    report
}

struct Reporter<'d> {
    from: &'d Schema,
    to: &'d Schema,
    comparison: Comparison,
    keyless: bool,
}

impl Reporter<'_> {
    fn change(&self, change: &Change) -> ChangeReport {
        let (kind, key, cells) = match change {
            Change::Added(row, _) => (
                ChangeType::Added,
                self.key(self.to, row),
                self.one_side(self.to, row, ChangeType::Added),
            ),
            Change::Removed(row, _) => (
                ChangeType::Removed,
                self.key(self.from, row),
                self.one_side(self.from, row, ChangeType::Removed),
            ),
            Change::Modified { from, to } => {
                let cells = self
                    .comparison
                    .changed(from, to)
                    .into_iter()
                    .map(|pair| self.both_sides(pair, from, to));
                (ChangeType::Modified, self.key(self.to, to), cells.collect())
            }
        };
        ChangeReport {
            change: kind,
            key,
            count: self.keyless.then(|| change.count()),
            cells,
        }
    }

    fn key(&self, schema: &Schema, row: &Row) -> IndexMap<String, Json> {
        if self.keyless {
            return IndexMap::new();
        }
        schema
            .shown_key()
            .map(|at| (schema.columns[at].name.clone(), json(schema, row, at)))
            .collect()
    }

    fn one_side(
        &self,
        schema: &Schema,
        row: &Row,
        kind: ChangeType,
    ) -> IndexMap<String, CellReport> {
        let in_key = |at: &usize| !self.keyless && schema.shown_key().any(|key| key == *at);
        let cell = |at: usize| {
            let value = Some(json(schema, row, at));
            let cell = match kind {
                ChangeType::Removed => CellReport {
                    from: value,
                    to: None,
                },
                ChangeType::Added | ChangeType::Modified => CellReport {
                    from: None,
                    to: value,
                },
            };
            (schema.columns[at].name.clone(), cell)
        };
        schema.shown().filter(|at| !in_key(at)).map(cell).collect()
    }

    fn both_sides(&self, pair: ColumnPair, from: &Row, to: &Row) -> (String, CellReport) {
        let name = match (pair.to, pair.from) {
            (Some(at), _) => self.to.columns[at].name.clone(),
            (None, Some(at)) => self.from.columns[at].name.clone(),
            (None, None) => String::new(),
        };
        let side = |schema, row, at: Option<usize>| {
            Some(at.map_or(Json::Null, |at| json(schema, row, at)))
        };
        (
            name,
            CellReport {
                from: side(self.from, from, pair.from),
                to: side(self.to, to, pair.to),
            },
        )
    }
}

fn json(schema: &Schema, row: &Row, at: usize) -> Json {
    debug_assert_ne!(
        schema.columns[at].role,
        Role::Identity,
        "identities are not shown"
    );
    row.get(at).map_or(Json::Null, |value| {
        cell_json(value, &schema.columns[at].column_type)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::relation::Column;
    use crate::value::{ColumnType, TypeKind, Value};

    fn schema(key: &[usize]) -> Schema {
        let columns = vec![
            Column::new("id", ColumnType::new(TypeKind::BigInt)),
            Column::new("note", ColumnType::new(TypeKind::VarChar)),
            Column::new("raw", ColumnType::new(TypeKind::VarBinary)),
        ];
        Schema {
            name: "shop.t".into(),
            columns,
            key: key.to_vec(),
        }
    }

    fn row(id: i64, note: Option<&str>) -> Row {
        vec![
            Value::Int(id),
            Value::from(note),
            Value::Bytes(vec![0x16, 0x6B]),
        ]
    }

    #[track_caller]
    fn check(diff: RelationDiff, expected: &str) {
        assert_eq!(
            serde_json::to_string(&report(&[diff])).unwrap(),
            format!("{{\"relations\":[{expected}]}}")
        );
    }

    #[test]
    fn keyed_changes_have_their_key_and_cells() {
        let schema = Arc::new(schema(&[0]));
        let changes = vec![
            Change::Removed(row(1, None), 1),
            Change::Modified {
                from: row(2, None),
                to: row(2, Some("x")),
            },
            Change::Added(row(3, Some("y")), 1),
        ];
        let diff = RelationDiff {
            from: Some(schema.clone()),
            to: Some(schema),
            changes,
            key_changed: false,
            keyless: false,
        };
        check(
            diff,
            concat!(
                r#"{"name":"shop.t","key":["id"],"keyed":true,"changes":["#,
                r#"{"type":"removed","key":{"id":1},"cells":{"note":{"from":null},"raw":{"from":"166b"}}},"#,
                r#"{"type":"modified","key":{"id":2},"cells":{"note":{"from":null,"to":"x"}}},"#,
                r#"{"type":"added","key":{"id":3},"cells":{"note":{"to":"y"},"raw":{"to":"166b"}}}]}"#
            ),
        );
    }

    #[test]
    fn keyless_changes_have_a_count() {
        let schema = Arc::new(schema(&[]));
        let changes = vec![Change::Added(row(1, None), 3)];
        let diff = RelationDiff {
            from: None,
            to: Some(schema),
            changes,
            key_changed: false,
            keyless: true,
        };
        check(
            diff,
            concat!(
                r#"{"name":"shop.t","key":[],"keyed":false,"changes":[{"type":"added","count":3,"#,
                r#""cells":{"id":{"to":1},"note":{"to":null},"raw":{"to":"166b"}}}]}"#
            ),
        );
    }

    #[test]
    fn columns_that_come_go_or_change_their_name_are_told() {
        let mut after = schema(&[0]);
        after.name = "shop.u".into();
        after.columns[1].name = "remark".into();
        after.columns[2] = Column::new("size", ColumnType::new(TypeKind::Int));
        let to = vec![Value::Int(1), Value::from("x"), Value::Int(5)];
        let changes = vec![Change::Modified {
            from: row(1, None),
            to,
        }];
        let diff = RelationDiff {
            from: Some(Arc::new(schema(&[0]))),
            to: Some(Arc::new(after)),
            changes,
            key_changed: false,
            keyless: false,
        };
        check(
            diff,
            concat!(
                r#"{"name":"shop.u","renamed_from":"shop.t","key":["id"],"keyed":true,"added_columns":["size"],"#,
                r#""removed_columns":["raw"],"renamed_columns":{"note":"remark"},"changes":[{"type":"modified","key":{"id":1},"#,
                r#""cells":{"remark":{"from":null,"to":"x"},"raw":{"from":"166b","to":null},"size":{"from":null,"to":5}}}]}"#
            ),
        );
    }
}
