//! What can be wrong with a VSchema, and why a name is not found in one. `Display` gives Vitess's texts.

use crate::sql::SqlError;
use crate::value::go_quote;
use crate::vindex;

/// What a table's qualified name must look like.
const QUALIFIED: &str = "it must be of the qualified form <keyspace_name>.<table_name> (dots are not allowed in either name)";
/// What a reference table's source must look like.
const MAYBE_QUALIFIED: &str = "it must be of the unqualified form <table_name> or the qualified form <keyspace_name>.<table_name> (dots are not allowed in either name)";

fn quoted(text: &str) -> String {
    go_quote(text.as_bytes())
}

/// A mistake in a keyspace's document.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages show")]
pub enum BuildError {
    #[error("{source}")]
    Vindex {
        vindex: String,
        source: vindex::Error,
    },
    #[error("unidentified table type {table_type}")]
    TableType { table: String, table_type: String },
    #[error(
        "invalid source {} for reference table: {table}; invalid table name: '{name}', {MAYBE_QUALIFIED}",
        quoted(name)
    )]
    SourceName { table: String, name: String },
    #[error("sequence table has to be in an unsharded keyspace or must be pinned: {table}")]
    ShardedSequence { table: String },
    #[error("could not decode the keyspace id for pin: {source}")]
    Pin {
        table: String,
        source: vindex::key_range::RangeError,
    },
    #[error("missing primary col vindex for table: {table}")]
    NoPrimary { table: String },
    #[error("duplicate column name '{column}' for table: {table}")]
    DuplicateColumn { table: String, column: String },
    #[error(
        "could not parse the '{column}' column's default expression '{text}' for table '{table}'"
    )]
    Default {
        table: String,
        column: String,
        text: String,
    },
    #[error("vindex {vindex} not found for table {table}")]
    UnknownVindex { table: String, vindex: String },
    #[error(
        "can't use column and columns at the same time in vindex ({vindex}) and table ({table})"
    )]
    ColumnAndColumns { table: String, vindex: String },
    #[error("must specify at least one column for vindex ({vindex}) and table ({table})")]
    NoColumns { table: String, vindex: String },
    #[error("primary vindex {vindex} is not Unique for table {table}")]
    PrimaryNotUnique { table: String, vindex: String },
    #[error("primary vindex {vindex} cannot be owned for table {table}")]
    PrimaryOwned { table: String, vindex: String },
    #[error("VT03029: column count does not match value count with the row for vindex '{vindex}'")]
    OwnerColumns { table: String, vindex: String },
    #[error("multi-column vindex {vindex} should be a primary vindex for table {table}")]
    MultiColumnNotPrimary { table: String, vindex: String },
    #[error(
        "source {} may not reference a table in the same keyspace as table: {table}",
        quoted(name)
    )]
    SourceInSameKeyspace { table: String, name: String },
    #[error(
        "source {} references a non-existent keyspace {}",
        quoted(name),
        quoted(keyspace)
    )]
    SourceKeyspace {
        table: String,
        name: String,
        keyspace: String,
    },
    #[error(
        "source {} references a table {} that is not present in the VSchema of keyspace {}",
        quoted(name),
        quoted(missing),
        quoted(keyspace)
    )]
    SourceTable {
        table: String,
        name: String,
        missing: String,
        keyspace: String,
    },
    #[error("{source}")]
    SourceLookup { table: String, source: LookupError },
    #[error(
        "source {} may not reference a table of type {}: {table}",
        quoted(name),
        quoted(table_type)
    )]
    SourceType {
        table: String,
        name: String,
        table_type: String,
    },
    #[error(
        "source {} may not be referenced more than once per keyspace: {first}, {second}",
        quoted(name)
    )]
    SourceTwice {
        name: String,
        first: String,
        second: String,
    },
    #[error("reference chaining is not allowed {table} => {name} => {next}: {table}")]
    SourceChain {
        table: String,
        name: String,
        next: String,
    },
    #[error("cannot resolve sequence {sequence}: {source}")]
    Sequence {
        table: String,
        sequence: String,
        source: LookupError,
    },
}

impl BuildError {
    /// The entry of the document that is wrong: `vindexes` or `tables`, and its name.
    pub fn place(&self) -> (&'static str, &str) {
        match self {
            Self::Vindex { vindex, .. } => ("vindexes", vindex),
            Self::TableType { table, .. }
            | Self::SourceName { table, .. }
            | Self::ShardedSequence { table }
            | Self::Pin { table, .. }
            | Self::NoPrimary { table }
            | Self::DuplicateColumn { table, .. }
            | Self::Default { table, .. }
            | Self::UnknownVindex { table, .. }
            | Self::ColumnAndColumns { table, .. }
            | Self::NoColumns { table, .. }
            | Self::PrimaryNotUnique { table, .. }
            | Self::PrimaryOwned { table, .. }
            | Self::OwnerColumns { table, .. }
            | Self::MultiColumnNotPrimary { table, .. }
            | Self::SourceInSameKeyspace { table, .. }
            | Self::SourceKeyspace { table, .. }
            | Self::SourceTable { table, .. }
            | Self::SourceLookup { table, .. }
            | Self::SourceType { table, .. }
            | Self::SourceTwice { second: table, .. }
            | Self::SourceChain { table, .. }
            | Self::Sequence { table, .. } => ("tables", table),
        }
    }
}

/// Why a name is no table or vindex, or a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages show")]
pub enum LookupError {
    #[error("VT05003: unknown database '{keyspace}' in vschema")]
    UnknownKeyspace { keyspace: String },
    #[error("table {table} not found")]
    NotFound { table: String },
    #[error("ambiguous table reference: {table}")]
    AmbiguousTable { table: String },
    #[error("ambiguous vindex reference: {vindex}")]
    AmbiguousVindex { vindex: String },
    #[error("table {table} has been disabled")]
    Disabled { table: String },
    #[error("table {table} has more than one target: [{}]", targets.join(" "))]
    SeveralTargets { table: String, targets: Vec<String> },
    #[error("duplicate rule for entry {table}")]
    DuplicateRule { table: String },
    #[error("invalid table name: '{name}', {QUALIFIED}")]
    NotQualified { name: String },
    #[error("invalid table name: {name}")]
    InvalidName { name: String },
    #[error("from table: {source}")]
    MirrorFrom { source: Box<LookupError> },
    #[error("from table: duplicate rule for entry '{table}'")]
    MirrorDuplicate { table: String },
    #[error("from table: invalid tablet type: '{table}'")]
    MirrorTabletType { table: String },
    #[error("to table: tablet type may not be specified: '{table}'")]
    MirrorToTabletType { table: String },
    #[error("to table: {source}")]
    MirrorTo { source: Box<LookupError> },
    #[error("to table: cannot reside in same keyspace as from table")]
    MirrorSameKeyspace,
    #[error("mirror chaining is not allowed")]
    MirrorChain,
}

impl From<LookupError> for SqlError {
    /// As a client of vtgate sees it: an unknown database is 1049, everything else 1105.
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::UnknownKeyspace { .. } => Self::new(1049, "42000", error.to_string()),
            _ => Self::unknown(error.to_string()),
        }
    }
}
