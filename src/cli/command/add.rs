//! `vrev add`: what the next commit will hold.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::Force;

/// Stage objects for the next commit: definitions in canonical form, and rows
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  vrev add customer.corder_event keyspaces/customer/vschema.json"
)]
pub(crate) struct Args {
    /// Keyspaces, tables (`customer.corder`, or `corder` where one keyspace has it) or paths; `.` for everything
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    /// Stage everything
    #[arg(short = 'A', long)]
    all: bool,
    /// Stage new tables that `dolt_ignore` keeps out, too
    #[arg(short, long)]
    force: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    if args.objects.is_empty() && !args.all {
        return Err(Error::user("nothing is named, so nothing is staged")
            .hint("`vrev add .` stages everything"));
    }
    let all = args.all || args.objects.iter().any(|object| object == ".");
    let workspace = context.workspace()?;
    let objects = if all {
        Vec::new()
    } else {
        workspace.objects(&args.objects)?
    };
    let force = if args.force { Force::Yes } else { Force::No };
    workspace.add_with(&objects, force)?;
    Ok(Ending::Done)
}
