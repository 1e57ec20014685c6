//! `vrev rollback`: the schema of an earlier revision as a new commit, saying first what is lost.

use super::objects;
use crate::cli::error::{Ending, Error};
use crate::cli::{Context, Format};
use crate::workspace::{Loss, RollbackOptions, RollbackReport};

/// Restore a revision's VSchema and tables as a new commit
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev rollback --vschema HEAD~1 -- customer")]
pub(crate) struct Args {
    /// The revision whose state is restored
    #[arg(value_name = "REVISION")]
    revision: String,
    /// Restore the VSchema and the routing rules only
    #[arg(long)]
    vschema: bool,
    /// Go on although rows are lost
    #[arg(long)]
    allow_lossy: bool,
    /// Say what would be lost and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Message of the commit
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Only these keyspaces, tables or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("rollback")?;
    let workspace = context.workspace()?;
    let options = RollbackOptions {
        revision: args.revision.clone(),
        vschema: args.vschema,
        objects: objects(&workspace, &args.objects)?,
        allow_lossy: args.allow_lossy,
        message: args.message.clone(),
    };
    let losses = workspace.rollback_losses(&options)?;
    if context.out.format() == Format::Text {
        // First of all, and on the screen even if the rollback is refused then.
        context.out.text(&losses_text(&losses, &args.revision))?;
        context.out.flush()?;
    }
    if args.dry_run {
        if context.out.format() == Format::Json {
            let to = workspace.store().resolve_commit(&args.revision)?;
            context.out.rollback(&RollbackReport {
                to,
                losses,
                commit: None,
            })?;
        }
        return Ok(Ending::Done);
    }
    let report = workspace.rollback(&options)?;
    context.out.rollback(&report)?;
    Ok(Ending::Done)
}

fn losses_text(losses: &[Loss], revision: &str) -> String {
    if losses.is_empty() {
        return format!("Rolling back to {revision} loses no rows.\n");
    }
    let mut text = format!("Rolling back to {revision} loses:\n");
    for loss in losses {
        let rows = if loss.rows == 1 {
            "1 row".to_owned()
        } else {
            format!("{} rows", loss.rows)
        };
        text.push_str(&format!("  {}: {} ({rows})\n", loss.object, loss.what));
    }
    text
}
