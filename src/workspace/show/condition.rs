//! `SHOW … WHERE` (MySQL manual, "Extensions to SHOW Statements"): a condition over the columns that are shown, under
//! their names there.

use crate::engine::{Binds, Connection, Tables};
use crate::sql::ddl::CreateTable;
use crate::sql::{self, SqlError, Statement, TableName, ast};
use crate::value::QueryResult;
use crate::workspace::session::Session;
use crate::workspace::system_table;

/// What is shown, as a table.
const SHOWN: &str = "shown";

struct Shown(CreateTable);

impl Tables for Shown {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        (name.name == SHOWN).then(|| (SHOWN.to_owned(), &self.0))
    }
}

impl Session {
    /// Returns the rows of an answer for which a condition holds.
    ///
    /// # Errors
    /// As a query with that condition.
    pub(super) fn filtered(
        &mut self,
        mut answer: QueryResult,
        condition: &ast::Expr,
    ) -> Result<QueryResult, SqlError> {
        let Some(shown) = &mut answer.rows else {
            return Ok(answer);
        };
        let mut statement = match sql::parse_statement(&format!("select * from {SHOWN}"))? {
            Statement::Sql(statement) => *statement,
            _ => return Ok(answer),
        };
        if let ast::Statement::Query(query) = &mut statement
            && let ast::SetExpr::Select(select) = query.body.as_mut()
        {
            select.selection = Some(condition.clone());
        }
        self.fold_user_variables(&mut statement);
        self.fold_functions(&mut statement)?;
        let connection = Connection::open_in_memory()?;
        let definition = system_table::definition_of(SHOWN, &shown.fields);
        connection.create_table(SHOWN, &definition)?;
        connection.insert_rows(SHOWN, std::mem::take(&mut shown.rows).into_iter())?;
        let chosen = connection.execute(&statement, &Binds::new(), &Shown(definition))?;
        shown.rows = chosen.rows.unwrap_or_default().rows;
        Ok(answer)
    }
}
