//! A schema of declared tables and views: what its statements say, put in order and checked against each other.
//!
//! Tables come before views, and what is referred to or read before what refers or reads; within one level of
//! dependency names are sorted. Rules: Vitess `go/vt/schemadiff/schema.go`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::normal::{TableText, covers};
use super::view::Wrong;
use super::{Entity, Error, names, parents};
use crate::catalog::{Defaults, dependency, same_name};
use crate::sql::Statement;
use crate::sql::ddl::{BINARY_COLLATION, Column, CreateTable, CreateView, Ddl, ForeignKey};
use crate::sql::print::query::{Quoting, ddl};
use crate::value::{ColumnType, TypeKind, collation};

/// Tables and views that hold together.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// In the order in which they can be created.
    entities: Vec<Entity>,
    by_name: BTreeMap<String, usize>,
    defaults: Defaults,
}

impl Schema {
    /// Makes a schema of CREATE TABLE and CREATE VIEW statements.
    ///
    /// # Errors
    /// Everything that is wrong, in schemadiff's order; the first that makes the rest meaningless ends the list.
    pub fn from_statements<'a>(
        statements: impl IntoIterator<Item = &'a Statement>,
        defaults: &Defaults,
    ) -> Result<Self, Vec<Error>> {
        let mut entities = Vec::new();
        for statement in statements {
            match statement {
                Statement::Ddl(Ddl::CreateTable(create))
                    if create.query.is_none() && !create.temporary =>
                {
                    let table = super::table(&create.table, defaults);
                    entities.push(Entity::Table(Arc::new(table)));
                }
                Statement::Ddl(Ddl::CreateView(view)) => {
                    entities.push(Entity::View(Arc::new(super::view(view))));
                }
                Statement::Ddl(other) => {
                    let statement = ddl(other, Quoting::Canonical);
                    return Err(vec![Error::UnsupportedStatement { statement }]);
                }
                other => {
                    let statement = match other {
                        Statement::Sql(statement) => crate::sql::print::query::statement(statement),
                        _ => "a statement that defines no table or view".to_owned(),
                    };
                    return Err(vec![Error::UnsupportedStatement { statement }]);
                }
            }
        }
        Self::from_entities(entities, defaults)
    }

    /// Makes a schema of tables and views in normal form.
    ///
    /// # Errors
    /// As [`Schema::from_statements`].
    pub fn from_entities(entities: Vec<Entity>, defaults: &Defaults) -> Result<Self, Vec<Error>> {
        let (tables, views): (Vec<Entity>, Vec<Entity>) = entities
            .into_iter()
            .partition(|entity| entity.as_table().is_some());
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for entity in tables.iter().chain(&views) {
            if !named.insert(entity.name()) {
                let entity = entity.name().to_owned();
                return Err(vec![Error::DuplicateEntity { entity }]);
            }
        }
        let mut errors = Vec::new();
        let (entities, unresolved) = sorted(tables, views, &mut errors);
        let by_name: BTreeMap<String, usize> = entities
            .iter()
            .enumerate()
            .map(|(at, entity)| (entity.name().to_owned(), at))
            .collect();
        let schema = Self {
            entities,
            by_name,
            defaults: defaults.clone(),
        };
        schema.check_views(&unresolved, &mut errors);
        match schema.check_tables(&mut errors) {
            Ok(()) if errors.is_empty() => Ok(schema),
            Ok(()) => Err(errors),
            Err(last) => {
                errors.push(last);
                Err(errors)
            }
        }
    }

    /// Returns tables and views in the order in which they can be created.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// Returns the names of tables and views, in the same order.
    pub fn entity_names(&self) -> Vec<&str> {
        self.entities.iter().map(Entity::name).collect()
    }

    /// Returns the table or view of that exact name.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.by_name.get(name).map(|at| &self.entities[*at])
    }

    /// Returns the table of that exact name.
    pub fn table(&self, name: &str) -> Option<&Arc<CreateTable>> {
        self.entity(name).and_then(Entity::as_table)
    }

    /// Returns the charset and collation that hold where a table says nothing.
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Returns the statements that make the schema, each with `;` and a newline, in Vitess's canonical form.
    pub fn to_sql(&self) -> String {
        use crate::sql::print::query::{table, view};
        let text = |entity: &Entity| match entity {
            Entity::Table(definition) => table(definition, Quoting::Canonical),
            Entity::View(definition) => view(definition, Quoting::Canonical),
        };
        self.entities
            .iter()
            .map(|entity| format!("{};\n", text(entity)))
            .collect()
    }

    fn check_views(&self, unresolved: &BTreeSet<String>, errors: &mut Vec<Error>) {
        let mut columns: HashMap<&str, Vec<String>> = HashMap::new();
        for entity in &self.entities {
            match entity {
                Entity::Table(table) => {
                    let names = table.columns.iter().map(|column| column.name.clone());
                    columns.insert(entity.name(), names.collect());
                }
                Entity::View(view) if !unresolved.contains(entity.name()) => {
                    let known = |name: &str| columns.get(name).cloned();
                    match super::view::columns(view, &known) {
                        Ok(found) => {
                            columns.insert(entity.name(), found);
                        }
                        Err(wrong) => errors.push(view_error(view, wrong)),
                    }
                }
                Entity::View(_) => {}
            }
        }
    }

    /// Checks tables by themselves and their references. What is found first ends the check, names of constraints aside.
    fn check_tables(&self, errors: &mut Vec<Error>) -> Result<(), Error> {
        let mut tables: Vec<&Arc<CreateTable>> =
            self.entities.iter().filter_map(Entity::as_table).collect();
        tables.sort_by(|a, b| a.name.name.cmp(&b.name.name));
        for table in &tables {
            super::validate::table(table)?;
        }
        for table in &tables {
            for key in &table.foreign_keys {
                if let Some(parent) = self.table(&key.referenced_table.name) {
                    reference(table, parent, key, &self.defaults)?;
                }
            }
        }
        let mut keys = BTreeSet::new();
        let mut checks = BTreeSet::new();
        for table in &tables {
            let owner = &table.name.name;
            for constraint in table.foreign_keys.iter().filter_map(|key| key.name.clone()) {
                if !keys.insert(constraint.clone()) {
                    let table = owner.clone();
                    errors.push(Error::DuplicateForeignKeyName { table, constraint });
                }
            }
            for constraint in table.checks.iter().filter_map(|check| check.name.clone()) {
                if !checks.insert(constraint.clone()) {
                    let table = owner.clone();
                    errors.push(Error::DuplicateCheckName { table, constraint });
                }
            }
        }
        Ok(())
    }
}

/// Turns what is wrong with a view's columns into the error.
pub(super) fn view_error(view: &CreateView, wrong: Wrong) -> Error {
    let view = view.name.name.clone();
    match wrong {
        Wrong::Missing(column) => Error::ViewColumn { view, column },
        Wrong::Ambiguous(column) => Error::ViewColumnAmbiguous { view, column },
        Wrong::Star => Error::ViewStar { view },
    }
}

/// Puts tables and views in order, by levels of dependency; returns the views that read what there is not, too.
fn sorted(
    tables: Vec<Entity>,
    views: Vec<Entity>,
    errors: &mut Vec<Error>,
) -> (Vec<Entity>, BTreeSet<String>) {
    let referred: BTreeMap<String, Vec<String>> = tables
        .iter()
        .filter_map(|entity| Some((entity.name().to_owned(), parents(entity.as_table()?))))
        .collect();
    let reads: BTreeMap<String, Vec<String>> = views
        .iter()
        .filter_map(|entity| Some((entity.name().to_owned(), names(entity.as_view()?).tables)))
        .collect();
    for (table, referred_to) in &referred {
        // One error for a table.
        let wrong = referred_to.iter().find_map(|name| {
            let (table, name) = (table.clone(), name.clone());
            if reads.contains_key(&name) {
                Some(Error::ReferencedView { table, view: name })
            } else if !referred.contains_key(&name) {
                Some(Error::NoReferencedTable {
                    table,
                    referenced: name,
                })
            } else {
                None
            }
        });
        errors.extend(wrong);
    }
    type Needs = BTreeMap<String, BTreeSet<String>>;
    let others = |(table, names): (&String, &Vec<String>)| {
        let others = names.iter().filter(|name| *name != table);
        (table.clone(), others.cloned().collect())
    };
    let needs: Needs = referred.iter().map(others).collect();
    // Tables of a cycle, and those that refer to one, are one level.
    let (levels, rest) = dependency::levels(&needs, |_| false);
    let mut order: Vec<String> = levels.into_iter().flatten().chain(rest).collect();
    let known = |name: &String| name == "dual" || referred.contains_key(name);
    let needs: Needs = reads
        .iter()
        .map(|(view, names)| (view.clone(), names.iter().cloned().collect()))
        .collect();
    let (levels, unresolved) = dependency::levels(&needs, known);
    order.extend(levels.into_iter().flatten());
    let resolved: BTreeSet<&String> = order.iter().collect();
    for view in &unresolved {
        let missing = reads[view].iter();
        let missing = missing.filter(|name| !known(name) && !resolved.contains(name));
        errors.push(Error::ViewUnresolved {
            view: view.clone(),
            missing: missing.cloned().collect(),
        });
    }
    let mut entities: BTreeMap<String, Entity> = tables
        .into_iter()
        .chain(views)
        .map(|entity| (entity.name().to_owned(), entity))
        .collect();
    let order = order.iter().chain(&unresolved);
    let order = order.filter_map(|name| entities.remove(name)).collect();
    (order, unresolved.into_iter().collect())
}

/// Requires a foreign key to fit the table that it refers to: columns, their types, and an index to rest on.
pub(super) fn reference(
    table: &CreateTable,
    parent: &CreateTable,
    key: &ForeignKey,
    defaults: &Defaults,
) -> Result<(), Error> {
    let owner = || table.name.name.clone();
    let constraint = || key.name.clone().unwrap_or_default();
    let referenced = || parent.name.name.clone();
    let find = |table: &'_ CreateTable, name: &str| -> Option<Column> {
        let found = table
            .columns
            .iter()
            .find(|column| same_name(&column.name, name));
        found.cloned()
    };
    for (name, other) in key.columns.iter().zip(&key.referenced_columns) {
        let Some(column) = find(table, name) else {
            return Err(Error::ColumnInForeignKey {
                table: owner(),
                column: name.clone(),
                constraint: constraint(),
            });
        };
        let Some(to) = find(parent, other) else {
            return Err(Error::NoReferencedColumn {
                table: owner(),
                constraint: constraint(),
                referenced: referenced(),
                column: other.to_lowercase(),
            });
        };
        let texts = (
            TableText::of(&table.options, defaults),
            TableText::of(&parent.options, defaults),
        );
        if !same_type((&column.column_type, &texts.0), (&to.column_type, &texts.1)) {
            return Err(Error::ForeignKeyColumnType {
                table: owner(),
                constraint: constraint(),
                column: column.name,
                referenced: referenced(),
                referenced_column: other.to_lowercase(),
            });
        }
    }
    if !parent
        .indexes
        .iter()
        .any(|index| covers(index, &key.referenced_columns))
    {
        return Err(Error::NoReferencedIndex {
            table: owner(),
            constraint: constraint(),
            referenced: referenced(),
        });
    }
    Ok(())
}

fn same_type(child: (&ColumnType, &TableText), parent: (&ColumnType, &TableText)) -> bool {
    let characters = |kind| matches!(kind, TypeKind::Char | TypeKind::VarChar);
    let (a, b) = (child.0, parent.0);
    let kinds = a.kind == b.kind || (characters(a.kind) && characters(b.kind));
    kinds
        && (a.unsigned, a.zerofill) == (b.unsigned, b.zerofill)
        && a.members == b.members
        && (!a.is_text() || !b.is_text() || text(a, child.1) == text(b, parent.1))
}

/// Returns the charset and collation of a text column under those of its table; either may be empty.
fn text(column_type: &ColumnType, table: &TableText) -> (String, String) {
    let charset = match (&column_type.charset, &column_type.collation) {
        (Some(charset), _) => charset.clone(),
        (None, Some(name)) => collation::charset_of(name).unwrap_or_default().to_owned(),
        (None, None) => table.charset.clone(),
    };
    let collation = match &column_type.collation {
        Some(name) => name.clone(),
        None if charset == table.charset && !table.collation.is_empty() => table.collation.clone(),
        None => collation::default_collation(&charset)
            .map_or_else(String::new, |collation| collation.name.clone()),
    };
    (charset, collation)
}

/// Returns a column's type with charset and collation said, as they are under the table's options.
///
/// # Errors
/// [`Error::UnknownCollation`] and [`Error::UnknownCharset`] where one does not tell the other.
pub fn column_text(
    column: &Column,
    table: &CreateTable,
    defaults: &Defaults,
) -> Result<ColumnType, Error> {
    let mut column_type = column.column_type.clone();
    if !column_type.is_text() || column_type.collation.as_deref() == Some(BINARY_COLLATION) {
        return Ok(column_type);
    }
    let of_table = TableText::of(&table.options, defaults);
    let charset = match (&column_type.charset, &column_type.collation) {
        (Some(charset), _) => charset.clone(),
        (None, Some(name)) => match collation::charset_of(name) {
            Some(charset) => charset.to_owned(),
            None => {
                return Err(Error::UnknownCollation {
                    column: column.name.clone(),
                    collation: name.clone(),
                });
            }
        },
        (None, None) => of_table.charset.clone(),
    };
    if column_type.collation.is_none() {
        let inherited = column_type.charset.is_none() && !of_table.collation.is_empty();
        column_type.collation = if inherited {
            Some(of_table.collation)
        } else {
            match collation::default_collation(&charset) {
                Some(collation) => Some(collation.name.clone()),
                None => {
                    return Err(Error::UnknownCharset {
                        column: column.name.clone(),
                        charset,
                    });
                }
            }
        };
    }
    column_type.charset = Some(charset);
    Ok(column_type)
}
