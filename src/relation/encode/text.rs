//! One cell as a JSON token: numbers for integers and floats, strings as MySQL prints the value for the rest.
//!
//! The token depends on the value and the column's type alone, so equal values of one type have equal tokens.

use std::fmt::Write as _;

use super::{Class, class};
use crate::value::{ColumnType, Date, Value};

/// Returns a string as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Appends the token of a value that is not NULL (NULL gives `null`).
pub(super) fn push_cell(out: &mut String, value: &Value, column_type: &ColumnType) {
    match cell_text(value, column_type) {
        Cell::Null => out.push_str("null"),
        Cell::Number(text) => out.push_str(&text),
        Cell::String(text) => out.push_str(&quoted(&text)),
    }
}

/// Returns a cell as JSON, in the form that row texts have; NULL is `null`.
pub fn cell_json(value: &Value, column_type: &ColumnType) -> serde_json::Value {
    match cell_text(value, column_type) {
        Cell::Null => serde_json::Value::Null,
        Cell::Number(text) => {
            serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
        }
        Cell::String(text) => serde_json::Value::String(text),
    }
}

enum Cell {
    Null,
    Number(String),
    String(String),
}

fn cell_text(value: &Value, column_type: &ColumnType) -> Cell {
    let class = class(column_type);
    match value {
        Value::Null => Cell::Null,
        Value::Int(number) => integer(number, class),
        Value::UInt(number) => integer(number, class),
        Value::Float(number) if class == Class::Double => double(f64::from(*number)),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a FLOAT column holds no more"
        )]
        Value::Double(number) if class == Class::Float => float(*number as f32),
        Value::Float(number) => float(*number),
        Value::Double(number) => double(*number),
        Value::Decimal(number) => Cell::String(decimal(
            &number.0,
            if let Class::Decimal(scale) = class {
                scale
            } else {
                0
            },
        )),
        Value::Bytes(bytes) => Cell::String(hex(bytes)),
        Value::Text(text) if class == Class::Bytes => Cell::String(hex(text.as_bytes())),
        Value::Text(text) | Value::Json(text) => Cell::String(text.clone()),
        Value::Date(date) => Cell::String(self::date(date)),
        Value::DateTime(moment) => {
            let digits = if let Class::DateTime(digits) = class {
                digits
            } else {
                0
            };
            Cell::String(format!(
                "{} {}",
                date(&moment.date),
                clock(moment.micros, digits)
            ))
        }
        Value::Time(time) => {
            let digits = if let Class::Time(digits) = class {
                digits
            } else {
                0
            };
            let sign = if time.micros < 0 { "-" } else { "" };
            Cell::String(format!(
                "{sign}{}",
                clock(time.micros.unsigned_abs(), digits)
            ))
        }
    }
}

/// Integers are numbers wherever numbers are read back, else text.
fn integer(number: impl ToString, class: Class) -> Cell {
    match class {
        Class::Signed | Class::Unsigned | Class::Float | Class::Double => {
            Cell::Number(number.to_string())
        }
        _ => Cell::String(number.to_string()),
    }
}

/// Returns the shortest text that reads back as the same number. What JSON cannot say (and MySQL cannot hold) is text.
fn float(number: f32) -> Cell {
    match serde_json::to_string(&number) {
        Ok(text) if number.is_finite() => Cell::Number(text),
        _ => Cell::String(number.to_string()),
    }
}

fn double(number: f64) -> Cell {
    match serde_json::to_string(&number) {
        Ok(text) if number.is_finite() => Cell::Number(text),
        _ => Cell::String(number.to_string()),
    }
}

/// Returns plain digits with `scale` of them after the point, more only where the value has more.
fn decimal(number: &bigdecimal::BigDecimal, scale: u32) -> String {
    let number = number.normalized();
    let (_, needed) = number.as_bigint_and_exponent();
    number
        .with_scale(needed.max(i64::from(scale)))
        .to_plain_string()
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(out, "{byte:02x}").expect("writing to a string cannot fail");
    }
    out
}

fn date(date: &Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// Returns `hh:mm:ss` with `digits` of the fraction, more only where the value has more.
fn clock(micros: u64, digits: u32) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let mut out = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    let fraction = format!("{fraction:06}");
    let needed = fraction.trim_end_matches('0').len().max(digits as usize);
    if needed > 0 {
        out.push('.');
        out.push_str(&fraction[..needed]);
    }
    out
}
