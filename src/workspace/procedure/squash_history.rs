//! `dolt_squash_history`: a branch's commits after the first made one.

use super::arguments::{Known, value};
use super::{Arguments, Session, failed, one_row, refuse};
use crate::sql::SqlError;
use crate::value::{QueryResult, TypeKind, Value};
use crate::workspace::Error;

const KNOWN: &[Known] = &[value("message", Some('m')), value("first", Some('f'))];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    let Some(message) = arguments.value("message") else {
        return refuse("Must provide commit message.");
    };
    session.commit_transaction()?;
    let first = arguments.value("first");
    let squashed = session.workspace().squash_history(message, first);
    let id = squashed.map_err(told)?;
    session.reload().map_err(failed)?;
    let hash = Value::Text(id.to_string());
    Ok(one_row(vec![("commit_hash", TypeKind::LongText, hash)]))
}

fn told(error: Error) -> SqlError {
    let text = match error {
        Error::InProgress { .. } | Error::InGitMerge { .. } => {
            "cannot squash history while a merge is in progress; abort the merge first".to_owned()
        }
        Error::Squash { reason } if reason.contains("only the initial commit") => {
            format!("nothing to squash: {reason}")
        }
        Error::Squash { reason } if reason.contains("multiple children") => {
            "the initial commit has multiple children; specify --first with the commit to squash from"
                .to_owned()
        }
        other => return failed(other),
    };
    SqlError::unknown(text)
}
