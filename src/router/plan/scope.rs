//! Which table a column belongs to.
//!
//! A [`Scope`] holds the tables of one FROM clause, with the scope around it for correlated subqueries. A table whose
//! columns are all known decides for itself; one whose columns are not known may have any. Source: Vitess
//! `go/vt/vtgate/semantics/binder.go`.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::router::Error;
use crate::sql::ast::{Expr, Query, Visit, Visitor};

use super::expr::{ColumnName, as_column};
use super::table::Table;

/// Tables of one scope, by position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TableSet(pub(crate) u64);

impl TableSet {
    pub(crate) const LIMIT: usize = 64;

    pub(crate) fn one(position: usize) -> Self {
        Self(1 << position)
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn contains(self, position: usize) -> bool {
        self.0 & (1 << position) != 0
    }
}

/// What a name in FROM stands for.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Base(Arc<Table>),
    /// A derived table: names of its columns.
    Derived(Vec<String>),
}

/// A table of a scope.
#[derive(Debug, Clone)]
pub(crate) struct ScopeTable {
    /// The alias, or the name where there is none.
    pub(crate) name: String,
    /// The keyspace where the name was written without alias.
    pub(crate) keyspace: Option<String>,
    pub(crate) source: Source,
}

impl ScopeTable {
    fn has(&self, column: &str) -> Has {
        let (found, complete) = match &self.source {
            Source::Base(table) => (table.has_column(column), table.authoritative),
            Source::Derived(columns) => {
                (columns.iter().any(|c| c.eq_ignore_ascii_case(column)), true)
            }
        };
        match (found, complete) {
            (true, _) => Has::Yes,
            (false, true) => Has::No,
            (false, false) => Has::Perhaps,
        }
    }

    pub(crate) fn base(&self) -> Option<&Arc<Table>> {
        match &self.source {
            Source::Base(table) => Some(table),
            Source::Derived(_) => None,
        }
    }

    /// Names that `*` stands for, if they are known.
    pub(crate) fn visible_columns(&self) -> Option<Vec<String>> {
        match &self.source {
            Source::Base(table) => table.visible_columns(),
            Source::Derived(columns) => Some(columns.clone()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Has {
    Yes,
    No,
    Perhaps,
}

/// What an expression depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dependencies {
    /// Tables of this scope; for a column that several may have, all of them.
    pub(crate) tables: TableSet,
    /// A column of a scope around this one.
    pub(crate) outer: bool,
    /// A column that several tables may have: only a single route can decide.
    pub(crate) ambiguous: bool,
}

/// The tables of a FROM clause.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope<'a> {
    pub(crate) tables: Vec<ScopeTable>,
    pub(crate) parent: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn within(parent: Option<&'a Scope<'a>>) -> Self {
        Self {
            tables: Vec::new(),
            parent,
        }
    }

    /// Adds a table and returns its position.
    pub(crate) fn add(&mut self, table: ScopeTable) -> Result<usize, Error> {
        if self.tables.len() == TableSet::LIMIT {
            return Err(Error::unsupported(format!(
                "more than {} tables in a query",
                TableSet::LIMIT
            )));
        }
        let same_keyspace = |other: &ScopeTable| match (&other.keyspace, &table.keyspace) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        let taken = self
            .tables
            .iter()
            .any(|other| other.name == table.name && same_keyspace(other));
        if taken {
            return Err(Error::DuplicateTable(table.name));
        }
        self.tables.push(table);
        Ok(self.tables.len() - 1)
    }

    /// Returns the tables that a qualifier names.
    pub(crate) fn named(&self, keyspace: Option<&str>, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| {
            table.name.eq_ignore_ascii_case(name)
                && keyspace.is_none_or(|k| match (&table.keyspace, &table.source) {
                    (Some(written), _) => written == k,
                    (None, Source::Base(base)) => base.keyspace.name == k,
                    (None, Source::Derived(_)) => false,
                })
        })
    }

    /// Returns what a column depends on.
    ///
    /// # Errors
    /// When no table can have it, or when several surely do.
    pub(crate) fn column(&self, column: &ColumnName) -> Result<Dependencies, Error> {
        match self.find(column)? {
            Some(found) => Ok(found),
            None => match self.parent {
                Some(parent) => parent.column(column).map(|_| Dependencies {
                    outer: true,
                    ..Dependencies::default()
                }),
                None => Err(Error::UnknownColumn(match &column.table {
                    Some(table) => format!("{table}.{}", column.name),
                    None => column.name.clone(),
                })),
            },
        }
    }

    fn find(&self, column: &ColumnName) -> Result<Option<Dependencies>, Error> {
        if let Some(table) = &column.table {
            let Some(position) = self.named(column.keyspace.as_deref(), table) else {
                return Ok(None);
            };
            if self.tables[position].has(&column.name) == Has::No {
                return Err(Error::UnknownColumnOf {
                    column: column.name.clone(),
                    table: table.clone(),
                });
            }
            return Ok(Some(Dependencies {
                tables: TableSet::one(position),
                ..Dependencies::default()
            }));
        }
        let with = |wanted: Has| -> Vec<usize> {
            (0..self.tables.len())
                .filter(|&at| self.tables[at].has(&column.name) == wanted)
                .collect()
        };
        let candidates = match with(Has::Yes) {
            sure if !sure.is_empty() => sure,
            _ => with(Has::Perhaps),
        };
        match candidates.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(Dependencies {
                tables: TableSet::one(*one),
                ..Dependencies::default()
            })),
            several if self.tables[several[0]].has(&column.name) == Has::Yes => {
                Err(Error::AmbiguousColumn(column.name.clone()))
            }
            several => Ok(Some(Dependencies {
                tables: several
                    .iter()
                    .map(|&at| TableSet::one(at))
                    .fold(TableSet::default(), TableSet::union),
                outer: false,
                ambiguous: true,
            })),
        }
    }

    /// Returns what an expression depends on, its subqueries included.
    ///
    /// # Errors
    /// As [`Scope::column`] for any column outside subqueries.
    pub(crate) fn dependencies(&self, expr: &Expr) -> Result<Dependencies, Error> {
        let mut walk = Walk {
            scope: self,
            depth: 0,
            found: Dependencies::default(),
        };
        match Visit::visit(expr, &mut walk) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(walk.found),
        }
    }

    /// Returns the table and column that a column expression names, if it is one base table's.
    pub(crate) fn base_column(&self, expr: &Expr) -> Option<(usize, &Arc<Table>, String)> {
        let column = as_column(expr)?;
        let found = self.find(&column).ok()??;
        if found.ambiguous || found.tables.0.count_ones() != 1 {
            return None;
        }
        let position = found.tables.0.trailing_zeros() as usize;
        Some((position, self.tables[position].base()?, column.name))
    }
}

struct Walk<'a> {
    scope: &'a Scope<'a>,
    /// Queries entered: inside one, a column may be the query's own, so only a qualified name of this scope counts.
    depth: usize,
    found: Dependencies,
}

impl Visitor for Walk<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        if matches!(expr, Expr::Nested(_)) {
            return ControlFlow::Continue(());
        }
        let Some(column) = as_column(expr) else {
            return ControlFlow::Continue(());
        };
        if self.depth > 0 {
            if let Some(table) = &column.table
                && let Some(position) = self.scope.named(column.keyspace.as_deref(), table)
            {
                self.found.tables = self.found.tables.union(TableSet::one(position));
            }
            return ControlFlow::Continue(());
        }
        match self.scope.column(&column) {
            Ok(found) => {
                self.found.tables = self.found.tables.union(found.tables);
                self.found.outer |= found.outer;
                self.found.ambiguous |= found.ambiguous;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}
