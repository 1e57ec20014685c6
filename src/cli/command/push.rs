//! `vrev push`: commits, rows included, sent to a remote.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Send commits, rows included, to a remote with the user's git
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev push -u origin add-events")]
pub(crate) struct Args {
    /// The remote; absent: the one that the current branch follows
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// What to push, in git's form (`main`, `HEAD:review`, `:gone`); absent: the current branch
    #[arg(value_name = "REFSPEC")]
    refspecs: Vec<String>,
    /// Let the branch follow what it is pushed to
    #[arg(short = 'u', long)]
    set_upstream: bool,
    /// Overwrite the remote's branch whatever it holds
    #[arg(short, long)]
    force: bool,
    /// Overwrite the remote's branch if it is where it was when last fetched
    #[arg(long, conflicts_with = "force")]
    force_with_lease: bool,
    /// Push every branch
    #[arg(long)]
    all: bool,
    /// Push every tag
    #[arg(long)]
    tags: bool,
    /// Delete the branches named
    #[arg(short, long, requires = "refspecs")]
    delete: bool,
    /// Only say what would be pushed
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("push")?;
    let workspace = context.workspace()?;
    let flags = [
        (args.set_upstream, "--set-upstream"),
        (args.force, "--force"),
        (args.force_with_lease, "--force-with-lease"),
        (args.all, "--all"),
        (args.tags, "--tags"),
        (args.delete, "--delete"),
        (args.dry_run, "--dry-run"),
    ];
    let given = flags.iter().filter(|(given, _)| *given);
    let mut words: Vec<String> = given.map(|(_, word)| (*word).to_owned()).collect();
    words.push("--".to_owned());
    words.extend(args.remote.clone());
    words.extend(args.refspecs.iter().cloned());
    let said = workspace.store().push(&words, context.talk())?;
    context.out.say(&said);
    Ok(Ending::Done)
}
