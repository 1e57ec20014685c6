//! What one revision declares: keyspaces, their tables, views and VSchema, and the routing rules. Immutable once built.
//!
//! A [`Catalog`] is built from files ([`files`]) or from documents; everything above reads it and nothing changes it:
//! a statement that alters the schema makes a new one ([`alter`]).

pub mod alter;
mod build;
mod canonical;
pub mod charset;
mod column;
pub mod cycle;
pub mod declared;
mod default;
mod definition_error;
pub mod dependency;
pub mod descriptor;
mod error;
pub mod export;
mod expression;
pub mod files;
pub mod foreign_key;
mod identity;
pub mod import;
mod index;
mod nearest;
mod options;
mod table;
pub mod template;
pub mod view;
pub mod vschema;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use charset::{CharacterSet, Defaults};
pub use definition_error::DefinitionError;
pub use error::{At, Error};
pub(crate) use expression::{columns_of, rename_columns};
pub use identity::Identities;
pub(crate) use index::covers;
pub use nearest::nearest;
pub use table::{Table, TableKind, column_names};

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

impl Catalog {
    /// Returns a table's definition by keyspace and exact name.
    pub fn definition(&self, keyspace: &str, table: &str) -> Option<&Arc<Table>> {
        self.keyspaces.get(keyspace)?.tables.get(table)
    }

    /// Returns every table definition with its keyspace and name, sorted.
    pub fn definitions(&self) -> impl Iterator<Item = (&str, &str, &Arc<Table>)> {
        self.keyspaces.iter().flat_map(|(keyspace, declared)| {
            let tables = declared.tables.iter();
            tables.map(|(name, table)| (keyspace.as_str(), name.as_str(), table))
        })
    }

    /// Returns the shards of a keyspace in key-range order; none if there is no such keyspace.
    pub fn shards(&self, keyspace: &str) -> Vec<String> {
        self.keyspaces
            .get(keyspace)
            .map_or_else(Vec::new, |declared| declared.shards.clone())
    }
}

/// Returns the form under which names of columns, keys and constraints compare: MySQL ignores their case.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// Tells whether two names of columns, keys or constraints are the same to MySQL.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a == b || a.eq_ignore_ascii_case(b) || (!(a.is_ascii() && b.is_ascii()) && fold(a) == fold(b))
}
