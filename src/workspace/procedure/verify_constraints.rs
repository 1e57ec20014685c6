//! `dolt_verify_constraints`: rows that break a constraint, told by `dolt_constraint_violations`.

use super::arguments::{Known, flag};
use super::{Arguments, Session, failed, objects, one_row, refuse, settle};
use crate::sql::SqlError;
use crate::value::{QueryResult, TypeKind, Value};
use crate::workspace::combine::Verified;
use crate::workspace::{Object, Unresolved};

const KNOWN: &[Known] = &[flag("all", Some('a')), flag("output-only", Some('o'))];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    session.commit_transaction()?;
    let mut asked = Verified {
        since: match arguments.has("all") {
            true => None,
            false => session.reader()?.head,
        },
        ..Verified::default()
    };
    for (word, object) in arguments.rest.iter().zip(objects(session, &arguments.rest)) {
        match object {
            Object::Table { keyspace, table }
                if session.catalog().definition(&keyspace, &table).is_some() =>
            {
                asked.tables.push((keyspace, table));
            }
            _ => return refuse(format!("table not found: {word}")),
        }
    }
    let found = session.workspace().broken_rows(&asked).map_err(failed)?;
    let violations = i64::from(!found.is_empty());
    if !arguments.has("output-only") {
        let names = found.iter();
        let left = Unresolved {
            violations: names
                .map(|table| format!("{}.{}", table.keyspace, table.table))
                .collect(),
            ..Unresolved::default()
        };
        if !found.is_empty() {
            settle(session, &left, |_| Ok(()))?;
            let noted = session.workspace().note_verified(&asked);
            noted.map_err(failed)?;
        }
    }
    let cell = Value::Int(violations);
    Ok(one_row(vec![("violations", TypeKind::BigInt, cell)]))
}
