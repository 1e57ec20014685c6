//! One SQLite database that answers as MySQL: opening, transactions, and running a statement.
//!
//! A statement is atomic: what it did is undone if it fails. An acknowledged commit survives a killed process (write
//! ahead log, `synchronous = FULL`).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use rusqlite::types::Value as Bound;
use rusqlite::{OpenFlags, params_from_iter};

use super::session::Session;
use super::source::Sources;
use super::storage::decode_column;
use super::stored::Stored;
use super::translate::{Literals, QueryText, Translator};
use super::types::Type;
use super::{Binds, Tables, collation, function};
use crate::sql::ddl::CreateTable;
use crate::sql::{SqlError, ast};
use crate::value::{Field, QueryResult, ResultSet, Value};

/// How long a statement waits for another session's transaction where nothing else is set
/// (`innodb_lock_wait_timeout`).
pub const LOCK_WAIT: Duration = Duration::from_secs(50);
/// Prepared statements kept.
const STATEMENT_CACHE: usize = 256;

/// Whether foreign keys are kept (`foreign_key_checks`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKeyChecks {
    /// Every change is checked.
    On,
    /// None is.
    Off,
}

/// A SQLite database that answers as MySQL.
pub struct Connection {
    pub(super) sqlite: rusqlite::Connection,
    pub(super) session: Session,
    /// Rows that are read from elsewhere.
    pub(super) sources: Sources,
    registry: RefCell<BTreeMap<String, Rc<Stored>>>,
    foreign_keys: Cell<ForeignKeyChecks>,
    /// Statements and their parts in progress, for names of savepoints.
    depth: Cell<usize>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("path", &self.sqlite.path())
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Opens a database file, made if it is missing; its tables are known again.
    ///
    /// # Errors
    /// Where the file cannot be opened or is no database of ours.
    pub fn open(path: &Path) -> Result<Self, SqlError> {
        let sqlite = rusqlite::Connection::open_with_flags(path, OpenFlags::default())?;
        sqlite.busy_timeout(LOCK_WAIT)?;
        let _: String = sqlite.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        sqlite.execute_batch("PRAGMA synchronous = FULL")?;
        Self::prepare(sqlite)
    }

    /// Opens a database that lives in memory alone.
    ///
    /// # Errors
    /// SQLite's.
    pub fn open_in_memory() -> Result<Self, SqlError> {
        Self::prepare(rusqlite::Connection::open_in_memory()?)
    }

    /// Says how long statements wait from now on for another session's transaction.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_lock_wait(&self, wait: Duration) -> Result<(), SqlError> {
        Ok(self.sqlite.busy_timeout(wait)?)
    }

    fn prepare(sqlite: rusqlite::Connection) -> Result<Self, SqlError> {
        sqlite.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        // Foreign keys are kept by the engine, and a renamed table leaves texts that name it alone.
        sqlite.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;")?;
        let session = Session::default();
        collation::register(&sqlite)?;
        function::register(&sqlite, &session)?;
        let sources = Sources::default();
        sources.register(&sqlite)?;
        let connection = Self {
            sqlite,
            session,
            sources,
            registry: RefCell::default(),
            foreign_keys: Cell::new(ForeignKeyChecks::On),
            depth: Cell::new(0),
        };
        connection.open_meta()?;
        Ok(connection)
    }

    /// Sets what `DATABASE()` gives.
    pub fn set_database(&self, name: Option<&str>) {
        self.session.state().database = name.map(str::to_owned);
    }

    /// Sets whether foreign keys are kept.
    pub fn set_foreign_key_checks(&self, checks: ForeignKeyChecks) {
        self.foreign_keys.set(checks);
    }

    /// Tells whether foreign keys are kept.
    pub fn foreign_key_checks(&self) -> ForeignKeyChecks {
        self.foreign_keys.get()
    }

    pub(super) fn checks_foreign_keys(&self) -> bool {
        self.foreign_keys.get() == ForeignKeyChecks::On
    }

    /// Runs one statement: a query, INSERT, REPLACE, UPDATE, DELETE.
    ///
    /// # Errors
    /// As MySQL would answer; nothing of the statement is kept then.
    pub fn execute(
        &self,
        statement: &ast::Statement,
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<QueryResult, SqlError> {
        self.session.begin_statement();
        let mut result = match statement {
            ast::Statement::Query(query) => self.query(query, binds, tables)?,
            ast::Statement::Insert(insert) => self.atomic(|| self.insert(insert, binds, tables))?,
            ast::Statement::Update(update) => self.atomic(|| self.update(update, binds, tables))?,
            ast::Statement::Delete(delete) => self.atomic(|| self.delete(delete, binds, tables))?,
            other => {
                let text = other.to_string();
                let words: Vec<&str> = text.split_whitespace().take(2).collect();
                return Err(SqlError::unsupported(format!(
                    "statement {}",
                    words.join(" ")
                )));
            }
        };
        result.warnings = self.session.take_warnings();
        let mut state = self.session.state();
        match &result.rows {
            Some(rows) => {
                state.found_rows = u64::try_from(rows.rows.len()).unwrap_or(0);
                state.row_count = -1;
            }
            None => state.row_count = i64::try_from(result.affected_rows).unwrap_or(i64::MAX),
        }
        Ok(result)
    }

    fn query(
        &self,
        query: &ast::Query,
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<QueryResult, SqlError> {
        let mut translator = Translator::new(tables, binds, &self.session, Literals::Bound);
        let translated = translator.query(query)?;
        let params = std::mem::take(&mut translator.params);
        let types: Vec<Type> = translated
            .columns
            .iter()
            .map(|column| column.ty.clone())
            .collect();
        let rows = self.rows_of(&translated, params, &types)?;
        let fields = translated
            .columns
            .into_iter()
            .map(|column| Field {
                name: column.name,
                column_type: column.ty.column,
            })
            .collect();
        Ok(QueryResult {
            rows: Some(ResultSet { fields, rows }),
            ..QueryResult::default()
        })
    }

    /// Runs a translated query.
    pub(super) fn rows_of(
        &self,
        query: &QueryText,
        params: Vec<Bound>,
        types: &[Type],
    ) -> Result<Vec<Vec<Value>>, SqlError> {
        let mut statement = self.sqlite.prepare_cached(&query.text)?;
        let mut cursor = statement.query(params_from_iter(params))?;
        let mut rows = Vec::new();
        while let Some(row) = cursor.next()? {
            let values = types
                .iter()
                .enumerate()
                .map(|(position, ty)| Ok(decode_column(row.get_ref(position)?, ty)));
            rows.push(values.collect::<Result<Vec<_>, SqlError>>()?);
        }
        Ok(rows)
    }

    /// Runs SQLite text that is the engine's own.
    pub(super) fn run(&self, text: &str) -> Result<(), SqlError> {
        self.sqlite.execute_batch(text).map_err(SqlError::from)
    }

    /// Runs a part of work that is done whole or not at all.
    pub(super) fn atomic<T>(
        &self,
        work: impl FnOnce() -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let depth = self.depth.get();
        let name = format!("vrev_atomic_{depth}");
        self.run(&format!("SAVEPOINT {name}"))?;
        self.depth.set(depth + 1);
        let outcome = work();
        self.depth.set(depth);
        let ended = match &outcome {
            Ok(_) => self.run(&format!("RELEASE {name}")),
            Err(_) => self.run(&format!("ROLLBACK TO {name}; RELEASE {name}")),
        };
        if outcome.is_err() {
            self.reload_registry()?;
        }
        match (outcome, ended) {
            (Ok(_), Err(failed)) => {
                // A commit that fails keeps nothing.
                if !self.sqlite.is_autocommit() && depth == 0 {
                    let _ = self.run(&format!("ROLLBACK TO {name}; RELEASE {name}"));
                }
                Err(failed)
            }
            (outcome, _) => outcome,
        }
    }

    /// Opens a transaction.
    ///
    /// # Errors
    /// Where one is open, or another process holds the database for too long.
    pub fn begin(&self) -> Result<(), SqlError> {
        self.run("BEGIN IMMEDIATE")
    }

    /// A number that changes when another connection commits to the database.
    ///
    /// # Errors
    /// SQLite's.
    pub fn foreign_commits(&self) -> Result<i64, SqlError> {
        let version = self
            .sqlite
            .pragma_query_value(None, "data_version", |row| row.get(0));
        Ok(version?)
    }

    /// Tells whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        !self.sqlite.is_autocommit()
    }

    /// Commits the transaction; without one it does nothing.
    ///
    /// # Errors
    /// Where it cannot be written; it is rolled back then.
    pub fn commit(&self) -> Result<(), SqlError> {
        if !self.in_transaction() {
            return Ok(());
        }
        self.run("COMMIT").inspect_err(|_| {
            let _ = self.run("ROLLBACK");
        })
    }

    /// Rolls the transaction back; without one it does nothing.
    ///
    /// # Errors
    /// SQLite's.
    pub fn rollback(&self) -> Result<(), SqlError> {
        if !self.in_transaction() {
            return Ok(());
        }
        self.run("ROLLBACK")?;
        self.reload_registry()
    }

    /// Marks a point to roll back to.
    ///
    /// # Errors
    /// SQLite's.
    pub fn savepoint(&self, name: &str) -> Result<(), SqlError> {
        self.run(&format!("SAVEPOINT {}", savepoint_name(name)))
    }

    /// Undoes everything since a point; the point stays.
    ///
    /// # Errors
    /// 1305 where there is none of that name.
    pub fn rollback_to(&self, name: &str) -> Result<(), SqlError> {
        self.run(&format!("ROLLBACK TO {}", savepoint_name(name)))
            .map_err(|error| missing_savepoint(error, name))?;
        self.reload_registry()
    }

    /// Forgets a point; what was done since is kept.
    ///
    /// # Errors
    /// 1305 where there is none of that name.
    pub fn release(&self, name: &str) -> Result<(), SqlError> {
        self.run(&format!("RELEASE {}", savepoint_name(name)))
            .map_err(|error| missing_savepoint(error, name))
    }

    /// What the engine knows of a table by its SQLite name.
    pub(super) fn registered(&self, physical: &str) -> Option<Rc<Stored>> {
        self.registry.borrow().get(physical).map(Rc::clone)
    }

    /// Every table.
    pub(super) fn all_registered(&self) -> Vec<Rc<Stored>> {
        self.registry.borrow().values().map(Rc::clone).collect()
    }

    /// SQLite names of all tables.
    pub(super) fn stored_names(&self) -> BTreeSet<String> {
        self.registry.borrow().keys().cloned().collect()
    }

    /// Makes a table known.
    pub(super) fn remember(
        &self,
        physical: &str,
        definition: &CreateTable,
    ) -> Result<(), SqlError> {
        let stored = Stored::new(physical, definition)?;
        self.registry
            .borrow_mut()
            .insert(physical.to_owned(), Rc::new(stored));
        Ok(())
    }

    /// Makes a table unknown.
    pub(super) fn forget(&self, physical: &str) {
        self.registry.borrow_mut().remove(physical);
    }

    /// Makes all tables unknown.
    pub(super) fn forget_all(&self) {
        self.registry.borrow_mut().clear();
    }

    /// A table that a statement resolved: as registered, or looked at anew where the caller's definition differs.
    pub(super) fn stored(
        &self,
        physical: &str,
        definition: &CreateTable,
    ) -> Result<Rc<Stored>, SqlError> {
        match self.registered(physical) {
            Some(stored) if stored.definition == *definition => Ok(stored),
            _ => Stored::new(physical, definition).map(Rc::new),
        }
    }
}

fn savepoint_name(name: &str) -> String {
    super::translate::quote(&format!("user_{name}"))
}

fn missing_savepoint(error: SqlError, name: &str) -> SqlError {
    if error.message.contains("no such savepoint") {
        return SqlError::new(1305, "42000", format!("SAVEPOINT {name} does not exist"));
    }
    error
}
