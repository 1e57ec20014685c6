//! Canonical text of a row and canonical bytes of its key: what is hashed, cut into chunks and stored.
//!
//! Two laws hold. Equal rows have equal text, and parsing the text of a row under the same schema gives the row back.
//! The order of key bytes is the order of keys. `docs/format.md` freezes both forms.
//!
//! A keyed row is one JSON object; a keyless one is `[count,{…}]`. Object keys are column *identities*, the primary
//! key's in key order, then the others sorted; NULL cells are left out; integers and floats are JSON numbers, every
//! other value a JSON string. An object or array as a cell is reserved.
//!
//! ```
//! use vrev::relation::{Column, Schema, encode};
//! use vrev::value::{ColumnType, TypeKind, Value};
//!
//! let schema = Schema {
//!     name: "shop.item".into(),
//!     columns: vec![
//!         Column::new("label", ColumnType::new(TypeKind::VarChar)),
//!         Column::new("id", ColumnType::new(TypeKind::BigInt)),
//!     ],
//!     key: vec![1],
//! };
//! let row = vec![Value::Text("tea".into()), Value::Int(7)];
//! assert_eq!(encode::row_text(&schema, &row, 1), r#"{"id":7,"label":"tea"}"#);
//! assert_eq!(encode::key_bytes(&schema, &row), [0x80, 0, 0, 0, 0, 0, 0, 7]);
//! ```

mod key;
mod parse;
mod text;

use std::collections::BTreeMap;

use super::{Row, Schema};
use crate::value::{ColumnType, TypeKind, Value};

pub use parse::Error;
pub use text::cell_json;

/// A schema prepared for encoding and decoding many rows.
#[derive(Debug)]
pub struct Layout<'s> {
    schema: &'s Schema,
    /// Columns in the order of the text: position in the row, and `"identity":`.
    cells: Vec<(usize, String)>,
    /// Column position by identity.
    positions: BTreeMap<&'s str, usize>,
}

impl<'s> Layout<'s> {
    /// Prepares a schema.
    pub fn new(schema: &'s Schema) -> Self {
        let positions: BTreeMap<&str, usize> = schema
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| (column.identity.as_str(), at))
            .collect();
        let others = positions
            .values()
            .copied()
            .filter(|at| !schema.key.contains(at));
        let cells = schema.key.iter().copied().chain(others);
        let cells = cells
            .map(|at| (at, text::quoted(&schema.columns[at].identity) + ":"))
            .collect();
        Self {
            schema,
            cells,
            positions,
        }
    }

    /// Returns the canonical line of a row, without line end. `count` is written for keyless relations only.
    ///
    /// Values must be of their column's type, as the engine stores them; absent trailing values are NULL.
    pub fn row_text(&self, row: &Row, count: u64) -> String {
        let object = self.object(row);
        if self.schema.is_keyed() {
            object
        } else {
            format!("[{count},{object}]")
        }
    }

    /// Returns the bytes that order and identify a row: its primary key's, or the hash of a keyless row's object.
    ///
    /// Keyless rows whose hashes are equal are told apart, and ordered, by their text.
    pub fn key_bytes(&self, row: &Row) -> Vec<u8> {
        if !self.schema.is_keyed() {
            return key::hash(self.object(row).as_bytes());
        }
        let mut bytes = Vec::with_capacity(8 * self.schema.key.len());
        for &at in &self.schema.key {
            key::push(
                &mut bytes,
                row.get(at).unwrap_or(&Value::Null),
                &self.schema.columns[at].column_type,
            );
        }
        bytes
    }

    /// Returns what orders a row among keyless ones: the hash of its object, then the object itself. The object of a
    /// keyed schema has the key first, so keyed and keyless rows compare only under schemas without their keys.
    pub fn content_key(&self, row: &Row) -> (Vec<u8>, String) {
        let object = self.object(row);
        (key::hash(object.as_bytes()), object)
    }

    /// Reads a line back: the row, one value per column of the schema, and its count (1 for keyed relations).
    ///
    /// Columns absent from the line are NULL. A line written under another schema is read with that schema.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse_row(&self, line: &str) -> Result<(Row, u64), Error> {
        parse::row(self, line)
    }

    fn object(&self, row: &Row) -> String {
        let mut out = String::with_capacity(24 * self.cells.len());
        out.push('{');
        for (at, name) in &self.cells {
            let Some(value) = row.get(*at).filter(|value| !matches!(value, Value::Null)) else {
                continue;
            };
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(name);
            text::push_cell(&mut out, value, &self.schema.columns[*at].column_type);
        }
        out.push('}');
        out
    }
}

/// Returns the canonical line of a row; see [`Layout::row_text`].
pub fn row_text(schema: &Schema, row: &Row, count: u64) -> String {
    Layout::new(schema).row_text(row, count)
}

/// Reads a line back; see [`Layout::parse_row`].
///
/// # Errors
/// See [`Error`].
pub fn parse_row(schema: &Schema, line: &str) -> Result<(Row, u64), Error> {
    Layout::new(schema).parse_row(line)
}

/// Returns the bytes that order and identify a row; see [`Layout::key_bytes`].
pub fn key_bytes(schema: &Schema, row: &Row) -> Vec<u8> {
    if schema.is_keyed() {
        return key_prefix(
            schema,
            schema
                .key
                .iter()
                .map(|&at| row.get(at).unwrap_or(&Value::Null)),
        );
    }
    Layout::new(schema).key_bytes(row)
}

/// Returns the bytes with which the keys start that begin with these values, one per leading key column.
///
/// Exactly those keys start so: no key's encoding of the leading columns is a prefix of another's. For a keyless
/// relation nothing is returned, with which every key starts. An integer out of its column's range sorts before or
/// after every value of that column; NULL, which no primary key holds, is empty and sorts before them.
pub fn key_prefix_bytes(schema: &Schema, values: &[Value]) -> Vec<u8> {
    key_prefix(schema, values.iter())
}

fn key_prefix<'v>(schema: &Schema, values: impl Iterator<Item = &'v Value>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 * schema.key.len());
    for (value, &at) in values.zip(&schema.key) {
        key::push(&mut bytes, value, &schema.columns[at].column_type);
    }
    bytes
}

/// What a column type holds, as far as its encoding is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Signed,
    Unsigned,
    /// Digits after the point.
    Decimal(u32),
    Float,
    Double,
    Text,
    Bytes,
    Date,
    /// Fractional digits.
    DateTime(u32),
    /// Fractional digits.
    Time(u32),
    Json,
}

/// Returns the class of a type; the type of a bare NULL is text.
fn class(column_type: &ColumnType) -> Class {
    use TypeKind as Kind;
    let fraction = column_type.length.unwrap_or(0).min(6);
    match column_type.kind {
        Kind::TinyInt | Kind::SmallInt | Kind::MediumInt | Kind::Int | Kind::BigInt
            if column_type.unsigned =>
        {
            Class::Unsigned
        }
        Kind::TinyInt
        | Kind::SmallInt
        | Kind::MediumInt
        | Kind::Int
        | Kind::BigInt
        | Kind::Year => Class::Signed,
        Kind::Decimal => Class::Decimal(column_type.scale.unwrap_or(0)),
        Kind::Float => Class::Float,
        Kind::Double => Class::Double,
        Kind::Bit
        | Kind::Binary
        | Kind::VarBinary
        | Kind::TinyBlob
        | Kind::Blob
        | Kind::MediumBlob
        | Kind::LongBlob
        | Kind::Geometry
        | Kind::Point
        | Kind::LineString
        | Kind::Polygon
        | Kind::MultiPoint
        | Kind::MultiLineString
        | Kind::MultiPolygon
        | Kind::GeomCollection
        | Kind::Vector => Class::Bytes,
        Kind::Date => Class::Date,
        Kind::DateTime | Kind::Timestamp => Class::DateTime(fraction),
        Kind::Time => Class::Time(fraction),
        Kind::Json => Class::Json,
        Kind::Char
        | Kind::VarChar
        | Kind::TinyText
        | Kind::Text
        | Kind::MediumText
        | Kind::LongText
        | Kind::Enum
        | Kind::Set
        | Kind::Null => Class::Text,
    }
}

#[cfg(test)]
mod tests;
