//! Key values as bytes whose order is the order of the values.
//!
//! | value | bytes |
//! |---|---|
//! | NULL (in no primary key; a bound only) | none |
//! | integer | 8, big-endian; the sign bit of a signed one flipped |
//! | FLOAT, DOUBLE | 4 or 8, big-endian, of the IEEE bits: all flipped if negative, else the sign bit |
//! | DECIMAL | sign (00, 01 for zero, 02), then exponent (4 bytes) and digits ended by 00, complemented if negative |
//! | text (UTF-8), bytes, JSON | each 00 as 00 FF, ended by 00 00 |
//! | DATE | year (2), month, day |
//! | DATETIME, TIMESTAMP | as DATE, then microseconds of the day (8) |
//! | TIME | microseconds, as a signed integer |

use twox_hash::XxHash3_128;

use super::{Class, class};
use crate::value::{ColumnType, Date, Value};

/// Returns the 16 bytes of xxh3-128, big-endian: the key of a keyless row.
pub(super) fn hash(object: &[u8]) -> Vec<u8> {
    XxHash3_128::oneshot(object).to_be_bytes().to_vec()
}

/// Appends one key value. A value of another kind than its column's is encoded by its own kind.
pub(super) fn push(out: &mut Vec<u8>, value: &Value, column_type: &ColumnType) {
    match value {
        Value::Null => {}
        Value::Int(number) => integer(out, i128::from(*number), column_type),
        Value::UInt(number) => integer(out, i128::from(*number), column_type),
        Value::Decimal(decimal) => self::decimal(out, &decimal.0),
        Value::Float(number) if class(column_type) == Class::Double => {
            double(out, f64::from(*number))
        }
        Value::Float(number) => {
            let bits = number.to_bits();
            let ordered = if bits >> 31 == 1 {
                !bits
            } else {
                bits | 1 << 31
            };
            out.extend(ordered.to_be_bytes());
        }
        Value::Double(number) => double(out, *number),
        Value::Text(text) | Value::Json(text) => escaped(out, text.as_bytes()),
        Value::Bytes(bytes) => escaped(out, bytes),
        Value::Date(date) => self::date(out, date),
        Value::DateTime(moment) => {
            date(out, &moment.date);
            out.extend(moment.micros.to_be_bytes());
        }
        Value::Time(time) => signed(out, time.micros),
    }
}

fn integer(out: &mut Vec<u8>, number: i128, column_type: &ColumnType) {
    let unsigned = class(column_type) == Class::Unsigned;
    match (unsigned, u64::try_from(number), i64::try_from(number)) {
        (true, Ok(number), _) => out.extend(number.to_be_bytes()),
        (false, _, Ok(number)) => signed(out, number),
        _ if number < 0 => {}
        _ => out.extend([0xFF; 9]),
    }
}

fn signed(out: &mut Vec<u8>, number: i64) {
    out.extend((number.cast_unsigned() ^ 1 << 63).to_be_bytes());
}

fn double(out: &mut Vec<u8>, number: f64) {
    let bits = number.to_bits();
    let ordered = if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    };
    out.extend(ordered.to_be_bytes());
}

fn date(out: &mut Vec<u8>, date: &Date) {
    out.extend(date.year.to_be_bytes());
    out.extend([date.month, date.day]);
}

fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        out.push(byte);
        if byte == 0 {
            out.push(0xFF);
        }
    }
    out.extend([0, 0]);
}

fn decimal(out: &mut Vec<u8>, number: &bigdecimal::BigDecimal) {
    let (digits, scale) = number.as_bigint_and_exponent();
    let text = digits.to_string();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    let point = i64::try_from(digits.len())
        .unwrap_or(i64::MAX)
        .saturating_sub(scale);
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        out.push(1);
        return;
    }
    let exponent = i32::try_from(point).unwrap_or(if point < 0 { i32::MIN } else { i32::MAX });
    let mut magnitude = (exponent.cast_unsigned() ^ 1 << 31).to_be_bytes().to_vec();
    magnitude.extend(digits.as_bytes());
    magnitude.push(0);
    if negative {
        out.push(0);
        out.extend(magnitude.iter().map(|byte| !byte));
    } else {
        out.push(2);
        out.extend(magnitude);
    }
}
