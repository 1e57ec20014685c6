//! A user table as a relation: `<keyspace>.<table>`, keyed by its primary key.

use super::{Column, Role, Schema};
use crate::catalog::{Identities, Table};
use crate::value::ColumnType;

/// Returns the schema of a table's rows: its columns in order, charset and collation of text said, and its primary
/// key; keyless without one. VIRTUAL generated columns have no stored cell and are left out.
pub fn table_schema(keyspace: &str, table: &Table, identities: &Identities) -> Schema {
    let stored = table.definition.columns.iter().filter(|column| {
        column
            .generated
            .as_ref()
            .is_none_or(|generated| generated.stored)
    });
    let column = |column: &crate::sql::ddl::Column| {
        let text = table.column_character_set(column);
        let column_type = match text {
            Some(text) => ColumnType {
                charset: Some(text.charset),
                collation: Some(text.collation),
                ..column.column_type.clone()
            },
            None => column.column_type.clone(),
        };
        let role = if column.generated.is_some() {
            Role::Generated
        } else {
            Role::Cell
        };
        let identity = identities.column(table.name(), &column.name).to_owned();
        Column {
            name: column.name.clone(),
            identity,
            column_type,
            role,
        }
    };
    let columns: Vec<Column> = stored.map(column).collect();
    let place = |name: &str| {
        columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name))
    };
    let key = table
        .primary_key_columns()
        .into_iter()
        .filter_map(place)
        .collect();
    Schema {
        name: format!("{keyspace}.{}", table.name()),
        columns,
        key,
    }
}
