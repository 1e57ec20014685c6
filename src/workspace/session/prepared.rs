//! Prepared statements of a session: texts under names, run with the values of user variables (MySQL manual, "Prepared
//! Statements").

use super::{Session, literal};
use crate::sql::{self, Prepared, PreparedText, SqlError, Statement};
use crate::value::{QueryResult, Value};

/// Statements that a session may have prepared at once (MySQL's `max_prepared_stmt_count` is the server's).
const LIMIT: usize = 1000;

impl Session {
    /// Runs PREPARE, EXECUTE or DEALLOCATE PREPARE.
    ///
    /// # Errors
    /// 1243 for a name that stands for nothing, 1210 for another number of values than the statement has `?`, 1295 for a
    /// statement that cannot be prepared, 1461 for too many; else as the statement.
    pub(super) fn prepared(&mut self, statement: &Prepared) -> Result<QueryResult, SqlError> {
        match statement {
            Prepared::Prepare { name, text } => {
                // A name that is prepared anew is free, even if the new text is refused.
                self.prepared.remove(name);
                let text = match text {
                    PreparedText::Literal(text) => text.clone(),
                    PreparedText::Variable(variable) => {
                        let value = self.user_variable(variable);
                        value.to_text().unwrap_or("NULL".into()).into_owned()
                    }
                };
                if let Statement::Prepared(_) | Statement::Use(_) = sql::parse_statement(&text)? {
                    let text =
                        "This command is not supported in the prepared statement protocol yet";
                    return Err(SqlError::new(1295, "HY000", text));
                }
                if self.prepared.len() >= LIMIT {
                    let text = format!(
                        "Can't create more than max_prepared_stmt_count statements (current value: {LIMIT})"
                    );
                    return Err(SqlError::new(1461, "42000", text));
                }
                self.prepared.insert(name.clone(), text);
                Ok(QueryResult::default())
            }
            Prepared::Execute { name, variables } => {
                let text = self.prepared.get(name);
                let text = text.ok_or_else(|| unknown(name, "EXECUTE"))?.clone();
                if sql::placeholders(&text)? != variables.len() {
                    return Err(SqlError::new(
                        1210,
                        "HY000",
                        "Incorrect arguments to EXECUTE",
                    ));
                }
                let values = variables.iter();
                let values = values.map(|variable| literal(&self.user_variable(variable)));
                let bound = sql::bind(&text, &values.collect::<Vec<_>>())?;
                self.run(&bound)
            }
            Prepared::Deallocate { name } => match self.prepared.remove(name) {
                Some(_) => Ok(QueryResult::default()),
                None => Err(unknown(name, "DEALLOCATE PREPARE")),
            },
        }
    }

    /// Returns a user variable's value; NULL where it was not set.
    fn user_variable(&self, name: &str) -> Value {
        let values = &self.client.user_variables;
        values.get(name).cloned().unwrap_or_default()
    }
}

fn unknown(name: &str, verb: &str) -> SqlError {
    let text = format!("VT09011: Unknown prepared statement handler ({name}) given to {verb}");
    SqlError::new(1243, "HY000", text)
}
