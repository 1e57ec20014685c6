//! `dolt_rm`: committed tables removed from the working set and the index, or from the index alone.

use super::arguments::{Known, flag};
use super::{Arguments, Session, done, failed, objects, refuse};
use crate::sql::name::quote_table;
use crate::sql::{SqlError, TableName};
use crate::value::QueryResult;
use crate::workspace::Object;

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
    if arguments.has("cached") {
        session
            .workspace()
            .untrack_objects(&named)
            .map_err(failed)?;
        return Ok(done());
    }
    let changed = session.workspace().unstaged_among(&named).map_err(failed)?;
    if !changed.is_empty() {
        let names: Vec<&str> = changed.iter().map(|name| last(name)).collect();
        return refuse(format!(
            "error: the table(s) {} have unstaged changes.",
            names.join(", ")
        ));
    }
    let quoted: Vec<String> = named
        .iter()
        .filter_map(|object| match object {
            Object::Table { keyspace, table } => {
                Some(quote_table(&TableName::qualified(keyspace, table)))
            }
            _ => None,
        })
        .collect();
    session
        .execute(&format!("DROP TABLE {}", quoted.join(", ")))
        .map_err(told)?;
    session.workspace().add(&named).map_err(failed)?;
    session.reload().map_err(failed)?;
    Ok(done())
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A table that others refer to stays.
fn told(error: SqlError) -> SqlError {
    let names: Vec<&str> = error.message.split('\'').collect();
    match (error.errno, names.as_slice()) {
        (3730, [_, parent, _, _, _, child, ..]) => SqlError::unknown(format!(
            "unable to remove `{parent}` since it is referenced from table `{child}`"
        )),
        _ => error,
    }
}
