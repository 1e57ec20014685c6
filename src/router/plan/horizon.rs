//! What stands above FROM and WHERE: select list, DISTINCT, GROUP BY, HAVING, ORDER BY, LIMIT.
//!
//! One shard takes it all. Over several shards, what the shards can do is pushed, and what only holds for all rows
//! together is done again above: merge sort, distinct, limit, aggregation. Source: Vitess
//! `go/vt/vtgate/planbuilder/operators` (`horizon_planning.go`, `query_planning.go`).

use crate::router::Error;
use crate::sql::ast::{
    self, Distinct as AstDistinct, Expr, LimitClause, OrderByExpr, OrderByOptions, OrderBySort,
    SelectItem,
};

use super::expr::{self, as_column};
use super::from::{MergeableRoute, PlannedBlock};
use super::operator::{Op, RouteOp};
use super::scope::Scope;
use super::select::{Block, Correlation, Item};
use super::{
    Distinct, Filter, JoinKind, Limit, Planner, Primitive, Projected, Projection, Sort, SortKey,
    finish, rewrite,
};

/// Bind variable of the rows that a pushed LIMIT lets through: count plus offset.
pub(crate) const UPPER_LIMIT: &str = "__upper_limit";

impl Planner<'_> {
    /// Plans everything above the joined rows.
    pub(crate) fn horizon(
        &mut self,
        mut op: Op,
        block: Block,
        scope: &Scope<'_>,
    ) -> Result<PlannedBlock, Error> {
        decorate(&mut op, &block);
        if let Op::Route(route) = &mut op
            && route.routing(scope).is_single_shard()
        {
            push_whole(route, &block);
            return self.close_route(op, scope, true);
        }
        if block.rollup {
            return Err(Error::unsupported(
                "GROUP BY WITH ROLLUP not supported for sharded queries",
            ));
        }
        if block
            .items
            .iter()
            .any(|item| matches!(item, Item::Expr { expr, .. } if has_window(expr)))
        {
            return Err(Error::unsupported(
                "window functions are only supported for single-shard queries",
            ));
        }
        let aggregates = !block.group_by.is_empty()
            || block.items.iter().any(
                |item| matches!(item, Item::Expr { expr, .. } if expr::contains_aggregate(expr)),
            )
            || block.having.as_ref().is_some_and(expr::contains_aggregate)
            || block
                .order_by
                .iter()
                .any(|(key, _)| expr::contains_aggregate(key));
        if aggregates {
            if let Op::Route(route) = &mut op
                && groups_by_vindex(&block.group_by, route, scope)
            {
                route.select.group_by =
                    ast::GroupByExpr::Expressions(block.group_by.clone(), Vec::new());
                route.select.having.clone_from(&block.having);
                let whole = Block {
                    having: None,
                    ..block
                };
                return self.rows(op, whole, scope, true);
            }
            return self.aggregation(op, block, scope);
        }
        self.rows(op, block, scope, false)
    }

    /// A block without aggregation, or whose groups each live on one shard.
    fn rows(
        &mut self,
        mut op: Op,
        block: Block,
        scope: &Scope<'_>,
        grouped: bool,
    ) -> Result<PlannedBlock, Error> {
        if let Some(having) = block.having.clone() {
            match &mut op {
                Op::Route(route) => route.select.having = Some(having),
                other => other.push_predicate(self, scope, having)?,
            }
        }
        let stars = block.items.iter().any(|item| matches!(item, Item::Star(_)));
        if stars {
            return self.rows_with_star(op, block, scope, grouped);
        }
        let mut columns = Vec::new();
        for item in &block.items {
            if let Item::Expr { expr, alias } = item {
                columns.push(self.output(&mut op, scope, expr, alias.as_ref())?);
            }
        }
        let names: Vec<String> = block.items.iter().filter_map(Item::name).collect();
        let width = columns.len();
        if block.distinct
            && let Op::Route(route) = &mut op
        {
            route.select.distinct = Some(AstDistinct::Distinct);
        }
        let keys = self.sort_keys(&mut op, scope, &block, &mut columns)?;
        let hidden = columns.len() > width;
        if hidden && block.distinct {
            return Err(Error::unsupported(
                "ORDER BY of a column outside SELECT DISTINCT",
            ));
        }
        let identity = columns
            .iter()
            .enumerate()
            .all(|(at, column)| *column == Output::Column(at));
        let sorted_below = match &mut op {
            Op::Route(route) if identity => {
                route.merge.clone_from(&keys);
                route.order_by = block
                    .order_by
                    .iter()
                    .map(|(key, descending)| order_by(key, *descending))
                    .collect();
                route.result_columns = hidden.then_some(width);
                push_limit(route, &block);
                true
            }
            _ => keys.is_empty(),
        };
        let plain = !block.distinct && block.limit.is_none() && !grouped && !hidden;
        if plain && identity && matches!(op, Op::Route(_)) && block.order_by.is_empty() {
            return self.close_route(op, scope, true);
        }
        let mut root = op.finish(self, scope)?;
        if !identity || (hidden && !sorted_below) {
            root = project(root, &columns, &block, &names, width);
        }
        if !sorted_below {
            root = Primitive::Sort(Box::new(Sort {
                input: root,
                keys,
                result_columns: hidden.then_some(width),
            }));
        } else if hidden && !identity {
            root = truncate(root, width, &names);
        }
        if block.distinct {
            root = Primitive::Distinct(Box::new(Distinct {
                input: root,
                columns: width,
            }));
        }
        Ok(closed(limit(root, &block)))
    }

    /// `*` of a table whose columns are not known: only the shards can expand it.
    fn rows_with_star(
        &mut self,
        mut op: Op,
        block: Block,
        scope: &Scope<'_>,
        grouped: bool,
    ) -> Result<PlannedBlock, Error> {
        let Op::Route(route) = &mut op else {
            return Err(Error::SchemaTrackingRequired);
        };
        if block.distinct || !block.order_by.is_empty() {
            return Err(Error::SchemaTrackingRequired);
        }
        route.select.projection = block.items.iter().map(select_item).collect();
        push_limit(route, &block);
        if block.limit.is_none() && !grouped {
            return self.close_route(op, scope, true);
        }
        let root = op.finish(self, scope)?;
        Ok(closed(limit(root, &block)))
    }

    /// Adds an expression to the operator's output, or says how it is computed above.
    fn output(
        &mut self,
        op: &mut Op,
        scope: &Scope<'_>,
        expr: &Expr,
        alias: Option<&ast::Ident>,
    ) -> Result<Output, Error> {
        if let Op::Route(route) = op {
            route.select.projection.push(select_item(&Item::Expr {
                expr: expr.clone(),
                alias: alias.cloned(),
            }));
            return Ok(Output::Column(route.select.projection.len() - 1));
        }
        if as_column(expr).is_some() || !op.has_outer_join() {
            return op.add_column(self, scope, expr, alias).map(Output::Column);
        }
        let mut failed = None;
        let mut over = expr.clone();
        expr::rewrite(&mut over, &mut |e| {
            as_column(e).filter(|_| !matches!(e, Expr::Nested(_)))?;
            match op.add_column(self, scope, e, None) {
                Ok(at) => Some(finish::column(at)),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(Output::Computed(over)),
        }
    }

    /// Returns the keys of ORDER BY by position in `columns`, adding those that are not selected.
    fn sort_keys(
        &mut self,
        op: &mut Op,
        scope: &Scope<'_>,
        block: &Block,
        columns: &mut Vec<Output>,
    ) -> Result<Vec<SortKey>, Error> {
        let mut keys = Vec::new();
        for (key, descending) in &block.order_by {
            let selected = block.items.iter().position(
                |item| matches!(item, Item::Expr { expr, .. } if same_column(expr, key, scope)),
            );
            let column = match selected {
                Some(at) => at,
                None => {
                    let output = self.output(op, scope, key, None)?;
                    match columns.iter().position(|c| *c == output) {
                        Some(at) => at,
                        None => {
                            columns.push(output);
                            columns.len() - 1
                        }
                    }
                }
            };
            keys.push(SortKey {
                column,
                descending: *descending,
            });
        }
        Ok(keys)
    }

    /// Turns an operator into a block's plan; a route stays open to be put into another query.
    pub(crate) fn close_route(
        &mut self,
        op: Op,
        scope: &Scope<'_>,
        mergeable: bool,
    ) -> Result<PlannedBlock, Error> {
        let Op::Route(mut route) = op else {
            return Ok(closed(op.finish(self, scope)?));
        };
        route.improve(scope);
        let choice = route.choice(scope);
        let open = mergeable && route.merge.is_empty();
        // Inside another query the lists are whole: they are split only at the top.
        let whole = super::routing::Choice {
            routing: choice.routing.clone(),
            split: Vec::new(),
        };
        let mut query = route.query(&whole);
        rewrite::strip_query(&mut query);
        let mergeable = open.then(|| MergeableRoute {
            keyspace: std::sync::Arc::clone(&route.keyspace),
            kind: route.kind,
            target: route.target.clone(),
            routing: choice.routing.clone(),
            query,
        });
        let root = Op::Route(route).finish(self, scope)?;
        Ok(PlannedBlock {
            root,
            names: None,
            correlation: Correlation::default(),
            mergeable,
        })
    }
}

/// Where a column of the result comes from.
#[derive(Debug, Clone, PartialEq)]
enum Output {
    Column(usize),
    Computed(Expr),
}

/// Whether two expressions are the same column, however each is qualified.
pub(crate) fn same_column(left: &Expr, right: &Expr, scope: &Scope<'_>) -> bool {
    if expr::same(left, right) {
        return true;
    }
    match (as_column(left), as_column(right)) {
        (Some(a), Some(b)) if a.name.eq_ignore_ascii_case(&b.name) => {
            match (scope.column(&a), scope.column(&b)) {
                (Ok(a), Ok(b)) => !a.ambiguous && a == b,
                _ => false,
            }
        }
        _ => false,
    }
}

pub(crate) fn closed(root: Primitive) -> PlannedBlock {
    PlannedBlock {
        root,
        names: None,
        correlation: Correlation::default(),
        mergeable: None,
    }
}

/// Gives every route of the operator the hints and locks of the statement.
fn decorate(op: &mut Op, block: &Block) {
    match op {
        Op::Route(route) => {
            route
                .select
                .optimizer_hints
                .clone_from(&block.select.optimizer_hints);
            route
                .select
                .select_modifiers
                .clone_from(&block.select.select_modifiers);
            route
                .select
                .named_window
                .clone_from(&block.select.named_window);
            route.locks.clone_from(&block.query.locks);
        }
        Op::Join(join) => {
            decorate(&mut join.left, block);
            decorate(&mut join.right, block);
        }
        Op::Filter(filter) => decorate(&mut filter.input, block),
        Op::SemiJoin(join) => decorate(&mut join.left, block),
        Op::Derived(_) => {}
    }
}

/// One shard takes the clauses as they were written.
fn push_whole(route: &mut RouteOp, block: &Block) {
    route.select.projection = block.items.iter().map(select_item).collect();
    route.select.distinct.clone_from(&block.select.distinct);
    route.select.group_by = block.select.group_by.clone();
    route.select.having.clone_from(&block.select.having);
    if let Some(order) = &block.query.order_by
        && let ast::OrderByKind::Expressions(keys) = &order.kind
    {
        route.order_by.clone_from(keys);
    }
    route.limit.clone_from(&block.query.limit_clause);
}

pub(crate) fn select_item(item: &Item) -> SelectItem {
    match item {
        Item::Expr { expr, alias: None } => SelectItem::UnnamedExpr(expr.clone()),
        Item::Expr {
            expr,
            alias: Some(alias),
        } => SelectItem::ExprWithAlias {
            expr: expr.clone(),
            alias: alias.clone(),
        },
        Item::Star(star) => star.clone(),
    }
}

pub(crate) fn order_by(key: &Expr, descending: bool) -> OrderByExpr {
    let sort = if descending {
        OrderBySort::Desc
    } else {
        OrderBySort::Asc
    };
    OrderByExpr {
        expr: key.clone(),
        options: OrderByOptions {
            sort: Some(sort),
            nulls_first: None,
        },
        with_fill: None,
    }
}

/// Lets every shard return no more rows than the whole result may have.
fn push_limit(route: &mut RouteOp, block: &Block) {
    let Some(count) = &block.limit else { return };
    let literal = |expr: &Expr| match expr::as_value(expr) {
        Some(ast::Value::Number(text, _)) => text.parse::<u64>().ok(),
        _ => None,
    };
    let upper = match (literal(count), block.offset.as_ref().map(literal)) {
        (Some(count), None) => expr::number(count),
        (Some(count), Some(Some(offset))) => expr::number(count.saturating_add(offset)),
        _ => expr::placeholder(UPPER_LIMIT),
    };
    route.limit = Some(LimitClause::LimitOffset {
        limit: Some(upper),
        offset: None,
        limit_by: Vec::new(),
    });
}

/// Puts LIMIT above.
pub(crate) fn limit(input: Primitive, block: &Block) -> Primitive {
    if block.limit.is_none() {
        return input;
    }
    Primitive::Limit(Box::new(Limit {
        input,
        count: block.limit.clone(),
        offset: block.offset.clone(),
    }))
}

fn project(
    input: Primitive,
    columns: &[Output],
    block: &Block,
    names: &[String],
    width: usize,
) -> Primitive {
    let expressions = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let shown = match block.items.get(at) {
                Some(Item::Expr { expr, .. }) => expr.clone(),
                _ => finish::column(at),
            };
            let alias = if at < width {
                names[at].clone()
            } else {
                finish::column_name(at)
            };
            match column {
                Output::Column(from) => Projected {
                    expr: finish::column(*from),
                    shown,
                    alias,
                },
                Output::Computed(expr) => Projected {
                    expr: expr.clone(),
                    shown,
                    alias,
                },
            }
        })
        .collect();
    Primitive::Projection(Box::new(Projection { input, expressions }))
}

/// Keeps the first columns.
pub(crate) fn truncate(input: Primitive, width: usize, names: &[String]) -> Primitive {
    let expressions = (0..width)
        .map(|at| Projected {
            expr: finish::column(at),
            shown: expr::column(None, &names[at]),
            alias: names[at].clone(),
        })
        .collect();
    Primitive::Projection(Box::new(Projection { input, expressions }))
}

/// Puts HAVING above: the predicate over columns, and as it is shown.
pub(crate) fn having(input: Primitive, predicate: Expr, shown: Expr) -> Primitive {
    Primitive::Filter(Box::new(Filter {
        input,
        predicate,
        shown,
        result_columns: None,
    }))
}

/// Whether every group lives on one shard: a key is a column with a unique vindex of that column alone.
fn groups_by_vindex(keys: &[Expr], route: &RouteOp, scope: &Scope<'_>) -> bool {
    keys.iter()
        .any(|key| is_unique_vindex_column(key, route, scope))
}

pub(crate) fn is_unique_vindex_column(key: &Expr, route: &RouteOp, scope: &Scope<'_>) -> bool {
    let Some((position, table, column)) = scope.base_column(key) else {
        return false;
    };
    route
        .candidates
        .iter()
        .any(|candidate| candidate.position == position)
        && table.column_vindexes.iter().any(|v| {
            !v.is_multi_column()
                && v.columns.len() == 1
                && v.columns[0].eq_ignore_ascii_case(&column)
                && v.vindex.is_unique()
                && !v.is_backfilling()
        })
}

fn has_window(expr: &Expr) -> bool {
    !expr::collect(
        expr,
        &mut |e| matches!(e, Expr::Function(f) if f.over.is_some()),
    )
    .is_empty()
}

impl Op {
    pub(crate) fn has_outer_join(&self) -> bool {
        match self {
            Self::Join(join) => {
                join.kind == JoinKind::Left
                    || join.left.has_outer_join()
                    || join.right.has_outer_join()
            }
            Self::Filter(filter) => filter.input.has_outer_join(),
            Self::SemiJoin(join) => join.left.has_outer_join(),
            Self::Route(_) | Self::Derived(_) => false,
        }
    }
}
