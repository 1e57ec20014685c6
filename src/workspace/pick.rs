//! `cherry-pick` and `revert`: single commits' changes made again, or taken back, on top of HEAD.
//!
//! Both are merges with a chosen base: a pick merges a commit with its parent as base, a revert merges the parent with
//! the commit as base. The commits of a list are made one on the other before anything moves; the working set takes one
//! step to the last of them, and a second one into the first conflict.

use super::combine::Combined;
use super::operation::{Operation, OperationKind, Step, Unresolved};
use super::report::CommitReport;
use super::{Error, Workspace};
use crate::store::{Commit, CommitId, NewCommit, Signature, TreeId};

/// What to pick or to revert.
#[derive(Debug, Clone, Default)]
pub struct PickOptions {
    /// The commits, in order.
    pub revisions: Vec<String>,
    /// The parent (from 1) against which the change of a merge is meant.
    pub mainline: Option<usize>,
    /// Author of the new commits, `Name <address>`; absent for the picked commit's own, or for whoever reverts.
    pub author: Option<String>,
    /// Make commits that change nothing, too.
    pub allow_empty: bool,
    /// Do not say in a revert's message which commit it reverts.
    pub short_message: bool,
}

/// What a pick or a revert did.
#[derive(Debug, Clone, Default)]
pub struct PickReport {
    /// The new commits, in order.
    pub commits: Vec<CommitReport>,
    /// The commit whose change could not be made without conflicts.
    pub stopped: Option<CommitId>,
    /// What is left to resolve there.
    pub unresolved: Unresolved,
}

/// Commits made one on the other, and where that ended.
pub(super) struct Chain {
    pub(super) tip: CommitId,
    pub(super) made: Vec<CommitId>,
    /// How many commits of the list were made, or dropped because they change nothing.
    pub(super) settled: usize,
    /// The commit that does not apply, and how.
    pub(super) stopped: Option<(Change, Combined)>,
    /// Commits after it.
    rest: Vec<CommitId>,
}

impl Chain {
    /// Tells whether it has stopped at definitions that were changed differently.
    pub(super) fn is_of_definitions(&self) -> bool {
        let unresolved = self
            .stopped
            .as_ref()
            .map(|(_, combined)| Unresolved::of(combined));
        unresolved.is_some_and(|left| !left.schema.is_empty())
    }
}

/// A commit's change as a merge.
pub(super) struct Change {
    source: CommitId,
    base: TreeId,
    theirs: TreeId,
    message: String,
    author: Signature,
}

impl Workspace {
    /// Makes the changes of commits again on top of HEAD. Authors and their dates are kept.
    ///
    /// # Errors
    /// When something is in progress or not committed, or a commit is a merge (without `mainline`), has no parent, or
    /// changes nothing here: nothing is changed then.
    pub fn cherry_pick(&self, options: &PickOptions) -> Result<PickReport, Error> {
        self.pick(OperationKind::CherryPick, options)
    }

    /// Takes the changes of commits back by new commits on top of HEAD. Unstaged changes in tables and files that these do
    /// not touch are carried through.
    ///
    /// # Errors
    /// As [`Workspace::cherry_pick`], but for such changes.
    pub fn revert(&self, options: &PickOptions) -> Result<PickReport, Error> {
        self.pick(OperationKind::Revert, options)
    }

    fn pick(&self, kind: OperationKind, options: &PickOptions) -> Result<PickReport, Error> {
        self.adopt()?;
        let mut todo = Vec::new();
        for revision in &options.revisions {
            todo.push(self.store.resolve_commit(revision)?);
        }
        self.refuse_operation(kind.verb())?;
        match kind {
            // What the commits do not touch may be changed, as in git, but not staged: it would go into the new commit.
            OperationKind::Revert => self.refuse_anything_staged(kind.verb())?,
            _ => self.refuse_uncommitted(kind.verb())?,
        }
        let author = match &options.author {
            None => None,
            typed => Some(self.store.author_of(typed.as_deref(), None)?.to_line()),
        };
        let mut plan = Operation::plan(
            kind,
            &options.revisions.join(" "),
            self.store.head_commit()?,
        );
        plan.author = author;
        plan.mainline = options.mainline;
        plan.keep_empty = options.allow_empty;
        plan.short_message = options.short_message;
        let chain = self.chain(&plan, &todo, plan.head)?;
        let (_, head) = self.head_of()?;
        let last = self.target_of(&chain)?;
        self.check_local(head, last, kind.verb())?;
        let mut operation = self.begin_planned(plan)?;
        self.follow_chain(&mut operation, chain)
    }

    /// Goes on with a pick or a revert whose conflicts are resolved and staged, or that was interrupted.
    ///
    /// # Errors
    /// When there is none, or something is left to resolve.
    pub fn continue_pick(&self, kind: OperationKind) -> Result<PickReport, Error> {
        self.adopt()?;
        let Some(mut operation) = self.operation_of(kind)? else {
            return Err(Error::NoneInProgress { kind });
        };
        let before = operation.made.len();
        if operation.step.as_ref().is_some_and(|step| !step.applied) {
            self.apply_step(&mut operation)?;
        }
        self.conclude_step(&mut operation, None)?;
        let todo = std::mem::take(&mut operation.todo);
        let chain = self.chain(&operation, &todo, self.store.head_commit()?)?;
        let made = operation.made.split_off(before);
        let mut report = self.follow_chain(&mut operation, chain)?;
        let mut first = Vec::new();
        for id in made {
            first.push(self.commit_report(id)?);
        }
        first.append(&mut report.commits);
        report.commits = first;
        Ok(report)
    }

    /// Takes a pick or a revert back, the commits that it has made already, too.
    ///
    /// # Errors
    /// When there is none.
    pub fn abort_pick(&self, kind: OperationKind) -> Result<(), Error> {
        match self.operation_of(kind)? {
            Some(operation) => self.take_back(&operation),
            None => Err(Error::NoneInProgress { kind }),
        }
    }

    /// Makes commits one on the other, moving nothing, until one does not apply.
    pub(super) fn chain(
        &self,
        operation: &Operation,
        todo: &[CommitId],
        onto: CommitId,
    ) -> Result<Chain, Error> {
        let mut chain = Chain {
            tip: onto,
            made: Vec::new(),
            settled: 0,
            stopped: None,
            rest: Vec::new(),
        };
        for (at, source) in todo.iter().enumerate() {
            let change = self.change_of(operation, *source)?;
            let ours = self.store.commit(chain.tip)?.tree;
            let combined =
                self.combine_trees([change.base, ours, change.theirs], &source.abbreviated(10))?;
            if !combined.is_clean() {
                chain.stopped = Some((change, combined));
                chain.rest = todo[at + 1..].to_vec();
                break;
            }
            chain.settled = at + 1;
            if combined.tree == ours && !operation.keep_empty {
                if operation.kind == OperationKind::Rebase {
                    continue;
                }
                return Err(Error::EmptyPick {
                    verb: operation.kind.verb(),
                    commit: *source,
                });
            }
            chain.tip = self.write_change(&change, combined.tree, chain.tip)?;
            chain.made.push(chain.tip);
        }
        Ok(chain)
    }

    /// Returns a commit's change, or its opposite, as a merge.
    fn change_of(&self, operation: &Operation, source: CommitId) -> Result<Change, Error> {
        let verb = operation.kind.verb();
        let commit = self.store.commit(source)?;
        let parent = match (operation.mainline, commit.parents.as_slice()) {
            (_, []) => {
                return Err(Error::PickRoot {
                    verb,
                    commit: source,
                });
            }
            (None, [parent]) => *parent,
            (Some(number), parents)
                if parents.len() > 1 && (1..=parents.len()).contains(&number) =>
            {
                parents[number - 1]
            }
            (Some(1), [parent]) => *parent,
            (_, parents) => {
                return Err(Error::PickMerge {
                    verb,
                    commit: source,
                    parents: parents.len(),
                });
            }
        };
        let parent = self.store.commit(parent)?;
        let author = match &operation.author {
            Some(line) => Signature::from_line(line),
            None if operation.kind == OperationKind::Revert => self.store.author()?,
            None => commit.author.clone(),
        };
        let (base, theirs, message) = if operation.kind == OperationKind::Revert {
            (commit.tree, parent.tree, revert_message(&commit, operation))
        } else {
            (parent.tree, commit.tree, commit.message.clone())
        };
        Ok(Change {
            source,
            base,
            theirs,
            message,
            author,
        })
    }

    fn write_change(
        &self,
        change: &Change,
        tree: TreeId,
        parent: CommitId,
    ) -> Result<CommitId, Error> {
        Ok(self.store.write_commit(&NewCommit {
            message: change.message.clone(),
            tree,
            parents: vec![parent],
            author: change.author.clone(),
            committer: self.store.committer()?,
        })?)
    }

    /// Returns the commit whose state the working set is to have in the end.
    pub(super) fn target_of(&self, chain: &Chain) -> Result<CommitId, Error> {
        match &chain.stopped {
            None => Ok(chain.tip),
            Some((change, combined)) => self.write_change(change, combined.tree, chain.tip),
        }
    }

    /// Takes the working set to the end of a chain.
    pub(super) fn follow_chain(
        &self,
        operation: &mut Operation,
        chain: Chain,
    ) -> Result<PickReport, Error> {
        let mut report = PickReport::default();
        operation.todo = chain.rest.clone();
        let from = self.store.head_commit()?;
        if chain.tip != from {
            let step = self.step_to(operation, from, &chain)?;
            self.take_step(operation, step)?;
            // The step noted its last commit; the ones before it were made with it.
            operation.made.pop();
            operation.made.extend(&chain.made);
            for id in &chain.made {
                report.commits.push(self.commit_report(*id)?);
            }
        }
        let Some((change, combined)) = &chain.stopped else {
            if operation.rebased.is_none() {
                self.end_operation()?;
            }
            return Ok(report);
        };
        report.stopped = Some(change.source);
        report.unresolved = Unresolved::of(combined);
        let step = Step {
            from: chain.tip,
            to: self.write_change(change, combined.tree, chain.tip)?,
            moves_head: None,
            applied: false,
            base: change.base,
            ours: self.store.commit(chain.tip)?.tree,
            theirs: change.theirs,
            source: change.source,
            parents: vec![chain.tip],
            message: change.message.clone(),
            author: Some(change.author.to_line()),
            unresolved: report.unresolved.clone(),
        };
        self.take_step(operation, step)?;
        Ok(report)
    }

    /// Returns the step to the last commit that was made.
    fn step_to(&self, operation: &Operation, from: CommitId, chain: &Chain) -> Result<Step, Error> {
        let tip = self.store.commit(chain.tip)?;
        let ours = self.store.commit(from)?.tree;
        Ok(Step {
            from,
            to: chain.tip,
            moves_head: Some(format!("{}: {}", operation.kind.verb(), tip.subject())),
            applied: false,
            base: ours,
            ours,
            theirs: tip.tree,
            source: chain.tip,
            parents: Vec::new(),
            message: String::new(),
            author: None,
            unresolved: Unresolved::default(),
        })
    }
}

fn revert_message(reverted: &Commit, operation: &Operation) -> String {
    let subject = reverted.subject();
    if operation.short_message {
        return format!("Revert \"{subject}\"\n");
    }
    let id = reverted.id;
    format!("Revert \"{subject}\"\n\nThis reverts commit {id}.\n")
}
