//! `vrev cherry-pick`: commits' changes made again on top of HEAD.

use super::Sequence;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::{OperationKind, PickOptions};

/// Make the changes of commits again on top of HEAD
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev cherry-pick add-events~1")]
pub(crate) struct Args {
    /// The commits, in order
    #[arg(value_name = "REVISION", required_unless_present = "ending")]
    revisions: Vec<String>,
    /// Make a commit even if nothing changes
    #[arg(long)]
    allow_empty: bool,
    /// Take the change of a merge against this parent
    #[arg(short, long, value_name = "NUMBER")]
    mainline: Option<usize>,
    #[command(flatten)]
    sequence: Sequence,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let kind = OperationKind::CherryPick;
    if let Some(ended) = args.sequence.run(kind, context)? {
        return Ok(ended);
    }
    let report = context.workspace()?.cherry_pick(&PickOptions {
        revisions: args.revisions.clone(),
        mainline: args.mainline,
        allow_empty: args.allow_empty,
        ..PickOptions::default()
    })?;
    super::picked(kind, &report, context)
}
