//! Rows that a merge leaves in a shard to which their keyspace ids no longer lead: one side changed how a table is sharded,
//! the other wrote rows where the old vindex put them.
//!
//! Only rows that differ from the base are looked at, and only vindexes that compute: a lookup's answer is rows as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::super::rows::table_schema;
use super::check::object;
use super::rows::table_of;
use super::{Combined, Error, Sides, Workspace};
use crate::catalog::vschema::build;
use crate::catalog::{Catalog, Keyspace};
use crate::merge::{RowViolation, RowViolationKind};
use crate::relation::Schema;
use crate::store::TreeId;
use crate::value::Value;
use crate::vindex::{Destination, KeyRange, NoLookup, Vindex};

/// Kinds of violations that say of a table that its rows may be misplaced.
pub(super) const SHARDING: [&str; 2] = ["changed sharding function", "resharding needed"];

/// How the rows of a table are placed by now.
struct Placement {
    vindex: Arc<dyn Vindex>,
    columns: Vec<String>,
    shards: Vec<(String, KeyRange)>,
}

impl Placement {
    /// Returns how a table's rows are placed; `None` where that is asked of rows, or cannot be told.
    fn of(name: &str, keyspace: &Keyspace, table: &str) -> Option<Self> {
        let entry = keyspace.vschema.tables.get(table)?;
        let primary = entry.column_vindexes.first()?;
        let built = build::keyspace(name, &keyspace.vschema);
        let vindex = built.vindexes.get(&primary.name)?.clone();
        let columns = match primary.columns.is_empty() {
            true => vec![primary.column.clone()],
            false => primary.columns.clone(),
        };
        let shards = keyspace.shards.iter();
        let shards = shards.map(|shard| Some((shard.clone(), KeyRange::parse(shard).ok()?)));
        (!vindex.needs_lookup()).then_some(Self {
            vindex,
            columns,
            shards: shards.collect::<Option<_>>()?,
        })
    }

    /// Returns the shard of a row's values; `None` where they lead to none.
    fn shard_of(&self, values: Vec<Value>) -> Option<&str> {
        let found = self.vindex.map(&[values], &mut NoLookup).ok()?.pop()?;
        let Destination::KeyspaceId(id) = found else {
            return None;
        };
        let mut shards = self.shards.iter();
        let (shard, _) = shards.find(|(_, range)| range.contains(&id.0))?;
        Some(shard)
    }
}

impl Workspace {
    /// Finds the misplaced rows of the tables whose sharding one side changed.
    pub(super) fn find_misplaced(
        &self,
        sides: &Sides,
        merged: &Catalog,
        combined: &mut Combined,
    ) -> Result<(), Error> {
        let told = combined.violations.catalog.iter();
        let tables: Vec<(String, String)> = told
            .filter(|violation| SHARDING.contains(&violation.kind))
            .filter_map(|violation| violation.object.split_once('.'))
            .map(|(keyspace, table)| (keyspace.to_owned(), table.to_owned()))
            .collect();
        for (keyspace, table) in tables {
            let Some(declared) = merged.keyspaces.get(&keyspace) else {
                continue;
            };
            let (Some(definition), Some(placement)) = (
                merged.definition(&keyspace, &table),
                Placement::of(&keyspace, declared, &table),
            ) else {
                continue;
            };
            let schema = Arc::new(table_schema(merged, &keyspace, definition));
            let place = |name: &String| {
                let mut columns = schema.columns.iter();
                columns.position(|column| column.name.eq_ignore_ascii_case(name))
            };
            let places: Option<Vec<usize>> = placement.columns.iter().map(place).collect();
            let Some(places) = places else { continue };
            let identity = declared.identities.table(&table).to_owned();
            let before = self.rows_before(sides, &(keyspace.clone(), identity))?;
            let trees = self
                .store
                .table_rows_of_tree(combined.tree, &keyspace, &table)?;
            for (shard, tree) in trees {
                let old = before
                    .as_ref()
                    .and_then(|(schema, trees)| Some((*trees.get(&shard)?, schema.as_ref())));
                let changed = self.store.diff_rows(old, Some((tree, schema.as_ref())))?;
                let mut misplaced = Vec::new();
                for (row, _) in changed.to {
                    let values = places.iter().map(|&at| row[at].clone()).collect();
                    let wanted = placement.shard_of(values);
                    if wanted != Some(shard.as_str()) {
                        let info = object(&[
                            ("Shard", json!(wanted)),
                            ("Vindex", json!(placement.vindex.name())),
                            ("Columns", json!(placement.columns)),
                        ]);
                        misplaced.push(RowViolation {
                            kind: RowViolationKind::MisplacedRow,
                            row,
                            info,
                        });
                    }
                }
                combined.note_rows(&keyspace, &table, &shard, &schema, misplaced);
            }
        }
        Ok(())
    }

    /// Returns the base's rows of a table, by shard, with their schema.
    fn rows_before(
        &self,
        sides: &Sides,
        table: &(String, String),
    ) -> Result<Option<(Arc<Schema>, BTreeMap<String, TreeId>)>, Error> {
        let Some((name, definition)) = table_of(&sides.catalogs[0], table) else {
            return Ok(None);
        };
        let schema = Arc::new(table_schema(&sides.catalogs[0], &table.0, definition));
        let trees = self
            .store
            .table_rows_of_tree(sides.trees[0], &table.0, &name)?;
        Ok(Some((schema, trees)))
    }
}
