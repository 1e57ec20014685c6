//! `multicol`: several columns, each hashed by a vindex of its own, share the 8 bytes of a keyspace id (Vitess
//! `vindexes/multicol.go`). A prefix of the columns maps to a key range.

use std::collections::BTreeMap;

use super::registry;
use super::single_column::{Header, SingleColumn};
use super::{Destination, Error, KeyRange, KeyspaceId, LookupTable, PartialColumns, Vindex};
use crate::value::{Value, go_quote};

/// Bytes of a keyspace id.
const ID_BYTES: i64 = 8;
/// Columns that a `multicol` may have.
const MOST_COLUMNS: usize = 8;

/// `multicol`.
#[derive(Debug)]
pub(super) struct Multicol {
    header: Header,
    columns: Vec<Column>,
}

/// A column: who hashes it, and how many bytes of the hash are kept.
#[derive(Debug)]
struct Column {
    vindex: Box<dyn SingleColumn>,
    bytes: usize,
}

impl Multicol {
    /// Unknown parameters are handed to the columns' vindexes, so none is reported.
    pub(super) fn new(name: &str, params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let count = column_count(params)?;
        let bytes = column_bytes(params, count)?;
        let vindexes = column_vindexes(params, count)?;
        let columns = vindexes
            .into_iter()
            .zip(bytes)
            .map(|(vindex, bytes)| Column { vindex, bytes })
            .collect();
        Ok(Self {
            header: Header {
                name: name.to_owned(),
                unknown_params: Vec::new(),
            },
            columns,
        })
    }

    fn id_of(&self, row: &[Value]) -> Result<Vec<u8>, Error> {
        if row.len() > self.columns.len() {
            let text = "[BUG] wrong number of column values were passed: maximum allowed";
            return Err(Error::Value(format!(
                "{text} {}, got {}",
                self.columns.len(),
                row.len()
            )));
        }
        let mut id = Vec::with_capacity(8);
        let mut taken = 0;
        for (column, value) in self.columns.iter().zip(row) {
            let hash = column.vindex.hash(value)?;
            id.resize(taken, 0); // a hash shorter than its bytes leaves zeros
            id.extend(hash.0.iter().take(column.bytes));
            taken += column.bytes;
        }
        Ok(id)
    }
}

fn column_count(params: &BTreeMap<String, String>) -> Result<usize, Error> {
    let Some(text) = params.get("column_count") else {
        return Err(refuse(
            "number of columns not provided in the parameter 'column_count'",
        ));
    };
    usize::try_from(parse_number(text)?)
        .ok()
        .filter(|count| (1..=MOST_COLUMNS).contains(count))
        .ok_or_else(|| {
            refuse("number of columns should be between 1 and 8 in the parameter 'column_count'")
        })
}

/// The bytes of each column: those given, and what they leave dealt out evenly, the first columns getting more.
fn column_bytes(params: &BTreeMap<String, String>, count: usize) -> Result<Vec<usize>, Error> {
    let items = items(params, "column_bytes");
    if items.len() > count {
        return Err(refuse(
            "number of column bytes provided are more than column count in the parameter 'column_bytes'",
        ));
    }
    let mut given = vec![None; count];
    let mut remaining = ID_BYTES;
    for (slot, item) in given
        .iter_mut()
        .zip(items)
        .filter(|(_, item)| !item.is_empty())
    {
        let bytes = parse_number(item)?;
        if bytes < 0 {
            return Err(refuse(
                "column bytes must not be negative in the parameter 'column_bytes'",
            ));
        }
        remaining = remaining.saturating_sub(bytes);
        *slot = Some(bytes);
    }
    let mut pending = given.iter().filter(|slot| slot.is_none()).count() as i64;
    if pending > remaining {
        return Err(refuse(
            "column bytes count exceeds the keyspace id length (total bytes count cannot exceed 8 bytes) in the parameter 'column_bytes'",
        ));
    }
    let mut bytes = Vec::with_capacity(count);
    for slot in given {
        let own = slot.unwrap_or_else(|| {
            let share = (remaining + pending - 1) / pending;
            remaining -= share;
            pending -= 1;
            share
        });
        bytes.push(usize::try_from(own).unwrap_or(0));
    }
    Ok(bytes)
}

fn column_vindexes(
    params: &BTreeMap<String, String>,
    count: usize,
) -> Result<Vec<Box<dyn SingleColumn>>, Error> {
    const OWN: [&str; 3] = ["column_count", "column_bytes", "column_vindex"];
    let types = items(params, "column_vindex");
    if types.len() > count {
        return Err(refuse(
            "number of vindex function provided are more than column count in the parameter 'column_vindex'",
        ));
    }
    let rest: BTreeMap<String, String> = params
        .iter()
        .filter(|(key, _)| !OWN.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (0..count)
        .map(|index| {
            let vindex_type = types.get(index).filter(|item| !item.is_empty()).copied().unwrap_or("hash");
            let vindex = match registry::create_single_column(vindex_type, vindex_type, &rest) {
                Err(Error::Unsuitable { .. }) => None,
                other => Some(other?),
            };
            vindex.filter(|vindex| vindex.hashes_columns()).ok_or_else(|| {
                refuse(&format!(
                    "multicol vindex supports vindexes that exports hashing function, are unique and are non-lookup vindex, passed vindex '{vindex_type}' is invalid"
                ))
            })
        })
        .collect()
}

/// The items of a comma list; none where the parameter is absent.
fn items<'a>(params: &'a BTreeMap<String, String>, key: &str) -> Vec<&'a str> {
    params
        .get(key)
        .map(|list| list.split(',').collect())
        .unwrap_or_default()
}

/// Reads a number as Go's `strconv.Atoi` does.
fn parse_number(text: &str) -> Result<i64, Error> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        use std::num::IntErrorKind;
        let reason = match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        refuse(&format!(
            "strconv.Atoi: parsing {}: {reason}",
            go_quote(text.as_bytes())
        ))
    })
}

fn refuse(text: &str) -> Error {
    Error::Params(text.to_owned())
}

impl Vindex for Multicol {
    fn name(&self) -> &str {
        &self.header.name
    }

    fn cost(&self) -> u32 {
        self.columns.iter().map(|column| column.vindex.cost()).sum()
    }

    fn is_unique(&self) -> bool {
        true
    }

    fn multi_column(&self) -> Option<PartialColumns> {
        Some(PartialColumns::Allowed)
    }

    fn map(&self, rows: &[Vec<Value>], _: &mut dyn LookupTable) -> Result<Vec<Destination>, Error> {
        let map_row = |row: &Vec<Value>| match self.id_of(row) {
            Err(_) => Destination::None,
            Ok(prefix) if row.len() < self.columns.len() => {
                Destination::KeyRange(KeyRange::of_prefix(&prefix))
            }
            Ok(id) => Destination::KeyspaceId(KeyspaceId(id)),
        };
        Ok(rows.iter().map(map_row).collect())
    }

    fn verify(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        _: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error> {
        rows.iter()
            .zip(ids)
            .map(|(row, id)| Ok(self.id_of(row)? == id.0))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_column::testing;
    use super::*;

    #[test]
    fn deals_out_bytes() {
        let cases: [(&str, Option<&str>, &[usize]); 7] = [
            ("1", None, &[8]),
            ("2", None, &[4, 4]),
            ("3", None, &[3, 3, 2]),
            ("5", None, &[2, 2, 2, 1, 1]),
            ("3", Some("1,,3"), &[1, 4, 3]),
            ("2", Some("1"), &[1, 7]),
            ("2", Some("8,0"), &[8, 0]),
        ];
        for (count, given, expected) in cases {
            let mut params = BTreeMap::from([("column_count".to_owned(), count.to_owned())]);
            params.extend(given.map(|given| ("column_bytes".to_owned(), given.to_owned())));
            assert_eq!(
                column_bytes(&params, count.parse().unwrap()).unwrap(),
                expected,
                "{count} {given:?}"
            );
        }
    }

    #[test]
    fn maps_rows_and_prefixes() {
        let vindex = testing::make("multicol", &[("column_count", "3")]).unwrap();
        let one = Value::Int(1);
        assert_eq!(
            testing::map(&*vindex, std::slice::from_ref(&one)),
            "166b40-166b41"
        );
        assert_eq!(
            testing::map(&*vindex, &[one.clone(), one.clone()]),
            "166b40166b40-166b40166b41"
        );
        assert_eq!(
            testing::map(&*vindex, &[one.clone(), one.clone(), one.clone()]),
            "166b40166b40166b"
        );
        assert_eq!(
            testing::map(&*vindex, &[Value::from("abcd"), one.clone(), one.clone()]),
            "none"
        );
        assert_eq!(testing::map(&*vindex, &vec![one.clone(); 4]), "none");
        assert_eq!(
            testing::verify(&*vindex, &vec![one.clone(); 4], ""),
            "[BUG] wrong number of column values were passed: maximum allowed 3, got 4"
        );
        // A short hash is padded up to its column's bytes, the last one is not.
        let vindex = testing::make(
            "multicol",
            &[("column_count", "2"), ("column_vindex", "binary,binary")],
        )
        .unwrap();
        assert_eq!(
            testing::map(&*vindex, &[Value::from("a"), Value::from("b")]),
            "6100000062"
        );
        assert_eq!(vindex.cost(), 0);
    }

    #[test]
    fn refuses_bad_parameters() {
        let cases: [(&[(&str, &str)], &str); 8] = [
            (
                &[],
                "number of columns not provided in the parameter 'column_count'",
            ),
            (
                &[("column_count", "x")],
                "strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            (
                &[("column_count", "9")],
                "number of columns should be between 1 and 8 in the parameter 'column_count'",
            ),
            (
                &[("column_count", "1"), ("column_bytes", "1,2")],
                "number of column bytes provided are more than column count in the parameter 'column_bytes'",
            ),
            (
                &[("column_count", "2"), ("column_bytes", "8")],
                "column bytes count exceeds the keyspace id length (total bytes count cannot exceed 8 bytes) in the parameter 'column_bytes'",
            ),
            (
                &[("column_count", "1"), ("column_vindex", "hash,hash")],
                "number of vindex function provided are more than column count in the parameter 'column_vindex'",
            ),
            (
                &[("column_count", "1"), ("column_vindex", "lookup")],
                "multicol vindex supports vindexes that exports hashing function, are unique and are non-lookup vindex, passed vindex 'lookup' is invalid",
            ),
            (
                &[("column_count", "1"), ("column_vindex", "no")],
                "vindexType \"no\" not found",
            ),
        ];
        for (params, error) in cases {
            assert_eq!(
                testing::make("multicol", params).unwrap_err().to_string(),
                error
            );
        }
    }
}
