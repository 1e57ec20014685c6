//! The arguments of table functions: two revisions, or `from..to`, and perhaps a table; with Dolt's texts where they are
//! wrong.

use super::Call;
use super::reader::Reader;
use super::state::State;
use crate::sql::{SqlError, TableName};
use crate::store::Revision;
use crate::value::Value;

/// Two states to compare, and a table.
pub(super) struct Range {
    pub(super) from: State,
    pub(super) to: State,
    pub(super) table: Option<TableName>,
}

/// Whether a function needs a table's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Required,
    Optional,
    /// Optional; a lone argument that is no range is told apart from too few.
    Range,
}

/// The error for a wrong number of arguments.
pub(super) fn wrong_number(call: &Call, expected: &str) -> SqlError {
    SqlError::unknown(format!(
        "function '{}' expected {expected} arguments, {} received",
        call.name,
        call.arguments.len()
    ))
}

/// The error for an argument that is not what it should be.
pub(super) fn invalid(call: &Call, details: &str) -> SqlError {
    SqlError::unknown(format!("Invalid argument to {}: {details}", call.name))
}

/// Returns the arguments as texts.
///
/// # Errors
/// For the first that is none.
pub(super) fn texts(call: &Call) -> Result<Vec<String>, SqlError> {
    call.arguments
        .iter()
        .map(|argument| match argument {
            Value::Text(text) => Ok(text.clone()),
            other => Err(invalid(call, &other.to_text().unwrap_or("NULL".into()))),
        })
        .collect()
}

/// Reads `(from, to[, table])` or `(dots[, table])`.
///
/// # Errors
/// In Dolt's words.
pub(super) fn range(
    reader: &Reader,
    call: &Call,
    words: &[String],
    table: Table,
) -> Result<Range, SqlError> {
    let required = usize::from(table == Table::Required);
    let expected = format!("{} to 3", 1 + required);
    if words.len() <= required || words.len() > 3 {
        return Err(wrong_number(call, &expected));
    }
    let name = |at: usize| words.get(at).map(|name| table_name(name));
    if words[0].contains("..") {
        if words.len() > 2 {
            return Err(wrong_number(call, &expected));
        }
        let (from, to) = dots(reader, &words[0])?;
        return Ok(Range {
            from,
            to,
            table: name(1),
        });
    }
    if words.len() == 1 && table == Table::Range {
        return Err(invalid(
            call,
            "There are less than 2 arguments present, and the first does not contain '..'",
        ));
    }
    if words.len() < 2 + required {
        let expected = format!("{} to 3", 2 + required);
        return Err(wrong_number(call, &expected));
    }
    if words[0].is_empty() || words[1].is_empty() {
        return Err(SqlError::unknown(format!(
            "expected strings for from and to revisions, got: {}, {}",
            words[0], words[1]
        )));
    }
    Ok(Range {
        from: reader.state(&words[0])?,
        to: reader.state(&words[1])?,
        table: name(2),
    })
}

fn table_name(text: &str) -> TableName {
    match text.split_once('.') {
        Some((keyspace, name)) => TableName::qualified(keyspace, name),
        None => TableName::new(text),
    }
}

/// Reads `a..b`, or `a...b`: from their merge base.
///
/// # Errors
/// For a name that leads nowhere.
pub(super) fn dots(reader: &Reader, text: &str) -> Result<(State, State), SqlError> {
    if let Some((from, to)) = text.split_once("...") {
        let (one, other) = (reader.commit(from)?, reader.commit(to)?);
        let base = reader
            .store()
            .merge_base(one, other)
            .map_err(super::reader::failed)?
            .ok_or_else(|| SqlError::unknown("no common ancestor"))?;
        return Ok((reader.state_of(Revision::Commit(base)), reader.state(to)?));
    }
    let (from, to) = text.split_once("..").unwrap_or((text, "HEAD"));
    let side = |name: &str| reader.state(if name.is_empty() { "HEAD" } else { name });
    Ok((side(from)?, side(to)?))
}
