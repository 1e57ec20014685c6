//! Keys, foreign keys and CHECK constraints as elements of a table (MySQL manual, "CREATE TABLE Statement").

use sqlparser::tokenizer::Token;

use super::super::{Check, Expression, ForeignKey, Index, IndexKind, IndexPart, ReferenceAction};
use crate::sql::Error;
use crate::sql::cursor::Cursor;

/// One element of a table that is no column.
pub(super) enum Element {
    Index(Index),
    ForeignKey(ForeignKey),
    Check(Check),
}

/// Reads UNIQUE, FULLTEXT or SPATIAL before INDEX; nothing is read where no index comes.
pub(super) fn kind_word(cursor: &mut Cursor<'_>) -> Option<IndexKind> {
    if cursor.is("index") {
        return Some(IndexKind::Plain);
    }
    for (word, kind) in [
        ("unique", IndexKind::Unique),
        ("fulltext", IndexKind::Fulltext),
        ("spatial", IndexKind::Spatial),
    ] {
        if cursor.eat_words(&[word]) {
            return Some(kind);
        }
    }
    None
}

/// Reads a key, foreign key or CHECK, with its CONSTRAINT name; `None` where a column comes.
pub(super) fn element(cursor: &mut Cursor<'_>) -> Result<Option<Element>, Error> {
    let constrained = cursor.eat_word("constraint");
    let starts = ["primary", "unique", "foreign", "check"];
    let constraint = match constrained && !starts.iter().any(|word| cursor.is(word)) {
        true => Some(cursor.identifier()?),
        false => None,
    };
    if cursor.eat_words(&["primary", "key"]) {
        let mut index = key(cursor, IndexKind::Primary)?;
        // A name given to the primary key is ignored, as MySQL does.
        index.name = None;
        return Ok(Some(Element::Index(Index {
            constraint,
            ..index
        })));
    }
    if cursor.eat_word("unique") {
        cursor.eat_one_of(&["index", "key"]);
        let index = key(cursor, IndexKind::Unique)?;
        return Ok(Some(Element::Index(Index {
            constraint,
            ..index
        })));
    }
    if cursor.eat_words(&["foreign", "key"]) {
        return foreign_key(cursor, constraint)
            .map(|foreign_key| Some(Element::ForeignKey(foreign_key)));
    }
    if cursor.is("check") && *cursor.peek_nth(1) == Token::LParen {
        return check(cursor, constraint).map(|check| Some(Element::Check(check)));
    }
    if constrained {
        return Err(cursor.expected("expected `primary key`, `unique`, `foreign key` or `check`"));
    }
    if cursor.eat_one_of(&["index", "key"]).is_some() {
        return key(cursor, IndexKind::Plain).map(|index| Some(Element::Index(index)));
    }
    for (word, kind) in [
        ("fulltext", IndexKind::Fulltext),
        ("spatial", IndexKind::Spatial),
    ] {
        if cursor.eat_word(word) {
            cursor.eat_one_of(&["index", "key"]);
            return key(cursor, kind).map(|index| Some(Element::Index(index)));
        }
    }
    Ok(None)
}

/// Reads `[name] [USING type] (parts) [options]`.
fn key(cursor: &mut Cursor<'_>, kind: IndexKind) -> Result<Index, Error> {
    let mut index = Index::empty(kind);
    super::alter::no_condition(cursor, "ADD KEY")?;
    if *cursor.peek() != Token::LParen && !starts_using(cursor) {
        index.name = Some(cursor.identifier()?);
    }
    using(cursor, &mut index)?;
    index.parts = parts(cursor)?;
    options(cursor, &mut index)?;
    Ok(index)
}

/// USING is reserved; TYPE is its old spelling and may be a name.
fn starts_using(cursor: &Cursor<'_>) -> bool {
    let method = |n: usize| {
        ["btree", "hash", "rtree"]
            .iter()
            .any(|word| crate::sql::cursor::is_word(cursor.peek_nth(n), word))
    };
    cursor.is("using") || (cursor.is("type") && method(1) && !method(0))
}

/// Reads `USING BTREE`.
pub(super) fn using(cursor: &mut Cursor<'_>, index: &mut Index) -> Result<bool, Error> {
    if !starts_using(cursor) {
        return Ok(false);
    }
    cursor.next();
    index.using = Some(cursor.identifier()?.to_ascii_uppercase());
    Ok(true)
}

/// Reads `(part, …)`.
pub(super) fn parts(cursor: &mut Cursor<'_>) -> Result<Vec<IndexPart>, Error> {
    cursor.list(part)
}

fn part(cursor: &mut Cursor<'_>) -> Result<IndexPart, Error> {
    if *cursor.peek() == Token::LParen {
        let expression = Expression(cursor.parenthesised()?.expression()?);
        return Ok(IndexPart::Expression {
            expression,
            descending: descending(cursor),
        });
    }
    let name = cursor.identifier()?;
    let length = match cursor.eat(&Token::LParen) {
        true => {
            let length = cursor.integer()?;
            cursor.expect(&Token::RParen)?;
            Some(length)
        }
        false => None,
    };
    Ok(IndexPart::Column {
        name,
        length,
        descending: descending(cursor),
    })
}

fn descending(cursor: &mut Cursor<'_>) -> bool {
    cursor.eat_one_of(&["asc", "desc"]) == Some("desc")
}

/// Reads what may follow a key's parts.
pub(super) fn options(cursor: &mut Cursor<'_>, index: &mut Index) -> Result<(), Error> {
    loop {
        if using(cursor, index)? {
            continue;
        }
        match cursor.eat_one_of(&[
            "key_block_size",
            "with",
            "comment",
            "visible",
            "invisible",
            "ignored",
            "engine_attribute",
            "secondary_engine_attribute",
        ]) {
            Some("key_block_size") => {
                cursor.eat(&Token::Eq);
                index.key_block_size = Some(cursor.integer()?);
            }
            Some("with") => {
                cursor.expect_word("parser")?;
                index.parser = Some(cursor.identifier()?);
            }
            Some("comment") => {
                cursor.eat(&Token::Eq);
                index.comment = cursor.string()?;
            }
            Some("visible") => index.invisible = false,
            // IGNORED is MariaDB's INVISIBLE.
            Some("invisible" | "ignored") => index.invisible = true,
            Some("engine_attribute") => {
                cursor.eat(&Token::Eq);
                index.engine_attribute = Some(cursor.string()?);
            }
            Some(_) => {
                cursor.eat(&Token::Eq);
                index.secondary_engine_attribute = Some(cursor.string()?);
            }
            None => return Ok(()),
        }
    }
}

fn foreign_key(cursor: &mut Cursor<'_>, name: Option<String>) -> Result<ForeignKey, Error> {
    let index_name = if *cursor.peek() == Token::LParen {
        None
    } else {
        Some(cursor.identifier()?)
    };
    let columns = cursor.list(Cursor::identifier)?;
    let references = references(cursor)?;
    Ok(ForeignKey {
        name,
        index_name,
        columns,
        ..references
    })
}

/// Reads `REFERENCES t (columns) [MATCH x] [ON DELETE x] [ON UPDATE x]`, as a foreign key of no columns.
pub(super) fn references(cursor: &mut Cursor<'_>) -> Result<ForeignKey, Error> {
    cursor.expect_word("references")?;
    let mut references = ForeignKey {
        name: None,
        index_name: None,
        columns: Vec::new(),
        referenced_table: cursor.table_name()?,
        referenced_columns: match cursor.peek() {
            Token::LParen => cursor.list(Cursor::identifier)?,
            _ => Vec::new(),
        },
        match_type: None,
        on_delete: None,
        on_update: None,
    };
    if cursor.eat_word("match") {
        match cursor.eat_one_of(&["FULL", "PARTIAL", "SIMPLE"]) {
            Some(kind) => references.match_type = Some(kind.to_owned()),
            None => return Err(cursor.expected("expected `full`, `partial` or `simple`")),
        }
    }
    loop {
        if cursor.eat_words(&["on", "delete"]) {
            references.on_delete = Some(action(cursor)?);
        } else if cursor.are(&["on", "update"]) && !is_timestamp(cursor.peek_nth(2)) {
            cursor.expect_words(&["on", "update"])?;
            references.on_update = Some(action(cursor)?);
        } else {
            return Ok(references);
        }
    }
}

/// After an inline REFERENCES, `ON UPDATE CURRENT_TIMESTAMP` is the column's.
fn is_timestamp(token: &Token) -> bool {
    ["current_timestamp", "now", "localtime", "localtimestamp"]
        .iter()
        .any(|word| crate::sql::cursor::is_word(token, word))
}

fn action(cursor: &mut Cursor<'_>) -> Result<ReferenceAction, Error> {
    if cursor.eat_words(&["set", "null"]) {
        Ok(ReferenceAction::SetNull)
    } else if cursor.eat_words(&["set", "default"]) {
        Ok(ReferenceAction::SetDefault)
    } else if cursor.eat_words(&["no", "action"]) {
        Ok(ReferenceAction::NoAction)
    } else {
        match cursor.eat_one_of(&["restrict", "cascade"]) {
            Some("restrict") => Ok(ReferenceAction::Restrict),
            Some(_) => Ok(ReferenceAction::Cascade),
            None => Err(cursor.expected(
                "expected `restrict`, `cascade`, `set null`, `no action` or `set default`",
            )),
        }
    }
}

/// Reads `CHECK (expr) [[NOT] ENFORCED]`.
pub(super) fn check(cursor: &mut Cursor<'_>, name: Option<String>) -> Result<Check, Error> {
    cursor.expect_word("check")?;
    let expression = Expression(cursor.parenthesised()?.expression()?);
    Ok(Check {
        name,
        expression,
        enforced: enforced(cursor).unwrap_or(true),
    })
}

/// Reads `[NOT] ENFORCED`, if it is there.
pub(super) fn enforced(cursor: &mut Cursor<'_>) -> Option<bool> {
    if cursor.eat_words(&["not", "enforced"]) {
        Some(false)
    } else if cursor.eat_word("enforced") {
        Some(true)
    } else {
        None
    }
}
