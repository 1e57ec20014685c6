//! Text to tokens, once for every parser here: sqlparser's tokenizer, then MySQL's and Vitess's ways made uniform.
//!
//! Executable comments (`/*!40101 … */`) are read as text, other comments go, but for optimizer hints (`/*+ … */`) and
//! Vitess's directives (`/*vt+ … */`). Afterwards identifiers carry their name without escapes, every string is
//! single-quoted with raw inside, and `:name`, `::name`, `@'x'`, `0b1` are one token each (MySQL manual, "Lexical
//! structure"; Vitess's tokenizer for bind variables).

use std::borrow::Cow;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::dialect::{Joins, Mysql};
use super::literal::{escape, unescape};
use super::{Error, Position, plain};

/// Returns where a token starts.
pub(super) fn position(token: &TokenWithSpan) -> Position {
    location(token.span.start)
}

fn location(at: Location) -> Position {
    Position {
        line: usize::try_from(at.line).unwrap_or(usize::MAX),
        column: usize::try_from(at.column).unwrap_or(usize::MAX),
    }
}

/// Reads `text` as tokens.
///
/// # Errors
/// [`Error::Syntax`] for an unterminated string, identifier or comment.
pub(super) fn tokenize(text: &str) -> Result<Vec<TokenWithSpan>, Error> {
    match plain(text) {
        Some(tokens) => Ok(tokens),
        None => tokenize_any(text),
    }
}

/// Reads a text that is plain; `None` for any other.
pub(super) fn plain(text: &str) -> Option<Vec<TokenWithSpan>> {
    let requote = |inside: &str| requote(inside).into_owned();
    plain::tokens(text, requote, |keyword| !NOT_MYSQL.contains(&keyword))
}

/// Reads any text.
pub(super) fn tokenize_any(text: &str) -> Result<Vec<TokenWithSpan>, Error> {
    let mut raw = Vec::new();
    let outcome = Tokenizer::new(&Mysql(Joins::Left), text)
        .with_unescape(false)
        .tokenize_with_location_into_buf(&mut raw);
    if let Err(error) = outcome {
        let at = location(error.location);
        return Err(syntax(text, at, error.message));
    }
    Ok(uniform(raw))
}

/// Returns the error for a token that is not `expected`.
pub(super) fn unexpected(text: &str, token: &TokenWithSpan, expected: impl Into<String>) -> Error {
    if token.token == Token::EOF || token.span.start.line == 0 {
        return end_of_input(text, expected);
    }
    match syntax(text, position(token), expected) {
        Error::Syntax {
            at, rest, expected, ..
        } => Error::Syntax {
            at,
            token: shown(&token.token),
            rest,
            expected,
        },
        other => other,
    }
}

/// Returns the error for a text that ends too early.
pub(super) fn end_of_input(text: &str, expected: impl Into<String>) -> Error {
    let line = text.matches('\n').count() + 1;
    let column = text
        .rsplit('\n')
        .next()
        .map_or(0, |last| last.chars().count())
        + 1;
    let at = Position { line, column };
    Error::Syntax {
        at,
        token: "end of input".into(),
        rest: String::new(),
        expected: expected.into(),
    }
}

/// Returns the error for something wrong at a place.
pub(super) fn syntax(text: &str, at: Position, expected: impl Into<String>) -> Error {
    let rest = text_from(text, at);
    let token = rest
        .split_whitespace()
        .next()
        .unwrap_or("end of input")
        .to_owned();
    Error::Syntax {
        at,
        token,
        rest: rest.chars().take(80).collect(),
        expected: expected.into(),
    }
}

/// Returns the text from `at` on; empty where the text has no such place.
fn text_from(text: &str, at: Position) -> &str {
    let mut rest = text;
    for _ in 1..at.line {
        match rest.split_once('\n') {
            Some((_, after)) => rest = after,
            None => return "",
        }
    }
    rest.char_indices()
        .nth(at.column.saturating_sub(1))
        .map_or("", |(offset, _)| &rest[offset..])
}

/// Returns a token as a message names it.
fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) => word.value.clone(),
        other => other.to_string(),
    }
}

fn uniform(raw: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut tokens: Vec<TokenWithSpan> = Vec::with_capacity(raw.len());
    let mut raw = raw.into_iter().peekable();
    while let Some(spanned) = raw.next() {
        let touches = |next: &TokenWithSpan| next.span.start == spanned.span.end;
        let token = match spanned.token {
            Token::Whitespace(Whitespace::MultiLineComment(ref comment)) if is_hint(comment) => {
                spanned.token
            }
            Token::Whitespace(_) => continue,
            Token::Word(word) => word_token(word),
            Token::DoubleQuotedString(inside) => {
                Token::SingleQuotedString(requote(&inside).into_owned())
            }
            Token::DoubleQuotedByteStringLiteral(bits) => {
                Token::SingleQuotedByteStringLiteral(bits)
            }
            Token::Colon | Token::DoubleColon => {
                let colons = if spanned.token == Token::Colon {
                    ":"
                } else {
                    "::"
                };
                match raw.next_if(|next| touches(next) && bind_name(&next.token).is_some()) {
                    Some(next) => {
                        let name = bind_name(&next.token).unwrap_or_default();
                        let span = Span {
                            start: spanned.span.start,
                            end: next.span.end,
                        };
                        tokens.push(TokenWithSpan {
                            token: Token::Placeholder(format!("{colons}{name}")),
                            span,
                        });
                        continue;
                    }
                    None => spanned.token,
                }
            }
            Token::AtSign => {
                match raw.next_if(|next| touches(next) && variable_name(&next.token).is_some()) {
                    Some(next) => plain_word(format!(
                        "@{}",
                        variable_name(&next.token).unwrap_or_default()
                    )),
                    None => Token::AtSign,
                }
            }
            // Operators of other dialects that MySQL reads as two.
            Token::DoubleExclamationMark | Token::ExclamationMarkTilde | Token::DoubleTilde => {
                let first = match spanned.token {
                    Token::DoubleTilde => Token::Tilde,
                    _ => Token::ExclamationMark,
                };
                let second = match spanned.token {
                    Token::DoubleExclamationMark => Token::ExclamationMark,
                    _ => Token::Tilde,
                };
                tokens.push(TokenWithSpan {
                    token: first,
                    span: spanned.span,
                });
                second
            }
            other => other,
        };
        tokens.push(TokenWithSpan {
            token,
            span: spanned.span,
        });
    }
    tokens
}

/// Reports whether a comment is one that trees keep: `/*+ … */` or `/*vt+ … */`.
fn is_hint(comment: &str) -> bool {
    comment.starts_with('+') || comment.starts_with("vt+")
}

fn bind_name(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
        Token::Number(digits, false) => Some(digits),
        _ => None,
    }
}

fn variable_name(token: &Token) -> Option<String> {
    match token {
        Token::SingleQuotedString(inside) => Some(unescape(inside, '\'')),
        Token::DoubleQuotedString(inside) => Some(unescape(inside, '"')),
        Token::Word(word) if word.quote_style.is_some() => Some(word.value.replace("``", "`")),
        _ => None,
    }
}

fn plain_word(value: String) -> Token {
    Token::Word(Word {
        value,
        quote_style: None,
        keyword: Keyword::NoKeyword,
    })
}

fn word_token(mut word: Word) -> Token {
    if word.quote_style.is_some() {
        if word.value.contains('`') {
            word.value = word.value.replace("``", "`");
        }
        return Token::Word(word);
    }
    if let Some(bits) = word.value.strip_prefix("0b")
        && !bits.is_empty()
        && bits.bytes().all(|b| matches!(b, b'0' | b'1'))
    {
        return Token::SingleQuotedByteStringLiteral(bits.to_owned());
    }
    if NOT_MYSQL.contains(&word.keyword) {
        word.keyword = Keyword::NoKeyword;
    }
    Token::Word(word)
}

/// Words with a meaning in other dialects only: in MySQL they are plain identifiers.
const NOT_MYSQL: &[Keyword] = &[
    Keyword::ANTI,
    Keyword::APPLY,
    Keyword::ASOF,
    Keyword::BEFORE,
    Keyword::CHANGES,
    Keyword::CLUSTER,
    Keyword::CONNECT,
    Keyword::DISTRIBUTE,
    Keyword::FINAL,
    Keyword::GLOB,
    Keyword::ILIKE,
    Keyword::MATCH_RECOGNIZE,
    Keyword::NOTNULL,
    Keyword::OPENJSON,
    Keyword::OPERATOR,
    Keyword::OVERLAPS,
    Keyword::OVERLAY,
    Keyword::PIVOT,
    Keyword::PREWHERE,
    Keyword::QUALIFY,
    Keyword::SAFE_CAST,
    Keyword::SAMPLE,
    Keyword::SEMANTIC_VIEW,
    Keyword::SEMI,
    Keyword::SETTINGS,
    Keyword::SIMILAR,
    Keyword::SORT,
    Keyword::STRUCT,
    Keyword::TABLESAMPLE,
    Keyword::TOP,
    Keyword::TRY_CAST,
    Keyword::UNNEST,
    Keyword::UNPIVOT,
    Keyword::VERSION,
    Keyword::XMLTABLE,
];

/// Turns the raw inside of a double-quoted string into that of a single-quoted one.
fn requote(inside: &str) -> Cow<'_, str> {
    if inside.contains(['"', '\'']) {
        Cow::Owned(escape(&unescape(inside, '"')))
    } else {
        Cow::Borrowed(inside)
    }
}
