//! `ls`, `rm`, and `checkout` of objects: tables as git has files.

use crate::sandbox::Sandbox;

#[test]
fn tables_are_listed_and_removed() {
    let sandbox = Sandbox::shop();
    sandbox.vrev(&["ls"]).vrev(&["ls", "--format", "json"]);
    sandbox.must(&["sql", "-q", "create table tag (id int primary key)"]);
    sandbox.vrev(&["rm", "tag"]);
    sandbox.vrev(&["rm", "--cached", "item"]).vrev(&["status"]);
    sandbox.must(&["add", "item"]);
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.vrev(&["rm", "item"]);
    sandbox.must(&["checkout", "--", "item"]);
    sandbox.vrev(&["rm", "item"]).vrev(&["status"]);
    sandbox.vrev(&["ls"]).vrev(&["ls", "HEAD"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn objects_are_taken_back_by_name() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&[
        "sql",
        "-q",
        "update item set name = 'b'; alter table item add n int",
    ]);
    sandbox.vrev(&["diff", "item"]);
    sandbox.vrev(&["checkout", "item"]).vrev(&["status"]);
    sandbox.vrev(&["checkout", "HEAD~1", "--", "item"]);
    sandbox
        .vrev(&["sql", "-q", "select * from item"])
        .vrev(&["status"]);
    sandbox.vrev(&["reset", "item"]).vrev(&["checkout", "."]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["checkout", "nowhere"]);
    insta::assert_snapshot!(sandbox.transcript());
}
