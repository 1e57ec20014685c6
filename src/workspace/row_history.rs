//! The rows of one table from commit to commit, and the system tables made of them: `dolt_diff_<table>`.
//!
//! Each pair of revisions between which the table's rows differ gives its changes; the first pair is HEAD and WORKING.
//! All are shown under the working definition, columns matched by identity. A primary key that changed between a pair
//! ends the walk, as in Dolt (its documentation of `dolt_diff_$TABLENAME`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diff::TableRows;
use super::rows::table_schema;
use super::{Error, Workspace, place};
use crate::catalog::Catalog;
use crate::diff::{Change, RelationDiff};
use crate::relation::{Row, Schema};
use crate::store::{Commit, Revision, WalkOptions};
use crate::value::{ColumnType, DateTime, Field, ResultSet, TypeKind, Value};

/// A table at one revision: its name there, its date, its rows.
struct Version {
    name: String,
    date: Option<DateTime>,
    rows: Option<TableRows>,
}

impl Version {
    /// What was before the first commit.
    fn nothing() -> Self {
        Self {
            name: String::new(),
            date: None,
            rows: None,
        }
    }
}

impl Workspace {
    /// Returns the rows of `dolt_diff_<table>` and the warnings that go with them.
    pub(super) fn diff_table(
        &self,
        working: &Catalog,
        keyspace: &str,
        table: &str,
    ) -> Result<(ResultSet, Vec<(u16, String)>), Error> {
        let definition =
            working
                .definition(keyspace, table)
                .ok_or_else(|| Error::UnknownObject {
                    name: format!("{keyspace}.{table}"),
                    revision: "WORKING".into(),
                })?;
        let schema = Arc::new(table_schema(working, keyspace, definition));
        let mut found = ResultSet {
            fields: diff_fields(&schema),
            rows: Vec::new(),
        };
        let mut warnings = Vec::new();
        let working = self.working_version(working, keyspace, table)?;
        let Some(head) = self.store.head()?.commit else {
            self.push_pair(
                &schema,
                &mut found,
                &mut warnings,
                &Version::nothing(),
                &working,
            )?;
            return Ok((found, warnings));
        };
        let from = self.version(&self.store.commit(head)?, keyspace, table)?;
        if !self.push_pair(&schema, &mut found, &mut warnings, &from, &working)? {
            return Ok((found, warnings));
        }
        // Newest first; each commit is compared with each of its parents.
        for commit in self.store.walk(&[head], &[], WalkOptions::default())? {
            let commit = commit?;
            let to = self.version(&commit, keyspace, table)?;
            let mut parents = Vec::new();
            for parent in &commit.parents {
                parents.push(self.version(&self.store.commit(*parent)?, keyspace, table)?);
            }
            if parents.is_empty() {
                parents.push(Version::nothing());
            }
            for from in &parents {
                if !self.push_pair(&schema, &mut found, &mut warnings, from, &to)? {
                    return Ok((found, warnings));
                }
            }
        }
        Ok((found, warnings))
    }

    fn working_version(
        &self,
        working: &Catalog,
        keyspace: &str,
        table: &str,
    ) -> Result<Version, Error> {
        let trees = self.working_trees()?;
        let rows = working
            .definition(keyspace, table)
            .map(|definition| TableRows {
                schema: Arc::new(table_schema(working, keyspace, definition)),
                trees: of_table(&trees, keyspace, table),
            });
        Ok(Version {
            name: "WORKING".to_owned(),
            date: None,
            rows,
        })
    }

    fn version(&self, commit: &Commit, keyspace: &str, table: &str) -> Result<Version, Error> {
        let revision = Revision::Commit(commit.id);
        let mut paths = std::collections::BTreeSet::new();
        paths.insert(place::table_path(keyspace, table));
        paths.insert(place::identities_path(keyspace));
        let catalog = self.read_catalog(&revision, &paths)?;
        let rows = match catalog.definition(keyspace, table) {
            Some(definition) => Some(TableRows {
                schema: Arc::new(table_schema(&catalog, keyspace, definition)),
                trees: self.store.table_rows(&revision, keyspace, table)?,
            }),
            None => None,
        };
        let seconds = commit.committer.seconds;
        Ok(Version {
            name: commit.id.to_string(),
            date: DateTime::from_unix_seconds(seconds),
            rows,
        })
    }

    /// Adds the changes between two versions; false where the walk ends.
    fn push_pair(
        &self,
        shown: &Schema,
        found: &mut ResultSet,
        warnings: &mut Vec<(u16, String)>,
        from: &Version,
        to: &Version,
    ) -> Result<bool, Error> {
        if to.rows.is_none() {
            // A table of this name that was dropped before is another table.
            return Ok(false);
        }
        let copy = |version: &Version| {
            version.rows.as_ref().map(|rows| TableRows {
                schema: rows.schema.clone(),
                trees: rows.trees.clone(),
            })
        };
        let diff = self.table_diff(copy(from), copy(to), false)?;
        for change in &diff.changes {
            push_change(shown, found, &diff, change, from, to);
        }
        if diff.key_changed {
            warnings.push((
                1105,
                format!(
                    "cannot render full diff between commits {} and {} due to primary key set change",
                    from.name, to.name
                ),
            ));
            return Ok(false);
        }
        Ok(from.rows.is_some() || from.name.is_empty())
    }
}

fn push_change(
    shown: &Schema,
    found: &mut ResultSet,
    diff: &RelationDiff,
    change: &Change,
    from: &Version,
    to: &Version,
) {
    let nothing: Row = Vec::new();
    let (before, after, kind, count) = match change {
        Change::Added(row, count) => (&nothing, row, "added", *count),
        Change::Removed(row, count) => (row, &nothing, "removed", *count),
        Change::Modified { from, to } => (from, to, "modified", 1),
    };
    let mut cells = under(shown, diff.to.as_deref(), after);
    cells.push(Value::Text(to.name.clone()));
    cells.push(to.date.map_or(Value::Null, Value::DateTime));
    cells.extend(under(shown, diff.from.as_deref(), before));
    cells.push(if from.name.is_empty() {
        Value::Null
    } else {
        Value::Text(from.name.clone())
    });
    cells.push(from.date.map_or(Value::Null, Value::DateTime));
    cells.push(Value::Text(kind.to_owned()));
    for _ in 0..count {
        found.rows.push(cells.clone());
    }
}

/// Returns a row under another schema: columns matched by identity, absent ones NULL.
fn under(shown: &Schema, schema: Option<&Schema>, row: &Row) -> Row {
    shown
        .columns
        .iter()
        .map(|column| {
            schema
                .and_then(|schema| schema.position(&column.identity))
                .and_then(|at| row.get(at))
                .cloned()
                .unwrap_or(Value::Null)
        })
        .collect()
}

/// `to_…`, `to_commit`, `to_commit_date`, `from_…`, `from_commit`, `from_commit_date`, `diff_type`.
fn diff_fields(schema: &Schema) -> Vec<Field> {
    let mut fields = Vec::new();
    for side in ["to", "from"] {
        fields.extend(schema.columns.iter().map(|column| Field {
            name: format!("{side}_{}", column.name),
            column_type: column.column_type.clone(),
        }));
        fields.push(text(&format!("{side}_commit")));
        fields.push(Field {
            name: format!("{side}_commit_date"),
            column_type: ColumnType::with_length(TypeKind::DateTime, 6),
        });
    }
    fields.push(text("diff_type"));
    fields
}

fn text(name: &str) -> Field {
    Field {
        name: name.to_owned(),
        column_type: ColumnType::with_length(TypeKind::VarChar, 1023),
    }
}

fn of_table(
    trees: &super::rows::Trees,
    keyspace: &str,
    table: &str,
) -> BTreeMap<String, crate::store::TreeId> {
    trees
        .iter()
        .filter(|(place, _)| place.keyspace == keyspace && place.table == table)
        .map(|(place, tree)| (place.shard.clone(), *tree))
        .collect()
}
