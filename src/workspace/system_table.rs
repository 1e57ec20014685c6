//! System tables of a session: `vrev_…` tables and the same under Dolt's names (`dolt_diff_<table>`, `dolt_log`, …).
//!
//! A statement that names one is answered by an in-memory database holding the tables it names: system tables are
//! computed, user tables gathered through the router. Column order follows Dolt's documentation of system tables.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::session::{Session, no_database};
use super::{ChangedObject, Error, LogEntry, LogOptions, ObjectChange};
use crate::engine::{Binds, Connection, Tables};
use crate::sql::ddl::{Column, CreateTable};
use crate::sql::{self, SqlError, TableName, ast};
use crate::store::CommitId;
use crate::value::{ColumnType, DateTime, Field, QueryResult, ResultSet, TypeKind, Value};

/// A system table that a statement may name, `dolt_` and `vrev_` spelling alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SystemTable {
    /// `dolt_diff_<table>`: each change of a table's rows, commit by commit, WORKING first.
    DiffOf(String),
    /// `dolt_log`: the commits reachable from HEAD.
    Log,
    /// `dolt_status`: tables that differ between HEAD, the index and the working set.
    Status,
    /// `dolt_branches`.
    Branches,
    /// `dolt_tags`.
    Tags,
}

impl SystemTable {
    /// Reads a table's name; `None` for a user's table.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let rest = lower
            .strip_prefix("dolt_")
            .or_else(|| lower.strip_prefix("vrev_"))?;
        match rest {
            "log" => Some(Self::Log),
            "status" => Some(Self::Status),
            "branches" => Some(Self::Branches),
            "tags" => Some(Self::Tags),
            _ => rest
                .strip_prefix("diff_")
                .filter(|table| !table.is_empty())
                .map(|table| Self::DiffOf(name[name.len() - table.len()..].to_owned())),
        }
    }
}

/// Returns the tables that a statement names anywhere, subqueries included.
pub(super) fn tables_of(statement: &ast::Statement) -> BTreeSet<TableName> {
    let mut tables = BTreeSet::new();
    let _: ControlFlow<()> = ast::visit_relations(statement, |relation| {
        if let Some(table) = TableName::from_object(relation) {
            tables.insert(table);
        }
        ControlFlow::Continue(())
    });
    tables
}

/// Tells whether a name is kept for system tables, so that no user table may take it.
pub(super) fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("dolt_") || lower.starts_with("vrev_")
}

impl Session {
    /// Answers a query that names system tables.
    ///
    /// # Errors
    /// For statements other than queries; else as the tables and the query say.
    pub(super) fn query_system_tables(
        &mut self,
        statement: &ast::Statement,
        tables: &BTreeSet<TableName>,
    ) -> Result<QueryResult, SqlError> {
        if !matches!(statement, ast::Statement::Query(_)) {
            let system = tables
                .iter()
                .find(|table| SystemTable::parse(&table.name).is_some());
            let name = system.map_or_else(String::new, |table| table.name.clone());
            return Err(SqlError::new(
                1288,
                "HY000",
                format!("The target table {name} is not updatable"),
            ));
        }
        let mut scratch = Scratch::default();
        let connection = Connection::open_in_memory()?;
        let mut warnings = Vec::new();
        for (at, name) in tables.iter().enumerate() {
            let (found, more) = match SystemTable::parse(&name.name) {
                Some(table) => self.system_rows(&table, name)?,
                None => (self.all_rows(name)?, Vec::new()),
            };
            warnings.extend(more);
            let definition = definition_of(&name.name, &found.fields);
            let stored = format!("t{at}");
            connection.create_table(&stored, &definition)?;
            connection.insert_rows(&stored, found.rows.into_iter())?;
            scratch.tables.insert(name.clone(), (stored, definition));
        }
        let mut result = connection.execute(statement, &Binds::new(), &scratch)?;
        result.warnings.extend(warnings);
        Ok(result)
    }

    fn all_rows(&mut self, name: &TableName) -> Result<ResultSet, SqlError> {
        let query =
            sql::parse_statement(&format!("select * from {}", sql::name::quote_table(name)))?;
        let result = self.route(&query)?;
        Ok(result.rows.unwrap_or_default())
    }

    fn system_rows(
        &self,
        table: &SystemTable,
        name: &TableName,
    ) -> Result<(ResultSet, Vec<(u16, String)>), SqlError> {
        let found = match table {
            SystemTable::DiffOf(table) => {
                let keyspace = name
                    .keyspace
                    .as_deref()
                    .or(self.client.target.keyspace.as_deref())
                    .or_else(|| self.only_keyspace_with(table));
                let keyspace = keyspace.ok_or_else(no_database)?;
                let known = self.place.catalog.definition(keyspace, table);
                let Some(known) = known else {
                    let text = format!("Table '{keyspace}.{}' doesn't exist", name.name);
                    return Err(SqlError::new(1146, "42S02", text));
                };
                return self
                    .workspace()
                    .diff_table(&self.place.catalog, keyspace, known.name())
                    .map_err(Error::into_sql);
            }
            SystemTable::Log => self.log_rows(),
            SystemTable::Status => self.status_rows(),
            SystemTable::Branches => self.branch_rows(),
            SystemTable::Tags => self.tag_rows(),
        };
        found
            .map(|rows| (rows, Vec::new()))
            .map_err(Error::into_sql)
    }

    /// Returns the keyspace that has a table of this name, if only one has: where an unqualified name leads.
    fn only_keyspace_with(&self, table: &str) -> Option<&str> {
        let mut found = self
            .place
            .catalog
            .definitions()
            .filter(|(_, name, _)| *name == table);
        let (keyspace, ..) = found.next()?;
        found.next().is_none().then_some(keyspace)
    }

    fn log_rows(&self) -> Result<ResultSet, Error> {
        let mut rows = Vec::new();
        let entries = self.workspace().log(&LogOptions::default())?;
        let mut heights: BTreeMap<CommitId, u64> = BTreeMap::new();
        for entry in entries.iter().rev() {
            let parents = entry
                .commit
                .parents
                .iter()
                .filter_map(|parent| heights.get(parent))
                .max();
            heights.insert(entry.commit.id, parents.map_or(1, |height| height + 1));
        }
        for LogEntry { commit, refs, .. } in entries {
            rows.push(vec![
                Value::Text(commit.id.to_string()),
                Value::Text(commit.committer.name.clone()),
                Value::Text(commit.committer.email.clone()),
                date(commit.committer.seconds),
                Value::Text(commit.message.trim_end().to_owned()),
                Value::UInt(heights.get(&commit.id).copied().unwrap_or_default()),
                Value::Text(
                    commit
                        .parents
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(", "),
                ),
                Value::Text(refs.join(", ")),
                Value::Text(commit.author.name.clone()),
                Value::Text(commit.author.email.clone()),
                date(commit.author.seconds),
            ]);
        }
        let fields = vec![
            text("commit_hash"),
            text("committer"),
            text("email"),
            datetime("date"),
            text("message"),
            Field {
                name: "commit_order".to_owned(),
                column_type: unsigned(),
            },
            text("parents"),
            text("refs"),
            text("author"),
            text("author_email"),
            datetime("author_date"),
        ];
        Ok(ResultSet { fields, rows })
    }

    /// Tables that differ; files that are no table's are named by their path.
    fn status_rows(&self) -> Result<ResultSet, Error> {
        let status = self.workspace().status()?;
        let mut rows = BTreeSet::new();
        let untracked = status
            .untracked
            .iter()
            .map(|object| (object, 0, "new table"));
        let changed = |objects: &'_ [ChangedObject],
                       staged: i64|
         -> Vec<(ChangedObject, i64, &'static str)> {
            let word = |change: &ObjectChange| match change {
                ObjectChange::Added => "new table",
                ObjectChange::Removed => "deleted",
                ObjectChange::Modified => "modified",
                ObjectChange::Renamed { .. } => "renamed",
            };
            objects
                .iter()
                .map(|object| (object.clone(), staged, word(&object.change)))
                .collect()
        };
        let all = changed(&status.staged, 1)
            .into_iter()
            .chain(changed(&status.unstaged, 0))
            .chain(untracked.map(|(object, staged, word)| (object.clone(), staged, word)));
        for (object, staged, word) in all {
            let name = object
                .name
                .split_once('.')
                .map_or(object.name.clone(), |(_, table)| table.to_owned());
            let word = if object.kind == "rows" && word == "new table" {
                "modified"
            } else {
                word
            };
            rows.insert((name, staged, word));
        }
        let rows = rows.into_iter();
        let rows = rows
            .map(|(name, staged, word)| {
                vec![
                    Value::Text(name),
                    Value::Int(staged),
                    Value::Text(word.to_owned()),
                ]
            })
            .collect();
        let staged = Field {
            name: "staged".to_owned(),
            column_type: ColumnType::new(TypeKind::TinyInt),
        };
        Ok(ResultSet {
            fields: vec![text("table_name"), staged, text("status")],
            rows,
        })
    }

    fn branch_rows(&self) -> Result<ResultSet, Error> {
        let mut rows = Vec::new();
        for branch in self.workspace().branches()? {
            let commit = self.workspace().store().commit(branch.commit)?;
            rows.push(vec![
                Value::Text(branch.name),
                Value::Text(commit.id.to_string()),
                Value::Text(commit.committer.name.clone()),
                Value::Text(commit.committer.email.clone()),
                date(commit.committer.seconds),
                Value::Text(commit.message.trim_end().to_owned()),
            ]);
        }
        let fields = vec![
            text("name"),
            text("hash"),
            text("latest_committer"),
            text("latest_committer_email"),
            datetime("latest_commit_date"),
            text("latest_commit_message"),
        ];
        Ok(ResultSet { fields, rows })
    }

    fn tag_rows(&self) -> Result<ResultSet, Error> {
        let mut rows = Vec::new();
        for tag in self.workspace().tags()? {
            let (tagger, message) = (tag.tagger, tag.message);
            rows.push(vec![
                Value::Text(tag.name),
                Value::Text(tag.commit.to_string()),
                tagger
                    .as_ref()
                    .map_or(Value::Null, |tagger| Value::Text(tagger.name.clone())),
                tagger
                    .as_ref()
                    .map_or(Value::Null, |tagger| Value::Text(tagger.email.clone())),
                tagger
                    .as_ref()
                    .map_or(Value::Null, |tagger| date(tagger.seconds)),
                message.map_or(Value::Null, |message| {
                    Value::Text(message.trim_end().to_owned())
                }),
            ]);
        }
        let fields = ["tag_name", "tag_hash", "tagger", "email"]
            .map(text)
            .into_iter();
        let fields = fields.chain([datetime("date"), text("message")]).collect();
        Ok(ResultSet { fields, rows })
    }
}

/// The tables of one statement, in an in-memory database.
#[derive(Default)]
struct Scratch {
    tables: BTreeMap<TableName, (String, CreateTable)>,
}

impl Tables for Scratch {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        self.tables
            .get(name)
            .map(|(stored, definition)| (stored.clone(), definition))
    }
}

fn definition_of(name: &str, fields: &[Field]) -> CreateTable {
    let columns = fields
        .iter()
        .map(|field| Column::plain(&field.name, field.column_type.clone()));
    CreateTable {
        name: TableName::new(name),
        columns: columns.collect(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        options: Vec::new(),
        partitioning: None,
    }
}

fn text(name: &str) -> Field {
    Field {
        name: name.to_owned(),
        column_type: ColumnType::new(TypeKind::Text),
    }
}

fn datetime(name: &str) -> Field {
    Field {
        name: name.to_owned(),
        column_type: ColumnType::with_length(TypeKind::DateTime, 3),
    }
}

fn unsigned() -> ColumnType {
    ColumnType {
        unsigned: true,
        ..ColumnType::new(TypeKind::BigInt)
    }
}

fn date(seconds: i64) -> Value {
    DateTime::from_unix_seconds(seconds).map_or(Value::Null, Value::DateTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_table() {
        for prefix in ["dolt_", "vrev_", "DOLT_"] {
            assert_eq!(
                SystemTable::parse(&format!("{prefix}log")),
                Some(SystemTable::Log)
            );
            assert_eq!(
                SystemTable::parse(&format!("{prefix}diff_Keyed")),
                Some(SystemTable::DiffOf("Keyed".into()))
            );
        }
        assert_eq!(SystemTable::parse("corder"), None);
        assert_eq!(SystemTable::parse("dolt_diff_"), None);
    }
}
