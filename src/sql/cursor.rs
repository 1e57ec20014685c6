//! A reader over tokens, on which the parsers of DDL, VSchema statements and SHOW are written. Expressions and queries
//! inside are handed to sqlparser, as the tokens they are made of.

use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::dialect::{Joins, Mysql};
use super::literal::unescape;
use super::token::{end_of_input, position, syntax, unexpected};
use super::{Error, Position, TableName, ast, limits, rewrite};

/// Reads tokens one by one; hints and directives in comments are passed over.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: &'a [TokenWithSpan],
    at: usize,
}

static END: TokenWithSpan = TokenWithSpan {
    token: Token::EOF,
    span: Span::empty(),
};

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [TokenWithSpan]) -> Self {
        Self {
            text,
            tokens,
            at: 0,
        }
        .past_comments()
    }

    fn past_comments(mut self) -> Self {
        self.skip_comments();
        self
    }

    fn skip_comments(&mut self) {
        while matches!(self.tokens.get(self.at), Some(spanned) if matches!(spanned.token, Token::Whitespace(_)))
        {
            self.at += 1;
        }
    }

    /// Returns the current token without consuming it; EOF at the end.
    pub(super) fn peek(&self) -> &'a Token {
        &self.spanned().token
    }

    fn spanned(&self) -> &'a TokenWithSpan {
        self.tokens.get(self.at).unwrap_or(&END)
    }

    /// Returns the `n`-th token after the current one.
    pub(super) fn peek_nth(&self, n: usize) -> &'a Token {
        self.tokens[self.at.min(self.tokens.len())..]
            .iter()
            .map(|spanned| &spanned.token)
            .filter(|token| !matches!(token, Token::Whitespace(_)))
            .nth(n)
            .unwrap_or(&Token::EOF)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Returns where the current token starts.
    pub(super) fn position(&self) -> Position {
        match self.tokens.get(self.at) {
            Some(token) => position(token),
            None => end_of_input(self.text, "")
                .position()
                .expect("the end of input has a place"),
        }
    }

    /// Consumes the current token.
    pub(super) fn next(&mut self) -> &'a Token {
        let token = self.peek();
        if self.at < self.tokens.len() {
            self.at += 1;
            self.skip_comments();
        }
        token
    }

    pub(super) fn eat(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        if found {
            self.next();
        }
        found
    }

    pub(super) fn expect(&mut self, token: &Token) -> Result<(), Error> {
        if self.eat(token) {
            Ok(())
        } else {
            Err(self.expected(format!("expected `{token}`")))
        }
    }

    /// Reports whether the current token is the bare word `word`, in any case.
    pub(super) fn is(&self, word: &str) -> bool {
        is_word(self.peek(), word)
    }

    /// Reports whether the coming tokens are these bare words.
    pub(super) fn are(&self, words: &[&str]) -> bool {
        // Most of the time the first word tells.
        words.first().is_none_or(|first| self.is(first))
            && words
                .iter()
                .enumerate()
                .skip(1)
                .all(|(n, word)| is_word(self.peek_nth(n), word))
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.next();
        }
        found
    }

    /// Consumes all the words, or none.
    pub(super) fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        if found {
            for _ in words {
                self.next();
            }
        }
        found
    }

    /// Consumes whichever of the words comes, and returns it.
    pub(super) fn eat_one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.eat_word(word))
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Error> {
        if self.eat_word(word) {
            Ok(())
        } else {
            Err(self.expected(format!("expected `{word}`")))
        }
    }

    pub(super) fn expect_words(&mut self, words: &[&str]) -> Result<(), Error> {
        words.iter().try_for_each(|word| self.expect_word(word))
    }

    pub(super) fn expect_end(&self) -> Result<(), Error> {
        if self.at_end() {
            Ok(())
        } else {
            Err(self.expected("expected the end of the statement"))
        }
    }

    /// Returns the error that the current token is not what was `expected`.
    pub(super) fn expected(&self, expected: impl Into<String>) -> Error {
        unexpected(self.text, self.spanned(), expected)
    }

    /// Returns the error that MySQL's `feature`, at the current token, is not supported.
    pub(super) fn unsupported(&self, feature: impl Into<String>) -> Error {
        Error::Unsupported {
            feature: feature.into(),
            at: self.position(),
        }
    }

    /// Reads an identifier, bare or backticked.
    pub(super) fn identifier(&mut self) -> Result<String, Error> {
        match self.peek() {
            Token::Word(word) => {
                self.next();
                Ok(word.value.clone())
            }
            _ => Err(self.expected("expected an identifier")),
        }
    }

    /// Reads an identifier or a string literal, as collations, engines and charsets may be written.
    pub(super) fn word_or_string(&mut self) -> Result<String, Error> {
        match self.peek() {
            Token::SingleQuotedString(_) => self.string(),
            _ => self.identifier(),
        }
    }

    /// Reads `[keyspace.]table`.
    pub(super) fn table_name(&mut self) -> Result<TableName, Error> {
        // A leading dot means the current database (`.t`), as ODBC programs write it.
        self.eat(&Token::Period);
        let first = self.identifier()?;
        if self.eat(&Token::Period) {
            return Ok(TableName {
                keyspace: Some(first),
                name: self.identifier()?,
            });
        }
        Ok(TableName {
            keyspace: None,
            name: first,
        })
    }

    /// Reads a string literal, adjacent ones joined, and undoes its escapes.
    pub(super) fn string(&mut self) -> Result<String, Error> {
        let mut text = match self.peek() {
            Token::SingleQuotedString(raw) | Token::NationalStringLiteral(raw) => {
                unescape(raw, '\'')
            }
            _ => return Err(self.expected("expected a string")),
        };
        self.next();
        while let Token::SingleQuotedString(raw) = self.peek() {
            text.push_str(&unescape(raw, '\''));
            self.next();
        }
        Ok(text)
    }

    /// Reads an unsigned integer.
    pub(super) fn integer<T: std::str::FromStr>(&mut self) -> Result<T, Error> {
        let parsed = match self.peek() {
            Token::Number(digits, _) => digits.parse().ok(),
            _ => None,
        };
        match parsed {
            Some(number) => {
                self.next();
                Ok(number)
            }
            None => Err(self.expected("expected an integer")),
        }
    }

    /// Reads `(item, …)`.
    pub(super) fn list<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.expect(&Token::LParen)?;
        let items = self.comma_separated(item)?;
        self.expect(&Token::RParen)?;
        Ok(items)
    }

    /// Reads `item, …`, at least one.
    pub(super) fn comma_separated<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut items = vec![item(self)?];
        while self.eat(&Token::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Reads `( … )` and returns a cursor over the inside.
    pub(super) fn parenthesised(&mut self) -> Result<Cursor<'a>, Error> {
        self.expect(&Token::LParen)?;
        let start = self.at;
        let mut depth = 1_usize;
        loop {
            match self.peek() {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                Token::EOF => return Err(self.expected("expected `)`")),
                _ => {}
            }
            if depth == 0 {
                break;
            }
            self.next();
        }
        let inside = &self.tokens[start..self.at];
        self.next();
        Ok(Cursor {
            text: self.text,
            tokens: inside,
            at: 0,
        }
        .past_comments())
    }

    /// Splits the rest at the commas outside brackets; a cursor per piece, none for an empty rest.
    pub(super) fn split_at_commas(&self) -> Vec<Cursor<'a>> {
        let rest = &self.tokens[self.at.min(self.tokens.len())..];
        if rest.is_empty() {
            return Vec::new();
        }
        let mut pieces = Vec::new();
        let (mut start, mut depth) = (0, 0_usize);
        for (index, spanned) in rest.iter().enumerate() {
            match spanned.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                Token::Comma if depth == 0 => {
                    pieces.push(&rest[start..index]);
                    start = index + 1;
                }
                _ => {}
            }
        }
        pieces.push(&rest[start..]);
        pieces
            .into_iter()
            .map(|tokens| {
                Cursor {
                    text: self.text,
                    tokens,
                    at: 0,
                }
                .past_comments()
            })
            .collect()
    }

    /// Returns the tokens from the current one on.
    pub(super) fn rest(&self) -> &'a [TokenWithSpan] {
        &self.tokens[self.at.min(self.tokens.len())..]
    }

    /// Passes over all that is left.
    pub(super) fn skip_to_end(&mut self) {
        self.at = self.tokens.len();
    }

    /// Reports whether the last tokens are these bare words.
    pub(super) fn ends_with(&self, words: &[&str]) -> bool {
        let rest = self.rest();
        rest.len() >= words.len()
            && rest[rest.len() - words.len()..]
                .iter()
                .zip(words)
                .all(|(spanned, word)| is_word(&spanned.token, word))
    }

    /// Keeps the next `n` tokens only.
    pub(super) fn first(&self, n: usize) -> Cursor<'a> {
        let end = (self.at + n).min(self.tokens.len());
        Cursor {
            text: self.text,
            tokens: &self.tokens[..end],
            at: self.at,
        }
    }

    /// Cuts the last `n` tokens off.
    pub(super) fn without_last(&self, n: usize) -> Cursor<'a> {
        let end = self.tokens.len().saturating_sub(n);
        Cursor {
            text: self.text,
            tokens: &self.tokens[..end],
            at: self.at.min(end),
        }
    }

    /// Reads all that is left as one expression.
    pub(super) fn expression(&self) -> Result<ast::Expr, Error> {
        if self.at_end() {
            return Err(self.expected("expected an expression"));
        }
        with_sqlparser(self.text, self.rest(), |parser| parser.parse_expr())
    }

    /// Reads all that is left as one query.
    pub(super) fn query(&self) -> Result<ast::Query, Error> {
        with_sqlparser(self.text, self.rest(), |parser| {
            parser.parse_query().map(|query| *query)
        })
    }

    /// Reads all that is left as one statement of sqlparser's.
    pub(super) fn statement(&self) -> Result<ast::Statement, Error> {
        with_sqlparser(self.text, self.rest(), |parser| parser.parse_statement())
    }
}

/// Reports whether `token` is the bare word `word`, in any case.
pub(super) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

/// Has sqlparser read all of `tokens`.
fn with_sqlparser<T>(
    text: &str,
    tokens: &[TokenWithSpan],
    read: impl Fn(&mut Parser) -> Result<T, ParserError>,
) -> Result<T, Error> {
    let tokens = rewrite::for_sqlparser(text, tokens)?;
    let attempt = |joins: Joins, tokens: Vec<TokenWithSpan>| {
        let dialect = Mysql(joins);
        let mut parser = Parser::new(&dialect)
            .with_options(ParserOptions::new().with_unescape(false))
            .with_recursion_limit(2 * limits::MAX_DEPTH)
            .with_tokens_with_locations(tokens);
        let tree = read(&mut parser).map_err(|error| from_sqlparser(text, error))?;
        let next = parser.peek_token();
        match next.token {
            Token::EOF => Ok(tree),
            _ => Err(unexpected(text, &next, "expected the end of the statement")),
        }
    };
    let joins = tokens
        .iter()
        .filter(|spanned| is_word(&spanned.token, "join"))
        .count();
    if joins < 2 {
        return attempt(Joins::Left, tokens);
    }
    attempt(Joins::Left, tokens.clone())
        .or_else(|error| attempt(Joins::Nested, tokens).map_err(|_| error))
}

/// Turns sqlparser's error, whose text ends in ` at Line: l, Column: c`, into ours.
fn from_sqlparser(text: &str, error: ParserError) -> Error {
    let message = match error {
        ParserError::RecursionLimitExceeded => {
            return Error::TooDeep {
                at: Position { line: 1, column: 1 },
                limit: limits::MAX_DEPTH,
            };
        }
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
    };
    let (what, place) = message.rsplit_once(" at Line: ").unwrap_or((&message, ""));
    let what = what.split(", found: ").next().unwrap_or(what);
    let what = what
        .strip_prefix("Expected: ")
        .map_or_else(|| what.to_owned(), |wanted| format!("expected {wanted}"));
    let place = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Position {
            line: line.trim().parse().ok()?,
            column: column.trim().parse().ok()?,
        })
    });
    match place {
        Some(at) => syntax(text, at, what),
        None => end_of_input(text, what),
    }
}
