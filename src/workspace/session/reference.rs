//! What the names of a statement lead to: `` `db/revision` `` as a database, and the place that it stands for.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{PlaceKey, Session};
use crate::sql::{SqlError, Statement, TableName, ast};
use crate::store::Revision;

/// A database's name with a revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Qualified {
    pub(super) keyspace: String,
    pub(super) revision: String,
}

impl Session {
    /// Splits `keyspace/revision`; `None` for a keyspace or one of its shards (`customer/-80`).
    pub(super) fn revision_in(&self, name: &str) -> Option<(String, String)> {
        let (keyspace, revision) = name.split_once('/')?;
        let is_shard = self
            .place
            .catalog
            .keyspaces
            .get(keyspace)
            .is_some_and(|known| {
                let shard = revision
                    .split_once('@')
                    .map_or(revision, |(shard, _)| shard);
                known
                    .shards
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(shard))
            });
        let named = !is_shard && !keyspace.is_empty() && !revision.is_empty();
        named.then(|| (keyspace.to_owned(), revision.to_owned()))
    }

    /// Returns the place that a database's name with a revision stands for: a branch's working set, else a commit.
    ///
    /// # Errors
    /// 1049 where the revision names nothing.
    pub(super) fn place_of(&self, name: &Qualified) -> Result<PlaceKey, SqlError> {
        let store = &self.workspace().store;
        if matches!(store.branch(&name.revision), Ok(Some(_))) {
            return Ok(PlaceKey::Working(Some(name.revision.clone())));
        }
        match store.resolve(&name.revision) {
            Ok(Revision::Working) => Ok(self.place.key()),
            Ok(revision) => Ok(PlaceKey::Past(revision)),
            Err(_) => Err(SqlError::new(
                1049,
                "42000",
                format!("database not found: {}/{}", name.keyspace, name.revision),
            )),
        }
    }

    /// Returns the place that `AS OF` names: a commit, or what is here.
    ///
    /// # Errors
    /// Where the expression names no revision.
    pub(in crate::workspace) fn place_at(
        &mut self,
        revision: &ast::Expr,
    ) -> Result<PlaceKey, SqlError> {
        let state = self.state_of(revision)?;
        Ok(match state.commit() {
            Some(commit) => PlaceKey::Past(Revision::Commit(commit)),
            None => self.place.key(),
        })
    }

    /// Takes the revision out of a statement's names, where all tables it names have the same one.
    ///
    /// # Errors
    /// Where DDL names two revisions.
    pub(super) fn lift_revision(
        &self,
        statement: &mut Statement,
    ) -> Result<Option<Qualified>, SqlError> {
        let mut names: Vec<&mut String> = Vec::new();
        match statement {
            Statement::Vexplain { statement, .. } => return self.lift_revision(statement),
            Statement::Sql(statement) => return Ok(self.lift_from_sql(statement)),
            Statement::Call { name, .. } => {
                if let Some((database, procedure)) = name.rsplit_once('.')
                    && let Some((keyspace, revision)) = self.revision_in(database)
                {
                    *name = procedure.to_owned();
                    return Ok(Some(Qualified { keyspace, revision }));
                }
                return Ok(None);
            }
            Statement::Ddl(ddl) => names.extend(
                ddl.object_names_mut()
                    .filter_map(|name| name.keyspace.as_mut()),
            ),
            Statement::Show(show) => names.extend(show.keyspace_mut()),
            Statement::SelectNext { table, .. } => names.extend(table.keyspace.as_mut()),
            Statement::AlterVschema(_)
            | Statement::ShowVschema(_)
            | Statement::Use(_)
            | Statement::Prepared(_) => {}
        }
        let mut found: Option<Qualified> = None;
        for name in names {
            let Some((keyspace, revision)) = self.revision_in(name) else {
                continue;
            };
            if found
                .as_ref()
                .is_some_and(|found| found.revision != revision)
            {
                return Err(SqlError::unsupported(
                    "a statement that changes tables of two revisions",
                ));
            }
            name.clone_from(&keyspace);
            found = Some(Qualified { keyspace, revision });
        }
        Ok(found)
    }

    fn lift_from_sql(&self, statement: &mut ast::Statement) -> Option<Qualified> {
        let mut found: BTreeSet<Option<Qualified>> = BTreeSet::new();
        let _: ControlFlow<()> = ast::visit_relations(statement, |relation| {
            let database = TableName::from_object(relation).and_then(|name| name.keyspace);
            let split = database.and_then(|name| self.revision_in(&name));
            found.insert(split.map(|(keyspace, revision)| Qualified { keyspace, revision }));
            ControlFlow::Continue(())
        });
        if found.len() != 1 {
            return None;
        }
        let revision = found.pop_first()??;
        let strip = |part: &mut ast::Ident| {
            if let Some((keyspace, _)) = self.revision_in(&part.value) {
                part.value = keyspace;
            }
        };
        let _: ControlFlow<()> = ast::visit_relations_mut(statement, |relation| {
            if let [ast::ObjectNamePart::Identifier(first), _] = relation.0.as_mut_slice() {
                strip(first);
            }
            ControlFlow::Continue(())
        });
        let _: ControlFlow<()> = ast::visit_expressions_mut(statement, |expr| {
            if let ast::Expr::CompoundIdentifier(parts) = expr
                && let [first, _, _] = parts.as_mut_slice()
            {
                strip(first);
            }
            ControlFlow::Continue(())
        });
        Some(revision)
    }
}
