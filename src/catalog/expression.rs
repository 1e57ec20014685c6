//! Expressions inside a definition: which columns they read, and one tree for equal ones.
//!
//! The tree is that of the text which MySQL re-prints: columns spelt as declared, operators in parentheses of their
//! own, string literals with the charset of the connection that wrote them (`_utf8mb4`), so that trees compare equal
//! where MySQL reads the same thing.

use std::ops::ControlFlow;

use super::canonical::Columns;
use crate::sql::ast::{self, Expr, Ident, Value, VisitMut, VisitorMut};
use crate::sql::ddl::Expression;
use crate::sql::{parse_expression, print};

/// Whether string literals say their charset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literals {
    /// As in defaults, generated columns, checks and functional key parts.
    Introduced,
    /// As in partitioning functions.
    Plain,
}

/// Returns the expression as MySQL re-prints it, without outer parentheses.
pub(super) fn canonical(
    expression: &Expression,
    columns: &Columns<'_>,
    literals: Literals,
) -> Expression {
    let mut expr = expression.0.clone();
    let _: ControlFlow<()> = expr.visit(&mut Spelling {
        columns,
        literals,
        introducers: 0,
    });
    // What is printed is read back; should it not be, the tree as it was written is as good.
    let mut expr = parse_expression(&print::expression(&expr)).unwrap_or(expr);
    while let Expr::Nested(inner) = expr {
        expr = *inner;
    }
    Expression(expr)
}

/// Rewrites names and literals in place.
struct Spelling<'a> {
    columns: &'a Columns<'a>,
    literals: Literals,
    introducers: usize,
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
        match expr {
            Expr::Identifier(name) => {
                if let Some(column) = self.columns.find(&name.value) {
                    name.value.clone_from(&column.name);
                }
                name.quote_style = Some('`');
            }
            Expr::Prefixed { .. } => self.introducers += 1,
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Prefixed { .. } = expr {
            self.introducers -= 1;
        } else if let Expr::Value(value) = expr
            && matches!(
                value.value,
                Value::SingleQuotedString(_) | Value::DoubleQuotedString(_)
            )
            && self.literals == Literals::Introduced
            && self.introducers == 0
        {
            let value = Box::new(expr.clone());
            *expr = Expr::Prefixed {
                prefix: Ident::new("_utf8mb4"),
                value,
            };
        }
        ControlFlow::Continue(())
    }
}

/// Returns the columns that an expression reads, in the order in which they appear, each as often as it appears.
pub(crate) fn columns_of(expression: &Expression) -> Vec<String> {
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

/// Renames the columns that an expression reads; `name` gives the new name of a column that has one.
pub(crate) fn rename_columns(expression: &mut Expression, name: &dyn Fn(&str) -> Option<String>) {
    let rename = |ident: &mut Ident| {
        if let Some(new) = name(&ident.value) {
            ident.value = new;
        }
    };
    let _: ControlFlow<()> = ast::visit_expressions_mut(&mut expression.0, |expr| {
        match expr {
            Expr::Identifier(ident) => rename(ident),
            Expr::CompoundIdentifier(parts) => parts.last_mut().into_iter().for_each(rename),
            _ => {}
        }
        ControlFlow::Continue(())
    });
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
