//! `binary_md5`: the MD5 of the value's bytes (Vitess `vindexes/binarymd5.go`).

use std::collections::BTreeMap;

use md5::{Digest, Md5};

use super::conversion::bytes_of;
use super::single_column::{Header, SingleColumn};
use super::{Error, KeyspaceId};
use crate::value::Value;

/// The MD5 of bytes.
pub(super) fn md5(bytes: &[u8]) -> Vec<u8> {
    Md5::digest(bytes).to_vec()
}

/// `binary_md5`.
#[derive(Debug)]
pub(super) struct BinaryMd5(Header);

impl BinaryMd5 {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for BinaryMd5 {
    fn header(&self) -> &Header {
        &self.0
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        Ok(KeyspaceId(md5(&bytes_of(value))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_as_vitess() {
        let cases = [
            (Value::from("Test"), "0cbc6611f5540bd0809a388dc95a615b"),
            (Value::Null, "d41d8cd98f00b204e9800998ecf8427e"),
            (
                Value::Bytes(vec![0x21, 0xcf]),
                "f0ea6e75ae790b7bc3309f1eb9262768",
            ),
        ];
        testing::check_map("binary_md5", &[], &cases);
    }
}
