//! Rows of the tables that both sides changed, or whose definition one side changed and whose rows the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::rows::table_schema;
use super::{CombineOptions, Combined, MergedTable, Sides, Workspace, check};
use crate::catalog::{Catalog, Table};
use crate::diff::Change;
use crate::engine::Probe;
use crate::merge::catalog::MergedCatalog;
use crate::merge::rows::{self, MergedRows, Pair};
use crate::merge::{KeylessMode, RelationConflicts, Shape, Version};
use crate::relation::encode::Layout;
use crate::relation::{Column, Row, Schema};
use crate::store::{ShardRows, TreeId};
use crate::value::Value;
use crate::workspace::Error;

/// A table by keyspace and identity.
type Key = (String, String);

/// A shard's trees: base, ours, theirs.
type Trees = [Option<TreeId>; 3];

/// A table on one side.
struct TableSide {
    name: String,
    schema: Arc<Schema>,
}

/// A table that takes part, as every side declares it.
struct Merging<'a> {
    keyspace: &'a str,
    sides: [Option<TableSide>; 3],
    merged: TableSide,
    definition: &'a Table,
    /// As the sides define it.
    declared: [Option<&'a Table>; 3],
}

impl Workspace {
    /// Merges rows into the combined tree.
    pub(super) fn combine_rows(
        &self,
        sides: &Sides,
        catalog: &MergedCatalog,
        options: &CombineOptions,
        combined: &mut Combined,
    ) -> Result<(), Error> {
        let mut changes: BTreeMap<ShardRows, Option<TreeId>> = BTreeMap::new();
        for (key, shards) in sides.changed_shards() {
            // What stands in the combined tree so far is ours under its name, or theirs where only they changed it.
            for catalog in &sides.catalogs {
                if let Some((name, _)) = table_of(catalog, &key) {
                    for shard in shards.keys() {
                        changes.entry(place(&key.0, &name, shard)).or_insert(None);
                    }
                }
            }
            let Some((name, definition)) = table_of(&catalog.catalog, &key) else {
                continue;
            };
            let whole = catalog.rows_of.get(&(key.0.clone(), name.clone())).copied();
            let merging = Merging::new(sides, &catalog.catalog, &key, name, definition);
            for (shard, trees) in shards {
                let to = place(&key.0, &merging.merged.name, &shard);
                let tree = match whole {
                    Some(version) => trees[version as usize],
                    None => self.combine_shard(&merging, &shard, trees, options, combined)?,
                };
                changes.insert(to, tree);
            }
        }
        let changes: Vec<(ShardRows, Option<TreeId>)> = changes.into_iter().collect();
        if !changes.is_empty() {
            combined.tree = self.store.set_rows(combined.tree, &changes)?;
        }
        Ok(())
    }

    /// Merges one shard's rows of a table and returns their tree.
    fn combine_shard(
        &self,
        merging: &Merging<'_>,
        shard: &str,
        trees: Trees,
        options: &CombineOptions,
        combined: &mut Combined,
    ) -> Result<Option<TreeId>, Error> {
        let [base, ours, theirs] = trees;
        let keyless = !merging.merged.schema.is_keyed();
        let counts_matter = keyless && options.merge.keyless != KeylessMode::Same && ours != base;
        let (our_rules, their_rules) = (merging.same_rules(1), merging.same_rules(2));
        if merging.same_form(0, 2) && theirs == base && merging.same_form(1, 3) && our_rules {
            return Ok(ours);
        }
        if merging.same_form(0, 1) && ours == base && merging.same_form(2, 3) && their_rules {
            let schemas = std::array::from_fn(|at: usize| {
                merging.sides[at].as_ref().map(|side| side.schema.clone())
            });
            let changed = self.changed_pair(&schemas, trees, 2)?;
            merging.count_pair(&changed, combined);
            return Ok(theirs);
        }
        let equal = ours == theirs && merging.same_form(1, 2) && merging.same_form(1, 3);
        if equal && !counts_matter && our_rules && their_rules {
            return Ok(ours);
        }
        let probe = Probe::new(&merging.unconstrained())?;
        let keyed = merging.keyed();
        let schemas = &keyed.0;
        let merged_schema = &keyed.1;
        let convert = |value: &Value, column: &Column| {
            let at = merging.definition.column_place(&column.name)?;
            probe.convert(at, value)
        };
        let fill = merged_schema.columns.iter().map(|column| {
            let at = merging.definition.column_place(&column.name);
            at.and_then(|at| probe.default(at)).unwrap_or_default()
        });
        let shape = Shape {
            base: schemas[0].as_ref(),
            ours: schemas[1].as_ref(),
            theirs: schemas[2].as_ref(),
            merged: merged_schema,
            fill: fill.collect(),
            convert: &convert,
        };
        let pairs = [
            self.changed_pair(schemas, trees, 1)?,
            self.changed_pair(schemas, trees, 2)?,
        ];
        let [our_pair, their_pair] = pairs;
        let layout = Layout::new(merged_schema);
        let mut changed: BTreeSet<(Vec<u8>, String)> = BTreeSet::new();
        for (pair, version) in [(&our_pair, Version::Ours), (&their_pair, Version::Theirs)] {
            let rows = rows::converted(&shape, &pair.to, version);
            changed.extend(rows.iter().map(|row| layout.content_key(row)));
        }
        let mut result = rows::merge(&shape, our_pair, their_pair, &options.merge);
        let relation = merging.merged.schema.name.clone();
        rows::decide(&shape, &mut result, &options.merge, &|key| {
            let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            let key = (relation.clone(), shard.to_owned(), key);
            options.rows.get(&key).copied()
        });
        merging.count(&result, combined);
        if !result.conflicts.is_empty() {
            combined.conflicts.relations.push(RelationConflicts {
                relation: merging.merged.schema.name.clone(),
                shard: Some(shard.to_owned()),
                base: merging.sides[0].as_ref().map(|side| side.schema.clone()),
                ours: merging.sides[1].as_ref().map(|side| side.schema.clone()),
                theirs: merging.sides[2].as_ref().map(|side| side.schema.clone()),
                rows: result.conflicts.clone(),
            });
        }
        for change in &result.changes {
            if let Change::Added(row, _) | Change::Modified { to: row, .. } = change {
                changed.insert(layout.content_key(row));
            }
        }
        let our_rows = match &schemas[1] {
            Some(schema) => self.read_rows(ours, schema)?,
            None => Vec::new(),
        };
        let relation = rows::applied(&shape, &our_rows, &result);
        let checked = check::rows(
            merging.definition,
            merged_schema,
            relation.rows,
            &result.misfits,
            &|row| changed.contains(&layout.content_key(row)),
        )?;
        combined.note_rows(
            merging.keyspace,
            &merging.merged.name,
            shard,
            merged_schema,
            checked.violations,
        );
        let written = self
            .store
            .write_rows(merged_schema, checked.rows.into_iter().map(Ok))?;
        Ok(written)
    }

    /// Reads the rows in which a side differs from the base; all of them where their form differs.
    fn changed_pair(
        &self,
        schemas: &[Option<Arc<Schema>>; 3],
        trees: Trees,
        side: usize,
    ) -> Result<Pair, Error> {
        let of = |at: usize| trees[at].zip(schemas[at].as_ref());
        if schemas[0] == schemas[side] || schemas[0].is_none() || schemas[side].is_none() {
            let with = |at: usize| of(at).map(|(tree, schema)| (tree, schema.as_ref()));
            let changed = self.store.diff_rows(with(0), with(side))?;
            return Ok(Pair {
                from: changed.from,
                to: changed.to,
            });
        }
        let read = |at: usize| match of(at) {
            Some((tree, schema)) => self.read_rows(Some(tree), schema),
            None => Ok(Vec::new()),
        };
        Ok(Pair {
            from: read(0)?,
            to: read(side)?,
        })
    }
}

impl<'a> Merging<'a> {
    fn new(
        sides: &'a Sides,
        merged: &Catalog,
        key: &'a Key,
        name: String,
        definition: &'a Table,
    ) -> Self {
        let of = |catalog: &Catalog, name: String, table: &Table| TableSide {
            name,
            schema: Arc::new(table_schema(catalog, &key.0, table)),
        };
        Self {
            keyspace: &key.0,
            sides: std::array::from_fn(|at| {
                let catalog = &sides.catalogs[at];
                let (name, table) = table_of(catalog, key)?;
                Some(of(catalog, name, table))
            }),
            merged: of(merged, name, definition),
            definition,
            declared: std::array::from_fn(|at| {
                table_of(&sides.catalogs[at], key).map(|(_, table)| table)
            }),
        }
    }

    /// Tells whether rows have one form on two sides (3 is the merged one): key, and columns with their types. Names do
    /// not matter, rows are written by identity.
    fn same_form(&self, one: usize, other: usize) -> bool {
        let schema = |at: usize| match at {
            3 => Some(&self.merged.schema),
            at => self.sides[at].as_ref().map(|side| &side.schema),
        };
        let (Some(one), Some(other)) = (schema(one), schema(other)) else {
            // A side without the table has no rows of another form.
            return true;
        };
        let form = |schema: &Schema| {
            let columns: BTreeSet<(String, String)> = schema
                .columns
                .iter()
                .map(|column| {
                    (
                        column.identity.clone(),
                        format!("{:?}{:?}", column.column_type, column.role),
                    )
                })
                .collect();
            let key: Vec<String> = schema
                .key
                .iter()
                .map(|&at| schema.columns[at].identity.clone())
                .collect();
            (columns, key)
        };
        form(one) == form(other)
    }

    /// Tells whether a side's rows had to obey all that the merged definition asks of them.
    fn same_rules(&self, side: usize) -> bool {
        let Some(table) = self.declared[side] else {
            return true;
        };
        let rules = |table: &Table| {
            let keys: Vec<String> = table
                .unique_keys()
                .map(|key| format!("{:?}", key.parts))
                .collect();
            let checks: Vec<String> = table
                .definition
                .checks
                .iter()
                .map(|check| format!("{check:?}"))
                .collect();
            let columns = table.definition.columns.iter();
            let required: Vec<String> = columns
                .filter(|column| column.nullable == Some(false))
                .map(|column| column.name.clone())
                .collect();
            (keys, checks, required)
        };
        rules(table) == rules(self.definition)
    }

    /// Returns the schemas under which rows are matched: with the merged key where every side has its columns, so that
    /// a key that one side changed still matches rows; without any key otherwise.
    fn keyed(&self) -> ([Option<Arc<Schema>>; 3], Arc<Schema>) {
        let merged = &self.merged.schema;
        let rekeyed = |schema: &Arc<Schema>| -> Option<Arc<Schema>> {
            let places: Option<Vec<usize>> = merged
                .key
                .iter()
                .map(|&at| schema.position(&merged.columns[at].identity))
                .collect();
            let mut schema = schema.as_ref().clone();
            schema.key = places?;
            Some(Arc::new(schema))
        };
        let schemas = [0, 1, 2].map(|at: usize| self.sides[at].as_ref().map(|side| &side.schema));
        let keyed: Vec<Option<Option<Arc<Schema>>>> =
            schemas.iter().map(|schema| schema.map(&rekeyed)).collect();
        if keyed.iter().flatten().all(Option::is_some) {
            let mut keyed = keyed.into_iter().map(Option::flatten);
            return (
                std::array::from_fn(|_| keyed.next().flatten()),
                merged.clone(),
            );
        }
        let keyless = |schema: &Arc<Schema>| {
            Arc::new(Schema {
                key: Vec::new(),
                ..schema.as_ref().clone()
            })
        };
        (schemas.map(|schema| schema.map(keyless)), keyless(merged))
    }

    /// The merged definition without what could refuse a value: it is only asked for conversions and defaults.
    fn unconstrained(&self) -> crate::sql::ddl::CreateTable {
        let mut definition = self.definition.definition.clone();
        definition.indexes.clear();
        definition.foreign_keys.clear();
        definition.checks.clear();
        definition.partitioning = None;
        for column in &mut definition.columns {
            column.auto_increment = false;
        }
        definition
    }

    fn count(&self, result: &MergedRows, combined: &mut Combined) {
        let mut counts = self.no_counts();
        for change in &result.changes {
            match change {
                Change::Added(_, count) => counts.added += count,
                Change::Removed(_, count) => counts.removed += count,
                Change::Modified { .. } => counts.modified += 1,
            }
        }
        combined.note_counts(counts);
    }

    /// Counts what their side changed where it is taken as a whole. Rows are matched by their key where there is one.
    fn count_pair(&self, pair: &Pair, combined: &mut Combined) {
        let key = |schema: Option<&TableSide>, row: &Row| -> Row {
            let schema = schema.map(|side| side.schema.as_ref());
            let key = schema.map_or(&[][..], |schema| &schema.key);
            key.iter().filter_map(|&at| row.get(at).cloned()).collect()
        };
        let mut counts = self.no_counts();
        let before: BTreeSet<Row> = pair
            .from
            .iter()
            .map(|(row, _)| key(self.sides[0].as_ref(), row))
            .collect();
        for (row, count) in &pair.to {
            let key = key(self.sides[2].as_ref(), row);
            match !key.is_empty() && before.contains(&key) {
                true => counts.modified += 1,
                false => counts.added += count,
            }
        }
        let gone: u64 = pair.from.iter().map(|(_, count)| count).sum();
        counts.removed = gone.saturating_sub(counts.modified);
        combined.note_counts(counts);
    }

    fn no_counts(&self) -> MergedTable {
        MergedTable {
            keyspace: self.keyspace.to_owned(),
            table: self.merged.name.clone(),
            ..MergedTable::default()
        }
    }
}

impl Combined {
    /// Adds the counts of a shard to those of its table.
    fn note_counts(&mut self, counts: MergedTable) {
        let mut known = self.tables.iter_mut();
        let same =
            known.find(|table| table.keyspace == counts.keyspace && table.table == counts.table);
        match same {
            Some(known) => {
                known.added += counts.added;
                known.modified += counts.modified;
                known.removed += counts.removed;
            }
            None if counts.added + counts.modified + counts.removed > 0 => self.tables.push(counts),
            None => {}
        }
    }
}

impl Sides {
    /// Returns the trees of every shard whose rows a side changed, by table identity: a side that did not change them
    /// has the base's.
    fn changed_shards(&self) -> BTreeMap<Key, BTreeMap<String, Trees>> {
        let mut found: BTreeMap<(Key, String), ([Option<TreeId>; 3], [bool; 2])> = BTreeMap::new();
        for side in [0, 1] {
            for change in &self.changes[side].rows {
                let place = &change.place;
                for (at, tree) in [(0, change.from), (side + 1, change.to)] {
                    if tree.is_none() {
                        continue;
                    }
                    let identity = self.identity(at, &place.keyspace, &place.table);
                    let key = ((place.keyspace.clone(), identity), place.shard.clone());
                    let entry = found.entry(key).or_default();
                    entry.0[at] = tree;
                    entry.1[side] = true;
                }
            }
        }
        let mut tables: BTreeMap<Key, BTreeMap<String, Trees>> = BTreeMap::new();
        for ((key, shard), (mut trees, changed)) in found {
            for side in [0, 1] {
                if !changed[side] {
                    trees[side + 1] = trees[0];
                }
            }
            tables.entry(key).or_default().insert(shard, trees);
        }
        tables
    }
}

/// Returns the table with an identity: its name and definition.
pub(super) fn table_of<'c>(
    catalog: &'c Catalog,
    (keyspace, identity): &Key,
) -> Option<(String, &'c Table)> {
    let keyspace = catalog.keyspaces.get(keyspace)?;
    let mut tables = keyspace.tables.iter();
    let found = tables.find(|(name, _)| keyspace.identities.table(name) == identity);
    found.map(|(name, table)| (name.clone(), table.as_ref()))
}

fn place(keyspace: &str, table: &str, shard: &str) -> ShardRows {
    ShardRows {
        keyspace: keyspace.to_owned(),
        table: table.to_owned(),
        shard: shard.to_owned(),
    }
}
