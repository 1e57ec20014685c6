//! The error a MySQL client sees: number, SQLSTATE, text. Engine, shards and router all end in it.

use std::fmt;

/// A MySQL error as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// MySQL's error number.
    pub errno: u16,
    /// Five characters.
    pub sqlstate: &'static str,
    /// The text.
    pub message: String,
}

impl SqlError {
    /// Returns an error with the given number, SQLSTATE and text.
    pub fn new(errno: u16, sqlstate: &'static str, message: impl Into<String>) -> Self {
        Self {
            errno,
            sqlstate,
            message: message.into(),
        }
    }

    /// Returns `ERROR 1105 (HY000)`, MySQL's "unknown error": the last resort.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(1105, "HY000", message)
    }

    /// Returns `ERROR 1235 (42000)`: the construct is named, never mis-executed.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(1235, "42000", format!("unsupported: {what}"))
    }

    /// Returns `ERROR 1064 (42000)`.
    pub fn syntax(message: impl Into<String>) -> Self {
        Self::new(1064, "42000", message)
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ERROR {} ({}): {}",
            self.errno, self.sqlstate, self.message
        )
    }
}

impl std::error::Error for SqlError {}
