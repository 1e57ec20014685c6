//! SQL values and their types: what a cell holds, whatever stores, hashes, compares or prints it.
//!
//! A [`Value`] is exact: unsigned 64-bit integers, decimals of 65 digits, zero dates and times beyond 24 hours are
//! kept as MySQL keeps them. Its [`Ord`] is a total order (NULL first, then by kind, then by value; text by code
//! point), the order in which keys are stored; MySQL's own comparisons, which depend on types and collations, are in
//! [`convert`] and [`collation`].

pub mod collation;
mod column_type;
pub mod convert;
mod decimal;
mod order;
mod query_type;
mod result_set;
mod temporal;
mod text;
pub mod uca;

pub use column_type::{ColumnType, TypeKind};
pub use decimal::{Decimal, DecimalOverflow};
pub use query_type::{query_type_name, query_type_number};
pub use result_set::{Field, QueryResult, ResultSet};
pub use temporal::{Date, DateTime, Time};
pub use text::{float_text, go_quote};

/// One cell.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// SQL NULL.
    #[default]
    Null,
    /// A signed integer (TINYINT … BIGINT, also YEAR).
    Int(i64),
    /// An unsigned integer (… UNSIGNED).
    UInt(u64),
    /// An exact number with its scale: `1.10` stays `1.10`.
    Decimal(Decimal),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// A character string of any charset, as Unicode; also a member of an ENUM or SET.
    Text(String),
    /// A byte string: BINARY, VARBINARY, BLOB, BIT (big-endian), and literals `x'…'`.
    Bytes(Vec<u8>),
    /// DATE.
    Date(Date),
    /// DATETIME and TIMESTAMP.
    DateTime(DateTime),
    /// TIME.
    Time(Time),
    /// JSON, as the text that MySQL prints.
    Json(String),
}

impl Value {
    /// Tells whether this is SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::UInt(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
