//! `vrev switch`: another branch's catalog and rows in the working set.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
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
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    match (&args.create, &args.branch) {
        (Some(name), start) => create(&workspace, context, name, start.as_deref()),
        (None, Some(revision)) if args.detach => detach(&workspace, context, revision),
        (None, Some(branch)) => existing(&workspace, context, branch),
        (None, None) => Err(Error::user("no branch is named")),
    }
}

pub(super) fn create(
    workspace: &Workspace,
    context: &mut Context,
    name: &str,
    start: Option<&str>,
) -> Result<Ending, Error> {
    workspace.switch(name, Some(start.unwrap_or("HEAD")))?;
    context
        .out
        .say(&format!("Switched to a new branch '{name}'\n"));
    Ok(Ending::Done)
}

pub(super) fn existing(
    workspace: &Workspace,
    context: &mut Context,
    branch: &str,
) -> Result<Ending, Error> {
    if workspace.store().head()?.branch.as_deref() == Some(branch) {
        context.out.say(&format!("Already on '{branch}'\n"));
        return Ok(Ending::Done);
    }
    workspace.switch(branch, None)?;
    context.out.say(&format!("Switched to branch '{branch}'\n"));
    Ok(Ending::Done)
}

pub(super) fn detach(
    workspace: &Workspace,
    context: &mut Context,
    revision: &str,
) -> Result<Ending, Error> {
    let commit = workspace.switch_detached(revision)?;
    let subject = workspace.store().commit(commit)?.subject();
    context.out.say(&format!(
        "HEAD is now at {} {subject}\n",
        commit.abbreviated(7)
    ));
    Ok(Ending::Done)
}
