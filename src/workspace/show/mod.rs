//! `SHOW …`, `DESCRIBE` and `SHOW VSCHEMA` from the catalog: columns as MySQL's manual and vtgate document them.

mod columns;
mod condition;
mod table_status;

pub(super) use columns::{default_of, extra, index_type, key_of};

use std::collections::BTreeMap;

use super::session::{Session, no_database};
use super::{information_schema, system_table};
use crate::catalog::{Keyspace, Table, vschema};
use crate::sql::vschema_ddl::ShowVschema;
use crate::sql::{self, Show, SqlError, TableName};
use crate::value::{ColumnType, Field, QueryResult, ResultSet, TypeKind, Value};

impl Session {
    /// Answers a SHOW statement.
    ///
    /// # Errors
    /// As MySQL would answer: unknown table, no database selected.
    pub(super) fn show(&mut self, show: &Show) -> Result<QueryResult, SqlError> {
        match show {
            Show::AsOf { show, revision } => {
                let key = self.place_at(revision)?;
                self.at_place(&key, |session| session.show(show))
            }
            Show::Where { show, condition } => {
                let shown = self.show(show)?;
                self.filtered(shown, condition)
            }
            Show::TableStatus { keyspace, like } => {
                let keyspace = self.keyspace(keyspace.as_deref())?;
                self.table_status(&keyspace, like.as_deref())
            }
            Show::CreateTable(name) => {
                let table = self.shown_table(name)?;
                let text = sql::print::table(&table.definition);
                Ok(rows(
                    &["Table", "Create Table"],
                    vec![vec![table.name().to_owned(), text]],
                ))
            }
            Show::CreateView(name) => {
                let keyspace = self.keyspace(name.keyspace.as_deref())?;
                let view = keyspace
                    .views
                    .get(&name.name)
                    .ok_or_else(|| unknown_table(&keyspace.name, &name.name))?;
                let text = sql::print::view(view);
                let row = vec![
                    name.name.clone(),
                    text,
                    "utf8mb4".to_owned(),
                    "utf8mb4_0900_ai_ci".to_owned(),
                ];
                Ok(rows(
                    &[
                        "View",
                        "Create View",
                        "character_set_client",
                        "collation_connection",
                    ],
                    vec![row],
                ))
            }
            Show::Tables {
                full,
                keyspace,
                like,
            } => {
                let keyspace = self.keyspace(keyspace.as_deref())?;
                let names = keyspace
                    .tables
                    .keys()
                    .map(|name| (name.clone(), "BASE TABLE"));
                let views = keyspace.views.keys().map(|name| (name.clone(), "VIEW"));
                let system = match self.shows_system_tables() {
                    true => system_table::names(keyspace.tables.keys().map(String::as_str)),
                    false => Vec::new(),
                };
                let system = system.into_iter().map(|name| (name, "BASE TABLE"));
                let mut found: Vec<Vec<String>> = names
                    .chain(views)
                    .chain(system)
                    .filter(|(name, _)| matches(like.as_deref(), name))
                    .map(|(name, kind)| {
                        if *full {
                            vec![name, kind.to_owned()]
                        } else {
                            vec![name]
                        }
                    })
                    .collect();
                found.sort();
                let title = match like {
                    Some(pattern) => format!("Tables_in_{} ({pattern})", keyspace.name),
                    None => format!("Tables_in_{}", keyspace.name),
                };
                let titles: &[&str] = if *full {
                    &[&title, "Table_type"]
                } else {
                    &[&title]
                };
                Ok(rows(titles, found))
            }
            Show::Columns { full, table } => self.show_columns(table, *full),
            Show::Index(name) => self.show_index(name),
            Show::Databases { like } => {
                let names = self
                    .place
                    .catalog
                    .keyspaces
                    .keys()
                    .filter(|name| matches(like.as_deref(), name));
                Ok(rows(
                    &["Database"],
                    names.map(|name| vec![name.clone()]).collect(),
                ))
            }
            Show::Other { what, .. } => self.show_other(what),
        }
    }

    /// Answers `SHOW VSCHEMA …`.
    ///
    /// # Errors
    /// As vtgate would answer.
    pub(super) fn show_vschema(&mut self, show: &ShowVschema) -> Result<QueryResult, SqlError> {
        let documents: BTreeMap<&str, &vschema::Document> = self
            .place
            .catalog
            .keyspaces
            .iter()
            .map(|(name, keyspace)| (name.as_str(), &keyspace.vschema))
            .collect();
        let built = vschema::VSchema::new(documents.clone(), &self.place.catalog.rules);
        let found = vschema::show::show(
            show,
            self.client.target.keyspace.as_deref(),
            &documents,
            &built,
        )?;
        Ok(QueryResult {
            rows: Some(found),
            ..QueryResult::default()
        })
    }

    fn show_other(&mut self, what: &str) -> Result<QueryResult, SqlError> {
        match what {
            "VITESS_SHARDS" => {
                let all = self.place.catalog.keyspaces.values();
                let found = all.flat_map(|k| {
                    k.shards
                        .iter()
                        .map(|shard| vec![format!("{}/{shard}", k.name)])
                });
                Ok(rows(&["Shards"], found.collect()))
            }
            "VITESS_TARGET" => Ok(rows(&["Target"], vec![vec![self.target()]])),
            "WARNINGS" => {
                let text = ColumnType::with_length(TypeKind::VarChar, 512);
                let field = |name: &str, column_type| Field {
                    name: name.to_owned(),
                    column_type,
                };
                let fields = vec![
                    field("Level", text.clone()),
                    field("Code", ColumnType::new(TypeKind::Int)),
                    field("Message", text),
                ];
                let warnings = self.client.warnings.iter().map(|(code, message)| {
                    vec![
                        Value::Text("Warning".to_owned()),
                        Value::Int(i64::from(*code)),
                        Value::Text(message.clone()),
                    ]
                });
                let rows = warnings.collect();
                Ok(QueryResult {
                    rows: Some(ResultSet { fields, rows }),
                    ..QueryResult::default()
                })
            }
            _ => Err(SqlError::unsupported(format!("SHOW {what}"))),
        }
    }

    /// Tells whether `@@dolt_show_system_tables`, or `@@vrev_show_system_tables`, is set.
    fn shows_system_tables(&self) -> bool {
        let names = ["dolt_show_system_tables", "vrev_show_system_tables"];
        let set = names.map(|name| self.client.variables.get(name));
        set.into_iter().flatten().any(|value| {
            let text = value.to_text().unwrap_or_default().to_ascii_lowercase();
            matches!(text.as_str(), "1" | "on" | "true")
        })
    }

    fn keyspace(&self, name: Option<&str>) -> Result<std::sync::Arc<Keyspace>, SqlError> {
        let name = name
            .or(self.client.target.keyspace.as_deref())
            .ok_or_else(no_database)?;
        self.place
            .catalog
            .keyspaces
            .get(name)
            .cloned()
            .ok_or_else(|| {
                SqlError::new(
                    1049,
                    "42000",
                    format!("VT05003: unknown database '{name}' in vschema"),
                )
            })
    }

    fn table(&self, name: &TableName) -> Result<(String, std::sync::Arc<Table>), SqlError> {
        let keyspace = self.keyspace(name.keyspace.as_deref())?;
        let table = keyspace.tables.get(&name.name).cloned();
        let table = table.ok_or_else(|| unknown_table(&keyspace.name, &name.name))?;
        Ok((keyspace.name.clone(), table))
    }

    /// A user's table, or a system table's definition.
    fn shown_table(&self, name: &TableName) -> Result<std::sync::Arc<Table>, SqlError> {
        if information_schema::holds(name) {
            let definition = information_schema::definition(&name.name)?;
            return Ok(std::sync::Arc::new(Table { definition }));
        }
        match (self.table(name), system_table::is_system(&name.name)) {
            (Err(_), true) => {
                let mut definition = system_table::table(&self.reader()?, name)?.definition;
                definition.name = TableName::new(name.name.as_str());
                Ok(std::sync::Arc::new(Table { definition }))
            }
            (found, _) => found.map(|(_, table)| table),
        }
    }
}

fn matches(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let mut expression = String::from("(?is)^");
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            '\\' => expression.push_str(&regex::escape(
                &characters.next().unwrap_or('\\').to_string(),
            )),
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression.push('$');
    regex::Regex::new(&expression).is_ok_and(|regex| regex.is_match(name))
}

fn unknown_table(keyspace: &str, table: &str) -> SqlError {
    SqlError::new(
        1146,
        "42S02",
        format!("Table '{keyspace}.{table}' doesn't exist"),
    )
}

fn rows(titles: &[&str], found: Vec<Vec<String>>) -> QueryResult {
    nullable_rows(
        titles,
        found
            .into_iter()
            .map(|row| row.into_iter().map(Some).collect())
            .collect(),
    )
}

fn nullable_rows(titles: &[&str], found: Vec<Vec<Option<String>>>) -> QueryResult {
    let column_type = ColumnType::new(TypeKind::LongText);
    let fields = titles
        .iter()
        .map(|name| Field {
            name: (*name).to_owned(),
            column_type: column_type.clone(),
        })
        .collect();
    let cell = |cell: Option<String>| cell.map_or(Value::Null, Value::Text);
    let rows = found
        .into_iter()
        .map(|row| row.into_iter().map(cell).collect())
        .collect();
    QueryResult {
        rows: Some(ResultSet { fields, rows }),
        ..QueryResult::default()
    }
}
