//! `SHOW TABLE STATUS` (MySQL manual, "SHOW TABLE STATUS Statement"): what the catalog and the rows say; what only a
//! server's files would say is NULL.

use super::{matches, nullable_rows};
use crate::catalog::{Keyspace, Table};
use crate::sql::name::quote_table;
use crate::sql::{self, SqlError, TableName};
use crate::value::QueryResult;
use crate::workspace::session::Session;

const TITLES: [&str; 18] = [
    "Name",
    "Engine",
    "Version",
    "Row_format",
    "Rows",
    "Avg_row_length",
    "Data_length",
    "Max_data_length",
    "Index_length",
    "Data_free",
    "Auto_increment",
    "Create_time",
    "Update_time",
    "Check_time",
    "Collation",
    "Checksum",
    "Create_options",
    "Comment",
];

impl Session {
    /// Returns a row for each table and view of a keyspace. `Rows` is exact, over all shards.
    ///
    /// # Errors
    /// When rows cannot be counted.
    pub(super) fn table_status(
        &mut self,
        keyspace: &Keyspace,
        like: Option<&str>,
    ) -> Result<QueryResult, SqlError> {
        let mut found = Vec::new();
        for (name, table) in &keyspace.tables {
            if matches(like, name) {
                let rows = self.row_count(&keyspace.name, name)?;
                found.push(status_of(table, rows));
            }
        }
        for name in keyspace.views.keys().filter(|name| matches(like, name)) {
            found.push(row(&[("Name", name.as_str()), ("Comment", "VIEW")]));
        }
        found.sort();
        Ok(nullable_rows(&TITLES, found))
    }

    fn row_count(&mut self, keyspace: &str, table: &str) -> Result<String, SqlError> {
        let name = quote_table(&TableName::qualified(keyspace, table));
        let count = sql::parse_statement(&format!("select count(*) from {name}"))?;
        let counted = self.route(&count)?.rows.unwrap_or_default().rows;
        let count = counted.first().and_then(|row| row.first());
        let text = count.and_then(|count| count.to_text().map(|text| text.into_owned()));
        Ok(text.unwrap_or_default())
    }
}

fn status_of(table: &Table, rows: String) -> Vec<Option<String>> {
    let partitioned = match &table.definition.partitioning {
        Some(_) => "partitioned",
        None => "",
    };
    row(&[
        ("Name", table.name()),
        ("Engine", table.option("ENGINE").unwrap_or("InnoDB")),
        ("Version", "10"),
        (
            "Row_format",
            table.option("ROW_FORMAT").unwrap_or("Dynamic"),
        ),
        ("Rows", &rows),
        ("Collation", &table.character_set().collation),
        ("Create_options", partitioned),
        ("Comment", table.comment()),
    ])
}

/// Returns a row with these cells and NULLs.
fn row(cells: &[(&str, &str)]) -> Vec<Option<String>> {
    let cell = |title: &&str| {
        let known = cells.iter().find(|(name, _)| name == title);
        known.map(|(_, text)| (*text).to_owned())
    };
    TITLES.iter().map(cell).collect()
}
