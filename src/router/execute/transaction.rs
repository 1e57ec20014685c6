//! Transactions over shards: which shards take part, and that a statement happens whole or not at all.
//!
//! A shard joins when it is first spoken to. COMMIT goes to the PRE group, then the others, then POST, as vtgate does for
//! consistent lookups; embedded shards of one database commit together whatever the order. Inside a client's
//! transaction a statement that fails half-way is undone to a savepoint; source: Vitess `go/vt/vtgate/tx_conn.go`.

use crate::router::session::{Autocommit, Participant, TransactionState};
use crate::router::{Error, Session};
use crate::vindex::CommitOrder;

use super::{Router, Run};

impl Run<'_, '_> {
    /// Lets a shard take part in the open transaction.
    pub(crate) fn join_transaction(&mut self, keyspace: &str, shard: &str) -> Result<(), Error> {
        if !self.session.in_transaction() {
            return Ok(());
        }
        let there = self
            .session
            .participants
            .iter()
            .any(|p| p.keyspace == keyspace && p.shard == shard);
        if there {
            return Ok(());
        }
        let connection = self.shard(keyspace, shard)?;
        connection.begin()?;
        for savepoint in &self.session.savepoints {
            connection.savepoint(savepoint)?;
        }
        let order = self.order;
        self.session.participants.push(Participant {
            keyspace: keyspace.to_owned(),
            shard: shard.to_owned(),
            order,
        });
        Ok(())
    }

    /// Runs `work` so that it changes everything or nothing.
    pub(crate) fn atomically<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if !self.session.in_transaction() {
            self.session.transaction = TransactionState::Implicit;
            return match work(self) {
                Ok(done) => {
                    commit(self.router, self.session)?;
                    Ok(done)
                }
                Err(error) => {
                    rollback(self.router, self.session)?;
                    Err(error)
                }
            };
        }
        self.session.savepoint_count += 1;
        let savepoint = format!("_vrev_{}", self.session.savepoint_count);
        self.set_savepoint(&savepoint)?;
        let outcome = work(self);
        if outcome.is_err() && self.undo_to(&savepoint).is_err() {
            self.session.transaction = TransactionState::Failed;
        }
        self.session.savepoints.retain(|name| *name != savepoint);
        outcome
    }

    /// Marks a point in every shard that takes part, and in those that will.
    pub(crate) fn set_savepoint(&mut self, name: &str) -> Result<(), Error> {
        for participant in &self.session.participants {
            self.shard(&participant.keyspace, &participant.shard)?
                .savepoint(name)?;
        }
        self.session.savepoints.push(name.to_owned());
        Ok(())
    }

    /// Undoes everything since a savepoint. Shards that share a database undo together, so the one that joined first
    /// goes last: its point is the earliest.
    pub(crate) fn undo_to(&mut self, name: &str) -> Result<(), Error> {
        for participant in self.session.participants.iter().rev() {
            self.shard(&participant.keyspace, &participant.shard)?
                .rollback_to(name)?;
        }
        Ok(())
    }
}

/// Opens the client's transaction; one that is open is committed first.
pub(crate) fn begin(router: &Router<'_>, session: &mut Session) -> Result<(), Error> {
    if session.in_transaction() {
        commit(router, session)?;
    }
    session.transaction = TransactionState::Open;
    Ok(())
}

/// With autocommit off, the first statement opens a transaction.
pub(crate) fn open_if_needed(session: &mut Session) {
    if session.autocommit == Autocommit::Off && session.transaction == TransactionState::None {
        session.transaction = TransactionState::Open;
    }
}

/// Commits the transaction: PRE first, POST last. A failure before POST rolls back the shards not yet committed.
pub(crate) fn commit(router: &Router<'_>, session: &mut Session) -> Result<(), Error> {
    let rank = |order: CommitOrder| match order {
        CommitOrder::Pre => 0,
        CommitOrder::Normal | CommitOrder::Autocommit => 1,
        CommitOrder::Post => 2,
    };
    let mut participants = std::mem::take(&mut session.participants);
    participants.sort_by_key(|p| rank(p.order));
    end(session);
    let mut failed: Option<Error> = None;
    for participant in participants {
        let Some(shard) = router
            .cluster
            .shard(&participant.keyspace, &participant.shard)
        else {
            continue;
        };
        if failed.is_some() {
            // The first failure is the one to report; the shard is left as it was before.
            let _ = shard.rollback();
            continue;
        }
        if let Err(error) = shard.commit() {
            if participant.order == CommitOrder::Post {
                let text = format!("post-operation transaction had an error: {}", error.message);
                session.warnings.push((1235, text));
            } else {
                failed = Some(error.into());
            }
        }
    }
    match failed {
        Some(error) => {
            router.sequences.forget_uncommitted();
            Err(error)
        }
        None => {
            router.sequences.keep_uncommitted();
            Ok(())
        }
    }
}

/// Rolls the transaction back everywhere; the first failure is reported after all shards were told.
pub(crate) fn rollback(router: &Router<'_>, session: &mut Session) -> Result<(), Error> {
    let participants = std::mem::take(&mut session.participants);
    end(session);
    router.sequences.forget_uncommitted();
    let mut failed = None;
    for participant in participants {
        let Some(shard) = router
            .cluster
            .shard(&participant.keyspace, &participant.shard)
        else {
            continue;
        };
        if let Err(error) = shard.rollback() {
            failed.get_or_insert(error);
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

fn end(session: &mut Session) {
    session.transaction = TransactionState::None;
    session.savepoints.clear();
}
