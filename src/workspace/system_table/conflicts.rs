//! `dolt_conflicts`, `dolt_conflicts_<table>`, `dolt_schema_conflicts`, `dolt_merge_status` and the previews: what a merge
//! left to be settled. Our side of a conflict is the working row as it is now.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arguments::{texts, wrong_number};
use super::define::{column, define, name_type, of_columns, prefixed, text};
use super::reader::Reader;
use super::{Call, Found, Writer};
use crate::catalog::files;
use crate::merge::{Conflict, Conflicts, RelationConflicts, Version};
use crate::relation::{Row, RowSource as _, Schema};
use crate::sql::name::{quote, quote_table};
use crate::sql::{self, SqlError, TableName};
use crate::store::{ShardRows, TreeId};
use crate::value::{ColumnType, TypeKind, Value};
use crate::workspace::conflicts::{decision, row_key};
use crate::workspace::session::Session;
use crate::workspace::{Error, OperationKind, Step, place};

/// What is left to settle in the working set.
fn open(reader: &Reader) -> Result<Conflicts, SqlError> {
    if !reader.is_working() {
        return Ok(Conflicts::default());
    }
    let open = reader.workspace.conflicts().map_err(failed)?;
    Ok(open.map(|open| open.conflicts).unwrap_or_default())
}

/// The step that has stopped.
fn step(reader: &Reader) -> Result<Option<Step>, SqlError> {
    let operation = reader.workspace.operation().map_err(failed)?;
    Ok(operation.and_then(|operation| operation.step))
}

/// A table's name as system tables say it: qualified unless it is of the place's keyspace.
fn shown(reader: &Reader, name: &str) -> String {
    let keyspace = reader.keyspace.as_deref().unwrap_or_default();
    let own = name
        .strip_prefix(keyspace)
        .and_then(|rest| rest.strip_prefix('.'));
    own.unwrap_or(name).to_owned()
}

/// Tells whether a conflicting relation is the table that a name means.
fn is_of(reader: &Reader, relation: &str, name: &TableName) -> bool {
    let keyspace = name.keyspace.as_ref().or(reader.keyspace.as_ref());
    relation.split_once('.').is_some_and(|(of, table)| {
        table.eq_ignore_ascii_case(&name.name) && keyspace.is_none_or(|keyspace| keyspace == of)
    })
}

fn failed(error: Error) -> SqlError {
    error.into_sql()
}

const SUMMARY: &str =
    "`table` text not null, num_conflicts bigint unsigned not null, primary key (`table`(100))";

/// `dolt_conflicts`.
pub(super) fn table(reader: &Reader) -> Result<Found, SqlError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for relation in open(reader)?
        .relations
        .iter()
        .filter(|relation| relation.shard.is_some())
    {
        *counts.entry(shown(reader, &relation.relation)).or_default() +=
            u64::try_from(relation.rows.len()).unwrap_or(u64::MAX);
    }
    let rows = counts
        .into_iter()
        .map(|(name, count)| vec![text(name), Value::UInt(count)]);
    Ok(Found::rows(define("conflicts", SUMMARY), rows.collect()))
}

/// `dolt_conflicts_<table>`.
pub(super) fn of_table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    Ok(lines(reader, name)?.0)
}

/// One row of a conflict table with what it stands for.
struct Line {
    relation: RelationConflicts,
    conflict: Conflict,
}

/// Returns the conflicts of a table as rows, each with its conflict, in the same order.
fn lines(reader: &Reader, name: &TableName) -> Result<(Found, Vec<Line>), SqlError> {
    let conflicts = open(reader)?;
    let from = step(reader)?.map_or(Value::Null, |step| text(step.source.to_string()));
    let ours = |relation: &RelationConflicts, conflict: &Conflict| live(reader, relation, conflict);
    rows_of(reader, name, conflicts, &from, &ours)
}

type Ours<'a> = dyn Fn(&RelationConflicts, &Conflict) -> Result<Option<(Row, u64)>, SqlError> + 'a;

fn rows_of(
    reader: &Reader,
    name: &TableName,
    conflicts: Conflicts,
    from: &Value,
    ours: &Ours<'_>,
) -> Result<(Found, Vec<Line>), SqlError> {
    let of = conflicts
        .relations
        .into_iter()
        .filter(|relation| relation.shard.is_some() && is_of(reader, &relation.relation, name));
    let of: Vec<RelationConflicts> = of.collect();
    let keyspace = name.keyspace.as_ref().or(reader.keyspace.as_ref());
    let working = keyspace.and_then(|keyspace| {
        let declared = reader.catalog.keyspaces.get(keyspace)?;
        let mut tables = declared.tables.iter();
        let (_, table) = tables.find(|(known, _)| known.eq_ignore_ascii_case(&name.name))?;
        Some(Arc::new(crate::workspace::rows::table_schema(
            &reader.catalog,
            keyspace,
            table,
        )))
    });
    let first = of.first();
    let schema = |version: Version| first.and_then(|relation| relation.schema(version).cloned());
    let fallback = working
        .or_else(|| schema(Version::Ours))
        .or_else(|| schema(Version::Theirs))
        .ok_or_else(|| reader.no_such_table(name))?;
    let base = key_first(&schema(Version::Base).unwrap_or_else(|| fallback.clone()));
    let our = key_first(&schema(Version::Ours).unwrap_or_else(|| fallback.clone()));
    let their = key_first(&schema(Version::Theirs).unwrap_or_else(|| fallback.clone()));
    let keyless = !our.0.is_keyed();
    let mut columns = vec![column("from_root_ish", name_type())];
    columns.extend(prefixed(&base.0, "base_"));
    columns.extend(prefixed(&our.0, "our_"));
    columns.push(column("our_diff_type", name_type()));
    columns.extend(prefixed(&their.0, "their_"));
    columns.push(column("their_diff_type", name_type()));
    if keyless {
        let count = ColumnType {
            unsigned: true,
            ..ColumnType::new(TypeKind::BigInt)
        };
        for name in ["base_cardinality", "our_cardinality", "their_cardinality"] {
            columns.push(column(name, count.clone()));
        }
    }
    columns.push(column("dolt_conflict_id", name_type()));
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for relation in of {
        for conflict in &relation.rows {
            let ours = ours(&relation, conflict)?;
            let versions = [
                conflict.base.as_ref(),
                ours.as_ref(),
                conflict.theirs.as_ref(),
            ];
            let cells = |at: usize, (schema, order): &(Schema, Vec<usize>)| -> Vec<Value> {
                let row = versions[at].map(|(row, _)| row);
                let _ = schema;
                let cell = |&place: &usize| {
                    row.and_then(|row| row.get(place))
                        .cloned()
                        .unwrap_or_default()
                };
                order.iter().map(cell).collect()
            };
            let kind = |at: usize| match (versions[0], versions[at]) {
                (None, Some(_)) => text("added"),
                (_, None) => text("removed"),
                _ => text("modified"),
            };
            let mut row = vec![from.clone()];
            row.extend(cells(0, &base));
            row.extend(cells(1, &our));
            row.push(kind(1));
            row.extend(cells(2, &their));
            row.push(kind(2));
            if keyless {
                let count = |at: usize| Value::UInt(versions[at].map_or(0, |(_, count)| *count));
                row.extend([count(0), count(1), count(2)]);
            }
            let shard = relation.shard.as_deref().unwrap_or_default();
            row.push(text(format!("{shard}/{}", row_key(&relation, conflict))));
            rows.push(row);
            lines.push(Line {
                relation: relation.clone(),
                conflict: conflict.clone(),
            });
        }
    }
    Ok((Found::rows(of_columns("conflicts", columns), rows), lines))
}

/// A schema with its key's columns first, and where each column stands in a row.
fn key_first(schema: &Schema) -> (Schema, Vec<usize>) {
    let others = (0..schema.columns.len()).filter(|at| !schema.key.contains(at));
    let order: Vec<usize> = schema.key.iter().copied().chain(others).collect();
    let columns = order.iter().map(|&at| schema.columns[at].clone()).collect();
    let ordered = Schema {
        name: schema.name.clone(),
        columns,
        key: (0..schema.key.len()).collect(),
    };
    (ordered, order)
}

/// Our row as the working set has it now.
fn live(
    reader: &Reader,
    relation: &RelationConflicts,
    conflict: &Conflict,
) -> Result<Option<(Row, u64)>, SqlError> {
    let Some(schema) = &relation.ours else {
        return Ok(None);
    };
    let (keyspace, table) = relation.relation.split_once('.').unwrap_or_default();
    let place = ShardRows {
        keyspace: keyspace.to_owned(),
        table: table.to_owned(),
        shard: relation.shard.clone().unwrap_or_default(),
    };
    let tree: Option<TreeId> = reader.working_trees().get(&place).copied();
    let versions = [
        (&conflict.ours, &relation.ours),
        (&conflict.theirs, &relation.theirs),
        (&conflict.base, &relation.base),
    ];
    let mut rows = versions
        .into_iter()
        .filter_map(|(row, schema)| Some((&row.as_ref()?.0, schema.as_ref()?)));
    let source = reader.workspace.rows_of_tree(tree, schema);
    let unreadable = |error: crate::relation::SourceError| SqlError::unknown(error.to_string());
    if schema.is_keyed() {
        // Sides may spell a key differently where its collation calls both equal; the table has one of them.
        for (row, of) in rows {
            let cells = of.key.iter().map(|&at| row.get(at).cloned());
            let key: Vec<Value> = cells.map(Option::unwrap_or_default).collect();
            if let Some(row) = source.get(&key).map_err(unreadable)? {
                return Ok(Some((row, 1)));
            }
        }
        return Ok(None);
    }
    let Some((row, _)) = rows.next() else {
        return Ok(None);
    };
    let rows = source
        .range(std::ops::Bound::Unbounded, std::ops::Bound::Unbounded)
        .map_err(unreadable)?;
    for found in rows {
        let (found, count) = found.map_err(unreadable)?;
        if found == *row {
            return Ok(Some((found, count)));
        }
    }
    Ok(None)
}

/// The table, and what carries changes of it out: UPDATE of `our_…` writes the working row, DELETE settles the conflict.
pub(super) fn writer(
    reader: &Reader,
    name: &TableName,
) -> Result<(Found, Box<dyn Writer>), SqlError> {
    let (found, lines) = lines(reader, name)?;
    Ok((found, Box::new(Settling { lines })))
}

struct Settling {
    lines: Vec<Line>,
}

impl Writer for Settling {
    fn write(&self, session: &mut Session, before: &[Row], after: &[Row]) -> Result<(), SqlError> {
        let by_id = |rows: &[Row]| -> BTreeMap<Value, Row> {
            let id = |row: &Row| row.last().cloned().unwrap_or_default();
            rows.iter().map(|row| (id(row), row.clone())).collect()
        };
        let (old, new) = (by_id(before), by_id(after));
        if new.keys().any(|id| !old.contains_key(id)) {
            return Err(SqlError::unknown(
                "rows of a conflict table are not inserted",
            ));
        }
        let mut settled = Vec::new();
        for line in &self.lines {
            let shard = line.relation.shard.as_deref().unwrap_or_default();
            let id = text(format!(
                "{shard}/{}",
                row_key(&line.relation, &line.conflict)
            ));
            match (old.get(&id), new.get(&id)) {
                (Some(_), None) => {
                    settled.push(decision(&line.relation, &line.conflict, Version::Ours))
                }
                (Some(before), Some(after)) if before != after => {
                    line.update(session, before, after)?
                }
                _ => {}
            }
        }
        if !settled.is_empty() {
            session
                .workspace()
                .settle_as_they_are(settled)
                .map_err(failed)?;
        }
        Ok(())
    }
}

impl Line {
    /// Writes our row as an UPDATE of `our_…` says.
    fn update(&self, session: &mut Session, before: &Row, after: &Row) -> Result<(), SqlError> {
        let Some(schema) = &self.relation.ours else {
            return Ok(());
        };
        let width = schema.columns.len();
        let start = 1 + self
            .relation
            .base
            .as_ref()
            .map_or(width, |base| base.columns.len());
        let changed = |at: usize| before[at] != after[at];
        if (0..before.len()).any(|at| changed(at) && !(start..start + width).contains(&at)) {
            return Err(SqlError::unknown(
                "only columns that begin with our_ can be updated",
            ));
        }
        let (ordered, _) = key_first(schema);
        let (keyspace, table) = self.relation.relation.split_once('.').unwrap_or_default();
        let table = quote_table(&TableName::qualified(keyspace, table));
        let names: Vec<String> = ordered
            .columns
            .iter()
            .map(|column| quote(&column.name))
            .collect();
        let literal = |value: &Value| crate::workspace::session::literal(value).to_string();
        let (was, is) = (&before[start..start + width], &after[start..start + width]);
        let there = before[start + width]
            .to_text()
            .is_some_and(|kind| kind != "removed");
        let statement = if there {
            let sets = (0..width).filter(|&at| was[at] != is[at]);
            let sets: Vec<String> = sets
                .map(|at| format!("{} = {}", names[at], literal(&is[at])))
                .collect();
            let keys = if ordered.is_keyed() {
                ordered.key.clone()
            } else {
                (0..width).collect()
            };
            let terms: Vec<String> = keys
                .iter()
                .map(|&at| format!("{} <=> {}", names[at], literal(&was[at])))
                .collect();
            format!(
                "UPDATE {table} SET {} WHERE {}",
                sets.join(", "),
                terms.join(" AND ")
            )
        } else {
            let cells: Vec<String> = is.iter().map(literal).collect();
            format!(
                "INSERT INTO {table} ({}) VALUES ({})",
                names.join(", "),
                cells.join(", ")
            )
        };
        session.route(&sql::parse_statement(&statement)?).map(drop)
    }
}

const SCHEMA: &str = "
    table_name text not null, base_schema text not null, our_schema text not null, their_schema text not null,
    description text not null, primary key (table_name(100))";

/// `dolt_schema_conflicts`.
pub(super) fn schema(reader: &Reader) -> Result<Found, SqlError> {
    let conflicts = open(reader)?;
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for relation in conflicts
        .relations
        .iter()
        .filter(|relation| relation.shard.is_none())
    {
        for conflict in &relation.rows {
            let object = relation.object_of(conflict);
            tables
                .entry(object)
                .or_default()
                .push(description(relation, conflict));
        }
    }
    let trees = step(reader)?.map(|step| [step.base, step.ours, step.theirs]);
    let mut rows = Vec::new();
    for (object, descriptions) in tables {
        let mut row = vec![text(shown(reader, &object))];
        for tree in trees.into_iter().flatten() {
            row.push(text(create_text(reader, tree, &object)?));
        }
        row.resize(4, Value::Null);
        row.push(text(descriptions.join("\n")));
        rows.push(row);
    }
    Ok(Found::rows(define("schema_conflicts", SCHEMA), rows))
}

/// Says what clashes in an object of the catalog.
fn description(relation: &RelationConflicts, conflict: &Conflict) -> String {
    use crate::merge::Kind;
    if relation.relation == "tables" && matches!(conflict.kind, Kind::DeleteEdit | Kind::EditDelete)
    {
        return "table was modified in one branch and deleted in the other".to_owned();
    }
    let own = conflict
        .ours
        .as_ref()
        .or(conflict.theirs.as_ref())
        .or(conflict.base.as_ref());
    let schema = relation.ours.as_ref().or(relation.theirs.as_ref());
    let name = |row: Option<&(Row, u64)>| -> String {
        let at = schema.and_then(|schema| schema.shown_key().last());
        let cell = row.and_then(|(row, _)| row.get(at?)?.to_text());
        cell.map_or(String::new(), Into::into)
    };
    match (relation.relation.as_str(), conflict.kind) {
        ("columns", Kind::AddAdd) => format!("incompatible definitions for column '{}'", name(own)),
        ("columns", _) => format!(
            "different column definitions for our column {} and their column {}",
            name(conflict.ours.as_ref().or(own)),
            name(conflict.theirs.as_ref().or(own))
        ),
        ("checks", Kind::DeleteEdit) => format!(
            "check '{}' was deleted in ours but modified in theirs",
            name(own)
        ),
        ("checks", Kind::EditDelete) => format!(
            "check '{}' was deleted in theirs but modified in ours",
            name(own)
        ),
        ("checks", _) => format!(
            "two checks with the name '{}' but different definitions",
            name(own)
        ),
        ("indexes", _) => format!(
            "two indexes with the name '{}' but different definitions",
            name(own)
        ),
        (other, kind) => format!(
            "{other} '{}': {kind} of {}",
            name(own),
            conflict.columns.join(", ")
        ),
    }
}

/// The definition of a table at a tree, with its final semicolon.
fn create_text(reader: &Reader, tree: TreeId, object: &str) -> Result<String, SqlError> {
    let (keyspace, table) = object.split_once('.').unwrap_or((object, ""));
    let path = place::table_path(keyspace, table);
    let blob = reader
        .store()
        .tree_file(tree, &path)
        .map_err(|error| failed(error.into()))?;
    let Some(blob) = blob else {
        return Ok("<deleted>".to_owned());
    };
    let bytes = reader
        .store()
        .read(blob)
        .map_err(|error| failed(error.into()))?;
    let canonical = files::canonical_text(&path, &bytes)
        .ok()
        .flatten()
        .unwrap_or(bytes);
    Ok(String::from_utf8_lossy(&canonical).trim_end().to_owned())
}

const STATUS: &str = "
    is_merging tinyint(1) not null, source text, source_commit text, target text, unmerged_tables text";

/// `dolt_merge_status`.
pub(super) fn merge_status(reader: &Reader) -> Result<Found, SqlError> {
    let operation = match reader.is_working() {
        true => reader.workspace.operation().map_err(failed)?,
        false => None,
    };
    let merging = operation.filter(|operation| operation.kind == OperationKind::Merge);
    let row = match merging
        .as_ref()
        .and_then(|operation| Some((operation, operation.step.as_ref()?)))
    {
        None => vec![
            Value::Int(0),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
        ],
        Some((operation, step)) => {
            let left = &step.unresolved;
            let mut unmerged: Vec<String> = left
                .schema
                .iter()
                .chain(&left.data)
                .chain(&left.violations)
                .map(|name| shown(reader, name))
                .collect();
            unmerged.sort();
            unmerged.dedup();
            let target = operation
                .branch
                .as_ref()
                .map(|branch| format!("refs/heads/{branch}"));
            vec![
                Value::Int(1),
                text(operation.source.as_str()),
                text(step.source.to_string()),
                target.map_or(Value::Null, text),
                text(unmerged.join(", ")),
            ]
        }
    };
    Ok(Found::rows(define("merge_status", STATUS), vec![row]))
}

const PREVIEW: &str = "
    `table` text not null, num_data_conflicts bigint unsigned, num_schema_conflicts bigint unsigned not null,
    primary key (`table`(100))";

/// `dolt_preview_merge_conflicts_summary(ours, theirs)`.
pub(super) fn preview_summary(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let words = texts(call)?;
    let [ours, theirs] = words.as_slice() else {
        return Err(wrong_number(call, "2"));
    };
    let conflicts = preview(reader, ours, theirs)?;
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for relation in &conflicts.relations {
        for conflict in &relation.rows {
            let entry = counts
                .entry(shown(reader, &relation.object_of(conflict)))
                .or_default();
            match relation.shard {
                Some(_) => entry.0 += 1,
                None => entry.1 += 1,
            }
        }
    }
    let rows = counts.into_iter().map(|(name, (data, schema))| {
        let data = if schema > 0 {
            Value::Null
        } else {
            Value::UInt(data)
        };
        vec![text(name), data, Value::UInt(schema)]
    });
    Ok(Found::rows(
        define("preview_merge_conflicts_summary", PREVIEW),
        rows.collect(),
    ))
}

/// `dolt_preview_merge_conflicts(ours, theirs, table)`.
pub(super) fn preview_rows(reader: &Reader, call: &Call) -> Result<Found, SqlError> {
    let words = texts(call)?;
    let [ours, theirs, table] = words.as_slice() else {
        return Err(wrong_number(call, "3"));
    };
    let conflicts = preview(reader, ours, theirs)?;
    let from = text(reader.commit(theirs)?.to_string());
    let name = TableName::new(table);
    let schema_conflicts = conflicts.relations.iter().any(|relation| {
        relation.shard.is_none()
            && relation
                .rows
                .iter()
                .any(|conflict| is_of(reader, &relation.object_of(conflict), &name))
    });
    if schema_conflicts {
        return Err(SqlError::unknown(format!(
            "schema conflicts found: {schema}",
            schema = 1
        )));
    }
    let ours = |_: &RelationConflicts, conflict: &Conflict| Ok(conflict.ours.clone());
    Ok(rows_of(reader, &name, conflicts, &from, &ours)?.0)
}

fn preview(reader: &Reader, ours: &str, theirs: &str) -> Result<Conflicts, SqlError> {
    let (ours, theirs) = (reader.commit(ours)?, reader.commit(theirs)?);
    reader
        .workspace
        .preview_conflicts(&ours.to_string(), &theirs.to_string())
        .map_err(failed)
}
