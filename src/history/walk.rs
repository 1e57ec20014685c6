//! The walk along a subject's simplified history, by the index or by reading every commit.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

use super::index::{self, Index, Place};
use super::{Error, History, IndexUse, LONG_WALK, Subject, refine, units};
use crate::store::{Commit, CommitId, WalkOptions};

/// Where a walk goes on.
#[derive(Debug, Clone)]
pub(super) enum At {
    /// At a commit that was not looked at yet.
    Commit(CommitId),
    /// At or below a place of the index.
    Place(Place),
    /// Nowhere: before a root.
    End,
}

/// A commit that touches subjects.
#[derive(Debug, Clone)]
pub struct Touch {
    /// The commit.
    pub commit: Commit,
    /// The subjects by their names there.
    pub subjects: Rc<[Subject]>,
    /// For each parent of the commit (one for a root): where the walk goes on, and the names of the subjects there.
    pub(super) parents: Vec<(At, Rc<[Subject]>)>,
    /// The touching commits next below, once the whole walk is known: the parents in the simplified history.
    pub simplified_parents: Vec<CommitId>,
}

/// A commit that may touch subjects.
struct Candidate {
    commit: Commit,
    /// A bit for each parent (one for a root) from which it differs in the subjects' units, and in those of their names.
    masks: [u64; 2],
    /// The way to each parent.
    ways: Vec<At>,
}

/// What is done with the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It is read.
    Read,
    /// More may be put into it on the way.
    Extended,
}

/// Why a walk ended early.
pub(super) enum Stop {
    /// It is long: the index should be built.
    Long,
    /// The index is damaged.
    Damaged,
    /// Something could not be read.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<index::Damaged> for Stop {
    fn from(_: index::Damaged) -> Self {
        Self::Damaged
    }
}

impl History<'_> {
    /// Returns the commits that touch any of the subjects, as they are named at the tips, newest first, of those that
    /// `tips` reach and `hide` do not; at most `limit` for which `keep` says yes.
    ///
    /// # Errors
    /// When an object is missing or damaged.
    pub fn log(
        &self,
        tips: &[CommitId],
        hide: &[CommitId],
        subjects: &[Subject],
        limit: Option<usize>,
        keep: &mut dyn FnMut(&Commit) -> bool,
    ) -> Result<Vec<Touch>, Error> {
        if hide.is_empty() {
            self.wanted.replace(None);
        } else {
            let walk = self.store.walk(tips, hide, WalkOptions::default())?;
            let ids = walk.map(|commit| commit.map(|commit| commit.id));
            self.wanted
                .replace(Some(ids.collect::<Result<HashSet<_>, _>>()?));
        }
        // Which commits changed a row is worked out when it is first asked for.
        let wanted = match subjects.iter().any(|of| matches!(of, Subject::Row { .. })) {
            true => Wanted::Extended,
            false => Wanted::Read,
        };
        let found = self.with_index(tips, wanted, |history| {
            history.collect(tips, subjects, limit, keep)
        });
        self.wanted.replace(None);
        found
    }

    /// Does a walk, from the index where it is used, without where it is not, is locked, or turns out damaged.
    pub(super) fn with_index<T>(
        &self,
        tips: &[CommitId],
        wanted: Wanted,
        mut work: impl FnMut(&Self) -> Result<T, Stop>,
    ) -> Result<T, Error> {
        let usable = match self.index_use {
            IndexUse::Never => false,
            IndexUse::Always => true,
            IndexUse::Auto => Index::is_there(self.store),
        };
        let long = self.index_use == IndexUse::Auto && !usable;
        self.budget.set(if long { LONG_WALK } else { usize::MAX });
        if usable {
            self.open_index(tips, wanted);
        }
        match work(self) {
            Ok(done) => return Ok(done),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Damaged) => Index::discard(self.index.take()),
            Err(Stop::Long) => {}
        }
        self.budget.set(usize::MAX);
        self.open_index(tips, wanted);
        match work(self) {
            Ok(done) => return Ok(done),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Damaged | Stop::Long) => Index::discard(self.index.take()),
        }
        match work(self) {
            Ok(done) => Ok(done),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Damaged | Stop::Long) => Err(Error::IndexLost),
        }
    }

    /// Opens the index and brings it up to the tips. Where that cannot be done the walk answers.
    fn open_index(&self, tips: &[CommitId], wanted: Wanted) {
        let mut slot = self.index.borrow_mut();
        if let Some(copy) = slot.as_ref().filter(|index| index.is_copy()) {
            if wanted == Wanted::Read && copy.has_all(tips) {
                return;
            }
            *slot = None;
        }
        if slot.is_none() && wanted == Wanted::Read {
            *slot = Index::open_copy(self.store, tips);
            if slot.is_some() {
                return;
            }
        }
        if slot.is_none() {
            *slot = Index::open(self.store, self.opening.take());
        }
        let extend = |index: &mut Index| {
            let mut progress = self.progress.borrow_mut();
            let has_grown = index.extend(self.store, tips, &mut **progress)?;
            // What grows now may soon grow again: a copy is for who reads it more than once.
            if has_grown || wanted == Wanted::Extended {
                return Ok(());
            }
            index.write_copy()
        };
        let Some(extended) = slot.as_mut().map(extend) else {
            return;
        };
        if extended.is_err() {
            // Damaged, or of another version: once more from nothing.
            Index::discard(slot.take());
            *slot = Index::open(self.store, None);
            if slot.as_mut().is_none_or(|index| extend(index).is_err()) {
                Index::discard(slot.take());
            }
        }
    }

    /// Returns where a walk from a commit begins.
    pub(super) fn start(&self, commit: CommitId) -> Result<At, Stop> {
        if let Some(index) = &*self.index.borrow()
            && let Some(place) = index.place_of(commit)?
        {
            return Ok(At::Place(place));
        }
        Ok(At::Commit(commit))
    }

    fn collect(
        &self,
        tips: &[CommitId],
        subjects: &[Subject],
        limit: Option<usize>,
        keep: &mut dyn FnMut(&Commit) -> bool,
    ) -> Result<Vec<Touch>, Stop> {
        let subjects: Rc<[Subject]> = subjects.into();
        let mut queue: BinaryHeap<(i64, Reverse<usize>)> = BinaryHeap::new();
        // Touches by the order in which they were met.
        let mut met: Vec<Touch> = Vec::new();
        let mut seen: HashMap<(CommitId, Rc<[Subject]>), usize> = HashMap::new();
        let mut meet = |at: &At,
                        subjects: &Rc<[Subject]>,
                        met: &mut Vec<Touch>,
                        queue: &mut BinaryHeap<(i64, Reverse<usize>)>|
         -> Result<Option<CommitId>, Stop> {
            let Some(touch) = self.settle(at, subjects)? else {
                return Ok(None);
            };
            let id = touch.commit.id;
            let key = (id, Rc::clone(&touch.subjects));
            if let std::collections::hash_map::Entry::Vacant(e) = seen.entry(key) {
                e.insert(met.len());
                queue.push((touch.commit.committer.seconds, Reverse(met.len())));
                met.push(touch);
            }
            Ok(Some(id))
        };
        for tip in tips {
            meet(&self.start(*tip)?, &subjects, &mut met, &mut queue)?;
        }
        let mut found: Vec<Touch> = Vec::new();
        let mut told: HashSet<CommitId> = HashSet::new();
        while let Some((_, Reverse(number))) = queue.pop() {
            let kept = keep(&met[number].commit) && told.insert(met[number].commit.id);
            if kept && limit.is_some_and(|limit| found.len() >= limit) {
                break;
            }
            let parents = met[number].parents.clone();
            let mut simplified = Vec::new();
            // The last one asked for needs nothing from below.
            let last = kept && limit.is_some_and(|limit| found.len() + 1 >= limit);
            if !last {
                for (at, subjects) in &parents {
                    if let Some(id) = meet(at, subjects, &mut met, &mut queue)?
                        && !simplified.contains(&id)
                    {
                        simplified.push(id);
                    }
                }
            }
            if kept {
                let mut touch = met[number].clone();
                touch.simplified_parents = simplified;
                found.push(touch);
                if last {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Returns the first commit at or below a place that touches the subjects; `None` where none does.
    pub(super) fn settle(&self, at: &At, subjects: &Rc<[Subject]>) -> Result<Option<Touch>, Stop> {
        let mut at = at.clone();
        let mut subjects = Rc::clone(subjects);
        loop {
            let Some(candidate) = self.candidate(&at, &subjects)? else {
                return Ok(None);
            };
            let commit = candidate.commit;
            if let Some(wanted) = &*self.wanted.borrow()
                && !wanted.contains(&commit.id)
            {
                return Ok(None);
            }
            let mut ways: Vec<(At, Rc<[Subject]>)> = Vec::with_capacity(candidate.ways.len());
            let mut passed = None;
            for (number, parent) in candidate.ways.into_iter().enumerate() {
                let differs = candidate
                    .masks
                    .map(|mask| mask & (1 << number.min(63)) != 0);
                let (old, touched) = if differs == [false; 2] {
                    (Rc::clone(&subjects), false)
                } else {
                    self.against(&commit, number, &subjects, differs)?
                };
                if !touched && passed.is_none() {
                    passed = Some(number);
                }
                ways.push((parent, old));
                if passed.is_some() {
                    break;
                }
            }
            match passed.and_then(|_| ways.pop()) {
                Some((next, old)) => (at, subjects) = (next, old),
                None => {
                    return Ok(Some(Touch {
                        commit,
                        subjects,
                        parents: ways,
                        simplified_parents: Vec::new(),
                    }));
                }
            }
        }
    }

    /// Looks at a commit's change against one parent: the subjects' names there, and whether any of them changed. `differs`
    /// tells whether any of the subjects' units does, and whether any identities that they are among do.
    fn against(
        &self,
        commit: &Commit,
        number: usize,
        subjects: &Rc<[Subject]>,
        [changed, renamed]: [bool; 2],
    ) -> Result<(Rc<[Subject]>, bool), Stop> {
        let Some(parent) = commit.parents.get(number) else {
            for subject in subjects.iter() {
                if self.units_differ(subject, None, commit)?
                    && (subject.is_its_units()
                        || refine::changed(self.store, None, commit, subject)?)
                {
                    return Ok((Rc::clone(subjects), true));
                }
            }
            return Ok((Rc::clone(subjects), false));
        };
        let exact = subjects.len() == 1 && subjects[0].is_its_units();
        if exact && !renamed {
            return Ok((Rc::clone(subjects), true));
        }
        let mut old = Vec::with_capacity(subjects.len());
        let mut touched = false;
        let parent = self.store.commit(*parent)?;
        for subject in subjects.iter() {
            let before = if self.follow {
                refine::before(self.store, subject, commit, &parent, renamed)?
            } else {
                subject.clone()
            };
            if !touched {
                let differs = before != *subject
                    || if exact {
                        changed
                    } else {
                        self.units_differ(subject, Some(&parent), commit)?
                    };
                touched = differs
                    && (subject.is_its_units()
                        || refine::changed(self.store, Some((&parent, &before)), commit, subject)?);
            }
            old.push(before);
        }
        if old == **subjects {
            return Ok((Rc::clone(subjects), touched));
        }
        Ok((old.into(), touched))
    }

    fn units_differ(
        &self,
        subject: &Subject,
        parent: Option<&Commit>,
        commit: &Commit,
    ) -> Result<bool, Error> {
        for unit in subject.units() {
            if units::differs(
                self.store,
                &unit,
                parent.map(|parent| parent.tree),
                commit.tree,
            )? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the next commit whose units changed against some parent; a commit whose units changed against none is passed
    /// by along its first parent.
    fn candidate(&self, at: &At, subjects: &Rc<[Subject]>) -> Result<Option<Candidate>, Stop> {
        let units = self.units(at, subjects)?;
        match at {
            At::End => Ok(None),
            At::Place(place) => {
                let borrowed = self.index.borrow();
                let Some(index) = &*borrowed else {
                    return Err(Stop::Damaged);
                };
                let Some(step) = index.next(*place, [&units[0], &units[1]])? else {
                    return Ok(None);
                };
                let ways = step.parents.into_iter();
                Ok(Some(Candidate {
                    commit: self.store.commit(step.commit)?,
                    masks: step.masks,
                    ways: ways.map(|place| place.map_or(At::End, At::Place)).collect(),
                }))
            }
            At::Commit(id) => self.candidate_by_walk(*id, &units),
        }
    }

    fn candidate_by_walk(
        &self,
        id: CommitId,
        units: &[Vec<String>; 2],
    ) -> Result<Option<Candidate>, Stop> {
        let mut commit = self.store.commit(id)?;
        loop {
            if let Some(left) = self.budget.get().checked_sub(1) {
                self.budget.set(left);
            } else {
                return Err(Stop::Long);
            }
            if let Some(wanted) = &*self.wanted.borrow()
                && !wanted.contains(&commit.id)
            {
                return Ok(None);
            }
            let mut masks = [0_u64; 2];
            let mut first = None;
            for (number, parent) in commit.parents.iter().enumerate() {
                let parent = self.store.commit(*parent)?;
                for (mask, units) in masks.iter_mut().zip(units) {
                    let differs = self.any_differs(units, Some(&parent), &commit)?;
                    *mask |= u64::from(differs) << number.min(63);
                }
                if number == 0 {
                    first = Some(parent);
                }
            }
            if commit.parents.is_empty() {
                for (mask, units) in masks.iter_mut().zip(units) {
                    *mask = u64::from(self.any_differs(units, None, &commit)?);
                }
            }
            if masks != [0; 2] {
                let mut ways: Vec<At> = commit.parents.iter().map(|id| At::Commit(*id)).collect();
                if ways.is_empty() {
                    ways.push(At::End);
                }
                return Ok(Some(Candidate {
                    commit,
                    masks,
                    ways,
                }));
            }
            match first {
                Some(parent) => commit = parent,
                None => return Ok(None),
            }
        }
    }

    /// Returns the units in which the subjects' changes are (by the index those of a row are its own), and those in which
    /// the changes of their names are.
    fn units(&self, at: &At, subjects: &[Subject]) -> Result<[Vec<String>; 2], Stop> {
        let mut all = Vec::new();
        let mut names = Vec::new();
        for subject in subjects {
            let mut units = subject.units();
            if let (
                At::Place(_),
                Subject::Row {
                    keyspace,
                    table,
                    key,
                    ..
                },
                Some(index),
            ) = (at, subject, &mut *self.index.borrow_mut())
                && let Some(own) = index.row_units(self.store, (keyspace, table), key)?
            {
                let folder = super::subject::rows_folder(keyspace, Some(table));
                units.retain(|unit| *unit != folder);
                units.extend(own);
            }
            all.extend(units);
            if self.follow {
                names.extend(refine::renames_unit(subject));
            }
        }
        for units in [&mut all, &mut names] {
            units.sort();
            units.dedup();
        }
        Ok([all, names])
    }

    fn any_differs(
        &self,
        units: &[String],
        parent: Option<&Commit>,
        commit: &Commit,
    ) -> Result<bool, Error> {
        for unit in units {
            if units::differs(
                self.store,
                unit,
                parent.map(|parent| parent.tree),
                commit.tree,
            )? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
