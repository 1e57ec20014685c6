//! Scalar expressions inside definitions as MySQL re-prints them: operators in parentheses of their own, function and
//! operator names in lower case, columns in backticks, arguments without spaces (MySQL's `Item::print` family, as SHOW
//! CREATE TABLE shows it). Charset introducers appear only where they were written.

use crate::sql::ast::{
    BinaryOperator, CaseWhen, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, Interval, UnaryOperator, Value,
};
use crate::sql::literal::{quote_string, unescape};
use crate::sql::name::quote;
use crate::sql::{interval_unit, unit_argument};

/// Returns an expression in MySQL's form, with the parentheses that its outermost operator has.
pub fn expression(expr: &Expr) -> String {
    let mut out = String::new();
    print(&mut out, expr);
    out
}

fn print(out: &mut String, expr: &Expr) {
    match expr {
        Expr::Nested(inner) => print(out, inner),
        Expr::Identifier(name) => identifier(out, name),
        Expr::CompoundIdentifier(parts) => separated(out, parts, ".", identifier),
        Expr::Value(value) => literal(out, &value.value),
        Expr::Prefixed { prefix, value } => {
            out.push_str(&prefix.value.to_lowercase());
            print(out, value);
        }
        Expr::TypedString(typed) => {
            out.push_str(&typed.data_type.to_string().to_uppercase());
            literal(out, &typed.value.value);
        }
        Expr::BinaryOp { left, op, right } => binary(out, left, op, right),
        Expr::UnaryOp { op, expr } => unary(out, op, expr),
        Expr::IsNull(expr) => postfix(out, expr, "is null"),
        Expr::IsNotNull(expr) => postfix(out, expr, "is not null"),
        Expr::IsTrue(expr) => postfix(out, expr, "is true"),
        Expr::IsNotTrue(expr) => postfix(out, expr, "is not true"),
        Expr::IsFalse(expr) => postfix(out, expr, "is false"),
        Expr::IsNotFalse(expr) => postfix(out, expr, "is not false"),
        Expr::IsUnknown(expr) => postfix(out, expr, "is null"),
        Expr::IsNotUnknown(expr) => postfix(out, expr, "is not null"),
        Expr::Between {
            expr,
            negated,
            low,
            high,
        } => {
            out.push('(');
            print(out, expr);
            out.push_str(if *negated {
                " not between "
            } else {
                " between "
            });
            print(out, low);
            out.push_str(" and ");
            print(out, high);
            out.push(')');
        }
        Expr::InList {
            expr,
            list,
            negated,
        } => {
            out.push('(');
            print(out, expr);
            out.push_str(if *negated { " not in (" } else { " in (" });
            separated(out, list, ",", print);
            out.push_str("))");
        }
        Expr::Like {
            negated,
            expr,
            pattern,
            escape_char,
            ..
        } => {
            out.push_str(if *negated { "(not((" } else { "(" });
            print(out, expr);
            out.push_str(" like ");
            print(out, pattern);
            if let Some(escape) = escape_char {
                out.push_str(" escape ");
                print(out, escape);
            }
            out.push_str(if *negated { ")))" } else { ")" });
        }
        Expr::RLike {
            negated,
            expr,
            pattern,
            ..
        } => {
            out.push_str(if *negated { "(not(" } else { "" });
            call(out, "regexp_like", [expr.as_ref(), pattern]);
            out.push_str(if *negated { "))" } else { "" });
        }
        Expr::Collate { expr, collation } => {
            // `-1 collate x` is `-(1 collate x)`.
            let signed = is_signed(expr);
            out.push_str(if signed { "((" } else { "(" });
            print(out, expr);
            out.push_str(if signed { ")" } else { "" });
            let name = collation
                .0
                .last()
                .map_or_else(String::new, ToString::to_string);
            out.push_str(&format!(
                " collate {})",
                name.trim_matches('`').to_lowercase()
            ));
        }
        Expr::Tuple(items) => {
            out.push('(');
            separated(out, items, ",", print);
            out.push(')');
        }
        Expr::Interval(value) => interval(out, value),
        Expr::Case {
            operand,
            conditions,
            else_result,
            ..
        } => {
            case(out, operand.as_deref(), conditions, else_result.as_deref());
        }
        Expr::Function(call) => function(out, call),
        other => special(out, other),
    }
}

/// Expressions with a syntax of their own.
fn special(out: &mut String, expr: &Expr) {
    match expr {
        Expr::Cast {
            expr, data_type, ..
        } => {
            out.push_str("cast(");
            print(out, expr);
            out.push_str(&format!(" as {})", cast_type(data_type)));
        }
        Expr::Convert {
            expr,
            data_type: Some(data_type),
            charset: None,
            ..
        } => {
            out.push_str("cast(");
            print(out, expr);
            out.push_str(&format!(" as {})", cast_type(data_type)));
        }
        Expr::Convert {
            expr,
            charset: Some(charset),
            ..
        } => {
            let charset = charset.to_string().to_lowercase();
            match expr.as_ref() {
                // The parser's form of CAST(x AS CHAR(n) CHARACTER SET y).
                Expr::Cast {
                    expr,
                    data_type: data_type @ DataType::Char(_),
                    ..
                } => {
                    out.push_str("cast(");
                    print(out, expr);
                    out.push_str(&format!(" as {} charset {charset})", cast_type(data_type)));
                }
                _ => {
                    out.push_str("convert(");
                    print(out, expr);
                    out.push_str(&format!(" using {charset})"));
                }
            }
        }
        Expr::Extract { field, expr, .. } => {
            out.push_str(&format!(
                "extract({} from ",
                field.to_string().to_lowercase()
            ));
            print(out, expr);
            out.push(')');
        }
        Expr::Substring {
            expr,
            substring_from,
            substring_for,
            ..
        } => {
            let rest = [substring_from, substring_for];
            let arguments =
                std::iter::once(expr.as_ref()).chain(rest.into_iter().flatten().map(AsRef::as_ref));
            call(out, "substr", arguments);
        }
        Expr::Position { expr, r#in } => call(out, "locate", [expr.as_ref(), r#in]),
        Expr::Ceil { expr, .. } => call(out, "ceiling", [expr.as_ref()]),
        Expr::Floor { expr, .. } => call(out, "floor", [expr.as_ref()]),
        Expr::Trim {
            trim_where,
            trim_what,
            expr,
            ..
        } => {
            out.push_str("trim(");
            if let Some(side) = trim_where {
                out.push_str(&format!("{} ", side.to_string().to_lowercase()));
            }
            if let Some(what) = trim_what {
                print(out, what);
                out.push_str(" from ");
            }
            print(out, expr);
            out.push(')');
        }
        Expr::MemberOf(member) => {
            print(out, &member.value);
            out.push_str(" member of (");
            print(out, &member.array);
            out.push(')');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn identifier(out: &mut String, name: &Ident) {
    // Variables keep their form.
    if name.quote_style.is_none() && name.value.starts_with('@') {
        out.push_str(&name.value);
    } else {
        out.push_str(&quote(&name.value));
    }
}

fn separated<'a, T: 'a>(
    out: &mut String,
    items: impl IntoIterator<Item = &'a T>,
    separator: &str,
    print: impl Fn(&mut String, &T),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        print(out, item);
    }
}

fn literal(out: &mut String, value: &Value) {
    match value {
        Value::SingleQuotedString(raw) => out.push_str(&quote_string(&unescape(raw, '\''))),
        Value::NationalStringLiteral(raw) => {
            out.push_str("_utf8mb3");
            out.push_str(&quote_string(&unescape(raw, '\'')));
        }
        Value::HexStringLiteral(digits) => out.push_str(&format!("0x{}", digits.to_uppercase())),
        Value::SingleQuotedByteStringLiteral(digits) => out.push_str(&format!("b'{digits}'")),
        Value::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Null => out.push_str("NULL"),
        other => out.push_str(&other.to_string()),
    }
}

fn postfix(out: &mut String, expr: &Expr, words: &str) {
    out.push('(');
    print(out, expr);
    out.push_str(&format!(" {words})"));
}

fn binary(out: &mut String, left: &Expr, op: &BinaryOperator, right: &Expr) {
    match op {
        BinaryOperator::And | BinaryOperator::Or => {
            let mut operands = Vec::new();
            flatten(left, op, &mut operands);
            flatten(right, op, &mut operands);
            out.push('(');
            let separator = if *op == BinaryOperator::And {
                " and "
            } else {
                " or "
            };
            separated(out, operands, separator, print);
            out.push(')');
        }
        BinaryOperator::Arrow => call(out, "json_extract", [left, right]),
        BinaryOperator::LongArrow => {
            out.push_str("json_unquote(");
            call(out, "json_extract", [left, right]);
            out.push(')');
        }
        _ => {
            out.push('(');
            print(out, left);
            out.push_str(&format!(" {} ", operator(op)));
            print(out, right);
            out.push(')');
        }
    }
}

/// Collects the operands of a chain of one operator.
fn flatten<'a>(expr: &'a Expr, chain: &BinaryOperator, operands: &mut Vec<&'a Expr>) {
    match expr {
        Expr::Nested(inner) => flatten(inner, chain, operands),
        Expr::BinaryOp { left, op, right } if op == chain => {
            flatten(left, chain, operands);
            flatten(right, chain, operands);
        }
        _ => operands.push(expr),
    }
}

fn operator(op: &BinaryOperator) -> String {
    match op {
        BinaryOperator::NotEq => "<>".into(),
        BinaryOperator::MyIntegerDivide => "DIV".into(),
        other => other.to_string().to_lowercase(),
    }
}

fn unary(out: &mut String, op: &UnaryOperator, expr: &Expr) {
    match op {
        UnaryOperator::Plus => print(out, expr),
        UnaryOperator::Not | UnaryOperator::BangNot => {
            out.push_str("(not(");
            print(out, expr);
            out.push_str("))");
        }
        // A negative literal is a literal.
        UnaryOperator::Minus if is_number(expr) => {
            out.push('-');
            print(out, expr);
        }
        _ => {
            out.push_str(&op.to_string());
            out.push('(');
            print(out, expr);
            out.push(')');
        }
    }
}

/// Reports whether an expression prints with a sign in front and no parentheses around it.
fn is_signed(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner)
        | Expr::UnaryOp {
            op: UnaryOperator::Plus,
            expr: inner,
        } => is_signed(inner),
        Expr::UnaryOp { op, .. } => {
            matches!(op, UnaryOperator::Minus | UnaryOperator::BitwiseNot)
        }
        _ => false,
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
}

fn interval(out: &mut String, interval: &Interval) {
    out.push_str("interval ");
    print(out, &interval.value);
    if let Some(unit) = interval_unit(interval) {
        out.push_str(&format!(" {}", unit.to_lowercase()));
    }
}

fn case(
    out: &mut String,
    operand: Option<&Expr>,
    conditions: &[CaseWhen],
    otherwise: Option<&Expr>,
) {
    out.push_str("(case ");
    if let Some(operand) = operand {
        print(out, operand);
        out.push(' ');
    }
    for when in conditions {
        out.push_str("when ");
        print(out, &when.condition);
        out.push_str(" then ");
        print(out, &when.result);
        out.push(' ');
    }
    if let Some(otherwise) = otherwise {
        out.push_str("else ");
        print(out, otherwise);
        out.push(' ');
    }
    out.push_str("end)");
}

fn call<'a>(out: &mut String, name: &str, arguments: impl IntoIterator<Item = &'a Expr>) {
    out.push_str(name);
    out.push('(');
    separated(out, arguments, ",", print);
    out.push(')');
}

fn function(out: &mut String, function: &Function) {
    let written = function.name.to_string().replace('`', "").to_lowercase();
    let name = canonical_name(&written);
    let list = match &function.args {
        FunctionArguments::List(list) => list,
        FunctionArguments::None => {
            out.push_str(name);
            out.push_str("()");
            return;
        }
        FunctionArguments::Subquery(_) => {
            out.push_str(&function.to_string());
            return;
        }
    };
    let plain: Option<Vec<&Expr>> = list
        .args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect();
    let simple =
        list.duplicate_treatment.is_none() && list.clauses.is_empty() && function.over.is_none();
    match (plain.as_deref(), name) {
        (Some([left, right]), "mod") if simple => binary(out, left, &BinaryOperator::Modulo, right),
        (Some([date, Expr::Interval(by)]), "date_add" | "adddate") if simple => {
            shifted(out, date, '+', by)
        }
        (Some([date, Expr::Interval(by)]), "date_sub" | "subdate") if simple => {
            shifted(out, date, '-', by)
        }
        (Some([unit, count, date]), "timestampadd") if simple => {
            out.push('(');
            print(out, date);
            out.push_str(" + interval ");
            print(out, count);
            let unit = unit_argument(unit).unwrap_or_default();
            out.push_str(&format!(" {})", unit.to_lowercase()));
        }
        (Some([unit, from, to]), "timestampdiff") if simple => {
            let unit = unit_argument(unit).unwrap_or_default();
            out.push_str(&format!("timestampdiff({unit},"));
            separated(out, [*from, *to], ",", print);
            out.push(')');
        }
        (Some([operand]), "isnull") if simple => postfix(out, operand, "is null"),
        (Some(arguments), _) if simple => call(out, name, arguments.iter().copied()),
        _ => out.push_str(&function.to_string()),
    }
}

fn shifted(out: &mut String, date: &Expr, sign: char, by: &Interval) {
    out.push('(');
    print(out, date);
    out.push_str(&format!(" {sign} "));
    interval(out, by);
    out.push(')');
}

/// Returns the name under which MySQL prints a function.
fn canonical_name(written: &str) -> &str {
    match written {
        "current_timestamp" | "localtime" | "localtimestamp" => "now",
        "current_date" => "curdate",
        "current_time" => "curtime",
        "ucase" => "upper",
        "lcase" => "lower",
        "mid" | "substring" => "substr",
        "power" => "pow",
        "ceil" => "ceiling",
        "character_length" => "char_length",
        "octet_length" => "length",
        "day" => "dayofmonth",
        "schema" => "database",
        "sha1" => "sha",
        other => other,
    }
}

fn cast_type(data_type: &DataType) -> String {
    let lower = data_type.to_string().to_lowercase();
    match lower.as_str() {
        "binary" => "char charset binary".into(),
        "signed integer" => "signed".into(),
        "unsigned integer" => "unsigned".into(),
        _ => {
            lower.replace("binary(", "char(").replace(", ", ",")
                + if lower.starts_with("binary(") {
                    " charset binary"
                } else {
                    ""
                }
        }
    }
}
