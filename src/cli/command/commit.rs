//! `vrev commit`: the index as a new commit.

use std::path::PathBuf;

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::{self, CommitOptions, Object, Stage};

/// Record what is staged as a commit
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev commit -am 'add corder_event'")]
pub(crate) struct Args {
    /// Stage and commit these objects alone; what else is staged stays so
    #[arg(value_name = "OBJECT", conflicts_with_all = ["all", "all_new"])]
    objects: Vec<String>,
    /// The message; given more than once, each is a paragraph
    #[arg(short, long, value_name = "TEXT")]
    message: Vec<String>,
    /// Read the message from a file, `-` for stdin
    #[arg(short = 'F', long, value_name = "FILE", conflicts_with = "message")]
    file: Option<PathBuf>,
    /// Stage what changed first, without what is new
    #[arg(short, long)]
    all: bool,
    /// Stage everything first, also what is new
    #[arg(short = 'A', long, conflicts_with = "all")]
    all_new: bool,
    /// Record and stage first that an object is the one that HEAD has under another name: `customer.corder.oname=title`
    #[arg(long = "rename", value_name = "OLD=NEW")]
    renames: Vec<String>,
    /// Commit even if nothing changed
    #[arg(long)]
    allow_empty: bool,
    /// Do nothing, and say so, if nothing changed
    #[arg(long, conflicts_with = "allow_empty")]
    skip_empty: bool,
    /// Commit even if the catalog does not build, or brings in errors that `vrev check` finds
    #[arg(long)]
    no_verify: bool,
    /// Commit a merge although it breaks constraints; conflicts must be resolved all the same
    #[arg(long)]
    force: bool,
    /// Replace HEAD's commit instead of adding one
    #[arg(long)]
    amend: bool,
    /// Take the message that is noted without asking; vrev never asks
    #[arg(long, hide = true)]
    no_edit: bool,
    /// Take this author
    #[arg(long, value_name = "NAME <ADDRESS>")]
    author: Option<String>,
    /// Take this date for the author, in any form that git reads
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("commit")?;
    let mut options = CommitOptions {
        message: {
            let message = message(args, context)?;
            let is_given = args.file.is_some() || !args.message.is_empty();
            if is_given && message.trim().is_empty() {
                return Err(workspace::Error::EmptyMessage.into());
            }
            message
        },
        stage: match (args.all, args.all_new) {
            (_, true) => Stage::All,
            (true, false) => Stage::Tracked,
            (false, false) => Stage::Nothing,
        },
        allow_empty: args.allow_empty,
        no_verify: args.no_verify,
        judged: true,
        amend: args.amend,
        objects: Vec::new(),
        author: args.author.clone(),
        date: args.date.clone(),
    };
    let workspace = context.workspace()?;
    options.objects = super::objects(&workspace, &args.objects)?;
    for report in workspace.record_renames(&args.renames)? {
        let files: Vec<_> = report.files.into_iter().map(Object::Path).collect();
        workspace.add(&files)?;
    }
    if args.force {
        workspace.accept_violations(None)?;
    }
    let report = match workspace.commit(&options) {
        Err(workspace::Error::NothingToCommit { .. } | workspace::Error::Unchanged { .. })
            if args.skip_empty =>
        {
            context.out.say("Skipping empty commit\n");
            return Ok(Ending::Done);
        }
        other => other?,
    };
    context.out.commit(&report)?;
    Ok(Ending::Done)
}

fn message(args: &Args, context: &Context) -> Result<String, Error> {
    match &args.file {
        Some(file) => super::read_text(file, context),
        None => Ok(args.message.join("\n\n")),
    }
}
