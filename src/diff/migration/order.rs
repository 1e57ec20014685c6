//! An order in which dependent changes run one after another, every step a valid schema.
//!
//! Groups of changes that depend on each other are ordered by themselves, in the order of their first members. A small
//! group takes the first valid order of schemadiff's enumeration, found by backtracking over valid prefixes. A large one
//! is worked off: a change that cannot run yet waits until one that it has to do with has run, so each is tried once and
//! once more for every dependency of its.
//!
//! Needs and groups are those of [`dependency`], as in the [planner](super::planner); the search is not. The planner picks
//! its own statements, may split foreign keys off and so orders whatever it has to; here the statements are given, none
//! is split, every step must be valid to schemadiff's rules, and where no order is, the answer is which changes conflict.

use std::collections::{BTreeMap, VecDeque};

use super::hints::ForeignKeyCheck;
use super::schema::{Change, Dependency};
use crate::catalog::declared::{Model, References, Schema};
use crate::catalog::dependency;
use crate::sql::ddl::Ddl;

/// Groups up to this size are searched through; 7! orders at most, cut at the first step that fails.
const SEARCHED: usize = 7;

/// Returns the places of the changes in order.
///
/// # Errors
/// The places of the first group that has no valid order.
pub(super) fn order(
    from: &Schema,
    changes: &[Change],
    dependencies: &BTreeMap<(usize, usize), Dependency>,
    check: ForeignKeyCheck,
) -> Result<Vec<usize>, Vec<usize>> {
    let mut model = Model::of(from);
    let mut order = Vec::with_capacity(changes.len());
    for mut group in dependency::groups(changes.len(), dependencies.keys().copied()) {
        group.sort_by_key(|at| changes[*at].rank());
        // The stricter the check, the better the order; so what is allowed is tried last.
        let checks = [
            ForeignKeyCheck::Strict,
            ForeignKeyCheck::CreateTableFirst,
            ForeignKeyCheck::Ignore,
        ];
        let found = checks
            .into_iter()
            .filter(|tried| *tried <= check)
            .find_map(|check| {
                let mut search = Search {
                    changes,
                    dependencies,
                    check,
                    model: &mut model,
                };
                if group.len() <= SEARCHED {
                    search.first(&mut group.clone())
                } else {
                    search.work_off(&group)
                }
            });
        match found {
            Some(found) => order.extend(found),
            None => return Err(group),
        }
    }
    Ok(order)
}

struct Search<'a> {
    changes: &'a [Change],
    dependencies: &'a BTreeMap<(usize, usize), Dependency>,
    check: ForeignKeyCheck,
    model: &'a mut Model,
}

impl Search<'_> {
    /// Tries a change as the next step; `first` says that it opens its group.
    fn references(&self, change: usize, first: bool) -> References {
        let creates = matches!(self.changes[change].statement, Ddl::CreateTable(_));
        match self.check {
            ForeignKeyCheck::CreateTableFirst if first && creates => References::Ignore,
            check => check.into(),
        }
    }

    /// Finds the first valid order by exchanging places from the front.
    fn first(&mut self, group: &mut [usize]) -> Option<Vec<usize>> {
        self.search(group, 0).then(|| group.to_vec())
    }

    fn search(&mut self, group: &mut [usize], at: usize) -> bool {
        if at == group.len() {
            return true;
        }
        for other in at..group.len() {
            if other > at && self.must_follow(group[other], group[at]) {
                continue;
            }
            group.swap(at, other);
            let references = self.references(group[at], at == 0);
            let statement = &self.changes[group[at]].statement;
            if let Ok(undo) = self.model.apply(statement, references) {
                if self.search(group, at + 1) {
                    return true;
                }
                self.model.undo(undo);
            }
            group.swap(at, other);
        }
        false
    }

    fn must_follow(&self, change: usize, other: usize) -> bool {
        self.dependencies.get(&(change, other)) == Some(&Dependency::Sequential)
    }

    /// Works a large group off. Where a CREATE TABLE may open it, the first few are tried.
    fn work_off(&mut self, group: &[usize]) -> Option<Vec<usize>> {
        if self.check != ForeignKeyCheck::CreateTableFirst {
            return self.worked_off(group);
        }
        let creates = |at: &&usize| matches!(self.changes[**at].statement, Ddl::CreateTable(_));
        let openers: Vec<usize> = group
            .iter()
            .filter(creates)
            .take(SEARCHED)
            .copied()
            .collect();
        openers.into_iter().find_map(|opener| {
            let mut group = group.to_vec();
            group.retain(|at| *at != opener);
            group.insert(0, opener);
            self.worked_off(&group)
        })
    }

    fn worked_off(&mut self, group: &[usize]) -> Option<Vec<usize>> {
        let mut neighbours: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in group {
            // Dependencies are known on one side only, so both sides are noted.
            for ((_, on), _) in self.dependencies.range((*at, 0)..=(*at, usize::MAX)) {
                neighbours.entry(*at).or_default().push(*on);
                neighbours.entry(*on).or_default().push(*at);
            }
        }
        let (mut order, mut undone) = (Vec::with_capacity(group.len()), Vec::new());
        let mut queue: VecDeque<usize> = group.iter().copied().collect();
        let mut waits: BTreeMap<usize, bool> = group.iter().map(|at| (*at, false)).collect();
        while let Some(change) = queue.pop_front() {
            let references = self.references(change, order.is_empty());
            let Ok(undo) = self
                .model
                .apply(&self.changes[change].statement, references)
            else {
                waits.insert(change, true);
                continue;
            };
            undone.push(undo);
            order.push(change);
            waits.remove(&change);
            // Those that wait for it come next, those that were not tried yet in their turn.
            for other in neighbours.get(&change).into_iter().flatten() {
                if let Some(waiting) = waits.get_mut(other)
                    && std::mem::take(waiting)
                {
                    queue.push_front(*other);
                }
            }
        }
        if waits.is_empty() {
            return Some(order);
        }
        for undo in undone.into_iter().rev() {
            self.model.undo(undo);
        }
        None
    }
}
