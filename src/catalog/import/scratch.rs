//! What texts have defined so far, by keyspace and name.
//!
//! Definitions are canonical as soon as they are in. A statement that alters is applied to a small catalog of the tables
//! that it names, so that a dump of many tables costs in proportion to its length; one that renames is applied to all,
//! because foreign keys follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{At, Kind};
use crate::catalog::alter::{self, ForeignKeyChecks};
use crate::catalog::{Catalog, DefinitionError, Keyspace, Table};
use crate::sql::TableName;
use crate::sql::ddl::{AlterClause, CreateView, Ddl};

/// Keyspace and name.
pub(super) type Key = (String, String);

/// A defined object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Defined {
    Table(Arc<Table>),
    View(Box<CreateView>),
}

impl Defined {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Table(_) => Kind::Table,
            Self::View(_) => Kind::View,
        }
    }
}

/// Objects with where they were defined.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) objects: BTreeMap<Key, (Defined, At)>,
}

impl Scratch {
    pub(super) fn has_table(&self, key: &Key) -> bool {
        matches!(self.objects.get(key), Some((Defined::Table(_), _)))
    }

    /// Applies a statement about tables that are here, all of one keyspace; unqualified names are of it.
    pub(super) fn alter(
        &mut self,
        keyspace: &str,
        statement: &Ddl,
        named: &[Key],
        at: &At,
    ) -> Result<(), DefinitionError> {
        let all = renames(statement);
        let mut catalog = Catalog::default();
        for (key, (defined, _)) in &self.objects {
            let wanted = if all {
                key.0 == keyspace
            } else {
                named.contains(key)
            };
            if let (true, Defined::Table(table)) = (wanted, defined) {
                let holder = catalog.keyspaces.entry(key.0.clone()).or_insert_with(|| {
                    Arc::new(Keyspace {
                        name: key.0.clone(),
                        ..Keyspace::default()
                    })
                });
                Arc::make_mut(holder)
                    .tables
                    .insert(key.1.clone(), Arc::clone(table));
            }
        }
        let outcome = alter::apply(&catalog, keyspace, statement, ForeignKeyChecks::Off)?;
        for (holder, name, _) in catalog.definitions() {
            if outcome.catalog.definition(holder, name).is_none() {
                self.objects.remove(&(holder.to_owned(), name.to_owned()));
            }
        }
        for (holder, name, table) in outcome.catalog.definitions() {
            let key = (holder.to_owned(), name.to_owned());
            match self.objects.get_mut(&key) {
                Some((Defined::Table(known), _)) => known.clone_from(table),
                _ => {
                    let defined = Defined::Table(Arc::clone(table));
                    self.objects.insert(key, (defined, at.clone()));
                }
            }
        }
        Ok(())
    }
}

/// Tells whether a statement gives a table or column another name, or makes a table whose name may be taken.
fn renames(statement: &Ddl) -> bool {
    match statement {
        Ddl::RenameTable(_) | Ddl::CreateTableLike { .. } => true,
        Ddl::AlterTable(alter) => alter.clauses.iter().any(|clause| {
            matches!(
                clause,
                AlterClause::RenameTable(_)
                    | AlterClause::RenameColumn { .. }
                    | AlterClause::ChangeColumn { .. }
            )
        }),
        _ => false,
    }
}

/// Returns the tables that must be there for an altering statement: those that it names and does not make itself before.
pub(super) fn needed(statement: &Ddl) -> Vec<&TableName> {
    let mut made = Vec::new();
    let mut needed = Vec::new();
    for object in statement.objects() {
        // `a TO b, b TO c` needs `a` alone.
        needed.extend(object.before().filter(|name| !made.contains(name)));
        made.extend(object.after());
    }
    needed
}
