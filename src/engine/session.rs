//! What a statement's functions may ask of the connection: the clock, the last insert id, names; and its warnings.
//!
//! The clock stands still for the time of a statement, as MySQL's `NOW()` does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::value::{Date, DateTime};

/// State shared by the functions registered on one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Session(Arc<Mutex<State>>);

/// See [`Session`].
#[derive(Debug)]
pub(super) struct State {
    /// When the statement began (UTC, the session's zone).
    pub(super) now: DateTime,
    /// `LAST_INSERT_ID()`.
    pub(super) last_insert_id: u64,
    /// Whether `LAST_INSERT_ID(expr)` set it in this statement.
    pub(super) insert_id_set: bool,
    /// `ROW_COUNT()` of the statement before.
    pub(super) row_count: i64,
    /// `FOUND_ROWS()` of the statement before.
    pub(super) found_rows: u64,
    /// `DATABASE()`.
    pub(super) database: Option<String>,
    /// `CONNECTION_ID()`.
    pub(super) connection_id: u64,
    /// Warnings of the running statement.
    pub(super) warnings: Vec<(u16, String)>,
    /// State of `RAND()`.
    pub(super) random: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            now: clock(),
            last_insert_id: 0,
            insert_id_set: false,
            row_count: -1,
            found_rows: 0,
            database: None,
            connection_id: 1,
            warnings: Vec::new(),
            random: 0x9E37_79B9_7F4A_7C15,
        }
    }
}

/// The most warnings kept (MySQL's `max_error_count`).
const MAX_WARNINGS: usize = 1024;

impl Session {
    /// Locks the state; a panic elsewhere leaves it usable.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a statement: the clock is read, warnings are forgotten.
    pub(super) fn begin_statement(&self) {
        let mut state = self.state();
        state.now = clock();
        state.insert_id_set = false;
        state.warnings.clear();
    }

    /// When the statement began.
    pub(super) fn now(&self) -> DateTime {
        self.state().now
    }

    /// Adds a warning.
    pub(super) fn warn(&self, errno: u16, message: impl Into<String>) {
        let mut state = self.state();
        if state.warnings.len() < MAX_WARNINGS {
            state.warnings.push((errno, message.into()));
        }
    }

    /// Takes the statement's warnings.
    pub(super) fn take_warnings(&self) -> Vec<(u16, String)> {
        std::mem::take(&mut self.state().warnings)
    }
}

/// The time now, UTC.
fn clock() -> DateTime {
    let micros = jiff::Timestamp::now().as_microsecond();
    let day = i64::try_from(super::storage::DAY).unwrap_or(i64::MAX);
    let date = Date::from_days_since_epoch(micros.div_euclid(day)).unwrap_or(Date {
        year: 1970,
        month: 1,
        day: 1,
    });
    DateTime {
        date,
        micros: u64::try_from(micros.rem_euclid(day)).unwrap_or(0),
    }
}
