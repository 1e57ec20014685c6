//! What MySQL and Vitess write and sqlparser cannot read, turned, token by token, into what it can.
//!
//! | written | given to sqlparser, and so found in trees |
//! |---|---|
//! | `t AS OF x` | `t FOR SYSTEM_TIME AS OF x`: `TableFactor::Table::version` |
//! | `x IN ::list` | `x IN (::list)` |
//! | `USE VINDEX (v)`, `IGNORE VINDEX (v)` | an index hint on `vindex:v` (see [`super::name::vindex_hint`]) |
//! | `LOCK IN SHARE MODE` | `FOR SHARE` |
//! | `TABLE t` | `SELECT * FROM t` |
//! | `CAST(x AS CHAR(n) CHARACTER SET y)` | `CONVERT(CAST(x AS CHAR(n)) USING y)` |
//! | `START TRANSACTION WITH CONSISTENT SNAPSHOT` | `START TRANSACTION` |
//! | `DISTINCTROW` | `DISTINCT` |
//! | `UPDATE IGNORE t` | `UPDATE OR IGNORE t` |
//! | `UPDATE t, u SET …` | `UPDATE t CROSS JOIN u SET …` |
//! | `LOW_PRIORITY`, `QUICK` of UPDATE and DELETE | nothing: they do nothing with InnoDB |
//!
//! `SELECT … INTO` is refused: its result goes to a file or variable, which no tree here says. So is `DELETE IGNORE`.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

use super::Error;
use super::cursor::is_word;
use super::name::VINDEX_PREFIX;
use super::token::position;

/// Returns the tokens that sqlparser is to read.
///
/// # Errors
/// [`Error::Unsupported`] for `SELECT … INTO`.
pub(super) fn for_sqlparser(
    _text: &str,
    tokens: &[TokenWithSpan],
) -> Result<Vec<TokenWithSpan>, Error> {
    let selects = tokens
        .first()
        .is_some_and(|first| is_word(&first.token, "select") || is_word(&first.token, "with"));
    let mut rewritten = Vec::with_capacity(tokens.len() + 8);
    let mut casts = Casts::default();
    let mut at = 0;
    let mut updates = Updates::default();
    while let Some(spanned) = tokens.get(at) {
        let next = |n: usize| tokens.get(at + n).map_or(&Token::EOF, |next| &next.token);
        let words = |words: &[&str]| {
            words
                .iter()
                .enumerate()
                .all(|(n, word)| is_word(next(n), word))
        };
        let span = spanned.span;
        updates.step(&spanned.token);
        if at == 1
            && (words(&["low_priority"]) || words(&["quick"]))
            && follows(&rewritten, &["update", "delete"])
        {
            at += 1;
        } else if words(&["ignore"]) && follows(&rewritten, &["update"]) && rewritten.len() == 1 {
            rewritten.extend([word("OR", span), word("IGNORE", span)]);
            at += 1;
        } else if words(&["ignore"]) && follows(&rewritten, &["delete"]) && rewritten.len() == 1 {
            return Err(Error::Unsupported {
                feature: "DELETE IGNORE".into(),
                at: position(spanned),
            });
        } else if updates.separates(&spanned.token) {
            rewritten.extend([word("CROSS", span), word("JOIN", span)]);
            at += 1;
        } else if words(&["as", "of"]) {
            rewritten.extend([
                word("FOR", span),
                word("SYSTEM_TIME", span),
                word("AS", span),
                word("OF", span),
            ]);
            at += 2;
        } else if words(&["lock", "in", "share", "mode"]) {
            rewritten.extend([word("FOR", span), word("SHARE", span)]);
            at += 4;
        } else if words(&["with", "consistent", "snapshot"]) {
            at += 3;
        } else if words(&["distinctrow"]) {
            rewritten.push(word("DISTINCT", span));
            at += 1;
        } else if words(&["into"])
            && selects
            && !follows(&rewritten, &["insert", "replace", "ignore"])
        {
            return Err(Error::Unsupported {
                feature: "SELECT … INTO".into(),
                at: position(spanned),
            });
        } else if words(&["table"]) && starts_query(&rewritten) && matches!(next(1), Token::Word(_))
        {
            rewritten.extend([
                word("SELECT", span),
                token(Token::Mul, span),
                word("FROM", span),
            ]);
            at += 1;
        } else if words(&["vindex"]) && follows(&rewritten, &["use", "ignore", "force"]) {
            rewritten.push(word("INDEX", span));
            at += 1;
            at += vindex_names(&tokens[at..], &mut rewritten);
        } else if is_list(&spanned.token) && follows(&rewritten, &["in"]) {
            rewritten.extend([
                token(Token::LParen, span),
                spanned.clone(),
                token(Token::RParen, span),
            ]);
            at += 1;
        } else {
            at += casts.step(&tokens[at..], &mut rewritten);
        }
    }
    Ok(rewritten)
}

fn token(token: Token, span: Span) -> TokenWithSpan {
    TokenWithSpan { token, span }
}

fn word(text: &str, span: Span) -> TokenWithSpan {
    token(Token::make_word(text, None), span)
}

fn is_list(token: &Token) -> bool {
    matches!(token, Token::Placeholder(name) if name.starts_with("::"))
}

fn follows(read: &[TokenWithSpan], words: &[&str]) -> bool {
    read.last()
        .is_some_and(|last| words.iter().any(|word| is_word(&last.token, word)))
}

fn starts_query(read: &[TokenWithSpan]) -> bool {
    match read.last() {
        None => true,
        Some(last) => {
            last.token == Token::LParen || follows(read, &["union", "all", "except", "intersect"])
        }
    }
}

/// Copies `(name, …)` with each name marked as a vindex; returns how many tokens were read.
fn vindex_names(tokens: &[TokenWithSpan], rewritten: &mut Vec<TokenWithSpan>) -> usize {
    let mut read = 0;
    for spanned in tokens {
        read += 1;
        match &spanned.token {
            Token::Word(name) => {
                let value = format!("{VINDEX_PREFIX}{}", name.value);
                let marked = Word {
                    value,
                    quote_style: Some('`'),
                    keyword: Keyword::NoKeyword,
                };
                rewritten.push(token(Token::Word(marked), spanned.span));
            }
            Token::RParen => {
                rewritten.push(spanned.clone());
                break;
            }
            _ => rewritten.push(spanned.clone()),
        }
    }
    read
}

/// Where in the table list of an UPDATE the reader is.
#[derive(Default)]
struct Updates {
    /// Brackets open in the list; `None` outside of it.
    depth: Option<usize>,
    started: bool,
}

impl Updates {
    fn step(&mut self, token: &Token) {
        if !self.started {
            self.started = true;
            self.depth = is_word(token, "update").then_some(0);
            return;
        }
        match (&mut self.depth, token) {
            (Some(depth), Token::LParen) => *depth += 1,
            (Some(depth), Token::RParen) => *depth = depth.saturating_sub(1),
            (Some(0), token) if is_word(token, "set") => self.depth = None,
            _ => {}
        }
    }

    fn separates(&self, token: &Token) -> bool {
        self.depth == Some(0) && *token == Token::Comma
    }
}

/// The CASTs that are open: where each starts among the rewritten tokens, and at what depth.
#[derive(Default)]
struct Casts {
    depth: usize,
    open: Vec<(usize, usize)>,
}

impl Casts {
    /// Copies the next token, or turns `CHARACTER SET y` of a CAST into CONVERT … USING around it; returns how many
    /// tokens were read.
    fn step(&mut self, tokens: &[TokenWithSpan], rewritten: &mut Vec<TokenWithSpan>) -> usize {
        let spanned = &tokens[0];
        let next = |n: usize| tokens.get(n).map_or(&Token::EOF, |next| &next.token);
        match &spanned.token {
            Token::LParen => {
                self.depth += 1;
                if follows(rewritten, &["cast"]) {
                    self.open.push((rewritten.len() - 1, self.depth));
                }
            }
            Token::RParen => {
                if self
                    .open
                    .last()
                    .is_some_and(|(_, depth)| *depth == self.depth)
                {
                    self.open.pop();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Token::Word(_) => {
                let charset = match () {
                    () if is_word(next(0), "charset") => 1,
                    () if is_word(next(0), "character") && is_word(next(1), "set") => 2,
                    () => 0,
                };
                let named =
                    matches!(next(charset), Token::Word(_)) && *next(charset + 1) == Token::RParen;
                if charset > 0
                    && named
                    && let Some((start, depth)) = self.open.last().copied()
                    && depth == self.depth
                {
                    let span = spanned.span;
                    rewritten.splice(
                        start..start,
                        [word("CONVERT", span), token(Token::LParen, span)],
                    );
                    rewritten.extend([
                        token(Token::RParen, span),
                        word("USING", span),
                        tokens[charset].clone(),
                    ]);
                    // The positions of the casts around it do not move: they start before this one.
                    return charset + 1;
                }
            }
            _ => {}
        }
        rewritten.push(spanned.clone());
        1
    }
}
