//! `dolt_clean`: untracked tables removed.

use super::arguments::{Known, flag};
use super::{Arguments, Session, done, failed, objects};
use crate::sql::SqlError;
use crate::value::QueryResult;
use crate::workspace::CleanOptions;

const KNOWN: &[Known] = &[flag("dry-run", None), flag("x", Some('x'))];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    session.commit_transaction()?;
    let options = CleanOptions {
        objects: objects(session, &arguments.rest),
        dry_run: arguments.has("dry-run"),
        ignored: arguments.has("x"),
    };
    session.workspace().clean(&options).map_err(failed)?;
    session.reload().map_err(failed)?;
    Ok(done())
}
