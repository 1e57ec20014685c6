//! One cell as text: what MySQL prints, with bytes in hexadecimal wherever they would not be readable.
//!
//! Hexadecimal follows the mysql client's `--binary-as-hex`, which is its default on a terminal.

use std::borrow::Cow;

use crate::value::{ColumnType, Value};

/// Returns a cell's text for a table: NULL as `NULL`, bytes as `0x1A2B`.
pub(super) fn text<'a>(value: &'a Value, column_type: &ColumnType) -> Cow<'a, str> {
    match value {
        Value::Bytes(bytes) => hex(bytes).into(),
        other => other
            .to_text_as(column_type)
            .unwrap_or(Cow::Borrowed("NULL")),
    }
}

/// Returns a cell's text on one line: line ends, tabs and other control characters escaped.
pub(super) fn line<'a>(value: &'a Value, column_type: &ColumnType) -> Cow<'a, str> {
    match text(value, column_type) {
        Cow::Borrowed(text) => escaped(text),
        Cow::Owned(text) => escaped(&text).into_owned().into(),
    }
}

/// Returns a text on one line: line ends, tabs and other control characters escaped.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escape = |c: char| match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        c if c.is_control() => c.escape_unicode().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect::<String>().into()
}

/// Returns a cell as JSON: integers and doubles as numbers, NULL as null, everything else as a string.
pub(super) fn json(value: &Value, column_type: &ColumnType) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(number) => (*number).into(),
        Value::UInt(number) => (*number).into(),
        // Through the text, so that a FLOAT shows the digits that MySQL prints and not those of its double.
        Value::Float(_) | Value::Double(_) => {
            let text = text(value, column_type);
            let number = text.parse().ok().and_then(serde_json::Number::from_f64);
            number.map_or_else(|| text.as_ref().into(), serde_json::Value::Number)
        }
        other => text(other, column_type).into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("0x{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::TypeKind;

    #[test]
    fn cells_print_as_mysql_prints_them() {
        let check = |value: Value, kind: TypeKind, expected: &str| {
            assert_eq!(text(&value, &ColumnType::new(kind)), expected);
        };
        check(Value::Null, TypeKind::Int, "NULL");
        check(
            Value::UInt(u64::MAX),
            TypeKind::BigInt,
            "18446744073709551615",
        );
        check(
            Value::Bytes(vec![0x16, 0x6b]),
            TypeKind::VarBinary,
            "0x166B",
        );
        check(Value::Bytes(Vec::new()), TypeKind::VarBinary, "0x");
        check(Value::Text("a\nb".into()), TypeKind::Text, "a\nb");
    }

    #[test]
    fn a_line_has_no_line_ends() {
        let value = Value::Text("a\n\tb\u{1b}".into());
        assert_eq!(
            line(&value, &ColumnType::new(TypeKind::Text)),
            "a\\n\\tb\\u{1b}"
        );
    }

    #[test]
    fn json_keeps_numbers_exact() {
        let check = |value: Value, kind: TypeKind, expected: serde_json::Value| {
            assert_eq!(json(&value, &ColumnType::new(kind)), expected);
        };
        check(
            Value::UInt(u64::MAX),
            TypeKind::BigInt,
            serde_json::json!(u64::MAX),
        );
        check(Value::Float(1.1), TypeKind::Float, serde_json::json!(1.1));
        check(Value::Null, TypeKind::Float, serde_json::Value::Null);
        check(
            Value::Bytes(vec![255]),
            TypeKind::Blob,
            serde_json::json!("0xFF"),
        );
    }
}
