//! Files to a catalog and back: partial catalogs, bad files, paths.

use std::fmt::Write as _;

use super::{Place, canonical_text, read, write};
use crate::catalog::{Catalog, Error, template};

const CORDER: &str = "keyspaces/customer/tables/corder.sql";

/// Prints errors as a command does: message, then causes.
fn messages(errors: &[Error]) -> String {
    let mut text = String::new();
    for error in errors {
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        let mut indent = "";
        while let Some(error) = cause {
            writeln!(text, "{indent}{error}").expect("a string takes all that is written");
            cause = error.source();
            indent = "  ";
        }
    }
    text
}

/// The template with some files replaced or added; `None` takes one away.
fn template_with(changes: &[(&str, Option<&str>)]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = template::FILES
        .iter()
        .filter(|(path, _)| !changes.iter().any(|(changed, _)| changed == path))
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let added = changes
        .iter()
        .filter_map(|(path, text)| text.map(|text| (*path, text)));
    files.extend(added.map(|(path, text)| (path.to_owned(), text.to_owned())));
    files
}

#[track_caller]
fn check_build(changes: &[(&str, Option<&str>)], expected: &str) {
    match Catalog::build(template_with(changes)) {
        Ok(_) => panic!("the catalog builds"),
        Err(errors) => assert_eq!(messages(&errors), expected),
    }
}

#[test]
fn bad_files_are_named_with_place_and_object() {
    check_build(
        &[(
            CORDER,
            Some("create table corder (\n  id bigint,\n  oname varchr(128)\n)"),
        )],
        "keyspaces/customer/tables/corder.sql:3:9: cannot read table `customer.corder`\n  \
         syntax error at 3:9 near `varchr`: expected a data type\n",
    );
    check_build(
        &[(
            CORDER,
            Some(
                "create table corder (corder_id bigint, customer_id bigint, oname varchar(1),\n  Oname int)",
            ),
        )],
        "keyspaces/customer/tables/corder.sql:2:3: table `customer.corder` is not valid\n  Duplicate column name 'Oname'\n",
    );
    check_build(
        &[(CORDER, Some("create table orders (id bigint)"))],
        "keyspaces/customer/tables/corder.sql:1:14: the file's name says table `customer.corder`, its text `orders`: rename one of them\n",
    );
    check_build(
        &[(CORDER, Some("select 1"))],
        "keyspaces/customer/tables/corder.sql: cannot read table `customer.corder`: the file must hold one CREATE TABLE\n",
    );
    check_build(
        &[(
            "keyspaces/customer/vschema.json",
            Some("{\n  \"sharded\": true,\n  \"tables\": {,}\n}\n"),
        )],
        "keyspaces/customer/vschema.json:3:14: cannot read VSchema of keyspace `customer`: not JSON: key must be a string\n",
    );
    check_build(
        &[("vrev.toml", Some("format = 9\n"))],
        "vrev.toml:1:1: cannot read the repository's settings: format 9 is not known to this version of vrev, which reads format 1\n",
    );
    check_build(
        &[("mirror_rules.json", Some("[]"))],
        "mirror_rules.json:1:2: cannot read mirror rules: the document must be an object, not a list\n",
    );
}

#[test]
fn what_does_not_fit_together_is_named() {
    let vschema = template::FILES
        .iter()
        .find(|(path, _)| *path == "keyspaces/customer/vschema.json");
    let vschema = vschema.expect("the template's VSchema").1;
    check_build(
        &[(
            "keyspaces/customer/vschema.json",
            Some(&vschema.replace("\"type\": \"hash\"", "\"type\": \"hsah\"")),
        )],
        "keyspaces/customer/vschema.json:13:5: vindex `hash` of keyspace `customer` is not valid\n  \
         vindexType \"hsah\" not found\n",
    );
    check_build(
        &[(
            CORDER,
            Some("create table corder (corder_id bigint, cust bigint, oname varchar(128))"),
        )],
        "keyspaces/customer/vschema.json:35:13: vindex `hash` of table `customer.corder` uses column `customer_id`, which the table does not have\n",
    );
    // Names of columns compare case aside.
    let upper = "create table corder (CORDER_ID bigint, Customer_Id bigint, ONAME varchar(128))";
    assert!(Catalog::build(template_with(&[(CORDER, Some(upper))])).is_ok());
    check_build(
        &[("keyspaces/customer/shards.json", None)],
        "keyspaces/customer/shards.json: keyspace `customer` does not say its shards: write them as `[\"-80\", \"80-\"]`, or `[\"0\"]` for an unsharded keyspace\n",
    );
    check_build(
        &[("keyspaces/customer/shards.json", Some("[\"-40\", \"80-\"]"))],
        "keyspaces/customer/shards.json: shards of keyspace `customer` are not valid\n  \
         non-contiguous KeyRange values for customer at shard -40 to 80-: 40 != 80\n",
    );
    check_build(
        &[("keyspaces/product/shards.json", Some("[\"80-\", \"-80\"]"))],
        "keyspaces/product/shards.json: keyspace `product` is not sharded but has several shards\n",
    );
    check_build(
        &[(
            "keyspaces/customer/identities.json",
            Some("{\"columns\": {\"corder\": {\"oname\": \"customer_id\"}}}"),
        )],
        "keyspaces/customer/identities.json: in table `corder` column `customer_id` and in table `corder` column `oname` have one identity, `customer_id`\n",
    );
    check_build(
        &[
            (
                "keyspaces/product/tables/a.sql",
                Some("create table a (x int, constraint c check (x > 0))"),
            ),
            (
                "keyspaces/product/tables/b.sql",
                Some("create table b (x int, constraint C check (x > 0))"),
            ),
        ],
        "keyspaces/product/tables/b.sql: table `product.b` is not valid\n  Duplicate check constraint name 'C'.\n",
    );
}

#[test]
fn unsafe_and_colliding_paths_are_refused() {
    check_build(
        &[(
            "keyspaces/customer/tables/..%2F..%2Fx.sql",
            Some("create table x (a int)"),
        )],
        "cannot use a path\n  `keyspaces/customer/tables/../../x` would escape its folder\n",
    );
    check_build(
        &[("keyspaces/.git/vschema.json", Some("{}"))],
        "cannot use a path\n  `keyspaces/.git/vschema.json` would hide as git's own folder\n",
    );
    check_build(
        &[(
            "keyspaces/customer/tables/Corder.sql",
            Some("create table Corder (a int)"),
        )],
        "`keyspaces/customer/tables/corder.sql` and `keyspaces/customer/tables/Corder.sql` differ only by case: some file systems take them for one file\n",
    );
    check_build(
        &[(
            "keyspaces/customer/views/Corder.sql",
            Some("create view Corder as select 1"),
        )],
        "keyspaces/customer/views/Corder.sql: table `customer.corder` and view `customer.Corder` have names that differ only by case\n",
    );
}

#[test]
fn all_errors_are_collected_by_path() {
    let changes = [
        ("keyspaces/product/tables/product.sql", Some("create table")),
        (CORDER, Some("create table corder (a int, a int)")),
        ("keyspaces/customer/vschema.json", Some("{")),
    ];
    let errors = Catalog::build(template_with(&changes)).expect_err("three bad files");
    let paths: Vec<&str> = errors.iter().map(Error::path).collect();
    assert_eq!(
        paths,
        [
            CORDER,
            "keyspaces/customer/vschema.json",
            "keyspaces/product/tables/product.sql"
        ]
    );
}

#[test]
fn a_part_of_the_files_is_a_part_of_the_catalog() {
    let catalog = read([(CORDER, "create table corder (id int)")]).expect("one table");
    assert!(catalog.definition("customer", "corder").is_some());
    assert_eq!(catalog.keyspaces["customer"].shards, [""; 0]);
    let text = super::text(
        &catalog,
        &Place::of(CORDER).expect("a path").expect("a table"),
    );
    assert!(
        text.expect("its text")
            .starts_with("CREATE TABLE `corder` (\n  `id` int DEFAULT NULL\n)")
    );
    assert!(
        read(Vec::<(&str, &str)>::new())
            .expect("no files")
            .keyspaces
            .is_empty()
    );
}

#[test]
fn canonical_texts_are_fixed_points() {
    let check = |path: &str, text: &str, expected: &str| {
        let canonical = canonical_text(path, text.as_bytes())
            .expect(path)
            .expect(path);
        assert_eq!(String::from_utf8_lossy(&canonical), expected, "{path}");
        assert_eq!(
            canonical_text(path, &canonical).expect(path),
            Some(canonical),
            "{path}"
        );
    };
    check(
        "keyspaces/k/shards.json",
        "[\"80-\",\n\"-80\"]",
        "[\"-80\", \"80-\"]\n",
    );
    check(
        "keyspaces/k/identities.json",
        "{\"tables\":{\"b\":\"a\",\"c\":\"c\"}}",
        "{\n  \"tables\": {\n    \"b\": \"a\"\n  }\n}\n",
    );
    check("routing_rules.json", "{}", "{\n  \"rules\": []\n}\n");
    check("vrev.toml", "# mine\nformat=1", "# mine\nformat=1");
    check(
        "keyspaces/k/views/v.sql",
        "create or replace view v as select 1 as one from t",
        "CREATE VIEW `v` AS select 1 as `one` from `t`;\n",
    );
    check(
        "keyspaces/k/tables/t.sql",
        "-- a comment\ncreate table k.t (a int)",
        "CREATE TABLE `t` (\n  `a` int DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n",
    );
    assert_eq!(
        canonical_text("README.md", b"# hello").expect("no file of the catalog"),
        None
    );
    assert_eq!(
        canonical_text("rows/k/t/-80/00.jsonl", b"{").expect("no file of the catalog"),
        None
    );
}

#[test]
fn a_thousand_tables_are_read_and_written_back() {
    let name = |number: usize| format!("t{number:04}");
    let table = |number: usize| {
        let columns: String = (0..10)
            .map(|column| format!("  `c{column}` varchar(20) DEFAULT 'x',\n"))
            .collect();
        format!(
            "CREATE TABLE `{}` (\n  `id` bigint NOT NULL,\n{columns}  PRIMARY KEY (`id`),\n  KEY `k` (`c1`,`c2`)\n)",
            name(number)
        )
    };
    let mut files = vec![
        ("keyspaces/k/vschema.json".to_owned(), "{}\n".to_owned()),
        ("keyspaces/k/shards.json".to_owned(), "[\"0\"]\n".to_owned()),
    ];
    files.extend((0..1000).map(|number| {
        (
            format!("keyspaces/k/tables/{}.sql", name(number)),
            table(number),
        )
    }));
    let catalog = Catalog::build(files_of(&files)).expect("a catalog");
    assert_eq!(catalog.keyspaces["k"].tables.len(), 1000);
    let written = write(&catalog).expect("usable names");
    let again = Catalog::build(written.iter().map(|(path, bytes)| (path, bytes)))
        .expect("what was written");
    assert_eq!(write(&again).expect("usable names"), written);
}

fn files_of(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect()
}
