//! The DDL side of a migration: which objects go, change and come, in which order.
//!
//! A model of the catalog takes every statement as it is planned, so that names and references are always those that
//! the database would have by then. Within a phase, what is needed comes first ([`dependency`]); a cycle is broken by
//! splitting foreign keys off.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Error, Step, table};
use crate::catalog::alter::{ForeignKeyChecks, Model};
use crate::catalog::dependency::{self, Place};
use crate::catalog::{Catalog, Keyspace, Table, fold};
use crate::sql::ddl::{
    AlterClause, AlterTable, CreateTable, CreateTableStatement, CreateView, Ddl, ForeignKey,
};
use crate::sql::{TableName, print};

/// Returns the notes and DDL statements from one catalog to the other.
pub(super) fn plan(from: &Catalog, to: &Catalog) -> Result<Vec<Step>, Error> {
    let mut planner = Planner {
        to,
        current: Model::of(from.clone()),
        steps: Vec::new(),
    };
    planner.add_keyspaces();
    planner.drop_views()?;
    planner.drop_tables()?;
    planner.rename_tables()?;
    planner.drop_foreign_keys()?;
    planner.alter_tables()?;
    planner.create_tables()?;
    planner.add_foreign_keys()?;
    planner.define_views()?;
    Ok(planner.steps)
}

struct Planner<'a> {
    to: &'a Catalog,
    /// What the steps so far have made of `from`.
    current: Model,
    steps: Vec<Step>,
}

impl<'a> Planner<'a> {
    fn run(&mut self, keyspace: &str, ddl: Ddl, hazards: Vec<String>) -> Result<(), Error> {
        match self.current.apply(keyspace, &ddl, ForeignKeyChecks::Off) {
            Ok(_) => {
                self.steps.push(Step {
                    keyspace: keyspace.to_owned(),
                    action: Action::Ddl(ddl),
                    hazards,
                });
                Ok(())
            }
            Err(source) => Err(Error::Refused {
                keyspace: keyspace.to_owned(),
                statement: print::statement(&ddl),
                source,
            }),
        }
    }

    fn alter(
        &mut self,
        keyspace: &str,
        table: &str,
        clauses: Vec<AlterClause>,
        hazards: Vec<String>,
    ) -> Result<(), Error> {
        if clauses.is_empty() {
            return Ok(());
        }
        let table = TableName::qualified(keyspace, table);
        self.run(
            keyspace,
            Ddl::AlterTable(AlterTable { table, clauses }),
            hazards,
        )
    }

    /// Keyspaces of either side, by name, with the current and the wanted state. Those that come are empty by now.
    fn keyspaces(&self) -> Vec<(String, Keyspace, &'a Keyspace)> {
        let none: &'a Keyspace = empty();
        let wanted = |name: &str| self.to.keyspaces.get(name).map_or(none, AsRef::as_ref);
        let current = self.current.catalog().keyspaces.iter();
        current
            .map(|(name, keyspace)| (name.clone(), Keyspace::clone(keyspace), wanted(name)))
            .collect()
    }

    fn add_keyspaces(&mut self) {
        for (name, keyspace) in &self.to.keyspaces {
            let Some(before) = self.current.catalog().keyspaces.get(name) else {
                let shards = keyspace.shards.join(", ");
                let text = format!("create keyspace `{name}` with shards {shards}");
                self.steps.push(Step {
                    keyspace: name.clone(),
                    action: Action::Note(text),
                    hazards: Vec::new(),
                });
                let shards = keyspace.shards.clone();
                self.current.add_keyspace(Keyspace {
                    name: name.clone(),
                    shards,
                    ..Keyspace::default()
                });
                continue;
            };
            if before.shards != keyspace.shards {
                let (from, to) = (before.shards.join(", "), keyspace.shards.join(", "));
                let text = format!("reshard keyspace `{name}` from {from} to {to}");
                self.steps.push(Step {
                    keyspace: name.clone(),
                    action: Action::Note(text),
                    hazards: Vec::new(),
                });
            }
        }
    }

    /// Drops views that go.
    fn drop_views(&mut self) -> Result<(), Error> {
        for (keyspace, current, wanted) in self.keyspaces() {
            let gone = |name: &&String| !wanted.views.contains_key(*name);
            for name in current.views.keys().filter(gone) {
                let names = vec![TableName::qualified(&keyspace, name)];
                self.run(
                    &keyspace,
                    Ddl::DropView {
                        names,
                        if_exists: false,
                    },
                    Vec::new(),
                )?;
            }
        }
        Ok(())
    }

    /// Drops tables that go, children before parents, after the foreign keys of others that hold them.
    fn drop_tables(&mut self) -> Result<(), Error> {
        let mut dropped: BTreeSet<Place> = BTreeSet::new();
        for (keyspace, current, wanted) in self.keyspaces() {
            let kept: BTreeSet<&str> = wanted
                .tables
                .keys()
                .map(|name| wanted.identities.table(name))
                .collect();
            let gone = current
                .tables
                .keys()
                .filter(|name| !kept.contains(current.identities.table(name)));
            dropped.extend(gone.map(|name| (keyspace.clone(), name.clone())));
        }
        let mut children = children(self.current.catalog());
        let held_by = |table: &Place| -> BTreeSet<Place> {
            let held = children.get(table).into_iter().flatten();
            held.map(|(child, _)| child.clone()).collect()
        };
        let held = dropped.iter().map(|table| (table.clone(), held_by(table)));
        for ((keyspace, table), _) in dependency::sorted(&held.collect()) {
            let exists = |(keyspace, table): &Place| {
                let holder = self.current.catalog().keyspaces.get(keyspace);
                holder.is_some_and(|holder| holder.tables.contains_key(table))
            };
            let mut holders: BTreeMap<Place, Vec<AlterClause>> = BTreeMap::new();
            let held = children.remove(&(keyspace.clone(), table.clone()));
            for (child, constraint) in held.unwrap_or_default() {
                if child != (keyspace.clone(), table.clone()) && exists(&child) {
                    holders
                        .entry(child)
                        .or_default()
                        .push(AlterClause::DropForeignKey(constraint));
                }
            }
            for ((child_keyspace, child), clauses) in holders {
                self.alter(&child_keyspace, &child, clauses, Vec::new())?;
            }
            let names = vec![TableName::qualified(&keyspace, &table)];
            let hazards = vec![format!(
                "table `{keyspace}.{table}` is dropped with its rows"
            )];
            self.run(
                &keyspace,
                Ddl::DropTable {
                    names,
                    if_exists: false,
                    temporary: false,
                },
                hazards,
            )?;
        }
        Ok(())
    }

    /// Renames tables; one name of a cycle is freed through a name that nobody has.
    fn rename_tables(&mut self) -> Result<(), Error> {
        for (keyspace, current, wanted) in self.keyspaces() {
            let by_identity: BTreeMap<&str, &String> = wanted
                .tables
                .keys()
                .map(|name| (wanted.identities.table(name), name))
                .collect();
            let target = |name: &String| {
                by_identity
                    .get(current.identities.table(name))
                    .map(|to| (*to).clone())
            };
            let pairs = current
                .tables
                .keys()
                .filter_map(|name| Some((name.clone(), target(name)?)));
            let mut pending: Vec<(String, String)> =
                pairs.filter(|(from, to)| from != to).collect();
            let mut names: BTreeSet<String> = current
                .tables
                .keys()
                .chain(current.views.keys())
                .map(|name| fold(name))
                .collect();
            let mut renames = Vec::new();
            while !pending.is_empty() {
                let taken =
                    |from: &str, to: &str| fold(from) != fold(to) && names.contains(&fold(to));
                let free = pending.iter().position(|(from, to)| !taken(from, to));
                let (from, to) = match free {
                    Some(at) => pending.remove(at),
                    None => {
                        let spare = (1_u64..)
                            .map(|n| format!("_vrev_rename_{n}"))
                            .find(|name| !taken("", name));
                        let spare = spare.expect("a finite list of names leaves one free");
                        (std::mem::replace(&mut pending[0].0, spare.clone()), spare)
                    }
                };
                names.remove(&fold(&from));
                names.insert(fold(&to));
                renames.push((
                    TableName::qualified(&keyspace, from),
                    TableName::qualified(&keyspace, to),
                ));
            }
            if !renames.is_empty() {
                self.run(&keyspace, Ddl::RenameTable(renames), Vec::new())?;
            }
        }
        Ok(())
    }

    /// Tables that are on both sides, under their wanted name.
    fn kept_tables(&self) -> Vec<Place> {
        let mut kept = Vec::new();
        for (keyspace, current, wanted) in self.keyspaces() {
            let names = current
                .tables
                .keys()
                .filter(|name| wanted.tables.contains_key(*name));
            kept.extend(names.map(|name| (keyspace.clone(), name.clone())));
        }
        kept
    }

    fn sides(&self, (keyspace, table): &Place) -> Option<[(&Keyspace, &Table); 2]> {
        let current = self.current.catalog().keyspaces.get(keyspace)?;
        let wanted = self.to.keyspaces.get(keyspace)?;
        Some([
            (&**current, &**current.tables.get(table)?),
            (&**wanted, &**wanted.tables.get(table)?),
        ])
    }

    fn change(&self, place: &Place) -> Option<table::Change<'_>> {
        let [current, wanted] = self.sides(place)?;
        Some(table::Change::new(current, wanted))
    }

    /// Drops foreign keys that go, that change, or whose columns change their type on either side.
    fn drop_foreign_keys(&mut self) -> Result<(), Error> {
        for place in self.kept_tables() {
            let Some([current, wanted]) = self.sides(&place) else {
                continue;
            };
            let stays = |key: &&ForeignKey| !self.keeps(&place.0, current, wanted, key);
            let name = |key: &ForeignKey| {
                AlterClause::DropForeignKey(key.name.clone().unwrap_or_default())
            };
            let clauses = current
                .1
                .definition
                .foreign_keys
                .iter()
                .filter(stays)
                .map(name)
                .collect();
            self.alter(&place.0, &place.1, clauses, Vec::new())?;
        }
        Ok(())
    }

    fn keeps(
        &self,
        keyspace: &str,
        current: (&Keyspace, &Table),
        wanted: (&Keyspace, &Table),
        key: &ForeignKey,
    ) -> bool {
        let Some(other) = key
            .name
            .as_deref()
            .and_then(|name| wanted.1.foreign_key(name))
        else {
            return false;
        };
        let link = |catalog: &Catalog, (holder, table): (&Keyspace, &Table), key: &ForeignKey| {
            let parent_keyspace = key
                .referenced_table
                .keyspace
                .as_deref()
                .unwrap_or(keyspace)
                .to_owned();
            let parent = catalog.keyspaces.get(&parent_keyspace);
            let parent_table =
                parent.and_then(|parent| parent.tables.get(&key.referenced_table.name));
            let own = columns(holder, Some(table), table.name(), &key.columns);
            let name = &key.referenced_table.name;
            let other = match parent {
                Some(parent) => columns(
                    parent,
                    parent_table.map(AsRef::as_ref),
                    name,
                    &key.referenced_columns,
                ),
                None => key
                    .referenced_columns
                    .iter()
                    .map(|name| (name.clone(), None))
                    .collect(),
            };
            let parent_identity = parent.map_or(name.clone(), |parent| {
                parent.identities.table(name).to_owned()
            });
            (parent_keyspace, parent_identity, own, other)
        };
        link(self.current.catalog(), current, key) == link(self.to, wanted, other)
            && (key.on_delete, key.on_update, &key.match_type)
                == (other.on_delete, other.on_update, &other.match_type)
    }

    fn alter_tables(&mut self) -> Result<(), Error> {
        for place in self.kept_tables() {
            let Some((clauses, hazards)) = self.change(&place).map(|change| change.clear()) else {
                continue;
            };
            self.alter(&place.0, &place.1, clauses, hazards)?;
            let Some((clauses, hazards)) = self.change(&place).map(|change| change.rename()) else {
                continue;
            };
            self.alter(&place.0, &place.1, clauses, hazards)?;
            let Some(rest) = self.change(&place).map(|change| change.rest()) else {
                continue;
            };
            let statements = rest.map_err(|source| Error::Undecided {
                keyspace: place.0.clone(),
                table: place.1.clone(),
                source,
            })?;
            for (clauses, hazards) in statements {
                self.alter(&place.0, &place.1, clauses, hazards)?;
            }
        }
        Ok(())
    }

    /// Creates tables, parents before children; what completes a cycle gets its foreign keys later.
    fn create_tables(&mut self) -> Result<(), Error> {
        let mut pending: BTreeMap<Place, &'a Table> = BTreeMap::new();
        for (keyspace, current, wanted) in self.keyspaces() {
            let missing = wanted
                .tables
                .iter()
                .filter(|(name, _)| !current.tables.contains_key(*name));
            pending
                .extend(missing.map(|(name, table)| ((keyspace.clone(), name.clone()), &**table)));
        }
        let parents = pending.iter().map(|(place, table)| {
            let parents = dependency::of_table(&place.0, &table.definition);
            (place.clone(), parents)
        });
        for (place, complete) in dependency::sorted(&parents.collect()) {
            let Some(table) = pending.remove(&place) else {
                continue;
            };
            let mut definition = table.definition.clone();
            if !complete {
                definition.foreign_keys.clear();
            }
            let table = CreateTable {
                name: TableName::qualified(&place.0, &place.1),
                ..definition
            };
            let statement = CreateTableStatement::of(table);
            self.run(&place.0, Ddl::CreateTable(Box::new(statement)), Vec::new())?;
        }
        Ok(())
    }

    fn add_foreign_keys(&mut self) -> Result<(), Error> {
        for place in self.kept_tables() {
            let Some([(_, current), (_, wanted)]) = self.sides(&place) else {
                continue;
            };
            let missing = |key: &&ForeignKey| {
                key.name
                    .as_deref()
                    .is_none_or(|name| current.foreign_key(name).is_none())
            };
            let keys = wanted.definition.foreign_keys.iter().filter(missing);
            let clauses = keys
                .map(|key| AlterClause::AddForeignKey(key.clone()))
                .collect();
            self.alter(&place.0, &place.1, clauses, Vec::new())?;
        }
        Ok(())
    }

    /// Defines views that come or change, those that others read first.
    fn define_views(&mut self) -> Result<(), Error> {
        let mut pending: BTreeMap<Place, &'a CreateView> = BTreeMap::new();
        for (keyspace, current, wanted) in self.keyspaces() {
            let changed = wanted.views.iter().filter(|(name, view)| {
                current.views.get(*name).map(print::view) != Some(print::view(view))
            });
            pending.extend(changed.map(|(name, view)| ((keyspace.clone(), name.clone()), view)));
        }
        let read = pending
            .iter()
            .map(|(place, view)| (place.clone(), dependency::of_view(&place.0, view)));
        for (place, _) in dependency::sorted(&read.collect()) {
            let Some(view) = pending.remove(&place) else {
                continue;
            };
            let exists = self
                .current
                .catalog()
                .keyspaces
                .get(&place.0)
                .is_some_and(|ks| ks.views.contains_key(&place.1));
            let name = TableName::qualified(&place.0, &place.1);
            let view = CreateView {
                name,
                or_replace: exists,
                ..view.clone()
            };
            self.run(&place.0, Ddl::CreateView(view), Vec::new())?;
        }
        Ok(())
    }
}

fn empty() -> &'static Keyspace {
    static EMPTY: std::sync::LazyLock<Keyspace> = std::sync::LazyLock::new(Keyspace::default);
    &EMPTY
}

/// Returns a note for every keyspace that goes; its tables are dropped by then.
pub(super) fn removed_keyspaces(from: &Catalog, to: &Catalog) -> Vec<Step> {
    let gone = from
        .keyspaces
        .keys()
        .filter(|name| !to.keyspaces.contains_key(*name));
    let step = |name: &String| Step {
        keyspace: name.clone(),
        action: Action::Note(format!("delete keyspace `{name}`")),
        hazards: Vec::new(),
    };
    gone.map(step).collect()
}

/// Returns, by table, the tables whose foreign keys reference it, with the constraints' names.
fn children(catalog: &Catalog) -> BTreeMap<Place, Vec<(Place, String)>> {
    let mut children: BTreeMap<Place, Vec<(Place, String)>> = BTreeMap::new();
    for (keyspace, holder) in &catalog.keyspaces {
        for (name, child) in &holder.tables {
            for key in &child.definition.foreign_keys {
                children
                    .entry(dependency::place(keyspace, &key.referenced_table))
                    .or_default()
                    .push((
                        (keyspace.clone(), name.clone()),
                        key.name.clone().unwrap_or_default(),
                    ));
            }
        }
    }
    children
}

/// A column's identity and type, the type absent where the table is not loaded.
type Linked = (String, Option<crate::value::ColumnType>);

/// Returns the identities and types of a table's columns.
fn columns(
    keyspace: &Keyspace,
    table: Option<&Table>,
    name: &str,
    columns: &[String],
) -> Vec<Linked> {
    let column = |column: &String| {
        let column_type =
            table.and_then(|table| Some(table::effective_type(table, table.column(column)?)));
        (
            keyspace.identities.column(name, column).to_owned(),
            column_type,
        )
    };
    columns.iter().map(column).collect()
}
