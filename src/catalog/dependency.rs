//! What tables and views need of each other, and orders by it, found in time that grows with the number of items and
//! needs.
//!
//! A table needs the parents of its foreign keys, a view what it reads ([`CreateTable::parents`], [`CreateView::reads`]).
//! Everything that lists or changes definitions in an order that a server accepts is arranged here: a catalog given
//! out, the steps of a migration, a declared schema, the changes of schemadiff.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::TableName;
use crate::sql::ddl::{CreateTable, CreateView};

/// A keyspace, and a table or view in it.
pub type Place = (String, String);

/// Returns the tables that a table of a keyspace refers to.
pub fn of_table(keyspace: &str, table: &CreateTable) -> BTreeSet<Place> {
    table.parents().map(|name| place(keyspace, name)).collect()
}

/// Returns the tables and views that a view of a keyspace reads.
pub fn of_view(keyspace: &str, view: &CreateView) -> BTreeSet<Place> {
    let reads = view.reads();
    reads.iter().map(|name| place(keyspace, name)).collect()
}

/// Returns the place that a name means in a keyspace.
pub fn place(keyspace: &str, name: &TableName) -> Place {
    let (keyspace, name) = name.within(keyspace);
    (keyspace.to_owned(), name.to_owned())
}

/// Returns items, each after those that it needs; of those that are free at the same time, the least comes first.
///
/// Where all that are left wait in cycles, the least of them comes without what it needs: its flag is false. What is
/// needed and no item is there already, as is an item itself.
pub fn sorted<K: Ord + Clone>(needs: &BTreeMap<K, BTreeSet<K>>) -> Vec<(K, bool)> {
    let there = |item: &K, other: &K| other == item || !needs.contains_key(other);
    let (mut waiting, mut free) = Waiting::of(needs, there);
    let mut order = Vec::with_capacity(needs.len());
    while let Some((first, _)) = waiting.missing.first_key_value() {
        let (item, complete) = match free.pop_first() {
            Some(item) => (item, true),
            None => (*first, false),
        };
        order.push((item.clone(), complete));
        free.extend(waiting.done(item));
    }
    order
}

/// Returns items by levels: those of one need only those of lower ones, and what is `known` besides; then the items
/// that wait for each other, for themselves or for what there is not. Levels and the rest are in order.
pub fn levels<K: Ord + Clone>(
    needs: &BTreeMap<K, BTreeSet<K>>,
    known: impl Fn(&K) -> bool,
) -> (Vec<Vec<K>>, Vec<K>) {
    let (mut waiting, mut free) = Waiting::of(needs, |_, other| known(other));
    let mut levels = Vec::new();
    while !free.is_empty() {
        levels.push(free.iter().copied().cloned().collect());
        let next = free.iter().flat_map(|item| waiting.done(item));
        free = next.collect();
    }
    let rest = waiting.missing.keys().copied().cloned().collect();
    (levels, rest)
}

/// Items that are not arranged yet.
struct Waiting<'a, K> {
    /// How many others each still needs.
    missing: BTreeMap<&'a K, usize>,
    needed_by: BTreeMap<&'a K, Vec<&'a K>>,
}

impl<'a, K: Ord> Waiting<'a, K> {
    /// Returns all items, and those that wait for nothing; `there` tells for which needs of an item none has to wait.
    fn of(
        needs: &'a BTreeMap<K, BTreeSet<K>>,
        there: impl Fn(&K, &K) -> bool,
    ) -> (Self, BTreeSet<&'a K>) {
        let mut waiting = Self {
            missing: BTreeMap::new(),
            needed_by: BTreeMap::new(),
        };
        let mut free = BTreeSet::new();
        for (item, needed) in needs {
            let mut missing = 0;
            for other in needed.iter().filter(|other| !there(item, other)) {
                waiting.needed_by.entry(other).or_default().push(item);
                missing += 1;
            }
            waiting.missing.insert(item, missing);
            if missing == 0 {
                free.insert(item);
            }
        }
        (waiting, free)
    }

    /// Takes an item out; returns those that needed nothing but it any more.
    fn done(&mut self, item: &'a K) -> Vec<&'a K> {
        self.missing.remove(item);
        let mut freed = Vec::new();
        for other in self.needed_by.remove(item).into_iter().flatten() {
            if let Some(missing) = self.missing.get_mut(other) {
                *missing -= 1;
                if *missing == 0 {
                    freed.push(other);
                }
            }
        }
        freed
    }
}

/// Joins items, known by their places, that depend on each other; groups in the order of their first members, members in
/// the order in which they were joined.
pub fn groups(count: usize, dependencies: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..count).collect();
    let mut members: Vec<Vec<usize>> = (0..count).map(|at| vec![at]).collect();
    for (a, b) in dependencies {
        let (a, b) = (group_of[a], group_of[b]);
        let (keep, gone) = (a.min(b), a.max(b));
        if keep == gone {
            continue;
        }
        let moved = std::mem::take(&mut members[gone]);
        for at in &moved {
            group_of[*at] = keep;
        }
        members[keep].extend(moved);
    }
    members
        .into_iter()
        .filter(|group| !group.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_each_other_is_one_group() {
        let found = groups(6, [(4, 1), (5, 4), (2, 3)].into_iter());
        assert_eq!(found, [vec![0], vec![1, 4, 5], vec![2, 3]]);
    }

    #[test]
    fn levels_need_lower_ones_and_what_is_known() {
        let needs = [
            ("a", "c known"),
            ("b", ""),
            ("c", "known"),
            ("d", "a c"),
            ("x", "y"),
            ("y", "x"),
            ("y2", "y2"),
            ("z", "none"),
        ];
        let (levels, rest) = levels(&graph(&needs), |name| *name == "known");
        assert_eq!(levels, [vec!["b", "c"], vec!["a"], vec!["d"]]);
        assert_eq!(rest, ["x", "y", "y2", "z"]);
    }

    fn graph<'a>(needs: &[(&'a str, &'a str)]) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
        let item =
            |(item, needed): &(&'a str, &'a str)| (*item, needed.split_whitespace().collect());
        needs.iter().map(item).collect()
    }

    #[track_caller]
    fn check(needs: &[(&str, &str)], expected: &str) {
        let order = sorted(&graph(needs)).into_iter();
        let shown = order.map(|(item, complete)| match complete {
            true => item.to_owned(),
            false => format!("{item}!"),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn what_is_needed_comes_first() {
        check(&[], "");
        check(&[("b", ""), ("a", "")], "a b");
        check(&[("a", "c"), ("b", ""), ("c", "d"), ("d", "")], "b d c a");
        check(&[("a", "a elsewhere")], "a");
    }

    #[test]
    fn a_cycle_is_cut_at_its_least_member() {
        check(&[("a", "b"), ("b", "c"), ("c", "a")], "a! c b");
        check(&[("a", "b"), ("b", "a"), ("c", "a"), ("d", "")], "d a! b c");
    }
}
