//! `vrev reset`: HEAD moved, or objects taken out of the index.

use super::objects;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::ResetMode;
use crate::workspace::{ObjectChange, Workspace};

/// Move HEAD to a revision, or unstage objects
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev reset --hard HEAD~1")]
pub(crate) struct Args {
    /// The revision (HEAD); a name that is none, and all names after it, are objects to unstage
    #[arg(value_name = "REVISION")]
    words: Vec<String>,
    /// Move HEAD alone
    #[arg(long, group = "mode")]
    soft: bool,
    /// Move HEAD and the index (this is what happens if nothing is said)
    #[arg(long, group = "mode")]
    mixed: bool,
    /// Move HEAD, the index, the files and the rows: what is not committed is lost
    #[arg(long, group = "mode")]
    hard: bool,
    /// Take these out of the index instead
    #[arg(last = true, value_name = "OBJECT", conflicts_with = "mode")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    if args.words == ["."] && !(args.soft || args.mixed || args.hard) {
        workspace.unstage(&[])?;
        return unstaged(&workspace, context);
    }
    let (revision, named) = target(&workspace, args)?;
    if !named.is_empty() {
        workspace.unstage(&objects(&workspace, &named)?)?;
        return unstaged(&workspace, context);
    }
    let mode = match (args.soft, args.hard) {
        (true, _) => ResetMode::Soft,
        (_, true) => ResetMode::Hard,
        _ => ResetMode::Mixed,
    };
    if revision == "HEAD" && mode == ResetMode::Mixed && workspace.store().head()?.commit.is_none()
    {
        // Nothing is committed yet: nothing is staged.
        workspace.unstage(&[])?;
        return Ok(Ending::Done);
    }
    let commit = workspace.reset(&revision, mode)?;
    if mode == ResetMode::Hard {
        let subject = workspace.store().commit(commit)?.subject();
        context.out.say(&format!(
            "HEAD is now at {} {subject}\n",
            commit.abbreviated(7)
        ));
    }
    if mode == ResetMode::Mixed {
        return unstaged(&workspace, context);
    }
    Ok(Ending::Done)
}

/// Tells the revision from the objects.
fn target(workspace: &Workspace, args: &Args) -> Result<(String, Vec<String>), Error> {
    let head = || "HEAD".to_owned();
    let mut named = args.objects.clone();
    let Some((first, others)) = args.words.split_first() else {
        return Ok((head(), named));
    };
    let elsewhere = || Error::user("objects are unstaged to HEAD, not to another revision");
    let moves = args.soft || args.mixed || args.hard;
    if moves && !others.is_empty() {
        return Err(Error::user("HEAD can be moved to one revision only"));
    }
    if moves || (named.is_empty() && others.is_empty() && workspace.resolve(first).is_ok()) {
        return Ok((first.clone(), named));
    }
    if !args.objects.is_empty() && workspace.resolve(first).is_ok() {
        let same = workspace.resolve(first)? == workspace.resolve("HEAD")?;
        return if same {
            Ok((head(), named))
        } else {
            Err(elsewhere())
        };
    }
    let is_object = |word: &String| -> Result<bool, Error> {
        Ok(word == "." || workspace.has_object_named(word)?)
    };
    if !is_object(first)? {
        if !others.is_empty() && workspace.resolve(first)? != workspace.resolve("HEAD")? {
            return Err(elsewhere());
        }
        // Neither an object nor, perhaps, a revision: that error tells where to look.
        workspace.resolve(first)?;
        named.splice(0..0, others.iter().filter(|word| *word != ".").cloned());
        return Ok((head(), named));
    }
    named.splice(0..0, args.words.iter().filter(|word| *word != ".").cloned());
    Ok((head(), named))
}

/// Says what is changed and not staged, as git does after a reset.
fn unstaged(workspace: &Workspace, context: &mut Context) -> Result<Ending, Error> {
    let left = workspace.status()?.unstaged;
    if !left.is_empty() {
        context.out.line("Unstaged changes after reset:")?;
        for object in left {
            let mark = match object.change {
                ObjectChange::Added => 'A',
                ObjectChange::Removed => 'D',
                ObjectChange::Modified => 'M',
                ObjectChange::Renamed { .. } => 'R',
            };
            context.out.line(format!("{mark}\t{}", object.name))?;
        }
    }
    Ok(Ending::Done)
}
