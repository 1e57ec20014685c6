//! `dolt_diff_stat(from, to[, table])`: rows and cells added, deleted and modified, table by table.

use super::arguments::{Table, range, texts};
use super::define::{define, text};
use super::delta::{Delta, delta_of, deltas};
use super::reader::Reader;
use super::{Call, Found, Warnings};
use crate::diff::stat;
use crate::relation::Row;
use crate::sql::SqlError;
use crate::value::Value;

const COLUMNS: &str = "
    table_name longtext not null, rows_unmodified bigint, rows_added bigint, rows_deleted bigint, rows_modified bigint,
    cells_added bigint, cells_deleted bigint, cells_modified bigint, old_row_count bigint, new_row_count bigint,
    old_cell_count bigint, new_cell_count bigint";

/// `dolt_diff_stat`.
pub(super) fn function(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let range = range(reader, call, &texts(call)?, Table::Optional)?;
    let warnings = Warnings::default();
    let mut rows = Vec::new();
    match &range.table {
        Some(name) => {
            let delta = delta_of(reader, &range.from, &range.to, name)?
                .ok_or_else(|| reader.no_such_table(name))?;
            if delta.key_changed() {
                return Err(SqlError::unknown(format!(
                    "failed to compute diff stat for table {}: primary key set changed",
                    name.name
                )));
            }
            // The table is named as it was asked for, and had that name at least once.
            rows.extend(counted(reader, &delta, name.name.clone())?);
        }
        None => {
            for delta in deltas(reader, &range.from, &range.to)? {
                let name = delta.name(reader);
                if delta.key_changed() {
                    warnings.push(
                        1105,
                        format!(
                            "stat for table {name} cannot be determined. Primary key set changed."
                        ),
                    );
                    let mut row = vec![Value::Int(0); 12];
                    row[0] = text(name);
                    rows.push(row);
                    continue;
                }
                rows.extend(counted(reader, &delta, name)?);
            }
        }
    }
    let mut found = Found::rows(define("diff_stat", COLUMNS), rows);
    found.warnings = warnings;
    Ok(found)
}

/// Counts; nothing where no row differs and the number of cells is the same.
fn counted(reader: &Reader, delta: &Delta, name: String) -> Result<Option<Row>, SqlError> {
    let diff = reader.diff(delta.from.as_ref(), delta.to.as_ref())?;
    let before = match &delta.from {
        Some(from) => reader.count(from)?,
        None => 0,
    };
    let stat = stat::stat(&diff, before);
    let keyless = [&delta.from, &delta.to]
        .into_iter()
        .flatten()
        .any(|version| !version.schema.is_keyed());
    if diff.changes.is_empty() && (keyless || stat.from_cells == stat.to_cells) {
        return Ok(None);
    }
    let number = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let or_null = |count: u64| match keyless {
        true => Value::Null,
        false => number(count),
    };
    Ok(Some(vec![
        text(name),
        or_null(stat.rows_unmodified),
        number(stat.rows_added),
        number(stat.rows_removed),
        or_null(stat.rows_modified),
        or_null(stat.cells_added),
        or_null(stat.cells_removed),
        or_null(stat.cells_modified),
        or_null(stat.from_rows),
        or_null(stat.to_rows),
        or_null(stat.from_cells),
        or_null(stat.to_cells),
    ]))
}
