//! Any text after a DDL verb: what is read prints to text that is read, and prints the same again; what is a definition
//! has a canonical form that is its own; what alters is applied or refused.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use vrev::catalog::alter::{self, ForeignKeyChecks};
use vrev::catalog::{Catalog, Defaults, Keyspace, Table};
use vrev::sql::ddl::{CreateTable, Ddl};
use vrev::sql::{Statement, parse_statement, print};

fn read(text: &str) -> Option<Ddl> {
    match parse_statement(text) {
        Ok(Statement::Ddl(statement)) => Some(statement),
        _ => None,
    }
}

fn canonical(written: &CreateTable) {
    let Ok(table) = Table::from_ddl(written, &Defaults::default()) else {
        return;
    };
    let once = print::table(&table.definition);
    let Some(Ddl::CreateTable(again)) = read(&once) else {
        panic!("not read back: {once}")
    };
    let again = Table::from_ddl(&again.table, &Defaults::default())
        .unwrap_or_else(|error| panic!("{error}: {once}"));
    assert_eq!(print::table(&again.definition), once);
}

fn shop() -> Catalog {
    let mut keyspace = Keyspace {
        name: "shop".to_owned(),
        ..Keyspace::default()
    };
    for text in [
        "create table p (id int primary key, a varchar(20), key k (a))",
        "create table t (id int primary key, a int, b text, g int as (a + 1), key k (a), check (a > 0), \
         constraint f foreign key (a) references p (id))",
    ] {
        if let Some(Ddl::CreateTable(create)) = read(text)
            && let Ok(table) = Table::from_ddl(&create.table, &Defaults::default())
        {
            keyspace.tables.insert(table.name().to_owned(), Arc::new(table));
        }
    }
    Catalog {
        keyspaces: [("shop".to_owned(), Arc::new(keyspace))].into(),
        ..Catalog::default()
    }
}

fuzz_target!(|text: &str| {
    for verb in ["create table ", "alter table t ", "alter vschema ", ""] {
        let text = format!("{verb}{text}");
        match parse_statement(&text) {
            Ok(Statement::Ddl(statement)) => {
                let once = print::statement(&statement);
                let Some(again) = read(&once) else {
                    panic!("not read back: {once}")
                };
                assert_eq!(print::statement(&again), once);
                if let Ddl::CreateTable(create) = &statement {
                    canonical(&create.table);
                }
                if let Ok(outcome) = alter::apply(&shop(), "shop", &statement, ForeignKeyChecks::On) {
                    for (_, _, table) in outcome.catalog.definitions() {
                        canonical(&table.definition);
                    }
                }
            }
            Ok(Statement::AlterVschema(statement)) => {
                let once = statement.to_string();
                let Ok(Statement::AlterVschema(again)) = parse_statement(&once) else {
                    panic!("not read back: {once}")
                };
                assert_eq!(again.to_string(), once);
            }
            _ => {}
        }
    }
});
