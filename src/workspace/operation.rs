//! Merges, picks and reverts that take several steps: one note says what is being done and from where, so that it can
//! be gone on with, taken back, and found again after the process was killed at any point.
//!
//! Order of writes: the note first, then rows, files and index, then HEAD, then the note is removed. So a note without
//! its work done means "interrupted", and the state before it, kept as a commit in the form of git's stash, is whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::combine::{CombineOptions, Combined};
use super::conflicts::Decided;
use super::interactive::Plan;
use super::rows::{TableKey, differing};
use super::{Error, Workspace, place};
use crate::merge::Version;
use crate::store::{
    self, CommitId, Expected, Head, LocalChanges, NewCommit, Revision, ShardRows, Signature,
    StateFile, TreeChanges, TreeId, UnmergedPaths,
};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// `merge`.
    Merge,
    /// `cherry-pick`.
    CherryPick,
    /// `revert`.
    Revert,
    /// `rebase`.
    Rebase,
}

impl OperationKind {
    /// Returns the verb: `merge`, `cherry-pick`, …
    pub fn verb(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Rebase => "rebase",
        }
    }
}

/// An operation in progress, as its note holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operation {
    /// What is being done.
    pub kind: OperationKind,
    /// What the user typed: a branch, a revision.
    pub source: String,
    /// The branch that HEAD was on.
    pub branch: Option<String>,
    /// HEAD before it.
    pub head: CommitId,
    /// The working set before it: a commit in the form of git's stash.
    pub before: CommitId,
    /// The step that is being made, or that has stopped for conflicts.
    pub step: Option<Step>,
    /// Commits still to be picked or reverted, in order.
    pub todo: Vec<CommitId>,
    /// Commits made so far.
    pub made: Vec<CommitId>,
    /// Author of all commits, as git writes one, if it is not each commit's own.
    pub author: Option<String>,
    /// The parent against which picked merges are meant, from 1.
    pub mainline: Option<usize>,
    /// Whether commits that turn out empty are kept.
    pub keep_empty: bool,
    /// Whether reverts do not say which commit they revert.
    pub short_message: bool,
    /// The branch that is being rebased.
    pub rebased: Option<String>,
    /// The plan that a rebase follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interactive: Option<Plan>,
}

impl Operation {
    /// Returns an operation that is not yet begun.
    pub(super) fn plan(kind: OperationKind, source: &str, head: CommitId) -> Self {
        Self {
            kind,
            source: source.to_owned(),
            branch: None,
            head,
            before: head,
            step: None,
            todo: Vec::new(),
            made: Vec::new(),
            author: None,
            mainline: None,
            keep_empty: false,
            short_message: false,
            rebased: None,
            interactive: None,
        }
    }

    /// Tells whether it has stopped for its last commit to be edited.
    pub fn is_editing(&self) -> bool {
        self.step.is_none() && self.interactive.as_ref().is_some_and(|plan| plan.editing)
    }

    /// Tells whether it was cut short in the middle of a step.
    pub fn is_interrupted(&self) -> bool {
        self.step.as_ref().is_some_and(|step| !step.applied)
    }
}

/// One step of an operation: the working set goes from one commit's state to another's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// HEAD.
    pub from: CommitId,
    /// The commit whose state is taken; while there are conflicts no reference names it.
    pub to: CommitId,
    /// The reflog line if HEAD goes there; absent if the step stops before a commit.
    pub moves_head: Option<String>,
    /// Whether rows, files and index are there.
    pub applied: bool,
    /// The tree that both sides started from.
    pub base: TreeId,
    /// Our tree.
    pub ours: TreeId,
    /// Their tree.
    pub theirs: TreeId,
    /// The commit that is merged, picked or reverted.
    pub source: CommitId,
    /// Parents of the commit to come.
    pub parents: Vec<CommitId>,
    /// Message of the commit to come.
    pub message: String,
    /// Author of the commit to come, as git writes one; absent for whoever finishes it.
    pub author: Option<String>,
    /// What is left to resolve.
    #[serde(default)]
    pub unresolved: Unresolved,
}

/// What keeps an operation from being finished, by table or file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unresolved {
    /// `customer.corder`: rows changed differently on both sides; or the path of a plain file.
    pub data: Vec<String>,
    /// Objects of the catalog changed differently on both sides.
    pub schema: Vec<String>,
    /// Objects that the result leaves broken.
    pub violations: Vec<String>,
    /// What was decided about conflicts.
    #[serde(default)]
    pub decided: Vec<Decided>,
    /// Violations that were taken for settled, by their ids.
    #[serde(default)]
    pub dismissed: Vec<String>,
    /// The files in which conflicts stand.
    #[serde(default)]
    pub unmerged: UnmergedPaths,
}

impl Unresolved {
    /// Tells whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty() && self.schema.is_empty() && self.violations.is_empty()
    }

    /// Returns all names, sorted.
    pub fn all(&self) -> Vec<String> {
        let parts = [&self.data, &self.schema, &self.violations];
        let names: BTreeSet<&String> = parts.into_iter().flatten().collect();
        names.into_iter().cloned().collect()
    }

    /// Returns what combining could not settle.
    pub(super) fn of(combined: &Combined) -> Self {
        let (mut data, mut schema, mut violations) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for relation in &combined.conflicts.relations {
            if relation.rows.is_empty() {
                continue;
            }
            if relation.relation.contains('.') {
                data.insert(relation.relation.clone());
                continue;
            }
            for conflict in &relation.rows {
                let row = Version::ALL
                    .iter()
                    .rev()
                    .find_map(|version| conflict.version(*version));
                let cell = |at: usize| row.and_then(|(row, _)| row.get(at)?.to_text());
                let name: Vec<_> = [cell(0), cell(1)].into_iter().flatten().collect();
                schema.insert(if name.is_empty() {
                    relation.relation.clone()
                } else {
                    name.join(".")
                });
            }
        }
        data.extend(
            combined
                .conflicts
                .files
                .iter()
                .map(|file| file.path.clone()),
        );
        let broken = &combined.violations;
        violations.extend(broken.catalog.iter().map(|found| found.object.clone()));
        for table in broken.tables.iter().filter(|table| !table.rows.is_empty()) {
            violations.insert(format!("{}.{}", table.keyspace, table.table));
        }
        Self {
            data: data.into_iter().collect(),
            schema: schema.into_iter().collect(),
            violations: violations.into_iter().collect(),
            unmerged: combined
                .placed
                .iter()
                .flat_map(|placed| placed.files.clone())
                .collect(),
            ..Self::default()
        }
    }
}

/// Notes that git knows, too.
const GIT_NOTES: [StateFile; 5] = [
    StateFile::MergeHead,
    StateFile::MergeMsg,
    StateFile::MergeMode,
    StateFile::CherryPickHead,
    StateFile::RevertHead,
];

impl Workspace {
    /// Returns the operation in progress, if there is one.
    ///
    /// # Errors
    /// When its note cannot be read.
    pub fn operation(&self) -> Result<Option<Operation>, Error> {
        let Some(text) = self.store.state(StateFile::Operation)? else {
            return Ok(None);
        };
        let mut operation: Operation =
            serde_json::from_str(&text).map_err(|source| Error::DamagedNote {
                path: self.store.git_dir().join("vrev-operation"),
                source,
            })?;
        self.follow_git(&mut operation)?;
        self.follow_index(&mut operation)?;
        if operation.step.is_none() && operation.todo.is_empty() && operation.rebased.is_none() {
            self.end_operation()?;
            return Ok(None);
        }
        Ok(Some(operation))
    }

    /// A step whose notes plain git has removed was finished (`git commit`) or given up (`git merge --abort`) there.
    fn follow_git(&self, operation: &mut Operation) -> Result<(), Error> {
        let Some(step) = &operation.step else {
            return Ok(());
        };
        let note = match operation.kind {
            OperationKind::Merge if step.parents.len() > 1 => Some(StateFile::MergeHead),
            OperationKind::Merge => None,
            OperationKind::Revert => Some(StateFile::RevertHead),
            OperationKind::CherryPick | OperationKind::Rebase => Some(StateFile::CherryPickHead),
        };
        let stopped = step.applied && step.moves_head.is_none();
        let moved = self.store.head()?.commit != Some(step.from);
        let ended = match note {
            Some(note) => self.store.state(note)?.is_none(),
            None => false,
        };
        if stopped && (moved || ended) {
            operation.step = None;
        }
        Ok(())
    }

    /// Tells whether a merge is in progress that plain git has begun.
    pub(super) fn is_git_merging(&self) -> Result<bool, Error> {
        Ok(self.operation()?.is_none()
            && !self.store.state_commits(StateFile::MergeHead)?.is_empty())
    }

    /// Returns the unmerged paths of a merge that plain git has begun; `None` if there is no such merge.
    ///
    /// # Errors
    /// When git's notes or the index cannot be read.
    pub fn git_merge(&self) -> Result<Option<Vec<String>>, Error> {
        match self.is_git_merging()? {
            true => Ok(Some(self.store.unmerged_paths()?.into_iter().collect())),
            false => Ok(None),
        }
    }

    /// Refuses to begin something else while an operation is in progress.
    pub(super) fn refuse_operation(&self, verb: &'static str) -> Result<(), Error> {
        match self.operation()? {
            Some(found) => Err(Error::InProgress {
                verb,
                kind: found.kind,
                interrupted: found.is_interrupted(),
            }),
            None if self.is_git_merging()? => Err(Error::InGitMerge { verb }),
            None => Ok(()),
        }
    }

    /// Refuses while a merge is in progress, or a step has stopped for conflicts.
    pub(super) fn refuse_unmerged(&self, verb: &'static str) -> Result<(), Error> {
        match self.operation()? {
            Some(found) if found.step.is_none() => Ok(()),
            _ => self.refuse_operation(verb),
        }
    }

    /// Refuses to change anything while a step is half-made.
    pub(super) fn refuse_interrupted(&self, verb: &'static str) -> Result<(), Error> {
        match self.operation()? {
            Some(found) if found.is_interrupted() => Err(Error::InProgress {
                verb,
                kind: found.kind,
                interrupted: true,
            }),
            _ => Ok(()),
        }
    }

    /// Notes that an operation begins, keeping the working set as it is.
    pub(super) fn begin_operation(
        &self,
        kind: OperationKind,
        source: &str,
    ) -> Result<Operation, Error> {
        self.begin_planned(Operation::plan(kind, source, self.store.head_commit()?))
    }

    /// As [`Workspace::begin_operation`], for an operation that is planned already.
    pub(super) fn begin_planned(&self, mut plan: Operation) -> Result<Operation, Error> {
        let verb = plan.kind.verb();
        plan.branch = self.store.head()?.branch;
        plan.before = self.keep_working_set(&format!("before {verb} {}", plan.source))?;
        let begun = self
            .store
            .make_state(StateFile::Operation, &text_of(&plan))?;
        if begun {
            if matches!(plan.kind, OperationKind::Merge | OperationKind::Rebase) {
                let head = format!("{}\n", plan.head);
                self.store.set_state(StateFile::OrigHead, &head)?;
            }
            Ok(plan)
        } else {
            Err(Error::InProgress {
                verb,
                kind: plan.kind,
                interrupted: false,
            })
        }
    }

    /// Returns the operation in progress if it is of this kind.
    pub(super) fn operation_of(&self, kind: OperationKind) -> Result<Option<Operation>, Error> {
        Ok(self.operation()?.filter(|found| found.kind == kind))
    }

    pub(super) fn save_operation(&self, operation: &Operation) -> Result<(), Error> {
        Ok(self
            .store
            .set_state(StateFile::Operation, &text_of(operation))?)
    }

    pub(super) fn end_operation(&self) -> Result<(), Error> {
        self.store.clear_state(&GIT_NOTES)?;
        self.store
            .clear_state(&[StateFile::Operation, StateFile::Unmerged])
            .map_err(Into::into)
    }

    /// Makes an operation's step. If that fails, everything is as it was before the operation.
    pub(super) fn take_step(&self, operation: &mut Operation, step: Step) -> Result<(), Error> {
        operation.step = Some(step);
        let made = self
            .save_operation(operation)
            .and_then(|()| self.apply_step(operation));
        if made.is_err() {
            self.take_back(operation)?;
        }
        made
    }

    /// Takes rows, files, index and HEAD where the step leads. Doing it again does no harm.
    pub(super) fn apply_step(&self, operation: &mut Operation) -> Result<(), Error> {
        let Some(step) = operation.step.clone() else {
            return Ok(());
        };
        let will_stop = step.moves_head.is_none();
        if will_stop || step.parents.len() > 1 {
            self.tell_git(operation.kind, &step)?;
        }
        let changes = self
            .store
            .changed_paths(&Revision::Commit(step.from), &Revision::Commit(step.to))?;
        self.take_rows(&rows_of(&changes), step.to)?;
        let tree = |id| self.store.commit(id).map(|commit| commit.tree);
        self.store
            .checkout_tree(tree(step.from)?, tree(step.to)?, LocalChanges::Keep)?;
        match &step.moves_head {
            Some(message) => {
                let head = self.store.head()?;
                if head.commit != Some(step.to) {
                    self.store
                        .move_head(&head, step.to, Expected::At(step.from), message)?;
                }
                self.note_committed()?;
                operation.made.push(step.to);
                operation.step = None;
                self.store.clear_state(&GIT_NOTES)?;
            }
            None => {
                if let Some(rows) = self.existing_rows()? {
                    rows.note_staged(&self.store.table_rows_trees(&Revision::Staged)?)?;
                }
                let trees = [step.base, step.ours, step.theirs];
                self.store.set_unmerged(trees, &step.unresolved.unmerged)?;
                operation.step = Some(Step {
                    applied: true,
                    ..step
                });
            }
        }
        self.save_operation(operation)
    }

    /// Writes the notes by which plain git knows what is going on.
    fn tell_git(&self, kind: OperationKind, step: &Step) -> Result<(), Error> {
        let file = match kind {
            OperationKind::Merge if step.parents.len() < 2 => return Ok(()),
            OperationKind::Merge => StateFile::MergeHead,
            OperationKind::Revert => StateFile::RevertHead,
            OperationKind::CherryPick | OperationKind::Rebase => StateFile::CherryPickHead,
        };
        self.store.set_state(StateFile::MergeMsg, &step.message)?;
        if kind == OperationKind::Merge {
            self.store.set_state(StateFile::MergeMode, "no-ff")?;
        }
        Ok(self.store.set_state(file, &format!("{}\n", step.source))?)
    }

    /// Makes everything as it was before the operation.
    pub(super) fn take_back(&self, operation: &Operation) -> Result<(), Error> {
        if operation.rebased.is_some() {
            self.give_up_rebase(operation)?;
        }
        let head = self.store.head()?;
        let message = format!("{}: aborted", operation.kind.verb());
        if let Some(current) = head.commit
            && current != operation.head
        {
            let expected = Expected::At(current);
            self.store
                .move_head(&head, operation.head, expected, &message)?;
        }
        let kept = self.store.commit(operation.before)?;
        let index = match kept.parents.get(1) {
            Some(index) => self.store.commit(*index)?.tree,
            None => kept.tree,
        };
        self.store.restore_trees(index, kept.tree)?;
        self.restore_rows(operation.before)?;
        if let Some(own) = &operation.rebased {
            self.leave_rebase(own)?;
        }
        self.end_operation()
    }

    /// Keeps the working set as a commit in the form of git's stash: tracked files and rows as they are, with HEAD and
    /// the index as parents. No reference names it.
    pub(super) fn keep_working_set(&self, message: &str) -> Result<CommitId, Error> {
        let head = self.store.head_commit()?;
        let (author, committer) = (self.store.committer()?, self.store.committer()?);
        let new = |tree, parents, message: String| NewCommit {
            message,
            tree,
            parents,
            author: author.clone(),
            committer: committer.clone(),
        };
        let index_tree = self.store.write_tree_from_index()?;
        let index = new(index_tree, vec![head], format!("index: {message}\n"));
        let index = self.store.write_commit(&index)?;
        let tree = self.store.write_tree_from_worktree()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let working = self.working_trees()?;
        let tracked: BTreeSet<String> = self
            .store
            .files(&Revision::Staged, "keyspaces")?
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        let mut changes: Vec<(ShardRows, Option<TreeId>)> = Vec::new();
        let places: BTreeSet<&ShardRows> = staged.keys().chain(working.keys()).collect();
        for place in places {
            let path = place::table_path(&place.keyspace, &place.table);
            if staged.get(place) != working.get(place) && tracked.contains(&path) {
                changes.push((place.clone(), working.get(place).copied()));
            }
        }
        let tree = if changes.is_empty() {
            tree
        } else {
            self.store.set_rows(tree, &changes)?
        };
        let kept = new(tree, vec![head, index], format!("{message}\n"));
        Ok(self.store.write_commit(&kept)?)
    }

    /// Refuses to go from one commit's state to another's where local changes are in the way: a table is in the way as a
    /// whole, its rows and its definition.
    pub(super) fn check_local(
        &self,
        from: CommitId,
        to: CommitId,
        verb: &'static str,
    ) -> Result<(), Error> {
        let (from_tree, to_tree) = (self.store.commit(from)?.tree, self.store.commit(to)?.tree);
        let mut blocked: BTreeSet<String> = BTreeSet::new();
        match self.store.check_carry(from_tree, to_tree) {
            Ok(()) => {}
            Err(store::Error::LocalChanges { paths }) => {
                blocked.extend(paths.iter().map(|path| object_name(path)))
            }
            Err(error) => return Err(error.into()),
        }
        let changes = self
            .store
            .changed_paths(&Revision::Commit(from), &Revision::Commit(to))?;
        let touched = tables_of(&changes);
        if !touched.is_empty() {
            let mut dirty = self.dirty_rows()?;
            for entry in self.store.status()?.entries {
                dirty.extend(place::table_of(&entry.path).filter(|_| !entry.untracked));
            }
            let clash = touched.intersection(&dirty);
            blocked.extend(clash.map(|(keyspace, table)| format!("{keyspace}.{table}")));
        }
        if blocked.is_empty() {
            Ok(())
        } else {
            Err(Error::WouldOverwrite {
                verb,
                objects: blocked.into_iter().collect(),
            })
        }
    }

    /// Refuses changes of tracked files and their rows, staged or not.
    pub(super) fn refuse_uncommitted(&self, verb: &'static str) -> Result<(), Error> {
        let mut objects = BTreeSet::new();
        for entry in self.store.status()?.entries {
            if !entry.untracked {
                objects.insert(object_name(&entry.path));
            }
        }
        let tracked = self.store.files(&Revision::Staged, "keyspaces")?;
        let tracked: BTreeSet<&String> = tracked.iter().map(|(path, _)| path).collect();
        for (keyspace, table) in self.dirty_rows()? {
            if tracked.contains(&place::table_path(&keyspace, &table)) {
                objects.insert(format!("{keyspace}.{table}"));
            }
        }
        uncommitted(verb, objects)
    }

    /// Refuses staged changes of files and rows.
    pub(super) fn refuse_anything_staged(&self, verb: &'static str) -> Result<(), Error> {
        let mut objects = BTreeSet::new();
        for entry in self.store.status()?.entries {
            if entry.staged.is_some() || entry.unmerged {
                objects.insert(object_name(&entry.path));
            }
        }
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        for (keyspace, table) in differing(&self.committed_trees()?, &staged) {
            objects.insert(format!("{keyspace}.{table}"));
        }
        uncommitted(verb, objects)
    }

    /// Returns the tables whose working or staged rows are not HEAD's.
    pub(super) fn dirty_rows(&self) -> Result<BTreeSet<TableKey>, Error> {
        let committed = self.committed_trees()?;
        let mut dirty = differing(&committed, &self.working_trees()?);
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        dirty.extend(differing(&committed, &staged));
        Ok(dirty)
    }

    /// Combines three commits' or trees' states, naming the sides for people.
    pub(super) fn combine_trees(
        &self,
        [base, ours, theirs]: [TreeId; 3],
        their_name: &str,
    ) -> Result<Combined, Error> {
        let options = CombineOptions {
            ours: "HEAD".to_owned(),
            theirs: their_name.to_owned(),
            ..CombineOptions::default()
        };
        self.combine(base, ours, theirs, &options)
    }

    /// Commits what is staged as the commit that a stopped step was to be; `None` if nothing of its change is left.
    /// Refused while conflicts or violations are left.
    pub(super) fn conclude_step(
        &self,
        operation: &mut Operation,
        message: Option<String>,
    ) -> Result<Option<CommitId>, Error> {
        let Some(step) = operation.step.clone() else {
            return Ok(None);
        };
        self.look_again(operation)?;
        self.refuse_unresolved(operation)?;
        let head = self.store.head()?;
        let tree = self.store.write_tree_from_index()?;
        let parent_tree = self.store.commit(step.from)?.tree;
        if tree == parent_tree && step.parents.len() < 2 && !operation.keep_empty {
            // What was left of the change is nothing.
            operation.step = None;
            self.store.clear_state(&GIT_NOTES)?;
            self.save_operation(operation)?;
            return Ok(None);
        }
        self.verify_staged(false)?;
        let author = match step.author.as_ref().or(operation.author.as_ref()) {
            Some(line) => Signature::from_line(line),
            None => self.store.author()?,
        };
        let new = NewCommit {
            message: message.unwrap_or_else(|| step.message.clone()),
            tree,
            parents: step.parents.clone(),
            author,
            committer: self.store.committer()?,
        };
        let verb = match operation.kind {
            OperationKind::Merge => "commit",
            other => other.verb(),
        };
        let id = self.store.commit_to_head(&head, &new, verb)?;
        self.note_committed()?;
        operation.made.push(id);
        operation.step = None;
        self.store.clear_state(&GIT_NOTES)?;
        self.save_operation(operation)?;
        Ok(Some(id))
    }

    /// Refuses a commit, plain git's too, while what is in progress has conflicts or violations left.
    ///
    /// # Errors
    /// [`Error::Unresolved`] with what is left, [`Error::RowsWait`] for rows; when the note cannot be read.
    pub fn refuse_open_conflicts(&self) -> Result<(), Error> {
        match self.operation()? {
            Some(operation) => {
                self.refuse_unresolved(&operation)?;
                self.refuse_waiting_rows(&operation)
            }
            None => Ok(()),
        }
    }

    /// Refuses while a stopped step has conflicts or violations left.
    pub(super) fn refuse_unresolved(&self, operation: &Operation) -> Result<(), Error> {
        match &operation.step {
            Some(step) if !step.unresolved.is_empty() => Err(Error::Unresolved {
                verb: operation.kind.verb(),
                left: step.unresolved.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Returns HEAD, which must be where an operation left it.
    pub(super) fn head_of(&self) -> Result<(Head, CommitId), Error> {
        Ok((self.store.head()?, self.store.head_commit()?))
    }
}

fn uncommitted(verb: &'static str, objects: BTreeSet<String>) -> Result<(), Error> {
    if objects.is_empty() {
        return Ok(());
    }
    Err(Error::Uncommitted {
        verb,
        objects: objects.into_iter().collect(),
    })
}

fn text_of(operation: &Operation) -> String {
    // Strings, numbers and lists of them always print.
    serde_json::to_string_pretty(operation).unwrap_or_default()
}

fn rows_of(changes: &TreeChanges) -> BTreeSet<TableKey> {
    let key = |place: &ShardRows| (place.keyspace.clone(), place.table.clone());
    changes.rows.iter().map(|row| key(&row.place)).collect()
}

/// Returns the tables whose rows or definition change.
fn tables_of(changes: &TreeChanges) -> BTreeSet<TableKey> {
    let mut keys = rows_of(changes);
    keys.extend(
        changes
            .paths
            .iter()
            .filter_map(|change| place::table_of(&change.path)),
    );
    keys
}

/// Returns what a path is to people: `customer.corder` for a table's file and for its rows.
fn object_name(path: &str) -> String {
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("rows"), Some(keyspace), Some(table)) => format!("{keyspace}.{table}"),
        _ => place::object_of(path).1,
    }
}
