//! `rename`, and `--rename` where a look-alike asks.

use crate::sandbox::Sandbox;

fn with_rows() -> Sandbox {
    let sandbox = Sandbox::cluster();
    sandbox.must(&[
        "sql",
        "-q",
        "insert into customer(uname) values ('alice'), ('bob')",
        "-q",
        "insert into corder(customer_id, product_id, oname) values (1, 1, 'gift'), (2, 1, 'work')",
    ]);
    sandbox.must(&["commit", "-am", "Rows"]);
    sandbox
}

const CORDER: &str = "keyspaces/customer/tables/corder.sql";

#[test]
fn an_object_gets_another_name() {
    let sandbox = with_rows();
    sandbox.vrev(&["rename", "customer.corder.oname", "title"]);
    sandbox.vrev(&["rename", "customer.customer", "person", "--format", "json"]);
    sandbox.must(&[
        "sql",
        "-q",
        "alter table customer.corder add key k (product_id)",
    ]);
    sandbox.vrev(&["rename", "customer.corder.k", "by_product"]);
    sandbox.vrev(&[
        "diff",
        "HEAD",
        "WORKING",
        "--",
        "columns",
        "column_vindexes",
        "tables",
    ]);
    sandbox.vrev(&[
        "sql",
        "-q",
        "select title from corder order by corder_id",
        "-q",
        "select uname from person",
    ]);
    sandbox.vrev(&["rename", "customer.corder.nothing", "x"]);
    sandbox.vrev(&["rename", "customer.corder.title", "corder_id"]);
    // The new name as a path, right and wrong.
    sandbox.vrev(&["rename", "customer.corder", "customer.person"]);
    sandbox.vrev(&["rename", "customer.corder", "product.corder"]);
    sandbox.vrev(&["rename", "customer.corder", "customer.corder.title"]);
    sandbox.vrev(&["rename", "customer.corder", ""]);
    sandbox.vrev(&["rename", "customer.corder.title", "customer.corder.heading"]);
    sandbox.vrev(&["rename", "corder", "x"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn what_the_files_renamed_is_recorded() {
    let sandbox = with_rows();
    let corder = sandbox.read(CORDER);
    sandbox.write(CORDER, &corder.replace("`product_id`", "`item_id`"));
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["rename", "customer.corder.product_id", "item_id"]);
    sandbox.vrev(&["status"]);
    sandbox.vrev(&[
        "sql",
        "-q",
        "select corder_id, item_id from corder order by corder_id",
    ]);
    // The VSchema follows, without which the catalog does not build.
    let corder = sandbox.read(CORDER);
    sandbox.write(CORDER, &corder.replace("`oname`", "`title`"));
    sandbox.vrev(&[
        "commit",
        "-am",
        "Rename",
        "--rename",
        "customer.corder.oname=title",
    ]);
    sandbox.vrev(&["diff", "HEAD~1", "HEAD", "--", "customer.corder"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_question_is_answered_without_a_terminal() {
    let sandbox = with_rows();
    let corder = sandbox.read(CORDER);
    sandbox.write(CORDER, &corder.replace("`product_id`", "`item_id`"));
    sandbox.vrev(&["plan"]);
    sandbox.vrev(&["plan", "--rename", "product_id=item_id"]);
    sandbox.vrev(&[
        "diff",
        "--rename",
        "customer.corder.product_id=item_id",
        "--",
        "columns",
    ]);
    sandbox.vrev(&["plan", "--rename", "product_id"]);
    sandbox.vrev(&["plan", "--rename", "oname=item_id"]);
    sandbox.vrev(&["status", "--rename", "product_id=item_id"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_table_looks_alike_too() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    let item = sandbox.read("keyspaces/shop/tables/item.sql");
    std::fs::remove_file(sandbox.folder().join("keyspaces/shop/tables/item.sql"))
        .expect("it is there");
    sandbox.write(
        "keyspaces/shop/tables/thing.sql",
        &item.replace("`item`", "`thing`"),
    );
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["commit", "-Am", "Rename", "--rename", "item=thing"]);
    sandbox.vrev(&["sql", "-q", "select * from thing"]);
    sandbox.vrev(&["diff", "HEAD~1", "HEAD", "--", "tables"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_renamed_table_is_one_table_to_every_verb() {
    let renamed = || {
        let sandbox = Sandbox::shop();
        sandbox.must(&["sql", "-q", "insert into item values (1, 'a'), (2, 'b')"]);
        sandbox.must(&["commit", "-am", "Rows"]);
        sandbox.must(&["rename", "shop.item", "article"]);
        sandbox.must(&["sql", "-q", "update article set name = 'c' where id = 2"]);
        sandbox
    };
    let rows = |sandbox: &Sandbox, table: &str| {
        let query = format!("select group_concat(name order by id) from {table}");
        let found = sandbox.must(&["sql", "-Bq", &query]);
        found.lines().nth(1).unwrap_or_default().to_owned()
    };

    let sandbox = renamed();
    let statements = sandbox.run(&["diff", "--format", "sql"]).stdout;
    assert!(
        statements.contains("RENAME TABLE `shop`.`item` TO `shop`.`article`;\n"),
        "{statements}"
    );
    let rows_alone: Vec<&str> = statements
        .lines()
        .filter(|line| line.contains(" `shop`.`article` S"))
        .collect();
    assert_eq!(
        rows_alone,
        ["UPDATE `shop`.`article` SET `name`='c' WHERE `id`=2;"]
    );
    assert!(!statements.contains("INSERT"), "{statements}");
    let of_the_old = sandbox
        .run(&["diff", "--format", "sql", "--", "rows/shop/item"])
        .stdout;
    assert!(
        of_the_old.contains("UPDATE `shop`.`article`"),
        "{of_the_old}"
    );
    sandbox.must(&["commit", "-am", "An article"]);
    assert!(sandbox.must(&["status"]).contains("clean"));
    assert_eq!(rows(&sandbox, "article"), "a,c");

    let sandbox = renamed();
    sandbox.must(&["stash"]);
    assert_eq!(rows(&sandbox, "item"), "a,b");
    assert!(sandbox.must(&["status"]).contains("clean"));
    sandbox.must(&["stash", "pop"]);
    assert_eq!(rows(&sandbox, "article"), "a,c");
    assert!(
        !sandbox
            .folder()
            .join("keyspaces/shop/tables/item.sql")
            .exists()
    );

    for back in [
        &["reset", "--hard"][..],
        &["checkout", "--", "item"],
        &["checkout", "."],
    ] {
        let sandbox = renamed();
        sandbox.must(back);
        assert_eq!(rows(&sandbox, "item"), "a,b", "{back:?}");
        assert!(sandbox.must(&["status"]).contains("clean"), "{back:?}");
    }

    let sandbox = renamed();
    sandbox.git(&["branch", "side"]);
    sandbox.must(&["switch", "-f", "side"]);
    assert_eq!(rows(&sandbox, "item"), "a,b");
}

#[test]
fn names_may_be_quoted() {
    let sandbox = Sandbox::shop();
    let tables = "create table `a-b` (id int primary key); create table `x y.z` (id int primary key); \
                  create table `p/q` (id int primary key)";
    sandbox.must(&["sql", "-q", tables]);
    sandbox.must(&["commit", "-Am", "Names"]);
    let listed = sandbox.must(&["ls", "-v"]);
    assert!(listed.contains("a-b"), "{listed}");
    sandbox.must(&["rename", "shop.`x y.z`", "`w.v`"]);
    sandbox.must(&["commit", "-am", "Another name"]);
    let log = sandbox.must(&["log", "--oneline", "--", "shop.`w.v`"]);
    assert_eq!(log.lines().count(), 2, "{log}");
    let log = sandbox.must(&["log", "--oneline", "--", "shop.`p/q`"]);
    assert_eq!(log.lines().count(), 1, "{log}");
    sandbox.must(&["rm", "shop.`p/q`"]);
    assert!(!sandbox.must(&["ls"]).contains("p/q"));
}
