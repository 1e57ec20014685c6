//! A schema that changes statement by statement, every statement checked and undone if need be.
//!
//! A change is checked where it can break something: the entity itself, the tables that its foreign keys refer to and
//! those that refer to it, the views that read it. So the cost of a statement does not grow with the schema.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::schema::{reference, view_error};
use super::{Entity, Error, Schema, names, parents};
use crate::catalog::Defaults;
use crate::sql::ddl::{CreateTable, CreateView, Ddl};
use crate::sql::print::query::{Quoting, ddl};

/// Whether foreign keys may refer to tables that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum References {
    /// All must be there.
    Strict,
    /// Any may be missing.
    Ignore,
}

/// A schema under change.
#[derive(Debug, Clone)]
pub struct Model {
    entities: HashMap<String, Entity>,
    /// Tables by the tables that they refer to, which may be missing.
    children: HashMap<String, BTreeSet<String>>,
    /// Views by the tables and views that they read.
    readers: HashMap<String, BTreeSet<String>>,
    /// Columns of views.
    columns: HashMap<String, Vec<String>>,
    /// How many tables have a foreign key, or a check, of the name.
    constraints: HashMap<(bool, String), usize>,
    /// Names that foreign keys refer to and no table has.
    missing: BTreeMap<String, BTreeSet<String>>,
    defaults: Defaults,
}

/// What takes a change back: the entities that were there before, by name.
#[derive(Debug)]
pub struct Undo(Vec<(String, Option<Entity>)>);

impl Model {
    /// Returns the model of a schema as it is.
    pub fn of(schema: &Schema) -> Self {
        let mut model = Self {
            entities: HashMap::new(),
            children: HashMap::new(),
            readers: HashMap::new(),
            columns: HashMap::new(),
            constraints: HashMap::new(),
            missing: BTreeMap::new(),
            defaults: schema.defaults().clone(),
        };
        for entity in schema.entities() {
            model.put(entity.clone());
        }
        model
    }

    /// Returns the table or view of that name.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.get(name)
    }

    /// Applies a statement.
    ///
    /// # Errors
    /// Why it is refused; the model is as it was.
    pub fn apply(&mut self, statement: &Ddl, references: References) -> Result<Undo, Error> {
        let (gone, come) = self.outcome(statement)?;
        let mut undo = Vec::new();
        let touched: BTreeSet<String> = gone
            .iter()
            .cloned()
            .chain(come.iter().map(|entity| entity.name().to_owned()))
            .collect();
        for name in &touched {
            undo.push((name.clone(), self.take(name)));
        }
        for entity in come {
            self.put(entity);
        }
        let undo = Undo(undo);
        let checked = touched
            .iter()
            .try_for_each(|name| self.check(name))
            .and_then(|()| self.check_missing(references));
        match checked {
            Ok(()) => Ok(undo),
            Err(error) => {
                self.undo(undo);
                Err(error)
            }
        }
    }

    /// Takes a change back; changes go back last first.
    pub fn undo(&mut self, undo: Undo) {
        for (name, _) in &undo.0 {
            self.take(name);
        }
        for (name, entity) in undo.0 {
            if let Some(entity) = entity {
                self.put(entity);
                if let Some(Entity::View(view)) = self.entities.get(&name).cloned() {
                    // Its columns are known again; it was sound before.
                    let _ = self.view_columns(&view);
                }
            }
        }
    }

    /// Returns the names that go and the entities that come.
    fn outcome(&self, statement: &Ddl) -> Result<(Vec<String>, Vec<Entity>), Error> {
        let free = |name: &str| match self.entities.contains_key(name) {
            true => Err(Error::DuplicateEntity {
                entity: name.to_owned(),
            }),
            false => Ok(()),
        };
        let table = |name: &str| {
            let found = self.entities.get(name).and_then(Entity::as_table);
            found.cloned().ok_or_else(|| Error::TableNotFound {
                table: name.to_owned(),
            })
        };
        let view = |name: &str| {
            let found = self.entities.get(name).and_then(Entity::as_view);
            found.cloned().ok_or_else(|| Error::ViewNotFound {
                view: name.to_owned(),
            })
        };
        Ok(match statement {
            Ddl::CreateTable(create) => {
                free(&create.table.name.name)?;
                let table = super::table(&create.table, &self.defaults);
                (Vec::new(), vec![Entity::Table(Arc::new(table))])
            }
            Ddl::CreateView(created) => {
                free(&created.name.name)?;
                let view = super::view(created);
                (Vec::new(), vec![Entity::View(Arc::new(view))])
            }
            Ddl::DropTable { names, .. } => {
                let names = names
                    .iter()
                    .map(|name| table(&name.name).map(|_| name.name.clone()));
                (names.collect::<Result<_, _>>()?, Vec::new())
            }
            Ddl::DropView { names, .. } => {
                let names = names
                    .iter()
                    .map(|name| view(&name.name).map(|_| name.name.clone()));
                (names.collect::<Result<_, _>>()?, Vec::new())
            }
            Ddl::AlterTable(alter) => {
                let before = table(&alter.table.name)?;
                let after = super::alter(&before, &alter.clauses, &self.defaults)?;
                (Vec::new(), vec![Entity::Table(Arc::new(after))])
            }
            Ddl::AlterView(altered) => {
                view(&altered.name.name)?;
                let after = super::view(altered);
                (Vec::new(), vec![Entity::View(Arc::new(after))])
            }
            Ddl::RenameTable(renames) => {
                let mut gone = Vec::new();
                let mut come = Vec::new();
                for (from, to) in renames {
                    free(&to.name)?;
                    let mut renamed = CreateTable::clone(&*table(&from.name)?);
                    renamed.name.name.clone_from(&to.name);
                    gone.push(from.name.clone());
                    come.push(Entity::Table(Arc::new(renamed)));
                }
                (gone, come)
            }
            other => {
                return Err(Error::UnsupportedOperation {
                    statement: ddl(other, Quoting::Canonical),
                });
            }
        })
    }

    fn put(&mut self, entity: Entity) {
        let name = entity.name().to_owned();
        match &entity {
            Entity::Table(table) => {
                for parent in parents(table) {
                    self.children
                        .entry(parent)
                        .or_default()
                        .insert(name.clone());
                }
                for constraint in constraints(table) {
                    *self.constraints.entry(constraint).or_default() += 1;
                }
            }
            Entity::View(view) => {
                for read in names(view).tables {
                    self.readers.entry(read).or_default().insert(name.clone());
                }
                let _ = self.view_columns(view);
            }
        }
        self.entities.insert(name.clone(), entity);
        self.note_missing(&name);
    }

    fn take(&mut self, name: &str) -> Option<Entity> {
        let entity = self.entities.remove(name)?;
        match &entity {
            Entity::Table(table) => {
                for parent in parents(table) {
                    if let Some(children) = self.children.get_mut(&parent) {
                        children.remove(name);
                    }
                    self.note_missing(&parent);
                }
                for constraint in constraints(table) {
                    if let Some(count) = self.constraints.get_mut(&constraint) {
                        *count -= 1;
                    }
                }
            }
            Entity::View(view) => {
                for read in names(view).tables {
                    if let Some(readers) = self.readers.get_mut(&read) {
                        readers.remove(name);
                    }
                }
                self.columns.remove(name);
            }
        }
        self.note_missing(name);
        Some(entity)
    }

    /// Notes whether tables refer to a name that no table has: the name itself, and those that its table refers to.
    fn note_missing(&mut self, name: &str) {
        let mut names = vec![name.to_owned()];
        if let Some(Entity::Table(table)) = self.entities.get(name) {
            names.extend(parents(table));
        }
        for name in names {
            let there = self
                .entities
                .get(&name)
                .and_then(Entity::as_table)
                .is_some();
            let children = self.children.get(&name).cloned().unwrap_or_default();
            if there || children.is_empty() {
                self.missing.remove(&name);
            } else {
                self.missing.insert(name, children);
            }
        }
    }

    fn check_missing(&self, references: References) -> Result<(), Error> {
        match self.missing.first_key_value() {
            Some((referenced, children)) if references == References::Strict => {
                Err(Error::NoReferencedTable {
                    table: children.first().cloned().unwrap_or_default(),
                    referenced: referenced.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Checks the entity of a name, and everything that depends on the name.
    fn check(&mut self, name: &str) -> Result<(), Error> {
        match self.entities.get(name).cloned() {
            Some(Entity::Table(table)) => self.check_table(&table)?,
            Some(Entity::View(view)) => self.check_view(&view)?,
            None => {}
        }
        let mut waiting: Vec<String> = self.readers_of(name);
        let mut seen: BTreeSet<String> = BTreeSet::from([name.to_owned()]);
        while let Some(reader) = waiting.pop() {
            if !seen.insert(reader.clone()) {
                continue;
            }
            if let Some(Entity::View(view)) = self.entities.get(&reader).cloned() {
                self.check_view(&view)?;
            }
            waiting.extend(self.readers_of(&reader));
        }
        Ok(())
    }

    fn readers_of(&self, name: &str) -> Vec<String> {
        let readers = self.readers.get(name);
        readers.into_iter().flatten().cloned().collect()
    }

    fn check_table(&self, table: &CreateTable) -> Result<(), Error> {
        super::validate(table)?;
        let own = &table.name.name;
        for key in &table.foreign_keys {
            match self.entities.get(&key.referenced_table.name) {
                Some(Entity::Table(parent)) => reference(table, parent, key, &self.defaults)?,
                Some(Entity::View(_)) => {
                    return Err(Error::ReferencedView {
                        table: own.clone(),
                        view: key.referenced_table.name.clone(),
                    });
                }
                None => {}
            }
        }
        for child in self.children.get(own).into_iter().flatten() {
            let Some(Entity::Table(child)) = self.entities.get(child) else {
                continue;
            };
            let keys = child.foreign_keys.iter();
            for key in keys.filter(|key| key.referenced_table.name == *own) {
                reference(child, table, key, &self.defaults)?;
            }
        }
        for (foreign, constraint) in constraints(table) {
            let count = self.constraints.get(&(foreign, constraint.clone()));
            if count.is_some_and(|count| *count > 1) {
                let table = own.clone();
                return Err(if foreign {
                    Error::DuplicateForeignKeyName { table, constraint }
                } else {
                    Error::DuplicateCheckName { table, constraint }
                });
            }
        }
        Ok(())
    }

    fn check_view(&mut self, view: &CreateView) -> Result<(), Error> {
        let read = names(view).tables;
        let there = |name: &String| name == "dual" || self.entities.contains_key(name);
        let missing: Vec<String> = read.iter().filter(|name| !there(name)).cloned().collect();
        let own = &view.name.name;
        if !missing.is_empty() || self.reads(&read, own) {
            let missing = if missing.is_empty() { read } else { missing };
            return Err(Error::ViewUnresolved {
                view: own.clone(),
                missing,
            });
        }
        self.view_columns(view)
    }

    /// Tells whether one of the names is, or reads, the view.
    fn reads(&self, names: &[String], view: &str) -> bool {
        let mut waiting = names.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if name == view {
                return true;
            }
            if let Some(Entity::View(inner)) = self.entities.get(&name)
                && seen.insert(name)
            {
                waiting.extend(super::names(inner).tables);
            }
        }
        false
    }

    fn view_columns(&mut self, view: &CreateView) -> Result<(), Error> {
        let known = |name: &str| match self.entities.get(name) {
            Some(Entity::Table(table)) => Some(
                table
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect(),
            ),
            Some(Entity::View(_)) => self.columns.get(name).cloned(),
            None => None,
        };
        let found = super::view::columns(view, &known).map_err(|wrong| view_error(view, wrong))?;
        self.columns.insert(view.name.name.clone(), found);
        Ok(())
    }
}

/// Names of a table's constraints: foreign keys (`true`) and checks.
fn constraints(table: &CreateTable) -> Vec<(bool, String)> {
    let keys = table.foreign_keys.iter().filter_map(|key| key.name.clone());
    let checks = table.checks.iter().filter_map(|check| check.name.clone());
    keys.map(|name| (true, name))
        .chain(checks.map(|name| (false, name)))
        .collect()
}
