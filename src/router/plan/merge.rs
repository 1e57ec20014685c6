//! Two operators into one: routes that go to the same place become one query, others are joined above.
//!
//! Source: Vitess `go/vt/vtgate/planbuilder/operators/join_merging.go`.

use std::sync::Arc;

use crate::router::Error;
use crate::sql::ast::{
    self, BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, TableFactor, TableWithJoins,
};

use super::expr::{self, conjunction, unnested};
use super::from::route_kind;
use super::operator::{JoinOp, Op, RouteKind, RouteOp};
use super::routing::{Candidate, Opcode, shared_vindex};
use super::scope::Scope;
use super::table::{Found, TableKind};
use super::{JoinKind, Planner, rewrite};

impl Planner<'_> {
    /// Joins two operators: as one route where both go to the same place, else above them.
    pub(crate) fn join_or_merge(
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
