//! CREATE TABLE (MySQL manual, "CREATE TABLE Statement").

use sqlparser::tokenizer::Token;

use super::super::{CreateTable, CreateTableStatement, Ddl};
use super::index::Element;
use super::{column, index, option, partition};
use crate::sql::cursor::{Cursor, is_word};
use crate::sql::{Error, TableName, ast};

/// Reads from `[TEMPORARY] TABLE` on.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Result<Ddl, Error> {
    let temporary = cursor.eat_word("temporary");
    cursor.expect_word("table")?;
    let if_not_exists = cursor.eat_words(&["if", "not", "exists"]);
    let name = cursor.table_name()?;
    if let Some(like) = like(cursor)? {
        return Ok(Ddl::CreateTableLike {
            name,
            like,
            if_not_exists,
            temporary,
        });
    }
    let mut table = CreateTable {
        name,
        columns: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        options: Vec::new(),
        partitioning: None,
    };
    if *cursor.peek() == Token::LParen && !starts_query(cursor.peek_nth(1)) {
        elements(cursor, &mut table)?;
    }
    table.options = option::table(cursor)?;
    if cursor.are(&["partition", "by"]) {
        table.partitioning = Some(partition::by(cursor)?);
    }
    let duplicates = match cursor.eat_one_of(&["IGNORE", "REPLACE"]) {
        Some(word) if cursor.is("as") || starts_query(cursor.peek()) => Some(word.to_owned()),
        Some(_) => return Err(cursor.expected("expected a query")),
        None => None,
    };
    let query = query(cursor)?;
    if query.is_none() && table.columns.is_empty() {
        return Err(cursor.expected("expected columns or a query"));
    }
    Ok(Ddl::CreateTable(Box::new(CreateTableStatement {
        table,
        if_not_exists,
        temporary,
        query,
        duplicates,
    })))
}

/// `LIKE t`, `(LIKE t)`.
fn like(cursor: &mut Cursor<'_>) -> Result<Option<TableName>, Error> {
    if cursor.eat_word("like") {
        return cursor.table_name().map(Some);
    }
    if *cursor.peek() == Token::LParen && is_word(cursor.peek_nth(1), "like") {
        let mut inside = cursor.parenthesised()?;
        inside.expect_word("like")?;
        let table = inside.table_name()?;
        inside.expect_end()?;
        return Ok(Some(table));
    }
    Ok(None)
}

fn starts_query(token: &Token) -> bool {
    *token == Token::LParen
        || ["select", "with", "table", "values"]
            .iter()
            .any(|word| is_word(token, word))
}

fn elements(cursor: &mut Cursor<'_>, table: &mut CreateTable) -> Result<(), Error> {
    cursor.expect(&Token::LParen)?;
    loop {
        match index::element(cursor)? {
            Some(Element::Index(index)) => table.indexes.push(index),
            Some(Element::ForeignKey(foreign_key)) => table.foreign_keys.push(foreign_key),
            Some(Element::Check(check)) => table.checks.push(check),
            None => {
                let name = cursor.identifier()?;
                let column = column::definition(cursor, name)?;
                table.columns.push(column.column);
                table.indexes.extend(column.keys);
                table.checks.extend(column.checks);
            }
        }
        if !cursor.eat(&Token::Comma) {
            return cursor.expect(&Token::RParen);
        }
    }
}

/// `[AS] query`.
fn query(cursor: &mut Cursor<'_>) -> Result<Option<Box<ast::Query>>, Error> {
    let said = cursor.eat_word("as");
    if !said && !starts_query(cursor.peek()) {
        return Ok(None);
    }
    let query = cursor.query()?;
    cursor.skip_to_end();
    Ok(Some(Box::new(query)))
}
