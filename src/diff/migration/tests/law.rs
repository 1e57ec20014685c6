//! The law of migrations on generated catalogs: running the printed statements leaves no difference.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use schemas::{Words, schema};

#[path = "../../../../tests/support/schemas.rs"]
mod schemas;

/// A catalog of some tables; definitions that MySQL refuses are left out.
fn shops() -> impl Strategy<Value = Catalog> {
    prop_oneof![schema(Words::MySql), schema(Words::Common)].prop_map(|texts| {
        let mut catalog = shop("");
        for sql in texts {
            if let Ok(outcome) = alter::apply(&catalog, "shop", &ddl(&sql), ForeignKeyChecks::Off) {
                catalog = outcome.catalog;
            }
        }
        catalog
    })
}

/// Statements that rename, so that identities differ from names.
fn renames() -> impl Strategy<Value = Vec<&'static str>> {
    let statements = [
        "rename table t to v",
        "rename table u to t",
        "rename table p to t",
        "alter table t rename column a to z",
        "alter table t rename column b to a",
        "alter table t rename column id to a",
        "alter table u rename column c to d, rename column d to c",
        "alter table t rename key k to kk",
        "alter table t drop column a",
        "alter table t add column a int",
        "drop table t",
        "create table t (id int primary key, a int)",
    ];
    proptest::collection::vec(select(statements.to_vec()), 0..5)
}

proptest! {
    #[test]
    fn applying_a_migration_gives_the_other_side(from in shops(), to in shops()) {
        let steps = migration(&from, &to).map_err(|error| fail(&error))?;
        prop_assert_eq!(remainder(&from, &to, &steps), "");
        prop_assert!(migration(&to, &to).map_err(|error| fail(&error))?.is_empty());
    }

    #[test]
    fn renames_and_their_way_back_are_migrations(from in shops(), statements in renames()) {
        let mut to = from.clone();
        for sql in statements {
            if let Ok(outcome) = alter::apply(&to, "shop", &ddl(sql), ForeignKeyChecks::Off) {
                to = outcome.catalog;
            }
        }
        let steps = migration(&from, &to).map_err(|error| fail(&error))?;
        prop_assert_eq!(remainder(&from, &to, &steps), "");
        let steps = migration(&to, &from).map_err(|error| fail(&error))?;
        prop_assert_eq!(remainder(&to, &from, &steps), "");
    }
}

fn fail(error: &Error) -> TestCaseError {
    let source = std::error::Error::source(error).map_or(String::new(), ToString::to_string);
    TestCaseError::fail(format!("{error}: {source}"))
}
