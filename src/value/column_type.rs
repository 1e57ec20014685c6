//! The type of a column or of an expression, as MySQL declares it.
//!
//! Printed as `information_schema.COLUMNS.COLUMN_TYPE` and SHOW CREATE TABLE do (MySQL manual, "Data Types").

use std::fmt::{self, Write as _};

/// MySQL's column types by name, synonyms resolved (`INTEGER` is [`TypeKind::Int`], `BOOL` is `TINYINT(1)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are MySQL's type names")]
pub enum TypeKind {
    TinyInt,
    SmallInt,
    MediumInt,
    Int,
    BigInt,
    Decimal,
    Float,
    Double,
    Bit,
    Char,
    VarChar,
    TinyText,
    Text,
    MediumText,
    LongText,
    Binary,
    VarBinary,
    TinyBlob,
    Blob,
    MediumBlob,
    LongBlob,
    Enum,
    Set,
    Date,
    Time,
    DateTime,
    Timestamp,
    Year,
    Json,
    Geometry,
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
    GeomCollection,
    Vector,
    /// The type of a bare NULL.
    Null,
}

/// A type with its arguments: `decimal(10,2) unsigned`, `varchar(128) CHARACTER SET latin1`, `enum('a','b')`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnType {
    /// The type's name.
    pub kind: TypeKind,
    /// The first argument: characters of CHAR/VARCHAR, bytes of BINARY/VARBINARY, digits of DECIMAL, bits of BIT,
    /// fractional digits of TIME/DATETIME/TIMESTAMP (absent for 0), display width of integers where it is printed.
    pub length: Option<u32>,
    /// The second argument: digits after the point of DECIMAL, FLOAT(m,d) and DOUBLE(m,d).
    pub scale: Option<u32>,
    /// `UNSIGNED`.
    pub unsigned: bool,
    /// `ZEROFILL`, which implies unsigned: as written where a definition was read, both said where it is canonical.
    pub zerofill: bool,
    /// Members of ENUM and SET, in order.
    pub members: Vec<String>,
    /// Character set of a string type, lower case; absent where the table's applies.
    pub charset: Option<String>,
    /// Collation of a string type, lower case; absent where the table's or the charset's default applies.
    pub collation: Option<String>,
}

impl ColumnType {
    /// Returns `kind` without arguments.
    pub fn new(kind: TypeKind) -> Self {
        Self {
            kind,
            length: None,
            scale: None,
            unsigned: false,
            zerofill: false,
            members: Vec::new(),
            charset: None,
            collation: None,
        }
    }

    /// Returns `kind(length)`.
    pub fn with_length(kind: TypeKind, length: u32) -> Self {
        Self {
            length: Some(length),
            ..Self::new(kind)
        }
    }
}

impl TypeKind {
    /// MySQL's name of the type, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::MediumInt => "mediumint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Decimal => "decimal",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bit => "bit",
            Self::Char => "char",
            Self::VarChar => "varchar",
            Self::TinyText => "tinytext",
            Self::Text => "text",
            Self::MediumText => "mediumtext",
            Self::LongText => "longtext",
            Self::Binary => "binary",
            Self::VarBinary => "varbinary",
            Self::TinyBlob => "tinyblob",
            Self::Blob => "blob",
            Self::MediumBlob => "mediumblob",
            Self::LongBlob => "longblob",
            Self::Enum => "enum",
            Self::Set => "set",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "datetime",
            Self::Timestamp => "timestamp",
            Self::Year => "year",
            Self::Json => "json",
            Self::Geometry => "geometry",
            Self::Point => "point",
            Self::LineString => "linestring",
            Self::Polygon => "polygon",
            Self::MultiPoint => "multipoint",
            Self::MultiLineString => "multilinestring",
            Self::MultiPolygon => "multipolygon",
            Self::GeomCollection => "geomcollection",
            Self::Vector => "vector",
            Self::Null => "null",
        }
    }

    /// Integers, `YEAR` not among them.
    pub fn is_integer(self) -> bool {
        matches!(
            self,
            Self::TinyInt | Self::SmallInt | Self::MediumInt | Self::Int | Self::BigInt
        )
    }

    /// Integers, exact and approximate numbers and `YEAR`; not `BIT`.
    pub fn is_numeric(self) -> bool {
        self.is_integer()
            || matches!(
                self,
                Self::Decimal | Self::Float | Self::Double | Self::Year
            )
    }

    /// Strings with a character set, ENUM and SET among them.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Char
                | Self::VarChar
                | Self::TinyText
                | Self::Text
                | Self::MediumText
                | Self::LongText
                | Self::Enum
                | Self::Set
        )
    }

    /// Strings of bytes; not `BIT`.
    pub fn is_binary(self) -> bool {
        matches!(
            self,
            Self::Binary
                | Self::VarBinary
                | Self::TinyBlob
                | Self::Blob
                | Self::MediumBlob
                | Self::LongBlob
        )
    }

    /// Dates and times; not `YEAR`.
    pub fn is_temporal(self) -> bool {
        matches!(
            self,
            Self::Date | Self::Time | Self::DateTime | Self::Timestamp
        )
    }

    /// `GEOMETRY` and its subtypes.
    pub fn is_spatial(self) -> bool {
        matches!(
            self,
            Self::Geometry
                | Self::Point
                | Self::LineString
                | Self::Polygon
                | Self::MultiPoint
                | Self::MultiLineString
                | Self::MultiPolygon
                | Self::GeomCollection
        )
    }
}

impl ColumnType {
    /// See [`TypeKind::is_integer`].
    pub fn is_integer(&self) -> bool {
        self.kind.is_integer()
    }

    /// See [`TypeKind::is_numeric`].
    pub fn is_numeric(&self) -> bool {
        self.kind.is_numeric()
    }

    /// See [`TypeKind::is_text`].
    pub fn is_text(&self) -> bool {
        self.kind.is_text()
    }

    /// See [`TypeKind::is_binary`].
    pub fn is_binary(&self) -> bool {
        self.kind.is_binary()
    }

    /// See [`TypeKind::is_temporal`].
    pub fn is_temporal(&self) -> bool {
        self.kind.is_temporal()
    }

    /// Smallest and largest value of an integer type; `None` for other types.
    pub fn integer_range(&self) -> Option<(i128, i128)> {
        let bits = match self.kind {
            TypeKind::TinyInt => 8,
            TypeKind::SmallInt => 16,
            TypeKind::MediumInt => 24,
            TypeKind::Int => 32,
            TypeKind::BigInt => 64,
            _ => return None,
        };
        Some(if self.unsigned {
            (0, (1 << bits) - 1)
        } else {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        })
    }
}

impl fmt::Display for ColumnType {
    /// MySQL's `COLUMN_TYPE`: `decimal(10,2) unsigned`, `enum('a','b')`; character set and collation are not part of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if matches!(self.kind, TypeKind::Enum | TypeKind::Set) {
            for (index, member) in self.members.iter().enumerate() {
                f.write_str(if index == 0 { "(" } else { "," })?;
                write_member(f, member)?;
            }
            return f.write_str(")");
        }
        match (self.length, self.scale) {
            (Some(length), Some(scale)) => write!(f, "({length},{scale})")?,
            (Some(length), None) => write!(f, "({length})")?,
            (None, _) => {}
        }
        if self.unsigned || self.zerofill {
            f.write_str(" unsigned")?;
        }
        if self.zerofill {
            f.write_str(" zerofill")?;
        }
        Ok(())
    }
}

/// A member in quotes, escaped as SHOW CREATE TABLE does.
fn write_member(f: &mut fmt::Formatter<'_>, member: &str) -> fmt::Result {
    f.write_char('\'')?;
    for c in member.chars() {
        match c {
            '\'' => f.write_str("''")?,
            '\\' => f.write_str("\\\\")?,
            '\0' => f.write_str("\\0")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_mysql() {
        let decimal = ColumnType {
            scale: Some(2),
            unsigned: true,
            ..ColumnType::with_length(TypeKind::Decimal, 10)
        };
        let members = vec!["a".to_owned(), "it's".to_owned()];
        let zerofill = ColumnType {
            zerofill: true,
            ..ColumnType::with_length(TypeKind::Int, 10)
        };
        let cases = [
            (ColumnType::new(TypeKind::BigInt), "bigint"),
            (ColumnType::with_length(TypeKind::TinyInt, 1), "tinyint(1)"),
            (decimal, "decimal(10,2) unsigned"),
            (zerofill, "int(10) unsigned zerofill"),
            (
                ColumnType::with_length(TypeKind::DateTime, 6),
                "datetime(6)",
            ),
            (
                ColumnType {
                    members,
                    ..ColumnType::new(TypeKind::Enum)
                },
                "enum('a','it''s')",
            ),
        ];
        for (column_type, text) in cases {
            assert_eq!(column_type.to_string(), text);
        }
    }

    #[test]
    fn knows_integer_ranges() {
        let range = |kind, unsigned| {
            ColumnType {
                unsigned,
                ..ColumnType::new(kind)
            }
            .integer_range()
        };
        assert_eq!(range(TypeKind::TinyInt, false), Some((-128, 127)));
        assert_eq!(range(TypeKind::MediumInt, true), Some((0, 16_777_215)));
        assert_eq!(
            range(TypeKind::BigInt, true),
            Some((0, i128::from(u64::MAX)))
        );
        assert_eq!(range(TypeKind::Year, false), None);
    }
}
