//! Text and syntax trees of MySQL's dialect: the only way in is [`parse_statement`] and [`parse_script`].
//!
//! Queries and DML are sqlparser's trees (re-exported as [`ast`]), always read with `with_unescape(false)`, so string
//! literals keep their raw text (see [`literal`]). Table DDL ([`ddl`]) and `ALTER VSCHEMA` ([`vschema_ddl`]) have
//! parsers of their own on sqlparser's tokenizer, because sqlparser reads MySQL's DDL incompletely and prints it
//! lossily. No input may overflow the stack: length and nesting are bounded here, before anything is parsed.

pub mod change;
mod cursor;
pub mod ddl;
mod dialect;
mod error;
mod front;
mod head;
mod keyword;
pub mod limits;
pub mod literal;
pub mod name;
mod plain;
mod prepared;
pub mod print;
mod rewrite;
mod script;
mod token;
pub mod vschema_ddl;

pub use error::{Error, Position, SqlError};
pub use head::{Head, head};
pub use name::TableName;
pub use prepared::{Prepared, PreparedText, bind, placeholders};
pub use rewrite::{interval_unit, unit_argument};
pub use script::{ScriptStatement, parse_script, split_script, start_of};
pub use sqlparser::ast;

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Reads one statement; a trailing `;` is allowed.
///
/// # Errors
/// [`Error::Syntax`] with the place and the offending token, [`Error::Unsupported`] for what MySQL has and vrev has
/// not, [`Error::TooLong`] and [`Error::TooDeep`] beyond the [`limits`], [`Error::Empty`] for no statement at all.
pub fn parse_statement(text: &str) -> Result<Statement, Error> {
    front::statement(text, &one_statement(text)?)
}

/// Returns the tokens of one statement, without the `;` that may end it.
fn one_statement(text: &str) -> Result<Vec<TokenWithSpan>, Error> {
    let mut tokens = read_tokens(text)?;
    while tokens
        .last()
        .is_some_and(|last| last.token == Token::SemiColon)
    {
        tokens.pop();
    }
    if tokens
        .iter()
        .all(|spanned| matches!(spanned.token, Token::Whitespace(_)))
    {
        return Err(Error::Empty);
    }
    if let Some(second) = tokens
        .iter()
        .find(|spanned| spanned.token == Token::SemiColon)
    {
        return Err(token::unexpected(text, second, "expected one statement"));
    }
    Ok(tokens)
}

/// Reads one scalar expression.
///
/// # Errors
/// As [`parse_statement`].
pub fn parse_expression(text: &str) -> Result<ast::Expr, Error> {
    let tokens = read_tokens(text)?;
    cursor::Cursor::new(text, &tokens).expression()
}

/// Reads one query: SELECT, UNION, WITH, VALUES, TABLE.
///
/// # Errors
/// As [`parse_statement`].
pub fn parse_query(text: &str) -> Result<ast::Query, Error> {
    let tokens = read_tokens(text)?;
    cursor::Cursor::new(text, &tokens).query()
}

/// Reads `table` or `keyspace.table`, bare or backticked.
///
/// # Errors
/// As [`parse_statement`].
pub fn parse_table_name(text: &str) -> Result<TableName, Error> {
    let tokens = read_tokens(text)?;
    let mut cursor = cursor::Cursor::new(text, &tokens);
    if matches!(cursor.peek(), Token::Period) {
        return Err(cursor.expected("expected an identifier"));
    }
    let table = cursor.table_name()?;
    cursor.expect_end()?;
    Ok(table)
}

fn read_tokens(text: &str) -> Result<Vec<TokenWithSpan>, Error> {
    if text.len() > limits::MAX_BYTES {
        return Err(Error::TooLong {
            bytes: text.len(),
            limit: limits::MAX_BYTES,
        });
    }
    let tokens = token::tokenize(text)?;
    limits::check_depth(&tokens)?;
    Ok(tokens)
}

/// One statement in MySQL's dialect as vrev reads it.
#[derive(Debug, Clone)]
pub enum Statement {
    /// A query, DML, SET, transaction control and whatever else sqlparser reads well.
    Sql(Box<ast::Statement>),
    /// `SELECT NEXT n VALUES FROM seq` (Vitess): the count and the sequence.
    SelectNext {
        /// How many values; a literal, `:name` or `?`.
        count: ast::Expr,
        /// The sequence table.
        table: TableName,
    },
    /// Table, view and index DDL.
    Ddl(ddl::Ddl),
    /// `ALTER VSCHEMA …`.
    AlterVschema(vschema_ddl::AlterVschema),
    /// `SHOW VSCHEMA …`.
    ShowVschema(vschema_ddl::ShowVschema),
    /// `USE …`; the target string as written, without quotes (`customer:-80`).
    Use(String),
    /// `CALL procedure(arguments)`, arguments as expressions.
    Call {
        /// Procedure name, as written.
        name: String,
        /// Arguments.
        arguments: Vec<ast::Expr>,
    },
    /// `VEXPLAIN [PLAN|QUERIES|ALL|TRACE|KEYS] statement`.
    Vexplain {
        /// What to show.
        kind: VexplainKind,
        /// The explained statement.
        statement: Box<Statement>,
    },
    /// `PREPARE`, `EXECUTE`, `DEALLOCATE PREPARE`.
    Prepared(Prepared),
    /// `SHOW …` that clients and people use: tables, create table, databases, columns, index, variables, warnings.
    Show(Show),
}

/// What VEXPLAIN shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are Vitess's keywords")]
pub enum VexplainKind {
    Plan,
    Queries,
    All,
    Trace,
    Keys,
}

/// A SHOW statement.
#[derive(Debug, Clone)]
pub enum Show {
    /// `SHOW CREATE TABLE t`.
    CreateTable(TableName),
    /// `SHOW CREATE VIEW v`.
    CreateView(TableName),
    /// `SHOW [FULL] TABLES [FROM ks] [LIKE 'x']`.
    Tables {
        /// `FULL`.
        full: bool,
        /// Keyspace named by FROM or IN.
        keyspace: Option<String>,
        /// The LIKE pattern.
        like: Option<String>,
    },
    /// `SHOW TABLE STATUS [FROM ks] [LIKE 'x']`.
    TableStatus {
        /// Keyspace named by FROM or IN.
        keyspace: Option<String>,
        /// The LIKE pattern.
        like: Option<String>,
    },
    /// `SHOW [FULL] COLUMNS FROM t`, `DESCRIBE t`.
    Columns {
        /// `FULL`.
        full: bool,
        /// The table.
        table: TableName,
    },
    /// `SHOW INDEX FROM t`.
    Index(TableName),
    /// `SHOW DATABASES`, `SHOW KEYSPACES`, `SHOW SCHEMAS`.
    Databases {
        /// The LIKE pattern.
        like: Option<String>,
    },
    /// `SHOW … WHERE condition` over the columns that are shown.
    Where {
        /// What is shown.
        show: Box<Show>,
        /// Which rows of it.
        condition: Box<ast::Expr>,
    },
    /// `SHOW … AS OF revision`, `DESCRIBE t AS OF revision`.
    AsOf {
        /// What is shown.
        show: Box<Show>,
        /// The revision, or a time.
        revision: ast::Expr,
    },
    /// `SHOW VARIABLES`, `SHOW STATUS`, `SHOW WARNINGS`, …: the words after SHOW, upper case, and the LIKE pattern.
    Other {
        /// The words, for instance `VARIABLES`, `SESSION STATUS`, `VITESS_SHARDS`.
        what: String,
        /// The LIKE pattern.
        like: Option<String>,
    },
}

impl Show {
    /// Returns the keyspace that is written in the statement; `None` where none is, or none can be.
    pub fn keyspace_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::CreateTable(table)
            | Self::CreateView(table)
            | Self::Index(table)
            | Self::Columns { table, .. } => table.keyspace.as_mut(),
            Self::Tables { keyspace, .. } | Self::TableStatus { keyspace, .. } => keyspace.as_mut(),
            Self::Where { show, .. } => show.keyspace_mut(),
            Self::Databases { .. } | Self::Other { .. } | Self::AsOf { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod soup;
