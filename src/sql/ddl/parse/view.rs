//! CREATE VIEW and ALTER VIEW (MySQL manual, "CREATE VIEW Statement").

use sqlparser::tokenizer::Token;

use super::super::CreateView;
use crate::sql::Error;
use crate::sql::cursor::Cursor;
use crate::sql::name::quote;

/// What comes before the word VIEW.
#[derive(Default)]
pub(super) struct Header {
    algorithm: Option<String>,
    definer: Option<String>,
    security: Option<String>,
}

/// Reads `[ALGORITHM = x] [DEFINER = user] [SQL SECURITY x]`.
pub(super) fn header(cursor: &mut Cursor<'_>) -> Result<Header, Error> {
    let mut header = Header::default();
    if cursor.eat_word("algorithm") {
        cursor.expect(&Token::Eq)?;
        let known = ["undefined", "merge", "temptable"];
        if !known.iter().any(|word| cursor.is(word)) {
            return Err(cursor.expected("expected `undefined`, `merge` or `temptable`"));
        }
        header.algorithm = Some(cursor.identifier()?);
    }
    if cursor.eat_word("definer") {
        cursor.expect(&Token::Eq)?;
        header.definer = Some(user(cursor)?);
    }
    if cursor.eat_words(&["sql", "security"]) {
        match cursor.eat_one_of(&["DEFINER", "INVOKER"]) {
            Some(security) => header.security = Some(security.to_owned()),
            None => return Err(cursor.expected("expected `definer` or `invoker`")),
        }
    }
    Ok(header)
}

/// Reads an account: `CURRENT_USER`, `name@host`, in any quotes; returns it in backticks.
fn user(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    if cursor.eat_word("current_user") {
        if cursor.eat(&Token::LParen) {
            cursor.expect(&Token::RParen)?;
        }
        return Ok("CURRENT_USER".into());
    }
    let name = cursor.word_or_string()?;
    // The tokenizer takes `@host` for a variable.
    match cursor.peek() {
        Token::Word(host) if host.value.starts_with('@') => {
            let mut host = host.value[1..].to_owned();
            cursor.next();
            while cursor.eat(&Token::Period) {
                host.push('.');
                host.push_str(&cursor.identifier()?);
            }
            Ok(format!("{}@{}", quote(&name), quote(&host)))
        }
        _ => Ok(quote(&name)),
    }
}

/// Reads from the view's name on.
pub(super) fn body(
    cursor: &mut Cursor<'_>,
    or_replace: bool,
    header: Header,
) -> Result<CreateView, Error> {
    let name = cursor.table_name()?;
    let columns = if *cursor.peek() == Token::LParen {
        cursor.list(Cursor::identifier)?
    } else {
        Vec::new()
    };
    cursor.expect_word("as")?;
    let (check_option, words) = check_option(cursor);
    let query = cursor.without_last(words).query()?;
    cursor.skip_to_end();
    Ok(CreateView {
        name,
        or_replace,
        algorithm: header.algorithm,
        definer: header.definer,
        security: header.security,
        columns,
        query: Box::new(query),
        check_option,
    })
}

/// Finds `WITH [CASCADED | LOCAL] CHECK OPTION` at the end: which, and of how many tokens.
fn check_option(cursor: &Cursor<'_>) -> (Option<String>, usize) {
    for (words, kind) in [
        (
            ["with", "cascaded", "check", "option"].as_slice(),
            "CASCADED",
        ),
        (&["with", "local", "check", "option"], "LOCAL"),
        (&["with", "check", "option"], "CASCADED"),
    ] {
        if cursor.ends_with(words) {
            return (Some(kind.to_owned()), words.len());
        }
    }
    (None, 0)
}
