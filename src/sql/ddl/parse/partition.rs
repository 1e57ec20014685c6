//! PARTITION BY and partition definitions (MySQL manual, "CREATE TABLE Statement", partitioning).

use sqlparser::tokenizer::Token;

use super::super::{Expression, Partition, PartitionBound, PartitionKind, Partitioning};
use super::option;
use crate::sql::Error;
use crate::sql::cursor::Cursor;

/// Reads from `PARTITION BY` on.
pub(super) fn by(cursor: &mut Cursor<'_>) -> Result<Partitioning, Error> {
    cursor.expect_words(&["partition", "by"])?;
    let kind = kind(cursor)?;
    let count = if cursor.eat_word("partitions") {
        Some(cursor.integer()?)
    } else {
        None
    };
    let subpartition = match cursor.eat_words(&["subpartition", "by"]) {
        true => {
            let at = cursor.clone();
            let kind = self::kind(cursor)?;
            if !matches!(kind, PartitionKind::Hash { .. } | PartitionKind::Key { .. }) {
                return Err(at.expected("expected `hash` or `key`"));
            }
            let count = if cursor.eat_word("subpartitions") {
                Some(cursor.integer()?)
            } else {
                None
            };
            Some((kind, count))
        }
        false => None,
    };
    let partitions = if *cursor.peek() == Token::LParen {
        definitions(cursor)?
    } else {
        Vec::new()
    };
    Ok(Partitioning {
        kind,
        count,
        subpartition,
        partitions,
    })
}

fn kind(cursor: &mut Cursor<'_>) -> Result<PartitionKind, Error> {
    let linear = cursor.eat_word("linear");
    match cursor.eat_one_of(&["hash", "key", "range", "list"]) {
        Some("hash") => Ok(PartitionKind::Hash {
            linear,
            expression: expression(cursor)?,
        }),
        Some("key") => {
            let algorithm = match cursor.eat_word("algorithm") {
                true => {
                    cursor.expect(&Token::Eq)?;
                    Some(cursor.integer()?)
                }
                false => None,
            };
            Ok(PartitionKind::Key {
                linear,
                algorithm,
                columns: columns(cursor)?,
            })
        }
        _ if linear => Err(cursor.expected("expected `hash` or `key`")),
        Some("range") if cursor.eat_word("columns") => {
            Ok(PartitionKind::RangeColumns(columns(cursor)?))
        }
        Some("range") => Ok(PartitionKind::Range(expression(cursor)?)),
        Some(_) if cursor.eat_word("columns") => Ok(PartitionKind::ListColumns(columns(cursor)?)),
        Some(_) => Ok(PartitionKind::List(expression(cursor)?)),
        None => Err(cursor.expected("expected `hash`, `key`, `range` or `list`")),
    }
}

fn expression(cursor: &mut Cursor<'_>) -> Result<Expression, Error> {
    cursor.parenthesised()?.expression().map(Expression)
}

/// Reads `(column, …)`, perhaps empty, as KEY () is.
fn columns(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Error> {
    if *cursor.peek_nth(1) == Token::RParen {
        cursor.expect(&Token::LParen)?;
        cursor.expect(&Token::RParen)?;
        return Ok(Vec::new());
    }
    cursor.list(Cursor::identifier)
}

/// Reads `(PARTITION …, …)`.
pub(super) fn definitions(cursor: &mut Cursor<'_>) -> Result<Vec<Partition>, Error> {
    cursor.list(|cursor| {
        cursor.expect_word("partition")?;
        let mut partition = Partition {
            name: cursor.word_or_string()?,
            bound: bound(cursor)?,
            options: option::uncomma(cursor)?,
            subpartitions: Vec::new(),
        };
        if *cursor.peek() == Token::LParen {
            partition.subpartitions = cursor.list(subpartition)?;
        }
        Ok(partition)
    })
}

fn subpartition(cursor: &mut Cursor<'_>) -> Result<Partition, Error> {
    cursor.expect_word("subpartition")?;
    Ok(Partition {
        name: cursor.word_or_string()?,
        bound: None,
        options: option::uncomma(cursor)?,
        subpartitions: Vec::new(),
    })
}

fn bound(cursor: &mut Cursor<'_>) -> Result<Option<PartitionBound>, Error> {
    if !cursor.eat_word("values") {
        return Ok(None);
    }
    if cursor.eat_word("in") {
        let mut values = Vec::new();
        for value in cursor.parenthesised()?.split_at_commas() {
            values.push(in_value(value)?);
        }
        if values.is_empty() {
            return Err(cursor.expected("expected a value"));
        }
        return Ok(Some(PartitionBound::In(values)));
    }
    cursor.expect_words(&["less", "than"])?;
    if cursor.eat_word("maxvalue") {
        return Ok(Some(PartitionBound::MaxValue));
    }
    let mut values = Vec::new();
    for mut value in cursor.parenthesised()?.split_at_commas() {
        values.push(match value.is("maxvalue") {
            true => {
                value.next();
                value.expect_end()?;
                None
            }
            false => Some(Expression(value.expression()?)),
        });
    }
    if values.is_empty() {
        return Err(cursor.expected("expected a value"));
    }
    Ok(Some(PartitionBound::LessThan(values)))
}

/// One value of `VALUES IN`: an expression, or a parenthesised row of several.
fn in_value(cursor: Cursor<'_>) -> Result<Vec<Expression>, Error> {
    if *cursor.peek() == Token::LParen {
        let mut row = cursor.clone();
        let inside = row.parenthesised()?;
        if row.at_end() {
            return inside
                .split_at_commas()
                .into_iter()
                .map(|value| value.expression().map(Expression))
                .collect();
        }
    }
    Ok(vec![Expression(cursor.expression()?)])
}
