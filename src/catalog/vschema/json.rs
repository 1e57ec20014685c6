//! The VSchema documents as JSON: Vitess's proto-JSON read in both spellings, written in one.
//!
//! Read as Vitess's `protojson` with unknown fields discarded reads it: every field under its proto name or in
//! lowerCamelCase, `null` as absent, enums by name or number, integers also as text, an unknown enum name as the default, a
//! name twice in one object as an error. Written with proto names, fields in the proto's order, defaults left out, map
//! keys sorted, two spaces a level, a line feed at the end; what is written reads back equal.

pub(super) mod field;
pub mod rollup;
mod rules;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use self::field::Object;
use super::Document;
use crate::sql::Position;

/// Why a text is no such document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {at}")]
pub struct JsonError {
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub message: String,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let at = Position {
            line: error.line().max(1),
            column: error.column().max(1),
        };
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = text.strip_suffix(&place).unwrap_or(&text);
        let message = match error.classify() {
            Category::Syntax | Category::Eof => format!("not JSON: {message}"),
            _ => message.to_owned(),
        };
        Self { at, message }
    }
}

/// Reads any JSON document, with the place of an error.
///
/// # Errors
/// For text that is not JSON or not of the expected shape.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonError> {
    Ok(serde_json::from_slice(text)?)
}

/// Reads a JSON object, with the place of an error.
///
/// # Errors
/// As [`read`], and for anything but an object.
pub fn read_object<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonError> {
    read::<Object<T>>(text).map(|object| object.0)
}

/// Writes any JSON document canonically: two spaces a level, a line feed at the end.
pub fn write<T: Serialize>(document: &T) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

impl Document {
    /// Reads a keyspace's VSchema.
    ///
    /// # Errors
    /// For text that is not JSON or whose fields are not of the proto's types.
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        read_object(text)
    }

    /// Writes the document canonically.
    pub fn to_json(&self) -> String {
        write(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::vschema::{
        AutoIncrement, Column, ColumnVindex, ForeignKeyMode, MultiTenantSpec, Table, Vindex, shape,
    };

    #[track_caller]
    fn check(text: &str, canonical: &str) {
        let document = Document::from_json(text.as_bytes()).expect(text);
        assert_eq!(document.to_json(), canonical);
        assert_eq!(Document::from_json(canonical.as_bytes()), Ok(document));
    }

    #[test]
    fn both_spellings_give_one_text() {
        check("{}", "{}\n");
        check(
            "{\"sharded\": null, \"tables\": null, \"unheard_of\": [1]}",
            "{}\n",
        );
        let canonical = "{\n  \"sharded\": true,\n  \"vindexes\": {\n    \"hash\": {\n      \"type\": \"hash\"\n    }\n  },\n  \
             \"tables\": {\n    \"t\": {\n      \"column_vindexes\": [\n        {\n          \"column\": \"id\",\n          \
             \"name\": \"hash\"\n        }\n      ],\n      \"auto_increment\": {\n        \"column\": \"id\",\n        \
             \"sequence\": \"seq\"\n      }\n    }\n  },\n  \"foreign_key_mode\": \"managed\"\n}\n";
        check(
            r#"{"foreignKeyMode": 3, "tables": {"t": {"autoIncrement": {"sequence": "seq", "column": "id"},
               "columnVindexes": [{"name": "hash", "column": "id"}]}}, "vindexes": {"hash": {"type": "hash", "params": {}}},
               "sharded": true}"#,
            canonical,
        );
        check(
            r#"{"tables": {"t": {"columns": [{"name": "a", "type": 265, "size": "3", "nullable": false}, {"type": "NEVER"}]}}}"#,
            "{\n  \"tables\": {\n    \"t\": {\n      \"columns\": [\n        {\n          \"name\": \"a\",\n          \
             \"type\": \"INT64\",\n          \"size\": 3,\n          \"nullable\": false\n        },\n        {}\n      ]\n    }\n  }\n}\n",
        );
    }

    #[test]
    fn errors_have_a_place() {
        let check = |text: &str, line: usize, column: usize, part: &str| {
            let error = Document::from_json(text.as_bytes()).expect_err(text);
            assert_eq!(error.at, Position { line, column }, "{error}");
            assert!(error.message.contains(part), "{error}");
        };
        check("{\n  \"sharded\": trux\n}", 2, 17, "expected ident");
        check("{\"sharded\": 1}", 1, 13, "invalid type");
        check(
            "{\"tables\": {\"t\": {}, \"t\": {}}}",
            1,
            24,
            "duplicate name `t`",
        );
        check(
            "{\"sharded\": true, \"sharded\": true}",
            1,
            27,
            "duplicate field `sharded`",
        );
        check("", 1, 1, "EOF");
        check("[]", 1, 1, "invalid type: sequence, expected an object");
        check(
            "{\"tables\": {\"t\": []}}",
            1,
            17,
            "invalid type: sequence, expected an object",
        );
    }

    #[test]
    fn values_are_of_the_proto() {
        // What `vtctldclient` writes says every field, `null` for messages that are absent.
        check(
            r#"{"sharded": false, "vindexes": {"h": {"type": "hash", "params": {}, "owner": ""}}, "tables": {"t": {"type": "",
                "column_vindexes": [{"column": "", "name": "h", "columns": ["a"]}], "auto_increment": null, "columns": [],
                "pinned": "", "column_list_authoritative": false, "source": ""}}, "require_explicit_routing": false,
                "foreign_key_mode": "unspecified", "multi_tenant_spec": null}"#,
            "{\n  \"vindexes\": {\n    \"h\": {\n      \"type\": \"hash\"\n    }\n  },\n  \"tables\": {\n    \"t\": {\n      \
             \"column_vindexes\": [\n        {\n          \"name\": \"h\",\n          \"columns\": [\n            \"a\"\n          ]\n        }\n      ]\n    }\n  }\n}\n",
        );
        for text in [
            r#"{"sharded": "true"}"#,
            r#"{"vindexes": {"h": {"params": {"a": 1}}}}"#,
            r#"{"vindexes": {"h": {"params": {"a": "1", "a": "2"}}}}"#,
            r#"{"tables": {"t": {"columnVindexes": [], "column_vindexes": []}}}"#,
            r#"{"tables": {"t": {"columns": [{"size": 3.5}]}}}"#,
            r#"{"tables": {"t": {"columns": [{"size": "x"}]}}}"#,
            r#"{"tables": {"t": {"columns": [{"values": "a"}]}}}"#,
            r#"{"tables": {"t": {"auto_increment": []}}}"#,
            r#"{"multi_tenant_spec": ["a"]}"#,
        ] {
            assert!(Document::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    /// Any field of a document, with names in backticks' and JSON's own letters among them.
    fn documents() -> impl Strategy<Value = Document> {
        let name = || prop_oneof![4 => "[a-z_]{1,5}", 1 => "[a-z`.@ \\\\\"é-]{1,4}"];
        let maybe = move || prop_oneof![Just(String::new()), name()];
        let query_type = || prop::sample::select(vec!["", "INT64", "VARBINARY", "ENUM", "VECTOR"]);
        let vindex = (
            name(),
            prop::collection::btree_map(name(), maybe(), 0..3),
            maybe(),
        );
        let vindex = vindex.prop_map(|(vindex_type, params, owner)| Vindex {
            vindex_type,
            params,
            owner,
        });
        let column_vindex = (maybe(), name(), prop::collection::vec(name(), 0..3));
        let column_vindex = column_vindex.prop_map(|(column, name, columns)| ColumnVindex {
            column,
            name,
            columns,
        });
        let column = (
            (name(), query_type(), any::<bool>(), maybe(), maybe()),
            (
                any::<i32>(),
                any::<i32>(),
                any::<Option<bool>>(),
                prop::collection::vec(maybe(), 0..3),
            ),
        );
        let column = column.prop_map(
            |(
                (name, column_type, invisible, default, collation),
                (size, scale, nullable, values),
            )| Column {
                name,
                column_type: column_type.to_owned(),
                invisible,
                default,
                collation,
                size,
                scale,
                nullable,
                values,
            },
        );
        let auto_increment = prop::option::of((name(), name()));
        let table = (
            prop::sample::select(vec!["", "sequence", "reference"]),
            prop::collection::vec(column_vindex, 0..3),
            auto_increment,
            prop::collection::vec(column, 0..3),
            (maybe(), any::<bool>(), maybe()),
        );
        let table = table.prop_map(
            |(table_type, column_vindexes, auto_increment, columns, rest)| Table {
                table_type: table_type.to_owned(),
                column_vindexes,
                auto_increment: auto_increment
                    .map(|(column, sequence)| AutoIncrement { column, sequence }),
                columns,
                pinned: rest.0,
                column_list_authoritative: rest.1,
                source: rest.2,
            },
        );
        let mode = prop::sample::select(vec![
            ForeignKeyMode::Unspecified,
            ForeignKeyMode::Disallow,
            ForeignKeyMode::Unmanaged,
            ForeignKeyMode::Managed,
        ]);
        let document = (
            any::<bool>(),
            prop::collection::btree_map(name(), vindex, 0..3),
            prop::collection::btree_map(name(), table, 0..3),
            any::<bool>(),
            mode,
            prop::option::of((maybe(), query_type())),
        );
        document.prop_map(
            |(sharded, vindexes, tables, explicit, foreign_key_mode, tenant)| Document {
                sharded,
                vindexes,
                tables,
                require_explicit_routing: explicit,
                foreign_key_mode,
                multi_tenant: tenant.map(|(column, column_type)| MultiTenantSpec {
                    column,
                    column_type: column_type.to_owned(),
                }),
            },
        )
    }

    /// Says a document as the proto's standard writer does: names of fields in lowerCamelCase, enums by number, integers as
    /// text. Below `tables`, `vindexes` and `params` names are the document's own.
    fn standard(value: &serde_json::Value, free: bool) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    let own = !free && matches!(name.as_str(), "tables" | "vindexes" | "params");
                    let value = match (name.as_str(), value) {
                        ("foreign_key_mode", Value::String(mode)) if !free => {
                            let modes = ["unspecified", "disallow", "unmanaged", "managed"];
                            modes.iter().position(|known| known == mode).into()
                        }
                        ("size" | "scale", Value::Number(number)) if !free => {
                            number.to_string().into()
                        }
                        _ => standard(value, own),
                    };
                    let name = if free {
                        name.clone()
                    } else {
                        shape::camel(name)
                    };
                    (name, value)
                });
                Value::Object(fields.collect())
            }
            Value::Array(values) => values.iter().map(|value| standard(value, false)).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_means_the_same(document in documents()) {
            let text = document.to_json();
            prop_assert!(shape::KEYSPACE.check(text.as_bytes()).is_ok(), "{text}");
            prop_assert_eq!(Document::from_json(text.as_bytes()), Ok(document.clone()), "{}", text);
            let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
            let text = standard(&value, false).to_string();
            prop_assert!(shape::KEYSPACE.check(text.as_bytes()).is_ok(), "{text}");
            prop_assert_eq!(Document::from_json(text.as_bytes()), Ok(document), "{}", text);
        }

        #[test]
        fn a_rollup_is_given_out_and_taken_in(
            keyspaces in prop::collection::btree_map("[a-z]{1,4}", documents(), 1..3),
            routing in prop::collection::vec(("[a-z@.]{1,6}", prop::collection::vec("[a-z.]{1,5}", 0..3)), 0..3),
            mirror in prop::collection::vec(("[a-z]{1,4}", "[a-z]{1,4}", -1.0e9f32..1.0e9), 0..3),
        ) {
            let mut rollup = rollup::Rollup { keyspaces, ..Default::default() };
            rollup.mentioned.extend((!routing.is_empty()).then_some("routing_rules"));
            rollup.mentioned.extend((!mirror.is_empty()).then_some("mirror_rules"));
            rollup.rules.routing = routing;
            rollup.rules.mirror = mirror;
            let text = rollup.to_json();
            prop_assert_eq!(rollup::Rollup::from_json(text.as_bytes()), Ok(rollup), "{}", text);
        }
    }
}
