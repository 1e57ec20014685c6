//! `vrev revert`: a commit undone by a new one.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Undo what a commit changed by a new commit
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev revert HEAD")]
pub(crate) struct Args {
    /// The commit
    #[arg(value_name = "REVISION")]
    revision: String,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("revert")?;
    let report = context.workspace()?.revert(&args.revision)?;
    context.out.commit(&report)?;
    Ok(Ending::Done)
}
