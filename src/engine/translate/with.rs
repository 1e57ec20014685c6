//! Common table expressions: WITH, and WITH RECURSIVE.

use crate::engine::types::{Family, Type};
use crate::sql::SqlError;
use crate::sql::ast::{self, Query, SetExpr, SetOperator, SetQuantifier};

use super::from::alias_columns;
use super::query::QueryText;
use super::{ScopeTable, Translator};

impl Translator<'_> {
    /// WITH: each common table expression becomes SQLite's, under a name of ours.
    pub(super) fn with(&mut self, with: &ast::With) -> Result<String, SqlError> {
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
