//! What can be wrong with a table's definition or with a change to one, in MySQL's numbers and words.
//!
//! Every variant names what it is about, so that a file's reader can be shown the place ([`DefinitionError::subject`])
//! and a SQL client gets the error it knows ([`crate::sql::SqlError`]). Numbers and texts: MySQL 8.0's error messages
//! reference.

use super::expression::Disallowed;
use crate::sql::SqlError;

/// A definition that MySQL would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "the messages say what the variants and their fields mean"
)]
pub enum DefinitionError {
    // Tables.
    #[error("Table '{table}' already exists")]
    TableExists { table: String },
    #[error("Unknown table '{table}'")]
    UnknownTable { table: String },
    #[error("Table '{table}' doesn't exist")]
    NoSuchTable { table: String },
    #[error("'{name}' is not {expected}")]
    WrongObject {
        name: String,
        expected: &'static str,
    },
    #[error("Incorrect table name '{table}'")]
    WrongTableName { table: String },
    #[error("Unknown database '{keyspace}'")]
    UnknownDatabase { keyspace: String },
    #[error(
        "Cannot truncate a table referenced in a foreign key constraint ('{table}', CONSTRAINT '{constraint}')"
    )]
    TruncateReferenced { table: String, constraint: String },
    #[error("A table must have at least 1 column")]
    NoColumns { table: String },
    #[error("A table must have at least one visible column.")]
    NoVisibleColumn { table: String },
    #[error("You can't delete all columns with ALTER TABLE; use DROP TABLE instead")]
    CannotRemoveAllColumns { table: String },
    #[error("Identifier name '{name}' is too long")]
    NameTooLong { name: String },
    #[error("Too many columns")]
    TooManyColumns { table: String },
    #[error("Too many keys specified; max 64 keys allowed")]
    TooManyKeys { table: String },
    #[error("Comment for table '{name}' is too long (max = 2048)")]
    TableCommentTooLong { name: String },
    #[error("Comment for field '{name}' is too long (max = 1024)")]
    ColumnCommentTooLong { name: String },
    #[error("Comment for index '{name}' is too long (max = 1024)")]
    IndexCommentTooLong { name: String },

    // Columns.
    #[error("Duplicate column name '{column}'")]
    DuplicateColumn { column: String },
    #[error("Duplicate column name '{column}'")]
    DuplicateKeyColumn { column: String },
    #[error("Incorrect column name '{column}'")]
    WrongColumnName { column: String },
    #[error("Unknown column '{column}' in '{place}'")]
    UnknownColumn { column: String, place: String },
    #[error("Incorrect column specifier for column '{column}'")]
    WrongColumnSpecifier { column: String },
    #[error("Invalid default value for '{column}'")]
    InvalidDefault { column: String },
    #[error("BLOB, TEXT, GEOMETRY or JSON column '{column}' can't have a default value")]
    BlobDefault { column: String },
    #[error("Invalid ON UPDATE clause for '{column}' column")]
    InvalidOnUpdate { column: String },
    #[error("Column length too big for column '{column}' (max = {max}); use BLOB or TEXT instead")]
    ColumnTooLong { column: String, max: u32 },
    #[error("Display width out of range for column '{column}' (max = {max})")]
    WidthOutOfRange { column: String, max: u32 },
    #[error("Too-big precision {precision} specified for '{column}'. Maximum is {max}.")]
    PrecisionTooBig {
        column: String,
        precision: u32,
        max: u32,
    },
    #[error("Too big scale {scale} specified for column '{column}'. Maximum is {max}.")]
    ScaleTooBig {
        column: String,
        scale: u32,
        max: u32,
    },
    #[error("For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '{column}').")]
    ScaleAbovePrecision { column: String },
    #[error("Invalid size for column '{column}'.")]
    InvalidSize { column: String },
    #[error("Column '{column}' has duplicated value '{member}' in {kind}")]
    DuplicateMember {
        column: String,
        member: String,
        kind: &'static str,
    },
    #[error("Too many strings for column {column} and SET")]
    TooManyMembers { column: String },
    #[error("COLLATION '{collation}' is not valid for CHARACTER SET '{charset}'")]
    CollationMismatch { charset: String, collation: String },
    #[error("Unknown collation: '{collation}'")]
    UnknownCollation { collation: String },
    #[error("Incorrect usage of {first} and {second}")]
    WrongUsage {
        column: String,
        first: &'static str,
        second: &'static str,
    },
    #[error(
        "Incorrect table definition; there can be only one auto column and it must be defined as a key"
    )]
    WrongAutoColumn { column: String },
    #[error("Generated column '{column}' cannot refer to auto-increment column.")]
    GeneratedRefersToAutoIncrement { column: String },
    #[error("Generated column can refer only to generated columns defined prior to it.")]
    GeneratedOrder { column: String },
    #[error("Expression of generated column '{column}' {what}.")]
    GeneratedDisallowed { column: String, what: Disallowed },
    #[error(
        "Default value expression of column '{column}' cannot refer to a column defined after it if that column is a generated column or has an expression as default value."
    )]
    DefaultOrder { column: String },
    #[error(
        "Default value expression of column '{column}' cannot refer to an auto-increment column."
    )]
    DefaultRefersToAutoIncrement { column: String },
    #[error("Default value expression of column '{column}' {what}.")]
    DefaultDisallowed { column: String, what: Disallowed },
    #[error("'{action}' is not supported for generated columns.")]
    UnsupportedOnGenerated {
        column: String,
        action: &'static str,
    },
    #[error("Column '{column}' has a generated column dependency.")]
    NeededByGenerated { column: String },
    #[error(
        "Column '{column}' has a functional index dependency and cannot be dropped or renamed."
    )]
    NeededByFunctionalIndex { column: String },
    #[error(
        "Check constraint '{check}' uses column '{column}', hence column cannot be dropped or renamed."
    )]
    NeededByCheck { column: String, check: String },
    #[error(
        "Column '{column}' has a partitioning function dependency and cannot be dropped or renamed."
    )]
    NeededByPartitioning { column: String },
    #[error("Cannot drop column '{column}': needed in a foreign key constraint '{constraint}'")]
    NeededByForeignKey { column: String, constraint: String },
    #[error(
        "Cannot drop column '{column}': needed in a foreign key constraint '{constraint}' of table '{table}'"
    )]
    NeededByForeignKeyOf {
        column: String,
        constraint: String,
        table: String,
    },

    // Keys.
    #[error("Multiple primary key defined")]
    MultiplePrimaryKey { table: String },
    #[error("Duplicate key name '{index}'")]
    DuplicateIndex { index: String },
    #[error("Incorrect index name '{index}'")]
    WrongIndexName { index: String },
    #[error("Key column '{column}' doesn't exist in table")]
    UnknownKeyColumn { column: String },
    #[error("BLOB/TEXT column '{column}' used in key specification without a key length")]
    BlobKeyWithoutLength { column: String },
    #[error(
        "Incorrect prefix key; the used key part isn't a string, the used length is longer than the key part, \
         or the storage engine doesn't support unique prefix keys"
    )]
    WrongPrefix { column: String },
    #[error("Key part '{column}' length cannot be 0")]
    ZeroPrefix { column: String },
    #[error(
        "JSON column '{column}' supports indexing only via generated columns on a specified JSON path."
    )]
    JsonKey { column: String },
    #[error("Column '{column}' cannot be part of FULLTEXT index")]
    BadFulltextColumn { column: String },
    #[error("A SPATIAL index may only contain a geometrical type column")]
    BadSpatialColumn { column: String },
    #[error("All parts of a SPATIAL index must be NOT NULL")]
    NullableSpatialColumn { column: String },
    #[error("The primary key cannot be a functional index")]
    FunctionalPrimaryKey { table: String },
    #[error(
        "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead"
    )]
    NullablePrimaryKey { column: String },
    #[error("A primary key index cannot be invisible")]
    InvisiblePrimaryKey { table: String },
    #[error("Too many key parts specified; max 16 parts allowed")]
    TooManyParts { index: String },
    #[error("Specified key was too long; max key length is 3072 bytes")]
    KeyTooLong { index: String },
    #[error("Can't DROP '{name}'; check that column/key exists")]
    CannotDrop { name: String },
    #[error("Key '{index}' doesn't exist in table '{table}'")]
    UnknownIndex { index: String, table: String },
    #[error("Cannot drop index '{index}': needed in a foreign key constraint")]
    IndexNeeded { index: String },

    // Foreign keys and checks.
    #[error(
        "Incorrect foreign key definition for '{constraint}': Key reference and table reference don't match"
    )]
    ForeignKeyMismatch { constraint: String },
    #[error("Duplicate foreign key constraint name '{constraint}'")]
    DuplicateForeignKey { constraint: String },
    #[error("Failed to open the referenced table '{table}'")]
    NoReferencedTable { table: String },
    #[error(
        "Failed to add the foreign key constraint. Missing column '{column}' for constraint '{constraint}' in the referenced table '{table}'"
    )]
    NoReferencedColumn {
        column: String,
        constraint: String,
        table: String,
    },
    #[error(
        "Failed to add the foreign key constraint. Missing index for constraint '{constraint}' in the referenced table '{table}'"
    )]
    NoReferencedIndex { constraint: String, table: String },
    #[error(
        "Referencing column '{column}' and referenced column '{referenced}' in foreign key constraint '{constraint}' are incompatible."
    )]
    IncompatibleColumns {
        column: String,
        referenced: String,
        constraint: String,
    },
    #[error(
        "Column '{column}' cannot be NOT NULL: needed in a foreign key constraint '{constraint}' SET NULL"
    )]
    SetNullOnNotNull { column: String, constraint: String },
    #[error("Cannot add foreign key constraint '{constraint}': InnoDB knows no action SET DEFAULT")]
    SetDefaultUnsupported { constraint: String },
    #[error(
        "Cannot drop table '{table}' referenced by a foreign key constraint '{constraint}' on table '{child}'."
    )]
    TableReferenced {
        table: String,
        constraint: String,
        child: String,
    },
    #[error("Duplicate check constraint name '{check}'.")]
    DuplicateCheck { check: String },
    #[error("Check constraint '{check}' refers to non-existing column '{column}'.")]
    CheckUnknownColumn { check: String, column: String },
    #[error("Check constraint '{check}' cannot refer to an auto-increment column.")]
    CheckAutoIncrement { check: String, column: String },
    #[error("An expression of a check constraint '{check}' {what}.")]
    CheckDisallowed { check: String, what: Disallowed },
    #[error("Check constraint '{check}' is not found in the table.")]
    UnknownCheck { check: String },
    #[error("Constraint '{name}' does not exist.")]
    UnknownConstraint { name: String },
    #[error(
        "Table has multiple constraints with the name '{name}'. Please use constraint specific 'DROP' clause."
    )]
    AmbiguousConstraint { name: String },

    // Partitions.
    #[error("A {kind} must include all columns in the table's partitioning function")]
    KeyWithoutPartitionColumn { kind: &'static str, column: String },
    #[error("Duplicate partition name {partition}")]
    DuplicatePartition { partition: String },
    #[error("Error in list of partitions to {verb}")]
    UnknownPartition {
        verb: &'static str,
        partition: String,
    },
    #[error("Cannot remove all partitions, use DROP TABLE instead")]
    CannotRemoveAllPartitions { table: String },
    #[error("{verb} PARTITION can only be used on {kind} partitions")]
    WrongPartitionKind {
        verb: &'static str,
        kind: &'static str,
        table: String,
    },
    #[error("Partition management on a not partitioned table is not possible")]
    NotPartitioned { table: String },
    #[error("Foreign keys are not yet supported in conjunction with partitioning")]
    ForeignKeyOnPartitioned { table: String },

    /// A construct that vrev does not model.
    #[error("unsupported: {feature}")]
    Unsupported { feature: String },
}

impl DefinitionError {
    /// Returns MySQL's error number.
    pub fn errno(&self) -> u16 {
        self.facts().0
    }

    /// Returns the identifier that the error is about, as it stands in the text: where a reader should look.
    pub fn subject(&self) -> &str {
        self.facts().2
    }

    /// Returns number, SQLSTATE and subject.
    fn facts(&self) -> (u16, &'static str, &str) {
        match self {
            Self::TableExists { table } => (1050, "42S01", table),
            Self::UnknownTable { table } => (1051, "42S02", table),
            Self::NoSuchTable { table } => (1146, "42S02", table),
            Self::WrongObject { name, .. } => (1347, "HY000", name),
            Self::WrongTableName { table } => (1103, "42000", table),
            Self::UnknownDatabase { keyspace } => (1049, "42000", keyspace),
            Self::TruncateReferenced { table, .. } => (1701, "42000", table),
            Self::NoColumns { table } => (1113, "42000", table),
            Self::NoVisibleColumn { table } => (4028, "HY000", table),
            Self::CannotRemoveAllColumns { table } => (1090, "42000", table),
            Self::NameTooLong { name } => (1059, "42000", name),
            Self::TooManyColumns { table } => (1117, "HY000", table),
            Self::TooManyKeys { table } => (1069, "42000", table),
            Self::TableCommentTooLong { name } => (1628, "HY000", name),
            Self::ColumnCommentTooLong { name } => (1629, "HY000", name),
            Self::IndexCommentTooLong { name } => (1688, "HY000", name),
            Self::DuplicateColumn { column } | Self::DuplicateKeyColumn { column } => {
                (1060, "42S21", column)
            }
            Self::WrongColumnName { column } => (1166, "42000", column),
            Self::UnknownColumn { column, .. } => (1054, "42S22", column),
            Self::WrongColumnSpecifier { column } => (1063, "42000", column),
            Self::InvalidDefault { column } => (1067, "42000", column),
            Self::BlobDefault { column } => (1101, "42000", column),
            Self::InvalidOnUpdate { column } => (1294, "HY000", column),
            Self::ColumnTooLong { column, .. } => (1074, "42000", column),
            Self::WidthOutOfRange { column, .. } => (1439, "42000", column),
            Self::PrecisionTooBig { column, .. } => (1426, "42000", column),
            Self::ScaleTooBig { column, .. } => (1425, "42000", column),
            Self::ScaleAbovePrecision { column } => (1427, "42000", column),
            Self::InvalidSize { column } => (3013, "HY000", column),
            Self::DuplicateMember { column, .. } => (1291, "HY000", column),
            Self::TooManyMembers { column } => (1097, "HY000", column),
            Self::CollationMismatch { collation, .. } => (1253, "42000", collation),
            Self::UnknownCollation { collation } => (1273, "HY000", collation),
            Self::WrongUsage { column, .. } => (1221, "HY000", column),
            Self::WrongAutoColumn { column } => (1075, "42000", column),
            Self::GeneratedRefersToAutoIncrement { column } => (3109, "HY000", column),
            Self::GeneratedOrder { column } => (3107, "HY000", column),
            Self::GeneratedDisallowed { column, what } => {
                let errno = match what {
                    Disallowed::Subquery => 3102,
                    Disallowed::Function(_) => 3763,
                    Disallowed::Variable => 3765,
                };
                (errno, "HY000", column)
            }
            Self::DefaultOrder { column } => (3767, "HY000", column),
            Self::DefaultRefersToAutoIncrement { column } => (3768, "HY000", column),
            Self::DefaultDisallowed { column, what } => {
                let errno = match what {
                    Disallowed::Subquery => 3769,
                    Disallowed::Function(_) => 3770,
                    Disallowed::Variable => 3772,
                };
                (errno, "HY000", column)
            }
            Self::UnsupportedOnGenerated { column, .. } => (3106, "HY000", column),
            Self::NeededByGenerated { column } => (3108, "HY000", column),
            Self::NeededByFunctionalIndex { column } => (3837, "HY000", column),
            Self::NeededByCheck { column, .. } => (3959, "HY000", column),
            Self::NeededByPartitioning { column } => (3885, "HY000", column),
            Self::NeededByForeignKey { column, .. } => (1828, "HY000", column),
            Self::NeededByForeignKeyOf { column, .. } => (1829, "HY000", column),
            Self::MultiplePrimaryKey { table } => (1068, "42000", table),
            Self::DuplicateIndex { index } => (1061, "42000", index),
            Self::WrongIndexName { index } => (1280, "42000", index),
            Self::UnknownKeyColumn { column } => (1072, "42000", column),
            Self::BlobKeyWithoutLength { column } => (1170, "42000", column),
            Self::WrongPrefix { column } => (1089, "HY000", column),
            Self::ZeroPrefix { column } => (1391, "HY000", column),
            Self::JsonKey { column } => (3152, "42000", column),
            Self::BadFulltextColumn { column } => (1283, "HY000", column),
            Self::BadSpatialColumn { column } => (1687, "42000", column),
            Self::NullableSpatialColumn { column } => (1252, "42000", column),
            Self::FunctionalPrimaryKey { table } => (3756, "HY000", table),
            Self::NullablePrimaryKey { column } => (1171, "42000", column),
            Self::InvisiblePrimaryKey { table } => (3522, "HY000", table),
            Self::TooManyParts { index } => (1070, "42000", index),
            Self::KeyTooLong { index } => (1071, "42000", index),
            Self::CannotDrop { name } => (1091, "42000", name),
            Self::UnknownIndex { index, .. } => (1176, "42000", index),
            Self::IndexNeeded { index } => (1553, "HY000", index),
            Self::ForeignKeyMismatch { constraint } => (1239, "42000", constraint),
            Self::DuplicateForeignKey { constraint } => (1826, "HY000", constraint),
            Self::NoReferencedTable { table } => (1824, "HY000", table),
            Self::NoReferencedColumn { column, .. } => (3734, "HY000", column),
            Self::NoReferencedIndex { constraint, .. } => (1822, "HY000", constraint),
            Self::IncompatibleColumns { column, .. } => (3780, "HY000", column),
            Self::SetDefaultUnsupported { constraint } => (1215, "HY000", constraint),
            Self::SetNullOnNotNull { column, .. } => (1830, "HY000", column),
            Self::TableReferenced { table, .. } => (3730, "HY000", table),
            Self::DuplicateCheck { check } => (3822, "HY000", check),
            Self::CheckUnknownColumn { column, .. } => (3820, "HY000", column),
            Self::CheckAutoIncrement { column, .. } => (3818, "HY000", column),
            Self::CheckDisallowed { check, what } => {
                let errno = match what {
                    Disallowed::Function(_) => 3814,
                    Disallowed::Subquery => 3815,
                    Disallowed::Variable => 3816,
                };
                (errno, "HY000", check)
            }
            Self::UnknownCheck { check } => (3821, "HY000", check),
            Self::UnknownConstraint { name } => (3940, "HY000", name),
            Self::AmbiguousConstraint { name } => (3939, "HY000", name),
            Self::KeyWithoutPartitionColumn { column, .. } => (1503, "HY000", column),
            Self::DuplicatePartition { partition } => (1517, "HY000", partition),
            Self::UnknownPartition { partition, .. } => (1507, "HY000", partition),
            Self::CannotRemoveAllPartitions { table } => (1508, "HY000", table),
            Self::WrongPartitionKind { table, .. } => (1512, "HY000", table),
            Self::NotPartitioned { table } => (1505, "HY000", table),
            Self::ForeignKeyOnPartitioned { table } => (1506, "HY000", table),
            Self::Unsupported { feature } => (1235, "42000", feature),
        }
    }
}

impl From<DefinitionError> for SqlError {
    fn from(error: DefinitionError) -> Self {
        let (errno, sqlstate, _) = error.facts();
        Self::new(errno, sqlstate, error.to_string())
    }
}
