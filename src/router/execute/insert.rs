//! INSERT: numbers from the sequence, keyspace ids from the primary vindex, the other vindexes kept in step, then the
//! rows, shard by shard.
//!
//! Lookup rows are written before the rows themselves, in one transaction. Source: Vitess
//! `go/vt/vtgate/engine/insert_common.go`, `insert.go`, `insert_select.go`.

use std::sync::Arc;

use crate::engine::Binds;
use crate::router::Error;
use crate::router::error::values_text;
use crate::router::plan::table::ColumnVindex;
use crate::router::plan::{Generate, Insert, InsertInput, bind_name, expr};
use crate::sql::ast::{self, SetExpr};
use crate::value::{QueryResult, Value};
use crate::vindex::{BindValue, Destination, KeyspaceId, StatementContext};

use super::Run;
use super::destination::{only_shard, shard_of, shards_of};
use super::scatter::together;

/// vtgate's execution path of a refused row.
const PATH: &str = "execInsertSharded: getInsertShardedRoute";

/// Rows to insert: for each row the values of every column vindex.
struct Rows {
    /// `values[vindex][row][column]`.
    values: Vec<Vec<Vec<Value>>>,
    /// Keyspace id by row; `None` drops the row.
    ids: Vec<Option<KeyspaceId>>,
}

impl Run<'_, '_> {
    pub(crate) fn insert(&mut self, insert: &Insert, binds: &Binds) -> Result<QueryResult, Error> {
        let mut binds = binds.clone();
        let mut insert = insert.clone();
        let mut context = self.context;
        std::mem::swap(&mut context, &mut self.context);
        self.context = StatementContext {
            locking: true,
            changes_rows: false,
        };
        let outcome = self.insert_rows(&mut insert, &mut binds);
        self.context = context;
        outcome
    }

    fn insert_rows(
        &mut self,
        insert: &mut Insert,
        binds: &mut Binds,
    ) -> Result<QueryResult, Error> {
        let outer = self.insert_id;
        self.insert_id = 0;
        if let Some(input) = insert.input.take() {
            let answer = self.atomically(|run| run.insert_select(insert, &input, binds))?;
            return Ok(self.with_insert_id(answer, outer));
        }
        if let Some(generate) = &insert.generate {
            self.generate(generate, binds)?;
        }
        let answer = if insert.table.is_sharded() {
            self.atomically(|run| run.insert_sharded(insert, binds))?
        } else {
            let shard = only_shard(&insert.table.keyspace)?;
            let statement = ast::Statement::Insert(insert.statement.clone());
            let keyspace = insert.table.keyspace.name.clone();
            self.atomically(|run| run.send_to(&keyspace, &shard, &statement, binds))?
        };
        Ok(self.with_insert_id(answer, outer))
    }

    /// A generated number is the statement's insert id; without one the shard's own stands (unsharded tables).
    fn with_insert_id(&mut self, mut answer: QueryResult, outer: u64) -> QueryResult {
        if self.insert_id != 0 {
            answer.insert_id = self.insert_id;
        }
        self.insert_id = outer;
        answer
    }

    /// Binds `:__seq<row>`: what the row gives, or the next number where it gives NULL or 0.
    fn generate(&mut self, generate: &Generate, binds: &mut Binds) -> Result<(), Error> {
        let mut given = Vec::new();
        for value in &generate.values {
            given.push(self.evaluate(value, binds)?);
        }
        let completed = self.number(generate, given)?;
        for (row, value) in completed.into_iter().enumerate() {
            binds.insert(format!("__seq{row}"), BindValue::One(value));
        }
        Ok(())
    }

    /// Replaces NULL and 0 by consecutive numbers of the sequence.
    fn number(&mut self, generate: &Generate, mut values: Vec<Value>) -> Result<Vec<Value>, Error> {
        let keeps_zero = self.session.keeps_zero();
        let wanted = |value: &Value| match value {
            Value::Null => true,
            _ if keeps_zero => false,
            Value::Bytes(_) | Value::Text(_) => {
                value.to_decimal().is_some_and(|number| number.is_zero())
            }
            other => other.to_f64() == Some(0.0),
        };
        let count = values.iter().filter(|value| wanted(value)).count();
        if count == 0 {
            return Ok(values);
        }
        let count = i64::try_from(count).map_err(|_| Error::TooManyRows(super::MAX_MEMORY_ROWS))?;
        let first = self.take(&generate.keyspace, &generate.sequence, count)?;
        if self.insert_id == 0 {
            self.insert_id = u64::try_from(first).unwrap_or_default();
        }
        let mut next = first;
        for value in &mut values {
            if wanted(value) {
                *value = Value::Int(next);
                next += 1;
            }
        }
        Ok(values)
    }

    fn insert_sharded(&mut self, insert: &Insert, binds: &Binds) -> Result<QueryResult, Error> {
        let body = insert
            .statement
            .source
            .as_ref()
            .map(|query| query.body.as_ref());
        let Some(SetExpr::Values(values)) = body else {
            return Err(Error::Bug("INSERT without values".into()));
        };
        let count = values.rows.len();
        let mut of_vindexes = Vec::new();
        for of in &insert.vindex_values {
            let mut rows = vec![Vec::new(); count];
            for column in &of.values {
                for (row, value) in column.iter().enumerate() {
                    rows[row].push(self.evaluate(value, binds)?);
                }
            }
            of_vindexes.push(rows);
        }
        let vindexes: Vec<ColumnVindex> = insert
            .vindex_values
            .iter()
            .map(|of| of.vindex.clone())
            .collect();
        let rows = self.place(insert, &vindexes, of_vindexes, count)?;
        let mut binds = binds.clone();
        for (vindex, values) in vindexes.iter().zip(&rows.values) {
            for (row, values) in values.iter().enumerate() {
                for (column, value) in vindex.columns.iter().zip(values) {
                    binds.insert(bind_name(column, row), BindValue::One(value.clone()));
                }
            }
        }
        let by_shard = self.by_shard(insert, &rows.ids)?;
        let mut all = QueryResult::default();
        for (shard, numbers) in by_shard {
            let mut statement = insert.statement.clone();
            if let Some(source) = &mut statement.source
                && let SetExpr::Values(values) = source.body.as_mut()
            {
                let mut at = 0;
                values.rows.retain(|_| {
                    at += 1;
                    numbers.binary_search(&(at - 1)).is_ok()
                });
            }
            let statement = ast::Statement::Insert(statement);
            all = together(
                all,
                self.send_to(&insert.table.keyspace.name, &shard, &statement, &binds)?,
            );
        }
        // A sharded table's own AUTO_INCREMENT numbers mean nothing beyond their shard.
        all.insert_id = 0;
        // vtgate has no line of its own for what several shards did.
        all.info = None;
        Ok(all)
    }

    /// Groups row numbers by shard, shards in the order in which rows name them first.
    fn by_shard(
        &mut self,
        insert: &Insert,
        ids: &[Option<KeyspaceId>],
    ) -> Result<Vec<(String, Vec<usize>)>, Error> {
        let shards = shards_of(&insert.table.keyspace)?;
        let mut found: Vec<(String, Vec<usize>)> = Vec::new();
        for (row, id) in ids.iter().enumerate() {
            let Some(id) = id else { continue };
            let shard = shard_of(&shards, id)?;
            match found.iter_mut().find(|(name, _)| *name == shard) {
                Some((_, rows)) => rows.push(row),
                None => found.push((shard, vec![row])),
            }
        }
        Ok(found)
    }

    /// Returns where each row goes, with lookup rows written and values filled in or verified.
    fn place(
        &mut self,
        insert: &Insert,
        vindexes: &[ColumnVindex],
        values: Vec<Vec<Vec<Value>>>,
        count: usize,
    ) -> Result<Rows, Error> {
        self.home = Some(insert.table.keyspace.name.clone());
        let placed = self.place_at_home(insert, vindexes, values, count);
        self.home = None;
        placed
    }

    fn place_at_home(
        &mut self,
        insert: &Insert,
        vindexes: &[ColumnVindex],
        values: Vec<Vec<Vec<Value>>>,
        count: usize,
    ) -> Result<Rows, Error> {
        if let Some(id) = &insert.table.pinned {
            return Ok(Rows {
                values,
                ids: vec![Some(id.clone()); count],
            });
        }
        let Some((primary, others)) = vindexes.split_first() else {
            return Err(Error::NoPrimaryVindex(insert.table.name.clone()));
        };
        let mut rows = Rows {
            ids: self.primary_ids(primary, &values[0])?,
            values,
        };
        for (rank, vindex) in others.iter().enumerate() {
            let rank = rank + 1;
            if vindex.owned {
                self.create_entries(vindex, rank, &mut rows, insert.ignore)?;
            } else {
                self.fill_or_verify(vindex, rank, &mut rows, insert.ignore)?;
            }
        }
        Ok(rows)
    }

    fn primary_ids(
        &mut self,
        primary: &ColumnVindex,
        rows: &[Vec<Value>],
    ) -> Result<Vec<Option<KeyspaceId>>, Error> {
        let destinations = self.map(primary, rows).map_err(|error| error.at(PATH))?;
        let id = |(values, destination): (&Vec<Value>, Destination)| match destination {
            Destination::KeyspaceId(id) => Ok(Some(id)),
            Destination::None => Err(Error::Unmapped(values.clone()).at(PATH)),
            other => Err(Error::UnmappedUniquely {
                values: values.clone(),
                destination: crate::router::error::destination_text(&other),
            }
            .at(PATH)),
        };
        rows.iter().zip(destinations).map(id).collect()
    }

    /// Rows still to be inserted, by number.
    fn live(rows: &Rows) -> Vec<usize> {
        (0..rows.ids.len())
            .filter(|&row| rows.ids[row].is_some())
            .collect()
    }

    /// Writes the lookup rows of an owned vindex; with `ignore` drops the rows whose entry leads elsewhere.
    fn create_entries(
        &mut self,
        vindex: &ColumnVindex,
        rank: usize,
        rows: &mut Rows,
        ignore: bool,
    ) -> Result<(), Error> {
        let live = Self::live(rows);
        let (entries, ids): (Vec<Vec<Value>>, Vec<KeyspaceId>) = live
            .iter()
            .filter_map(|&row| Some((rows.values[rank][row].clone(), rows.ids[row].clone()?)))
            .unzip();
        let shared = Arc::clone(&vindex.vindex);
        let Some(lookup) = shared.as_lookup() else {
            return Err(Error::Bug("an owned vindex without table".into()));
        };
        if entries.is_empty() {
            return Ok(());
        }
        lookup.create(&entries, &ids, ignore, self)?;
        if !ignore {
            return Ok(());
        }
        let verified = shared.verify(&entries, &ids, self)?;
        for ((row, entry), right) in live.into_iter().zip(&entries).zip(verified) {
            let all_null = entry.iter().all(Value::is_null);
            if !right && !all_null {
                rows.ids[row] = None;
            }
        }
        Ok(())
    }

    /// An unowned vindex: a missing value follows from the keyspace id where the vindex is reversible, a given one must
    /// agree with it.
    fn fill_or_verify(
        &mut self,
        vindex: &ColumnVindex,
        rank: usize,
        rows: &mut Rows,
        ignore: bool,
    ) -> Result<(), Error> {
        let shared = Arc::clone(&vindex.vindex);
        let live = Self::live(rows);
        let (missing, given): (Vec<usize>, Vec<usize>) = live
            .into_iter()
            .partition(|&row| rows.values[rank][row].first().is_none_or(Value::is_null));
        if let Some(reversible) = shared.as_reversible()
            && !missing.is_empty()
        {
            let ids: Vec<KeyspaceId> = missing
                .iter()
                .filter_map(|&row| rows.ids[row].clone())
                .collect();
            for (row, value) in missing.into_iter().zip(reversible.reverse_map(&ids)?) {
                rows.values[rank][row][0] = value;
            }
        }
        if given.is_empty() {
            return Ok(());
        }
        let (values, ids): (Vec<Vec<Value>>, Vec<KeyspaceId>) = given
            .iter()
            .filter_map(|&row| Some((rows.values[rank][row].clone(), rows.ids[row].clone()?)))
            .unzip();
        let verified = shared.verify(&values, &ids, self)?;
        let wrong: Vec<usize> = given
            .iter()
            .zip(verified)
            .filter(|(_, right)| !right)
            .map(|(&row, _)| row)
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        if ignore {
            wrong.into_iter().for_each(|row| rows.ids[row] = None);
            return Ok(());
        }
        let texts: Vec<String> = wrong
            .iter()
            .map(|&row| values_text(&rows.values[rank][row]))
            .collect();
        Err(Error::VindexMismatch {
            values: format!("[{}]", texts.join(" ")),
            columns: format!("[{}]", vindex.columns.join(" ")),
        })
    }

    /// INSERT … SELECT: the rows are read first, then inserted as any others.
    fn insert_select(
        &mut self,
        insert: &Insert,
        input: &InsertInput,
        binds: &Binds,
    ) -> Result<QueryResult, Error> {
        let selected = self.rows(&input.source, binds)?;
        let width = input.columns.len();
        let mut rows: Vec<Vec<Value>> = Vec::new();
        for mut row in selected.rows {
            if insert.statement.columns.len().max(1) > 0 && row.len() > width {
                return Err(Error::ColumnCount);
            }
            row.resize(width, Value::Null);
            rows.push(row);
        }
        if rows.is_empty() {
            return Ok(QueryResult::default());
        }
        if let Some(generate) = &insert.generate
            && let Some(at) = generate.offset
        {
            let given = rows.iter().map(|row| row[at].clone()).collect();
            for (row, value) in rows.iter_mut().zip(self.number(generate, given)?) {
                row[at] = value;
            }
        }
        let of_vindexes = input
            .vindex_offsets
            .iter()
            .map(|(_, offsets)| {
                rows.iter()
                    .map(|row| offsets.iter().map(|&at| row[at].clone()).collect())
                    .collect()
            })
            .collect();
        let vindexes: Vec<ColumnVindex> = input
            .vindex_offsets
            .iter()
            .map(|(vindex, _)| vindex.clone())
            .collect();
        let placed = if insert.table.is_sharded() {
            let placed = self.place(insert, &vindexes, of_vindexes, rows.len())?;
            for ((_, offsets), values) in input.vindex_offsets.iter().zip(&placed.values) {
                for (row, values) in rows.iter_mut().zip(values) {
                    for (&at, value) in offsets.iter().zip(values) {
                        row[at] = value.clone();
                    }
                }
            }
            self.by_shard(insert, &placed.ids)?
        } else {
            vec![(
                only_shard(&insert.table.keyspace)?,
                (0..rows.len()).collect(),
            )]
        };
        let mut all = QueryResult::default();
        for (shard, numbers) in placed {
            let (statement, binds) = rows_statement(insert, input, &rows, &numbers, binds);
            all = together(
                all,
                self.send_to(&insert.table.keyspace.name, &shard, &statement, &binds)?,
            );
        }
        if insert.table.is_sharded() {
            all.insert_id = 0;
        }
        Ok(all)
    }

    /// Returns the shards that an INSERT's rows would go to, without numbering rows or writing lookups.
    pub(crate) fn dry_insert(
        &mut self,
        insert: &Insert,
        binds: &Binds,
    ) -> Result<Vec<String>, Error> {
        let keyspace = Arc::clone(&insert.table.keyspace);
        let label = |shard: String| format!("{}/{shard}", keyspace.name);
        if !insert.table.is_sharded() {
            return Ok(vec![label(only_shard(&keyspace)?)]);
        }
        let shards = shards_of(&keyspace)?;
        if let Some(id) = &insert.table.pinned {
            return Ok(vec![label(shard_of(&shards, id)?)]);
        }
        let Some(primary) = insert.vindex_values.first() else {
            return Ok(Vec::new());
        };
        let rows = primary.values.first().map_or(0, Vec::len);
        let mut found = Vec::new();
        for row in 0..rows {
            let mut values = Vec::new();
            for column in &primary.values {
                match self.evaluate(&column[row], binds) {
                    Ok(value) => values.push(value),
                    // A number that the sequence is yet to give.
                    Err(Error::MissingBind(_)) => break,
                    Err(error) => return Err(error),
                }
            }
            if values.len() != primary.values.len() {
                continue;
            }
            self.home = Some(keyspace.name.clone());
            let destination = self.map(&primary.vindex, &[values]);
            self.home = None;
            if let Some(Destination::KeyspaceId(id)) = destination?.pop() {
                found.push(label(shard_of(&shards, &id)?));
            }
        }
        Ok(found)
    }
}

/// Returns the INSERT of some of the rows, and the binds that hold them (`:_c<row>_<column>`).
fn rows_statement(
    insert: &Insert,
    input: &InsertInput,
    rows: &[Vec<Value>],
    numbers: &[usize],
    binds: &Binds,
) -> (ast::Statement, Binds) {
    let mut binds = binds.clone();
    let mut tuples = Vec::new();
    for &number in numbers {
        let mut tuple = Vec::new();
        for (column, value) in rows[number].iter().enumerate() {
            let name = format!("_c{number}_{column}");
            tuple.push(expr::placeholder(&name));
            binds.insert(name, BindValue::One(value.clone()));
        }
        tuples.push(ast::Parens::with_empty_span(tuple));
    }
    let mut statement = insert.statement.clone();
    statement.columns = input
        .columns
        .iter()
        .map(|column| expr::object_name(column))
        .collect();
    let mut query = crate::router::plan::query_of(crate::router::plan::blank_select());
    query.body = Box::new(SetExpr::Values(ast::Values {
        explicit_row: false,
        value_keyword: false,
        rows: tuples,
    }));
    statement.source = Some(Box::new(query));
    (ast::Statement::Insert(statement), binds)
}
