//! Compares a statement's result with what a script expects: rows cell by cell, and counts.
//!
//! Numbers compare by value (doubles within 1e-9), dates and times by their text, JSON by its value, `{"any": true}` is
//! not looked at; without `ordered`, rows compare as multisets. A text is never taken for the number it starts with.

use serde_json::Value as Json;
use vrev::value::{QueryResult, TypeKind, Value};

/// Fails unless the counts that a case names are the result's.
pub(crate) fn counts(expected: &Json, result: &QueryResult) -> Result<(), String> {
    let info = result.info.as_deref().unwrap_or_default();
    let told = |word: &str| {
        info.split_once(word)
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
    };
    for (key, actual) in [
        ("rows_affected", Some(result.affected_rows)),
        ("insert_id", Some(result.insert_id)),
        ("matched", told("matched: ")),
        ("changed", told("Changed: ")),
    ] {
        if let Some(wanted) = expected.get(key).and_then(Json::as_u64)
            && actual != Some(wanted)
        {
            return Err(format!("{key}: expected {wanted}, got {actual:?}"));
        }
    }
    Ok(())
}

/// Fails unless the rows are those expected, in order or as multisets.
pub(crate) fn rows(expected: &[Json], result: &QueryResult, ordered: bool) -> Result<(), String> {
    let empty = Vec::new();
    let (fields, actual) = result
        .rows
        .as_ref()
        .map_or((&[][..], &empty), |set| (&set.fields[..], &set.rows));
    let differs = || {
        let shown: Vec<Vec<String>> = actual
            .iter()
            .map(|row| row.iter().map(|value| value.to_vitess_text()).collect())
            .collect();
        Err(format!(
            "rows: expected {}, got {shown:?}",
            Json::from(expected.to_vec())
        ))
    };
    if expected.len() != actual.len() {
        return differs();
    }
    let same = |wanted: &Json, row: &Vec<Value>| {
        let wanted = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
        let kind = |position: usize| fields.get(position).map(|field| field.column_type.kind);
        wanted.len() == row.len()
            && wanted
                .iter()
                .zip(row)
                .enumerate()
                .all(|(at, (wanted, value))| cell(wanted, value, kind(at)))
    };
    if ordered {
        return if expected
            .iter()
            .zip(actual)
            .all(|(wanted, row)| same(wanted, row))
        {
            Ok(())
        } else {
            differs()
        };
    }
    let mut left: Vec<&Vec<Value>> = actual.iter().collect();
    for wanted in expected {
        match left.iter().position(|row| same(wanted, row)) {
            Some(position) => {
                left.swap_remove(position);
            }
            None => return differs(),
        }
    }
    Ok(())
}

fn cell(expected: &Json, actual: &Value, kind: Option<TypeKind>) -> bool {
    let text = || actual.to_text().unwrap_or_default().into_owned();
    match expected {
        Json::Null => actual.is_null(),
        _ if expected.get("any").is_some() => true,
        _ if actual.is_null() => false,
        Json::Bool(truth) => actual.to_f64() == Some(f64::from(u8::from(*truth))),
        Json::Number(number) => {
            let exact = number.to_string();
            text() == exact
                || is_number(actual)
                    && close(
                        number.as_f64().unwrap_or(f64::NAN),
                        actual.to_f64().unwrap_or(f64::NAN),
                    )
        }
        Json::String(wanted) => {
            let json = kind == Some(TypeKind::Json)
                && serde_json::from_str::<Json>(wanted).ok()
                    == serde_json::from_str::<Json>(&text()).ok();
            text() == *wanted
                || json
                || (is_number(actual)
                    && wanted
                        .parse()
                        .is_ok_and(|wanted| close(wanted, actual.to_f64().unwrap_or(f64::NAN))))
        }
        Json::Object(_) => tagged(expected, actual, &text()),
        Json::Array(_) => serde_json::from_str::<Json>(&text()).ok().as_ref() == Some(expected),
    }
}

fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(_) | Value::UInt(_) | Value::Decimal(_) | Value::Float(_) | Value::Double(_)
    )
}

fn tagged(expected: &Json, actual: &Value, text: &str) -> bool {
    let field = |name: &str| expected.get(name).and_then(Json::as_str);
    if let Some(wanted) = field("datetime").or_else(|| field("time")) {
        let plain = |text: &str| {
            let text = text.strip_suffix(" 00:00:00").unwrap_or(text);
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text.to_owned()
            }
        };
        return plain(wanted) == plain(text);
    }
    if let Some(wanted) = field("decimal") {
        return wanted
            .parse()
            .is_ok_and(|wanted| close(wanted, actual.to_f64().unwrap_or(f64::NAN)));
    }
    if let Some(wanted) = field("hex") {
        return crate::compare::unhex(wanted).ok().as_deref() == actual.to_bytes().as_deref();
    }
    if let Some(wanted) = expected.get("json") {
        return serde_json::from_str::<Json>(text).ok().as_ref() == Some(wanted);
    }
    false
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}
