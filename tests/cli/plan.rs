//! `plan`: the ordered statements, what they cost and how they go back.

use crate::sandbox::Sandbox;

#[test]
fn the_way_there_and_back() {
    let sandbox = Sandbox::cluster();
    sandbox.vrev(&["plan"]);
    sandbox.must(&[
        "sql",
        "-q",
        "alter table customer.corder modify oname varchar(200), add column note text",
        "-q",
        "drop table product.product",
        "-q",
        "create table customer.corder_event(id bigint, corder_id bigint, primary key(id))",
        "-q",
        "alter vschema on customer.corder_event add vindex corder_keyspace_idx(corder_id)",
    ]);
    sandbox.vrev(&["plan"]);
    sandbox.vrev(&["plan", "--reverse"]);
    sandbox.vrev(&["plan", "--text", "--", "customer.corder"]);
    sandbox.vrev(&[
        "plan", "HEAD", "WORKING", "--format", "sql", "--", "product",
    ]);
    sandbox.vrev(&["plan", "--format", "json", "--", "customer.corder_event"]);
    sandbox.vrev(&["plan", "--documents", "--", "column_vindexes"]);
    sandbox.vrev(&["plan", "--format", "csv"]);
    sandbox.vrev(&["plan", "nothing"]);
    insta::assert_snapshot!(sandbox.transcript());
}
