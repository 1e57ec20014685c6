//! What can keep a command from being done: the object, the value and the place, and what to do.

use std::path::PathBuf;

use super::operation::{OperationKind, Unresolved};
use super::report::{Loss, Reported};
use crate::sql::SqlError;
use crate::store::CommitId;
use crate::{catalog, store};

/// Why something could not be done. Nothing is half-written when it is returned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// git storage said no.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// No bisection is in progress.
    #[error("no bisection is in progress: `vrev bisect start <bad> <good>` begins one")]
    NoBisection,
    /// A history could not be read.
    #[error(transparent)]
    History(#[from] crate::history::Error),
    /// The files of a revision do not make a catalog.
    #[error("the catalog of {revision} does not build{}", list(problems))]
    Catalog {
        /// `WORKING`, or a commit id.
        revision: String,
        /// Every problem, sorted by path.
        problems: Vec<catalog::Error>,
    },
    /// A commit would bring in what a check calls an error.
    #[error(
        "the commit brings in what would be refused or go wrong{}",
        findings_text(findings)
    )]
    Findings {
        /// What HEAD does not have, worst first.
        findings: Vec<Reported>,
    },
    /// A name that stands for nothing.
    #[error("`{name}` is neither a keyspace, a table, a relation nor a path of {revision}")]
    UnknownObject {
        /// The name.
        name: String,
        /// Where it was looked for.
        revision: String,
    },
    /// What cannot be staged, restored or removed by itself.
    #[error("`{name}` is {kind}: name keyspaces, tables, views or files")]
    NotWhole {
        /// The name.
        name: String,
        /// What it stands for.
        kind: &'static str,
    },
    /// Local changes would be overwritten.
    #[error(
        "cannot switch to `{to}`: local changes would be lost{}",
        lines(changed)
    )]
    Dirty {
        /// The branch or commit asked for.
        to: String,
        /// What is changed.
        changed: Vec<String>,
    },
    /// A branch moved under what is changed in its working set.
    #[error(
        "branch `{branch}` has moved over changes in its working set{}",
        lines(changed)
    )]
    BranchMoved {
        /// The branch.
        branch: String,
        /// The files that are changed on both sides.
        changed: Vec<String>,
    },
    /// HEAD moved under changed working rows.
    #[error(
        "the working rows of `{branch}` are changed, and HEAD has moved to other rows{}",
        lines(tables)
    )]
    RowsMoved {
        /// The branch.
        branch: String,
        /// The tables that are changed on both sides.
        tables: Vec<String>,
    },
    /// Rows live in shards that the shard list no longer has.
    #[error(
        "`{keyspace}.{table}` has {rows} rows in shard `{shard}`, which `{keyspace}` no longer has"
    )]
    StrandedRows {
        /// The keyspace.
        keyspace: String,
        /// The table.
        table: String,
        /// The shard that is gone.
        shard: String,
        /// Rows in it.
        rows: u64,
    },
    /// There is nothing to commit.
    #[error("nothing to commit{}", if *unstaged { ": changes are not staged" } else { ", working tree clean" })]
    NothingToCommit {
        /// Whether there are changes that were not staged.
        unstaged: bool,
    },
    /// The objects that were to be committed alone are as HEAD has them.
    #[error("nothing to commit: {objects} did not change")]
    Unchanged {
        /// Their names, quoted.
        objects: String,
    },
    /// A commit needs a message.
    #[error("the commit message is empty")]
    EmptyMessage,
    /// A rollback would lose rows.
    #[error("rolling back to `{to}` loses rows{}", losses_text(losses))]
    Lossy {
        /// The revision asked for.
        to: String,
        /// What would be lost.
        losses: Vec<Loss>,
    },
    /// Something else is in progress.
    #[error("cannot {verb}: a {} {}", kind.verb(), if *interrupted { "was interrupted" } else { "is in progress" })]
    InProgress {
        /// What was to be done.
        verb: &'static str,
        /// What is in progress.
        kind: OperationKind,
        /// Whether it was cut short in the middle of a step.
        interrupted: bool,
    },
    /// A bisection is told two things of one commit.
    #[error("commit {commit} was both good and bad")]
    GoodAndBad {
        /// The commit.
        commit: CommitId,
    },
    /// HEAD's commit is a side of what is in progress.
    #[error("cannot amend in the middle of a {}", kind.verb())]
    AmendInProgress {
        /// What is in progress.
        kind: OperationKind,
    },
    /// What is in progress is committed as a whole.
    #[error("cannot commit some objects only in the middle of a {}", kind.verb())]
    PartialInProgress {
        /// What is in progress.
        kind: OperationKind,
    },
    /// There is nothing to go on with or to take back.
    #[error("there is no {} in progress", kind.verb())]
    NoneInProgress {
        /// Of which kind there is none.
        kind: OperationKind,
    },
    /// Only plain git knows how it was before.
    #[error("this {verb} was begun by git")]
    BegunByGit {
        /// `merge`.
        verb: &'static str,
    },
    /// Something cannot begin while a merge is in progress that plain git has begun.
    #[error("cannot {verb}: a merge is in progress that was begun by git")]
    InGitMerge {
        /// What was to be done.
        verb: &'static str,
    },
    /// What is being done was noted in a form that cannot be read.
    #[error("cannot read the note of the operation in progress, `{}`", path.display())]
    DamagedNote {
        /// The note.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Local changes are in the way of a merge or a pick.
    #[error("cannot {verb}: local changes are in the way{}", lines(objects))]
    WouldOverwrite {
        /// What was to be done.
        verb: &'static str,
        /// Tables and files changed on both sides.
        objects: Vec<String>,
    },
    /// What is being done needs everything committed.
    #[error("cannot {verb} with uncommitted changes{}", lines(objects))]
    Uncommitted {
        /// What was to be done.
        verb: &'static str,
        /// What is changed.
        objects: Vec<String>,
    },
    /// A merge that may only move HEAD forward cannot.
    #[error("cannot move forward to `{revision}`: it does not descend from HEAD")]
    NotFastForward {
        /// The revision asked for.
        revision: String,
    },
    /// There is no commit to start a merge from.
    #[error("cannot merge `{revision}`: it has no commit in common with HEAD")]
    Unrelated {
        /// The revision asked for.
        revision: String,
    },
    /// A commit that has no parent has no change that could be made or taken back.
    #[error("cannot {verb} {commit}: it has no parent")]
    PickRoot {
        /// `cherry-pick`, `revert`.
        verb: &'static str,
        /// The commit.
        commit: CommitId,
    },
    /// A merge's change depends on the parent that is meant.
    #[error(
        "cannot {verb} {commit}: it has {parents} parents, and which of them is meant is not said"
    )]
    PickMerge {
        /// `cherry-pick`, `revert`.
        verb: &'static str,
        /// The commit.
        commit: CommitId,
        /// How many parents it has.
        parents: usize,
    },
    /// A commit's change is here already.
    #[error("cannot {verb} {commit}: nothing would change")]
    EmptyPick {
        /// `cherry-pick`, `revert`.
        verb: &'static str,
        /// The commit.
        commit: CommitId,
    },
    /// A new table is ignored and not ignored.
    #[error("the table {table} matches conflicting patterns in dolt_ignore\n{clash}")]
    IgnoreClash {
        /// `<keyspace>.<table>`.
        table: String,
        /// The patterns.
        clash: super::IgnoreClash,
    },
    /// Another branch has other versions of tables that are ignored.
    #[error("ignored tables would be overwritten by checkout{}", lines(tables))]
    IgnoredOverwritten {
        /// The tables.
        tables: Vec<String>,
    },
    /// A new table was named that `dolt_ignore` keeps out of commits.
    #[error("`{name}` is ignored by a pattern in dolt_ignore")]
    Ignored {
        /// The table.
        name: String,
    },
    /// Something that git does not know was to be removed.
    #[error("`{name}` {} not tracked", if name.contains('`') { "are" } else { "is" })]
    NotTracked {
        /// The object; several with `` `, ` `` between them.
        name: String,
    },
    /// What is removed is staged, and no commit has it.
    #[error("cannot remove what has changes staged in the index{}", lines(objects))]
    StagedChanges {
        /// The objects.
        objects: Vec<String>,
    },
    /// What is removed would be lost.
    #[error("cannot remove what has unstaged changes{}", lines(objects))]
    UnstagedChanges {
        /// The objects.
        objects: Vec<String>,
    },
    /// A foreign key rests on the table.
    #[error("unable to remove `{table}` since it is referenced from table `{by}`")]
    Referenced {
        /// The table.
        table: String,
        /// The table with the foreign key.
        by: String,
    },
    /// A history cannot be squashed.
    #[error("nothing to squash: {reason}")]
    Squash {
        /// Why.
        reason: String,
    },
    /// The repository has another format.
    #[error(
        "cannot read the repository's format, which this version knows up to {known}: {reason}"
    )]
    UnknownFormat {
        /// The format that this version writes.
        known: u32,
        /// What `vrev.toml` says.
        reason: String,
    },
    /// There is nothing to put away.
    #[error("no local changes to save")]
    NothingToStash,
    /// There are not so many stashes.
    #[error("stash@{{{at}}} does not exist{}", if *count == 0 { ": there is none" } else { "" })]
    NoStash {
        /// The one asked for, from 0.
        at: usize,
        /// How many there are.
        count: usize,
    },
    /// A stash does not go together with what is there.
    #[error(
        "cannot apply stash@{{{at}}}: it clashes with local changes or with HEAD{}",
        lines(objects)
    )]
    StashClash {
        /// The stash, from 0.
        at: usize,
        /// Objects that clash.
        objects: Vec<String>,
    },
    /// What a stash had staged clashes with what is staged.
    #[error(
        "cannot take the index of stash@{{{at}}} out: what is staged clashes with it{}",
        lines(objects)
    )]
    StashIndexClash {
        /// The stash, from 0.
        at: usize,
        /// Objects that clash.
        objects: Vec<String>,
    },
    /// No conflict is meant.
    #[error("{}", match object {
        Some(object) => format!("there are no conflicts in `{object}`"),
        None => "there are no conflicts to resolve".to_owned(),
    })]
    NothingToResolve {
        /// What was named.
        object: Option<String>,
    },
    /// Conflicts or violations are left.
    #[error("cannot conclude the {verb}{}", unresolved_text(left))]
    Unresolved {
        /// `merge`, `cherry-pick`, `revert`, `rebase`.
        verb: &'static str,
        /// What is left.
        left: Unresolved,
    },
    /// A condition over changes cannot be judged.
    #[error("cannot tell which changes{} meet `{condition}`", relation.as_ref().map_or_else(String::new, |name| format!(" of `{name}`")))]
    Condition {
        /// As typed.
        condition: String,
        /// The table; absent where the condition is no expression.
        relation: Option<String>,
        /// Why.
        source: SqlError,
    },
    /// A plan of a rebase cannot be carried out.
    #[error("{reason}")]
    InvalidPlan {
        /// Why.
        reason: String,
    },
    /// Rows wait to be merged with a definition that was settled by staging it.
    #[error("cannot conclude the {verb}: rows of {} wait to be merged with the staged definition", tables.join(", "))]
    RowsWait {
        /// `merge`, `cherry-pick`, `revert`, `rebase`.
        verb: &'static str,
        /// `customer.corder`.
        tables: Vec<String>,
    },
    /// No ordered statements make the change.
    #[error(transparent)]
    Migration(#[from] crate::diff::migration::Error),
    /// Definitions written elsewhere cannot be taken.
    #[error("nothing was imported{}", lines(problems))]
    Import {
        /// Every problem with its place and causes.
        problems: Vec<String>,
        /// Nothing is wrong with them, but what is there would be lost.
        refused: bool,
    },
    /// A rename that cannot be.
    #[error("cannot rename")]
    Rename(#[source] crate::diff::rename::Error),
    /// A MySQL server refused or is not there.
    #[error(transparent)]
    Server(#[from] crate::shard::mysql::Error),
    /// A statement failed.
    #[error("{0}")]
    Sql(#[from] SqlError),
    /// The folder cannot take a new repository.
    #[error("cannot create a repository in `{}`: {reason}", path.display())]
    CannotInit {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// `read`, `write`, `create`, `remove`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Committed rows could not be read or written.
    #[error("cannot read the rows of `{table}` at {revision}")]
    Rows {
        /// `customer.corder`.
        table: String,
        /// The revision.
        revision: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// `pull` without anything to merge.
    #[error("cannot pull: {}", no_upstream(branch.as_deref()))]
    NothingToPull {
        /// HEAD's branch; absent when detached.
        branch: Option<String>,
    },
    /// What was asked cannot be asked so.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// Returns the error as an SQL client sees it: a statement's own, else MySQL's "unknown error" with the text and its
    /// causes.
    pub fn into_sql(self) -> SqlError {
        match self {
            Self::Sql(error) => error,
            other => SqlError::unknown(with_causes(&other)),
        }
    }
}

/// An error with what caused it, on one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn no_upstream(branch: Option<&str>) -> String {
    match branch {
        Some(branch) => format!("`{branch}` follows no branch of a remote"),
        None => "HEAD is on no branch that could follow one of a remote".to_owned(),
    }
}

fn lines(items: &[String]) -> String {
    items.iter().map(|item| format!("\n  {item}")).collect()
}

fn list(problems: &[catalog::Error]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  {problem}"))
        .collect()
}

fn findings_text(findings: &[Reported]) -> String {
    findings
        .iter()
        .map(|Reported { at, finding, .. }| {
            format!("\n  {at}: [{}] {}", finding.check, finding.message)
        })
        .collect()
}

fn unresolved_text(left: &Unresolved) -> String {
    let part = |title: &str, items: &[String]| {
        items
            .iter()
            .map(|item| format!("\n  {title}: {item}"))
            .collect::<String>()
    };
    [
        part("conflict", &left.data),
        part("schema conflict", &left.schema),
        part("violation", &left.violations),
    ]
    .concat()
}

fn losses_text(losses: &[Loss]) -> String {
    let counted = |rows: u64| {
        if rows == 1 {
            "1 row".to_owned()
        } else {
            format!("{rows} rows")
        }
    };
    losses
        .iter()
        .map(|loss| {
            format!(
                "\n  `{}`: {} ({})",
                loss.object,
                loss.what,
                counted(loss.rows)
            )
        })
        .collect()
}
