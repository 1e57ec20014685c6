//! Ancestors in the order of `git log`, merge bases, and whether one commit is in another's history.
//!
//! Commits are read through [`Store::commit`], so a walk never follows a parent that a damaged object invented.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};

use super::{Commit, CommitId, Error, Store};

/// The order of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest committer date first; equal dates in the order found (`git log`).
    #[default]
    Date,
    /// No commit before all of its children, lines of history unmixed (`git log --topo-order`).
    Topological,
}

/// How to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WalkOptions {
    /// The order.
    pub order: Order,
    /// Follow the first parent of each commit only.
    pub first_parent: bool,
}

/// A walk over commits, newest first.
pub struct Walk<'a> {
    store: &'a Store,
    state: State,
}

enum State {
    Lazy {
        queue: Queue,
        seen: HashSet<CommitId>,
        first_parent: bool,
    },
    Ready(VecDeque<Commit>),
}

/// Commits by date, newest first, and among equal dates first come first served.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<(i64, Reverse<usize>, CommitId)>,
    commits: HashMap<CommitId, Commit>,
    count: usize,
}

impl Queue {
    fn push(&mut self, commit: Commit) {
        self.heap
            .push((commit.committer.seconds, Reverse(self.count), commit.id));
        self.count += 1;
        self.commits.insert(commit.id, commit);
    }

    fn pop(&mut self) -> Option<Commit> {
        self.heap
            .pop()
            .and_then(|(_, _, id)| self.commits.remove(&id))
    }
}

impl Store {
    /// Walks the commits that `tips` reach and `hide` do not, tips included.
    ///
    /// # Errors
    /// When a commit cannot be read (later ones: as items of the walk).
    pub fn walk(
        &self,
        tips: &[CommitId],
        hide: &[CommitId],
        options: WalkOptions,
    ) -> Result<Walk<'_>, Error> {
        let hidden = if hide.is_empty() {
            HashSet::new()
        } else {
            self.hidden(tips, hide)?
        };
        let mut queue = Queue::default();
        let mut seen = hidden;
        for tip in tips {
            if seen.insert(*tip) {
                queue.push(self.commit(*tip)?);
            }
        }
        let lazy = State::Lazy {
            queue,
            seen,
            first_parent: options.first_parent,
        };
        let mut walk = Walk {
            store: self,
            state: lazy,
        };
        if options.order == Order::Topological {
            let all: Vec<Commit> = walk.by_ref().collect::<Result<_, _>>()?;
            walk.state = State::Ready(topological(all, options.first_parent));
        }
        Ok(walk)
    }

    /// Returns the commits that are to be left out of a walk from `tips`: those reached from `hide`, as far down as the
    /// walk could meet them.
    fn hidden(&self, tips: &[CommitId], hide: &[CommitId]) -> Result<HashSet<CommitId>, Error> {
        let mut queue = Queue::default();
        let mut flags: HashMap<CommitId, bool> = HashMap::new();
        let mut wanted = 0_usize;
        for (id, hide) in hide
            .iter()
            .map(|id| (id, true))
            .chain(tips.iter().map(|id| (id, false)))
        {
            if let std::collections::hash_map::Entry::Vacant(entry) = flags.entry(*id) {
                entry.insert(hide);
                wanted += usize::from(!hide);
                queue.push(self.commit(*id)?);
            }
        }
        // Until only hidden commits wait, and those are older than all that is wanted, every commit met may turn out to be
        // hidden: commits of one second come in any order.
        let mut oldest = i64::MAX;
        while let Some(commit) = queue.pop() {
            let hide = flags[&commit.id];
            wanted -= usize::from(!hide);
            if !hide {
                oldest = oldest.min(commit.committer.seconds);
            }
            for parent in &commit.parents {
                match flags.get(parent).copied() {
                    None => {
                        flags.insert(*parent, hide);
                        wanted += usize::from(!hide);
                        queue.push(self.commit(*parent)?);
                    }
                    Some(false) if hide => {
                        self.hide_down(*parent, &mut flags, &mut wanted, &queue)?
                    }
                    Some(_) => {}
                }
            }
            let next = queue.heap.peek().map(|(seconds, ..)| *seconds);
            if wanted == 0 && next.is_none_or(|next| next < oldest) {
                break;
            }
        }
        Ok(flags
            .into_iter()
            .filter_map(|(id, hide)| hide.then_some(id))
            .collect())
    }

    /// Marks a commit seen as wanted, and what it reaches among those seen, as hidden (dates that run backwards).
    fn hide_down(
        &self,
        id: CommitId,
        flags: &mut HashMap<CommitId, bool>,
        wanted: &mut usize,
        queue: &Queue,
    ) -> Result<(), Error> {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if flags.get(&id) != Some(&false) {
                continue;
            }
            flags.insert(id, true);
            if queue.commits.contains_key(&id) {
                *wanted -= 1;
            } else {
                stack.extend(self.commit(id)?.parents);
            }
        }
        Ok(())
    }

    /// Tells whether `ancestor` is `descendant` or in its history.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub fn is_ancestor(&self, ancestor: CommitId, descendant: CommitId) -> Result<bool, Error> {
        Ok(self.merge_bases(ancestor, descendant)?.contains(&ancestor))
    }

    /// Returns the best common ancestor of two commits: one that no other common ancestor descends from; of several the
    /// newest.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub fn merge_base(&self, one: CommitId, two: CommitId) -> Result<Option<CommitId>, Error> {
        Ok(self.merge_bases(one, two)?.first().copied())
    }

    /// Returns all best common ancestors of two commits, newest first.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub fn merge_bases(&self, one: CommitId, two: CommitId) -> Result<Vec<CommitId>, Error> {
        const ONE: u8 = 1;
        const TWO: u8 = 2;
        const STALE: u8 = 4;
        if one == two {
            return Ok(vec![one]);
        }
        let mut flags: HashMap<CommitId, u8> = HashMap::from([(one, ONE), (two, TWO)]);
        let mut queue = Queue::default();
        queue.push(self.commit(one)?);
        queue.push(self.commit(two)?);
        let mut bases: Vec<(i64, CommitId)> = Vec::new();
        while queue.commits.keys().any(|id| flags[id] & STALE == 0) {
            let Some(commit) = queue.pop() else { break };
            let mut flag = flags[&commit.id];
            if flag == ONE | TWO {
                if !bases.iter().any(|(_, id)| *id == commit.id) {
                    bases.push((commit.committer.seconds, commit.id));
                }
                flag |= STALE;
            }
            for parent in &commit.parents {
                let old = flags.get(parent).copied().unwrap_or(0);
                if old | flag != old {
                    flags.insert(*parent, old | flag);
                    if !queue.commits.contains_key(parent) {
                        queue.push(self.commit(*parent)?);
                    }
                }
            }
        }
        bases.retain(|(_, id)| flags[id] & STALE == 0);
        bases.sort_by_key(|(seconds, id)| (Reverse(*seconds), *id));
        let ids: Vec<CommitId> = bases.into_iter().map(|(_, id)| id).collect();
        self.without_ancestors(ids)
    }

    /// Drops commits that another of the list descends from, which dates out of order can let through.
    fn without_ancestors(&self, ids: Vec<CommitId>) -> Result<Vec<CommitId>, Error> {
        if ids.len() < 2 {
            return Ok(ids);
        }
        let mut redundant = BTreeSet::new();
        for id in &ids {
            let mut stack = self.commit(*id)?.parents;
            let mut seen = HashSet::new();
            while let Some(next) = stack.pop() {
                if seen.insert(next) {
                    if ids.contains(&next) {
                        redundant.insert(next);
                    }
                    stack.extend(self.commit(next)?.parents);
                }
            }
        }
        Ok(ids
            .into_iter()
            .filter(|id| !redundant.contains(id))
            .collect())
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Commit, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.state {
            State::Ready(commits) => commits.pop_front().map(Ok),
            State::Lazy {
                queue,
                seen,
                first_parent,
            } => {
                let commit = queue.pop()?;
                let follow = if *first_parent {
                    commit.parents.len().min(1)
                } else {
                    commit.parents.len()
                };
                for parent in &commit.parents[..follow] {
                    if seen.insert(*parent) {
                        match self.store.commit(*parent) {
                            Ok(parent) => queue.push(parent),
                            Err(error) => return Some(Err(error)),
                        }
                    }
                }
                Some(Ok(commit))
            }
        }
    }
}

/// Orders commits (given newest first) so that children come before parents and a line stays together.
fn topological(commits: Vec<Commit>, first_parent: bool) -> VecDeque<Commit> {
    let followed = |commit: &Commit| {
        let count = if first_parent {
            commit.parents.len().min(1)
        } else {
            commit.parents.len()
        };
        commit.parents[..count].to_vec()
    };
    let order: Vec<CommitId> = commits.iter().map(|commit| commit.id).collect();
    let mut waiting: HashMap<CommitId, Commit> = commits
        .into_iter()
        .map(|commit| (commit.id, commit))
        .collect();
    let mut children: HashMap<CommitId, usize> = HashMap::new();
    for commit in waiting.values() {
        for parent in followed(commit) {
            *children.entry(parent).or_default() += 1;
        }
    }
    let mut stack: Vec<CommitId> = order
        .iter()
        .rev()
        .filter(|id| !children.contains_key(id))
        .copied()
        .collect();
    let mut sorted = VecDeque::with_capacity(order.len());
    while let Some(id) = stack.pop() {
        let Some(commit) = waiting.remove(&id) else {
            continue;
        };
        for parent in followed(&commit) {
            if let Some(count) = children.get_mut(&parent) {
                *count -= 1;
                if *count == 0 && waiting.contains_key(&parent) {
                    stack.push(parent);
                }
            }
        }
        sorted.push_back(commit);
    }
    sorted
}
