//! `vrev bisect`: the first commit that has something, with git's own records.

use std::process::Command;

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::history::Next;
use crate::store::{CommitId, Verdict};
use crate::workspace::{Object, Predicate, Workspace};

/// Find the commit that brought something, by halves
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev bisect start HEAD v1
  vrev bisect run --query 'select * from customer where uname = 1' --scatters
  vrev bisect reset")]
pub(crate) struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Begin, with the bad commit and good ones if they are known
    Start {
        /// The bad commit
        bad: Option<String>,
        /// Good commits
        good: Vec<String>,
    },
    /// Say that a commit has it
    Bad {
        /// The commit
        #[arg(default_value = "HEAD")]
        revision: String,
    },
    /// Say that commits do not have it
    Good {
        /// The commits
        #[arg(default_value = "HEAD")]
        revisions: Vec<String>,
    },
    /// Say that commits cannot be told
    Skip {
        /// The commits
        #[arg(default_value = "HEAD")]
        revisions: Vec<String>,
    },
    /// Let a command tell (0 good, 125 skip, 1 to 127 bad), or ask each commit's catalog
    Run {
        /// The statement to plan, with --scatters or --refused
        #[arg(long, value_name = "SQL", conflicts_with_all = ["without_primary_key", "broken", "check"])]
        query: Option<String>,
        /// Bad where the statement goes to all shards
        #[arg(long, requires = "query")]
        scatters: bool,
        /// Bad where the statement is refused
        #[arg(long, requires = "query", conflicts_with = "scatters")]
        refused: bool,
        /// Bad where this table has no primary key
        #[arg(long, value_name = "TABLE", conflicts_with = "broken")]
        without_primary_key: Option<String>,
        /// Bad where the catalog does not build
        #[arg(long)]
        broken: bool,
        /// Bad where this check of `vrev check` finds something
        #[arg(long, value_name = "CHECK", conflicts_with_all = ["broken", "without_primary_key"])]
        check: Option<String>,
        /// The command and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Show what was said so far
    Log,
    /// End, and return to where it began or to another revision
    Reset {
        /// The revision
        revision: Option<String>,
    },
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("bisect").and_then(|json| {
        if json {
            Err(Error::user("`vrev bisect` has no format `json`"))
        } else {
            Ok(())
        }
    })?;
    let workspace = context.workspace()?;
    match &args.step {
        Step::Start { bad, good } => {
            workspace.begin_bisection(bad.as_deref(), good)?;
            go_on(&workspace, context)
        }
        Step::Bad { revision } => {
            workspace.mark_bisection(Verdict::Bad, revision)?;
            go_on(&workspace, context)
        }
        Step::Good { revisions } => mark(&workspace, Verdict::Good, revisions, context),
        Step::Skip { revisions } => mark(&workspace, Verdict::Skip, revisions, context),
        Step::Run {
            query,
            scatters,
            refused,
            without_primary_key,
            broken,
            check,
            command,
        } => {
            if let Some(id) = check {
                super::explain_check::known(id)?;
            }
            let predicate = match (query, without_primary_key) {
                (Some(query), _) if *scatters => Some(Predicate::Scatters(query.clone())),
                (Some(query), _) if *refused => Some(Predicate::Refused(query.clone())),
                (Some(_), _) => {
                    return Err(Error::user("what of the statement is bad is not said")
                        .hint("add `--scatters` or `--refused`"));
                }
                (None, Some(table)) => Some(without_key(table)?),
                (None, None) if *broken => Some(Predicate::DoesNotBuild),
                (None, None) => check.clone().map(Predicate::Finding),
            };
            if predicate.is_some() != command.is_empty() {
                return Err(Error::user("either a command or a question is to be given")
                    .hint("`vrev bisect run ./check.sh`, `vrev bisect run --broken`"));
            }
            run_all(&workspace, predicate.as_ref(), command, context)
        }
        Step::Log => {
            workspace.bisection()?;
            let log = workspace.store().bisection_log()?.unwrap_or_default();
            context.out.line(log)?;
            Ok(Ending::Done)
        }
        Step::Reset { revision } => {
            let to = workspace.end_bisection(revision.as_deref())?;
            context.out.line(format!("Bisection ended, back at {to}"))?;
            Ok(Ending::Done)
        }
    }
}

fn without_key(table: &str) -> Result<Predicate, Error> {
    match Object::parse(table) {
        Object::Table { keyspace, table } => Ok(Predicate::WithoutPrimaryKey(keyspace, table)),
        _ => Err(Error::user(format!("`{table}` is no table's name"))
            .hint("a table is named with its keyspace: `customer.corder`")),
    }
}

fn mark(
    workspace: &Workspace,
    verdict: Verdict,
    revisions: &[String],
    context: &mut Context,
) -> Result<Ending, Error> {
    for revision in revisions {
        workspace.mark_bisection(verdict, revision)?;
    }
    go_on(workspace, context)
}

/// Checks out the next commit, or says what was found.
fn go_on(workspace: &Workspace, context: &mut Context) -> Result<Ending, Error> {
    let Some(next) = workspace.next_of_bisection()? else {
        let known = workspace.bisection()?;
        let wanted = match (known.bad, known.good.is_empty()) {
            (None, true) => "waiting for a good and a bad commit",
            (None, false) => "waiting for the bad commit",
            _ => "waiting for a good commit",
        };
        context.out.line(format!("status: {wanted}"))?;
        return Ok(Ending::Done);
    };
    if let Next::Look {
        commit,
        left,
        steps,
    } = next
    {
        workspace.look_at(commit, true)?;
        let plural = if left == 1 { "" } else { "s" };
        let subject = workspace.store().commit(commit)?.subject();
        context.out.line(format!(
            "Bisecting: {left} revision{plural} left to test after this (roughly {steps} step{})",
            if steps == 1 { "" } else { "s" }
        ))?;
        context.out.line(format!("[{commit}] {subject}"))?;
        return Ok(Ending::Done);
    }
    conclude(workspace, &next, context)
}

fn conclude(workspace: &Workspace, next: &Next, context: &mut Context) -> Result<Ending, Error> {
    match next {
        Next::Look { .. } => Ok(Ending::Done),
        Next::Found(commit) => {
            context
                .out
                .line(format!("{commit} is the first bad commit"))?;
            let revision = commit.to_string();
            crate::cli::run_words(&["show", "--stat", &revision], context)
        }
        Next::Undecided(commits) => {
            context
                .out
                .line("The first bad commit is one of these, which cannot be told:")?;
            for commit in commits {
                let subject = workspace.store().commit(*commit)?.subject();
                context.out.line(format!("{commit} {subject}"))?;
            }
            Ok(Ending::No)
        }
        Next::Elsewhere { good, base } => {
            let failed = Error::user(format!(
                "the good commit {good} is no ancestor of the bad one"
            ));
            Err(match base {
                Some(base) => failed.hint(format!(
                    "look at where they part, {base}: `vrev bisect reset`, then start from it"
                )),
                None => failed.hint("their histories have nothing in common"),
            })
        }
    }
}

fn run_all(
    workspace: &Workspace,
    predicate: Option<&Predicate>,
    command: &[String],
    context: &mut Context,
) -> Result<Ending, Error> {
    loop {
        let Some(next) = workspace.next_of_bisection()? else {
            return Err(Error::user("a bad and a good commit are to be named first")
                .hint("`vrev bisect start <bad> <good>`"));
        };
        let Next::Look { commit, .. } = next else {
            return conclude(workspace, &next, context);
        };
        workspace.look_at(commit, predicate.is_none())?;
        let verdict = match predicate {
            Some(predicate) => workspace.ask(commit, predicate)?,
            None => told_by(command, context)?,
        };
        say(workspace, commit, verdict, context)?;
        workspace.mark_bisection(verdict, &commit.to_string())?;
    }
}

fn say(
    workspace: &Workspace,
    commit: CommitId,
    verdict: Verdict,
    context: &mut Context,
) -> Result<(), Error> {
    let subject = workspace.store().commit(commit)?.subject();
    let word = verdict.word();
    context
        .out
        .line(format!("{word}: [{}] {subject}", commit.abbreviated(7)))?;
    Ok(())
}

/// Runs a person's command and takes its exit code as `git bisect run` does.
fn told_by(command: &[String], context: &mut Context) -> Result<Verdict, Error> {
    context.out.flush()?;
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Error::user("a command is to be given"))?;
    let status = Command::new(program)
        .args(arguments)
        .current_dir(&context.directory)
        .status()
        .map_err(|error| Error::user(format!("cannot run `{program}`")).because(Some(&error)))?;
    match status.code() {
        Some(0) => Ok(Verdict::Good),
        Some(125) => Ok(Verdict::Skip),
        Some(1..=127) => Ok(Verdict::Bad),
        code => Err(Error::user(format!(
            "`{program}` ended with {}, which tells nothing",
            code.map_or("a signal".to_owned(), |code| code.to_string())
        ))
        .hint("the bisection goes on from where it was: `vrev bisect good`, `bad` or `skip`")),
    }
}
