//! Text and syntax trees of MySQL's dialect: the only way in is [`parse_statement`] and [`parse_script`].
//!
//! Queries and DML are sqlparser's trees (re-exported as [`ast`]), always read with `with_unescape(false)`, so string
//! literals keep their raw text (see [`literal`]). Table DDL ([`ddl`]) and `ALTER VSCHEMA` ([`vschema_ddl`]) have
//! parsers of their own on sqlparser's tokenizer, because sqlparser reads MySQL's DDL incompletely and prints it
//! lossily. No input may overflow the stack: length and nesting are bounded here, before anything is parsed.

pub mod ddl;
mod error;
pub mod vschema_ddl;

pub use error::SqlError;
pub use sqlparser::ast;

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
    /// `SHOW VARIABLES`, `SHOW STATUS`, `SHOW WARNINGS`, …: the words after SHOW, upper case, and the LIKE pattern.
    Other {
        /// The words, for instance `VARIABLES`, `SESSION STATUS`, `VITESS_SHARDS`.
        what: String,
        /// The LIKE pattern.
        like: Option<String>,
    },
}

/// A table or view name with its keyspace, if one was written. Names keep the case in which they were written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The qualifier: a keyspace, perhaps with a target (`customer:-80`).
    pub keyspace: Option<String>,
    /// The table.
    pub name: String,
}
