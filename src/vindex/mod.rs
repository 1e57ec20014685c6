//! Column values to keyspace ids: Vitess's vindexes. One vindex, one file; depends on `value` alone.
//!
//! A functional vindex computes; a lookup vindex asks its backing table through [`LookupTable`], which the router
//! implements. The capability traits mirror Vitess `go/vt/vtgate/vindexes/vindex.go`.

mod backing;
mod binary;
mod binary_md5;
mod cfc;
mod consistent_lookup;
mod conversion;
mod hash;
pub mod key_range;
mod lookup;
mod lookup_hash;
mod multicol;
mod null;
mod null_key_des;
mod numeric;
mod numeric_static_map;
mod param_file;
mod region_experimental;
mod region_json;
pub mod registry;
mod reverse_bits;
pub mod shards;
mod single_column;
mod unicode_loose;
mod unicode_loose_md5;
mod unicode_loose_xxhash;
mod xxhash;

use std::collections::BTreeMap;
use std::fmt;

pub use cfc::literal_prefix;
pub use hash::{hash_number, unhash_number};
pub use shards::{Shard, Shards};

use crate::value::Value;

/// Where a row lives within its keyspace: a byte string, compared without trailing zero bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyspaceId(pub Vec<u8>);

/// `[start, end)` of keyspace ids; empty bounds are open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyRange {
    /// First keyspace id in the range.
    pub start: Vec<u8>,
    /// First keyspace id past the range.
    pub end: Vec<u8>,
}

/// What a value maps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// No shard.
    None,
    /// One keyspace id.
    KeyspaceId(KeyspaceId),
    /// Several keyspace ids (non-unique lookups).
    KeyspaceIds(Vec<KeyspaceId>),
    /// A range of keyspace ids (prefixes, BETWEEN, LIKE).
    KeyRange(KeyRange),
    /// Every shard.
    AllShards,
}

/// A vindex of any type: what the planner asks before it asks for more.
pub trait Vindex: fmt::Debug + Send + Sync {
    /// The name it was created under in its keyspace's VSchema.
    fn name(&self) -> &str;
    /// Vitess's cost: 0 (no work) to 100 (last choice).
    fn cost(&self) -> u32;
    /// Whether a value maps to at most one keyspace id.
    fn is_unique(&self) -> bool;
    /// Whether mapping must read a lookup table.
    fn needs_lookup(&self) -> bool {
        false
    }
    /// Whether it takes several columns, and if so whether a prefix of them routes too.
    fn multi_column(&self) -> Option<PartialColumns> {
        None
    }
    /// Parameters it does not know, sorted: a warning, never an error.
    fn unknown_params(&self) -> &[String] {
        &[]
    }
    /// Maps rows of column values (one value per column; multi-column vindexes may get a prefix), one destination per
    /// row, in order. Functional vindexes never touch `lookup`.
    ///
    /// # Errors
    /// See [`Error`]; a value that cannot be mapped is [`Destination::None`] where Vitess says so, not an error.
    fn map(
        &self,
        rows: &[Vec<Value>],
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<Destination>, Error>;
    /// Tells, row by row, whether the values map to the keyspace id.
    ///
    /// # Errors
    /// As [`Vindex::map`], and where Vitess's Verify is stricter than its Map.
    fn verify(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error>;
    /// The column value that maps to a keyspace id, for reversible vindexes.
    fn as_reversible(&self) -> Option<&dyn Reversible> {
        None
    }
    /// Maintenance of the backing table, for lookup vindexes.
    fn as_lookup(&self) -> Option<&dyn Lookup> {
        None
    }
    /// Ranges, for vindexes that keep order (`BETWEEN`).
    fn as_sequential(&self) -> Option<&dyn Sequential> {
        None
    }
    /// LIKE prefixes (`cfc`).
    fn as_prefix(&self) -> Option<&dyn Prefix> {
        None
    }
}

/// Whether a multi-column vindex routes by a prefix of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartialColumns {
    /// Any prefix gives a key range.
    Allowed,
    /// All columns are needed.
    Refused,
}

/// A vindex that can compute the column value from a keyspace id.
pub trait Reversible {
    /// Returns one value per keyspace id, in order.
    ///
    /// # Errors
    /// When an id is not one that the vindex makes.
    fn reverse_map(&self, ids: &[KeyspaceId]) -> Result<Vec<Value>, Error>;
}

/// A vindex whose order of values is the order of keyspace ids.
pub trait Sequential {
    /// Returns the key range of `from` (inclusive) to `to` (exclusive, as Vitess has it).
    ///
    /// # Errors
    /// As [`Vindex::map`].
    fn range_map(&self, from: &Value, to: &Value) -> Result<Destination, Error>;
}

/// A vindex that routes `LIKE 'prefix%'`.
pub trait Prefix {
    /// The cost of routing by a pattern, which is not that of routing by a value.
    fn prefix_cost(&self) -> u32;
    /// Returns the destination of a LIKE pattern, given as raw bytes.
    ///
    /// # Errors
    /// As [`Vindex::map`].
    fn prefix_map(&self, pattern: &[u8]) -> Result<Destination, Error>;
}

/// A vindex kept in a table: `from` columns and the keyspace id (`to`).
#[allow(
    clippy::wrong_self_convention,
    reason = "`from` and `to` are the names of Vitess's parameters"
)]
pub trait Lookup {
    /// Backing table, as written in the `table` parameter.
    fn table(&self) -> &str;
    /// `from` columns.
    fn from_columns(&self) -> &[String];
    /// `to` column.
    fn to_column(&self) -> &str;
    /// Whether it is being backfilled and so ignored for routing.
    fn is_backfilling(&self) -> bool;
    /// Writes entries: one row of `from` values and the keyspace id per owner row. `ignore` keeps existing entries.
    ///
    /// # Errors
    /// As the backing table says, prefixed as Vitess does (`lookup.Create: `).
    fn create(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        ignore: bool,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error>;
    /// Removes entries.
    ///
    /// # Errors
    /// As the backing table says.
    fn delete(
        &self,
        rows: &[Vec<Value>],
        id: &KeyspaceId,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error>;
    /// Replaces the entry of one owner row.
    ///
    /// # Errors
    /// As the backing table says.
    fn update(
        &self,
        old: &[Value],
        id: &KeyspaceId,
        new: &[Value],
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error>;
}

/// Which transaction group of the session a lookup statement runs in (Vitess `vtgate.CommitOrder`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "Vitess's names")]
pub enum CommitOrder {
    Normal,
    Pre,
    Post,
    Autocommit,
}

/// How a lookup vindex reaches its backing table: SQL with bind variables, planned and routed like any client
/// statement. Implemented by the router.
pub trait LookupTable {
    /// Runs one statement. `:name` binds a value, `::name` a list. Returns rows (empty for DML).
    ///
    /// # Errors
    /// The statement's own error; duplicate keys must stay recognisable by errno 1062.
    fn execute(
        &mut self,
        sql: &str,
        binds: &BTreeMap<String, BindValue>,
        order: CommitOrder,
    ) -> Result<Vec<Vec<Value>>, Error>;
    /// Runs one statement on the shard that holds `id` in `keyspace` (consistent lookups check the owner row there).
    ///
    /// # Errors
    /// As [`LookupTable::execute`].
    fn execute_at(
        &mut self,
        keyspace: &str,
        id: &KeyspaceId,
        sql: &str,
        binds: &BTreeMap<String, BindValue>,
    ) -> Result<Vec<Vec<Value>>, Error>;
    /// Whether the client's statement is DML inside a transaction (lookups then lock what they read), and whether it
    /// is an UPDATE or DELETE (consistent lookups then map in the POST group).
    fn statement(&self) -> StatementContext;
}

/// What kind of client statement a lookup serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatementContext {
    /// DML inside a transaction.
    pub locking: bool,
    /// UPDATE or DELETE.
    pub changes_rows: bool,
}

/// The value of a bind variable.
#[derive(Debug, Clone)]
pub enum BindValue {
    /// `:name`.
    One(Value),
    /// `::name`.
    Many(Vec<Value>),
}

/// Why a vindex could not be made or could not map. `Display` gives Vitess's text.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The type is not registered.
    #[error("vindexType \"{vindex_type}\" not found")]
    UnknownType {
        /// The type asked for.
        vindex_type: String,
    },
    /// Parameters are bad; Vitess's text.
    #[error("{0}")]
    Params(String),
    /// A lookup or multi-column vindex where a functional one on one column is wanted.
    #[error("vindex type `{vindex_type}` is no functional vindex on one column")]
    Unsuitable {
        /// The type asked for.
        vindex_type: String,
    },
    /// A value cannot be mapped or verified; Vitess's text.
    #[error("{0}")]
    Value(String),
    /// The backing table answered with an error.
    #[error("{context}{source}")]
    Lookup {
        /// `lookup.Create: ` and the like.
        context: &'static str,
        /// MySQL's error number, 0 if none.
        errno: u16,
        /// What the backing table said.
        source: Box<dyn LookupFailure>,
    },
}

/// An error of the backing table, whatever its type.
pub trait LookupFailure: std::error::Error + Send + Sync {
    /// Returns a copy.
    fn clone_box(&self) -> Box<dyn LookupFailure>;
}

impl Clone for Box<dyn LookupFailure> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

impl std::error::Error for Box<dyn LookupFailure> {}

impl Error {
    /// Says during what the backing table failed, where that is not said yet.
    fn within(mut self, step: &'static str) -> Self {
        if let Self::Lookup { context, .. } = &mut self
            && context.is_empty()
        {
            *context = step;
        }
        self
    }
}

/// No backing tables at all: for functional vindexes, which ask none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLookup;

impl NoLookup {
    fn refuse() -> Error {
        Error::Value("VT13001: [BUG] cannot perform lookup: no vcursor provided".to_owned())
    }
}

impl LookupTable for NoLookup {
    fn execute(
        &mut self,
        _: &str,
        _: &BTreeMap<String, BindValue>,
        _: CommitOrder,
    ) -> Result<Vec<Vec<Value>>, Error> {
        Err(Self::refuse())
    }

    fn execute_at(
        &mut self,
        _: &str,
        _: &KeyspaceId,
        _: &str,
        _: &BTreeMap<String, BindValue>,
    ) -> Result<Vec<Vec<Value>>, Error> {
        Err(Self::refuse())
    }

    fn statement(&self) -> StatementContext {
        StatementContext::default()
    }
}
