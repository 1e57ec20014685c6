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

pub use build::{BuiltColumnVindex, BuiltKeyspace, BuiltTable, TableType};
pub use error::{BuildError, LookupError};
pub use find::{Found, TabletType, VSchema};
pub use json::JsonError;
pub use rules::MirrorRule;

/// A keyspace's VSchema (Vitess `vschema.Keyspace`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Whether rows are sharded by vindexes.
    pub sharded: bool,
    /// Vindex definitions by name.
    pub vindexes: BTreeMap<String, Vindex>,
    /// Table entries by name.
    pub tables: BTreeMap<String, Table>,
    /// Tables are left out of unqualified lookups.
    pub require_explicit_routing: bool,
    /// What the router does about foreign keys.
    pub foreign_key_mode: ForeignKeyMode,
    /// MoveTables' tenant column.
    pub multi_tenant: Option<MultiTenantSpec>,
}

/// `foreign_key_mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "Vitess's names")]
pub enum ForeignKeyMode {
    #[default]
    Unspecified,
    Disallow,
    Unmanaged,
    Managed,
}

/// `multi_tenant_spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MultiTenantSpec {
    /// The column.
    pub column: String,
    /// Its query type, by name (`INT64`).
    pub column_type: String,
}

/// A vindex definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vindex {
    /// Registered type.
    pub vindex_type: String,
    /// Parameters.
    pub params: BTreeMap<String, String>,
    /// Owner table of a lookup; empty for none.
    pub owner: String,
}

/// A table entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// `""`, `sequence`, `reference`.
    pub table_type: String,
    /// Column vindexes in order; the first is primary.
    pub column_vindexes: Vec<ColumnVindex>,
    /// auto_increment.
    pub auto_increment: Option<AutoIncrement>,
    /// Columns as the VSchema lists them.
    pub columns: Vec<Column>,
    /// Hex keyspace id of a pinned table; empty for none.
    pub pinned: String,
    /// `columns` is complete.
    pub column_list_authoritative: bool,
    /// Source of a reference table; empty for none.
    pub source: String,
}

/// A column vindex.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnVindex {
    /// Name of the vindex.
    pub name: String,
    /// Legacy single column; empty for none.
    pub column: String,
    /// Columns.
    pub columns: Vec<String>,
}

/// auto_increment of a table entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AutoIncrement {
    /// The column.
    pub column: String,
    /// `seq` or `ks.seq`, perhaps backticked.
    pub sequence: String,
}

/// A column of a table entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Query type by name (`INT64`, `VARCHAR`); empty if unsaid, which Vitess calls `NULL_TYPE`.
    pub column_type: String,
    /// Invisible.
    pub invisible: bool,
    /// DEFAULT expression as SQL text.
    pub default: String,
    /// Collation.
    pub collation: String,
    /// Size.
    pub size: i32,
    /// Scale.
    pub scale: i32,
    /// Nullable; `None` = unsaid (true).
    pub nullable: Option<bool>,
    /// Members of ENUM and SET.
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
