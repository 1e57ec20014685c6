//! Set operations: UNION, EXCEPT and INTERSECT of branches whose columns are brought to common types.

use crate::engine::types::{Family, merge_all};
use crate::sql::SqlError;
use crate::sql::ast::{SetExpr, SetOperator, SetQuantifier};

use super::query::{QueryColumn, QueryText};
use super::{Node, Translator};

/// One SELECT of a set operation: its columns still as nodes, so that they can be brought to common types.
pub(super) struct Branch {
    pub(super) distinct: bool,
    pub(super) columns: Vec<(String, Node)>,
    /// Everything behind the select list.
    pub(super) tail: String,
    pub(super) order: String,
    pub(super) at_most_one: bool,
}

impl Translator<'_> {
    /// A chain of set operations of equal rank, types merged across all its branches.
    pub(super) fn set_operation(&mut self, body: &SetExpr) -> Result<QueryText, SqlError> {
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

    pub(super) fn branch(&mut self, body: &SetExpr) -> Result<Branch, SqlError> {
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

    pub(super) fn compound(
        &mut self,
        branches: Vec<(&str, Branch)>,
    ) -> Result<QueryText, SqlError> {
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
    pub(super) fn print(&mut self, branch: Branch) -> Result<QueryText, SqlError> {
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
            .map(|(name, node)| QueryColumn {
                name,
                ty: node.ty.passed_on(),
            })
            .collect();
        Ok(QueryText {
            text,
            columns,
            at_most_one: branch.at_most_one,
        })
    }
}
