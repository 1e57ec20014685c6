//! SQL texts to tables and views: hand-written scripts, folders of them, dumps of mysqldump and mariadb-dump as they are.
//!
//! A text is read from its top: `USE` and `CREATE DATABASE` say where what follows goes, what it creates it may alter,
//! rename and drop again (mysqldump makes each view twice). Texts do not see each other until all are read; then what
//! alters another text's table is applied. So their order does not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reader::Reader;
use super::scratch::{Defined, Key, Scratch};
use super::{At, Error, Imported, Kind, Object, Options, Outcome, Source};
use crate::catalog::alter::Change;
use crate::catalog::{Catalog, Keyspace};
use crate::sql::ddl::Ddl;

/// Takes the tables and views that texts define into a catalog; with `rows`, the texts of statements that change rows
/// are kept.
///
/// # Errors
/// Every reason why it cannot be done, by place. Nothing is taken then.
pub fn ddl(
    catalog: &Catalog,
    sources: &[Source],
    options: &Options,
    rows: bool,
) -> Result<Imported, Vec<Error>> {
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort();
    let only = match catalog.keyspaces.keys().collect::<Vec<_>>().as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    };
    let mut import = Import {
        catalog,
        options,
        rows,
        only,
        databases: BTreeMap::new(),
        keyspaces: BTreeSet::new(),
        global: Scratch::default(),
        deferred: Vec::new(),
        errors: Vec::new(),
        imported: Imported::default(),
    };
    for source in sources {
        Reader::new(&mut import, source).read();
    }
    import.settle();
    import.finish()
}

/// The import of all texts.
pub(super) struct Import<'a> {
    catalog: &'a Catalog,
    pub(super) options: &'a Options,
    pub(super) rows: bool,
    /// The catalog's keyspace, if it has but one: where what says nothing goes.
    pub(super) only: Option<String>,
    /// Databases and where each was named first.
    pub(super) databases: BTreeMap<String, At>,
    pub(super) keyspaces: BTreeSet<String>,
    global: Scratch,
    /// Statements about tables of other texts, in order.
    pub(super) deferred: Vec<(String, Ddl, Vec<Key>, At)>,
    pub(super) errors: Vec<Error>,
    pub(super) imported: Imported,
}

impl Import<'_> {
    /// Takes what one text defined.
    pub(super) fn merge(&mut self, scratch: Scratch) {
        for (key, (defined, at)) in scratch.objects {
            match self.global.objects.get(&key) {
                Some((known, first)) if *known != defined => {
                    self.errors.push(Error::DefinedTwice {
                        at,
                        name: qualified(&key),
                        first: first.clone(),
                    });
                }
                Some(_) => {}
                None => {
                    self.global.objects.insert(key, (defined, at));
                }
            }
        }
    }

    /// Applies statements about other texts' tables as soon as these are there.
    fn settle(&mut self) {
        loop {
            let waiting = std::mem::take(&mut self.deferred);
            let before = waiting.len();
            for (keyspace, statement, named, at) in waiting {
                if named.iter().all(|key| self.global.has_table(key)) {
                    if let Err(source) = self.global.alter(&keyspace, &statement, &named, &at) {
                        let name = named.first().map(qualified).unwrap_or_default();
                        let kind = Kind::Table;
                        self.errors.push(Error::Definition {
                            at,
                            kind,
                            name,
                            source,
                        });
                    }
                } else {
                    self.deferred.push((keyspace, statement, named, at));
                }
            }
            if self.deferred.len() == before {
                break;
            }
        }
        for (_, _, named, at) in std::mem::take(&mut self.deferred) {
            let absent = named.iter().find(|key| !self.global.has_table(key));
            let name = absent.map(qualified).unwrap_or_default();
            self.errors.push(Error::NotCreated { at, name });
        }
    }

    /// Compares with what is there.
    fn finish(mut self) -> Result<Imported, Vec<Error>> {
        let mut catalog = self.catalog.clone();
        for name in &self.keyspaces {
            if !catalog.keyspaces.contains_key(name) {
                self.imported.keyspaces.push(name.clone());
                let keyspace = Keyspace {
                    name: name.clone(),
                    shards: vec!["0".to_owned()],
                    ..Keyspace::default()
                };
                catalog.keyspaces.insert(name.clone(), Arc::new(keyspace));
            }
        }
        let mut objects = Vec::with_capacity(self.global.objects.len());
        for (key, (defined, at)) in std::mem::take(&mut self.global.objects) {
            let Some(holder) = catalog.keyspaces.get_mut(&key.0) else {
                continue;
            };
            let (kind, (keyspace, name)) = (defined.kind(), key);
            let known = match &defined {
                Defined::Table(table) => holder.tables.get(&name).map(|known| known == table),
                Defined::View(view) => holder.views.get(&name).map(|known| known == view.as_ref()),
            };
            let outcome = match known {
                None => Outcome::Added,
                Some(true) => Outcome::Unchanged,
                Some(false) if self.options.force => Outcome::Replaced,
                Some(false) => {
                    let name = format!("{keyspace}.{name}");
                    self.errors.push(Error::Exists { at, kind, name });
                    continue;
                }
            };
            if outcome != Outcome::Unchanged {
                let holder = Arc::make_mut(holder);
                let change = put(holder, &keyspace, &name, defined);
                self.imported.changes.extend(change);
            }
            objects.push(Object {
                keyspace,
                kind,
                name,
                outcome,
            });
        }
        if !self.errors.is_empty() {
            self.errors.sort_by(|a, b| a.at().cmp(b.at()));
            return Err(self.errors);
        }
        objects.sort();
        self.imported.skipped.sort();
        self.imported.objects = objects;
        self.imported.catalog = catalog;
        Ok(self.imported)
    }
}

/// Puts an object into its keyspace; says what became of a table.
fn put(holder: &mut Keyspace, keyspace: &str, name: &str, defined: Defined) -> Option<Change> {
    let table = match defined {
        Defined::View(view) => {
            holder.views.insert(name.to_owned(), *view);
            return None;
        }
        Defined::Table(table) => table,
    };
    let columns = table.definition.columns.iter();
    let columns: Vec<String> = columns.map(|column| column.name.clone()).collect();
    Some(match holder.tables.insert(name.to_owned(), table) {
        None => Change::TableCreated {
            keyspace: keyspace.to_owned(),
            table: name.to_owned(),
        },
        Some(known) => Change::TableAltered {
            keyspace: keyspace.to_owned(),
            from: name.to_owned(),
            to: name.to_owned(),
            columns: columns
                .into_iter()
                .map(|column| {
                    let before = known.column(&column).map(|known| known.name.clone());
                    (column, before)
                })
                .collect(),
        },
    })
}

/// Returns `keyspace.name`.
pub(super) fn qualified(key: &Key) -> String {
    format!("{}.{}", key.0, key.1)
}
