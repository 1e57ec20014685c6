//! DELETE: the lookup rows of owned vindexes go before the rows themselves.

use crate::router::Error;
use crate::sql::ast::{self, FromTable};
use crate::sql::change;

use super::dml::{Chosen, DmlTable};
use super::{Planner, Primitive, VindexChange, rewrite};

impl Planner<'_> {
    /// Plans a DELETE.
    pub(crate) fn delete(&mut self, delete: ast::Delete) -> Result<Primitive, Error> {
        if delete.returning.is_some() {
            return Err(Error::unsupported("DELETE clauses that are not MySQL's"));
        }
        let statement = ast::Statement::Delete(delete.clone());
        let joined = change::joined(&statement);
        let changed = change::changed(&statement);
        let unknown = changed.iter().find(|name| {
            let named = std::slice::from_ref(*name);
            !joined
                .iter()
                .any(|factor| change::is_changed(named, factor))
        });
        if let Some(unknown) = unknown {
            return Err(Error::UnknownDeleteTarget(unknown.clone()));
        }
        let Some(name) = change::target(&statement) else {
            return Err(Error::unsupported("DELETE from what is no table"));
        };
        let whole = self.whole_dml(&statement, name)?;
        if let Some((table, statement)) = whole {
            let routing = super::routing::Routing::plain(super::routing::Opcode::Unsharded);
            return Ok(Primitive::Delete(Box::new(super::Dml {
                table,
                routing,
                statement,
                owned: None,
            })));
        }
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let ([table], None, 0 | 1) = (from.as_slice(), &delete.using, delete.tables.len()) else {
            return Err(Error::unsupported(
                "multi-table UPDATE and DELETE over sharded keyspaces",
            ));
        };
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
