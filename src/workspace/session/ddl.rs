//! DDL and `ALTER VSCHEMA` of a session: the catalog is changed as a value, then the working rows follow, then the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Session, no_database};
use crate::catalog::alter::{self, Change, ForeignKeyChecks};
use crate::catalog::{Catalog, Keyspace, files, vschema};
use crate::sql::ddl::{Ddl, Object};
use crate::sql::vschema_ddl::AlterVschema;
use crate::sql::{self, SqlError, Statement};
use crate::value::QueryResult;
use crate::workspace::{rows, system_table};

impl Session {
    /// Applies DDL to the working catalog.
    pub(super) fn ddl(&mut self, ddl: &Ddl) -> Result<QueryResult, SqlError> {
        if self.is_read_only() {
            return Err(self.read_only());
        }
        self.commit_transaction()?;
        if let Some(catalog) = self.database_ddl(ddl)? {
            self.replace_catalog(catalog, &[])?;
            return Ok(QueryResult {
                affected_rows: 1,
                ..QueryResult::default()
            });
        }
        refuse_reserved_names(ddl)?;
        let keyspace = self.client.target.keyspace.clone().unwrap_or_default();
        let mut names = ddl.objects().into_iter().flat_map(Object::names);
        if keyspace.is_empty() && names.any(|name| name.keyspace.is_none()) {
            return Err(no_database());
        }
        let outcome = alter::apply(
            &self.place.catalog,
            &keyspace,
            ddl,
            self.foreign_key_checks(),
        )?;
        let catalog = alter::follow_vschema(&outcome.catalog, &outcome.changes);
        self.replace_catalog(catalog, &outcome.changes)?;
        let warnings = outcome
            .notes
            .iter()
            .map(|note| (note.errno(), note.to_string()))
            .collect();
        Ok(QueryResult {
            warnings,
            ..QueryResult::default()
        })
    }

    /// Makes a system table that users write, if it is not there.
    pub(super) fn create_reserved(&mut self, keyspace: &str, create: &str) -> Result<(), SqlError> {
        let statement = sql::parse_statement(create)?;
        let Statement::Ddl(ddl) = &statement else {
            return Ok(());
        };
        self.commit_transaction()?;
        let outcome = alter::apply(&self.place.catalog, keyspace, ddl, ForeignKeyChecks::On)?;
        let catalog = alter::follow_vschema(&outcome.catalog, &outcome.changes);
        self.replace_catalog(catalog, &outcome.changes)
    }

    /// Databases are keyspaces: one is made unsharded, and dropped with its tables.
    fn database_ddl(&self, ddl: &Ddl) -> Result<Option<Catalog>, SqlError> {
        let mut catalog = (*self.place.catalog).clone();
        match ddl {
            Ddl::CreateDatabase {
                name,
                if_not_exists,
                ..
            } => {
                if !catalog.keyspaces.contains_key(name) {
                    let shards = vec!["0".to_owned()];
                    let keyspace = Keyspace {
                        name: name.clone(),
                        shards,
                        ..Keyspace::default()
                    };
                    catalog.keyspaces.insert(name.clone(), Arc::new(keyspace));
                } else if !if_not_exists {
                    let text = format!("VT06001: cannot create database '{name}'; database exists");
                    return Err(SqlError::new(1007, "HY000", text));
                }
                Ok(Some(catalog))
            }
            Ddl::DropDatabase { name, if_exists } => {
                if catalog.keyspaces.remove(name).is_none() && !if_exists {
                    let text =
                        format!("VT05001: cannot drop database '{name}'; database does not exists");
                    return Err(SqlError::new(1008, "HY000", text));
                }
                Ok(Some(catalog))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn foreign_key_checks(&self) -> ForeignKeyChecks {
        match self
            .client
            .variables
            .get("foreign_key_checks")
            .and_then(crate::value::Value::to_text)
        {
            Some(text) if matches!(text.to_ascii_lowercase().as_str(), "0" | "off") => {
                ForeignKeyChecks::Off
            }
            _ => ForeignKeyChecks::On,
        }
    }

    pub(super) fn alter_vschema(
        &mut self,
        statement: &AlterVschema,
    ) -> Result<QueryResult, SqlError> {
        if self.is_read_only() {
            return Err(self.read_only());
        }
        let documents = self
            .place
            .catalog
            .keyspaces
            .iter()
            .map(|(name, k)| (name.clone(), k.vschema.clone()))
            .collect();
        let target = self.client.target.keyspace.as_deref();
        let (name, document) = vschema::alter::apply_to(&documents, target, statement)?;
        let mut catalog = (*self.place.catalog).clone();
        if let Some(keyspace) = catalog.keyspaces.get_mut(&name) {
            Arc::make_mut(keyspace).vschema = document;
        }
        self.replace_catalog(catalog, &[])?;
        Ok(QueryResult::default())
    }

    /// Makes `catalog` the working catalog. The rows follow first, the files are written next, and only then is the
    /// database's part committed: the files say what the schema is, and a database behind them is brought in step when
    /// it is opened.
    pub(in crate::workspace) fn replace_catalog(
        &mut self,
        catalog: Catalog,
        changes: &[Change],
    ) -> Result<(), SqlError> {
        let catalog = catalog.rebuild().map_err(|problems| {
            SqlError::unknown(
                problems
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; "),
            )
        })?;
        let files = changed_files(&self.place.catalog, &catalog)?;
        self.place.rows.shards.begin()?;
        let done = rows::follow_changes(&mut self.place.rows.shards, &catalog, changes)
            .and_then(|()| {
                rows::follow_catalog(&mut self.place.rows.shards, &catalog, rows::Broken::Refused)
            })
            .and_then(|()| self.place.workspace.write_files(&files));
        if let Err(error) = done {
            self.place.rows.shards.rollback()?;
            return Err(error.into_sql());
        }
        self.place.rows.shards.commit()?;
        self.place.catalog = Arc::new(catalog);
        Ok(())
    }
}

/// Names of the form of system tables are not for users' tables.
fn refuse_reserved_names(ddl: &Ddl) -> Result<(), SqlError> {
    let created = ddl.objects().into_iter().filter_map(|object| match object {
        Object::Comes(name) | Object::Moves(_, name) => Some(name),
        Object::Stays(_) | Object::Goes(_) => None,
    });
    let mut reserved = created.filter(|name| system_table::is_reserved(&name.name));
    match reserved.next() {
        Some(name) => {
            let text = format!(
                "Invalid table name {}. Table names beginning with `dolt_` or `vrev_` are reserved for internal use",
                name.name
            );
            Err(SqlError::new(1103, "42000", text))
        }
        None => Ok(()),
    }
}

/// Returns the files that differ between two whole catalogs, removals last.
pub(in crate::workspace) fn changed_files(
    from: &Catalog,
    to: &Catalog,
) -> Result<Vec<(String, Option<Vec<u8>>)>, SqlError> {
    let unchanged = |name: &String| match (from.keyspaces.get(name), to.keyspaces.get(name)) {
        (Some(old), Some(new)) => Arc::ptr_eq(old, new),
        _ => false,
    };
    let files_of = |catalog: &Catalog| {
        let mut changed = catalog.clone();
        changed.keyspaces.retain(|name, _| !unchanged(name));
        let files = files::write(&changed)
            .map_err(|error| SqlError::new(1103, "42000", error.to_string()))?;
        Ok::<_, SqlError>(files.into_iter().collect::<BTreeMap<_, _>>())
    };
    let (old, new) = (files_of(from)?, files_of(to)?);
    let written = new
        .iter()
        .filter(|(path, text)| old.get(*path) != Some(text));
    let mut changes: Vec<_> = written
        .map(|(path, text)| (path.clone(), Some(text.clone())))
        .collect();
    changes.extend(
        old.keys()
            .filter(|path| !new.contains_key(*path))
            .map(|path| (path.clone(), None)),
    );
    Ok(changes)
}
