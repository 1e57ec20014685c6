//! `dolt_remote`, `dolt_fetch`, `dolt_push`, `dolt_pull`, `dolt_gc`: what speaks to other repositories and keeps this one
//! small, through the same git as the verbs of the command line.

use super::arguments::{Known, flag, value};
use super::{Arguments, Session, done, done_with, failed, merge, one_row, refuse};
use crate::sql::SqlError;
use crate::store::Talk;
use crate::value::{QueryResult, TypeKind, Value};
use crate::workspace::{FastForward, MergeOptions};

/// Opens the words of a procedure that changes the repository.
fn open(session: &mut Session, words: &[String], known: &[Known]) -> Result<Arguments, SqlError> {
    let arguments = Arguments::parse(words, known)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    session.commit_transaction()?;
    Ok(arguments)
}

/// Words for git: its options, then what must not be read as one.
fn git_words(options: &[(bool, &str)], rest: &[String]) -> Vec<String> {
    let given = options.iter().filter(|(given, _)| *given);
    let mut words: Vec<String> = given.map(|(_, word)| (*word).to_owned()).collect();
    words.push("--".to_owned());
    words.extend(rest.iter().cloned());
    words
}

/// `dolt_remote('add', name, url)`, `dolt_remote('remove', name)`.
pub(super) fn remote(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = open(session, words, &[])?;
    let rest: Vec<&str> = arguments.rest.iter().map(String::as_str).collect();
    let change = match rest.as_slice() {
        ["add", name, url] => vec!["add", "--", name, url],
        ["remove" | "rm", name] => vec!["remove", "--", name],
        [] => {
            return refuse(
                "error: invalid argument, use 'dolt_remotes' system table to list remotes",
            );
        }
        _ => return refuse("error: invalid argument"),
    };
    let said = session.workspace().store().change_remote(&change);
    said.map_err(|error| failed(error.into()))?;
    Ok(done())
}

/// `dolt_fetch([remote[, branch…]])`.
pub(super) fn fetch(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = open(session, words, &[flag("prune", Some('p'))])?;
    let words = git_words(&[(arguments.has("prune"), "--prune")], &arguments.rest);
    let said = session.workspace().store().fetch(&words, Talk::Captured);
    said.map_err(|error| failed(error.into()))?;
    Ok(done())
}

/// `dolt_push([remote[, branch…]])`.
pub(super) fn push(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let known = [
        flag("set-upstream", Some('u')),
        flag("force", Some('f')),
        flag("all", None),
    ];
    let arguments = open(session, words, &known)?;
    let options = [
        (arguments.has("set-upstream"), "--set-upstream"),
        (arguments.has("force"), "--force"),
        (arguments.has("all"), "--all"),
    ];
    let words = git_words(&options, &arguments.rest);
    let said = session.workspace().store().push(&words, Talk::Captured);
    let said = said.map_err(|error| failed(error.into()))?;
    Ok(done_with(said.trim_end().to_owned()))
}

/// `dolt_pull([remote[, branch]])`: what is fetched is merged as `dolt_merge` does.
pub(super) fn pull(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let known = [
        flag("squash", None),
        flag("no-ff", None),
        flag("ff-only", None),
        flag("no-commit", None),
        value("author", None),
    ];
    let arguments = open(session, words, &known)?;
    let workspace = session.workspace();
    let fetched = workspace.fetch_for_merge(&arguments.rest, Talk::Captured);
    let (commit, what, _) = fetched.map_err(failed)?;
    let options = MergeOptions {
        fast_forward: match (arguments.has("no-ff"), arguments.has("ff-only")) {
            (true, _) => FastForward::Never,
            (_, true) => FastForward::Only,
            _ => FastForward::Allowed,
        },
        squash: arguments.has("squash"),
        no_commit: arguments.has("no-commit"),
        author: arguments.value("author").map(str::to_owned),
        ..MergeOptions::default()
    };
    let report = workspace.merge_fetched(commit, &what, options);
    let ended = merge::ended(session, report.map_err(merge::told)?)?;
    let count = |is: bool| Value::Int(i64::from(is));
    Ok(one_row(vec![
        ("fast_forward", TypeKind::BigInt, count(ended.fast_forward)),
        ("conflicts", TypeKind::BigInt, count(ended.conflicts)),
        (
            "message",
            TypeKind::LongText,
            Value::Text(ended.message.to_owned()),
        ),
    ]))
}

/// `dolt_gc()`.
pub(super) fn gc(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let known = [flag("shallow", None), flag("full", None)];
    open(session, words, &known)?;
    session.workspace().gc(None).map_err(failed)?;
    Ok(done())
}
