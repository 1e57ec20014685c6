//! A column's DEFAULT as its type holds it: numbers rounded to the scale, members spelt as declared, dates normalised.
//!
//! SHOW CREATE TABLE prints the default as the stored value, whatever was written (MySQL manual, "Data Type Default
//! Values"). A literal that the type cannot hold is refused as MySQL's strict mode refuses it. Zero dates are kept:
//! whether they are allowed depends on the session that wrote them.

use super::DefinitionError;
use super::column::is_large;
use crate::sql::ddl::ColumnDefault;
use crate::value::{ColumnType, Date, DateTime, Decimal, Time, TypeKind, Value};

/// Returns the canonical form of a default other than NULL; `column_type` is canonical.
pub(super) fn canonical(
    column: &str,
    column_type: &ColumnType,
    written: &ColumnDefault,
) -> Result<ColumnDefault, DefinitionError> {
    let invalid = || DefinitionError::InvalidDefault {
        column: column.to_owned(),
    };
    match written {
        ColumnDefault::Expression(_) => Ok(written.clone()),
        ColumnDefault::CurrentTimestamp(digits) => {
            let temporal = matches!(column_type.kind, TypeKind::Timestamp | TypeKind::DateTime);
            let fits = temporal && u32::from(*digits) == column_type.length.unwrap_or(0);
            fits.then(|| written.clone()).ok_or_else(invalid)
        }
        _ if is_large(column_type.kind) => Err(DefinitionError::BlobDefault {
            column: column.to_owned(),
        }),
        ColumnDefault::Null => Ok(ColumnDefault::Null),
        ColumnDefault::Literal(text) => literal(column_type, text).ok_or_else(invalid),
        ColumnDefault::Bare(text) => {
            let text = match text.as_str() {
                "true" => "1",
                "false" => "0",
                number => number,
            };
            literal(column_type, text).ok_or_else(invalid)
        }
        ColumnDefault::Bits(digits) => {
            let value = bits_value(digits).ok_or_else(invalid)?;
            match column_type.kind {
                TypeKind::Bit => bits(column_type, value).ok_or_else(invalid),
                kind if is_number(kind) => {
                    literal(column_type, &value.to_string()).ok_or_else(invalid)
                }
                _ => bytes(column_type, trimmed_bytes(value)).ok_or_else(invalid),
            }
        }
        ColumnDefault::Hex(value) => match column_type.kind {
            kind if kind == TypeKind::Bit || is_number(kind) => {
                let number = bytes_value(value).ok_or_else(invalid)?;
                literal(column_type, &number.to_string()).ok_or_else(invalid)
            }
            _ => bytes(column_type, value.clone()).ok_or_else(invalid),
        },
    }
}

fn is_number(kind: TypeKind) -> bool {
    kind.is_numeric() && kind != TypeKind::Year
}

/// Returns the literal as the type stores it; `None` if the type cannot hold it.
fn literal(column_type: &ColumnType, text: &str) -> Option<ColumnDefault> {
    let trimmed = text.trim();
    let digits = column_type.length.unwrap_or(0);
    let stored = match column_type.kind {
        kind if kind.is_integer() => integer(column_type, trimmed)?,
        TypeKind::Decimal => decimal(column_type, trimmed)?,
        TypeKind::Float | TypeKind::Double => float(column_type, trimmed)?,
        TypeKind::Bit => return bits(column_type, trimmed.parse().ok()?),
        TypeKind::Char | TypeKind::VarChar | TypeKind::Binary | TypeKind::VarBinary => {
            return bytes(column_type, text.as_bytes().to_vec());
        }
        TypeKind::Enum => member(column_type, text)?.to_owned(),
        TypeKind::Set => set(column_type, text)?,
        TypeKind::Year => year(trimmed)?,
        TypeKind::Date => Date::parse(trimmed)?.to_string(),
        TypeKind::Time => {
            let time = Time::parse(trimmed)?.round(digits);
            time.is_in_range().then(|| time.print(digits))?
        }
        TypeKind::DateTime | TypeKind::Timestamp => {
            DateTime::parse(trimmed)?.round(digits)?.print(digits)
        }
        _ => text.to_owned(),
    };
    Some(ColumnDefault::Literal(stored))
}

fn integer(column_type: &ColumnType, text: &str) -> Option<String> {
    let (least, most) = column_type.integer_range()?;
    let rounded = Decimal::parse(text)?.round(0).ok()?.to_string();
    let value: i128 = rounded.parse().ok()?;
    let width = column_type.length.unwrap_or(0);
    (least <= value && value <= most).then(|| filled(column_type, value.to_string(), width))
}

fn decimal(column_type: &ColumnType, text: &str) -> Option<String> {
    let (precision, scale) = (column_type.length?, column_type.scale?);
    let value = Decimal::parse(text)?;
    if !value.fits(precision, scale) || (value.is_negative() && column_type.unsigned) {
        return None;
    }
    let rounded = value.round(i32::try_from(scale).ok()?).ok()?;
    Some(filled(
        column_type,
        rounded.to_string(),
        precision + u32::from(scale > 0),
    ))
}

/// Left-pads with zeros to the display width where the column is ZEROFILL.
fn filled(column_type: &ColumnType, digits: String, width: u32) -> String {
    if column_type.zerofill {
        format!("{digits:0>width$}", width = width.min(255) as usize)
    } else {
        digits
    }
}

fn float(column_type: &ColumnType, text: &str) -> Option<String> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    if column_type.unsigned && value < 0.0 {
        return None;
    }
    if let (Some(precision), Some(scale)) = (column_type.length, column_type.scale) {
        let limit = 10_f64.powi(i32::try_from(precision.saturating_sub(scale)).ok()?);
        return (value.abs() < limit).then(|| format!("{value:.*}", scale.min(30) as usize));
    }
    let stored = match column_type.kind {
        TypeKind::Double => Value::Double(value),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "FLOAT rounds; overflow is refused"
        )]
        _ => Value::Float(Some(value as f32).filter(|value| value.is_finite())?),
    };
    stored.to_text().map(|text| text.into_owned())
}

fn bits_value(digits: &str) -> Option<u64> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        Some(0)
    } else {
        u64::from_str_radix(digits, 2).ok()
    }
}

fn bytes_value(value: &[u8]) -> Option<u64> {
    let start = value
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(value.len());
    let significant = &value[start..];
    (significant.len() <= 8).then(|| {
        significant
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    })
}

fn trimmed_bytes(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    bytes[start..].to_vec()
}

fn bits(column_type: &ColumnType, value: u64) -> Option<ColumnDefault> {
    let width = column_type.length.unwrap_or(1);
    (width >= 64 || value >> width == 0).then(|| ColumnDefault::Bits(format!("{value:b}")))
}

/// Returns a byte or character string, cut and padded as the type does: text where it is text, bytes where it is not.
fn bytes(column_type: &ColumnType, mut value: Vec<u8>) -> Option<ColumnDefault> {
    let length = column_type.length.unwrap_or(1) as usize;
    let binary = matches!(column_type.kind, TypeKind::Binary | TypeKind::VarBinary);
    if binary {
        if value.len() > length {
            return None;
        }
        if column_type.kind == TypeKind::Binary {
            value.resize(length, 0);
        }
    }
    let text = match String::from_utf8(value) {
        Ok(text) => text,
        Err(error) => return Some(ColumnDefault::Hex(error.into_bytes())),
    };
    if binary {
        return Some(ColumnDefault::Literal(text));
    }
    let text = if column_type.kind == TypeKind::Char {
        text.trim_end_matches(' ').to_owned()
    } else {
        text
    };
    let characters = text.chars().count();
    if characters <= length {
        return Some(ColumnDefault::Literal(text));
    }
    let kept: String = text.chars().take(length).collect();
    text[kept.len()..]
        .chars()
        .all(|character| character == ' ')
        .then_some(ColumnDefault::Literal(kept))
}

/// Finds a member as the collation compares: case aside unless it is binary or case-sensitive.
fn member<'a>(column_type: &'a ColumnType, text: &str) -> Option<&'a str> {
    let text = text.trim_end_matches(' ');
    let exact = column_type.members.iter().find(|member| *member == text);
    let sensitive = column_type
        .collation
        .as_deref()
        .is_some_and(|name| !name.ends_with("_ci"));
    let folded = || {
        let lower = text.to_lowercase();
        column_type
            .members
            .iter()
            .find(|member| !sensitive && member.to_lowercase() == lower)
    };
    exact.or_else(folded).map(String::as_str)
}

fn set(column_type: &ColumnType, text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let chosen = text
        .split(',')
        .map(|part| member(column_type, part))
        .collect::<Option<Vec<_>>>()?;
    let ordered: Vec<_> = column_type
        .members
        .iter()
        .map(String::as_str)
        .filter(|member| chosen.contains(member))
        .collect();
    Some(ordered.join(","))
}

/// Reads a YEAR: four digits from 1901 to 2155, `0000`, or one or two digits of the window 1970–2069.
fn year(text: &str) -> Option<String> {
    let value: u16 = text.parse().ok()?;
    let year = match (value, text.len()) {
        (0, 4) => 0,
        (0..=69, 1 | 2) => 2000 + value,
        (70..=99, 2) => 1900 + value,
        (1901..=2155, _) => value,
        _ => return None,
    };
    Some(format!("{year:04}"))
}
