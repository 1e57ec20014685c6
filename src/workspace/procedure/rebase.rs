//! `dolt_rebase`: a branch's commits made again on top of another.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, done_with, failed, refuse};
use crate::sql::SqlError;
use crate::value::QueryResult;
use crate::workspace::{Error, OperationKind, RebaseOptions, RebaseReport};

const KNOWN: &[Known] = &[
    flag("interactive", Some('i')),
    flag("continue", None),
    flag("abort", None),
    value("empty", None),
];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    session.commit_transaction()?;
    if arguments.has("abort") {
        session
            .workspace()
            .abort_pick(OperationKind::Rebase)
            .map_err(told)?;
        session.reload().map_err(failed)?;
        return Ok(done_with("Interactive rebase aborted".to_owned()));
    }
    if arguments.has("continue") {
        let report = session.workspace().continue_rebase().map_err(told)?;
        return concluded(session, report);
    }
    let upstream = match arguments.rest.as_slice() {
        [] => return refuse("not enough args"),
        [upstream] => upstream.clone(),
        _ => return refuse("rebase takes at most one positional argument."),
    };
    let keep_empty = match arguments.value("empty") {
        None | Some("drop") => false,
        Some("keep") => true,
        Some(other) => {
            return refuse(format!(
                "unsupported option for the empty flag ({other}); only 'drop' or 'keep' are allowed"
            ));
        }
    };
    if arguments.has("interactive") {
        return Err(SqlError::unsupported("--interactive of dolt_rebase"));
    }
    let options = RebaseOptions {
        upstream,
        keep_empty,
        ..RebaseOptions::default()
    };
    let report = session.workspace().rebase(&options).map_err(told)?;
    concluded(session, report)
}

fn concluded(session: &mut Session, report: RebaseReport) -> Result<QueryResult, SqlError> {
    session.reload().map_err(failed)?;
    if let Some(commit) = report.picks.stopped {
        return refuse(format!(
            "data conflict detected while rebasing commit {commit}. \n\nResolve the conflicts and remove them from the \
             dolt_conflicts_<table> tables, then continue the rebase by calling dolt_rebase('--continue')"
        ));
    }
    let branch = report.branch.unwrap_or_default();
    Ok(done_with(format!(
        "Successfully rebased and updated refs/heads/{branch}"
    )))
}

fn told(error: Error) -> SqlError {
    let text = match error {
        Error::NoneInProgress { .. } => "no rebase in progress",
        Error::Uncommitted { .. } => "cannot start a rebase with uncommitted changes",
        Error::InProgress {
            kind: OperationKind::Merge,
            ..
        } => {
            "unable to start rebase while a merge is in progress – abort the current merge before proceeding"
        }
        other => return failed(other),
    };
    SqlError::unknown(text)
}
