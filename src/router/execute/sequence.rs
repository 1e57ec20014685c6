//! Sequences: numbers handed out from cached blocks, a block at a time taken from the sequence's one row.
//!
//! The row holds the next block's first number and the size of a block. What is cached and not handed out is lost with
//! the router, so numbers are unique but not gapless. Source: Vitess `go/vt/vttablet/tabletserver` (`execNextval`).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::Binds;
use crate::router::Error;
use crate::router::plan::{Next, expr};
use crate::sql;
use crate::value::{ColumnType, Field, ResultSet, TypeKind, Value};
use crate::vindex::BindValue;

use super::destination::only_shard;
use super::{Run, transaction};
use crate::router::session::TransactionState;

/// Blocks cached by a router: `[next, last)` by keyspace and table.
#[derive(Debug, Default)]
pub struct Sequences(Mutex<BTreeMap<(String, String), Block>>);

#[derive(Debug, Clone, Copy, Default)]
struct Block {
    next: i64,
    last: i64,
    /// Taken in a transaction that is not committed yet.
    uncommitted: bool,
}

impl Sequences {
    fn blocks(&self) -> MutexGuard<'_, BTreeMap<(String, String), Block>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transaction that took blocks was rolled back: their numbers are free again.
    pub(crate) fn forget_uncommitted(&self) {
        self.blocks().retain(|_, block| !block.uncommitted);
    }

    /// The transaction that took blocks was committed.
    pub(crate) fn keep_uncommitted(&self) {
        self.blocks()
            .values_mut()
            .for_each(|block| block.uncommitted = false);
    }
}

impl Run<'_, '_> {
    /// `SELECT NEXT n VALUES FROM sequence`: one row, the first of the n numbers.
    pub(crate) fn next(&mut self, next: &Next, binds: &Binds) -> Result<ResultSet, Error> {
        let count = self.evaluate(&next.count, binds)?;
        let wanted = count.to_i64().filter(|n| *n >= 1).ok_or_else(|| {
            Error::Sequence(format!(
                "invalid increment for sequence {}: {}",
                next.sequence,
                count.to_text().unwrap_or_default()
            ))
        })?;
        let first = self.take(&next.keyspace.name, &next.sequence, wanted)?;
        Ok(ResultSet {
            fields: vec![Field {
                name: "nextval".into(),
                column_type: ColumnType::new(TypeKind::BigInt),
            }],
            rows: vec![vec![Value::Int(first)]],
        })
    }

    /// Takes `count` consecutive numbers and returns the first.
    pub(crate) fn take(
        &mut self,
        keyspace: &str,
        sequence: &str,
        count: i64,
    ) -> Result<i64, Error> {
        let key = (keyspace.to_owned(), sequence.to_owned());
        let mut block = self
            .router
            .sequences
            .blocks()
            .get(&key)
            .copied()
            .unwrap_or_default();
        let enough = block
            .next
            .checked_add(count)
            .is_some_and(|end| end <= block.last);
        if block.next == 0 || !enough {
            block = self.refill(keyspace, sequence, block, count)?;
        }
        let first = block.next;
        block.next += count;
        self.router.sequences.blocks().insert(key, block);
        Ok(first)
    }

    /// Moves the sequence's row past the numbers wanted, in steps of its cache.
    fn refill(
        &mut self,
        keyspace: &str,
        sequence: &str,
        block: Block,
        count: i64,
    ) -> Result<Block, Error> {
        let own = !self.session.in_transaction();
        if own {
            self.session.transaction = TransactionState::Implicit;
        }
        let outcome = self.refill_in_transaction(keyspace, sequence, block, count);
        match (&outcome, own) {
            (Ok(_), true) => transaction::commit(self.router, self.session)?,
            (Err(_), true) => transaction::rollback(self.router, self.session)?,
            (_, false) => {}
        }
        outcome.map(|block| Block {
            uncommitted: !own,
            ..block
        })
    }

    fn refill_in_transaction(
        &mut self,
        keyspace: &str,
        sequence: &str,
        mut block: Block,
        count: i64,
    ) -> Result<Block, Error> {
        let shard = only_shard(self.router.schema.keyspace(keyspace)?)?;
        let table = expr::ident(sequence);
        let query = format!("select next_id, cache from {table} where id = 0 for update");
        let answer = self.plain(keyspace, &shard, &query, &Binds::new())?;
        let rows = answer.rows.map(|r| r.rows).unwrap_or_default();
        let [row] = rows.as_slice() else {
            return Err(Error::Sequence(format!(
                "unexpected rows from reading sequence {sequence} (possible mis-route): {}",
                rows.len()
            )));
        };
        let number = |at: usize| row.get(at).and_then(Value::to_i64);
        let stored = number(0).ok_or_else(|| {
            Error::Sequence(format!(
                "error loading sequence {sequence}: next_id is not a number"
            ))
        })?;
        let cache = number(1).filter(|cache| *cache >= 1).ok_or_else(|| {
            let value = row.get(1).cloned().unwrap_or_default();
            Error::Sequence(format!(
                "invalid cache value for sequence {sequence}: {}",
                value.to_text().unwrap_or_default()
            ))
        })?;
        let stored = stored.max(block.last);
        if stored != block.last {
            block = Block {
                next: stored,
                last: stored,
                uncommitted: false,
            };
        }
        if block.next == 0 {
            block.next = stored;
        }
        let exhausted = || Error::Sequence(format!("sequence {sequence} is exhausted"));
        let wanted = block.next.checked_add(count).ok_or_else(exhausted)?;
        let mut last = stored.checked_add(cache).ok_or_else(exhausted)?;
        if last < wanted {
            let steps = (wanted - last + cache - 1) / cache;
            last = steps
                .checked_mul(cache)
                .and_then(|more| last.checked_add(more))
                .ok_or_else(exhausted)?;
        }
        let mut binds = Binds::new();
        binds.insert("next_id".into(), BindValue::One(Value::Int(last)));
        self.plain(
            keyspace,
            &shard,
            &format!("update {table} set next_id = :next_id where id = 0"),
            &binds,
        )?;
        block.last = last;
        Ok(block)
    }

    /// Sends one statement to one shard without planning it.
    pub(crate) fn plain(
        &mut self,
        keyspace: &str,
        shard: &str,
        text: &str,
        binds: &Binds,
    ) -> Result<crate::value::QueryResult, Error> {
        let statement =
            sql::parse_statement(text).map_err(|e| Error::Bug(format!("{e} in {text}")))?;
        let sql::Statement::Sql(statement) = statement else {
            return Err(Error::Bug(format!("not a query: {text}")));
        };
        self.send_to(keyspace, shard, &statement, binds)
    }
}
