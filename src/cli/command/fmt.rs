//! `vrev fmt`: the catalog's files in canonical form.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Rewrite the catalog's files in canonical form
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev fmt --check")]
pub(crate) struct Args {
    /// Write nothing; end with 1 if a file is not canonical
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("fmt")?;
    let paths = context.workspace()?.format(args.check)?;
    if json {
        context.out.json(&serde_json::json!({ "files": paths }))?;
    } else {
        for path in &paths {
            context.out.line(path)?;
        }
    }
    Ok(if args.check && !paths.is_empty() {
        Ending::No
    } else {
        Ending::Done
    })
}
