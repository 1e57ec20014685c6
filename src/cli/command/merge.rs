//! `vrev merge`: another branch's changes into this one.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::{FastForward, MergeOptions, MergeOutcome};

/// Merge a branch or revision into HEAD
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev merge add-events")]
pub(crate) struct Args {
    /// What to merge in
    #[arg(value_name = "REVISION", required_unless_present = "ending")]
    revision: Option<String>,
    /// Make a merge commit even where HEAD could just move forward
    #[arg(long)]
    no_ff: bool,
    /// Do nothing unless HEAD can just move forward
    #[arg(long, conflicts_with = "no_ff")]
    ff_only: bool,
    /// Stage the result without noting a merge, and commit nothing
    #[arg(long, conflicts_with = "commit")]
    squash: bool,
    /// Stop before the commit
    #[arg(long)]
    no_commit: bool,
    /// Commit the result (this is what happens if nothing is said)
    #[arg(long, conflicts_with = "no_commit")]
    commit: bool,
    /// Take this message; given again, another paragraph
    #[arg(short, long, value_name = "TEXT")]
    message: Vec<String>,
    /// Take the message without asking; vrev never asks
    #[arg(long, hide = true)]
    no_edit: bool,
    /// Write the merged tree and print its id; change no branch, file or row
    #[arg(long, requires = "revision", conflicts_with_all = ["no_ff", "ff_only", "squash", "no_commit", "commit", "message", "author"])]
    write_tree: bool,
    /// Take this author for the merge commit
    #[arg(long, value_name = "NAME <ADDRESS>")]
    author: Option<String>,
    /// Take the merge in progress back
    #[arg(long, group = "ending", conflicts_with = "revision")]
    abort: bool,
    /// Commit the merge in progress, whose conflicts are resolved and staged
    #[arg(long = "continue", group = "ending", conflicts_with = "revision")]
    go_on: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("merge")?;
    let workspace = context.workspace()?;
    let message = super::paragraphs(&args.message);
    if args.abort {
        workspace.abort_merge()?;
        context.out.say("Merge aborted.\n");
        return Ok(Ending::Done);
    }
    if args.go_on {
        let report = workspace.continue_merge(message.as_deref())?;
        context.out.commit(&report)?;
        return Ok(Ending::Done);
    }
    let revision = args.revision.clone().unwrap_or_default();
    if args.write_tree {
        let merged = workspace.merge_tree(&revision)?;
        context.out.merged_tree(&merged)?;
        return Ok(match merged.unresolved.is_empty() {
            true => Ending::Done,
            false => Ending::No,
        });
    }
    let fast_forward = match (args.no_ff, args.ff_only) {
        (true, _) => FastForward::Never,
        (_, true) => FastForward::Only,
        _ => FastForward::Allowed,
    };
    let report = workspace.merge(&MergeOptions {
        revision,
        fast_forward,
        squash: args.squash,
        no_commit: args.no_commit,
        message,
        author: args.author.clone(),
    })?;
    context.out.merge(&report)?;
    Ok(match report.outcome {
        MergeOutcome::Unresolved => Ending::No,
        _ => Ending::Done,
    })
}
