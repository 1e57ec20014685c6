//! `vrev status`: the working set against the index and HEAD.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Show what differs between HEAD, the index and the working set
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev status --format json")]
pub(crate) struct Args {
    /// Record first that an object is the one that HEAD has under another name: `customer.corder.oname=title`
    #[arg(long = "rename", value_name = "OLD=NEW")]
    renames: Vec<String>,
    /// Show the new tables that `dolt_ignore` keeps out of commits, too
    #[arg(long)]
    ignored: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("status")?;
    let workspace = context.workspace()?;
    workspace.record_renames(&args.renames)?;
    let mut status = workspace.status()?;
    if !args.ignored {
        status.ignored.clear();
    }
    context.out.status(&status)?;
    Ok(Ending::Done)
}
