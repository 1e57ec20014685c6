//! What a history is of: an object by the names it bears at one revision, and the units of change it is made of.
//!
//! A *unit* is what the index counts: a path (a file, or a folder of files or rows), or one entry of a VSchema, written
//! as the file's path, a NUL, the section, a NUL and the name. A subject's units hold every change of it; where they hold
//! more (a column's table, a row's shard), the commit's own change is looked at.

use crate::catalog::files::{self, Place};
use crate::relation::describe::RELATIONS;
use crate::value::Value;

/// Something that has a history.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A file or folder of the repository.
    Path(String),
    /// A keyspace with all that is in it.
    Keyspace(String),
    /// A table or view, its VSchema entry and its rows.
    Table {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        table: String,
    },
    /// A column, index, foreign key, check or partition of a table.
    Part {
        /// The keyspace.
        keyspace: String,
        /// The table's name.
        table: String,
        /// `columns`, `indexes`, `foreign_keys`, `checks` or `partitions`.
        relation: &'static str,
        /// The name it was created under.
        identity: String,
    },
    /// A vindex.
    Vindex {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        vindex: String,
    },
    /// A row by its primary key, or one cell of it.
    Row {
        /// The keyspace.
        keyspace: String,
        /// The table's name.
        table: String,
        /// The key: identities of columns and their values, in the key's order.
        key: Vec<(String, KeyValue)>,
        /// The identity of the column, for a cell.
        column: Option<String>,
    },
    /// One catalog relation, in every keyspace.
    Relation(&'static str),
}

/// A value of a key, compared by its text.
#[derive(Debug, Clone)]
pub struct KeyValue(pub Value);

impl KeyValue {
    fn text(&self) -> String {
        match &self.0 {
            Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            value => value.to_text().unwrap_or_default().into_owned(),
        }
    }
}

impl PartialEq for KeyValue {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for KeyValue {}

impl std::hash::Hash for KeyValue {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyValue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text().cmp(&other.text())
    }
}

/// Separates the parts of a unit that is no path. No path has it.
pub(super) const MARK: char = '\0';

impl Subject {
    /// Returns the relation of this name as a subject.
    pub fn relation(name: &str) -> Option<Self> {
        RELATIONS
            .iter()
            .find(|known| **known == name)
            .map(|name| Self::Relation(name))
    }

    /// Returns what has no history: what a subject was before it began.
    pub(super) fn nothing() -> Self {
        Self::Path(String::new())
    }

    /// Returns the keyspace and table that it belongs to.
    pub(super) fn table(&self) -> Option<(&str, &str)> {
        match self {
            Self::Table { keyspace, table }
            | Self::Part {
                keyspace, table, ..
            }
            | Self::Row {
                keyspace, table, ..
            } => Some((keyspace, table)),
            _ => None,
        }
    }

    /// Returns the same subject under another name of its table.
    pub(super) fn with_table(&self, name: String) -> Self {
        let mut renamed = self.clone();
        match &mut renamed {
            Self::Table { table, .. } | Self::Part { table, .. } | Self::Row { table, .. } => {
                *table = name;
            }
            _ => {}
        }
        renamed
    }

    /// Returns the units whose changes are, or hold, the changes of this subject.
    pub(super) fn units(&self) -> Vec<String> {
        match self {
            Self::Path(path) => {
                // Units end at a shard's rows: chunks are looked at.
                let shallow: Vec<&str> = path.split('/').collect();
                let depth = if shallow[0] == "rows" {
                    4
                } else {
                    shallow.len()
                };
                vec![shallow[..depth.min(shallow.len())].join("/")]
            }
            Self::Keyspace(keyspace) => {
                vec![keyspace_folder(keyspace), rows_folder(keyspace, None)]
            }
            Self::Table { keyspace, table } => {
                let mut units = definition_units(keyspace, table);
                units.push(rows_folder(keyspace, Some(table)));
                units
            }
            Self::Part {
                keyspace, table, ..
            } => definition_units(keyspace, table),
            Self::Vindex { keyspace, vindex } => entry_units(keyspace, "vindexes", vindex),
            Self::Row {
                keyspace, table, ..
            } => vec![
                rows_folder(keyspace, Some(table)),
                path_of(&Place::Table {
                    keyspace: keyspace.clone(),
                    table: table.clone(),
                }),
            ],
            Self::Relation(_) => {
                let rules = files::RuleFile::ALL.iter();
                std::iter::once("keyspaces".to_owned())
                    .chain(rules.map(|rule| rule.path().to_owned()))
                    .collect()
            }
        }
    }

    /// Tells whether every change of its units is one of it.
    pub(super) fn is_its_units(&self) -> bool {
        match self {
            Self::Path(path) => !path.starts_with("rows/") || path.matches('/').count() < 4,
            Self::Keyspace(_) | Self::Table { .. } | Self::Vindex { .. } => true,
            Self::Part { .. } | Self::Row { .. } | Self::Relation(_) => false,
        }
    }
}

fn definition_units(keyspace: &str, table: &str) -> Vec<String> {
    let (keyspace_name, name) = (keyspace.to_owned(), table.to_owned());
    let mut units = vec![
        path_of(&Place::Table {
            keyspace: keyspace_name.clone(),
            table: name.clone(),
        }),
        path_of(&Place::View {
            keyspace: keyspace_name,
            view: name,
        }),
    ];
    units.extend(entry_units(keyspace, "tables", table));
    units
}

/// The unit of a VSchema entry, and that of a VSchema that cannot be read.
fn entry_units(keyspace: &str, section: &str, name: &str) -> Vec<String> {
    let path = vschema_path(keyspace);
    vec![entry_unit(&path, section, name), unreadable_unit(&path)]
}

pub(super) fn entry_unit(path: &str, section: &str, name: &str) -> String {
    format!("{path}{MARK}{section}{MARK}{name}")
}

pub(super) fn unreadable_unit(path: &str) -> String {
    format!("{path}{MARK}")
}

pub(super) fn path_of(place: &Place) -> String {
    place.path().unwrap_or_default()
}

pub(super) fn table_path(keyspace: &str, table: &str) -> String {
    path_of(&Place::Table {
        keyspace: keyspace.to_owned(),
        table: table.to_owned(),
    })
}

pub(super) fn view_path(keyspace: &str, view: &str) -> String {
    path_of(&Place::View {
        keyspace: keyspace.to_owned(),
        view: view.to_owned(),
    })
}

pub(super) fn vschema_path(keyspace: &str) -> String {
    path_of(&Place::Vschema {
        keyspace: keyspace.to_owned(),
    })
}

pub(super) fn identities_path(keyspace: &str) -> String {
    path_of(&Place::Identities {
        keyspace: keyspace.to_owned(),
    })
}

fn keyspace_folder(keyspace: &str) -> String {
    vschema_path(keyspace)
        .strip_suffix("/vschema.json")
        .unwrap_or_default()
        .to_owned()
}

/// Returns the folder of a keyspace's rows, or of a table's.
pub(super) fn rows_folder(keyspace: &str, table: Option<&str>) -> String {
    let encode = |name: &str| files::encode(name, "rows/").unwrap_or_default();
    match table {
        Some(table) => format!("rows/{}/{}", encode(keyspace), encode(table)),
        None => format!("rows/{}", encode(keyspace)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_its_files_its_entry_and_its_rows() {
        let table = Subject::Table {
            keyspace: "customer".into(),
            table: "corder".into(),
        };
        assert_eq!(
            table.units(),
            [
                "keyspaces/customer/tables/corder.sql",
                "keyspaces/customer/views/corder.sql",
                "keyspaces/customer/vschema.json\0tables\0corder",
                "keyspaces/customer/vschema.json\0",
                "rows/customer/corder",
            ]
        );
        assert!(table.is_its_units());
        assert_eq!(
            Subject::Path("rows/a/b/-80/0.jsonl".into()).units(),
            ["rows/a/b/-80"]
        );
        assert!(!Subject::Path("rows/a/b/-80/0.jsonl".into()).is_its_units());
        assert_eq!(
            Subject::Keyspace("a b".into()).units(),
            ["keyspaces/a%20b", "rows/a%20b"]
        );
    }
}
