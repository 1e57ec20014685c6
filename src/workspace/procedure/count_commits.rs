//! `dolt_count_commits`: how far two revisions are apart.

use super::arguments::{Known, value};
use super::{Arguments, Session, failed, one_row, refuse};
use crate::sql::SqlError;
use crate::store::{CommitId, WalkOptions};
use crate::value::{QueryResult, TypeKind, Value};
use crate::workspace::Error;

const KNOWN: &[Known] = &[value("from", Some('f')), value("to", Some('t'))];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    let (Some(from), Some(to)) = (arguments.value("from"), arguments.value("to")) else {
        return refuse("missing from or to ref");
    };
    let store = session.workspace().store();
    let commit = |name: &str| -> Result<CommitId, SqlError> {
        store
            .resolve_commit(name)
            .map_err(|error| failed(error.into()))
    };
    let (from, to) = (commit(from)?, commit(to)?);
    let only = |of: CommitId, not: CommitId| -> Result<Value, SqlError> {
        let walk = store.walk(&[of], &[not], WalkOptions::default());
        let found = walk.and_then(|walk| walk.collect::<Result<Vec<_>, _>>());
        let found = found.map_err(|error| failed(Error::from(error)))?;
        Ok(Value::UInt(found.len() as u64))
    };
    Ok(one_row(vec![
        ("ahead", TypeKind::BigInt, only(from, to)?),
        ("behind", TypeKind::BigInt, only(to, from)?),
    ]))
}
