//! Rows, keyed or keyless: the one form of everything versioned.
//!
//! A *keyed* relation maps primary keys to rows; a *keyless* one counts equal rows. Catalog entries are described as
//! relations ([`describe`]) and user tables are relations, so one diff, one merge and one renderer serve all.

pub mod describe;
pub mod encode;
mod table;

use std::ops::Bound;
use std::sync::Arc;

use crate::value::{ColumnType, Value};

pub use table::table_schema;

/// A column of a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Current name, as shown.
    pub name: String,
    /// The name it was created under; equal to `name` unless renamed. Columns of two revisions are matched by it.
    pub identity: String,
    /// Type.
    pub column_type: ColumnType,
    /// What the column is to a diff and to a renderer.
    pub role: Role,
}

impl Column {
    /// Returns a plain column, created under its current name.
    pub fn new(name: impl Into<String>, column_type: ColumnType) -> Self {
        let name = name.into();
        Self {
            identity: name.clone(),
            name,
            column_type,
            role: Role::Cell,
        }
    }
}

/// What a column is to a diff and to a renderer. Columns of user tables are cells; catalog relations keep the
/// identities of renamed things beside their names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// Shown and compared.
    #[default]
    Cell,
    /// Shown and compared, but computed by the database (a STORED generated column): never written.
    Generated,
    /// Compared, never shown: the identity of what a [`Role::Reference`] or [`Role::Name`] shows.
    Identity,
    /// Shown for the identity at this position: changed when the identity is, whatever the name.
    Reference(usize),
    /// Shown for the identity at this position, the row's own, and compared: another name is a rename.
    Name(usize),
}

/// Names, types and key of a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// `columns`, `column_vindexes`, … or `<keyspace>.<table>`.
    pub name: String,
    /// Columns in table order.
    pub columns: Vec<Column>,
    /// Positions of the primary key's columns, in key order; empty for a keyless relation.
    pub key: Vec<usize>,
}

impl Schema {
    /// Tells whether rows have a primary key.
    pub fn is_keyed(&self) -> bool {
        !self.key.is_empty()
    }

    /// Returns the positions of the columns to show, in table order.
    pub fn shown(&self) -> impl Iterator<Item = usize> {
        (0..self.columns.len()).filter(|&at| self.columns[at].role != Role::Identity)
    }

    /// Returns the positions of the columns that show the key, in key order.
    pub fn shown_key(&self) -> impl Iterator<Item = usize> {
        self.key.iter().map(|&key| {
            let shows = |column: &Column| matches!(column.role, Role::Reference(at) | Role::Name(at) if at == key);
            self.columns.iter().position(shows).unwrap_or(key)
        })
    }

    /// Returns the position of the column with this identity.
    pub fn position(&self, identity: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.identity == identity)
    }
}

/// A row: one value per column of its schema.
pub type Row = Vec<Value>;

/// Rows of a relation in memory: keyed ones in key order with count 1, keyless ones in the order of their encoding.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Names, types, key.
    pub schema: Arc<Schema>,
    /// Rows in canonical order; the count is 1 for keyed relations.
    pub rows: Vec<(Row, u64)>,
}

impl Relation {
    /// Returns a relation of rows given in any order.
    pub fn new(schema: Schema, mut rows: Vec<(Row, u64)>) -> Self {
        if rows.len() < 2 {
            return Self {
                schema: Arc::new(schema),
                rows,
            };
        }
        let layout = encode::Layout::new(&schema);
        if schema.is_keyed() {
            rows.sort_by_cached_key(|(row, _)| layout.key_bytes(row));
        } else {
            rows.sort_by_cached_key(|(row, _)| layout.content_key(row));
        }
        Self {
            schema: Arc::new(schema),
            rows,
        }
    }
}

/// What one tower reads of the other: rows by key, by range, or all, in canonical order with their cardinality.
pub trait RowSource {
    /// Returns the schema under which rows are given.
    fn schema(&self) -> &Schema;
    /// Returns the row with this primary key (one value per key column).
    ///
    /// # Errors
    /// When the source cannot be read.
    fn get(&self, key: &[Value]) -> Result<Option<Row>, SourceError>;
    /// Returns the rows between two keys, in canonical order. Bounds may hold a prefix of the key's columns.
    ///
    /// # Errors
    /// When the source cannot be read.
    fn range(
        &self,
        lower: Bound<&[Value]>,
        upper: Bound<&[Value]>,
    ) -> Result<RowIterator<'_>, SourceError>;
}

/// Rows with their cardinality.
pub type RowIterator<'a> = Box<dyn Iterator<Item = Result<(Row, u64), SourceError>> + 'a>;

/// Why rows could not be read: the place and the reason.
#[derive(Debug, thiserror::Error)]
#[error("cannot read rows of `{relation}`")]
pub struct SourceError {
    /// The relation.
    pub relation: String,
    /// The reason.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
