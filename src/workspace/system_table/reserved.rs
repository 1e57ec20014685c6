//! System tables that users write: `dolt_ignore`, `dolt_docs`, `dolt_query_catalog`. They are ordinary versioned tables with
//! a reserved name, made by the first INSERT; until then they are empty. Beside them, what a repository always has:
//! `dolt_schemas`, `dolt_procedures`, `dolt_stashes`.

use super::define::{define, text};
use super::reader::{Reader, failed};
use super::{Found, Warnings};
use crate::sql::{SqlError, TableName};
use crate::value::Value;
use crate::workspace::Error;
use crate::workspace::ignore::IgnoreRules;

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

/// `dolt_stashes`: the nameless stashes, which are git's, then those under names, each newest first.
pub(super) fn stashes(reader: &Reader) -> Result<Found, SqlError> {
    let named = reader.store().stash_names().map_err(failed)?;
    let names = std::iter::once(None).chain(named.iter().map(|name| Some(name.as_str())));
    let mut rows = Vec::new();
    for name in names {
        let stashes = reader.workspace.stashes(name).map_err(Error::into_sql)?;
        rows.extend(stashes.into_iter().map(|stash| {
            vec![
                text(name.unwrap_or("dolt-cli")),
                text(format!("stash@{{{}}}", stash.index)),
                text(stash.branch),
                text(stash.commit.to_string()),
                text(stash.base_subject),
            ]
        }));
    }
    Ok(Found::rows(define("stashes", STASHES), rows))
}

/// Returns the patterns of `dolt_ignore` in the working set.
///
/// # Errors
/// When rows cannot be read.
pub(super) fn ignored(reader: &Reader) -> Result<IgnoreRules, SqlError> {
    let found = ignore(reader)?;
    Ok(match &found.content {
        super::Content::Rows(rows) => IgnoreRules::of_rows(rows),
        _ => IgnoreRules::default(),
    })
}

/// Tells whether a new table is ignored.
///
/// # Errors
/// Where two patterns, neither more specific, say different things.
pub(super) fn is_ignored(rules: &IgnoreRules, table: &str) -> Result<bool, SqlError> {
    rules.is_ignored(table).map_err(|clash| {
        SqlError::unknown(format!(
            "dolt_ignore has multiple conflicting rules for {table}:\n{clash}"
        ))
    })
}
