//! The law of migrations on generated catalogs: running the printed statements leaves no difference.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

/// Definitions over few names, so that two of them have much in common.
fn table(name: &'static str) -> impl Strategy<Value = String> {
    let types = [
        "int",
        "bigint unsigned",
        "varchar(20)",
        "varchar(30) character set latin1",
        "decimal(10,2)",
        "datetime(3)",
        "text",
    ];
    let extras = ["", " not null", " default null comment 'x'", " invisible"];
    let column = (select(types.to_vec()), select(extras.to_vec()));
    let columns = (
        subsequence(vec!["a", "b", "c", "d"], 1..=4).prop_shuffle(),
        proptest::collection::vec(column, 4),
    );
    let parts = [
        "primary key (%1)",
        "primary key (id, %1)",
        "key k (%1)",
        "unique key u (%1)",
        "key k (id desc)",
        "constraint CC check (id > 0)",
        "constraint CC check (id > 1) not enforced",
        "g int as (id + 1) stored",
        "g int as (id + 2) virtual",
        "key w (id, %1)",
        "h int as (id) virtual",
    ];
    let parts = subsequence(parts.to_vec(), 0..=4);
    let options = select(vec![
        "",
        " comment 'c'",
        " default charset latin1",
        " row_format=dynamic",
        " partition by hash (id) partitions 4",
    ]);
    (columns, parts, options, any::<bool>()).prop_map(
        move |((names, columns), parts, options, foreign)| {
            let mut items = vec!["id int not null".to_owned()];
            for (name, (column_type, extra)) in names.iter().zip(&columns) {
                items.push(format!("{name} {column_type}{extra}"));
            }
            for part in parts {
                let prefix = if columns[0].0 == "text" {
                    format!("{}(4)", names[0])
                } else {
                    names[0].to_owned()
                };
                items.push(
                    part.replace("%1", &prefix)
                        .replace("CC", &format!("chk_{name}")),
                );
            }
            if foreign && options.is_empty() {
                items.push(format!(
                    "constraint fk_{name} foreign key (id) references p (id)"
                ));
            }
            format!("create table {name} ({}){options}", items.join(", "))
        },
    )
}

/// A catalog of some tables; definitions that MySQL refuses are left out.
fn shops() -> impl Strategy<Value = Catalog> {
    let tables = (
        table("p"),
        table("t"),
        table("u"),
        subsequence(vec![0, 1, 2], 0..=3),
    );
    tables.prop_map(|(p, t, u, chosen)| {
        let texts = [p, t, u];
        let mut catalog = shop("");
        for at in chosen {
            let sql = &texts[at];
            if let Ok(outcome) = alter::apply(&catalog, "shop", &ddl(sql), ForeignKeyChecks::Off) {
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
