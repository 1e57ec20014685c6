//! WITH: where it cannot be sent whole, a common table expression becomes a derived table wherever it is read.
//!
//! Planning then needs to know nothing of them. Sources: Vitess, where they are derived tables as well; MySQL manual, "WITH
//! (Common Table Expressions)" for where a name holds.

use std::ops::ControlFlow;

use crate::router::Error;
use crate::sql::TableName;
use crate::sql::ast::{Cte, ObjectNamePart, Query, TableAlias, TableFactor, VisitMut, VisitorMut};
use crate::sql::name::{derived_table, relations};

/// Places at which queries of WITH may stand in the end: each that reads another twice doubles them.
const MOST_PLACES: usize = 1_000;

/// Returns a query without its WITH.
///
/// # Errors
/// For a recursive expression, two of one name, and too many places.
pub(super) fn expand(query: &Query) -> Result<Query, Error> {
    let mut query = query.clone();
    let Some(with) = query.with.take() else {
        return Ok(query);
    };
    let mut known: Vec<Known> = Vec::new();
    for mut cte in with.cte_tables {
        let own = TableName {
            keyspace: None,
            name: cte.alias.name.value.clone(),
        };
        if with.recursive && relations(&*cte.query).contains(&own) {
            return Err(Error::unsupported("recursive WITH over sharded keyspaces"));
        }
        if known
            .iter()
            .any(|known| known.cte.alias.name == cte.alias.name)
        {
            return Err(Error::DuplicateTable(own.name));
        }
        let places = replace(&mut cte.query, &known)?;
        known.push(Known { cte, places });
    }
    replace(&mut query, &known)?;
    Ok(query)
}

/// An expression whose query reads no other one any more.
struct Known {
    cte: Cte,
    /// How many queries of WITH stand in it, itself among them.
    places: usize,
}

/// Puts queries in the places of their names, and returns how many stand there now, the one around among them.
fn replace(query: &mut Query, known: &[Known]) -> Result<usize, Error> {
    let mut replacer = Replacer {
        known,
        hidden: Vec::new(),
        places: 1,
    };
    match VisitMut::visit(query, &mut replacer) {
        ControlFlow::Continue(()) => Ok(replacer.places),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Replacer<'k> {
    known: &'k [Known],
    /// For each query around, the names that its own WITH gives.
    hidden: Vec<Vec<String>>,
    places: usize,
}

impl VisitorMut for Replacer<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let given = query.with.iter().flat_map(|with| &with.cte_tables);
        let given = given.map(|cte| cte.alias.name.value.clone());
        self.hidden.push(given.collect());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.hidden.pop();
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
        let [ObjectNamePart::Identifier(written)] = name.0.as_slice() else {
            return ControlFlow::Continue(());
        };
        let is_hidden = self
            .hidden
            .iter()
            .flatten()
            .any(|name| *name == written.value);
        let mut known = self.known.iter();
        let meant = known.find(|known| known.cte.alias.name.value == written.value);
        let Some(Known { cte, places }) = meant.filter(|_| !is_hidden) else {
            return ControlFlow::Continue(());
        };
        self.places += places;
        if self.places > MOST_PLACES {
            return ControlFlow::Break(Error::unsupported(format!(
                "WITH whose queries stand at more than {MOST_PLACES} places over sharded keyspaces"
            )));
        }
        let own = TableAlias {
            explicit: true,
            ..cte.alias.clone()
        };
        *factor = derived_table(cte.query.clone(), alias.take(), own);
        ControlFlow::Continue(())
    }
}
