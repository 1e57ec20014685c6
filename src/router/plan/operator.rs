//! Operators: a plan while it is being made, when columns and predicates can still be added.
//!
//! Every operator answers the same three questions: push a predicate down, add a column and say its position, become a
//! primitive. A join asked for an expression over both sides lets the right side compute it, with the left's columns as
//! bind variables. Source: Vitess `go/vt/vtgate/planbuilder/operators` (`route.go`, `apply_join.go`).

use std::sync::Arc;

use crate::catalog::Keyspace;
use crate::router::Error;
use crate::router::session::TargetDestination;
use crate::sql::ast::{self, Expr, Ident, SelectItem};

use super::expr::{as_column, conjunction, ident, rewrite as rewrite_expr, same};
use super::routing::{
    Candidate, Choice, Opcode, Routing, choose, disjunction_as_list, is_as_good, split_list,
};
use super::scope::{Scope, TableSet};
use super::{
    Filter, Join, JoinColumn, JoinKind, Planner, Primitive, Projected, Projection, Route, SemiJoin,
    SortKey, VindexLookup, finish, rewrite,
};

/// An operator.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Route(Box<RouteOp>),
    Join(Box<JoinOp>),
    Filter(Box<FilterOp>),
    Derived(Box<DerivedOp>),
    SemiJoin(Box<SemiJoinOp>),
}

/// What decides where a route goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteKind {
    /// By vindexes.
    Sharded,
    /// The only shard.
    Unsharded,
    /// Any shard.
    Reference,
    /// No table at all.
    Dual,
    /// An explicit target.
    Targeted,
}

/// One query in the making.
#[derive(Debug, Clone)]
pub(crate) struct RouteOp {
    pub(crate) keyspace: Arc<Keyspace>,
    pub(crate) kind: RouteKind,
    pub(crate) target: Option<TargetDestination>,
    pub(crate) tables: TableSet,
    pub(crate) candidates: Vec<Candidate>,
    /// Routings that merged subqueries brought along.
    pub(crate) extra: Vec<Routing>,
    pub(crate) predicates: Vec<Expr>,
    /// FROM, SELECT list, GROUP BY, HAVING; WHERE is made of `predicates`.
    pub(crate) select: ast::Select,
    pub(crate) order_by: Vec<ast::OrderByExpr>,
    pub(crate) limit: Option<ast::LimitClause>,
    pub(crate) locks: Vec<ast::LockClause>,
    pub(crate) merge: Vec<SortKey>,
    pub(crate) result_columns: Option<usize>,
    /// A whole query (UNION) in place of `select`.
    pub(crate) whole: Option<ast::Query>,
}

/// A nested-loop join in the making.
#[derive(Debug, Clone)]
pub(crate) struct JoinOp {
    pub(crate) kind: JoinKind,
    pub(crate) left: Op,
    pub(crate) right: Op,
    pub(crate) columns: Vec<(Expr, JoinColumn)>,
    /// Bind variables of the right side with the left expressions that they take.
    pub(crate) vars: Vec<(String, Expr)>,
}

/// Predicates that only hold above their input.
#[derive(Debug, Clone)]
pub(crate) struct FilterOp {
    pub(crate) input: Op,
    pub(crate) predicates: Vec<Expr>,
}

/// A derived table that runs as a plan of its own.
#[derive(Debug, Clone)]
pub(crate) struct DerivedOp {
    pub(crate) position: usize,
    pub(crate) input: Primitive,
    pub(crate) names: Vec<String>,
    pub(crate) predicates: Vec<Expr>,
    /// Expressions computed over the columns, which come after them.
    pub(crate) computed: Vec<(Expr, String)>,
}

/// Rows for which a subquery, run with their columns bound, has a row.
#[derive(Debug, Clone)]
pub(crate) struct SemiJoinOp {
    pub(crate) left: Op,
    pub(crate) right: Primitive,
    pub(crate) vars: Vec<(String, Expr)>,
}

impl RouteOp {
    /// Returns where the route goes with the predicates that it has.
    pub(crate) fn choice(&self, scope: &Scope<'_>) -> Choice {
        let plain = |opcode| Choice {
            routing: Routing::plain(opcode),
            split: Vec::new(),
        };
        match self.kind {
            RouteKind::Unsharded => plain(Opcode::Unsharded),
            RouteKind::Reference | RouteKind::Dual => plain(Opcode::Reference),
            RouteKind::Targeted => {
                let mut choice = plain(Opcode::ByDestination);
                choice.routing.target.clone_from(&self.target);
                choice
            }
            RouteKind::Sharded => {
                let mut choice = choose(&self.keyspace, &self.candidates, &self.predicates, scope);
                for routing in &self.extra {
                    if routing.opcode < choice.routing.opcode
                        && is_as_good(routing, &choice.routing)
                    {
                        choice = Choice {
                            routing: routing.clone(),
                            split: Vec::new(),
                        };
                    }
                }
                choice
            }
        }
    }

    /// Where nothing routes, turns ORs of one column into lists and looks again.
    pub(crate) fn improve(&mut self, scope: &Scope<'_>) {
        if self.kind != RouteKind::Sharded || self.choice(scope).routing.opcode != Opcode::Scatter {
            return;
        }
        for at in 0..self.predicates.len() {
            if let Some(list) = disjunction_as_list(&self.predicates[at]) {
                let kept = std::mem::replace(&mut self.predicates[at], list);
                if self.choice(scope).routing.opcode == Opcode::Scatter {
                    self.predicates[at] = kept;
                }
            }
        }
    }

    pub(crate) fn routing(&self, scope: &Scope<'_>) -> Routing {
        self.choice(scope).routing
    }

    /// Adds an expression to the SELECT list unless it is there, and returns its position.
    pub(crate) fn add_column(&mut self, expr: &Expr, alias: Option<&Ident>) -> usize {
        let there = self.select.projection.iter().position(|item| match item {
            SelectItem::UnnamedExpr(e) => alias.is_none() && same(e, expr),
            SelectItem::ExprWithAlias {
                expr: e,
                alias: name,
            } => same(e, expr) && alias.is_none_or(|alias| alias.value == name.value),
            _ => false,
        });
        there.unwrap_or_else(|| {
            self.select.projection.push(match alias {
                Some(alias) => SelectItem::ExprWithAlias {
                    expr: expr.clone(),
                    alias: ident(&alias.value),
                },
                None => SelectItem::UnnamedExpr(expr.clone()),
            });
            self.select.projection.len() - 1
        })
    }

    /// Returns the query with WHERE and the rest put together.
    pub(crate) fn query(&self, choice: &Choice) -> ast::Query {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let mut select = self.select.clone();
        if select.projection.is_empty() {
            select
                .projection
                .push(SelectItem::UnnamedExpr(super::expr::number(1)));
        }
        let mut predicates = self.predicates.clone();
        let several = choice
            .routing
            .vindex
            .as_ref()
            .is_some_and(super::table::ColumnVindex::is_multi_column);
        if choice.routing.opcode == Opcode::In && !is_planned_lookup(&choice.routing) {
            for &(at, column) in &choice.split {
                let bind = if several {
                    format!("__vals{column}")
                } else {
                    "__vals".to_owned()
                };
                split_list(&mut predicates[at], &bind);
            }
        }
        select.selection = conjunction(predicates);
        rewrite::query_of(
            select,
            self.order_by.clone(),
            self.limit.clone(),
            self.locks.clone(),
        )
    }
}

/// Whether the look-up becomes a step of its own.
pub(crate) fn is_planned_lookup(routing: &Routing) -> bool {
    let by_value = matches!(
        routing.opcode,
        Opcode::EqualUnique | Opcode::Equal | Opcode::In | Opcode::MultiEqual
    );
    by_value
        && routing
            .vindex
            .as_ref()
            .is_some_and(super::table::ColumnVindex::is_planned_lookup)
}

impl Op {
    pub(crate) fn tables(&self) -> TableSet {
        match self {
            Self::Route(route) => route.tables,
            Self::Join(join) => join.left.tables().union(join.right.tables()),
            Self::Filter(filter) => filter.input.tables(),
            Self::Derived(derived) => TableSet::one(derived.position),
            Self::SemiJoin(join) => join.left.tables(),
        }
    }

    pub(crate) fn cost(&self, scope: &Scope<'_>) -> u32 {
        match self {
            Self::Route(route) => route.routing(scope).opcode.cost(),
            Self::Join(join) => join.left.cost(scope) + join.right.cost(scope),
            Self::Filter(filter) => filter.input.cost(scope),
            Self::Derived(_) => 20,
            Self::SemiJoin(join) => join.left.cost(scope),
        }
    }

    /// Pushes a WHERE predicate as far down as its meaning allows.
    pub(crate) fn push_predicate(
        &mut self,
        planner: &mut Planner<'_>,
        scope: &Scope<'_>,
        predicate: Expr,
    ) -> Result<(), Error> {
        match self {
            Self::Route(route) => {
                if !route.predicates.iter().any(|p| same(p, &predicate)) {
                    route.predicates.push(predicate);
                }
            }
            Self::Derived(derived) => derived.predicates.push(predicate),
            Self::SemiJoin(join) => return join.left.push_predicate(planner, scope, predicate),
            Self::Filter(filter) => {
                let needs = scope.dependencies(&predicate)?.tables;
                if filter.input.can_push(needs) {
                    return filter.input.push_predicate(planner, scope, predicate);
                }
                filter.predicates.push(predicate);
            }
            Self::Join(join) => {
                let needs = scope.dependencies(&predicate)?;
                if needs.ambiguous {
                    return Err(ambiguity(&predicate, scope));
                }
                if needs.tables.is_within(join.left.tables()) {
                    return join.left.push_predicate(planner, scope, predicate);
                }
                if join.kind == JoinKind::Left {
                    let input = self.take();
                    *self = Self::Filter(Box::new(FilterOp {
                        input,
                        predicates: vec![predicate],
                    }));
                    return Ok(());
                }
                join.push_join_predicate(planner, scope, predicate)?;
            }
        }
        Ok(())
    }

    fn can_push(&self, needs: TableSet) -> bool {
        match self {
            Self::Join(join) => join.kind == JoinKind::Inner || needs.is_within(join.left.tables()),
            _ => true,
        }
    }

    /// Takes the operator out of its place, to be put back within another.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::placeholder())
    }

    /// An operator to stand in while another is rebuilt.
    fn placeholder() -> Self {
        let empty = DerivedOp {
            position: 0,
            input: Primitive::Concatenate(Vec::new()),
            names: Vec::new(),
            predicates: Vec::new(),
            computed: Vec::new(),
        };
        Self::Derived(Box::new(empty))
    }

    /// How many columns the operator gives so far.
    fn width(&self) -> usize {
        match self {
            Self::Route(route) => route.select.projection.len(),
            Self::Join(join) => join.columns.len(),
            Self::Filter(filter) => filter.input.width(),
            Self::Derived(derived) => derived.names.len() + derived.computed.len(),
            Self::SemiJoin(join) => join.left.width(),
        }
    }

    /// Adds an expression to the output and returns its position there.
    pub(crate) fn add_column(
        &mut self,
        planner: &mut Planner<'_>,
        scope: &Scope<'_>,
        expr: &Expr,
        alias: Option<&Ident>,
    ) -> Result<usize, Error> {
        match self {
            Self::Route(route) => Ok(route.add_column(expr, alias)),
            Self::Filter(filter) => filter.input.add_column(planner, scope, expr, alias),
            Self::Derived(derived) => derived.add_column(expr, alias),
            Self::SemiJoin(join) => join.left.add_column(planner, scope, expr, alias),
            Self::Join(join) => join.add_column(planner, scope, expr, alias),
        }
    }

    /// Turns the operator into a primitive; no column can be added any more.
    pub(crate) fn finish(
        self,
        planner: &mut Planner<'_>,
        scope: &Scope<'_>,
    ) -> Result<Primitive, Error> {
        match self {
            Self::Route(route) => route.finish(planner, scope),
            Self::Join(join) => join.finish(planner, scope),
            Self::Filter(filter) => filter.finish(planner, scope),
            Self::Derived(derived) => derived.finish(),
            Self::SemiJoin(join) => join.finish(planner, scope),
        }
    }
}

fn ambiguity(expr: &Expr, scope: &Scope<'_>) -> Error {
    let ambiguous = super::expr::collect(expr, &mut |e| {
        as_column(e).is_some_and(|c| scope.column(&c).is_ok_and(|found| found.ambiguous))
    });
    let name = ambiguous
        .first()
        .and_then(as_column)
        .map(|c| c.name)
        .unwrap_or_default();
    Error::AmbiguousColumn(name)
}

impl RouteOp {
    fn finish(mut self, planner: &mut Planner<'_>, scope: &Scope<'_>) -> Result<Primitive, Error> {
        self.improve(scope);
        let choice = self.choice(scope);
        let mut query = self.query(&choice);
        rewrite::strip_query(&mut query);
        let route = Route {
            keyspace: self.keyspace,
            routing: choice.routing,
            query,
            order_by: self.merge,
            result_columns: self.result_columns,
        };
        finish_route(planner, route)
    }
}

/// Puts a planned look-up before the route that needs it.
pub(crate) fn finish_route(planner: &mut Planner<'_>, route: Route) -> Result<Primitive, Error> {
    if !is_planned_lookup(&route.routing) {
        return Ok(Primitive::Route(Box::new(route)));
    }
    let vindex = route.routing.vindex.as_ref().map(|v| Arc::clone(&v.vindex));
    let Some(lookup) = vindex.as_ref().and_then(|v| v.as_lookup()) else {
        return Ok(Primitive::Route(Box::new(route)));
    };
    let from = &lookup.from_columns()[0];
    let query = rewrite::lookup_query(lookup.table(), from, lookup.to_column());
    let used = planner.tables_used.clone();
    let session = crate::router::Session {
        target: crate::router::Target {
            keyspace: Some(route.keyspace.name.clone()),
            ..Default::default()
        },
        ..Default::default()
    };
    let mut inner = Planner {
        schema: planner.schema,
        session: &session,
        tables_used: std::collections::BTreeSet::new(),
        subqueries: 0,
        binds: std::collections::BTreeSet::new(),
    };
    let planned = inner.select(&query);
    planner.tables_used = used;
    match planned {
        Ok(lookup) => Ok(Primitive::VindexLookup(Box::new(VindexLookup {
            lookup,
            route,
        }))),
        // A lookup table that cannot be planned is reported when the vindex is asked.
        Err(_) => Ok(Primitive::Route(Box::new(route))),
    }
}

impl JoinOp {
    pub(crate) fn new(kind: JoinKind, left: Op, right: Op) -> Self {
        Self {
            kind,
            left,
            right,
            columns: Vec::new(),
            vars: Vec::new(),
        }
    }

    /// Replaces the left side's columns by bind variables.
    fn bind_left(
        &mut self,
        planner: &mut Planner<'_>,
        scope: &Scope<'_>,
        expr: &Expr,
    ) -> Result<Expr, Error> {
        let left = self.left.tables();
        let mut failed = None;
        let mut bound = expr.clone();
        let vars = &mut self.vars;
        rewrite_expr(&mut bound, &mut |e| {
            let column = as_column(e).filter(|_| !matches!(e, Expr::Nested(_)))?;
            match scope.column(&column) {
                Ok(found) if found.ambiguous => failed = Some(Error::AmbiguousColumn(column.name)),
                Ok(found) if found.outer => {}
                Ok(found) if found.tables.is_within(left) => {
                    if let Some((name, _)) = vars.iter().find(|(_, bound)| same(bound, e)) {
                        return Some(super::expr::placeholder(name));
                    }
                    let position = found.tables.0.trailing_zeros() as usize;
                    let table = column
                        .table
                        .clone()
                        .unwrap_or_else(|| scope.tables[position].name.clone());
                    let name = planner.reserve(&format!("{table}_{}", column.name));
                    vars.push((name.clone(), e.clone()));
                    return Some(super::expr::placeholder(&name));
                }
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
            None
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(bound),
        }
    }

    /// Gives the right side a predicate over both sides.
    pub(crate) fn push_join_predicate(
        &mut self,
        planner: &mut Planner<'_>,
        scope: &Scope<'_>,
        predicate: Expr,
    ) -> Result<(), Error> {
        let bound = self.bind_left(planner, scope, &predicate)?;
        self.right.push_predicate(planner, scope, bound)
    }

    fn add_column(
        &mut self,
        planner: &mut Planner<'_>,
        scope: &Scope<'_>,
        expr: &Expr,
        alias: Option<&Ident>,
    ) -> Result<usize, Error> {
        if let Some(at) = self.columns.iter().position(|(there, _)| same(there, expr)) {
            return Ok(at);
        }
        let needs = scope.dependencies(expr)?;
        if needs.ambiguous {
            return Err(ambiguity(expr, scope));
        }
        let column = if needs.tables.is_within(self.left.tables()) {
            JoinColumn::Left(self.left.add_column(planner, scope, expr, alias)?)
        } else if self.kind == JoinKind::Left && !needs.tables.is_within(self.right.tables()) {
            return Err(Error::unsupported(format!(
                "expression over both sides of an outer join: {expr}"
            )));
        } else if self.kind == JoinKind::Left && as_column(expr).is_none() {
            return Err(Error::unsupported(format!(
                "expression over the inner side of an outer join: {expr}"
            )));
        } else {
            let bound = self.bind_left(planner, scope, expr)?;
            let named = alias
                .cloned()
                .or_else(|| (bound != *expr).then(|| ident(&expr.to_string())));
            JoinColumn::Right(
                self.right
                    .add_column(planner, scope, &bound, named.as_ref())?,
            )
        };
        self.columns.push((expr.clone(), column));
        Ok(self.columns.len() - 1)
    }

    fn finish(mut self, planner: &mut Planner<'_>, scope: &Scope<'_>) -> Result<Primitive, Error> {
        let mut vars = std::collections::BTreeMap::new();
        for (name, expr) in &self.vars {
            vars.insert(
                name.clone(),
                self.left.add_column(planner, scope, expr, None)?,
            );
        }
        Ok(Primitive::Join(Box::new(Join {
            kind: self.kind,
            left: self.left.finish(planner, scope)?,
            right: self.right.finish(planner, scope)?,
            columns: self.columns.into_iter().map(|(_, column)| column).collect(),
            vars,
        })))
    }
}

impl SemiJoinOp {
    fn finish(mut self, planner: &mut Planner<'_>, scope: &Scope<'_>) -> Result<Primitive, Error> {
        let columns = self.left.width();
        let mut vars = std::collections::BTreeMap::new();
        for (name, expr) in &self.vars {
            vars.insert(
                name.clone(),
                self.left.add_column(planner, scope, expr, None)?,
            );
        }
        Ok(Primitive::SemiJoin(Box::new(SemiJoin {
            left: self.left.finish(planner, scope)?,
            right: self.right,
            vars,
            columns,
        })))
    }
}

impl FilterOp {
    fn finish(mut self, planner: &mut Planner<'_>, scope: &Scope<'_>) -> Result<Primitive, Error> {
        let Some(shown) = conjunction(self.predicates) else {
            return self.input.finish(planner, scope);
        };
        let mut failed = None;
        let mut predicate = shown.clone();
        let input = &mut self.input;
        rewrite_expr(&mut predicate, &mut |e| {
            as_column(e).filter(|_| !matches!(e, Expr::Nested(_)))?;
            match input.add_column(planner, scope, e, None) {
                Ok(at) => Some(finish::column(at)),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let input = self.input.finish(planner, scope)?;
        Ok(Primitive::Filter(Box::new(Filter {
            input,
            predicate,
            shown,
            result_columns: None,
        })))
    }
}

impl DerivedOp {
    fn offset(&self, expr: &Expr) -> Option<usize> {
        let column = as_column(expr)?;
        self.names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(&column.name))
    }

    fn add_column(&mut self, expr: &Expr, alias: Option<&Ident>) -> Result<usize, Error> {
        if let Some(at) = self.offset(expr)
            && alias.is_none_or(|alias| alias.value.eq_ignore_ascii_case(&self.names[at]))
        {
            return Ok(at);
        }
        let name = alias.map_or_else(|| expr.to_string(), |alias| alias.value.clone());
        if let Some(at) = self
            .computed
            .iter()
            .position(|(there, named)| same(there, expr) && *named == name)
        {
            return Ok(self.names.len() + at);
        }
        self.computed.push((expr.clone(), name));
        Ok(self.names.len() + self.computed.len() - 1)
    }

    /// Returns the expression with this table's columns by position.
    fn over_columns(&self, expr: &Expr) -> Expr {
        let mut over = expr.clone();
        rewrite_expr(&mut over, &mut |e| {
            (!matches!(e, Expr::Nested(_)))
                .then(|| self.offset(e).map(finish::column))
                .flatten()
        });
        over
    }

    fn finish(self) -> Result<Primitive, Error> {
        let mut root = self.input.clone();
        if let Some(shown) = conjunction(self.predicates.clone()) {
            let predicate = self.over_columns(&shown);
            root = Primitive::Filter(Box::new(Filter {
                input: root,
                predicate,
                shown,
                result_columns: None,
            }));
        }
        if self.computed.is_empty() {
            return Ok(root);
        }
        let kept = self.names.iter().enumerate().map(|(at, name)| Projected {
            expr: finish::column(at),
            shown: super::expr::column(None, name),
            alias: name.clone(),
        });
        let computed = self.computed.iter().map(|(expr, alias)| Projected {
            expr: self.over_columns(expr),
            shown: expr.clone(),
            alias: alias.clone(),
        });
        let expressions = kept.chain(computed).collect();
        Ok(Primitive::Projection(Box::new(Projection {
            input: root,
            expressions,
        })))
    }
}
