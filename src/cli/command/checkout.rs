//! `vrev checkout`: git's older word for `switch`, and objects brought back.

use super::{objects, switch};
use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Switch to a branch or commit, or bring objects back
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev checkout HEAD~1 -- customer.corder")]
pub(crate) struct Args {
    /// A branch, a revision to check out without a branch, an object, or where objects come from (the index if nothing is
    /// said)
    #[arg(value_name = "REVISION")]
    revision: Option<String>,
    /// Create this branch first, at the revision given or at HEAD
    #[arg(short = 'b', value_name = "NAME", conflicts_with = "objects")]
    create: Option<String>,
    #[command(flatten)]
    losses: switch::Losses,
    /// Bring these back; their local changes are lost
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    if !args.objects.is_empty() || args.revision.as_deref() == Some(".") {
        let revision = args.revision.as_deref().filter(|typed| *typed != ".");
        let everything = args.objects.is_empty() || args.objects == ["."];
        let named = if everything {
            Vec::new()
        } else {
            objects(&workspace, &args.objects)?
        };
        workspace.has_objects(&named, revision)?;
        workspace.restore_objects(&named, revision)?;
        let what = if everything {
            "everything".to_owned()
        } else {
            args.objects.join(", ")
        };
        let from = revision.unwrap_or("the index");
        context.out.say(&format!("Updated {what} from {from}\n"));
        return Ok(Ending::Done);
    }
    let named = match &args.revision {
        Some(typed) => Some(switch::left_or_named(&workspace, typed)?),
        None => None,
    };
    match (&args.create, &named) {
        (Some(name), start) => {
            switch::create(&workspace, context, name, start.as_deref(), args.losses)
        }
        (None, Some(revision))
            if workspace
                .branches()?
                .iter()
                .any(|branch| branch.name == *revision) =>
        {
            switch::existing(&workspace, context, revision, args.losses)
        }
        (None, Some(name))
            if workspace.resolve(name).is_err() && workspace.has_object_named(name)? =>
        {
            let named = objects(&workspace, std::slice::from_ref(name))?;
            workspace.has_objects(&named, None)?;
            workspace.restore_objects(&named, None)?;
            context.out.say(&format!("Updated {name} from the index\n"));
            Ok(Ending::Done)
        }
        (None, Some(revision)) => switch::detach(&workspace, context, revision, args.losses),
        (None, None) => Err(Error::user("no revision is named")
            .hint("`vrev checkout <revision>`, or `vrev checkout [<revision>] -- <object>...`")),
    }
}
