//! The statements that sqlparser does not know or reads too loosely: which parser reads what is decided here, by the
//! first words.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::cursor::{Cursor, is_word};
use super::{Error, Show, Statement, VexplainKind, ast, ddl, literal, prepared, vschema_ddl};

/// Reads one statement.
pub(super) fn statement(text: &str, tokens: &[TokenWithSpan]) -> Result<Statement, Error> {
    let mut cursor = Cursor::new(text, tokens);
    match first_word(&cursor).as_str() {
        "ALTER" if is_word(cursor.peek_nth(1), "vschema") => {
            vschema_ddl::parse_alter(&mut cursor).map(Statement::AlterVschema)
        }
        "DROP" if prepared::is_drop(&cursor) => {
            prepared::parse(&mut cursor).map(Statement::Prepared)
        }
        "PREPARE" | "EXECUTE" | "DEALLOCATE" => {
            prepared::parse(&mut cursor).map(Statement::Prepared)
        }
        "CREATE" | "ALTER" | "DROP" | "RENAME" | "TRUNCATE" => {
            ddl::parse(&mut cursor).map(Statement::Ddl)
        }
        "SHOW" if is_word(cursor.peek_nth(1), "vschema") => {
            vschema_ddl::parse_show(&mut cursor).map(Statement::ShowVschema)
        }
        "SHOW" => show(&mut cursor).map(Statement::Show),
        "DESCRIBE" | "DESC" | "EXPLAIN" => explain(&mut cursor),
        "VEXPLAIN" => vexplain(text, &mut cursor),
        "USE" => target(&mut cursor).map(Statement::Use),
        "CALL" => call(&mut cursor),
        "SELECT"
            if is_word(cursor.peek_nth(1), "next")
                && !matches!(cursor.peek_nth(2), Token::Comma | Token::EOF) =>
        {
            match select_next(&mut cursor.clone()) {
                Ok(Some(statement)) => Ok(statement),
                Ok(None) => sql(&cursor),
                Err(error) => Err(error),
            }
        }
        word => match SQLPARSER.contains(&word) {
            true => sql(&cursor),
            false => Err(unread(&cursor, word)),
        },
    }
}

/// Statements that sqlparser reads as MySQL means them. The empty word is an opening parenthesis.
const SQLPARSER: &[&str] = &[
    "",
    "ANALYZE",
    "BEGIN",
    "COMMIT",
    "DELETE",
    "FLUSH",
    "INSERT",
    "KILL",
    "LOCK",
    "RELEASE",
    "REPLACE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "START",
    "TABLE",
    "UNLOCK",
    "UPDATE",
    "VALUES",
    "WITH",
];

/// MySQL's statements that vrev does not have.
const UNSUPPORTED: &[&str] = &[
    "BINLOG",
    "CACHE",
    "CHANGE",
    "CHECK",
    "CHECKSUM",
    "CLONE",
    "DELIMITER",
    "DO",
    "GET",
    "GRANT",
    "HANDLER",
    "HELP",
    "IMPORT",
    "INSTALL",
    "LOAD",
    "OPTIMIZE",
    "PURGE",
    "REPAIR",
    "RESET",
    "RESIGNAL",
    "RESTART",
    "REVERT",
    "REVOKE",
    "SHUTDOWN",
    "SIGNAL",
    "STOP",
    "STREAM",
    "UNINSTALL",
    "VSTREAM",
    "XA",
];

fn unread(cursor: &Cursor<'_>, word: &str) -> Error {
    if UNSUPPORTED.contains(&word) {
        cursor.unsupported(word)
    } else {
        cursor.expected("expected a statement")
    }
}

/// Returns the first bare word in upper case; empty for an opening parenthesis, `?` for anything else.
fn first_word(cursor: &Cursor<'_>) -> String {
    match cursor.peek() {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
        Token::LParen => String::new(),
        _ => "?".into(),
    }
}

fn sql(cursor: &Cursor<'_>) -> Result<Statement, Error> {
    cursor
        .statement()
        .map(|statement| Statement::Sql(Box::new(statement)))
}

/// `USE target`: an identifier, bare (`customer:-80` too, as vtgate's clients write it) or backticked.
fn target(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    cursor.expect_word("use")?;
    let mut target = match cursor.peek() {
        Token::SingleQuotedString(_) => cursor.string()?,
        _ => cursor.identifier()?,
    };
    while !cursor.at_end() {
        match cursor.next() {
            Token::Word(word) => target.push_str(&word.value),
            Token::Placeholder(name) => target.push_str(name),
            Token::Number(digits, _) => target.push_str(digits),
            token @ (Token::Colon
            | Token::Minus
            | Token::Div
            | Token::Period
            | Token::AtSign
            | Token::Tilde) => {
                target.push_str(&token.to_string());
            }
            _ => {
                return Err(
                    cursor.expected("expected a keyspace, perhaps with a shard or a tablet type")
                );
            }
        }
    }
    Ok(target)
}

fn call(cursor: &mut Cursor<'_>) -> Result<Statement, Error> {
    cursor.expect_word("call")?;
    let name = cursor.table_name()?.to_string();
    let mut arguments = Vec::new();
    if *cursor.peek() == Token::LParen {
        for argument in cursor.parenthesised()?.split_at_commas() {
            arguments.push(argument.expression()?);
        }
    }
    cursor.expect_end()?;
    Ok(Statement::Call { name, arguments })
}

/// `SELECT NEXT VALUE FROM seq`, `SELECT NEXT n VALUES FROM seq`; `None` where `next` is a column.
fn select_next(cursor: &mut Cursor<'_>) -> Result<Option<Statement>, Error> {
    cursor.expect_words(&["select", "next"])?;
    let one = ast::Expr::value(ast::Value::Number("1".into(), false));
    let count = if cursor.eat_word("value") {
        one
    } else {
        let count = match cursor.next() {
            Token::Number(digits, _) => ast::Value::Number(digits.clone(), false),
            Token::Placeholder(name) => ast::Value::Placeholder(name.clone()),
            _ => return Ok(None),
        };
        if !cursor.eat_word("values") {
            return Ok(None);
        }
        ast::Expr::value(count)
    };
    cursor.expect_word("from")?;
    let table = cursor.table_name()?;
    cursor.expect_end()?;
    Ok(Some(Statement::SelectNext { count, table }))
}

fn vexplain(text: &str, cursor: &mut Cursor<'_>) -> Result<Statement, Error> {
    cursor.expect_word("vexplain")?;
    let kind = match cursor.eat_one_of(&["plan", "queries", "all", "trace", "keys"]) {
        Some("queries") => VexplainKind::Queries,
        Some("all") => VexplainKind::All,
        Some("trace") => VexplainKind::Trace,
        Some("keys") => VexplainKind::Keys,
        _ => VexplainKind::Plan,
    };
    let statement = match first_word(cursor).as_str() {
        "" | "SELECT" | "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "WITH" | "TABLE"
        | "VALUES" => statement(text, cursor.rest())?,
        _ => return Err(cursor.expected("expected a statement to explain")),
    };
    Ok(Statement::Vexplain {
        kind,
        statement: Box::new(statement),
    })
}

/// `DESCRIBE t`, `EXPLAIN t`; EXPLAIN of a statement is sqlparser's.
fn explain(cursor: &mut Cursor<'_>) -> Result<Statement, Error> {
    let mut words = cursor.clone();
    words.next();
    let statement = [
        "select", "insert", "replace", "update", "delete", "with", "table", "values", "format",
        "analyze",
    ];
    let plain = !matches!(words.peek(), Token::Word(word)
        if word.quote_style.is_none() && statement.iter().any(|first| word.value.eq_ignore_ascii_case(first)));
    if plain && matches!(words.peek(), Token::Word(_)) {
        let table = words.table_name()?;
        // A column or pattern may follow; it narrows what is shown.
        let shown = as_of(&mut words, Show::Columns { full: false, table })?;
        if words.at_end() {
            return Ok(Statement::Show(shown));
        }
        return Err(words.expected("expected the end of the statement"));
    }
    sql(cursor)
}

fn show(cursor: &mut Cursor<'_>) -> Result<Show, Error> {
    cursor.expect_word("show")?;
    let full = cursor.eat_words(&["full"]);
    let shown = if cursor.eat_words(&["create", "table"]) {
        let table = Show::CreateTable(cursor.table_name()?);
        as_of(cursor, table)?
    } else if cursor.eat_words(&["create", "view"]) {
        Show::CreateView(cursor.table_name()?)
    } else if cursor.eat_word("tables") {
        let keyspace = from(cursor)?;
        let revision = revision(cursor)?;
        let shown = Show::Tables {
            full,
            keyspace,
            like: like(cursor)?,
        };
        at(revision, shown)
    } else if cursor.eat_words(&["table", "status"]) {
        Show::TableStatus {
            keyspace: from(cursor)?,
            like: like(cursor)?,
        }
    } else if cursor.eat_one_of(&["columns", "fields"]).is_some() {
        columns(cursor, full)?
    } else if cursor.eat_one_of(&["indexes", "index", "keys"]).is_some() {
        if cursor.eat_one_of(&["from", "in"]).is_none() {
            return Err(cursor.expected("expected `from`"));
        }
        let mut table = cursor.table_name()?;
        if let Some(keyspace) = from(cursor)? {
            table.keyspace = Some(keyspace);
        }
        Show::Index(table)
    } else if cursor
        .eat_one_of(&["databases", "schemas", "keyspaces", "vitess_keyspaces"])
        .is_some()
    {
        Show::Databases {
            like: like(cursor)?,
        }
    } else {
        other(cursor, full)?
    };
    let shown = if cursor.eat_word("where") {
        let condition = Box::new(cursor.expression()?);
        cursor.skip_to_end();
        Show::Where {
            show: Box::new(shown),
            condition,
        }
    } else {
        shown
    };
    cursor.expect_end()?;
    Ok(shown)
}

fn columns(cursor: &mut Cursor<'_>, full: bool) -> Result<Show, Error> {
    if cursor.eat_one_of(&["from", "in"]).is_none() {
        return Err(cursor.expected("expected `from`"));
    }
    let mut table = cursor.table_name()?;
    if let Some(keyspace) = from(cursor)? {
        table.keyspace = Some(keyspace);
    }
    let shown = as_of(cursor, Show::Columns { full, table })?;
    Ok(match like(cursor)? {
        Some(pattern) => Show::Where {
            show: Box::new(shown),
            condition: Box::new(field_like(&pattern)),
        },
        None => shown,
    })
}

/// `Field LIKE 'pattern'`.
fn field_like(pattern: &str) -> ast::Expr {
    let pattern = ast::Value::SingleQuotedString(literal::escape(pattern));
    ast::Expr::Like {
        negated: false,
        any: false,
        expr: Box::new(ast::Expr::Identifier(ast::Ident::new("Field"))),
        pattern: Box::new(ast::Expr::value(pattern)),
        escape_char: None,
    }
}

/// `AS OF revision` after what is shown.
fn as_of(cursor: &mut Cursor<'_>, show: Show) -> Result<Show, Error> {
    Ok(at(revision(cursor)?, show))
}

fn at(revision: Option<ast::Expr>, show: Show) -> Show {
    match revision {
        Some(revision) => Show::AsOf {
            show: Box::new(show),
            revision,
        },
        None => show,
    }
}

/// `AS OF 'main'`, `AS OF @commit`, `AS OF TIMESTAMP('…')`, which ends the statement.
fn revision(cursor: &mut Cursor<'_>) -> Result<Option<ast::Expr>, Error> {
    if !cursor.eat_words(&["as", "of"]) {
        return Ok(None);
    }
    let revision = cursor.expression()?;
    while !cursor.at_end() {
        cursor.next();
    }
    Ok(Some(revision))
}

/// `FROM x`, `IN x`.
fn from(cursor: &mut Cursor<'_>) -> Result<Option<String>, Error> {
    match cursor.eat_one_of(&["from", "in"]) {
        Some(_) => cursor.identifier().map(Some),
        None => Ok(None),
    }
}

/// `LIKE 'pattern'`; the pattern with its escapes undone, but for those of `%` and `_`.
fn like(cursor: &mut Cursor<'_>) -> Result<Option<String>, Error> {
    if cursor.eat_word("like") {
        cursor.string().map(Some)
    } else {
        Ok(None)
    }
}

fn other(cursor: &mut Cursor<'_>, full: bool) -> Result<Show, Error> {
    let mut what: Vec<String> = Vec::new();
    if full {
        what.push("FULL".into());
    }
    while !cursor.at_end() && !cursor.is("like") && !cursor.is("where") {
        match cursor.next() {
            Token::Word(word) if word.quote_style.is_none() => {
                what.push(word.value.to_ascii_uppercase())
            }
            Token::Word(word) => what.push(word.value.clone()),
            Token::Number(digits, _) => what.push(digits.clone()),
            Token::SingleQuotedString(raw) => what.push(raw.clone()),
            token => what.push(token.to_string()),
        }
    }
    if what.is_empty() {
        return Err(cursor.expected("expected what to show"));
    }
    Ok(Show::Other {
        what: what.join(" "),
        like: like(cursor)?,
    })
}
