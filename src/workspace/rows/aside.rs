//! Rows whose table's definition is not in the files just now: a person moves the file, or plain git leaves it out while it
//! is being merged. They stay in the database, where nobody reads them, until the definition comes back; they go when the
//! working rows start from other committed ones, without theirs.

use std::collections::BTreeSet;

use super::notes::{BASE, STARTS, trees_in};
use super::{TableKey, stored_definition};
use crate::shard::{Embedded, TableId};
use crate::workspace::Error;

/// How often the working rows had started from committed ones when they were last brought in step.
const SEEN: &str = "seen";

/// Sets the rows of tables aside that have no definition any more; without rows a table just goes.
pub(super) fn set_aside(shards: &Embedded, gone: BTreeSet<TableKey>) -> Result<(), Error> {
    let starts = shards.connection().meta(STARTS)?;
    let is_as_seen = shards.connection().meta(SEEN)? == starts;
    if let (false, Some(starts)) = (is_as_seen, &starts) {
        shards.connection().set_meta(SEEN, starts)?;
    }
    if gone.is_empty() {
        return Ok(());
    }
    let base = shards.connection().meta(BASE)?;
    let base = base.map(|text| trees_in(&text)).unwrap_or_default();
    let committed: BTreeSet<TableKey> =
        base.into_keys().map(|at| (at.keyspace, at.table)).collect();
    for key in gone {
        let (keyspace, table) = &key;
        let is_kept = is_as_seen || committed.contains(&key);
        if is_kept && has_rows(shards, keyspace, table)? {
            unbind(shards, keyspace, table)?;
        } else {
            shards.drop_table(keyspace, table)?;
        }
    }
    Ok(())
}

fn has_rows(shards: &Embedded, keyspace: &str, table: &str) -> Result<bool, Error> {
    for shard in shards.shards_of(keyspace, table) {
        if shards.count_rows(&TableId::new(keyspace, shard, table))? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes a table's foreign keys away: rows that nobody sees hold no parent.
fn unbind(shards: &Embedded, keyspace: &str, table: &str) -> Result<(), Error> {
    let Some(mut stored) = stored_definition(shards, keyspace, table) else {
        return Ok(());
    };
    if stored.definition.foreign_keys.is_empty() {
        return Ok(());
    }
    stored.definition.foreign_keys.clear();
    let columns = stored.definition.columns.iter();
    let columns: Vec<_> = columns.map(|column| Some(column.name.clone())).collect();
    Ok(shards.alter_table(keyspace, table, &stored, &columns)?)
}
