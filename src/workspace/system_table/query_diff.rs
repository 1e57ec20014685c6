//! `dolt_query_diff(query, query)`: the rows in which two queries' results differ. The session runs the queries.

use super::arguments::{texts, wrong_number};
use super::define::{column, name_type, of_columns};
use super::reader::Reader;
use super::{Call, Found};
use crate::relation::Row;
use crate::sql::SqlError;
use crate::value::{Field, ResultSet, Value};

/// Refuses: the session answers a call of two queries itself.
pub(super) fn function(_: &Reader, call: &Call) -> Result<Found, SqlError> {
    let words = texts(call)?;
    match words.len() {
        2 => Err(SqlError::unsupported("dolt_query_diff() here")),
        _ => Err(wrong_number(call, "2")),
    }
}

/// The two queries that a call of `dolt_query_diff` names.
pub(in crate::workspace) fn two_queries(call: &Call) -> Option<(String, String)> {
    let is_it =
        super::rest_of(&call.name).is_some_and(|rest| rest.eq_ignore_ascii_case("query_diff"));
    match call.arguments.as_slice() {
        [Value::Text(from), Value::Text(to)] if is_it => Some((from.clone(), to.clone())),
        _ => None,
    }
}

/// Compares two results. Rows are matched by their first column, as a primary key, where its values are unique on both
/// sides and the columns are the same; else by content.
pub(in crate::workspace) fn compare(from: &ResultSet, to: &ResultSet) -> Found {
    let half = |prefix: &str, fields: &[Field]| {
        fields
            .iter()
            .map(|field| {
                column(
                    &format!("{prefix}_{}", field.name),
                    field.column_type.clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let mut columns = half("from", &from.fields);
    columns.extend(half("to", &to.fields));
    columns.push(column("diff_type", name_type()));
    let nulls = |fields: &[Field]| vec![Value::Null; fields.len()];
    let row = |before: Option<&Row>, after: Option<&Row>| -> Row {
        let kind = match (before, after) {
            (None, _) => "added",
            (_, None) => "deleted",
            _ => "modified",
        };
        let mut row = before.cloned().unwrap_or_else(|| nulls(&from.fields));
        row.extend(after.cloned().unwrap_or_else(|| nulls(&to.fields)));
        row.push(Value::Text(kind.to_owned()));
        row
    };
    let mut rows = Vec::new();
    let mut left: Vec<&Row> = to.rows.iter().collect();
    let keyed = same_columns(from, to) && is_unique(from) && is_unique(to);
    for before in &from.rows {
        let matches = |after: &&Row| match keyed {
            true => before.first() == after.first(),
            false => before == *after,
        };
        match left.iter().position(matches) {
            Some(at) => {
                let after = left.remove(at);
                if before != after {
                    rows.push(row(Some(before), Some(after)));
                }
            }
            None => rows.push(row(Some(before), None)),
        }
    }
    rows.extend(left.into_iter().map(|after| row(None, Some(after))));
    Found::rows(of_columns("query_diff", columns), rows)
}

fn same_columns(from: &ResultSet, to: &ResultSet) -> bool {
    let names = |set: &ResultSet| {
        let names = set.fields.iter().map(|field| field.name.clone());
        names.collect::<Vec<_>>()
    };
    names(from) == names(to)
}

fn is_unique(set: &ResultSet) -> bool {
    let mut seen: Vec<&Value> = set.rows.iter().filter_map(|row| row.first()).collect();
    let count = seen.len();
    seen.sort();
    seen.dedup();
    seen.len() == count
}
