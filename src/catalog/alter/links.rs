//! Who references whom, and which constraint names are taken: kept while statements follow each other, so that each
//! costs what it changes, not what there is.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::dependency::{self, Place};
use crate::catalog::{Catalog, Table, fold};

/// What constraints of one kind have names of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ForeignKey,
    Check,
}

/// Links between the tables of a catalog.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// By referenced table, the tables that reference it.
    children: BTreeMap<Place, BTreeSet<Place>>,
    /// By keyspace, kind and folded name, the tables that have such a constraint.
    names: BTreeMap<(String, Kind, String), BTreeSet<String>>,
}

impl Links {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let mut links = Self::default();
        for (name, keyspace) in &catalog.keyspaces {
            for table in keyspace.tables.values() {
                links.add(name, table);
            }
        }
        links
    }

    /// Returns the tables that reference a table.
    pub(super) fn children(&self, keyspace: &str, table: &str) -> impl Iterator<Item = &Place> {
        let place = (keyspace.to_owned(), table.to_owned());
        self.children.get(&place).into_iter().flatten()
    }

    /// Tells whether a table other than `except` has a constraint of that name.
    pub(super) fn is_taken(
        &self,
        keyspace: &str,
        kind: Kind,
        name: &str,
        except: Option<&str>,
    ) -> bool {
        let holders = self.names.get(&(keyspace.to_owned(), kind, fold(name)));
        let mut holders = holders.into_iter().flatten();
        holders.any(|holder| Some(holder.as_str()) != except)
    }

    pub(super) fn add(&mut self, keyspace: &str, table: &Table) {
        for parent in dependency::of_table(keyspace, &table.definition) {
            let child = (keyspace.to_owned(), table.name().to_owned());
            self.children.entry(parent).or_default().insert(child);
        }
        for name in names(keyspace, table) {
            let holders = self.names.entry(name).or_default();
            holders.insert(table.name().to_owned());
        }
    }

    pub(super) fn remove(&mut self, keyspace: &str, table: &Table) {
        let child = (keyspace.to_owned(), table.name().to_owned());
        for parent in dependency::of_table(keyspace, &table.definition) {
            if let Some(children) = self.children.get_mut(&parent) {
                children.remove(&child);
            }
        }
        for name in names(keyspace, table) {
            if let Some(holders) = self.names.get_mut(&name) {
                holders.remove(&child.1);
            }
        }
    }
}

fn names(keyspace: &str, table: &Table) -> impl Iterator<Item = (String, Kind, String)> {
    let keys = table.definition.foreign_keys.iter();
    let keys = keys.map(|key| (Kind::ForeignKey, &key.name));
    let checks = table.definition.checks.iter();
    let checks = checks.map(|check| (Kind::Check, &check.name));
    keys.chain(checks).map(move |(kind, name)| {
        let name = name.as_deref().unwrap_or_default();
        (keyspace.to_owned(), kind, fold(name))
    })
}
