//! What is strict and what is soft in comparing an outcome with what a case expects.
//!
//! Strict: every value, id, range, name and error text. Soft, and why:
//!
//! - an error that a case only calls wanted (`want_error: true`) may have any text;
//! - an error text may be a part (`error_match: contains`) or the start (`prefix`) of ours where the case says so;
//! - the text of a JSON syntax error is that of a library: any error will do;
//! - a UINT64 written `-1` is 2^64 - 1: the origin's test builds it from a signed constant;
//! - every shard and the full key range are one destination;
//! - SQL and plan texts: letter case outside quotes, white space;
//! - `text_diff_lines`: the +/- lines of a unified text in any order, each given whole or by its start: the origin's
//!   tests look only whether a line of theirs begins one of these.

use serde_json::Value as Json;
use vrev::value::Value;
use vrev::vindex::{Destination, KeyRange};

use crate::case::text;

/// Fails unless both are equal.
pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: &T,
    actual: &T,
) -> Result<(), String> {
    if expected == actual {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:?}, got {actual:?}"))
    }
}

/// How an expected error text is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Exact,
    Contains,
    Prefix,
    /// An empty expectation: any error will do.
    Any,
}

impl Match {
    /// What a case's `error_match` asks for.
    pub(crate) fn of(json: &Json) -> Self {
        match text(json, "error_match") {
            "contains" => Self::Contains,
            "prefix" => Self::Prefix,
            _ => Self::Exact,
        }
    }
}

/// Fails unless there is an error whose text matches.
pub(crate) fn error_text<T: std::fmt::Debug, E: ToString>(
    expected: &str,
    actual: &Result<T, E>,
    how: Match,
) -> Result<(), String> {
    let error = match actual {
        Ok(value) => return Err(format!("expected the error {expected:?}, got {value:?}")),
        Err(error) => error.to_string(),
    };
    let how = if is_json_library(expected) {
        Match::Any
    } else {
        how
    };
    let matches = match how {
        Match::Exact => error == expected,
        Match::Contains => error.contains(expected),
        Match::Prefix => error.starts_with(expected),
        Match::Any => true,
    };
    if matches {
        Ok(())
    } else {
        Err(format!("expected the error {expected:?}, got {error:?}"))
    }
}

/// Tells whether a text is one of Go's JSON library.
fn is_json_library(text: &str) -> bool {
    text.starts_with("invalid character '")
}

/// Fails unless the value is the one that a case writes as `{type, value}` or `{type, hex}`.
pub(crate) fn value(expected: &Json, actual: &Value) -> Result<(), String> {
    let wanted = read_value(expected)?;
    equal("value", &wanted.to_vitess_text(), &actual.to_vitess_text())
}

/// Reads a value that a case writes as `{type, value}` or `{type, hex}`; null is NULL.
pub(crate) fn read_value(json: &Json) -> Result<Value, String> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    let hex = json.get("hex").or_else(|| json.get("value_hex"));
    let bytes = match hex.and_then(Json::as_str) {
        Some(hex) => unhex(hex)?,
        None => match json.get("value") {
            Some(Json::String(text)) => text.clone().into_bytes(),
            Some(other) => other.to_string().into_bytes(),
            None => return Err(format!("no value in {json}")),
        },
    };
    let as_text = || String::from_utf8_lossy(&bytes).into_owned();
    let number = |text: String| {
        text.parse::<i128>()
            .map_err(|error| format!("{text}: {error}"))
    };
    Ok(match text(json, "type") {
        "NULL_TYPE" | "NULL" => Value::Null,
        "INT8" | "INT16" | "INT24" | "INT32" | "INT64" | "YEAR" => {
            Value::Int(number(as_text())? as i64)
        }
        "UINT8" | "UINT16" | "UINT24" | "UINT32" | "UINT64" => {
            Value::UInt(number(as_text())? as u64)
        }
        "FLOAT32" | "FLOAT64" => Value::Double(
            as_text()
                .parse()
                .map_err(|error| format!("{}: {error}", as_text()))?,
        ),
        "DECIMAL" => Value::Decimal(
            vrev::value::Decimal::parse(&as_text())
                .ok_or_else(|| format!("{}: no decimal", as_text()))?,
        ),
        "HEXVAL" => Value::Bytes(unhex(
            as_text().trim_start_matches(['x', 'X']).trim_matches('\''),
        )?),
        "HEXNUM" => Value::Bytes(unhex(as_text().trim_start_matches("0x"))?),
        "VARCHAR" | "CHAR" | "TEXT" | "ENUM" | "SET" => match String::from_utf8(bytes) {
            Ok(text) => Value::Text(text),
            Err(error) => Value::Bytes(error.into_bytes()),
        },
        "VARBINARY" | "BINARY" | "BLOB" | "BIT" => Value::Bytes(bytes),
        other => return Err(format!("no value of type {other:?} can be made")),
    })
}

/// Reads hex digits.
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    vrev::vindex::key_range::decode_hex(text).map_err(|error| format!("{text}: {error}"))
}

/// Fails unless a vindex's answer is the one that a case expects.
pub(crate) fn destination<E: ToString>(
    expected: &Json,
    actual: &Result<Destination, E>,
) -> Result<(), String> {
    if let Some(error) = expected.get("error").and_then(Json::as_str) {
        return error_text(error, actual, Match::of(expected));
    }
    let actual = match actual {
        Ok(Destination::None) => serde_json::json!({ "none": true }),
        Ok(Destination::KeyspaceId(id)) => serde_json::json!({ "keyspace_id": id.to_string() }),
        Ok(Destination::KeyspaceIds(ids)) => {
            serde_json::json!({ "keyspace_ids": ids.iter().map(ToString::to_string).collect::<Vec<_>>() })
        }
        Ok(Destination::AllShards) => serde_json::json!({ "all_shards": true }),
        Ok(Destination::KeyRange(range)) if range.is_full() => {
            serde_json::json!({ "all_shards": true })
        }
        Ok(Destination::KeyRange(range)) => {
            let KeyRange { start, end } = range;
            let hex = vrev::vindex::key_range::encode_hex;
            serde_json::json!({ "key_range": { "start": hex(start), "end": hex(end) } })
        }
        Err(error) => {
            return Err(format!(
                "expected {expected}, got the error {:?}",
                error.to_string()
            ));
        }
    };
    let full = serde_json::json!({ "key_range": { "start": "", "end": "" } });
    let all = serde_json::json!({ "all_shards": true });
    equal(
        "destination",
        if *expected == full { &all } else { expected },
        &actual,
    )
}

/// Fails unless two SQL texts are one but for white space and, outside quotes, letter case.
pub(crate) fn same_sql(expected: &str, actual: &str) -> Result<(), String> {
    if normal(expected) == normal(actual) {
        Ok(())
    } else {
        Err(format!("SQL: expected {expected:?}, got {actual:?}"))
    }
}

fn normal(sql: &str) -> String {
    let (mut out, mut quote, mut space) = (String::new(), None, false);
    for c in sql.trim().chars() {
        match quote {
            Some(open) => {
                out.push(c);
                if c == open {
                    quote = None;
                }
            }
            None if c.is_whitespace() => space = true,
            None => {
                if std::mem::take(&mut space) {
                    out.push(' ');
                }
                quote = matches!(c, '\'' | '"' | '`').then_some(c);
                out.extend(c.to_lowercase());
            }
        }
    }
    out
}

/// Fails unless the removed and added lines of a unified text are those listed: as many, and each listed line begins one
/// that no other listed line begins.
pub(crate) fn marked_lines(expected: &[String], unified: &str) -> Result<(), String> {
    let mut marked: Vec<&str> = unified
        .lines()
        .filter(|line| line.starts_with(['+', '-']))
        .collect();
    let all = marked.clone();
    // The longest first: what begins several lines takes none that another needs.
    let mut longest: Vec<&String> = expected.iter().collect();
    longest.sort_by_key(|line| std::cmp::Reverse(line.len()));
    for line in longest {
        match marked
            .iter()
            .position(|marked| marked.starts_with(line.as_str()))
        {
            Some(at) => marked.remove(at),
            None => return Err(format!("no line {line:?} in {all:?}")),
        };
    }
    equal("lines that are not listed", &Vec::new(), &marked)
}
