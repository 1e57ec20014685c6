//! `vrev revert`: commits undone by new ones.

use super::Sequence;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::{OperationKind, PickOptions};

/// Undo what commits changed by new commits
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev revert HEAD")]
pub(crate) struct Args {
    /// The commits, in order
    #[arg(value_name = "REVISION", required_unless_present = "ending")]
    revisions: Vec<String>,
    /// Take the change of a merge against this parent
    #[arg(short, long, value_name = "NUMBER")]
    mainline: Option<usize>,
    /// Take this author for the new commits
    #[arg(long, value_name = "NAME <ADDRESS>")]
    author: Option<String>,
    /// Take the message without asking; vrev never asks
    #[arg(long, hide = true)]
    no_edit: bool,
    #[command(flatten)]
    sequence: Sequence,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let kind = OperationKind::Revert;
    if let Some(ended) = args.sequence.run(kind, context)? {
        return Ok(ended);
    }
    let report = context.workspace()?.revert(&PickOptions {
        revisions: args.revisions.clone(),
        mainline: args.mainline,
        author: args.author.clone(),
        ..PickOptions::default()
    })?;
    super::picked(kind, &report, context)
}
