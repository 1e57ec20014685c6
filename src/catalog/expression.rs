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

/// What the expression of a definition must not hold; printed as what is wrong with the expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disallowed {
    /// A user or system variable.
    #[error("cannot refer to a user or system variable")]
    Variable,
    /// A query.
    #[error("contains a disallowed function")]
    Subquery,
    /// A function, by its name in lower case.
    #[error("contains a disallowed function: {0}")]
    Function(String),
}

/// Functions that ask or change the session, or the server's files.
const OF_SESSIONS: &[&str] = &[
    "benchmark",
    "found_rows",
    "get_lock",
    "is_free_lock",
    "is_used_lock",
    "last_insert_id",
    "load_file",
    "release_all_locks",
    "release_lock",
    "row_count",
    "sleep",
];
/// Functions whose value is not that of their arguments, which only defaults may have (MySQL manual, "CREATE TABLE and
/// Generated Columns", "Data Type Default Values").
const CHANGING: &[&str] = &[
    "connection_id",
    "curdate",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "curtime",
    "database",
    "localtime",
    "localtimestamp",
    "now",
    "rand",
    "schema",
    "session_user",
    "sysdate",
    "system_user",
    "user",
    "utc_date",
    "utc_time",
    "utc_timestamp",
    "uuid",
    "uuid_short",
    "version",
];
/// Functions of groups of rows.
const OF_GROUPS: &[&str] = &[
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "count",
    "group_concat",
    "json_arrayagg",
    "json_objectagg",
    "max",
    "min",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];

fn is_variable(name: &Ident) -> bool {
    name.quote_style.is_none() && name.value.starts_with('@')
}

/// Returns the first thing in an expression, as it was written, that no definition may hold, or, unless it is a default's, that changes from
/// one evaluation to the next.
pub(super) fn disallowed(expression: &Expression, is_default: bool) -> Option<Disallowed> {
    let found = ast::visit_expressions(&expression.0, |expr| {
        let found = match expr {
            Expr::Identifier(name) => is_variable(name).then_some(Disallowed::Variable),
            Expr::CompoundIdentifier(parts) => {
                let is_variable = parts.first().is_some_and(is_variable);
                is_variable.then_some(Disallowed::Variable)
            }
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => {
                Some(Disallowed::Subquery)
            }
            Expr::Function(function) => {
                let name = function.name.to_string().to_lowercase();
                let has = |list: &[&str]| list.contains(&name.as_str());
                let is_banned = function.over.is_some()
                    || has(OF_GROUPS)
                    || has(OF_SESSIONS)
                    || (!is_default && has(CHANGING));
                is_banned.then_some(Disallowed::Function(name))
            }
            _ => None,
        };
        found.map_or(ControlFlow::Continue(()), ControlFlow::Break)
    });
    found.break_value()
}

/// Tells whether an expression reads a column.
pub(super) fn reads(expression: &Expression, column: &str) -> bool {
    columns_of(expression)
        .iter()
        .any(|name| super::same_name(name, column))
}
