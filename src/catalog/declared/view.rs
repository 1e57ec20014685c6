//! What a view reads: names of tables and views, and whether every column that it names exists in one of them.
//!
//! Columns resolve as MySQL resolves them: in the query's own tables, then in those of the queries around it; aliases of
//! the select list in GROUP BY, HAVING and ORDER BY. Tables whose columns are not known hold every name.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::catalog::{fold, same_name};
use crate::sql::ast::{
    self, Expr, GroupByExpr, JoinConstraint, JoinOperator, ObjectName, OrderByKind, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor, TableWithJoins, Visit,
    Visitor,
};
use crate::sql::ddl::CreateView;
use crate::sql::name::defined_names;
use crate::sql::{TableName, print};

/// What a view names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Tables and views that it reads, in the order in which they stand, each as often as it stands; `dual` lower case.
    pub tables: Vec<String>,
    /// Its common table expressions.
    pub ctes: Vec<String>,
}

/// Returns what a view names.
pub fn names(view: &CreateView) -> Names {
    let name = |read: TableName| match read.name.eq_ignore_ascii_case("dual") {
        true => "dual".to_owned(),
        false => read.name,
    };
    Names {
        tables: view.reads().into_iter().map(name).collect(),
        ctes: defined_names(view.query.as_ref()),
    }
}

fn last_name(object: &ObjectName) -> Option<String> {
    let last = object.0.last().and_then(ast::ObjectNamePart::as_ident);
    last.map(|ident| ident.value.clone())
}

/// Why a view's columns do not resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    Missing(String),
    Ambiguous(String),
    Star,
}

/// The columns of the tables and views that a query may read; `None` for one whose columns are not known.
pub(super) type Known<'a> = &'a dyn Fn(&str) -> Option<Vec<String>>;

/// Returns the names of a view's columns.
///
/// # Errors
/// [`Wrong`], for the first column that does not resolve.
pub(super) fn columns(view: &CreateView, known: Known<'_>) -> Result<Vec<String>, Wrong> {
    let place = Place {
        known,
        ctes: BTreeMap::new(),
        outer: None,
    };
    let found = query(&view.query, &place)?;
    if view.columns.is_empty() {
        Ok(found)
    } else {
        Ok(view.columns.clone())
    }
}

/// Where a query stands.
struct Place<'a> {
    known: Known<'a>,
    ctes: BTreeMap<String, Option<Vec<String>>>,
    outer: Option<&'a Scope<'a>>,
}

/// The tables of one SELECT.
struct Scope<'a> {
    place: &'a Place<'a>,
    /// Alias or name, and the columns.
    tables: Vec<(String, Option<Vec<String>>)>,
    /// Columns that joins made one (USING); all of them under NATURAL.
    shared: Vec<String>,
    natural: bool,
    /// Aliases of the select list, where they may be named.
    aliases: Vec<String>,
}

fn query(query: &Query, place: &Place<'_>) -> Result<Vec<String>, Wrong> {
    let mut inner = Place {
        known: place.known,
        ctes: place.ctes.clone(),
        outer: place.outer,
    };
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        let name = fold(&cte.alias.name.value);
        if query.with.as_ref().is_some_and(|with| with.recursive) {
            inner.ctes.insert(name.clone(), None);
        }
        let mut columns = self::query(&cte.query, &inner)?;
        if !cte.alias.columns.is_empty() {
            columns = cte
                .alias
                .columns
                .iter()
                .map(|c| c.name.value.clone())
                .collect();
        }
        inner.ctes.insert(name, Some(columns));
    }
    body(&query.body, &inner, Some(query))
}

fn body(body: &SetExpr, place: &Place<'_>, around: Option<&Query>) -> Result<Vec<String>, Wrong> {
    match body {
        SetExpr::Select(select) => self::select(select, place, around),
        SetExpr::Query(inner) => query(inner, place),
        SetExpr::SetOperation { left, right, .. } => {
            let columns = self::body(left, place, None)?;
            self::body(right, place, None)?;
            Ok(columns)
        }
        _ => Ok(Vec::new()),
    }
}

fn select(
    select: &Select,
    place: &Place<'_>,
    around: Option<&Query>,
) -> Result<Vec<String>, Wrong> {
    let mut scope = Scope {
        place,
        tables: Vec::new(),
        shared: Vec::new(),
        natural: false,
        aliases: Vec::new(),
    };
    for table in &select.from {
        scope.join_all(table)?;
    }
    for table in &select.from {
        scope.conditions(table)?;
    }
    let mut columns = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                scope.check(expr)?;
                columns.push(output_name(expr));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                scope.check(expr)?;
                columns.push(alias.value.clone());
            }
            SelectItem::Wildcard(_) => {
                let all = scope
                    .tables
                    .iter()
                    .filter_map(|(_, columns)| columns.clone());
                columns.extend(all.flatten());
                scope.require_some(&columns)?;
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = last_name(name).unwrap_or_default();
                let table = scope
                    .tables
                    .iter()
                    .find(|(known, _)| same_name(known, &name));
                columns.extend(
                    table
                        .and_then(|(_, columns)| columns.clone())
                        .unwrap_or_default(),
                );
                scope.require_some(&columns)?;
            }
            SelectItem::QualifiedWildcard(..) => {}
            _ => {}
        }
    }
    if let Some(condition) = &select.selection {
        scope.check(condition)?;
    }
    scope.aliases.clone_from(&columns);
    if let GroupByExpr::Expressions(exprs, _) = &select.group_by {
        exprs.iter().try_for_each(|expr| scope.check(expr))?;
    }
    if let Some(condition) = &select.having {
        scope.check(condition)?;
    }
    if let Some(order_by) = around.and_then(|query| query.order_by.as_ref())
        && let OrderByKind::Expressions(exprs) = &order_by.kind
    {
        exprs
            .iter()
            .try_for_each(|order| scope.check(&order.expr))?;
    }
    Ok(columns)
}

/// The name that a column of the select list has without an alias.
fn output_name(expr: &Expr) -> String {
    match expr {
        Expr::Nested(inner) => output_name(inner),
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts
            .last()
            .map(|name| name.value.clone())
            .unwrap_or_default(),
        other => print::query::expression(other),
    }
}

impl Scope<'_> {
    /// A star that stands for nothing is invalid, but where a common table expression may hold what is not known.
    fn require_some(&self, columns: &[String]) -> Result<(), Wrong> {
        let unknown = self.tables.iter().any(|(_, columns)| columns.is_none());
        if columns.is_empty() && self.place.ctes.is_empty() && !unknown {
            return Err(Wrong::Star);
        }
        Ok(())
    }

    fn join_all(&mut self, table: &TableWithJoins) -> Result<(), Wrong> {
        self.add(&table.relation)?;
        for join in &table.joins {
            self.add(&join.relation)?;
            match constraint(&join.join_operator) {
                Some(JoinConstraint::Using(columns)) => {
                    self.shared.extend(columns.iter().filter_map(last_name));
                }
                Some(JoinConstraint::Natural) => self.natural = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, factor: &TableFactor) -> Result<(), Wrong> {
        match factor {
            TableFactor::Table { name, alias, .. } => {
                let name = last_name(name).unwrap_or_default();
                let columns = if name.eq_ignore_ascii_case("dual") {
                    Some(Vec::new())
                } else {
                    match self.place.ctes.get(&fold(&name)) {
                        Some(columns) => columns.clone(),
                        None => (self.place.known)(&name),
                    }
                };
                let alias = alias.as_ref().map(|alias| alias.name.value.clone());
                self.tables.push((alias.unwrap_or(name), columns));
            }
            TableFactor::Derived {
                subquery, alias, ..
            } => {
                let mut columns = query(subquery, self.place)?;
                if let Some(alias) = alias.as_ref().filter(|alias| !alias.columns.is_empty()) {
                    columns = alias.columns.iter().map(|c| c.name.value.clone()).collect();
                }
                let alias = alias.as_ref().map(|alias| alias.name.value.clone());
                self.tables.push((alias.unwrap_or_default(), Some(columns)));
            }
            TableFactor::NestedJoin {
                table_with_joins, ..
            } => self.join_all(table_with_joins)?,
            _ => self.tables.push((String::new(), None)),
        }
        Ok(())
    }

    fn conditions(&self, table: &TableWithJoins) -> Result<(), Wrong> {
        if let TableFactor::NestedJoin {
            table_with_joins, ..
        } = &table.relation
        {
            self.conditions(table_with_joins)?;
        }
        for join in &table.joins {
            if let Some(JoinConstraint::On(condition)) = constraint(&join.join_operator) {
                self.check(condition)?;
            }
        }
        Ok(())
    }

    /// Requires every column that an expression names to be one column.
    fn check(&self, expr: &Expr) -> Result<(), Wrong> {
        let mut walk = ColumnWalk {
            scope: self,
            queries: 0,
        };
        match expr.visit(&mut walk) {
            ControlFlow::Break(wrong) => Err(wrong),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    fn resolve(&self, name: &str) -> Result<(), Wrong> {
        let holds = |columns: &Option<Vec<String>>| {
            columns
                .as_ref()
                .is_some_and(|columns| columns.iter().any(|c| same_name(c, name)))
        };
        let holders = self
            .tables
            .iter()
            .filter(|(_, columns)| holds(columns))
            .count();
        let one = self.natural || self.shared.iter().any(|column| same_name(column, name));
        match holders {
            0 => {}
            1 => return Ok(()),
            _ if one => return Ok(()),
            _ => return Err(Wrong::Ambiguous(name.to_owned())),
        }
        let elsewhere = self.aliases.iter().any(|alias| same_name(alias, name))
            || self.tables.iter().any(|(_, columns)| columns.is_none())
            || self
                .place
                .outer
                .is_some_and(|outer| outer.resolve(name).is_ok());
        if elsewhere {
            Ok(())
        } else {
            Err(Wrong::Missing(name.to_owned()))
        }
    }

    fn resolve_in(&self, table: &str, name: &str) -> Result<(), Wrong> {
        let found = self
            .tables
            .iter()
            .find(|(known, _)| same_name(known, table));
        match (found, self.place.outer) {
            (Some((_, None)), _) => Ok(()),
            (Some((_, Some(columns))), _) if columns.iter().any(|c| same_name(c, name)) => Ok(()),
            (None, Some(outer)) => outer.resolve_in(table, name),
            _ => Err(Wrong::Missing(name.to_owned())),
        }
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::StraightJoin(constraint) => Some(constraint),
        _ => None,
    }
}

/// Checks the columns of one SELECT; queries inside are checked in scopes of their own.
struct ColumnWalk<'a> {
    scope: &'a Scope<'a>,
    queries: usize,
}

impl Visitor for ColumnWalk<'_> {
    type Break = Wrong;

    fn pre_visit_query(&mut self, inner: &Query) -> ControlFlow<Wrong> {
        if self.queries == 0 {
            let place = Place {
                known: self.scope.place.known,
                ctes: self.scope.place.ctes.clone(),
                outer: Some(self.scope),
            };
            if let Err(wrong) = query(inner, &place) {
                return ControlFlow::Break(wrong);
            }
        }
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Wrong> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Wrong> {
        let checked = match expr {
            _ if self.queries > 0 => Ok(()),
            Expr::Identifier(name) if name.value.starts_with('@') => Ok(()),
            Expr::Identifier(name) => self.scope.resolve(&name.value),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, name] if !table.value.starts_with('@') => {
                    self.scope.resolve_in(&table.value, &name.value)
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        };
        match checked {
            Ok(()) => ControlFlow::Continue(()),
            Err(wrong) => ControlFlow::Break(wrong),
        }
    }
}
