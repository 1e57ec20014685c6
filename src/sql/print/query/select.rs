//! SELECT and what is built of it: set operations, WITH, VALUES, tables and joins.

use super::{Printer, Quoting};
use crate::sql::ast::{
    self, Cte, Distinct, Expr, GroupByExpr, GroupByWithModifier, Ident, Join, JoinConstraint,
    JoinOperator, LimitClause, LockClause, LockType, NamedWindowExpr, NonBlock, OptimizerHint,
    OptimizerHintStyle, OrderByExpr, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, TableAlias, TableFactor,
    TableIndexHintForClause, TableIndexHintType, TableIndexHints, TableVersion, TableWithJoins,
    Value, Values, With,
};
use crate::sql::name::vindex_hint;

impl Printer {
    pub(super) fn query(&mut self, query: &Query) {
        if let Some(with) = &query.with {
            self.with(with);
        }
        self.set_expr(&query.body, false);
        if let Some(order_by) = &query.order_by
            && let OrderByKind::Expressions(exprs) = &order_by.kind
        {
            self.order_by(exprs);
        }
        if let Some(limit) = &query.limit_clause {
            self.limit_clause(limit);
        }
        for lock in &query.locks {
            self.lock(lock);
        }
    }

    fn with(&mut self, with: &With) {
        self.word(if with.recursive {
            "with recursive "
        } else {
            "with "
        });
        for (index, cte) in with.cte_tables.iter().enumerate() {
            // vtgate prints a space before the comma, too.
            self.word(if index > 0 { ", " } else { "" });
            self.cte(cte);
            self.word(" ");
        }
    }

    fn cte(&mut self, cte: &Cte) {
        self.ident(&cte.alias.name);
        if !cte.alias.columns.is_empty() {
            self.word("(");
            self.idents(cte.alias.columns.iter().map(|column| &column.name));
            self.word(")");
        }
        self.word(" as (");
        self.query(&cte.query);
        self.word(")");
    }

    /// Prints a query's body; `operand` says that it stands beside a set operator.
    fn set_expr(&mut self, body: &SetExpr, operand: bool) {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) if operand || !is_bare(query) => {
                self.word("(");
                self.query(query);
                self.word(")");
            }
            // Parentheses around a whole query say nothing.
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                self.set_operand(left);
                self.word(match op {
                    SetOperator::Union => " union ",
                    SetOperator::Except | SetOperator::Minus => " except ",
                    SetOperator::Intersect => " intersect ",
                });
                match set_quantifier {
                    SetQuantifier::All => self.word("all "),
                    // DISTINCT is what a set operator does anyway.
                    SetQuantifier::Distinct
                    | SetQuantifier::None
                    | SetQuantifier::ByName
                    | SetQuantifier::AllByName
                    | SetQuantifier::DistinctByName => {}
                }
                self.set_operand(right);
            }
            SetExpr::Values(values) => self.values(values),
            other => self.raw(&other.to_string()),
        }
    }

    /// Prints a side of a set operator: a plain select loses its parentheses.
    fn set_operand(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Query(query) if is_plain_select(query) => self.set_expr(&query.body, true),
            _ => self.set_expr(body, true),
        }
    }

    fn values(&mut self, values: &Values) {
        self.word("values ");
        let row = if values.explicit_row { "row(" } else { "(" };
        self.list(&values.rows, |printer, exprs| {
            printer.word(row);
            printer.exprs(&exprs.content);
            printer.word(")");
        });
    }

    pub(super) fn select(&mut self, select: &Select) {
        self.word("select ");
        self.hints(&select.optimizer_hints);
        if matches!(select.distinct, Some(Distinct::Distinct)) {
            self.word("distinct ");
        }
        if let Some(modifiers) = &select.select_modifiers {
            for (said, word) in [
                (modifiers.high_priority, "high_priority "),
                (modifiers.straight_join, "straight_join "),
                (modifiers.sql_small_result, "sql_small_result "),
                (modifiers.sql_big_result, "sql_big_result "),
                (modifiers.sql_buffer_result, "sql_buffer_result "),
                (modifiers.sql_no_cache, "sql_no_cache "),
                (modifiers.sql_calc_found_rows, "sql_calc_found_rows "),
            ] {
                if said {
                    self.word(word);
                }
            }
        }
        self.list(&select.projection, Self::select_item);
        match (select.from.is_empty(), self.quoting) {
            // vtgate says where no table is; MySQL leaves it out of views.
            (true, Quoting::Needed | Quoting::Canonical) => {
                self.word(" from ");
                self.raw("dual");
            }
            (true, Quoting::Always) => {}
            (false, _) => self.word(" from "),
        }
        self.tables(&select.from);
        if let Some(condition) = &select.selection {
            self.word(" where ");
            self.expr(condition);
        }
        self.group_by(&select.group_by);
        if let Some(condition) = &select.having {
            self.word(" having ");
            self.expr(condition);
        }
        if !select.named_window.is_empty() {
            self.word(" window ");
            self.list(&select.named_window, |printer, window| {
                printer.ident(&window.0);
                printer.word(" as ");
                match &window.1 {
                    NamedWindowExpr::NamedWindow(name) => printer.ident(name),
                    NamedWindowExpr::WindowSpec(spec) => printer.window_spec(spec),
                }
            });
        }
    }

    pub(super) fn hints(&mut self, hints: &[OptimizerHint]) {
        for hint in hints {
            if hint.style == OptimizerHintStyle::MultiLine {
                self.raw(&format!("/*{}+{}*/ ", hint.prefix, hint.text));
            }
        }
    }

    pub(super) fn select_item(&mut self, item: &SelectItem) {
        match item {
            SelectItem::UnnamedExpr(expr) => self.expr(expr),
            SelectItem::ExprWithAlias { expr, alias } => {
                self.expr(expr);
                self.word(" as ");
                self.ident(alias);
            }
            SelectItem::Wildcard(_) => self.word("*"),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                self.object(name);
                self.word(".*");
            }
            other => self.raw(&other.to_string()),
        }
    }

    fn group_by(&mut self, group_by: &GroupByExpr) {
        let GroupByExpr::Expressions(exprs, modifiers) = group_by else {
            return;
        };
        if exprs.is_empty() {
            return;
        }
        self.word(" group by ");
        self.exprs(exprs);
        if modifiers
            .iter()
            .any(|modifier| matches!(modifier, GroupByWithModifier::Rollup))
        {
            self.word(" with rollup");
        }
    }

    pub(super) fn order_by(&mut self, exprs: &[OrderByExpr]) {
        if exprs.is_empty() {
            return;
        }
        self.word(" order by ");
        self.list(exprs, Self::order);
    }

    pub(super) fn order(&mut self, order: &OrderByExpr) {
        self.expr(&order.expr);
        if is_undirected(&order.expr) {
            return;
        }
        let descending = matches!(order.options.sort, Some(ast::OrderBySort::Desc));
        self.word(if descending { " desc" } else { " asc" });
    }

    fn limit_clause(&mut self, limit: &LimitClause) {
        let (offset, limit) = match limit {
            LimitClause::LimitOffset { limit, offset, .. } => {
                (offset.as_ref().map(|offset| &offset.value), limit.as_ref())
            }
            LimitClause::OffsetCommaLimit { offset, limit } => (Some(offset), Some(limit)),
        };
        let Some(limit) = limit else { return };
        self.word(" limit ");
        if let Some(offset) = offset {
            self.expr(offset);
            self.word(", ");
        }
        self.expr(limit);
    }

    fn lock(&mut self, lock: &LockClause) {
        self.word(match lock.lock_type {
            LockType::Share => " for share",
            LockType::Update => " for update",
        });
        if let Some(table) = &lock.of {
            self.word(" of ");
            self.object(table);
        }
        match lock.nonblock {
            Some(NonBlock::Nowait) => self.word(" nowait"),
            Some(NonBlock::SkipLocked) => self.word(" skip locked"),
            None => {}
        }
    }

    pub(super) fn tables(&mut self, tables: &[TableWithJoins]) {
        self.list(tables, Self::table_with_joins);
    }

    pub(super) fn table_with_joins(&mut self, table: &TableWithJoins) {
        self.table_factor(&table.relation);
        for join in &table.joins {
            self.join(join);
        }
    }

    fn join(&mut self, join: &Join) {
        let (words, constraint) = match &join.join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::CrossJoin(constraint) => ("join", constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                ("left join", constraint)
            }
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                ("right join", constraint)
            }
            JoinOperator::StraightJoin(constraint) => ("straight_join", constraint),
            _ => {
                self.raw(&join.to_string());
                return;
            }
        };
        self.word(if matches!(constraint, JoinConstraint::Natural) {
            " natural "
        } else {
            " "
        });
        self.word(words);
        self.word(" ");
        self.table_factor(&join.relation);
        match constraint {
            JoinConstraint::On(condition) => {
                self.word(" on ");
                self.expr(condition);
            }
            JoinConstraint::Using(columns) => {
                self.word(" using (");
                self.list(columns, Self::object);
                self.word(")");
            }
            JoinConstraint::Natural | JoinConstraint::None => {}
        }
    }

    fn table_factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                partitions,
                version,
                index_hints,
                args: None,
                ..
            } => {
                match name.0.as_slice() {
                    [
                        ast::ObjectNamePart::Identifier(Ident {
                            value,
                            quote_style: None,
                            ..
                        }),
                    ] if value.eq_ignore_ascii_case("dual") => {
                        self.raw("dual");
                    }
                    _ => self.object(name),
                }
                if !partitions.is_empty() {
                    self.word(" partition (");
                    self.idents(partitions);
                    self.word(")");
                }
                if let Some(TableVersion::ForSystemTimeAsOf(revision)) = version {
                    self.word(" as of ");
                    self.expr(revision);
                }
                self.alias(alias.as_ref());
                for hint in index_hints {
                    self.index_hint(hint);
                }
            }
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                ..
            } => {
                self.word(if *lateral { "lateral (" } else { "(" });
                self.query(subquery);
                self.word(")");
                self.alias(alias.as_ref());
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                self.word("(");
                self.table_with_joins(table_with_joins);
                self.word(")");
                self.alias(alias.as_ref());
            }
            other => self.raw(&other.to_string()),
        }
    }

    fn alias(&mut self, alias: Option<&TableAlias>) {
        let Some(alias) = alias else { return };
        self.word(" as ");
        self.ident(&alias.name);
        if !alias.columns.is_empty() {
            self.word("(");
            self.idents(alias.columns.iter().map(|column| &column.name));
            self.word(")");
        }
    }

    fn index_hint(&mut self, hint: &TableIndexHints) {
        self.word(match hint.hint_type {
            TableIndexHintType::Use => " use ",
            TableIndexHintType::Ignore => " ignore ",
            TableIndexHintType::Force => " force ",
        });
        let vindexes = vindex_hint(hint);
        self.word(if vindexes.is_some() {
            "vindex "
        } else {
            "index "
        });
        self.word(match hint.for_clause {
            Some(TableIndexHintForClause::Join) => "for join ",
            Some(TableIndexHintForClause::OrderBy) => "for order by ",
            Some(TableIndexHintForClause::GroupBy) => "for group by ",
            None => "",
        });
        self.word("(");
        match vindexes {
            Some(names) => {
                let names: Vec<Ident> = names.into_iter().map(Ident::new).collect();
                self.idents(&names);
            }
            None => self.idents(&hint.index_names),
        }
        self.word(")");
    }
}

/// `ORDER BY NULL` and `ORDER BY RAND()` have no direction.
fn is_undirected(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_undirected(inner),
        Expr::Value(value) => value.value == Value::Null,
        Expr::Function(function) => function.name.to_string().eq_ignore_ascii_case("rand"),
        _ => false,
    }
}

/// Reports whether a query has nothing around its body.
fn is_bare(query: &Query) -> bool {
    query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.locks.is_empty()
}

fn is_plain_select(query: &Query) -> bool {
    is_bare(query) && matches!(*query.body, SetExpr::Select(_))
}
