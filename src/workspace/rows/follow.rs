//! The database brought to the definitions of a catalog: tables created, altered, renamed and dropped, columns matched by
//! identity.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::TableKey;
use super::aside::set_aside;
use super::notes::SNAPSHOTS;
use crate::catalog::alter::Change;
use crate::catalog::{Catalog, Table};
use crate::engine::{ForeignKeyChecks, Order};
use crate::shard::{Embedded, TableId};
use crate::sql::ddl::{Column, IndexKind};
use crate::workspace::Error;

const IDENTITIES: &str = "identities";

/// Carries out on the rows what DDL did to the catalog: renames above all, which definitions alone do not tell.
pub(in crate::workspace) fn follow_changes(
    shards: &mut Embedded,
    after: &Catalog,
    changes: &[Change],
) -> Result<(), Error> {
    for change in changes {
        match change {
            Change::TableAltered {
                keyspace,
                from,
                to,
                columns,
            } => {
                if let Some(table) = after.definition(keyspace, to) {
                    if from != to {
                        shards.drop_table(keyspace, to)?;
                    }
                    shards.alter_table(keyspace, from, table, &sources(table, columns))?;
                    note_altered(shards, after, keyspace, to)?;
                }
            }
            Change::TableTruncated { keyspace, table } => shards.truncate(keyspace, table)?,
            Change::TableDropped { keyspace, table } => shards.drop_table(keyspace, table)?,
            // Rows that were set aside are another table's.
            Change::TableCreated { keyspace, table } => shards.drop_table(keyspace, table)?,
            Change::ReferencesFollowed { .. }
            | Change::ViewDefined { .. }
            | Change::ViewRenamed { .. }
            | Change::ViewDropped { .. } => {}
        }
    }
    Ok(())
}

/// What becomes of rows that break a constraint which their table's definition has gained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workspace) enum Broken {
    /// The definition is not followed, and the error names the first such row.
    Refused,
    /// They stay: a merge that is in progress tells them as violations.
    Kept,
}

/// Creates, alters and drops tables so that the database has the catalog's definitions. Columns are matched by identity.
///
/// A foreign key that rows break comes all the same, as with `foreign_key_checks = 0`: files may say so, and a merge tells
/// it as a violation. Statements were checked when they ran.
pub(in crate::workspace) fn follow_catalog(
    shards: &mut Embedded,
    catalog: &Catalog,
    broken: Broken,
) -> Result<(), Error> {
    let before = shards.connection().foreign_key_checks();
    shards
        .connection()
        .set_foreign_key_checks(ForeignKeyChecks::Off);
    let followed = follow_definitions(shards, catalog, broken);
    shards.connection().set_foreign_key_checks(before);
    followed
}

fn follow_definitions(
    shards: &mut Embedded,
    catalog: &Catalog,
    broken: Broken,
) -> Result<(), Error> {
    let mut present: BTreeSet<TableKey> = shards
        .tables()
        .into_iter()
        .map(|id| (id.keyspace, id.table))
        .collect();
    for (keyspace, name, table) in catalog.definitions() {
        let listed = catalog.shards(keyspace);
        let stored = present
            .remove(&(keyspace.to_owned(), name.to_owned()))
            .then(|| stored_definition(shards, keyspace, name))
            .flatten();
        match stored {
            None => match former_name(shards, catalog, keyspace, table, &present) {
                Some(old) => {
                    present.remove(&(keyspace.to_owned(), old.clone()));
                    let columns = table.definition.columns.iter();
                    let columns: Vec<_> = columns
                        .map(|column| (column.name.clone(), Some(column.name.clone())))
                        .collect();
                    shards.alter_table(keyspace, &old, table, &sources(table, &columns))?;
                    note_altered(shards, catalog, keyspace, name)?;
                }
                None => {
                    shards.create_table(keyspace, &listed, table)?;
                    note_identities(shards, catalog, keyspace, name)?;
                }
            },
            Some(stored) => {
                follow_shards(shards, keyspace, name, &listed, &stored)?;
                if stored != **table {
                    let columns = matched_columns(shards, catalog, keyspace, &stored, table)?;
                    let sources = sources(table, &columns);
                    match (shards.alter_table(keyspace, name, table, &sources), broken) {
                        (Err(error), Broken::Kept) if matches!(error.errno, 1062 | 1452 | 3819) => {
                            keep_broken(shards, keyspace, name, table, &sources)?;
                        }
                        (altered, _) => altered?,
                    }
                    note_altered(shards, catalog, keyspace, name)?;
                } else if is_renamed(shards, catalog, keyspace, name)? {
                    note_altered(shards, catalog, keyspace, name)?;
                }
            }
        }
    }
    set_aside(shards, present)?;
    for (keyspace, declared) in &catalog.keyspaces {
        shards.add_shards(keyspace, &declared.shards);
    }
    Ok(())
}

/// Gives a table a definition whose keys and CHECKs some of its rows break.
fn keep_broken(
    shards: &mut Embedded,
    keyspace: &str,
    name: &str,
    table: &Table,
    sources: &[Option<String>],
) -> Result<(), Error> {
    let mut loose = table.clone();
    loose.definition.foreign_keys.clear();
    loose.definition.checks.clear();
    loose
        .definition
        .indexes
        .retain(|index| index.kind == IndexKind::Primary);
    shards.alter_table(keyspace, name, &loose, sources)?;
    let mut rows = Vec::new();
    for shard in shards.shards_of(keyspace, name) {
        let id = TableId::new(keyspace, &shard, name);
        let mut found = Vec::new();
        shards.read_rows(&id, Order::Stored, &mut |row| {
            found.push(row);
            Ok(())
        })?;
        rows.push((id, found));
    }
    let names: Vec<String> = rows.iter().map(|(id, _)| id.shard.clone()).collect();
    shards.drop_table(keyspace, name)?;
    shards.create_table(keyspace, &names, table)?;
    for (id, rows) in rows {
        shards.load_broken_rows(&id, rows.into_iter())?;
    }
    Ok(())
}

/// Adds shards that the list has gained; a shard that it lost must be empty.
fn follow_shards(
    shards: &mut Embedded,
    keyspace: &str,
    name: &str,
    listed: &[String],
    stored: &Table,
) -> Result<(), Error> {
    let present = shards.shards_of(keyspace, name);
    for shard in present.iter().filter(|shard| !listed.contains(shard)) {
        let id = TableId::new(keyspace, shard, name);
        let rows = shards.count_rows(&id)?;
        if rows > 0 {
            return Err(Error::StrandedRows {
                keyspace: keyspace.to_owned(),
                table: name.to_owned(),
                shard: shard.clone(),
                rows,
            });
        }
        shards.drop_shard_table(&id)?;
    }
    let added: Vec<String> = listed
        .iter()
        .filter(|shard| !present.contains(shard))
        .cloned()
        .collect();
    if !added.is_empty() {
        shards.create_table(keyspace, &added, stored)?;
    }
    Ok(())
}

/// Returns the name under which a table is stored that got its present one in the files alone: one that is no more, has
/// the table's identity or is the only one like it, and has its columns. Nothing is lost should it be another table.
fn former_name(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &Table,
    present: &BTreeSet<TableKey>,
) -> Option<String> {
    let identities = &catalog.keyspaces.get(keyspace)?.identities;
    let gone = present
        .iter()
        .filter(|(holder, name)| holder == keyspace && catalog.definition(holder, name).is_none());
    let alike: Vec<&String> = gone
        .map(|(_, name)| name)
        .filter(|name| {
            let stored = stored_definition(shards, keyspace, name);
            stored.is_some_and(|stored| stored.definition.columns == table.definition.columns)
        })
        .collect();
    let identity = identities.table(table.name());
    let declared = alike.iter().find(|name| **name == identity);
    match (declared, alike.as_slice()) {
        (Some(name), _) | (None, [name]) => Some((*name).clone()),
        _ => None,
    }
}

/// Returns every column of the new definition with its name in the stored one, matched by identity; a new column that is
/// like the only one that went takes its values, for a person may yet say that it is the same.
fn matched_columns(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    stored: &Table,
    table: &Table,
) -> Result<Vec<(String, Option<String>)>, Error> {
    let noted = shards
        .connection()
        .meta(&format!("{IDENTITIES}/{keyspace}/{}", table.name()))?;
    let noted: BTreeMap<String, String> = noted
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let identities = identities_of(catalog, keyspace, table.name());
    let identity = |names: &BTreeMap<String, String>, column: &str| {
        names
            .get(column)
            .cloned()
            .unwrap_or_else(|| column.to_owned())
    };
    let columns = table.definition.columns.iter().map(|column| {
        let wanted = identity(&identities, &column.name);
        let mut old = stored.definition.columns.iter().map(|column| &column.name);
        (
            column.name.clone(),
            old.find(|old| identity(&noted, old) == wanted).cloned(),
        )
    });
    let mut matched: Vec<(String, Option<String>)> = columns.collect();
    let taken: BTreeSet<String> = matched.iter().filter_map(|(_, old)| old.clone()).collect();
    let gone = |column: &&Column| !taken.contains(&column.name);
    for (name, old) in matched.iter_mut().filter(|(_, old)| old.is_none()) {
        let alike = stored
            .definition
            .columns
            .iter()
            .filter(gone)
            .filter(|before| {
                let mut renamed = (*before).clone();
                renamed.name.clone_from(name);
                table.column(name) == Some(&renamed)
            });
        if let [one] = alike.collect::<Vec<_>>().as_slice() {
            *old = Some(one.name.clone());
        }
    }
    Ok(matched)
}

/// Tells whether columns of a table were declared to be others since its identities were noted.
pub(super) fn is_renamed(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &str,
) -> Result<bool, Error> {
    let identities = identities_of(catalog, keyspace, table);
    if identities.is_empty() {
        return Ok(false);
    }
    let noted = shards
        .connection()
        .meta(&format!("{IDENTITIES}/{keyspace}/{table}"))?;
    Ok(noted.as_deref() != Some(json!(identities).to_string().as_str()))
}

/// Notes that a table has another definition: its identities, and that its rows make other trees, for their lines name
/// the columns.
fn note_altered(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &str,
) -> Result<(), Error> {
    shards
        .connection()
        .set_meta(&format!("{SNAPSHOTS}/{keyspace}/{table}"), "")?;
    note_identities(shards, catalog, keyspace, table)
}

pub(super) fn note_identities(
    shards: &Embedded,
    catalog: &Catalog,
    keyspace: &str,
    table: &str,
) -> Result<(), Error> {
    let identities = json!(identities_of(catalog, keyspace, table)).to_string();
    Ok(shards
        .connection()
        .set_meta(&format!("{IDENTITIES}/{keyspace}/{table}"), &identities)?)
}

fn identities_of(catalog: &Catalog, keyspace: &str, table: &str) -> BTreeMap<String, String> {
    let keyspace = catalog.keyspaces.get(keyspace);
    keyspace
        .and_then(|keyspace| keyspace.identities.columns.get(table))
        .cloned()
        .unwrap_or_default()
}

/// Returns, for each column of a definition, the name of the stored column that it continues.
fn sources(table: &Table, columns: &[(String, Option<String>)]) -> Vec<Option<String>> {
    let source = |name: &String| {
        columns
            .iter()
            .find(|(new, _)| new == name)
            .and_then(|(_, old)| old.clone())
    };
    table
        .definition
        .columns
        .iter()
        .map(|column| source(&column.name))
        .collect()
}

/// Returns a table's definition as the database has it.
pub(super) fn stored_definition(shards: &Embedded, keyspace: &str, table: &str) -> Option<Table> {
    let shard = shards.shards_of(keyspace, table).into_iter().next()?;
    shards.definition(&TableId::new(keyspace, shard, table))
}
