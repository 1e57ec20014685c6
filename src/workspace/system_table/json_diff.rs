//! `dolt_json_diff(from, to)`: the paths at which two JSON documents differ.

use serde_json::Value as Json;

use super::arguments::wrong_number;
use super::define::{define, text};
use super::reader::Reader;
use super::{Call, Found};
use crate::relation::Row;
use crate::sql::SqlError;
use crate::value::Value;

const COLUMNS: &str = "diff_type text not null, path text not null, from_value json, to_value json";

/// `dolt_json_diff`.
pub(super) fn function(_: &Reader, call: &Call) -> Result<Found, SqlError> {
    let [from, to] = call.arguments.as_slice() else {
        return Err(wrong_number(call, "2"));
    };
    let read = |value: &Value| -> Result<Option<Json>, SqlError> {
        if value.is_null() {
            return Ok(None);
        }
        let text = value.to_text().unwrap_or_default();
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| SqlError::new(3141, "22032", format!("Invalid JSON text: {error}")))
    };
    let (from, to) = (read(from)?, read(to)?);
    let mut rows = Vec::new();
    compare("$", from.as_ref(), to.as_ref(), &mut rows);
    Ok(Found::rows(define("json_diff", COLUMNS), rows))
}

fn compare(path: &str, from: Option<&Json>, to: Option<&Json>, rows: &mut Vec<Row>) {
    match (from, to) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                compare(
                    &format!("{path}{}", member(key)),
                    old.get(key),
                    new.get(key),
                    rows,
                );
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new))) => {
            for at in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{at}]"), old.get(at), new.get(at), rows);
            }
        }
        (from, to) if from == to => {}
        (from, to) => {
            let kind = match (from, to) {
                (None, _) => "added",
                (_, None) => "removed",
                _ => "modified",
            };
            let cell = |side: Option<&Json>| side.map_or(Value::Null, printed);
            rows.push(vec![text(kind), text(path), cell(from), cell(to)]);
        }
    }
}

/// A member of a path: bare where it is a plain name.
fn member(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && !key.is_empty();
    match plain {
        true => format!(".{key}"),
        false => format!(".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// A document as MySQL prints it: blanks after `:` and `,`.
fn printed(json: &Json) -> Value {
    fn write(json: &Json, out: &mut String) {
        match json {
            Json::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    write(item, out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(&Json::String(key.clone()).to_string());
                    out.push_str(": ");
                    write(value, out);
                }
                out.push('}');
            }
            other => out.push_str(&other.to_string()),
        }
    }
    let mut out = String::new();
    write(json, &mut out);
    Value::Json(out)
}
