//! Function calls, those with a syntax of their own, and windows.

use super::Printer;
use crate::sql::ast::{
    CeilFloorKind, DataType, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, SearchModifier, WindowFrame, WindowFrameBound,
    WindowSpec, WindowType,
};
use crate::sql::keyword::is_keyword;
use crate::sql::unit_argument;

impl Printer {
    /// Prints what is neither operator nor predicate.
    pub(super) fn call(&mut self, expr: &Expr) {
        match expr {
            Expr::Function(function) => self.function(function),
            Expr::Cast {
                expr, data_type, ..
            } => {
                self.word("cast(");
                self.expr(expr);
                self.word(" as ");
                self.data_type(data_type);
                self.word(")");
            }
            Expr::Convert {
                expr,
                charset: Some(charset),
                ..
            } => {
                let charset = charset.to_string().replace('`', "");
                match expr.as_ref() {
                    // The parser's form of CAST(x AS CHAR(n) CHARACTER SET y).
                    Expr::Cast {
                        expr,
                        data_type: data_type @ DataType::Char(_),
                        ..
                    } => {
                        self.word("cast(");
                        self.expr(expr);
                        self.word(" as ");
                        self.data_type(data_type);
                        self.word(" character set ");
                        self.raw(&format!("{charset})"));
                    }
                    _ => {
                        self.word("convert(");
                        self.expr(expr);
                        self.word(" using ");
                        self.raw(&format!("{charset})"));
                    }
                }
            }
            Expr::Convert {
                expr,
                data_type: Some(data_type),
                ..
            } => {
                self.word("convert(");
                self.expr(expr);
                self.word(", ");
                self.data_type(data_type);
                self.word(")");
            }
            Expr::Extract { field, expr, .. } => {
                self.word("extract(");
                self.raw(&field.to_string().to_lowercase());
                self.word(" from ");
                self.expr(expr);
                self.word(")");
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                self.word("substr(");
                self.expr(expr);
                for part in [substring_from, substring_for].into_iter().flatten() {
                    self.word(", ");
                    self.expr(part);
                }
                self.word(")");
            }
            Expr::Position { expr, r#in } => {
                self.word("locate(");
                self.exprs([expr.as_ref(), r#in.as_ref()]);
                self.word(")");
            }
            Expr::Ceil {
                expr,
                field: CeilFloorKind::DateTimeField(_),
            } => self.simple_call("ceil", expr),
            Expr::Floor {
                expr,
                field: CeilFloorKind::DateTimeField(_),
            } => self.simple_call("floor", expr),
            Expr::Trim {
                trim_where,
                trim_what,
                expr,
                ..
            } => {
                self.word("trim(");
                if let Some(side) = trim_where {
                    self.word(&format!("{} ", side.to_string().to_lowercase()));
                }
                if let Some(what) = trim_what {
                    self.expr(what);
                    self.word(" from ");
                }
                self.expr(expr);
                self.word(")");
            }
            Expr::MatchAgainst {
                columns,
                match_value,
                opt_search_modifier,
            } => {
                self.word("match(");
                self.list(columns, Self::object);
                self.word(") against (");
                self.value(&match_value.value);
                self.word(match opt_search_modifier {
                    Some(SearchModifier::InNaturalLanguageMode) => " in natural language mode",
                    Some(SearchModifier::InNaturalLanguageModeWithQueryExpansion) => {
                        " in natural language mode with query expansion"
                    }
                    Some(SearchModifier::InBooleanMode) => " in boolean mode",
                    Some(SearchModifier::WithQueryExpansion) => " with query expansion",
                    None => "",
                });
                self.word(")");
            }
            other => self.raw(&other.to_string()),
        }
    }

    fn simple_call(&mut self, name: &str, argument: &Expr) {
        self.raw(&format!("{name}("));
        self.expr(argument);
        self.word(")");
    }

    fn function(&mut self, function: &Function) {
        self.function_name(function);
        self.word("(");
        match &function.args {
            FunctionArguments::List(list) => {
                if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
                    self.word("distinct ");
                }
                for (index, argument) in list.args.iter().enumerate() {
                    if index > 0 {
                        self.word(", ");
                    }
                    match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => {
                            match unit_argument(expr) {
                                Some(unit) => self.raw(&unit.to_lowercase()),
                                None => self.expr(expr),
                            }
                        }
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => self.word("*"),
                        other => self.raw(&other.to_string()),
                    }
                }
                for clause in &list.clauses {
                    self.argument_clause(clause);
                }
            }
            FunctionArguments::Subquery(query) => self.query(query),
            FunctionArguments::None => {}
        }
        self.word(")");
        if let Some(over) = &function.over {
            self.word(" over ");
            match over {
                WindowType::NamedWindow(name) => self.ident(name),
                WindowType::WindowSpec(spec) => self.window_spec(spec),
            }
        }
    }

    /// Functions of the grammar are in lower case; others keep their spelling.
    fn function_name(&mut self, function: &Function) {
        match function.name.0.as_slice() {
            [part] => match part.as_ident() {
                Some(name)
                    if is_keyword(&name.value)
                        || CALLS.contains(&name.value.to_ascii_lowercase().as_str()) =>
                {
                    let lower = name.value.to_lowercase();
                    // Calls with a production of their own are words of the grammar; others are names.
                    match GRAMMAR.contains(&lower.as_str()) {
                        true => self.word(&lower),
                        false => self.raw(&lower),
                    }
                }
                Some(name) => self.raw(&name.value.clone()),
                None => self.raw(&part.to_string()),
            },
            _ => self.object(&function.name),
        }
    }

    fn argument_clause(&mut self, clause: &FunctionArgumentClause) {
        match clause {
            FunctionArgumentClause::OrderBy(exprs) => self.order_by(exprs),
            FunctionArgumentClause::Separator(separator) => {
                self.word(" separator ");
                self.value(&separator.value);
            }
            FunctionArgumentClause::Limit(limit) => {
                self.word(" limit ");
                self.expr(limit);
            }
            other => self.raw(&format!(" {other}")),
        }
    }

    pub(super) fn window_spec(&mut self, spec: &WindowSpec) {
        self.word("(");
        let start = self.out.len();
        if let Some(name) = &spec.window_name {
            self.ident(name);
        }
        if !spec.partition_by.is_empty() {
            self.gap(start);
            self.word("partition by ");
            self.exprs(&spec.partition_by);
        }
        if !spec.order_by.is_empty() {
            self.gap(start);
            self.word("order by ");
            self.list(&spec.order_by, Self::order);
        }
        if let Some(frame) = &spec.window_frame {
            self.gap(start);
            self.frame(frame);
        }
        self.word(")");
    }

    /// Writes a space unless nothing was written since `start`.
    fn gap(&mut self, start: usize) {
        if self.out.len() > start {
            self.word(" ");
        }
    }

    fn frame(&mut self, frame: &WindowFrame) {
        self.word(&frame.units.to_string().to_lowercase());
        match &frame.end_bound {
            Some(end) => {
                self.word(" between ");
                self.bound(&frame.start_bound);
                self.word(" and ");
                self.bound(end);
            }
            None => {
                self.word(" ");
                self.bound(&frame.start_bound);
            }
        }
    }

    fn bound(&mut self, bound: &WindowFrameBound) {
        match bound {
            WindowFrameBound::CurrentRow => self.word("current row"),
            WindowFrameBound::Preceding(None) => self.word("unbounded preceding"),
            WindowFrameBound::Following(None) => self.word("unbounded following"),
            WindowFrameBound::Preceding(Some(expr)) => {
                self.expr(expr);
                self.word(" preceding");
            }
            WindowFrameBound::Following(Some(expr)) => {
                self.expr(expr);
                self.word(" following");
            }
        }
    }
}

/// Functions that Vitess's grammar knows without a keyword of their own name in the table.
const CALLS: &[&str] = &["left", "right", "replace", "insert"];

/// Functions whose calls Vitess's grammar reads by a production of their own.
const GRAMMAR: &[&str] = &[
    "any_value",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "char",
    "count",
    "cume_dist",
    "date_add",
    "date_sub",
    "adddate",
    "subdate",
    "dense_rank",
    "extractvalue",
    "first_value",
    "format_bytes",
    "format_pico_time",
    "get_lock",
    "group_concat",
    "gtid_subset",
    "gtid_subtract",
    "insert",
    "is_free_lock",
    "is_used_lock",
    "json_array",
    "json_array_append",
    "json_array_insert",
    "json_arrayagg",
    "json_contains",
    "json_contains_path",
    "json_depth",
    "json_extract",
    "json_insert",
    "json_keys",
    "json_length",
    "json_merge",
    "json_merge_patch",
    "json_merge_preserve",
    "json_object",
    "json_objectagg",
    "json_overlaps",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_schema_valid",
    "json_schema_validation_report",
    "json_search",
    "json_set",
    "json_storage_free",
    "json_storage_size",
    "json_type",
    "json_unquote",
    "json_valid",
    "json_value",
    "lag",
    "last_value",
    "lead",
    "linestring",
    "locate",
    "max",
    "min",
    "multilinestring",
    "multipoint",
    "multipolygon",
    "nth_value",
    "ntile",
    "percent_rank",
    "point",
    "polygon",
    "rank",
    "regexp_instr",
    "regexp_like",
    "regexp_replace",
    "regexp_substr",
    "release_all_locks",
    "release_lock",
    "row_number",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "substr",
    "substring",
    "sum",
    "trim",
    "ltrim",
    "rtrim",
    "updatexml",
    "values",
    "var_pop",
    "var_samp",
    "variance",
    "weight_string",
];
