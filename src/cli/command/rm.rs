//! `vrev rm`: tables and files removed, and that staged.

use super::objects;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::RemoveOptions;

/// Remove objects from the working set and the index
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev rm customer.corder_event")]
pub(crate) struct Args {
    /// Tables, views or files
    #[arg(value_name = "OBJECT", required = true)]
    objects: Vec<String>,
    /// Take them out of the index only
    #[arg(long)]
    cached: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("rm")?;
    let workspace = context.workspace()?;
    let names = workspace.remove(&RemoveOptions {
        objects: objects(&workspace, &args.objects)?,
        cached: args.cached,
    })?;
    if json {
        context.out.json(&serde_json::json!({ "removed": names }))?;
    } else {
        for name in names {
            context.out.line(format!("rm '{name}'"))?;
        }
    }
    Ok(Ending::Done)
}
