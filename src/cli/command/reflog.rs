//! `vrev reflog`: where a reference has been.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Show where HEAD or a branch has been, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev reflog main")]
pub(crate) struct Args {
    /// A branch, `stash`, or a reference's full name
    #[arg(value_name = "REFERENCE", default_value = "HEAD")]
    reference: String,
    /// At most so many
    #[arg(short = 'n', long, value_name = "COUNT")]
    limit: Option<usize>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("reflog")?;
    let workspace = context.workspace()?;
    let name = workspace.store().reference_named(&args.reference)?;
    let mut entries = workspace.store().reflog(Some(&name), true)?;
    entries.retain(|entry| entry.reference == name);
    entries.truncate(args.limit.unwrap_or(usize::MAX));
    if json {
        let entries: Vec<_> = entries
            .iter()
            .map(|entry| {
                serde_json::json!({
                    "commit": entry.commit.to_string(),
                    "message": entry.message,
                    "seconds": entry.seconds,
                })
            })
            .collect();
        context
            .out
            .json(&serde_json::json!({ "entries": entries }))?;
        return Ok(Ending::Done);
    }
    for (at, entry) in entries.iter().enumerate() {
        let (id, message) = (entry.commit.abbreviated(7), &entry.message);
        let typed = &args.reference;
        context
            .out
            .line(format!("{id} {typed}@{{{at}}}: {message}"))?;
    }
    Ok(Ending::Done)
}
