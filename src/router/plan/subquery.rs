//! Subqueries: part of the outer query where both go to the same place, else run first and bound; and UNION.
//!
//! Source: Vitess `go/vt/vtgate/planbuilder/operators` (`subquery.go`, `subquery_planning.go`, `union_merging.go`).

use std::sync::Arc;

use crate::router::Error;
use crate::sql::ast::{
    self, Distinct as AstDistinct, Expr, GroupByExpr, Query, SelectItem, SetExpr, SetOperator,
    SetQuantifier, TableFactor, UnaryOperator,
};

use super::expr::{self, as_column, placeholder};
use super::from::{MergeableRoute, PlannedBlock};
use super::horizon::closed;
use super::operator::{Op, RouteKind, RouteOp, SemiJoinOp};
use super::routing::{Opcode, Routing, shared_vindex};
use super::scope::Scope;
use super::select::{Block, Correlation, Item};
use super::{
    Distinct, Limit, Planner, Primitive, Pullout, Route, Sort, SortKey, UncorrelatedSubquery,
    rewrite,
};

/// A subquery that runs before its outer query.
pub(crate) struct Pulled {
    pullout: Pullout,
    subquery: Primitive,
}

impl Pulled {
    /// Puts the subquery before what uses it.
    pub(crate) fn around(self, outer: Primitive) -> Primitive {
        Primitive::UncorrelatedSubquery(Box::new(UncorrelatedSubquery {
            pullout: self.pullout,
            subquery: self.subquery,
            outer,
        }))
    }
}

/// How a subquery stands in its expression.
enum Place {
    Value,
    In { left: Expr },
    NotIn { left: Expr },
    Exists,
    NotExists,
}

impl Planner<'_> {
    /// Adds a predicate with subqueries to the operator.
    pub(crate) fn subquery_predicate(
        &mut self,
        op: &mut Op,
        predicate: Expr,
        scope: &Scope<'_>,
        pulled: &mut Vec<Pulled>,
    ) -> Result<(), Error> {
        for part in self.settle(op, predicate, scope, pulled)? {
            op.push_predicate(self, scope, part)?;
        }
        Ok(())
    }

    /// Replaces the subqueries of the select list, HAVING and ORDER BY.
    pub(crate) fn subqueries_of_block(
        &mut self,
        op: &mut Op,
        mut block: Block,
        scope: &Scope<'_>,
        pulled: &mut Vec<Pulled>,
    ) -> Result<Block, Error> {
        if block
            .group_by
            .iter()
            .any(|key| !expr::subqueries(key).is_empty())
        {
            return Err(Error::unsupported("subqueries in GROUP BY"));
        }
        for item in &mut block.items {
            if let Item::Expr { expr, alias } = item
                && !expr::subqueries(expr).is_empty()
            {
                let name = rewrite::result_name(expr);
                let settled = self.settle_value(op, expr.clone(), scope, pulled)?;
                if settled != *expr {
                    *expr = settled;
                    alias.get_or_insert_with(|| rewrite::alias(&name));
                }
            }
        }
        if let Some(having) = block.having.take() {
            block.having = Some(self.settle_value(op, having, scope, pulled)?);
            block.select.having.clone_from(&block.having);
        }
        for (key, _) in &mut block.order_by {
            if !expr::subqueries(key).is_empty() {
                *key = self.settle_value(op, key.clone(), scope, pulled)?;
            }
        }
        Ok(block)
    }

    fn settle_value(
        &mut self,
        op: &mut Op,
        expr: Expr,
        scope: &Scope<'_>,
        pulled: &mut Vec<Pulled>,
    ) -> Result<Expr, Error> {
        let parts = self.settle(op, expr, scope, pulled)?;
        expr::conjunction(parts).ok_or_else(|| Error::Bug("a subquery vanished".into()))
    }

    /// Returns the predicate, as conjuncts, with every subquery merged or pulled out.
    fn settle(
        &mut self,
        op: &mut Op,
        predicate: Expr,
        scope: &Scope<'_>,
        pulled: &mut Vec<Pulled>,
    ) -> Result<Vec<Expr>, Error> {
        let quantified = |e: &Expr| matches!(e, Expr::AnyOp { .. } | Expr::AllOp { .. });
        if !expr::collect(&predicate, &mut |e| quantified(e)).is_empty() {
            return Err(Error::unsupported("ANY/ALL/SOME comparison operator"));
        }
        let mut settled = predicate.clone();
        for subquery in expr::subqueries(&predicate) {
            let (query, place) = place_of(&subquery, &predicate);
            let exists = matches!(place, Place::Exists | Place::NotExists);
            let mut planned = self.query_block(&query, Some(scope))?;
            if self.merge_subquery(op, &planned, &place, scope) {
                continue;
            }
            let whole = stands_alone(&predicate, &subquery);
            if planned.correlation.correlated {
                if whole && matches!(place, Place::Exists) {
                    self.semi_join(op, &query, scope)?;
                    return Ok(Vec::new());
                }
                return Err(Error::unsupported(if exists {
                    "correlated subquery is only supported for EXISTS as a condition of its own"
                } else {
                    "correlated subquery is only supported for EXISTS"
                }));
            }
            if exists {
                planned = self.query_block(&existence(&query), Some(scope))?;
            }
            let (pullout, parts) = self.pull(place);
            pulled.push(Pulled {
                pullout,
                subquery: planned.root,
            });
            if whole {
                return Ok(parts);
            }
            let replacement =
                expr::conjunction(parts).ok_or_else(|| Error::Bug("nothing pulled".into()))?;
            let replacement = match replacement {
                Expr::BinaryOp { .. } => Expr::Nested(Box::new(replacement)),
                other => other,
            };
            expr::rewrite(&mut settled, &mut |e| {
                (e == &subquery).then(|| replacement.clone())
            });
        }
        rewrite::strip_expr(&mut settled);
        Ok(vec![settled])
    }

    /// Keeps the rows for which the subquery has a row, running it once per row.
    fn semi_join(&mut self, op: &mut Op, query: &Query, scope: &Scope<'_>) -> Result<(), Error> {
        let mut inner = existence(query);
        let own = table_names(&inner);
        let mut vars: Vec<(String, Expr)> = Vec::new();
        let _ = ast::visit_expressions_mut(&mut inner, |e| {
            if let Some(column) = as_column(e)
                && !matches!(e, Expr::Nested(_))
                && let Some(table) = &column.table
                && !own.iter().any(|name| name.eq_ignore_ascii_case(table))
                && scope
                    .column(&column)
                    .is_ok_and(|found| !found.outer && !found.ambiguous)
            {
                let known = vars.iter().find(|(_, bound)| expr::same(bound, e));
                let name = match known {
                    Some((name, _)) => name.clone(),
                    None => {
                        let name = self.reserve(&format!("{table}_{}", column.name));
                        vars.push((name.clone(), e.clone()));
                        name
                    }
                };
                *e = placeholder(&name);
            }
            std::ops::ControlFlow::<()>::Continue(())
        });
        let right = self.query_block(&inner, None)?.root;
        let left = op.take();
        *op = Op::SemiJoin(Box::new(SemiJoinOp { left, right, vars }));
        Ok(())
    }

    /// Names the bind variables of a pulled-out subquery and returns what stands in its place.
    fn pull(&mut self, place: Place) -> (Pullout, Vec<Expr>) {
        self.subqueries += 1;
        let result = format!("__sq{}", self.subqueries);
        let list = |left: Expr, negated: bool| Expr::InList {
            expr: Box::new(left),
            list: vec![placeholder(&format!(":__sq{}", self.subqueries))],
            negated,
        };
        match place {
            Place::Value => {
                let part = placeholder(&result);
                (Pullout::Value { result }, vec![part])
            }
            Place::In { left } => {
                let part = list(left, false);
                let has_values = self.reserve("__sq_has_values");
                let parts = vec![placeholder(&has_values), part];
                (Pullout::In { has_values, result }, parts)
            }
            Place::NotIn { left } => {
                let part = list(left, true);
                let has_values = self.reserve("__sq_has_values");
                let parts = vec![expr::binary(
                    not(placeholder(&has_values)),
                    ast::BinaryOperator::Or,
                    part,
                )];
                (Pullout::NotIn { has_values, result }, parts)
            }
            Place::Exists => {
                let has_values = self.reserve("__sq_has_values");
                let parts = vec![placeholder(&has_values)];
                (Pullout::Exists { has_values }, parts)
            }
            Place::NotExists => {
                let has_values = self.reserve("__sq_has_values");
                let parts = vec![not(placeholder(&has_values))];
                (Pullout::NotExists { has_values }, parts)
            }
        }
    }

    /// Whether the subquery can stay where it is, because its rows and the outer rows that need them share a shard.
    fn merge_subquery(
        &mut self,
        op: &mut Op,
        planned: &PlannedBlock,
        place: &Place,
        scope: &Scope<'_>,
    ) -> bool {
        let (Op::Route(route), Some(inner)) = (op, &planned.mergeable) else {
            return false;
        };
        let same_keyspace = route.keyspace.name == inner.keyspace.name;
        match (route.kind, inner.kind) {
            (RouteKind::Targeted, _) | (_, RouteKind::Targeted) => false,
            (_, RouteKind::Dual) => true,
            (
                RouteKind::Unsharded | RouteKind::Reference,
                RouteKind::Unsharded | RouteKind::Reference,
            )
            | (RouteKind::Sharded, RouteKind::Reference) => same_keyspace,
            (RouteKind::Dual, _) => adopt(route, inner),
            (RouteKind::Sharded, RouteKind::Sharded) if same_keyspace => {
                if route.routing(scope).same_shard(&inner.routing) {
                    return true;
                }
                if planned
                    .correlation
                    .on_vindex
                    .iter()
                    .any(|&at| route.tables.contains(at))
                {
                    return true;
                }
                let Place::In { left } = place else {
                    return false;
                };
                let (Some((at, table, column)), Some((inner_table, inner_column))) =
                    (scope.base_column(left), &planned.correlation.first_column)
                else {
                    return false;
                };
                let shared = route.tables.contains(at)
                    && shared_vindex(
                        (table, &column),
                        (inner_table.as_ref(), inner_column.as_str()),
                    );
                if shared && inner.routing.opcode == Opcode::EqualUnique {
                    route.extra.push(inner.routing.clone());
                }
                shared
            }
            _ => false,
        }
    }

    /// Plans a UNION.
    pub(crate) fn union(
        &mut self,
        op: SetOperator,
        quantifier: SetQuantifier,
        left: &SetExpr,
        right: &SetExpr,
        query: &Query,
        parent: Option<&Scope<'_>>,
    ) -> Result<PlannedBlock, Error> {
        if op != SetOperator::Union {
            return Err(Error::unsupported(
                format!("{op} over sharded keyspaces").to_lowercase(),
            ));
        }
        if matches!(right, SetExpr::SetOperation { .. }) {
            return Err(Error::unsupported(
                "nesting of UNIONs on the right-hand side",
            ));
        }
        let distinct = quantifier != SetQuantifier::All;
        let first = self.query_block(&side(left), parent)?;
        let second = self.query_block(&side(right), parent)?;
        if let (Some(first), Some(second)) = (&first.names, &second.names)
            && first.len() != second.len()
        {
            return Err(Error::UnionColumns(first.len(), second.len()));
        }
        if first.correlation.correlated || second.correlation.correlated {
            return Err(Error::unsupported(
                "correlated UNION over sharded keyspaces",
            ));
        }
        let names = first.names.clone();
        if let (Some(a), Some(b)) = (&first.mergeable, &second.mergeable)
            && let Some((keyspace, kind, routing)) = common_place(a, b)
        {
            let single = routing.is_single_shard();
            let bare = query.order_by.is_none() && query.limit_clause.is_none();
            if single || bare {
                let mut whole = query.clone();
                rewrite::strip_query(&mut whole);
                let route = Route {
                    keyspace: Arc::clone(&keyspace),
                    routing: routing.clone(),
                    query: whole.clone(),
                    order_by: Vec::new(),
                    result_columns: None,
                };
                let root = super::operator::finish_route(self, route)?;
                if single || !distinct {
                    let mergeable = Some(MergeableRoute {
                        keyspace,
                        kind,
                        target: None,
                        routing,
                        query: whole,
                    });
                    return Ok(PlannedBlock {
                        root,
                        names,
                        correlation: Correlation::default(),
                        mergeable,
                    });
                }
                let columns = names
                    .as_ref()
                    .map(Vec::len)
                    .ok_or(Error::SchemaTrackingRequired)?;
                let root = Primitive::Distinct(Box::new(Distinct {
                    input: root,
                    columns,
                }));
                return Ok(PlannedBlock {
                    names,
                    ..closed(root)
                });
            }
        }
        let names = names.ok_or(Error::SchemaTrackingRequired)?;
        let mut root = Primitive::Concatenate(vec![first.root, second.root]);
        if distinct {
            root = Primitive::Distinct(Box::new(Distinct {
                input: root,
                columns: names.len(),
            }));
        }
        if let Some(order) = &query.order_by {
            let keys = union_keys(order, &names)?;
            root = Primitive::Sort(Box::new(Sort {
                input: root,
                keys,
                result_columns: None,
            }));
        }
        let (count, offset) = match &query.limit_clause {
            None => {
                return Ok(PlannedBlock {
                    names: Some(names),
                    ..closed(root)
                });
            }
            Some(ast::LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) if limit_by.is_empty() => (limit.clone(), offset.as_ref().map(|o| o.value.clone())),
            Some(ast::LimitClause::OffsetCommaLimit { offset, limit }) => {
                (Some(limit.clone()), Some(offset.clone()))
            }
            Some(_) => return Err(Error::unsupported("LIMIT BY")),
        };
        let root = Primitive::Limit(Box::new(Limit {
            input: root,
            count,
            offset,
        }));
        Ok(PlannedBlock {
            names: Some(names),
            ..closed(root)
        })
    }
}

/// Whether a subquery is the whole predicate, perhaps under NOT.
fn stands_alone(predicate: &Expr, subquery: &Expr) -> bool {
    match expr::unnested(predicate) {
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => expr::unnested(expr) == subquery,
        other => other == subquery,
    }
}

/// Names under which a query, and the queries within it, know their tables.
fn table_names(query: &Query) -> Vec<String> {
    struct Names(Vec<String>);
    impl ast::Visitor for Names {
        type Break = ();
        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> std::ops::ControlFlow<()> {
            let (name, alias) = match factor {
                TableFactor::Table { name, alias, .. } => (expr::table_name(name), alias),
                TableFactor::Derived { alias, .. } => (None, alias),
                _ => return std::ops::ControlFlow::Continue(()),
            };
            let known = alias.as_ref().map(|alias| alias.name.value.clone());
            self.0.extend(known.or_else(|| name.map(|name| name.name)));
            std::ops::ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    let _ = ast::Visit::visit(query, &mut names);
    names.0
}

/// A route over nothing goes where its subquery goes.
fn adopt(route: &mut RouteOp, inner: &MergeableRoute) -> bool {
    if !inner.routing.is_single_shard() {
        return false;
    }
    route.keyspace = Arc::clone(&inner.keyspace);
    route.kind = inner.kind;
    route.extra.push(inner.routing.clone());
    true
}

fn common_place(
    a: &MergeableRoute,
    b: &MergeableRoute,
) -> Option<(Arc<crate::catalog::Keyspace>, RouteKind, Routing)> {
    let take = |route: &MergeableRoute| {
        Some((
            Arc::clone(&route.keyspace),
            route.kind,
            route.routing.clone(),
        ))
    };
    if a.target.is_some() || b.target.is_some() {
        return None;
    }
    match (a.kind, b.kind) {
        (_, RouteKind::Dual) if a.routing.is_single_shard() => take(a),
        (RouteKind::Dual, _) if b.routing.is_single_shard() => take(b),
        _ if a.keyspace.name != b.keyspace.name => None,
        (
            RouteKind::Unsharded | RouteKind::Reference,
            RouteKind::Unsharded | RouteKind::Reference,
        ) => take(a),
        (RouteKind::Sharded, RouteKind::Sharded) => {
            if a.routing.same_shard(&b.routing) || a.routing.opcode == Opcode::Scatter {
                take(a)
            } else if b.routing.opcode == Opcode::Scatter {
                take(b)
            } else {
                None
            }
        }
        _ => None,
    }
}

fn union_keys(order: &ast::OrderBy, names: &[String]) -> Result<Vec<SortKey>, Error> {
    let ast::OrderByKind::Expressions(keys) = &order.kind else {
        return Err(Error::unsupported("ORDER BY ALL"));
    };
    keys.iter()
        .map(|key| {
            let by_position = match expr::as_value(&key.expr) {
                Some(ast::Value::Number(text, _)) => {
                    text.parse::<usize>().ok().and_then(|p| p.checked_sub(1))
                }
                _ => None,
            };
            let by_name = || {
                let column = as_column(&key.expr)?;
                names
                    .iter()
                    .position(|name| name.eq_ignore_ascii_case(&column.name))
            };
            let column = by_position.filter(|at| *at < names.len()).or_else(by_name);
            let column = column.ok_or_else(|| Error::UnknownPosition {
                column: key.expr.to_string(),
                clause: "order clause",
            })?;
            Ok(SortKey {
                column,
                descending: matches!(key.options.sort, Some(ast::OrderBySort::Desc)),
            })
        })
        .collect()
}

/// A side of a UNION as a query of its own.
fn side(body: &SetExpr) -> Query {
    match body {
        SetExpr::Query(query) => query.as_ref().clone(),
        other => {
            let mut query =
                rewrite::query_of(rewrite::blank_select(), Vec::new(), None, Vec::new());
            query.body = Box::new(other.clone());
            query
        }
    }
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp {
        op: UnaryOperator::Not,
        expr: Box::new(expr),
    }
}

/// Returns the query of a subquery expression and how it is used.
fn place_of(subquery: &Expr, predicate: &Expr) -> (Query, Place) {
    match subquery {
        Expr::InSubquery {
            expr,
            subquery,
            negated,
        } => {
            let left = expr.as_ref().clone();
            let place = if *negated {
                Place::NotIn { left }
            } else {
                Place::In { left }
            };
            (subquery.as_ref().clone(), place)
        }
        Expr::Exists {
            subquery: query,
            negated,
        } => {
            let under_not = matches!(expr::unnested(predicate), Expr::UnaryOp { op: UnaryOperator::Not, expr }
                if expr::unnested(expr) == subquery);
            (
                query.as_ref().clone(),
                if *negated || under_not {
                    Place::NotExists
                } else {
                    Place::Exists
                },
            )
        }
        Expr::Subquery(query) => (query.as_ref().clone(), Place::Value),
        // `expr::subqueries` returns the three forms above alone; anything else would be a value of itself.
        other => {
            let mut select = rewrite::blank_select();
            select.projection = vec![SelectItem::UnnamedExpr(other.clone())];
            (
                rewrite::query_of(select, Vec::new(), None, Vec::new()),
                Place::Value,
            )
        }
    }
}

/// `EXISTS (query)` needs one row of nothing.
fn existence(query: &Query) -> Query {
    let mut query = query.clone();
    let SetExpr::Select(select) = query.body.as_mut() else {
        return query;
    };
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let aggregates = select.projection.iter().any(|item| match item {
        SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } => {
            expr::contains_aggregate(e)
        }
        _ => false,
    });
    if grouped || aggregates || select.having.is_some() {
        return query;
    }
    select.projection = vec![SelectItem::UnnamedExpr(expr::number(1))];
    if matches!(select.distinct, Some(AstDistinct::Distinct)) {
        select.distinct = None;
    }
    query.order_by = None;
    if query.limit_clause.is_none() && query.with.is_none() {
        query.limit_clause = Some(ast::LimitClause::LimitOffset {
            limit: Some(expr::number(1)),
            offset: None,
            limit_by: Vec::new(),
        });
    }
    query
}
