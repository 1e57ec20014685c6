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

use std::ffi::OsString;
use std::path::Path;

use super::Context;
use super::error::{Ending, Error};
use crate::sql::name;
use crate::workspace::{Object, OperationKind, PickReport, Session, Workspace};

/// Makes of the verbs, in the order in which help lists them, the type of a parsed one and the table of descriptions.
macro_rules! verbs {
    ($($verb:ident($module:ident)),* $(,)?) => {
        // A verb with its arguments; a doc comment would be the program's description.
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum Command {
            $($verb($module::Args)),*
        }

        impl Command {
            /// Does it.
            pub(crate) fn run(self, context: &mut Context) -> Result<Ending, Error> {
                match self {
                    $(Self::$verb(args) => $module::run(&args, context)),*
                }
            }
        }

        /// Each verb's module and the description of its arguments.
        const DESCRIPTIONS: &[(&str, fn(clap::Command) -> clap::Command)] =
            &[$((stringify!($module), <$module::Args as clap::Args>::augment_args)),*];
    };
}

verbs! {
    Init(init),
    Clone(clone),
    Status(status),
    Add(add),
    Commit(commit),
    Log(log),
    Show(show),
    Blame(blame),
    Grep(grep),
    Bisect(bisect),
    Diff(diff),
    QueryDiff(query_diff),
    Branch(branch),
    Switch(switch),
    Checkout(checkout),
    Tag(tag),
    Remote(remote),
    Fetch(fetch),
    Pull(pull),
    Push(push),
    Merge(merge),
    Conflicts(conflicts),
    Resolve(resolve),
    Constraints(constraints),
    CherryPick(cherry_pick),
    Rebase(rebase),
    Stash(stash),
    Clean(clean),
    Rm(rm),
    MergeBase(merge_base),
    Reflog(reflog),
    Gc(gc),
    Verify(verify),
    Migrate(migrate),
    Reset(reset),
    Ls(ls),
    Index(index),
    Revert(revert),
    Rollback(rollback),
    Fmt(fmt),
    Import(import),
    Export(export),
    Check(check),
    Plan(plan),
    Rename(rename),
    ExplainCheck(explain_check),
    Git(git),
    Sql(sql),
    Explain(explain),
    Quickstart(quickstart),
    Completions(completions),
}

/// Returns the descriptions of the verbs that are among some words, whatever these words mean there.
pub(super) fn described(words: &[OsString]) -> Vec<clap::Command> {
    let verbs = DESCRIPTIONS.iter().filter_map(|(module, describe)| {
        let name = module.replace('_', "-");
        let is_there = words.iter().any(|word| *word == *name);
        is_there.then(|| describe(clap::Command::new(name)))
    });
    verbs.collect()
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
/// name those. `is_revision` tells of a word whether it names one.
fn revisions_and_objects(
    workspace: &Workspace,
    words: &[String],
    after: &[String],
    at_most: usize,
    mut is_revision: impl FnMut(&str) -> bool,
) -> Result<(Vec<String>, Vec<Object>), Error> {
    let store = workspace.store();
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

/// Tells whether a word is a revision, one that is excluded, or a range of them.
fn names_revisions(workspace: &Workspace, word: &str) -> bool {
    let store = workspace.store();
    let word = word.strip_prefix('^').unwrap_or(word);
    store.resolve(word).is_ok() || store.resolve_range(word).is_ok_and(|range| range.is_some())
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
