//! One verb, one file: its arguments with their help, and what it does with a workspace.

mod add;
mod bisect;
mod blame;
mod branch;
mod check;
mod checkout;
mod cherry_pick;
mod clean;
mod clone;
mod commit;
mod completions;
mod conflicts;
mod constraints;
mod descriptor;
mod diff;
mod explain;
mod explain_check;
mod export;
mod fetch;
mod fmt;
mod gc;
mod git;
mod grep;
mod import;
mod index;
mod init;
mod log;
mod ls;
mod merge;
mod merge_base;
mod migrate;
mod plan;
mod pull;
mod push;
mod query_diff;
mod quickstart;
mod rebase;
mod reflog;
mod remote;
mod rename;
mod reset;
mod resolve;
mod revert;
mod rm;
mod rollback;
mod shape;
mod show;
mod sql;
mod stash;
mod status;
mod switch;
mod tag;
mod verify;

use std::path::Path;

use super::Context;
use super::error::{Ending, Error};
use crate::sql::name;
use crate::workspace::{Object, OperationKind, PickReport, Session, Workspace};

/// The verbs, in the order in which help lists them.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Clone(clone::Args),
    Status(status::Args),
    Add(add::Args),
    Commit(commit::Args),
    Log(log::Args),
    Show(show::Args),
    Blame(blame::Args),
    Grep(grep::Args),
    Bisect(bisect::Args),
    Diff(diff::Args),
    QueryDiff(query_diff::Args),
    Branch(branch::Args),
    Switch(switch::Args),
    Checkout(checkout::Args),
    Tag(tag::Args),
    Remote(remote::Args),
    Fetch(fetch::Args),
    Pull(pull::Args),
    Push(push::Args),
    Merge(merge::Args),
    Conflicts(conflicts::Args),
    Resolve(resolve::Args),
    Constraints(constraints::Args),
    CherryPick(cherry_pick::Args),
    Rebase(rebase::Args),
    Stash(stash::Args),
    Clean(clean::Args),
    Rm(rm::Args),
    MergeBase(merge_base::Args),
    Reflog(reflog::Args),
    Gc(gc::Args),
    Verify(verify::Args),
    Migrate(migrate::Args),
    Reset(reset::Args),
    Ls(ls::Args),
    Index(index::Args),
    Revert(revert::Args),
    Rollback(rollback::Args),
    Fmt(fmt::Args),
    Import(import::Args),
    Export(export::Args),
    Check(check::Args),
    Plan(plan::Args),
    Rename(rename::Args),
    ExplainCheck(explain_check::Args),
    Git(git::Args),
    Sql(sql::Args),
    Explain(explain::Args),
    Quickstart(quickstart::Args),
    Completions(completions::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, context: &mut Context) -> Result<Ending, Error> {
        match self {
            Self::Init(args) => init::run(&args, context),
            Self::Clone(args) => clone::run(&args, context),
            Self::Status(args) => status::run(&args, context),
            Self::Add(args) => add::run(&args, context),
            Self::Commit(args) => commit::run(&args, context),
            Self::Log(args) => log::run(&args, context),
            Self::Show(args) => show::run(&args, context),
            Self::Blame(args) => blame::run(&args, context),
            Self::Grep(args) => grep::run(&args, context),
            Self::Bisect(args) => bisect::run(&args, context),
            Self::Diff(args) => diff::run(&args, context),
            Self::QueryDiff(args) => query_diff::run(&args, context),
            Self::Branch(args) => branch::run(&args, context),
            Self::Switch(args) => switch::run(&args, context),
            Self::Checkout(args) => checkout::run(&args, context),
            Self::Tag(args) => tag::run(&args, context),
            Self::Remote(args) => remote::run(&args, context),
            Self::Fetch(args) => fetch::run(&args, context),
            Self::Pull(args) => pull::run(&args, context),
            Self::Push(args) => push::run(&args, context),
            Self::Merge(args) => merge::run(&args, context),
            Self::Conflicts(args) => conflicts::run(&args, context),
            Self::Resolve(args) => resolve::run(&args, context),
            Self::Constraints(args) => constraints::run(&args, context),
            Self::CherryPick(args) => cherry_pick::run(&args, context),
            Self::Rebase(args) => rebase::run(&args, context),
            Self::Stash(args) => stash::run(&args, context),
            Self::Clean(args) => clean::run(&args, context),
            Self::Rm(args) => rm::run(&args, context),
            Self::MergeBase(args) => merge_base::run(&args, context),
            Self::Reflog(args) => reflog::run(&args, context),
            Self::Gc(args) => gc::run(&args, context),
            Self::Verify(args) => verify::run(&args, context),
            Self::Migrate(args) => migrate::run(&args, context),
            Self::Reset(args) => reset::run(&args, context),
            Self::Ls(args) => ls::run(&args, context),
            Self::Index(args) => index::run(&args, context),
            Self::Revert(args) => revert::run(&args, context),
            Self::Rollback(args) => rollback::run(&args, context),
            Self::Fmt(args) => fmt::run(&args, context),
            Self::Import(args) => import::run(&args, context),
            Self::Export(args) => export::run(&args, context),
            Self::Check(args) => check::run(&args, context),
            Self::Plan(args) => plan::run(&args, context),
            Self::Rename(args) => rename::run(&args, context),
            Self::ExplainCheck(args) => explain_check::run(&args, context),
            Self::Git(args) => git::run(&args, context),
            Self::Sql(args) => sql::run(&args, context),
            Self::Explain(args) => explain::run(&args, context),
            Self::Quickstart(args) => quickstart::run(&args, context),
            Self::Completions(args) => completions::run(&args, context),
        }
    }
}

/// How a sequence of commits that has stopped goes on.
#[derive(Debug, clap::Args)]
struct Sequence {
    /// Go on: conflicts are resolved and staged
    #[arg(long = "continue", group = "ending")]
    go_on: bool,
    /// Take back what was begun, the commits made already, too
    #[arg(long, group = "ending")]
    abort: bool,
}

impl Sequence {
    /// Goes on or takes back, if that is asked for.
    fn run(&self, kind: OperationKind, context: &mut Context) -> Result<Option<Ending>, Error> {
        context.out.format().is_json(kind.verb())?;
        if self.abort {
            context.workspace()?.abort_pick(kind)?;
            let mut verb = kind.verb().to_owned();
            verb[..1].make_ascii_uppercase();
            context.out.say(&format!("{verb} aborted.\n"));
            return Ok(Some(Ending::Done));
        }
        if self.go_on {
            let report = context.workspace()?.continue_pick(kind)?;
            return picked(kind, &report, context).map(Some);
        }
        Ok(None)
    }
}

/// Writes what a sequence of commits did.
fn picked(
    kind: OperationKind,
    report: &PickReport,
    context: &mut Context,
) -> Result<Ending, Error> {
    context.out.pick(kind, report)?;
    Ok(match report.stopped {
        Some(_) => Ending::No,
        None => Ending::Done,
    })
}

/// Joins paragraphs of a message; `None` if there is none.
fn paragraphs(messages: &[String]) -> Option<String> {
    (!messages.is_empty()).then(|| messages.join("\n\n"))
}

/// Returns the objects that words name, tables by their bare names too.
fn objects(workspace: &Workspace, words: &[String]) -> Result<Vec<Object>, Error> {
    Ok(workspace.objects(words)?)
}

/// Parts words as git does: those before `--` are revisions as long as they name one, at most so many, then objects, if they
/// name those.
fn revisions_and_objects(
    workspace: &Workspace,
    words: &[String],
    after: &[String],
    at_most: usize,
) -> Result<(Vec<String>, Vec<Object>), Error> {
    let store = workspace.store();
    let is_revision = |word: &str| {
        let word = word.strip_prefix('^').unwrap_or(word);
        store.resolve(word).is_ok() || store.resolve_range(word).is_ok_and(|range| range.is_some())
    };
    let count = words
        .iter()
        .take(at_most)
        .take_while(|word| is_revision(word))
        .count();
    let (revisions, rest) = words.split_at(count);
    let mut objects = workspace.objects(rest)?;
    for (word, object) in rest.iter().zip(&objects) {
        if workspace
            .has_objects(std::slice::from_ref(object), None)
            .or_else(|_| workspace.has_objects(std::slice::from_ref(object), Some("WORKING")))
            .is_err()
        {
            // The words for a revision that is none are those of the store.
            store.resolve(word)?;
            return Err(Error::user(format!(
                "`{word}` is a revision where an object is expected"
            )));
        }
    }
    objects.extend(workspace.objects(after)?);
    Ok((revisions.to_vec(), objects))
}

/// Reads a file that a person named, `-` for stdin.
fn read_text(file: &Path, context: &Context) -> Result<String, Error> {
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(context.path(file))
    };
    text.map_err(|error| {
        Error::user(format!("cannot read `{}`", file.display())).because(Some(&error))
    })
}

/// Reads the bytes of a file that a person named, `-` for stdin.
fn read_bytes(file: &Path, context: &Context) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(context.path(file))
    };
    read.map_err(|error| {
        Error::user(format!("cannot read `{}`", file.display())).because(Some(&error))
    })
}

/// Goes to the keyspace, or to the shard of it, in which a person wants to start.
fn use_keyspace(session: &mut Session, keyspace: &str) -> Result<(), Error> {
    let used = session.execute(&format!("USE {}", name::quote(keyspace)));
    used.map(|_| ()).map_err(|error| Error::sql(&error, None))
}
