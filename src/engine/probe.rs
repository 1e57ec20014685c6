//! One table in memory, to ask what becomes of values and rows in it without a shard: conversions, defaults, generated
//! columns, and which constraint refuses a row.

use std::rc::Rc;

use super::assign::{Place, Strictness, assign};
use super::connection::Connection;
use super::convert::Arg;
use super::error;
use super::insert::value_tag;
use super::stored::Stored;
use super::types::Type;
use crate::sql::SqlError;
use crate::sql::ddl::CreateTable;
use crate::value::Value;

const PROBE: &str = "probe";

/// A table of its own, empty at first.
#[derive(Debug)]
pub struct Probe {
    connection: Connection,
    stored: Rc<Stored>,
}

impl Probe {
    /// Makes the table. Its foreign keys are not checked.
    ///
    /// # Errors
    /// What the engine cannot store.
    pub fn new(definition: &CreateTable) -> Result<Self, SqlError> {
        let connection = Connection::open_in_memory()?;
        connection.create_table(PROBE, definition)?;
        let stored = connection
            .registered(PROBE)
            .ok_or_else(|| error::no_such_table(None, PROBE))?;
        Ok(Self { connection, stored })
    }

    /// Returns a value as the column at a position holds it, by MySQL's strict conversion; `None` where it does not fit.
    pub fn convert(&self, position: usize, value: &Value) -> Option<Value> {
        let ty = self.stored.types.get(position)?;
        let place = Place {
            table: self.stored.name(),
            column: &self.stored.column(position).name,
            row: 1,
            strictness: Strictness::Strict,
            session: &self.connection.session,
        };
        let arg = Arg {
            value: value.clone(),
            tag: value_tag(&Type::of_value(value)),
        };
        assign(&arg, ty, place).ok()
    }

    /// Returns what the column at a position holds where nothing is given; `None` where something must be.
    pub fn default(&self, position: usize) -> Option<Value> {
        self.stored.types.get(position)?;
        let default =
            self.connection
                .default_value(&self.stored, position, &[], 1, Strictness::Strict);
        default.ok()
    }

    /// Stores a row, one value per column of the definition; generated columns' values are not looked at.
    ///
    /// # Errors
    /// 1048, 1062 and 3819, for the constraint that refuses it.
    pub fn insert(&self, row: &[Value]) -> Result<(), SqlError> {
        self.connection.insert_physical(&self.stored, row)
    }

    /// Returns the rows stored so far, in the order of the primary key, generated columns computed.
    ///
    /// # Errors
    /// SQLite's.
    pub fn rows(&self) -> Result<Vec<Vec<Value>>, SqlError> {
        let mut rows = Vec::new();
        self.connection.visit_rows(&self.stored, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Forgets the rows.
    ///
    /// # Errors
    /// SQLite's.
    pub fn clear(&self) -> Result<(), SqlError> {
        self.connection
            .run(&format!("DELETE FROM {}", super::translate::quote(PROBE)))
    }

    /// Returns the first stored row that has the values of one of `row`'s primary or unique keys, with the key's name.
    ///
    /// # Errors
    /// SQLite's.
    pub fn conflicting(&self, row: &[Value]) -> Result<Option<(String, Vec<Value>)>, SqlError> {
        for unique in &self.stored.uniques {
            if let Some(found) = self.connection.find_by_key(&self.stored, unique, row)? {
                return Ok(Some((unique.name.clone(), found.row)));
            }
        }
        Ok(None)
    }
}
