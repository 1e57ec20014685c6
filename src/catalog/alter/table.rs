//! ALTER TABLE: a draft of the definition takes the clauses in MySQL's order, then is made canonical again.
//!
//! Clauses see the original names. Columns go, change and come first; keys follow their columns; then constraints,
//! options and partitions (MySQL 8.0, `mysql_prepare_alter_table`). Every column and index of the draft knows the name
//! it had, from which identities and row copies follow.

use super::constraint::ConstraintKind;
use super::{Change, Statement, options, partition, rename};
use crate::catalog::identity::Origin;
use crate::catalog::{
    Defaults, DefinitionError, Table, canonical, expression, fold, index, same_name,
};
use crate::sql::TableName;
use crate::sql::ddl::{
    AlterClause, AlterTable, Column, ColumnDefault, ColumnPosition, CreateTable, Index, IndexKind,
    IndexPart,
};

/// An altered definition with what became of its columns and indexes.
#[derive(Debug, Clone, PartialEq)]
pub struct Alteration {
    /// The definition after the statement.
    pub table: Table,
    /// Every column now with its name before; `None` for a column that is new.
    pub columns: Vec<(String, Option<String>)>,
    /// Every index now with its name before; `None` for an index that is new. The primary key is `PRIMARY`.
    pub indexes: Vec<(String, Option<String>)>,
}

/// Alters a table of the catalog.
pub(super) fn apply(
    change: &mut Statement<'_>,
    statement: &AlterTable,
) -> Result<(), DefinitionError> {
    let keyspace = change.keyspace_of(&statement.table)?;
    let from = change.find_table(&keyspace, &statement.table.name)?;
    let alteration = alter(&from, &statement.clauses)?;
    let table = &alteration.table;
    let name = from.name().to_owned();
    let renamed = |column: &str| {
        let now = alteration.columns.iter().find(|(_, before)| {
            before
                .as_deref()
                .is_some_and(|before| same_name(before, column))
        });
        now.map(|(now, _)| now.clone())
    };
    // What references this table must find its columns and an index on them.
    for (_, child, key) in change.children(&keyspace, &name) {
        let constraint = key.name.clone().unwrap_or_default();
        let mut now = Vec::with_capacity(key.referenced_columns.len());
        for column in &key.referenced_columns {
            now.push(
                renamed(column).ok_or_else(|| DefinitionError::NeededByForeignKeyOf {
                    column: column.clone(),
                    constraint: constraint.clone(),
                    table: child.name().to_owned(),
                })?,
            );
        }
        let covering = |table: &Table, columns: &[String]| {
            table
                .definition
                .indexes
                .iter()
                .position(|index| index::covers(index, columns))
        };
        if covering(table, &now).is_none()
            && let Some(lost) = covering(&from, &key.referenced_columns)
        {
            return Err(DefinitionError::IndexNeeded {
                index: index_name(&from.definition.indexes[lost]),
            });
        }
    }
    change.check_constraint_names(&keyspace, table, Some(&name))?;
    let holder = change.edit(&keyspace)?;
    holder.identities.carry_columns(&name, &alteration.columns);
    holder.identities.carry_indexes(&name, &alteration.indexes);
    rename::replace(change, &keyspace, &name, table.clone())?;
    change.outcome.changes.push(Change::TableAltered {
        keyspace: keyspace.clone(),
        from: name.clone(),
        to: name.clone(),
        columns: alteration.columns.clone(),
    });
    let follows = |column: &str| renamed(column).unwrap_or_else(|| column.to_owned());
    rename::follow(change, &keyspace, (&name, &name), &follows)?;
    let to = statement
        .clauses
        .iter()
        .rev()
        .find_map(|clause| match clause {
            AlterClause::RenameTable(to) => Some(to),
            _ => None,
        });
    let to = match to {
        Some(to) => TableName {
            keyspace: Some(change.keyspace_of(to)?),
            name: to.name.clone(),
        },
        None => TableName {
            keyspace: Some(keyspace.clone()),
            name: name.clone(),
        },
    };
    let current = TableName {
        keyspace: Some(keyspace.clone()),
        name,
    };
    if to != current {
        rename::table(change, &current, &to)?;
        merge_rename(&mut change.outcome.changes);
    }
    let now = change.find_table(&keyspace, &to.name)?;
    change.check_references(&keyspace, &now)
}

/// Makes one change of an alteration followed by the rename of the same statement.
fn merge_rename(changes: &mut Vec<Change>) {
    let renamed = changes
        .iter()
        .rposition(|change| matches!(change, Change::TableAltered { .. }));
    let Some(Change::TableAltered { to, .. }) = renamed.map(|at| changes.remove(at)) else {
        return;
    };
    let altered = changes.iter_mut().rev().find_map(|change| match change {
        Change::TableAltered { to, .. } => Some(to),
        _ => None,
    });
    if let Some(name) = altered {
        *name = to;
    }
}

/// Alters a definition by itself: RENAME TO and what other tables require are the caller's matter.
///
/// # Errors
/// What MySQL would refuse.
pub(crate) fn alter(from: &Table, clauses: &[AlterClause]) -> Result<Alteration, DefinitionError> {
    let mut draft = Draft::new(from);
    draft.columns(clauses)?;
    draft.check_dependents()?;
    draft.keys(clauses)?;
    draft.constraints(clauses)?;
    options::apply(&mut draft, clauses)?;
    partition::apply(&mut draft, clauses)?;
    draft.finish()
}

/// A definition on its way from one canonical form to the next.
pub(super) struct Draft<'a> {
    /// The definition before.
    pub(super) from: &'a Table,
    /// The definition as far as it has come.
    pub(super) table: CreateTable,
    /// The name that each column of the draft had.
    origins: Vec<Option<String>>,
    /// Which columns the statement defines anew.
    defined: Vec<bool>,
    /// The name that each index of the draft had.
    index_origins: Vec<Option<String>>,
    /// Names of indexes that the statement drops.
    pub(super) dropped_indexes: Vec<String>,
}

impl<'a> Draft<'a> {
    fn new(from: &'a Table) -> Self {
        let table = from.definition.clone();
        let origins = table
            .columns
            .iter()
            .map(|column| Some(column.name.clone()))
            .collect();
        let index_origins = table
            .indexes
            .iter()
            .map(|index| Some(index_name(index)))
            .collect();
        Self {
            from,
            origins,
            defined: vec![false; table.columns.len()],
            index_origins,
            dropped_indexes: Vec::new(),
            table,
        }
    }

    fn unknown(&self, column: &str) -> DefinitionError {
        DefinitionError::UnknownColumn {
            column: column.to_owned(),
            place: self.from.name().to_owned(),
        }
    }

    /// Returns the place of the column that had a name before the statement.
    fn origin(&self, name: &str) -> Option<usize> {
        self.origins.iter().position(|origin| {
            origin
                .as_deref()
                .is_some_and(|known| same_name(known, name))
        })
    }

    /// Tells whether the statement defines a column of the draft anew.
    pub(super) fn is_defined(&self, place: usize) -> bool {
        self.defined[place]
    }

    fn remove(&mut self, place: usize) -> Column {
        self.origins.remove(place);
        self.defined.remove(place);
        self.table.columns.remove(place)
    }

    fn insert(&mut self, place: usize, column: Column, origin: Option<String>) {
        self.table.columns.insert(place, column);
        self.origins.insert(place, origin);
        self.defined.insert(place, true);
    }

    /// Drops, changes, then adds and moves columns.
    fn columns(&mut self, clauses: &[AlterClause]) -> Result<(), DefinitionError> {
        let (mut dropped, mut added) = (0, 0);
        for clause in clauses {
            match clause {
                AlterClause::DropColumn(name) => {
                    let place = self.origin(name);
                    let place =
                        place.ok_or_else(|| DefinitionError::CannotDrop { name: name.clone() })?;
                    self.remove(place);
                    dropped += 1;
                }
                AlterClause::AddColumn { .. } => added += 1,
                _ => {}
            }
        }
        if dropped > 0 && added == 0 && self.table.columns.is_empty() {
            return Err(DefinitionError::CannotRemoveAllColumns {
                table: self.from.name().to_owned(),
            });
        }
        let mut moved = Vec::new();
        for clause in clauses {
            match clause {
                AlterClause::ModifyColumn {
                    column, position, ..
                } => {
                    self.redefine(&column.name, column, position.as_ref(), &mut moved)?;
                }
                AlterClause::ChangeColumn {
                    from,
                    column,
                    position,
                    ..
                } => {
                    self.redefine(from, column, position.as_ref(), &mut moved)?;
                }
                AlterClause::RenameColumn { from, to } => {
                    let place = self.origin(from).ok_or_else(|| self.unknown(from))?;
                    to.clone_into(&mut self.table.columns[place].name);
                }
                AlterClause::AddColumn {
                    column, position, ..
                } => {
                    moved.push((column, None, position.as_ref()));
                }
                AlterClause::SetDefault { column, default } => {
                    self.edit(column)?.default = Some(default.clone())
                }
                AlterClause::DropDefault(column) => self.edit(column)?.default = None,
                AlterClause::SetColumnVisibility { column, invisible } => {
                    self.edit(column)?.invisible = *invisible;
                }
                _ => {}
            }
        }
        for (column, origin, position) in moved {
            let place = match position {
                None => self.table.columns.len(),
                Some(ColumnPosition::First) => 0,
                Some(ColumnPosition::After(name)) => {
                    let mut columns = self.table.columns.iter();
                    1 + columns
                        .position(|column| same_name(&column.name, name))
                        .ok_or_else(|| self.unknown(name))?
                }
            };
            self.insert(place, column.clone(), origin);
        }
        Ok(())
    }

    fn edit(&mut self, name: &str) -> Result<&mut Column, DefinitionError> {
        let place = self.origin(name).ok_or_else(|| self.unknown(name))?;
        Ok(&mut self.table.columns[place])
    }

    /// Replaces a column where it stands, or takes it out to be put where the clause says.
    fn redefine<'c>(
        &mut self,
        name: &str,
        column: &'c Column,
        position: Option<&'c ColumnPosition>,
        moved: &mut Vec<(&'c Column, Option<String>, Option<&'c ColumnPosition>)>,
    ) -> Result<(), DefinitionError> {
        let place = self.origin(name).ok_or_else(|| self.unknown(name))?;
        if position.is_some() {
            let origin = self.origins[place].clone();
            self.remove(place);
            moved.push((column, origin, position));
        } else {
            self.table.columns[place] = column.clone();
            self.defined[place] = true;
        }
        Ok(())
    }

    /// Returns what became of a column that the definition had: `None` if it is gone, else its name now.
    pub(super) fn fate(&self, before: &str) -> Option<&str> {
        self.origin(before)
            .map(|place| self.table.columns[place].name.as_str())
    }

    /// Refuses to drop or rename columns that expressions read; a CHECK of one dropped column goes with it.
    fn check_dependents(&mut self) -> Result<(), DefinitionError> {
        let gone: Vec<&str> = self
            .from
            .definition
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .filter(|name| self.fate(name).is_none_or(|now| fold(now) != fold(name)))
            .collect();
        for name in &gone {
            for (place, column) in self.table.columns.iter().enumerate() {
                let reads = column
                    .generated
                    .as_ref()
                    .is_some_and(|generated| expression::reads(&generated.expression, name));
                if reads && !self.defined[place] {
                    return Err(DefinitionError::NeededByGenerated {
                        column: (*name).to_owned(),
                    });
                }
            }
            let mut parts = self.table.indexes.iter().flat_map(|index| &index.parts);
            let read = parts.any(|part| {
                matches!(part, IndexPart::Expression { expression, .. } if expression::reads(expression, name))
            });
            if read {
                return Err(DefinitionError::NeededByFunctionalIndex {
                    column: (*name).to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Lets keys follow their columns, then drops, renames and adds keys.
    fn keys(&mut self, clauses: &[AlterClause]) -> Result<(), DefinitionError> {
        for clause in clauses {
            let name = match clause {
                AlterClause::DropIndex(name) => name,
                AlterClause::DropPrimaryKey => "PRIMARY",
                AlterClause::DropConstraint(name)
                    if self.constraint_kind(name)? == ConstraintKind::Index =>
                {
                    name
                }
                _ => continue,
            };
            let place = self.index_place(name);
            let place = place.ok_or_else(|| DefinitionError::CannotDrop {
                name: name.to_owned(),
            })?;
            self.dropped_indexes
                .extend(self.index_origins.remove(place));
            self.table.indexes.remove(place);
        }
        self.follow_columns();
        for clause in clauses {
            match clause {
                AlterClause::RenameIndex { from, to } => {
                    if from.eq_ignore_ascii_case("PRIMARY") || to.eq_ignore_ascii_case("PRIMARY") {
                        return Err(DefinitionError::WrongIndexName {
                            index: "PRIMARY".into(),
                        });
                    }
                    let place = self
                        .index_place(from)
                        .ok_or_else(|| self.unknown_index(from))?;
                    let mut others = self.table.indexes.iter().enumerate();
                    if others.any(|(other, index)| other != place && index::is_named(index, to)) {
                        return Err(DefinitionError::DuplicateIndex { index: to.clone() });
                    }
                    self.table.indexes[place].name = Some(to.clone());
                }
                AlterClause::SetIndexVisibility { index, invisible } => {
                    let place = self
                        .index_place(index)
                        .ok_or_else(|| self.unknown_index(index))?;
                    self.table.indexes[place].invisible = *invisible;
                }
                _ => {}
            }
        }
        for clause in clauses {
            match clause {
                AlterClause::AddColumn { keys, .. }
                | AlterClause::ModifyColumn { keys, .. }
                | AlterClause::ChangeColumn { keys, .. } => {
                    for key in keys {
                        self.add_index(key);
                    }
                }
                AlterClause::AddIndex(key) => self.add_index(key),
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds a key that the statement declares.
    pub(super) fn add_index(&mut self, index: &Index) {
        self.table.indexes.push(index.clone());
        self.index_origins.push(None);
    }

    fn unknown_index(&self, name: &str) -> DefinitionError {
        DefinitionError::UnknownIndex {
            index: name.to_owned(),
            table: self.from.name().to_owned(),
        }
    }

    /// Returns the place of the index that had a name before the statement.
    fn index_place(&self, name: &str) -> Option<usize> {
        self.index_origins.iter().position(|origin| {
            origin
                .as_deref()
                .is_some_and(|known| same_name(known, name))
        })
    }

    /// Renames the parts of keys with their columns, takes dropped columns out, and keys that have no part left.
    fn follow_columns(&mut self) {
        let indexes = std::mem::take(&mut self.table.indexes);
        let origins = std::mem::take(&mut self.index_origins);
        for (mut index, origin) in indexes.into_iter().zip(origins) {
            index.parts = index
                .parts
                .into_iter()
                .filter_map(|part| self.followed(part))
                .collect();
            if !index.parts.is_empty() {
                self.table.indexes.push(index);
                self.index_origins.push(origin);
            }
        }
    }

    fn followed(&self, part: IndexPart) -> Option<IndexPart> {
        let IndexPart::Column {
            name,
            length,
            descending,
        } = part
        else {
            return Some(part);
        };
        let by_name = || {
            self.table
                .columns
                .iter()
                .position(|column| same_name(&column.name, &name))
        };
        let place = self.origin(&name).or_else(by_name)?;
        let column = &self.table.columns[place];
        // A prefix that the column's new type cannot have is given up: the whole column is indexed.
        let fits = !self.defined[place] || length.is_none() || index::prefix_fits(column, length);
        Some(IndexPart::Column {
            name: column.name.clone(),
            length: length.filter(|_| fits),
            descending,
        })
    }

    /// Makes the draft canonical and pairs its indexes with those before.
    fn finish(mut self) -> Result<Alteration, DefinitionError> {
        for place in 0..self.table.columns.len() {
            if !self.defined[place] {
                loosen(&mut self.table.columns[place]);
            }
        }
        let mut origins: Vec<Origin> = Vec::new();
        let names = chosen_names(&self.table.indexes)?;
        for (name, origin) in names.into_iter().zip(&self.index_origins) {
            origins.push((name, origin.clone()));
        }
        let definition = canonical::canonical(&self.table, &Defaults::default())?;
        let origin = |name: &str| {
            let found = origins.iter().find(|(known, _)| same_name(known, name));
            found.and_then(|(_, origin)| origin.clone())
        };
        let indexes = definition.indexes.iter().map(|index| {
            let name = index_name(index);
            (name.clone(), origin(&name))
        });
        let indexes = indexes.collect();
        let columns = definition.columns.iter().map(|column| column.name.clone());
        let columns = columns.zip(self.origins).collect();
        Ok(Alteration {
            table: Table { definition },
            columns,
            indexes,
        })
    }
}

/// Returns the names that the keys of a draft end up with.
fn chosen_names(indexes: &[Index]) -> Result<Vec<String>, DefinitionError> {
    let mut named = indexes.to_vec();
    for index in &mut named {
        if index.kind != IndexKind::Primary && index.name.is_none() {
            index.name = index.constraint.clone();
        }
    }
    index::name_all(&mut named)?;
    Ok(named.iter().map(index_name).collect())
}

fn index_name(index: &Index) -> String {
    match index.kind {
        IndexKind::Primary => "PRIMARY".to_owned(),
        _ => index.name.clone().unwrap_or_default(),
    }
}

/// Unsays what canonicalising said, so that a primary key may make the column NOT NULL.
fn loosen(column: &mut Column) {
    if column.nullable == Some(true) {
        column.nullable = None;
        if column.default == Some(ColumnDefault::Null) {
            column.default = None;
        }
    }
}
