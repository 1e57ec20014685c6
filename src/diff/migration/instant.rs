//! schemadiff's question: can all of an ALTER TABLE be done with ALGORITHM=INSTANT? What a clause costs is
//! [`algorithm`]'s rule; schemadiff counts on less (Vitess `go/vt/schemadiff/capability.go`).

use super::algorithm;
use crate::sql::ddl::{AlterClause, CreateTable};

/// Whether changes can be done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstantDdl {
    /// There is no table to be changed.
    Irrelevant,
    /// All can.
    Possible,
    /// Some cannot.
    Impossible,
}

/// Tells whether the clauses can be done at once on the table.
pub fn is_possible(table: &CreateTable, clauses: &[AlterClause]) -> bool {
    clauses.iter().all(is_counted_on) && algorithm::is_instant(table, clauses)
}

/// What schemadiff leaves to a slower algorithm: new names, places that are said, and statements that ask for another.
fn is_counted_on(clause: &AlterClause) -> bool {
    match clause {
        AlterClause::RenameColumn { .. }
        | AlterClause::RenameTable(_)
        | AlterClause::WithValidation(_)
        | AlterClause::Lock(_)
        | AlterClause::DropIndex(_)
        | AlterClause::AddIndex(_) => false,
        AlterClause::Algorithm(asked) => asked == "INSTANT",
        AlterClause::ModifyColumn { position, .. } => position.is_none(),
        AlterClause::ChangeColumn {
            from,
            column,
            position,
            ..
        } => position.is_none() && *from == column.name,
        _ => true,
    }
}
