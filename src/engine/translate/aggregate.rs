//! Aggregate and window functions.
//!
//! COUNT, MIN and MAX are SQLite's: forms keep order and equality. Sums are registered aggregates, exact for integers
//! and decimals. What MySQL types an aggregate as is in the manual, "Aggregate Function Descriptions".

use crate::engine::error;
use crate::engine::types::{Family, Type};
use crate::sql::SqlError;
use crate::sql::ast::{
    self, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, NamedWindowDefinition, NamedWindowExpr, WindowFrameBound, WindowFrameUnits,
    WindowSpec, WindowType,
};
use crate::value::Value;

use super::call::arguments;
use super::{AggregateUse, Node, Translator, text_of};

impl Translator<'_> {
    /// An aggregate call, or `None` where the name is no aggregate's. `over` is the translated OVER clause.
    pub(super) fn aggregate(
        &mut self,
        name: &str,
        call: &Function,
        over: Option<&str>,
    ) -> Result<Option<Node>, SqlError> {
        const NAMES: [&str; 18] = [
            "COUNT",
            "SUM",
            "AVG",
            "MIN",
            "MAX",
            "GROUP_CONCAT",
            "BIT_AND",
            "BIT_OR",
            "BIT_XOR",
            "STD",
            "STDDEV",
            "STDDEV_POP",
            "STDDEV_SAMP",
            "VAR_POP",
            "VAR_SAMP",
            "VARIANCE",
            "JSON_ARRAYAGG",
            "JSON_OBJECTAGG",
        ];
        if !NAMES.contains(&name) {
            return Ok(None);
        }
        let outer = self.aggregates;
        if over.is_none() {
            if outer == AggregateUse::Refused {
                return Err(SqlError::new(
                    1111,
                    "HY000",
                    "Invalid use of group function",
                ));
            }
            self.aggregates = AggregateUse::Refused;
        }
        let node = self.aggregate_call(name, call, over.unwrap_or(""));
        self.aggregates = if over.is_none() {
            AggregateUse::Met
        } else {
            outer
        };
        node.map(Some)
    }

    fn aggregate_call(
        &mut self,
        name: &str,
        call: &Function,
        over: &str,
    ) -> Result<Node, SqlError> {
        let list = match &call.args {
            FunctionArguments::List(list) => list,
            _ => return Err(error::parameter_count(name)),
        };
        let distinct = if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
            "DISTINCT "
        } else {
            ""
        };
        if name == "COUNT"
            && matches!(
                list.args.as_slice(),
                [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]
            )
        {
            return Ok(Node::sql(format!("count(*){over}"), Type::integer()));
        }
        let expressions = arguments(call)?;
        if name == "GROUP_CONCAT" {
            return self.group_concat(&expressions, list, distinct);
        }
        let mut nodes = Vec::new();
        for expr in &expressions {
            nodes.push(self.expr(expr)?);
        }
        if name == "COUNT" {
            return self.count_call(nodes, distinct, over);
        }
        if name == "JSON_OBJECTAGG" {
            let [key, value] =
                <[Node; 2]>::try_from(nodes).map_err(|_| error::parameter_count(name))?;
            let (key, value) = (self.plain(key)?, self.plain(value)?);
            return self.registered("json_objectagg", Type::json(), &[key, value], "", "");
        }
        let [node] = <[Node; 1]>::try_from(nodes).map_err(|_| error::parameter_count(name))?;
        match name {
            "MIN" | "MAX" => {
                let node = self.plain(node)?;
                let text = self.collated(&node);
                Ok(Node::sql(
                    format!("{}({distinct}{text}){over}", name.to_ascii_lowercase()),
                    node.ty.passed_on(),
                ))
            }
            "SUM" | "AVG" => {
                let node = Self::numbered(node);
                let ty = sum_type(name, &node.ty);
                self.registered(&name.to_ascii_lowercase(), ty, &[node], distinct, over)
            }
            "BIT_AND" | "BIT_OR" | "BIT_XOR" => {
                let node = Self::numbered(node);
                self.registered(
                    &format!("agg_{}", name.to_ascii_lowercase()),
                    Type::unsigned(),
                    &[node],
                    distinct,
                    over,
                )
            }
            "JSON_ARRAYAGG" => {
                let node = self.plain(node)?;
                self.registered("json_arrayagg", Type::json(), &[node], "", over)
            }
            _ => {
                let function = match name {
                    "STDDEV_SAMP" => "stddev_samp",
                    "VAR_SAMP" => "var_samp",
                    "VAR_POP" | "VARIANCE" => "var_pop",
                    _ => "stddev_pop",
                };
                let node = Self::numbered(node);
                self.registered(function, Type::double(), &[node], distinct, over)
            }
        }
    }

    /// A registered aggregate. With DISTINCT there is one argument alone: types travel in the function's name then.
    fn registered(
        &mut self,
        name: &str,
        ty: Type,
        nodes: &[Node],
        distinct: &str,
        over: &str,
    ) -> Result<Node, SqlError> {
        if !distinct.is_empty() {
            // SQLite's DISTINCT allows one argument, so the form alone must tell the type: decimals and doubles do.
            let ([node], "sum" | "avg") = (nodes, name) else {
                return Err(SqlError::unsupported(format!("{name}(DISTINCT …)")));
            };
            let node = self.coerce(node.clone(), &ty)?;
            let text = self.emit(&node);
            return Ok(Node::sql(
                format!("my_{name}_distinct(DISTINCT {text}){over}"),
                ty,
            ));
        }
        let mut text = format!("my_{name}(");
        for (position, node) in nodes.iter().enumerate() {
            if position > 0 {
                text.push_str(", ");
            }
            text.push_str(&self.emit(node));
            text.push_str(&format!(
                ", {}",
                crate::engine::storage::Tag::of(&node.ty).0
            ));
        }
        text.push_str(&format!("){over}"));
        Ok(Node::sql(text, ty))
    }

    fn count_call(
        &mut self,
        nodes: Vec<Node>,
        distinct: &str,
        over: &str,
    ) -> Result<Node, SqlError> {
        if let [node] = nodes.as_slice() {
            let text = self.collated(node);
            return Ok(Node::sql(
                format!("count({distinct}{text}){over}"),
                Type::integer(),
            ));
        }
        if distinct.is_empty() {
            return Err(error::parameter_count("COUNT"));
        }
        let mut plain = Vec::new();
        for node in nodes {
            plain.push(self.plain(node)?);
        }
        let row = self.call("row_key", Type::bytes(), &plain)?;
        let text = self.emit(&row);
        Ok(Node::sql(
            format!("count(DISTINCT {text})"),
            Type::integer(),
        ))
    }

    fn group_concat(
        &mut self,
        expressions: &[&Expr],
        list: &ast::FunctionArgumentList,
        distinct: &str,
    ) -> Result<Node, SqlError> {
        let mut nodes = Vec::new();
        for expr in expressions {
            let node = self.expr(expr)?;
            nodes.push(self.plain(node)?);
        }
        let types: Vec<Type> = nodes.iter().map(|node| node.ty.clone()).collect();
        let ty = text_of(&types)?;
        let value = if let [node] = nodes.as_slice()
            && node.ty.family() == Family::Text
        {
            node.clone()
        } else {
            self.call("concat", ty.clone(), &nodes)?
        };
        let mut separator = ",".to_owned();
        let mut order = String::new();
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::Separator(value) => {
                    if let Some(Value::Text(text)) = crate::sql::literal::value_of(&value.value) {
                        separator = text;
                    }
                }
                FunctionArgumentClause::OrderBy(items) => order = self.order(items, &[], &[])?,
                other => {
                    return Err(SqlError::unsupported(format!(
                        "GROUP_CONCAT clause {other}"
                    )));
                }
            }
        }
        let text = self.collated(&value);
        let text = if distinct.is_empty() {
            let separator = self.constant(separator.into());
            format!("my_group_concat({text}, {separator}{order})")
        } else if separator == "," {
            format!("my_group_concat(DISTINCT {text}{order})")
        } else {
            // SQLite's DISTINCT allows one argument: the joined values are split by a mark and joined anew.
            let (mark, separator) = (
                self.constant("\u{1f}".to_owned().into()),
                self.constant(separator.into()),
            );
            format!("replace(my_group_concat_marked(DISTINCT {text}{order}), {mark}, {separator})")
        };
        Ok(Node::sql(text, ty.unbounded()))
    }

    /// A window function or an aggregate over a window.
    pub(super) fn window(&mut self, name: &str, call: &Function) -> Result<Node, SqlError> {
        let over = match call.over.as_ref() {
            Some(WindowType::NamedWindow(window)) => {
                format!(" OVER {}", super::quote(&window.value.to_ascii_lowercase()))
            }
            Some(WindowType::WindowSpec(spec)) => format!(" OVER {}", self.window_spec(spec)?),
            None => String::new(),
        };
        if let Some(node) = self.aggregate(name, call, Some(&over))? {
            return Ok(node);
        }
        let expressions = arguments(call)?;
        let integer = Type {
            column: crate::value::ColumnType {
                unsigned: true,
                ..Type::integer().column
            },
            ..Type::integer()
        };
        match (name, expressions.as_slice()) {
            ("ROW_NUMBER" | "RANK" | "DENSE_RANK", []) => Ok(Node::sql(
                format!("{}(){over}", name.to_ascii_lowercase()),
                integer,
            )),
            ("PERCENT_RANK" | "CUME_DIST", []) => Ok(Node::sql(
                format!("{}(){over}", name.to_ascii_lowercase()),
                Type::double(),
            )),
            ("NTILE", [count]) => {
                let count = self.expr(count)?;
                let count = self.emit(&count);
                Ok(Node::sql(format!("ntile({count}){over}"), integer))
            }
            ("FIRST_VALUE" | "LAST_VALUE", [value]) => {
                let value = self.expr(value)?;
                let text = self.emit(&value);
                Ok(Node::sql(
                    format!("{}({text}){over}", name.to_ascii_lowercase()),
                    value.ty.passed_on(),
                ))
            }
            ("NTH_VALUE", [value, position]) => {
                let (value, position) = (self.expr(value)?, self.expr(position)?);
                let (text, position) = (self.emit(&value), self.emit(&position));
                Ok(Node::sql(
                    format!("nth_value({text}, {position}){over}"),
                    value.ty.passed_on(),
                ))
            }
            ("LAG" | "LEAD", [value, rest @ ..]) if rest.len() < 3 => {
                let value = self.expr(value)?;
                let mut ty = value.ty.clone().passed_on();
                let default = rest.get(1).map(|default| self.expr(default)).transpose()?;
                if let Some(default) = &default {
                    ty = crate::engine::types::merge(&ty, &default.ty)?;
                }
                let value = self.coerce(value, &ty)?;
                let mut text = format!("{}({}", name.to_ascii_lowercase(), self.emit(&value));
                if let Some(offset) = rest.first() {
                    let offset = self.expr(offset)?;
                    text.push_str(&format!(", {}", self.emit(&offset)));
                }
                if let Some(default) = default {
                    let default = self.coerce(default, &ty)?;
                    text.push_str(&format!(", {}", self.emit(&default)));
                }
                Ok(Node::sql(format!("{text}){over}"), ty))
            }
            _ => Err(SqlError::unsupported(format!("window function {name}"))),
        }
    }

    fn window_spec(&mut self, spec: &WindowSpec) -> Result<String, SqlError> {
        let mut text = "(".to_owned();
        if let Some(name) = &spec.window_name {
            text.push_str(&super::quote(&name.value.to_ascii_lowercase()));
        }
        if !spec.partition_by.is_empty() {
            let mut parts = Vec::new();
            for expr in &spec.partition_by {
                let node = self.expr(expr)?;
                parts.push(self.collated(&node));
            }
            text.push_str(&format!(" PARTITION BY {}", parts.join(", ")));
        }
        // Positions and aliases mean nothing inside a window.
        let mut order = Vec::new();
        for item in &spec.order_by {
            let node = self.expr(&item.expr)?;
            let descending = if item.options.sort == Some(ast::OrderBySort::Desc) {
                " DESC"
            } else {
                ""
            };
            order.push(format!("{}{descending}", self.collated(&node)));
        }
        if !order.is_empty() {
            text.push_str(&format!(" ORDER BY {}", order.join(", ")));
        }
        if let Some(frame) = &spec.window_frame {
            let units = match frame.units {
                WindowFrameUnits::Rows => "ROWS",
                WindowFrameUnits::Range => "RANGE",
                WindowFrameUnits::Groups => return Err(SqlError::unsupported("GROUPS frame")),
            };
            let start = self.frame_bound(&frame.start_bound, frame.units)?;
            let end = frame
                .end_bound
                .as_ref()
                .map_or(Ok("CURRENT ROW".to_owned()), |bound| {
                    self.frame_bound(bound, frame.units)
                })?;
            text.push_str(&format!(" {units} BETWEEN {start} AND {end}"));
        }
        text.push(')');
        Ok(text)
    }

    fn frame_bound(
        &mut self,
        bound: &WindowFrameBound,
        units: WindowFrameUnits,
    ) -> Result<String, SqlError> {
        let (offset, word) = match bound {
            WindowFrameBound::CurrentRow => return Ok("CURRENT ROW".to_owned()),
            WindowFrameBound::Preceding(offset) => (offset, "PRECEDING"),
            WindowFrameBound::Following(offset) => (offset, "FOLLOWING"),
        };
        let Some(offset) = offset else {
            return Ok(format!("UNBOUNDED {word}"));
        };
        if matches!(**offset, Expr::Interval(_)) {
            return Err(SqlError::unsupported("INTERVAL in a window frame"));
        }
        let node = self.expr(offset)?;
        if units == WindowFrameUnits::Range && node.ty.family() != Family::Integer {
            return Err(SqlError::unsupported("a RANGE frame by a fraction"));
        }
        Ok(format!("{} {word}", self.emit(&node)))
    }

    /// WINDOW: named windows.
    pub(super) fn windows(
        &mut self,
        windows: &[NamedWindowDefinition],
    ) -> Result<String, SqlError> {
        let mut parts = Vec::new();
        for NamedWindowDefinition(name, definition) in windows {
            let text = match definition {
                NamedWindowExpr::NamedWindow(other) => {
                    format!("({})", super::quote(&other.value.to_ascii_lowercase()))
                }
                NamedWindowExpr::WindowSpec(spec) => self.window_spec(spec)?,
            };
            parts.push(format!(
                "{} AS {text}",
                super::quote(&name.value.to_ascii_lowercase())
            ));
        }
        Ok(if parts.is_empty() {
            String::new()
        } else {
            format!(" WINDOW {}", parts.join(", "))
        })
    }
}

/// SUM keeps the digits after the point, AVG adds four; approximate numbers and strings give DOUBLE.
fn sum_type(name: &str, ty: &Type) -> Type {
    let temporal = ty.family().is_temporal();
    match ty.family() {
        Family::Integer | Family::Decimal | Family::Null => {
            let scale = ty.scale();
            if name == "SUM" {
                Type::decimal(ty.whole_digits() + 22 + scale, scale)
            } else {
                Type::decimal(ty.whole_digits() + scale + 4, scale + 4)
            }
        }
        _ if temporal && name == "SUM" => Type::decimal(40, ty.scale()),
        _ if temporal => Type::decimal(40, ty.scale() + 4),
        _ => Type::double(),
    }
}
