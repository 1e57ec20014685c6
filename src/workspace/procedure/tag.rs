//! `dolt_tag`: tags made and deleted.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, done, failed, refuse};
use crate::sql::SqlError;
use crate::store::Force;
use crate::value::QueryResult;

const KNOWN: &[Known] = &[
    value("message", Some('m')),
    value("author", None),
    flag("delete", Some('d')),
    flag("force", Some('f')),
];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    let message = arguments.value("message");
    let author = arguments.value("author");
    let names: Vec<&str> = arguments.rest.iter().map(String::as_str).collect();
    if arguments.has("delete") {
        if message.is_some() {
            return refuse("delete and tag message options are incompatible");
        }
        for name in names {
            session.workspace().delete_tag(name).map_err(failed)?;
        }
        return Ok(done());
    }
    let (name, revision) = match names.as_slice() {
        [] => return refuse("error: invalid argument, use 'dolt_tags' system table to list tags"),
        [name] => (*name, "HEAD"),
        [name, revision] => (*name, *revision),
        _ => return refuse("create tag takes at most two args"),
    };
    let force = if arguments.has("force") {
        Force::Yes
    } else {
        Force::No
    };
    // A tag has a tagger and a date here, which git keeps for annotated tags only.
    session
        .workspace()
        .create_tag_by(
            name,
            revision,
            Some(message.unwrap_or_default()),
            author,
            force,
        )
        .map_err(failed)?;
    Ok(done())
}
