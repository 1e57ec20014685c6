//! `vrev status`: the working set against the index and HEAD.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Show what differs between HEAD, the index and the working set
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev status --format json")]
pub(crate) struct Args {}

pub(super) fn run(_: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("status")?;
    let status = context.workspace()?.status()?;
    context.out.status(&status)?;
    Ok(Ending::Done)
}
