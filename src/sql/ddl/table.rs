//! The definition of a table as nouns: columns, indexes, foreign keys, checks, partitions, options.

use crate::sql::{TableName, ast};
use crate::value::ColumnType;

/// `CREATE TABLE`: the definition itself. In canonical form (see [`crate::catalog::Table`]) names are all present, keys
/// are out of the columns and in MySQL's order.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    /// The table's name.
    pub name: TableName,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Primary, unique, plain, fulltext and spatial keys.
    pub indexes: Vec<Index>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints.
    pub checks: Vec<Check>,
    /// Table options in the order written (canonical: in MySQL's printed order).
    pub options: Vec<TableOption>,
    /// PARTITION BY.
    pub partitioning: Option<Partitioning>,
}

/// A column definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// Its type, with charset and collation where written.
    pub column_type: ColumnType,
    /// `Some(false)` NOT NULL, `Some(true)` NULL, `None` unsaid. Canonical: always said.
    pub nullable: Option<bool>,
    /// DEFAULT.
    pub default: Option<ColumnDefault>,
    /// ON UPDATE CURRENT_TIMESTAMP: fractional digits (0 to 6).
    pub on_update: Option<u8>,
    /// AUTO_INCREMENT.
    pub auto_increment: bool,
    /// GENERATED ALWAYS AS.
    pub generated: Option<Generated>,
    /// INVISIBLE.
    pub invisible: bool,
    /// COMMENT, unescaped; empty for none.
    pub comment: String,
    /// SRID of a geometry column.
    pub srid: Option<u32>,
    /// COLUMN_FORMAT, upper case.
    pub column_format: Option<String>,
    /// STORAGE, upper case.
    pub storage: Option<String>,
    /// ENGINE_ATTRIBUTE, unescaped.
    pub engine_attribute: Option<String>,
    /// SECONDARY_ENGINE_ATTRIBUTE, unescaped.
    pub secondary_engine_attribute: Option<String>,
    /// The table of an inline REFERENCES, which MySQL before 9.0 ignores. Canonical: never said.
    pub inline_reference: Option<TableName>,
}

impl Column {
    /// Returns a nullable column of a type, with nothing else said.
    pub fn plain(name: impl Into<String>, column_type: ColumnType) -> Self {
        Self {
            name: name.into(),
            column_type,
            nullable: Some(true),
            default: None,
            on_update: None,
            auto_increment: false,
            generated: None,
            invisible: false,
            comment: String::new(),
            srid: None,
            column_format: None,
            storage: None,
            engine_attribute: None,
            secondary_engine_attribute: None,
            inline_reference: None,
        }
    }
}

/// DEFAULT of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnDefault {
    /// DEFAULT NULL.
    Null,
    /// A literal in quotes: its value as text, unescaped. Canonical definitions have this form of any literal.
    Literal(String),
    /// A literal without quotes: a number with its sign, `true`, `false`. Canonical definitions have none.
    Bare(String),
    /// `b'101'`: digits.
    Bits(String),
    /// `x'…'` or `0x…`: bytes.
    Hex(Vec<u8>),
    /// CURRENT_TIMESTAMP and synonyms: fractional digits.
    CurrentTimestamp(u8),
    /// `(expression)`.
    Expression(Expression),
}

/// A scalar expression inside DDL. Compared by its tree, printed by the canonical printer.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(pub ast::Expr);

/// GENERATED ALWAYS AS.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The expression, without its outer parentheses.
    pub expression: Expression,
    /// STORED rather than VIRTUAL.
    pub stored: bool,
}

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are MySQL's keywords")]
pub enum IndexKind {
    Primary,
    Unique,
    Plain,
    Fulltext,
    Spatial,
}

/// A key definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Kind.
    pub kind: IndexKind,
    /// Name; absent where MySQL is to choose it, and for the primary key.
    pub name: Option<String>,
    /// `CONSTRAINT symbol` before a UNIQUE or PRIMARY key.
    pub constraint: Option<String>,
    /// Parts in order.
    pub parts: Vec<IndexPart>,
    /// USING, upper case (`BTREE`, `HASH`).
    pub using: Option<String>,
    /// KEY_BLOCK_SIZE.
    pub key_block_size: Option<u64>,
    /// WITH PARSER.
    pub parser: Option<String>,
    /// COMMENT, unescaped; empty for none.
    pub comment: String,
    /// INVISIBLE.
    pub invisible: bool,
    /// ENGINE_ATTRIBUTE, unescaped.
    pub engine_attribute: Option<String>,
    /// SECONDARY_ENGINE_ATTRIBUTE, unescaped.
    pub secondary_engine_attribute: Option<String>,
}

impl Index {
    /// Returns a key without name, parts or options.
    pub fn empty(kind: IndexKind) -> Self {
        Self {
            kind,
            name: None,
            constraint: None,
            parts: Vec::new(),
            using: None,
            key_block_size: None,
            parser: None,
            comment: String::new(),
            invisible: false,
            engine_attribute: None,
            secondary_engine_attribute: None,
        }
    }
}

/// One part of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexPart {
    /// A column, perhaps by prefix.
    Column {
        /// The column's name.
        name: String,
        /// Prefix length in characters (bytes for binary types).
        length: Option<u32>,
        /// DESC.
        descending: bool,
    },
    /// A functional part.
    Expression {
        /// The expression, without its outer parentheses.
        expression: Expression,
        /// DESC.
        descending: bool,
    },
}

/// What a foreign key does when its parent row goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are SQL's keywords")]
pub enum ReferenceAction {
    Restrict,
    Cascade,
    SetNull,
    NoAction,
    SetDefault,
}

/// A FOREIGN KEY: columns to columns, tied to no index.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey {
    /// Constraint name; absent where MySQL is to choose it.
    pub name: Option<String>,
    /// `FOREIGN KEY index_name (…)`: the name for the implicit index.
    pub index_name: Option<String>,
    /// Referencing columns, in order.
    pub columns: Vec<String>,
    /// Referenced table.
    pub referenced_table: TableName,
    /// Referenced columns, position by position.
    pub referenced_columns: Vec<String>,
    /// MATCH, upper case (`FULL`, `PARTIAL`, `SIMPLE`).
    pub match_type: Option<String>,
    /// ON DELETE.
    pub on_delete: Option<ReferenceAction>,
    /// ON UPDATE.
    pub on_update: Option<ReferenceAction>,
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Constraint name; absent where MySQL is to choose it.
    pub name: Option<String>,
    /// The condition, without its outer parentheses.
    pub expression: Expression,
    /// ENFORCED (the default) or NOT ENFORCED.
    pub enforced: bool,
}

/// A table option: upper-case canonical name (`ENGINE`, `CHARSET`, `COLLATE`, `COMMENT`, `ROW_FORMAT`, …) and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableOption {
    /// Upper-case name; `DEFAULT CHARACTER SET` and its spellings are `CHARSET`.
    pub name: String,
    /// Value, unescaped, without quotes. Numbers as digits.
    pub value: String,
    /// Whether the value is a string literal in MySQL's grammar (`COMMENT`, `CONNECTION`, `DATA DIRECTORY`, …).
    pub quoted: bool,
}

/// PARTITION BY.
#[derive(Debug, Clone, PartialEq)]
pub struct Partitioning {
    /// How rows are dealt.
    pub kind: PartitionKind,
    /// PARTITIONS n.
    pub count: Option<u64>,
    /// SUBPARTITION BY and SUBPARTITIONS n.
    pub subpartition: Option<(PartitionKind, Option<u64>)>,
    /// Partition definitions; empty where only a count was given.
    pub partitions: Vec<Partition>,
}

/// The partitioning function.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "field names say what MySQL's clauses say")]
pub enum PartitionKind {
    Hash {
        linear: bool,
        expression: Expression,
    },
    Key {
        linear: bool,
        algorithm: Option<u8>,
        columns: Vec<String>,
    },
    Range(Expression),
    RangeColumns(Vec<String>),
    List(Expression),
    ListColumns(Vec<String>),
}

/// One partition or subpartition.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// Name.
    pub name: String,
    /// VALUES.
    pub bound: Option<PartitionBound>,
    /// ENGINE, COMMENT, DATA DIRECTORY, MAX_ROWS, …
    pub options: Vec<TableOption>,
    /// Subpartitions.
    pub subpartitions: Vec<Partition>,
}

/// VALUES of a partition.
#[derive(Debug, Clone, PartialEq)]
pub enum PartitionBound {
    /// `LESS THAN (…)`; `None` stands for MAXVALUE.
    LessThan(Vec<Option<Expression>>),
    /// `LESS THAN MAXVALUE` without parentheses.
    MaxValue,
    /// `IN ((…), …)`: one list per value, of one element unless LIST COLUMNS has several.
    In(Vec<Vec<Expression>>),
}
