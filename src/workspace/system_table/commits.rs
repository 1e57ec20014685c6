//! `dolt_commits` and `dolt_commit_ancestors`: every commit that a local branch reaches.

use super::Found;
use super::define::{date, define, text};
use super::reader::{Node, Reader, failed};
use crate::sql::SqlError;
use crate::store::CommitId;
use crate::value::Value;

const COMMITS: &str = "
    commit_hash text not null primary key, committer text not null, email text not null, date datetime(3) not null,
    message text not null, author text not null, author_email text not null, author_date datetime(3) not null";

const ANCESTORS: &str = "
    commit_hash text not null, parent_hash text not null, parent_index int not null,
    primary key (commit_hash, parent_hash, parent_index)";

fn all(reader: &Reader) -> Result<Vec<Node>, SqlError> {
    let branches = reader.store().branches().map_err(failed)?;
    let mut tips: Vec<CommitId> = branches.into_iter().map(|branch| branch.commit).collect();
    tips.extend(reader.head);
    reader.history(&tips)
}

/// `dolt_commits`.
pub(super) fn commits(reader: &Reader) -> Result<Found, SqlError> {
    let rows = all(reader)?.into_iter().map(|node| {
        let commit = node.commit;
        vec![
            text(commit.id.to_string()),
            text(commit.committer.name),
            text(commit.committer.email),
            date(commit.committer.seconds),
            text(commit.message.trim_end()),
            text(commit.author.name),
            text(commit.author.email),
            date(commit.author.seconds),
        ]
    });
    Ok(Found::rows(define("commits", COMMITS), rows.collect()))
}

/// `dolt_commit_ancestors`.
pub(super) fn ancestors(reader: &Reader) -> Result<Found, SqlError> {
    let mut rows = Vec::new();
    for node in all(reader)? {
        let id = text(node.commit.id.to_string());
        if node.commit.parents.is_empty() {
            rows.push(vec![id.clone(), Value::Null, Value::Int(0)]);
        }
        for (at, parent) in node.commit.parents.iter().enumerate() {
            let at = i64::try_from(at).unwrap_or(i64::MAX);
            rows.push(vec![id.clone(), text(parent.to_string()), Value::Int(at)]);
        }
    }
    Ok(Found::rows(define("commit_ancestors", ANCESTORS), rows))
}
