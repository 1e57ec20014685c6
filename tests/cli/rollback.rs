//! `rollback`: an earlier schema as a new commit, with its losses told first.

use crate::sandbox::Sandbox;

fn with_a_new_table() -> Sandbox {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&[
        "sql",
        "-q",
        "create table tag (id int primary key); alter table item add column price int",
    ]);
    sandbox.must(&[
        "sql",
        "-q",
        "insert into tag values (1), (2); update item set price = 5",
    ]);
    sandbox.must(&["commit", "-A", "-m", "Tags and prices"]);
    sandbox
}

#[test]
fn a_lossy_rollback_needs_leave() {
    let sandbox = with_a_new_table();
    sandbox.vrev(&["rollback", "--dry-run", "HEAD~1"]);
    sandbox.vrev(&["rollback", "--dry-run", "--format", "json", "HEAD~1"]);
    sandbox.vrev(&["rollback", "HEAD~1"]);
    sandbox.vrev(&["log", "--oneline", "-n", "1"]);
    sandbox.vrev(&["rollback", "--allow-lossy", "HEAD~1"]);
    sandbox.vrev(&["diff", "HEAD~2", "HEAD"]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["rollback", "--allow-lossy", "HEAD~2"]);
    insta::assert_snapshot!(sandbox.transcript());
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn one_object_alone() {
    let sandbox = with_a_new_table();
    sandbox.vrev(&[
        "rollback",
        "HEAD~1",
        "--allow-lossy",
        "-m",
        "No tags",
        "--",
        "shop.tag",
    ]);
    sandbox.vrev(&["show"]);
    sandbox.vrev(&["rollback", "HEAD~1", "--", "shop.nothing"]);
    insta::assert_snapshot!(sandbox.transcript());
}
