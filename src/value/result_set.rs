//! What a statement gives back: rows under typed columns, or counts.

use super::{ColumnType, Value};

/// A column of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name a client sees.
    pub name: String,
    /// Static type of the column.
    pub column_type: ColumnType,
}

/// Rows under typed columns; every row has one value per field.
#[derive(Debug, Clone, Default)]
pub struct ResultSet {
    /// The columns.
    pub fields: Vec<Field>,
    /// The rows, in the order in which they were produced.
    pub rows: Vec<Vec<Value>>,
}

/// The outcome of one statement, as MySQL's protocol tells it.
#[derive(Debug, Clone, Default)]
pub struct QueryResult {
    /// Present for statements that return rows (an empty result set is `Some` with fields and no rows).
    pub rows: Option<ResultSet>,
    /// Rows inserted, deleted or really changed.
    pub affected_rows: u64,
    /// First generated AUTO_INCREMENT value, 0 if none.
    pub insert_id: u64,
    /// MySQL's info line: `Rows matched: 1  Changed: 1  Warnings: 0`, `Records: 2  Duplicates: 0  Warnings: 0`.
    pub info: Option<String>,
    /// Warnings as (errno, message).
    pub warnings: Vec<(u16, String)>,
}
