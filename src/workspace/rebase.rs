//! `rebase`: a branch's own commits made again on top of another revision.
//!
//! The commits are made one on the other before anything moves; if all apply, the branch takes one step. At a conflict
//! work goes on on a branch of its own, `dolt_rebase_<branch>`, so that the branch itself is never half-rebased.

use super::operation::{Operation, OperationKind};
use super::pick::{Chain, PickReport};
use super::{Error, Workspace};
use crate::store::{CommitId, Expected, Force, LocalChanges, Order, StateFile, WalkOptions};

/// What to rebase.
#[derive(Debug, Clone, Default)]
pub struct RebaseOptions {
    /// The branch or revision whose commits stay as they are.
    pub upstream: String,
    /// Where the commits go; absent for `upstream`.
    pub onto: Option<String>,
    /// Keep commits that turn out to change nothing.
    pub keep_empty: bool,
}

/// What a rebase did.
#[derive(Debug, Clone, Default)]
pub struct RebaseReport {
    /// The branch; absent for a detached HEAD.
    pub branch: Option<String>,
    /// Whether there was nothing to do.
    pub up_to_date: bool,
    /// Whether HEAD has no commit that the upstream has not.
    pub nothing: bool,
    /// The commits made, and where that stopped.
    pub picks: PickReport,
}

impl Workspace {
    /// Makes the commits of HEAD that `upstream` has not again on top of it, or of `onto`. Merges among them are left out.
    ///
    /// # Errors
    /// When something is in progress or not committed; nothing is changed then. Conflicts are no error.
    pub fn rebase(&self, options: &RebaseOptions) -> Result<RebaseReport, Error> {
        self.adopt()?;
        self.refuse_operation("rebase")?;
        self.refuse_uncommitted("rebase")?;
        let upstream = self.store.resolve_commit(&options.upstream)?;
        let typed = options.onto.as_deref().unwrap_or(&options.upstream);
        let onto = self.store.resolve_commit(typed)?;
        let (head, from) = self.head_of()?;
        let mut report = RebaseReport {
            branch: head.branch.clone(),
            ..RebaseReport::default()
        };
        let todo = self.commits_since(upstream, from)?;
        report.nothing = todo.is_empty();
        let stays =
            self.store.merge_base(onto, from)? == Some(onto) && self.is_straight(&todo, onto)?;
        if stays {
            report.up_to_date = true;
            return Ok(report);
        }
        let mut plan = Operation::plan(OperationKind::Rebase, typed, from);
        plan.keep_empty = options.keep_empty;
        let chain = self.chain(&plan, &todo, onto)?;
        self.check_local(from, self.target_of(&chain)?, "rebase")?;
        if chain.stopped.is_none() {
            let mut operation = self.begin_planned(plan)?;
            report.picks = self.follow_chain(&mut operation, chain)?;
            return Ok(report);
        }
        let branch = rebase_branch(head.branch.as_deref());
        self.store
            .create_branch(&branch, chain.tip, typed, Force::No)?;
        plan.rebased = Some(branch);
        plan.todo = todo[chain.settled..].to_vec();
        let mut operation = self.begin_planned(plan)?;
        if let Err(error) = self.enter_rebase(&operation) {
            self.take_back(&operation)?;
            return Err(error);
        }
        report.picks = self.stop_rebase(&mut operation, chain)?;
        Ok(report)
    }

    /// Notes the commits that were made before HEAD was on the rebase's own branch, and stops at the next.
    fn stop_rebase(&self, operation: &mut Operation, chain: Chain) -> Result<PickReport, Error> {
        operation.made.extend(&chain.made);
        let made = chain.made.clone();
        let mut report = self.follow_chain(operation, chain)?;
        let mut first = Vec::new();
        for id in made {
            first.push(self.commit_report(id)?);
        }
        first.append(&mut report.commits);
        report.commits = first;
        Ok(report)
    }

    /// Goes on with a rebase whose conflicts are resolved and staged, or that was interrupted.
    ///
    /// # Errors
    /// When there is none, or something is left to resolve.
    pub fn continue_rebase(&self) -> Result<RebaseReport, Error> {
        self.adopt()?;
        let kind = OperationKind::Rebase;
        let Some(mut operation) = self.operation_of(kind)? else {
            return Err(Error::NoneInProgress { kind });
        };
        let mut report = RebaseReport {
            branch: operation.branch.clone(),
            ..RebaseReport::default()
        };
        if operation.rebased.is_none() {
            // It was interrupted in the one step of a rebase without conflicts.
            report.picks = self.continue_pick(kind)?;
            return Ok(report);
        }
        let head = self.store.head()?;
        if head.branch != operation.rebased && head.commit == Some(operation.head) {
            self.enter_rebase(&operation)?;
        }
        if self.store.head()?.branch == operation.rebased {
            report.picks = self.continue_pick(kind)?;
            if report.picks.stopped.is_some() {
                return Ok(report);
            }
            operation.todo.clear();
        }
        self.finish_rebase(&operation)?;
        Ok(report)
    }

    /// Leaves the commit out at which a rebase has stopped, and goes on.
    ///
    /// # Errors
    /// When there is none.
    pub fn skip_rebase(&self) -> Result<RebaseReport, Error> {
        let kind = OperationKind::Rebase;
        let Some(mut operation) = self.operation_of(kind)? else {
            return Err(Error::NoneInProgress { kind });
        };
        if operation.step.is_some() {
            self.leave_step_out(&mut operation)?;
            self.save_operation(&operation)?;
        }
        self.continue_rebase()
    }

    /// Makes files, index and rows HEAD's again where a rebase has stopped.
    pub(super) fn leave_step_out(&self, operation: &mut Operation) -> Result<(), Error> {
        let from = match operation.step.take() {
            Some(step) => step.from,
            None => self.store.head_commit()?,
        };
        let tree = self.store.commit(from)?.tree;
        self.store.restore_trees(tree, tree)?;
        self.restore_rows(from)?;
        let notes = [StateFile::CherryPickHead, StateFile::MergeMsg];
        Ok(self.store.clear_state(&notes)?)
    }

    /// Puts HEAD on the rebase's own branch.
    pub(super) fn enter_rebase(&self, operation: &Operation) -> Result<(), Error> {
        let Some(branch) = &operation.rebased else {
            return Ok(());
        };
        let tip = self.store.resolve_commit(&format!("refs/heads/{branch}"))?;
        let tree = |id| self.store.commit(id).map(|commit| commit.tree);
        super::rows::remove_database(&self.rows_path_of(branch))?;
        self.store
            .checkout_tree(tree(operation.head)?, tree(tip)?, LocalChanges::Keep)?;
        let message = format!("rebase (start): checkout {}", operation.source);
        Ok(self.store.set_head_to_branch(branch, &message)?)
    }

    /// Moves the branch to what was made, and HEAD back to it.
    pub(super) fn finish_rebase(&self, operation: &Operation) -> Result<(), Error> {
        let Some(own) = &operation.rebased else {
            return self.end_operation();
        };
        let tip = match self.store.branch(own)? {
            Some(tip) => tip,
            None => return self.end_operation(),
        };
        match &operation.branch {
            Some(branch) => {
                let name = format!("refs/heads/{branch}");
                if self.store.branch(branch)? != Some(tip) {
                    let message = format!("rebase (finish): {name} onto {}", operation.source);
                    self.store
                        .update_ref(&name, Expected::At(operation.head), tip, &message)?;
                }
                let message = format!("rebase (finish): returning to {name}");
                self.store.set_head_to_branch(branch, &message)?;
            }
            None => self
                .store
                .set_head_detached(tip, "rebase (finish): returning")?,
        }
        self.leave_rebase(own)?;
        self.end_operation()
    }

    /// Removes the rebase's own branch with its working rows; HEAD has left it.
    pub(super) fn leave_rebase(&self, own: &str) -> Result<(), Error> {
        if self.store.branch(own)?.is_some() {
            self.store.delete_branch(own, Force::Yes)?;
        }
        super::rows::remove_database(&self.rows_path_of(own))
    }

    /// Puts HEAD back on the branch that is being rebased, where it was.
    pub(super) fn give_up_rebase(&self, operation: &Operation) -> Result<(), Error> {
        let message = "rebase (abort): returning";
        match &operation.branch {
            Some(branch) => {
                let tip = self.store.branch(branch)?;
                if let Some(tip) = tip.filter(|tip| *tip != operation.head) {
                    let name = format!("refs/heads/{branch}");
                    self.store
                        .update_ref(&name, Expected::At(tip), operation.head, message)?;
                }
                self.store.set_head_to_branch(branch, message)?;
            }
            None => self.store.set_head_detached(operation.head, message)?,
        }
        Ok(())
    }

    /// Returns the commits of `tip` that `upstream` has not, oldest first, without merges.
    pub(super) fn commits_since(
        &self,
        upstream: CommitId,
        tip: CommitId,
    ) -> Result<Vec<CommitId>, Error> {
        let options = WalkOptions {
            order: Order::Topological,
            ..WalkOptions::default()
        };
        let mut commits = Vec::new();
        for commit in self.store.walk(&[tip], &[upstream], options)? {
            let commit = commit?;
            if commit.parents.len() < 2 {
                commits.push(commit.id);
            }
        }
        commits.reverse();
        Ok(commits)
    }

    /// Tells whether commits follow one another from `onto`: then there is nothing to do.
    fn is_straight(&self, commits: &[CommitId], onto: CommitId) -> Result<bool, Error> {
        let mut last = onto;
        for id in commits {
            if self.store.commit(*id)?.parents != [last] {
                return Ok(false);
            }
            last = *id;
        }
        Ok(last == self.store.head_commit()?)
    }
}

/// Returns the branch on which a rebase with conflicts is worked on.
pub(super) fn rebase_branch(branch: Option<&str>) -> String {
    format!("dolt_rebase_{}", branch.unwrap_or("HEAD"))
}
