//! `vrev reset`: HEAD moved, or objects taken out of the index.

use super::objects;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::ResetMode;

/// Move HEAD to a revision, or unstage objects
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev reset --hard HEAD~1")]
pub(crate) struct Args {
    /// The revision
    #[arg(value_name = "REVISION", default_value = "HEAD")]
    revision: String,
    /// Move HEAD alone
    #[arg(long, group = "mode")]
    soft: bool,
    /// Move HEAD and the index (this is what happens if nothing is said)
    #[arg(long, group = "mode")]
    mixed: bool,
    /// Move HEAD, the index, the files and the rows: what is not committed is lost
    #[arg(long, group = "mode")]
    hard: bool,
    /// Take these out of the index instead
    #[arg(last = true, value_name = "OBJECT", conflicts_with = "mode")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    if !args.objects.is_empty() {
        if args.revision != "HEAD" {
            return Err(Error::user(
                "objects are unstaged to HEAD, not to another revision",
            ));
        }
        workspace.unstage(&objects(&args.objects))?;
        return Ok(Ending::Done);
    }
    let mode = match (args.soft, args.hard) {
        (true, _) => ResetMode::Soft,
        (_, true) => ResetMode::Hard,
        _ => ResetMode::Mixed,
    };
    let commit = workspace.reset(&args.revision, mode)?;
    if mode == ResetMode::Hard {
        let subject = workspace.store().commit(commit)?.subject();
        context.out.say(&format!(
            "HEAD is now at {} {subject}\n",
            commit.abbreviated(7)
        ));
    }
    Ok(Ending::Done)
}
