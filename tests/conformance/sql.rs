//! Suite `sql`: plain MySQL scripts against the engine, on one database of one shard.
//!
//! Rows compare as the suite's page says: numbers by value (doubles within 1e-9), dates and times by their text, JSON by
//! its value; a query without `ordered` compares its rows as multisets. Errors must occur; texts of other engines are
//! not asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use vrev::catalog::alter::{Change, ForeignKeyChecks, apply};
use vrev::catalog::{Catalog, Keyspace};
use vrev::engine::{Binds, Connection, Tables};
use vrev::sql::ddl::{CreateTable, CreateView, Ddl};
use vrev::sql::{Show, SqlError, Statement, TableName, parse_statement};
use vrev::value::{QueryResult, Value};

use crate::case::{Case, text};
use crate::result::{counts, rows};

const KEYSPACE: &str = "mydb";

struct Database {
    connection: Connection,
    catalog: Catalog,
    definitions: BTreeMap<String, CreateTable>,
}

impl Tables for Database {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        let known = self
            .definitions
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&name.name));
        known.map(|(known, definition)| (known.clone(), definition))
    }

    fn view(&self, name: &TableName) -> Option<&CreateView> {
        self.views()
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&name.name))
            .map(|(_, view)| view)
    }
}

impl Database {
    fn views(&self) -> &BTreeMap<String, CreateView> {
        &self.catalog.keyspaces[KEYSPACE].views
    }

    fn new() -> Result<Self, String> {
        let connection = Connection::open_in_memory().map_err(|error| error.to_string())?;
        connection.set_database(Some(KEYSPACE));
        let keyspace = Keyspace {
            name: KEYSPACE.to_owned(),
            shards: vec!["0".to_owned()],
            ..Keyspace::default()
        };
        let mut catalog = Catalog::default();
        catalog
            .keyspaces
            .insert(KEYSPACE.to_owned(), Arc::new(keyspace));
        Ok(Self {
            connection,
            catalog,
            definitions: BTreeMap::new(),
        })
    }

    fn run(&mut self, query: &str) -> Result<QueryResult, String> {
        match parse_statement(query).map_err(|error| error.to_string())? {
            Statement::Sql(statement) => self
                .connection
                .execute(&statement, &Binds::new(), self)
                .map_err(|error| error.to_string()),
            Statement::Ddl(Ddl::TruncateTable(name)) => self.run(&format!(
                "delete from {}",
                vrev::sql::name::quote_table(&name)
            )),
            Statement::Ddl(ddl) => self.ddl(&ddl),
            Statement::Show(Show::CreateTable(name)) => self.show_create(&name),
            _ => Err("the statement is not the engine's".to_owned()),
        }
    }

    fn ddl(&mut self, ddl: &Ddl) -> Result<QueryResult, String> {
        let outcome = apply(&self.catalog, KEYSPACE, ddl, ForeignKeyChecks::On)
            .map_err(|error| error.to_string())?;
        let after: BTreeMap<String, CreateTable> = outcome.catalog.keyspaces[KEYSPACE]
            .tables
            .iter()
            .map(|(name, table)| (name.clone(), table.definition.clone()))
            .collect();
        self.connection
            .savepoint("ddl")
            .map_err(|error| error.to_string())?;
        let done = outcome
            .changes
            .iter()
            .try_for_each(|change| self.follow(change, &after));
        if done.is_err() {
            self.connection
                .rollback_to("ddl")
                .map_err(|error| error.to_string())?;
        }
        self.connection
            .release("ddl")
            .map_err(|error| error.to_string())?;
        done.map_err(|error| error.to_string())?;
        self.catalog = outcome.catalog;
        self.definitions = after;
        Ok(QueryResult::default())
    }

    fn follow(
        &self,
        change: &Change,
        after: &BTreeMap<String, CreateTable>,
    ) -> Result<(), SqlError> {
        match change {
            Change::TableCreated { table, .. } => {
                self.connection.create_table(table, &after[table])
            }
            Change::TableAltered {
                from, to, columns, ..
            } => {
                let columns: Vec<Option<String>> =
                    columns.iter().map(|(_, before)| before.clone()).collect();
                self.connection.alter_table(from, &after[to], &columns)?;
                if from == to {
                    Ok(())
                } else {
                    self.connection.rename(from, to, &after[to])
                }
            }
            Change::ReferencesFollowed { table, .. } => {
                let columns: Vec<Option<String>> = after[table]
                    .columns
                    .iter()
                    .map(|column| Some(column.name.clone()))
                    .collect();
                self.connection.alter_table(table, &after[table], &columns)
            }
            Change::TableDropped { table, .. } => self.connection.drop_table(table),
            Change::ViewDefined { .. }
            | Change::ViewRenamed { .. }
            | Change::ViewDropped { .. } => Ok(()),
            Change::TableTruncated { .. } => Err(SqlError::unsupported("TRUNCATE here")),
        }
    }

    fn show_create(&self, name: &TableName) -> Result<QueryResult, String> {
        let (_, definition) = self
            .resolve(name)
            .ok_or_else(|| format!("no table {name}"))?;
        let row = vec![
            Value::from(name.name.as_str()),
            Value::from(vrev::sql::print::table(definition)),
        ];
        let set = vrev::value::ResultSet {
            fields: Vec::new(),
            rows: vec![row],
        };
        Ok(QueryResult {
            rows: Some(set),
            ..QueryResult::default()
        })
    }
}

/// Runs one script.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    let mut database = Database::new()?;
    for file in case
        .get("setup_files")
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
    {
        let content = std::fs::read_to_string(case.folder.join(file))
            .map_err(|error| format!("{file}: {error}"))?;
        let statements: Vec<String> =
            serde_json::from_str(&content).map_err(|error| format!("{file}: {error}"))?;
        for statement in &statements {
            database
                .run(statement)
                .map_err(|error| format!("setup {statement}: {error}"))?;
        }
    }
    for statement in case
        .get("setup")
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
    {
        database
            .run(statement)
            .map_err(|error| format!("setup {statement}: {error}"))?;
    }
    for assertion in case.get("assertions").as_array().into_iter().flatten() {
        let query = text(assertion, "query");
        let outcome = database.run(query);
        assert_one(assertion, &outcome).map_err(|difference| format!("{query}: {difference}"))?;
    }
    Ok(())
}

fn assert_one(assertion: &Json, outcome: &Result<QueryResult, String>) -> Result<(), String> {
    if assertion.get("expected_error").is_some() {
        return if outcome.is_err() {
            Ok(())
        } else {
            Err("an error is expected".to_owned())
        };
    }
    let result = outcome.as_ref().map_err(Clone::clone)?;
    if let Some(expected) = assertion.get("expected_rows").and_then(Json::as_array) {
        rows(
            expected,
            result,
            assertion.get("ordered") == Some(&Json::Bool(true)),
        )?;
    }
    if let (Some(expected), Some(set)) = (
        assertion.get("expected_columns").and_then(Json::as_array),
        &result.rows,
    ) {
        let expected: Vec<&str> = expected.iter().filter_map(Json::as_str).collect();
        let actual: Vec<&str> = set.fields.iter().map(|field| field.name.as_str()).collect();
        if expected != actual {
            return Err(format!("columns: expected {expected:?}, got {actual:?}"));
        }
    }
    if let Some(expected) = assertion.get("expected_ok") {
        counts(expected, result)?;
    }
    let warning = assertion
        .get("expected_warning")
        .and_then(|warning| warning.get("code"))
        .and_then(Json::as_u64);
    if let Some(code) = warning
        && !result
            .warnings
            .iter()
            .any(|(errno, _)| u64::from(*errno) == code)
    {
        return Err(format!(
            "warning {code} is expected, got {:?}",
            result.warnings
        ));
    }
    Ok(())
}
