//! Lookup vindexes reach their tables through the router itself: their SQL is planned and routed like a client's.

use std::collections::BTreeMap;

use crate::engine::Binds;
use crate::router::plan;
use crate::router::{Error, Session, Target};
use crate::sql;
use crate::value::Value;
use crate::vindex::{
    self, BindValue, CommitOrder, KeyspaceId, LookupFailure, LookupTable, StatementContext,
};

use super::destination::{shard_of, shards_of};
use super::{MAX_DEPTH, Run};

/// A router's error on its way through a vindex.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
struct Failure(Error);

impl LookupFailure for Failure {
    fn clone_box(&self) -> Box<dyn LookupFailure> {
        Box::new(self.clone())
    }
}

fn failed(error: Error) -> vindex::Error {
    let errno = error.to_sql().errno;
    vindex::Error::Lookup {
        context: "",
        errno,
        source: Box::new(Failure(error)),
    }
}

impl Run<'_, '_> {
    fn lookup(
        &mut self,
        text: &str,
        binds: &BTreeMap<String, BindValue>,
        order: CommitOrder,
    ) -> Result<Vec<Vec<Value>>, Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::unsupported(format!(
                "lookup tables routed by lookups more than {MAX_DEPTH} deep"
            )));
        }
        let statement =
            sql::parse_statement(text).map_err(|e| Error::Bug(format!("{e} in {text}")))?;
        let planned = self.plan_lookup(&statement)?;
        let kept = (self.order, self.home.take(), self.insert_id);
        self.order = order;
        self.depth += 1;
        let binds: Binds = binds.clone();
        let outcome = self.run(&planned, &binds);
        self.depth -= 1;
        (self.order, self.home, self.insert_id) = kept;
        Ok(outcome?.rows.map(|rows| rows.rows).unwrap_or_default())
    }

    /// Plans a lookup's statement: unqualified tables are the vindex's keyspace's, as far as it has them.
    fn plan_lookup(&self, statement: &sql::Statement) -> Result<plan::Plan, Error> {
        let in_keyspace = |keyspace: Option<String>| Session {
            target: Target {
                keyspace,
                ..Target::default()
            },
            ..Session::default()
        };
        let home = in_keyspace(self.home.clone());
        match plan::plan(&self.router.schema, &home, statement) {
            Err(Error::Lookup(_)) if self.home.is_some() => {
                plan::plan(&self.router.schema, &in_keyspace(None), statement)
            }
            planned => planned,
        }
    }

    fn lookup_at(
        &mut self,
        keyspace: &str,
        id: &KeyspaceId,
        text: &str,
        binds: &BTreeMap<String, BindValue>,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let found = self.router.schema.keyspace(keyspace)?;
        let shard = shard_of(&shards_of(found)?, id)?;
        let answer = self.plain(keyspace, &shard, text, binds)?;
        Ok(answer.rows.map(|rows| rows.rows).unwrap_or_default())
    }
}

impl LookupTable for Run<'_, '_> {
    fn execute(
        &mut self,
        sql: &str,
        binds: &BTreeMap<String, BindValue>,
        order: CommitOrder,
    ) -> Result<Vec<Vec<Value>>, vindex::Error> {
        self.lookup(sql, binds, order).map_err(failed)
    }

    fn execute_at(
        &mut self,
        keyspace: &str,
        id: &KeyspaceId,
        sql: &str,
        binds: &BTreeMap<String, BindValue>,
    ) -> Result<Vec<Vec<Value>>, vindex::Error> {
        self.lookup_at(keyspace, id, sql, binds).map_err(failed)
    }

    fn statement(&self) -> StatementContext {
        self.context
    }
}
