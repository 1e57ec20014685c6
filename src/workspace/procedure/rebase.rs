//! `dolt_rebase`: a branch's commits made again on top of another.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, done_with, failed, is_autocommitted, is_on, refuse};
use crate::sql::SqlError;
use crate::store;
use crate::value::QueryResult;
use crate::workspace::{Error, KeepConflicts, OperationKind, PlanEnd, RebaseOptions, RebaseReport};

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
        let plan = session.workspace().plan_in_progress().map_err(told)?;
        if plan.is_some() {
            return follow_plan(session);
        }
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
    let options = RebaseOptions {
        upstream,
        keep_empty,
        ..RebaseOptions::default()
    };
    if arguments.has("interactive") {
        return begin_plan(session, &options);
    }
    let report = session.workspace().rebase(&options).map_err(told)?;
    if report.nothing {
        return refuse(NO_COMMITS);
    }
    concluded(session, report)
}

const NO_COMMITS: &str = "didn't identify any commits!";

fn begin_plan(session: &mut Session, options: &RebaseOptions) -> Result<QueryResult, SqlError> {
    let begun = session.workspace().begin_plan(options).map_err(told)?;
    let Some(branch) = begun else {
        return refuse(NO_COMMITS);
    };
    session.reload().map_err(failed)?;
    Ok(done_with(format!(
        "interactive rebase started on branch {branch}; adjust the rebase plan in the dolt_rebase table, then continue \
         rebasing by calling dolt_rebase('--continue')"
    )))
}

/// Goes on with a plan. Conflicts are kept where they can be resolved before they are committed.
fn follow_plan(session: &mut Session) -> Result<QueryResult, SqlError> {
    let keep = match !is_autocommitted(session)
        || is_on(session, "dolt_allow_commit_conflicts", false)
        || is_on(session, "dolt_force_transaction_commit", false)
    {
        true => KeepConflicts::Yes,
        false => KeepConflicts::No,
    };
    let end = session.workspace().continue_plan(keep).map_err(told)?;
    session.reload().map_err(failed)?;
    match end {
        PlanEnd::Done { branch } => Ok(rebased(branch)),
        PlanEnd::Editing { line } => Ok(done_with(format!(
            "edit action paused at commit {}: {}\n\nYou can now change the commit, and continue the rebase by calling \
             dolt_rebase('--continue')",
            line.commit, line.message
        ))),
        PlanEnd::Conflict { line } => refuse(conflict(&line.commit, &line.message)),
        PlanEnd::NotKept => refuse(
            "data conflicts from rebase, but session settings do not allow preserving conflicts, so they cannot be \
             resolved.",
        ),
        PlanEnd::SchemaConflict { line } => refuse(format!(
            "schema conflict detected while rebasing commit {}.",
            line.commit
        )),
        PlanEnd::Unresolved { objects } => {
            let names: Vec<&str> = objects
                .iter()
                .map(|name| name.rsplit('.').next().unwrap_or(name))
                .collect();
            refuse(format!(
                "conflicts detected in tables {}; resolve conflicts before continuing the rebase",
                names.join(", ")
            ))
        }
        PlanEnd::Unstaged => refuse("cannot continue a rebase with unstaged changes."),
        PlanEnd::Invalid { reason } => refuse(reason),
    }
}

fn conflict(commit: &str, message: &str) -> String {
    format!(
        "data conflict detected while rebasing commit {commit} ({message}). \n\nResolve the conflicts and remove them \
         from the dolt_conflicts_<table> tables, then continue the rebase by calling dolt_rebase('--continue')"
    )
}

fn concluded(session: &mut Session, report: RebaseReport) -> Result<QueryResult, SqlError> {
    session.reload().map_err(failed)?;
    if let Some(id) = report.picks.stopped {
        let commit = session.workspace().store().commit(id);
        let message = commit.map(|commit| commit.message).unwrap_or_default();
        return refuse(conflict(&id.to_string(), message.trim_end()));
    }
    Ok(rebased(report.branch))
}

fn rebased(branch: Option<String>) -> QueryResult {
    let branch = branch.unwrap_or_default();
    done_with(format!(
        "Successfully rebased and updated refs/heads/{branch}"
    ))
}

fn told(error: Error) -> SqlError {
    let text = match error {
        Error::NoneInProgress { .. } => "no rebase in progress",
        Error::Uncommitted { .. } => "cannot start a rebase with uncommitted changes",
        Error::InProgress {
            kind: OperationKind::Merge,
            ..
        }
        | Error::InGitMerge { .. } => {
            "unable to start rebase while a merge is in progress – abort the current merge before proceeding"
        }
        Error::InProgress {
            kind: OperationKind::Rebase,
            ..
        } => {
            "unable to start rebase while another rebase is in progress – continue or abort the current rebase before proceeding"
        }
        Error::Store(store::Error::AlreadyExists { name, .. }) => {
            return SqlError::unknown(format!("fatal: A branch named '{name}' already exists."));
        }
        other => return failed(other),
    };
    SqlError::unknown(text)
}
