//! `ALTER VSCHEMA` and `SHOW VSCHEMA`: Vitess's statements on the VSchema (reference: Vitess sqlparser's grammar,
//! `alter_vschema` rules). The canonical text is lower case, as vtgate prints it.

use super::TableName;

/// An `ALTER VSCHEMA` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterVschema {
    /// `CREATE VINDEX [ks.]name [USING type] [WITH k=v, …]`.
    CreateVindex {
        /// Name, perhaps qualified by its keyspace.
        vindex: TableName,
        /// Type and parameters; absent without USING.
        spec: Option<VindexSpec>,
    },
    /// `DROP VINDEX [ks.]name`.
    DropVindex(TableName),
    /// `ADD TABLE [ks.]t`.
    AddTable(TableName),
    /// `DROP TABLE [ks.]t`.
    DropTable(TableName),
    /// `ON [ks.]t ADD VINDEX name (columns) [USING type [WITH …]]`.
    AddColumnVindex {
        /// The table.
        table: TableName,
        /// The vindex.
        vindex: String,
        /// Columns, in order.
        columns: Vec<String>,
        /// Type and parameters; absent without USING.
        spec: Option<VindexSpec>,
    },
    /// `ON [ks.]t DROP VINDEX name`.
    DropColumnVindex {
        /// The table.
        table: TableName,
        /// The vindex.
        vindex: String,
    },
    /// `ADD SEQUENCE [ks.]t`.
    AddSequence(TableName),
    /// `DROP SEQUENCE [ks.]t`.
    DropSequence(TableName),
    /// `ON [ks.]t ADD AUTO_INCREMENT column USING [ks.]seq`.
    AddAutoIncrement {
        /// The table.
        table: TableName,
        /// Its column.
        column: String,
        /// The sequence.
        sequence: TableName,
    },
    /// `ON [ks.]t DROP AUTO_INCREMENT`.
    DropAutoIncrement(TableName),
}

/// `USING type WITH key=value, …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VindexSpec {
    /// The vindex type.
    pub vindex_type: String,
    /// Parameters in the order written, `owner` among them.
    pub params: Vec<(String, ParamValue)>,
}

/// The value of a vindex parameter, with the way it was written (the canonical text keeps it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamValue {
    /// A bare or backticked identifier, or a number.
    Word(String),
    /// A string literal.
    String(String),
}

/// A `SHOW VSCHEMA` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShowVschema {
    /// `SHOW VSCHEMA TABLES`.
    Tables,
    /// `SHOW VSCHEMA KEYSPACES`.
    Keyspaces,
    /// `SHOW VSCHEMA VINDEXES [FROM|ON t]`.
    Vindexes(Option<TableName>),
}
