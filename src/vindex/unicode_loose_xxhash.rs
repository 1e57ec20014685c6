//! `unicode_loose_xxhash`: the xxHash64, little-endian, of the text's collation key (Vitess `vindexes/unicodeloosexxhash.go`).

use std::collections::BTreeMap;

use super::single_column::{Header, SingleColumn};
use super::unicode_loose::collation_key;
use super::xxhash::xxhash64;
use super::{Destination, Error, KeyspaceId};
use crate::value::Value;

/// `unicode_loose_xxhash`.
#[derive(Debug)]
pub(super) struct UnicodeLooseXxHash(Header);

impl UnicodeLooseXxHash {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for UnicodeLooseXxHash {
    fn header(&self) -> &Header {
        &self.0
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        collation_key(value, "UnicodeLooseXXHash.Verify").map(|key| KeyspaceId(xxhash64(&key)))
    }

    fn map_one(&self, value: &Value) -> Result<Destination, Error> {
        let key = collation_key(value, "UnicodeLooseXXHash.Map")?;
        Ok(Destination::KeyspaceId(KeyspaceId(xxhash64(&key))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_as_vitess() {
        let invalid =
            "UnicodeLooseXXHash.Map: cannot normalize string containing invalid UTF-8: \"\\xff\"";
        let cases = [
            (Value::from("Tést"), "42d21361087a4c07"),
            (Value::from("test "), "42d21361087a4c07"),
            (Value::from("Bést"), "926975b9ce2ec316"),
            (Value::Null, "99e9d85137db46ef"),
            (Value::Bytes(vec![0xff]), invalid),
        ];
        testing::check_map("unicode_loose_xxhash", &[], &cases);
        let vindex = testing::make("unicode_loose_xxhash", &[]).unwrap();
        let refused = invalid.replace(".Map", ".Verify");
        assert_eq!(
            testing::verify(&*vindex, &[Value::Bytes(vec![0xff])], "00"),
            refused
        );
    }
}
