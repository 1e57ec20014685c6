//! Orders and groups by dependency, found in time that grows with the number of items and dependencies: what the steps of a
//! plan and the changes of schemadiff are arranged by.

use std::collections::{BTreeMap, BTreeSet};

/// Returns items, each after those that it needs; of those that are free at the same time, the least comes first.
///
/// Where all that are left wait in cycles, the least of them comes without what it needs: its flag is false. What is
/// needed and no item is there already, as is an item itself.
pub(super) fn sorted<K: Ord + Clone>(needs: &BTreeMap<K, BTreeSet<K>>) -> Vec<(K, bool)> {
    let mut missing: BTreeMap<&K, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&K, Vec<&K>> = BTreeMap::new();
    for (item, needed) in needs {
        let needed = needed
            .iter()
            .filter(|other| *other != item && needs.contains_key(*other));
        missing.insert(item, 0);
        for other in needed {
            *missing.entry(item).or_default() += 1;
            needed_by.entry(other).or_default().push(item);
        }
    }
    let mut free: BTreeSet<&K> = missing
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(item, _)| *item)
        .collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some((first, _)) = missing.first_key_value() {
        let (item, complete) = match free.pop_first() {
            Some(item) => (item, true),
            None => (*first, false),
        };
        missing.remove(item);
        order.push((item.clone(), complete));
        for other in needed_by.get(item).into_iter().flatten() {
            if let Some(count) = missing.get_mut(other) {
                *count -= 1;
                if *count == 0 {
                    free.insert(other);
                }
            }
        }
    }
    order
}

/// Joins items, known by their places, that depend on each other; groups in the order of their first members, members in
/// the order in which they were joined.
pub(super) fn groups(
    count: usize,
    dependencies: impl Iterator<Item = (usize, usize)>,
) -> Vec<Vec<usize>> {
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

    #[track_caller]
    fn check(needs: &[(&str, &str)], expected: &str) {
        let needs: BTreeMap<&str, BTreeSet<&str>> = needs
            .iter()
            .map(|(item, needed)| (*item, needed.split_whitespace().collect()))
            .collect();
        let order = sorted(&needs).into_iter();
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
