//! Which commit to look at next: the one that tells most, whatever the answer.

use std::collections::{HashMap, HashSet};

use super::Error;
use crate::store::{CommitId, Store, WalkOptions};

/// What a bisection has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This commit is to be looked at; so many are left after it at worst.
    Look {
        /// The commit.
        commit: CommitId,
        /// Commits left to tell apart after it.
        left: usize,
        /// Steps to expect after it.
        steps: u32,
    },
    /// This commit is the first bad one.
    Found(CommitId),
    /// Only commits that cannot be told are left: the first bad one is among these.
    Undecided(Vec<CommitId>),
    /// These good commits are no ancestors of the bad one: look at the merge base first.
    Elsewhere {
        /// The good commit.
        good: CommitId,
        /// Where it parted from the bad one; absent for unrelated histories.
        base: Option<CommitId>,
    },
}

/// Returns the next step between one bad commit and good ones.
///
/// # Errors
/// When a commit cannot be read.
pub fn next(
    store: &Store,
    bad: CommitId,
    good: &[CommitId],
    skipped: &[CommitId],
) -> Result<Next, Error> {
    for good in good {
        let base = store.merge_base(*good, bad)?;
        if base != Some(*good) {
            return Ok(Next::Elsewhere { good: *good, base });
        }
    }
    let mut commits = Vec::new();
    for commit in store.walk(&[bad], good, WalkOptions::default())? {
        let commit = commit?;
        commits.push((commit.id, commit.parents));
    }
    let total = commits.len();
    if total <= 1 {
        return Ok(Next::Found(bad));
    }
    let parents: HashMap<CommitId, &Vec<CommitId>> =
        commits.iter().map(|(id, parents)| (*id, parents)).collect();
    let mut best: Option<(usize, usize, CommitId)> = None;
    let mut weights: HashMap<CommitId, usize> = HashMap::new();
    for (place, (id, own)) in commits.iter().enumerate().rev() {
        let inside: Vec<&CommitId> = own.iter().filter(|id| parents.contains_key(id)).collect();
        let weight = match inside.as_slice() {
            [] => 1,
            // Along a line the count grows by one; where lines meet it is counted anew.
            [one] if weights.contains_key(one) => weights[one] + 1,
            _ => reached(*id, &parents),
        };
        weights.insert(*id, weight);
        if *id == bad || skipped.contains(id) {
            continue;
        }
        let score = weight.min(total - weight);
        if best.is_none_or(|(most, _, _)| score > most) {
            best = Some((score, place, *id));
        }
    }
    let Some((_, _, commit)) = best else {
        let mut left: Vec<CommitId> = commits
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| *id == bad || skipped.contains(id))
            .collect();
        left.sort();
        return Ok(Next::Undecided(left));
    };
    let weight = weights[&commit];
    let left = weight.max(total - weight).saturating_sub(1);
    Ok(Next::Look {
        commit,
        left,
        steps: (left + 1).ilog2(),
    })
}

fn reached(from: CommitId, parents: &HashMap<CommitId, &Vec<CommitId>>) -> usize {
    let mut seen = HashSet::from([from]);
    let mut stack = vec![from];
    while let Some(id) = stack.pop() {
        for parent in parents
            .get(&id)
            .into_iter()
            .flat_map(|parents| parents.iter())
        {
            if parents.contains_key(parent) && seen.insert(*parent) {
                stack.push(*parent);
            }
        }
    }
    seen.len()
}
