//! What UPDATE and DELETE share: their one table, where it routes, and the rows read before owned vindexes change.
//!
//! Source: Vitess `go/vt/vtgate/planbuilder/operators` (`dml_planning.go`, `update.go`, `delete.go`).

use std::sync::Arc;

use crate::router::Error;
use crate::sql::ast::{
    self, Expr, ObjectName, OrderByExpr, SelectItem, TableFactor, TableWithJoins,
};
use crate::sql::change;

use super::expr::{self, conjunction, conjuncts, placeholder};
use super::routing::{Opcode, Routing, choose};
use super::scope::{Scope, ScopeTable, Source};
use super::table::{ColumnVindex, Table, TableKind};
use super::{Dml, DmlWithInput, OwnedVindexes, Planner, Primitive, VindexChange, rewrite, routing};

/// The bind variable of the primary keys that an input found.
pub(crate) const DML_VALUES: &str = "dml_vals";

/// The table that an UPDATE or DELETE changes.
pub(crate) struct DmlTable {
    pub(crate) table: Arc<Table>,
    /// As sent: the table's own name, with an alias where the statement has another.
    pub(crate) factor: TableFactor,
    pub(crate) known_as: String,
    pub(crate) routing: Routing,
    pub(crate) predicates: Vec<Expr>,
}

/// The clauses that choose rows.
pub(crate) struct Chosen<'a> {
    pub(crate) selection: Option<&'a Expr>,
    pub(crate) order_by: &'a [OrderByExpr],
    pub(crate) limit: Option<&'a Expr>,
}

impl Planner<'_> {
    /// Sends a statement whole if every table it names is in one unsharded keyspace; tells which table is changed.
    pub(crate) fn whole_dml(
        &mut self,
        statement: &ast::Statement,
        target: &ObjectName,
    ) -> Result<Option<(Arc<Table>, ast::Statement)>, Error> {
        let mut names = Vec::new();
        let _ = ast::visit_relations(statement, |name| {
            names.push(name.clone());
            std::ops::ControlFlow::<()>::Continue(())
        });
        let changed = change::changed(statement);
        for factor in change::joined(statement) {
            if let TableFactor::Table { name, .. } = factor
                && change::is_changed(&changed, factor)
            {
                self.refuse_view(name)?;
            }
        }
        let used = self.tables_used.clone();
        let changed = self.find_changed(target)?;
        let mut whole = changed.target.is_none() && !changed.table.is_sharded();
        for name in names {
            let Ok(other) = self.find(&name) else {
                continue;
            };
            whole &= !other.table.is_sharded()
                && other.target.is_none()
                && other.table.keyspace.name == changed.table.keyspace.name
                && expr::table_name(&name).is_some_and(|n| n.name == other.table.name);
        }
        if !whole {
            self.tables_used = used;
            return Ok(None);
        }
        let mut statement = statement.clone();
        rewrite::strip_keyspaces(&mut statement);
        Ok(Some((changed.table, statement)))
    }

    /// Resolves the single table of a DML statement and where its rows are.
    pub(crate) fn dml_table(
        &mut self,
        table: &TableWithJoins,
        chosen: &Chosen<'_>,
    ) -> Result<DmlTable, Error> {
        if !table.joins.is_empty() {
            return Err(Error::unsupported(
                "multi-table UPDATE and DELETE over sharded keyspaces",
            ));
        }
        let TableFactor::Table {
            name,
            alias,
            index_hints,
            ..
        } = &table.relation
        else {
            return Err(Error::unsupported(format!("DML on {}", table.relation)));
        };
        let mut found = self.find_changed(name)?;
        if let TableKind::Reference {
            source: Some(source),
        } = &found.table.kind
        {
            self.tables_used.remove(&found.table.qualified_name());
            let parts = source.keyspace.iter().chain([&source.name]);
            let parts = parts
                .map(|p| ast::ObjectNamePart::Identifier(expr::ident(p)))
                .collect();
            found = self.find(&ObjectName(parts))?;
        }
        let written = expr::table_name(name).map(|n| n.name).unwrap_or_default();
        let known_as = alias
            .as_ref()
            .map_or(written, |alias| alias.name.value.clone());
        let sent_alias =
            (known_as != found.table.name || alias.is_some()).then_some(known_as.as_str());
        let factor = rewrite::table_factor(&found.table.name, sent_alias);
        let mut scope = Scope::default();
        let position = scope.add(ScopeTable {
            name: known_as.clone(),
            keyspace: alias.is_none().then(|| found.table.keyspace.name.clone()),
            source: Source::Base(Arc::clone(&found.table)),
        })?;
        let mut predicates = chosen.selection.map(conjuncts).unwrap_or_default();
        for predicate in &mut predicates {
            if !expr::subqueries(predicate).is_empty() {
                return Err(Error::unsupported(
                    "subqueries in UPDATE and DELETE over sharded keyspaces",
                ));
            }
            scope.dependencies(predicate)?;
            rewrite::strip_expr(predicate);
        }
        for key in chosen.order_by {
            scope.dependencies(&key.expr)?;
        }
        let routing = match (&found.target, &found.table.kind) {
            (Some(target), _) => Routing {
                target: target.destination.clone(),
                ..Routing::plain(Opcode::ByDestination)
            },
            (None, TableKind::Reference { .. }) if found.table.is_sharded() => {
                Routing::plain(Opcode::Reference)
            }
            (None, _) if !found.table.is_sharded() => Routing::plain(Opcode::Unsharded),
            _ => {
                let candidate = routing::Candidate {
                    position,
                    table: Arc::clone(&found.table),
                    hints: routing::Hints::read(index_hints, &found.table)?,
                };
                let candidates = [candidate];
                let mut choice = choose(&found.table.keyspace, &candidates, &predicates, &scope);
                if choice.routing.opcode == Opcode::Scatter {
                    for at in 0..predicates.len() {
                        let Some(list) = routing::disjunction_as_list(&predicates[at]) else {
                            continue;
                        };
                        let kept = std::mem::replace(&mut predicates[at], list);
                        let better =
                            choose(&found.table.keyspace, &candidates, &predicates, &scope);
                        if better.routing.opcode == Opcode::Scatter {
                            predicates[at] = kept;
                        } else {
                            choice = better;
                            break;
                        }
                    }
                }
                choice.routing
            }
        };
        Ok(DmlTable {
            table: found.table,
            factor,
            known_as,
            routing,
            predicates,
        })
    }

    /// LIMIT over several shards: the primary keys are found first, then the statement runs over them.
    ///
    /// `change` makes the statement for the table and predicate that it is given.
    pub(crate) fn limited_dml(
        &mut self,
        target: &TableWithJoins,
        dml: DmlTable,
        chosen: &Chosen<'_>,
        change: impl FnOnce(&mut Self, DmlTable) -> Result<Primitive, Error>,
    ) -> Result<Primitive, Error> {
        let key = match dml.table.primary_key.as_slice() {
            [] => return Err(Error::SchemaTrackingRequired),
            [one] => one.clone(),
            _ => {
                return Err(Error::unsupported(
                    "LIMIT in multi-shard DML on a table with a composite primary key",
                ));
            }
        };
        let column = expr::column(Some(&dml.known_as), &key);
        let mut select = rewrite::blank_select();
        select.projection = vec![SelectItem::UnnamedExpr(column.clone())];
        select.from = vec![target.clone()];
        select.selection = chosen.selection.cloned();
        let limit = chosen.limit.map(|limit| ast::LimitClause::LimitOffset {
            limit: Some(limit.clone()),
            offset: None,
            limit_by: Vec::new(),
        });
        let query = rewrite::query_of(
            select,
            chosen.order_by.to_vec(),
            limit,
            vec![rewrite::for_update()],
        );
        let input = self.select(&query)?;
        let found = Expr::InList {
            expr: Box::new(column),
            list: vec![placeholder(&format!(":{DML_VALUES}"))],
            negated: false,
        };
        let narrowed = self.dml_table(
            target,
            &Chosen {
                selection: Some(&found),
                order_by: &[],
                limit: None,
            },
        )?;
        let dml = change(self, narrowed)?;
        Ok(Primitive::DmlWithInput(Box::new(DmlWithInput {
            input,
            dml,
            offsets: vec![0],
        })))
    }
}

impl DmlTable {
    /// The predicates as WHERE.
    pub(crate) fn selection(&self) -> Option<Expr> {
        conjunction(self.predicates.iter().cloned())
    }

    /// Returns the select of the columns that owned vindexes hang on, for these rows, `for update`.
    pub(crate) fn owned_query(
        &self,
        comparisons: &[Expr],
        chosen: &Chosen<'_>,
    ) -> Result<(ast::Query, Vec<Vec<usize>>), Error> {
        let primary = self.primary()?;
        let mut columns: Vec<String> = primary.columns.clone();
        let mut offsets = Vec::new();
        for vindex in self.table.column_vindexes.iter().filter(|v| v.owned) {
            let mut of_vindex = Vec::new();
            for column in &vindex.columns {
                columns.push(column.clone());
                of_vindex.push(columns.len() - 1);
            }
            offsets.push(of_vindex);
        }
        let mut select = rewrite::blank_select();
        select.projection = columns
            .iter()
            .map(|column| SelectItem::UnnamedExpr(expr::column(None, column)))
            .collect();
        select
            .projection
            .extend(comparisons.iter().cloned().map(SelectItem::UnnamedExpr));
        select.from = vec![rewrite::from_table(self.factor.clone())];
        select.selection = self.selection();
        let limit = chosen.limit.map(|limit| ast::LimitClause::LimitOffset {
            limit: Some(limit.clone()),
            offset: None,
            limit_by: Vec::new(),
        });
        Ok((
            rewrite::query_of(
                select,
                chosen.order_by.to_vec(),
                limit,
                vec![rewrite::for_update()],
            ),
            offsets,
        ))
    }

    pub(crate) fn primary(&self) -> Result<&ColumnVindex, Error> {
        self.table
            .column_vindexes
            .first()
            .ok_or_else(|| Error::NoPrimaryVindex(self.table.name.clone()))
    }

    pub(crate) fn is_multi_shard(&self) -> bool {
        !self.routing.is_single_shard() && self.routing.opcode != Opcode::ByDestination
    }

    pub(crate) fn finish(self, statement: ast::Statement, owned: Option<OwnedVindexes>) -> Dml {
        Dml {
            table: self.table,
            routing: self.routing,
            statement,
            owned,
        }
    }

    /// Puts the pre-select and the changes together.
    pub(crate) fn owned(
        &self,
        query: ast::Query,
        changes: Vec<VindexChange>,
    ) -> Result<OwnedVindexes, Error> {
        Ok(OwnedVindexes {
            query,
            primary: self.primary()?.clone(),
            changes,
        })
    }
}
