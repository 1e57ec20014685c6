//! Names in a query: which column an identifier means, in which table, in this query or one around it.

use crate::engine::error;
use crate::sql::SqlError;

use super::{Node, Translator};

/// The tables that an expression may name, and the aliases of the select list.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Scope {
    /// Tables in FROM order.
    pub(in crate::engine) tables: Vec<ScopeTable>,
    /// Columns that NATURAL and USING joins merged: named without a table, and first in `*`.
    pub(in crate::engine) merged: Vec<ScopeColumn>,
    /// Aliases of the select list.
    pub(in crate::engine) aliases: Vec<(String, Node)>,
    /// Which wins where an alias and a column have the same name.
    pub(in crate::engine) aliases_first: bool,
}

/// A table in a scope.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ScopeTable {
    /// Name or alias as the statement knows it.
    pub(in crate::engine) name: String,
    /// The keyspace, where the statement may use it to qualify.
    pub(in crate::engine) keyspace: Option<String>,
    /// The alias in SQLite's text.
    pub(in crate::engine) alias: String,
    /// Columns in order.
    pub(in crate::engine) columns: Vec<ScopeColumn>,
}

/// A column in a scope.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ScopeColumn {
    /// Name as the statement knows it.
    pub(in crate::engine) name: String,
    /// What it stands for.
    pub(in crate::engine) node: Node,
    /// Whether `*` shows it.
    pub(in crate::engine) shown: Shown,
}

/// Where a star shows a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Shown {
    /// In `*` and in `t.*`.
    Always,
    /// In `t.*` alone: `*` shows the column into which a join merged it.
    Qualified,
    /// Nowhere: an invisible column.
    Never,
    /// Nowhere, and only a qualified name means it: columns of the row being inserted.
    Named,
}

impl ScopeColumn {
    /// The column as an expression.
    pub(in crate::engine) fn node(&self) -> Node {
        self.node.clone()
    }
}

impl ScopeTable {
    /// Tells whether the table has a column of that name.
    pub(in crate::engine) fn has_column(&self, name: &str) -> bool {
        let mut columns = self.columns.iter();
        columns.any(|column| column.name.eq_ignore_ascii_case(name))
    }
}

impl Scope {
    /// A scope of one table.
    pub(in crate::engine) fn of(table: ScopeTable) -> Self {
        Self {
            tables: vec![table],
            ..Self::default()
        }
    }

    fn find(&self, table: Option<(&str, Option<&str>)>, column: &str) -> Found {
        let mut found = Found::Nowhere;
        if table.is_none()
            && let Some(merged) = self
                .merged
                .iter()
                .find(|merged| merged.name.eq_ignore_ascii_case(column))
        {
            return Found::Once(merged.node());
        }
        for candidate in &self.tables {
            if let Some((name, keyspace)) = table {
                let keyspace_fits = match (keyspace, &candidate.keyspace) {
                    (Some(wanted), Some(known)) => wanted == known,
                    _ => true,
                };
                if !candidate.name.eq_ignore_ascii_case(name) || !keyspace_fits {
                    continue;
                }
            }
            let means = |known: &&ScopeColumn| {
                known.name.eq_ignore_ascii_case(column)
                    && (table.is_some() || known.shown != Shown::Named)
            };
            for known in candidate.columns.iter().filter(means) {
                found = match found {
                    Found::Nowhere => Found::Once(known.node()),
                    _ => return Found::Twice,
                };
            }
        }
        found
    }

    fn find_alias(&self, column: &str) -> Option<Node> {
        self.aliases
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(column))
            .map(|(_, node)| node.clone())
    }
}

enum Found {
    Nowhere,
    Once(Node),
    Twice,
}

impl Translator<'_> {
    /// Lets a column stand for another expression from here on: an assignment took effect.
    pub(in crate::engine) fn replace_column(&mut self, alias: &str, column: &str, node: Node) {
        let tables = self
            .scopes
            .iter_mut()
            .flat_map(|scope| &mut scope.tables)
            .filter(|table| table.alias == alias);
        for known in tables
            .flat_map(|table| &mut table.columns)
            .filter(|known| known.name.eq_ignore_ascii_case(column))
        {
            known.node = node.clone();
        }
    }

    /// The tables of the innermost scope by name, or all, in order.
    pub(in crate::engine) fn tables_named(&self, name: Option<&str>) -> Vec<&ScopeTable> {
        let tables = self.scopes.last().map(|scope| scope.tables.as_slice());
        let fits =
            |table: &&ScopeTable| name.is_none_or(|name| table.name.eq_ignore_ascii_case(name));
        tables.unwrap_or_default().iter().filter(fits).collect()
    }

    /// Finds a column by its name parts (`[[keyspace.]table.]column`), from the innermost scope outwards.
    ///
    /// # Errors
    /// 1054 and 1052.
    pub(super) fn column(&self, parts: &[&str]) -> Result<Node, SqlError> {
        let written = parts.join(".");
        let (table, column) = match parts {
            [column] => (None, *column),
            [table, column] => (Some((*table, None)), *column),
            [keyspace, table, column] => (Some((*table, Some(*keyspace))), *column),
            _ => return Err(error::unknown_column(&written, self.clause)),
        };
        for scope in self.scopes.iter().rev() {
            if table.is_none()
                && scope.aliases_first
                && let Some(node) = scope.find_alias(column)
            {
                return Ok(node);
            }
            match scope.find(table, column) {
                Found::Once(node) => return Ok(node),
                Found::Twice => return Err(error::ambiguous_column(&written, self.clause)),
                Found::Nowhere => {}
            }
            if table.is_none()
                && let Some(node) = scope.find_alias(column)
            {
                return Ok(node);
            }
        }
        Err(error::unknown_column(&written, self.clause))
    }
}
