//! Expressions inside a definition: which columns they read, and one spelling for equal ones.
//!
//! Column names are spelt as the columns are declared and quoted alike, so that trees compare equal where MySQL reads
//! the same thing.

use std::ops::ControlFlow;

use super::canonical::Columns;
use crate::sql::ast::{self, Expr, VisitMut, VisitorMut};
use crate::sql::ddl::Expression;

/// Returns the expression with column names in their declared spelling, quoted, without outer parentheses.
pub(super) fn canonical(expression: &Expression, columns: &Columns<'_>) -> Expression {
    let mut expr = expression.0.clone();
    while let Expr::Nested(inner) = expr {
        expr = *inner;
    }
    let _: ControlFlow<()> = expr.visit(&mut Spelling { columns });
    Expression(expr)
}

/// Rewrites identifiers in place.
struct Spelling<'a> {
    columns: &'a Columns<'a>,
}

impl VisitorMut for Spelling<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let Some(last) = parts.pop()
        {
            // A definition names its own table only.
            *expr = Expr::Identifier(last);
        }
        if let Expr::Identifier(name) = expr {
            if let Some(column) = self.columns.find(&name.value) {
                name.value.clone_from(&column.name);
            }
            name.quote_style = Some('`');
        }
        ControlFlow::Continue(())
    }
}

/// Returns the columns that an expression reads, in the order in which they appear, each as often as it appears.
pub(super) fn columns_of(expression: &Expression) -> Vec<String> {
    let mut names = Vec::new();
    let _: ControlFlow<()> = ast::visit_expressions(&expression.0, |expr| {
        match expr {
            Expr::Identifier(name) => names.push(name.value.clone()),
            Expr::CompoundIdentifier(parts) => {
                names.extend(parts.last().map(|name| name.value.clone()))
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    names
}

/// Returns the first column that an expression reads and the table does not have.
pub(super) fn unknown_column(expression: &Expression, columns: &Columns<'_>) -> Option<String> {
    columns_of(expression)
        .into_iter()
        .find(|name| columns.find(name).is_none())
}

/// Tells whether an expression reads a column.
pub(super) fn reads(expression: &Expression, column: &str) -> bool {
    columns_of(expression)
        .iter()
        .any(|name| super::same_name(name, column))
}
