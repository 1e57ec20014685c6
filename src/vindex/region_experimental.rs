//! `region_experimental`: a region's number in front of the `hash` of an id (Vitess `vindexes/region_experimental.go`).

use std::collections::BTreeMap;

use super::conversion::to_u64;
use super::hash::hash_number;
use super::single_column::Header;
use super::{Destination, Error, KeyRange, KeyspaceId, LookupTable, PartialColumns, Vindex};
use crate::value::Value;

/// Bytes that a region takes: 1 or 2.
#[derive(Debug, Clone, Copy)]
pub(super) struct RegionBytes(usize);

impl RegionBytes {
    /// Reads the parameter `region_bytes`.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "1" => Ok(Self(1)),
            "2" => Ok(Self(2)),
            other => Err(Error::Params(format!(
                "region_bytes must be 1 or 2: {other}"
            ))),
        }
    }

    /// The low bytes of a region's number.
    pub(super) fn of(self, region: u64) -> Vec<u8> {
        region.to_be_bytes()[8 - self.0..].to_vec()
    }
}

/// Tells, row by row, whether a row maps to its keyspace id.
pub(super) fn map_to(
    rows: &[Vec<Value>],
    ids: &[KeyspaceId],
    map: impl Fn(&[Value]) -> Destination,
) -> Vec<bool> {
    let pairs = rows.iter().zip(ids);
    pairs
        .map(|(row, id)| map(row) == Destination::KeyspaceId(id.clone()))
        .collect()
}

/// `region_experimental`.
#[derive(Debug)]
pub(super) struct RegionExperimental {
    header: Header,
    bytes: RegionBytes,
}

impl RegionExperimental {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let Some(bytes) = params.get("region_bytes") else {
            return Err(Error::Params(
                "region_experimental missing region_bytes param".to_owned(),
            ));
        };
        let bytes = RegionBytes::parse(bytes)?;
        Ok(Self {
            header: Header::new(name, params, &["region_bytes"]),
            bytes,
        })
    }

    fn map_row(&self, row: &[Value]) -> Destination {
        let ([region] | [region, _]) = row else {
            return Destination::None;
        };
        let Ok(region) = to_u64(region) else {
            return Destination::None;
        };
        let mut id = self.bytes.of(region);
        match row.get(1).map(to_u64) {
            None => Destination::KeyRange(KeyRange::of_prefix(&id)),
            Some(Err(_)) => Destination::None,
            Some(Ok(number)) => {
                id.extend(hash_number(number));
                Destination::KeyspaceId(KeyspaceId(id))
            }
        }
    }
}

impl Vindex for RegionExperimental {
    fn name(&self) -> &str {
        &self.header.name
    }

    fn cost(&self) -> u32 {
        1
    }

    fn is_unique(&self) -> bool {
        true
    }

    fn multi_column(&self) -> Option<PartialColumns> {
        Some(PartialColumns::Allowed)
    }

    fn unknown_params(&self) -> &[String] {
        &self.header.unknown_params
    }

    fn map(&self, rows: &[Vec<Value>], _: &mut dyn LookupTable) -> Result<Vec<Destination>, Error> {
        Ok(rows.iter().map(|row| self.map_row(row)).collect())
    }

    fn verify(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        _: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error> {
        Ok(map_to(rows, ids, |row| self.map_row(row)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_as_vitess() {
        let cases: [(&str, &[Value], &str); 7] = [
            ("1", &[Value::Int(255), Value::Int(1)], "ff166b40b44aba4bd6"),
            ("1", &[Value::Int(256), Value::Int(1)], "00166b40b44aba4bd6"),
            (
                "2",
                &[Value::Int(256), Value::Int(1)],
                "0100166b40b44aba4bd6",
            ),
            ("1", &[Value::Int(1)], "01-02"),
            ("1", &[Value::Int(255)], "ff-"),
            ("1", &[Value::Int(1), Value::from("abcd")], "none"),
            ("1", &[Value::Int(1), Value::Int(1), Value::Int(1)], "none"),
        ];
        for (bytes, row, expected) in cases {
            let vindex = testing::make("region_experimental", &[("region_bytes", bytes)]).unwrap();
            assert_eq!(testing::map(&*vindex, row), expected, "{row:?}");
        }
        let vindex = testing::make("region_experimental", &[("region_bytes", "1")]).unwrap();
        assert_eq!(
            testing::verify(
                &*vindex,
                &[Value::Int(1), Value::Int(1)],
                "01166b40b44aba4bd6"
            ),
            "true"
        );
        assert_eq!(testing::verify(&*vindex, &[Value::Int(1)], ""), "false");
    }

    #[test]
    fn refuses_bad_parameters() {
        let error = |params: &[(&str, &str)]| {
            testing::make("region_experimental", params)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error(&[]), "region_experimental missing region_bytes param");
        assert_eq!(
            error(&[("region_bytes", "3")]),
            "region_bytes must be 1 or 2: 3"
        );
    }
}
