//! MySQL's conversions of a value to another kind: number prefixes of texts, rounding, saturation.
//!
//! These are the lenient conversions of expressions (MySQL manual, "Type Conversion in Expression Evaluation" and
//! "Cast Functions"): nothing fails, what cannot be read is 0, and [`Exactness`] tells whether a warning is due.

use std::cmp::Ordering;

use super::{ColumnType, Date, DateTime, Decimal, Time, TypeKind, Value, collation};

/// Whether a text was read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactness {
    /// Nothing but white space was left over.
    Exact,
    /// Text was left over, or there was no number at all (MySQL warns 1292).
    Truncated,
}

/// Returns the longest prefix of `text` that is a number (white space before it is skipped), and how exact that is.
/// The prefix is empty where there is none.
pub fn number_prefix(text: &str) -> (&str, Exactness) {
    let start = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let bytes = start.as_bytes();
    let digits = |from: usize| {
        bytes[from.min(bytes.len())..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let sign = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let integer = digits(sign);
    let mut end = sign + integer;
    let mut any = integer > 0;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if any || fraction > 0 {
            any = true;
            end += 1 + fraction;
        }
    }
    if !any {
        return ("", Exactness::Truncated);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent_sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + exponent_sign);
        if exponent > 0 {
            end += 1 + exponent_sign + exponent;
        }
    }
    let rest = start[end..].trim_start_matches(|c: char| c.is_ascii_whitespace());
    (
        &start[..end],
        if rest.is_empty() {
            Exactness::Exact
        } else {
            Exactness::Truncated
        },
    )
}

/// Reads a text as a double: its number prefix, 0 where there is none, the largest double where it is too large.
pub fn text_to_f64(text: &str) -> (f64, Exactness) {
    let (prefix, exactness) = number_prefix(text);
    let number: f64 = prefix.parse().unwrap_or(0.0);
    (number.clamp(f64::MIN, f64::MAX), exactness)
}

/// Reads a text as a decimal: its number prefix, 0 where there is none, 65 nines where it is too large.
pub fn text_to_decimal(text: &str) -> (Decimal, Exactness) {
    let (prefix, exactness) = number_prefix(text);
    if prefix.is_empty() {
        return (Decimal::from(0_i64), exactness);
    }
    match Decimal::parse(prefix) {
        Some(number) => (number, exactness),
        None => (
            largest_decimal(65, 0, prefix.starts_with('-')),
            Exactness::Truncated,
        ),
    }
}

/// The decimal of `precision` nines, `scale` of them after the point.
pub fn largest_decimal(precision: u32, scale: u32, negative: bool) -> Decimal {
    let (precision, scale) = (precision.clamp(1, 65), scale.min(30).min(precision));
    let nines = "9".repeat(precision as usize);
    let (whole, fraction) = nines.split_at((precision - scale) as usize);
    let sign = if negative { "-" } else { "" };
    Decimal::parse(&format!("{sign}0{whole}.{fraction}")).expect("at most 65 nines")
}

impl Value {
    /// The value as a double; `None` for NULL. Dates and times are their numbers (`20260131`).
    pub fn to_f64(&self) -> Option<f64> {
        Some(match self {
            Self::Null => return None,
            Self::Int(value) => *value as f64,
            Self::UInt(value) => *value as f64,
            Self::Decimal(value) => value.to_f64(),
            Self::Float(value) => f64::from(*value),
            Self::Double(value) => *value,
            Self::Text(value) | Self::Json(value) => text_to_f64(value).0,
            Self::Bytes(value) => text_to_f64(&String::from_utf8_lossy(value)).0,
            Self::Date(_) | Self::DateTime(_) | Self::Time(_) => self.to_decimal()?.to_f64(),
        })
    }

    /// The value as a decimal; `None` for NULL. Doubles out of range are 65 nines.
    pub fn to_decimal(&self) -> Option<Decimal> {
        Some(match self {
            Self::Null => return None,
            Self::Int(value) => Decimal::from(*value),
            Self::UInt(value) => Decimal::from(*value),
            Self::Decimal(value) => value.clone(),
            Self::Float(value) => double_to_decimal(f64::from(*value), &self.to_text()?),
            Self::Double(value) => double_to_decimal(*value, &self.to_text()?),
            Self::Text(value) | Self::Json(value) => text_to_decimal(value).0,
            Self::Bytes(value) => text_to_decimal(&String::from_utf8_lossy(value)).0,
            Self::Date(value) => Decimal::from(value.to_number()),
            Self::DateTime(value) => with_micros(&value.to_number().to_string(), value.micros),
            Self::Time(value) => {
                let sign = if value.micros < 0 { "-" } else { "" };
                with_micros(
                    &format!("{sign}{}", value.to_number().unsigned_abs()),
                    value.micros.unsigned_abs(),
                )
            }
        })
    }

    /// `CAST(… AS SIGNED)`; `None` for NULL. Fractions round (texts are cut instead), values beyond the range saturate,
    /// unsigned integers keep their bits.
    pub fn to_i64(&self) -> Option<i64> {
        Some(match self {
            Self::Null => return None,
            Self::Int(value) => *value,
            Self::UInt(value) => value.cast_signed(),
            Self::Float(value) => f64::from(*value).round_ties_even() as i64,
            Self::Double(value) => value.round_ties_even() as i64,
            Self::Text(_) | Self::Json(_) | Self::Bytes(_) => text_to_integer(&self.to_text()?),
            _ => {
                let number = self.to_decimal()?;
                number.to_i64().unwrap_or(if number.is_negative() {
                    i64::MIN
                } else {
                    i64::MAX
                })
            }
        })
    }

    /// `CAST(… AS UNSIGNED)`; `None` for NULL. As [`Self::to_i64`]; negative integers keep their bits.
    pub fn to_u64(&self) -> Option<u64> {
        Some(match self {
            Self::Null => return None,
            Self::Int(value) => value.cast_unsigned(),
            Self::UInt(value) => *value,
            Self::Float(value) => double_to_u64(f64::from(*value)),
            Self::Double(value) => double_to_u64(*value),
            Self::Text(_) | Self::Json(_) | Self::Bytes(_) => {
                text_to_integer(&self.to_text()?).cast_unsigned()
            }
            _ => {
                let number = self.to_decimal()?;
                number.to_u64().unwrap_or_else(|| match number.to_i64() {
                    Some(negative) => negative.cast_unsigned(),
                    None if number.is_negative() => 0,
                    None => u64::MAX,
                })
            }
        })
    }

    /// Whether the value is true in a condition; `None` for NULL.
    pub fn to_bool(&self) -> Option<bool> {
        match self {
            Self::Decimal(value) => Some(!value.is_zero()),
            other => other.to_f64().map(|number| number != 0.0),
        }
    }

    /// The value as a date and time; `None` for NULL and for what is none. A time alone has no date.
    pub fn to_datetime(&self) -> Option<DateTime> {
        match self {
            Self::Date(date) => Some(DateTime {
                date: *date,
                micros: 0,
            }),
            Self::DateTime(value) => Some(*value),
            Self::Int(value) => DateTime::from_number(u64::try_from(*value).ok()?),
            Self::UInt(value) => DateTime::from_number(*value),
            Self::Decimal(_) | Self::Float(_) | Self::Double(_) => {
                let text = self.to_decimal()?.to_string();
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                let base = DateTime::from_number(whole.parse().ok()?)?;
                DateTime::parse(&format!("{}.{fraction}", base.print(0)))
            }
            Self::Text(value) => DateTime::parse(value),
            Self::Bytes(value) => DateTime::parse(std::str::from_utf8(value).ok()?),
            Self::Null | Self::Time(_) | Self::Json(_) => None,
        }
    }

    /// The value as a date; as [`Self::to_datetime`].
    pub fn to_date(&self) -> Option<Date> {
        self.to_datetime().map(|value| value.date)
    }

    /// The value as a time span; a date and time gives its time of day. Spans out of range are clamped.
    pub fn to_time(&self) -> Option<Time> {
        let time = match self {
            Self::Null | Self::Json(_) => return None,
            Self::Time(value) => *value,
            Self::Date(_) | Self::DateTime(_) => self.to_datetime()?.time(),
            Self::Int(value) => Time::from_number(*value)?,
            Self::UInt(value) => Time::from_number(i64::try_from(*value).ok()?)?,
            Self::Decimal(_) | Self::Float(_) | Self::Double(_) => {
                let number = self.to_decimal()?.truncate(6).ok()?;
                Time::parse(&number.to_string())?
            }
            Self::Text(value) => Time::parse(value)?,
            Self::Bytes(value) => Time::parse(std::str::from_utf8(value).ok()?)?,
        };
        Some(time.clamp_range())
    }

    /// `CAST(… AS <type>)` for the types that CAST and a column's conversion share; NULL for a date or time that cannot
    /// be read. Strings are cut to the type's length, numbers saturate, temporal values are rounded to its digits.
    pub fn cast(&self, column_type: &ColumnType) -> Self {
        use TypeKind as K;
        if self.is_null() {
            return Self::Null;
        }
        let digits = column_type.length.unwrap_or(0);
        match column_type.kind {
            kind if kind.is_integer() => self.cast_integer(column_type),
            K::Year => self.to_i64().into(),
            K::Decimal => {
                let (precision, scale) = (
                    column_type.length.unwrap_or(10),
                    column_type.scale.unwrap_or(0),
                );
                self.to_decimal()
                    .map(|number| fit_decimal(&number, precision, scale))
                    .into()
            }
            K::Float => self
                .to_f64()
                .map_or(Self::Null, |number| Self::Float(number as f32)),
            K::Double => self.to_f64().into(),
            K::Date => self.to_date().map_or(Self::Null, Self::Date),
            K::DateTime | K::Timestamp => self
                .to_datetime()
                .and_then(|value| value.round(digits))
                .map_or(Self::Null, Self::DateTime),
            K::Time => self.to_time().map_or(Self::Null, |value| {
                Self::Time(value.round(digits).clamp_range())
            }),
            K::Json => self
                .to_text()
                .map_or(Self::Null, |text| Self::Json(text.into_owned())),
            K::Bit => self.to_u64().map_or(Self::Null, |bits| {
                let bytes =
                    usize::try_from(column_type.length.unwrap_or(1).clamp(1, 64).div_ceil(8))
                        .unwrap_or(8);
                Self::Bytes(bits.to_be_bytes()[8 - bytes..].to_vec())
            }),
            kind if kind.is_binary() || kind.is_spatial() || kind == K::Vector => {
                let mut bytes = self.to_bytes().unwrap_or_default().into_owned();
                if let Some(length) = column_type
                    .length
                    .and_then(|length| usize::try_from(length).ok())
                {
                    bytes.truncate(length);
                    if kind == K::Binary {
                        bytes.resize(length, 0);
                    }
                }
                Self::Bytes(bytes)
            }
            kind if kind.is_text() => {
                let text = self.to_text().unwrap_or_default();
                match column_type
                    .length
                    .and_then(|length| usize::try_from(length).ok())
                {
                    Some(length) => Self::Text(text.chars().take(length).collect()),
                    None => Self::Text(text.into_owned()),
                }
            }
            _ => self.clone(),
        }
    }

    fn cast_integer(&self, column_type: &ColumnType) -> Self {
        let Some((least, most)) = column_type.integer_range() else {
            return Self::Null;
        };
        if column_type.kind == TypeKind::BigInt {
            return if column_type.unsigned {
                self.to_u64().into()
            } else {
                self.to_i64().into()
            };
        }
        let number = match self {
            Self::UInt(value) => i128::from(*value),
            _ => i128::from(self.to_i64().unwrap_or(0)),
        };
        let number = i64::try_from(number.clamp(least, most))
            .expect("the range of an INT lies within 64 bits");
        if column_type.unsigned {
            Self::UInt(number.unsigned_abs())
        } else {
            Self::Int(number)
        }
    }
}

/// Compares two values as MySQL's operators do (`None` where one is NULL): texts under `collation`, numbers exactly or as
/// doubles, a text with a number as a double, dates and times with texts that are ones by time.
pub fn compare(a: &Value, b: &Value, collation: &str) -> Option<Ordering> {
    use Value as V;
    Some(match (a, b) {
        (V::Null, _) | (_, V::Null) => return None,
        (V::Text(a), V::Text(b)) => collation::compare(collation, a, b),
        (V::Text(_) | V::Bytes(_) | V::Json(_), V::Text(_) | V::Bytes(_) | V::Json(_)) => {
            a.to_bytes().cmp(&b.to_bytes())
        }
        (V::Time(a), V::Time(b)) => a.cmp(b),
        (V::Time(time), V::Text(_) | V::Bytes(_)) if b.to_time().is_some() => {
            Some(*time).cmp(&b.to_time())
        }
        (V::Text(_) | V::Bytes(_), V::Time(time)) if a.to_time().is_some() => {
            a.to_time().cmp(&Some(*time))
        }
        (V::Date(_) | V::DateTime(_), V::Date(_) | V::DateTime(_) | V::Text(_) | V::Bytes(_))
        | (V::Text(_) | V::Bytes(_), V::Date(_) | V::DateTime(_))
            if a.to_datetime().is_some() && b.to_datetime().is_some() =>
        {
            a.to_datetime().cmp(&b.to_datetime())
        }
        (V::Float(_) | V::Double(_) | V::Text(_) | V::Bytes(_) | V::Json(_), _)
        | (_, V::Float(_) | V::Double(_) | V::Text(_) | V::Bytes(_) | V::Json(_)) => {
            return a.to_f64()?.partial_cmp(&b.to_f64()?);
        }
        _ => a.to_decimal()?.cmp(&b.to_decimal()?),
    })
}

/// `a <=> b` under MySQL's default collation: NULL equals NULL.
pub fn null_safe_equal(a: &Value, b: &Value) -> bool {
    match (a.is_null(), b.is_null()) {
        (false, false) => compare(a, b, "utf8mb4_0900_ai_ci") == Some(Ordering::Equal),
        (a, b) => a == b,
    }
}

/// Rounds to `scale`; what is too large for `precision` becomes all nines.
pub fn fit_decimal(number: &Decimal, precision: u32, scale: u32) -> Decimal {
    match number.round(i32::try_from(scale).unwrap_or(30)) {
        Ok(rounded) if rounded.fits(precision, scale) => rounded,
        _ => largest_decimal(precision, scale, number.is_negative()),
    }
}

fn double_to_decimal(value: f64, text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|| {
        if value.is_nan() {
            Decimal::from(0_i64)
        } else {
            largest_decimal(65, 0, value < 0.0)
        }
    })
}

fn double_to_u64(value: f64) -> u64 {
    let value = value.round_ties_even();
    if value < 0.0 {
        (value as i64).cast_unsigned()
    } else {
        value as u64
    }
}

/// The integer that a text starts with, saturated; above i64 the bits of the unsigned value.
fn text_to_integer(text: &str) -> i64 {
    let start = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let sign = usize::from(start.starts_with(['-', '+']));
    let digits = start[sign..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return 0;
    }
    let magnitude: u64 = start[sign..sign + digits].parse().unwrap_or(u64::MAX);
    if start.starts_with('-') {
        0_i64.saturating_sub_unsigned(magnitude)
    } else {
        magnitude.cast_signed()
    }
}

fn with_micros(whole: &str, micros: u64) -> Decimal {
    let micros = micros % 1_000_000;
    let text = if micros == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{micros:06}")
    };
    Decimal::parse(&text).expect("a clock's number is a decimal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number_that_a_text_starts_with() {
        let cases = [
            ("12abc", 12.0, Exactness::Truncated),
            (" 1.5e2 ", 150.0, Exactness::Exact),
            ("1e", 1.0, Exactness::Truncated),
            (".5", 0.5, Exactness::Exact),
            ("5.", 5.0, Exactness::Exact),
            ("-", 0.0, Exactness::Truncated),
            ("", 0.0, Exactness::Truncated),
            ("inf", 0.0, Exactness::Truncated),
            ("1e999", f64::MAX, Exactness::Exact),
        ];
        for (text, number, exactness) in cases {
            assert_eq!(text_to_f64(text), (number, exactness), "{text}");
        }
    }

    #[test]
    fn casts_to_integers_as_mysql() {
        let decimal = |text| Value::Decimal(Decimal::parse(text).unwrap());
        let cases = [
            (Value::from("1.9"), 1, 1),
            (Value::from("-7x"), -7, (-7_i64).cast_unsigned()),
            (Value::from("18446744073709551615"), -1, u64::MAX),
            (decimal("1.5"), 2, 2),
            (decimal("-1.5"), -2, (-2_i64).cast_unsigned()),
            (decimal("1e30"), i64::MAX, u64::MAX),
            (Value::Double(2.5), 2, 2),
            (Value::Double(1e30), i64::MAX, u64::MAX),
            (Value::UInt(u64::MAX), -1, u64::MAX),
            (Value::Int(-1), -1, u64::MAX),
            (
                Value::Date(Date {
                    year: 2026,
                    month: 1,
                    day: 31,
                }),
                20_260_131,
                20_260_131,
            ),
            (
                Value::Time(Time { micros: -1_500_000 }),
                -2,
                (-2_i64).cast_unsigned(),
            ),
        ];
        for (value, signed, unsigned) in cases {
            assert_eq!(
                (value.to_i64(), value.to_u64()),
                (Some(signed), Some(unsigned)),
                "{value:?}"
            );
        }
        assert_eq!(Value::Null.to_i64(), None);
    }

    #[test]
    fn casts_to_column_types() {
        let decimal = ColumnType {
            scale: Some(2),
            ..ColumnType::with_length(TypeKind::Decimal, 5)
        };
        let cases = [
            (Value::from("12.345"), decimal.clone(), "DECIMAL(12.35)"),
            (Value::Int(-123_456), decimal, "DECIMAL(-999.99)"),
            (
                Value::Int(300),
                ColumnType::new(TypeKind::TinyInt),
                "INT64(127)",
            ),
            (
                Value::from("héllo"),
                ColumnType::with_length(TypeKind::Char, 2),
                "VARCHAR(\"hé\")",
            ),
            (
                Value::from("a"),
                ColumnType::with_length(TypeKind::Binary, 3),
                "VARBINARY(\"a\\x00\\x00\")",
            ),
            (
                Value::from("2026-1-31 10:00"),
                ColumnType::new(TypeKind::Date),
                "DATE(\"2026-01-31\")",
            ),
            (Value::from("x"), ColumnType::new(TypeKind::Date), "NULL"),
            (
                Value::Int(100_203),
                ColumnType::new(TypeKind::Time),
                "TIME(\"10:02:03\")",
            ),
            (
                Value::Int(5),
                ColumnType::with_length(TypeKind::Bit, 9),
                "VARBINARY(\"\\x00\\x05\")",
            ),
            (Value::Null, ColumnType::new(TypeKind::Int), "NULL"),
        ];
        for (value, column_type, text) in cases {
            assert_eq!(
                value.cast(&column_type).to_vitess_text(),
                text,
                "{value:?} as {column_type}"
            );
        }
    }

    #[test]
    fn compares_across_kinds() {
        use Ordering::{Equal, Greater, Less};
        let decimal = |text| Value::Decimal(Decimal::parse(text).unwrap());
        let date = Value::Date(Date {
            year: 2026,
            month: 1,
            day: 31,
        });
        let cases = [
            (Value::Int(-1), Value::UInt(u64::MAX), Some(Less)),
            (
                Value::UInt(u64::MAX),
                decimal("18446744073709551615.0"),
                Some(Equal),
            ),
            (Value::Int(1), Value::from("1abc"), Some(Equal)),
            (Value::Int(0), Value::from("abc"), Some(Equal)),
            (Value::from("a"), Value::from("A"), Some(Equal)),
            (Value::Bytes(b"a".to_vec()), Value::from("A"), Some(Greater)),
            (date.clone(), Value::from("2026-1-31"), Some(Equal)),
            (date, Value::Int(20_260_201), Some(Less)),
            (
                Value::Time(Time { micros: 0 }),
                Value::from("0:00:01"),
                Some(Less),
            ),
            (Value::Null, Value::Null, None),
        ];
        for (a, b, ordering) in cases {
            assert_eq!(
                compare(&a, &b, "utf8mb4_0900_ai_ci"),
                ordering,
                "{a:?} and {b:?}"
            );
        }
        assert!(
            null_safe_equal(&Value::Null, &Value::Null)
                && !null_safe_equal(&Value::Null, &Value::Int(0))
        );
    }
}
