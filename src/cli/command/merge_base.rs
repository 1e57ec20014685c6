//! `vrev merge-base`: the commit that two histories have in common.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Print the best common ancestor of two revisions
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev merge-base main add-events")]
pub(crate) struct Args {
    /// One revision
    #[arg(value_name = "REVISION")]
    one: String,
    /// The other one
    #[arg(value_name = "REVISION", default_value = "HEAD")]
    other: String,
    /// Print all of them where there are several
    #[arg(short, long)]
    all: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("merge-base")?;
    let workspace = context.workspace()?;
    let store = workspace.store();
    let (one, other) = (
        store.resolve_commit(&args.one)?,
        store.resolve_commit(&args.other)?,
    );
    let mut bases = store.merge_bases(one, other)?;
    if !args.all {
        bases.truncate(1);
    }
    if json {
        let bases: Vec<String> = bases.iter().map(ToString::to_string).collect();
        context
            .out
            .json(&serde_json::json!({ "merge_bases": bases }))?;
    } else {
        for base in &bases {
            context.out.line(base.to_string())?;
        }
    }
    Ok(if bases.is_empty() {
        Ending::No
    } else {
        Ending::Done
    })
}
