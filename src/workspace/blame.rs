//! `blame`: who last changed each definition, row or cell of a table, as rows.

use super::{Error, Workspace};
use crate::history::Progress;
use crate::relation::encode;
use crate::store::{Commit, CommitId};
use crate::value::{ColumnType, DateTime, Field, ResultSet, TypeKind, Value};

/// What is blamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlameOf {
    /// Columns, indexes, constraints, the VSchema entry.
    Definitions,
    /// Rows, by primary key.
    Rows,
    /// Cells outside of the primary key.
    Cells,
}

/// What was blamed: cells that say what, and the commit.
#[derive(Debug, Clone)]
pub struct Blamed {
    /// The columns that say what.
    pub fields: Vec<Field>,
    /// What, under these columns, and who did it.
    pub rows: Vec<(Vec<Value>, Commit)>,
}

/// Digits of an id in a table for people.
const ABBREVIATED: usize = 7;

impl Workspace {
    /// Returns who last changed what of a table, as a commit has it.
    ///
    /// # Errors
    /// When the commit has no such table, it has no primary key (rows, cells), or objects cannot be read.
    pub fn blame(
        &self,
        commit: CommitId,
        keyspace: &str,
        table: &str,
        of: BlameOf,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Blamed, Error> {
        let history = self.history(progress);
        let text = |name: &str| Field {
            name: name.to_owned(),
            column_type: ColumnType::with_length(TypeKind::VarChar, 255),
        };
        if of == BlameOf::Definitions {
            let blamed = history.blame_definitions(commit, keyspace, table)?;
            let cells = |blamed: crate::history::BlamedDefinition| {
                let what = vec![Value::Text(blamed.relation), Value::Text(blamed.name)];
                (what, blamed.commit)
            };
            return Ok(Blamed {
                fields: vec![text("relation"), text("name")],
                rows: blamed.into_iter().map(cells).collect(),
            });
        }
        let mut fields = Vec::new();
        let mut rows = Vec::new();
        // The shard is told where there is more than one.
        let mut with_shard = false;
        let begin = |version: &crate::history::TableVersion, fields: &mut Vec<Field>| {
            let shards = version.trees.len() > 1;
            if shards {
                fields.push(text("shard"));
            }
            fields.extend(version.schema.key.iter().map(|&at| Field {
                name: version.schema.columns[at].name.clone(),
                column_type: version.schema.columns[at].column_type.clone(),
            }));
            shards
        };
        let key = |schema: &crate::relation::Schema, shard: String, row: &[Value], shown: bool| {
            let key = schema.key.iter().map(|&at| row[at].clone());
            let shard = shown.then_some(Value::Text(shard));
            shard.into_iter().chain(key).collect::<Vec<Value>>()
        };
        if of == BlameOf::Rows {
            let (version, mut blamed) = history.blame_rows(commit, keyspace, table)?;
            with_shard |= begin(&version, &mut fields);
            blamed.sort_by_cached_key(|row| encode::key_bytes(&version.schema, &row.row));
            for row in blamed {
                let what = key(&version.schema, row.shard, &row.row, with_shard);
                rows.push((what, row.commit));
            }
        } else {
            let (version, mut blamed) = history.blame_cells(commit, keyspace, table)?;
            with_shard |= begin(&version, &mut fields);
            fields.extend([text("column"), text("value")]);
            blamed.sort_by_cached_key(|cell| {
                let key = encode::key_bytes(&version.schema, &cell.row);
                (key, cell.shard.clone(), cell.column)
            });
            for cell in blamed {
                let column = &version.schema.columns[cell.column];
                let value = cell.row[cell.column].to_text_as(&column.column_type);
                let value = value.map_or(Value::Null, |text| Value::Text(text.into_owned()));
                let mut what = key(&version.schema, cell.shard, &cell.row, with_shard);
                what.push(Value::Text(column.name.clone()));
                what.push(value);
                rows.push((what, cell.commit));
            }
        }
        Ok(Blamed { fields, rows })
    }
}

impl Blamed {
    /// Returns rows for people: what, the abbreviated commit, its date, author and subject.
    pub fn to_rows(&self) -> ResultSet {
        let text = |name: &str| Field {
            name: name.to_owned(),
            column_type: ColumnType::with_length(TypeKind::VarChar, 1023),
        };
        let mut fields = self.fields.clone();
        fields.push(text("commit"));
        fields.push(Field {
            name: "date".to_owned(),
            column_type: ColumnType::new(TypeKind::DateTime),
        });
        fields.extend([text("author"), text("subject")]);
        let row = |(what, commit): &(Vec<Value>, Commit)| {
            let mut row = what.clone();
            row.push(Value::Text(commit.id.abbreviated(ABBREVIATED)));
            let date = DateTime::from_unix_seconds(commit.committer.seconds);
            row.push(date.map_or(Value::Null, Value::DateTime));
            row.push(Value::Text(commit.author.name.clone()));
            row.push(Value::Text(commit.subject()));
            row
        };
        ResultSet {
            fields,
            rows: self.rows.iter().map(row).collect(),
        }
    }

    /// Returns the same as JSON, ids in full.
    pub fn to_json(&self) -> serde_json::Value {
        let row = |(what, commit): &(Vec<Value>, Commit)| {
            let mut object = serde_json::Map::new();
            for (field, value) in self.fields.iter().zip(what) {
                let json = encode::cell_json(value, &field.column_type);
                object.insert(field.name.clone(), json);
            }
            let name = |name: &str| {
                // A column of the table may have this name too.
                if object.contains_key(name) {
                    format!("blame_{name}")
                } else {
                    name.to_owned()
                }
            };
            let added = [
                (name("commit"), commit.id.to_string()),
                (name("author"), commit.author.name.clone()),
                (name("email"), commit.author.email.clone()),
                (name("message"), commit.message.trim_end().to_owned()),
            ];
            let seconds = (name("seconds"), commit.committer.seconds);
            object.extend(added.map(|(name, text)| (name, text.into())));
            object.insert(seconds.0, seconds.1.into());
            serde_json::Value::Object(object)
        };
        serde_json::json!({ "blame": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}
