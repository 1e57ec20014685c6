//! `lookup_hash` and `lookup_hash_unique`, deprecated: the table holds numbers whose `hash` is the keyspace id (Vitess
//! `vindexes/lookup_hash.go`); and `lookup_unicodeloosemd5_hash` and `…_unique`, whose `from` values are numbers too, the
//! first 8 bytes of `unicode_loose_md5` (Vitess `vindexes/lookup_unicodeloosemd5_hash.go`).

use std::collections::BTreeMap;

use super::binary_md5::md5;
use super::conversion::to_u64;
use super::hash::{hash_number, unhash};
use super::lookup::{Entries, Kind, TableLookup, autocommit_backing};
use super::unicode_loose::collation_key;
use super::{Error, KeyspaceId};
use crate::value::Value;

/// The table holds numbers for keyspace ids; this is what the `from` columns hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// The values.
    Values,
    /// Numbers made of the values' collation keys.
    UnicodeLooseMd5,
}

impl TableLookup<Keys> {
    pub(super) fn hashed(
        name: &str,
        params: &BTreeMap<String, String>,
        entries: Entries,
        keys: Keys,
    ) -> Result<Self, Error> {
        let backing = autocommit_backing(params, entries)?;
        let known = ["autocommit", "multi_shard_autocommit"];
        Ok(Self::of_kind(keys, name, params, &known, backing, entries))
    }
}

impl Kind for Keys {
    fn map_name(&self) -> &'static str {
        match self {
            Self::Values => "LookupHash.Map",
            Self::UnicodeLooseMd5 => "LookupUnicodeLooseMD5HashUnique.Map",
        }
    }

    /// The non-unique ones do not say so in Vitess: they stay candidates for routing, and scatter.
    fn tells_backfilling(&self, entries: Entries) -> bool {
        entries == Entries::One
    }

    fn stored(&self, value: &Value) -> Result<Value, Error> {
        match self {
            Self::Values => Ok(value.clone()),
            Self::UnicodeLooseMd5 => {
                let hash = md5(&collation_key(value, "UnicodeLooseMD5.Map")?);
                let first = hash
                    .iter()
                    .take(8)
                    .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
                Ok(Value::UInt(first))
            }
        }
    }

    fn stored_id(&self, id: &KeyspaceId, verb: &str) -> Result<Value, Error> {
        unhash(id)
            .map(Value::UInt)
            .map_err(|error| Error::Value(format!("lookup.{verb}.vunhash: {error}")))
    }

    /// What is no number has no keyspace id: a value without any other entry maps to no shard.
    fn keyspace_id(&self, stored: &Value) -> Option<KeyspaceId> {
        let number = to_u64(stored).ok()?;
        Some(KeyspaceId(hash_number(number).to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Destination;
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
