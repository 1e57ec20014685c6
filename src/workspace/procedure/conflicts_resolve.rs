//! `dolt_conflicts_resolve`: conflicts of tables settled by a side.

use super::arguments::{Known, flag};
use super::{Arguments, Session, done, failed, objects, refuse};
use crate::merge::Version;
use crate::sql::SqlError;
use crate::value::QueryResult;
use crate::workspace::{Error, ResolveOptions};

const KNOWN: &[Known] = &[flag("ours", None), flag("theirs", None)];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    let version = match (arguments.has("ours"), arguments.has("theirs")) {
        (true, true) => return refuse("specify only either --ours or --theirs"),
        (true, false) => Version::Ours,
        (false, true) => Version::Theirs,
        (false, false) => return refuse("--ours or --theirs must be supplied"),
    };
    if arguments.rest.is_empty() {
        return refuse("specify at least one table to resolve conflicts");
    }
    session.commit_transaction()?;
    for (table, named) in arguments.rest.iter().zip(objects(session, &arguments.rest)) {
        let object = (table != ".").then(|| table.clone());
        let options = ResolveOptions {
            version,
            object,
            keys: Vec::new(),
        };
        match session.workspace().resolve_conflicts(&options) {
            Ok(_) => {}
            Err(Error::NothingToResolve { .. }) => {
                let is_table = named.table().is_none_or(|(keyspace, name)| {
                    session.catalog().definition(keyspace, name).is_some()
                });
                if table != "." && !is_table {
                    return refuse(format!("table not found: {table}"));
                }
            }
            Err(error) => return Err(failed(error)),
        }
    }
    session.reload().map_err(failed)?;
    Ok(done())
}
