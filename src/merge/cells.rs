//! One row of three versions, cell by cell, under a merged schema.

use std::sync::Arc;

use super::{Options, Version, json};
use crate::relation::{Column, Role, Row, Schema};
use crate::value::Value;

/// Turns a cell into a value of a column's type; `None` where it does not fit.
pub type Convert<'s> = dyn Fn(&Value, &Column) -> Option<Value> + 's;

/// Three schemas and the one that their rows are merged under. Columns are matched by identity.
#[derive(Clone)]
pub struct Shape<'s> {
    /// The base's schema; absent where the relation was not there.
    pub base: Option<&'s Arc<Schema>>,
    /// Our schema.
    pub ours: Option<&'s Arc<Schema>>,
    /// Their schema.
    pub theirs: Option<&'s Arc<Schema>>,
    /// The merged schema.
    pub merged: &'s Arc<Schema>,
    /// Per merged column: the cell of rows from a side that has no such column, its default.
    pub fill: Vec<Value>,
    /// How a cell becomes one of a merged column whose type is another.
    pub convert: &'s Convert<'s>,
}

impl<'s> Shape<'s> {
    /// Returns the shape of relations whose schema nobody changed: ours.
    pub fn uniform(base: &'s Arc<Schema>, ours: &'s Arc<Schema>, theirs: &'s Arc<Schema>) -> Self {
        Self {
            base: Some(base),
            ours: Some(ours),
            theirs: Some(theirs),
            merged: ours,
            fill: vec![Value::Null; ours.columns.len()],
            convert: &|value, _| Some(value.clone()),
        }
    }

    fn schema(&self, version: Version) -> Option<&'s Arc<Schema>> {
        match version {
            Version::Base => self.base,
            Version::Ours => self.ours,
            Version::Theirs => self.theirs,
        }
    }
}

/// A merged row.
pub(super) struct MergedRow {
    pub(super) row: Row,
    /// Identities of the columns whose cells clash.
    pub(super) clashes: Vec<String>,
    /// Positions of cells that do not fit their column.
    pub(super) misfits: Vec<usize>,
}

/// A shape prepared for merging many rows.
pub(super) struct Cells<'s> {
    shape: &'s Shape<'s>,
    json: bool,
    /// Per merged column: its position on each side, and whether the side's type is another.
    places: Vec<[Option<(usize, bool)>; 3]>,
    /// Columns of the base that the merge drops: identity, and positions on each side.
    dropped: Vec<(String, [Option<usize>; 3])>,
}

impl<'s> Cells<'s> {
    pub(super) fn new(shape: &'s Shape<'s>, options: &Options) -> Self {
        let place = |version: Version, identity: &str| {
            shape
                .schema(version)
                .and_then(|schema| schema.position(identity))
        };
        let columns = shape.merged.columns.iter();
        let places = columns
            .map(|column| {
                Version::ALL.map(|version| {
                    let at = place(version, &column.identity)?;
                    let there = &shape.schema(version)?.columns[at];
                    Some((at, there.column_type != column.column_type))
                })
            })
            .collect();
        let dropped = shape
            .base
            .iter()
            .flat_map(|schema| &schema.columns)
            .map(|column| &column.identity)
            .filter(|identity| shape.merged.position(identity).is_none());
        let dropped = dropped
            .map(|identity| {
                (
                    identity.clone(),
                    Version::ALL.map(|version| place(version, identity)),
                )
            })
            .collect();
        Self {
            shape,
            json: options.json,
            places,
            dropped,
        }
    }

    /// Returns a side's cell as one of the merged column; `Err` where it does not fit.
    fn cell(&self, at: usize, row: &Row, of: Version) -> Result<Value, ()> {
        let column = &self.shape.merged.columns[at];
        match self.places[at][of as usize] {
            None => Ok(self.shape.fill.get(at).cloned().unwrap_or_default()),
            Some((place, false)) => Ok(row.get(place).cloned().unwrap_or_default()),
            Some((place, true)) => match row.get(place) {
                None | Some(Value::Null) => Ok(Value::Null),
                Some(value) => (self.shape.convert)(value, column).ok_or(()),
            },
        }
    }

    /// Returns a side's row under the merged schema, and the positions of cells that do not fit.
    pub(super) fn converted(&self, row: &Row, of: Version) -> (Row, Vec<usize>) {
        let mut misfits = Vec::new();
        let cells = (0..self.places.len()).map(|at| {
            self.cell(at, row, of).unwrap_or_else(|()| {
                misfits.push(at);
                Value::Null
            })
        });
        (cells.collect(), misfits)
    }

    /// Returns a row of the base as a side has it that did not change it: what the comparison of the two calls equal.
    pub(super) fn carried(&self, row: &Row, to: Version) -> Row {
        let (Some(base), Some(side)) = (self.shape.base, self.shape.schema(to)) else {
            return row.clone();
        };
        let cell = |column: &Column| {
            let at = base.position(&column.identity);
            at.and_then(|at| row.get(at)).cloned().unwrap_or_default()
        };
        side.columns.iter().map(cell).collect()
    }

    /// Tells whether a side changed what a row says, beyond its form.
    pub(super) fn edits(&self, base: &Row, row: &Row, of: Version) -> bool {
        let mut at = 0..self.places.len();
        let differs = at.any(|at| {
            !matches!(
                self.shape.merged.columns[at].role,
                Role::Generated | Role::Reference(_)
            ) && match (self.cell(at, base, Version::Base), self.cell(at, row, of)) {
                (Ok(before), Ok(now)) => !same(&before, &now),
                _ => true,
            }
        });
        differs
            || self
                .dropped
                .iter()
                .any(|(_, places)| self.changed(places, base, row, of))
    }

    fn changed(&self, places: &[Option<usize>; 3], base: &Row, row: &Row, of: Version) -> bool {
        let [Some(before), ..] = places else {
            return false;
        };
        let Some(now) = places[of as usize] else {
            return false;
        };
        let cell = |row: &Row, at: usize| row.get(at).cloned().unwrap_or_default();
        !same(&cell(base, *before), &cell(row, now))
    }

    /// Returns the dropped columns in which a side changed a value that the other threw away.
    pub(super) fn lost(
        &self,
        base: Option<&Row>,
        ours: Option<&Row>,
        theirs: Option<&Row>,
    ) -> Vec<String> {
        let Some(base) = base else { return Vec::new() };
        let changed = |places: &[Option<usize>; 3], row: Option<&Row>, of| {
            row.is_some_and(|row| self.changed(places, base, row, of))
        };
        let lost = self.dropped.iter().filter(|(_, places)| {
            changed(places, ours, Version::Ours) || changed(places, theirs, Version::Theirs)
        });
        lost.map(|(identity, _)| identity.clone()).collect()
    }

    /// Returns the identity of the column that shows the one at this place.
    fn shown(&self, at: usize) -> &str {
        let columns = &self.shape.merged.columns;
        let shows = |column: &&Column| column.role == Role::Reference(at);
        let shown = columns.iter().find(shows).unwrap_or(&columns[at]);
        &shown.identity
    }

    /// Merges three versions of a row; in clashing cells `prefer` is taken.
    pub(super) fn merge(
        &self,
        base: Option<&Row>,
        ours: &Row,
        theirs: &Row,
        prefer: Version,
    ) -> MergedRow {
        let mut merged = MergedRow {
            row: Vec::with_capacity(self.places.len()),
            clashes: self.lost(base, Some(ours), Some(theirs)),
            misfits: Vec::new(),
        };
        for at in 0..self.places.len() {
            let column = &self.shape.merged.columns[at];
            let cells = [
                base.map(|row| self.cell(at, row, Version::Base)),
                Some(self.cell(at, ours, Version::Ours)),
                Some(self.cell(at, theirs, Version::Theirs)),
            ];
            if cells.iter().flatten().any(Result::is_err) {
                merged.misfits.push(at);
            }
            let [before, our, their] = cells.map(|cell| cell.map(Result::unwrap_or_default));
            let (our, their) = (our.unwrap_or_default(), their.unwrap_or_default());
            let unchanged = |side: &Value| before.as_ref().is_some_and(|before| same(before, side));
            let value = if let Role::Reference(identity) = column.role {
                // Shown for an identity: the name that goes with it.
                let identities = (
                    merged.row.get(identity),
                    theirs.get(identity),
                    ours.get(identity),
                );
                match identities {
                    (merged, theirs, ours) if merged == theirs && merged != ours => their,
                    _ => our,
                }
            } else if same(&our, &their) || unchanged(&their) {
                our
            } else if unchanged(&our) {
                their
            } else if let Some(value) = self
                .json
                .then(|| json::merge(before.as_ref(), &our, &their))
                .flatten()
            {
                value
            } else if column.role == Role::Generated {
                // What it is computed from is merged; whoever stores the row computes it again.
                our
            } else {
                merged.clashes.push(self.shown(at).to_owned());
                match prefer {
                    Version::Base => before.unwrap_or_default(),
                    Version::Ours => our,
                    Version::Theirs => their,
                }
            };
            merged.row.push(value);
        }
        merged
    }
}

/// Tells whether two cells are one value to a merge: as to a diff, and decimals whatever their scale.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Int(signed), Value::UInt(unsigned))
        | (Value::UInt(unsigned), Value::Int(signed)) => u64::try_from(*signed) == Ok(*unsigned),
        _ => one == other,
    }
}
