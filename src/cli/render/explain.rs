//! A plan as a tree of operators for people; for programs it is vtgate's JSON.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::color::{Meaning, Palette};
use crate::router::Operator;

/// Attributes that tell a person nothing that the others do not.
const HIDDEN: &[&str] = &["FieldQuery"];

/// Returns the tree, one operator a paragraph, its inputs under it.
pub(super) fn text(root: &Operator, palette: Palette) -> String {
    let mut text = String::new();
    write(&mut text, root, "", "", palette);
    text
}

/// `first` stands before the operator's own line, `rest` before the lines under it.
fn write(text: &mut String, operator: &Operator, first: &str, rest: &str, palette: Palette) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{first}{}", heading(operator, palette));
    let bar = if operator.inputs.is_empty() {
        "    "
    } else {
        "│   "
    };
    for (name, value) in &operator.attributes {
        if !HIDDEN.contains(name) {
            let value = attribute(value).replace('\n', &format!("\n{rest}{bar}  "));
            let _ = writeln!(
                text,
                "{rest}{bar}{}: {value}",
                palette.paint(Meaning::Key, name)
            );
        }
    }
    for (at, input) in operator.inputs.iter().enumerate() {
        let last = at + 1 == operator.inputs.len();
        let (branch, under) = if last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        write(
            text,
            input,
            &format!("{rest}{branch}"),
            &format!("{rest}{under}"),
            palette,
        );
    }
}

/// `Outer: Route EqualUnique in customer (sharded)`.
fn heading(operator: &Operator, palette: Palette) -> String {
    let mut heading = String::new();
    if let Some(name) = operator.input_name {
        let _ = write!(heading, "{name}: ");
    }
    heading.push_str(&palette.paint(Meaning::Heading, operator.operator));
    if !operator.variant.is_empty() {
        let _ = write!(
            heading,
            " {}",
            palette.paint(Meaning::Head, operator.variant)
        );
    }
    if let Some((keyspace, sharded)) = &operator.keyspace {
        let kind = if *sharded { "sharded" } else { "unsharded" };
        let _ = write!(heading, " in {keyspace} ({kind})");
    }
    if let Some(target) = &operator.target {
        let _ = write!(heading, " to {target}");
    }
    heading
}

fn attribute(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(attribute).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{name} = {}", attribute(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn operator(
        operator: &'static str,
        variant: &'static str,
        attributes: &[(&'static str, Value)],
    ) -> Operator {
        Operator {
            input_name: None,
            operator,
            variant,
            keyspace: Some(("customer".into(), true)),
            target: None,
            attributes: BTreeMap::from_iter(attributes.iter().cloned()),
            inputs: Vec::new(),
        }
    }

    #[test]
    fn operators_stand_under_the_one_they_feed() {
        let mut root = operator(
            "VindexLookup",
            "Equal",
            &[("Values", serde_json::json!([":a", "2"]))],
        );
        let mut lookup = operator(
            "Route",
            "IN",
            &[("FieldQuery", "select 1 from t where 1 != 1".into())],
        );
        lookup.input_name = Some("SubQuery");
        let mut route = operator(
            "Route",
            "ByDestination",
            &[("Query", "select 1\nfrom t".into())],
        );
        route.target = Some("Shard(-80)".into());
        root.inputs = vec![lookup, route];
        assert_eq!(
            text(&root, Palette::PLAIN),
            "\
VindexLookup Equal in customer (sharded)
│   Values: :a, 2
├── SubQuery: Route IN in customer (sharded)
└── Route ByDestination in customer (sharded) to Shard(-80)
        Query: select 1
          from t
"
        );
    }
}
