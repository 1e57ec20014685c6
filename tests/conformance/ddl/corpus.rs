//! The suite `ddl`: the corpora of statements that must be read.
//!
//! A statement passes when it is read as DDL and what is printed of it is read back and printed the same. Where the case
//! has the origin's own printed form, that form must be read as the same statement: both print alike.

use vrev::sql::ddl::Ddl;
use vrev::sql::{Statement, parse_statement, print};

use crate::case::Case;

/// Runs one case.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    match case.file.as_str() {
        "corpus_sqlparser" | "corpus_skeema" | "corpus_gms" | "corpus_atlas" => corpus(case),
        other => Err(format!("no runner for {other}")),
    }
}

fn corpus(case: &Case) -> Result<(), String> {
    let statement = read(case.text("sql"))?;
    let printed = print::statement(&statement);
    let again = print::statement(&read(&printed)?);
    if again != printed {
        return Err(format!("prints `{printed}`, then `{again}`"));
    }
    let Some(canonical) = case.get("canonical").as_str() else {
        return Ok(());
    };
    let theirs = print::statement(&read(canonical)?);
    if theirs == printed {
        Ok(())
    } else {
        Err(format!("prints `{printed}`, its canonical form `{theirs}`"))
    }
}

fn read(text: &str) -> Result<Ddl, String> {
    match parse_statement(text) {
        Ok(Statement::Ddl(statement)) => Ok(statement),
        Ok(_) => Err(format!("not read as DDL: {text}")),
        Err(error) => Err(format!("{error}: {text}")),
    }
}
