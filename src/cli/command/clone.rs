//! `vrev clone`: a repository copied, its rows with it.

use std::path::PathBuf;

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::CloneOptions;
use crate::workspace::Workspace;

/// Copy a repository, rows included, with the user's git
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev clone https://git.example.org/shop.git")]
pub(crate) struct Args {
    /// Where it is: a URL or a path
    #[arg(value_name = "URL")]
    url: String,
    /// The new folder; absent: the last part of the URL
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Check out this branch instead of the remote's HEAD
    #[arg(short, long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Copy only so many commits of each line of history
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,
    /// Copy one branch only
    #[arg(long)]
    single_branch: bool,
    /// Leave out objects, in git's words: `blob:none`, `blob:limit=1m`
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// Name of the remote
    #[arg(short, long, value_name = "NAME")]
    origin: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("clone")?;
    let directory = match &args.directory {
        Some(directory) => directory.clone(),
        None => PathBuf::from(last_part(&args.url).ok_or_else(|| {
            Error::user(format!("cannot tell a folder's name from `{}`", args.url))
                .hint("name the folder after the URL")
        })?),
    };
    let path = context.path(&directory);
    if path
        .read_dir()
        .is_ok_and(|mut inside| inside.next().is_some())
    {
        return Err(Error::user(format!(
            "cannot clone into `{}`: it is not empty",
            directory.display()
        )));
    }
    let options = CloneOptions {
        branch: args.branch.clone(),
        depth: args.depth,
        single_branch: args.single_branch,
        filter: args.filter.clone(),
        origin: args.origin.clone(),
        talk: context.talk(),
    };
    let url = context.url(&args.url);
    let (workspace, said) = Workspace::clone_from(&url, &path, &options)?;
    context.out.say(&said);
    let head = workspace.store().head()?;
    let branch = head.branch.unwrap_or_default();
    if json {
        let root = workspace.store().root().display().to_string();
        let head = head.commit.map(|id| id.to_string());
        context
            .out
            .json(&serde_json::json!({ "root": root, "branch": branch, "head": head }))?;
    } else {
        let at = head.commit.map_or_else(
            || "which has no commit yet".to_owned(),
            |id| format!("at {}", id.abbreviated(7)),
        );
        context.out.line(format!(
            "Cloned into {} on branch {branch}, {at}",
            directory.display()
        ))?;
    }
    Ok(Ending::Done)
}

/// Returns what git would call the folder of a clone: the last part of its URL without `.git`.
fn last_part(url: &str) -> Option<&str> {
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix("/.git").unwrap_or(url);
    let url = url.strip_suffix(".git").unwrap_or(url);
    let part = url.rsplit(['/', ':', '\\']).next()?;
    (!part.is_empty() && part != "." && part != "..").then_some(part)
}

#[cfg(test)]
mod tests {
    use super::last_part;

    #[test]
    fn a_clones_folder_is_called_as_git_calls_it() {
        for (url, expected) in [
            ("https://git.example.org/team/shop.git", Some("shop")),
            ("git@git.example.org:shop.git", Some("shop")),
            ("../shop/", Some("shop")),
            ("/srv/shop/.git", Some("shop")),
            ("..", None),
            ("/", None),
        ] {
            assert_eq!(last_part(url), expected, "{url}");
        }
    }
}
