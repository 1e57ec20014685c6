//! `SHOW COLUMNS`, `DESCRIBE` and `SHOW INDEX` (MySQL manual, pages of these names).

use super::nullable_rows;
use crate::catalog::{Table, column_names};
use crate::sql::ddl::{ColumnDefault, IndexKind, IndexPart};
use crate::sql::{self, SqlError, TableName, ddl};
use crate::value::QueryResult;
use crate::workspace::session::Session;

impl Session {
    /// `SHOW [FULL] COLUMNS`, `DESCRIBE` (MySQL manual, "SHOW COLUMNS Statement").
    pub(super) fn show_columns(
        &self,
        name: &TableName,
        full: bool,
    ) -> Result<QueryResult, SqlError> {
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
            let mut row = vec![Some(column.name.clone()), Some(column_type.to_string())];
            if full {
                row.push(table.column_character_set(column).map(|set| set.collation));
            }
            row.extend([
                Some(null.to_owned()),
                Some(key_of(&table, &column.name).to_owned()),
                default_of(column),
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
    pub(super) fn show_index(&self, name: &TableName) -> Result<QueryResult, SqlError> {
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

pub(in crate::workspace) fn index_type(kind: IndexKind) -> &'static str {
    match kind {
        IndexKind::Fulltext => "FULLTEXT",
        IndexKind::Spatial => "SPATIAL",
        IndexKind::Primary | IndexKind::Unique | IndexKind::Plain => "BTREE",
    }
}

/// `PRI`, `UNI`, `MUL` or nothing, as the manual defines them.
pub(in crate::workspace) fn key_of(table: &Table, column: &str) -> &'static str {
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

/// A column's default as SHOW COLUMNS prints it; `None` for NULL and for none.
pub(in crate::workspace) fn default_of(column: &ddl::Column) -> Option<String> {
    match &column.default {
        None | Some(ColumnDefault::Null) => None,
        Some(default) => Some(default_text(default)),
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

pub(in crate::workspace) fn extra(column: &ddl::Column) -> String {
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
