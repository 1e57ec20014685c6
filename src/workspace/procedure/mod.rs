//! `CALL dolt_…` and `CALL vrev_…`: the commands as procedures, one file each, with the arguments, results and errors that
//! Dolt documents. Arguments are a command's words; each may be any expression.

mod add;
mod arguments;
mod branch;
mod checkout;
mod clean;
mod commit;
mod conflicts_resolve;
mod count_commits;
mod merge;
mod pick;
mod rebase;
mod remote;
mod reset;
mod rm;
mod squash_history;
mod stash;
mod tag;
mod verify_constraints;

use std::collections::BTreeMap;

use arguments::Arguments;

use super::session::Session;
use super::{Error, Object, Unresolved, Workspace};
use crate::router::Autocommit;
use crate::sql::{SqlError, ast, literal};
use crate::store;
use crate::value::{ColumnType, Field, QueryResult, ResultSet, TypeKind, Value};

/// Runs a procedure.
///
/// # Errors
/// 1305 for one that does not exist, 1105 for one that fails, with the command's own text.
pub(super) fn call(
    session: &mut Session,
    name: &str,
    arguments: &[ast::Expr],
) -> Result<QueryResult, SqlError> {
    let lower = name.to_ascii_lowercase();
    let verb = lower
        .strip_prefix("dolt_")
        .or_else(|| lower.strip_prefix("vrev_"))
        .unwrap_or_default();
    if verb == "commit_hash_out" {
        return commit::hash_out(session, arguments);
    }
    type Procedure = fn(&mut Session, &[String]) -> Result<QueryResult, SqlError>;
    let procedure: Procedure = match verb {
        "add" => add::call,
        "branch" => branch::call,
        "checkout" => checkout::call,
        "clean" => clean::call,
        "commit" => commit::call,
        "conflicts_resolve" => conflicts_resolve::call,
        "cherry_pick" => pick::cherry_pick,
        "count_commits" => count_commits::call,
        "merge" => merge::call,
        "revert" => pick::revert,
        "fetch" => remote::fetch,
        "gc" => remote::gc,
        "pull" => remote::pull,
        "push" => remote::push,
        "remote" => remote::remote,
        "rebase" => rebase::call,
        "reset" => reset::call,
        "rm" => rm::call,
        "squash_history" => squash_history::call,
        "stash" => stash::call,
        "tag" => tag::call,
        "verify_constraints" => verify_constraints::call,
        // A session is of one repository, and what a keyspace had is in its commits.
        "clone" | "undrop" | "purge_dropped_databases" | "backup" => {
            return Err(SqlError::unsupported(format!("procedure {name}")));
        }
        _ => {
            return Err(SqlError::new(
                1305,
                "42000",
                format!("PROCEDURE {name} does not exist"),
            ));
        }
    };
    let words = words(session, arguments)?;
    sign(session);
    // A transaction ends where a procedure begins, but decides what becomes of conflicts.
    session.called_in_transaction = session.client.in_transaction();
    procedure(session, &words)
}

/// Variables of a session that say who signs what its procedures commit, and git's for the same.
const SIGNERS: [(&str, &str); 6] = [
    ("dolt_author_name", "GIT_AUTHOR_NAME"),
    ("dolt_author_email", "GIT_AUTHOR_EMAIL"),
    ("dolt_author_date", "GIT_AUTHOR_DATE"),
    ("dolt_committer_name", "GIT_COMMITTER_NAME"),
    ("dolt_committer_email", "GIT_COMMITTER_EMAIL"),
    ("dolt_committer_date", "GIT_COMMITTER_DATE"),
];

/// Has the session's commits signed as its variables say.
fn sign(session: &mut Session) {
    let signers = signers(session);
    session.place.workspace.sign_as(signers);
}

fn signers(session: &Session) -> BTreeMap<&'static str, String> {
    let variables = &session.client.variables;
    let signers = SIGNERS.iter().filter_map(|(variable, name)| {
        let value = variables.get(*variable)?.to_text()?.into_owned();
        (!value.is_empty()).then_some((*name, value))
    });
    signers.collect()
}

/// An author and a date that are given are the committer's too, unless variables name who commits, and when.
fn commit_as_author(session: &mut Session, author: Option<&str>, date: Option<&str>) {
    let is_set = |name: &str| session.client.variables.contains_key(name);
    let mut signers = signers(session);
    let who = author.and_then(|text| text.trim_end().strip_suffix('>')?.split_once('<'));
    if let Some((name, email)) = who
        && !is_set("dolt_committer_name")
        && !is_set("dolt_committer_email")
    {
        signers.insert("GIT_COMMITTER_NAME", name.trim().to_owned());
        signers.insert("GIT_COMMITTER_EMAIL", email.trim().to_owned());
    }
    if let Some(date) = date
        && !is_set("dolt_committer_date")
    {
        signers.insert("GIT_COMMITTER_DATE", date.to_owned());
    }
    session.place.workspace.sign_as(signers);
}

/// Returns the words that arguments evaluate to.
fn words(session: &mut Session, arguments: &[ast::Expr]) -> Result<Vec<String>, SqlError> {
    let word = |argument| -> Result<String, SqlError> {
        let value = value(session, argument)?;
        let text = value.to_text().map(String::from);
        text.ok_or_else(|| SqlError::unknown(format!("error: argument `{argument}` is NULL")))
    };
    arguments.iter().map(word).collect()
}

fn value(session: &mut Session, argument: &ast::Expr) -> Result<Value, SqlError> {
    if let Some(value) = literal::value_of_expr(argument) {
        return Ok(value);
    }
    let result = session.execute(&format!("SELECT {argument}"))?;
    let mut rows = result.rows.unwrap_or_default().rows.into_iter();
    let cell = rows.next().and_then(|row| row.into_iter().next());
    Ok(cell.unwrap_or_default())
}

/// Returns the objects that words name: tables of the session's keyspace where nothing else is said.
fn objects(session: &Session, words: &[String]) -> Vec<Object> {
    let keyspace = session.client.target.keyspace.as_deref();
    words
        .iter()
        .map(|word| match (keyspace, word.contains(['.', '/'])) {
            (Some(keyspace), false) => Object::Table {
                keyspace: keyspace.to_owned(),
                table: session
                    .place
                    .catalog
                    .definition(keyspace, word)
                    .map_or(word.as_str(), |table| table.name())
                    .to_owned(),
            },
            _ => Object::parse(word),
        })
        .collect()
}

/// An error as a client of a procedure sees it: names that lead nowhere in the words that the reference has for them.
fn failed(error: Error) -> SqlError {
    match error {
        Error::Store(store::Error::UnknownRevision { spec, .. }) => {
            SqlError::unknown(format!("branch not found: {spec}"))
        }
        other => other.into_sql(),
    }
}

/// Tells whether a variable of the session is set, or is so by default.
fn is_on(session: &Session, name: &str, default: bool) -> bool {
    match session.client.variables.get(name) {
        None => default,
        Some(Value::Text(word)) => {
            matches!(word.to_ascii_lowercase().as_str(), "1" | "on" | "true")
        }
        Some(other) => other.to_i64() == Some(1),
    }
}

/// Tells whether each statement of the session is a transaction of its own.
fn is_autocommitted(session: &Session) -> bool {
    session.client.autocommit == Autocommit::On && !session.called_in_transaction
}

/// What becomes of conflicts and violations: with `autocommit` they are taken back, unless the session's variables allow
/// to keep them; in a transaction they are kept to be resolved.
fn settle(
    session: &mut Session,
    left: &Unresolved,
    take_back: impl FnOnce(&Workspace) -> Result<(), Error>,
) -> Result<(), SqlError> {
    let autocommit = is_autocommitted(session);
    let forced = is_on(session, "dolt_force_transaction_commit", false);
    let conflicts = !(left.data.is_empty() && left.schema.is_empty());
    if !autocommit || forced || (conflicts && is_on(session, "dolt_allow_commit_conflicts", false))
    {
        return Ok(());
    }
    take_back(session.workspace()).map_err(failed)?;
    session.reload().map_err(failed)?;
    if conflicts {
        refuse(
            "Merge conflict detected, @autocommit transaction rolled back. @autocommit must be disabled so that merge \
             conflicts can be resolved using the dolt_conflicts and dolt_schema_conflicts tables before manually \
             committing the transaction. Alternatively, to commit transactions with merge conflicts, set \
             @@dolt_allow_commit_conflicts = 1",
        )
    } else {
        refuse(format!(
            "Committing this transaction resulted in a working set with constraint violations, transaction rolled back. \
             This constraint violation may be the result of a previous merge or the result of transaction sequencing. \
             Constraint violations from a merge can be resolved using the dolt_constraint_violations table before \
             committing the transaction. To allow transactions to be committed with constraint violations from a merge \
             or transaction sequencing set @@dolt_force_transaction_commit=1.\nConstraint violations: {}",
            left.violations.join(", ")
        ))
    }
}

fn refuse<T>(text: impl Into<String>) -> Result<T, SqlError> {
    Err(SqlError::unknown(text))
}

fn field(name: &str, kind: TypeKind) -> Field {
    Field {
        name: name.to_owned(),
        column_type: ColumnType::new(kind),
    }
}

fn one_row(cells: Vec<(&str, TypeKind, Value)>) -> QueryResult {
    let (fields, row) = cells
        .into_iter()
        .map(|(name, kind, value)| (field(name, kind), value))
        .unzip();
    QueryResult {
        rows: Some(ResultSet {
            fields,
            rows: vec![row],
        }),
        ..QueryResult::default()
    }
}

/// The result of what cannot but succeed or fail.
fn done() -> QueryResult {
    one_row(vec![("status", TypeKind::BigInt, Value::Int(0))])
}

/// The result of procedures that also say something.
fn done_with(message: String) -> QueryResult {
    one_row(vec![
        ("status", TypeKind::BigInt, Value::Int(0)),
        ("message", TypeKind::LongText, Value::Text(message)),
    ])
}
