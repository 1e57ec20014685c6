//! Vitess's query types (`query.Type`) by name: what the VSchema, plans and messages call a type.
//!
//! Numbers and names are those of Vitess `proto/query.proto`.

use super::{ColumnType, TypeKind, Value};

/// Names and numbers of every query type, sorted by name.
const QUERY_TYPES: &[(&str, i32)] = &[
    ("BINARY", 10264),
    ("BIT", 2073),
    ("BITNUM", 4130),
    ("BLOB", 10260),
    ("CHAR", 6167),
    ("DATE", 2062),
    ("DATETIME", 2064),
    ("DECIMAL", 18),
    ("ENUM", 2074),
    ("EXPRESSION", 31),
    ("FLOAT32", 1035),
    ("FLOAT64", 1036),
    ("GEOMETRY", 2077),
    ("HEXNUM", 4128),
    ("HEXVAL", 4129),
    ("INT16", 259),
    ("INT24", 261),
    ("INT32", 263),
    ("INT64", 265),
    ("INT8", 257),
    ("JSON", 2078),
    ("NULL_TYPE", 0),
    ("SET", 2075),
    ("TEXT", 6163),
    ("TIME", 2063),
    ("TIMESTAMP", 2061),
    ("TUPLE", 28),
    ("UINT16", 772),
    ("UINT24", 774),
    ("UINT32", 776),
    ("UINT64", 778),
    ("UINT8", 770),
    ("VARBINARY", 10262),
    ("VARCHAR", 6165),
    ("VECTOR", 2083),
    ("YEAR", 785),
];

/// Returns the number of a query type.
pub fn query_type_number(name: &str) -> Option<i32> {
    QUERY_TYPES
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()
        .map(|index| QUERY_TYPES[index].1)
}

/// Returns the name of a query type.
pub fn query_type_name(number: i32) -> Option<&'static str> {
    QUERY_TYPES
        .iter()
        .find(|(_, known)| *known == number)
        .map(|(name, _)| *name)
}

impl Value {
    /// The query type of a value that stands alone.
    pub fn query_type(&self) -> &'static str {
        match self {
            Self::Null => "NULL_TYPE",
            Self::Int(_) => "INT64",
            Self::UInt(_) => "UINT64",
            Self::Decimal(_) => "DECIMAL",
            Self::Float(_) => "FLOAT32",
            Self::Double(_) => "FLOAT64",
            Self::Text(_) => "VARCHAR",
            Self::Bytes(_) => "VARBINARY",
            Self::Date(_) => "DATE",
            Self::DateTime(_) => "DATETIME",
            Self::Time(_) => "TIME",
            Self::Json(_) => "JSON",
        }
    }
}

impl ColumnType {
    /// The query type of a column.
    pub fn query_type(&self) -> &'static str {
        use TypeKind as K;
        match (self.kind, self.unsigned) {
            (K::TinyInt, false) => "INT8",
            (K::TinyInt, true) => "UINT8",
            (K::SmallInt, false) => "INT16",
            (K::SmallInt, true) => "UINT16",
            (K::MediumInt, false) => "INT24",
            (K::MediumInt, true) => "UINT24",
            (K::Int, false) => "INT32",
            (K::Int, true) => "UINT32",
            (K::BigInt, false) => "INT64",
            (K::BigInt, true) => "UINT64",
            (K::Decimal, _) => "DECIMAL",
            (K::Float, _) => "FLOAT32",
            (K::Double, _) => "FLOAT64",
            (K::Bit, _) => "BIT",
            (K::Char, _) => "CHAR",
            (K::VarChar, _) => "VARCHAR",
            (K::TinyText | K::Text | K::MediumText | K::LongText, _) => "TEXT",
            (K::Binary, _) => "BINARY",
            (K::VarBinary, _) => "VARBINARY",
            (K::TinyBlob | K::Blob | K::MediumBlob | K::LongBlob, _) => "BLOB",
            (K::Enum, _) => "ENUM",
            (K::Set, _) => "SET",
            (K::Date, _) => "DATE",
            (K::Time, _) => "TIME",
            (K::DateTime, _) => "DATETIME",
            (K::Timestamp, _) => "TIMESTAMP",
            (K::Year, _) => "YEAR",
            (K::Json, _) => "JSON",
            (K::Vector, _) => "VECTOR",
            (K::Null, _) => "NULL_TYPE",
            (
                K::Geometry
                | K::Point
                | K::LineString
                | K::Polygon
                | K::MultiPoint
                | K::MultiLineString
                | K::MultiPolygon
                | K::GeomCollection,
                _,
            ) => "GEOMETRY",
        }
    }

    /// A column type that has this query type, without arguments; `None` for names that no column has (`TUPLE`).
    pub fn from_query_type(name: &str) -> Option<Self> {
        use TypeKind as K;
        let (kind, unsigned) = match name {
            "INT8" => (K::TinyInt, false),
            "UINT8" => (K::TinyInt, true),
            "INT16" => (K::SmallInt, false),
            "UINT16" => (K::SmallInt, true),
            "INT24" => (K::MediumInt, false),
            "UINT24" => (K::MediumInt, true),
            "INT32" => (K::Int, false),
            "UINT32" => (K::Int, true),
            "INT64" => (K::BigInt, false),
            "UINT64" => (K::BigInt, true),
            "DECIMAL" => (K::Decimal, false),
            "FLOAT32" => (K::Float, false),
            "FLOAT64" => (K::Double, false),
            "BIT" => (K::Bit, false),
            "CHAR" => (K::Char, false),
            "VARCHAR" => (K::VarChar, false),
            "TEXT" => (K::Text, false),
            "BINARY" => (K::Binary, false),
            "VARBINARY" => (K::VarBinary, false),
            "BLOB" => (K::Blob, false),
            "ENUM" => (K::Enum, false),
            "SET" => (K::Set, false),
            "DATE" => (K::Date, false),
            "TIME" => (K::Time, false),
            "DATETIME" => (K::DateTime, false),
            "TIMESTAMP" => (K::Timestamp, false),
            "YEAR" => (K::Year, false),
            "JSON" => (K::Json, false),
            "VECTOR" => (K::Vector, false),
            "GEOMETRY" => (K::Geometry, false),
            "NULL_TYPE" => (K::Null, false),
            _ => return None,
        };
        Some(Self {
            unsigned,
            ..Self::new(kind)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_types_have_a_query_type_and_come_back() {
        for (name, number) in QUERY_TYPES {
            assert_eq!(query_type_number(name), Some(*number));
            assert_eq!(query_type_name(*number), Some(*name));
            if let Some(column_type) = ColumnType::from_query_type(name) {
                assert_eq!(column_type.query_type(), *name);
            }
        }
        assert_eq!(query_type_number("INT"), None);
        assert_eq!(ColumnType::from_query_type("TUPLE"), None);
    }
}
