//! `unicode_loose_md5`: the MD5 of the text's collation key (Vitess `vindexes/unicodeloosemd5.go`).

use std::collections::BTreeMap;

use super::binary_md5::md5;
use super::single_column::{Header, SingleColumn};
use super::unicode_loose::collation_key;
use super::{Destination, Error, KeyspaceId};
use crate::value::Value;

/// `unicode_loose_md5`.
#[derive(Debug)]
pub(super) struct UnicodeLooseMd5(Header);

impl UnicodeLooseMd5 {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for UnicodeLooseMd5 {
    fn header(&self) -> &Header {
        &self.0
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        collation_key(value, "UnicodeLooseMD5.Verify").map(|key| KeyspaceId(md5(&key)))
    }

    fn map_one(&self, value: &Value) -> Result<Destination, Error> {
        let key = collation_key(value, "UnicodeLooseMD5.Map")?;
        Ok(Destination::KeyspaceId(KeyspaceId(md5(&key))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_as_vitess() {
        let invalid =
            "UnicodeLooseMD5.Map: cannot normalize string containing invalid UTF-8: \"\\xff\"";
        let cases = [
            (Value::from("Test"), "0b5edbb401fd7524393690491d64f1f5"),
            (Value::from("Tést "), "0b5edbb401fd7524393690491d64f1f5"),
            (Value::from(" Test"), "a2e3515c7e8df1ffd2ccfc11c6b19dd1"),
            (Value::Null, "d41d8cd98f00b204e9800998ecf8427e"),
            (Value::Bytes(vec![0xff]), invalid),
        ];
        testing::check_map("unicode_loose_md5", &[], &cases);
        let vindex = testing::make("unicode_loose_md5", &[]).unwrap();
        let refused = invalid.replace(".Map", ".Verify");
        assert_eq!(
            testing::verify(&*vindex, &[Value::Bytes(vec![0xff])], "00"),
            refused
        );
    }
}
