//! Two catalogs compared: their relations, described and diffed, and a summary per object.
//!
//! Catalogs may be partial: objects whose files are equal may be absent from both, as long as a table's definition and
//! its VSchema entry are loaded together ([`companions`] names what is still needed). Renames are modifications of one
//! row, matched by identity; a row's position counts as changed only where it moved relative to those that stayed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;

use super::rows::{self, Side};
use super::{Options, RelationDiff};
use crate::catalog::Catalog;
use crate::relation::describe::{MOVED, POSITION, describe};
use crate::relation::{Relation, Row};
use crate::value::Value;

/// Compares two catalogs. Returns the relations that differ, in the order of
/// [`RELATIONS`](crate::relation::describe::RELATIONS).
pub fn diff(from: &Catalog, to: &Catalog, options: &Options) -> Vec<RelationDiff> {
    let pairs = describe(from).into_iter().zip(describe(to));
    pairs
        .filter(|(from, to)| from.rows != to.rows)
        .map(|(from, to)| relations(from, to, options))
        .filter(|diff| !diff.changes.is_empty())
        .collect()
}

/// Compares two descriptions of one relation.
fn relations(from: Relation, mut to: Relation, options: &Options) -> RelationDiff {
    mark_moved(&from, &mut to);
    let Ok(diff) = rows::diff(Some(side(from)), Some(side(to)), options);
    diff
}

fn side(relation: Relation) -> Side<impl Iterator<Item = Result<(Row, u64), Infallible>>> {
    Side {
        schema: relation.schema,
        rows: relation.rows.into_iter().map(Ok),
    }
}

/// Returns the tables, by keyspace and name, whose VSchema entry differs while no definition of them is loaded on
/// either side. Where they have one, it must be loaded before [`diff`] can tell that the table was there before.
pub fn companions(from: &Catalog, to: &Catalog) -> BTreeSet<(String, String)> {
    let mut needed = BTreeSet::new();
    for (name, keyspace) in from.keyspaces.iter().chain(&to.keyspaces) {
        for table in keyspace.vschema.tables.keys() {
            let sides = [from, to].map(|catalog| catalog.keyspaces.get(name));
            let entry =
                sides.map(|side| side.and_then(|keyspace| keyspace.vschema.tables.get(table)));
            let loaded = sides
                .iter()
                .any(|side| side.is_some_and(|keyspace| keyspace.tables.contains_key(table)));
            if entry[0] != entry[1] && !loaded {
                needed.insert((name.clone(), table.clone()));
            }
        }
    }
    needed
}

/// Marks the rows of `to` whose order among the rows of their owner changed: the fewest that explain the new order.
fn mark_moved(from: &Relation, to: &mut Relation) {
    let schema = to.schema.clone();
    let (Some(moved), Some(position)) = (schema.position(MOVED), schema.position(POSITION)) else {
        return;
    };
    let key = |row: &Row| {
        schema
            .key
            .iter()
            .map(|&at| row[at].clone())
            .collect::<Vec<_>>()
    };
    let before: HashMap<Vec<Value>, Value> = from
        .rows
        .iter()
        .map(|(row, _)| (key(row), row[position].clone()))
        .collect();
    let mut owners: BTreeMap<Vec<Value>, Vec<(Value, Value, usize)>> = BTreeMap::new();
    for (at, (row, _)) in to.rows.iter().enumerate() {
        let mut owner = key(row);
        if let Some(old) = before.get(&owner) {
            owner.pop();
            owners
                .entry(owner)
                .or_default()
                .push((row[position].clone(), old.clone(), at));
        }
    }
    for mut rows in owners.into_values() {
        rows.sort();
        let old: Vec<&Value> = rows.iter().map(|(_, old, _)| old).collect();
        let stayed = longest_increasing(&old);
        for (place, (new, _, at)) in rows.iter().enumerate() {
            if !stayed.contains(&place) {
                to.rows[*at].0[moved] = new.clone();
            }
        }
    }
}

/// Returns the places of a longest increasing subsequence.
pub(super) fn longest_increasing<T: Ord>(values: &[T]) -> BTreeSet<usize> {
    // `ends[n]` is the place where the best run of length n + 1 ends; `previous` links a run backwards.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(values.len());
    for (place, value) in values.iter().enumerate() {
        let length = ends.partition_point(|&end| values[end] < *value);
        previous.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(place);
        } else {
            ends[length] = place;
        }
    }
    let mut places = BTreeSet::new();
    let mut next = ends.last().copied();
    while let Some(place) = next {
        places.insert(place);
        next = previous[place];
    }
    places
}

#[cfg(test)]
mod tests;
