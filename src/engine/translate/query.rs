//! Queries: SELECT, set operations, WITH, VALUES, ORDER BY and LIMIT.
//!
//! Every query gives its columns the names `c1`, `c2`, …; the names that a client sees travel beside the text.

use crate::engine::error;
use crate::engine::types::{Family, Type};
use crate::sql::SqlError;
use crate::sql::ast::{
    self, Distinct, Expr, GroupByExpr, LimitClause, OrderByKind, Query, Select, SelectItem, SetExpr,
};
use crate::value::Value;

use super::compound::Branch;
use super::order::{literal_position, position_text, projected};
use super::{AggregateUse, Code, Node, Scope, ScopeColumn, ScopeTable, Shown, Translator};

/// A translated query.
#[derive(Debug, Clone)]
pub(in crate::engine) struct QueryText {
    /// SQLite text.
    pub(in crate::engine) text: String,
    /// Result columns.
    pub(in crate::engine) columns: Vec<QueryColumn>,
    /// Whether its form allows no second row.
    pub(in crate::engine) at_most_one: bool,
}

/// A result column.
#[derive(Debug, Clone)]
pub(in crate::engine) struct QueryColumn {
    /// The name a client sees.
    pub(in crate::engine) name: String,
    /// Its type.
    pub(in crate::engine) ty: Type,
}

impl QueryText {
    /// The result columns as expressions over the query under an alias.
    pub(super) fn nodes(&self, alias: &str) -> Vec<Node> {
        let node = |(position, column): (usize, &QueryColumn)| {
            Node::sql(format!("{alias}.c{}", position + 1), column.ty.clone())
        };
        self.columns.iter().enumerate().map(node).collect()
    }

    /// The result columns as a table's columns, perhaps renamed.
    pub(super) fn scope_columns(
        &self,
        alias: &str,
        names: &[String],
    ) -> Result<Vec<ScopeColumn>, SqlError> {
        if !names.is_empty() && names.len() != self.columns.len() {
            return Err(SqlError::new(
                1353,
                "HY000",
                "In definition of view, derived table or common table expression, SELECT list and column names list have different column counts",
            ));
        }
        let mut columns: Vec<ScopeColumn> = Vec::with_capacity(self.columns.len());
        for (position, column) in self.columns.iter().enumerate() {
            let name = names.get(position).unwrap_or(&column.name).clone();
            if columns
                .iter()
                .any(|known| known.name.eq_ignore_ascii_case(&name))
            {
                return Err(SqlError::new(
                    1060,
                    "42S21",
                    format!("Duplicate column name '{name}'"),
                ));
            }
            let ty = Type {
                strength: column
                    .ty
                    .strength
                    .min(crate::engine::types::Strength::Implicit),
                ..column.ty.clone()
            };
            let ty = if ty.family() == Family::Text {
                ty
            } else {
                column.ty.clone()
            };
            columns.push(ScopeColumn {
                name,
                node: Node::sql(format!("{alias}.c{}", position + 1), ty),
                shown: Shown::Always,
            });
        }
        Ok(columns)
    }
}

impl Translator<'_> {
    /// Translates a query that stands inside an expression.
    pub(super) fn subquery(&mut self, query: &Query) -> Result<QueryText, SqlError> {
        let (clause, aggregates) = (self.clause, self.aggregates);
        let translated = self.query(query);
        (self.clause, self.aggregates) = (clause, aggregates);
        translated
    }

    /// Translates a query.
    ///
    /// # Errors
    /// Unknown names, and what the engine does not do.
    pub(in crate::engine) fn query(&mut self, query: &Query) -> Result<QueryText, SqlError> {
        if query.fetch.is_some()
            || query.for_clause.is_some()
            || query.settings.is_some()
            || !query.pipe_operators.is_empty()
        {
            return Err(SqlError::unsupported(format!("clause of query {query}")));
        }
        let known = self.ctes.len();
        // Tables that a query reads are no targets of the statement around it.
        let targets = std::mem::take(&mut self.targets);
        let with = query
            .with
            .as_ref()
            .map(|with| self.with(with))
            .transpose()?
            .unwrap_or_default();
        let mut translated = self.query_body(query)?;
        let limit = query
            .limit_clause
            .as_ref()
            .map(|limit| self.limit(limit))
            .transpose()?
            .unwrap_or_default();
        self.ctes.truncate(known);
        self.targets = targets;
        translated.at_most_one |= matches!(query.limit_clause, Some(LimitClause::LimitOffset { limit: Some(ref limit), .. }) if limit.to_string() == "1");
        translated.text = format!("{with}{}{limit}", translated.text);
        Ok(translated)
    }

    fn query_body(&mut self, query: &Query) -> Result<QueryText, SqlError> {
        let order: &[ast::OrderByExpr] = match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(items)) => items,
            Some(OrderByKind::All(_)) => return Err(SqlError::unsupported("ORDER BY ALL")),
            None => &[],
        };
        if let SetExpr::Select(select) = &*query.body {
            let branch = self.select(select, order)?;
            return self.print(branch);
        }
        let mut inner = self.set_expr(&query.body)?;
        if order.is_empty() && query.limit_clause.is_none() {
            return Ok(inner);
        }
        let alias = self.alias("s");
        let names: Vec<ScopeColumn> = inner
            .columns
            .iter()
            .enumerate()
            .map(|(position, column)| ScopeColumn {
                name: column.name.clone(),
                node: Node::sql(format!("{alias}.c{}", position + 1), column.ty.clone()),
                shown: Shown::Always,
            })
            .collect();
        let outputs: Vec<(String, Node)> = names
            .iter()
            .map(|column| (column.name.clone(), column.node()))
            .collect();
        self.push_scope(Scope::of(ScopeTable {
            name: String::new(),
            keyspace: None,
            alias: alias.clone(),
            columns: names,
        }));
        let ordered = self.order(order, &[], &outputs);
        self.pop_scope();
        inner.text = format!("SELECT * FROM ({}) AS {alias}{}", inner.text, ordered?);
        Ok(inner)
    }

    pub(super) fn set_expr(&mut self, body: &SetExpr) -> Result<QueryText, SqlError> {
        match body {
            SetExpr::Query(inner) => self.query(inner),
            SetExpr::Select(select) => {
                let branch = self.select(select, &[])?;
                self.print(branch)
            }
            SetExpr::SetOperation { .. } => self.set_operation(body),
            SetExpr::Values(values) => self.values(
                &values
                    .rows
                    .iter()
                    .map(|row| &row.content[..])
                    .collect::<Vec<_>>(),
            ),
            SetExpr::Table(table) => {
                let name = crate::sql::TableName {
                    keyspace: table.schema_name.clone(),
                    name: table.table_name.clone().unwrap_or_default(),
                };
                self.push_scope(Scope::default());
                let target = self.target(&name, None);
                let scope = self.pop_scope().unwrap_or_default();
                let target = target?;
                let columns = star(&scope, None)?;
                let tail = format!(
                    " FROM {} AS {}",
                    super::quote(&target.physical),
                    target.alias
                );
                self.print(Branch {
                    distinct: false,
                    columns,
                    tail,
                    order: String::new(),
                    at_most_one: false,
                })
            }
            other => Err(SqlError::unsupported(format!("query {other}"))),
        }
    }

    /// `VALUES ROW(…), …`.
    fn values(&mut self, rows: &[&[Expr]]) -> Result<QueryText, SqlError> {
        let mut branches = Vec::new();
        for row in rows {
            let mut columns = Vec::new();
            for (position, expr) in row.iter().enumerate() {
                columns.push((format!("column_{position}"), self.expr(expr)?));
            }
            branches.push((
                "UNION ALL",
                Branch {
                    distinct: false,
                    columns,
                    tail: String::new(),
                    order: String::new(),
                    at_most_one: rows.len() == 1,
                },
            ));
        }
        self.compound(branches)
    }

    pub(super) fn select(
        &mut self,
        select: &Select,
        order: &[ast::OrderByExpr],
    ) -> Result<Branch, SqlError> {
        if select.into.is_some() {
            return Err(SqlError::unsupported("SELECT … INTO"));
        }
        if select.top.is_some()
            || !select.lateral_views.is_empty()
            || select.qualify.is_some()
            || select.prewhere.is_some()
        {
            return Err(SqlError::unsupported(format!("clause of {select}")));
        }
        self.push_scope(Scope::default());
        let outer = std::mem::replace(&mut self.aggregates, AggregateUse::Refused);
        let branch = self.select_in_scope(select, order);
        self.aggregates = outer;
        self.pop_scope();
        branch
    }

    fn select_in_scope(
        &mut self,
        select: &Select,
        order: &[ast::OrderByExpr],
    ) -> Result<Branch, SqlError> {
        self.enter("from clause");
        let from = self.from(&select.from)?;
        let mut tail = if from.is_empty() {
            String::new()
        } else {
            format!(" FROM {from}")
        };
        self.enter("where clause");
        let mut filter = select
            .selection
            .as_ref()
            .map(|expr| self.condition(expr))
            .transpose()?;
        self.enter("field list");
        self.aggregates = AggregateUse::Allowed;
        let mut columns = Vec::new();
        for item in &select.projection {
            self.projection(item, &mut columns)?;
        }
        let aliases: Vec<(String, Node)> = select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
                _ => None,
            })
            .filter_map(|alias| columns.iter().find(|(name, _)| *name == alias).cloned())
            .collect();
        self.innermost().aliases = aliases;
        let group = self.group_by(&select.group_by, &select.projection, &columns)?;
        let listed = self.aggregates == AggregateUse::Met;
        self.enter("having clause");
        let having = select
            .having
            .as_ref()
            .map(|expr| self.condition(expr))
            .transpose()?;
        let windows = self.windows(&select.named_window)?;
        self.enter("order clause");
        let order = self.order(order, &select.projection, &columns)?;
        let aggregated = self.aggregates == AggregateUse::Met;
        let grouped = !group.is_empty() || aggregated;
        if let Some(having) = having.as_ref().filter(|_| !grouped) {
            filter = Some(match filter {
                Some(filter) => format!("({filter} AND {having})"),
                None => having.clone(),
            });
        }
        if let Some(filter) = filter {
            tail.push_str(&format!(" WHERE {filter}"));
        }
        if !group.is_empty() {
            tail.push_str(&format!(" GROUP BY {}", group.join(", ")));
        }
        // SQLite takes HAVING for a filter of groups only where the list aggregates or rows are grouped.
        if having.is_some() && group.is_empty() && grouped && !listed {
            tail.push_str(" GROUP BY NULL");
        }
        if let Some(having) = having.filter(|_| grouped) {
            tail.push_str(&format!(" HAVING {having}"));
        }
        tail.push_str(&windows);
        let distinct = matches!(select.distinct, Some(Distinct::Distinct));
        let at_most_one = (aggregated && group.is_empty()) || select.from.is_empty();
        Ok(Branch {
            distinct,
            columns,
            tail,
            order,
            at_most_one,
        })
    }

    fn projection(
        &mut self,
        item: &SelectItem,
        columns: &mut Vec<(String, Node)>,
    ) -> Result<(), SqlError> {
        match item {
            SelectItem::UnnamedExpr(expr) => columns.push((column_name(expr), self.expr(expr)?)),
            SelectItem::ExprWithAlias { expr, alias } => {
                columns.push((alias.value.clone(), self.expr(expr)?))
            }
            SelectItem::Wildcard(_) => {
                let scope = self.innermost();
                if scope.tables.is_empty() {
                    return Err(SqlError::new(1096, "HY000", "No tables used"));
                }
                columns.extend(star(scope, None)?);
            }
            SelectItem::QualifiedWildcard(
                ast::SelectItemQualifiedWildcardKind::ObjectName(name),
                _,
            ) => {
                let table = crate::sql::TableName::from_object(name)
                    .ok_or_else(|| SqlError::syntax(format!("bad table name {name}")))?;
                columns.extend(star(self.innermost(), Some(&table))?);
            }
            other => return Err(SqlError::unsupported(format!("select expression {other}"))),
        }
        Ok(())
    }

    fn group_by(
        &mut self,
        group: &GroupByExpr,
        projection: &[SelectItem],
        columns: &[(String, Node)],
    ) -> Result<Vec<String>, SqlError> {
        let GroupByExpr::Expressions(items, modifiers) = group else {
            return Err(SqlError::unsupported("GROUP BY ALL"));
        };
        if !modifiers.is_empty() {
            return Err(SqlError::unsupported("WITH ROLLUP"));
        }
        self.enter("group statement");
        let mut texts = Vec::new();
        for item in items {
            if let Some(position) = literal_position(item) {
                let column = columns.get(position.wrapping_sub(1));
                let (_, node) = column.ok_or_else(|| {
                    error::unknown_column(&position.to_string(), "group statement")
                })?;
                texts.push(position_text(position, &node.ty));
                continue;
            }
            if let Some(position) = projected(item, projection, columns.len()) {
                texts.push(position_text(position, &columns[position - 1].1.ty));
                continue;
            }
            let allowed = std::mem::replace(&mut self.aggregates, AggregateUse::Refused);
            let node = self.expr(item);
            self.aggregates = allowed;
            let node = node?;
            let text = match &node.code {
                Code::Literal(_) => "NULL".to_owned(),
                Code::Sql(_) => self.collated(&node),
            };
            texts.push(text);
        }
        Ok(texts)
    }
}

/// The columns of `*` or `t.*`.
fn star(
    scope: &Scope,
    table: Option<&crate::sql::TableName>,
) -> Result<Vec<(String, Node)>, SqlError> {
    let named = |columns: &[ScopeColumn], qualified: bool| -> Vec<(String, Node)> {
        let shown = |column: &&ScopeColumn| {
            column.shown == Shown::Always || (qualified && column.shown == Shown::Qualified)
        };
        columns
            .iter()
            .filter(shown)
            .map(|column| (column.name.clone(), column.node()))
            .collect()
    };
    let Some(table) = table else {
        let mut columns = named(&scope.merged, false);
        for table in &scope.tables {
            columns.extend(named(&table.columns, false));
        }
        return Ok(columns);
    };
    let fits = |known: &&ScopeTable| {
        known.name.eq_ignore_ascii_case(&table.name)
            && (table.keyspace.is_none()
                || known.keyspace.is_none()
                || known.keyspace == table.keyspace)
    };
    match scope.tables.iter().find(fits) {
        Some(known) => Ok(named(&known.columns, true)),
        None => Err(SqlError::new(
            1051,
            "42S02",
            format!("Unknown table '{table}'"),
        )),
    }
}

/// The name MySQL gives to an expression without an alias: a column's own name, a string's text, else as written.
fn column_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts
            .last()
            .map(|part| part.value.clone())
            .unwrap_or_default(),
        Expr::Value(value) => match crate::sql::literal::value_of(&value.value) {
            Some(Value::Text(text)) => text,
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}
