//! Static MySQL types: every expression has one before it runs, and the type says how its values are held in SQLite.
//!
//! Rules for combining types are those of MySQL's manual, "Type Conversion in Expression Evaluation", and of the
//! result types of `UNION`, `CASE` and `COALESCE` (`sql/item.cc`, `aggregate_type`).

use std::cmp::Ordering;

use super::collation::Collation;
use crate::sql::{SqlError, ddl};
use crate::value::{ColumnType, TypeKind, Value};

/// How strongly an expression holds to its collation; the stronger side of a comparison decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// A COLLATE clause.
    Explicit,
    /// A column.
    Implicit,
    /// A literal or what was computed from literals.
    Coercible,
    /// A number or date as text; NULL.
    Numeric,
}

/// What an expression is besides its kind. It holds of the expression itself: what is computed of it, and a column that
/// it fills, are [`Origin::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nothing that matters.
    Other,
    /// TRUE, FALSE, a comparison or a logical operation: a boolean in JSON.
    Truth,
    /// A hexadecimal or bit literal: bytes, and a number where one is wanted.
    BitLiteral,
}

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Type {
    /// Kind and arguments, as result metadata shows them.
    pub(super) column: ColumnType,
    /// Collation, of text.
    pub(super) collation: Collation,
    /// Strength of the collation.
    pub(super) strength: Strength,
    /// What it is besides.
    pub(super) origin: Origin,
}

/// Families of kinds that behave alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// NULL's own.
    Null,
    /// Integers, YEAR.
    Integer,
    /// BIT: a number that prints as bytes.
    Bit,
    /// DECIMAL.
    Decimal,
    /// FLOAT and DOUBLE.
    Float,
    /// CHAR, VARCHAR, TEXT.
    Text,
    /// BINARY, VARBINARY, BLOB.
    Bytes,
    /// ENUM.
    Enum,
    /// SET.
    Set,
    /// DATE.
    Date,
    /// DATETIME and TIMESTAMP.
    DateTime,
    /// TIME.
    Time,
    /// JSON.
    Json,
}

impl Family {
    /// DATE, DATETIME, TIMESTAMP or TIME.
    pub(super) fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::DateTime | Self::Time)
    }

    /// A number whatever its form.
    pub(super) fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Bit | Self::Decimal | Self::Float
        )
    }

    /// Text by nature: strings and the names of ENUM and SET members.
    pub(super) fn is_textual(self) -> bool {
        matches!(self, Self::Text | Self::Enum | Self::Set)
    }
}

impl Type {
    fn of(column: ColumnType) -> Self {
        Self {
            column,
            collation: Collation::DEFAULT,
            strength: Strength::Numeric,
            origin: Origin::Other,
        }
    }

    /// `BIGINT`.
    pub(super) fn integer() -> Self {
        Self::of(ColumnType::new(TypeKind::BigInt))
    }

    /// The type of a comparison.
    pub(super) fn boolean() -> Self {
        Self {
            origin: Origin::Truth,
            ..Self::of(ColumnType::with_length(TypeKind::BigInt, 1))
        }
    }

    /// `BIGINT UNSIGNED`.
    pub(super) fn unsigned() -> Self {
        Self::of(ColumnType {
            unsigned: true,
            ..ColumnType::new(TypeKind::BigInt)
        })
    }

    /// `DOUBLE`.
    pub(super) fn double() -> Self {
        Self::of(ColumnType::new(TypeKind::Double))
    }

    /// `DECIMAL(precision, scale)`, within MySQL's limits.
    pub(super) fn decimal(precision: u32, scale: u32) -> Self {
        let scale = scale.min(30);
        let precision = precision.clamp(scale.max(1), 65);
        Self::of(ColumnType {
            scale: Some(scale),
            ..ColumnType::with_length(TypeKind::Decimal, precision)
        })
    }

    /// `VARCHAR` in the default collation.
    pub(super) fn text() -> Self {
        Self {
            strength: Strength::Coercible,
            ..Self::of(ColumnType::new(TypeKind::VarChar))
        }
    }

    /// `VARBINARY`.
    pub(super) fn bytes() -> Self {
        Self {
            collation: Collation::BINARY,
            strength: Strength::Coercible,
            ..Self::of(ColumnType::new(TypeKind::VarBinary))
        }
    }

    /// The type of NULL.
    pub(super) fn null() -> Self {
        Self::of(ColumnType::new(TypeKind::Null))
    }

    /// `DATE`.
    pub(super) fn date() -> Self {
        Self::of(ColumnType::new(TypeKind::Date))
    }

    /// `DATETIME(digits)`.
    pub(super) fn datetime(digits: u32) -> Self {
        Self::of(ColumnType {
            length: (digits > 0).then_some(digits.min(6)),
            ..ColumnType::new(TypeKind::DateTime)
        })
    }

    /// `TIME(digits)`.
    pub(super) fn time(digits: u32) -> Self {
        Self::of(ColumnType {
            length: (digits > 0).then_some(digits.min(6)),
            ..ColumnType::new(TypeKind::Time)
        })
    }

    /// `JSON`.
    pub(super) fn json() -> Self {
        Self::of(ColumnType::new(TypeKind::Json))
    }

    /// The type of a literal.
    pub(super) fn of_literal(value: &Value) -> Self {
        let origin = match value {
            Value::Bytes(_) => Origin::BitLiteral,
            _ => Origin::Other,
        };
        Self {
            origin,
            ..Self::of_value(value)
        }
    }

    /// The type of a value that was computed or bound by the router.
    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::null(),
            Value::Int(number) => {
                let length = u32::try_from(number.to_string().len()).unwrap_or(20);
                Self::of(ColumnType::with_length(TypeKind::BigInt, length))
            }
            Value::UInt(_) => Self::unsigned(),
            Value::Decimal(decimal) => {
                Self::decimal(decimal.precision().max(decimal.scale()), decimal.scale())
            }
            Value::Float(_) => Self::of(ColumnType::new(TypeKind::Float)),
            Value::Double(_) => Self::double(),
            Value::Text(text) => {
                let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                Self {
                    strength: Strength::Coercible,
                    ..Self::of(ColumnType::with_length(TypeKind::VarChar, length))
                }
            }
            Value::Bytes(bytes) => {
                let mut ty = Self::bytes();
                ty.column.length = u32::try_from(bytes.len()).ok();
                ty
            }
            Value::Date(_) => Self::date(),
            Value::DateTime(value) => Self::datetime(fraction_digits(value.micros)),
            Value::Time(value) => Self::time(fraction_digits(value.micros.unsigned_abs())),
            Value::Json(_) => Self::json(),
        }
    }

    /// The type of a column, under its table's options.
    ///
    /// # Errors
    /// Where the collation is unknown, or the type is one the engine cannot store.
    pub(super) fn of_column(
        column: &ddl::Column,
        table: &ddl::CreateTable,
    ) -> Result<Self, SqlError> {
        let mut ty = Self {
            column: column.column_type.clone(),
            collation: Collation::DEFAULT,
            strength: Strength::Numeric,
            origin: Origin::Other,
        };
        match ty.family() {
            Family::Text | Family::Enum | Family::Set => {
                ty.collation = column_collation(&column.column_type, table)?;
                ty.strength = Strength::Implicit;
            }
            Family::Bytes => {
                ty.collation = Collation::BINARY;
                ty.strength = Strength::Implicit;
            }
            _ => {}
        }
        Ok(ty)
    }

    /// Which family the kind belongs to. Geometry and vectors are bytes here; tables of them are refused on creation.
    pub(super) fn family(&self) -> Family {
        match self.column.kind {
            TypeKind::Null => Family::Null,
            TypeKind::TinyInt
            | TypeKind::SmallInt
            | TypeKind::MediumInt
            | TypeKind::Int
            | TypeKind::BigInt
            | TypeKind::Year => Family::Integer,
            TypeKind::Decimal => Family::Decimal,
            TypeKind::Float | TypeKind::Double => Family::Float,
            TypeKind::Bit => Family::Bit,
            TypeKind::Char
            | TypeKind::VarChar
            | TypeKind::TinyText
            | TypeKind::Text
            | TypeKind::MediumText
            | TypeKind::LongText => Family::Text,
            TypeKind::Enum => Family::Enum,
            TypeKind::Set => Family::Set,
            TypeKind::Date => Family::Date,
            TypeKind::Time => Family::Time,
            TypeKind::DateTime | TypeKind::Timestamp => Family::DateTime,
            TypeKind::Json => Family::Json,
            _ => Family::Bytes,
        }
    }

    /// Digits after the point (decimals) or of the second (times); integers have none.
    pub(super) fn scale(&self) -> u32 {
        match self.family() {
            Family::Decimal => self.column.scale.unwrap_or(0),
            Family::DateTime | Family::Time => self.column.length.unwrap_or(0),
            _ => 0,
        }
    }

    /// Digits before the point of an exact number.
    pub(super) fn whole_digits(&self) -> u32 {
        match self.column.kind {
            TypeKind::Decimal => self
                .column
                .length
                .unwrap_or(10)
                .saturating_sub(self.scale()),
            TypeKind::TinyInt => 3,
            TypeKind::Year => 4,
            TypeKind::SmallInt => 5,
            TypeKind::MediumInt => 8,
            TypeKind::Int => 10,
            TypeKind::BigInt
                if self.strength == Strength::Numeric
                    && self.column.length.is_some_and(|length| length < 20) =>
            {
                self.column.length.unwrap_or(20)
            }
            _ => 20,
        }
    }

    /// This type of a value that passed through something else.
    pub(super) fn passed_on(mut self) -> Self {
        self.origin = Origin::Other;
        self
    }

    /// This text type without a length.
    pub(super) fn unbounded(mut self) -> Self {
        self.column.length = None;
        self
    }
}

/// The collation of a text column.
fn column_collation(column: &ColumnType, table: &ddl::CreateTable) -> Result<Collation, SqlError> {
    if let Some(name) = &column.collation {
        return Collation::named(name);
    }
    if let Some(charset) = &column.charset {
        return Collation::of_charset(charset);
    }
    let option = |name: &str| {
        table
            .options
            .iter()
            .rev()
            .find(|option| option.name == name)
    };
    if let Some(option) = option("COLLATE") {
        return Collation::named(&option.value);
    }
    option("CHARSET").map_or(Ok(Collation::DEFAULT), |option| {
        Collation::of_charset(&option.value)
    })
}

fn fraction_digits(micros: u64) -> u32 {
    if micros.is_multiple_of(1_000_000) {
        0
    } else {
        6
    }
}

/// Picks the collation of an operation on two strings.
///
/// # Errors
/// 1267 where both sides insist on different ones.
pub(super) fn combine_collations(a: &Type, b: &Type) -> Result<(Collation, Strength), SqlError> {
    match a.strength.cmp(&b.strength) {
        Ordering::Less => Ok((a.collation, a.strength)),
        Ordering::Greater => Ok((b.collation, b.strength)),
        Ordering::Equal if a.collation == b.collation => Ok((a.collation, a.strength)),
        Ordering::Equal if a.collation == Collation::BINARY || b.collation == Collation::BINARY => {
            Ok((Collation::BINARY, a.strength))
        }
        Ordering::Equal if a.strength > Strength::Explicit && a.collation.is_bin() => {
            Ok((a.collation, a.strength))
        }
        Ordering::Equal if b.strength > Strength::Explicit && b.collation.is_bin() => {
            Ok((b.collation, b.strength))
        }
        Ordering::Equal if a.strength >= Strength::Coercible => Ok((a.collation, a.strength)),
        Ordering::Equal => {
            let word = if a.strength == Strength::Explicit {
                "EXPLICIT"
            } else {
                "IMPLICIT"
            };
            Err(SqlError::new(
                1267,
                "HY000",
                format!(
                    "Illegal mix of collations ({},{word}) and ({},{word}) for operation '='",
                    a.collation.name(),
                    b.collation.name()
                ),
            ))
        }
    }
}

/// The common type of values that may come from either side (CASE, COALESCE, IF, UNION).
///
/// # Errors
/// Where collations do not mix.
pub(super) fn merge(a: &Type, b: &Type) -> Result<Type, SqlError> {
    common(a, b).map(Type::passed_on)
}

fn common(a: &Type, b: &Type) -> Result<Type, SqlError> {
    use Family::{Bit, Bytes, Date, DateTime, Decimal, Float, Integer, Json, Null, Text, Time};
    let (left, right) = (a.family(), b.family());
    Ok(match (left, right) {
        (Null, _) => b.clone(),
        (_, Null) => a.clone(),
        (Integer, Integer) => merge_integers(a, b),
        (Bit, Bit) => a.clone(),
        (Bit, Integer) | (Integer, Bit) => Type::unsigned(),
        (Decimal | Integer | Bit, Decimal | Integer | Bit) => {
            let scale = a.scale().max(b.scale());
            Type::decimal(a.whole_digits().max(b.whole_digits()) + scale, scale)
        }
        (Float, Float) if a.column.kind == b.column.kind => a.clone(),
        _ if left.is_numeric() && right.is_numeric() => Type::double(),
        (Date, Date) => Type::date(),
        (Time, Time) => Type::time(a.scale().max(b.scale())),
        (Date | DateTime | Time, Date | DateTime | Time) => {
            Type::datetime(a.scale().max(b.scale()))
        }
        (Json, Json) => Type::json(),
        (Bytes, _) | (_, Bytes) => merge_lengths(Type::bytes(), a, b),
        (Family::Enum | Family::Set, _) if a.column == b.column => a.clone(),
        _ => {
            let (collation, strength) = match (left.is_textual(), right.is_textual()) {
                (true, true) => combine_collations(a, b)?,
                (true, false) => (a.collation, a.strength),
                (false, true) => (b.collation, b.strength),
                (false, false) => (Collation::DEFAULT, Strength::Coercible),
            };
            let mut merged = merge_lengths(
                Type {
                    collation,
                    strength,
                    ..Type::text()
                },
                a,
                b,
            );
            if [left, right].contains(&Json) || [a, b].iter().any(|ty| is_long(ty)) {
                merged.column = ColumnType::new(TypeKind::LongText);
            }
            debug_assert!(merged.family() == Text, "anything else was matched above");
            merged
        }
    })
}

fn is_long(ty: &Type) -> bool {
    matches!(
        ty.column.kind,
        TypeKind::TinyText | TypeKind::Text | TypeKind::MediumText | TypeKind::LongText
    )
}

fn merge_lengths(mut ty: Type, a: &Type, b: &Type) -> Type {
    let length = |ty: &Type| match ty.family() {
        Family::Text | Family::Bytes => ty.column.length,
        _ => None,
    };
    ty.column.length = length(a).zip(length(b)).map(|(a, b)| a.max(b));
    ty
}

fn merge_integers(a: &Type, b: &Type) -> Type {
    if a.column == b.column {
        return a.clone();
    }
    let width = |ty: &Type| match ty.column.kind {
        TypeKind::TinyInt => 0,
        TypeKind::Year | TypeKind::SmallInt => 1,
        TypeKind::MediumInt => 2,
        TypeKind::Int => 3,
        _ => 4,
    };
    let wider = if width(a) >= width(b) { a } else { b };
    if a.column.unsigned == b.column.unsigned {
        let mut ty = wider.clone();
        ty.column.length = a.column.length.zip(b.column.length).map(|(a, b)| a.max(b));
        return ty;
    }
    let (signed, unsigned) = if a.column.unsigned { (b, a) } else { (a, b) };
    if width(unsigned) == 4 {
        Type::decimal(20, 0)
    } else if width(signed) > width(unsigned) {
        signed.clone()
    } else {
        Type::integer()
    }
}

/// The common type of many values; NULL's where there are none.
///
/// # Errors
/// As [`merge`].
pub(super) fn merge_all<'a>(types: impl IntoIterator<Item = &'a Type>) -> Result<Type, SqlError> {
    types
        .into_iter()
        .try_fold(Type::null(), |merged, ty| merge(&merged, ty))
}
