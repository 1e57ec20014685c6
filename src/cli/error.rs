//! What a failed command says on stderr, and with which exit code it ends.
//!
//! The form is fixed: what could not be done, then why, then what to do. Exit codes follow one table ([`Ending`] and
//! [`Kind`]): 0 done, 1 the answer is no, 2 could not do it. A reader that closed the pipe is no failure.

use std::fmt;
use std::io;

use super::color::{Meaning, Palette};
use crate::sql::SqlError;
use crate::{store, workspace};

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Done.
    Done,
    /// The answer is no: there are differences (with `--exit-code`), conflicts or findings.
    No,
}

/// Who has to act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The person who typed the command: wrong names, values or files.
    User,
    /// Nobody, or the person by another flag: what was asked is clear, and is not done because it would do harm.
    Refused,
    /// The person or program that sent a statement: the error is the server's and is printed as mysql prints it.
    Sql,
    /// vrev's makers.
    Internal,
    /// Nobody: the reader of the output has gone.
    Closed,
}

/// The table of exit codes.
fn exit_code(ended: Result<Ending, Kind>) -> u8 {
    match ended {
        Ok(Ending::Done) | Err(Kind::Closed) => 0,
        Ok(Ending::No) | Err(Kind::Refused | Kind::Sql) => 1,
        Err(Kind::User | Kind::Internal) => 2,
    }
}

/// Why a command was not done.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    /// What could not be done.
    pub(crate) message: String,
    /// Why, from the nearest cause to the farthest.
    pub(crate) causes: Vec<String>,
    /// What to do.
    pub(crate) hints: Vec<String>,
}

impl Error {
    /// Returns an error of wrong input.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }

    /// Returns an error without causes and hints.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Returns a failed statement, as the mysql client tells it: with its line in a script, without on a prompt.
    pub(crate) fn sql(error: &SqlError, line: Option<usize>) -> Self {
        let SqlError {
            errno,
            sqlstate,
            message,
        } = error;
        let place = line.map_or_else(String::new, |line| format!(" at line {line}"));
        Self::new(
            Kind::Sql,
            format!("ERROR {errno} ({sqlstate}){place}: {message}"),
        )
    }

    /// Returns an error that tells another one with its chain of sources.
    pub(crate) fn from_source(kind: Kind, error: &dyn std::error::Error) -> Self {
        Self::new(kind, error.to_string()).because(error.source())
    }

    /// Adds a chain of causes. A cause whose text ends the text before it is not said twice.
    pub(crate) fn because(mut self, mut cause: Option<&dyn std::error::Error>) -> Self {
        while let Some(error) = cause {
            let text = error.to_string();
            let said = self.causes.last().unwrap_or(&self.message);
            if !said.ends_with(&text) {
                self.causes.push(text);
            }
            cause = error.source();
        }
        self
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the text for stderr, one or more whole lines.
    pub(crate) fn text(&self, palette: Palette) -> String {
        if self.kind == Kind::Sql {
            return format!("{}\n", self.message);
        }
        let mut text = String::new();
        let mut say = |meaning, label: &str, message: &str| {
            text.push_str(&palette.paint(meaning, &format!("{label}:")));
            text.push(' ');
            text.push_str(message);
            text.push('\n');
        };
        say(
            Meaning::Error,
            if self.kind == Kind::Internal {
                "internal error"
            } else {
                "error"
            },
            &self.message,
        );
        for cause in &self.causes {
            say(Meaning::Cause, "caused by", cause);
        }
        for hint in &self.hints {
            say(Meaning::Hint, "hint", hint);
        }
        text
    }
}

impl From<io::Error> for Error {
    /// A failure to write the output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Kind::Closed, "the reader of the output has gone");
        }
        Self::new(Kind::User, "cannot write the output").because(Some(&error))
    }
}

impl From<workspace::Error> for Error {
    fn from(error: workspace::Error) -> Self {
        if let workspace::Error::Sql(error) = &error {
            return Self::sql(error, None);
        }
        let mut told = match &error {
            // Each problem with its reason; the error's own text has them without.
            workspace::Error::Catalog { revision, problems } => {
                let mut told = Self::new(
                    Kind::User,
                    format!("the catalog of {revision} does not build"),
                );
                told.causes = problems.iter().map(|problem| chain(problem)).collect();
                told
            }
            workspace::Error::Import { problems, .. } => {
                let mut told = Self::new(kind_of(&error), "nothing was imported");
                told.causes.clone_from(problems);
                told
            }
            // What lies under it tells how revisions are parsed, which helps nobody who mistyped one.
            workspace::Error::Store(unknown @ store::Error::UnknownRevision { .. }) => {
                Self::new(Kind::User, unknown.to_string())
            }
            other => Self::from_source(kind_of(other), other),
        };
        told.hints = error.hints();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(reason) = cause {
            // The workspace's error shows the store's as its own, without being its cause.
            let reason = match reason.downcast_ref::<workspace::Error>() {
                Some(workspace::Error::Store(error)) => error,
                _ => reason,
            };
            let hint = reason.downcast_ref().and_then(store_hint);
            told.hints.extend(hint.map(str::to_owned));
            cause = reason.source();
        }
        told
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        workspace::Error::from(error).into()
    }
}

/// Returns an error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

/// What was asked is clear, and vrev does not do it because something would be lost; all else is for the person to mend.
fn kind_of(error: &workspace::Error) -> Kind {
    use store::Error as Store;
    use workspace::Error as Workspace;
    match error {
        Workspace::Dirty { .. }
        | Workspace::RowsMoved { .. }
        | Workspace::StrandedRows { .. }
        | Workspace::NothingToCommit { .. }
        | Workspace::Unchanged { .. }
        | Workspace::Findings { .. }
        | Workspace::Lossy { .. }
        | Workspace::Import { refused: true, .. }
        | Workspace::InProgress { .. }
        | Workspace::InGitMerge { .. }
        | Workspace::WouldOverwrite { .. }
        | Workspace::Uncommitted { .. }
        | Workspace::NotFastForward { .. }
        | Workspace::EmptyPick { .. }
        | Workspace::NothingToStash
        | Workspace::IgnoredOverwritten { .. }
        | Workspace::UnstagedChanges { .. }
        | Workspace::StagedChanges { .. }
        | Workspace::Referenced { .. }
        | Workspace::GoodAndBad { .. }
        | Workspace::StashClash { .. }
        | Workspace::StashIndexClash { .. }
        | Workspace::Unresolved { .. }
        | Workspace::RowsWait { .. }
        | Workspace::Store(
            Store::RefMoved { .. }
            | Store::LocalChanges { .. }
            | Store::NotFullyMerged { .. }
            | Store::BranchCheckedOut { .. }
            | Store::BranchInUse { .. }
            | Store::GitFailed {
                status: Some(1), ..
            },
        ) => Kind::Refused,
        _ => Kind::User,
    }
}

fn store_hint(error: &store::Error) -> Option<&'static str> {
    use store::Error as Store;
    match error {
        Store::NotARepository { .. } => {
            Some("`vrev init` makes a repository here, `-C <dir>` goes to another folder")
        }
        Store::UnknownRevision { .. } => {
            Some("`vrev log` and `vrev branch` list what there is; objects are named after `--`")
        }
        Store::RefMoved { .. } => Some("nothing was changed: run the command again"),
        Store::LeftOut { .. } => {
            Some("`vrev fetch --refetch` fetches everything that was left out")
        }
        Store::TooShallow { .. } => Some("`vrev fetch --unshallow` fetches the whole history"),
        Store::GitProgram { .. } => {
            Some("clone, fetch, pull and push need git in PATH; nothing else does")
        }
        Store::NotFullyMerged { .. } => Some("`vrev branch -D` deletes it all the same"),
        Store::AlreadyExists { name, .. } if name.starts_with("dolt_rebase_") => {
            Some("a rebase works there: `vrev branch -D` deletes what an earlier one has left")
        }
        Store::AlreadyExists { kind: "branch", .. } => Some("`--force` moves it"),
        Store::AlreadyExists { .. } => Some("`--force` replaces it"),
        _ => None,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Says an error on stderr, if there is something to say, and returns the exit code.
pub(crate) fn conclude(ended: Result<Ending, Error>, palette: Palette) -> i32 {
    let (text, code) = told(ended, palette);
    if !text.is_empty() {
        say(&text);
    }
    i32::from(code)
}

/// Returns what stderr is told of how a command ended, nothing where there is nothing to say, and the exit code.
pub(super) fn told(ended: Result<Ending, Error>, palette: Palette) -> (String, u8) {
    let code = exit_code(ended.as_ref().copied().map_err(|error| error.kind));
    let text = match ended {
        Err(error) if error.kind != Kind::Closed => error.text(palette),
        _ => String::new(),
    };
    (text, code)
}

/// Writes to stderr; when that is closed too, there is nobody left to tell.
pub(crate) fn say(text: &str) {
    let _ = io::Write::write_all(&mut io::stderr().lock(), text.as_bytes());
}

/// Tells a panic, which is always our bug, in a few lines.
pub fn report_panic(what: &str) {
    say(&format!(
        "internal error: {what}\nhint: this is a bug in vrev {}; what you did and the lines above are what its makers need\n",
        env!("CARGO_PKG_VERSION")
    ));
}

/// Returns the exit code of a failure that is already reported.
pub fn internal_failure() -> i32 {
    i32::from(exit_code(Err(Kind::Internal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Sample {
        #[error("cannot read `a`")]
        Outer(#[source] io::Error),
        #[error("no such table: {0}")]
        Repeating(#[source] io::Error),
    }

    #[test]
    fn exit_codes_follow_the_table() {
        for (ended, code) in [
            (Ok(Ending::Done), 0),
            (Ok(Ending::No), 1),
            (Err(Kind::Closed), 0),
            (Err(Kind::Refused), 1),
            (Err(Kind::Sql), 1),
            (Err(Kind::User), 2),
            (Err(Kind::Internal), 2),
        ] {
            assert_eq!(exit_code(ended), code, "{ended:?}");
        }
    }

    #[test]
    fn the_form_is_what_why_and_what_to_do() {
        let error =
            Error::from_source(Kind::User, &Sample::Outer(io::Error::other("disk on fire")))
                .hint("buy a new one");
        assert_eq!(
            error.text(Palette::PLAIN),
            "error: cannot read `a`\ncaused by: disk on fire\nhint: buy a new one\n"
        );
    }

    #[test]
    fn a_cause_is_not_said_twice() {
        let error = Error::from_source(Kind::Internal, &Sample::Repeating(io::Error::other("b")));
        assert_eq!(
            error.text(Palette::PLAIN),
            "internal error: no such table: b\n"
        );
    }

    #[test]
    fn a_failed_statement_is_told_as_by_mysql() {
        let error = SqlError::unknown("could not map [INT64(6)] to a keyspace id");
        let check = |line, expected: &str| {
            assert_eq!(Error::sql(&error, line).text(Palette::COLORED), expected)
        };
        check(
            None,
            "ERROR 1105 (HY000): could not map [INT64(6)] to a keyspace id\n",
        );
        check(
            Some(3),
            "ERROR 1105 (HY000) at line 3: could not map [INT64(6)] to a keyspace id\n",
        );
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let error = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(exit_code(Err(error.kind)), 0);
    }
}
