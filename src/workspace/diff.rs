//! Two states compared: catalog relations from the files that differ alone, user tables from the chunks that differ.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::plan::concerns;
use super::rename::declare;
use super::report::{DiffReport, MigrationStatement};
use super::rows::{TableKey, Trees, table_schema};
use super::status::renamed;
use super::{Error, Object, Workspace, place};
use crate::catalog::{Catalog, files};
use crate::diff::{self, Change, Matching, Options, RelationDiff, rows};
use crate::relation::describe::RELATIONS;
use crate::relation::{Row, Schema, encode};
use crate::store::{self, PathChange, Revision, RowsChange, ShardRows, TreeChanges, TreeId};

/// One side of a comparison.
#[derive(Debug, Clone)]
pub struct Side {
    /// As typed, or `HEAD`, `STAGED`, `WORKING`.
    pub name: String,
    /// The revision; absent for the empty state before the first commit.
    pub revision: Option<Revision>,
}

/// What to compare.
#[derive(Debug, Clone)]
pub struct DiffRequest {
    /// The older side.
    pub from: Side,
    /// The newer side.
    pub to: Side,
    /// Objects to show; empty for all.
    pub objects: Vec<Object>,
    /// Show keyed relations as additions and removals.
    pub keyless: bool,
    /// Renames that the newer side does not declare: `customer.corder.oname=title`, or bare names of look-alikes.
    pub renames: Vec<String>,
}

/// The two catalogs of a comparison, holding what differs and what is needed to describe it.
pub(super) struct Partial {
    pub(super) from: Catalog,
    pub(super) to: Catalog,
    pub(super) changes: TreeChanges,
}

impl Workspace {
    /// Compares two states: catalog relations first, then user tables whose rows differ.
    ///
    /// # Errors
    /// When a file that differs cannot be read or parsed, or rows cannot be read.
    pub fn diff(&self, request: &DiffRequest) -> Result<DiffReport, Error> {
        let mut partial = self.partial(&request.from, &request.to)?;
        declare(&partial.from, &mut partial.to, &request.renames)?;
        let options = Options {
            matching: if request.keyless {
                Matching::ByContent
            } else {
                Matching::ByKey
            },
        };
        let mut relations = diff::catalog::diff(&partial.from, &partial.to, &options);
        relations.extend(self.row_diffs(request, &partial)?);
        if !request.objects.is_empty() {
            for relation in &mut relations {
                keep_objects(relation, &request.objects);
            }
        }
        relations.retain(|relation| !relation.changes.is_empty());
        if relations.is_empty() {
            // Nothing of a path is what git says of one that is not there, too.
            let is_named =
                |object: &&Object| matches!(object, Object::Keyspace(_) | Object::Table { .. });
            let named: Vec<Object> = request.objects.iter().filter(is_named).cloned().collect();
            let sides = [&request.from, &request.to];
            let sides: Vec<Revision> = sides.iter().filter_map(|side| side.revision).collect();
            self.refuse_unknown(&named, &sides)?;
        }
        Ok(DiffReport {
            from: request.from.name.clone(),
            to: request.to.name.clone(),
            relations,
        })
    }

    /// Returns the statements that bring a database from one state's schema to the other's, in order.
    ///
    /// # Errors
    /// As [`Workspace::diff`].
    pub fn migration(&self, request: &DiffRequest) -> Result<Vec<MigrationStatement>, Error> {
        let from = self.side_catalog(&request.from)?;
        let mut to = self.side_catalog(&request.to)?;
        declare(&from, &mut to, &request.renames)?;
        let mut steps = diff::migration::migration(&from, &to)?;
        steps.retain(|step| {
            let mut objects = request.objects.iter();
            request.objects.is_empty() || objects.any(|object| concerns(object, step))
        });
        let statement = |step: diff::migration::Step| MigrationStatement {
            sql: step.sql(),
            unsafe_reason: (!step.hazards.is_empty()).then(|| step.hazards.join("; ")),
        };
        Ok(steps.into_iter().map(statement).collect())
    }

    /// Returns unified diffs of the canonical texts that differ, sorted by path.
    ///
    /// # Errors
    /// When a file that differs cannot be read.
    pub fn text_diff(&self, request: &DiffRequest) -> Result<Vec<(String, String)>, Error> {
        let changes = self.changes(&request.from, &request.to)?;
        let mut texts = Vec::new();
        for change in &changes.paths {
            if !request.objects.is_empty()
                && !request
                    .objects
                    .iter()
                    .any(|object| object.may_concern(&change.path))
            {
                continue;
            }
            let from = self.canonical(&request.from, &change.path)?;
            let to = self.canonical(&request.to, &change.path)?;
            let side =
                |text: &'_ Option<String>| text.clone().map(|text| (change.path.clone(), text));
            let (from, to) = (side(&from), side(&to));
            let text = diff::text::unified(
                from.as_ref()
                    .map(|(path, text)| (path.as_str(), text.as_str())),
                to.as_ref()
                    .map(|(path, text)| (path.as_str(), text.as_str())),
            );
            if !text.is_empty() {
                texts.push((change.path.clone(), text));
            }
        }
        Ok(texts)
    }

    fn canonical(&self, side: &Side, path: &str) -> Result<Option<String>, Error> {
        let Some(revision) = &side.revision else {
            return Ok(None);
        };
        let Some(bytes) = self.store.read_path(revision, path)? else {
            return Ok(None);
        };
        // A file that does not parse is compared as it is written: the text diff is what one reads to mend it.
        let bytes = files::canonical_text(path, &bytes)
            .ok()
            .flatten()
            .unwrap_or(bytes);
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(super) fn side_catalog(&self, side: &Side) -> Result<Catalog, Error> {
        match &side.revision {
            Some(revision) => self.catalog(revision),
            None => Ok(Catalog::default()),
        }
    }

    /// Returns what differs between two sides, paths and rows; working rows are compared by what they hold.
    pub(super) fn changes(&self, from: &Side, to: &Side) -> Result<TreeChanges, Error> {
        let mut changes = match (&from.revision, &to.revision) {
            (Some(from), Some(to)) => self.store.changed_paths(from, to)?,
            (None, Some(Revision::Commit(to))) => self
                .store
                .changed_tree_paths(None, Some(self.store.commit(*to)?.tree))?,
            (None, Some(to)) => TreeChanges {
                paths: self
                    .store
                    .files(to, "")?
                    .into_iter()
                    .map(|(path, id)| PathChange {
                        path,
                        from: None,
                        to: Some(id),
                    })
                    .collect(),
                rows: rows_changes(&Trees::new(), &self.trees_of_side(Some(to))?),
            },
            (_, None) => TreeChanges::default(),
        };
        let is_working = |side: &Side| side.revision == Some(Revision::Working);
        if is_working(from) || is_working(to) {
            let (from, to) = (
                self.trees_of_side(from.revision.as_ref())?,
                self.trees_of_side(to.revision.as_ref())?,
            );
            changes.rows = rows_changes(&from, &to);
        }
        Ok(changes)
    }

    fn trees_of_side(&self, revision: Option<&Revision>) -> Result<Trees, Error> {
        match revision {
            None => Ok(Trees::new()),
            Some(Revision::Working) => self.working_trees(),
            Some(revision) => Ok(self.store.table_rows_trees(revision)?),
        }
    }

    /// Reads what differs, and the files needed to describe it: a table's VSchema entry and identities stand in other
    /// files than its definition.
    pub(super) fn partial(&self, from: &Side, to: &Side) -> Result<Partial, Error> {
        let changes = self.changes(from, to)?;
        let mut paths: BTreeSet<String> = changes
            .paths
            .iter()
            .map(|change| change.path.clone())
            .filter(|path| place::is_catalog_path(path))
            .collect();
        paths.extend(
            changes
                .rows
                .iter()
                .map(|rows| place::table_path(&rows.place.keyspace, &rows.place.table)),
        );
        let keyspaces: BTreeSet<String> = paths
            .iter()
            .filter_map(|path| place::keyspace_of(path))
            .collect();
        for keyspace in &keyspaces {
            paths.insert(place::vschema_path(keyspace));
            paths.insert(place::identities_path(keyspace));
        }
        let mut catalogs = self.read_partial(from, to, &paths)?;
        let more: BTreeSet<String> = diff::catalog::companions(&catalogs.0, &catalogs.1)
            .into_iter()
            .map(|(keyspace, table)| place::table_path(&keyspace, &table))
            .collect();
        if !more.is_subset(&paths) {
            paths.extend(more);
            catalogs = self.read_partial(from, to, &paths)?;
        }
        Ok(Partial {
            from: catalogs.0,
            to: catalogs.1,
            changes,
        })
    }

    fn read_partial(
        &self,
        from: &Side,
        to: &Side,
        paths: &BTreeSet<String>,
    ) -> Result<(Catalog, Catalog), Error> {
        let read = |side: &Side| -> Result<Catalog, Error> {
            let Some(revision) = &side.revision else {
                return Ok(Catalog::default());
            };
            self.read_catalog(revision, paths)
        };
        Ok((read(from)?, read(to)?))
    }
}

/// One side of a table's rows: its schema and its trees by shard.
pub(super) struct TableRows {
    pub(super) schema: Arc<Schema>,
    pub(super) trees: BTreeMap<String, TreeId>,
}

impl Workspace {
    /// Compares the rows of every table whose trees differ, in the order of keyspace and table.
    fn row_diffs(
        &self,
        request: &DiffRequest,
        partial: &Partial,
    ) -> Result<Vec<RelationDiff>, Error> {
        let places = partial.changes.rows.iter().map(|rows| &rows.place);
        let mut keys: BTreeSet<TableKey> = places
            .map(|place| (place.keyspace.clone(), place.table.clone()))
            .collect();
        // A renamed table is one table, and its rows are those that it had under its former name.
        let lacks = |catalog: &Catalog| -> BTreeSet<TableKey> {
            let is_lacking = |key: &&TableKey| catalog.definition(&key.0, &key.1).is_none();
            keys.iter().filter(is_lacking).cloned().collect()
        };
        let (removed, added) = (lacks(&partial.to), lacks(&partial.from));
        let renamed = renamed((&partial.from, &removed), (&partial.to, &added));
        let former: BTreeMap<TableKey, TableKey> =
            renamed.into_iter().map(|(old, new)| (new, old)).collect();
        keys.retain(|key| !former.values().any(|old| old == key));
        let mut diffs = Vec::new();
        for key in keys {
            let old_key = former.get(&key).unwrap_or(&key);
            let is_meant = |object: &Object| {
                [old_key, &key]
                    .iter()
                    .any(|(keyspace, table)| object.concerns_rows(keyspace, table))
            };
            if !(request.objects.is_empty() || request.objects.iter().any(is_meant)) {
                continue;
            }
            let side = |catalog: &Catalog,
                        (keyspace, table): &TableKey,
                        pick: fn(&RowsChange) -> Option<TreeId>| {
                let definition = catalog.definition(keyspace, table)?;
                let of_table = partial.changes.rows.iter();
                let of_table = of_table
                    .filter(|rows| rows.place.keyspace == *keyspace && rows.place.table == *table);
                Some(TableRows {
                    schema: Arc::new(table_schema(catalog, keyspace, definition)),
                    trees: of_table
                        .filter_map(|rows| Some((rows.place.shard.clone(), pick(rows)?)))
                        .collect(),
                })
            };
            let mut from = side(&partial.from, old_key, |rows| rows.from);
            let to = side(&partial.to, &key, |rows| rows.to);
            if let (Some(from), Some(to)) = (&mut from, &to) {
                Arc::make_mut(&mut from.schema)
                    .name
                    .clone_from(&to.schema.name);
            }
            diffs.push(self.table_diff(from, to, request.keyless)?);
        }
        Ok(diffs)
    }

    /// Compares two sides of one table, shard by shard: rows belong to shards.
    pub(super) fn table_diff(
        &self,
        from: Option<TableRows>,
        to: Option<TableRows>,
        keyless: bool,
    ) -> Result<RelationDiff, Error> {
        let options = Options {
            matching: if keyless {
                Matching::ByContent
            } else {
                Matching::ByKey
            },
        };
        let shards: BTreeSet<String> = [&from, &to]
            .into_iter()
            .flatten()
            .flat_map(|side| side.trees.keys().cloned())
            .collect();
        let mut whole = RelationDiff {
            from: from.as_ref().map(|side| side.schema.clone()),
            to: to.as_ref().map(|side| side.schema.clone()),
            changes: Vec::new(),
            key_changed: false,
            keyless,
        };
        for shard in shards {
            let tree = |side: &Option<TableRows>| {
                side.as_ref()
                    .and_then(|side| side.trees.get(&shard).copied())
            };
            let trees = (tree(&from), tree(&to));
            let same_schema = match (&from, &to) {
                (Some(from), Some(to)) => from.schema == to.schema,
                _ => true,
            };
            if trees.0 == trees.1 && same_schema {
                continue;
            }
            let (old, new) = self.changed_rows(&from, &to, trees)?;
            let side = |side: &Option<TableRows>, rows: Vec<(Row, u64)>| {
                let schema = side.as_ref()?.schema.clone();
                Some(rows::Side {
                    schema,
                    rows: rows.into_iter().map(Ok),
                })
            };
            let one = rows::diff::<Error, _, _>(side(&from, old), side(&to, new), &options)?;
            whole.changes.extend(one.changes);
            whole.key_changed |= one.key_changed;
            whole.keyless |= one.keyless;
        }
        sort_changes(&mut whole);
        Ok(whole)
    }
}

impl Workspace {
    /// Reads the rows in which two trees differ: only chunks that differ are opened. Where the definitions differ, equal
    /// lines may be unequal rows, so all are read.
    fn changed_rows(
        &self,
        from: &Option<TableRows>,
        to: &Option<TableRows>,
        trees: (Option<TreeId>, Option<TreeId>),
    ) -> Result<(Vec<(Row, u64)>, Vec<(Row, u64)>), Error> {
        let schema = |side: &Option<TableRows>| side.as_ref().map(|side| side.schema.clone());
        let (old, new) = (schema(from), schema(to));
        if let (Some(old), Some(new)) = (&old, &new)
            && old != new
        {
            return Ok((self.read_rows(trees.0, old)?, self.read_rows(trees.1, new)?));
        }
        let changed = self
            .store
            .diff_rows(trees.0.zip(old.as_deref()), trees.1.zip(new.as_deref()));
        match changed {
            Ok(changed) => Ok((changed.from, changed.to)),
            // Written under another definition than their commit's.
            Err(store::Error::MalformedRows { .. }) => {
                let read = |tree, schema: Option<Arc<Schema>>| match schema {
                    Some(schema) => self.read_rows(tree, &schema),
                    None => Ok(Vec::new()),
                };
                Ok((read(trees.0, old)?, read(trees.1, new)?))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns the places whose rows differ.
fn rows_changes(from: &Trees, to: &Trees) -> Vec<RowsChange> {
    let places: BTreeSet<&ShardRows> = from.keys().chain(to.keys()).collect();
    places
        .into_iter()
        .filter(|place| from.get(place) != to.get(place))
        .map(|place| RowsChange {
            place: place.clone(),
            from: from.get(place).copied(),
            to: to.get(place).copied(),
        })
        .collect()
}

/// Puts the changes of several shards into key order; removals come before additions of the same key.
fn sort_changes(diff: &mut RelationDiff) {
    let (from, to) = (diff.from.clone(), diff.to.clone());
    let key = |schema: &Option<Arc<Schema>>, row: &Row| {
        schema
            .as_ref()
            .map(|schema| encode::key_bytes(schema, row))
            .unwrap_or_default()
    };
    diff.changes.sort_by_cached_key(|change| match change {
        Change::Removed(row, _) => (key(&from, row), 0),
        Change::Modified { to: row, .. } => (key(&to, row), 1),
        Change::Added(row, _) => (key(&to, row), 2),
    });
}

/// Drops the changes of a catalog relation that are not about one of the objects.
fn keep_objects(relation: &mut RelationDiff, objects: &[Object]) {
    let schema = relation.to.clone().or_else(|| relation.from.clone());
    let Some(schema) = schema else { return };
    if !RELATIONS.contains(&schema.name.as_str()) {
        keep_rows(relation, objects);
        return;
    }
    let place = |names: &[&str]| {
        names.iter().find_map(|name| {
            schema
                .columns
                .iter()
                .position(|column| column.name == *name)
        })
    };
    let (keyspace, table) = (place(&["keyspace"]), place(&["table", "view"]));
    // Constraints and the like have their own name last in their key; columns that a vindex uses are a list.
    let own = schema.shown_key().last();
    let listed = place(&["columns"]).filter(|_| schema.name == "column_vindexes");
    let vindex = place(&["vindex"]).filter(|_| schema.name == "vindexes");
    fn cell(row: &Row, at: Option<usize>) -> Option<String> {
        at.and_then(|at| row.get(at))
            .and_then(|value| value.to_text().map(Into::into))
    }
    relation.changes.retain(|change| {
        let rows: Vec<&Row> = match change {
            Change::Added(row, _) | Change::Removed(row, _) => vec![row],
            Change::Modified { from, to } => vec![from, to],
        };
        objects.iter().any(|object| match object {
            Object::Relation(name) => *name == schema.name,
            Object::Keyspace(name) => rows
                .iter()
                .any(|row| cell(row, keyspace).as_deref() == Some(name)),
            Object::Table {
                keyspace: k,
                table: t,
            } => rows.iter().any(|row| {
                cell(row, keyspace).as_deref() == Some(k)
                    && (cell(row, table).as_deref() == Some(t)
                        || cell(row, vindex).as_deref() == Some(t))
            }),
            Object::Part {
                keyspace: k,
                table: t,
                part,
            } => rows.iter().any(|row| {
                let lists = cell(row, listed)
                    .is_some_and(|names| names.split(", ").any(|name| name == part));
                cell(row, keyspace).as_deref() == Some(k)
                    && cell(row, table).as_deref() == Some(t)
                    && (cell(row, own).as_deref() == Some(part) || lists)
            }),
            // Rows of tables were chosen before.
            Object::Row { .. } => false,
            Object::Path(_) => rows.iter().any(|row| {
                let at = (cell(row, keyspace), cell(row, table));
                let mut files =
                    files_of(&schema.name, at.0.as_deref(), at.1.as_deref()).into_iter();
                files.any(|file| object.may_concern(&file))
            }),
        })
    });
}

/// Returns the files in which a row of a catalog relation stands.
fn files_of(relation: &str, keyspace: Option<&str>, table: Option<&str>) -> Vec<String> {
    match (relation, keyspace, table) {
        ("shards", Some(keyspace), _) => vec![place::shards_path(keyspace)],
        ("views", Some(keyspace), Some(view)) => vec![place::view_path(keyspace, view)],
        ("tables", Some(keyspace), Some(table)) => vec![
            place::table_path(keyspace, table),
            place::vschema_path(keyspace),
        ],
        (
            "columns" | "indexes" | "foreign_keys" | "checks" | "partitions",
            Some(keyspace),
            Some(table),
        ) => vec![place::table_path(keyspace, table)],
        (_, Some(keyspace), _) => vec![place::vschema_path(keyspace)],
        (rules, None, _) => vec![format!("{rules}.json")],
    }
}

/// Drops the changes of a user's table that are of none of the rows named, where nothing but rows of it are named.
fn keep_rows(relation: &mut RelationDiff, objects: &[Object]) {
    let Some((keyspace, table)) = relation.name().split_once('.') else {
        return;
    };
    let concerned = objects
        .iter()
        .filter(|object| object.concerns_rows(keyspace, table));
    let keys: Option<Vec<Vec<String>>> = concerned
        .map(|object| match object {
            Object::Row { key, .. } => Some(key.clone()),
            _ => None,
        })
        .collect();
    // Of a renamed table the objects may name the former one.
    let Some(keys) = keys.filter(|keys| !keys.is_empty()) else {
        return;
    };
    let (from, to) = (relation.from.clone(), relation.to.clone());
    let is_named = |schema: &Option<Arc<Schema>>, row: &Row| {
        let Some(schema) = schema else { return false };
        keys.iter().any(|key| {
            key.len() == schema.key.len()
                && schema.key.iter().zip(key).all(|(&at, text)| {
                    let wanted = crate::value::Value::Text(text.clone());
                    let wanted = wanted.cast(&schema.columns[at].column_type);
                    row.get(at).and_then(crate::value::Value::to_text) == wanted.to_text()
                })
        })
    };
    relation.changes.retain(|change| match change {
        Change::Added(row, _) => is_named(&to, row),
        Change::Removed(row, _) => is_named(&from, row),
        Change::Modified { from: old, to: new } => is_named(&from, old) || is_named(&to, new),
    });
}
