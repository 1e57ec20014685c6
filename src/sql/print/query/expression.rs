//! Expressions: operators by precedence, literals, predicates.

use super::Printer;
use crate::sql::ast::{BinaryOperator, CaseWhen, DataType, Expr, Query, UnaryOperator, Value};
use crate::sql::interval_unit;
use crate::sql::literal::{unescape, vitess_string};

/// How loosely an expression binds; what binds tighter than any operator is `ATOM`. The numbers follow Vitess's
/// precedence table.
mod binding {
    pub(super) const ATOM: u8 = 0;
    pub(super) const BANG: u8 = 3;
    pub(super) const SIGN: u8 = 4;
    pub(super) const BIT_XOR: u8 = 5;
    pub(super) const MULTIPLY: u8 = 6;
    pub(super) const ADD: u8 = 7;
    pub(super) const SHIFT: u8 = 8;
    pub(super) const BIT_AND: u8 = 9;
    pub(super) const BIT_OR: u8 = 10;
    pub(super) const COMPARISON: u8 = 11;
    pub(super) const BETWEEN: u8 = 12;
    pub(super) const NOT: u8 = 13;
    pub(super) const AND: u8 = 14;
    pub(super) const XOR: u8 = 15;
    pub(super) const OR: u8 = 16;
    pub(super) const ASSIGNMENT: u8 = 17;
}

/// On which side of its operator an operand stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

fn binds(expr: &Expr) -> u8 {
    match expr {
        Expr::Nested(inner) => binds(inner),
        Expr::BinaryOp { op, .. } => match op {
            BinaryOperator::Or => binding::OR,
            BinaryOperator::Xor => binding::XOR,
            BinaryOperator::And => binding::AND,
            BinaryOperator::BitwiseOr => binding::BIT_OR,
            BinaryOperator::BitwiseAnd => binding::BIT_AND,
            BinaryOperator::PGBitwiseShiftLeft | BinaryOperator::PGBitwiseShiftRight => {
                binding::SHIFT
            }
            BinaryOperator::Plus | BinaryOperator::Minus => binding::ADD,
            BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::MyIntegerDivide => binding::MULTIPLY,
            BinaryOperator::BitwiseXor => binding::BIT_XOR,
            BinaryOperator::Arrow | BinaryOperator::LongArrow => binding::ATOM,
            BinaryOperator::Assignment => binding::ASSIGNMENT,
            _ => binding::COMPARISON,
        },
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            ..
        } => binding::NOT,
        Expr::UnaryOp {
            op: UnaryOperator::BangNot,
            ..
        } => binding::BANG,
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } if is_number(expr) => binding::ATOM,
        Expr::UnaryOp { .. } => binding::SIGN,
        Expr::Between { .. } => binding::BETWEEN,
        Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Like { .. }
        | Expr::RLike { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. }
        | Expr::MemberOf(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_) => binding::COMPARISON,
        // An interval reaches as far as its unit; beside an operator it is one operand.
        _ => binding::ATOM,
    }
}

fn needs_collate_parentheses(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => needs_collate_parentheses(inner),
        other => matches!(other, Expr::UnaryOp { .. } | Expr::Collate { .. }),
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
}

impl Printer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Nested(inner) => self.expr(inner),
            // DEFAULT as a value is a bare identifier to sqlparser.
            Expr::Identifier(ident)
                if ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("default") =>
            {
                self.word("default");
            }
            Expr::Identifier(ident) => self.ident(ident),
            Expr::CompoundIdentifier(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        self.word(".");
                    }
                    // @@session.x: what follows the scope is a variable too.
                    match parts[0].value.starts_with('@') && parts[0].quote_style.is_none() {
                        true => self.raw(&part.value),
                        false => self.ident(part),
                    }
                }
            }
            Expr::Value(value) => self.value(&value.value),
            Expr::Prefixed { prefix, value } => {
                self.raw(&prefix.value.to_lowercase());
                self.raw(" ");
                self.expr(value);
            }
            Expr::TypedString(typed) => {
                self.word(&typed.data_type.to_string().to_lowercase());
                self.value(&typed.value.value);
            }
            Expr::BinaryOp { left, op, right } => {
                self.operand(expr, left, Side::Left);
                self.word(&format!(" {} ", operator(op)));
                self.operand(expr, right, Side::Right);
            }
            Expr::UnaryOp { op, expr: operand } => self.unary(expr, op, operand),
            Expr::IsNull(operand) => self.postfix(expr, operand, " is null"),
            Expr::IsNotNull(operand) => self.postfix(expr, operand, " is not null"),
            Expr::IsTrue(operand) => self.postfix(expr, operand, " is true"),
            Expr::IsNotTrue(operand) => self.postfix(expr, operand, " is not true"),
            Expr::IsFalse(operand) => self.postfix(expr, operand, " is false"),
            Expr::IsNotFalse(operand) => self.postfix(expr, operand, " is not false"),
            Expr::IsUnknown(operand) => self.postfix(expr, operand, " is unknown"),
            Expr::IsNotUnknown(operand) => self.postfix(expr, operand, " is not unknown"),
            Expr::Collate {
                expr: operand,
                collation,
            } => {
                self.operand(expr, operand, Side::Left);
                self.word(" collate ");
                self.raw(&collation.to_string().replace('`', "").to_lowercase());
            }
            Expr::Tuple(items) => {
                self.word("(");
                self.exprs(items);
                self.word(")");
            }
            Expr::Exists { subquery, negated } => {
                self.word(if *negated { "not exists " } else { "exists " });
                self.subquery(subquery);
            }
            Expr::Subquery(query) => self.subquery(query),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref());
            }
            Expr::Interval(interval) => {
                self.word("interval ");
                self.atom(&interval.value);
                if let Some(unit) = interval_unit(interval) {
                    self.raw(&format!(" {}", unit.to_lowercase()));
                }
            }
            other => self.predicate(other),
        }
    }

    /// Predicates with words between their operands.
    fn predicate(&mut self, expr: &Expr) {
        let not = |negated: bool| if negated { " not" } else { "" };
        match expr {
            Expr::Between {
                expr: operand,
                negated,
                low,
                high,
            } => {
                self.operand(expr, operand, Side::Left);
                self.word(&format!("{} between ", not(*negated)));
                self.operand(expr, low, Side::Right);
                self.word(" and ");
                self.operand(expr, high, Side::Right);
            }
            Expr::InList {
                expr: operand,
                list,
                negated,
            } => {
                self.operand(expr, operand, Side::Left);
                self.word(&format!("{} in ", not(*negated)));
                match list.as_slice() {
                    [list] if is_list(list) => self.expr(list),
                    _ => {
                        self.word("(");
                        self.exprs(list);
                        self.word(")");
                    }
                }
            }
            Expr::InSubquery {
                expr: operand,
                subquery,
                negated,
            } => {
                self.operand(expr, operand, Side::Left);
                self.word(&format!("{} in ", not(*negated)));
                self.subquery(subquery);
            }
            Expr::Like {
                negated,
                expr: operand,
                pattern,
                escape_char,
                ..
            } => {
                self.operand(expr, operand, Side::Left);
                self.word(&format!("{} like ", not(*negated)));
                self.operand(expr, pattern, Side::Right);
                if let Some(escape) = escape_char {
                    self.word(" escape ");
                    self.expr(escape);
                }
            }
            Expr::RLike {
                negated,
                expr: operand,
                pattern,
                ..
            } => {
                self.operand(expr, operand, Side::Left);
                self.word(&format!("{} regexp ", not(*negated)));
                self.operand(expr, pattern, Side::Right);
            }
            Expr::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => self.quantified(expr, left, compare_op, "any", right),
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => self.quantified(expr, left, compare_op, "all", right),
            Expr::MemberOf(member) => {
                self.expr(&member.value);
                self.word(" member of (");
                self.expr(&member.array);
                self.word(")");
            }
            other => self.call(other),
        }
    }

    fn quantified(
        &mut self,
        expr: &Expr,
        left: &Expr,
        op: &BinaryOperator,
        word: &str,
        right: &Expr,
    ) {
        self.operand(expr, left, Side::Left);
        self.word(&format!(" {} {word} ", operator(op)));
        match right {
            Expr::Subquery(query) => self.subquery(query),
            other => {
                self.word("(");
                self.expr(other);
                self.word(")");
            }
        }
    }

    pub(super) fn subquery(&mut self, query: &Query) {
        self.word("(");
        self.query(query);
        self.word(")");
    }

    fn postfix(&mut self, expr: &Expr, operand: &Expr, words: &str) {
        self.operand(expr, operand, Side::Left);
        self.word(words);
    }

    fn unary(&mut self, expr: &Expr, op: &UnaryOperator, operand: &Expr) {
        match op {
            UnaryOperator::Not => {
                self.word("not ");
                self.operand(expr, operand, Side::Right);
            }
            _ => {
                self.word(&op.to_string());
                let start = self.out.len();
                self.operand(expr, operand, Side::Right);
                // `--` might start a comment.
                if self.out[start..].starts_with('-') {
                    self.out.insert(start, ' ');
                }
            }
        }
    }

    /// Prints an operand of `parent`, in parentheses where its operator binds no tighter.
    fn operand(&mut self, parent: &Expr, operand: &Expr, side: Side) {
        let (outer, inner) = (binds(parent), binds(operand));
        // The operands of IN, LIKE, REGEXP and BETWEEN bind tighter than any comparison.
        let predicate = matches!(
            parent,
            Expr::InList { .. }
                | Expr::InSubquery { .. }
                | Expr::Like { .. }
                | Expr::RLike { .. }
                | Expr::Between { .. }
        );
        let enclose = match (outer, inner) {
            // `-1 collate x` is `-(1 collate x)`, and COLLATE does not follow COLLATE.
            _ if matches!(parent, Expr::Collate { .. }) && needs_collate_parentheses(operand) => {
                true
            }
            (_, binding::ATOM) => false,
            // COLLATE and the like bind tighter than any operator.
            (binding::ATOM, _) => true,
            (_, inner) if predicate => inner >= binding::COMPARISON,
            // A chain of one sign or NOT needs none.
            _ if outer == inner && matches!(parent, Expr::UnaryOp { .. }) => false,
            (outer, inner) if side == Side::Left => inner > outer,
            (outer, inner) if is_associative(parent, operand) => inner > outer,
            (outer, inner) => inner >= outer,
        };
        if enclose {
            self.word("(");
        }
        self.expr(operand);
        if enclose {
            self.word(")");
        }
    }

    /// Prints an operand that must bind tighter than anything.
    fn atom(&mut self, expr: &Expr) {
        let enclose = binds(expr) != binding::ATOM;
        if enclose {
            self.word("(");
        }
        self.expr(expr);
        if enclose {
            self.word(")");
        }
    }

    fn case(&mut self, operand: Option<&Expr>, conditions: &[CaseWhen], otherwise: Option<&Expr>) {
        self.word("case ");
        if let Some(operand) = operand {
            self.expr(operand);
            self.word(" ");
        }
        for when in conditions {
            self.word("when ");
            self.expr(&when.condition);
            self.word(" then ");
            self.expr(&when.result);
            self.word(" ");
        }
        if let Some(otherwise) = otherwise {
            self.word("else ");
            self.expr(otherwise);
            self.word(" ");
        }
        self.word("end");
    }

    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::SingleQuotedString(raw) => self.raw(&vitess_string(&unescape(raw, '\''))),
            Value::DoubleQuotedString(raw) => self.raw(&vitess_string(&unescape(raw, '"'))),
            Value::NationalStringLiteral(raw) => {
                self.raw("N");
                self.raw(&vitess_string(&unescape(raw, '\'')));
            }
            Value::Null => self.word("null"),
            Value::Boolean(truth) => self.raw(if *truth { "true" } else { "false" }),
            other => self.raw(&other.to_string()),
        }
    }

    pub(super) fn data_type(&mut self, data_type: &DataType) {
        self.raw(
            &data_type
                .to_string()
                .to_lowercase()
                .replace(',', ", ")
                .replace(",  ", ", "),
        );
    }
}

/// Balanced chains of AND and OR print as the left-deep ones that they stand for.
fn is_associative(parent: &Expr, operand: &Expr) -> bool {
    let logical = |expr: &Expr| match expr {
        Expr::BinaryOp {
            op: BinaryOperator::And,
            ..
        } => Some(BinaryOperator::And),
        Expr::BinaryOp {
            op: BinaryOperator::Or,
            ..
        } => Some(BinaryOperator::Or),
        _ => None,
    };
    logical(parent).is_some() && logical(parent) == logical(operand)
}

fn is_list(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Placeholder(name) if name.starts_with("::")))
}

fn operator(op: &BinaryOperator) -> String {
    match op {
        BinaryOperator::NotEq => "!=".into(),
        other => other.to_string().to_lowercase(),
    }
}
