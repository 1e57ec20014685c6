//! A comparison as counts: how many rows of each relation were added, modified and removed.

use std::io::{self, Write};

use crate::cli::color::{Meaning, Palette};
use crate::diff::{Change, RelationDiff};
use crate::workspace::DiffReport;

/// The longest bar of `--stat`, in characters.
const BAR: u64 = 40;

/// Counts of a relation's changed rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    added: u64,
    modified: u64,
    removed: u64,
}

impl Counts {
    fn of(diff: &RelationDiff) -> Self {
        let mut counts = Self::default();
        for change in &diff.changes {
            match change {
                Change::Added(_, count) => counts.added += count,
                Change::Removed(_, count) => counts.removed += count,
                Change::Modified { .. } => counts.modified += 1,
            }
        }
        counts
    }

    fn total(self) -> u64 {
        self.added + self.modified + self.removed
    }
}

/// Writes one line per relation with its counts, and their sum; nothing if nothing differs.
pub(super) fn write(out: &mut dyn Write, report: &DiffReport, palette: Palette) -> io::Result<()> {
    let counts: Vec<(&str, Counts)> = report
        .relations
        .iter()
        .map(|r| (r.name(), Counts::of(r)))
        .collect();
    if counts.is_empty() {
        return Ok(());
    }
    let width = counts
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let most = counts
        .iter()
        .map(|(_, counts)| counts.total())
        .max()
        .unwrap_or(0);
    let digits = most.to_string().len();
    for (name, counts) in &counts {
        let bar = |part: u64, sign: &str, meaning| {
            palette.paint(
                meaning,
                &sign.repeat(usize::try_from(scaled(part, most)).unwrap_or(0)),
            )
        };
        let bars = [
            bar(counts.added, "+", Meaning::Added),
            bar(counts.modified, "*", Meaning::Modified),
            bar(counts.removed, "-", Meaning::Removed),
        ];
        writeln!(
            out,
            " {name:width$} | {:digits$} {}",
            counts.total(),
            bars.concat()
        )?;
    }
    let sum = |part: fn(&Counts) -> u64| counts.iter().map(|(_, counts)| part(counts)).sum();
    let rows = |count: u64, what: &str| format!("{} {what}", plural(count, "row"));
    writeln!(
        out,
        " {} changed, {}, {}, {}",
        plural(counts.len() as u64, "relation"),
        rows(sum(|counts| counts.added), "added(+)"),
        rows(sum(|counts| counts.modified), "modified(*)"),
        rows(sum(|counts| counts.removed), "removed(-)"),
    )
}

/// A part of a bar: never nothing for something.
fn scaled(part: u64, most: u64) -> u64 {
    if most <= BAR || part == 0 {
        part
    } else {
        (part * BAR / most).max(1)
    }
}

pub(crate) fn plural(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Returns the counts of `--stat` as JSON.
pub(super) fn json(report: &DiffReport) -> serde_json::Value {
    let relation = |diff: &RelationDiff| {
        let counts = Counts::of(diff);
        serde_json::json!({
            "name": diff.name(),
            "rows_added": counts.added,
            "rows_modified": counts.modified,
            "rows_removed": counts.removed,
        })
    };
    let relations: Vec<_> = report.relations.iter().map(relation).collect();
    serde_json::json!({ "from": report.from, "to": report.to, "relations": relations })
}
