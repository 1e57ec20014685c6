//! Function calls: those with a form of their own (IF, IFNULL, VALUES, date shifts, EXTRACT), and the registered rest.

use crate::engine::error;
use crate::engine::function;
use crate::engine::types::{Family, Type, merge_all};
use crate::sql::SqlError;
use crate::sql::ast::{
    BinaryOperator, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
};
use crate::value::Value;

use super::{Node, Translator, text_of};

/// The plain expressions among a call's arguments.
pub(super) fn arguments(call: &Function) -> Result<Vec<&Expr>, SqlError> {
    match &call.args {
        FunctionArguments::None => Ok(Vec::new()),
        FunctionArguments::Subquery(_) => Err(SqlError::unsupported(format!("call {call}"))),
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
                _ => Err(SqlError::unsupported(format!("call {call}"))),
            })
            .collect(),
    }
}

impl Translator<'_> {
    /// A function call.
    pub(super) fn function(&mut self, call: &Function, whole: &Expr) -> Result<Node, SqlError> {
        let name = call.name.to_string().trim_matches('`').to_ascii_uppercase();
        if call.over.is_some() {
            return self.window(&name, call);
        }
        if let Some(node) = self.aggregate(&name, call, None)? {
            return Ok(node);
        }
        let arguments = arguments(call)?;
        self.named_form(&name, &arguments, whole)
    }

    /// A call by name, where the form is a function's own.
    pub(super) fn named_form(
        &mut self,
        name: &str,
        arguments: &[&Expr],
        whole: &Expr,
    ) -> Result<Node, SqlError> {
        match (name, arguments) {
            ("IF", [test, then, otherwise]) => {
                let test = self.condition(test)?;
                let results = vec![self.expr(then)?, self.expr(otherwise)?];
                self.choose(&[test], results)
            }
            ("IFNULL", [first, second]) => self.coalesce(&[first, second]),
            ("COALESCE", [_, ..]) => self.coalesce(arguments),
            ("NULLIF", [first, second]) => {
                let equal = self.comparison(first, &BinaryOperator::Eq, second)?;
                let equal = self.truth(&equal)?;
                let first = self.expr(first)?;
                let text = self.emit(&first);
                Ok(Node::sql(
                    format!("(CASE WHEN {equal} THEN NULL ELSE {text} END)"),
                    first.ty.passed_on(),
                ))
            }
            ("ISNULL", [inner]) => {
                let inner = self.expr(inner)?;
                let text = self.emit(&inner);
                Ok(Node::sql(format!("({text} IS NULL)"), Type::boolean()))
            }
            ("GREATEST" | "LEAST", [_, _, ..]) => self.extreme(name, arguments),
            ("MOD", [left, right]) => self.arithmetic_call("mod", left, right, whole),
            ("DATE_ADD" | "ADDDATE", [date, shift]) => self.date_shift_call(date, shift, false),
            ("DATE_SUB" | "SUBDATE", [date, shift]) => self.date_shift_call(date, shift, true),
            ("TIMESTAMPDIFF", [unit, from, to]) => {
                let unit = Node::literal(Value::from(unit_name(unit)?));
                let (from, to) = (self.expr(from)?, self.expr(to)?);
                self.call("timestampdiff", Type::integer(), &[unit, from, to])
            }
            ("TIMESTAMPADD", [unit, count, date]) => {
                let unit = unit_name(unit)?;
                let (count, date) = (self.expr(count)?, self.expr(date)?);
                self.shift(date, count, unit, false)
            }
            ("FROM_UNIXTIME", [seconds, format]) => {
                let moment = self.named_call(name, &[seconds])?;
                let format = self.expr(format)?;
                let format = self.plain(format)?;
                let ty = text_of(std::slice::from_ref(&format.ty))?;
                self.call("date_format", ty, &[moment, format])
            }
            ("GET_FORMAT", _) => Err(SqlError::unsupported("GET_FORMAT")),
            ("VALUES", [column]) => self.inserted_value(column),
            ("DEFAULT", [_]) => Err(SqlError::unsupported(
                "DEFAULT(column) outside of INSERT and UPDATE",
            )),
            ("CHAR", _) => {
                let nodes = self.plain_all(arguments)?;
                self.call("char", Type::bytes(), &nodes)
            }
            ("ANY_VALUE", [inner]) => {
                let inner = self.expr(inner)?;
                Ok(Node {
                    ty: inner.ty.passed_on(),
                    ..inner
                })
            }
            ("CHARSET" | "COLLATION", [inner]) => {
                let inner = self.expr(inner)?;
                Ok(Node::literal(Value::Text(
                    charset_or_collation(name, &inner.ty).to_owned(),
                )))
            }
            ("ROUND" | "TRUNCATE", [number]) if name == "ROUND" => {
                self.round("round", number, None)
            }
            ("ROUND" | "TRUNCATE", [number, digits]) => {
                self.round(&name.to_ascii_lowercase(), number, Some(digits))
            }
            ("CEIL" | "CEILING" | "FLOOR", [number]) => {
                let node = self.expr(number)?;
                let node = Self::numbered(node);
                let ty = match node.ty.family() {
                    Family::Integer => node.ty.clone().passed_on(),
                    Family::Decimal if node.ty.whole_digits() < 18 => Type::integer(),
                    Family::Decimal => Type::decimal(node.ty.whole_digits() + 1, 0),
                    _ => Type::double(),
                };
                self.call(if name == "FLOOR" { "floor" } else { "ceil" }, ty, &[node])
            }
            ("MID" | "SUBSTR", _) => self.named_call("SUBSTRING", arguments),
            ("POW", _) => self.named_call("POWER", arguments),
            _ => self.named_call(name, arguments),
        }
    }

    /// A registered function by name.
    pub(super) fn named_call(&mut self, name: &str, arguments: &[&Expr]) -> Result<Node, SqlError> {
        let lower = name.to_ascii_lowercase();
        let Some(found) = function::find_public(&lower) else {
            return Err(SqlError::new(
                1305,
                "42000",
                format!("FUNCTION {name} does not exist"),
            ));
        };
        if arguments.len() < found.least || arguments.len() > found.most {
            return Err(error::parameter_count(name));
        }
        let nodes = self.plain_all(arguments)?;
        let types: Vec<Type> = nodes.iter().map(|node| node.ty.clone()).collect();
        let ty = found.result_type(&types, &nodes)?;
        self.call(found.name, ty, &nodes)
    }

    fn plain_all(&mut self, arguments: &[&Expr]) -> Result<Vec<Node>, SqlError> {
        let mut nodes = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let node = self.expr(argument)?;
            nodes.push(self.plain(node)?);
        }
        Ok(nodes)
    }

    fn coalesce(&mut self, arguments: &[&Expr]) -> Result<Node, SqlError> {
        let nodes = arguments
            .iter()
            .map(|argument| self.expr(argument))
            .collect::<Result<Vec<_>, _>>()?;
        let ty = merge_all(nodes.iter().map(|node| &node.ty))?;
        let mut texts = Vec::new();
        for node in nodes {
            let node = self.coerce(node, &ty)?;
            texts.push(self.emit(&node));
        }
        let text = if texts.len() == 1 {
            texts.concat()
        } else {
            format!("coalesce({})", texts.join(", "))
        };
        Ok(Node::sql(text, ty))
    }

    /// GREATEST and LEAST: compared in the common type; NULL if any argument is.
    fn extreme(&mut self, name: &str, arguments: &[&Expr]) -> Result<Node, SqlError> {
        let nodes = self.plain_all(arguments)?;
        let families: Vec<Family> = nodes.iter().map(|node| node.ty.family()).collect();
        let mixed =
            families.iter().any(|family| family.is_numeric()) && families.contains(&Family::Text);
        let ty = if mixed {
            Type::double()
        } else {
            merge_all(nodes.iter().map(|node| &node.ty))?
        };
        let mut texts = Vec::new();
        for node in nodes {
            let node = self.coerce(node, &ty)?;
            texts.push(self.collated(&node));
        }
        let function = if name == "GREATEST" { "max" } else { "min" };
        Ok(Node::sql(format!("{function}({})", texts.join(", ")), ty))
    }

    fn arithmetic_call(
        &mut self,
        function: &str,
        left: &Expr,
        right: &Expr,
        whole: &Expr,
    ) -> Result<Node, SqlError> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        self.arithmetic_nodes(
            function,
            left,
            right,
            Node::literal(Value::Text(whole.to_string())),
        )
    }

    fn round(
        &mut self,
        function: &str,
        number: &Expr,
        digits: Option<&Expr>,
    ) -> Result<Node, SqlError> {
        let node = self.expr(number)?;
        let node = Self::numbered(node);
        let digits = match digits {
            Some(digits) => self.expr(digits)?,
            None => Node::literal(Value::Int(0)),
        };
        let fixed = digits.value().and_then(Value::to_i64);
        let ty = match (node.ty.family(), fixed) {
            (Family::Integer, _) => Type {
                column: crate::value::ColumnType {
                    length: None,
                    ..Type::integer().column
                },
                ..node.ty.clone().passed_on()
            },
            (Family::Decimal, Some(digits)) => {
                let scale = u32::try_from(digits.clamp(0, 30))
                    .unwrap_or(0)
                    .min(node.ty.scale());
                Type::decimal(node.ty.whole_digits() + 1 + scale, scale)
            }
            (Family::Decimal, None) => node.ty.clone(),
            _ => Type::double(),
        };
        self.call(function, ty, &[node, digits])
    }

    /// `date ± INTERVAL n unit`.
    pub(super) fn date_shift(
        &mut self,
        date: &Expr,
        interval: &Expr,
        back: bool,
    ) -> Result<Node, SqlError> {
        let Expr::Interval(interval) = interval else {
            return Err(SqlError::syntax("a date is shifted by an INTERVAL"));
        };
        let unit = crate::sql::interval_unit(interval)
            .ok_or_else(|| SqlError::syntax("INTERVAL needs a unit"))?;
        let (date, count) = (self.expr(date)?, self.expr(&interval.value)?);
        self.shift(date, count, &unit, back)
    }

    fn date_shift_call(&mut self, date: &Expr, shift: &Expr, back: bool) -> Result<Node, SqlError> {
        if matches!(shift, Expr::Interval(_)) {
            return self.date_shift(date, shift, back);
        }
        let (date, days) = (self.expr(date)?, self.expr(shift)?);
        self.shift(date, days, "DAY", back)
    }

    /// The result is a DATE where a DATE moves by whole days, a DATETIME or TIME where one moves, else text.
    fn shift(&mut self, date: Node, count: Node, unit: &str, back: bool) -> Result<Node, SqlError> {
        let (date, count) = (self.plain(date)?, self.plain(count)?);
        let within_day = ["HOUR", "MINUTE", "SECOND", "MICROSECOND"]
            .iter()
            .any(|part| unit.contains(part));
        let digits = if unit.contains("MICROSECOND") {
            6
        } else if unit.contains("SECOND") {
            date.ty.scale().max(count.ty.scale()).min(6)
        } else {
            date.ty.scale()
        };
        let ty = match date.ty.family() {
            Family::Date if !within_day => Type::date(),
            Family::Date => Type::datetime(digits),
            Family::DateTime => Type::datetime(digits),
            Family::Time if within_day => Type::time(digits),
            Family::Time => Type::datetime(digits),
            _ => Type::text(),
        };
        let arguments = [
            date,
            count,
            Node::literal(Value::Text(unit.to_ascii_uppercase())),
            Node::literal(Value::Int(i64::from(back))),
        ];
        self.call("date_shift", ty, &arguments)
    }

    /// `EXTRACT(unit FROM date)`.
    pub(super) fn extract(
        &mut self,
        field: &DateTimeField,
        inner: &Expr,
    ) -> Result<Node, SqlError> {
        let inner = self.expr(inner)?;
        let inner = self.plain(inner)?;
        self.call(
            "extract",
            Type::integer(),
            &[Node::literal(Value::Text(field_name(field))), inner],
        )
    }

    /// `VALUES(column)` in ON DUPLICATE KEY UPDATE: the scope of the inserted row is named `VALUES`.
    fn inserted_value(&mut self, column: &Expr) -> Result<Node, SqlError> {
        let name = match column {
            Expr::Identifier(name) => &name.value,
            Expr::CompoundIdentifier(parts) if !parts.is_empty() => &parts[parts.len() - 1].value,
            other => return Err(SqlError::syntax(format!("VALUES({other})"))),
        };
        if !self.scopes.iter().any(|scope| {
            scope
                .tables
                .iter()
                .any(|table| table.name == super::INSERTED)
        }) {
            return Ok(Node::literal(Value::Null));
        }
        self.column(&[super::INSERTED, name])
    }
}

/// MySQL's name of a unit, upper case.
fn field_name(field: &DateTimeField) -> String {
    let name = field.to_string().to_ascii_uppercase();
    match name.as_str() {
        "YEARS" | "MONTHS" | "WEEKS" | "DAYS" | "HOURS" | "MINUTES" | "SECONDS"
        | "MICROSECONDS" => name.trim_end_matches('S').to_owned(),
        _ => name,
    }
}

/// The unit that TIMESTAMPDIFF and TIMESTAMPADD take as a bare word.
fn unit_name(expr: &Expr) -> Result<&'static str, SqlError> {
    crate::sql::unit_argument(expr).ok_or_else(|| SqlError::syntax(format!("bad unit {expr}")))
}

fn charset_or_collation(name: &str, ty: &Type) -> &'static str {
    match (name, ty.family().is_textual()) {
        ("CHARSET", true) => ty.collation.charset(),
        (_, true) => ty.collation.name(),
        (_, false) => "binary",
    }
}
