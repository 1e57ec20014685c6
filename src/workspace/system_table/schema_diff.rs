//! `dolt_schema_diff(from, to[, table])`: the definitions of tables that differ, before and after.

use super::arguments::{Table, range, texts};
use super::define::{define, text};
use super::delta::{Delta, delta_of, deltas};
use super::reader::Reader;
use super::{Call, Found};
use crate::relation::Row;
use crate::sql::SqlError;

const COLUMNS: &str = "
    from_table_name text not null, to_table_name text not null, from_create_statement text not null,
    to_create_statement text not null";

/// `dolt_schema_diff`.
pub(super) fn function(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let range = range(reader, call, &texts(call)?, Table::Range)?;
    let deltas = match &range.table {
        Some(name) => delta_of(reader, &range.from, &range.to, name)?
            .into_iter()
            .collect(),
        None => deltas(reader, &range.from, &range.to)?,
    };
    let rows = deltas
        .iter()
        .filter(|delta| delta.schema_change())
        .map(|delta| row(reader, delta));
    Ok(Found::rows(define("schema_diff", COLUMNS), rows.collect()))
}

fn row(reader: &Reader, delta: &Delta) -> Row {
    let create = |side: &Option<super::state::TableVersion>| match side {
        Some(version) => text(format!("{};", version.create_text())),
        None => text(""),
    };
    vec![
        text(Delta::side(reader, delta.from.as_ref())),
        text(Delta::side(reader, delta.to.as_ref())),
        create(&delta.from),
        create(&delta.to),
    ]
}
