//! Grouping and aggregates over several shards: each shard aggregates its part, the parts are put together above.
//!
//! `count` becomes a sum of counts, `sum`, `min` and `max` repeat themselves, `avg` is a sum over a count; DISTINCT
//! aggregates become GROUP BY below. Over a join the rows are aggregated above it, sorted by the keys. Source: Vitess
//! `go/vt/vtgate/planbuilder/operators` (`aggregator.go`, `aggregation_pushing.go`).

use crate::router::Error;
use crate::sql::ast::{
    self, DuplicateTreatment, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem,
};

use super::expr::{self, as_column, function_name, same};
use super::from::PlannedBlock;
use super::horizon::{closed, having, limit, order_by, same_column, truncate};
use super::operator::{Op, RouteOp};
use super::scope::Scope;
use super::select::{Block, Item};
use super::{
    Aggregate, AggregateColumn, AggregateFunction, Planner, Primitive, Projected, Projection, Sort,
    SortKey, finish, rewrite,
};

/// A column under the aggregation.
#[derive(Debug, Clone)]
struct Needed {
    /// The expression that it answers: an aggregate call, a key, or any other column.
    expr: Expr,
    role: Role,
    alias: Option<ast::Ident>,
}

#[derive(Debug, Clone, PartialEq)]
enum Role {
    Key,
    Any,
    Call(Call),
}

/// An aggregate call.
#[derive(Debug, Clone, PartialEq)]
struct Call {
    name: String,
    distinct: bool,
    /// Absent for `count(*)`.
    argument: Option<Expr>,
}

impl Planner<'_> {
    /// Plans a block whose groups may spread over shards.
    pub(crate) fn aggregation(
        &mut self,
        mut op: Op,
        block: Block,
        scope: &Scope<'_>,
    ) -> Result<PlannedBlock, Error> {
        let mut needed = Vec::new();
        let mut outputs = Vec::new();
        for item in &block.items {
            let Item::Expr { expr, alias } = item else {
                return Err(Error::SchemaTrackingRequired);
            };
            outputs.push(need(
                expr,
                alias.as_ref(),
                &block.group_by,
                &mut needed,
                scope,
            )?);
        }
        for key in &block.group_by {
            need(key, None, &block.group_by, &mut needed, scope)?;
        }
        let filter = match &block.having {
            Some(predicate) => Some(need(predicate, None, &block.group_by, &mut needed, scope)?),
            None => None,
        };
        let mut sorts = Vec::new();
        for (key, descending) in &block.order_by {
            sorts.push((
                need(key, None, &block.group_by, &mut needed, scope)?,
                *descending,
            ));
        }
        let mut key_columns: Vec<usize> = Vec::new();
        for key in ordered_keys(&block, scope) {
            if let Some(at) = needed
                .iter()
                .position(|n| n.role == Role::Key && same_column(&n.expr, &key, scope))
                && !key_columns.contains(&at)
            {
                key_columns.push(at);
            }
        }
        let plan = match &mut op {
            Op::Route(route) => push_to_route(route, &needed, &key_columns, &block, scope)?,
            other => self.above_join(other, &needed, scope)?,
        };
        let sorted_input = matches!(op, Op::Route(_));
        let mut root = op.finish(self, scope)?;
        let keys: Vec<SortKey> = key_columns
            .iter()
            .map(|&column| SortKey {
                column,
                descending: false,
            })
            .collect();
        if !sorted_input {
            root = reorder(root, &plan.positions, &needed);
            if !keys.is_empty() {
                root = Primitive::Sort(Box::new(Sort {
                    input: root,
                    keys,
                    result_columns: None,
                }));
            }
        }
        root = Primitive::Aggregate(Box::new(Aggregate {
            input: root,
            scalar: block.group_by.is_empty(),
            keys: key_columns.clone(),
            aggregates: plan.aggregates,
            columns: needed.len(),
            result_columns: None,
        }));
        if let (Some(predicate), Some(shown)) = (filter, block.having.clone()) {
            root = having(root, predicate, shown);
        }
        let names: Vec<String> = block.items.iter().filter_map(Item::name).collect();
        let above = Above {
            outputs,
            sorts,
            columns: needed.len(),
            keys: key_columns,
        };
        root = above.finish(root, &block, &names);
        if block.distinct {
            root = Primitive::Distinct(Box::new(super::Distinct {
                input: root,
                columns: names.len(),
            }));
        }
        Ok(closed(limit(root, &block)))
    }

    /// Fetches the raw columns and aggregates above them.
    fn above_join(
        &mut self,
        op: &mut Op,
        needed: &[Needed],
        scope: &Scope<'_>,
    ) -> Result<Pushed, Error> {
        let mut positions = Vec::new();
        let mut aggregates = Vec::new();
        for (column, need) in needed.iter().enumerate() {
            let alias = need
                .alias
                .as_ref()
                .map_or_else(|| rewrite::result_name(&need.expr), |a| a.value.clone());
            let (source, function) = match &need.role {
                Role::Key => (need.expr.clone(), None),
                Role::Any => (need.expr.clone(), Some(AggregateFunction::AnyValue)),
                Role::Call(call) => (
                    call.argument.clone().unwrap_or_else(|| expr::number(1)),
                    Some(raw_function(call, &need.expr)?),
                ),
            };
            positions.push(op.add_column(self, scope, &source, None)?);
            if let Some(function) = function {
                aggregates.push(AggregateColumn {
                    function,
                    column,
                    alias,
                });
            }
        }
        Ok(Pushed {
            aggregates,
            positions,
        })
    }
}

/// What stands above the groups, all of it over the columns of the aggregation.
struct Above {
    outputs: Vec<Expr>,
    /// Expressions of ORDER BY, and whether each descends.
    sorts: Vec<(Expr, bool)>,
    /// How many columns the aggregation gives.
    columns: usize,
    keys: Vec<usize>,
}

impl Above {
    /// Computes the select list over the groups, and sorts where the keys' order is not the one asked for.
    fn finish(self, mut root: Primitive, block: &Block, names: &[String]) -> Primitive {
        let Self {
            outputs,
            sorts,
            columns,
            keys,
        } = self;
        let position = |expr: &Expr| (0..columns).find(|&at| *expr == finish::column(at));
        let in_order = sorts.iter().enumerate().all(|(at, (expr, descending))| {
            !descending && position(expr).is_some_and(|column| keys.get(at) == Some(&column))
        });
        let identity = outputs
            .iter()
            .enumerate()
            .all(|(at, expr)| position(expr) == Some(at));
        if in_order && identity {
            if columns > outputs.len() {
                if let Primitive::Aggregate(aggregate) = &mut root {
                    aggregate.result_columns = Some(outputs.len());
                } else {
                    root = truncate(root, outputs.len(), names);
                }
            }
            return root;
        }
        let mut projected: Vec<Projected> = outputs
            .into_iter()
            .zip(names)
            .zip(&block.items)
            .map(|((expr, alias), item)| Projected {
                expr,
                shown: match item {
                    Item::Expr { expr, .. } => expr.clone(),
                    Item::Star(_) => expr::column(None, alias),
                },
                alias: alias.clone(),
            })
            .collect();
        let width = projected.len();
        if in_order {
            return Primitive::Projection(Box::new(Projection {
                input: root,
                expressions: projected,
            }));
        }
        let mut sort_keys = Vec::new();
        for (expr, descending) in sorts {
            let column = match projected.iter().position(|p| p.expr == expr) {
                Some(at) => at,
                None => {
                    projected.push(Projected {
                        shown: expr.clone(),
                        alias: finish::column_name(projected.len()),
                        expr,
                    });
                    projected.len() - 1
                }
            };
            sort_keys.push(SortKey { column, descending });
        }
        let hidden = projected.len() > width;
        if !(identity && !hidden && columns == width) {
            root = Primitive::Projection(Box::new(Projection {
                input: root,
                expressions: projected,
            }));
        }
        Primitive::Sort(Box::new(Sort {
            input: root,
            keys: sort_keys,
            result_columns: hidden.then_some(width),
        }))
    }
}

/// Which aggregates run above, and where their input columns are.
struct Pushed {
    aggregates: Vec<AggregateColumn>,
    positions: Vec<usize>,
}

/// Returns the expression over the columns under it, and notes what it needs.
fn need(
    expr: &Expr,
    alias: Option<&ast::Ident>,
    keys: &[Expr],
    needed: &mut Vec<Needed>,
    scope: &Scope<'_>,
) -> Result<Expr, Error> {
    let mut failed = None;
    let mut over = expr.clone();
    let whole = expr.clone();
    expr::rewrite(&mut over, &mut |e| {
        if matches!(e, Expr::Nested(_)) {
            return None;
        }
        if keys.iter().any(|key| same_column(key, e, scope)) {
            return Some(note(
                needed,
                e,
                Role::Key,
                alias.filter(|_| *e == whole),
                scope,
            ));
        }
        if expr::is_aggregate(e) {
            return match call_of(e) {
                // The average of all shards is the sum of all over the count of all.
                Ok(call) if call.name == "avg" && !call.distinct => {
                    let parts = ["sum", "count"].map(|name| {
                        let call = Call {
                            name: name.to_owned(),
                            ..call.clone()
                        };
                        note(needed, &renamed(e, name), Role::Call(call), None, scope)
                    });
                    let [sum, count] = parts;
                    Some(expr::binary(sum, ast::BinaryOperator::Divide, count))
                }
                Ok(call) => Some(note(
                    needed,
                    e,
                    Role::Call(call),
                    alias.filter(|_| *e == whole),
                    scope,
                )),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            };
        }
        as_column(e).map(|_| note(needed, e, Role::Any, alias.filter(|_| *e == whole), scope))
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(over),
    }
}

/// Returns the column under the aggregation for an expression, adding it where there is none yet.
fn note(
    needed: &mut Vec<Needed>,
    expr: &Expr,
    role: Role,
    alias: Option<&ast::Ident>,
    scope: &Scope<'_>,
) -> Expr {
    let there = needed.iter().position(|n| {
        n.role == role
            && same_column(&n.expr, expr, scope)
            && (alias.is_none() || n.alias.as_ref() == alias)
    });
    finish::column(there.unwrap_or_else(|| {
        needed.push(Needed {
            expr: expr.clone(),
            role,
            alias: alias.cloned(),
        });
        needed.len() - 1
    }))
}

/// Returns the same call of another function.
fn renamed(call: &Expr, name: &str) -> Expr {
    match call {
        Expr::Function(function) => Expr::Function(ast::Function {
            name: expr::object_name(name),
            ..function.clone()
        }),
        other => other.clone(),
    }
}

/// Keys in the order that ORDER BY asks for where it names keys alone, else as GROUP BY lists them.
fn ordered_keys(block: &Block, scope: &Scope<'_>) -> Vec<Expr> {
    let mut keys = Vec::new();
    for (sort, _) in &block.order_by {
        if let Some(key) = block
            .group_by
            .iter()
            .find(|key| same_column(key, sort, scope))
        {
            keys.push(key.clone());
        }
    }
    keys.extend(block.group_by.iter().cloned());
    keys
}

fn call_of(expr: &Expr) -> Result<Call, Error> {
    let Expr::Function(function) = expr else {
        return Err(Error::Bug("not a call".into()));
    };
    let name = function_name(expr).unwrap_or_default();
    let FunctionArguments::List(list) = &function.args else {
        return Err(Error::GroupFunction);
    };
    let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    let argument = match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] => None,
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] => Some(argument.clone()),
        _ if distinct => {
            return Err(Error::unsupported(format!(
                "distinct aggregation function with multiple expressions '{}'",
                super::explain::print_expr(expr)
            )));
        }
        _ if name == "group_concat" => {
            return Err(Error::unsupported("group_concat with more than 1 column"));
        }
        _ => {
            return Err(Error::unsupported(
                "in scatter query: complex aggregate expression",
            ));
        }
    };
    if name == "group_concat" && (distinct || !list.clauses.is_empty()) {
        return Err(Error::unsupported(
            "cannot evaluate group concat with distinct or order by",
        ));
    }
    if argument.as_ref().is_some_and(expr::contains_aggregate) {
        return Err(Error::GroupFunction);
    }
    Ok(Call {
        name,
        distinct,
        argument,
    })
}

/// The function above unaggregated rows.
fn raw_function(call: &Call, expr: &Expr) -> Result<AggregateFunction, Error> {
    Ok(match (call.name.as_str(), call.distinct, &call.argument) {
        ("count", false, None) => AggregateFunction::CountStar,
        ("count", false, Some(_)) => AggregateFunction::Count,
        ("count", true, Some(_)) => AggregateFunction::CountDistinct,
        ("sum", false, Some(_)) => AggregateFunction::Sum,
        ("sum", true, Some(_)) => AggregateFunction::SumDistinct,
        ("min", _, Some(_)) => AggregateFunction::Min,
        ("max", _, Some(_)) => AggregateFunction::Max,
        ("any_value", _, Some(_)) => AggregateFunction::AnyValue,
        ("group_concat", false, Some(_)) => AggregateFunction::GroupConcat,
        _ => return Err(unsupported_function(expr)),
    })
}

fn unsupported_function(expr: &Expr) -> Error {
    Error::unsupported(format!(
        "in scatter query: aggregation function '{}'",
        super::explain::print_expr(expr)
    ))
}

/// Gives each shard its part of the aggregation.
fn push_to_route(
    route: &mut RouteOp,
    needed: &[Needed],
    key_columns: &[usize],
    block: &Block,
    scope: &Scope<'_>,
) -> Result<Pushed, Error> {
    let distinct = one_distinct(needed, route, scope)?;
    let mut aggregates = Vec::new();
    let mut group_by: Vec<Expr> = key_columns
        .iter()
        .map(|&at| needed[at].expr.clone())
        .collect();
    let mut merge: Vec<SortKey> = key_columns
        .iter()
        .map(|&column| SortKey {
            column,
            descending: false,
        })
        .collect();
    let mut sorted_distinct = false;
    for (column, need) in needed.iter().enumerate() {
        let alias = need
            .alias
            .as_ref()
            .map_or_else(|| rewrite::result_name(&need.expr), |a| a.value.clone());
        let mut sent = need.expr.clone();
        let function = match &need.role {
            Role::Key => None,
            Role::Any => Some(AggregateFunction::AnyValue),
            Role::Call(call) if distinct.as_ref() == call.argument.as_ref() && call.distinct => {
                sent = call.argument.clone().unwrap_or_else(|| expr::number(1));
                if !sorted_distinct {
                    sorted_distinct = true;
                    group_by.push(sent.clone());
                    merge.push(SortKey {
                        column,
                        descending: false,
                    });
                }
                Some(raw_function(call, &need.expr)?)
            }
            Role::Call(call) => Some(match (call.name.as_str(), &call.argument) {
                ("count", None) => AggregateFunction::SumCountStar,
                ("count", Some(_)) => AggregateFunction::SumCount,
                ("sum", _) => AggregateFunction::Sum,
                _ => raw_function(call, &need.expr)?,
            }),
        };
        route.select.projection.push(match &need.alias {
            Some(alias) => SelectItem::ExprWithAlias {
                expr: sent,
                alias: alias.clone(),
            },
            None => SelectItem::UnnamedExpr(sent),
        });
        if let Some(function) = function {
            aggregates.push(AggregateColumn {
                function,
                column,
                alias,
            });
        }
    }
    route.order_by = group_by.iter().map(|key| order_by(key, false)).collect();
    if sorted_distinct || !block.group_by.is_empty() {
        route.select.group_by = ast::GroupByExpr::Expressions(group_by, Vec::new());
    } else {
        route.order_by.clear();
        merge.clear();
    }
    route.merge = merge;
    Ok(Pushed {
        aggregates,
        positions: Vec::new(),
    })
}

/// Returns the argument of the DISTINCT aggregates that the shards cannot answer by themselves.
fn one_distinct(
    needed: &[Needed],
    route: &RouteOp,
    scope: &Scope<'_>,
) -> Result<Option<Expr>, Error> {
    let mut found: Option<Expr> = None;
    for need in needed {
        let Role::Call(call) = &need.role else {
            continue;
        };
        let Some(argument) = &call.argument else {
            continue;
        };
        let harmless = matches!(call.name.as_str(), "min" | "max" | "any_value");
        if !call.distinct
            || harmless
            || super::horizon::is_unique_vindex_column(argument, route, scope)
        {
            continue;
        }
        match &found {
            Some(other) if !same(other, argument) => {
                return Err(Error::unsupported(format!(
                    "only one DISTINCT aggregation is allowed in a SELECT: {}",
                    super::explain::print_expr(&need.expr)
                )));
            }
            _ => found = Some(argument.clone()),
        }
    }
    Ok(found)
}

/// Puts the input's columns in the order of the aggregation's.
fn reorder(input: Primitive, positions: &[usize], needed: &[Needed]) -> Primitive {
    if positions
        .iter()
        .enumerate()
        .all(|(at, position)| at == *position)
    {
        return input;
    }
    let expressions = positions
        .iter()
        .zip(needed)
        .map(|(&at, need)| Projected {
            expr: finish::column(at),
            shown: need.expr.clone(),
            alias: rewrite::result_name(&need.expr),
        })
        .collect();
    Primitive::Projection(Box::new(Projection { input, expressions }))
}
