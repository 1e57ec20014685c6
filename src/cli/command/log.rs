//! `vrev log`: commits, newest first.

use super::objects;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::cli::render::LogForm;
use crate::workspace::LogOptions;

/// Show commits, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev log --oneline -n 5 main..HEAD -- customer.corder")]
pub(crate) struct Args {
    /// Revisions and ranges; HEAD if none is given
    #[arg(value_name = "REVISION", allow_hyphen_values = false)]
    revisions: Vec<String>,
    /// Show each commit on one line
    #[arg(long)]
    oneline: bool,
    /// Draw the lines of descent
    #[arg(long)]
    graph: bool,
    /// Show at most <NUMBER> commits
    #[arg(short = 'n', long, value_name = "NUMBER")]
    max_count: Option<usize>,
    /// Only commits that changed these keyspaces, tables, relations or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("log")?;
    let options = LogOptions {
        revisions: args.revisions.clone(),
        objects: objects(&args.objects),
        limit: args.max_count,
    };
    let entries = context.workspace()?.log(&options)?;
    context.out.page();
    context.out.log(
        &entries,
        LogForm {
            oneline: args.oneline,
            graph: args.graph,
        },
    )?;
    Ok(Ending::Done)
}
