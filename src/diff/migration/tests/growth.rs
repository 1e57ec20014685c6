//! Many changes that depend on each other are put in order one by one: trying their permutations would never end.

use super::*;
use crate::catalog::Defaults;
use crate::catalog::declared::{Model, References, Schema};
use crate::diff::migration::hints::Hints;
use crate::diff::migration::schema::SchemaDiff;
use crate::sql::ScriptStatement;

const MANY: usize = 500;

/// A chain of tables, each of which refers to the next, and of views, each of which reads the next.
fn chain(count: usize) -> String {
    let mut script = String::new();
    for at in 0..count / 2 {
        let next = at + 1;
        writeln!(
            script,
            "create table t{at:03} (id int primary key, n int, key n (n){});",
            if next < count / 2 {
                format!(", constraint f{at:03} foreign key (n) references t{next:03} (id)")
            } else {
                String::new()
            }
        )
        .unwrap();
    }
    for at in 0..count / 2 {
        let (next, kind) = match at + 1 < count / 2 {
            true => (at + 1, 'v'),
            false => (0, 't'),
        };
        writeln!(
            script,
            "create view v{at:03} as select id from {kind}{next:03};"
        )
        .unwrap();
    }
    script
}

fn schema(script: &str) -> Schema {
    let statements = crate::sql::parse_script(script).into_iter();
    let statements: Vec<Statement> = statements
        .map(|ScriptStatement { statement, .. }| statement.unwrap())
        .collect();
    Schema::from_statements(&statements, &Defaults::default()).unwrap()
}

#[test]
fn a_long_chain_of_declarations_is_ordered() {
    let (none, all) = (schema(""), schema(&chain(MANY)));
    for (from, to) in [(&none, &all), (&all, &none)] {
        let diff = SchemaDiff::between(from, to, &Hints::default()).unwrap();
        assert_eq!(diff.changes.len(), MANY);
        let mut model = Model::of(from);
        for change in diff.ordered().unwrap() {
            model.apply(&change.statement, References::Strict).unwrap();
        }
    }
}

#[test]
fn a_long_chain_of_a_catalog_is_ordered() {
    let (none, all) = (shop(""), shop(&chain(MANY)));
    for (from, to) in [(&none, &all), (&all, &none)] {
        let steps = migration(from, to).unwrap();
        assert_eq!(steps.len(), MANY);
        let mut catalog = from.clone();
        for step in &steps {
            let Action::Ddl(statement) = &step.action else {
                panic!("a statement: {}", step.sql())
            };
            let outcome = alter::apply(&catalog, "shop", statement, ForeignKeyChecks::On);
            catalog = outcome
                .unwrap_or_else(|error| panic!("{}: {error}", step.sql()))
                .catalog;
        }
    }
}
