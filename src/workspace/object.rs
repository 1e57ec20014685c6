//! What a person names after `--`: a keyspace, a table or view, a relation, or a path.
//!
//! `customer` is a keyspace, `customer.corder` a table or view of it (or a vindex, where there is no such table),
//! `customer.corder.amount` a column, index or constraint, `customer.corder[42]` a row by its primary key,
//! `customer.corder[42].amount` a cell, `column_vindexes` a catalog relation, and anything with a slash (or a file's name
//! at the top) a path, as git has it.

use super::{Error, place};
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
    /// A column, index, foreign key, check or partition of a table.
    Part {
        /// Its keyspace.
        keyspace: String,
        /// Its table.
        table: String,
        /// Its name.
        part: String,
    },
    /// A row by its primary key, or a cell of it.
    Row {
        /// Its keyspace.
        keyspace: String,
        /// Its table.
        table: String,
        /// The key's values as text, in the key's order.
        key: Vec<String>,
        /// The column, for a cell.
        column: Option<String>,
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
        if let Some(row) = row(text) {
            return row;
        }
        let outside: String = text.split('`').step_by(2).collect();
        if outside.contains('/') || text.ends_with(".json") || text.ends_with(".toml") {
            return Self::Path(text.trim_end_matches('/').to_owned());
        }
        let names = names(text);
        match names.as_slice() {
            [keyspace, table, part] => Self::Part {
                keyspace: keyspace.clone(),
                table: table.clone(),
                part: part.clone(),
            },
            [keyspace, table] => Self::Table {
                keyspace: keyspace.clone(),
                table: table.clone(),
            },
            [keyspace] => Self::Keyspace(keyspace.clone()),
            _ => Self::Path(text.to_owned()),
        }
    }

    /// Returns the keyspace and the table that it is, or belongs to.
    pub fn table(&self) -> Option<(&str, &str)> {
        match self {
            Self::Table { keyspace, table }
            | Self::Part {
                keyspace, table, ..
            }
            | Self::Row {
                keyspace, table, ..
            } => Some((keyspace, table)),
            Self::Keyspace(_) | Self::Relation(_) | Self::Path(_) => None,
        }
    }

    /// Refuses what has no files and rows of its own: a relation, a part of a table, a row.
    ///
    /// # Errors
    /// [`Error::NotWhole`].
    pub(super) fn check_whole(objects: &[Self]) -> Result<(), Error> {
        for object in objects {
            let kind = match object {
                Self::Keyspace(_) | Self::Table { .. } | Self::Path(_) => continue,
                Self::Relation(_) => "a relation of every keyspace",
                Self::Part { .. } => "a part of a table",
                Self::Row { column: None, .. } => "a row",
                Self::Row { .. } => "a cell",
            };
            return Err(Error::NotWhole {
                name: object.name(),
                kind,
            });
        }
        Ok(())
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
            Self::Table { keyspace, table }
            | Self::Part {
                keyspace, table, ..
            }
            | Self::Row {
                keyspace, table, ..
            } => {
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
        let shared = self
            .table()
            .is_some_and(|(keyspace, _)| path == place::vschema_path(keyspace));
        !shared && self.may_concern(path)
    }

    /// Tells whether a file is staged with the object: its own, and the record of a table's renames.
    pub(super) fn is_staged_with(&self, path: &str) -> bool {
        let renames = |keyspace: &str| path == place::identities_path(keyspace);
        self.may_concern(path) || matches!(self, Self::Table { keyspace, .. } if renames(keyspace))
    }

    /// Tells whether rows of this table belong to the object.
    pub fn concerns_rows(&self, keyspace: &str, table: &str) -> bool {
        match self {
            Self::Keyspace(name) => name == keyspace,
            Self::Table {
                keyspace: k,
                table: t,
            }
            | Self::Row {
                keyspace: k,
                table: t,
                ..
            } => k == keyspace && t == table,
            Self::Part { .. } | Self::Relation(_) => false,
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
            Self::Part {
                keyspace,
                table,
                part,
            } => format!("{keyspace}.{table}.{part}"),
            Self::Row {
                keyspace,
                table,
                key,
                column,
            } => {
                let column = column.as_ref().map(|column| format!(".{column}"));
                format!(
                    "{keyspace}.{table}[{}]{}",
                    key.join(", "),
                    column.unwrap_or_default()
                )
            }
            Self::Relation(name) | Self::Path(name) => name.clone(),
        }
    }
}

/// Splits a name at its dots, but for those in backticks.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, names.last_mut()) {
            ('`', Some(name)) if quoted && rest.peek() == Some(&'`') => {
                rest.next();
                name.push('`');
            }
            ('`', _) => quoted = !quoted,
            ('.', _) if !quoted => names.push(String::new()),
            (c, Some(name)) => name.push(c),
            (_, None) => {}
        }
    }
    names
}

/// Reads `keyspace.table[key, …]` and `keyspace.table[key, …].column`.
fn row(text: &str) -> Option<Object> {
    let (table, rest) = text.split_once('[')?;
    let [keyspace, table] = <[String; 2]>::try_from(names(table)).ok()?;
    let (key, rest) = key(rest)?;
    let column = match rest.strip_prefix('.') {
        Some(column) => Some(<[String; 1]>::try_from(names(column)).ok()?[0].clone()),
        None if rest.is_empty() => None,
        None => return None,
    };
    Some(Object::Row {
        keyspace,
        table,
        key,
        column,
    })
}

/// Reads a key's values up to the closing bracket: bare words, or text in single or double quotes, doubled inside.
fn key(text: &str) -> Option<(Vec<String>, &str)> {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let mut value = String::new();
        if let Some(quote) = quote {
            rest = &rest[1..];
            loop {
                let end = rest.find(quote)?;
                value.push_str(&rest[..end]);
                rest = &rest[end + 1..];
                if !rest.starts_with(quote) {
                    break;
                }
                value.push(quote);
                rest = &rest[1..];
            }
            rest = rest.trim_start();
        } else {
            let end = rest.find([',', ']'])?;
            value.push_str(rest[..end].trim_end());
            rest = &rest[end..];
        }
        values.push(value);
        match rest.chars().next()? {
            ',' => rest = &rest[1..],
            ']' => return Some((values, &rest[1..])),
            _ => return None,
        }
    }
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
        assert_eq!(
            Object::parse("customer.`a.b`.c"),
            Object::Part {
                keyspace: "customer".into(),
                table: "a.b".into(),
                part: "c".into()
            }
        );
    }

    #[test]
    fn rows_and_cells_are_named_by_their_key() {
        let row = |key: &[&str], column: Option<&str>| Object::Row {
            keyspace: "c".into(),
            table: "t".into(),
            key: key.iter().map(|value| (*value).to_owned()).collect(),
            column: column.map(str::to_owned),
        };
        assert_eq!(Object::parse("c.t[42]"), row(&["42"], None));
        assert_eq!(
            Object::parse("c.t[1, 'a.b'].x"),
            row(&["1", "a.b"], Some("x"))
        );
        assert_eq!(
            Object::parse("c.t['it''s', \"]\"]"),
            row(&["it's", "]"], None)
        );
        assert_eq!(Object::parse("c.t[-1.5]").name(), "c.t[-1.5]");
        for other in ["c.t[", "c.t[1", "c.t['1]", "c.t[1]x", "t[1]"] {
            assert!(
                !matches!(Object::parse(other), Object::Row { .. }),
                "{other}"
            );
        }
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
