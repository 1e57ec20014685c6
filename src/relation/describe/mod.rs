//! A catalog as relations, and its VSchema back from them.
//!
//! Every object is one row of one relation, so that one diff and one renderer serve schema and data. Rows are matched by
//! identity: a hidden key column holds the name an object was created under, a shown one its current name. A partial
//! catalog (only the objects whose files differ) is described as far as it goes; where a table's definition or VSchema
//! entry is absent, its cells are NULL.
//!
//! | relation | key | what it is read from |
//! |---|---|---|
//! | `keyspaces`, `shards` | keyspace (and shard) | VSchema document, shard list |
//! | `tables` | keyspace, table | definition and VSchema entry |
//! | `columns`, `indexes`, `foreign_keys`, `checks`, `partitions` | keyspace, table, name | definition |
//! | `views` | keyspace, view | definition |
//! | `vindexes` | keyspace, vindex | VSchema document |
//! | `column_vindexes` | keyspace, table, position | VSchema entry |
//! | `vschema_columns` | keyspace, table, column | VSchema entry |
//! | `routing_rules`, `shard_routing_rules`, `keyspace_routing_rules`, `mirror_rules` | from … | rule files |

mod list;
mod shape;
mod table;
mod text;
mod undescribe;
mod vschema;

use super::Relation;
use crate::catalog::{Catalog, Keyspace};

pub(crate) use shape::{MOVED, POSITION};
pub use undescribe::{Error, undescribe};

/// Names of the relations, in the order in which [`describe`] gives them.
pub const RELATIONS: [&str; 16] = [
    "keyspaces",
    "shards",
    "tables",
    "columns",
    "indexes",
    "foreign_keys",
    "checks",
    "partitions",
    "views",
    "vindexes",
    "column_vindexes",
    "vschema_columns",
    "routing_rules",
    "shard_routing_rules",
    "keyspace_routing_rules",
    "mirror_rules",
];

/// Describes a catalog: one relation per name of [`RELATIONS`], in that order, empty ones included.
pub fn describe(catalog: &Catalog) -> Vec<Relation> {
    vec![
        vschema::keyspaces(catalog),
        vschema::shards(catalog),
        table::tables(catalog),
        table::columns(catalog),
        table::indexes(catalog),
        table::foreign_keys(catalog),
        table::checks(catalog),
        table::partitions(catalog),
        table::views(catalog),
        vschema::vindexes(catalog),
        vschema::column_vindexes(catalog),
        vschema::columns(catalog),
        vschema::routing_rules(catalog),
        vschema::shard_routing_rules(catalog),
        vschema::keyspace_routing_rules(catalog),
        vschema::mirror_rules(catalog),
    ]
}

/// Returns several names as the text of one cell.
pub fn list_text(names: &[String]) -> String {
    list::print(names)
}

fn keyspaces(catalog: &Catalog) -> impl Iterator<Item = &Keyspace> {
    catalog.keyspaces.values().map(AsRef::as_ref)
}

#[cfg(test)]
mod tests;
