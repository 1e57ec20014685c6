//! `vrev init`: a new repository, empty or with the example cluster.

use std::path::PathBuf;

use crate::cli::Context;
use crate::cli::error::{self, Ending, Error};
use crate::workspace::{EXAMPLE_IDENTITY, Template, Workspace};

/// Create a repository and commit what it starts with
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev init --template shop")]
pub(crate) struct Args {
    /// The folder, made if absent
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Lay down the example cluster: `product` unsharded, `customer` sharded with a lookup vindex and sequences
    #[arg(long)]
    template: bool,
    /// Name of the first branch
    #[arg(short = 'b', long, value_name = "BRANCH")]
    initial_branch: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("init")?;
    let template = if args.template {
        Template::Cluster
    } else {
        Template::Empty
    };
    let directory = context.path(&args.directory);
    let workspace = Workspace::init(&directory, template, args.initial_branch.as_deref())?;
    let status = workspace.status()?;
    let branch = status.branch.unwrap_or_default();
    if json {
        let head = status.head.map(|id| id.to_string());
        let root = workspace.store().root().display().to_string();
        context
            .out
            .json(&serde_json::json!({ "root": root, "branch": branch, "head": head }))?;
    } else {
        let what = if args.template {
            "a repository with the example cluster"
        } else {
            "an empty repository"
        };
        context.out.line(format!(
            "Created {what} in {} on branch {branch}",
            args.directory.display()
        ))?;
    }
    let signer = workspace.store().config("user.name");
    if signer.as_deref() == Some(EXAMPLE_IDENTITY.0) {
        let (name, email) = EXAMPLE_IDENTITY;
        error::say(&format!(
            "commits here are by `{name} <{email}>` until `git config user.name` and `user.email` are set\n"
        ));
    }
    Ok(Ending::Done)
}
