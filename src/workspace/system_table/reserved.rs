//! System tables that users write: `dolt_ignore`, `dolt_docs`, `dolt_query_catalog`. They are ordinary versioned tables with
//! a reserved name, made by the first INSERT; until then they are empty. Beside them, what a repository always has:
//! `dolt_schemas`, `dolt_procedures`, `dolt_stashes`.

use super::define::{define, text};
use super::reader::{Reader, failed};
use super::{Found, Warnings};
use crate::sql::{SqlError, TableName};
use crate::value::Value;

const IGNORE: &str = "pattern varchar(768) not null primary key, ignored tinyint(1) not null";

const DOCS: &str = "doc_name varchar(512) not null primary key, doc_text longtext";

const QUERY_CATALOG: &str = "
    id varchar(512) not null primary key, display_order bigint unsigned not null, name varchar(4096),
    query longtext, description longtext";

const SCHEMAS: &str = "
    type varchar(64) not null, name varchar(64) not null, fragment longtext, extra json, sql_mode varchar(256),
    primary key (type, name)";

const PROCEDURES: &str = "
    name varchar(1023) not null primary key, create_stmt varchar(4096), created_at datetime, modified_at datetime,
    sql_mode varchar(256)";

const STASHES: &str = "
    name text not null, stash_id text not null, branch text not null, hash text not null, commit_message text";

/// Tables that the first INSERT makes: name and columns.
const CREATED: &[(&str, &str)] = &[
    ("ignore", IGNORE),
    ("docs", DOCS),
    ("query_catalog", QUERY_CATALOG),
];

/// Returns the CREATE TABLE of a system table that users write, under the name it is stored under.
pub(in crate::workspace) fn created_on_write(name: &str) -> Option<String> {
    let rest = super::rest_of(name)?;
    let columns = super::named(CREATED, rest)?;
    let name = format!("dolt_{}", rest.to_ascii_lowercase());
    Some(format!("create table {name} ({columns})"))
}

/// A table that users write: as it is stored, or empty.
fn stored(reader: &Reader, rest: &str, columns: &str) -> Result<Found, SqlError> {
    let name = TableName::new(format!("dolt_{rest}"));
    let state = match &reader.asked {
        Some(state) => state.clone(),
        None => reader.working_state(),
    };
    match reader.version(&state, &name)? {
        Some(version) => match &version.table {
            Some(table) => {
                let rows = reader.rows(&version)?;
                Ok(Found {
                    definition: super::plain(table),
                    content: super::Content::Rows(rows.into_iter().map(|(row, _)| row).collect()),
                    warnings: Warnings::default(),
                })
            }
            None => Ok(Found::rows(define(rest, columns), Vec::new())),
        },
        None => Ok(Found::rows(define(rest, columns), Vec::new())),
    }
}

/// `dolt_ignore`.
pub(super) fn ignore(reader: &Reader) -> Result<Found, SqlError> {
    stored(reader, "ignore", IGNORE)
}

/// `dolt_docs`.
pub(super) fn docs(reader: &Reader) -> Result<Found, SqlError> {
    stored(reader, "docs", DOCS)
}

/// `dolt_query_catalog`.
pub(super) fn query_catalog(reader: &Reader) -> Result<Found, SqlError> {
    stored(reader, "query_catalog", QUERY_CATALOG)
}

/// `dolt_schemas`: views.
pub(super) fn schemas(reader: &Reader) -> Result<Found, SqlError> {
    let mut rows = Vec::new();
    for (name, keyspace) in &reader.catalog.keyspaces {
        if reader
            .keyspace
            .as_ref()
            .is_some_and(|current| current != name)
        {
            continue;
        }
        for view in keyspace.views.values() {
            rows.push(vec![
                text("view"),
                text(view.name.name.as_str()),
                text(crate::sql::print::view(view)),
                Value::Json("{\"CreatedAt\": 0}".to_owned()),
                text("NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES"),
            ]);
        }
    }
    Ok(Found::rows(define("schemas", SCHEMAS), rows))
}

/// `dolt_procedures`: vrev has none of users' own.
pub(super) fn procedures(_: &Reader) -> Result<Found, SqlError> {
    Ok(Found::rows(define("procedures", PROCEDURES), Vec::new()))
}

/// `dolt_stashes`: git's stash, newest first.
pub(super) fn stashes(reader: &Reader) -> Result<Found, SqlError> {
    let mut rows = Vec::new();
    for (at, entry) in reader
        .store()
        .reflog(Some("refs/stash"), true)
        .map_err(failed)?
        .into_iter()
        .enumerate()
    {
        let about = entry.message.split_once(": ");
        let branch = about
            .and_then(|(start, _)| start.rsplit_once(' '))
            .map_or("", |(_, branch)| branch);
        rows.push(vec![
            text("dolt-cli"),
            text(format!("stash@{{{at}}}")),
            text(branch),
            text(entry.commit.to_string()),
            text(entry.message.as_str()),
        ]);
    }
    Ok(Found::rows(define("stashes", STASHES), rows))
}

/// The patterns of `dolt_ignore`.
pub(super) struct Ignored(Vec<(String, bool)>);

impl Ignored {
    /// Reads them from the working set.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub(super) fn new(reader: &Reader) -> Result<Self, SqlError> {
        let found = ignore(reader)?;
        let super::Content::Rows(rows) = found.content else {
            return Ok(Self(Vec::new()));
        };
        let pattern = |row: &crate::relation::Row| {
            let pattern = row.first()?.to_text()?.into_owned();
            Some((pattern, row.get(1)?.to_bool().unwrap_or(false)))
        };
        Ok(Self(rows.iter().filter_map(pattern).collect()))
    }

    /// Tells whether a new table is ignored: the most specific pattern decides.
    ///
    /// # Errors
    /// Where two patterns, neither more specific, say different things.
    pub(super) fn is_ignored(&self, table: &str) -> Result<bool, SqlError> {
        let matching: Vec<&(String, bool)> = self
            .0
            .iter()
            .filter(|(pattern, _)| matches(pattern, table))
            .collect();
        let is_specific = |one: &&&(String, bool)| {
            // A pattern is not the last word where another that matches is matched by it.
            !matching
                .iter()
                .any(|other| other.0 != one.0 && covers(&one.0, &other.0))
        };
        let last: Vec<&&(String, bool)> = matching.iter().filter(is_specific).collect();
        match (
            last.first(),
            last.iter()
                .all(|(_, ignored)| Some(ignored) == last.first().map(|(_, first)| first)),
        ) {
            (None, _) => Ok(false),
            (Some((_, ignored)), true) => Ok(*ignored),
            (Some(_), false) => {
                let of = |wanted: bool| {
                    let patterns = last.iter().filter(|(_, ignored)| *ignored == wanted);
                    let patterns: Vec<&str> =
                        patterns.map(|(pattern, _)| pattern.as_str()).collect();
                    patterns.join(", ")
                };
                Err(SqlError::unknown(format!(
                    "dolt_ignore has multiple conflicting rules for {table}:\nignored:     {}\nnot ignored: {}",
                    of(true),
                    of(false)
                )))
            }
        }
    }
}

/// Matches a name: `*` and `%` stand for any run, `?` for one character.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (
        pattern.to_lowercase().chars().collect(),
        name.to_lowercase().chars().collect(),
    );
    // reached[i]: the pattern up to here can match the first i characters.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for c in pattern {
        let mut next = vec![false; name.len() + 1];
        if matches!(c, '*' | '%') {
            let mut any = false;
            for (at, is) in reached.iter().enumerate() {
                any |= is;
                next[at] = any;
            }
        } else {
            for (at, is) in reached.iter().take(name.len()).enumerate() {
                next[at + 1] = *is && (c == '?' || c == name[at]);
            }
        }
        reached = next;
    }
    reached[name.len()]
}

/// Whether a pattern matches all that another one matches: the other's wildcards stand for themselves.
fn covers(general: &str, special: &str) -> bool {
    let plain = special.replace('%', "*");
    let general = general.replace('%', "*");
    plain != general && matches(&general, &plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_pattern_decides() {
        let patterns = [
            ("generated_*", true),
            ("generated_keep%", false),
            ("?x", true),
        ];
        let ignored = Ignored(patterns.map(|(p, i)| (p.to_owned(), i)).to_vec());
        assert!(ignored.is_ignored("generated_foo").unwrap());
        assert!(!ignored.is_ignored("generated_keep_me").unwrap());
        assert!(ignored.is_ignored("ax").unwrap() && !ignored.is_ignored("x").unwrap());
        assert!(!ignored.is_ignored("other").unwrap());
        let clash = Ignored(vec![("a*".into(), true), ("*b".into(), false)]);
        let error = clash.is_ignored("ab").unwrap_err();
        assert!(error.message.contains("ignored:     a*"), "{error:?}");
    }
}
