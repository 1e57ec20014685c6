//! The VSchema: the documents of keyspaces and the routing rules, and what they come to once built.
//!
//! A [`Document`] is what a file says ([`json`]); a [`VSchema`] is what all documents and rules of a revision mean: vindexes
//! made, tables resolved, every mistake found ([`build`], [`references`], [`rules`]), names looked up as vtgate does
//! ([`find`]). `ALTER VSCHEMA` turns one document into another ([`alter`]). The rules are Vitess's
//! (`go/vt/vtgate/vindexes/vschema.go`, `go/vt/topotools/vschema_ddl.go`).

pub mod alter;
pub mod build;
pub mod choose;
mod error;
pub mod find;
pub mod json;
mod references;
mod rules;
pub mod shape;
pub mod show;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use build::{BuiltColumnVindex, BuiltKeyspace, BuiltTable, TableType};
pub use error::{BuildError, LookupError};
pub use find::{Found, TabletType, VSchema};
pub use json::JsonError;
pub use rules::MirrorRule;

use json::field::{self, is_default};

/// A keyspace's VSchema (Vitess `vschema.Keyspace`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Document {
    /// Whether rows are sharded by vindexes.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub sharded: bool,
    /// Vindex definitions by name.
    #[serde(
        deserialize_with = "field::objects_by_name",
        skip_serializing_if = "is_default"
    )]
    pub vindexes: BTreeMap<String, Vindex>,
    /// Table entries by name.
    #[serde(
        deserialize_with = "field::objects_by_name",
        skip_serializing_if = "is_default"
    )]
    pub tables: BTreeMap<String, Table>,
    /// Tables are left out of unqualified lookups.
    #[serde(
        alias = "requireExplicitRouting",
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub require_explicit_routing: bool,
    /// What the router does about foreign keys.
    #[serde(
        alias = "foreignKeyMode",
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub foreign_key_mode: ForeignKeyMode,
    /// MoveTables' tenant column.
    #[serde(
        rename = "multi_tenant_spec",
        alias = "multiTenantSpec",
        deserialize_with = "field::object",
        skip_serializing_if = "is_default"
    )]
    pub multi_tenant: Option<MultiTenantSpec>,
}

/// `foreign_key_mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "field::Enum", rename_all = "lowercase")]
#[allow(missing_docs, reason = "Vitess's names")]
pub enum ForeignKeyMode {
    #[default]
    Unspecified,
    Disallow,
    Unmanaged,
    Managed,
}

/// `multi_tenant_spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MultiTenantSpec {
    /// The column.
    #[serde(
        rename = "tenant_id_column_name",
        alias = "tenantIdColumnName",
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub column: String,
    /// Its query type, by name (`INT64`).
    #[serde(
        rename = "tenant_id_column_type",
        alias = "tenantIdColumnType",
        deserialize_with = "field::query_type",
        skip_serializing_if = "field::is_unsaid"
    )]
    pub column_type: String,
}

/// A vindex definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vindex {
    /// Registered type.
    #[serde(
        rename = "type",
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub vindex_type: String,
    /// Parameters.
    #[serde(
        deserialize_with = "field::by_name",
        skip_serializing_if = "is_default"
    )]
    pub params: BTreeMap<String, String>,
    /// Owner table of a lookup; empty for none.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub owner: String,
}

/// A table entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {
    /// `""`, `sequence`, `reference`.
    #[serde(
        rename = "type",
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub table_type: String,
    /// Column vindexes in order; the first is primary.
    #[serde(
        alias = "columnVindexes",
        deserialize_with = "field::objects",
        skip_serializing_if = "is_default"
    )]
    pub column_vindexes: Vec<ColumnVindex>,
    /// auto_increment.
    #[serde(
        alias = "autoIncrement",
        deserialize_with = "field::object",
        skip_serializing_if = "is_default"
    )]
    pub auto_increment: Option<AutoIncrement>,
    /// Columns as the VSchema lists them.
    #[serde(
        deserialize_with = "field::objects",
        skip_serializing_if = "is_default"
    )]
    pub columns: Vec<Column>,
    /// Hex keyspace id of a pinned table; empty for none.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub pinned: String,
    /// `columns` is complete.
    #[serde(
        alias = "columnListAuthoritative",
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub column_list_authoritative: bool,
    /// Source of a reference table; empty for none.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub source: String,
}

/// A column vindex.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnVindex {
    /// Legacy single column; empty for none.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub column: String,
    /// Name of the vindex.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub name: String,
    /// Columns.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub columns: Vec<String>,
}

/// auto_increment of a table entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutoIncrement {
    /// The column.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub column: String,
    /// `seq` or `ks.seq`, perhaps backticked.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub sequence: String,
}

/// A column of a table entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// Name.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub name: String,
    /// Query type by name (`INT64`, `VARCHAR`); empty if unsaid, which Vitess calls `NULL_TYPE`.
    #[serde(
        rename = "type",
        deserialize_with = "field::query_type",
        skip_serializing_if = "field::is_unsaid"
    )]
    pub column_type: String,
    /// Invisible.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub invisible: bool,
    /// DEFAULT expression as SQL text.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub default: String,
    /// Collation.
    #[serde(
        rename = "collation_name",
        alias = "collationName",
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub collation: String,
    /// Size.
    #[serde(
        deserialize_with = "field::integer",
        skip_serializing_if = "is_default"
    )]
    pub size: i32,
    /// Scale.
    #[serde(
        deserialize_with = "field::integer",
        skip_serializing_if = "is_default"
    )]
    pub scale: i32,
    /// Nullable; `None` = unsaid (true).
    #[serde(skip_serializing_if = "is_default")]
    pub nullable: Option<bool>,
    /// Members of ENUM and SET.
    #[serde(
        deserialize_with = "field::or_default",
        skip_serializing_if = "is_default"
    )]
    pub values: Vec<String>,
}

/// The four rule files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// `routing_rules.json`: from table -> to tables, in order.
    pub routing: Vec<(String, Vec<String>)>,
    /// `shard_routing_rules.json`: (from keyspace, to keyspace, shard).
    pub shard: Vec<(String, String, String)>,
    /// `keyspace_routing_rules.json`: (from keyspace, to keyspace).
    pub keyspace: Vec<(String, String)>,
    /// `mirror_rules.json`: (from table, to table, percent).
    pub mirror: Vec<(String, String, f32)>,
}
