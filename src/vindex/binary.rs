//! `binary`: the value's bytes are its keyspace id (Vitess `vindexes/binary.go`).

use std::collections::BTreeMap;

use super::conversion::bytes_of;
use super::single_column::{Header, SingleColumn};
use super::{Destination, Error, KeyRange, KeyspaceId, Reversible, Sequential};
use crate::value::Value;

/// `binary`.
#[derive(Debug)]
pub(super) struct Binary(Header);

impl Binary {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for Binary {
    fn header(&self) -> &Header {
        &self.0
    }

    fn cost(&self) -> u32 {
        0
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        Ok(KeyspaceId(bytes_of(value).into_owned()))
    }

    fn reversible(&self) -> Option<&dyn Reversible> {
        Some(self)
    }

    fn sequential(&self) -> Option<&dyn Sequential> {
        Some(self)
    }
}

impl Reversible for Binary {
    fn reverse_map(&self, ids: &[KeyspaceId]) -> Result<Vec<Value>, Error> {
        Ok(ids.iter().map(|id| Value::Bytes(id.0.clone())).collect())
    }
}

impl Sequential for Binary {
    fn range_map(&self, from: &Value, to: &Value) -> Result<Destination, Error> {
        Ok(Destination::KeyRange(KeyRange {
            start: self.hash(from)?.0,
            end: self.hash(to)?.0,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_to_the_bytes() {
        let cases = [
            (Value::from("test1"), "7465737431"),
            (Value::Int(5), "35"),
            (Value::Bytes(vec![0x8a, 0x1e]), "8a1e"),
            (Value::Null, ""),
        ];
        testing::check_map("binary", &[], &cases);
        testing::check_reverse("binary", &[Value::Bytes(vec![0, 1]), Value::Bytes(vec![])]);
    }

    #[test]
    fn keeps_order() {
        let binary = testing::make("binary", &[]).unwrap();
        let range = binary
            .as_sequential()
            .unwrap()
            .range_map(&Value::from("@"), &Value::from("`"));
        assert_eq!(
            range.unwrap(),
            Destination::KeyRange(KeyRange::parse("40-60").unwrap())
        );
    }
}
