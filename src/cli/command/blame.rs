//! `vrev blame`: who last changed each definition, row or cell of a table.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::cli::progress::indexing;
use crate::workspace::{BlameOf, Object};

/// Show who last changed each definition of a table, each of its rows, or each cell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev blame customer.corder
  vrev blame v1 customer.corder --cells")]
pub(crate) struct Args {
    /// The table, or a revision and the table; HEAD if no revision is given
    #[arg(value_name = "[REVISION] TABLE", required = true, num_args = 1..=2)]
    words: Vec<String>,
    /// Each row, by primary key
    #[arg(long, conflicts_with = "cells")]
    rows: bool,
    /// Each cell
    #[arg(long)]
    cells: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let is_json = context.out.format().is_json("blame")?;
    let (revision, table) = match args.words.as_slice() {
        [revision, table] => (revision.as_str(), table),
        [table] => ("HEAD", table),
        _ => return Err(Error::user("a table is to be named")),
    };
    let Object::Table { keyspace, table } = Object::parse(table) else {
        return Err(Error::user(format!("`{table}` is no table's name"))
            .hint("a table is named with its keyspace: `customer.corder`"));
    };
    let of = match (args.rows, args.cells) {
        (_, true) => BlameOf::Cells,
        (true, _) => BlameOf::Rows,
        _ => BlameOf::Definitions,
    };
    let workspace = context.workspace()?;
    let commit = workspace.store().resolve_commit(revision)?;
    let mut progress = indexing();
    let blamed = workspace.blame(commit, &keyspace, &table, of, &mut progress)?;
    context.out.page();
    if is_json {
        context.out.json(&blamed.to_json())?;
    } else {
        context.out.rows(&blamed.to_rows())?;
    }
    Ok(Ending::Done)
}
