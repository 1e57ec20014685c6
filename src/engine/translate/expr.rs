//! Scalar expressions: literals, columns, logic, arithmetic, CASE, CAST, subqueries.

use crate::engine::convert::fraction_digits;
use crate::engine::error;
use crate::engine::types::{Family, Origin, Strength, Type, merge_all};
use crate::sql::ast::{self, BinaryOperator as Binary, Expr, UnaryOperator as Unary};
use crate::sql::{SqlError, literal};
use crate::value::{ColumnType, TypeKind, Value};
use crate::vindex::BindValue;

use super::{Code, Node, Translator, text_of};
use crate::engine::collation::Collation;

impl Translator<'_> {
    /// Translates a scalar expression.
    ///
    /// # Errors
    /// Unknown names, wrong operands, and what the engine does not do.
    pub(in crate::engine) fn expr(&mut self, expr: &Expr) -> Result<Node, SqlError> {
        match expr {
            Expr::Nested(inner) => self.expr(inner),
            Expr::Value(value) => self.literal(&value.value),
            Expr::Prefixed { prefix, value } => self.prefixed(&prefix.value, value),
            Expr::TypedString(typed) => {
                let value = self.literal(&typed.value.value)?;
                let data_type = with_shown_digits(&typed.data_type, value.value());
                self.cast(value, &data_type)
            }
            Expr::Identifier(name) if name.value.starts_with('@') => {
                Err(SqlError::unsupported(format!("variable {}", name.value)))
            }
            Expr::Identifier(name) => self.column(&[&name.value]),
            Expr::CompoundIdentifier(parts)
                if parts
                    .first()
                    .is_some_and(|part| part.value.starts_with('@')) =>
            {
                Err(SqlError::unsupported(format!("variable {expr}")))
            }
            Expr::CompoundIdentifier(parts) => {
                let parts: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
                self.column(&parts)
            }
            Expr::UnaryOp { op, expr: inner } => self.unary(*op, inner, expr),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, expr),
            Expr::IsNull(inner) => self.is_null(inner, "IS NULL"),
            Expr::IsNotNull(inner) => self.is_null(inner, "IS NOT NULL"),
            Expr::IsTrue(inner) => self.is_truth(inner, "IS TRUE"),
            Expr::IsNotTrue(inner) => self.is_truth(inner, "IS NOT TRUE"),
            Expr::IsFalse(inner) => self.is_truth(inner, "IS FALSE"),
            Expr::IsNotFalse(inner) => self.is_truth(inner, "IS NOT FALSE"),
            Expr::IsUnknown(inner) => self.is_truth(inner, "IS NULL"),
            Expr::IsNotUnknown(inner) => self.is_truth(inner, "IS NOT NULL"),
            Expr::InList {
                expr: left,
                list,
                negated,
            } => self.in_list(left, list, *negated),
            Expr::InSubquery {
                expr: left,
                subquery,
                negated,
            } => self.in_subquery(left, subquery, *negated),
            Expr::Between {
                expr: value,
                negated,
                low,
                high,
            } => self.between(value, low, high, *negated),
            Expr::Like {
                negated,
                any: false,
                expr: value,
                pattern,
                escape_char,
            } => self.like(value, pattern, escape_char.as_deref(), *negated),
            Expr::RLike {
                negated,
                expr: value,
                pattern,
                ..
            } => self.regexp(value, pattern, *negated),
            Expr::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => self.quantified(left, compare_op, right, super::compare::Quantifier::Any),
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => self.quantified(left, compare_op, right, super::compare::Quantifier::All),
            Expr::Exists { subquery, negated } => {
                let query = self.subquery(subquery)?;
                let not = if *negated { "NOT " } else { "" };
                Ok(Node::sql(
                    format!("({not}EXISTS ({}))", query.text),
                    Type::boolean(),
                ))
            }
            Expr::Subquery(query) => self.scalar_subquery(query),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(operand.as_deref(), conditions, else_result.as_deref()),
            Expr::Cast {
                expr: inner,
                data_type,
                ..
            } => {
                let inner = self.expr(inner)?;
                self.cast(inner, data_type)
            }
            Expr::Convert {
                expr: inner,
                data_type: Some(data_type),
                ..
            } => {
                let inner = self.expr(inner)?;
                self.cast(inner, data_type)
            }
            Expr::Convert {
                expr: inner,
                charset: Some(charset),
                ..
            } => {
                let inner = self.expr(inner)?;
                self.convert_using(inner, &charset.to_string())
            }
            Expr::Collate {
                expr: inner,
                collation,
            } => self.collate(inner, &collation.to_string()),
            Expr::Extract {
                field, expr: inner, ..
            } => self.extract(field, inner),
            Expr::Position { expr: needle, r#in } => self.named_call("LOCATE", &[needle, r#in]),
            Expr::Ceil { expr: inner, .. } => self.named_form("CEIL", &[inner], expr),
            Expr::Floor { expr: inner, .. } => self.named_form("FLOOR", &[inner], expr),
            Expr::Substring {
                expr: inner,
                substring_from,
                substring_for,
                ..
            } => {
                let mut arguments = vec![&**inner];
                arguments.extend(substring_from.as_deref());
                arguments.extend(substring_for.as_deref());
                self.named_call("SUBSTRING", &arguments)
            }
            Expr::Trim {
                trim_where,
                trim_what,
                expr: inner,
                ..
            } => self.trim(*trim_where, trim_what.as_deref(), inner),
            Expr::Function(function) => self.function(function, expr),
            Expr::Tuple(items) if items.len() == 1 => self.expr(&items[0]),
            Expr::Tuple(items) => Err(error::operand_columns(items.len().min(1))),
            Expr::Interval(_) => Err(SqlError::syntax("INTERVAL stands only beside a date")),
            Expr::MemberOf(member) => self.named_call("MEMBER_OF", &[&member.value, &member.array]),
            Expr::MatchAgainst { .. } => Err(SqlError::unsupported("MATCH … AGAINST")),
            other => Err(SqlError::unsupported(format!("expression {other}"))),
        }
    }

    /// A literal or a bind variable.
    fn literal(&mut self, value: &ast::Value) -> Result<Node, SqlError> {
        if let ast::Value::Placeholder(name) = value {
            return match self.bind(name)? {
                BindValue::One(value) => Ok(Node::literal(value.clone())),
                BindValue::Many(_) => {
                    Err(SqlError::unknown(format!("bind variable {name} is a list")))
                }
            };
        }
        let folded = literal::value_of(value)
            .ok_or_else(|| SqlError::syntax(format!("bad literal {value}")))?;
        let ty = match value {
            ast::Value::Boolean(_) => Type::boolean(),
            _ => Type::of_literal(&folded),
        };
        Ok(Node {
            code: Code::Literal(folded),
            ty,
        })
    }

    /// The value bound to `:name` or `::name`.
    pub(super) fn bind(&self, placeholder: &str) -> Result<&BindValue, SqlError> {
        self.binds
            .get(placeholder.trim_start_matches(':'))
            .ok_or_else(|| {
                SqlError::unknown(format!(
                    "missing bind var {}",
                    placeholder.trim_start_matches(':')
                ))
            })
    }

    /// `_utf8mb4'x'`, `_binary x'00'`.
    fn prefixed(&mut self, prefix: &str, value: &Expr) -> Result<Node, SqlError> {
        let node = self.expr(value)?;
        let charset = prefix.strip_prefix('_').unwrap_or(prefix);
        self.convert_using(node, charset)
    }

    fn convert_using(&mut self, node: Node, charset: &str) -> Result<Node, SqlError> {
        let collation = Collation::of_charset(charset)?;
        if collation == Collation::BINARY {
            return self.coerce(node, &Type::bytes());
        }
        let ty = Type {
            collation,
            strength: node.ty.strength.max(Strength::Implicit),
            ..Type::text()
        };
        let node = self.plain(node)?;
        self.call("convert", ty.clone(), &[node])
    }

    fn collate(&mut self, inner: &Expr, name: &str) -> Result<Node, SqlError> {
        let node = self.expr(inner)?;
        let node = self.plain(node)?;
        let collation = Collation::named(name.trim_matches(['`', '\'', '"']))?;
        let node = if node.ty.family() == Family::Text {
            node
        } else {
            self.coerce(node, &Type::text())?
        };
        Ok(Node {
            ty: Type {
                collation,
                strength: Strength::Explicit,
                ..node.ty
            },
            code: node.code,
        })
    }

    /// A condition as SQLite text that is 1, 0 or NULL (or another number that SQLite holds true).
    ///
    /// # Errors
    /// As [`Self::expr`].
    pub(in crate::engine) fn condition(&mut self, expr: &Expr) -> Result<String, SqlError> {
        let node = self.expr(expr)?;
        self.truth(&node)
    }

    /// A node as a condition.
    pub(super) fn truth(&mut self, node: &Node) -> Result<String, SqlError> {
        if let Some(value) = Self::numbered(node.clone()).value() {
            return Ok(match value.to_bool() {
                None => "NULL".to_owned(),
                Some(truth) => i32::from(truth).to_string(),
            });
        }
        let text = self.emit(node);
        Ok(match node.ty.family() {
            Family::Integer | Family::Bit | Family::Enum | Family::Set
                if node.ty.column.unsigned =>
            {
                format!("({text} <> 0)")
            }
            Family::Integer
            | Family::Date
            | Family::DateTime
            | Family::Time
            | Family::Enum
            | Family::Float => text,
            Family::Bit | Family::Set => format!("({text} <> 0)"),
            Family::Decimal => format!("({text} <> X'80')"),
            Family::Null => "NULL".to_owned(),
            Family::Text | Family::Bytes | Family::Json => {
                let truth = self.call("truth", Type::boolean(), std::slice::from_ref(node))?;
                self.emit(&truth)
            }
        })
    }

    fn is_null(&mut self, inner: &Expr, test: &str) -> Result<Node, SqlError> {
        let node = self.expr(inner)?;
        let text = self.emit(&node);
        Ok(Node::sql(format!("({text} {test})"), Type::boolean()))
    }

    fn is_truth(&mut self, inner: &Expr, test: &str) -> Result<Node, SqlError> {
        let text = self.condition(inner)?;
        Ok(Node::sql(format!("({text} {test})"), Type::boolean()))
    }

    fn unary(&mut self, op: Unary, inner: &Expr, whole: &Expr) -> Result<Node, SqlError> {
        match op {
            Unary::Not | Unary::BangNot => {
                let text = self.condition(inner)?;
                Ok(Node::sql(format!("(NOT {text})"), Type::boolean()))
            }
            Unary::Plus => self.expr(inner),
            Unary::Minus => {
                if let Some(value) = literal::value_of_expr(whole) {
                    return Ok(Node::literal(value));
                }
                let node = self.expr(inner)?;
                let node = Self::numbered(node);
                let ty = match node.ty.family() {
                    Family::Integer | Family::Null => Type::integer(),
                    Family::Decimal => node.ty.clone(),
                    _ if node.ty.family().is_temporal() && node.ty.scale() == 0 => Type::integer(),
                    Family::DateTime | Family::Time => Type::decimal(20, node.ty.scale()),
                    _ => Type::double(),
                };
                self.call(
                    "negate",
                    ty,
                    &[node, Node::literal(Value::Text(whole.to_string()))],
                )
            }
            Unary::BitwiseNot => {
                let node = self.expr(inner)?;
                let node = Self::numbered(node);
                self.call("bit_not", Type::unsigned(), &[node])
            }
            other => Err(SqlError::unsupported(format!("operator {other}"))),
        }
    }

    fn binary(
        &mut self,
        left: &Expr,
        op: &Binary,
        right: &Expr,
        whole: &Expr,
    ) -> Result<Node, SqlError> {
        match op {
            Binary::And => self.logical(whole, &Binary::And, " AND "),
            Binary::Or => self.logical(whole, &Binary::Or, " OR "),
            Binary::StringConcat => self.logical(whole, &Binary::StringConcat, " OR "),
            Binary::Xor => {
                let (a, b) = (self.condition(left)?, self.condition(right)?);
                Ok(Node::sql(
                    format!("((NOT {a}) <> (NOT {b}))"),
                    Type::boolean(),
                ))
            }
            Binary::Eq
            | Binary::NotEq
            | Binary::Lt
            | Binary::LtEq
            | Binary::Gt
            | Binary::GtEq
            | Binary::Spaceship => self.comparison(left, op, right),
            Binary::Regexp => self.regexp(left, right, false),
            Binary::Plus | Binary::Minus if matches!(right, Expr::Interval(_)) => {
                self.date_shift(left, right, *op == Binary::Minus)
            }
            Binary::Plus if matches!(left, Expr::Interval(_)) => {
                self.date_shift(right, left, false)
            }
            Binary::Plus => self.arithmetic("add", left, right, whole),
            Binary::Minus => self.arithmetic("subtract", left, right, whole),
            Binary::Multiply => self.arithmetic("multiply", left, right, whole),
            Binary::Divide => self.arithmetic("divide", left, right, whole),
            Binary::MyIntegerDivide => self.arithmetic("int_divide", left, right, whole),
            Binary::Modulo => self.arithmetic("mod", left, right, whole),
            Binary::BitwiseAnd => self.bits("bit_and", left, right),
            Binary::BitwiseOr => self.bits("bit_or", left, right),
            Binary::BitwiseXor | Binary::PGBitwiseXor => self.bits("bit_xor", left, right),
            Binary::PGBitwiseShiftLeft => self.bits("shift_left", left, right),
            Binary::PGBitwiseShiftRight => self.bits("shift_right", left, right),
            Binary::Arrow => self.named_call("JSON_EXTRACT", &[left, right]),
            Binary::LongArrow => {
                let extracted = self.named_call("JSON_EXTRACT", &[left, right])?;
                self.call("json_unquote", Type::text(), &[extracted])
            }
            other => Err(SqlError::unsupported(format!("operator {other}"))),
        }
    }

    /// AND and OR of a whole chain, as a balanced tree: SQLite bounds the depth of expressions.
    fn logical(&mut self, whole: &Expr, op: &Binary, word: &str) -> Result<Node, SqlError> {
        let mut operands = Vec::new();
        let mut current = whole;
        while let Expr::BinaryOp {
            left,
            op: here,
            right,
        } = current
        {
            if here != op {
                break;
            }
            operands.push(&**right);
            current = left;
        }
        operands.push(current);
        let mut texts = operands
            .into_iter()
            .rev()
            .map(|operand| self.condition(operand))
            .collect::<Result<Vec<_>, _>>()?;
        while texts.len() > 1 {
            texts = texts
                .chunks(2)
                .map(|pair| match pair {
                    [a, b] => format!("({a}{word}{b})"),
                    rest => rest.concat(),
                })
                .collect();
        }
        Ok(Node::sql(texts.pop().unwrap_or_default(), Type::boolean()))
    }

    fn arithmetic(
        &mut self,
        function: &str,
        left: &Expr,
        right: &Expr,
        whole: &Expr,
    ) -> Result<Node, SqlError> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let text = Node::literal(Value::Text(printed(whole)));
        self.arithmetic_nodes(function, left, right, text)
    }

    /// `left op right` on nodes; `text` is the expression as error 1690 prints it.
    pub(super) fn arithmetic_nodes(
        &mut self,
        function: &str,
        left: Node,
        right: Node,
        text: Node,
    ) -> Result<Node, SqlError> {
        let (left, right) = (Self::numbered(left), Self::numbered(right));
        let ty = arithmetic_type(function, &left.ty, &right.ty);
        self.call(function, ty, &[left, right, text])
    }

    fn bits(&mut self, function: &str, left: &Expr, right: &Expr) -> Result<Node, SqlError> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let both_bytes = |a: &Node, b: &Node| {
            [a, b].iter().all(|node| {
                node.ty.family() == Family::Bytes && node.ty.origin != Origin::BitLiteral
            })
        };
        if both_bytes(&left, &right) {
            return Err(SqlError::unsupported("bit operations on binary strings"));
        }
        let (left, right) = (Self::numbered(left), Self::numbered(right));
        self.call(function, Type::unsigned(), &[left, right])
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Result<Node, SqlError> {
        let mut tests = Vec::new();
        let mut results = Vec::new();
        for when in conditions {
            tests.push(match operand {
                Some(operand) => {
                    let node = self.comparison(operand, &Binary::Eq, &when.condition)?;
                    self.truth(&node)?
                }
                None => self.condition(&when.condition)?,
            });
            results.push(self.expr(&when.result)?);
        }
        results.push(match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => Node::literal(Value::Null),
        });
        self.choose(&tests, results)
    }

    /// `CASE WHEN test THEN result … ELSE last END` with the results brought to their common type.
    pub(super) fn choose(
        &mut self,
        tests: &[String],
        results: Vec<Node>,
    ) -> Result<Node, SqlError> {
        let ty = merge_all(results.iter().map(|node| &node.ty))?;
        let mut text = "(CASE".to_owned();
        let last = results.len().saturating_sub(1);
        for (position, result) in results.into_iter().enumerate() {
            let result = self.coerce(result, &ty)?;
            let result = self.emit(&result);
            match tests.get(position) {
                Some(test) if position < last => {
                    text.push_str(&format!(" WHEN {test} THEN {result}"))
                }
                _ => text.push_str(&format!(" ELSE {result}")),
            }
        }
        text.push_str(" END)");
        Ok(Node::sql(text, ty))
    }

    fn scalar_subquery(&mut self, query: &ast::Query) -> Result<Node, SqlError> {
        let translated = self.subquery(query)?;
        let [column] = translated.columns.as_slice() else {
            return Err(error::operand_columns(1));
        };
        let ty = column.ty.clone();
        // SQLite takes the first of many rows; MySQL refuses them. A query that gives one row by its form needs no test.
        if translated.at_most_one {
            return Ok(Node::sql(format!("({})", translated.text), ty));
        }
        Ok(Node::sql(
            format!("(SELECT my_single(c1) FROM ({}))", translated.text),
            ty,
        ))
    }

    /// CAST and CONVERT.
    fn cast(&mut self, node: Node, data_type: &ast::DataType) -> Result<Node, SqlError> {
        let column = cast_type(data_type)?;
        let ty = Type {
            column,
            ..Type::text()
        };
        let ty = match ty.family() {
            Family::Text => Type {
                strength: Strength::Implicit,
                ..ty
            },
            Family::Bytes => Type {
                collation: Collation::BINARY,
                strength: Strength::Implicit,
                ..ty
            },
            _ => Type {
                strength: Strength::Numeric,
                ..ty
            },
        };
        let node = if ty.family().is_numeric() {
            Self::numbered(node)
        } else {
            self.plain(node)?
        };
        if ty.family() == Family::Json {
            return self.call("cast_json", ty, &[node]);
        }
        let mut arguments = vec![node];
        match ty.family() {
            Family::Decimal => arguments.push(Node::literal(Value::Int(i64::from(
                ty.column.length.unwrap_or(10),
            )))),
            Family::Text | Family::Bytes => {
                if let Some(length) = ty.column.length {
                    arguments.push(Node::literal(Value::Int(i64::from(length))));
                    if ty.column.kind == TypeKind::Binary {
                        arguments.push(Node::literal(Value::Int(1)));
                    }
                }
            }
            _ => {}
        }
        self.call("cast", ty, &arguments)
    }

    fn trim(
        &mut self,
        side: Option<ast::TrimWhereField>,
        what: Option<&Expr>,
        inner: &Expr,
    ) -> Result<Node, SqlError> {
        let function = match side {
            None | Some(ast::TrimWhereField::Both) => "trim",
            Some(ast::TrimWhereField::Leading) => "ltrim",
            Some(ast::TrimWhereField::Trailing) => "rtrim",
        };
        let inner = self.expr(inner)?;
        let mut arguments = vec![self.plain(inner)?];
        if let Some(what) = what {
            let what = self.expr(what)?;
            arguments.push(self.plain(what)?);
        }
        let types: Vec<Type> = arguments.iter().map(|node| node.ty.clone()).collect();
        self.call(function, text_of(&types)?, &arguments)
    }
}

/// An expression as MySQL prints it in error 1690: operators in parentheses.
fn printed(expr: &Expr) -> String {
    match expr {
        Expr::BinaryOp { left, op, right } => {
            format!("({} {op} {})", printed(left), printed(right))
        }
        Expr::Nested(inner) => printed(inner),
        Expr::Identifier(name) => format!("`{}`", name.value),
        Expr::CompoundIdentifier(parts) => parts
            .iter()
            .map(|part| format!("`{}`", part.value))
            .collect::<Vec<_>>()
            .join("."),
        other => other.to_string(),
    }
}

/// The result type of an arithmetic operator (MySQL manual, "Arithmetic Operators").
fn arithmetic_type(function: &str, left: &Type, right: &Type) -> Type {
    let exact = |ty: &Type| {
        let family = ty.family();
        matches!(family, Family::Integer | Family::Null | Family::Decimal) || family.is_temporal()
    };
    let unsigned = left.column.unsigned || right.column.unsigned;
    let integers = [left, right].iter().all(|ty| {
        let family = ty.family();
        matches!(family, Family::Integer | Family::Null)
            || (family.is_temporal() && ty.scale() == 0)
    });
    if function == "int_divide" {
        return if unsigned {
            Type::unsigned()
        } else {
            Type::integer()
        };
    }
    if !exact(left) || !exact(right) {
        return Type::double();
    }
    let (left_whole, right_whole) = (left.whole_digits(), right.whole_digits());
    let (left_scale, right_scale) = (left.scale(), right.scale());
    match function {
        "divide" => {
            let scale = (left_scale + 4).min(30);
            Type::decimal(left_whole + right_scale + scale, scale)
        }
        "mod" if integers => {
            if left.column.unsigned {
                Type::unsigned()
            } else {
                Type::integer()
            }
        }
        _ if integers => {
            if unsigned {
                Type::unsigned()
            } else {
                Type::integer()
            }
        }
        "multiply" => {
            let scale = (left_scale + right_scale).min(30);
            Type::decimal(left_whole + right_whole + scale, scale)
        }
        _ => {
            let scale = left_scale.max(right_scale);
            Type::decimal(left_whole.max(right_whole) + 1 + scale, scale)
        }
    }
}

/// The type of a literal such as `TIME '10:11:12.5'`, which has as many digits of the second as its text shows.
fn with_shown_digits(data_type: &ast::DataType, value: Option<&Value>) -> ast::DataType {
    use ast::DataType as D;
    let digits = match value {
        Some(Value::Text(text)) => Some(u64::from(fraction_digits(text))),
        _ => None,
    };
    match data_type {
        D::Time(None, zone) => D::Time(digits, *zone),
        D::Timestamp(None, zone) => D::Timestamp(digits, *zone),
        D::Datetime(None) => D::Datetime(digits),
        other => other.clone(),
    }
}

/// The type that CAST names.
fn cast_type(data_type: &ast::DataType) -> Result<ColumnType, SqlError> {
    use ast::{CharacterLength, DataType as D, ExactNumberInfo as Exact};
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let characters = |length: &Option<CharacterLength>| match length {
        Some(CharacterLength::IntegerLength { length, .. }) => Some(small(*length)),
        _ => None,
    };
    let decimal = |info: &Exact| -> Result<ColumnType, SqlError> {
        let (precision, scale) = match info {
            Exact::None => (10, 0),
            Exact::Precision(precision) => (small(*precision).max(1), 0),
            Exact::PrecisionAndScale(precision, scale) => {
                (small(*precision).max(1), u32::try_from(*scale).unwrap_or(0))
            }
        };
        if precision > 65 {
            return Err(SqlError::new(
                1426,
                "42000",
                format!("Too-big precision {precision} specified. Maximum is 65."),
            ));
        }
        if scale > 30 {
            return Err(SqlError::new(
                1425,
                "42000",
                format!("Too big scale {scale} specified. Maximum is 30."),
            ));
        }
        Ok(ColumnType {
            scale: Some(scale),
            ..ColumnType::with_length(TypeKind::Decimal, precision)
        })
    };
    let temporal = |kind: TypeKind, digits: Option<u64>| ColumnType {
        length: digits.map(small).filter(|digits| *digits > 0),
        ..ColumnType::new(kind)
    };
    let integer = |unsigned| ColumnType {
        unsigned,
        ..ColumnType::new(TypeKind::BigInt)
    };
    Ok(match data_type {
        D::Signed | D::SignedInteger | D::BigInt(_) | D::Int(_) | D::Integer(_) => integer(false),
        D::Unsigned
        | D::UnsignedInteger
        | D::BigIntUnsigned(_)
        | D::IntUnsigned(_)
        | D::IntegerUnsigned(_) => integer(true),
        D::Char(length)
        | D::Character(length)
        | D::Varchar(length)
        | D::Nvarchar(length)
        | D::CharVarying(length) => ColumnType {
            length: characters(length),
            ..ColumnType::new(TypeKind::VarChar)
        },
        D::Text => ColumnType::new(TypeKind::VarChar),
        D::Binary(length) => ColumnType {
            length: length.map(small),
            ..ColumnType::new(if length.is_some() {
                TypeKind::Binary
            } else {
                TypeKind::VarBinary
            })
        },
        D::Date => ColumnType::new(TypeKind::Date),
        D::Datetime(digits) | D::Timestamp(digits, _) => temporal(TypeKind::DateTime, *digits),
        D::Time(digits, _) => temporal(TypeKind::Time, *digits),
        D::Decimal(info) | D::Dec(info) | D::Numeric(info) => decimal(info)?,
        D::Double(_) | D::DoublePrecision | D::Real => ColumnType::new(TypeKind::Double),
        D::Float(Exact::Precision(digits)) if *digits > 24 => ColumnType::new(TypeKind::Double),
        D::Float(_) => ColumnType::new(TypeKind::Float),
        D::JSON => ColumnType::new(TypeKind::Json),
        D::Custom(name, _) if name.to_string().eq_ignore_ascii_case("year") => {
            ColumnType::new(TypeKind::Year)
        }
        other => return Err(SqlError::unsupported(format!("CAST to {other}"))),
    })
}
