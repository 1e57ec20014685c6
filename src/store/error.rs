//! Why the repository could not be read or changed: each failure names the object, the value and the place.

use std::path::{Path, PathBuf};

use super::CommitId;

/// A failure of the store. Expected endings (conflicts, a clean status, an absent path) are values, not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No repository here or above.
    #[error("`{}` is not in a repository (nor is any folder above it)", path.display())]
    NotARepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// A repository that cannot be worked in.
    #[error("cannot use the repository `{}`: {reason}", path.display())]
    UnusableRepository {
        /// The repository's folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// `init` where a repository is already.
    #[error("`{}` is already a repository", path.display())]
    AlreadyARepository {
        /// The folder.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// The verb: `read`, `write`, `sync`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The library that reads git's formats failed.
    #[error("cannot {action}")]
    Git {
        /// What was attempted.
        action: String,
        /// The reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Text that names no revision.
    #[error("unknown revision `{spec}`")]
    UnknownRevision {
        /// As typed.
        spec: String,
        /// Why it names none, where more is known.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A revision that is no commit.
    #[error("`{spec}` names a {kind}, not a commit")]
    NotACommit {
        /// As typed.
        spec: String,
        /// `tree`, `blob`, or `range`.
        kind: &'static str,
    },
    /// HEAD names a branch without a commit.
    #[error("branch `{branch}` has no commit yet")]
    Unborn {
        /// The branch.
        branch: String,
    },
    /// An object that others refer to is absent.
    #[error("object {id} is missing from the repository")]
    MissingObject {
        /// Its id.
        id: String,
    },
    /// An object that a filtered clone did not copy.
    #[error("object {id} is not here: this clone of `{remote}` left it out (filter `{filter}`)")]
    LeftOut {
        /// Its id.
        id: String,
        /// The remote that has it.
        remote: String,
        /// What was asked not to be copied, in git's words.
        filter: String,
    },
    /// History that a shallow clone did not copy.
    #[error("`{what}` is not here: this is a shallow clone, its history is cut off")]
    TooShallow {
        /// A revision as typed, or an object's id.
        what: String,
    },
    /// An object's bytes are not those that its id promises, or are malformed.
    #[error("object {id} is damaged: {reason}")]
    DamagedObject {
        /// Its id.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// The index file is damaged, or of a kind that is not supported.
    #[error("cannot read the index `{}`", path.display())]
    UnreadableIndex {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An object of another kind than its user expects.
    #[error("object {id} is a {actual}, not a {expected}")]
    WrongKind {
        /// Its id.
        id: String,
        /// What was asked for.
        expected: &'static str,
        /// What it is.
        actual: String,
    },
    /// A path that must not be written to disk or that no tree of ours may hold.
    #[error("refusing the path `{path}`: {reason}")]
    UnsafePath {
        /// The path, control characters escaped.
        path: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// A path that a revision or the worktree does not have.
    #[error("`{path}` does not exist in {place}")]
    NoSuchPath {
        /// The path.
        path: String,
        /// `WORKING`, `STAGED`, a commit, …
        place: String,
    },
    /// Nobody to sign a commit.
    #[error(
        "cannot tell who you are: {role} {field} is not set (`git config user.{field}` or `{variable}`)"
    )]
    MissingIdentity {
        /// `author` or `committer`.
        role: &'static str,
        /// `name` or `email`.
        field: &'static str,
        /// The environment variable that would set it.
        variable: &'static str,
    },
    /// An author in another form than git's.
    #[error("`{text}` names no author: the form is `Name <address>`")]
    InvalidAuthor {
        /// What was typed.
        text: String,
    },
    /// A date that git would refuse.
    #[error("`{variable}` holds an invalid date: `{value}`")]
    InvalidDate {
        /// The environment variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// Somebody else moved a reference meanwhile: a compare-and-swap failed and nothing was changed.
    #[error(
        "`{reference}` moved meanwhile: it was expected at {} and is at {}",
        id_or_nothing(expected.as_ref()),
        id_or_nothing(found.as_ref())
    )]
    RefMoved {
        /// Full name.
        reference: String,
        /// The value that the change was based on; absent if it was not to exist.
        expected: Option<CommitId>,
        /// The value found.
        found: Option<CommitId>,
    },
    /// A lock file stayed in the way for the whole time-out.
    #[error(
        "`{}` has been there for {age}: another process is writing, or one was killed (then delete this file)",
        lock.display()
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
        /// How long ago it was made.
        age: String,
    },
    /// Another process of vrev holds a file's lock for longer than we wait.
    #[error(
        "`{}` has been there for {age}: {} of vrev holds it (try again when it is done)",
        lock.display(),
        process.map_or_else(|| "another process".to_owned(), |process| format!("process {process}"))
    )]
    Held {
        /// The lock file.
        lock: PathBuf,
        /// How long ago it was written.
        age: String,
        /// The process's number.
        process: Option<u32>,
    },
    /// A hook that somebody else wrote stands where ours would.
    #[error("there is another hook already: `{}`", path.display())]
    ForeignHook {
        /// The hook.
        path: PathBuf,
    },
    /// The user's git could not be started.
    #[error("cannot run `git {verb}`")]
    GitProgram {
        /// `clone`, `fetch`, `push`, …
        verb: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The user's git was run and failed.
    #[error("`git {verb}` failed{}", with_reason(said))]
    GitFailed {
        /// `clone`, `fetch`, `push`, …
        verb: String,
        /// How it ended: 1 where it understood and was refused, more where it could not; absent when killed.
        status: Option<i32>,
        /// What it said, unless it spoke to the terminal itself.
        said: String,
    },
    /// A name that git does not accept for a branch or tag.
    #[error("`{name}` is not a valid {kind} name")]
    InvalidName {
        /// `branch` or `tag`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A branch or tag to be created is there already.
    #[error("{kind} `{name}` already exists")]
    AlreadyExists {
        /// `branch` or `tag`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A new reference would be a folder of another, or the other way round.
    #[error("cannot create `{reference}`: `{existing}` exists")]
    NameInTheWay {
        /// Full name of the new one.
        reference: String,
        /// Full name of the other.
        existing: String,
    },
    /// A branch or tag that is not there.
    #[error("{kind} `{name}` does not exist")]
    NoSuchReference {
        /// `branch` or `tag`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A branch to which a worktree goes back.
    #[error("branch `{branch}` is being rebased or bisected at `{}`", worktree.display())]
    BranchInUse {
        /// The branch.
        branch: String,
        /// The worktree.
        worktree: PathBuf,
    },
    /// A branch in use by a worktree.
    #[error("branch `{branch}` is checked out at `{}`", worktree.display())]
    BranchCheckedOut {
        /// The branch.
        branch: String,
        /// The worktree's folder.
        worktree: PathBuf,
    },
    /// Deleting a branch would lose commits.
    #[error("branch `{branch}` is not fully merged")]
    NotFullyMerged {
        /// The branch.
        branch: String,
    },
    /// A checkout would lose what is not committed; nothing was changed.
    #[error("local changes would be overwritten: {}", list(paths))]
    LocalChanges {
        /// Paths with staged or unstaged changes, or untracked files in the way.
        paths: Vec<String>,
    },
    /// The index holds unmerged entries.
    #[error("these paths are not merged: {}", list(paths))]
    Unmerged {
        /// The paths.
        paths: Vec<String>,
    },
    /// A revert of a merge that does not say against which parent, or names one that is not there.
    #[error(
        "commit {commit} has {parents} parents: name the one to go back to (`-m 1` is the first)"
    )]
    NoSuchParent {
        /// The commit.
        commit: CommitId,
        /// How many it has.
        parents: usize,
    },
    /// Committed rows that cannot be read.
    #[error("rows in `{place}` are malformed: {reason}")]
    MalformedRows {
        /// The chunk's path and line.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Rows to be written that could not be read.
    #[error("cannot read the rows to be committed")]
    Rows {
        /// The reason.
        #[source]
        source: Box<crate::relation::SourceError>,
    },
    /// Rows to be written that are not in canonical order.
    #[error("rows of `{relation}` were given out of order")]
    UnorderedRows {
        /// The relation.
        relation: String,
    },
}

impl Error {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn git(action: impl Into<String>) -> impl FnOnce(gix::Error) -> Self {
        move |source| Self::Git {
            action: action.into(),
            source: Box::new(source),
        }
    }
}

fn id_or_nothing(id: Option<&CommitId>) -> String {
    id.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

fn with_reason(said: &str) -> String {
    match said.trim_end() {
        "" => String::new(),
        said => format!(":\n  {}", said.replace('\n', "\n  ")),
    }
}

fn list(paths: &[String]) -> String {
    paths
        .iter()
        .map(|path| format!("`{path}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
