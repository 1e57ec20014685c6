//! A script of SQL statements with its assertions; each client of it has a session of its own.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use vrev::sql::SqlError;
use vrev::value::{QueryResult, Value};
use vrev::workspace::{Session, Workspace};

use super::repository::{KEYSPACE, Repository};
use super::{SQL, count, translate};
use crate::case::{Case, text};
use crate::result::{counts, rows};

/// The session of statements that name no client.
const NO_CLIENT: &str = "";

/// Sessions by the client's name, made when a client first speaks.
struct Clients<'w> {
    workspace: &'w Workspace,
    sessions: BTreeMap<String, Session>,
}

impl Clients<'_> {
    fn execute(&mut self, client: &str, query: &str) -> Result<QueryResult, SqlError> {
        if !self.sessions.contains_key(client) {
            let mut session = self
                .workspace
                .session(None)
                .map_err(|error| SqlError::unknown(format!("session: {error}")))?;
            session.execute(&format!("USE {KEYSPACE}"))?;
            // Both sessions are this thread's: who waits for the other waits for ever.
            session.execute("SET innodb_lock_wait_timeout = 0")?;
            self.sessions.insert(client.to_owned(), session);
        }
        match self.sessions.get_mut(client) {
            Some(session) => session.execute(query),
            None => Err(SqlError::unknown("no session")),
        }
    }
}

/// Runs a script; the error is of the first assertion that does not hold.
pub(super) fn run(case: &Case, repository: &Repository) -> Result<(), String> {
    let assertions = case
        .get("assertions")
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    count(&SQL, 0, assertions.len());
    let workspace = Workspace::open(repository.path()).map_err(|error| error.to_string())?;
    let mut clients = Clients {
        workspace: &workspace,
        sessions: BTreeMap::new(),
    };
    let setup = case.get("setup").as_array().into_iter().flatten();
    for statement in setup.filter_map(Json::as_str) {
        clients
            .execute(NO_CLIENT, statement)
            .map_err(|error| format!("setup: {}: {statement}", error.message))?;
    }
    let mut first = Ok(());
    for (at, assertion) in assertions.iter().enumerate() {
        let query = text(assertion, "query");
        let client = text(assertion, "client");
        if assertion.get("new_session") == Some(&Json::Bool(true)) {
            clients.sessions.remove(client);
        }
        let outcome = clients.execute(client, query);
        match assert(assertion, &outcome) {
            Ok(()) => count(&SQL, 1, 0),
            Err(difference) if first.is_ok() => {
                first = Err(format!("{difference}: {at}: {query}"));
            }
            Err(_) => {}
        }
    }
    first
}

fn assert(assertion: &Json, outcome: &Result<QueryResult, SqlError>) -> Result<(), String> {
    if let Some(expected) = assertion.get("expected_error") {
        return match outcome {
            Ok(result) => Err(format!(
                "no error where one is expected, {expected}; rows {:?}",
                result.rows.as_ref().map(|set| set.rows.len())
            )),
            Err(error) => translate::same_error(expected, error),
        };
    }
    let result = outcome
        .as_ref()
        .map_err(|error| format!("error {}: {}", error.errno, error.message))?;
    if let Some(expected) = assertion.get("expected_rows").and_then(Json::as_array) {
        let ordered = assertion.get("ordered") == Some(&Json::Bool(true));
        let (expected, result) = definitions(expected, result);
        rows(&expected, &result, ordered)?;
    }
    if let Some(expected) = assertion.get("expected_columns").and_then(Json::as_array) {
        let expected: Vec<&str> = expected.iter().filter_map(Json::as_str).collect();
        let fields = result.rows.as_ref().map(|set| set.fields.as_slice());
        let actual: Vec<&str> = fields
            .unwrap_or_default()
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        if expected != actual {
            return Err(format!("columns: expected {expected:?}, got {actual:?}"));
        }
    }
    if let Some(expected) = assertion.get("expected_ok") {
        counts(expected, result)?;
    }
    warning(assertion, result)
}

/// Definitions of tables are printed alike on both sides.
fn definitions(expected: &[Json], result: &QueryResult) -> (Vec<Json>, QueryResult) {
    let is_definition = |text: &str| text.starts_with("CREATE TABLE");
    let mut expected = expected.to_vec();
    let cells = expected.iter_mut().filter_map(Json::as_array_mut).flatten();
    for cell in cells {
        if let Json::String(text) = cell
            && is_definition(text)
        {
            *text = translate::definition(text);
        }
    }
    let mut result = result.clone();
    let rows = result.rows.iter_mut().flat_map(|set| &mut set.rows);
    for cell in rows.flatten() {
        if let Value::Text(text) = cell
            && is_definition(text)
        {
            *text = translate::definition(text);
        }
    }
    (expected, result)
}

fn warning(assertion: &Json, result: &QueryResult) -> Result<(), String> {
    let Some(expected) = assertion.get("expected_warning") else {
        return Ok(());
    };
    let code = expected.get("code").and_then(Json::as_u64);
    let part = text(expected, "contains");
    let found = result
        .warnings
        .iter()
        .filter(|(number, message)| {
            code.is_none_or(|code| u64::from(*number) == code) && message.contains(part)
        })
        .count() as u64;
    let wanted = expected.get("count").and_then(Json::as_u64);
    if wanted.map_or(found > 0, |wanted| wanted == found) {
        Ok(())
    } else {
        Err(format!(
            "a warning is expected, {expected}; got {:?}",
            result.warnings
        ))
    }
}
