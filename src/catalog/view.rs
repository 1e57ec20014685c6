//! Views: the canonical definition, and how a statement that reads them is made one that reads tables.

use std::ops::ControlFlow;

use crate::sql::ast::{
    Ident, ObjectNamePart, Query, Statement, TableFactor, TableVersion, Visit, VisitMut, VisitorMut,
};
use crate::sql::change;
use crate::sql::ddl::{CreateView, Ddl};
use crate::sql::name::defined_names;
use crate::sql::{self, TableName, parse_statement, print};

/// Returns the view as it is stored: unqualified, without OR REPLACE, defaults of SHOW CREATE VIEW left unsaid.
pub(super) fn canonical(view: &CreateView) -> CreateView {
    let said = |word: &Option<String>, default: &str| {
        let upper = word.as_ref().map(|word| word.to_ascii_uppercase());
        upper.filter(|word| word != default)
    };
    let view = CreateView {
        name: TableName {
            keyspace: None,
            name: view.name.name.clone(),
        },
        or_replace: false,
        algorithm: said(&view.algorithm, "UNDEFINED"),
        security: said(&view.security, "DEFINER"),
        ..view.clone()
    };
    // Equal texts have equal trees: what is printed is read back. Should it not be, the tree is as good.
    match parse_statement(&print::view(&view)) {
        Ok(sql::Statement::Ddl(Ddl::CreateView(again))) => again,
        _ => view,
    }
}

/// The views that a statement may read.
pub trait Views {
    /// Returns the view that a name means where the statement stands, with its keyspace; `None` for what is no view.
    fn find(&self, name: &TableName) -> Option<(&str, &CreateView)>;

    /// Tells whether a view is to be put in its place. `query` is what stands for it, the views inside put in theirs;
    /// `versioned` says that it is asked `AS OF` a revision. Every one is, unless told otherwise.
    fn is_expanded(&self, query: &Query, versioned: bool) -> bool {
        let _ = (query, versioned);
        true
    }
}

/// A view that reads itself, through others or at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{keyspace}`.`{view}` contains view recursion")]
pub struct Recursion {
    /// The view's keyspace.
    pub keyspace: String,
    /// The view.
    pub view: String,
}

/// Puts the queries of views in the places of their names, wherever queries of the statement read from them.
///
/// Names in a view's query mean what they mean in its keyspace, or in the one (with its target) that was written before
/// the view's name; tables of a view that is asked `AS OF` a revision are asked so, too. What the statement changes is
/// left. Source: Vitess `go/vt/sqlparser/ast_rewriting.go`.
///
/// # Errors
/// [`Recursion`].
pub fn expand(part: &mut (impl Visit + VisitMut), views: &dyn Views) -> Result<(), Recursion> {
    let mut expander = Expander {
        views,
        defined: defined_names(&*part),
        around: &[],
        changed: Vec::new(),
        depth: 0,
    };
    finished(VisitMut::visit(part, &mut expander))
}

struct Expander<'a> {
    views: &'a dyn Views,
    /// Names that WITH gives.
    defined: Vec<String>,
    /// The views whose queries are around, outermost first.
    around: &'a [TableName],
    /// The names by which the statement knows what it changes.
    changed: Vec<String>,
    /// How many queries are around.
    depth: usize,
}

impl Expander<'_> {
    /// Returns the query that stands for a view.
    fn query_of(
        &self,
        (keyspace, view): (&str, &CreateView),
        written: &TableName,
        version: Option<&TableVersion>,
    ) -> Result<Box<Query>, Recursion> {
        let own = TableName::qualified(keyspace, written.name.as_str());
        if self.around.contains(&own) {
            return Err(Recursion {
                keyspace: keyspace.to_owned(),
                view: own.name,
            });
        }
        let around = [self.around, std::slice::from_ref(&own)].concat();
        let mut query = view.query.clone();
        let mut place = Placed {
            keyspace: written.keyspace.as_deref().unwrap_or(keyspace),
            version,
            defined: defined_names(query.as_ref()),
        };
        let _ = VisitMut::visit(&mut query, &mut place);
        let mut within = Expander {
            defined: place.defined,
            around: &around,
            changed: Vec::new(),
            ..*self
        };
        finished(VisitMut::visit(&mut query, &mut within))?;
        Ok(query)
    }
}

impl VisitorMut for Expander<'_> {
    type Break = Recursion;

    fn pre_visit_statement(&mut self, statement: &mut Statement) -> ControlFlow<Recursion> {
        self.changed = change::changed(statement);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Recursion> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Recursion> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Recursion> {
        if self.depth == 0 && change::is_changed(&self.changed, factor) {
            return ControlFlow::Continue(());
        }
        let TableFactor::Table {
            name,
            alias,
            args: None,
            version,
            ..
        } = factor
        else {
            return ControlFlow::Continue(());
        };
        let Some(written) = TableName::from_object(name) else {
            return ControlFlow::Continue(());
        };
        if written.keyspace.is_none() && self.defined.contains(&written.name) {
            return ControlFlow::Continue(());
        }
        let Some((keyspace, view)) = self.views.find(&written) else {
            return ControlFlow::Continue(());
        };
        match self.query_of((keyspace, view), &written, version.as_ref()) {
            Ok(query) if self.views.is_expanded(&query, version.is_some()) => {
                *factor = view.derived(query, alias.take());
                ControlFlow::Continue(())
            }
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn finished(visited: ControlFlow<Recursion>) -> Result<(), Recursion> {
    match visited {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Gives the tables of a view's query its keyspace and its version where they are written without.
struct Placed<'a> {
    keyspace: &'a str,
    version: Option<&'a TableVersion>,
    defined: Vec<String>,
}

impl VisitorMut for Placed<'_> {
    type Break = ();

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table {
            name,
            version,
            args: None,
            ..
        } = factor
        else {
            return ControlFlow::Continue(());
        };
        if let [ObjectNamePart::Identifier(single)] = name.0.as_slice() {
            if self.defined.contains(&single.value) || single.value.eq_ignore_ascii_case("dual") {
                return ControlFlow::Continue(());
            }
            let keyspace = Ident::with_quote('`', self.keyspace);
            name.0.insert(0, ObjectNamePart::Identifier(keyspace));
        }
        if version.is_none() {
            *version = self.version.cloned();
        }
        ControlFlow::Continue(())
    }
}
