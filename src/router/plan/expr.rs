//! Building and taking apart expressions of the syntax tree.

use std::ops::ControlFlow;

use crate::sql::TableName;
use crate::sql::ast::{
    self, BinaryOperator, Expr, Ident, ObjectName, ObjectNamePart, Value, VisitMut, VisitorMut,
};

/// Returns an identifier, quoted where its text is not a plain word.
pub(crate) fn ident(name: &str) -> Ident {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        Ident::new(name)
    } else {
        Ident::with_quote('`', name)
    }
}

/// Returns the identifier without regard to how it was quoted, for comparison.
pub(crate) fn bare(ident: &Ident) -> Ident {
    self::ident(&ident.value)
}

/// Returns a column, perhaps of a table.
pub(crate) fn column(table: Option<&str>, name: &str) -> Expr {
    match table {
        Some(table) => Expr::CompoundIdentifier(vec![ident(table), ident(name)]),
        None => Expr::Identifier(ident(name)),
    }
}

/// Returns the bind variable `:name` (or `::name` where `name` begins with a colon).
pub(crate) fn placeholder(name: &str) -> Expr {
    value(Value::Placeholder(format!(":{name}")))
}

/// Returns a whole number.
pub(crate) fn number(number: u64) -> Expr {
    value(Value::Number(number.to_string(), false))
}

/// Returns a literal as an expression.
pub(crate) fn value(value: Value) -> Expr {
    Expr::Value(value.with_empty_span())
}

/// Returns `left op right`.
pub(crate) fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp {
        left: Box::new(left),
        op,
        right: Box::new(right),
    }
}

/// Returns a call of a function of one argument, or of `*`.
pub(crate) fn call(name: &str, argument: Option<Expr>, distinct: bool) -> Expr {
    let argument = argument.map_or(ast::FunctionArgExpr::Wildcard, ast::FunctionArgExpr::Expr);
    function(name, vec![argument], distinct)
}

/// Returns a call of a function.
pub(crate) fn call_with(name: &str, arguments: Vec<Expr>) -> Expr {
    function(
        name,
        arguments
            .into_iter()
            .map(ast::FunctionArgExpr::Expr)
            .collect(),
        false,
    )
}

fn function(name: &str, arguments: Vec<ast::FunctionArgExpr>, distinct: bool) -> Expr {
    Expr::Function(ast::Function {
        name: object_name(name),
        uses_odbc_syntax: false,
        parameters: ast::FunctionArguments::None,
        args: ast::FunctionArguments::List(ast::FunctionArgumentList {
            duplicate_treatment: distinct.then_some(ast::DuplicateTreatment::Distinct),
            args: arguments
                .into_iter()
                .map(ast::FunctionArg::Unnamed)
                .collect(),
            clauses: Vec::new(),
        }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    })
}

/// Returns `cast(expr as signed)`.
pub(crate) fn cast_signed(expr: Expr) -> Expr {
    Expr::Cast {
        kind: ast::CastKind::Cast,
        expr: Box::new(expr),
        data_type: ast::DataType::Signed,
        format: None,
    }
}

/// Returns `1 != 1`.
pub(crate) fn never() -> Expr {
    binary(number(1), BinaryOperator::NotEq, number(1))
}

/// Returns the expression without parentheses around it.
pub(crate) fn unnested(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

/// Splits a conjunction into its parts, in order. `AND` chains may be long: their left spine is walked, not recursed.
pub(crate) fn conjuncts(expr: &Expr) -> Vec<Expr> {
    let mut parts = Vec::new();
    let mut pending = vec![expr];
    while let Some(expr) = pending.pop() {
        match unnested(expr) {
            Expr::BinaryOp {
                left,
                op: BinaryOperator::And,
                right,
            } => {
                pending.push(right);
                pending.push(left);
            }
            other => parts.push(other.clone()),
        }
    }
    parts
}

/// Splits a disjunction into its arms, in order.
pub(crate) fn disjuncts(expr: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    let mut pending = vec![expr];
    while let Some(expr) = pending.pop() {
        match unnested(expr) {
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Or,
                right,
            } => {
                pending.push(right);
                pending.push(left);
            }
            other => parts.push(other),
        }
    }
    parts
}

/// Returns the conjunction of the parts, or `None` of none.
pub(crate) fn conjunction(parts: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    let several = |part: Expr| match part {
        Expr::BinaryOp {
            op: BinaryOperator::Or | BinaryOperator::Xor,
            ..
        } => Expr::Nested(Box::new(part)),
        other => other,
    };
    let mut parts: Vec<Expr> = parts.into_iter().collect();
    if parts.len() == 1 {
        return parts.pop();
    }
    parts
        .into_iter()
        .map(several)
        .reduce(|left, right| binary(left, BinaryOperator::And, right))
}

/// The parts of a column reference: qualifier (keyspace and table) and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnName {
    pub(crate) keyspace: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) name: String,
}

/// Returns the column that an expression is, if it is one. `@@x` and `@x` are variables, not columns.
pub(crate) fn as_column(expr: &Expr) -> Option<ColumnName> {
    match unnested(expr) {
        Expr::Identifier(name) if !name.value.starts_with('@') || name.quote_style.is_some() => {
            Some(ColumnName {
                keyspace: None,
                table: None,
                name: name.value.clone(),
            })
        }
        Expr::CompoundIdentifier(parts) if !parts[0].value.starts_with('@') => {
            match parts.as_slice() {
                [table, name] => Some(ColumnName {
                    keyspace: None,
                    table: Some(table.value.clone()),
                    name: name.value.clone(),
                }),
                [keyspace, table, name] => Some(ColumnName {
                    keyspace: Some(keyspace.value.clone()),
                    table: Some(table.value.clone()),
                    name: name.value.clone(),
                }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns the literal or placeholder that an expression is.
pub(crate) fn as_value(expr: &Expr) -> Option<&Value> {
    match unnested(expr) {
        Expr::Value(value) => Some(&value.value),
        _ => None,
    }
}

pub(crate) fn is_null(expr: &Expr) -> bool {
    matches!(as_value(expr), Some(Value::Null))
}

/// Whether two expressions say the same, however identifiers are quoted or cased.
pub(crate) fn same(left: &Expr, right: &Expr) -> bool {
    match (as_column(left), as_column(right)) {
        (Some(left), Some(right)) => {
            left.name.eq_ignore_ascii_case(&right.name)
                && match (&left.table, &right.table) {
                    (Some(left), Some(right)) => left == right,
                    (None, None) => true,
                    _ => false,
                }
        }
        (None, None) => normal(left) == normal(right),
        _ => false,
    }
}

/// Returns the expression with plain quoting and without spans, for comparison.
fn normal(expr: &Expr) -> Expr {
    struct Plain;
    impl VisitorMut for Plain {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(name) => *name = bare(name),
                Expr::CompoundIdentifier(parts) => {
                    parts.iter_mut().for_each(|part| *part = bare(part))
                }
                Expr::Value(value) => *value = value.value.clone().with_empty_span(),
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut expr = unnested(expr).clone();
    let _ = VisitMut::visit(&mut expr, &mut Plain);
    expr
}

/// Replaces expressions for which `replace` has another, outermost first; what was put in is not searched again.
pub(crate) fn rewrite(expr: &mut Expr, replace: &mut dyn FnMut(&Expr) -> Option<Expr>) {
    struct Rewriter<'a> {
        replace: &'a mut dyn FnMut(&Expr) -> Option<Expr>,
        /// Depth below a replaced expression.
        within: usize,
    }
    impl VisitorMut for Rewriter<'_> {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if self.within > 0 {
                self.within += 1;
            } else if let Some(other) = (self.replace)(expr) {
                *expr = other;
                self.within = 1;
            }
            ControlFlow::Continue(())
        }
        fn post_visit_expr(&mut self, _: &mut Expr) -> ControlFlow<()> {
            self.within = self.within.saturating_sub(1);
            ControlFlow::Continue(())
        }
    }
    let _ = VisitMut::visit(expr, &mut Rewriter { replace, within: 0 });
}

/// Returns the expressions within `expr`, itself among them, for which `take` says so; what it takes is not searched
/// further.
pub(crate) fn collect(expr: &Expr, take: &mut dyn FnMut(&Expr) -> bool) -> Vec<Expr> {
    struct Collector<'a> {
        take: &'a mut dyn FnMut(&Expr) -> bool,
        found: Vec<Expr>,
        within: usize,
    }
    impl ast::Visitor for Collector<'_> {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if self.within > 0 {
                self.within += 1;
            } else if (self.take)(expr) {
                self.found.push(expr.clone());
                self.within = 1;
            }
            ControlFlow::Continue(())
        }
        fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
            self.within = self.within.saturating_sub(1);
            ControlFlow::Continue(())
        }
    }
    let mut collector = Collector {
        take,
        found: Vec::new(),
        within: 0,
    };
    let _ = ast::Visit::visit(expr, &mut collector);
    collector.found
}

/// Returns the queries directly inside an expression (not those within them).
pub(crate) fn subqueries(expr: &Expr) -> Vec<Expr> {
    collect(expr, &mut |e| {
        matches!(
            e,
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. }
        )
    })
}

/// The name of a function call, lower case, if the expression is one without a schema.
pub(crate) fn function_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Function(function) => match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] => Some(name.value.to_ascii_lowercase()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the expression is a call of an aggregate function that is not a window function.
pub(crate) fn is_aggregate(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else {
        return false;
    };
    if function.over.is_some() {
        return false;
    }
    function_name(expr).is_some_and(|name| {
        matches!(
            name.as_str(),
            "count"
                | "sum"
                | "min"
                | "max"
                | "avg"
                | "group_concat"
                | "any_value"
                | "bit_and"
                | "bit_or"
                | "bit_xor"
                | "std"
                | "stddev"
                | "stddev_pop"
                | "stddev_samp"
                | "var_pop"
                | "var_samp"
                | "variance"
                | "json_arrayagg"
                | "json_objectagg"
        )
    })
}

pub(crate) fn contains_aggregate(expr: &Expr) -> bool {
    !collect(expr, &mut is_aggregate).is_empty()
}

/// Whether the expression can be computed without columns, queries or anything that differs between calls.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    collect(expr, &mut |e| match e {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Subquery(_)
        | Expr::InSubquery { .. } => true,
        Expr::Exists { .. } => true,
        Expr::Function(_) => {
            !function_name(e).is_some_and(|name| PURE_FUNCTIONS.contains(&name.as_str()))
        }
        _ => false,
    })
    .is_empty()
}

/// Functions whose value depends on their arguments alone and which the evaluator knows.
const PURE_FUNCTIONS: [&str; 17] = [
    "abs",
    "ceil",
    "coalesce",
    "concat",
    "floor",
    "greatest",
    "hex",
    "if",
    "ifnull",
    "least",
    "lower",
    "md5",
    "nullif",
    "round",
    "substring",
    "unhex",
    "upper",
];

/// Returns a table name read from an object name, or `None` if it has more than two parts.
pub(crate) fn table_name(name: &ObjectName) -> Option<TableName> {
    let mut parts = Vec::new();
    for part in &name.0 {
        match part {
            ObjectNamePart::Identifier(ident) => parts.push(ident.value.clone()),
            ObjectNamePart::Function(_) => return None,
        }
    }
    match parts.as_slice() {
        [name] => Some(TableName {
            keyspace: None,
            name: name.clone(),
        }),
        [keyspace, name] => Some(TableName {
            keyspace: Some(keyspace.clone()),
            name: name.clone(),
        }),
        _ => None,
    }
}

/// Returns an object name of one part.
pub(crate) fn object_name(name: &str) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(ident(name))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_conjunctions_in_order() {
        let parts = [1, 2, 3].map(number);
        let all = conjunction(parts.clone()).unwrap();
        assert_eq!(conjuncts(&all), parts);
        let either = binary(number(1), BinaryOperator::Or, number(2));
        assert_eq!(conjunction([either.clone()]).unwrap(), either);
        let both = conjunction([either, number(3)]).unwrap();
        assert_eq!(both.to_string(), "(1 OR 2) AND 3");
        assert_eq!(conjunction([]), None);
    }

    #[test]
    fn compares_columns_whatever_their_quotes() {
        let quoted = Expr::CompoundIdentifier(vec![
            Ident::with_quote('`', "t"),
            Ident::with_quote('`', "ID"),
        ]);
        assert!(same(&quoted, &column(Some("t"), "id")));
        assert!(!same(&quoted, &column(None, "id")));
        assert!(!same(&quoted, &number(1)));
    }

    #[test]
    fn rewrites_outermost_first_and_not_what_was_put_in() {
        let mut expr = binary(column(None, "a"), BinaryOperator::Plus, number(1));
        rewrite(&mut expr, &mut |e| {
            as_column(e).map(|_| column(Some("t"), "a"))
        });
        assert_eq!(expr.to_string(), "t.a + 1");
    }
}
