//! Values as text: what MySQL prints in a result, and what Vitess prints in a message.
//!
//! Floating-point text follows MySQL's `my_gcvt` (strings/dtoa.cc): shortest digits, plain up to 15 places before the
//! point, else `1e15`; FLOAT has six digits. Vitess's form is `sqltypes.Value.String`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{ColumnType, TypeKind, Value};

impl Value {
    /// The text that MySQL prints; `None` for NULL. Bytes that are not UTF-8 are replaced (see [`Self::to_bytes`]);
    /// fractions of a second are printed with six digits or, where zero, none (see [`Self::to_text_as`]).
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Int(value) => value.to_string().into(),
            Self::UInt(value) => value.to_string().into(),
            Self::Decimal(value) => value.to_string().into(),
            Self::Float(value) => float_text(f64::from(*value), Some(6)).into(),
            Self::Double(value) => float_text(*value, None).into(),
            Self::Text(value) | Self::Json(value) => value.as_str().into(),
            Self::Bytes(value) => String::from_utf8_lossy(value),
            Self::Date(value) => value.to_string().into(),
            Self::DateTime(value) => value.to_string().into(),
            Self::Time(value) => value.to_string().into(),
        })
    }

    /// The text that MySQL prints for a column of this type: its fractional digits, its decimals, its zeros on the
    /// left; `None` for NULL.
    pub fn to_text_as(&self, column_type: &ColumnType) -> Option<Cow<'_, str>> {
        let digits = column_type.length.unwrap_or(0);
        Some(match (self, column_type.kind) {
            (Self::DateTime(value), TypeKind::DateTime | TypeKind::Timestamp) => {
                value.print(digits).into()
            }
            (Self::Time(value), TypeKind::Time) => value.print(digits).into(),
            (Self::Int(value), TypeKind::Year) => format!("{value:04}").into(),
            (Self::UInt(value), _) if column_type.zerofill => format!(
                "{value:0width$}",
                width = usize::try_from(digits.min(255)).unwrap_or(0)
            )
            .into(),
            (Self::Float(value), TypeKind::Float) if column_type.scale.is_some() => {
                fixed_text(f64::from(*value), column_type.scale).into()
            }
            (Self::Double(value), TypeKind::Double) if column_type.scale.is_some() => {
                fixed_text(*value, column_type.scale).into()
            }
            _ => return self.to_text(),
        })
    }

    /// The bytes that MySQL sends for the value: its text, or the bytes themselves; `None` for NULL.
    pub fn to_bytes(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Bytes(value) => Some(value.as_slice().into()),
            Self::Text(value) | Self::Json(value) => Some(value.as_bytes().into()),
            other => other
                .to_text()
                .map(|text| text.into_owned().into_bytes().into()),
        }
    }

    /// The value as Vitess's messages show it: `INT64(6)`, `VARCHAR("a")`, `NULL`.
    pub fn to_vitess_text(&self) -> String {
        let Some(bytes) = self.to_bytes() else {
            return "NULL".to_owned();
        };
        let quoted = !matches!(
            self,
            Self::Int(_) | Self::UInt(_) | Self::Decimal(_) | Self::Float(_) | Self::Double(_)
        );
        let text = if quoted {
            go_quote(&bytes)
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        format!("{}({text})", self.query_type())
    }
}

fn fixed_text(value: f64, scale: Option<u32>) -> String {
    format!(
        "{value:.precision$}",
        precision = usize::try_from(scale.unwrap_or(0).min(30)).unwrap_or(0)
    )
}

/// The text of a double (`digits` absent: the shortest that reads back) or, with six `digits`, of a FLOAT.
pub fn float_text(value: f64, digits: Option<usize>) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let scientific = match digits {
        Some(digits) => format!("{:.*e}", digits.saturating_sub(1), value.abs()),
        None => format!("{:e}", value.abs()),
    };
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("`{:e}` prints an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` prints a decimal exponent");
    let mut figures: String = mantissa.chars().filter(|c| *c != '.').collect();
    figures.truncate(figures.trim_end_matches('0').len().max(1));
    let point = exponent + 1; // digits before the point
    let mut text = if value < 0.0 {
        "-".to_owned()
    } else {
        String::new()
    };
    match usize::try_from(point) {
        _ if !(-14..=15).contains(&point) => {
            text.push_str(&figures[..1]);
            if figures.len() > 1 {
                text.push('.');
                text.push_str(&figures[1..]);
            }
            let _ = write!(text, "e{exponent}");
        }
        Ok(point) if point >= figures.len() => {
            text.push_str(&figures);
            text.extend(std::iter::repeat_n('0', point - figures.len()));
        }
        Ok(point) if point > 0 => {
            text.push_str(&figures[..point]);
            text.push('.');
            text.push_str(&figures[point..]);
        }
        _ => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n(
                '0',
                usize::try_from(-point).unwrap_or(0),
            ));
            text.push_str(&figures);
        }
    }
    text
}

/// Quotes bytes as Go's `%q` does: `"a\n"`, bytes that are not UTF-8 as `\xff`.
pub fn go_quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\x07' => out.push_str("\\a"),
                '\x08' => out.push_str("\\b"),
                '\x0c' => out.push_str("\\f"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x0b' => out.push_str("\\v"),
                ' ' => out.push(' '),
                c if c.is_ascii_graphic() => out.push(c),
                c if c.is_ascii() => {
                    let _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                // Grapheme extenders (combining marks) are printable in Go and escaped by `escape_debug`.
                c if !c.is_control() && !c.is_whitespace() && is_printable(c) => out.push(c),
                c if u32::from(c) < 0x10000 => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => {
                    let _ = write!(out, "\\U{:08x}", u32::from(c));
                }
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

/// Tells whether the standard library prints `c` as it is after a letter (where combining marks are not escaped).
fn is_printable(c: char) -> bool {
    let text: String = ['a', c].iter().collect();
    text.escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Date, DateTime, Decimal, Time};

    #[test]
    fn prints_doubles_as_mysql() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e14, "100000000000000"),
            (1e15, "1e15"),
            (1.5e15, "1.5e15"),
            (123_456_789_012_345_680.0, "1.2345678901234568e17"),
            (123_456_789.125, "123456789.125"),
            (0.000_01, "0.00001"),
            (1e-15, "0.000000000000001"),
            (1e-16, "1e-16"),
            (-2.5e-20, "-2.5e-20"),
            (f64::MAX, "1.7976931348623157e308"),
        ];
        for (value, text) in cases {
            assert_eq!(float_text(value, None), text);
        }
        assert_eq!(Value::Float(3.718_281_8).to_text().unwrap(), "3.71828");
        assert_eq!(Value::Float(16_777_216.0).to_text().unwrap(), "16777200");
    }

    #[test]
    fn prints_with_the_columns_type() {
        let value = Value::DateTime(DateTime {
            date: Date {
                year: 2026,
                month: 1,
                day: 31,
            },
            micros: 500_000,
        });
        assert_eq!(
            value
                .to_text_as(&ColumnType::with_length(TypeKind::DateTime, 3))
                .unwrap(),
            "2026-01-31 00:00:00.500"
        );
        assert_eq!(
            value
                .to_text_as(&ColumnType::new(TypeKind::DateTime))
                .unwrap(),
            "2026-01-31 00:00:00"
        );
        let zerofill = ColumnType {
            zerofill: true,
            unsigned: true,
            ..ColumnType::with_length(TypeKind::Int, 5)
        };
        assert_eq!(Value::UInt(42).to_text_as(&zerofill).unwrap(), "00042");
        let fixed = ColumnType {
            scale: Some(2),
            ..ColumnType::with_length(TypeKind::Double, 10)
        };
        assert_eq!(Value::Double(1.5).to_text_as(&fixed).unwrap(), "1.50");
        assert_eq!(Value::Null.to_text_as(&fixed), None);
    }

    #[test]
    fn prints_as_vitess() {
        let cases = [
            (Value::Null, "NULL"),
            (Value::Int(6), "INT64(6)"),
            (Value::UInt(6), "UINT64(6)"),
            (
                Value::Decimal(Decimal::parse("1.10").unwrap()),
                "DECIMAL(1.10)",
            ),
            (Value::Double(1.5), "FLOAT64(1.5)"),
            (Value::from("a\"b\n"), "VARCHAR(\"a\\\"b\\n\")"),
            (
                Value::Bytes(vec![0, 0xff, b'a']),
                "VARBINARY(\"\\x00\\xffa\")",
            ),
            (
                Value::Date(Date {
                    year: 2026,
                    month: 1,
                    day: 31,
                }),
                "DATE(\"2026-01-31\")",
            ),
            (Value::Time(Time { micros: 0 }), "TIME(\"00:00:00\")"),
        ];
        for (value, text) in cases {
            assert_eq!(value.to_vitess_text(), text);
        }
        assert_eq!(
            go_quote("é日\u{301}\u{a0}\u{1F600}".as_bytes()),
            "\"é日\u{301}\\u00a0\u{1F600}\""
        );
    }
}
