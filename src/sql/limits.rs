//! Bounds on statements, checked on tokens before anything is parsed: no input may overflow the stack, not while its
//! tree is built, and not while the tree is copied, printed or dropped by whoever gets it.
//!
//! sqlparser bounds its own recursion, but a long operator chain (`1+1+1+…`) is parsed by a loop into a tree as deep as
//! the chain is long. So depth is estimated from tokens, from above: an open bracket costs 2, one that opens a subquery
//! 6, CASE 2, UNION 3, and within one bracket level every operator since the last comma or clause keyword costs 1. Long chains of
//! AND or OR cost their logarithm: the dialect builds balanced trees of them (see [`super::dialect`]).

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::Error;
use super::token::position;

/// The longest statement that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// The greatest depth of a syntax tree, by the measure above.
pub const MAX_DEPTH: usize = 200;

/// AND/OR chains up to this many operators stay left-deep, as sqlparser builds them.
pub(super) const LEFT_DEEP_CHAIN: usize = 16;

const BRACKET_COST: usize = 2;
const SUBQUERY_COST: usize = 6;
const UNION_COST: usize = 3;

/// One bracket level, or CASE, that is still open.
struct Level {
    cost: usize,
    segment: Segment,
    /// Deepest segment so far.
    deepest: usize,
    /// UNION, EXCEPT, INTERSECT and JOIN nest across separators.
    sets: usize,
    case: bool,
}

/// What lies between two separators of a level.
#[derive(Default)]
struct Segment {
    /// Operators since the last AND or OR, and the deepest child since then.
    operators: usize,
    child: usize,
    /// The deepest operand of AND and OR so far.
    operand: usize,
    /// AND and OR.
    logical: usize,
    /// XOR and `:=`, which are looser than AND: operands of theirs may be chains of AND.
    loose: usize,
    /// BETWEENs whose AND is still to come.
    between: usize,
}

impl Segment {
    fn depth(&self) -> usize {
        let logical = match self.logical {
            few if few <= LEFT_DEEP_CHAIN => few,
            // An OR chain of AND chains: each left-deep up to the limit, or balanced.
            many => many.min(2 * (LEFT_DEEP_CHAIN + many.ilog2() as usize)),
        };
        logical + self.loose + self.operand.max(self.operators + self.child)
    }

    fn logical(&mut self) {
        self.logical += 1;
        self.operand = self.operand.max(self.operators + self.child);
        self.operators = 0;
        self.child = 0;
    }
}

impl Level {
    fn new(cost: usize, case: bool) -> Self {
        Self {
            cost,
            segment: Segment::default(),
            deepest: 0,
            sets: 0,
            case,
        }
    }

    fn depth(&self) -> usize {
        self.cost + self.sets + self.deepest.max(self.segment.depth())
    }

    fn separate(&mut self) {
        self.deepest = self.deepest.max(self.segment.depth());
        self.segment = Segment::default();
    }
}

/// Returns an upper bound for the depth of the tree that `tokens` parse to.
///
/// # Errors
/// [`Error::TooDeep`] where the bound passes [`MAX_DEPTH`].
pub(super) fn check_depth(tokens: &[TokenWithSpan]) -> Result<usize, Error> {
    let mut levels = vec![Level::new(0, false)];
    // Depth of the enclosing, still open levels: what an unfinished child adds to.
    let mut open = 0;
    for (index, spanned) in tokens.iter().enumerate() {
        match class(
            &spanned.token,
            tokens.get(index + 1).map(|next| &next.token),
        ) {
            Class::Open(cost) => {
                levels.push(Level::new(cost, false));
                open += cost;
            }
            Class::OpenCase => {
                levels.push(Level::new(BRACKET_COST, true));
                open += BRACKET_COST;
            }
            Class::Close => {
                while levels.len() > 1 && levels.last().is_some_and(|level| level.case) {
                    close(&mut levels, &mut open);
                }
                close(&mut levels, &mut open);
            }
            Class::CloseCase if levels.last().is_some_and(|level| level.case) => {
                close(&mut levels, &mut open)
            }
            Class::Separator => top(&mut levels).separate(),
            Class::Operator => top(&mut levels).segment.operators += 1,
            Class::Loose => top(&mut levels).segment.loose += 1,
            Class::Between => {
                let segment = &mut top(&mut levels).segment;
                segment.operators += 1;
                segment.between += 1;
            }
            Class::And if top(&mut levels).segment.between > 0 => {
                top(&mut levels).segment.between -= 1;
            }
            Class::And | Class::Or => top(&mut levels).segment.logical(),
            Class::Set(cost) => {
                top(&mut levels).separate();
                top(&mut levels).sets += cost;
            }
            Class::CloseCase | Class::Other => {}
        }
        let level = top(&mut levels);
        let here = open + level.depth() - level.cost;
        if here > MAX_DEPTH {
            return Err(Error::TooDeep {
                at: position(spanned),
                limit: MAX_DEPTH,
            });
        }
    }
    let total = levels.iter().map(Level::depth).sum::<usize>();
    if total > MAX_DEPTH {
        let at = tokens
            .last()
            .map_or(super::Position { line: 1, column: 1 }, position);
        return Err(Error::TooDeep {
            at,
            limit: MAX_DEPTH,
        });
    }
    Ok(total)
}

fn top(levels: &mut [Level]) -> &mut Level {
    levels
        .last_mut()
        .expect("the outermost level is never closed")
}

fn close(levels: &mut Vec<Level>, open: &mut usize) {
    if levels.len() < 2 {
        return;
    }
    if let Some(level) = levels.pop() {
        *open = open.saturating_sub(level.cost);
        let parent = top(levels);
        parent.segment.child = parent.segment.child.max(level.depth());
    }
}

enum Class {
    Open(usize),
    Close,
    OpenCase,
    CloseCase,
    Separator,
    Operator,
    Loose,
    Between,
    And,
    Or,
    Set(usize),
    Other,
}

fn class(token: &Token, next: Option<&Token>) -> Class {
    match token {
        Token::LParen | Token::LBracket | Token::LBrace => match next {
            Some(Token::Word(word))
                if matches!(
                    word.keyword,
                    Keyword::SELECT | Keyword::WITH | Keyword::VALUES
                ) =>
            {
                Class::Open(SUBQUERY_COST)
            }
            _ => Class::Open(BRACKET_COST),
        },
        Token::RParen | Token::RBracket | Token::RBrace => Class::Close,
        Token::Comma | Token::SemiColon => Class::Separator,
        Token::Word(word) if word.quote_style.is_none() => word_class(word.keyword),
        Token::StringConcat => Class::Or,
        // `&&` never belongs to BETWEEN, but counting it as its AND only makes the bound larger.
        Token::Overlap => Class::And,
        Token::Assignment => Class::Loose,
        Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::Mod
        | Token::Caret
        | Token::Ampersand
        | Token::Pipe
        | Token::ShiftLeft
        | Token::ShiftRight
        | Token::Eq
        | Token::DoubleEq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq
        | Token::Spaceship
        | Token::ExclamationMark
        | Token::DoubleExclamationMark
        | Token::Tilde
        | Token::Arrow
        | Token::LongArrow
        | Token::Colon
        | Token::DoubleColon
        | Token::AtSign
        | Token::AtAt
        | Token::Sharp
        | Token::CustomBinaryOperator(_) => Class::Operator,
        Token::Whitespace(_)
        | Token::Word(_)
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Period
        | Token::Placeholder(_)
        | Token::EOF => Class::Other,
        // Other dialects' operators: whatever sqlparser makes of them, it nests by one.
        _ => Class::Operator,
    }
}

fn word_class(keyword: Keyword) -> Class {
    match keyword {
        Keyword::CASE => Class::OpenCase,
        Keyword::END => Class::CloseCase,
        Keyword::AND => Class::And,
        Keyword::OR => Class::Or,
        Keyword::XOR => Class::Loose,
        Keyword::BETWEEN => Class::Between,
        Keyword::NOT
        | Keyword::IS
        | Keyword::LIKE
        | Keyword::IN
        | Keyword::REGEXP
        | Keyword::RLIKE
        | Keyword::DIV
        | Keyword::MOD
        | Keyword::COLLATE
        | Keyword::BINARY
        | Keyword::INTERVAL
        | Keyword::MEMBER
        | Keyword::ALL
        | Keyword::ANY
        | Keyword::EXPLAIN
        | Keyword::DESCRIBE
        | Keyword::DESC
        | Keyword::PRIOR
        | Keyword::AT => Class::Operator,
        Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS => {
            Class::Set(UNION_COST)
        }
        Keyword::JOIN | Keyword::STRAIGHT_JOIN => Class::Set(1),
        Keyword::SELECT
        | Keyword::FROM
        | Keyword::WHERE
        | Keyword::GROUP
        | Keyword::HAVING
        | Keyword::ORDER
        | Keyword::LIMIT
        | Keyword::ON
        | Keyword::SET
        | Keyword::VALUES
        | Keyword::WHEN
        | Keyword::THEN
        | Keyword::ELSE => Class::Separator,
        _ => Class::Other,
    }
}
