//! FROM: tables, derived tables and joins; what columns they bring into scope.

use crate::engine::error;
use crate::engine::types::Type;
use crate::sql::ast::{
    self, BinaryOperator, Expr, JoinConstraint, JoinOperator, TableFactor, TableWithJoins,
};
use crate::sql::ddl::{CreateTable, CreateView};
use crate::sql::{SqlError, TableName};

use super::scope::Shown;
use super::{Node, Scope, ScopeColumn, ScopeTable, Translator, quote};

/// A stored table that a statement reads or writes.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Target {
    /// Name or alias as the statement knows it.
    pub(in crate::engine) name: String,
    /// The alias in SQLite's text.
    pub(in crate::engine) alias: String,
    /// The SQLite table.
    pub(in crate::engine) physical: String,
    /// The definition.
    pub(in crate::engine) definition: CreateTable,
}

/// Which side's columns a USING join shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Translator<'_> {
    /// Translates FROM; the innermost scope gets the tables.
    pub(in crate::engine) fn from(&mut self, from: &[TableWithJoins]) -> Result<String, SqlError> {
        let mut text = String::new();
        for (position, item) in from.iter().enumerate() {
            let saved = std::mem::take(self.innermost());
            let joined = self.table_with_joins(item)?;
            let added = std::mem::replace(self.innermost(), saved);
            let scope = self.innermost();
            for table in added.tables {
                if scope.tables.iter().any(|known| {
                    known.name.eq_ignore_ascii_case(&table.name) && known.keyspace == table.keyspace
                }) {
                    return Err(SqlError::new(
                        1066,
                        "42000",
                        format!("Not unique table/alias: '{}'", table.name),
                    ));
                }
                scope.tables.push(table);
            }
            scope.merged.extend(added.merged);
            if position > 0 {
                text.push_str(", ");
            }
            let right = item.joins.iter().any(|join| {
                matches!(
                    join.join_operator,
                    JoinOperator::Right(_) | JoinOperator::RightOuter(_)
                )
            });
            text.push_str(&if position > 0 && right {
                format!("({joined})")
            } else {
                joined
            });
        }
        Ok(text)
    }

    /// The innermost scope; there is always one while FROM is read.
    pub(super) fn innermost(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    fn table_with_joins(&mut self, item: &TableWithJoins) -> Result<String, SqlError> {
        let mut text = self.table_factor(&item.relation)?;
        for join in &item.joins {
            let before = self.innermost().tables.len();
            let right = self.table_factor(&join.relation)?;
            let (word, constraint, side) = match &join.join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::CrossJoin(constraint) => ("JOIN", constraint, Side::Left),
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                    ("LEFT JOIN", constraint, Side::Left)
                }
                JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                    ("RIGHT JOIN", constraint, Side::Right)
                }
                JoinOperator::StraightJoin(constraint) => ("CROSS JOIN", constraint, Side::Left),
                _ => return Err(SqlError::unsupported(format!("join {join}"))),
            };
            let condition = match constraint {
                JoinConstraint::On(expr) => {
                    let outer = std::mem::replace(&mut self.clause, "on clause");
                    let condition = self.condition(expr)?;
                    self.clause = outer;
                    Some(condition)
                }
                JoinConstraint::Using(columns) => {
                    let names: Vec<String> = columns
                        .iter()
                        .map(|column| column.to_string().trim_matches('`').to_owned())
                        .collect();
                    self.merge_columns(before, &names, side)?
                }
                JoinConstraint::Natural => {
                    let names = self.common_columns(before);
                    self.merge_columns(before, &names, side)?
                }
                JoinConstraint::None => None,
            };
            text.push_str(&format!(" {word} {right}"));
            match condition {
                Some(condition) => text.push_str(&format!(" ON {condition}")),
                None if word.starts_with(['L', 'R']) => text.push_str(" ON 1"),
                None => {}
            }
        }
        Ok(text)
    }

    /// Columns that the tables before and after position `from` have in common, in the order of those before.
    fn common_columns(&mut self, from: usize) -> Vec<String> {
        let scope = self.innermost();
        let (left, right) = scope.tables.split_at(from.min(scope.tables.len()));
        let has = |tables: &[ScopeTable], name: &str| {
            tables
                .iter()
                .flat_map(|table| &table.columns)
                .any(|column| column.name.eq_ignore_ascii_case(name))
        };
        let mut names: Vec<String> = Vec::new();
        for column in left.iter().flat_map(|table| &table.columns) {
            if has(right, &column.name)
                && !names
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(&column.name))
            {
                names.push(column.name.clone());
            }
        }
        names
    }

    /// Joins on equal columns of the same names, which then count as one.
    fn merge_columns(
        &mut self,
        from: usize,
        names: &[String],
        side: Side,
    ) -> Result<Option<String>, SqlError> {
        let mut tests = Vec::new();
        let mut merged = Vec::new();
        for name in names {
            let find = |tables: &mut [ScopeTable]| -> Result<ScopeColumn, SqlError> {
                let mut found = None;
                for column in tables.iter_mut().flat_map(|table| &mut table.columns) {
                    if column.name.eq_ignore_ascii_case(name) {
                        if found.is_some() && column.shown == Shown::Always {
                            return Err(error::ambiguous_column(name, "from clause"));
                        }
                        column.shown = Shown::Qualified;
                        found.get_or_insert_with(|| column.clone());
                    }
                }
                found.ok_or_else(|| error::unknown_column(name, "from clause"))
            };
            let scope = self.innermost();
            let (left, right) = scope.tables.split_at_mut(from);
            let right = find(right)?;
            let known = scope
                .merged
                .iter()
                .position(|column| column.name.eq_ignore_ascii_case(name));
            let left = match known {
                Some(position) => scope.merged.remove(position),
                None => find(left)?,
            };
            tests.push(self.compare_nodes(left.node(), &BinaryOperator::Eq, right.node())?);
            merged.push(ScopeColumn {
                shown: Shown::Always,
                ..if side == Side::Left { left } else { right }
            });
        }
        let scope = self.innermost();
        merged.append(&mut scope.merged);
        scope.merged = merged;
        Ok((!tests.is_empty()).then(|| format!("({})", tests.join(" AND "))))
    }

    fn table_factor(&mut self, factor: &TableFactor) -> Result<String, SqlError> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                version: None,
                partitions,
                ..
            } => {
                if !partitions.is_empty() {
                    return Err(SqlError::unsupported("PARTITION (…) in FROM"));
                }
                let table = TableName::from_object(name)
                    .ok_or_else(|| SqlError::syntax(format!("bad table name {name}")))?;
                self.named_table(&table, alias.as_ref())
            }
            TableFactor::Derived {
                lateral: false,
                subquery,
                alias,
                ..
            } => {
                let Some(alias) = alias else {
                    return Err(SqlError::new(
                        1248,
                        "42000",
                        "Every derived table must have its own alias",
                    ));
                };
                // A derived table sees the queries around this one, not its neighbours.
                let scope = self.scopes.pop();
                let query = self.query(subquery);
                self.scopes.extend(scope);
                let query = query?;
                let sql_alias = self.alias("t");
                let names = alias_columns(alias);
                let columns = query.scope_columns(&sql_alias, &names)?;
                self.innermost().tables.push(ScopeTable {
                    name: alias.name.value.clone(),
                    keyspace: None,
                    alias: sql_alias.clone(),
                    columns,
                });
                Ok(format!("({}) AS {sql_alias}", query.text))
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => {
                let inner = self.table_with_joins(table_with_joins)?;
                Ok(format!("({inner})"))
            }
            TableFactor::Derived { lateral: true, .. } => Err(SqlError::unsupported("LATERAL")),
            TableFactor::JsonTable { .. } => Err(SqlError::unsupported("JSON_TABLE")),
            other => Err(SqlError::unsupported(format!("table expression {other}"))),
        }
    }

    fn named_table(
        &mut self,
        table: &TableName,
        alias: Option<&ast::TableAlias>,
    ) -> Result<String, SqlError> {
        let known_as = alias.map_or_else(|| table.name.clone(), |alias| alias.name.value.clone());
        if table.keyspace.is_none()
            && let Some(cte) = self
                .ctes
                .iter()
                .rev()
                .find(|cte| cte.name.eq_ignore_ascii_case(&table.name))
                .cloned()
        {
            let sql_alias = self.alias("t");
            let columns = cte
                .columns
                .iter()
                .enumerate()
                .map(|(position, column)| {
                    let node = Node::sql(
                        format!("{sql_alias}.c{}", position + 1),
                        column.node.ty.clone(),
                    );
                    ScopeColumn {
                        node,
                        ..column.clone()
                    }
                })
                .collect();
            self.innermost().tables.push(ScopeTable {
                name: known_as,
                keyspace: None,
                alias: sql_alias.clone(),
                columns,
            });
            return Ok(format!("{} AS {sql_alias}", cte.alias));
        }
        if table.keyspace.is_none() && table.name.eq_ignore_ascii_case("dual") {
            let sql_alias = self.alias("t");
            return Ok(format!("(SELECT 1) AS {sql_alias}"));
        }
        if let Some(view) = self.tables.view(table) {
            return self.view(table, view, known_as);
        }
        let target = self.target(table, Some(&known_as))?;
        let text = format!("{} AS {}", quote(&target.physical), target.alias);
        Ok(text)
    }

    /// A view as a derived table: its query sees nothing of the statement around it.
    fn view(
        &mut self,
        table: &TableName,
        view: &CreateView,
        known_as: String,
    ) -> Result<String, SqlError> {
        const DEEPEST: usize = 32;
        if self.views >= DEEPEST {
            return Err(SqlError::new(
                1462,
                "HY000",
                format!("`{}` contains view recursion", table.name),
            ));
        }
        let scopes = std::mem::take(&mut self.scopes);
        let ctes = std::mem::take(&mut self.ctes);
        self.views += 1;
        let query = self.query(&view.query);
        self.views -= 1;
        self.scopes = scopes;
        self.ctes = ctes;
        let query = query?;
        let sql_alias = self.alias("t");
        let columns = query.scope_columns(&sql_alias, &view.columns)?;
        self.innermost().tables.push(ScopeTable {
            name: known_as,
            keyspace: table.keyspace.clone(),
            alias: sql_alias.clone(),
            columns,
        });
        Ok(format!("({}) AS {sql_alias}", query.text))
    }

    /// Finds a stored table and brings it into the innermost scope.
    ///
    /// # Errors
    /// 1146.
    pub(in crate::engine) fn target(
        &mut self,
        table: &TableName,
        known_as: Option<&str>,
    ) -> Result<Target, SqlError> {
        let (physical, definition) = self
            .tables
            .resolve(table)
            .ok_or_else(|| error::no_such_table(table.keyspace.as_deref(), &table.name))?;
        let alias = self.alias("t");
        let name = known_as.unwrap_or(&table.name).to_owned();
        let columns = table_columns(definition, &alias)?;
        self.innermost().tables.push(ScopeTable {
            name: name.clone(),
            keyspace: table.keyspace.clone(),
            alias: alias.clone(),
            columns,
        });
        let target = Target {
            name,
            alias,
            physical,
            definition: definition.clone(),
        };
        self.targets.push(target.clone());
        Ok(target)
    }
}

/// The columns of a stored table under an alias.
pub(in crate::engine) fn table_columns(
    definition: &CreateTable,
    alias: &str,
) -> Result<Vec<ScopeColumn>, SqlError> {
    let column = |column: &crate::sql::ddl::Column| {
        Ok(ScopeColumn {
            name: column.name.clone(),
            node: Node::sql(
                if alias.is_empty() {
                    quote(&column.name)
                } else {
                    format!("{alias}.{}", quote(&column.name))
                },
                Type::of_column(column, definition)?,
            ),
            shown: if column.invisible {
                Shown::Never
            } else {
                Shown::Always
            },
        })
    };
    definition.columns.iter().map(column).collect()
}

/// The column names that an alias gives: `t (a, b)`.
pub(super) fn alias_columns(alias: &ast::TableAlias) -> Vec<String> {
    alias
        .columns
        .iter()
        .map(|column| column.name.value.clone())
        .collect()
}

/// Tells whether an expression is a bare column name.
pub(super) fn bare_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Identifier(name) => Some(&name.value),
        Expr::Nested(inner) => bare_name(inner),
        _ => None,
    }
}
