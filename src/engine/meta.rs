//! What the database says of itself: a small key/value table, and the tables with their definitions and counters.
//!
//! `vrev_meta` belongs to the owner of the file. `vrev_tables` holds each table's canonical DDL, so that a reopened file
//! knows its tables, a counter of changes, and the next AUTO_INCREMENT value (which, as in InnoDB, never goes back but
//! for a rollback).

use rusqlite::OptionalExtension;

use super::Connection;
use super::stored::Stored;
use crate::catalog::{Defaults, Table};
use crate::sql::ddl::{CreateTable, Ddl};
use crate::sql::{SqlError, Statement};
use crate::value::Value;

const CREATE: &str = "
    CREATE TABLE IF NOT EXISTS vrev_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS vrev_tables (
        name TEXT PRIMARY KEY, ddl TEXT NOT NULL, changes INTEGER NOT NULL DEFAULT 0, next TEXT NOT NULL DEFAULT '1'
    ) WITHOUT ROWID;";

/// Where the count of changes of a dropped table is kept.
fn changes_key(physical: &str) -> String {
    format!("changes/{physical}")
}

impl Connection {
    pub(super) fn open_meta(&self) -> Result<(), SqlError> {
        let known: Option<i64> = self
            .sqlite
            .query_row(
                "SELECT 1 FROM sqlite_master WHERE name = 'vrev_tables'",
                [],
                |row| row.get(0),
            )
            .optional()?;
        if known.is_none() {
            self.run(CREATE)?;
        }
        self.reload_registry()
    }

    /// Reads a value of the file's owner.
    ///
    /// # Errors
    /// SQLite's.
    pub fn meta(&self, key: &str) -> Result<Option<String>, SqlError> {
        Ok(self
            .sqlite
            .prepare_cached("SELECT value FROM vrev_meta WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?)
    }

    /// Writes a value of the file's owner, within the open transaction if there is one.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<(), SqlError> {
        self.sqlite
            .prepare_cached("INSERT INTO vrev_meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
            .execute([key, value])?;
        Ok(())
    }

    /// Returns what SQLite finds wrong with the file; nothing for a sound one.
    ///
    /// # Errors
    /// SQLite's, when the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, SqlError> {
        let mut statement = self.sqlite.prepare("PRAGMA integrity_check")?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// Forgets a value of the file's owner.
    ///
    /// # Errors
    /// SQLite's.
    pub fn remove_meta(&self, key: &str) -> Result<(), SqlError> {
        self.sqlite
            .prepare_cached("DELETE FROM vrev_meta WHERE key = ?1")?
            .execute([key])?;
        Ok(())
    }

    /// SQLite names and definitions of all tables, sorted by name.
    pub fn tables(&self) -> Vec<(String, CreateTable)> {
        self.all_registered()
            .iter()
            .map(|stored| (stored.physical.clone(), stored.definition.clone()))
            .collect()
    }

    /// How often a table's rows were changed by statements; it never goes back but for a rollback. 0 for no table.
    ///
    /// # Errors
    /// SQLite's.
    pub fn change_count(&self, physical: &str) -> Result<u64, SqlError> {
        let count: Option<i64> = self
            .sqlite
            .prepare_cached("SELECT changes FROM vrev_tables WHERE name = ?1")?
            .query_row([physical], |row| row.get(0))
            .optional()?;
        Ok(count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(0))
    }

    /// Counts a change of a table's rows.
    pub(super) fn touch(&self, physical: &str) -> Result<(), SqlError> {
        self.sqlite
            .prepare_cached("UPDATE vrev_tables SET changes = changes + 1 WHERE name = ?1")?
            .execute([physical])?;
        Ok(())
    }

    /// Writes down a table that was created.
    pub(super) fn register(
        &self,
        physical: &str,
        definition: &CreateTable,
    ) -> Result<(), SqlError> {
        let next = definition
            .options
            .iter()
            .find(|option| option.name == "AUTO_INCREMENT")
            .map_or("1", |option| &option.value);
        // A table made again goes on counting where the one of that name left off: whoever noted a count must not meet it
        // again with other rows.
        let changes = self.meta(&changes_key(physical))?;
        let changes: u64 = changes.and_then(|count| count.parse().ok()).unwrap_or(0);
        let changes = (changes + 1).to_string();
        self.sqlite
            .prepare_cached(
                "INSERT INTO vrev_tables (name, ddl, next, changes) VALUES (?1, ?2, ?3, CAST(?4 AS INTEGER))",
            )?
            .execute([physical, &crate::sql::print::table(definition), next, &changes])?;
        self.remember(physical, definition)
    }

    /// Strikes out a table that was dropped.
    pub(super) fn unregister(&self, physical: &str) -> Result<(), SqlError> {
        let changes = self.change_count(physical)?;
        self.set_meta(&changes_key(physical), &changes.to_string())?;
        self.sqlite
            .prepare_cached("DELETE FROM vrev_tables WHERE name = ?1")?
            .execute([physical])?;
        self.forget(physical);
        Ok(())
    }

    /// Reads the tables anew: after opening, and after a rollback that may have undone DDL.
    pub(super) fn reload_registry(&self) -> Result<(), SqlError> {
        let tables: Vec<(String, String)> = {
            let mut statement = self
                .sqlite
                .prepare_cached("SELECT name, ddl FROM vrev_tables ORDER BY name")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let names = self.stored_names();
        if names.len() == tables.len()
            && tables.iter().all(|(name, ddl)| {
                self.registered(name)
                    .is_some_and(|stored| crate::sql::print::table(&stored.definition) == *ddl)
            })
        {
            return Ok(());
        }
        self.forget_all();
        for (name, ddl) in tables {
            let damaged = |reason: String| {
                SqlError::unknown(format!(
                    "the stored definition of `{name}` cannot be read: {reason}"
                ))
            };
            match crate::sql::parse_statement(&ddl).map_err(|error| damaged(error.to_string()))? {
                Statement::Ddl(Ddl::CreateTable(create)) => {
                    let table = Table::from_ddl(&create.table, &Defaults::default())
                        .map_err(|error| damaged(error.to_string()))?;
                    self.remember(&name, &table.definition)?;
                }
                _ => return Err(damaged("it is no CREATE TABLE".to_owned())),
            }
        }
        Ok(())
    }

    /// The next AUTO_INCREMENT value: past what was handed out and past what the table holds.
    pub(super) fn auto_increment_after(&self, stored: &Stored) -> Result<u64, SqlError> {
        let Some(position) = stored.auto_increment else {
            return Ok(1);
        };
        let handed: Option<String> = self
            .sqlite
            .prepare_cached("SELECT next FROM vrev_tables WHERE name = ?1")?
            .query_row([&stored.physical], |row| row.get(0))
            .optional()?;
        let handed: u64 = handed.and_then(|text| text.parse().ok()).unwrap_or(1);
        let column = super::translate::quote(&stored.column(position).name);
        let text = format!(
            "SELECT max({column}) FROM {}",
            super::translate::quote(&stored.physical)
        );
        let mut statement = self.sqlite.prepare_cached(&text)?;
        let most = statement.query_row([], |row| {
            Ok(super::storage::decode_column(
                row.get_ref(0)?,
                &stored.types[position],
            ))
        })?;
        let most = match most {
            Value::Int(number) => u64::try_from(number).unwrap_or(0),
            Value::UInt(number) => number,
            Value::Float(_) | Value::Double(_) => most.to_u64().unwrap_or(0),
            _ => 0,
        };
        Ok(handed.max(most.saturating_add(1)))
    }

    /// Writes down the next AUTO_INCREMENT value.
    pub(super) fn set_auto_increment(&self, physical: &str, next: u64) -> Result<(), SqlError> {
        self.sqlite
            .prepare_cached("UPDATE vrev_tables SET next = ?2 WHERE name = ?1")?
            .execute([physical, &next.to_string()])?;
        Ok(())
    }
}
