//! Writing single rows: keys, constraints and foreign keys, with MySQL's errors.

use std::cell::Cell;

use rusqlite::types::Value as Bound;
use rusqlite::{params_from_iter, types::ValueRef};

use super::error;
use super::storage::decode_column;
use super::stored::{RowKey, Stored, Unique};
use super::translate::quote;
use super::types::Family;
use super::{Connection, Order};
use crate::sql::SqlError;
use crate::value::Value;

/// A stored row: where it is, and its values in column order.
#[derive(Debug, Clone)]
pub(super) struct Located {
    /// Values of the row key's columns.
    pub(super) key: Vec<Bound>,
    /// Values of all columns.
    pub(super) row: Vec<Value>,
}

impl Located {
    /// Names what a query must read of a table, under an alias unless it is empty, for [`Self::read`].
    pub(super) fn columns(stored: &Stored, alias: &str) -> Vec<String> {
        let dot = if alias.is_empty() { "" } else { "." };
        let columns = stored.definition.columns.iter();
        let columns = columns.map(|column| format!("{alias}{dot}{}", quote(&column.name)));
        stored.key_list(alias).into_iter().chain(columns).collect()
    }

    /// Reads a table's row from one that a query found, from a position on, which is moved behind it; `None` where an outer
    /// join found none.
    pub(super) fn read(
        stored: &Stored,
        row: &rusqlite::Row<'_>,
        at: &mut usize,
    ) -> Result<Option<Self>, SqlError> {
        let first = *at + stored.key_list("").len();
        let key = (*at..first).map(|column| row.get(column));
        let key: Vec<Bound> = key.collect::<Result<_, _>>()?;
        let values = read_columns(stored, row, first)?;
        *at = first + values.len();
        let is_there = key.iter().any(|part| *part != Bound::Null);
        Ok(is_there.then_some(Self { key, row: values }))
    }
}

impl Connection {
    /// Inserts a row whose values are of their columns' types; generated columns' values are not looked at.
    ///
    /// # Errors
    /// 1062 and 3819.
    pub(super) fn insert_physical(&self, stored: &Stored, row: &[Value]) -> Result<(), SqlError> {
        let columns: Vec<usize> = (0..row.len())
            .filter(|position| !stored.is_generated(*position))
            .collect();
        let names: Vec<String> = columns
            .iter()
            .map(|position| quote(&stored.column(*position).name))
            .collect();
        let marks: Vec<String> = (1..=columns.len())
            .map(|number| format!("?{number}"))
            .collect();
        let text = if columns.is_empty() {
            format!("INSERT INTO {} DEFAULT VALUES", quote(&stored.physical))
        } else {
            format!(
                "INSERT INTO {} ({}) VALUES ({})",
                quote(&stored.physical),
                names.join(", "),
                marks.join(", ")
            )
        };
        let mut statement = self.sqlite.prepare_cached(&text)?;
        let values = columns
            .iter()
            .map(|position| stored.encode(*position, &row[*position]));
        statement
            .execute(params_from_iter(values))
            .map(drop)
            .map_err(|failure| self.constraint(&failure, stored, row))
    }

    /// Replaces the values of a row; its key may be among them.
    ///
    /// # Errors
    /// 1062 and 3819.
    pub(super) fn update_physical(
        &self,
        stored: &Stored,
        from: &Located,
        to: &[Value],
    ) -> Result<(), SqlError> {
        let changed: Vec<usize> = (0..to.len())
            .filter(|position| {
                !stored.is_generated(*position)
                    && stored.encode(*position, &from.row[*position])
                        != stored.encode(*position, &to[*position])
            })
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let sets: Vec<String> = changed
            .iter()
            .enumerate()
            .map(|(at, position)| {
                format!("{} = ?{}", quote(&stored.column(*position).name), at + 1)
            })
            .collect();
        let text = format!(
            "UPDATE {} SET {} WHERE {}",
            quote(&stored.physical),
            sets.join(", "),
            stored.key_condition(changed.len() + 1)
        );
        let mut statement = self.sqlite.prepare_cached(&text)?;
        let values = changed
            .iter()
            .map(|position| stored.encode(*position, &to[*position]))
            .chain(from.key.iter().cloned());
        statement
            .execute(params_from_iter(values))
            .map(drop)
            .map_err(|failure| self.constraint(&failure, stored, to))
    }

    /// Deletes a row.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn delete_physical(&self, stored: &Stored, key: &[Bound]) -> Result<u64, SqlError> {
        let text = format!(
            "DELETE FROM {} WHERE {}",
            quote(&stored.physical),
            stored.key_condition(1)
        );
        let deleted = self
            .sqlite
            .prepare_cached(&text)?
            .execute(params_from_iter(key))?;
        Ok(u64::try_from(deleted).unwrap_or(0))
    }

    /// A broken constraint as MySQL reports it.
    fn constraint(&self, failure: &rusqlite::Error, stored: &Stored, row: &[Value]) -> SqlError {
        let text = failure.to_string();
        if let Some(name) = text.split("CHECK constraint failed: ").nth(1) {
            return error::check_violated(name);
        }
        if let Some(name) = text.split("NOT NULL constraint failed: ").nth(1) {
            let column = name.rsplit('.').next().unwrap_or(name);
            return error::cannot_be_null(column);
        }
        if !text.contains("UNIQUE constraint failed") {
            return failure_of(failure);
        }
        let unique = self.conflicting_key(stored, row).ok().flatten();
        match unique {
            Some((unique, value)) => {
                error::duplicate_entry(&value, &format!("{}.{}", stored.name(), unique))
            }
            None => {
                let name = text
                    .rsplit("index '")
                    .next()
                    .and_then(|rest| rest.trim_end_matches('\'').rsplit('#').next())
                    .unwrap_or("PRIMARY");
                error::duplicate_entry("", &format!("{}.{name}", stored.name()))
            }
        }
    }

    /// The name of the first key that a row already standing in the table shares with `row`, and the doubled value.
    fn conflicting_key(
        &self,
        stored: &Stored,
        row: &[Value],
    ) -> Result<Option<(String, String)>, SqlError> {
        for unique in &stored.uniques {
            if self.find_by_key(stored, unique, row)?.is_some() {
                return Ok(Some((unique.name.clone(), key_text(stored, unique, row))));
            }
        }
        Ok(None)
    }

    /// The row that stands under a key's values; none where one of them is NULL.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn find_by_key(
        &self,
        stored: &Stored,
        unique: &Unique,
        row: &[Value],
    ) -> Result<Option<Located>, SqlError> {
        if unique.parts.is_empty()
            || unique
                .parts
                .iter()
                .any(|(position, _)| row[*position].is_null())
        {
            return Ok(None);
        }
        let mut tests = Vec::new();
        let mut values = Vec::new();
        for (at, (position, length)) in unique.parts.iter().enumerate() {
            let name = quote(&stored.column(*position).name);
            let ty = &stored.types[*position];
            let collate = if ty.family() == Family::Text {
                format!(" COLLATE {}", ty.collation.sqlite_name())
            } else {
                String::new()
            };
            tests.push(match length {
                Some(length) => format!(
                    "substr({name}, 1, {length}) = substr(?{}, 1, {length}){collate}",
                    at + 1
                ),
                None => format!("{name} = ?{}", at + 1),
            });
            values.push(stored.encode(*position, &row[*position]));
        }
        Ok(self
            .select_located(stored, &tests.join(" AND "), values)?
            .into_iter()
            .next())
    }

    /// Rows that fulfil a condition in SQLite's terms.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn select_located(
        &self,
        stored: &Stored,
        condition: &str,
        values: Vec<Bound>,
    ) -> Result<Vec<Located>, SqlError> {
        let text = format!(
            "SELECT {} FROM {} WHERE {condition}",
            Located::columns(stored, "").join(", "),
            quote(&stored.physical)
        );
        let mut statement = self.sqlite.prepare_cached(&text)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.extend(Located::read(stored, row, &mut 0)?);
        }
        Ok(found)
    }

    /// Gives every row of a table, in key order (keyless tables in order of insertion).
    ///
    /// # Errors
    /// SQLite's, or the visitor's.
    pub(super) fn visit_rows(
        &self,
        stored: &Stored,
        visit: &mut dyn FnMut(Vec<Value>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let names: Vec<String> = stored
            .definition
            .columns
            .iter()
            .map(|column| quote(&column.name))
            .collect();
        let order = stored.key_list("").join(", ");
        let mut statement = self.sqlite.prepare(&format!(
            "SELECT {} FROM {} ORDER BY {order}",
            names.join(", "),
            quote(&stored.physical)
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            visit(read_columns(stored, row, 0)?)?;
        }
        Ok(())
    }

    /// Reads the rows of a table in an order, one call per row. Values have their columns' exact types.
    ///
    /// # Errors
    /// 1146 where there is no such table; the visitor's own.
    pub fn read_rows(
        &self,
        physical: &str,
        order: Order,
        visit: &mut dyn FnMut(Vec<Value>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let stored = self
            .registered(physical)
            .ok_or_else(|| error::no_such_table(None, physical))?;
        match order {
            Order::Stored => self.visit_rows(&stored, visit),
            Order::Canonical => {
                if stored.row_key == RowKey::RowId || !self.sorts_by_text(&stored) {
                    return self.visit_rows(&stored, visit);
                }
                let RowKey::Columns(columns) = &stored.row_key else {
                    return Ok(());
                };
                let mut rows = Vec::new();
                self.visit_rows(&stored, &mut |row| {
                    rows.push(row);
                    Ok(())
                })?;
                let key = |row: &Vec<Value>| {
                    columns
                        .iter()
                        .map(|position| row[*position].clone())
                        .collect::<Vec<_>>()
                };
                rows.sort_by_cached_key(key);
                rows.into_iter().try_for_each(visit)
            }
        }
    }

    /// Whether key columns are text or ENUMs, whose stored order is not that of [`Value`].
    fn sorts_by_text(&self, stored: &Stored) -> bool {
        match &stored.row_key {
            RowKey::Columns(columns) => columns.iter().any(|position| {
                matches!(
                    stored.types[*position].family(),
                    Family::Text | Family::Enum | Family::Set | Family::Json
                )
            }),
            RowKey::RowId => false,
        }
    }

    /// Loads rows whose values are of their columns' types, in one transaction; returns how many.
    ///
    /// # Errors
    /// 1062, 3819; nothing is loaded then.
    pub fn insert_rows(
        &self,
        physical: &str,
        rows: impl Iterator<Item = Vec<Value>>,
    ) -> Result<u64, SqlError> {
        let stored = self
            .registered(physical)
            .ok_or_else(|| error::no_such_table(None, physical))?;
        let count = Cell::new(0);
        self.atomic(|| {
            for row in rows {
                if row.len() != stored.types.len() {
                    return Err(error::column_count(count.get() + 1));
                }
                self.insert_physical(&stored, &row)?;
                count.set(count.get() + 1);
            }
            self.touch(physical)
        })?;
        Ok(u64::try_from(count.get()).unwrap_or(u64::MAX))
    }
}

fn failure_of(failure: &rusqlite::Error) -> SqlError {
    error::from_sqlite(failure)
}

/// Reads all columns of a row, the first at a position.
fn read_columns(
    stored: &Stored,
    row: &rusqlite::Row<'_>,
    first: usize,
) -> Result<Vec<Value>, SqlError> {
    stored
        .types
        .iter()
        .enumerate()
        .map(|(position, ty)| {
            let value: ValueRef<'_> = row.get_ref(first + position)?;
            Ok(decode_column(value, ty))
        })
        .collect()
}

/// A key's values as error 1062 prints them.
fn key_text(stored: &Stored, unique: &Unique, row: &[Value]) -> String {
    let part = |(position, length): &(usize, Option<u32>)| {
        let text = row[*position]
            .to_text_as(&stored.types[*position].column)
            .unwrap_or_default()
            .into_owned();
        match length {
            Some(length) => text.chars().take(*length as usize).collect(),
            None => text,
        }
    };
    unique.parts.iter().map(part).collect::<Vec<_>>().join("-")
}
