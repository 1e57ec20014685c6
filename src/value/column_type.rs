//! The type of a column or of an expression, as MySQL declares it.

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
    /// `ZEROFILL` (implies unsigned).
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
        Self { length: Some(length), ..Self::new(kind) }
    }
}
