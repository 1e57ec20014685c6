//! `vrev rebase`: a branch's own commits made again on top of another revision, one by one or as a list says.

use clap::ValueEnum;

use super::Sequence;
use crate::cli::Context;
use crate::cli::editor::{self, Subject};
use crate::cli::error::{Ending, Error, Kind};
use crate::cli::todo;
use crate::store::clean_message;
use crate::workspace::{
    self, KeepConflicts, OperationKind, PickReport, PlanAction, PlanEnd, PlannedCommit,
    RebaseOptions, RebaseReport, Workspace,
};

/// Make this branch's own commits again on top of another revision
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev rebase main\n  vrev rebase -i HEAD~3")]
pub(crate) struct Args {
    /// What stays as it is: the commits that it has not are made again
    #[arg(value_name = "UPSTREAM", required_unless_present = "ending")]
    upstream: Option<String>,
    /// Make them on top of this revision instead
    #[arg(long, value_name = "REVISION")]
    onto: Option<String>,
    /// Edit the list of commits first: pick, reword, edit, squash, fixup, drop
    #[arg(short, long, conflicts_with = "ending")]
    interactive: bool,
    /// What becomes of commits that turn out to change nothing
    #[arg(long, value_name = "WHAT", default_value = "drop")]
    empty: Empty,
    /// Leave out the commit at which the rebase has stopped, and go on
    #[arg(long, group = "ending")]
    skip: bool,
    #[command(flatten)]
    sequence: Sequence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Empty {
    /// They are left out
    Drop,
    /// They are kept
    Keep,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let kind = OperationKind::Rebase;
    context.out.format().is_json("rebase")?;
    let goes_on = args.sequence.go_on || args.skip;
    if goes_on && context.workspace()?.plan_in_progress()?.is_some() {
        let workspace = context.workspace()?;
        let end = match args.skip {
            true => workspace.skip_line(KeepConflicts::All)?,
            false => workspace.continue_plan(KeepConflicts::All)?,
        };
        return tell(&workspace, end, context);
    }
    let report = match (args.sequence.go_on, args.skip) {
        (true, _) => context.workspace()?.continue_rebase()?,
        (_, true) => context.workspace()?.skip_rebase()?,
        _ => {
            if let Some(ended) = args.sequence.run(kind, context)? {
                return Ok(ended);
            }
            let options = RebaseOptions {
                upstream: args.upstream.clone().unwrap_or_default(),
                onto: args.onto.clone(),
                keep_empty: args.empty == Empty::Keep,
            };
            let workspace = context.workspace()?;
            if args.interactive {
                let planned = workspace.plan_of(&options)?;
                if !planned.is_empty() {
                    return interactive(&workspace, &options, &planned, context);
                }
            }
            workspace.rebase(&options)?
        }
    };
    write(&report, context)
}

/// Lets the list be edited, asks for messages, and carries the list out. Nothing is changed before all of that is known.
fn interactive(
    workspace: &Workspace,
    options: &RebaseOptions,
    planned: &[PlannedCommit],
    context: &mut Context,
) -> Result<Ending, Error> {
    let store = workspace.store();
    let onto = options.onto.as_deref().unwrap_or(&options.upstream);
    let text = todo::print(planned, onto, &editor::comment_mark(store));
    let file = store.git_dir().join("vrev").join("git-rebase-todo");
    let edited = editor::edit(store, Subject::Sequence, &file, &text)?;
    let mut commits = todo::parse(&edited, store)?;
    if commits.is_empty() {
        return Err(Error::new(
            Kind::Refused,
            "the list is empty: nothing to do",
        ));
    }
    ask_messages(workspace, &mut commits)?;
    workspace.begin_plan_with(options, commits)?;
    let end = workspace.continue_plan(KeepConflicts::All)?;
    tell(workspace, end, context)
}

/// Asks for the messages of commits that are reworded, or put together of several.
fn ask_messages(workspace: &Workspace, commits: &mut [PlannedCommit]) -> Result<(), Error> {
    let mut at = 0;
    while at < commits.len() {
        let joins = |line: &PlannedCommit| {
            let joined = [PlanAction::Squash, PlanAction::Fixup, PlanAction::Drop];
            joined.contains(&line.action)
        };
        let rest = commits[at + 1..].iter();
        let end = at + 1 + rest.take_while(|line| joins(line)).count();
        let (first, others) = commits[at..end].split_at_mut(1);
        let (first, squash) = (&mut first[0], PlanAction::Squash);
        at = end;
        let is_squashed = others.iter().any(|line| line.action == squash);
        let asks = match first.action {
            PlanAction::Reword => true,
            PlanAction::Pick => is_squashed,
            _ => false,
        };
        if !asks {
            continue;
        }
        let mut message = first.message.clone();
        for line in others.iter_mut().filter(|line| line.action == squash) {
            message = format!("{message}\n\n{}", line.message);
            // What it says is in the message of the first.
            line.action = PlanAction::Fixup;
        }
        first.message = ask_message(workspace, &message)?;
        first.action = PlanAction::Reword;
    }
    Ok(())
}

fn ask_message(workspace: &Workspace, message: &str) -> Result<String, Error> {
    let store = workspace.store();
    let mark = editor::comment_mark(store);
    let text = format!(
        "{message}\n\n{mark} Please enter the commit message for your changes. Lines starting\n\
         {mark} with '{mark}' will be ignored, and an empty message aborts the rebase.\n"
    );
    let file = store.git_dir().join("COMMIT_EDITMSG");
    let edited = clean_message(&editor::edit(store, Subject::Message, &file, &text)?);
    if edited.trim().is_empty() {
        return Err(workspace::Error::EmptyMessage.into());
    }
    Ok(edited.trim_end().to_owned())
}

/// Tells how far a list was carried out.
fn tell(workspace: &Workspace, end: PlanEnd, context: &mut Context) -> Result<Ending, Error> {
    match end {
        PlanEnd::Done { branch } => {
            let report = RebaseReport {
                branch,
                ..RebaseReport::default()
            };
            write(&report, context)
        }
        PlanEnd::Editing { line } => {
            let id = line.commit.get(..10).unwrap_or(&line.commit);
            let subject = line.message.lines().next().unwrap_or_default();
            context.out.say(&format!(
                "Stopped at {id}...  {subject}\nYou can amend the commit now, with `vrev commit --amend`\n\
                 Once you are satisfied with your changes, run `vrev rebase --continue`\n"
            ));
            Ok(Ending::Done)
        }
        PlanEnd::Conflict { line } => {
            let step = workspace.operation()?.and_then(|operation| operation.step);
            let report = PickReport {
                commits: Vec::new(),
                stopped: Some(workspace.store().resolve_commit(&line.commit)?),
                unresolved: step.map(|step| step.unresolved).unwrap_or_default(),
            };
            super::picked(OperationKind::Rebase, &report, context)
        }
        PlanEnd::Unresolved { objects } => {
            workspace.refuse_open_conflicts()?;
            Err(refused(format!(
                "conflicts are left in {}",
                objects.join(", ")
            )))
        }
        PlanEnd::Unstaged => Err(refused("changes are not staged".to_owned()).hint(
            "stage them with `vrev add`, or take them back with `vrev checkout -- <object>`",
        )),
        PlanEnd::NotKept => Err(refused("it has conflicts".to_owned())),
        PlanEnd::SchemaConflict { line } => Err(refused(format!(
            "commit {} changes a definition that was changed otherwise",
            line.commit
        ))),
        PlanEnd::Invalid { reason } => Err(refused(reason)),
    }
}

fn refused(reason: String) -> Error {
    Error::new(
        Kind::Refused,
        format!("cannot go on with the rebase: {reason}"),
    )
}

pub(super) fn write(report: &RebaseReport, context: &mut Context) -> Result<Ending, Error> {
    let ended = super::picked(OperationKind::Rebase, &report.picks, context)?;
    let name = report.branch.as_deref().unwrap_or("HEAD");
    if report.up_to_date {
        context
            .out
            .say(&format!("Current branch {name} is up to date.\n"));
    } else if ended == Ending::Done {
        let name = report
            .branch
            .as_ref()
            .map_or_else(|| "HEAD".to_owned(), |name| format!("refs/heads/{name}"));
        context
            .out
            .say(&format!("Successfully rebased and updated {name}\n"));
    }
    Ok(ended)
}
