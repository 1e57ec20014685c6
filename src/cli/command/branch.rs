//! `vrev branch`: branches listed, made, renamed, deleted.

use crate::cli::Context;
use crate::cli::color::Meaning;
use crate::cli::error::{Ending, Error};
use crate::store::Force;
use crate::workspace::Workspace;

/// List, create, rename or delete branches
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev branch add-events main")]
pub(crate) struct Args {
    /// The branch; without one, branches are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Where a new branch starts (HEAD), or the new name with `-m`
    #[arg(value_name = "START")]
    start: Option<String>,
    /// Rename NAME (or the current branch) to the last name given
    #[arg(short, long, requires = "name", conflicts_with = "delete")]
    r#move: bool,
    /// Delete the branch
    #[arg(short, long, requires = "name")]
    delete: bool,
    /// Delete the branch even if its commits are in no other
    #[arg(short = 'D', requires = "name", conflicts_with_all = ["move", "delete"])]
    delete_unmerged: bool,
    /// Move a branch that exists; delete one that is not merged
    #[arg(short, long)]
    force: bool,
    /// Print the current branch's name
    #[arg(long, conflicts_with = "name")]
    show_current: bool,
    /// Show the commit of each branch
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("branch")?;
    let workspace = context.workspace()?;
    let force = if args.force || args.delete_unmerged {
        Force::Yes
    } else {
        Force::No
    };
    let Some(name) = &args.name else {
        return if args.show_current {
            show_current(&workspace, context)
        } else {
            list(args, json, &workspace, context)
        };
    };
    if args.r#move {
        let current = workspace.store().head()?.branch;
        let (from, to) = match &args.start {
            Some(to) => (name.clone(), to),
            None => (
                current.ok_or_else(|| Error::user("HEAD is on no branch that could be renamed"))?,
                name,
            ),
        };
        workspace.rename_branch(&from, to, force)?;
    } else if args.delete || args.delete_unmerged {
        let was = workspace.delete_branch(name, force)?;
        context.out.say(&format!(
            "Deleted branch {name} (was {}).\n",
            was.abbreviated(7)
        ));
    } else {
        workspace.create_branch(name, args.start.as_deref(), force)?;
    }
    Ok(Ending::Done)
}

fn show_current(workspace: &Workspace, context: &mut Context) -> Result<Ending, Error> {
    if let Some(branch) = workspace.store().head()?.branch {
        context.out.line(branch)?;
    }
    Ok(Ending::Done)
}

fn list(
    args: &Args,
    json: bool,
    workspace: &Workspace,
    context: &mut Context,
) -> Result<Ending, Error> {
    let branches = workspace.branches()?;
    if json {
        let branches: Vec<_> = branches
            .iter()
            .map(|b| serde_json::json!({ "name": b.name, "commit": b.commit.to_string(), "head": b.is_head }))
            .collect();
        context
            .out
            .json(&serde_json::json!({ "branches": branches }))?;
        return Ok(Ending::Done);
    }
    let head = workspace.store().head()?;
    if let (None, Some(commit)) = (&head.branch, head.commit) {
        context.out.painted(
            Meaning::Head,
            &format!("* (HEAD detached at {})", commit.abbreviated(7)),
        )?;
    }
    let width = branches
        .iter()
        .map(|branch| branch.name.chars().count())
        .max()
        .unwrap_or(0);
    for branch in &branches {
        let (mark, meaning) = if branch.is_head {
            ("* ", Meaning::Head)
        } else {
            ("  ", Meaning::Branch)
        };
        let name = context.out.palette().paint(meaning, &branch.name);
        if args.verbose {
            let padding = " ".repeat(width - branch.name.chars().count());
            let subject = workspace.store().commit(branch.commit)?.subject();
            context.out.line(format!(
                "{mark}{name}{padding} {} {subject}",
                branch.commit.abbreviated(7)
            ))?;
        } else {
            context.out.line(format!("{mark}{name}"))?;
        }
    }
    Ok(Ending::Done)
}
