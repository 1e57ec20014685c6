//! Definitions written elsewhere, taken into a catalog: SQL texts and dumps ([`ddl()`]), documents of vtctldclient
//! ([`vschema()`]).
//!
//! Pure: a catalog and texts make another catalog and an account of what became of what, or every reason why not. The
//! order of the texts does not matter. Nothing is dropped by an import, and nothing that differs is replaced unless that
//! is asked for.

mod ddl;
mod latin1;
mod mariadb;
mod reader;
mod scratch;
mod vschema;

pub use ddl::ddl;
pub use vschema::{VschemaError, VschemaOptions, vschema};

use super::alter::Change;
use super::error::At;
use super::{Catalog, DefinitionError};
use crate::sql;

/// Whose spellings a text has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flavor {
    /// MySQL's and its relatives'.
    #[default]
    MySql,
    /// MariaDB's.
    MariaDb,
}

impl Flavor {
    /// Tells from its first lines who dumped a text.
    fn of(text: &str) -> Self {
        let start = text.split("\n\n").next().unwrap_or_default();
        let start: String = start.chars().take(1000).collect();
        let told = ["-- MariaDB dump", "/*M!", "-MariaDB"];
        if told.iter().any(|mark| start.contains(mark)) {
            Self::MariaDb
        } else {
            Self::MySql
        }
    }
}

/// A text to import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Its name in messages: the file's, `-` for standard input.
    pub name: String,
    /// The keyspace that its folder stands for, where there is one.
    pub keyspace: Option<String>,
    /// The text.
    pub text: String,
    /// The text was not UTF-8: U+FFFD stands for what is none (dumps have rows in any encoding).
    pub lossy: bool,
    /// Whose spellings it has.
    pub flavor: Flavor,
}

impl Source {
    /// Returns a source of bytes that may be no UTF-8: in latin1, where the text says so.
    pub fn new(name: impl Into<String>, keyspace: Option<String>, bytes: Vec<u8>) -> Self {
        let (text, lossy) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) if latin1::is_said(error.as_bytes()) => {
                (latin1::decode(error.as_bytes()), false)
            }
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
        };
        Self {
            name: name.into(),
            keyspace,
            flavor: Flavor::of(&text),
            text,
            lossy,
        }
    }
}

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The keyspace that everything goes to, whatever the texts call their database.
    pub keyspace: Option<String>,
    /// Replace what is there with another definition.
    pub force: bool,
}

/// What an import takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A table.
    Table,
    /// A view.
    View,
    /// A keyspace's VSchema.
    Vschema,
    /// Routing rules of one kind.
    Rules,
}

impl Kind {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Vschema => "VSchema",
            Self::Rules => "rules",
        }
    }
}

/// What became of an imported object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is new.
    Added,
    /// It was there with another definition.
    Replaced,
    /// It was there with the same definition.
    Unchanged,
}

impl Outcome {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One imported object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Its keyspace; empty for rules.
    pub keyspace: String,
    /// What it is.
    pub kind: Kind,
    /// Its name; empty for a VSchema.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// A statement that makes no table and no view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Where it is.
    pub at: At,
    /// What it is: ``CREATE TRIGGER `t` ``.
    pub what: String,
}

/// A statement that changes rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowStatement {
    /// Where it is.
    pub at: At,
    /// The keyspace of its unqualified names, where one is said.
    pub keyspace: Option<String>,
    /// Its text.
    pub text: String,
}

/// What an import makes of a catalog.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// The catalog after it; not built yet ([`Catalog::rebuild`]).
    pub catalog: Catalog,
    /// What became of tables that were there, in no particular order.
    pub changes: Vec<Change>,
    /// Keyspaces that are new, sorted.
    pub keyspaces: Vec<String>,
    /// Tables and views, sorted.
    pub objects: Vec<Object>,
    /// What was passed over, by place.
    pub skipped: Vec<Skipped>,
    /// Statements that change rows, in the order of the texts; their texts only where they were asked for.
    pub rows: Vec<RowStatement>,
}

/// Why a text cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A definition, or a statement about rows that are wanted, that is not UTF-8.
    #[error(
        "{at}: the text is not UTF-8, and no `SET NAMES latin1` before it says that it is latin1"
    )]
    NotText {
        /// Where.
        at: At,
    },
    /// A statement that does not parse.
    #[error("{at}: cannot read the statement")]
    Sql {
        /// Where.
        at: At,
        /// Why.
        #[source]
        source: sql::Error,
    },
    /// A definition that MySQL would refuse.
    #[error("{at}: {kind} `{name}` is not valid", kind = kind.word())]
    Definition {
        /// Where.
        at: At,
        /// Of what.
        kind: Kind,
        /// Its name, qualified.
        name: String,
        /// Why.
        #[source]
        source: DefinitionError,
    },
    /// An object without a keyspace.
    #[error(
        "{at}: no keyspace is said for `{name}`: name one with `--keyspace`, or begin with `USE`"
    )]
    NoKeyspace {
        /// Where.
        at: At,
        /// The object.
        name: String,
    },
    /// Several databases for one keyspace.
    #[error(
        "{at}: databases `{first}` and `{second}` cannot both go to keyspace `{keyspace}`: leave out `--keyspace`"
    )]
    SeveralDatabases {
        /// Where the second is named.
        at: At,
        /// The one named first.
        first: String,
        /// Another.
        second: String,
        /// Where both would go.
        keyspace: String,
    },
    /// One object defined twice, differently.
    #[error("{at}: `{name}` is defined a second time, otherwise than at {first}")]
    DefinedTwice {
        /// Where.
        at: At,
        /// The object, qualified.
        name: String,
        /// Where it was defined first.
        first: At,
    },
    /// A statement about a table that no text creates.
    #[error(
        "{at}: `{name}` is created by none of the texts: an import takes definitions; statements that alter what is there are for `vrev sql`"
    )]
    NotCreated {
        /// Where.
        at: At,
        /// The table, qualified.
        name: String,
    },
    /// An object that is there already with another definition.
    #[error("{at}: {kind} `{name}` is there already with another definition", kind = kind.word())]
    Exists {
        /// Where.
        at: At,
        /// Of what.
        kind: Kind,
        /// Its name, qualified.
        name: String,
    },
}

impl Error {
    /// Returns where the error is.
    pub fn at(&self) -> &At {
        match self {
            Self::Sql { at, .. }
            | Self::NotText { at }
            | Self::Definition { at, .. }
            | Self::NoKeyspace { at, .. }
            | Self::SeveralDatabases { at, .. }
            | Self::DefinedTwice { at, .. }
            | Self::NotCreated { at, .. }
            | Self::Exists { at, .. } => at,
        }
    }
}

#[cfg(test)]
mod tests;
