//! Files to a catalog that holds together: what a commit requires.
//!
//! [`Catalog::build`] reads the files and then checks what concerns them together: names that differ by case alone,
//! shards that cover their keyspace, vindexes that can be made, columns that the VSchema uses, identities and constraint
//! names that are one object's alone. It collects every error, sorted by path.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::At;
use super::files::{self, Place};
use super::vschema::{BuildError, VSchema};
use super::{Catalog, DefinitionError, Error, Keyspace, fold};
use crate::vindex::Shards;

impl Catalog {
    /// Builds the catalog that the files are; paths have `/` between their parts, files that are not the catalog's are
    /// ignored.
    ///
    /// # Errors
    /// Every reason why they are none, sorted by path.
    pub fn build<P: AsRef<str>, B: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (P, B)>,
    ) -> Result<Self, Vec<Error>> {
        let (catalog, texts) = files::read_with_texts(files)?;
        catalog.checked(&texts)
    }

    /// Builds a catalog that was read or changed before: its vindexes are made, its parts checked against each other.
    ///
    /// # Errors
    /// As [`Catalog::build`], without places in the VSchema's text.
    pub fn rebuild(self) -> Result<Self, Vec<Error>> {
        let written = self.keyspaces.iter();
        let texts = written
            .map(|(name, keyspace)| (name.clone(), keyspace.vschema.to_json()))
            .collect();
        self.checked(&texts)
    }

    /// Returns what the documents and rules mean: vindexes made, names to be looked up as vtgate does.
    pub fn vschema(&self) -> VSchema {
        let documents = self.keyspaces.iter();
        VSchema::new(
            documents.map(|(name, keyspace)| (name.as_str(), &keyspace.vschema)),
            &self.rules,
        )
    }

    /// Makes the vindexes and collects what Vitess would refuse.
    fn build_vschema(&mut self, texts: &BTreeMap<String, String>, errors: &mut Vec<Error>) {
        let vschema = self.vschema();
        for (keyspace, error) in vschema.errors() {
            let (kind, name) = error.place();
            let text = texts.get(keyspace).map_or("", String::as_str);
            let at = in_vschema(keyspace, text, &[kind], name);
            let keyspace = keyspace.to_owned();
            errors.push(match error {
                BuildError::Vindex { vindex, source } => Error::Vindex {
                    at,
                    keyspace,
                    vindex: vindex.clone(),
                    source: source.clone(),
                },
                other => Error::Vschema {
                    at,
                    keyspace,
                    error: other.clone(),
                },
            });
        }
        for (name, keyspace) in &mut self.keyspaces {
            if let Ok(built) = vschema.keyspace(name) {
                Arc::make_mut(keyspace).vindexes = built.vindexes.clone();
            }
        }
    }

    fn checked(mut self, texts: &BTreeMap<String, String>) -> Result<Self, Vec<Error>> {
        let mut errors = Vec::new();
        for (name, keyspace) in &mut self.keyspaces {
            let keyspace = Arc::make_mut(keyspace);
            let text = texts.get(name).map_or("", String::as_str);
            let mut check = Check {
                keyspace,
                text,
                errors: &mut errors,
            };
            check.shards();
            check.names();
            check.constraints();
            check.identities();
            check.columns();
        }
        self.build_vschema(texts, &mut errors);
        if errors.is_empty() {
            return Ok(self);
        }
        errors.sort_by(|a, b| (a.path(), a.position()).cmp(&(b.path(), b.position())));
        Err(errors)
    }
}

/// The checks of one keyspace.
struct Check<'a> {
    keyspace: &'a mut Keyspace,
    /// Text of its VSchema, in which places are found.
    text: &'a str,
    errors: &'a mut Vec<Error>,
}

/// Returns a place's path; the place itself where it has none.
fn path(place: &Place) -> String {
    place.path().unwrap_or_else(|_| place.to_string())
}

/// Returns where a VSchema names something.
fn in_vschema(keyspace: &str, text: &str, keys: &[&str], name: &str) -> At {
    let place = Place::Vschema {
        keyspace: keyspace.to_owned(),
    };
    At {
        path: path(&place),
        position: files::json_name(text, keys, name),
    }
}

impl Check<'_> {
    fn name(&self) -> String {
        self.keyspace.name.clone()
    }

    fn table_place(&self, table: &str) -> Place {
        Place::Table {
            keyspace: self.name(),
            table: table.to_owned(),
        }
    }

    /// Requires shards that cover the keyspace, and puts them in order.
    fn shards(&mut self) {
        let keyspace = self.name();
        let path = path(&Place::Shards {
            keyspace: keyspace.clone(),
        });
        if self.keyspace.shards.is_empty() {
            self.errors.push(Error::MissingShards { path, keyspace });
            return;
        }
        let shards = match Shards::new(&keyspace, self.keyspace.shards.iter().map(String::as_str)) {
            Ok(shards) => shards,
            Err(source) => {
                self.errors.push(Error::Shards {
                    path,
                    keyspace,
                    source,
                });
                return;
            }
        };
        let unranged = shards.iter().filter(|shard| shard.range.is_none()).count();
        let reason = if shards.len() > 1 && !self.keyspace.vschema.sharded {
            Some("is not sharded but has several shards")
        } else if shards.len() > 1 && unranged > 0 {
            Some("has shards that no key range leads to")
        } else {
            None
        };
        if let Some(reason) = reason {
            self.errors.push(Error::ShardCount {
                path,
                keyspace,
                reason,
            });
        }
        self.keyspace.shards = shards.iter().map(|shard| shard.name.clone()).collect();
    }

    /// Requires names of tables and views that differ by more than case.
    fn names(&mut self) {
        let keyspace = self.name();
        let mut seen: BTreeMap<String, Place> = BTreeMap::new();
        let tables = self.keyspace.tables.keys();
        let tables = tables.map(|table| Place::Table {
            keyspace: keyspace.clone(),
            table: table.clone(),
        });
        let views = self.keyspace.views.keys();
        let views = views.map(|view| Place::View {
            keyspace: keyspace.clone(),
            view: view.clone(),
        });
        for place in tables.chain(views) {
            let (Place::Table { table: name, .. } | Place::View { view: name, .. }) = &place else {
                continue;
            };
            if let Some(first) = seen.get(&fold(name)) {
                self.errors.push(Error::SameName {
                    path: path(&place),
                    first: first.to_string(),
                    second: place.to_string(),
                });
            } else {
                seen.insert(fold(name), place);
            }
        }
    }

    /// Requires names of foreign keys and of checks that no other table of the keyspace uses.
    fn constraints(&mut self) {
        let (mut foreign_keys, mut checks) = (BTreeMap::new(), BTreeMap::new());
        for (table, definition) in &self.keyspace.tables {
            let mut duplicates = Vec::new();
            for name in definition
                .definition
                .foreign_keys
                .iter()
                .filter_map(|key| key.name.as_ref())
            {
                if foreign_keys
                    .insert(fold(name), table)
                    .is_some_and(|other| other != table)
                {
                    duplicates.push(DefinitionError::DuplicateForeignKey {
                        constraint: name.clone(),
                    });
                }
            }
            for name in definition
                .definition
                .checks
                .iter()
                .filter_map(|check| check.name.as_ref())
            {
                if checks
                    .insert(fold(name), table)
                    .is_some_and(|other| other != table)
                {
                    duplicates.push(DefinitionError::DuplicateCheck {
                        check: name.clone(),
                    });
                }
            }
            for source in duplicates {
                let place = self.table_place(table);
                self.errors.push(Error::Definition {
                    at: At::path(path(&place)),
                    place,
                    source,
                });
            }
        }
    }

    /// Requires identities that are one object's alone.
    fn identities(&mut self) {
        if self.keyspace.identities.is_empty() {
            return;
        }
        let keyspace = &*self.keyspace;
        let identities = &keyspace.identities;
        let file = path(&Place::Identities {
            keyspace: keyspace.name.clone(),
        });
        let mut shared = |what: &str, names: Vec<(&str, &str)>| {
            let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
            for (name, identity) in names {
                if let Some(first) = seen.insert(identity, name) {
                    self.errors.push(Error::SameIdentity {
                        path: file.clone(),
                        first: format!("{what} `{first}`"),
                        second: format!("{what} `{name}`"),
                        identity: identity.to_owned(),
                    });
                }
            }
        };
        shared(
            "table",
            keyspace
                .tables
                .keys()
                .map(|name| (name.as_str(), identities.table(name)))
                .collect(),
        );
        for (table, definition) in &keyspace.tables {
            let definition = &definition.definition;
            let columns = definition.columns.iter().map(|column| column.name.as_str());
            let columns = columns.map(|name| (name, identities.column(table, name)));
            shared(&format!("in table `{table}` column"), columns.collect());
            let indexes = definition
                .indexes
                .iter()
                .filter_map(|index| index.name.as_deref());
            let indexes = indexes.map(|name| (name, identities.index(table, name)));
            shared(&format!("in table `{table}` index"), indexes.collect());
        }
    }

    /// Requires the columns that the VSchema uses, where the table has a definition.
    fn columns(&mut self) {
        let mut missing = Vec::new();
        for (table, entry) in &self.keyspace.vschema.tables {
            let Some(definition) = self.keyspace.tables.get(table) else {
                continue;
            };
            let mut require = |user: String, column: &str| {
                if !column.is_empty() && definition.column(column).is_none() {
                    missing.push((table.clone(), user, column.to_owned()));
                }
            };
            for vindex in &entry.column_vindexes {
                let user = || format!("vindex `{}`", vindex.name);
                require(user(), &vindex.column);
                for column in &vindex.columns {
                    require(user(), column);
                }
            }
            if let Some(auto) = &entry.auto_increment {
                require("auto_increment".to_owned(), &auto.column);
            }
        }
        for (table, user, column) in missing {
            let keyspace = self.name();
            let at = in_vschema(&keyspace, self.text, &["tables", &table], &column);
            self.errors.push(Error::MissingColumn {
                at,
                keyspace,
                table,
                user,
                column,
            });
        }
    }
}
