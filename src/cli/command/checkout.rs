//! `vrev checkout`: git's older word for `switch`.

use super::switch;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Switch to a branch, or to a commit without a branch
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev checkout main")]
pub(crate) struct Args {
    /// A branch, or a revision to check out without a branch
    #[arg(value_name = "REVISION", required_unless_present = "create")]
    revision: Option<String>,
    /// Create this branch first, at the revision given or at HEAD
    #[arg(short = 'b', value_name = "NAME")]
    create: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    match (&args.create, &args.revision) {
        (Some(name), start) => switch::create(&workspace, context, name, start.as_deref()),
        (None, Some(revision))
            if workspace
                .branches()?
                .iter()
                .any(|branch| branch.name == *revision) =>
        {
            switch::existing(&workspace, context, revision)
        }
        (None, Some(revision)) => switch::detach(&workspace, context, revision),
        (None, None) => Err(Error::user("no revision is named")),
    }
}
