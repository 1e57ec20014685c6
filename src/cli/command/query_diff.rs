//! `vrev query-diff`: the rows in which the results of two queries differ.

use std::time::Duration;

use crate::cli::error::{Ending, Error};
use crate::cli::render::Form;
use crate::cli::{Context, Format};

/// Compare the results of two queries, row by row
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev query-diff 'select * from corder as of \"HEAD~1\"' 'select * from corder'")]
pub(crate) struct Args {
    /// The two queries
    #[arg(value_name = "SQL")]
    queries: Vec<String>,
    /// Start in this keyspace
    #[arg(short, long, value_name = "KEYSPACE")]
    keyspace: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let [from, to] = args.queries.as_slice() else {
        let count = args.queries.len();
        return Err(Error::user(format!(
            "please provide exactly two queries to compare, not {count}"
        )));
    };
    let form = match context.out.format() {
        Format::Text => Form::Table,
        Format::Json => Form::Json,
        Format::Csv => Form::Csv,
        Format::Sql => {
            return Err(Error::user("`vrev query-diff` has no format `sql`")
                .hint("it prints `text`, `json` or `csv`"));
        }
    };
    let mut session = context.workspace()?.session(None)?;
    if let Some(keyspace) = &args.keyspace {
        super::use_keyspace(&mut session, keyspace)?;
    }
    let literal =
        |query: &str| crate::sql::literal::quote_string(query.trim_end_matches([';', ' ']));
    let call = format!(
        "SELECT * FROM vrev_query_diff({}, {})",
        literal(from),
        literal(to)
    );
    let result = session
        .execute(&call)
        .map_err(|error| Error::sql(&error, None))?;
    context.out.result(&result, form, Duration::ZERO)?;
    Ok(Ending::Done)
}
