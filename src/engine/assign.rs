//! Storing a value into a column: MySQL's strict conversion, with its errors.
//!
//! Follows MySQL 8.0's default SQL mode (strict, NO_ZERO_DATE, NO_ZERO_IN_DATE). Under INSERT IGNORE and UPDATE IGNORE
//! the nearest value is stored and the error becomes a warning.

use super::convert::Arg;
use super::error;
use super::session::Session;
use super::storage::bits_of;
use super::types::{Family, Type};
use crate::sql::SqlError;
use crate::value::convert::{Exactness, fit_decimal, text_to_decimal, text_to_f64};
use crate::value::{Date, DateTime, Time, TypeKind, Value};

/// Whether a bad value is refused or adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Refused.
    Strict,
    /// Adjusted, with a warning (IGNORE).
    Lenient,
}

/// Where a value goes, for error texts and warnings.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The table's name.
    pub(super) table: &'a str,
    /// The column's name.
    pub(super) column: &'a str,
    /// 1-based row of the statement.
    pub(super) row: usize,
    /// What becomes of bad values.
    pub(super) strictness: Strictness,
    /// Where warnings go.
    pub(super) session: &'a Session,
}

impl Place<'_> {
    /// The error, or the adjusted value with a warning.
    fn adjust(&self, error: SqlError, adjusted: Value) -> Result<Value, SqlError> {
        match self.strictness {
            Strictness::Strict => Err(error),
            Strictness::Lenient => {
                self.session.warn(error.errno, error.message);
                Ok(adjusted)
            }
        }
    }

    fn out_of_range(&self, adjusted: Value) -> Result<Value, SqlError> {
        self.adjust(error::out_of_range(self.column, self.row), adjusted)
    }

    fn too_long(&self, adjusted: Value) -> Result<Value, SqlError> {
        self.adjust(error::too_long(self.column, self.row), adjusted)
    }

    fn truncated(&self, adjusted: Value) -> Result<Value, SqlError> {
        self.adjust(error::truncated(self.column, self.row), adjusted)
    }
}

/// Converts a value (not NULL) to a column's type.
///
/// # Errors
/// 1264, 1265, 1292, 1366, 1406, 3140: by type.
pub(super) fn assign(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    if arg.is_null() {
        return Ok(Value::Null);
    }
    let number = Arg {
        value: arg.number().into_owned(),
        tag: arg.tag,
    };
    let arg = match ty.family() {
        Family::Integer | Family::Decimal | Family::Float => &number,
        _ => arg,
    };
    match ty.family() {
        Family::Integer if ty.column.kind == TypeKind::Year => year(arg, place),
        Family::Integer => integer(arg, ty, place),
        Family::Bit => bits(arg, ty, place),
        Family::Decimal => decimal(arg, ty, place),
        Family::Float => float(arg, ty, place),
        Family::Text => text(arg, ty, place),
        Family::Bytes | Family::Null => bytes(arg, ty, place),
        Family::Enum => member(arg, ty, place),
        Family::Set => members(arg, ty, place),
        Family::Date | Family::DateTime => moment(arg, ty, place),
        Family::Time => time(arg, ty, place),
        Family::Json => json(arg, place),
    }
}

/// The value that a NOT NULL column takes where none is given and the statement may not fail.
pub(super) fn implicit_default(ty: &Type) -> Value {
    match ty.family() {
        Family::Integer if ty.column.unsigned => Value::UInt(0),
        Family::Integer => Value::Int(0),
        Family::Decimal => Value::Int(0).cast(&ty.column),
        Family::Float if ty.column.kind == TypeKind::Float => Value::Float(0.0),
        Family::Float => Value::Double(0.0),
        Family::Bit => Value::UInt(0).cast(&ty.column),
        Family::Text | Family::Set => Value::Text(String::new()),
        Family::Enum => Value::Text(ty.column.members.first().cloned().unwrap_or_default()),
        Family::Bytes | Family::Null => Value::Bytes(Vec::new()).cast(&ty.column),
        Family::Date => Value::Date(ZERO),
        Family::DateTime => Value::DateTime(DateTime {
            date: ZERO,
            micros: 0,
        }),
        Family::Time => Value::Time(Time { micros: 0 }),
        Family::Json => Value::Json("null".to_owned()),
    }
}

const ZERO: Date = Date {
    year: 0,
    month: 0,
    day: 0,
};

/// A number read from text: exact, followed by rest, or none at all.
fn number_text(arg: &Arg) -> Option<(String, Exactness)> {
    match &arg.value {
        Value::Text(text) | Value::Json(text) => Some((text.clone(), text_to_f64(text).1)),
        Value::Bytes(bytes) => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            Some((text.clone(), text_to_f64(&text).1))
        }
        _ => None,
    }
}

/// The error for text that is no number: 1366 where it has none, 1265 where something follows it.
fn not_a_number(what: &str, text: &str, place: Place<'_>) -> SqlError {
    let starts = text
        .trim_start()
        .trim_start_matches(['-', '+', '.'])
        .starts_with(|c: char| c.is_ascii_digit());
    if starts {
        error::truncated(place.column, place.row)
    } else {
        error::incorrect_value(what, text, place.column, place.row)
    }
}

fn integer(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let (least, most) = ty
        .column
        .integer_range()
        .unwrap_or((i128::from(i64::MIN), i128::from(i64::MAX)));
    let number = match &arg.value {
        Value::Int(number) => i128::from(*number),
        Value::UInt(number) => i128::from(*number),
        Value::Float(_) | Value::Double(_) => {
            let number = arg.double().unwrap_or(0.0).round_ties_even();
            number as i128
        }
        _ => {
            if let Some((text, Exactness::Truncated)) = number_text(arg) {
                let error = not_a_number("integer", &text, place);
                let (number, _) = text_to_f64(&text);
                let adjusted = (number.round() as i128).clamp(least, most);
                return place.adjust(error, whole(adjusted, ty));
            }
            let exact = arg.decimal().and_then(|decimal| decimal.round(0).ok());
            exact
                .and_then(|exact| exact.to_string().parse().ok())
                .unwrap_or(i128::MAX)
        }
    };
    if number < least || number > most {
        return place.out_of_range(whole(number.clamp(least, most), ty));
    }
    Ok(whole(number, ty))
}

fn whole(number: i128, ty: &Type) -> Value {
    if ty.column.unsigned {
        Value::UInt(u64::try_from(number).unwrap_or(0))
    } else {
        Value::Int(i64::try_from(number).unwrap_or(0))
    }
}

/// YEAR: 1901 to 2155, 0, and two digits.
fn year(arg: &Arg, place: Place<'_>) -> Result<Value, SqlError> {
    if let Some((text, Exactness::Truncated)) = number_text(arg) {
        return place.adjust(not_a_number("integer", &text, place), Value::Int(0));
    }
    let written = number_text(arg);
    let number = match &arg.value {
        Value::DateTime(value) => i64::from(value.date.year),
        Value::Date(date) => i64::from(date.year),
        _ => arg
            .decimal()
            .and_then(|decimal| decimal.to_i64())
            .unwrap_or(-1),
    };
    match number {
        0 if written.is_some_and(|(text, _)| text.trim().len() < 4) => Ok(Value::Int(2000)),
        0 | 1901..=2155 => Ok(Value::Int(number)),
        1..=69 => Ok(Value::Int(2000 + number)),
        70..=99 => Ok(Value::Int(1900 + number)),
        _ => place.out_of_range(Value::Int(0)),
    }
}

fn bits(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let length = ty.column.length.unwrap_or(1).clamp(1, 64);
    let most = if length == 64 {
        u64::MAX
    } else {
        (1 << length) - 1
    };
    let number = match &arg.value {
        Value::Bytes(bytes) => {
            let significant = bytes.iter().skip_while(|byte| **byte == 0).count();
            if significant > 8 {
                u64::MAX
            } else {
                bits_of(bytes)
            }
        }
        Value::Text(text) => {
            if text.len() > 8 {
                u64::MAX
            } else {
                bits_of(text.as_bytes())
            }
        }
        Value::Int(number) => number.cast_unsigned(),
        value => value.to_u64().unwrap_or(0),
    };
    let value = |number: u64| Value::UInt(number).cast(&ty.column);
    if number > most {
        place.too_long(value(most))
    } else {
        Ok(value(number))
    }
}

fn decimal(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let (precision, scale) = (ty.column.length.unwrap_or(10), ty.column.scale.unwrap_or(0));
    let number = match number_text(arg) {
        Some((text, Exactness::Truncated)) => {
            let number = text_to_decimal(&text).0;
            return place.adjust(
                not_a_number("decimal", &text, place),
                Value::Decimal(fit_decimal(&number, precision, scale)),
            );
        }
        Some((text, Exactness::Exact)) => text_to_decimal(&text).0,
        None => arg
            .decimal()
            .unwrap_or_else(|| crate::value::Decimal::from(0_i64)),
    };
    if ty.column.unsigned && number.is_negative() {
        return place.out_of_range(Value::Int(0).cast(&ty.column));
    }
    let fitted = fit_decimal(&number, precision, scale);
    let rounded = number.round(i32::try_from(scale).unwrap_or(0));
    if rounded.is_ok_and(|rounded| rounded == fitted) {
        Ok(Value::Decimal(fitted))
    } else {
        place.out_of_range(Value::Decimal(fitted))
    }
}

fn float(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let single = ty.column.kind == TypeKind::Float;
    let value = |number: f64| {
        if single {
            Value::Float(number as f32)
        } else {
            Value::Double(number)
        }
    };
    let number = arg.double().unwrap_or(0.0);
    if let Some((_, Exactness::Truncated)) = number_text(arg) {
        return place.truncated(value(number));
    }
    if ty.column.unsigned && number < 0.0 {
        return place.out_of_range(value(0.0));
    }
    let mut number = number;
    if let (Some(length), Some(scale)) = (ty.column.length, ty.column.scale) {
        let unit = 10_f64.powi(i32::try_from(scale).unwrap_or(0));
        let rounded = (number * unit).round() / unit;
        number = if rounded.is_finite() { rounded } else { number };
        let most =
            10_f64.powi(i32::try_from(length.saturating_sub(scale)).unwrap_or(0)) - 1.0 / unit;
        if number.abs() > most {
            return place.out_of_range(value(most.copysign(number)));
        }
    }
    if single && number.abs() > f64::from(f32::MAX) {
        return place.out_of_range(value(f64::from(f32::MAX).copysign(number)));
    }
    Ok(value(number))
}

/// The most bytes of a TEXT or BLOB type; others are bounded by their length.
fn most_bytes(kind: TypeKind) -> Option<usize> {
    match kind {
        TypeKind::TinyText | TypeKind::TinyBlob => Some(255),
        TypeKind::Text | TypeKind::Blob => Some(65_535),
        TypeKind::MediumText | TypeKind::MediumBlob => Some(16_777_215),
        _ => None,
    }
}

fn text(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    if let Value::Bytes(bytes) = &arg.value
        && let Err(bad) = std::str::from_utf8(bytes)
    {
        let shown: String = bytes[bad.valid_up_to()..]
            .iter()
            .take(6)
            .map(|byte| format!("\\x{byte:02X}"))
            .collect();
        let error = error::incorrect_value("string", &shown, place.column, place.row);
        let kept = String::from_utf8_lossy(&bytes[..bad.valid_up_to()]).into_owned();
        return place.adjust(error, Value::Text(kept));
    }
    let text = arg.text().unwrap_or_default();
    if let Some(most) = most_bytes(ty.column.kind) {
        if text.len() > most {
            let end = (0..=most)
                .rev()
                .find(|end| text.is_char_boundary(*end))
                .unwrap_or(0);
            return place.too_long(Value::Text(text[..end].to_owned()));
        }
        return Ok(Value::Text(text.into_owned()));
    }
    let fixed = ty.column.kind == TypeKind::Char;
    let limit = ty
        .column
        .length
        .map(|length| length as usize)
        .or(fixed.then_some(1));
    let own = |text: &str| {
        Value::Text(if fixed {
            text.trim_end_matches(' ').to_owned()
        } else {
            text.to_owned()
        })
    };
    if let Some(limit) = limit
        && let Some((end, _)) = text.char_indices().nth(limit)
    {
        let (kept, rest) = text.split_at(end);
        return if rest.trim_end_matches(' ').is_empty() {
            Ok(own(kept))
        } else {
            place.too_long(own(kept))
        };
    }
    Ok(own(&text))
}

fn bytes(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let mut bytes = arg.bytes().unwrap_or_default().into_owned();
    let fixed = ty.column.kind == TypeKind::Binary;
    let limit = match most_bytes(ty.column.kind) {
        Some(most) => Some(most),
        None => ty
            .column
            .length
            .map(|length| length as usize)
            .or(fixed.then_some(1)),
    };
    let Some(limit) = limit else {
        return Ok(Value::Bytes(bytes));
    };
    if bytes.len() > limit {
        bytes.truncate(limit);
        return place.too_long(Value::Bytes(bytes));
    }
    if fixed {
        bytes.resize(limit, 0);
    }
    Ok(Value::Bytes(bytes))
}

fn member(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let members = &ty.column.members;
    let by_index = |index: i128| {
        usize::try_from(index - 1)
            .ok()
            .and_then(|index| members.get(index))
            .cloned()
            .map(Value::Text)
    };
    let found = match &arg.value {
        Value::Text(_) | Value::Bytes(_) | Value::Json(_) => {
            let text = arg.text().unwrap_or_default();
            let name = text.trim_end_matches(' ');
            let by_name = members
                .iter()
                .find(|member| ty.collation.compare(member, name).is_eq())
                .cloned()
                .map(Value::Text);
            by_name.or_else(|| name.parse().ok().and_then(by_index))
        }
        _ => arg.integer().and_then(by_index),
    };
    found.map_or_else(|| place.truncated(Value::Text(String::new())), Ok)
}

fn members(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let known = &ty.column.members;
    let mut mask = 0_u64;
    let mut whole = true;
    match &arg.value {
        Value::Text(_) | Value::Bytes(_) | Value::Json(_) => {
            let text = arg.text().unwrap_or_default();
            for name in text.split(',').filter(|_| !text.is_empty()) {
                match known.iter().position(|member| {
                    ty.collation
                        .compare(member, name.trim_end_matches(' '))
                        .is_eq()
                }) {
                    Some(position) => mask |= 1 << position.min(63),
                    None => whole = false,
                }
            }
            if let Ok(number) = text.parse::<u64>()
                && !whole
            {
                (mask, whole) = (number, true);
            }
        }
        _ => mask = arg.value.to_u64().unwrap_or(0),
    }
    let all = if known.len() >= 64 {
        u64::MAX
    } else {
        (1 << known.len()) - 1
    };
    let value = Value::Text(super::storage::set_members(known, mask & all));
    if whole && mask <= all {
        Ok(value)
    } else {
        place.truncated(value)
    }
}

fn moment(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let is_date = ty.family() == Family::Date;
    let what = if is_date { "date" } else { "datetime" };
    let bad = |place: Place<'_>| {
        let zero = if is_date {
            Value::Date(ZERO)
        } else {
            Value::DateTime(DateTime {
                date: ZERO,
                micros: 0,
            })
        };
        let text = arg.text().unwrap_or_default();
        place.adjust(
            error::incorrect_temporal(what, &text, place.column, place.row),
            zero,
        )
    };
    let found = match &arg.value {
        Value::Time(time) => {
            let today = place.session.now();
            let days = time
                .micros
                .div_euclid(i64::try_from(super::storage::DAY).unwrap_or(i64::MAX));
            let micros = time
                .micros
                .rem_euclid(i64::try_from(super::storage::DAY).unwrap_or(i64::MAX));
            let date = Date::from_days_since_epoch(today.date.days_since_epoch() + days);
            date.map(|date| DateTime {
                date,
                micros: u64::try_from(micros).unwrap_or(0),
            })
        }
        _ => arg.datetime(),
    };
    let Some(value) = found else {
        return bad(place);
    };
    if is_date {
        return if value.date.has_zero_part() {
            bad(place)
        } else {
            Ok(Value::Date(value.date))
        };
    }
    let Some(value) = value.round(ty.scale()) else {
        return bad(place);
    };
    if value.date.has_zero_part() {
        return bad(place);
    }
    if ty.column.kind == TypeKind::Timestamp {
        let seconds = value.date.days_since_epoch() * 86_400
            + i64::try_from(value.micros / 1_000_000).unwrap_or(0);
        if !(1..=2_147_483_647).contains(&seconds) {
            return bad(place);
        }
    }
    Ok(Value::DateTime(value))
}

fn time(arg: &Arg, ty: &Type, place: Place<'_>) -> Result<Value, SqlError> {
    let Some(time) = arg.time() else {
        let text = arg.text().unwrap_or_default();
        return place.adjust(
            error::incorrect_temporal("time", &text, place.column, place.row),
            Value::Time(Time { micros: 0 }),
        );
    };
    let beyond = matches!(&arg.value, Value::Text(text) if Time::parse(text).is_some_and(|time| !time.is_in_range()));
    let rounded = Value::Time(time.round(ty.scale()).clamp_range());
    if beyond {
        let text = arg.text().unwrap_or_default();
        return place.adjust(
            error::incorrect_temporal("time", &text, place.column, place.row),
            rounded,
        );
    }
    Ok(rounded)
}

fn json(arg: &Arg, place: Place<'_>) -> Result<Value, SqlError> {
    let canonical = match &arg.value {
        Value::Json(text) | Value::Text(text) => super::function::canonical_json(text),
        _ => None,
    };
    let error = || {
        let reason = if matches!(arg.value, Value::Text(_)) {
            "Invalid value."
        } else {
            "not a JSON text, may need CAST"
        };
        SqlError::new(
            3140,
            "22032",
            format!(
                "Invalid JSON text: \"{reason}\" at position 0 in value for column '{}.{}'.",
                place.table, place.column
            ),
        )
    };
    canonical.map(Value::Json).ok_or_else(error)
}
