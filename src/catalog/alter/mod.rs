//! Applies one DDL statement to a catalog: a new catalog, and what became of which object.
//!
//! Pure: nothing is read or written, the catalog given stays as it is. What MySQL refuses is refused with its number
//! and words (MySQL manual, "Data Definition Statements"). Renames are recorded as identities, foreign keys of other
//! tables follow a renamed table or column.

mod constraint;
mod follow;
mod links;
mod options;
mod partition;
mod rename;
mod table;
mod vschema;

use std::sync::Arc;

use links::{Kind, Links};

use super::{Catalog, Defaults, DefinitionError, Keyspace, Table, foreign_key};
use crate::sql::TableName;
use crate::sql::ddl::{AlterView, CreateTable, CreateTableStatement, CreateView, Ddl, ForeignKey};

pub use follow::follow_vschema;
pub(crate) use rename::definition as renamed_definition;
pub use table::Alteration;
pub use vschema::{VschemaOutcome, apply_vschema};

/// Whether references must hold, MySQL's `foreign_key_checks`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForeignKeyChecks {
    /// A referenced table must exist and fit; one that is referenced cannot be dropped.
    #[default]
    On,
    /// Tables may come and go in any order.
    Off,
}

/// A changed catalog.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The catalog after the statement.
    pub catalog: Catalog,
    /// What became of objects, in the order in which it happened.
    pub changes: Vec<Change>,
    /// What was skipped because of IF EXISTS or IF NOT EXISTS: MySQL's notes.
    pub notes: Vec<DefinitionError>,
}

/// What became of one object. Names are those of the catalog after the statement unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A table came into being.
    TableCreated {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        table: String,
    },
    /// A table's definition changed, and perhaps its name.
    TableAltered {
        /// Its keyspace.
        keyspace: String,
        /// Its name before.
        from: String,
        /// Its name now.
        to: String,
        /// Every column now with its name before; `None` for a column that is new.
        columns: Vec<(String, Option<String>)>,
    },
    /// Only the foreign keys of a table changed, because they follow a renamed table or column.
    ReferencesFollowed {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        table: String,
    },
    /// The table's rows go, its definition stays.
    TableTruncated {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        table: String,
    },
    /// A table is no more.
    TableDropped {
        /// Its keyspace.
        keyspace: String,
        /// Its name before.
        table: String,
    },
    /// A view came into being or was defined anew.
    ViewDefined {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        view: String,
    },
    /// A view has another name.
    ViewRenamed {
        /// Its keyspace.
        keyspace: String,
        /// Its name before.
        from: String,
        /// Its name now.
        to: String,
    },
    /// A view is no more.
    ViewDropped {
        /// Its keyspace.
        keyspace: String,
        /// Its name before.
        view: String,
    },
}

/// Applies a statement; unqualified names are of `keyspace`.
///
/// # Errors
/// What MySQL would refuse; nothing is changed then. Databases, temporary tables and `CREATE TABLE … SELECT` are
/// [`DefinitionError::Unsupported`].
pub fn apply(
    catalog: &Catalog,
    keyspace: &str,
    statement: &Ddl,
    checks: ForeignKeyChecks,
) -> Result<Outcome, DefinitionError> {
    let mut change = Statement::new(keyspace, checks, catalog.clone(), None);
    change.run(statement)?;
    Ok(change.outcome)
}

/// A catalog that statement after statement is applied to: each is made in place and costs what it changes.
#[derive(Debug)]
pub struct Model {
    catalog: Catalog,
    links: Links,
}

impl Model {
    /// Returns the model of a catalog.
    pub fn of(catalog: Catalog) -> Self {
        let links = Links::of(&catalog);
        Self { catalog, links }
    }

    /// Returns the catalog as it is now.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Adds a keyspace without tables, which no statement does here; one of that name stays.
    pub fn add_keyspace(&mut self, keyspace: Keyspace) {
        let name = keyspace.name.clone();
        let keyspaces = &mut self.catalog.keyspaces;
        keyspaces.entry(name).or_insert_with(|| keyspace.into());
    }

    /// Applies a statement; unqualified names are of `keyspace`. Returns what became of which object.
    ///
    /// # Errors
    /// As [`apply`]; what the model says is undefined afterwards.
    pub fn apply(
        &mut self,
        keyspace: &str,
        statement: &Ddl,
        checks: ForeignKeyChecks,
    ) -> Result<Vec<Change>, DefinitionError> {
        let (catalog, links) = (
            std::mem::take(&mut self.catalog),
            std::mem::take(&mut self.links),
        );
        let mut change = Statement::new(keyspace, checks, catalog, Some(links));
        let done = change.run(statement);
        self.catalog = change.outcome.catalog;
        self.links = change.links.unwrap_or_default();
        done.map(|()| change.outcome.changes)
    }
}

fn unsupported<T>(feature: &str) -> Result<T, DefinitionError> {
    Err(DefinitionError::Unsupported {
        feature: feature.to_owned(),
    })
}

/// A statement being applied.
struct Statement<'a> {
    keyspace: &'a str,
    checks: ForeignKeyChecks,
    outcome: Outcome,
    /// What is known of the tables; without it they are looked through.
    links: Option<Links>,
}

impl<'a> Statement<'a> {
    fn new(
        keyspace: &'a str,
        checks: ForeignKeyChecks,
        catalog: Catalog,
        links: Option<Links>,
    ) -> Self {
        Self {
            keyspace,
            checks,
            outcome: Outcome {
                catalog,
                changes: Vec::new(),
                notes: Vec::new(),
            },
            links,
        }
    }

    fn run(&mut self, statement: &Ddl) -> Result<(), DefinitionError> {
        match statement {
            Ddl::CreateTable(statement) => self.create_table(statement),
            Ddl::CreateTableLike {
                temporary: true, ..
            } => unsupported("CREATE TEMPORARY TABLE"),
            Ddl::CreateTableLike {
                name,
                like,
                if_not_exists,
                ..
            } => self.create_like(name, like, *if_not_exists),
            Ddl::AlterTable(statement) => table::apply(self, statement),
            Ddl::DropTable {
                temporary: true, ..
            } => unsupported("DROP TEMPORARY TABLE"),
            Ddl::DropTable {
                names, if_exists, ..
            } => self.drop_tables(names, *if_exists),
            Ddl::RenameTable(pairs) => pairs
                .iter()
                .try_for_each(|(from, to)| rename::table(self, from, to)),
            Ddl::TruncateTable(name) => self.truncate(name),
            Ddl::CreateView(view) => self.create_view(view),
            Ddl::AlterView(view) => self.alter_view(view),
            Ddl::DropView { names, if_exists } => self.drop_views(names, *if_exists),
            Ddl::CreateDatabase { .. } => unsupported("CREATE DATABASE"),
            Ddl::AlterDatabase { .. } => unsupported("ALTER DATABASE"),
            Ddl::DropDatabase { .. } => unsupported("DROP DATABASE"),
        }
    }

    /// Puts a table into a keyspace, in the place of one of that name.
    fn put(&mut self, keyspace: &str, table: Arc<Table>) -> Result<(), DefinitionError> {
        self.take(keyspace, table.name())?;
        if let Some(links) = &mut self.links {
            links.add(keyspace, &table);
        }
        let holder = self.edit(keyspace)?;
        holder.tables.insert(table.name().to_owned(), table);
        Ok(())
    }

    /// Takes a table out of a keyspace; `None` where there is none of that name.
    fn take(&mut self, keyspace: &str, name: &str) -> Result<Option<Arc<Table>>, DefinitionError> {
        let taken = self.edit(keyspace)?.tables.remove(name);
        if let (Some(links), Some(table)) = (&mut self.links, &taken) {
            links.remove(keyspace, table);
        }
        Ok(taken)
    }

    /// Returns the foreign keys that reference a table: the child's keyspace, the child and the constraint.
    fn children(&self, keyspace: &str, table: &str) -> Vec<(&str, &Table, &ForeignKey)> {
        let keyspaces = &self.outcome.catalog.keyspaces;
        let mut found = Vec::new();
        match &self.links {
            Some(links) => {
                for (holder, child) in links.children(keyspace, table) {
                    let holder = keyspaces.get(holder);
                    let child = holder.and_then(|holder| holder.tables.get(child));
                    if let (Some(holder), Some(child)) = (holder, child) {
                        found.extend(references(holder, child, keyspace, table));
                    }
                }
            }
            None => {
                for holder in keyspaces.values() {
                    for child in holder.tables.values() {
                        found.extend(references(holder, child, keyspace, table));
                    }
                }
            }
        }
        found
    }

    /// Returns the keyspace that a name is of, and whether the catalog has it.
    fn keyspace_of(&self, name: &TableName) -> Result<String, DefinitionError> {
        let keyspace = name.keyspace.as_deref().unwrap_or(self.keyspace);
        let keyspace = keyspace.split(':').next().unwrap_or(keyspace);
        if self.outcome.catalog.keyspaces.contains_key(keyspace) {
            Ok(keyspace.to_owned())
        } else {
            Err(DefinitionError::UnknownDatabase {
                keyspace: keyspace.to_owned(),
            })
        }
    }

    fn find_keyspace(&self, name: &str) -> Result<&Keyspace, DefinitionError> {
        let found = self.outcome.catalog.keyspaces.get(name);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| DefinitionError::UnknownDatabase {
                keyspace: name.to_owned(),
            })
    }

    /// Returns the keyspace to be changed.
    fn edit(&mut self, name: &str) -> Result<&mut Keyspace, DefinitionError> {
        let found = self.outcome.catalog.keyspaces.get_mut(name);
        found
            .map(Arc::make_mut)
            .ok_or_else(|| DefinitionError::UnknownDatabase {
                keyspace: name.to_owned(),
            })
    }

    /// Returns the table of that name.
    fn find_table(&self, keyspace: &str, name: &str) -> Result<Arc<Table>, DefinitionError> {
        let holder = self.find_keyspace(keyspace)?;
        let qualified = || format!("{keyspace}.{name}");
        match holder.tables.get(name) {
            Some(table) => Ok(Arc::clone(table)),
            None if holder.views.contains_key(name) => Err(DefinitionError::WrongObject {
                name: qualified(),
                expected: "BASE TABLE",
            }),
            None => Err(DefinitionError::NoSuchTable { table: qualified() }),
        }
    }

    /// Returns the table or view whose name is the given one, case aside: file names cannot tell them apart.
    fn clash(&self, keyspace: &str, name: &str) -> Result<bool, DefinitionError> {
        let holder = self.find_keyspace(keyspace)?;
        let same = |known: &String| super::same_name(known, name);
        Ok(holder.tables.keys().any(same) || holder.views.keys().any(same))
    }

    fn create_table(&mut self, statement: &CreateTableStatement) -> Result<(), DefinitionError> {
        if statement.temporary {
            return unsupported("CREATE TEMPORARY TABLE");
        }
        if statement.query.is_some() {
            return unsupported("CREATE TABLE ... SELECT");
        }
        let keyspace = self.keyspace_of(&statement.table.name)?;
        self.create(&keyspace, &statement.table, statement.if_not_exists)
    }

    fn create_like(
        &mut self,
        name: &TableName,
        like: &TableName,
        if_not_exists: bool,
    ) -> Result<(), DefinitionError> {
        let keyspace = self.keyspace_of(name)?;
        let source = self.find_table(&self.keyspace_of(like)?, &like.name)?;
        let mut definition = CreateTable {
            name: name.clone(),
            foreign_keys: Vec::new(),
            ..source.definition.clone()
        };
        definition
            .options
            .retain(|option| !matches!(option.name.as_str(), "DATA DIRECTORY" | "INDEX DIRECTORY"));
        for check in &mut definition.checks {
            // One namespace for all CHECKs of a database: a copy's get names of its own.
            check.name = None;
        }
        self.create(&keyspace, &definition, if_not_exists)
    }

    fn create(
        &mut self,
        keyspace: &str,
        written: &CreateTable,
        if_not_exists: bool,
    ) -> Result<(), DefinitionError> {
        let name = written.name.name.clone();
        if self.clash(keyspace, &name)? {
            let exists = DefinitionError::TableExists { table: name };
            if !if_not_exists {
                return Err(exists);
            }
            self.outcome.notes.push(exists);
            return Ok(());
        }
        let mut written = written.clone();
        for foreign_key in &mut written.foreign_keys {
            if foreign_key.referenced_table.keyspace.as_deref() == Some(keyspace) {
                foreign_key.referenced_table.keyspace = None;
            }
        }
        let table = Arc::new(Table::from_ddl(&written, &Defaults::default())?);
        self.check_constraint_names(keyspace, &table, None)?;
        let holder = self.edit(keyspace)?;
        let others = &holder.tables;
        holder
            .identities
            .add_table(&name, |other| others.contains_key(other));
        self.put(keyspace, Arc::clone(&table))?;
        self.check_references(keyspace, &table)?;
        self.outcome.changes.push(Change::TableCreated {
            keyspace: keyspace.to_owned(),
            table: name,
        });
        Ok(())
    }

    /// Requires names of foreign keys and of checks to be free in the keyspace, `except` aside.
    fn check_constraint_names(
        &self,
        keyspace: &str,
        table: &Table,
        except: Option<&str>,
    ) -> Result<(), DefinitionError> {
        let holder = self.find_keyspace(keyspace)?;
        // What the table has had already was free when it came.
        let before = except.and_then(|name| holder.tables.get(name));
        let others = || {
            let tables = holder.tables.values();
            tables.filter(|other| Some(other.name()) != except)
        };
        for foreign_key in &table.definition.foreign_keys {
            let name = foreign_key.name.as_deref().unwrap_or_default();
            if before.is_some_and(|before| before.foreign_key(name).is_some()) {
                continue;
            }
            let taken = match &self.links {
                Some(links) => links.is_taken(keyspace, Kind::ForeignKey, name, except),
                None => others().any(|other| other.foreign_key(name).is_some()),
            };
            if taken {
                return Err(DefinitionError::DuplicateForeignKey {
                    constraint: name.to_owned(),
                });
            }
        }
        for check in &table.definition.checks {
            let name = check.name.as_deref().unwrap_or_default();
            if before.is_some_and(|before| before.check(name).is_some()) {
                continue;
            }
            let taken = match &self.links {
                Some(links) => links.is_taken(keyspace, Kind::Check, name, except),
                None => others().any(|other| other.check(name).is_some()),
            };
            if taken {
                return Err(DefinitionError::DuplicateCheck {
                    check: name.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Requires the references of a table, and those to it, to fit; the table is in the catalog already.
    fn check_references(&self, keyspace: &str, table: &Table) -> Result<(), DefinitionError> {
        let catalog = &self.outcome.catalog;
        for foreign_key in &table.definition.foreign_keys {
            match foreign_key::referenced(catalog, keyspace, &foreign_key.referenced_table) {
                Some(parent) => foreign_key::check_parent(table, parent, foreign_key)?,
                None if self.checks == ForeignKeyChecks::Off => {}
                None => {
                    let table = foreign_key.referenced_table.name.clone();
                    return Err(DefinitionError::NoReferencedTable { table });
                }
            }
        }
        for (child_keyspace, child, foreign_key) in self.children(keyspace, table.name()) {
            if (child_keyspace, child.name()) != (keyspace, table.name()) {
                foreign_key::check_parent(child, table, foreign_key)?;
            }
        }
        Ok(())
    }

    fn drop_tables(&mut self, names: &[TableName], if_exists: bool) -> Result<(), DefinitionError> {
        let mut dropped: Vec<(String, String)> = Vec::new();
        let mut unknown = Vec::new();
        for name in names {
            let keyspace = self.keyspace_of(name)?;
            if self
                .find_keyspace(&keyspace)?
                .tables
                .contains_key(&name.name)
            {
                dropped.push((keyspace, name.name.clone()));
            } else {
                unknown.push(format!("{keyspace}.{}", name.name));
            }
        }
        if !unknown.is_empty() && !if_exists {
            return Err(DefinitionError::UnknownTable {
                table: unknown.join(","),
            });
        }
        self.outcome.notes.extend(
            unknown
                .into_iter()
                .map(|table| DefinitionError::UnknownTable { table }),
        );
        if self.checks == ForeignKeyChecks::On {
            for (keyspace, table) in &dropped {
                let gone = |ks: &str, child: &Table| {
                    dropped.iter().any(|(a, b)| a == ks && b == child.name())
                };
                let mut children = self.children(keyspace, table).into_iter();
                let kept = children.find(|(holder, child, _)| !gone(holder, child));
                if let Some((_, child, foreign_key)) = kept {
                    return Err(DefinitionError::TableReferenced {
                        table: table.clone(),
                        constraint: foreign_key.name.clone().unwrap_or_default(),
                        child: child.name().to_owned(),
                    });
                }
            }
        }
        for (keyspace, table) in dropped {
            self.take(&keyspace, &table)?;
            self.edit(&keyspace)?.identities.drop_table(&table);
            self.outcome
                .changes
                .push(Change::TableDropped { keyspace, table });
        }
        Ok(())
    }

    fn truncate(&mut self, name: &TableName) -> Result<(), DefinitionError> {
        let keyspace = self.keyspace_of(name)?;
        let table = self.find_table(&keyspace, &name.name)?;
        if self.checks == ForeignKeyChecks::On {
            let mut children = self.children(&keyspace, table.name()).into_iter();
            let other = children
                .find(|(ks, child, _)| (*ks, child.name()) != (keyspace.as_str(), table.name()));
            if let Some((_, child, foreign_key)) = other {
                return Err(DefinitionError::TruncateReferenced {
                    table: format!("{keyspace}.{}", child.name()),
                    constraint: foreign_key.name.clone().unwrap_or_default(),
                });
            }
        }
        let table = table.name().to_owned();
        self.outcome
            .changes
            .push(Change::TableTruncated { keyspace, table });
        Ok(())
    }

    fn create_view(&mut self, view: &CreateView) -> Result<(), DefinitionError> {
        let keyspace = self.keyspace_of(&view.name)?;
        let holder = self.find_keyspace(&keyspace)?;
        let name = &view.name.name;
        if holder.tables.contains_key(name) && view.or_replace {
            return Err(DefinitionError::WrongObject {
                name: format!("{keyspace}.{name}"),
                expected: "VIEW",
            });
        }
        let replaces = view.or_replace && holder.views.contains_key(name);
        if !replaces && self.clash(&keyspace, name)? {
            return Err(DefinitionError::TableExists {
                table: name.clone(),
            });
        }
        self.define_view(keyspace, view)
    }

    fn alter_view(&mut self, view: &AlterView) -> Result<(), DefinitionError> {
        let keyspace = self.keyspace_of(&view.name)?;
        self.find_view(&keyspace, &view.name.name)?;
        self.define_view(keyspace, view)
    }

    fn find_view(&self, keyspace: &str, name: &str) -> Result<(), DefinitionError> {
        let holder = self.find_keyspace(keyspace)?;
        let qualified = format!("{keyspace}.{name}");
        if holder.tables.contains_key(name) {
            return Err(DefinitionError::WrongObject {
                name: qualified,
                expected: "VIEW",
            });
        }
        if !holder.views.contains_key(name) {
            return Err(DefinitionError::NoSuchTable { table: qualified });
        }
        Ok(())
    }

    fn define_view(&mut self, keyspace: String, view: &CreateView) -> Result<(), DefinitionError> {
        let name = view.name.name.clone();
        super::canonical::check_table_name(&name)?;
        self.edit(&keyspace)?
            .views
            .insert(name.clone(), super::view::canonical(view));
        self.outcome.changes.push(Change::ViewDefined {
            keyspace,
            view: name,
        });
        Ok(())
    }

    fn drop_views(&mut self, names: &[TableName], if_exists: bool) -> Result<(), DefinitionError> {
        let mut unknown = Vec::new();
        for name in names {
            let keyspace = self.keyspace_of(name)?;
            match self.find_view(&keyspace, &name.name) {
                Ok(()) => {
                    self.edit(&keyspace)?.views.remove(&name.name);
                    self.outcome.changes.push(Change::ViewDropped {
                        keyspace,
                        view: name.name.clone(),
                    });
                }
                Err(DefinitionError::NoSuchTable { table }) => unknown.push(table),
                Err(error) => return Err(error),
            }
        }
        if !unknown.is_empty() && !if_exists {
            return Err(DefinitionError::UnknownTable {
                table: unknown.join(","),
            });
        }
        self.outcome.notes.extend(
            unknown
                .into_iter()
                .map(|table| DefinitionError::UnknownTable { table }),
        );
        Ok(())
    }
}

/// Returns the foreign keys of `child` that reference a table, with what they are of.
fn references<'a>(
    holder: &'a Keyspace,
    child: &'a Table,
    keyspace: &str,
    table: &str,
) -> impl Iterator<Item = (&'a str, &'a Table, &'a ForeignKey)> {
    let named = move |key: &&ForeignKey| {
        let parent = &key.referenced_table;
        let parent_keyspace = parent.keyspace.as_deref().unwrap_or(&holder.name);
        parent_keyspace == keyspace && parent.name == table
    };
    let keys = child.definition.foreign_keys.iter().filter(named);
    keys.map(move |key| (holder.name.as_str(), child, key))
}

#[cfg(test)]
mod tests;
