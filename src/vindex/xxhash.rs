//! `xxhash`: xxHash64 of the value's bytes, little-endian (Vitess `vindexes/xxhash.go`).
//!
//! Numbers are hashed as decimal text, so `1` has one keyspace id whatever its type.

use std::collections::BTreeMap;

use twox_hash::XxHash64;

use super::conversion::bytes_of;
use super::single_column::{Header, SingleColumn};
use super::{Error, KeyspaceId};
use crate::value::Value;

/// xxHash64 of bytes with seed 0, little-endian.
pub(super) fn xxhash64(bytes: &[u8]) -> Vec<u8> {
    XxHash64::oneshot(0, bytes).to_le_bytes().to_vec()
}

/// `xxhash`.
#[derive(Debug)]
pub(super) struct XxHash(Header);

impl XxHash {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for XxHash {
    fn header(&self) -> &Header {
        &self.0
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        Ok(KeyspaceId(xxhash64(&bytes_of(value))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_as_vitess() {
        let cases = [
            (Value::from("test1"), "d01ab7e4d6978f0b"),
            (Value::UInt(1), "d46405367612b4b7"),
            (Value::Int(1), "d46405367612b4b7"),
            (Value::from("1"), "d46405367612b4b7"),
            (Value::Int(-1), "d8e2a6a7c8c7623d"),
            (Value::Null, "99e9d85137db46ef"),
        ];
        testing::check_map("xxhash", &[], &cases);
    }
}
