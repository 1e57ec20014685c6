//! JSON objects merged key by key: what one side changed of a member is taken, deep down; a member that both changed
//! differently, or anything but objects, is no merge.

use serde_json::{Map, Value as Json};

use crate::value::Value;

/// Merges three JSON objects; `None` where one is none, or a member clashes.
pub(super) fn merge(base: Option<&Value>, ours: &Value, theirs: &Value) -> Option<Value> {
    let (base, ours, theirs) = (object(base?)?, object(ours)?, object(theirs)?);
    let merged = members(&base, &ours, &theirs)?;
    // MySQL prints a blank after commas and colons; the engine's canonical text is what its printer makes of it.
    Some(Value::Json(print(&Json::Object(merged))))
}

fn object(value: &Value) -> Option<Map<String, Json>> {
    let Value::Json(text) = value else {
        return None;
    };
    match serde_json::from_str(text).ok()? {
        Json::Object(members) => Some(members),
        _ => None,
    }
}

fn members(
    base: &Map<String, Json>,
    ours: &Map<String, Json>,
    theirs: &Map<String, Json>,
) -> Option<Map<String, Json>> {
    let mut merged = Map::new();
    let names = ours.keys().chain(theirs.keys());
    for name in names {
        if merged.contains_key(name) {
            continue;
        }
        let value = match (base.get(name), ours.get(name), theirs.get(name)) {
            (_, ours, theirs) if ours == theirs => ours.cloned(),
            (base, ours, theirs) if base == theirs => ours.cloned(),
            (base, ours, theirs) if base == ours => theirs.cloned(),
            (Some(Json::Object(base)), Some(Json::Object(ours)), Some(Json::Object(theirs))) => {
                Some(Json::Object(members(base, ours, theirs)?))
            }
            _ => return None,
        };
        if let Some(value) = value {
            merged.insert(name.clone(), value);
        }
    }
    Some(merged)
}

/// Prints as MySQL does: `{"a": 1, "b": [1, 2]}`, members by length of name, then by bytes.
fn print(value: &Json) -> String {
    match value {
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
            let member = |(name, value): (&String, &Json)| {
                format!("{}: {}", Json::from(name.as_str()), print(value))
            };
            format!(
                "{{{}}}",
                members
                    .into_iter()
                    .map(member)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Json::Array(items) => format!(
            "[{}]",
            items.iter().map(print).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
    }
}
