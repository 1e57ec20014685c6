//! Documents of several keyspaces and their rules, as Vitess's tools read and write them.
//!
//! | document | written by |
//! |---|---|
//! | a keyspace | `vtctldclient GetVSchema`, read by `ApplyVSchema --vschema-file` |
//! | `keyspaces`, `routing_rules`, … (SrvVSchema) | `vtctldclient GetSrvVSchema` |
//! | `keyspace`, `v_schema`, … | the request and the answer of ApplyVSchema |
//! | `rules` | `vtctldclient GetRoutingRules` and its kin |
//! | keyspace name → keyspace | `vtexplain --vschema-file` |
//!
//! Which one a text is, its own names say. Rules that a document does not mention are left alone.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::field::{Object, objects_by_name, or_default};
use super::{JsonError, read, read_object, write};
use crate::catalog::nearest;
use crate::catalog::vschema::shape::{self, Shape};
use crate::catalog::vschema::{Document, Rules};

/// What a document says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rollup {
    /// Keyspaces by name; the empty name where the document does not say which one it is of.
    pub keyspaces: BTreeMap<String, Document>,
    /// The rules.
    pub rules: Rules,
    /// Which of the rules the document mentions, by file name: `routing_rules`.
    pub mentioned: Vec<&'static str>,
}

/// The rules' names in a SrvVSchema, in the proto's order.
pub const RULES: [&str; 4] = [
    "routing_rules",
    "shard_routing_rules",
    "keyspace_routing_rules",
    "mirror_rules",
];

const APPLY: &Shape = &Shape::Object(&[
    ("keyspace", Shape::Text),
    ("skip_rebuild", Shape::Bool),
    ("dry_run", Shape::Bool),
    ("cells", Shape::List(&Shape::Text)),
    ("v_schema", shape::KEYSPACE),
    ("sql", Shape::Text),
    ("strict", Shape::Bool),
    ("unknown_vindex_params", Shape::Map(&Shape::Any)),
]);

const ROLLUP: &Shape = &Shape::Object(&[
    ("keyspaces", Shape::Map(&shape::KEYSPACE)),
    ("routing_rules", shape::ROUTING_RULES),
    ("shard_routing_rules", shape::SHARD_ROUTING_RULES),
    ("keyspace_routing_rules", shape::KEYSPACE_ROUTING_RULES),
    ("mirror_rules", shape::MIRROR_RULES),
]);

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RollupJson {
    #[serde(deserialize_with = "objects_by_name")]
    keyspaces: BTreeMap<String, Document>,
    #[serde(flatten)]
    rules: BTreeMap<String, serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ApplyJson {
    #[serde(deserialize_with = "or_default")]
    keyspace: String,
    #[serde(alias = "vSchema", deserialize_with = "or_default")]
    v_schema: Object<Document>,
    #[serde(deserialize_with = "or_default")]
    sql: String,
}

#[derive(Default, Deserialize)]
#[serde(transparent)]
struct KeyspacesJson(#[serde(deserialize_with = "objects_by_name")] BTreeMap<String, Document>);

impl Rollup {
    /// Reads a document of any of these kinds.
    ///
    /// # Errors
    /// For text that is not JSON, and for a field or value that the document's kind does not have.
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        let names = read_object::<BTreeMap<String, IgnoredAny>>(text)?;
        let has = |name: &str| names.keys().any(|known| shape::is_spelling(name, known));
        if has("v_schema") {
            return Self::from_apply(text);
        }
        if has("keyspaces") || RULES.iter().any(|name| has(name)) {
            return Self::from_rollup(text);
        }
        if has("rules") {
            return Self::from_rules(text);
        }
        let explain = Shape::Map(&shape::KEYSPACE);
        let fields = shape::KEYSPACE.fields();
        let known = |name: &String| fields.iter().any(|field| shape::is_spelling(field, name));
        let is_map = !names.is_empty() && !names.keys().any(known);
        if is_map && !has_misspelt(text, &fields)? && explain.check(text).is_ok() {
            return Ok(Self {
                keyspaces: read_object::<KeyspacesJson>(text)?.0,
                ..Self::default()
            });
        }
        shape::KEYSPACE.check(text)?;
        Ok(Self::of(String::new(), Document::from_json(text)?))
    }

    fn of(keyspace: String, document: Document) -> Self {
        Self {
            keyspaces: BTreeMap::from([(keyspace, document)]),
            ..Self::default()
        }
    }

    fn from_apply(text: &[u8]) -> Result<Self, JsonError> {
        APPLY.check(text)?;
        let apply = read_object::<ApplyJson>(text)?;
        if !apply.sql.is_empty() {
            return Err(JsonError {
                at: crate::sql::Position { line: 1, column: 1 },
                message: "the document has a statement in `sql`: run it with `vrev sql`".to_owned(),
            });
        }
        Ok(Self::of(apply.keyspace, apply.v_schema.0))
    }

    fn from_rollup(text: &[u8]) -> Result<Self, JsonError> {
        ROLLUP.check(text)?;
        let rollup = read_object::<RollupJson>(text)?;
        let mut found = Self {
            keyspaces: rollup.keyspaces,
            ..Self::default()
        };
        for (name, rules) in rollup.rules {
            let kind = RULES
                .into_iter()
                .find(|kind| shape::is_spelling(kind, &name));
            if let (Some(kind), false) = (kind, rules.is_null()) {
                if found.mentioned.contains(&kind) {
                    return Err(JsonError {
                        at: crate::sql::Position { line: 1, column: 1 },
                        message: format!("duplicate field `{kind}`"),
                    });
                }
                found.take_rules(kind, rules.to_string().as_bytes())?;
            }
        }
        found
            .mentioned
            .sort_by_key(|name| RULES.iter().position(|known| known == name));
        Ok(found)
    }

    /// A document of rules alone: what its rules say tells which.
    fn from_rules(text: &[u8]) -> Result<Self, JsonError> {
        let mut found = Self::default();
        let fits = [
            ("mirror_rules", shape::MIRROR_RULES, "percent"),
            ("routing_rules", shape::ROUTING_RULES, "to_tables"),
            ("shard_routing_rules", shape::SHARD_ROUTING_RULES, "shard"),
            ("keyspace_routing_rules", shape::KEYSPACE_ROUTING_RULES, ""),
        ];
        #[derive(Deserialize)]
        struct Names {
            #[serde(default)]
            rules: Vec<BTreeMap<String, IgnoredAny>>,
        }
        let names = read::<Names>(text)?;
        let says = |field: &str| {
            let rules = names.rules.iter();
            rules
                .flat_map(BTreeMap::keys)
                .any(|name| shape::is_spelling(field, name))
        };
        for (kind, shape, field) in fits {
            if field.is_empty() || says(field) {
                shape.check(text)?;
                found.take_rules(kind, text)?;
                break;
            }
        }
        Ok(found)
    }

    fn take_rules(&mut self, kind: &'static str, text: &[u8]) -> Result<(), JsonError> {
        match kind {
            "routing_rules" => self.rules.read_routing(text)?,
            "shard_routing_rules" => self.rules.read_shard_routing(text)?,
            "keyspace_routing_rules" => self.rules.read_keyspace_routing(text)?,
            _ => self.rules.read_mirror(text)?,
        }
        self.mentioned.push(kind);
        Ok(())
    }

    /// Takes in what another document says.
    ///
    /// # Errors
    /// The keyspace or the rules that both speak of.
    pub fn join(&mut self, other: Self) -> Result<(), String> {
        for (name, document) in other.keyspaces {
            if self.keyspaces.insert(name.clone(), document).is_some() {
                return Err(format!("keyspace `{name}`"));
            }
        }
        for kind in other.mentioned {
            if self.mentioned.contains(&kind) {
                return Err(format!("`{kind}`"));
            }
            self.mentioned.push(kind);
        }
        // Of each kind of rules, only one of the two has any.
        self.rules.routing.extend(other.rules.routing);
        self.rules.shard.extend(other.rules.shard);
        self.rules.keyspace.extend(other.rules.keyspace);
        self.rules.mirror.extend(other.rules.mirror);
        Ok(())
    }

    /// Writes keyspaces and rules as a SrvVSchema.
    pub fn to_json(&self) -> String {
        let rules = [
            self.rules.write_routing(),
            self.rules.write_shard_routing(),
            self.rules.write_keyspace_routing(),
            self.rules.write_mirror(),
        ];
        let rules = RULES.iter().zip(rules).filter_map(|(name, text)| {
            let value = serde_json::from_str(&text?).ok()?;
            Some(((*name).to_owned(), value))
        });
        write(&RollupJson {
            keyspaces: self.keyspaces.clone(),
            rules: rules.collect(),
        })
    }
}

/// Tells whether a name of an object is nearly a field's, with a value that says nothing: no keyspace, then.
fn has_misspelt(text: &[u8], fields: &[&'static str]) -> Result<bool, JsonError> {
    let said = read_object::<BTreeMap<String, serde_json::Value>>(text)?;
    let mut empty = said.iter().filter(|(_, value)| {
        value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
    });
    Ok(empty.any(|(name, _)| nearest(name, fields.iter().copied()).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, keyspaces: &[&str], mentioned: &[&str]) -> Rollup {
        let found =
            Rollup::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            found.keyspaces.keys().collect::<Vec<_>>(),
            keyspaces,
            "{text}"
        );
        assert_eq!(found.mentioned, mentioned, "{text}");
        found
    }

    #[test]
    fn each_kind_of_document_is_known_by_its_names() {
        check("{}", &[""], &[]);
        check("{\"sharded\": true, \"vindexes\": {}}", &[""], &[]);
        check(
            "{\"keyspaces\": {\"a\": {}, \"b\": {\"sharded\": true}}}",
            &["a", "b"],
            &[],
        );
        check(
            "{\"keyspaces\": {}, \"routingRules\": {\"rules\": []}, \"mirror_rules\": null}",
            &[],
            &["routing_rules"],
        );
        check(
            "{\"keyspace\": \"a\", \"v_schema\": {\"sharded\": true}, \"strict\": true}",
            &["a"],
            &[],
        );
        check(
            "{\"vSchema\": {}, \"unknownVindexParams\": {\"v\": {\"params\": [\"x\"]}}}",
            &[""],
            &[],
        );
        check(
            "{\"a\": {\"tables\": {\"t\": {}}}, \"b\": {}}",
            &["a", "b"],
            &[],
        );
        check(
            "{\"rules\": [{\"fromTable\": \"t\", \"toTables\": [\"a.t\"]}]}",
            &[],
            &["routing_rules"],
        );
        check(
            "{\"rules\": [{\"from_keyspace\": \"a\", \"to_keyspace\": \"b\", \"shard\": \"-80\"}]}",
            &[],
            &["shard_routing_rules"],
        );
        check(
            "{\"rules\": [{\"from_keyspace\": \"a\", \"to_keyspace\": \"b\"}]}",
            &[],
            &["keyspace_routing_rules"],
        );
        let found = check(
            "{\"rules\": [{\"from_table\": \"a.t\", \"to_table\": \"b.t\", \"percent\": 1.5}]}",
            &[],
            &["mirror_rules"],
        );
        assert_eq!(
            found.rules.mirror,
            [("a.t".to_owned(), "b.t".to_owned(), 1.5)]
        );
    }

    #[test]
    fn what_a_kind_does_not_have_is_refused() {
        let refused = |text: &str, expected: &str| {
            let error = Rollup::from_json(text.as_bytes()).expect_err(text);
            assert!(error.message.contains(expected), "{text}: {error}");
        };
        refused("{\"tabels\": {\"t\": {}}}", "perhaps `tables` is meant");
        refused("{\"tabels\": {}}", "perhaps `tables` is meant");
        refused("{\"sharded\": tru}", "not JSON: expected ident");
        refused(
            "{\"keyspaces\": {\"a\": {\"shraded\": true}}}",
            "perhaps `sharded` is meant",
        );
        refused(
            "{\"keyspaces\": {}, \"routing_rule\": {}}",
            "perhaps `routing_rules` is meant",
        );
        refused(
            "{\"v_schema\": {}, \"sql\": \"alter vschema add table t\"}",
            "`vrev sql`",
        );
        refused("{\"keyspaces\": {\"a\": {}, \"a\": {}}}", "duplicate");
        refused(
            "{\"keyspaces\": {}, \"routing_rules\": {}, \"routingRules\": {}}",
            "duplicate",
        );
        refused("[]", "");
        refused("", "");
    }

    #[test]
    fn documents_are_joined() {
        let read = |text: &str| Rollup::from_json(text.as_bytes()).unwrap();
        let mut all = read("{\"keyspaces\": {\"a\": {}}}");
        let rules = "{\"rules\": [{\"fromTable\": \"t\", \"toTables\": [\"a.t\"]}]}";
        assert_eq!(all.join(read(rules)), Ok(()));
        assert_eq!(all.join(read("{\"keyspaces\": {\"b\": {}}}")), Ok(()));
        assert_eq!((all.keyspaces.len(), all.rules.routing.len()), (2, 1));
        assert_eq!(all.join(read(rules)), Err("`routing_rules`".to_owned()));
        let again = read("{\"keyspaces\": {\"b\": {}}}");
        assert_eq!(all.join(again), Err("keyspace `b`".to_owned()));
    }

    #[test]
    fn a_rollup_is_written_and_read_back() {
        let text = "{\"keyspaces\": {\"a\": {\"sharded\": true, \"vindexes\": {\"h\": {\"type\": \"hash\"}}}}, \
                    \"routingRules\": {\"rules\": [{\"fromTable\": \"t\", \"toTables\": [\"a.t\"]}]}}";
        let found = check(text, &["a"], &["routing_rules"]);
        assert_eq!(
            Rollup::from_json(found.to_json().as_bytes()).unwrap(),
            found
        );
    }
}
