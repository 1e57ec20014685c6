//! Corpora of statements that must be read.
//!
//! A statement passes when it is read as DDL and what is printed of it is read back and printed the same, in MySQL's form
//! and in Vitess's. Where the case has the origin's own printed form, that form must be read as the same statement: both
//! print alike.

use vrev::sql::print;
use vrev::sql::print::query::{Quoting, ddl};

use super::read;
use crate::case::Case;
use crate::compare::equal;

/// Reasons on the list for a text that is no statement of MySQL, as a whole.
pub(super) const NO_STATEMENT: [&str; 4] = [
    "not MySQL: go-mysql-server's or MariaDB's own syntax",
    "two statements without a delimiter",
    "a title or another text that is no statement",
    "the text is cut off or malformed on purpose",
];

pub(super) fn run(case: &Case) -> Result<(), String> {
    let statement = read(case.text("sql"))?;
    let printed = print::statement(&statement);
    equal(
        "printed again",
        &printed,
        &print::statement(&read(&printed)?),
    )?;
    for quoting in [Quoting::Needed, Quoting::Canonical] {
        let printed = ddl(&statement, quoting);
        equal("printed again", &printed, &ddl(&read(&printed)?, quoting))?;
    }
    match case.get("canonical").as_str() {
        Some(canonical) => equal(
            "canonical form",
            &print::statement(&read(canonical)?),
            &printed,
        ),
        None => Ok(()),
    }
}
