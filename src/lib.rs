//! Version control for the schema of a sharded MySQL database.
//!
//! Table definitions, the VSchema, routing rules and the rows of embedded shards are versioned together as commits of
//! an ordinary git repository. Differences are shown cell by cell, and a router plans and executes SQL, as Vitess's
//! vtgate does, against the shards of any revision.
//!
//! ```text
//! roof     cli                                            speaks to people
//! stair    workspace                                      a repository's working set: the towers put together
//!          review                                         judges a revision: one check, one file
//! towers   versions:  history         data:  router
//!                     store
//!                     merge                  shard
//!                     diff                   engine       SQLite made to answer as MySQL
//! ground   relation                                       rows, keyed or keyless
//!          catalog                                        what one revision declares
//!          sql      vindex                                statements; value -> keyspace id
//!          value                                          values and types
//! ```
//!
//! A module imports only from floors below its own; the two towers meet only in [`catalog::Catalog`], which `store`
//! produces and `router` takes. `tests/tidy.rs` checks it.

pub mod value;

pub mod sql;
pub mod vindex;

pub mod catalog;

pub mod relation;

pub mod diff;
pub mod merge;
pub mod store;

pub mod history;

pub mod engine;
pub mod router;
pub mod shard;

pub mod review;
pub mod workspace;

pub mod cli;
