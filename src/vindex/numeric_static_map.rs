//! `numeric_static_map`: numbers listed in a JSON object map to the number beside them, the others to themselves or to
//! what another vindex makes of them (Vitess `vindexes/numeric_static_map.go`).

use std::collections::BTreeMap;

use super::conversion::to_u64;
use super::param_file;
use super::registry;
use super::single_column::{Header, SingleColumn, or_none};
use super::{Destination, Error, KeyspaceId};
use crate::value::{Value, go_quote};

/// `numeric_static_map`.
#[derive(Debug)]
pub(super) struct NumericStaticMap {
    header: Header,
    numbers: BTreeMap<u64, u64>,
    fallback: Option<Box<dyn SingleColumn>>,
}

impl NumericStaticMap {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let text = match (params.get("json"), params.get("json_path")) {
            (None, None) => {
                let text = "NumericStaticMap: Could not find either `json_path` or `json` params in vschema";
                return Err(Error::Params(text.to_owned()));
            }
            (Some(_), Some(_)) => {
                let text = "NumericStaticMap: Found both `json` and `json_path` params in vschema";
                return Err(Error::Params(text.to_owned()));
            }
            (Some(json), None) => json.clone(),
            (None, Some(path)) => param_file::read(path)?,
        };
        let entries: BTreeMap<String, u64> =
            serde_json::from_str(&text).map_err(|error| Error::Params(error.to_string()))?;
        let numbers = entries
            .into_iter()
            .map(|(key, number)| Ok((parse_key(&key)?, number)))
            .collect::<Result<_, Error>>()?;
        let fallback = match params.get("fallback_type") {
            Some(vindex_type) => Some(registry::create_single_column(
                vindex_type,
                &format!("{name}_fallback"),
                &BTreeMap::new(),
            )?),
            None => None,
        };
        let header = Header::new(name, params, &["json", "json_path", "fallback_type"]);
        Ok(Self {
            header,
            numbers,
            fallback,
        })
    }
}

/// Reads a key as Go's `strconv.ParseUint` does.
fn parse_key(key: &str) -> Result<u64, Error> {
    key.parse()
        .ok()
        .filter(|_| key.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| {
            let digits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
            let reason = if digits {
                "value out of range"
            } else {
                "invalid syntax"
            };
            Error::Params(format!(
                "strconv.ParseUint: parsing {}: {reason}",
                go_quote(key.as_bytes())
            ))
        })
}

impl SingleColumn for NumericStaticMap {
    fn header(&self) -> &Header {
        &self.header
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        let number = to_u64(value)?;
        match (self.numbers.get(&number), &self.fallback) {
            (Some(mapped), _) => Ok(KeyspaceId(mapped.to_be_bytes().to_vec())),
            (None, Some(fallback)) => fallback.hash(value),
            (None, None) => Ok(KeyspaceId(number.to_be_bytes().to_vec())),
        }
    }

    fn map_one(&self, value: &Value) -> Result<Destination, Error> {
        Ok(or_none(self.hash(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn maps_listed_numbers() {
        let json = ("json", "{\"1\":1,\"3\":2}");
        let cases = [
            (Value::Int(3), "0000000000000002"),
            (Value::Int(7), "0000000000000007"),
            (Value::from("a"), "none"),
        ];
        testing::check_map("numeric_static_map", &[json], &cases);
        let cases = [
            (Value::Int(3), "0000000000000002"),
            (Value::Int(2), "8b59801662b52160"),
            (Value::from("test1"), "none"),
        ];
        testing::check_map(
            "numeric_static_map",
            &[json, ("fallback_type", "xxhash")],
            &cases,
        );
    }

    #[test]
    fn refuses_bad_parameters() {
        let cases: [(&[(&str, &str)], &str); 5] = [
            (
                &[],
                "NumericStaticMap: Could not find either `json_path` or `json` params in vschema",
            ),
            (
                &[("json", "{}"), ("json_path", "/x")],
                "NumericStaticMap: Found both `json` and `json_path` params in vschema",
            ),
            (
                &[("json_path", "/no/such/file")],
                "open /no/such/file: no such file or directory",
            ),
            (
                &[("json", "{\"a\":1}")],
                "strconv.ParseUint: parsing \"a\": invalid syntax",
            ),
            (
                &[("json", "{}"), ("fallback_type", "no")],
                "vindexType \"no\" not found",
            ),
        ];
        for (params, error) in cases {
            assert_eq!(
                testing::make("numeric_static_map", params)
                    .unwrap_err()
                    .to_string(),
                error
            );
        }
        assert!(testing::make("numeric_static_map", &[("json", "{")]).is_err());
    }
}
