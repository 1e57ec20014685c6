//! `region_json`: the number that a JSON file has for a country, in front of the `hash` of an id (Vitess
//! `vindexes/region_json.go`). The id is the first column, the country the second.

use std::collections::BTreeMap;

use super::conversion::{bytes_of, to_u64};
use super::hash::hash_number;
use super::param_file;
use super::region_experimental::{RegionBytes, map_to};
use super::single_column::Header;
use super::{Destination, Error, KeyspaceId, LookupTable, PartialColumns, Vindex};
use crate::value::{Value, go_quote};

/// `region_json`.
#[derive(Debug)]
pub(super) struct RegionJson {
    header: Header,
    regions: BTreeMap<String, u64>,
    bytes: RegionBytes,
}

impl RegionJson {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let text = param_file::read(params.get("region_map").map_or("", String::as_str))?;
        let regions =
            serde_json::from_str(&text).map_err(|error| Error::Params(error.to_string()))?;
        let bytes = params.get("region_bytes").map_or("", String::as_str);
        if bytes.parse::<i64>().is_err() {
            let quoted = go_quote(bytes.as_bytes());
            return Err(Error::Params(format!(
                "strconv.Atoi: parsing {quoted}: invalid syntax"
            )));
        }
        let bytes = RegionBytes::parse(bytes)?;
        Ok(Self {
            header: Header::new(name, params, &["region_map", "region_bytes"]),
            regions,
            bytes,
        })
    }

    fn map_row(&self, row: &[Value]) -> Destination {
        let [id, country] = row else {
            return Destination::None;
        };
        let region = std::str::from_utf8(&bytes_of(country))
            .ok()
            .and_then(|country| self.regions.get(country).copied());
        match (region, to_u64(id)) {
            (Some(region), Ok(number)) => {
                let mut id = self.bytes.of(region);
                id.extend(hash_number(number));
                Destination::KeyspaceId(KeyspaceId(id))
            }
            _ => Destination::None,
        }
    }
}

impl Vindex for RegionJson {
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
        Some(PartialColumns::Refused)
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
    fn maps_ids_of_countries() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{\"US\": 1, \"JP\": 258}").unwrap();
        let path = file.path().to_str().unwrap();
        let vindex = testing::make(
            "region_json",
            &[("region_map", path), ("region_bytes", "2")],
        )
        .unwrap();
        let cases: [(&[Value], &str); 4] = [
            (&[Value::Int(1), Value::from("US")], "0001166b40b44aba4bd6"),
            (&[Value::Int(1), Value::from("JP")], "0102166b40b44aba4bd6"),
            (&[Value::Int(1), Value::from("XX")], "none"),
            (&[Value::Int(1)], "none"),
        ];
        for (row, expected) in cases {
            assert_eq!(testing::map(&*vindex, row), expected, "{row:?}");
        }
        let error = |params: &[(&str, &str)]| {
            testing::make("region_json", params)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error(&[("region_map", "/no/such")]),
            "open /no/such: no such file or directory"
        );
        assert_eq!(
            error(&[("region_map", path), ("region_bytes", "3")]),
            "region_bytes must be 1 or 2: 3"
        );
        assert_eq!(
            error(&[("region_map", path)]),
            "strconv.Atoi: parsing \"\": invalid syntax"
        );
        assert!(
            testing::make("region_json", &[("region_map", "/"), ("region_bytes", "1")]).is_err()
        );
    }
}
