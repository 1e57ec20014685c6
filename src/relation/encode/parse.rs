//! A line of row text back to typed values.
//!
//! Accepts what `row_text` writes, with JSON's optional white space; refuses everything else, naming column and value.

use super::{Class, Layout, class};
use crate::relation::Row;
use crate::value::{ColumnType, Date, DateTime, Decimal, Time, Value};

/// Why a line is not a row of the relation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The line is not the JSON form of a row.
    #[error("expected {expected} at byte {at} of the row, found `{found}`")]
    Syntax {
        /// Byte offset, from 0.
        at: usize,
        /// What was expected.
        expected: &'static str,
        /// The text there, shortened; empty at the end of the line.
        found: String,
    },
    /// The relation has no column of this identity.
    #[error("unknown column `{column}` with value `{value}`")]
    UnknownColumn {
        /// The identity.
        column: String,
        /// Its value, as written.
        value: String,
    },
    /// A column is given twice.
    #[error("column `{column}` is given twice, the second time as `{value}`")]
    DuplicateColumn {
        /// The identity.
        column: String,
        /// The second value, as written.
        value: String,
    },
    /// A column of the primary key is not given.
    #[error("no value for primary key column `{column}`")]
    MissingKey {
        /// The identity.
        column: String,
    },
    /// A value is not one of its column's type.
    #[error("bad value `{value}` for column `{column}`: expected {expected}")]
    BadValue {
        /// The identity.
        column: String,
        /// The value, as written, shortened.
        value: String,
        /// What the column holds.
        expected: &'static str,
    },
    /// The count of a keyless row is not a positive integer.
    #[error("bad row count `{value}`: expected a positive integer")]
    BadCount {
        /// The count, as written.
        value: String,
    },
}

/// Reads a line.
pub(super) fn row(layout: &Layout<'_>, line: &str) -> Result<(Row, u64), Error> {
    let mut scanner = Scanner { line, at: 0 };
    let mut count = 1;
    let keyless = !layout.schema.is_keyed();
    if keyless {
        scanner.expect("[", "`[`, as the row is keyless")?;
        count = self::count(scanner.token()?)?;
        scanner.expect(",", "`,`")?;
    }
    let row = object(layout, &mut scanner)?;
    if keyless {
        scanner.expect("]", "`]`")?;
    }
    scanner.skip_space();
    if scanner.at < line.len() {
        Err(scanner.error("the end of the row"))
    } else {
        Ok((row, count))
    }
}

fn count(token: Token<'_>) -> Result<u64, Error> {
    let bad = || Error::BadCount {
        value: shortened(token.text()),
    };
    match token {
        Token::Number(text) => text.parse().ok().filter(|&count| count > 0).ok_or_else(bad),
        Token::String(_) => Err(bad()),
    }
}

fn object(layout: &Layout<'_>, scanner: &mut Scanner<'_>) -> Result<Row, Error> {
    let schema = layout.schema;
    let mut row = vec![Value::Null; schema.columns.len()];
    scanner.expect("{", "`{`")?;
    let mut first = true;
    while !scanner.accept("}") {
        if !first {
            scanner.expect(",", "`,` or `}`")?;
        }
        first = false;
        let identity = scanner.string()?;
        scanner.expect(":", "`:`")?;
        let token = scanner.token()?;
        let Some(&at) = layout.positions.get(identity.as_str()) else {
            return Err(Error::UnknownColumn {
                column: identity,
                value: shortened(token.text()),
            });
        };
        if !matches!(row[at], Value::Null) {
            return Err(Error::DuplicateColumn {
                column: identity,
                value: shortened(token.text()),
            });
        }
        let column_type = &schema.columns[at].column_type;
        row[at] = match value(&token, column_type) {
            Some(value) => value,
            None => {
                let value = shortened(token.text());
                return Err(Error::BadValue {
                    column: identity,
                    value,
                    expected: expected(column_type),
                });
            }
        };
    }
    match schema
        .key
        .iter()
        .find(|&&at| matches!(row[at], Value::Null))
    {
        Some(&at) => Err(Error::MissingKey {
            column: schema.columns[at].identity.clone(),
        }),
        None => Ok(row),
    }
}

/// A cell as written: a number's text, or the content of a string.
enum Token<'l> {
    Number(&'l str),
    String(String),
}

impl Token<'_> {
    fn text(&self) -> &str {
        match self {
            Token::Number(text) => text,
            Token::String(text) => text,
        }
    }
}

struct Scanner<'l> {
    line: &'l str,
    at: usize,
}

impl<'l> Scanner<'l> {
    fn rest(&self) -> &'l str {
        &self.line[self.at..]
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn error(&self, expected: &'static str) -> Error {
        Error::Syntax {
            at: self.at,
            expected,
            found: shortened(self.rest()),
        }
    }

    fn accept(&mut self, sign: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn expect(&mut self, sign: &str, expected: &'static str) -> Result<(), Error> {
        if self.accept(sign) {
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    fn token(&mut self) -> Result<Token<'l>, Error> {
        self.skip_space();
        let rest = self.rest();
        if rest.starts_with('"') {
            return self.string().map(Token::String);
        }
        let end = rest
            .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        if !is_json_number(&rest[..end]) {
            return Err(self.error(
                "a number or a string (null is left out; objects and arrays are reserved)",
            ));
        }
        self.at += end;
        Ok(Token::Number(&rest[..end]))
    }

    fn string(&mut self) -> Result<String, Error> {
        self.skip_space();
        let rest = self.rest();
        let mut escaped = false;
        let closing = rest.strip_prefix('"').and_then(|inner| {
            inner.bytes().position(|byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            })
        });
        let text = closing.map(|at| &rest[..at + 2]);
        match text.and_then(|text| Some((text.len(), serde_json::from_str(text).ok()?))) {
            Some((length, string)) => {
                self.at += length;
                Ok(string)
            }
            None => Err(self.error("a JSON string")),
        }
    }
}

/// Returns the value of a token under a type; `None` where it is not one of the type's values.
fn value(token: &Token<'_>, column_type: &ColumnType) -> Option<Value> {
    match (class(column_type), token) {
        (Class::Signed, Token::Number(text)) => text.parse().ok().map(Value::Int),
        (Class::Unsigned, Token::Number(text)) => text.parse().ok().map(Value::UInt),
        (Class::Float, token) => float(token).map(Value::Float),
        (Class::Double, token) => float(token).map(Value::Double),
        (Class::Decimal(_), Token::String(text)) => decimal(text),
        (Class::Text, Token::String(text)) => Some(Value::Text(text.clone())),
        (Class::Json, Token::String(text)) => Some(Value::Json(text.clone())),
        (Class::Bytes, Token::String(text)) => hex(text).map(Value::Bytes),
        (Class::Date, Token::String(text)) => date(text).map(Value::Date),
        (Class::DateTime(_), Token::String(text)) => {
            let (day, time) = text.split_once(' ')?;
            let micros = clock(time).filter(|&micros| micros < 24 * 3_600_000_000)?;
            Some(Value::DateTime(DateTime {
                date: date(day)?,
                micros: micros.unsigned_abs(),
            }))
        }
        (Class::Time(_), Token::String(text)) => {
            let micros = match text.strip_prefix('-') {
                Some(text) => -clock(text)?,
                None => clock(text)?,
            };
            Some(Value::Time(Time { micros }))
        }
        _ => None,
    }
}

fn expected(column_type: &ColumnType) -> &'static str {
    match class(column_type) {
        Class::Signed => "an integer of 64 bits",
        Class::Unsigned => "an unsigned integer of 64 bits",
        Class::Decimal(_) => "a decimal number of at most 65 digits, in quotes",
        Class::Float | Class::Double => "a number",
        Class::Text => "a string",
        Class::Bytes => "lower-case hexadecimal digits in quotes",
        Class::Date => "a date such as \"2026-01-31\"",
        Class::DateTime(_) => "a date and time such as \"2026-01-31 10:00:00\"",
        Class::Time(_) => "a time such as \"10:00:00\"",
        Class::Json => "JSON text in quotes",
    }
}

/// Tells whether a text is a number in JSON's grammar: `-1`, `0.5`, `1e+9`, but not `+1`, `01`, `.5`, `1.`.
fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    digits(whole)
        && digits(fraction)
        && digits(exponent)
        && (whole == "0" || !whole.starts_with('0'))
}

/// Returns a number of the type, never one that overflowed to infinity.
fn float<T: std::str::FromStr + Into<f64> + Copy>(token: &Token<'_>) -> Option<T> {
    match token {
        Token::Number(text) => text
            .parse()
            .ok()
            .filter(|number: &T| (*number).into().is_finite()),
        Token::String(text) if matches!(text.as_str(), "inf" | "-inf" | "NaN") => text.parse().ok(),
        Token::String(_) => None,
    }
}

fn decimal(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 30 {
        return None;
    }
    Decimal::parse(text).map(Value::Decimal)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?))
        .collect()
}

fn date(text: &str) -> Option<Date> {
    let [year, month, day] = parts(text, '-', [4, 2, 2])?;
    let date = Date {
        year: u16::try_from(year).ok()?,
        month: u8::try_from(month).ok()?,
        day: u8::try_from(day).ok()?,
    };
    (date.month <= 12 && date.day <= 31).then_some(date)
}

/// Returns the microseconds of `hh:mm:ss[.ffffff]`; hours may have three digits.
fn clock(text: &str) -> Option<i64> {
    let (time, fraction) = match text.split_once('.') {
        Some((time, fraction)) => (time, fraction),
        None => (text, "0"),
    };
    let hour_digits = if time.len() == 9 { 3 } else { 2 };
    let [hours, minutes, seconds] = parts(time, ':', [hour_digits, 2, 2])?;
    if minutes > 59 || seconds > 59 || fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let micros = number(&format!("{fraction:0<6}"))?;
    Some(
        ((i64::from(hours) * 60 + i64::from(minutes)) * 60 + i64::from(seconds)) * 1_000_000
            + i64::from(micros),
    )
}

fn parts(text: &str, separator: char, widths: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut out = [0; 3];
    for (slot, width) in out.iter_mut().zip(widths) {
        *slot = parts
            .next()
            .filter(|part| part.len() == width)
            .and_then(number)?;
    }
    parts.next().is_none().then_some(out)
}

fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

/// Returns at most 40 characters.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
