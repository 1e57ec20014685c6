//! ORDER BY and LIMIT.

use crate::engine::error;
use crate::engine::types::{Family, Type};
use crate::sql::SqlError;
use crate::sql::ast::{self, Expr, LimitClause, SelectItem};
use crate::value::Value;

use super::from::bare_name;
use super::{Code, Node, Translator};

impl Translator<'_> {
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
}

/// A literal integer, as ORDER BY and GROUP BY use for positions.
pub(super) fn literal_position(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(value) => match &value.value {
            ast::Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// The position of an expression that the select list holds too (1-based); only while no star shifts positions.
pub(super) fn projected(expr: &Expr, projection: &[SelectItem], columns: usize) -> Option<usize> {
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

pub(super) fn position_text(position: usize, ty: &Type) -> String {
    match ty.family() {
        Family::Text => format!("{position} COLLATE {}", ty.collation.sqlite_name()),
        Family::Json => format!("{position} COLLATE json"),
        _ => position.to_string(),
    }
}
