//! From what a CREATE TABLE says to the definition that SHOW CREATE TABLE prints: implied things made explicit.
//!
//! Canonicalising is idempotent: the canonical definition of a canonical definition is itself. Rules: MySQL 8.0 manual,
//! "CREATE TABLE" and its sections on foreign keys, CHECK constraints, generated columns and partitions.

mod partition;

use std::collections::{HashMap, HashSet};

use super::charset::{CharacterSet, Defaults};
use super::expression::Literals;
use super::{DefinitionError, column, expression, index, options};
use crate::sql::TableName;
use crate::sql::ddl::{
    Check, Column, ColumnDefault, CreateTable, ForeignKey, Generated, Index, IndexKind, IndexPart,
    ReferenceAction,
};

/// Characters of an identifier.
const MAX_NAME: usize = 64;
/// Columns of an InnoDB table.
const MAX_COLUMNS: usize = 1017;
/// Secondary indexes of a table.
const MAX_INDEXES: usize = 64;

/// The columns of a table under their names, case aside, while the rest of the definition is settled.
pub(super) struct Columns<'a> {
    /// The table's name.
    pub(super) table: &'a str,
    /// Charset of text in columns that say nothing.
    pub(super) text: CharacterSet,
    engine: &'a str,
    columns: &'a [Column],
    places: HashMap<String, usize>,
}

impl<'a> Columns<'a> {
    fn new(table: &'a str, text: CharacterSet, engine: &'a str, columns: &'a [Column]) -> Self {
        let places = columns
            .iter()
            .enumerate()
            .map(|(place, column)| (super::fold(&column.name), place))
            .collect();
        Self {
            table,
            text,
            engine,
            columns,
            places,
        }
    }

    /// Returns the column of that name, case aside.
    pub(super) fn find(&self, name: &str) -> Option<&'a Column> {
        self.places
            .get(&super::fold(name))
            .map(|place| &self.columns[*place])
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.places.get(&super::fold(name)).copied()
    }

    /// Tells whether InnoDB's limits hold.
    pub(super) fn is_innodb(&self) -> bool {
        self.engine == "InnoDB"
    }
}

/// Returns the canonical form of a definition.
pub(super) fn canonical(
    written: &CreateTable,
    defaults: &Defaults,
) -> Result<CreateTable, DefinitionError> {
    let table = written.name.name.as_str();
    check_table_name(table)?;
    let (options, text) = options::canonical(table, &written.options, defaults)?;
    let columns = canonical_columns(written, &text)?;
    let engine = options
        .iter()
        .find(|option| option.name == "ENGINE")
        .map_or("InnoDB", |option| option.value.as_str());
    let context = Columns::new(table, text, engine, &columns);
    let mut finished = Vec::with_capacity(columns.len());
    for (place, column) in columns.iter().enumerate() {
        let generated = canonical_generated(column, place, &context)?;
        let default = canonical_default(column, place, &context)?;
        finished.push(Column {
            generated,
            default,
            ..column.clone()
        });
    }

    let mut indexes = Vec::with_capacity(written.indexes.len());
    for index in &written.indexes {
        indexes.push(index::canonical(index, &context)?);
    }
    if indexes
        .iter()
        .filter(|index| index.kind == IndexKind::Primary)
        .count()
        > 1
    {
        return Err(DefinitionError::MultiplePrimaryKey {
            table: table.to_owned(),
        });
    }
    let foreign_keys = canonical_foreign_keys(written, &context, &mut indexes)?;
    index::name_all(&mut indexes)?;
    if indexes
        .iter()
        .filter(|index| index.kind != IndexKind::Primary)
        .count()
        > MAX_INDEXES
    {
        return Err(DefinitionError::TooManyKeys {
            table: table.to_owned(),
        });
    }
    index::sort(&mut indexes, &context);
    check_auto_increment(&columns, &indexes)?;
    let checks = canonical_checks(written, &context)?;
    let partitioning = match &written.partitioning {
        Some(_) if !foreign_keys.is_empty() => {
            return Err(DefinitionError::ForeignKeyOnPartitioned {
                table: table.to_owned(),
            });
        }
        Some(partitioning) => Some(partition::canonical(partitioning, &context, &indexes)?),
        None => None,
    };
    Ok(CreateTable {
        name: TableName {
            keyspace: None,
            name: table.to_owned(),
        },
        columns: finished,
        indexes,
        foreign_keys,
        checks,
        options,
        partitioning,
    })
}

/// Refuses names that no table may have.
pub(super) fn check_table_name(name: &str) -> Result<(), DefinitionError> {
    if name.is_empty() || name.ends_with(' ') || name.contains('\0') {
        return Err(DefinitionError::WrongTableName {
            table: name.to_owned(),
        });
    }
    check_length(name)
}

/// Refuses identifiers above 64 characters.
pub(super) fn check_length(name: &str) -> Result<(), DefinitionError> {
    if name.chars().count() > MAX_NAME {
        return Err(DefinitionError::NameTooLong {
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// Settles the columns, after the primary key has made its own NOT NULL.
fn canonical_columns(
    written: &CreateTable,
    text: &CharacterSet,
) -> Result<Vec<Column>, DefinitionError> {
    let table = || written.name.name.clone();
    if written.columns.is_empty() {
        return Err(DefinitionError::NoColumns { table: table() });
    }
    if written.columns.len() > MAX_COLUMNS {
        return Err(DefinitionError::TooManyColumns { table: table() });
    }
    let primary: HashSet<String> = written
        .indexes
        .iter()
        .filter(|index| index.kind == IndexKind::Primary)
        .flat_map(|index| &index.parts)
        .filter_map(|part| match part {
            IndexPart::Column { name, .. } => Some(super::fold(name)),
            IndexPart::Expression { .. } => None,
        })
        .collect();
    let mut seen = HashSet::new();
    let mut columns = Vec::with_capacity(written.columns.len());
    for column in &written.columns {
        if !seen.insert(super::fold(&column.name)) {
            return Err(DefinitionError::DuplicateColumn {
                column: column.name.clone(),
            });
        }
        let mut column = column.clone();
        if primary.contains(&super::fold(&column.name)) {
            if column.nullable == Some(true) && !column.auto_increment {
                return Err(DefinitionError::NullablePrimaryKey {
                    column: column.name,
                });
            }
            column.nullable = Some(false);
        }
        columns.push(column::canonical(&column, text)?);
    }
    if columns.iter().all(|column| column.invisible) {
        return Err(DefinitionError::NoVisibleColumn { table: table() });
    }
    Ok(columns)
}

fn canonical_generated(
    column: &Column,
    place: usize,
    columns: &Columns<'_>,
) -> Result<Option<Generated>, DefinitionError> {
    let Some(generated) = &column.generated else {
        return Ok(None);
    };
    let expression = expression::canonical(&generated.expression, columns, Literals::Introduced);
    if let Some(what) = expression::disallowed(&generated.expression, false) {
        let column = column.name.clone();
        return Err(DefinitionError::GeneratedDisallowed { column, what });
    }
    for name in expression::columns_of(&expression) {
        let Some(read) = columns.find(&name) else {
            return Err(DefinitionError::UnknownColumn {
                column: name,
                place: "generated column function".into(),
            });
        };
        if read.auto_increment {
            return Err(DefinitionError::GeneratedRefersToAutoIncrement {
                column: column.name.clone(),
            });
        }
        if read.generated.is_some() && columns.place(&name) >= Some(place) {
            return Err(DefinitionError::GeneratedOrder {
                column: column.name.clone(),
            });
        }
    }
    Ok(Some(Generated {
        expression,
        stored: generated.stored,
    }))
}

/// Settles the expression of a default; other defaults are settled with the column.
fn canonical_default(
    column: &Column,
    place: usize,
    columns: &Columns<'_>,
) -> Result<Option<ColumnDefault>, DefinitionError> {
    let Some(ColumnDefault::Expression(written)) = &column.default else {
        return Ok(column.default.clone());
    };
    let expression = expression::canonical(written, columns, Literals::Introduced);
    if let Some(what) = expression::disallowed(written, true) {
        let column = column.name.clone();
        return Err(DefinitionError::DefaultDisallowed { column, what });
    }
    for name in expression::columns_of(&expression) {
        let Some(read) = columns.find(&name) else {
            return Err(DefinitionError::UnknownColumn {
                column: name,
                place: "default value expression".to_owned(),
            });
        };
        let column = || column.name.clone();
        if read.auto_increment {
            return Err(DefinitionError::DefaultRefersToAutoIncrement { column: column() });
        }
        let is_computed =
            read.generated.is_some() || matches!(read.default, Some(ColumnDefault::Expression(_)));
        if is_computed && columns.place(&name) >= Some(place) {
            return Err(DefinitionError::DefaultOrder { column: column() });
        }
    }
    Ok(Some(ColumnDefault::Expression(expression)))
}

/// Requires at most one auto_increment column, and that it leads a key.
fn check_auto_increment(columns: &[Column], indexes: &[Index]) -> Result<(), DefinitionError> {
    let mut automatic = columns.iter().filter(|column| column.auto_increment);
    let Some(column) = automatic.next() else {
        return Ok(());
    };
    let wrong = |column: &Column| {
        Err(DefinitionError::WrongAutoColumn {
            column: column.name.clone(),
        })
    };
    if let Some(second) = automatic.next() {
        return wrong(second);
    }
    let leads = indexes.iter().any(|index| {
        matches!(index.parts.first(), Some(IndexPart::Column { name, .. }) if super::same_name(name, &column.name))
    });
    if leads { Ok(()) } else { wrong(column) }
}

/// Settles the foreign keys and adds the index of each that no key covers.
fn canonical_foreign_keys(
    written: &CreateTable,
    columns: &Columns<'_>,
    indexes: &mut Vec<Index>,
) -> Result<Vec<ForeignKey>, DefinitionError> {
    let mut used: HashSet<String> = HashSet::new();
    for foreign_key in &written.foreign_keys {
        if let Some(name) = &foreign_key.name {
            check_length(name)?;
            if !used.insert(super::fold(name)) {
                return Err(DefinitionError::DuplicateForeignKey {
                    constraint: name.clone(),
                });
            }
        }
    }
    let mut foreign_keys = Vec::with_capacity(written.foreign_keys.len());
    for foreign_key in &written.foreign_keys {
        let name = match &foreign_key.name {
            Some(name) => name.clone(),
            None => automatic_name(columns.table, "ibfk", &mut used)?,
        };
        let mismatch = || DefinitionError::ForeignKeyMismatch {
            constraint: name.clone(),
        };
        if foreign_key.columns.is_empty()
            || foreign_key.columns.len() != foreign_key.referenced_columns.len()
        {
            return Err(mismatch());
        }
        let actions = [foreign_key.on_delete, foreign_key.on_update];
        if columns.is_innodb() && actions.contains(&Some(ReferenceAction::SetDefault)) {
            let constraint = name.clone();
            return Err(DefinitionError::SetDefaultUnsupported { constraint });
        }
        let mut own = Vec::with_capacity(foreign_key.columns.len());
        for column in &foreign_key.columns {
            let found = columns.find(column);
            let found = found.ok_or_else(|| DefinitionError::UnknownKeyColumn {
                column: column.clone(),
            })?;
            let nulls = actions.contains(&Some(ReferenceAction::SetNull));
            if nulls && found.nullable == Some(false) {
                return Err(DefinitionError::SetNullOnNotNull {
                    column: found.name.clone(),
                    constraint: name,
                });
            }
            if own.contains(&found.name) {
                return Err(DefinitionError::DuplicateKeyColumn {
                    column: found.name.clone(),
                });
            }
            own.push(found.name.clone());
        }
        if !indexes.iter().any(|index| index::covers(index, &own)) {
            let name = foreign_key
                .name
                .clone()
                .or_else(|| foreign_key.index_name.clone());
            let implicit = Index {
                name,
                ..index::plain(&own)
            };
            indexes.push(index::canonical(&implicit, columns)?);
        }
        let action = |action: Option<ReferenceAction>| {
            action.filter(|action| *action != ReferenceAction::NoAction)
        };
        let mut referenced_table = foreign_key.referenced_table.clone();
        if referenced_table.keyspace == written.name.keyspace {
            referenced_table.keyspace = None;
        }
        let mut referenced_columns = foreign_key.referenced_columns.clone();
        if referenced_table.keyspace.is_none() && referenced_table.name == written.name.name {
            for name in &mut referenced_columns {
                if let Some(column) = columns.find(name) {
                    name.clone_from(&column.name);
                }
            }
        }
        foreign_keys.push(ForeignKey {
            name: Some(name),
            index_name: None,
            columns: own,
            referenced_table,
            referenced_columns,
            match_type: None,
            on_delete: action(foreign_key.on_delete),
            on_update: action(foreign_key.on_update),
        });
    }
    foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(foreign_keys)
}

/// Returns the first free `<table>_<kind>_<n>`.
fn automatic_name(
    table: &str,
    kind: &str,
    used: &mut HashSet<String>,
) -> Result<String, DefinitionError> {
    let mut number = 1_u32;
    loop {
        let name = format!("{table}_{kind}_{number}");
        if used.insert(super::fold(&name)) {
            check_length(&name)?;
            return Ok(name);
        }
        number += 1;
    }
}

fn canonical_checks(
    written: &CreateTable,
    columns: &Columns<'_>,
) -> Result<Vec<Check>, DefinitionError> {
    let mut used: HashSet<String> = HashSet::new();
    for name in written
        .checks
        .iter()
        .filter_map(|check| check.name.as_ref())
    {
        check_length(name)?;
        if !used.insert(super::fold(name)) {
            return Err(DefinitionError::DuplicateCheck {
                check: name.clone(),
            });
        }
    }
    let mut checks = Vec::with_capacity(written.checks.len());
    for check in &written.checks {
        let name = match &check.name {
            Some(name) => name.clone(),
            None => automatic_name(columns.table, "chk", &mut used)?,
        };
        let expression = expression::canonical(&check.expression, columns, Literals::Introduced);
        if let Some(what) = expression::disallowed(&check.expression, false) {
            return Err(DefinitionError::CheckDisallowed { check: name, what });
        }
        for column in expression::columns_of(&expression) {
            match columns.find(&column) {
                None => {
                    return Err(DefinitionError::CheckUnknownColumn {
                        check: name,
                        column,
                    });
                }
                Some(read) if read.auto_increment => {
                    return Err(DefinitionError::CheckAutoIncrement {
                        check: name,
                        column,
                    });
                }
                Some(_) => {}
            }
        }
        checks.push(Check {
            name: Some(name),
            expression,
            enforced: check.enforced,
        });
    }
    checks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(checks)
}

#[cfg(test)]
mod tests;
