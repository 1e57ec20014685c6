//! `vrev stash`: changes put away and taken out again.

use super::shape::{Shape, write_diff};
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::{self, DiffRequest, StashEntry, StashOptions, StashedIndex, Untracked};

/// Put local changes away, rows included, and take them out again
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  vrev stash push -m 'half an idea'",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    push: Push,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Put local changes away (this is what happens if nothing is said)
    Push(Push),
    /// Take a stash out and drop it
    Pop(Out),
    /// Take a stash out and keep it
    Apply(Out),
    /// Drop a stash
    Drop(Which),
    /// List stashes, newest first
    List,
    /// Show what a stash changed
    Show(Show),
    /// Drop all stashes
    Clear,
}

#[derive(Debug, clap::Args)]
struct Push {
    /// Put new files and tables away, too
    #[arg(short = 'u', long)]
    include_untracked: bool,
    /// As `-u`; ignored files stay all the same
    #[arg(short, long)]
    all: bool,
    /// What they are
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The stash: `2` or `stash@{2}`; the newest if nothing is said
    #[arg(value_name = "STASH", default_value = "0")]
    stash: String,
}

#[derive(Debug, clap::Args)]
struct Out {
    #[command(flatten)]
    which: Which,
    /// Stage what was staged, too
    #[arg(long)]
    index: bool,
}

#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    which: Which,
    /// Show rows and cells, not only which objects
    #[arg(short, long)]
    patch: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("stash")?;
    let workspace = context.workspace()?;
    let said = |verb: &str, entry: &StashEntry| {
        format!("{verb} refs/stash@{{{}}} ({})\n", entry.index, entry.commit)
    };
    match &args.action {
        None => push(&args.push, context)?,
        Some(Action::Push(options)) => push(options, context)?,
        Some(Action::Pop(out)) => {
            let entry = workspace.pop_stash(None, out.which.number()?, out.staged())?;
            context.out.status(&workspace.status()?)?;
            context.out.say(&said("Dropped", &entry));
        }
        Some(Action::Apply(out)) => {
            workspace.apply_stash(None, out.which.number()?, out.staged())?;
            context.out.status(&workspace.status()?)?;
        }
        Some(Action::Drop(which)) => {
            let entry = workspace.drop_stash(None, which.number()?)?;
            context.out.say(&said("Dropped", &entry));
        }
        Some(Action::List) => {
            let stashes = workspace.stashes(None)?;
            if json {
                let stashes: Vec<_> = stashes.iter().map(json_of).collect();
                context
                    .out
                    .json(&serde_json::json!({ "stashes": stashes }))?;
            } else {
                for entry in stashes {
                    let line = format!("stash@{{{}}}: {}", entry.index, entry.message);
                    context.out.line(line)?;
                }
            }
        }
        Some(Action::Show(show)) => {
            let (from, to, _) = workspace.stash_change(None, show.which.number()?)?;
            let request = DiffRequest {
                from,
                to,
                objects: Vec::new(),
                keyless: false,
                renames: Vec::new(),
            };
            let shape = Shape::counts(!show.patch);
            write_diff(&workspace, &request, &shape, context)?;
        }
        Some(Action::Clear) => workspace.clear_stashes(None)?,
    }
    Ok(Ending::Done)
}

fn push(options: &Push, context: &mut Context) -> Result<(), Error> {
    let untracked = if options.include_untracked || options.all {
        Untracked::Taken
    } else {
        Untracked::Stay
    };
    let stashed = context.workspace()?.stash(&StashOptions {
        message: options.message.clone(),
        untracked,
        name: None,
    });
    let entry = match stashed {
        // As in git: what was wanted, a clean working set, is there.
        Err(workspace::Error::NothingToStash) => {
            context.out.say("No local changes to save\n");
            return Ok(());
        }
        other => other?,
    };
    let text = format!(
        "Saved working directory and index state {}\n",
        entry.message
    );
    context.out.say(&text);
    Ok(())
}

fn json_of(entry: &StashEntry) -> serde_json::Value {
    serde_json::json!({
        "index": entry.index,
        "commit": entry.commit.to_string(),
        "message": entry.message,
        "branch": entry.branch,
        "base": entry.base.to_string(),
    })
}

impl Out {
    fn staged(&self) -> StashedIndex {
        match self.index {
            true => StashedIndex::Restored,
            false => StashedIndex::Additions,
        }
    }
}

impl Which {
    fn number(&self) -> Result<usize, Error> {
        let digits = self
            .stash
            .strip_prefix("stash@{")
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(&self.stash);
        digits
            .parse()
            .map_err(|_| Error::user(format!("{} is not a valid reference", self.stash)))
    }
}
