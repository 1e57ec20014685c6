//! `vrev pull`: what a remote has, fetched and merged.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::{FastForward, MergeOptions, MergeOutcome, RebaseOptions};

/// Fetch a remote's branch and merge it into HEAD
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev pull --ff-only")]
pub(crate) struct Args {
    /// The remote; absent: the one that the current branch follows
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// The branch there; absent: the one that the current branch follows
    #[arg(value_name = "BRANCH")]
    branch: Option<String>,
    /// Make a merge commit even where HEAD could just move forward
    #[arg(long, conflicts_with_all = ["ff_only", "squash"])]
    no_ff: bool,
    /// Do nothing unless HEAD can just move forward
    #[arg(long, conflicts_with = "squash")]
    ff_only: bool,
    /// Stage the result without noting a merge, and commit nothing
    #[arg(long)]
    squash: bool,
    /// Make this branch's own commits again on top of what was fetched, instead of merging
    #[arg(short, long, conflicts_with_all = ["no_ff", "ff_only", "squash"])]
    rebase: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("pull")?;
    let workspace = context.workspace()?;
    let words: Vec<String> = args.remote.iter().chain(&args.branch).cloned().collect();
    let (commit, what, said) = workspace.fetch_for_merge(&words, context.talk())?;
    context.out.say(&said);
    if args.rebase {
        let report = workspace.rebase(&RebaseOptions {
            upstream: commit.to_string(),
            ..RebaseOptions::default()
        })?;
        return super::rebase::write(&report, context);
    }
    let fast_forward = match (args.no_ff, args.ff_only) {
        (true, _) => FastForward::Never,
        (_, true) => FastForward::Only,
        _ => FastForward::Allowed,
    };
    let options = MergeOptions {
        fast_forward,
        squash: args.squash,
        ..MergeOptions::default()
    };
    let report = workspace.merge_fetched(commit, &what, options)?;
    context.out.merge(&report)?;
    Ok(match report.outcome {
        MergeOutcome::Unresolved => Ending::No,
        _ => Ending::Done,
    })
}
