//! MySQL's table, view, index and database DDL, in the grammar of MySQL 8.0 and 8.4 (manual, "Data Definition
//! Statements"), on sqlparser's tokens; expressions and queries inside are sqlparser's.
//!
//! Every statement is read whole: a clause is in the tree, or the statement is refused. The exceptions are MySQL's own:
//! inline REFERENCES, which it reads and ignores, and words without effect (RESTRICT and CASCADE of DROP, LOCAL).

mod alter;
mod column;
mod index;
mod option;
mod partition;
mod table;
mod view;

use sqlparser::tokenizer::Token;

use super::{AlterClause, AlterTable, Ddl, Index, IndexKind};
use crate::sql::cursor::Cursor;
use crate::sql::{Error, TableName};

/// Reads one DDL statement to its end.
pub(in crate::sql) fn parse(cursor: &mut Cursor<'_>) -> Result<Ddl, Error> {
    let statement = match cursor.eat_one_of(&["create", "alter", "drop", "rename", "truncate"]) {
        Some("create") => create(cursor)?,
        Some("alter") => alter(cursor)?,
        Some("drop") => drop(cursor)?,
        Some("rename") => rename(cursor)?,
        Some(_) => {
            cursor.eat_word("table");
            Ddl::TruncateTable(cursor.table_name()?)
        }
        None => return Err(cursor.expected("expected a DDL statement")),
    };
    cursor.expect_end()?;
    Ok(statement)
}

fn create(cursor: &mut Cursor<'_>) -> Result<Ddl, Error> {
    if cursor.are(&["temporary", "table"]) || cursor.is("table") {
        return table::create(cursor);
    }
    if cursor.eat_one_of(&["database", "schema"]).is_some() {
        let if_not_exists = cursor.eat_words(&["if", "not", "exists"]);
        let name = cursor.identifier()?;
        return Ok(Ddl::CreateDatabase {
            name,
            if_not_exists,
            options: option::database(cursor)?,
        });
    }
    if let Some(kind) = index::kind_word(cursor) {
        return create_index(cursor, kind);
    }
    let or_replace = cursor.eat_words(&["or", "replace"]);
    let header = view::header(cursor)?;
    if cursor.eat_word("view") {
        // MariaDB's spelling; MySQL 8 has OR REPLACE only.
        alter::no_condition(cursor, "CREATE VIEW")?;
        return view::body(cursor, or_replace, header).map(Ddl::CreateView);
    }
    Err(not_schema(cursor, "CREATE"))
}

fn alter(cursor: &mut Cursor<'_>) -> Result<Ddl, Error> {
    if cursor.eat_word("table") {
        return alter::table(cursor).map(Ddl::AlterTable);
    }
    if cursor.eat_one_of(&["database", "schema"]).is_some() {
        let name = if option::starts_database_option(cursor) {
            None
        } else {
            Some(cursor.identifier()?)
        };
        let options = option::database(cursor)?;
        if options.is_empty() {
            return Err(cursor.expected("expected an option of the database"));
        }
        return Ok(Ddl::AlterDatabase { name, options });
    }
    let header = view::header(cursor)?;
    if cursor.eat_word("view") {
        return view::body(cursor, false, header).map(Ddl::AlterView);
    }
    Err(not_schema(cursor, "ALTER"))
}

fn drop(cursor: &mut Cursor<'_>) -> Result<Ddl, Error> {
    let temporary = cursor.eat_word("temporary");
    if cursor.eat_one_of(&["tables", "table"]).is_some() {
        let if_exists = cursor.eat_words(&["if", "exists"]);
        let names = cursor.comma_separated(Cursor::table_name)?;
        cursor.eat_one_of(&["restrict", "cascade"]);
        return Ok(Ddl::DropTable {
            names,
            if_exists,
            temporary,
        });
    }
    if cursor.eat_word("view") {
        let if_exists = cursor.eat_words(&["if", "exists"]);
        let names = cursor.comma_separated(Cursor::table_name)?;
        cursor.eat_one_of(&["restrict", "cascade"]);
        return Ok(Ddl::DropView { names, if_exists });
    }
    if cursor.eat_one_of(&["database", "schema"]).is_some() {
        let if_exists = cursor.eat_words(&["if", "exists"]);
        return Ok(Ddl::DropDatabase {
            name: cursor.identifier()?,
            if_exists,
        });
    }
    if cursor.eat_word("index") {
        alter::no_condition(cursor, "DROP INDEX")?;
        let index = cursor.identifier()?;
        cursor.expect_word("on")?;
        let table = cursor.table_name()?;
        let dropped = match index.eq_ignore_ascii_case("PRIMARY") {
            true => AlterClause::DropPrimaryKey,
            false => AlterClause::DropIndex(index),
        };
        let mut clauses = vec![dropped];
        clauses.extend(alter::algorithm_and_lock(cursor)?);
        return Ok(Ddl::AlterTable(AlterTable { table, clauses }));
    }
    Err(not_schema(cursor, "DROP"))
}

fn rename(cursor: &mut Cursor<'_>) -> Result<Ddl, Error> {
    if cursor.eat_one_of(&["table", "tables"]).is_none() {
        return Err(not_schema(cursor, "RENAME"));
    }
    let renames = cursor.comma_separated(|cursor| -> Result<(TableName, TableName), Error> {
        let from = cursor.table_name()?;
        cursor.expect_word("to")?;
        Ok((from, cursor.table_name()?))
    })?;
    Ok(Ddl::RenameTable(renames))
}

fn create_index(cursor: &mut Cursor<'_>, kind: IndexKind) -> Result<Ddl, Error> {
    cursor.expect_word("index")?;
    alter::no_condition(cursor, "CREATE INDEX")?;
    let mut index = Index::empty(kind);
    index.name = Some(cursor.identifier()?);
    index::using(cursor, &mut index)?;
    cursor.expect_word("on")?;
    let table = cursor.table_name()?;
    index.parts = index::parts(cursor)?;
    index::options(cursor, &mut index)?;
    let mut clauses = vec![AlterClause::AddIndex(index)];
    clauses.extend(alter::algorithm_and_lock(cursor)?);
    Ok(Ddl::AlterTable(AlterTable { table, clauses }))
}

/// Refuses what MySQL has and a schema of tables and views has not; anything else is a syntax error.
fn not_schema(cursor: &Cursor<'_>, verb: &str) -> Error {
    const OTHERS: &[&str] = &[
        "aggregate",
        "event",
        "function",
        "instance",
        "library",
        "logfile",
        "loadable",
        "prepare",
        "procedure",
        "resource",
        "role",
        "server",
        "spatial",
        "tablespace",
        "trigger",
        "undo",
        "user",
        "vitess_migration",
        "sql",
    ];
    match cursor.peek() {
        Token::Word(word)
            if OTHERS
                .iter()
                .any(|other| word.value.eq_ignore_ascii_case(other)) =>
        {
            cursor.unsupported(format!("{verb} {}", word.value.to_ascii_uppercase()))
        }
        _ => cursor.expected(format!("expected what to {}", verb.to_ascii_lowercase())),
    }
}
