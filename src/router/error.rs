//! Why a statement could not be planned or executed, with vtgate's codes, numbers and texts.
//!
//! `Display` prints what vtgate's planner prints (`VT12001: unsupported: …`); [`Error::to_sql`] is what a MySQL client
//! sees: errno and SQLSTATE from one table (Vitess `go/vt/vterrors/code.go`, `go/mysql/sqlerror/sql_error.go`).

use crate::catalog::vschema::LookupError;
use crate::sql::SqlError;
use crate::value::Value;
use crate::vindex::{self, Destination};

/// A statement that was refused or that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// VT12001: vtgate does not support the construct.
    #[error("VT12001: unsupported: {0}")]
    Unsupported(String),
    /// A view that reads itself, through others or at once.
    #[error(transparent)]
    ViewRecursion(#[from] crate::catalog::view::Recursion),
    /// A group function where none may be.
    #[error("Invalid use of group function")]
    GroupFunction,
    /// VT03003.
    #[error("VT03003: unknown table '{0}' in MULTI DELETE")]
    UnknownDeleteTarget(String),
    /// VT03005.
    #[error("VT03005: cannot group on '{0}'")]
    CannotGroup(String),
    /// VT03006.
    #[error("VT03006: column count does not match value count with the row")]
    ColumnCount,
    /// VT03013.
    #[error("VT03013: not unique table/alias: '{0}'")]
    DuplicateTable(String),
    /// VT03015.
    #[error("VT03015: column has duplicate set values: '{0}'")]
    DuplicateAssignment(String),
    /// VT03018, in its text with the table.
    #[error("NEXT used on a non-sequence table `{0}`")]
    NotSequence(String),
    /// VT03023.
    #[error("VT03023: INSERT not supported when targeting a key range: {0}")]
    InsertIntoKeyRange(String),
    /// VT03026.
    #[error("VT03026: '{0}' bind variable does not exists")]
    MissingBind(String),
    /// A name that is no table, or a rule that cannot be followed.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// A vindex where a table is needed.
    #[error("VT12001: unsupported: vindex `{0}` as a table")]
    IsVindex(String),
    /// A column that no table has.
    #[error("column '{0}' not found")]
    UnknownColumn(String),
    /// A column that its table lacks.
    #[error("column '{column}' not found in table '{table}'")]
    UnknownColumnOf {
        /// The column.
        column: String,
        /// The table as the statement names it.
        table: String,
    },
    /// `a.*` where there is no `a`.
    #[error("Unknown table '{0}'")]
    UnknownTableInStar(String),
    /// A position past the select list.
    #[error("Unknown column '{column}' in '{clause}'")]
    UnknownPosition {
        /// The position or name.
        column: String,
        /// `order clause`, `group statement`.
        clause: &'static str,
    },
    /// A column of several tables.
    #[error("Column '{0}' in field list is ambiguous")]
    AmbiguousColumn(String),
    /// VT09001.
    #[error("VT09001: table '{0}' does not have a primary vindex")]
    NoPrimaryVindex(String),
    /// VT09003.
    #[error("VT09003: INSERT query does not have primary vindex column '{0}' in the column list")]
    MissingPrimaryColumn(String),
    /// VT09004.
    #[error(
        "VT09004: INSERT should contain column list or the table should have authoritative columns in vschema"
    )]
    ColumnListNeeded,
    /// VT09005.
    #[error(
        "VT09005: no database selected: use keyspace<:shard><@type> or keyspace<[range]><@type> (<> are optional)"
    )]
    NoKeyspace,
    /// VT09014.
    #[error("VT09014: vindex cannot be modified")]
    VindexNotWritable,
    /// VT09015.
    #[error("VT09015: schema tracking required")]
    SchemaTrackingRequired,
    /// VT09017.
    #[error("VT09017: {0}")]
    TargetNotAllowed(&'static str),
    /// VT09020.
    #[error("VT09020: can not use multiple vindex hints for table {0}")]
    MultipleVindexHints(String),
    /// VT09021.
    #[error("VT09021: Vindex '{vindex}' does not exist in table '{table}'")]
    UnknownVindexHint {
        /// The vindex.
        vindex: String,
        /// The table.
        table: String,
    },
    /// VT09023: a primary vindex gave no keyspace id. MySQL clients see the execution path before the text.
    #[error("VT09023: could not map {} to a keyspace id", values_text(.0))]
    Unmapped(Vec<Value>),
    /// VT09024: a primary vindex gave a range or several keyspace ids.
    #[error("VT09024: could not map {} to a unique keyspace id: {destination}", values_text(.values))]
    UnmappedUniquely {
        /// The values of the vindex's columns.
        values: Vec<Value>,
        /// What they map to.
        destination: String,
    },
    /// An unowned vindex disagrees with the row's keyspace id.
    #[error("values {values} for column {columns} does not map to keyspace ids")]
    VindexMismatch {
        /// Values, as vtgate prints them.
        values: String,
        /// Columns, as vtgate prints them.
        columns: String,
    },
    /// VT09032.
    #[error("VT09032: previous transaction failed. Issue a ROLLBACK to resolve the failure.")]
    TransactionFailed,
    /// VT13001: the planner contradicts itself.
    #[error("VT13001: [BUG] {0}")]
    Bug(String),
    /// A scalar subquery with several rows.
    #[error("subquery returned more than one row")]
    SubqueryRows,
    /// A subquery with the wrong number of columns.
    #[error("Operand should contain {0} column(s)")]
    SubqueryColumns(usize),
    /// Inputs of a UNION that differ in width.
    #[error("The used SELECT statements have a different number of columns: {0}, {1}")]
    UnionColumns(usize, usize),
    /// An unsharded keyspace with several shards, or with none.
    #[error("Keyspace '{keyspace}' does not have exactly one shard: [{shards}]")]
    NotOneShard {
        /// The keyspace.
        keyspace: String,
        /// Its shards, by name.
        shards: String,
    },
    /// A keyspace id outside every shard.
    #[error("KeyspaceId {keyspace_id} didn't match any shards [{shards}]")]
    NoShardForKeyspaceId {
        /// In hex.
        keyspace_id: String,
        /// The shards, by name.
        shards: String,
    },
    /// A shard that the cluster does not hold.
    #[error("shard {keyspace}/{shard} not found")]
    UnknownShard {
        /// The keyspace.
        keyspace: String,
        /// The shard.
        shard: String,
    },
    /// A target string that cannot be read.
    #[error("{0}")]
    Target(String),
    /// A sequence table that does not hold what a sequence holds.
    #[error("{0}")]
    Sequence(String),
    /// More rows than may be held in memory.
    #[error("in-memory row count exceeded allowed limit of {0}")]
    TooManyRows(usize),
    /// An expression that vtgate cannot evaluate.
    #[error("expr cannot be translated, not supported: {0}")]
    Untranslatable(String),
    /// A statement that belongs to somebody else (DDL, SHOW, CALL): the workspace runs it.
    #[error("VT12001: unsupported: {0} in the router")]
    NotRouted(&'static str),
    /// A vindex could not map, verify or maintain its table.
    #[error(transparent)]
    Vindex(#[from] vindex::Error),
    /// A shard answered with an error.
    #[error("{}", .0.message)]
    Shard(#[from] SqlError),
    /// An error with the execution path that vtgate puts before it.
    #[error("{path}: {source}")]
    At {
        /// `execInsertSharded: getInsertShardedRoute`.
        path: &'static str,
        /// The error.
        source: Box<Error>,
    },
}

impl Error {
    /// Returns the refusal of a construct, VT12001.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    /// Returns the error under the execution path that vtgate reports.
    pub fn at(self, path: &'static str) -> Self {
        Self::At {
            path,
            source: Box::new(self),
        }
    }

    /// Returns what a MySQL client sees.
    pub fn to_sql(&self) -> SqlError {
        if let Self::Shard(error) = self {
            return error.clone();
        }
        let (errno, sqlstate) = self.number();
        SqlError::new(errno, sqlstate, self.wire_text())
    }

    /// Returns the text without a code where vtgate's execution reports one under a path.
    fn wire_text(&self) -> String {
        match self {
            Self::At { path, source } => match source.as_ref() {
                Self::Unmapped(values) => format!(
                    "{path}: could not map {} to a keyspace id",
                    values_text(values)
                ),
                other => format!("{path}: {}", other.wire_text()),
            },
            other => other.to_string(),
        }
    }

    fn number(&self) -> (u16, &'static str) {
        match self {
            Self::Unsupported(_)
            | Self::IsVindex(_)
            | Self::NotRouted(_)
            | Self::Untranslatable(_) => (1235, "42000"),
            Self::ViewRecursion(_) => (1462, "HY000"),
            Self::GroupFunction => (1111, "HY000"),
            Self::UnknownDeleteTarget(_) => (1109, "42S02"),
            Self::CannotGroup(_) => (1056, "42000"),
            Self::ColumnCount => (1136, "21S01"),
            Self::DuplicateTable(_) => (1066, "42000"),
            Self::Lookup(LookupError::UnknownKeyspace { .. }) => (1049, "42000"),
            Self::UnknownColumn(_)
            | Self::UnknownColumnOf { .. }
            | Self::UnknownPosition { .. } => (1054, "42S22"),
            Self::AmbiguousColumn(_) => (1052, "23000"),
            Self::UnknownTableInStar(_) => (1109, "42S02"),
            Self::NoPrimaryVindex(_) => (1173, "42000"),
            Self::NoKeyspace => (1046, "3D000"),
            Self::UnknownVindexHint { .. } => (1176, "42000"),
            Self::SubqueryRows => (1242, "21000"),
            Self::SubqueryColumns(_) => (1241, "21000"),
            Self::UnionColumns(..) => (1222, "21000"),
            Self::Bug(_) => (1815, "HY000"),
            Self::TooManyRows(_) => (1153, "08S01"),
            Self::Vindex(vindex::Error::Lookup { errno, .. }) if *errno != 0 => {
                (*errno, state_of(*errno))
            }
            Self::Shard(error) => (error.errno, error.sqlstate),
            Self::At { source, .. } => source.number(),
            _ => (1105, "HY000"),
        }
    }
}

impl From<Error> for SqlError {
    fn from(error: Error) -> Self {
        error.to_sql()
    }
}

/// Returns the SQLSTATE of the errors that a backing table answers with.
fn state_of(errno: u16) -> &'static str {
    match errno {
        1048 | 1062 | 1451 | 1452 => "23000",
        1054 => "42S22",
        1064 | 1235 => "42000",
        1146 => "42S02",
        1317 => "70100",
        _ => "HY000",
    }
}

/// Returns values in brackets, as Go prints a list.
pub(crate) fn values_text(values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(Value::to_vitess_text).collect();
    format!("[{}]", texts.join(" "))
}

/// Returns a destination as vtgate's errors print it.
pub(crate) fn destination_text(destination: &Destination) -> String {
    match destination {
        Destination::None => "DestinationNone()".into(),
        Destination::KeyspaceId(id) => format!("DestinationKeyspaceID({id})"),
        Destination::KeyspaceIds(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            format!("DestinationKeyspaceIDs({})", ids.join(","))
        }
        Destination::KeyRange(range) => format!("DestinationKeyRange({range})"),
        Destination::AllShards => "DestinationAllShards()".into(),
    }
}
