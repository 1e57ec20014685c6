//! The shape of the VSchema's files: which fields there are, and of what kind.
//!
//! Vitess ignores a field that it does not know, so a misspelt one silently does nothing. Files of a repository are read
//! more strictly: an unknown field or value of an enum, or a value of another kind, is an error that names its path in
//! the document and, for a name, the nearest one known.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::json::JsonError;
use crate::catalog::nearest;
use crate::value::query_type_number;

/// What a value may be; `null`, which counts as absent, is always allowed.
#[derive(Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// `true` or `false`.
    Bool,
    /// Any text.
    Text,
    /// An integer, also as text.
    Integer,
    /// Any number.
    Number,
    /// One of these names, or a number.
    Enum(&'static [&'static str]),
    /// A name of Vitess's query types, or a number.
    QueryType,
    /// A list of values.
    List(&'static Shape),
    /// An object whose names are free.
    Map(&'static Shape),
    /// An object of these fields, each also in lowerCamelCase.
    Object(&'static [(&'static str, Shape)]),
}

/// `vschema.json`.
pub const KEYSPACE: Shape = Shape::Object(&[
    ("sharded", Shape::Bool),
    ("vindexes", Shape::Map(&VINDEX)),
    ("tables", Shape::Map(&TABLE)),
    ("require_explicit_routing", Shape::Bool),
    (
        "foreign_key_mode",
        Shape::Enum(&["unspecified", "disallow", "unmanaged", "managed"]),
    ),
    (
        "multi_tenant_spec",
        Shape::Object(&[
            ("tenant_id_column_name", Shape::Text),
            ("tenant_id_column_type", Shape::QueryType),
        ]),
    ),
]);

const VINDEX: Shape = Shape::Object(&[
    ("type", Shape::Text),
    ("params", Shape::Map(&Shape::Text)),
    ("owner", Shape::Text),
]);

const TABLE: Shape = Shape::Object(&[
    ("type", Shape::Text),
    ("column_vindexes", Shape::List(&COLUMN_VINDEX)),
    (
        "auto_increment",
        Shape::Object(&[("column", Shape::Text), ("sequence", Shape::Text)]),
    ),
    ("columns", Shape::List(&COLUMN)),
    ("pinned", Shape::Text),
    ("column_list_authoritative", Shape::Bool),
    ("source", Shape::Text),
]);

const COLUMN_VINDEX: Shape = Shape::Object(&[
    ("column", Shape::Text),
    ("name", Shape::Text),
    ("columns", Shape::List(&Shape::Text)),
]);

const COLUMN: Shape = Shape::Object(&[
    ("name", Shape::Text),
    ("type", Shape::QueryType),
    ("invisible", Shape::Bool),
    ("default", Shape::Text),
    ("collation_name", Shape::Text),
    ("size", Shape::Integer),
    ("scale", Shape::Integer),
    ("nullable", Shape::Bool),
    ("values", Shape::List(&Shape::Text)),
]);

/// `routing_rules.json`.
pub const ROUTING_RULES: Shape = Shape::Object(&[(
    "rules",
    Shape::List(&Shape::Object(&[
        ("from_table", Shape::Text),
        ("to_tables", Shape::List(&Shape::Text)),
    ])),
)]);

/// `shard_routing_rules.json`.
pub const SHARD_ROUTING_RULES: Shape = Shape::Object(&[(
    "rules",
    Shape::List(&Shape::Object(&[
        ("from_keyspace", Shape::Text),
        ("to_keyspace", Shape::Text),
        ("shard", Shape::Text),
    ])),
)]);

/// `keyspace_routing_rules.json`.
pub const KEYSPACE_ROUTING_RULES: Shape = Shape::Object(&[(
    "rules",
    Shape::List(&Shape::Object(&[
        ("from_keyspace", Shape::Text),
        ("to_keyspace", Shape::Text),
    ])),
)]);

/// `mirror_rules.json`.
pub const MIRROR_RULES: Shape = Shape::Object(&[(
    "rules",
    Shape::List(&Shape::Object(&[
        ("from_table", Shape::Text),
        ("to_table", Shape::Text),
        ("percent", Shape::Number),
    ])),
)]);

impl Shape {
    /// Checks that a JSON text has this shape.
    ///
    /// # Errors
    /// The first difference, with its line and column, or the text's syntax error.
    pub fn check(&self, text: &[u8]) -> Result<(), JsonError> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        Check {
            shape: self,
            path: "",
        }
        .deserialize(&mut deserializer)?;
        Ok(deserializer.end()?)
    }

    /// Returns the names of an object's fields; none for other shapes.
    pub fn fields(&self) -> Vec<&'static str> {
        match self {
            Self::Object(fields) => fields.iter().map(|(name, _)| *name).collect(),
            _ => Vec::new(),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Any => "any value".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Integer => "an integer".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Enum(names) => format!("one of `{}`", names.join("`, `")),
            Self::QueryType => "a query type such as `INT64` or `VARCHAR`".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) | Self::Object(_) => "an object".to_owned(),
        }
    }
}

/// The check of one value.
#[derive(Clone, Copy)]
struct Check<'a> {
    shape: &'a Shape,
    /// Where the value is: `tables.t.columns[0]`, empty for the document.
    path: &'a str,
}

impl Check<'_> {
    fn below(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn place(&self) -> String {
        if self.path.is_empty() {
            "the document".to_owned()
        } else {
            format!("`{}`", self.path)
        }
    }

    /// Accepts what passes, and says of anything else what it should have been.
    fn accept<E: de::Error>(&self, passes: bool, found: impl fmt::Display) -> Result<(), E> {
        if passes || matches!(self.shape, Shape::Any) {
            return Ok(());
        }
        Err(E::custom(format!(
            "{} must be {}, not {found}",
            self.place(),
            self.shape.expected()
        )))
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shape.expected())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.accept(matches!(self.shape, Shape::Bool), value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        let number = matches!(
            self.shape,
            Shape::Integer | Shape::Number | Shape::Enum(_) | Shape::QueryType
        );
        self.accept(number && i32::try_from(value).is_ok(), value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => self.accept(matches!(self.shape, Shape::Number), value),
        }
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.accept(matches!(self.shape, Shape::Number), value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        let passes = match self.shape {
            Shape::Text => true,
            Shape::Integer => value.parse::<i32>().is_ok(),
            Shape::Enum(names) => names.contains(&value),
            Shape::QueryType => query_type_number(value).is_some(),
            _ => false,
        };
        self.accept(passes, format_args!("`{value}`"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let shape = match self.shape {
            Shape::List(shape) => shape,
            Shape::Any => self.shape,
            _ => return self.accept(false, "a list"),
        };
        let mut index = 0_usize;
        loop {
            let path = format!("{}[{index}]", self.path);
            if access
                .next_element_seed(Check { shape, path: &path })?
                .is_none()
            {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        if !matches!(self.shape, Shape::Map(_) | Shape::Object(_) | Shape::Any) {
            return self.accept(false, "an object");
        }
        while let Some(name) = access.next_key::<String>()? {
            let shape = match self.shape {
                Shape::Map(shape) => shape,
                Shape::Any => self.shape,
                Shape::Object(fields) => {
                    match fields.iter().find(|(field, _)| is_spelling(field, &name)) {
                        Some((_, shape)) => shape,
                        None => return Err(de::Error::custom(self.unknown(&name, fields))),
                    }
                }
                _ => return Ok(()),
            };
            let path = self.below(&name);
            access.next_value_seed(Check { shape, path: &path })?;
        }
        Ok(())
    }
}

impl Check<'_> {
    fn unknown(&self, name: &str, fields: &[(&str, Shape)]) -> String {
        let spelt: Vec<(String, &str)> = fields
            .iter()
            .flat_map(|(field, _)| [((*field).to_owned(), *field), (camel(field), *field)])
            .collect();
        let near = nearest(name, spelt.iter().map(|(spelling, _)| spelling.as_str()));
        let near = near.and_then(|near| spelt.iter().find(|(spelling, _)| spelling == near));
        let hint = near
            .map(|(_, field)| format!(", perhaps `{field}` is meant"))
            .unwrap_or_default();
        format!("unknown field `{name}` in {}{hint}", self.place())
    }
}

/// Tells whether a name is a field's, in either spelling.
pub fn is_spelling(field: &str, name: &str) -> bool {
    field == name || camel(field) == name
}

/// `foreign_key_mode` as `foreignKeyMode`.
pub(super) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut camel, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        camel.push_str(&head.to_ascii_uppercase());
        camel.push_str(tail);
        camel
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        KEYSPACE
            .check(text.as_bytes())
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn accepts_both_spellings_and_nulls() {
        let texts = [
            "{}",
            r#"{"sharded": true, "vindexes": {"h": {"type": "hash", "params": null, "owner": ""}}, "foreignKeyMode": "managed"}"#,
            r#"{"foreign_key_mode": 3, "tables": {"t": {"columnVindexes": [{"name": "h", "columns": ["a"]}], "columns": [{"name": "a", "type": "INT64", "size": "3"}]}}}"#,
            r#"{"multi_tenant_spec": {"tenantIdColumnName": "t", "tenant_id_column_type": 265}}"#,
        ];
        for text in texts {
            assert_eq!(check(text), "", "{text}");
        }
    }

    #[test]
    fn names_what_is_unknown_and_where() {
        let cases = [
            (
                "{\n  \"shardd\": true\n}",
                "unknown field `shardd` in the document, perhaps `sharded` is meant at 2:10",
            ),
            (
                r#"{"tables": {"t": {"column_vindex": []}}}"#,
                "unknown field `column_vindex` in `tables.t`, perhaps `column_vindexes` is meant at 1:33",
            ),
            (
                r#"{"tables": {"t": {"column_vindexes": [{"nam": "h"}]}}}"#,
                "unknown field `nam` in `tables.t.column_vindexes[0]`, perhaps `name` is meant at 1:44",
            ),
            (
                r#"{"owners": 1}"#,
                "unknown field `owners` in the document at 1:9",
            ),
            (
                r#"{"foreign_key_mode": "FK_MANAGED"}"#,
                "`foreign_key_mode` must be one of `unspecified`, `disallow`, `unmanaged`, `managed`, not `FK_MANAGED` at 1:33",
            ),
            (
                r#"{"sharded": "yes"}"#,
                "`sharded` must be `true` or `false`, not `yes` at 1:17",
            ),
            (
                r#"{"vindexes": {"h": {"params": {"n": 1}}}}"#,
                "`vindexes.h.params.n` must be a text, not 1 at 1:37",
            ),
            (
                r#"{"tables": []}"#,
                "`tables` must be an object, not a list at 1:13",
            ),
            (
                r#"{"tables": {"t": {"pinned": {}}}}"#,
                "`tables.t.pinned` must be a text, not an object at 1:30",
            ),
            ("{", "not JSON: EOF while parsing an object at 1:1"),
            ("{} x", "not JSON: trailing characters at 1:4"),
        ];
        for (text, error) in cases {
            assert_eq!(check(text), error, "{text}");
        }
    }

    #[test]
    fn checks_rules() {
        assert!(
            ROUTING_RULES
                .check(br#"{"rules": [{"from_table": "t", "toTables": ["ks.t"]}]}"#)
                .is_ok()
        );
        assert!(
            SHARD_ROUTING_RULES
                .check(
                    br#"{"rules": [{"from_keyspace": "a", "to_keyspace": "b", "shard": "-80"}]}"#
                )
                .is_ok()
        );
        assert!(
            KEYSPACE_ROUTING_RULES
                .check(br#"{"rules": [{"fromKeyspace": "a", "toKeyspace": "b"}]}"#)
                .is_ok()
        );
        assert!(
            MIRROR_RULES
                .check(br#"{"rules": [{"from_table": "a.t", "to_table": "b.t", "percent": 12.5}]}"#)
                .is_ok()
        );
        let error = ROUTING_RULES
            .check(br#"{"rules": [{"from": "t"}]}"#)
            .unwrap_err();
        assert_eq!(error.message, "unknown field `from` in `rules[0]`");
    }
}
