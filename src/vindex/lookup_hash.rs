//! `lookup_hash` and `lookup_hash_unique`, deprecated: the table holds numbers whose `hash` is the keyspace id (Vitess
//! `vindexes/lookup_hash.go`); and `lookup_unicodeloosemd5_hash` and `…_unique`, whose `from` values are numbers too, the
//! first 8 bytes of `unicode_loose_md5` (Vitess `vindexes/lookup_unicodeloosemd5_hash.go`).

use std::collections::BTreeMap;

use super::backing::{Backing, COMMON_PARAMS, first_values};
use super::binary_md5::md5;
use super::conversion::to_u64;
use super::hash::{hash_number, unhash};
use super::lookup::{Entries, destinations, without_table};
use super::single_column::Header;
use super::unicode_loose::collation_key;
use super::{CommitOrder, Destination, Error, KeyspaceId, Lookup, LookupTable, Vindex};
use crate::value::Value;

/// What the `from` columns hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// The values.
    Values,
    /// Numbers made of the values' collation keys.
    UnicodeLooseMd5,
}

/// The four vindexes of this file.
#[derive(Debug)]
pub(super) struct LookupHash {
    header: Header,
    backing: Backing,
    entries: Entries,
    keys: Keys,
}

impl LookupHash {
    pub(super) fn new(
        name: &str,
        params: &BTreeMap<String, String>,
        entries: Entries,
        keys: Keys,
    ) -> Result<Self, Error> {
        let mut backing = Backing::new(params)?.with_autocommit(params)?;
        if entries == Entries::Many {
            backing = backing.replacing_when_autocommit();
        }
        let known = [COMMON_PARAMS, &["autocommit", "multi_shard_autocommit"]].concat();
        Ok(Self {
            header: Header::new(name, params, &known),
            backing,
            entries,
            keys,
        })
    }

    fn stored(&self, value: &Value) -> Result<Value, Error> {
        match self.keys {
            Keys::Values => Ok(value.clone()),
            Keys::UnicodeLooseMd5 => {
                let hash = md5(&collation_key(value, "UnicodeLooseMD5.Map")?);
                let first = hash
                    .iter()
                    .take(8)
                    .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
                Ok(Value::UInt(first))
            }
        }
    }

    fn stored_rows(&self, rows: &[Vec<Value>]) -> Result<Vec<Vec<Value>>, Error> {
        rows.iter()
            .map(|row| row.iter().map(|value| self.stored(value)).collect())
            .collect()
    }
}

fn numbers(ids: &[KeyspaceId], context: &str) -> Result<Vec<Value>, Error> {
    let number = |id| {
        unhash(id)
            .map(Value::UInt)
            .map_err(|error| Error::Value(format!("lookup.{context}.vunhash: {error}")))
    };
    ids.iter().map(number).collect()
}

impl Vindex for LookupHash {
    fn name(&self) -> &str {
        &self.header.name
    }

    fn cost(&self) -> u32 {
        self.entries.cost()
    }

    fn is_unique(&self) -> bool {
        self.entries == Entries::One
    }

    fn needs_lookup(&self) -> bool {
        true
    }

    fn unknown_params(&self) -> &[String] {
        &self.header.unknown_params
    }

    fn map(
        &self,
        rows: &[Vec<Value>],
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<Destination>, Error> {
        let ids = first_values(rows);
        if let Some(destinations) = without_table(&self.backing, self.entries, &ids) {
            return Ok(destinations);
        }
        let stored = ids
            .iter()
            .map(|id| self.stored(id))
            .collect::<Result<Vec<_>, _>>()?;
        let found = self.backing.look_up(&stored, CommitOrder::Normal, lookup)?;
        if self.entries == Entries::One
            && let Some(several) = found.iter().position(|values| values.len() > 1)
        {
            let context = match self.keys {
                Keys::Values => "LookupHash.Map",
                Keys::UnicodeLooseMd5 => "LookupUnicodeLooseMD5HashUnique.Map",
            };
            return Err(self.backing.not_unique(context, &ids[several]));
        }
        // What is no number has no keyspace id: a value without any other entry maps to no shard.
        let hash = |value: &Value| {
            to_u64(value)
                .ok()
                .map(|number| KeyspaceId(hash_number(number).to_vec()))
        };
        let found = found
            .iter()
            .map(|values| values.iter().filter_map(hash).collect())
            .collect();
        destinations(&self.backing, self.entries, &ids, found, "LookupHash.Map")
    }

    fn verify(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error> {
        if self.backing.write_only {
            return Ok(vec![true; rows.len()]);
        }
        let values = first_values(rows)
            .iter()
            .map(|value| self.stored(value))
            .collect::<Result<Vec<_>, _>>()?;
        self.backing.verify(
            &values,
            numbers(ids, "Verify")?,
            CommitOrder::Normal,
            lookup,
        )
    }

    fn as_lookup(&self) -> Option<&dyn Lookup> {
        Some(self)
    }
}

impl Lookup for LookupHash {
    fn table(&self) -> &str {
        &self.backing.table
    }

    fn from_columns(&self) -> &[String] {
        &self.backing.from
    }

    fn to_column(&self) -> &str {
        &self.backing.to
    }

    /// The non-unique ones do not say so in Vitess: they stay candidates for routing, and scatter.
    fn is_backfilling(&self) -> bool {
        self.backing.write_only && self.entries == Entries::One
    }

    fn create(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        ignore: bool,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let to = numbers(ids, "Create")?;
        self.backing.create(
            &self.stored_rows(rows)?,
            &to,
            ignore,
            CommitOrder::Normal,
            lookup,
        )
    }

    fn delete(
        &self,
        rows: &[Vec<Value>],
        id: &KeyspaceId,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let to = numbers(std::slice::from_ref(id), "Delete")?.remove(0);
        self.backing
            .delete(&self.stored_rows(rows)?, &to, CommitOrder::Normal, lookup)
    }

    fn update(
        &self,
        old: &[Value],
        id: &KeyspaceId,
        new: &[Value],
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        numbers(std::slice::from_ref(id), "Update")?;
        self.delete(&[old.to_vec()], id, lookup)?;
        self.create(&[new.to_vec()], std::slice::from_ref(id), false, lookup)
    }
}

#[cfg(test)]
mod tests {
    use super::super::backing::testing::Recorder;
    use super::super::single_column::testing::make;
    use super::*;

    const TABLE: [(&str, &str); 3] = [("table", "t"), ("from", "a"), ("to", "id")];

    fn one() -> KeyspaceId {
        KeyspaceId(hash_number(1).to_vec())
    }

    #[test]
    fn stores_unhashed_numbers() {
        let vindex = make("lookup_hash", &TABLE).unwrap();
        let mut table = Recorder::default();
        vindex
            .as_lookup()
            .unwrap()
            .create(&[vec![Value::Int(5)]], &[one()], false, &mut table)
            .unwrap();
        assert_eq!(
            table.log,
            ["normal: insert into t(a, id) values(:a_0, :id_0) {a_0=5, id_0=1}"]
        );
        let error = vindex.as_lookup().unwrap().create(
            &[vec![Value::Int(5)]],
            &[KeyspaceId(vec![1])],
            false,
            &mut table,
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "lookup.Create.vunhash: invalid keyspace id: 01"
        );

        let entry = |id| vec![Value::Int(5), id];
        let mut table =
            Recorder::answering([Ok(vec![entry(Value::Int(1)), entry(Value::from("x"))])]);
        let destinations = vindex.map(&[vec![Value::Int(5)]], &mut table).unwrap();
        assert_eq!(destinations, [Destination::KeyspaceIds(vec![one()])]);
    }

    #[test]
    fn refuses_several_entries_when_unique() {
        let rows = vec![
            vec![Value::Int(5), Value::Int(1)],
            vec![Value::Int(5), Value::Int(2)],
        ];
        let mut table = Recorder::answering([Ok(rows)]);
        let error = make("lookup_hash_unique", &TABLE)
            .unwrap()
            .map(&[vec![Value::Int(5)]], &mut table)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "LookupHash.Map: unexpected multiple results from vindex t: INT64(5)"
        );
    }

    #[test]
    fn stores_numbers_of_collation_keys() {
        let vindex = make("lookup_unicodeloosemd5_hash_unique", &TABLE).unwrap();
        let mut table = Recorder::default();
        vindex
            .as_lookup()
            .unwrap()
            .create(&[vec![Value::from("Test")]], &[one()], false, &mut table)
            .unwrap();
        // unicode_loose_md5 of `Test` starts with 0b5edbb401fd7524.
        let number = 0x0b5e_dbb4_01fd_7524_u64;
        assert_eq!(
            table.log,
            [format!(
                "normal: insert into t(a, id) values(:a_0, :id_0) {{a_0={number}, id_0=1}}"
            )]
        );
        let mut table = Recorder::answering([Ok(vec![vec![Value::UInt(number), Value::UInt(1)]])]);
        let destinations = vindex
            .map(&[vec![Value::from("tést ")]], &mut table)
            .unwrap();
        assert_eq!(destinations, [Destination::KeyspaceId(one())]);
    }
}
