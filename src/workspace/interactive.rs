//! `rebase -i`: a branch's commits made again as a plan says, which is rows of `dolt_rebase`, or lines of git's todo list
//! (reference: Dolt's page of `dolt_rebase`, git-rebase(1), "INTERACTIVE MODE").
//!
//! HEAD is on `dolt_rebase_<branch>` until the plan is carried out. Commits are made one on the other before anything
//! moves; the working set takes a step where the plan stops: at a conflict, at `edit`, at its end.

use serde::{Deserialize, Serialize};

use super::operation::{Operation, OperationKind};
use super::rebase::{RebaseOptions, rebase_branch};
use super::{Error, Workspace};
use crate::store::{self, Commit, CommitId, Expected, Force, NewCommit, TreeId};

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanAction {
    /// It is left out.
    Drop,
    /// It is made again.
    Pick,
    /// It is made again with the plan's message.
    Reword,
    /// It becomes part of the commit before it, whose message gets its own.
    Squash,
    /// It becomes part of the commit before it.
    Fixup,
    /// It is made again, and the rebase stops after it.
    Edit,
}

impl PlanAction {
    /// Every action with its name, in the order of the column's type.
    pub const ALL: [(Self, &str); 6] = [
        (Self::Drop, "drop"),
        (Self::Pick, "pick"),
        (Self::Reword, "reword"),
        (Self::Squash, "squash"),
        (Self::Fixup, "fixup"),
        (Self::Edit, "edit"),
    ];
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCommit {
    /// Its place, in hundredths.
    pub order: i64,
    /// What becomes of it.
    pub action: PlanAction,
    /// The commit's id, as typed.
    pub commit: String,
    /// The commit's message, or the one it is to have.
    pub message: String,
}

/// A plan, and how far it is carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its lines, in any order.
    pub commits: Vec<PlannedCommit>,
    /// The place of the last line that was begun.
    pub begun: Option<i64>,
    /// Whether it stopped after that line for the commit to be edited.
    pub editing: bool,
}

impl Plan {
    /// Returns the place of a line by its number, from 0.
    pub fn place(number: usize) -> i64 {
        100 * (i64::try_from(number).unwrap_or(i64::MAX / 200) + 1)
    }

    fn line(&self, order: Option<i64>) -> Option<&PlannedCommit> {
        let mut lines = self.commits.iter();
        lines.find(|line| Some(line.order) == order)
    }

    /// Returns the lines that are not begun, in order.
    fn rest(&self) -> Vec<PlannedCommit> {
        let is_left = |line: &&PlannedCommit| self.begun.is_none_or(|begun| line.order > begun);
        let mut rest: Vec<_> = self.commits.iter().filter(is_left).cloned().collect();
        rest.sort_by_key(|line| line.order);
        rest
    }
}

/// Where carrying a plan out has come to.
#[derive(Debug)]
pub enum PlanEnd {
    /// The branch is rebased.
    Done {
        /// The branch; absent for a detached HEAD.
        branch: Option<String>,
    },
    /// A commit is to be edited.
    Editing {
        /// The line.
        line: PlannedCommit,
    },
    /// A commit's change conflicts; the conflicts are to be resolved.
    Conflict {
        /// The line.
        line: PlannedCommit,
    },
    /// A commit's change conflicts and conflicts were not to be kept: nothing was changed.
    NotKept,
    /// A commit's change of a definition conflicts: the rebase was given up.
    SchemaConflict {
        /// The line.
        line: PlannedCommit,
    },
    /// Conflicts of these objects are not resolved.
    Unresolved {
        /// Their names.
        objects: Vec<String>,
    },
    /// What was resolved is not staged.
    Unstaged,
    /// The plan cannot be carried out.
    Invalid {
        /// Why.
        reason: String,
    },
}

/// How the line at which a plan stopped was settled.
enum Settled {
    /// It was not.
    Stopped(PlanEnd),
    /// By this commit, or by none.
    Made(Option<CommitId>),
}

/// Whether conflicts may be left in the working set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepConflicts {
    /// They may, those of definitions too.
    All,
    /// Those of rows may; one of definitions gives the rebase up, as Dolt does.
    Yes,
    /// The change that has them is not begun.
    No,
}

impl Workspace {
    /// Returns the plan of a rebase that is to begin: every commit of HEAD that `upstream` has not, to be picked.
    ///
    /// # Errors
    /// When something is in progress or not committed, or the branch exists on which work would go on.
    pub fn plan_of(&self, options: &RebaseOptions) -> Result<Vec<PlannedCommit>, Error> {
        self.adopt()?;
        self.refuse_operation("rebase")?;
        self.refuse_uncommitted("rebase")?;
        let upstream = self.store.resolve_commit(&options.upstream)?;
        let (head, from) = self.head_of()?;
        let todo = self.commits_since(upstream, from)?;
        let branch = rebase_branch(head.branch.as_deref());
        if !todo.is_empty() && self.store.branch(&branch)?.is_some() {
            return Err(Error::Store(store::Error::AlreadyExists {
                kind: "branch",
                name: branch,
            }));
        }
        let mut commits = Vec::with_capacity(todo.len());
        for (at, id) in todo.iter().enumerate() {
            commits.push(PlannedCommit {
                order: Plan::place(at),
                action: PlanAction::Pick,
                commit: id.to_string(),
                message: self.store.commit(*id)?.message.trim_end().to_owned(),
            });
        }
        Ok(commits)
    }

    /// Begins a rebase that follows a plan: [`Workspace::plan_of`]'s. Returns the branch on which work goes on, `None` where
    /// there is nothing to do.
    ///
    /// # Errors
    /// As [`Workspace::plan_of`].
    pub fn begin_plan(&self, options: &RebaseOptions) -> Result<Option<String>, Error> {
        let commits = self.plan_of(options)?;
        if commits.is_empty() {
            return Ok(None);
        }
        self.begin_plan_with(options, commits).map(Some)
    }

    /// Begins a rebase that follows these lines. Returns the branch on which work goes on.
    ///
    /// # Errors
    /// When something is in progress or not committed, that branch exists, or the lines cannot be carried out: nothing is
    /// changed then.
    pub fn begin_plan_with(
        &self,
        options: &RebaseOptions,
        commits: Vec<PlannedCommit>,
    ) -> Result<String, Error> {
        self.adopt()?;
        self.refuse_operation("rebase")?;
        self.refuse_uncommitted("rebase")?;
        let lines = Plan {
            commits,
            ..Plan::default()
        };
        if let Some(reason) = self.flaw_of(&lines)? {
            return Err(Error::InvalidPlan { reason });
        }
        let typed = options.onto.as_deref().unwrap_or(&options.upstream);
        let onto = self.store.resolve_commit(typed)?;
        let (head, from) = self.head_of()?;
        let branch = rebase_branch(head.branch.as_deref());
        self.store.create_branch(&branch, onto, typed, Force::No)?;
        let mut plan = Operation::plan(OperationKind::Rebase, typed, from);
        plan.keep_empty = options.keep_empty;
        plan.rebased = Some(branch.clone());
        plan.interactive = Some(lines);
        let operation = self.begin_planned(plan)?;
        if let Err(error) = self.enter_rebase(&operation) {
            self.take_back(&operation)?;
            return Err(error);
        }
        Ok(branch)
    }

    /// Returns the plan of the rebase in progress, if it has one.
    ///
    /// # Errors
    /// When the note of it cannot be read.
    pub fn plan_in_progress(&self) -> Result<Option<Plan>, Error> {
        let operation = self.operation_of(OperationKind::Rebase)?;
        Ok(operation.and_then(|operation| operation.interactive))
    }

    /// Replaces the lines of the plan in progress.
    ///
    /// # Errors
    /// When there is none.
    pub fn change_plan(&self, commits: Vec<PlannedCommit>) -> Result<(), Error> {
        let kind = OperationKind::Rebase;
        match self.operation_of(kind)? {
            Some(mut operation) => {
                let Some(plan) = &mut operation.interactive else {
                    return Err(Error::NoneInProgress { kind });
                };
                plan.commits = commits;
                self.save_operation(&operation)
            }
            None => Err(Error::NoneInProgress { kind }),
        }
    }

    /// Goes on with the plan in progress.
    ///
    /// # Errors
    /// When there is none, or a commit cannot be read or written.
    pub fn continue_plan(&self, keep: KeepConflicts) -> Result<PlanEnd, Error> {
        let kind = OperationKind::Rebase;
        self.adopt()?;
        let Some(mut operation) = self.operation_of(kind)? else {
            return Err(Error::NoneInProgress { kind });
        };
        let Some(plan) = operation.interactive.clone() else {
            return Err(Error::NoneInProgress { kind });
        };
        if let Some(reason) = self.flaw_of(&plan)? {
            return Ok(PlanEnd::Invalid { reason });
        }
        let made = match self.settle_line(&mut operation, &plan)? {
            Settled::Stopped(end) => return Ok(end),
            Settled::Made(made) => made,
        };
        self.carry_out(operation, plan, made, keep)
    }

    /// Leaves the line out at which the plan in progress has stopped, and goes on.
    ///
    /// # Errors
    /// As [`Workspace::continue_plan`].
    pub fn skip_line(&self, keep: KeepConflicts) -> Result<PlanEnd, Error> {
        let kind = OperationKind::Rebase;
        let Some(mut operation) = self.operation_of(kind)? else {
            return Err(Error::NoneInProgress { kind });
        };
        let Some(plan) = &mut operation.interactive else {
            return Err(Error::NoneInProgress { kind });
        };
        let begun = plan.begun;
        let lines = plan.commits.iter_mut();
        for line in lines.filter(|line| Some(line.order) == begun) {
            line.action = PlanAction::Drop;
        }
        self.leave_step_out(&mut operation)?;
        self.save_operation(&operation)?;
        self.continue_plan(keep)
    }

    /// Returns why the lines that are left cannot be carried out.
    fn flaw_of(&self, plan: &Plan) -> Result<Option<String>, Error> {
        let mut follows = plan.begun.is_some();
        for line in plan.rest() {
            match line.action {
                PlanAction::Drop => continue,
                PlanAction::Squash | PlanAction::Fixup if !follows => {
                    let reason = "invalid rebase plan: squash and fixup actions must appear after a pick or reword action";
                    return Ok(Some(reason.to_owned()));
                }
                _ => follows = true,
            }
            let name = &line.commit;
            let is_id = |digits: usize, base: u32| {
                name.len() == digits && name.chars().all(|c| c.is_digit(base))
            };
            if !is_id(40, 16) && !is_id(32, 32) {
                return Ok(Some(format!("invalid commit hash: {name}")));
            }
            if self.store.resolve_commit(name).is_err() {
                return Ok(Some(format!(
                    "unable to resolve commit hash {name}: target commit not found"
                )));
            }
        }
        Ok(None)
    }

    /// Commits what was resolved or edited at the line where the plan stopped.
    fn settle_line(&self, operation: &mut Operation, plan: &Plan) -> Result<Settled, Error> {
        if operation.step.as_ref().is_some_and(|step| !step.applied) {
            self.apply_step(operation)?;
        }
        if operation.step.is_some() {
            self.look_again(operation)?;
            if let Err(Error::Unresolved { left, .. }) = self.refuse_unresolved(operation) {
                let objects = left.all();
                return Ok(Settled::Stopped(PlanEnd::Unresolved { objects }));
            }
        }
        if plan.begun.is_some() && self.has_unstaged()? {
            return Ok(Settled::Stopped(PlanEnd::Unstaged));
        }
        if operation.step.is_some() {
            return Ok(Settled::Made(self.conclude_step(operation, None)?));
        }
        if plan.editing {
            self.amend_staged()?;
            return Ok(Settled::Made(None));
        }
        // It may have been committed by hand.
        let head = self.store.head_commit()?;
        let made = operation.made.last().copied();
        Ok(Settled::Made(made.filter(|made| *made == head)))
    }

    /// Makes what is staged part of HEAD's commit, as git does for a commit that is being edited.
    fn amend_staged(&self) -> Result<(), Error> {
        let (head, id) = self.head_of()?;
        let commit = self.store.commit(id)?;
        let tree = self.store.write_tree_from_index()?;
        if tree == commit.tree {
            return Ok(());
        }
        let amended = self.made_of(&commit, tree, commit.parents.clone(), None)?;
        self.store
            .move_head(&head, amended, Expected::At(id), "rebase (edit)")?;
        self.note_committed()
    }

    /// Writes a commit with another tree, other parents, or another message.
    fn made_of(
        &self,
        commit: &Commit,
        tree: TreeId,
        parents: Vec<CommitId>,
        message: Option<&str>,
    ) -> Result<CommitId, Error> {
        let message = message.map(|message| format!("{}\n", message.trim_end()));
        Ok(self.store.write_commit(&NewCommit {
            message: message.unwrap_or_else(|| commit.message.clone()),
            tree,
            parents,
            author: commit.author.clone(),
            committer: self.store.committer()?,
        })?)
    }

    /// Makes the commits of the lines that are left.
    fn carry_out(
        &self,
        mut operation: Operation,
        mut plan: Plan,
        made: Option<CommitId>,
        keep: KeepConflicts,
    ) -> Result<PlanEnd, Error> {
        let mut tip = self.store.head_commit()?;
        if let (Some(line), Some(made)) = (plan.line(plan.begun), made) {
            // The commit of the line at which it stopped was made when its conflicts were resolved.
            tip = self.finished(line, made)?;
        }
        let before = operation.made.len();
        for line in plan.rest() {
            if line.action == PlanAction::Drop {
                continue;
            }
            let source = self.store.resolve_commit(&line.commit)?;
            let mut chain = if self.follows(source, tip, operation.keep_empty)? {
                // It stands there already, as it is.
                self.chain(&operation, &[], source)?
            } else {
                self.chain(&operation, &[source], tip)?
            };
            if chain.stopped.is_some() {
                if chain.is_of_definitions() && keep != KeepConflicts::All {
                    self.take_back(&operation)?;
                    return Ok(PlanEnd::SchemaConflict { line });
                }
                if keep == KeepConflicts::No {
                    return Ok(PlanEnd::NotKept);
                }
            } else {
                let is_made = chain.tip != tip;
                tip = chain.tip;
                if is_made {
                    tip = self.finished(&line, tip)?;
                }
                if line.action != PlanAction::Edit {
                    continue;
                }
                chain.tip = tip;
            }
            plan.begun = Some(line.order);
            plan.editing = chain.stopped.is_none();
            operation.interactive = Some(plan);
            let is_conflict = chain.stopped.is_some();
            self.follow_chain(&mut operation, chain)?;
            self.save_operation(&operation)?;
            return Ok(match is_conflict {
                true => PlanEnd::Conflict { line },
                false => PlanEnd::Editing { line },
            });
        }
        operation.made.truncate(before);
        let chain = self.chain(&operation, &[], tip)?;
        self.follow_chain(&mut operation, chain)?;
        self.finish_rebase(&operation)?;
        Ok(PlanEnd::Done {
            branch: operation.branch,
        })
    }

    /// Tells whether a commit follows another and changes something, or may change nothing.
    fn follows(&self, id: CommitId, tip: CommitId, keep_empty: bool) -> Result<bool, Error> {
        let commit = self.store.commit(id)?;
        Ok(commit.parents == [tip] && (keep_empty || commit.tree != self.store.commit(tip)?.tree))
    }

    /// Does with a commit just made what its line says beyond making it.
    fn finished(&self, line: &PlannedCommit, made: CommitId) -> Result<CommitId, Error> {
        let commit = self.store.commit(made)?;
        match (line.action, commit.parents.first()) {
            (PlanAction::Reword, _) if line.message.trim_end() != commit.message.trim_end() => {
                let parents = commit.parents.clone();
                self.made_of(&commit, commit.tree, parents, Some(&line.message))
            }
            (PlanAction::Squash | PlanAction::Fixup, Some(before)) => {
                let before = self.store.commit(*before)?;
                let both = format!("{}\n\n{}", before.message.trim_end(), line.message);
                let message = (line.action == PlanAction::Squash).then_some(both.as_str());
                self.made_of(&before, commit.tree, before.parents.clone(), message)
            }
            _ => Ok(made),
        }
    }
}
