//! Tables in SQLite: created from their definitions, dropped, renamed, rebuilt in another form.
//!
//! Every table with a primary key is clustered by it (`WITHOUT ROWID`, or SQLite's row number where the key is one
//! integer), so rows come in key order as InnoDB's do. NOT NULL and CHECK constraints are SQLite's too; foreign keys are
//! kept by the engine ([`super::foreign_key`]), because MySQL ties them to no unique index.

use super::assign::{Place, Strictness, assign, implicit_default};
use super::convert::Arg;
use super::error;
use super::storage::Tag;
use super::stored::{RowKey, Stored, plain_parts};
use super::translate::{Literals, Scope, ScopeTable, Translator, quote, table_columns};
use super::types::Family;
use super::{Binds, Connection, NoTables};
use crate::sql::SqlError;
use crate::sql::ast;
use crate::sql::ddl::{CreateTable, Index, IndexKind, IndexPart};
use crate::value::{TypeKind, Value};

impl Connection {
    /// Creates a table under a SQLite name.
    ///
    /// # Errors
    /// 1050 where the name is taken; what the engine cannot store, by name.
    pub fn create_table(&self, physical: &str, definition: &CreateTable) -> Result<(), SqlError> {
        if self.registered(physical).is_some() {
            return Err(SqlError::new(
                1050,
                "42S01",
                format!("Table '{}' already exists", definition.name.name),
            ));
        }
        self.atomic(|| {
            self.create_physical(physical, definition)?;
            self.register(physical, definition)
        })
    }

    /// Drops a table.
    ///
    /// # Errors
    /// 1051 where there is none; 3730 where another table's foreign key refers to it.
    pub fn drop_table(&self, physical: &str) -> Result<(), SqlError> {
        let Some(stored) = self.registered(physical) else {
            return Err(SqlError::new(
                1051,
                "42S02",
                format!("Unknown table '{physical}'"),
            ));
        };
        if let Some((child, name)) = self.referenced_by_other(&stored) {
            let message = format!(
                "Cannot drop table '{}' referenced by a foreign key constraint '{name}' on table '{child}'.",
                stored.name()
            );
            return Err(SqlError::new(3730, "HY000", message));
        }
        self.atomic(|| {
            self.run(&format!("DROP TABLE {}", quote(physical)))?;
            self.unregister(physical)
        })
    }

    /// Gives a table another SQLite name and definition; rows stay.
    ///
    /// # Errors
    /// 1050 where the name is taken, 1146 where there is no such table.
    pub fn rename(
        &self,
        physical: &str,
        to: &str,
        definition: &CreateTable,
    ) -> Result<(), SqlError> {
        if self.stored_names().contains(to) {
            return Err(SqlError::new(
                1050,
                "42S01",
                format!("Table '{to}' already exists"),
            ));
        }
        if self.registered(physical).is_none() {
            return Err(error::no_such_table(None, physical));
        }
        self.atomic(|| {
            self.rebuild(physical, to, definition, &same_names(definition))?;
            Ok(())
        })
    }

    /// Brings a table to another definition: rows are copied, values converted as MySQL converts them.
    ///
    /// `columns` says for each column of `to` which column of the present definition it continues (by identity), or
    /// that it is new. Nothing is changed where a row cannot be converted.
    ///
    /// # Errors
    /// MySQL's, for the first row that does not fit: 1062, 1138, 1264, 1265, 1366, 1406, 3819, 1452.
    pub fn alter_table(
        &self,
        physical: &str,
        to: &CreateTable,
        columns: &[Option<String>],
    ) -> Result<(), SqlError> {
        if self.registered(physical).is_none() {
            return Err(error::no_such_table(None, &to.name.name));
        }
        self.atomic(|| self.rebuild(physical, physical, to, columns))
    }

    /// Creates the new form beside the old one, copies, swaps.
    fn rebuild(
        &self,
        physical: &str,
        name: &str,
        to: &CreateTable,
        columns: &[Option<String>],
    ) -> Result<(), SqlError> {
        let old = self
            .registered(physical)
            .ok_or_else(|| error::no_such_table(None, physical))?;
        let scratch = format!("{name}\u{1}new");
        self.create_physical(&scratch, to)?;
        let new = Stored::new(&scratch, to)?;
        let sources: Vec<Option<usize>> = columns
            .iter()
            .map(|column| column.as_deref().and_then(|column| old.position(column)))
            .collect();
        let mut next = self.auto_increment_after(&old)?;
        let mut number = 0;
        self.visit_rows(&old, &mut |row| {
            number += 1;
            let mut converted = vec![Value::Null; new.types.len()];
            for position in new.filling_order() {
                let ty = &new.types[position];
                let column = new.column(position);
                if new.is_generated(position) {
                    continue;
                }
                let place = Place {
                    table: new.name(),
                    column: &column.name,
                    row: number,
                    strictness: Strictness::Strict,
                    session: &self.session,
                };
                let value = match sources.get(position).copied().flatten() {
                    Some(source) => assign(
                        &Arg {
                            value: row[source].clone(),
                            tag: Tag::of(&old.types[source]),
                        },
                        ty,
                        place,
                    )?,
                    None if column.auto_increment => Value::Null,
                    None => {
                        self.default_value(&new, position, &converted, number, Strictness::Lenient)?
                    }
                };
                converted[position] = match value {
                    Value::Null if column.auto_increment => {
                        next += 1;
                        if ty.column.unsigned {
                            Value::UInt(next - 1)
                        } else {
                            Value::Int(i64::try_from(next - 1).unwrap_or(i64::MAX))
                        }
                    }
                    Value::Null
                        if column.nullable == Some(false)
                            && sources.get(position).copied().flatten().is_none() =>
                    {
                        implicit_default(ty)
                    }
                    Value::Null if column.nullable == Some(false) => {
                        return Err(SqlError::new(1138, "22004", "Invalid use of NULL value"));
                    }
                    value => value,
                };
            }
            self.insert_physical(&new, &converted)?;
            self.check_parents(&new, name, &converted)
        })?;
        self.run(&format!("DROP TABLE {}", quote(physical)))?;
        self.run(&format!(
            "ALTER TABLE {} RENAME TO {}",
            quote(&scratch),
            quote(name)
        ))?;
        self.drop_indexes_of(name)?;
        self.create_indexes(name, to)?;
        self.unregister(physical)?;
        self.register(name, to)?;
        self.set_auto_increment(name, next)
    }

    /// Writes and runs CREATE TABLE and CREATE INDEX.
    fn create_physical(&self, physical: &str, definition: &CreateTable) -> Result<(), SqlError> {
        self.run(&self.create_text(physical, definition)?)?;
        self.create_indexes(physical, definition)
    }

    fn create_text(&self, physical: &str, definition: &CreateTable) -> Result<String, SqlError> {
        let stored = Stored::new(physical, definition)?;
        if definition.columns.is_empty() {
            return Err(SqlError::new(
                1113,
                "42000",
                "A table must have at least 1 column",
            ));
        }
        let mut parts = Vec::new();
        for (position, column) in definition.columns.iter().enumerate() {
            let ty = &stored.types[position];
            if column.column_type.kind.is_spatial() || column.column_type.kind == TypeKind::Vector {
                return Err(SqlError::unsupported(format!(
                    "columns of type {} in an embedded shard",
                    column.column_type
                )));
            }
            let mut text = quote(&column.name);
            if stored.integer_key() == Some(position) {
                text.push_str(" INTEGER PRIMARY KEY");
                parts.push(text);
                continue;
            }
            match ty.family() {
                Family::Text => text.push_str(&format!(" COLLATE {}", ty.collation.sqlite_name())),
                Family::Json => text.push_str(" COLLATE json"),
                _ => {}
            }
            if let Some(generated) = &column.generated {
                let expression =
                    self.inline(definition, &generated.expression.0, |translator, expr| {
                        let node = translator.expr(expr)?;
                        let node = translator.store(node, ty)?;
                        Ok(translator.emit(&node))
                    })?;
                let kind = if generated.stored {
                    "STORED"
                } else {
                    "VIRTUAL"
                };
                text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kind}"));
            }
            if column.nullable == Some(false) {
                text.push_str(" NOT NULL");
            }
            parts.push(text);
        }
        let clustered = match &stored.row_key {
            RowKey::Columns(columns) if stored.integer_key().is_none() => {
                let names: Vec<String> = columns
                    .iter()
                    .map(|position| quote(&stored.column(*position).name))
                    .collect();
                parts.push(format!("PRIMARY KEY ({})", names.join(", ")));
                " WITHOUT ROWID"
            }
            _ => "",
        };
        for check in definition.checks.iter().filter(|check| check.enforced) {
            let condition = self.inline(definition, &check.expression.0, |translator, expr| {
                translator.condition(expr)
            })?;
            parts.push(format!(
                "CONSTRAINT {} CHECK ({condition})",
                quote(check.name.as_deref().unwrap_or("check"))
            ));
        }
        Ok(format!(
            "CREATE TABLE {} ({}){clustered}",
            quote(physical),
            parts.join(", ")
        ))
    }

    /// Translates an expression over a table's own columns, constants written in the text.
    fn inline<T>(
        &self,
        definition: &CreateTable,
        expr: &ast::Expr,
        then: impl FnOnce(&mut Translator<'_>, &ast::Expr) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let (binds, tables) = (Binds::new(), NoTables);
        let mut translator = Translator::new(&tables, &binds, &self.session, Literals::Inline);
        let columns = table_columns(definition, "")?;
        let name = definition.name.name.clone();
        translator.push_scope(Scope::of(ScopeTable {
            name,
            keyspace: None,
            alias: String::new(),
            columns,
        }));
        then(&mut translator, expr)
    }

    fn create_indexes(&self, physical: &str, definition: &CreateTable) -> Result<(), SqlError> {
        let stored = Stored::new(physical, definition)?;
        for index in &definition.indexes {
            let clustered = index.kind == IndexKind::Primary && stored.row_key != RowKey::RowId;
            if clustered || matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial) {
                continue;
            }
            let text = self.index_text(physical, definition, index)?;
            self.run(&text)
                .map_err(|error| self.duplicate_in_index(&error, &stored, index))?;
        }
        Ok(())
    }

    /// Lets rows be loaded that break unique keys or CHECKs, as a merge may leave them: `load` runs without these, and a
    /// key that the rows then break stays away until [`Self::tighten`] can bring it back.
    ///
    /// # Errors
    /// 1146 where there is no such table; what `load` says.
    pub fn relaxed(
        &self,
        physical: &str,
        load: impl FnOnce() -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let stored = self
            .registered(physical)
            .ok_or_else(|| error::no_such_table(None, physical))?;
        self.set_meta(
            RELAXED,
            &format!("{}{physical}\n", self.meta(RELAXED)?.unwrap_or_default()),
        )?;
        for index in secondary_uniques(&stored.definition) {
            self.run(&format!(
                "DROP INDEX IF EXISTS {}",
                index_name(physical, index)
            ))?;
        }
        self.run("PRAGMA ignore_check_constraints = ON")?;
        let loaded = load();
        self.run("PRAGMA ignore_check_constraints = OFF")?;
        loaded?;
        self.tighten()
    }

    /// Brings back the unique keys that [`Self::relaxed`] took away, where the rows allow it by now.
    ///
    /// # Errors
    /// SQLite's.
    pub fn tighten(&self) -> Result<(), SqlError> {
        let Some(noted) = self.meta(RELAXED)? else {
            return Ok(());
        };
        let mut left = String::new();
        for physical in noted.lines() {
            let Some(stored) = self.registered(physical) else {
                continue;
            };
            let mut whole = true;
            for index in secondary_uniques(&stored.definition) {
                let text = self.index_text(physical, &stored.definition, index)?;
                let text = text.replacen("UNIQUE INDEX", "UNIQUE INDEX IF NOT EXISTS", 1);
                whole &= self.run(&text).is_ok();
            }
            if !whole {
                left.push_str(physical);
                left.push('\n');
            }
        }
        match left.is_empty() {
            true => self.remove_meta(RELAXED),
            false => self.set_meta(RELAXED, &left),
        }
    }

    fn index_text(
        &self,
        physical: &str,
        definition: &CreateTable,
        index: &Index,
    ) -> Result<String, SqlError> {
        let unique = matches!(index.kind, IndexKind::Primary | IndexKind::Unique);
        let mut parts = Vec::new();
        let plain = plain_parts(index, definition)?;
        for (at, part) in index.parts.iter().enumerate() {
            let (text, descending) = match part {
                IndexPart::Column {
                    name, descending, ..
                } => {
                    let prefix = plain
                        .as_ref()
                        .and_then(|plain| plain.get(at))
                        .and_then(|(_, length)| *length);
                    let column = quote(name);
                    // Only a unique key needs the prefix: a plain one serves as well over the whole value.
                    let text = match prefix.filter(|_| unique) {
                        Some(length) => {
                            let position = super::stored::position(definition, name).unwrap_or(0);
                            let ty = super::types::Type::of_column(
                                &definition.columns[position],
                                definition,
                            )?;
                            let collate = if ty.family() == Family::Text {
                                format!(" COLLATE {}", ty.collation.sqlite_name())
                            } else {
                                String::new()
                            };
                            format!("substr({column}, 1, {length}){collate}")
                        }
                        None => column,
                    };
                    (text, *descending)
                }
                IndexPart::Expression {
                    expression,
                    descending,
                } => {
                    let text = self.inline(definition, &expression.0, |translator, expr| {
                        let node = translator.expr(expr)?;
                        Ok(translator.collated(&node))
                    })?;
                    (format!("({text})"), *descending)
                }
            };
            parts.push(format!("{text}{}", if descending { " DESC" } else { "" }));
        }
        let name = index.name.as_deref().unwrap_or("PRIMARY");
        let index_name = quote(&format!("{physical}#{name}"));
        let unique = if unique { "UNIQUE " } else { "" };
        Ok(format!(
            "CREATE {unique}INDEX {index_name} ON {} ({})",
            quote(physical),
            parts.join(", ")
        ))
    }

    /// A unique index over rows that are not: MySQL names one of the doubled values.
    fn duplicate_in_index(&self, failure: &SqlError, stored: &Stored, index: &Index) -> SqlError {
        if !failure.message.contains("UNIQUE constraint failed") {
            return failure.clone();
        }
        let name = index.name.as_deref().unwrap_or("PRIMARY");
        error::duplicate_entry("?", &format!("{}.{name}", stored.name()))
    }

    /// Indexes follow a renamed table under their old names; they are made anew under the present one.
    fn drop_indexes_of(&self, physical: &str) -> Result<(), SqlError> {
        let names: Vec<String> = {
            let mut statement = self
                .sqlite
                .prepare_cached("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL")?;
            let names = statement.query_map([physical], |row| row.get(0))?;
            names.collect::<Result<_, _>>()?
        };
        for name in names {
            self.run(&format!("DROP INDEX {}", quote(&name)))?;
        }
        Ok(())
    }
}

/// Every column continues the one of its own name.
pub(super) fn same_names(definition: &CreateTable) -> Vec<Option<String>> {
    definition
        .columns
        .iter()
        .map(|column| Some(column.name.clone()))
        .collect()
}

/// Where tables are noted whose unique keys are away.
const RELAXED: &str = "relaxed";

fn secondary_uniques(definition: &CreateTable) -> impl Iterator<Item = &Index> {
    let indexes = definition.indexes.iter();
    indexes.filter(|index| index.kind == IndexKind::Unique)
}

fn index_name(physical: &str, index: &Index) -> String {
    quote(&format!(
        "{physical}#{}",
        index.name.as_deref().unwrap_or("PRIMARY")
    ))
}
