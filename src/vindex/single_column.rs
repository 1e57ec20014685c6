//! What the functional vindexes on one column have in common: a value has one keyspace id, computed from it alone.
//!
//! A vindex implements [`SingleColumn`] and is a [`Vindex`] by that; it can also be a part of a `multicol`.

use std::collections::BTreeMap;
use std::fmt;

use super::{Destination, Error, KeyspaceId, LookupTable, Prefix, Reversible, Sequential, Vindex};
use crate::value::Value;

/// Name and unknown parameters of a vindex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) unknown_params: Vec<String>,
}

impl Header {
    /// Takes note of the parameters that are not among `known`.
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>, known: &[&str]) -> Self {
        let unknown = params.keys().filter(|key| !known.contains(&key.as_str()));
        Self {
            name: name.to_owned(),
            unknown_params: unknown.cloned().collect(),
        }
    }
}

/// A functional vindex on one column.
pub(super) trait SingleColumn: fmt::Debug + Send + Sync {
    fn header(&self) -> &Header;

    fn cost(&self) -> u32 {
        1
    }

    /// The keyspace id of a value.
    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error>;

    /// Where the value maps to; differs from [`Self::hash`] where a bad value is no error.
    fn map_one(&self, value: &Value) -> Result<Destination, Error> {
        self.hash(value).map(Destination::KeyspaceId)
    }

    /// Whether a `multicol` may use it for a column (Vitess's `Hashing` interface).
    fn hashes_columns(&self) -> bool {
        true
    }

    fn reversible(&self) -> Option<&dyn Reversible> {
        None
    }

    fn sequential(&self) -> Option<&dyn Sequential> {
        None
    }

    fn prefix(&self) -> Option<&dyn Prefix> {
        None
    }
}

/// Where a value maps to when what cannot be converted maps to no shard.
pub(super) fn or_none(id: Result<KeyspaceId, Error>) -> Destination {
    id.map_or(Destination::None, Destination::KeyspaceId)
}

impl<T: SingleColumn> Vindex for T {
    fn name(&self) -> &str {
        &self.header().name
    }

    fn cost(&self) -> u32 {
        SingleColumn::cost(self)
    }

    fn is_unique(&self) -> bool {
        true
    }

    fn unknown_params(&self) -> &[String] {
        &self.header().unknown_params
    }

    fn map(&self, rows: &[Vec<Value>], _: &mut dyn LookupTable) -> Result<Vec<Destination>, Error> {
        rows.iter()
            .map(|row| self.map_one(row.first().unwrap_or(&Value::Null)))
            .collect()
    }

    fn verify(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        _: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error> {
        rows.iter()
            .zip(ids)
            .map(|(row, id)| Ok(self.hash(row.first().unwrap_or(&Value::Null))? == *id))
            .collect()
    }

    fn as_reversible(&self) -> Option<&dyn Reversible> {
        self.reversible()
    }

    fn as_sequential(&self) -> Option<&dyn Sequential> {
        self.sequential()
    }

    fn as_prefix(&self) -> Option<&dyn Prefix> {
        self.prefix()
    }
}

/// Checks vindexes against known vectors, for the tests of each.
#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::vindex::{NoLookup, registry};

    pub(in crate::vindex) fn make(
        vindex_type: &str,
        params: &[(&str, &str)],
    ) -> Result<std::sync::Arc<dyn Vindex>, Error> {
        let params = params
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        registry::create(vindex_type, "v", &params, None)
    }

    /// What a row maps to, as text: hex of the id, `start-end`, `none`, `all`, or the error.
    pub(in crate::vindex) fn map(vindex: &dyn Vindex, row: &[Value]) -> String {
        match vindex
            .map(&[row.to_vec()], &mut NoLookup)
            .map(|mut destinations| destinations.remove(0))
        {
            Ok(Destination::None) => "none".to_owned(),
            Ok(Destination::KeyspaceId(id)) => id.to_string(),
            Ok(Destination::KeyspaceIds(ids)) => ids
                .iter()
                .map(KeyspaceId::to_string)
                .collect::<Vec<_>>()
                .join(" "),
            Ok(Destination::KeyRange(range)) => range.to_string(),
            Ok(Destination::AllShards) => "all".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Whether a row verifies, as text.
    pub(in crate::vindex) fn verify(vindex: &dyn Vindex, row: &[Value], id: &str) -> String {
        let id = KeyspaceId::from_hex(id).unwrap();
        match vindex.verify(&[row.to_vec()], &[id], &mut NoLookup) {
            Ok(matches) => matches[0].to_string(),
            Err(error) => error.to_string(),
        }
    }

    pub(in crate::vindex) fn check_map(
        vindex_type: &str,
        params: &[(&str, &str)],
        cases: &[(Value, &str)],
    ) {
        let vindex = make(vindex_type, params).unwrap();
        for (value, expected) in cases {
            assert_eq!(
                map(&*vindex, std::slice::from_ref(value)),
                *expected,
                "{vindex_type} of {value:?}"
            );
        }
    }

    /// Checks that reversing what values map to gives the values.
    pub(in crate::vindex) fn check_reverse(vindex_type: &str, values: &[Value]) {
        let vindex = make(vindex_type, &[]).unwrap();
        let rows: Vec<Vec<Value>> = values.iter().map(|value| vec![value.clone()]).collect();
        let ids: Vec<KeyspaceId> = vindex
            .map(&rows, &mut NoLookup)
            .unwrap()
            .into_iter()
            .map(|destination| match destination {
                Destination::KeyspaceId(id) => id,
                other => panic!("{vindex_type} gave {other:?}"),
            })
            .collect();
        assert_eq!(
            vindex.as_reversible().unwrap().reverse_map(&ids).unwrap(),
            values
        );
    }
}
