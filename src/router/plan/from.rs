//! FROM and WHERE: tables become routes, routes that go to the same place become one, the rest is joined above them.
//!
//! Join order is greedy: of all pairs with a join predicate the cheapest is joined first, cross joins come last. Source:
//! Vitess `go/vt/vtgate/planbuilder/operators` (`query_planning.go`, `join_merging.go`).

use std::sync::Arc;

use crate::router::Error;
use crate::sql::ast::{
    self, BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, TableFactor, TableWithJoins,
};

use super::expr::{self, as_column, conjunction, conjuncts, unnested};
use super::operator::{DerivedOp, JoinOp, Op, RouteKind, RouteOp};
use super::routing::{Candidate, Hints, Opcode, shared_vindex};
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

    fn join_or_merge(
        &mut self,
        left: Op,
        right: Op,
        on: Vec<Expr>,
        kind: JoinKind,
        scope: &Scope<'_>,
    ) -> Result<Op, Error> {
        if on
            .iter()
            .any(|predicate| !expr::subqueries(predicate).is_empty())
            && kind == JoinKind::Left
        {
            return Err(Error::unsupported("subquery in outer join predicate"));
        }
        if let (Op::Route(a), Op::Route(b)) = (&left, &right)
            && let Some(merged) = self.merge(a, b, &on, kind, scope)
        {
            return Ok(Op::Route(Box::new(merged)));
        }
        // A side that must run by itself cannot take the other's columns as bind variables cheaply: it leads.
        let swap = kind == JoinKind::Inner
            && matches!(right, Op::Derived(_))
            && !matches!(left, Op::Derived(_));
        let (left, right) = if swap { (right, left) } else { (left, right) };
        let mut join = JoinOp::new(kind, left, right);
        let mut above = Vec::new();
        for predicate in on {
            let needs = scope.dependencies(&predicate)?;
            if kind == JoinKind::Inner
                && needs.tables.is_within(join.left.tables())
                && !needs.tables.is_empty()
            {
                join.left.push_predicate(self, scope, predicate)?;
            } else if kind == JoinKind::Inner && matches!(join.right, Op::Filter(_)) {
                above.push(predicate);
            } else {
                join.push_join_predicate(self, scope, predicate)?;
            }
        }
        let mut op = Op::Join(Box::new(join));
        for predicate in above {
            op.push_predicate(self, scope, predicate)?;
        }
        Ok(op)
    }

    /// Returns one route for two, where vtgate's rules allow it.
    fn merge(
        &mut self,
        left: &RouteOp,
        right: &RouteOp,
        on: &[Expr],
        kind: JoinKind,
        scope: &Scope<'_>,
    ) -> Option<RouteOp> {
        if left.whole.is_some() || right.whole.is_some() {
            return None;
        }
        let same_keyspace = left.keyspace.name == right.keyspace.name;
        let keeper = match (left.kind, right.kind) {
            (RouteKind::Targeted, _) | (_, RouteKind::Targeted) => return None,
            (_, RouteKind::Dual) => left,
            (RouteKind::Dual, _) => (kind == JoinKind::Inner
                || right.routing(scope).is_single_shard())
            .then_some(right)?,
            (RouteKind::Unsharded, RouteKind::Unsharded) if same_keyspace => left,
            (RouteKind::Reference, RouteKind::Reference) if same_keyspace => left,
            (RouteKind::Sharded, RouteKind::Reference) if same_keyspace => left,
            (RouteKind::Reference, RouteKind::Sharded) if same_keyspace => {
                (kind == JoinKind::Inner || right.routing(scope).is_single_shard())
                    .then_some(right)?
            }
            (RouteKind::Sharded, RouteKind::Sharded) if same_keyspace => {
                can_merge_sharded(left, right, on, scope).then_some(left)?
            }
            _ => return self.merge_alternate(left, right, on, kind, scope),
        };
        Some(combine(left, right, keeper, on, kind, scope))
    }

    /// A reference table is taken from its copy in the other side's keyspace.
    fn merge_alternate(
        &mut self,
        left: &RouteOp,
        right: &RouteOp,
        on: &[Expr],
        kind: JoinKind,
        scope: &Scope<'_>,
    ) -> Option<RouteOp> {
        if let Some(other) = self.alternate(left, &right.keyspace) {
            return self.merge(&other, right, on, kind, scope);
        }
        let other = self.alternate(right, &left.keyspace)?;
        self.merge(left, &other, on, kind, scope)
    }

    /// Returns the route over the copy of its only table in another keyspace.
    fn alternate(
        &mut self,
        route: &RouteOp,
        keyspace: &Arc<crate::catalog::Keyspace>,
    ) -> Option<RouteOp> {
        let [candidate] = route.candidates.as_slice() else {
            return None;
        };
        let wanted = |source: &str| -> bool {
            source == candidate.table.qualified_name()
                || matches!(&candidate.table.kind, TableKind::Reference { source: Some(of) }
                    if of.keyspace.as_deref() == Some(keyspace.name.as_str()))
        };
        let copy = keyspace.vschema.tables.iter().find_map(|(name, entry)| {
            let is_copy = entry.table_type == "reference" && wanted(&entry.source);
            let is_source = matches!(&candidate.table.kind, TableKind::Reference { source: Some(of) }
                if of.name == *name && of.keyspace.as_deref() == Some(keyspace.name.as_str()));
            (is_copy || is_source).then(|| name.clone())
        })?;
        let table = super::table::look_up(self.schema, &keyspace.name, &copy).ok()?;
        let found = Found {
            table: Arc::new(table),
            target: None,
        };
        let mut other = route.clone();
        other.keyspace = Arc::clone(keyspace);
        other.kind = route_kind(&found);
        other.candidates = vec![Candidate {
            table: Arc::clone(&found.table),
            ..candidate.clone()
        }];
        if candidate.table.name != found.table.name {
            return None;
        }
        self.tables_used.remove(&candidate.table.qualified_name());
        self.tables_used.insert(found.table.qualified_name());
        Some(other)
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
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => of(left).union(of(right)),
            _ => TableSet::default(),
        },
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

fn route_kind(found: &Found) -> RouteKind {
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

fn can_merge_sharded(left: &RouteOp, right: &RouteOp, on: &[Expr], scope: &Scope<'_>) -> bool {
    let (a, b) = (left.routing(scope), right.routing(scope));
    if a.opcode == Opcode::None || b.opcode == Opcode::None {
        return true;
    }
    if a.same_shard(&b) {
        return true;
    }
    if !matches!(a.opcode, Opcode::EqualUnique | Opcode::Scatter | Opcode::In) {
        return false;
    }
    on.iter()
        .any(|predicate| joins_on_vindex(predicate, left, right, scope))
}

/// Whether a predicate equates columns of both sides that share a unique vindex.
fn joins_on_vindex(predicate: &Expr, left: &RouteOp, right: &RouteOp, scope: &Scope<'_>) -> bool {
    let Expr::BinaryOp {
        left: x,
        op: BinaryOperator::Eq,
        right: y,
    } = unnested(predicate)
    else {
        return false;
    };
    let (Some((at_x, table_x, x)), Some((at_y, table_y, y))) =
        (scope.base_column(x), scope.base_column(y))
    else {
        return false;
    };
    let across = (left.tables.contains(at_x) && right.tables.contains(at_y))
        || (left.tables.contains(at_y) && right.tables.contains(at_x));
    across && shared_vindex((table_x, &x), (table_y, &y))
}

/// Puts two routes into one query.
fn combine(
    left: &RouteOp,
    right: &RouteOp,
    keeper: &RouteOp,
    on: &[Expr],
    kind: JoinKind,
    scope: &Scope<'_>,
) -> RouteOp {
    let mut merged = left.clone();
    merged.keyspace = Arc::clone(&keeper.keyspace);
    merged.kind = keeper.kind;
    merged.target.clone_from(&keeper.target);
    merged.tables = left.tables.union(right.tables);
    match kind {
        JoinKind::Inner => {
            merged.select.from.extend(right.select.from.iter().cloned());
            merged.predicates.extend(right.predicates.iter().cloned());
            merged.predicates.extend(on.iter().cloned());
            merged.candidates.extend(right.candidates.iter().cloned());
            merged.extra.extend(right.extra.iter().cloned());
        }
        JoinKind::Left => {
            if keeper.kind == RouteKind::Sharded && left.kind != RouteKind::Sharded {
                // A single-shard right side decides for a left side that has no place of its own.
                merged.extra.push(right.routing(scope));
            }
            let on = conjunction(on.iter().chain(&right.predicates).cloned());
            let constraint =
                JoinConstraint::On(on.unwrap_or_else(|| expr::value(ast::Value::Boolean(true))));
            let join = Join {
                relation: one_factor(&right.select.from),
                global: false,
                join_operator: JoinOperator::Left(constraint),
            };
            let mut from = one_element(std::mem::take(&mut merged.select.from));
            from.joins.push(join);
            merged.select.from = vec![from];
        }
    }
    merged
}

/// `a, b` as `a join b`, so that an outer join can follow.
fn one_element(from: Vec<TableWithJoins>) -> TableWithJoins {
    let mut elements = from.into_iter();
    let mut first = elements
        .next()
        .unwrap_or_else(|| rewrite::from_table(rewrite::table_factor("dual", None)));
    for element in elements {
        first.joins.push(Join {
            relation: element.relation,
            global: false,
            join_operator: JoinOperator::CrossJoin(JoinConstraint::None),
        });
        first.joins.extend(element.joins);
    }
    first
}

fn one_factor(from: &[TableWithJoins]) -> TableFactor {
    match from {
        [one] if one.joins.is_empty() => one.relation.clone(),
        several => TableFactor::NestedJoin {
            table_with_joins: Box::new(one_element(several.to_vec())),
            alias: None,
        },
    }
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
