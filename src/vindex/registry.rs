//! Types of vindexes by name, and how each is made of its parameters (Vitess `vindexes.CreateVindex`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::binary::Binary;
use super::binary_md5::BinaryMd5;
use super::cfc::Cfc;
use super::hash::Hash;
use super::lookup::{Entries, TableLookup};
use super::lookup_hash::Keys;
use super::multicol::Multicol;
use super::null::Null;
use super::numeric::Numeric;
use super::numeric_static_map::NumericStaticMap;
use super::region_experimental::RegionExperimental;
use super::region_json::RegionJson;
use super::reverse_bits::ReverseBits;
use super::single_column::SingleColumn;
use super::unicode_loose_md5::UnicodeLooseMd5;
use super::unicode_loose_xxhash::UnicodeLooseXxHash;
use super::xxhash::XxHash;
use super::{Error, Vindex};

/// Every type, sorted.
pub const TYPES: &[&str] = &[
    "binary",
    "binary_md5",
    "cfc",
    "consistent_lookup",
    "consistent_lookup_unique",
    "hash",
    "lookup",
    "lookup_cost",
    "lookup_hash",
    "lookup_hash_unique",
    "lookup_unicodeloosemd5_hash",
    "lookup_unicodeloosemd5_hash_unique",
    "lookup_unique",
    "multicol",
    "null",
    "numeric",
    "numeric_static_map",
    "region_experimental",
    "region_json",
    "reverse_bits",
    "unicode_loose_md5",
    "unicode_loose_xxhash",
    "xxhash",
];

/// The table that owns a lookup vindex: consistent lookups ask it whether a row is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its keyspace.
    pub keyspace: String,
    /// Its name.
    pub table: String,
    /// Its columns, in the order of the vindex's `from` columns.
    pub columns: Vec<String>,
}

/// Makes a vindex. The owner matters to consistent lookups only.
///
/// # Errors
/// [`Error::UnknownType`], [`Error::Params`].
pub fn create(
    vindex_type: &str,
    name: &str,
    params: &BTreeMap<String, String>,
    owner: Option<Owner>,
) -> Result<Arc<dyn Vindex>, Error> {
    Ok(match vindex_type {
        "binary" => Arc::new(Binary::new(name, params)),
        "binary_md5" => Arc::new(BinaryMd5::new(name, params)),
        "cfc" => Arc::new(Cfc::new(name, params)?),
        "consistent_lookup" => {
            Arc::new(TableLookup::consistent(name, params, Entries::Many, owner)?)
        }
        "consistent_lookup_unique" => {
            Arc::new(TableLookup::consistent(name, params, Entries::One, owner)?)
        }
        "hash" => Arc::new(Hash::new(name, params)),
        "lookup" => Arc::new(TableLookup::new(name, params, Entries::Many)?),
        "lookup_cost" => Arc::new(TableLookup::with_cost(name, params)?),
        "lookup_hash" => Arc::new(TableLookup::hashed(
            name,
            params,
            Entries::Many,
            Keys::Values,
        )?),
        "lookup_hash_unique" => Arc::new(TableLookup::hashed(
            name,
            params,
            Entries::One,
            Keys::Values,
        )?),
        "lookup_unicodeloosemd5_hash" => Arc::new(TableLookup::hashed(
            name,
            params,
            Entries::Many,
            Keys::UnicodeLooseMd5,
        )?),
        "lookup_unicodeloosemd5_hash_unique" => Arc::new(TableLookup::hashed(
            name,
            params,
            Entries::One,
            Keys::UnicodeLooseMd5,
        )?),
        "lookup_unique" => Arc::new(TableLookup::new(name, params, Entries::One)?),
        "multicol" => Arc::new(Multicol::new(name, params)?),
        "null" => Arc::new(Null::new(name, params)),
        "numeric" => Arc::new(Numeric::new(name, params)),
        "numeric_static_map" => Arc::new(NumericStaticMap::new(name, params)?),
        "region_experimental" => Arc::new(RegionExperimental::new(name, params)?),
        "region_json" => Arc::new(RegionJson::new(name, params)?),
        "reverse_bits" => Arc::new(ReverseBits::new(name, params)),
        "unicode_loose_md5" => Arc::new(UnicodeLooseMd5::new(name, params)),
        "unicode_loose_xxhash" => Arc::new(UnicodeLooseXxHash::new(name, params)),
        "xxhash" => Arc::new(XxHash::new(name, params)),
        _ => {
            return Err(Error::UnknownType {
                vindex_type: vindex_type.to_owned(),
            });
        }
    })
}

/// Makes a functional vindex on one column, for use within another vindex.
///
/// # Errors
/// As [`create`]; [`Error::Unsuitable`] for a type that is no functional vindex on one column.
pub(super) fn create_single_column(
    vindex_type: &str,
    name: &str,
    params: &BTreeMap<String, String>,
) -> Result<Box<dyn SingleColumn>, Error> {
    Ok(match vindex_type {
        "binary" => Box::new(Binary::new(name, params)),
        "binary_md5" => Box::new(BinaryMd5::new(name, params)),
        "cfc" => Box::new(Cfc::new(name, params)?),
        "hash" => Box::new(Hash::new(name, params)),
        "null" => Box::new(Null::new(name, params)),
        "numeric" => Box::new(Numeric::new(name, params)),
        "numeric_static_map" => Box::new(NumericStaticMap::new(name, params)?),
        "reverse_bits" => Box::new(ReverseBits::new(name, params)),
        "unicode_loose_md5" => Box::new(UnicodeLooseMd5::new(name, params)),
        "unicode_loose_xxhash" => Box::new(UnicodeLooseXxHash::new(name, params)),
        "xxhash" => Box::new(XxHash::new(name, params)),
        known if TYPES.binary_search(&known).is_ok() => {
            return Err(Error::Unsuitable {
                vindex_type: vindex_type.to_owned(),
            });
        }
        _ => {
            return Err(Error::UnknownType {
                vindex_type: vindex_type.to_owned(),
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_every_type() {
        let params = [("column_count", "2"), ("json", "{}"), ("region_bytes", "1")];
        let params: BTreeMap<String, String> = params
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        assert!(TYPES.is_sorted());
        for vindex_type in TYPES {
            match create(vindex_type, "v", &params, None) {
                Ok(vindex) => {
                    assert_eq!(vindex.name(), "v");
                    assert_eq!(
                        vindex.needs_lookup(),
                        vindex_type.contains("lookup"),
                        "{vindex_type}"
                    );
                    assert_eq!(
                        vindex.as_lookup().is_some(),
                        vindex.needs_lookup(),
                        "{vindex_type}"
                    );
                }
                // It reads its map from a file.
                Err(error) => assert_eq!(
                    (*vindex_type, error.to_string().as_str()),
                    ("region_json", "open : no such file or directory")
                ),
            }
        }
        let error = create("nosuch", "v", &params, None).unwrap_err();
        assert_eq!(error.to_string(), "vindexType \"nosuch\" not found");
    }

    #[test]
    fn tells_costs_and_capabilities() {
        let made = |vindex_type: &str| create(vindex_type, "v", &BTreeMap::new(), None).unwrap();
        let cases = [
            ("binary", 0, true, true, true),
            ("hash", 1, true, true, false),
            ("numeric", 0, true, true, true),
            ("reverse_bits", 1, true, true, false),
            ("xxhash", 1, true, false, false),
            ("null", 100, true, false, false),
            ("lookup", 20, false, false, false),
            ("lookup_unique", 10, true, false, false),
            ("consistent_lookup", 20, false, false, false),
            ("consistent_lookup_unique", 10, true, false, false),
            ("lookup_cost", 5, false, false, false),
        ];
        for (vindex_type, cost, unique, reversible, sequential) in cases {
            let vindex = made(vindex_type);
            let capabilities = (
                vindex.cost(),
                vindex.is_unique(),
                vindex.as_reversible().is_some(),
                vindex.as_sequential().is_some(),
            );
            assert_eq!(
                capabilities,
                (cost, unique, reversible, sequential),
                "{vindex_type}"
            );
        }
        assert!(made("cfc").as_prefix().is_some());
    }
}
