//! `vrev rename`: another name for an object, with its rows, its history and all that refers to it.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::diff::rename::Kind;

/// Rename a table, column or index, or record that the files renamed it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev rename customer.corder.oname title")]
pub(crate) struct Args {
    /// The object: `keyspace.table`, `keyspace.table.column` or `keyspace.table.index`, by the name before
    #[arg(value_name = "OBJECT")]
    object: String,
    /// The name that it gets or has by now
    #[arg(value_name = "NEW")]
    new: String,
    /// A column is meant, not an index of the same name
    #[arg(long, conflicts_with = "index")]
    column: bool,
    /// An index is meant, not a column of the same name
    #[arg(long)]
    index: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("rename")?;
    let kind = match (args.column, args.index) {
        (true, _) => Some(Kind::Column),
        (_, true) => Some(Kind::Index),
        _ => None,
    };
    let report = context.workspace()?.rename(&args.object, &args.new, kind)?;
    context.out.rename(&report)?;
    Ok(Ending::Done)
}
