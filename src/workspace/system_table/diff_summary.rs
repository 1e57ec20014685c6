//! `dolt_diff_summary(from, to[, table])`: which tables differ, and whether in rows or in definition.

use super::arguments::{Table, range, texts};
use super::define::{define, text};
use super::delta::{Delta, delta_of, deltas, without_ignored};
use super::reader::Reader;
use super::{Call, Found, Warnings};
use crate::relation::Row;
use crate::sql::SqlError;
use crate::value::Value;

const COLUMNS: &str = "
    from_table_name longtext, to_table_name longtext, diff_type text not null, data_change boolean not null,
    schema_change boolean not null";

/// `dolt_diff_summary`.
pub(super) fn function(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let range = range(reader, call, &texts(call)?, Table::Optional)?;
    let ends = (&range.from, &range.to);
    let warnings = Warnings::default();
    let mut rows = Vec::new();
    match &range.table {
        Some(name) => {
            let delta = delta_of(reader, &range.from, &range.to, name)?;
            let delta = without_ignored(reader, ends, delta.into_iter().collect())?;
            for delta in delta {
                if delta.key_changed() {
                    return Err(SqlError::unknown(format!(
                        "failed to compute diff summary for table {}: primary key set changed",
                        name.name
                    )));
                }
                rows.extend(summary(reader, &delta)?);
            }
        }
        None => {
            let deltas = deltas(reader, &range.from, &range.to)?;
            for delta in without_ignored(reader, ends, deltas)? {
                if delta.key_changed() {
                    warnings.push(
                        1105,
                        format!(
                            "summary for table {} cannot be determined. Primary key set changed.",
                            delta.name(reader)
                        ),
                    );
                    continue;
                }
                rows.extend(summary(reader, &delta)?);
            }
        }
    }
    let mut found = Found::rows(define("diff_summary", COLUMNS), rows);
    found.warnings = warnings;
    Ok(found)
}

fn summary(reader: &Reader, delta: &Delta) -> Result<Option<Row>, SqlError> {
    let (data, schema) = (delta.data_change(reader)?, delta.schema_change());
    if !data && !schema {
        return Ok(None);
    }
    Ok(Some(vec![
        text(Delta::side(reader, delta.from.as_ref())),
        text(Delta::side(reader, delta.to.as_ref())),
        text(delta.kind()),
        Value::Int(i64::from(data)),
        Value::Int(i64::from(schema)),
    ]))
}
