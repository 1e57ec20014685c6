//! Local branches, with git's refusals (git-branch(1)): a name taken, a branch checked out, commits that would be lost.

use std::fs;

use gix::bstr::ByteSlice as _;

use super::refs::{Expected, Force, ZERO};
use super::{CommitId, Error, Store};

/// A local branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Short name.
    pub name: String,
    /// Its tip.
    pub commit: CommitId,
    /// Whether HEAD is on it.
    pub is_head: bool,
}

impl Store {
    /// Returns the local branches, sorted by name.
    ///
    /// # Errors
    /// When the references cannot be listed.
    pub fn branches(&self) -> Result<Vec<Branch>, Error> {
        let head = self.head()?.branch;
        let refs = self.all_refs()?;
        let branches = refs.into_iter().filter_map(|(name, id)| {
            let name = name.strip_prefix("refs/heads/")?.to_owned();
            let is_head = head.as_deref() == Some(&name);
            Some(Branch {
                name,
                commit: CommitId(id),
                is_head,
            })
        });
        Ok(branches.collect())
    }

    /// Returns the tip of a branch; `None` if there is no such branch.
    ///
    /// # Errors
    /// When the name is invalid or the reference malformed.
    pub fn branch(&self, name: &str) -> Result<Option<CommitId>, Error> {
        self.ref_commit(&branch_ref(name)?)
    }

    /// Creates a branch at a commit; with [`Force::Yes`] moves an existing one, unless it is checked out. `from` is what
    /// the user typed for the commit, for the reflog.
    ///
    /// # Errors
    /// When the name is invalid, taken, or the branch is checked out.
    pub fn create_branch(
        &self,
        name: &str,
        commit: CommitId,
        from: &str,
        force: Force,
    ) -> Result<(), Error> {
        let reference = branch_ref(name)?;
        self.commit(commit)?;
        match self.ref_commit(&reference)? {
            None => {
                let message = format!("branch: Created from {from}");
                self.set_ref(&reference, Expected::Nothing, commit.0, &message)
            }
            Some(_) if force == Force::No => Err(Error::AlreadyExists {
                kind: "branch",
                name: name.to_owned(),
            }),
            Some(old) => {
                self.check_not_in_use(name)?;
                let message = format!("branch: Reset to {from}");
                self.set_ref(&reference, Expected::At(old), commit.0, &message)
            }
        }
    }

    /// Deletes a branch and returns where it was.
    ///
    /// # Errors
    /// When it does not exist, is checked out, or (unless forced) has commits that HEAD has not.
    pub fn delete_branch(&self, name: &str, force: Force) -> Result<CommitId, Error> {
        let reference = branch_ref(name)?;
        let Some(tip) = self.ref_commit(&reference)? else {
            return Err(Error::NoSuchReference {
                kind: "branch",
                name: name.to_owned(),
            });
        };
        self.check_not_in_use(name)?;
        if force == Force::No {
            let head = self.head()?.commit;
            if !head.map_or(Ok(false), |head| self.is_ancestor(tip, head))? {
                return Err(Error::NotFullyMerged {
                    branch: name.to_owned(),
                });
            }
        }
        self.delete_ref(&reference, tip.0)?;
        Ok(tip)
    }

    /// Renames a branch, its reflog with it; HEAD follows.
    ///
    /// # Errors
    /// When the old one does not exist, or the new name is invalid or (unless forced) taken.
    pub fn rename_branch(&self, from: &str, to: &str, force: Force) -> Result<(), Error> {
        let (old, new) = (branch_ref(from)?, branch_ref(to)?);
        let head = self.head()?;
        let Some(tip) = self.ref_commit(&old)? else {
            if head.branch.as_deref() == Some(from) && self.ref_commit(&new)?.is_none() {
                return self.write_head(&format!("ref: {new}\n"), None, ""); // unborn: HEAD alone has the name
            }
            return Err(Error::NoSuchReference {
                kind: "branch",
                name: from.to_owned(),
            });
        };
        if old == new {
            return Ok(());
        }
        self.check_not_returned_to(from)?;
        let existing = self.ref_commit(&new)?;
        let expected = match existing {
            None => Expected::Nothing,
            Some(_) if force == Force::No => {
                return Err(Error::AlreadyExists {
                    kind: "branch",
                    name: to.to_owned(),
                });
            }
            Some(id) => {
                self.check_not_in_use(to)?;
                Expected::At(id)
            }
        };
        let log = fs::read(self.log_path(&old)).unwrap_or_default();
        if existing.is_none()
            && (new.starts_with(&format!("{old}/")) || old.starts_with(&format!("{new}/")))
        {
            return Err(Error::NameInTheWay {
                reference: new,
                existing: old,
            });
        }
        let message = format!("Branch: renamed {old} to {new}");
        self.set_ref(&new, expected, tip.0, &message)?;
        let own = fs::read(self.log_path(&new)).unwrap_or_default();
        let line = own
            .lines_with_terminator()
            .next_back()
            .unwrap_or_default()
            .replace(ZERO, tip.to_string());
        if !log.is_empty() {
            let path = self.log_path(&new);
            fs::write(&path, [log, line].concat()).map_err(Error::io("write", &path))?;
        }
        if head.branch.as_deref() == Some(from) {
            self.write_head(&format!("ref: {new}\n"), Some(tip), &message)?;
        }
        for place in self.worktrees() {
            if place.head().as_deref() == Some(from) {
                self.rewrite(&place.git_dir.join("HEAD"), |_| {
                    (Some(format!("ref: {new}\n").into_bytes()), false)
                })?;
            }
        }
        self.delete_ref(&old, tip.0)
    }

    /// Returns the branch or commit that `@{-1}`, or `-`, names, as it was named when HEAD left it; other texts name
    /// none (gitrevisions(7), `@{-<n>}`).
    ///
    /// # Errors
    /// When the log of HEAD cannot be read, or HEAD has not been anywhere else so often.
    pub fn left_before(&self, typed: &str) -> Result<Option<String>, Error> {
        let count = match typed {
            "-" => Some(1),
            _ => typed
                .strip_prefix("@{-")
                .and_then(|rest| rest.strip_suffix('}')?.parse::<usize>().ok())
                .filter(|count| *count > 0),
        };
        let Some(count) = count else {
            return Ok(None);
        };
        let log = self.reflog(Some("HEAD"), false)?;
        let left = log.into_iter().filter_map(|step| {
            let moved = step.message.strip_prefix("checkout: moving from ")?;
            Some(moved.split_once(" to ")?.0.to_owned())
        });
        let left = left.take(count).collect::<Vec<_>>();
        match left.get(count - 1) {
            Some(name) => Ok(Some(name.clone())),
            None => Err(Error::UnknownRevision {
                spec: typed.to_owned(),
                source: None,
            }),
        }
    }

    /// Refuses when a worktree is on the branch.
    ///
    /// # Errors
    /// [`Error::BranchCheckedOut`].
    pub fn check_not_checked_out(&self, branch: &str) -> Result<(), Error> {
        match self.worktree_on(branch) {
            Some(worktree) => Err(Error::BranchCheckedOut {
                branch: branch.to_owned(),
                worktree,
            }),
            None => Ok(()),
        }
    }

    /// Refuses when a worktree is on the branch, or goes back to it when its rebase or bisection ends.
    fn check_not_in_use(&self, branch: &str) -> Result<(), Error> {
        self.check_not_checked_out(branch)?;
        self.check_not_returned_to(branch)
    }

    fn check_not_returned_to(&self, branch: &str) -> Result<(), Error> {
        match self.worktree_returning_to(branch) {
            Some(worktree) => Err(Error::BranchInUse {
                branch: branch.to_owned(),
                worktree,
            }),
            None => Ok(()),
        }
    }
}

/// Returns the full name of a branch, refusing what `git check-ref-format --branch` refuses.
pub(super) fn branch_ref(name: &str) -> Result<String, Error> {
    let full = format!("refs/heads/{name}");
    let valid = !name.starts_with('-')
        && gix::validate::reference::branch_name(full.as_bytes().as_bstr()).is_ok();
    if valid {
        Ok(full)
    } else {
        Err(Error::InvalidName {
            kind: "branch",
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_git_does() {
        for good in ["main", "a/b", "release-1.2", "ünï", "a@b"] {
            assert!(branch_ref(good).is_ok(), "{good}");
        }
        for bad in [
            "", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/",
            "a//b", ".a", "a/.b", "a.lock", "a.", "@", "HEAD", "a@{b", "a\x7f", "a\n",
        ] {
            assert!(branch_ref(bad).is_err() || bad == "@", "{bad}");
        }
    }
}
