//! Which vindex to use: for a column type, and for finding the keyspace id of existing rows.

use super::build::{BuiltColumnVindex, BuiltTable};
use crate::value::{ColumnType, TypeKind};

/// Why there is no vindex to choose. `Display` gives Vitess's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages show")]
pub enum ChooseError {
    #[error("type {column_type} is not recommended for a vindex")]
    Type { column_type: &'static str },
    #[error("table {table} has no vindex")]
    NoVindex { table: String },
    #[error("could not find a vindex to compute keyspace id for table {table}")]
    NoSuitableVindex { table: String },
}

/// The vindex type that suits a column of this type.
///
/// # Errors
/// For types whose equal values may have different texts.
pub fn vindex_type(column_type: &ColumnType) -> Result<&'static str, ChooseError> {
    let kind = column_type.kind;
    if column_type.is_integer() || column_type.is_binary() || kind == TypeKind::Year {
        Ok("xxhash")
    } else if column_type.is_text() && !matches!(kind, TypeKind::Enum | TypeKind::Set) {
        Ok("unicode_loose_xxhash")
    } else {
        Err(ChooseError::Type {
            column_type: column_type.query_type(),
        })
    }
}

/// The cheapest unique vindex that gives a row's keyspace id without a look-up.
///
/// # Errors
/// Where the table has none.
pub fn keyspace_id_vindex(table: &BuiltTable) -> Result<&BuiltColumnVindex, ChooseError> {
    if table.column_vindexes.is_empty() {
        return Err(ChooseError::NoVindex {
            table: table.name.clone(),
        });
    }
    let suits = |vindex: &&BuiltColumnVindex| vindex.unique && !vindex.vindex.needs_lookup();
    let ordered = table
        .ordered
        .iter()
        .filter_map(|index| table.column_vindexes.get(*index));
    ordered
        .into_iter()
        .find(suits)
        .ok_or_else(|| ChooseError::NoSuitableVindex {
            table: table.name.clone(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recommends_types() {
        let cases = [
            ("INT64", Some("xxhash")),
            ("UINT8", Some("xxhash")),
            ("YEAR", Some("xxhash")),
            ("VARBINARY", Some("xxhash")),
            ("VARCHAR", Some("unicode_loose_xxhash")),
            ("TEXT", Some("unicode_loose_xxhash")),
            ("ENUM", None),
            ("FLOAT64", None),
            ("DATETIME", None),
            ("NULL_TYPE", None),
        ];
        for (name, expected) in cases {
            let column_type = ColumnType::from_query_type(name).unwrap();
            assert_eq!(vindex_type(&column_type).ok(), expected, "{name}");
        }
        let error = vindex_type(&ColumnType::new(TypeKind::Double)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "type FLOAT64 is not recommended for a vindex"
        );
    }
}
