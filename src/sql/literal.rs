//! Literals: text as written <-> [`Value`]. Trees keep string literals raw (with their escapes), so every reader of a
//! literal comes through here (MySQL manual, "String Literals", "Numeric Literals", "Bit-Value Literals").

use super::ast::{Expr, UnaryOperator, Value as Literal};
use crate::value::{Decimal, Value};

/// Undoes MySQL's escapes in the raw inside of a literal quoted by `quote`: doubled quotes and backslashes. `\%` and
/// `\_` keep their backslash, as MySQL keeps it outside of patterns.
pub fn unescape(raw: &str, quote: char) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('0') => text.push('\0'),
                Some('b') => text.push('\u{8}'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('Z') => text.push('\u{1a}'),
                Some(wildcard @ ('%' | '_')) => text.extend(['\\', wildcard]),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            c if c == quote => {
                characters.next_if_eq(&quote);
                text.push(c);
            }
            c => text.push(c),
        }
    }
    text
}

/// Returns `text` as MySQL prints it in SHOW CREATE TABLE: in single quotes, `'` doubled, backslash doubled, newline,
/// carriage return and NUL as backslash escapes.
pub fn quote_string(text: &str) -> String {
    format!("'{}'", escape(text))
}

/// Returns the raw inside of a single-quoted literal for `text`, as trees hold it.
pub fn escape(text: &str) -> String {
    let mut raw = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' => raw.push_str("''"),
            '\\' => raw.push_str("\\\\"),
            '\n' => raw.push_str("\\n"),
            '\r' => raw.push_str("\\r"),
            '\0' => raw.push_str("\\0"),
            c => raw.push(c),
        }
    }
    raw
}

/// Returns `text` as vtgate prints a string: in single quotes, special characters but `"` behind a backslash (Vitess
/// `go/sqltypes`, the SQL encoding of a value).
pub fn vitess_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            '\0' => quoted.push_str("\\0"),
            '\u{8}' => quoted.push_str("\\b"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{1a}' => quoted.push_str("\\Z"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// Returns the bytes of a hexadecimal literal's digits; an odd digit count is padded with a leading zero, as `0x1` is.
/// `None` where a character is no digit.
pub fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = digits
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    let mut nibbles = nibbles?;
    if nibbles.len() % 2 == 1 {
        nibbles.insert(0, 0);
    }
    Some(
        nibbles
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

/// Returns the big-endian bytes of a bit literal's digits (`b'101'` is one byte, 5). `None` where a character is no bit.
pub fn bit_bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.bytes().all(|b| matches!(b, b'0' | b'1')) {
        return None;
    }
    let bits = digits.as_bytes();
    let bytes = bits
        .rchunks(8)
        .rev()
        .map(|chunk| chunk.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')));
    Some(bytes.collect())
}

/// Returns the value of a literal with the type MySQL gives it: integers are BIGINT, past `i64` BIGINT UNSIGNED, past
/// `u64` DECIMAL; `1.5` is DECIMAL with its scale, `1e3` DOUBLE; `x'…'` and `b'…'` are bytes; TRUE is 1.
///
/// `None` for placeholders and for malformed digits.
pub fn value_of(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Null => Some(Value::Null),
        Literal::Boolean(truth) => Some(Value::Int(i64::from(*truth))),
        Literal::Number(digits, _) => number(digits),
        Literal::SingleQuotedString(raw) | Literal::NationalStringLiteral(raw) => {
            Some(Value::Text(unescape(raw, '\'')))
        }
        Literal::DoubleQuotedString(raw) => Some(Value::Text(unescape(raw, '"'))),
        Literal::HexStringLiteral(digits) => hex_bytes(digits).map(Value::Bytes),
        Literal::SingleQuotedByteStringLiteral(digits)
        | Literal::DoubleQuotedByteStringLiteral(digits) => bit_bytes(digits).map(Value::Bytes),
        _ => None,
    }
}

/// Returns the value of a constant expression: a literal, perhaps signed or in parentheses.
pub fn value_of_expr(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Value(literal) => value_of(&literal.value),
        Expr::Nested(inner) => value_of_expr(inner),
        Expr::UnaryOp {
            op: UnaryOperator::Plus,
            expr,
        } => numeric(value_of_expr(expr)?),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => negated(value_of_expr(expr)?),
        _ => None,
    }
}

/// Returns the number that `digits` write, typed as MySQL types numeric literals.
pub fn number(digits: &str) -> Option<Value> {
    if digits.contains(['e', 'E']) {
        let double: f64 = digits.parse().ok()?;
        return double.is_finite().then_some(Value::Double(double));
    }
    if !digits.contains('.') {
        if let Ok(small) = digits.parse::<i64>() {
            return Some(Value::Int(small));
        }
        if let Ok(large) = digits.parse::<u64>() {
            return Some(Value::UInt(large));
        }
    }
    decimal(digits).map(Value::Decimal)
}

fn decimal(digits: &str) -> Option<Decimal> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let text = if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    };
    Decimal::parse(&text)
}

fn numeric(value: Value) -> Option<Value> {
    matches!(
        value,
        Value::Int(_) | Value::UInt(_) | Value::Decimal(_) | Value::Double(_)
    )
    .then_some(value)
}

fn negated(value: Value) -> Option<Value> {
    match value {
        Value::Int(n) => Some(
            n.checked_neg()
                .map_or_else(|| Value::UInt(n.unsigned_abs()), Value::Int),
        ),
        Value::UInt(n) if n == i64::MIN.unsigned_abs() => Some(Value::Int(i64::MIN)),
        Value::UInt(n) => Some(Value::Decimal(Decimal::from(n).negated())),
        Value::Decimal(n) => Some(Value::Decimal(n.negated())),
        Value::Double(n) => Some(Value::Double(-n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_redone() {
        for (raw, text) in [
            ("plain", "plain"),
            ("it''s", "it's"),
            (r"it\'s", "it's"),
            (r#"say \"hi\""#, r#"say "hi""#),
            (r"\0\b\n\r\t\Z\\", "\0\u{8}\n\r\t\u{1a}\\"),
            (r"100\%\_", r"100\%\_"),
            (r"\a\é", "aé"),
            ("trailing\\", "trailing\\"),
        ] {
            assert_eq!(unescape(raw, '\''), text, "{raw}");
            assert_eq!(
                unescape(&escape(text), '\''),
                text.replace("\\%", "\\\\%").replace("\\\\%", "\\%"),
                "{raw}"
            );
        }
        assert_eq!(unescape(r#"a""b''c"#, '"'), r#"a"b''c"#);
        assert_eq!(quote_string("it's\na\\b\0"), r"'it''s\na\\b\0'");
        assert_eq!(vitess_string("it's \"x\"\t\\"), r#"'it\'s "x"\t\\'"#);
    }

    #[test]
    fn numbers_are_typed_as_mysql_types_them() {
        let shown = |digits: &str| match number(digits) {
            Some(Value::Int(n)) => format!("int {n}"),
            Some(Value::UInt(n)) => format!("uint {n}"),
            Some(Value::Decimal(n)) => format!("decimal {n}"),
            Some(Value::Double(n)) => format!("double {n}"),
            other => format!("{other:?}"),
        };
        for (digits, expected) in [
            ("0", "int 0"),
            ("9223372036854775807", "int 9223372036854775807"),
            ("9223372036854775808", "uint 9223372036854775808"),
            ("18446744073709551615", "uint 18446744073709551615"),
            ("18446744073709551616", "decimal 18446744073709551616"),
            ("1.50", "decimal 1.50"),
            (".5", "decimal 0.5"),
            ("5.", "decimal 5"),
            ("1e3", "double 1000"),
            ("1.5E-1", "double 0.15"),
            ("1e999", "None"),
            (".", "None"),
            ("", "None"),
        ] {
            assert_eq!(shown(digits), expected, "{digits}");
        }
    }

    #[test]
    fn bits_and_hex_become_bytes() {
        assert_eq!(hex_bytes("4D7953"), Some(b"MyS".to_vec()));
        assert_eq!(hex_bytes("1"), Some(vec![1]));
        assert_eq!(hex_bytes(""), Some(vec![]));
        assert_eq!(hex_bytes("xy"), None);
        assert_eq!(bit_bytes("101"), Some(vec![5]));
        assert_eq!(bit_bytes("100000001"), Some(vec![1, 1]));
        assert_eq!(bit_bytes("2"), None);
    }
}
