//! The VSchema documents as JSON: Vitess's proto-JSON read in both spellings, written in one.
//!
//! Read as Vitess's `protojson` with unknown fields discarded reads it: every field under its proto name or in
//! lowerCamelCase, `null` as absent, enums by name or number, integers also as text, an unknown enum name as the default, a
//! name twice in one object as an error. Written with proto names, fields in the proto's order, defaults left out, map
//! keys sorted, two spaces a level, a line feed at the end; what is written reads back equal.

pub mod rollup;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{
    AutoIncrement, Column, ColumnVindex, Document, ForeignKeyMode, MultiTenantSpec, Rules, Table,
    Vindex,
};
use crate::sql::Position;
use crate::value;

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

/// What is read from an object only: a derived reader takes a list of the fields' values too.
#[derive(Default, Serialize)]
#[serde(transparent)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(access)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
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
        read_object::<KeyspaceJson>(text).map(Self::from)
    }

    /// Writes the document canonically.
    pub fn to_json(&self) -> String {
        write(&KeyspaceJson::from(self))
    }
}

/// A file of rules: `{"rules": […]}`.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct RulesJson<T> {
    #[serde(default = "Vec::new", deserialize_with = "or_default")]
    rules: Vec<Object<T>>,
}

impl Rules {
    /// Reads `routing_rules.json` into [`Rules::routing`].
    ///
    /// # Errors
    /// For text that is not JSON or not of the proto's types; so with the other three.
    pub fn read_routing(&mut self, text: &[u8]) -> Result<(), JsonError> {
        let rules = read_rules::<RoutingJson>(text)?;
        self.routing = rules
            .into_iter()
            .map(|rule| (rule.from_table, rule.to_tables))
            .collect();
        Ok(())
    }

    /// Reads `shard_routing_rules.json` into [`Rules::shard`].
    ///
    /// # Errors
    /// As [`Rules::read_routing`].
    pub fn read_shard_routing(&mut self, text: &[u8]) -> Result<(), JsonError> {
        let rules = read_rules::<ShardRoutingJson>(text)?;
        let rule = |rule: ShardRoutingJson| (rule.from_keyspace, rule.to_keyspace, rule.shard);
        self.shard = rules.into_iter().map(rule).collect();
        Ok(())
    }

    /// Reads `keyspace_routing_rules.json` into [`Rules::keyspace`].
    ///
    /// # Errors
    /// As [`Rules::read_routing`].
    pub fn read_keyspace_routing(&mut self, text: &[u8]) -> Result<(), JsonError> {
        let rules = read_rules::<KeyspaceRoutingJson>(text)?;
        self.keyspace = rules
            .into_iter()
            .map(|rule| (rule.from_keyspace, rule.to_keyspace))
            .collect();
        Ok(())
    }

    /// Reads `mirror_rules.json` into [`Rules::mirror`].
    ///
    /// # Errors
    /// As [`Rules::read_routing`].
    pub fn read_mirror(&mut self, text: &[u8]) -> Result<(), JsonError> {
        let rules = read_rules::<MirrorJson>(text)?;
        let rule = |rule: MirrorJson| (rule.from_table, rule.to_table, rule.percent.0);
        self.mirror = rules.into_iter().map(rule).collect();
        Ok(())
    }

    /// Writes `routing_rules.json`; `None` without rules: the file is absent then. So with the other three.
    pub fn write_routing(&self) -> Option<String> {
        write_rules(self.routing.iter().map(|(from, to)| RoutingJson {
            from_table: from.clone(),
            to_tables: to.clone(),
        }))
    }

    /// Writes `shard_routing_rules.json`.
    pub fn write_shard_routing(&self) -> Option<String> {
        write_rules(self.shard.iter().map(|(from, to, shard)| ShardRoutingJson {
            from_keyspace: from.clone(),
            to_keyspace: to.clone(),
            shard: shard.clone(),
        }))
    }

    /// Writes `keyspace_routing_rules.json`.
    pub fn write_keyspace_routing(&self) -> Option<String> {
        write_rules(self.keyspace.iter().map(|(from, to)| KeyspaceRoutingJson {
            from_keyspace: from.clone(),
            to_keyspace: to.clone(),
        }))
    }

    /// Writes `mirror_rules.json`.
    pub fn write_mirror(&self) -> Option<String> {
        write_rules(self.mirror.iter().map(|(from, to, percent)| MirrorJson {
            from_table: from.clone(),
            to_table: to.clone(),
            percent: Percent(*percent),
        }))
    }
}

fn read_rules<T: DeserializeOwned>(text: &[u8]) -> Result<Vec<T>, JsonError> {
    let rules = read_object::<RulesJson<T>>(text)?.rules;
    Ok(rules.into_iter().map(|rule| rule.0).collect())
}

fn write_rules<T: Serialize>(rules: impl Iterator<Item = T>) -> Option<String> {
    let rules: Vec<Object<T>> = rules.map(Object).collect();
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

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct KeyspaceRoutingJson {
    #[serde(alias = "fromKeyspace", deserialize_with = "or_default")]
    from_keyspace: String,
    #[serde(alias = "toKeyspace", deserialize_with = "or_default")]
    to_keyspace: String,
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

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct KeyspaceJson {
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    sharded: bool,
    #[serde(
        deserialize_with = "unique_map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    vindexes: BTreeMap<String, Object<VindexJson>>,
    #[serde(
        deserialize_with = "unique_map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    tables: BTreeMap<String, Object<TableJson>>,
    #[serde(
        alias = "requireExplicitRouting",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    require_explicit_routing: bool,
    #[serde(
        alias = "foreignKeyMode",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    foreign_key_mode: ModeJson,
    #[serde(alias = "multiTenantSpec", skip_serializing_if = "Option::is_none")]
    multi_tenant_spec: Option<Object<TenantJson>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct VindexJson {
    #[serde(
        rename = "type",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    vindex_type: String,
    #[serde(
        deserialize_with = "unique_map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    params: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    owner: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct TableJson {
    #[serde(
        rename = "type",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    table_type: String,
    #[serde(
        alias = "columnVindexes",
        deserialize_with = "or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    column_vindexes: Vec<Object<ColumnVindexJson>>,
    #[serde(alias = "autoIncrement", skip_serializing_if = "Option::is_none")]
    auto_increment: Option<Object<AutoIncrementJson>>,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    columns: Vec<Object<ColumnJson>>,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pinned: String,
    #[serde(
        alias = "columnListAuthoritative",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    column_list_authoritative: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    source: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ColumnVindexJson {
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    column: String,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    name: String,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct AutoIncrementJson {
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    column: String,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    sequence: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ColumnJson {
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    name: String,
    #[serde(
        rename = "type",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    column_type: QueryTypeJson,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    invisible: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    default: String,
    #[serde(
        alias = "collationName",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    collation_name: String,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    size: IntegerJson,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    scale: IntegerJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    nullable: Option<bool>,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct TenantJson {
    #[serde(
        alias = "tenantIdColumnName",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    tenant_id_column_name: String,
    #[serde(
        alias = "tenantIdColumnType",
        deserialize_with = "or_default",
        skip_serializing_if = "is_default"
    )]
    tenant_id_column_type: QueryTypeJson,
}

/// An enum of the proto, by name or number.
#[derive(Deserialize)]
#[serde(untagged)]
enum EnumJson {
    Name(String),
    Number(i32),
}

/// `foreign_key_mode`.
#[derive(Default, PartialEq, Deserialize)]
#[serde(from = "EnumJson")]
struct ModeJson(ForeignKeyMode);

/// Values of `foreign_key_mode` by number.
const MODES: [(&str, ForeignKeyMode); 4] = [
    ("unspecified", ForeignKeyMode::Unspecified),
    ("disallow", ForeignKeyMode::Disallow),
    ("unmanaged", ForeignKeyMode::Unmanaged),
    ("managed", ForeignKeyMode::Managed),
];

impl From<EnumJson> for ModeJson {
    fn from(value: EnumJson) -> Self {
        let mode = match value {
            EnumJson::Name(name) => MODES.iter().find(|(known, _)| *known == name),
            EnumJson::Number(number) => usize::try_from(number)
                .ok()
                .and_then(|number| MODES.get(number)),
        };
        Self(mode.map_or(ForeignKeyMode::Unspecified, |(_, mode)| *mode))
    }
}

impl Serialize for ModeJson {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = MODES
            .iter()
            .find(|(_, mode)| *mode == self.0)
            .map_or("", |(name, _)| name);
        serializer.serialize_str(name)
    }
}

/// A query type, by name; an unknown number stays a number.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "EnumJson")]
struct QueryTypeJson(String);

impl From<EnumJson> for QueryTypeJson {
    fn from(value: EnumJson) -> Self {
        let name = match value {
            EnumJson::Name(name) if value::query_type_number(&name).is_some() => name,
            EnumJson::Name(_) => String::new(),
            EnumJson::Number(number) => {
                value::query_type_name(number).map_or_else(|| number.to_string(), str::to_owned)
            }
        };
        Self(if name == "NULL_TYPE" {
            String::new()
        } else {
            name
        })
    }
}

/// An int32, also as text.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EnumJson")]
struct IntegerJson(i32);

impl TryFrom<EnumJson> for IntegerJson {
    type Error = std::num::ParseIntError;

    fn try_from(value: EnumJson) -> Result<Self, Self::Error> {
        match value {
            EnumJson::Name(text) => text.parse().map(Self),
            EnumJson::Number(number) => Ok(Self(number)),
        }
    }
}

impl From<KeyspaceJson> for Document {
    fn from(json: KeyspaceJson) -> Self {
        Self {
            sharded: json.sharded,
            vindexes: json
                .vindexes
                .into_iter()
                .map(|(name, json)| (name, json.0.into()))
                .collect(),
            tables: json
                .tables
                .into_iter()
                .map(|(name, json)| (name, json.0.into()))
                .collect(),
            require_explicit_routing: json.require_explicit_routing,
            foreign_key_mode: json.foreign_key_mode.0,
            multi_tenant: json.multi_tenant_spec.map(|Object(json)| MultiTenantSpec {
                column: json.tenant_id_column_name,
                column_type: json.tenant_id_column_type.0,
            }),
        }
    }
}

impl From<VindexJson> for Vindex {
    fn from(json: VindexJson) -> Self {
        Self {
            vindex_type: json.vindex_type,
            params: json.params,
            owner: json.owner,
        }
    }
}

impl From<TableJson> for Table {
    fn from(json: TableJson) -> Self {
        let column_vindex = |Object(json): Object<ColumnVindexJson>| ColumnVindex {
            name: json.name,
            column: json.column,
            columns: json.columns,
        };
        Self {
            table_type: json.table_type,
            column_vindexes: json
                .column_vindexes
                .into_iter()
                .map(column_vindex)
                .collect(),
            auto_increment: json.auto_increment.map(|Object(json)| AutoIncrement {
                column: json.column,
                sequence: json.sequence,
            }),
            columns: json.columns.into_iter().map(|json| json.0.into()).collect(),
            pinned: json.pinned,
            column_list_authoritative: json.column_list_authoritative,
            source: json.source,
        }
    }
}

impl From<ColumnJson> for Column {
    fn from(json: ColumnJson) -> Self {
        Self {
            name: json.name,
            column_type: json.column_type.0,
            invisible: json.invisible,
            default: json.default,
            collation: json.collation_name,
            size: json.size.0,
            scale: json.scale.0,
            nullable: json.nullable,
            values: json.values,
        }
    }
}

impl From<&Document> for KeyspaceJson {
    fn from(document: &Document) -> Self {
        let vindexes = document.vindexes.iter();
        let tables = document.tables.iter();
        Self {
            sharded: document.sharded,
            vindexes: vindexes
                .map(|(name, vindex)| (name.clone(), Object(vindex.into())))
                .collect(),
            tables: tables
                .map(|(name, table)| (name.clone(), Object(table.into())))
                .collect(),
            require_explicit_routing: document.require_explicit_routing,
            foreign_key_mode: ModeJson(document.foreign_key_mode),
            multi_tenant_spec: document.multi_tenant.as_ref().map(|spec| {
                Object(TenantJson {
                    tenant_id_column_name: spec.column.clone(),
                    tenant_id_column_type: query_type(&spec.column_type),
                })
            }),
        }
    }
}

impl From<&Vindex> for VindexJson {
    fn from(vindex: &Vindex) -> Self {
        Self {
            vindex_type: vindex.vindex_type.clone(),
            params: vindex.params.clone(),
            owner: vindex.owner.clone(),
        }
    }
}

impl From<&Table> for TableJson {
    fn from(table: &Table) -> Self {
        let column_vindex = |vindex: &ColumnVindex| {
            Object(ColumnVindexJson {
                column: vindex.column.clone(),
                name: vindex.name.clone(),
                columns: vindex.columns.clone(),
            })
        };
        Self {
            table_type: table.table_type.clone(),
            column_vindexes: table.column_vindexes.iter().map(column_vindex).collect(),
            auto_increment: table.auto_increment.as_ref().map(|auto| {
                Object(AutoIncrementJson {
                    column: auto.column.clone(),
                    sequence: auto.sequence.clone(),
                })
            }),
            columns: table
                .columns
                .iter()
                .map(|column| Object(column.into()))
                .collect(),
            pinned: table.pinned.clone(),
            column_list_authoritative: table.column_list_authoritative,
            source: table.source.clone(),
        }
    }
}

impl From<&Column> for ColumnJson {
    fn from(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            column_type: query_type(&column.column_type),
            invisible: column.invisible,
            default: column.default.clone(),
            collation_name: column.collation.clone(),
            size: IntegerJson(column.size),
            scale: IntegerJson(column.scale),
            nullable: column.nullable,
            values: column.values.clone(),
        }
    }
}

fn query_type(name: &str) -> QueryTypeJson {
    QueryTypeJson(if name == "NULL_TYPE" {
        String::new()
    } else {
        name.to_owned()
    })
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads `null` as the default.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads an object whose names must differ; `null` as empty, a `null` value as the default.
fn unique_map<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    struct Unique<T>(PhantomData<T>);

    impl<'de, T: Default + Deserialize<'de>> Visitor<'de> for Unique<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some(name) = access.next_key::<String>()? {
                if map.contains_key(&name) {
                    return Err(de::Error::custom(format!("duplicate name `{name}`")));
                }
                let value = access.next_value::<Option<T>>()?.unwrap_or_default();
                map.insert(name, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_any(Unique(PhantomData))
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
