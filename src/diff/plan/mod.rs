//! A migration as a plan: what each step costs the server while it runs, and what it takes to go back.
//!
//! Steps are those of [`migration`](super::migration), replayed on a model of the catalog so that each is judged by what
//! is there when it runs. Nothing is measured: what is said holds for any number of rows. MySQL 8.0.29 and later.

mod reversal;

pub use super::migration::{Algorithm, Cost};
pub use reversal::{Class, Reversal};

use std::sync::Arc;

use super::migration::{self, Action, Step, cost};
use super::text;
use crate::catalog::alter::{self, ForeignKeyChecks};
use crate::catalog::files::{self, Place};
use crate::catalog::{Catalog, Keyspace, same_name, vschema};
use crate::sql::ddl::{Ddl, Object};
use crate::sql::{TableName, print};

/// One step with what it costs and how it is taken back.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The step.
    pub step: Step,
    /// The objects it changes, `customer.corder` or `customer`; none for rules.
    pub objects: Vec<String>,
    /// What an ALTER TABLE does to the table meanwhile; absent for other steps.
    pub cost: Option<Cost>,
    /// What going back takes.
    pub reversal: Reversal,
    /// The unified diff of the canonical texts that it changes; empty where it changes none.
    pub text: String,
}

/// Returns the steps from one catalog to the other, judged. Catalogs are whole.
///
/// # Errors
/// As [`migration::migration`].
pub fn plan(from: &Catalog, to: &Catalog) -> Result<Vec<Planned>, migration::Error> {
    let mut current = from.clone();
    for (name, keyspace) in &to.keyspaces {
        // A note says that it is to be made; its statements follow.
        let made = || {
            Arc::new(Keyspace {
                name: name.clone(),
                shards: keyspace.shards.clone(),
                ..Keyspace::default()
            })
        };
        current.keyspaces.entry(name.clone()).or_insert_with(made);
    }
    let mut planned = Vec::new();
    for step in migration::migration(from, to)? {
        let after = applied(&current, &step)?;
        let (cost, text) = match &step.action {
            Action::Ddl(ddl) => (
                alter_cost(&current, &step.keyspace, ddl),
                changed_text(&current, &after, &step.keyspace, ddl),
            ),
            _ => (None, String::new()),
        };
        planned.push(Planned {
            objects: objects(&step),
            cost,
            reversal: reversal::of(&current, &after, &step),
            text,
            step,
        });
        current = after;
    }
    Ok(planned)
}

/// Returns the catalog after a step.
fn applied(current: &Catalog, step: &Step) -> Result<Catalog, migration::Error> {
    match &step.action {
        Action::Ddl(ddl) => alter::apply(current, &step.keyspace, ddl, ForeignKeyChecks::Off)
            .map(|outcome| outcome.catalog)
            .map_err(|source| migration::Error::Refused {
                keyspace: step.keyspace.clone(),
                statement: print::statement(ddl),
                source,
            }),
        Action::Vschema(statement) => {
            // One that is refused on the way would leave the model as it is, which only makes words less exact.
            let outcome = alter::apply_vschema(current, Some(&step.keyspace), statement);
            Ok(outcome.map_or_else(|_| current.clone(), |outcome| outcome.catalog))
        }
        Action::Document { document, .. } => {
            let mut after = current.clone();
            if let Some(keyspace) = after.keyspaces.get_mut(&step.keyspace) {
                Arc::make_mut(keyspace).vschema = (**document).clone();
            }
            Ok(after)
        }
        Action::Rules { .. } | Action::Note(_) => Ok(current.clone()),
    }
}

fn alter_cost(current: &Catalog, keyspace: &str, ddl: &Ddl) -> Option<Cost> {
    let Ddl::AlterTable(statement) = ddl else {
        return None;
    };
    let holder = statement.table.keyspace.as_deref().unwrap_or(keyspace);
    let table = current.definition(holder, &statement.table.name)?;
    let referenced = referenced_columns(current, holder, table.name());
    let is_parent = |column: &str| referenced.iter().any(|name| same_name(name, column));
    Some(cost(table, &statement.clauses, &is_parent))
}

/// Returns the columns of a table that foreign keys reference.
fn referenced_columns<'a>(catalog: &'a Catalog, keyspace: &str, table: &str) -> Vec<&'a String> {
    let holders = catalog.keyspaces.values();
    let keys = holders.flat_map(|holder| {
        let children = holder.tables.values();
        let keys = children.flat_map(|child| &child.definition.foreign_keys);
        keys.filter(|key| {
            let parent = &key.referenced_table;
            parent.within(&holder.name) == (keyspace, table)
        })
    });
    keys.flat_map(|key| &key.referenced_columns).collect()
}

/// Returns what a step changes, by keyspace and name.
pub fn objects(step: &Step) -> Vec<String> {
    let object = |name: &TableName| {
        let keyspace = name.keyspace.as_ref().unwrap_or(&step.keyspace);
        format!("{keyspace}.{}", name.name)
    };
    match &step.action {
        Action::Ddl(ddl) => {
            let names = ddl.objects().into_iter().flat_map(Object::names);
            names.map(object).collect()
        }
        Action::Vschema(statement) => vec![object(vschema::alter::subject(statement))],
        Action::Document { .. } | Action::Note(_) => vec![step.keyspace.clone()],
        Action::Rules { .. } => Vec::new(),
    }
}

/// Returns the unified diff of what a statement changes.
fn changed_text(before: &Catalog, after: &Catalog, keyspace: &str, ddl: &Ddl) -> String {
    let mut texts = String::new();
    for object in ddl.objects() {
        let side = |catalog: &Catalog, name: Option<&TableName>| {
            let (holder, name) = name?.within(keyspace);
            definition(catalog, holder, name)
        };
        let from = side(before, object.before());
        let to = side(after, object.after());
        texts.push_str(&text::unified(
            from.as_ref()
                .map(|(path, text)| (path.as_str(), text.as_str())),
            to.as_ref()
                .map(|(path, text)| (path.as_str(), text.as_str())),
        ));
    }
    texts
}

/// Returns path and canonical text of a table or view.
fn definition(catalog: &Catalog, keyspace: &str, name: &str) -> Option<(String, String)> {
    let (keyspace, name) = (keyspace.to_owned(), name.to_owned());
    let table = Place::Table {
        keyspace: keyspace.clone(),
        table: name.clone(),
    };
    let view = Place::View {
        keyspace,
        view: name,
    };
    [table, view]
        .into_iter()
        .find_map(|place| Some((place.path().ok()?, files::text(catalog, &place)?)))
}

#[cfg(test)]
mod tests;
