//! SQL values and their types: what a cell holds, whatever stores, hashes, compares or prints it.
//!
//! A [`Value`] is exact: unsigned 64-bit integers, decimals of 65 digits, zero dates and times beyond 24 hours are
//! kept as MySQL keeps them. Its [`Ord`] is a total order (NULL first, then by kind, then by value; text by code
//! point), the order in which keys are stored; MySQL's own comparisons, which depend on types and collations, are in
//! [`convert`] and [`collation`].

mod column_type;
mod decimal;
mod result_set;
mod temporal;

pub use column_type::{ColumnType, TypeKind};
pub use decimal::Decimal;
pub use result_set::{Field, QueryResult, ResultSet};
pub use temporal::{Date, DateTime, Time};

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
