//! `ALTER VSCHEMA` on a catalog: the keyspace it names gets the document that the statement makes of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::catalog::vschema::alter::{self, AlterError};
use crate::catalog::vschema::build;
use crate::sql::vschema_ddl::AlterVschema;

/// A catalog whose VSchema changed.
#[derive(Debug, Clone)]
pub struct VschemaOutcome {
    /// The catalog after the statement, the keyspace's vindexes made anew.
    pub catalog: Catalog,
    /// The keyspace whose VSchema changed.
    pub keyspace: String,
}

/// Applies an `ALTER VSCHEMA`; an unqualified name is of the `session`'s keyspace.
///
/// # Errors
/// What Vitess would refuse, with its text.
pub fn apply_vschema(
    catalog: &Catalog,
    session: Option<&str>,
    statement: &AlterVschema,
) -> Result<VschemaOutcome, AlterError> {
    let target = alter::target(statement, session)?;
    let known = catalog.keyspaces.get(target);
    let documents: BTreeMap<_, _> = known
        .map(|keyspace| (target.to_owned(), keyspace.vschema.clone()))
        .into_iter()
        .collect();
    let (name, document) = alter::apply_to(&documents, session, statement)?;
    let mut catalog = catalog.clone();
    if let Some(keyspace) = catalog.keyspaces.get_mut(&name) {
        let keyspace = Arc::make_mut(keyspace);
        keyspace.vindexes = build::keyspace(&name, &document).vindexes;
        keyspace.vschema = document;
    }
    Ok(VschemaOutcome {
        catalog,
        keyspace: name,
    })
}
