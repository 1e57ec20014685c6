//! Any line as a committed row: it is refused, or its canonical text is read as the same row.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vrev::catalog::{Defaults, Identities, Table};
use vrev::relation::{Schema, encode, table_schema};
use vrev::sql::ddl::Ddl;
use vrev::sql::{Statement, parse_statement};

static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let columns = "a bigint unsigned, b varchar(20), c decimal(20,5), d double, e datetime(6), f varbinary(9), g json, \
                   h bit(9), i enum('x','y'), j set('x','y'), k time(3), l year, m date";
    let texts = [
        format!("create table t (id int primary key, {columns})"),
        format!("create table t ({columns})"),
        format!("create table t ({columns}, primary key (b, c, e, f))"),
    ];
    let schema = |text: String| match parse_statement(&text) {
        Ok(Statement::Ddl(Ddl::CreateTable(create))) => {
            let table = Table::from_ddl(&create.table, &Defaults::default()).expect("it is valid");
            table_schema("shop", &table, &Identities::default())
        }
        _ => panic!("it is a table: {text}"),
    };
    texts.into_iter().map(schema).collect()
});

fuzz_target!(|line: &str| {
    for schema in SCHEMAS.iter() {
        if let Ok((row, count)) = encode::parse_row(schema, line) {
            let once = encode::row_text(schema, &row, count);
            let (again, same) = encode::parse_row(schema, &once)
                .unwrap_or_else(|error| panic!("{error}: {once}"));
            assert_eq!(encode::row_text(schema, &again, same), once);
            assert_eq!(encode::key_bytes(schema, &again), encode::key_bytes(schema, &row));
        }
    }
});
