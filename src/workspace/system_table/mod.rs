//! System tables and table functions: `vrev_…`, and the same under Dolt's names (`dolt_diff_<table>`, `dolt_log`, …).
//!
//! One file holds a table or a family. The registries below say what there is: a table by its name without the prefix, a
//! family by what stands before a user table's name, a function by its name. Columns, their order and the texts of errors
//! follow Dolt's documentation of system tables; where vrev differs on purpose, `docs/compat.md` says so.

mod arguments;
mod blame;
mod branches;
mod column_diff;
mod commit_diff;
mod commits;
mod computed;
mod condition;
mod conflicts;
mod define;
mod delta;
mod diff_function;
mod diff_stat;
mod diff_summary;
mod diff_table;
mod diff_tables;
mod history;
mod json_diff;
mod log;
mod pair;
mod patch;
mod query_diff;
mod reader;
mod rebase;
mod reserved;
mod schema_diff;
mod state;
mod status;
mod violations;
mod workspace_table;

pub(super) use define::{define_text, definition_of, plain};
pub(super) use query_diff::{compare as compare_results, two_queries};
pub(super) use reader::Reader;
pub(super) use reserved::created_on_write;
pub(super) use state::State;

use std::sync::{Arc, Mutex, PoisonError};

use super::session::Session;
use crate::engine::Source;
use crate::relation::Row;
use crate::sql::ddl::CreateTable;
use crate::sql::{SqlError, TableName};
use crate::value::Value;

/// What a name or a call in FROM stands for.
pub(super) struct Found {
    /// Columns with their types and keys.
    pub(super) definition: CreateTable,
    pub(super) content: Content,
    pub(super) warnings: Warnings,
}

/// Rows, now or when they are asked for.
pub(super) enum Content {
    Rows(Vec<Row>),
    Source(Box<dyn Source>),
}

/// Warnings that reading rows gives.
#[derive(Clone, Default)]
pub(super) struct Warnings(Arc<Mutex<Vec<(u16, String)>>>);

impl Warnings {
    pub(super) fn push(&self, number: u16, text: impl Into<String>) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.push((number, text.into()));
    }

    /// Notes that a commit cannot be read, so that the others can be told.
    fn unreadable(&self, commit: &str, error: &SqlError) {
        self.push(
            1105,
            format!("commit {commit} is left out: {}", error.message),
        );
    }

    pub(super) fn take(&self) -> Vec<(u16, String)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Found {
    /// Rows that are there.
    pub(super) fn rows(definition: CreateTable, rows: Vec<Row>) -> Self {
        Self {
            definition,
            content: Content::Rows(rows),
            warnings: Warnings::default(),
        }
    }

    /// Rows that are read when asked for.
    pub(super) fn source(
        definition: CreateTable,
        source: impl Source + 'static,
        warnings: Warnings,
    ) -> Self {
        Self {
            definition,
            content: Content::Source(Box::new(source)),
            warnings,
        }
    }
}

/// A table function's call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The name as written.
    pub(super) name: String,
    pub(super) arguments: Vec<Value>,
}

/// Carries out what a statement did to a system table's rows.
pub(super) trait Writer {
    /// Does what the difference between the rows means.
    ///
    /// # Errors
    /// As the table's documentation says.
    fn write(&self, session: &mut Session, before: &[Row], after: &[Row]) -> Result<(), SqlError>;
}

type TableFn = fn(&Reader) -> Result<Found, SqlError>;
type FamilyFn = fn(&Reader, &TableName) -> Result<Found, SqlError>;
type FunctionFn = fn(&Reader, &Call) -> Result<Found, SqlError>;
type WriterFn = fn(&Reader, &TableName) -> Result<(Found, Box<dyn Writer>), SqlError>;

/// Tables by name, without the prefix.
const TABLES: &[(&str, TableFn)] = &[
    ("log", log::table),
    ("commits", commits::commits),
    ("commit_ancestors", commits::ancestors),
    ("diff", diff_tables::table),
    ("column_diff", column_diff::table),
    ("status", status::status),
    ("conflicts", conflicts::table),
    ("schema_conflicts", conflicts::schema),
    ("merge_status", conflicts::merge_status),
    ("constraint_violations", violations::table),
    ("status_ignored", status::ignored),
    ("branches", branches::branches),
    ("remote_branches", branches::remote_branches),
    ("tags", branches::tags),
    ("remotes", branches::remotes),
    ("rebase", rebase::table),
    ("stashes", reserved::stashes),
    ("schemas", reserved::schemas),
    ("procedures", reserved::procedures),
    ("ignore", reserved::ignore),
    ("docs", reserved::docs),
    ("query_catalog", reserved::query_catalog),
];

/// Families by what stands before a user table's name; of two that fit, the first is meant.
const FAMILIES: &[(&str, FamilyFn)] = &[
    ("commit_diff_", commit_diff::table),
    ("diff_", diff_table::table),
    ("history_", history::table),
    ("blame_", blame::table),
    ("workspace_", workspace_table::table),
    ("conflicts_", conflicts::of_table),
    ("constraint_violations_", violations::of_table),
];

/// Functions by name, without the prefix.
const FUNCTIONS: &[(&str, FunctionFn)] = &[
    ("diff", diff_function::function),
    ("diff_stat", diff_stat::function),
    ("diff_summary", diff_summary::function),
    ("schema_diff", schema_diff::function),
    ("patch", patch::function),
    ("log", log::function),
    ("query_diff", query_diff::function),
    ("branch_status", branches::branch_status),
    ("reflog", log::reflog),
    ("json_diff", json_diff::function),
    (
        "preview_merge_conflicts_summary",
        conflicts::preview_summary,
    ),
    ("preview_merge_conflicts", conflicts::preview_rows),
];

/// Families that can be written, by what stands before a user table's name.
const WRITERS: &[(&str, WriterFn)] = &[
    ("workspace_", workspace_table::writer),
    ("conflicts_", conflicts::writer),
    ("constraint_violations_", violations::writer),
];

/// What follows `dolt_` or `vrev_` in a name.
fn rest_of(name: &str) -> Option<&str> {
    let prefix = name.get(..5)?;
    (prefix.eq_ignore_ascii_case("dolt_") || prefix.eq_ignore_ascii_case("vrev_"))
        .then(|| &name[5..])
}

/// Finds an entry by name in any case.
fn named<'t, T>(entries: &'t [(&str, T)], name: &str) -> Option<&'t T> {
    let mut entries = entries.iter();
    entries
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, entry)| entry)
}

/// Finds a family that a name belongs to, and the user table's name in it.
fn family<'t, T>(entries: &'t [(&str, T)], rest: &str) -> Option<(&'t T, String)> {
    entries.iter().find_map(|(prefix, entry)| {
        let start = rest.get(..prefix.len())?;
        let table = &rest[prefix.len()..];
        (start.eq_ignore_ascii_case(prefix) && !table.is_empty()).then(|| (entry, table.to_owned()))
    })
}

/// Returns the names of all system tables there are beside these users' tables, sorted.
pub fn names<'t>(tables: impl IntoIterator<Item = &'t str> + Clone) -> Vec<String> {
    let single = TABLES.iter().map(|(name, _)| format!("dolt_{name}"));
    let of_tables = FAMILIES.iter().flat_map(|(prefix, _)| {
        let tables = tables.clone().into_iter();
        tables.map(move |table| format!("dolt_{prefix}{table}"))
    });
    let mut names: Vec<String> = single.chain(of_tables).collect();
    names.sort();
    names
}

/// Tells whether a system table is of a branch's working set, rather than of its history: `AS OF` a branch means that.
pub(super) fn is_of_working_set(name: &str) -> bool {
    rest_of(name).is_some_and(|rest| {
        ["status", "status_ignored"]
            .iter()
            .any(|known| rest.eq_ignore_ascii_case(known))
    })
}

/// Tells whether a name is kept for system tables, so that no user table may take it.
pub(super) fn is_reserved(name: &str) -> bool {
    rest_of(name).is_some()
}

/// Tells whether a name is one of a system table.
pub(super) fn is_system(name: &str) -> bool {
    rest_of(name)
        .is_some_and(|rest| named(TABLES, rest).is_some() || family(FAMILIES, rest).is_some())
}

/// Returns a system table.
///
/// # Errors
/// 1146 where there is none; else as the table says.
pub(super) fn table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    let rest = rest_of(&name.name).unwrap_or_default();
    if let Some(entry) = named(TABLES, rest) {
        return entry(reader);
    }
    match family(FAMILIES, rest) {
        Some((entry, table)) => entry(
            reader,
            &TableName {
                keyspace: name.keyspace.clone(),
                name: table,
            },
        ),
        None => Err(reader.no_such_table(name)),
    }
}

/// Returns what a table function gives.
///
/// # Errors
/// 1305 where there is none; else as the function says.
pub(super) fn function(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let entry = rest_of(&call.name).and_then(|rest| named(FUNCTIONS, rest));
    match entry {
        Some(entry) => entry(reader, call),
        None => Err(SqlError::new(
            1305,
            "42000",
            format!("table function: '{}' not found", call.name),
        )),
    }
}

/// Returns a system table that can be written, with what carries its changes out.
///
/// # Errors
/// 1105 where it is read-only.
pub(super) fn writable(
    reader: &Reader,
    name: &TableName,
) -> Result<(Found, Box<dyn Writer>), SqlError> {
    let rest = rest_of(&name.name).unwrap_or_default();
    if rest.eq_ignore_ascii_case("rebase") {
        return rebase::writer(reader);
    }
    let Some((entry, table)) = family(WRITERS, rest) else {
        return Err(not_writable(&name.name));
    };
    entry(
        reader,
        &TableName {
            keyspace: name.keyspace.clone(),
            name: table,
        },
    )
}

/// The error for writing a table that is computed.
pub(super) fn not_writable(name: &str) -> SqlError {
    let text = match rest_of(name).map(str::to_ascii_lowercase).as_deref() {
        Some("branches") => {
            "the dolt_branches table is read-only; use the dolt_branch stored procedure to edit remotes"
                .to_owned()
        }
        Some("remotes") => {
            "the dolt_remotes table is read-only; use the dolt_remote stored procedure to edit remotes"
                .to_owned()
        }
        _ => format!("The target table {name} is not updatable"),
    };
    SqlError::new(1288, "HY000", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_table() {
        for prefix in ["dolt_", "vrev_", "DOLT_"] {
            assert!(is_system(&format!("{prefix}log")));
            assert!(is_system(&format!("{prefix}diff_Keyed")));
            assert!(is_reserved(&format!("{prefix}anything")));
        }
        assert!(!is_system("corder") && !is_reserved("corder"));
        assert!(!is_system("dolt_diff_") && is_reserved("dolt_diff_"));
        let (_, table) = family(FAMILIES, "Commit_Diff_Keyed").unwrap();
        assert_eq!(table, "Keyed");
    }
}
