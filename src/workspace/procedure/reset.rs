//! `dolt_reset`: HEAD moved, or tables taken out of the index.

use super::arguments::{Known, flag};
use super::{Arguments, Session, done, failed, objects, refuse};
use crate::sql::SqlError;
use crate::store::ResetMode;
use crate::value::QueryResult;

const KNOWN: &[Known] = &[flag("hard", None), flag("soft", None), flag("mixed", None)];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return refuse("unable to reset HEAD in read-only databases");
    }
    let (hard, soft) = (arguments.has("hard"), arguments.has("soft"));
    let names = &arguments.rest;
    if hard && soft {
        return refuse("error: --hard and --soft are mutually exclusive options.");
    }
    if hard && names.len() > 1 {
        return refuse("--hard supports at most one additional param");
    }
    if soft && names.len() > 1 {
        return refuse("--soft supports at most one additional param");
    }
    session.commit_transaction()?;
    let is_revision = |name: &String| session.workspace().store().resolve_commit(name).is_ok();
    let mode = match (hard, soft, names.as_slice()) {
        (true, ..) => Some(ResetMode::Hard),
        (_, true, _) => Some(ResetMode::Soft),
        (_, _, [name]) if is_revision(name) => Some(ResetMode::Mixed),
        _ => None,
    };
    match mode {
        Some(mode) => {
            let revision = names.first().map_or("HEAD", String::as_str);
            session.workspace().reset(revision, mode).map_err(failed)?;
        }
        None => {
            let all = names.iter().any(|name| name == ".");
            let named = if all {
                Vec::new()
            } else {
                objects(session, names)
            };
            for (name, object) in names.iter().zip(&named) {
                let object = std::slice::from_ref(object);
                if session.workspace().has_objects(object, None).is_err() {
                    return refuse(format!("Invalid Table(s):\n\n\t{name}"));
                }
            }
            session.workspace().unstage(&named).map_err(failed)?;
        }
    }
    session.reload().map_err(failed)?;
    Ok(done())
}
