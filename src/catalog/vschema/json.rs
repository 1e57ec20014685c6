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
        Self {
            at,
            message: text.strip_suffix(&place).unwrap_or(&text).to_owned(),
        }
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
    use super::*;

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
}
