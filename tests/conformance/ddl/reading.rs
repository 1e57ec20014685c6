//! Names that one statement refers to.

use vrev::catalog::declared;

use super::settings::texts;
use super::{create_table, create_view};
use crate::case::Case;
use crate::compare::equal;

pub(super) fn view_dependencies(case: &Case) -> Result<(), String> {
    let names = declared::names(&create_view(case.text("view"))?);
    equal("tables", &texts(&case.json, "tables"), &names.tables)?;
    equal("ctes", &texts(&case.json, "ctes"), &names.ctes)
}

pub(super) fn parents(case: &Case) -> Result<(), String> {
    let table = create_table(case.text("table"))?;
    equal(
        "parents",
        &texts(&case.json, "parents"),
        &declared::parents(&table),
    )
}
