//! `null`: every value is on one shard, the one of keyspace id `00` (Vitess `vindexes/null.go`).
//!
//! It is unique, so it can be primary; its cost makes it the last choice.

use std::collections::BTreeMap;

use super::single_column::{Header, SingleColumn};
use super::{Error, KeyspaceId};
use crate::value::Value;

/// `null`.
#[derive(Debug)]
pub(super) struct Null(Header);

impl Null {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Self {
        Self(Header::new(name, params, &[]))
    }
}

impl SingleColumn for Null {
    fn header(&self) -> &Header {
        &self.0
    }

    fn cost(&self) -> u32 {
        100
    }

    fn hash(&self, _: &Value) -> Result<KeyspaceId, Error> {
        Ok(KeyspaceId(vec![0]))
    }

    fn hashes_columns(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_everything_to_one_id() {
        testing::check_map(
            "null",
            &[],
            &[
                (Value::Int(2), "00"),
                (Value::from("x"), "00"),
                (Value::Null, "00"),
            ],
        );
        let null = testing::make("null", &[]).unwrap();
        assert_eq!(testing::verify(&*null, &[Value::Int(2)], "01"), "false");
    }
}
