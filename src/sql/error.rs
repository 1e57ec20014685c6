//! Two errors: what the parser says ([`Error`], with a place in the text), and what a MySQL client sees ([`SqlError`]:
//! number, SQLSTATE, text), in which engine, shards and router all end.

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

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// Characters from 1.
    pub column: usize,
}

impl Position {
    /// Returns the same place counted in a longer text, in which this one's text begins at `start`.
    pub fn within(self, start: Self) -> Self {
        let columns = if self.line == 1 { start.column - 1 } else { 0 };
        Self {
            line: self.line + start.line - 1,
            column: self.column + columns,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Why a text is not a statement that vrev reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text does not follow the grammar.
    #[error("syntax error at {at} near `{token}`: {expected}")]
    Syntax {
        /// Where the offending token starts.
        at: Position,
        /// The offending token; `end of input` at the end.
        token: String,
        /// The text from that token on, at most 80 characters, as MySQL quotes it.
        rest: String,
        /// What was expected, or what is wrong.
        expected: String,
    },
    /// MySQL has it, vrev does not.
    #[error("unsupported: {feature} (at {at})")]
    Unsupported {
        /// The construct.
        feature: String,
        /// Where it starts.
        at: Position,
    },
    /// The statement is longer than [`limits::MAX_BYTES`](super::limits::MAX_BYTES).
    #[error("statement of {bytes} bytes is longer than the limit of {limit} bytes")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Parentheses, subqueries or chains of operators nest deeper than [`limits::MAX_DEPTH`](super::limits::MAX_DEPTH).
    #[error(
        "statement nests too deeply at {at}: parentheses, subqueries and operators exceed a depth of {limit}"
    )]
    TooDeep {
        /// Where the limit is passed.
        at: Position,
        /// The limit.
        limit: usize,
    },
    /// Nothing but whitespace and comments.
    #[error("statement is empty")]
    Empty,
}

impl Error {
    /// Returns the place, where the error has one.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Syntax { at, .. } | Self::Unsupported { at, .. } | Self::TooDeep { at, .. } => {
                Some(*at)
            }
            Self::TooLong { .. } | Self::Empty => None,
        }
    }

    /// Returns the same error with places counted in a longer text, in which this one begins at `start`.
    pub fn within(mut self, start: Position) -> Self {
        match &mut self {
            Self::Syntax { at, .. } | Self::Unsupported { at, .. } | Self::TooDeep { at, .. } => {
                *at = at.within(start);
            }
            Self::TooLong { .. } | Self::Empty => {}
        }
        self
    }
}

impl From<Error> for SqlError {
    fn from(error: Error) -> Self {
        match &error {
            Error::Syntax { at, rest, .. } => Self::syntax(format!(
                "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version \
                 for the right syntax to use near '{rest}' at line {}",
                at.line
            )),
            Error::Unsupported { feature, .. } => Self::unsupported(feature),
            Error::TooLong { .. } => Self::new(
                1153,
                "08S01",
                "Got a packet bigger than 'max_allowed_packet' bytes",
            ),
            Error::TooDeep { .. } => Self::new(1436, "HY000", error.to_string()),
            Error::Empty => Self::new(1065, "42000", "Query was empty"),
        }
    }
}
