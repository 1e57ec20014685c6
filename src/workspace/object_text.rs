//! `show <revision>:<object>`: what one revision has under a name, as text or as rows.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Error, Object, Workspace, place};
use crate::catalog::files;
use crate::history::{Subject, TableVersion};
use crate::relation::describe::describe;
use crate::relation::{Relation, Schema};
use crate::store::Revision;
use crate::value::{Field, ResultSet, Value};

/// An object as a revision has it.
#[derive(Debug, Clone)]
pub enum Shown {
    /// A file's, definition's or document's text, ended by a line end.
    Text(String),
    /// Rows of a relation: of the catalog or of a table.
    Rows(ResultSet),
}

impl Workspace {
    /// Returns an object as a revision has it: the definition of a table or view with its VSchema entry, a keyspace's
    /// VSchema, a vindex, the description of a column, index or constraint, a row, a cell's row, a catalog relation, a
    /// file, or the names in a folder.
    ///
    /// # Errors
    /// When the revision has no such object, or it cannot be read.
    pub fn show_object(&self, revision: &Revision, object: &Object) -> Result<Shown, Error> {
        let unknown = || Error::UnknownObject {
            name: object.name(),
            revision: revision.to_string(),
        };
        let commit = match revision {
            Revision::Commit(id) => Some(self.store.commit(*id)?),
            Revision::Staged | Revision::Working => None,
        };
        match object {
            Object::Path(path) => self.show_path(revision, path)?.ok_or_else(unknown),
            Object::Keyspace(keyspace) => {
                let found = self.show_path(revision, &place::vschema_path(keyspace))?;
                found.ok_or_else(unknown)
            }
            Object::Table { keyspace, table } => {
                let found = self.show_table(revision, keyspace, table)?;
                found.map(Shown::Text).ok_or_else(unknown)
            }
            Object::Relation(name) => {
                let catalog = self.catalog(revision)?;
                let found = describe(&catalog)
                    .into_iter()
                    .find(|relation| relation.schema.name == *name);
                found
                    .map(|relation| Shown::Rows(rows(&relation, |_| true)))
                    .ok_or_else(unknown)
            }
            Object::Part {
                keyspace,
                table,
                part,
            } => {
                let paths = BTreeSet::from([
                    place::table_path(keyspace, table),
                    place::identities_path(keyspace),
                ]);
                let catalog = self.read_catalog(revision, &paths)?;
                for relation in describe(&catalog) {
                    if relation.schema.name == "tables" {
                        continue;
                    }
                    let own = relation.schema.shown_key().last();
                    let found = rows(&relation, |row| {
                        let name = own.and_then(|at| row.get(at)).and_then(Value::to_text);
                        name.is_some_and(|name| name.eq_ignore_ascii_case(part))
                    });
                    if !found.rows.is_empty() {
                        return Ok(Shown::Rows(said(found)));
                    }
                }
                Err(unknown())
            }
            Object::Row {
                keyspace, table, ..
            } => {
                let Some(commit) = commit else {
                    return Err(Error::UnknownObject {
                        name: object.name(),
                        revision: format!("{revision}, whose rows `vrev sql` reads"),
                    });
                };
                let Subject::Row { key, .. } = self.subject(Some(&commit), object)? else {
                    return Err(unknown());
                };
                let version = TableVersion::read(&self.store, &commit, keyspace, table)?;
                let version = version.ok_or_else(unknown)?;
                let found = version.find(&self.store, &key, &commit.id.to_string())?;
                if found.is_empty() {
                    return Err(unknown());
                }
                Ok(Shown::Rows(ResultSet {
                    fields: fields(&version.schema),
                    rows: found.into_values().collect(),
                }))
            }
        }
    }

    fn show_path(&self, revision: &Revision, path: &str) -> Result<Option<Shown>, Error> {
        if path.is_empty() {
            return Ok(None);
        }
        if let Some(bytes) = self.store.read_path(revision, path)? {
            let mut text = String::from_utf8_lossy(&bytes).into_owned();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            return Ok(Some(Shown::Text(text)));
        }
        let below = self.store.files(revision, path)?;
        let names: BTreeSet<String> = below
            .iter()
            .filter_map(|(file, _)| {
                let rest = file.strip_prefix(path)?.strip_prefix('/')?;
                Some(match rest.split_once('/') {
                    Some((folder, _)) => format!("{folder}/"),
                    None => rest.to_owned(),
                })
            })
            .collect();
        if names.is_empty() {
            return Ok(None);
        }
        let lines: Vec<String> = names.into_iter().map(|name| name + "\n").collect();
        Ok(Some(Shown::Text(lines.concat())))
    }

    /// A definition in canonical form, then the VSchema entry as comments, so that the whole is a statement.
    fn show_table(
        &self,
        revision: &Revision,
        keyspace: &str,
        table: &str,
    ) -> Result<Option<String>, Error> {
        let mut text = String::new();
        for path in [
            place::table_path(keyspace, table),
            place::view_path(keyspace, table),
        ] {
            if path.is_empty() {
                continue;
            }
            if let Some(bytes) = self.store.read_path(revision, &path)? {
                let canonical = files::canonical_text(&path, &bytes).ok().flatten();
                text.push_str(&String::from_utf8_lossy(&canonical.unwrap_or(bytes)));
            }
        }
        let path = place::vschema_path(keyspace);
        let document = match self.store.read_path(revision, &path)? {
            Some(bytes) => {
                let canonical = files::canonical_text(&path, &bytes).ok().flatten();
                serde_json::from_slice::<Json>(&canonical.unwrap_or(bytes)).ok()
            }
            None => None,
        };
        let entry = |section: &str| document.as_ref()?.get(section)?.get(table);
        let print = |entry: &Json| serde_json::to_string_pretty(entry).unwrap_or_default();
        if let Some(entry) = entry("tables") {
            let entry = format!("VSchema: {}", print(entry));
            let lines: Vec<String> = entry.lines().map(|line| format!("-- {line}\n")).collect();
            text.push_str(&lines.concat());
        }
        if text.is_empty()
            && let Some(vindex) = entry("vindexes")
        {
            text = print(vindex) + "\n";
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

/// Leaves out columns in which no row says anything.
fn said(rows: ResultSet) -> ResultSet {
    let says = |at: &usize| rows.rows.iter().any(|row| !row[*at].is_null());
    let kept: Vec<usize> = (0..rows.fields.len()).filter(says).collect();
    ResultSet {
        fields: kept.iter().map(|&at| rows.fields[at].clone()).collect(),
        rows: rows
            .rows
            .iter()
            .map(|row| kept.iter().map(|&at| row[at].clone()).collect())
            .collect(),
    }
}

fn fields(schema: &Schema) -> Vec<Field> {
    let columns = schema.shown().map(|at| &schema.columns[at]);
    columns
        .map(|column| Field {
            name: column.name.clone(),
            column_type: column.column_type.clone(),
        })
        .collect()
}

/// The shown cells of the rows that are wanted.
fn rows(relation: &Relation, wanted: impl Fn(&[Value]) -> bool) -> ResultSet {
    let shown: Vec<usize> = relation.schema.shown().collect();
    let rows = relation.rows.iter().filter(|(row, _)| wanted(row));
    ResultSet {
        fields: fields(&relation.schema),
        rows: rows
            .map(|(row, _)| shown.iter().map(|&at| row[at].clone()).collect())
            .collect(),
    }
}
