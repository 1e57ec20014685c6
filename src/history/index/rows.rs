//! Which commits changed which row of a table: built for one table when a row of it is first asked for.
//!
//! A row's unit is its table's folder with a hash of its key as the table's schema encoded it, for a key reads otherwise
//! where a column of it has another type or collation. Units need only hold every change of the row: a commit that changed
//! very many rows, or the table's definition with them, is recorded once for all rows; the walk looks at what the commit
//! did to the row in question.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use super::super::refine;
use super::super::subject::{MARK, rows_folder};
use super::super::version::{NamedKey, TableVersion, key_values};
use super::{BLOCK, Damaged, Index, Place, Reader, Record, block_key, unit_key, write_number};
use crate::relation::{Schema, encode};
use crate::store::{Commit, CommitId, Store};

/// A commit that changed more rows than this of one table is recorded for all of them.
const MOST_ROWS: usize = 5_000;

/// The schemas, alike in all but their keys, under which a table's rows were looked into.
pub(super) type Keyings = Vec<Arc<Schema>>;

/// The unit of a row, by the number of the schema and the key's bytes under it.
fn own_unit(folder: &str, keying: usize, key: &[u8]) -> String {
    let hash = XxHash3_64::oneshot_with_seed(keying as u64, key);
    format!("{folder}{MARK}{hash:016x}")
}

fn all_unit(folder: &str) -> String {
    format!("{folder}{MARK}")
}

/// The key under which is kept how many of a table's records are looked into.
fn covered_key(folder: &str) -> Vec<u8> {
    [b"r", folder.as_bytes()].concat()
}

/// The key under which is kept which commits have the schemas by which a table's rows are known: every schema that keys
/// them otherwise than those before.
fn keyings_key(folder: &str) -> Vec<u8> {
    [b"s", folder.as_bytes()].concat()
}

fn keyed_alike(one: &Schema, other: &Schema) -> bool {
    let key = |schema: &Schema| -> Vec<_> {
        let columns = schema.key.iter().map(|&at| &schema.columns[at]);
        columns
            .map(|column| (column.identity.clone(), column.column_type.clone()))
            .collect()
    };
    key(one) == key(other)
}

impl Index {
    /// Returns the units that hold every change of a row's in its table's rows: its own by each schema that the table had,
    /// and that of commits recorded for all rows. Looks into the commits that changed the table's rows, as far as that was
    /// not done yet. `None` where something cannot be read: the folder of the rows is their unit then.
    pub(in crate::history) fn row_units(
        &mut self,
        store: &Store,
        (keyspace, table): (&str, &str),
        key: &NamedKey,
    ) -> Result<Option<Vec<String>>, Damaged> {
        let folder = rows_folder(keyspace, Some(table));
        let known = self.covered.borrow().get(&folder).cloned();
        let keyings = match known {
            Some(keyings) => keyings,
            None => {
                let keyings = self.cover_rows(store, &folder, (keyspace, table))?;
                let keyings = keyings.map(Rc::new);
                self.covered
                    .borrow_mut()
                    .insert(folder.clone(), keyings.clone());
                keyings
            }
        };
        let Some(keyings) = keyings else {
            return Ok(None);
        };
        let own = keyings.iter().enumerate().filter_map(|(number, schema)| {
            let values = key_values(schema, key)?;
            Some(own_unit(
                &folder,
                number,
                &encode::key_prefix_bytes(schema, &values),
            ))
        });
        Ok(Some(own.chain([all_unit(&folder)]).collect()))
    }

    fn cover_rows(
        &mut self,
        store: &Store,
        folder: &str,
        table: (&str, &str),
    ) -> Result<Option<Keyings>, Damaged> {
        let count = match self.sealed.get(&unit_key(folder))? {
            Some(value) => Reader(&value).number()?,
            None => 0,
        };
        let covered = match self.sealed.get(&covered_key(folder))? {
            Some(value) => Reader(&value).number()?,
            None => 0,
        };
        if covered > count {
            return Err(Damaged);
        }
        let mut from = self.sealed.get(&keyings_key(folder))?.unwrap_or_default();
        let Some(mut keyings) = read_keyings(store, &from, table)? else {
            return Ok(None);
        };
        if covered == count {
            return Ok(Some(keyings));
        }
        let mut found: HashMap<String, Vec<(u32, Record)>> = HashMap::new();
        for (chain, record) in self.sequence(folder, covered, count)? {
            let place = Place {
                chain,
                position: record.position,
            };
            let Some(changes) = self.rows_changed(store, place, table)? else {
                return Ok(None);
            };
            let mut units: HashMap<String, u64> = HashMap::new();
            for (number, change) in changes.into_iter().enumerate() {
                let bit = 1 << number;
                let Some(Changed {
                    keys,
                    schema,
                    commit,
                }) = change
                else {
                    *units.entry(all_unit(folder)).or_default() |= bit;
                    continue;
                };
                let known = keyings.iter().position(|known| keyed_alike(known, &schema));
                let keying = known.unwrap_or_else(|| {
                    from.extend(commit.as_bytes());
                    keyings.push(schema);
                    keyings.len() - 1
                });
                for key in keys {
                    *units.entry(own_unit(folder, keying, &key)).or_default() |= bit;
                }
            }
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
        self.sealed.set(covered_key(folder), value)?;
        self.sealed.set(keyings_key(folder), from)?;
        self.units.borrow_mut().clear();
        self.sealed.seal()?;
        Ok(Some(keyings))
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

    /// Returns what a commit changed of a table's rows against each parent, `None` for what may be any of them; a whole
    /// `None` where a commit cannot be read.
    fn rows_changed(
        &self,
        store: &Store,
        place: Place,
        table: (&str, &str),
    ) -> Result<Option<Vec<Option<Changed>>>, Damaged> {
        let entry = self.entry(place)?;
        let Ok(commit) = store.commit(entry.commit) else {
            return Ok(None);
        };
        if commit.parents.is_empty() {
            return Ok(Some(vec![changed(store, None, &commit, table)]));
        }
        let mut all = Vec::with_capacity(commit.parents.len());
        for parent in &commit.parents {
            let Ok(parent) = store.commit(*parent) else {
                return Ok(None);
            };
            all.push(changed(store, Some(&parent), &commit, table));
        }
        Ok(Some(all))
    }
}

/// Reads the schemas by which a table's rows are known, from the commits that have them; `None` where one cannot be read.
fn read_keyings(
    store: &Store,
    commits: &[u8],
    (keyspace, table): (&str, &str),
) -> Result<Option<Keyings>, Damaged> {
    let (commits, rest) = commits.as_chunks::<20>();
    if !rest.is_empty() {
        return Err(Damaged);
    }
    let read = |id: &[u8; 20]| {
        let commit = store.commit(CommitId::from_bytes(*id)).ok()?;
        let version = TableVersion::read(store, &commit, keyspace, table).ok()??;
        Some(version.schema)
    };
    Ok(commits.iter().map(read).collect())
}

/// Which rows a commit changed: their keys under a schema, and a commit that has it.
struct Changed {
    keys: BTreeSet<Vec<u8>>,
    schema: Arc<Schema>,
    commit: CommitId,
}

/// Returns the rows in which two commits differ; `None` where they are too many, or are not told apart by one key.
fn changed(
    store: &Store,
    parent: Option<&Commit>,
    commit: &Commit,
    (keyspace, table): (&str, &str),
) -> Option<Changed> {
    let read = |commit: &Commit| TableVersion::read(store, commit, keyspace, table).ok();
    let new = read(commit)?;
    let old = match parent {
        Some(parent) => read(parent)?,
        None => None,
    };
    let (schema, id) = match (&old, &new, parent) {
        (Some(old), Some(new), _) if old.schema != new.schema => return None,
        (_, Some(version), _) => (&version.schema, commit.id),
        (Some(version), None, Some(parent)) => (&version.schema, parent.id),
        _ => return None,
    };
    if !schema.is_keyed() {
        return None;
    }
    let tree =
        |version: &Option<TableVersion>, shard: &str| version.as_ref()?.trees.get(shard).copied();
    let shards: BTreeSet<&String> = [&old, &new]
        .into_iter()
        .flatten()
        .flat_map(|version| version.trees.keys())
        .collect();
    let mut keys = BTreeSet::new();
    for shard in shards {
        let trees = (tree(&old, shard), tree(&new, shard));
        if trees.0 != trees.1 {
            keys.extend(refine::changed_keys(store, schema, trees).ok()??);
        }
        if keys.len() > MOST_ROWS {
            return None;
        }
    }
    Some(Changed {
        keys,
        schema: Arc::clone(schema),
        commit: id,
    })
}
