//! Comparisons: `=`, `<`, `<=>`, IN, BETWEEN, LIKE, REGEXP, ANY and ALL, rows included.
//!
//! Both sides are brought to one form by MySQL's rules ("Type Conversion in Expression Evaluation": dates against
//! constants as dates, strings against numbers as doubles, the rest by kind); SQLite then compares the forms, whose
//! order is MySQL's, so an index over a column serves wherever the column itself needed no conversion.

use crate::engine::error;
use crate::engine::types::{Family, Type, combine_collations};
use crate::sql::SqlError;
use crate::sql::ast::{self, BinaryOperator as Binary, Expr};
use crate::value::Value;
use crate::vindex::BindValue;

use super::{Code, Node, Translator, text_of};

/// ANY or ALL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Any,
    All,
}

fn symbol(op: &Binary) -> Result<&'static str, SqlError> {
    Ok(match op {
        Binary::Eq => "=",
        Binary::NotEq => "<>",
        Binary::Lt => "<",
        Binary::LtEq => "<=",
        Binary::Gt => ">",
        Binary::GtEq => ">=",
        Binary::Spaceship => "IS",
        other => return Err(SqlError::unsupported(format!("comparison {other}"))),
    })
}

/// The members of a row expression.
fn row(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::Tuple(items) if items.len() > 1 => Some(items),
        Expr::Nested(inner) => row(inner),
        _ => None,
    }
}

impl Translator<'_> {
    /// `left op right`.
    pub(super) fn comparison(
        &mut self,
        left: &Expr,
        op: &Binary,
        right: &Expr,
    ) -> Result<Node, SqlError> {
        if let Some(items) = row(left) {
            return self.row_comparison(items, op, right);
        }
        if let Some(items) = row(right) {
            return Err(error::operand_columns(if items.len() > 1 {
                1
            } else {
                items.len()
            }));
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let text = self.compare_nodes(left, op, right)?;
        Ok(Node::sql(text, Type::boolean()))
    }

    /// Two scalar nodes compared, as text.
    pub(super) fn compare_nodes(
        &mut self,
        left: Node,
        op: &Binary,
        right: Node,
    ) -> Result<String, SqlError> {
        let symbol = symbol(op)?;
        let (left, right, collation) = self.comparable(left, right)?;
        let (left, right) = (self.emit(&left), self.emit(&right));
        Ok(format!("({left} {symbol} {right}{collation})"))
    }

    fn row_comparison(
        &mut self,
        items: &[Expr],
        op: &Binary,
        right: &Expr,
    ) -> Result<Node, SqlError> {
        let rights: Vec<Node> = match (row(right), right) {
            (Some(others), _) if others.len() == items.len() => others
                .iter()
                .map(|other| self.expr(other))
                .collect::<Result<_, _>>()?,
            (None, Expr::Subquery(query)) => return self.row_against_subquery(items, op, query),
            _ => return Err(error::operand_columns(items.len())),
        };
        let lefts = items
            .iter()
            .map(|item| self.expr(item))
            .collect::<Result<Vec<_>, _>>()?;
        let text = self.row_text(lefts, op, rights)?;
        Ok(Node::sql(text, Type::boolean()))
    }

    /// Rows compared member by member (MySQL manual, "Row Subqueries": `(a,b) < (c,d)` is `a < c OR (a = c AND b < d)`).
    fn row_text(
        &mut self,
        lefts: Vec<Node>,
        op: &Binary,
        rights: Vec<Node>,
    ) -> Result<String, SqlError> {
        let pairs: Vec<(Node, Node)> = lefts.into_iter().zip(rights).collect();
        let join = |this: &mut Self, op: &Binary, word: &str| -> Result<String, SqlError> {
            let tests = pairs
                .iter()
                .map(|(left, right)| this.compare_nodes(left.clone(), op, right.clone()))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(format!("({})", tests.join(word)))
        };
        match op {
            Binary::Eq | Binary::Spaceship => join(self, op, " AND "),
            Binary::NotEq => join(self, op, " OR "),
            _ => {
                let strict = match op {
                    Binary::LtEq => Binary::Lt,
                    Binary::GtEq => Binary::Gt,
                    other => other.clone(),
                };
                let mut text = String::new();
                for (position, (left, right)) in pairs.iter().enumerate().rev() {
                    let last = position + 1 == pairs.len();
                    let here = self.compare_nodes(
                        left.clone(),
                        if last { op } else { &strict },
                        right.clone(),
                    )?;
                    text = if last {
                        here
                    } else {
                        let equal = self.compare_nodes(left.clone(), &Binary::Eq, right.clone())?;
                        format!("({here} OR ({equal} AND {text}))")
                    };
                }
                Ok(text)
            }
        }
    }

    fn row_against_subquery(
        &mut self,
        items: &[Expr],
        op: &Binary,
        query: &ast::Query,
    ) -> Result<Node, SqlError> {
        let lefts = items
            .iter()
            .map(|item| self.expr(item))
            .collect::<Result<Vec<_>, _>>()?;
        let translated = self.subquery(query)?;
        if translated.columns.len() != lefts.len() {
            return Err(error::operand_columns(lefts.len()));
        }
        let alias = self.alias("s");
        let rights = translated.nodes(&alias);
        let test = self.row_text(lefts, op, rights)?;
        Ok(Node::sql(
            format!(
                "(SELECT my_single({test}) FROM ({}) AS {alias})",
                translated.text
            ),
            Type::boolean(),
        ))
    }

    /// Brings two operands to one form; the last part is the COLLATE clause to write behind the right one.
    fn comparable(&mut self, left: Node, right: Node) -> Result<(Node, Node, String), SqlError> {
        use Family::{Bytes, Decimal as Dec, Enum, Float, Json, Null, Set};
        let (a, b) = (left.ty.family(), right.ty.family());
        if a == Null || b == Null {
            return Ok((left, right, String::new()));
        }
        if a == Json || b == Json {
            let json = Type::json();
            let (left, right) = (self.as_json(left)?, self.as_json(right)?);
            return Ok((
                Node {
                    ty: json.clone(),
                    ..left
                },
                Node { ty: json, ..right },
                " COLLATE json".to_owned(),
            ));
        }
        if let Some((left, right)) = self.enum_with_constant(&left, &right)? {
            return Ok((left, right, String::new()));
        }
        if (a.is_temporal() || b.is_temporal()) && !(a == Float || b == Float) {
            return self.comparable_times(left, right);
        }
        if a.is_numeric() || b.is_numeric() {
            let (left, right) = (Self::numbered(left), Self::numbered(right));
            let (a, b) = (left.ty.family(), right.ty.family());
            let form = if a == Float || b == Float || !a.is_numeric() || !b.is_numeric() {
                Some(Type::double())
            } else if a == Dec || b == Dec {
                Some(Type::decimal(65, left.ty.scale().max(right.ty.scale())))
            } else {
                None
            };
            let Some(form) = form else {
                return Ok((left, right, String::new()));
            };
            return Ok((
                self.as_number(left, &form)?,
                self.as_number(right, &form)?,
                String::new(),
            ));
        }
        if matches!(a, Enum | Set) || matches!(b, Enum | Set) {
            let (left, right) = (self.plain(left)?, self.plain(right)?);
            return self.comparable(left, right);
        }
        if a == Bytes || b == Bytes {
            let bytes = Type::bytes();
            return Ok((
                self.coerce(left, &bytes)?,
                self.coerce(right, &bytes)?,
                String::new(),
            ));
        }
        let (collation, _) = combine_collations(&left.ty, &right.ty)?;
        Ok((left, right, format!(" COLLATE {}", collation.sqlite_name())))
    }

    /// One operand of a numeric comparison in the common form; a signed integer keeps its own against doubles.
    fn as_number(&mut self, node: Node, form: &Type) -> Result<Node, SqlError> {
        let family = node.ty.family();
        if family == Family::Integer && form.family() == Family::Float && !node.ty.column.unsigned {
            // SQLite compares integers with doubles by value.
            return Ok(node);
        }
        self.coerce(node, form)
    }

    fn comparable_times(
        &mut self,
        left: Node,
        right: Node,
    ) -> Result<(Node, Node, String), SqlError> {
        use Family::{Date, DateTime, Time};
        let (a, b) = (left.ty.family(), right.ty.family());
        if a == b {
            return Ok((left, right, String::new()));
        }
        let both = |node: &Node| matches!(node.ty.family(), Date | DateTime | Time);
        let form = if both(&left) && both(&right) {
            Type::datetime(6)
        } else {
            let temporal = if both(&left) { a } else { b };
            let other = if both(&left) { &right } else { &left };
            if other.ty.family().is_numeric() && other.value().is_none() {
                return Ok((
                    self.coerce(left, &Type::double())?,
                    self.coerce(right, &Type::double())?,
                    String::new(),
                ));
            }
            match temporal {
                // A constant that is a whole date compares in the column's own form, so that its index serves.
                Date => match other.value().map(Value::to_datetime) {
                    Some(Some(value)) if value.micros == 0 => Type::date(),
                    _ => Type::datetime(6),
                },
                DateTime => Type::datetime(6),
                _ => Type::time(6),
            }
        };
        Ok((
            self.as_time(left, &form)?,
            self.as_time(right, &form)?,
            String::new(),
        ))
    }

    fn as_time(&mut self, node: Node, form: &Type) -> Result<Node, SqlError> {
        if node.ty.family() == form.family() {
            return Ok(node);
        }
        if node.ty.family().is_temporal() {
            return self.coerce(node, form);
        }
        let node = self.plain(node)?;
        self.call("comparable_time", form.clone(), &[node])
    }

    /// An ENUM or SET column against a constant string: the constant becomes the member's number.
    fn enum_with_constant(
        &mut self,
        left: &Node,
        right: &Node,
    ) -> Result<Option<(Node, Node)>, SqlError> {
        let find = |column: &Node, constant: &Node| -> Option<Node> {
            if column.ty.family() != Family::Enum || constant.ty.family() != Family::Text {
                return None;
            }
            let Some(Value::Text(text)) = constant.value() else {
                return None;
            };
            let (collation, _) = combine_collations(&column.ty, &constant.ty).ok()?;
            let index = column
                .ty
                .column
                .members
                .iter()
                .position(|member| collation.compare(member, text).is_eq())?;
            Some(Node {
                code: Code::Literal(Value::Int(i64::try_from(index + 1).ok()?)),
                ty: Type::integer(),
            })
        };
        if let Some(index) = find(left, right) {
            return Ok(Some((Self::numbered(left.clone()), index)));
        }
        if let Some(index) = find(right, left) {
            return Ok(Some((index, Self::numbered(right.clone()))));
        }
        Ok(None)
    }

    fn as_json(&mut self, node: Node) -> Result<Node, SqlError> {
        if node.ty.family() == Family::Json {
            return Ok(node);
        }
        let node = self.plain(node)?;
        self.call("to_json", Type::json(), &[node])
    }

    /// `left [NOT] IN (list)`; a `::name` in the list stands for its values.
    pub(super) fn in_list(
        &mut self,
        left: &Expr,
        list: &[Expr],
        negated: bool,
    ) -> Result<Node, SqlError> {
        let mut rows: Vec<Vec<Node>> = Vec::new();
        let lefts: Vec<Node> = match row(left) {
            Some(items) => items
                .iter()
                .map(|item| self.expr(item))
                .collect::<Result<_, _>>()?,
            None => vec![self.expr(left)?],
        };
        for item in list {
            if let Expr::Value(value) = item
                && let ast::Value::Placeholder(name) = &value.value
                && let BindValue::Many(values) = self.bind(name)?
            {
                rows.extend(
                    values
                        .iter()
                        .map(|value| vec![Node::literal(value.clone())]),
                );
                continue;
            }
            let nodes = match row(item) {
                Some(items) => items
                    .iter()
                    .map(|item| self.expr(item))
                    .collect::<Result<Vec<_>, _>>()?,
                None => vec![self.expr(item)?],
            };
            if nodes.len() != lefts.len() {
                return Err(error::operand_columns(lefts.len()));
            }
            rows.push(nodes);
        }
        let not = if negated { "NOT " } else { "" };
        if let [left] = lefts.as_slice()
            && let Some(text) = self.native_in(left, &rows, not)?
        {
            return Ok(Node::sql(text, Type::boolean()));
        }
        let mut tests = rows
            .into_iter()
            .map(|row| self.row_text(lefts.clone(), &Binary::Eq, row))
            .collect::<Result<Vec<_>, _>>()?;
        while tests.len() > 1 {
            tests = tests
                .chunks(2)
                .map(|pair| {
                    if let [a, b] = pair {
                        format!("({a} OR {b})")
                    } else {
                        pair.concat()
                    }
                })
                .collect();
        }
        let test = tests.pop().unwrap_or_else(|| "0".to_owned());
        Ok(Node::sql(format!("({not}{test})"), Type::boolean()))
    }

    /// SQLite's own IN, where every item compares in the form of the left side.
    fn native_in(
        &mut self,
        left: &Node,
        rows: &[Vec<Node>],
        not: &str,
    ) -> Result<Option<String>, SqlError> {
        let family = left.ty.family();
        let native = |node: &Node| match family {
            Family::Integer => {
                node.ty.family() == Family::Integer || node.ty.family() == Family::Null
            }
            Family::Text => {
                matches!(node.ty.family(), Family::Text | Family::Null)
                    && node.ty.strength > left.ty.strength
            }
            Family::Bytes => matches!(node.ty.family(), Family::Bytes | Family::Null),
            _ => false,
        };
        if rows.iter().flatten().any(|node| !native(node)) {
            return Ok(None);
        }
        let column = self.collated(left);
        let items: Vec<String> = rows.iter().flatten().map(|node| self.emit(node)).collect();
        Ok(Some(format!("({column} {not}IN ({}))", items.join(", "))))
    }

    /// `left [NOT] IN (SELECT …)`.
    pub(super) fn in_subquery(
        &mut self,
        left: &Expr,
        query: &ast::Query,
        negated: bool,
    ) -> Result<Node, SqlError> {
        let lefts: Vec<Node> = match row(left) {
            Some(items) => items
                .iter()
                .map(|item| self.expr(item))
                .collect::<Result<_, _>>()?,
            None => vec![self.expr(left)?],
        };
        let translated = self.subquery(query)?;
        if translated.columns.len() != lefts.len() {
            return Err(error::operand_columns(lefts.len()));
        }
        let not = if negated { "NOT " } else { "" };
        if let ([left], [column]) = (lefts.as_slice(), translated.columns.as_slice()) {
            let same = match left.ty.family() {
                Family::Integer => column.ty.family() == Family::Integer,
                Family::Text => {
                    column.ty.family() == Family::Text && column.ty.collation == left.ty.collation
                }
                Family::Bytes => column.ty.family() == Family::Bytes,
                _ => false,
            };
            if same {
                let left = self.collated(left);
                return Ok(Node::sql(
                    format!("({left} {not}IN ({}))", translated.text),
                    Type::boolean(),
                ));
            }
        }
        let alias = self.alias("s");
        let rights = translated.nodes(&alias);
        let test = self.row_text(lefts, &Binary::Eq, rights)?;
        let text = quantified_text(&test, &translated.text, &alias, Quantifier::Any);
        Ok(Node::sql(format!("({not}{text})"), Type::boolean()))
    }

    /// `left op ANY|ALL (SELECT …)`.
    pub(super) fn quantified(
        &mut self,
        left: &Expr,
        op: &Binary,
        right: &Expr,
        quantifier: Quantifier,
    ) -> Result<Node, SqlError> {
        let mut inner = right;
        while let Expr::Nested(nested) = inner {
            inner = nested;
        }
        let Expr::Subquery(query) = inner else {
            return Err(SqlError::syntax("ANY and ALL need a subquery"));
        };
        let left = self.expr(left)?;
        let translated = self.subquery(query)?;
        if translated.columns.len() != 1 {
            return Err(error::operand_columns(1));
        }
        let alias = self.alias("s");
        let rights = translated.nodes(&alias);
        let test = self.row_text(vec![left], op, rights)?;
        Ok(Node::sql(
            quantified_text(&test, &translated.text, &alias, quantifier),
            Type::boolean(),
        ))
    }

    /// `value [NOT] BETWEEN low AND high`.
    pub(super) fn between(
        &mut self,
        value: &Expr,
        low: &Expr,
        high: &Expr,
        negated: bool,
    ) -> Result<Node, SqlError> {
        let (value, low, high) = (self.expr(value)?, self.expr(low)?, self.expr(high)?);
        let from = self.compare_nodes(value.clone(), &Binary::GtEq, low)?;
        let to = self.compare_nodes(value, &Binary::LtEq, high)?;
        let not = if negated { "NOT " } else { "" };
        Ok(Node::sql(
            format!("({not}({from} AND {to}))"),
            Type::boolean(),
        ))
    }

    /// `value [NOT] LIKE pattern [ESCAPE c]`.
    pub(super) fn like(
        &mut self,
        value: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        negated: bool,
    ) -> Result<Node, SqlError> {
        let (value, pattern) = (self.expr(value)?, self.expr(pattern)?);
        let (value, pattern) = (self.plain(value)?, self.plain(pattern)?);
        let collated = text_of(&[value.ty.clone(), pattern.ty.clone()])?;
        let value = Node {
            ty: Type {
                collation: collated.collation,
                ..value.ty
            },
            code: value.code,
        };
        let mut arguments = vec![value, pattern];
        if let Some(escape) = escape {
            arguments.push(self.expr(escape)?);
        }
        let matched = self.call("like", Type::boolean(), &arguments)?;
        self.negated(matched, negated)
    }

    /// `value [NOT] REGEXP pattern`.
    pub(super) fn regexp(
        &mut self,
        value: &Expr,
        pattern: &Expr,
        negated: bool,
    ) -> Result<Node, SqlError> {
        let (value, pattern) = (self.expr(value)?, self.expr(pattern)?);
        let (value, pattern) = (self.plain(value)?, self.plain(pattern)?);
        let collated = text_of(&[value.ty.clone(), pattern.ty.clone()])?;
        let value = Node {
            ty: Type {
                collation: collated.collation,
                ..value.ty
            },
            code: value.code,
        };
        let matched = self.call("regexp_like", Type::boolean(), &[value, pattern])?;
        self.negated(matched, negated)
    }

    fn negated(&mut self, node: Node, negated: bool) -> Result<Node, SqlError> {
        if !negated {
            return Ok(node);
        }
        let text = self.emit(&node);
        Ok(Node::sql(format!("(NOT {text})"), Type::boolean()))
    }
}

/// ANY and ALL with SQL's three values: over no rows ANY is false and ALL is true; a NULL leaves it open.
fn quantified_text(test: &str, query: &str, alias: &str, quantifier: Quantifier) -> String {
    let (empty, decided, by) = match quantifier {
        Quantifier::Any => (0, 1, "max"),
        Quantifier::All => (1, 0, "min"),
    };
    format!(
        "(SELECT CASE WHEN count(*) = 0 THEN {empty} WHEN {by}(v) = {decided} THEN {decided} WHEN count(v) < count(*) THEN NULL \
         ELSE {empty} END FROM (SELECT {test} AS v FROM ({query}) AS {alias}))"
    )
}
