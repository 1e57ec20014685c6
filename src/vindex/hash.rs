//! `hash`: the default vindex of numbers, and a permutation of them.
//!
//! One block of single DES with a key of eight zero bytes over the big-endian number (Vitess
//! `vindexes/hash.go`), so it can be reversed.

use std::collections::BTreeMap;

use super::conversion::to_u64;
use super::key_range::encode_hex;
use super::null_key_des::encrypt;
use super::single_column::{Header, SingleColumn, or_none};
use super::{Destination, Error, KeyspaceId, Reversible};
use crate::value::Value;

/// Encrypts a number: the keyspace id of `hash`.
pub fn hash_number(number: u64) -> [u8; 8] {
    encrypt(number).to_be_bytes()
}

/// Decrypts a keyspace id of 8 bytes; `None` for any other length.
pub fn unhash_number(id: &[u8]) -> Option<u64> {
    Some(encrypt(u64::from_be_bytes(id.try_into().ok()?)))
}

/// Reverses `hash`.
pub(super) fn unhash(id: &KeyspaceId) -> Result<u64, Error> {
    unhash_number(&id.0)
        .ok_or_else(|| Error::Value(format!("invalid keyspace id: {}", encode_hex(&id.0))))
}

/// `hash`.
#[derive(Debug)]
pub(super) struct Hash(Header);

impl Hash {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for Hash {
    fn header(&self) -> &Header {
        &self.0
    }

    /// Verify, unlike Map, refuses negative numbers.
    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        Ok(KeyspaceId(hash_number(to_u64(value)?).to_vec()))
    }

    fn map_one(&self, value: &Value) -> Result<Destination, Error> {
        Ok(match value {
            Value::Int(number) => {
                Destination::KeyspaceId(KeyspaceId(hash_number(number.cast_unsigned()).to_vec()))
            }
            other => or_none(self.hash(other)),
        })
    }

    fn reversible(&self) -> Option<&dyn Reversible> {
        Some(self)
    }
}

impl Reversible for Hash {
    fn reverse_map(&self, ids: &[KeyspaceId]) -> Result<Vec<Value>, Error> {
        ids.iter().map(|id| unhash(id).map(Value::UInt)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_as_vitess() {
        // The values of Vitess's own tests (go/vt/vtgate/vindexes/hash_test.go).
        let cases = [
            (Value::Int(1), "166b40b44aba4bd6"),
            (Value::Int(2), "06e7ea22ce92708f"),
            (Value::UInt(4), "d2fd8867d50d2dfe"),
            (Value::Int(0), "8ca64de9c1b123a7"),
            (Value::Int(-1), "355550b2150e2451"),
            (Value::UInt(u64::MAX), "355550b2150e2451"),
            (Value::from("1"), "166b40b44aba4bd6"),
            (Value::from("a"), "none"),
            (Value::Null, "none"),
            (Value::Double(1.1), "none"),
        ];
        testing::check_map("hash", &[], &cases);
    }

    #[test]
    fn verifies_no_negative_number() {
        let hash = testing::make("hash", &[]).unwrap();
        assert_eq!(
            testing::verify(&*hash, &[Value::Int(1)], "166b40b44aba4bd6"),
            "true"
        );
        assert_eq!(
            testing::verify(&*hash, &[Value::Int(2)], "166b40b44aba4bd6"),
            "false"
        );
        assert_eq!(
            testing::verify(&*hash, &[Value::Int(-1)], "355550b2150e2451"),
            "cannot parse uint64 from \"-1\""
        );
    }

    #[test]
    fn reverses() {
        testing::check_reverse(
            "hash",
            &[Value::UInt(0), Value::UInt(1), Value::UInt(u64::MAX)],
        );
        assert_eq!(
            unhash(&KeyspaceId(vec![1, 2])).unwrap_err().to_string(),
            "invalid keyspace id: 0102"
        );
    }

    proptest::proptest! {
        #[test]
        fn is_a_permutation(number: u64) {
            proptest::prop_assert_eq!(unhash_number(&hash_number(number)), Some(number));
        }
    }
}
