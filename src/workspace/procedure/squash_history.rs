//! `dolt_squash_history`: everything after the first commit made one commit, which keeps HEAD's state.

use super::arguments::{Known, value};
use super::{Arguments, Session, failed, one_row, refuse};
use crate::sql::SqlError;
use crate::store::{CommitId, NewCommit, ResetMode, clean_message};
use crate::value::{QueryResult, TypeKind, Value};

const KNOWN: &[Known] = &[value("message", Some('m')), value("first", Some('f'))];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    let Some(message) = arguments.value("message") else {
        return refuse("Must provide commit message.");
    };
    session.commit_transaction()?;
    let workspace = session.workspace();
    if workspace.operation().map_err(failed)?.is_some() {
        return refuse("cannot squash history while a merge is in progress; abort the merge first");
    }
    let store = workspace.store();
    let commit = |id| store.commit(id).map_err(|error| failed(error.into()));
    let head = store.head_commit().map_err(|error| failed(error.into()))?;
    let root = root_of(session, head)?;
    if root == head {
        return refuse("nothing to squash: the branch contains only the initial commit");
    }
    let parent = match arguments.value("first") {
        Some(first) => {
            let first = store.resolve_commit(first);
            let first = commit(first.map_err(|error| failed(error.into()))?)?;
            let is_part = store.is_ancestor(first.id, head);
            if !is_part.map_err(|error| failed(error.into()))? {
                return refuse(format!("commit {} is not an ancestor of HEAD", first.id));
            }
            match first.parents.as_slice() {
                [parent] => *parent,
                _ => return refuse("--first cannot be the initial commit or a merge"),
            }
        }
        None if children_of(session, root, head)? > 1 => {
            return refuse(
                "the initial commit has multiple children; specify --first with the commit to squash from",
            );
        }
        None => root,
    };
    let signer =
        |signed: Result<_, crate::store::Error>| signed.map_err(|error| failed(error.into()));
    let new = NewCommit {
        message: clean_message(message),
        tree: commit(head)?.tree,
        parents: vec![parent],
        author: signer(store.author())?,
        committer: signer(store.committer())?,
    };
    let squashed = store
        .write_commit(&new)
        .map_err(|error| failed(error.into()))?;
    // The state is HEAD's: index, files and rows stay as they are.
    workspace
        .reset(&squashed.to_string(), ResetMode::Soft)
        .map_err(failed)?;
    session.reload().map_err(failed)?;
    let hash = Value::Text(squashed.to_string());
    Ok(one_row(vec![("commit_hash", TypeKind::LongText, hash)]))
}

/// The first commit of HEAD's first-parent history.
fn root_of(session: &Session, mut id: CommitId) -> Result<CommitId, SqlError> {
    let store = session.workspace().store();
    loop {
        let commit = store.commit(id).map_err(|error| failed(error.into()))?;
        match commit.parents.first() {
            Some(parent) => id = *parent,
            None => return Ok(id),
        }
    }
}

/// How many commits that HEAD reaches have `parent` for a parent.
fn children_of(session: &Session, parent: CommitId, head: CommitId) -> Result<usize, SqlError> {
    let store = session.workspace().store();
    let walk = store.walk(&[head], &[], crate::store::WalkOptions::default());
    let mut children = 0;
    for commit in walk.map_err(|error| failed(error.into()))? {
        let commit = commit.map_err(|error| failed(error.into()))?;
        children += usize::from(commit.parents.contains(&parent));
    }
    Ok(children)
}
