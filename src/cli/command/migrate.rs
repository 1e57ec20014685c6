//! `vrev migrate`: a repository brought to the format that this version writes.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Bring the repository to the format that this version writes
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev migrate")]
pub(crate) struct Args {}

pub(super) fn run(_args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("migrate")?;
    let format = context.workspace()?.migrate()?;
    if json {
        context
            .out
            .json(&serde_json::json!({ "from": format, "to": format }))?;
    } else {
        context
            .out
            .line(format!("the repository has format {format} already"))?;
    }
    Ok(Ending::Done)
}
