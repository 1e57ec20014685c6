//! `dolt_diff(from, to, table)`: the rows of a table that differ between two states, each half under its own definition.

use std::sync::Arc;

use super::arguments::{Table, range, texts};
use super::delta::delta_of;
use super::pair::{self, Halves};
use super::reader::Reader;
use super::{Call, Found, Warnings};
use crate::relation::Schema;
use crate::sql::SqlError;

/// Options before the arguments.
#[derive(Default)]
struct Shown {
    skinny: bool,
    columns: Vec<String>,
}

/// `dolt_diff`.
pub(super) fn function(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let mut words = Vec::new();
    let mut shown = Shown::default();
    let mut given = texts(call)?.into_iter();
    while let Some(word) = given.next() {
        if word == "--skinny" || word == "-sk" {
            shown.skinny = true;
        } else if let Some(names) = word.strip_prefix("--include-cols=") {
            shown.columns = names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
        } else if word == "--include-cols" || word == "-ic" {
            let names = given.next().unwrap_or_default();
            shown.columns = names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
        } else {
            words.push(word);
        }
    }
    let plain = Call {
        name: call.name.clone(),
        arguments: words
            .iter()
            .cloned()
            .map(crate::value::Value::Text)
            .collect(),
    };
    if words.len() < 2 {
        return Err(super::arguments::wrong_number(&plain, "2 to 3"));
    }
    let range = range(reader, &plain, &words, Table::Required)?;
    let name = range
        .table
        .clone()
        .unwrap_or_else(|| crate::sql::TableName::new(""));
    let delta = delta_of(reader, &range.from, &range.to, &name)?
        .ok_or_else(|| reader.no_such_table(&name))?;
    let diff = reader.diff(delta.from.as_ref(), delta.to.as_ref())?;
    let either =
        |one: Option<&Arc<Schema>>, other: Option<&Arc<Schema>>| one.or(other).map(Arc::clone);
    let (from, to) = (
        delta.from.as_ref().map(|side| &side.schema),
        delta.to.as_ref().map(|side| &side.schema),
    );
    let (Some(to_schema), Some(from_schema)) = (either(to, from), either(from, to)) else {
        return Err(reader.no_such_table(&name));
    };
    let mut rows = Vec::new();
    let halves = Halves {
        to: &to_schema,
        from: &from_schema,
    };
    let warnings = Warnings::default();
    halves.push(&diff, (&range.from, &range.to), &mut rows, &warnings);
    let definition = pair::definition(&name.name, &to_schema, &from_schema);
    for column in &shown.columns {
        let known = [&to_schema, &from_schema].iter().any(|schema| {
            schema
                .columns
                .iter()
                .any(|c| c.name.eq_ignore_ascii_case(column))
        });
        if !known {
            return Err(super::arguments::invalid(
                call,
                &format!("column {column} not found"),
            ));
        }
    }
    if !shown.skinny && shown.columns.is_empty() {
        return Ok(Found {
            warnings,
            ..Found::rows(definition, rows)
        });
    }
    Ok(skinny(definition, rows, &to_schema, &shown.columns))
}

/// Leaves out the columns that are the same in every row, but for the key and those asked for.
fn skinny(
    mut definition: crate::sql::ddl::CreateTable,
    rows: Vec<crate::relation::Row>,
    schema: &Schema,
    asked: &[String],
) -> Found {
    let place = |name: &str| definition.columns.iter().position(|c| c.name == name);
    let mut kept = vec![true; definition.columns.len()];
    for (at, column) in schema.columns.iter().enumerate() {
        let to = place(&format!("to_{}", column.name));
        let from = place(&format!("from_{}", column.name));
        let is_asked = asked
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&column.name));
        let differs = match (to, from) {
            (Some(to), Some(from)) => rows.iter().any(|row| row[to] != row[from]),
            _ => true,
        };
        if schema.key.contains(&at) || is_asked || differs {
            continue;
        }
        for at in [to, from].into_iter().flatten() {
            kept[at] = false;
        }
    }
    let keep = |at: &usize| kept[*at];
    let places: Vec<usize> = (0..kept.len()).filter(keep).collect();
    definition.columns = places
        .iter()
        .map(|&at| definition.columns[at].clone())
        .collect();
    let rows = rows
        .iter()
        .map(|row| places.iter().map(|&at| row[at].clone()).collect())
        .collect();
    Found::rows(definition, rows)
}
