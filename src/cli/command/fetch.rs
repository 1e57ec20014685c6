//! `vrev fetch`: what a remote has, copied here; nothing checked out is touched.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Fetch branches, tags and rows of a remote with the user's git
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev fetch --prune origin")]
pub(crate) struct Args {
    /// The remote; absent: the one that the current branch follows, or `origin`
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// What to fetch, in git's form (`main`, `refs/heads/*:refs/remotes/x/*`)
    #[arg(value_name = "REFSPEC")]
    refspecs: Vec<String>,
    /// Forget remote branches that are no more
    #[arg(short, long)]
    prune: bool,
    /// Fetch from every remote
    #[arg(long, conflicts_with = "remote")]
    all: bool,
    /// Fetch every tag
    #[arg(short, long)]
    tags: bool,
    /// Cut the history off after so many commits
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,
    /// Fetch the history that a shallow clone lacks
    #[arg(long, conflicts_with = "depth")]
    unshallow: bool,
    /// Fetch the objects that a filtered clone lacks
    #[arg(long)]
    refetch: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("fetch")?;
    let workspace = context.workspace()?;
    let mut words: Vec<String> = Vec::new();
    let flags = [
        (args.prune, "--prune"),
        (args.all, "--all"),
        (args.tags, "--tags"),
        (args.unshallow, "--unshallow"),
        (args.refetch, "--refetch"),
        (args.refetch, "--no-filter"),
    ];
    for (given, word) in flags {
        if given {
            words.push(word.to_owned());
        }
    }
    words.extend(args.depth.map(|depth| format!("--depth={depth}")));
    words.push("--".to_owned());
    words.extend(args.remote.clone());
    words.extend(args.refspecs.iter().cloned());
    let said = workspace.store().fetch(&words, context.talk())?;
    context.out.say(&said);
    Ok(Ending::Done)
}
