//! `dolt_branch`: branches made, copied, renamed and deleted.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, done, failed, refuse};
use crate::sql::SqlError;
use crate::store::{self, Force};
use crate::value::QueryResult;
use crate::workspace::Error;

const KNOWN: &[Known] = &[
    flag("copy", Some('c')),
    flag("move", Some('m')),
    flag("delete", Some('d')),
    flag("D", None),
    flag("force", Some('f')),
    flag("track", Some('t')),
    value("set-upstream-to", Some('u')),
];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return refuse("unable to create new branch in a read-only database");
    }
    for option in ["track", "set-upstream-to"] {
        if arguments.has(option) || arguments.value(option).is_some() {
            return Err(SqlError::unsupported(format!("--{option} of dolt_branch")));
        }
    }
    let force = if arguments.has("force") || arguments.has("D") {
        Force::Yes
    } else {
        Force::No
    };
    let names: Vec<&str> = arguments.rest.iter().map(String::as_str).collect();
    if names.iter().any(|name| name.is_empty()) {
        return refuse("error: cannot branch empty string");
    }
    let branch = session.branch().unwrap_or_default().to_owned();
    if arguments.has("delete") || arguments.has("D") {
        if names.is_empty() {
            return refuse("error: invalid usage");
        }
        for name in names {
            delete(session, name, &branch, force)?;
        }
        return Ok(done());
    }
    match (
        names.as_slice(),
        arguments.has("copy"),
        arguments.has("move"),
    ) {
        ([from, to], true, false) => {
            exists(session, from)?;
            create(session, to, from, force)?;
        }
        ([name], false, true) => rename(session, &branch, name, force)?,
        ([from, to], false, true) => rename(session, from, to, force)?,
        ([name], false, false) => create(session, name, "HEAD", force)?,
        ([name, start], false, false) => create(session, name, start, force)?,
        _ => return refuse("error: invalid usage"),
    }
    Ok(done())
}

fn exists(session: &Session, name: &str) -> Result<(), SqlError> {
    match session.workspace().store().branch(name) {
        Ok(Some(_)) => Ok(()),
        _ => refuse(format!("fatal: A branch named '{name}' not found")),
    }
}

fn create(session: &mut Session, name: &str, start: &str, force: Force) -> Result<(), SqlError> {
    let made = session.workspace().create_branch(name, Some(start), force);
    made.map_err(told)?;
    session.forget_branch(name);
    Ok(())
}

fn rename(session: &mut Session, from: &str, to: &str, force: Force) -> Result<(), SqlError> {
    if session
        .workspace()
        .store()
        .branch(from)
        .ok()
        .flatten()
        .is_none()
    {
        return refuse("branch not found");
    }
    session.rename_branch(from, to, force).map_err(told)
}

fn delete(session: &mut Session, name: &str, own: &str, force: Force) -> Result<(), SqlError> {
    if name == own {
        return refuse(format!("error: Cannot delete checked out branch '{name}'"));
    }
    session
        .workspace()
        .delete_branch(name, force)
        .map_err(told)?;
    session.forget_branch(name);
    Ok(())
}

/// The reference's words for what git's rules refuse.
fn told(error: Error) -> SqlError {
    use store::Error as Store;
    match error {
        Error::Store(Store::AlreadyExists { name, .. }) => {
            SqlError::unknown(format!("fatal: A branch named '{name}' already exists."))
        }
        Error::Store(Store::NoSuchReference { .. }) => SqlError::unknown("branch not found"),
        Error::Store(Store::NotFullyMerged { branch }) => {
            SqlError::unknown(format!("branch '{branch}' is not fully merged"))
        }
        Error::Store(Store::InvalidName { name, .. }) => {
            SqlError::unknown(format!("fatal: '{name}' is not a valid branch name."))
        }
        other => failed(other),
    }
}
