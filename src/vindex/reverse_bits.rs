//! `reverse_bits`: the number with its bits in reverse, big-endian (Vitess `vindexes/reverse_bits.go`).

use std::collections::BTreeMap;

use super::conversion::to_u64;
use super::key_range::encode_hex;
use super::single_column::{Header, SingleColumn, or_none};
use super::{Destination, Error, KeyspaceId, Reversible};
use crate::value::Value;

/// `reverse_bits`.
#[derive(Debug)]
pub(super) struct ReverseBits(Header);

impl ReverseBits {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for ReverseBits {
    fn header(&self) -> &Header {
        &self.0
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        Ok(KeyspaceId(
            to_u64(value)?.reverse_bits().to_be_bytes().to_vec(),
        ))
    }

    fn map_one(&self, value: &Value) -> Result<Destination, Error> {
        Ok(or_none(self.hash(value)))
    }

    fn reversible(&self) -> Option<&dyn Reversible> {
        Some(self)
    }
}

impl Reversible for ReverseBits {
    fn reverse_map(&self, ids: &[KeyspaceId]) -> Result<Vec<Value>, Error> {
        ids.iter()
            .map(|id| match <[u8; 8]>::try_from(id.0.as_slice()) {
                Ok(bytes) => Ok(Value::UInt(u64::from_be_bytes(bytes).reverse_bits())),
                Err(_) => Err(Error::Value(format!(
                    "invalid keyspace id: {}",
                    encode_hex(&id.0)
                ))),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_as_vitess() {
        let cases = [
            (Value::Int(1), "8000000000000000"),
            (Value::Int(3), "c000000000000000"),
            (Value::Int(5), "a000000000000000"),
            (Value::Null, "none"),
        ];
        testing::check_map("reverse_bits", &[], &cases);
        testing::check_reverse("reverse_bits", &[Value::UInt(1), Value::UInt(u64::MAX - 1)]);
    }
}
