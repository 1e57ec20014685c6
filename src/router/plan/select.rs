//! SELECT: one block of tables, predicates and what is made of them.
//!
//! A query whose tables all live in one unsharded keyspace is sent whole. Any other goes through the operators: FROM and
//! WHERE become routes and joins ([`super::from`]), subqueries are merged or pulled out ([`super::subquery`]), the rest
//! is pushed down or finished above the routes ([`super::horizon`]).

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::catalog::Keyspace;
use crate::router::Error;
use crate::sql::ast::{
    self, Distinct, Expr, GroupByExpr, Ident, LimitClause, OrderByKind, OrderBySort, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
};
use crate::sql::name::defined_names;

use super::expr::{self, as_column, conjuncts};
use super::from::{MergeableRoute, PlannedBlock};
use super::operator::RouteKind;
use super::routing::{Opcode, Routing};
use super::scope::Scope;
use super::table::TableKind;
use super::{Planner, Primitive, Route, cte, rewrite};

/// One element of a SELECT list.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Expr {
        expr: Expr,
        alias: Option<Ident>,
    },
    /// `*` or `t.*` that only the shard can expand.
    Star(SelectItem),
}

impl Item {
    /// The name of the result column.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Expr {
                alias: Some(alias), ..
            } => Some(alias.value.clone()),
            Self::Expr { expr, alias: None } => Some(rewrite::result_name(expr)),
            Self::Star(_) => None,
        }
    }
}

/// What is made of the joined rows of a block.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) items: Vec<Item>,
    pub(crate) distinct: bool,
    pub(crate) group_by: Vec<Expr>,
    pub(crate) rollup: bool,
    pub(crate) having: Option<Expr>,
    pub(crate) order_by: Vec<(Expr, bool)>,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
    /// The clauses as written, for a route that takes them all.
    pub(crate) select: Select,
    pub(crate) query: Query,
}

impl Planner<'_> {
    /// Plans a whole query.
    pub(crate) fn select(&mut self, query: &Query) -> Result<Primitive, Error> {
        Ok(self.query_block(query, None)?.root)
    }

    /// Plans a query, perhaps inside another whose scope is `parent`.
    pub(crate) fn query_block(
        &mut self,
        query: &Query,
        parent: Option<&Scope<'_>>,
    ) -> Result<PlannedBlock, Error> {
        if let Some(keyspace) = self.only_unsharded(query)? {
            return Ok(self.whole(query, keyspace));
        }
        if query.with.is_some() {
            return self.query_block(&cte::expand(query)?, parent);
        }
        if query.fetch.is_some() || query.for_clause.is_some() || !query.pipe_operators.is_empty() {
            return Err(Error::unsupported("FETCH, FOR JSON and pipe operators"));
        }
        match query.body.as_ref() {
            SetExpr::Select(select) => self.select_block(select, query, parent),
            SetExpr::SetOperation {
                op,
                set_quantifier,
                left,
                right,
            } => self.union(*op, *set_quantifier, left, right, query, parent),
            SetExpr::Query(inner) if query.order_by.is_none() && query.limit_clause.is_none() => {
                self.query_block(inner, parent)
            }
            SetExpr::Query(_) => Err(Error::unsupported(
                "ORDER BY and LIMIT around a parenthesised query",
            )),
            other => Err(Error::unsupported(format!("query {other}"))),
        }
    }

    /// Returns the unsharded keyspace that holds every table of a query, if there is one.
    fn only_unsharded(&mut self, query: &Query) -> Result<Option<Arc<Keyspace>>, Error> {
        let mut names = Vec::new();
        let _: ControlFlow<()> = ast::visit_relations(query, |name| {
            names.push(name.clone());
            ControlFlow::Continue(())
        });
        let defined = defined_names(query);
        let mut only: Option<Arc<Keyspace>> = None;
        let mut used = BTreeSet::new();
        for name in &names {
            if name.0.len() == 1
                && defined
                    .iter()
                    .any(|d| name.to_string().trim_matches('`') == d)
            {
                continue;
            }
            let Some(written) = expr::table_name(name) else {
                return Ok(None);
            };
            let system = |k: &String| {
                rewrite::SYSTEM_SCHEMAS
                    .iter()
                    .any(|s| k.eq_ignore_ascii_case(s))
            };
            if written.keyspace.as_ref().is_some_and(system) {
                return Ok(None);
            }
            let found = super::table::find(self.schema, self.session, &written)?;
            let table = &found.table;
            if found.target.is_some() {
                return Err(Error::TargetNotAllowed(
                    "SELECT with a target destination is not allowed",
                ));
            }
            if table.is_sharded() || table.kind == TableKind::Dual || table.name != written.name {
                return Ok(None);
            }
            if only.as_ref().is_some_and(|k| k.name != table.keyspace.name) {
                return Ok(None);
            }
            used.insert(table.qualified_name());
            only = Some(Arc::clone(&table.keyspace));
        }
        if only.is_some() {
            self.tables_used.extend(used);
        }
        Ok(only)
    }

    /// Sends a query whole to an unsharded keyspace.
    fn whole(&mut self, query: &Query, keyspace: Arc<Keyspace>) -> PlannedBlock {
        let names = match query.body.as_ref() {
            SetExpr::Select(select) => self.whole_names(select),
            _ => None,
        };
        let mut query = query.clone();
        rewrite::strip_query(&mut query);
        let routing = Routing::plain(Opcode::Unsharded);
        let route = Route {
            keyspace: Arc::clone(&keyspace),
            routing: routing.clone(),
            query: query.clone(),
            order_by: Vec::new(),
            result_columns: None,
        };
        PlannedBlock {
            root: Primitive::Route(Box::new(route)),
            names,
            correlation: Correlation::default(),
            mergeable: Some(MergeableRoute {
                keyspace,
                kind: RouteKind::Unsharded,
                target: None,
                routing,
                query,
            }),
        }
    }

    fn whole_names(&mut self, select: &Select) -> Option<Vec<String>> {
        let used = self.tables_used.clone();
        let mut scope = Scope::default();
        self.from(&select.from, &mut scope).ok()?;
        self.tables_used = used;
        let items = expand(&select.projection, &scope).ok()?;
        items.iter().map(Item::name).collect()
    }

    fn select_block(
        &mut self,
        select: &Select,
        query: &Query,
        parent: Option<&Scope<'_>>,
    ) -> Result<PlannedBlock, Error> {
        refuse_odd_clauses(select)?;
        let mut scope = Scope::within(parent);
        let mut node = self.from(&select.from, &mut scope)?;
        let block = read_block(select, query, &scope)?;
        let mut plain = Vec::new();
        let mut nested = Vec::new();
        node.take_subqueries(&mut nested)?;
        for predicate in select.selection.as_ref().map(conjuncts).unwrap_or_default() {
            if expr::contains_aggregate(&predicate) && expr::subqueries(&predicate).is_empty() {
                return Err(Error::GroupFunction);
            }
            if expr::subqueries(&predicate).is_empty() {
                plain.push(predicate);
            } else {
                nested.push(predicate);
            }
        }
        let correlation = Correlation::of(&plain, &nested, &block, &scope)?;
        let mut op = self.solve_from(node, plain, &scope)?;
        let mut pulled = Vec::new();
        for predicate in nested {
            self.subquery_predicate(&mut op, predicate, &scope, &mut pulled)?;
        }
        let block = self.subqueries_of_block(&mut op, block, &scope, &mut pulled)?;
        let names = block.items.iter().map(Item::name).collect();
        let mut planned = self.horizon(op, block, &scope)?;
        planned.names = names;
        planned.correlation = correlation;
        if !pulled.is_empty() {
            planned.mergeable = None;
            for pulled in pulled.into_iter() {
                planned.root = pulled.around(planned.root);
            }
        }
        Ok(planned)
    }
}

/// How a block depends on the scope around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Correlation {
    /// A column of the outer scope is used.
    pub(crate) correlated: bool,
    /// Positions of outer tables joined by equality on a shared unique vindex.
    pub(crate) on_vindex: Vec<usize>,
    /// The column that the first result column is (or is the least or greatest of).
    pub(crate) first_column: Option<(Arc<super::table::Table>, String)>,
}

impl Correlation {
    fn of(
        plain: &[Expr],
        nested: &[Expr],
        block: &Block,
        scope: &Scope<'_>,
    ) -> Result<Self, Error> {
        let mut correlation = Self::default();
        if let [Item::Expr { expr, .. }] = block.items.as_slice() {
            let inner = expr::collect(expr, &mut |e| as_column(e).is_some());
            let direct = as_column(expr).is_some()
                || matches!(expr::function_name(expr).as_deref(), Some("min" | "max"));
            if let ([column], true) = (inner.as_slice(), direct) {
                correlation.first_column = scope
                    .base_column(column)
                    .map(|(_, table, name)| (Arc::clone(table), name));
            }
        }
        let of_items = block.items.iter().filter_map(|item| match item {
            Item::Expr { expr, .. } => Some(expr),
            Item::Star(_) => None,
        });
        let others = block
            .group_by
            .iter()
            .chain(&block.having)
            .chain(block.order_by.iter().map(|(e, _)| e));
        for expr in plain.iter().chain(nested).chain(of_items).chain(others) {
            correlation.correlated |= scope.dependencies(expr)?.outer;
        }
        let Some(parent) = scope.parent else {
            return Ok(correlation);
        };
        for predicate in plain {
            let Expr::BinaryOp {
                left,
                op: ast::BinaryOperator::Eq,
                right,
            } = expr::unnested(predicate)
            else {
                continue;
            };
            for (inner, outer) in [(left, right), (right, left)] {
                if let Some((_, table, column)) = scope.base_column(inner)
                    && scope.base_column(outer).is_none()
                    && let Some((position, outer_table, outer_column)) = parent.base_column(outer)
                    && super::routing::shared_vindex((table, &column), (outer_table, &outer_column))
                {
                    correlation.on_vindex.push(position);
                }
            }
        }
        Ok(correlation)
    }
}

fn refuse_odd_clauses(select: &Select) -> Result<(), Error> {
    if select.into.is_some() {
        return Err(Error::unsupported("INTO on sharded keyspace"));
    }
    let modifiers = select.select_modifiers.as_ref();
    if modifiers.is_some_and(|m| m.sql_calc_found_rows) {
        return Err(Error::unsupported(
            "SQL_CALC_FOUND_ROWS over sharded keyspaces",
        ));
    }
    let odd = select.top.is_some()
        || select.exclude.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.qualify.is_some();
    if odd {
        return Err(Error::unsupported("clauses that are not MySQL's"));
    }
    Ok(())
}

/// Reads the clauses above FROM and WHERE, `*` expanded, positions and aliases resolved.
fn read_block(select: &Select, query: &Query, scope: &Scope<'_>) -> Result<Block, Error> {
    let items = expand(&select.projection, scope)?;
    let distinct = match &select.distinct {
        None | Some(Distinct::All) => false,
        Some(Distinct::Distinct) => true,
        Some(Distinct::On(_)) => return Err(Error::unsupported("DISTINCT ON")),
    };
    let (group_by, rollup) = match &select.group_by {
        GroupByExpr::Expressions(keys, modifiers) => (keys.clone(), !modifiers.is_empty()),
        GroupByExpr::All(_) => return Err(Error::unsupported("GROUP BY ALL")),
    };
    let group_by = group_by
        .iter()
        .map(|key| resolve(key, &items, scope, "group statement"))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(at) = group_by.iter().position(expr::contains_aggregate) {
        let written = match &select.group_by {
            GroupByExpr::Expressions(keys, _) => keys.get(at).map(super::explain::print_expr),
            GroupByExpr::All(_) => None,
        };
        return Err(Error::CannotGroup(written.unwrap_or_default()));
    }
    let having = select
        .having
        .as_ref()
        .map(|having| resolve_aliases(having, &items));
    let mut order_by = Vec::new();
    if let Some(order) = &query.order_by {
        let OrderByKind::Expressions(keys) = &order.kind else {
            return Err(Error::unsupported("ORDER BY ALL"));
        };
        for key in keys {
            let descending = matches!(key.options.sort, Some(OrderBySort::Desc));
            let resolved = resolve(&key.expr, &items, scope, "order clause")?;
            if !expr::is_null(&resolved) {
                order_by.push((resolved, descending));
            }
        }
    }
    let (limit, offset) = match &query.limit_clause {
        None => (None, None),
        Some(LimitClause::LimitOffset {
            limit,
            offset,
            limit_by,
        }) if limit_by.is_empty() => (limit.clone(), offset.as_ref().map(|o| o.value.clone())),
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
            (Some(limit.clone()), Some(offset.clone()))
        }
        Some(_) => return Err(Error::unsupported("LIMIT BY")),
    };
    Ok(Block {
        items,
        distinct,
        group_by,
        rollup,
        having,
        order_by,
        limit,
        offset,
        select: select.clone(),
        query: query.clone(),
    })
}

/// Resolves a key of ORDER BY or GROUP BY: a position, an alias, or an expression.
fn resolve(
    key: &Expr,
    items: &[Item],
    scope: &Scope<'_>,
    clause: &'static str,
) -> Result<Expr, Error> {
    if let Some(ast::Value::Number(text, _)) = expr::as_value(key)
        && let Ok(position) = text.parse::<usize>()
    {
        return match position.checked_sub(1).and_then(|at| items.get(at)) {
            Some(Item::Expr { expr, .. }) => Ok(expr.clone()),
            Some(Item::Star(_)) => Err(Error::SchemaTrackingRequired),
            None => Err(Error::UnknownPosition {
                column: text.clone(),
                clause,
            }),
        };
    }
    if clause == "group statement"
        && let Some(column) = as_column(key)
        && scope
            .column(&column)
            .is_ok_and(|found| !found.ambiguous && !found.outer)
    {
        let aliased = items
            .iter()
            .any(|i| matches!(i, Item::Expr { alias: Some(a), .. } if a.value == column.name));
        let sure = scope
            .base_column(key)
            .is_some_and(|(_, table, name)| table.has_column(&name));
        if !aliased || sure {
            return Ok(key.clone());
        }
    }
    Ok(resolve_aliases(key, items))
}

/// Replaces names of SELECT list aliases by what they stand for.
fn resolve_aliases(expr: &Expr, items: &[Item]) -> Expr {
    let aliased = |e: &Expr| {
        let column = as_column(e).filter(|c| c.table.is_none() && !matches!(e, Expr::Nested(_)))?;
        items.iter().find_map(|item| match item {
            Item::Expr {
                expr,
                alias: Some(alias),
            } if alias.value.eq_ignore_ascii_case(&column.name) => Some(expr.clone()),
            _ => None,
        })
    };
    if let Some(whole) = aliased(expr) {
        return whole;
    }
    let mut resolved = expr.clone();
    expr::rewrite(&mut resolved, &mut |e| {
        aliased(e).map(|found| match found {
            Expr::BinaryOp { .. } => Expr::Nested(Box::new(found)),
            other => other,
        })
    });
    resolved
}

/// Expands `*` where the columns of its tables are known.
fn expand(projection: &[SelectItem], scope: &Scope<'_>) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for item in projection {
        match item {
            SelectItem::UnnamedExpr(expr) => items.push(Item::Expr {
                expr: expr.clone(),
                alias: None,
            }),
            SelectItem::ExprWithAlias { expr, alias } => {
                items.push(Item::Expr {
                    expr: expr.clone(),
                    alias: Some(alias.clone()),
                });
            }
            SelectItem::Wildcard(_) => {
                let known: Option<Vec<Vec<String>>> =
                    scope.tables.iter().map(|t| t.visible_columns()).collect();
                match known {
                    Some(known) if !known.is_empty() => {
                        let qualify = known.len() > 1;
                        for (table, columns) in scope.tables.iter().zip(known) {
                            let qualifier = qualify.then_some(table.name.as_str());
                            items.extend(columns.iter().map(|c| star_column(qualifier, c)));
                        }
                    }
                    _ => items.push(Item::Star(item.clone())),
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let Some(written) = expr::table_name(name) else {
                    return Err(Error::UnknownTableInStar(name.to_string()));
                };
                let position = scope.named(written.keyspace.as_deref(), &written.name);
                let position =
                    position.ok_or_else(|| Error::UnknownTableInStar(written.name.clone()))?;
                let table = &scope.tables[position];
                match table.visible_columns() {
                    Some(columns) => {
                        items.extend(columns.iter().map(|c| star_column(Some(&table.name), c)))
                    }
                    None => items.push(Item::Star(item.clone())),
                }
            }
            other => return Err(Error::unsupported(format!("select expression {other}"))),
        }
    }
    Ok(items)
}

fn star_column(table: Option<&str>, name: &str) -> Item {
    Item::Expr {
        expr: expr::column(table, name),
        alias: None,
    }
}
