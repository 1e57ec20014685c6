//! Conflicts as values: what the base, our and their side say of one row, and which of its cells clash.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::relation::{Row, Schema};

/// How two changes of one row clash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Both changed a cell, to different values.
    EditEdit,
    /// Both added the row, with different values.
    AddAdd,
    /// We removed what they changed.
    DeleteEdit,
    /// They removed what we changed.
    EditDelete,
    /// Both renamed it, to different names.
    RenameRename,
    /// The sides do not agree on what the row's cells are.
    Schema,
}

impl Kind {
    /// Every kind with its name.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::EditEdit, "edit/edit"),
        (Self::AddAdd, "add/add"),
        (Self::DeleteEdit, "delete/edit"),
        (Self::EditDelete, "edit/delete"),
        (Self::RenameRename, "rename/rename"),
        (Self::Schema, "schema"),
    ];

    /// Returns the kind with ours and theirs exchanged.
    pub fn mirrored(self) -> Self {
        match self {
            Self::DeleteEdit => Self::EditDelete,
            Self::EditDelete => Self::DeleteEdit,
            other => other,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(kind, _)| kind == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// One of the three values that a conflict is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// What both started from.
    Base,
    /// The branch that is merged into.
    Ours,
    /// What is merged in.
    Theirs,
}

impl Version {
    /// The three, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Base, Self::Ours, Self::Theirs];
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::Ours => "ours",
            Self::Theirs => "theirs",
        })
    }
}

/// One row that both sides changed differently. Rows stand under their own side's schema, with their count (1 where
/// there is a key); an absent row is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// How they clash.
    pub kind: Kind,
    /// The row that both started from.
    pub base: Option<(Row, u64)>,
    /// Our row.
    pub ours: Option<(Row, u64)>,
    /// Their row.
    pub theirs: Option<(Row, u64)>,
    /// Identities of the columns whose cells clash; empty where the row as a whole does.
    pub columns: Vec<String>,
}

impl Conflict {
    /// Returns one of the three rows.
    pub fn version(&self, version: Version) -> Option<&(Row, u64)> {
        match version {
            Version::Base => self.base.as_ref(),
            Version::Ours => self.ours.as_ref(),
            Version::Theirs => self.theirs.as_ref(),
        }
    }

    /// Returns the conflict as the other side sees it.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self {
            kind: self.kind.mirrored(),
            ours: self.theirs,
            theirs: self.ours,
            ..self
        }
    }
}

/// The conflicts of one relation: of the catalog, or of a table's rows in one shard.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationConflicts {
    /// `columns`, `vindexes`, … or `<keyspace>.<table>`.
    pub relation: String,
    /// The shard whose rows these are; absent for relations of the catalog.
    pub shard: Option<String>,
    /// The base's schema; absent where the relation was not there.
    pub base: Option<Arc<Schema>>,
    /// Our schema.
    pub ours: Option<Arc<Schema>>,
    /// Their schema.
    pub theirs: Option<Arc<Schema>>,
    /// Conflicts in key order.
    pub rows: Vec<Conflict>,
}

impl RelationConflicts {
    /// Returns one of the three schemas.
    pub fn schema(&self, version: Version) -> Option<&Arc<Schema>> {
        match version {
            Version::Base => self.base.as_ref(),
            Version::Ours => self.ours.as_ref(),
            Version::Theirs => self.theirs.as_ref(),
        }
    }
}

impl RelationConflicts {
    /// Returns the object that a conflict is about: `customer.corder`, `customer.hash`, or the table whose rows these are.
    pub fn object_of(&self, conflict: &Conflict) -> String {
        if self.shard.is_some() {
            return self.relation.clone();
        }
        let versions = [Version::Ours, Version::Theirs, Version::Base];
        let names = versions.into_iter().find_map(|version| {
            let (row, _) = conflict.version(version)?;
            let columns = &self.schema(version)?.columns;
            let cell = |names: &[&str]| {
                let mut columns = columns.iter();
                let at = columns.position(|column| names.contains(&column.name.as_str()))?;
                row.get(at)?.to_text().map(Into::<String>::into)
            };
            let own = cell(&["table", "view", "vindex", "shard", "from_table"]);
            let keyspace = cell(&["keyspace", "from_keyspace"]);
            Some(keyspace.into_iter().chain(own).collect::<Vec<_>>())
        });
        names.unwrap_or_default().join(".")
    }
}

/// A file outside the catalog (`README.md`, `workload/*.sql`) that both sides changed differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileConflict {
    /// Its path.
    pub path: String,
    /// How they clash.
    pub kind: Kind,
}

/// Everything that two sides changed differently.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conflicts {
    /// Relations of the catalog, in the order of `describe`, then tables' rows by name and shard.
    pub relations: Vec<RelationConflicts>,
    /// Files, by path.
    pub files: Vec<FileConflict>,
}

impl Conflicts {
    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.relations
            .iter()
            .all(|relation| relation.rows.is_empty())
            && self.files.is_empty()
    }
}
