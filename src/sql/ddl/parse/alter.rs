//! ALTER TABLE in all its forms (MySQL manual, "ALTER TABLE Statement").

use sqlparser::tokenizer::Token;

use super::super::{AlterClause, AlterTable, ColumnPosition, PartitionChange};
use super::index::Element;
use super::{column, index, option, partition};
use crate::sql::Error;
use crate::sql::cursor::{Cursor, is_word};

/// Reads from the table's name on.
pub(super) fn table(cursor: &mut Cursor<'_>) -> Result<AlterTable, Error> {
    let mut alter = AlterTable {
        table: cursor.table_name()?,
        clauses: Vec::new(),
    };
    while !cursor.at_end() {
        if cursor.are(&["partition", "by"]) {
            alter
                .clauses
                .push(AlterClause::PartitionBy(partition::by(cursor)?));
        } else if cursor.eat_words(&["remove", "partitioning"]) {
            alter.clauses.push(AlterClause::RemovePartitioning);
        } else if cursor.eat_words(&["upgrade", "partitioning"]) {
            alter.clauses.push(AlterClause::UpgradePartitioning);
        } else {
            clause(cursor, &mut alter.clauses)?;
        }
        if cursor.at_end() {
            break;
        }
        // Partitioning follows the other clauses without a comma.
        if !cursor.are(&["partition", "by"]) && !cursor.are(&["remove", "partitioning"]) {
            cursor.expect(&Token::Comma)?;
            if cursor.at_end() {
                return Err(cursor.expected("expected a clause"));
            }
        }
    }
    Ok(alter)
}

/// Reads one clause, which may stand for several (`ADD COLUMN (a int, b int)`).
fn clause(cursor: &mut Cursor<'_>, clauses: &mut Vec<AlterClause>) -> Result<(), Error> {
    let options = option::uncomma(cursor)?;
    if !options.is_empty() {
        clauses.push(AlterClause::Options(options));
        return Ok(());
    }
    if let Some(partition) = partition_change(cursor)? {
        clauses.push(AlterClause::Partition(partition));
        return Ok(());
    }
    let verb = cursor.eat_one_of(&[
        "add",
        "drop",
        "modify",
        "change",
        "alter",
        "rename",
        "convert",
        "order",
        "disable",
        "enable",
        "force",
        "discard",
        "import",
        "with",
        "without",
        "algorithm",
        "lock",
    ]);
    let clause = match verb {
        Some("add") => return add(cursor, clauses),
        Some("drop") => drop(cursor)?,
        Some("modify") => {
            cursor.eat_word("column");
            let name = cursor.identifier()?;
            let definition = column::definition(cursor, name)?;
            let position = position(cursor)?;
            clauses.push(AlterClause::ModifyColumn {
                column: definition.column,
                keys: definition.keys,
                position,
            });
            clauses.extend(definition.checks.into_iter().map(AlterClause::AddCheck));
            return Ok(());
        }
        Some("change") => {
            cursor.eat_word("column");
            let from = cursor.identifier()?;
            let name = cursor.identifier()?;
            let definition = column::definition(cursor, name)?;
            let position = position(cursor)?;
            let (column, keys) = (definition.column, definition.keys);
            clauses.push(AlterClause::ChangeColumn {
                from,
                column,
                keys,
                position,
            });
            clauses.extend(definition.checks.into_iter().map(AlterClause::AddCheck));
            return Ok(());
        }
        Some("alter") => alter(cursor)?,
        Some("rename") => rename(cursor)?,
        Some("convert") => convert(cursor)?,
        Some("order") => {
            cursor.expect_word("by")?;
            AlterClause::OrderBy(cursor.comma_separated(|cursor| {
                let mut column = cursor.identifier()?;
                // The table may be said, as if there were others.
                while cursor.eat(&Token::Period) {
                    column = cursor.identifier()?;
                }
                Ok((column, cursor.eat_one_of(&["asc", "desc"]) == Some("desc")))
            })?)
        }
        Some("disable") => cursor
            .expect_word("keys")
            .map(|()| AlterClause::DisableKeys)?,
        Some("enable") => cursor
            .expect_word("keys")
            .map(|()| AlterClause::EnableKeys)?,
        Some("force") => AlterClause::Force,
        Some("discard") => cursor
            .expect_word("tablespace")
            .map(|()| AlterClause::DiscardTablespace)?,
        Some("import") => cursor
            .expect_word("tablespace")
            .map(|()| AlterClause::ImportTablespace)?,
        Some("with") => cursor
            .expect_word("validation")
            .map(|()| AlterClause::WithValidation(true))?,
        Some("without") => cursor
            .expect_word("validation")
            .map(|()| AlterClause::WithValidation(false))?,
        Some("algorithm") => algorithm(cursor)?,
        Some(_) => lock(cursor)?,
        None => {
            for word in ["secondary_load", "secondary_unload"] {
                if cursor.is(word) {
                    return Err(
                        cursor.unsupported(format!("ALTER TABLE … {}", word.to_ascii_uppercase()))
                    );
                }
            }
            return Err(cursor.expected("expected a clause of ALTER TABLE"));
        }
    };
    clauses.push(clause);
    Ok(())
}

fn add(cursor: &mut Cursor<'_>, clauses: &mut Vec<AlterClause>) -> Result<(), Error> {
    if let Some(element) = index::element(cursor)? {
        clauses.push(match element {
            Element::Index(index) => AlterClause::AddIndex(index),
            Element::ForeignKey(foreign_key) => AlterClause::AddForeignKey(foreign_key),
            Element::Check(check) => AlterClause::AddCheck(check),
        });
        return Ok(());
    }
    cursor.eat_word("column");
    no_condition(cursor, "ADD COLUMN")?;
    if !cursor.eat(&Token::LParen) {
        let name = cursor.identifier()?;
        let definition = column::definition(cursor, name)?;
        let position = position(cursor)?;
        clauses.push(added(definition, position));
        return Ok(());
    }
    loop {
        match index::element(cursor)? {
            Some(Element::Index(index)) => clauses.push(AlterClause::AddIndex(index)),
            Some(Element::ForeignKey(foreign_key)) => {
                clauses.push(AlterClause::AddForeignKey(foreign_key))
            }
            Some(Element::Check(check)) => clauses.push(AlterClause::AddCheck(check)),
            None => {
                let name = cursor.identifier()?;
                clauses.push(added(column::definition(cursor, name)?, None));
            }
        }
        if !cursor.eat(&Token::Comma) {
            return cursor.expect(&Token::RParen);
        }
    }
}

fn added(definition: column::Definition, position: Option<ColumnPosition>) -> AlterClause {
    let column::Definition {
        column,
        keys,
        checks,
    } = definition;
    AlterClause::AddColumn {
        column,
        keys,
        checks,
        position,
    }
}

fn position(cursor: &mut Cursor<'_>) -> Result<Option<ColumnPosition>, Error> {
    match cursor.eat_one_of(&["first", "after"]) {
        Some("first") => Ok(Some(ColumnPosition::First)),
        Some(_) => cursor
            .identifier()
            .map(|column| Some(ColumnPosition::After(column))),
        None => Ok(None),
    }
}

fn drop(cursor: &mut Cursor<'_>) -> Result<AlterClause, Error> {
    if cursor.eat_words(&["primary", "key"]) {
        return Ok(AlterClause::DropPrimaryKey);
    }
    if cursor.eat_words(&["foreign", "key"]) {
        no_condition(cursor, "DROP FOREIGN KEY")?;
        return cursor.identifier().map(AlterClause::DropForeignKey);
    }
    let kind = cursor.eat_one_of(&["index", "key", "check", "constraint", "column"]);
    let what = kind.unwrap_or("column").to_ascii_uppercase();
    no_condition(cursor, &format!("DROP {what}"))?;
    match kind {
        Some("index" | "key") => {
            cursor
                .identifier()
                .map(|name| match name.eq_ignore_ascii_case("PRIMARY") {
                    true => AlterClause::DropPrimaryKey,
                    false => AlterClause::DropIndex(name),
                })
        }
        Some("check") => cursor.identifier().map(AlterClause::DropCheck),
        Some("constraint") => cursor.identifier().map(AlterClause::DropConstraint),
        _ => {
            let column = cursor.identifier()?;
            cursor.eat_one_of(&["restrict", "cascade"]);
            Ok(AlterClause::DropColumn(column))
        }
    }
}

/// Refuses MariaDB's `IF [NOT] EXISTS`, which no clause of MySQL's ALTER TABLE has.
pub(super) fn no_condition(cursor: &Cursor<'_>, clause: &str) -> Result<(), Error> {
    for condition in [&["if", "exists"][..], &["if", "not", "exists"]] {
        if cursor.are(condition) {
            let condition = condition.join(" ").to_ascii_uppercase();
            return Err(cursor.unsupported(format!("{clause} {condition}")));
        }
    }
    Ok(())
}

fn alter(cursor: &mut Cursor<'_>) -> Result<AlterClause, Error> {
    if cursor.eat_word("index") {
        let index = cursor.identifier()?;
        return match cursor.eat_one_of(&["visible", "invisible"]) {
            Some(kind) => Ok(AlterClause::SetIndexVisibility {
                index,
                invisible: kind == "invisible",
            }),
            None => Err(cursor.expected("expected `visible` or `invisible`")),
        };
    }
    if cursor.eat_one_of(&["check", "constraint"]).is_some() {
        let name = cursor.identifier()?;
        return match index::enforced(cursor) {
            Some(enforced) => Ok(AlterClause::AlterCheck { name, enforced }),
            None => Err(cursor.expected("expected `enforced` or `not enforced`")),
        };
    }
    cursor.eat_word("column");
    let column = cursor.identifier()?;
    if cursor.eat_words(&["drop", "default"]) {
        return Ok(AlterClause::DropDefault(column));
    }
    cursor.expect_word("set")?;
    match cursor.eat_one_of(&["default", "visible", "invisible"]) {
        Some("default") => Ok(AlterClause::SetDefault {
            column,
            default: column::default(cursor)?,
        }),
        Some(kind) => Ok(AlterClause::SetColumnVisibility {
            column,
            invisible: kind == "invisible",
        }),
        None => Err(cursor.expected("expected `default`, `visible` or `invisible`")),
    }
}

fn rename(cursor: &mut Cursor<'_>) -> Result<AlterClause, Error> {
    let named = |n: usize| matches!(cursor.peek_nth(n), Token::Word(_));
    // `RENAME index` alone renames the table to `index`.
    if named(1) && is_word(cursor.peek_nth(2), "to") {
        let kind = cursor.eat_one_of(&["column", "index", "key"]);
        if let Some(kind) = kind {
            let from = cursor.identifier()?;
            cursor.expect_word("to")?;
            let to = cursor.identifier()?;
            return Ok(match kind {
                "column" => AlterClause::RenameColumn { from, to },
                _ => AlterClause::RenameIndex { from, to },
            });
        }
    }
    if cursor.eat_one_of(&["to", "as"]).is_none() {
        cursor.eat(&Token::Eq);
    }
    cursor.table_name().map(AlterClause::RenameTable)
}

fn convert(cursor: &mut Cursor<'_>) -> Result<AlterClause, Error> {
    cursor.expect_word("to")?;
    if !cursor.eat_words(&["character", "set"]) {
        cursor.expect_word("charset")?;
    }
    cursor.eat(&Token::Eq);
    let charset = option::name(cursor)?;
    let collation = match cursor.eat_word("collate") {
        true => {
            cursor.eat(&Token::Eq);
            Some(option::name(cursor)?)
        }
        false => None,
    };
    Ok(AlterClause::ConvertTo { charset, collation })
}

fn algorithm(cursor: &mut Cursor<'_>) -> Result<AlterClause, Error> {
    cursor.eat(&Token::Eq);
    match cursor.eat_one_of(&["DEFAULT", "INSTANT", "INPLACE", "COPY"]) {
        Some(algorithm) => Ok(AlterClause::Algorithm(algorithm.to_owned())),
        None => Err(cursor.expected("expected `default`, `instant`, `inplace` or `copy`")),
    }
}

fn lock(cursor: &mut Cursor<'_>) -> Result<AlterClause, Error> {
    cursor.eat(&Token::Eq);
    match cursor.eat_one_of(&["DEFAULT", "NONE", "SHARED", "EXCLUSIVE"]) {
        Some(lock) => Ok(AlterClause::Lock(lock.to_owned())),
        None => Err(cursor.expected("expected `default`, `none`, `shared` or `exclusive`")),
    }
}

/// Reads `[ALGORITHM [=] x] [LOCK [=] x]` in any order, as CREATE INDEX and DROP INDEX end.
pub(super) fn algorithm_and_lock(cursor: &mut Cursor<'_>) -> Result<Vec<AlterClause>, Error> {
    let mut clauses = Vec::new();
    loop {
        match cursor.eat_one_of(&["algorithm", "lock"]) {
            Some("algorithm") => clauses.push(algorithm(cursor)?),
            Some(_) => clauses.push(lock(cursor)?),
            None => return Ok(clauses),
        }
    }
}

/// Reads a change of partitions; `None` where something else comes.
fn partition_change(cursor: &mut Cursor<'_>) -> Result<Option<PartitionChange>, Error> {
    let verbs = [
        "add",
        "drop",
        "coalesce",
        "reorganize",
        "exchange",
        "truncate",
        "analyze",
        "check",
        "optimize",
        "rebuild",
        "repair",
        "discard",
        "import",
    ];
    if !is_word(cursor.peek_nth(1), "partition") {
        return Ok(None);
    }
    let Some(verb) = cursor.eat_one_of(&verbs) else {
        return Ok(None);
    };
    cursor.expect_word("partition")?;
    cursor.eat_one_of(&["no_write_to_binlog", "local"]);
    Ok(Some(match verb {
        "add" => match cursor.eat_word("partitions") {
            true => PartitionChange::AddCount(cursor.integer()?),
            false => PartitionChange::Add(partition::definitions(cursor)?),
        },
        "coalesce" => PartitionChange::Coalesce(cursor.integer()?),
        "drop" => PartitionChange::Drop(cursor.comma_separated(Cursor::identifier)?),
        "reorganize" => reorganize(cursor)?,
        "exchange" => exchange(cursor)?,
        "truncate" => PartitionChange::Truncate(names(cursor)?),
        "analyze" => PartitionChange::Analyze(names(cursor)?),
        "check" => PartitionChange::Check(names(cursor)?),
        "optimize" => PartitionChange::Optimize(names(cursor)?),
        "rebuild" => PartitionChange::Rebuild(names(cursor)?),
        "repair" => PartitionChange::Repair(names(cursor)?),
        "discard" => {
            let names = names(cursor)?;
            cursor.expect_word("tablespace")?;
            PartitionChange::Discard(names)
        }
        _ => {
            let names = names(cursor)?;
            cursor.expect_word("tablespace")?;
            PartitionChange::Import(names)
        }
    }))
}

/// Reads names, or ALL as none.
fn names(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Error> {
    if cursor.eat_word("all") {
        Ok(Vec::new())
    } else {
        cursor.comma_separated(Cursor::identifier)
    }
}

fn reorganize(cursor: &mut Cursor<'_>) -> Result<PartitionChange, Error> {
    if cursor.at_end() {
        return Ok(PartitionChange::Reorganize {
            names: Vec::new(),
            into: Vec::new(),
        });
    }
    let names = cursor.comma_separated(Cursor::identifier)?;
    cursor.expect_word("into")?;
    Ok(PartitionChange::Reorganize {
        names,
        into: partition::definitions(cursor)?,
    })
}

fn exchange(cursor: &mut Cursor<'_>) -> Result<PartitionChange, Error> {
    let name = cursor.identifier()?;
    cursor.expect_words(&["with", "table"])?;
    let table = cursor.table_name()?;
    let validation = match cursor.eat_one_of(&["with", "without"]) {
        Some(word) => {
            cursor.expect_word("validation")?;
            Some(word == "with")
        }
        None => None,
    };
    Ok(PartitionChange::Exchange {
        name,
        table,
        validation,
    })
}
