//! Changes of rows that meet a condition over both of their sides, as `dolt diff --where` has it: `to_…` and `from_…`
//! columns and `diff_type`, as in `dolt_diff_<table>`. The engine judges, as it does for queries of that table.

use std::collections::BTreeSet;

use super::Warnings;
use super::define::{column, name_type, of_columns, prefixed};
use super::pair::{parts, side};
use crate::diff::RelationDiff;
use crate::engine::{Binds, Connection, Tables};
use crate::relation::Row;
use crate::sql::ddl::CreateTable;
use crate::sql::{self, SqlError, Statement, TableName, ast, print};
use crate::value::{ColumnType, TypeKind, Value};
use crate::workspace::{DiffReport, Error};

/// The table that is asked.
const CHANGES: &str = "changes";
/// The column with a change's place; no column of a table of changes is called so.
const PLACE: &str = "place of change";

struct Changes(CreateTable);

impl Tables for Changes {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        (name.name == CHANGES).then(|| (CHANGES.to_owned(), &self.0))
    }
}

impl DiffReport {
    /// Keeps the changes of users' rows that meet a condition; what the catalog declares is not asked.
    ///
    /// # Errors
    /// [`Error::Condition`] for what is no expression, or names a column that a table with changes does not have.
    pub fn keep_where(&mut self, condition: &str) -> Result<(), Error> {
        let failed = |relation: Option<&str>, source: SqlError| Error::Condition {
            condition: condition.to_owned(),
            relation: relation.map(str::to_owned),
            source,
        };
        let expression = sql::parse_expression(condition);
        let expression = expression.map_err(|error| failed(None, error.into()))?;
        for relation in &mut self.relations {
            if relation.name().contains('.') {
                let kept = kept(relation, &expression);
                let kept = kept.map_err(|error| failed(Some(relation.name()), error))?;
                let mut place = 0..;
                relation
                    .changes
                    .retain(|_| place.next().is_some_and(|place| kept.contains(&place)));
            }
        }
        Ok(())
    }
}

/// Returns the places of the changes that meet a condition.
fn kept(diff: &RelationDiff, condition: &ast::Expr) -> Result<BTreeSet<u64>, SqlError> {
    let (Some(to), Some(from)) = (
        diff.to.as_ref().or(diff.from.as_ref()),
        diff.from.as_ref().or(diff.to.as_ref()),
    ) else {
        return Ok(BTreeSet::new());
    };
    let mut columns = prefixed(to, "to_");
    columns.extend(prefixed(from, "from_"));
    columns.push(column("diff_type", name_type()));
    columns.push(column(PLACE, ColumnType::new(TypeKind::BigInt)));
    for column in &mut columns {
        column.nullable = Some(true);
    }
    let definition = of_columns(CHANGES, columns);
    let warnings = Warnings::default();
    let rows = diff.changes.iter().zip(0_u64..).map(|(change, place)| {
        let (word, before, after) = parts(change);
        let mut cells: Row = side(to, diff.to.as_ref(), after, &warnings);
        cells.extend(side(from, diff.from.as_ref(), before, &warnings));
        cells.extend([Value::Text(word.to_owned()), Value::UInt(place)]);
        cells
    });
    let connection = Connection::open_in_memory()?;
    connection.create_table(CHANGES, &definition)?;
    connection.insert_rows(CHANGES, rows)?;
    let query = format!(
        "SELECT `{PLACE}` FROM `{CHANGES}` WHERE {}",
        print::expression(condition)
    );
    let Statement::Sql(query) = sql::parse_statement(&query)? else {
        return Ok(BTreeSet::new());
    };
    let found = connection.execute(&query, &Binds::new(), &Changes(definition))?;
    let rows = found.rows.unwrap_or_default().rows.into_iter();
    let place = |row: Row| match row.first() {
        Some(Value::Int(place)) => u64::try_from(*place).ok(),
        Some(Value::UInt(place)) => Some(*place),
        _ => None,
    };
    Ok(rows.filter_map(place).collect())
}
