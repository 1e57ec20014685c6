//! `dolt_checkout`: the session goes to another branch, or tables go back to what is staged or committed.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, done_with, failed, objects, refuse};
use crate::sql::SqlError;
use crate::store::{self, Force};
use crate::value::QueryResult;
use crate::workspace::{Error, Object};

const KNOWN: &[Known] = &[
    value("b", Some('b')),
    value("B", Some('B')),
    value("track", Some('t')),
    flag("force", Some('f')),
    flag("move", None),
    flag("overwrite-ignore", None),
    flag("no-overwrite-ignore", None),
];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    for option in ["track", "move"] {
        if arguments.has(option) || arguments.value(option).is_some() {
            return Err(SqlError::unsupported(format!(
                "--{option} of dolt_checkout"
            )));
        }
    }
    let create = arguments.value("b").map(|name| (name, Force::No));
    let replace = arguments.value("B").map(|name| (name, Force::Yes));
    if create.is_some() && replace.is_some() {
        return refuse("Improper usage. Cannot use both -b and -B.");
    }
    let names = &arguments.rest;
    if arguments.has("no-overwrite-ignore") {
        let target = match (&create, &replace, names.as_slice()) {
            (None, None, [name]) if is_branch(session, name) => Some(name.as_str()),
            (None, None, _) => None,
            (_, _, [start]) => Some(start.as_str()),
            _ => None,
        };
        if let Some(target) = target {
            let checked = session.workspace().refuse_overwriting_ignored(target);
            checked.map_err(|error| match error {
                Error::IgnoredOverwritten { tables } => SqlError::unknown(format!(
                    "The following ignored tables would be overwritten by checkout:\n\t{}\n",
                    tables.join("\n\t")
                )),
                other => failed(other),
            })?;
        }
    }
    if let Some((name, force)) = create.or(replace) {
        return match names.as_slice() {
            [] => create_and_switch(session, name, "HEAD", force),
            [start] => create_and_switch(session, name, start, force),
            _ => refuse("Improper usage."),
        };
    }
    match (names.as_slice(), arguments.before_dashes) {
        ([], _) => refuse("Improper usage."),
        (tables, Some(0)) => restore(session, None, tables),
        ([revision, tables @ ..], Some(1)) if !tables.is_empty() => {
            restore(session, Some(revision), tables)
        }
        ([name], _) if is_branch(session, name) => switch(session, name),
        ([name], _) if name.is_empty() => refuse("error: cannot checkout empty string"),
        ([revision, tables @ ..], None)
            if !tables.is_empty() && session.workspace().resolve(revision).is_ok() =>
        {
            restore(session, Some(revision), tables)
        }
        ([name], None) if !is_table(session, name) => {
            if session.workspace().resolve(name).is_ok() {
                refuse(format!(
                    "vrev does not support a detached head state. To create a branch at this commit instead, run:\n\n\
                     \tvrev checkout {name} -b {{new_branch_name}}\n"
                ))
            } else {
                refuse(format!("error: could not find {name}"))
            }
        }
        (tables, _) => restore(session, None, tables),
    }
}

fn is_branch(session: &Session, name: &str) -> bool {
    matches!(session.workspace().store().branch(name), Ok(Some(_)))
}

/// Tells whether there is, or was, such a table, or everything is meant.
fn is_table(session: &Session, name: &str) -> bool {
    let named = objects(session, &[name.to_owned()]);
    name == "." || session.workspace().has_objects(&named, None).is_ok()
}

fn switch(session: &mut Session, name: &str) -> Result<QueryResult, SqlError> {
    if session.branch() == Some(name) {
        return Ok(done_with(format!("Already on branch '{name}'")));
    }
    session.switch_branch(name).map_err(failed)?;
    Ok(done_with(format!("Switched to branch '{name}'")))
}

fn create_and_switch(
    session: &mut Session,
    name: &str,
    start: &str,
    force: Force,
) -> Result<QueryResult, SqlError> {
    if name.is_empty() {
        return refuse("error: cannot checkout empty string");
    }
    session.commit_transaction()?;
    match session.workspace().create_branch(name, Some(start), force) {
        Ok(_) => {
            session.forget_branch(name);
            switch(session, name)
        }
        Err(Error::Store(store::Error::AlreadyExists { .. })) => {
            refuse(format!("fatal: A branch named '{name}' already exists."))
        }
        Err(Error::Store(store::Error::InvalidName { name, .. })) => {
            refuse(format!("fatal: '{name}' is not a valid branch name."))
        }
        Err(error) => Err(failed(error)),
    }
}

fn restore(
    session: &mut Session,
    revision: Option<&str>,
    tables: &[String],
) -> Result<QueryResult, SqlError> {
    if session.is_read_only() {
        return Err(session.read_only());
    }
    session.commit_transaction()?;
    let all = tables.iter().any(|table| table == ".");
    let named: Vec<Object> = if all {
        Vec::new()
    } else {
        objects(session, tables)
    };
    let missing: Vec<String> = tables
        .iter()
        .zip(&named)
        .filter(|(_, object)| {
            let object = std::slice::from_ref(*object);
            session.workspace().has_objects(object, revision).is_err()
        })
        .map(|(table, _)| {
            format!("error: tablespec '{table}' did not match any table(s) known to vrev")
        })
        .collect();
    if !missing.is_empty() {
        return refuse(missing.join("\n"));
    }
    session
        .workspace()
        .restore_objects(&named, revision)
        .map_err(failed)?;
    session.reload().map_err(failed)?;
    Ok(done_with(String::new()))
}
