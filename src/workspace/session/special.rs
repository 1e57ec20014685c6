//! What no shard holds: which names and statements are of it, and the views that lead there.

use std::ops::ControlFlow;

use super::Session;
use crate::catalog::view::{self, Views};
use crate::router::{self, SessionViews};
use crate::sql::ast::{self, TableFactor};
use crate::sql::ddl::CreateView;
use crate::sql::{SqlError, TableName};
use crate::workspace::{information_schema, system_table};

/// The views that the router is not given.
struct SpecialViews<'s>(&'s Session);

impl Views for SpecialViews<'_> {
    fn find(&self, name: &TableName) -> Option<(&str, &CreateView)> {
        let Self(session) = self;
        let views = SessionViews {
            catalog: &session.place.catalog,
            session: &session.client,
        };
        views.named(name)
    }

    fn is_expanded(&self, query: &ast::Query, versioned: bool) -> bool {
        versioned || self.0.is_special(query)
    }
}

impl Session {
    /// Tells whether a part of a statement names something that no shard holds.
    pub(super) fn is_special(&self, part: &impl ast::Visit) -> bool {
        struct Finder<'s>(&'s Session);
        impl ast::Visitor for Finder<'_> {
            type Break = ();
            fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
                match factor {
                    TableFactor::Table { args: Some(_), .. }
                    | TableFactor::Table {
                        version: Some(_), ..
                    } => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            }
            fn pre_visit_relation(&mut self, relation: &ast::ObjectName) -> ControlFlow<()> {
                match TableName::from_object(relation) {
                    Some(name) if self.0.is_special_name(&name) => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            }
        }
        part.visit(&mut Finder(self)).is_break()
    }

    pub(super) fn is_special_name(&self, name: &TableName) -> bool {
        let database = name.keyspace.as_deref();
        information_schema::holds(name)
            || database.is_some_and(|database| self.revision_in(database).is_some())
            || (self.overriding().is_some() && !name.name.eq_ignore_ascii_case("dual"))
            || (system_table::is_system(&name.name) && self.user_table(name).is_none())
    }

    /// A table with a system table's name that is a user's: `dolt_ignore` and its like, once they are written.
    pub(super) fn user_table(&self, name: &TableName) -> Option<&crate::catalog::Table> {
        let keyspace = name
            .keyspace
            .as_deref()
            .or(self.client.target.keyspace.as_deref())?;
        self.place
            .catalog
            .definition(keyspace, &name.name)
            .map(AsRef::as_ref)
    }

    /// Puts the queries of views in their places where the view is asked `AS OF` a revision, or is over what no shard
    /// holds.
    pub(super) fn expand_views(
        &self,
        part: &mut (impl ast::Visit + ast::VisitMut),
    ) -> Result<(), SqlError> {
        Ok(view::expand(part, &SpecialViews(self)).map_err(router::Error::from)?)
    }
}
