//! `dolt_commit`, and `dolt_commit_hash_out`, which also puts the commit's hash into a variable.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, commit_as_author, failed, field, one_row, refuse, words};
use crate::sql::{SqlError, ast};
use crate::value::{QueryResult, ResultSet, TypeKind, Value};
use crate::workspace::{CommitOptions, Error, Stage};

const KNOWN: &[Known] = &[
    flag("all", Some('a')),
    flag("ALL", Some('A')),
    flag("amend", None),
    flag("allow-empty", None),
    flag("skip-empty", None),
    flag("skip-verification", None),
    flag("force", Some('f')),
    value("message", Some('m')),
    value("author", None),
    value("date", None),
    value("branch", None),
];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    if arguments.has("allow-empty") && arguments.has("skip-empty") {
        return refuse("error: cannot use both --allow-empty and --skip-empty");
    }
    if let Some(branch) = arguments.value("branch")
        && session.branch() != Some(branch)
    {
        return Err(SqlError::unsupported(
            "--branch of another branch than the session's",
        ));
    }
    let options = options(&arguments)?;
    session.commit_transaction()?;
    commit_as_author(session, options.author.as_deref(), options.date.as_deref());
    match session.workspace().commit(&options) {
        Ok(report) => {
            session.reload().map_err(failed)?;
            let hash = Value::Text(report.id.to_string());
            Ok(one_row(vec![("hash", TypeKind::LongText, hash)]))
        }
        Err(Error::NothingToCommit { .. }) if arguments.has("skip-empty") => Ok(QueryResult {
            rows: Some(ResultSet {
                fields: vec![field("hash", TypeKind::LongText)],
                rows: Vec::new(),
            }),
            ..QueryResult::default()
        }),
        Err(Error::NothingToCommit { .. }) => refuse("nothing to commit"),
        Err(error) => Err(failed(error)),
    }
}

fn options(arguments: &Arguments) -> Result<CommitOptions, SqlError> {
    let messages = arguments.values("message");
    let amend = arguments.has("amend");
    if messages.is_empty() && !amend {
        return refuse("Must provide commit message.");
    }
    Ok(CommitOptions {
        message: messages.join("\n\n"),
        stage: match (arguments.has("ALL"), arguments.has("all")) {
            (true, _) => Stage::All,
            (_, true) => Stage::Tracked,
            _ => Stage::Nothing,
        },
        allow_empty: arguments.has("allow-empty"),
        no_verify: arguments.has("skip-verification") || arguments.has("force"),
        amend,
        author: arguments.value("author").map(str::to_owned),
        date: arguments.value("date").map(str::to_owned),
        ..CommitOptions::default()
    })
}

/// Runs `dolt_commit` with all arguments but the first, the variable that gets the hash.
pub(super) fn hash_out(
    session: &mut Session,
    arguments: &[ast::Expr],
) -> Result<QueryResult, SqlError> {
    let variable = match arguments.first() {
        Some(ast::Expr::Identifier(name)) => name.value.strip_prefix('@').map(str::to_lowercase),
        _ => None,
    };
    let Some(variable) = variable else {
        return Err(SqlError::new(
            1414,
            "42000",
            "OUT or INOUT argument 1 for routine dolt_commit_hash_out is not a variable",
        ));
    };
    let words = words(session, arguments.get(1..).unwrap_or_default())?;
    let result = call(session, &words)?;
    let rows = result.rows.as_ref().map(|set| set.rows.as_slice());
    let hash = rows.unwrap_or_default().first().and_then(|row| row.first());
    session
        .client
        .user_variables
        .insert(variable, hash.cloned().unwrap_or_default());
    Ok(result)
}
