//! Plans run: rows from the shards, finished above them.
//!
//! A primitive asks its inputs for rows and gives rows itself; only routes, inserts, updates and deletes speak to shards.
//! Every statement that touches several rows' homes runs in a transaction, the session's or its own, so that it happens
//! whole or not at all. Source: Vitess `go/vt/vtgate/engine`.

mod destination;
mod evaluate;
mod finish;
mod insert;
mod join;
mod lookup;
mod modify;
mod scatter;
mod sequence;
mod statement;
mod transaction;

use std::rc::Rc;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::engine::Binds;
use crate::shard::Cluster;
use crate::sql;
use crate::value::{QueryResult, ResultSet};
use crate::vindex::{CommitOrder, StatementContext};

use super::plan::table::Schema;
use super::plan::{self, Plan, Primitive};
use super::{Error, Session};
pub use destination::targeted;
pub use sequence::Sequences;

/// Rows that one statement may hold in memory above the routes (vtgate's `max-memory-rows`).
pub(crate) const MAX_MEMORY_ROWS: usize = 300_000;

/// Plans statements by one catalog; needs no shards.
#[derive(Debug, Clone)]
pub struct Planner {
    schema: Arc<Schema>,
}

impl Planner {
    /// Returns a planner for a catalog, whose VSchema it builds.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self {
            schema: Arc::new(Schema::new(catalog)),
        }
    }

    /// Plans a statement.
    ///
    /// # Errors
    /// As vtgate's planner refuses it.
    pub fn plan(&self, session: &Session, statement: &sql::Statement) -> Result<Plan, Error> {
        plan::plan(&self.schema, session, statement)
    }
}

/// Plans and runs statements against the shards of one catalog.
#[derive(Clone)]
pub struct Router<'a> {
    pub(crate) schema: Arc<Schema>,
    cluster: &'a dyn Cluster,
    sequences: Arc<Sequences>,
    evaluator: Rc<evaluate::Evaluator>,
}

impl std::fmt::Debug for Router<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router")
            .field("keyspaces", &self.schema.catalog.keyspaces.keys())
            .finish_non_exhaustive()
    }
}

impl<'a> Router<'a> {
    /// Returns a router over the shards that hold the catalog's tables.
    pub fn new(catalog: Arc<Catalog>, cluster: &'a dyn Cluster) -> Self {
        Self {
            schema: Arc::new(Schema::new(catalog)),
            cluster,
            sequences: Arc::new(Sequences::default()),
            evaluator: Rc::default(),
        }
    }

    /// Takes over the blocks that an earlier router has cached, so that a new catalog does not lose them.
    #[must_use]
    pub fn with_sequences(self, sequences: Arc<Sequences>) -> Self {
        Self { sequences, ..self }
    }

    /// The cached blocks of sequences.
    pub fn sequences(&self) -> &Arc<Sequences> {
        &self.sequences
    }

    /// The catalog that statements are planned by.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.schema.catalog
    }

    /// Plans a statement without running it.
    ///
    /// # Errors
    /// As vtgate's planner refuses it.
    pub fn plan(&self, session: &Session, statement: &sql::Statement) -> Result<Plan, Error> {
        plan::plan(&self.schema, session, statement)
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// What planning refuses, what a shard answers, what no transaction could hold together. A failed statement has
    /// changed nothing.
    pub fn execute(
        &self,
        session: &mut Session,
        statement: &sql::Statement,
    ) -> Result<QueryResult, Error> {
        self.execute_with(session, statement, &Binds::new())
    }

    /// Runs a statement with the client's bind variables (`:name` by name, the n-th `?` as `v<n>`).
    ///
    /// # Errors
    /// As [`Router::execute`].
    pub fn execute_with(
        &self,
        session: &mut Session,
        statement: &sql::Statement,
        binds: &Binds,
    ) -> Result<QueryResult, Error> {
        statement::execute(self, session, statement, binds)
    }

    /// Returns the shards that a plan would ask first, as `keyspace/shard`, sorted. Vindex values are mapped (lookup
    /// tables are read), nothing is changed; what depends on rows yet to be read is left out.
    ///
    /// # Errors
    /// When a vindex cannot map.
    pub fn shards(
        &self,
        session: &Session,
        plan: &Plan,
        binds: &Binds,
    ) -> Result<Vec<String>, Error> {
        let mut session = session.clone();
        let mut run = Run::new(self, &mut session, StatementContext::default());
        let mut shards = run.dry_shards(&plan.root, binds)?;
        shards.sort();
        shards.dedup();
        Ok(shards)
    }
}

/// One statement being run.
pub(crate) struct Run<'r, 's> {
    pub(crate) router: &'r Router<'r>,
    pub(crate) session: &'s mut Session,
    pub(crate) context: StatementContext,
    /// Group of the transaction in which statements are sent.
    pub(crate) order: CommitOrder,
    /// Keyspace of unqualified lookup tables.
    pub(crate) home: Option<String>,
    /// Statements within statements: lookups of lookups end here.
    pub(crate) depth: usize,
    /// First value that a sequence generated.
    pub(crate) insert_id: u64,
}

/// How deep lookups may lead to lookups.
pub(crate) const MAX_DEPTH: usize = 8;

impl<'r, 's> Run<'r, 's> {
    pub(crate) fn new(
        router: &'r Router<'r>,
        session: &'s mut Session,
        context: StatementContext,
    ) -> Self {
        Self {
            router,
            session,
            context,
            order: CommitOrder::Normal,
            home: None,
            depth: 0,
            insert_id: 0,
        }
    }

    /// Runs a primitive that gives rows.
    pub(crate) fn rows(
        &mut self,
        primitive: &Primitive,
        binds: &Binds,
    ) -> Result<ResultSet, Error> {
        let rows = match primitive {
            Primitive::Route(route) => self.route(route, binds)?,
            Primitive::VindexLookup(lookup) => self.route(&lookup.route, binds)?,
            Primitive::Next(next) => self.next(next, binds)?,
            Primitive::Join(join) => self.join(join, binds)?,
            Primitive::SemiJoin(join) => self.semi_join(join, binds)?,
            Primitive::UncorrelatedSubquery(subquery) => {
                let binds = self.pull_out(subquery, binds)?;
                self.rows(&subquery.outer, &binds)?
            }
            Primitive::Limit(limit) => self.limit(limit, binds)?,
            Primitive::Sort(sort) => self.sort(sort, binds)?,
            Primitive::Aggregate(aggregate) => self.aggregate(aggregate, binds)?,
            Primitive::Distinct(distinct) => self.distinct(distinct, binds)?,
            Primitive::Projection(projection) => self.projection(projection, binds)?,
            Primitive::Filter(filter) => self.filter(filter, binds)?,
            Primitive::Concatenate(inputs) => self.concatenate(inputs, binds)?,
            Primitive::Send(send) => self.send(send, binds)?.rows.unwrap_or_default(),
            Primitive::Insert(_)
            | Primitive::Update(_)
            | Primitive::Delete(_)
            | Primitive::DmlWithInput(_) => {
                return Err(Error::Bug("a change where rows are expected".into()));
            }
        };
        if rows.rows.len() > MAX_MEMORY_ROWS {
            return Err(Error::TooManyRows(MAX_MEMORY_ROWS));
        }
        Ok(rows)
    }

    /// Runs a whole plan.
    pub(crate) fn run(&mut self, plan: &Plan, binds: &Binds) -> Result<QueryResult, Error> {
        self.change(&plan.root, binds)
    }

    fn change(&mut self, primitive: &Primitive, binds: &Binds) -> Result<QueryResult, Error> {
        match primitive {
            Primitive::Insert(insert) => self.insert(insert, binds),
            Primitive::Update(dml) => self.update(dml, binds),
            Primitive::Delete(dml) => self.delete(dml, binds),
            Primitive::DmlWithInput(with) => {
                let Some(binds) = self.dml_values(with, binds)? else {
                    return Ok(QueryResult::default());
                };
                self.change(&with.dml, &binds)
            }
            Primitive::Send(send) => self.send(send, binds),
            other => {
                let rows = self.rows(other, binds)?;
                Ok(QueryResult {
                    rows: Some(rows),
                    ..QueryResult::default()
                })
            }
        }
    }
}
