//! All shards of a working set in one SQLite database.
//!
//! Tables are named `keyspace/shard/table`. The shards share the database's transaction: it begins with the first
//! participant and commits with the last, so that an owner row and its lookup row are kept together or not at all; a
//! rollback of one is a rollback of all, and a participant that then commits is told so.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use super::{Cluster, Shard};
use crate::catalog::Table;
use crate::engine::{Binds, CommittedRows, Connection, ForeignKeyChecks, Order, Source, Tables};
use crate::relation::RowSource;
use crate::sql::ddl::CreateTable;
use crate::sql::{SqlError, TableName, ast};
use crate::value::{QueryResult, Value};

/// The shards of every keyspace of one working set.
#[derive(Debug)]
pub struct Embedded {
    database: Rc<Database>,
    shards: BTreeMap<String, BTreeMap<String, EmbeddedShard>>,
}

/// The database and the transaction that the shards share.
#[derive(Debug)]
struct Database {
    connection: Connection,
    /// Definitions by SQLite name.
    definitions: RefCell<BTreeMap<String, Rc<CreateTable>>>,
    lent: RefCell<Lent>,
    transaction: RefCell<Transaction>,
}

/// Tables that are lent to the shards.
#[derive(Debug, Default)]
struct Lent {
    /// SQLite names and definitions, by name.
    tables: Borrowed,
    /// SQLite names of tables that were taken back and are not dropped yet.
    returned: Vec<String>,
    /// How many were ever lent.
    count: usize,
}

type Borrowed = BTreeMap<String, (String, Rc<CreateTable>)>;

/// Who takes part in the open transaction.
#[derive(Debug, Default)]
struct Transaction {
    participants: BTreeSet<String>,
    /// Participants whose work another's rollback undid, until they end their part.
    undone: BTreeSet<String>,
    /// Savepoints in the order set, each with the shards that set it.
    savepoints: Vec<(String, BTreeSet<String>)>,
}

/// One shard of an [`Embedded`] database.
#[derive(Debug)]
pub struct EmbeddedShard {
    database: Rc<Database>,
    keyspace: String,
    /// `keyspace/shard`.
    prefix: String,
}

/// A moment in the life of the database: the change counter of every table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark(BTreeMap<String, u64>);

/// A table of one shard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableId {
    /// Keyspace.
    pub keyspace: String,
    /// Shard.
    pub shard: String,
    /// Table.
    pub table: String,
}

impl TableId {
    /// Returns the name of a table of a shard.
    pub fn new(
        keyspace: impl Into<String>,
        shard: impl Into<String>,
        table: impl Into<String>,
    ) -> Self {
        Self {
            keyspace: keyspace.into(),
            shard: shard.into(),
            table: table.into(),
        }
    }

    fn physical(&self) -> String {
        format!("{}/{}/{}", self.keyspace, self.shard, self.table)
    }

    fn parse(physical: &str) -> Option<Self> {
        let mut parts = physical.splitn(3, '/');
        Some(Self::new(parts.next()?, parts.next()?, parts.next()?))
    }
}

impl Embedded {
    /// Opens a database file, made if it is missing. Shards that hold tables are known again; others by
    /// [`Self::add_shards`].
    ///
    /// # Errors
    /// Where the file cannot be opened or read.
    pub fn open(path: &Path) -> Result<Self, SqlError> {
        Self::over(Connection::open(path)?)
    }

    /// Opens a database in memory.
    ///
    /// # Errors
    /// SQLite's.
    pub fn in_memory() -> Result<Self, SqlError> {
        Self::over(Connection::open_in_memory()?)
    }

    fn over(connection: Connection) -> Result<Self, SqlError> {
        let database = Database {
            connection,
            definitions: RefCell::default(),
            lent: RefCell::default(),
            transaction: RefCell::default(),
        };
        let mut embedded = Self {
            database: Rc::new(database),
            shards: BTreeMap::new(),
        };
        embedded.database.read_definitions();
        for id in embedded.tables() {
            embedded.add_shards(&id.keyspace, std::slice::from_ref(&id.shard));
        }
        Ok(embedded)
    }

    /// The connection beneath, for its key/value table and for expressions over constants.
    pub fn connection(&self) -> &Connection {
        &self.database.connection
    }

    /// Makes shards of a keyspace known, also those without tables.
    pub fn add_shards(&mut self, keyspace: &str, shards: &[String]) {
        let known = self.shards.entry(keyspace.to_owned()).or_default();
        for shard in shards {
            known.entry(shard.clone()).or_insert_with(|| EmbeddedShard {
                database: Rc::clone(&self.database),
                keyspace: keyspace.to_owned(),
                prefix: format!("{keyspace}/{shard}"),
            });
        }
    }

    /// Creates a table in shards of a keyspace: in all of them or in none.
    ///
    /// # Errors
    /// 1050 where one has it already; what the engine cannot store.
    pub fn create_table(
        &mut self,
        keyspace: &str,
        shards: &[String],
        table: &Table,
    ) -> Result<(), SqlError> {
        self.add_shards(keyspace, shards);
        let physical = |shard: &String| TableId::new(keyspace, shard, table.name()).physical();
        self.database.atomically(|database| {
            for shard in shards {
                let connection = &database.connection;
                connection.create_table(&physical(shard), &table.definition)?;
            }
            Ok(())
        })?;
        // Nothing else changed: to read every definition again would cost as much as there are tables, for each of them.
        let definition = Rc::new(table.definition.clone());
        let mut known = self.database.definitions.borrow_mut();
        for shard in shards {
            known.insert(physical(shard), Rc::clone(&definition));
        }
        Ok(())
    }

    /// Makes committed rows readable as a table of a shard; they are read as statements ask for them.
    ///
    /// # Errors
    /// 1050 where the shard has the table already; what the engine cannot read.
    pub fn attach_rows(
        &mut self,
        keyspace: &str,
        shard: &str,
        table: &Table,
        rows: Box<dyn RowSource + Send>,
    ) -> Result<(), SqlError> {
        self.add_shards(keyspace, &[shard.to_owned()]);
        let id = TableId::new(keyspace, shard, table.name());
        let rows = CommittedRows::new(table, vec![rows]);
        self.database
            .connection
            .attach(&id.physical(), &table.definition, Box::new(rows))?;
        let definition = Rc::new(table.definition.clone());
        let mut known = self.database.definitions.borrow_mut();
        known.insert(id.physical(), definition);
        Ok(())
    }

    /// Makes a source readable as a table of every shard, until all that is lent is taken back.
    ///
    /// # Errors
    /// 1050 where the name is taken; what the engine cannot read.
    pub fn lend(
        &self,
        name: &str,
        definition: &CreateTable,
        source: Box<dyn Source>,
    ) -> Result<(), SqlError> {
        let mut lent = self.database.lent.borrow_mut();
        lent.count += 1;
        let physical = format!("{name}/{}", lent.count);
        let connection = &self.database.connection;
        connection.lend(&physical, definition, source)?;
        let definition = Rc::new(definition.clone());
        lent.tables.insert(name.to_owned(), (physical, definition));
        Ok(())
    }

    /// Takes back all that is lent.
    ///
    /// # Errors
    /// SQLite's.
    pub fn take_back(&self) -> Result<(), SqlError> {
        let mut lent = self.database.lent.borrow_mut();
        let tables = std::mem::take(&mut lent.tables);
        lent.returned
            .extend(tables.into_values().map(|(name, _)| name));
        // Dropped in a transaction they would be back after its rollback.
        let connection = &self.database.connection;
        if !connection.in_transaction() {
            for physical in std::mem::take(&mut lent.returned) {
                connection.take_back(&physical)?;
            }
        }
        Ok(())
    }

    /// Drops a table from every shard of a keyspace that has it. Foreign keys between the keyspace's tables do not
    /// hold it back.
    ///
    /// # Errors
    /// SQLite's.
    pub fn drop_table(&self, keyspace: &str, table: &str) -> Result<(), SqlError> {
        self.unchecked(|database| {
            for id in database.tables_named(keyspace, table) {
                database.connection.drop_table(&id.physical())?;
            }
            Ok(())
        })
    }

    /// Brings a table to another definition in every shard of a keyspace: rows are converted, or nothing is changed.
    /// `columns` says for each new column which present one it continues, see [`Connection::alter_table`].
    ///
    /// # Errors
    /// MySQL's, for the first row that does not fit.
    pub fn alter_table(
        &self,
        keyspace: &str,
        table: &str,
        to: &Table,
        columns: &[Option<String>],
    ) -> Result<(), SqlError> {
        self.database.whole(|database| {
            for id in database.tables_named(keyspace, table) {
                database
                    .connection
                    .alter_table(&id.physical(), &to.definition, columns)?;
                if to.name() != table {
                    let renamed = TableId {
                        table: to.name().to_owned(),
                        ..id.clone()
                    };
                    database.connection.rename(
                        &id.physical(),
                        &renamed.physical(),
                        &to.definition,
                    )?;
                }
            }
            Ok(())
        })
    }

    /// Renames a table in every shard of a keyspace.
    ///
    /// # Errors
    /// 1050 where the name is taken.
    pub fn rename_table(&self, keyspace: &str, table: &str, to: &Table) -> Result<(), SqlError> {
        self.database.whole(|database| {
            for id in database.tables_named(keyspace, table) {
                let renamed = TableId {
                    table: to.name().to_owned(),
                    ..id.clone()
                };
                database
                    .connection
                    .rename(&id.physical(), &renamed.physical(), &to.definition)?;
            }
            Ok(())
        })
    }

    /// All tables, sorted.
    pub fn tables(&self) -> Vec<TableId> {
        self.database
            .definitions
            .borrow()
            .keys()
            .filter_map(|physical| TableId::parse(physical))
            .collect()
    }

    /// The definition of a table of a shard.
    pub fn definition(&self, id: &TableId) -> Option<Table> {
        let definition = self
            .database
            .definitions
            .borrow()
            .get(&id.physical())
            .cloned()?;
        Some(Table {
            definition: (*definition).clone(),
        })
    }

    /// Reads the rows of a table of a shard; values have their columns' exact types.
    ///
    /// # Errors
    /// 1146 where there is no such table; the visitor's own.
    pub fn read_rows(
        &self,
        id: &TableId,
        order: Order,
        visit: &mut dyn FnMut(Vec<Value>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        self.database
            .connection
            .read_rows(&id.physical(), order, visit)
    }

    /// Loads rows, values typed as their columns are; returns how many. All of them or none.
    ///
    /// # Errors
    /// 1062, 3819, 1136.
    pub fn load_rows(
        &self,
        id: &TableId,
        rows: impl Iterator<Item = Vec<Value>>,
    ) -> Result<u64, SqlError> {
        self.database.connection.insert_rows(&id.physical(), rows)
    }

    /// As [`Self::load_rows`], for rows that a merge left breaking unique keys or CHECKs.
    ///
    /// # Errors
    /// 1146, 1136.
    pub fn load_broken_rows(
        &self,
        id: &TableId,
        rows: impl Iterator<Item = Vec<Value>>,
    ) -> Result<(), SqlError> {
        let connection = &self.database.connection;
        let physical = id.physical();
        connection.relaxed(&physical, || {
            connection.insert_rows(&physical, rows).map(drop)
        })
    }

    /// The present moment, to ask later what has changed since.
    ///
    /// # Errors
    /// SQLite's.
    pub fn mark(&self) -> Result<Mark, SqlError> {
        let mut counts = BTreeMap::new();
        for id in self.tables() {
            let physical = id.physical();
            counts.insert(
                physical.clone(),
                self.database.connection.change_count(&physical)?,
            );
        }
        Ok(Mark(counts))
    }

    /// Tables created, dropped or written to since a moment, sorted. Costs the number of tables, not of rows.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_changes_since(&self, mark: &Mark) -> Result<BTreeSet<TableId>, SqlError> {
        let now = self.mark()?;
        let names = mark.0.keys().chain(now.0.keys());
        Ok(names
            .filter(|name| mark.0.get(*name) != now.0.get(*name))
            .filter_map(|name| TableId::parse(name))
            .collect())
    }

    /// Opens a transaction around several changes of tables and rows.
    ///
    /// # Errors
    /// SQLite's.
    pub fn begin(&self) -> Result<(), SqlError> {
        self.database.connection.begin()
    }

    /// Commits what [`Self::begin`] began.
    ///
    /// # Errors
    /// SQLite's.
    pub fn commit(&self) -> Result<(), SqlError> {
        self.database.connection.commit()
    }

    /// Undoes all since [`Self::begin`], definitions too.
    ///
    /// # Errors
    /// SQLite's.
    pub fn rollback(&self) -> Result<(), SqlError> {
        let outcome = self.database.connection.rollback();
        self.database.read_definitions();
        outcome
    }

    /// The shards that have a table, sorted.
    pub fn shards_of(&self, keyspace: &str, table: &str) -> Vec<String> {
        let ids = self.database.tables_named(keyspace, table);
        ids.into_iter().map(|id| id.shard).collect()
    }

    /// Drops a table of one shard, with its rows.
    ///
    /// # Errors
    /// 1051 where there is none.
    pub fn drop_shard_table(&self, id: &TableId) -> Result<(), SqlError> {
        self.unchecked(|database| database.connection.drop_table(&id.physical()))
    }

    /// Removes every row of a table in every shard; AUTO_INCREMENT begins anew.
    ///
    /// # Errors
    /// SQLite's.
    pub fn truncate(&self, keyspace: &str, table: &str) -> Result<(), SqlError> {
        self.unchecked(|database| {
            for id in database.tables_named(keyspace, table) {
                let physical = id.physical();
                let definition = database.definitions.borrow().get(&physical).cloned();
                if let Some(definition) = definition {
                    database.connection.drop_table(&physical)?;
                    database.connection.create_table(&physical, &definition)?;
                }
            }
            Ok(())
        })
    }

    /// How many rows a table of a shard has.
    ///
    /// # Errors
    /// 1146 where there is no such table.
    pub fn count_rows(&self, id: &TableId) -> Result<u64, SqlError> {
        let mut rows = 0;
        self.read_rows(id, Order::Stored, &mut |_| {
            rows += 1;
            Ok(())
        })?;
        Ok(rows)
    }

    /// A number that grows with every change of a table of a shard.
    ///
    /// # Errors
    /// SQLite's.
    pub fn change_count(&self, id: &TableId) -> Result<u64, SqlError> {
        self.database.connection.change_count(&id.physical())
    }

    /// Runs work with foreign keys unkept.
    fn unchecked(
        &self,
        work: impl FnOnce(&Database) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let connection = &self.database.connection;
        let before = connection.foreign_key_checks();
        connection.set_foreign_key_checks(ForeignKeyChecks::Off);
        let outcome = self.database.whole(work);
        connection.set_foreign_key_checks(before);
        outcome
    }
}

impl Cluster for Embedded {
    fn shard(&self, keyspace: &str, shard: &str) -> Option<&dyn Shard> {
        self.shards
            .get(keyspace)?
            .get(shard)
            .map(|shard| shard as &dyn Shard)
    }
}

impl Database {
    fn read_definitions(&self) {
        let tables = self
            .connection
            .tables()
            .into_iter()
            .map(|(name, definition)| (name, Rc::new(definition)))
            .collect();
        *self.definitions.borrow_mut() = tables;
    }

    /// The tables of that name in a keyspace's shards, sorted. Costs what the keyspace has in shards, not in tables.
    fn tables_named(&self, keyspace: &str, table: &str) -> Vec<TableId> {
        let known = self.definitions.borrow();
        let mut found = Vec::new();
        let mut from = format!("{keyspace}/");
        while let Some((physical, _)) = known.range(from..).next() {
            let Some(id) = TableId::parse(physical).filter(|id| id.keyspace == keyspace) else {
                break;
            };
            // `0` is what follows `/`: the next shard's first table.
            from = format!("{keyspace}/{}0", id.shard);
            let named = TableId {
                table: table.to_owned(),
                ..id
            };
            if known.contains_key(&named.physical()) {
                found.push(named);
            }
        }
        found
    }

    /// Runs DDL over several shards as one: all of it or none; definitions are read anew.
    fn whole(&self, work: impl FnOnce(&Self) -> Result<(), SqlError>) -> Result<(), SqlError> {
        let outcome = self.atomically(work);
        self.read_definitions();
        outcome
    }

    /// Does all of the work or none.
    fn atomically(&self, work: impl FnOnce(&Self) -> Result<(), SqlError>) -> Result<(), SqlError> {
        const POINT: &str = "whole";
        self.connection.savepoint(POINT)?;
        let outcome = work(self);
        if outcome.is_err() {
            self.connection.rollback_to(POINT)?;
        }
        self.connection.release(POINT)?;
        outcome
    }
}

/// The tables of one shard while a statement runs.
struct ShardTables<'a> {
    shard: &'a EmbeddedShard,
    definitions: BTreeMap<String, Rc<CreateTable>>,
    lent: Borrowed,
}

impl Tables for ShardTables<'_> {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        if name
            .keyspace
            .as_ref()
            .is_some_and(|keyspace| *keyspace != self.shard.keyspace)
        {
            return None;
        }
        if let Some((physical, definition)) = self.lent.get(&name.name) {
            return Some((physical.clone(), definition));
        }
        let physical = format!("{}/{}", self.shard.prefix, name.name);
        let definition = self.definitions.get(&physical)?;
        Some((physical, definition))
    }
}

impl Shard for EmbeddedShard {
    fn execute(&self, statement: &ast::Statement, binds: &Binds) -> Result<QueryResult, SqlError> {
        let definitions = {
            let all = self.database.definitions.borrow();
            let first = format!("{}/", self.prefix);
            let own = all
                .range(first.clone()..)
                .take_while(|(name, _)| name.starts_with(&first));
            own.map(|(name, definition)| (name.clone(), Rc::clone(definition)))
                .collect()
        };
        self.database.connection.set_database(Some(&self.keyspace));
        self.database.connection.execute(
            statement,
            binds,
            &ShardTables {
                shard: self,
                definitions,
                lent: self.database.lent.borrow().tables.clone(),
            },
        )
    }

    fn begin(&self) -> Result<(), SqlError> {
        let mut transaction = self.database.transaction.borrow_mut();
        if transaction.participants.is_empty() && !self.database.connection.in_transaction() {
            self.database.connection.begin()?;
        }
        transaction.undone.remove(&self.prefix);
        transaction.participants.insert(self.prefix.clone());
        Ok(())
    }

    fn commit(&self) -> Result<(), SqlError> {
        let mut transaction = self.database.transaction.borrow_mut();
        if transaction.undone.remove(&self.prefix) {
            return Err(SqlError::unknown(
                "the transaction was rolled back by another shard of it",
            ));
        }
        if transaction.participants.remove(&self.prefix) && transaction.participants.is_empty() {
            transaction.savepoints.clear();
            return self.database.connection.commit();
        }
        Ok(())
    }

    fn rollback(&self) -> Result<(), SqlError> {
        let mut transaction = self.database.transaction.borrow_mut();
        if transaction.participants.remove(&self.prefix) {
            let others = std::mem::take(&mut transaction.participants);
            transaction.undone.extend(others);
            transaction.savepoints.clear();
            return self.database.connection.rollback();
        }
        transaction.undone.remove(&self.prefix);
        Ok(())
    }

    fn savepoint(&self, name: &str) -> Result<(), SqlError> {
        let mut transaction = self.database.transaction.borrow_mut();
        // The same point set by another shard is this one too: the earliest undoes the work of both.
        if let Some((_, shards)) = transaction
            .savepoints
            .iter_mut()
            .rev()
            .find(|(known, _)| known == name)
            && shards.insert(self.prefix.clone())
        {
            return Ok(());
        }
        self.database.connection.savepoint(name)?;
        transaction
            .savepoints
            .push((name.to_owned(), BTreeSet::from([self.prefix.clone()])));
        Ok(())
    }

    fn rollback_to(&self, name: &str) -> Result<(), SqlError> {
        let mut transaction = self.database.transaction.borrow_mut();
        self.database.connection.rollback_to(name)?;
        if let Some(position) = transaction
            .savepoints
            .iter()
            .rposition(|(known, _)| known == name)
        {
            transaction.savepoints.truncate(position + 1);
        }
        Ok(())
    }
}
