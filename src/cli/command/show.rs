//! `vrev show`: a commit and what it changed against its first parent.

use super::{Shape, objects, write_diff};
use crate::cli::error::{Ending, Error};
use crate::cli::{Context, Format};
use crate::workspace::{DiffRequest, LogOptions};

/// Show a commit and what it changed, cell by cell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev show HEAD~1 -- customer")]
pub(crate) struct Args {
    /// The commit
    #[arg(value_name = "REVISION", default_value = "HEAD")]
    revision: String,
    #[command(flatten)]
    shape: Shape,
    /// Only these keyspaces, tables, relations or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    let commit = workspace.store().resolve_commit(&args.revision)?;
    let options = LogOptions {
        revisions: vec![commit.to_string()],
        limit: Some(1),
        ..LogOptions::default()
    };
    let Some(entry) = workspace.log(&options)?.pop() else {
        return Err(Error::user(format!("`{}` has no commit", args.revision)));
    };
    let (from, to) = workspace.sides_of(&entry.commit);
    let request = DiffRequest {
        from,
        to,
        objects: objects(&args.objects),
        keyless: args.shape.keyless,
    };
    context.out.page();
    if context.out.format() == Format::Json && !args.shape.stat {
        let report = workspace.diff(&request)?;
        context.out.show_json(&entry, &report)?;
        return Ok(Ending::Done);
    }
    if context.out.format() == Format::Text {
        context.out.commit_block(&entry)?;
    }
    write_diff(&workspace, &request, &args.shape, context)?;
    Ok(Ending::Done)
}
