//! Rows of one relation: keyed ones by key and cell, keyless ones by content and count.
//!
//! What each side changed is found by [`crate::diff::rows`]; only rows that a side changed are looked at. Cells are
//! compared as values of the merged column's type, so a change of the schema alone is no change of a row. Keys are one
//! where the merged columns' collations call them equal, as in the table itself, where `e` and `E` may be one key: its
//! spelling is a cell like any other. Rules:
//!
//! | ours | theirs | merged |
//! |---|---|---|
//! | – | add, modify, remove | theirs |
//! | add, modify, remove | – | ours |
//! | add, modify | the same | that |
//! | modify | modify other cells | both |
//! | modify, add | modify, add the same cell otherwise | conflict in that cell, the other cells merged |
//! | remove | remove | removed |
//! | remove | modify | conflict of the row, unless only its form changed |
//! | count changed | count changed | conflict, or by [`KeylessMode`] |

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use super::cells::{Cells, Shape};
use super::{Conflict, KeylessMode, Kind, Options, Version};
use crate::diff::{self, Change, rows as row_diff};
use crate::relation::encode::{self, Layout};
use crate::relation::{Relation, Row, Schema};
use crate::value::{Value, collation};

/// The rows in which one side differs from the base; rows that both have alike may be among them.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    /// Rows of the base, with their counts.
    pub from: Vec<(Row, u64)>,
    /// Rows of the side.
    pub to: Vec<(Row, u64)>,
}

/// What merging rows gave.
#[derive(Debug, Clone, Default)]
pub struct MergedRows {
    /// How the merged rows differ from ours; all rows stand under the merged schema. Sorted by key.
    pub changes: Vec<Change>,
    /// Rows that both changed differently, in key order.
    pub conflicts: Vec<Conflict>,
    /// Merged rows with cells whose values do not fit the merged column's type: their positions. Such a cell is NULL.
    pub misfits: Vec<(Row, Vec<usize>)>,
}

/// A side's changes of the rows with some key, each with the key's bytes as it is spelled.
type Changes = BTreeMap<Vec<u8>, Vec<(Vec<u8>, Change)>>;

/// Merges the rows of one relation. Where the merged schema has a key, all sides must have the same one
/// ([`crate::diff::rows::same_key`]).
pub fn merge(shape: &Shape<'_>, ours: Pair, theirs: Pair, options: &Options) -> MergedRows {
    if !shape.merged.is_keyed() {
        return by_count(shape, ours, theirs, options);
    }
    let mut merge = Keyed {
        cells: Cells::new(shape, options),
        layout: Layout::new(shape.merged),
        merged: MergedRows::default(),
    };
    let mut ours = changes(shape, shape.ours, ours);
    let mut theirs = changes(shape, shape.theirs, theirs);
    let keys: BTreeSet<Vec<u8>> = ours.keys().chain(theirs.keys()).cloned().collect();
    for key in keys {
        let sides = [&mut ours, &mut theirs].map(|side| side.remove(&key).unwrap_or_default());
        match sides.each_ref().map(|side| one(side)) {
            [Some(our), Some(their)] if start_alike(our.as_ref(), their.as_ref()) => {
                merge.one(our.as_ref(), their.as_ref());
            }
            _ => merge.by_spelling(sides),
        }
    }
    let Keyed {
        mut merged, layout, ..
    } = merge;
    merged
        .changes
        .sort_by_cached_key(|change| layout.key_bytes(row_of(change)));
    let bytes = |version: &Option<(Row, u64)>, schema: Option<&Arc<Schema>>| {
        let (row, schema) = (version.as_ref()?, schema?);
        Some(encode::key_bytes(schema, &row.0))
    };
    // By the least spelling of the key, which is the same whichever side is ours.
    merged.conflicts.sort_by_cached_key(|conflict| {
        let spellings = [
            bytes(&conflict.ours, shape.ours),
            bytes(&conflict.theirs, shape.theirs),
            bytes(&conflict.base, shape.base),
        ];
        spellings.into_iter().flatten().min()
    });
    merged
}

/// Returns what a side changed, by key as the merged columns compare it.
fn changes(shape: &Shape<'_>, side: Option<&Arc<Schema>>, pair: Pair) -> Changes {
    let rows = |schema: Option<&Arc<Schema>>, rows: Vec<(Row, u64)>| {
        schema.map(|schema| row_diff::Side {
            schema: schema.clone(),
            rows: rows.into_iter().map(Ok::<_, Infallible>),
        })
    };
    let diff = match row_diff::diff(
        rows(shape.base, pair.from),
        rows(side, pair.to),
        &diff::Options::default(),
    ) {
        Ok(diff) => diff,
        Err(never) => match never {},
    };
    let mut changes = Changes::new();
    for change in diff.changes {
        let schema = match &change {
            Change::Removed(..) => shape.base,
            Change::Added(..) | Change::Modified { .. } => side,
        };
        let row = row_of(&change);
        let key = schema.map(|schema| compared_key(schema, shape.merged, row));
        let spelled = schema.map(|schema| encode::key_bytes(schema, row));
        let of = changes.entry(key.unwrap_or_default()).or_default();
        of.push((spelled.unwrap_or_default(), change));
    }
    changes
}

/// Returns the bytes of a row's key, the same for all texts that the merged column's collation calls equal.
fn compared_key(schema: &Schema, merged: &Schema, row: &Row) -> Vec<u8> {
    if schema.key.len() != merged.key.len() || !schema.is_keyed() {
        return encode::key_bytes(schema, row);
    }
    let places = schema.key.iter().zip(&merged.key);
    let cells = places.map(|(&at, &column)| {
        let cell = row.get(at).cloned().unwrap_or_default();
        let column_type = &merged.columns[column].column_type;
        match (cell, &column_type.collation) {
            (Value::Text(text), Some(name)) => Value::Bytes(collation::fold(name, &text)),
            (cell, _) => cell,
        }
    });
    encode::key_prefix_bytes(schema, &cells.collect::<Vec<_>>())
}

/// Returns what a side made of one key; the outer `None` where it did several things, as where it has several rows that
/// only the merged collation calls equal.
fn one(changes: &[(Vec<u8>, Change)]) -> Option<Option<Change>> {
    match changes {
        [] => Some(None),
        [(_, change)] => Some(Some(change.clone())),
        [(_, Change::Removed(from, _)), (_, Change::Added(to, _))]
        | [(_, Change::Added(to, _)), (_, Change::Removed(from, _))] => {
            let (from, to) = (from.clone(), to.clone());
            Some(Some(Change::Modified { from, to }))
        }
        _ => None,
    }
}

/// Tells whether two changes are of the same row of the base, or of none.
fn start_alike(our: Option<&Change>, their: Option<&Change>) -> bool {
    let from = |change: &Change| match change {
        Change::Removed(row, _) | Change::Modified { from: row, .. } => Some(row.clone()),
        Change::Added(..) => None,
    };
    our.zip(their)
        .is_none_or(|(our, their)| from(our) == from(their))
}

fn row_of(change: &Change) -> &Row {
    match change {
        Change::Added(row, _) | Change::Removed(row, _) | Change::Modified { to: row, .. } => row,
    }
}

/// The merge of keyed rows in the making.
struct Keyed<'s> {
    cells: Cells<'s>,
    layout: Layout<'s>,
    merged: MergedRows,
}

impl Keyed<'_> {
    fn one(&mut self, our: Option<&Change>, their: Option<&Change>) {
        match (our, their) {
            (Some(our), Some(their)) => self.both(our, their),
            (Some(our), None) => self.ours_only(our),
            (None, Some(their)) => self.theirs_only(their),
            (None, None) => {}
        }
    }

    /// Merges changes of several rows whose keys compare equal, each with that of the same spelling.
    fn by_spelling(&mut self, sides: [Vec<(Vec<u8>, Change)>; 2]) {
        let mut spelled: BTreeMap<Vec<u8>, [Vec<(Vec<u8>, Change)>; 2]> = BTreeMap::new();
        for (side, changes) in sides.into_iter().enumerate() {
            for (key, change) in changes {
                let of = spelled.entry(key.clone()).or_default();
                of[side].push((key, change));
            }
        }
        for sides in spelled.into_values() {
            let [our, their] = sides.each_ref().map(|side| one(side).flatten());
            self.one(our.as_ref(), their.as_ref());
        }
    }

    fn ours_only(&mut self, our: &Change) {
        // Only a column that they dropped can make this more than keeping our row.
        if let Change::Modified { from, to } = our {
            let theirs = self.cells.carried(from, Version::Theirs);
            let columns = self.cells.lost(Some(from), Some(to), Some(&theirs));
            if !columns.is_empty() {
                self.conflict(Kind::EditEdit, Some(from), Some(to), Some(&theirs), columns);
            }
        }
    }

    fn theirs_only(&mut self, their: &Change) {
        match their {
            Change::Added(row, _) => {
                let row = self.whole(row, Version::Theirs);
                self.merged.changes.push(Change::Added(row, 1));
            }
            Change::Removed(row, _) => {
                let ours = self.cells.carried(row, Version::Ours);
                let row = self.cells.converted(&ours, Version::Ours).0;
                self.merged.changes.push(Change::Removed(row, 1));
            }
            Change::Modified { from, to } => {
                let ours = self.cells.carried(from, Version::Ours);
                self.cell_by_cell(Kind::EditEdit, Some(from), &ours, to);
            }
        }
    }

    fn both(&mut self, our: &Change, their: &Change) {
        match (our, their) {
            (Change::Removed(..), Change::Removed(..)) => {}
            (Change::Removed(base, _), Change::Modified { from, to }) => {
                if self.cells.edits(from, to, Version::Theirs) {
                    self.conflict(Kind::DeleteEdit, Some(base), None, Some(to), Vec::new());
                }
            }
            (Change::Modified { from, to }, Change::Removed(base, _)) => {
                if self.cells.edits(from, to, Version::Ours) {
                    self.conflict(Kind::EditDelete, Some(base), Some(to), None, Vec::new());
                } else {
                    let row = self.cells.converted(to, Version::Ours).0;
                    self.merged.changes.push(Change::Removed(row, 1));
                }
            }
            (Change::Modified { from, to: ours }, Change::Modified { to: theirs, .. }) => {
                self.cell_by_cell(Kind::EditEdit, Some(from), ours, theirs);
            }
            // A row that the base lacks is added by both; other pairs do not occur, since both start from one base.
            (our, their) => self.cell_by_cell(Kind::AddAdd, None, row_of(our), row_of(their)),
        }
    }

    fn cell_by_cell(&mut self, kind: Kind, base: Option<&Row>, ours: &Row, theirs: &Row) {
        let before = self.cells.converted(ours, Version::Ours).0;
        let merged = self.cells.merge(base, ours, theirs, Version::Ours);
        if !merged.misfits.is_empty() {
            self.merged
                .misfits
                .push((merged.row.clone(), merged.misfits));
        }
        if merged.row != before {
            self.merged.changes.push(Change::Modified {
                from: before,
                to: merged.row,
            });
        }
        if !merged.clashes.is_empty() {
            self.conflict(kind, base, Some(ours), Some(theirs), merged.clashes);
        }
    }

    /// A row as it is, under the merged schema.
    fn whole(&mut self, row: &Row, of: Version) -> Row {
        let (row, misfits) = self.cells.converted(row, of);
        if !misfits.is_empty() {
            self.merged.misfits.push((row.clone(), misfits));
        }
        row
    }

    fn conflict(
        &mut self,
        kind: Kind,
        base: Option<&Row>,
        ours: Option<&Row>,
        theirs: Option<&Row>,
        columns: Vec<String>,
    ) {
        let counted = |row: Option<&Row>| row.map(|row| (row.clone(), 1));
        self.merged.conflicts.push(Conflict {
            kind,
            base: counted(base),
            ours: counted(ours),
            theirs: counted(theirs),
            columns,
        });
    }
}

/// A keyless row, and how often the base, we and they have it.
struct Counted {
    row: Row,
    counts: [u64; 3],
    /// Whether the first or second comparison said something about it.
    seen: [bool; 2],
}

fn by_count(shape: &Shape<'_>, ours: Pair, theirs: Pair, options: &Options) -> MergedRows {
    let cells = Cells::new(shape, options);
    let layout = Layout::new(shape.merged);
    let mut rows: BTreeMap<(Vec<u8>, String), Counted> = BTreeMap::new();
    let mut misfits = Vec::new();
    let mut take = |list: Vec<(Row, u64)>, of: Version, comparison: usize| {
        for (row, count) in list {
            let (row, bad) = cells.converted(&row, of);
            if !bad.is_empty() {
                misfits.push((row.clone(), bad));
            }
            let entry = rows.entry(layout.content_key(&row)).or_insert(Counted {
                row,
                counts: [0; 3],
                seen: [false; 2],
            });
            match of {
                // Both comparisons tell the base's count: it is one.
                Version::Base if entry.seen[1 - comparison] && entry.counts[0] > 0 => {}
                Version::Base => entry.counts[0] += count,
                Version::Ours => entry.counts[1] += count,
                Version::Theirs => entry.counts[2] += count,
            }
            entry.seen[comparison] = true;
        }
    };
    take(ours.from, Version::Base, 0);
    take(ours.to, Version::Ours, 0);
    take(theirs.from, Version::Base, 1);
    take(theirs.to, Version::Theirs, 1);
    let mut merged = MergedRows {
        misfits,
        ..MergedRows::default()
    };
    for Counted { row, counts, seen } in rows.into_values() {
        let [base, ours, theirs] = counts;
        // A side that a comparison does not mention has what the base has.
        let ours = if seen[0] { ours } else { base };
        let theirs = if seen[1] { theirs } else { base };
        let both = ours != base && theirs != base;
        let clash = match options.keyless {
            KeylessMode::Conflict => both,
            KeylessMode::Same => both && ours != theirs,
            KeylessMode::Union => false,
        };
        let count = match options.keyless {
            _ if clash => ours,
            KeylessMode::Union if both => (ours + theirs).saturating_sub(base),
            _ if ours == base => theirs,
            _ => ours,
        };
        if clash {
            let kind = match (base, ours, theirs) {
                (0, ..) => Kind::AddAdd,
                (_, 0, 1..) => Kind::DeleteEdit,
                (_, 1.., 0) => Kind::EditDelete,
                _ => Kind::EditEdit,
            };
            let some = |count: u64| (count > 0).then(|| (row.clone(), count));
            merged.conflicts.push(Conflict {
                kind,
                base: some(base),
                ours: some(ours),
                theirs: some(theirs),
                columns: Vec::new(),
            });
        }
        if count > ours {
            merged.changes.push(Change::Added(row, count - ours));
        } else if count < ours {
            merged.changes.push(Change::Removed(row, ours - count));
        }
    }
    merged
}

/// Settles conflicts for which a version was decided, by the bytes of the key: the merged rows become what [`settled`]
/// says, and the conflicts are gone.
pub fn decide(
    shape: &Shape<'_>,
    merged: &mut MergedRows,
    options: &Options,
    decided: &dyn Fn(&[u8]) -> Option<Version>,
) {
    let cells = Cells::new(shape, options);
    let layout = Layout::new(shape.merged);
    let key = |row: &Row| {
        if shape.merged.is_keyed() {
            (layout.key_bytes(row), String::new())
        } else {
            layout.content_key(row)
        }
    };
    for conflict in std::mem::take(&mut merged.conflicts) {
        let versions = [Version::Ours, Version::Theirs, Version::Base];
        let row = versions.into_iter().find_map(|version| {
            let (row, _) = conflict.version(version)?;
            Some(match shape.merged.is_keyed() {
                true => cells.converted(row, version).0,
                // Keyless rows stand under the merged schema already.
                false => row.clone(),
            })
        });
        let bytes = row.as_ref().map(&key).unwrap_or_default();
        let Some(version) = decided(&bytes.0) else {
            merged.conflicts.push(conflict);
            continue;
        };
        let before = match (&conflict.ours, shape.merged.is_keyed()) {
            (Some((row, count)), true) => Some((cells.converted(row, Version::Ours).0, *count)),
            (ours, _) => ours.clone(),
        };
        let after = match shape.merged.is_keyed() {
            true => settled(shape, &conflict, version, options),
            false => conflict.version(version).cloned(),
        };
        let concerns = |other: &Row| match (&row, shape.merged.is_keyed()) {
            (Some(row), true) => {
                compared_key(shape.merged, shape.merged, other)
                    == compared_key(shape.merged, shape.merged, row)
            }
            _ => key(other) == bytes,
        };
        merged.changes.retain(|change| !concerns(row_of(change)));
        merged.changes.extend(match (before, after) {
            (None, None) => None,
            (Some((row, count)), None) => Some(Change::Removed(row, count)),
            (None, Some((row, count))) => Some(Change::Added(row, count)),
            (Some((from, before)), Some((to, after))) if shape.merged.is_keyed() => {
                let _ = (before, after);
                (from != to).then_some(Change::Modified { from, to })
            }
            (Some((row, before)), Some((_, after))) if after > before => {
                Some(Change::Added(row, after - before))
            }
            (Some((row, before)), Some((_, after))) => {
                (before > after).then(|| Change::Removed(row, before - after))
            }
        });
    }
}

/// Returns a side's rows under the merged schema.
pub fn converted(shape: &Shape<'_>, rows: &[(Row, u64)], of: Version) -> Vec<Row> {
    let cells = Cells::new(shape, &Options::default());
    rows.iter()
        .map(|(row, _)| cells.converted(row, of).0)
        .collect()
}

/// Applies changes to our rows, converted to the merged schema, and returns the merged relation.
pub fn applied(shape: &Shape<'_>, ours: &[(Row, u64)], merged: &MergedRows) -> Relation {
    let cells = Cells::new(shape, &Options::default());
    let layout = Layout::new(shape.merged);
    let keyed = shape.merged.is_keyed();
    let key = |row: &Row| {
        if keyed {
            (layout.key_bytes(row), String::new())
        } else {
            layout.content_key(row)
        }
    };
    let mut rows: BTreeMap<(Vec<u8>, String), (Row, u64)> = BTreeMap::new();
    for (row, count) in ours {
        let row = cells.converted(row, Version::Ours).0;
        rows.entry(key(&row)).or_insert((row, 0)).1 += count;
    }
    for change in &merged.changes {
        match change {
            Change::Added(row, count) => {
                rows.entry(key(row)).or_insert((row.clone(), 0)).1 += count
            }
            Change::Removed(row, count) => {
                if let Some(entry) = rows.get_mut(&key(row)) {
                    entry.1 = entry.1.saturating_sub(*count);
                }
            }
            Change::Modified { from, to } => {
                rows.remove(&key(from));
                rows.insert(key(to), (to.clone(), 1));
            }
        }
    }
    Relation {
        schema: shape.merged.clone(),
        rows: rows.into_values().filter(|(_, count)| *count > 0).collect(),
    }
}

/// Returns the row that a conflict leaves once a version is chosen: its cells where they clash, the merged ones elsewhere;
/// `None` where that version has no row.
pub fn settled(
    shape: &Shape<'_>,
    conflict: &Conflict,
    version: Version,
    options: &Options,
) -> Option<(Row, u64)> {
    let cells = Cells::new(shape, options);
    match (&conflict.ours, &conflict.theirs) {
        (Some((ours, 1)), Some((theirs, 1)))
            if shape.merged.is_keyed() && (version != Version::Base || conflict.base.is_some()) =>
        {
            let base = conflict.base.as_ref().map(|(row, _)| row);
            Some((cells.merge(base, ours, theirs, version).row, 1))
        }
        _ => {
            let (row, count) = conflict.version(version)?;
            Some((cells.converted(row, version).0, *count))
        }
    }
}

/// Merges three whole relations of one schema: the form in which the laws are stated.
pub fn relations(
    base: &Relation,
    ours: &Relation,
    theirs: &Relation,
    options: &Options,
) -> (Relation, Vec<Conflict>) {
    let shape = Shape::uniform(&base.schema, &ours.schema, &theirs.schema);
    let pair = |side: &Relation| Pair {
        from: base.rows.clone(),
        to: side.rows.clone(),
    };
    let merged = merge(&shape, pair(ours), pair(theirs), options);
    (applied(&shape, &ours.rows, &merged), merged.conflicts)
}

#[cfg(test)]
mod tests;
