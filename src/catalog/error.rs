//! Why files do not make a catalog: every error names the file, the place in it where there is one, and the object.

use std::fmt;

use super::DefinitionError;
use super::files::{PathError, Place};
use super::vschema::BuildError;
use crate::sql::{self, Position};
use crate::vindex;
use crate::vindex::shards::ShardError;

/// A file, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The path, `/` between its parts.
    pub path: String,
    /// Line and column, where they are known.
    pub position: Option<Position>,
}

impl At {
    /// Returns a path without a place in it.
    pub fn path(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            position: None,
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "{}:{position}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// Why a file, or files together, are no catalog. The cause, where there is one, is the error's source.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A path that no object can have.
    #[error("cannot use a path")]
    Path {
        /// Which, and why.
        #[source]
        source: PathError,
    },
    /// Two files whose paths differ by case alone.
    #[error("`{path}` and `{other}` differ only by case: some file systems take them for one file")]
    CaseCollision {
        /// The later path in sorted order.
        path: String,
        /// The earlier.
        other: String,
    },
    /// A file that is not text.
    #[error("{at}: cannot read {place}: the file is not UTF-8")]
    NotText {
        /// Where the first wrong byte is.
        at: At,
        /// What it should hold.
        place: Place,
    },
    /// A `.sql` file that does not parse.
    #[error("{at}: cannot read {place}")]
    Sql {
        /// Where.
        at: At,
        /// What it should hold.
        place: Place,
        /// Why.
        #[source]
        source: sql::Error,
    },
    /// A `.sql` file with another statement than the one expected.
    #[error("{at}: cannot read {place}: the file must hold one {expected}")]
    WrongStatement {
        /// Which file.
        at: At,
        /// What it should hold.
        place: Place,
        /// `CREATE TABLE` or `CREATE VIEW`.
        expected: &'static str,
    },
    /// A definition that MySQL would refuse.
    #[error("{at}: {place} is not valid")]
    Definition {
        /// Where.
        at: At,
        /// Whose definition.
        place: Place,
        /// Why.
        #[source]
        source: DefinitionError,
    },
    /// A file that declares another name than its own.
    #[error("{at}: the file's name says {place}, its text `{declared}`: rename one of them")]
    NameMismatch {
        /// Where the text says it.
        at: At,
        /// What the file's name says.
        place: Place,
        /// The name in the text, qualified as written.
        declared: String,
    },
    /// A JSON or TOML file that does not parse or has not the expected shape.
    #[error("{at}: cannot read {place}: {message}")]
    Document {
        /// Where.
        at: At,
        /// What it should hold.
        place: Place,
        /// Why.
        message: String,
    },
    /// A keyspace without `shards.json`.
    #[error(
        "{path}: keyspace `{keyspace}` does not say its shards: write them as `[\"-80\", \"80-\"]`, or `[\"0\"]` for an unsharded keyspace"
    )]
    MissingShards {
        /// The path of the missing file.
        path: String,
        /// The keyspace.
        keyspace: String,
    },
    /// Shards that do not cover the keyspace.
    #[error("{path}: shards of keyspace `{keyspace}` are not valid")]
    Shards {
        /// The file.
        path: String,
        /// The keyspace.
        keyspace: String,
        /// Why.
        #[source]
        source: ShardError,
    },
    /// A sharded keyspace with shards that no key range routes to, or an unsharded one with several.
    #[error("{path}: keyspace `{keyspace}` {reason}")]
    ShardCount {
        /// The file.
        path: String,
        /// The keyspace.
        keyspace: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// A vindex that cannot be made.
    #[error("{at}: vindex `{vindex}` of keyspace `{keyspace}` is not valid")]
    Vindex {
        /// The VSchema, where it names the vindex.
        at: At,
        /// The keyspace.
        keyspace: String,
        /// The vindex.
        vindex: String,
        /// Why.
        #[source]
        source: vindex::Error,
    },
    /// A VSchema that Vitess would refuse.
    #[error("{at}: VSchema of keyspace `{keyspace}` is not valid: {error}")]
    Vschema {
        /// The VSchema, where it names the object.
        at: At,
        /// The keyspace.
        keyspace: String,
        /// What is wrong; its text is Vitess's.
        error: BuildError,
    },
    /// A column that the VSchema uses and the table does not have.
    #[error(
        "{at}: {user} of table `{keyspace}.{table}` uses column `{column}`, which the table does not have"
    )]
    MissingColumn {
        /// The VSchema, where it names the table.
        at: At,
        /// The keyspace.
        keyspace: String,
        /// The table.
        table: String,
        /// ``vindex `hash` `` or `auto_increment`.
        user: String,
        /// The column.
        column: String,
    },
    /// Two objects of one name, case aside.
    #[error("{path}: {first} and {second} have names that differ only by case")]
    SameName {
        /// The later file.
        path: String,
        /// The earlier object.
        first: String,
        /// The later object.
        second: String,
    },
    /// Two objects that claim one identity.
    #[error("{path}: {first} and {second} have one identity, `{identity}`")]
    SameIdentity {
        /// `identities.json`.
        path: String,
        /// One object.
        first: String,
        /// The other.
        second: String,
        /// What they share.
        identity: String,
    },
}

impl Error {
    /// Returns the file that the error is about.
    pub fn path(&self) -> &str {
        match self {
            Self::Path { source } => source.path(),
            Self::CaseCollision { path, .. }
            | Self::MissingShards { path, .. }
            | Self::Shards { path, .. }
            | Self::ShardCount { path, .. }
            | Self::SameName { path, .. }
            | Self::SameIdentity { path, .. } => path,
            Self::NotText { at, .. }
            | Self::Sql { at, .. }
            | Self::WrongStatement { at, .. }
            | Self::Definition { at, .. }
            | Self::NameMismatch { at, .. }
            | Self::Document { at, .. }
            | Self::Vindex { at, .. }
            | Self::Vschema { at, .. }
            | Self::MissingColumn { at, .. } => &at.path,
        }
    }

    /// Returns the place in the file, where it is known.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::NotText { at, .. }
            | Self::Sql { at, .. }
            | Self::WrongStatement { at, .. }
            | Self::Definition { at, .. }
            | Self::NameMismatch { at, .. }
            | Self::Document { at, .. }
            | Self::Vindex { at, .. }
            | Self::Vschema { at, .. }
            | Self::MissingColumn { at, .. } => at.position,
            _ => None,
        }
    }
}
