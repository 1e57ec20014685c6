//! `vrev branch`: branches listed, made, renamed, deleted.

use crate::cli::Context;
use crate::cli::color::Meaning;
use crate::cli::error::{Ending, Error};
use crate::sql::name::matches_pattern;
use crate::store::Force;
use crate::workspace::Workspace;

/// List, create, rename or delete branches
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev branch add-events main")]
pub(crate) struct Args {
    /// The branch, and where a new one starts (HEAD) or what it is to be called (`-m`, `-c`); several with `-d`; without
    /// any, branches are listed
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Rename NAME (or the current branch) to the last name given
    #[arg(short, long, requires = "names", conflicts_with = "delete")]
    r#move: bool,
    /// Copy NAME (or the current branch) to the last name given
    #[arg(short, long, requires = "names", conflicts_with_all = ["delete", "move"])]
    copy: bool,
    /// List branches whose names match a pattern with `*` and `?`
    #[arg(short, long, conflicts_with_all = ["delete", "move", "copy"])]
    list: bool,
    /// Delete the branch
    #[arg(short, long, requires = "names")]
    delete: bool,
    /// Delete the branch even if its commits are in no other
    #[arg(short = 'D', requires = "names", conflicts_with_all = ["move", "delete"])]
    delete_unmerged: bool,
    /// Move a branch that exists; delete one that is not merged
    #[arg(short, long)]
    force: bool,
    /// Print the current branch's name
    #[arg(long, conflicts_with = "names")]
    show_current: bool,
    /// Start at a branch, of a remote (`origin/main`) or local, and follow it
    #[arg(short, long, value_name = "UPSTREAM", requires = "names", conflicts_with_all = ["delete", "move", "copy", "list"])]
    track: Option<String>,
    /// List the branches of remotes instead
    #[arg(short, long, conflicts_with_all = ["delete", "move", "copy", "track", "all"])]
    remotes: bool,
    /// List the branches of remotes, too
    #[arg(short, long, conflicts_with_all = ["delete", "move", "copy", "track"])]
    all: bool,
    /// Let NAME (or the current branch) follow a branch, of a remote or local
    #[arg(short = 'u', long, value_name = "UPSTREAM", conflicts_with_all = ["delete", "move", "copy", "list", "track"])]
    set_upstream_to: Option<String>,
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
    if let Some(upstream) = args.set_upstream_to.as_deref().or(args.track.as_deref()) {
        return follow(args, upstream, &workspace, force, context);
    }
    if (args.remotes || args.all) && !args.names.is_empty() && !args.list {
        return Err(Error::user(
            "a listing of remotes' branches cannot be used with a name, but for a pattern with `--list`",
        ));
    }
    let Some(name) = args.names.first().filter(|_| !args.list) else {
        return if args.show_current {
            show_current(&workspace, context)
        } else {
            list(args, json, &workspace, context)
        };
    };
    let start = args.names.get(1);
    if args.delete || args.delete_unmerged {
        for name in &args.names {
            let was = workspace.delete_branch(name, force)?;
            context.out.say(&format!(
                "Deleted branch {name} (was {}).\n",
                was.abbreviated(7)
            ));
        }
        return Ok(Ending::Done);
    }
    if let Some(extra) = args.names.get(2) {
        return Err(Error::user(format!("`{extra}` is one name too many")));
    }
    if args.r#move || args.copy {
        let current = workspace.store().head()?.branch;
        let (from, to) = match start {
            Some(to) => (name.clone(), to),
            None => (
                current.ok_or_else(|| Error::user("HEAD is on no branch that could be renamed"))?,
                name,
            ),
        };
        if args.r#move {
            workspace.rename_branch(&from, to, force)?;
        } else {
            workspace.copy_branch(&from, to, force)?;
        }
    } else {
        workspace.create_branch(name, start.map(String::as_str), force)?;
    }
    Ok(Ending::Done)
}

/// Lets a branch follow another one; with `--track` it is made first.
fn follow(
    args: &Args,
    upstream: &str,
    workspace: &Workspace,
    force: Force,
    context: &mut Context,
) -> Result<Ending, Error> {
    let store = workspace.store();
    let remote = store.remote_branches()?;
    let local = workspace.branches()?;
    let is_branch = local.iter().any(|branch| branch.name == upstream)
        || remote.iter().any(|(name, _)| name == upstream);
    if !is_branch {
        return Err(Error::user(format!("`{upstream}` is no branch"))
            .hint("`vrev branch` lists the local branches, `vrev fetch` brings those of remotes"));
    }
    let name = match args.names.as_slice() {
        [] => store
            .head()?
            .branch
            .ok_or_else(|| Error::user("HEAD is on no branch that could follow another"))?,
        [name] => name.clone(),
        [_, extra, ..] => return Err(Error::user(format!("`{extra}` is one name too many"))),
    };
    if args.track.is_some() {
        workspace.create_branch(&name, Some(upstream), force)?;
    }
    store.set_upstream(&name, upstream)?;
    context
        .out
        .say(&format!("branch '{name}' set up to track '{upstream}'.\n"));
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
    let is_meant = |name: &str| {
        let mut patterns = args.names.iter();
        args.names.is_empty() || patterns.any(|pattern| matches_pattern(pattern, name))
    };
    let mut branches = match args.remotes {
        true => Vec::new(),
        false => workspace.branches()?,
    };
    branches.retain(|branch| is_meant(&branch.name));
    let mut remotes = match args.remotes || args.all {
        true => workspace.store().remote_branches()?,
        false => Vec::new(),
    };
    remotes.retain(|(name, _)| is_meant(name));
    if json {
        let branches: Vec<_> = branches
            .iter()
            .map(|b| serde_json::json!({ "name": b.name, "commit": b.commit.to_string(), "head": b.is_head }))
            .collect();
        let mut document = serde_json::json!({ "branches": branches });
        if args.remotes || args.all {
            let remotes = remotes.iter().map(
                |(name, commit)| serde_json::json!({ "name": name, "commit": commit.to_string() }),
            );
            document["remote_branches"] = remotes.collect();
        }
        context.out.json(&document)?;
        return Ok(Ending::Done);
    }
    let head = workspace.store().head()?;
    if let (None, Some(commit), false) = (&head.branch, head.commit, args.remotes) {
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
    for (name, commit) in &remotes {
        let shown = match args.remotes {
            true => name.clone(),
            false => format!("remotes/{name}"),
        };
        let painted = context.out.palette().paint(Meaning::Branch, &shown);
        let about = match args.verbose {
            true => {
                let subject = workspace.store().commit(*commit)?.subject();
                format!(" {} {subject}", commit.abbreviated(7))
            }
            false => String::new(),
        };
        context.out.line(format!("  {painted}{about}"))?;
    }
    Ok(Ending::Done)
}
