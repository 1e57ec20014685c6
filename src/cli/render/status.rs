//! The working set against HEAD, in git's words, and the objects that a commit changed.

use std::fmt::Write as _;

use super::log::ABBREVIATED;
use crate::cli::color::{Meaning, Palette};
use crate::workspace::{
    ChangedObject, CommitReport, ObjectChange, Operation, OperationKind, RenameQuestion,
    RenameReport, RollbackReport, Status, Tracking, Unresolved,
};

/// Columns before an object's name in a list.
const LABEL: usize = 20;

/// What stands before the list of what is staged; what is unmerged follows it, as git has it.
const STAGED: &str = "Changes to be committed";

/// Says how a branch stands to what it follows, as git does.
fn tracking(tracking: &Tracking) -> Vec<String> {
    let upstream = &tracking.upstream;
    let commits = |count: usize| match count {
        1 => "1 commit".to_owned(),
        count => format!("{count} commits"),
    };
    match (tracking.ahead, tracking.behind) {
        (Some(0), Some(0)) => vec![format!("Your branch is up to date with '{upstream}'.")],
        (Some(ahead), Some(0)) => vec![
            format!(
                "Your branch is ahead of '{upstream}' by {}.",
                commits(ahead)
            ),
            "  (use \"vrev push\" to publish your local commits)".to_owned(),
        ],
        (Some(0), Some(behind)) => vec![
            format!(
                "Your branch is behind '{upstream}' by {}, and can be fast-forwarded.",
                commits(behind)
            ),
            "  (use \"vrev pull\" to update your local branch)".to_owned(),
        ],
        (Some(ahead), Some(behind)) => vec![
            format!("Your branch and '{upstream}' have diverged,"),
            format!("and have {ahead} and {behind} different commits each, respectively."),
            "  (use \"vrev pull\" to merge the remote branch into yours)".to_owned(),
        ],
        _ => vec![format!(
            "Your branch is based on '{upstream}', but the upstream is gone."
        )],
    }
}

/// Returns the status as text.
pub(super) fn text(status: &Status, palette: Palette) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    match (&status.branch, &status.head) {
        (Some(branch), _) => line(&format!(
            "On branch {}",
            palette.paint(Meaning::Branch, branch)
        )),
        (None, Some(head)) => line(&format!(
            "HEAD detached at {}",
            head.abbreviated(ABBREVIATED)
        )),
        (None, None) => line("HEAD detached"),
    }
    status
        .tracking
        .iter()
        .flat_map(tracking)
        .for_each(|told| line(&told));
    if status.head.is_none() {
        line("\nNo commits yet");
    }
    if let Some(operation) = &status.operation {
        line(&format!("\n{}", operation_text(operation)));
    }
    if let Some(left) = &status.git_merge {
        line(&format!("\n{}", git_merge_text(left)));
    }
    let mut lines = |title: &str, hints: &[&str], lines: &[String], meaning| {
        if lines.is_empty() {
            return;
        }
        line(&format!("\n{title}:"));
        hints.iter().for_each(|hint| line(&format!("  ({hint})")));
        for told in lines {
            line(&format!("\t{}", palette.paint(meaning, told)));
        }
    };
    let unmerged = status.operation.as_ref().map(unmerged).unwrap_or_default();
    let mut section = |title: &str, hints: &[&str], objects: &[ChangedObject], meaning| {
        let labels: Vec<String> = objects.iter().map(label).collect();
        lines(title, hints, &labels, meaning);
        if title == STAGED {
            let hints = [
                "use \"vrev resolve --ours|--theirs|--base <object>\" to settle conflicts",
                "use \"vrev add <object>...\" to settle those of definitions and files as they are",
            ];
            lines("Unmerged objects", &hints, &unmerged, Meaning::Removed);
            let hints = [
                "use \"git checkout --ours|--theirs <path>\" to choose a version",
                "use \"git add --sparse <path>\" to mark resolution",
            ];
            let left = status.git_merge.as_deref().unwrap_or_default();
            lines("Unmerged paths", &hints, left, Meaning::Removed);
        }
    };
    section(
        STAGED,
        &["use \"vrev reset -- <object>...\" to unstage"],
        &status.staged,
        Meaning::Added,
    );
    section(
        "Changes not staged for commit",
        &[
            "use \"vrev add <object>...\" to update what will be committed",
            "use \"vrev checkout -- <object>...\" to discard changes in the working set",
        ],
        &status.unstaged,
        Meaning::Removed,
    );
    section(
        "Untracked",
        &["use \"vrev add <object>...\" to include in what will be committed"],
        &status.untracked,
        Meaning::Removed,
    );
    section(
        "Ignored",
        &["use \"vrev add --force <object>...\" to include in what will be committed"],
        &status.ignored,
        Meaning::Removed,
    );
    // Writing to a string cannot fail.
    for RenameQuestion {
        kind,
        within,
        from,
        to,
    } in &status.questions
    {
        let _ = writeln!(
            text,
            "\nIs {kind} `{to}` of `{within}` the former `{from}`?"
        );
        let _ = writeln!(
            text,
            "  (if so, \"vrev rename {within}.{from} {to}\" keeps its history and its rows)"
        );
    }
    if !status.problems.is_empty() {
        text.push_str("\nThe working catalog does not build:\n");
        for problem in &status.problems {
            let _ = writeln!(
                text,
                "\t{}",
                palette.paint(Meaning::Error, &problem.replace('\n', "\n\t"))
            );
        }
    }
    if let Some(ending) = ending(status) {
        let _ = writeln!(text, "\n{ending}");
    }
    text
}

fn doing(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Merge => "merging",
        OperationKind::CherryPick => "cherry-picking",
        OperationKind::Revert => "reverting",
        OperationKind::Rebase => "rebasing",
    }
}

/// Says what is in progress, and what to do about it.
fn operation_text(operation: &Operation) -> String {
    let (verb, source) = (operation.kind.verb(), &operation.source);
    let left = operation.step.as_ref().map(|step| &step.unresolved);
    let state = if operation.is_interrupted() {
        format!(
            "A {verb} of {source} was interrupted.\n  (use \"vrev {verb} --continue\" to finish it)"
        )
    } else if left.is_none_or(Unresolved::is_empty) {
        let doing = doing(operation.kind);
        format!(
            "All conflicts and constraint violations fixed but you are still {doing}.\n  \
             (use \"vrev {verb} --continue\" to conclude the {verb} of {source})"
        )
    } else {
        format!(
            "You have unmerged objects.\n  \
             (use \"vrev conflicts\" and \"vrev resolve\", then \"vrev {verb} --continue\")"
        )
    };
    format!("{state}\n  (use \"vrev {verb} --abort\" to take the {verb} of {source} back)")
}

/// Says of a merge that plain git has begun how it ends.
fn git_merge_text(left: &[String]) -> String {
    let state = match left {
        [] => {
            "All conflicts fixed but you are still merging.\n  (use \"vrev commit\" to conclude merge)"
        }
        _ => "You have unmerged paths.\n  (fix conflicts and run \"vrev commit\")",
    };
    format!("{state}\n  (use \"git merge --abort\" to abort the merge)")
}

/// Lists what an operation has left to be resolved.
fn unmerged(operation: &Operation) -> Vec<String> {
    let Some(step) = &operation.step else {
        return Vec::new();
    };
    let left = &step.unresolved;
    let lists = [
        ("both modified:", &left.data),
        ("schema conflict:", &left.schema),
        ("violation:", &left.violations),
    ];
    let lines = lists.into_iter().flat_map(|(label, names)| {
        names
            .iter()
            .map(move |name| format!("{label:LABEL$}{name}"))
    });
    lines.collect()
}

fn operation_json(operation: &Operation) -> serde_json::Value {
    serde_json::json!({
        "kind": operation.kind.verb(),
        "source": operation.source,
        "interrupted": operation.is_interrupted(),
        "unresolved": operation.step.as_ref().map(|step| super::operation::unresolved_json(&step.unresolved)),
    })
}

fn ending(status: &Status) -> Option<&'static str> {
    let is_unmerged = |found: &Operation| !unmerged(found).is_empty();
    if !status.staged.is_empty()
        || status.operation.as_ref().is_some_and(is_unmerged)
        || status.git_merge.is_some()
    {
        None
    } else if status.is_clean() {
        Some("nothing to commit, working tree clean")
    } else if status.unstaged.is_empty() {
        Some("nothing added to commit but untracked objects present (use \"vrev add\" to track)")
    } else {
        Some("no changes added to commit (use \"vrev add\" and/or \"vrev commit -a\")")
    }
}

/// Returns an object with how it changed: `added table:      customer.corder`.
fn label(object: &ChangedObject) -> String {
    let (change, name) = match &object.change {
        ObjectChange::Added => ("added", object.name.clone()),
        ObjectChange::Removed => ("removed", object.name.clone()),
        ObjectChange::Modified => ("modified", object.name.clone()),
        ObjectChange::Renamed { from } => ("renamed", format!("{from} -> {}", object.name)),
    };
    let label = format!("{change} {}:", object.kind);
    format!("{label:LABEL$}{name}")
}

/// Returns the status as JSON.
pub(super) fn json(status: &Status) -> serde_json::Value {
    let list = |objects: &[ChangedObject]| objects.iter().map(object_json).collect::<Vec<_>>();
    let question = |question: &RenameQuestion| {
        serde_json::json!({
            "kind": question.kind, "within": question.within, "from": question.from, "to": question.to,
        })
    };
    let tracking = |tracking: &Tracking| {
        serde_json::json!({
            "upstream": tracking.upstream, "ahead": tracking.ahead, "behind": tracking.behind,
        })
    };
    let mut json = serde_json::json!({
        "branch": status.branch,
        "tracking": status.tracking.as_ref().map(tracking),
        "head": status.head.as_ref().map(ToString::to_string),
        "operation": status.operation.as_ref().map(operation_json),
        "staged": list(&status.staged),
        "unstaged": list(&status.unstaged),
        "untracked": list(&status.untracked),
        "ignored": list(&status.ignored),
        "questions": status.questions.iter().map(question).collect::<Vec<_>>(),
        "problems": status.problems,
    });
    if let Some(left) = &status.git_merge {
        json["git_merge"] = serde_json::json!({ "unmerged": left });
    }
    json
}

fn object_json(object: &ChangedObject) -> serde_json::Value {
    let (change, from) = match &object.change {
        ObjectChange::Added => ("added", None),
        ObjectChange::Removed => ("removed", None),
        ObjectChange::Modified => ("modified", None),
        ObjectChange::Renamed { from } => ("renamed", Some(from)),
    };
    let mut json = serde_json::json!({
        "kind": object.kind, "name": object.name, "path": object.path, "change": change,
    });
    if let Some(from) = from {
        json["from"] = from.as_str().into();
    }
    json
}

/// Returns what a commit did: `[main 1a2b3c4] subject` and the objects it changed.
pub(super) fn commit_text(report: &CommitReport, palette: Palette) -> String {
    let branch = report.branch.as_deref().unwrap_or("detached HEAD");
    let root = if report.root { " (root-commit)" } else { "" };
    let id = palette.paint(Meaning::Commit, &report.id.abbreviated(ABBREVIATED));
    let mut text = format!("[{branch}{root} {id}] {}\n", report.subject);
    for object in &report.changed {
        let _ = writeln!(text, " {}", label(object));
    }
    text
}

/// Returns what a commit did as JSON.
pub(super) fn commit_json(report: &CommitReport) -> serde_json::Value {
    serde_json::json!({
        "id": report.id.to_string(),
        "branch": report.branch,
        "subject": report.subject,
        "root": report.root,
        "changed": report.changed.iter().map(object_json).collect::<Vec<_>>(),
    })
}

/// Returns what a rollback did, or would do, as JSON.
pub(super) fn rollback_json(report: &RollbackReport) -> serde_json::Value {
    let loss = |loss: &crate::workspace::Loss| serde_json::json!({ "object": loss.object, "rows": loss.rows, "what": loss.what });
    serde_json::json!({
        "to": report.to.to_string(),
        "losses": report.losses.iter().map(loss).collect::<Vec<_>>(),
        "commit": report.commit.as_ref().map(commit_json),
    })
}

/// Returns what a rename did, and which files it wrote, as text.
pub(super) fn rename_text(report: &RenameReport) -> String {
    let rename = &report.rename;
    let what = if report.recorded {
        "recorded that"
    } else {
        "renamed"
    };
    let now = if report.recorded { "is now" } else { "to" };
    let (kind, path, to) = (rename.kind.name(), rename.path(), &rename.to);
    let mut text = format!("{what} {kind} `{path}` {now} `{to}`\n");
    for path in &report.files {
        let _ = writeln!(text, "  {path}");
    }
    text
}

/// Returns what a rename did as JSON.
pub(super) fn rename_json(report: &RenameReport) -> serde_json::Value {
    let rename = &report.rename;
    serde_json::json!({
        "kind": rename.kind.name(),
        "object": rename.path(),
        "to": rename.to,
        "recorded": report.recorded,
        "files": report.files,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CommitId;

    fn object(kind: &'static str, name: &str, change: ObjectChange) -> ChangedObject {
        ChangedObject {
            kind,
            name: name.into(),
            path: format!("p/{name}"),
            change,
        }
    }

    fn clean() -> Status {
        Status {
            branch: Some("main".into()),
            head: Some(CommitId::from_bytes([1; 20])),
            ..Status::default()
        }
    }

    #[test]
    fn a_clean_working_set() {
        assert_eq!(
            text(&clean(), Palette::PLAIN),
            "On branch main\n\nnothing to commit, working tree clean\n"
        );
    }

    #[test]
    fn changes_by_where_they_are() {
        let status = Status {
            staged: vec![object(
                "table",
                "customer.corder_event",
                ObjectChange::Added,
            )],
            unstaged: vec![
                object("vschema", "customer", ObjectChange::Modified),
                object(
                    "table",
                    "customer.b",
                    ObjectChange::Renamed {
                        from: "customer.a".into(),
                    },
                ),
            ],
            untracked: vec![object("file", "notes.txt", ObjectChange::Added)],
            problems: vec!["keyspaces/customer/vschema.json:3: unknown vindex type `hsh`".into()],
            ..clean()
        };
        assert_eq!(
            text(&status, Palette::PLAIN),
            "\
On branch main

Changes to be committed:
  (use \"vrev reset -- <object>...\" to unstage)
\tadded table:        customer.corder_event

Changes not staged for commit:
  (use \"vrev add <object>...\" to update what will be committed)
  (use \"vrev checkout -- <object>...\" to discard changes in the working set)
\tmodified vschema:   customer
\trenamed table:      customer.a -> customer.b

Untracked:
  (use \"vrev add <object>...\" to include in what will be committed)
\tadded file:         notes.txt

The working catalog does not build:
\tkeyspaces/customer/vschema.json:3: unknown vindex type `hsh`
"
        );
        let json = json(&status);
        assert_eq!(json["unstaged"][1]["from"], "customer.a");
        assert_eq!(json["staged"][0]["change"], "added");
    }

    #[test]
    fn the_ending_says_what_to_do() {
        let check = |status: Status, expected: Option<&str>| assert_eq!(ending(&status), expected);
        let changed = || vec![object("table", "a.b", ObjectChange::Modified)];
        check(
            Status {
                staged: changed(),
                ..clean()
            },
            None,
        );
        check(
            Status {
                unstaged: changed(),
                untracked: changed(),
                ..clean()
            },
            Some("no changes added to commit (use \"vrev add\" and/or \"vrev commit -a\")"),
        );
        check(
            Status {
                untracked: changed(),
                ..clean()
            },
            Some(
                "nothing added to commit but untracked objects present (use \"vrev add\" to track)",
            ),
        );
    }

    #[test]
    fn a_commit_says_what_it_changed() {
        let report = CommitReport {
            id: CommitId::from_bytes([0xab; 20]),
            branch: Some("main".into()),
            subject: "add events".into(),
            root: true,
            changed: vec![object("rows", "customer.corder", ObjectChange::Modified)],
        };
        assert_eq!(
            commit_text(&report, Palette::PLAIN),
            "[main (root-commit) abababa] add events\n modified rows:      customer.corder\n"
        );
    }
}
