//! JSON: reading, printing, ordering, paths and the functions over them.
//!
//! A JSON value is held as the text MySQL prints: members sorted by key length, then bytes, `", "` and `": "` between
//! parts. Manual: "The JSON Data Type", "JSON Functions", "JSON Path Syntax".

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde_json::{Map, Number, Value as Json};

use super::{Call, Function, MANY, Returns};
use crate::engine::convert::Arg;
use crate::engine::types::Origin;
use crate::sql::SqlError;
use crate::value::Value;

type Outcome = Result<Value, SqlError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("json_extract", 2, MANY, Returns::Json, extract),
    Function::new("json_unquote", 1, 1, Returns::Ascii, |call| {
        Ok(Value::Text(unquote(&call.text(0))?))
    }),
    Function::new("json_quote", 1, 1, Returns::Ascii, |call| {
        Ok(Value::Text(
            Json::String(call.text(0).into_owned()).to_string(),
        ))
    }),
    Function::new("json_object", 0, MANY, Returns::Json, object).sees_nulls(),
    Function::new("json_array", 0, MANY, Returns::Json, |call| {
        Ok(made(Json::Array(call.args.iter().map(from_arg).collect())))
    })
    .sees_nulls(),
    Function::new("json_valid", 1, 1, Returns::Boolean, |call| {
        let is_json = matches!(call.value(0), Value::Json(_))
            || (matches!(call.value(0), Value::Text(_)) && parse(&call.text(0)).is_some());
        Ok(Value::Int(i64::from(is_json)))
    }),
    Function::new("json_type", 1, 1, Returns::Ascii, |call| {
        Ok(Value::from(type_name(&document(call, 0)?)))
    }),
    Function::new("json_length", 1, 2, Returns::Integer, |call| {
        let length = |json: &Json| match json {
            Json::Array(items) => items.len(),
            Json::Object(members) => members.len(),
            _ => 1,
        };
        let json = document(call, 0)?;
        let found = if call.args.len() > 1 {
            find_one(call, 1, &json)?
        } else {
            Some(&json)
        };
        Ok(found
            .map(|json| i64::try_from(length(json)).unwrap_or(i64::MAX))
            .into())
    }),
    Function::new("json_depth", 1, 1, Returns::Integer, |call| {
        Ok(Value::Int(depth(&document(call, 0)?)))
    }),
    Function::new("json_keys", 1, 2, Returns::Json, |call| {
        let json = document(call, 0)?;
        let found = if call.args.len() > 1 {
            find_one(call, 1, &json)?
        } else {
            Some(&json)
        };
        Ok(match found {
            Some(Json::Object(members)) => made(Json::Array(
                sorted(members)
                    .into_iter()
                    .map(|(key, _)| Json::String(key.clone()))
                    .collect(),
            )),
            _ => Value::Null,
        })
    }),
    Function::new("json_contains", 2, 3, Returns::Boolean, |call| {
        let (json, wanted) = (document(call, 0)?, document(call, 1)?);
        let found = if call.args.len() > 2 {
            find_one(call, 2, &json)?
        } else {
            Some(&json)
        };
        Ok(found.map(|json| i64::from(contains(json, &wanted))).into())
    }),
    Function::new("json_contains_path", 3, MANY, Returns::Boolean, |call| {
        let json = document(call, 0)?;
        let all = call.text(1).eq_ignore_ascii_case("all");
        let mut found = Vec::new();
        for position in 2..call.args.len() {
            found.push(!search(&json, &path(&call.text(position))?).is_empty());
        }
        Ok(Value::Int(i64::from(if all {
            found.iter().all(|found| *found)
        } else {
            found.contains(&true)
        })))
    }),
    Function::new("json_set", 3, MANY, Returns::Json, |call| {
        modify(call, Change::Set)
    })
    .sees_nulls(),
    Function::new("json_insert", 3, MANY, Returns::Json, |call| {
        modify(call, Change::Insert)
    })
    .sees_nulls(),
    Function::new("json_replace", 3, MANY, Returns::Json, |call| {
        modify(call, Change::Replace)
    })
    .sees_nulls(),
    Function::new("json_array_append", 3, MANY, Returns::Json, |call| {
        modify(call, Change::Append)
    })
    .sees_nulls(),
    Function::new("json_remove", 2, MANY, Returns::Json, remove),
    Function::new("json_merge_patch", 2, MANY, Returns::Json, |call| {
        let mut merged = document(call, 0)?;
        for position in 1..call.args.len() {
            merged = merge_patch(merged, document(call, position)?);
        }
        Ok(made(merged))
    }),
    Function::new("json_merge_preserve", 2, MANY, Returns::Json, |call| {
        let mut merged = document(call, 0)?;
        for position in 1..call.args.len() {
            merged = merge_preserve(merged, document(call, position)?);
        }
        Ok(made(merged))
    }),
    Function::new("json_pretty", 1, 1, Returns::Ascii, |call| {
        let mut out = String::new();
        pretty(&document(call, 0)?, 0, &mut out);
        Ok(Value::Text(out))
    }),
    Function::new("json_value", 2, 2, Returns::Ascii, |call| {
        let json = document(call, 0)?;
        Ok(match find_one(call, 1, &json)? {
            None | Some(Json::Null) => Value::Null,
            Some(Json::String(text)) => Value::Text(text.clone()),
            Some(other) => Value::Text(print(other)),
        })
    }),
    Function::new("member_of", 2, 2, Returns::Boolean, |call| {
        let wanted = from_arg(&call.args[0]);
        let found = match document(call, 1)? {
            Json::Array(items) => items.iter().any(|item| order(item, &wanted).is_eq()),
            other => order(&other, &wanted).is_eq(),
        };
        Ok(Value::Int(i64::from(found)))
    }),
];

pub(super) const INTERNAL: &[Function] = &[
    Function::new("cast_json", 1, 1, Returns::Json, |call| {
        match call.value(0) {
            Value::Text(_) => Ok(made(document(call, 0)?)),
            _ => Ok(made(from_arg(&call.args[0]))),
        }
    }),
    Function::new("to_json", 1, 1, Returns::Json, |call| {
        Ok(made(from_arg(&call.args[0])))
    }),
];

/// The deepest document (MySQL's limit).
const MAX_DEPTH: i64 = 100;

/// Reads a document.
pub(super) fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text)
        .ok()
        .filter(|json| depth(json) <= MAX_DEPTH)
}

/// The text that MySQL prints for a document, or `None` where it is none: what a JSON column stores.
pub(in crate::engine) fn canonical(text: &str) -> Option<String> {
    parse(text).map(|json| print(&json))
}

fn made(json: Json) -> Value {
    Value::Json(print(&json))
}

/// An argument as JSON: JSON and booleans as they are, other values as scalars.
pub(super) fn from_arg(arg: &Arg) -> Json {
    match &arg.value {
        Value::DateTime(value) => Json::String(value.print(6)),
        Value::Time(value) => Json::String(value.print(6)),
        Value::Int(number) if arg.tag.origin() == Origin::Truth => Json::Bool(*number != 0),
        value => from_value(value),
    }
}

/// A value as a JSON scalar.
pub(super) fn from_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => (*number).into(),
        Value::UInt(number) => (*number).into(),
        Value::Json(text) => parse(text).unwrap_or(Json::Null),
        Value::Float(_) | Value::Double(_) | Value::Decimal(_) => value
            .to_f64()
            .and_then(Number::from_f64)
            .map_or(Json::Null, Json::Number),
        value => Json::String(value.to_text().unwrap_or_default().into_owned()),
    }
}

/// The document that an argument holds; text is parsed.
fn document(call: &Call<'_>, position: usize) -> Result<Json, SqlError> {
    let function_argument = position + 1;
    match call.value(position) {
        Value::Json(text) | Value::Text(text) => parse(text).ok_or_else(|| {
            SqlError::new(3141, "22032", format!("Invalid JSON text in argument {function_argument} to function json: \"Invalid value.\" at position 0."))
        }),
        Value::Null => Ok(Json::Null),
        _ => Err(SqlError::new(3146, "22032", format!("Invalid data type for JSON data in argument {function_argument} to function json; a JSON string or JSON type is required."))),
    }
}

fn sorted(members: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(a, _), (b, _)| {
        a.len()
            .cmp(&b.len())
            .then_with(|| a.as_bytes().cmp(b.as_bytes()))
    });
    members
}

/// Prints a document as MySQL does.
pub(super) fn print(json: &Json) -> String {
    let mut out = String::new();
    write(json, &mut out);
    out
}

fn write(json: &Json, out: &mut String) {
    match json {
        Json::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (position, (key, value)) in sorted(members).into_iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                let _ = write!(out, "{}: ", Json::String(key.clone()));
                write(value, out);
            }
            out.push('}');
        }
        Json::Number(number) => match number.as_f64() {
            Some(double) if number.is_f64() => {
                let text = crate::value::float_text(double, None);
                out.push_str(&text);
                if !text.contains(['.', 'e']) {
                    out.push_str(".0");
                }
            }
            _ => {
                let _ = write!(out, "{number}");
            }
        },
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}

fn pretty(json: &Json, level: usize, out: &mut String) {
    let indent = |level: usize| "  ".repeat(level);
    match json {
        Json::Array(items) if !items.is_empty() => {
            out.push_str("[\n");
            for (position, item) in items.iter().enumerate() {
                out.push_str(&indent(level + 1));
                pretty(item, level + 1, out);
                out.push_str(if position + 1 < items.len() {
                    ",\n"
                } else {
                    "\n"
                });
            }
            out.push_str(&indent(level));
            out.push(']');
        }
        Json::Object(members) if !members.is_empty() => {
            out.push_str("{\n");
            let members = sorted(members);
            for (position, (key, value)) in members.iter().enumerate() {
                let _ = write!(
                    out,
                    "{}{}: ",
                    indent(level + 1),
                    Json::String((*key).clone())
                );
                pretty(value, level + 1, out);
                out.push_str(if position + 1 < members.len() {
                    ",\n"
                } else {
                    "\n"
                });
            }
            out.push_str(&indent(level));
            out.push('}');
        }
        other => write(other, out),
    }
}

fn depth(json: &Json) -> i64 {
    match json {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}

fn type_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "NULL",
        Json::Bool(_) => "BOOLEAN",
        Json::Number(number) if number.is_f64() => "DOUBLE",
        Json::Number(number) if number.is_u64() && !number.is_i64() => "UNSIGNED INTEGER",
        Json::Number(_) => "INTEGER",
        Json::String(_) => "STRING",
        Json::Array(_) => "ARRAY",
        Json::Object(_) => "OBJECT",
    }
}

/// The order of two JSON texts: the collation of JSON columns.
pub(in crate::engine) fn compare(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => order(&a, &b),
        _ => a.cmp(b),
    }
}

/// MySQL's order of JSON values: by type first, then by value (manual, "Comparison and Ordering of JSON Values").
fn order(a: &Json, b: &Json) -> Ordering {
    let rank = |json: &Json| match json {
        Json::Null => 0,
        Json::Number(_) => 1,
        Json::String(_) => 2,
        Json::Object(_) => 3,
        Json::Array(_) => 4,
        Json::Bool(_) => 5,
    };
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a
                .as_f64()
                .partial_cmp(&b.as_f64())
                .unwrap_or(Ordering::Equal),
        },
        (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Array(a), Json::Array(b)) => {
            let different = a
                .iter()
                .zip(b)
                .map(|(a, b)| order(a, b))
                .find(|order| order.is_ne());
            different.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Json::Object(a), Json::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
            let (a, b) = (sorted(a), sorted(b));
            let different = a
                .iter()
                .zip(&b)
                .map(|(a, b)| a.0.cmp(b.0).then_with(|| order(a.1, b.1)))
                .find(|order| order.is_ne());
            different.unwrap_or(Ordering::Equal)
        }),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// One leg of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Leg {
    Member(String),
    AnyMember,
    Cell(usize),
    /// `[last-n]`.
    FromEnd(usize),
    AnyCell,
    /// `**`.
    Anywhere,
}

/// Reads a path, `$.a[0]."b c".*`.
fn path(text: &str) -> Result<Vec<Leg>, SqlError> {
    read_path(text).ok_or_else(|| {
        SqlError::new(
            3143,
            "42000",
            format!(
                "Invalid JSON path expression. The error is around character position {}.",
                text.chars().count().min(1)
            ),
        )
    })
}

fn read_path(text: &str) -> Option<Vec<Leg>> {
    let mut rest = text.trim().strip_prefix('$')?;
    let mut legs = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (legs.last() != Some(&Leg::Anywhere)).then_some(legs);
        }
        if let Some(after) = rest.strip_prefix("**") {
            legs.push(Leg::Anywhere);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let after = after.trim_start();
            if let Some(after) = after.strip_prefix('*') {
                legs.push(Leg::AnyMember);
                rest = after;
            } else if after.starts_with('"') {
                let mut stream = serde_json::Deserializer::from_str(after).into_iter::<String>();
                legs.push(Leg::Member(stream.next()?.ok()?));
                rest = &after[stream.byte_offset()..];
            } else {
                let end = after
                    .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                    .unwrap_or(after.len());
                let name = &after[..end];
                if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                    return None;
                }
                legs.push(Leg::Member(name.to_owned()));
                rest = &after[end..];
            }
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            let inside = inside.trim();
            legs.push(if inside == "*" {
                Leg::AnyCell
            } else if let Some(back) = inside.strip_prefix("last") {
                let back = back.trim();
                Leg::FromEnd(if back.is_empty() {
                    0
                } else {
                    back.strip_prefix('-')?.trim().parse().ok()?
                })
            } else {
                Leg::Cell(inside.parse().ok()?)
            });
            rest = after;
        }
    }
}

/// The values that a path leads to, in document order.
fn search<'j>(json: &'j Json, legs: &[Leg]) -> Vec<&'j Json> {
    let Some((leg, rest)) = legs.split_first() else {
        return vec![json];
    };
    match (leg, json) {
        (Leg::Member(name), Json::Object(members)) => members
            .get(name)
            .map(|next| search(next, rest))
            .unwrap_or_default(),
        (Leg::AnyMember, Json::Object(members)) => sorted(members)
            .into_iter()
            .flat_map(|(_, next)| search(next, rest))
            .collect(),
        (Leg::Cell(index), Json::Array(items)) => items
            .get(*index)
            .map(|next| search(next, rest))
            .unwrap_or_default(),
        (Leg::FromEnd(back), Json::Array(items)) => items
            .len()
            .checked_sub(back + 1)
            .and_then(|index| items.get(index))
            .map(|next| search(next, rest))
            .unwrap_or_default(),
        (Leg::AnyCell, Json::Array(items)) => {
            items.iter().flat_map(|next| search(next, rest)).collect()
        }
        (Leg::Cell(0) | Leg::FromEnd(0), scalar) => search(scalar, rest),
        (Leg::Anywhere, _) => {
            let mut found = search(json, rest);
            match json {
                Json::Array(items) => {
                    found.extend(items.iter().flat_map(|next| search(next, legs)))
                }
                Json::Object(members) => found.extend(
                    sorted(members)
                        .into_iter()
                        .flat_map(|(_, next)| search(next, legs)),
                ),
                _ => {}
            }
            found
        }
        _ => Vec::new(),
    }
}

fn is_wild(legs: &[Leg]) -> bool {
    legs.iter()
        .any(|leg| matches!(leg, Leg::AnyMember | Leg::AnyCell | Leg::Anywhere))
}

fn find_one<'j>(
    call: &Call<'_>,
    position: usize,
    json: &'j Json,
) -> Result<Option<&'j Json>, SqlError> {
    let legs = path(&call.text(position))?;
    if is_wild(&legs) {
        return Err(SqlError::new(
            3149,
            "42000",
            "In this situation, path expressions may not contain the * and ** tokens or an array range.",
        ));
    }
    Ok(search(json, &legs).first().copied())
}

fn extract(call: &Call<'_>) -> Outcome {
    let json = document(call, 0)?;
    let mut found = Vec::new();
    let mut many = call.args.len() > 2;
    for position in 1..call.args.len() {
        let legs = path(&call.text(position))?;
        many |= is_wild(&legs);
        found.extend(search(&json, &legs));
    }
    if !many {
        return Ok(found
            .first()
            .map_or(Value::Null, |json| Value::Json(print(json))));
    }
    if found.is_empty() {
        return Ok(Value::Null);
    }
    Ok(made(Json::Array(found.into_iter().cloned().collect())))
}

fn unquote(text: &str) -> Result<String, SqlError> {
    if text.len() >= 2 && text.starts_with('"') && text.ends_with('"') {
        return serde_json::from_str::<String>(text)
            .map_err(|_| SqlError::new(3141, "22032", "Invalid JSON text in argument 1 to function json_unquote: \"Invalid value.\" at position 0."));
    }
    Ok(text.to_owned())
}

fn object(call: &Call<'_>) -> Outcome {
    if !call.args.len().is_multiple_of(2) {
        return Err(crate::engine::error::parameter_count("json_object"));
    }
    let mut members = Map::new();
    for pair in call.args.chunks(2) {
        let Some(key) = pair[0].text() else {
            return Err(SqlError::new(
                3158,
                "22032",
                "JSON documents may not contain NULL member names.",
            ));
        };
        members.insert(key.into_owned(), from_arg(&pair[1]));
    }
    Ok(made(Json::Object(members)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Set,
    Insert,
    Replace,
    Append,
}

fn modify(call: &Call<'_>, change: Change) -> Outcome {
    if call.args.len().is_multiple_of(2) {
        return Err(crate::engine::error::parameter_count("json_set"));
    }
    if call.args[0].is_null() || call.args[1..].chunks(2).any(|pair| pair[0].is_null()) {
        return Ok(Value::Null);
    }
    let mut json = document(call, 0)?;
    for position in (1..call.args.len()).step_by(2) {
        let legs = path(&call.text(position))?;
        if is_wild(&legs) {
            return Err(SqlError::new(
                3149,
                "42000",
                "In this situation, path expressions may not contain the * and ** tokens or an array range.",
            ));
        }
        put(&mut json, &legs, from_arg(&call.args[position + 1]), change);
    }
    Ok(made(json))
}

fn put(json: &mut Json, legs: &[Leg], value: Json, change: Change) {
    let Some((leg, rest)) = legs.split_first() else {
        match change {
            Change::Set | Change::Replace => *json = value,
            Change::Insert => {}
            Change::Append => match json {
                Json::Array(items) => items.push(value),
                other => *other = Json::Array(vec![other.take(), value]),
            },
        }
        return;
    };
    let creates = rest.is_empty() && matches!(change, Change::Set | Change::Insert);
    match (leg, json) {
        (Leg::Member(name), Json::Object(members)) => match members.get_mut(name) {
            Some(next) => put(next, rest, value, change),
            None if creates => {
                members.insert(name.clone(), value);
            }
            None => {}
        },
        (Leg::Cell(index), Json::Array(items)) => match items.get_mut(*index) {
            Some(next) => put(next, rest, value, change),
            None if creates => items.push(value),
            None => {}
        },
        (Leg::FromEnd(back), Json::Array(items)) => {
            let index = items.len().checked_sub(back + 1);
            match index.and_then(|index| items.get_mut(index)) {
                Some(next) => put(next, rest, value, change),
                None if creates => items.insert(0, value),
                None => {}
            }
        }
        (Leg::Cell(0) | Leg::FromEnd(0), scalar) => put(scalar, rest, value, change),
        (Leg::Cell(_), scalar) if creates => *scalar = Json::Array(vec![scalar.take(), value]),
        _ => {}
    }
}

fn remove(call: &Call<'_>) -> Outcome {
    let mut json = document(call, 0)?;
    for position in 1..call.args.len() {
        let legs = path(&call.text(position))?;
        if legs.is_empty() || is_wild(&legs) {
            return Err(SqlError::new(
                3153,
                "42000",
                "The path expression '$' is not allowed in this context.",
            ));
        }
        take(&mut json, &legs);
    }
    Ok(made(json))
}

fn take(json: &mut Json, legs: &[Leg]) {
    let Some((leg, rest)) = legs.split_first() else {
        return;
    };
    match (leg, json) {
        (Leg::Member(name), Json::Object(members)) if rest.is_empty() => {
            members.shift_remove(name);
        }
        (Leg::Member(name), Json::Object(members)) => {
            if let Some(next) = members.get_mut(name) {
                take(next, rest);
            }
        }
        (Leg::Cell(_) | Leg::FromEnd(_), Json::Array(items)) => {
            let index = match leg {
                Leg::Cell(index) => Some(*index),
                Leg::FromEnd(back) => items.len().checked_sub(back + 1),
                _ => None,
            };
            match index.filter(|index| *index < items.len()) {
                Some(index) if rest.is_empty() => {
                    items.remove(index);
                }
                Some(index) => take(&mut items[index], rest),
                None => {}
            }
        }
        _ => {}
    }
}

fn contains(json: &Json, wanted: &Json) -> bool {
    match (json, wanted) {
        (Json::Array(items), Json::Array(wanted)) => wanted
            .iter()
            .all(|wanted| items.iter().any(|item| contains(item, wanted))),
        (Json::Array(items), wanted) => items.iter().any(|item| contains(item, wanted)),
        (Json::Object(members), Json::Object(wanted)) => wanted.iter().all(|(key, wanted)| {
            members
                .get(key)
                .is_some_and(|value| contains(value, wanted))
        }),
        (json, wanted) => order(json, wanted).is_eq(),
    }
}

fn merge_patch(target: Json, patch: Json) -> Json {
    let Json::Object(patch) = patch else {
        return patch;
    };
    let mut target = match target {
        Json::Object(target) => target,
        _ => Map::new(),
    };
    for (key, value) in patch {
        if value.is_null() {
            target.shift_remove(&key);
        } else {
            let old = target.shift_remove(&key).unwrap_or(Json::Null);
            target.insert(key, merge_patch(old, value));
        }
    }
    Json::Object(target)
}

fn merge_preserve(a: Json, b: Json) -> Json {
    match (a, b) {
        (Json::Object(mut a), Json::Object(b)) => {
            for (key, value) in b {
                let merged = match a.shift_remove(&key) {
                    Some(old) => merge_preserve(old, value),
                    None => value,
                };
                a.insert(key, merged);
            }
            Json::Object(a)
        }
        (a, b) => {
            let items = |json| match json {
                Json::Array(items) => items,
                other => vec![other],
            };
            let mut merged = items(a);
            merged.extend(items(b));
            Json::Array(merged)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_print_as_mysql_prints_them() {
        let check =
            |text: &str, expected: &str| assert_eq!(canonical(text).as_deref(), Some(expected));
        check(
            r#"{"bb":1,"a":[1,2.50,true,null],"b":"x"}"#,
            r#"{"a": [1, 2.5, true, null], "b": "x", "bb": 1}"#,
        );
        check("1.0", "1.0");
        check(r#"{"a":1,"a":2}"#, r#"{"a": 2}"#);
        assert_eq!(canonical("{a}"), None);
        assert_eq!(canonical(&"[".repeat(101)), None);
    }

    #[test]
    fn paths_lead_where_mysqls_do() {
        let json = parse(r#"{"a": [1, {"b c": 2}], "d": {"b": 3}}"#).unwrap();
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> = search(&json, &path(text).unwrap())
                .into_iter()
                .map(print)
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        check("$", &[r#"{"a": [1, {"b c": 2}], "d": {"b": 3}}"#]);
        check("$.a[0]", &["1"]);
        check("$.a[1].\"b c\"", &["2"]);
        check("$.a[last]", &[r#"{"b c": 2}"#]);
        check("$.d.*", &["3"]);
        check("$**.b", &["3"]);
        check("$.d[0].b", &["3"]);
        check("$.x", &[]);
        assert!(path("a").is_err());
        assert!(path("$.").is_err());
        assert!(path("$**").is_err());
    }
}
