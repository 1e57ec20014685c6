//! `dolt_add`: tables staged for the next commit.

use super::arguments::{Known, flag};
use super::{Arguments, Session, done, failed, objects, refuse};
use crate::sql::SqlError;
use crate::store::Force;
use crate::value::QueryResult;
use crate::workspace::Error;

const KNOWN: &[Known] = &[flag("all", Some('A')), flag("force", Some('f'))];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    let all = arguments.has("all") || arguments.rest.iter().any(|word| word == ".");
    if !all && arguments.rest.is_empty() {
        return refuse("Nothing specified, nothing added. Maybe you wanted to say 'vrev add .'?");
    }
    session.commit_transaction()?;
    let named = if all {
        Vec::new()
    } else {
        objects(session, &arguments.rest)
    };
    let force = match arguments.has("force") {
        true => Force::Yes,
        false => Force::No,
    };
    match session.workspace().add_with(&named, force) {
        Ok(()) => Ok(done()),
        Err(Error::UnknownObject { name, .. }) => {
            let table = name.rsplit('.').next().unwrap_or(&name);
            refuse(format!("error: the table(s) {table} do not exist"))
        }
        Err(error) => Err(failed(error)),
    }
}
