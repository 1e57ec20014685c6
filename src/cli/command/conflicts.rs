//! `vrev conflicts`: what a merge, pick or revert left to be settled.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// List what both sides of a merge changed differently, and what the merge breaks
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev conflicts cat customer.corder")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the base's, our and their version of every conflict
    Cat {
        /// Only of this table, relation or object
        #[arg(value_name = "OBJECT")]
        object: Option<String>,
    },
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("conflicts")?;
    let Some(open) = context.workspace()?.conflicts()? else {
        context.out.say("Nothing is being merged.\n");
        return Ok(Ending::Done);
    };
    match &args.what {
        None => context.out.conflicts(&open)?,
        Some(What::Cat { object }) => context.out.conflicts_in_full(&open, object.as_deref())?,
    }
    Ok(Ending::Done)
}
