//! `vrev clean`: untracked tables and files removed.

use super::objects;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::CleanOptions;

/// Remove untracked tables, views and other files of the catalog
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev clean --dry-run")]
pub(crate) struct Args {
    /// Only these; a plain file is removed only if it is named
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    /// Say what would be removed
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Remove what git's ignore rules hide, too
    #[arg(short = 'x')]
    ignored: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("clean")?;
    let workspace = context.workspace()?;
    let names = workspace.clean(&CleanOptions {
        objects: objects(&workspace, &args.objects)?,
        dry_run: args.dry_run,
        ignored: args.ignored,
    })?;
    if json {
        context
            .out
            .json(&serde_json::json!({ "removed": names, "dry_run": args.dry_run }))?;
    } else {
        let verb = if args.dry_run {
            "Would remove"
        } else {
            "Removing"
        };
        for name in names {
            context.out.line(format!("{verb} {name}"))?;
        }
    }
    Ok(Ending::Done)
}
