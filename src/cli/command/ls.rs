//! `vrev ls`: the tables and views of the working set or of a revision.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// List the tables and views of the working set or of a revision
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev ls HEAD~1")]
pub(crate) struct Args {
    /// The revision; the working set if none is given
    #[arg(value_name = "REVISION")]
    revision: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    let revision = match &args.revision {
        Some(name) => workspace.resolve(name)?,
        None => crate::store::Revision::Working,
    };
    let catalog = workspace.catalog(&revision)?;
    let mut names = Vec::new();
    for (keyspace, declared) in &catalog.keyspaces {
        let objects = declared.tables.keys().chain(declared.views.keys());
        names.extend(objects.map(|name| format!("{keyspace}.{name}")));
    }
    names.sort();
    if context.out.format().is_json("ls")? {
        context.out.json(&serde_json::json!({ "tables": names }))?;
        return Ok(Ending::Done);
    }
    let place = match &args.revision {
        Some(name) => name.as_str(),
        None => "working set",
    };
    if names.is_empty() {
        context.out.line(format!("No tables in {place}"))?;
        return Ok(Ending::Done);
    }
    context.out.line(format!("Tables in {place}:"))?;
    for name in names {
        context.out.line(format!("\t{name}"))?;
    }
    Ok(Ending::Done)
}
