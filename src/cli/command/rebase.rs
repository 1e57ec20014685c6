//! `vrev rebase`: a branch's own commits made again on top of another revision.

use clap::ValueEnum;

use super::Sequence;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::{OperationKind, RebaseOptions, RebaseReport};

/// Make this branch's own commits again on top of another revision
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev rebase main")]
pub(crate) struct Args {
    /// What stays as it is: the commits that it has not are made again
    #[arg(value_name = "UPSTREAM", required_unless_present = "ending")]
    upstream: Option<String>,
    /// Make them on top of this revision instead
    #[arg(long, value_name = "REVISION")]
    onto: Option<String>,
    /// What becomes of commits that turn out to change nothing
    #[arg(long, value_name = "WHAT", default_value = "drop")]
    empty: Empty,
    /// Leave out the commit at which the rebase has stopped, and go on
    #[arg(long, group = "ending")]
    skip: bool,
    #[command(flatten)]
    sequence: Sequence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Empty {
    /// They are left out
    Drop,
    /// They are kept
    Keep,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let kind = OperationKind::Rebase;
    context.out.format().is_json("rebase")?;
    let report = match (args.sequence.go_on, args.skip) {
        (true, _) => context.workspace()?.continue_rebase()?,
        (_, true) => context.workspace()?.skip_rebase()?,
        _ => {
            if let Some(ended) = args.sequence.run(kind, context)? {
                return Ok(ended);
            }
            context.workspace()?.rebase(&RebaseOptions {
                upstream: args.upstream.clone().unwrap_or_default(),
                onto: args.onto.clone(),
                keep_empty: args.empty == Empty::Keep,
            })?
        }
    };
    write(&report, context)
}

pub(super) fn write(report: &RebaseReport, context: &mut Context) -> Result<Ending, Error> {
    let ended = super::picked(OperationKind::Rebase, &report.picks, context)?;
    let name = report.branch.as_deref().unwrap_or("HEAD");
    if report.up_to_date {
        context
            .out
            .say(&format!("Current branch {name} is up to date.\n"));
    } else if ended == Ending::Done {
        let name = report
            .branch
            .as_ref()
            .map_or_else(|| "HEAD".to_owned(), |name| format!("refs/heads/{name}"));
        context
            .out
            .say(&format!("Successfully rebased and updated {name}\n"));
    }
    Ok(ended)
}
