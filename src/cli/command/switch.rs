//! `vrev switch`: another branch's catalog and rows in the working set.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::ResetMode;
use crate::workspace::Workspace;

/// Switch to a branch
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev switch -c add-events main")]
pub(crate) struct Args {
    /// The branch, or a commit with `--detach`
    #[arg(value_name = "BRANCH", required_unless_present = "create")]
    branch: Option<String>,
    /// Create this branch first, at the revision given or at HEAD
    #[arg(short, long, value_name = "NAME", conflicts_with = "detach")]
    create: Option<String>,
    /// Check out a commit without a branch
    #[arg(short, long)]
    detach: bool,
    #[command(flatten)]
    losses: Losses,
}

/// What may get lost on the way to another branch.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct Losses {
    /// Throw local changes away instead of taking them along
    #[arg(short, long, visible_alias = "discard-changes")]
    force: bool,
    /// Refuse where a table that `dolt_ignore` names would change
    #[arg(long, overrides_with = "overwrite_ignore")]
    no_overwrite_ignore: bool,
    /// Change tables that `dolt_ignore` names like any others, as is done anyway
    #[arg(long)]
    overwrite_ignore: bool,
}

impl Losses {
    /// Prepares the way to a revision.
    fn prepare(self, workspace: &Workspace, revision: &str) -> Result<(), Error> {
        if self.no_overwrite_ignore {
            workspace.refuse_overwriting_ignored(revision)?;
        }
        if self.force {
            workspace.store().resolve_commit(revision)?;
            workspace.reset("HEAD", ResetMode::Hard)?;
        }
        Ok(())
    }
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    let named = match &args.branch {
        Some(typed) => Some(left_or_named(&workspace, typed)?),
        None => None,
    };
    match (&args.create, &named) {
        (Some(name), start) => create(&workspace, context, name, start.as_deref(), args.losses),
        (None, Some(revision)) if args.detach => detach(&workspace, context, revision, args.losses),
        (None, Some(branch)) => existing(&workspace, context, branch, args.losses),
        (None, None) => Err(Error::user("no branch is named")),
    }
}

/// Returns the branch that `@{-1}` or `-` stands for, or what was typed.
pub(super) fn left_or_named(workspace: &Workspace, typed: &str) -> Result<String, Error> {
    let left = workspace.store().left_before(typed)?;
    Ok(left.unwrap_or_else(|| typed.to_owned()))
}

pub(super) fn create(
    workspace: &Workspace,
    context: &mut Context,
    name: &str,
    start: Option<&str>,
    losses: Losses,
) -> Result<Ending, Error> {
    let start = start.unwrap_or("HEAD");
    losses.prepare(workspace, start)?;
    workspace.switch(name, Some(start))?;
    context
        .out
        .say(&format!("Switched to a new branch '{name}'\n"));
    Ok(Ending::Done)
}

pub(super) fn existing(
    workspace: &Workspace,
    context: &mut Context,
    branch: &str,
    losses: Losses,
) -> Result<Ending, Error> {
    if workspace.store().head()?.branch.as_deref() == Some(branch) {
        context.out.say(&format!("Already on '{branch}'\n"));
        return Ok(Ending::Done);
    }
    losses.prepare(workspace, branch)?;
    workspace.switch(branch, None)?;
    context.out.say(&format!("Switched to branch '{branch}'\n"));
    Ok(Ending::Done)
}

pub(super) fn detach(
    workspace: &Workspace,
    context: &mut Context,
    revision: &str,
    losses: Losses,
) -> Result<Ending, Error> {
    losses.prepare(workspace, revision)?;
    let commit = workspace.switch_detached(revision)?;
    let subject = workspace.store().commit(commit)?.subject();
    context.out.say(&format!(
        "HEAD is now at {} {subject}\n",
        commit.abbreviated(7)
    ));
    Ok(Ending::Done)
}
