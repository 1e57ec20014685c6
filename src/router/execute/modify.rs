//! UPDATE and DELETE: lookup rows first, then the rows, shard by shard.
//!
//! Source: Vitess `go/vt/vtgate/engine/update.go`, `delete.go`, `dml_with_input.go`.

use std::sync::Arc;

use crate::engine::Binds;
use crate::router::Error;
use crate::router::error::values_text;
use crate::router::plan::routing::Opcode;
use crate::router::plan::{DML_VALUES, Dml, DmlWithInput, OwnedVindexes, VindexChange};
use crate::sql::ast;
use crate::value::{QueryResult, Value};
use crate::vindex::{BindValue, Destination, KeyspaceId, StatementContext};

use super::Run;
use super::destination::ShardBinds;
use super::scatter::together;

/// What happens to the entries of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entries {
    Remove,
    Replace,
}

impl Run<'_, '_> {
    pub(crate) fn update(&mut self, dml: &Dml, binds: &Binds) -> Result<QueryResult, Error> {
        self.modify(dml, binds, Entries::Replace)
    }

    pub(crate) fn delete(&mut self, dml: &Dml, binds: &Binds) -> Result<QueryResult, Error> {
        self.modify(dml, binds, Entries::Remove)
    }

    fn modify(&mut self, dml: &Dml, binds: &Binds, entries: Entries) -> Result<QueryResult, Error> {
        if dml.routing.opcode == Opcode::Reference {
            return Err(Error::Target("unsupported opcode: Reference".into()));
        }
        let context = self.context;
        self.context = StatementContext {
            locking: true,
            changes_rows: true,
        };
        let outcome = self.atomically(|run| run.modify_shards(dml, binds, entries));
        self.context = context;
        outcome
    }

    fn modify_shards(
        &mut self,
        dml: &Dml,
        binds: &Binds,
        entries: Entries,
    ) -> Result<QueryResult, Error> {
        let found = self.resolve(&dml.table.keyspace, &dml.routing, binds)?;
        if let Some(owned) = &dml.owned {
            self.home = Some(dml.table.keyspace.name.clone());
            let outcome = self.entries(dml, owned, &found, binds, entries);
            self.home = None;
            outcome?;
        }
        let mut all: Option<QueryResult> = None;
        for shard in &found {
            let answer = self.send_to(
                &dml.table.keyspace.name,
                &shard.shard,
                &dml.statement,
                &shard.over(binds),
            )?;
            all = Some(match all {
                None => answer,
                Some(so_far) => together(so_far, answer),
            });
        }
        Ok(all.unwrap_or_default())
    }

    /// Reads the rows about to change and brings the vindexes that hang on them in step.
    fn entries(
        &mut self,
        dml: &Dml,
        owned: &OwnedVindexes,
        found: &[ShardBinds],
        binds: &Binds,
        entries: Entries,
    ) -> Result<(), Error> {
        let query = ast::Statement::Query(Box::new(owned.query.clone()));
        for shard in found {
            let answer = self.send_to(
                &dml.table.keyspace.name,
                &shard.shard,
                &query,
                &shard.over(binds),
            )?;
            for row in answer.rows.map(|rows| rows.rows).unwrap_or_default() {
                let id = self.id_of_row(owned, &row)?;
                for change in &owned.changes {
                    match entries {
                        Entries::Remove => self.remove_entry(change, &row, &id)?,
                        Entries::Replace => self.replace_entry(change, &row, &id, binds)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn id_of_row(&mut self, owned: &OwnedVindexes, row: &[Value]) -> Result<KeyspaceId, Error> {
        let values: Vec<Value> = row[..owned.primary.columns.len()].to_vec();
        match self
            .map(&owned.primary, std::slice::from_ref(&values))?
            .pop()
        {
            Some(Destination::KeyspaceId(id)) => Ok(id),
            Some(Destination::None) | None => Err(Error::Unmapped(values)),
            Some(other) => Err(Error::UnmappedUniquely {
                values,
                destination: crate::router::error::destination_text(&other),
            }),
        }
    }

    fn remove_entry(
        &mut self,
        change: &VindexChange,
        row: &[Value],
        id: &KeyspaceId,
    ) -> Result<(), Error> {
        let shared = Arc::clone(&change.vindex.vindex);
        let values: Vec<Value> = change.offsets.iter().map(|&at| row[at].clone()).collect();
        match shared.as_lookup() {
            Some(lookup) => Ok(lookup.delete(&[values], id, self)?),
            None => Ok(()),
        }
    }

    fn replace_entry(
        &mut self,
        change: &VindexChange,
        row: &[Value],
        id: &KeyspaceId,
        binds: &Binds,
    ) -> Result<(), Error> {
        let same = change
            .unchanged
            .and_then(|at| row.get(at))
            .is_some_and(|cell| cell.to_bool() == Some(true));
        if same {
            return Ok(());
        }
        let shared = Arc::clone(&change.vindex.vindex);
        let mut new = Vec::new();
        for (rank, value) in change.values.iter().enumerate() {
            new.push(match value {
                Some(value) => self.evaluate(value, binds)?,
                None => change
                    .offsets
                    .get(rank)
                    .and_then(|&at| row.get(at))
                    .cloned()
                    .unwrap_or_default(),
            });
        }
        if change.vindex.owned {
            let old: Vec<Value> = change.offsets.iter().map(|&at| row[at].clone()).collect();
            return match shared.as_lookup() {
                Some(lookup) => Ok(lookup.update(&old, id, &new, self)?),
                None => Ok(()),
            };
        }
        if new.iter().all(Value::is_null) {
            return Ok(());
        }
        let verified = shared.verify(std::slice::from_ref(&new), std::slice::from_ref(id), self)?;
        if verified.first() == Some(&true) {
            return Ok(());
        }
        Err(Error::VindexMismatch {
            values: format!("[{}]", values_text(&new)),
            columns: format!("[{}]", change.vindex.columns.join(" ")),
        })
    }

    /// Finds the primary keys that a limited statement changes; `None` if there are none.
    pub(crate) fn dml_values(
        &mut self,
        with: &DmlWithInput,
        binds: &Binds,
    ) -> Result<Option<Binds>, Error> {
        let rows = self.rows(&with.input, binds)?;
        let Some(&offset) = with.offsets.first() else {
            return Err(Error::Bug("no key to change by".into()));
        };
        let values: Vec<Value> = rows
            .rows
            .iter()
            .filter_map(|row| row.get(offset).cloned())
            .collect();
        if values.is_empty() {
            return Ok(None);
        }
        let mut binds = binds.clone();
        binds.insert(DML_VALUES.to_owned(), BindValue::Many(values));
        Ok(Some(binds))
    }
}
