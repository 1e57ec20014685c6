//! The history of anything: which commits changed a keyspace, table, column, index, vindex, row or cell, and who did.
//!
//! A commit *touches* a subject if it differs from each of its parents there; a root, if it has it. A merge that agrees
//! with a parent is passed by towards that parent (the first of several), as `git log -- <path>` simplifies a history, so
//! what a merge dropped is not told. Subjects are followed back through renames by their identities, rows also through
//! a change of their table's primary key. The index answers with exactly what the walk finds, or not at all.
//!
//! Order: newest committer date first among the commits found, a commit never before one that descends from it along
//! the simplified lines, equal dates in the order met.

mod bisect;
mod blame;
mod error;
mod grep;
mod index;
mod refine;
mod subject;
mod units;
mod version;
mod walk;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

pub use bisect::{Next, next as bisect_next};
pub use blame::{BlamedCell, BlamedDefinition, BlamedRow};
pub use error::Error;
pub use grep::{Match, Search};
pub use index::Progress;
pub use subject::{KeyValue, Subject};
pub use version::{NamedKey, TableVersion};
pub use walk::Touch;

use crate::store::{CommitId, Store};

#[cfg(test)]
mod tests;

/// When the index is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexUse {
    /// Where there is one, or where a walk would be long.
    #[default]
    Auto,
    /// Always: it is built where it is absent.
    Always,
    /// Never: every answer comes from a walk.
    Never,
}

impl IndexUse {
    /// Reads the setting `vrev.historyIndex` of git's configuration: `auto`, `always` or `never`.
    pub fn of(store: &Store) -> Self {
        match store.config("vrev.historyIndex").as_deref() {
            Some("always") => Self::Always,
            Some("never") => Self::Never,
            _ => Self::Auto,
        }
    }
}

/// An index that is being opened while its user finds out what to ask; by default none.
#[derive(Default)]
pub struct Ahead(Option<index::Opening>);

impl Ahead {
    /// Begins to open the index, if there is one and it is used.
    pub fn begin(store: &Store, index_use: IndexUse) -> Self {
        let is_used = index_use != IndexUse::Never && index::Index::is_there(store);
        Self(is_used.then(|| index::Index::begin(store)).flatten())
    }
}

/// Reads histories of one repository.
pub struct History<'s> {
    store: &'s Store,
    follow: bool,
    index_use: IndexUse,
    index: RefCell<Option<index::Index>>,
    opening: Cell<Option<index::Opening>>,
    /// Commits a walk may still read before the index is built instead.
    budget: Cell<usize>,
    progress: RefCell<Box<dyn FnMut(Progress) + 's>>,
    /// Commits that are wanted, where some are not.
    wanted: RefCell<Option<HashSet<CommitId>>>,
}

/// A walk longer than this is worth an index.
const LONG_WALK: usize = 400;

impl<'s> History<'s> {
    /// Returns a reader of histories; `progress` hears how far the index is built.
    pub fn new(store: &'s Store, index_use: IndexUse, progress: impl FnMut(Progress) + 's) -> Self {
        Self {
            store,
            follow: true,
            index_use,
            index: RefCell::new(None),
            opening: Cell::new(None),
            budget: Cell::new(usize::MAX),
            progress: RefCell::new(Box::new(progress)),
            wanted: RefCell::new(None),
        }
    }

    /// Takes an index that is being opened, or begins to open it.
    pub fn prepare(&self, ahead: Ahead) {
        let begin = || Ahead::begin(self.store, self.index_use).0;
        self.opening.set(ahead.0.or_else(begin));
    }

    /// Ends without closing the index, which this process holds to its end then: for one that asks once.
    pub fn leave(self) {
        if let Some(index) = self.index.take() {
            index.leave();
        }
    }

    /// Stops at renames instead of following them.
    #[must_use]
    pub fn without_renames(mut self) -> Self {
        self.follow = false;
        self
    }
}
