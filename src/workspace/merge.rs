//! `merge`: another branch's changes into this one, by git's rules for histories and vrev's for tables and rows.

use super::combine::MergedTable;
use super::operation::{OperationKind, Step, Unresolved};
use super::report::CommitReport;
use super::{CommitOptions, Error, Workspace};
use crate::store::{CommitId, NewCommit, StateFile, TreeId, clean_message};

/// Whether HEAD may just move forward to the other commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FastForward {
    /// If it can.
    #[default]
    Allowed,
    /// Never: there is always a merge commit.
    Never,
    /// Or nothing is done.
    Only,
}

/// How to merge.
#[derive(Debug, Clone, Default)]
pub struct MergeOptions {
    /// The branch or revision to merge in.
    pub revision: String,
    /// Whether HEAD may move forward without a merge commit.
    pub fast_forward: FastForward,
    /// Stage the result as if it had been made by hand; nothing is committed.
    pub squash: bool,
    /// Stop before the commit.
    pub no_commit: bool,
    /// The commit's message; absent for `Merge branch '…' into …`.
    pub message: Option<String>,
    /// The commit's author, `Name <address>`.
    pub author: Option<String>,
}

/// How a merge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeOutcome {
    /// The other commit is HEAD.
    UpToDate,
    /// HEAD has the other commit in its history.
    Ahead,
    /// HEAD moved forward.
    FastForward,
    /// There is a merge commit.
    Merged,
    /// The result is staged; HEAD stays and no merge is noted.
    Squashed,
    /// The result is staged; the next commit is the merge.
    Stopped,
    /// Conflicts or violations are to be resolved before it can be committed.
    Unresolved,
}

/// What a merge did.
#[derive(Debug, Clone)]
pub struct MergeReport {
    /// How it ended.
    pub outcome: MergeOutcome,
    /// HEAD before.
    pub from: CommitId,
    /// The commit merged in.
    pub source: CommitId,
    /// HEAD afterwards, with what it changed against the former HEAD; absent where nothing was committed.
    pub commit: Option<CommitReport>,
    /// What is left to resolve.
    pub unresolved: Unresolved,
    /// Tables that differ from ours, with counts of rows; empty for a fast-forward.
    pub tables: Vec<MergedTable>,
}

/// What a merge would make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedTree {
    /// The merged root tree, with ours where something clashes.
    pub tree: TreeId,
    /// What would be left to resolve.
    pub unresolved: Unresolved,
}

impl Workspace {
    /// Merges a revision and HEAD, writing the merged tree alone: no reference, file or row changes, and local changes have
    /// no part in it (`git merge-tree --write-tree`).
    ///
    /// # Errors
    /// When the histories have nothing in common, or a side cannot be read.
    pub fn merge_tree(&self, revision: &str) -> Result<MergedTree, Error> {
        let source = self.store.resolve_commit(revision)?;
        let from = self.store.head_commit()?;
        let base = self.common_base(from, source, revision)?;
        let combined = self.combine_trees(self.root_trees([base, from, source])?, revision)?;
        Ok(MergedTree {
            tree: combined.tree,
            unresolved: Unresolved::of(&combined),
        })
    }

    fn common_base(
        &self,
        from: CommitId,
        source: CommitId,
        revision: &str,
    ) -> Result<CommitId, Error> {
        let base = self.store.merge_base(from, source)?;
        base.ok_or_else(|| Error::Unrelated {
            revision: revision.to_owned(),
        })
    }

    fn root_trees(&self, [base, ours, theirs]: [CommitId; 3]) -> Result<[TreeId; 3], Error> {
        let tree = |id| self.store.commit(id).map(|commit| commit.tree);
        Ok([tree(base)?, tree(ours)?, tree(theirs)?])
    }

    /// Merges a revision into HEAD. Local changes in tables and files that the merge does not touch are carried through.
    ///
    /// # Errors
    /// When something else is in progress, local changes are in the way, or the histories have nothing in common: nothing
    /// is changed then. Conflicts are no error; the report tells them.
    pub fn merge(&self, options: &MergeOptions) -> Result<MergeReport, Error> {
        check_flags(options)?;
        self.adopt()?;
        self.refuse_operation("merge")?;
        let source = self.store.resolve_commit(&options.revision)?;
        let (head, from) = self.head_of()?;
        let mut report = MergeReport {
            outcome: MergeOutcome::UpToDate,
            from,
            source,
            commit: None,
            unresolved: Unresolved::default(),
            tables: Vec::new(),
        };
        if source == from {
            return Ok(report);
        }
        let base = self.common_base(from, source, &options.revision)?;
        if base == source {
            report.outcome = MergeOutcome::Ahead;
            return Ok(report);
        }
        let may_forward = base == from && !options.squash;
        if may_forward && options.fast_forward != FastForward::Never {
            self.check_local(from, source, "merge")?;
            return self.fast_forward(options, report);
        }
        if options.fast_forward == FastForward::Only && base != from {
            return Err(Error::NotFastForward {
                revision: options.revision.clone(),
            });
        }
        let trees = self.root_trees([base, from, source])?;
        let combined = self.combine_trees(trees, &options.revision)?;
        report.unresolved = Unresolved::of(&combined);
        report.tables.clone_from(&combined.tables);
        let author = self.store.author_of(options.author.as_deref(), None)?;
        let message = match &options.message {
            Some(message) => clean_message(message),
            None => self.merge_message(&options.revision, head.branch.as_deref())?,
        };
        let parents = if options.squash {
            vec![from]
        } else {
            vec![from, source]
        };
        let to = self.store.write_commit(&NewCommit {
            message: message.clone(),
            tree: combined.tree,
            parents: parents.clone(),
            author: author.clone(),
            committer: self.store.committer()?,
        })?;
        self.check_local(from, to, "merge")?;
        let clean = report.unresolved.is_empty();
        let commits = clean && !options.squash && !options.no_commit;
        let mut operation = self.begin_operation(OperationKind::Merge, &options.revision)?;
        let reflog = format!("merge {}: Merge made by vrev.", options.revision);
        let step = Step {
            from,
            to,
            moves_head: commits.then_some(reflog),
            applied: false,
            base: trees[0],
            ours: trees[1],
            theirs: trees[2],
            source,
            parents,
            message: message.clone(),
            author: options.author.as_ref().map(|_| author.to_line()),
            unresolved: report.unresolved.clone(),
        };
        self.take_step(&mut operation, step)?;
        report.outcome = if commits {
            self.end_operation()?;
            report.commit = Some(self.commit_report(to)?);
            MergeOutcome::Merged
        } else if !clean {
            MergeOutcome::Unresolved
        } else if options.squash {
            self.store.set_state(StateFile::SquashMsg, &message)?;
            self.end_operation()?;
            MergeOutcome::Squashed
        } else {
            MergeOutcome::Stopped
        };
        Ok(report)
    }

    fn fast_forward(
        &self,
        options: &MergeOptions,
        mut report: MergeReport,
    ) -> Result<MergeReport, Error> {
        let mut operation = self.begin_operation(OperationKind::Merge, &options.revision)?;
        let tree = |id| self.store.commit(id).map(|commit| commit.tree);
        let (ours, theirs) = (tree(report.from)?, tree(report.source)?);
        let step = Step {
            from: report.from,
            to: report.source,
            moves_head: Some(format!("merge {}: Fast-forward", options.revision)),
            applied: false,
            base: ours,
            ours,
            theirs,
            source: report.source,
            parents: Vec::new(),
            message: String::new(),
            author: None,
            unresolved: Unresolved::default(),
        };
        self.take_step(&mut operation, step)?;
        self.end_operation()?;
        report.outcome = MergeOutcome::FastForward;
        report.commit = Some(self.commit_report_since(report.source, report.from)?);
        Ok(report)
    }

    /// Goes on with a merge whose conflicts are resolved and staged, or that was interrupted.
    ///
    /// # Errors
    /// When there is none, or something is left to resolve.
    pub fn continue_merge(&self, message: Option<&str>) -> Result<CommitReport, Error> {
        self.adopt()?;
        let Some(mut operation) = self.operation_of(OperationKind::Merge)? else {
            // Plain git has begun it.
            if self.store.state_commits(StateFile::MergeHead)?.is_empty() {
                return Err(Error::NoneInProgress {
                    kind: OperationKind::Merge,
                });
            }
            return self.commit(&CommitOptions {
                message: message.unwrap_or_default().to_owned(),
                ..CommitOptions::default()
            });
        };
        if operation.step.as_ref().is_some_and(|step| !step.applied) {
            self.apply_step(&mut operation)?;
        }
        let committed = self.conclude_step(&mut operation, message.map(clean_message))?;
        let made = committed.or(operation.made.last().copied());
        self.end_operation()?;
        self.commit_report(made.map_or_else(|| self.store.head_commit(), Ok)?)
    }

    /// Takes a merge back: HEAD, index, files and rows are what they were before it.
    ///
    /// # Errors
    /// When there is none, or plain git has begun it.
    pub fn abort_merge(&self) -> Result<(), Error> {
        match self.operation_of(OperationKind::Merge)? {
            Some(operation) => self.take_back(&operation),
            None if self.store.state_commits(StateFile::MergeHead)?.is_empty() => {
                Err(Error::NoneInProgress {
                    kind: OperationKind::Merge,
                })
            }
            None => Err(Error::BegunByGit { verb: "merge" }),
        }
    }

    fn merge_message(&self, revision: &str, into: Option<&str>) -> Result<String, Error> {
        let kind = if self.store.branch(revision).unwrap_or(None).is_some() {
            "branch"
        } else if self.store.tags()?.iter().any(|tag| tag.name == revision) {
            "tag"
        } else {
            "commit"
        };
        let into = into.map_or_else(|| "HEAD".to_owned(), str::to_owned);
        Ok(format!("Merge {kind} '{revision}' into {into}\n"))
    }
}

fn check_flags(options: &MergeOptions) -> Result<(), Error> {
    let together = |one: &str, other: &str| {
        Err(Error::Usage(format!(
            "Flags '{one}' and '{other}' cannot be used together"
        )))
    };
    match options.fast_forward {
        FastForward::Never if options.squash => together("--squash", "--no-ff"),
        FastForward::Only if options.squash => together("--ff-only", "--squash"),
        _ => Ok(()),
    }
}
