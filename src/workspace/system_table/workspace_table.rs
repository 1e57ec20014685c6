//! `dolt_workspace_<table>`: the rows of a table that are changed and not committed, staged ones first. Setting `staged`
//! stages or unstages single rows; deleting an unstaged row takes the change in the table back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::define::{column, name_type, of_columns, prefixed};
use super::pair::{parts, side};
use super::reader::{Reader, failed};
use super::state::{State, TableVersion, VersionRows};
use super::{Found, Warnings, Writer};
use crate::diff::RelationDiff;
use crate::relation::{Relation, Row, Schema};
use crate::sql::ddl::{Index, IndexKind, IndexPart};
use crate::sql::{self, SqlError, Statement, TableName};
use crate::store::{Revision, ShardRows};
use crate::value::{ColumnType, TypeKind, Value};
use crate::workspace::Error;
use crate::workspace::session::Session;

/// The three states of a table, and what differs between them.
struct Steps {
    shown: TableVersion,
    staged: Option<TableVersion>,
    working: Option<TableVersion>,
    to_staged: RelationDiff,
    to_working: RelationDiff,
}

fn steps(reader: &Reader, name: &TableName) -> Result<Option<Steps>, SqlError> {
    let head = match reader.head {
        Some(id) => reader.state_of(Revision::Commit(id)),
        None => State::nothing(),
    };
    let committed = reader.version(&head, name)?;
    let staged = reader.version(&reader.state_of(Revision::Staged), name)?;
    let working = reader.version(&reader.working_state(), name)?;
    let Some(shown) = working.clone().or(staged.clone()).or(committed.clone()) else {
        return Ok(None);
    };
    Ok(Some(Steps {
        to_staged: reader.diff(committed.as_ref(), staged.as_ref())?,
        to_working: reader.diff(staged.as_ref(), working.as_ref())?,
        shown,
        staged,
        working,
    }))
}

/// `dolt_workspace_<table>`.
pub(super) fn table(reader: &Reader, name: &TableName) -> Result<Found, SqlError> {
    let empty = Schema {
        name: name.name.clone(),
        columns: Vec::new(),
        key: Vec::new(),
    };
    match steps(reader, name)? {
        Some(steps) => Ok(found(&steps)),
        None => Ok(Found::rows(definition(&empty), Vec::new())),
    }
}

fn definition(schema: &Schema) -> sql::ddl::CreateTable {
    let unsigned = ColumnType {
        unsigned: true,
        ..ColumnType::new(TypeKind::BigInt)
    };
    let mut columns = vec![
        column("id", unsigned),
        column("staged", ColumnType::with_length(TypeKind::TinyInt, 1)),
        column("diff_type", name_type()),
    ];
    for column in &mut columns {
        column.nullable = Some(false);
    }
    columns.extend(prefixed(schema, "to_"));
    columns.extend(prefixed(schema, "from_"));
    let mut definition = of_columns("workspace", columns);
    definition.indexes.push(Index {
        kind: IndexKind::Primary,
        parts: vec![IndexPart::Column {
            name: "id".to_owned(),
            length: None,
            descending: false,
        }],
        ..super::define::define("x", "id int primary key")
            .indexes
            .swap_remove(0)
    });
    definition
}

fn found(steps: &Steps) -> Found {
    let schema = &steps.shown.schema;
    let warnings = Warnings::default();
    let mut rows: Vec<Row> = Vec::new();
    for (staged, diff) in [(1, &steps.to_staged), (0, &steps.to_working)] {
        for change in &diff.changes {
            let (kind, before, after) = parts(change);
            for _ in 0..change.count() {
                let id = u64::try_from(rows.len()).unwrap_or(u64::MAX);
                let mut row = vec![
                    Value::UInt(id),
                    Value::Int(staged),
                    Value::Text(kind.to_owned()),
                ];
                row.extend(side(schema, diff.to.as_ref(), after, &warnings));
                row.extend(side(schema, diff.from.as_ref(), before, &warnings));
                rows.push(row);
            }
        }
    }
    Found {
        warnings,
        ..Found::rows(definition(schema), rows)
    }
}

/// The table, and what carries changes of it out.
pub(super) fn writer(
    reader: &Reader,
    name: &TableName,
) -> Result<(Found, Box<dyn Writer>), SqlError> {
    let steps = steps(reader, name)?.ok_or_else(|| reader.no_such_table(name))?;
    let one_schema = [&steps.staged, &steps.working]
        .into_iter()
        .flatten()
        .all(|version| version.schema == steps.shown.schema);
    let found = found(&steps);
    Ok((
        found,
        Box::new(Changes {
            reader: reader.clone(),
            steps,
            one_schema,
        }),
    ))
}

struct Changes {
    reader: Reader,
    steps: Steps,
    one_schema: bool,
}

/// A row of the workspace table, taken apart.
struct Line<'r> {
    staged: bool,
    to: Option<&'r [Value]>,
    from: Option<&'r [Value]>,
}

impl Changes {
    fn line<'r>(&self, row: &'r Row) -> Line<'r> {
        let width = self.steps.shown.schema.shown().count();
        let kind = row[2].to_text().unwrap_or_default();
        Line {
            staged: row[1].to_bool().unwrap_or(false),
            to: (kind != "removed").then(|| &row[3..3 + width]),
            from: (kind != "added").then(|| &row[3 + width..]),
        }
    }
}

impl Writer for Changes {
    fn write(&self, session: &mut Session, before: &[Row], after: &[Row]) -> Result<(), SqlError> {
        let by_id = |rows: &[Row]| -> BTreeMap<Value, Row> {
            rows.iter()
                .map(|row| (row[0].clone(), row.clone()))
                .collect()
        };
        let (old, new) = (by_id(before), by_id(after));
        if new.keys().any(|id| !old.contains_key(id)) {
            return Err(SqlError::unknown(
                "only update of column 'staged' is allowed",
            ));
        }
        if !self.one_schema {
            return Err(SqlError::unknown(format!(
                "dolt_workspace_{} table is not modifiable due to schema change",
                self.steps.shown.name
            )));
        }
        let mut moved = Vec::new();
        for (id, row) in &old {
            match new.get(id) {
                None => {
                    if self.line(row).staged {
                        return Err(SqlError::unknown(
                            "cannot delete staged rows from workspace",
                        ));
                    }
                    self.take_back(session, &self.line(row))?;
                }
                Some(changed) if changed[2..] != row[2..] => {
                    return Err(SqlError::unknown(
                        "only update of column 'staged' is allowed",
                    ));
                }
                Some(changed) if changed[1] != row[1] => moved.push(row),
                Some(_) => {}
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        self.stage(&moved)
    }
}

impl Changes {
    /// Undoes a change in the table itself.
    fn take_back(&self, session: &mut Session, line: &Line<'_>) -> Result<(), SqlError> {
        let table = TableName::qualified(
            self.steps.shown.keyspace.as_str(),
            self.steps.shown.name.as_str(),
        );
        let table = sql::name::quote_table(&table);
        let schema = &self.steps.shown.schema;
        let names: Vec<String> = schema
            .shown()
            .map(|at| sql::name::quote(&schema.columns[at].name))
            .collect();
        let literal = |value: &Value| crate::workspace::session::literal(value).to_string();
        let condition = |cells: &[Value]| {
            let keys: Vec<usize> = match schema.is_keyed() {
                true => schema.key.clone(),
                false => (0..names.len()).collect(),
            };
            let terms = keys
                .iter()
                .map(|&at| format!("{} <=> {}", names[at], literal(&cells[at])));
            terms.collect::<Vec<_>>().join(" AND ")
        };
        let text = match (line.from, line.to) {
            (Some(from), Some(to)) => {
                let sets: Vec<String> = names
                    .iter()
                    .zip(from)
                    .map(|(name, cell)| format!("{name} = {}", literal(cell)))
                    .collect();
                format!(
                    "UPDATE {table} SET {} WHERE {}",
                    sets.join(", "),
                    condition(to)
                )
            }
            (Some(from), None) => {
                let cells: Vec<String> = from.iter().map(literal).collect();
                format!(
                    "INSERT INTO {table} ({}) VALUES ({})",
                    names.join(", "),
                    cells.join(", ")
                )
            }
            (None, Some(to)) => format!("DELETE FROM {table} WHERE {} LIMIT 1", condition(to)),
            (None, None) => return Ok(()),
        };
        let statement: Statement = sql::parse_statement(&text)?;
        session.route(&statement).map(drop)
    }

    /// Moves changes between what is staged and what is not: the staged rows are those there were, with the changes made
    /// or taken back.
    fn stage(&self, moved: &[&Row]) -> Result<(), SqlError> {
        let schema = &self.steps.shown.schema;
        let staged = self.steps.staged.as_ref().or(self.steps.working.as_ref());
        let Some(version) = staged else {
            return Err(SqlError::unsupported(
                "staging rows of a dropped table one by one",
            ));
        };
        if self.steps.staged.is_none() {
            // A new table's definition is staged with its first row.
            let path = crate::workspace::place::table_path(&version.keyspace, &version.name);
            self.reader.store().stage(&[&path]).map_err(failed)?;
        }
        let shard = match &version.rows {
            VersionRows::Trees(trees) if trees.len() > 1 => {
                return Err(SqlError::unsupported(
                    "staging single rows of a table with several shards",
                ));
            }
            VersionRows::Trees(trees) => trees.keys().next().cloned(),
            VersionRows::Described(_) => None,
        };
        let shard = shard
            .or_else(|| {
                self.reader
                    .working_trees()
                    .keys()
                    .find(|place| place.keyspace == version.keyspace && place.table == version.name)
                    .map(|place| place.shard.clone())
            })
            .or_else(|| {
                self.reader
                    .catalog
                    .shards(&version.keyspace)
                    .into_iter()
                    .next()
            })
            .unwrap_or_else(|| "0".to_owned());
        let mut rows = match &self.steps.staged {
            Some(staged) => self.reader.rows(staged)?,
            None => Vec::new(),
        };
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        for row in moved {
            let line = self.line(row);
            let (gone, come) = match line.staged {
                // It was staged: the change is taken back.
                true => (line.to, line.from),
                false => (line.from, line.to),
            };
            removed.extend(gone);
            added.extend(come);
        }
        for cells in removed {
            let is = |row: &Row| match schema.is_keyed() {
                true => schema.key.iter().all(|&at| row[at] == cells[at]),
                false => row.as_slice() == cells,
            };
            if let Some(at) = rows.iter().position(|(row, _)| is(row)) {
                rows[at].1 -= 1;
                if rows[at].1 == 0 {
                    rows.remove(at);
                }
            }
        }
        for cells in added {
            let known = rows.iter_mut().find(|(row, _)| row.as_slice() == cells);
            match known {
                Some((_, count)) if !schema.is_keyed() => *count += 1,
                _ => rows.push((cells.to_vec(), 1)),
            }
        }
        self.check_unique(version, &rows)?;
        let relation = Relation::new((**schema).clone(), rows);
        let tree = self
            .reader
            .store()
            .write_rows(&Arc::clone(schema), relation.rows.into_iter().map(Ok))
            .map_err(failed)?;
        let place = ShardRows {
            keyspace: version.keyspace.clone(),
            table: version.name.clone(),
            shard,
        };
        self.reader
            .workspace
            .stage_trees(&[(place, tree)])
            .map_err(Error::into_sql)
    }

    /// Rows that are staged must be rows that the table could hold.
    fn check_unique(&self, version: &TableVersion, rows: &[(Row, u64)]) -> Result<(), SqlError> {
        let Some(table) = &version.table else {
            return Ok(());
        };
        let schema = &self.steps.shown.schema;
        for index in &table.definition.indexes {
            if !matches!(index.kind, IndexKind::Primary | IndexKind::Unique) {
                continue;
            }
            let places: Option<Vec<usize>> = index
                .parts
                .iter()
                .map(|part| match part {
                    IndexPart::Column { name, .. } => schema
                        .columns
                        .iter()
                        .position(|column| column.name.eq_ignore_ascii_case(name)),
                    IndexPart::Expression { .. } => None,
                })
                .collect();
            let Some(places) = places else { continue };
            let mut seen: BTreeMap<Vec<Value>, ()> = BTreeMap::new();
            for (row, count) in rows {
                let key: Vec<Value> = places.iter().map(|&at| row[at].clone()).collect();
                if key.iter().any(Value::is_null) {
                    continue;
                }
                let shown: Vec<String> = key
                    .iter()
                    .map(|value| value.to_text().unwrap_or_default().into_owned())
                    .collect();
                if *count > 1 || seen.insert(key, ()).is_some() {
                    let name = index.name.as_deref().unwrap_or("PRIMARY");
                    return Err(SqlError::new(
                        1062,
                        "23000",
                        format!(
                            "Duplicate entry '{}' for key '{}.{name}'",
                            shown.join("-"),
                            version.name
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}
