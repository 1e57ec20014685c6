//! Views: before a statement is planned, each view that it reads becomes a derived table of the view's query.
//!
//! Planning then needs to know nothing of views, and those over sharded tables work as well. Source: Vitess `--enable-views`.

use crate::catalog::Catalog;
use crate::catalog::view::Views;
use crate::router::session::{Session, Target};
use crate::sql::TableName;
use crate::sql::ddl::CreateView;

/// The views of a catalog as a session names them.
#[derive(Debug, Clone, Copy)]
pub struct SessionViews<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// The session.
    pub session: &'a Session,
}

impl Views for SessionViews<'_> {
    fn find(&self, name: &TableName) -> Option<(&str, &CreateView)> {
        self.named(name)
    }
}

impl<'a> SessionViews<'a> {
    /// Returns the view of the keyspace that is written or else the session's, with the keyspace; without either, the
    /// only one of that name.
    pub fn named(self, name: &TableName) -> Option<(&'a str, &'a CreateView)> {
        let written = match &name.keyspace {
            Some(qualifier) => Target::parse(qualifier).ok()?.keyspace,
            None => None,
        };
        let keyspace = written.or_else(|| self.session.target.keyspace.clone());
        let homes = self.catalog.keyspaces.values().filter(|home| {
            keyspace
                .as_ref()
                .is_none_or(|keyspace| home.name == *keyspace)
        });
        let mut having =
            homes.filter_map(|home| Some((home.name.as_str(), home.views.get(&name.name)?)));
        match (having.next(), having.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }
}
