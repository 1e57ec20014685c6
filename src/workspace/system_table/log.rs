//! `dolt_log`, `dolt_log(…)` and `dolt_reflog(…)`: commits as git's log has them, in Dolt's order.

use std::collections::{BTreeMap, BTreeSet};

use super::arguments::{dots, invalid, texts};
use super::computed::{Computed, equal_text};
use super::define::{date, define, text};
use super::delta::delta_of;
use super::reader::{Node, Reader, failed};
use super::state::State;
use super::{Call, Found, Warnings};
use crate::engine::Comparison;
use crate::relation::Row;
use crate::sql::{SqlError, TableName};
use crate::store::{CommitId, RefName, Revision};
use crate::value::Value;

const COLUMNS: &str = "
    commit_hash text not null primary key, committer text not null, email text not null, date datetime(3) not null,
    message text not null, commit_order bigint unsigned not null, parents text, refs text not null, signature text,
    author text not null, author_email text not null, author_date datetime(3) not null";

const REFLOG: &str = "ref text not null, ref_timestamp datetime, commit_hash text not null, commit_message text not null";

/// `dolt_log`.
pub(super) fn table(reader: &Reader) -> Result<Found, SqlError> {
    let reader = reader.clone();
    let compute = move |comparisons: &[Comparison]| {
        let wanted = equal_text(comparisons, 0);
        let names = decorations(&reader, Decorate::Short)?;
        let nodes = reader.history(reader.head.as_slice())?.into_iter();
        let rows = nodes
            .filter(|node| {
                let id = node.commit.id.to_string();
                wanted
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(&id))
            })
            .map(|node| row(&node, &names, true, Value::Text(String::new())));
        Ok(rows.collect())
    };
    Ok(Found::source(
        define("log", COLUMNS),
        Computed::new(vec![0], compute),
        Warnings::default(),
    ))
}

/// How names of references are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decorate {
    No,
    Short,
    Full,
}

fn row(
    node: &Node,
    names: &BTreeMap<CommitId, Vec<String>>,
    parents: bool,
    signature: Value,
) -> Row {
    let commit = &node.commit;
    let joined = || {
        let parents: Vec<String> = commit.parents.iter().map(ToString::to_string).collect();
        text(parents.join(", "))
    };
    vec![
        text(commit.id.to_string()),
        text(commit.committer.name.as_str()),
        text(commit.committer.email.as_str()),
        date(commit.committer.seconds),
        text(commit.message.trim_end()),
        Value::UInt(node.height),
        if parents { joined() } else { Value::Null },
        text(
            names
                .get(&commit.id)
                .map_or_else(String::new, |names| names.join(", ")),
        ),
        signature,
        text(commit.author.name.as_str()),
        text(commit.author.email.as_str()),
        date(commit.author.seconds),
    ]
}

/// Returns the names that lead to each commit: `HEAD -> main`, `tag: v1`.
fn decorations(
    reader: &Reader,
    how: Decorate,
) -> Result<BTreeMap<CommitId, Vec<String>>, SqlError> {
    let mut names: BTreeMap<CommitId, Vec<String>> = BTreeMap::new();
    if how == Decorate::No {
        return Ok(names);
    }
    for (commit, refs) in reader.store().decorations().map_err(failed)? {
        let names = names.entry(commit).or_default();
        for reference in refs {
            let shown = match (&reference, how) {
                (RefName::Other(_), _) => continue,
                (RefName::Tag(name), Decorate::Short) => format!("tag: {name}"),
                (RefName::Tag(_), _) => format!("tag: {}", reference.full()),
                (RefName::Branch(name) | RefName::Remote(name), Decorate::Short) => name.clone(),
                (_, _) => reference.full(),
            };
            let is_head =
                matches!(&reference, RefName::Branch(name) if reader.branch.as_ref() == Some(name));
            if is_head {
                names.insert(0, format!("HEAD -> {shown}"));
            } else {
                names.push(shown);
            }
        }
    }
    Ok(names)
}

/// What `dolt_log(…)` is asked for.
struct Asked {
    tips: Vec<CommitId>,
    hidden: Vec<CommitId>,
    min_parents: usize,
    parents: bool,
    signature: bool,
    decorate: Decorate,
    tables: Vec<String>,
    limit: usize,
}

/// `dolt_log(…)`.
pub(super) fn function(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let asked = asked(reader, call)?;
    let names = decorations(reader, asked.decorate)?;
    let left_out: BTreeSet<CommitId> = reader
        .history(&asked.hidden)?
        .into_iter()
        .map(|node| node.commit.id)
        .collect();
    let signature = match asked.signature {
        true => text(""),
        false => Value::Null,
    };
    let mut rows = Vec::new();
    for node in reader.history(&asked.tips)? {
        if rows.len() >= asked.limit {
            break;
        }
        let is_kept = !left_out.contains(&node.commit.id)
            && node.commit.parents.len() >= asked.min_parents
            && touches(reader, &node, &asked.tables)?;
        if is_kept {
            rows.push(row(&node, &names, asked.parents, signature.clone()));
        }
    }
    Ok(Found::rows(define("log", COLUMNS), rows))
}

fn asked(reader: &Reader, call: &Call) -> Result<Asked, SqlError> {
    let words = texts(call)?;
    let mut asked = Asked {
        tips: Vec::new(),
        hidden: Vec::new(),
        min_parents: 0,
        parents: false,
        signature: false,
        decorate: Decorate::Short,
        tables: Vec::new(),
        limit: usize::MAX,
    };
    let (mut revisions, mut not) = (Vec::new(), Vec::new());
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => {
                (option.to_owned(), Some(value.to_owned()))
            }
            _ => (word.clone(), None),
        };
        let mut value = || {
            value
                .clone()
                .or_else(|| words.next())
                .ok_or_else(|| invalid(call, &format!("no value for option `{option}`")))
        };
        match option.as_str() {
            "--not" => {
                not.push(value()?);
                while let Some(next) = words.next_if(|word| !word.starts_with('-')) {
                    not.push(next);
                }
            }
            "--min-parents" => {
                let number = value()?;
                asked.min_parents = number
                    .parse()
                    .map_err(|_| invalid(call, &format!("invalid --min-parents: {number}")))?;
            }
            "--merges" => asked.min_parents = 2,
            "--parents" => asked.parents = true,
            "--show-signature" => asked.signature = true,
            "--all" => {
                let branches = reader.store().branches().map_err(failed)?;
                asked
                    .tips
                    .extend(branches.into_iter().map(|branch| branch.commit));
            }
            "--decorate" => {
                let how = value()?;
                asked.decorate = match how.as_str() {
                    "short" | "auto" => Decorate::Short,
                    "full" => Decorate::Full,
                    "no" => Decorate::No,
                    _ => return Err(invalid(call, &format!("invalid --decorate option: {how}"))),
                };
            }
            "--tables" => {
                let names = value()?;
                asked
                    .tables
                    .extend(names.split(',').map(|name| name.trim().to_owned()));
            }
            "-n" | "--number" => {
                let number = value()?;
                asked.limit = number
                    .parse()
                    .map_err(|_| invalid(call, &format!("invalid number: {number}")))?;
            }
            other if other.starts_with('-') => {
                return Err(invalid(call, &format!("unknown option `{other}`")));
            }
            _ => revisions.push(word),
        }
    }
    resolve(reader, call, &mut asked, &revisions, &not)?;
    Ok(asked)
}

fn resolve(
    reader: &Reader,
    call: &Call,
    asked: &mut Asked,
    revisions: &[String],
    not: &[String],
) -> Result<(), SqlError> {
    for name in revisions {
        if let Some(excluded) = name.strip_prefix('^') {
            if excluded.contains("..") {
                return Err(invalid(
                    call,
                    "revision cannot contain both '..' or '...' and '^'",
                ));
            }
            asked.hidden.push(reader.commit(excluded)?);
            continue;
        }
        if !name.contains("..") {
            asked.tips.push(reader.commit(name)?);
            continue;
        }
        if revisions.len() > 1 {
            return Err(invalid(
                call,
                "revision cannot contain '..' or '...' if multiple revisions exist",
            ));
        }
        if !not.is_empty() {
            return Err(invalid(
                call,
                "cannot use --not if '..' or '...' present in revision",
            ));
        }
        let commit = |state: &State| state.commit().or(reader.head);
        let (from, to) = dots(reader, name)?;
        if let Some((one, _)) = name.split_once("...") {
            asked.tips.push(reader.commit(one)?);
        }
        asked.tips.extend(commit(&to));
        asked.hidden.extend(commit(&from));
    }
    for name in not {
        if name.contains("..") {
            return Err(invalid(call, "--not revision cannot contain '..'"));
        }
        if name.starts_with('^') {
            return Err(invalid(call, "--not revision cannot contain '^'"));
        }
        asked.hidden.push(reader.commit(name)?);
    }
    if asked.tips.is_empty() {
        asked.tips.extend(reader.head);
    }
    Ok(())
}

/// Whether a commit changed one of these tables against its first parent.
fn touches(reader: &Reader, node: &Node, tables: &[String]) -> Result<bool, SqlError> {
    if tables.is_empty() {
        return Ok(true);
    }
    let from = match node.commit.parents.first() {
        Some(parent) => reader.state_of(Revision::Commit(*parent)),
        None => State::nothing(),
    };
    let to = reader.state_of(Revision::Commit(node.commit.id));
    for table in tables {
        let name = TableName::new(table.as_str());
        if let Some(delta) = delta_of(reader, &from, &to, &name)?
            && (delta.schema_change() || delta.data_change(reader)?)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `dolt_reflog([ref])`: where references have been, newest first.
pub(super) fn reflog(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let words = texts(call)?;
    let (all, names): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| word == "--all");
    if names.len() > 1 {
        return Err(super::arguments::wrong_number(call, "0 to 2"));
    }
    let wanted = names.first().map(String::as_str);
    let mut rows = Vec::new();
    for entry in reader
        .store()
        .reflog(wanted, !all.is_empty())
        .map_err(failed)?
    {
        let message = match reader.store().commit(entry.commit) {
            Ok(commit) => commit.message.trim_end().to_owned(),
            Err(_) => String::new(),
        };
        rows.push(vec![
            text(entry.reference),
            date(entry.seconds),
            text(entry.commit.to_string()),
            text(message),
        ]);
    }
    Ok(Found::rows(define("reflog", REFLOG), rows))
}
