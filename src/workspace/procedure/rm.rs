//! `dolt_rm`: committed tables removed from the working set and the index, or from the index alone.

use super::arguments::{Known, flag};
use super::{Arguments, Session, done, failed, objects, refuse};
use crate::sql::SqlError;
use crate::value::QueryResult;

const KNOWN: &[Known] = &[flag("cached", None)];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    if arguments.rest.is_empty() {
        return refuse("Nothing specified, nothing removed. Which tables should I remove?");
    }
    session.commit_transaction()?;
    let named = objects(session, &arguments.rest);
    for (word, object) in arguments.rest.iter().zip(&named) {
        if session
            .workspace()
            .has_objects(std::slice::from_ref(object), Some("STAGED"))
            .is_err()
        {
            return refuse(format!("table not found: {word}"));
        }
    }
    session
        .workspace()
        .remove_tables(&named, arguments.has("cached"))
        .map_err(failed)?;
    session.reload().map_err(failed)?;
    Ok(done())
}
