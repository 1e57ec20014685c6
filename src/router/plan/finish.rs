//! How expressions above the routes name the columns of their input.

use crate::sql::ast::{Expr, Ident};

/// Returns the name of the input's column at a position (0-based), as it is used in expressions above the routes.
pub(crate) fn column_name(position: usize) -> String {
    format!("__c{position}")
}

/// Returns the input's column at a position (0-based).
pub(crate) fn column(position: usize) -> Expr {
    Expr::Identifier(Ident::new(column_name(position)))
}
