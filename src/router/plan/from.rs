//! FROM and WHERE: tables become routes, routes that go to the same place become one, the rest is joined above them.
//!
//! Join order is greedy: of all pairs with a join predicate the cheapest is joined first, cross joins come last. Source:
//! Vitess `go/vt/vtgate/planbuilder/operators` (`query_planning.go`, `join_merging.go`).

use std::sync::Arc;

use crate::router::Error;
use crate::sql::ast::{
    self, BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, TableFactor, TableWithJoins,
};

use super::expr::{self, as_column, conjuncts, unnested};
use super::operator::{DerivedOp, Op, RouteKind, RouteOp};
use super::routing::{Candidate, Hints};
use super::scope::{Scope, ScopeTable, Source, TableSet};
use super::table::{Found, TableKind};
use super::{JoinKind, Planner, Primitive, rewrite};

/// A FROM clause by its joins.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Leaf(Box<Op>),
    Join {
        kind: JoinKind,
        left: Box<Node>,
        right: Box<Node>,
        on: Vec<Expr>,
    },
}

impl Node {
    fn tables(&self) -> TableSet {
        match self {
            Self::Leaf(op) => op.tables(),
            Self::Join { left, right, .. } => left.tables().union(right.tables()),
        }
    }

    /// Moves ON predicates with subqueries to where those of WHERE are planned; under an outer join they are refused.
    pub(crate) fn take_subqueries(&mut self, taken: &mut Vec<Expr>) -> Result<(), Error> {
        let Self::Join {
            kind,
            left,
            right,
            on,
        } = self
        else {
            return Ok(());
        };
        left.take_subqueries(taken)?;
        let before = taken.len();
        right.take_subqueries(taken)?;
        let (nested, plain): (Vec<Expr>, Vec<Expr>) = std::mem::take(on)
            .into_iter()
            .partition(|predicate| !expr::subqueries(predicate).is_empty());
        *on = plain;
        taken.extend(nested);
        if *kind == JoinKind::Left && taken.len() > before {
            return Err(Error::unsupported("subquery in outer join predicate"));
        }
        Ok(())
    }

    /// An outer join whose missing rows a predicate would refuse anyway is an inner join.
    fn simplify(&mut self, rejecting: TableSet) {
        if let Self::Join {
            kind, left, right, ..
        } = self
        {
            if *kind == JoinKind::Left && right.tables().overlaps(rejecting) {
                *kind = JoinKind::Inner;
            }
            left.simplify(rejecting);
            right.simplify(rejecting);
        }
    }
}

impl Planner<'_> {
    /// Reads a FROM clause: fills the scope and returns the joins.
    pub(crate) fn from(
        &mut self,
        from: &[TableWithJoins],
        scope: &mut Scope<'_>,
    ) -> Result<Node, Error> {
        let mut nodes = Vec::new();
        for element in from {
            nodes.push(self.element(element, scope)?);
        }
        if nodes.is_empty() {
            return Ok(Node::Leaf(Box::new(self.dual()?)));
        }
        let join = |left, right| Node::Join {
            kind: JoinKind::Inner,
            left: Box::new(left),
            right: Box::new(right),
            on: Vec::new(),
        };
        nodes
            .into_iter()
            .reduce(join)
            .ok_or_else(|| Error::Bug("no table".into()))
    }

    fn element(&mut self, element: &TableWithJoins, scope: &mut Scope<'_>) -> Result<Node, Error> {
        let mut node = self.factor(&element.relation, scope)?;
        for join in &element.joins {
            node = self.join(node, join, scope)?;
        }
        Ok(node)
    }

    fn join(&mut self, left: Node, join: &Join, scope: &mut Scope<'_>) -> Result<Node, Error> {
        let right = self.factor(&join.relation, scope)?;
        let (kind, constraint, swapped) = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) | JoinOperator::CrossJoin(c) => {
                (JoinKind::Inner, c, false)
            }
            JoinOperator::StraightJoin(c) => (JoinKind::Inner, c, false),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (JoinKind::Left, c, false),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (JoinKind::Left, c, true),
            other => {
                return Err(Error::unsupported(
                    format!("join type {other:?}").to_lowercase(),
                ));
            }
        };
        let on = match constraint {
            JoinConstraint::On(predicate) => conjuncts(predicate),
            JoinConstraint::None => Vec::new(),
            JoinConstraint::Using(columns) => using(columns, &left, &right, scope)?,
            JoinConstraint::Natural => {
                let side = match (kind, swapped) {
                    (JoinKind::Inner, _) => "natural join",
                    (JoinKind::Left, false) => "natural left join",
                    (JoinKind::Left, true) => "natural right join",
                };
                return Err(Error::unsupported(side));
            }
        };
        let (left, right) = if swapped {
            (right, left)
        } else {
            (left, right)
        };
        Ok(Node::Join {
            kind,
            left: Box::new(left),
            right: Box::new(right),
            on,
        })
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Result<Node, Error> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                index_hints,
                partitions,
                args: None,
                ..
            } => {
                if let [ast::ObjectNamePart::Identifier(schema), _] = name.0.as_slice()
                    && rewrite::SYSTEM_SCHEMAS
                        .iter()
                        .any(|s| schema.value.eq_ignore_ascii_case(s))
                {
                    return Err(Error::unsupported(format!("tables of `{}`", schema.value)));
                }
                let found = self.find(name)?;
                let written = expr::table_name(name).map(|n| n.name).unwrap_or_default();
                let known_as = alias
                    .as_ref()
                    .map_or(written, |alias| alias.name.value.clone());
                let keyspace = alias.is_none().then(|| found.table.keyspace.name.clone());
                let position = scope.add(ScopeTable {
                    name: known_as.clone(),
                    keyspace,
                    source: Source::Base(Arc::clone(&found.table)),
                })?;
                let sent_alias =
                    (known_as != found.table.name || alias.is_some()).then_some(known_as.as_str());
                let mut sent = rewrite::table_factor(&found.table.name, sent_alias);
                if let TableFactor::Table {
                    index_hints: kept,
                    partitions: kept_partitions,
                    ..
                } = &mut sent
                {
                    *kept = index_hints
                        .iter()
                        .filter(|h| crate::sql::name::vindex_hint(h).is_none())
                        .cloned()
                        .collect();
                    kept_partitions.clone_from(partitions);
                }
                let hints = Hints::read(index_hints, &found.table)?;
                let route = table_route(&found, position, hints, sent);
                Ok(Node::Leaf(Box::new(Op::Route(Box::new(route)))))
            }
            TableFactor::Derived { lateral: true, .. } => {
                Err(Error::unsupported("lateral derived tables"))
            }
            TableFactor::Derived {
                subquery, alias, ..
            } => self.derived(subquery, alias.as_ref(), scope),
            TableFactor::NestedJoin {
                table_with_joins, ..
            } => self.element(table_with_joins, scope),
            TableFactor::JsonTable { .. } => Err(Error::unsupported("json_table expressions")),
            other => Err(Error::unsupported(format!("table expression {other}"))),
        }
    }

    fn dual(&mut self) -> Result<Op, Error> {
        let found = self.find(&expr::object_name("dual"))?;
        let mut route = blank_route(&found);
        route.kind = RouteKind::Dual;
        Ok(Op::Route(Box::new(route)))
    }

    /// A derived table over one place is part of that place's query; any other runs by itself.
    fn derived(
        &mut self,
        query: &ast::Query,
        alias: Option<&ast::TableAlias>,
        scope: &mut Scope<'_>,
    ) -> Result<Node, Error> {
        let Some(alias) = alias else {
            return Err(Error::unsupported("a derived table without alias"));
        };
        let planned = self.query_block(query, None)?;
        let mut names = planned.names.clone();
        if !alias.columns.is_empty() {
            names = Some(alias.columns.iter().map(|c| c.name.value.clone()).collect());
        }
        let names = names.ok_or(Error::SchemaTrackingRequired)?;
        let position = scope.add(ScopeTable {
            name: alias.name.value.clone(),
            keyspace: None,
            source: Source::Derived(names.clone()),
        })?;
        if let Some(mut route) = planned.mergeable {
            let factor = TableFactor::Derived {
                lateral: false,
                subquery: Box::new(route.query.clone()),
                alias: Some(ast::TableAlias {
                    explicit: true,
                    ..alias.clone()
                }),
                sample: None,
            };
            let mut outer = RouteOp {
                tables: TableSet::one(position),
                candidates: Vec::new(),
                predicates: Vec::new(),
                select: rewrite::blank_select(),
                order_by: Vec::new(),
                limit: None,
                locks: Vec::new(),
                merge: Vec::new(),
                result_columns: None,
                whole: None,
                keyspace: Arc::clone(&route.keyspace),
                kind: route.kind,
                target: route.target.take(),
                extra: vec![route.routing.clone()],
            };
            outer.select.from = vec![rewrite::from_table(factor)];
            return Ok(Node::Leaf(Box::new(Op::Route(Box::new(outer)))));
        }
        let derived = DerivedOp {
            position,
            input: planned.root,
            names,
            predicates: Vec::new(),
            computed: Vec::new(),
        };
        Ok(Node::Leaf(Box::new(Op::Derived(Box::new(derived)))))
    }

    /// Joins everything and pushes the predicates of WHERE.
    pub(crate) fn solve_from(
        &mut self,
        mut node: Node,
        filters: Vec<Expr>,
        scope: &Scope<'_>,
    ) -> Result<Op, Error> {
        let mut rejecting = TableSet::default();
        for predicate in &filters {
            rejecting = rejecting.union(null_rejecting(predicate, scope));
        }
        node.simplify(rejecting);
        self.solve(node, filters, scope)
    }

    fn solve(&mut self, node: Node, filters: Vec<Expr>, scope: &Scope<'_>) -> Result<Op, Error> {
        let mut items = Vec::new();
        let mut predicates = Vec::new();
        self.flatten(node, &mut items, &mut predicates, scope)?;
        let mut waiting = Vec::new();
        let joined = predicates;
        for predicate in filters.into_iter().chain(joined) {
            let needs = scope.dependencies(&predicate)?.tables;
            match items.iter_mut().find(|op| needs.is_within(op.tables())) {
                Some(op) => op.push_predicate(self, scope, predicate)?,
                None => waiting.push((needs, predicate)),
            }
        }
        self.greedy(items, waiting, scope)
    }

    fn flatten(
        &mut self,
        node: Node,
        items: &mut Vec<Op>,
        predicates: &mut Vec<Expr>,
        scope: &Scope<'_>,
    ) -> Result<(), Error> {
        match node {
            Node::Leaf(op) => items.push(*op),
            Node::Join {
                kind: JoinKind::Inner,
                left,
                right,
                on,
            } => {
                self.flatten(*left, items, predicates, scope)?;
                self.flatten(*right, items, predicates, scope)?;
                predicates.extend(on);
            }
            Node::Join {
                kind: JoinKind::Left,
                left,
                right,
                on,
            } => {
                let left = self.solve(*left, Vec::new(), scope)?;
                let right = self.solve(*right, Vec::new(), scope)?;
                items.push(self.join_or_merge(left, right, on, JoinKind::Left, scope)?);
            }
        }
        Ok(())
    }

    fn greedy(
        &mut self,
        mut items: Vec<Op>,
        mut waiting: Vec<(TableSet, Expr)>,
        scope: &Scope<'_>,
    ) -> Result<Op, Error> {
        let mut crossing = false;
        while items.len() > 1 {
            let mut best: Option<(u32, usize, usize, Op)> = None;
            for left in 0..items.len() {
                for right in 0..items.len() {
                    if left == right {
                        continue;
                    }
                    let both = items[left].tables().union(items[right].tables());
                    let usable: Vec<Expr> = waiting
                        .iter()
                        .filter(|(needs, _)| needs.is_within(both))
                        .map(|(_, p)| p.clone())
                        .collect();
                    if usable.is_empty()
                        && !crossing
                        && !is_dual(&items[left])
                        && !is_dual(&items[right])
                    {
                        continue;
                    }
                    let taken = self.binds.clone();
                    let joined = self.join_or_merge(
                        items[left].clone(),
                        items[right].clone(),
                        usable,
                        JoinKind::Inner,
                        scope,
                    )?;
                    let cost = joined.cost(scope);
                    if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                        best = Some((cost, left, right, joined));
                    } else {
                        self.binds = taken;
                    }
                }
            }
            match best {
                Some((_, left, right, joined)) => {
                    let both = joined.tables();
                    waiting.retain(|(needs, _)| !needs.is_within(both));
                    let mut at = 0;
                    items.retain(|_| {
                        at += 1;
                        at - 1 != left && at - 1 != right
                    });
                    items.push(joined);
                }
                None => crossing = true,
            }
        }
        let mut op = items
            .pop()
            .ok_or_else(|| Error::Bug("nothing to join".into()))?;
        for (_, predicate) in waiting {
            op.push_predicate(self, scope, predicate)?;
        }
        Ok(op)
    }
}

fn is_dual(op: &Op) -> bool {
    matches!(op, Op::Route(route) if route.kind == RouteKind::Dual)
}

/// Tables whose missing rows a predicate refuses: comparisons are never true of NULL.
fn null_rejecting(predicate: &Expr, scope: &Scope<'_>) -> TableSet {
    let of = |expr: &Expr| match as_column(expr) {
        Some(column) => scope
            .column(&column)
            .map(|found| found.tables)
            .unwrap_or_default(),
        None => TableSet::default(),
    };
    match unnested(predicate) {
        Expr::BinaryOp {
            left,
            op:
                BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Lt
                | BinaryOperator::LtEq
                | BinaryOperator::Gt
                | BinaryOperator::GtEq,
            right,
        } => of(left).union(of(right)),
        Expr::InList {
            expr,
            negated: false,
            ..
        } => of(expr),
        Expr::Like {
            expr,
            negated: false,
            ..
        } => of(expr),
        Expr::Between {
            expr,
            negated: false,
            ..
        } => of(expr),
        Expr::IsNotNull(inner) => of(inner),
        _ => TableSet::default(),
    }
}

/// `USING (a, b)` as equalities.
fn using(
    columns: &[ast::ObjectName],
    left: &Node,
    right: &Node,
    scope: &Scope<'_>,
) -> Result<Vec<Expr>, Error> {
    let mut on = Vec::new();
    for column in columns {
        let name = expr::table_name(column).map(|n| n.name).unwrap_or_default();
        let side = |node: &Node| -> Result<Expr, Error> {
            let tables = node.tables();
            let mut having = (0..scope.tables.len()).filter(|&at| {
                tables.contains(at)
                    && scope.tables[at]
                        .visible_columns()
                        .is_none_or(|c| c.iter().any(|c| c.eq_ignore_ascii_case(&name)))
            });
            match (having.next(), having.next()) {
                (Some(at), None) if scope.tables[at].visible_columns().is_some() => {
                    Ok(expr::column(Some(&scope.tables[at].name), &name))
                }
                (Some(_), None) => Err(Error::SchemaTrackingRequired),
                (Some(_), Some(_)) => Err(Error::AmbiguousColumn(name.clone())),
                _ => Err(Error::UnknownColumn(name.clone())),
            }
        };
        on.push(expr::binary(side(left)?, BinaryOperator::Eq, side(right)?));
    }
    Ok(on)
}

fn blank_route(found: &Found) -> RouteOp {
    RouteOp {
        keyspace: Arc::clone(&found.table.keyspace),
        kind: route_kind(found),
        target: found.target.as_ref().and_then(|t| t.destination.clone()),
        tables: TableSet::default(),
        candidates: Vec::new(),
        extra: Vec::new(),
        predicates: Vec::new(),
        select: rewrite::blank_select(),
        order_by: Vec::new(),
        limit: None,
        locks: Vec::new(),
        merge: Vec::new(),
        result_columns: None,
        whole: None,
    }
}

pub(crate) fn route_kind(found: &Found) -> RouteKind {
    match (&found.target, &found.table.kind) {
        (Some(_), _) => RouteKind::Targeted,
        (None, TableKind::Dual) => RouteKind::Dual,
        (None, TableKind::Reference { .. }) if found.table.is_sharded() => RouteKind::Reference,
        (None, _) if found.table.is_sharded() => RouteKind::Sharded,
        _ => RouteKind::Unsharded,
    }
}

fn table_route(found: &Found, position: usize, hints: Hints, factor: TableFactor) -> RouteOp {
    let mut route = blank_route(found);
    route.tables = TableSet::one(position);
    route.candidates = vec![Candidate {
        position,
        table: Arc::clone(&found.table),
        hints,
    }];
    if route.kind != RouteKind::Dual {
        route.select.from = vec![rewrite::from_table(factor)];
    }
    route
}

/// What planning one query block gives.
pub(crate) struct PlannedBlock {
    pub(crate) root: Primitive,
    /// Names of the result's columns, where they are known.
    pub(crate) names: Option<Vec<String>>,
    /// What it takes from the scope around it.
    pub(crate) correlation: super::select::Correlation,
    /// The block as one query to one place, where it is that and may be put into another query.
    pub(crate) mergeable: Option<MergeableRoute>,
}

/// One query that may become part of another.
pub(crate) struct MergeableRoute {
    pub(crate) keyspace: Arc<crate::catalog::Keyspace>,
    pub(crate) kind: RouteKind,
    pub(crate) target: Option<crate::router::TargetDestination>,
    pub(crate) routing: super::routing::Routing,
    pub(crate) query: ast::Query,
}
