//! What plans say of single changes.

use super::*;
use crate::catalog::files::read;

/// A keyspace `ks` with one table, and a VSchema.
fn catalog(table: &str, vschema: &str) -> Catalog {
    let mut files = vec![
        ("keyspaces/ks/shards.json", r#"["-80", "80-"]"#),
        ("keyspaces/ks/vschema.json", vschema),
    ];
    if !table.is_empty() {
        files.push(("keyspaces/ks/tables/t.sql", table));
    }
    read(files).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The steps between two definitions of table `t`, each as `ALGORITHM class`.
#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    let create = |body: &str| match body {
        "" => String::new(),
        body => format!("create table t ({body}"),
    };
    let (from, to) = (catalog(&create(from), "{}"), catalog(&create(to), "{}"));
    let told: Vec<String> = plan(&from, &to)
        .expect("there is a plan")
        .iter()
        .map(|planned| {
            let cost = planned
                .cost
                .as_ref()
                .map_or("-", |cost| cost.algorithm.name());
            format!("{cost} {}", planned.reversal.class.name())
        })
        .collect();
    assert_eq!(told, expected, "{:?}", plan(&from, &to));
}

#[test]
fn tables_come_and_go() {
    check("", "a int)", &["- lossy"]);
    check("a int)", "", &["- destroyed"]);
}

#[test]
fn columns_come_and_go() {
    check("a int)", "a int, b int)", &["INSTANT lossy"]);
    check("a int)", "a int, b int default (1 + 1))", &["COPY lossy"]);
    check("a int)", "a int, b int as (a))", &["INSTANT lossless"]);
    check("a int)", "a int, b int as (a) stored)", &["COPY lossless"]);
    check("a int, b int)", "a int)", &["INSTANT destroyed"]);
    check("a int, b int as (a))", "a int)", &["INSTANT lossless"]);
    check(
        "a int) row_format=compressed",
        "a int, b int) row_format=compressed",
        &["INPLACE lossy"],
    );
    check("a int, b int)", "b int, a int)", &["INPLACE lossless"]);
}

#[test]
fn types_change() {
    check("a int)", "a bigint)", &["COPY conditional"]);
    check("a bigint)", "a int)", &["COPY destroyed"]);
    check("a varchar(20))", "a varchar(30))", &["INPLACE conditional"]);
    check("a varchar(60))", "a varchar(70))", &["COPY conditional"]);
    check("a varchar(30))", "a varchar(20))", &["COPY destroyed"]);
    check("a enum('x'))", "a enum('x','y'))", &["INSTANT conditional"]);
    check("a int)", "a int not null)", &["INPLACE destroyed"]);
    check("a int not null)", "a int)", &["INPLACE conditional"]);
    check("a int)", "a int default '1')", &["INSTANT lossless"]);
    check(
        "a varchar(9) charset latin1)",
        "a varchar(9))",
        &["COPY conditional"],
    );
    check(
        "a varchar(9))",
        "a varchar(9) charset latin1)",
        &["COPY destroyed"],
    );
}

#[test]
fn keys_and_constraints_change() {
    check("a int)", "a int, key (a))", &["INPLACE lossless"]);
    check("a int, unique (a))", "a int)", &["INPLACE conditional"]);
    check(
        "a int not null, primary key (a))",
        "a int not null)",
        &["COPY conditional"],
    );
    check("a int)", "a int, check (a > 0))", &["COPY lossless"]);
    check("a int, check (a > 0))", "a int)", &["INPLACE conditional"]);
    check(
        "a int) comment 'x'",
        "a int) comment 'y'",
        &["INPLACE lossless"],
    );
}

#[test]
fn one_slow_clause_spoils_a_statement() {
    let (from, to) = (
        catalog("create table t (a int)", "{}"),
        catalog("create table t (a bigint, b int)", "{}"),
    );
    let planned = plan(&from, &to).expect("there is a plan");
    let cost = planned[0].cost.as_ref().expect("it is an ALTER TABLE");
    assert_eq!(cost.slowest, "MODIFY COLUMN `a` bigint DEFAULT NULL");
    assert!(cost.rebuilds && cost.blocks_writes);
    assert_eq!(planned[0].objects, ["ks.t"]);
    assert!(
        planned[0]
            .text
            .contains("\n-  `a` int DEFAULT NULL\n+  `a` bigint DEFAULT NULL"),
        "{}",
        planned[0].text
    );
}

#[test]
fn a_vschema_goes_back_or_does_not() {
    let vschema = |vindexes: &str, used: &str| {
        let text = format!(
            r#"{{"sharded": true, "vindexes": {{{vindexes}}}, "tables": {{"t": {{"column_vindexes": [{used}]}}}}}}"#
        );
        catalog("create table t (a int, b int)", &text)
    };
    let hash = r#""hash": {"type": "hash"}"#;
    let lookup = r#", "l": {"type": "lookup", "params": {"table": "l", "from": "b", "to": "k"}, "owner": "t"}"#;
    let (by_a, by_b, looked) = (
        r#"{"name": "hash", "columns": ["a"]}"#,
        r#"{"name": "hash", "columns": ["b"]}"#,
        r#", {"name": "l", "columns": ["b"]}"#,
    );
    let worst = |from: &Catalog, to: &Catalog| {
        let planned = plan(from, to).expect("there is a plan");
        planned
            .iter()
            .map(|planned| planned.reversal.class)
            .max()
            .expect("there is a step")
    };
    let plain = vschema(hash, by_a);
    let with_lookup = vschema(&format!("{hash}{lookup}"), &format!("{by_a}{looked}"));
    assert_eq!(worst(&plain, &with_lookup), Class::Lossless);
    assert_eq!(worst(&with_lookup, &plain), Class::Impossible);
    assert_eq!(worst(&plain, &vschema(hash, by_b)), Class::Impossible);
}
