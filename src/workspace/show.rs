//! `SHOW …`, `DESCRIBE` and `SHOW VSCHEMA` from the catalog: columns as MySQL's manual and vtgate document them.

use std::collections::BTreeMap;

use super::session::{Session, no_database};
use super::system_table;
use crate::catalog::{Keyspace, Table, column_names, vschema};
use crate::sql::ddl::{ColumnDefault, IndexKind, IndexPart};
use crate::sql::vschema_ddl::ShowVschema;
use crate::sql::{self, Show, SqlError, TableName, ddl};
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
                let mut found: Vec<Vec<String>> = names
                    .chain(views)
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
        match (self.table(name), system_table::is_system(&name.name)) {
            (Err(_), true) => {
                let mut definition = system_table::table(&self.reader()?, name)?.definition;
                definition.name = TableName::new(name.name.as_str());
                Ok(std::sync::Arc::new(Table { definition }))
            }
            (found, _) => found.map(|(_, table)| table),
        }
    }

    /// `SHOW [FULL] COLUMNS`, `DESCRIBE` (MySQL manual, "SHOW COLUMNS Statement").
    fn show_columns(&self, name: &TableName, full: bool) -> Result<QueryResult, SqlError> {
        let table = self.shown_table(name)?;
        let mut found = Vec::new();
        for column in &table.definition.columns {
            let mut column_type = column.column_type.clone();
            (column_type.charset, column_type.collation) = (None, None);
            let null = if column.nullable == Some(false) {
                "NO"
            } else {
                "YES"
            };
            let default = match &column.default {
                None | Some(ColumnDefault::Null) => None,
                Some(ColumnDefault::Literal(text) | ColumnDefault::Bare(text)) => {
                    Some(text.clone())
                }
                Some(other) => Some(default_text(other)),
            };
            let mut row = vec![Some(column.name.clone()), Some(column_type.to_string())];
            if full {
                row.push(table.column_character_set(column).map(|set| set.collation));
            }
            row.extend([
                Some(null.to_owned()),
                Some(key_of(&table, &column.name).to_owned()),
                default,
            ]);
            row.push(Some(extra(column)));
            if full {
                row.extend([
                    Some("select,insert,update,references".to_owned()),
                    Some(column.comment.clone()),
                ]);
            }
            found.push(row);
        }
        let titles: &[&str] = if full {
            &[
                "Field",
                "Type",
                "Collation",
                "Null",
                "Key",
                "Default",
                "Extra",
                "Privileges",
                "Comment",
            ]
        } else {
            &["Field", "Type", "Null", "Key", "Default", "Extra"]
        };
        Ok(nullable_rows(titles, found))
    }

    /// `SHOW INDEX` (MySQL manual, "SHOW INDEX Statement"); the columns that describe statistics are left out.
    fn show_index(&self, name: &TableName) -> Result<QueryResult, SqlError> {
        let (_, table) = self.table(name)?;
        let mut found = Vec::new();
        for index in &table.definition.indexes {
            let unique = matches!(index.kind, IndexKind::Primary | IndexKind::Unique);
            let key = index.name.clone().unwrap_or_else(|| "PRIMARY".to_owned());
            for (at, part) in index.parts.iter().enumerate() {
                let (column, descending) = match part {
                    IndexPart::Column {
                        name, descending, ..
                    } => (Some(name.clone()), *descending),
                    IndexPart::Expression { descending, .. } => (None, *descending),
                };
                let null = column.as_deref().and_then(|name| table.column(name));
                let nullable = null.is_some_and(|column| column.nullable != Some(false));
                found.push(vec![
                    Some(table.name().to_owned()),
                    Some(u8::from(!unique).to_string()),
                    Some(key.clone()),
                    Some((at + 1).to_string()),
                    column,
                    Some(if descending { "D" } else { "A" }.to_owned()),
                    Some(if nullable { "YES" } else { "" }.to_owned()),
                    Some(index_type(index.kind).to_owned()),
                    Some(index.comment.clone()),
                    Some(if index.invisible { "NO" } else { "YES" }.to_owned()),
                ]);
            }
        }
        let titles = [
            "Table",
            "Non_unique",
            "Key_name",
            "Seq_in_index",
            "Column_name",
            "Collation",
            "Null",
            "Index_type",
            "Index_comment",
            "Visible",
        ];
        Ok(nullable_rows(&titles, found))
    }
}

fn index_type(kind: IndexKind) -> &'static str {
    match kind {
        IndexKind::Fulltext => "FULLTEXT",
        IndexKind::Spatial => "SPATIAL",
        IndexKind::Primary | IndexKind::Unique | IndexKind::Plain => "BTREE",
    }
}

/// `PRI`, `UNI`, `MUL` or nothing, as the manual defines them.
fn key_of(table: &Table, column: &str) -> &'static str {
    let same = |name: &str| name.eq_ignore_ascii_case(column);
    if table.primary_key_columns().into_iter().any(same) {
        return "PRI";
    }
    let first = |index: &ddl::Index| column_names(index).first().is_some_and(|name| same(name));
    if table
        .unique_keys()
        .any(|index| index.parts.len() == 1 && first(index))
    {
        return "UNI";
    }
    if table.definition.indexes.iter().any(first) {
        "MUL"
    } else {
        ""
    }
}

/// A default as SHOW COLUMNS prints it: expressions without their outer parentheses.
fn default_text(default: &ColumnDefault) -> String {
    match default {
        ColumnDefault::Null => "NULL".to_owned(),
        ColumnDefault::Literal(text) | ColumnDefault::Bare(text) => text.clone(),
        ColumnDefault::Bits(digits) => format!("b'{digits}'"),
        ColumnDefault::Hex(bytes) => bytes
            .iter()
            .fold("0x".to_owned(), |text, byte| format!("{text}{byte:02X}")),
        ColumnDefault::CurrentTimestamp(0) => "CURRENT_TIMESTAMP".to_owned(),
        ColumnDefault::CurrentTimestamp(digits) => format!("CURRENT_TIMESTAMP({digits})"),
        ColumnDefault::Expression(expression) => sql::print::expression(&expression.0),
    }
}

fn extra(column: &ddl::Column) -> String {
    let mut words = Vec::new();
    if column.auto_increment {
        words.push("auto_increment".to_owned());
    }
    if matches!(
        column.default,
        Some(ColumnDefault::Expression(_) | ColumnDefault::CurrentTimestamp(_))
    ) {
        words.push("DEFAULT_GENERATED".to_owned());
    }
    match column.on_update {
        Some(0) => words.push("on update CURRENT_TIMESTAMP".to_owned()),
        Some(digits) => words.push(format!("on update CURRENT_TIMESTAMP({digits})")),
        None => {}
    }
    if let Some(generated) = &column.generated {
        words.push(
            if generated.stored {
                "STORED GENERATED"
            } else {
                "VIRTUAL GENERATED"
            }
            .to_owned(),
        );
    }
    if column.invisible {
        words.push("INVISIBLE".to_owned());
    }
    words.join(" ")
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
