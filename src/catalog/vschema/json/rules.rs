//! The four files of rules: `{"rules": […]}`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::field::{is_default, objects, or_default};
use super::{JsonError, read_object, write};
use crate::catalog::vschema::Rules;

/// A file of rules.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct RulesJson<T> {
    #[serde(default = "Vec::new", deserialize_with = "objects")]
    rules: Vec<T>,
}

impl Rules {
    /// Reads `routing_rules.json` into [`Rules::routing`].
    ///
    /// # Errors
    /// For text that is not JSON or not of the proto's types; so with the other three.
    pub fn read_routing(&mut self, text: &[u8]) -> Result<(), JsonError> {
        self.routing = read_rules::<RoutingJson, _>(text)?;
        Ok(())
    }

    /// Reads `shard_routing_rules.json` into [`Rules::shard`].
    ///
    /// # Errors
    /// As [`Rules::read_routing`].
    pub fn read_shard_routing(&mut self, text: &[u8]) -> Result<(), JsonError> {
        self.shard = read_rules::<ShardRoutingJson, _>(text)?;
        Ok(())
    }

    /// Reads `keyspace_routing_rules.json` into [`Rules::keyspace`].
    ///
    /// # Errors
    /// As [`Rules::read_routing`].
    pub fn read_keyspace_routing(&mut self, text: &[u8]) -> Result<(), JsonError> {
        self.keyspace = read_rules::<KeyspaceRoutingJson, _>(text)?;
        Ok(())
    }

    /// Reads `mirror_rules.json` into [`Rules::mirror`].
    ///
    /// # Errors
    /// As [`Rules::read_routing`].
    pub fn read_mirror(&mut self, text: &[u8]) -> Result<(), JsonError> {
        self.mirror = read_rules::<MirrorJson, _>(text)?;
        Ok(())
    }

    /// Writes `routing_rules.json`; `None` without rules: the file is absent then. So with the other three.
    pub fn write_routing(&self) -> Option<String> {
        write_rules::<RoutingJson, _>(&self.routing)
    }

    /// Writes `shard_routing_rules.json`.
    pub fn write_shard_routing(&self) -> Option<String> {
        write_rules::<ShardRoutingJson, _>(&self.shard)
    }

    /// Writes `keyspace_routing_rules.json`.
    pub fn write_keyspace_routing(&self) -> Option<String> {
        write_rules::<KeyspaceRoutingJson, _>(&self.keyspace)
    }

    /// Writes `mirror_rules.json`.
    pub fn write_mirror(&self) -> Option<String> {
        write_rules::<MirrorJson, _>(&self.mirror)
    }
}

/// Reads rules that are written as `J` and known as `R`.
fn read_rules<J: DeserializeOwned + Into<R>, R>(text: &[u8]) -> Result<Vec<R>, JsonError> {
    let rules = read_object::<RulesJson<J>>(text)?.rules;
    Ok(rules.into_iter().map(Into::into).collect())
}

/// Writes rules that are known as `R` as `J`.
fn write_rules<J: Serialize + From<R>, R: Clone>(rules: &[R]) -> Option<String> {
    let rules: Vec<J> = rules.iter().cloned().map(J::from).collect();
    (!rules.is_empty()).then(|| write(&RulesJson { rules }))
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RoutingJson {
    #[serde(alias = "fromTable", deserialize_with = "or_default")]
    from_table: String,
    #[serde(alias = "toTables", deserialize_with = "or_default")]
    to_tables: Vec<String>,
}

impl From<RoutingJson> for (String, Vec<String>) {
    fn from(rule: RoutingJson) -> Self {
        (rule.from_table, rule.to_tables)
    }
}

impl From<(String, Vec<String>)> for RoutingJson {
    fn from((from_table, to_tables): (String, Vec<String>)) -> Self {
        Self {
            from_table,
            to_tables,
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ShardRoutingJson {
    #[serde(alias = "fromKeyspace", deserialize_with = "or_default")]
    from_keyspace: String,
    #[serde(alias = "toKeyspace", deserialize_with = "or_default")]
    to_keyspace: String,
    #[serde(deserialize_with = "or_default")]
    shard: String,
}

impl From<ShardRoutingJson> for (String, String, String) {
    fn from(rule: ShardRoutingJson) -> Self {
        (rule.from_keyspace, rule.to_keyspace, rule.shard)
    }
}

impl From<(String, String, String)> for ShardRoutingJson {
    fn from((from_keyspace, to_keyspace, shard): (String, String, String)) -> Self {
        Self {
            from_keyspace,
            to_keyspace,
            shard,
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct KeyspaceRoutingJson {
    #[serde(alias = "fromKeyspace", deserialize_with = "or_default")]
    from_keyspace: String,
    #[serde(alias = "toKeyspace", deserialize_with = "or_default")]
    to_keyspace: String,
}

impl From<KeyspaceRoutingJson> for (String, String) {
    fn from(rule: KeyspaceRoutingJson) -> Self {
        (rule.from_keyspace, rule.to_keyspace)
    }
}

impl From<(String, String)> for KeyspaceRoutingJson {
    fn from((from_keyspace, to_keyspace): (String, String)) -> Self {
        Self {
            from_keyspace,
            to_keyspace,
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct MirrorJson {
    #[serde(alias = "fromTable", deserialize_with = "or_default")]
    from_table: String,
    #[serde(alias = "toTable", deserialize_with = "or_default")]
    to_table: String,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    percent: Percent,
}

impl From<MirrorJson> for (String, String, f32) {
    fn from(rule: MirrorJson) -> Self {
        (rule.from_table, rule.to_table, rule.percent.0)
    }
}

impl From<(String, String, f32)> for MirrorJson {
    fn from((from_table, to_table, percent): (String, String, f32)) -> Self {
        Self {
            from_table,
            to_table,
            percent: Percent(percent),
        }
    }
}

/// A float that is written without a fraction where it has none.
#[derive(Default, PartialEq, Deserialize)]
#[serde(transparent)]
struct Percent(f32);

impl Serialize for Percent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole and small, as was checked"
        )]
        if self.0.fract() == 0.0 && self.0.abs() < 1e6 {
            serializer.serialize_i32(self.0 as i32)
        } else {
            serializer.serialize_f32(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_they_are_read() {
        let mut rules = Rules::default();
        assert_eq!(rules.write_mirror(), None);
        rules
            .read_mirror(br#"{"rules": [{"fromTable": "a.t", "to_table": "b.t", "percent": 12.5}, {"percent": 3}]}"#)
            .expect("mirror rules");
        assert_eq!(
            rules.mirror,
            [
                ("a.t".into(), "b.t".into(), 12.5),
                (String::new(), String::new(), 3.0)
            ]
        );
        rules
            .read_routing(br#"{"rules": [{"from_table": "t", "to_tables": ["b.t"]}]}"#)
            .expect("routing rules");
        let text = rules.write_routing().expect("a rule");
        assert_eq!(
            text,
            "{\n  \"rules\": [\n    {\n      \"from_table\": \"t\",\n      \"to_tables\": [\n        \"b.t\"\n      ]\n    }\n  ]\n}\n"
        );
        let mut again = Rules::default();
        again
            .read_routing(text.as_bytes())
            .expect("what was written");
        assert_eq!(again.routing, rules.routing);
    }
}
