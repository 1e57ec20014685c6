//! MariaDB's spellings of definitions, read as what MySQL would say (MariaDB 10.6 to 11, `SHOW CREATE TABLE`).
//!
//! | MariaDB prints | read as |
//! |---|---|
//! | `longtext … COLLATE utf8mb4_bin … CHECK (json_valid(col))` | `json` |
//! | a literal default of TEXT, BLOB | the same as an expression: MySQL has no other |
//! | `current_timestamp()` as default of any other type than DATETIME and TIMESTAMP | `(now())` |
//! | `CONSTRAINT_1`, names of CHECKs that nobody chose | no name: MySQL chooses its own |
//!
//! What MySQL spells in another way only (`current_timestamp()`, numbers without quotes, widths of integers, `COLLATE`
//! said everywhere) is the same canonical definition without further ado.

use crate::catalog::same_name;
use crate::sql::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value};
use crate::sql::ddl::{Check, Column, ColumnDefault, CreateTable, Expression};
use crate::sql::literal::escape;
use crate::sql::parse_expression;
use crate::value::{ColumnType, TypeKind};

/// Rewrites a definition that MariaDB printed.
pub(super) fn normalize(table: &mut CreateTable) {
    let CreateTable {
        columns, checks, ..
    } = table;
    for column in columns {
        json(column, checks);
        literal_of_text(column);
        now_elsewhere(column);
    }
    for check in checks {
        let chosen = check
            .name
            .as_ref()
            .and_then(|name| name.strip_prefix("CONSTRAINT_"));
        if chosen.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())) {
            check.name = None;
        }
    }
}

/// `json` is an alias in MariaDB, told by the CHECK that it brings.
fn json(column: &mut Column, checks: &mut Vec<Check>) {
    let text = &column.column_type;
    if text.kind != TypeKind::LongText || text.collation.as_deref() != Some("utf8mb4_bin") {
        return;
    }
    let brought = checks
        .iter()
        .position(|check| check.name.is_none() && is_json_valid(&check.expression, &column.name));
    if let Some(at) = brought {
        checks.remove(at);
        column.column_type = ColumnType::new(TypeKind::Json);
    }
}

/// Tells whether an expression is `json_valid(column)`.
fn is_json_valid(expression: &Expression, column: &str) -> bool {
    let mut expr = &expression.0;
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    let Expr::Function(function) = expr else {
        return false;
    };
    let FunctionArguments::List(list) = &function.args else {
        return false;
    };
    let argument = match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(name)))] => &name.value,
        _ => return false,
    };
    function.name.to_string().eq_ignore_ascii_case("json_valid") && same_name(argument, column)
}

/// A literal default of a type that has expressions only.
fn literal_of_text(column: &mut Column) {
    let blob = matches!(
        column.column_type.kind,
        TypeKind::TinyText
            | TypeKind::Text
            | TypeKind::MediumText
            | TypeKind::LongText
            | TypeKind::TinyBlob
            | TypeKind::Blob
            | TypeKind::MediumBlob
            | TypeKind::LongBlob
            | TypeKind::Json
    );
    if blob && let Some(ColumnDefault::Literal(text)) = &column.default {
        let literal = Value::SingleQuotedString(escape(text));
        let expression = Expression(Expr::value(literal));
        column.default = Some(ColumnDefault::Expression(expression));
    }
}

/// The current time as default of a type that MySQL has no such default for.
fn now_elsewhere(column: &mut Column) {
    let timed = matches!(
        column.column_type.kind,
        TypeKind::DateTime | TypeKind::Timestamp
    );
    if !timed
        && let Some(ColumnDefault::CurrentTimestamp(_)) = column.default
        && let Ok(now) = parse_expression("now()")
    {
        column.default = Some(ColumnDefault::Expression(Expression(now)));
    }
}
