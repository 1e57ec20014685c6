//! `dolt_merge`: another branch's changes into the session's.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, failed, one_row, refuse, settle};
use crate::sql::SqlError;
use crate::value::{QueryResult, TypeKind, Value};
use crate::workspace::{
    Error, FastForward, MergeOptions, MergeOutcome, MergeReport, OperationKind,
};

const KNOWN: &[Known] = &[
    flag("no-ff", None),
    flag("ff-only", None),
    flag("squash", None),
    flag("commit", None),
    flag("no-commit", None),
    flag("no-edit", None),
    flag("abort", None),
    value("message", Some('m')),
    value("author", None),
];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    if arguments.has("commit") && arguments.has("no-commit") {
        return refuse("cannot define both 'commit' and 'no-commit' flags at the same time");
    }
    arguments.exclude("ff-only", "squash")?;
    arguments.exclude("squash", "no-ff")?;
    session.commit_transaction()?;
    if arguments.has("abort") {
        session.workspace().abort_merge().map_err(told)?;
        session.reload().map_err(failed)?;
        return Ok(row(String::new(), false, false, "merge aborted"));
    }
    let [revision] = arguments.rest.as_slice() else {
        return refuse("error: Please specify a branch to merge");
    };
    let fast_forward = match (arguments.has("no-ff"), arguments.has("ff-only")) {
        (true, _) => FastForward::Never,
        (_, true) => FastForward::Only,
        _ => FastForward::Allowed,
    };
    let options = MergeOptions {
        revision: revision.clone(),
        fast_forward,
        squash: arguments.has("squash"),
        no_commit: arguments.has("no-commit"),
        message: arguments.value("message").map(str::to_owned),
        author: arguments.value("author").map(str::to_owned),
    };
    let report = session.workspace().merge(&options).map_err(told)?;
    let ended = ended(session, report)?;
    Ok(row(
        ended.hash,
        ended.fast_forward,
        ended.conflicts,
        ended.message,
    ))
}

/// What a merge came to, as the cells of its result.
pub(super) struct Ended {
    pub(super) hash: String,
    pub(super) fast_forward: bool,
    pub(super) conflicts: bool,
    pub(super) message: &'static str,
}

/// Brings the session to what a merge made; conflicts are kept where they can be.
pub(super) fn ended(session: &mut Session, report: MergeReport) -> Result<Ended, SqlError> {
    session.reload().map_err(failed)?;
    let hash = report.commit.as_ref().map(|commit| commit.id.to_string());
    let merged = |fast_forward: bool| (fast_forward, false, "merge successful");
    let (fast_forward, conflicts, message) = match report.outcome {
        MergeOutcome::UpToDate => (false, false, "Everything up-to-date"),
        MergeOutcome::Ahead => (
            false,
            false,
            "cannot fast forward from a to b. a is ahead of b already",
        ),
        MergeOutcome::FastForward => merged(true),
        // A squash of what HEAD could just have moved to counts as one.
        MergeOutcome::Squashed => {
            let store = session.workspace().store();
            let ahead = store.is_ancestor(report.from, report.source);
            merged(ahead.unwrap_or(false))
        }
        MergeOutcome::Merged | MergeOutcome::Stopped => merged(false),
        MergeOutcome::Unresolved => {
            settle(session, &report.unresolved, |workspace| {
                workspace.abort_merge()
            })?;
            (false, true, "conflicts found")
        }
    };
    Ok(Ended {
        hash: hash.unwrap_or_default(),
        fast_forward,
        conflicts,
        message,
    })
}

fn row(hash: String, fast_forward: bool, conflicts: bool, message: &str) -> QueryResult {
    one_row(vec![
        ("hash", TypeKind::LongText, Value::Text(hash)),
        (
            "fast_forward",
            TypeKind::BigInt,
            Value::Int(fast_forward.into()),
        ),
        ("conflicts", TypeKind::BigInt, Value::Int(conflicts.into())),
        (
            "message",
            TypeKind::LongText,
            Value::Text(message.to_owned()),
        ),
    ])
}

pub(super) fn told(error: Error) -> SqlError {
    let text = match error {
        Error::NoneInProgress { .. } => "fatal: There is no merge to abort".to_owned(),
        Error::NotFastForward { .. } => "fatal: Not possible to fast-forward, aborting".to_owned(),
        Error::InProgress {
            kind: OperationKind::Merge,
            ..
        }
        | Error::InGitMerge { .. } => {
            "merging is not possible because you have not committed an active merge".to_owned()
        }
        Error::WouldOverwrite { objects, .. } => {
            let tables: Vec<String> = objects
                .iter()
                .map(|object| format!("\t{}", object.rsplit('.').next().unwrap_or(object)))
                .collect();
            format!(
                "error: local changes would be stomped by merge:\n{}\n Please commit your changes before you merge.",
                tables.join("\n")
            )
        }
        other => return failed(other),
    };
    SqlError::unknown(text)
}
