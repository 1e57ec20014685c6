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
//! | `CHAR(x USING y)` | `CONVERT(CHAR(x) USING y)` |
//! | `INTERVAL x DAY_HOUR` | `INTERVAL x DAY TO HOUR` (see [`interval_unit`]) |
//! | `INTERVAL(x, a, b)` | a call of the function |
//! | `TIMESTAMPDIFF(DAY, x, y)` | a placeholder without a colon for the unit, which is no column (see [`unit_argument`]) |
//! | `TRIM(x FROM y)`, `TRIM(LEADING FROM y)` | `TRIM(BOTH x FROM y)`, `TRIM(LEADING ' ' FROM y)` |
//! | `f(x) FROM FIRST OVER w` | `f(x) OVER w` |
//! | `{OJ a LEFT JOIN b ON c}` | `a LEFT JOIN b ON c` |
//! | `START TRANSACTION WITH CONSISTENT SNAPSHOT` | `START TRANSACTION` |
//! | `DISTINCTROW` | `DISTINCT` |
//! | `UPDATE IGNORE t` | `UPDATE OR IGNORE t` |
//! | `UPDATE t, u SET …` | `UPDATE t CROSS JOIN u SET …` |
//! | `LOW_PRIORITY`, `QUICK` of UPDATE and DELETE | nothing: they do nothing with InnoDB |
//!
//! `SELECT … INTO` is refused: its result goes to a file or variable, which no tree here says. So is `DELETE IGNORE`.

use sqlparser::ast::{Expr, Interval, Value};
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
    // For every open brace whether it is that of an outer join.
    let mut braces: Vec<bool> = Vec::new();
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
        } else if let Some((first, last)) = composite_unit(&spanned.token)
            && !called(&rewritten, &["extract"])
        {
            rewritten.extend([word(first, span), word("TO", span), word(last, span)]);
            at += 1;
        } else if let Token::Word(unit) = &spanned.token
            && simple_unit(&unit.value).is_some()
            && unit.quote_style.is_none()
            && called(&rewritten, &["timestampadd", "timestampdiff"])
        {
            rewritten.push(token(Token::Placeholder(unit.value.clone()), span));
            at += 1;
        } else if words(&["interval"])
            && *next(1) == Token::LParen
            && has_at_top(&tokens[at + 1..], |token| *token == Token::Comma)
        {
            rewritten.push(call("interval", span));
            at += 1;
        } else if words(&["trim"])
            && *next(1) == Token::LParen
            && !["both", "leading", "trailing"]
                .iter()
                .any(|side| is_word(next(2), side))
            && has_at_top(&tokens[at + 1..], |token| is_word(token, "from"))
        {
            rewritten.push(spanned.clone());
            at += 1 + casts.step(&tokens[at + 1..], &mut rewritten);
            rewritten.push(word("BOTH", span));
        } else if is_word(next(1), "from")
            && called(&rewritten, &["trim"])
            && ["both", "leading", "trailing"]
                .iter()
                .any(|side| is_word(&spanned.token, side))
        {
            let space = Token::SingleQuotedString(" ".to_owned());
            rewritten.extend([spanned.clone(), token(space, span)]);
            at += 1;
        } else if words(&["from", "first", "over"])
            && rewritten
                .last()
                .is_some_and(|last| last.token == Token::RParen)
        {
            at += 2;
        } else if spanned.token == Token::LBrace {
            let joins = is_word(next(1), "oj");
            braces.push(joins);
            if joins {
                at += 2;
            } else {
                rewritten.push(spanned.clone());
                at += 1;
            }
        } else if spanned.token == Token::RBrace {
            if braces.pop() != Some(true) {
                rewritten.push(spanned.clone());
            }
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

/// A name that is called, whatever else it may mean.
fn call(name: &str, span: Span) -> TokenWithSpan {
    let name = Word {
        value: name.to_owned(),
        quote_style: None,
        keyword: Keyword::NoKeyword,
    };
    token(Token::Word(name), span)
}

/// Tells whether a bracket that opens here has a token like that, brackets inside it left out.
fn has_at_top(tokens: &[TokenWithSpan], wanted: impl Fn(&Token) -> bool) -> bool {
    let mut depth = 0_usize;
    for spanned in tokens {
        match &spanned.token {
            Token::LParen => depth += 1,
            Token::RParen if depth <= 1 => return false,
            Token::RParen => depth -= 1,
            token if depth == 1 && wanted(token) => return true,
            _ => {}
        }
    }
    false
}

/// Units of several parts, and the two fields between which trees have them: first and last, but for
/// SECOND_MICROSECOND, after whose first field sqlparser reads no second one. All are reserved words (MySQL manual,
/// "Temporal Intervals", "Keywords and Reserved Words").
const COMPOSITE_UNITS: [(&str, &str, &str); 11] = [
    ("SECOND_MICROSECOND", "MICROSECOND", "SECOND"),
    ("MINUTE_MICROSECOND", "MINUTE", "MICROSECOND"),
    ("MINUTE_SECOND", "MINUTE", "SECOND"),
    ("HOUR_MICROSECOND", "HOUR", "MICROSECOND"),
    ("HOUR_SECOND", "HOUR", "SECOND"),
    ("HOUR_MINUTE", "HOUR", "MINUTE"),
    ("DAY_MICROSECOND", "DAY", "MICROSECOND"),
    ("DAY_SECOND", "DAY", "SECOND"),
    ("DAY_MINUTE", "DAY", "MINUTE"),
    ("DAY_HOUR", "DAY", "HOUR"),
    ("YEAR_MONTH", "YEAR", "MONTH"),
];

/// Units of one part, the only ones of TIMESTAMPADD and TIMESTAMPDIFF.
const SIMPLE_UNITS: [&str; 9] = [
    "MICROSECOND",
    "SECOND",
    "MINUTE",
    "HOUR",
    "DAY",
    "WEEK",
    "MONTH",
    "QUARTER",
    "YEAR",
];

/// The unit that a word names, perhaps with the prefix `SQL_TSI_`.
fn simple_unit(word: &str) -> Option<&'static str> {
    let upper = word.to_ascii_uppercase();
    let bare = upper.strip_prefix("SQL_TSI_").unwrap_or(&upper);
    SIMPLE_UNITS.into_iter().find(|unit| *unit == bare)
}

/// Returns the unit that is the first argument of TIMESTAMPADD and TIMESTAMPDIFF, upper case. `None` for another
/// expression.
pub fn unit_argument(expr: &Expr) -> Option<&'static str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(word) => simple_unit(word),
            _ => None,
        },
        _ => None,
    }
}

fn composite_unit(token: &Token) -> Option<(&'static str, &'static str)> {
    let Token::Word(word) = token else {
        return None;
    };
    if word.quote_style.is_some() || !word.value.contains('_') {
        return None;
    }
    let unit = COMPOSITE_UNITS
        .iter()
        .find(|(name, ..)| word.value.eq_ignore_ascii_case(name));
    unit.map(|(_, first, last)| (*first, *last))
}

/// Returns the unit of an interval as MySQL names it, upper case: `DAY`, `DAY_HOUR`. `None` for none.
pub fn interval_unit(interval: &Interval) -> Option<String> {
    // sqlparser reads plurals as units of their own.
    let name = |field: &sqlparser::ast::DateTimeField| {
        let name = field.to_string().to_ascii_uppercase();
        match name.strip_suffix('S') {
            Some(one) => one.to_owned(),
            None => name,
        }
    };
    let first = name(interval.leading_field.as_ref()?);
    let Some(last) = interval.last_field.as_ref().map(name) else {
        return Some(first);
    };
    let unit = COMPOSITE_UNITS
        .iter()
        .find(|(_, one, other)| (*one, *other) == (first.as_str(), last.as_str()));
    Some(unit.map_or_else(
        || format!("{first}_{last}"),
        |(unit, ..)| (*unit).to_owned(),
    ))
}

fn is_list(token: &Token) -> bool {
    matches!(token, Token::Placeholder(name) if name.starts_with("::"))
}

fn follows(read: &[TokenWithSpan], words: &[&str]) -> bool {
    read.last()
        .is_some_and(|last| words.iter().any(|word| is_word(&last.token, word)))
}

/// Tells whether the arguments of one of these functions begin here.
fn called(read: &[TokenWithSpan], names: &[&str]) -> bool {
    read.split_last()
        .is_some_and(|(last, before)| last.token == Token::LParen && follows(before, names))
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

/// The calls of CAST and CHAR that are open: where each starts among the rewritten tokens, and at what depth.
#[derive(Default)]
struct Casts {
    depth: usize,
    open: Vec<(usize, usize)>,
}

impl Casts {
    /// Copies the next token, or turns `CHARACTER SET y` of a CAST, or `USING y` of a CHAR, into CONVERT … USING around
    /// it; returns how many tokens were read.
    fn step(&mut self, tokens: &[TokenWithSpan], rewritten: &mut Vec<TokenWithSpan>) -> usize {
        let spanned = &tokens[0];
        let next = |n: usize| tokens.get(n).map_or(&Token::EOF, |next| &next.token);
        match &spanned.token {
            Token::LParen => {
                self.depth += 1;
                if follows(rewritten, &["cast", "char"]) {
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
                    () if is_word(next(0), "using") => 1,
                    () if is_word(next(0), "character") && is_word(next(1), "set") => 2,
                    () => 0,
                };
                let named =
                    matches!(next(charset), Token::Word(_)) && *next(charset + 1) == Token::RParen;
                if charset > 0
                    && named
                    && let Some((start, depth)) = self.open.last().copied()
                    && depth == self.depth
                    && is_word(&rewritten[start].token, "char") == is_word(next(0), "using")
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
