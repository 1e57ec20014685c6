//! Row by row: keyed relations by primary key and cell, keyless ones by content and count.
//!
//! The law is `apply(from, diff(from, to)) == to`. Both inputs must be in canonical order (key order, or the order of a
//! keyless row's hash and text), as a [`RowSource`](crate::relation::RowSource) gives them; changes come out in the same
//! order. Rows are read once, and only what differs is kept. Rules: Dolt's `dolt diff` for keyed and keyless tables.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::Arc;

use super::columns::Comparison;
use super::{Change, Matching, Options, RelationDiff};
use crate::relation::encode::Layout;
use crate::relation::{Row, Schema};

/// One side of a diff: a schema and its rows with their counts, in canonical order.
#[derive(Debug)]
pub struct Side<I> {
    /// The schema.
    pub schema: Arc<Schema>,
    /// The rows.
    pub rows: I,
}

/// Compares two sides of one relation. A side is absent where the relation does not exist.
///
/// Rows are matched by key where both sides have the same one ([`same_key`]) and the options do not say otherwise; else
/// by content, and `key_changed` says if a changed key was the reason.
///
/// # Errors
/// The first error of either side's rows.
pub fn diff<E, F, T>(
    from: Option<Side<F>>,
    to: Option<Side<T>>,
    options: &Options,
) -> Result<RelationDiff, E>
where
    F: Iterator<Item = Result<(Row, u64), E>>,
    T: Iterator<Item = Result<(Row, u64), E>>,
{
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (from, to) => return one_sided(from, to, options),
    };
    let key_changed = !same_key(&from.schema, &to.schema);
    let keyed = from.schema.is_keyed() && to.schema.is_keyed() && !key_changed;
    let changes = if keyed {
        let changes = by_key(&from.schema, &to.schema, from.rows, to.rows)?;
        match options.matching {
            Matching::ByKey => changes,
            Matching::ByContent => by_content(&from.schema, &to.schema, changes),
        }
    } else if key_changed {
        let removed = from
            .rows
            .map(|row| row.map(|(row, count)| Change::Removed(row, count)));
        let added = to
            .rows
            .map(|row| row.map(|(row, count)| Change::Added(row, count)));
        by_content(
            &from.schema,
            &to.schema,
            removed.chain(added).collect::<Result<Vec<_>, E>>()?,
        )
    } else {
        by_count(&from.schema, &to.schema, from.rows, to.rows)?
    };
    let keyless = key_changed || !keyed || options.matching == Matching::ByContent;
    Ok(RelationDiff {
        from: Some(from.schema),
        to: Some(to.schema),
        changes,
        key_changed,
        keyless,
    })
}

fn one_sided<E, F, T>(
    from: Option<Side<F>>,
    to: Option<Side<T>>,
    options: &Options,
) -> Result<RelationDiff, E>
where
    F: Iterator<Item = Result<(Row, u64), E>>,
    T: Iterator<Item = Result<(Row, u64), E>>,
{
    let mut changes = Vec::new();
    let mut keyless = options.matching == Matching::ByContent;
    let mut schemas = (None, None);
    if let Some(side) = from {
        for row in side.rows {
            let (row, count) = row?;
            changes.push(Change::Removed(row, count));
        }
        keyless |= !side.schema.is_keyed();
        schemas.0 = Some(side.schema);
    }
    if let Some(side) = to {
        for row in side.rows {
            let (row, count) = row?;
            changes.push(Change::Added(row, count));
        }
        keyless |= !side.schema.is_keyed();
        schemas.1 = Some(side.schema);
    }
    if let (Some(schema), Matching::ByContent) =
        (schemas.0.as_ref().or(schemas.1.as_ref()), options.matching)
    {
        changes = by_content(schema, schema, changes);
    }
    Ok(RelationDiff {
        from: schemas.0,
        to: schemas.1,
        changes,
        key_changed: false,
        keyless,
    })
}

/// Tells whether rows of two schemas can be matched by key: both keyless, or the same number of key columns and,
/// position by position, the same identity and type.
pub fn same_key(from: &Schema, to: &Schema) -> bool {
    let column = |schema: &Schema, at: usize| {
        let column = schema.columns.get(at)?;
        let mut column_type = column.column_type.clone();
        if column_type.is_integer() {
            // A display width is no part of an integer's type.
            column_type.length = None;
        }
        Some((column.identity.clone(), column_type))
    };
    from.key.len() == to.key.len()
        && from
            .key
            .iter()
            .zip(&to.key)
            .all(|(&left, &right)| column(from, left) == column(to, right))
}

/// A row with the bytes that order it.
struct Ordered<K> {
    key: K,
    row: Row,
    count: u64,
}

/// Takes the smaller head of two ordered streams, or both heads where they are equal.
fn merge<K: Ord, E, F, T>(
    from: &mut Peekable<F>,
    to: &mut Peekable<T>,
) -> Result<Option<Heads<K>>, E>
where
    F: Iterator<Item = Result<Ordered<K>, E>>,
    T: Iterator<Item = Result<Ordered<K>, E>>,
{
    let order = match (from.peek(), to.peek()) {
        (Some(Ok(left)), Some(Ok(right))) => left.key.cmp(&right.key),
        (Some(_), None) | (Some(Err(_)), _) => Ordering::Less,
        (_, Some(_)) => Ordering::Greater,
        (None, None) => return Ok(None),
    };
    let left = if order.is_le() {
        from.next().transpose()?
    } else {
        None
    };
    let right = if order.is_ge() {
        to.next().transpose()?
    } else {
        None
    };
    Ok(Some((left, right)))
}

type Heads<K> = (Option<Ordered<K>>, Option<Ordered<K>>);

fn by_key<E, F, T>(
    from_schema: &Schema,
    to_schema: &Schema,
    from: F,
    to: T,
) -> Result<Vec<Change>, E>
where
    F: Iterator<Item = Result<(Row, u64), E>>,
    T: Iterator<Item = Result<(Row, u64), E>>,
{
    let comparison = Comparison::new(from_schema, to_schema);
    let (from_layout, to_layout) = (Layout::new(from_schema), Layout::new(to_schema));
    let mut from = from
        .map(|row| row.map(|row| keyed(&from_layout, row)))
        .peekable();
    let mut to = to
        .map(|row| row.map(|row| keyed(&to_layout, row)))
        .peekable();
    let mut changes = Vec::new();
    while let Some(heads) = merge(&mut from, &mut to)? {
        match heads {
            (Some(from), Some(to)) if comparison.differs(&from.row, &to.row) => {
                changes.push(Change::Modified {
                    from: from.row,
                    to: to.row,
                });
            }
            (Some(from), None) => changes.push(Change::Removed(from.row, 1)),
            (None, Some(to)) => changes.push(Change::Added(to.row, 1)),
            _ => {}
        }
    }
    Ok(changes)
}

fn keyed(layout: &Layout<'_>, (row, count): (Row, u64)) -> Ordered<Vec<u8>> {
    Ordered {
        key: layout.key_bytes(&row),
        row,
        count,
    }
}

fn by_count<E, F, T>(
    from_schema: &Schema,
    to_schema: &Schema,
    from: F,
    to: T,
) -> Result<Vec<Change>, E>
where
    F: Iterator<Item = Result<(Row, u64), E>>,
    T: Iterator<Item = Result<(Row, u64), E>>,
{
    let (from_layout, to_layout) = (Layout::new(from_schema), Layout::new(to_schema));
    let mut from = from
        .map(|row| row.map(|row| keyless(&from_layout, row)))
        .peekable();
    let mut to = to
        .map(|row| row.map(|row| keyless(&to_layout, row)))
        .peekable();
    let mut changes = Vec::new();
    while let Some(heads) = merge(&mut from, &mut to)? {
        match heads {
            (Some(from), Some(to)) if from.count > to.count => {
                changes.push(Change::Removed(from.row, from.count - to.count));
            }
            (Some(from), Some(to)) if from.count < to.count => {
                changes.push(Change::Added(to.row, to.count - from.count))
            }
            (Some(from), None) => changes.push(Change::Removed(from.row, from.count)),
            (None, Some(to)) => changes.push(Change::Added(to.row, to.count)),
            _ => {}
        }
    }
    Ok(changes)
}

/// The key of a keyless row: the hash of its object, then the object, which tells colliding rows apart.
fn keyless(layout: &Layout<'_>, (row, count): (Row, u64)) -> Ordered<(Vec<u8>, String)> {
    Ordered {
        key: layout.content_key(&row),
        row,
        count,
    }
}

/// Turns changes into additions and removals by content, in the order of keyless rows. What is removed and added alike
/// cancels out.
fn by_content(from_schema: &Schema, to_schema: &Schema, changes: Vec<Change>) -> Vec<Change> {
    let unkeyed = |schema: &Schema| Schema {
        key: Vec::new(),
        ..schema.clone()
    };
    let (from_schema, to_schema) = (unkeyed(from_schema), unkeyed(to_schema));
    let (from_layout, to_layout) = (Layout::new(&from_schema), Layout::new(&to_schema));
    let mut removed: BTreeMap<(Vec<u8>, String), (Row, u64)> = BTreeMap::new();
    let mut added = removed.clone();
    for change in changes {
        let (from, to) = match change {
            Change::Removed(row, count) => (Some((row, count)), None),
            Change::Added(row, count) => (None, Some((row, count))),
            Change::Modified { from, to } => (Some((from, 1)), Some((to, 1))),
        };
        if let Some((row, count)) = from {
            removed
                .entry(from_layout.content_key(&row))
                .or_insert((row, 0))
                .1 += count;
        }
        if let Some((row, count)) = to {
            added
                .entry(to_layout.content_key(&row))
                .or_insert((row, 0))
                .1 += count;
        }
    }
    for (key, (_, count)) in &mut added {
        if let Some((_, other)) = removed.get_mut(key) {
            let common = (*count).min(*other);
            *count -= common;
            *other -= common;
        }
    }
    let removed = removed
        .into_iter()
        .map(|(key, (row, count))| (key, Change::Removed(row, count)));
    let added = added
        .into_iter()
        .map(|(key, (row, count))| (key, Change::Added(row, count)));
    let mut changes: Vec<_> = removed
        .chain(added)
        .filter(|(_, change)| change.count() > 0)
        .collect();
    changes.sort_by(|(left, _), (right, _)| left.cmp(right));
    changes.into_iter().map(|(_, change)| change).collect()
}

#[cfg(test)]
mod tests;
