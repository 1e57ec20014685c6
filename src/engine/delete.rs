//! DELETE, from one table or by a join.
//!
//! A table that no foreign key refers to is deleted from by one SQLite statement; else row by row. MySQL manual:
//! "DELETE Statement".

use std::collections::HashSet;
use std::rc::Rc;

use rusqlite::params_from_iter;
use rusqlite::types::Value as Bound;

use super::error;
use super::stored::Stored;
use super::translate::{Literals, Scope, Translator, quote};
use super::write::Located;
use super::{Binds, Connection, Tables};
use crate::sql::ast::{Delete, FromTable, ObjectName, TableFactor};
use crate::sql::{SqlError, TableName};
use crate::value::QueryResult;

impl Connection {
    pub(super) fn delete(
        &self,
        delete: &Delete,
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<QueryResult, SqlError> {
        if delete.returning.is_some() {
            return Err(SqlError::unsupported("DELETE … RETURNING"));
        }
        let (FromTable::WithFromKeyword(listed) | FromTable::WithoutKeyword(listed)) = &delete.from;
        let from = delete.using.as_ref().unwrap_or(listed);
        // `DELETE FROM t USING …` names what goes in FROM; `DELETE t FROM …` before it.
        let named: Vec<ObjectName> = match (&delete.using, delete.tables.is_empty()) {
            (Some(_), _) => listed
                .iter()
                .filter_map(|item| match &item.relation {
                    TableFactor::Table { name, .. } => Some(name.clone()),
                    _ => None,
                })
                .collect(),
            (None, false) => delete.tables.clone(),
            (None, true) => Vec::new(),
        };
        let mut translator = Translator::new(tables, binds, &self.session, Literals::Bound);
        translator.push_scope(Scope::default());
        let text = translator.from(from)?;
        let targets = translator.targets.clone();
        let chosen: Vec<usize> = if named.is_empty() {
            if targets.len() != 1 || translator.tables_named(None).len() != 1 {
                return Err(SqlError::syntax("DELETE names the tables it deletes from"));
            }
            vec![0]
        } else {
            let find = |name: &ObjectName| {
                let table = TableName::from_object(name)
                    .ok_or_else(|| SqlError::syntax(format!("bad table name {name}")))?;
                let found = targets
                    .iter()
                    .position(|target| target.name.eq_ignore_ascii_case(&table.name));
                if !translator.tables_named(Some(&table.name)).is_empty()
                    && found.is_none_or(|index| self.sources.hold(&targets[index].physical))
                {
                    return Err(error::not_updatable(&table.name, "DELETE"));
                }
                found.ok_or_else(|| {
                    SqlError::new(
                        1109,
                        "42S02",
                        format!("Unknown table '{}' in MULTI DELETE", table.name),
                    )
                })
            };
            named.iter().map(find).collect::<Result<_, _>>()?
        };
        let stored: Vec<Rc<Stored>> = targets
            .iter()
            .map(|target| self.stored(&target.physical, &target.definition))
            .collect::<Result<_, _>>()?;
        translator.enter("where clause");
        let filter = delete
            .selection
            .as_ref()
            .map(|expr| translator.condition(expr))
            .transpose()?;
        translator.enter("order clause");
        let order = translator.order(&delete.order_by, &[], &[])?;
        let limit = delete
            .limit
            .as_ref()
            .map(|limit| translator.count(limit))
            .transpose()?;
        let params = std::mem::take(&mut translator.params);
        let filter = filter
            .map(|filter| format!(" WHERE {filter}"))
            .unwrap_or_default();
        let mut affected = 0;
        if translator.tables_named(None).len() == 1
            && order.is_empty()
            && limit.is_none()
            && !self.has_children(&stored[0])
        {
            let text = format!(
                "DELETE FROM {} AS {}{filter}",
                quote(&targets[0].physical),
                targets[0].alias
            );
            let deleted = self
                .sqlite
                .prepare_cached(&text)?
                .execute(params_from_iter(params))?;
            affected = u64::try_from(deleted).unwrap_or(0);
        } else {
            let limit = limit
                .map(|limit| format!(" LIMIT {limit}"))
                .unwrap_or_default();
            let mut list = Vec::new();
            for index in &chosen {
                list.extend(Located::columns(&stored[*index], &targets[*index].alias));
            }
            let text = format!(
                "SELECT {} FROM {text}{filter}{order}{limit}",
                list.join(", ")
            );
            for (index, located) in self.doomed(&text, params, &chosen, &stored)? {
                self.before_delete(&stored[index], &located.row, 0)?;
                affected += self.delete_physical(&stored[index], &located.key)?;
            }
        }
        if affected > 0 {
            for index in &chosen {
                self.touch(&stored[*index].physical)?;
            }
        }
        Ok(QueryResult {
            affected_rows: affected,
            ..QueryResult::default()
        })
    }

    /// The rows to delete, each once.
    fn doomed(
        &self,
        text: &str,
        params: Vec<Bound>,
        chosen: &[usize],
        stored: &[Rc<Stored>],
    ) -> Result<Vec<(usize, Located)>, SqlError> {
        let mut statement = self.sqlite.prepare_cached(text)?;
        let mut rows = statement
            .query(params_from_iter(params))
            .map_err(|failure| error::from_sqlite(&failure))?;
        let mut found = Vec::new();
        let mut met: HashSet<(usize, String)> = HashSet::new();
        while let Some(row) = rows.next()? {
            let mut at = 0;
            for index in chosen {
                if let Some(located) = Located::read(&stored[*index], row, &mut at)?
                    && met.insert((*index, format!("{:?}", located.key)))
                {
                    found.push((*index, located));
                }
            }
        }
        Ok(found)
    }
}
