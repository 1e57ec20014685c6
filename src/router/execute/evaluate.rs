//! Single expressions: what a route's values, LIMIT counts and rows to insert are made of.
//!
//! Literals and bind variables are read here; anything that must be computed is computed by [`crate::engine`], so that
//! there is one evaluator.

use crate::engine::Binds;
use crate::router::Error;
use crate::router::plan::expr::{as_value, unnested};
use crate::sql::ast::{self, Expr};
use crate::sql::literal;
use crate::value::{ResultSet, Value};
use crate::vindex::BindValue;

use super::Run;

impl Run<'_, '_> {
    /// Returns the value of an expression without columns.
    pub(crate) fn evaluate(&mut self, expr: &Expr, binds: &Binds) -> Result<Value, Error> {
        if let Some(ast::Value::Placeholder(name)) = as_value(expr) {
            return bound(name, binds);
        }
        if let Some(value) = literal::value_of_expr(unnested(expr)) {
            return Ok(value);
        }
        let one = ResultSet {
            fields: Vec::new(),
            rows: vec![Vec::new()],
        };
        let computed =
            super::finish::compute(&one, &[(expr.clone(), "value".to_owned())], None, binds)?;
        let value = computed
            .rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next());
        value.ok_or_else(|| Error::Untranslatable(crate::router::plan::explain::print_expr(expr)))
    }

    /// Returns a count of rows: LIMIT, OFFSET.
    pub(crate) fn row_count(&mut self, expr: &Expr, binds: &Binds) -> Result<usize, Error> {
        let value = self.evaluate(expr, binds)?;
        let count = match &value {
            Value::Int(number) => usize::try_from(*number).ok(),
            Value::UInt(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        count.ok_or_else(|| {
            Error::Shard(crate::sql::SqlError::new(
                1210,
                "HY000",
                "Incorrect arguments to LIMIT",
            ))
        })
    }
}

/// Returns the value of `:name`.
fn bound(name: &str, binds: &Binds) -> Result<Value, Error> {
    let name = name.trim_start_matches(':');
    match binds.get(name) {
        Some(BindValue::One(value)) => Ok(value.clone()),
        Some(BindValue::Many(_)) | None => Err(Error::MissingBind(name.to_owned())),
    }
}
