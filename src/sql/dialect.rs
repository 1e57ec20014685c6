//! MySQL's dialect for sqlparser, with MySQL's precedences and the operators that sqlparser's own dialect lacks
//! (MySQL manual, "Operator Precedence").
//!
//! It keeps the type id of sqlparser's `MySqlDialect`, on which the parser's own checks depend. Long AND and OR chains
//! become balanced trees (they are associative in three-valued logic), so that a thousand-fold OR is not a thousand deep.

use std::any::TypeId;

use sqlparser::ast::{BinaryOperator, CastKind, DataType, Expr, Statement, UnaryOperator};
use sqlparser::dialect::{Dialect, MySqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::cursor::is_word;
use super::limits::LEFT_DEEP_CHAIN;

/// How joins without a condition nest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    /// `a JOIN b LEFT JOIN c ON x` is `(a JOIN b) LEFT JOIN c ON x`, as MySQL has it.
    Left,
    /// `a JOIN b JOIN c ON x ON y` is `a JOIN (b JOIN c ON x) ON y`; tried where the other reading fails.
    Nested,
}

/// The dialect of every parser in vrev.
#[derive(Debug)]
pub(super) struct Mysql(pub(super) Joins);

const BASE: MySqlDialect = MySqlDialect {};

/// MySQL's operators from loosest to tightest.
mod level {
    pub(super) const ASSIGNMENT: u8 = 3;
    pub(super) const OR: u8 = 5;
    pub(super) const XOR: u8 = 8;
    pub(super) const AND: u8 = 10;
    pub(super) const NOT: u8 = 15;
    pub(super) const COMPARISON: u8 = 18;
    /// IN, LIKE, REGEXP, BETWEEN, MEMBER OF: predicates of the grammar, inside comparisons.
    pub(super) const PREDICATE: u8 = 20;
    pub(super) const BIT_OR: u8 = 22;
    pub(super) const BIT_AND: u8 = 24;
    pub(super) const SHIFT: u8 = 26;
    pub(super) const ADD: u8 = 30;
    pub(super) const MULTIPLY: u8 = 40;
    pub(super) const BIT_XOR: u8 = 42;
    pub(super) const UNARY: u8 = 44;
    pub(super) const BANG: u8 = 46;
    pub(super) const JSON: u8 = 60;
    pub(super) const PERIOD: u8 = 100;
}

macro_rules! as_mysql {
    ($($method:ident),* $(,)?) => {
        $(fn $method(&self) -> bool { BASE.$method() })*
    };
}

impl Dialect for Mysql {
    fn dialect(&self) -> TypeId {
        TypeId::of::<MySqlDialect>()
    }

    fn is_identifier_start(&self, c: char) -> bool {
        BASE.is_identifier_start(c)
    }

    fn is_identifier_part(&self, c: char) -> bool {
        // `@` starts a variable's name but ends an identifier.
        c != '@' && BASE.is_identifier_part(c)
    }

    fn is_delimited_identifier_start(&self, c: char) -> bool {
        BASE.is_delimited_identifier_start(c)
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        BASE.identifier_quote_style(identifier)
    }

    as_mysql! {
        ignores_wildcard_escapes, requires_single_line_comment_whitespace, require_interval_qualifier,
        supports_bitwise_shift_operators, supports_comma_separated_set_assignments, supports_comment_optimizer_hint,
        supports_constraint_keyword_without_name, supports_create_table_select, supports_cross_join_constraint,
        supports_data_type_signed_suffix, supports_double_ampersand_operator, supports_group_by_with_modifier,
        supports_insert_set, supports_key_column_option,
        supports_limit_comma, supports_match_against, supports_multiline_comment_hints, supports_numeric_prefix,
        supports_select_modifiers, supports_set_names, supports_string_literal_backslash_escape,
        supports_string_literal_concatenation, supports_table_hints, supports_update_order_by,
        supports_user_host_grantee,
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_left_associative_joins_without_parens(&self) -> bool {
        self.0 == Joins::Left
    }

    fn supports_table_versioning(&self) -> bool {
        true
    }

    /// `EXTRACT(DAY_HOUR FROM x)`: units of several parts.
    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn supports_start_transaction_modifier(&self) -> bool {
        false
    }

    fn is_table_factor_alias(
        &self,
        explicit: bool,
        keyword: &Keyword,
        parser: &mut Parser,
    ) -> bool {
        BASE.is_table_factor_alias(explicit, keyword, parser)
    }

    fn parse_statement(&self, parser: &mut Parser) -> Option<Result<Statement, ParserError>> {
        BASE.parse_statement(parser)
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        match precedence {
            Precedence::Period => level::PERIOD,
            Precedence::DoubleColon | Precedence::PgOther => level::JSON,
            Precedence::AtTz | Precedence::Colon => level::BANG,
            Precedence::MulDivModOp => level::MULTIPLY,
            Precedence::PlusMinus => level::ADD,
            Precedence::Xor => level::XOR,
            Precedence::Ampersand => level::BIT_AND,
            Precedence::Caret => level::BIT_XOR,
            Precedence::Pipe => level::BIT_OR,
            Precedence::Between | Precedence::Like => level::PREDICATE,
            Precedence::Eq | Precedence::Is => level::COMPARISON,
            Precedence::UnaryNot => level::NOT,
            Precedence::And => level::AND,
            Precedence::Or => level::OR,
        }
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let precedence = match &parser.peek_token_ref().token {
            Token::Assignment => level::ASSIGNMENT,
            Token::StringConcat => level::OR,
            Token::Overlap => level::AND,
            Token::Pipe => level::BIT_OR,
            Token::Ampersand => level::BIT_AND,
            Token::ShiftLeft | Token::ShiftRight => level::SHIFT,
            Token::Plus | Token::Minus => level::ADD,
            Token::Mul | Token::Div | Token::Mod => level::MULTIPLY,
            Token::Caret => level::BIT_XOR,
            Token::Arrow | Token::LongArrow => level::JSON,
            Token::Period => level::PERIOD,
            Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::LtEq
            | Token::Gt
            | Token::GtEq
            | Token::Spaceship => level::COMPARISON,
            Token::Word(word) if word.quote_style.is_none() => match word.keyword {
                Keyword::DIV | Keyword::MOD => level::MULTIPLY,
                Keyword::OR => level::OR,
                Keyword::XOR => level::XOR,
                Keyword::AND => level::AND,
                Keyword::IS => level::COMPARISON,
                Keyword::IN
                | Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::REGEXP
                | Keyword::RLIKE
                | Keyword::MEMBER => level::PREDICATE,
                Keyword::NoKeyword if sounds_like(parser) => level::PREDICATE,
                // NOT IN, NOT LIKE, …; anything else ends the expression.
                Keyword::NOT => return None,
                _ => 0,
            },
            _ => 0,
        };
        Some(Ok(precedence))
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let operator = match &parser.peek_token_ref().token {
            Token::ExclamationMark => UnaryOperator::BangNot,
            Token::Tilde => UnaryOperator::BitwiseNot,
            Token::Minus => UnaryOperator::Minus,
            Token::Plus => UnaryOperator::Plus,
            Token::Word(word) if word.keyword == Keyword::BINARY && word.quote_style.is_none() => {
                return parse_binary(parser);
            }
            _ => return None,
        };
        parser.advance_token();
        let precedence = if operator == UnaryOperator::BangNot {
            level::BANG
        } else {
            level::UNARY
        };
        Some(
            parser
                .parse_subexpr(precedence - 1)
                .map(|expr| Expr::UnaryOp {
                    op: operator,
                    expr: Box::new(expr),
                }),
        )
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        match logical(&parser.peek_token_ref().token) {
            Some(operator) => Some(parse_chain(parser, left, operator, precedence)),
            None => {
                parse_regexp(parser, left).or_else(|| parse_word_operator(parser, left, precedence))
            }
        }
    }
}

/// Reads `BINARY expr`, which binds tighter than any infix operator.
fn parse_binary(parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
    // `binary` alone may be a name in lenient places; the operator needs an operand.
    if matches!(
        parser.peek_nth_token_ref(1).token,
        Token::EOF | Token::Comma | Token::RParen | Token::Period | Token::SemiColon | Token::Eq
    ) {
        return None;
    }
    parser.advance_token();
    Some(parser.parse_subexpr(level::UNARY).map(|expr| Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type: DataType::Binary(None),
        format: None,
    }))
}

/// Reads `[NOT] REGEXP pattern` and `[NOT] RLIKE pattern`; sqlparser's own reading loses a NULL that follows.
fn parse_regexp(parser: &mut Parser, left: &Expr) -> Option<Result<Expr, ParserError>> {
    let word = |token: &Token| is_word(token, "regexp") || is_word(token, "rlike");
    let negated = is_word(&parser.peek_token_ref().token, "not");
    if !word(&parser.peek_nth_token_ref(usize::from(negated)).token) {
        return None;
    }
    if negated {
        parser.advance_token();
    }
    let regexp = is_word(&parser.peek_token_ref().token, "regexp");
    parser.advance_token();
    Some(
        parser
            .parse_subexpr(level::PREDICATE)
            .map(|pattern| Expr::RLike {
                negated,
                expr: Box::new(left.clone()),
                pattern: Box::new(pattern),
                regexp,
            }),
    )
}

/// Reads MOD, DIV and SOUNDS LIKE.
fn parse_word_operator(
    parser: &mut Parser,
    left: &Expr,
    precedence: u8,
) -> Option<Result<Expr, ParserError>> {
    let operator = match &parser.peek_token_ref().token {
        Token::Word(word) if word.quote_style.is_some() => return None,
        Token::Word(word) if word.keyword == Keyword::MOD => BinaryOperator::Modulo,
        Token::Word(word) if word.keyword == Keyword::DIV => BinaryOperator::MyIntegerDivide,
        Token::Word(_) if sounds_like(parser) => {
            parser.advance_token();
            BinaryOperator::Custom("SOUNDS LIKE".into())
        }
        _ => return None,
    };
    parser.advance_token();
    Some(
        parser
            .parse_subexpr(precedence)
            .map(|right| Expr::BinaryOp {
                left: Box::new(left.clone()),
                op: operator,
                right: Box::new(right),
            }),
    )
}

fn sounds_like(parser: &Parser) -> bool {
    is_word(&parser.peek_token_ref().token, "sounds")
        && is_word(&parser.peek_nth_token_ref(1).token, "like")
}

fn logical(token: &Token) -> Option<BinaryOperator> {
    match token {
        Token::StringConcat => Some(BinaryOperator::Or),
        Token::Overlap => Some(BinaryOperator::And),
        Token::Word(word) if word.quote_style.is_none() => match word.keyword {
            Keyword::OR => Some(BinaryOperator::Or),
            Keyword::AND => Some(BinaryOperator::And),
            _ => None,
        },
        _ => None,
    }
}

/// Reads the whole chain `left op a op b op …`.
fn parse_chain(
    parser: &mut Parser,
    left: &Expr,
    op: BinaryOperator,
    precedence: u8,
) -> Result<Expr, ParserError> {
    let mut operands = vec![left.clone()];
    while logical(&parser.peek_token_ref().token).as_ref() == Some(&op) {
        parser.advance_token();
        operands.push(parser.parse_subexpr(precedence)?);
    }
    Ok(combine(operands, &op))
}

fn combine(operands: Vec<Expr>, op: &BinaryOperator) -> Expr {
    let mut level = operands;
    let join = |left: Expr, right: Expr| Expr::BinaryOp {
        left: Box::new(left),
        op: op.clone(),
        right: Box::new(right),
    };
    if level.len() <= LEFT_DEEP_CHAIN + 1 {
        return level
            .into_iter()
            .reduce(join)
            .expect("a chain has its left operand");
    }
    while level.len() > 1 {
        let mut halved = Vec::with_capacity(level.len().div_ceil(2));
        let mut operands = level.into_iter();
        while let Some(left) = operands.next() {
            halved.push(match operands.next() {
                Some(right) => join(left, right),
                None => left,
            });
        }
        level = halved;
    }
    level
        .into_iter()
        .next()
        .expect("halving leaves one operand")
}
