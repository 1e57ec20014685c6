//! Rows that a merge leaves breaking a constraint: each side kept it, together they do not.
//!
//! Only rows that differ from the base are looked at, and their partners in a key. As Dolt has it, both rows of a doubled
//! unique key are told, a child without its parent stays where it is, and a row with NULL in a NOT NULL column is left
//! out of the table. ON DELETE CASCADE is not run by a merge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::rows::table_schema;
use super::rows::table_of;
use super::{Combined, Error, Sides, Workspace, place};
use crate::catalog::{Catalog, Table, column_names};
use crate::engine::Probe;
use crate::merge::{RowViolation, RowViolationKind, TableViolations};
use crate::relation::encode::Layout;
use crate::relation::{Row, Schema, encode};
use crate::sql::ddl::{ForeignKey, IndexKind, IndexPart, ReferenceAction};
use crate::store::TreeId;
use crate::value::Value;

/// The rows that stay, and what is wrong among them.
pub(super) struct Checked {
    pub(super) rows: Vec<(Row, u64)>,
    pub(super) violations: Vec<RowViolation>,
}

/// Checks the rows of one shard by themselves. `changed` tells which of them the base does not have.
pub(super) fn rows(
    definition: &Table,
    schema: &Schema,
    rows: Vec<(Row, u64)>,
    misfits: &[(Row, Vec<usize>)],
    changed: &dyn Fn(&Row) -> bool,
) -> Result<Checked, Error> {
    let mut checked = Checked {
        rows: Vec::with_capacity(rows.len()),
        violations: Vec::new(),
    };
    let required: Vec<usize> = (0..schema.columns.len())
        .filter(|&at| {
            let column = definition.column(&schema.columns[at].name);
            column
                .is_some_and(|column| column.nullable == Some(false) && column.generated.is_none())
        })
        .collect();
    for (row, count) in rows {
        let bad = misfits.iter().find(|(misfit, _)| *misfit == row);
        let null = required.iter().find(|&&at| row[at].is_null());
        if let Some((_, cells)) = bad {
            let names: Vec<&str> = cells
                .iter()
                .map(|&at| schema.columns[at].name.as_str())
                .collect();
            checked.tell(
                RowViolationKind::OutOfRange,
                &row,
                &[("Columns", json!(names))],
            );
        } else if let (Some(&at), true) = (null, changed(&row)) {
            let names = [schema.columns[at].name.as_str()];
            checked.tell(
                RowViolationKind::NotNull,
                &row,
                &[("Columns", json!(names))],
            );
        }
        if null.is_none() || !(bad.is_some() || changed(&row)) {
            checked.rows.push((row, count));
        }
    }
    checks(definition, schema, &mut checked, changed)?;
    uniques(definition, schema, &mut checked, changed);
    let layout = Layout::new(schema);
    checked
        .violations
        .sort_by_cached_key(|violation| (layout.key_bytes(&violation.row), violation.kind));
    Ok(checked)
}

impl Checked {
    fn tell(&mut self, kind: RowViolationKind, row: &Row, info: &[(&str, Json)]) {
        self.violations.push(RowViolation {
            kind,
            row: row.clone(),
            info: object(info),
        });
    }
}

fn checks(
    definition: &Table,
    schema: &Schema,
    checked: &mut Checked,
    changed: &dyn Fn(&Row) -> bool,
) -> Result<(), Error> {
    if definition
        .definition
        .checks
        .iter()
        .all(|check| !check.enforced)
    {
        return Ok(());
    }
    let mut alone = definition.definition.clone();
    alone.foreign_keys.clear();
    alone
        .indexes
        .retain(|index| index.kind == IndexKind::Primary);
    for column in &mut alone.columns {
        column.auto_increment = false;
    }
    let probe = Probe::new(&alone)?;
    let mut found = Vec::new();
    for (row, _) in &checked.rows {
        if !changed(row) {
            continue;
        }
        let wide = super::super::rows::widened(schema, definition, vec![(row.clone(), 1)]);
        for wide in wide {
            if let Err(error) = probe.insert(&wide)
                && error.errno == 3819
            {
                let name = error
                    .message
                    .split('\'')
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                found.push((row.clone(), name));
            }
        }
        probe.clear()?;
    }
    for (row, name) in found {
        let check = definition.check(&name);
        let text = check.map(|check| crate::sql::print::expression(&check.expression.0));
        checked.tell(
            RowViolationKind::CheckConstraint,
            &row,
            &[
                ("Name", json!(name)),
                ("Expression", json!(text.unwrap_or_default())),
            ],
        );
    }
    Ok(())
}

fn uniques(
    definition: &Table,
    schema: &Schema,
    checked: &mut Checked,
    changed: &dyn Fn(&Row) -> bool,
) {
    let keys = definition
        .unique_keys()
        .filter(|key| key.kind == IndexKind::Unique);
    for key in keys {
        let parts: Option<Vec<(usize, Option<u32>)>> = key
            .parts
            .iter()
            .map(|part| match part {
                IndexPart::Column { name, length, .. } => {
                    let named =
                        |column: &crate::relation::Column| column.name.eq_ignore_ascii_case(name);
                    Some((schema.columns.iter().position(named)?, *length))
                }
                IndexPart::Expression { .. } => None,
            })
            .collect();
        let Some(parts) = parts else { continue };
        let mut groups: BTreeMap<Vec<String>, Vec<&Row>> = BTreeMap::new();
        for (row, count) in &checked.rows {
            let cells: Option<Vec<String>> = parts
                .iter()
                .map(|&(at, length)| comparable(&row[at], schema, at, length))
                .collect();
            if let Some(cells) = cells {
                let group = groups.entry(cells).or_default();
                for _ in 0..(*count).min(2) {
                    group.push(row);
                }
            }
        }
        let doubled: BTreeSet<Row> = groups
            .into_values()
            .filter(|rows| rows.len() > 1 && rows.iter().any(|row| changed(row)))
            .flatten()
            .cloned()
            .collect();
        let name = key.name.clone().unwrap_or_default();
        for row in doubled {
            checked.tell(
                RowViolationKind::UniqueIndex,
                &row,
                &[("Name", json!(name)), ("Columns", json!(column_names(key)))],
            );
        }
    }
}

/// A cell as keys compare it; `None` for NULL.
fn comparable(value: &Value, schema: &Schema, at: usize, length: Option<u32>) -> Option<String> {
    let text = value.to_text()?;
    let text: String = match length {
        Some(length) => text.chars().take(length as usize).collect(),
        None => text.into_owned(),
    };
    let column_type = &schema.columns[at].column_type;
    let collation = column_type
        .collation
        .as_deref()
        .unwrap_or("utf8mb4_0900_ai_ci");
    let folds = column_type.is_text() && collation.contains("_ci");
    Some(if folds { text.to_lowercase() } else { text })
}

/// An object as MySQL prints JSON: members by length of name, then by name.
pub(super) fn object(members: &[(&str, Json)]) -> String {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| (name.len(), *name));
    let print = |value: &Json| match value {
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    };
    let members = members
        .into_iter()
        .map(|(name, value)| format!("{}: {}", Json::from(*name), print(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

impl Workspace {
    /// Finds children without parents: rows of one side whose parents the other took away, or whose foreign key the other
    /// brought in.
    pub(super) fn check_foreign_keys(
        &self,
        sides: &Sides,
        merged: &Catalog,
        combined: &mut Combined,
    ) -> Result<(), Error> {
        let touched = [sides.touched(0), sides.touched(1)];
        for (keyspace, declared) in &merged.keyspaces {
            for (name, table) in &declared.tables {
                let identity = declared.identities.table(name).to_owned();
                let child = (keyspace.clone(), identity);
                for key in &table.definition.foreign_keys {
                    let parent = &key.referenced_table;
                    let parent_keyspace = parent.keyspace.as_ref().unwrap_or(keyspace);
                    let of = merged.keyspaces.get(parent_keyspace);
                    let identity =
                        of.map_or(parent.name.as_str(), |of| of.identities.table(&parent.name));
                    let parent_key = (parent_keyspace.clone(), identity.to_owned());
                    let is_new = |side: usize| {
                        table_of(&sides.catalogs[side], &child).is_none_or(|(_, before)| {
                            !before.definition.foreign_keys.iter().any(|known| {
                                known.columns == key.columns
                                    && known.referenced_columns == key.referenced_columns
                            })
                        })
                    };
                    // Either side can only break what the other relies on if both had a hand in it. A side whose keys
                    // were off may have broken them by itself: that is told where both changed the parents, too.
                    let has_hand = |side: usize| {
                        touched[side].contains(&child)
                            || touched[side].contains(&parent_key)
                            || (is_new(0) && !is_new(side + 1))
                    };
                    if has_hand(0) && has_hand(1) {
                        let table = (&child, name.as_str());
                        self.check_children(sides, merged, combined, table, (&parent_key, key))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn check_children(
        &self,
        sides: &Sides,
        merged: &Catalog,
        combined: &mut Combined,
        (child, name): (&(String, String), &str),
        (parent_identity, key): (&(String, String), &ForeignKey),
    ) -> Result<(), Error> {
        let keyspace = &child.0;
        let Some(definition) = merged.definition(keyspace, name) else {
            return Ok(());
        };
        let schema = Arc::new(table_schema(merged, keyspace, definition));
        let parent = &key.referenced_table;
        let parent_keyspace = parent.keyspace.as_ref().unwrap_or(keyspace);
        let paths: BTreeSet<String> = [
            place::table_path(parent_keyspace, &parent.name),
            place::identities_path(parent_keyspace),
        ]
        .into();
        let catalog = self.catalog_of_tree(combined.tree, &paths)?;
        let Some(parent_definition) = catalog.definition(parent_keyspace, &parent.name) else {
            return Ok(());
        };
        let parent_schema = Arc::new(table_schema(&catalog, parent_keyspace, parent_definition));
        let (Some(from), Some(to)) = (
            key_places(&schema, &key.columns),
            key_places(&parent_schema, &key.referenced_columns),
        ) else {
            return Ok(());
        };
        let mut parents: BTreeSet<Vec<String>> = BTreeSet::new();
        let trees = self
            .store
            .table_rows_of_tree(combined.tree, parent_keyspace, &parent.name)?;
        for tree in trees.into_values() {
            for (row, _) in self.read_rows(Some(tree), &parent_schema)? {
                parents.extend(key_cells(&row, &parent_schema, &to));
            }
        }
        let gone = self.gone_parents(sides, parent_identity, (&parent_schema, &to), &parents)?;
        let before = table_of(&sides.catalogs[0], child);
        let (old_trees, old_schema): (BTreeMap<String, TreeId>, Option<Arc<Schema>>) = match before
        {
            Some((name, table)) => (
                self.store
                    .table_rows_of_tree(sides.trees[0], keyspace, &name)?,
                Some(Arc::new(table_schema(&sides.catalogs[0], keyspace, table))),
            ),
            None => (BTreeMap::new(), None),
        };
        let info = reference_info(name, definition, parent_definition, key);
        for (shard, tree) in self
            .store
            .table_rows_of_tree(combined.tree, keyspace, name)?
        {
            let old = old_trees.get(&shard).copied().zip(old_schema.as_deref());
            let changed = self.store.diff_rows(old, Some((tree, schema.as_ref())))?;
            let mut suspects = changed.to;
            if !gone.is_empty() {
                // Children that nobody changed have lost their parents.
                let changed: BTreeSet<Row> = suspects.iter().map(|(row, _)| row.clone()).collect();
                let unchanged = self.read_rows(Some(tree), &schema)?.into_iter();
                suspects.extend(unchanged.filter(|(row, _)| {
                    !changed.contains(row)
                        && key_cells(row, &schema, &from).is_some_and(|cells| gone.contains(&cells))
                }));
            }
            let layout = Layout::new(&schema);
            suspects.sort_by_cached_key(|(row, _)| match schema.is_keyed() {
                true => encode::key_bytes(&schema, row),
                false => layout.content_key(row).0,
            });
            let mut broken = Vec::new();
            for (row, _) in suspects {
                if key_cells(&row, &schema, &from).is_some_and(|cells| !parents.contains(&cells)) {
                    broken.push(RowViolation {
                        kind: RowViolationKind::ForeignKey,
                        row,
                        info: info.clone(),
                    });
                }
            }
            combined.note_rows(keyspace, name, &shard, &schema, broken);
        }
        Ok(())
    }
}

/// Returns where the columns of a key stand in a row; `None` where one is not there.
pub(super) fn key_places(schema: &Schema, names: &[String]) -> Option<Vec<usize>> {
    let place = |name: &String| {
        let mut columns = schema.columns.iter();
        columns.position(|column| column.name.eq_ignore_ascii_case(name))
    };
    names.iter().map(place).collect()
}

/// Returns the cells of a key as keys compare them; `None` where one is NULL.
pub(super) fn key_cells(row: &Row, schema: &Schema, places: &[usize]) -> Option<Vec<String>> {
    let cell = |&at: &usize| comparable(&row[at], schema, at, None);
    places.iter().map(cell).collect()
}

impl Workspace {
    /// Returns the keys that the base's parents had and that no parent has any more.
    fn gone_parents(
        &self,
        sides: &Sides,
        parent: &(String, String),
        (schema, places): (&Arc<Schema>, &[usize]),
        parents: &BTreeSet<Vec<String>>,
    ) -> Result<BTreeSet<Vec<String>>, Error> {
        let is_touched = [0, 1]
            .iter()
            .any(|&side| sides.touched(side).contains(parent));
        let Some((name, table)) = table_of(&sides.catalogs[0], parent).filter(|_| is_touched)
        else {
            return Ok(BTreeSet::new());
        };
        let old = Arc::new(table_schema(&sides.catalogs[0], &parent.0, table));
        let of_old = |at: &usize| old.position(&schema.columns[*at].identity);
        let Some(places) = places.iter().map(of_old).collect::<Option<Vec<usize>>>() else {
            return Ok(BTreeSet::new());
        };
        let mut gone = BTreeSet::new();
        let trees = self
            .store
            .table_rows_of_tree(sides.trees[0], &parent.0, &name)?;
        for tree in trees.into_values() {
            for (row, _) in self.read_rows(Some(tree), &old)? {
                gone.extend(key_cells(&row, &old, &places));
            }
        }
        gone.retain(|key| !parents.contains(key));
        Ok(gone)
    }
}

pub(super) fn reference_info(
    name: &str,
    child: &Table,
    parent: &Table,
    key: &ForeignKey,
) -> String {
    let action = |action: Option<ReferenceAction>| match action {
        Some(ReferenceAction::Cascade) => "CASCADE",
        Some(ReferenceAction::SetNull) => "SET NULL",
        Some(ReferenceAction::SetDefault) => "SET DEFAULT",
        Some(ReferenceAction::NoAction) => "NO ACTION",
        Some(ReferenceAction::Restrict) | None => "RESTRICT",
    };
    let index = |table: &Table, columns: &[String]| -> String {
        let leading = |index: &&crate::sql::ddl::Index| {
            let names = column_names(index);
            names.len() >= columns.len()
                && names
                    .iter()
                    .zip(columns)
                    .all(|(one, other)| one.eq_ignore_ascii_case(other))
        };
        let found = table.definition.indexes.iter().find(leading);
        found
            .and_then(|index| index.name.clone())
            .unwrap_or_default()
    };
    object(&[
        ("Index", json!(index(child, &key.columns))),
        ("Table", json!(name)),
        ("Columns", json!(key.columns)),
        ("OnDelete", json!(action(key.on_delete))),
        ("OnUpdate", json!(action(key.on_update))),
        ("ForeignKey", json!(key.name)),
        (
            "ReferencedIndex",
            json!(index(parent, &key.referenced_columns)),
        ),
        ("ReferencedTable", json!(key.referenced_table.name)),
        ("ReferencedColumns", json!(key.referenced_columns)),
    ])
}

impl Combined {
    /// Notes violations of a shard's rows.
    pub(super) fn note_rows(
        &mut self,
        keyspace: &str,
        table: &str,
        shard: &str,
        schema: &Arc<Schema>,
        broken: Vec<RowViolation>,
    ) {
        if broken.is_empty() {
            return;
        }
        let mut known = self.violations.tables.iter_mut();
        let same = known.find(|found| {
            found.keyspace == keyspace && found.table == table && found.shard == shard
        });
        match same {
            Some(found) => found.rows.extend(broken),
            None => self.violations.tables.push(TableViolations {
                keyspace: keyspace.to_owned(),
                table: table.to_owned(),
                shard: shard.to_owned(),
                schema: schema.clone(),
                rows: broken,
            }),
        }
    }
}
