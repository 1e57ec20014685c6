//! What is finished above the routes: sort, limit, distinct, aggregates, projections, filters.
//!
//! Order, limits and equality of rows are decided here; values are computed by [`crate::engine`] in memory, through
//! [`super::evaluate`].

use std::collections::BTreeMap;

use crate::engine::Binds;
use crate::router::Error;
use crate::router::plan::{
    Aggregate, AggregateFunction, Distinct, Filter, Limit, Primitive, Projection, Sort, expr,
    finish_column,
};
use crate::sql::ast::{self, Expr};
use crate::value::{Field, ResultSet, Value};
use crate::vindex::BindValue;

use super::Run;
use super::scatter::{collation_of, cut, sort};

impl Run<'_, '_> {
    pub(crate) fn limit(&mut self, limit: &Limit, binds: &Binds) -> Result<ResultSet, Error> {
        let count = match &limit.count {
            Some(count) => self.row_count(count, binds)?,
            None => usize::MAX,
        };
        let offset = match &limit.offset {
            Some(offset) => self.row_count(offset, binds)?,
            None => 0,
        };
        let mut binds = binds.clone();
        let upper = u64::try_from(count.saturating_add(offset)).unwrap_or(u64::MAX);
        binds.insert(
            crate::router::plan::UPPER_LIMIT.to_owned(),
            BindValue::One(Value::Int(i64::try_from(upper).unwrap_or(i64::MAX))),
        );
        let mut rows = self.rows(&limit.input, &binds)?;
        rows.rows.drain(..offset.min(rows.rows.len()));
        rows.rows.truncate(count);
        Ok(rows)
    }

    pub(crate) fn sort(&mut self, plan: &Sort, binds: &Binds) -> Result<ResultSet, Error> {
        let mut rows = self.rows(&plan.input, binds)?;
        sort(&mut rows, &plan.keys);
        if let Some(columns) = plan.result_columns {
            cut(&mut rows, columns);
        }
        Ok(rows)
    }

    pub(crate) fn distinct(&mut self, plan: &Distinct, binds: &Binds) -> Result<ResultSet, Error> {
        let mut rows = self.rows(&plan.input, binds)?;
        let fields = rows.fields.clone();
        let mut seen: BTreeMap<Vec<Vec<u8>>, ()> = BTreeMap::new();
        rows.rows.retain(|row| {
            let key = row
                .iter()
                .zip(&fields)
                .map(|(value, field)| equality_key(value, field))
                .collect();
            seen.insert(key, ()).is_none()
        });
        Ok(rows)
    }

    pub(crate) fn projection(
        &mut self,
        plan: &Projection,
        binds: &Binds,
    ) -> Result<ResultSet, Error> {
        let rows = self.rows(&plan.input, binds)?;
        let plain: Option<Vec<usize>> = plan
            .expressions
            .iter()
            .map(|projected| (0..rows.fields.len()).find(|&at| projected.expr == finish_column(at)))
            .collect();
        if let Some(columns) = plain {
            let field = |(&at, projected): (&usize, &crate::router::plan::Projected)| Field {
                name: projected.alias.clone(),
                ..rows.fields[at].clone()
            };
            return Ok(ResultSet {
                fields: columns.iter().zip(&plan.expressions).map(field).collect(),
                rows: rows
                    .rows
                    .iter()
                    .map(|row| columns.iter().map(|&at| row[at].clone()).collect())
                    .collect(),
            });
        }
        let expressions: Vec<(Expr, String)> = plan
            .expressions
            .iter()
            .map(|p| (p.expr.clone(), p.alias.clone()))
            .collect();
        self.router
            .evaluator
            .compute(&rows, &expressions, None, binds)
    }

    pub(crate) fn filter(&mut self, plan: &Filter, binds: &Binds) -> Result<ResultSet, Error> {
        let rows = self.rows(&plan.input, binds)?;
        let all: Vec<(Expr, String)> = rows
            .fields
            .iter()
            .enumerate()
            .map(|(at, field)| (finish_column(at), field.name.clone()))
            .collect();
        let mut kept = self
            .router
            .evaluator
            .compute(&rows, &all, Some(&plan.predicate), binds)?;
        kept.fields.clone_from(&rows.fields);
        if let Some(columns) = plan.result_columns {
            cut(&mut kept, columns);
        }
        Ok(kept)
    }

    pub(crate) fn concatenate(
        &mut self,
        inputs: &[Primitive],
        binds: &Binds,
    ) -> Result<ResultSet, Error> {
        let mut all: Option<ResultSet> = None;
        for input in inputs {
            let rows = self.rows(input, binds)?;
            match &mut all {
                None => all = Some(rows),
                Some(so_far) if so_far.fields.len() != rows.fields.len() => {
                    return Err(Error::UnionColumns(so_far.fields.len(), rows.fields.len()));
                }
                Some(so_far) => so_far.rows.extend(rows.rows),
            }
        }
        Ok(all.unwrap_or_default())
    }

    /// Aggregates group by group; the input is sorted by the keys.
    pub(crate) fn aggregate(
        &mut self,
        plan: &Aggregate,
        binds: &Binds,
    ) -> Result<ResultSet, Error> {
        let rows = self.rows(&plan.input, binds)?;
        let mut select = crate::router::plan::blank_select();
        let mut fields = rows.fields.clone();
        for (at, field) in fields.iter_mut().enumerate().take(plan.columns) {
            let of = plan
                .aggregates
                .iter()
                .find(|aggregate| aggregate.column == at);
            let expr = match of {
                None => finish_column(at),
                Some(aggregate) => {
                    field.name.clone_from(&aggregate.alias);
                    call(aggregate.function, finish_column(at))
                }
            };
            select.projection.push(ast::SelectItem::UnnamedExpr(expr));
        }
        let keys: Vec<Expr> = plan.keys.iter().map(|&at| finish_column(at)).collect();
        select.group_by = ast::GroupByExpr::Expressions(keys, Vec::new());
        let mut groups = self.router.evaluator.select(&rows, select, binds)?;
        for (at, field) in groups.fields.iter_mut().enumerate() {
            field.name.clone_from(&fields[at].name);
        }
        let keys: Vec<crate::router::plan::SortKey> = plan
            .keys
            .iter()
            .map(|&column| crate::router::plan::SortKey {
                column,
                descending: false,
            })
            .collect();
        sort(&mut groups, &keys);
        if let Some(columns) = plan.result_columns {
            cut(&mut groups, columns);
        }
        Ok(groups)
    }
}

/// Returns the call that puts the parts of an aggregate together.
fn call(function: AggregateFunction, column: Expr) -> Expr {
    let plain = |name: &str| expr::call(name, Some(column.clone()), false);
    match function {
        // A sum of counts is a count: an integer, and 0 of nothing.
        AggregateFunction::SumCountStar | AggregateFunction::SumCount => {
            let sum = plain("sum");
            let zero = expr::call_with("coalesce", vec![sum, expr::number(0)]);
            expr::cast_signed(zero)
        }
        AggregateFunction::Sum => plain("sum"),
        AggregateFunction::Min => plain("min"),
        AggregateFunction::Max => plain("max"),
        AggregateFunction::AnyValue => plain("any_value"),
        AggregateFunction::CountStar => expr::call("count", None, false),
        AggregateFunction::Count => plain("count"),
        AggregateFunction::CountDistinct => expr::call("count", Some(column), true),
        AggregateFunction::SumDistinct => expr::call("sum", Some(column), true),
        AggregateFunction::GroupConcat => plain("group_concat"),
    }
}

/// Returns bytes that are equal where MySQL holds two cells of a column for equal.
fn equality_key(value: &Value, field: &Field) -> Vec<u8> {
    match value {
        Value::Null => vec![0],
        Value::Text(text) => {
            let mut key = vec![1];
            key.extend(crate::value::collation::fold(
                collation_of(Some(field)),
                text,
            ));
            key
        }
        Value::Decimal(_) => {
            let text = value.to_text().unwrap_or_default();
            let text = if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.')
            } else {
                &text
            };
            [&[2], text.as_bytes()].concat()
        }
        Value::Bytes(bytes) => [&[3], bytes.as_slice()].concat(),
        other => [&[4], other.to_bytes().unwrap_or_default().as_ref()].concat(),
    }
}
