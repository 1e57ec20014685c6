//! `cfc` (concatenated fixed-width composite): parts of the value hashed one by one, so that a prefix of the value still
//! routes `LIKE 'prefix%'` (Vitess `vindexes/cfc.go`).

use std::collections::BTreeMap;

use super::binary_md5::md5;
use super::conversion::bytes_of;
use super::single_column::{Header, SingleColumn};
use super::xxhash::xxhash64;
use super::{Destination, Error, KeyRange, KeyspaceId, Prefix};
use crate::value::Value;

/// How a part is hashed.
type PartHash = fn(&[u8]) -> Vec<u8>;

/// `cfc`.
#[derive(Debug)]
pub(super) struct Cfc {
    header: Header,
    /// How parts are hashed, and where they end; without it the value's bytes are the id.
    parts: Option<(PartHash, Vec<usize>)>,
}

impl Cfc {
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let param = |key: &str| {
            params
                .get(key)
                .map(String::as_str)
                .filter(|value| !value.is_empty())
        };
        let hash: Option<PartHash> = match param("hash") {
            None => None,
            Some("md5") => Some(md5),
            Some("xxhash64") => Some(xxhash64),
            Some(other) => {
                return Err(Error::Params(format!(
                    "invalid hash {other} to CFC vindex {name}"
                )));
            }
        };
        let parts = match (hash, param("offsets")) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(Error::Params(
                    "CFC vindex requires offsets when hash is defined".to_owned(),
                ));
            }
            (Some(hash), Some(text)) => {
                let offsets: Vec<usize> = serde_json::from_str(text).unwrap_or_default();
                let increasing = offsets.windows(2).all(|pair| pair[0] < pair[1]);
                if offsets.first().is_none_or(|first| *first == 0) || !increasing {
                    let text = format!(
                        "invalid offsets {text} to CFC vindex {name}. expected sorted positive ints in brackets"
                    );
                    return Err(Error::Params(text));
                }
                Some((hash, offsets))
            }
        };
        Ok(Self {
            header: Header::new(name, params, &["hash", "offsets"]),
            parts,
        })
    }
}

/// The hash of a part, no longer than the part.
fn hash_part(hash: PartHash, part: &[u8]) -> Vec<u8> {
    let mut hashed = hash(part);
    hashed.truncate(part.len());
    hashed
}

impl SingleColumn for Cfc {
    fn header(&self) -> &Header {
        &self.header
    }

    fn hash(&self, value: &Value) -> Result<KeyspaceId, Error> {
        let bytes = bytes_of(value);
        let Some((hash, offsets)) = &self.parts else {
            return Ok(KeyspaceId(bytes.into_owned()));
        };
        let need = offsets.last().copied().unwrap_or(0);
        if bytes.len() < need {
            let (name, got) = (&self.header.name, bytes.len());
            return Err(Error::Value(format!(
                "insufficient size for cfc vindex {name}. need {need}, got {got}"
            )));
        }
        let starts = std::iter::once(0).chain(offsets.iter().copied());
        let ends = offsets.iter().copied().chain([bytes.len()]);
        Ok(KeyspaceId(
            starts
                .zip(ends)
                .flat_map(|(start, end)| hash_part(*hash, &bytes[start..end]))
                .collect(),
        ))
    }

    fn hashes_columns(&self) -> bool {
        false
    }

    fn prefix(&self) -> Option<&dyn Prefix> {
        Some(self)
    }
}

impl Prefix for Cfc {
    fn prefix_cost(&self) -> u32 {
        self.parts.as_ref().map_or(2, |(_, offsets)| {
            u32::try_from(offsets.len()).unwrap_or(u32::MAX)
        })
    }

    fn prefix_map(&self, pattern: &[u8]) -> Result<Destination, Error> {
        let literal = literal_prefix(pattern);
        let prefix = match &self.parts {
            None => literal,
            Some((hash, offsets)) => {
                let whole = offsets.iter().copied().filter(|end| *end <= literal.len());
                let starts = std::iter::once(0).chain(offsets.iter().copied());
                starts
                    .zip(whole)
                    .flat_map(|(start, end)| hash_part(*hash, &literal[start..end]))
                    .collect()
            }
        };
        Ok(if prefix.is_empty() {
            Destination::AllShards
        } else {
            Destination::KeyRange(KeyRange::of_prefix(&prefix))
        })
    }
}

/// The bytes that everything a LIKE pattern matches starts with: up to the first `%` or `_`, escapes decoded as in
/// MySQL's strings.
pub fn literal_prefix(pattern: &[u8]) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' | b'_' => break,
            b'\\' => prefix.push(match bytes.next() {
                None => b'\\',
                Some(b'0') => 0,
                Some(b'b') => 8,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'Z') => 26,
                Some(other) => other,
            }),
            other => prefix.push(other),
        }
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::super::key_range::encode_hex;
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn hashes_parts() {
        testing::check_map(
            "cfc",
            &[],
            &[(Value::from("abc"), "616263"), (Value::Null, "")],
        );
        let params = [("hash", "md5"), ("offsets", "[2,4]")];
        // md5("ab") = 187ef443…, md5("cd") = 6865aeb3…, md5("e") = e1671797…
        let cases = [
            (Value::from("abcde"), "187e6865e1"),
            (Value::from("abcd"), "187e6865"),
            (
                Value::from("abc"),
                "insufficient size for cfc vindex v. need 4, got 3",
            ),
        ];
        testing::check_map("cfc", &params, &cases);
    }

    #[test]
    fn maps_patterns() {
        let cases: [(&[(&str, &str)], &str, &str); 5] = [
            (&[], "ab%", "6162-6163"),
            (&[], "%ab", "all"),
            (
                &[("hash", "md5"), ("offsets", "[2,4]")],
                "abc%",
                "187e-187f",
            ),
            (&[("hash", "md5"), ("offsets", "[2,4]")], "a%", "all"),
            (
                &[("hash", "md5"), ("offsets", "[2,4]")],
                "abcdef%",
                "187e6865-187e6866",
            ),
        ];
        for (params, pattern, expected) in cases {
            let vindex = testing::make("cfc", params).unwrap();
            let outcome = match vindex
                .as_prefix()
                .unwrap()
                .prefix_map(pattern.as_bytes())
                .unwrap()
            {
                Destination::KeyRange(range) => range.to_string(),
                Destination::AllShards => "all".to_owned(),
                other => panic!("{other:?}"),
            };
            assert_eq!(outcome, expected, "{pattern} with {params:?}");
        }
    }

    #[test]
    fn decodes_the_literal_prefix() {
        let cases: [(&[u8], &str); 6] = [
            (b"ab%", "6162"),
            (b"_%a%", ""),
            (b"\\%", "25"),
            (b"\\\\%a", "5c"),
            (b"\\0\\n\\Z", "000a1a"),
            (b"\\", "5c"),
        ];
        for (pattern, prefix) in cases {
            assert_eq!(encode_hex(&literal_prefix(pattern)), prefix);
        }
    }

    #[test]
    fn refuses_bad_parameters() {
        let error = |params: &[(&str, &str)]| testing::make("cfc", params).unwrap_err().to_string();
        assert_eq!(
            error(&[("hash", "sha")]),
            "invalid hash sha to CFC vindex v"
        );
        assert_eq!(
            error(&[("hash", "md5")]),
            "CFC vindex requires offsets when hash is defined"
        );
        for offsets in ["[]", "[0,1]", "[2,1]", "[-1]", "x", "[1,1]"] {
            let expected = format!(
                "invalid offsets {offsets} to CFC vindex v. expected sorted positive ints in brackets"
            );
            assert_eq!(error(&[("hash", "md5"), ("offsets", offsets)]), expected);
        }
    }
}
