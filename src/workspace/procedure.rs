//! `CALL dolt_…` and `CALL vrev_…`: the commands as procedures, with the results that Dolt documents.

use super::commit::Stage;
use super::session::Session;
use super::{CommitOptions, Object};
use crate::sql::{SqlError, ast, literal};
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
        .or_else(|| lower.strip_prefix("vrev_"));
    let words = arguments.iter().map(word).collect::<Result<Vec<_>, _>>()?;
    match verb {
        Some(_) if session.is_read_only() => Err(session.read_only()),
        Some("commit") => commit(session, &words),
        Some("add") => add(session, &words),
        _ => Err(SqlError::new(
            1305,
            "42000",
            format!("PROCEDURE {name} does not exist"),
        )),
    }
}

/// Arguments are a command's words: string literals.
fn word(argument: &ast::Expr) -> Result<String, SqlError> {
    literal::value_of_expr(argument)
        .and_then(|value| value.to_text().map(String::from))
        .ok_or_else(|| {
            SqlError::unknown(format!(
                "procedure arguments must be literals, not `{argument}`"
            ))
        })
}

fn commit(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let mut options = CommitOptions::default();
    let mut messages: Vec<String> = Vec::new();
    let mut skip_empty = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--allow-empty" => options.allow_empty = true,
            "--skip-empty" => skip_empty = true,
            "--skip-verification" | "--force" | "-f" => options.no_verify = true,
            "--all" | "-a" | "-A" => options.stage = Stage::All,
            "-m" | "--message" | "-am" | "-Am" => {
                if word.len() == 3 {
                    options.stage = Stage::All;
                }
                messages.push(words.next().cloned().ok_or_else(|| needs_value(word))?);
            }
            other => {
                if let Some(message) = other.strip_prefix("--message=") {
                    messages.push(message.to_owned());
                } else {
                    return Err(unknown_option("dolt_commit", other));
                }
            }
        }
    }
    if skip_empty && options.allow_empty {
        return Err(SqlError::unknown(
            "error: cannot use both --allow-empty and --skip-empty",
        ));
    }
    if messages.is_empty() {
        return Err(SqlError::unknown("Must provide commit message."));
    }
    options.message = messages.join("\n\n");
    session.commit_transaction()?;
    match session.workspace().commit(&options) {
        Ok(report) => Ok(one_cell("hash", Value::Text(report.id.to_string()))),
        Err(super::Error::NothingToCommit { .. }) if skip_empty => Ok(QueryResult {
            rows: Some(ResultSet {
                fields: vec![text_field("hash")],
                rows: Vec::new(),
            }),
            ..QueryResult::default()
        }),
        Err(super::Error::NothingToCommit { .. }) => Err(SqlError::unknown("nothing to commit")),
        Err(error) => Err(error.into_sql()),
    }
}

fn add(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    if words.is_empty() {
        let text = "Nothing specified, nothing added. Maybe you wanted to say 'dolt add .'?";
        return Err(SqlError::unknown(text));
    }
    session.commit_transaction()?;
    let all = words
        .iter()
        .any(|word| matches!(word.as_str(), "." | "-A" | "--all"));
    let keyspace = session.client.target.keyspace.clone();
    let objects: Vec<Object> = if all {
        Vec::new()
    } else {
        words
            .iter()
            .map(|word| match (&keyspace, word.contains(['.', '/'])) {
                (Some(keyspace), false) => Object::Table {
                    keyspace: keyspace.clone(),
                    table: word.clone(),
                },
                _ => Object::parse(word),
            })
            .collect()
    };
    match session.workspace().add(&objects) {
        Ok(()) => Ok(one_cell("status", Value::Int(0))),
        Err(super::Error::UnknownObject { name, .. }) => {
            let table = name.rsplit('.').next().unwrap_or(&name);
            Err(SqlError::unknown(format!(
                "error: the table(s) {table} do not exist"
            )))
        }
        Err(error) => Err(error.into_sql()),
    }
}

fn needs_value(option: &str) -> SqlError {
    SqlError::unknown(format!("error: no value for option `{option}`"))
}

fn unknown_option(procedure: &str, option: &str) -> SqlError {
    SqlError::unknown(format!("error: unknown option `{option}` of {procedure}"))
}

fn text_field(name: &str) -> Field {
    Field {
        name: name.to_owned(),
        column_type: ColumnType::new(TypeKind::LongText),
    }
}

fn one_cell(name: &str, value: Value) -> QueryResult {
    let column_type = match value {
        Value::Int(_) => ColumnType::new(TypeKind::BigInt),
        _ => ColumnType::new(TypeKind::LongText),
    };
    let fields = vec![Field {
        name: name.to_owned(),
        column_type,
    }];
    QueryResult {
        rows: Some(ResultSet {
            fields,
            rows: vec![vec![value]],
        }),
        ..QueryResult::default()
    }
}
