//! What the commands report: plain values, rendered as text or JSON by the roof.

use super::operation::Operation;
use crate::catalog::At;
use crate::catalog::files::Severity;
use crate::catalog::vschema::Document;
use crate::diff::RelationDiff;
use crate::diff::plan::Planned;
use crate::review::Finding;
use crate::store::CommitId;

/// How an object differs between two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectChange {
    /// It exists only afterwards.
    Added,
    /// It exists only before.
    Removed,
    /// Its definition or its rows differ.
    Modified,
    /// It had another name before.
    Renamed {
        /// That name.
        from: String,
    },
}

/// One changed object of a status: a table, view, VSchema, shard list, rule file, rows, or any other file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedObject {
    /// `table`, `view`, `vschema`, `shards`, `identities`, `rules`, `rows`, `workload`, `config` or `file`.
    pub kind: &'static str,
    /// `customer.corder`, `customer`, `routing_rules`, or the path of a plain file.
    pub name: String,
    /// Path in the repository; a folder for rows (`rows/customer/corder`).
    pub path: String,
    /// How it differs.
    pub change: ObjectChange,
}

/// Two columns (or tables) that look like one renamed: to be answered with `vrev rename`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameQuestion {
    /// `column` or `table`.
    pub kind: &'static str,
    /// `customer.corder` for a column, `customer` for a table.
    pub within: String,
    /// The dropped name.
    pub from: String,
    /// The added name.
    pub to: String,
}

/// How a branch stands to the remote branch that it follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracking {
    /// The remote branch: `origin/main`.
    pub upstream: String,
    /// Commits that it has not; absent (as `behind`) where it is no more, or was never fetched.
    pub ahead: Option<usize>,
    /// Commits that the branch has not.
    pub behind: Option<usize>,
}

/// The state of the working set against HEAD.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Checked-out branch; absent when HEAD is detached.
    pub branch: Option<String>,
    /// The commit of HEAD; absent before the first commit.
    pub head: Option<CommitId>,
    /// The remote branch that the branch follows, if it follows one.
    pub tracking: Option<Tracking>,
    /// HEAD against the index, sorted by path.
    pub staged: Vec<ChangedObject>,
    /// The index against the worktree and the working rows, sorted by path.
    pub unstaged: Vec<ChangedObject>,
    /// Files and tables git does not know yet, sorted by path.
    pub untracked: Vec<ChangedObject>,
    /// New tables that `dolt_ignore` keeps out of commits, sorted by path.
    pub ignored: Vec<ChangedObject>,
    /// Look-alikes that may be renames.
    pub questions: Vec<RenameQuestion>,
    /// The merge, pick, revert or rebase that is in progress.
    pub operation: Option<Operation>,
    /// The paths that a merge begun by plain git has left unmerged; absent without such a merge.
    pub git_merge: Option<Vec<String>>,
    /// Why the working catalog does not build, if it does not: one text per problem, naming file, line and object.
    pub problems: Vec<String>,
}

impl Status {
    /// Tells whether there is nothing to commit.
    pub fn is_clean(&self) -> bool {
        self.staged.is_empty() && self.unstaged.is_empty() && self.untracked.is_empty()
    }
}

/// One commit of a log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// The commit.
    pub commit: crate::store::Commit,
    /// Branches and tags that point at it, as git decorates: `HEAD -> main`, `tag: v1`.
    pub refs: Vec<String>,
    /// Those of them that are branches of remotes.
    pub remotes: Vec<String>,
    /// The objects asked for, by their names at this commit.
    pub objects: Vec<super::Object>,
    /// The commits below it in the history shown: its parents, or the next ones that touched the objects.
    pub parents: Vec<CommitId>,
}

/// A comparison of two states.
#[derive(Debug, Clone, Default)]
pub struct DiffReport {
    /// What the from side was called (`HEAD`, a commit id, `STAGED`).
    pub from: String,
    /// What the to side was called (`WORKING`, a commit id).
    pub to: String,
    /// Relations that differ: catalog relations first, then user tables by name (`customer.corder`).
    pub relations: Vec<RelationDiff>,
}

/// One statement of a migration, in order of execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatement {
    /// The statement, without a final semicolon; starts with `--` where no statement exists for the change.
    pub sql: String,
    /// Why it may lose data, if it may.
    pub unsafe_reason: Option<String>,
}

/// How a database gets from one state's schema to another's.
#[derive(Debug, Clone)]
pub struct PlanReport {
    /// What the state to start from was called.
    pub from: String,
    /// What the state to arrive at was called.
    pub to: String,
    /// The steps, in order of execution.
    pub steps: Vec<Planned>,
    /// The VSchema documents to arrive at, by keyspace, of those that change.
    pub documents: Vec<(String, Document)>,
}

/// What a commit did.
#[derive(Debug, Clone)]
pub struct CommitReport {
    /// The new commit.
    pub id: CommitId,
    /// Branch it was made on; absent when detached.
    pub branch: Option<String>,
    /// First line of its message.
    pub subject: String,
    /// Whether it has no parent.
    pub root: bool,
    /// Objects it changed against its first parent.
    pub changed: Vec<ChangedObject>,
}

/// A finding with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// What is found.
    pub finding: Finding,
    /// File, line and column.
    pub at: At,
    /// Why it is suppressed, if it is.
    pub suppressed: Option<String>,
}

/// A revision judged.
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// What was judged: `WORKING`, `STAGED` or a commit id.
    pub revision: String,
    /// Whether the files make no catalog: the findings are why, and the checks were not run.
    pub refused: bool,
    /// What is found, worst first.
    pub findings: Vec<Reported>,
    /// What is found and suppressed.
    pub suppressed: Vec<Reported>,
}

impl CheckReport {
    /// Returns how many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        let severities = self.findings.iter().map(|found| found.finding.severity);
        severities.filter(|found| *found == severity).count()
    }
}

/// Something a rollback would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// `customer.corder_event` or `customer.corder.oname`.
    pub object: String,
    /// Rows affected.
    pub rows: u64,
    /// What happens to them: `the table is dropped with its rows`, `the column is dropped with its values`.
    pub what: String,
}

/// What a rollback did, or would do.
#[derive(Debug, Clone)]
pub struct RollbackReport {
    /// The revision restored, resolved.
    pub to: CommitId,
    /// What is lost, sorted by object.
    pub losses: Vec<Loss>,
    /// The new commit; absent when nothing differed.
    pub commit: Option<CommitReport>,
}
