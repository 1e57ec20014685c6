//! `vrev tag`: tags listed, made, deleted.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::Force;

/// List, create or delete tags
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev tag -m 'before the events' v1 HEAD~1")]
pub(crate) struct Args {
    /// The tag; without one, tags are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// What it names (HEAD); with `-d` another tag
    #[arg(value_name = "REVISION")]
    revision: Option<String>,
    /// Make an annotated tag with this message
    #[arg(
        short,
        long,
        value_name = "TEXT",
        requires = "name",
        conflicts_with = "delete"
    )]
    message: Option<String>,
    /// With the list, show the commit, tagger, date and message of each tag
    #[arg(short, long, conflicts_with = "name")]
    verbose: bool,
    /// Delete the tag
    #[arg(short, long, requires = "name")]
    delete: bool,
    /// Move a tag that exists
    #[arg(short, long, requires = "name")]
    force: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("tag")?;
    let workspace = context.workspace()?;
    match &args.name {
        Some(name) if args.delete => {
            for name in std::iter::once(name).chain(&args.revision) {
                let was = workspace.delete_tag(name)?;
                context.out.say(&format!(
                    "Deleted tag '{name}' (was {})\n",
                    was.abbreviated(7)
                ));
            }
        }
        Some(name) => {
            let force = if args.force { Force::Yes } else { Force::No };
            let revision = args.revision.as_deref().unwrap_or("HEAD");
            workspace.create_tag(name, revision, args.message.as_deref(), force)?;
        }
        None if json => {
            let tags: Vec<_> = workspace
                .tags()?
                .iter()
                .map(|t| serde_json::json!({ "name": t.name, "commit": t.commit.to_string(), "message": t.message }))
                .collect();
            context.out.json(&serde_json::json!({ "tags": tags }))?;
        }
        None => {
            for tag in workspace.tags()? {
                match args.verbose {
                    true => context.out.tag(&tag)?,
                    false => context.out.line(tag.name)?,
                }
            }
        }
    }
    Ok(Ending::Done)
}
