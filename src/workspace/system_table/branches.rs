//! References: `dolt_branches`, `dolt_remote_branches`, `dolt_tags`, `dolt_remotes`, and `dolt_branch_status(…)`.

use super::arguments::{texts, wrong_number};
use super::define::{date, define, text};
use super::reader::{Reader, failed};
use super::{Call, Found};
use crate::relation::Row;
use crate::sql::SqlError;
use crate::store::CommitId;
use crate::value::Value;
use crate::workspace::Error;

const BRANCHES: &str = "
    name text not null primary key, hash text not null, latest_committer text, latest_committer_email text,
    latest_commit_date datetime(3), latest_commit_message text, remote text, branch text, dirty tinyint(1),
    latest_author text, latest_author_email text, latest_author_date datetime(3)";

const REMOTE_BRANCHES: &str = "
    name text not null primary key, hash text not null, latest_committer text, latest_committer_email text,
    latest_commit_date datetime(3), latest_commit_message text, latest_author text, latest_author_email text,
    latest_author_date datetime(3)";

const TAGS: &str = "
    tag_name text not null primary key, tag_hash text not null, tagger text not null, email text not null,
    date datetime(3) not null, message text not null";

const REMOTES: &str =
    "name text not null primary key, url text not null, fetch_specs json, params json";

const BRANCH_STATUS: &str = "branch text not null, commits_ahead bigint unsigned not null, commits_behind bigint unsigned not null";

/// Cells about the newest commit, those about its author apart.
fn latest(reader: &Reader, commit: CommitId) -> Result<(Row, Row), SqlError> {
    let commit = reader.store().commit(commit).map_err(failed)?;
    let committer = vec![
        text(commit.id.to_string()),
        text(commit.committer.name.as_str()),
        text(commit.committer.email.as_str()),
        date(commit.committer.seconds),
        text(commit.message.trim_end()),
    ];
    let author = vec![
        text(commit.author.name),
        text(commit.author.email),
        date(commit.author.seconds),
    ];
    Ok((committer, author))
}

/// `dolt_branches`.
pub(super) fn branches(reader: &Reader) -> Result<Found, SqlError> {
    let mut rows = Vec::new();
    for branch in reader.store().branches().map_err(failed)? {
        let (committer, author) = latest(reader, branch.commit)?;
        let upstream = reader.store().upstream(&branch.name).map_err(failed)?;
        let (remote, there) = upstream.map_or_else(
            || (String::new(), String::new()),
            |upstream| (upstream.remote, upstream.branch),
        );
        let dirty = reader
            .workspace
            .is_branch_dirty(&branch.name)
            .map_err(Error::into_sql)?;
        let mut row = vec![text(branch.name)];
        row.extend(committer);
        row.extend([text(remote), text(there), Value::Int(i64::from(dirty))]);
        row.extend(author);
        rows.push(row);
    }
    Ok(Found::rows(define("branches", BRANCHES), rows))
}

/// `dolt_remote_branches`.
pub(super) fn remote_branches(reader: &Reader) -> Result<Found, SqlError> {
    let mut rows = Vec::new();
    for (name, commit) in reader.store().remote_branches().map_err(failed)? {
        let (committer, author) = latest(reader, commit)?;
        let mut row = vec![text(format!("remotes/{name}"))];
        row.extend(committer);
        row.extend(author);
        rows.push(row);
    }
    Ok(Found::rows(
        define("remote_branches", REMOTE_BRANCHES),
        rows,
    ))
}

/// `dolt_tags`.
pub(super) fn tags(reader: &Reader) -> Result<Found, SqlError> {
    let mut rows = Vec::new();
    for tag in reader.store().tags().map_err(failed)? {
        let commit = reader.store().commit(tag.commit).map_err(failed)?;
        // A light tag has no tagger: the commit's committer stands for it.
        let tagger = tag.tagger.unwrap_or(commit.committer);
        let message = tag.message.unwrap_or_default();
        rows.push(vec![
            text(tag.name),
            text(tag.commit.to_string()),
            text(tagger.name),
            text(tagger.email),
            date(tagger.seconds),
            text(message.trim_end()),
        ]);
    }
    Ok(Found::rows(define("tags", TAGS), rows))
}

/// `dolt_remotes`.
pub(super) fn remotes(reader: &Reader) -> Result<Found, SqlError> {
    let rows = reader.store().remotes().into_iter().map(|remote| {
        let specs = format!("[\"refs/heads/*:refs/remotes/{}/*\"]", remote.name);
        vec![
            text(remote.name),
            text(remote.fetch_url),
            Value::Json(specs),
            Value::Json("{}".to_owned()),
        ]
    });
    Ok(Found::rows(define("remotes", REMOTES), rows.collect()))
}

/// `dolt_branch_status(base, other…)`: how many commits each has that the base has not, and the other way round.
pub(super) fn branch_status(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let names = texts(call)?;
    let Some((base, others)) = names.split_first() else {
        return Err(wrong_number(call, "1 or more"));
    };
    let base = reader.commit(base)?;
    let count = |tip: CommitId, without: CommitId| -> Result<u64, SqlError> {
        let walk = reader
            .store()
            .walk(&[tip], &[without], crate::store::WalkOptions::default())
            .map_err(failed)?;
        let mut count = 0;
        for commit in walk {
            commit.map_err(failed)?;
            count += 1;
        }
        Ok(count)
    };
    let mut rows = Vec::new();
    for name in others {
        let tip = reader.commit(name)?;
        rows.push(vec![
            text(name.as_str()),
            Value::UInt(count(tip, base)?),
            Value::UInt(count(base, tip)?),
        ]);
    }
    Ok(Found::rows(define("branch_status", BRANCH_STATUS), rows))
}
