//! `vrev conflicts`: what a merge, pick or revert left to be settled.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// List what both sides of a merge changed differently, and what the merge breaks
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev conflicts cat customer.corder")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the base's, our and their version of every conflict
    Cat {
        /// Only of this table, relation or object
        #[arg(value_name = "OBJECT")]
        object: Option<String>,
    },
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("conflicts")?;
    let Some(open) = context.workspace()?.conflicts()? else {
        match context.workspace()?.git_merge()? {
            Some(left) => context.out.say(&of_git(&left)),
            None => context.out.say("Nothing is being merged.\n"),
        }
        return Ok(Ending::Done);
    };
    match &args.what {
        None => context.out.conflicts(&open)?,
        Some(What::Cat { object }) => context.out.conflicts_in_full(&open, object.as_deref())?,
    }
    Ok(Ending::Done)
}

/// Says what a merge that plain git has begun leaves to be settled, and with what.
fn of_git(left: &[String]) -> String {
    if left.is_empty() {
        return "A merge begun by git is in progress, and nothing is unmerged: `vrev commit` concludes it.\n"
            .to_owned();
    }
    let paths = left.iter().map(|path| format!("  {path}\n"));
    format!(
        "A merge begun by git is in progress; these paths are not merged:\n{}\
         `git checkout --ours|--theirs <path>` and `git add --sparse <path>` settle one.\n",
        paths.collect::<String>()
    )
}
