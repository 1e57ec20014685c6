//! A state of the database, and a table in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Table;
use crate::relation::{Row, Schema};
use crate::store::{CommitId, Revision, TreeId};
use crate::value::{DateTime, Value};

/// What a revision's name leads to.
#[derive(Debug, Clone)]
pub(in crate::workspace) struct State {
    /// As typed, or the commit's id.
    pub(super) name: String,
    /// Absent for what was before the first commit.
    pub(super) revision: Option<Revision>,
    /// When it was committed; absent for `WORKING` and `STAGED`.
    pub(super) date: Option<DateTime>,
}

impl State {
    /// What was before the first commit.
    pub(super) fn nothing() -> Self {
        Self {
            name: String::new(),
            revision: None,
            date: None,
        }
    }

    /// The commit, if it is one.
    pub(in crate::workspace) fn commit(&self) -> Option<CommitId> {
        match self.revision {
            Some(Revision::Commit(id)) => Some(id),
            _ => None,
        }
    }

    /// The name as a cell.
    pub(super) fn cell(&self) -> Value {
        if self.name.is_empty() {
            Value::Null
        } else {
            Value::Text(self.name.clone())
        }
    }

    /// The date as a cell.
    pub(super) fn date_cell(&self) -> Value {
        self.date.map_or(Value::Null, Value::DateTime)
    }
}

/// A table, or a relation of the catalog, at a state.
#[derive(Debug, Clone)]
pub(super) struct TableVersion {
    pub(super) keyspace: String,
    /// As it is written there.
    pub(super) name: String,
    /// The definition; absent for a relation of the catalog.
    pub(super) table: Option<Arc<Table>>,
    pub(super) schema: Arc<Schema>,
    pub(super) rows: VersionRows,
}

/// Where a table's rows are.
#[derive(Debug, Clone)]
pub(super) enum VersionRows {
    /// Committed, by shard.
    Trees(BTreeMap<String, TreeId>),
    /// Described from the catalog.
    Described(Arc<Vec<(Row, u64)>>),
}

impl TableVersion {
    /// The definition as `SHOW CREATE TABLE` prints it.
    pub(super) fn create_text(&self) -> String {
        match &self.table {
            Some(table) => crate::sql::print::table(&table.definition),
            None => String::new(),
        }
    }

    /// Whether both are the same in definition and rows.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.same_rows(other) && self.table == other.table && self.schema == other.schema
    }

    /// Whether both hold the same rows.
    pub(super) fn same_rows(&self, other: &Self) -> bool {
        match (&self.rows, &other.rows) {
            (VersionRows::Trees(one), VersionRows::Trees(other)) => one == other,
            (VersionRows::Described(one), VersionRows::Described(other)) => one == other,
            _ => false,
        }
    }

    /// Whether there are no rows.
    pub(super) fn is_empty(&self) -> bool {
        match &self.rows {
            VersionRows::Trees(trees) => trees.is_empty(),
            VersionRows::Described(rows) => rows.is_empty(),
        }
    }
}

/// A row of a version shown under another schema: columns matched by identity, absent ones NULL, values in the type shown.
pub(super) fn under(shown: &Schema, schema: &Schema, row: &Row) -> Row {
    shown
        .shown()
        .map(|at| {
            let column = &shown.columns[at];
            let from = schema.position(&column.identity);
            let value = from.and_then(|at| row.get(at)).cloned().unwrap_or_default();
            match from {
                Some(from) if schema.columns[from].column_type.kind != column.column_type.kind => {
                    converted(&value, &column.column_type)
                }
                _ => value,
            }
        })
        .collect()
}

/// A value in another type; NULL where it has no form there.
pub(super) fn converted(value: &Value, to: &crate::value::ColumnType) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    if to.is_integer() {
        let text = value.to_text().unwrap_or_default();
        let whole = text.trim();
        let unsigned = to.unsigned;
        let parsed = match unsigned {
            true => whole.parse::<u64>().ok().map(Value::UInt),
            false => whole.parse::<i64>().ok().map(Value::Int),
        };
        let (low, high) = integer_range(to);
        return match parsed {
            Some(Value::Int(number)) if i128::from(number) >= low && i128::from(number) <= high => {
                Value::Int(number)
            }
            Some(Value::UInt(number)) if i128::from(number) <= high => Value::UInt(number),
            Some(_) => Value::Null,
            None => Value::Null,
        };
    }
    value.cast(to)
}

/// The least and the greatest value of an integer type.
fn integer_range(to: &crate::value::ColumnType) -> (i128, i128) {
    use crate::value::TypeKind;
    let bits = match to.kind {
        TypeKind::TinyInt => 8,
        TypeKind::SmallInt => 16,
        TypeKind::MediumInt => 24,
        TypeKind::Int => 32,
        _ => 64,
    };
    match to.unsigned {
        true => (0, (1 << bits) - 1),
        false => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    }
}
