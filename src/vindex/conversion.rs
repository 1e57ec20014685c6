//! What a value is to a vindex: bytes, or an unsigned integer (Vitess `sqltypes.Value.ToBytes`, `ToCastUint64`).

use std::borrow::Cow;

use super::Error;
use crate::value::{Value, go_quote};

/// The bytes of the value's text; none for NULL.
pub(super) fn bytes_of(value: &Value) -> Cow<'_, [u8]> {
    value.to_bytes().unwrap_or_default()
}

/// Reads the value's text as an unsigned integer, whatever its type: white space around it is skipped, anything else
/// refused.
pub(super) fn to_u64(value: &Value) -> Result<u64, Error> {
    match value {
        Value::UInt(number) => Ok(*number),
        Value::Int(number) if *number >= 0 => Ok(number.unsigned_abs()),
        other => parse_u64(&bytes_of(other)),
    }
}

fn parse_u64(text: &[u8]) -> Result<u64, Error> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C);
    let refuse = |reason: &str| Error::Value(format!("cannot parse uint64 from {reason}"));
    if text.is_empty() {
        return Err(refuse("empty string"));
    }
    let start = text
        .iter()
        .position(|byte| !is_space(byte))
        .unwrap_or(text.len());
    let digits = text[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits == 0 {
        return Err(refuse(&go_quote(text)));
    }
    let number = text[start..start + digits]
        .iter()
        .try_fold(0_u64, |number, digit| {
            number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        })
        .ok_or_else(|| refuse(&format!("{}: overflow", go_quote(text))))?;
    let rest = &text[start + digits..];
    let tail = &rest[rest
        .iter()
        .position(|byte| !is_space(byte))
        .unwrap_or(rest.len())..];
    if tail.is_empty() {
        Ok(number)
    } else {
        Err(Error::Value(format!(
            "unparsed tail left after parsing uint64 from {}: {}",
            go_quote(text),
            go_quote(tail)
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Decimal;

    #[test]
    fn reads_unsigned_integers_as_vitess() {
        let cases = [
            (Value::Int(5), "5"),
            (Value::UInt(u64::MAX), "18446744073709551615"),
            (Value::from("12"), "12"),
            (Value::from(" 12\n"), "12"),
            (Value::Int(-1), "cannot parse uint64 from \"-1\""),
            (Value::from("aa"), "cannot parse uint64 from \"aa\""),
            (Value::Null, "cannot parse uint64 from empty string"),
            (
                Value::from("99999999999999999999"),
                "cannot parse uint64 from \"99999999999999999999\": overflow",
            ),
            (
                Value::Decimal(Decimal::parse("1.1").unwrap()),
                "unparsed tail left after parsing uint64 from \"1.1\": \".1\"",
            ),
        ];
        for (value, expected) in cases {
            let outcome =
                to_u64(&value).map_or_else(|error| error.to_string(), |number| number.to_string());
            assert_eq!(outcome, expected, "{value:?}");
        }
    }
}
