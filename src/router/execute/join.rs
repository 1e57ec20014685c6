//! Nested-loop joins and subqueries: the right side runs once per row of the left, with the row's columns bound.

use std::collections::BTreeMap;

use crate::engine::Binds;
use crate::router::Error;
use crate::router::plan::{Join, JoinColumn, JoinKind, Pullout, SemiJoin, UncorrelatedSubquery};
use crate::value::{ResultSet, Value};
use crate::vindex::BindValue;

use super::Run;

/// Returns the binds with the row's columns bound.
fn with_row(binds: &Binds, vars: &BTreeMap<String, usize>, row: &[Value]) -> Binds {
    let mut all = binds.clone();
    for (name, column) in vars {
        all.insert(
            name.clone(),
            BindValue::One(row.get(*column).cloned().unwrap_or_default()),
        );
    }
    all
}

impl Run<'_, '_> {
    pub(crate) fn join(&mut self, join: &Join, binds: &Binds) -> Result<ResultSet, Error> {
        let left = self.rows(&join.left, binds)?;
        let mut result = ResultSet::default();
        let mut right_fields = None;
        for row in &left.rows {
            let right = self.rows(&join.right, &with_row(binds, &join.vars, row))?;
            for other in &right.rows {
                result.rows.push(joined(&join.columns, row, Some(other)));
            }
            if right.rows.is_empty() && join.kind == JoinKind::Left {
                result.rows.push(joined(&join.columns, row, None));
            }
            right_fields.get_or_insert(right.fields);
            if result.rows.len() > super::MAX_MEMORY_ROWS {
                return Err(Error::TooManyRows(super::MAX_MEMORY_ROWS));
            }
        }
        let right_fields = match right_fields {
            Some(fields) => fields,
            // Nothing on the left: the right is asked with NULLs, for its columns alone.
            None => {
                self.rows(&join.right, &with_row(binds, &join.vars, &[]))?
                    .fields
            }
        };
        for column in &join.columns {
            let field = match column {
                JoinColumn::Left(at) => left.fields.get(*at),
                JoinColumn::Right(at) => right_fields.get(*at),
            };
            result.fields.push(
                field
                    .cloned()
                    .ok_or_else(|| Error::Bug("a join without its column".into()))?,
            );
        }
        Ok(result)
    }

    pub(crate) fn semi_join(&mut self, join: &SemiJoin, binds: &Binds) -> Result<ResultSet, Error> {
        let mut left = self.rows(&join.left, binds)?;
        let mut kept = Vec::new();
        for row in std::mem::take(&mut left.rows) {
            if !self
                .rows(&join.right, &with_row(binds, &join.vars, &row))?
                .rows
                .is_empty()
            {
                kept.push(row);
            }
        }
        left.rows = kept;
        super::scatter::cut(&mut left, join.columns);
        Ok(left)
    }

    /// Runs a subquery and binds its result.
    pub(crate) fn pull_out(
        &mut self,
        plan: &UncorrelatedSubquery,
        binds: &Binds,
    ) -> Result<Binds, Error> {
        let rows = self.rows(&plan.subquery, binds)?;
        let mut binds = binds.clone();
        let found = !rows.rows.is_empty();
        let truth = |found: bool| BindValue::One(Value::Int(i64::from(found)));
        match &plan.pullout {
            Pullout::Exists { has_values } | Pullout::NotExists { has_values } => {
                binds.insert(has_values.clone(), truth(found));
                return Ok(binds);
            }
            Pullout::Value { .. } | Pullout::In { .. } | Pullout::NotIn { .. } => {}
        }
        if rows.fields.len() != 1 {
            return Err(Error::SubqueryColumns(1));
        }
        let mut values: Vec<Value> = rows
            .rows
            .into_iter()
            .filter_map(|row| row.into_iter().next())
            .collect();
        match &plan.pullout {
            Pullout::Value { result } => {
                if values.len() > 1 {
                    return Err(Error::SubqueryRows);
                }
                binds.insert(
                    result.clone(),
                    BindValue::One(values.pop().unwrap_or_default()),
                );
            }
            Pullout::In { has_values, result } | Pullout::NotIn { has_values, result } => {
                binds.insert(has_values.clone(), truth(found));
                // A list cannot be empty: `has_values` decides, the list is only there to be one.
                if values.is_empty() {
                    values.push(Value::Int(0));
                }
                binds.insert(result.clone(), BindValue::Many(values));
            }
            Pullout::Exists { .. } | Pullout::NotExists { .. } => {}
        }
        Ok(binds)
    }
}

fn joined(columns: &[JoinColumn], left: &[Value], right: Option<&Vec<Value>>) -> Vec<Value> {
    let cell = |column: &JoinColumn| match column {
        JoinColumn::Left(at) => left.get(*at).cloned().unwrap_or_default(),
        JoinColumn::Right(at) => right
            .and_then(|row| row.get(*at))
            .cloned()
            .unwrap_or_default(),
    };
    columns.iter().map(cell).collect()
}
