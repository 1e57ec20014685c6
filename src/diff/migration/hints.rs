//! Which differences between two schemas count, and by which statements they are bridged. The defaults and the names are
//! those of Vitess's schemadiff (`go/vt/schemadiff/types.go`).

/// What happens to a table's AUTO_INCREMENT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AutoIncrement {
    /// It is data, not schema.
    #[default]
    Ignore,
    /// It is raised, never lowered.
    ApplyHigher,
    /// It is set.
    ApplyAlways,
}

/// What happens where partitions of a RANGE go at the front and come at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RangeRotation {
    /// PARTITION BY with all partitions.
    #[default]
    FullSpec,
    /// DROP PARTITION, then ADD PARTITION, each by itself.
    DistinctStatements,
    /// Nothing: a job rotates them.
    Ignore,
}

/// How names of foreign keys and checks are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConstraintNames {
    /// Without what Vitess's online DDL appends.
    #[default]
    IgnoreVitess,
    /// Not at all: constraints are the same if they say the same.
    IgnoreAll,
    /// As they are.
    Strict,
}

/// What a dropped and an added object are that look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rename {
    /// Two objects.
    #[default]
    AssumeDifferent,
    /// One that was renamed, if nothing but the name tells them apart.
    Heuristic,
}

/// How several FULLTEXT keys are added, which MySQL does one a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FulltextKeys {
    /// A statement each.
    #[default]
    DistinctStatements,
    /// All in one.
    UnifyStatements,
}

/// Whether the charset and collation of a table count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableCharset {
    /// Always.
    #[default]
    Strict,
    /// Where both sides say one.
    IgnoreEmpty,
    /// Never.
    IgnoreAlways,
}

/// Whose keyspace qualifies the table in ALTER TABLE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableQualifier {
    /// That of the table before.
    #[default]
    Default,
    /// That of the table after.
    Declared,
}

/// The algorithm that ALTER TABLE asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the variants are MySQL's keywords")]
pub enum AlterAlgorithm {
    /// None: the server chooses.
    #[default]
    Unsaid,
    Instant,
    Inplace,
    Copy,
}

impl AlterAlgorithm {
    /// Returns MySQL's keyword.
    pub fn keyword(self) -> Option<&'static str> {
        match self {
            Self::Unsaid => None,
            Self::Instant => Some("INSTANT"),
            Self::Inplace => Some("INPLACE"),
            Self::Copy => Some("COPY"),
        }
    }
}

/// Whether members of ENUM and SET may change places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum EnumReorder {
    #[default]
    Allow,
    Reject,
}

/// What foreign keys require between one statement and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum ForeignKeyCheck {
    /// The table that they refer to is there.
    #[default]
    Strict,
    /// As strict, but a cycle may start with a CREATE TABLE that refers to a table to come.
    CreateTableFirst,
    /// Nothing.
    Ignore,
}

/// Whether the change of one table may take several statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum SubsequentDiff {
    #[default]
    Allow,
    Reject,
}

/// What happens to a new column whose default has no two servers agree on its rows: `uuid()`, `rand()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum UnrepeatableDefaults {
    #[default]
    Reject,
    Allow,
}

/// All rules; the default is schemadiff's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "each type says what it is for")]
pub struct Hints {
    pub auto_increment: AutoIncrement,
    pub range_rotation: RangeRotation,
    pub constraint_names: ConstraintNames,
    pub column_rename: Rename,
    pub table_rename: Rename,
    pub fulltext_keys: FulltextKeys,
    pub table_charset: TableCharset,
    pub table_qualifier: TableQualifier,
    pub algorithm: AlterAlgorithm,
    pub enum_reorder: EnumReorder,
    pub foreign_key_check: ForeignKeyCheck,
    pub subsequent_diff: SubsequentDiff,
    pub unrepeatable_defaults: UnrepeatableDefaults,
}

impl Hints {
    /// Schemadiff's rules.
    pub const SCHEMADIFF: Self = Self {
        auto_increment: AutoIncrement::Ignore,
        range_rotation: RangeRotation::FullSpec,
        constraint_names: ConstraintNames::IgnoreVitess,
        column_rename: Rename::AssumeDifferent,
        table_rename: Rename::AssumeDifferent,
        fulltext_keys: FulltextKeys::DistinctStatements,
        table_charset: TableCharset::Strict,
        table_qualifier: TableQualifier::Default,
        algorithm: AlterAlgorithm::Unsaid,
        enum_reorder: EnumReorder::Allow,
        foreign_key_check: ForeignKeyCheck::Strict,
        subsequent_diff: SubsequentDiff::Allow,
        unrepeatable_defaults: UnrepeatableDefaults::Reject,
    };
}
