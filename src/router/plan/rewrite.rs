//! Changes to statements before they are planned or sent: bind variables numbered, keyspace qualifiers taken off.

use std::ops::ControlFlow;

use crate::sql::ast::{
    self, Expr, GroupByExpr, Ident, LockClause, LockType, ObjectName, ObjectNamePart, Query,
    Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement,
    TableFactor, TableWithJoins, Value, VisitMut, VisitorMut,
    helpers::attached_token::AttachedToken,
};

use super::expr;

/// Databases that every MySQL server has: their tables keep their qualifier.
pub(crate) const SYSTEM_SCHEMAS: [&str; 4] =
    ["information_schema", "performance_schema", "mysql", "sys"];

/// Names the client's `?` in order: `:v1`, `:v2`, ….
pub(crate) fn number_placeholders(statement: &mut Statement) {
    struct Number(usize);
    impl VisitorMut for Number {
        type Break = ();
        fn pre_visit_value(&mut self, value: &mut ast::ValueWithSpan) -> ControlFlow<()> {
            if let Value::Placeholder(name) = &mut value.value
                && name == "?"
            {
                self.0 += 1;
                *name = format!(":v{}", self.0);
            }
            ControlFlow::Continue(())
        }
    }
    let _ = VisitMut::visit(statement, &mut Number(0));
}

/// As [`number_placeholders`], for an expression that stands alone.
pub(crate) fn first_placeholder(mut expr: Expr) -> Expr {
    if let Expr::Value(value) = &mut expr
        && let Value::Placeholder(name) = &mut value.value
        && name == "?"
    {
        *name = ":v1".to_owned();
    }
    expr
}

/// Returns the first words of a statement, to refuse it by name.
pub(crate) fn verb(statement: &Statement) -> String {
    let text = statement.to_string();
    text.split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" ")
}

struct Strip;

impl VisitorMut for Strip {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, .. } = factor {
            strip_name(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && parts.len() == 3
        {
            parts.remove(0);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(name),
                _,
            ) = item
            {
                strip_name(name);
            }
        }
        ControlFlow::Continue(())
    }
}

fn strip_name(name: &mut ObjectName) {
    if name.0.len() == 2
        && let ObjectNamePart::Identifier(first) = &name.0[0]
        && !SYSTEM_SCHEMAS
            .iter()
            .any(|s| first.value.eq_ignore_ascii_case(s))
    {
        name.0.remove(0);
    }
}

/// Takes keyspace qualifiers off table and column names.
pub(crate) fn strip_query(query: &mut Query) {
    let _ = VisitMut::visit(query, &mut Strip);
}

/// As [`strip_query`], for any statement.
pub(crate) fn strip_keyspaces(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Strip);
    match statement {
        Statement::Insert(insert) => {
            if let ast::TableObject::TableName(name) = &mut insert.table {
                strip_name(name);
            }
        }
        Statement::Delete(delete) => delete.tables.iter_mut().for_each(strip_name),
        _ => {}
    }
}

/// Takes keyspace qualifiers off an expression's columns and subqueries.
pub(crate) fn strip_expr(expr: &mut Expr) {
    let _ = VisitMut::visit(expr, &mut Strip);
}

/// Returns a SELECT of nothing from nowhere.
pub(crate) fn blank_select() -> Select {
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: Vec::new(),
        exclude: None,
        into: None,
        from: Vec::new(),
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}

/// Returns a query made of a SELECT and what follows it.
pub(crate) fn query_of(
    select: Select,
    order_by: Vec<ast::OrderByExpr>,
    limit_clause: Option<ast::LimitClause>,
    locks: Vec<LockClause>,
) -> Query {
    let order_by = (!order_by.is_empty()).then_some(ast::OrderBy {
        kind: ast::OrderByKind::Expressions(order_by),
        interpolate: None,
    });
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by,
        limit_clause,
        fetch: None,
        locks,
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

/// Returns a table reference of one plain name, with an alias where the statement knows it by another.
pub(crate) fn table_factor(name: &str, alias: Option<&str>) -> TableFactor {
    named_factor(expr::object_name(name), alias)
}

fn named_factor(name: ObjectName, alias: Option<&str>) -> TableFactor {
    TableFactor::Table {
        name,
        alias: alias.map(|alias| ast::TableAlias {
            explicit: true,
            name: expr::ident(alias),
            columns: Vec::new(),
            at: None,
        }),
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

/// Returns a FROM element of one table.
pub(crate) fn from_table(factor: TableFactor) -> TableWithJoins {
    TableWithJoins {
        relation: factor,
        joins: Vec::new(),
    }
}

/// Returns `FOR UPDATE`.
pub(crate) fn for_update() -> LockClause {
    LockClause {
        lock_type: LockType::Update,
        of: None,
        nonblock: None,
    }
}

/// Returns `LOCK IN SHARE MODE`.
pub(crate) fn share_lock() -> LockClause {
    LockClause {
        lock_type: LockType::Share,
        of: None,
        nonblock: None,
    }
}

/// Returns `select from, to from table where from in ::from`: what a lookup vindex asks.
pub(crate) fn lookup_query(table: &str, from: &str, to: &str) -> Query {
    let mut select = blank_select();
    let name = table
        .split('.')
        .map(|part| ObjectNamePart::Identifier(expr::ident(part.trim_matches('`'))));
    select.projection = [from, to]
        .iter()
        .map(|column| SelectItem::UnnamedExpr(expr::column(None, column)))
        .collect();
    select.from = vec![from_table(named_factor(ObjectName(name.collect()), None))];
    select.selection = Some(Expr::InList {
        expr: Box::new(expr::column(None, from)),
        list: vec![expr::placeholder(&format!(":{from}"))],
        negated: false,
    });
    query_of(select, Vec::new(), None, Vec::new())
}

/// Returns the query that gives the columns of `query` and no rows: every WHERE is `1 != 1`, and ORDER BY, LIMIT and
/// locks are gone.
pub(crate) fn field_query(query: &Query) -> Query {
    let mut query = query.clone();
    empty(&mut query);
    query
}

fn empty(query: &mut Query) {
    query.order_by = None;
    query.limit_clause = None;
    query.locks = Vec::new();
    empty_body(&mut query.body);
}

fn empty_body(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => {
            select.selection = Some(expr::never());
            select.having = None;
            select.distinct = None;
            for from in &mut select.from {
                empty_factor(&mut from.relation);
                from.joins
                    .iter_mut()
                    .for_each(|join| empty_factor(&mut join.relation));
            }
        }
        SetExpr::Query(query) => empty(query),
        SetExpr::SetOperation { left, right, .. } => {
            empty_body(left);
            empty_body(right);
        }
        _ => {}
    }
}

fn empty_factor(factor: &mut TableFactor) {
    match factor {
        TableFactor::Derived { subquery, .. } => empty(subquery),
        TableFactor::NestedJoin {
            table_with_joins, ..
        } => {
            empty_factor(&mut table_with_joins.relation);
            table_with_joins
                .joins
                .iter_mut()
                .for_each(|join| empty_factor(&mut join.relation));
        }
        _ => {}
    }
}

/// Returns the name that MySQL gives an unnamed result column: a column's own, else the text of the expression.
pub(crate) fn result_name(item: &Expr) -> String {
    match expr::as_column(item) {
        Some(column) => column.name,
        None => crate::router::plan::explain::print_expr(item),
    }
}

/// Returns the identifier of an alias that keeps a name.
pub(crate) fn alias(name: &str) -> Ident {
    expr::ident(name)
}
