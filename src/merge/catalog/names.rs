//! What tables, columns and indexes are called after a merge, and the three catalogs brought to these names.
//!
//! Objects are matched by identity. A name that one side changed is taken, one that both changed differently stays ours
//! and is a conflict. Once every side speaks of everything by its merged name (in keys, expressions, foreign keys of
//! other tables, the VSchema and its rules), the rest of the merge needs to know nothing of renames.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Decisions;
use crate::catalog::alter::{Change, follow_vschema, renamed_definition};
use crate::catalog::{Catalog, Identities, Keyspace, Table, fold, rename_columns, same_name};
use crate::merge::Version;
use crate::sql::ddl::{CreateTable, Expression, IndexPart, PartitionKind, Partitioning};

/// What kind of object has a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    Table,
    Column,
    Index,
}

/// An object by identity: keyspace, kind, the identity of its table (its own for a table), its identity.
pub(super) type Key = (String, Named, String, String);

/// What objects are called.
pub(super) type Names = BTreeMap<Key, String>;

/// The names after a merge.
#[derive(Debug, Default)]
pub(super) struct MergedNames {
    names: Names,
    /// Objects that both sides renamed, differently, or whose new name the other side gave away.
    pub(super) clashes: BTreeSet<Key>,
    /// Objects that they added under a name that we gave to another.
    pub(super) refused: BTreeSet<Key>,
    /// Objects that one side removed and the other renamed: the base keeps their old name, so that the rename shows.
    gone: BTreeSet<Key>,
}

/// Returns the name of every table, column and index that a catalog speaks of.
pub(super) fn names(catalog: &Catalog) -> Names {
    let mut names = Names::new();
    for (keyspace, declared) in &catalog.keyspaces {
        let identities = &declared.identities;
        let tables: BTreeSet<&String> = declared
            .tables
            .keys()
            .chain(declared.vschema.tables.keys())
            .collect();
        for table in tables {
            let owner = identities.table(table).to_owned();
            let mut put = |kind: Named, identity: &str, name: &str| {
                names.insert(
                    (keyspace.clone(), kind, owner.clone(), identity.to_owned()),
                    name.to_owned(),
                );
            };
            put(Named::Table, &owner, table);
            let definition = declared.tables.get(table).map(|table| &table.definition);
            let defined = definition.into_iter().flat_map(|table| &table.columns);
            let entry = declared.vschema.tables.get(table).into_iter();
            let columns = defined.map(|column| &column.name).chain(
                entry
                    .flat_map(|entry| &entry.columns)
                    .map(|column| &column.name),
            );
            for column in columns {
                put(Named::Column, identities.column(table, column), column);
            }
            let indexes = definition.into_iter().flat_map(|table| &table.indexes);
            for index in indexes.filter_map(|index| index.name.as_ref()) {
                put(Named::Index, identities.index(table, index), index);
            }
        }
    }
    names
}

/// Merges the names of three catalogs.
pub(super) fn merge(base: &Names, ours: &Names, theirs: &Names) -> MergedNames {
    let mut merged = MergedNames::default();
    let keys: BTreeSet<&Key> = ours.keys().chain(theirs.keys()).collect();
    for key in keys {
        let (before, our, their) = (base.get(key), ours.get(key), theirs.get(key));
        let name = match (our, their) {
            (Some(our), Some(their)) if our == their || before == Some(their) => our,
            (Some(our), Some(their)) if before == Some(our) => their,
            (Some(our), Some(_)) => {
                merged.clashes.insert(key.clone());
                our
            }
            (Some(only), None) | (None, Some(only)) => {
                if before.is_some_and(|before| before != only) {
                    merged.gone.insert(key.clone());
                }
                only
            }
            (None, None) => continue,
        };
        merged.names.insert(key.clone(), name.clone());
    }
    merged.keep_apart(ours);
    merged
}

impl MergedNames {
    /// Gives what both renamed the name that was decided on.
    pub(super) fn decide(&mut self, theirs: &Names, decisions: &Decisions) {
        for key in &self.clashes {
            let (keyspace, kind, owner, identity) = key;
            let (relation, texts) = match kind {
                Named::Table => ("tables", vec![keyspace, identity]),
                Named::Column => ("columns", vec![keyspace, owner, identity]),
                Named::Index => ("indexes", vec![keyspace, owner, identity]),
            };
            let texts = texts.into_iter().cloned().collect();
            let decided = decisions.get(&(relation.to_owned(), texts));
            if let (Some(Version::Theirs), Some(name)) = (decided, theirs.get(key)) {
                self.names.insert(key.clone(), name.clone());
            }
        }
    }

    /// Where two objects would get one name, ours keeps it.
    fn keep_apart(&mut self, ours: &Names) {
        // Giving a name back may make it clash again, with fewer names of theirs each time.
        for _ in 0..self.names.len() {
            let mut bearers: BTreeMap<(String, Named, String, String), Vec<Key>> = BTreeMap::new();
            for (key, name) in &self.names {
                let (keyspace, kind, owner, _) = key;
                // Tables share one name space, columns and indexes have one per table.
                let owner = if *kind == Named::Table { "" } else { owner };
                bearers
                    .entry((keyspace.clone(), *kind, owner.to_owned(), fold(name)))
                    .or_default()
                    .push(key.clone());
            }
            let shared: Vec<Key> = bearers
                .into_values()
                .filter(|keys| keys.len() > 1)
                .flatten()
                .collect();
            let mut settled = true;
            for key in shared {
                match ours.get(&key) {
                    Some(our) if self.names.get(&key) == Some(our) => {}
                    Some(our) => {
                        self.names.insert(key.clone(), our.clone());
                        self.clashes.insert(key);
                        settled = false;
                    }
                    None => {
                        self.names.remove(&key);
                        self.refused.insert(key);
                        settled = false;
                    }
                }
            }
            if settled {
                return;
            }
        }
    }

    /// Returns a side with everything under its merged name, and without what was refused.
    pub(super) fn applied(&self, side: &Catalog, names: &Names, is_base: bool) -> Catalog {
        let mut renames: Vec<TableRename> = Vec::new();
        for (key, name) in names.iter().filter(|(key, _)| key.1 == Named::Table) {
            let wanted = |key: &Key, name: &str| {
                let merged = self.names.get(key);
                merged
                    .filter(|merged| *merged != name && !(is_base && self.gone.contains(key)))
                    .cloned()
            };
            let parts = |kind: Named| -> Vec<(String, String)> {
                let first = (key.0.clone(), kind, key.3.clone(), String::new());
                names
                    .range(first..)
                    .take_while(|(part, _)| part.0 == key.0 && part.1 == kind && part.2 == key.3)
                    .filter_map(|(part, name)| Some((name.clone(), wanted(part, name)?)))
                    .collect()
            };
            let rename = TableRename {
                keyspace: key.0.clone(),
                from: name.clone(),
                to: wanted(key, name).unwrap_or_else(|| name.clone()),
                columns: parts(Named::Column),
                indexes: parts(Named::Index),
            };
            if rename.from != rename.to || !rename.columns.is_empty() || !rename.indexes.is_empty()
            {
                renames.push(rename);
            }
        }
        let mut catalog = side.clone();
        if !is_base {
            self.refuse(&mut catalog, names);
        }
        if renames.is_empty() {
            return catalog;
        }
        renamed(&catalog, &renames)
    }

    /// Takes out what was added under a name that is taken.
    fn refuse(&self, catalog: &mut Catalog, names: &Names) {
        for key in &self.refused {
            let (Some(name), Some(keyspace)) = (names.get(key), catalog.keyspaces.get_mut(&key.0))
            else {
                continue;
            };
            let table = (key.0.clone(), Named::Table, key.2.clone(), key.2.clone());
            let keyspace = Arc::make_mut(keyspace);
            match key.1 {
                Named::Table => {
                    keyspace.tables.remove(name);
                    keyspace.vschema.tables.remove(name);
                }
                kind => {
                    let holder = names
                        .get(&table)
                        .and_then(|table| keyspace.tables.get_mut(table));
                    let Some(holder) = holder else { continue };
                    let definition = &mut Arc::make_mut(holder).definition;
                    if kind == Named::Column {
                        definition.columns.retain(|column| column.name != *name);
                    } else {
                        definition
                            .indexes
                            .retain(|index| index.name.as_ref() != Some(name));
                    }
                }
            }
        }
    }
}

/// What one table and its parts are called from now on.
#[derive(Debug, Clone)]
struct TableRename {
    keyspace: String,
    from: String,
    to: String,
    /// Names before and now.
    columns: Vec<(String, String)>,
    indexes: Vec<(String, String)>,
}

impl TableRename {
    fn column(&self, name: &str) -> Option<String> {
        let mut columns = self.columns.iter();
        let found = columns.find(|(before, _)| same_name(before, name));
        found.map(|(_, now)| now.clone())
    }
}

fn find<'r>(renames: &'r [TableRename], keyspace: &str, table: &str) -> Option<&'r TableRename> {
    renames
        .iter()
        .find(|rename| rename.keyspace == keyspace && rename.from == table)
}

fn renamed(catalog: &Catalog, renames: &[TableRename]) -> Catalog {
    let mut catalog = follow_vschema(catalog, &steps(renames));
    for (name, keyspace) in &mut catalog.keyspaces {
        let keyspace = Arc::make_mut(keyspace);
        // The VSchema's entries have their new names already, the definitions not yet.
        keyspace.identities = identities(name, keyspace, renames);
        let tables = std::mem::take(&mut keyspace.tables);
        for (table, declared) in tables {
            let definition = definition(name, &declared.definition, renames);
            let to = find(renames, name, &table).map_or(table, |rename| rename.to.clone());
            keyspace.tables.insert(to, Arc::new(Table { definition }));
        }
    }
    catalog
}

/// The renames as changes that the VSchema follows one after another; names that are exchanged go by names of nobody.
fn steps(renames: &[TableRename]) -> Vec<Change> {
    let change = |rename: &TableRename, from: &str, to: &str, columns: bool| Change::TableAltered {
        keyspace: rename.keyspace.clone(),
        from: from.to_owned(),
        to: to.to_owned(),
        columns: rename
            .columns
            .iter()
            .filter(|_| columns)
            .map(|(before, now)| (now.clone(), Some(before.clone())))
            .collect(),
    };
    let taken = |rename: &TableRename| find(renames, &rename.keyspace, &rename.to).is_some();
    if !renames
        .iter()
        .any(|rename| rename.from != rename.to && taken(rename))
    {
        let direct = renames.iter();
        return direct
            .map(|rename| change(rename, &rename.from, &rename.to, true))
            .collect();
    }
    let nobody = |at: usize| format!("renamed#{at}");
    let away = renames
        .iter()
        .enumerate()
        .map(|(at, rename)| change(rename, &rename.from, &nobody(at), true));
    let back = renames
        .iter()
        .enumerate()
        .map(|(at, rename)| change(rename, &nobody(at), &rename.to, false));
    away.chain(back).collect()
}

/// Returns the record of a keyspace under the new names.
fn identities(keyspace: &str, declared: &Keyspace, renames: &[TableRename]) -> Identities {
    let old = &declared.identities;
    let mut new = Identities::default();
    let recorded = old
        .tables
        .keys()
        .chain(old.columns.keys())
        .chain(old.indexes.keys());
    let renamed = renames
        .iter()
        .filter(|rename| rename.keyspace == keyspace)
        .map(|rename| &rename.from);
    let tables: BTreeSet<&String> = recorded.chain(renamed).collect();
    for table in tables {
        let rename = find(renames, keyspace, table);
        let to = rename.map_or(table, |rename| &rename.to);
        new.tables.insert(to.clone(), old.table(table).to_owned());
        let record = |record: Option<&BTreeMap<String, String>>, renamed: &[(String, String)]| {
            let mut parts: BTreeMap<String, String> = BTreeMap::new();
            for (name, identity) in record.into_iter().flatten() {
                let now = renamed.iter().find(|(before, _)| before == name);
                parts.insert(now.map_or(name, |(_, now)| now).clone(), identity.clone());
            }
            for (before, now) in renamed {
                let identity = record
                    .and_then(|record| record.get(before))
                    .unwrap_or(before);
                parts.insert(now.clone(), identity.clone());
            }
            parts
        };
        let (columns, indexes) = rename.map_or((&[][..], &[][..]), |rename| {
            (&rename.columns[..], &rename.indexes[..])
        });
        new.columns
            .insert(to.clone(), record(old.columns.get(table), columns));
        new.indexes
            .insert(to.clone(), record(old.indexes.get(table), indexes));
    }
    new.normalized()
}

/// Returns a definition under the new names, those of the tables that it references included.
fn definition(keyspace: &str, written: &CreateTable, renames: &[TableRename]) -> CreateTable {
    let rename = find(renames, keyspace, &written.name.name);
    let mut definition = match rename {
        Some(rename) if rename.from != rename.to => renamed_definition(written, &rename.to),
        _ => written.clone(),
    };
    for key in &mut definition.foreign_keys {
        let other = key.referenced_table.keyspace.as_deref().unwrap_or(keyspace);
        if let Some(parent) = find(renames, other, &key.referenced_table.name) {
            key.referenced_table.name.clone_from(&parent.to);
            for column in &mut key.referenced_columns {
                if let Some(name) = parent.column(column) {
                    *column = name;
                }
            }
        }
    }
    let Some(rename) = rename else {
        return definition;
    };
    for index in &mut definition.indexes {
        let now = index.name.as_ref().and_then(|name| {
            let mut renamed = rename.indexes.iter();
            renamed.find(|(before, _)| same_name(before, name))
        });
        if let Some((_, now)) = now {
            index.name = Some(now.clone());
        }
    }
    if !rename.columns.is_empty() {
        columns(&mut definition, &|name| rename.column(name));
    }
    definition
}

/// Renames a table's columns wherever its definition names them.
fn columns(definition: &mut CreateTable, name: &dyn Fn(&str) -> Option<String>) {
    let set = |column: &mut String| {
        if let Some(new) = name(column) {
            *column = new;
        }
    };
    let expression = |expression: &mut Expression| rename_columns(expression, name);
    for column in &mut definition.columns {
        set(&mut column.name);
        if let Some(generated) = &mut column.generated {
            expression(&mut generated.expression);
        }
        if let Some(crate::sql::ddl::ColumnDefault::Expression(default)) = &mut column.default {
            expression(default);
        }
    }
    for part in definition
        .indexes
        .iter_mut()
        .flat_map(|index| &mut index.parts)
    {
        match part {
            IndexPart::Column { name, .. } => set(name),
            IndexPart::Expression {
                expression: part, ..
            } => expression(part),
        }
    }
    for key in &mut definition.foreign_keys {
        key.columns.iter_mut().for_each(set);
    }
    for check in &mut definition.checks {
        expression(&mut check.expression);
    }
    if let Some(partitioning) = &mut definition.partitioning {
        partitioned(partitioning, &set, &expression);
    }
}

fn partitioned(
    partitioning: &mut Partitioning,
    column: &dyn Fn(&mut String),
    expression: &dyn Fn(&mut Expression),
) {
    let subpartition = partitioning.subpartition.as_mut().map(|(kind, _)| kind);
    for kind in std::iter::once(&mut partitioning.kind).chain(subpartition) {
        match kind {
            PartitionKind::Hash { expression: of, .. }
            | PartitionKind::Range(of)
            | PartitionKind::List(of) => expression(of),
            PartitionKind::Key { columns, .. }
            | PartitionKind::RangeColumns(columns)
            | PartitionKind::ListColumns(columns) => columns.iter_mut().for_each(column),
        }
    }
}
