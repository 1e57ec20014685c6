//! `numeric`: the big-endian number is the keyspace id (Vitess `vindexes/numeric.go`).

use std::collections::BTreeMap;

use super::conversion::to_u64;
use super::single_column::{Header, SingleColumn, or_none};
use super::{Destination, Error, KeyRange, KeyspaceId, Reversible, Sequential};
use crate::value::Value;

/// `numeric`.
#[derive(Debug)]
pub(super) struct Numeric(Header);

impl Numeric {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for Numeric {
    fn header(&self) -> &Header {
        &self.0
    }

    fn cost(&self) -> u32 {
        0
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        Ok(KeyspaceId(to_u64(value)?.to_be_bytes().to_vec()))
    }

    fn map_one(&self, value: &Value) -> Result<Destination, Error> {
        Ok(or_none(self.hash(value)))
    }

    fn reversible(&self) -> Option<&dyn Reversible> {
        Some(self)
    }

    fn sequential(&self) -> Option<&dyn Sequential> {
        Some(self)
    }
}

impl Reversible for Numeric {
    fn reverse_map(&self, ids: &[KeyspaceId]) -> Result<Vec<Value>, Error> {
        ids.iter()
            .map(|id| match <[u8; 8]>::try_from(id.0.as_slice()) {
                Ok(bytes) => Ok(Value::UInt(u64::from_be_bytes(bytes))),
                Err(_) => {
                    let length = id.0.len();
                    Err(Error::Value(format!(
                        "Numeric.ReverseMap: length of keyspaceId is not 8: {length}"
                    )))
                }
            })
            .collect()
    }
}

impl Sequential for Numeric {
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
    fn maps_as_vitess() {
        let cases = [
            (Value::Int(7), "0000000000000007"),
            (Value::from("12"), "000000000000000c"),
            (Value::Int(-1), "none"),
            (Value::Double(1.1), "none"),
            (Value::Null, "none"),
        ];
        testing::check_map("numeric", &[], &cases);
        testing::check_reverse("numeric", &[Value::UInt(1), Value::UInt(u64::MAX)]);
        let numeric = testing::make("numeric", &[]).unwrap();
        let error = numeric
            .as_reversible()
            .unwrap()
            .reverse_map(&[KeyspaceId(vec![1])])
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "Numeric.ReverseMap: length of keyspaceId is not 8: 1"
        );
        assert_eq!(
            testing::verify(&*numeric, &[Value::from("aa")], ""),
            "cannot parse uint64 from \"aa\""
        );
    }
}
