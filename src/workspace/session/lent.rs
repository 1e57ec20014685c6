//! Tables that no shard holds, lent to the shards of a keyspace while a statement runs that writes there and reads them.

use std::sync::Arc;

use super::Session;
use super::query::named;
use crate::catalog::{Catalog, Table};
use crate::engine::HeldRows;
use crate::router::Target;
use crate::sql::{SqlError, Statement, TableName, ast};
use crate::value::QueryResult;
use crate::workspace::system_table::{Content, Found};

impl Session {
    /// Returns the keyspace of a statement's target where its shards can be lent tables: where the statement goes to
    /// them whole.
    pub(super) fn lends_to(
        &self,
        target: &TableName,
        statement: &ast::Statement,
    ) -> Option<String> {
        let current = &self.client.target;
        let written = match &target.keyspace {
            Some(name) => Target::parse(name).ok()?,
            None => Target::default(),
        };
        if written.destination.is_some() {
            return None;
        }
        let known = || {
            let mut homes = self.place.catalog.definitions();
            let home = homes.find(|(_, name, _)| *name == target.name);
            home.map(|(keyspace, ..)| keyspace.to_owned())
        };
        let name = written.keyspace.or_else(|| current.keyspace.clone());
        let name = name.or_else(known)?;
        if current.destination.is_some() {
            return (current.keyspace.as_ref() == Some(&name)).then_some(name);
        }
        let keyspace = self.place.catalog.keyspaces.get(&name)?;
        let declared = keyspace.vschema.tables.get(&target.name);
        // Rows that a sequence numbers are read before they are inserted.
        let is_numbered = matches!(statement, ast::Statement::Insert(_))
            && declared.is_some_and(|table| table.auto_increment.is_some());
        (!keyspace.vschema.sharded && !is_numbered).then_some(name)
    }

    /// Runs a statement whose sources are lent to the shards of a keyspace.
    pub(super) fn run_lending(
        &mut self,
        statement: ast::Statement,
        keyspace: &str,
        sources: Vec<(String, Found)>,
    ) -> Result<QueryResult, SqlError> {
        let mut catalog = Catalog::clone(&self.place.catalog);
        let mut warnings = Vec::new();
        let mut lent = Ok(());
        for (name, found) in sources {
            warnings.push(found.warnings);
            let definition = named(&name, found.definition);
            let source = match found.content {
                Content::Rows(rows) => Box::new(HeldRows::new(rows)),
                Content::Source(source) => source,
            };
            let shards = &self.place.rows.shards;
            lent = lent.and_then(|()| shards.lend(&name, &definition, source));
            if let Some(home) = catalog.keyspaces.get_mut(keyspace) {
                let table = Arc::new(Table { definition });
                Arc::make_mut(home).tables.insert(name, table);
            }
        }
        let statement = Statement::Sql(Box::new(statement));
        let done = lent.and_then(|()| self.route_by(Arc::new(catalog), &statement));
        let back = self.place.rows.shards.take_back();
        let mut result = done?;
        back?;
        for found in warnings {
            let found = found.take();
            self.client.warnings.extend(found.iter().cloned());
            result.warnings.extend(found);
        }
        Ok(result)
    }
}
