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
use vrev::value::{QueryResult, TypeKind, Value};

use crate::case::{Case, text};

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

fn counts(expected: &Json, result: &QueryResult) -> Result<(), String> {
    let info = result.info.as_deref().unwrap_or_default();
    let told = |word: &str| {
        info.split_once(word)
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
    };
    for (key, actual) in [
        ("rows_affected", Some(result.affected_rows)),
        ("insert_id", Some(result.insert_id)),
        ("matched", told("matched: ")),
        ("changed", told("Changed: ")),
    ] {
        if let Some(wanted) = expected.get(key).and_then(Json::as_u64)
            && actual != Some(wanted)
        {
            return Err(format!("{key}: expected {wanted}, got {actual:?}"));
        }
    }
    Ok(())
}

fn rows(expected: &[Json], result: &QueryResult, ordered: bool) -> Result<(), String> {
    let empty = Vec::new();
    let (fields, actual) = result
        .rows
        .as_ref()
        .map_or((&[][..], &empty), |set| (&set.fields[..], &set.rows));
    let differs = || {
        let shown: Vec<Vec<String>> = actual
            .iter()
            .map(|row| row.iter().map(|value| value.to_vitess_text()).collect())
            .collect();
        Err(format!(
            "rows: expected {}, got {shown:?}",
            Json::from(expected.to_vec())
        ))
    };
    if expected.len() != actual.len() {
        return differs();
    }
    let same = |wanted: &Json, row: &Vec<Value>| {
        let wanted = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
        let kind = |position: usize| fields.get(position).map(|field| field.column_type.kind);
        wanted.len() == row.len()
            && wanted
                .iter()
                .zip(row)
                .enumerate()
                .all(|(at, (wanted, value))| cell(wanted, value, kind(at)))
    };
    if ordered {
        return if expected
            .iter()
            .zip(actual)
            .all(|(wanted, row)| same(wanted, row))
        {
            Ok(())
        } else {
            differs()
        };
    }
    let mut left: Vec<&Vec<Value>> = actual.iter().collect();
    for wanted in expected {
        match left.iter().position(|row| same(wanted, row)) {
            Some(position) => {
                left.swap_remove(position);
            }
            None => return differs(),
        }
    }
    Ok(())
}

fn cell(expected: &Json, actual: &Value, kind: Option<TypeKind>) -> bool {
    let text = || actual.to_text().unwrap_or_default().into_owned();
    match expected {
        Json::Null => actual.is_null(),
        _ if expected.get("any").is_some() => true,
        _ if actual.is_null() => false,
        Json::Bool(truth) => actual.to_f64() == Some(f64::from(u8::from(*truth))),
        Json::Number(number) => {
            let exact = number.to_string();
            text() == exact
                || close(
                    number.as_f64().unwrap_or(f64::NAN),
                    actual.to_f64().unwrap_or(f64::NAN),
                )
        }
        Json::String(wanted) => {
            let number = matches!(
                actual,
                Value::Int(_)
                    | Value::UInt(_)
                    | Value::Decimal(_)
                    | Value::Float(_)
                    | Value::Double(_)
            );
            let json = kind == Some(TypeKind::Json)
                && serde_json::from_str::<Json>(wanted).ok()
                    == serde_json::from_str::<Json>(&text()).ok();
            text() == *wanted
                || json
                || (number
                    && wanted
                        .parse()
                        .is_ok_and(|wanted| close(wanted, actual.to_f64().unwrap_or(f64::NAN))))
        }
        Json::Object(_) => tagged(expected, actual, &text()),
        Json::Array(_) => serde_json::from_str::<Json>(&text()).ok().as_ref() == Some(expected),
    }
}

fn tagged(expected: &Json, actual: &Value, text: &str) -> bool {
    let field = |name: &str| expected.get(name).and_then(Json::as_str);
    if let Some(wanted) = field("datetime").or_else(|| field("time")) {
        let plain = |text: &str| {
            let text = text.strip_suffix(" 00:00:00").unwrap_or(text);
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text.to_owned()
            }
        };
        return plain(wanted) == plain(text);
    }
    if let Some(wanted) = field("decimal") {
        return wanted
            .parse()
            .is_ok_and(|wanted| close(wanted, actual.to_f64().unwrap_or(f64::NAN)));
    }
    if let Some(wanted) = field("hex") {
        return crate::compare::unhex(wanted).ok().as_deref() == actual.to_bytes().as_deref();
    }
    if let Some(wanted) = expected.get("json") {
        return serde_json::from_str::<Json>(text).ok().as_ref() == Some(wanted);
    }
    false
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}
