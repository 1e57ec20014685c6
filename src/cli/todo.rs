//! A rebase's plan in the spelling of git's todo list (git-rebase(1), "INTERACTIVE MODE"): `pick 1a2b3c4 Subject`.

use crate::cli::error::Error;
use crate::store::Store;
use crate::workspace::{Plan, PlanAction, PlannedCommit};

/// Commands with their short forms.
const COMMANDS: [(PlanAction, &str, &str); 6] = [
    (PlanAction::Pick, "pick", "p"),
    (PlanAction::Reword, "reword", "r"),
    (PlanAction::Edit, "edit", "e"),
    (PlanAction::Squash, "squash", "s"),
    (PlanAction::Fixup, "fixup", "f"),
    (PlanAction::Drop, "drop", "d"),
];

/// What git knows besides.
const REFUSED: [(&str, &str); 7] = [
    ("exec", "x"),
    ("break", "b"),
    ("label", "l"),
    ("reset", "t"),
    ("merge", "m"),
    ("update-ref", "u"),
    ("noop", "noop"),
];

const HELP: &str = "
 Commands:
 p, pick <commit> = use commit
 r, reword <commit> = use commit, but edit the commit message
 e, edit <commit> = use commit, but stop for amending
 s, squash <commit> = use commit, but meld into previous commit
 f, fixup <commit> = like \"squash\" but keep only the previous commit's message
 d, drop <commit> = remove commit

 These lines can be re-ordered; they are executed from top to bottom.

 If you remove a line here THAT COMMIT WILL BE LOST.

 However, if you remove everything, the rebase will be aborted.
";

/// Returns the list of a plan. Comments begin with `mark`; `onto` is where the commits go.
pub(crate) fn print(commits: &[PlannedCommit], onto: &str, mark: &str) -> String {
    let mut text = String::new();
    for line in commits {
        let command = COMMANDS.iter().find(|(action, ..)| *action == line.action);
        let name = command.map_or("", |(_, name, _)| name);
        let subject = line.message.lines().next().unwrap_or_default();
        let id = line.commit.get(..10).unwrap_or(&line.commit);
        text.push_str(&format!("{name} {id} {subject}\n"));
    }
    let count = commits.len();
    let noun = if count == 1 { "command" } else { "commands" };
    text.push_str(&format!("\n{mark} Rebase onto {onto} ({count} {noun})\n"));
    for line in HELP.lines() {
        text.push_str(&format!("{mark}{line}\n"));
    }
    text
}

/// Reads a list, comments taken out already. A line's message is its commit's own.
///
/// # Errors
/// A line that is no command, one that git has and vrev has not, or one whose commit is not there.
pub(crate) fn parse(text: &str, store: &Store) -> Result<Vec<PlannedCommit>, Error> {
    let mut commits: Vec<PlannedCommit> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        let Some(word) = words.next() else { continue };
        let invalid = |reason: String| {
            let number = number + 1;
            Error::user(format!("line {number} of the list: {reason}"))
                .hint("nothing was changed: begin the rebase anew")
        };
        if let Some((name, _)) = REFUSED
            .iter()
            .find(|(name, short)| [*name, *short].contains(&word))
        {
            return Err(invalid(format!("`{name}` is not supported")));
        }
        let known = |(_, name, short): &&(PlanAction, &str, &str)| [*name, *short].contains(&word);
        let Some((action, name, _)) = COMMANDS.iter().find(known) else {
            return Err(invalid(format!("`{word}` is no command")));
        };
        let Some(revision) = words.next() else {
            return Err(invalid(format!("`{name}` names no commit")));
        };
        if revision.starts_with('-') {
            return Err(invalid(format!("`{name} {revision}` is not supported")));
        }
        let id = store.resolve_commit(revision);
        let id = id.map_err(|_| invalid(format!("`{revision}` names no commit")))?;
        let message = store
            .commit(id)
            .map_err(crate::workspace::Error::from)?
            .message;
        commits.push(PlannedCommit {
            order: Plan::place(commits.len()),
            action: *action,
            commit: id.to_string(),
            message: message.trim_end().to_owned(),
        });
    }
    Ok(commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_printed_as_git_spells_it() {
        let line = |order, action, message: &str| PlannedCommit {
            order,
            action,
            commit: "0123456789012345678901234567890123456789".to_owned(),
            message: message.to_owned(),
        };
        let lines = [
            line(100, PlanAction::Pick, "One\n\nbody"),
            line(200, PlanAction::Fixup, "Two"),
        ];
        let text = print(&lines, "main", ";");
        let expected = "pick 0123456789 One\nfixup 0123456789 Two\n\n; Rebase onto main (2 commands)\n;\n; Commands:\n";
        assert_eq!(text.get(..expected.len()), Some(expected), "{text}");
        let comments = text.lines().skip(3);
        assert!(
            comments.clone().count() > 10 && comments.into_iter().all(|line| line.starts_with(';'))
        );
    }
}
