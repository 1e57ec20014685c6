//! `vrev remote`: the repositories that this one knows by name.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// List, add, rename or remove remotes
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev remote add origin https://git.example.org/shop.git")]
pub(crate) struct Args {
    /// What to change; without it, remotes are listed
    #[command(subcommand)]
    change: Option<Change>,
    /// Show where each is fetched from and pushed to
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Change {
    /// Add a remote
    Add {
        /// Its name
        name: String,
        /// Where it is: a URL or a path
        url: String,
    },
    /// Remove a remote and what is known of its branches
    #[command(alias = "rm")]
    Remove {
        /// Its name
        name: String,
    },
    /// Give a remote another name
    Rename {
        /// Its name
        old: String,
        /// Its new name
        new: String,
    },
    /// Change where a remote is
    SetUrl {
        /// Its name
        name: String,
        /// Where it is now
        url: String,
    },
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("remote")?;
    let workspace = context.workspace()?;
    let store = workspace.store();
    if let Some(change) = &args.change {
        let said = match change {
            Change::Add { name, url } => {
                store.change_remote(&["add", "--", name, &context.url(url)])
            }
            Change::Remove { name } => store.change_remote(&["remove", "--", name]),
            Change::Rename { old, new } => store.change_remote(&["rename", "--", old, new]),
            Change::SetUrl { name, url } => {
                store.change_remote(&["set-url", "--", name, &context.url(url)])
            }
        };
        context.out.say(&said?);
        return Ok(Ending::Done);
    }
    let remotes = store.remotes();
    if json {
        let remotes: Vec<_> = remotes
            .iter()
            .map(
                |r| serde_json::json!({ "name": r.name, "fetch": r.fetch_url, "push": r.push_url }),
            )
            .collect();
        context
            .out
            .json(&serde_json::json!({ "remotes": remotes }))?;
        return Ok(Ending::Done);
    }
    for remote in remotes {
        if args.verbose {
            context
                .out
                .line(format!("{}\t{} (fetch)", remote.name, remote.fetch_url))?;
            context
                .out
                .line(format!("{}\t{} (push)", remote.name, remote.push_url))?;
        } else {
            context.out.line(remote.name)?;
        }
    }
    Ok(Ending::Done)
}
