//! `vrev gc`: objects packed, what nothing names removed.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Pack objects and remove what nothing names
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev gc")]
pub(crate) struct Args {
    /// Remove what nothing has named since then (git's default is two weeks)
    #[arg(long, value_name = "DATE")]
    prune: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("gc")?;
    let report = context.workspace()?.gc(args.prune.as_deref())?;
    let (before, after) = (report.before, report.after);
    if json {
        let side = |packed: crate::store::Packed| serde_json::json!({ "loose_objects": packed.loose, "bytes": packed.bytes });
        context.out.json(&serde_json::json!({
            "before": side(before), "after": side(after), "removed_working_rows": report.removed,
        }))?;
    } else {
        context.out.line(format!(
            "{} loose objects before, {} now; {} KiB before, {} KiB now",
            before.loose,
            after.loose,
            before.bytes.div_ceil(1024),
            after.bytes.div_ceil(1024)
        ))?;
        for branch in report.removed {
            context.out.line(format!(
                "removed the working rows of `{branch}`, which is gone"
            ))?;
        }
    }
    Ok(Ending::Done)
}
