//! `vrev log`: commits, newest first.

use regex::RegexBuilder;

use super::shape::{Shape, write_diff};
use super::{names_revisions, revisions_and_objects};
use crate::cli::error::{Ending, Error};
use crate::cli::progress::indexing;
use crate::cli::render::{Decorate, LogForm};
use crate::cli::{Context, Format};
use crate::history::Ahead;
use crate::store::Store;
use crate::workspace::{DiffRequest, LogEntry, LogFilter, LogOptions, Workspace};

/// Show commits, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev log --oneline -n 5 main..HEAD -- customer.corder
  vrev log -p -- 'customer.corder.amount' 'customer.corder[42]'")]
pub(crate) struct Args {
    /// Revisions and ranges; HEAD if none is given
    #[arg(value_name = "REVISION", allow_hyphen_values = false)]
    revisions: Vec<String>,
    /// Show each commit on one line
    #[arg(long)]
    oneline: bool,
    /// Draw the lines of descent
    #[arg(long, conflicts_with_all = ["patch", "stat"])]
    graph: bool,
    /// Show what each commit changed against its first parent
    #[arg(short, long)]
    patch: bool,
    /// Show how much each commit changed against its first parent
    #[arg(long, conflicts_with = "patch")]
    stat: bool,
    /// Show at most <NUMBER> commits
    #[arg(short = 'n', long, value_name = "NUMBER")]
    max_count: Option<usize>,
    /// Only commits at or after <DATE>
    #[arg(long, visible_alias = "after", value_name = "DATE")]
    since: Option<String>,
    /// Only commits at or before <DATE>
    #[arg(long, visible_alias = "before", value_name = "DATE")]
    until: Option<String>,
    /// Only commits whose author matches <PATTERN>
    #[arg(long, value_name = "PATTERN")]
    author: Option<String>,
    /// Only commits with a line of message that matches <PATTERN>
    #[arg(long, value_name = "PATTERN")]
    grep: Option<String>,
    /// Only merges
    #[arg(long, conflicts_with = "no_merges")]
    merges: bool,
    /// No merges
    #[arg(long)]
    no_merges: bool,
    /// Only commits with at least <NUMBER> parents
    #[arg(long, value_name = "NUMBER")]
    min_parents: Option<usize>,
    /// Follow the first parent of each commit only
    #[arg(long)]
    first_parent: bool,
    /// All branches and tags
    #[arg(long)]
    all: bool,
    /// Leave out what <REVISION> reaches
    #[arg(long, value_name = "REVISION")]
    not: Vec<String>,
    /// Follow objects through renames, as is done anyway
    #[arg(long, conflicts_with = "no_follow")]
    follow: bool,
    /// Stop at renames
    #[arg(long)]
    no_follow: bool,
    /// Show the parents of each commit
    #[arg(long)]
    parents: bool,
    /// How to name branches and tags
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "short")]
    decorate: Option<Decorate>,
    /// Only commits that touched these keyspaces, tables, columns, indexes, vindexes, rows, cells, relations or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let is_json = context.out.format().is_json("log")?;
    let workspace = context.workspace()?;
    let ahead = match args.objects.is_empty() {
        true => Ahead::default(),
        false => workspace.open_history_ahead(),
    };
    let (revisions, objects) = revisions_and_objects(
        &workspace,
        &args.revisions,
        &args.objects,
        usize::MAX,
        |word| names_revisions(&workspace, word),
    )?;
    let options = LogOptions {
        revisions,
        not: args.not.clone(),
        all: args.all,
        objects,
        no_follow: args.no_follow,
        topological: args.graph,
        first_parent: args.first_parent,
        filter: filter(args)?,
        limit: args.max_count,
    };
    if args.first_parent && !options.objects.is_empty() {
        return Err(Error::user(
            "`--first-parent` and objects exclude each other: a history of objects is simplified as it is",
        ));
    }
    let entries = workspace.log_with(&options, ahead, &mut indexing())?;
    context.out.page();
    let form = LogForm {
        oneline: args.oneline,
        graph: args.graph,
        parents: args.parents,
        decorate: args.decorate.unwrap_or_default(),
    };
    if !args.patch && !args.stat {
        context.out.log(&entries, form)?;
    } else if is_json {
        with_changes_json(&workspace, &entries, args.stat, context)?;
    } else {
        with_changes(&workspace, &entries, args.stat, form, context)?;
    }
    Ok(Ending::Done)
}

fn filter(args: &Args) -> Result<LogFilter, Error> {
    let date = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => Store::parse_date(text).map(Some).ok_or_else(|| {
            Error::user(format!("`{text}` is no date"))
                .hint("dates are written as git reads them: `2026-08-01`, `2 weeks ago`")
        }),
    };
    let pattern = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => RegexBuilder::new(text).build().map(Some).map_err(|error| {
            Error::user(format!("`{text}` is no regular expression")).because(Some(&error))
        }),
    };
    Ok(LogFilter {
        since: date(&args.since)?,
        until: date(&args.until)?,
        author: pattern(&args.author)?,
        message: pattern(&args.grep)?,
        min_parents: args.min_parents.or(args.merges.then_some(2)),
        max_parents: args.no_merges.then_some(1),
    })
}

fn request(workspace: &Workspace, entry: &LogEntry) -> DiffRequest {
    let (from, to) = workspace.sides_of(&entry.commit);
    DiffRequest {
        from,
        to,
        objects: entry.objects.clone(),
        keyless: false,
        renames: Vec::new(),
    }
}

/// Writes each commit with what it changed. Merges are told without, as git has it.
fn with_changes(
    workspace: &Workspace,
    entries: &[LogEntry],
    stat: bool,
    form: LogForm,
    context: &mut Context,
) -> Result<(), Error> {
    let shape = Shape::counts(stat);
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 && !form.oneline {
            context.out.line("")?;
        }
        context.out.log(std::slice::from_ref(entry), form)?;
        if entry.commit.parents.len() < 2 {
            if !form.oneline {
                context.out.line("")?;
            }
            write_diff(workspace, &request(workspace, entry), &shape, context)?;
        }
    }
    Ok(())
}

fn with_changes_json(
    workspace: &Workspace,
    entries: &[LogEntry],
    stat: bool,
    context: &mut Context,
) -> Result<(), Error> {
    debug_assert_eq!(context.out.format(), Format::Json);
    let mut reports = Vec::with_capacity(entries.len());
    for entry in entries {
        let report = workspace.diff(&request(workspace, entry))?;
        reports.push((entry, report));
    }
    context.out.log_with_changes_json(&reports, stat)?;
    Ok(())
}
