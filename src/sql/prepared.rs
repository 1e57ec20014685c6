//! Prepared statements in SQL: `PREPARE`, `EXECUTE`, `DEALLOCATE PREPARE` (MySQL manual, "Prepared Statements").

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::cursor::{Cursor, is_word};
use super::{Error, Statement, ast, front, limits, one_statement, read_tokens};

/// A statement about a prepared one. Names are lower case: their case does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// `PREPARE name FROM …`.
    Prepare {
        /// The name.
        name: String,
        /// The statement.
        text: PreparedText,
    },
    /// `EXECUTE name [USING @a, @b]`.
    Execute {
        /// The name.
        name: String,
        /// User variables, without `@`, lower case.
        variables: Vec<String>,
    },
    /// `DEALLOCATE PREPARE name`, `DROP PREPARE name`.
    Deallocate {
        /// The name.
        name: String,
    },
}

/// Where the text of a prepared statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreparedText {
    /// In the statement.
    Literal(String),
    /// In a user variable, named without `@`, lower case.
    Variable(String),
}

/// Reads a statement that starts with PREPARE, EXECUTE, DEALLOCATE or DROP.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Prepared, Error> {
    let verb = cursor.eat_one_of(&["prepare", "execute", "deallocate", "drop"]);
    if matches!(verb, Some("deallocate" | "drop")) {
        cursor.expect_word("prepare")?;
    }
    let name = cursor.identifier()?.to_lowercase();
    let read = match verb {
        Some("prepare") => {
            cursor.expect_word("from")?;
            let text = match cursor.peek() {
                Token::SingleQuotedString(_) => PreparedText::Literal(cursor.string()?),
                _ => PreparedText::Variable(variable(cursor)?),
            };
            Prepared::Prepare { name, text }
        }
        Some("execute") => {
            let variables = match cursor.eat_word("using") {
                true => cursor.comma_separated(variable)?,
                false => Vec::new(),
            };
            Prepared::Execute { name, variables }
        }
        _ => Prepared::Deallocate { name },
    };
    cursor.expect_end()?;
    Ok(read)
}

/// Tells whether `DROP` is that of a prepared statement.
pub(super) fn is_drop(cursor: &Cursor<'_>) -> bool {
    is_word(cursor.peek_nth(1), "prepare")
}

fn variable(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    let name = match cursor.peek() {
        Token::Word(word) => word.value.strip_prefix('@'),
        _ => None,
    };
    match name.filter(|name| !name.is_empty() && !name.starts_with('@')) {
        Some(name) => {
            cursor.next();
            Ok(name.to_lowercase())
        }
        None => Err(cursor.expected("expected a user variable")),
    }
}

/// Returns how many `?` a statement has.
///
/// # Errors
/// As [`parse_statement`](super::parse_statement).
pub fn placeholders(text: &str) -> Result<usize, Error> {
    let tokens = read_tokens(text)?;
    Ok(tokens.iter().filter(|token| is_placeholder(token)).count())
}

/// Reads one statement with literals in the places of its `?`, in the order written; `?` beyond them stay.
///
/// # Errors
/// As [`parse_statement`](super::parse_statement).
pub fn bind(text: &str, literals: &[ast::Expr]) -> Result<Statement, Error> {
    let mut literals = literals.iter();
    let mut tokens = Vec::new();
    for token in one_statement(text)? {
        let literal = match is_placeholder(&token) {
            true => literals.next(),
            false => None,
        };
        match literal {
            Some(literal) => {
                let span = token.span;
                let written = read_tokens(&literal.to_string())?.into_iter();
                tokens.extend(written.map(|written| TokenWithSpan { span, ..written }));
            }
            None => tokens.push(token),
        }
    }
    limits::check_depth(&tokens)?;
    front::statement(text, &tokens)
}

fn is_placeholder(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Placeholder(name) if name == "?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{parse_expression, parse_statement};

    #[track_caller]
    fn check(text: &str, expected: Prepared) {
        match parse_statement(text) {
            Ok(Statement::Prepared(read)) => assert_eq!(read, expected),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn statements_about_prepared_ones_are_read() {
        let (name, text) = ("s".to_owned(), "select ?".to_owned());
        let prepare = |text| Prepared::Prepare {
            name: "s".to_owned(),
            text,
        };
        check(
            "prepare S from 'select ?';",
            prepare(PreparedText::Literal(text)),
        );
        check(
            "PREPARE s FROM @Text",
            prepare(PreparedText::Variable("text".to_owned())),
        );
        let execute = |variables: &[&str]| Prepared::Execute {
            name: "s".to_owned(),
            variables: variables.iter().map(|&name| name.to_owned()).collect(),
        };
        check("execute `s`", execute(&[]));
        check("execute s using @a, @B", execute(&["a", "b"]));
        let gone = Prepared::Deallocate { name };
        check("deallocate prepare s", gone.clone());
        check("drop prepare s", gone);
        for wrong in [
            "prepare s",
            "prepare s from text",
            "prepare s from @@text",
            "execute s using 1",
            "deallocate s",
        ] {
            assert!(parse_statement(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn literals_stand_for_placeholders() {
        let text = "select ?, '?', a from t where b = ? limit ?";
        assert_eq!(placeholders(text), Ok(3));
        let literals = ["'it''s ?'", "-5", "2"];
        let literals = literals.map(|text| parse_expression(text).expect("it is right"));
        let shown = |statement: Result<Statement, Error>| match statement {
            Ok(Statement::Sql(statement)) => statement.to_string(),
            other => panic!("{other:?}"),
        };
        let expected = "select 'it''s ?', '?', a from t where b = -5 limit 2";
        assert_eq!(
            shown(bind(text, &literals)),
            shown(parse_statement(expected))
        );
    }
}
