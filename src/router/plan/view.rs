//! Views: before a statement is planned, each view that it reads becomes a derived table of the view's query.
//!
//! Planning then needs to know nothing of views, and those over sharded tables work as well. Source: Vitess `--enable-views`
//! (`go/vt/sqlparser/ast_rewriting.go`, which replaces them in the same way).

use std::ops::ControlFlow;

use super::table::Schema;
use crate::router::Error;
use crate::router::session::{Session, Target};
use crate::sql::TableName;
use crate::sql::ast::{
    self, Ident, ObjectName, ObjectNamePart, Query, Statement, TableAlias, TableFactor, VisitMut,
    VisitorMut,
};
use crate::sql::ddl::CreateView;
use crate::sql::name::defined_names;

/// Puts the queries of views in the places of their names, wherever the statement's queries read from them.
///
/// # Errors
/// [`Error::ViewRecursion`] for a view that reads itself.
pub(super) fn expand(
    schema: &Schema,
    session: &Session,
    statement: &mut Statement,
) -> Result<(), Error> {
    if schema
        .catalog
        .keyspaces
        .values()
        .all(|k| k.views.is_empty())
    {
        return Ok(());
    }
    let defined = defined_names(&*statement);
    let mut expander = Expander {
        schema,
        session,
        defined,
        around: &[],
        depth: 0,
    };
    finished(VisitMut::visit(statement, &mut expander))
}

/// Returns the view that a name means in a session, with its keyspace.
pub(super) fn find<'s>(
    schema: &'s Schema,
    session: &Session,
    name: &TableName,
) -> Option<(&'s str, &'s CreateView)> {
    let written = match &name.keyspace {
        Some(qualifier) => Target::parse(qualifier).ok()?.keyspace,
        None => None,
    };
    let keyspace = written.or_else(|| session.target.keyspace.clone());
    let mut having = schema
        .catalog
        .keyspaces
        .values()
        .filter(|home| {
            keyspace
                .as_ref()
                .is_none_or(|keyspace| home.name == *keyspace)
        })
        .filter_map(|home| Some((home.name.as_str(), home.views.get(&name.name)?)));
    match (having.next(), having.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

struct Expander<'a> {
    schema: &'a Schema,
    session: &'a Session,
    /// Names that WITH gives.
    defined: Vec<String>,
    /// The views whose queries are around, outermost first.
    around: &'a [TableName],
    /// How many queries are around: a table outside of all is one that the statement changes.
    depth: usize,
}

impl Expander<'_> {
    /// Returns the derived table that stands for a view.
    fn derived(
        &self,
        keyspace: &str,
        view: &CreateView,
        written: &TableName,
        alias: Option<TableAlias>,
    ) -> Result<TableFactor, Error> {
        let own = TableName::qualified(keyspace, written.name.as_str());
        if self.around.contains(&own) {
            return Err(Error::ViewRecursion {
                keyspace: keyspace.to_owned(),
                view: own.name,
            });
        }
        let around = [self.around, std::slice::from_ref(&own)].concat();
        let mut query = view.query.clone();
        let defined = defined_names(query.as_ref());
        qualify(
            &mut query,
            written.keyspace.as_deref().unwrap_or(keyspace),
            &defined,
        );
        let mut within = Expander {
            defined,
            around: &around,
            ..*self
        };
        finished(VisitMut::visit(&mut query, &mut within))?;
        Ok(view.derived(query, alias))
    }
}

impl VisitorMut for Expander<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        let TableFactor::Table {
            name,
            alias,
            args: None,
            ..
        } = factor
        else {
            return ControlFlow::Continue(());
        };
        let Some(written) = TableName::from_object(name) else {
            return ControlFlow::Continue(());
        };
        if self.depth == 0 || (written.keyspace.is_none() && self.defined.contains(&written.name)) {
            return ControlFlow::Continue(());
        }
        let Some((keyspace, view)) = find(self.schema, self.session, &written) else {
            return ControlFlow::Continue(());
        };
        match self.derived(keyspace, view, &written, alias.take()) {
            Ok(derived) => {
                *factor = derived;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn finished(visited: ControlFlow<Error>) -> Result<(), Error> {
    match visited {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Gives the tables of a view's query its keyspace where they are written without.
fn qualify(query: &mut Query, keyspace: &str, defined: &[String]) {
    let _: ControlFlow<()> = ast::visit_relations_mut(query, |relation: &mut ObjectName| {
        if let [ObjectNamePart::Identifier(name)] = relation.0.as_slice()
            && !defined.contains(&name.value)
            && !name.value.eq_ignore_ascii_case("dual")
        {
            let keyspace = Ident::with_quote('`', keyspace);
            relation.0.insert(0, ObjectNamePart::Identifier(keyspace));
        }
        ControlFlow::Continue(())
    });
}
