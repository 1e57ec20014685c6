//! How values of each MySQL type are held in SQLite: exact, and ordered as MySQL orders them.
//!
//! | type | form |
//! |---|---|
//! | integers, YEAR | INTEGER |
//! | unsigned integers and BIT above 2⁶³−1 | BLOB of 8 bytes, big-endian: sorts after every INTEGER, so order and equality hold across both forms and against signed integers |
//! | DECIMAL | BLOB, see [`number::encode_decimal`] |
//! | FLOAT, DOUBLE | REAL |
//! | CHAR, VARCHAR, TEXT | TEXT under a registered collation |
//! | BINARY, VARBINARY, BLOB | BLOB |
//! | ENUM, SET | INTEGER: index, bit mask |
//! | DATE | INTEGER `yyyymmdd`, zero dates included |
//! | DATETIME, TIMESTAMP | INTEGER `yyyymmdd` × 86,400,000,000 + microseconds of the day |
//! | TIME | INTEGER, signed microseconds |
//! | JSON | TEXT as MySQL prints it, under the `json` collation |
//!
//! Columns are declared without a type, so SQLite's affinities convert nothing; the form of an expression's value
//! follows from its static type alone.

use rusqlite::types::{Value as Stored, ValueRef};

use super::collation::Collation;
use super::number;
use super::types::{Family, Origin, Strength, Type};
use crate::value::{ColumnType, Date, DateTime, Decimal, Time, TypeKind, Value};

/// A type as a number: what a registered function is told about each argument and about its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(pub(super) i64);

const KINDS: [TypeKind; 20] = [
    TypeKind::Null,
    TypeKind::BigInt,
    TypeKind::Year,
    TypeKind::Decimal,
    TypeKind::Float,
    TypeKind::Double,
    TypeKind::Bit,
    TypeKind::VarChar,
    TypeKind::VarBinary,
    TypeKind::Date,
    TypeKind::Time,
    TypeKind::DateTime,
    TypeKind::Json,
    TypeKind::Enum,
    TypeKind::Set,
    TypeKind::TinyInt,
    TypeKind::SmallInt,
    TypeKind::MediumInt,
    TypeKind::Int,
    TypeKind::Char,
];

impl Tag {
    /// Returns the tag of a type.
    pub(super) fn of(ty: &Type) -> Self {
        let kind = match ty.family() {
            Family::Bytes => TypeKind::VarBinary,
            Family::Text if ty.column.kind != TypeKind::Char => TypeKind::VarChar,
            Family::DateTime => TypeKind::DateTime,
            _ => ty.column.kind,
        };
        let code = KINDS.iter().position(|known| *known == kind).unwrap_or(0);
        let code = i64::try_from(code).unwrap_or(0);
        let origin = match ty.origin {
            Origin::Other => 0,
            Origin::Truth => 1,
            Origin::BitLiteral => 2,
        };
        let argument = if ty.family() == Family::Bit {
            ty.column.length.unwrap_or(1)
        } else {
            ty.scale()
        };
        Self(
            code | i64::from(ty.column.unsigned) << 8
                | origin << 9
                | i64::from(ty.collation.code()) << 12
                | i64::from(argument) << 24,
        )
    }

    /// The kind (blobs are VARBINARY here, texts VARCHAR).
    pub(super) fn kind(self) -> TypeKind {
        usize::try_from(self.0 & 0xFF)
            .ok()
            .and_then(|code| KINDS.get(code).copied())
            .unwrap_or(TypeKind::Null)
    }

    /// Unsigned?
    pub(super) fn is_unsigned(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// What the expression is besides its kind.
    pub(super) fn origin(self) -> Origin {
        match self.0 >> 9 & 0x3 {
            1 => Origin::Truth,
            2 => Origin::BitLiteral,
            _ => Origin::Other,
        }
    }

    /// The collation of text.
    pub(super) fn collation(self) -> Collation {
        Collation::from_code(u16::try_from(self.0 >> 12 & 0xFFF).unwrap_or(0))
    }

    /// Digits after the point or of the second; bits of BIT.
    pub(super) fn scale(self) -> u32 {
        u32::try_from(self.0 >> 24 & 0xFFFF).unwrap_or(0)
    }

    /// The family of the kind.
    pub(super) fn family(self) -> Family {
        Type {
            column: ColumnType::new(self.kind()),
            collation: Collation::BINARY,
            strength: Strength::Numeric,
            origin: Origin::Other,
        }
        .family()
    }
}

/// Microseconds of a day.
pub(super) const DAY: u64 = 86_400_000_000;

/// Holds an unsigned integer.
pub(super) fn encode_unsigned(value: u64) -> Stored {
    i64::try_from(value).map_or_else(
        |_| Stored::Blob(value.to_be_bytes().to_vec()),
        Stored::Integer,
    )
}

/// Holds a date.
fn encode_date(date: Date) -> i64 {
    i64::try_from(date.to_number()).unwrap_or(0)
}

fn decode_date(stored: i64) -> Date {
    let part = |number: i64| u8::try_from(number).unwrap_or(0);
    Date {
        year: u16::try_from(stored / 10_000).unwrap_or(0),
        month: part(stored / 100 % 100),
        day: part(stored % 100),
    }
}

/// Holds a value in the form of its own kind; an ENUM's or SET's text becomes a number only in [`encode_column`].
pub(super) fn encode(value: &Value) -> Stored {
    let day = i64::try_from(DAY).unwrap_or(i64::MAX);
    match value {
        Value::Null => Stored::Null,
        Value::Int(number) => Stored::Integer(*number),
        Value::UInt(number) => encode_unsigned(*number),
        Value::Decimal(decimal) => Stored::Blob(number::encode_decimal(decimal)),
        Value::Float(number) => Stored::Real(f64::from(*number)),
        Value::Double(number) => Stored::Real(*number),
        Value::Text(text) | Value::Json(text) => Stored::Text(text.clone()),
        Value::Bytes(bytes) => Stored::Blob(bytes.clone()),
        Value::Date(date) => Stored::Integer(encode_date(*date)),
        Value::DateTime(value) => Stored::Integer(
            encode_date(value.date) * day + i64::try_from(value.micros).unwrap_or(0),
        ),
        Value::Time(time) => Stored::Integer(time.micros),
    }
}

/// Holds a value of a column: as [`encode`], with ENUM, SET and BIT as numbers. The value must be of the column's type.
pub(super) fn encode_column(value: &Value, column: &ColumnType) -> Stored {
    match (column.kind, value) {
        (TypeKind::Enum, Value::Text(text)) => {
            let index = column
                .members
                .iter()
                .position(|member| member == text)
                .map_or(0, |index| index + 1);
            Stored::Integer(i64::try_from(index).unwrap_or(0))
        }
        (TypeKind::Set, Value::Text(text)) => {
            let mask = text
                .split(',')
                .filter_map(|name| column.members.iter().position(|member| member == name))
                .fold(0u64, |mask, index| mask | 1 << index.min(63));
            encode_unsigned(mask)
        }
        (TypeKind::Bit, Value::Bytes(bytes)) => encode_unsigned(bits_of(bytes)),
        _ => encode(value),
    }
}

/// Reads the last eight bytes as a number.
pub(super) fn bits_of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Reads a value by its tag. ENUM and SET come back as numbers, see [`decode_column`].
pub(super) fn decode(stored: ValueRef<'_>, tag: Tag) -> Value {
    match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => decode_integer(number, tag),
        ValueRef::Real(number) => match tag.kind() {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "a FLOAT was widened to be stored"
            )]
            TypeKind::Float => Value::Float(number as f32),
            _ => Value::Double(number),
        },
        ValueRef::Text(text) => match tag.family() {
            Family::Bytes => Value::Bytes(text.to_vec()),
            Family::Json => Value::Json(String::from_utf8_lossy(text).into_owned()),
            _ => Value::Text(String::from_utf8_lossy(text).into_owned()),
        },
        ValueRef::Blob(bytes) => match tag.family() {
            Family::Decimal => number::decode_decimal(bytes)
                .map_or(Value::Null, |value| Value::Decimal(rounded(&value, tag))),
            Family::Integer | Family::Set => Value::UInt(bits_of(bytes)),
            Family::Bit => bit_string(bits_of(bytes), tag.scale()),
            Family::Text | Family::Enum => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
            _ => Value::Bytes(bytes.to_vec()),
        },
    }
}

fn decode_integer(stored: i64, tag: Tag) -> Value {
    let day = i64::try_from(DAY).unwrap_or(i64::MAX);
    match tag.family() {
        Family::Date => Value::Date(decode_date(stored)),
        Family::DateTime => Value::DateTime(DateTime {
            date: decode_date(stored.div_euclid(day)),
            micros: u64::try_from(stored.rem_euclid(day)).unwrap_or(0),
        }),
        Family::Time => Value::Time(Time { micros: stored }),
        #[allow(clippy::cast_precision_loss, reason = "a double is what the type says")]
        Family::Float => Value::Double(stored as f64),
        Family::Decimal => Value::Decimal(rounded(&Decimal::from(stored), tag)),
        Family::Bit => bit_string(u64::try_from(stored).unwrap_or(0), tag.scale()),
        Family::Enum | Family::Set => Value::UInt(u64::try_from(stored).unwrap_or(0)),
        _ if tag.is_unsigned() => Value::UInt(u64::try_from(stored).unwrap_or(0)),
        _ => Value::Int(stored),
    }
}

/// Shows exactly the digits of the type.
pub(super) fn rounded(value: &Decimal, tag: Tag) -> Decimal {
    let scale = i32::try_from(tag.scale()).unwrap_or(0);
    value.round(scale).unwrap_or_else(|_| value.clone())
}

fn bit_string(bits: u64, length: u32) -> Value {
    let bytes = length.clamp(1, 64).div_ceil(8) as usize;
    Value::Bytes(bits.to_be_bytes()[8 - bytes..].to_vec())
}

/// Reads a value of a type that may have members.
pub(super) fn decode_column(stored: ValueRef<'_>, ty: &Type) -> Value {
    let value = decode(stored, Tag::of(ty));
    match (ty.family(), value) {
        (Family::Enum, Value::UInt(index)) => Value::Text(enum_member(&ty.column.members, index)),
        (Family::Set, Value::UInt(mask)) => Value::Text(set_members(&ty.column.members, mask)),
        (_, value) => value,
    }
}

/// The member with a 1-based index; empty for index 0.
pub(super) fn enum_member(members: &[String], index: u64) -> String {
    usize::try_from(index)
        .ok()
        .and_then(|index| members.get(index.checked_sub(1)?))
        .cloned()
        .unwrap_or_default()
}

/// The members of a bit mask, comma-separated.
pub(super) fn set_members(members: &[String], mask: u64) -> String {
    let chosen = members
        .iter()
        .enumerate()
        .filter(|(index, _)| mask >> (*index).min(63) & 1 == 1);
    chosen
        .map(|(_, member)| member.as_str())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(value: &Value, ty: &ColumnType) -> Value {
        let ty = Type {
            column: ty.clone(),
            collation: Collation::BINARY,
            strength: Strength::Implicit,
            origin: Origin::Other,
        };
        let stored = encode_column(value, &ty.column);
        decode_column(ValueRef::from(&stored), &ty)
    }

    #[test]
    fn every_form_reads_back_exactly() {
        let unsigned = ColumnType {
            unsigned: true,
            ..ColumnType::new(TypeKind::BigInt)
        };
        let members = |kind| ColumnType {
            members: vec!["a".into(), "b".into(), "c".into()],
            ..ColumnType::new(kind)
        };
        let decimal = ColumnType {
            scale: Some(30),
            ..ColumnType::with_length(TypeKind::Decimal, 65)
        };
        let digits = Decimal::parse(&format!("{}.{}", "9".repeat(35), "1".repeat(30))).unwrap();
        let date = Date {
            year: 9999,
            month: 12,
            day: 31,
        };
        let cases = [
            (Value::UInt(u64::MAX), unsigned.clone()),
            (Value::UInt(7), unsigned),
            (Value::Int(i64::MIN), ColumnType::new(TypeKind::BigInt)),
            (Value::Decimal(digits), decimal),
            (Value::Float(1.1), ColumnType::new(TypeKind::Float)),
            (Value::Text("b".into()), members(TypeKind::Enum)),
            (Value::Text("a,c".into()), members(TypeKind::Set)),
            (
                Value::Bytes(vec![1, 255]),
                ColumnType::with_length(TypeKind::Bit, 9),
            ),
            (
                Value::Date(Date {
                    year: 0,
                    month: 0,
                    day: 0,
                }),
                ColumnType::new(TypeKind::Date),
            ),
            (
                Value::DateTime(DateTime {
                    date,
                    micros: DAY - 1,
                }),
                ColumnType::with_length(TypeKind::DateTime, 6),
            ),
            (
                Value::Time(Time {
                    micros: -Time::MAX.micros,
                }),
                ColumnType::new(TypeKind::Time),
            ),
            (
                Value::Json("{\"a\": 1}".into()),
                ColumnType::new(TypeKind::Json),
            ),
        ];
        for (value, ty) in cases {
            assert_eq!(format!("{:?}", back(&value, &ty)), format!("{value:?}"));
        }
    }
}
