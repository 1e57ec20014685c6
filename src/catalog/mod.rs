//! What one revision declares: keyspaces, their tables, views and VSchema, and the routing rules. Immutable once built.
//!
//! A [`Catalog`] is built from files ([`files`]) or from documents; everything above reads it and nothing changes it:
//! a statement that alters the schema makes a new one ([`alter`]).

pub mod vschema;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sql::ddl;
use crate::vindex::Vindex;

/// Everything one revision declares.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Keyspaces by name.
    pub keyspaces: BTreeMap<String, Arc<Keyspace>>,
    /// `routing_rules.json` and its three siblings.
    pub rules: vschema::Rules,
}

/// A keyspace: a logical database, sharded or not.
#[derive(Debug, Clone, Default)]
pub struct Keyspace {
    /// Name.
    pub name: String,
    /// The VSchema document of the keyspace.
    pub vschema: vschema::Document,
    /// Shard names in key-range order: `["-80", "80-"]`, `["0"]`.
    pub shards: Vec<String>,
    /// Tables with a definition, by name.
    pub tables: BTreeMap<String, Arc<Table>>,
    /// Views by name.
    pub views: BTreeMap<String, ddl::CreateView>,
    /// Renames.
    pub identities: Identities,
    /// Vindexes by name, built from the document.
    pub vindexes: BTreeMap<String, Arc<dyn Vindex>>,
}

/// A table's definition in canonical form: names chosen, keys in MySQL's order, nullability said.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The canonical definition; its name has no qualifier.
    pub definition: ddl::CreateTable,
}

/// `identities.json`: for what was renamed, the name it was created under (current name -> identity).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    /// Tables.
    pub tables: BTreeMap<String, String>,
    /// Columns, by current table name.
    pub columns: BTreeMap<String, BTreeMap<String, String>>,
    /// Indexes, by current table name.
    pub indexes: BTreeMap<String, BTreeMap<String, String>>,
}
