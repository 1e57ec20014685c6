//! `dolt_cherry_pick` and `dolt_revert`: commits' changes made again, or taken back.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, failed, one_row, refuse, settle};
use crate::sql::SqlError;
use crate::value::{QueryResult, TypeKind, Value};
use crate::workspace::{Error, OperationKind, PickOptions, PickReport, Unresolved};

const KNOWN: &[Known] = &[
    flag("abort", None),
    flag("continue", None),
    flag("allow-empty", None),
    value("author", None),
];

/// Runs `dolt_cherry_pick`.
pub(super) fn cherry_pick(
    session: &mut Session,
    words: &[String],
) -> Result<QueryResult, SqlError> {
    call(session, words, OperationKind::CherryPick)
}

/// Runs `dolt_revert`.
pub(super) fn revert(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    call(session, words, OperationKind::Revert)
}

fn call(
    session: &mut Session,
    words: &[String],
    kind: OperationKind,
) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    if arguments.has("abort") && arguments.has("continue") {
        return refuse("error: --continue and --abort are mutually exclusive");
    }
    session.commit_transaction()?;
    if arguments.has("abort") {
        let aborted = session.workspace().abort_pick(kind);
        aborted.map_err(|error| told(kind, "abort", error))?;
        session.reload().map_err(failed)?;
        return Ok(row(String::new(), [0; 3]));
    }
    if arguments.has("continue") {
        let report = session.workspace().continue_pick(kind);
        if let Err(Error::Unresolved { left, .. }) = &report {
            return Ok(row(String::new(), counts(left)));
        }
        let report = report.map_err(|error| told(kind, "continue", error))?;
        return concluded(session, kind, &report);
    }
    match (kind, arguments.rest.as_slice()) {
        (OperationKind::Revert, []) => return refuse("error: nothing specified to revert"),
        (_, []) => return refuse("error: nothing specified to cherry-pick"),
        (OperationKind::CherryPick, [_, _, ..]) => {
            return refuse("cherry-picking multiple commits is not supported yet");
        }
        (OperationKind::CherryPick, [empty]) if empty.is_empty() => {
            return refuse("cannot cherry-pick empty string");
        }
        _ => {}
    }
    let options = PickOptions {
        revisions: arguments.rest.clone(),
        author: arguments.value("author").map(str::to_owned),
        allow_empty: arguments.has("allow-empty"),
        short_message: true,
        ..PickOptions::default()
    };
    let done = match kind {
        OperationKind::Revert => session.workspace().revert(&options),
        _ => session.workspace().cherry_pick(&options),
    };
    let report = done.map_err(|error| told(kind, "", error))?;
    concluded(session, kind, &report)
}

fn concluded(
    session: &mut Session,
    kind: OperationKind,
    report: &PickReport,
) -> Result<QueryResult, SqlError> {
    session.reload().map_err(failed)?;
    if report.stopped.is_none() {
        let hash = report.commits.last().map(|commit| commit.id.to_string());
        return Ok(row(hash.unwrap_or_default(), [0; 3]));
    }
    let left = &report.unresolved;
    settle(session, left, |workspace| workspace.abort_pick(kind))?;
    Ok(row(String::new(), counts(left)))
}

/// What is left to resolve: tables with conflicts, definitions with conflicts, objects with violations.
fn counts(left: &Unresolved) -> [usize; 3] {
    [left.data.len(), left.schema.len(), left.violations.len()]
}

fn row(hash: String, [data, schema, violations]: [usize; 3]) -> QueryResult {
    let number = |count: usize| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    one_row(vec![
        ("hash", TypeKind::LongText, Value::Text(hash)),
        ("data_conflicts", TypeKind::BigInt, number(data)),
        ("schema_conflicts", TypeKind::BigInt, number(schema)),
        (
            "constraint_violations",
            TypeKind::BigInt,
            number(violations),
        ),
    ])
}

fn told(kind: OperationKind, verb: &str, error: Error) -> SqlError {
    let is_revert = kind == OperationKind::Revert;
    let text = match error {
        Error::NoneInProgress { .. } if is_revert => {
            "error: There is no revert in progress".to_owned()
        }
        Error::NoneInProgress { .. } => {
            format!("error: There is no cherry-pick merge to {verb}")
        }
        Error::PickRoot { commit, .. } if is_revert => {
            format!("cannot revert commit with no parents ({commit})")
        }
        Error::PickRoot { .. } => {
            "cherry-picking a commit without parents is not supported".to_owned()
        }
        Error::PickMerge { .. } if !is_revert => {
            "cherry-picking a merge commit is not supported".to_owned()
        }
        Error::EmptyPick { .. } => "no changes were made, nothing to commit".to_owned(),
        Error::Uncommitted { .. } | Error::WouldOverwrite { .. } if is_revert => {
            "error: Your local changes would be overwritten by revert.\n\
             hint: Please commit your changes before you revert."
                .to_owned()
        }
        Error::Uncommitted { .. } | Error::WouldOverwrite { .. } => {
            "cannot cherry-pick with uncommitted changes".to_owned()
        }
        other => return failed(other),
    };
    SqlError::unknown(text)
}
