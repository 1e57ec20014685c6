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
