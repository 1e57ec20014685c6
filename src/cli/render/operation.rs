//! What merges, picks and reverts did, and what they have left to be resolved.

use std::fmt::Write as _;

use super::log::ABBREVIATED;
use super::stat::plural;
use super::status::{commit_json, commit_text};
use crate::cli::color::Palette;
use crate::workspace::{
    MergeOutcome, MergeReport, MergedTable, OperationKind, PickReport, Unresolved,
};

/// Returns what a merge did.
pub(super) fn merge_text(report: &MergeReport, palette: Palette) -> String {
    let mut text = String::new();
    let short = |id: &crate::store::CommitId| id.abbreviated(ABBREVIATED);
    if !matches!(report.outcome, MergeOutcome::UpToDate | MergeOutcome::Ahead) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "Updating {}..{}",
            short(&report.from),
            short(&report.source)
        );
    }
    match report.outcome {
        MergeOutcome::UpToDate | MergeOutcome::Ahead => text.push_str("Everything up-to-date\n"),
        MergeOutcome::FastForward => text.push_str("Fast-forward\n"),
        MergeOutcome::Merged => {}
        MergeOutcome::Squashed => text.push_str("Squash commit -- not updating HEAD\n"),
        MergeOutcome::Stopped => {
            text.push_str("Automatic merge went well; stopped before committing as requested\n")
        }
        MergeOutcome::Unresolved => text.push_str(&unresolved_text("merge", &report.unresolved)),
    }
    if let Some(commit) = &report.commit {
        text.push_str(&commit_text(commit, palette));
    }
    text.push_str(&tables_text(&report.tables));
    text
}

/// Counts rows by table, as Dolt's merge does.
fn tables_text(tables: &[MergedTable]) -> String {
    let mut text = String::new();
    let (mut added, mut modified, mut removed) = (0, 0, 0);
    for table in tables {
        added += table.added;
        modified += table.modified;
        removed += table.removed;
        let total = table.added + table.modified + table.removed;
        if total > 0 {
            let mark = |count: u64, mark: &str| mark.repeat(usize::from(count > 0));
            let _ = writeln!(
                text,
                " {}.{} | {total} {}{}{}",
                table.keyspace,
                table.table,
                mark(table.added, "+"),
                mark(table.modified, "*"),
                mark(table.removed, "-"),
            );
        }
    }
    if added + modified + removed > 0 {
        let _ = writeln!(
            text,
            " {} changed, {} added(+), {} modified(*), {} deleted(-)",
            plural(tables.len() as u64, "table"),
            plural(added, "row"),
            plural(modified, "row"),
            plural(removed, "row"),
        );
    }
    text
}

/// Returns what an operation could not settle, and what to do.
fn unresolved_text(verb: &str, left: &Unresolved) -> String {
    let mut text = String::new();
    for name in &left.data {
        let _ = writeln!(text, "CONFLICT (content): Merge conflict in {name}");
    }
    for name in &left.schema {
        let _ = writeln!(text, "CONFLICT (schema): Merge conflict in {name}");
    }
    for name in &left.violations {
        let _ = writeln!(
            text,
            "CONSTRAINT VIOLATION (content): Merge created constraint violation in {name}"
        );
    }
    let count = left.data.len() + left.schema.len() + left.violations.len();
    let noun = if count == 1 {
        "object is"
    } else {
        "objects are"
    };
    let _ = writeln!(text, "Automatic {verb} failed; {count} {noun} unmerged.");
    text.push_str("Fix conflicts and constraint violations and then commit the result.\n");
    text.push_str("Use \"vrev conflicts\" to investigate and \"vrev resolve\" to settle them.\n");
    text
}

pub(super) fn unresolved_json(left: &Unresolved) -> serde_json::Value {
    serde_json::json!({
        "conflicts": left.data,
        "schema_conflicts": left.schema,
        "violations": left.violations,
    })
}

/// Returns what a merge did as JSON.
pub(super) fn merge_json(report: &MergeReport) -> serde_json::Value {
    let outcome = match report.outcome {
        MergeOutcome::UpToDate => "up-to-date",
        MergeOutcome::Ahead => "ahead",
        MergeOutcome::FastForward => "fast-forward",
        MergeOutcome::Merged => "merged",
        MergeOutcome::Squashed => "squashed",
        MergeOutcome::Stopped => "stopped",
        MergeOutcome::Unresolved => "unresolved",
    };
    let table = |table: &MergedTable| {
        serde_json::json!({
            "name": format!("{}.{}", table.keyspace, table.table),
            "rows_added": table.added, "rows_modified": table.modified, "rows_removed": table.removed,
            "schema": table.schema,
        })
    };
    serde_json::json!({
        "outcome": outcome,
        "from": report.from.to_string(),
        "source": report.source.to_string(),
        "commit": report.commit.as_ref().map(commit_json),
        "unresolved": unresolved_json(&report.unresolved),
        "tables": report.tables.iter().map(table).collect::<Vec<_>>(),
    })
}

/// Returns what a pick, a revert or a rebase did.
pub(super) fn pick_text(kind: OperationKind, report: &PickReport, palette: Palette) -> String {
    let mut text: String = report
        .commits
        .iter()
        .map(|commit| commit_text(commit, palette))
        .collect();
    if let Some(stopped) = &report.stopped {
        let _ = writeln!(
            text,
            "Could not {} {} without conflicts.",
            kind.verb(),
            stopped.abbreviated(ABBREVIATED)
        );
        text.push_str(&unresolved_text(kind.verb(), &report.unresolved));
        let verb = kind.verb();
        let _ = writeln!(
            text,
            "Then \"vrev {verb} --continue\" goes on, \"vrev {verb} --abort\" takes it back."
        );
    }
    text
}

/// Returns what a pick, a revert or a rebase did as JSON.
pub(super) fn pick_json(report: &PickReport) -> serde_json::Value {
    serde_json::json!({
        "commits": report.commits.iter().map(commit_json).collect::<Vec<_>>(),
        "stopped": report.stopped.as_ref().map(ToString::to_string),
        "unresolved": unresolved_json(&report.unresolved),
    })
}
