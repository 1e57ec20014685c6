//! Which commits changed which row of a table: built for one table when a row of it is first asked for.
//!
//! A row's unit is its table's folder with a hash of its key. It need only hold every change of the row: a commit that
//! changed very many rows, or the table's definition with them, is recorded once for all rows; the walk looks at what
//! the commit did to the row in question.

use std::collections::{BTreeSet, HashMap};

use twox_hash::XxHash3_64;

use super::super::subject::{MARK, rows_folder};
use super::super::version::{NamedKey, TableVersion};
use super::{BLOCK, Damaged, Index, Place, Reader, Record, block_key, unit_key, write_number};
use crate::store::{Commit, CommitId, Store};
use crate::value::Value;

/// A commit that changed more rows than this of one table is recorded for all of them.
const MOST_ROWS: usize = 5_000;

/// Returns the units of one row: its own, and that of commits recorded for all rows.
pub(in crate::history) fn row_units(keyspace: &str, table: &str, key: &NamedKey) -> [String; 2] {
    let folder = rows_folder(keyspace, Some(table));
    let values = key.iter().map(|(_, value)| &value.0);
    [own_unit(&folder, values), all_unit(&folder)]
}

fn own_unit<'v>(folder: &str, key: impl Iterator<Item = &'v Value>) -> String {
    let mut text = String::new();
    for value in key {
        let part = match value {
            Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            value => value.to_text().unwrap_or_default().into_owned(),
        };
        // A number is the same however many zeros end it.
        let is_number = matches!(
            value,
            Value::Decimal(_) | Value::Float(_) | Value::Double(_)
        );
        let part = match part.split_once('.') {
            Some(_) if is_number => part.trim_end_matches('0').trim_end_matches('.'),
            _ => part.as_str(),
        };
        text.push_str(part);
        text.push(MARK);
    }
    format!(
        "{folder}{MARK}{:016x}",
        XxHash3_64::oneshot(text.as_bytes())
    )
}

fn all_unit(folder: &str) -> String {
    format!("{folder}{MARK}")
}

/// The key under which is kept how many of a table's records are looked into.
fn covered_key(folder: &str) -> Vec<u8> {
    [b"r", folder.as_bytes()].concat()
}

impl Index {
    /// Looks into the commits that changed a table's rows, as far as that was not done yet. False where something cannot be
    /// read: the rows' units are not to be used then.
    pub(in crate::history) fn cover_rows(
        &mut self,
        store: &Store,
        keyspace: &str,
        table: &str,
    ) -> Result<bool, Damaged> {
        let folder = rows_folder(keyspace, Some(table));
        if self.covered.borrow().contains(&folder) {
            return Ok(true);
        }
        let count = match self.sealed.get(&unit_key(&folder))? {
            Some(value) => Reader(&value).number()?,
            None => 0,
        };
        let covered = match self.sealed.get(&covered_key(&folder))? {
            Some(value) => Reader(&value).number()?,
            None => 0,
        };
        if covered > count {
            return Err(Damaged);
        }
        if covered < count {
            let mut found: HashMap<String, Vec<(u32, Record)>> = HashMap::new();
            for (chain, record) in self.sequence(&folder, covered, count)? {
                let place = Place {
                    chain,
                    position: record.position,
                };
                let Some(units) = self.rows_changed(store, place, keyspace, table)? else {
                    return Ok(false);
                };
                for (unit, mask) in units {
                    let record = Record { mask, ..record };
                    found.entry(unit).or_default().push((chain, record));
                }
            }
            for (unit, records) in found {
                self.append(&unit, &records)?;
            }
            let mut value = Vec::new();
            write_number(&mut value, count);
            self.sealed.set(covered_key(&folder), value)?;
            self.units.borrow_mut().clear();
            self.sealed.seal()?;
        }
        self.covered.borrow_mut().insert(folder);
        Ok(true)
    }

    /// Returns the records of a unit in the order in which they were added, from one number to another.
    fn sequence(&self, unit: &str, from: u32, to: u32) -> Result<Vec<(u32, Record)>, Damaged> {
        let mut records = Vec::new();
        for block in from / BLOCK..to.div_ceil(BLOCK) {
            let value = self.sealed.get(&block_key(unit, block))?.ok_or(Damaged)?;
            let mut reader = Reader(&value);
            while !reader.0.is_empty() {
                records.push(reader.record()?);
            }
        }
        let skipped = usize::try_from(from % BLOCK).unwrap_or(0);
        Ok(records.into_iter().skip(skipped).collect())
    }

    /// Returns the units of the rows that a commit changed, with a bit for each parent; `None` where the commit or its rows
    /// cannot be read.
    fn rows_changed(
        &self,
        store: &Store,
        place: Place,
        keyspace: &str,
        table: &str,
    ) -> Result<Option<HashMap<String, u64>>, Damaged> {
        let entry = self.entry(place)?;
        let Ok(commit) = store.commit(entry.commit) else {
            return Ok(None);
        };
        let folder = rows_folder(keyspace, Some(table));
        let mut units: HashMap<String, u64> = HashMap::new();
        let parents: Vec<Option<CommitId>> = if commit.parents.is_empty() {
            vec![None]
        } else {
            commit.parents.iter().copied().map(Some).collect()
        };
        for (number, parent) in parents.into_iter().enumerate() {
            let parent = match parent.map(|parent| store.commit(parent)).transpose() {
                Ok(parent) => parent,
                Err(_) => return Ok(None),
            };
            let keys = changed_keys(store, parent.as_ref(), &commit, keyspace, table);
            let changed = match keys {
                Some(keys) => keys.into_iter().collect(),
                None => BTreeSet::from([all_unit(&folder)]),
            };
            for unit in changed {
                *units.entry(unit).or_default() |= 1 << number;
            }
        }
        Ok(Some(units))
    }
}

/// Returns the units of the rows in which two commits differ; `None` where they are too many, or cannot be told apart by
/// one key.
fn changed_keys(
    store: &Store,
    parent: Option<&Commit>,
    commit: &Commit,
    keyspace: &str,
    table: &str,
) -> Option<BTreeSet<String>> {
    let read = |commit: &Commit| TableVersion::read(store, commit, keyspace, table).ok();
    let new = read(commit)?;
    let old = match parent {
        Some(parent) => read(parent)?,
        None => None,
    };
    let schema = match (&old, &new) {
        (Some(old), Some(new)) if old.schema != new.schema => return None,
        (Some(version), _) | (None, Some(version)) => &version.schema,
        (None, None) => return None,
    };
    if !schema.is_keyed() {
        return None;
    }
    let folder = rows_folder(keyspace, Some(table));
    let tree =
        |version: &Option<TableVersion>, shard: &str| version.as_ref()?.trees.get(shard).copied();
    let shards: BTreeSet<&String> = [&old, &new]
        .into_iter()
        .flatten()
        .flat_map(|version| version.trees.keys())
        .collect();
    let mut units = BTreeSet::new();
    for shard in shards {
        let trees = (tree(&old, shard), tree(&new, shard));
        if trees.0 == trees.1 {
            continue;
        }
        let side = |tree| Option::map(tree, |tree| (tree, &**schema));
        let differing = store.diff_rows(side(trees.0), side(trees.1)).ok()?;
        for (row, _) in differing.from.iter().chain(&differing.to) {
            units.insert(own_unit(&folder, schema.key.iter().map(|&at| &row[at])));
            if units.len() > MOST_ROWS {
                return None;
            }
        }
    }
    Some(units)
}
