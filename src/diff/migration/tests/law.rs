//! The law of migrations on generated catalogs: running the printed statements leaves no difference.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::catalog::{Defaults, declared};
use crate::diff::migration::hints::{AutoIncrement, ConstraintNames, Hints, RangeRotation};
use crate::sql::ddl::CreateTable;
use crate::sql::print::query::{self, Quoting};
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

/// Definitions of tables.
fn tables() -> impl Strategy<Value = Vec<String>> {
    schema(Words::MySql)
}

/// Returns the normal form of a declared table, unless MySQL refuses it.
fn declared(sql: &str) -> Option<CreateTable> {
    let Ddl::CreateTable(create) = ddl(sql) else {
        panic!("creates no table: {sql}")
    };
    crate::catalog::Table::from_ddl(&create.table, &Defaults::default()).ok()?;
    let table = declared::table(&create.table, &Defaults::default());
    declared::validate(&table).unwrap();
    Some(table)
}

/// Applies what leads from one definition to the other, and returns what is left to do after that.
fn left(from: &CreateTable, to: &CreateTable, hints: &Hints) -> Vec<String> {
    let defaults = Defaults::default();
    let plan = |from: &CreateTable| definition::alter(from, to, &defaults, hints).unwrap();
    let mut table = from.clone();
    for statement in plan(from).statements {
        table = declared::alter(&table, &statement.clauses, &defaults).unwrap();
        declared::validate(&table).unwrap();
    }
    let left = plan(&table).statements.into_iter();
    left.map(|statement| query::ddl(&Ddl::AlterTable(statement), Quoting::Canonical))
        .collect()
}

proptest! {
    #[test]
    fn applying_a_declared_difference_leaves_none(from in tables(), to in tables()) {
        let pairs = from.iter().zip(&to);
        let sound = pairs.filter_map(|(from, to)| Some((declared(from)?, declared(to)?)));
        // A charset that is no longer said is set to the default's and is then said. A key that a foreign key rests on
        // cannot go, even if another comes in the same statement. Both are left aside.
        let says = |table: &CreateTable| table.options.iter().any(|option| option.name == "CHARSET");
        let rests = |table: &CreateTable| !table.foreign_keys.is_empty();
        let sound = sound.filter(|(from, to)| says(from) == says(to) && !rests(from) && !rests(to));
        let strict = Hints {
            constraint_names: ConstraintNames::Strict,
            range_rotation: RangeRotation::DistinctStatements,
            auto_increment: AutoIncrement::ApplyAlways,
            ..Hints::default()
        };
        for ((from, to), hints) in sound.flat_map(|pair| [(pair.clone(), Hints::default()), (pair, strict)]) {
            prop_assert_eq!(left(&from, &to, &hints), Vec::<String>::new());
            prop_assert_eq!(left(&to, &from, &hints), Vec::<String>::new());
            let nothing = definition::alter(&to, &to, &Defaults::default(), &hints).unwrap();
            prop_assert!(nothing.statements.is_empty());
        }
    }

    #[test]
    fn normal_forms_are_fixed_and_read_back_from_either_form(written in tables()) {
        for table in written.iter().filter_map(|sql| declared(sql)) {
            prop_assert_eq!(&declared::table(&table, &Defaults::default()), &table);
            for quoting in [Quoting::Needed, Quoting::Canonical] {
                let printed = query::table(&table, quoting);
                prop_assert_eq!(query::table(&declared(&printed).unwrap(), quoting), printed);
            }
            let printed = print::table(&table);
            let Ddl::CreateTable(again) = ddl(&printed) else {
                panic!("creates no table: {printed}")
            };
            prop_assert_eq!(print::table(&again.table), printed);
        }
    }
}
