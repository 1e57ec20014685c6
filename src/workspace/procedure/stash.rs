//! `dolt_stash`: changes put away under a name, and taken out again.

use super::arguments::{Known, flag};
use super::{Arguments, Session, done, failed, refuse};
use crate::sql::SqlError;
use crate::value::QueryResult;
use crate::workspace::{Error, StashOptions, StashedIndex, Untracked};

const KNOWN: &[Known] = &[flag("include-untracked", Some('u')), flag("all", Some('a'))];

pub(super) fn call(session: &mut Session, words: &[String]) -> Result<QueryResult, SqlError> {
    let arguments = Arguments::parse(words, KNOWN)?;
    if session.is_read_only() {
        return Err(session.read_only());
    }
    let words: Vec<&str> = arguments.rest.iter().map(String::as_str).collect();
    let Some((verb, names)) = words.split_first() else {
        return refuse("error: invalid arguments. Must provide valid subcommand and stash name");
    };
    let Some((name, places)) = names.split_first() else {
        return refuse("error: invalid arguments. Must provide valid subcommand and stash name");
    };
    let at = match places {
        [] => 0,
        [place] => place_of(place)?,
        _ => return refuse("error: invalid arguments"),
    };
    session.commit_transaction()?;
    let workspace = session.workspace();
    let name = Some(*name);
    match *verb {
        "push" => {
            let everything = arguments.has("include-untracked") || arguments.has("all");
            let options = StashOptions {
                name: name.map(str::to_owned),
                untracked: if everything {
                    Untracked::Taken
                } else {
                    Untracked::Stay
                },
                ..StashOptions::default()
            };
            workspace.stash(&options).map(drop)
        }
        "apply" => workspace
            .apply_stash(name, at, StashedIndex::Additions)
            .map(drop),
        "pop" => workspace
            .pop_stash(name, at, StashedIndex::Additions)
            .map(drop),
        "drop" => workspace.drop_stash(name, at).map(drop),
        "clear" => workspace.clear_stashes(name),
        other => return refuse(format!("unknown stash subcommand {other}")),
    }
    .map_err(told)?;
    session.reload().map_err(failed)?;
    Ok(done())
}

/// Reads `2` and `stash@{2}`.
fn place_of(text: &str) -> Result<usize, SqlError> {
    let bare = text
        .strip_prefix("stash@{")
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    bare.parse()
        .map_err(|_| SqlError::unknown(format!("error: {text} is not a valid reference")))
}

fn told(error: Error) -> SqlError {
    match error {
        Error::NothingToStash => SqlError::unknown("No local changes to save"),
        other => failed(other),
    }
}
