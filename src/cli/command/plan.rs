//! `vrev plan`: the ordered statements from one state's schema to another's, with what they cost and how they go back.

use super::{diff, objects};
use crate::cli::error::{Ending, Error};
use crate::cli::{Context, Format};
use crate::store::Revision;
use crate::workspace::{DiffRequest, Side};

/// Plan the statements that bring a database from one state's schema to another's
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev plan main HEAD --format sql -- customer.corder")]
pub(crate) struct Args {
    /// From and to, also `a..b`; from HEAD and to the working set where absent
    #[arg(value_name = "REVISION", num_args = 0..=2)]
    revisions: Vec<String>,
    /// Plan the way back
    #[arg(long)]
    reverse: bool,
    /// Show beside each step what it changes, as a line diff of the canonical text
    #[arg(long)]
    text: bool,
    /// Show the VSchema documents that the plan arrives at, as `vtctldclient ApplyVSchema` takes them
    #[arg(long)]
    documents: bool,
    /// Take an object for the one that had another name: `customer.corder.oname=title`
    #[arg(long = "rename", value_name = "OLD=NEW")]
    renames: Vec<String>,
    /// Only steps that change these keyspaces, tables, relations or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    if context.out.format() == Format::Csv {
        return Err(Error::user("`vrev plan` has no format `csv`")
            .hint("it prints `text`, `json` or `sql`"));
    }
    let workspace = context.workspace()?;
    let (mut from, mut to) = if args.revisions.is_empty() {
        let head = workspace.store().head()?.commit.map(Revision::Commit);
        let from = Side {
            name: "HEAD".to_owned(),
            revision: head,
        };
        (from, diff::named(Revision::Working))
    } else {
        diff::sides(&workspace, &args.revisions, &diff::Known::new(), false)?
    };
    if args.reverse {
        std::mem::swap(&mut from, &mut to);
    }
    let request = DiffRequest {
        from,
        to,
        objects: objects(&workspace, &args.objects)?,
        keyless: false,
        renames: args.renames.clone(),
    };
    let report = workspace.plan(&request)?;
    context.out.page();
    context
        .out
        .migration_plan(&report, args.text, args.documents)?;
    Ok(Ending::Done)
}
