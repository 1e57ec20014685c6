//! Queries: SELECT, set operations, WITH, VALUES, ORDER BY and LIMIT.
//!
//! Every query gives its columns the names `c1`, `c2`, …; the names that a client sees travel beside the text.

use crate::engine::error;
use crate::engine::types::{Family, Type, merge_all};
use crate::sql::SqlError;
use crate::sql::ast::{
    self, Distinct, Expr, GroupByExpr, LimitClause, OrderByKind, Query, Select, SelectItem,
    SetExpr, SetOperator, SetQuantifier,
};
use crate::value::Value;

use super::from::{alias_columns, bare_name};
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

/// One SELECT of a set operation: its columns still as nodes, so that they can be brought to common types.
struct Branch {
    distinct: bool,
    columns: Vec<(String, Node)>,
    /// Everything behind the select list.
    tail: String,
    order: String,
    at_most_one: bool,
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

    fn set_expr(&mut self, body: &SetExpr) -> Result<QueryText, SqlError> {
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

    /// A chain of set operations of equal rank, types merged across all its branches.
    fn set_operation(&mut self, body: &SetExpr) -> Result<QueryText, SqlError> {
        let mut chain = Vec::new();
        let mut current = body;
        while let SetExpr::SetOperation {
            left,
            op,
            set_quantifier,
            right,
        } = current
        {
            let all = matches!(set_quantifier, SetQuantifier::All);
            let word = match (op, all) {
                (SetOperator::Union, true) => "UNION ALL",
                (SetOperator::Union, false) => "UNION",
                (SetOperator::Intersect, false) => "INTERSECT",
                (SetOperator::Except | SetOperator::Minus, false) => "EXCEPT",
                _ => return Err(SqlError::unsupported(format!("{op} ALL"))),
            };
            chain.push((word, &**right));
            current = left;
        }
        chain.push(("UNION ALL", current));
        let mut branches = Vec::new();
        for (word, item) in chain.into_iter().rev() {
            branches.push((word, self.branch(item)?));
        }
        self.compound(branches)
    }

    fn branch(&mut self, body: &SetExpr) -> Result<Branch, SqlError> {
        if let SetExpr::Select(select) = body {
            return self.select(select, &[]);
        }
        let inner = self.set_expr(body)?;
        let alias = self.alias("s");
        let columns = inner
            .columns
            .iter()
            .map(|column| column.name.clone())
            .zip(inner.nodes(&alias))
            .collect();
        Ok(Branch {
            distinct: false,
            columns,
            tail: format!(" FROM ({}) AS {alias}", inner.text),
            order: String::new(),
            at_most_one: inner.at_most_one,
        })
    }

    fn compound(&mut self, branches: Vec<(&str, Branch)>) -> Result<QueryText, SqlError> {
        let width = branches
            .first()
            .map_or(0, |(_, branch)| branch.columns.len());
        if branches
            .iter()
            .any(|(_, branch)| branch.columns.len() != width)
        {
            return Err(SqlError::new(
                1222,
                "21000",
                "The used SELECT statements have a different number of columns",
            ));
        }
        let mut types = Vec::with_capacity(width);
        for position in 0..width {
            types.push(merge_all(
                branches
                    .iter()
                    .map(|(_, branch)| &branch.columns[position].1.ty),
            )?);
        }
        let at_most_one =
            branches.len() == 1 && branches.iter().all(|(_, branch)| branch.at_most_one);
        let mut text = String::new();
        let mut names = Vec::new();
        for (position, (word, mut branch)) in branches.into_iter().enumerate() {
            for ((_, node), ty) in branch.columns.iter_mut().zip(&types) {
                *node = self.coerce(node.clone(), ty)?;
            }
            if position == 0 {
                names = branch
                    .columns
                    .iter()
                    .map(|(name, _)| name.clone())
                    .collect();
            } else {
                text.push_str(&format!(" {word} "));
            }
            text.push_str(&self.print(branch)?.text);
        }
        let columns = names
            .into_iter()
            .zip(types)
            .map(|(name, ty)| QueryColumn { name, ty })
            .collect();
        Ok(QueryText {
            text,
            columns,
            at_most_one,
        })
    }

    /// Writes a branch as a SELECT.
    fn print(&mut self, branch: Branch) -> Result<QueryText, SqlError> {
        let mut list = Vec::with_capacity(branch.columns.len());
        for (position, (_, node)) in branch.columns.iter().enumerate() {
            let text = if node.ty.family() == Family::Text {
                self.collated(node)
            } else {
                self.emit(node)
            };
            list.push(format!("{text} AS c{}", position + 1));
        }
        let distinct = if branch.distinct { "DISTINCT " } else { "" };
        let text = format!(
            "SELECT {distinct}{}{}{}",
            list.join(", "),
            branch.tail,
            branch.order
        );
        let columns = branch
            .columns
            .into_iter()
            .map(|(name, node)| QueryColumn { name, ty: node.ty })
            .collect();
        Ok(QueryText {
            text,
            columns,
            at_most_one: branch.at_most_one,
        })
    }

    fn select(&mut self, select: &Select, order: &[ast::OrderByExpr]) -> Result<Branch, SqlError> {
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

    /// ORDER BY: positions and aliases of the select list first, then expressions.
    pub(in crate::engine) fn order(
        &mut self,
        order: &[ast::OrderByExpr],
        projection: &[SelectItem],
        columns: &[(String, Node)],
    ) -> Result<String, SqlError> {
        let mut texts = Vec::new();
        for item in order {
            if item.with_fill.is_some() || item.options.nulls_first.is_some() {
                return Err(SqlError::unsupported(format!("ORDER BY {item}")));
            }
            let descending = match item.options.sort {
                None | Some(ast::OrderBySort::Asc) => "",
                Some(ast::OrderBySort::Desc) => " DESC",
                Some(ast::OrderBySort::Using(_)) => {
                    return Err(SqlError::unsupported(format!("ORDER BY {item}")));
                }
            };
            let alias = bare_name(&item.expr).and_then(|name| {
                columns
                    .iter()
                    .position(|(known, _)| known.eq_ignore_ascii_case(name))
            });
            let position = match literal_position(&item.expr) {
                Some(position) if position == 0 || position > columns.len() => {
                    return Err(error::unknown_column(&position.to_string(), "order clause"));
                }
                Some(position) => Some(position),
                None => alias
                    .map(|position| position + 1)
                    .or_else(|| projected(&item.expr, projection, columns.len())),
            };
            let text = match position {
                Some(position) => position_text(position, &columns[position - 1].1.ty),
                None => {
                    let node = self.expr(&item.expr)?;
                    match &node.code {
                        Code::Literal(_) => continue,
                        Code::Sql(_) => self.collated(&node),
                    }
                }
            };
            texts.push(format!("{text}{descending}"));
        }
        Ok(if texts.is_empty() {
            String::new()
        } else {
            format!(" ORDER BY {}", texts.join(", "))
        })
    }

    /// LIMIT, from literals and bind variables.
    pub(in crate::engine) fn limit(&mut self, limit: &LimitClause) -> Result<String, SqlError> {
        let (limit, offset) = match limit {
            LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            } if limit_by.is_empty() => {
                (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
            }
            LimitClause::OffsetCommaLimit { offset, limit } => (Some(limit), Some(offset)),
            LimitClause::LimitOffset { .. } => return Err(SqlError::unsupported("LIMIT … BY")),
        };
        let mut text = format!(
            " LIMIT {}",
            limit.map_or(Ok(-1), |limit| self.count(limit))?
        );
        if let Some(offset) = offset {
            text.push_str(&format!(" OFFSET {}", self.count(offset)?));
        }
        Ok(text)
    }

    /// A row count: a literal or a bind variable.
    pub(in crate::engine) fn count(&mut self, expr: &Expr) -> Result<i64, SqlError> {
        let node = self.expr(expr)?;
        match node.value() {
            Some(Value::Int(count)) if *count >= 0 => Ok(*count),
            Some(Value::UInt(count)) => Ok(i64::try_from(*count).unwrap_or(i64::MAX)),
            _ => Err(SqlError::new(1210, "HY000", "Incorrect arguments to LIMIT")),
        }
    }

    /// WITH: each common table expression becomes SQLite's, under a name of ours.
    fn with(&mut self, with: &ast::With) -> Result<String, SqlError> {
        let mut parts = Vec::new();
        for cte in &with.cte_tables {
            let sql_name = self.alias("w");
            let names = alias_columns(&cte.alias);
            let recursive = with.recursive && references(&cte.query, &cte.alias.name.value);
            let query = if recursive {
                self.recursive(cte, &sql_name, &names)?
            } else {
                self.subquery(&cte.query)?
            };
            let columns = query.scope_columns("", &names)?;
            let list: Vec<String> = (1..=columns.len())
                .map(|position| format!("c{position}"))
                .collect();
            parts.push(format!(
                "{sql_name}({}) AS ({})",
                list.join(", "),
                query.text
            ));
            self.ctes.push(ScopeTable {
                name: cte.alias.name.value.clone(),
                keyspace: None,
                alias: sql_name,
                columns,
            });
        }
        let recursive = if with.recursive { "RECURSIVE " } else { "" };
        Ok(format!("WITH {recursive}{} ", parts.join(", ")))
    }

    /// A recursive expression: its columns have the types of the first branch.
    fn recursive(
        &mut self,
        cte: &ast::Cte,
        sql_name: &str,
        names: &[String],
    ) -> Result<QueryText, SqlError> {
        let SetExpr::SetOperation {
            left,
            op: SetOperator::Union,
            set_quantifier,
            right,
        } = &*cte.query.body
        else {
            return Err(SqlError::new(
                3574,
                "HY000",
                format!(
                    "Recursive Common Table Expression '{}' should have one or more non-recursive query blocks followed by one or more recursive ones",
                    cte.alias.name.value
                ),
            ));
        };
        if cte.query.order_by.is_some() {
            return Err(SqlError::unsupported(
                "ORDER BY in a recursive common table expression",
            ));
        }
        let mut first = self.set_expr(left)?;
        // A number may grow and a string lengthen in later rounds.
        for column in &mut first.columns {
            if column.ty.family() == Family::Integer {
                column.ty = Type {
                    column: Type::integer().column,
                    ..column.ty.clone()
                };
            }
        }
        let columns = first.scope_columns("", names)?;
        self.ctes.push(ScopeTable {
            name: cte.alias.name.value.clone(),
            keyspace: None,
            alias: sql_name.to_owned(),
            columns,
        });
        let branch = self.branch(right);
        self.ctes.pop();
        let mut branch = branch?;
        if branch.columns.len() != first.columns.len() {
            return Err(SqlError::new(
                1222,
                "21000",
                "The used SELECT statements have a different number of columns",
            ));
        }
        for ((_, node), column) in branch.columns.iter_mut().zip(&first.columns) {
            *node = self.coerce(node.clone(), &column.ty)?;
        }
        let word = if matches!(set_quantifier, SetQuantifier::All) {
            "UNION ALL"
        } else {
            "UNION"
        };
        let limit = cte
            .query
            .limit_clause
            .as_ref()
            .map(|limit| self.limit(limit))
            .transpose()?
            .unwrap_or_default();
        first.text = format!("{} {word} {}{limit}", first.text, self.print(branch)?.text);
        first.at_most_one = false;
        Ok(first)
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

/// A literal integer, as ORDER BY and GROUP BY use for positions.
fn literal_position(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(value) => match &value.value {
            ast::Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// The position of an expression that the select list holds too (1-based); only while no star shifts positions.
fn projected(expr: &Expr, projection: &[SelectItem], columns: usize) -> Option<usize> {
    if projection.len() != columns
        || bare_name(expr).is_some()
        || matches!(expr, Expr::CompoundIdentifier(_))
    {
        return None;
    }
    let same = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(known) | SelectItem::ExprWithAlias { expr: known, .. } => {
            known == expr
        }
        _ => false,
    };
    projection
        .iter()
        .position(same)
        .map(|position| position + 1)
}

fn position_text(position: usize, ty: &Type) -> String {
    match ty.family() {
        Family::Text => format!("{position} COLLATE {}", ty.collation.sqlite_name()),
        Family::Json => format!("{position} COLLATE json"),
        _ => position.to_string(),
    }
}

/// Tells whether a query names a table (it then is a recursive expression's own name).
fn references(query: &Query, name: &str) -> bool {
    use std::ops::ControlFlow;
    let visited = ast::visit_relations(query, |relation| {
        if crate::sql::TableName::from_object(relation)
            .is_some_and(|table| table.keyspace.is_none() && table.name.eq_ignore_ascii_case(name))
        {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    visited.is_break()
}
