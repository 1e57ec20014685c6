//! A state of the database, and a table in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Warnings;
use super::reader::Reader;
use crate::catalog::Table;
use crate::relation::{Row, Schema};
use crate::store::{CommitId, Revision, TreeId};
use crate::value::{ColumnType, DateTime, TypeKind, Value};

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
    /// The name under which it was created.
    pub(super) identity: String,
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

/// A row of a version shown under another schema: columns matched by identity, absent ones NULL, values in the type shown;
/// those that have no form there are NULL too, and a warning says so.
pub(super) fn under(shown: &Schema, schema: &Schema, row: &Row, warnings: &Warnings) -> Row {
    shown
        .shown()
        .map(|at| {
            let column = &shown.columns[at];
            let Some(from) = schema.position(&column.identity) else {
                return Value::Null;
            };
            let value = row.get(from).cloned().unwrap_or_default();
            let old = &schema.columns[from].column_type;
            let new = &column.column_type;
            if value.is_null() || (old.kind, old.length) == (new.kind, new.length) {
                return value;
            }
            let told = |number: u16, text: String| {
                warnings.push(number, text);
                Value::Null
            };
            let shown = || value.to_text().unwrap_or_default().into_owned();
            match converted(&value, new) {
                Conversion::Fits(value) => value,
                Conversion::TooLarge => told(
                    1292,
                    format!("Truncated {} value: {}", Reader::type_text(new), shown()),
                ),
                Conversion::Impossible => told(
                    1105,
                    format!(
                        "unable to coerce value from field '{}' into latest column schema",
                        column.name
                    ),
                ),
            }
        })
        .collect()
}

/// What becomes of a value in another type.
enum Conversion {
    Fits(Value),
    /// It is of the kind, but out of range or too long.
    TooLarge,
    Impossible,
}

fn converted(value: &Value, to: &ColumnType) -> Conversion {
    if to.is_integer() {
        let text = value.to_text().unwrap_or_default();
        let (least, greatest) = integer_range(to);
        return match text.trim().parse::<i128>() {
            Err(_) => Conversion::Impossible,
            Ok(number) if number < least || number > greatest => Conversion::TooLarge,
            Ok(number) => Conversion::Fits(match to.unsigned {
                true => Value::UInt(u64::try_from(number).unwrap_or(u64::MAX)),
                false => Value::Int(i64::try_from(number).unwrap_or(i64::MAX)),
            }),
        };
    }
    let is_text = matches!(to.kind, TypeKind::Char | TypeKind::VarChar);
    if let (true, Some(length)) = (is_text, to.length) {
        let text = value.to_text().unwrap_or_default();
        let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        return match count > length {
            true => Conversion::TooLarge,
            false => Conversion::Fits(Value::Text(text.into_owned())),
        };
    }
    match value.cast(to) {
        Value::Null => Conversion::Impossible,
        value => Conversion::Fits(value),
    }
}

/// The least and the greatest value of an integer type.
fn integer_range(to: &ColumnType) -> (i128, i128) {
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
