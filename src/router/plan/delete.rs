//! DELETE: the lookup rows of owned vindexes go before the rows themselves.

use crate::router::Error;
use crate::sql::ast::{self, FromTable, TableFactor};

use super::dml::{Chosen, DmlTable};
use super::{Planner, Primitive, VindexChange, rewrite};

impl Planner<'_> {
    /// Plans a DELETE.
    pub(crate) fn delete(&mut self, delete: ast::Delete) -> Result<Primitive, Error> {
        if delete.returning.is_some() {
            return Err(Error::unsupported("DELETE clauses that are not MySQL's"));
        }
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let [table] = from.as_slice() else {
            return Err(Error::unsupported(
                "multi-table UPDATE and DELETE over sharded keyspaces",
            ));
        };
        let changed = match delete.tables.as_slice() {
            [] => match &table.relation {
                TableFactor::Table { name, .. } => name.clone(),
                other => return Err(Error::unsupported(format!("DML on {other}"))),
            },
            [target, ..] => delete_target(target, table)?,
        };
        let whole = self.whole_dml(&ast::Statement::Delete(delete.clone()), &changed)?;
        if let Some((table, statement)) = whole {
            let routing = super::routing::Routing::plain(super::routing::Opcode::Unsharded);
            return Ok(Primitive::Delete(Box::new(super::Dml {
                table,
                routing,
                statement,
                owned: None,
            })));
        }
        if delete.tables.len() > 1 || delete.using.is_some() {
            return Err(Error::unsupported(
                "multi-table UPDATE and DELETE over sharded keyspaces",
            ));
        }
        let chosen = Chosen {
            selection: delete.selection.as_ref(),
            order_by: &delete.order_by,
            limit: delete.limit.as_ref(),
        };
        let dml = self.dml_table(table, &chosen)?;
        if chosen.limit.is_some() && dml.is_multi_shard() {
            let over_keys = ast::Delete {
                order_by: Vec::new(),
                limit: None,
                ..delete.clone()
            };
            return self.limited_dml(table, dml, &chosen, |_, dml| remove(dml, over_keys));
        }
        remove(dml, delete.clone())
    }
}

/// Returns the table of FROM that a multi-table DELETE names.
fn delete_target(
    target: &ast::ObjectName,
    from: &ast::TableWithJoins,
) -> Result<ast::ObjectName, Error> {
    let wanted = super::expr::table_name(target)
        .map(|n| n.name)
        .unwrap_or_default();
    let factors =
        std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation));
    for factor in factors {
        let TableFactor::Table { name, alias, .. } = factor else {
            continue;
        };
        let known_as = match alias {
            Some(alias) => alias.name.value.clone(),
            None => super::expr::table_name(name)
                .map(|n| n.name)
                .unwrap_or_default(),
        };
        if known_as == wanted {
            return Ok(name.clone());
        }
    }
    Err(Error::UnknownDeleteTarget(wanted))
}

fn remove(dml: DmlTable, mut delete: ast::Delete) -> Result<Primitive, Error> {
    delete.selection = dml.selection();
    delete.tables = Vec::new();
    delete.from = FromTable::WithFromKeyword(vec![rewrite::from_table(dml.factor.clone())]);
    for key in &mut delete.order_by {
        rewrite::strip_expr(&mut key.expr);
    }
    let chosen = Chosen {
        selection: None,
        order_by: &delete.order_by,
        limit: delete.limit.as_ref(),
    };
    let owned = if dml.table.column_vindexes.iter().any(|v| v.owned) {
        let (query, offsets) = dml.owned_query(&[], &chosen)?;
        let vindexes = dml.table.column_vindexes.iter().filter(|v| v.owned);
        let changes = vindexes.zip(offsets).map(|(vindex, offsets)| VindexChange {
            vindex: vindex.clone(),
            offsets,
            values: Vec::new(),
            unchanged: None,
        });
        let changes = changes.collect();
        Some(dml.owned(query, changes)?)
    } else {
        None
    };
    let statement = ast::Statement::Delete(delete);
    Ok(Primitive::Delete(Box::new(dml.finish(statement, owned))))
}
