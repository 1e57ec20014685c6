//! What a person names after `--`: a keyspace, a table or view, a relation, or a path.
//!
//! `customer` is a keyspace, `customer.corder` a table or view of it, `column_vindexes` a catalog relation, and
//! anything with a slash (or a file's name at the top) a path, as git has it.

use super::place;
use crate::relation::describe::RELATIONS;

/// An object as named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// Everything of a keyspace.
    Keyspace(String),
    /// A table or view with its rows and its VSchema entry.
    Table {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        table: String,
    },
    /// One catalog relation, in every keyspace.
    Relation(String),
    /// A path of the repository, or a folder's prefix.
    Path(String),
}

impl Object {
    /// Reads an object's name. Whether it exists is for the caller to say, who knows the revisions meant.
    pub fn parse(text: &str) -> Self {
        if RELATIONS.contains(&text) {
            return Self::Relation(text.to_owned());
        }
        if text.contains('/') || text.ends_with(".json") || text.ends_with(".toml") {
            return Self::Path(text.trim_end_matches('/').to_owned());
        }
        match text.split_once('.') {
            Some((keyspace, table)) => Self::Table {
                keyspace: unquote(keyspace).to_owned(),
                table: unquote(table).to_owned(),
            },
            None => Self::Keyspace(unquote(text).to_owned()),
        }
    }

    /// Tells whether a change of the file at `path` may be a change of this object. The VSchema of a table's keyspace
    /// counts: who asks must then look whether the table's entry differs.
    pub fn may_concern(&self, path: &str) -> bool {
        match self {
            Self::Keyspace(keyspace) => {
                let folder = |file: &str| file.trim_end_matches("vschema.json").to_owned();
                let (files, rows) = (
                    folder(&place::vschema_path(keyspace)),
                    place::rows_path(keyspace, "t"),
                );
                !files.is_empty()
                    && (path.starts_with(&files) || path.starts_with(rows.trim_end_matches('t')))
            }
            Self::Table { keyspace, table } => {
                let rows = place::rows_path(keyspace, table);
                path == place::table_path(keyspace, table)
                    || path == place::view_path(keyspace, table)
                    || path == place::vschema_path(keyspace)
                    || path == rows
                    || path
                        .strip_prefix(&rows)
                        .is_some_and(|rest| rest.starts_with('/'))
            }
            Self::Relation(_) => path.ends_with(".json") || path.ends_with(".sql"),
            Self::Path(prefix) => {
                path == prefix
                    || path
                        .strip_prefix(prefix.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }

    /// Tells whether the file at `path` is the object's own: a table's VSchema entry is not a file of its own.
    pub fn is_named_by(&self, path: &str) -> bool {
        let shared = match self {
            Self::Table { keyspace, .. } => path == place::vschema_path(keyspace),
            _ => false,
        };
        !shared && self.may_concern(path)
    }

    /// Tells whether rows of this table belong to the object.
    pub fn concerns_rows(&self, keyspace: &str, table: &str) -> bool {
        match self {
            Self::Keyspace(name) => name == keyspace,
            Self::Table {
                keyspace: k,
                table: t,
            } => k == keyspace && t == table,
            Self::Relation(_) => false,
            Self::Path(_) => self.may_concern(&place::rows_path(keyspace, table)),
        }
    }

    /// Tells whether the definition of this table or view belongs to the object.
    pub fn concerns_definition(&self, keyspace: &str, table: &str) -> bool {
        self.is_named_by(&place::table_path(keyspace, table))
            || self.is_named_by(&place::view_path(keyspace, table))
    }

    /// The name as written, for messages.
    pub fn name(&self) -> String {
        match self {
            Self::Keyspace(keyspace) => keyspace.clone(),
            Self::Table { keyspace, table } => format!("{keyspace}.{table}"),
            Self::Relation(name) | Self::Path(name) => name.clone(),
        }
    }
}

fn unquote(name: &str) -> &str {
    name.strip_prefix('`')
        .and_then(|n| n.strip_suffix('`'))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_by_their_form() {
        assert_eq!(
            Object::parse("customer"),
            Object::Keyspace("customer".into())
        );
        assert_eq!(
            Object::parse("customer.corder"),
            Object::Table {
                keyspace: "customer".into(),
                table: "corder".into()
            }
        );
        assert_eq!(
            Object::parse("column_vindexes"),
            Object::Relation("column_vindexes".into())
        );
        assert_eq!(
            Object::parse("keyspaces/customer/"),
            Object::Path("keyspaces/customer".into())
        );
    }

    #[test]
    fn a_table_is_its_file_its_rows_and_perhaps_the_vschema() {
        let object = Object::parse("customer.corder");
        assert!(object.may_concern("keyspaces/customer/tables/corder.sql"));
        assert!(object.may_concern("keyspaces/customer/vschema.json"));
        assert!(object.may_concern("rows/customer/corder/-80/0.jsonl"));
        assert!(!object.may_concern("keyspaces/customer/tables/corder_event.sql"));
        assert!(!object.may_concern("keyspaces/product/vschema.json"));
    }
}
