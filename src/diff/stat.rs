//! Counts of a relation's changes: rows and cells added, removed, modified. Arithmetic: Dolt's `dolt_diff_stat`.

use super::columns::{ColumnPair, pair, same};
use super::{Change, RelationDiff};
use crate::relation::{Role, Row, Schema};

/// Counts of rows and cells. A keyless diff counts no cells and no modified rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stat {
    /// Rows equal on both sides.
    pub rows_unmodified: u64,
    /// Rows of `to` only.
    pub rows_added: u64,
    /// Rows of `from` only.
    pub rows_removed: u64,
    /// Rows with a cell changed.
    pub rows_modified: u64,
    /// Cells gained, through rows or columns.
    pub cells_added: u64,
    /// Cells lost, through rows or columns.
    pub cells_removed: u64,
    /// Cells changed in modified rows.
    pub cells_modified: u64,
    /// Rows before.
    pub from_rows: u64,
    /// Rows after.
    pub to_rows: u64,
    /// Cells before.
    pub from_cells: u64,
    /// Cells after.
    pub to_cells: u64,
}

/// Counts the changes of a relation that had `from_rows` rows before.
pub fn stat(diff: &RelationDiff, from_rows: u64) -> Stat {
    let mut stat = Stat {
        from_rows,
        ..Stat::default()
    };
    let pairs = pair(diff.from.as_deref(), diff.to.as_deref());
    for change in &diff.changes {
        match change {
            Change::Added(_, count) => stat.rows_added += count,
            Change::Removed(_, count) => stat.rows_removed += count,
            Change::Modified { from, to } => {
                stat.rows_modified += 1;
                stat.cells_modified += modified_cells(diff, &pairs, from, to);
            }
        }
    }
    stat.rows_unmodified = from_rows
        .saturating_sub(stat.rows_modified)
        .saturating_sub(stat.rows_removed);
    stat.to_rows = (from_rows + stat.rows_added).saturating_sub(stat.rows_removed);
    if !diff.keyless {
        count_cells(
            &mut stat,
            width(diff.from.as_deref()),
            width(diff.to.as_deref()),
        );
    }
    stat
}

fn width(schema: Option<&Schema>) -> u64 {
    schema.map_or(0, |schema| schema.shown().count() as u64)
}

fn count_cells(stat: &mut Stat, from_width: u64, to_width: u64) {
    stat.from_cells = stat.from_rows * from_width;
    stat.to_cells = stat.to_rows * to_width;
    let (added, removed) = (stat.rows_added, stat.rows_removed);
    (stat.cells_added, stat.cells_removed) =
        match (stat.to_cells.checked_sub(stat.from_cells), added == removed) {
            (Some(0), true) => (removed * to_width, removed * to_width),
            (Some(0), false) => (added.max(removed) * to_width, added.max(removed) * to_width),
            (Some(gain), _) => (gain + removed * to_width, removed * to_width),
            (None, _) => (
                added * to_width,
                stat.from_cells - stat.to_cells + added * to_width,
            ),
        };
}

/// Counts the cells outside the key that changed their value or type, or got a value with their column.
fn modified_cells(diff: &RelationDiff, pairs: &[ColumnPair], from: &Row, to: &Row) -> u64 {
    let (Some(from_schema), Some(to_schema)) = (&diff.from, &diff.to) else {
        return 0;
    };
    let counts = |pair: &&ColumnPair| match (pair.from, pair.to) {
        (Some(old), Some(new)) => {
            let (old_column, new_column) = (&from_schema.columns[old], &to_schema.columns[new]);
            let shown = !matches!(new_column.role, Role::Identity | Role::Reference(_));
            let hidden = new_column.role == Role::Identity;
            let retyped = old_column.column_type != new_column.column_type;
            let changed = !same(pair.from_cell(from), pair.to_cell(to));
            !to_schema.key.contains(&new) && ((shown && retyped) || ((shown || hidden) && changed))
        }
        // A cell that a new column gave a value; what went with a dropped column is counted as removed.
        (None, Some(_)) => !pair.to_cell(to).is_null(),
        (_, None) => false,
    };
    pairs.iter().filter(counts).count() as u64
}
