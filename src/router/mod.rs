//! One statement, many shards: plans as vtgate does and runs the plan.
//!
//! A [`Router`] takes a catalog of any revision and a cluster of shards; it knows nothing of where either comes from.
//! A [`Plan`] is made for a [`Session`] and can be shown without being run. What vtgate refuses is refused in vtgate's
//! words ([`Error`]); nothing is planned by guessing.

mod error;
mod execute;
#[cfg(test)]
mod fixture;
mod plan;
mod session;
#[cfg(test)]
mod story;

pub use error::Error;
pub use execute::{Planner, Router, Sequences, targeted};
pub use plan::explain::Operator;
pub use plan::{Plan, QueryType, SessionViews};
pub use session::{Autocommit, Participants, Session, Target, TargetDestination, TransactionState};
