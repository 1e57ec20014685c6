//! `dolt_diff_<table>`: each change of a table's rows, WORKING first, then commit by commit back to its creation.
//!
//! A commit is compared with the one that came after it on the way from HEAD; of a commit with several children the
//! highest counts, as in Dolt. All rows are shown under the table's present definition, columns matched by identity.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::computed::{Computed, equal_text};
use super::pair::{self, Halves};
use super::reader::{Reader, failed};
use super::state::{State, TableVersion};
use super::{Found, Warnings};
use crate::engine::Comparison;
use crate::relation::Row;
use crate::sql::{SqlError, TableName};
use crate::store::{CommitId, Revision};
use crate::workspace::place;

/// `dolt_diff_<table>`.
pub(super) fn table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    let shown = present(reader, name)?;
    let schema = Arc::clone(&shown.schema);
    let definition = pair::definition(&name.name, &schema, &schema);
    let position = |column: &str| definition.columns.iter().position(|c| c.name == column);
    let (to_commit, from_commit) = (position("to_commit"), position("from_commit"));
    let warnings = Warnings::default();
    let (reader, told) = (reader.clone(), warnings.clone());
    let compute = move |comparisons: &[Comparison]| {
        let wanted = (
            to_commit.and_then(|at| equal_text(comparisons, at)),
            from_commit.and_then(|at| equal_text(comparisons, at)),
        );
        let mut found = Vec::new();
        walk(&reader, &shown, &told, |from, to, diff| {
            let is = |wanted: &Option<String>, state: &State| {
                wanted
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(&state.name))
            };
            if is(&wanted.0, to.0) && is(&wanted.1, from.0) {
                let diff = diff()?;
                let halves = Halves {
                    to: &shown.schema,
                    from: &shown.schema,
                };
                halves.push(&diff, (from.0, to.0), &mut found, &told);
            }
            Ok(())
        })?;
        Ok(found)
    };
    let narrowing = [to_commit, from_commit].into_iter().flatten().collect();
    Ok(Found::source(
        definition,
        Computed::new(narrowing, compute),
        warnings,
    ))
}

/// Returns the newest version of a table: the working set's, else HEAD's.
pub(super) fn present(reader: &Reader, name: &TableName) -> Result<TableVersion, SqlError> {
    if let Some(version) = reader.version(&reader.working_state(), name)? {
        return Ok(version);
    }
    let head = reader.head.map(|id| reader.state_of(Revision::Commit(id)));
    let version = match &head {
        Some(head) => reader.version(head, name)?,
        None => None,
    };
    version.ok_or_else(|| reader.no_such_table(name))
}

type End<'a> = (&'a State, Option<&'a TableVersion>);

/// What a commit is compared with.
struct Child {
    state: State,
    version: Option<TableVersion>,
    token: Option<Token>,
}

/// What a table is made of, by content: equal tokens are equal versions.
type Token = [Option<crate::store::BlobId>; 3];

/// Visits each pair of states between which the table differs, newest first: both ends and a function that compares
/// them.
pub(super) fn walk(
    reader: &Reader,
    shown: &TableVersion,
    warnings: &Warnings,
    mut visit: impl FnMut(
        End<'_>,
        End<'_>,
        &mut dyn FnMut() -> Result<crate::diff::RelationDiff, SqlError>,
    ) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    let name = TableName {
        keyspace: (!shown.keyspace.is_empty()).then(|| shown.keyspace.clone()),
        name: shown.name.clone(),
    };
    let working = match reader.is_working() {
        true => Some(reader.working_state()),
        false => None,
    };
    let Some(head) = reader.head else {
        if let Some(working) = working {
            let version = reader.version(&working, &name)?;
            let nothing = State::nothing();
            visit((&nothing, None), (&working, version.as_ref()), &mut || {
                reader.diff(None, version.as_ref())
            })?;
        }
        return Ok(());
    };
    let mut children: BTreeMap<CommitId, Child> = BTreeMap::new();
    if let Some(state) = working {
        let version = reader.version(&state, &name)?;
        children.insert(
            head,
            Child {
                state,
                version,
                token: None,
            },
        );
    }
    for node in reader.history(&[head])? {
        let id = node.commit.id;
        let child = children.remove(&id);
        if child.is_none() && (id != head || reader.is_working()) {
            continue;
        }
        let state = reader.state_of(Revision::Commit(id));
        let token = token_of(reader, id, &name, shown)?;
        let same = child
            .as_ref()
            .is_some_and(|child| child.token.is_some() && child.token == Some(token));
        let version = match (&child, same) {
            (Some(child), true) => child.version.clone(),
            _ => match reader.version(&state, &name) {
                Ok(version) => version,
                Err(error) => {
                    warnings.unreadable(&state.name, &error);
                    // What came after it is compared with what was before it.
                    if let (Some(child), Some(parent)) = (child, node.commit.parents.first()) {
                        children.entry(*parent).or_insert(child);
                    }
                    continue;
                }
            },
        };
        let mut goes_on = version.is_some();
        if let Some(child) = &child
            && !same
            && !equal(version.as_ref(), child.version.as_ref())
            && child.version.is_some()
        {
            let key_changed = match (&version, &child.version) {
                (Some(from), Some(to)) => !crate::diff::rows::same_key(&from.schema, &to.schema),
                _ => false,
            };
            let mut shows = true;
            if key_changed {
                warnings.push(
                    1105,
                    format!(
                        "cannot render full diff between commits {} and {} due to primary key set change",
                        state.name, child.state.name
                    ),
                );
                goes_on = false;
                shows = version
                    .as_ref()
                    .is_some_and(|from| keys_are_kept(from, shown));
            }
            if shows {
                visit(
                    (&state, version.as_ref()),
                    (&child.state, child.version.as_ref()),
                    &mut || reader.diff(version.as_ref(), child.version.as_ref()),
                )?;
            }
        }
        if !goes_on {
            continue;
        }
        if node.commit.parents.is_empty() {
            let nothing = State::nothing();
            visit((&nothing, None), (&state, version.as_ref()), &mut || {
                reader.diff(None, version.as_ref())
            })?;
        }
        for parent in &node.commit.parents {
            children.entry(*parent).or_insert_with(|| Child {
                state: state.clone(),
                version: version.clone(),
                token: Some(token),
            });
        }
    }
    Ok(())
}

fn equal(one: Option<&TableVersion>, other: Option<&TableVersion>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same(other),
        (None, None) => true,
        _ => false,
    }
}

/// Whether the old primary key's columns are all there still, with their types; a keyless table has none to lose.
fn keys_are_kept(from: &TableVersion, shown: &TableVersion) -> bool {
    from.schema.key.iter().all(|&at| {
        let old = &from.schema.columns[at];
        shown
            .schema
            .columns
            .iter()
            .any(|new| new.identity == old.identity && new.column_type == old.column_type)
    })
}

/// Names the content of a table in a commit without reading it.
fn token_of(
    reader: &Reader,
    commit: CommitId,
    name: &TableName,
    shown: &TableVersion,
) -> Result<Token, SqlError> {
    let content = |path: &str| reader.store().content_id(commit, path).map_err(failed);
    let Some(keyspace) = &name.keyspace else {
        // A relation of the catalog is of all its files.
        return Ok([content("keyspaces")?, content("routing_rules.json")?, None]);
    };
    Ok([
        content(&place::table_path(keyspace, &shown.name))?,
        content(&place::identities_path(keyspace))?,
        content(&place::rows_path(keyspace, &shown.name))?,
    ])
}

/// Rows of a walk with their states, for tables made of it.
pub(super) fn rows_of(
    diff: &crate::diff::RelationDiff,
) -> impl Iterator<Item = (&'static str, Option<&Row>, Option<&Row>)> {
    diff.changes.iter().map(pair::parts)
}
