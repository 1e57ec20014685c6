//! Schemas as they are declared: CREATE statements in a normal form that drops what is redundant and adds only names
//! and implied keys, checked against each other, in the order in which they can be created.
//!
//! [`crate::catalog::Table`] is what a server makes of a definition; this is what its author said. Comparing
//! declarations, with rules about which differences count, is schemadiff's work (Vitess `go/vt/schemadiff`); the
//! statements between two of either kind come from [`crate::diff::migration`].

mod apply;
mod error;
mod model;
mod normal;
mod schema;
mod validate;
mod view;

use std::sync::Arc;

pub use apply::rank;
pub use error::Error;
pub use model::{Model, References, Undo};
pub use schema::{Schema, column_text};
pub use view::{Names, names};

use super::{Defaults, same_name};
use crate::sql::ddl::{AlterClause, CreateTable, CreateView, Index};

/// A table or a view, in normal form.
#[derive(Debug, Clone, PartialEq)]
pub enum Entity {
    /// A table.
    Table(Arc<CreateTable>),
    /// A view.
    View(Arc<CreateView>),
}

impl Entity {
    /// Returns its name, without keyspace.
    pub fn name(&self) -> &str {
        match self {
            Self::Table(table) => &table.name.name,
            Self::View(view) => &view.name.name,
        }
    }

    /// Returns the table.
    pub fn as_table(&self) -> Option<&Arc<CreateTable>> {
        match self {
            Self::Table(table) => Some(table),
            Self::View(_) => None,
        }
    }

    /// Returns the view.
    pub fn as_view(&self) -> Option<&Arc<CreateView>> {
        match self {
            Self::View(view) => Some(view),
            Self::Table(_) => None,
        }
    }
}

/// Returns the normal form of a table.
pub fn table(written: &CreateTable, defaults: &Defaults) -> CreateTable {
    normal::table(written, defaults)
}

/// Returns the normal form of a view: without OR REPLACE and the default algorithm.
pub fn view(written: &CreateView) -> CreateView {
    let mut view = CreateView {
        or_replace: false,
        ..written.clone()
    };
    view.algorithm = view
        .algorithm
        .filter(|algorithm| !algorithm.eq_ignore_ascii_case("UNDEFINED"));
    view
}

/// Requires a table, in normal form, to be sound by itself.
///
/// # Errors
/// The first thing that is missing or taken twice.
pub fn validate(table: &CreateTable) -> Result<(), Error> {
    validate::table(table)
}

/// Returns what the clauses of an ALTER TABLE make of a table in normal form.
///
/// # Errors
/// What is missing, taken or still needed; [`Error::UnsupportedOperation`] for clauses that no diff has.
pub fn alter(
    table: &CreateTable,
    clauses: &[AlterClause],
    defaults: &Defaults,
) -> Result<CreateTable, Error> {
    apply::clauses(table, clauses, defaults)
}

/// Returns the names of the tables that a table's foreign keys refer to, in the order of the keys.
pub fn parents(table: &CreateTable) -> Vec<String> {
    table.parents().map(|name| name.name.clone()).collect()
}

/// Tells whether an index starts with the columns, in their order, so that a foreign key can rest on it.
pub fn covers(index: &Index, columns: &[String]) -> bool {
    normal::covers(index, columns)
}

/// Returns the name under which a key is known: `PRIMARY` for the primary key.
pub fn key_name(index: &Index) -> &str {
    validate::key_name(index)
}
