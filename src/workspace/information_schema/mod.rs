//! `information_schema`: what a place's catalog declares, as tables (MySQL manual, "INFORMATION_SCHEMA Tables").
//!
//! Columns and their order are MySQL 8.0's. A keyspace is a schema of the catalog `def`. What only a server's files would
//! say (sizes, times) is NULL.

mod columns;
mod constraints;
mod tables;

use crate::catalog::Catalog;
use crate::relation::Row;
use crate::sql::ast::{self, Expr, Ident, SelectItem, TableFactor};
use crate::sql::ddl::CreateTable;
use crate::sql::{SqlError, TableName};
use crate::value::Value;

use super::system_table::{Found, define_text};

/// The database's name.
const NAME: &str = "information_schema";

/// One table: its name, its columns as SQL, its rows.
type Entry = (&'static str, &'static str, fn(&Catalog) -> Vec<Row>);

const TABLES: &[Entry] = &[
    (
        "CHECK_CONSTRAINTS",
        constraints::CHECKS,
        constraints::checks,
    ),
    ("COLUMNS", columns::COLUMNS, columns::columns),
    ("KEY_COLUMN_USAGE", constraints::USAGE, constraints::usage),
    (
        "REFERENTIAL_CONSTRAINTS",
        constraints::REFERENTIAL,
        constraints::referential,
    ),
    ("SCHEMATA", tables::SCHEMATA, tables::schemata),
    ("STATISTICS", tables::STATISTICS, tables::statistics),
    ("TABLES", tables::TABLES, tables::tables),
    (
        "TABLE_CONSTRAINTS",
        constraints::CONSTRAINTS,
        constraints::constraints,
    ),
    ("VIEWS", tables::VIEWS, tables::views),
];

/// Tells whether a name is one of this database's.
pub(super) fn holds(name: &TableName) -> bool {
    let database = name.keyspace.as_deref();
    database.is_some_and(|database| database.eq_ignore_ascii_case(NAME))
}

/// Returns a table's definition.
///
/// # Errors
/// 1109 where there is none.
pub(super) fn definition(name: &str) -> Result<CreateTable, SqlError> {
    let (known, columns, _) = entry(name)?;
    Ok(define_text(known, columns, "utf8mb4_general_ci"))
}

/// Returns a table.
///
/// # Errors
/// 1109 where there is none.
pub(super) fn table(catalog: &Catalog, name: &str) -> Result<Found, SqlError> {
    let (_, _, rows) = entry(name)?;
    Ok(Found::rows(definition(name)?, rows(catalog)))
}

fn entry(name: &str) -> Result<&'static Entry, SqlError> {
    let mut entries = TABLES.iter();
    let known = entries.find(|(known, ..)| known.eq_ignore_ascii_case(name));
    known.ok_or_else(|| {
        let text = format!("Unknown table '{}' in {NAME}", name.to_uppercase());
        SqlError::new(1109, "42S02", text)
    })
}

/// Heads the columns of a query over this database alone as they are declared, in upper case, however it spells them
/// (MySQL 8.0 release notes, 8.0.3: they are those of views in the data dictionary).
pub(super) fn head_as_declared(query: &mut ast::Query) {
    let ast::SetExpr::Select(select) = query.body.as_mut() else {
        return;
    };
    let is_ours = |factor: &TableFactor| match factor {
        TableFactor::Table { name, .. } => {
            TableName::from_object(name).is_some_and(|name| holds(&name))
        }
        _ => false,
    };
    let mut factors = select.from.iter().flat_map(|from| {
        let joined = from.joins.iter().map(|join| &join.relation);
        std::iter::once(&from.relation).chain(joined)
    });
    if select.from.is_empty() || !factors.all(is_ours) {
        return;
    }
    for item in &mut select.projection {
        let SelectItem::UnnamedExpr(expr) = item else {
            continue;
        };
        let column = match &*expr {
            Expr::Identifier(column) => column,
            Expr::CompoundIdentifier(parts) if !parts.is_empty() => &parts[parts.len() - 1],
            _ => continue,
        };
        if !column.value.starts_with('@') {
            let alias = Ident::with_quote('`', column.value.to_uppercase());
            let expr = expr.clone();
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn maybe(found: Option<impl Into<String>>) -> Value {
    found.map_or(Value::Null, text)
}

fn number(number: impl TryInto<i64>) -> Value {
    number.try_into().map_or(Value::Null, Value::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_columns_that_are_declared() {
        let texts = "create table p (i int primary key, u int unique comment 'c');
             create table c (i int, p int, v varchar(3) default 'x', check (i > 0),
             constraint f foreign key (p) references p (i) on delete cascade);
             create view w as select i from c";
        let source =
            crate::catalog::import::Source::new("a.sql", Some("ks".to_owned()), texts.into());
        let options = crate::catalog::import::Options::default();
        let catalog =
            crate::catalog::import::ddl(&Catalog::default(), &[source], &options, false).unwrap();
        let counts: Vec<(&str, usize)> = TABLES
            .iter()
            .map(|(name, ..)| {
                let width = definition(name).unwrap().columns.len();
                assert!(width > 3, "{name}");
                let rows = entry(name).unwrap().2(&catalog.catalog);
                assert!(rows.iter().all(|row| row.len() == width), "{name}");
                (*name, rows.len())
            })
            .collect();
        let expected = [
            ("CHECK_CONSTRAINTS", 1),
            ("COLUMNS", 5),
            ("KEY_COLUMN_USAGE", 3),
            ("REFERENTIAL_CONSTRAINTS", 1),
            ("SCHEMATA", 1),
            ("STATISTICS", 3),
            ("TABLES", 3),
            ("TABLE_CONSTRAINTS", 4),
            ("VIEWS", 1),
        ];
        assert_eq!(counts, expected);
        assert_eq!(definition("columns").unwrap().columns.len(), 22);
    }
}
