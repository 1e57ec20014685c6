//! Expressions without columns: values, and the states that `AS OF` names.

use super::Session;
use crate::sql::ast::{self, Expr};
use crate::sql::{self, SqlError, Statement};
use crate::value::Value;
use crate::workspace::system_table::State;

impl Session {
    /// Returns the state that `AS OF` names: a revision, or a time.
    pub(super) fn state_of(&mut self, expr: &Expr) -> Result<State, SqlError> {
        let value = self.version_named(expr)?;
        let reader = self.reader()?;
        match &value {
            Value::Text(text) => match reader.state(text) {
                Ok(state) => Ok(state),
                Err(error) => match value.to_datetime() {
                    Some(time) => reader.state_at(&time),
                    None => Err(error),
                },
            },
            other => match other.to_datetime() {
                Some(time) => reader.state_at(&time),
                None => Err(SqlError::unknown(format!(
                    "unsupported type in AS OF: {expr}"
                ))),
            },
        }
    }

    /// Returns what is written after `AS OF`: a bare name, as in `AS OF STAGED`, is a revision's.
    pub(super) fn version_named(&mut self, expr: &Expr) -> Result<Value, SqlError> {
        match expr {
            Expr::Identifier(name) if !name.value.starts_with('@') => {
                Ok(Value::Text(name.value.clone()))
            }
            _ => self.constant(expr),
        }
    }

    /// Evaluates an expression without columns.
    pub(super) fn constant(&mut self, expr: &Expr) -> Result<Value, SqlError> {
        if let Some(value) = sql::literal::value_of_expr(expr) {
            return Ok(value);
        }
        let mut statement = match sql::parse_statement("select 1")? {
            Statement::Sql(statement) => *statement,
            _ => return Ok(Value::Null),
        };
        if let ast::Statement::Query(query) = &mut statement
            && let ast::SetExpr::Select(select) = query.body.as_mut()
        {
            select.projection = vec![ast::SelectItem::UnnamedExpr(expr.clone())];
        }
        self.fold_functions(&mut statement)?;
        let result = self.route(&Statement::Sql(Box::new(statement)))?;
        let row = result.rows.and_then(|rows| rows.rows.into_iter().next());
        Ok(row
            .and_then(|row| row.into_iter().next())
            .unwrap_or_default())
    }

    /// The values of a table function's arguments, which must be literals or variables.
    pub(super) fn argument_values(
        &mut self,
        function: &str,
        arguments: &[Expr],
    ) -> Result<Vec<Value>, SqlError> {
        let value = |argument: &Expr| -> Result<Value, SqlError> {
            match argument {
                Expr::Identifier(name) if name.value.starts_with('@') => self.constant(argument),
                // Documents may be computed; names of revisions and tables may not.
                _ if function.to_ascii_lowercase().ends_with("_json_diff") => {
                    self.constant(argument)
                }
                other => sql::literal::value_of_expr(other).ok_or_else(|| {
                    SqlError::unknown(format!(
                        "Invalid argument to {function}: {other} – only literal values supported"
                    ))
                }),
            }
        };
        let mut value = value;
        arguments.iter().map(&mut value).collect()
    }
}
